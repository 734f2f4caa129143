import { Accelerator } from '../../src/catalog/accelerator';
import { Model } from '../../src/catalog/model';
import { Precision } from '../../src/catalog/precision';
import { SizingEngine } from '../../src/sizing/questions';
import { Sizing } from '../../src/sizing/sizing';
import { deepseekR1, gptOss120b, llama70b, llama8b, model as modelOf, nemo12b, qwen32b, yi34b } from '../support/shapes';

const GIB = 2 ** 30;

function gpu(memoryGib: number, name = 'test-gpu') {
  return Accelerator.of({
    name,
    memoryBytes: memoryGib * GIB,
    memoryBytesPerSecond: 3e12,
    bf16FlopsPerSecond: 1e15,
    fp8FlopsPerSecond: 2e15,
    linkBytesPerSecond: 450e9,
    linkDomain: 8,
  });
}

function fit(model: Model, memoryGib: number, tp: number, engine: SizingEngine = {}, precision?: Precision) {
  return Sizing.fit({ model, pool: { accelerator: gpu(memoryGib) }, layout: { tensorParallel: tp }, engine, precision });
}

/** A version of vLLM from the time of the logs, on the device memory that they print. */
const V = '0.12';

test.each([
  // [model, device GiB, tp, engine settings, weights GiB printed, KV GiB printed, tolerance GiB]: start-up lines of vLLM on H100, A100 and others
  [qwen32b(), 79.18, 1, { maxModelLen: 16000 }, 61.03, 4.45, 0.1],
  [qwen32b(), 79.18, 2, { maxModelLen: 16000 }, 30.59, 34.49, 0.15],
  [llama8b(), 79.18, 1, { maxModelLen: 16000 }, 14.99, 51.38, 0.1],
  [llama8b(), 79.14, 1, { maxNumSeqs: 256, maxModelLen: 16000 }, 14.99, 54.93, 0.15],
  [llama8b(), 23.58, 1, { maxNumSeqs: 256, maxNumBatchedTokens: 20000, maxModelLen: 20000 }, 14.99, 3.81, 0.3],
])('%# vLLM divides memory as its log says', (model, device, tp, settings, weights, kv, tolerance) => {
  const { memory, fits } = fit(model, device, tp, { version: V, memoryFraction: 0.9, ...settings });
  expect(fits).toBe(true);
  expect(Math.abs(memory.weightBytes / GIB - weights)).toBeLessThan(0.1);
  expect(Math.abs(memory.kvCacheBytes / GIB - kv)).toBeLessThan(tolerance);
});

test.each([
  // [model, tp, mnbt, KV tokens printed on H100 at 0.9 with 128 sequences]
  [llama70b(), 4, 8192, 484_016],
  [llama70b(), 4, 2048, 486_800],
  [nemo12b(), 2, 1024, 768_144],
  [nemo12b(), 1, 8192, 308_016],
  [yi34b(), 2, 8192, 332_688],
])('%# KV tokens are within 3 % of the printed ones', (model, tp, maxNumBatchedTokens, printed) => {
  const { kvCacheTokens } = fit(model, 79.18, tp, { version: V, memoryFraction: 0.9, maxNumSeqs: 128, maxNumBatchedTokens });
  expect(Math.abs(kvCacheTokens / printed - 1)).toBeLessThan(0.03);
});

test('Qwen3-32B fits one H100 with 16,000 tokens and not with 32,000, as vLLM found', () => {
  expect(fit(qwen32b(), 79.18, 1, { version: V, memoryFraction: 0.9, maxModelLen: 16000 }).fits).toBe(true);
  expect(fit(qwen32b(), 79.18, 1, { version: V, memoryFraction: 0.9, maxModelLen: 32000 })).toMatchObject({
    fits: false,
    reason: 'a request of 32000 tokens needs 7.8 GiB of KV cache per GPU but 4.5 GiB are left',
  });
});

