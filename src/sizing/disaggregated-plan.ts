import { CostEstimate, EnergyEstimate, EngineSettings, LatencyEstimate, MemoryLedger, SizingPlan } from './plan';
import { ParallelLayout, ServingTarget, SizingEngine, SizingPool } from './questions';
import { Model } from '../catalog/model';
import { Precision } from '../catalog/precision';

/** Input of `Sizing.disaggregated`. */
export interface DisaggregatedRequest extends ServingTarget {
  /** The model to serve. */
  readonly model: Model;
  /** GPUs to choose from; both kinds of instances get theirs from the same pool. */
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
   * Engine and settings that are fixed, for both kinds of instances.
   *
   * @default - vLLM, with settings chosen by the plan
   */
  readonly engine?: SizingEngine;
  /**
   * The only layout to look at for instances that read prompts.
   *
   * @default - every layout that divides the model
   */
  readonly prefillLayout?: ParallelLayout;
  /**
   * The only layout to look at for instances that write completions.
   *
   * @default - every layout that divides the model
   */
  readonly decodeLayout?: ParallelLayout;
}

/** Instances of one phase. */
export interface PhasePlan {
  /** How one replica is spread over GPUs. */
  readonly layout: ParallelLayout;
  /** Replicas, spares included. */
  readonly replicas: number;
  /** GPUs of one replica. */
  readonly gpusPerReplica: number;
  /** GPUs of all replicas. */
  readonly gpus: number;
  /** Settings that make it true. */
  readonly settings: EngineSettings;
  /** Memory of the fullest GPU. */
  readonly memory: MemoryLedger;
  /** Share of the replicas' capacity in use, from 0 to 1, spares left out. */
  readonly utilization: number;
}

/** Prompts read on instances of their own, and what that gains over one fleet for both. */
export interface DisaggregatedPlan {
  /** The model. */
  readonly model: Model;
  /** Format of the weights. */
  readonly precision: Precision;
  /** Format of the KV cache. */
  readonly kvCachePrecision: Precision;
  /** The pool that was chosen. */
  readonly pool: SizingPool;
  /** Instances that read prompts. */
  readonly prefill: PhasePlan;
  /** Instances that write completions. */
  readonly decode: PhasePlan;
  /** GPUs of all instances. */
  readonly gpus: number;
  /** Time to the first token that a user sees, in milliseconds. */
  readonly timeToFirstToken: LatencyEstimate;
  /** Time per output token after the first, in milliseconds. */
  readonly timePerOutputToken: LatencyEstimate;
  /** Time from request to last token, in milliseconds. */
  readonly endToEnd: LatencyEstimate;
  /** Time that the KV cache of a mean prompt takes over the network, in milliseconds. */
  readonly transferMillis: number;
  /** Cost of all instances; prompts pay for the GPUs that read them. Undefined where no price is known. */
  readonly cost?: CostEstimate;
  /** Power of all instances; prompts pay for the GPUs that read them. Undefined where nobody states the board's power. */
  readonly energy?: EnergyEstimate;
  /** The best plan of one fleet that does both; undefined where none serves the request. */
  readonly aggregated?: SizingPlan;
  /** Why this plan, in sentences. */
  readonly explanation: string[];
}
