import fc from 'fast-check';
import { Accelerator } from '../../src/catalog/accelerator';
import { Model } from '../../src/catalog/model';
import { Precision } from '../../src/catalog/precision';
import { Load, LoadKind } from '../../src/sizing/load';
import { EstimateRequest, ParallelLayout } from '../../src/sizing/questions';
import { simulateReplica } from '../../src/sizing/replica';
import { SimulatedEstimate } from '../../src/sizing/simulated-estimate';
import { Sizing } from '../../src/sizing/sizing';

const LLAMA = 'meta-llama/Llama-3.1-8B-Instruct';
const LLAMA_70B = 'meta-llama/Llama-3.3-70B-Instruct';
const TP = (tensorParallel: number): ParallelLayout => ({ tensorParallel });
const ask = (model: string, gpu: string, engine: string, layout: ParallelLayout, load: Load): EstimateRequest =>
  ({ model: Model.named(model), pool: { accelerator: Accelerator.named(gpu) }, layout, engine: { name: engine }, load });
const LENGTHS = { promptTokens: 1000, outputTokens: 250 };
const small = (load: Load) => ask(LLAMA, 'h100-sxm', 'vllm', TP(1), load);
const QUICK = { mostRequests: 1000 };

test('the answer has the form of an estimate, and says how sure it is', () => {
  const seen = Sizing.simulate({ ...small(Load.requestsPerSecond(10, LENGTHS)), percentile: 99 });
  expect(seen).toMatchObject({ fits: true, gpus: 1, simulation: { queueGrows: false, preemptionsPerRequest: 0 } });
  expect(seen.simulation!.requests).toBeGreaterThanOrEqual(2000);
  expect(seen.simulation!.relativeError).toBeLessThan(0.05);
  expect(seen.simulation!.kvCacheUse).toBeGreaterThan(0);
  expect(seen.simulation!.kvCachePeak).toBeGreaterThan(seen.simulation!.kvCacheUse);
  for (const latency of [seen.timeToFirstToken, seen.timePerOutputToken, seen.endToEnd]) {
    const figures = [latency.p50, latency.p90, latency.p99].map((range) => range.expected);
    expect(figures).toEqual([...figures].sort((a, b) => a - b));
    expect(latency.atTarget).toEqual(latency.p99);
    expect(latency.mean.low).toBeLessThan(latency.mean.expected);
    expect(latency.mean.high).toBeGreaterThan(latency.mean.expected);
  }
});

test('the same request has the same answer', () => {
  const request = small(Load.requestsPerSecond(5, { ...LENGTHS, outputTokensP99: 1000 }));
  expect(Sizing.simulate(request, QUICK)).toEqual(Sizing.simulate(request, QUICK));
  expect(Sizing.simulate(request, { ...QUICK, seed: 1 })).not.toEqual(Sizing.simulate(request, QUICK));
});

test('an instance that does not fit has the reason of the estimate, and no simulation', () => {
  const request = ask(LLAMA_70B, 'h100-sxm', 'vllm', TP(1), Load.saturated(LENGTHS));
  expect(Sizing.simulate(request)).toEqual(Sizing.estimate(request));
});

test('output tokens per second ask for as many requests', () => {
  const tokens = Sizing.simulate(small(Load.outputTokensPerSecond(2500, LENGTHS)), QUICK);
  expect(tokens).toEqual(Sizing.simulate(small(Load.requestsPerSecond(10, LENGTHS)), QUICK));
});

test('bursts wait longer, in the formulas as in the simulation', () => {
  const at = (variation: number) => small(Load.requestsPerSecond(15, { ...LENGTHS, arrivalVariation: variation }));
  for (const of of [(request: EstimateRequest) => Sizing.estimate(request), (request: EstimateRequest) => Sizing.simulate(request)]) {
    expect(of(at(3)).timeToFirstToken.p99.expected).toBeGreaterThan(1.2 * of(at(1)).timeToFirstToken.p99.expected);
    expect(of(at(0)).timeToFirstToken.mean.expected).toBeLessThan(of(at(1)).timeToFirstToken.mean.expected);
  }
});

test('a queue that grows is named', () => {
  const { queueGrows, requests } = Sizing.simulate(small(Load.requestsPerSecond(60, LENGTHS)), QUICK).simulation!;
  expect([queueGrows, requests >= 1000]).toEqual([true, true]);
});

