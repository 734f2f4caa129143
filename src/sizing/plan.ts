import { Load } from './load';
import { Accelerator } from '../catalog/accelerator';
import { Model } from '../catalog/model';
import { Precision } from '../catalog/precision';

/** Latencies that users must get. */
export interface LatencyTarget {
  /**
   * Percentile at which the limits hold, above 0 and below 100.
   *
   * @default 95
   */
  readonly percentile?: number;
  /**
   * Longest time to the first token, in milliseconds.
   *
   * @default - not bounded
   */
  readonly timeToFirstTokenMillis?: number;
  /**
   * Longest time per output token after the first, (end to end - first token) / (tokens - 1) of a request, in milliseconds.
   *
   * @default - not bounded
   */
  readonly timePerOutputTokenMillis?: number;
  /**
   * Longest time from request to last token, in milliseconds.
   *
   * @default - not bounded
   */
  readonly endToEndMillis?: number;
}

/** What a fleet must carry. */
export interface ServingTarget {
  /** Requests and their lengths. */
  readonly load: Load;
  /**
   * Latencies to hold.
   *
   * @default - none; the layout with the fewest GPUs that carries the load wins.
   */
  readonly latency?: LatencyTarget;
  /**
   * Share of each replica's capacity that is left free for bursts, from 0 to below 1.
   *
   * @default 0.2
   */
  readonly headroom?: number;
  /**
   * Replicas beyond those that the load needs, so that a failure or a drain costs no latency.
   *
   * @default 0
   */
  readonly spareReplicas?: number;
}

/** How one replica is spread over GPUs. GPUs of a replica = tensor x pipeline x data. */
export interface ParallelLayout {
  /** Ways each layer is split. */
  readonly tensorParallel: number;
  /**
   * Ways the stack of layers is split.
   *
   * @default 1
   */
  readonly pipelineParallel?: number;
  /**
   * Attention ranks that each hold requests of their own (data-parallel attention).
   *
   * @default 1
   */
  readonly dataParallel?: number;
  /**
   * GPUs that the routed experts are spread over; 1: experts are split by tensor parallelism.
   *
   * @default 1
   */
  readonly expertParallel?: number;
}

/** GPUs that a plan may use. */
export interface SizingPool {
  /** The accelerator. */
  readonly accelerator: Accelerator;
  /**
   * Name in messages.
   *
   * @default - the accelerator's name
   */
  readonly name?: string;
  /**
   * Accelerators in one node.
   *
   * @default 8
   */
  readonly gpusPerNode?: number;
  /**
   * Most accelerators that the plan may take.
   *
   * @default - not bounded
   */
  readonly maxGpus?: number;
  /**
   * Price of one accelerator, in US dollars per hour.
   *
   * @default - not known; costs are left out of the plan.
   */
  readonly dollarsPerGpuHour?: number;
  /**
   * Bandwidth between nodes, one direction, per accelerator, in bytes per second.
   *
   * @default - not known; replicas over several nodes are planned with 100 Gbit/s per node, and the plan says so.
   */
  readonly interNodeBytesPerSecond?: number;
}

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
}

/** The engine that will run, and settings that the user fixes. */
export interface SizingEngine {
  /**
   * `vllm`, `sglang` or `trtllm`.
   *
   * @default 'vllm'
   */
  readonly name?: string;
  /**
   * Its version.
   *
   * @default - the version that this release was tested with
   */
  readonly version?: string;
  /**
   * Longest sequence, in tokens; at most the model's context.
   *
   * @default - the 99th percentile of prompt and output together, rounded up to a power of two, within the model's context
   */
  readonly maxModelLen?: number;
  /**
   * Most requests in one step.
   *
   * @default - chosen with the plan
   */
  readonly maxNumSeqs?: number;
  /**
   * Most tokens in one step. vLLM does not start with fewer than `maxNumSeqs`: of the two, the one that is not stated gives way.
   *
   * @default - chosen with the plan
   */
  readonly maxNumBatchedTokens?: number;
  /**
   * Share of device memory that the engine takes, above 0 and at most 1. What it leaves must hold 0.5 GiB of the CUDA context, and what the
   * engine takes outside it (graphs, with SGLang activations): a plan with less is refused with a share that would do.
   *
   * @default - the engine's own default for that version
   */
  readonly memoryFraction?: number;
  /**
   * Tokens in one block of the KV cache.
   *
   * @default - the engine's own default
   */
  readonly kvBlockSize?: number;
}

