/** The layers of a `config.json`, one by one. Internal to the catalogue. */

import { DeltaNetSpec, GqaSpec, LayerSpec, Mamba2Spec, MambaSpec, MlaSpec, MoeSpec } from './architecture';
import { Family } from './families';
import { Fields, isObject } from './fields';
import { linear } from './parameters';
import { Indexer } from './shape';

const MAX_LAYERS = 1000;
const MAX_WIDTH = 1_000_000;
const MAX_FFN = 10_000_000;
const MAX_EXPERTS = 10_000;

type LayerType = 'full' | 'sliding' | 'chunked' | 'linear' | 'mamba' | 'mlp' | 'moe';

/** The fields that every family has, read once. */
export class Reader {
  public readonly hiddenSize: number;
  public readonly vocabSize: number;
  public readonly layers: number;
  public readonly heads: number;
  public readonly kvHeads: number;
  public readonly headDim: number;
  public readonly window?: number;
  public readonly perLayerWidth: number;
  /** Whether `attention_bias` or the family puts biases on Q, K and V. */
  public readonly qkvBias: boolean;
  public readonly outBias: boolean;
  public readonly gatedMlp: boolean;

  public constructor(public readonly text: Fields, public readonly family: Family, public readonly modelType: string) {
    const listed = text.list('layers_block_type', MAX_LAYERS)?.length ?? text.text('hybrid_override_pattern')?.length;
    this.layers = text.whole(['num_hidden_layers', 'n_layer', 'n_layers', 'num_layers'], 1, MAX_LAYERS) ?? listed
      ?? text.need('num_hidden_layers', 1, MAX_LAYERS);
    this.hiddenSize = text.need(['hidden_size', 'n_embd', 'd_model', 'dim'], 1, MAX_WIDTH);
    this.vocabSize = text.need(['vocab_size', 'padded_vocab_size'], 1, 100_000_000);
    const stateOnly = isStateOnly(modelType);
    this.heads = stateOnly ? 1 : text.need(['num_attention_heads', 'n_head', 'n_heads', 'num_heads'], 1, 100_000);
    this.kvHeads = stateOnly ? 1 : this.readKvHeads();
    this.headDim = stateOnly ? 1 : this.readHeadDim();
    this.perLayerWidth = /^gemma4/.test(modelType) ? text.whole('hidden_size_per_layer_input', 0, MAX_WIDTH) ?? 0 : 0;
    const window = text.whole(['sliding_window', 'sliding_window_size'], 0, 1e9);
    const context = text.whole('max_position_embeddings', 1, 1e9);
    const optedOut = text.raw('use_sliding_window') === false || family.windowOptIn && !text.flag('use_sliding_window');
    if (window && !optedOut && !(context !== undefined && window >= context)) { this.window = window; }
    const bias = text.flag('attention_bias', text.flag('bias', family.biases ?? false));
    this.qkvBias = bias || text.flag('qkv_bias', text.flag('use_qkv_bias', text.flag('add_qkv_bias', family.qkvBias ?? false)));
    this.outBias = bias && !family.noOutBias;
    this.gatedMlp = !(family.plainMlp ?? false);
  }

  /** Width of the MLP of layers that are not mixtures of experts. */
  public get denseSize(): number {
    return this.text.whole(['intermediate_size_mlp', 'dense_intermediate_size', 'intermediate_size', 'ffn_hidden_size', 'n_inner', 'ffn_dim', 'hidden_dim'], 1, MAX_FFN)
      ?? this.fallbackSize();
  }

  public get normWeights(): number { return this.hiddenSize * (this.family.norms ?? 2) * (this.family.normBias ? 2 : 1); }

  private fallbackSize(): number {
    if (/^(gpt2|gpt_bigcode|gptj|bloom|falcon)$/.test(this.modelType)) { return 4 * this.hiddenSize; }
    const ratio = this.text.positive('expansion_ratio', 100);
    return ratio === undefined ? this.text.need('intermediate_size', 1, MAX_FFN) : Math.round(ratio * this.hiddenSize);
  }