test.each<[string, EstimateRequest, object | undefined, string]>([
  ['a seed', small(Load.saturated(LENGTHS)), { seed: 0 }, "'seed' is 0 but must be a whole number from 1 to 4294944442"],
  ['a number of requests', small(Load.saturated(LENGTHS)), { mostRequests: 10 }, "'mostRequests' is 10 but must be a whole number from 1000 to 1000000"],
  ['an error', small(Load.saturated(LENGTHS)), { relativeError: 0 }, "'relativeError' is 0 but must be a number above 0 and at most 1"],
  ['options', small(Load.saturated(LENGTHS)), 'fast' as unknown as object, "'options' is 'fast' but must be an object with seed, mostRequests or relativeError"],
  ['a variation', small(Load.requestsPerSecond(1, { ...LENGTHS, arrivalVariation: 11 })), undefined, "'load.arrivalVariation' is 11 but must be a number from 0 to 10"],
  ['a variation that is a text', small(Load.requestsPerSecond(1, { ...LENGTHS, arrivalVariation: '3' as unknown as number })), undefined, "'load.arrivalVariation' is '3' but must be a number from 0 to 10"],
  ['a crowd', small(Load.concurrency(1e6, LENGTHS)), undefined, '1000000 requests in flight are more than a simulation takes; ask for at most 100000'],
])('%s that makes no sense is refused in a sentence', (_what, request, options, sentence) => {
  expect(() => Sizing.simulate(request, options)).toThrow(new Error(sentence));
});

test('one replica of a plan is simulated with the lengths, the settings and the share of the load that the plan assumed', () => {
  const load = Load.requestsPerSecond(60, LENGTHS);
  const request = { model: Model.named(LLAMA), pools: [{ accelerator: Accelerator.named('h100-sxm') }], load, spareReplicas: 1 };
  const plan = Sizing.plan(request);
  const seen = simulateReplica(request, plan);
  expect(seen.settings).toEqual(plan.estimate.settings);
  expect(seen.outputTokensPerSecond.expected / (60 * 250 / (plan.replicas - 1))).toBeCloseTo(1, 1);
  // Four times the mean at the 99th percentile.
  expect(seen.endToEnd.p99.expected / seen.endToEnd.p50.expected).toBeGreaterThan(3);
  const tokens = Load.outputTokensPerSecond(60 * 250, LENGTHS);
  expect(simulateReplica({ ...request, load: tokens }, plan)).toEqual(seen);
});

// ── formulas against simulation ──────────────────────────────────────────────

type Bounds = { readonly [figure: string]: readonly [number, number] };
const FIGURES: { readonly [figure: string]: (of: SimulatedEstimate) => number } = {
  throughput: (of) => of.outputTokensPerSecond.expected,
  perToken: (of) => of.timePerOutputToken.mean.expected,
  firstToken: (of) => of.timeToFirstToken.mean.expected,
  firstTokenP99: (of) => of.timeToFirstToken.p99.expected,
  endToEnd: (of) => of.endToEnd.mean.expected,
};

/** Formula over simulation. docs/sizing.md states these bounds: change both. */
const LIGHT: Bounds = { throughput: [0.95, 1.05], perToken: [0.85, 1.1], firstToken: [0.85, 1.1], firstTokenP99: [0.75, 1.35], endToEnd: [0.85, 1.1] };
const HEAVY: Bounds = { throughput: [0.95, 1.05], perToken: [0.8, 1.1], firstToken: [0.8, 1.2], firstTokenP99: [0.7, 1.6], endToEnd: [0.8, 1.1] };
const CLOSED: Bounds = { throughput: [0.85, 1.1], perToken: [0.85, 1.3], endToEnd: [0.85, 1.2] };
const FULL: Bounds = { throughput: [0.8, 1.25] };
const BATCH: Bounds = { throughput: [0.95, 1.15], endToEnd: [0.9, 1.1] };
/** Steps of several ranks or stages that wait for each other. */
const COUPLED: Bounds = { throughput: [0.94, 1.05], perToken: [0.9, 1.05], firstToken: [0.87, 1.15], firstTokenP99: [0.75, 1.9], endToEnd: [0.92, 1.05] };
const BUSY: Bounds = { throughput: [0.94, 1.06], perToken: [0.85, 1.15], firstToken: [0.75, 1.25], firstTokenP99: [0.55, 2.1], endToEnd: [0.88, 1.15] };
/** Prompts that have steps of their own, each of which takes at least as long as its launches. */
const APART = {
  light: { ...LIGHT, firstTokenP99: [0.75, 1.65] } as Bounds,
  heavy: { ...HEAVY, perToken: [0.75, 1.1], endToEnd: [0.78, 1.1] } as Bounds,
  coupled: { ...COUPLED, perToken: [0.85, 1.05], endToEnd: [0.88, 1.05] } as Bounds,
};
const ALONE: Bounds = { throughput: [0.95, 1.05], perToken: [0.97, 1.1], firstToken: [0.95, 1.1], firstTokenP99: [0.8, 1.2], endToEnd: [0.97, 1.1] };

