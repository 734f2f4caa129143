import fc from 'fast-check';
import { Accelerator, AcceleratorProps } from '../../src/catalog/accelerator';
import { Precision } from '../../src/catalog/precision';
import { Load, LoadKind } from '../../src/sizing/load';
import { Estimate } from '../../src/sizing/plan';
import { EstimateRequest, SizingRequest } from '../../src/sizing/questions';
import { Sizing, solve } from '../../src/sizing/sizing';
import { SpeculativeDecoding } from '../../src/sizing/speculative-decoding';
import { deepseekR1, gemma27b, gptOss120b, llama70b, llama8b, model, qwen32b } from '../support/shapes';

const HYBRID = model({ layers: 24, recurrent: { layers: 18, stateElements: 500_000, heads: 16 } });
const MODELS = [llama8b(), llama70b(), qwen32b(), gemma27b(), gptOss120b(), deepseekR1(), HYBRID];
const PEAKS = {
  memoryBytes: 140e9, memoryBytesPerSecond: 4e12, bf16FlopsPerSecond: 1e15, fp8FlopsPerSecond: 2e15, linkBytesPerSecond: 450e9, linkDomain: 8,
};

const gpu = (over: Partial<AcceleratorProps> = {}) => Accelerator.of({ name: 'test-gpu', ...PEAKS, ...over });
const length = fc.integer({ min: 1, max: 20_000 });
const someModel = fc.constantFrom(...MODELS);
const layouts = fc.constantFrom(
  ...[1, 2, 4, 8].map((tensorParallel) => ({ tensorParallel })),
  { tensorParallel: 2, pipelineParallel: 2 },
  { tensorParallel: 8, pipelineParallel: 2 },
);
const load = fc.tuple(fc.constantFrom('rate', 'closed', 'saturated', 'batch'), fc.double({ min: 0.01, max: 200, noNaN: true }), length, length, fc.double({ min: 0, max: 1, noNaN: true }))
  .map(([kind, amount, promptTokens, outputTokens, prefixHitRatio]) => {
    const lengths = { promptTokens, outputTokens, prefixHitRatio };
    return kind === 'rate' ? Load.requestsPerSecond(amount / 10, lengths) : kind === 'closed' ? Load.concurrency(Math.ceil(amount), lengths)
      : kind === 'saturated' ? Load.saturated(lengths) : Load.staticBatch(Math.ceil(amount), lengths);
  });
const engines = fc.constantFrom('vllm', 'sglang', 'trtllm').map((name) => ({ name, maxModelLen: 40_000, maxNumSeqs: 256, maxNumBatchedTokens: 8192 }));
const question: fc.Arbitrary<EstimateRequest> = fc.record({
  model: someModel, pool: fc.constant({ accelerator: gpu() }), layout: layouts, load, engine: engines,
});

const times = (e: Estimate) =>
  [e.timeToFirstToken.mean, e.timePerOutputToken.mean, e.endToEnd.mean, e.timeToFirstToken.p99, e.endToEnd.p99].map((r) => r.expected);

function answer(request: EstimateRequest): Estimate | undefined {
  const estimate = Sizing.estimate(request);
  return estimate.fits ? estimate : undefined;
}

test.each([
  ['memory bandwidth', { memoryBytesPerSecond: 1.5 * PEAKS.memoryBytesPerSecond }],
  ['16-bit rate', { bf16FlopsPerSecond: 1.5 * PEAKS.bf16FlopsPerSecond }],
  ['FP8 rate', { fp8FlopsPerSecond: 1.5 * PEAKS.fp8FlopsPerSecond }],
  ['link', { linkBytesPerSecond: 1.5 * PEAKS.linkBytesPerSecond }],
])('for a fixed layout and settings, raising the %s worsens nothing', (_what, over) => {
  fc.assert(fc.property(question, (q) => {
    const slow = answer(q);
    const fast = answer({ ...q, pool: { accelerator: gpu(over) } });
    if (!slow || !fast) { return; }
    times(slow).forEach((t, i) => expect(times(fast)[i]).toBeLessThanOrEqual(t * (1 + 1e-6)));
    expect(fast.outputTokensPerSecond.expected).toBeGreaterThanOrEqual(slow.outputTokensPerSecond.expected * (1 - 1e-6));
  }), { numRuns: 300 });
});

test('longer prompts never speed anything up', () => {
  fc.assert(fc.property(question, fc.integer({ min: 1, max: 10_000 }), (q, more) => {
    const { promptTokens, outputTokens } = q.load.lengths;
    const at = (tokens: number) => answer({ ...q, load: Load.requestsPerSecond(0.1, { promptTokens: tokens, outputTokens }) });
    const [short, long] = [at(promptTokens), at(promptTokens + more)];
    // An overloaded instance holds fewer long requests at once, each of which then gets its tokens sooner after a longer wait.
    if (!short || !long || long.utilization >= 1) { return; }
    times(short).forEach((t, i) => expect(times(long)[i]).toBeGreaterThanOrEqual(t * (1 - 1e-6)));
  }), { numRuns: 300 });
});

