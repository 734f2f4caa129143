import fc from 'fast-check';
import { Model } from '../../src/catalog/model';
import { countedTensors, publishedBits } from '../../src/catalog/model-shape';
import { GroupedQueryAttention, LatentAttention, ModelShape, StateMixer } from '../../src/catalog/shape';

type Config = { [field: string]: unknown };
const sentence = (config: unknown, options?: { id?: string; parameters?: number }): string => {
  try { Model.fromHubConfig(config, options); } catch (error) {
    expect((error as Error).constructor).toBe(Error);
    return (error as Error).message;
  }
  throw new Error('nothing was thrown');
};
const shapeOf = (config: Config): ModelShape => {
  const model = Model.fromHubConfig(config);
  expect(model.incomplete).toBeUndefined();
  return model._shape!;
};
const attentions = (shape: ModelShape) => shape.order.map((kind) => shape.kinds[kind].attention);
const billions = (config: Config) => Model.fromHubConfig(config).parameters! / 1e9;
/** Mean bits of the published weights of one part. */
const bitsOf = (shape: ModelShape, part: string): number => {
  const tensors = countedTensors(shape).filter(({ tensors: t }) => t.part === part);
  const all = tensors.reduce((sum, { tensors: t, times }) => sum + t.parameters * times, 0);
  return tensors.reduce((sum, { tensors: t, times }) => sum + t.parameters * times * publishedBits(shape, t), 0) / all;
};
const times = <T>(pattern: readonly T[], length: number): T[] => Array.from({ length }, (_, i) => pattern[i % pattern.length]);

