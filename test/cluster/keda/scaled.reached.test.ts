/**
 * What is scaled: KEDA's own operator reads a fleet's queue from a real Prometheus and sets its replicas, as a user would have it. Runs where the
 * addresses of KWOK's pods are local: `tsx test/cluster/keda/run.ts`.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { Duration } from 'cdk8s';
import { Signal } from '../../../src';
import { FakeEngines } from '../gateway/fake-engines';
import { checkPodsAreLocal } from '../local-pods';
import { EngineDoes, METRICS_PATH, metricsPage } from '../monitoring/engine-metrics';
import { Prometheus } from '../monitoring/prometheus';
import { ApiServer, eventually } from '../support/api-server';
import { deploy } from '../support/deploy';
import { fleetApp } from '../support/fleet-app';
import { KubeObject } from '../support/kube-object';
import { useCluster } from '../support/use-cluster';
import { allReady, conditionOf, isReady, podsOf, podsPerReplica, workloadsIn } from '../support/workloads';

const NAMESPACE = 'scaled';
const FLEET = 'cdk8s-inference/fleet';
const LIMITS = { minReplicaCount: 1, maxReplicaCount: 4 };
/** Requests that may wait for each replica. */
const THRESHOLD = 5;

const monitoring = { interval: Duration.seconds(1) };
const app = fleetApp({
  namespace: NAMESPACE,
  nodes: 1 + 2 * LIMITS.maxReplicaCount,
  fleets: [
    { id: 'pods', replicas: 1, layout: { tensorParallel: 1 }, monitoring },
    { id: 'groups', replicas: 1, layout: { tensorParallel: 8, pipelineParallel: 2 }, monitoring },
  ],
});
const workloads = workloadsIn(app.objects);

const cluster = useCluster({ controllers: ['leaderworkerset', 'keda'] });
const queues = new Map<string, Queue>(workloads.map(({ metadata }) => [metadata.name, { waiting: 0, at: '', seen: 0 }]));
let engines: FakeEngines | undefined;
let prometheus: Prometheus | undefined;

beforeAll(async () => {
  await checkPodsAreLocal('tsx test/cluster/keda/run.ts');
  const { api, controlPlane } = cluster;
  engines = new FakeEngines(controlPlane, ({ name, labels }, path) => path === METRICS_PATH.vllm ? pageOf(queues.get(labels[FLEET]!)!, name) : undefined);
  await engines.start();
  await cluster.addNodes(app.nodes);
  await deploy(api, app);
  await allReady(api, workloads);
  prometheus = await Prometheus.start(api, controlPlane);
  for (const { metadata: { name } } of workloads) {
    await eventually(`Prometheus knows the queue of ${name}`, async () => (await prometheus!.query(queryOf(name))).length === 1);
  }
}, 180_000);

afterAll(async () => {
  await prometheus?.stop();
  await engines?.stop();
}, 30_000);

