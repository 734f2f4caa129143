import { ApiServer, Answer } from './support/api-server';
import { KubeObject } from './support/kube-object';
import { everyRandomApp } from './support/random-apps';
import { changesByServer, FIELDS_LEFT_TO_SERVER } from './support/server-defaults';
import { examples } from './support/synthesized';
import { useCluster } from './support/use-cluster';
import { titleOf } from '../support/manifest-checks';
import { podTemplates } from '../support/pod-security';

const cluster = useCluster({ controllers: ['leaderworkerset'] }); // those with webhooks

/** Apps that the library can make. */
const RANDOM_APPS = 500;

/** For objects of charts that name none. */
const UNNAMED = 'unnamed';
/** Where pod templates become pods. */
const PODS = 'pods';

/** Kinds that the library writes and whose definitions are not to be had. */
const KINDS_WITHOUT_DEFINITION: string[] = [];

/** Things that are made once, when they are first asked for. */
class Once {
  private readonly made = new Map<string, Promise<unknown>>();

  public async make(key: string, make: () => Promise<unknown>): Promise<void> {
    if (!this.made.has(key)) { this.made.set(key, make()); }
    await this.made.get(key);
  }
}

const namespaces = new Once();
const serviceAccounts = new Once();

/** What the server has against an object, or warns of. */
function complaints(what: string, { status, body, warnings }: Answer): string[] {
  return [
    ...status < 300 ? [] : [`${what}: ${status} ${body?.message ?? JSON.stringify(body)}`],
    ...warnings.map((warning) => `${what}: warning: ${warning}`),
  ];
}

/** Applies an object, of which nothing stays, to a namespace that enforces and warns of `restricted`. */
async function tryToApply(api: ApiServer, object: KubeObject): Promise<{ placed: KubeObject; answer: Answer }> {
  const { apiVersion, kind, metadata } = object;
  const placed = metadata.namespace === undefined && await api.isNamespaced(apiVersion, kind) ? { ...object, metadata: { ...metadata, namespace: UNNAMED } } : object;
  const { namespace } = placed.metadata;
  if (namespace !== undefined) { await namespaces.make(namespace, () => api.namespace(namespace)); }
  return { placed, answer: await api.apply(placed, { dryRun: true }) };
}

async function ofObject(api: ApiServer, object: KubeObject): Promise<string[]> {
  const { apiVersion, kind } = object;
  if (KINDS_WITHOUT_DEFINITION.includes(`${apiVersion} ${kind}`)) { return []; }
  if (!await api.serves(apiVersion, kind)) { return [`${titleOf(object)}: the server does not serve ${apiVersion} ${kind}`]; }
  const { placed, answer } = await tryToApply(api, object);
  return [
    ...complaints(titleOf(object), answer),
    ...answer.status >= 300 ? [] : changesByServer(placed, answer.body).filter((change) => !FIELDS_LEFT_TO_SERVER.includes(change))
      .map((change) => `${titleOf(object)}: the server decides on ${change}`),
  ];
}

/** The pod that a controller would make of a template, as if it were made by hand. */
function podOf({ metadata, spec }: { metadata?: any; spec: any }, name: string): KubeObject {
  return { apiVersion: 'v1', kind: 'Pod', metadata: { ...metadata, name, namespace: PODS }, spec };
}

/** Asks whether a pod may be made in a namespace that enforces `restricted`. */
async function askForPod(api: ApiServer, pod: KubeObject): Promise<Answer> {
  await namespaces.make(PODS, () => api.namespace(PODS));
  const { serviceAccountName } = pod.spec;
  if (serviceAccountName !== undefined) {
    await serviceAccounts.make(serviceAccountName, () => api.applyAll([{ apiVersion: 'v1', kind: 'ServiceAccount', metadata: { name: serviceAccountName, namespace: PODS } }]));
  }
  return api.ask('POST', `/api/v1/namespaces/${PODS}/pods?dryRun=All&fieldValidation=Strict`, pod);
}

async function ofPods(api: ApiServer, object: KubeObject): Promise<string[]> {
  return (await Promise.all(podTemplates(object).map(async (template, i) => (
    complaints(`pod ${i} of ${titleOf(object)}`, await askForPod(api, podOf(template, `pod-${i}`)))
  )))).flat();
}

async function ofAll(objects: KubeObject[], of: (api: ApiServer, object: KubeObject) => Promise<string[]>): Promise<string[]> {
  return (await Promise.all(objects.map((object) => of(cluster.api, object)))).flat();
}

describe.each(examples())('the example %s', (_, objects) => {
  test('is accepted without a warning, and states what the server would decide otherwise', async () => { expect(await ofAll(objects, ofObject)).toEqual([]); });

  test('makes pods that may run in a namespace that enforces restricted', async () => {
    expect(objects.flatMap(podTemplates).length).toBeGreaterThan(0);
    expect(await ofAll(objects, ofPods)).toEqual([]);
  });
});