/** meta-llama/Llama-3.1-8B. */
const LLAMA: Config = {
  architectures: ['LlamaForCausalLM'],
  model_type: 'llama',
  hidden_size: 4096,
  intermediate_size: 14336,
  num_attention_heads: 32,
  num_hidden_layers: 32,
  num_key_value_heads: 8,
  vocab_size: 128256,
  max_position_embeddings: 131072,
  tie_word_embeddings: false,
  torch_dtype: 'bfloat16',
  attention_bias: false,
};
/** Qwen/Qwen2.5-0.5B. */
const QWEN2: Config = {
  model_type: 'qwen2',
  hidden_size: 896,
  intermediate_size: 4864,
  num_attention_heads: 14,
  num_hidden_layers: 24,
  num_key_value_heads: 2,
  vocab_size: 151936,
  max_position_embeddings: 32768,
  max_window_layers: 24,
  sliding_window: 32768,
  use_sliding_window: false,
  tie_word_embeddings: true,
  torch_dtype: 'bfloat16',
};
/** deepseek-ai/DeepSeek-V3. */
const DEEPSEEK: Config = {
  model_type: 'deepseek_v3',
  first_k_dense_replace: 3,
  hidden_size: 7168,
  intermediate_size: 18432,
  kv_lora_rank: 512,
  moe_intermediate_size: 2048,
  moe_layer_freq: 1,
  n_routed_experts: 256,
  n_shared_experts: 1,
  num_attention_heads: 128,
  num_experts_per_tok: 8,
  num_hidden_layers: 61,
  num_key_value_heads: 128,
  num_nextn_predict_layers: 1,
  q_lora_rank: 1536,
  qk_nope_head_dim: 128,
  qk_rope_head_dim: 64,
  topk_method: 'noaux_tc',
  v_head_dim: 128,
  vocab_size: 129280,
  torch_dtype: 'bfloat16',
  quantization_config: { activation_scheme: 'dynamic', fmt: 'e4m3', quant_method: 'fp8', weight_block_size: [128, 128] },
};
/** openai/gpt-oss-20b. */
const GPT_OSS: Config = {
  model_type: 'gpt_oss',
  attention_bias: true,
  head_dim: 64,
  hidden_size: 2880,
  intermediate_size: 2880,
  num_attention_heads: 64,
  num_experts_per_tok: 4,
  num_hidden_layers: 24,
  num_key_value_heads: 8,
  num_local_experts: 32,
  sliding_window: 128,
  vocab_size: 201088,
  layer_types: times(['sliding_attention', 'full_attention'], 24),
  quantization_config: {
    modules_to_not_convert: ['model.layers.*.self_attn', 'model.layers.*.mlp.router', 'model.embed_tokens', 'lm_head'], quant_method: 'mxfp4',
  },
};
/** google/gemma-3-4b-it: the nested config leaves out what equals the class's defaults. */
const GEMMA3: Config = {
  model_type: 'gemma3',
  torch_dtype: 'bfloat16',
  text_config: { hidden_size: 2560, intermediate_size: 10240, model_type: 'gemma3_text', num_hidden_layers: 34, sliding_window: 1024 },
  vision_config: { hidden_size: 1152, image_size: 896, intermediate_size: 4304, model_type: 'siglip_vision_model', num_hidden_layers: 27, patch_size: 14 },
};
/** meta-llama/Llama-4-Maverick-17B-128E. */
const LLAMA4: Config = {
  model_type: 'llama4',
  text_config: {
    model_type: 'llama4_text',
    attention_chunk_size: 8192,
    head_dim: 128,
    hidden_size: 5120,
    interleave_moe_layer_step: 2,
    intermediate_size: 8192,
    intermediate_size_mlp: 16384,
    num_attention_heads: 40,
    num_experts_per_tok: 1,
    num_hidden_layers: 48,
    num_key_value_heads: 8,
    num_local_experts: 128,
    vocab_size: 202048,
    max_position_embeddings: 1048576,
  },
};
/** nvidia/Nemotron-H-8B-Base-8K. */
const NEMOTRON_H: Config = {
  model_type: 'nemotron_h',
  hidden_size: 4096,
  intermediate_size: 21504,
  num_attention_heads: 32,
  num_key_value_heads: 8,
  attention_head_dim: 128,
  hybrid_override_pattern: 'M-M-M-M*-M-M-M-M-M*-M-M-M-M-M*-M-M-M-M-M*-M-M-M-M-M-',
  mamba_head_dim: 64,
  mamba_num_heads: 128,
  n_groups: 8,
  ssm_state_size: 128,
  conv_kernel: 4,
  num_hidden_layers: 52,
  vocab_size: 131072,
  torch_dtype: 'bfloat16',
};
/** Qwen/Qwen3-Next-80B-A3B-Instruct. */
const QWEN3_NEXT: Config = {
  model_type: 'qwen3_next',
  hidden_size: 2048,
  num_hidden_layers: 48,
  num_attention_heads: 16,
  num_key_value_heads: 2,
  head_dim: 256,
  intermediate_size: 5120,
  full_attention_interval: 4,
  linear_conv_kernel_dim: 4,
  linear_key_head_dim: 128,
  linear_num_key_heads: 16,
  linear_num_value_heads: 32,
  linear_value_head_dim: 128,
  decoder_sparse_step: 1,
  mlp_only_layers: [],
  moe_intermediate_size: 512,
  num_experts: 512,
  num_experts_per_tok: 10,
  shared_expert_intermediate_size: 512,
  vocab_size: 151936,
  torch_dtype: 'bfloat16',
};
/** ai21labs/AI21-Jamba-Mini-1.5. */
const JAMBA: Config = {
  model_type: 'jamba',
  attn_layer_offset: 4,
  attn_layer_period: 8,
  expert_layer_offset: 1,
  expert_layer_period: 2,
  hidden_size: 4096,
  intermediate_size: 14336,
  mamba_conv_bias: true,
  mamba_d_conv: 4,
  mamba_d_state: 16,
  mamba_dt_rank: 256,
  mamba_expand: 2,
  mamba_proj_bias: false,
  num_attention_heads: 32,
  num_experts: 16,
  num_experts_per_tok: 2,
  num_hidden_layers: 32,
  num_key_value_heads: 8,
  vocab_size: 65536,
};
/** ibm-granite/granite-4.0-h-tiny. */
const GRANITE_H: Config = {
  model_type: 'granitemoehybrid',
  hidden_size: 1536,
  intermediate_size: 512,
  shared_intermediate_size: 1024,
  num_attention_heads: 12,
  num_key_value_heads: 4,
  num_hidden_layers: 40,
  layer_types: Array.from({ length: 40 }, (_, i) => [5, 15, 25, 35].includes(i) ? 'attention' : 'mamba'),
  mamba_d_conv: 4,
  mamba_d_head: 64,
  mamba_d_state: 128,
  mamba_n_groups: 1,
  mamba_n_heads: 48,
  num_experts_per_tok: 6,
  num_local_experts: 64,
  vocab_size: 100352,
  tie_word_embeddings: true,
};
/** moonshotai/Kimi-Linear-48B-A3B-Instruct. */
const KIMI_LINEAR: Config = {
  model_type: 'kimi_linear', hidden_size: 2304, intermediate_size: 9216, moe_intermediate_size: 1024, num_hidden_layers: 27, num_attention_heads: 32,
  num_key_value_heads: 32, num_experts: 256, num_experts_per_token: 8, num_shared_experts: 1, first_k_dense_replace: 1, moe_layer_freq: 1, kv_lora_rank: 512,
  q_lora_rank: null, qk_rope_head_dim: 64, qk_nope_head_dim: 128, v_head_dim: 128, vocab_size: 163840,
  linear_attn_config: { full_attn_layers: [4, 8, 12, 16, 20, 24, 27], head_dim: 128, num_heads: 32, short_conv_kernel_size: 4 },
};
/** Families whose published size their own configs must give, in billions (model cards). */
const PUBLISHED: [string, Config, number][] = [
  ['Llama 3.1 8B', LLAMA, 8.03],
  ['Qwen2.5 0.5B', QWEN2, 0.494],
  ['DeepSeek-V3', DEEPSEEK, 671.03],
  ['gpt-oss-20b', GPT_OSS, 20.91],
  ['Gemma 3 4B', GEMMA3, 4.30],
  ['Llama 4 Maverick, text', LLAMA4, 400.7],
  ['Nemotron-H 8B', NEMOTRON_H, 8.1],
  ['Qwen3-Next 80B', QWEN3_NEXT, 79.7],
  ['Jamba 1.5 Mini', JAMBA, 51.6],
  ['Granite 4.0 H Tiny', GRANITE_H, 6.9],
  ['Kimi Linear 48B', KIMI_LINEAR, 49.1],
];

