import { Model } from '../../src/catalog/model';
import { Precision } from '../../src/catalog/precision';
import { engineRules, EngineRules, Version } from '../../src/sizing/engine-rules';
import { KvCache } from '../../src/sizing/kv-cache';
import { AttentionShare, sharesOf, StageShare } from '../../src/sizing/shares';
import { growthBytesPerToken } from '../support/growth-bytes';
import { deepseekR1, gemma27b, gptOss120b, llama70b, llama8b, model, qwen32b } from '../support/shapes';

const GIB = 2 ** 30;
const rules = (name: string) => engineRules(name) as EngineRules;
const OLD: Version = [0, 10];
const NEW: Version = [0, 22];

interface Options { tp?: number; version?: Version; engine?: string; block?: number; bits?: number }

function cache(of: Model, gib: number, options: Options = {}) {
  const { tp = 1, version = OLD, engine = 'vllm', block = 16, bits = 16 } = options;
  const shares = sharesOf(of._shape!, Precision.BF16, { tp, pp: 1, dp: 1, ep: 1 });
  return new KvCache(shares.stages[0], bits, rules(engine), version, block, gib * GIB);
}

test('Gemma-3-27B with 109.86 GiB prints the 205,696 tokens that vLLM printed', () => {
  expect(cache(gemma27b(), 109.86).tokens(4096, 8192)).toBe(205_696);
});

test.each([
  // [what printed it, model, tensor parallel, bits, bytes per token and GPU]
  ['DeepSeek-V3 on 8 x H200 (70,271 printed)', deepseekR1(), 8, 16, 70_272],
  ['DeepSeek-V3 is not divided by tensor parallelism', deepseekR1(), 1, 16, 70_272],
  ['Llama-3.1-8B', llama8b(), 1, 16, 131_072],
  ['Llama-3.1-70B on 4 x H100 (30,251 blocks)', llama70b(), 4, 16, 81_920],
  ['KV heads are repeated beyond 8 ways', llama70b(), 16, 16, 40_960],
  ['FP8 halves it', llama70b(), 4, 8, 40_960],
  ['Qwen3-32B', qwen32b(), 2, 16, 131_072],
])('%s', (_what, of, tp, bits, bytes) => {
  const shares = sharesOf(of._shape!, Precision.BF16, { tp, pp: 1, dp: 1, ep: 1 });
  expect(growthBytesPerToken(shares.stages[0], bits)).toBe(bytes);
});

test('the printed blocks of Llama-3.1-70B give the printed tokens', () => {
  expect(cache(llama70b(), 30_251 * 16 * 81_920 / GIB, { tp: 4 }).tokens(131_072, 8192)).toBe(484_016);
});

test('DeepSeek-V3 with 41.6 GiB prints about 635,648 tokens', () => {
  const tokens = cache(deepseekR1(), 41.6, { tp: 8 }).tokens(163_840, 8192);
  expect(Math.abs(tokens / 635_648 - 1)).toBeLessThan(0.001);
});

test('sparse attention adds its indexer keys, and has a layout of its own in FP8', () => {
  const sparse = model({ ...DEEPSEEK, mla: { ...DEEPSEEK.mla, indexer: true } });
  const stage = sharesOf(sparse._shape!, Precision.BF16, { tp: 8, pp: 1, dp: 1, ep: 1 }).stages[0];
  expect(growthBytesPerToken(stage, 16)).toBe(61 * (576 * 2 + 132));
  expect(growthBytesPerToken(stage, 8)).toBe(61 * (656 + 132));
});

const DEEPSEEK = { layers: 61, heads: 128, mla: { kvLora: 512, rope: 64, nope: 128, value: 128 } };

test('a window stops growing, with a block to spare', () => {
  const c = cache(gptOss120b(), 10);
  // 18 full layers in one group, 18 windowed ones in another: a window of 128 and a step of 1 are 8 blocks and one more.
  expect(c.unitsFor(16_000, 1)).toBe(1000 + 8 + 1);
  expect(c.unitsFor(64, 1)).toBe(4 + 4 + 1);
});

test('later versions print the concurrency of the longest request times its length', () => {
  const c = cache(gemma27b(), 109.86, { version: NEW });
  expect(c.tokens(131_072, 8192)).toBe(Math.floor(c.requests(131_072, 8192) * 131_072));
  expect(c.tokens(131_072, 8192)).toBeGreaterThan(205_696);
});

test('a recurrent state enlarges the attention block to its size and takes one block a request', () => {
  const hybrid = model({ layers: 8, recurrent: { layers: 6, stateElements: 1_000_000, heads: 32 } });
  const c = cache(hybrid, 1);
  // A state of 2,000,000 bytes takes the room of 31 attention blocks of 65,536.
  expect(c.unitBytes).toBe(31 * 65_536 * 2);
  expect(c.unitsFor(1, 1)).toBe(3 + 1);
  expect(c.unitsFor(31 * 16 + 1, 1)).toBe(3 + 2);
});

test('a state kept in 32 bits takes its size', () => {
  const hybrid = (floatElements?: number) => model({ layers: 8, recurrent: { layers: 6, stateElements: 1000, floatElements, heads: 4 } });
  const shares = (floatElements?: number) =>
    sharesOf(hybrid(floatElements)._shape!, Precision.BF16, { tp: 2, pp: 1, dp: 1, ep: 1 });
  expect(shares().stages[0].attention[0].stateBytes).toBe(1000);
  expect(shares(800).stages[0].attention[0].stateBytes).toBe(1800);
});

test('engines without layer groups charge windows by the byte', () => {
  const c = cache(gptOss120b(), 1, { engine: 'sglang', block: 1 });
  const perLayer = 2 * 8 * 64 * 2;
  expect(c.bytesFor(1000, 1)).toBe(18 * perLayer * 1000 + 18 * perLayer * 128);
});

