import { Batching } from './batching';
import { StepParts } from './compute';
import { costOf } from './cost';
import { FITTED } from './data/fitted';
import { Served, energyOf, wattsOf } from './energy';
import { architectureOf } from './hardware';
import { Instance, Service } from './instance';
import { AllFactors, Metric, RangeOf, Regime, Sureness, factorsOf, rangeOf } from './intervals';
import { Spread, spreadOf } from './lengths';
import { Load, LoadKind } from './load';
import { spareBytes } from './memory';
import { OperatingPoint } from './operating-point';
import { Estimate, LatencyEstimate, Range } from './plan';
import { p99Of } from './request';

const GIB = 2 ** 30;
const NOTHING: Range = { low: 0, expected: 0, high: 0 };
const NO_LATENCY: LatencyEstimate = { mean: NOTHING, p50: NOTHING, p90: NOTHING, p99: NOTHING, atTarget: NOTHING };

/** Lengths of a load as spreads. */
export interface Lengths {
  readonly prompt: Spread;
  readonly output: Spread;
  readonly promptP99: number;
  readonly outputP99: number;
  /** Share of prompt tokens that need not be computed: found on the GPU, or on its host. */
  readonly prefixHitRatio: number;
}

/** @param spreadByDefault whether unstated 99th percentiles mean lengths as users have them, or requests that are all alike */
export function lengthsOf(load: Load, context: number | undefined, spreadByDefault: boolean): Lengths {
  const { promptTokens, outputTokens, promptTokensP99, outputTokensP99, prefixHitRatio = 0, hostHitRatio = 0 } = load.lengths;
  const promptP99 = p99Of(promptTokens, promptTokensP99, spreadByDefault, context);
  const outputP99 = p99Of(outputTokens, outputTokensP99, spreadByDefault, context);
  return {
    prompt: spreadOf(promptTokens, promptP99),
    output: spreadOf(outputTokens, outputP99),
    promptP99,
    outputP99,
    prefixHitRatio: Math.min(1, prefixHitRatio + hostHitRatio),
  };
}

/** Bytes as people read them. */
export function gib(bytes: number): string {
  return `${(bytes / GIB).toFixed(1)} GiB`;
}

/** Why an instance does not start, or can't hold one request of the longest length; undefined if it does. */
export function fitProblem(instance: Instance, longest: number): string | undefined {
  const { ledger, settings, cache } = instance;
  if (ledger.weightBytes > ledger.deviceBytes * settings.memoryFraction) {
    return `the ${weightsOf(instance)} take ${gib(ledger.weightBytes)} per GPU in ${instance.subject.precision.name} but ${offerOf(instance)}`;
  }
  if (ledger.kvCacheBytes <= 0) {
    return `${weightsOf(instance)} (${gib(ledger.weightBytes)}), activations, graphs and buffers take ${gib(instance.heldBytes)} per GPU but ${offerOf(instance)}, which leaves nothing to the KV cache`;
  }
  const over = spareBytes(instance.subject.rules) - ledger.freeBytes;
  if (over > 0) { return overcommitted(instance, over); }
  if (cache.requests(longest, settings.maxNumBatchedTokens) < 1) {
    return `a request of ${longest} tokens needs ${gib(cache.bytesNeeded(longest, settings.maxNumBatchedTokens))} of KV cache per GPU but ${gib(cache.availableBytes)} are left`;
  }
  return undefined;
}

/** The weights, with what is held beside them. */
function weightsOf({ subject }: Instance): string {
  return ['weights', ...subject.speculation?.drafter ? ['what guesses tokens'] : [], ...subject.engine.adapters ? ['slots for adapters'] : []].join(' and ');
}

function offerOf({ ledger, settings: { memoryFraction }, pool, subject }: Instance): string {
  const bytes = ledger.deviceBytes * (subject.rules.fractionOf === 'total' ? memoryFraction : 1);
  return `one ${pool.name ?? pool.accelerator.name} offers ${gib(bytes)} (memoryFraction ${memoryFraction})`;
}