  private readKvHeads(): number {
    const { text, heads } = this;
    const oldFalcon = this.modelType === 'falcon' && !text.flag('new_decoder_architecture');
    if (oldFalcon || this.modelType === 'gpt_bigcode') { return text.flag('multi_query', true) ? 1 : heads; }
    const stated = text.whole(['num_key_value_heads', 'num_kv_heads', 'n_head_kv', 'n_kv_heads', 'multi_query_group_num'], 1, 100_000)
      ?? text.object('attn_config')?.whole('kv_n_heads', 1, 100_000) ?? heads;
    if (heads % stated !== 0) {
      throw new Error(`config.json: 'num_key_value_heads' is ${stated} but must divide 'num_attention_heads' (${heads})`);
    }
    return stated;
  }

  private readHeadDim(): number {
    const stated = this.text.whole(['head_dim', 'kv_channels', 'attention_head_dim'], 1, 100_000);
    if (stated !== undefined) { return stated; }
    if (this.text.has('kv_lora_rank')) { return 1; }
    if (this.hiddenSize % this.heads !== 0) {
      throw new Error(`config.json lacks 'head_dim', and 'hidden_size' (${this.hiddenSize}) is not a multiple of 'num_attention_heads' (${this.heads})`);
    }
    return this.hiddenSize / this.heads;
  }
}

/** Every layer; equal ones are one object. */
export function readLayers(reader: Reader): LayerSpec[] {
  const types = layerTypes(reader);
  const moe = readMoe(reader);
  const sparse = moe ? sparseLayers(reader) : () => false;
  const blocks = reader.text.list('block_configs', MAX_LAYERS);
  const known = new Map<string, LayerSpec>();
  return types.map((type, i) => {
    const spec = blocks ? nasLayer(reader, blocks[i], i) : layer(reader, type, i, sparse(i) ? moe : undefined);
    const key = JSON.stringify(spec);
    const same = known.get(key) ?? spec;
    known.set(key, same);
    return same;
  });
}

/** Layers for multi-token prediction. */
export function speculativeLayers(reader: Reader, layers: readonly LayerSpec[]): LayerSpec[] {
  const { text } = reader;
  if (reader.family.noSpeculative) { return []; }
  const count = text.whole(['num_nextn_predict_layers', 'mtp_num_hidden_layers', 'num_mtp_modules'], 0, MAX_LAYERS) ?? 0;
  if (!count) { return []; }
  const pattern = text.text('mtp_hybrid_override_pattern') ?? text.list('mtp_layers_block_type', MAX_LAYERS)?.map((t) => t === 'moe' ? 'E' : '*').join('');
  const attending = layers.filter((l) => l.gqa ?? l.mla);
  const last = attending[attending.length - 1] ?? layers[layers.length - 1];
  if (pattern === undefined) { return Array.from({ length: count }, () => last); }
  const experts = layers.find((l) => l.moe);
  const one = [...pattern].map((c) => c === 'E' ? experts : last).filter((l): l is LayerSpec => l !== undefined);
  return Array.from({ length: count }, () => one).flat().slice(0, MAX_LAYERS);
}

/** Weights of the norm behind the last layer. */
export function finalNorm(reader: Reader): number { return reader.hiddenSize * (reader.family.normBias ? 2 : 1); }

function layer(reader: Reader, type: LayerType, index: number, moe: MoeSpec | undefined): LayerSpec {
  const { text, modelType } = reader;
  if (isSingleBlock(modelType)) { return singleBlock(reader, type, moe); }
  if (type === 'mamba' || type === 'linear') {
    return { ...stateMixer(reader, type), ...feedForward(reader, moe, index), norms: reader.normWeights };
  }
  const extraNorms = modelType === 'falcon' && text.flag('new_decoder_architecture') && text.raw('num_ln_in_parallel_attn') !== 1 ? 2 * reader.hiddenSize : 0;
  return {
    ...text.has('kv_lora_rank') ? { mla: readMla(reader, index) } : { gqa: readGqa(reader, type, index) },
    ...feedForward(reader, moe, index),
    norms: reader.normWeights + extraNorms + gemmaNorms(reader, moe),
    ...reader.perLayerWidth ? {
      extra: [
        linear('per_layer_input_gate', 'mlp', 'replicated', reader.hiddenSize * reader.perLayerWidth),
        linear('per_layer_projection', 'mlp', 'replicated', reader.hiddenSize * reader.perLayerWidth),
      ],
    } : {},
  };
}

