import fc from 'fast-check';
import { StepTimes } from '../../src/sizing/compute';
import { RULES } from '../../src/sizing/engine-rules';
import { KvCache } from '../../src/sizing/kv-cache';
import { spreadOf } from '../../src/sizing/lengths';
import { LoadKind } from '../../src/sizing/load';
import { Simulation, SimulationQuestion, SimulationResult } from '../../src/sizing/simulation';

/** A step of 10 ms, and 0.1 ms for each token. */
const steps = {
  secondsOf: (tokens: number) => 0.01 + 0.0001 * tokens, decodeAttention: () => 0, promptAttention: () => 0,
} as unknown as StepTimes;
const cacheOf = (blocks: number) =>
  ({ units: blocks, mostRequests: Infinity, unitsFor: (length: number) => Math.ceil(length / 16), readStep: () => 1 }) as unknown as KvCache;
const alike = (mean: number) => ({ mean, sigma: 0 });
const settings = { maxModelLen: 100_000, maxNumSeqs: 64, maxNumBatchedTokens: 1000, memoryFraction: 0.9, kvBlockSize: 16 };
const ONE = { tp: 1, pp: 1, dp: 1, ep: 1 };

const question = (over: Partial<SimulationQuestion> = {}): SimulationQuestion => ({
  steps, cache: cacheOf(100_000), rules: RULES.vllm, settings, at: ONE, lockstep: false, prompt: alike(100), output: alike(50), prefixHitRatio: 0,
  kind: LoadKind.CONCURRENCY, amount: 1, variation: 1, secondsPerArrival: 0.5, secondsPerPromptToken: 0, stepsToClient: 0, bubble: 0, seed: 12345, mostRequests: 10_000, relativeError: 0.01,
  mostWork: 4e7, ...over,
});
const simulated = (over: Partial<SimulationQuestion> = {}): SimulationResult => new Simulation(question(over)).run()!;
const arriving = (amount: number, over: Partial<SimulationQuestion> = {}) =>
  simulated({ kind: LoadKind.REQUESTS_PER_SECOND, amount, secondsPerArrival: 0, mostRequests: 40_000, relativeError: 0.01, ...over });

test('a request that is alone takes its arrival, its prompt, and a step a token', () => {
  const { firstToken, perToken, endToEnd, requestsPerSecond, running } = simulated();
  expect(firstToken.mean).toBeCloseTo(0.5 + 0.02, 9);
  expect(perToken.mean).toBeCloseTo(0.0101, 9);
  expect(endToEnd.mean).toBeCloseTo(0.52 + 49 * 0.0101, 9);
  expect(requestsPerSecond).toBeCloseTo(1 / endToEnd.mean, 3);
  expect(running).toBeCloseTo((0.02 + 49 * 0.0101) / endToEnd.mean, 3);
});

test('a client sees tokens some steps later, and asks again only then', () => {
  const { firstToken, perToken, endToEnd, requestsPerSecond } = simulated({ stepsToClient: 10 });
  expect(firstToken.mean).toBeCloseTo(0.52 + 10 * 0.0101, 9);
  expect(perToken.mean).toBeCloseTo(0.0101, 9);
  expect(endToEnd.mean).toBeCloseTo(0.52 + 59 * 0.0101, 9);
  expect(requestsPerSecond).toBeCloseTo(1 / endToEnd.mean, 3);
});

test.each([
  ['vllm', 0.52 + 0.01],
  ['sglang', 0.52 + 0.01],
])('%s: two that start together read together, and write together', (engine, firstToken) => {
  const seen = simulated({ amount: 2, rules: RULES[engine] });
  expect(seen.firstToken.mean).toBeCloseTo(firstToken, 9);
  expect(seen.perToken.mean).toBeCloseTo(0.0102, 9);
});

test('a batch ends with its longest completion, and starts again only then', () => {
  const seen = simulated({ kind: LoadKind.STATIC_BATCH, amount: 8, secondsPerArrival: 0, output: spreadOf(50, 100) });
  const alone = simulated({ kind: LoadKind.STATIC_BATCH, amount: 8, secondsPerArrival: 0 });
  expect(alone.requestsPerSecond).toBeCloseTo(8 / (0.09 + 49 * 0.0108), 3);
  expect(seen.requestsPerSecond).toBeLessThan(0.8 * alone.requestsPerSecond);
  expect(seen.requests % 8).toBe(0);
});

test('a saturated instance has all its places taken', () => {
  const seen = simulated({ kind: LoadKind.SATURATED, settings: { ...settings, maxNumSeqs: 10 } });
  expect(seen.running).toBeCloseTo(10, 1);
  // Nine or ten write in a step, and a prompt comes along in every fifth.
  expect(seen.outputTokensPerSecond).toBeGreaterThan(9.5 / 0.0131);
  expect(seen.outputTokensPerSecond).toBeLessThan(10 / 0.011);
});