describe('the config.json of', () => {
  test.each(PUBLISHED)('%s gives its published number of parameters within 1 percent', (_name, config, published) => {
    expect(Math.abs(billions(config) / published - 1)).toBeLessThan(0.01);
  });

  test('Qwen2 has biases on Q, K and V alone, no window unless it is switched on, and one embedding', () => {
    const shape = shapeOf(QWEN2);
    expect(attentions(shape).every((a) => (a as GroupedQueryAttention).window === undefined)).toBe(true);
    expect(shape.last.some((t) => t.part === 'head')).toBe(false);
    expect(shape.first[0]).toEqual({ part: 'embedding', split: 'tensor', parameters: 896 * 151936, activeParameters: 896 * 151936 });
    expect(Model.fromHubConfig(QWEN2).parameters).toBe(494_032_768); // safetensors summary of Qwen/Qwen2.5-0.5B
    const windowed = attentions(shapeOf({ ...QWEN2, use_sliding_window: true, sliding_window: 4096, max_window_layers: 20 }));
    expect(windowed.map((a) => (a as GroupedQueryAttention).window)).toEqual([...times([undefined], 20), ...times([4096], 4)]);
  });

  test('DeepSeek has latent attention, dense layers first, shared experts, and a prediction layer apart', () => {
    const shape = shapeOf(DEEPSEEK);
    expect(shape.order.filter((kind) => shape.kinds[kind].feedForward.type === 'dense')).toHaveLength(3);
    expect(attentions(shape)[0]).toEqual({ type: 'mla', queryHeads: 128, kvLoraRank: 512, ropeHeadDim: 64, nopeHeadDim: 128, valueHeadDim: 128 });
    expect(shape.kinds[1].feedForward).toEqual({ type: 'moe', experts: 256, expertsPerToken: 8, expertIntermediateSize: 2048, sharedIntermediateSize: 2048 });
    expect(shape.quantization).toEqual({ precision: 'fp8', parts: ['attention', 'mlp', 'experts', 'sharedExperts'], method: 'fp8' });
    expect(shape.speculative?.map(({ attention }) => attention.type)).toEqual(['mla']);
    expect(shape.predictedTokens).toBe(1);
    const sparse = attentions(shapeOf({ ...DEEPSEEK, model_type: 'deepseek_v32', index_topk: 2048, index_n_heads: 64, index_head_dim: 128 }));
    expect((sparse[60] as LatentAttention).indexer).toEqual({ heads: 64, headDim: 128, topK: 2048 });
  });

  test('gpt-oss has every other layer windowed, and attention, router, embedding and head in 16 bits', () => {
    const shape = shapeOf(GPT_OSS);
    expect(attentions(shape).map((a) => (a as GroupedQueryAttention).window).slice(0, 4)).toEqual([128, undefined, 128, undefined]);
    expect(shape.quantization).toEqual({ precision: 'mxfp4', parts: ['experts'], method: 'mxfp4' });
    for (const part of ['attention', 'router', 'embedding', 'head']) { expect(bitsOf(shape, part)).toBe(16); }
    expect(bitsOf(shape, 'experts')).toBeCloseTo(4.25, 1);
  });

  test('a multimodal wrapper takes what it leaves out from the defaults of its text model, and counts its encoder', () => {
    const shape = shapeOf(GEMMA3);
    expect([shape.vocabSize, (attentions(shape)[0] as GroupedQueryAttention).queryHeads]).toEqual([262208, 8]);
    expect(attentions(shape).filter((a) => (a as GroupedQueryAttention).window === 1024)).toHaveLength(29);
    const encoder = shape.first.filter((t) => t.part === 'other');
    expect(encoder).toEqual([{ part: 'other', split: 'tensor', parameters: encoder[0].parameters, activeParameters: 0 }]);
    expect(encoder[0].parameters / 1e6).toBeCloseTo(420, -1); // SigLIP 400M and its projector
    for (const wrapper of ['language_config', 'llm_config']) {
      expect(billions({ [wrapper]: LLAMA, vision_config: {} })).toBeCloseTo(8.03, 2);
    }
  });

  test('Llama 4 has chunked attention in three layers of four, and experts in every other layer', () => {
    const shape = shapeOf(LLAMA4);
    expect(attentions(shape).map((a) => (a as GroupedQueryAttention).chunk).slice(0, 4)).toEqual([8192, 8192, 8192, undefined]);
    expect(shape.order.map((kind) => shape.kinds[kind].feedForward.type).slice(0, 4)).toEqual(['dense', 'moe', 'dense', 'moe']);
    expect(Model.fromHubConfig(LLAMA4).maxContextTokens).toBe(1048576);
  });

  test('Nemotron-H has mixers, attention and MLPs in layers of their own', () => {
    const shape = shapeOf(NEMOTRON_H);
    const types = attentions(shape).map((a) => a.type);
    expect(['state', 'gqa', 'none'].map((type) => types.filter((t) => t === type).length)).toEqual([24, 4, 24]);
    // 128 heads of 64 x 128, and a window of 3 over 8192 + 2 x 8 x 128 channels.
    expect(attentions(shape)[0]).toEqual({
      type: 'state', stateElements: 128 * 64 * 128 + 3 * (8192 + 2048), recurrentElements: 128 * 64 * 128, stateFlopsPerToken: 6 * 128 * 64 * 128, heads: 128,
    });
  });

  test('Qwen3-Next has delta nets in three layers of four, and a gated attention', () => {
    const shape = shapeOf({ ...QWEN3_NEXT, mamba_ssm_dtype: 'float32' });
    expect(attentions(shape).map((a) => a.type).slice(0, 4)).toEqual(['state', 'state', 'state', 'gqa']);
    const state = attentions(shape)[0] as StateMixer;
    expect([state.stateElements, state.recurrentElements]).toEqual([32 * 128 * 128 + 3 * 8192, 32 * 128 * 128]);
  });

  test('Kimi Linear has delta attention beside latent attention', () => {
    const types = attentions(shapeOf(KIMI_LINEAR)).map((a) => a.type);
    expect(types.flatMap((type, i) => type === 'mla' ? [i + 1] : [])).toEqual([4, 8, 12, 16, 20, 24, 27]);
    expect(attentions(shapeOf(KIMI_LINEAR))[0]).toEqual({
      type: 'state', stateElements: 32 * 128 * 128 + 3 * 3 * 4096, recurrentElements: 32 * 128 * 128, floatState: true, stateFlopsPerToken: 6 * 32 * 128 * 128, heads: 32,
    });
  });

  test('Jamba has attention in one layer of eight and experts in every other', () => {
    const shape = shapeOf(JAMBA);
    expect(attentions(shape).flatMap((a, i) => a.type === 'gqa' ? [i] : [])).toEqual([4, 12, 20, 28]);
    expect(shape.order.map((kind) => shape.kinds[kind].feedForward.type).slice(0, 2)).toEqual(['dense', 'moe']);
  });

  test('Mistral and Phi-3 have a window in every layer, unless it is as long as the context', () => {
    const mistral = { ...LLAMA, model_type: 'mistral', sliding_window: 4096 };
    expect(attentions(shapeOf(mistral)).every((a) => (a as GroupedQueryAttention).window === 4096)).toBe(true);
    expect(attentions(shapeOf({ ...mistral, sliding_window: 131072 })).every((a) => (a as GroupedQueryAttention).window === undefined)).toBe(true);
    expect(attentions(shapeOf({ ...mistral, sliding_window: null })).every((a) => (a as GroupedQueryAttention).window === undefined)).toBe(true);
  });

  test('Gemma 4 shares caches and values between layers', () => {
    const shape = shapeOf({
      model_type: 'gemma4',
      text_config: {
        model_type: 'gemma4_text',
        hidden_size: 1536,
        num_hidden_layers: 35,
        num_attention_heads: 8,
        num_key_value_heads: 1,
        intermediate_size: 6144,
        num_kv_shared_layers: 20,
        use_double_wide_mlp: true,
        layer_types: times(['sliding_attention', 'sliding_attention', 'sliding_attention', 'sliding_attention', 'full_attention'], 35),
      },
    });
    const all = attentions(shape) as GroupedQueryAttention[];
    expect(all.map((a) => a.sharedCache ?? false)).toEqual([...times([false], 15), ...times([true], 20)]);
    expect([all[0].headDim, all[4].headDim]).toEqual([256, 512]);
    expect(shape.kinds[shape.order[34]].feedForward).toEqual({ type: 'dense', intermediateSize: 12288 });
  });

  test('layers with a window may have heads of their own', () => {
    const types = times(['full_attention', 'sliding_attention'], 32);
    const step = attentions(shapeOf({
      ...LLAMA, model_type: 'step3p5', num_key_value_heads: undefined, num_attention_groups: 8, sliding_window: 512, layer_types: types,
      attention_other_setting: { num_attention_heads: 48, num_attention_groups: 4, head_dim: 64 },
    })) as GroupedQueryAttention[];
    expect(step.slice(0, 2)).toEqual([
      { type: 'gqa', queryHeads: 32, kvHeads: 8, headDim: 128, valueHeadDim: 128 },
      { type: 'gqa', queryHeads: 48, kvHeads: 4, headDim: 64, valueHeadDim: 64, window: 512 },
    ]);
    const mimo = attentions(shapeOf({
      ...LLAMA, model_type: 'mimo_v2_flash', sliding_window: 128, hybrid_layer_pattern: times([0, 1], 32), v_head_dim: 96, swa_num_attention_heads: 16,
      swa_num_key_value_heads: 4, swa_head_dim: 192, swa_v_head_dim: 64,
    })) as GroupedQueryAttention[];
    expect(mimo.slice(0, 2)).toEqual([
      { type: 'gqa', queryHeads: 32, kvHeads: 8, headDim: 128, valueHeadDim: 96 },
      { type: 'gqa', queryHeads: 16, kvHeads: 4, headDim: 192, valueHeadDim: 64, window: 128 },
    ]);
  });

  test.each<[string, Config, number[]]>([
    ['from a layer on', { first_k_dense_replace: 2 }, [0, 1]],
    ['every other', { moe_layer_freq: 2 }, [1, 3]],
    ['by flags', { moe_layer_freq: [1, 0, 0, 1] }, [1, 2]],
    ['by names', { mlp_layer_types: ['dense', 'sparse', 'sparse', 'dense'] }, [0, 3]],
    ['by steps, with exceptions', { decoder_sparse_step: 1, mlp_only_layers: [2] }, [2]],
    ['by list', { moe_layers: [0, 1, 2] }, [3]],
    ['by enumeration', { moe_layers_enum: '1,2,3' }, [0]],
    ['by period', { expert_layer_period: 2, expert_layer_offset: 1 }, [0, 2]],
  ])('experts stand in layers chosen %s', (_name, fields, dense) => {
    const shape = shapeOf({ ...LLAMA, num_hidden_layers: 4, num_experts: 8, num_experts_per_tok: 2, ...fields });
    expect(shape.order.flatMap((kind, i) => shape.kinds[kind].feedForward.type === 'dense' ? [i] : [])).toEqual(dense);
  });

  test('a model of a type that is not known is read as a Llama-like decoder, and says so', () => {
    const model = Model.fromHubConfig({ ...LLAMA, model_type: 'brandnew' });
    expect(model.parameters).toBe(8_030_261_248);
    expect(model.source).toBe('config.json (model_type \'brandnew\' is not known here; read as a Llama-like decoder)');
    expect(Model.fromHubConfig(LLAMA).source).toBe('config.json');
  });

  test('a model is called as the caller says, or as the config does, or local-model', () => {
    expect(Model.fromHubConfig(LLAMA, { id: 'acme/a' }).id).toBe('acme/a');
    expect(Model.fromHubConfig({ ...LLAMA, _name_or_path: 'acme/b' }).id).toBe('acme/b');
    expect(Model.fromHubConfig({ ...LLAMA, _name_or_path: '' }).id).toBe('local-model');
    expect(Model.fromHubConfig(LLAMA, { parameters: 9e9 }).parameters).toBe(9e9);
  });
});

