import { Accelerator } from '../../src/catalog/accelerator';
import { Model } from '../../src/catalog/model';
import { Precision } from '../../src/catalog/precision';
import { engineRules, EngineRules, Version } from '../../src/sizing/engine-rules';
import { fitProblem } from '../../src/sizing/estimate';
import { Instance } from '../../src/sizing/instance';
import { KvCache } from '../../src/sizing/kv-cache';
import { PooledCache } from '../../src/sizing/pooled-cache';
import { Subject, subjectOf } from '../../src/sizing/request';
import { AttentionShare, StageShare, sharesOf } from '../../src/sizing/shares';

const GIB = 2 ** 30;
const SGLANG = engineRules('sglang') as EngineRules;
const ONE = { tp: 1, pp: 1, dp: 1, ep: 1 };
const NOW: Version = [0, 5, 16];

interface Options { readonly version?: Version; readonly modelType?: string; readonly maxNumSeqs?: number; readonly verified?: number }

/** Layers of 1 KiB a token, or of a state of so many bytes. */
const layers = (count: number, over: Partial<AttentionShare> = {}): AttentionShare => ({
  type: 'gqa', layers: count, cacheElements: 512, cached: true, indexerBytes: 0, reach: Infinity, kept: Infinity, chunked: false, stateBytes: 0, wideStateBytes: 0,
  stateFlopsPerToken: 0, prefillFlopsPerPair: 0, decodeFlopsPerPair: 0, indexerFlopsPerPair: 0, ...over,
});
const state = (count: number, bytes: number) => layers(count, { type: 'state', cacheElements: 0, kept: 0, reach: 0, stateBytes: bytes / 2, wideStateBytes: bytes });

function pools(attention: readonly AttentionShare[], bytes: number, { version = NOW, modelType, maxNumSeqs = 2048, verified = 0 }: Options = {}): PooledCache {
  return new PooledCache({ attention } as StageShare, 16, SGLANG, version, 1, bytes, { modelType, maxNumSeqs, verified });
}

function printed(model: string, bytes: number, version: Version = NOW): PooledCache {
  const shape = Model.named(model)._shape!;
  const [stage] = sharesOf(shape, Precision.BF16, ONE).stages;
  return new PooledCache(stage, 16, SGLANG, version, 1, bytes, { modelType: shape.modelType, maxNumSeqs: 2048, verified: 0 });
}

describe('recurrent states', () => {
  // 1,900 KiB: 900 for states of 10 KiB, which are 90, and 1,000 for tokens.
  const hybrid = (options?: Options, bytes = 1_900 * 1024) => pools([layers(1), state(1, 10 * 1024)], bytes, options);

  test.each<[string, Version, number, number]>([
    ['as many as requests are allowed, at most 512, before 0.5.4', [0, 5, 3], 100, 900],
    ['3 to a request from 0.5.4 on', [0, 5, 4], 30, 1000],
    ['3 until 0.5.13', [0, 5, 13], 30, 1000],
    ['5 from 0.5.14 on, of which two are buffers', [0, 5, 14], 18, 1000],
  ])('get 0.9 of what tokens get: %s', (_what, version, requests, tokens) => {
    const cache = hybrid({ version, maxNumSeqs: 100 });
    expect(cache.mostRequests).toBe(requests);
    expect(cache.tokens(4096, 1)).toBe(tokens);
    expect(cache.requests(1, 1)).toBe(requests);
    expect(cache.requests(500, 1)).toBe(tokens / 500);
  });

  test('what verified tokens leave behind comes out of the states from 0.5.13 on, and before all else before it', () => {
    // Each request verifies 5: 900 KiB hold 45 states and 5 x 9 more, so 9 requests run, and 1,000 KiB are left.
    expect([hybrid({ verified: 5 }).mostRequests, hybrid({ verified: 5 }).tokens(1, 1)]).toEqual([9, 1000]);
    // Where only 2 may run, 2 x 5 states are set aside instead of 45, and tokens get the rest.
    expect(hybrid({ verified: 5, maxNumSeqs: 2 }).tokens(1, 1)).toBe(1900 - 450 - 100);
    // 2 x 5 x 10 KiB first; of 1,800 the states get 852, which are 85: 28 requests.
    const before = hybrid({ verified: 5, maxNumSeqs: 2, version: [0, 5, 12] });
    expect([before.mostRequests, before.tokens(1, 1)]).toEqual([28, 1900 - 100 - 850]);
  });

  test('less than one request holds shows as a share of it, with the memory that one asks for', () => {
    // 95 KiB: 45 for states, which are 4 of the 5.
    const cache = hybrid({}, 95 * 1024);
    expect(cache.requests(1, 1)).toBe(0.8);
    expect(cache.bytesNeeded(1, 1)).toBeCloseTo(95 * 1024 / 0.8, 6);
    expect(hybrid({}, -1).requests(1, 1)).toBe(0);
  });

  test('Qwen3.6-27B in 46.89 GiB has the 154 states and 403,904 tokens that SGLang printed on an RTX PRO 6000, at 3 states to a request', () => {
    const cache = printed('Qwen/Qwen3.6-27B', 46.89 * GIB, [0, 5, 10]);
    expect(cache.mostRequests).toBe(Math.floor(154 / 3));
    expect(Math.abs(cache.tokens(4096, 1) / 403_904 - 1)).toBeLessThan(0.01);
  });
});

