import { Construct } from 'constructs';
import { EvaluationImageOptions, EvaluationOptions } from './evaluation-options';
import { Signal, SignalQuery } from '../catalog/signal';
import { fail, numberProblem, objectProblem, show, textProblem } from '../errors';
import { IInferenceFleet } from '../fleet/fleet';

/** Options of a gate. */
export interface CanaryGateOptions {
  /**
   * Percentile of a signal that has percentiles, above 0 and below 100.
   *
   * @default - 95 for a limit; a comparison with the stable fleet is one of means
   */
  readonly percentile?: number;
}

/** A gate on any PromQL. */
export interface PromqlGateOptions {
  /** Name of the gate: letters, digits and dashes, at most 63. */
  readonly name: string;
  /**
   * PromQL with one value. `{{selector}}` stands for the label matchers of the candidate, `{{stable}}` for those of the stable fleet, e.g.
   * `sum(rate(shop_answers_total{verdict="bad",{{selector}}}[1m]))`. It is read once per batch of measurements, 30 seconds or more.
   */
  readonly query: string;
  /**
   * What the value is to stay below.
   *
   * @default - 'above' says what it is to stay above
   */
  readonly below?: number;
  /**
   * What the value is to stay above.
   *
   * @default - 'below' says what it is to stay below
   */
  readonly above?: number;
}

/** What a gate is made of. */
interface GateFacts {
  readonly name: string;
  readonly signal?: Signal;
  readonly limit?: number;
  readonly factor?: number;
  readonly percentile?: number;
  readonly query?: string;
  readonly evaluation?: EvaluationOptions | EvaluationImageOptions;
  readonly lowerIsBetter: boolean;
}

const NAME = /^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$/;
const LONGEST_QUERY = 10_000;

/** Something that must hold for a rollout to go on. */
export class CanaryGate {
  /**
   * The signal of the candidate stays under a limit, in the signal's own unit (seconds, a ratio from 0 to 1, requests).
   *
   * @throws when the limit is not a number above zero.
   */
  public static below(signal: Signal, limit: number, options: CanaryGateOptions = {}): CanaryGate {
    const percentile = checkSignal(signal, options);
    const problem = numberProblem('limit', limit, { above: 0, max: 1e12 });
    if (problem) { throw new Error(`${problem} in a gate on '${signal.name}'`); }
    const of = signal.isDistribution ? percentile ?? 95 : undefined;
    return new CanaryGate({ name: `${signal.name}${of === undefined ? '' : `-p${of}`}-below-${limit}`, signal, limit, percentile: of, lowerIsBetter: true });
  }

  /**
   * The signal of the candidate is at most this many times worse than that of the stable fleet: higher where lower is better,
   * lower where higher is better. Of latencies the means are compared, unless a percentile is stated: histograms are too coarse for small factors.
   *
   * @throws when the factor is below 1, or nobody knows which way of the signal is worse.
   */
  public static noWorseThanStable(signal: Signal, factor: number, options: CanaryGateOptions = {}): CanaryGate {
    const percentile = checkSignal(signal, options);
    const problem = numberProblem('factor', factor, { min: 1, max: 1000 });
    if (problem) { throw new Error(`${problem} in a gate on '${signal.name}'`); }
    const { lowerIsBetter } = signal;
    if (lowerIsBetter === undefined) {
      throw new Error(`signal '${signal.name}' does not tell better from worse, so the candidate can't be compared by it; use CanaryGate.below, or state 'lowerIsBetter' of a signal of your own`);
    }
    return new CanaryGate({ name: `${signal.name}${percentile === undefined ? '' : `-p${percentile}`}-beside-stable`, signal, factor, percentile, lowerIsBetter });
  }

  /** What is watched unless `gates` of a canary says otherwise, for who adds to it. */
  public static defaults(stable: IInferenceFleet, candidate: IInferenceFleet): CanaryGate[] { return defaultGates(stable, candidate); }