// An engine with one place and completions of one token is a queue whose service is the time of a prompt: 10 ms and 0.1 ms a token.
const single = { settings: { ...settings, maxNumSeqs: 1, maxNumBatchedTokens: 100_000 }, output: alike(1) };

test.each([
  // [utilisation, variation of arrivals]
  [0.5, 1], [0.8, 1], [0.9, 1],
])('alike prompts at utilisation %d wait as Pollaczek and Khinchine say', (rho) => {
  const { firstToken } = arriving(rho / 0.02, single);
  expect((firstToken.mean - 0.02) / (rho / (1 - rho) / 2 * 0.02)).toBeCloseTo(1, 1);
});

test('prompts that differ wait longer, as Pollaczek and Khinchine say', () => {
  // Service is 10 ms and 0.1 ms a token: a squared variation of lengths of 1 is one of a quarter of the service.
  const prompt = { mean: 100, sigma: Math.sqrt(Math.log(2)) };
  const { firstToken } = arriving(0.7 / 0.02, { ...single, prompt, relativeError: 0.01 });
  expect((firstToken.mean - 0.02) / (0.7 / 0.3 * 1.25 / 2 * 0.02)).toBeCloseTo(1, 1);
});

test('a regular beat below capacity waits for nothing', () => {
  expect(arriving(0.9 / 0.02, { ...single, variation: 0 }).firstToken.at(1)).toBeCloseTo(0.02, 9);
});

test.each([[0.6, 2], [0.8, 2], [0.8, 3]])('bursts wait as Kingman says, within a third: utilisation %d, variation %d', (rho, variation) => {
  const { firstToken } = arriving(rho / 0.02, { ...single, variation });
  const kingman = rho / (1 - rho) * variation * variation / 2 * 0.02;
  expect((firstToken.mean - 0.02) / kingman).toBeGreaterThan(0.75);
  expect((firstToken.mean - 0.02) / kingman).toBeLessThan(1.35);
});

test("requests in flight are rate times time: Little's law", () => {
  const seen = arriving(20);
  expect(seen.running / (seen.requestsPerSecond * seen.endToEnd.mean)).toBeCloseTo(1, 1);
});

test('more than it can carry lets the queue grow, and says so', () => {
  const over = { ...single, mostRequests: 5000 };
  expect(arriving(1.5 / 0.02, over)).toMatchObject({ queueGrows: true, requests: 5000 });
  expect(arriving(0.8 / 0.02, over).queueGrows).toBe(false);
});

test('a cache that is too small costs preemptions with vLLM, and none with TensorRT-LLM', () => {
  const small = { kind: LoadKind.SATURATED, cache: cacheOf(60), prompt: alike(100), output: alike(200) };
  const vllm = simulated(small);
  const trtllm = simulated({ ...small, rules: RULES.trtllm });
  expect(vllm.preemptionsPerRequest).toBeGreaterThan(0.05);
  expect(trtllm.preemptionsPerRequest).toBe(0);
  expect(vllm.running).toBeGreaterThan(trtllm.running);
  // Nineteen blocks a request: three whole requests.
  expect(trtllm.running).toBeCloseTo(3, 0);
  expect([vllm.cachePeak, vllm.cacheUse > 0.9]).toEqual([1, true]);
});

test('two stages with half of the model each carry as much as one with all of it, less their bubble', () => {
  const flat = { kind: LoadKind.SATURATED, settings: { ...settings, maxNumSeqs: 20 }, steps: { ...steps, secondsOf: () => 0.01 } as unknown as StepTimes };
  const one = simulated(flat).outputTokensPerSecond;
  const half = { ...flat, steps: { ...steps, secondsOf: () => 0.005 } as unknown as StepTimes };
  expect(simulated({ ...half, at: { ...ONE, pp: 2 } }).outputTokensPerSecond / one).toBeCloseTo(1, 1);
  expect(simulated({ ...half, at: { ...ONE, pp: 2 }, bubble: 0.25 }).outputTokensPerSecond / one).toBeCloseTo(0.8, 1);
});

test('ranks with requests of their own double the rate; ranks that share experts wait for each other', () => {
  const busy = { amount: 8, output: spreadOf(50, 100), secondsPerArrival: 0 };
  const one = simulated({ ...busy, amount: 4 });
  const apart = simulated({ ...busy, at: { ...ONE, dp: 2 } });
  const together = simulated({ ...busy, at: { ...ONE, dp: 2 }, lockstep: true });
  expect(apart.requestsPerSecond / one.requestsPerSecond / 2).toBeCloseTo(1, 1);
  expect(together.requestsPerSecond).toBeLessThan(apart.requestsPerSecond);
});

