import { StepTimes } from '../../src/sizing/compute';
import { RULES } from '../../src/sizing/engine-rules';
import { Step } from '../../src/sizing/flight';
import { KvCache } from '../../src/sizing/kv-cache';
import { Scheduler } from '../../src/sizing/scheduler';

/** Attention of a millisecond a decoding request and a microsecond a prompt token. */
const steps = { decodeAttention: () => 1e-3, promptAttention: (start: number, end: number) => (end - start) * 1e-6 } as unknown as StepTimes;
const cacheOf = (blocks: number, mostRequests = Infinity) =>
  ({ units: blocks, mostRequests, unitsFor: (length: number) => Math.ceil(length / 16), readStep: () => 1 }) as unknown as KvCache;

interface Options { blocks?: number; tokens?: number; seqs?: number; stages?: number; length?: number }

function scheduler(engine: string, { blocks = 1000, tokens = 100, seqs = 10, stages = 1, length = 10_000 }: Options = {}) {
  const settings = { maxModelLen: length, maxNumSeqs: seqs, maxNumBatchedTokens: tokens, memoryFraction: 0.9, kvBlockSize: 16 };
  return new Scheduler({ rules: RULES[engine], settings, cache: cacheOf(blocks), steps, stages });
}

/** Puts requests of [prompt, output] into the queue; their place in the list is their arrival. */
const add = (to: Scheduler, ...lengths: [number, number][]) => lengths.forEach(([prompt, output], i) => to.add(to.flight(i, prompt, output, 0)));

/** Steps in words, until nothing is left to do: which request has how many tokens (p: of its prompt). */
function story(of: Scheduler, most = 1000): string[] {
  const told: string[] = [];
  for (let i = 0; i < most; i++) {
    const seen = new Map(of.running.map((flight) => [flight, flight.computed]));
    const step = of.next();
    if (!step) { return told; }
    told.push(step.requests.map((flight) => {
      const start = seen.get(flight) ?? flight.found;
      return `${flight.arrival}${start < flight.toRead ? 'p' : 'd'}${flight.computed - start}`;
    }).join(' '));
    of.finish(step, i);
  }
  return told;
}

test('vLLM: running requests first, then waiting ones, within one budget; a prompt that does not fit is read in parts', () => {
  const vllm = scheduler('vllm');
  add(vllm, [60, 2], [60, 2], [100, 1]);
  expect(story(vllm)).toEqual(['0p60 1p40', '0d1 1p20 2p79', '1d1 2p21']);
});

test('SGLang: prompts in steps of their own, before the tokens of those that write', () => {
  const sglang = scheduler('sglang');
  add(sglang, [60, 2], [60, 2], [100, 1]);
  expect(story(sglang)).toEqual(['0p60 1p40', '1p20 2p80', '2p20', '0d1 1d1']);
});

test('no more requests are let in than there are places', () => {
  const vllm = scheduler('vllm', { seqs: 2 });
  add(vllm, [10, 2], [10, 3], [10, 1]);
  expect(story(vllm)).toEqual(['0p10 1p10', '0d1 1d1', '1d1 2p10']);
});

test('vLLM preempts the newest when the cache is full, and reads it again with what it had written', () => {
  // Two requests of one block each; both want a second one for their 17th token.
  const vllm = scheduler('vllm', { blocks: 3 });
  add(vllm, [15, 4], [15, 4]);
  expect(story(vllm)).toEqual(['0p15 1p15', '0d1 1d1', '0d1', '0d1', '1p17', '1d1']);
  expect(vllm.preemptions).toBe(1);
});

test('who was preempted comes before all who wait', () => {
  const vllm = scheduler('vllm', { blocks: 3 });
  add(vllm, [15, 4], [15, 4]);
  expect(story(vllm, 2)).toEqual(['0p15 1p15', '0d1 1d1']);
  vllm.add(vllm.flight(2, 1, 1, 0));
  expect(story(vllm)).toEqual(['0d1', '0d1', '1p17 2p1', '1d1']);
});

test('TensorRT-LLM lets nobody in whose whole completion has no room, and never preempts', () => {
  const trtllm = scheduler('trtllm', { blocks: 3 });
  add(trtllm, [15, 4], [15, 4]);
  expect(story(trtllm)).toEqual(['0p15', '0d1', '0d1', '0d1', '1p15', '1d1', '1d1', '1d1']);
  expect(trtllm.preemptions).toBe(0);
});

test('SGLang takes back the request that has written least', () => {
  // Room is kept for a tenth of what running requests will write, so a second one is let in; their last blocks are too many.
  const sglang = scheduler('sglang', { blocks: 9, tokens: 100 });
  add(sglang, [30, 40]);
  story(sglang, 4);
  sglang.add(sglang.flight(1, 30, 40, 0));
  const told = story(sglang);
  expect(told.slice(0, 2)).toEqual(['1p30', '0d1 1d1']);
  expect(told.filter((step) => step.includes('p'))).toEqual(['1p30', '1p65']);
  expect(sglang.preemptions).toBe(1);
  expect(sglang.freeUnits).toBe(9);
});

