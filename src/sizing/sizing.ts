import { Checked, DEFAULT_PERCENTILE, check } from './checked';
import { GPUS_PER_NODE } from './communication';
import { solveDisaggregated } from './disaggregated';
import { DisaggregatedPlan, DisaggregatedRequest } from './disaggregated-plan';
import { Lengths, estimateAt, fitProblem, lengthsOf, misfit, pointOf } from './estimate';
import { assumptionsOf, explanationOf } from './explain';
import { frontOf } from './front';
import { Instance } from './instance';
import { layoutProblem } from './layouts';
import { Found, toCandidate } from './placement';
import { Estimate, Fit, SizingCandidate, SizingPlan } from './plan';
import { problemOf } from './problem';
import { EstimateRequest, FitRequest, SizingRequest } from './questions';
import { acceleratorProblem, degreesOf, hostLinkProblem, loadProblem, objectProblem, percentileProblem, poolProblem, subjectOf } from './request';
import { search } from './search';
import { lengthFor, settingsFor } from './settings';
import { SimulatedEstimate, SimulationOptions, simulatedEstimate, simulationProblem } from './simulated-estimate';

/** Turns a load into GPU counts and a parallelism layout. Pure: no network, no clock, no randomness. */
export class Sizing {
  /**
   * The best plan that meets the request: by its objective, or else the cheapest where every pool has a price, or the one with the fewest GPUs.
   *
   * @throws when a value is wrong, or when no layout meets the request; the message then gives the three nearest misses.
   */
  public static plan(request: SizingRequest): SizingPlan {
    const { plan, problem } = solve(request);
    if (!plan) { throw new Error(problem); }
    return plan;
  }

  /**
   * Every layout that was looked at, best first; never throws for a request that cannot be met.
   *
   * @throws when a value is wrong.
   */
  public static candidates(request: SizingRequest): SizingCandidate[] {
    const checked = check(request);
    if (typeof checked === 'string') { throw new Error(checked); }
    return search(checked).map(toCandidate);
  }

  /**
   * The plans to choose between: all that meet the request and of which no other one is better in price (in GPUs where a pool has no price), power
   * or end-to-end time at the target's percentile without being worse in another. Besides the replicas that the load needs, up to eight times
   * as many are looked at, as the objective's budget and the pools allow. Cheapest first, slowest first. Power and latencies within 5 % count
   * as equal. With `tuneKvCache`, a plan whose answers are unchanged gives way to no other.
   *
   * @throws when a value is wrong, or when no layout meets the request; the message then gives the three nearest misses.
   */
  public static front(request: SizingRequest): SizingCandidate[] {
    const checked = check(request);
    if (typeof checked === 'string') { throw new Error(checked); }
    const found = search(checked);
    if (!found[0]?.meets) { throw new Error(problemOf(checked, found)); }
    return frontOf(checked, found).map(toCandidate);
  }

  /**
   * Instances that read prompts and instances that write completions, as many of each as the load takes: the cheapest pair of layouts where every
   * pool has a price, or else the one with the fewest GPUs, beside the plan of one fleet that does both. `spareReplicas` is of each kind.
   *
   * @throws when a value is wrong, the objective is none of cost and GPUs, or no pair of layouts meets the request.
   */
  public static disaggregated(request: DisaggregatedRequest): DisaggregatedPlan {
    const { plan, problem } = solveDisaggregated(request, solve);
    if (!plan) { throw new Error(problem); }
    return plan;
  }

  /**
   * What one instance of a given layout does under a given load. An instance that does not fit is an answer, with `fits` false.
   *
   * @throws when a value is wrong, or the layout or the precision can't run there.
   */
  public static estimate(request: EstimateRequest): Estimate {
    const { instance, lengths, reason } = asked(request);
    if (reason) { return misfit(instance, reason); }
    const service = instance.batching(lengths.prompt, lengths.output, lengths.prefixHitRatio)!;
    const { point, regime } = pointOf(service, request.load);
    return estimateAt(instance, service, lengths, point, regime, request.percentile ?? DEFAULT_PERCENTILE);
  }

  /**
   * The same, from a simulation of the engine's scheduler instead of formulas: request by request, step by step. It takes up to a second, and the
   * same request always has the same answer.
   *
   * @throws when a value is wrong, the layout or the precision can't run there, or too few requests could be simulated to say anything.
   */
  public static simulate(request: EstimateRequest, options?: SimulationOptions): SimulatedEstimate {
    const problem = objectProblem('options', options ?? {}, 'an object with seed, mostRequests or relativeError') ?? simulationProblem(options ?? {});
    if (problem) { throw new Error(problem); }
    const { instance, lengths, reason } = asked(request);
    if (reason) { return misfit(instance, reason); }
    const service = instance.batching(lengths.prompt, lengths.output, lengths.prefixHitRatio)!;
    return simulatedEstimate({ instance, service, lengths, load: request.load, percentile: request.percentile ?? DEFAULT_PERCENTILE }, options ?? {});
  }

  /**
   * Whether one instance starts, and how its memory is divided; needs no figure of speed.
   *
   * @throws when a value is wrong, or the layout or the precision can't run there.
   */
  public static fit(request: FitRequest): Fit {
    const problem = objectProblem('request', request, 'an object with model, pool and layout');
    if (problem) { throw new Error(problem); }
    const { instance, reason } = started(request, false, 0, 0, () => 1);
    return {
      fits: reason === undefined,
      reason,
      memory: instance.ledger,
      kvCacheTokens: instance.ledger.kvCacheBytes > 0 ? instance.kvCacheTokens : 0,
      settings: instance.settings,
    };
  }

