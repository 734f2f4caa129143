import { Accelerator } from '../../src/catalog/accelerator';
import { Model } from '../../src/catalog/model';
import { Precision } from '../../src/catalog/precision';
import { Load, LoadKind, RequestLengths } from '../../src/sizing/load';
import { LatencyTarget, ParallelLayout, SizingEngine, SizingPool } from '../../src/sizing/questions';
import {
  acceleratorProblem, degreesOf, latencyProblem, loadProblem, p99Of, percentileProblem, poolProblem, poolsProblem, subjectOf,
} from '../../src/sizing/request';
import { gptOss120b, llama8b, shapeOf } from '../support/shapes';

const H100 = Accelerator.named('h100-sxm');
const MOST = 'from 1 to 1000000000';

test.each<[unknown, string | undefined]>([
  [{ accelerator: H100 }, undefined],
  [{ accelerator: H100, name: 'h100', gpusPerNode: 1024, maxGpus: 1, dollarsPerGpuHour: 0, interNodeBytesPerSecond: 1e15 }, undefined],
  [null, "'pool' is null but must be a pool: an object with an accelerator"],
  [[], "'pool' is a list of 0 but must be a pool: an object with an accelerator"],
  [{ accelerator: 'h100' }, "'pool.accelerator' is 'h100' but must be an Accelerator, from Accelerator.named or Accelerator.of"],
  [{ accelerator: H100, name: '' }, "'pool.name' is '' but must be a name"],
  [{ accelerator: H100, name: 3 }, "'pool.name' is 3 but must be a name"],
  [{ accelerator: H100, gpusPerNode: 1025 }, "'pool.gpusPerNode' is 1025 but must be a whole number from 1 to 1024"],
  [{ accelerator: H100, gpusPerNode: 1.5 }, "'pool.gpusPerNode' is 1.5 but must be a whole number from 1 to 1024"],
  [{ accelerator: H100, maxGpus: 0 }, "'pool.maxGpus' is 0 but must be a whole number from 1 up"],
  [{ accelerator: H100, dollarsPerGpuHour: -1 }, "'pool.dollarsPerGpuHour' is -1 but must be a number of dollars from 0 to 1000000"],
  [{ accelerator: H100, interNodeBytesPerSecond: 400 }, "'pool.interNodeBytesPerSecond' is 400 but must be a number of bytes per second from 1000000 to 1000000000000000"],
])('%# a pool is checked', (pool, sentence) => expect(poolProblem('pool', pool)).toBe(sentence));

test('every pool of the list is checked, and there may be a thousand', () => {
  const pool: SizingPool = { accelerator: H100 };
  expect(poolsProblem([pool, { accelerator: H100, maxGpus: -1 }])).toBe("'pools[1].maxGpus' is -1 but must be a whole number from 1 up");
  expect(poolsProblem(Array.from({ length: 1000 }, () => pool))).toBeUndefined();
  expect(poolsProblem(Array.from({ length: 1001 }, () => pool))).toBe("'pools' has 1001 pools but may have at most 1000");
  expect(poolsProblem('all')).toBe("'pools' is 'all' but must be a list of at least one pool");
});

const lengths = (over: Partial<{ [name in keyof RequestLengths]: unknown }> = {}) => ({ promptTokens: 100, outputTokens: 50, ...over }) as RequestLengths;

