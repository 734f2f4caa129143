import { Link, allReduceSeconds, allToAllSeconds, handOverSeconds } from './communication';
import { Experts, Overheads, Products } from './fitted';
import { Rates } from './hardware';
import { pipelined } from './host-link';
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

/** What bounds a part of a step: traffic of the memory, arithmetic, links, or neither. */
export type Bound = 'memory' | 'compute' | 'communication' | 'overhead';

/** One part of a step of one rank. */
export interface StepPart {
  readonly name: string;
  readonly seconds: number;
  readonly bound: Bound;
  /** Bytes that memory or a link moves. */
  readonly bytes: number;
  readonly flops: number;
}

/** Weights of one format that every step reads and multiplies: seconds of their traffic, and of the arithmetic of one row. */
interface Group {
  readonly name: 'head' | 'base' | 'quant';
  readonly traffic: number;
  readonly perRow: number;
  readonly bytes: number;
  readonly flopsPerRow: number;
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
  /** Tokens that a running request puts into a step, and rows of logits that it asks for; 1 unless it verifies guesses. */
  readonly queries?: number;
  readonly logits?: number;
  readonly promptTokens: number;
  /** Length of the prompt that a mean prompt token is of: longer ones have more of them. */
  readonly attendedTokens: number;
  /** Prompt tokens that are really computed: without those found in the prefix cache. */
  readonly computedTokens: number;
  readonly outputTokens: number;
  /** Factor of every step. */
  readonly slowdown: number;
  /** Seconds in which KV cache comes back from the host for each token that is computed, layer by layer, in the same step; 0 unless it does. */
  readonly readBackSeconds?: number;
}

/**
 * Seconds that one pipeline stage takes for one step: `decodes` running requests that get one token each, and `prefill` prompt tokens.
 * Everything that depends on lengths alone is worked out once, so that a call is some forty operations.
 */
export class StepTimes {
  private readonly queries: number;
  private readonly logits: number;
  private readonly decodeCacheSeconds: number;
  private readonly decodeAttentionSeconds: number;
  private readonly prefillAttentionSeconds: number;
  private readonly fixedOverhead: number;
  /** Least seconds of a step that reads prompts alone: its launches. */
  private readonly promptLaunches: number;
  /** Share of their rate that products reach which are as wide as an expert's part on this rank. */
  private readonly expertWidth: number;
  private readonly activationSeconds: number;
  private readonly groups: readonly Group[];
  /** Rates of expert products, and tokens of the busiest rank over the mean. */
  private readonly expertStream: number;
  private readonly expertFlops: number;
  private readonly expertSpread: number;
  /** Logarithm of the share of the experts that one token does not use. */
  private readonly expertMissed: number;
  private readonly bound: (traffic: number, arithmetic: number) => number;

  public constructor(private readonly q: StepQuestion) {
    this.queries = q.queries ?? 1;
    this.logits = q.logits ?? 1;
    const written = this.decodeSeconds(q.promptTokens + q.outputTokens / 2);
    this.decodeCacheSeconds = written.cache;
    this.decodeAttentionSeconds = written.arithmetic;
    const found = 1 - q.computedTokens / q.promptTokens;
    this.prefillAttentionSeconds = this.promptAttention(found * q.attendedTokens, q.attendedTokens) / ((1 - found) * q.attendedTokens);
    this.fixedOverhead = this.launches() + q.overheads.secondsPerStep / q.at.pp;
    const { stage, experts, hiddenSize, at } = q;
    this.promptLaunches = stage.layers * q.overheads.secondsPerPromptLayer;
    // Three matrices of each expert that a token uses; parameters are counted as the mean over expert-parallel ranks.
    const width = stage.moeLayers > 0 ? Math.max(1, at.ep) * stage.expertParameters / (3 * stage.moeLayers * stage.expertsPerToken * hiddenSize) : 0;
    this.expertWidth = experts.halfWidth > 0 ? width / (width + experts.halfWidth) : 1;
    const { rates: r, products } = q;
    const group = (name: Group['name'], bytes: number, parameters: number, stream: number, rate: number): Group =>
      ({ name, bytes, flopsPerRow: 2 * parameters, traffic: bytes / stream, perRow: 2 * parameters / rate });
    this.groups = [
      group('head', stage.headBytes, stage.headParameters, r.baseStream, r.baseFlops),
      group('base', stage.baseBytes, stage.baseParameters, r.baseStream, r.baseFlops),
      ...stage.quantBytes > 0 ? [group('quant', stage.quantBytes, stage.quantParameters, r.quantStream, r.quantFlops)] : [],
    ];
    this.expertStream = experts.stream * (stage.expertsQuantized ? r.quantStream : r.baseStream);
    this.expertFlops = experts.gemm * this.expertWidth * (stage.expertsQuantized ? r.quantFlops : r.baseFlops);
    this.expertSpread = at.ep > 1 ? experts.imbalance : 1;
    this.expertMissed = Math.log1p(-stage.expertFraction);
    this.bound = products.sharpness === Infinity ? Math.max : both;
    const copied = stage.moeLayers * experts.copies * stage.expertsPerToken / Math.max(1, at.ep);
    this.activationSeconds = (stage.layers * q.products.activationPasses + copied) * hiddenSize * ACTIVATION_BYTES / q.rates.activationStream;
  }

