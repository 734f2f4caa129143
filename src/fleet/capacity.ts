import { numberProblem, show } from '../errors';
import { Load } from '../sizing/load';
import { LatencyTarget, ParallelLayout, ServingTarget, SizingRequest } from '../sizing/questions';
import { Solution, solve } from '../sizing/sizing';

/** Options of `Capacity.manual`. */
export interface ManualCapacityOptions {
  /** Replicas to run. */
  readonly replicas: number;
  /** How one replica is spread over GPUs. */
  readonly layout: ParallelLayout;
  /**
   * Load that the fleet will see, all replicas together; engine settings, latencies and drain times are planned for it.
   *
   * @default - one request in ten seconds per replica, prompts of 1,024 and answers of 256 tokens on average
   */
  readonly load?: Load;
  /**
   * Latencies to hold; the plan is refused where the stated replicas can't.
   *
   * @default - not bounded
   */
  readonly latency?: LatencyTarget;
}

/** What a manual capacity without a load is planned for, per replica: little enough for the slowest hardware that holds the model. */
const MANUAL_REQUESTS_PER_SECOND = 0.1;
const MANUAL_LENGTHS = { promptTokens: 1024, outputTokens: 256 };

/** How much of a fleet to run: computed from a load, or stated. */
export class Capacity {
  /** Lets the sizing choose layout, replicas and engine settings. */
  public static forTarget(target: ServingTarget): Capacity {
    if (typeof target !== 'object' || target === null) { throw new Error(`'target' is ${show(target)} but must be a serving target with a 'load'`); }
    return new Capacity({ ...target });
  }

  /**
   * Runs exactly this; the plan says what it carries.
   *
   * @throws when `replicas` or `layout` is missing or not a whole number above 0.
   */
  public static manual(options: ManualCapacityOptions): Capacity {
    const problem = numberProblem('replicas', options?.replicas, { min: 1, integer: true })
      ?? numberProblem('layout.tensorParallel', options.layout?.tensorParallel, { min: 1, integer: true });
    if (problem) { throw new Error(problem); }
    return new Capacity({
      load: options.load ?? Load.requestsPerSecond(options.replicas * MANUAL_REQUESTS_PER_SECOND, MANUAL_LENGTHS),
      latency: options.latency,
      // What is stated is not meant to leave room: the user has decided.
      headroom: 0,
    }, { replicas: options.replicas, layout: { ...options.layout } });
  }

  private constructor(private readonly target: ServingTarget, private readonly stated?: { replicas: number; layout: ParallelLayout }) { }

  /** @internal */
  public _solve(request: Omit<SizingRequest, keyof ServingTarget>): Solution {
    return solve({ ...this.target, ...this.stated, ...request });
  }
}
