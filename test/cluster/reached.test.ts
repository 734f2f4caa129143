/**
 * What is reached from outside, through a real Envoy that a real Contour tells what the library's routes say. Runs where the addresses of
 * KWOK's pods are local: `tsx test/cluster/gateway/run.ts`.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { Reply, tally } from './gateway/client';
import { FakeEngines } from './gateway/fake-engines';
import { Gateway, GATEWAY_API, GATEWAY_CLASS, gatewayObject, installCrds } from './gateway/gateway';
import { plausibleHits } from './gateway/odds';
import { gatewayPrograms } from './gateway/programs';
import { groups, GROUPS, trial, TRIAL, TrialOptions } from './gateway/trial';
import { checkPodsAreLocal } from './local-pods';
import { eventually } from './support/api-server';
import { nodesOfPool } from './support/fake-nodes';
import { KubeObject } from './support/kube-object';
import { exampleObjects } from './support/synthesized';
import { useCluster } from './support/use-cluster';
import { volumeFor } from './support/volumes';
import { allReady } from './support/workloads';

/** Hostname, model, and where the pods are; from the examples' own sources. */
const FLEETS: [hostname: string, model: string, namespace: string, gateway: 'public' | 'models'][] = [
  ['chat.example.com', 'meta-llama/Llama-3.3-70B-Instruct', 'chat', 'public'],
  ['search.models.example.com', 'meta-llama/Llama-3.1-8B-Instruct', 'team-search', 'models'],
  ['assistant.models.example.com', 'openai/gpt-oss-120b', 'team-assistant', 'models'],
  ['analytics.models.example.com', 'meta-llama/Llama-3.3-70B-Instruct', 'team-analytics', 'models'],
];
const CANARY = { hostname: 'assistant.example.com', model: 'gpt-oss-120b', namespace: 'assistant' };
const EXAMPLES = ['gpt-oss-canary', 'llama-70b-fp8', 'platform-three-teams'];

/** What the Gateway called `public` lets in; the one called `models` lets all in. */
const LET_IN = { 'example.com/routes': 'public' };
const NAMESPACES = ['assistant', 'chat', GROUPS.namespace, 'next', 'team-analytics', 'team-assistant', 'team-search', TRIAL.namespace];
const OPENAI_PATHS = ['/v1/chat/completions', '/v1/completions', '/v1/embeddings', '/v1/models', '/v1/responses'];

const cluster = useCluster({ controllers: ['leaderworkerset'] });
const gateways: { [name: string]: Gateway } = {};
let engines: FakeEngines | undefined;

beforeAll(async () => {
  await checkPodsAreLocal('tsx test/cluster/gateway/run.ts');
  const { api, controlPlane } = cluster;
  const programs = await gatewayPrograms();
  await installCrds(api, programs.crds);
  await api.namespace('gateways');
  for (const name of NAMESPACES) {
    await api.namespace(name);
    await api.patch({ apiVersion: 'v1', kind: 'Namespace', metadata: { name } }, { metadata: { labels: LET_IN } });
  }
  engines = new FakeEngines(controlPlane);
  await engines.start();
  await api.applyAll([
    GATEWAY_CLASS,
    gatewayObject('public', 'gateways', { from: 'Selector', selector: { matchLabels: LET_IN } }),
    gatewayObject('models', 'gateways', { from: 'All' }),
  ]);
  const objects = EXAMPLES.flatMap(exampleObjects);
  const { objects: ofTrial } = trial({ step: 0 });
  await cluster.addNodes([...objects, ...ofTrial].filter(({ kind }) => kind === 'NodePool').flatMap((pool) => nodesOfPool(pool, objects)));
  await run(objects);
  await run(ofTrial);
  for (const [i, name] of ['public', 'models'].entries()) {
    gateways[name] = await Gateway.start(api, controlPlane, programs, gatewayObject(name, 'gateways', {}), `127.0.1.${i + 1}`);
  }
  await routed('public', ['chat.example.com', CANARY.hostname, TRIAL.hostname, TRIAL.quickHostname]);
  await routed('models', FLEETS.filter(([,,, gateway]) => gateway === 'models').map(([hostname]) => hostname));
}, 180_000);

afterAll(async () => {
  await Promise.all(Object.values(gateways).map((gateway) => gateway.stop()));
  await engines?.stop();
}, 30_000);