/** Gemma 4 norms the outputs of its two parallel networks, and its per-layer input. */
function gemmaNorms(reader: Reader, moe: MoeSpec | undefined): number {
  if (!/^gemma4/.test(reader.modelType)) { return 0; }
  return reader.hiddenSize * ((moe ? 4 : 0) + (reader.perLayerWidth ? 1 : 0)) + (moe ? moe.experts : 0);
}

function feedForward(reader: Reader, moe: MoeSpec | undefined, index: number): Pick<LayerSpec, 'dense' | 'moe'> {
  if (moe) { return { moe }; }
  const { text } = reader;
  if (isStateOnly(reader.modelType)) { return {}; }
  if (reader.modelType === 'granitemoehybrid') { return { dense: { size: text.need('shared_intermediate_size', 1, MAX_FFN), gated: true } }; }
  const wide = text.flag('use_double_wide_mlp') && readsEarlierCache(reader, index) ? 2 : 1;
  return { dense: { size: reader.denseSize * wide, gated: reader.gatedMlp, ...text.flag('mlp_bias', reader.family.biases ?? false) ? { bias: true } : {} } };
}

/** Families whose layers are a mixer or a network, never both. */
function isSingleBlock(modelType: string): boolean { return modelType === 'nemotron_h'; }

function isStateOnly(modelType: string): boolean { return ['mamba', 'mamba2', 'falcon_mamba'].includes(modelType); }

function singleBlock(reader: Reader, type: LayerType, moe: MoeSpec | undefined): LayerSpec {
  const norms = reader.hiddenSize;
  switch (type) {
    case 'mamba': return { mamba2: readMamba2(reader), norms };
    case 'mlp': return { dense: { size: reader.denseSize, gated: false }, norms };
    case 'moe': {
      if (!moe) { throw reader.text.lacks('n_routed_experts'); }
      return { moe, norms };
    }
    default: return { gqa: readGqa(reader, 'full', 0), norms };
  }
}

// ---- which layer is what ----

function layerTypes(reader: Reader): LayerType[] {
  const { text, layers, modelType, family } = reader;
  const each = (type: (i: number) => LayerType) => Array.from({ length: layers }, (_, i) => type(i));
  const hybrid = text.text('hybrid_override_pattern');
  if (hybrid !== undefined) { return sized(reader, 'hybrid_override_pattern', [...hybrid].map(hybridType)); }
  const listed = text.list('layers_block_type', MAX_LAYERS) ?? text.list('layer_types', MAX_LAYERS);
  if (listed) {
    // Lists may go on with the layers for multi-token prediction.
    return sized(reader, text.has('layers_block_type') ? 'layers_block_type' : 'layer_types', listed.slice(0, layers).map((t) => namedType(t, reader)));
  }
  if (isStateOnly(modelType)) { return each(() => 'mamba'); }
  const attending = text.list('attn_layer_indices', MAX_LAYERS);
  if (attending) { return each((i) => attending.includes(i) ? 'full' : 'mamba'); }
  const period = text.whole('attn_layer_period', 1, MAX_LAYERS);
  if (period !== undefined) {
    const offset = text.whole('attn_layer_offset', 0, MAX_LAYERS) ?? 0;
    return each((i) => i % period === offset % period ? 'full' : 'mamba');
  }
  const interval = text.whole('full_attention_interval', 1, MAX_LAYERS);
  if (interval !== undefined) { return each((i) => (i + 1) % interval === 0 ? 'full' : 'linear'); }
  const flags = text.list('hybrid_layer_pattern', MAX_LAYERS);
  if (flags) { return sized(reader, 'hybrid_layer_pattern', flags.map((f) => f === 1 && reader.window ? 'sliding' : 'full')); }
  if (text.has('attention_chunk_size') && /^llama4/.test(modelType)) {
    const every = text.whole('no_rope_layer_interval', 1, MAX_LAYERS) ?? 4;
    const rope = text.list('no_rope_layers', MAX_LAYERS);
    return each((i) => (rope?.length ? rope[i] === 1 : (i + 1) % every !== 0) ? 'chunked' : 'full');
  }
  if (reader.window === undefined) { return each(() => 'full'); }
  const pattern = text.whole(['sliding_window_pattern', '_sliding_window_pattern'], 1, MAX_LAYERS) ?? family.windowPattern;
  if (pattern !== undefined && pattern > 1) { return each((i) => (i + 1) % pattern === 0 ? 'full' : 'sliding'); }
  const from = family.windowOptIn ? text.whole('max_window_layers', 0, MAX_LAYERS) ?? 0 : 0;
  return each((i) => i >= from ? 'sliding' : 'full');
}

