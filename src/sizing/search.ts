import { GPUS_PER_NODE, joined } from './communication';
import { Lengths, estimateAt, fitProblem, lengthsOf } from './estimate';
import { Instance, Service } from './instance';
import { layoutProblem, layoutsFor, toLayout } from './layouts';
import { LoadKind } from './load';
import { Estimate, SizingCandidate } from './plan';
import { LatencyTarget, ParallelLayout, SizingPool, SizingRequest } from './questions';
import { Ranked, compare } from './rank';
import { acceleratorProblem, degreesOf, latencyProblem, loadProblem, objectProblem, poolsProblem, Subject, subjectOf } from './request';
import { lengthFor, settingsFor } from './settings';
import { Degrees } from './shares';
import { count } from './words';
import { numberProblem } from '../errors';

/** Largest plan that is worth printing. */
export const MOST_GPUS = 1e6;
export const DEFAULT_PERCENTILE = 95;
export const DEFAULT_HEADROOM = 0.2;
const HALVINGS = 24;
/** Share of an instance's throughput at which a layout that misses its latency is shown. */
const LIGHT_LOAD = 0.5;

/** Latencies that differ by less than this factor, the model's own error, rank alike: no reason for a more complicated layout. */
const LATENCY_STEP = 1.25;

/** Why a candidate was turned down; the later it was, the nearer it came. */
export enum Miss { NONE, POOL, LATENCY, MEMORY, LAYOUT, HARDWARE }

/** One limit of the latency target. */
export type Limit = 'timeToFirstTokenMillis' | 'timePerOutputTokenMillis' | 'endToEndMillis';

/** A candidate with all that ranking and sentences need. */
export interface Found extends Ranked {
  readonly pool: SizingPool;
  readonly layout: ParallelLayout;
  readonly miss: Miss;
  readonly replicas?: number;
  /** Replicas that would carry the load, spares included; differs from `replicas` where those were stated. */
  readonly needed?: number;
  readonly rejection?: string;
  readonly estimate?: Estimate;
  readonly instance?: Instance;
  /** Requests per second that one replica carries within the targets, before headroom. */
  readonly capacity?: number;
  /** The limit that is missed most, and the latency that would be had. */
  readonly missed?: { readonly limit: Limit; readonly millis: number };
}

/** A request that was checked, with its defaults filled in. */
export interface Checked {
  readonly request: SizingRequest;
  readonly subject: Subject;
  readonly requestsPerSecond: number;
  readonly lengths: Lengths;
  readonly latency: LatencyTarget;
  readonly percentile: number;
  readonly headroom: number;
  readonly spareReplicas: number;
  readonly degrees?: Degrees;
  readonly priced: boolean;
}

/** A request with its defaults, or the sentence that says what is wrong with it. */
export function check(request: SizingRequest): Checked | string {
  const wrong = objectProblem('request', request, 'an object with model, pools and load');
  if (wrong) { return wrong; }
  const subject = subjectOf(request);
  if (typeof subject === 'string') { return subject; }
  const problem = poolsProblem(request.pools) ?? loadProblem(request.load) ?? latencyProblem(request.latency)
    ?? (request.headroom === undefined ? undefined : numberProblem('headroom', request.headroom, { min: 0, max: 0.99 }))
    ?? (request.spareReplicas === undefined ? undefined : numberProblem('spareReplicas', request.spareReplicas, { min: 0, max: 1000, integer: true }))
    ?? (request.replicas === undefined ? undefined : numberProblem('replicas', request.replicas, { min: 1, max: MOST_GPUS, integer: true }));
  if (problem) { return problem; }
  const { load } = request;
  if (load.kind !== LoadKind.REQUESTS_PER_SECOND && load.kind !== LoadKind.OUTPUT_TOKENS_PER_SECOND) {
    return `'load' is of kind '${load.kind}', which fits one instance and not a fleet; use Load.requestsPerSecond or Load.outputTokensPerSecond`;
  }
  const spareReplicas = request.spareReplicas ?? 0;
  if (request.replicas !== undefined && request.replicas <= spareReplicas) {
    return `'replicas' is ${request.replicas} but 'spareReplicas' ${spareReplicas} leaves none to carry the load; give more replicas or fewer spares`;
  }
  const degrees = request.layout === undefined ? undefined : degreesOf(request.layout);
  if (typeof degrees === 'string') { return degrees; }
  const context = subject.model.maxContextTokens;
  const lengths = lengthsOf(load, context, true);
  const longest = Math.ceil(lengths.prompt.mean) + Math.ceil(lengths.output.mean);
  const most = Math.min(context ?? Infinity, subject.engine.maxModelLen ?? Infinity);
  if (longest > most) {
    const what = most === context ? `${subject.model.id} has a context of ${most}` : `'engine.maxModelLen' is ${most}`;
    return `'promptTokens' and 'outputTokens' together are ${longest} tokens but ${what}; ask for shorter requests or use a model with a longer context`;
  }
  return {
    request,
    subject,
    requestsPerSecond: load.kind === LoadKind.REQUESTS_PER_SECOND ? load.amount : load.amount / load.lengths.outputTokens,
    lengths,
    latency: request.latency ?? {},
    percentile: request.latency?.percentile ?? DEFAULT_PERCENTILE,
    headroom: request.headroom ?? DEFAULT_HEADROOM,
    spareReplicas,
    degrees,
    priced: request.pools.every((p) => p.dollarsPerGpuHour !== undefined),
  };
}

