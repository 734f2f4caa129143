import { Duration } from 'cdk8s';
import { Construct } from 'constructs';
import { WEIGHT_BASE } from './canary-overlay';
import { checkDuration } from './durations';
import { fail, show } from '../errors';
import { TrafficShiftConfig, TrafficShiftStep } from './traffic-shift';
import { IInferenceFleet } from '../fleet/fleet';
import { claimsOn } from '../nodes/gpu-budget';
import { IGpuNodePool } from '../nodes/gpu-node-pool';

/** One step of a rollout. */
export interface CanaryStep {
  /** Share of requests that the candidate gets, in percent. */
  readonly percentage: number;
  /**
   * Share of requests that are copied to the candidate, in percent; their answers are thrown away.
   *
   * @default - none
   */
  readonly mirroredPercentage?: number;
  /** Replicas of the candidate that this step's share takes, or its copies, and previews. */
  readonly leastReplicas: number;
  /** Replicas of the candidate that run in this step: those that the next step takes too, so that they are there before its traffic. */
  readonly candidateReplicas: number;
  /** GPUs of both fleets in this step. The stable fleet keeps its full size to the end. */
  readonly gpus: number;
  /**
   * Least time before the next step.
   *
   * @default - none is stated: as long as the driver takes to know enough
   */
  readonly interval?: Duration;
}

/** A step of a shift that was checked. Internal. */
export interface ShiftStep { readonly percentage: number; readonly mirroredPercentage?: number; readonly interval?: Duration }

const MOST_STEPS = 100;

/** The two fleets of a rollout, and what they may take. Internal. */
export interface Rollout {
  readonly stable: IInferenceFleet;
  readonly candidate: IInferenceFleet;
  readonly gpuBudget?: number;
  /** Share of the load that previews make up, in percent; 0 without them. */
  readonly previewed?: number;
}

/** Checks a shift and gives its steps, the one before the first share included. Internal. */
export function checkSteps(scope: Construct, config: TrafficShiftConfig): ShiftStep[] {
  const given: unknown = config?.steps;
  if (!Array.isArray(given) || given.length === 0 || given.length > MOST_STEPS) { fail(scope, `the steps of 'shift' are ${show(given)} but must be a list of 1 to ${MOST_STEPS}`); }
  const steps = given.map((step: TrafficShiftStep | undefined, i) => {
    const percentage = step?.percentage;
    const tenths = typeof percentage === 'number' ? percentage * 10 : NaN;
    if (typeof percentage !== 'number' || !(percentage > 0 && percentage <= 100 && Math.abs(tenths - Math.round(tenths)) < 1e-6)) {
      fail(scope, `step ${i + 1} of 'shift' is ${show(percentage)} % but a step is a share above 0 and up to 100 %, in tenths of a percent`);
    }
    const before: number | undefined = given[i - 1]?.percentage;
    if (before !== undefined && percentage <= before) { fail(scope, `step ${i + 1} of 'shift' is ${percentage} % but step ${i} is ${before} % already; steps must rise`); }
    return { percentage, interval: step?.interval === undefined ? undefined : checkDuration(scope, `the interval of step ${i + 1} of 'shift'`, step.interval) };
  });
  const last = steps[steps.length - 1].percentage;
  if (last !== 100) { fail(scope, `the last step of 'shift' is ${last} % but a rollout ends with all of the traffic; add a step of 100 %`); }
  return [{ percentage: 0 }, ...steps];
}

/** What each step runs. Internal. */
export function canarySteps(rollout: Rollout, steps: ShiftStep[]): CanaryStep[] {
  const { stable, candidate, previewed = 0 } = rollout;
  const needs = steps.map(({ percentage, mirroredPercentage = 0 }) => {
    const share = Math.max(percentage, mirroredPercentage);
    const load = share + (100 - share) * previewed / 100; // previews go to it whole, everybody else by the share
    return Math.max(1, Math.ceil(load / 100 * candidate.plan.replicas - 1e-9));
  });
  return steps.map((step, i) => {
    const candidateReplicas = Math.max(...needs.slice(0, i + 2)); // nothing that runs is taken away: copies may take more than the first share
    return { ...step, leastReplicas: needs[i], candidateReplicas, gpus: stable.plan.gpus + candidateReplicas * candidate.plan.gpusPerReplica };
  });
}

/** Requests of 1,000 that the candidate gets in a step. Internal. */
export function weightOf({ percentage }: CanaryStep, keepBoth: boolean): number {
  const weight = Math.round(percentage * WEIGHT_BASE / 100);
  return keepBoth && weight > 0 ? Math.min(Math.max(weight, 1), WEIGHT_BASE - 1) : weight;
}

/** The first step that the budget can't hold, as a sentence. Internal. */
export function budgetProblem(rollout: Rollout, steps: CanaryStep[]): string | undefined {
  const { stable, gpuBudget } = rollout;
  const i = steps.findIndex((step) => gpuBudget !== undefined && step.gpus > gpuBudget);
  return i < 0 ? undefined
    : `step ${i} (${steps[i].percentage} %) needs ${steps[i].gpus} GPUs (stable ${stable.plan.gpus}, candidate ${steps[i].gpus - stable.plan.gpus}) but 'gpuBudget' is ${gpuBudget}; raise it, or plan fewer replicas`;
}

/** The first step that a pool can't hold, beside what else of the app takes GPUs of it, as a sentence. Internal. */
export function poolProblem(rollout: Rollout, steps: CanaryStep[], withOthers: boolean): string | undefined {
  const { stable, candidate } = rollout;
  for (const pool of new Set<IGpuNodePool>([stable.pool, candidate.pool])) {
    const own = [stable.node.path, candidate.node.path];
    const others = withOthers ? claimsOn(pool).filter((claim) => !own.includes(claim.path)) : [];
    const taken = others.reduce((sum, claim) => sum + claim.gpus, 0);
    const ofStable = stable.pool === pool ? stable.plan.gpus : 0;
    for (const [i, step] of steps.entries()) {
      const ofCandidate = candidate.pool === pool ? step.gpus - stable.plan.gpus : 0;
      const need = ofStable + ofCandidate;
      if (pool.maxGpus === undefined || need + taken <= pool.maxGpus) { continue; }
      const who = [ofStable ? `stable ${ofStable}` : [], ofCandidate ? `candidate ${ofCandidate}` : []].flat().join(', ');
      const beside = taken ? ` beside the ${taken} of ${others.map((claim) => show(claim.path)).join(', ')}` : '';
      return `step ${i} (${step.percentage} %) needs ${need} GPUs of pool '${pool.poolName}' (${who})${beside} but its 'maxGpus' is ${pool.maxGpus}; raise it, plan fewer replicas, or put the candidate on another pool`;
    }
  }
  return undefined;
}
