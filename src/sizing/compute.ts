import { Link, allReduceSeconds, allToAllSeconds, handOverSeconds } from './communication';
import { Experts, Overheads, Products } from './fitted';
import { Rates } from './hardware';
import { Degrees, StageShare } from './shares';

/** 16-bit activations. */
const ACTIVATION_BYTES = 2;

/** Where the time of one step goes, in seconds. */
export interface StepParts {
  readonly memory: number;
  readonly compute: number;
  readonly communication: number;
  readonly overhead: number;
}

/** What the steps of one rank work on. Prompt and completion lengths are those of a typical request. */
export interface StepQuestion {
  readonly stage: StageShare;
  readonly at: Degrees;
  readonly rates: Rates;
  readonly hiddenSize: number;
  readonly cacheBits: number;
  readonly tensorLink: Link;
  readonly expertLink: Link;
  readonly pipelineLink: Link;
  readonly overheads: Overheads;
  readonly products: Products;
  readonly experts: Experts;
  readonly promptTokens: number;
  /** Prompt tokens that are really computed: without those found in the prefix cache. */
  readonly computedTokens: number;
  readonly outputTokens: number;
  /** Factor of every step. */
  readonly slowdown: number;
}

/**
 * Seconds that one pipeline stage takes for one step: `decodes` running requests that get one token each, and `prefill` prompt tokens.
 * Everything that depends on lengths alone is worked out once, so that a call is some forty operations.
 */
export class StepTimes {
  private readonly decodeCacheSeconds: number;
  private readonly decodeAttentionSeconds: number;
  private readonly prefillAttentionSeconds: number;
  private readonly fixedOverhead: number;
  /** Share of their rate that products reach which are as wide as an expert's part on this rank. */
  private readonly expertWidth: number;
  private readonly activationSeconds: number;

  public constructor(private readonly q: StepQuestion) {
    const start = q.promptTokens - q.computedTokens;
    const written = this.decodeSeconds(q.promptTokens + q.outputTokens / 2);
    this.decodeCacheSeconds = written.cache;
    this.decodeAttentionSeconds = written.arithmetic;
    this.prefillAttentionSeconds = this.promptAttention(start, q.promptTokens) / q.computedTokens;
    this.fixedOverhead = q.stage.layers * q.overheads.secondsPerLayer + q.stage.moeLayers * q.overheads.secondsPerExpertLayer
      + q.overheads.secondsPerStep / q.at.pp;
    const { stage, experts, hiddenSize, at } = q;
    // Three matrices of each expert that a token uses; parameters are counted as the mean over expert-parallel ranks.
    const width = stage.moeLayers > 0 ? Math.max(1, at.ep) * stage.expertParameters / (3 * stage.moeLayers * stage.expertsPerToken * hiddenSize) : 0;
    this.expertWidth = experts.halfWidth > 0 ? width / (width + experts.halfWidth) : 1;
    const copied = stage.moeLayers * experts.copies * stage.expertsPerToken / Math.max(1, at.ep);
    this.activationSeconds = (stage.layers * q.products.activationPasses + copied) * hiddenSize * ACTIVATION_BYTES / q.rates.activationStream;
  }

  public seconds(decodes: number, prefill: number): number {
    return this.secondsOf(decodes + prefill, this.rows(decodes, prefill), this.attention(decodes) + prefill * this.prefillAttentionSeconds);
  }

  /**
   * The same for requests of any lengths: how many tokens the step computes, how many rows of logits, how long attention takes, and how many tokens
   * all attention ranks compute together.
   */
  public secondsOf(tokens: number, rows: number, attention: number, all = tokens * this.q.at.dp): number {
    return this.q.slowdown * (this.linear(tokens, rows, all, false) + attention + this.communication(tokens) + this.overhead(rows));
  }

  /** Seconds of attention that one request adds which writes a token after `context` others. */
  public decodeAttention(context: number): number {
    const { cache, arithmetic } = this.decodeSeconds(context);
    return Math.max(cache, arithmetic);
  }

  /** Seconds of attention that a prompt adds whose tokens from `start` to `end` are computed. */
  public promptAttention(start: number, end: number): number {
    let flops = 0;
    for (const a of this.q.stage.attention) {
      flops += a.layers * (a.prefillFlopsPerPair * meanReach(start, end, a.reach) + a.indexerFlopsPerPair * meanReach(start, end, Infinity)
        + a.stateFlopsPerToken);
    }
    return (end - start) * flops / this.q.rates.attentionFlops;
  }

  /** The same, by cause. */
  public parts(decodes: number, prefill: number): StepParts {
    const rows = this.rows(decodes, prefill);
    const all = (decodes + prefill) * this.q.at.dp;
    const linear = this.linear(decodes + prefill, rows, all, false);
    const arithmetic = this.linear(decodes + prefill, rows, all, true);
    const cacheBound = this.decodeCacheSeconds >= this.decodeAttentionSeconds;
    const { slowdown } = this.q;
    return {
      memory: slowdown * (Math.max(0, linear - arithmetic) + (cacheBound ? this.attention(decodes) : 0)),
      compute: slowdown * (arithmetic + (cacheBound ? 0 : this.attention(decodes)) + prefill * this.prefillAttentionSeconds),
      communication: slowdown * this.communication(decodes + prefill),
      overhead: slowdown * this.overhead(rows),
    };
  }

