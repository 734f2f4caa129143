import { fresh } from './fresh';
import { MODELS } from '../../src/catalog/data/models';
import { Model } from '../../src/catalog/model';
import { checkpointBytesOf, countedTensors } from '../../src/catalog/model-shape';
import { Precision } from '../../src/catalog/precision';
import { ModelShape } from '../../src/catalog/shape';

const GIB = 2 ** 30;
const sentence = (run: () => unknown): string => {
  try { run(); } catch (error) {
    expect((error as Error).constructor).toBe(Error);
    return (error as Error).message;
  }
  throw new Error('nothing was thrown');
};
const shapeOf = (id: string): ModelShape => {
  const shape = fresh(id)._shape;
  if (!shape) { throw new Error(`${id} has no shape`); }
  return shape;
};
const complete = MODELS.filter((row) => row.missing === undefined);

/** Elements that one token adds to the KV cache, over all layers. */
const cacheElements = (shape: ModelShape): number => shape.order.reduce((sum, kind) => {
  const attention = shape.kinds[kind].attention;
  return sum + (attention.type === 'gqa' ? attention.kvHeads * (attention.headDim + attention.valueHeadDim)
    : attention.type === 'mla' ? attention.kvLoraRank + attention.ropeHeadDim : 0);
}, 0);

describe('the catalogue of models', () => {
  test('has all 204 models, each id and alias once', () => {
    expect(MODELS).toHaveLength(204);
    const names = MODELS.flatMap((row) => [row.id, ...row.aliases ?? []]).map((name) => name.toLowerCase());
    expect(new Set(names).size).toBe(names.length);
  });

  test.each(MODELS.map((row) => [row.id, row] as const))('%s says where it comes from and when it was taken', (_id, row) => {
    expect(row.source.length).toBeGreaterThan(10);
    expect(row.asOf).toMatch(/^20\d\d-[01]\d-[0-3]\d$/);
    expect(row.trust).toMatch(/^[ABC]/);
    expect(row.id).toMatch(/^[\w.-]+\/[\w.() -]+$/);
  });

  test('every row that takes its config from another names one that exists', () => {
    for (const row of MODELS) { if (row.like !== undefined) { expect(MODELS.map((r) => r.id)).toContain(row.like); } }
  });

  test.each(complete.map((row) => [row.id]))('%s is within plausible bands', (id) => {
    const model = Model.named(id);
    const shape = shapeOf(id);
    expect(model.incomplete).toBeUndefined();
    expect(model.parameters).toBeGreaterThan(0.5e9);
    expect(model.parameters).toBeLessThan(3e12);
    expect(model.activeParameters).toBeGreaterThan(0.4e9);
    expect(model.activeParameters).toBeLessThanOrEqual(model.parameters!);
    expect(model.checkpointBytes).toBeGreaterThan(0.5e9);
    expect(shape.order.length).toBeGreaterThanOrEqual(16);
    expect(shape.order.length).toBeLessThanOrEqual(126);
    expect(shape.vocabSize).toBeGreaterThanOrEqual(32000);
    expect(shape.hiddenSize).toBeGreaterThanOrEqual(1024);
    for (const { tensors, times } of countedTensors(shape)) {
      expect(times).toBeGreaterThan(0);
      expect(Number.isSafeInteger(tensors.parameters)).toBe(true);
      expect(tensors.activeParameters).toBeLessThanOrEqual(tensors.parameters);
    }
    for (const kind of shape.order) { expect(shape.kinds[kind]).toBeDefined(); }
    if (model.maxContextTokens !== undefined) { expect(model.maxContextTokens).toBeGreaterThanOrEqual(1024); }
  });

  test('these models can not be sized, each for the reason that it states', () => {
    const reasons = MODELS.filter((row) => row.missing !== undefined).map((row) => [row.id, Model.named(row.id).incomplete]);
    const encoder = 'it is an encoder without a KV cache, and plans are made for generation';
    const compressed = 'its compressed attention keeps caches of several kinds whose size per token nobody states';
    expect(reasons).toEqual([
      ['BAAI/bge-large-en-v1.5', encoder],
      ['BAAI/bge-m3', encoder],
      ['deepseek-ai/DeepSeek-V4-Flash', compressed],
      ['deepseek-ai/DeepSeek-V4-Flash-0731', compressed],
      ['deepseek-ai/DeepSeek-V4-Pro', compressed],
      ['intfloat/multilingual-e5-base-instruct', encoder],
      ['intfloat/multilingual-e5-large-instruct', encoder],
      ['intfloat/multilingual-e5-small-instruct', encoder],
      ['nvidia/DeepSeek-V4-Flash-NVFP4', compressed],
      ['nvidia/DeepSeek-V4-Pro-NVFP4', compressed],
      ['nvidia/NVIDIA-Nemotron-3-Super-120B-A12B-NVFP4', 'its hf_quant_config.json names no weights that stay in a wider format, but some do, '
        + 'as the files of its sister nvidia/NVIDIA-Nemotron-3-Ultra-550B-A55B-NVFP4 show'],
      ['nvidia/NVIDIA-Nemotron-3-Ultra-550B-A55B-NVFP4', 'its hf_quant_config.json names no weights that stay in a wider format, '
        + 'but its files are 9 percent larger than if none did'],
      ['sgl-project/DeepSeek-V4-Flash-FP8', compressed],
      ['sgl-project/DeepSeek-V4-Pro-FP8', compressed],
    ].map(([id, reason]) => [id, `'${id}' can't be sized: ${reason}`]));
    for (const [id] of reasons) { expect(Model.named(id!)._shape).toBeUndefined(); }
  });
});

