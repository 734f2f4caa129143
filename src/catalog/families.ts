/** What configuration files leave unsaid: properties of a model family that its code has and its `config.json` has not. Internal to the catalogue. */
export interface Family {
  /** The MLP has no gate. @default - gated */
  readonly plainMlp?: boolean;
  /** Input and output embeddings are one tensor unless the config says otherwise. @default - two tensors */
  readonly tied?: boolean;
  /** Biases on Q, K and V unless the config says otherwise. */
  readonly qkvBias?: boolean;
  /** `attention_bias` covers Q, K and V only. */
  readonly noOutBias?: boolean;
  /** Biases on all of attention and MLP unless the config says otherwise. */
  readonly biases?: boolean;
  /** Biases on the MLP unless the config says otherwise. @default - `biases` */
  readonly mlpBias?: boolean;
  /** Norms of the model's width per layer. @default 2 */
  readonly norms?: number;
  /** Norms have a bias too. */
  readonly normBias?: boolean;
  /** Norms on queries and keys: of one head's width, or of all heads together. */
  readonly qkNorm?: 'head' | 'full';
  /** Configs announce multi-token prediction layers that the checkpoint does not have. */
  readonly noSpeculative?: boolean;
  /** Multi-token prediction layers carry their own embedding and head. */
  readonly speculativeEmbeddings?: boolean;
  /** Bias of the output head. */
  readonly headBias?: boolean;
  /** Positions are looked up in a learned table: as many as the context, and so many more. @default - none is learned */
  readonly learnedPositions?: number;
  /** A norm stands behind the embedding. */
  readonly embeddingNorm?: boolean;
  /** Routers carry a correction of each expert's score, whatever the config says. */
  readonly routerBias?: boolean;
  /** `intermediate_size` counts gate and up projection together. */
  readonly doubledMlp?: boolean;
  /** Layers of sliding-window attention between two of full attention, where `layer_types` and `sliding_window_pattern` are absent. */
  readonly windowPattern?: number;
  /** `sliding_window` is in the config but the layers attend to everything unless `use_sliding_window` is set. */
  readonly windowOptIn?: boolean;
  /** Fields that a config nested in a multimodal wrapper may leave out, because they equal the family's own defaults. */
  readonly defaults?: { readonly [field: string]: unknown };
}

const QWEN2: Family = { qkvBias: true, noOutBias: true, windowOptIn: true };
const QWEN3: Family = { qkNorm: 'head', windowOptIn: true };
const LLAMA_DEFAULTS = { vocab_size: 32000, hidden_size: 4096, intermediate_size: 11008, num_hidden_layers: 32, num_attention_heads: 32 };
const MISTRAL_DEFAULTS = {
  vocab_size: 32000, hidden_size: 4096, intermediate_size: 14336, num_hidden_layers: 32, num_attention_heads: 32, num_key_value_heads: 8,
};
const MINISTRAL3_DEFAULTS = { ...MISTRAL_DEFAULTS, vocab_size: 131072, num_hidden_layers: 34, head_dim: 128 };
const GEMMA3_DEFAULTS = {
  vocab_size: 262208,
  hidden_size: 2304,
  intermediate_size: 9216,
  num_hidden_layers: 26,
  num_attention_heads: 8,
  num_key_value_heads: 4,
  head_dim: 256,
  sliding_window: 4096,
  max_position_embeddings: 131072,
};
const GEMMA4_DEFAULTS = {
  vocab_size: 262144,
  hidden_size: 2304,
  intermediate_size: 9216,
  num_hidden_layers: 30,
  num_attention_heads: 8,
  num_key_value_heads: 4,
  head_dim: 256,
  global_head_dim: 512,
  sliding_window: 512,
  max_position_embeddings: 131072,
  hidden_size_per_layer_input: 256,
  vocab_size_per_layer_input: 262144,
};
const GEMMA3: Family = { tied: true, norms: 4, qkNorm: 'head', windowPattern: 6, defaults: GEMMA3_DEFAULTS };
const GPT: Family = { plainMlp: true, biases: true, normBias: true };

