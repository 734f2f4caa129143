/**
 * The route of Git stays as it is while a second one, the overlay, carries a rollout's weights for POSTs: which of the two a real gateway takes, and
 * that no request is lost when the overlay comes, changes and goes. Runs where the addresses of KWOK's pods are local: `tsx test/cluster/gateway/run.ts`.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { MODEL } from './trial-fleets';
import { useOverlayEngines, useOverlayTrial } from './use-overlay-trial';
import { GATEWAYS } from '../gateway/both';
import { Reply, tally } from '../gateway/client';
import { eventually } from '../support/api-server';
import { useCluster } from '../support/use-cluster';

const CHANGES = 12;
const STREAMS = 12;
/** Longer than a gateway takes to hear of a change, of which the README of this folder has the times. */
const HEARD_MILLIS = 400;

const cluster = useCluster({ controllers: ['leaderworkerset'] });
useOverlayEngines(cluster);

describe.each(Object.keys(GATEWAYS))('behind %s', (name) => {
  const shared = useOverlayTrial(cluster, name);
  const { trial } = shared;

  beforeEach(async () => {
    await cluster.api.applyAll([trial.base.stable]);
    await settled('stable');
  });

  afterEach(async () => {
    for (const object of [trial.overlay(0), trial.overlay(0, 'aaa-first'), trial.base.stable]) { await cluster.api.delete(object); }
    await eventually('no route is left', async () => (await ask(8)).every(({ status }) => status !== 200));
  }, 30_000);

  describe('the overlay', () => {
    test('gets no request while it gives the candidate nothing, though it is there', async () => {
      await cluster.api.applyAll([trial.overlay(0)]);
      await sleep(1000);
      expect([sides(await ask(100)), sides(await askModels(100))]).toEqual([{ '200 stable': 100 }, { '200 stable': 100 }]);
    });

    test.each(['overlay', 'aaa-first', 'zzz-last'])('named %s gets every POST by its weights, and no other request', async (its) => {
      const object = trial.overlay(1000, its);
      await cluster.api.applyAll([object]);
      await settled('candidate');
      expect(sides(await ask(200))).toEqual({ '200 candidate': 200 });
      expect(sides(await askModels(200))).toEqual({ '200 stable': 200 });
      await cluster.api.delete(object);
      await settled('stable');
    });

    test('that is older than the route of Git gets every POST all the same', async () => {
      await cluster.api.applyAll([trial.overlay(1000)]);
      await settled('candidate');
      await cluster.api.delete(trial.base.stable);
      await sleep(1500); // the API server's times count in seconds
      await cluster.api.applyAll([trial.base.stable]);
      await eventually('other requests arrive', async () => (await askModels(8)).every(({ status }) => status === 200));
      expect(sides(await ask(200))).toEqual({ '200 candidate': 200 });
      expect(sides(await askModels(200))).toEqual({ '200 stable': 200 });
    });

    test('loses no request and no stream when it comes, changes its weights and goes, again and again', async () => {
      const { posts, models, streams } = await underLoad(async () => {
        for (let i = 0; i < CHANGES; i++) {
          for (const weight of [0, 10, 1000, 0, 500, 0]) {
            await cluster.api.applyAll([trial.overlay(weight)]);
            await sleep(HEARD_MILLIS);
          }
          await cluster.api.delete(trial.overlay(0));
          await sleep(HEARD_MILLIS);
        }
      });
      expect(lost([...posts, ...models])).toEqual({});
      expect(streams).toEqual({ '200 true': STREAMS });
      expect(posts.length).toBeGreaterThan(10_000);
      const { '200 candidate': some, '200 stable': most } = sides(posts);
      expect(some / (some + most)).toBeGreaterThan(0.15);
      expect(Object.keys(sides(models))).toEqual(['200 stable']);
    }, 180_000);

    test('goes with the ConfigMap that owns it, at once, and nothing is lost if it gave the candidate nothing', async () => {
      const { api } = cluster;
      const map = { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'rollout', namespace: trial.namespace } };
      const [{ metadata: { uid } }] = await api.applyAll([map]);
      const { metadata, ...object } = trial.overlay(0);
      const { posts, models, streams } = await underLoad(async () => {
        await api.applyAll([{ ...object, metadata: { ...metadata, ownerReferences: [{ apiVersion: 'v1', kind: 'ConfigMap', name: 'rollout', uid }] } }]);
        await sleep(1000);
        await api.delete(map);
        await eventually('the overlay is gone', async () => await api.get(trial.overlay(0)) === undefined, { seconds: 5 });
        await sleep(1000);
      });
      expect([lost([...posts, ...models]), streams]).toEqual([{}, { '200 true': STREAMS }]);
    });

    test('that has all requests on the candidate goes after the route of Git has changed, as a promotion in Git does, and they stay there', async () => {
      await cluster.api.applyAll([trial.overlay(0)]);
      await sleep(1000);
      await cluster.api.applyAll([trial.overlay(1000)]);
      await settled('candidate');
      const { posts, models, streams } = await underLoad(async () => {
        await cluster.api.applyAll([trial.base.candidate]);
        await sleep(HEARD_MILLIS);
        await cluster.api.delete(trial.overlay(0));
        await sleep(2000);
      });
      // Envoy Gateway's may miss a beat: docs/canary.md says how often.
      const most = name === 'contour' ? 0 : 20;
      expect(Object.values(lost([...posts, ...models])).reduce((sum, count) => sum + count, 0)).toBeLessThanOrEqual(most);
      expect(streams).toEqual({ '200 true': STREAMS });
      expect(sides(posts.filter(({ pod }) => pod))).toEqual({ '200 candidate': posts.filter(({ pod }) => pod).length });
    });
  });

  function ask(count: number): Promise<Reply[]> { return shared.client.askMany(count, { hostname: trial.hostname, body: { model: MODEL } }); }

  function askModels(count: number): Promise<Reply[]> { return shared.client.askMany(count, { hostname: trial.hostname, path: '/v1/models' }); }

  /** POSTs, GETs and streams without a pause while something happens. */
  async function underLoad(happening: () => Promise<void>): Promise<{ posts: Reply[]; models: Reply[]; streams: { [outcome: string]: number } }> {
    const { client } = shared;
    const stream = { hostname: trial.hostname, body: { model: MODEL, max_tokens: 10, token_millis: 1000, stream: true } };
    const long = Promise.all(Array.from({ length: STREAMS }, () => client.ask(stream)));
    let models: Reply[] = [];
    const posts = await client.askDuring({ hostname: trial.hostname, body: { model: MODEL } }, async () => {
      models = await client.askDuring({ hostname: trial.hostname, path: '/v1/models' }, happening, 2);
    }, 6);
    return { posts, models, streams: tally((await long).map(({ status, complete }) => `${status} ${complete}`)) };
  }

  function sideOf({ pod }: Reply): string {
    if (pod === undefined) { return 'gateway'; }
    return pod.startsWith(`${trial.namespace}/${trial.candidate}-`) ? 'candidate' : 'stable';
  }

  const sides = (replies: Reply[]) => tally(replies.map((reply) => `${reply.status} ${sideOf(reply)}`));

  const lost = (replies: Reply[]) => tally(replies.filter(({ status, complete }) => status !== 200 || !complete).map(({ status, text, pod }) => `${status} ${pod ?? ''} ${text.slice(0, 60)}`));

  /** Waits until all POSTs go to one side. */
  async function settled(side: 'stable' | 'candidate'): Promise<void> {
    await eventually(`requests go to the ${side} fleet`, async () => (await ask(60)).every((reply) => reply.status === 200 && sideOf(reply) === side), { seen: async () => sides(await ask(60)) });
  }

});
