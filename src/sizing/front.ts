import { Checked } from './checked';
import { Found, withReplicas } from './placement';
import { compare } from './rank';

/** Replicas over those that the load needs. */
const MORE_REPLICAS: readonly number[] = [1, 1.25, 1.5, 2, 3, 4, 6, 8];
/** Power and latency that differ by less than this factor count as equal, or the front would list what nobody can tell apart. */
const STEP = 1.05;

/**
 * Plans of which no other is better in one of price (GPUs where a pool has none), power, end-to-end time and unchanged answers without being worse
 * in another: cheapest first, slowest first.
 *
 * @param found candidates, best first
 */
export function frontOf(checked: Checked, found: readonly Found[]): Found[] {
  const { request } = checked;
  const all = found.filter((f) => f.meets).flatMap((f) => {
    const most = Math.floor(f.allowed!.gpus / f.instance!.gpus);
    const counts = request.replicas === undefined ? MORE_REPLICAS.map((factor) => Math.ceil(f.needed! * factor)).filter((n) => n <= most) : [];
    return [f.replicas!, ...counts].filter((n, i, list) => list.indexOf(n) === i).map((n) => n === f.replicas ? f : withReplicas(checked, f, n));
  });
  const points = all.sort(compare).map((f) => ({ f, axes: axesOf(checked, f) }));
  const front: typeof points = [];
  for (const point of points.sort((a, b) => a.axes.reduce((order, x, i) => order || x - b.axes[i], 0))) {
    if (!front.some((better) => better.axes.every((x, i) => x <= point.axes[i]))) { front.push(point); }
  }
  return front.map(({ f }) => f);
}

/** What counts, less being better. Power counts where it is known of every pool; a KV cache in a format that nobody asked for changes answers. */
function axesOf({ priced, request }: Checked, { dollarsPerHour, gpus, energy, estimate, converted }: Found): number[] {
  const rated = request.pools.every((p) => p.accelerator.maxPowerWatts !== undefined);
  return [priced ? dollarsPerHour : gpus, stepOf(estimate!.endToEnd.atTarget.expected), rated ? stepOf(energy!.watts) : 0, Number(converted)];
}

function stepOf(value: number): number {
  return Math.round(Math.log(value) / Math.log(STEP));
}