test('fails when the weights alone are too large, in one sentence with the numbers', () => {
  expect(fit(llama70b(), 79.1, 1).reason)
    .toBe('the weights take 131.4 GiB per GPU in bf16 but one test-gpu offers 71.2 GiB (memoryFraction 0.9)');
});

test('fails when activations leave nothing', () => {
  expect(fit(qwen32b(), 73, 1, { memoryFraction: 0.9 }).reason).toBe(
    'weights (61.0 GiB), activations, graphs and buffers take 66.8 GiB per GPU but one test-gpu offers 65.7 GiB (memoryFraction 0.9), which leaves nothing to the KV cache',
  );
});

test.each(['vllm', 'sglang', 'trtllm'])('the parts of the ledger of %s add up to the device', (name) => {
  for (const [model, tp] of [[llama8b(), 1], [llama70b(), 8], [deepseekR1(), 8], [llama70b(), 1]] as const) {
    const { deviceBytes, ...parts } = fit(model, 79.1, tp, { name }).memory;
    expect(Object.values(parts).reduce((sum, part) => sum + part, 0)).toBeCloseTo(deviceBytes, -3);
  }
});

test.each([
  // [accelerator, version, tp, GiB printed]: gpt-oss-120b on H100 and A100; kernels fill its experts of 2,880 up. Biases are a few tenths.
  ['h100-sxm', '0.14.1', 1, 64.38], ['h100-sxm', '0.10.1', 1, 65.97], ['a100-sxm-80gb', '0.10.1', 4, 17.22],
])('gpt-oss-120b on %s with vLLM %s and TP %d takes %d GiB, as printed', (accelerator, version, tensorParallel, gib) => {
  const { memory } = Sizing.fit({
    model: gptOss120b(), pool: { accelerator: Accelerator.named(accelerator) }, layout: { tensorParallel }, engine: { version, maxModelLen: 8192 },
  });
  expect(Math.abs(memory.weightBytes / GIB / gib - 1)).toBeLessThan(0.006);
});

test('a quantised checkpoint keeps the parts that it did not quantise', () => {
  // No engine but vLLM is known to fill up.
  expect(fit(gptOss120b(), 79.1, 1, { name: 'sglang' }).memory.weightBytes / GIB).toBeCloseTo(60.7, 0);
});

test('another precision than the published one leaves embeddings, head, router and norms in 16 bits', () => {
  const fp8 = fit(llama8b(), 79.1, 1, {}, Precision.FP8).memory.weightBytes;
  // ... and the table of 131,072 positions of 128
  const kept = 2 * 128256 * 4096 + 65 * 4096 + 131_072 * 128;
  const quantised = 32 * (2 * 4096 * 4096 + 2 * 4096 * 1024 + 3 * 4096 * 14336);
  expect(fp8).toBeCloseTo(kept * 2 + quantised * Precision.FP8.weightBits / 8, -3);
});

test('the fullest pipeline stage is the one with the embedding or the head', () => {
  const pp = (pipelineParallel: number) => Sizing.fit({
    model: llama8b(), pool: { accelerator: gpu(79.1) }, layout: { tensorParallel: 1, pipelineParallel }, engine: { maxModelLen: 8192 },
  }).memory.weightBytes;
  const layer = 2 * (2 * 4096 * 4096 + 2 * 4096 * 1024 + 3 * 4096 * 14336 + 2 * 4096);
  expect(pp(2)).toBeCloseTo(16 * layer + 2 * 128256 * 4096 + 2 * 4096 + 2 * 131_072 * 128, -3);
});

test('the stage with the most layers has the shortest cache, whichever holds most', () => {
  const tokens = (layers: number) => Sizing.fit({ model: modelOf({ layers }), pool: { accelerator: gpu(80) }, layout: { tensorParallel: 1, pipelineParallel: 4 } }).kvCacheTokens;
  // 8, 9, 9 and 8 layers beside four times 8: the first stage has the embedding in both
  expect(tokens(34)).toBeLessThan(0.99 * tokens(32));
});

