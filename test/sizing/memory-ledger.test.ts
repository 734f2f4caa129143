import { Model } from '../../src/catalog/model';
import { engineRules, EngineRules, Version } from '../../src/sizing/engine-rules';
import { ledgerOf, MemoryQuestion, positionBytes } from '../../src/sizing/memory';
import { StageShare } from '../../src/sizing/shares';

const GIB = 2 ** 30;
const MIB = 2 ** 20;
const stage = { weightBytes: 20 * GIB, activationElements: 10_000, routedElements: 0, layers: 32, moeLayers: 0, headParameters: 1, attention: [] } as unknown as StageShare;

function ledger(name: string, over: Partial<MemoryQuestion> = {}) {
  return ledgerOf({
    rules: engineRules(name) as EngineRules,
    version: [0, 16],
    stage,
    deviceBytes: 80 * GIB,
    hiddenSize: 4096,
    vocabSize: 100_000,
    positionBytes: 0,
    adapterBytes: 0,
    encodes: false,
    memoryFraction: 0.9,
    maxNumSeqs: 1024,
    maxNumBatchedTokens: 8192,
    communicators: 1,
    reducingLinks: true,
    nodes: 1,
    ...over,
  });
}

const experts = { ...stage, moeLayers: 32, routedElements: 1000 };
/** Two states of 4,096 in 16 bits for each token of a step, which live on behind the forward pass. */
const KEPT = 2 * 2 * 8192 * 4096;

test.each<[Version, StageShare, number]>([
  // [version, stage, bytes of one logit at the sampler's peak]
  [[0, 10], stage, 37.9], [[0, 12], experts, 37.9], [[0, 16], experts, 37.9], [[0, 17], stage, 14], [[0, 24], stage, 14], [[0, 25], stage, 6],
  [[0, 27], stage, 6], [[0, 25], experts, 14], [[0, 29], experts, 14],
])('the sampler of vLLM %p holds so many bytes of a logit', (version, of, bytes) => {
  // The kernel that picks in place has a row of 32 bits for each processor; experts' workspaces live on since 0.13.
  const rows = bytes === 14 ? 4 * 132 * 100_000 : 0;
  const workspace = of === experts && version[1] >= 13 ? 2 * 8192 * 1000 : 0;
  expect(ledger('vllm', { version, stage: of }).activationBytes).toBeCloseTo(bytes * 1024 * 100_000 + rows + KEPT + workspace, 0);
});

test.each<[Version, StageShare]>([[[0, 28], stage], [[0, 30], experts]])('that of vLLM %p holds less than the forward pass', (version, of) => {
  const wide = { ...of, activationElements: 20_000 };
  expect(ledger('vllm', { version, stage: wide, maxNumSeqs: 256 }).activationBytes).toBe(2 * 8192 * 20_000);
});

test('a stage without the head has no sampler', () => {
  expect(ledger('vllm', { stage: { ...stage, headParameters: 0 } }).activationBytes).toBe(2 * 8192 * 10_000);
});

test('engines whose fraction leaves activations out hold the logits of at most 512 rows twice', () => {
  expect(ledger('sglang', { maxNumSeqs: 256 }).activationBytes).toBe(256 * 100_000 * 4 * 2);
  expect(ledger('sglang', { maxNumSeqs: 2048 }).activationBytes).toBe(512 * 100_000 * 4 * 2);
});

test('long steps hold the widest activations of their tokens in 16 bits', () => {
  const wide = { ...stage, activationElements: 50_000 };
  expect(ledger('vllm', { stage: wide, maxNumBatchedTokens: 300_000 }).activationBytes).toBe(300_000 * 50_000 * 2);
});

test('an encoder holds its results beside the peak, and has its own', () => {
  expect(ledger('vllm', { encodes: true }).activationBytes - ledger('vllm').activationBytes).toBe(2 * 16_384 * 4096);
  expect(ledger('vllm', { encodes: true, maxNumSeqs: 1 }).activationBytes).toBe(GIB);
});