describe('a request for a hostname', () => {
  test.each(FLEETS)('%s and its model %s arrives at every pod of the fleet in namespace %s, and at no other', async (hostname, model, namespace, gateway) => {
    const pods = await podsOf(namespace);
    const replies = await gateways[gateway].client.askMany(60 * pods.length, { hostname, body: { model } });
    expect(tally(replies.map(({ status }) => status))).toEqual({ 200: replies.length });
    expect([...new Set(replies.map(({ pod }) => pod))].sort()).toEqual(pods);
  });

  test('and for another model is refused by the engine, as vLLM does', async () => {
    const reply = await gateways.public.client.ask({ hostname: 'chat.example.com', body: { model: 'gpt-4' } });
    expect([reply.status, JSON.parse(reply.text).error.message]).toEqual([404, 'The model `gpt-4` does not exist.']);
    expect(await podsOf('chat')).toContain(reply.pod);
  });

  test.each([
    ['public', 'example.com'], ['public', 'nobody.example.com'], ['public', 'x.chat.example.com'], ['public', '127.0.1.1'], ['public', 'search.models.example.com'],
    ['models', 'chat.example.com'], ['models', 'models.example.com'], ['public', 'chat-llama-5a87791d-api.chat.svc.cluster.local'],
  ])('that gateway %s does not have, %s, is answered with 404 by the gateway', async (gateway, hostname) => {
    const replies = await Promise.all([...OPENAI_PATHS, '/', '/metrics'].map((each) => gateways[gateway].client.ask({ hostname, path: each })));
    expect(tally(replies.map(byGateway))).toEqual({ '404 from the gateway': replies.length });
  });
});

describe('a canary', () => {
  test('of the example leaves all requests to the stable fleet until its runner has made a route', async () => {
    const { api } = cluster;
    const workloads = (await api.list('apps/v1', 'Deployment', { namespace: CANARY.namespace })).map(({ metadata }) => metadata.name);
    const candidate = workloads.find((name) => name.includes('candidate'))!;
    const replies = await gateways.public.client.askMany(3000, { hostname: CANARY.hostname, body: { model: CANARY.model } });
    expectShare(replies, 0, [CANARY.namespace, candidate]);
    expect([...new Set(replies.map(({ pod }) => pod))].sort()).toEqual((await podsOf(CANARY.namespace)).filter((pod) => !pod.includes(candidate)));
  });

  test.each([[0, 0], ...TRIAL.shares.map((share, i) => [i + 1, share])])('at step %d sends %d percent to the candidate, which is ready before', async (step, share) => {
    const { candidate } = await apply({ step });
    expectShare(await askTrial(1000), share / 100, [TRIAL.namespace, candidate]);
  });

  test('whose candidate lives in another namespace reaches it by the grant that is emitted, and not without', async () => {
    const { candidate, objects } = await apply({ step: 2, candidateNamespace: 'next' });
    expectShare(await askTrial(400), 0.5, ['next', candidate]);
    const grant = objects.find(({ kind }) => kind === 'ReferenceGrant')!;
    await cluster.api.delete(grant);
    await eventually('the reference is refused', async () => (await conditions(TRIAL.hostname)).some(({ type, reason }) => type === 'ResolvedRefs' && reason === 'RefNotPermitted'));
    await eventually('no request arrives', async () => (await askTrial(40)).every(({ pod }) => !pod?.startsWith('next/')));
    expect((await askTrial(200)).filter(({ pod }) => pod?.startsWith('next/'))).toEqual([]);
    await Promise.all(objects.filter(({ metadata }) => metadata.namespace === 'next').map((object) => cluster.api.delete(object)));
  });
});

