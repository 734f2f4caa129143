import { Duration } from 'cdk8s';
import { SizingPlan } from '../sizing/plan';

/** Times of a fleet that are not taken from its plan. */
export interface FleetTimeouts {
  /**
   * Longest time from a container's start to its first answer before it is restarted.
   *
   * @default - one and a half times what start of the process, loading at the weights' bandwidth and the engine's warm-up take;
   * groups over several nodes are also given `nodeStart`, because the leader waits for its workers
   */
  readonly startup?: Duration;
  /**
   * Time that running requests are given when a replica stops.
   *
   * @default - the 99th percentile of a request's time by the plan, its upper end, and at least 30 seconds
   */
  readonly drain?: Duration;
  /**
   * Time between a pod's removal from the Service and the stop of its server, in which gateways and kube-proxy learn of it.
   *
   * @default Duration.seconds(15)
   */
  readonly endpointRemoval?: Duration;
  /**
   * Longest time in which a node can be made, joined and given the image.
   *
   * @default Duration.minutes(15)
   */
  readonly nodeStart?: Duration;
}

/** Room for a slower disk, a busier node and a colder cache than the estimate's. */
const STARTUP_MARGIN = 1.5;
/** From the container's start to the first read of a weight: 19 s to 61 s of imports and 50 s to an idle engine were measured on vLLM 0.32. */
const PROCESS_START_SECONDS = 120;
export const PROBE_PERIOD_SECONDS = 10;
const MIN_DRAIN_SECONDS = 30;
const ENDPOINT_REMOVAL_SECONDS = 15;
const NODE_START_SECONDS = 900;

/** Time to start, in seconds. */
export interface StartupBudget {
  readonly loadSeconds: number;
  /** What the startup probe allows. */
  readonly budgetSeconds: number;
  readonly failureThreshold: number;
  /** After which a rollout without progress is reported: the wait for weights and for a node come before the probe starts. */
  readonly progressDeadlineSeconds: number;
  readonly reason: string;
  /** Why the stated times can't be, as a sentence. */
  readonly problem?: string;
}

/** What the time to start depends on. */
export interface StartupDemand {
  readonly checkpointBytes: number;
  readonly bytesPerSecond: number;
  readonly waitSeconds: number;
  /** Whether all pods of a group wait for the same moment, in an init container, and not each for its own node. */
  readonly waitTogether: boolean;
  readonly warmUpSeconds: number;
  readonly nodesPerReplica: number;
  readonly timeouts: FleetTimeouts;
}

/**
 * The startup probe's budget, from the bytes that are read and the rate at which they come.
 *
 * The wait for weights (a download, a pull of their image) is over before the container starts and its probe with it, so the budget
 * leaves it out: a server that hangs is found in minutes after a download of hours. Only a group's leader can be up while another
 * pod of its group still waits.
 */
export function startupBudget(demand: StartupDemand): StartupBudget {
  const loadSeconds = Math.ceil(demand.checkpointBytes / demand.bytesPerSecond);
  const nodeStart = seconds(demand.timeouts.nodeStart) ?? NODE_START_SECONDS;
  const gather = demand.nodesPerReplica > 1 ? nodeStart + (demand.waitTogether ? 0 : demand.waitSeconds) : 0;
  const least = loadSeconds + demand.warmUpSeconds;
  const computed = Math.ceil((PROCESS_START_SECONDS + least) * STARTUP_MARGIN) + gather;
  const stated = seconds(demand.timeouts.startup);
  const failureThreshold = Math.max(1, Math.ceil((stated ?? computed) / PROBE_PERIOD_SECONDS));
  const budgetSeconds = failureThreshold * PROBE_PERIOD_SECONDS;
  const rate = `${round(demand.bytesPerSecond / 1e9)} GB/s`;
  const work = `load ${loadSeconds} s (${round(demand.checkpointBytes / 1e9)} GB at ${rate}) + warm up ${demand.warmUpSeconds} s`;
  const parts = `start ${PROCESS_START_SECONDS} s + ${work}`;
  return {
    loadSeconds,
    budgetSeconds,
    failureThreshold,
    progressDeadlineSeconds: demand.waitSeconds + nodeStart + budgetSeconds,
    reason: stated === undefined
      ? `${budgetSeconds} s: (${parts}) x ${STARTUP_MARGIN}${gather ? ` + ${gather} s for the other nodes of a group to come` : ''}`
      : `${budgetSeconds} s, as stated; estimated ${parts}`,
    problem: stated !== undefined && stated < least
      ? `'timeouts.startup' is ${stated} s but loading and warming up alone take ${least} s (${work}); allow at least ${computed} s, or leave it out`
      : undefined,
  };
}

/** Time to stop, in seconds. */
export interface ShutdownBudget {
  readonly preStopSeconds: number;
  readonly drainSeconds: number;
  readonly graceSeconds: number;
  /**
   * Sleep of the other pods of a group: they are told to stop at the same time as the leader, which still drains through them.
   * It runs its full length even if no request is left.
   */
  readonly workerPreStopSeconds: number;
  readonly reason: string;
}

/** Grace period of a pod: removal from the Service, drain and the engine's end, one after the other. */
export function shutdownBudget(
  plan: SizingPlan, timeouts: FleetTimeouts,
): { drainSeconds: number; complete: (teardownSeconds: number) => ShutdownBudget } {
  const preStopSeconds = seconds(timeouts.endpointRemoval) ?? ENDPOINT_REMOVAL_SECONDS;
  const drainSeconds = seconds(timeouts.drain) ?? Math.max(MIN_DRAIN_SECONDS, Math.ceil(p99Millis(plan) / 1000));
  return {
    drainSeconds,
    complete: (teardownSeconds) => ({
      preStopSeconds,
      drainSeconds,
      graceSeconds: preStopSeconds + drainSeconds + teardownSeconds,
      workerPreStopSeconds: preStopSeconds + drainSeconds,
      reason: `${preStopSeconds + drainSeconds + teardownSeconds} s: endpoint removal ${preStopSeconds} s + drain ${drainSeconds} s`
        + ` (${timeouts.drain ? 'as stated' : `99 of 100 requests end within ${Math.ceil(p99Millis(plan) / 1000)} s`}) + teardown ${teardownSeconds} s`,
    }),
  };
}

/** The time of a request that fills the engine's whole context with its answer; no request of the plan takes longer. */
export function longestRequestMillis(plan: SizingPlan): number {
  const { timeToFirstToken, timePerOutputToken, settings } = plan.estimate;
  return Math.ceil(Math.max(p99Millis(plan), timeToFirstToken.p99.high + settings.maxModelLen * timePerOutputToken.p99.high));
}

function p99Millis(plan: SizingPlan): number {
  return Math.max(plan.estimate.endToEnd.p99.high, plan.estimate.endToEnd.atTarget.high);
}

/** Whole seconds, rounded up. */
function seconds(duration: Duration | undefined): number | undefined {
  return duration && Math.ceil(duration.toSeconds({ integral: false }));
}

function round(value: number): string {
  return value >= 100 ? value.toFixed(0) : String(Number(value.toPrecision(3)));
}