describe('of the fields beside the layers', () => {
  const { max_position_embeddings: _context, torch_dtype: _dtype, tie_word_embeddings: _tied, ...BARE } = LLAMA;
  const of = (fields: Config) => Model.fromHubConfig({ ...BARE, ...fields });

  test.each(['max_position_embeddings', 'n_positions', 'max_seq_len', 'max_sequence_length', 'seq_length', 'n_ctx'])('%s is the longest context', (field) => {
    expect(of({ [field]: 8192 }).maxContextTokens).toBe(8192);
    expect(of({}).maxContextTokens).toBeUndefined();
  });

  test.each<[unknown, string]>([
    ['bfloat16', 'bf16'], ['torch.bfloat16', 'bf16'], ['float16', 'fp16'], ['half', 'fp16'], ['float32', 'fp32'], ['float', 'fp32'], ['torch.float32', 'fp32'],
    ['auto', 'bf16'], ['nontorch.float16', 'bf16'], [16, 'bf16'], [null, 'bf16'],
  ])('torch_dtype or dtype %j is the format %s', (dtype, format) => {
    expect([of({ torch_dtype: dtype }).weightPrecision.name, of({ dtype }).weightPrecision.name]).toEqual([format, format]);
    expect(of({ torch_dtype: dtype })._shape!.baseFormat).toBe(format);
  });

  test('the inner config goes before the outer', () => {
    const wrapped = (inner: Config, outer: Config) => Model.fromHubConfig({ model_type: 'wrapper', text_config: { ...BARE, ...inner }, ...outer });
    expect(wrapped({ torch_dtype: 'float32' }, { torch_dtype: 'float16' }).weightPrecision.name).toBe('fp32');
    expect(wrapped({}, { torch_dtype: 'float16' }).weightPrecision.name).toBe('fp16');
    const head = 128256 * 4096;
    expect(wrapped({}, { tie_word_embeddings: true }).parameters).toBe(8_030_261_248 - head);
    expect(wrapped({ tie_word_embeddings: false }, { tie_word_embeddings: true }).parameters).toBe(8_030_261_248);
    expect(wrapped({ tie_word_embeddings: true }, { tie_word_embeddings: false }).parameters).toBe(8_030_261_248 - head);
    expect(wrapped({ model_type: undefined }, { model_type: 'QWEN3' }).source).toBe('config.json');
    expect(wrapped({ model_type: undefined }, { model_type: undefined }).source)
      .toBe('config.json (model_type \'\' is not known here; read as a Llama-like decoder)');
  });

  test('the recurrent state is kept in 32 bits where the config says so', () => {
    const floats = (fields: Config) => (attentions(shapeOf({ ...NEMOTRON_H, ...fields }))[0] as StateMixer).floatState;
    expect([floats({ mamba_ssm_cache_dtype: 'float32' }), floats({ mamba_ssm_dtype: 'float32' })]).toEqual([true, true]);
    expect([floats({}), floats({ mamba_ssm_cache_dtype: 'bfloat16', mamba_ssm_dtype: 'float32' })]).toEqual([undefined, undefined]);
  });

  test.each<[string, Config, ModelShape['first'], ModelShape['last']]>([
    ['a bias of the head (Phi-MoE)', { lm_head_bias: true }, [], [{ part: 'head', split: 'tensor', parameters: 128256 * 4096 + 128256, activeParameters: 128256 * 4096 + 128256 }]],
    ['a bias of the head that the family has (Phi)', { model_type: 'phi' }, [], [
      { part: 'head', split: 'tensor', parameters: 128256 * 4096 + 128256, activeParameters: 128256 * 4096 + 128256 },
    ]],
    ['a table of positions and two more (OPT)', { model_type: 'opt', max_position_embeddings: 2048 }, [
      { part: 'embedding', split: 'replicated', parameters: 2050 * 4096, activeParameters: 0 },
    ], []],
    ['no table where nobody says how long (OPT)', { model_type: 'opt' }, [], []],
    ['a norm behind the embedding (BLOOM)', { model_type: 'bloom' }, [{ part: 'norm', split: 'replicated', parameters: 2 * 4096, activeParameters: 2 * 4096 }], []],
    ['an embedding for each layer (Gemma 4)', { model_type: 'gemma4_text', hidden_size_per_layer_input: 256, vocab_size_per_layer_input: 1000 }, [
      { part: 'other', split: 'replicated', parameters: 4096 * 32 * 256 + 256, activeParameters: 4096 * 32 * 256 + 256 },
    ], []],
    ['none (Gemma 4)', { model_type: 'gemma4_text', hidden_size_per_layer_input: 0, vocab_size_per_layer_input: 1000 }, [], []],
  ])('%s stands at the ends', (_name, fields, first, last) => {
    const shape = of(fields)._shape!;
    expect(shape.first.filter((t) => t.part !== 'embedding' || t.split !== 'tensor')).toEqual(first);
    expect(shape.last.filter((t) => t.part === 'head' && t.parameters !== 128256 * 4096)).toEqual(last);
  });

  test('Gemma 4 looks up an embedding for each layer in a table of its own, and of the vocabulary unless it says otherwise', () => {
    const table = (fields: Config) => of({ model_type: 'gemma4_text', hidden_size_per_layer_input: 256, ...fields })._shape!.first[0].parameters - 128256 * 4096;
    expect([table({}), table({ vocab_size_per_layer_input: 1000 })]).toEqual([128256 * 32 * 256, 1000 * 32 * 256]);
  });

  test('the width of heads does not matter to latent attention', () => {
    expect(of({ hidden_size: 4000, kv_lora_rank: 512, qk_rope_head_dim: 64, qk_nope_head_dim: 128, v_head_dim: 128, num_attention_heads: 24, num_key_value_heads: 24 }).incomplete)
      .toBeUndefined();
  });

  test('a quantisation config within the text config is read where there is none outside', () => {
    const inner = { ...BARE, quantization_config: { quant_method: 'fp8' } };
    expect(Model.fromHubConfig({ text_config: inner }).weightPrecision.name).toBe('fp8');
    expect(Model.fromHubConfig({ text_config: inner, quantization_config: { quant_method: 'gptq', bits: 4 } }).weightPrecision.name).toBe('int4');
  });
});