describe('nothing else', () => {
  test.each([
    '/metrics', '/health', '/', '/v1', '/v1/', '/v1/models/', '/v1/models/llama', '/v1/chat/completions/x', '/v1/load_lora_adapter', '/tokenize', '/detokenize', '/score', '/pause',
    '/sleep', '/collective_rpc', '/server_info', '/openapi.json', '/docs', '/v1/models/../../metrics', '/v1/models/%2e%2e/%2e%2e/metrics', '/v1/models%2f..%2f..%2fmetrics',
    '//metrics', '/V1/MODELS', '/v1/models;/../../metrics', '/v1/chat/completions%00', '/%76%31/models/../../health',
  ])('of an engine answers at the path %s', async (each) => {
    const { client } = gateways.public;
    const replies = await Promise.all([client.ask({ hostname: 'chat.example.com', path: each }), client.ask({ hostname: 'chat.example.com', path: each, body: {} })]);
    expect(replies.map(({ pod }) => pod)).toEqual([undefined, undefined]);
    expect(replies.every(({ status }) => [400, 404].includes(status))).toBe(true);
  });

  test.each(['public', 'models'])('is in the tables of gateway %s: no other hostname, path or address', async (name) => {
    const namespaces = new Map([...FLEETS.map(([hostname,, namespace, gateway]) => [hostname, { namespace, gateway }] as const),
      [CANARY.hostname, { namespace: CANARY.namespace, gateway: 'public' }],
      ...[TRIAL.hostname, TRIAL.quickHostname].map((hostname) => [hostname, { namespace: TRIAL.namespace, gateway: 'public' }] as const)]);
    await apply({ step: 2 });
    const own = [...namespaces].filter(([, { gateway }]) => gateway === name);
    const { hosts, endpoints } = await gateways[name].routes();
    expect(Object.keys(hosts).sort()).toEqual(own.map(([hostname]) => hostname).sort());
    for (const paths of Object.values(hosts)) { expect(Object.keys(paths).sort()).toEqual(OPENAI_PATHS); }
    const addresses = await Promise.all([...new Set(own.map(([, { namespace }]) => namespace))].map(servingPods));
    const reachable = addresses.flat().filter(({ metadata }) => metadata.namespace !== CANARY.namespace || !metadata.name.includes('candidate')); // its runner does not run here
    expect(endpoints).toEqual(reachable.map(({ status }) => `${status.podIP}:8000`).sort());
  });

  test('opens a way in: no port on a node, no load balancer, no Ingress', async () => {
    const { api } = cluster;
    const services = (await api.list('v1', 'Service')).filter(({ metadata }) => metadata.namespace !== 'default');
    expect(services.length).toBeGreaterThanOrEqual(FLEETS.length + 4);
    expect(services.filter(({ spec }) => spec.type !== 'ClusterIP' || spec.externalIPs || spec.externalName)).toEqual([]);
    const containers = (await api.list('v1', 'Pod')).flatMap(({ spec }) => [...spec.containers, ...spec.initContainers ?? []].map((container) => ({ spec, container })));
    expect(containers.length).toBeGreaterThan(20);
    expect(containers.filter(({ spec, container }) => spec.hostNetwork || container.ports?.some(({ hostPort }: any) => hostPort))).toEqual([]);
    expect(await api.list('networking.k8s.io/v1', 'Ingress')).toEqual([]);
  });

  test('comes in from a namespace that the Gateway does not let in', async () => {
    const { api } = cluster;
    await api.namespace('outsider');
    const route = copyOf(await routeOf('chat.example.com'), 'outsider', 'outsider.example.com', { namespace: 'outsider' });
    await api.applyAll([route]);
    await eventually('the route is refused', async () => (await conditions('outsider.example.com')).some(({ type, status, reason }) => type === 'Accepted' && status === 'False' && reason === 'NotAllowedByListeners'));
    expect(byGateway(await gateways.public.client.ask({ hostname: 'outsider.example.com', path: '/v1/models' }))).toBe('404 from the gateway');
    expect(Object.keys((await gateways.public.routes()).hosts)).not.toContain('outsider.example.com');
    await api.delete(route);
  });
});