/** Every layout on every pool, best first. */
export function search(checked: Checked): Found[] {
  const { request, subject } = checked;
  const found: Found[] = [];
  request.pools.forEach((pool) => {
    const hardware = acceleratorProblem(pool.accelerator, subject.precision, subject.shape, true);
    const layouts = hardware ? [checked.degrees ?? { tp: 1, pp: 1, dp: 1, ep: 1 }]
      : checked.degrees ? [checked.degrees] : layoutsFor(subject.shape, pool, subject.rules);
    const perNode = pool.gpusPerNode ?? GPUS_PER_NODE;
    let held = false;
    for (const at of layouts) {
      const base = { pool, at, layout: toLayout(at), written: found.length };
      const layout = hardware ? undefined : layoutProblem(subject.shape, subject.precision, at, pool, subject.rules);
      // Layouts come by size: one over several nodes is last.
      const gpus = at.tp * at.pp * at.dp;
      const needless: string | undefined = held && gpus > perNode && !joined(pool, gpus) ? 'it spans nodes although a smaller one holds the model; state the layout to run it so' : undefined;
      const miss = hardware ? rejected(Miss.HARDWARE, hardware) : layout ?? needless ? rejected(Miss.LAYOUT, layout ?? needless!) : undefined;
      const candidate: Found = miss ? { ...base, ...miss } : tryLayout(checked, base);
      held ||= candidate.instance !== undefined && candidate.miss !== Miss.MEMORY;
      found.push(candidate);
    }
  });
  return found.sort(compare);
}

function rejected(miss: Miss, rejection: string, missFactor = 1) {
  return { meets: false, missRank: miss, missFactor, dollarsPerHour: 0, gpus: 0, latencyStep: 0, miss, rejection };
}

interface Base { readonly pool: SizingPool; readonly at: Degrees; readonly layout: ParallelLayout; readonly written: number }

function tryLayout(checked: Checked, base: Base): Found {
  const { subject, lengths } = checked;
  const { pool, at } = base;
  const wanted = lengthFor(subject, lengths.promptP99, lengths.outputP99);
  const defaults = settingsFor(subject, pool.accelerator, at, wanted);
  const fixed = subject.engine.maxNumSeqs !== undefined;
  const cap = subject.rules.stepHoldsEverySequence ? defaults.maxNumBatchedTokens : Infinity;
  const firstSeqs = Math.min(FIRST_SEQS, cap);
  let settings = fixed ? defaults : { ...defaults, maxNumSeqs: firstSeqs };
  let instance = new Instance(subject, pool, at, settings);
  const misfit = fitProblem(instance, settings.maxModelLen);
  if (misfit) {
    const short = instance.heldBytes / (instance.ledger.deviceBytes * settings.memoryFraction);
    return { ...base, ...rejected(Miss.MEMORY, misfit, short), instance };
  }
  let service = serviceOf(instance, lengths);
  if (!fixed) {
    const bound = service.batching.mostDecoding >= firstSeqs * at.dp * 0.99;
    if (bound) {
      instance = new Instance(subject, pool, at, { ...settings, maxNumSeqs: Math.min(MOST_SEQS, cap) });
      if (fitProblem(instance, settings.maxModelLen)) { instance = new Instance(subject, pool, at, settings); }
      service = serviceOf(instance, lengths);
    }
    const most = mostWithin(checked, service);
    if (most !== undefined) {
      const seqs = Math.max(LEAST_SEQS, 2 ** Math.ceil(Math.log2(Math.max(1, most / at.dp * SEQS_MARGIN))));
      settings = { ...settings, maxNumSeqs: Math.min(instance.settings.maxNumSeqs, seqs) };
      instance = new Instance(subject, pool, at, settings);
      service = serviceOf(instance, lengths);
    }
  }
  return place(checked, base, instance, service);
}

/** Requests in a step: what a search starts with, stays between, and leaves above what it needs. */
const LEAST_SEQS = 8;
const FIRST_SEQS = 256;
const MOST_SEQS = 1024;
const SEQS_MARGIN = 1.25;

function serviceOf(instance: Instance, lengths: Lengths): Service {
  return instance.batching(lengths.prompt, lengths.output, lengths.prefixHitRatio)!;
}

