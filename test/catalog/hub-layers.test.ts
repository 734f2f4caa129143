import { fresh } from './fresh';
import { Model } from '../../src/catalog/model';
import { GroupedQueryAttention, LatentAttention, ModelShape, StateMixer } from '../../src/catalog/shape';

type Config = { [field: string]: unknown };
const shapeOf = (config: Config): ModelShape => Model.fromHubConfig(config)._shape!;
const sentence = (config: Config): string => {
  try { Model.fromHubConfig(config); } catch (error) { return (error as Error).message; }
  throw new Error('nothing was thrown');
};
const count = (config: Config) => Model.fromHubConfig(config).parameters!;
const whole = 'pass the whole config.json of the model\'s repository, or describe the model with Model.of';

/** Layers as a text: F full, W window, C chunks, R recurrent, - no attention. */
const mixers = (shape: ModelShape) => shape.order.map((kind) => {
  const { attention } = shape.kinds[kind];
  return attention.type === 'state' ? 'R' : attention.type === 'none' ? '-'
    : attention.type === 'gqa' && attention.window ? 'W' : attention.type === 'gqa' && attention.chunk ? 'C' : 'F';
}).join('');
/** Layers as a text: D one network, E experts, - none. */
const networks = (shape: ModelShape) => shape.order.map((kind) => ({ dense: 'D', moe: 'E', none: '-' })[shape.kinds[kind].feedForward.type]).join('');

const TINY: Config = {
  model_type: 'llama', hidden_size: 64, intermediate_size: 128, num_attention_heads: 4, num_key_value_heads: 2, num_hidden_layers: 6, vocab_size: 1000,
  max_position_embeddings: 4096,
};
const MAMBA2 = { mamba_n_heads: 8, mamba_d_head: 16, mamba_d_state: 16, mamba_n_groups: 1, mamba_d_conv: 4 };
const DELTA = { linear_num_key_heads: 2, linear_key_head_dim: 16, linear_num_value_heads: 4, linear_value_head_dim: 16 };
const WINDOW = { sliding_window: 1024 };

