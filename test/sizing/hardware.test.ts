import { Accelerator } from '../../src/catalog/accelerator';
import { Precision } from '../../src/catalog/precision';
import { FITTED } from '../../src/sizing/data/fitted';
import { atLeast, engineRules, EngineRules, memoryVersionOf, versionOf } from '../../src/sizing/engine-rules';
import { architectureOf, ratesOf } from '../../src/sizing/hardware';
import { Subject, subjectOf } from '../../src/sizing/request';
import { lengthFor, settingsFor } from '../../src/sizing/settings';
import { llama8b, model } from '../support/shapes';

const GIB = 2 ** 30;
const of = (over: object) => ({ vendor: 'nvidia', name: 'gpu', ...over }) as unknown as Accelerator;
const rules = (name: string) => engineRules(name) as EngineRules;

test.each([
  // [vendor, compute capability, architecture]; capabilities by NVIDIA's list
  ['nvidia', 7.5, 'older'], ['nvidia', 8, 'ampere'], ['nvidia', 8.6, 'ampere'], ['nvidia', 8.9, 'ada'], ['nvidia', 9, 'hopper'],
  ['nvidia', 10, 'blackwell'], ['nvidia', 10.3, 'blackwellUltra'], ['nvidia', 12, 'blackwellWorkstation'], ['nvidia', undefined, 'other'],
  ['google', 9, 'other'],
])('%s with compute capability %p is %s', (vendor, computeCapability, architecture) => {
  expect(architectureOf(of({ vendor, computeCapability }))).toBe(architecture);
  expect(FITTED.kernels[architecture]).toBeDefined();
});

test.each([['mi300x', 'cdna'], ['mi325x', 'cdna'], ['mi250x', 'cdna'], ['mi355x', 'cdna4'], ['mi350x', 'cdna4']])(
  '%s is %s: from CDNA 4 on, 4 bits are multiplied', (name, architecture) => expect(architectureOf(Accelerator.named(name))).toBe(architecture),
);

test('every share of a peak is one', () => {
  for (const shares of Object.values(FITTED.kernels)) {
    for (const share of Object.values(shares)) { expect(share > 0.1 && share <= 1).toBe(true); }
  }
});

/** Shares that are all different. */
const hopper = { gemm16: 0.68, gemm8: 0.55, gemm4: 0.4, stream16: 0.95, stream8: 0.88, stream4: 0.67, cache: 0.86, attention: 0.62 };
const fitted = { ...FITTED, kernels: { hopper }, int4Stream: {} };

const rated = (rates: { [format: string]: number }, over: object = {}) => of({
  computeCapability: 9, memoryBytesPerSecond: 1e12, tensorFlopsPerSecond: (p: Precision) => rates[p.computeFormat], ...over,
});

test.each([
  // [weights, rate of a format that runs at 2e15, share of it on Hopper, share of the bandwidth]
  [Precision.BF16, 1e15 * 0.68, 0.95], [Precision.FP8, 2e15 * 0.55, 0.88], [Precision.INT8, 2e15 * 0.55, 0.88], [Precision.INT4, 1e15 * 0.68, 0.67],
  [Precision.NVFP4, 4e15 * 0.4, 0.67],
])('%p is multiplied and read at its share of the peaks', (precision, flops, stream) => {
  const accelerator = rated({ fp16: 1e15, bf16: 1e15, fp8: 2e15, int8: 2e15, fp4: 4e15 });
  expect(ratesOf(accelerator, precision, fitted)).toEqual({
    baseFlops: 1e15 * 0.68, quantFlops: flops, baseStream: 0.95e12, quantStream: stream * 1e12, cacheStream: 0.86e12, attentionFlops: 0.62e15,
    activationStream: 0.95e12, expertLaunches: 1,
  });
});

test('INT4 is read slower than 4-bit floats where its kernels are', () => {
  const stream = (precision: Precision, int4Stream: { [architecture: string]: number }) =>
    ratesOf(rated({ fp16: 1e15, bf16: 1e15, fp4: 4e15 }), precision, { ...fitted, int4Stream })!.quantStream;
  expect(stream(Precision.INT4, { hopper: 0.5 })).toBeCloseTo(0.67e12 / 2, 0);
  expect(stream(Precision.INT4, { ampere: 0.5 })).toBeCloseTo(0.67e12, 0);
  expect(stream(Precision.NVFP4, { hopper: 0.5 })).toBeCloseTo(0.67e12, 0);
});

test('an accelerator without bf16 multiplies in fp16', () => {
  expect(ratesOf(rated({ fp16: 1e14 }), Precision.FP16, fitted)!.baseFlops).toBeCloseTo(0.68e14, 0);
});

test.each([
  ['16-bit rate', rated({ fp8: 1e15 }), Precision.FP8], ['own rate', rated({ bf16: 1e15 }), Precision.FP8],
  ['bandwidth', rated({ bf16: 1e15 }, { memoryBytesPerSecond: undefined }), Precision.BF16],
])('without its %s an accelerator has no speed', (_what, accelerator, precision) => expect(ratesOf(accelerator, precision, fitted)).toBeUndefined());