function sized(reader: Reader, field: string, types: LayerType[]): LayerType[] {
  if (types.length !== reader.layers) {
    throw new Error(`config.json: '${field}' describes ${types.length} layers but 'num_hidden_layers' is ${reader.layers}`);
  }
  return types;
}

function hybridType(letter: string): LayerType {
  const type = ({ 'M': 'mamba', '-': 'mlp', '*': 'full', 'E': 'moe' } as { [letter: string]: LayerType | undefined })[letter];
  if (!type) { throw new Error('config.json: \'hybrid_override_pattern\' has a letter other than M, E, * and -'); }
  return type;
}

function namedType(name: unknown, reader: Reader): LayerType {
  switch (name) {
    case 'full_attention': case 'attention': case 'global_attention': case 'deepseek_sparse_attention': return 'full';
    case 'sliding_attention': case 'local_attention': return reader.window === undefined ? 'full' : 'sliding';
    case 'chunked_attention': return 'chunked';
    case 'linear_attention': return 'linear';
    case 'mamba': case 'mamba2': return 'mamba';
    case 'mlp': return 'mlp';
    case 'moe': return 'moe';
    default: throw new Error('config.json: \'layer_types\' names a kind of layer that is not known here, besides full_attention, '
      + 'sliding_attention, chunked_attention, linear_attention and mamba');
  }
}

/** Which layers have experts. */
function sparseLayers(reader: Reader): (i: number) => boolean {
  const { text } = reader;
  if (isSingleBlock(reader.modelType)) { return () => true; }
  const named = text.list('mlp_layer_types', MAX_LAYERS);
  if (named) { return (i) => named[i] === 'sparse'; }
  const flags = text.list('moe_layer_freq', MAX_LAYERS);
  if (flags) { return (i) => flags[i] === 1; }
  const chosen = text.list('moe_layers', MAX_LAYERS);
  if (chosen?.length) { return (i) => chosen.includes(i); }
  const step = text.whole('interleave_moe_layer_step', 1, MAX_LAYERS) ?? text.whole('decoder_sparse_step', 1, MAX_LAYERS);
  if (step !== undefined) {
    const plain = text.list('mlp_only_layers', MAX_LAYERS) ?? [];
    return (i) => (i + 1) % step === 0 && !plain.includes(i);
  }
  const period = text.whole('expert_layer_period', 1, MAX_LAYERS);
  if (period !== undefined) {
    const offset = text.whole('expert_layer_offset', 0, MAX_LAYERS) ?? 0;
    return (i) => i % period === offset % period;
  }
  const first = text.whole(['first_k_dense_replace', 'moe_layer_start_index'], 0, MAX_LAYERS) ?? 0;
  const every = text.whole(['moe_layer_freq', 'moe_layer_interval'], 1, MAX_LAYERS) ?? 1;
  return (i) => i >= first && i % every === 0;
}

