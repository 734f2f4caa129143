import { estimate } from './plan-fixture';
import { Precision } from '../../src/catalog/precision';
import { estimateAnswer, estimateRequest } from '../../src/cli/estimate-answer';
import { services } from '../../src/cli/services';
import { FITTED } from '../../src/sizing/data/fitted';
import { Range } from '../../src/sizing/plan';
import { Sizing } from '../../src/sizing/sizing';

/** A config.json of a small dense model. */
const CONFIG = {
  model_type: 'llama',
  architectures: ['LlamaForCausalLM'],
  hidden_size: 4096,
  num_hidden_layers: 32,
  num_attention_heads: 32,
  num_key_value_heads: 8,
  intermediate_size: 14336,
  vocab_size: 128256,
  torch_dtype: 'bfloat16',
  max_position_embeddings: 131072,
  tie_word_embeddings: false,
};
const QUESTION = { model: CONFIG, accelerator: 'h100-sxm', layout: { tensorParallel: 2 }, promptTokens: 1000, outputTokens: 200, load: { concurrency: 8 } };
const MOE = {
  model_type: 'mixtral',
  architectures: ['MixtralForCausalLM'],
  hidden_size: 4096,
  num_hidden_layers: 32,
  num_attention_heads: 32,
  num_key_value_heads: 8,
  intermediate_size: 14336,
  vocab_size: 32000,
  num_local_experts: 8,
  num_experts_per_tok: 2,
  torch_dtype: 'bfloat16',
  max_position_embeddings: 32768,
};

