import { Checked, MOST_GPUS } from './checked';
import { costOf } from './cost';
import { CrossingHints, crossing } from './crossing';
import { IDLE_POWER, Served, energyOf } from './energy';
import { Lengths, answerAt } from './estimate';
import { Instance, Service } from './instance';
import { layoutName } from './layouts';
import { Objective, ObjectiveKind } from './objective';
import { CostEstimate, EnergyEstimate, Estimate, SizingCandidate } from './plan';
import { ParallelLayout, SizingPool } from './questions';
import { Ranked } from './rank';
import { Degrees } from './shares';
import { count, rate, showMillis } from './words';
import { Precision } from '../catalog/precision';

/** Share of an instance's throughput at which a layout that misses its latency is shown. */
const LIGHT_LOAD = 0.5;

/** What a plan for the lowest latency takes more GPUs or another layout for, and a plan for the lowest energy another layout. */
const LATENCY_GAIN = 1.05;
const ENERGY_STEP = 1.02;

/** Why a candidate was turned down; the later it was, the nearer it came. */
export enum Miss { NONE, POOL, LATENCY, MEMORY, LAYOUT, HARDWARE }

/** One limit of the latency target. */
export type Limit = 'timeToFirstTokenMillis' | 'timePerOutputTokenMillis' | 'endToEndMillis';

/** A candidate with all that ranking and sentences need. */
export interface Found extends Ranked, Base {
  readonly miss: Miss;
  readonly replicas?: number;
  /** Replicas that would carry the load, spares included; differs from `replicas` where those were stated. */
  readonly needed?: number;
  readonly rejection?: string;
  readonly estimate?: Estimate;
  readonly instance?: Instance;
  readonly service?: Service;
  readonly cost?: CostEstimate;
  readonly energy?: EnergyEstimate;
  readonly promptTimeShare?: number;
  readonly allowed?: Allowed;
  /** Requests per second that one replica carries within the targets, before headroom. */
  readonly capacity?: number;
  /** The limit that is missed most, and the latency that would be had. */
  readonly missed?: { readonly limit: Limit; readonly millis: number };
}

export function rejected(miss: Miss, rejection: string, missFactor = 1) {
  return { meets: false, missRank: miss, missFactor, goal: 0, dollarsPerHour: 0, gpus: 0, latencyStep: 0, miss, rejection };
}

/** A layout on a pool, with a format of the KV cache. */
export interface Base {
  readonly pool: SizingPool;
  readonly at: Degrees;
  readonly layout: ParallelLayout;
  readonly kvCachePrecision: Precision;
  readonly converted: boolean;
  readonly written: number;
}

/** A candidate's layout as people write it, with the format of its KV cache where nobody asked for it. */
export function nameOf({ at, converted, kvCachePrecision }: Base): string {
  return `${layoutName(at)}${converted ? `, KV cache in ${kvCachePrecision.name}` : ''}`;
}

export function serviceOf(instance: Instance, lengths: Lengths): Service {
  return instance.batching(lengths.prompt, lengths.output, lengths.prefixHitRatio)!;
}

