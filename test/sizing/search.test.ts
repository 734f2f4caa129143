import { Accelerator } from '../../src/catalog/accelerator';
import { check, Checked } from '../../src/sizing/checked';
import { Load } from '../../src/sizing/load';
import { Found, Miss } from '../../src/sizing/placement';
import { SizingRequest } from '../../src/sizing/questions';
import { search } from '../../src/sizing/search';
import { llama70b, llama8b } from '../support/shapes';

const H100 = Accelerator.named('h100-sxm');
const LENGTHS = { promptTokens: 1000, outputTokens: 200 };

const request = (over: Partial<SizingRequest> = {}): SizingRequest => ({
  model: llama8b(), pools: [{ accelerator: H100 }], load: Load.requestsPerSecond(40, LENGTHS), layout: { tensorParallel: 1 }, ...over,
});
const best = (over: Partial<SizingRequest> = {}): Found => search(check(request(over)) as Checked)[0];

test.each<[Partial<SizingRequest>, string]>([
  [{ spareReplicas: 1.5 }, "'spareReplicas' is 1.5 but must be a whole number from 0 to 1000"],
  [{ spareReplicas: -1 }, "'spareReplicas' is -1 but must be a whole number from 0 to 1000"],
  [{ replicas: 0 }, "'replicas' is 0 but must be a whole number from 1 to 1000000"],
  [{ replicas: 1.5 }, "'replicas' is 1.5 but must be a whole number from 1 to 1000000"],
  [{ layout: {} as never }, "'layout.tensorParallel' is undefined but must be a whole number from 1 to 4096"],
  [{ engine: { maxModelLen: 1199 } }, "'promptTokens' and 'outputTokens' together are 1200 tokens but 'engine.maxModelLen' is 1199; ask for shorter requests or use a model with a longer context"],
])('%# a request is refused in a sentence', (over, sentence) => expect(check(request(over))).toBe(sentence));

test('requests that just fill the length are served', () => expect(typeof check(request({ engine: { maxModelLen: 1200 } }))).toBe('object'));

test('prices count where every pool has one', () => {
  const priced = (...prices: (number | undefined)[]) =>
    (check(request({ pools: prices.map((dollarsPerGpuHour) => ({ accelerator: H100, dollarsPerGpuHour })) })) as Checked).priced;
  expect([priced(1, 2), priced(1, undefined), priced(undefined)]).toEqual([true, false, false]);
});

test('replicas are the load over what one carries less its headroom, and spares besides', () => {
  const one = best({ headroom: 0.2 });
  expect(one.replicas).toBe(Math.ceil(40 / one.capacity!));
  expect(best({ headroom: 0 }).capacity).toBeCloseTo(one.capacity! / 0.8, 6);
  expect(best({ headroom: 0.2, spareReplicas: 3 }).replicas).toBe(one.replicas! + 3);
  expect(best({ headroom: 0.2, load: Load.requestsPerSecond(3 * one.capacity!, LENGTHS) }).replicas).toBe(3);
});

test.each(['timeToFirstTokenMillis', 'timePerOutputTokenMillis', 'endToEndMillis'] as const)('a limit on %s costs throughput, and is held at capacity', (limit) => {
  const names = { timeToFirstTokenMillis: 'timeToFirstToken', timePerOutputTokenMillis: 'timePerOutputToken', endToEndMillis: 'endToEnd' } as const;
  const light = best({ load: Load.requestsPerSecond(0.1, LENGTHS) }).estimate![names[limit]].atTarget.expected;
  const free = best({ headroom: 0 }).capacity!;
  const latency = { [limit]: light * 1.5 };
  const { capacity } = best({ headroom: 0, latency });
  expect(capacity).toBeLessThan(free);
  const full = best({ headroom: 0, latency, load: Load.requestsPerSecond(capacity!, LENGTHS) });
  expect(full.replicas).toBe(1);
  expect(full.estimate![names[limit]].atTarget.expected / (light * 1.5)).toBeCloseTo(1, 2);
  expect(best({ headroom: 0, latency: { [limit]: 1e9 } }).capacity).toBeCloseTo(free, 6);
});