test('a higher rate never shortens a wait', () => {
  fc.assert(fc.property(question, fc.double({ min: 1.01, max: 3, noNaN: true }), (q, factor) => {
    const { promptTokens, outputTokens } = q.load.lengths;
    const at = (rate: number) => answer({ ...q, load: Load.requestsPerSecond(rate, { promptTokens, outputTokens }) });
    const [calm, busy] = [at(q.load.amount || 1), at((q.load.amount || 1) * factor)];
    if (calm && busy) { times(calm).forEach((t, i) => expect(times(busy)[i]).toBeGreaterThanOrEqual(t * (1 - 1e-6))); }
  }), { numRuns: 300 });
});

test('no more requests are in flight than there are users or places, and a closed loop has all of them', () => {
  fc.assert(fc.property(question, (q) => {
    const e = answer(q);
    if (!e) { return; }
    const { kind, amount } = q.load;
    const rounds = e.outputTokensPerSecond.expected / q.load.lengths.outputTokens * e.endToEnd.mean.expected / 1000;
    const places = q.engine!.maxNumSeqs!;
    expect(e.concurrentRequests).toBeLessThanOrEqual(places);
    if (kind !== LoadKind.CONCURRENCY && kind !== LoadKind.STATIC_BATCH) { return; }
    expect(e.concurrentRequests).toBeLessThanOrEqual(amount);
    expect(rounds).toBeLessThanOrEqual(amount * (1 + 1e-9));
    if (kind === LoadKind.CONCURRENCY) { expect(rounds).toBeGreaterThanOrEqual(amount * (1 - 1e-9)); }
  }), { numRuns: 300 });
});

test('no estimate beats peak arithmetic or peak bandwidth', () => {
  fc.assert(fc.property(question, (q) => {
    const e = answer(q);
    if (!e) { return; }
    const active = q.model.activeParameters!;
    const flops = 2e15 * e.gpus;
    const { promptTokens, outputTokens, prefixHitRatio } = q.load.lengths;
    const computed = Math.max(1, promptTokens * (1 - (prefixHitRatio ?? 0))) - 1 + outputTokens;
    // The head is multiplied once a token that is written, the rest once a token that is computed.
    const shape = q.model._shape!;
    const work = 2 * ((active - shape.vocabSize * shape.hiddenSize) * computed) / outputTokens;
    expect(e.outputTokensPerSecond.expected * work).toBeLessThanOrEqual(flops);
    const dense = q.model === MODELS[0] || q.model === MODELS[1];
    if (dense) { expect(e.timePerOutputToken.mean.expected / 1000).toBeGreaterThanOrEqual((active * 2) / (4e12 * e.gpus) * 0.99); }
  }), { numRuns: 300 });
});

test('no estimate beats the link', () => {
  fc.assert(fc.property(question, fc.integer({ min: 1, max: 100 }), (q, gigabytes) => {
    const { tensorParallel, pipelineParallel = 1 } = q.layout;
    const link = gigabytes * 1e9;
    const e = answer({ ...q, pool: { accelerator: gpu({ linkBytesPerSecond: link, linkDomain: 16 }) } });
    if (!e || tensorParallel === 1) { return; }
    // Each token that is written is reduced over the group at least once a layer, each stage in its own group.
    const { hiddenSize, order } = q.model._shape!;
    const bytes = 2 * (tensorParallel - 1) / tensorParallel * hiddenSize * 2 * order.length / pipelineParallel;
    expect(e.outputTokensPerSecond.expected * bytes).toBeLessThanOrEqual(link);
  }), { numRuns: 300 });
});

test('every figure of an estimate is a finite number that is not negative, and ranges are in order', () => {
  const walk = (value: unknown, key: string): void => {
    if (typeof value === 'number') {
      expect(Number.isFinite(value)).toBe(true);
      if (key !== 'freeBytes') { expect(value).toBeGreaterThanOrEqual(0); }
    } else if (value && typeof value === 'object') {
      Object.entries(value).forEach(([k, v]) => walk(v, k));
      if ('low' in value) {
        const { low, expected, high } = value as { low: number; expected: number; high: number };
        expect(low <= expected && expected <= high).toBe(true);
      }
    }
  };
  fc.assert(fc.property(question, (q) => walk(Sizing.estimate(q), '')), { numRuns: 300 });
});

const planned = fc.record({
  model: fc.constantFrom(...MODELS.slice(0, 5)),
  promptTokens: fc.integer({ min: 1, max: 8000 }),
  outputTokens: fc.integer({ min: 1, max: 2000 }),
  rate: fc.double({ min: 0.01, max: 500, noNaN: true }),
  first: fc.option(fc.integer({ min: 100, max: 5000 }), { nil: undefined }),
  token: fc.option(fc.integer({ min: 10, max: 100 }), { nil: undefined }),
  maxGpus: fc.option(fc.integer({ min: 1, max: 256 }), { nil: undefined }),
  spareReplicas: fc.integer({ min: 0, max: 2 }),
});
type Planned = typeof planned extends fc.Arbitrary<infer T> ? T : never;