function distances(request: EstimateRequest, bounds: Bounds): string[] {
  const formula = Sizing.estimate(request);
  const seen = Sizing.simulate(request, { mostRequests: 4000 });
  return Object.entries(bounds).flatMap(([figure, [low, high]]) => {
    const ratio = FIGURES[figure](formula) / FIGURES[figure](seen);
    return ratio >= low && ratio <= high ? [] : [`${figure} ${ratio.toFixed(2)} not in ${low} to ${high}`];
  });
}

/** A share of what the formulas say is the most. */
function loaded(share: number, request: EstimateRequest): EstimateRequest {
  const { lengths } = request.load;
  const most = Sizing.estimate({ ...request, load: Load.requestsPerSecond(1e6, lengths) }).outputTokensPerSecond.expected / lengths.outputTokens;
  return { ...request, load: Load.requestsPerSecond(share * most, lengths) };
}

const CHAT = { promptTokens: 1000, outputTokens: 250, promptTokensP99: 4000, outputTokensP99: 1000 };
const CODE = { promptTokens: 6000, outputTokens: 400 };
const TALK = { promptTokens: 150, outputTokens: 700, promptTokensP99: 300, outputTokensP99: 1400 };

describe.each<[string, EstimateRequest]>([
  ['8B on one H100 with vLLM, chat', ask(LLAMA, 'h100-sxm', 'vllm', TP(1), Load.saturated(CHAT))],
  ['8B on one H100 with TensorRT-LLM, code', ask(LLAMA, 'h100-sxm', 'trtllm', TP(1), Load.saturated(CODE))],
  ['8B on one A100 with SGLang, long answers', ask(LLAMA, 'a100-sxm-80gb', 'sglang', TP(1), Load.saturated(TALK))],
  ['32B on two H200 with SGLang, chat', ask('Qwen/Qwen3-32B', 'h200-sxm', 'sglang', TP(2), Load.saturated(CHAT))],
  ['70B on four H100 with TensorRT-LLM, chat', ask(LLAMA_70B, 'h100-sxm', 'trtllm', TP(4), Load.saturated(CHAT))],
  ['Gemma 3 27B, sliding windows, on two MI300X with vLLM, chat', ask('google/gemma-3-27b-it', 'mi300x', 'vllm', TP(2), Load.saturated(CHAT))],
  ['gpt-oss-120b, experts, on two H100 with vLLM, code', ask('openai/gpt-oss-120b', 'h100-sxm', 'vllm', TP(2), Load.saturated(CODE))],
])('%s', (_what, request) => {
  const { lengths } = request.load;
  const apart = request.engine?.name === 'sglang';
  test('formulas and simulation agree in light load', () => expect(distances(loaded(0.4, request), apart ? APART.light : LIGHT)).toEqual([]));
  test('… at 85 % of capacity', () => expect(distances(loaded(0.85, request), apart ? APART.heavy : HEAVY)).toEqual([]));
  test('… in a closed loop', () => expect(distances({ ...request, load: Load.concurrency(24, lengths) }, CLOSED)).toEqual([]));
  test('… when saturated', () => expect(distances(request, FULL)).toEqual([]));
});

test.each(['vllm', 'trtllm'])('%s: a full cache holds as many requests of spread lengths by formula as in the simulation', (engine) => {
  const request = ask(LLAMA, 'h100-sxm', engine, TP(1), Load.saturated(CHAT));
  expect(Sizing.estimate(request).concurrentRequests / Sizing.simulate(request, { mostRequests: 4000 }).concurrentRequests).toBeCloseTo(1, 1);
});

test.each([150, 250])('%d requests of which the cache does not hold all until they end: some are put back and read again', (maxNumSeqs) => {
  const long = ask(LLAMA_70B, 'mi300x', 'vllm', TP(1), Load.saturated({ promptTokens: 128, outputTokens: 4096 }));
  const crowded = { ...long, precision: Precision.FP8, engine: { name: 'vllm', version: '0.10', maxNumSeqs, kvCachePrecision: Precision.FP8 } };
  const seen = Sizing.simulate(crowded, { mostRequests: 2000 });
  expect(seen.simulation!.preemptionsPerRequest).toBeGreaterThan(0.2);
  const ratio = Sizing.estimate(crowded).outputTokensPerSecond.expected / seen.outputTokensPerSecond.expected;
  expect(ratio).toBeGreaterThan(0.95);
  expect(ratio).toBeLessThan(1.15);
});

