import { normalBelow } from './lengths';

/** Waits before service, in seconds. */

/** Fuller queues take longer to settle than any load stays the same; keeps waits finite. */
export const FULLEST = 0.98;

/** Wait that a share `p` of requests stays under: exponential tail with this mean, and nothing for those who find the server free. */
export function waitAt(rho: number, mean: number, p: number): number {
  const used = Math.min(Math.max(rho, 0), FULLEST);
  return used <= 1 - p || mean <= 0 ? 0 : mean / used * Math.log(used / (1 - p));
}

/**
 * Share of requests that find all places taken. The number in flight goes up and down as in a birth and death process whose deaths grow with it: its
 * probability falls by the ratio of both rates from one number to the next.
 *
 * @param room places above the usual number in flight
 * @param middle logarithm of what is done with half of them taken, over what comes
 * @param end the same with all of them taken
 * @param left 1 - what comes over what is done with all of them taken
 */
export function placesBusy(room: number, middle: number, end: number, left: number): number {
  const full = 1 / left;
  if (room <= 0) { return 1; }
  // A parabola through both: its slope at the usual number tells how far the number strays, its integral how rarely it comes to the end.
  const slope = Math.max(4 * middle - end, end / 4) / room;
  const rare = Math.exp(-room * (4 * middle + end) / 6);
  const usual = Math.sqrt(2 * Math.PI / slope) * normalBelow(room * Math.sqrt(slope));
  return rare * full / (rare * full + usual);
}

/**
 * What a share `p` of requests stays under in the sum of waits that do not depend on each other, each given by its mean, then its own value at `p`: how
 * far they lie above their means adds as squares. Never falls where one of them grows.
 */
export function combined(...meansAndValues: readonly number[]): number {
  let sum = 0;
  let squares = 0;
  for (let i = 0; i < meansAndValues.length; i += 2) {
    const at = meansAndValues[i + 1];
    const above = Math.max(0, at - meansAndValues[i]);
    sum += at - above;
    squares += above * above;
  }
  return sum + Math.sqrt(squares);
}