  private constructor() { }
}

/** The instance that an estimate asks about, and why it does not start, if so. The benchmark of accuracy asks it with other constants. */
export interface Asked {
  readonly instance: Instance;
  readonly lengths: Lengths;
  readonly reason?: string;
}

/** @internal */
export function asked(request: EstimateRequest): Asked {
  const problem = objectProblem('request', request, 'an object with model, pool, layout and load') ?? loadProblem(request.load)
    ?? percentileProblem('percentile', request.percentile);
  if (problem) { throw new Error(problem); }
  const lengths = lengthsOf(request.load, undefined, false);
  const needs = (maxModelLen: number) => {
    if (lengths.prompt.mean > maxModelLen) {
      throw new Error(`'promptTokens' is ${lengths.prompt.mean} but the engine takes at most ${maxModelLen} tokens; ask for shorter prompts or raise 'engine.maxModelLen'`);
    }
    return Math.min(maxModelLen, Math.ceil(lengths.prompt.mean + lengths.output.mean));
  };
  const { instance, reason } = started(request, true, lengths.promptP99, lengths.outputP99, needs);
  return { instance, lengths, reason };
}

/** A plan, or the sentence that says why there is none. Internal: constructs put their path in front of the sentence. */
export interface Solution {
  readonly plan?: SizingPlan;
  readonly problem?: string;
}

/** @internal */
export function solve(request: SizingRequest): Solution {
  const checked = check(request);
  if (typeof checked === 'string') { return { problem: checked }; }
  const found = search(checked);
  return found[0]?.meets ? { plan: planOf(checked, found[0], found.slice(1)) } : { problem: problemOf(checked, found) };
}

function planOf(checked: Checked, best: Found, others: readonly Found[]): SizingPlan {
  const { subject } = checked;
  const { pool } = best;
  const perNode = pool.gpusPerNode ?? GPUS_PER_NODE;
  const gpusPerReplica = best.instance!.gpus;
  const nodesPerReplica = best.instance!.nodes;
  const replicas = best.replicas!;
  return {
    model: subject.model,
    precision: subject.precision,
    kvCachePrecision: best.kvCachePrecision,
    pool,
    layout: best.layout,
    replicas,
    gpusPerReplica,
    nodesPerReplica,
    nodes: nodesPerReplica > 1 ? replicas * nodesPerReplica : Math.ceil(replicas / Math.floor(perNode / gpusPerReplica)),
    gpus: best.gpus,
    estimate: best.estimate!,
    cost: best.cost,
    energy: best.energy,
    load: checked.request.load,
    latency: checked.request.latency && { ...checked.request.latency },
    assumptions: assumptionsOf(checked, best),
    alternatives: others.map(toCandidate),
    explanation: explanationOf(checked, best, others),
  };
}

/**
 * The instance that an estimate or a fit asks about, and why it does not start, if so. Where no version is stated and the one that leaves the KV
 * cache least does not start, what the tested version says of it. Throws the sentence that says why there is none.
 *
 * @param needs tokens that the cache must hold, where the engine does not ask for the longest sequence itself
 */
function started(request: FitRequest, rated: boolean, promptP99: number, outputP99: number, needs: (maxModelLen: number) => number): Omit<Asked, 'lengths'> {
  const of = (asking: FitRequest) => {
    const instance = instanceOf(asking, rated, promptP99, outputP99);
    const { settings: { maxModelLen }, subject: { rules } } = instance;
    const needed = needs(maxModelLen);
    return { instance, reason: fitProblem(instance, rules.refusesShortCache ? maxModelLen : needed) };
  };
  const first = of(request);
  if (first.reason === undefined || request.engine?.version !== undefined) { return first; }
  const tested = of({ ...request, engine: { ...request.engine, version: first.instance.subject.rules.testedVersion } });
  return tested.reason === undefined ? tested : first;
}

/** The instance of a request. Throws the sentence that says why there is none. */
function instanceOf(request: FitRequest, rated: boolean, promptP99: number, outputP99: number): Instance {
  const subject = subjectOf(request);
  if (typeof subject === 'string') { throw new Error(subject); }
  const { pool } = request;
  const degrees = degreesOf(request.layout);
  if (typeof degrees === 'string') { throw new Error(degrees); }
  const { shape, precision, rules, model, speculation } = subject;
  const problem = poolProblem('pool', pool) ?? acceleratorProblem(pool.accelerator, precision, shape, rated) ?? hostLinkProblem('pool', pool, subject)
    ?? layoutProblem(shape, precision, degrees, pool, rules, speculation);
  if (problem) { throw new Error(problem); }
  const needed = promptP99 > 0 ? lengthFor(subject, promptP99, outputP99) : 8192;
  const instance = new Instance(subject, pool, degrees, settingsFor(subject, pool.accelerator, degrees, model.maxContextTokens ?? needed));
  // An estimate whose length nobody fixed says the setting with which it is true.
  const shorten = promptP99 > 0 && subject.engine.maxModelLen === undefined && needed < instance.settings.maxModelLen && instance.longestRequests < 1;
  return shorten ? new Instance(subject, pool, degrees, { ...instance.settings, maxModelLen: needed }) : instance;
}