test.each<[unknown, string | undefined]>([
  [Load.requestsPerSecond(0.1, lengths({ promptTokensP99: 100, outputTokensP99: 1e9, prefixHitRatio: 1 })), undefined],
  [Load.saturated(lengths()), undefined],
  [Load.concurrency(1e9, lengths()), undefined],
  [undefined, "'load' is undefined but must be a Load, such as Load.requestsPerSecond(…)"],
  [{ kind: 'burst' }, "'load.kind' is 'burst' but must be one of requestsPerSecond, outputTokensPerSecond, concurrency, saturated, staticBatch"],
  [{ kind: 3 }, "'load.kind' is 3 but must be one of requestsPerSecond, outputTokensPerSecond, concurrency, saturated, staticBatch"],
  [Load.requestsPerSecond(0, lengths()), "'load.requestsPerSecond' is 0 but must be a number above 0"],
  [Load.outputTokensPerSecond(Infinity, lengths()), "'load.outputTokensPerSecond' is Infinity but must be a number above 0"],
  [Load.concurrency(2e9, lengths()), "'load.concurrency' is 2000000000 but must be a number of requests above 0 and at most 1000000000"],
  [Load.staticBatch(0, lengths()), "'load.staticBatch' is 0 but must be a number of requests above 0 and at most 1000000000"],
  [Load.saturated(undefined as never), "'load.lengths' is undefined but must be an object with promptTokens and outputTokens"],
  [Load.saturated(lengths({ promptTokens: 0.5 })), `'promptTokens' is 0.5 but must be a number of tokens ${MOST}`],
  [Load.saturated(lengths({ outputTokens: '50' })), `'outputTokens' is '50' but must be a number of tokens ${MOST}`],
  [Load.saturated(lengths({ promptTokensP99: 99 })), "'promptTokensP99' is 99 but must be a number of tokens from 100 to 1000000000"],
  [Load.saturated(lengths({ outputTokensP99: 49 })), "'outputTokensP99' is 49 but must be a number of tokens from 50 to 1000000000"],
  [Load.saturated(lengths({ prefixHitRatio: -0.1 })), "'prefixHitRatio' is -0.1 but must be a number from 0 to 1"],
])('%# a load is checked', (load, sentence) => expect(loadProblem(load)).toBe(sentence));

test.each([
  [Load.requestsPerSecond(2, lengths()), LoadKind.REQUESTS_PER_SECOND, 'requestsPerSecond', 2],
  [Load.outputTokensPerSecond(2, lengths()), LoadKind.OUTPUT_TOKENS_PER_SECOND, 'outputTokensPerSecond', 2],
  [Load.concurrency(2, lengths()), LoadKind.CONCURRENCY, 'concurrency', 2],
  [Load.saturated(lengths()), LoadKind.SATURATED, 'saturated', 0],
  [Load.staticBatch(2, lengths()), LoadKind.STATIC_BATCH, 'staticBatch', 2],
])('%# a load says its kind and amount', (load, kind, name, amount) => {
  expect([load.kind, load.kind, load.amount, load.lengths]).toEqual([kind, name, amount, lengths()]);
});

test.each<[unknown, string | undefined]>([
  [undefined, undefined],
  [{}, undefined],
  [{ percentile: 99.999, timeToFirstTokenMillis: 0.1, timePerOutputTokenMillis: 1, endToEndMillis: 1 }, undefined],
  [500, "'latency' is 500 but must be an object with limits in milliseconds"],
  [{ percentile: 0 }, "'latency.percentile' is 0 but must be a number above 0 and at most 99.999"],
  [{ timeToFirstTokenMillis: 0 }, "'latency.timeToFirstTokenMillis' is 0 but must be a number of milliseconds above 0"],
  [{ timePerOutputTokenMillis: -5 }, "'latency.timePerOutputTokenMillis' is -5 but must be a number of milliseconds above 0"],
  [{ endToEndMillis: '3 s' }, "'latency.endToEndMillis' is '3 s' but must be a number of milliseconds above 0"],
])('%# a latency target is checked', (latency, sentence) => expect(latencyProblem(latency as LatencyTarget)).toBe(sentence));

test('a percentile may be left out', () => expect(percentileProblem('percentile', undefined)).toBeUndefined());

test.each<[unknown, unknown]>([
  [{ tensorParallel: 8 }, { tp: 8, pp: 1, dp: 1, ep: 1 }],
  [{ tensorParallel: 1, pipelineParallel: 2, dataParallel: 4, expertParallel: 4096 }, { tp: 1, pp: 2, dp: 4, ep: 4096 }],
  [undefined, "'layout' is undefined but must be an object with tensorParallel"],
  [{}, "'layout.tensorParallel' is undefined but must be a whole number from 1 to 4096"],
  [{ tensorParallel: 0 }, "'layout.tensorParallel' is 0 but must be a whole number from 1 to 4096"],
  [{ tensorParallel: 1, pipelineParallel: 1.5 }, "'layout.pipelineParallel' is 1.5 but must be a whole number from 1 to 4096"],
  [{ tensorParallel: 1, dataParallel: 0 }, "'layout.dataParallel' is 0 but must be a whole number from 1 to 4096"],
  [{ tensorParallel: 1, expertParallel: 4097 }, "'layout.expertParallel' is 4097 but must be a whole number from 1 to 4096"],
])('%# a layout is checked, and degrees that are left out are 1', (layout, degrees) => expect(degreesOf(layout as ParallelLayout)).toEqual(degrees));