describe('parameters counted layer by layer', () => {
  test('agree within 1 percent with what publishers state, but for the rows listed', () => {
    const rows = MODELS.filter((row) => row.parametersB !== undefined);
    expect(rows).toHaveLength(13);
    const misses = rows.map((row) => ({ id: row.id, off: row.missing ? NaN : Model.named(row.id).parameters! / (row.parametersB! * 1e9) - 1 }))
      .filter(({ off }) => !(Math.abs(off) <= 0.01)).map(({ id, off }) => [id, Number.isNaN(off) ? 'no shape' : `${(off * 100).toFixed(1)} %`]);
    expect(misses).toEqual([
      ['BAAI/bge-m3', 'no shape'], // An encoder: not counted.
      ['moonshotai/Kimi-K2.5', '2.7 %'], // '1T' is rounded.
      ['openai/gpt-oss-120b', '-2.6 %'], // '120b' is a name; its model card says 117B.
    ]);
  });

  test('that are active agree within 5 percent with what publishers state, but for the rows listed', () => {
    const rows = MODELS.filter((row) => row.activeB !== undefined);
    expect(rows).toHaveLength(10);
    const misses = rows.map((row) => ({ id: row.id, off: Model.named(row.id).activeParameters! / (row.activeB! * 1e9) - 1 }))
      .filter(({ off }) => !(Math.abs(off) <= 0.05)).map(({ id, off }) => [id, `${(off * 100).toFixed(1)} %`]);
    expect(misses).toEqual([
      ['zai-org/GLM-4.5-Air', '6.7 %'], // 'A12B' is rounded down and leaves the head out.
    ]);
  });

  test('agree within 15 percent with the number in the name, but for the rows listed', () => {
    const misses = complete.flatMap((row) => {
      const named = /-(\d+(?:\.\d+)?)b(?![a-z0-9])/i.exec(row.id.split('/')[1]);
      const off = named ? Model.named(row.id).parameters! / (Number(named[1]) * 1e9) - 1 : 0;
      return Math.abs(off) > 0.15 ? [[row.id, `${(off * 100).toFixed(0)} %`]] : [];
    });
    expect(misses).toEqual([
      ['google/gemma-2-2B', '31 %'], // Its 0.6B of embeddings are not in the name.
      ['meta-llama/Llama-3.2-1B', '24 %'], // The model card counts 1.23B.
      ['meta-llama/Llama-4-Maverick-17B-128E-Instruct', '2257 %'], // 17B are the active ones.
      ['meta-llama/Llama-4-Scout-17B-16E-Instruct', '534 %'], // 17B are the active ones.
      ['mistralai/Ministral-3-3B-Instruct-2512', '28 %'], // 3.4B of text and 0.4B of encoder.
    ]);
  });

  test('of Kimi K3 are those of its released tensors', () => {
    // Names, shapes and counts of the text model's tensors: vllm-project/tpu-inference, tests for kimi_k3.
    const [h, wide] = [7168, 12288];
    const delta = 3 * wide * h + 3 * wide * 4 + 96 + wide + 128 * h + wide * 128 + 96 * h + 128;
    const latent = 1536 * h + 1536 + 18432 * 1536 + 576 * h + 512 + 24576 * 512;
    const everywhere = 2 * wide * h + 2 * h + 4 * h;
    const experts = 896 * h + 896 + 2 * 3584 * h + 3584 + 3 * 6144 * h + 896 * 3 * 3584 * 3072;
    const text = 2 * 163840 * h + 3 * h + 3 * 33792 * h + 69 * delta + 24 * latent + 93 * everywhere + 92 * experts;
    const encoder = shapeOf('moonshotai/Kimi-K3').first.filter((t) => t.part === 'other').reduce((sum, t) => sum + t.parameters, 0);
    expect(Model.named('moonshotai/Kimi-K3').parameters! - encoder).toBe(text);
  });

  test('of Llama 3.1 8B are exactly those of its checkpoint', () => {
    // 8,030,261,248: the model card's safetensors summary.
    expect(Model.named('meta-llama/Llama-3.1-8B-Instruct').parameters).toBe(8_030_261_248);
  });
});