  /** @param prompts prompt tokens of all attention ranks together */
  public seconds(decodes: number, prefill: number, prompts = prefill * this.q.at.dp): number {
    const readBack = this.q.readBackSeconds ? prefill * this.q.readBackSeconds : 0;
    return this.step(decodes, prefill, readBack, prefill > 0, prompts);
  }

  /**
   * The same for requests of any lengths: how many tokens the step computes, how many rows of logits, how long attention takes, how many tokens
   * all attention ranks compute together, how many requests get a token, in what time their KV cache comes back from the host, layer by layer,
   * and whether the step reads prompts.
   */
  public secondsOf(
    tokens: number, rows: number, attention: number, all = tokens * this.q.at.dp, requests = rows, readBack = 0, prompts = false,
  ): number {
    const parts = this.linear(tokens, rows, all, false) + attention + this.communication(tokens) + this.overhead(requests);
    const own = Math.max(this.q.slowdown * parts, prompts ? this.promptLaunches : 0);
    return readBack > 0 ? pipelined(readBack, own, this.q.stage.layers) : own;
  }

  /** Seconds that guessing the next tokens of the requests takes besides. */
  public draftSeconds(_decodes: number, _prefill: number): number { return 0; }

  /**
   * Seconds that prompt tokens add to a step if their arithmetic hides behind no traffic of the step: the most that they add, and no more where memory
   * is faster. @param all those of all attention ranks together
   */
  public promptsAdd(prefill: number, all: number): number {
    const { stage, slowdown, overheads, computedTokens } = this.q;
    const rows = prefill / computedTokens;
    let sum = prefill * (this.prefillAttentionSeconds + this.activationSeconds) + this.communication(prefill) + overheads.secondsPerRequest * rows;
    for (const group of this.groups) { sum += group.perRow * (group.name === 'head' ? rows : prefill); }
    if (stage.expertBytes > 0) { sum += 2 * stage.expertParameters * this.expertSpread * all / this.expertFlops; }
    return slowdown * sum;
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
    const tokens = this.tokens(decodes, prefill);
    const all = tokens * this.q.at.dp;
    const linear = this.linear(tokens, rows, all, false);
    const arithmetic = this.linear(tokens, rows, all, true);
    const cacheBound = this.decodeCacheSeconds >= this.decodeAttentionSeconds;
    const { slowdown } = this.q;
    const waiting = this.waiting(decodes, prefill);
    return {
      memory: slowdown * (Math.max(0, linear - arithmetic) + (cacheBound ? this.attention(decodes) : 0)),
      compute: slowdown * (arithmetic + (cacheBound ? 0 : this.attention(decodes)) + prefill * this.prefillAttentionSeconds),
      communication: slowdown * this.communication(tokens) + waiting,
      overhead: slowdown * this.overhead(this.requests(decodes, prefill)) + this.launching(decodes, prefill),
    };
  }

