import { Checked, MOST_GPUS } from './checked';
import { Found, LIMIT_NAMES, Limit, Miss, nameOf } from './placement';
import { SizingPool } from './questions';
import { search } from './search';
import { count, rate, showMillis } from './words';
import { Accelerator } from '../catalog/accelerator';

const LIMITS: readonly Limit[] = ['timeToFirstTokenMillis', 'timePerOutputTokenMillis', 'endToEndMillis'];
/** Misses that a sentence names. */
const NEAREST = 3;

/** Longest sentence: what does not fit in is said more shortly. */
const LONGEST = 600;

/** Why no candidate meets the request, with the three nearest misses and a way out; a reason with a semicolon gives its own. */
export function problemOf(checked: Checked, found: readonly Found[]): string {
  if (found.length === 0) { return 'no layout is left to look at; give a pool with at least one GPU'; }
  const nearest = found[0];
  const reasons = [...new Set(found.map((f) => f.rejection!))];
  const told = nearest.rejection!.includes('; ');
  if (reasons.length === 1) { return `${withPool(checked, nearest, reasons[0])}${told ? '' : `; ${advice(checked, nearest)}`}`; }
  const listed = nearest.miss === Miss.LATENCY || nearest.miss === Miss.POOL;
  const way = told && !listed ? '' : `; ${advice(checked, nearest)}`;
  const misses = found.filter((f) => f.miss === nearest.miss).slice(0, NEAREST);
  const several = checked.request.pools.length > 1;
  const sentence = (most: number, whole: number, pools: number) => {
    const first = (f: Found, i: number) => i < whole && misses.findIndex((m) => m.rejection === f.rejection) === i;
    const list = misses.slice(0, most).map((f, i) => describe(checked, f, several, first(f, i))).join(listed ? ', ' : '; ');
    return `no layout serves ${wanted(checked)} on ${poolNames(checked.request.pools, pools)}; nearest: ${list}${way}`;
  };
  const shorter = [[NEAREST, 4], [2, 4], [1, 4], [1, 1]].map(([whole, pools]) => sentence(NEAREST, whole, pools));
  return shorter.find((s) => s.length <= LONGEST) ?? sentence(1, 1, 1);
}

function withPool(checked: Checked, found: Found, reason: string): string {
  return checked.request.pools.length > 1 && !reason.includes(found.pool.accelerator.name) ? `${reason} (on ${poolNames(checked.request.pools, 4)})` : reason;
}

/** The load and the limits, as a noun phrase. */
export function wanted({ requestsPerSecond, latency, percentile, request }: Checked): string {
  const limits = LIMITS.filter((l) => latency[l] !== undefined).map((l) => `a ${showMillis(latency[l]!)} ${LIMIT_NAMES[l]}`);
  const replicas = request.replicas === undefined ? '' : ` with ${count(request.replicas, 'replica')}`;
  return `${count(rate(requestsPerSecond), 'request')}/s${replicas}${limits.length ? ` within ${limits.join(' and ')} at p${percentile}` : ''}`;
}

function poolNames(pools: readonly SizingPool[], most: number): string {
  const names = [...new Set(pools.map((p) => p.name ?? p.accelerator.name))];
  return names.length > most ? `${names.slice(0, most).join(', ')} and ${names.length - most} more` : names.join(', ');
}

function describe(checked: Checked, found: Found, several: boolean, whole: boolean): string {
  const where = several ? ` on ${found.pool.name ?? found.pool.accelerator.name}` : '';
  switch (found.miss) {
    case Miss.LATENCY: {
      const what = LIMITS.filter((l) => checked.latency[l] !== undefined).length > 1 ? ` ${LIMIT_NAMES[found.missed!.limit]}` : '';
      return `${found.replicas} x (${nameOf(found)})${where} at ${showMillis(found.missed!.millis)}${what}`;
    }
    case Miss.POOL: return `${found.replicas} x (${nameOf(found)})${where} with ${count(found.gpus, 'GPU')}`;
    default: return `(${nameOf(found)})${where}${whole ? `: ${found.rejection}` : ' likewise'}`;
  }
}

