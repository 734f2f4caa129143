/** Evaluations at most; halving alone would take 23 for the precision. */
const MOST_STEPS = 100;
/** How near below its bound a value counts as at it. */
const NEAR = 1e-7;

/**
 * The largest number up to `high` at which a growing function is not above 0, to a ten-millionth; undefined where it hardly is at any. By the
 * Illinois rule of false position, with a halving where three steps did not leave a quarter of the range.
 *
 * @param alike whether any number between two is as good as the other, which ends the search early
 */
export function crossing(high: number, excess: (n: number) => number, alike?: (low: number, high: number) => boolean): number | undefined {
  let above = excess(high);
  if (above <= 0) { return high; }
  let low = high * 1e-6;
  let below = excess(low);
  if (below > 0) { return undefined; }
  let held = below;
  let top = high;
  let side = 0;
  let width = Infinity;
  for (let i = 0; i < MOST_STEPS && held < -NEAR && top - low > NEAR * high && !alike?.(low, top); i++) {
    const straight = low + (top - low) * below / (below - above);
    const slow = i % 3 === 2 && top - low > width / 4;
    if (i % 3 === 2) { width = top - low; }
    const middle = slow || !(straight > low && straight < top) ? (low + top) / 2 : straight;
    const value = excess(middle);
    if (value <= 0) {
      if (side < 0) { above /= 2; }
      [low, held, below, side] = [middle, value, value, -1];
    } else {
      if (side > 0) { below /= 2; }
      [top, above, side] = [middle, value, 1];
    }
  }
  return low;
}
