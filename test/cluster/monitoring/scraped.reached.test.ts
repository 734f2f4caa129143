/**
 * What is measured: a real Prometheus finds and scrapes the engines as the library's PodMonitors say, and answers the queries of its signals. Runs
 * where the addresses of KWOK's pods are local: `tsx test/cluster/gateway/run.ts`.
 */
import { BUCKETS, EngineDoes, Latency, METRICS_PATH, metricsPage } from './engine-metrics';
import { INTERVAL, MEASURED, MEASURED_FLEETS, MeasuredFleet, measuredFleets } from './measured-fleets';
import { Alert, NAMESPACE, Prometheus, Sample, ScrapeTarget } from './prometheus';
import { Signal, SignalQuery } from '../../../src';
import { FakeEngines } from '../gateway/fake-engines';
import { checkPodsAreLocal } from '../local-pods';
import { eventually } from '../support/api-server';
import { exampleApp } from '../support/apps';
import { deploy } from '../support/deploy';
import { KubeObject } from '../support/kube-object';
import { NetworkPolicies, READINGS } from '../support/network-policies';
import { useCluster } from '../support/use-cluster';
import { allReady, podsOf, WORKER_INDEX, workloadsIn } from '../support/workloads';

const FLEET = 'cdk8s-inference/fleet';
const MONITORING_API = 'monitoring.coreos.com/v1';
/** Seconds that rates are taken over. */
const WINDOW = 10;
/** How far a rate over moments that no one chose may be off. */
const TOLERANCE = 0.03;

const apps = [measuredFleets(METRICS_PATH), ...['deepseek-r1-two-nodes', 'gpt-oss-canary', 'platform-three-teams'].map((name) => exampleApp(name, 'planned'))];
const objects = apps.flatMap((app) => app.objects);
const workloads = workloadsIn(objects);
const monitors = objects.filter(({ kind }) => kind === 'PodMonitor');
const fleets = new Map(MEASURED_FLEETS.map((fleet) => [fleet.name, fleet]));

/** The same PodMonitor with one thing wrong, of each a user's plausible mistake. */
const WRONG: { readonly [name: string]: (spec: any) => void } = {
  'wrong-label': ({ selector }) => { selector.matchLabels['app.kubernetes.io/component'] = 'server'; },
  'wrong-port': ({ podMetricsEndpoints: [endpoint] }) => { endpoint.port = 'metrics'; },
  'wrong-path': ({ podMetricsEndpoints: [endpoint] }) => { endpoint.path = '/stats'; },
};

/** Rules as a user would write them, of signals. */
const RULES: KubeObject = {
  apiVersion: MONITORING_API,
  kind: 'PrometheusRule',
  metadata: { name: 'fleets', namespace: MEASURED },
  spec: {
    groups: [{
      name: 'fleets',
      interval: '1s',
      rules: MEASURED_FLEETS.flatMap((fleet) => [
        { record: 'fleet:waiting_requests', expr: Signal.WAITING_REQUESTS.query(queryOf(fleet)), labels: { fleet: fleet.name } },
        ...Signal.ERROR_RATIO.isKnownFor(fleet.engine, fleet.version)
          ? [{ alert: 'RequestsFail', expr: `${Signal.ERROR_RATIO.query(queryOf(fleet))} > 0.01`, for: '2s', labels: { fleet: fleet.name } }]
          : [],
      ]),
    }],
  },
};

const cluster = useCluster({ controllers: ['leaderworkerset'] });
let engines: FakeEngines | undefined;
let prometheus: Prometheus | undefined;
let targets: ScrapeTarget[];