function advice(checked: Checked, nearest: Found): string {
  const other = otherAccelerator(checked);
  const allow = other ? `, or allow ${other}` : '';
  switch (nearest.miss) {
    case Miss.LATENCY: return `${slower(checked, nearest) ?? 'use shorter requests, a smaller precision or a faster accelerator'}${allow}`;
    case Miss.POOL: return `${poolAdvice(checked, nearest)}${allow}`;
    case Miss.MEMORY: return `use a smaller precision, a shorter context or more GPUs per replica${allow}`;
    case Miss.HARDWARE: return 'choose another accelerator or precision';
    default: return `choose another layout${allow}`;
  }
}

function poolAdvice({ request }: Checked, nearest: Found): string {
  const { gpus, replicas } = nearest;
  const { gpus: most, by } = nearest.allowed!;
  const each = gpus / (replicas ?? 1);
  const needed = nearest.needed ?? replicas ?? 1;
  if (request.replicas === undefined) {
    return gpus > MOST_GPUS ? `a plan may have at most ${MOST_GPUS} GPUs; lower the load` : `allow ${count(gpus, 'GPU')} where there ${most === 1 ? 'is' : 'are'} ${most}, or lower the load`;
  }
  if (needed * each > MOST_GPUS) { return `a plan may have at most ${MOST_GPUS} GPUs; lower the load`; }
  if (needed * each > most) {
    return `the load takes ${count(needed, 'replica')} with ${count(needed * each, 'GPU')} but ${by} holds ${most}; allow more GPUs or lower the load`;
  }
  return gpus > most
    ? `use at most ${count(Math.floor(most / each), 'replica')}, as ${by} holds ${count(most, 'GPU')}, or allow ${gpus}`
    : `use ${count(needed, 'replica')} or lower the load`;
}

/** Limits that a search finds can be met: the one that is missed most, or all that are, at or somewhat above what the nearest miss does. */
function slower(checked: Checked, { missed, estimate }: Found): string | undefined {
  const had: [Limit, number | undefined][] = [
    ['timeToFirstTokenMillis', estimate?.timeToFirstToken.atTarget.expected],
    ['timePerOutputTokenMillis', estimate?.timePerOutputToken.atTarget.expected],
    ['endToEndMillis', estimate?.endToEnd.atTarget.expected],
  ];
  const all = had.filter((row): row is [Limit, number] => row[1] !== undefined && row[1] > (checked.latency[row[0]] ?? Infinity));
  for (const limits of [[[missed!.limit, missed!.millis] as const], all]) {
    for (const more of [1, 1.25, 2]) {
      const raised = limits.map(([limit, millis]) => [limit, roundUp(millis * more)] as const);
      const latency = { ...checked.latency, ...Object.fromEntries(raised) };
      if (search({ ...checked, latency })[0]?.meets) {
        const values = raised.map(([limit, millis]) => `'${limit}' to ${showMillis(millis)}`);
        return `raise ${[values.slice(0, -1).join(', '), ...values.slice(-1)].filter(Boolean).join(' and ')}`;
      }
    }
  }
  const [unlimited] = search({ ...checked, latency: {} });
  return unlimited?.miss === Miss.POOL ? `even with no limit on latency, ${poolAdvice(checked, unlimited)}` : undefined;
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
    const { gpusPerNode, maxGpus, interNodeBytesPerSecond, hostLinkBytesPerSecond } = first;
    const pool: SizingPool = { accelerator, gpusPerNode, maxGpus, interNodeBytesPerSecond, hostLinkBytesPerSecond };
    return search({ ...checked, priced: false, request: { ...checked.request, pools: [pool] } })[0]?.meets;
  })?.name;
}