describe('which layers attend to what is read from', () => {
  test.each<[string, Config, string]>([
    ['nothing: all to everything', {}, 'FFFFFF'],
    ['layer_types (Gemma 3, gpt-oss)', {
      ...WINDOW, layer_types: ['sliding_attention', 'full_attention', 'local_attention', 'attention', 'global_attention', 'deepseek_sparse_attention'],
    }, 'WFWFFF'],
    ['layer_types without a window', { layer_types: Array(6).fill('sliding_attention') }, 'FFFFFF'],
    ['layer_types that go on with prediction layers', { layer_types: Array(8).fill('full_attention') }, 'FFFFFF'],
    ['layer_types of chunks (Llama 4)', { attention_chunk_size: 8192, layer_types: [...Array(5).fill('chunked_attention'), 'full_attention'] }, 'CCCCCF'],
    ['layer_types with linear attention (Qwen3-Next)', { ...DELTA, layer_types: [...Array(5).fill('linear_attention'), 'full_attention'] }, 'RRRRRF'],
    ['layer_types with Mamba (Granite 4)', { ...MAMBA2, layer_types: ['mamba', 'mamba2', 'attention', 'mamba', 'mamba', 'attention'] }, 'RRFRRF'],
    ['attn_layer_indices (Bamba)', { ...MAMBA2, attn_layer_indices: [2, 5] }, 'RRFRRF'],
    ['attn_layer_period and offset (Jamba)', { ...MAMBA2, attn_layer_period: 3, attn_layer_offset: 1 }, 'RFRRFR'],
    ['attn_layer_period alone', { ...MAMBA2, attn_layer_period: 3 }, 'FRRFRR'],
    ['attn_layer_offset past the period', { ...MAMBA2, attn_layer_period: 3, attn_layer_offset: 4 }, 'RFRRFR'],
    ['full_attn_layers, counted from 1 (Kimi Linear)', { ...DELTA, linear_attn_config: { full_attn_layers: [2, 6] } }, 'RFRRRF'],
    ['full_attention_interval (Qwen3-Next)', { ...DELTA, full_attention_interval: 3 }, 'RRFRRF'],
    ['hybrid_layer_pattern (MiMo V2)', { ...WINDOW, hybrid_layer_pattern: [0, 1, 1, 0, 1, 0] }, 'FWWFWF'],
    ['hybrid_layer_pattern without a window', { hybrid_layer_pattern: [0, 1, 1, 0, 1, 0] }, 'FFFFFF'],
    ['no_rope_layers (Llama 4)', { model_type: 'llama4_text', attention_chunk_size: 8192, no_rope_layers: [1, 0, 1, 1, 0, 1] }, 'CFCCFC'],
    ['no_rope_layer_interval (Llama 4)', { model_type: 'llama4_text', attention_chunk_size: 8192, no_rope_layer_interval: 3, no_rope_layers: [] }, 'CCFCCF'],
    ['nothing more in Llama 4: one layer of four', { model_type: 'llama4_text', attention_chunk_size: 8192 }, 'CCCFCC'],
    ['attention_chunk_size of another family: nothing', { attention_chunk_size: 8192 }, 'FFFFFF'],
    ['a window alone (Mistral): all', WINDOW, 'WWWWWW'],
    ['a window by its other name', { sliding_window_size: 1024 }, 'WWWWWW'],
    ['a window that is switched off', { ...WINDOW, use_sliding_window: false }, 'FFFFFF'],
    ['a window that Qwen2 does not switch on', { ...WINDOW, model_type: 'qwen2' }, 'FFFFFF'],
    ['a window of Qwen2 from a layer on', { ...WINDOW, model_type: 'qwen2', use_sliding_window: true, max_window_layers: 4 }, 'FFFFWW'],
    ['a window of Qwen2 without a layer', { ...WINDOW, model_type: 'qwen2', use_sliding_window: true }, 'WWWWWW'],
    ['max_window_layers of another family: all', { ...WINDOW, max_window_layers: 4 }, 'WWWWWW'],
    ['a window that nobody limits', { ...WINDOW, max_position_embeddings: null }, 'WWWWWW'],
    ['a window as long as the context', { sliding_window: 4096 }, 'FFFFFF'],
    ['a window of none', { sliding_window: 0 }, 'FFFFFF'],
    ['sliding_window_pattern (Gemma 3, Cohere 2)', { ...WINDOW, sliding_window_pattern: 3 }, 'WWFWWF'],
    ['_sliding_window_pattern', { ...WINDOW, _sliding_window_pattern: 2 }, 'WFWFWF'],
    ['sliding_window_pattern of 1: all', { ...WINDOW, sliding_window_pattern: 1 }, 'WWWWWW'],
    ['the family: Gemma 2, every other', { ...WINDOW, model_type: 'gemma2' }, 'WFWFWF'],
    ['the family: Cohere 2, three of four', { ...WINDOW, model_type: 'cohere2' }, 'WWWFWW'],
    ['the family: Gemma 3, five of six', { ...WINDOW, model_type: 'gemma3_text' }, 'WWWWWF'],
    ['the family: StarCoder 2, all', { ...WINDOW, model_type: 'starcoder2' }, 'WWWWWW'],
    ['the family: Mamba, none', { model_type: 'mamba', state_size: 16 }, 'RRRRRR'],
  ])('%s', (_name, fields, expected) => {
    expect(mixers(shapeOf({ ...TINY, ...fields }))).toBe(expected);
  });

  test('hybrid_override_pattern or layers_block_type (Nemotron-H), where a layer has a mixer or a network', () => {
    const nemotron = { ...TINY, model_type: 'nemotron_h', head_dim: 16, ...MAMBA2, n_routed_experts: 4, num_experts_per_tok: 2, moe_intermediate_size: 32 };
    const shape = shapeOf({ ...nemotron, hybrid_override_pattern: 'M-*EME' });
    expect([mixers(shape), networks(shape)]).toEqual(['R-F-R-', '-D-E-E']);
    const listed = shapeOf({ ...nemotron, num_hidden_layers: undefined, layers_block_type: ['mamba', 'mlp', 'attention', 'moe', 'mamba', 'moe', 'mlp'] });
    expect([mixers(listed), networks(listed)]).toEqual(['R-F-R--', '-D-E-ED']);
    expect(sentence({ ...nemotron, n_routed_experts: undefined, hybrid_override_pattern: 'MMMMME' })).toBe(`config.json lacks 'n_routed_experts'; ${whole}`);
    expect(sentence({ ...nemotron, hybrid_override_pattern: 'MMMMMX' })).toBe('config.json: \'hybrid_override_pattern\' has a letter other than M, E, * and -');
    expect(sentence({ ...nemotron, hybrid_override_pattern: 'MM' })).toBe('config.json: \'hybrid_override_pattern\' describes 2 layers but \'num_hidden_layers\' is 6');
    expect(sentence({ ...nemotron, layers_block_type: ['mlp'] })).toBe('config.json: \'layers_block_type\' describes 1 layers but \'num_hidden_layers\' is 6');
    expect(sentence({ ...TINY, ...WINDOW, hybrid_layer_pattern: [1] })).toBe('config.json: \'hybrid_layer_pattern\' describes 1 layers but \'num_hidden_layers\' is 6');
  });
});