  /**
   * Any PromQL stays below a limit, or above one.
   *
   * @throws when the name is none, the query is empty or states nothing of the candidate, or not exactly one limit is given.
   */
  public static promql(options: PromqlGateOptions): CanaryGate {
    const { name, query, below, above } = options ?? {};
    if (typeof name !== 'string' || !NAME.test(name)) { throw new Error(`the name of a gate is ${show(name)} but must be 1 to 63 small letters, digits and dashes, with no dash at either end`); }
    const problem = textProblem('query', query, LONGEST_QUERY) ?? (below === undefined ? undefined : numberProblem('below', below, {}))
      ?? (above === undefined ? undefined : numberProblem('above', above, {}));
    if (problem) { throw new Error(`${problem} in gate '${name}'`); }
    if ((below === undefined) === (above === undefined)) { throw new Error(`gate '${name}' has ${below === undefined ? 'neither' : 'both'} 'below' ${below === undefined ? 'nor' : 'and'} 'above'; state one of them`); }
    return new CanaryGate({ name, query, limit: below ?? above, lowerIsBetter: below !== undefined });
  }

  /**
   * Asks the candidate prompts whose right answers are known, before it gets traffic; the share of right answers is at least `leastScore`.
   *
   * A Job does it, in the candidate's namespace, through the candidate's own Service.
   */
  public static evaluation(options: EvaluationOptions): CanaryGate { return CanaryGate.evaluated(options); }

  /** The same with an image of your own, which says how good the candidate is. */
  public static evaluationImage(options: EvaluationImageOptions): CanaryGate { return CanaryGate.evaluated(options); }

  /** The options are checked where the evaluation is bound. */
  private static evaluated(evaluation: EvaluationOptions | EvaluationImageOptions): CanaryGate {
    return new CanaryGate({ name: evaluation?.name ?? 'evaluation', evaluation: evaluation ?? null, lowerIsBetter: false });
  }

  /** Name of the gate. */
  public readonly name: string;
  /** What is watched; undefined if the gate has a query of its own, or is an evaluation. */
  public readonly signal?: Signal;
  /** Limit of the candidate, in the signal's unit; undefined if it is compared with the stable fleet. */
  public readonly limit?: number;
  /** How many times worse than the stable fleet the candidate may be; undefined if it has a limit. */
  public readonly factor?: number;
  /** Percentile that is watched; undefined if the signal has none, or means are compared. */
  public readonly percentile?: number;
  /** Whether a lower reading is better. */
  public readonly lowerIsBetter: boolean;
  /**
   * What an evaluation was told.
   *
   * @internal
   */
  public readonly _evaluation?: EvaluationOptions | EvaluationImageOptions;
  private readonly query?: string;

  private constructor(facts: GateFacts) {
    this.name = facts.name;
    this.signal = facts.signal;
    this.limit = facts.limit;
    this.factor = facts.factor;
    this.percentile = facts.percentile;
    this.lowerIsBetter = facts.lowerIsBetter;
    this.query = facts.query;
    this._evaluation = facts.evaluation;
  }

  /**
   * PromQL with the gate's reading: of the candidate, or of the candidate over the stable fleet where they are compared.
   *
   * @throws when an engine has no metric for the signal, or the gate is an evaluation.
   */
  public promqlOf(candidate: SignalQuery, stable: SignalQuery): string {
    const { signal, factor, percentile, query } = this;
    if (signal === undefined) {
      if (query === undefined) { throw new Error(`gate '${this.name}' is an evaluation, which no PromQL reads`); }
      const values: { readonly [placeholder: string]: string } = { selector: matchers(candidate), stable: matchers(stable) };
      return query.replace(/\{\{(selector|stable)\}\}/g, (_, placeholder: string) => values[placeholder]);
    }
    const reading = (of: SignalQuery) => signal.query({ ...of, percentile });
    return factor === undefined ? reading(candidate) : `(${reading(candidate)}) / (${reading(stable)})`;
  }
}

