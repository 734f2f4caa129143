import { eventually } from './support/api-server';
import { baitNodes, ClusterApp, EXAMPLES, exampleApp } from './support/apps';
import { deploy } from './support/deploy';
import { fleetApp } from './support/fleet-app';
import { ConnectedFleet, deniedTo, neededBy, Surroundings } from './support/flows';
import { KubeObject } from './support/kube-object';
import { Connection, matches, NetworkPolicies, READINGS } from './support/network-policies';
import { expectNone } from './support/problems';
import { recordingRules, ruleProblems } from './support/promtool';
import { useCluster } from './support/use-cluster';
import { allReady, isReady, podsOf, podsPerReplica, replicasOf, WORKER_INDEX, workloadsIn } from './support/workloads';
import { Weights } from '../../src';

// No Karpenter: the nodes are those of the tests.
const cluster = useCluster({ controllers: ['leaderworkerset'] });

const GROUP_LAYOUT = { tensorParallel: 8, pipelineParallel: 2 };
const s3 = (endpoint?: string) => Weights.fromObjectStore({ uri: 's3://models/llama', region: 'eu-central-1', endpoint });

/** The sources of weights that no example has, and two fleets of groups beside each other. */
const SOURCES = fleetApp({
  namespace: 'sources',
  nodes: 1,
  fleets: [
    { id: 'claim', replicas: 2, layout: { tensorParallel: 1 } },
    { id: 'image', replicas: 1, layout: { tensorParallel: 1 }, weights: Weights.fromImage({ reference: `registry.example.com/models/llama@sha256:${'c'.repeat(64)}`, sizeBytes: 16e9 }) },
    { id: 'store', replicas: 1, layout: { tensorParallel: 1 }, weights: s3() },
    { id: 'minio', replicas: 1, layout: { tensorParallel: 1 }, weights: s3('https://minio.example.com:9000') },
  ],
});
const GROUPS = fleetApp({
  namespace: 'groups',
  nodes: 8,
  fleets: [{ id: 'claim-groups', replicas: 2, layout: GROUP_LAYOUT }, { id: 'store-groups', replicas: 2, layout: GROUP_LAYOUT, weights: s3() }],
});
const WEIGHTS_PORTS: { [fleet: string]: number[] } = { 'store': [443], 'minio': [443, 9000], 'store-groups': [443] };

const apps: ClusterApp[] = [...EXAMPLES.map((name) => exampleApp(name, 'planned')), SOURCES, GROUPS];
const objects = apps.flatMap((app) => app.objects);
/** Those that Git has, and those that a rollout's runner makes. */
const routes = objects.flatMap((object): KubeObject[] => {
  if (object.kind === 'HTTPRoute') { return [object]; }
  const { template, namespace, name } = object.kind === 'ConfigMap' && object.data.spec !== undefined ? JSON.parse(object.data.spec).route : { template: undefined };
  return template === undefined ? [] : [{ ...template, metadata: { ...template.metadata, namespace, name } }];
});
const workloads = workloadsIn(objects);
const named = workloads.map((workload) => [workload.metadata.name, workload] as const);

/** A pod on a node without GPUs. */
function bystander(namespace: string, name: string, labels: { [key: string]: string } = {}): KubeObject {
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { namespace, name, labels },
    spec: {
      nodeSelector: { 'kubernetes.io/hostname': 'cpu-0' },
      automountServiceAccountToken: false,
      securityContext: { runAsNonRoot: true, runAsUser: 1000, seccompProfile: { type: 'RuntimeDefault' } },
      containers: [{ name: 'main', image: 'main', securityContext: { allowPrivilegeEscalation: false, capabilities: { drop: ['ALL'] } } }],
    },
  };
}

const GATEWAY = bystander('gateways', 'proxy', { app: 'envoy' });
const PROMETHEUS = bystander('monitoring', 'prometheus', { app: 'prometheus' });
const DNS = bystander('kube-system', 'dns', { 'k8s-app': 'kube-dns' });
/** Someone without labels in a namespace of his own, someone in a fleet's, and one who calls himself a gateway. */
const STRANGERS = [bystander('strangers', 'stranger'), bystander('sources', 'neighbour', { app: 'envoy' }), bystander('strangers', 'proxy', { app: 'envoy' })];
/** A download that is still at it; those of the Jobs are over before anyone looks. */
const DOWNLOADING = objects.filter(({ kind }) => kind === 'Job')
  .map(({ metadata, spec }) => bystander(metadata.namespace!, `${metadata.name}-at-it`, spec.template.metadata.labels));