describe('bytes of the checkpoint', () => {
  test('derived from the shape agree within 2 percent with the files, but for the rows listed', () => {
    const rows = MODELS.filter((row) => row.gib !== undefined);
    expect(rows).toHaveLength(60);
    const misses = rows.map((row) => {
      const shape = row.missing === undefined ? fresh(row.id)._shape : undefined;
      return { id: row.id, off: shape ? checkpointBytesOf(shape) / (row.gib! * GIB) - 1 : NaN };
    }).filter(({ off }) => !(Math.abs(off) <= 0.02)).map(({ id, off }) => [id, Number.isNaN(off) ? 'no shape' : `${(off * 100).toFixed(1)} %`]);
    expect(misses).toEqual([
      ['deepseek-ai/DeepSeek-V4-Flash-0731', 'no shape'],
      ['deepseek-ai/DeepSeek-V4-Pro', 'no shape'],
      ['nvidia/NVIDIA-Nemotron-3-Ultra-550B-A55B-NVFP4', 'no shape'],
      ['openai/gpt-oss-120b', '-50.0 %'], // The repository holds the weights twice.
      ['openai/gpt-oss-20b', '-50.0 %'], // The repository holds the weights twice.
    ]);
  });

  test('are those of the files where they are known, and of one copy where the files hold two', () => {
    expect(Model.named('Qwen/Qwen3-8B-AWQ').checkpointBytes).toBe(Math.round(5.68 * GIB));
    expect(Model.named('openai/gpt-oss-20b').checkpointBytes! / GIB).toBeCloseTo(25.63 / 2, 1);
    // Without files: two bytes a parameter.
    expect(Model.named('meta-llama/Meta-Llama-3.1-405B').checkpointBytes).toBe(2 * Model.named('meta-llama/Meta-Llama-3.1-405B').parameters!);
  });

  test('hold the layers for multi-token prediction, which the shape keeps apart', () => {
    const shape = shapeOf('deepseek-ai/DeepSeek-V3');
    const speculative = shape.speculative!.flatMap(({ weights }) => weights).reduce((sum, t) => sum + t.parameters, 0);
    // The paper counts 671B for the main model and 14B for the prediction module with its embedding and head.
    expect(speculative / 1e9).toBeCloseTo(13.6, 0);
    expect(Model.named('deepseek-ai/DeepSeek-V3').parameters! / 1e9).toBeCloseTo(671, 0);
  });

  test('of a GPU agree within 1.5 percent with what vLLM printed', () => {
    // data: weights_gib_per_gpu at tensor parallel 1, printed by vLLM at start-up (llm-d-planner docs/empirical-vllm-memory-results.md).
    const printed: [string, number][] = [
      ['openai/gpt-oss-20b', 13.47],
      ['openai/gpt-oss-120b', 64.38],
      ['meta-llama/Llama-3.1-8B-Instruct', 14.99],
      ['Qwen/Qwen3-32B', 61.03],
    ];
    const off = printed.map(([id, gib]) => [id, Math.abs(checkpointBytesOf({ ...shapeOf(id), speculative: [] }) / GIB / gib - 1) <= 0.015]);
    expect(off).toEqual([
      // 5 to 6 percent more than one copy of the files; the log does not say why.
      ['openai/gpt-oss-20b', false],
      ['openai/gpt-oss-120b', false],
      ['meta-llama/Llama-3.1-8B-Instruct', true],
      ['Qwen/Qwen3-32B', true],
    ]);
  });
});

