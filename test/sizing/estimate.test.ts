import { Accelerator, AcceleratorProps } from '../../src/catalog/accelerator';
import { Model } from '../../src/catalog/model';
import { Precision } from '../../src/catalog/precision';
import { Batching } from '../../src/sizing/batching';
import { fitProblem, lengthsOf, pointOf } from '../../src/sizing/estimate';
import { Instance, Service } from '../../src/sizing/instance';
import { Regime, factorsOf, rangeOf } from '../../src/sizing/intervals';
import { Load } from '../../src/sizing/load';
import { EngineSettings } from '../../src/sizing/plan';
import { EstimateRequest } from '../../src/sizing/questions';
import { Subject, subjectOf } from '../../src/sizing/request';
import { Degrees } from '../../src/sizing/shares';
import { Sizing } from '../../src/sizing/sizing';
import { deepseekR1, llama70b, llama8b } from '../support/shapes';

const GIB = 2 ** 30;
const ALIKE = { promptTokens: 1000, outputTokens: 200 };
const props = { name: 'gpu', memoryBytes: 80 * GIB, memoryBytesPerSecond: 3e12, bf16FlopsPerSecond: 1e15, linkBytesPerSecond: 450e9, linkDomain: 8 };
const gpu = (over: Partial<AcceleratorProps> = {}) => Accelerator.of({ ...props, ...over });
const H100 = Accelerator.named('h100-sxm');

const request = (over: Partial<EstimateRequest> = {}): EstimateRequest => ({
  model: llama8b(), pool: { accelerator: H100 }, layout: { tensorParallel: 1 }, load: Load.concurrency(8, ALIKE), ...over,
});
const estimate = (over: Partial<EstimateRequest> = {}) => Sizing.estimate(request(over));

test.each<[unknown, string]>([
  [undefined, "'request' is undefined but must be an object with model, pool, layout and load"],
  [request({ load: undefined as never }), "'load' is undefined but must be a Load, such as Load.requestsPerSecond(…)"],
  [request({ percentile: 100 }), "'percentile' is 100 but must be a number above 0 and at most 99.999"],
  [request({ model: 3 as never }), "'model' is 3 but must be a Model, from Model.named, Model.fromHubConfig or Model.of"],
  [request({ layout: {} as never }), "'layout.tensorParallel' is undefined but must be a whole number from 1 to 4096"],
  [request({ pool: {} as never }), "'pool.accelerator' is undefined but must be an Accelerator, from Accelerator.named or Accelerator.of"],
  [request({ precision: Precision.NVFP4 }), 'h100-sxm has no nvfp4 tensor rate; use Precision.BF16 or Precision.FP8 or Precision.INT8 or Precision.INT4'],
  [request({ layout: { tensorParallel: 3 } }), "'tensorParallel' 3 does not divide 32 attention heads; use 1, 2, 4, 8, 16 or 32"],
  [request({ engine: { maxModelLen: 500 } }), "'promptTokens' is 1000 but the engine takes at most 500 tokens; ask for shorter prompts or raise 'engine.maxModelLen'"],
])('%# an estimate is refused in a sentence', (wrong, sentence) => expect(() => Sizing.estimate(wrong as EstimateRequest)).toThrow(new Error(sentence)));

test('a fit and candidates are refused in a sentence', () => {
  expect(() => Sizing.fit(3 as never)).toThrow(new Error("'request' is 3 but must be an object with model, pool and layout"));
  expect(() => Sizing.candidates(3 as never)).toThrow(new Error("'request' is 3 but must be an object with model, pools and load"));
  expect(() => Sizing.plan(3 as never)).toThrow(new Error("'request' is 3 but must be an object with model, pools and load"));
});

test('an instance that does not fit is an answer of zeros', () => {
  const none = { low: 0, expected: 0, high: 0 };
  const nothing = { mean: none, p50: none, p90: none, p99: none, atTarget: none };
  expect(estimate({ model: llama70b() })).toMatchObject({
    fits: false,
    reason: expect.stringMatching(/^the weights take 131\.4 GiB per GPU in bf16 but one h100-sxm offers /),
    gpus: 1,
    kvCacheTokens: 0,
    concurrentRequests: 0,
    outputTokensPerSecond: none,
    timeToFirstToken: nothing,
    timePerOutputToken: nothing,
    endToEnd: nothing,
    boundBy: 'kv-capacity',
    utilization: 0,
  });
});

