/** Reads what every family's `config.json` has. Internal to the catalogue. */

import { Family } from './families';
import { Fields } from './fields';

/** Most layers that are read. */
export const MAX_LAYERS = 1000;
export const MAX_WIDTH = 1_000_000;
export const MAX_FFN = 10_000_000;
export const MAX_EXPERTS = 10_000;

/** What mixes tokens in a layer; `mlp` and `moe`: nothing does. */
export type LayerType = 'full' | 'sliding' | 'chunked' | 'linear' | 'mamba' | 'mlp' | 'moe';

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
    const stated = this.text.whole(['intermediate_size_mlp', 'dense_intermediate_size', 'intermediate_size', 'ffn_hidden_size', 'n_inner', 'ffn_dim', 'hidden_dim'], 1, MAX_FFN)
      ?? this.fallbackSize();
    return this.family.doubledMlp ? Math.ceil(stated / 2) : stated;
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
    const stated = text.whole(['num_key_value_heads', 'num_kv_heads', 'n_head_kv', 'n_kv_heads', 'multi_query_group_num', 'num_attention_groups'], 1, 100_000)
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

/** Families whose layers are a mixer or a network, never both. */
export function isSingleBlock(modelType: string): boolean { return modelType === 'nemotron_h'; }

/** Families without any attention. */
export function isStateOnly(modelType: string): boolean { return ['mamba', 'mamba2', 'falcon_mamba'].includes(modelType); }