describe('a quantisation config of', () => {
  const quantized = (quantization_config: Config, base: Config = LLAMA) => shapeOf({ ...base, quantization_config });
  const all = ['attention', 'mlp'];

  test.each<[string, Config, string, number]>([
    ['FP8 in blocks', { quant_method: 'fp8', weight_block_size: [128, 128] }, 'fp8', 8.00195],
    ['AWQ', { quant_method: 'awq', bits: 4, group_size: 128, zero_point: true }, 'int4', 4.15625],
    ['GPTQ', { quant_method: 'gptq', bits: 4, group_size: 128, desc_act: true }, 'int4', 4.15625],
    ['GPTQ in 8 bits', { quant_method: 'gptq', bits: 8, group_size: -1 }, 'int8', 8],
    ['bitsandbytes in 4 bits', { quant_method: 'bitsandbytes', load_in_4bit: true }, 'int4', 4.5],
    ['bitsandbytes in 8 bits', { quant_method: 'bitsandbytes', load_in_8bit: true }, 'int8', 8],
    ['modelopt FP8', { quant_method: 'modelopt', quant_algo: 'FP8', exclude_modules: ['lm_head'] }, 'fp8', 8.00195],
    ['modelopt NVFP4', { quant_algo: 'NVFP4', exclude_modules: ['lm_head'] }, 'nvfp4', 4.5],
    ['compressed-tensors FP8', {
      quant_method: 'compressed-tensors',
      format: 'float-quantized',
      ignore: ['lm_head'],
      config_groups: { group_0: { targets: ['Linear'], weights: { num_bits: 8, type: 'float', strategy: 'channel' } } },
    }, 'fp8', 8.00195],
    ['compressed-tensors W4A16', {
      quant_method: 'compressed-tensors',
      format: 'pack-quantized',
      ignore: ['lm_head'],
      config_groups: { group_0: { targets: ['Linear'], weights: { num_bits: 4, type: 'int', group_size: 32, symmetric: true } } },
    }, 'int4', 4.5],
    ['compressed-tensors NVFP4', {
      quant_method: 'compressed-tensors',
      format: 'nvfp4-pack-quantized',
      config_groups: { group_0: { targets: ['Linear'], weights: { num_bits: 4, type: 'float', group_size: 16 } } },
    }, 'nvfp4', 4.5],
    ['quark FP8', { quant_method: 'quark', global_quant_config: { weight: { dtype: 'fp8_e4m3' } } }, 'fp8', 8.00195],
  ])('%s takes all linear weights of the layers, not embedding and head', (_name, config, precision, bits) => {
    const shape = quantized(config);
    expect(shape.quantization).toMatchObject({ precision, parts: all });
    for (const part of all) { expect(bitsOf(shape, part)).toBeCloseTo(bits, 4); }
    for (const part of ['embedding', 'head', 'norm']) { expect(bitsOf(shape, part)).toBe(16); }
    expect(Model.fromHubConfig({ ...LLAMA, quantization_config: config }).weightPrecision.name).toBe(precision);
  });

  test.each<[string, string[], number, number]>([
    ['a glob', ['*.self_attn.*'], 16, 8],
    ['a regular expression', ['re:.*self_attn.*'], 16, 8],
    ['alternatives', ['re:.*mlp\\.(gate|up|gate_up|down)_proj.*'], 8, 16],
    ['a name', ['self_attn'], 16, 8],
    ['one layer of 32', ['model.layers.0.mlp'], 8, 8 + 8 / 32],
    ['layers by expression', ['re:model\\.layers\\.(0|1)\\.mlp\\..*$'], 8, 8 + 2 * 8 / 32],
    ['a layer by expression, whatever is before it', ['re:.*layers\\.0\\.mlp.*'], 8, 8 + 8 / 32],
    ['layers by expression, whatever is before them', ['re:.*layers\\.(0|31)\\.mlp.*'], 8, 8 + 2 * 8 / 32],
    ['layers of one digit', ['re:.*layers\\.\\d\\.mlp.*'], 8, 8 + 10 * 8 / 32],
    ['layers whose number begins so', ['model.layers.1*.mlp*'], 8, 8 + 11 * 8 / 32],
    ['a multimodal prefix', ['model.language_model.layers.*.self_attn'], 16, 8],
    ['something else', ['vision_tower', 're:.*(unclosed', 're:(a+)+$'], 8, 8],
  ])('FP8 leaves out what is ignored by %s', (_name, ignore, attention, mlp) => {
    const shape = quantized({ quant_method: 'fp8', modules_to_not_convert: ignore });
    expect(bitsOf(shape, 'attention')).toBeCloseTo(attention, 1);
    expect(bitsOf(shape, 'mlp')).toBeCloseTo(mlp, 1);
  });

  test('mixed precision gives each weight its own format', () => {
    const shape = quantized({
      quant_method: 'modelopt',
      quant_algo: 'MIXED_PRECISION',
      kv_cache_scheme: { num_bits: 8, type: 'float' },
      quantized_layers: Object.fromEntries(times([0], 32).flatMap((_, i) => [
        [`model.layers.${i}.self_attn.q_proj`, { quant_algo: 'FP8' }], [`model.layers.${i}.self_attn.k_proj`, { quant_algo: 'FP8' }],
        [`model.layers.${i}.self_attn.v_proj`, { quant_algo: 'FP8' }], [`model.layers.${i}.self_attn.o_proj`, { quant_algo: 'FP8' }],
        [`model.layers.${i}.mlp.gate_proj`, { quant_algo: 'NVFP4' }], [`model.layers.${i}.mlp.up_proj`, { quant_algo: 'NVFP4' }],
        [`model.layers.${i}.mlp.down_proj`, { quant_algo: 'NVFP4' }],
      ])),
    });
    expect(shape.quantization).toEqual({ precision: 'nvfp4', parts: ['mlp'], method: 'modelopt', kvCachePrecision: 'fp8' });
    expect([bitsOf(shape, 'attention'), bitsOf(shape, 'mlp'), bitsOf(shape, 'head')].map((b) => Math.round(b * 10) / 10)).toEqual([8, 4.5, 16]);
    expect(shape.kinds).toHaveLength(1);
  });

  test('Kimi K2.5 quantises routed experts alone, from within its text config', () => {
    const { quantization_config: _fp8, ...plain } = DEEPSEEK;
    const shape = shapeOf({
      model_type: 'kimi_k25',
      text_config: {
        ...plain,
        model_type: 'kimi_k2',
        n_routed_experts: 384,
        num_attention_heads: 64,
        num_key_value_heads: 64,
        first_k_dense_replace: 1,
        vocab_size: 163840,
        num_nextn_predict_layers: 0,
        quantization_config: {
          quant_method: 'compressed-tensors',
          format: 'pack-quantized',
          kv_cache_scheme: null,
          config_groups: { group_0: { targets: ['Linear'], weights: { num_bits: 4, type: 'int', group_size: 32, symmetric: true } } },
          ignore: ['lm_head', 're:.*self_attn.*', 're:.*shared_experts.*', 're:.*mlp\\.(gate|up|gate_up|down)_proj.*'],
        },
      },
    });
    expect(shape.quantization).toEqual({ precision: 'int4', parts: ['experts'], method: 'compressed-tensors' });
    expect(bitsOf(shape, 'experts')).toBe(4.5);
  });

  test.each<[Config, string]>([
    [{ quant_method: 'weird' }, 'config.json: \'quant_method\' is \'weird\' but must be one of fp8, fbgemm_fp8, awq, gptq, auto-round, compressed-tensors, mxfp4, modelopt, '
      + 'modelopt_fp4, bitsandbytes, quark'],
    [{ quant_method: 'gptq', bits: 3 }, 'config.json: \'bits\' is 3 but must be 4 or 8'],
    [{ quant_method: 'awq' }, 'config.json lacks \'bits\'; pass the whole config.json of the model\'s repository, or describe the model with Model.of'],
    [{}, 'config.json lacks \'quant_method\'; pass the whole config.json of the model\'s repository, or describe the model with Model.of'],
    [{ quant_method: 'compressed-tensors' }, 'config.json lacks \'config_groups\'; pass the whole config.json of the model\'s repository, '
      + 'or describe the model with Model.of'],
    [{ quant_method: 'compressed-tensors', config_groups: { a: 1 } }, 'config.json: \'config_groups.a\' is 1 but must be an object'],
    [{ quant_method: 'fp8', ignore: Array.from({ length: 6000 }, (_, i) => `*x${i}*`) },
      'config.json: the quantisation config has more than 5000 patterns of module names'],
  ])('%.60j fails', (config, message) => {
    expect(sentence({ ...LLAMA, quantization_config: config })).toBe(message);
  });
});