/** Fails unless both fleets measure what the gate watches. Internal. */
export function checkGate(scope: Construct, gate: CanaryGate, fleets: { [prop: string]: IInferenceFleet }): void {
  if (typeof gate?.promqlOf !== 'function') { fail(scope, `a gate is ${show(gate)} but must be a CanaryGate, e.g. CanaryGate.below(Signal.ERROR_RATIO, 0.01)`); }
  for (const [prop, { engine }] of Object.entries(fleets)) {
    if (gate.signal !== undefined && !gate.signal.isKnownFor(engine.name, engine.version)) {
      const version = engine.version === undefined ? '' : ` ${engine.version}`;
      fail(scope, `a gate watches '${gate.signal.name}' but engine '${engine.name}'${version} of '${prop}' has no metric for it; choose another signal, another version, or describe it with Signal.promql`);
    }
  }
}

/**
 * What is watched unless the user says otherwise, as far as both engines measure it: errors, latencies and queue beside the stable fleet, and the
 * candidate's own latency targets, at the next bound of the engine's histogram. Internal.
 */
export function defaultGates({ engine: stable }: IInferenceFleet, { engine, plan: { latency = {} } }: IInferenceFleet): CanaryGate[] {
  const { percentile = 95 } = latency;
  const targets: [Signal, number | undefined][] = [
    [Signal.TIME_TO_FIRST_TOKEN, latency.timeToFirstTokenMillis],
    [Signal.TIME_PER_OUTPUT_TOKEN, latency.timePerOutputTokenMillis],
    [Signal.END_TO_END_LATENCY, latency.endToEndMillis],
  ];
  const isKnown = (signal: Signal) => [stable, engine].every(({ name, version }) => signal.isKnownFor(name, version));
  return [
    CanaryGate.below(Signal.ERROR_RATIO, 0.01),
    CanaryGate.noWorseThanStable(Signal.ERROR_RATIO, 2),
    CanaryGate.noWorseThanStable(Signal.TIME_TO_FIRST_TOKEN, 1.3),
    CanaryGate.noWorseThanStable(Signal.TIME_PER_OUTPUT_TOKEN, 1.3),
    CanaryGate.noWorseThanStable(Signal.QUEUE_TIME, 1.3),
    ...targets.flatMap(([signal, millis]) => {
      const bounds = isKnown(signal) ? signal._raw({ engine: engine.name, version: engine.version })?.histogram?.bounds : undefined;
      const bound = bounds?.find((one) => millis !== undefined && one * 1000 >= millis);
      return bound === undefined ? [] : [CanaryGate.below(signal, bound, { percentile })];
    }),
  ].filter(({ signal }) => isKnown(signal!));
}

/** The stated percentile, of a signal that is one. */
function checkSignal(signal: Signal, options: CanaryGateOptions): number | undefined {
  if (typeof signal?.isKnownFor !== 'function') { throw new Error(`the signal of a gate is ${show(signal)} but must be a Signal, e.g. Signal.ERROR_RATIO`); }
  if (options === null || objectProblem('options', options)) { throw new Error(`the options of a gate on '${signal.name}' are ${show(options)} but must be an object`); }
  const { percentile } = options;
  if (percentile === undefined) { return undefined; }
  if (!signal.isDistribution) { throw new Error(`'percentile' is ${show(percentile)} but signal '${signal.name}' has no percentiles; leave it out`); }
  const problem = numberProblem('percentile', percentile, { above: 0, max: 99.999 });
  if (problem) { throw new Error(`${problem} in a gate on '${signal.name}'`); }
  return percentile;
}

function matchers({ selector = {} }: SignalQuery): string {
  return Object.entries(selector).map(([label, value]) => `${label}=${JSON.stringify(value)}`).sort().join(',');
}