/** The sentence for a fraction that leaves the device too little besides: what is missing, and the fraction that would do, if one does. */
function overcommitted({ ledger, settings, pool, subject }: Instance, over: number): string {
  const name = pool.name ?? pool.accelerator.name;
  const { memoryFraction } = settings;
  const shareOf = subject.rules.fractionOf === 'total' ? ledger.deviceBytes : ledger.kvCacheBytes / memoryFraction;
  const lower = Math.floor((memoryFraction - over / shareOf) * 100) / 100;
  const works = lower > 0 && ledger.kvCacheBytes > (memoryFraction - lower) * shareOf;
  const remedy = works ? `use at most ${lower}` : 'use a smaller precision or more GPUs per replica';
  const more = over < GIB / 20 ? 'more' : `${gib(over)} more`;
  return `'engine.memoryFraction' ${memoryFraction} leaves ${gib(Math.max(0, ledger.freeBytes))} of the ${gib(ledger.deviceBytes)} of one ${name} to graphs, buffers and the driver, which need ${more}; ${remedy}`;
}

/** The answer for an instance that does not fit. */
export function misfit(instance: Instance, reason: string): Estimate {
  return {
    fits: false,
    reason,
    gpus: instance.gpus,
    memory: instance.ledger,
    kvCacheTokens: instance.ledger.kvCacheBytes > 0 ? instance.kvCacheTokens : 0,
    concurrentRequests: 0,
    settings: instance.settings,
    outputTokensPerSecond: NOTHING,
    timeToFirstToken: NO_LATENCY,
    timePerOutputToken: NO_LATENCY,
    endToEnd: NO_LATENCY,
    boundBy: 'kv-capacity',
    utilization: 0,
  };
}

/** The operating point of a load. */
export function pointOf(service: Service, load: Load): { readonly point: OperatingPoint; readonly regime: Regime } {
  const { batching } = service;
  switch (load.kind) {
    case LoadKind.REQUESTS_PER_SECOND: return { point: batching.poisson(load.amount, load.arrivalVariation), regime: 'arrivals' };
    case LoadKind.OUTPUT_TOKENS_PER_SECOND:
      return { point: batching.poisson(load.amount / load.lengths.outputTokens, load.arrivalVariation), regime: 'arrivals' };
    case LoadKind.CONCURRENCY: return { point: batching.closedLoop(load.amount), regime: 'closedLoop' };
    case LoadKind.STATIC_BATCH: return { point: batching.staticBatch(load.amount), regime: 'staticBatch' };
    default: return { point: batching.closedLoop(batching.slots), regime: 'saturated' };
  }
}

/** Key of a combination that was measured, or not. */
export function combinationOf({ pool, subject }: Instance): string {
  return `${architectureOf(pool.accelerator)} ${subject.rules.name} ${subject.precision.computeFormat} ${subject.precision.weightBits < 6 ? 4 : 8}`;
}

/** What decides how sure the figures of an instance are. */
export function surenessOf(instance: Instance, regime: Regime): Sureness {
  return {
    regime,
    engine: instance.subject.rules.name,
    experts: instance.shares.stages[0].moeLayers + instance.shares.stages[instance.shares.slowest].moeLayers > 0,
    covered: !instance.subject.speculation && FITTED.ranges.covered.includes(combinationOf(instance)),
    measured: !['other', 'older'].includes(architectureOf(instance.pool.accelerator)),
  };
}

/** What the ranges of a latency's 90th and higher percentiles are of. */
const LATE: { readonly [metric in Metric]: RangeOf } = {
  throughput: 'throughput', firstToken: 'lateFirstToken', perToken: 'perToken', endToEnd: 'lateEndToEnd',
};
/** Percentile from which a latency is a late one. */
const LATE_FROM = 75;

/** What knows the latencies of operating points of one kind, in seconds: means, and what a share `p` of requests stays under. */
interface Latencies<Point> {
  firstTokenMean(point: Point): number;
  firstTokenAt(point: Point, p: number): number;
  tokenAt(point: Point, p: number): number;
  endToEndMean(point: Point): number;
  /** @param firstToken that of `firstTokenAt`, which it needs */
  endToEndAt(point: Point, p: number, firstToken?: number): number;
}

/** Latencies at a point, in milliseconds with their ranges. */
export function latenciesOf<Point>(
  known: Latencies<Point>, point: Point, secondsPerToken: number, factors: AllFactors, percentile: number,
): Pick<Estimate, 'timeToFirstToken' | 'timePerOutputToken' | 'endToEnd'> {
  const at = (p: number) => {
    const firstToken = known.firstTokenAt(point, p);
    return { firstToken, perToken: known.tokenAt(point, p), endToEnd: known.endToEndAt(point, p, firstToken) };
  };
  const [p50, p90, p99, atTarget] = [at(0.5), at(0.9), at(0.99), at(percentile / 100)];
  const latency = (metric: keyof typeof p50, mean: number): LatencyEstimate => {
    const usual = factors[metric];
    const late = factors[LATE[metric]];
    return {
      mean: rangeOf(mean * 1000, usual),
      p50: rangeOf(p50[metric] * 1000, usual),
      p90: rangeOf(p90[metric] * 1000, late),
      p99: rangeOf(p99[metric] * 1000, late),
      atTarget: rangeOf(atTarget[metric] * 1000, percentile < LATE_FROM ? usual : late),
    };
  };
  return {
    timeToFirstToken: latency('firstToken', known.firstTokenMean(point)),
    timePerOutputToken: latency('perToken', secondsPerToken),
    endToEnd: latency('endToEnd', known.endToEndMean(point)),
  };
}