describe('Model.fromHubConfig fails when', () => {
  const whole = 'pass the whole config.json of the model\'s repository, or describe the model with Model.of';
  test.each<[string, unknown, string]>([
    ['there is no config', undefined, '\'config\' is undefined but must be the parsed contents of a config.json, an object'],
    ['it is a list', [], '\'config\' is a list of 0 but must be the parsed contents of a config.json, an object'],
    ['it is a text', 'x'.repeat(5_000_000), `'config' is '${'x'.repeat(60)}…' (5000000 characters) but must be the parsed contents of a config.json, an object`],
    ['it is empty', {}, `config.json lacks 'num_hidden_layers'; ${whole}`],
    ['layers are missing', { ...LLAMA, num_hidden_layers: null }, `config.json lacks 'num_hidden_layers'; ${whole}`],
    ['the width is missing', { ...LLAMA, hidden_size: undefined }, `config.json lacks 'hidden_size'; ${whole}`],
    ['the vocabulary is missing', { ...LLAMA, vocab_size: undefined }, `config.json lacks 'vocab_size'; ${whole}`],
    ['the FFN width is missing', { ...LLAMA, intermediate_size: undefined }, `config.json lacks 'intermediate_size'; ${whole}`],
    ['the width is NaN', { ...LLAMA, hidden_size: NaN }, 'config.json: \'hidden_size\' is NaN but must be a whole number from 1 to 1000000'],
    ['the vocabulary is 1e300', { ...LLAMA, vocab_size: 1e300 }, 'config.json: \'vocab_size\' is 1e+300 but must be a whole number from 1 to 100000000'],
    ['heads are negative', { ...LLAMA, num_attention_heads: -8 }, 'config.json: \'num_attention_heads\' is -8 but must be a whole number from 1 to 100000'],
    ['layers are a text', { ...LLAMA, num_hidden_layers: '32' }, 'config.json: \'num_hidden_layers\' is \'32\' but must be a whole number from 1 to 1000'],
    ['there are too many layers', { ...LLAMA, num_hidden_layers: 1e9 }, 'config.json: \'num_hidden_layers\' is 1000000000 but must be a whole number from 1 to 1000'],
    ['key/value heads do not divide heads', { ...LLAMA, num_key_value_heads: 5 }, 'config.json: \'num_key_value_heads\' is 5 but must divide \'num_attention_heads\' (32)'],
    ['heads do not divide the width', { ...LLAMA, num_attention_heads: 24 }, 'config.json lacks \'head_dim\', and \'hidden_size\' (4096) is not a multiple of \'num_attention_heads\' (24)'],
    ['layer types are too few', { ...LLAMA, layer_types: ['full_attention'] }, 'config.json: \'layer_types\' describes 1 layers but \'num_hidden_layers\' is 32'],
    ['a layer type is unknown', { ...LLAMA, layer_types: times(['zebra'], 32) }, 'config.json: \'layer_types\' names a kind of layer that is not known here, '
      + 'besides full_attention, sliding_attention, chunked_attention, linear_attention and mamba'],
    ['more experts are used than there are', { ...GPT_OSS, num_experts_per_tok: 33 }, 'config.json: \'num_experts_per_tok\' is 33 but must be a whole number from 1 to 32'],
    ['it is an encoder', { ...LLAMA, model_type: 'xlm-roberta' }, 'config.json describes a model of type \'xlm-roberta\', which can\'t be sized: '
      + 'it is an encoder without a KV cache, and plans are made for generation'],
    ['it is an encoder and decoder', { ...LLAMA, is_encoder_decoder: true }, 'config.json describes a model of type \'llama\', which can\'t be sized: it is an encoder and decoder'],
    ['its layers have no definition', { ...LLAMA, model_type: 'zamba2' }, 'config.json describes a model of type \'zamba2\', which can\'t be sized: '
      + 'its layers share weights in a way that is not described here'],
    ['its fields are not its own', JSON.parse('{"__proto__": {"num_hidden_layers": 1}, "constructor": {}, "toString": 1}'), `config.json lacks 'num_hidden_layers'; ${whole}`],
  ])('%s', (_name, config, message) => {
    expect(sentence(config)).toBe(message);
  });

  test('the options can not be', () => {
    expect(sentence(LLAMA, { id: '' })).toBe('\'id\' is \'\' but must be a repository id of 1 to 200 characters, such as \'meta-llama/Llama-3.1-8B-Instruct\'');
    expect(sentence(LLAMA, { parameters: -1 })).toBe('\'parameters\' is -1 but must be a whole number from 1 to 1000000000000000');
  });
});