const STAGES: ParallelLayout = { tensorParallel: 2, pipelineParallel: 2 };

test.each([
  ['short', CHAT, 0.3, COUPLED], ['short', CHAT, 0.6, COUPLED], ['short', CHAT, 0.85, BUSY],
  ['long', CODE, 0.3, COUPLED], ['long', CODE, 0.6, COUPLED], ['long', CODE, 0.85, BUSY],
] as const)('two stages: all wait for the longest step under way, %s prompts, %#', (_what, lengths, share, bounds) => {
  const stages = ask(LLAMA_70B, 'b200-sxm', 'vllm', STAGES, Load.saturated(lengths));
  expect(distances(stages, FULL)).toEqual([]);
  expect(distances(loaded(share, stages), bounds)).toEqual([]);
});

const RANKS: ParallelLayout = { tensorParallel: 1, dataParallel: 4, expertParallel: 4 };

test.each([
  ['vllm', CHAT, 0.3, COUPLED], ['vllm', CHAT, 0.6, COUPLED], ['vllm', CHAT, 0.85, BUSY],
  ['vllm', CODE, 0.3, COUPLED], ['vllm', CODE, 0.6, COUPLED], ['vllm', CODE, 0.85, BUSY],
  ['trtllm', CHAT, 0.4, COUPLED], ['trtllm', CODE, 0.85, BUSY], ['sglang', CHAT, 0.4, APART.coupled], ['sglang', CODE, 0.6, APART.coupled],
] as const)('%s: a prompt on any rank that shares experts stops all of them, %#', (engine, lengths, share, bounds) => {
  expect(distances(loaded(share, ask('openai/gpt-oss-120b', 'h100-sxm', engine, RANKS, Load.saturated(lengths))), bounds)).toEqual([]);
});

test.each([0.005, 0.02, 0.05])('few requests in flight hit as many experts as one more than the mean, at %d of capacity', (share) => {
  expect(distances(loaded(share, ask('Qwen/Qwen3-30B-A3B', 'h100-sxm', 'vllm', TP(1), Load.saturated(CHAT))), ALONE)).toEqual([]);
});

test.each(['vllm', 'trtllm'])('%s: a static batch of spread lengths ends with its longest completion', (engine) => {
  expect(distances(ask(LLAMA, 'h100-sxm', engine, TP(1), Load.staticBatch(24, TALK)), BATCH)).toEqual([]);
});

test('SGLang: short completions behind prompts that come faster than steps', () => {
  const short = ask(LLAMA, 'h100-sxm', 'sglang', TP(1), Load.saturated({ promptTokens: 600, outputTokens: 30 }));
  expect(distances(loaded(0.6, short), { throughput: [0.95, 1.05], perToken: [0.8, 1.1], firstToken: [0.8, 1.2], endToEnd: [0.8, 1.15] })).toEqual([]);
});

const length = (min: number, max: number) => fc.integer({ min, max });
const spread = fc.constantFrom(1, 2, 4);
const dense = fc.constantFrom<[string, string, ParallelLayout]>(
  [LLAMA, 'h100-sxm', TP(1)], [LLAMA, 'l40s', TP(1)], ['Qwen/Qwen3-32B', 'a100-sxm-80gb', TP(2)], [LLAMA_70B, 'h200-sxm', TP(4)], [LLAMA_70B, 'mi300x', TP(2)]);

test('formulas and simulation agree for any dense model and lengths, up to 60 % of capacity', () => {
  fc.assert(fc.property(
    dense, fc.constantFrom('vllm', 'sglang', 'trtllm'), length(50, 6000), length(100, 1000), spread, fc.double({ min: 0.05, max: 0.6, noNaN: true }),
    ([model, gpu, layout], engine, promptTokens, outputTokens, ratio, share) => {
      const lengths = { promptTokens, outputTokens, promptTokensP99: promptTokens * ratio, outputTokensP99: outputTokens * ratio };
      expect(distances(loaded(share, ask(model, gpu, engine, layout, Load.saturated(lengths))), LIGHT)).toEqual([]);
    }), { numRuns: 8, endOnFailure: true });
});

test('every kind of load can be simulated', () => {
  expect(Object.values(LoadKind)).toHaveLength(5);
  for (const load of [Load.staticBatch(16, LENGTHS), Load.concurrency(16, LENGTHS), Load.saturated(LENGTHS)]) {
    expect(Sizing.simulate(small(load), QUICK).outputTokensPerSecond.expected).toBeGreaterThan(500);
  }
});