test.each([
  ['0.15.1', [0, 15, 1]], ['v1.0', [1, 0, 0]], ['0.10.0 (ROCm 6.4.1)', [0, 10, 0]], ['nightly', [0, 22, 0]], [undefined, [0, 22, 0]], ['', [0, 22, 0]], ['7', [0, 22, 0]],
  [`${'x'.repeat(60)}9.9`, [0, 22, 0]], ['2025.12', [2025, 12, 0]], ['1.0.0rc3', [1, 0, 0]],
])('version %p is read as %p', (text, version) => expect(versionOf(rules('vllm'), text)).toEqual(version));

test.each([
  [[0, 21], [0, 21], true], [[0, 20], [0, 21], false], [[1, 0], [0, 21], true], [[0, 22], [1, 0], false], [[1, 5], [2, 4], false],
  [[0, 9, 1], [0, 9, 1], true], [[0, 9, 0], [0, 9, 1], false], [[0, 9], [0, 9, 1], false], [[0, 10, 0], [0, 9, 1], true], [[0, 9, 1], [0, 9], true],
] as const)('%p is at least %p: %p', (version, floor, yes) => expect(atLeast(version, floor)).toBe(yes));

test.each([[undefined, 'vllm'], ['sglang', 'sglang'], ['trtllm', 'trtllm']])('engine %p is %s', (name, found) => {
  expect(rules(name as string).name).toBe(found);
});

test.each<[unknown, string]>([['tgi', "unknown engine 'tgi'"], [3, 'unknown engine 3'], ['constructor', "unknown engine 'constructor'"]])(
  'engine %p is refused', (name, sentence) => expect(engineRules(name)).toBe(sentence),
);

const ONE = { tp: 1, pp: 1, dp: 1, ep: 1 };

/** What an engine does, as its documentation says. */
test.each([
  ['vllm', { fractionOf: 'total', fractionCoversActivations: true, refusesShortCache: true, reservesWholeRequest: false, mixesPrefill: true, groupsLayers: true, runtimeBytes: 0 }],
  ['sglang', { fractionOf: 'total', fractionCoversActivations: false, refusesShortCache: false, reservesWholeRequest: false, mixesPrefill: false, groupsLayers: false, runtimeBytes: 0 }],
  ['trtllm', { fractionOf: 'free', fractionCoversActivations: false, refusesShortCache: false, reservesWholeRequest: true, mixesPrefill: true, groupsLayers: false, runtimeBytes: 1.5 * GIB }],
])('%s divides its memory and fills its steps as documented', (name, facts) => {
  expect(rules(name)).toMatchObject({ ...facts, dataParallelAttention: true, expertParallel: true, severalNodes: true });
});

test.each([
  // [version, GiB, name, requests, tokens]; vLLM's larger defaults begin at 70 GiB, from 0.9 on other than A100, and 160 GiB have larger ones since 0.28
  [[0, 22], 80, 'h100', 1024, 8192], [[0, 22], 70, 'gpu', 1024, 8192], [[0, 22], 69.9, 'gpu', 256, 2048], [[0, 22], 80, 'a100-sxm-80gb', 256, 2048],
  [[0, 22], undefined, 'gpu', 256, 2048], [[0, 8], 80, 'a100-sxm-80gb', 1024, 8192], [[0, 26], 180, 'b200', 1024, 8192], [[0, 28], 180, 'b200', 1024, 16_384],
  [[0, 28], 159, 'h200', 1024, 8192],
  // The first engine read a prompt at once.
  [[0, 7], 80, 'h100', 256, 16_384],
  // What a device shares with its host, the driver does not count.
  [[0, 22], 121, 'gb10', 256, 2048],
] as const)('vLLM %p on %p GiB of %s takes %d requests and %d tokens a step', (version, gib, name, requests, tokens) => {
  const accelerator = of({ name, memoryBytes: gib && gib * GIB });
  expect([rules('vllm').maxNumSeqs(accelerator, version), rules('vllm').maxNumBatchedTokens(accelerator, version, 16_384, { tp: 1, pp: 1, dp: 8, ep: 8 })]).toEqual([requests, tokens]);
});