describe('time', () => {
  test('of 20 s is given to a stream and to an answer, which the same route without its timeouts cuts at 15 s', async () => {
    const { api } = cluster;
    const untimed = copyOf(await routeOf('chat.example.com'), 'untimed', 'untimed.example.com');
    for (const rule of untimed.spec.rules) { delete rule.timeouts; }
    await api.applyAll([untimed]);
    await routed('public', ['untimed.example.com']);
    const body = { model: 'meta-llama/Llama-3.3-70B-Instruct', max_tokens: 20, token_millis: 1000 };
    const ask = (hostname: string, stream: boolean) => gateways.public.client.ask({ hostname, body: { ...body, stream } });
    const [stream, whole, cutStream, cutWhole] = await Promise.all([
      ask('chat.example.com', true), ask('chat.example.com', false), ask('untimed.example.com', true), ask('untimed.example.com', false),
    ]);
    await api.delete(untimed);
    expect([stream, whole].map(({ status, complete }) => [status, complete])).toEqual([[200, true], [200, true]]);
    expect(Math.min(stream.seconds, whole.seconds)).toBeGreaterThanOrEqual(20);
    expect([cutStream, cutWhole].map(({ status, complete }) => [status, complete])).toEqual([[200, false], [504, true]]);
    for (const { seconds } of [cutStream, cutWhole]) { expect(seconds).toBeGreaterThan(14.9); expect(seconds).toBeLessThan(17); }
  });

  test('beyond what the route states ends a stream and an answer', async () => {
    const body = { model: TRIAL.model, max_tokens: 20, token_millis: 1000 };
    const [stream, whole] = await Promise.all([true, false].map((each) => gateways.public.client.ask({ hostname: TRIAL.quickHostname, body: { ...body, stream: each } })));
    expect([stream, whole].map(({ status, complete }) => [status, complete])).toEqual([[200, false], [504, true]]);
    for (const { seconds } of [stream, whole]) { expect(seconds).toBeGreaterThan(TRIAL.quickSeconds - 0.1); expect(seconds).toBeLessThan(TRIAL.quickSeconds + 2); }
  });
});

describe('a change under load', () => {
  const work = { hostname: TRIAL.hostname, body: { model: TRIAL.model, max_tokens: 2, token_millis: 20 } };
  const streams = { hostname: TRIAL.hostname, body: { model: TRIAL.model, max_tokens: 8, token_millis: 1000, stream: true } };

  test('that takes the weight off a candidate, then the candidate away, loses no request and no stream', async () => {
    const { candidate, objects } = await apply({ step: 2 });
    const running = Promise.all(Array.from({ length: 12 }, () => gateways.public.client.ask(streams)));
    const replies = await gateways.public.client.askDuring(work, async () => {
      await sleep(2000);
      await apply({ step: 0 });
      await cluster.api.delete(objects.find(({ kind, metadata }) => kind === 'Deployment' && metadata.name === candidate)!);
      await eventually('the candidate is gone', async () => (await servingPods(TRIAL.namespace)).every(({ metadata }) => !metadata.name.startsWith(candidate)));
      await sleep(2000);
    });
    expect(tally((await running).map(({ status, complete }) => `${status} ${complete}`))).toEqual({ '200 true': 12 });
    expect((await running).filter(({ pod }) => pod!.startsWith(`${TRIAL.namespace}/${candidate}`)).length).toBeGreaterThan(0);
    expect(tally(replies.map(({ status, complete }) => `${status} ${complete}`))).toEqual({ '200 true': replies.length });
    expect(replies.length).toBeGreaterThan(200);
  });

  test('that rolls a fleet loses no request and no stream', async () => {
    const { stable, objects } = await apply({ step: 0 });
    const before = (await servingPods(TRIAL.namespace)).map(({ metadata }) => metadata.name);
    const workload = objects.find(({ kind, metadata }) => kind === 'Deployment' && metadata.name === stable)!;
    const running = Promise.all(Array.from({ length: 12 }, () => gateways.public.client.ask(streams)));
    const replies = await gateways.public.client.askDuring(work, async () => {
      await sleep(1000);
      await cluster.api.patch(workload, { spec: { template: { metadata: { annotations: { 'example.com/rolled': 'once' } } } } });
      await allReady(cluster.api, [workload], 60);
      await sleep(2000);
    });
    const after = (await servingPods(TRIAL.namespace)).filter(({ metadata }) => metadata.name.startsWith(stable)).map(({ metadata }) => metadata.name);
    expect(after.filter((name) => before.includes(name))).toEqual([]);
    expect(tally((await running).map(({ status, complete }) => `${status} ${complete}`))).toEqual({ '200 true': 12 });
    expect(tally(replies.map(({ status, complete }) => `${status} ${complete}`))).toEqual({ '200 true': replies.length });
  });
});