/** Where the time of a step that runs goes, and the share of it that prompts add. */
interface Running { readonly running: StepParts; readonly promptTimeShare: number }

/** A step that runs has at least one request. */
export function runningOf({ at }: Instance, { batching, steps }: Service, { decoding }: OperatingPoint): Running {
  const ranks = at.dp * at.pp;
  const running = batching.partsAt(Math.max(ranks, decoding));
  const whole = running.memory + running.compute + running.communication + running.overhead;
  return { running, promptTimeShare: Math.min(1, Math.max(0, 1 - steps.seconds(Math.max(1, decoding / ranks), 0) / whole)) };
}

/** What an instance does at an operating point. */
export function estimateAt(...asked: Parameters<typeof answerAt>): Estimate {
  return answerAt(...asked).estimate;
}

/** The same, with the share of its steps' time that prompts add. */
export function answerAt(
  instance: Instance, service: Service, lengths: Lengths, point: OperatingPoint, regime: Regime, percentile: number,
): { readonly estimate: Estimate; readonly promptTimeShare: number } {
  const { batching } = service;
  const accelerator = instance.pool.accelerator;
  const factors = factorsOf(surenessOf(instance, regime));
  const { timeToFirstToken, timePerOutputToken, endToEnd } = latenciesOf(batching, point, point.secondsPerToken, factors, percentile);
  const capacity = Math.max(batching.capacity(), point.requestsPerSecond);
  const inFlight = batching.inFlight(point);
  const { running, promptTimeShare } = runningOf(instance, service, point);
  const parts = point.decoding < instance.at.dp * instance.at.pp ? batching.partsAt(point.decoding) : running;
  // Requests that arrive leave the instance without any for a time.
  const watts = wattsOf(accelerator, regime === 'arrivals' ? -Math.expm1(-inFlight) : 1, running);
  const served: Served = {
    requestsPerSecond: point.requestsPerSecond, promptTokens: lengths.prompt.mean, outputTokens: lengths.output.mean, promptTimeShare,
  };
  const estimate: Estimate = {
    fits: true,
    gpus: instance.gpus,
    memory: instance.ledger,
    kvCacheTokens: instance.kvCacheTokens,
    concurrentRequests: inFlight,
    settings: instance.settings,
    ...instance.subject.speculation && { tokensPerStep: instance.subject.speculation.perStep },
    outputTokensPerSecond: rangeOf(point.requestsPerSecond * lengths.output.mean, factors.throughput),
    timeToFirstToken,
    timePerOutputToken,
    endToEnd,
    boundBy: boundBy(instance, lengths, point, batching, parts),
    utilization: Math.min(1, point.requestsPerSecond / capacity),
    cost: costOf(instance.pool, instance.gpus, served),
    energy: energyOf(watts === undefined ? undefined : watts * instance.gpus, served),
  };
  return { estimate: instance.subject.calibration?._narrowed(estimate, instance, lengths, point, regime) ?? estimate, promptTimeShare };
}

function boundBy(
  instance: Instance, lengths: Lengths, point: OperatingPoint, { linkBound, mostDecoding, slots }: Batching,
  parts: { memory: number; compute: number; communication: number },
): string {
  const full = point.decoding >= mostDecoding * 0.999;
  if (full && linkBound) { return 'interconnect'; }
  // A step's token budget may be full before the cache is.
  if (full && mostDecoding >= slots && instance.cacheBound(lengths.prompt.mean, lengths.output.mean)) { return 'kv-capacity'; }
  const writing = point.secondsPerToken * lengths.output.mean;
  if (point.slotWait + point.promptWait > writing || (full && point.backlog > writing)) { return 'queue'; }
  if (parts.communication >= parts.memory && parts.communication >= parts.compute) { return 'interconnect'; }
  return parts.compute > parts.memory ? 'compute' : 'memory-bandwidth';
}
