import { Duration } from 'cdk8s';
import { Construct } from 'constructs';

/** One share of traffic, and how long it is held. */
export interface TrafficShiftStep {
  /** Share of requests that the candidate gets, in percent, above 0 and up to 100, down to tenths. */
  readonly percentage: number;
  /**
   * Least time before the next step; of the last one, before the rollout is over.
   *
   * @default - as long as the driver takes to know enough
   */
  readonly interval?: Duration;
}

/** Options of `TrafficShift.canary`. */
export interface CanaryShiftOptions {
  /** Share of requests that the candidate gets first, in percent. */
  readonly percentage: number;
  /** How long that share is watched before the rest follows. */
  readonly bakeTime: Duration;
}

/** Options of `TrafficShift.linear`. */
export interface LinearShiftOptions {
  /** Share of requests that each step adds, in percent, from 1. */
  readonly percentage: number;
  /** Time between two steps. */
  readonly interval: Duration;
}

/** A shift, as a canary reads it. */
export interface TrafficShiftConfig {
  /** The steps: their shares rise, and the last one is 100 percent. */
  readonly steps: TrafficShiftStep[];
}

/** How traffic moves to the candidate. Extend it for a way that is not here. */
export abstract class TrafficShift {
  /** Everything in one step. */
  public static allAtOnce(): TrafficShift { return new Steps(() => [{ percentage: 100 }]); }

  /** One share first, then the rest. */
  public static canary(options: CanaryShiftOptions): TrafficShift {
    return new Steps(() => [options?.percentage, 100].map((percentage) => ({ percentage, interval: options?.bakeTime })));
  }

  /** The same share again and again. */
  public static linear(options: LinearShiftOptions): TrafficShift {
    return new Steps(() => rising(options?.percentage).map((percentage) => ({ percentage, interval: options?.interval })));
  }

  /** Shares and times of one's own choice. */
  public static steps(steps: TrafficShiftStep[]): TrafficShift { return new Steps(() => steps); }

  /** Called once, by the canary that owns the shift, which checks what it gets. */
  public abstract bind(scope: Construct): TrafficShiftConfig;
}

class Steps extends TrafficShift {
  constructor(private readonly steps: () => TrafficShiftStep[]) { super(); }

  public bind(_scope: Construct): TrafficShiftConfig { return { steps: this.steps() }; }
}

/** 30 becomes 30, 60, 90, 100. What is no share, or would take more steps than anyone waits for, is passed on for the canary to refuse. */
function rising(percentage: number): number[] {
  if (typeof percentage !== 'number' || !(percentage >= 1 && percentage < 100)) { return [percentage]; }
  const steps = Math.ceil(100 / percentage - 1e-9);
  return Array.from({ length: steps }, (_, i) => Math.min(100, Math.round(percentage * (i + 1) * 1e6) / 1e6));
}