  private decodeSeconds(context: number): { readonly cache: number; readonly arithmetic: number } {
    const { stage, rates, cacheBits } = this.q;
    let cacheBytes = 0;
    let flops = 0;
    for (const a of stage.attention) {
      cacheBytes += a.layers * (a.cacheElements * cacheBits / 8 * Math.min(context, a.reach) + 2 * a.stateBytes);
      // The indexer reads all of its keys even though attention then reads few tokens.
      cacheBytes += a.layers * a.indexerBytes * context;
      flops += a.layers * (a.decodeFlopsPerPair * Math.min(context, a.reach) + a.indexerFlopsPerPair * context + a.stateFlopsPerToken);
    }
    return { cache: cacheBytes / rates.cacheStream, arithmetic: flops / rates.attentionFlops };
  }

  /** Requests that get a token from the step, and so a row of logits. */
  private rows(decodes: number, prefill: number): number {
    return decodes + prefill / this.q.computedTokens;
  }

  /** Matrix products: each group of weights is bound by its bytes or by its arithmetic. With `arithmeticOnly`, only those that arithmetic bounds. */
  private linear(tokens: number, logits: number, all: number, arithmeticOnly: boolean): number {
    const { stage: s, rates: r, at, products, experts } = this.q;
    const rows = tokens + products.tileRows;
    const bound = arithmeticOnly ? arithmeticPart : products.sharpness === Infinity ? Math.max : this.both;
    let sum = bound(s.headBytes / r.baseStream, 2 * s.headParameters * (logits + products.tileRows) / r.baseFlops)
      + bound(s.baseBytes / r.baseStream, 2 * s.baseParameters * rows / r.baseFlops);
    if (s.quantBytes > 0) { sum += bound(s.quantBytes / r.quantStream, 2 * s.quantParameters * rows / r.quantFlops); }
    if (s.expertBytes > 0) {
      const hit = 1 - Math.pow(1 - s.expertFraction, Math.max(1, all));
      const spread = at.ep > 1 ? experts.imbalance : 1;
      const stream = experts.stream * (s.expertsQuantized ? r.quantStream : r.baseStream);
      const flops = experts.gemm * this.expertWidth * (s.expertsQuantized ? r.quantFlops : r.baseFlops);
      // Each expert that is hit fills its own tiles.
      const filled = all * spread + experts.tileRows * hit / s.expertFraction;
      sum += bound(Math.min(1, hit * spread) * s.expertBytes / stream, 2 * s.expertParameters * filled / flops);
    }
    return arithmeticOnly ? sum : sum + tokens * this.activationSeconds;
  }

  /** Traffic and arithmetic that hide each other, the better the more they differ. */
  private readonly both = (traffic: number, arithmetic: number): number => {
    const larger = Math.max(traffic, arithmetic);
    if (larger === 0) { return 0; }
    const { sharpness } = this.q.products;
    return larger * Math.pow(1 + Math.pow(Math.min(traffic, arithmetic) / larger, sharpness), 1 / sharpness);
  };

  private attention(decodes: number): number {
    return decodes * Math.max(this.decodeCacheSeconds, this.decodeAttentionSeconds);
  }

  private communication(tokens: number): number {
    const { stage, at, hiddenSize, tensorLink, expertLink, pipelineLink } = this.q;
    const bytes = tokens * hiddenSize * ACTIVATION_BYTES;
    const spread = at.ep > 1 || at.dp > 1 ? stage.moeLayers : 0;
    let sum = (2 * stage.layers - spread) * allReduceSeconds(tensorLink, at.tp, bytes);
    if (spread > 0) {
      // Dispatch and combine: a token goes to each GPU that holds one of its experts.
      const group = Math.max(at.ep, at.tp * at.dp);
      const copies = Math.min(stage.expertsPerToken, group);
      sum += spread * 2 * allToAllSeconds(expertLink, group, bytes * copies / at.tp);
    }
    return sum + (at.pp > 1 ? handOverSeconds(pipelineLink, bytes / at.tp) : 0);
  }

  private overhead(rows: number): number {
    return this.fixedOverhead + this.q.overheads.secondsPerRequest * rows;
  }
}

/** The time of a product that arithmetic bounds; 0 of one that traffic bounds. */
function arithmeticPart(traffic: number, arithmetic: number): number {
  return arithmetic >= traffic ? arithmetic : 0;
}

/** Mean over the positions from `start` to `end` of the tokens that a query sees. */
function meanReach(start: number, end: number, reach: number): number {
  if (end <= start) { return Math.min(end, reach); }
  if (reach >= end) { return (start + end) / 2; }
  if (reach <= start) { return reach; }
  return ((reach * reach - start * start) / 2 + (end - reach) * reach) / (end - start);
}
