/** What mixes tokens in the layers of a `config.json`: attention and recurrent mixers. Internal to the catalogue. */

import { DeltaNetSpec, GqaSpec, KimiDeltaSpec, LayerSpec, Mamba2Spec, MambaSpec, MlaSpec } from './architecture';
import { LayerType, MAX_FFN, MAX_LAYERS, MAX_WIDTH, Reader } from './hub-reader';
import { Indexer } from './shape';

export function readGqa(reader: Reader, type: LayerType, index: number): GqaSpec {
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
  const other = sliding ? text.object('attention_other_setting') : undefined;
  if (other) {
    heads = other.whole('num_attention_heads', 1, 100_000) ?? heads;
    kvHeads = other.whole('num_attention_groups', 1, 100_000) ?? kvHeads;
    headDim = other.whole('head_dim', 1, 100_000) ?? headDim;
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
    ...gated ? { outputGate: heads * headDim } : /^step3p/.test(modelType) ? { outputGate: heads } : {},
    ...gemma4 && !sliding && text.flag('attention_k_eq_v') ? { valueIsKey: true } : {},
    ...sharedCache ? { sharedCache } : {},
    ...modelType === 'gpt_oss' || sliding && text.flag('add_swa_attention_sink_bias') ? { sinks: true } : {},
    ...indexer ? { indexer } : {},
  };
}

/** Gemma 4: the last layers read the cache of the last earlier layer of their kind. */
export function readsEarlierCache(reader: Reader, index: number): boolean {
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

export function readMla(reader: Reader, index: number): MlaSpec {
  const { text } = reader;
  const qLoraRank = text.whole('q_lora_rank', 1, MAX_WIDTH);
  return {
    queryHeads: reader.heads,
    ...qLoraRank === undefined ? {} : { qLoraRank },
    kvLoraRank: text.need('kv_lora_rank', 1, MAX_WIDTH),
    ropeHeadDim: text.need('qk_rope_head_dim', 1, 100_000),
    nopeHeadDim: text.need('qk_nope_head_dim', 1, 100_000),
    valueHeadDim: text.need('v_head_dim', 1, 100_000),
    ...text.flag('mla_use_output_gate') ? { outputGate: true } : {},
    ...text.has('index_topk') && text.list('indexer_types', MAX_LAYERS)?.[index] !== 'shared' ? {
      indexer: {
        heads: text.need('index_n_heads', 1, 100_000),
        headDim: text.need('index_head_dim', 1, 100_000),
        topK: text.need('index_topk', 1, 1e9),
      },
    } : {},
  };
}

export function stateMixer(reader: Reader, type: LayerType): Pick<LayerSpec, 'mamba' | 'mamba2' | 'deltaNet' | 'kimiDelta'> {
  if (type === 'linear') { return reader.modelType === 'kimi_linear' ? { kimiDelta: readKimiDelta(reader) } : { deltaNet: readDeltaNet(reader) }; }
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

function readKimiDelta({ text }: Reader): KimiDeltaSpec {
  const linear = text.object('linear_attn_config');
  if (!linear) { throw text.lacks('linear_attn_config'); }
  return {
    heads: linear.need('num_heads', 1, 100_000),
    headDim: linear.need('head_dim', 1, 100_000),
    conv: linear.whole('short_conv_kernel_size', 1, 1000) ?? 4,
    fullRankGate: linear.flag('use_full_rank_gate'),
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

export function readMamba2({ text }: Reader): Mamba2Spec {
  return {
    heads: text.need(['mamba_num_heads', 'mamba_n_heads', 'num_heads'], 1, 100_000),
    headDim: text.need(['mamba_head_dim', 'mamba_d_head', 'head_dim'], 1, 100_000),
    groups: text.whole(['n_groups', 'mamba_n_groups'], 1, 100_000) ?? 1,
    state: text.need(['ssm_state_size', 'mamba_d_state', 'state_size'], 1, 100_000),
    conv: text.whole(['conv_kernel', 'mamba_d_conv'], 1, 1000) ?? 4,
    ...text.flag('mamba_proj_bias', text.flag('use_bias')) ? { projectionBias: true } : {},
  };
}