describe('experts', () => {
  const MOE = { num_experts: 8, num_experts_per_tok: 2, moe_intermediate_size: 32 };

  test.each<[string, Config, string]>([
    ['in all layers', {}, 'EEEEEE'],
    ['from a layer on (DeepSeek)', { first_k_dense_replace: 2 }, 'DDEEEE'],
    ['from a layer on, as ERNIE says it', { moe_layer_start_index: 1 }, 'DEEEEE'],
    ['every other layer', { moe_layer_freq: 2 }, 'EDEDED'],
    ['every third layer, as ERNIE says it', { moe_layer_interval: 3 }, 'EDDEDD'],
    ['by flags (Kimi, MiMo)', { moe_layer_freq: [0, 1, 1, 0, 1, 0] }, 'DEEDED'],
    ['by names (GLM, Laguna)', { mlp_layer_types: ['dense', 'sparse', 'sparse', 'dense', 'sparse', 'sparse'] }, 'DEEDEE'],
    ['by list (Llama 4)', { moe_layers: [1, 3] }, 'DEDEDD'],
    ['by a list that is empty', { moe_layers: [] }, 'EEEEEE'],
    ['by enumeration (Step 3)', { moe_layers_enum: '2,3,4' }, 'DDEEED'],
    ['by steps (Qwen)', { decoder_sparse_step: 2 }, 'DEDEDE'],
    ['by steps, with exceptions', { decoder_sparse_step: 1, mlp_only_layers: [0, 5] }, 'DEEEED'],
    ['by steps of Llama 4', { interleave_moe_layer_step: 3 }, 'DDEDDE'],
    ['by period and offset (Jamba)', { expert_layer_period: 2, expert_layer_offset: 1 }, 'DEDEDE'],
    ['by period alone', { expert_layer_period: 3 }, 'EDDEDD'],
    ['nowhere, where there is one', { num_experts: 1 }, 'DDDDDD'],
    ['where there are two', { num_experts: 2 }, 'EEEEEE'],
    ['nowhere in Gemma 4 that does not switch them on', { model_type: 'gemma4_text' }, 'DDDDDD'],
    ['in Gemma 4 that does', { model_type: 'gemma4_text', enable_moe_block: true }, 'EEEEEE'],
  ])('stand %s', (_name, fields, expected) => {
    expect(networks(shapeOf({ ...TINY, ...MOE, ...fields }))).toBe(expected);
  });

  test.each<[string, Config, Config]>([
    ['n_routed_experts', { num_experts: undefined, n_routed_experts: 8 }, {}],
    ['num_local_experts', { num_experts: undefined, num_local_experts: 8 }, {}],
    ['moe_num_experts', { num_experts: undefined, moe_num_experts: 8 }, {}],
    ...['num_experts_per_token', 'top_k_experts', 'moe_top_k', 'moe_k', 'experts_per_token']
      .map((field): [string, Config, Config] => [field, { num_experts_per_tok: undefined, [field]: 2 }, {}]),
    ...['expert_intermediate_size', 'intermediate_size', 'ffn_hidden_size']
      .map((field): [string, Config, Config] => [field, { moe_intermediate_size: undefined, intermediate_size: undefined, [field]: 32 }, {}]),
    ...['n_shared_experts', 'num_shared_experts', 'num_shared_expert', 'moe_num_shared_experts']
      .map((field): [string, Config, Config] => [field, { [field]: 2 }, { sharedIntermediateSize: 64 }]),
    ['moe_shared_expert_intermediate_size', { n_shared_experts: 2, moe_shared_expert_intermediate_size: 48 }, { sharedIntermediateSize: 96 }],
    ...['shared_expert_intermediate_size', 'shared_intermediate_size', 'share_expert_dim', 'share_expert_dims']
      .map((field): [string, Config, Config] => [field, { [field]: 80, n_shared_experts: 2 }, { sharedIntermediateSize: 80 }]),
    ['Llama 4, whose shared expert is as wide', { model_type: 'llama4_text' }, { sharedIntermediateSize: 32 }],
    ['Gemma 4, whose MLP stands beside', { model_type: 'gemma4_text', enable_moe_block: true }, { sharedIntermediateSize: 128 }],
  ])('are described by %s', (_name, fields, more) => {
    const shape = shapeOf({ ...TINY, ...MOE, ...fields });
    expect(shape.kinds[0].feedForward).toEqual({ type: 'moe', experts: 8, expertsPerToken: 2, expertIntermediateSize: 32, sharedIntermediateSize: 0, ...more });
  });

  test.each<[string, Config, number]>([
    ['a gated shared expert of Qwen', { model_type: 'qwen3_moe', shared_expert_intermediate_size: 16 }, 3 * 64 * 16 + 64],
    ['one of another family', { model_type: 'mixtral', shared_expert_intermediate_size: 16 }, 3 * 64 * 16],
    ['a corrected score (DeepSeek-V3)', { model_type: 'mixtral', topk_method: 'noaux_tc' }, 8],
    ['a corrected score (MiniMax)', { model_type: 'mixtral', scoring_func: 'sigmoid' }, 8],
    ['no corrected score', { model_type: 'mixtral', scoring_func: 'softmax', topk_method: 'greedy' }, 0],
    ['latent experts (Nemotron 3)', { model_type: 'mixtral', moe_latent_size: 16 }, 2 * 64 * 16 - 8 * 3 * (64 - 16) * 32],
    ['latent experts, as Kimi says it', { model_type: 'mixtral', routed_expert_hidden_size: 16 }, 2 * 64 * 16 - 8 * 3 * (64 - 16) * 32],
    ['biases of gpt-oss', { model_type: 'gpt_oss', attention_bias: false }, 8 * (2 * 32 + 64) + 8 + 4 + (4 + 2 * 2) * 16],
    ['experts without a gate (Nemotron-H)', { model_type: 'nemotron_h', hybrid_override_pattern: 'EEEEEE' }, -8 * 64 * 32 + 8 - 2 * 64 * 64 - 2 * 64 * 32 - 64],
  ])('of a layer hold %s', (_name, fields, difference) => {
    const plain = count({ ...TINY, ...MOE, model_type: 'mixtral' });
    const norms = fields.model_type === 'qwen3_moe' ? 2 * 16 : 0;
    expect((count({ ...TINY, ...MOE, ...fields }) - plain) / 6).toBe(difference + norms);
  });
});

