import { eventually } from './support/api-server';
import { baitNodes, EXAMPLES, exampleApp } from './support/apps';
import { deciding, deploy } from './support/deploy';
import { FleetAppOptions, fleetApp } from './support/fleet-app';
import { KubeObject } from './support/kube-object';
import { placedApps } from './support/placed-apps';
import { placementProblems, zonesOf } from './support/placement';
import { useCluster } from './support/use-cluster';
import { allReady, conditionOf, isReady, obstaclesOf, planOf, podsOf, podsPerReplica, replicasOf, workloadsIn } from './support/workloads';
import { Weights } from '../../src';

// No Karpenter: the nodes are those of the tests.
const cluster = useCluster({ controllers: ['leaderworkerset'] });

/** What DaemonSets take of every node: the least that the library leaves them. */
const AGENTS: KubeObject = {
  apiVersion: 'apps/v1',
  kind: 'DaemonSet',
  metadata: { name: 'agents', namespace: 'kube-system' },
  spec: {
    selector: { matchLabels: { app: 'agents' } },
    template: {
      metadata: { labels: { app: 'agents' } },
      spec: {
        tolerations: [{ operator: 'Exists' }],
        priorityClassName: 'system-node-critical',
        containers: [{ name: 'agent', image: 'agent', resources: { requests: { 'cpu': '250m', 'memory': '512Mi', 'ephemeral-storage': '512Mi' } } }],
      },
    },
  },
};

/** Registers nodes, and waits until the agents are on all of them: whoever comes next finds what they leave. */
async function addNodes(nodes: KubeObject[]): Promise<void> {
  await cluster.addNodes(nodes);
  const count = (await cluster.api.list('v1', 'Node')).length;
  await eventually('agents on every node', async () => {
    const { status } = await cluster.api.get(AGENTS);
    return status.desiredNumberScheduled === count && status.numberReady === count;
  }, { seen: async () => (await cluster.api.get(AGENTS)).status });
}

beforeAll(async () => {
  await cluster.api.applyAll([AGENTS]);
  await addNodes(baitNodes());
});

describe('the examples, side by side in one cluster, on the nodes that their plans count', () => {
  const apps = EXAMPLES.map((name) => exampleApp(name, 'planned'));
  const workloads = apps.flatMap(({ objects }) => workloadsIn(objects)).map((workload) => [workload.metadata.name, workload] as const);

  beforeAll(async () => {
    await addNodes(apps.flatMap(({ nodes }) => nodes));
    for (const app of apps) { await deploy(cluster.api, app); }
    await allReady(cluster.api, workloads.map(([, workload]) => workload));
  }, 120_000);

  test.each(workloads)('%s is on the nodes of its pool', async (_, workload) => {
    const nodes = await cluster.api.list('v1', 'Node');
    const { pool } = planOf(workload);
    const home = nodes.filter(({ metadata: { labels } }) => labels['karpenter.sh/nodepool'] === pool || labels.agentpool !== undefined && pool.startsWith(`support-${labels.agentpool}-`));
    expect(placementProblems(workload, await podsOf(cluster.api, workload), nodes, new Set(home.map(({ metadata }) => metadata.name)))).toEqual([]);
  });

  test.each(workloads)('a replica of %s too many waits and says for what, and nobody is evicted for it', async (_, workload) => {
    const before = await podsOf(cluster.api, workload);
    let replicas = replicasOf(workload);
    const waiting = await eventually('a pod that waits', async () => {
      replicas++;
      await cluster.api.patch(workload, { spec: { replicas } }, 'scale');
      const pods = await eventually('pods that are scheduled or not', async () => {
        const found = await podsOf(cluster.api, workload);
        return found.length === replicas * podsPerReplica(workload) && found.every((pod) => conditionOf(pod, 'PodScheduled')) && found;
      });
      const pending = pods.filter((pod) => conditionOf(pod, 'PodScheduled').status === 'False');
      return pending.length > 0 && pending;
    });
    const reasons = waiting.map((pod) => conditionOf(pod, 'PodScheduled'));
    expect(reasons.map(({ reason }) => reason)).toEqual(waiting.map(() => 'Unschedulable'));
    expect(reasons[0].message).toMatch(/^0\/\d+ nodes are available: .*\b\d+ Insufficient nvidia\.com\/gpu\b/);
    const now = await podsOf(cluster.api, workload);
    const uids = new Set(now.filter(isReady).map(({ metadata }) => metadata.uid));
    expect(before.filter(({ metadata }) => !uids.has(metadata.uid)).map(({ metadata }) => metadata.name)).toEqual([]);
    await cluster.api.patch(workload, { spec: { replicas: replicasOf(workload) } }, 'scale');
    await allReady(cluster.api, [workload]);
  });
});

