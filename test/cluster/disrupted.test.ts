import { eventually } from './support/api-server';
import { ClusterApp, EXAMPLES, exampleApp } from './support/apps';
import { deploy, namespacesOf } from './support/deploy';
import { cordon, drain } from './support/drain';
import { fleetApp } from './support/fleet-app';
import { KubeObject } from './support/kube-object';
import { leftoversIn } from './support/leftovers';
import { PodHistory } from './support/pod-history';
import { useCluster } from './support/use-cluster';
import { GROUP, GROUP_INDEX, allReady, isAlive, isReady, podsOf, podsPerReplica, replicasOf, requestOf, templatesOf, workloadsIn } from './support/workloads';

// No Karpenter: the nodes are those of the tests.
const cluster = useCluster({ controllers: ['leaderworkerset'] });

/** One replica takes a node of eight GPUs, or two. */
const NODE = { tensorParallel: 8 };
const TWO_NODES = { tensorParallel: 8, pipelineParallel: 2 };
const LAYOUTS = [['Deployment', NODE], ['LeaderWorkerSet', TWO_NODES]] as const;

/** Deploys an app and waits for its replicas. */
async function running(app: ClusterApp): Promise<KubeObject[]> {
  await cluster.addNodes(app.nodes);
  await deploy(cluster.api, app);
  const workloads = workloadsIn(app.objects);
  await allReady(cluster.api, workloads);
  return workloads;
}

/** What a history of pods never went beyond. */
interface Extremes {
  /** Fewest replicas that were whole and Ready. */
  readyReplicas: number;
  /** Most GPUs that the controllers wanted at a time. */
  wantedGpus: number;
  /** Most GPUs that pods held on nodes at a time, those on their way out included. */
  heldGpus: number;
  /** Whether a pod of a newer template was taken away again, and was not one that the update added for a time. */
  madeTwice: boolean;
}

/** Looks at every moment of a workload's namespace while something happens. */
async function extremesOf(workload: KubeObject, action: () => Promise<void>): Promise<Extremes> {
  const extremes: Extremes = { readyReplicas: Infinity, wantedGpus: 0, heldGpus: 0, madeTwice: false };
  const images = templatesOf(workload).map(({ spec }) => spec.containers[0].image);
  const { namespace, name } = workload.metadata;
  const gpus = (pods: KubeObject[]) => pods.reduce((sum, pod) => sum + requestOf(pod, 'nvidia.com/gpu'), 0);
  let whole = false;
  const history = await PodHistory.of(cluster.controlPlane, cluster.api, namespace!, (all) => {
    const alive = all.filter(isAlive);
    const staying = alive.filter(({ metadata }) => metadata.deletionTimestamp === undefined);
    const groups = new Map<string, number>();
    for (const pod of staying.filter((one) => isReady(one) && one.metadata.labels['cdk8s-inference/fleet'] === name)) {
      const group = pod.metadata.labels[GROUP] ?? pod.metadata.name;
      groups.set(group, (groups.get(group) ?? 0) + 1);
    }
    const ready = [...groups.values()].filter((count) => count === podsPerReplica(workload)).length;
    whole ||= ready >= replicasOf(workload); // a watch begins with one pod after the other
    if (whole) { extremes.readyReplicas = Math.min(extremes.readyReplicas, ready); }
    extremes.madeTwice ||= all.some(({ metadata, spec }) => metadata.deletionTimestamp !== undefined && metadata.labels['cdk8s-inference/fleet'] === name
      && Number(metadata.labels[GROUP_INDEX] ?? 0) < replicasOf(workload) && !images.includes(spec.containers[0].image));
    extremes.wantedGpus = Math.max(extremes.wantedGpus, gpus(staying));
    extremes.heldGpus = Math.max(extremes.heldGpus, gpus(alive.filter(({ spec }) => spec.nodeName !== undefined)));
  });
  try { await action(); } finally { await history.end(); }
  return extremes;
}

const uidsOf = (pods: KubeObject[]) => pods.map(({ metadata }) => metadata.uid).sort();