describe('a question of estimate', () => {
  test('becomes a request', () => {
    const request = estimateRequest({
      ...QUESTION,
      engine: 'sglang',
      engineVersion: '0.5',
      precision: 'fp8',
      kvCachePrecision: 'bf16',
      promptTokensP99: 4000,
      outputTokensP99: 900,
      prefixHitRatio: 0.5,
      memoryFraction: 0.85,
      maxNumSeqs: 64,
      maxNumBatchedTokens: 4096,
      maxModelLen: 8192,
      kvBlockSize: 32,
    });
    expect(request.engine).toEqual({
      name: 'sglang', version: '0.5', maxModelLen: 8192, maxNumSeqs: 64, maxNumBatchedTokens: 4096, memoryFraction: 0.85, kvBlockSize: 32,
      streamInterval: 23,
    });
    expect([request.precision, request.kvCachePrecision]).toEqual([Precision.FP8, Precision.BF16]);
    expect(request.layout).toEqual({ tensorParallel: 2, pipelineParallel: 1, dataParallel: 1, expertParallel: 1 });
    expect(request.pool.accelerator.name).toBe('h100-sxm');
    expect(request.pool.gpusPerNode).toBe(8);
    expect(request.load).toMatchObject({
      kind: 'concurrency', amount: 8, lengths: { promptTokens: 1000, outputTokens: 200, promptTokensP99: 4000, outputTokensP99: 900, prefixHitRatio: 0.5 },
    });
  });

  test.each([
    [{ requestsPerSecond: 2.5 }, 'requestsPerSecond', 2.5],
    [{ concurrency: 3 }, 'concurrency', 3],
    [{ saturated: true }, 'saturated', 0],
    [{ staticBatch: 4 }, 'staticBatch', 4],
    [{ concurrency: 3, requestsPerSecond: null }, 'concurrency', 3],
  ])('states its load as %j', (load, kind, amount) => {
    expect(estimateRequest({ ...QUESTION, load }).load).toMatchObject({ kind, amount });
  });

  test('that leaves the layout out runs on one GPU', () => {
    expect(estimateRequest({ ...QUESTION, layout: undefined }).layout).toEqual({ tensorParallel: 1, pipelineParallel: 1, dataParallel: 1, expertParallel: 1 });
  });

  test('spreads experts over all GPUs of data-parallel attention, unless it says otherwise', () => {
    const layout = (model: object, degrees: object) => estimateRequest({ ...QUESTION, model, layout: degrees }).layout.expertParallel;
    expect(layout(MOE, { tensorParallel: 2, dataParallel: 4 })).toBe(8);
    expect(layout(MOE, { tensorParallel: 2, dataParallel: 4, expertParallel: 1 })).toBe(1);
    expect(layout(MOE, { tensorParallel: 8 })).toBe(1);
    expect(layout(CONFIG, { tensorParallel: 1, dataParallel: 4 })).toBe(1);
  });

  test("spreads the experts of models with latent attention as vLLM's guide does", () => {
    const deepseek = (engine: string | undefined) => estimateRequest({ ...QUESTION, model: 'deepseek-ai/DeepSeek-R1', engine, layout: { tensorParallel: 8 } }).layout;
    expect([deepseek('vllm').expertParallel, deepseek(undefined).expertParallel, deepseek('sglang').expertParallel]).toEqual([8, 8, 1]);
  });

  test("takes the driver's memory in place of the catalogue's, and leaves the rest as it is", () => {
    const stated = estimateRequest({ ...QUESTION, deviceMemoryGib: 79.25 }).pool.accelerator;
    const listed = estimateRequest(QUESTION).pool.accelerator;
    expect(stated.memoryBytes).toBe(79.25 * 2 ** 30);
    expect(listed.memoryBytes).not.toBe(stated.memoryBytes);
    expect(stated.tensorFlopsPerSecond(Precision.FP8)).toBe(listed.tensorFlopsPerSecond(Precision.FP8));
    expect({ ...stated, memoryBytes: 0 }).toEqual({ ...listed, memoryBytes: 0 });
  });

  test('takes slots for adapters as they are, and the library says what is wrong with them', () => {
    const adapters = { maxLoras: 4, maxRank: 16 };
    expect(estimateRequest({ ...QUESTION, adapters }).engine).toMatchObject({ adapters });
    expect(estimateRequest({ ...QUESTION, adapters: null }).engine!.adapters).toBeUndefined();
    const wrong = estimateRequest({ ...QUESTION, adapters: { maxLoras: 4, maxRank: 17 } });
    expect(() => Sizing.estimate(wrong)).toThrow("'engine.adapters.maxRank' is 17 but must be one of 1, 8, 16, 32, 64, 128, 256, 320, 512");
  });

  test('takes parameters from beside or inside the config', () => {
    expect(estimateRequest({ ...QUESTION, model: { ...CONFIG, parameters: 8.1e9 } }).model.parameters).toBe(8.1e9);
    expect(estimateRequest({ ...QUESTION, parameters: 8.2e9 }).model.parameters).toBe(8.2e9);
  });

  test('ignores fields that it does not know', () => {
    expect(() => estimateRequest({ ...QUESTION, colour: 'red', layout: { tensorParallel: 1, colour: 'red' } })).not.toThrow();
  });

  test.each([
    [{ model: undefined }, "'model' is undefined but must be a repository id, or an object with the contents of a config.json"],
    [{ model: 7 }, "'model' is 7 but must be a repository id, or an object with the contents of a config.json"],
    [{ accelerator: undefined }, "'accelerator' is undefined but must be the name of one"],
    [{ accelerator: 'h100-smx' }, "unknown accelerator 'h100-smx'; did you mean 'h100-sxm'?"],
    [{ deviceMemoryGib: -1 }, "'deviceMemoryGib' is -1 but must be a number of GiB above 0"],
    [{ layout: 'TP2' }, "'layout' is 'TP2' but must be an object"],
    [{ layout: { tensorParallel: 1.5 } }, "'layout.tensorParallel' is 1.5 but must be a whole number from 1 up"],
    [{ promptTokens: undefined }, "'promptTokens' is missing"],
    [{ outputTokens: 0 }, "'outputTokens' is 0 but must be a number of tokens from 1 up"],
    [{ outputTokens: '200' }, "'outputTokens' is '200' but must be a number of tokens from 1 up"],
    [{ prefixHitRatio: 2 }, "'prefixHitRatio' is 2 but must be a number from 0 to 1"],
    [{ hostHitRatio: -1 }, "'hostHitRatio' is -1 but must be a number from 0 to 1"],
    [{ load: undefined }, "'load' is undefined but must be an object with one of 'requestsPerSecond', 'concurrency', 'staticBatch' (numbers) or 'saturated' (true)"],
    [{ load: {} }, "'load' has none of its forms but must have exactly one of 'requestsPerSecond', 'concurrency', 'staticBatch' (numbers) or 'saturated' (true)"],
    [{ load: { concurrency: 1, saturated: true } },
      "'load' has concurrency and saturated of its forms but must have exactly one of 'requestsPerSecond', 'concurrency', 'staticBatch' (numbers) or 'saturated' (true)"],
    [{ load: { saturated: false } }, "'load.saturated' is false but must be true"],
    [{ load: { requestsPerSecond: -4 } }, "'load.requestsPerSecond' is -4 but must be a number above 0"],
    [{ precision: 'fp9' }, "unknown precision 'fp9'; did you mean 'fp8'?"],
    [{ precision: 8 }, "'precision' is 8 but must be text"],
    [{ memoryFraction: 1.2 }, "'memoryFraction' is 1.2 but must be a number above 0 and at most 1"],
  ])('with %j is refused', (changes, sentence) => {
    let said = '';
    try { estimateRequest({ ...QUESTION, ...changes }); } catch (error) { said = (error as Error).message; }
    expect(said).toBe(sentence);
  });
});