describe('a candidate that is missing while it has weight (docs/model-canary.md says what each gateway does)', () => {
  test('without a ready pod costs its share, which does not move silently', async () => {
    const { candidate, objects } = await apply({ step: 2 });
    await cluster.api.patch(objects.find(({ kind, metadata }) => kind === 'Deployment' && metadata.name === candidate)!, { spec: { replicas: 0 } });
    await eventually('its share fails', async () => (await askTrial(40)).some(({ status }) => status === 503));
    const replies = await askTrial(1000);
    const { least, most } = plausibleHits(replies.length, 0.5);
    const failed = replies.filter(({ status }) => status === 503).length;
    expect(failed).toBeGreaterThanOrEqual(least);
    expect(failed).toBeLessThanOrEqual(most);
    expect(tally(replies.filter(({ status }) => status !== 503).map(({ status }) => status))).toEqual({ 200: replies.length - failed });
  });

  test('without a Service hands its share to the stable fleet, and only the condition of the route tells', async () => {
    const { candidate, objects } = await apply({ step: 2 });
    const service = objects.find(({ kind, metadata }) => kind === 'Service' && metadata.name.startsWith(candidate))!;
    await cluster.api.delete(service);
    await eventually('the reference is not resolved', async () => (await conditions(TRIAL.hostname)).some(({ type, status, reason }) => type === 'ResolvedRefs' && status === 'False' && reason === 'BackendNotFound'));
    const replies = await eventually('no request arrives at the candidate', async () => {
      const some = await askTrial(200);
      return some.every(({ pod }) => pod !== undefined && !pod.startsWith(`${TRIAL.namespace}/${candidate}`)) && some;
    });
    expect(tally(replies.map(({ status }) => status))).toEqual({ 200: replies.length });
  });
});

describe('a fleet of groups over two nodes', () => {
  test('is reached at the leaders alone, not at their workers and not by the Services that name the pods of a group', async () => {
    const { api } = cluster;
    const objects = groups();
    await cluster.addNodes(nodesOfPool(objects.find(({ kind }) => kind === 'NodePool')!, objects));
    await run(objects);
    const workload = objects.find(({ kind }) => kind === 'LeaderWorkerSet')!;
    await allReady(api, [workload], 60);
    await routed('public', [GROUPS.hostname]);
    const leaders = await eventually('all pods run', async () => {
      const pods = await servingPods(GROUPS.namespace);
      return pods.length === GROUPS.replicas * GROUPS.nodesPerReplica && pods.filter(({ metadata }) => metadata.labels['leaderworkerset.sigs.k8s.io/worker-index'] === '0');
    });
    expect(leaders).toHaveLength(GROUPS.replicas);
    // The gateway hears of one leader after the other.
    const replies = await eventually('requests arrive at every leader', async () => {
      const some = await gateways.public.client.askMany(200, { hostname: GROUPS.hostname, body: { model: GROUPS.model } });
      return new Set(some.map(({ pod }) => pod)).size >= leaders.length && some;
    });
    expect(tally(replies.map(({ status }) => status))).toEqual({ 200: replies.length });
    expect([...new Set(replies.map(({ pod }) => pod))].sort()).toEqual(leaders.map(({ metadata }) => `${GROUPS.namespace}/${metadata.name}`).sort());
    const workers = (await servingPods(GROUPS.namespace)).map(({ status }) => `${status.podIP}:8000`).filter((address) => !leaders.some(({ status }) => address === `${status.podIP}:8000`));
    expect(workers).toHaveLength(GROUPS.replicas * (GROUPS.nodesPerReplica - 1));
    expect((await gateways.public.routes()).endpoints.filter((address) => workers.includes(address))).toEqual([]);
    expect((await api.list('v1', 'Service', { namespace: GROUPS.namespace })).filter(({ spec }) => spec.clusterIP === 'None').length).toBeGreaterThan(0);
  });
});

// ── what the tests above speak of ────────────────────────────────────────────

/** Applies objects as they are emitted, and waits until their pods are Ready. */
async function run(objects: KubeObject[]): Promise<void> {
  const { api } = cluster;
  await api.applyAll(objects.filter(({ kind }) => kind === 'PersistentVolumeClaim').map(volumeFor));
  await api.applyAll(objects);
  await allReady(api, objects.filter(({ kind }) => kind === 'Deployment'), 60);
}