describe('the KV cache', () => {
  test('of DeepSeek-V3 takes 61 x 576 elements a token, 70,272 bytes in 16 bits', () => {
    expect(cacheElements(shapeOf('deepseek-ai/DeepSeek-V3')) * 2).toBe(70_272);
  });

  test('takes as many elements a token as the shapes of the sources give, but for the rows listed', () => {
    const misses = CACHE.filter(([id]) => Model.named(id).incomplete === undefined)
      .map(([id, stated]) => [id, stated, cacheElements(shapeOf(id))])
      .filter(([, stated, ours]) => stated !== ours);
    expect(misses).toEqual([
      ['nvidia/Llama-3_3-Nemotron-Super-49B-v1', 1310720, 100352], // 49 of 80 layers attend, with 8 key/value heads, not 64.
      ['tiiuae/falcon-7b-instruct', 290816, 4096], // One key/value head, not 71.
    ]);
  });

  test('of Gemma 3 27B has 52 layers with a window and 10 without', () => {
    const shape = shapeOf('google/gemma-3-27b-it');
    const windows = shape.order.map((kind) => (shape.kinds[kind].attention as { window?: number }).window);
    expect(windows.filter((w) => w === 1024)).toHaveLength(52);
    expect(windows.filter((w) => w === undefined)).toHaveLength(10);
    expect(windows.slice(0, 7)).toEqual([1024, 1024, 1024, 1024, 1024, undefined, 1024]);
  });
});

describe('Model.named', () => {
  test('finds a model whatever the case, and by the ids that it is also known under', () => {
    expect(Model.named('META-LLAMA/llama-3.3-70b-INSTRUCT').id).toBe('meta-llama/Llama-3.3-70B-Instruct');
    expect(Model.named('meta-llama/Llama-3.1-405B').id).toBe('meta-llama/Meta-Llama-3.1-405B');
  });

  test('builds a model once', () => {
    expect(Model.named('Qwen/Qwen3-8B')).toBe(Model.named('qwen/qwen3-8b'));
    expect(Model.named('Qwen/Qwen3-8B')._shape).toBe(Model.named('Qwen/Qwen3-8B')._shape);
  });

  test.each([
    ['meta-llama/Llama-3.3-70B-Instuct', 'unknown model \'meta-llama/Llama-3.3-70B-Instuct\'; did you mean \'meta-llama/Llama-3.3-70B-Instruct\'?'],
    ['llama-3.3-70b', 'unknown model \'llama-3.3-70b\'; did you mean \'meta-llama/Llama-3.3-70B-Instruct\'?'],
    ['Llama-3.3-70B-Instruct', 'unknown model \'Llama-3.3-70B-Instruct\'; did you mean \'meta-llama/Llama-3.3-70B-Instruct\'?'],
    ['', 'unknown model \'\'; list the models with Model.all(), or read a config.json with Model.fromHubConfig'],
    ['zzzzzzz', 'unknown model \'zzzzzzz\'; list the models with Model.all(), or read a config.json with Model.fromHubConfig'],
    [null, 'unknown model null; list the models with Model.all(), or read a config.json with Model.fromHubConfig'],
    ['__proto__', 'unknown model \'__proto__\'; list the models with Model.all(), or read a config.json with Model.fromHubConfig'],
    ['x'.repeat(5_000_000), `unknown model '${'x'.repeat(60)}…' (5000000 characters); `
      + 'list the models with Model.all(), or read a config.json with Model.fromHubConfig'],
  ])('fails when there is no such model: %.20s', (id, message) => {
    expect(sentence(() => Model.named(id as string))).toBe(message);
  });
});

