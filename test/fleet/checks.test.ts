import { Duration } from 'cdk8s';
import { InferenceFleet } from '../../src/fleet/inference-fleet';
import { fleet, model, TestEngine, TestPool, TestWeights } from '../support/fleet';
import { chart, sentence } from '../support/render';

const long = 'x'.repeat(5_000_000);

test.each<[string, any, string]>([
  ['no model', { model: undefined }, '\'model\' is undefined but must be a Model; use Model.named, Model.fromHubConfig or Model.of'],
  ['a model\'s name', { model: 'llama' }, '\'model\' is \'llama\' but must be a Model; use Model.named, Model.fromHubConfig or Model.of'],
  ['a long text', { model: long }, `'model' is '${'x'.repeat(60)}…' (5000000 characters) but must be a Model; use Model.named, Model.fromHubConfig or Model.of`],
  ['no pool', { pools: [] }, '\'pools\' is a list of 0 but must be a list of at least one GpuNodePool'],
  ['a pool alone', { pools: {} }, '\'pools\' is a value of type object but must be a list of at least one GpuNodePool'],
  ['no capacity', { capacity: 3 }, '\'capacity\' is 3 but must be a Capacity; use Capacity.forTarget or Capacity.manual'],
  ['no weights', { weights: null }, '\'weights\' is null but must be a Weights; use Weights.fromHub, fromClaim, fromImage or fromObjectStore'],
  ['an engine\'s name', { engine: 'vllm' }, '\'engine\' is \'vllm\' but must be an Engine'],
  ['an empty served name', { servedModelName: '' }, '\'servedModelName\' is \'\' but must be 1 to 256 letters, digits or any of \'._-/:@+ \''],
  ['a served name for a shell', { servedModelName: '$(id)' }, '\'servedModelName\' is \'$(id)\' but must be 1 to 256 letters, digits or any of \'._-/:@+ \''],
  ['a group that is not one', { timeouts: 5 }, '\'timeouts\' is 5 but must be an object'],
  ['a mirror with a scheme', { images: { mirror: 'https://a' } }, '\'images.mirror\' is \'https://a\' but must be a registry\'s host and a path in it, such as \'registry.example.com/mirror\''],
  ['a secret\'s name', { images: { pullSecrets: ['registry'] } }, '\'images.pullSecrets\' is a list of 1 but must be a list of secrets; use Secret.fromSecretName of cdk8s-plus'],
  ['a number of seconds', { timeouts: { drain: 60 } }, '\'timeouts.drain\' is 60 but must be a Duration, such as Duration.minutes(5)'],
  ['more time than Kubernetes counts', { timeouts: { nodeStart: Duration.days(31) } }, '\'timeouts.nodeStart\' is 2678400 s but may be at most 2592000 s, which are 30 days'],
  ['no time between scrapes', { monitoring: { interval: Duration.millis(500) } }, '\'monitoring.interval\' is less than a second but must be at least one'],
  ['an opt-out in a text', { security: { allowUnplannedPatches: 'false' } }, '\'security.allowUnplannedPatches\' is \'false\' but must be true or false'],
  ['a finalizer that is a sentence', { metadata: { finalizers: ['clean up'] } }, '\'metadata.finalizers\' has \'clean up\' but a finalizer is a DNS name, \'/\' and a name, such as \'example.com/clean-up\''],
  ['an owner that Kubernetes can\'t tell', { metadata: { ownerReferences: [{ apiVersion: 'v1', kind: 'ConfigMap', name: 'owner' }] } },
    'an owner in \'metadata.ownerReferences\' lacks \'uid\', without which Kubernetes can\'t tell it; add it, or leave the owner out'],
  ['an account\'s name', { security: { serviceAccount: 'a' } }, '\'security.serviceAccount\' is \'a\' but must be a service account; use ServiceAccount.fromServiceAccountName of cdk8s-plus'],
  ['clients that are no list', { network: { clients: {} } }, '\'network.clients\' is a value of type object but must be a list'],
  ['a port that is none', { network: { dnsPort: 0 } }, '\'network.dnsPort\' is 0 but must be a whole number from 1 to 65535'],
  ['a topology that is none', { network: { groupTopologyKey: 'a b' } }, '\'network.groupTopologyKey\' is \'a b\' but must be the key of a node\'s label'],
  ['a label that is none', { monitoring: { namespaceLabels: { a: 'b c' } } }, '\'monitoring.namespaceLabels\': the value of label \'a\' is not a legal one (up to 63 letters, digits, \'-\', \'_\' and \'.\', with a letter or digit at both ends)'],
  ['an empty team', { ownership: { team: '' } }, '\'ownership.team\' is \'\' but must be a text that is not empty'],
])('fails in one sentence for %s', (_what, props, message) => {
  expect(sentence(() => fleet(props))).toBe(`[chat/llama] ${message}`);
});

test('fails when nothing is given', () => {
  expect(sentence(() => new InferenceFleet(chart(), 'llama', undefined as any))).toBe('[chat/llama] the fleet\'s properties are undefined but must be given');
});

test('fails when two pools have one name', () => {
  const scope = chart();
  const pools = ['a', 'b'].map((id) => new TestPool(scope, id));
  expect(sentence(() => fleet({ in: scope, pools, model }))).toBe('[chat/llama] \'pools\' has two pools named \'h100\'; pools of one fleet need names of their own');
});

test.each<[any, string]>([
  [{ port: 0 }, '\'port\' is 0 but must be a whole number from 1 to 65535'],
  [{ userId: 0 }, '\'userId\' is 0 but must be a whole number from 1 to 2147483647'],
  [{ warmUpSeconds: NaN }, '\'warmUpSeconds\' is NaN but must be a number of seconds from 0 to 86400'],
  [{ teardownSeconds: -1 }, '\'teardownSeconds\' is -1 but must be a whole number of seconds from 0 to 86400'],
  [{ image: '' }, '\'image\' is \'\' but must be an image reference'],
  [{ writablePaths: ['tmp'] }, 'the path \'tmp\' must be absolute, of letters, digits and \'._-\''],
  [{ writablePaths: ['/a/../b'] }, 'the path \'/a/../b\' must be absolute, of letters, digits and \'._-\''],
  [{ writablePaths: ['/dev/shm'] }, '\'/dev/shm\' is mounted by the fleet; leave it out of \'writablePaths\''],
  [{ writablePaths: ['/a', '/a'] }, 'the path \'/a\' is named twice; name it once'],
])('fails when an engine asks for %p', (config, message) => {
  expect(sentence(() => fleet({ engine: new TestEngine(config) }))).toBe(`[chat/llama] engine 'test-engine': ${message}`);
});

test('takes finalizers and owners that Kubernetes takes', () => {
  const owner = { apiVersion: 'v1', kind: 'ConfigMap', name: 'owner', uid: '0d0a' };
  expect(() => fleet({ metadata: { finalizers: ['example.com/clean-up', 'foregroundDeletion'], ownerReferences: [owner] } })).not.toThrow();
});

test.each(['/models', '/models/cache'])('fails when an engine writes to %p and the weights are mounted at /models', (path) => {
  const weights = new TestWeights({ modelPath: '/models/m', volumeMounts: [{ name: 'weights', mountPath: '/models', readOnly: true }] });
  expect(sentence(() => fleet({ weights, engine: new TestEngine({ writablePaths: [path] }) })))
    .toBe(`[chat/llama] engine 'test-engine': the path '${path}' is at or below '/models', which the fleet mounts read-only; name another path`);
});
