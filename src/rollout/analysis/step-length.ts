/** How long a step takes, from the load that the fleets were planned for. Internal. */
import { RolloutGate, RolloutRisk, RolloutStep } from '../rollout-spec';
import { countedPerRequest, countedShare } from './counted-share';
import { secondsForProof } from './samples';
import { testsOf, thresholdsOf } from './thresholds';

export interface StepLength {
  /** Until the gates of a sound candidate have what they need, in 99 of 100 rollouts; infinite where they never have. */
  readonly neededSeconds: number;
  /** What takes the longest: a gate's name, or `requests`. */
  readonly slowest: string;
  /** For the spec. */
  readonly minSeconds: number;
  readonly maxSeconds: number;
}

/** Shorter steps show less of how a server behaves over time than they seem to. */
const LEAST_SECONDS = 300;
/** Room for a load below the plan: past this many times what it takes, a step is in doubt. */
const ROOM = 3;

/**
 * @param step the candidate's weight or mirrored requests, and whether gates must have shown that it is good
 * @param steps how many the rollout has
 * @param requestsPerSecond of the users, to both fleets together
 */
export function stepLength(
  step: Pick<RolloutStep, 'weight' | 'mirrored' | 'proof'>, steps: number, gates: readonly RolloutGate[], risk: RolloutRisk, requestsPerSecond: number,
  batchSeconds: number,
): StepLength {
  const thresholds = thresholdsOf(risk, testsOf({ gates }), steps);
  const [share, counted] = [countedShare(step), requestsPerSecond * countedPerRequest(step)];
  const rate = counted * share;
  const data = { slowest: 'requests', seconds: risk.minSamples / rate };
  const seconds = (gate: RolloutGate) => secondsForProof(gate, thresholds, share, counted, batchSeconds);
  const proofs = step.proof ? gates.map((gate) => ({ slowest: gate.name, seconds: seconds(gate) })) : [];
  const most = [data, ...proofs].reduce((longest, one) => one.seconds > longest.seconds ? one : longest);
  return {
    neededSeconds: most.seconds,
    slowest: most.slowest,
    minSeconds: Math.max(LEAST_SECONDS, Math.ceil(data.seconds)),
    maxSeconds: Math.ceil(ROOM * Math.max(LEAST_SECONDS, most.seconds)),
  };
}