/** Input of `Sizing.plan` and `Sizing.candidates`. */
export interface SizingRequest extends ServingTarget {
  /** The model to serve. */
  readonly model: Model;
  /** GPUs to choose from. */
  readonly pools: SizingPool[];
  /**
   * Format of the weights.
   *
   * @default - the format of the published weights.
   */
  readonly precision?: Precision;
  /**
   * Format of the KV cache.
   *
   * @default - what the checkpoint asks for, else 16 bits
   */
  readonly kvCachePrecision?: Precision;
  /**
   * Engine and settings that are fixed.
   *
   * @default - vLLM, with settings chosen by the plan
   */
  readonly engine?: SizingEngine;
  /**
   * The only layout to look at.
   *
   * @default - every layout that divides the model
   */
  readonly layout?: ParallelLayout;
  /**
   * Replicas to run, spares included; the plan then says what they carry.
   *
   * @default - as many as the load needs
   */
  readonly replicas?: number;
}

/** Input of `Sizing.estimate`: one instance of one layout under one load. */
export interface EstimateRequest {
  /** The model. */
  readonly model: Model;
  /** The GPUs that the instance runs on. */
  readonly pool: SizingPool;
  /** How it is spread over them. */
  readonly layout: ParallelLayout;
  /** Load of this one instance. */
  readonly load: Load;
  /**
   * Format of the weights.
   *
   * @default - the format of the published weights.
   */
  readonly precision?: Precision;
  /**
   * Format of the KV cache.
   *
   * @default - what the checkpoint asks for, else 16 bits
   */
  readonly kvCachePrecision?: Precision;
  /**
   * Engine and its settings.
   *
   * @default - vLLM with its own defaults
   */
  readonly engine?: SizingEngine;
  /**
   * Percentile that `Estimate.latency` is stated at, besides mean, p50, p90 and p99.
   *
   * @default 95
   */
  readonly percentile?: number;
}

/** Input of `Sizing.fit`: whether one instance starts, and how its memory is divided. */
export interface FitRequest {
  /** The model. */
  readonly model: Model;
  /** The GPUs that the instance runs on. */
  readonly pool: SizingPool;
  /** How it is spread over them. */
  readonly layout: ParallelLayout;
  /**
   * Format of the weights.
   *
   * @default - the format of the published weights.
   */
  readonly precision?: Precision;
  /**
   * Format of the KV cache.
   *
   * @default - what the checkpoint asks for, else 16 bits
   */
  readonly kvCachePrecision?: Precision;
  /**
   * Engine and its settings.
   *
   * @default - vLLM with its own defaults
   */
  readonly engine?: SizingEngine;
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
  /** Weights. */
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
  /** Board power of one GPU at this load, in watts; undefined where the catalogue lacks it. */
  readonly wattsPerGpu?: number;
}

/** Money, in US dollars. */
export interface CostEstimate {
  /** All GPUs of the plan, per hour. */
  readonly dollarsPerHour: number;
  /** Per million output tokens at the planned load, everything charged to output. */
  readonly dollarsPerMillionOutputTokens: number;
}

/** One layout on one pool that was looked at. */
export interface SizingCandidate {
  /** Pool it would run on. */
  readonly pool: string;
  /** The layout. */
  readonly layout: ParallelLayout;
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
  /** Cost; undefined where no price is known. */
  readonly cost?: CostEstimate;
  /** What was assumed, one sentence each. */
  readonly assumptions: string[];
  /** Every other layout that was looked at, best first, each with its reason. */
  readonly alternatives: SizingCandidate[];
  /** Why this plan, in sentences. */
  readonly explanation: string[];
}
