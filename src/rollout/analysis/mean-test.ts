/**
 * A test of means that may be looked at after every batch, by betting: capital that starts at 1 is staked on each batch at odds which are
 * fair if the hypothesis holds, so it grows past 1/a with probability a at most, whatever the noise looks like and however often one
 * looks (Ville's inequality). What must hold: given the batches before, a batch's logarithm, clipped to a span that was chosen before it
 * came, is on average not above the hypothesis' bound. Internal.
 */

/** What is known of one mean against another. Capitals are natural logarithms. */
export interface MeanEvidence {
  /** Capital of the bet that the candidate is worse than equal. */
  readonly worse: number;
  /** Capital of the bet that it is better than `factor` times. */
  readonly fine: number;
  readonly batches: number;
  /** Mean of the batches' log ratios. */
  readonly mean: number;
  /** Sum of their squared distances from it. */
  readonly squares: number;
}

export const NO_MEAN_EVIDENCE: MeanEvidence = { worse: 0, fine: 0, batches: 0, mean: 0, squares: 0 };

/** Bets are chosen for noise of this coefficient of variation per request until there are batches to learn from. */
const ASSUMED_VARIATION = 1;
const ASSUMED_BATCHES = 3;
/** Batches are clipped at so many standard deviations. */
const CLIP_DEVIATIONS = 2.5;
const LARGEST_BET = 0.9;

/**
 * Adds a batch: the candidate's mean over what it is compared with, and the requests that either is made of (infinitely many: it is a
 * number). The logarithm of a mean of few requests is too small on average, by half of its variance; that is made up for.
 */
export function addBatch(before: MeanEvidence, ratio: number, requests: number, others: number, factor: number): MeanEvidence {
  const noise = variance(before, Math.min(requests, others));
  const lean = others === Infinity ? 1 : (others - requests) / (others + requests);
  const log = Math.log(ratio) + lean * noise / 2;
  const { clip, stake } = bet(noise, factor);
  const batches = before.batches + 1;
  const mean = before.mean + (log - before.mean) / batches;
  return {
    worse: before.worse + Math.log1p(stake * clipped(log / clip)),
    fine: before.fine + Math.log1p(-stake * clipped((log - Math.log(factor)) / clip)),
    batches,
    mean,
    squares: before.squares + (log - before.mean) * (log - mean),
  };
}

/** Scale of the clipping and the stake, chosen for a candidate that is `factor` times worse, before the batch is seen. */
export function bet(noise: number, factor: number): { clip: number; stake: number } {
  const effect = Math.log(factor);
  const clip = Math.max(CLIP_DEVIATIONS * Math.sqrt(noise), effect);
  return { clip, stake: Math.min(LARGEST_BET, effect * clip / (noise + effect * effect)) };
}

function variance(before: MeanEvidence, requests: number): number {
  return (ASSUMED_BATCHES * ASSUMED_VARIATION ** 2 / requests + before.squares) / (ASSUMED_BATCHES + before.batches);
}

function clipped(value: number): number { return Math.min(1, Math.max(-1, value)); }