describe('layers for multi-token prediction', () => {
  const predicted = (config: Config | ModelShape): number => ('kinds' in config ? (config as unknown as ModelShape) : shapeOf(config)).speculative
    ?.flatMap(({ weights }) => weights).reduce((sum, t) => sum + t.parameters, 0) ?? 0;
  const LAYER = 2 * 64 * 64 + 2 * 64 * 32 + 3 * 64 * 128 + 2 * 64;
  const JOIN = 2 * 64 * 64 + 3 * 64;

  test.each(['num_nextn_predict_layers', 'mtp_num_hidden_layers', 'num_mtp_modules'])('are counted by %s', (field) => {
    expect(predicted({ ...TINY, [field]: 1 })).toBe(LAYER + JOIN);
    expect(predicted({ ...TINY, [field]: 2 })).toBe(2 * (LAYER + JOIN));
    expect(shapeOf({ ...TINY, [field]: 0 }).speculative).toBeUndefined();
  });

  test('carry an embedding and a head of their own in DeepSeek-V3', () => {
    expect(predicted({ ...TINY, model_type: 'deepseek_v3', num_nextn_predict_layers: 1 })).toBe(LAYER + JOIN + 2 * 64 * 1000);
  });

  test('are announced by MiniMax-M2, but not published', () => {
    expect(predicted({ ...TINY, model_type: 'minimax_m2', num_mtp_modules: 3 })).toBe(0);
  });

  test('are like the last layer that attends', () => {
    const hybrid = { ...TINY, ...MAMBA2, attn_layer_indices: [2], num_nextn_predict_layers: 1 };
    expect(predicted(hybrid)).toBe(LAYER + JOIN);
    const none = { ...TINY, ...MAMBA2, attn_layer_indices: [], num_nextn_predict_layers: 1 };
    expect(predicted(none)).toBe((64 * (2 * 128 + 2 * 16 + 8) + 128 * 64 + (128 + 32) * 5 + 3 * 8 + 128) + 3 * 64 * 128 + 2 * 64 + JOIN);
  });

  test('of Nemotron 3 follow a pattern of attention and experts', () => {
    const nemotron = {
      ...TINY, model_type: 'nemotron_h', head_dim: 16, ...MAMBA2, n_routed_experts: 4, num_experts_per_tok: 2, moe_intermediate_size: 32, hybrid_override_pattern: 'M-*EME',
      num_nextn_predict_layers: 1,
    };
    const attention = 2 * 64 * 64 + 2 * 64 * 32 + 64;
    const experts = 4 * 2 * 64 * 32 + 64 * 4 + 4 + 64;
    expect(predicted({ ...nemotron, mtp_hybrid_override_pattern: '*E' })).toBe(attention + experts + 2 * JOIN);
    expect(predicted({ ...nemotron, mtp_layers_block_type: ['attention', 'moe'] })).toBe(attention + experts + 2 * JOIN);
    expect(predicted({ ...nemotron, mtp_hybrid_override_pattern: '*' })).toBe(attention + JOIN);
    expect(predicted({ ...nemotron, hybrid_override_pattern: 'M-*-M-', mtp_hybrid_override_pattern: '*E' })).toBe(attention + JOIN);
  });
});