// ---- mixers ----

function readGqa(reader: Reader, type: LayerType, index: number): GqaSpec {
  const { text, modelType, family } = reader;
  const sliding = type === 'sliding';
  const gemma4 = /^gemma4/.test(modelType);
  let { heads, kvHeads, headDim } = reader;
  if (gemma4 && !sliding) {
    headDim = text.whole('global_head_dim', 1, 100_000) ?? headDim;
    kvHeads = text.whole('num_global_key_value_heads', 1, 100_000) ?? kvHeads;
  }
  if (sliding && text.has('swa_num_key_value_heads')) {
    heads = text.whole('swa_num_attention_heads', 1, 100_000) ?? heads;
    kvHeads = text.need('swa_num_key_value_heads', 1, 100_000);
    headDim = text.whole('swa_head_dim', 1, 100_000) ?? headDim;
  }
  const valueHeadDim = text.whole(sliding ? ['swa_v_head_dim', 'v_head_dim'] : 'v_head_dim', 1, 100_000);
  const sharedCache = readsEarlierCache(reader, index);
  const norm = text.flag('use_qk_norm') && !/^llama4/.test(modelType) && !family.qkNorm ? modelType === 'cohere' ? 'full' : 'head' : family.qkNorm;
  const gated = text.flag('attn_output_gate', /^qwen3_(next|5)/.test(modelType));
  const chunk = type === 'chunked' ? text.whole('attention_chunk_size', 1, 1e9) : undefined;
  const indexer = sparseBlocks(reader, index);
  return {
    queryHeads: heads,
    kvHeads,
    headDim,
    ...valueHeadDim === undefined ? {} : { valueHeadDim },
    ...sliding ? { window: reader.window } : {},
    ...chunk === undefined ? {} : { chunk },
    ...reader.qkvBias ? { qkvBias: true } : {},
    ...reader.outBias ? { outBias: true } : {},
    ...norm === 'head' ? { qkNorm: headDim * (sharedCache ? 1 : 2) } : norm === 'full' ? { qkNorm: headDim * (heads + kvHeads) } : {},
    ...gated ? { outputGate: heads * headDim } : modelType === 'step3p7' ? { outputGate: heads } : {},
    ...gemma4 && !sliding && text.flag('attention_k_eq_v') ? { valueIsKey: true } : {},
    ...sharedCache ? { sharedCache } : {},
    ...modelType === 'gpt_oss' || sliding && text.flag('add_swa_attention_sink_bias') ? { sinks: true } : {},
    ...indexer ? { indexer } : {},
  };
}

/** Gemma 4: the last layers read the cache of the last earlier layer of their kind. */
function readsEarlierCache(reader: Reader, index: number): boolean {
  const shared = reader.text.whole('num_kv_shared_layers', 0, MAX_LAYERS) ?? 0;
  return shared > 0 && index >= reader.layers - shared;
}

/** MiniMax M3's block-sparse attention. */
function sparseBlocks(reader: Reader, index: number): Indexer | undefined {
  const sparse = reader.text.object('sparse_attention_config');
  if (!sparse?.flag('use_sparse_attention') || sparse.list('sparse_attention_freq', MAX_LAYERS)?.[index] === 0) { return undefined; }
  return {
    heads: sparse.need('sparse_num_index_heads', 1, 100_000),
    headDim: sparse.need('sparse_index_dim', 1, 100_000),
    topK: sparse.need('sparse_topk_blocks', 1, 1e6) * sparse.need('sparse_block_size', 1, 1e6),
  };
}