test('a named pool is named, and TensorRT-LLM is offered all of the memory', () => {
  expect(estimate({ model: llama70b(), pool: { accelerator: gpu(), name: 'main' }, engine: { name: 'trtllm', memoryFraction: 0.5 } }).reason)
    .toBe('the weights take 131.4 GiB per GPU in bf16 but one main offers 80.0 GiB (memoryFraction 0.5)');
});

test('the length of an estimate is the context where that fits, and what the requests need where it does not', () => {
  expect(estimate().settings.maxModelLen).toBe(131_072);
  const small = { accelerator: gpu({ memoryBytes: 24 * GIB }) };
  expect(estimate({ pool: small }).settings.maxModelLen).toBe(2048);
  expect(estimate({ pool: small, engine: { maxModelLen: 131_072 } }).fits).toBe(false);
  expect(Sizing.fit({ model: llama8b(), pool: small, layout: { tensorParallel: 1 } })).toMatchObject({ fits: false, settings: { maxModelLen: 131_072 } });
});

test('an engine that refuses no short cache starts with less than its context', () => {
  const small = { accelerator: gpu({ memoryBytes: 24 * GIB }) };
  expect(Sizing.fit({ model: llama8b(), pool: small, layout: { tensorParallel: 1 }, engine: { name: 'sglang' } }).fits).toBe(true);
  expect(estimate({ pool: small, engine: { name: 'sglang', maxModelLen: 131_072 } }).fits).toBe(true);
});

test('throughput and latency obey Little', () => {
  const e = estimate();
  expect(e.concurrentRequests).toBeCloseTo(8, 9);
  expect(e.outputTokensPerSecond.expected / 200 * (e.endToEnd.mean.expected / 1000)).toBeCloseTo(8, 9);
  expect(e.endToEnd.mean.expected).toBeCloseTo(e.timeToFirstToken.mean.expected + 199 * e.timePerOutputToken.mean.expected, 6);
});

test('the target is the 95th percentile, or the one that is asked for', () => {
  const of = (percentile?: number) => estimate({ load: Load.requestsPerSecond(5, ALIKE), percentile }).timeToFirstToken;
  expect(of().atTarget.expected).toBeGreaterThan(of().p90.expected);
  expect(of().atTarget.expected).toBeLessThan(of().p99.expected);
  expect(of().p50.expected).toBeLessThan(of().p90.expected);
  expect([of(50).atTarget, of(90).atTarget, of(99).atTarget]).toEqual([of().p50, of().p90, of().p99]);
});

test.each<[Regime, Load]>([
  ['arrivals', Load.requestsPerSecond(2, ALIKE)], ['arrivals', Load.outputTokensPerSecond(400, ALIKE)], ['closedLoop', Load.concurrency(8, ALIKE)],
  ['staticBatch', Load.staticBatch(8, ALIKE)], ['saturated', Load.saturated(ALIKE)],
])('figures of %s have the range of their kind, wider on hardware that nobody measured', (regime, load) => {
  const sureness = { regime, engine: 'vllm', experts: false, covered: true, measured: true };
  const measured = estimate({ load });
  const guess = estimate({ load, pool: { accelerator: gpu() } });
  for (const [range, guessed, of] of [
    [measured.outputTokensPerSecond, guess.outputTokensPerSecond, 'throughput'], [measured.timeToFirstToken.mean, guess.timeToFirstToken.mean, 'firstToken'],
    [measured.timeToFirstToken.p99, guess.timeToFirstToken.p99, 'lateFirstToken'], [measured.endToEnd.p50, guess.endToEnd.p50, 'endToEnd'],
  ] as const) {
    expect(range.high).toBeCloseTo(rangeOf(range.expected, factorsOf(sureness)[of]).high, 6);
    expect(guessed.high).toBeCloseTo(rangeOf(guessed.expected, factorsOf({ ...sureness, covered: false, measured: false })[of]).high, 6);
    expect(guessed.high / guessed.expected).toBeGreaterThan(range.high / range.expected);
  }
});

