/**
 * A decoder in terms of its layers: what every configuration file is read into, and what parameters are counted from.
 * Internal to the catalogue.
 */

import { Attention, FeedForward, Indexer, WeightPart, WeightSplit } from './shape';

/** One weight of a layer, under the name that quantisation configs know it by. */
export interface Module {
  /** Name within its layer, e.g. `self_attn.q_proj`; of a linear layer, without `.weight`. */
  readonly name: string;
  readonly part: WeightPart;
  readonly split: WeightSplit;
  readonly parameters: number;
  /** @default - all of `parameters` */
  readonly activeParameters?: number;
  /** Whether it is a matrix that quantisation methods take (not a norm, bias, convolution or embedding). */
  readonly linear?: boolean;
}

/** Grouped-query attention with all that its projections may carry. */
export interface GqaSpec {
  readonly queryHeads: number;
  readonly kvHeads: number;
  readonly headDim: number;
  readonly valueHeadDim?: number;
  readonly window?: number;
  readonly chunk?: number;
  readonly qkvBias?: boolean;
  readonly outBias?: boolean;
  /** Weights of the norms on queries and keys. */
  readonly qkNorm?: number;
  /** Elements of a gate on the output, computed from the layer's input. */
  readonly outputGate?: number;
  /** The value projection is the key projection. */
  readonly valueIsKey?: boolean;
  /** The layer reads the cache of an earlier one and has no key and value projections. */
  readonly sharedCache?: boolean;
  /** One learned attention sink per query head. */
  readonly sinks?: boolean;
  /** Sparse attention: an indexer that picks blocks. */
  readonly indexer?: Indexer;
}

export interface MlaSpec {
  readonly queryHeads: number;
  readonly qLoraRank?: number;
  readonly kvLoraRank: number;
  readonly ropeHeadDim: number;
  readonly nopeHeadDim: number;
  readonly valueHeadDim: number;
  /** A gate on the output, computed from the layer's input. */
  readonly outputGate?: boolean;
  readonly indexer?: Indexer;
}

/** Mamba: one selective state space per channel. */
export interface MambaSpec {
  readonly inner: number;
  readonly state: number;
  readonly conv: number;
  readonly timeStepRank: number;
  readonly projectionBias?: boolean;
  /** Weights of the norms on B, C and the time step (Jamba). */
  readonly norms?: number;
}

/** Mamba-2: heads that share one decay each. */
export interface Mamba2Spec {
  readonly heads: number;
  readonly headDim: number;
  readonly groups: number;
  readonly state: number;
  readonly conv: number;
  readonly projectionBias?: boolean;
}

/** Gated delta net (Qwen3-Next, Qwen3.5). */
export interface DeltaNetSpec {
  readonly keyHeads: number;
  readonly keyHeadDim: number;
  readonly valueHeads: number;
  readonly valueHeadDim: number;
  readonly conv: number;
}

/** Kimi's delta attention: a delta net whose decay differs by channel. */
export interface KimiDeltaSpec {
  readonly heads: number;
  readonly headDim: number;
  readonly conv: number;
  /** The output gate is one matrix, not a pair of low rank. */
  readonly fullRankGate: boolean;
}

export interface DenseSpec {
  readonly size: number;
  readonly gated: boolean;
  readonly bias?: boolean;
}

export interface MoeSpec {
  readonly experts: number;
  readonly perToken: number;
  readonly size: number;
  readonly gated: boolean;
  /** Width of all shared experts together. */
  readonly sharedSize: number;
  /** The shared expert's output is gated by one more vector. */
  readonly sharedGate?: boolean;
  /** Width that experts work in, where it is not the model's. */
  readonly latentSize?: number;
  /** The projections to and from that width stay in the base format, and a norm stands between (Kimi K3). */
  readonly plainLatent?: boolean;
  readonly expertBias?: boolean;
  /** The shared expert is the layer's ordinary MLP, and experts stand beside it (Gemma 4). */
  readonly besideMlp?: boolean;
  readonly routerBias?: boolean;
}

export interface LayerSpec {
  readonly gqa?: GqaSpec;
  readonly mla?: MlaSpec;
  readonly mamba?: MambaSpec;
  readonly mamba2?: Mamba2Spec;
  readonly deltaNet?: DeltaNetSpec;
  readonly kimiDelta?: KimiDeltaSpec;
  readonly dense?: DenseSpec;
  readonly moe?: MoeSpec;
  /** Weights of the layer's norms (and other vectors). */
  readonly norms: number;
  /** Further linear weights of the layer, e.g. Gemma's per-layer input. */
  readonly extra?: readonly Module[];
}

export interface Architecture {
  readonly hiddenSize: number;
  readonly vocabSize: number;
  readonly tiedEmbeddings: boolean;
  /** Every layer, from the first to the last; equal layers are one object. */
  readonly layers: readonly LayerSpec[];
  /** Bits of the recurrent state's elements where they are fixed: 32, whatever the cache's precision. */
  readonly floatState?: boolean;
  /** Weights of the norm after the last layer. */
  readonly finalNorm: number;
  /** Encoders of other media, per-layer embeddings and whatever else belongs to the first stage. */
  readonly first: readonly Module[];
  /** Further weights of the last stage. */
  readonly last: readonly Module[];
  /** Multi-token prediction layers: in the checkpoint, loaded only for speculative decoding. */
  readonly speculative: readonly LayerSpec[];
  /** Tokens that those predict ahead, each by a module of its own. */
  readonly predictedTokens?: number;
  /** Each of those carries its own embedding and head. */
  readonly speculativeEmbeddings?: boolean;
  readonly baseFormat: string;
  /** Times the context that the table of linearly scaled positions is long. */
  readonly positionScale?: number;
}

/** A layer's contents, as the sizing sees them. */
export interface LayerParts {
  readonly attention: Attention;
  readonly feedForward: FeedForward;
  readonly modules: readonly Module[];
}