beforeAll(async () => {
  await checkPodsAreLocal('tsx test/cluster/gateway/run.ts');
  const { api, controlPlane } = cluster;
  const begin = Date.now();
  const seen = new Map<string, string[]>();
  engines = new FakeEngines(controlPlane, ({ name, labels }, path) => {
    const fleet = fleets.get(labels[FLEET]);
    if (path !== METRICS_PATH[fleet?.engine ?? 'vllm']) { return undefined; }
    const pods = seen.get(labels[FLEET]) ?? [];
    seen.set(labels[FLEET], pods);
    if (!pods.includes(name)) { pods.push(name); }
    const { engine, version, does } = fleet ?? MEASURED_FLEETS[0];
    return metricsPage(engine, version, 'llama', does[pods.indexOf(name) % does.length], (Date.now() - begin) / 1000);
  });
  await engines.start();
  await cluster.addNodes(apps.flatMap(({ nodes }) => nodes));
  for (const app of apps) { await deploy(api, app); }
  const [some] = monitors.filter(({ metadata }) => metadata.namespace === MEASURED);
  await api.applyAll([RULES, ...Object.entries(WRONG).map(([name, spoil]) => {
    const wrong = structuredClone(some);
    spoil(wrong.spec);
    return { ...wrong, metadata: { name, namespace: MEASURED } };
  })]);
  await allReady(api, workloads);
  prometheus = await Prometheus.start(api, controlPlane);
  // Prometheus spreads the first scrapes over the interval.
  await eventually('every target was scraped, and often enough', async () => {
    targets = await prometheus!.targets();
    if (targets.some(({ health }) => health === 'unknown')) { return false; }
    const counts = await prometheus!.query(`count_over_time(up{namespace="${MEASURED}"}[${WINDOW}s])`);
    return counts.length > 0 && counts.every(({ value }) => value >= WINDOW / INTERVAL - 1);
  }, { seconds: 60, seen: async () => (await prometheus!.targets()).filter(({ health }) => health === 'unknown').map(({ scrapeUrl }) => scrapeUrl) });
}, 180_000);

afterAll(async () => {
  await prometheus?.stop();
  await engines?.stop();
}, 30_000);

describe('by its PodMonitor', () => {
  test.each(workloads.map((workload) => [workload.metadata.name, workload] as const))('the fleet %s is scraped at the pods that serve, and no others', async (name, workload) => {
    const [monitor, ...more] = monitors.filter(({ metadata }) => metadata.labels[FLEET] === name);
    expect(more).toEqual([]);
    const serving = (await podsOf(cluster.api, workload)).filter(({ metadata }) => ['0', undefined].includes(metadata.labels[WORKER_INDEX]));
    expect(serving).toHaveLength(workload.spec.replicas ?? 1); // a candidate's are its runner's
    const found = targets.filter(({ scrapePool }) => scrapePool === `podMonitor/${monitor.metadata.namespace}/${monitor.metadata.name}/0`);
    const path = METRICS_PATH[fleets.get(name)?.engine ?? 'vllm'];
    expect(found.map(({ scrapeUrl, health, lastError }) => ({ scrapeUrl, health, lastError })).sort(byUrl))
      .toEqual(serving.map(({ status }) => ({ scrapeUrl: `http://${status.podIP}:8000${path}`, health: 'up', lastError: '' })).sort(byUrl));
    const every = monitor.metadata.namespace === MEASURED ? { scrapeInterval: `${INTERVAL}s`, scrapeTimeout: `${INTERVAL}s` } : { scrapeInterval: '15s', scrapeTimeout: '10s' };
    for (const target of found) { expect(target).toMatchObject(every); }
    expect(found.map(({ labels }) => labels.pod).sort()).toEqual(serving.map(({ metadata }) => metadata.name).sort());
    const { namespace, labels: own } = workload.metadata;
    for (const { labels } of found) {
      expect(labels).toMatchObject({
        namespace, cdk8s_inference_fleet: name, cdk8s_inference_model: own['cdk8s-inference/model'], ...own['cdk8s-inference/team'] && { cdk8s_inference_team: own['cdk8s-inference/team'] },
      });
    }
  });

  test('nothing else is scraped', () => {
    const pools = new Set(monitors.map(({ metadata }) => `podMonitor/${metadata.namespace}/${metadata.name}/0`));
    expect([...new Set(targets.map(({ scrapePool }) => scrapePool))].filter((pool) => !pools.has(pool))).toEqual([`podMonitor/${MEASURED}/wrong-path/0`]);
  });

  test('and a wrong label, port or path finds nothing', () => {
    const found = (name: string) => targets.filter(({ scrapePool }) => scrapePool === `podMonitor/${MEASURED}/${name}/0`).map(({ health }) => health);
    expect(found('wrong-label')).toEqual([]);
    expect(found('wrong-port')).toEqual([]);
    expect(found('wrong-path')).toEqual(MEASURED_FLEETS[0].does.map(() => 'down'));
  });
});

