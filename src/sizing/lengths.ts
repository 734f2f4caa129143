/** How lengths spread around their mean: lognormal, the shape that request logs commonly show. */
export interface Spread {
  readonly mean: number;
  /** Standard deviation of the logarithm; 0 where all lengths are alike. */
  readonly sigma: number;
}

const Z99 = 2.3263478740408408;

/** The spread whose mean and 99th percentile are these. A p99 beyond 14.9 x the mean (no lognormal has one) is read as 14.9 x. */
export function spreadOf(mean: number, p99: number): Spread {
  if (p99 <= mean) { return { mean, sigma: 0 }; }
  return { mean, sigma: Z99 - Math.sqrt(Math.max(0, Z99 * Z99 - 2 * Math.log(p99 / mean))) };
}

/** Length that a share `p` of requests stays under. */
export function lengthAt(spread: Spread, p: number): number {
  return spread.sigma === 0 ? spread.mean : spread.mean * Math.exp(normalQuantile(p) * spread.sigma - spread.sigma * spread.sigma / 2);
}

/** Squared coefficient of variation. */
export function squaredVariation(spread: Spread): number {
  return Math.expm1(spread.sigma * spread.sigma);
}

/** Share of lengths that the largest of so many usually exceeds. */
export function largestOf(count: number): number {
  return 1 - EXP_EULER / count;
}

/** exp(-Euler's constant): the usual smallest of many uniform numbers is this over how many there are. */
const EXP_EULER = 0.5614594835668851;

/** Share of a standard normal distribution below x (logistic approximation, within 0.0002). */
export function normalBelow(x: number): number {
  return 1 / (1 + Math.exp(-x * (1.5976 + 0.07056 * x * x)));
}

const A = [-39.69683028665376, 220.9460984245205, -275.9285104469687, 138.357751867269, -30.66479806614716, 2.506628277459239];
const B = [-54.47609879822406, 161.5858368580409, -155.6989798598866, 66.80131188771972, -13.28068155288572];
const C = [-0.007784894002430293, -0.3223964580411365, -2.400758277161838, -2.549732539343734, 4.374664141464968, 2.938163982698783];
const D = [0.007784695709041462, 0.3224671290700398, 2.445134137142996, 3.754408661907416];

/** Quantile of the standard normal distribution (Acklam's rational approximation, relative error below 1.2e-9). */
export function normalQuantile(p: number): number {
  if (p < 0.02425) {
    const q = Math.sqrt(-2 * Math.log(p));
    return poly(C, q) / (poly(D, q) * q + 1);
  }
  if (p > 1 - 0.02425) { return -normalQuantile(1 - p); }
  const q = p - 0.5;
  const r = q * q;
  return poly(A, r) * q / (poly(B, r) * r + 1);
}

function poly(coefficients: readonly number[], x: number): number {
  let sum = 0;
  for (const c of coefficients) { sum = sum * x + c; }
  return sum;
}
