/** A constant to be fitted: where it starts, and within which bounds it stays. */
export interface Constant {
  readonly start: number;
  readonly low: number;
  readonly high: number;
  /** What is believed of it before anything is measured, and what a distance of 1 from that (of the logarithm) counts. */
  readonly prior?: number;
  readonly belief?: number;
}

/** What an error counts, and beyond which it is an outlier's, which pulls less and less (Cauchy's loss); Infinity where none is. */
export interface Counted { readonly count: number; readonly scale: number }

/** Constants, and the errors that they are to make small. */
export interface Fitting {
  readonly constants: readonly Constant[];
  readonly counted: readonly Counted[];
  readonly errorsAt: (values: readonly number[]) => readonly number[];
  /** The same after one constant was moved, where they are found sooner than by asking for all of them again. */
  readonly errorsMoved?: (values: readonly number[], moved: number, before: readonly number[]) => readonly number[];
}

export interface Found { readonly values: readonly number[]; readonly cost: number; readonly steps: number }

/** Smaller steps that are tried where one made it worse, by this factor of their damping, and the relative change of the sum at which a fit ends. */
const TRIES = 8;
const HARDER = 6;
const ENOUGH = 1e-4;
/** Largest change of a logarithm in one step. */
const REACH = 0.7;
/** Relative change of a value for its slope. */
const NUDGE = 1e-3;

/** Fits constants by Levenberg's and Marquardt's method on their logarithms: least squares with weights that outliers lose. Deterministic. */
export function fitConstants(
  { constants, counted, errorsAt, errorsMoved = errorsAt }: Fitting, most = 50, log: (line: string) => void = () => {},
): Found {
  const within = (value: number, p: number) => Math.min(constants[p].high, Math.max(constants[p].low, value));
  const beliefs = constants.map(({ belief = 0 }) => belief);
  const fromPrior = (of: readonly number[]) => of.map((value, p) => Math.log(value / (constants[p].prior ?? value)));
  const costOf = (of: readonly number[], at: readonly number[]) => of.reduce((sum, e, i) => sum + counted[i].count * lossOf(e, counted[i].scale), 0)
    + fromPrior(at).reduce((sum, away, p) => sum + beliefs[p] * away ** 2, 0);
  let values: readonly number[] = constants.map(({ start }, p) => within(start, p));
  let errors = errorsAt(values);
  let cost = costOf(errors, values);
  let damping = 1e-2;
  let steps = 0;
  while (steps++ < most) {
    const slopes = values.map((value, p) => {
      const nudge = value * (1 + NUDGE) > constants[p].high ? -NUDGE : NUDGE;
      const moved = errorsMoved(values.map((v, i) => i === p ? v * (1 + nudge) : v), p, errors);
      return Float64Array.from(errors, (e, i) => (moved[i] - e) / Math.log1p(nudge));
    });
    const weights = Float64Array.from(errors, (e, i) => counted[i].count / (1 + (e / counted[i].scale) ** 2));
    const product = (a: ArrayLike<number>, b: ArrayLike<number>) => {
      let sum = 0;
      for (let i = 0; i < weights.length; i++) { sum += weights[i] * a[i] * b[i]; }
      return sum;
    };
    const away = fromPrior(values);
    const gradient = slopes.map((slope, p) => beliefs[p] * away[p] + product(slope, errors));
    // What stands at a bound and would go beyond it stays there.
    const free = values.map((value, p) => gradient[p] > 0 ? value > constants[p].low : value < constants[p].high);
    const normal = slopes.map((slope, p) => Float64Array.from(slopes, (other, q) => {
      if (p === q) { return product(slope, slope) + beliefs[p] || 1; }
      return free[p] && free[q] ? product(slope, other) : 0;
    }));
    const before = cost;
    let best: { readonly cost: number; readonly values: readonly number[]; readonly errors: readonly number[]; readonly damping: number } | undefined;
    // The longest step that makes it smaller is seldom the best of them.
    for (let tries = 0; tries < TRIES; tries++, damping *= HARDER) {
      const step = solve(normal, gradient.map((g, p) => free[p] ? g : 0), damping);
      const moved = values.map((value, p) => within(value * Math.exp(-Math.max(-REACH, Math.min(REACH, step[p]))), p));
      const found = errorsAt(moved);
      const sum = costOf(found, moved);
      if (sum < (best?.cost ?? cost)) { best = { cost: sum, values: moved, errors: found, damping }; } else if (best) { break; }
    }
    if (best) {
      ({ cost, values, errors, damping } = best);
      damping = Math.max(1e-9, damping / 10);
    }
    log(`step ${steps}: ${before.toFixed(4)} to ${cost.toFixed(4)}`);
    if (before - cost <= ENOUGH * before) { break; }
  }
  return { values, cost, steps: Math.min(steps, most) };
}

function lossOf(error: number, scale: number): number {
  return scale === Infinity ? error * error : scale * scale * Math.log1p((error / scale) ** 2);
}

/** Solves (A + damping x its diagonal) x = b by Cholesky's method. */
function solve(a: readonly Float64Array[], b: readonly number[], damping: number): number[] {
  const n = b.length;
  const l = Array.from({ length: n }, () => new Float64Array(n));
  for (let i = 0; i < n; i++) {
    for (let j = 0; j <= i; j++) {
      let sum = a[i][j] * (i === j ? 1 + damping : 1);
      for (let k = 0; k < j; k++) { sum -= l[i][k] * l[j][k]; }
      l[i][j] = i === j ? Math.sqrt(Math.max(sum, 1e-18)) : sum / l[j][j];
    }
  }
  const y = new Array<number>(n);
  for (let i = 0; i < n; i++) {
    let sum = b[i];
    for (let k = 0; k < i; k++) { sum -= l[i][k] * y[k]; }
    y[i] = sum / l[i][i];
  }
  const x = new Array<number>(n);
  for (let i = n - 1; i >= 0; i--) {
    let sum = y[i];
    for (let k = i + 1; k < n; k++) { sum -= l[k][i] * x[k]; }
    x[i] = sum / l[i][i];
  }
  return x;
}