test('what the prefix cache holds makes the first token faster', () => {
  expect(simulated({ prefixHitRatio: 0.5 }).firstToken.mean).toBeCloseTo(0.5 + 0.015, 9);
});

test('the same question has the same answer, another seed a slightly different one', () => {
  const spread = { kind: LoadKind.REQUESTS_PER_SECOND, amount: 10, prompt: spreadOf(100, 400), output: spreadOf(50, 200) };
  const { firstToken: a } = simulated(spread);
  const { firstToken: b } = simulated(spread);
  const { firstToken: c } = simulated({ ...spread, seed: 1 });
  expect([a.mean, a.at(0.99)]).toEqual([b.mean, b.at(0.99)]);
  expect(a.mean).not.toBe(c.mean);
  expect(Math.abs(c.mean / a.mean - 1)).toBeLessThan(0.06);
});

test('it stops once the mean is sure enough', () => {
  const spread = { kind: LoadKind.REQUESTS_PER_SECOND, amount: 10, prompt: spreadOf(100, 400), output: spreadOf(50, 200) };
  const rough = simulated({ ...spread, relativeError: 0.1 });
  const fine = simulated({ ...spread, relativeError: 0.005, mostRequests: 100_000 });
  expect(rough.requests).toBe(2000);
  expect(fine.requests).toBeGreaterThan(4000);
  expect(fine.relativeError).toBeLessThanOrEqual(0.005);
});

test('completions that never end have no answer', () => {
  expect(new Simulation(question({ amount: 64, output: alike(5e6), settings: { ...settings, maxModelLen: 1e7 }, cache: cacheOf(1e9), mostWork: 1e5 })).run()).toBeUndefined();
});

const kinds = fc.constantFrom(LoadKind.CONCURRENCY, LoadKind.STATIC_BATCH, LoadKind.SATURATED, LoadKind.REQUESTS_PER_SECOND);
const spread = fc.tuple(fc.integer({ min: 1, max: 3000 }), fc.double({ min: 1, max: 5, noNaN: true })).map(([mean, ratio]) => spreadOf(mean, mean * ratio));
const anything: fc.Arbitrary<Partial<SimulationQuestion>> = fc.record({
  rules: fc.constantFrom(RULES.vllm, RULES.sglang, RULES.trtllm),
  kind: kinds,
  amount: fc.double({ min: 0.01, max: 500, noNaN: true }),
  variation: fc.constantFrom(0, 0.5, 1, 4),
  prompt: spread,
  output: spread,
  prefixHitRatio: fc.double({ min: 0, max: 1, noNaN: true }),
  cache: fc.integer({ min: 2, max: 2000 }).map(cacheOf),
  settings: fc.record({
    maxModelLen: fc.integer({ min: 2, max: 10_000 }), maxNumSeqs: fc.integer({ min: 1, max: 300 }), maxNumBatchedTokens: fc.integer({ min: 1, max: 9000 }),
    memoryFraction: fc.constant(0.9), kvBlockSize: fc.constantFrom(1, 16, 24, 128),
  }),
  at: fc.constantFrom(ONE, { ...ONE, pp: 2 }, { ...ONE, pp: 4 }, { ...ONE, dp: 2 }, { ...ONE, dp: 4, pp: 2 }),
  lockstep: fc.boolean(),
});

test('whatever is asked, it ends, its figures are numbers, and nothing is faster than its steps', () => {
  fc.assert(fc.property(anything, (over) => {
    const seen = new Simulation(question({ ...over, mostRequests: 300, mostWork: 1e6 })).run();
    if (!seen) { return; }
    const { firstToken, perToken, endToEnd, outputTokensPerSecond, running, cacheUse, cachePeak, preemptionsPerRequest } = seen;
    const figures = [firstToken.mean, perToken.mean, endToEnd.mean, outputTokensPerSecond, running, cacheUse, cachePeak, preemptionsPerRequest];
    expect(figures.every((x) => Number.isFinite(x) && x >= 0)).toBe(true);
    // A step takes at least 10.1 ms; a place is held through the stages of each.
    const { pp, dp } = over.at!;
    expect(running).toBeLessThanOrEqual(dp * over.settings!.maxNumSeqs + 1e-9);
    expect(cachePeak).toBeLessThanOrEqual(1 + 1e-9);
    expect(outputTokensPerSecond).toBeLessThanOrEqual(running / (0.0101 * pp) * (1 + 1e-9));
    expect(firstToken.at(0)).toBeGreaterThanOrEqual((0.0101 * pp) * (1 - 1e-9));
    expect(endToEnd.mean).toBeGreaterThanOrEqual(firstToken.mean);
    if (over.rules === RULES.trtllm) { expect(preemptionsPerRequest).toBe(0); }
  }), { numRuns: 60 });
});