test('a load in tokens is the same load in requests, and each kind asks its own question', () => {
  const asked: unknown[][] = [];
  const batching = new Proxy({ slots: 99 }, { get: (target, name) => name === 'slots' ? target.slots : (amount: number) => { asked.push([name, amount]); } });
  const regimes = [Load.requestsPerSecond(2, ALIKE), Load.outputTokensPerSecond(800, ALIKE), Load.concurrency(3, ALIKE), Load.staticBatch(5, ALIKE), Load.saturated(ALIKE)]
    .map((load) => pointOf({ batching: batching as unknown as Batching } as Service, load).regime);
  expect(asked).toEqual([['poisson', 2], ['poisson', 4], ['closedLoop', 3], ['staticBatch', 5], ['closedLoop', 99]]);
  expect(regimes).toEqual(['arrivals', 'arrivals', 'closedLoop', 'staticBatch', 'saturated']);
});

test.each<[string, Partial<EstimateRequest>]>([
  ['memory-bandwidth', { load: Load.concurrency(1, { promptTokens: 10, outputTokens: 1000 }) }],
  ['compute', { load: Load.concurrency(1, { promptTokens: 4000, outputTokens: 8 }) }],
  ['interconnect', {
    pool: { accelerator: gpu({ linkBytesPerSecond: 1e9 }) }, layout: { tensorParallel: 8 }, load: Load.concurrency(1, { promptTokens: 10, outputTokens: 1000 }),
  }],
  ['kv-capacity', { pool: { accelerator: gpu({ memoryBytes: 24 * GIB }) }, load: Load.saturated({ promptTokens: 2000, outputTokens: 2000 }) }],
  ['queue', { engine: { maxNumSeqs: 4 }, load: Load.requestsPerSecond(50, ALIKE) }],
])('bound by %s', (boundBy, over) => expect(estimate(over).boundBy).toBe(boundBy));

test('a step that is full of prompts is not a full cache', () => {
  expect(estimate({ load: Load.saturated({ promptTokens: 30_000, outputTokens: 2 }) }).boundBy).not.toBe('kv-capacity');
});

test('utilisation is the load over the capacity, and 1 when saturated', () => {
  const capacity = estimate({ load: Load.requestsPerSecond(1e6, ALIKE) }).outputTokensPerSecond.expected / 200;
  expect(estimate({ load: Load.requestsPerSecond(capacity / 4, ALIKE) }).utilization).toBeCloseTo(0.25, 9);
  expect(estimate({ load: Load.requestsPerSecond(1e6, ALIKE) }).utilization).toBe(1);
});

test('a busy board takes more power than an idle one, and one of unknown power an unknown one', () => {
  const watts = (load: Load) => estimate({ load }).energy!.watts;
  expect(watts(Load.requestsPerSecond(1e-6, ALIKE))).toBeCloseTo(0.15 * H100.maxPowerWatts!, 0);
  expect(watts(Load.concurrency(1, ALIKE))).toBeGreaterThan(0.55 * H100.maxPowerWatts!);
  expect(watts(Load.concurrency(1, ALIKE))).toBeLessThan(watts(Load.concurrency(64, { promptTokens: 8000, outputTokens: 10 })));
  expect(estimate({ pool: { accelerator: gpu() } }).energy).toBeUndefined();
});

test('lengths of a load have the spread that is stated, or that of its question', () => {
  const stated = Load.saturated({ promptTokens: 100, outputTokens: 10, promptTokensP99: 300, outputTokensP99: 20, prefixHitRatio: 0.3 });
  expect(lengthsOf(stated, 1000, true)).toMatchObject({ promptP99: 300, outputP99: 20, prefixHitRatio: 0.3, prompt: { mean: 100 }, output: { mean: 10 } });
  expect(lengthsOf(Load.saturated(ALIKE), 1500, true)).toMatchObject({ promptP99: 1500, outputP99: 800, prefixHitRatio: 0 });
  expect(lengthsOf(Load.saturated(ALIKE), 1500, false)).toMatchObject({ prompt: { sigma: 0 }, output: { sigma: 0 }, promptP99: 1000 });
});

