import fc from 'fast-check';
import { Accelerator } from '../../src/catalog/accelerator';
import { Model } from '../../src/catalog/model';
import { Calibration } from '../../src/sizing/calibration';
import { FITTED } from '../../src/sizing/data/fitted';
import { pipelined } from '../../src/sizing/host-link';
import { Load, RequestLengths } from '../../src/sizing/load';
import { Estimate } from '../../src/sizing/plan';
import { EstimateRequest } from '../../src/sizing/questions';
import { Sizing, asked } from '../../src/sizing/sizing';
import { SpeculativeDecoding } from '../../src/sizing/speculative-decoding';

const LLAMA = Model.named('meta-llama/Llama-3.1-8B-Instruct');
/** 2 x 32 layers x 8 heads x 128 in 16 bits. */
const BYTES = 131_072;
const LINE = 64e9;

const asking = (engine: string, load: Load, over: Partial<EstimateRequest> = {}): EstimateRequest =>
  ({ model: LLAMA, pool: { accelerator: Accelerator.named('h100-sxm') }, layout: { tensorParallel: 1 }, load, engine: { name: engine }, ...over });
const lengths = (over: Partial<RequestLengths> = {}): RequestLengths => ({ promptTokens: 8000, outputTokens: 200, ...over });
const first = (estimate: Estimate) => estimate.timeToFirstToken.mean.expected;

test('a prompt that comes back from the host takes as long as on the H100 of the vLLM project', () => {
  // Single request, Llama 3.1 8B, read off figure 1 of blog.vllm.ai, 2026-01-08: tokens, milliseconds; without tokenizer.
  for (const [promptTokens, measured] of [[50_000, 155], [70_000, 210], [100_000, 305]]) {
    const whole = first(Sizing.estimate(asking('vllm', Load.concurrency(1, { promptTokens, outputTokens: 1, hostHitRatio: 1 }))));
    const found = whole - 1000 * FITTED.secondsPerPromptToken * promptTokens;
    expect(Math.abs(found / measured - 1)).toBeLessThan(0.12);
  }
});

test('prompts that all come back are as many as the link carries, and that is what bounds them', () => {
  const { outputTokensPerSecond, boundBy } = Sizing.estimate(asking('vllm', Load.saturated({ promptTokens: 512, outputTokens: 1, hostHitRatio: 1 })));
  expect(outputTokensPerSecond.expected).toBeCloseTo(0.745 * LINE / (512 * BYTES), 0);
  expect(boundBy).toBe('interconnect');
});

test('a step that waits layer by layer takes the longer of both and one layer of the other', () => {
  expect(pipelined(10, 40, 10)).toBeCloseTo(41, 12);
  expect(pipelined(40, 10, 10)).toBeCloseTo(41, 12);
  expect(pipelined(10, 10, 1)).toBe(20);
});

const loads: { readonly [kind: string]: (amount: number, of: RequestLengths) => Load } = {
  arrivals: (amount, of) => Load.requestsPerSecond(amount / 8, of),
  closed: (amount, of) => Load.concurrency(Math.ceil(amount), of),
  saturated: (_, of) => Load.saturated(of),
  batch: (amount, of) => Load.staticBatch(Math.ceil(amount), of),
};
const questions = fc.record({
  engine: fc.constantFrom('vllm', 'sglang'),
  kind: fc.constantFrom(...Object.keys(loads)),
  amount: fc.double({ min: 0.1, max: 200, noNaN: true }),
  promptTokens: fc.integer({ min: 50, max: 50_000 }),
  outputTokens: fc.integer({ min: 1, max: 2000 }),
  onGpu: fc.double({ min: 0, max: 0.5, noNaN: true }),
  onHost: fc.double({ min: 0.01, max: 0.5, noNaN: true }),
  line: fc.double({ min: 1e9, max: 900e9, noNaN: true }),
});
/** Percentiles only where requests arrive: a closed loop that is full takes as long however it waits, and shares the waits out anew. */
const figures = ({ timeToFirstToken: t, endToEnd: e }: Estimate, kind: string) =>
  [t.mean, e.mean, ...kind === 'arrivals' ? [t.p50, t.p90, t.p99, e.p50, e.p90, e.p99] : []].map(({ expected }) => expected);