/** By `model_type`. A type that is not listed is read as a Llama-like decoder. */
const FAMILIES: { readonly [modelType: string]: Family } = {
  llama: { defaults: LLAMA_DEFAULTS },
  mistral: { defaults: MISTRAL_DEFAULTS },
  ministral: { windowPattern: 4 },
  ministral3: { defaults: MINISTRAL3_DEFAULTS },
  qwen: { qkvBias: true, noOutBias: true, doubledMlp: true },
  qwen2: QWEN2,
  qwen2_moe: QWEN2,
  qwen2_vl: QWEN2,
  qwen2_vl_text: QWEN2,
  qwen2_5_vl: QWEN2,
  qwen2_5_vl_text: QWEN2,
  qwen3: QWEN3,
  qwen3_moe: QWEN3,
  qwen3_vl: QWEN3,
  qwen3_vl_text: QWEN3,
  qwen3_vl_moe: QWEN3,
  qwen3_vl_moe_text: QWEN3,
  qwen3_omni_moe_text: QWEN3,
  qwen3_next: { qkNorm: 'head' },
  qwen3_5: { qkNorm: 'head' },
  qwen3_5_text: { qkNorm: 'head' },
  qwen3_5_moe: { qkNorm: 'head' },
  qwen3_5_moe_text: { qkNorm: 'head' },
  gemma: { tied: true },
  gemma2: { tied: true, norms: 4, windowPattern: 2 },
  gemma3: GEMMA3,
  gemma3_text: GEMMA3,
  gemma4: { tied: true, norms: 4, qkNorm: 'head', windowPattern: 6, defaults: GEMMA4_DEFAULTS },
  gemma4_text: { tied: true, norms: 4, qkNorm: 'head', windowPattern: 6, defaults: GEMMA4_DEFAULTS },
  gemma4_unified_text: {
    tied: true, norms: 4, qkNorm: 'head', windowPattern: 6, defaults: { ...GEMMA4_DEFAULTS, sliding_window: 1024, max_position_embeddings: 262144, hidden_size_per_layer_input: 0 },
  },
  cohere: { tied: true, norms: 1 },
  cohere2: { tied: true, norms: 1, windowPattern: 4 },
  phi: { ...GPT, norms: 1, headBias: true },
  phimoe: { normBias: true },
  falcon: { plainMlp: true, tied: true, norms: 1, normBias: true },
  gpt2: { ...GPT, tied: true, learnedPositions: 0 },
  gpt_bigcode: { ...GPT, tied: true, learnedPositions: 0 },
  gpt_neox: GPT,
  gptj: { plainMlp: true, mlpBias: true, norms: 1, normBias: true, headBias: true },
  opt: { ...GPT, tied: true, learnedPositions: 2 },
  bloom: { ...GPT, tied: true, embeddingNorm: true },
  mpt: { plainMlp: true, tied: true },
  starcoder2: { ...GPT, tied: true, windowPattern: 1 },
  nemotron: { plainMlp: true, normBias: true },
  grok_1: { norms: 4 },
  olmo2: { qkNorm: 'full' },
  olmo3: { qkNorm: 'full', windowPattern: 4 },
  exaone4: { qkNorm: 'head', windowPattern: 4 },
  glm: { noOutBias: true },
  glm4: { noOutBias: true, norms: 4 },
  glm4_moe: { noOutBias: true, routerBias: true, speculativeEmbeddings: true },
  deepseek_v2: {},
  deepseek_v3: { speculativeEmbeddings: true },
  deepseek_v32: { speculativeEmbeddings: true },
  glm_moe_dsa: {},
  kimi_k2: {},
  kimi_linear: { routerBias: true },
  mistral4: {},
  minicpm3: {},
  mixtral: {},
  jamba: {},
  bamba: {},
  granitemoehybrid: {},
  nemotron_h: { routerBias: true },
  nemotron_nas: {},
  dbrx: {},
  llama4: {},
  llama4_text: {},
  mimo_v2_flash: {},
  ernie4_5: {},
  ernie4_5_moe: { routerBias: true },
  phi3: {},
  stablelm: { normBias: true },
  internlm: {},
  internlm2: {},
  internlm3: {},
  baichuan: {},
  exaone: {},
  chatglm: { noOutBias: true },
  minimax_m2: { qkNorm: 'full', noSpeculative: true },
  minimax_m3: { qkNorm: 'head' },
  minimax_m3_vl: { qkNorm: 'head' },
  minimax_m3_vl_text: { qkNorm: 'head' },
  gpt_oss: { qkvBias: true, routerBias: true },
  mimo: { noOutBias: true, windowOptIn: true },
  step3p5: { qkNorm: 'head' },
  step3p7: { qkNorm: 'head' },
  hunyuan_v1_dense: { qkNorm: 'head' },
  hunyuan_v1_moe: { qkNorm: 'head' },
  granite: {},
  granitemoe: {},
  mamba: { tied: true, norms: 1 },
  falcon_mamba: { tied: true, norms: 1 },
  mamba2: { tied: true, norms: 1 },
  seed_oss: { qkvBias: true, noOutBias: true },
};

/** Models that turn text into vectors in one pass over all of it. */
const ENCODERS = ['bert', 'roberta', 'xlm_roberta', 'distilbert', 'deberta_v2', 'modernbert', 'nomic_bert', 'electra', 'mpnet', 'camembert', 'albert'];

/** Types whose layers or caches have no definition here. */
const UNKNOWN: { readonly [modelType: string]: string } = {
  deepseek_v4: 'its compressed attention keeps caches that are not described here',
  deepseek_ref: 'its compressed attention keeps caches that are not described here',
  zamba: 'its layers share weights in a way that is not described here',
  zamba2: 'its layers share weights in a way that is not described here',
  recurrentgemma: 'its recurrent layers have no definition here',
  recurrent_gemma: 'its recurrent layers have no definition here',
  rwkv: 'its recurrent layers have no definition here',
  gemma3n: 'its nested layers have no definition here',
  gemma3n_text: 'its nested layers have no definition here',
  lfm2: 'its convolution layers have no definition here',
  lfm2_moe: 'its convolution layers have no definition here',
  falcon_h1: 'its parallel mixers have no definition here',
  minimax: 'its lightning attention has no definition here',
  minimax_text_01: 'its lightning attention has no definition here',
  bailing_hybrid: 'its linear attention has no definition here',
  t5: 'it is an encoder and decoder',
  bart: 'it is an encoder and decoder',
  whisper: 'it is an encoder and decoder',
};

/** The family of a model type. */
export function familyOf(modelType: string): Family {
  return own(FAMILIES, keyOf(modelType)) ?? {};
}

/** Whether a model type is known by name. */
export function isKnownFamily(modelType: string): boolean {
  return own(FAMILIES, keyOf(modelType)) !== undefined;
}

/** Whether a model type is an encoder, which has no KV cache. */
export function isEncoder(modelType: string): boolean { return ENCODERS.includes(keyOf(modelType)); }

/** Why a model type can't be sized, if it can't. */
export function unknownLayers(modelType: string): string | undefined { return own(UNKNOWN, keyOf(modelType)); }

/** Types are spelt with dashes or underscores. */
function keyOf(modelType: string): string { return modelType.replace(/-/g, '_'); }

function own<T>(table: { readonly [key: string]: T }, key: string): T | undefined {
  return Object.prototype.hasOwnProperty.call(table, key) ? table[key] : undefined;
}
