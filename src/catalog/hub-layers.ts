/** The layers of a `config.json`, one by one. Internal to the catalogue. */

import { LayerSpec, MoeSpec } from './architecture';
import { Fields, isObject } from './fields';
import { readGqa, readMamba2, readMla, readsEarlierCache, stateMixer } from './hub-mixers';
import { isSingleBlock, isStateOnly, LayerType, MAX_EXPERTS, MAX_FFN, MAX_LAYERS, MAX_WIDTH, Reader } from './hub-reader';
import { linear } from './parameters';

/** Every layer; equal ones are one object. */
export function readLayers(reader: Reader): LayerSpec[] {
  const types = layerTypes(reader);
  const moe = readMoe(reader);
  const sparse = moe ? sparseLayers(reader) : () => false;
  const blocks = reader.text.list('block_configs', MAX_LAYERS);
  const indexers = reader.text.list('indexer_types', MAX_LAYERS);
  const blockSparse = reader.text.object('sparse_attention_config')?.list('sparse_attention_freq', MAX_LAYERS);
  const known = new Map<string, LayerSpec>();
  return types.map((type, i) => {
    // All that tells one layer from another.
    const key = blocks ? JSON.stringify(blocks[i])
      : `${type},${sparse(i)},${readsEarlierCache(reader, i)},${indexers?.[i] === 'shared'},${blockSparse?.[i] === 0}`;
    const spec = known.get(key) ?? (blocks ? nasLayer(reader, blocks[i], i) : layer(reader, type, i, sparse(i) ? moe : undefined));
    known.set(key, spec);
    return spec;
  });
}

/** Tokens that the layers for multi-token prediction predict ahead. */
export function predictedTokens({ text, family }: Reader): number {
  return family.noSpeculative ? 0 : text.whole(['num_nextn_predict_layers', 'mtp_num_hidden_layers', 'num_mtp_modules'], 0, MAX_LAYERS) ?? 0;
}

/** Layers for multi-token prediction. */
export function speculativeLayers(reader: Reader, layers: readonly LayerSpec[]): LayerSpec[] {
  const { text } = reader;
  const count = predictedTokens(reader);
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
export function finalNorm(reader: Reader): number {
  return reader.hiddenSize * (reader.family.normBias ? 2 : 1) + (hasResidualAttention(reader) ? 2 * reader.hiddenSize : 0);
}

/** Kimi K3: residuals of earlier blocks are attended to, with a norm and a vector before attention and MLP of each layer. */
function hasResidualAttention({ text }: Reader): boolean { return text.has('attn_res_block_size'); }

function layer(reader: Reader, type: LayerType, index: number, moe: MoeSpec | undefined): LayerSpec {
  const { text, modelType } = reader;
  if (isSingleBlock(modelType)) { return singleBlock(reader, type, moe); }
  const residuals = hasResidualAttention(reader) ? 4 * reader.hiddenSize : 0;
  if (type === 'mamba' || type === 'linear') {
    return { ...stateMixer(reader, type), ...feedForward(reader, moe, index), norms: reader.normWeights + residuals };
  }
  const extraNorms = modelType === 'falcon' && text.flag('new_decoder_architecture') && text.raw('num_ln_in_parallel_attn') !== 1 ? 2 * reader.hiddenSize : 0;
  return {
    ...text.has('kv_lora_rank') ? { mla: readMla(reader, index) } : { gqa: readGqa(reader, type, index) },
    ...feedForward(reader, moe, index),
    norms: reader.normWeights + residuals + extraNorms + gemmaNorms(reader, moe),
    ...reader.perLayerWidth ? {
      extra: [
        linear('per_layer_input_gate', 'mlp', 'replicated', reader.hiddenSize * reader.perLayerWidth),
        linear('per_layer_projection', 'mlp', 'replicated', reader.hiddenSize * reader.perLayerWidth),
      ],
    } : {},
  };
}

/** Gemma 4 norms the outputs of its two parallel networks and its per-layer input, and scales each layer by a number. */
function gemmaNorms(reader: Reader, moe: MoeSpec | undefined): number {
  if (!/^gemma4/.test(reader.modelType)) { return 0; }
  return reader.hiddenSize * ((moe ? 4 : 0) + (reader.perLayerWidth ? 1 : 0)) + (moe ? moe.experts : 0) + 1;
}

function feedForward(reader: Reader, moe: MoeSpec | undefined, index: number): Pick<LayerSpec, 'dense' | 'moe'> {
  if (moe) { return { moe }; }
  const { text } = reader;
  if (isStateOnly(reader.modelType)) { return {}; }
  if (reader.modelType === 'granitemoehybrid') { return { dense: { size: text.need('shared_intermediate_size', 1, MAX_FFN), gated: true } }; }
  const wide = text.flag('use_double_wide_mlp') && readsEarlierCache(reader, index) ? 2 : 1;
  return { dense: { size: reader.denseSize * wide, gated: reader.gatedMlp, ...text.flag('mlp_bias', reader.family.mlpBias ?? reader.family.biases ?? false) ? { bias: true } : {} } };
}

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
  // Counted from 1.
  const attendingFrom1 = text.object('linear_attn_config')?.list('full_attn_layers', MAX_LAYERS);
  if (attendingFrom1) { return each((i) => attendingFrom1.includes(i + 1) ? 'full' : 'linear'); }
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
  const chosen = text.list('moe_layers', MAX_LAYERS) ?? text.text('moe_layers_enum')?.split(',').map(Number);
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
  const latent = text.whole(['moe_latent_size', 'routed_expert_hidden_size'], 1, MAX_WIDTH);
  return {
    experts,
    perToken,
    size,
    gated: modelType !== 'nemotron_h',
    sharedSize: sharedSize(reader, text, size),
    ...text.whole('shared_expert_intermediate_size', 0, MAX_FFN) && /^qwen/.test(modelType) ? { sharedGate: true } : {},
    ...latent === undefined ? {} : { latentSize: latent },
    ...latent !== undefined && modelType === 'kimi_linear' ? { plainLatent: true } : {},
    ...modelType === 'gpt_oss' ? { expertBias: true } : {},
    ...modelType.startsWith('gemma4') ? { besideMlp: true } : {},
    ...reader.family.routerBias || /noaux_tc|sigmoid/.test(`${text.text('topk_method')} ${text.text('scoring_func')}`) ? { routerBias: true } : {},
  };
}

function sharedSize(reader: Reader, text: Fields, size: number): number {
  if (/^gemma4/.test(reader.modelType)) { return text.need('intermediate_size', 1, MAX_FFN); }
  if (/^llama4/.test(reader.modelType)) { return size; }
  const stated = text.whole(['shared_expert_intermediate_size', 'shared_intermediate_size', 'share_expert_dim', 'share_expert_dims'], 0, MAX_FFN);
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
