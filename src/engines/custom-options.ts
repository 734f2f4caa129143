import { Duration } from 'cdk8s';
import { EnvValue } from 'cdk8s-plus-28';
import { SizingEngine } from '../sizing/questions';

/**
 * Options of `Engine.custom`: an inference server that speaks the OpenAI protocol and that the library does not know.
 *
 * The container finds the plan in its environment, so that no number has to be written twice; arguments may refer to it as Kubernetes
 * does, e.g. `--max-len=$(MAX_MODEL_LEN)`:
 *
 * - `MODEL_PATH`, `SERVED_MODEL_NAME`
 * - `TENSOR_PARALLEL`, `PIPELINE_PARALLEL`, `DATA_PARALLEL`, `EXPERT_PARALLEL`, `NODES_PER_REPLICA`
 * - `WEIGHT_PRECISION`, `KV_CACHE_PRECISION`
 * - `MAX_MODEL_LEN`, `MAX_NUM_SEQS`, `MAX_NUM_BATCHED_TOKENS`, `MEMORY_FRACTION`, `KV_BLOCK_SIZE`
 * - `DRAIN_SECONDS`
 */
export interface CustomEngineOptions {
  /** Name in messages, and by which `Signal` looks metrics up. */
  readonly name: string;
  /** Container image, by digest (`…@sha256:…`), or by tag with `allowMutableTag`. */
  readonly image: string;
  /**
   * Accepts an image that is named by its tag alone, so that whoever may push to its registry can change what runs.
   *
   * @default false
   */
  readonly allowMutableTag?: boolean;
  /**
   * Entry point.
   *
   * @default - the image's own
   */
  readonly command?: string[];
  /** Arguments of the pod that serves, given to Kubernetes as they are. */
  readonly args: string[];
  /**
   * Arguments of the other pods of a group over several nodes, given to Kubernetes as they are.
   *
   * @default - the engine can't run over several nodes; such plans are refused.
   */
  readonly workerArgs?: string[];
  /** Port of the OpenAI-compatible endpoint and of the metrics, from 1024 to 65535. */
  readonly port: number;
  /** HTTP path that answers 200 once the model can serve. */
  readonly readyPath: string;
  /**
   * HTTP path that answers 200 while the process is healthy.
   *
   * @default - `readyPath`
   */
  readonly healthPath?: string;
  /**
   * HTTP path of the Prometheus metrics.
   *
   * @default '/metrics'
   */
  readonly metricsPath?: string;
  /**
   * Environment variables, besides those of the plan.
   *
   * @default - no more variables
   */
  readonly env?: { [name: string]: EnvValue };
  /**
   * Directories that the server writes to, absolute; each becomes a private volume.
   *
   * @default ['/tmp']
   */
  readonly writablePaths?: string[];
  /**
   * Numeric user that the container runs as, above 0.
   *
   * @default 65532
   */
  readonly userId?: number;
  /**
   * Time from loaded weights to ready: compilation, graphs, warm-up.
   *
   * @default Duration.minutes(10)
   */
  readonly warmUp?: Duration;
  /**
   * The known engine that it behaves like in the sizing, and settings that it is started with.
   *
   * @default - vLLM, with settings chosen by the plan
   */
  readonly sizing?: SizingEngine;
}