test('every field that is left to the server is one that it fills in', async () => {
  const changes = new Set<string>();
  for (const object of examples().flatMap(([, objects]) => objects)) {
    const { placed, answer } = await tryToApply(cluster.api, object);
    for (const change of changesByServer(placed, answer.body)) { changes.add(change); }
  }
  expect(FIELDS_LEFT_TO_SERVER.filter((field) => !changes.has(field))).toEqual([]);
});

test(`${RANDOM_APPS} random apps are accepted without a warning, and so are their pods where restricted is enforced`, async () => {
  await everyRandomApp('accepted', RANDOM_APPS, async (objects) => [...await ofAll(objects, ofObject), ...await ofAll(objects, ofPods)]);
}, 600_000);

// ---- mistakes that are planted, so that silence above means something

/** A copy of the first object of a kind in an example, in which something was changed. */
function spoilt(example: string, kind: string, spoil: (object: any) => void): KubeObject {
  const object = structuredClone(examples().find(([name]) => name === example)![1].find((one) => one.kind === kind)!);
  spoil(object);
  return object;
}

test.each<[what: string, object: KubeObject, complaint: RegExp]>([
  ['a field of no such name', spoilt('llama-70b-fp8', 'Deployment', ({ spec }) => { spec.template.spec.tolerationz = []; }), /field not declared in schema|unknown field/],
  ['a field of no such name in a custom resource', spoilt('llama-70b-fp8', 'PodMonitor', ({ spec }) => { spec.podMetricsEndpoint = []; }), /field not declared in schema|unknown field/],
  ['a variable that is there twice', spoilt('llama-70b-fp8', 'Deployment', ({ spec }) => {
    const [{ env }] = spec.template.spec.containers;
    env.push({ ...env[0], value: 'again' });
  }), /duplicate|hides previous definition/],
  ['a label of nodes that is deprecated', spoilt('llama-70b-fp8', 'Deployment', ({ spec }) => {
    spec.template.spec.nodeSelector['beta.kubernetes.io/os'] = 'linux';
  }), /warning: .*beta\.kubernetes\.io\/os.*: deprecated since/],
  ['a pod that restricted forbids, in a Deployment', spoilt('llama-70b-fp8', 'Deployment', ({ spec }) => { spec.template.spec.hostNetwork = true; }), /warning: would violate PodSecurity "restricted:latest"/],
  ['a rule of the definition of NodePool', spoilt('llama-70b-fp8', 'NodePool', ({ spec }) => { spec.template.spec.requirements[0].values = []; }), /must have a value defined/],
  ['a rule of the webhook of LeaderWorkerSet', spoilt('deepseek-r1-two-nodes', 'LeaderWorkerSet', ({ spec }) => {
    spec.rolloutStrategy.rollingUpdateConfiguration = { maxSurge: 0, maxUnavailable: 0 };
  }), /admission webhook "vleaderworkerset\.kb\.io" denied the request/],
  ['a field that the library states no more', spoilt('llama-70b-fp8', 'Deployment', ({ spec }) => { delete spec.template.spec.terminationGracePeriodSeconds; }),
    /: the server decides on Deployment pod spec\.terminationGracePeriodSeconds$/],
  ['a kind that the server does not have', { ...spoilt('llama-70b-fp8', 'Service', () => {}), kind: 'Servise' }, /does not serve v1 Servise/],
])('%s is noticed', async (_, object, complaint) => {
  expect(await ofAll([object], ofObject)).toEqual([expect.stringMatching(complaint)]);
});

test.each<[what: string, spoil: (pod: any) => void]>([
  ['a privileged container', ({ containers: [engine] }) => { engine.securityContext = { privileged: true }; }],
  ['a container that may escalate privileges', ({ containers: [engine] }) => { delete engine.securityContext.allowPrivilegeEscalation; }],
  ['a container that keeps capabilities', ({ containers: [engine] }) => { delete engine.securityContext.capabilities; }],
  ['a container that adds capabilities', ({ containers: [engine] }) => { engine.securityContext.capabilities.add = ['IPC_LOCK']; }],
  ['a container that may run as root', ({ securityContext, containers: [engine] }) => { delete securityContext.runAsNonRoot; delete engine.securityContext.runAsNonRoot; }],
  ['a pod of user 0', ({ securityContext }) => { securityContext.runAsUser = 0; }],
  ['a container without a seccomp profile', ({ securityContext, containers: [engine] }) => { delete securityContext.seccompProfile; delete engine.securityContext.seccompProfile; }],
  ['the network of the host', (spec) => { spec.hostNetwork = true; }],
  ['a port of the host', ({ containers: [engine] }) => { engine.ports[0].hostPort = engine.ports[0].containerPort; }],
  ['a folder of the host', ({ volumes }) => { volumes.push({ name: 'host', hostPath: { path: '/dev/infiniband' } }); }],
])('a pod with %s is refused where restricted is enforced', async (_, spoil) => {
  const group = spoilt('deepseek-r1-two-nodes', 'LeaderWorkerSet', ({ spec }) => { spoil(spec.leaderWorkerTemplate.leaderTemplate.spec); });
  expect(await ofPods(cluster.api, group)).toEqual([expect.stringMatching(/^pod 0 of LeaderWorkerSet .*: 403 .*violates PodSecurity "restricted:latest"/)]);
});
