/** What the runner's token may do, asked of the real API server: every verb on every resource, in every namespace. */
import { Chart, Testing } from 'cdk8s';
import { tokenOf } from './access';
import {
  CanaryGate, Capacity, Engine, ExpectedAnswer, GpuNodePool, InferenceFleet, Model, ModelCanary, ModelRoute, NodeProvisioner, ParallelLayout, Signal, CanaryDriver, Weights,
} from '../../../src';
import { RolloutSpec } from '../../../src/rollout/rollout-spec';
import { ApiServer } from '../support/api-server';
import { KubeObject } from '../support/kube-object';
import { useCluster } from '../support/use-cluster';

const VERBS = ['get', 'list', 'watch', 'create', 'update', 'patch', 'delete', 'deletecollection', 'impersonate', 'bind', 'escalate', 'use', 'approve', 'sign'];
const AT_ONCE = 16;
/** What everyone may ask about themselves, who has a token. */
const OF_EVERYONE = ['authorization.k8s.io', 'authentication.k8s.io'];

const cluster = useCluster({ controllers: ['leaderworkerset'] });

interface Resource { readonly group: string; readonly name: string; readonly namespaced: boolean }

/** One question and its answer: `namespace verb resource.group name`. */
type Right = string;

const right = (namespace: string, verb: string, group: string, resource: string, name = '*'): Right => `${namespace || 'cluster'}: ${verb} ${resource}${group && `.${group}`} ${name}`;

function canary(namespaces: { stable: string; candidate: string }, layout: ParallelLayout, evaluated: boolean): { objects: KubeObject[]; spec: RolloutSpec } {
  const app = Testing.app();
  const ours = new Chart(app, namespaces.stable, { namespace: namespaces.stable });
  const theirs = namespaces.candidate === namespaces.stable ? ours : new Chart(app, namespaces.candidate, { namespace: namespaces.candidate });
  const pool = new GpuNodePool(ours, 'Pool', { provisioner: NodeProvisioner.karpenterAws({ instanceTypes: ['g6e.12xlarge'], nodeClassName: 'gpu' }), maxGpus: 64 });
  const fleet = (chart: Chart, id: string) => new InferenceFleet(chart, id, {
    model: Model.named('meta-llama/Llama-3.1-8B-Instruct'),
    pools: [pool],
    engine: Engine.vllm({ allowMutableTag: true }),
    capacity: Capacity.manual({ replicas: 2, layout }),
    weights: Weights.fromImage({ reference: `example.com/llama@sha256:${'0'.repeat(64)}` }),
  });
  const [stable, candidate] = [fleet(ours, 'Stable'), fleet(theirs, 'Candidate')];
  const route = new ModelRoute(ours, 'Route', { fleet: stable, hostnames: ['llm.example.com'], gateway: { name: 'public', gatewayNamespace: 'gateways' } });
  const questions = CanaryGate.evaluation({ prompts: [{ prompt: 'Say Paris.', expected: ExpectedAnswer.containing('Paris') }] });
  new ModelCanary(ours, 'Canary', { route, stable, candidate, driver: CanaryDriver.runner({ requestsPerSecond: 50 }), gates: [CanaryGate.below(Signal.ERROR_RATIO, 0.01), ...evaluated ? [questions] : []] });
  const objects: KubeObject[] = [...new Set([ours, theirs])].flatMap((chart) => JSON.parse(JSON.stringify(Testing.synth(chart))));
  return { objects, spec: JSON.parse(objects.find(({ kind, data }) => kind === 'ConfigMap' && data.spec)!.data.spec) };
}

/** What docs/canary.md says that it needs, written down a second time. */
function needed({ name, namespace, route, stable, candidate, gates }: RolloutSpec): Right[] {
  const jobs = gates.flatMap((gate) => gate.kind === 'score' ? [(gate.job as any).metadata.name] : []);
  return [
    ...[name, `${name}-state`].map((map) => right(namespace, 'get', '', 'configmaps', map)),
    right(namespace, 'update', '', 'configmaps', `${name}-state`),
    ...['get', 'update'].map((verb) => right(namespace, verb, 'coordination.k8s.io', 'leases', `${name}-lease`)),
    ...['get', 'update'].map((verb) => right(route.namespace, verb, 'gateway.networking.k8s.io', 'httproutes', route.name)),
    ...[stable, candidate].flatMap(({ apiVersion, plural, namespace: where, name: what }) => [
      right(where, 'get', apiVersion.split('/')[0], plural, what), right(where, 'update', apiVersion.split('/')[0], `${plural}/scale`, what),
    ]),
    // Whoever may create, may by any name.
    ...['configmaps', 'events'].map((resource) => right(namespace, 'create', '', resource)),
    right(namespace, 'create', 'coordination.k8s.io', 'leases'),
    right(route.namespace, 'create', 'gateway.networking.k8s.io', 'httproutes'),
    ...jobs.length ? [right(candidate.namespace, 'create', 'batch', 'jobs'), right(candidate.namespace, 'list', '', 'pods'), ...jobs.map((job) => right(candidate.namespace, 'get', 'batch', 'jobs', job))] : [],
  ].sort();
}