function readMla(reader: Reader, index: number): MlaSpec {
  const { text } = reader;
  const qLoraRank = text.whole('q_lora_rank', 1, MAX_WIDTH);
  return {
    queryHeads: reader.heads,
    ...qLoraRank === undefined ? {} : { qLoraRank },
    kvLoraRank: text.need('kv_lora_rank', 1, MAX_WIDTH),
    ropeHeadDim: text.need('qk_rope_head_dim', 1, 100_000),
    nopeHeadDim: text.need('qk_nope_head_dim', 1, 100_000),
    valueHeadDim: text.need('v_head_dim', 1, 100_000),
    ...text.has('index_topk') && text.list('indexer_types', MAX_LAYERS)?.[index] !== 'shared' ? {
      indexer: {
        heads: text.need('index_n_heads', 1, 100_000),
        headDim: text.need('index_head_dim', 1, 100_000),
        topK: text.need('index_topk', 1, 1e9),
      },
    } : {},
  };
}

function stateMixer(reader: Reader, type: LayerType): Pick<LayerSpec, 'mamba' | 'mamba2' | 'deltaNet'> {
  if (type === 'linear') { return { deltaNet: readDeltaNet(reader) }; }
  return reader.modelType === 'mamba2' || reader.text.has('mamba_n_heads') ? { mamba2: readMamba2(reader) } : { mamba: readMamba(reader) };
}

function readDeltaNet({ text }: Reader): DeltaNetSpec {
  return {
    keyHeads: text.need('linear_num_key_heads', 1, 100_000),
    keyHeadDim: text.need('linear_key_head_dim', 1, 100_000),
    valueHeads: text.need('linear_num_value_heads', 1, 100_000),
    valueHeadDim: text.need('linear_value_head_dim', 1, 100_000),
    conv: text.whole('linear_conv_kernel_dim', 1, 1000) ?? 4,
  };
}

function readMamba({ text, hiddenSize, modelType }: Reader): MambaSpec {
  const expand = text.positive('mamba_expand', 100) ?? text.positive('expand', 100) ?? 2;
  const state = text.need(['mamba_d_state', 'state_size', 'ssm_state_size'], 1, 100_000);
  const rank = text.whole(['mamba_dt_rank', 'time_step_rank'], 1, MAX_WIDTH) ?? Math.ceil(hiddenSize / 16);
  return {
    inner: modelType === 'jamba' ? Math.round(expand * hiddenSize) : text.whole(['intermediate_size', 'd_inner'], 1, MAX_FFN) ?? Math.round(expand * hiddenSize),
    state,
    conv: text.whole(['mamba_d_conv', 'conv_kernel', 'd_conv'], 1, 1000) ?? 4,
    timeStepRank: rank,
    ...text.flag('mamba_proj_bias', text.flag('use_bias')) ? { projectionBias: true } : {},
    ...modelType === 'jamba' ? { norms: rank + 2 * state } : {},
  };
}

function readMamba2({ text }: Reader): Mamba2Spec {
  return {
    heads: text.need(['mamba_num_heads', 'mamba_n_heads', 'num_heads'], 1, 100_000),
    headDim: text.need(['mamba_head_dim', 'mamba_d_head', 'head_dim'], 1, 100_000),
    groups: text.whole(['n_groups', 'mamba_n_groups'], 1, 100_000) ?? 1,
    state: text.need(['ssm_state_size', 'mamba_d_state', 'state_size'], 1, 100_000),
    conv: text.whole(['conv_kernel', 'mamba_d_conv'], 1, 1000) ?? 4,
    ...text.flag('mamba_proj_bias', text.flag('use_bias')) ? { projectionBias: true } : {},
  };
}

// ---- experts ----

const EXPERTS = ['n_routed_experts', 'num_local_experts', 'num_experts', 'moe_num_experts'];
const PER_TOKEN = ['num_experts_per_tok', 'num_experts_per_token', 'top_k_experts', 'moe_top_k', 'moe_k', 'experts_per_token'];

