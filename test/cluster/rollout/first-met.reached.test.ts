/**
 * Who meets the candidate before others do: previews by headers, and copies of requests, as the runner writes them and real gateways take them.
 * Runs where the addresses of KWOK's pods are local: `tsx test/cluster/gateway/run.ts`.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { overlayTrial } from './overlay-trial';
import { MODEL } from './trial-fleets';
import { useOverlayEngines, useOverlayTrial } from './use-overlay-trial';
import { CanaryPreview } from '../../../src';
import { GATEWAYS } from '../gateway/both';
import { Reply, tally } from '../gateway/client';
import { eventually } from '../support/api-server';
import { useCluster } from '../support/use-cluster';

const REQUESTS = 200;
const HEADER = 'x-tenant';

const cluster = useCluster({ controllers: ['leaderworkerset'] });
/** Chats that engines took up, and those that they answered to the end; by the names of their pods. */
const taken: string[] = [];
const answered: string[] = [];
useOverlayEngines(cluster, {
  isDown: () => false, says: () => 'Paris.', fails: ({ name }) => { taken.push(name); return false; }, answered: ({ name }) => { answered.push(name); },
});

describe.each(Object.keys(GATEWAYS))('behind %s', (name) => {
  const shared = useOverlayTrial(cluster, name);
  const { trial } = shared;

  beforeAll(async () => { await eventually('requests go to the stable fleet', async () => sides(await ask())['200 stable'] === REQUESTS); }, 30_000);

  afterEach(async () => {
    await cluster.api.delete(trial.overlay(0));
    await eventually('requests go to the stable fleet', async () => sides(await ask('acme'))['200 stable'] === REQUESTS);
  }, 30_000);

  test.each<[string, CanaryPreview, string[], string[]]>([
    ['a value', CanaryPreview.header(HEADER, 'acme'), ['acme'], ['acme2', 'ACME', 'other']],
    ['tenants', CanaryPreview.tenants(HEADER, ['acme', 'globex', 'initech']), ['acme', 'globex', 'initech'], ['hooli', 'acme,hooli']],
    ['an expression', CanaryPreview.headerMatching(HEADER, 'acme|beta-[0-9]+'), ['acme', 'beta-17'], ['beta-', 'xbeta-17', 'acmes']],
  ])('a preview by %s goes to the candidate; everybody else, and who reads, to the stable fleet', async (_what, preview, previewed, others) => {
    await cluster.api.applyAll([overlayTrial(name, { preview }).overlay(0, undefined, { preview: 1000 })]);
    await eventually('previews go to the candidate', async () => sides(await ask('acme'))['200 candidate'] === REQUESTS);
    for (const tenant of previewed) { expect([tenant, sides(await ask(tenant))]).toEqual([tenant, { '200 candidate': REQUESTS }]); }
    for (const tenant of [undefined, ...others]) { expect([tenant, sides(await ask(tenant))]).toEqual([tenant, { '200 stable': REQUESTS }]); }
    expect(sides(await shared.client.askMany(50, { hostname: trial.hostname, path: '/v1/models', headers: { [HEADER]: 'acme' } }))).toEqual({ '200 stable': 50 });
  }, 60_000);

  test('no preview is lost when it goes to the candidate and back, whatever share the others have', async () => {
    const previewed = overlayTrial(name, { preview: CanaryPreview.header(HEADER, 'acme') });
    await cluster.api.applyAll([previewed.overlay(0, undefined, { preview: 0 })]);
    await sleep(1000);
    const lost: Reply[] = [];
    const met: Reply[] = [];
    for (const weight of [0, 100]) {
      const replies = await shared.client.askDuring({ hostname: trial.hostname, body: { model: MODEL }, headers: { [HEADER]: 'acme' } }, async () => {
        for (let round = 0; round < 6; round++) {
          await cluster.api.applyAll([previewed.overlay(weight, undefined, { preview: round % 2 === 0 ? 1000 : 0 })]);
          await sleep(400);
        }
      });
      met.push(...replies);
      lost.push(...replies.filter(({ status, complete }) => status !== 200 || !complete));
    }
    expect(tally(lost.map(({ status, text }) => `${status} ${text.slice(0, 60)}`))).toEqual({});
    expect(Object.keys(sides(met)).sort()).toEqual(['200 candidate', '200 stable']);
  }, 60_000);

  test('copies of all requests reach the candidate, which answers them to the end, and no user hears of it', async () => {
    const copied = overlayTrial(name, { mirror: { percentage: 100 } });
    await cluster.api.applyAll([copied.overlay(0, undefined, { mirrored: true })]);
    await eventually('requests are copied', async () => (await copiesOf(20)).taken === 20);
    const { taken: copies, replies } = await copiesOf(REQUESTS);
    expect([sides(replies), copies]).toEqual([{ '200 stable': REQUESTS }, REQUESTS]);
    const streams = await copiesOf(20, { stream: true, max_tokens: 10, token_millis: 50 });
    expect([tally(streams.replies.map(({ complete }) => String(complete))), streams.taken, streams.answered]).toEqual([{ true: 20 }, 20, 20]);
  }, 60_000);

  test('a share of the copies is copied where the gateway knows how, and all of them where it does not', async () => {
    const copied = overlayTrial(name, { mirror: { percentage: 30 } });
    await cluster.api.applyAll([copied.overlay(0, undefined, { mirrored: true })]);
    await eventually('requests are copied', async () => (await copiesOf(40)).taken > 0);
    const { taken: copies, replies } = await copiesOf(REQUESTS);
    expect(sides(replies)).toEqual({ '200 stable': REQUESTS });
    // 60 are expected; with less than 30 or more than 90 in fewer than one of 100,000 runs.
    const [least, most] = name === 'contour' ? [REQUESTS, REQUESTS] : [30, 90];
    expect(copies).toBeGreaterThanOrEqual(least);
    expect(copies).toBeLessThanOrEqual(most);
  }, 60_000);

  test('nothing is copied once the runner takes the filter off the route', async () => {
    const copied = overlayTrial(name, { mirror: { percentage: 100 } });
    await cluster.api.applyAll([copied.overlay(0, undefined, { mirrored: true })]);
    await eventually('requests are copied', async () => (await copiesOf(20)).taken === 20);
    await cluster.api.applyAll([copied.overlay(0, undefined, { mirrored: false })]);
    await eventually('no request is copied', async () => (await copiesOf(20)).taken === 0);
    expect((await copiesOf(REQUESTS)).taken).toBe(0);
  }, 60_000);

  function ask(tenant?: string): Promise<Reply[]> {
    return shared.client.askMany(REQUESTS, { hostname: trial.hostname, body: { model: MODEL }, headers: tenant === undefined ? {} : { [HEADER]: tenant } });
  }

  /** Asks, and counts what came to the candidate's engines besides. */
  async function copiesOf(count: number, more: object = {}): Promise<{ replies: Reply[]; taken: number; answered: number }> {
    const [before, answeredBefore] = [taken.filter(isCandidate).length, answered.filter(isCandidate).length];
    const replies = await shared.client.askMany(count, { hostname: trial.hostname, body: { model: MODEL, ...more } });
    await sleep(1000); // copies may be later than their originals
    return { replies, taken: taken.filter(isCandidate).length - before, answered: answered.filter(isCandidate).length - answeredBefore };
  }

  function isCandidate(pod: string): boolean { return pod.startsWith(`${trial.candidate}-`); }

  function sides(replies: Reply[]): { [outcome: string]: number } {
    return tally(replies.map(({ status, pod }) => `${status} ${pod === undefined ? 'gateway' : isCandidate(pod.split('/')[1]) ? 'candidate' : 'stable'}`));
  }
});
