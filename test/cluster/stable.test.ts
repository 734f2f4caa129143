import { setTimeout as sleep } from 'node:timers/promises';
import { KubeObject } from './support/kube-object';
import { expectNone } from './support/problems';
import { everyRandomApp } from './support/random-apps';
import { examples } from './support/synthesized';
import { useCluster } from './support/use-cluster';
import { titleOf } from '../support/manifest-checks';
import { appRecipes, build } from '../support/random-app';

const cluster = useCluster({ controllers: ['leaderworkerset', 'kueue', 'karpenter'] }); // those that write to what we apply

/** Apps that the library can make; each is applied, so that these are fewer. */
const RANDOM_APPS = 40;

/** Rounds in which controllers may still write the status of what was just made, half a second apart. */
const ROUNDS = 20;

/** Applies what is there until a round moves nothing; answers what a round changed, or what is still moving after the last. */
async function applyAgain(objects: KubeObject[]): Promise<string[]> {
  for (let round = 1; ; round++) {
    const moves = await Promise.all(objects.map(async (object) => {
      const { metadata: before } = await cluster.api.get(object);
      const [{ metadata: after }] = await cluster.api.applyAll([object]);
      const of = (field: string) => before[field] === after[field] ? [] : [`${titleOf(object)}: ${field} ${before[field]} became ${after[field]} in round ${round} of the same bytes`];
      return { generation: of('generation'), resourceVersion: of('resourceVersion') };
    }));
    const changed = moves.flatMap(({ generation }) => generation);
    const moved = moves.flatMap(({ resourceVersion }) => resourceVersion);
    if (changed.length || !moved.length || round === ROUNDS) { return [...changed, ...moved]; }
    await sleep(500);
  }
}

/** Applies objects for the first time, in namespaces that enforce `restricted`. */
async function applyFirst(objects: KubeObject[]): Promise<void> {
  for (const name of new Set(objects.flatMap(({ metadata: { namespace } }) => namespace ?? []))) { await cluster.api.namespace(name); }
  await cluster.api.applyAll(objects);
}

/** Apps find nothing of each other: each has its own namespaces, and its own names where there are none. */
async function asApp(app: number, object: KubeObject): Promise<KubeObject> {
  const { apiVersion, kind, metadata } = object;
  const { name, namespace = 'unnamed' } = metadata;
  const place = await cluster.api.isNamespaced(apiVersion, kind) ? { namespace: `${namespace}-${app}` } : { name: `${name}-${app}` };
  return { ...object, metadata: { ...metadata, ...place } };
}

test.each(examples())('the example %s, applied again, changes nothing', async (_, objects) => {
  await applyFirst(objects);
  expectNone(await applyAgain(objects));
});

test(`${RANDOM_APPS} random apps, applied again, change nothing`, async () => {
  let app = 0;
  await everyRandomApp({ name: 'apps', recipes: appRecipes(), build: (recipe) => build(recipe).app, runs: RANDOM_APPS }, async (objects) => {
    app++;
    const own = await Promise.all(objects.map((object) => asApp(app, object)));
    await applyFirst(own);
    const problems = await applyAgain(own);
    await Promise.all(own.map((object) => cluster.api.delete(object)));
    return problems;
  });
}, 600_000);

test('a field that somebody else sets meanwhile is noticed', async () => {
  const objects = await Promise.all(examples().find(([name]) => name === 'local-config')![1].map((object) => asApp(0, object)));
  await applyFirst(objects);
  const deployment = objects.find(({ kind }) => kind === 'Deployment')!;
  await cluster.api.patch(deployment, { spec: { replicas: 7 } });
  expect(await applyAgain(objects)).toEqual(expect.arrayContaining([expect.stringMatching(/^Deployment .*: generation 2 became 3 in round 1 of the same bytes$/)]));
});
