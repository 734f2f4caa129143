/**
 * How many requests a gate needs until it can say that a sound candidate is good. Synthesis plans the length of steps by it and refuses
 * what is out of reach. Internal.
 */
import { RolloutGate } from '../rollout-spec';
import { bet } from './mean-test';
import { LEAST_PER_BATCH, LEVEL, Thresholds } from './thresholds';

/** 99 of 100 sound candidates are through by then. */
const DEVIATIONS = 2.33;
/** Mixtures have so many alternatives; the best one has its share of the stake alone. */
const ALTERNATIVES = 4;
/** Coefficient of variation of one request's latency, assumed: prompts and answers differ. */
const VARIATION = 1;

/** Seconds of a step until each gate has said good; `requestsPerSecond` is the candidate's own share. */
export function secondsForProof(gate: RolloutGate, thresholds: Thresholds, requestsPerSecond: number, batchSeconds: number): number {
  switch (gate.kind) {
    case 'share-limit':
      return requestsForShare(gate.expected, gate.good, gate.bad, thresholds.good) / requestsPerSecond;
    case 'mean-limit':
    case 'mean-ratio': {
      // A batch with too few requests waits for the next one.
      const perBatch = Math.max(LEAST_PER_BATCH, requestsPerSecond * batchSeconds);
      return batchesForMean(perBatch, gate.factor, thresholds.good) * perBatch / requestsPerSecond;
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
function batchesForMean(requests: number, factor: number, enough: number): number {
  const noise = VARIATION ** 2 * 2 / requests;
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