const engineSentence = (engine: unknown) => {
  const subject = subjectOf({ model: llama8b(), engine: engine as SizingEngine });
  return typeof subject === 'string' ? subject : undefined;
};

test.each<[unknown, string | undefined]>([
  [{ maxModelLen: 1, maxNumSeqs: 1, maxNumBatchedTokens: 1, memoryFraction: 1, kvBlockSize: 1 }, undefined],
  [{ version: 'nightly' }, undefined],
  ['vllm', "'engine' is 'vllm' but must be an object with the name of an engine"],
  [{ version: 0.22 }, "'engine.version' is 0.22 but must be text such as '0.22'"],
  [{ maxModelLen: 0 }, `'engine.maxModelLen' is 0 but must be a whole number of tokens ${MOST}`],
  [{ maxModelLen: 1.5 }, `'engine.maxModelLen' is 1.5 but must be a whole number of tokens ${MOST}`],
  [{ maxNumSeqs: 0 }, "'engine.maxNumSeqs' is 0 but must be a whole number of requests from 1 to 1000000"],
  [{ maxNumSeqs: 0.5 }, "'engine.maxNumSeqs' is 0.5 but must be a whole number of requests from 1 to 1000000"],
  [{ maxNumBatchedTokens: 0 }, `'engine.maxNumBatchedTokens' is 0 but must be a whole number of tokens ${MOST}`],
  [{ maxNumBatchedTokens: 2.5 }, `'engine.maxNumBatchedTokens' is 2.5 but must be a whole number of tokens ${MOST}`],
  [{ memoryFraction: 0 }, "'engine.memoryFraction' is 0 but must be a number above 0 and at most 1"],
  [{ kvBlockSize: 65537 }, "'engine.kvBlockSize' is 65537 but must be a whole number of tokens from 1 to 65536"],
  [{ name: 'sglang', streamInterval: 30 }, undefined],
  [{ name: 'sglang', streamInterval: 1001 }, "'engine.streamInterval' is 1001 but must be a whole number of tokens from 1 to 1000"],
  [{ kvBlockSize: 1.5 }, "'engine.kvBlockSize' is 1.5 but must be a whole number of tokens from 1 to 65536"],
])('%# an engine is checked', (engine, sentence) => expect(engineSentence(engine)).toBe(sentence));

test.each<[object, string]>([
  [{ model: 'llama' }, "'model' is 'llama' but must be a Model, from Model.named, Model.fromHubConfig or Model.of"],
  [{ model: llama8b(), precision: 'fp8' }, "'precision' is 'fp8' but must be a Precision, such as Precision.FP8"],
  [{ model: llama8b(), kvCachePrecision: 'fp8' }, "'kvCachePrecision' is 'fp8' but must be a Precision, such as Precision.FP8"],
])('%# what is served is checked', (request, sentence) => expect(subjectOf(request as { model: Model })).toBe(sentence));

test('an engine that sends its first token at once is told of no others that it waits for', () => {
  expect(subjectOf({ model: llama8b(), engine: { streamInterval: 2 } }))
    .toBe("'engine.streamInterval' is 2 but vllm lets no first token wait for others; leave it out");
  expect(typeof subjectOf({ model: llama8b(), engine: { streamInterval: 1 } })).toBe('object');
});

const made = (over: object) => Model._create({
  id: 'test/model', weightPrecision: Precision.BF16, source: 'a test', asOf: '2026-01-01', shape: shapeOf({}), ...over,
} as Parameters<typeof Model._create>[0]);

test('a model that nobody described has no plan', () => {
  expect(subjectOf({ model: made({ shape: undefined }) })).toBe("the shape of 'test/model' is not known; describe it with Model.of or Model.fromHubConfig");
});

