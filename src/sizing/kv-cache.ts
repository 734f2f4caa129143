import { EngineRules, Version, atLeast } from './engine-rules';
import { AttentionShare, StageShare } from './shares';

/** FlashMLA's FP8 layout of sparse models: 512 latent bytes, 16 of scales, 64 rope elements of 16 bits. */
const SPARSE_MLA_FP8_BYTES = 656;
/** From this version on vLLM prints the tokens of hybrid models as its concurrency at `maxModelLen` times `maxModelLen`. */
const PRINTS_CONCURRENCY_FROM: Version = [0, 21];

/** One kind of layer as the block table sees it. */
interface CacheKind {
  readonly layers: number;
  readonly bytesPerToken: number;
  readonly stateBytes: number;
  /** States that are kept of one request. */
  readonly states: number;
  readonly kept: number;
  readonly chunked: boolean;
  /** Groups of layers that share a block table, and the tokens of one block. */
  readonly groups: number;
  readonly blockTokens: number;
}

/** Cache bytes of one token in one layer. */
export function cacheBytesPerToken(share: AttentionShare, bits: number): number {
  if (!share.cached) { return 0; }
  const own = share.type === 'mla' && share.indexerBytes > 0 && bits === 8 ? SPARSE_MLA_FP8_BYTES : share.cacheElements * bits / 8;
  return own + share.indexerBytes;
}

/** Layers that guess tokens, which cache beside those of the served model. */
export interface DraftCache {
  readonly attention: readonly AttentionShare[];
  /** States of one request that recurrent layers keep: one behind each token that a step verifies. */
  readonly states: number;
}

/** The part of the memory that grows with requests, where states have a pool of their own, and how many requests that one lets run. */
export interface GrowingPool {
  readonly bytes: number;
  readonly requests: number;
}

/** The KV cache of one rank: how many requests of a length it holds. */
export class KvCache {
  /** Blocks of the pool; for engines that do not group layers, bytes. */
  public readonly units: number;
  /** Bytes of one unit, all layers of a group together. */
  public readonly unitBytes: number;
  /** Most requests that it lets run, however short. */
  public readonly mostRequests: number;
  protected readonly kinds: readonly CacheKind[];
  private readonly grouped: boolean;
  private readonly hybrid: boolean;

  public constructor(
    stage: StageShare, bits: number, rules: EngineRules, private readonly version: Version, protected readonly blockSize: number,
    public readonly availableBytes: number, draft?: DraftCache, growing: GrowingPool = { bytes: availableBytes, requests: Infinity },
  ) {
    const own = stage.attention.filter((a) => a.cached);
    const shares = draft ? joined(own, draft, bits) : own;
    this.grouped = rules.groupsLayers;
    this.hybrid = shares.length > 1;
    const pages = shares.map((a) => blockSize * cacheBytesPerToken(a, bits));
    const states = shares.map((a) => a.stateBytes);
    const widest = Math.max(0, ...pages);
    // Attention blocks are enlarged until one holds a recurrent state.
    const page = widest > 0 ? widest * Math.max(1, Math.ceil(Math.max(...states) / widest)) : Math.max(1, ...states);
    const groupSize = groupSizeOf(shares.map((a) => a.layers));
    this.kinds = shares.map((a, i) => ({
      layers: a.layers,
      bytesPerToken: pages[i] / blockSize,
      stateBytes: states[i],
      states: draft?.states ?? 1,
      kept: a.kept,
      chunked: a.chunked,
      groups: Math.ceil(a.layers / groupSize),
      blockTokens: pages[i] > 0 ? blockSize * (page / widest) * Math.floor(widest / pages[i]) : Infinity,
    }));
    const available = Math.max(0, growing.bytes);
    this.mostRequests = growing.requests;
    this.unitBytes = this.grouped ? page * groupSize : 1;
    this.units = this.grouped ? Math.floor(Math.floor(available / page) / groupSize) : available;
  }

