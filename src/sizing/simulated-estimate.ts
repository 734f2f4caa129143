import { Lengths, estimateAt, pointOf } from './estimate';
import { Instance, Service } from './instance';
import { Load, LoadKind } from './load';
import { Estimate, LatencyEstimate, Range } from './plan';
import { Sample } from './sample';
import { Simulation, SimulationResult } from './simulation';
import { numberProblem } from '../errors';

const DEFAULT_SEED = 12345;
const MOST_SEED = 4_294_944_442;
const DEFAULT_REQUESTS = 10_000;
const DEFAULT_ERROR = 0.01;
/** Moments, each times the requests that run then: about a second. */
const MOST_WORK = 2e7;

/** How long a simulation looks. */
export interface SimulationOptions {
  /**
   * Where the random numbers start, from 1 to 4,294,944,442; the same seed gives the same answer.
   *
   * @default 12345
   */
  readonly seed?: number;
  /**
   * Requests after which it stops, from 1000 to 1,000,000; those of the warm-up come on top.
   *
   * @default 10000
   */
  readonly mostRequests?: number;
  /**
   * Standard error of the mean latencies, as a share of them, at which it stops earlier; above 0.
   *
   * @default 0.01
   */
  readonly relativeError?: number;
}

/** What was seen besides latencies. */
export interface SimulationRun {
  /** Requests that the figures are of. */
  readonly requests: number;
  /** Standard error of the mean latencies, as a share of them: the larger one of first token and end to end. */
  readonly relativeError: number;
  /** Whether more requests came than were completed: the latencies then are of these requests, and grow with their number. */
  readonly queueGrows: boolean;
  /** Times that a request lost its place to the KV cache's being full, per request. */
  readonly preemptionsPerRequest: number;
  /** Mean share of the KV cache in use, from 0 to 1. */
  readonly kvCacheUse: number;
  /** Largest share of the KV cache in use, from 0 to 1. */
  readonly kvCachePeak: number;
}

/** What one instance does under a load, by simulation. The ranges are as wide as those of the formulas. */
export interface SimulatedEstimate extends Estimate {
  /** What was seen besides; undefined if it does not fit. */
  readonly simulation?: SimulationRun;
}

/** What is wrong with the options, if anything. */
export function simulationProblem({ seed, mostRequests, relativeError }: SimulationOptions): string | undefined {
  return (seed === undefined ? undefined : numberProblem('seed', seed, { min: 1, max: MOST_SEED, integer: true }))
    ?? (mostRequests === undefined ? undefined : numberProblem('mostRequests', mostRequests, { min: 1000, max: 1e6, integer: true }))
    ?? (relativeError === undefined ? undefined : numberProblem('relativeError', relativeError, { above: 0, max: 1 }));
}

/** An instance that fits, and what is asked of it. */
export interface SimulationSubject {
  readonly instance: Instance;
  readonly service: Service;
  readonly lengths: Lengths;
  readonly load: Load;
  readonly percentile: number;
}

/** Most requests that are kept in flight: more only wait. */
const MOST_IN_FLIGHT = 100_000;

/** Runs the simulation, and puts what it saw into the form of an estimate. Throws the sentence that says why it can't. */
export function simulatedEstimate(subject: SimulationSubject, options: SimulationOptions): SimulatedEstimate {
  const { instance, service, lengths, load, percentile } = subject;
  const { point, regime } = pointOf(service, load);
  const analytic = estimateAt(instance, service, lengths, point, regime, percentile);
  const seen = simulate(subject, options);
  const latency = (of: LatencyEstimate, sample: Sample): LatencyEstimate => ({
    mean: at(of.mean, sample.mean * 1000),
    p50: at(of.p50, sample.at(0.5) * 1000),
    p90: at(of.p90, sample.at(0.9) * 1000),
    p99: at(of.p99, sample.at(0.99) * 1000),
    atTarget: at(of.atTarget, sample.at(percentile / 100) * 1000),
  });
  return {
    ...analytic,
    concurrentRequests: seen.running,
    outputTokensPerSecond: at(analytic.outputTokensPerSecond, seen.outputTokensPerSecond),
    timeToFirstToken: latency(analytic.timeToFirstToken, seen.firstToken),
    timePerOutputToken: latency(analytic.timePerOutputToken, seen.perToken),
    endToEnd: latency(analytic.endToEnd, seen.endToEnd),
    simulation: {
      requests: seen.requests,
      relativeError: seen.relativeError,
      queueGrows: seen.queueGrows,
      preemptionsPerRequest: seen.preemptionsPerRequest,
      kvCacheUse: seen.cacheUse,
      kvCachePeak: seen.cachePeak,
    },
  };
}

/** @internal */
export function simulate({ instance, service, lengths, load }: SimulationSubject, options: SimulationOptions): SimulationResult {
  const { subject, settings, cache, at: degrees, shares } = instance;
  const readsBack = subject.hostHitRatio > 0;
  if (readsBack && subject.rules.readsBack === 'aside' && load.kind === LoadKind.SATURATED) {
    throw new Error("'hostHitRatio' is not simulated of a saturated vllm, whose requests come back while they wait; use a fixed number in flight");
  }
  const tokens = load.kind === LoadKind.OUTPUT_TOKENS_PER_SECOND;
  if ((load.kind === LoadKind.CONCURRENCY || load.kind === LoadKind.STATIC_BATCH) && load.amount > MOST_IN_FLIGHT) {
    throw new Error(`${load.amount} requests in flight are more than a simulation takes; ask for at most ${MOST_IN_FLIGHT}`);
  }
  const seen = new Simulation({
    steps: service.steps,
    cache,
    rules: subject.rules,
    settings,
    at: degrees,
    lockstep: degrees.dp > 1 && shares.stages.some((stage) => stage.expertBytes > 0),
    prompt: lengths.prompt,
    output: lengths.output,
    prefixHitRatio: lengths.prefixHitRatio,
    readBack: readsBack ? (promptTokens) => instance.readBackSeconds(promptTokens) : undefined,
    kind: tokens ? LoadKind.REQUESTS_PER_SECOND : load.kind,
    amount: tokens ? load.amount / load.lengths.outputTokens : load.amount,
    secondsPerArrival: service.batching.q.secondsPerArrival,
    secondsPerPromptToken: service.batching.q.secondsPerPromptToken,
    stepsToClient: service.batching.q.stepsToClient,
    bubble: service.batching.q.loops.pipelineBubble,
    variation: load.arrivalVariation ?? 1,
    speculation: subject.speculation,
    seed: options.seed ?? DEFAULT_SEED,
    mostRequests: options.mostRequests ?? DEFAULT_REQUESTS,
    relativeError: options.relativeError ?? DEFAULT_ERROR,
    mostWork: MOST_WORK,
  }).run();
  if (!seen) {
    throw new Error(`a simulation ends before enough requests of ${lengths.prompt.mean} and ${lengths.output.mean} tokens are complete; ask for shorter ones, or use the estimate`);
  }
  return seen;
}

/** A range around another figure, as wide in proportion. */
function at({ low, expected, high }: Range, figure: number): Range {
  const scale = expected > 0 ? figure / expected : 0;
  return { low: low * scale, expected: figure, high: high * scale };
}