beforeAll(async () => {
  const { api } = cluster;
  await cluster.addNodes([...baitNodes(), ...apps.flatMap(({ nodes }) => nodes)]);
  for (const app of apps) { await deploy(api, app); }
  for (const name of ['gateways', 'monitoring', 'strangers']) { await api.namespace(name); }
  const bystanders = [GATEWAY, PROMETHEUS, DNS, ...STRANGERS, ...DOWNLOADING];
  await api.applyAll(bystanders);
  await allReady(api, workloads);
  for (const pod of bystanders) { await eventually(`pod ${pod.metadata.name} Ready`, async () => isReady(await api.get(pod))); }
}, 120_000);

const isServing = ({ metadata }: KubeObject) => ['0', undefined].includes(metadata.labels[WORKER_INDEX]);
const servingOf = async (workload: KubeObject) => (await podsOf(cluster.api, workload)).filter(isServing);
const namesOf = (pods: KubeObject[]) => pods.map(({ metadata }) => metadata.name).sort();

/** The fleet's own object of a kind; there is exactly one. */
function ofFleet(kind: string, workload: KubeObject): KubeObject {
  const found = objects.filter((object) => object.kind === kind && object.metadata.namespace === workload.metadata.namespace
    && object.metadata.labels?.['cdk8s-inference/fleet'] === workload.metadata.name);
  expect(found.map(({ metadata }) => metadata.name)).toHaveLength(1);
  return found[0];
}

describe.each(named)('the fleet %s', (name, workload) => {
  const { namespace } = workload.metadata;

  /** Endpoints of a Service, ready or not, with the ports that they are reached on. */
  async function endpointsOf(service: string): Promise<{ pods: { [name: string]: boolean }; ports: object[] }> {
    const slices = await cluster.api.list('discovery.k8s.io/v1', 'EndpointSlice', { namespace, labels: { 'kubernetes.io/service-name': service } });
    return {
      pods: Object.fromEntries(slices.flatMap(({ endpoints }) => endpoints ?? []).map(({ targetRef, conditions }: any) => [targetRef.name, conditions.ready])),
      ports: slices.flatMap(({ ports }) => ports ?? []).map((one: any) => ({ name: one.name, port: one.port, protocol: one.protocol })),
    };
  }

  test('is behind its Service with the pods that serve, and no others', async () => {
    const service = ofFleet('Service', workload);
    const serving = await servingOf(workload);
    expect(serving).toHaveLength(replicasOf(workload));
    const pods = Object.fromEntries(namesOf(serving).map((pod) => [pod, true]));
    await eventually('endpoints', async () => Object.keys((await endpointsOf(service.metadata.name)).pods).length >= serving.length);
    const { containerPort } = serving[0].spec.containers[0].ports[0];
    expect(await endpointsOf(service.metadata.name)).toEqual({ pods, ports: [{ name: 'http', port: containerPort, protocol: 'TCP' }] });
    expect(serving[0].spec.containers[0].args).toContain(`--port=${containerPort}`);

    const [sick] = serving;
    const ready = (status: string) => ({ status: { conditions: sick.status.conditions.map((one: any) => one.type === 'Ready' ? { ...one, status } : one) } });
    await cluster.api.patch(sick, ready('False'), 'status');
    await eventually('an endpoint that is not ready', async () => (await endpointsOf(service.metadata.name)).pods[sick.metadata.name] === false);
    await cluster.api.patch(sick, ready('True'), 'status');
    await eventually('an endpoint that is ready again', async () => (await endpointsOf(service.metadata.name)).pods[sick.metadata.name]);
  });

  test('has a disruption budget of its pods, and no others', async () => {
    const budget = ofFleet('PodDisruptionBudget', workload);
    const wanted = replicasOf(workload) * podsPerReplica(workload);
    const seen = async () => {
      const { status } = await cluster.api.get(budget);
      return { expectedPods: status.expectedPods, currentHealthy: status.currentHealthy, disruptionsAllowed: status.disruptionsAllowed };
    };
    await eventually('a budget that knows', async () => (await seen()).currentHealthy === wanted, { seen });
    expect(await seen()).toEqual({ expectedPods: wanted, currentHealthy: wanted, disruptionsAllowed: 1 });
  });

  test('can be scaled, and tells an autoscaler which pods serve', async () => {
    const replicas = replicasOf(workload);
    expect(await cluster.api.scales(workload.apiVersion, workload.kind)).toBe(true);
    const scale = await cluster.api.get(workload, 'scale');
    expect({ spec: scale.spec, replicas: scale.status.replicas }).toEqual({ spec: { replicas }, replicas });
    const labels = Object.fromEntries(scale.status.selector.split(',').map((term: string) => term.split('=')));
    expect(namesOf(await cluster.api.list('v1', 'Pod', { namespace, labels }))).toEqual(namesOf(await servingOf(workload)));

    await cluster.api.patch(workload, { spec: { replicas: replicas - 1 } }, 'scale');
    await eventually('a replica fewer', async () => (await podsOf(cluster.api, workload)).length === (replicas - 1) * podsPerReplica(workload));
    await cluster.api.patch(workload, { spec: { replicas } }, 'scale');
    await allReady(cluster.api, [workload]);
  });

  test('is scraped by its PodMonitor at a port that the pods that serve have', async () => {
    const { spec } = ofFleet('PodMonitor', workload);
    const scraped = (await cluster.api.list('v1', 'Pod', { namespace })).filter(({ metadata }) => matches(spec.selector, metadata.labels ?? {}));
    expect(namesOf(scraped)).toEqual(namesOf(await servingOf(workload)));
    expect(spec.podMetricsEndpoints.length).toBeGreaterThan(0);
    for (const pod of scraped) {
      const ports = pod.spec.containers.flatMap(({ ports: own }: any) => own ?? []).map((port: any) => port.name);
      expect(ports).toEqual(expect.arrayContaining(spec.podMetricsEndpoints.map(({ port }: any) => port)));
      expect(Object.keys(pod.metadata.labels)).toEqual(expect.arrayContaining(spec.podTargetLabels));
    }
  });

  describe.each(READINGS)('by network policies, where a block of addresses may hold pods: $ipBlocksHoldPods,', (reading) => {
    let policies: NetworkPolicies;
    let needed: Connection[];
    let denied: Connection[];

    beforeAll(async () => {
      const { api } = cluster;
      const service = ofFleet('Service', workload).metadata.name;
      const routed = routes.some(({ metadata, spec }) => metadata.namespace === namespace
        && spec.rules.some(({ backendRefs }: any) => backendRefs.some((ref: any) => ref.name === service)));
      const job = objects.find(({ kind, metadata }) => kind === 'Job' && metadata.namespace === namespace && metadata.labels['cdk8s-inference/fleet'] === name);
      const pods = await podsOf(api, workload);
      const fleet: ConnectedFleet = {
        name,
        serving: pods.filter(isServing),
        workers: pods.filter((pod) => !isServing(pod)),
        port: 8000,
        gateway: routed ? await api.get(GATEWAY) : undefined,
        weightsPorts: WEIGHTS_PORTS[name] ?? [],
        identity: name in WEIGHTS_PORTS ? { ip: '169.254.170.23' } : undefined,
        download: job && { pod: await api.get(DOWNLOADING.find(({ metadata }) => metadata.name === `${job.metadata.name}-at-it`)!), port: 443 },
      };
      const others = (await Promise.all(workloads.filter((one) => one !== workload).map(async (one) => (await podsOf(api, one))[0])));
      const strangers = await Promise.all([...STRANGERS, ...routed ? [] : [GATEWAY]].map((pod) => api.get(pod)));
      const surroundings: Surroundings = { prometheus: await api.get(PROMETHEUS), dns: await api.get(DNS), strangers, others };
      policies = new NetworkPolicies(await api.list('networking.k8s.io/v1', 'NetworkPolicy'), await api.list('v1', 'Namespace'), reading);
      needed = neededBy(fleet, surroundings);
      denied = deniedTo(fleet, surroundings);
    });

    test('everything that it needs works', () => {
      expect(needed.length).toBeGreaterThan(5);
      expectNone(needed.flatMap((connection) => policies.obstacle(connection) ?? []));
    });

    test('nothing that it must not works', () => {
      expect(denied.length).toBeGreaterThan(100);
      expectNone(denied.filter((connection) => policies.obstacle(connection) === undefined).map(titleOf));
    });
  });
});