test.each(workloads.map((workload) => [workload.kind, workload.metadata.name, workload] as const))('the replicas of a %s, %s, follow its queue between the limits', async (_, name, workload) => {
  const { api } = cluster;
  const [scaled] = await api.applyAll([scaledObject(workload)]);
  await eventually('the ScaledObject is ready', async () => conditionOf(await api.get(scaled), 'Ready')?.status === 'True', { seen: async () => (await api.get(scaled)).status });
  const { spec } = (await api.list('autoscaling/v2', 'HorizontalPodAutoscaler', { namespace: NAMESPACE })).find(({ metadata }) => metadata.name === `keda-hpa-${name}`)!;
  expect({ target: spec.scaleTargetRef, least: spec.minReplicas, most: spec.maxReplicas })
    .toEqual({ target: { apiVersion: workload.apiVersion, kind: workload.kind, name }, least: LIMITS.minReplicaCount, most: LIMITS.maxReplicaCount });

  const others = workloads.filter((other) => other !== workload);
  const history: number[] = [];
  for (const [waiting, replicas] of [[12, 3], [500, LIMITS.maxReplicaCount], [7, 2], [0, LIMITS.minReplicaCount]]) {
    queues.get(name)!.waiting = waiting;
    await eventually(`${replicas} replicas for ${waiting} waiting requests`, async () => {
      history.push(await replicasOf(api, workload));
      const pods = await podsOf(api, workload);
      return history[history.length - 1] === replicas && pods.length === replicas * podsPerReplica(workload) && pods.every(isReady);
    }, { seconds: 60, seen: async () => ({ scale: await replicasOf(api, workload), queue: await prometheus!.query(queryOf(name)), status: (await api.get(scaled)).status }) });
    await sleep(5000);
    expect(await replicasOf(api, workload)).toBe(replicas);
  }
  expect(Math.min(...history)).toBe(LIMITS.minReplicaCount);
  expect(Math.max(...history)).toBe(LIMITS.maxReplicaCount);
  for (const other of others) { expect(await replicasOf(api, other)).toBe(1); }

  await api.delete(scaled);
  await eventually('nothing of it is left', async () => await api.get(scaled) === undefined
    && (await api.list('autoscaling/v2', 'HorizontalPodAutoscaler', { namespace: NAMESPACE })).every(({ metadata }) => metadata.name !== `keda-hpa-${name}`));
}, 300_000);

test('a second ScaledObject of a fleet is refused by KEDA\'s webhook', async () => {
  const { api } = cluster;
  const [first] = await api.applyAll([scaledObject(workloads[0])]);
  const second = { ...scaledObject(workloads[0]), metadata: { name: 'second', namespace: NAMESPACE } };
  const { status, body } = await eventually('KEDA knows of the first', async () => { // it answers from what it has heard
    const answer = await api.apply(second, { dryRun: true });
    return answer.status !== 200 && answer;
  });
  expect([status, body.message]).toEqual([403, expect.stringMatching(/^admission webhook "vscaledobject\.kb\.io" denied the request: the workload '.*' is already managed by the /)]);
  await api.delete(first);
});

// ── what the tests above speak of ────────────────────────────────────────────

/** Requests that wait for a fleet; all of them show at one pod. */
interface Queue { waiting: number; at: string; seen: number }

const IDLE: EngineDoes = {
  waiting: 0, running: 1, cacheUsed: 0.1, requests: 1, refusals: 0, broken: 0, promptTokens: 100, outputTokens: 100, tokensFromCache: 0, preemptions: 0,
  seconds: { firstToken: 0.2, betweenTokens: 0.02, perToken: 0.02, whole: 2, inQueue: 0 },
};

/** Nobody asks a pod that is gone, so that another takes its queue over. */
function pageOf(queue: Queue, pod: string): string {
  const now = Date.now();
  if (queue.at === pod || now - queue.seen > 3000) { Object.assign(queue, { at: pod, seen: now }); }
  return metricsPage('vllm', '0.33.0', 'llama', { ...IDLE, waiting: queue.at === pod ? queue.waiting : 0 }, now / 1000);
}

/** A fleet's own queue, by the labels that its PodMonitor puts on every metric. */
function queryOf(fleet: string): string { return Signal.WAITING_REQUESTS.query({ engine: 'vllm', selector: { namespace: NAMESPACE, cdk8s_inference_fleet: fleet } }); }

/** As a user writes it, who does not want to wait for minutes. */
function scaledObject({ apiVersion, kind, metadata: { name } }: KubeObject): KubeObject {
  return {
    apiVersion: 'keda.sh/v1alpha1',
    kind: 'ScaledObject',
    metadata: { name, namespace: NAMESPACE },
    spec: {
      scaleTargetRef: { apiVersion, kind, name },
      ...LIMITS,
      advanced: { horizontalPodAutoscalerConfig: { behavior: { scaleDown: { stabilizationWindowSeconds: 3 } } } },
      triggers: [{ type: 'prometheus', metadata: { serverAddress: prometheus!.url, query: queryOf(name), threshold: String(THRESHOLD) } }],
    },
  };
}

async function replicasOf(api: ApiServer, workload: KubeObject): Promise<number> { return (await api.get(workload, 'scale')).spec.replicas; }
