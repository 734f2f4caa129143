import { Load } from './load';
import { LatencyTarget, ParallelLayout, SizingPool } from './questions';
import { SpeculativeDecoding } from './speculative-decoding';
import { Model } from '../catalog/model';
import { Precision } from '../catalog/precision';

/** Settings of an engine that the plan depends on. */
export interface EngineSettings {
  /** Longest sequence (prompt and completion), in tokens. */
  readonly maxModelLen: number;
  /** Most requests in one step (per attention rank). */
  readonly maxNumSeqs: number;
  /** Most tokens in one step: the prefill chunk. */
  readonly maxNumBatchedTokens: number;
  /** Share of device memory that the engine takes, from 0 to 1. */
  readonly memoryFraction: number;
  /** Tokens in one block of the KV cache. */
  readonly kvBlockSize: number;
  /** Tokens that are guessed and verified; undefined where none are. */
  readonly speculative?: SpeculativeDecoding;
}

/** How the memory of one instance is divided. */
export interface Fit {
  /** Whether it starts. */
  readonly fits: boolean;
  /** Why it does not, one sentence with the numbers; undefined if it does. */
  readonly reason?: string;
  /** Memory of the fullest GPU. */
  readonly memory: MemoryLedger;
  /** KV-cache tokens, as the engine prints them. */
  readonly kvCacheTokens: number;
  /** Settings that make it true. */
  readonly settings: EngineSettings;
}

/** A predicted figure; low to high is meant to hold 90 % of measurements. */
export interface Range {
  /** Lower end. */
  readonly low: number;
  /** Best estimate. */
  readonly expected: number;
  /** Upper end. */
  readonly high: number;
}

/** One latency over all requests, in milliseconds. */
export interface LatencyEstimate {
  /** Mean. */
  readonly mean: Range;
  /** Median. */
  readonly p50: Range;
  /** 90th percentile. */
  readonly p90: Range;
  /** 99th percentile. */
  readonly p99: Range;
  /** At the percentile of the request's latency target. */
  readonly atTarget: Range;
}

/** Where the memory of the fullest GPU goes, in bytes. The parts add up to `deviceBytes`. */
export interface MemoryLedger {
  /** What the driver reports. */
  readonly deviceBytes: number;
  /** Weights, those of what guesses tokens, and the slots for adapters. */
  readonly weightBytes: number;
  /** KV cache (and recurrent state), all that the engine sets aside. */
  readonly kvCacheBytes: number;
  /** Peak of activations. */
  readonly activationBytes: number;
  /** CUDA graphs. */
  readonly graphBytes: number;
  /** Communication buffers and what the runtime holds outside the allocator. */
  readonly communicationBytes: number;
  /** Left to others by the engine's memory fraction. */
  readonly freeBytes: number;
}

/** What one instance does under a load. */
export interface Estimate {
  /** Whether it starts and can hold the lengths asked for. */
  readonly fits: boolean;
  /** Why it does not fit, one sentence with the numbers; undefined if it fits. */
  readonly reason?: string;
  /** GPUs of the instance. */
  readonly gpus: number;
  /** Memory of the fullest GPU. */
  readonly memory: MemoryLedger;
  /** KV-cache tokens that the instance holds, as the engine prints them. */
  readonly kvCacheTokens: number;
  /** Requests in flight. */
  readonly concurrentRequests: number;
  /** Settings that make the estimate true. */
  readonly settings: EngineSettings;
  /** Tokens that a step gives a request in the mean, all at once, where they are guessed and verified; undefined where a step gives one. */
  readonly tokensPerStep?: number;
  /** Output tokens per second of the whole instance. */
  readonly outputTokensPerSecond: Range;
  /** Time to the first token, in milliseconds. */
  readonly timeToFirstToken: LatencyEstimate;
  /** Time per output token after the first, in milliseconds. */
  readonly timePerOutputToken: LatencyEstimate;
  /** Time from request to last token, in milliseconds. */
  readonly endToEnd: LatencyEstimate;
  /** `memory-bandwidth`, `compute`, `interconnect`, `kv-capacity` or `queue`. */
  readonly boundBy: string;
  /** Share of the instance's capacity in use, from 0 to 1. */
  readonly utilization: number;
  /** What the instance costs at this load; undefined where it does not fit or the pool has no price. */
  readonly cost?: CostEstimate;
  /** What power the instance takes at this load; undefined where it does not fit or nobody states the board's power. */
  readonly energy?: EnergyEstimate;
}

