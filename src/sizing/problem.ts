import { layoutName } from './layouts';
import { SizingPool } from './plan';
import { Checked, Found, LIMIT_NAMES, Limit, MOST_GPUS, Miss, rate, search, showMillis } from './search';
import { Accelerator } from '../catalog/accelerator';

const LIMITS: readonly Limit[] = ['timeToFirstTokenMillis', 'timePerOutputTokenMillis', 'endToEndMillis'];
/** Misses that a sentence names. */
const NEAREST = 3;

/** Why no candidate meets the request, with the three nearest misses and a way out. */
export function problemOf(checked: Checked, found: readonly Found[]): string {
  if (found.length === 0) { return 'no layout is left to look at; give a pool with at least one GPU'; }
  const nearest = found[0];
  const reasons = [...new Set(found.map((f) => f.rejection!))];
  if (reasons.length === 1) { return withPool(checked, nearest, reasons[0]); }
  const misses = found.filter((f) => f.miss === nearest.miss).slice(0, NEAREST);
  const several = checked.request.pools.length > 1;
  const list = misses.map((f) => describe(checked, f, several)).join(nearest.miss === Miss.LATENCY || nearest.miss === Miss.POOL ? ', ' : '; ');
  return `no layout serves ${wanted(checked)} on ${poolNames(checked.request.pools)}; nearest: ${list}; ${advice(checked, nearest)}`;
}

function withPool(checked: Checked, found: Found, reason: string): string {
  return checked.request.pools.length > 1 && !reason.includes(found.pool.accelerator.name) ? `${reason} (on ${poolNames(checked.request.pools)})` : reason;
}

/** The load and the limits, as a noun phrase. */
export function wanted({ requestsPerSecond, latency, percentile, request }: Checked): string {
  const limits = LIMITS.filter((l) => latency[l] !== undefined).map((l) => `a ${showMillis(latency[l]!)} ${LIMIT_NAMES[l]}`);
  const replicas = request.replicas === undefined ? '' : ` with ${request.replicas} replicas`;
  return `${rate(requestsPerSecond)} requests/s${replicas}${limits.length ? ` within ${limits.join(' and ')} at p${percentile}` : ''}`;
}

function poolNames(pools: readonly SizingPool[]): string {
  const names = [...new Set(pools.map((p) => p.name ?? p.accelerator.name))];
  return names.length > 4 ? `${names.slice(0, 4).join(', ')} and ${names.length - 4} more` : names.join(', ');
}

function describe(checked: Checked, found: Found, several: boolean): string {
  const where = several ? ` on ${found.pool.name ?? found.pool.accelerator.name}` : '';
  switch (found.miss) {
    case Miss.LATENCY: {
      const what = LIMITS.filter((l) => checked.latency[l] !== undefined).length > 1 ? ` ${LIMIT_NAMES[found.missed!.limit]}` : '';
      return `${found.replicas} x (${layoutName(found.at)})${where} at ${showMillis(found.missed!.millis)}${what}`;
    }
    case Miss.POOL: return `${found.replicas} x (${layoutName(found.at)})${where} with ${found.gpus} GPUs`;
    default: return `(${layoutName(found.at)})${where}: ${found.rejection}`;
  }
}

function advice(checked: Checked, nearest: Found): string {
  const other = otherAccelerator(checked);
  const allow = other ? `, or allow ${other}` : '';
  switch (nearest.miss) {
    case Miss.LATENCY: {
      const { limit, millis } = nearest.missed!;
      return `raise '${limit}' to ${showMillis(roundUp(millis))}${allow}`;
    }
    case Miss.POOL: {
      if (nearest.gpus > MOST_GPUS) { return `a plan may have at most ${MOST_GPUS} GPUs; lower the load${allow}`; }
      if (checked.request.replicas !== undefined) { return `give more replicas or lower the load${allow}`; }
      return `allow ${nearest.gpus} GPUs where there are ${nearest.pool.maxGpus}, or lower the load${allow}`;
    }
    case Miss.MEMORY: return `use a smaller precision, a shorter context or more GPUs per replica${allow}`;
    default: return `choose another layout${allow}`;
  }
}

/** To two digits, upwards. */
function roundUp(millis: number): number {
  const unit = 10 ** (Math.floor(Math.log10(millis)) - 1);
  return Number((Math.ceil(millis / unit - 1e-9) * unit).toPrecision(3));
}

/** The slowest accelerator of the same maker that would do, on nodes and limits like those of the first pool. */
function otherAccelerator(checked: Checked): string | undefined {
  const [first] = checked.request.pools;
  const asked = new Set(checked.request.pools.map((p) => p.accelerator.name));
  const others = Accelerator.all()
    .filter((a) => a.vendor === first.accelerator.vendor && !asked.has(a.name) && (a.memoryBytesPerSecond ?? 0) > 0)
    .sort((a, b) => a.memoryBytesPerSecond! - b.memoryBytesPerSecond! || (a.name < b.name ? -1 : 1));
  return others.find((accelerator) => {
    const { gpusPerNode, maxGpus, interNodeBytesPerSecond } = first;
    const pool: SizingPool = { accelerator, gpusPerNode, maxGpus, interNodeBytesPerSecond };
    return search({ ...checked, priced: false, request: { ...checked.request, pools: [pool] } })[0]?.meets;
  })?.name;
}