describe('the share of prompts that is found in the cache', () => {
  const found = (over: object) => estimateRequest({ ...QUESTION, ...over }).load.lengths.prefixHitRatio;

  test('is that of the measured chats where vLLM serves arrivals and nobody says otherwise, and the answer repeats it', () => {
    const request = estimateRequest({ ...QUESTION, load: { requestsPerSecond: 2 } });
    expect(request.load.lengths.prefixHitRatio).toBe(FITTED.arrivals.prefixHitRatio);
    expect(estimateAnswer(1, request, estimate())).toMatchObject({
      prefixHitRatio: FITTED.arrivals.prefixHitRatio,
      assumed: expect.stringMatching(/^[\d.]+ % of prompt tokens are found in the prefix cache, as of the chats that vLLM was measured with; state 'prefixHitRatio', 0 where prompts have nothing in common$/),
    });
    expect(estimateAnswer(1, estimateRequest({ ...QUESTION, load: { requestsPerSecond: 2 }, prefixHitRatio: 0 }), estimate())).toMatchObject({ assumed: undefined });
  });

  test('is none on the GPU where the question says what comes back from the host, and the answer repeats that', () => {
    const request = estimateRequest({ ...QUESTION, load: { requestsPerSecond: 2 }, hostHitRatio: 0.4, hostLinkBytesPerSecond: 32e9 });
    expect([request.load.lengths.prefixHitRatio, request.load.lengths.hostHitRatio, request.pool.hostLinkBytesPerSecond]).toEqual([undefined, 0.4, 32e9]);
    expect(estimateAnswer(1, request, estimate())).toMatchObject({ hostHitRatio: 0.4, assumed: undefined });
  });

  test('is what is stated', () => expect(found({ load: { requestsPerSecond: 2 }, prefixHitRatio: 0 })).toBe(0));

  test('is nothing in other loads and engines', () => {
    expect([found({}), found({ load: { requestsPerSecond: 2 }, engine: 'trtllm' })]).toEqual([undefined, undefined]);
  });
});

describe('the tokens that SGLang sends at a time', () => {
  const question = { ...QUESTION, engine: 'sglang' };
  const asked = (fields: object) => {
    const request = estimateRequest({ ...question, ...fields });
    return [request.engine?.streamInterval, (estimateAnswer(1, request, estimate()) as { assumed?: string }).assumed];
  };

  test('are those of published closed loops where one does not say, and the answer says so', () => {
    expect(asked({})).toEqual([
      23, "SGLang sends 23 tokens at a time, as in published benchmarks; state 'streamInterval', 1 where '--stream-interval' is not set",
    ]);
  });

  test('are what is stated', () => expect(asked({ streamInterval: 1 })).toEqual([1, undefined]));

  test('are one under other loads, and the setting of no other engine', () => {
    expect(asked({ load: { saturated: true } })).toEqual([undefined, undefined]);
    expect(asked({ engine: 'trtllm' })).toEqual([undefined, undefined]);
  });

  test('keep the first token from its reader', () => {
    const first = (streamInterval: number) => Sizing.estimate(estimateRequest({ ...question, streamInterval })).timeToFirstToken.mean.expected;
    const perToken = Sizing.estimate(estimateRequest({ ...question, streamInterval: 1 })).timePerOutputToken.mean.expected;
    expect(first(11) - first(1)).toBeCloseTo(10 * perToken, 6);
  });
});

