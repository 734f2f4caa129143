/** What becomes of `replicas` when Git states them no longer, or for the first time: why a rollout's manifests are as they are. */
import { ApiServer } from '../support/api-server';
import { applyClientSide } from '../support/client-side-apply';
import { KubeObject } from '../support/kube-object';
import { useCluster } from '../support/use-cluster';

const NAMESPACE = 'replicas';
const CONTAINERS = [{ name: 'engine', image: 'example.com/engine:1' }];

const cluster = useCluster({ controllers: ['leaderworkerset'] });

beforeAll(() => cluster.api.namespace(NAMESPACE, 'privileged'));

const KINDS: { readonly [kind: string]: (name: string, replicas?: number) => KubeObject } = {
  Deployment: (name, replicas) => ({
    apiVersion: 'apps/v1', kind: 'Deployment', metadata: { name, namespace: NAMESPACE },
    spec: { ...replicas === undefined ? {} : { replicas }, selector: { matchLabels: { app: name } }, template: { metadata: { labels: { app: name } }, spec: { containers: CONTAINERS } } },
  }),
  LeaderWorkerSet: (name, replicas) => ({
    apiVersion: 'leaderworkerset.x-k8s.io/v1', kind: 'LeaderWorkerSet', metadata: { name, namespace: NAMESPACE },
    spec: { ...replicas === undefined ? {} : { replicas }, leaderWorkerTemplate: { size: 2, workerTemplate: { spec: { containers: CONTAINERS } } } },
  }),
};
const WAYS: { readonly [way: string]: (api: ApiServer, object: KubeObject) => Promise<unknown> } = { 'server-side': (api, object) => api.applyAll([object]), 'client-side': applyClientSide };

/** As the runner does. */
async function scale(object: KubeObject, replicas: number): Promise<void> {
  const { api } = cluster;
  for (;;) {
    const answer = await api.ask('PUT', `${await api.pathOf(object)}/scale?fieldManager=runner`, { ...await api.get(object, 'scale'), spec: { replicas } });
    if (answer.status === 200) { return; }
    if (answer.status !== 409) { throw new Error(`scale: ${answer.status}`); } // its controller was faster
  }
}

describe.each(Object.keys(KINDS).flatMap((kind) => Object.keys(WAYS).map((way) => [kind, way])))('a %s that is applied %s', (kind, way) => {
  let count = 0;
  const start = () => {
    const name = `${kind.toLowerCase()}-${way}-${count++}`;
    const object = KINDS[kind](name);
    return {
      object,
      put: (replicas?: number) => WAYS[way](cluster.api, KINDS[kind](name, replicas)),
      live: async () => (await cluster.api.get(object)).spec.replicas,
    };
  };

  test('without replicas keeps those that the runner gives it, and those that Git states afterwards', async () => {
    const { object, put, live } = start();
    await put();
    expect(await live()).toBe(1);
    await scale(object, 4);
    await put();
    expect(await live()).toBe(4);
    await put(4);
    expect(await live()).toBe(4);
  });

  test.each<[string, (object: KubeObject) => Promise<void>]>([
    ['nobody else has said anything', async () => undefined],
    ['the runner has stated the same number', (object) => scale(object, 4)],
  ])('with replicas falls to one when they are dropped and %s', async (_what, between) => {
    const { object, put, live } = start();
    await put(4);
    await between(object);
    await put();
    expect(await live()).toBe(1);
  });

  test('with replicas that somebody else applies too keeps them if it is server-side alone', async () => {
    const { object, put, live } = start();
    await put(4);
    const { name, namespace } = object.metadata;
    const body = { apiVersion: 'autoscaling/v1', kind: 'Scale', metadata: { name, namespace }, spec: { replicas: 4 } };
    await cluster.api.must('PATCH', `${await cluster.api.pathOf(object)}/scale?fieldManager=runner`, body, 'application/apply-patch+yaml');
    await put();
    expect(await live()).toBe(way === 'server-side' ? 4 : 1);
  });
});
