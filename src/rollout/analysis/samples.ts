/**
 * How many requests a gate needs until it can say that a sound candidate is good. Synthesis plans the length of steps by it and refuses
 * what is out of reach. Internal.
 */
import { RolloutGate } from '../rollout-spec';
import { bet } from './mean-test';
import { isComparable, LEAST_PER_BATCH, LEVEL, Thresholds } from './thresholds';

/** 99 of 100 sound candidates are through by then. */
const DEVIATIONS = 2.33;
/** Mixtures have so many alternatives; the best one has its share of the stake alone. */
const ALTERNATIVES = 4;
/** Coefficient of variation of one request's latency, assumed: prompts and answers differ. */
const VARIATION = 1;

/** Seconds until a gate has said good where the candidate gets a share (from 0 to 1) of the requests of both fleets. */
export function secondsForProof(gate: RolloutGate, thresholds: Thresholds, share: number, requestsOfBoth: number, batchSeconds: number): number {
  const requestsPerSecond = share * requestsOfBoth;
  if (gate.kind === 'mean-ratio' && !isComparable(share)) { return 0; }
  switch (gate.kind) {
    case 'share-limit':
      return requestsForShare(gate.expected, gate.good, gate.bad, thresholds.good) / requestsPerSecond;
    case 'mean-limit':
    case 'mean-ratio': {
      // A batch with too few requests waits for the next one.
      const smaller = gate.kind === 'mean-limit' ? requestsPerSecond : Math.min(requestsPerSecond, requestsOfBoth - requestsPerSecond);
      const batches = Math.max(1, LEAST_PER_BATCH / (smaller * batchSeconds));
      const noise = VARIATION ** 2 / (requestsPerSecond * batches * batchSeconds) / (gate.kind === 'mean-limit' ? 1 : 1 - share);
      return batchesForMean(noise, gate.factor, thresholds.good) * batches * batchSeconds;
    }
    case 'level':
      return requestsForShare(0, LEVEL.good, LEVEL.bad, thresholds.good) * batchSeconds;
    default:
      return 0;
  }
}

/** Requests until a share of `expected` is shown to be below `bad`. */
function requestsForShare(expected: number, good: number, bad: number, enough: number): number {
  const gains = [1, 1 / 3, 1 / 10, 0].map((times) => {
    const [event, none] = [Math.log(good * times / bad), Math.log((1 - good * times) / (1 - bad))];
    const mean = (expected === 0 ? 0 : expected * event) + (1 - expected) * none;
    const spread = expected === 0 ? 0 : expected * (1 - expected) * (event - none) ** 2;
    return steps(mean, spread, enough + Math.log(ALTERNATIVES));
  });
  return Math.min(...gains);
}

/** Batches until a mean that equals what it is compared with is shown to be below `factor` times that. */
function batchesForMean(noise: number, factor: number, enough: number): number {
  const { clip, stake } = bet(noise, factor);
  let [mean, square, weights] = [0, 0, 0];
  for (let deviation = -4; deviation <= 4; deviation += 0.1) {
    const value = (deviation * Math.sqrt(noise) - Math.log(factor)) / clip;
    const gain = Math.log1p(-stake * Math.min(1, Math.max(-1, value)));
    const weight = Math.exp(-deviation * deviation / 2);
    mean += weight * gain;
    square += weight * gain * gain;
    weights += weight;
  }
  return steps(mean / weights, square / weights - (mean / weights) ** 2, enough);
}

/** Steps until a walk with this drift and spread is above `enough`; without a drift upwards it never is. */
function steps(drift: number, spread: number, enough: number): number {
  if (!(drift > 0)) { return Infinity; }
  const slack = DEVIATIONS * Math.sqrt(spread);
  return ((slack + Math.sqrt(slack * slack + 4 * drift * enough)) / (2 * drift)) ** 2;
}