describe('a pruned model', () => {
  const block = (attention: Config, ffn: Config) => ({ attention, ffn });
  const of = (block_configs: unknown[]): Config => ({ ...TINY, num_hidden_layers: block_configs.length, block_configs });
  const ends = 2 * 64 * 1000 + 64;
  // Puzzle's rule: two thirds of the multiple, rounded up to 256.
  const GQA = 2 * 64 * 64 + 2 * 64 * 16;
  const MLP = 3 * 64 * 256;

  test.each<[string, unknown, number]>([
    ['attention and MLP', block({ n_heads_in_group: 4 }, { ffn_mult: 2.625 }), GQA + MLP + 2 * 64],
    ['a wider MLP', block({ n_heads_in_group: 4 }, { ffn_mult: 6.1 }), GQA + 2 * MLP + 2 * 64],
    ['a fraction cut off first', block({ n_heads_in_group: 4 }, { ffn_mult: 6.01 }), GQA + MLP + 2 * 64],
    ['an MLP of just so many', block({ n_heads_in_group: 4 }, { ffn_mult: 6 }), GQA + MLP + 2 * 64],
    ['as many key/value heads as the group leaves', block({ n_heads_in_group: 2 }, { ffn_mult: 1 }), 2 * 64 * 64 + 2 * 64 * 32 + MLP + 2 * 64],
    ['no attention', block({ no_op: true }, { ffn_mult: 1 }), MLP + 64],
    ['no MLP', block({ n_heads_in_group: 4 }, { no_op: true }), GQA + 64],
    ['neither', block({ no_op: true }, { no_op: true }), 0],
    ['a matrix for attention', block({ replace_with_linear: true }, { ffn_mult: 1 }), 64 * 64 + MLP + 2 * 64],
    ['a matrix for the MLP', block({ n_heads_in_group: 4 }, { replace_with_linear: true }), GQA + 64 * 64 + 2 * 64],
  ])('has a layer with %s', (_name, entry, parameters) => {
    expect(count(of([entry])) - ends).toBe(parameters);
  });

  test('says which block is not whole', () => {
    const good = block({ n_heads_in_group: 4 }, { ffn_mult: 1 });
    expect(sentence(of([good, 3]))).toBe('config.json: \'block_configs\' has no \'attention\' and \'ffn\' for layer 1');
    expect(sentence(of([{ attention: {} }]))).toBe('config.json: \'block_configs\' has no \'attention\' and \'ffn\' for layer 0');
    expect(sentence(of([{ ffn: {} }]))).toBe('config.json: \'block_configs\' has no \'attention\' and \'ffn\' for layer 0');
    expect(sentence(of([good, block({}, { ffn_mult: 1 })]))).toBe(`config.json lacks 'block_configs[1].attention.n_heads_in_group'; ${whole}`);
    expect(sentence(of([block({ n_heads_in_group: 1 }, {})]))).toBe(`config.json lacks 'block_configs[0].ffn.ffn_mult'; ${whole}`);
    expect(sentence({ ...TINY, block_configs: [good] })).toBe('config.json: \'block_configs\' has no \'attention\' and \'ffn\' for layer 1');
  });
});

