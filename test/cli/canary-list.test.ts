import { CanaryCluster, stateWith } from './canary-cluster';
import { PATHS } from '../runner/support/world';

let cluster: CanaryCluster;
afterEach(() => cluster.stop());

/** A list as the API server would give it. */
function listing(items: object[], status = 200): void {
  cluster.meddle = ({ url }) => /\/configmaps\?labelSelector=cdk8s-inference%2Fphase$/.test(url) ? { status, headers: {}, body: JSON.stringify({ items, message: 'etcd is away' }) } : undefined;
}

const state = (namespace: string, name: string, phase: string, step: string, weight: string) => ({
  metadata: { namespace, name: `${name}-state`, labels: { 'cdk8s-inference/phase': phase, 'cdk8s-inference/step': step, 'cdk8s-inference/weight': weight } },
});

test('list has a line for each rollout', async () => {
  cluster = await CanaryCluster.start(stateWith());
  listing([state('chat', 'canary', 'analysing', '2-of-3', '30'), state('code', 'big-one', 'rolled-back', '1-of-5', '0.1')]);
  expect(await cluster.canary(['list', '-A'])).toEqual({
    code: 0,
    err: '',
    out: '  namespace  name     phase        step    weight\n  chat       canary   analysing    2 of 3  30 %\n  code       big-one  rolled-back  1 of 5  0.1 %\n',
  });
  expect(JSON.parse((await cluster.canary(['list', '--json'])).out)[0]).toEqual({ namespace: 'chat', name: 'canary', phase: 'analysing', step: '2 of 3', weight: 0.3 });
});

test('list asks for the names in one namespace or in all, and for nothing that is in the ConfigMaps', async () => {
  cluster = await CanaryCluster.start(stateWith());
  listing([]);
  expect((await cluster.canary(['list'])).out).toBe("No rollout has begun in namespace 'chat'.\n");
  expect((await cluster.canary(['list', '-n', 'a/b'])).out).toBe("No rollout has begun in namespace 'a/b'.\n");
  expect((await cluster.canary(['list', '--all-namespaces'])).out).toBe('No rollout has begun in all namespaces.\n');
  expect(cluster.asked.map(({ url, headers }) => [new URL(url).pathname, headers!.accept])).toEqual(
    ['/api/v1/namespaces/chat/configmaps', '/api/v1/namespaces/a%2Fb/configmaps', '/api/v1/configmaps'].map((path) => [path, 'application/json;as=PartialObjectMetadataList;g=meta.k8s.io;v=v1']));
});

test.each([[403, "not allowed to list the ConfigMaps of namespace 'chat'"], [503, "http://cluster answers 503 for the ConfigMaps of namespace 'chat': etcd is away"]])('list says in a sentence what %i means', async (status, sentence) => {
  cluster = await CanaryCluster.start(stateWith());
  listing([], status);
  expect(await cluster.canary(['list'])).toEqual({ code: 1, out: '', err: `error: ${sentence}\n` });
});

test('a name that is nearly right is told from the labels of what belongs to rollouts', async () => {
  cluster = await CanaryCluster.start(stateWith());
  cluster.api.put('/api/v1/namespaces/chat/configmaps/canary-runner', { metadata: { name: 'canary-runner', labels: { 'cdk8s-inference/rollout': 'canary' } }, data: {} });
  expect((await cluster.canary(['status', 'canary-state'])).err).toBe("error: there is no rollout 'canary-state' in namespace 'chat'\n");
  expect((await cluster.canary(['status', 'canray'])).err).toBe("error: there is no rollout 'canray' in namespace 'chat'; did you mean 'canary'?\n");
  expect(cluster.api.objects.has(PATHS.state)).toBe(true);
});