/**
 * Money, in US dollars, at the load that is asked about: GPUs that wait for work cost as much as those that work.
 *
 * Either everything is charged to output tokens, or prompts pay for the time that they add to the steps and
 * completions for the rest: prompt tokens x `dollarsPerMillionPromptTokens` + output tokens x `dollarsPerMillionCompletionTokens` is the whole.
 */
export interface CostEstimate {
  /** All GPUs, per hour. */
  readonly dollarsPerHour: number;
  /** Per million output tokens, everything charged to output. */
  readonly dollarsPerMillionOutputTokens: number;
  /** Per million prompt tokens (those found in a prefix cache count), where prompts pay for their own time. */
  readonly dollarsPerMillionPromptTokens: number;
  /** Per million output tokens, where prompts pay for their own time. */
  readonly dollarsPerMillionCompletionTokens: number;
}

/** Energy of the GPUs' boards, without hosts, network and cooling, at the load that is asked about; shared out as `CostEstimate` is. */
export interface EnergyEstimate {
  /** All GPUs, in watts, those that wait for work included. */
  readonly watts: number;
  /** Joules per output token, everything charged to output. */
  readonly joulesPerOutputToken: number;
  /** Joules per prompt token, where prompts pay for their own time. */
  readonly joulesPerPromptToken: number;
  /** Joules per output token, where prompts pay for their own time. */
  readonly joulesPerCompletionToken: number;
}

/** One layout on one pool that was looked at. */
export interface SizingCandidate {
  /** Pool it would run on. */
  readonly pool: string;
  /** The layout. */
  readonly layout: ParallelLayout;
  /** Format of the KV cache. */
  readonly kvCachePrecision: Precision;
  /** Replicas it takes, spares included; undefined if it was turned down before that was computed. */
  readonly replicas?: number;
  /** GPUs it takes. */
  readonly gpus?: number;
  /**
   * Why it was turned down.
   *
   * @default - it was not turned down.
   */
  readonly rejection?: string;
  /** One replica at its share of the load; undefined if it was turned down before that was computed. */
  readonly estimate?: Estimate;
  /** What all replicas cost; undefined if the estimate is, or where the pool has no price. */
  readonly cost?: CostEstimate;
  /** What power all replicas take; undefined if the estimate is, or where nobody states the board's power. */
  readonly energy?: EnergyEstimate;
}

/** What to run, and why. */
export interface SizingPlan {
  /** The model. */
  readonly model: Model;
  /** Format of the weights. */
  readonly precision: Precision;
  /** Format of the KV cache. */
  readonly kvCachePrecision: Precision;
  /** The pool that was chosen. */
  readonly pool: SizingPool;
  /** How one replica is spread over GPUs. */
  readonly layout: ParallelLayout;
  /** Replicas, spares included. */
  readonly replicas: number;
  /** GPUs of one replica. */
  readonly gpusPerReplica: number;
  /** Nodes that one replica spans; 1 if it fits into a node. */
  readonly nodesPerReplica: number;
  /** Nodes of all replicas together. */
  readonly nodes: number;
  /** GPUs of all replicas together. */
  readonly gpus: number;
  /** One replica at its share of the load. */
  readonly estimate: Estimate;
  /** Cost of all replicas, spares included; undefined where no price is known. */
  readonly cost?: CostEstimate;
  /** Power of all replicas, spares included; undefined where nobody states the board's power. */
  readonly energy?: EnergyEstimate;
  /** The load that it was asked to carry, all replicas together. */
  readonly load: Load;
  /** Latencies that it was asked to hold; undefined if none were bounded. */
  readonly latency?: LatencyTarget;
  /** What was assumed, one sentence each. */
  readonly assumptions: string[];
  /** Every other layout that was looked at, best first, each with its reason. */
  readonly alternatives: SizingCandidate[];
  /** Why this plan, in sentences. */
  readonly explanation: string[];
}
