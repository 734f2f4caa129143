import { Duration } from 'cdk8s';
import { Construct } from 'constructs';

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

/** Options of `TrafficShift.steps`. */
export interface StepShiftOptions {
  /** Shares of the candidate, in percent (down to tenths), rising; the last one is 100. */
  readonly percentages: number[];
  /**
   * Time between two steps.
   *
   * @default Duration.minutes(10)
   */
  readonly interval?: Duration;
}

/** A shift, as a canary reads it. */
export interface TrafficShiftConfig {
  /** Shares of the candidate, in percent (down to tenths), rising; the last one is 100. */
  readonly percentages: number[];
  /** Time between two steps. */
  readonly interval: Duration;
}

/** How traffic moves to the candidate. Extend it for a way that is not here. */
export abstract class TrafficShift {
  /** Everything in one step. */
  public static allAtOnce(): TrafficShift { return new Steps(() => ({ percentages: [100], interval: Duration.minutes(10) })); }

  /** One share first, then the rest. */
  public static canary(options: CanaryShiftOptions): TrafficShift {
    return new Steps(() => ({ percentages: [options?.percentage, 100], interval: options?.bakeTime }));
  }

  /** The same share again and again. */
  public static linear(options: LinearShiftOptions): TrafficShift {
    return new Steps(() => ({ percentages: rising(options?.percentage), interval: options?.interval }));
  }

  /** Shares of one's own choice. */
  public static steps(options: StepShiftOptions): TrafficShift {
    return new Steps(() => ({ percentages: options?.percentages, interval: options?.interval ?? Duration.minutes(10) }));
  }

  /** Called once, by the canary that owns the shift, which checks what it gets. */
  public abstract bind(scope: Construct): TrafficShiftConfig;
}

class Steps extends TrafficShift {
  constructor(private readonly config: () => TrafficShiftConfig) { super(); }

  public bind(_scope: Construct): TrafficShiftConfig { return this.config(); }
}

/** 30 becomes 30, 60, 90, 100. What is no share, or would take more steps than anyone waits for, is passed on for the canary to refuse. */
function rising(percentage: number): number[] {
  if (!(percentage >= 1 && percentage < 100)) { return [percentage]; }
  const steps = Math.ceil(100 / percentage - 1e-9);
  return Array.from({ length: steps }, (_, i) => Math.min(100, Math.round(percentage * (i + 1) * 1e6) / 1e6));
}