describe('Model.all', () => {
  test('lists every model by id, without building any', () => {
    const all = Model.all();
    expect(all).toHaveLength(204);
    const ids = all.map((m) => m.id.toLowerCase());
    expect(ids).toEqual([...ids].sort());
  });
});

describe('Model.of', () => {
  const props = { id: 'acme/a', layers: 32, hiddenSize: 4096, queryHeads: 32, kvHeads: 8, intermediateSize: 14336, vocabSize: 128256 };

  test('counts a dense model as its catalogue twin', () => {
    const model = Model.of(props);
    expect(model.parameters).toBe(8_030_261_248);
    expect(model.weightPrecision).toBe(Precision.BF16);
    expect(model.checkpointBytes).toBe(2 * 8_030_261_248);
    expect([model.id, model.source, model.asOf, model.incomplete, model.maxContextTokens]).toEqual(['acme/a', 'Model.of', '-', undefined, undefined]);
  });

  test('ties embeddings, widens heads, and takes a context and a parameter count', () => {
    expect(Model.of({ ...props, tiedEmbeddings: true }).parameters).toBe(8_030_261_248 - 4096 * 128256);
    expect(Model.of({ ...props, headDim: 256 }).parameters).toBe(8_030_261_248 + 32 * 4096 * 128 * (2 * 32 + 2 * 8));
    expect(Model.of({ ...props, maxContextTokens: 8192 }).maxContextTokens).toBe(8192);
    expect(Model.of({ ...props, parameters: 8e9 }).parameters).toBe(8e9);
  });

  test('counts experts: all for memory, the chosen ones for work', () => {
    const model = Model.of({ ...props, intermediateSize: 14336, vocabSize: 32000, experts: 8, expertsPerToken: 2 });
    expect(model.parameters! / 1e9).toBeCloseTo(46.7, 1); // Mixtral 8x7B
    expect(model.activeParameters! / 1e9).toBeCloseTo(12.7, 0);
  });

  test('keeps embeddings and head in 16 bits where the weights are quantised', () => {
    const model = Model.of({ ...props, weightPrecision: Precision.FP8 });
    expect(model.weightPrecision).toBe(Precision.FP8);
    expect(model.checkpointBytes! / 1e9).toBeCloseTo(8.03 + 2 * 4096 * 128256 / 1e9, 1);
    const custom = Model.of({ ...props, weightPrecision: Precision.custom({ name: 'mine', weightBits: 3 }) });
    expect(custom.weightPrecision.name).toBe('mine');
    expect(custom.checkpointBytes!).toBeLessThan(5e9);
  });

  test.each([
    [{ layers: -1 }, '\'layers\' is -1 but must be a whole number from 1 to 1000'],
    [{ layers: NaN }, '\'layers\' is NaN but must be a whole number from 1 to 1000'],
    [{ hiddenSize: 1.5 }, '\'hiddenSize\' is 1.5 but must be a whole number from 1 to 1000000'],
    [{ vocabSize: Infinity }, '\'vocabSize\' is Infinity but must be a whole number from 1 to 100000000'],
    [{ intermediateSize: '14336' }, '\'intermediateSize\' is \'14336\' but must be a whole number from 1 to 10000000'],
    [{ kvHeads: 5 }, '\'kvHeads\' is 5 but must divide \'queryHeads\' (32)'],
    [{ queryHeads: 24, kvHeads: 8 }, '\'hiddenSize\' is 4096, not a multiple of \'queryHeads\' (24); state \'headDim\''],
    [{ experts: 8 }, '\'experts\' and \'expertsPerToken\' go together; state both, or neither for a dense model'],
    [{ experts: 8, expertsPerToken: 9 }, '\'expertsPerToken\' is 9 but the model has 8 \'experts\''],
    [{ tiedEmbeddings: 'yes' }, '\'tiedEmbeddings\' is \'yes\' but must be true or false'],
    [{ weightPrecision: 'fp8' }, '\'weightPrecision\' is \'fp8\' but must be a Precision, such as Precision.FP8'],
    [{ parameters: 0 }, '\'parameters\' is 0 but must be a whole number from 1 to 1000000000000000'],
    [{ id: '' }, '\'id\' is \'\' but must be a repository id of 1 to 200 characters, such as \'meta-llama/Llama-3.1-8B-Instruct\''],
    [{ id: 'a\nb' }, '\'id\' is \'a b\' but must be a repository id of 1 to 200 characters, such as \'meta-llama/Llama-3.1-8B-Instruct\''],
  ])('fails when a prop can not be: %j', (change, message) => {
    expect(sentence(() => Model.of({ ...props, ...change } as typeof props))).toBe(message);
  });

  test('fails when there are no props', () => {
    expect(sentence(() => Model.of(null as unknown as typeof props))).toBe('\'props\' is null but must be the shape of a model');
  });
});

