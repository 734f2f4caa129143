import type { Calibration } from './calibration';
import { Load } from './load';
import { Objective } from './objective';
import { SpeculativeDecoding } from './speculative-decoding';
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
   * @default - none; whatever carries the load will do
   */
  readonly latency?: LatencyTarget;
  /**
   * What is best among the plans that do.
   *
   * @default - the lowest cost where every pool has a price, else the fewest GPUs: both are what a reader can check against the bill
   */
  readonly objective?: Objective;
  /**
   * Whether each layout is also looked at with steps of 1,024 to 32,768 tokens, where `engine.maxNumBatchedTokens` does not state them: short steps
   * keep the time per token low, long ones read prompts sooner. Takes six times as long.
   *
   * @default false - the engine's own default, which its makers and most benchmarks use
   */
  readonly tuneEngine?: boolean;
  /**
   * Whether each layout is also looked at with the KV cache in FP8, where `kvCachePrecision` does not state a format and the engine's default
   * kernels read FP8 on the accelerator: half the bytes, so more requests at once and sooner tokens. It changes answers, more so with scales that
   * nobody calibrated, so measure them before users get them. Takes twice as long.
   *
   * @default false - what the checkpoint asks for, else 16 bits
   */
  readonly tuneKvCache?: boolean;
  /**
   * Corrections of the estimate by measurements of one's own.
   *
   * @default - not corrected: the constants that published measurements gave
   */
  readonly calibration?: Calibration;
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
  /**
   * Bandwidth between an accelerator and the memory of its host, one direction, in bytes per second: what KV cache found there comes back over.
   *
   * @default - what the catalogue states of the accelerator; a host with slower slots, or slots that two share, has less
   */
  readonly hostLinkBytesPerSecond?: number;
}

/** Room that the engine sets aside for LoRA adapters when it starts, whether they are loaded or not. */
export interface AdapterSlots {
  /** Adapters that one step can mix (vLLM's `--max-loras`), from 1 to 1,000. */
  readonly maxLoras: number;
  /** Highest rank of an adapter (vLLM's `--max-lora-rank`): 1, 8, 16, 32, 64, 128, 256, 320 or 512. */
  readonly maxRank: number;
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
   * Longest sequence (prompt and completion), in tokens. At most the model's context.
   *
   * @default - the 99th percentile of prompt and output together, rounded up to a power of two, within the model's context
   */
  readonly maxModelLen?: number;
  /**
   * Most requests in one step, per attention rank.
   *
   * @default - chosen with the plan
   */
  readonly maxNumSeqs?: number;
  /**
   * Most tokens in one step (the prefill chunk), per attention rank. vLLM does not start with fewer than `maxNumSeqs`: of the two, the one that
   * is not stated gives way.
   *
   * @default - chosen with the plan
   */
  readonly maxNumBatchedTokens?: number;
  /**
   * Share of device memory that the engine takes, above 0 and at most 1. What it leaves must hold 0.5 GiB of the CUDA context, and what the
   * engine takes outside it (graphs, with SGLang activations): a plan with less is refused with a share that would do.
   *
   * @default - the engine's own default for that version and the device
   */
  readonly memoryFraction?: number;
  /**
   * Tokens in one block of the KV cache.
   *
   * @default - the engine's own default
   */
  readonly kvBlockSize?: number;
  /**
   * Tokens of a request that SGLang gathers before it sends them (its `--stream-interval`), from 1 to 1,000. More of them cost less work, and the
   * first waits for the others. What else SGLang is told to serve (`--scheduler-recv-interval`) is not modelled; other engines send each token, or the first.
   *
   * @default 1 - SGLang's own default
   */
  readonly streamInterval?: number;
  /**
   * Slots for LoRA adapters, which take memory from the KV cache; vLLM only. Steps are timed without the adapters' own products.
   *
   * @default - adapters are not served
   */
  readonly adapters?: AdapterSlots;
  /**
   * Tokens that are guessed and verified. With pipeline parallelism it is refused.
   *
   * @default - none: each step gives a request one token
   */
  readonly speculative?: SpeculativeDecoding;
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
   * Corrections of the estimate by measurements of one's own.
   *
   * @default - not corrected: the constants that published measurements gave
   */
  readonly calibration?: Calibration;
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