test.each<[string, Version, number, boolean, number]>([
  // [engine, version, ranks, whether links reduce, GiB]: vLLM counts what NCCL holds until 0.10
  ['vllm', [0, 16], 1, true, 0.1], ['vllm', [0, 16], 2, false, 0.2], ['vllm', [0, 16], 2, true, 0.6], ['vllm', [0, 16], 8, true, 0.6],
  ['vllm', [0, 18], 1, true, 0.25], ['vllm', [0, 18], 1, false, 0.1], ['vllm', [0, 18], 2, false, 0.2], ['vllm', [0, 18], 2, true, 2.1],
  ['vllm', [0, 10], 2, true, 0.6], ['vllm', [0, 10], 4, true, 2.2], ['vllm', [0, 10], 4, false, 0.2], ['sglang', [0, 5], 8, true, 2.2],
])('%s %p holds %d ranks together (links that reduce: %p) with %d GiB', (name, version, communicators, reducingLinks, gib) => {
  expect(ledger(name, { version, communicators, reducingLinks }).communicationBytes / GIB).toBeCloseTo(gib, 9);
});

test('nodes hold another half GiB for the network, and TensorRT-LLM 1.5 GiB of runtime', () => {
  expect(ledger('vllm', { communicators: 8, nodes: 2 }).communicationBytes / GIB).toBeCloseTo(1.1, 9);
  expect(ledger('trtllm').communicationBytes / GIB).toBeCloseTo(1.6, 9);
});

test.each([
  // [requests, graphs]: 1, 2, 4, by eights to 256 and by sixteens to 512, at most twice the requests
  [1024, 3 + 32 + 16], [256, 51], [128, 35], [10, 5], [1, 3],
])('%d requests are captured in %d graphs, each with a piece of every layer', (maxNumSeqs, graphs) => {
  expect(ledger('vllm', { maxNumSeqs, version: [0, 20] }).graphBytes).toBeCloseTo(0.1 * GIB + graphs * 32 * 0.25 * MIB, 0);
});

test('graphs that vLLM does not count are captured where activations were', () => {
  expect(ledger('vllm', { version: [0, 19] }).graphBytes).toBe(0);
  const { activationBytes, graphBytes } = ledger('vllm', { version: [0, 19], maxNumSeqs: 64, maxNumBatchedTokens: 64 });
  expect(activationBytes + graphBytes).toBeCloseTo(0.1 * GIB + (3 + 16) * 32 * 0.25 * MIB, 0);
});

test.each<[string, string, Version, (held: number, graphs: number) => number]>([
  ['vLLM takes everything from its fraction, graphs since 0.20', 'vllm', [0, 20], (held, graphs) => 0.9 * 80 * GIB - held - graphs],
  ['vLLM before 0.20 takes the graphs from outside', 'vllm', [0, 19], (held) => 0.9 * 80 * GIB - held],
  ['SGLang takes weights and cache from its fraction of what was free before', 'sglang', [0, 5], () => 0.9 * (80 - 0.5 - 0.1) * GIB - 20 * GIB],
  ['TensorRT-LLM takes a share of what is free', 'trtllm', [1, 0], (held, graphs) => 0.9 * (80 * GIB - held - graphs)],
])('%s', (_what, name, version, cache) => {
  const { weightBytes, activationBytes, communicationBytes, graphBytes, kvCacheBytes, freeBytes } = ledger(name, { version });
  const held = weightBytes + activationBytes + communicationBytes;
  expect(weightBytes).toBe(20 * GIB);
  expect(kvCacheBytes).toBeCloseTo(cache(held, graphBytes), 0);
  expect(freeBytes).toBeCloseTo(80 * GIB - held - graphBytes - kvCacheBytes, 0);
});

test('the table of positions counts among the weights', () => {
  expect(ledger('vllm', { positionBytes: 5 }).weightBytes).toBe(20 * GIB + 5);
});

test.each<[string, number]>([
  // Llama 4 Scout: 10,485,760 positions of 128; DeepSeek: 163,840 of 64; Gemma 3: 131,072 scaled by eight, of 256
  ['meta-llama/Llama-4-Scout-17B-16E-Instruct', 2 * 10_485_760 * 128], ['deepseek-ai/DeepSeek-R1', 2 * 163_840 * 64], ['google/gemma-3-4b-it', 2 * 131_072 * 8 * 256],
])('%s has a table of positions of %d bytes', (id, bytes) => {
  const model = Model.named(id);
  expect(positionBytes(model._shape!, model.maxContextTokens)).toBe(bytes);
});

test('a context that nobody states has no table', () => {
  expect(positionBytes(Model.named('deepseek-ai/DeepSeek-R1')._shape!)).toBe(0);
});

test('what is short is negative free memory and no cache', () => {
  const { kvCacheBytes, freeBytes } = ledger('vllm', { deviceBytes: 10 * GIB });
  expect(kvCacheBytes).toBe(0);
  expect(freeBytes / GIB).toBeLessThan(-10);
});