test('every route leads to a port of a Service', () => {
  const refs = routes.flatMap(({ metadata, spec }) => spec.rules.flatMap(({ backendRefs }: any) =>
    backendRefs.map(({ name, port }: any) => ({ namespace: metadata.namespace, name, port }))));
  expect(refs.length).toBeGreaterThan(0);
  const offered = objects.filter(({ kind }) => kind === 'Service').flatMap(({ metadata, spec }) => spec.ports.map(({ port }: any) => ({ namespace: metadata.namespace, name: metadata.name, port })));
  expect(offered).toEqual(expect.arrayContaining(refs));
});

test('every PrometheusRule passes Prometheus\' own checker', async () => {
  const rules = objects.filter(({ kind }) => kind === 'PrometheusRule');
  process.stdout.write(`promtool: ${rules.length} PrometheusRules\n`);
  expect(await ruleProblems(rules)).toEqual([]);
  // The checker itself, as long as there are none.
  expect(await ruleProblems([recordingRules('sum(rate(requests_total[5m]))')])).toEqual([]);
  expect(await ruleProblems([recordingRules('sum(rate(requests_total[5m])')])).toEqual([expect.stringMatching(/unclosed left parenthesis/)]);
});

function titleOf({ from, to, port, protocol = 'TCP' }: Connection): string {
  const [sender, receiver] = [from, to].map((side) => 'metadata' in side ? `pod ${side.metadata.namespace}/${side.metadata.name}` : side.ip);
  return `${sender} reaches ${receiver} on ${protocol} ${port}`;
}