test.each([
  ['timeToFirstTokenMillis', /^time to first token is \d+ ms at p95 but at most 1 ms are wanted$/],
  ['timePerOutputTokenMillis', /^time per output token is [\d.]+ ms at p95 but at most 1 ms are wanted$/],
  ['endToEndMillis', /^end-to-end time is \d+ ms at p95 but at most 1 ms are wanted$/],
] as const)('a %s that nothing meets is named, with what would be had', (limit, sentence) => {
  const found = best({ latency: { [limit]: 1 } });
  expect([found.miss, found.missed!.limit]).toEqual([Miss.LATENCY, limit]);
  expect(found.rejection).toMatch(sentence);
  expect(found.missFactor).toBeCloseTo(found.missed!.millis, 6);
});

test('of several limits the one that is missed most is named', () => {
  expect(best({ latency: { timeToFirstTokenMillis: 1, endToEndMillis: 1 } }).missed!.limit).toBe('endToEndMillis');
  expect(best({ latency: { timeToFirstTokenMillis: 1, endToEndMillis: 1e9 } }).missed!.limit).toBe('timeToFirstTokenMillis');
});

test('stated replicas that carry too little say what they carry, and how many would do', () => {
  const { capacity } = best({ headroom: 0 });
  const rate = 4.5 * capacity!;
  const found = best({ headroom: 0, replicas: 2, load: Load.requestsPerSecond(rate, LENGTHS) });
  const shown = (x: number) => Number(x.toPrecision(3));
  expect(found.rejection).toBe(`2 replicas carry ${shown(2 * capacity!)} requests/s within the targets but the load is ${shown(rate)}; use 5 replicas`);
  expect([found.miss, found.missFactor]).toEqual([Miss.POOL, 2.5]);
  expect(best({ headroom: 0, replicas: 3, spareReplicas: 1, load: Load.requestsPerSecond(rate, LENGTHS) }).rejection).toMatch(/^2 replicas carry .*; use 6 replicas$/);
  expect(best({ headroom: 0, replicas: 1, load: Load.requestsPerSecond(rate, LENGTHS) }).rejection).toMatch(/^1 replica carries /);
});

test('stated replicas may use up their headroom', () => {
  const { capacity } = best({ headroom: 0 });
  expect(best({ headroom: 0.2, replicas: 2, load: Load.requestsPerSecond(1.9 * capacity!, LENGTHS) }).meets).toBe(true);
});

test('a pool that is too small, and a plan that is too large, say so', () => {
  const { replicas } = best();
  const pools = (maxGpus: number) => ({ pools: [{ accelerator: H100, maxGpus }] });
  expect(best(pools(replicas!)).meets).toBe(true);
  const small = best(pools(replicas! - 1));
  expect(small.rejection).toBe(`${replicas} replicas take ${replicas} GPUs but the pool has ${replicas! - 1}`);
  expect(small.missFactor).toBeCloseTo(replicas! / (replicas! - 1), 9);
  const huge = Load.requestsPerSecond(1e9, LENGTHS);
  expect(best({ load: huge }).rejection).toMatch(/^\d+ replicas take \d+ GPUs but a plan may have at most 1000000$/);
  expect(best({ load: huge, ...pools(2e6) }).rejection).toMatch(/ but a plan may have at most 1000000$/);
});

test('a step has room for a quarter more requests than the plan needs, in powers of two from 8', () => {
  const calm = best({ load: Load.requestsPerSecond(1, LENGTHS), latency: { timePerOutputTokenMillis: 9 } });
  const { maxNumSeqs } = calm.estimate!.settings;
  expect([8, 16, 32, 64]).toContain(maxNumSeqs);
  expect(best().estimate!.settings.maxNumSeqs).toBeGreaterThan(maxNumSeqs);
  expect(Math.log2(best().estimate!.settings.maxNumSeqs) % 1).toBe(0);
  expect(best({ engine: { maxNumSeqs: 100 } }).estimate!.settings.maxNumSeqs).toBe(100);
});

