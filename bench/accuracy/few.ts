import { solve } from './fit';

/** Bounds of a constant. */
export interface Bounds { readonly low: number; readonly high: number }

const STEPS = 50;
const TRIES = 12;
/** Relative change of a value for its slope, and of the sum at which a fit ends. */
const NUDGE = 1e-4;
const ENOUGH = 1e-4;

/**
 * A few constants by Levenberg's and Marquardt's method on their logarithms: least squares, or with a `scale` a loss (Cauchy's) that errors beyond it
 * lose their pull on. Deterministic.
 *
 * @param errorsAt errors of all rows with these constants
 * @param counts what each counts
 */
export function fitFew(
  errorsAt: (values: readonly number[]) => readonly number[], counts: readonly number[], start: readonly number[], bounds: readonly Bounds[],
  scale = Infinity,
): number[] {
  const within = (value: number, i: number) => Math.min(bounds[i].high, Math.max(bounds[i].low, value));
  const loss = (e: number) => scale === Infinity ? e * e : scale * scale * Math.log1p((e / scale) ** 2);
  const costOf = (of: readonly number[]) => of.reduce((sum, e, i) => sum + counts[i] * loss(e), 0);
  let values = start.map(within);
  let errors = errorsAt(values);
  let cost = costOf(errors);
  let damping = 1e-3;
  for (let step = 0; step < STEPS; step++) {
    const before = cost;
    const slopes = values.map((value, p) => {
      const nudge = value * (1 + NUDGE) > bounds[p].high ? -NUDGE : NUDGE;
      return errorsAt(values.map((v, i) => i === p ? v * (1 + nudge) : v)).map((e, i) => (e - errors[i]) / Math.log1p(nudge));
    });
    const weights = errors.map((e, i) => counts[i] / (1 + (e / scale) ** 2));
    const product = (a: readonly number[], b: readonly number[]) => a.reduce((sum, x, i) => sum + weights[i] * x * b[i], 0);
    const gradient = slopes.map((s) => product(s, errors));
    // What stands at a bound and would go beyond it stays there.
    const free = values.map((v, p) => gradient[p] > 0 ? v > bounds[p].low : v < bounds[p].high);
    const normal = slopes.map((s, p) => Float64Array.from(slopes, (t, q) => p === q ? product(s, t) || 1 : free[p] && free[q] ? product(s, t) : 0));
    for (let tries = 0; tries < TRIES; tries++) {
      const move = solve(normal, gradient.map((g, p) => free[p] ? g : 0), damping);
      const moved = values.map((v, i) => within(v * Math.exp(-move[i]), i));
      const found = errorsAt(moved);
      const sum = costOf(found);
      if (sum < cost) {
        [values, errors, cost] = [moved, found, sum];
        damping = Math.max(1e-9, damping / 5);
        break;
      }
      damping *= 5;
    }
    if (before - cost <= ENOUGH * before) { break; }
  }
  return values;
}

/** What rows are left out by, and the cell that they repeat each other in. */
export interface FewTags { readonly family: string; readonly gpu: string; readonly cell: string }

/** Rows of one cell count together as the square root of their number. */
export function countsOf(rows: readonly { readonly tags: FewTags }[]): number[] {
  const sizes = new Map<string, number>();
  for (const { tags: { cell } } of rows) { sizes.set(cell, (sizes.get(cell) ?? 0) + 1); }
  return rows.map(({ tags: { cell } }) => 1 / Math.sqrt(sizes.get(cell)!));
}