const requestOf = (p: Planned, rate: number): SizingRequest => ({
  model: p.model,
  pools: [{ accelerator: gpu(), maxGpus: p.maxGpus }],
  load: Load.requestsPerSecond(rate, { promptTokens: p.promptTokens, outputTokens: p.outputTokens }),
  latency: { timeToFirstTokenMillis: p.first, timePerOutputTokenMillis: p.token },
  spareReplicas: p.spareReplicas,
});

test('more load never needs fewer GPUs', () => {
  fc.assert(fc.property(planned, fc.double({ min: 1, max: 5, noNaN: true }), (p, factor) => {
    const less = solve(requestOf(p, p.rate)).plan;
    const more = solve(requestOf(p, p.rate * factor)).plan;
    if (more) { expect(less!.gpus).toBeLessThanOrEqual(more.gpus); }
  }), { numRuns: 50 });
});

test('a plan satisfies its own request', () => {
  fc.assert(fc.property(planned, (p) => {
    const { plan } = solve(requestOf(p, p.rate));
    if (!plan) { return; }
    const { estimate, gpus, replicas, layout } = plan;
    expect(estimate.fits).toBe(true);
    expect(estimate.timeToFirstToken.atTarget.expected).toBeLessThanOrEqual((p.first ?? Infinity) * (1 + 1e-6));
    expect(estimate.timePerOutputToken.atTarget.expected).toBeLessThanOrEqual((p.token ?? Infinity) * (1 + 1e-6));
    expect(gpus).toBeLessThanOrEqual(p.maxGpus ?? Infinity);
    expect(gpus).toBe(replicas * layout.tensorParallel * layout.pipelineParallel! * layout.dataParallel!);
    expect(estimate.settings.maxModelLen).toBeGreaterThanOrEqual(p.promptTokens + p.outputTokens);
    expect(estimate.outputTokensPerSecond.expected * (replicas - p.spareReplicas)).toBeCloseTo(p.rate * p.outputTokens, 4);
  }), { numRuns: 50 });
});

test('whatever a caller sends, the answer is a plan or one sentence', () => {
  const hostile = fc.oneof(
    fc.anything(), fc.constantFrom(NaN, Infinity, -Infinity, -1, 0, 1e300, '', 'x'.repeat(10_000), '\u0000\n', null, undefined, [], {}),
  );
  const maybe = <T>(good: T) => fc.oneof({ arbitrary: fc.constant(good), weight: 6 }, { arbitrary: hostile, weight: 1 });
  const request = fc.record({
    model: maybe(MODELS[0]),
    precision: maybe(Precision.BF16),
    kvCachePrecision: maybe(Precision.BF16),
    pools: fc.oneof(fc.array(fc.record({ accelerator: maybe(gpu()), gpusPerNode: maybe(8), maxGpus: maybe(64), name: maybe('p') }, { requiredKeys: [] }), { maxLength: 2 }), hostile),
    load: fc.oneof(fc.record({ kind: maybe('requestsPerSecond'), amount: maybe(3), lengths: fc.record({ promptTokens: maybe(100), outputTokens: maybe(100), promptTokensP99: maybe(200) }) }), hostile),
    latency: fc.oneof(fc.record({ percentile: maybe(90), timeToFirstTokenMillis: maybe(1000) }, { requiredKeys: [] }), hostile),
    headroom: maybe(0.1),
    spareReplicas: maybe(1),
    engine: fc.oneof(fc.record({
      name: maybe('vllm'), version: maybe('0.22'), maxNumSeqs: maybe(8), kvBlockSize: maybe(16),
      adapters: fc.oneof(fc.record({ maxLoras: maybe(4), maxRank: maybe(16) }, { requiredKeys: [] }), maybe(undefined)),
      speculative: fc.oneof(fc.tuple(
        fc.constantFrom<'draftModel' | 'eagle3' | 'mtp' | 'ngram'>('draftModel', 'eagle3', 'mtp', 'ngram'),
        fc.record({ tokens: maybe(3), acceptanceLength: maybe(2), acceptanceRates: maybe([0.5, 0.2, 0.1]), model: maybe(MODELS[0]) }, { requiredKeys: [] }),
      ).map(([method, options]) => SpeculativeDecoding[method](options as never)), maybe(undefined)),
    }, { requiredKeys: [] }), hostile),
    layout: fc.oneof(fc.record({ tensorParallel: maybe(2) }), fc.constant(undefined), hostile),
    replicas: maybe(undefined),
    tuneEngine: maybe(false),
    tuneKvCache: maybe(true),
  }, { requiredKeys: [] });
  fc.assert(fc.property(request, (r) => {
    const { plan, problem } = solve(r as unknown as SizingRequest);
    if (plan) { return; }
    expect(problem).toMatch(/^\S.*[^.]$/);
    expect(problem).not.toMatch(/[\n\r\u0000]|NaN GiB|undefined is not|Cannot read/);
    expect(problem!.length).toBeLessThan(1000);
  }), { numRuns: 300 });
});