describe('attention of', () => {
  const first = (fields: Config) => shapeOf({ ...TINY, ...fields }).kinds[0].attention;
  const of = (fields: Config) => (count({ ...TINY, ...fields }) - count({ ...TINY, model_type: 'llama' })) / 6;

  test.each<[string, Config, number]>([
    ['a family with norms per head (Qwen3)', { model_type: 'qwen3' }, 2 * 16],
    ['a family with norms over all heads (OLMo 2)', { model_type: 'olmo2' }, 16 * (4 + 2)],
    ['a config that asks for norms (GLM-4.5)', { use_qk_norm: true }, 2 * 16],
    ['Command R+, whose norms are over all heads', { use_qk_norm: true, model_type: 'cohere', tie_word_embeddings: false }, 16 * (4 + 2) - 64],
    ['Llama 4, whose norms have no weights', { use_qk_norm: true, model_type: 'llama4_text' }, 0],
    ['MiniMax M2, whose norms are over all heads though it asks', { use_qk_norm: true, model_type: 'minimax_m2' }, 16 * (4 + 2)],
    ['a gate per element (Qwen3.5)', { attn_output_gate: true }, 64 * 64],
    ['a gate per head (Step 3.5)', { model_type: 'step3p5' }, 64 * 4 + 2 * 16],
    ['biases on Q, K and V (Qwen2)', { model_type: 'qwen2' }, (4 + 2 * 2) * 16],
    ['biases on Q, K, V and the output (Phi-MoE)', { attention_bias: true }, (4 + 2 * 2) * 16 + 64],
    ['biases by another name (StableLM)', { use_qkv_bias: true }, (4 + 2 * 2) * 16],
    ['biases by another name (ChatGLM)', { add_qkv_bias: true }, (4 + 2 * 2) * 16],
    ['biases by another name', { qkv_bias: true }, (4 + 2 * 2) * 16],
    ['biases everywhere in attention (InternLM)', { bias: true }, (4 + 2 * 2) * 16 + 64],
    ['GLM-4, which says that it has none', { model_type: 'glm', attention_bias: false }, 0],
    ['GLM-4, which says that it has some', { model_type: 'glm', attention_bias: true }, (4 + 2 * 2) * 16],
    ['an MLP with biases (Granite)', { mlp_bias: true }, 2 * 128 + 64],
  ])('%s', (_name, fields, difference) => {
    expect(of(fields)).toBe(difference);
  });

  test('MiMo V2 has sinks where there is a window, if it says so', () => {
    const pattern = { hybrid_layer_pattern: [1, 0, 1, 0, 1, 0] };
    const sinks = (fields: Config) => count({ ...TINY, ...WINDOW, ...pattern, add_swa_attention_sink_bias: true, ...fields }) - count({ ...TINY, ...WINDOW, ...pattern });
    expect([sinks({}), sinks({ add_swa_attention_sink_bias: false }), sinks({ hybrid_layer_pattern: [0, 0, 0, 0, 0, 0] })]).toEqual([3 * 4, 0, 0]);
  });

  test.each<[string, Config, Partial<GroupedQueryAttention>]>([
    ['head_dim', { head_dim: 32 }, { headDim: 32 }],
    ['kv_channels (Qwen, ChatGLM)', { kv_channels: 32 }, { headDim: 32 }],
    ['attention_head_dim (Nemotron-H)', { attention_head_dim: 32 }, { headDim: 32 }],
    ['n_head', { num_attention_heads: undefined, n_head: 8 }, { queryHeads: 8, headDim: 8 }],
    ['n_heads (MPT)', { num_attention_heads: undefined, n_heads: 8 }, { queryHeads: 8, headDim: 8 }],
    ['num_heads', { num_attention_heads: undefined, num_heads: 8 }, { queryHeads: 8, headDim: 8 }],
    ...['num_kv_heads', 'n_head_kv', 'n_kv_heads', 'multi_query_group_num', 'num_attention_groups']
      .map((field): [string, Config, Partial<GroupedQueryAttention>] => [field, { num_key_value_heads: undefined, [field]: 1 }, { kvHeads: 1 }]),
    ['attn_config (DBRX)', { num_key_value_heads: undefined, attn_config: { kv_n_heads: 1 } }, { kvHeads: 1 }],
    ['nothing: as many key/value heads as heads', { num_key_value_heads: undefined }, { kvHeads: 4 }],
    ['Falcon 7B, which has one', { model_type: 'falcon' }, { kvHeads: 1 }],
    ['Falcon 1B, which has all', { model_type: 'falcon', multi_query: false }, { kvHeads: 4 }],
    ['Falcon 40B, which says how many', { model_type: 'falcon', new_decoder_architecture: true }, { kvHeads: 2 }],
    ['StarCoder, which has one', { model_type: 'gpt_bigcode' }, { kvHeads: 1 }],
    ['a width of values', { v_head_dim: 24 }, { valueHeadDim: 24 }],
  ])('heads is read from %s', (_name, fields, expected) => {
    const { headDim = 16 } = expected;
    expect(first(fields)).toEqual({ type: 'gqa', queryHeads: 4, kvHeads: 2, headDim, valueHeadDim: headDim, ...expected });
  });

  test('MiniMax M3 picks blocks in the layers that it says', () => {
    const sparse = { use_sparse_attention: true, sparse_num_index_heads: 4, sparse_index_dim: 32, sparse_topk_blocks: 16, sparse_block_size: 128 };
    const shape = shapeOf({ ...TINY, sparse_attention_config: { ...sparse, sparse_attention_freq: [0, 0, 0, 1, 1, 1] } });
    const indexers = shape.order.map((kind) => (shape.kinds[kind].attention as GroupedQueryAttention).indexer);
    const picked = { heads: 4, headDim: 32, topK: 2048 };
    expect(indexers).toEqual([undefined, undefined, undefined, picked, picked, picked]);
    expect((first({ sparse_attention_config: sparse }) as GroupedQueryAttention).indexer).toEqual(picked);
    expect('indexer' in first({ sparse_attention_config: { ...sparse, use_sparse_attention: false } })).toBe(false);
    expect(sentence({ ...TINY, sparse_attention_config: { ...sparse, sparse_block_size: undefined } })).toBe(`config.json lacks 'sparse_block_size'; ${whole}`);
  });

  test('GLM-5.2 lets layers share what an earlier one picked', () => {
    const latent = {
      kv_lora_rank: 32, q_lora_rank: 48, qk_rope_head_dim: 8, qk_nope_head_dim: 16, v_head_dim: 16, index_topk: 2048, index_n_heads: 2, index_head_dim: 8,
      indexer_types: ['full', 'shared', 'shared', 'full', 'shared', 'shared'],
    };
    const shape = shapeOf({ ...TINY, ...latent });
    expect(shape.order.map((kind) => (shape.kinds[kind].attention as LatentAttention).indexer !== undefined)).toEqual([true, false, false, true, false, false]);
    expect(count({ ...TINY, ...latent }) - count({ ...TINY, ...latent, index_topk: undefined })).toBe(2 * (48 * 2 * 8 + 64 * 8 + 2 * 8 + 64 * 2));
    expect(count({ ...TINY, ...latent, mla_use_output_gate: true }) - count({ ...TINY, ...latent })).toBe(6 * 64 * 4 * 16);
  });
});

