import { EnvValue } from 'cdk8s-plus-28';
import { SizingPlan } from '../sizing/plan';

/** What an engine is told about the fleet it runs in. */
export interface EngineContext {
  /** The plan: model, precisions, layout, settings. Every number that the engine is given comes from it. */
  readonly plan: SizingPlan;
  /** Where the engine finds the weights: a path in the pod, or a URI that its loader reads. */
  readonly modelPath: string;
  /**
   * Where the engine finds the weights of what guesses tokens.
   *
   * @default - the plan guesses none, or needs no weights for it besides the model's
   */
  readonly draftModelPath?: string;
  /** Name under which clients ask for the model. */
  readonly servedModelName: string;
  /**
   * Loader that the weights' source asks for, in the engine's own word (`runai_streamer`).
   *
   * @default - the engine's own: safetensors files at `modelPath`
   */
  readonly loadFormat?: string;
  /** Seconds that running requests are given once the server was told to stop. */
  readonly drainSeconds: number;
}

/** What an engine asks of its pods. */
export interface EngineConfig {
  /** Container image, by digest or by tag. */
  readonly image: string;
  /**
   * Entry point.
   *
   * @default - the image's own
   */
  readonly command?: string[];
  /** Arguments of the pod that serves: the only one, or the leader of a group. */
  readonly args: string[];
  /**
   * Arguments of the other pods of a group.
   *
   * @default - the engine can't run over several nodes; such plans are refused.
   */
  readonly workerArgs?: string[];
  /** Port of the OpenAI-compatible endpoint and of the metrics. */
  readonly port: number;
  /** HTTP path that answers 200 once the model can serve (startup and readiness). */
  readonly readyPath: string;
  /** HTTP path that answers 200 while the process is healthy (liveness). */
  readonly healthPath: string;
  /** HTTP path of the Prometheus metrics. */
  readonly metricsPath: string;
  /**
   * Environment of the container.
   *
   * @default - no environment variables.
   */
  readonly env?: { [name: string]: EnvValue };
  /**
   * Text files that the container reads (a chat template), by absolute path; the fleet mounts them read-only from a ConfigMap.
   *
   * @default - none
   */
  readonly files?: { [path: string]: string };
  /**
   * RAM that the engine takes besides its processes, in bytes.
   *
   * @default 0
   */
  readonly hostMemoryBytes?: number;
  /**
   * Part of `hostMemoryBytes` that lies in `/dev/shm`.
   *
   * @default 0
   */
  readonly sharedMemoryBytes?: number;
  /** Directories that must be writable (caches, temporary files), absolute; each becomes a private volume. */
  readonly writablePaths: string[];
  /** Seconds from loaded weights to ready: compilation, graphs, warm-up. A conservative figure. */
  readonly warmUpSeconds: number;
  /** Seconds from the end of the last request to the end of the process. */
  readonly teardownSeconds: number;
  /** Numeric user that the container runs as. */
  readonly userId: number;
  /** Assumptions that a reader of the plan should know, one sentence each. */
  readonly notes: string[];
}
