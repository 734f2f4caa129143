import { GPUS_PER_NODE } from './communication';
import { FITTED } from './data/fitted';
import { Lengths, pointOf } from './estimate';
import { Efficiency, Fitted, Overheads } from './fitted';
import { Instance, Service } from './instance';
import { Metric } from './intervals';
import { Load, LoadKind } from './load';
import { Measurement } from './measurement';
import { OperatingPoint } from './operating-point';
import { objectProblem } from './request';
import { asked } from './sizing';
import { numberProblem } from '../errors';

/** One figure for each metric, throughput in output tokens per second, times in seconds. */
export type Figures = { readonly [metric in Metric]?: number };

/** A measurement that can be predicted again and again, with what it measured. */
export interface Measured {
  readonly row: Measurement;
  readonly source: string;
  readonly instance: Instance;
  readonly lengths: Lengths;
  readonly load: Load;
  readonly figures: Figures;
}

/** Share of requests that may fail: those that do end early and leave their places to others. */
const MOST_FAILED = 0.01;
/** Requests from which a mean is one, and for each of those in flight: the first and the last of them meet another load. */
const LEAST_REQUESTS = 10;
const LEAST_ROUNDS = 2;
/** How far a measurement may be below what physics allows before it is refused, for clocks and counts that are not exact. */
const TOLERANCE = 0.97;
/** Requests in flight by Little's law over those stated: above, something is counted twice; below, the server idled. */
const LITTLE: readonly [number, number] = [0.6, 1.1];
/** Offered load that a server must have served, else its queue grew while the run lasted. */
const LEAST_SERVED = 0.9;
/** Requests that may be in flight over those that the estimate has room for, where the load does not say: memory is estimated too. */
const ROOM = 2;
/** How much slower than predicted a figure may be before constants can't explain it. */
const SLOWEST: { readonly [metric in Metric]: number } = { throughput: 5, perToken: 5, endToEnd: 5, firstToken: 30 };

/** All that constants may not exceed: shares of one, and nothing that takes time besides arithmetic and traffic. */
const PHYSICS: Fitted = {
  ...FITTED,
  kernels: every(FITTED.kernels, (e) => every(e, () => 1) as unknown as Efficiency),
  products: { tileRows: 0, sharpness: Infinity, activationPasses: 0 },
  experts: { ...FITTED.experts, stream: 1, gemm: 1, imbalance: 1, tileRows: 0, halfWidth: 0, copies: 0 },
  overheads: every(FITTED.overheads, (o) => every(o, () => 0) as unknown as Overheads),
  links: {
    ...FITTED.links,
    scaleUpLatency: 0,
    scaleUpShare: 1,
    meshLatency: 0,
    meshTurnLatency: 0,
    meshShare: 1,
    pcieLatency: FITTED.links.pcieLatency.map(() => 0),
    pcieShare: FITTED.links.pcieShare.map(() => 1),
  },
  loops: { ...FITTED.loops, pipelineBubble: 0 },
  newLatentAttention: 1,
};

function every<T, U>(of: { readonly [key: string]: T } | object, to: (value: T) => U): { [key: string]: U } {
  return Object.fromEntries(Object.entries(of).map(([key, value]) => [key, to(value as T)]));
}

/** Every figure. */
export type AllFigures = { readonly [metric in Metric]: number };

/** The operating point of a service under one load. */
export type PointIn = (service: Service) => OperatingPoint;

/** What the constants say of an instance under a load. */
export function figuresOf(instance: Instance, lengths: Lengths, load: Load, fitted: Fitted): AllFigures {
  return figuresAt(instance, lengths, (service) => pointOf(service, load).point, fitted);
}

export function figuresAt(instance: Instance, lengths: Lengths, pointIn: PointIn, fitted: Fitted): AllFigures {
  const service = serviceOf(instance, lengths, fitted);
  const { batching } = service;
  const point = pointIn(service);
  return {
    throughput: point.requestsPerSecond * lengths.output.mean,
    firstToken: batching.firstTokenMean(point),
    perToken: point.secondsPerToken,
    endToEnd: batching.endToEndMean(point),
  };
}

function serviceOf(instance: Instance, lengths: Lengths, fitted: Fitted): Service {
  return instance.batching(lengths.prompt, lengths.output, lengths.prefixHitRatio, fitted)!;
}

