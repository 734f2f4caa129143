/** Gates as the runner tests them. Internal. */
import { Construct } from 'constructs';
import { CanaryGate } from './canary-gate';
import { estimatesAtLoad, latencyOf, loadTable } from './load-table';
import { LoadPoint, RolloutGate } from './rollout-spec';
import { RawSignal } from '../catalog/raw-signal';
import { Signal, SignalQuery } from '../catalog/signal';
import { fail } from '../errors';
import { IInferenceFleet } from '../fleet/fleet';
import { LatencyEstimate } from '../sizing/plan';

/** Differences of the time in queue below this don't matter, in seconds. */
const QUEUE_FLOOR = 0.15;
/** A sound candidate's share of bad requests, over the limit's. */
const USUAL_SHARE = 0.1;

/** What the gates are asked of. */
export interface GateSources {
  readonly stable: IInferenceFleet;
  readonly candidate: IInferenceFleet;
  /** Span of a reading, in seconds. */
  readonly windowSeconds: number;
}

/** How Prometheus is asked about a fleet. */
export function signalQuery({ engine, metricLabels }: IInferenceFleet): SignalQuery {
  return { engine: engine.name, version: engine.version, selector: metricLabels };
}

/** Every gate that is no evaluation; fails where one can't be tested as it is stated. */
export function rolloutGates(scope: Construct, gates: readonly CanaryGate[], sources: GateSources): RolloutGate[] {
  const compared = gates.some(({ factor }) => factor !== undefined);
  const estimates = compared ? estimatesAtLoad(sources.stable.plan, sources.stable.engine) : [];
  return gates.filter(({ _evaluation }) => _evaluation === undefined).flatMap((gate) => {
    const [raw, beside] = [sources.candidate, sources.stable].map((fleet) => gate.signal?._raw(signalQuery(fleet)));
    if (raw === undefined || beside === undefined) { return [level(gate, sources)]; }
    if (gate.factor === undefined) { return limits(scope, gate, raw, sources); }
    return comparisons(scope, gate, { raw, beside, sources, atLoad: loadTable(estimates, gate.signal!) });
  });
}

function limits(scope: Construct, gate: CanaryGate, raw: RawSignal, sources: GateSources): RolloutGate[] {
  const { name, limit, percentile } = gate;
  if (raw.shares !== undefined) {
    if (limit! >= 1) { fail(scope, `gate '${name}' is a share below ${limit}, which every share is; state a limit below 1`); }
    return raw.shares.map(({ part, events, total }) => ({
      kind: 'share-limit', name: nameOf(name, part), events, total, good: limit!, bad: worse(limit!), expected: limit! * USUAL_SHARE,
    }));
  }
  if (raw.histogram === undefined || percentile === undefined) { return [level(gate, sources)]; }
  const { bounds, bucket, count } = raw.histogram;
  if (bounds === undefined || !bounds.includes(limit!)) { fail(scope, noBound(gate, sources.candidate, bounds)); }
  const good = rounded(1 - percentile / 100);
  const estimate = latencyOf(sources.candidate.plan.estimate, gate.signal!);
  const expected = estimate === undefined ? good / 2 : rounded(Math.min(good, shareAbove(estimate, limit! * 1000)));
  return [{ kind: 'share-limit', name, events: bucket(limit!), eventsAreGood: true, total: count, good, bad: worse(good), expected }];
}

interface Compared {
  readonly raw: RawSignal;
  /** Of the stable fleet. */
  readonly beside: RawSignal;
  readonly sources: GateSources;
  readonly atLoad?: readonly LoadPoint[];
}

function comparisons(scope: Construct, gate: CanaryGate, { raw, beside, sources, atLoad }: Compared): RolloutGate[] {
  const { name, factor } = gate;
  const signal = gate.signal!;
  if (raw.counter !== undefined || raw.gauge !== undefined) {
    fail(scope, `gate '${name}' compares '${signal.name}', which adds up over replicas, so that the candidate looks better the less traffic it has; use CanaryGate.below, or CanaryGate.promql with a value per request`);
  }
  if (raw.histogram !== undefined && beside.histogram !== undefined && gate.percentile === undefined) {
    const both = (of: 'sum' | 'count') => ({ stable: beside.histogram![of], candidate: raw.histogram![of] });
    const floor = signal === Signal.QUEUE_TIME ? QUEUE_FLOOR : 0;
    return [{ kind: 'mean-ratio', name, sum: both('sum'), count: both('count'), factor: factor!, floor, atLoad }];
  }
  if (raw.shares === undefined || beside.shares === undefined || !gate.lowerIsBetter) { return [level(gate, sources)]; }
  return raw.shares.slice(0, beside.shares.length).map(({ part, events, total }, i) => ({
    kind: 'share-ratio',
    name: nameOf(name, part),
    events: { stable: beside.shares![i].events, candidate: events },
    total: { stable: beside.shares![i].total, candidate: total },
    factor: factor!,
  }));
}

/** A reading of PromQL per batch. */
function level(gate: CanaryGate, { stable, candidate, windowSeconds }: GateSources): RolloutGate {
  const [own, others] = [candidate, stable].map((fleet) => ({ ...signalQuery(fleet), windowSeconds }));
  const { name, factor, limit, lowerIsBetter } = gate;
  const bound = factor === undefined ? limit! : lowerIsBetter ? factor : 1 / factor;
  return { kind: 'level', name, query: gate.promqlOf(own, others), limit: bound, lowerIsBetter };
}

function noBound({ name, signal, limit }: CanaryGate, { engine }: IInferenceFleet, bounds: readonly number[] | undefined): string {
  const of = `engine '${engine.name}'${engine.version === undefined ? '' : ` ${engine.version}`}`;
  const watches = `gate '${name}' counts what takes longer than ${limit} s`;
  if (bounds === undefined) { return `${watches} but nobody states the buckets of '${signal!.name}' of ${of}; compare with the stable fleet, or use CanaryGate.promql`; }
  const near = [bounds.filter((bound) => bound < limit!).pop(), bounds.find((bound) => bound > limit!)].filter((bound) => bound !== undefined);
  return `${watches} but ${of} counts '${signal!.name}' by buckets up to ${near.join(' and ')} s and none between; use ${near.join(' or ')}`;
}

/** Share of requests above a latency in milliseconds, by the plan: between its percentiles a straight line, of the share's logarithm. */
function shareAbove({ p50, p90, p99 }: LatencyEstimate, millis: number): number {
  const points = [[0.5, p50.expected], [0.1, p90.expected], [0.01, p99.expected]];
  const above = points.findIndex(([, value]) => value >= millis);
  if (above <= 0) { return above === 0 ? 0.5 : 0.01; }
  const [[high, from], [low, to]] = [points[above - 1], points[above]];
  return high * (low / high) ** ((millis - from) / (to - from));
}

/** Twice as bad, as far as there is room. */
function worse(share: number): number { return rounded(Math.min(2 * share, (1 + share) / 2)); }

function nameOf(gate: string, part: string | undefined): string { return part === undefined ? gate : `${gate}-${part}`; }

function rounded(value: number): number { return Number(value.toFixed(6)); }
