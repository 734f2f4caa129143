/**
 * What a model is made of, in the terms that memory and time depend on. Internal: a `Model` carries one, the sizing
 * reads it. All counts are of the whole model, before any parallelism.
 */

/** Which part of a model a tensor belongs to; quantisation formats differ by part. */
export type WeightPart = 'embedding' | 'head' | 'attention' | 'mixer' | 'mlp' | 'experts' | 'sharedExperts' | 'router' | 'norm' | 'other';

/** How a tensor is spread over the GPUs of a tensor-parallel group. */
export type WeightSplit =
  /** Each of `tp` ranks holds 1/tp. */
  | 'tensor'
  /** K and V projections: heads are replicated once tp exceeds the number of KV heads. */
  | 'kv'
  /** Routed experts: over expert parallel ranks where that is on, else over tensor parallel ranks. */
  | 'expert'
  /** Every rank holds all of it. */
  | 'replicated';

/** Tensors of one part and one way of splitting. */
export interface WeightTensors {
  readonly part: WeightPart;
  readonly split: WeightSplit;
  /** Parameters, all experts included. */
  readonly parameters: number;
  /** Parameters that one token's pass multiplies with (less than `parameters` for routed experts; 0 for an embedding look-up). */
  readonly activeParameters: number;
  /** Bits of one parameter in the published checkpoint, scales included, where they differ from what `quantization` and `baseFormat` say of the part. */
  readonly bits?: number;
}

/** Grouped-query attention, with multi-head (kvHeads = queryHeads) and multi-query (1) as its ends. */
export interface GroupedQueryAttention {
  readonly type: 'gqa';
  readonly queryHeads: number;
  readonly kvHeads: number;
  /** Elements of a query or key head. */
  readonly headDim: number;
  /** Elements of a value head. */
  readonly valueHeadDim: number;
  /** Sliding window in tokens; absent: every earlier token. */
  readonly window?: number;
  /** Chunk in tokens (chunked local attention); absent: none. */
  readonly chunk?: number;
  /** The layer reads the keys and values of an earlier layer and caches none itself. */
  readonly sharedCache?: boolean;
  /** Sparse attention over the tokens that an indexer picks; its keys (`headDim` elements a token) are cached beside the full K and V. */
  readonly indexer?: Indexer;
}

/** Picks the tokens that sparse attention reads. */
export interface Indexer {
  readonly heads: number;
  readonly headDim: number;
  /** Tokens that a query attends to at most. */
  readonly topK: number;
}

/** Multi-head latent attention (DeepSeek): the cache holds one latent and one rope key a token, whatever the heads. */
export interface LatentAttention {
  readonly type: 'mla';
  readonly queryHeads: number;
  readonly kvLoraRank: number;
  readonly ropeHeadDim: number;
  readonly nopeHeadDim: number;
  readonly valueHeadDim: number;
  /** DeepSeek sparse attention: attends to `topK` tokens that an indexer picks; its keys are cached too. */
  readonly indexer?: Indexer;
}

/** A recurrent mixer (Mamba, Mamba-2, gated delta net): a state of fixed size per request instead of a growing cache. */
export interface StateMixer {
  readonly type: 'state';
  /** Elements of the state of one request in this layer: recurrent state and convolution window. */
  readonly stateElements: number;
  /** Of these, elements of the recurrent state. */
  readonly recurrentElements: number;
  /** The model asks for 32 bits of the recurrent state, whatever the precision of the cache. */
  readonly floatState?: boolean;
  /** FLOPs of the recurrence for one token, besides 2 x its parameters. */
  readonly stateFlopsPerToken: number;
  /** Heads that tensor parallelism can split the state over. */
  readonly heads: number;
}

/** A layer without any mixing over tokens (an MLP-only layer of a hybrid). */
export interface NoMixer { readonly type: 'none' }

export type Attention = GroupedQueryAttention | LatentAttention | StateMixer | NoMixer;

/** One dense (gated or plain) feed-forward network. */
export interface DenseFeedForward { readonly type: 'dense'; readonly intermediateSize: number }

/** Routed experts. */
export interface MoeFeedForward {
  readonly type: 'moe';
  readonly experts: number;
  readonly expertsPerToken: number;
  /** FFN width of one routed expert. */
  readonly expertIntermediateSize: number;
  /** FFN width of all shared experts together; 0 if there are none. */
  readonly sharedIntermediateSize: number;
}

export interface NoFeedForward { readonly type: 'none' }
export type FeedForward = DenseFeedForward | MoeFeedForward | NoFeedForward;

/** One kind of layer. */
export interface LayerKind {
  readonly attention: Attention;
  readonly feedForward: FeedForward;
  /** All tensors of one such layer. */
  readonly weights: readonly WeightTensors[];
}

/** How the published checkpoint is quantised. */
export interface Quantization {
  /** Name of the `Precision` of the quantised tensors, e.g. `fp8`. */
  readonly precision: string;
  /** Parts that are really quantised; the rest stays in the model's 16-bit format. */
  readonly parts: readonly WeightPart[];
  /** Method as the checkpoint names it: `fp8`, `awq`, `gptq`, `compressed-tensors`, `mxfp4`, `modelopt`. */
  readonly method: string;
  /** Precision of the KV cache that the checkpoint asks for, if it does. */
  readonly kvCachePrecision?: string;
}

export interface ModelShape {
  readonly hiddenSize: number;
  readonly vocabSize: number;
  /** The distinct kinds of layers. */
  readonly kinds: readonly LayerKind[];
  /** For each layer of the stack, from the first to the last, the index of its kind. */
  readonly order: readonly number[];
  /** Tensors outside the layers that belong to the first pipeline stage (embedding, encoders). */
  readonly first: readonly WeightTensors[];
  /** Tensors outside the layers that belong to the last stage (final norm, head). A tied head stands in `first` alone, with its active parameters. */
  readonly last: readonly WeightTensors[];
  /** Times the context that the table of linearly scaled positions is long; absent: as long as the context. */
  readonly positionScale?: number;
  /** Multi-token prediction layers: part of the checkpoint, loaded only for speculative decoding. */
  readonly speculative?: readonly LayerKind[];
  /** Tokens that these predict ahead, each by a module of its own; absent where there are none. */
  readonly predictedTokens?: number;
  /** 16-bit (or 32-bit) format of the tensors that are not quantised: `bf16`, `fp16`, `fp32`. */
  readonly baseFormat: string;
  /** `model_type` of the configuration; absent where a model is described by its figures. */
  readonly modelType?: string;
  /** Absent: the checkpoint is not quantised. */
  readonly quantization?: Quantization;
}