/** Elements per token, over all layers, that the shapes of the rows' sources give. */
const CACHE: [string, number][] = [
  ['01-ai/Yi-34B', 122880],
  ['codellama/CodeLlama-34b-Instruct-hf', 98304],
  ['databricks/dbrx-base', 81920],
  ['deepseek-ai/DeepSeek-R1', 35136],
  ['deepseek-ai/DeepSeek-V2', 34560],
  ['deepseek-ai/DeepSeek-V2-Lite', 15552],
  ['deepseek-ai/DeepSeek-V3', 35136],
  ['deepseek-ai/DeepSeek-V3.2', 35136],
  ['internlm/internlm-20b', 614400],
  ['internlm/internlm2-20b', 98304],
  ['intfloat/e5-mistral-7b-instruct', 65536],
  ['meta-llama/Llama-2-13B', 409600],
  ['meta-llama/Llama-2-70B', 163840],
  ['meta-llama/Llama-2-7B', 262144],
  ['meta-llama/Llama-2-7b-hf', 262144],
  ['meta-llama/Llama-3-70B', 163840],
  ['meta-llama/Llama-3-8B', 65536],
  ['meta-llama/Llama-3.1-70B-Instruct', 163840],
  ['meta-llama/Llama-3.1-8B-Instruct', 65536],
  ['meta-llama/Llama-3.2-1B', 16384],
  ['meta-llama/Llama-3.2-3B', 57344],
  ['meta-llama/Meta-Llama-3.1-405B', 258048],
  ['meta-llama/Meta-Llama-3.1-70B', 163840],
  ['meta-llama/Meta-Llama-3.1-8B', 65536],
  ['microsoft/phi-2', 163840],
  ['microsoft/Phi-3-small', 65536],
  ['MiniMaxAI/MiniMax-M2', 126976],
  ['MiniMaxAI/MiniMax-M2.5', 126976],
  ['MiniMaxAI/MiniMax-M2.7', 126976],
  ['mistralai/Mistral-7B', 65536],
  ['mistralai/Mistral-Large', 180224],
  ['mistralai/Mistral-Nemo-Instruct-2407', 81920],
  ['mistralai/Mistral-Small', 114688],
  ['mistralai/Mixtral-8x22B-v0.1', 114688],
  ['mistralai/Mixtral-8x7B-v0.1', 65536],
  ['moonshotai/Kimi-K2-Instruct', 35136],
  ['moonshotai/Kimi-K2.5', 35136],
  ['nvidia/DeepSeek-V3.1-NVFP4', 35136],
  ['nvidia/DeepSeek-V3.2-NVFP4', 35136],
  ['nvidia/GLM-5-NVFP4', 44928],
  ['nvidia/GLM-5.1-NVFP4', 44928],
  ['nvidia/GLM-5.2-NVFP4', 44928],
  ['nvidia/Kimi-K2.5-NVFP4', 35136],
  ['nvidia/Kimi-K2.6-NVFP4', 35136],
  ['nvidia/Kimi-K2.7-Code-NVFP4', 35136],
  ['nvidia/Llama-3.1-70B-Instruct-FP8', 163840],
  ['nvidia/Llama-3_3-Nemotron-Super-49B-v1', 1310720],
  ['nvidia/MiniMax-M2.5-NVFP4', 126976],
  ['nvidia/MiniMax-M2.7-NVFP4', 126976],
  ['nvidia/Nemotron-4-15B', 65536],
  ['nvidia/Nemotron-4-340B-Instruct', 294912],
  ['nvidia/Nemotron-H-56B-Base-8K', 20480],
  ['nvidia/NVIDIA-Nemotron-3-Nano-30B-A3B-BF16', 3072],
  ['nvidia/NVIDIA-Nemotron-3-Nano-30B-A3B-NVFP4', 3072],
  ['nvidia/NVIDIA-Nemotron-3-Super-120B-A12B-FP8', 4096],
  ['nvidia/NVIDIA-Nemotron-3-Super-120B-A12B-NVFP4', 4096],
  ['nvidia/Qwen3-235B-A22B-NVFP4', 96256],
  ['nvidia/Qwen3.5-122B-A10B-NVFP4', 12288],
  ['nvidia/Qwen3.5-397B-A17B-NVFP4', 15360],
  ['nvidia/Qwen3.6-27B-NVFP4', 32768],
  ['nvidia/Qwen3.6-35B-A3B-NVFP4', 10240],
  ['Qwen/Qwen-72B', 1310720],
  ['Qwen/Qwen3-0.6B', 57344],
  ['Qwen/Qwen3-1.7B', 57344],
  ['Qwen/Qwen3-14B', 81920],
  ['Qwen/Qwen3-235B-A22B', 96256],
  ['Qwen/Qwen3-235B-A22B-FP8', 96256],
  ['Qwen/Qwen3-30B-A3B', 49152],
  ['Qwen/Qwen3-30B-A3B-FP8', 49152],
  ['Qwen/Qwen3-32B', 131072],
  ['Qwen/Qwen3-32B-FP8', 131072],
  ['Qwen/Qwen3-32B-FP8-Static-PerTensor', 131072],
  ['Qwen/Qwen3-4B', 73728],
  ['Qwen/Qwen3-8B', 73728],
  ['Qwen/Qwen3-Coder-480B-A35B-Instruct', 126976],
  ['Qwen/Qwen3-VL-235B-A22B-Instruct', 96256],
  ['Qwen/Qwen3-VL-2B-Instruct', 57344],
  ['Qwen/Qwen3-VL-30B-A3B-Instruct', 49152],
  ['Qwen/Qwen3-VL-32B-Instruct', 131072],
  ['Qwen/Qwen3-VL-32B-Thinking', 131072],
  ['Qwen/Qwen3-VL-4B-Instruct', 73728],
  ['Qwen/Qwen3-VL-8B-Instruct', 73728],
  ['Qwen/Qwen3.5-122B-A10B', 12288],
  ['Qwen/Qwen3.5-27B', 32768],
  ['Qwen/Qwen3.5-35B-A3B', 10240],
  ['Qwen/Qwen3.5-397B-A17B', 15360],
  ['THUDM/glm-4-9b-chat', 20480],
  ['tiiuae/falcon-7b-instruct', 290816],
  ['xai-org/grok-1', 131072],
  ['zai-org/GLM-4.5', 188416],
  ['zai-org/GLM-4.5-Air', 94208],
  ['zai-org/GLM-4.6', 188416],
  ['zai-org/GLM-5', 44928],
  ['zai-org/GLM-5-FP8', 44928],
  ['zai-org/GLM-5.1', 44928],
  ['zai-org/GLM-5.1-FP8', 44928],
  ['zai-org/GLM-5.2', 44928],
  ['zai-org/GLM-5.2-FP8', 44928],
];