/** How many replicas an instance's layout takes, and whether they meet the request. @param near about how many may be decoding within the limits */
export function place(checked: Checked, base: Base, instance: Instance, service: Service, near?: number): Found {
  const { request, requestsPerSecond, headroom, spareReplicas } = checked;
  const { batching } = service;
  const most = mostWithin(checked, service, { near });
  const capacity = most === undefined ? undefined : batching.throughput(most) * (1 - headroom);
  const usable = capacity ?? batching.capacity() * LIGHT_LOAD;
  const needed = Math.ceil(requestsPerSecond / usable * (1 - 1e-12)) + spareReplicas;
  const allowed = allowedOf(request.objective, base.pool);
  const replicas = request.replicas ?? (capacity === undefined ? needed : wanted(checked, instance, service, needed, allowed.gpus));
  const placed = figuresOf(checked, base, instance, service, replicas);
  const { gpus, estimate } = placed;
  const carrying = replicas - spareReplicas;
  const found = (miss: Miss, rejection?: string, missFactor = 1, missed?: Found['missed']): Found => ({
    pool: base.pool,
    at: base.at,
    layout: base.layout,
    kvCachePrecision: base.kvCachePrecision,
    converted: base.converted,
    written: base.written,
    meets: miss === Miss.NONE,
    missRank: miss,
    missFactor,
    goal: placed.goal,
    dollarsPerHour: placed.dollarsPerHour,
    gpus,
    latencyStep: 0,
    miss,
    replicas,
    needed,
    rejection,
    estimate,
    instance,
    service,
    cost: placed.cost,
    energy: placed.energy,
    promptTimeShare: placed.promptTimeShare,
    allowed,
    capacity,
    missed,
  });
  if (capacity === undefined) {
    const missed = worstMiss(checked, estimate);
    return found(Miss.LATENCY, missSentence(checked, missed), missed.factor, missed);
  }
  if (request.replicas !== undefined && needed - spareReplicas > carrying && requestsPerSecond > carrying * batching.throughput(most!) * (1 + 1e-9)) {
    const carried = `${count(rate(carrying * batching.throughput(most!)), 'request')}/s`;
    const carry = carrying === 1 ? `1 replica carries ${carried}` : `${carrying} replicas carry ${carried}`;
    const room = needed * instance.gpus <= allowed.gpus;
    const there = `where there ${allowed.gpus === 1 ? 'is' : 'are'} ${allowed.gpus}`;
    const way = room ? `use ${count(needed, 'replica')}` : `lower it, or allow the ${count(needed * instance.gpus, 'GPU')} of ${count(needed, 'replica')} ${there}`;
    const sentence = `${carry} within the targets but the load is ${rate(requestsPerSecond)}; ${way}`;
    return found(Miss.POOL, sentence, needed / replicas);
  }
  if (gpus > allowed.gpus) {
    const has = allowed.by === 'a plan' ? `a plan may have at most ${allowed.gpus}` : `${allowed.by} has ${allowed.gpus}`;
    const takes = `${count(replicas, 'replica')} ${replicas === 1 ? 'takes' : 'take'} ${count(gpus, 'GPU')}`;
    return found(Miss.POOL, `${takes} but ${has}`, gpus / Math.max(0.5, allowed.gpus));
  }
  return found(Miss.NONE);
}

/** Most GPUs that a plan may take of a pool, and what says so: the pool, the objective's budget, or what is worth printing. */
export interface Allowed { readonly gpus: number; readonly by: 'the pool' | 'the budget' | 'a plan' }

function allowedOf(objective: Objective | undefined, pool: SizingPool): Allowed {
  const { maxGpus = Infinity, maxDollarsPerHour = Infinity } = objective ?? {};
  const paid = maxDollarsPerHour === Infinity ? Infinity : Math.floor(maxDollarsPerHour / pool.dollarsPerGpuHour! * (1 + 1e-12));
  const limits: Allowed[] = [
    { gpus: MOST_GPUS, by: 'a plan' }, { gpus: pool.maxGpus ?? Infinity, by: 'the pool' }, { gpus: Math.min(maxGpus, paid), by: 'the budget' },
  ];
  return limits.reduce((least, limit) => limit.gpus < least.gpus ? limit : least);
}

/** Replicas that the objective wants: those needed, or for the lowest latency as many as still gain something within the budget. */
function wanted(checked: Checked, instance: Instance, service: Service, needed: number, allowed: number): number {
  const { request, spareReplicas, requestsPerSecond, percentile } = checked;
  let high = Math.floor(allowed / instance.gpus);
  if (request.objective?.kind !== ObjectiveKind.LOWEST_LATENCY || high <= needed) { return needed; }
  const { batching } = service;
  const seconds = (replicas: number) =>
    batching.endToEndAt(batching.poisson(requestsPerSecond / (replicas - spareReplicas), request.load.arrivalVariation), percentile / 100);
  const enough = seconds(high) * LATENCY_GAIN;
  let low = needed - 1;
  while (high - low > 1) {
    const middle = Math.floor((low + high) / 2);
    if (seconds(middle) <= enough) { high = middle; } else { low = middle; }
  }
  return high;
}

/** The same plan with more replicas than it needs, which meets whatever it met. */
export function withReplicas(checked: Checked, found: Found, replicas: number): Found {
  return { ...found, ...figuresOf(checked, found, found.instance!, found.service!, replicas), replicas, latencyStep: 0 };
}