describe('a drain', () => {
  test.each(LAYOUTS)('of two nodes of a full pool takes one replica of a %s at a time, and waits for its successor', async (kind, layout) => {
    const namespace = `drained-${kind.toLowerCase()}`;
    const size = kind === 'Deployment' ? 1 : 2;
    const [workload] = await running(fleetApp({ namespace, nodes: 3 * size, fleets: [{ id: 'llama', replicas: 3, layout }] }));
    const pods = await podsOf(cluster.api, workload);
    const [first, second] = pods.filter(({ metadata }) => ['0', undefined].includes(metadata.labels['leaderworkerset.sigs.k8s.io/worker-index'])).map(({ spec }) => spec.nodeName);

    const { readyReplicas } = await extremesOf(workload, async () => {
      await drain(cluster.api, first).done;
      const blocked = drain(cluster.api, second, 50);
      await eventually('a refused eviction', async () => blocked.refusals.length > 5);
      expect(blocked.refusals.at(-1)).toMatch(/^Cannot evict pod as it would violate the pod's disruption budget\./);
      expect((await podsOf(cluster.api, workload)).some(({ spec }) => spec.nodeName === second)).toBe(true);
      await cordon(cluster.api, first, false);
      await blocked.done;
      await cordon(cluster.api, second, false);
      await allReady(cluster.api, [workload]);
    });
    expect(readyReplicas).toBe(2);
  });

  test('of a node with a worker takes its whole group, and no other', async () => {
    const namespace = 'drained-worker';
    const [workload] = await running(fleetApp({ namespace, nodes: 7, fleets: [{ id: 'llama', replicas: 3, layout: TWO_NODES }] }));
    const before = await podsOf(cluster.api, workload);
    const victim = before.find(({ metadata }) => metadata.labels['leaderworkerset.sigs.k8s.io/worker-index'] === '1')!;
    const { readyReplicas } = await extremesOf(workload, async () => {
      await drain(cluster.api, victim.spec.nodeName).done;
      await eventually('a group of other pods', async () => !uidsOf(await podsOf(cluster.api, workload)).includes(victim.metadata.uid));
      await allReady(cluster.api, [workload]);
    });
    expect(readyReplicas).toBe(2);
    const now = uidsOf(await podsOf(cluster.api, workload));
    const gone = before.filter(({ metadata }) => !now.includes(metadata.uid));
    expect(gone.map(({ metadata }) => metadata.labels[GROUP])).toEqual([victim.metadata.labels[GROUP], victim.metadata.labels[GROUP]]);
  });

  test('interrupts a fleet of one replica rather than waiting for ever', async () => {
    const [workload] = await running(fleetApp({ namespace: 'drained-single', nodes: 1, fleets: [{ id: 'llama', replicas: 1, layout: NODE }] }));
    const { done, refusals } = drain(cluster.api, 'drained-single-0');
    await done;
    expect(refusals).toEqual([]);
    await cordon(cluster.api, 'drained-single-0', false);
    await allReady(cluster.api, [workload]);
  });

  test('may always take a pod that is not ready, and then no other', async () => {
    const [workload] = await running(fleetApp({ namespace: 'drained-unready', nodes: 2, fleets: [{ id: 'llama', replicas: 2, layout: NODE }] }));
    const [sick, healthy] = await podsOf(cluster.api, workload);
    const conditions = sick.status.conditions.map((one: any) => one.type === 'Ready' ? { ...one, status: 'False', reason: 'ContainersNotReady' } : one);
    await cluster.api.patch(sick, { status: { conditions } }, 'status');
    const budget = { apiVersion: 'policy/v1', kind: 'PodDisruptionBudget', metadata: { namespace: 'drained-unready', name: 'llama-pdb' } };
    await eventually('a budget that knows', async () => (await cluster.api.get(budget)).status.currentHealthy === 1);
    await cordon(cluster.api, sick.spec.nodeName);
    expect((await cluster.api.evict('drained-unready', healthy.metadata.name)).status).toBe(429);
    expect((await cluster.api.evict('drained-unready', sick.metadata.name)).status).toBe(201);
    expect((await cluster.api.evict('drained-unready', healthy.metadata.name)).status).toBe(429);
  });
});

describe('a rolling update', () => {
  const other = 'b'.repeat(64);

  async function update(app: ClusterApp, workloads: KubeObject[]): Promise<void> {
    await cluster.api.applyAll(workloadsIn(app.objects));
    // Controllers have been seen to count replicas as updated before they begin.
    for (const workload of workloads) {
      const images = async () => (await podsOf(cluster.api, workload)).map(({ spec }) => spec.containers[0].image as string);
      await eventually('all pods are of the new image', async () => (await images()).every((image) => image.endsWith(other)), { seconds: 50, seen: images });
    }
    await allReady(cluster.api, workloads, 50);
  }

  /**
   * LeaderWorkerSet 0.9.0 may give the workers' StatefulSet of an old leader to the new one just before the garbage collector takes it away with the
   * old one. The group is then made twice, and the next one is taken while its second workers start.
   */
  function expectReady(kind: string, { readyReplicas, madeTwice }: Extremes, replicas: number): void {
    if (madeTwice) {
      expect(kind).toBe('LeaderWorkerSet');
      expect([replicas - 1, replicas]).toContain(readyReplicas);
    } else {
      expect(readyReplicas).toBe(replicas);
    }
  }

  test.each(LAYOUTS)('of a %s in a pool that is full never asks for more GPUs than there are, and takes one replica at a time', async (kind, layout) => {
    const size = kind === 'Deployment' ? 1 : 2;
    const options = { namespace: `updated-full-${kind.toLowerCase()}`, nodes: 3 * size, fleets: [{ id: 'llama', replicas: 3, layout }] };
    const [workload] = await running(fleetApp(options));
    const extremes = await extremesOf(workload, () => update(fleetApp({ ...options, digest: other }), [workload]));
    expect(extremes).toEqual({ ...extremes, wantedGpus: 24 * size, heldGpus: 24 * size });
    expectReady(kind, extremes, 2);
  });

  test.each(LAYOUTS)('of a %s in a pool with room for one more replica never has fewer than the plan', async (kind, layout) => {
    const size = kind === 'Deployment' ? 1 : 2;
    const options = { namespace: `updated-room-${kind.toLowerCase()}`, nodes: 3 * size, fleets: [{ id: 'llama', replicas: 2, layout }] };
    const [workload] = await running(fleetApp(options));
    const extremes = await extremesOf(workload, () => update(fleetApp({ ...options, digest: other }), [workload]));
    expect(Math.max(extremes.wantedGpus, extremes.heldGpus)).toBe(24 * size);
    expectReady(kind, extremes, 2);
  });

  test('of two fleets at once stays within the pool that they share', async () => {
    const fleets = [{ id: 'a', replicas: 2, layout: NODE }, { id: 'b', replicas: 1, layout: NODE }];
    const options = { namespace: 'updated-both', nodes: 4, fleets };
    const workloads = await running(fleetApp(options));
    const { wantedGpus, heldGpus } = await extremesOf(workloads[0], () => update(fleetApp({ ...options, digest: other }), workloads));
    expect(Math.max(wantedGpus, heldGpus)).toBeLessThanOrEqual(32);
  });
});

describe('deleting the objects of', () => {
  test.each(EXAMPLES)('%s leaves nothing behind but the volumes', async (name) => {
    const app = exampleApp(name, 'planned');
    await running(app);
    const namespaces = namespacesOf(app);
    for (const object of [...app.objects].reverse()) { await cluster.api.delete(object); }
    const ours = new Set(app.claims.map((claim) => `PersistentVolumeClaim ${claim}`)); // the user's own
    await eventually(`nothing left of ${name}`, async () => (await leftoversIn(cluster.api, namespaces)).every((title) => ours.has(title)), {
      seconds: 50, seen: () => leftoversIn(cluster.api, namespaces),
    });
    const volumes = (await cluster.api.list('v1', 'PersistentVolume')).filter(({ spec }) => namespaces.includes(spec.claimRef?.namespace));
    expect(volumes.map(({ status }) => status.phase)).toEqual(volumes.map(({ spec }) => ours.has(`PersistentVolumeClaim ${spec.claimRef.namespace}/${spec.claimRef.name}`) ? 'Bound' : 'Released'));
    expect(volumes).toHaveLength(app.objects.filter(({ kind }) => kind === 'PersistentVolumeClaim').length + app.claims.length);
  });
});