const SETTINGS: EngineSettings = { maxModelLen: 8192, maxNumSeqs: 256, maxNumBatchedTokens: 8192, memoryFraction: 0.9, kvBlockSize: 16 };

function instance(over: { model?: ReturnType<typeof llama8b>; at?: Partial<Degrees>; engine?: string; settings?: Partial<EngineSettings>; gpusPerNode?: number; memoryBytes?: number } = {}) {
  const subject = subjectOf({ model: over.model ?? llama8b(), engine: { name: over.engine } }) as Subject;
  const pool = { accelerator: gpu({ memoryBytes: over.memoryBytes ?? 80 * GIB }), gpusPerNode: over.gpusPerNode };
  return new Instance(subject, pool, { tp: 1, pp: 1, dp: 1, ep: 1, ...over.at }, { ...SETTINGS, ...over.settings });
}

test('an instance takes the GPUs of its layout, on as many nodes as hold them', () => {
  const big = instance({ model: deepseekR1(), at: { tp: 2, pp: 3, dp: 4, ep: 8 } });
  expect([big.gpus, big.nodes, instance({ at: { tp: 8 }, gpusPerNode: 4 }).nodes, instance().nodes]).toEqual([24, 3, 2, 1]);
});

test('a request holds half of its completion on the mean, or all of it where the engine reserves it', () => {
  const vllm = instance({ settings: { maxNumSeqs: 4096 } });
  const perToken = 131_072;
  const blocks = Math.floor(vllm.ledger.kvCacheBytes / (16 * perToken));
  expect(blocks).toBeGreaterThan(10_000);
  expect(vllm.slots(1000, 280)).toBeCloseTo(blocks / Math.ceil(1140 / 16), 9);
  const reserving = instance({ engine: 'trtllm', settings: { maxNumSeqs: 4096 } });
  expect(reserving.slots(1000, 280)).toBeCloseTo(reserving.ledger.kvCacheBytes / (1280 * perToken), 6);
  expect(vllm.longestRequests).toBeCloseTo(blocks / 512, 9);
});

test('the engine bounds the requests of each data-parallel rank, or the cache does', () => {
  const few = instance({ model: deepseekR1(), at: { dp: 8, ep: 8 }, settings: { maxNumSeqs: 2 }, memoryBytes: 280 * GIB });
  expect(few.slots(100, 100)).toBe(16);
  expect([few.cacheBound(100, 100), instance({ settings: { maxNumSeqs: 4096 } }).cacheBound(1000, 280)]).toEqual([false, true]);
});

test('what is held besides the cache is weights, activations, buffers and graphs', () => {
  const { heldBytes, ledger } = instance();
  expect(heldBytes).toBe(ledger.weightBytes + ledger.activationBytes + ledger.communicationBytes + ledger.graphBytes);
});

test('a pipeline holds as many requests as the stage that holds fewest, which need not be the one with most weights', () => {
  const even = instance({ at: { pp: 2 } });
  expect(even.cache.availableBytes).toBe(even.ledger.kvCacheBytes);
  const { _shape: shape } = llama8b();
  const [kind] = shape!.kinds;
  const heavy = { ...kind, attention: { type: 'none' as const }, weights: kind.weights.map((t) => ({ ...t, parameters: 2 * t.parameters })) };
  const model = Model._create({
    id: 'uneven', weightPrecision: Precision.BF16, source: 'a test', asOf: '2026-01-01', shape: { ...shape!, kinds: [kind, heavy], order: [0, 0, 0, 0, 1, 1, 1, 1] },
  });
  const uneven = instance({ model, at: { pp: 2 }, settings: { maxNumSeqs: 16_384 } });
  expect(uneven.shares.fullest).toBe(1);
  expect(uneven.ledger.weightBytes).toBe(uneven.shares.stages[1].weightBytes);
  // Four layers of 4,096 bytes a token, in the room that the first stage has.
  expect(uneven.slots(1024, 0)).toBe(Math.floor(uneven.cache.availableBytes / (16 * 4 * 4096)) / 64);
  expect(uneven.cache.availableBytes).toBeGreaterThan(uneven.ledger.kvCacheBytes);
});