test.each(READINGS)('the network policies let Prometheus in from its namespace, and from no other (where a block of addresses may hold pods: $ipBlocksHoldPods)', async (reading) => {
  const { api } = cluster;
  for (const name of [NAMESPACE, 'elsewhere']) { await api.namespace(name); }
  const policies = new NetworkPolicies(await api.list('networking.k8s.io/v1', 'NetworkPolicy'), await api.list('v1', 'Namespace'), reading);
  const pods = new Map((await api.list('v1', 'Pod')).map((pod) => [pod.status.podIP, pod]));
  const scraped = targets.map(({ scrapeUrl }) => new URL(scrapeUrl)).map(({ hostname, port }) => ({ to: pods.get(hostname)!, port: Number(port) }));
  expect(scraped.length).toBeGreaterThan(workloads.length);
  const from = (namespace: string): KubeObject => ({ apiVersion: 'v1', kind: 'Pod', metadata: { namespace, name: 'prometheus', labels: {} }, spec: { containers: [] }, status: { podIP: '10.99.0.1' } });
  expect(scraped.flatMap(({ to, port }) => policies.obstacle({ from: from(NAMESPACE), to, port }) ?? [])).toEqual([]);
  expect(scraped.filter(({ to, port }) => policies.obstacle({ from: from('elsewhere'), to, port }) === undefined)).toEqual([]);
});

describe.each(MEASURED_FLEETS.map((fleet) => [`${fleet.engine} ${fleet.version}, of which a fleet ${fleet.fails ? 'fails' : 'fares well'}`, fleet] as const))('%s', (_, fleet) => {
  const signals = Signal.all().filter((signal) => signal.isKnownFor(fleet.engine, fleet.version));

  test.each(signals.map((signal) => [signal.name, signal] as const))('shows its %s', async (name, signal) => {
    const [sample, ...more] = await prometheus!.query(signal.query(queryOf(fleet)));
    expect([sample?.labels, more]).toEqual([{}, []]);
    expectAbout(sample.value, MEANS[name](fleet));
    if (!signal.isDistribution) { return; }
    for (const percentile of [50, 95]) {
      const [{ value }] = await prometheus!.query(signal.query({ ...queryOf(fleet), percentile }));
      expectAbout(value, percentileOf(LATENCIES[name], fleet.does, percentile));
    }
  });

  test('shows how many wait at each pod', async () => {
    const samples: Sample[] = await prometheus!.query(Signal.WAITING_REQUESTS.query({ ...queryOf(fleet), groupBy: ['pod'] }));
    expect(samples.map(({ value }) => value).sort()).toEqual(fleet.does.map(({ waiting }) => waiting).sort());
    expect(new Set(samples.map(({ labels }) => labels.pod)).size).toBe(fleet.does.length);
  });
});

describe('rules of signals', () => {
  test('record what they should', async () => {
    const recorded = await prometheus!.query('fleet:waiting_requests');
    expect(Object.fromEntries(recorded.map(({ labels, value }) => [labels.fleet, value]))).toEqual(Object.fromEntries(MEASURED_FLEETS.map(({ name, does }) => [name, sum(does, 'waiting')])));
  });

  test('fire for the fleets that fail, and for no others', async () => {
    const failing = MEASURED_FLEETS.filter(({ engine, version, fails }) => fails && Signal.ERROR_RATIO.isKnownFor(engine, version)).map(({ name }) => name).sort();
    const firing = (alerts: Alert[]) => alerts.filter(({ state }) => state === 'firing').map(({ labels }) => labels.fleet).sort();
    await eventually('the alerts fire', async () => firing(await prometheus!.alerts()).length >= failing.length);
    expect((await prometheus!.alerts()).map(({ labels }) => labels.fleet).sort()).toEqual(failing);
    expect(failing.length).toBeGreaterThan(10);
  });
});