describe('random apps, side by side in one cluster, on the nodes that their plans count', () => {
  const seed = process.env.FAST_CHECK_SEED === 'random' ? Math.floor(Math.random() * 2 ** 31) : Number(process.env.FAST_CHECK_SEED ?? 20261121);
  const apps = placedApps(30, seed).map((app) => [app.name, app] as const);

  beforeAll(async () => {
    await addNodes(apps.flatMap(([, { nodes }]) => nodes));
    for (const [, app] of apps) { await deploy(cluster.api, app, deciding(app.objects)); }
  }, 120_000);

  test.each(apps)('%s is on the nodes of its pools', async (_, { objects, homes }) => {
    const workloads = workloadsIn(objects);
    await allReady(cluster.api, workloads);
    const nodes = await cluster.api.list('v1', 'Node');
    const problems: string[] = [];
    for (const workload of workloads) {
      const { namespace, name } = workload.metadata;
      const home = homes.find((other) => other.namespace === namespace && other.name === name)!;
      problems.push(...placementProblems(workload, await podsOf(cluster.api, workload), nodes, home.nodes));
    }
    expect(problems).toEqual([]);
  });
});

describe('the topology of a fleet, read back from the nodes:', () => {
  const NODE = { tensorParallel: 8 };
  const TWO_NODES = { tensorParallel: 8, pipelineParallel: 2 };
  const zones = ['zone-a', 'zone-b'];

  async function running(options: FleetAppOptions): Promise<[workload: KubeObject, pods: KubeObject[], nodes: KubeObject[]]> {
    const app = fleetApp(options);
    await addNodes(app.nodes);
    await deploy(cluster.api, app);
    const [workload] = workloadsIn(app.objects);
    await allReady(cluster.api, [workload]);
    const nodes = await cluster.api.list('v1', 'Node');
    const pods = await podsOf(cluster.api, workload);
    expect(placementProblems(workload, pods, nodes, new Set(app.nodes.map(({ metadata }) => metadata.name)))).toEqual([]);
    return [workload, pods, nodes];
  }

  // A wish, which other wishes may outweigh: two zones are used, not by how many each.
  test('replicas are spread over zones', async () => {
    const [, pods, nodes] = await running({ namespace: 'zones', nodes: 8, zones, fleets: [{ id: 'llama', replicas: 4, layout: NODE }] });
    expect(zonesOf(pods, nodes)).toEqual(zones);
  });

  test('groups are spread over zones, each whole in one', async () => {
    const [, pods, nodes] = await running({ namespace: 'group-zones', nodes: 16, zones, fleets: [{ id: 'llama', replicas: 4, layout: TWO_NODES }] });
    expect(zonesOf(pods, nodes)).toEqual(zones);
  });

  test('groups share a value of the label that the network is bounded by', async () => {
    const app = fleetApp({ namespace: 'racks', nodes: 8, fleets: [{ id: 'llama', replicas: 2, layout: TWO_NODES, network: { groupTopologyKey: 'example.com/rack' } }] });
    await addNodes(app.nodes.map((node, i) => ({ ...node, metadata: { ...node.metadata, labels: { ...node.metadata.labels, 'example.com/rack': `rack-${i % 4}` } } })));
    await deploy(cluster.api, app);
    const [workload] = workloadsIn(app.objects);
    await allReady(cluster.api, [workload]);
    expect(placementProblems(workload, await podsOf(cluster.api, workload), await cluster.api.list('v1', 'Node'), new Set(app.nodes.map(({ metadata }) => metadata.name)))).toEqual([]);
  });

  test('a group that lacks a node is not ready, and the other one serves', async () => {
    const app = fleetApp({ namespace: 'lacking', nodes: 4, fleets: [{ id: 'llama', replicas: 2, layout: TWO_NODES }] });
    const [last, ...nodes] = app.nodes;
    await addNodes(nodes);
    await deploy(cluster.api, app);
    const [workload] = workloadsIn(app.objects);
    const waiting = await eventually('one pod that waits', async () => {
      const pods = (await podsOf(cluster.api, workload)).filter((pod) => conditionOf(pod, 'PodScheduled')?.reason === 'Unschedulable');
      const { status } = await cluster.api.get(workload);
      return pods.length === 1 && status.readyReplicas === 1 && pods[0];
    }, { seen: async () => (await cluster.api.get(workload)).status });
    expect(conditionOf(waiting, 'PodScheduled').message).toMatch(/Insufficient nvidia\.com\/gpu/);
    await addNodes([last]);
    await allReady(cluster.api, [workload]);
  });

  test('the download to a volume of one node starts beside the pod that waits for it', async () => {
    const weights = Weights.fromHub({ revision: '0'.repeat(40) });
    const app = fleetApp({ namespace: 'one-volume', nodes: 4, zones, fleets: [{ id: 'llama', replicas: 1, layout: NODE, weights }] });
    await addNodes(app.nodes);
    const [job, others] = [true, false].map((wanted) => app.objects.filter(({ kind }) => (kind === 'Job') === wanted));
    await deploy(cluster.api, app, others);
    const [workload] = workloadsIn(app.objects);
    await allReady(cluster.api, [workload]);
    await cluster.api.applyAll(job);
    await eventually('a download that is done', async () => conditionOf(await cluster.api.get(job[0]), 'Complete')?.status === 'True', {
      seen: async () => obstaclesOf(await cluster.api.list('v1', 'Pod', { namespace: 'one-volume' })),
    });
    const pods = await cluster.api.list('v1', 'Pod', { namespace: 'one-volume' });
    expect(pods).toHaveLength(2);
    expect(new Set(pods.map(({ spec }) => spec.nodeName)).size).toBe(1);
  });
});