/** What so many replicas of a layout do and cost. */
function figuresOf(checked: Checked, base: Base, instance: Instance, service: Service, replicas: number) {
  const { request: { objective, load }, requestsPerSecond, lengths, spareReplicas, percentile, priced } = checked;
  const gpus = replicas * instance.gpus;
  const point = service.batching.poisson(requestsPerSecond / (replicas - spareReplicas), load.arrivalVariation);
  const { estimate, promptTimeShare } = answerAt(instance, service, lengths, point, 'arrivals', percentile);
  const served: Served = { requestsPerSecond, promptTokens: lengths.prompt.mean, outputTokens: lengths.output.mean, promptTimeShare };
  const idle = spareReplicas * instance.gpus * IDLE_POWER * (base.pool.accelerator.maxPowerWatts ?? 0);
  const energy = energyOf(estimate.energy && estimate.energy.watts * (replicas - spareReplicas) + idle, served);
  const cost = costOf(base.pool, gpus, served);
  const dollarsPerHour = cost?.dollarsPerHour ?? 0;
  const goal = objective ? goalOf(objective.kind, { gpus, dollarsPerHour, energy, estimate }) : 0;
  return { gpus, estimate, cost, energy, promptTimeShare, goal, dollarsPerHour: priced ? dollarsPerHour : 0 };
}

/** What an objective counts, less of it being better. */
function goalOf(kind: ObjectiveKind, found: { gpus: number; dollarsPerHour: number; energy?: EnergyEstimate; estimate: Estimate }): number {
  switch (kind) {
    case ObjectiveKind.FEWEST_GPUS: return found.gpus;
    case ObjectiveKind.LOWEST_COST: return found.dollarsPerHour;
    case ObjectiveKind.LOWEST_ENERGY: return stepOf(found.energy?.watts ?? 1, ENERGY_STEP);
    default: return stepOf(Math.max(1e-3, found.estimate.endToEnd.atTarget.expected), LATENCY_GAIN);
  }
}

/** A figure on a logarithmic scale, in steps by this factor. */
function stepOf(value: number, factor: number): number {
  return Math.round(Math.log(value) / Math.log(factor));
}

/** Most requests that can be decoding with all limits held; undefined if none can. */
export function mostWithin({ latency, percentile, request }: Checked, { batching }: Service, hints?: CrossingHints): number | undefined {
  const p = percentile / 100;
  const first = latency.timeToFirstTokenMillis;
  const token = latency.timePerOutputTokenMillis;
  const whole = latency.endToEndMillis;
  if (first === undefined && token === undefined && whole === undefined) { return batching.mostDecoding; }
  return crossing(batching.mostDecoding, (decoding) => {
    const point = batching.pointAt(decoding, request.load.arrivalVariation);
    return Math.log(Math.max(
      token === undefined ? 0 : batching.tokenAt(point, p) * 1000 / token,
      first === undefined ? 0 : batching.firstTokenAt(point, p) * 1000 / first,
      whole === undefined ? 0 : batching.endToEndAt(point, p) * 1000 / whole,
    ));
  }, hints);
}

function worstMiss({ latency }: Checked, estimate: Estimate): { readonly limit: Limit; readonly millis: number; readonly factor: number } {
  const rows: [Limit, number][] = [
    ['timeToFirstTokenMillis', estimate.timeToFirstToken.atTarget.expected],
    ['timePerOutputTokenMillis', estimate.timePerOutputToken.atTarget.expected],
    ['endToEndMillis', estimate.endToEnd.atTarget.expected],
  ];
  return rows
    .map(([limit, millis]) => ({ limit, millis, factor: latency[limit] === undefined ? 0 : millis / latency[limit] }))
    .reduce((worst, miss) => miss.factor > worst.factor ? miss : worst);
}

export const LIMIT_NAMES: { readonly [limit in Limit]: string } = {
  timeToFirstTokenMillis: 'time to first token',
  timePerOutputTokenMillis: 'time per output token',
  endToEndMillis: 'end-to-end time',
};

function missSentence({ latency, percentile }: Checked, { limit, millis }: { limit: Limit; millis: number }): string {
  return `${LIMIT_NAMES[limit]} is ${showMillis(millis)} at p${percentile} but at most ${showMillis(latency[limit]!)} are wanted`;
}

/** The public form of a candidate. */
export function toCandidate(found: Found): SizingCandidate {
  return {
    pool: found.pool.name ?? found.pool.accelerator.name,
    layout: found.layout,
    kvCachePrecision: found.kvCachePrecision,
    replicas: found.replicas,
    gpus: found.replicas === undefined ? undefined : found.gpus,
    rejection: found.rejection,
    estimate: found.estimate,
    cost: found.cost,
    energy: found.energy,
  };
}