  /** The same as `seconds`, part by part: the parts' seconds add up to the step's. */
  public ledger(decodes: number, prefill: number): StepPart[] {
    const { stage, rates, slowdown, overheads, products, at } = this.q;
    const tokens = this.tokens(decodes, prefill);
    const rows = this.rows(decodes, prefill);
    const parts: StepPart[] = [];
    const add = (name: string, bound: Bound, seconds: number, bytes: number, flops: number) => {
      if (seconds > 0) { parts.push({ name, bound, seconds: slowdown * seconds, bytes, flops }); }
    };
    const product = (name: string, traffic: number, arithmetic: number, bytes: number, flops: number, share: number) =>
      add(name, arithmetic > traffic ? 'compute' : 'memory', share * this.bound(traffic, arithmetic), share * bytes, share * flops);
    for (const { name, traffic, perRow, bytes, flopsPerRow } of this.groups) {
      const wide = (name === 'head' ? rows : tokens) + products.tileRows;
      const [attends, whole] = name === 'quant' ? [stage.quantAttentionParameters, stage.quantParameters] : [stage.baseAttentionParameters, stage.baseParameters];
      const share = name !== 'head' && whole > 0 ? attends / whole : 0;
      const [projections, others] = NAMES[name];
      product(projections, traffic, perRow * wide, bytes, flopsPerRow * wide, share);
      product(others, traffic, perRow * wide, bytes, flopsPerRow * wide, 1 - share);
    }
    if (stage.expertBytes > 0) {
      const hit = this.expertsHit(tokens * at.dp);
      const bytes = this.expertBytes(hit);
      const flops = 2 * stage.expertParameters * this.expertRows(tokens * at.dp, hit);
      product('routed experts', bytes / this.expertStream, flops / this.expertFlops, bytes, flops, 1);
    }
    const passed = tokens * this.activationSeconds;
    add('activations between products', 'memory', passed, passed * rates.activationStream, 0);
    const cacheBound = this.decodeCacheSeconds >= this.decodeAttentionSeconds;
    add('attention over the KV cache', cacheBound ? 'memory' : 'compute', this.attention(decodes),
      decodes * this.decodeCacheSeconds * rates.cacheStream, decodes * this.decodeAttentionSeconds * rates.attentionFlops);
    const prompts = prefill * this.prefillAttentionSeconds;
    add('attention over prompts', 'compute', prompts, 0, prompts * rates.attentionFlops);
    add('all-reduces', 'communication', this.allReduces(tokens), (2 * stage.layers - this.spreadLayers) * this.activationBytes(tokens), 0);
    add('all-to-alls', 'communication', this.allToAlls(tokens), 2 * this.spreadLayers * this.dispatchedBytes(tokens), 0);
    add('hand-over to the next stage', 'communication', this.handOver(tokens), this.activationBytes(tokens) / at.tp, 0);
    add('launches of layers', 'overhead', this.launches(), 0, 0);
    add('scheduler and sampler', 'overhead', overheads.secondsPerStep / at.pp + overheads.secondsPerRequest * this.requests(decodes, prefill), 0, 0);
    const launching = this.launching(decodes, prefill);
    if (launching > 0) { parts.push({ name: 'launches that no graph holds', bound: 'overhead', seconds: launching, bytes: 0, flops: 0 }); }
    const waiting = this.waiting(decodes, prefill);
    if (waiting > 0) {
      parts.push({ name: 'waiting for KV cache from the host', bound: 'communication', seconds: waiting, bytes: 0, flops: 0 });
    }
    return parts;
  }

  /** What a step takes longer for launches that its work does not cover. */
  private launching(decodes: number, prefill: number): number {
    return prefill > 0 && this.promptLaunches > 0 ? Math.max(0, this.promptLaunches - this.step(decodes, prefill, 0, false)) : 0;
  }

  /** What a step takes longer for what comes back from the host. */
  private waiting(decodes: number, prefill: number): number {
    const { readBackSeconds } = this.q;
    return readBackSeconds ? this.step(decodes, prefill, prefill * readBackSeconds) - this.step(decodes, prefill, 0) : 0;
  }

  private step(decodes: number, prefill: number, readBack: number, launched = prefill > 0, prompts = prefill * this.q.at.dp): number {
    const attention = this.attention(decodes) + prefill * this.prefillAttentionSeconds;
    const all = this.tokens(decodes, 0) * this.q.at.dp + prompts;
    return this.secondsOf(
      this.tokens(decodes, prefill), this.rows(decodes, prefill), attention, all, this.requests(decodes, prefill), readBack, launched,
    );
  }

  private decodeSeconds(context: number): { readonly cache: number; readonly arithmetic: number } {
    const { stage, rates, cacheBits } = this.q;
    let cacheBytes = 0;
    let flops = 0;
    for (const a of stage.attention) {
      // The cache is read once for all tokens of a request; a state is kept behind each of them.
      cacheBytes += a.layers * (a.cacheElements * cacheBits / 8 * Math.min(context, a.reach) + (1 + this.queries) * a.stateBytes);
      // The indexer reads all of its keys even though attention then reads few tokens.
      cacheBytes += a.layers * a.indexerBytes * context;
      flops += a.layers * (a.decodeFlopsPerPair * Math.min(context, a.reach) + a.indexerFlopsPerPair * context + a.stateFlopsPerToken);
    }
    return { cache: cacheBytes / rates.cacheStream, arithmetic: this.queries * flops / rates.attentionFlops };
  }