/** A measurement ready to be compared, or the sentence that says why it can't be trusted. */
export function measuredOf(row: Measurement, place: number): Measured | { readonly source: string; readonly reason: string } {
  const source = typeof row?.source === 'string' ? row.source : `measurements[${place}]`;
  const wrong = objectProblem(`measurements[${place}]`, row, 'a Measurement, such as BenchmarkResults.fromText gives')
    ?? optional('requests', row.requests) ?? optional('failedRequests', row.failedRequests, 0)
    ?? optional('outputTokensPerSecond', row.outputTokensPerSecond) ?? optional('timeToFirstTokenMillis', row.timeToFirstTokenMillis)
    ?? optional('timePerOutputTokenMillis', row.timePerOutputTokenMillis) ?? optional('endToEndMillis', row.endToEndMillis);
  if (wrong) { return { source, reason: wrong }; }
  try {
    const { requests: _, source: __, ...deployment } = row;
    const { instance, lengths, reason } = asked(deployment);
    if (instance.subject.speculation) {
      return { source, reason: 'tokens were guessed, and how many of them were right would pass for the speed of the server; measure without \'engine.speculative\'' };
    }
    if (instance.subject.hostHitRatio > 0) {
      return { source, reason: 'prompts came back from the host, which no measurement here confirms, so that the link would pass for the server; measure without \'hostHitRatio\'' };
    }
    if (reason) { return { source, reason: `the estimate says that this deployment does not start: ${reason}` }; }
    const figures = figuresIn(row);
    const measured = { row, source, instance, lengths, load: row.load, figures };
    const doubt = unusable(measured) ?? impossible(measured) ?? unlikely(measured);
    return doubt ? { source, reason: doubt } : measured;
  } catch (error) {
    return { source, reason: (error as Error).message };
  }
}

function optional(prop: string, value: unknown, min?: number): string | undefined {
  return value === undefined ? undefined : numberProblem(prop, value, min === undefined ? { above: 0 } : { min });
}

/** The figures of a row that say something about the server: throughput of arrivals is the load itself, first tokens of a queue are its length. */
function figuresIn(row: Measurement): Figures {
  const { load: { kind }, outputTokensPerSecond, timeToFirstTokenMillis, timePerOutputTokenMillis, endToEndMillis } = row;
  const open = kind === LoadKind.REQUESTS_PER_SECOND || kind === LoadKind.OUTPUT_TOKENS_PER_SECOND;
  const queued = kind === LoadKind.SATURATED;
  const seconds = (figure: number | undefined) => figure === undefined ? undefined : figure / 1000;
  const firstToken = queued || kind === LoadKind.STATIC_BATCH ? undefined : seconds(timeToFirstTokenMillis);
  const perToken = seconds(timePerOutputTokenMillis);
  return {
    ...open || outputTokensPerSecond === undefined ? {} : { throughput: outputTokensPerSecond },
    ...firstToken === undefined ? {} : { firstToken },
    ...perToken === undefined ? {} : { perToken },
    // The whole is the sum of the two where both are there.
    ...queued || endToEndMillis === undefined || (firstToken !== undefined && perToken !== undefined) ? {} : { endToEnd: seconds(endToEndMillis) },
  };
}

/** Runs that are too short, failed, or measured nothing. */
function unusable({ row, figures, load }: Measured): string | undefined {
  const { requests, failedRequests = 0 } = row;
  if (Object.keys(figures).length === 0) { return 'it states no figure that can be compared; give a throughput, a time to first token or a time per output token'; }
  if (requests !== undefined && failedRequests > MOST_FAILED * (requests + failedRequests)) {
    return `${failedRequests} of ${requests + failedRequests} requests failed, and those that do end early; measure again at a load that the server bears`;
  }
  const rounds = load.kind === LoadKind.CONCURRENCY ? LEAST_ROUNDS * load.amount : load.kind === LoadKind.STATIC_BATCH ? load.amount : 0;
  const least = Math.max(load.kind === LoadKind.STATIC_BATCH ? 1 : LEAST_REQUESTS, rounds);
  return requests !== undefined && requests < least
    ? `${requests} requests are too few for a mean at this load; send at least ${Math.ceil(least)}`
    : undefined;
}