  /** Units that one request takes at a length; `step` is the most tokens that a step adds to it. */
  public unitsFor(length: number, step: number): number {
    let sum = 0;
    for (const k of this.kinds) {
      if (!this.grouped) {
        sum += k.layers * (k.bytesPerToken * Math.min(length, k.kept) + k.states * k.stateBytes);
      } else if (k.blockTokens === Infinity) {
        sum += k.groups * k.states;
      } else if (k.kept === Infinity) {
        sum += k.groups * Math.ceil(length / k.blockTokens);
      } else {
        sum += k.groups * (Math.ceil(Math.min(k.chunked ? k.kept + step : k.kept - 1 + step, length) / k.blockTokens) + (k.chunked ? 0 : 1));
      }
    }
    return sum;
  }

  /** Bytes that one request takes at a length. */
  public bytesFor(length: number, step: number): number {
    return this.unitsFor(length, step) * this.unitBytes;
  }

  /** Memory that one such request asks for. */
  public bytesNeeded(length: number, step: number): number {
    return this.bytesFor(length, step);
  }

  /** The `step` of a request that runs: what a step adds to it, and what stays of its prompt besides. */
  public readStep(_prompt: number, _maxNumBatchedTokens: number): number { return 1; }

  /** Requests of a length that it holds at once. */
  public requests(length: number, step: number): number {
    const each = this.unitsFor(length, step);
    return Math.min(this.mostRequests, each > 0 ? this.units / each : Infinity);
  }

  /** Tokens, as the engine prints them. */
  public tokens(maxModelLen: number, step: number): number {
    // Without a growing cache, lengths are bounded by the context alone.
    if (this.kinds.every((k) => k.bytesPerToken === 0)) { return Math.floor(Math.min(1e15, this.requests(1, 1) * maxModelLen)); }
    if (!this.grouped) {
      const perToken = this.kinds.reduce((sum, k) => sum + k.layers * k.bytesPerToken, 0);
      return Math.floor(this.units / perToken / this.blockSize) * this.blockSize;
    }
    if (this.hybrid && atLeast(this.version, PRINTS_CONCURRENCY_FROM)) {
      return Math.floor(this.requests(maxModelLen, step) * maxModelLen);
    }
    const groups = this.kinds.reduce((sum, k) => sum + k.groups, 0);
    const block = Math.min(...this.kinds.map((k) => k.blockTokens));
    return Math.floor(this.units / groups) * block;
  }
}

/**
 * A stage's layers with those that guess tokens. Layers that cache alike are counted together; where all keep every token, one block table serves them
 * all, however wide each is (vLLM's `UniformTypeKVCacheSpecs`).
 */
function joined(own: readonly AttentionShare[], draft: DraftCache, bits: number): AttentionShare[] {
  const all = [...own];
  for (const share of draft.attention.filter((a) => a.cached)) {
    const at = all.findIndex((a) => a.cacheElements === share.cacheElements && a.indexerBytes === share.indexerBytes && a.kept === share.kept
      && a.chunked === share.chunked && a.stateBytes === share.stateBytes);
    if (at >= 0) { all[at] = { ...all[at], layers: all[at].layers + share.layers }; } else { all.push(share); }
  }
  const [widest] = own;
  if (own.length !== 1 || all.length === 1 || !all.every((a) => a.kept === Infinity && a.stateBytes === 0)) { return all; }
  const bytes = all.reduce((sum, a) => sum + a.layers * cacheBytesPerToken(a, bits), 0);
  return [{ ...widest, layers: 1, type: 'gqa', indexerBytes: 0, cacheElements: bytes * 8 / bits }];
}

/** vLLM's size of a layer group: the rarest kind's layers, or the commonest's where the two are close. */
function groupSizeOf(layers: readonly number[]): number {
  if (layers.length === 0) { return 1; }
  const min = Math.min(...layers);
  const max = Math.max(...layers);
  return max < 1.5 * min ? max : min;
}
