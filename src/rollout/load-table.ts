/** What a plan says of latencies at each load. Internal. */
import { LoadPoint } from './rollout-spec';
import { Signal } from '../catalog/signal';
import { Engine } from '../engines/engine';
import { Load, LoadKind } from '../sizing/load';
import { Estimate, LatencyEstimate, SizingPlan } from '../sizing/plan';
import { Sizing } from '../sizing/sizing';

/** Shares of a replica's part of the planned load. */
const SHARES = [0.02, 0.05, 0.1, 0.2, 0.35, 0.5, 0.65, 0.8, 0.9, 1];
const DIGITS = 4;

/** Latencies of the plan that a signal measures; the time in queue is a part of the first token's that no plan states. */
const LATENCIES: { readonly [signal: string]: (estimate: Estimate) => LatencyEstimate } = {
  [Signal.TIME_TO_FIRST_TOKEN.name]: ({ timeToFirstToken }) => timeToFirstToken,
  [Signal.TIME_PER_OUTPUT_TOKEN.name]: ({ timePerOutputToken }) => timePerOutputToken,
  [Signal.INTER_TOKEN_LATENCY.name]: ({ timePerOutputToken }) => timePerOutputToken,
  [Signal.END_TO_END_LATENCY.name]: ({ endToEnd }) => endToEnd,
};

/** The latency of a plan that a signal measures; undefined if it measures none. */
export function latencyOf(estimate: Estimate, signal: Signal): LatencyEstimate | undefined { return LATENCIES[signal.name]?.(estimate); }

/** Requests per second of the users that a fleet was planned for. */
export function plannedRequests({ load }: SizingPlan): number {
  return load.kind === LoadKind.OUTPUT_TOKENS_PER_SECOND ? load.amount / load.lengths.outputTokens : load.amount;
}

/** One replica at rising parts of its load. */
export function estimatesAtLoad(plan: SizingPlan, engine: Engine): Estimate[] {
  const perReplica = plannedRequests(plan) / plan.replicas;
  return SHARES.map((share) => Sizing.estimate({
    model: plan.model,
    pool: plan.pool,
    layout: plan.layout,
    precision: plan.precision,
    kvCachePrecision: plan.kvCachePrecision,
    engine: { ...engine.toSizingEngine(), ...plan.estimate.settings },
    load: Load.requestsPerSecond(share * perReplica, plan.load.lengths),
  })).filter(({ fits }) => fits);
}

/** Mean latency of a signal at each number of running requests, which rise; undefined where the plan says nothing of it. */
export function loadTable(estimates: readonly Estimate[], signal: Signal): LoadPoint[] | undefined {
  if (LATENCIES[signal.name] === undefined) { return undefined; }
  const points: LoadPoint[] = [];
  for (const estimate of estimates) {
    const point = { running: digits(estimate.concurrentRequests), seconds: digits(latencyOf(estimate, signal)!.mean.expected / 1000) };
    if (point.seconds > 0 && point.running > (points[points.length - 1]?.running ?? 0)) { points.push(point); }
  }
  return points.length > 1 ? points : undefined;
}

function digits(value: number): number { return Number(value.toPrecision(DIGITS)); }
