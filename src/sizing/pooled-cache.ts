import { EngineRules, Version, atLeast } from './engine-rules';
import { DraftCache, KvCache } from './kv-cache';
import { StageShare } from './shares';

/*
 * How SGLang divides its static memory, read in its sources of 0.5.2 to 0.5.23 (sglang/srt/model_executor/model_runner.py, from 0.5.7 on
 * model_runner_kv_cache_mixin.py, from 0.5.11 on pool_configurator.py, from 0.5.16 on mem_cache/kv_cache_configurator.py).
 */

/** Memory of recurrent states relative to that of the KV cache (`--mamba-full-memory-ratio`). */
const STATES_TO_CACHE = 0.9;
/** From this version on states get that share; before, there were as many as requests are allowed, or so many. */
const SHARED_FROM: Version = [0, 5, 4];
const STATES_BEFORE = 512;
/**
 * States that are set aside for each request that may run, with the prefixes of others kept (MAMBA_CACHE_SIZE_MAX_RUNNING_REQUESTS_RATIO); from 0.5.14 on
 * two more, so that steps may overlap (`--mamba-radix-cache-strategy` `extra_buffer`, which `auto` takes since). 0.5.7 counted them without using them.
 */
const STATES_PER_REQUEST = 3;
const BUFFERED_STATES_PER_REQUEST = 5;
const BUFFERED_FROM: Version = [0, 5, 14];
/** From this version on what is kept behind each token that is verified is taken from the states' share, and no more before it. */
const VERIFIED_INSIDE_FROM: Version = [0, 5, 13];

/** Tokens that layers with a window hold relative to those that the others hold (`--swa-full-tokens-ratio`). */
const WINDOWED_TO_FULL = 0.8;
/** Steps after which what has left the window is dropped (SGLANG_SWA_EVICTION_INTERVAL). */
const DROPPED_EVERY = 128;
/** Families whose layers with a window have a pool of their own, and since when (`is_hybrid_swa_model` of sglang/srt/configs/model_config.py). */
const WINDOW_POOLS: readonly (readonly [modelType: RegExp, from: Version])[] = [
  [/^(gpt_oss|llama4|mimo_v2)/, [0, 5, 8]], [/^step3p/, [0, 5, 9]], [/^gemma4/, [0, 5, 11]], [/^(laguna|mellum)/, [0, 5, 12]],
];

/** Whether a model's windows have a pool; elsewhere they keep every token. One that is described by its figures is taken for one of those that do. */
function poolsWindows(version: Version, modelType: string | undefined): boolean {
  const from = modelType === undefined ? WINDOW_POOLS[0][1] : WINDOW_POOLS.find(([family]) => family.test(modelType))?.[1];
  return from !== undefined && atLeast(version, from);
}

/** Whether layers ask for more than room for each token: states, windows, or a cache that others read. Without such there is one pool. */
export function hasPool({ cached, kept, stateBytes, wideStateBytes }: StageShare['attention'][number]): boolean {
  return !cached || kept < Infinity || stateBytes > 0 || wideStateBytes > 0;
}

/** What decides the pools besides what every cache asks. */
export interface PoolQuestion {
  readonly modelType?: string;
  /** Most requests that are allowed to run. */
  readonly maxNumSeqs: number;
  /** Tokens that a step verifies of each; 0 where nothing is guessed. */
  readonly verified: number;
}

/** A cache with pools of fixed sizes: for what grows, for layers with a window, and for recurrent states. */
export class PooledCache extends KvCache {
  /** Bytes of a token in the layers that keep all, and in those with a window. */
  private readonly full: number;
  private readonly windowed: number;
  private readonly window: number;

  public constructor(
    stage: StageShare, bits: number, rules: EngineRules, version: Version, blockSize: number, availableBytes: number, q: PoolQuestion,
    draft?: DraftCache,
  ) {
    // Layers that read the cache of others have room of their own, and the recurrence is kept in 32 bits unless the model says otherwise.
    const attention = stage.attention.map((a) => ({ ...a, cached: true, stateBytes: a.wideStateBytes }));
    const state = attention.reduce((sum, a) => sum + a.layers * a.stateBytes, 0);
    const { bytes, requests } = statePool(availableBytes, state, version, q);
    super({ ...stage, attention }, bits, rules, version, blockSize, availableBytes, draft, { bytes: availableBytes - bytes, requests });
    const pooled = poolsWindows(version, q.modelType);
    const growing = (windowed: boolean) => this.kinds.filter((k) => (pooled && k.kept < Infinity) === windowed);
    this.full = growing(false).reduce((sum, k) => sum + k.layers * k.bytesPerToken, 0);
    this.windowed = growing(true).reduce((sum, k) => sum + k.layers * k.bytesPerToken, 0);
    this.window = Math.max(0, ...growing(true).filter((k) => k.stateBytes === 0).map((k) => k.kept));
  }

  /** A request's share of the pool that it fills most; `step` is what is read of its prompt at once, which stays in the windows' pool while it runs. */
  public override unitsFor(length: number, step: number): number {
    const inWindow = Math.min(length, step + this.window + DROPPED_EVERY);
    if (this.full === 0) { return this.windowed * inWindow; }
    return this.tokenBytes * (this.windowed > 0 ? Math.max(length, inWindow / WINDOWED_TO_FULL) : length);
  }

  public override bytesFor(length: number, step: number): number {
    return super.unitsFor(length, step);
  }

  /** Memory in which the pools would hold one such request. */
  public override bytesNeeded(length: number, step: number): number {
    return this.availableBytes / this.requests(length, step);
  }

  public override readStep(prompt: number, maxNumBatchedTokens: number): number {
    return this.windowed > 0 ? Math.max(1, Math.min(prompt, maxNumBatchedTokens)) : 1;
  }

  public override tokens(maxModelLen: number, step: number): number {
    return this.tokenBytes > 0 ? Math.floor(this.units / this.tokenBytes / this.blockSize) * this.blockSize : super.tokens(maxModelLen, step);
  }

  /** Bytes of a token in both pools, for each that the layers without a window hold. */
  private get tokenBytes(): number {
    return this.full > 0 ? this.full + WINDOWED_TO_FULL * this.windowed : this.windowed;
  }
}

/** Bytes of the states' pool, and how many requests it lets run; below one, the share of one that it would hold. */
function statePool(available: number, state: number, version: Version, { maxNumSeqs, verified }: PoolQuestion): { bytes: number; requests: number } {
  if (state === 0) { return { bytes: 0, requests: Infinity }; }
  if (!atLeast(version, SHARED_FROM)) {
    const states = Math.min(maxNumSeqs, STATES_BEFORE);
    return { bytes: states * state * (1 + verified), requests: states };
  }
  const each = atLeast(version, BUFFERED_FROM) ? BUFFERED_STATES_PER_REQUEST : STATES_PER_REQUEST;
  const inside = atLeast(version, VERIFIED_INSIDE_FROM);
  const before = inside ? 0 : maxNumSeqs * verified * state;
  const share = Math.max(0, available - before) * STATES_TO_CACHE / (1 + STATES_TO_CACHE);
  const states = Math.floor(share / (state * (1 + (inside ? verified / each : 0))));
  const requests = states < each ? states / each : Math.floor(states / each);
  return { bytes: states * state + (inside ? Math.min(maxNumSeqs, Math.floor(requests)) * verified * state : before), requests };
}