test('experts are spread over tensor and data parallel ranks, with or without expert parallelism', () => {
  const weights = (layout: { tensorParallel: number; dataParallel?: number; expertParallel?: number }) =>
    Sizing.fit({ model: deepseekR1(), pool: { accelerator: gpu(139.8) }, layout, engine: { maxModelLen: 8192 } }).memory.weightBytes;
  expect(weights({ tensorParallel: 8, expertParallel: 8 })).toBe(weights({ tensorParallel: 8 }));
  // Attention is repeated on each rank of data parallelism, experts are not.
  expect(weights({ tensorParallel: 1, dataParallel: 8, expertParallel: 8 })).toBeGreaterThan(weights({ tensorParallel: 8 }));
  expect(weights({ tensorParallel: 1, dataParallel: 8, expertParallel: 8 })).toBeLessThan(1.35 * weights({ tensorParallel: 8 }));
});

test.each([['0.19', 0.9], ['0.20', 0.92], [undefined, 0.9], ['v0.15.1', 0.9], ['nightly', 0.92]])(
  'vLLM %s takes %d of the memory', (version, fraction) => {
    expect(fit(llama8b(), 79.1, 1, { version }).settings.memoryFraction).toBe(fraction);
  },
);

test('the defaults of the engine follow the device', () => {
  expect(fit(llama8b(), 79.1, 1).settings).toMatchObject({ maxNumSeqs: 1024, maxNumBatchedTokens: 8192, kvBlockSize: 16 });
  expect(fit(llama8b(), 44.4, 1).settings).toMatchObject({ maxNumSeqs: 256, maxNumBatchedTokens: 2048 });
  expect(fit(llama8b(), 44.4, 1, { name: 'sglang' }).settings).toMatchObject({ maxNumBatchedTokens: 4096, kvBlockSize: 1 });
});

test.each<[string, number, number, string | undefined]>([
  // [engine, device GiB, fraction, reason]: vLLM checks at its start that the fraction is free beside the CUDA context, SGLang runs out of memory later
  ['vllm', 80, 1, "'engine.memoryFraction' 1 leaves 0.0 GiB of the 80.0 GiB of one test-gpu to graphs, buffers and the driver, which need 0.5 GiB more; use at most 0.99"],
  ['vllm', 80, 0.99, undefined],
  ['vllm', 24, 0.99, "'engine.memoryFraction' 0.99 leaves 0.2 GiB of the 24.0 GiB of one test-gpu to graphs, buffers and the driver, which need 0.3 GiB more; use at most 0.97"],
  ['vllm', 24, 0.97, undefined],
  ['sglang', 24, 0.98, "'engine.memoryFraction' 0.98 leaves 0.0 GiB of the 24.0 GiB of one test-gpu to graphs, buffers and the driver, which need 0.6 GiB more; use at most 0.95"],
  ['sglang', 24, 0.95, undefined],
  ['sglang', 80, 1, "'engine.memoryFraction' 1 leaves 0.0 GiB of the 80.0 GiB of one test-gpu to graphs, buffers and the driver, which need 1.5 GiB more; use at most 0.98"],
  ['sglang', 80, 0.98, undefined],
  ['trtllm', 80, 1, "'engine.memoryFraction' 1 leaves 0.0 GiB of the 80.0 GiB of one test-gpu to graphs, buffers and the driver, which need more; use at most 0.99"],
  ['trtllm', 80, 0.99, undefined],
])('%s on %d GiB at %d fits only beside what the driver holds', (name, memoryGib, memoryFraction, reason) => {
  expect(fit(llama8b(), memoryGib, 1, { name, memoryFraction, maxModelLen: 8192 }).reason).toBe(reason);
});

test('where no smaller fraction holds the model either, another way out is given', () => {
  expect(fit(llama8b(), 16.2, 1, { name: 'sglang', memoryFraction: 0.98, maxModelLen: 1024 }).reason)
    .toMatch(/^'engine.memoryFraction' 0.98 leaves 0.0 GiB of the 16.2 GiB of one test-gpu to graphs, buffers and the driver, which need [0-9.]+ GiB more; use a smaller precision or more GPUs per replica$/);
});
