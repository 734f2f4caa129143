import { Duration } from 'cdk8s';
import { Construct } from 'constructs';
import { fail, show } from '../errors';
import { TrafficShiftConfig } from './traffic-shift';
import { IInferenceFleet } from '../fleet/fleet';
import { claimsOn } from '../nodes/gpu-budget';
import { IGpuNodePool } from '../nodes/gpu-node-pool';

/** One step of a rollout. */
export interface CanaryStep {
  /** Share of requests that the candidate gets, in percent. */
  readonly percentage: number;
  /** Replicas of the candidate that run in this step: those that the next step's share takes, so that they are there before its traffic. */
  readonly candidateReplicas: number;
  /** GPUs of both fleets in this step. The stable fleet keeps its full size to the end. */
  readonly gpus: number;
}

const MOST_STEPS = 100;

/** The two fleets of a rollout, and what they may take. Internal. */
export interface Rollout {
  readonly stable: IInferenceFleet;
  readonly candidate: IInferenceFleet;
  readonly gpuBudget?: number;
}

/** Checks a shift and gives its shares, the 0 before the first one included. Internal. */
export function percentagesOf(scope: Construct, config: TrafficShiftConfig): number[] {
  const given: unknown = config?.percentages;
  if (!Array.isArray(given) || given.length === 0 || given.length > MOST_STEPS) { fail(scope, `the percentages of 'shift' are ${show(given)} but must be a list of 1 to ${MOST_STEPS}`); }
  given.forEach((percentage, i) => {
    const tenths = typeof percentage === 'number' ? percentage * 10 : NaN;
    if (!(percentage > 0 && percentage <= 100 && Math.abs(tenths - Math.round(tenths)) < 1e-6)) {
      fail(scope, `step ${i + 1} of 'shift' is ${show(percentage)} % but a step is a share above 0 and up to 100 %, in tenths of a percent`);
    }
    if (i > 0 && percentage <= given[i - 1]) { fail(scope, `step ${i + 1} of 'shift' is ${percentage} % but step ${i} is ${given[i - 1]} % already; steps must rise`); }
  });
  const last = given[given.length - 1];
  if (last !== 100) { fail(scope, `the last step of 'shift' is ${last} % but a rollout ends with all of the traffic; add a step of 100 %`); }
  const interval: unknown = config.interval;
  if (typeof (interval as Duration)?.toMilliseconds !== 'function' || !((interval as Duration).toMilliseconds({ integral: false }) > 0)) {
    fail(scope, `the time between two steps of 'shift' is ${typeof (interval as Duration)?.toMilliseconds === 'function' ? '0 s' : show(interval)} but must be a Duration above zero`);
  }
  return [0, ...given];
}

/** What each step runs. Internal. */
export function canarySteps(rollout: Rollout, percentages: number[]): CanaryStep[] {
  const { stable, candidate } = rollout;
  return percentages.map((percentage, i) => {
    const next = percentages[Math.min(i + 1, percentages.length - 1)];
    const candidateReplicas = Math.max(1, Math.ceil(next / 100 * candidate.plan.replicas - 1e-9));
    return { percentage, candidateReplicas, gpus: stable.plan.gpus + candidateReplicas * candidate.plan.gpusPerReplica };
  });
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
      const beside = taken ? ` beside the ${taken} of ${others.map((claim) => `'${claim.path}'`).join(', ')}` : '';
      return `step ${i} (${step.percentage} %) needs ${need} GPUs of pool '${pool.poolName}' (${who})${beside} but its 'maxGpus' is ${pool.maxGpus}; raise it, plan fewer replicas, or put the candidate on another pool`;
    }
  }
  return undefined;
}
