import { Chart, Duration } from 'cdk8s';
import { Construct } from 'constructs';
import { fail, show } from '../errors';
import { IInferenceFleet } from '../fleet/fleet';
import { LONGEST_SECONDS } from '../kube/durations';

/** Fails unless the value is a fleet. Internal. */
export function checkFleet(scope: Construct, prop: string, fleet: IInferenceFleet): void {
  if (typeof fleet?.serviceName !== 'string' || typeof fleet.addClient !== 'function') { fail(scope, `'${prop}' is ${show(fleet)} but must be a fleet, e.g. an InferenceFleet`); }
}

/** Namespace of a route to a fleet: the fleet's, because a route reaches the Services of its own namespace. Internal. */
export function namespaceOfRoute(scope: Construct, fleet: IInferenceFleet): string | undefined {
  const own = Chart.of(scope).namespace;
  if (fleet.namespaceName === undefined && own !== undefined) {
    fail(scope, `this chart puts objects into namespace '${own}' but fleet '${fleet.node.path}' names none, so the route would miss its Service; give both charts the same namespace`);
  }
  return fleet.namespaceName;
}

/** Seconds that a route gives one request: what is stated, else the longest request of the fleets by their plans. Internal. */
export function requestSeconds(scope: Construct, stated: unknown, fleets: IInferenceFleet[]): number {
  const longest = Math.ceil(Math.max(...fleets.map((fleet) => fleet.longestRequestMillis)) / 1000);
  if (stated === undefined) {
    if (!(longest >= 1 && longest <= LONGEST_SECONDS)) { fail(scope, `the plan's longest request is ${show(longest)} s, which no timeout can be made of; state 'requestTimeout'`); }
    return longest;
  }
  const seconds = typeof (stated as Duration)?.toMilliseconds === 'function' ? (stated as Duration).toMilliseconds({ integral: false }) / 1000 : NaN;
  if (!(Number.isInteger(seconds) && seconds >= 1 && seconds <= LONGEST_SECONDS)) {
    fail(scope, `'requestTimeout' is ${Number.isNaN(seconds) ? show(stated) : `${seconds} s`} but must be a Duration of whole seconds, from one to 99999 hours`);
  }
  const cut = fleets.find(({ plan }) => plan.estimate.endToEnd.p50.low > seconds * 1000);
  if (cut) {
    const least = Math.ceil(cut.plan.estimate.endToEnd.p50.low / 1000);
    fail(scope, `'requestTimeout' is ${seconds} s but half of the requests that fleet '${cut.node.path}' is planned for take ${least} s or more; allow at least the longest, ${longest} s, or leave it out`);
  }
  return seconds;
}
