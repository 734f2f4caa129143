/** Where evidence becomes a verdict. Internal. */
import { RolloutRisk, RolloutSpec } from '../rollout-spec';

/** Logarithms of evidence. */
export interface Thresholds {
  /** From here on the candidate is worse: a share of `alpha` for each test of each step, so that all of them together keep to it. */
  readonly bad: number;
  /** From here on it is good. Not shared out: a bad candidate is let on only if every gate errs. */
  readonly good: number;
}

export function thresholdsOf(risk: RolloutRisk, tests: number, steps: number): Thresholds {
  return { bad: Math.log(tests * steps / risk.alpha), good: Math.log(1 / risk.beta) };
}

/** Tests in each step: every gate but the scores, and whether the candidate gets its share of requests. */
export function testsOf(spec: Pick<RolloutSpec, 'gates'>): number {
  return spec.gates.filter(({ kind }) => kind !== 'score').length + 1;
}

/** Readings of a level on the wrong side: the share that is sound, and the one that is bad. */
export const LEVEL = { good: 0.1, bad: 0.5 };

/** The candidate is silent if it gets less than half of its share of requests; the alternative is a quarter, and less. */
export const TRAFFIC = { good: 0.25, bad: 0.5 };

/** Requests of either side that a batch of latencies has at least: the logarithm of a mean of fewer leans too far. */
export const LEAST_PER_BATCH = 8;

/** Whether enough is left to the stable fleet to compare with, where the candidate gets a share of the requests. */
export function isComparable(share: number): boolean { return share <= 0.98; }
