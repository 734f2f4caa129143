import { engineRules, EngineRules } from '../../src/sizing/engine-rules';
import { ledgerOf, MemoryQuestion } from '../../src/sizing/memory';
import { StageShare } from '../../src/sizing/shares';

const GIB = 2 ** 30;
const stage = { weightBytes: 20 * GIB, activationElements: 10_000 } as StageShare;

function ledger(name: string, over: Partial<MemoryQuestion> = {}) {
  return ledgerOf({
    rules: engineRules(name) as EngineRules,
    version: [0, 22],
    stage,
    deviceBytes: 80 * GIB,
    vocabSize: 100_000,
    memoryFraction: 0.9,
    maxNumSeqs: 256,
    maxNumBatchedTokens: 8192,
    communicators: 1,
    nodes: 1,
    ...over,
  });
}

test('the sampler of vLLM holds 9.7 times its logits in 32 bits', () => {
  expect(ledger('vllm').activationBytes).toBeCloseTo(9.7 * 256 * 100_000 * 4, 0);
});

test('engines whose fraction leaves activations out hold the logits of at most 512 rows twice', () => {
  expect(ledger('sglang').activationBytes).toBe(256 * 100_000 * 4 * 2);
  expect(ledger('sglang', { maxNumSeqs: 2048 }).activationBytes).toBe(512 * 100_000 * 4 * 2);
});

test('long steps hold the widest activations of their tokens in 16 bits', () => {
  expect(ledger('vllm', { maxNumBatchedTokens: 100_000 }).activationBytes).toBe(100_000 * 10_000 * 2);
});

test.each([
  // [ranks, GiB]; printed at 1, 2, 4 and 8, straight lines between, and what 8 hold beyond
  [1, 0.13], [2, 0.54], [3, (0.54 + 0.75) / 2], [4, 0.75], [6, (0.75 + 1.1) / 2], [8, 1.1], [16, 1.1],
])('the collectives of %d ranks hold %d GiB', (communicators, gib) => {
  expect(ledger('vllm', { communicators }).communicationBytes / GIB).toBeCloseTo(gib, 9);
});

test('nodes hold another half GiB for the network, and TensorRT-LLM 1.5 GiB of runtime', () => {
  expect(ledger('vllm', { communicators: 8, nodes: 2 }).communicationBytes / GIB).toBeCloseTo(1.6, 9);
  expect(ledger('trtllm').communicationBytes / GIB).toBeCloseTo(1.63, 9);
});

test.each([
  ['vLLM takes everything from its fraction, graphs since 0.21', 'vllm', [0, 21] as const, (held: number) => 0.9 * 80 * GIB - held - 0.6 * GIB],
  ['vLLM before 0.21 takes the graphs from outside', 'vllm', [0, 20] as const, (held: number) => 0.9 * 80 * GIB - held],
  ['SGLang takes weights and cache from its fraction', 'sglang', [0, 5] as const, () => 0.9 * 80 * GIB - 20 * GIB],
  ['TensorRT-LLM takes a share of what is free', 'trtllm', [1, 0] as const, (held: number) => 0.9 * (80 * GIB - held - 0.6 * GIB)],
])('%s', (_what, name, version, cache) => {
  const { weightBytes, activationBytes, communicationBytes, graphBytes, kvCacheBytes, freeBytes } = ledger(name, { version });
  const held = weightBytes + activationBytes + communicationBytes;
  expect(weightBytes).toBe(20 * GIB);
  expect(kvCacheBytes).toBeCloseTo(cache(held), 0);
  expect(freeBytes).toBeCloseTo(80 * GIB - held - graphBytes - kvCacheBytes, 0);
});

test('what is short is negative free memory and no cache', () => {
  const { kvCacheBytes, freeBytes } = ledger('vllm', { deviceBytes: 10 * GIB });
  expect(kvCacheBytes).toBe(0);
  expect(freeBytes / GIB).toBeLessThan(-10);
});