test.each(['vllm', 'sglang', 'trtllm'])('%s: a cache for one request serves any number of them, one by one if it must', (engine) => {
  const one = scheduler(engine, { blocks: 4, length: 64 });
  add(one, ...Array.from({ length: 20 }, (): [number, number] => [40, 24]));
  let written = 0;
  for (let step: Step | undefined = one.next(), i = 0; step && i < 5000; step = one.next(), i++) { written += one.finish(step, i).length; }
  expect(written).toBe(20);
  expect(one.freeUnits).toBe(4);
});

test.each([
  // What the engine takes, and what the cache holds: 10 blocks of 16 tokens.
  ['the engine', { length: 100 }, [90, 10]],
  ['the cache', { blocks: 10 }, [90, 70]],
  ['the cache, its prompt too', { blocks: 2 }, [31, 1]],
])('a request that is longer than %s takes is cut', (_what, options, [prompt, output]) => {
  const flight = scheduler('vllm', options).flight(0, 90, 500, 0);
  expect([flight.prompt, flight.output]).toEqual([prompt, output]);
});

test('what the prefix cache holds is not read, but at least one token is', () => {
  const vllm = scheduler('vllm');
  vllm.add(vllm.flight(0, 80, 1, 0.75));
  vllm.add(vllm.flight(1, 8, 1, 1));
  expect(story(vllm)).toEqual(['0p20 1p1']);
});

test('a step has the attention, the tokens and the rows of its requests', () => {
  const vllm = scheduler('vllm');
  add(vllm, [50, 5], [70, 5]);
  const first = vllm.next()!;
  expect(first).toMatchObject({ tokens: 100, rows: 1 });
  expect(first.attention).toBeCloseTo(100e-6, 12);
  vllm.finish(first, 1);
  const second = vllm.next()!;
  expect(second).toMatchObject({ tokens: 21, rows: 2 });
  expect(second.attention).toBeCloseTo(1e-3 + 20e-6, 12);
});

test('a first token has the time of the step that made it, and a complete request leaves its place', () => {
  const vllm = scheduler('vllm');
  add(vllm, [50, 2]);
  expect(vllm.finish(vllm.next()!, 7)).toEqual([]);
  const [flight] = vllm.finish(vllm.next()!, 9);
  expect(flight).toMatchObject({ firstTokenAt: 7, written: 2 });
  expect(vllm.running).toEqual([]);
  expect(vllm.tokens).toBe(2);
});

test('steps in which requests only write can be run in a row until one is complete or needs more of the cache', () => {
  const vllm = scheduler('vllm');
  add(vllm, [50, 30], [50, 9]);
  const prompts = vllm.next()!;
  expect(vllm.repeatable(prompts)).toBe(1);
  vllm.finish(prompts, 1);
  vllm.finish(vllm.next()!, 2);
  const step = vllm.next()!;
  const times = vllm.repeatable(step);
  expect(times).toBe(7);
  vllm.repeat(step, times);
  expect(vllm.finish(step, 3)).toHaveLength(1);
  expect(vllm.running[0].written).toBe(9);
});

test('with two stages half of the requests write in a step, and the others in the next', () => {
  const vllm = scheduler('vllm', { stages: 2 });
  add(vllm, [10, 3], [10, 3], [10, 3], [10, 3]);
  vllm.finish(vllm.next()!, 0);
  const first = vllm.next()!;
  const second = vllm.next()!;
  expect(first.requests.map(({ arrival }) => arrival)).toEqual([0, 1]);
  expect(second.requests.map(({ arrival }) => arrival)).toEqual([2, 3]);
  expect(vllm.next()).toBeUndefined();
});

test('a saturated engine makes its own requests as soon as there is room', () => {
  let made = 0;
  const of = scheduler('vllm');
  const settings = { maxModelLen: 1000, maxNumSeqs: 3, maxNumBatchedTokens: 100, memoryFraction: 0.9, kvBlockSize: 16 };
  const full = new Scheduler({ rules: RULES.vllm, settings, cache: cacheOf(100), steps, stages: 1 }, () => of.flight(made++, 20, 5, 0));
  full.next();
  expect([full.running.length, full.queued, made]).toEqual([3, 0, 3]);
});

test('a pool of states lets no more requests run, however many are allowed', () => {
  const settings = { maxModelLen: 1000, maxNumSeqs: 8, maxNumBatchedTokens: 64, memoryFraction: 0.9, kvBlockSize: 16 };
  const of = scheduler('sglang');
  const pooled = new Scheduler({ rules: RULES.sglang, settings, cache: cacheOf(100, 2), steps, stages: 1 });
  for (let i = 0; i < 4; i++) { pooled.add(of.flight(i, 16, 5, 0)); }
  pooled.next();
  expect([pooled.running.length, pooled.queued]).toEqual([2, 2]);
});