test.each([
  // [version, GiB, tp, dp, chunk, MiB reserved]; 512 + 1.5 x the chunk of all ranks + 2 x largest graph + 128 a rank, at least 10 GiB beyond 60 GiB
  [[0, 5], 16, 1, 1, 2048, 3600 + 128], [[0, 5], 24, 1, 1, 2048, 3632 + 128], [[0, 5], 24, 4, 1, 2048, 3744 + 512], [[0, 5], 48, 1, 1, 4096, 6720 + 128],
  [[0, 5], 79.1, 1, 1, 8192, 13312 + 128], [[0, 5], 79.1, 8, 1, 8192, 13824 + 1024], [[0, 5], 180, 8, 1, 16384, 26112 + 1024],
  // Data-parallel attention: 3 MiB more for each graph size and rank, half as much again beyond 300; the ranks share the chunk.
  [[0, 5], 141, 1, 8, 1024, 13824 + 1024 + 4.5 * 512 * 8], [[0, 5], 185, 1, 32, 512, 26112 + 4096 + 4.5 * 512 * 32],
  // Before: a reserve by the size of the card and the ranks.
  [[0, 4], 79.1, 1, 1, 8192, 10 * 1024], [[0, 4], 24, 2, 1, 2048, 3 * 1024], [[0, 4], 141, 8, 1, 8192, 16 * 1024], [[0, 4], 180, 8, 1, 16384, 32 * 1024],
] as const)('SGLang %p on %d GiB with TP %d and DP %d reads %d tokens a step and keeps %d MiB', (version, gib, tp, dp, chunk, reserved) => {
  const accelerator = of({ memoryBytes: gib * GIB });
  const at = { tp, pp: 1, dp, ep: 1 };
  expect(rules('sglang').maxNumBatchedTokens(accelerator, version, 1, at)).toBe(chunk);
  expect(rules('sglang').memoryFraction(version, accelerator, at)).toBeCloseTo(1 - reserved / 1024 / gib, 3);
});

test.each([[4, 0.09], [3, 0.001], [2000, 0.987]])("SGLang's fraction on %d GiB is %d, which no limit holds", (gib, fraction) => {
  expect(rules('sglang').memoryFraction([0, 5], of({ memoryBytes: gib * GIB }), ONE)).toBe(fraction);
});

test.each<[string, string | undefined, unknown]>([
  ['vllm', '0.15.1', [0, 15, 1]], ['vllm', undefined, [0, 16]], ['vllm', 'nightly', [0, 22, 0]], ['sglang', undefined, [0, 5]],
])('memory of %s %p is divided as by %p', (name, version, by) => {
  expect(memoryVersionOf(rules(name), version)).toEqual(by);
});

const subject = (context: number | undefined, engine: object = {}) => subjectOf({ model: model({ context }), engine }) as Subject;

test.each([
  // [context, p99 of prompt, of output, length to plan for]
  [131_072, 4096, 1024, 8192], [131_072, 4096, 0, 4096], [131_072, 4096.5, 0, 8192], [131_072, 100, 27.5, 128], [5000, 4096, 1024, 5000],
  [undefined, 1e6, 1, 2 ** 20], [131_072, 1, 1, 16],
])('within %p tokens, prompts of %d and completions of %d are planned for with %d', (context, prompt, output, length) => {
  expect(lengthFor(subject(context), prompt, output)).toBe(length);
});

test('settings are the defaults of the engine for the device, or what is stated', () => {
  const h100 = Accelerator.named('h100-sxm');
  expect(settingsFor(subject(4096, { name: 'trtllm' }), h100, ONE, 1000))
    .toEqual({ maxModelLen: 1000, maxNumSeqs: 2048, maxNumBatchedTokens: 8192, memoryFraction: 0.9, kvBlockSize: 32 });
  expect(settingsFor(subject(4096, { name: 'sglang' }), h100, ONE, 1000)).toMatchObject({ maxNumSeqs: 2048, kvBlockSize: 1 });
  const stated = { maxModelLen: 1, maxNumSeqs: 2, maxNumBatchedTokens: 3, memoryFraction: 0.4, kvBlockSize: 5 };
  expect(settingsFor(subject(4096, stated), h100, ONE, 1000)).toEqual(stated);
  expect(settingsFor(subjectOf({ model: llama8b() }) as Subject, h100, ONE, 1000).memoryFraction).toBe(0.9);
});

test.each([
  // [engine, stated, requests of a step, tokens of a step]: vLLM does not start with fewer tokens than requests
  ['vllm', { maxNumBatchedTokens: 512 }, 512, 512], ['vllm', { maxNumBatchedTokens: 1024 }, 1024, 1024], ['vllm', { maxNumSeqs: 9000 }, 9000, 9000],
  ['vllm', { maxNumSeqs: 8192 }, 8192, 8192], ['vllm', { maxNumSeqs: 64, maxNumBatchedTokens: 64 }, 64, 64],
  // ... nor with more tokens than its requests can have.
  ['vllm', { maxNumSeqs: 2 }, 2, 2000],
  ['sglang', { maxNumBatchedTokens: 512 }, 2048, 512], ['trtllm', { maxNumSeqs: 9000 }, 9000, 8192],
])('of %s with %p, the setting that nobody fixed gives way', (name, stated, maxNumSeqs, maxNumBatchedTokens) => {
  expect(settingsFor(subject(131_072, { name, ...stated }), Accelerator.named('h100-sxm'), ONE, 1000)).toMatchObject({ maxNumSeqs, maxNumBatchedTokens });
});