/** How many replicas an instance's layout takes, and whether they meet the request. */
function place(checked: Checked, base: Base, instance: Instance, service: Service): Found {
  const { request, requestsPerSecond, lengths, headroom, spareReplicas, percentile, priced } = checked;
  const { batching } = service;
  const most = mostWithin(checked, service);
  const capacity = most === undefined ? undefined : batching.throughput(most) * (1 - headroom);
  const usable = capacity ?? batching.capacity() * LIGHT_LOAD;
  const needed = Math.ceil(requestsPerSecond / usable * (1 - 1e-12)) + spareReplicas;
  const replicas = request.replicas ?? needed;
  const gpus = replicas * instance.gpus;
  const carrying = replicas - spareReplicas;
  const point = batching.poisson(requestsPerSecond / carrying, request.load.arrivals?.variation);
  const estimate = estimateAt(instance, service, lengths, point, 'arrivals', percentile);
  const price = priced ? base.pool.dollarsPerGpuHour! * gpus : 0;
  const latencyMillis = estimate.endToEnd.atTarget.expected;
  const latencyStep = Math.round(Math.log(Math.max(1e-3, latencyMillis)) / Math.log(LATENCY_STEP));
  const all = { ...base, replicas, needed, gpus, estimate, instance, capacity, dollarsPerHour: price, latencyStep };
  const turnedDown = (miss: Miss, rejection: string, missFactor: number, missed?: Found['missed']): Found =>
    ({ ...all, meets: false, missRank: miss, missFactor, miss, rejection, missed });
  if (capacity === undefined) {
    const missed = worstMiss(checked, estimate);
    return turnedDown(Miss.LATENCY, missSentence(checked, missed), missed.factor, missed);
  }
  const allowed = Math.min(base.pool.maxGpus ?? Infinity, MOST_GPUS);
  if (request.replicas !== undefined && needed - spareReplicas > carrying && requestsPerSecond > carrying * batching.throughput(most!) * (1 + 1e-9)) {
    const carried = `${count(rate(carrying * batching.throughput(most!)), 'request')}/s`;
    const carry = carrying === 1 ? `1 replica carries ${carried}` : `${carrying} replicas carry ${carried}`;
    const room = needed * instance.gpus <= allowed;
    const way = room ? `use ${count(needed, 'replica')}` : `lower it, or allow the ${count(needed * instance.gpus, 'GPU')} of ${count(needed, 'replica')} where there ${allowed === 1 ? 'is' : 'are'} ${allowed}`;
    const sentence = `${carry} within the targets but the load is ${rate(requestsPerSecond)}; ${way}`;
    return turnedDown(Miss.POOL, sentence, needed / replicas);
  }
  if (gpus > allowed) {
    const has = base.pool.maxGpus === undefined || base.pool.maxGpus > MOST_GPUS ? `a plan may have at most ${MOST_GPUS}` : `the pool has ${base.pool.maxGpus}`;
    return turnedDown(Miss.POOL, `${count(replicas, 'replica')} ${replicas === 1 ? 'takes' : 'take'} ${count(gpus, 'GPU')} but ${has}`, gpus / allowed);
  }
  return { ...all, meets: true, missRank: Miss.NONE, missFactor: 1, miss: Miss.NONE };
}

/** Most requests that can be decoding with all limits held; undefined if none can. */
function mostWithin({ latency, percentile, request }: Checked, { batching }: Service): number | undefined {
  const p = percentile / 100;
  const first = latency.timeToFirstTokenMillis;
  const token = latency.timePerOutputTokenMillis;
  const whole = latency.endToEndMillis;
  if (first === undefined && token === undefined && whole === undefined) { return batching.mostDecoding; }
  const holds = (decoding: number) => {
    const point = batching.pointAt(decoding, request.load.arrivals?.variation);
    return (token === undefined || batching.tokenAt(point, p) * 1000 <= token)
      && (first === undefined || batching.firstTokenAt(point, p) * 1000 <= first)
      && (whole === undefined || batching.endToEndAt(point, p) * 1000 <= whole);
  };
  if (holds(batching.mostDecoding)) { return batching.mostDecoding; }
  let low = batching.mostDecoding * 1e-6;
  if (!holds(low)) { return undefined; }
  let high = batching.mostDecoding;
  for (let i = 0; i < HALVINGS; i++) {
    const middle = (low + high) / 2;
    if (holds(middle)) { low = middle; } else { high = middle; }
  }
  return low;
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

/** Milliseconds as people read them. */
export function showMillis(millis: number): string {
  return `${millis < 10 ? Number(millis.toPrecision(2)) : Math.round(millis)} ms`;
}

/** A rate as people read it. */
export function rate(perSecond: number): string {
  return String(Number(perSecond.toPrecision(3)));
}

/** The public form of a candidate. */
export function toCandidate(found: Found): SizingCandidate {
  return {
    pool: found.pool.name ?? found.pool.accelerator.name,
    layout: found.layout,
    replicas: found.replicas,
    gpus: found.replicas === undefined ? undefined : found.gpus,
    rejection: found.rejection,
    estimate: found.estimate,
  };
}