function readMoe(reader: Reader): MoeSpec | undefined {
  const { modelType } = reader;
  const text = modelType === 'dbrx' ? reader.text.object('ffn_config') ?? reader.text : reader.text;
  const experts = text.whole(EXPERTS, 0, MAX_EXPERTS) ?? 0;
  if (experts < 2 || /^gemma4/.test(modelType) && !text.flag('enable_moe_block')) { return undefined; }
  const perToken = text.need(PER_TOKEN, 1, experts);
  const size = text.need(['moe_intermediate_size', 'expert_intermediate_size', 'intermediate_size', 'ffn_hidden_size'], 1, MAX_FFN);
  const latent = modelType === 'nemotron_h' ? text.whole('moe_latent_size', 1, MAX_WIDTH) : undefined;
  return {
    experts,
    perToken,
    size,
    gated: modelType !== 'nemotron_h',
    sharedSize: sharedSize(reader, text, size),
    ...text.whole('shared_expert_intermediate_size', 0, MAX_FFN) && /^qwen/.test(modelType) ? { sharedGate: true } : {},
    ...latent === undefined ? {} : { latentSize: latent },
    ...modelType === 'gpt_oss' ? { expertBias: true } : {},
    ...modelType.startsWith('gemma4') ? { besideMlp: true } : {},
    ...modelType === 'gpt_oss' || /noaux_tc|sigmoid/.test(`${text.text('topk_method')} ${text.text('scoring_func')}`) || modelType === 'nemotron_h' ? { routerBias: true } : {},
  };
}

function sharedSize(reader: Reader, text: Fields, size: number): number {
  if (/^gemma4/.test(reader.modelType)) { return text.need('intermediate_size', 1, MAX_FFN); }
  if (/^llama4/.test(reader.modelType)) { return size; }
  const stated = text.whole(['shared_expert_intermediate_size', 'shared_intermediate_size', 'share_expert_dim'], 0, MAX_FFN);
  if (stated !== undefined) { return stated; }
  const count = text.whole(['n_shared_experts', 'num_shared_experts', 'num_shared_expert', 'moe_num_shared_experts'], 0, MAX_EXPERTS) ?? 0;
  return count * (text.whole('moe_shared_expert_intermediate_size', 1, MAX_FFN) ?? size);
}

// ---- pruned models ----

/** One block of a model whose layers were chosen one by one (DeciLM, Nemotron Super). */
function nasLayer(reader: Reader, block: unknown, index: number): LayerSpec {
  const fields = isObject(block) ? new Fields(block) : undefined;
  const attention = fields?.object('attention');
  const ffn = fields?.object('ffn');
  if (!attention || !ffn) { throw new Error(`config.json: 'block_configs' has no 'attention' and 'ffn' for layer ${index}`); }
  const { hiddenSize } = reader;
  const inGroup = attention.whole('n_heads_in_group', 1, reader.heads);
  const multiple = ffn.positive('ffn_mult', 1000);
  // As the model's own code rounds: two thirds of the multiple, up to a multiple of 256.
  const size = multiple === undefined ? undefined : Math.ceil(Math.trunc(2 * multiple * hiddenSize / 3) / 256) * 256;
  const replaced = (part: Fields, name: string) => part.flag('replace_with_linear') ? [linear(name, 'mlp', 'tensor', hiddenSize * hiddenSize)] : [];
  const extra = [...replaced(attention, 'self_attn.linear_attn'), ...replaced(ffn, 'mlp.linear_mlp')];
  const hasAttention = !attention.flag('no_op') && !attention.flag('replace_with_linear');
  const hasFfn = !ffn.flag('no_op') && !ffn.flag('replace_with_linear');
  if (hasAttention && inGroup === undefined) { throw attention.lacks(`block_configs[${index}].attention.n_heads_in_group`); }
  if (hasFfn && size === undefined) { throw ffn.lacks(`block_configs[${index}].ffn.ffn_mult`); }
  return {
    ...hasAttention ? { gqa: { queryHeads: reader.heads, kvHeads: Math.max(1, Math.floor(reader.heads / inGroup!)), headDim: reader.headDim } } : {},
    ...hasFfn ? { dense: { size: size!, gated: true } } : {},
    norms: hiddenSize * ((attention.flag('no_op') ? 0 : 1) + (ffn.flag('no_op') ? 0 : 1)),
    ...extra.length ? { extra } : {},
  };
}