describe('a recurrent mixer', () => {
  const state = (fields: Config) => shapeOf({ ...TINY, ...fields }).kinds[0].attention as StateMixer;
  const mamba = { model_type: 'mamba', state_size: 16, intermediate_size: undefined };

  test.each<[string, Config, Partial<StateMixer>]>([
    ['Mamba is twice as wide, with a window of 4', mamba, { stateElements: 128 * 16 + 128 * 3, heads: 128 }],
    ['Mamba as it says, by each name', { ...mamba, state_size: undefined, ssm_state_size: 8, d_inner: 96, d_conv: 2 }, { stateElements: 96 * 8 + 96, heads: 96 }],
    ['Mamba of another expansion', { ...mamba, expand: 3, conv_kernel: 3 }, { stateElements: 192 * 16 + 192 * 2, heads: 192 }],
    ['Jamba, whose intermediate_size is that of its MLP', {
      model_type: 'jamba', attn_layer_period: 8, attn_layer_offset: 4, mamba_d_state: 8, mamba_expand: 3, mamba_d_conv: 2,
    }, { stateElements: 192 * 8 + 192, heads: 192 }],
    ['Mamba-2', { model_type: 'mamba2', num_heads: 8, head_dim: 16, state_size: 32, n_groups: 2, conv_kernel: 3 }, { stateElements: 128 * 32 + (128 + 2 * 2 * 32) * 2, heads: 8 }],
    ['Mamba-2 that leaves groups and window out', { model_type: 'mamba2', num_heads: 8, head_dim: 16, state_size: 32 }, { stateElements: 128 * 32 + (128 + 2 * 32) * 3, heads: 8 }],
    ['a delta net of another window', { ...DELTA, full_attention_interval: 6, linear_conv_kernel_dim: 2 }, { stateElements: 4 * 16 * 16 + (2 * 2 * 16 + 64), heads: 2 }],
    ['Kimi\'s of another window', {
      model_type: 'kimi_linear', linear_attn_config: { full_attn_layers: [6], num_heads: 4, head_dim: 16, short_conv_kernel_size: 2 },
    }, { stateElements: 4 * 16 * 16 + 3 * 64, heads: 4 }],
    ['Mamba-2 as Granite says it', {
      attn_layer_indices: [5], mamba_n_heads: 8, mamba_d_head: 16, mamba_d_state: 32, mamba_n_groups: 2, mamba_d_conv: 3,
    }, { stateElements: 128 * 32 + (128 + 2 * 2 * 32) * 2, heads: 8 }],
    ['a delta net that leaves its window out', { ...DELTA, full_attention_interval: 6 }, { stateElements: 4 * 16 * 16 + (2 * 2 * 16 + 64) * 3, heads: 2 }],
    ['Kimi\'s that leaves its window out', {
      model_type: 'kimi_linear', linear_attn_config: { full_attn_layers: [6], num_heads: 4, head_dim: 16 },
    }, { stateElements: 4 * 16 * 16 + 3 * 64 * 3, heads: 4 }],
  ])('%s', (_name, fields, expected) => {
    expect(state(fields)).toMatchObject(expected);
  });

  test('has biases where it says so, a time step of a sixteenth of the width, and in Jamba norms', () => {
    const of = (fields: Config) => (count({ ...TINY, ...mamba, ...fields }) - count({ ...TINY, ...mamba })) / 6;
    expect([of({ use_bias: true }), of({ mamba_proj_bias: true }), of({ mamba_proj_bias: false, use_bias: true })]).toEqual([2 * 128 + 64, 2 * 128 + 64, 0]);
    expect([of({ time_step_rank: 4 }), of({ time_step_rank: 5 }), of({ mamba_dt_rank: 6 })]).toEqual([0, 2 * 128, 4 * 128]);
    const mamba2 = { ...TINY, model_type: 'mamba2', num_heads: 8, head_dim: 16, state_size: 32, n_groups: 2 };
    expect((count({ ...mamba2, use_bias: true }) - count(mamba2)) / 6).toBe(128 + 128 + 2 * 2 * 32 + 8 + 64);
  });

  test('of which nothing is said is refused', () => {
    expect(sentence({ ...TINY, model_type: 'kimi_linear', layer_types: Array(6).fill('linear_attention') })).toBe(`config.json lacks 'linear_attn_config'; ${whole}`);
    expect(sentence({ ...TINY, ...mamba, state_size: undefined })).toBe(`config.json lacks 'mamba_d_state'; ${whole}`);
  });
});