test('short requests may have up to 1,024 in a step', () => {
  expect(best({ load: Load.requestsPerSecond(40, { promptTokens: 50, outputTokens: 200 }) }).estimate!.settings.maxNumSeqs).toBe(1024);
});

test('what does not fit says by how much', () => {
  const found = best({ model: llama70b() });
  expect(found.miss).toBe(Miss.MEMORY);
  const { heldBytes, ledger, settings } = found.instance!;
  expect(found.missFactor).toBeCloseTo(heldBytes / ledger.deviceBytes / settings.memoryFraction, 9);
  expect(found.missFactor).toBeGreaterThan(1.8);
});

test('a price is that of all GPUs, by the hour', () => {
  const found = best({ pools: [{ accelerator: H100, dollarsPerGpuHour: 2.5 }] });
  expect(found.dollarsPerHour).toBe(2.5 * found.gpus);
  expect(best().dollarsPerHour).toBe(0);
});

test('a layout ranks behind the quickest of as many GPUs by whole quarters, and within one the simpler comes first', () => {
  const found = search(check(request({ model: llama70b(), layout: undefined, pools: [{ accelerator: H100, maxGpus: 8 }], load: Load.requestsPerSecond(1, LENGTHS) })) as Checked);
  const eight = found.filter(({ meets, gpus }) => meets && gpus === 8);
  const millis = eight.map(({ estimate }) => estimate!.endToEnd.atTarget.expected);
  expect(eight.length).toBeGreaterThan(2);
  expect(eight.map(({ latencyStep }) => latencyStep)).toEqual(millis.map((ms) => Math.floor(Math.log(ms / Math.min(...millis)) / Math.log(1.25) + 1e-9)));
  expect(eight[0].at).toEqual({ tp: 8, pp: 1, dp: 1, ep: 1 });
});

describe('with steps to choose', () => {
  const hard: Partial<SizingRequest> = {
    model: llama8b(), layout: undefined, pools: [{ accelerator: Accelerator.named('a100-sxm-80gb') }],
    load: Load.requestsPerSecond(20, { promptTokens: 2000, outputTokens: 300 }), latency: { timeToFirstTokenMillis: 3000, timePerOutputTokenMillis: 20 },
  };

  test('a plan takes no more GPUs than with the steps of the engine, and fewer where those are too long', () => {
    const [usual, tuned] = [best(hard), best({ ...hard, tuneEngine: true })];
    expect([usual.meets, tuned.meets]).toEqual([true, true]);
    expect(tuned.gpus).toBeLessThan(0.9 * usual.gpus);
    expect(tuned.estimate!.settings.maxNumBatchedTokens).not.toBe(usual.estimate!.settings.maxNumBatchedTokens);
    const again = best({ ...hard, engine: { maxNumBatchedTokens: tuned.estimate!.settings.maxNumBatchedTokens } });
    expect([again.gpus, again.estimate]).toEqual([tuned.gpus, tuned.estimate]);
  });

  test('what is as good with the steps of the engine keeps them, and stated steps stay', () => {
    const easy = { load: Load.requestsPerSecond(1, LENGTHS) };
    expect(best({ ...easy, tuneEngine: true }).estimate).toEqual(best(easy).estimate);
    expect(best({ ...hard, tuneEngine: true, engine: { maxNumBatchedTokens: 3000 } }).estimate!.settings.maxNumBatchedTokens).toBe(3000);
  });

  test('what is neither true nor false is refused', () => {
    expect(check(request({ tuneEngine: 'false' as never }))).toBe("'tuneEngine' is 'false' but must be true or false");
  });
});
