/** Evaluations at most; halving alone would take 30 for the precision. */
const MOST_STEPS = 100;
/** How near below its bound a value counts as at it, and how near each other numbers count as one. */
const NEAR = 1e-12;
const NARROW = 1e-9;
/** Share of the range that counts as its start. */
const LEAST = 1e-6;

/** What is known of a crossing before it is looked for. */
export interface CrossingHints {
  /** Where it may well be, such as the answer to a similar question. */
  readonly near?: number;
  /** Whether any number between two is as good as the other, which ends the search early. */
  readonly alike?: (low: number, high: number) => boolean;
}

/**
 * The largest number up to `high` at which a growing function is not above 0, to a billionth; undefined where it hardly is at any. By secants
 * through the last two numbers, with a halving where one leads out of the range, or where three left more than a quarter of it and an eighth of the excess.
 */
export function crossing(high: number, excess: (n: number) => number, { near = 0, alike }: CrossingHints = {}): number | undefined {
  const least = high * LEAST;
  let [low, top] = [least, high];
  let [last, before] = [high, excess(high)];
  if (before <= 0) { return high; }
  let n = near > least && near < high ? near : least;
  let held: number | undefined;
  let [width, left] = [Infinity, Infinity];
  for (let i = 1; i <= MOST_STEPS; i++) {
    // Where it is far above, how far is no matter.
    const value = Math.min(1, excess(n));
    if (value > 0) { top = n; } else { held = low = n; }
    if (value <= 0 && value >= -NEAR || top - low <= NARROW * top || alike?.(low, top)) { break; }
    let slow = false;
    if (i % 3 === 0) {
      slow = top - low > width / 4 && Math.abs(value) > left / 8;
      [width, left] = [top - low, Math.abs(value)];
    }
    const secant = n - (value + NEAR / 2) * (n - last) / (value - before);
    [last, before] = [n, value];
    n = !slow && secant > low && secant < top ? secant : (low + top) / 2;
  }
  return held ?? (top > least && excess(least) <= 0 ? least : undefined);
}