describe('windows', () => {
  const hybrid = (options?: Options) => pools([layers(1), layers(5, { kept: 100 })], 5000 * 1024, options);

  test('have a pool of 0.8 of the tokens of the others, which prompts fill as they are read', () => {
    // A token takes 1 + 0.8 x 5 KiB: 1,000 tokens in full layers, 800 in those with a window.
    const cache = hybrid();
    expect(cache.tokens(4096, 1)).toBe(1000);
    // 200 read at once stay in the pool of 800, so do the window and what 128 steps write: 4 requests of 200, but 1.87 of 500.
    expect(cache.requests(200, cache.readStep(200, 8192))).toBe(4);
    expect(cache.requests(500, cache.readStep(200, 8192))).toBeCloseTo(800 / 428, 12);
    // A long completion holds the full layers.
    expect(cache.requests(600, cache.readStep(100, 8192))).toBeCloseTo(1000 / 600, 12);
    // Of a long prompt, what is read last stays.
    expect(cache.readStep(20_000, 8192)).toBe(8192);
  });

  test.each<[string | undefined, Version, boolean]>([
    ['gpt_oss', [0, 5, 7], false], ['gpt_oss', [0, 5, 8], true], ['llama4_text', [0, 5, 8], true], ['step3p5', [0, 5, 8], false], ['step3p5', [0, 5, 9], true],
    ['gemma4_text', [0, 5, 10], false], ['gemma4_unified_text', [0, 5, 11], true], ['gemma3_text', NOW, false], ['cohere2', NOW, false], [undefined, NOW, true],
  ])('of %s on %j have a pool: %s; elsewhere they keep every token', (modelType, version, pooled) => {
    const cache = hybrid({ modelType, version });
    expect(cache.tokens(4096, 1)).toBe(pooled ? 1000 : 833);
    expect(cache.readStep(100, 8192)).toBe(pooled ? 100 : 1);
    if (!pooled) { expect(cache.requests(500, 1)).toBeCloseTo(5000 / 6 / 500, 12); }
  });

  test('a model with nothing but windows has no second pool', () => {
    const cache = pools([layers(5, { kept: 100 })], 5000 * 1024);
    expect([cache.tokens(4096, 1), cache.requests(100, 100)]).toEqual([1000, 10]);
  });

  test('Gemma 4 E4B in 79.94 GiB has the 997,846 tokens that SGLang printed on a GB10, with room for layers that read the cache of others', () => {
    expect(Math.abs(printed('google/gemma-4-E4B-it', 79.94 * GIB).tokens(4096, 1) / 997_846 - 1)).toBeLessThan(0.0002);
  });
});

test('a model without windows or states has one pool, as before', () => {
  const stage = { attention: [layers(4)] } as unknown as StageShare;
  const one = new KvCache(stage, 16, SGLANG, NOW, 1, 1e9);
  const cache = pools(stage.attention, 1e9);
  const seen = (c: KvCache) => [c.tokens(4096, 1), c.requests(1000, 1), c.unitsFor(1000, 1), c.bytesFor(1000, 1), c.readStep(1000, 8192), c.mostRequests];
  expect(seen(cache)).toEqual(seen(one));
});

test('what is moved of a request are its bytes, whatever the pools', () => {
  expect(pools([layers(1), layers(5, { kept: 100 }), state(2, 3000)], 1e9).bytesFor(400, 1)).toBe(1024 * (400 + 5 * 100) + 2 * 3000);
});

test('a request that the pools do not hold is refused with the memory that it asks for', () => {
  // 1.12 GiB: of those 0.53 for states of 0.143, which are 3 of the 5 that one request asks for.
  const subject = subjectOf({ model: Model.named('Qwen/Qwen3.6-27B'), engine: { name: 'sglang', version: '0.5.16' } }) as Subject;
  const settings = { maxModelLen: 8192, maxNumSeqs: 2048, maxNumBatchedTokens: 8192, memoryFraction: 0.665, kvBlockSize: 1 };
  const instance = new Instance(subject, { name: 'h100', accelerator: Accelerator.named('h100-sxm'), maxGpus: 1 }, ONE, settings);
  expect(fitProblem(instance, 8192)).toBe('a request of 8192 tokens needs 1.9 GiB of KV cache per GPU but 1.1 GiB are left');
});