test('an instance says what it lacks', () => {
  expect(fitProblem(instance(), 8192)).toBeUndefined();
  expect(fitProblem(instance({ memoryBytes: 18 * GIB }), 8192)).toMatch(/^weights \(15\.0 GiB\), activations, graphs and buffers take 16\.\d GiB per GPU but one gpu offers 16\.2 GiB \(memoryFraction 0\.9\), which leaves nothing to the KV cache$/);
  expect(fitProblem(instance({ memoryBytes: 16 * GIB }), 8192)).toBe('the weights take 15.0 GiB per GPU in bf16 but one gpu offers 14.4 GiB (memoryFraction 0.9)');
  expect(fitProblem(instance(), 1e6)).toMatch(/^a request of 1000000 tokens needs 122\.1 GiB of KV cache per GPU but 5\d\.\d GiB are left$/);
});

test.each<[string, Partial<EstimateRequest>, Partial<EstimateRequest>]>([
  // [what, a pool or layout, the same with a quicker link]
  ['stages on two nodes hand over by the network', { layout: { tensorParallel: 8, pipelineParallel: 2 }, pool: { accelerator: gpu(), interNodeBytesPerSecond: 1e9 } },
    { pool: { accelerator: gpu(), interNodeBytesPerSecond: 1e11 } }],
  ['stages on one node hand over by its link', { layout: { tensorParallel: 1, pipelineParallel: 2 }, pool: { accelerator: gpu({ linkBytesPerSecond: 1e9 }) } },
    { pool: { accelerator: gpu({ linkBytesPerSecond: 1e12 }) } }],
  ['experts exchange by the link', { model: deepseekR1(), layout: { tensorParallel: 1, dataParallel: 8, expertParallel: 8 }, pool: { accelerator: gpu({ memoryBytes: 280e9, fp8FlopsPerSecond: 2e15, linkBytesPerSecond: 1e9 }) } },
    { pool: { accelerator: gpu({ memoryBytes: 280e9, fp8FlopsPerSecond: 2e15, linkBytesPerSecond: 1e12 }) } }],
])('%s', (_what, over, quicker) => {
  const load = Load.concurrency(4, { promptTokens: 8000, outputTokens: 10 });
  const time = (e: Partial<EstimateRequest>) => estimate({ load, ...e }).timeToFirstToken.mean.expected;
  expect(time({ ...over, ...quicker })).toBeLessThan(time(over) * 0.95);
});

test('one node has no use for the network', () => {
  const at = (interNodeBytesPerSecond: number) => estimate({ layout: { tensorParallel: 2, pipelineParallel: 2 }, pool: { accelerator: gpu(), interNodeBytesPerSecond } });
  expect(at(1e9)).toEqual(at(1e12));
});

test('a queue for a place is a queue, while there are fewer places than clients', () => {
  const engine = { maxNumSeqs: 4 };
  expect(estimate({ engine, load: Load.concurrency(40, { promptTokens: 10, outputTokens: 1000 }) }).boundBy).toBe('queue');
  expect(estimate({ engine, load: Load.concurrency(5, { promptTokens: 10, outputTokens: 1000 }) }).boundBy).toBe('memory-bandwidth');
});

test('the tokens of a cache that is too short are still said', () => {
  const small = { accelerator: gpu({ memoryBytes: 24 * GIB }) };
  const { kvCacheTokens, fits } = estimate({ pool: small, engine: { maxModelLen: 131_072 } });
  expect([fits, kvCacheTokens > 1000]).toEqual([false, true]);
});

test('the cache of prefixes saves prompt time, not answers', () => {
  const at = (prefixHitRatio: number) => estimate({ load: Load.concurrency(4, { promptTokens: 8000, outputTokens: 50, prefixHitRatio }) });
  expect(at(0.9).timeToFirstToken.mean.expected).toBeLessThan(at(0).timeToFirstToken.mean.expected / 2);
  expect(at(1).outputTokensPerSecond.expected).toBeGreaterThan(at(0.9).outputTokensPerSecond.expected);
});
