import { PaceQuestion } from './pace';

/** Squared standard deviation over mean of a request's time per token at a fixed number in flight. */
const TOKEN_TIME_VARIATION = 0.06 ** 2;
/**
 * Standard deviation over mean of a request's accepted draft tokens in a step: 0.14 to 0.28 with three draft tokens, chance included, in the recorded
 * EAGLE-3 acceptance of 1,410 requests of four kinds (SpecDecode-Bench/simulator).
 */
const ACCEPTANCE_VARIATION = 0.2;

/**
 * Squared standard deviation over mean of a request's time per token. Where steps give several tokens, how many they give it differs too: by chance,
 * less so the longer it is, and from request to request.
 */
export function variationOf({ speculation, output }: Pick<PaceQuestion, 'speculation' | 'output'>): number {
  if (!speculation) { return TOKEN_TIME_VARIATION; }
  const { perStep, variance } = speculation;
  const chance = variance / (perStep * Math.max(1, output.mean));
  const own = ACCEPTANCE_VARIATION * (perStep - 1) / perStep;
  return TOKEN_TIME_VARIATION + chance + own * own;
}