  private tokens(decodes: number, prefill: number): number {
    return this.queries * decodes + prefill;
  }

  /** Requests that get a token from the step, and so a row of logits. */
  private requests(decodes: number, prefill: number): number {
    return decodes + prefill / this.q.computedTokens;
  }

  /** Rows of logits: one for each token that the step gives, or verifies. */
  private rows(decodes: number, prefill: number): number {
    return this.logits * decodes + prefill / this.q.computedTokens;
  }

  /** Matrix products: each group of weights is bound by its bytes or by its arithmetic. With `arithmeticOnly`, only those that arithmetic bounds. */
  private linear(tokens: number, logits: number, all: number, arithmeticOnly: boolean): number {
    const { stage, products } = this.q;
    const bound = arithmeticOnly ? arithmeticPart : this.bound;
    let sum = 0;
    for (const group of this.groups) { sum += bound(group.traffic, group.perRow * ((group.name === 'head' ? logits : tokens) + products.tileRows)); }
    if (stage.expertBytes > 0) {
      const hit = this.expertsHit(all);
      sum += bound(this.expertBytes(hit) / this.expertStream, 2 * stage.expertParameters * this.expertRows(all, hit) / this.expertFlops);
    }
    return arithmeticOnly ? sum : sum + tokens * this.activationSeconds;
  }

  /** Share of the experts that at least one token uses. */
  private expertsHit(all: number): number {
    return -Math.expm1(this.expertMissed * Math.max(1, all));
  }

  private expertBytes(hit: number): number {
    return Math.min(1, hit * this.expertSpread) * this.q.stage.expertBytes;
  }

  /** Each expert that is hit fills its own tiles. */
  private expertRows(all: number, hit: number): number {
    return all * this.expertSpread + this.q.experts.tileRows * hit / this.q.stage.expertFraction;
  }

  private attention(decodes: number): number {
    return decodes * Math.max(this.decodeCacheSeconds, this.decodeAttentionSeconds);
  }

  private communication(tokens: number): number {
    return this.allReduces(tokens) + this.allToAlls(tokens) + this.handOver(tokens);
  }

  /**
   * Layers whose tokens travel to experts on other ranks and back. Where attention is split by tensors alone every rank has every token: it computes its
   * own experts' part, and the parts are added up as those of split experts are (vLLM's `use_all2all_kernels`).
   */
  private get spreadLayers(): number {
    const { at, stage } = this.q;
    return at.dp > 1 ? stage.moeLayers : 0;
  }

  private allReduces(tokens: number): number {
    const { stage, at, tensorLink } = this.q;
    return (2 * stage.layers - this.spreadLayers) * allReduceSeconds(tensorLink, at.tp, this.activationBytes(tokens));
  }

  /** Dispatch and combine: a token goes to each GPU that holds one of its experts. */
  private allToAlls(tokens: number): number {
    const { at, expertLink } = this.q;
    const layers = this.spreadLayers;
    return layers > 0 ? layers * 2 * allToAllSeconds(expertLink, Math.max(at.ep, at.tp * at.dp), this.dispatchedBytes(tokens)) : 0;
  }

  private handOver(tokens: number): number {
    const { at, pipelineLink } = this.q;
    return at.pp > 1 ? handOverSeconds(pipelineLink, this.activationBytes(tokens) / at.tp) : 0;
  }

  private activationBytes(tokens: number): number {
    return tokens * this.q.hiddenSize * ACTIVATION_BYTES;
  }

  private dispatchedBytes(tokens: number): number {
    const { stage, at } = this.q;
    return this.activationBytes(tokens) * Math.min(stage.expertsPerToken, Math.max(at.ep, at.tp * at.dp)) / at.tp;
  }

  private launches(): number {
    const { stage, rates, overheads } = this.q;
    return stage.layers * overheads.secondsPerLayer + stage.moeLayers * overheads.secondsPerExpertLayer * rates.expertLaunches;
  }

  private overhead(requests: number): number {
    return this.fixedOverhead + this.q.overheads.secondsPerRequest * requests;
  }
}

/** What a ledger calls a group of weights: what attention projects with, and the rest. */
const NAMES: { readonly [group in Group['name']]: readonly [string, string] } = {
  head: ['', 'output head'],
  base: ['attention projections, in the base format', 'feed-forward and norms, in the base format'],
  quant: ['attention projections, quantised', 'feed-forward, quantised'],
};

/** Traffic and arithmetic hide each other, the better the more they differ: the root of their squares. */
function both(traffic: number, arithmetic: number): number {
  return Math.sqrt(traffic * traffic + arithmetic * arithmetic);
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