describe('any mutation of a known config', () => {
  const configs = PUBLISHED.map(([, config]) => config);
  const fields = [...new Set(configs.flatMap((config) => [...Object.keys(config), ...Object.keys((config.text_config ?? {}) as object)]))];
  const junk = fc.oneof(
    fc.constantFrom<unknown>(null, undefined, NaN, Infinity, -1, 0, 1, 2, 3.5, 1e300, '', 'x'.repeat(10_000), [], {}, true, false, ['a'], [NaN], { num_bits: 4 }),
    fc.integer({ min: 1, max: 2000 }), fc.string(), fc.jsonValue(),
  );
  const changes = fc.array(fc.tuple(fc.constantFrom(...fields), junk), { minLength: 1, maxLength: 4 });
  test('gives a model with finite parameters, or one sentence', () => {
    fc.assert(fc.property(fc.constantFrom(...configs), changes, fc.boolean(), (config, entries, nested) => {
      const changed = Object.fromEntries(entries);
      const mutated = nested && config.text_config
        ? { ...config, text_config: { ...config.text_config as object, ...changed } } : { ...config, ...changed };
      let model: Model;
      try {
        model = Model.fromHubConfig(mutated);
      } catch (error) {
        expect((error as Error).constructor).toBe(Error);
        expect((error as Error).message.length).toBeLessThan(500);
        expect((error as Error).message).not.toMatch(/\n|undefined is not|Cannot read/);
        return;
      }
      expect(model.incomplete).toBeUndefined();
      for (const figure of [model.parameters, model.activeParameters, model.checkpointBytes]) {
        expect(Number.isFinite(figure)).toBe(true);
        expect(figure).toBeGreaterThan(0);
      }
    }), { numRuns: 1500 });
  });
});

test.each<[unknown, number | undefined]>([
  // As Gemma 3 writes it, as older configs do, and scalings that state the context that they reach
  [{ rope_type: 'linear', factor: 8 }, 8], [{ type: 'linear', factor: 2 }, 2], [{ rope_type: 'yarn', factor: 40 }, undefined], [null, undefined],
])('positions scaled by %p need a table so many times the context', (scaling, scale) => {
  expect(shapeOf({ ...LLAMA, rope_scaling: scaling }).positionScale).toBe(scale);
});