/** Faster than the hardware's peaks, or at odds with itself. */
function impossible({ row, figures, instance, lengths, load }: Measured): string | undefined {
  const service = serviceOf(instance, lengths, PHYSICS);
  const { steps, batching } = service;
  const on = `${row.model.id} on ${count(instance)} ${instance.pool.accelerator.name}`;
  const least = instance.at.pp * steps.seconds(1, 0);
  if (figures.perToken !== undefined && figures.perToken < least * TOLERANCE) {
    return `a token every ${millis(figures.perToken)} is faster than ${on} can read its weights (${millis(least)}); check the unit, the GPUs and the precision, and that no draft model ran`;
  }
  const prompt = steps.seconds(0, Math.max(1, lengths.prompt.mean * (1 - lengths.prefixHitRatio)));
  if (figures.firstToken !== undefined && figures.firstToken < prompt * TOLERANCE) {
    return `a first token after ${millis(figures.firstToken)} is faster than ${on} can compute the prompt (${millis(prompt)}); check the unit, or state the share of prompts that was found in the prefix cache`;
  }
  const inFlight = load.kind === LoadKind.CONCURRENCY || load.kind === LoadKind.STATIC_BATCH ? load.amount : ROOM * batching.mostDecoding;
  const most = batching.throughput(inFlight) * lengths.output.mean;
  if (figures.throughput !== undefined && figures.throughput * TOLERANCE > most) {
    return `${round(figures.throughput)} output tokens per second are more than the peaks of ${on} allow (${round(most)}); check the unit, the GPUs and the precision`;
  }
  return atOdds(row, load, lengths);
}

/** Little's law: requests in flight are those that come in a second times the seconds that each stays. */
function atOdds(row: Measurement, load: Load, lengths: Lengths): string | undefined {
  const { outputTokensPerSecond, timeToFirstTokenMillis, timePerOutputTokenMillis } = row;
  const whole = row.endToEndMillis ?? (timeToFirstTokenMillis !== undefined && timePerOutputTokenMillis !== undefined
    ? timeToFirstTokenMillis + Math.max(0, lengths.output.mean - 1) * timePerOutputTokenMillis : undefined);
  if (outputTokensPerSecond === undefined) { return undefined; }
  const perSecond = outputTokensPerSecond / lengths.output.mean;
  const offered = load.kind === LoadKind.REQUESTS_PER_SECOND ? load.amount : undefined;
  if (offered !== undefined && perSecond < offered * LEAST_SERVED) {
    return `${round(offered)} requests per second came but ${round(perSecond)} were served, so the queue grew while the run lasted; measure at a lower rate, or with a number in flight`;
  }
  if (whole === undefined || load.kind !== LoadKind.CONCURRENCY) { return undefined; }
  const found = perSecond * whole / 1000;
  const [low, high] = LITTLE;
  return found < load.amount * low || found > load.amount * high
    ? `${round(perSecond)} requests per second that take ${millis(whole / 1000)} each make ${round(found)} in flight by Little's law, but ${round(load.amount)} are stated; check that throughput, latencies and lengths are of one run`
    : undefined;
}

/** So far from the estimate that something else than a constant is wrong. */
function unlikely({ figures, instance, lengths, load, row }: Measured): string | undefined {
  const expected = figuresOf(instance, lengths, load, FITTED);
  for (const metric of Object.keys(figures) as Metric[]) {
    const factor = metric === 'throughput' ? expected[metric] / figures[metric]! : figures[metric]! / expected[metric];
    if (factor > SLOWEST[metric]) {
      return `its ${NAMES[metric]} is ${round(factor)} times worse than what is expected of ${row.model.id} on ${count(instance)} ${instance.pool.accelerator.name}, which no constant explains; check that the GPUs were not shared and the load not queued elsewhere`;
    }
  }
  return undefined;
}

const NAMES: { readonly [metric in Metric]: string } = {
  throughput: 'throughput',
  firstToken: 'time to first token',
  perToken: 'time per output token',
  endToEnd: 'end-to-end time',
};

function count(instance: Instance): string {
  return `${instance.gpus}${instance.gpus > (instance.pool.gpusPerNode ?? GPUS_PER_NODE) ? ` (over ${instance.nodes} nodes)` : ''} x`;
}

function millis(seconds: number): string {
  return `${Number((seconds * 1000).toPrecision(3))} ms`;
}

function round(value: number): string {
  return String(Number(value.toPrecision(3)));
}