test.each<[string, { stable: string; candidate: string }, ParallelLayout, boolean]>([
  ['in one namespace', { stable: 'chat', candidate: 'chat' }, { tensorParallel: 1 }, false],
  ['of groups in two namespaces, with an evaluation', { stable: 'home', candidate: 'abroad' }, { tensorParallel: 4, pipelineParallel: 2 }, true],
])('of fleets %s: what it needs, and nothing else', async (_what, namespaces, layout, evaluated) => {
  const { api, controlPlane } = cluster;
  const { objects, spec } = canary(namespaces, layout, evaluated);
  for (const name of [...new Set([...Object.values(namespaces), 'strangers'])]) { await api.namespace(name); }
  await api.applyAll(objects.filter(({ kind }) => ['ServiceAccount', 'Role', 'RoleBinding', 'ClusterRole', 'ClusterRoleBinding'].includes(kind)));
  const account = objects.find(({ kind, metadata }) => kind === 'ServiceAccount' && metadata.name === `${spec.name}-runner`)!;
  const runner = new ApiServer({ ...controlPlane, token: await tokenOf(api, namespaces.stable, account.metadata.name) });

  const resources = (await resourcesOf(api)).filter(({ group }) => !OF_EVERYONE.includes(group));
  expect(resources.length).toBeGreaterThan(80);
  const own = [spec.name, `${spec.name}-state`, `${spec.name}-lease`, `${spec.name}-runner`, spec.route.name, spec.stable.name, spec.candidate.name,
    ...spec.gates.flatMap((gate) => gate.kind === 'score' ? [(gate.job as any).metadata.name] : [])];
  const questions = resources.flatMap(({ group, name, namespaced }) => (namespaced ? [...new Set([...Object.values(namespaces), 'strangers', 'kube-system'])] : [''])
    .flatMap((namespace) => VERBS.map((verb) => ({ namespace, verb, group, name }))));
  const allowed: Right[] = [];
  const ask = async ({ namespace, verb, group, name }: typeof questions[0], object?: string) => {
    const [resource, subresource] = name.split('/');
    const resourceAttributes = { namespace, verb, group, resource, subresource, name: object };
    const { status } = await runner.must('POST', '/apis/authorization.k8s.io/v1/selfsubjectaccessreviews', { apiVersion: 'authorization.k8s.io/v1', kind: 'SelfSubjectAccessReview', spec: { resourceAttributes } });
    return status.allowed as boolean;
  };
  // By name where the answer for any name is no: only its own names, and only in its own namespaces, could make a difference.
  const todo = [...questions];
  await Promise.all(Array.from({ length: AT_ONCE }, async () => {
    for (let question = todo.pop(); question !== undefined; question = todo.pop()) {
      const { namespace, verb, group, name } = question;
      if (await ask(question)) { allowed.push(right(namespace, verb, group, name)); continue; }
      if (!Object.values(namespaces).includes(namespace)) { continue; }
      for (const object of new Set(own)) { if (await ask(question, object)) { allowed.push(right(namespace, verb, group, name, object)); } }
    }
  }));
  runner.close();
  expect(allowed.sort()).toEqual(needed(spec));
}, 300_000);

/** Every resource that the server serves, subresources too. */
async function resourcesOf(api: ApiServer): Promise<Resource[]> {
  const { groups } = await api.must('GET', '/apis');
  const lists = await Promise.all(['/api/v1', ...groups.map(({ preferredVersion }: any) => `/apis/${preferredVersion.groupVersion}`)].map(async (path) => {
    const { resources } = await api.must('GET', path);
    return resources.map(({ name, namespaced }: any) => ({ group: path === '/api/v1' ? '' : path.split('/')[2], name, namespaced }));
  }));
  return lists.flat();
}
