import { Chart } from 'cdk8s';
import { Admission } from './support/admission';
import { argoRollout } from './support/argo-app';
import { KubeObject } from './support/kube-object';
import { buildWithOptions, optionRecipes } from './support/option-apps';
import { expectNone } from './support/problems';
import { everyRandomApp, RandomApps } from './support/random-apps';
import { FIELDS_LEFT_TO_SERVER } from './support/server-defaults';
import { examples } from './support/synthesized';
import { useCluster } from './support/use-cluster';
import { ArgoRolloutsStage } from '../../src/rollout/argo-driver';
import { fleet } from '../support/fleet';
import { podTemplates } from '../support/pod-security';
import { appRecipes, build } from '../support/random-app';
import { render } from '../support/render';

const cluster = useCluster({ controllers: ['leaderworkerset', 'kueue'] }); // those with webhooks
let admission: Admission;
beforeAll(() => { admission = new Admission(cluster.api); });

describe.each(examples())('the example %s', (_, objects) => {
  test('is accepted without a warning, and states all that is not left to the server', async () => { expectNone(await admission.complaints(objects)); });

  test('makes pods that may run where restricted is enforced', async () => {
    expect(objects.flatMap(podTemplates).length).toBeGreaterThan(0);
    expectNone(await admission.complaintsOfPods(objects));
  });
});

test.each<RandomApps<any>>([
  { name: 'apps', recipes: appRecipes(), build: (recipe) => build(recipe).app, runs: 500 },
  { name: 'apps of rare options', recipes: optionRecipes(), build: buildWithOptions, runs: 200 },
])('$runs random $name are accepted without a warning, and their pods where restricted is enforced', async (apps) => {
  await everyRandomApp(apps, async (objects) => [...await admission.complaints(objects), ...await admission.complaintsOfPods(objects)]);
}, 600_000);

test.each(Object.values(ArgoRolloutsStage))('a rollout by Argo Rollouts, at stage %s, is accepted, and its pods where restricted is enforced', async (stage) => {
  const objects = argoRollout(stage);
  expect(objects.map(({ kind }) => kind)).toEqual(expect.arrayContaining(['Rollout', 'AnalysisTemplate']));
  expectNone([...await admission.complaints(objects), ...await admission.complaintsOfPods(objects)]);
});

test('all that is left to the server it decides on', async () => {
  const groups = spoilt('deepseek-r1-two-nodes', 'LeaderWorkerSet', ({ spec }) => { delete spec.replicas; }); // as a candidate's
  const answers = await Promise.all([...examples().flatMap(([, objects]) => objects), groups].map((object) => admission.apply(object)));
  const decided = new Set(answers.flatMap(({ changes }) => changes));
  expect(FIELDS_LEFT_TO_SERVER.filter((field) => !decided.has(field))).toEqual([]);
});

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
  expect(await admission.complaints([object])).toEqual([expect.stringMatching(complaint)]);
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
  expect(await admission.complaintsOfPods([group])).toEqual([expect.stringMatching(/^pod 0 of LeaderWorkerSet .*: 403 .*violates PodSecurity "restricted:latest"/)]);
});

test('pods with locked memory are refused where baseline is enforced, and may run where privileged is', async () => {
  const deployment = render(Chart.of(fleet({ security: { rootWithLockedMemory: true } }))).one('Deployment');
  expect(await admission.complaintsOfPods([deployment], 'baseline')).toEqual([expect.stringMatching(/403 .*violates PodSecurity "baseline:latest": non-default capabilities/)]);
  expectNone(await admission.complaintsOfPods([deployment], 'privileged'));
});