test('no room holds no request', () => {
  expect(cache(llama8b(), -1).requests(1, 1)).toBe(0);
  expect(cache(llama8b(), -1).tokens(4096, 1)).toBe(0);
});

test.each([
  ['latent attention without an indexer', deepseekR1(), 8, 61 * 576],
  ['windows are full by then, so only the 18 full layers of gpt-oss grow', gptOss120b(), 16, 18 * 2 * 8 * 64 * 2],
])('a long request grows by whole tokens of FP8 or 16 bits: %s', (_what, of, bits, bytes) => {
  expect(growthBytesPerToken(sharesOf(of._shape!, Precision.BF16, { tp: 1, pp: 1, dp: 1, ep: 1 }).stages[0], bits)).toBe(bytes);
});

/** Layers of one kind, in a cache of 1 KiB per token and layer at 16 bits. */
const layers = (count: number, over: Partial<AttentionShare> = {}): AttentionShare => ({
  type: 'gqa', layers: count, cacheElements: 512, cached: true, indexerBytes: 0, reach: Infinity, kept: Infinity, chunked: false, stateBytes: 0, wideStateBytes: 0,
  stateFlopsPerToken: 0, prefillFlopsPerPair: 0, decodeFlopsPerPair: 0, indexerFlopsPerPair: 0, ...over,
});
const state = (count: number, stateBytes: number) => layers(count, { type: 'state', cacheElements: 0, kept: 0, reach: 0, stateBytes, wideStateBytes: stateBytes });

function cacheOf(attention: readonly AttentionShare[], bytes: number, options: Options = {}) {
  const { version = OLD, engine = 'vllm', block = 16, bits = 16 } = options;
  return new KvCache({ attention } as StageShare, bits, rules(engine), version, block, bytes);
}

test('only latent attention has the FP8 layout of sparse models', () => {
  expect(cacheOf([layers(2, { indexerBytes: 132 })], GIB, { engine: 'sglang', block: 1, bits: 8 }).bytesFor(10, 1)).toBe(2 * 10 * (512 + 132));
});

test('layers that read the cache of earlier ones take none', () => {
  const some = cacheOf([layers(24), layers(8, { cached: false })], GIB);
  const all = cacheOf([layers(24)], GIB);
  expect([some.units, some.unitBytes, some.unitsFor(1000, 1)]).toEqual([all.units, all.unitBytes, all.unitsFor(1000, 1)]);
});

test('one kind of layer prints whole blocks, whatever the longest request', () => {
  expect(cacheOf([layers(32)], 32 * 16 * 1024 * 100, { version: NEW }).tokens(1000, 8192)).toBe(1600);
});

test('a model of recurrent states alone holds one state a layer and request, at any length', () => {
  const c = cacheOf([state(32, 2e6)], 1e9);
  expect([c.unitBytes, c.units, c.unitsFor(100_000, 1)]).toEqual([64e6, 15, 1]);
  expect(c.tokens(4096, 8192)).toBe(15 * 4096);
});

test('a kind with half the bytes per token has blocks of twice the tokens', () => {
  const c = cacheOf([layers(16), layers(16, { cacheElements: 256, kept: 4096 })], 1e9);
  expect(c.unitBytes).toBe(16 * 16 * 1024);
  expect(c.unitsFor(64, 1)).toBe(4 + (2 + 1));
  // Printed: the blocks of one group, in the tokens of the smaller block.
  expect(c.tokens(4096, 1)).toBe(Math.floor(c.units / 2) * 16);
});

test.each([
  // [full layers, windowed layers, layers of a group, groups]; vLLM: as many as the commonest where that is below 1.5 times the rarest
  [5, 6, 6, 2], [2, 3, 2, 3], [10, 52, 10, 7], [8, 8, 8, 2],
])('%d full and %d windowed layers share blocks by %d', (full, windowed, size, groups) => {
  const c = cacheOf([layers(full), layers(windowed, { kept: 1024 })], 1e9);
  expect(c.unitBytes / (16 * 1024)).toBe(size);
  // Below the window each group takes one block for 16 tokens, and windowed ones a spare.
  expect(c.unitsFor(16, 1)).toBe(groups + Math.ceil(windowed / size));
});

test('a window keeps what a step of many tokens adds, until the step is done', () => {
  const c = cacheOf([layers(2, { kept: 128 })], 1e9);
  expect(c.unitsFor(16_000, 8192)).toBe(Math.ceil((128 - 1 + 8192) / 16) + 1);
  expect(c.unitsFor(100, 8192)).toBe(7 + 1);
});

test('a chunk keeps itself and the step, without a spare block', () => {
  const c = cacheOf([layers(2, { kept: 8192, chunked: true })], 1e9);
  expect([c.unitsFor(100_000, 32), c.unitsFor(100_000, 1), c.unitsFor(160, 1)]).toEqual([514, 513, 10]);
});

test('engines without layer groups add states and tokens by the byte, and print whole blocks', () => {
  const c = cacheOf([layers(4), state(4, 3000)], 10 * 4 * 1024 * 32 + 5000, { engine: 'trtllm', block: 32 });
  expect(c.bytesFor(100, 1)).toBe(4 * 1024 * 100 + 4 * 3000);
  expect(c.tokens(4096, 1)).toBe(320);
});

test('a model without any cache holds any number of requests, even where no room is left', () => {
  const c = cacheOf([], -1);
  expect([c.requests(100, 1), c.bytesFor(100, 1), c.tokens(4096, 1)]).toEqual([Infinity, 0, 1e15]);
});