// ── what the tests above speak of ────────────────────────────────────────────

const LATENCIES: { readonly [signal: string]: Latency } = {
  'time-to-first-token': 'firstToken', 'inter-token-latency': 'betweenTokens', 'time-per-output-token': 'perToken', 'end-to-end-latency': 'whole', 'queue-time': 'inQueue',
};

/** What each signal means, by its own documentation. */
const MEANS: { readonly [signal: string]: (fleet: MeasuredFleet) => number } = {
  ...Object.fromEntries(Object.entries(LATENCIES).map(([signal, what]) => [signal, ({ does }: MeasuredFleet) =>
    does.reduce((total, { requests, seconds }) => total + requests * seconds[what], 0) / sum(does, 'requests')])),
  'waiting-requests': ({ does }) => sum(does, 'waiting'),
  'running-requests': ({ does }) => sum(does, 'running'),
  'kv-cache-usage': ({ does }) => sum(does, 'cacheUsed') / does.length,
  'requests': (fleet) => sum(fleet.does, 'requests') + broken(fleet),
  'error-ratio': (fleet) => {
    const [well, refused] = [sum(fleet.does, 'requests'), sum(fleet.does, 'refusals')];
    return Math.max(refused / (2 * well + refused), broken(fleet) / (well + broken(fleet))); // as many as end well are answered with a 4xx status
  },
  'prompt-tokens': ({ does }) => sum(does, 'promptTokens'),
  'output-tokens': ({ does }) => sum(does, 'outputTokens'),
  'prefix-cache-hit-ratio': ({ does }) => sum(does, 'tokensFromCache') / sum(does, 'promptTokens'),
  'preemptions': ({ does }) => sum(does, 'preemptions'),
};

function broken({ engine, version, does }: MeasuredFleet): number {
  return engine === 'vllm' && !/^0\.([89]|1[0-2])\./.test(version) ? sum(does, 'broken') : 0;
}

function sum(does: readonly EngineDoes[], what: Exclude<keyof EngineDoes, 'mistakes' | 'seconds'>): number { return does.reduce((total, one) => total + one[what], 0); }

/** As Prometheus has it: all that fall into a bucket are spread evenly over it. */
function percentileOf(what: Latency, does: readonly EngineDoes[], percentile: number): number {
  const rank = percentile / 100 * sum(does, 'requests');
  let below = 0;
  for (const [i, upper] of BUCKETS.entries()) {
    const lower = i === 0 ? 0 : BUCKETS[i - 1];
    const within = does.filter(({ seconds }) => seconds[what] > lower && seconds[what] <= upper).reduce((total, { requests }) => total + requests, 0);
    if (below + within >= rank) { return lower + (upper - lower) * (rank - below) / within; }
    below += within;
  }
  throw new Error('beyond the last bucket');
}

function expectAbout(value: number, wanted: number): void {
  expect(value).toBeGreaterThanOrEqual(wanted * (1 - TOLERANCE));
  expect(value).toBeLessThanOrEqual(wanted * (1 + TOLERANCE));
}

/** A fleet's own, by the labels that its PodMonitor puts on every metric. */
function queryOf({ name, engine, version }: MeasuredFleet): SignalQuery {
  return { engine, version, selector: { namespace: MEASURED, cdk8s_inference_fleet: name }, windowSeconds: WINDOW };
}

function byUrl(a: { scrapeUrl: string }, b: { scrapeUrl: string }): number { return a.scrapeUrl < b.scrapeUrl ? -1 : 1; }