describe('an answer of estimate', () => {
  const request = estimateRequest(QUESTION);

  test('has the fields of the contract, as ranges in four digits', () => {
    const outputTokensPerSecond = { low: 1234.5678, expected: 2345.6789, high: 3456.789 };
    const answer: any = JSON.parse(JSON.stringify(estimateAnswer('a', request, estimate({ outputTokensPerSecond }))));
    expect(Object.keys(answer)).toEqual([
      'id', 'fits', 'gpus', 'weightBytesPerGpu', 'kvCacheBytesPerGpu', 'kvCacheTokens', 'concurrentRequests', 'outputTokensPerSecond', 'timeToFirstTokenMillis',
      'timePerOutputTokenMillis', 'endToEndMillis', 'boundBy', 'wattsPerGpu', 'dollarsPerMillionOutputTokens',
    ]);
    expect(answer.outputTokensPerSecond).toEqual({ low: 1235, expected: 2346, high: 3457 });
    expect(Object.keys(answer.timeToFirstTokenMillis)).toEqual(['mean', 'p50', 'p90', 'p99']);
    expect(answer.timeToFirstTokenMillis.mean).toEqual({ low: 160, expected: 200, high: 260 });
  });

  test('gives memory as ranges: weights by a share of theirs, the cache by a share of the device', () => {
    const answer: any = estimateAnswer(1, request, estimate());
    expect(answer.weightBytesPerGpu.low).toBeLessThan(35 * 2 ** 30);
    expect(answer.weightBytesPerGpu.high).toBeGreaterThan(35 * 2 ** 30);
    expect(answer.kvCacheBytesPerGpu).toEqual({ low: Math.floor((30 - 0.075 * 80) * 2 ** 30), expected: 30 * 2 ** 30, high: Math.ceil((30 + 0.075 * 80) * 2 ** 30) });
    expect(answer.kvCacheTokens.low / answer.kvCacheTokens.expected).toBeCloseTo(answer.kvCacheBytesPerGpu.low / answer.kvCacheBytesPerGpu.expected, 5);
  });

  test('charges the cheapest machine of the catalogue, and cheap tokens are those that come fast', () => {
    const price = request.pool.dollarsPerGpuHour!;
    const answer: any = estimateAnswer(1, request, estimate({ gpus: 2, outputTokensPerSecond: { low: 500, expected: 1000, high: 2000 } }));
    const { low, expected, high } = answer.dollarsPerMillionOutputTokens;
    expect(price).toBeGreaterThan(0);
    expect(expected).toBeCloseTo(2 * price / 3.6, 2);
    expect([low / expected, high / expected]).toEqual([expect.closeTo(0.5, 3), expect.closeTo(2, 3)]);
  });

  test('that does not fit says why, and nothing else', () => {
    const reason = 'the weights take 140 GiB of 72';
    expect(estimateAnswer(1, request, estimate({ fits: false, reason }))).toEqual({ id: 1, fits: false, reason, gpus: 2 });
  });
});

describe('an accelerator whose speed nobody states', () => {
  const ask = (over: object) => services.estimate(7, { ...QUESTION, accelerator: 'rtx-pro-4500-server', layout: { tensorParallel: 1 }, ...over });

  test('gets its memory answered', () => {
    expect(ask({ engineVersion: '0.15.1', maxModelLen: 8192 })).toEqual({
      id: 7,
      fits: true,
      gpus: 1,
      weightBytesPerGpu: { low: expect.any(Number), expected: expect.any(Number), high: expect.any(Number) },
      kvCacheBytesPerGpu: { low: expect.any(Number), expected: expect.any(Number), high: expect.any(Number) },
      kvCacheTokens: { low: expect.any(Number), expected: expect.any(Number), high: expect.any(Number) },
      unrated: 'the speed of rtx-pro-4500-server is not stated, so only memory is estimated',
    });
  });

  test('or why it does not start', () => {
    expect(ask({ engineVersion: '0.15.1' })).toEqual({
      id: 7, fits: false, gpus: 1, reason: expect.stringMatching(/^a request of 131072 tokens needs 16\.0 GiB of KV cache per GPU but 12\.5 GiB are left$/),
    });
  });

  test('is sure of it where the version is stated', () => {
    const width = (answer: object) => {
      const { low, high } = (answer as { kvCacheTokens: Range }).kvCacheTokens;
      return high - low;
    };
    expect(width(ask({ maxModelLen: 8192, engineVersion: '0.15.1' }))).toBeLessThan(width(ask({ maxModelLen: 8192 })));
  });
});
