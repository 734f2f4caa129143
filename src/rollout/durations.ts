import { Duration } from 'cdk8s';
import { Construct } from 'constructs';
import { fail, show } from '../errors';

/** Fails unless it is a time. Internal. */
export function checkDuration(scope: Construct, what: string, interval: unknown): Duration {
  const millis = typeof (interval as Duration)?.toMilliseconds === 'function' ? (interval as Duration).toMilliseconds({ integral: false }) : NaN;
  if (!(millis > 0)) { fail(scope, `${what} is ${Number.isNaN(millis) ? show(interval) : '0 s'} but must be a Duration above zero`); }
  return interval as Duration;
}