/** Takes the trial to a step and waits until its gateway knows. */
async function apply(options: TrialOptions): Promise<ReturnType<typeof trial>> {
  const made = trial(options);
  await run(made.objects);
  const { spec: { rules: [{ backendRefs }] } } = made.objects.find(({ kind, spec }) => kind === 'HTTPRoute' && spec.hostnames.includes(TRIAL.hostname) && spec.rules[0].backendRefs.length > 1)!;
  const wanted = Object.fromEntries(backendRefs.filter(({ weight }: any) => weight > 0).map(({ name, namespace, weight }: any) => [`${namespace ?? TRIAL.namespace}/${name}:8000`, weight]));
  const seen = async () => Object.fromEntries(((await gateways.public.routes()).hosts[TRIAL.hostname]?.['/v1/models'] ?? []).filter(({ weight }) => weight > 0).map(({ service, weight }) => [service, weight]));
  await eventually(`the gateway is at step ${options.step}`, async () => {
    const weights = await seen();
    const total = Object.values(weights).reduce((sum, weight) => sum + weight, 0);
    return Object.keys(weights).length === Object.keys(wanted).length && Object.entries(wanted).every(([service, weight]) => weights[service] / total === (weight as number) / 1000);
  }, { seen });
  // It hears of weights and of pods apart.
  const pods = (await Promise.all(Object.keys(wanted).map(async (service) => {
    const [namespace, name] = service.split(/[/:]/);
    return (await servingPods(namespace)).filter(({ metadata }) => metadata.name.startsWith(name.replace(/api$/, '')));
  }))).flat();
  await eventually('the gateway knows the pods', async () => {
    const { endpoints } = await gateways.public.routes();
    return pods.every(({ status }) => endpoints.includes(`${status.podIP}:8000`));
  });
  return made;
}

const askTrial = (count: number): Promise<Reply[]> => gateways.public.client.askMany(count, { hostname: TRIAL.hostname, body: { model: TRIAL.model } });

/** All answers are good, and those of the candidate's pods are as many as its share makes plausible. */
function expectShare(replies: Reply[], share: number, [namespace, candidate]: [namespace: string, workload: string]): void {
  expect(tally(replies.map(({ status }) => status))).toEqual({ 200: replies.length });
  const hits = replies.filter(({ pod }) => pod?.startsWith(`${namespace}/${candidate}-`)).length;
  const { least, most } = plausibleHits(replies.length, share);
  expect(hits).toBeGreaterThanOrEqual(least);
  expect(hits).toBeLessThanOrEqual(most);
}

/** Pods that serve a model, and run. */
async function servingPods(namespace: string): Promise<any[]> {
  const pods = await cluster.api.list('v1', 'Pod', { namespace, labels: { 'app.kubernetes.io/component': 'model-server' } });
  return pods.filter(({ metadata, status }) => status.phase === 'Running' && !metadata.deletionTimestamp);
}

async function podsOf(namespace: string): Promise<string[]> { return (await servingPods(namespace)).map(({ metadata }) => `${namespace}/${metadata.name}`).sort(); }

async function routeOf(hostname: string): Promise<KubeObject> {
  return (await cluster.api.list(GATEWAY_API, 'HTTPRoute')).find(({ spec }) => spec.hostnames.includes(hostname))!;
}

/** The same route under another name, for another hostname. */
function copyOf({ apiVersion, kind, metadata, spec }: KubeObject, name: string, hostname: string, { namespace = metadata.namespace } = {}): KubeObject {
  return { apiVersion, kind, metadata: { name, namespace }, spec: { ...structuredClone(spec), hostnames: [hostname] } };
}

async function conditions(hostname: string): Promise<{ type: string; status: string; reason: string }[]> {
  const routes = (await cluster.api.list(GATEWAY_API, 'HTTPRoute')).filter(({ spec }) => spec.hostnames.includes(hostname));
  return routes.flatMap(({ status }) => status?.parents ?? []).flatMap((parent: any) => parent.conditions);
}

/** Waits until a gateway has the routes for these hostnames. */
async function routed(gateway: string, hostnames: string[]): Promise<void> {
  await eventually(`gateway ${gateway} routes ${hostnames.join(', ')}`, async () => {
    const { hosts } = await gateways[gateway].routes();
    return hostnames.every((hostname) => hosts[hostname]);
  }, { seen: async () => Object.keys((await gateways[gateway].routes()).hosts) });
}

function byGateway({ status, pod }: Reply): string { return `${status} from ${pod ?? 'the gateway'}`; }