describe('an MLP', () => {
  const bare = { ...TINY, intermediate_size: undefined };
  const MATRIX = 6 * 64;
  const size = (config: Config, matrices = 3) => (count(config) - count({ ...config, intermediate_size: 1, intermediate_size_mlp: 1 })) / (matrices * MATRIX) + 1;

  test.each(['intermediate_size_mlp', 'dense_intermediate_size', 'ffn_hidden_size', 'n_inner', 'ffn_dim', 'hidden_dim'])('is as wide as %s says', (field) => {
    expect(size({ ...bare, [field]: 100 })).toBe(100);
  });

  test.each(['gpt2', 'gpt_bigcode', 'gptj', 'bloom', 'falcon'])('of %s is four times as wide as the model', (model_type) => {
    expect((shapeOf({ ...bare, model_type }).kinds[0].feedForward)).toEqual({ type: 'dense', intermediateSize: 256 });
  });

  test('of MPT is as many times as wide as it says', () => {
    expect(shapeOf({ ...bare, model_type: 'mpt', expansion_ratio: 3 }).kinds[0].feedForward).toEqual({ type: 'dense', intermediateSize: 192 });
    expect(sentence(bare)).toBe(`config.json lacks 'intermediate_size'; ${whole}`);
    expect(sentence({ ...bare, model_type: 'not_gpt2' })).toBe(`config.json lacks 'intermediate_size'; ${whole}`);
    expect(sentence({ ...bare, model_type: 'gpt2x' })).toBe(`config.json lacks 'intermediate_size'; ${whole}`);
  });

  test('of Gemma 4 is twice as wide in layers that read an earlier cache, if it says so', () => {
    const config = { ...TINY, model_type: 'gemma4_text', num_kv_shared_layers: 2, use_double_wide_mlp: true };
    const widths = (fields: Config) => { const s = shapeOf({ ...config, ...fields }); return s.order.map((kind) => (s.kinds[kind].feedForward as { intermediateSize: number }).intermediateSize); };
    expect(widths({})).toEqual([128, 128, 128, 128, 256, 256]);
    expect(widths({ use_double_wide_mlp: false })).toEqual([128, 128, 128, 128, 128, 128]);
    expect(widths({ num_kv_shared_layers: 0 })).toEqual([128, 128, 128, 128, 128, 128]);
  });
});

describe('the catalogue', () => {
  test('has latent experts and a gated latent attention in Kimi K3, in the formats of its files', () => {
    const shape = fresh('moonshotai/Kimi-K3')._shape!;
    expect([mixers(shape).replace(/R/g, '').length, networks(shape).replace(/D/g, '').length]).toEqual([24, 92]);
    expect(shape.quantization).toEqual({ precision: 'mxfp4', parts: ['experts'], method: 'compressed-tensors' });
  });

  test('counts what one token works with as the name of the model says', () => {
    const active = (id: string) => Math.round(fresh(id).activeParameters! / 1e9);
    expect(['Qwen/Qwen3-30B-A3B', 'Qwen/Qwen3-235B-A22B', 'nvidia/NVIDIA-Nemotron-3-Nano-30B-A3B-BF16'].map(active)).toEqual([3, 22, 3]);
  });
});
