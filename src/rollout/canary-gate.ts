import { Construct } from 'constructs';
import { EvaluationImageOptions, EvaluationOptions } from './evaluation-options';
import { Signal } from '../catalog/signal';
import { Engine } from '../engines/engine';
import { fail, numberProblem, show } from '../errors';
import { IInferenceFleet } from '../fleet/fleet';

/** Options of a gate. */
export interface CanaryGateOptions {
  /**
   * Percentile of a signal that has percentiles, above 0 and below 100.
   *
   * @default 95
   */
  readonly percentile?: number;
}

/** Something that must hold for a rollout to go on. */
export class CanaryGate {
  /**
   * The signal of the candidate stays under a limit, in the signal's own unit (seconds, a ratio from 0 to 1, requests).
   *
   * @throws when the limit is not a number above zero.
   */
  public static below(signal: Signal, limit: number, options: CanaryGateOptions = {}): CanaryGate {
    checkSignal(signal);
    const problem = numberProblem('limit', limit, { above: 0, max: 1e12 });
    if (problem) { throw new Error(`${problem} in a gate on '${signal.name}'`); }
    return new CanaryGate(signal, options, limit, undefined);
  }

  /**
   * The signal of the candidate is at most this many times worse than that of the stable fleet: higher where lower is better,
   * lower where higher is better.
   *
   * @throws when the factor is below 1, or nobody knows which way of the signal is worse.
   */
  public static noWorseThanStable(signal: Signal, factor: number, options: CanaryGateOptions = {}): CanaryGate {
    checkSignal(signal);
    const problem = numberProblem('factor', factor, { min: 1, max: 1000 });
    if (problem) { throw new Error(`${problem} in a gate on '${signal.name}'`); }
    if (signal.lowerIsBetter === undefined) {
      throw new Error(`signal '${signal.name}' does not tell better from worse, so the candidate can't be compared by it; use CanaryGate.below, or state 'lowerIsBetter' of a signal of your own`);
    }
    return new CanaryGate(signal, options, undefined, factor);
  }

  /**
   * Asks the candidate prompts whose right answers are known, before it gets traffic; the share of right answers is at least `leastScore`.
   *
   * A Job does it, in the candidate's namespace, through the candidate's own Service.
   */
  public static evaluation(options: EvaluationOptions): CanaryGate {
    return new CanaryGate(undefined, {}, undefined, undefined, options);
  }

  /** The same with an image of your own, which says how good the candidate is. */
  public static evaluationImage(options: EvaluationImageOptions): CanaryGate {
    return new CanaryGate(undefined, {}, undefined, undefined, options);
  }

  /** What is watched; undefined if it is an evaluation. */
  public readonly signal?: Signal;
  /** Limit of the candidate, in the signal's unit; undefined if it is compared with the stable fleet. */
  public readonly limit?: number;
  /** How many times worse than the stable fleet the candidate may be; undefined if it has a limit. */
  public readonly factor?: number;
  /** Percentile that is watched; undefined if the signal has none. */
  public readonly percentile?: number;

  /**
   * What an evaluation was told.
   *
   * @internal
   */
  public readonly _evaluation?: EvaluationOptions | EvaluationImageOptions;

  private constructor(
    signal: Signal | undefined, options: CanaryGateOptions, limit: number | undefined, factor: number | undefined,
    evaluation?: EvaluationOptions | EvaluationImageOptions,
  ) {
    this._evaluation = evaluation;
    this.signal = signal;
    this.limit = limit;
    this.factor = factor;
    if (signal === undefined) { return; }
    if (typeof options !== 'object' || options === null) { throw new Error(`the options of a gate on '${signal.name}' are ${show(options)} but must be an object`); }
    const stated = options.percentile;
    if (stated !== undefined && !signal.isDistribution) { throw new Error(`'percentile' is ${show(stated)} but signal '${signal.name}' has no percentiles; leave it out`); }
    const problem = stated === undefined ? undefined : numberProblem('percentile', stated, { above: 0, max: 99.999 });
    if (problem) { throw new Error(`${problem} in a gate on '${signal.name}'`); }
    this.percentile = signal.isDistribution ? stated ?? 95 : undefined;
  }
}

/** Fails unless both fleets measure what the gate watches. Internal. */
export function checkGate(scope: Construct, gate: CanaryGate, fleets: { [prop: string]: IInferenceFleet }): void {
  if (gate?._evaluation !== undefined) { return; }
  const { signal } = gate ?? {};
  if (typeof signal?.isKnownFor !== 'function') { fail(scope, `a gate is ${show(gate)} but must be a CanaryGate, e.g. CanaryGate.below(Signal.ERROR_RATIO, 0.01)`); }
  for (const [prop, { engine }] of Object.entries(fleets)) {
    if (!signal.isKnownFor(engine.name, engine.version)) {
      const version = engine.version === undefined ? '' : ` ${engine.version}`;
      fail(scope, `a gate watches '${signal.name}' but engine '${engine.name}'${version} of '${prop}' has no metric for it; choose another signal, another version, or describe it with Signal.promql`);
    }
  }
}

/** What is watched unless the user says otherwise, as far as both engines measure it. Internal. */
export function defaultGates(engines: Engine[]): CanaryGate[] {
  return [
    CanaryGate.below(Signal.ERROR_RATIO, 0.01),
    CanaryGate.noWorseThanStable(Signal.TIME_TO_FIRST_TOKEN, 1.3),
    CanaryGate.noWorseThanStable(Signal.TIME_PER_OUTPUT_TOKEN, 1.3),
    CanaryGate.noWorseThanStable(Signal.QUEUE_TIME, 1.3),
  ].filter(({ signal }) => engines.every((engine) => signal!.isKnownFor(engine.name, engine.version)));
}

function checkSignal(signal: Signal): void {
  if (typeof signal?.isKnownFor !== 'function') { throw new Error(`the signal of a gate is ${show(signal)} but must be a Signal, e.g. Signal.ERROR_RATIO`); }
}