test('nothing comes back faster than the link, a faster link makes nothing later, and the GPU\'s own cache is never slower', () => {
  fc.assert(fc.property(questions, ({ engine, kind, amount, promptTokens, outputTokens, onGpu, onHost, line }) => {
    const ask = (hostLinkBytesPerSecond: number, prefixHitRatio: number, hostHitRatio: number) => Sizing.estimate(asking(engine,
      loads[kind](amount, { promptTokens, outputTokens, prefixHitRatio, hostHitRatio }),
      { pool: { accelerator: Accelerator.named('h100-sxm'), hostLinkBytesPerSecond } }));
    const slow = ask(line, onGpu, onHost);
    const fast = ask(2 * line, onGpu, onHost);
    const own = ask(line, onGpu + onHost, 0);
    const bytes = promptTokens * onHost * BYTES;
    // Of a saturated engine: where a slow line keeps requests away, fewer crowd the cache and are put back, and the wait for a turn is shared out anew.
    const waits = kind === 'saturated' ? 2e-3 : 1e-6;
    const uncrowded = kind === 'saturated' ? 0.1 : 1e-6;
    expect(first(slow)).toBeGreaterThanOrEqual(1000 * bytes / line);
    expect(slow.outputTokensPerSecond.expected / outputTokens * bytes).toBeLessThanOrEqual(line);
    figures(slow, kind).forEach((millis, i) => {
      expect(millis).toBeGreaterThanOrEqual(figures(fast, kind)[i] * (1 - waits));
      expect(millis).toBeGreaterThanOrEqual(figures(own, kind)[i] * (1 - uncrowded));
    });
    expect(slow.outputTokensPerSecond.expected).toBeLessThanOrEqual(fast.outputTokensPerSecond.expected * (1 + waits));
    expect(fast.outputTokensPerSecond.expected).toBeLessThanOrEqual(own.outputTokensPerSecond.expected * (1 + uncrowded));
  }), { numRuns: 300, endOnFailure: true });
});

test.each<[string, number, Load, number]>([
  // [engine, GB/s, load, how near the mean first token of the formulas is to that of the simulation]
  ['vllm', 64, Load.requestsPerSecond(1, lengths({ hostHitRatio: 0.9 })), 0.12],
  ['vllm', 64, Load.requestsPerSecond(5, lengths({ hostHitRatio: 0.9 })), 0.12],
  ['vllm', 8, Load.requestsPerSecond(3, lengths({ hostHitRatio: 0.9 })), 0.05],
  ['vllm', 8, Load.requestsPerSecond(5, lengths({ hostHitRatio: 0.9, promptTokensP99: 16_000 })), 0.1],
  ['sglang', 64, Load.requestsPerSecond(3, lengths({ hostHitRatio: 0.9 })), 0.05],
  ['sglang', 8, Load.requestsPerSecond(3, lengths({ hostHitRatio: 0.9 })), 0.15],
])('%s over %d GB/s: formulas and simulation agree on when prompts are back', (engine, line, load, bound) => {
  const request = asking(engine, load, { pool: { accelerator: Accelerator.named('h100-sxm'), hostLinkBytesPerSecond: line * 1e9 } });
  const quick = { mostRequests: 2000 };
  const [formulas, simulated] = [Sizing.estimate(request), Sizing.simulate(request, quick)];
  expect(Math.abs(first(formulas) / first(simulated) - 1)).toBeLessThan(bound);
  expect(Math.abs(formulas.endToEnd.mean.expected / simulated.endToEnd.mean.expected - 1)).toBeLessThan(0.15);
  const own = Sizing.simulate(asking(engine, Load.requestsPerSecond(load.amount, { ...load.lengths, hostHitRatio: 0, prefixHitRatio: 0.9 })), quick);
  expect(first(simulated)).toBeGreaterThan(first(own));
});

test('a link is taken by one request after the other, also in the simulation', () => {
  const batch = Load.staticBatch(8, lengths({ hostHitRatio: 0.9 }));
  const pool = { accelerator: Accelerator.named('h100-sxm'), hostLinkBytesPerSecond: 1e9 };
  const readBack = 1000 * 0.9 * 8000 * BYTES / (0.745 * 1e9);
  const { timeToFirstToken } = Sizing.simulate(asking('vllm', batch, { pool }), { mostRequests: 1000 });
  expect(timeToFirstToken.mean.expected / (4.5 * readBack)).toBeCloseTo(1, 1);
  expect(timeToFirstToken.p99.expected / (8 * readBack)).toBeCloseTo(1, 1);
});

test('a saturated engine whose prompts come back while they wait is not simulated', () => {
  expect(() => Sizing.simulate(asking('vllm', Load.saturated(lengths({ hostHitRatio: 0.5 })))))
    .toThrow(new Error("'hostHitRatio' is not simulated of a saturated vllm, whose requests come back while they wait; use a fixed number in flight"));
  expect(Sizing.simulate(asking('sglang', Load.saturated(lengths({ hostHitRatio: 0.5 }))), { mostRequests: 1000 }).simulation!.requests).toBeGreaterThan(999);
});

