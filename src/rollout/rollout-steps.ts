/** Steps as the runner takes them, as long as the planned load asks for. Internal. */
import { Construct } from 'constructs';
import { stepLength } from './analysis/step-length';
import { CanaryStep, weightOf } from './canary-steps';
import { RolloutGate, RolloutRisk, RolloutStep } from './rollout-spec';
import { fail } from '../errors';

/** Nothing moves beyond it without proof that the candidate is good. */
const UNPROVEN_WEIGHT = 50;
/** The same where copies of requests have proved it. */
const PROVEN_ON_COPIES_WEIGHT = 250;

/** What the length of a step depends on. */
export interface StepDemand {
  readonly gates: readonly RolloutGate[];
  readonly risk: RolloutRisk;
  /** Of the route. */
  readonly requestsPerSecond: number;
  readonly batchSeconds: number;
  /** Longest time that a step may take. */
  readonly longestSeconds: number;
}

/** Fails where a step's samples are out of reach. `steps` begins with the one before the first share. */
export function rolloutSteps(scope: Construct, [, ...steps]: readonly CanaryStep[], demand: StepDemand): RolloutStep[] {
  const shares = steps.map((step) => ({
    weight: weightOf(step, false), mirrored: step.mirroredPercentage === undefined ? undefined : Math.round(step.mirroredPercentage * 10),
  }));
  const unproven = shares[0].mirrored === undefined ? UNPROVEN_WEIGHT : PROVEN_ON_COPIES_WEIGHT;
  return steps.map((step, i) => {
    const proof = shares[i].mirrored !== undefined || (shares[i + 1]?.weight ?? 1000) > unproven;
    const lengthAt = (share: Pick<RolloutStep, 'weight' | 'mirrored'>) => (
      stepLength({ ...share, proof }, steps.length, demand.gates, demand.risk, demand.requestsPerSecond, demand.batchSeconds)
    );
    const length = lengthAt(shares[i]);
    if (length.neededSeconds > demand.longestSeconds) { fail(scope, outOfReach(steps, i, length, demand, (share) => lengthAt(share).neededSeconds)); }
    const stated = step.interval && Math.ceil(step.interval.toSeconds({ integral: false }));
    const minSeconds = stated ?? length.minSeconds;
    return {
      ...shares[i],
      needs: step.leastReplicas,
      runs: step.candidateReplicas,
      minSeconds,
      // Doubt begins no sooner than the stated time is over.
      maxSeconds: Math.max(minSeconds, Math.min(length.maxSeconds, Math.max(demand.longestSeconds, Math.ceil(length.neededSeconds)))),
      proof,
    };
  });
}

/** The sentence for a step that is too quiet, with what would do. */
function outOfReach(
  steps: readonly CanaryStep[], i: number, { neededSeconds, slowest }: { neededSeconds: number; slowest: string }, demand: StepDemand,
  neededAt: (share: Pick<RolloutStep, 'weight' | 'mirrored'>) => number,
): string {
  const { requestsPerSecond, longestSeconds } = demand;
  const { percentage, mirroredPercentage } = steps[i];
  const share = mirroredPercentage ?? percentage;
  const which = mirroredPercentage === undefined ? `step ${i + 1} of the rollout (${share} %)` : `the mirrored step (${share} %)`;
  const gets = `${which} gets ${digits(requestsPerSecond * share / 100)} of the route's ${digits(requestsPerSecond)} requests/s`;
  const wants = slowest === 'requests' ? `${demand.risk.minSamples} requests` : `what gate '${slowest}' needs`;
  const takes = neededSeconds === Infinity ? 'which never come' : `which take ${spoken(neededSeconds)}`;
  const next = steps[i + 1]?.percentage ?? 100;
  const most = mirroredPercentage === undefined ? next : 100;
  const at = (percent: number) => neededAt(mirroredPercentage === undefined ? { weight: percent * 10 } : { weight: 0, mirrored: percent * 10 });
  const percents = Array.from({ length: 100 }, (_, before) => before + 1).filter((percent) => percent > share && percent <= most);
  const enough = percents.find((percent) => at(percent) <= longestSeconds);
  const mirrorHelps = i === 0 && mirroredPercentage === undefined && neededAt({ weight: 0, mirrored: 1000 }) <= longestSeconds;
  const ways = [
    ...enough === undefined ? [] : [`make the step ${enough} %`],
    ...neededSeconds === Infinity ? [] : [`allow ${spoken(neededSeconds)}`],
    ...mirrorHelps ? ["copy requests to the candidate before ('mirror') and begin with a larger share"] : [],
    "send it synthetic requests and state 'requestsPerSecond' with them",
    'use fewer gates, or move the steps by hand (CanaryDriver.manual)',
  ];
  return `${gets} and waits for ${wants}, ${takes}, but 'longestStep' is ${spoken(longestSeconds)}; ${ways.join(', or ')}`;
}

/** Rounded up, so that it is enough. */
function spoken(seconds: number): string {
  if (seconds < 7200) { return `${Math.ceil(seconds / 60)} minutes`; }
  return seconds < 172_800 ? `${Math.ceil(seconds / 3600)} hours` : `${Math.ceil(seconds / 86_400)} days`;
}

function digits(value: number): string { return String(Number(value.toPrecision(2))); }
