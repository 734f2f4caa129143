import { Duration } from 'cdk8s';
import { Construct } from 'constructs';
import { checkDuration } from './durations';
import { fail, numberProblem, objectProblem } from '../errors';

/**
 * Copies of requests that the candidate answers before the first share, while users get the stable fleet's answers alone. The candidate's answers
 * are thrown away, but it generates them to the last token: they take replicas as real ones do.
 */
export interface CanaryMirror {
  /**
   * Share of the requests that is copied, in whole percent. At 100 the gateway needs nothing special. Below, it must know `percent` of Gateway
   * API 1.3 or later: Envoy Gateway does; Contour does not, and copies all of them without a word.
   */
  readonly percentage: number;
  /**
   * Least time before the first share.
   *
   * @default - none is stated: as long as the driver takes to know enough
   */
  readonly interval?: Duration;
}

/** Fails unless it is a mirror. Internal. */
export function checkMirror(scope: Construct, mirror: CanaryMirror): CanaryMirror {
  if (typeof mirror !== 'object' || mirror === null || objectProblem('mirror', mirror)) { fail(scope, `${objectProblem('mirror', mirror) ?? "'mirror' is null but must be an object"} such as { percentage: 100 }`); }
  const problem = numberProblem('mirror.percentage', mirror.percentage, { min: 1, max: 100, integer: true });
  if (problem) { fail(scope, problem); }
  if (mirror.interval !== undefined) { checkDuration(scope, "'mirror.interval'", mirror.interval); }
  return { ...mirror };
}