test('what finds nothing on the host is answered as if nobody had asked', () => {
  for (const engine of ['vllm', 'sglang', 'trtllm']) {
    const ask = (over: Partial<RequestLengths>) => Sizing.estimate(asking(engine, Load.requestsPerSecond(2, lengths({ prefixHitRatio: 0.3, ...over }))));
    expect(ask({ hostHitRatio: 0 })).toEqual(ask({}));
  }
});

test('a plan takes as many replicas as the links carry, and says what it counts on', () => {
  const plan = (hostLinkBytesPerSecond?: number) => Sizing.plan({
    model: LLAMA,
    pools: [{ accelerator: Accelerator.named('h100-sxm'), hostLinkBytesPerSecond }],
    layout: { tensorParallel: 1 },
    load: Load.requestsPerSecond(20, lengths({ hostHitRatio: 0.9 })),
  });
  expect(plan().assumptions).toContainEqual(
    expect.stringMatching(/^90 % of prompt tokens come back from the KV cache on the host, in [\d.]+ ms for a mean prompt over a link of 64 GB\/s of each GPU alone; /));
  expect(plan(4e9).replicas).toBeGreaterThanOrEqual(20 * 0.9 * 8000 * BYTES / 4e9);
  expect(plan().replicas).toBeLessThan(plan(4e9).replicas);
});

test('the parts of a step that waits for the host add up to it', () => {
  const pool = { accelerator: Accelerator.named('h100-sxm'), hostLinkBytesPerSecond: 4e9 };
  const request = asking('sglang', Load.concurrency(8, lengths({ hostHitRatio: 0.9 })), { pool });
  const { instance, lengths: { prompt, output, prefixHitRatio } } = asked(request);
  const { steps } = instance.batching(prompt, output, prefixHitRatio)!;
  const readBack = 0.9 * 8000 * BYTES / (0.745 * 4e9);
  for (const found of [steps.ledger(0, 800), Object.entries(steps.parts(0, 800)).map(([name, seconds]) => ({ name, seconds }))]) {
    expect(found.reduce((sum, { seconds }) => sum + seconds, 0) / steps.seconds(0, 800)).toBeCloseTo(1, 9);
  }
  expect(steps.seconds(0, 800)).toBeGreaterThan(readBack);
  expect(steps.seconds(4, 0)).toBe(instance.batching(prompt, output, 0)!.steps.seconds(4, 0));
  expect(Sizing.estimate(request).boundBy).toBe('interconnect');
});

test('a measurement whose prompts came back from the host corrects nothing', () => {
  const row = { ...asking('vllm', Load.concurrency(8, lengths({ hostHitRatio: 0.5 }))), timePerOutputTokenMillis: 10, source: 'a run' };
  expect(() => Calibration.fromMeasurements([row])).toThrow(/prompts came back from the host, which no measurement here confirms/);
});

test.each<[string, Partial<EstimateRequest>, RequestLengths, string]>([
  ['more than the prompt', {}, lengths({ prefixHitRatio: 0.6, hostHitRatio: 0.5 }),
    "'prefixHitRatio' 0.6 and 'hostHitRatio' 0.5 are more than the whole prompt; state shares that add up to at most 1"],
  ['no share', {}, lengths({ hostHitRatio: 1.5 }), "'hostHitRatio' is 1.5 but must be a number from 0 to 1"],
  ['an engine that is not modelled', { engine: { name: 'trtllm' } }, lengths({ hostHitRatio: 0.5 }),
    "'hostHitRatio' is not modelled of trtllm; use vllm or sglang, or leave it out"],
  ['guesses', { engine: { speculative: SpeculativeDecoding.ngram({ tokens: 3, acceptanceLength: 1.4 }) } }, lengths({ hostHitRatio: 0.5 }),
    "'hostHitRatio' and 'engine.speculative' are not modelled together; leave one of them out"],
  ['a link that nobody states', { pool: { accelerator: Accelerator.named('mi300x') } }, lengths({ hostHitRatio: 0.5 }),
    "nobody states the link between a mi300x and its host, which 'hostHitRatio' needs; give 'pool.hostLinkBytesPerSecond'"],
])('%s is refused in a sentence', (_, over, of, sentence) => {
  expect(() => Sizing.estimate(asking('vllm', Load.requestsPerSecond(1, of), over))).toThrow(new Error(sentence));
});