test.each<[string, object, Precision]>([
  ['bf16 for a model in bf16', shapeOf({}), Precision.BF16],
  ['fp16 for one in fp16', { ...shapeOf({}), baseFormat: 'fp16' }, Precision.FP16],
  ['what a checkpoint asks for', { ...shapeOf({}), quantization: { precision: 'fp8', parts: [], method: 'fp8', kvCachePrecision: 'fp8' } }, Precision.FP8],
  ['but not a format that holds no cache', { ...shapeOf({}), quantization: { precision: 'fp8', parts: [], method: 'fp8', kvCachePrecision: 'int4' } }, Precision.BF16],
])('the KV cache is kept in %s', (_what, shape, precision) => {
  expect(subjectOf({ model: made({ shape }) })).toMatchObject({ kvCachePrecision: precision, cacheBits: precision === Precision.FP8 ? 8 : 16 });
});

test('stated precisions and engine are taken', () => {
  expect(subjectOf({ model: llama8b(), precision: Precision.FP8, kvCachePrecision: Precision.FP8, engine: { name: 'sglang', version: '0.4.9' } }))
    .toMatchObject({ precision: Precision.FP8, kvCachePrecision: Precision.FP8, cacheBits: 8, rules: { name: 'sglang' }, version: [0, 4, 9] });
});

const props = { name: 'gpu', memoryBytes: 80e9, memoryBytesPerSecond: 3e12, bf16FlopsPerSecond: 1e15 };
const gpu = (over: object) => Accelerator.of({ ...props, ...over } as Parameters<typeof Accelerator.of>[0]);
const T4 = Accelerator.named('t4');

test.each<[Accelerator, Precision, Model, boolean, string | undefined]>([
  [H100, Precision.FP8, llama8b(), true, undefined],
  [gpu({}), Precision.BF16, llama8b(), true, undefined],
  [gpu({}), Precision.FP8, llama8b(), false, 'gpu has no fp8 tensor rate; use Precision.BF16 or Precision.INT4'],
  [gpu({}), Precision.FP8, gptOss120b(), true, 'gpu has no fp8 tensor rate; use Precision.BF16 or Precision.MXFP4 or Precision.INT4'],
  [T4, Precision.BF16, llama8b(), true, 't4 has no bf16 tensor rate; use Precision.FP16 or Precision.INT8 or Precision.INT4'],
])('%# an accelerator runs a precision, or says which it runs', (accelerator, precision, model, rated, sentence) => {
  expect(acceleratorProblem(accelerator, precision, model._shape!, rated)).toBe(sentence);
});

test('what an accelerator lacks for a plan is named, and a fit needs its memory alone', () => {
  const fake = (over: object) => ({ name: 'gpu', memoryBytes: 80e9, memoryBytesPerSecond: 3e12, tensorFlopsPerSecond: () => 1e15, ...over }) as unknown as Accelerator;
  const problem = (over: object, rated: boolean) => acceleratorProblem(fake(over), Precision.BF16, llama8b()._shape!, rated);
  expect(problem({ memoryBytes: undefined }, false)).toBe('gpu has no stated memory, so nothing can be fitted on it; describe it with Accelerator.of');
  expect(problem({ memoryBytesPerSecond: undefined }, true))
    .toBe("gpu has no stated memory bandwidth, so its speed can't be planned; describe it with Accelerator.of");
  expect(problem({ memoryBytesPerSecond: undefined }, false)).toBeUndefined();
  expect(problem({ tensorFlopsPerSecond: () => undefined }, true))
    .toBe("gpu has no stated 16-bit tensor rate, so its speed can't be planned; describe it with Accelerator.of");
  expect(problem({ tensorFlopsPerSecond: () => undefined }, false)).toBeUndefined();
});

test.each<[string, [number, number | undefined, boolean, number | undefined], number]>([
  ['a stated one is taken', [100, 150, true, 1000], 150],
  ['four times the mean for a plan', [100, undefined, true, 1000], 400],
  ['no more than the context', [100, undefined, true, 300], 300],
  ['no less than the mean', [100, undefined, true, 50], 100],
  ['any length without a context', [100, undefined, true, undefined], 400],
  ['the mean for an estimate', [100, undefined, false, 1000], 100],
])('the 99th percentile of a length: %s', (_what, question, expected) => expect(p99Of(...question)).toBe(expected));
