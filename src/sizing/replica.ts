import { DEFAULT_PERCENTILE } from './checked';
import { Load, LoadKind } from './load';
import { SizingPlan } from './plan';
import { SizingRequest } from './questions';
import { p99Of } from './request';
import { SimulatedEstimate } from './simulated-estimate';
import { Sizing } from './sizing';

/** Simulates one replica of a plan at its share of the load, with the lengths and settings that the plan assumed. */
export function simulateReplica(request: SizingRequest, plan: SizingPlan): SimulatedEstimate {
  const { load } = request;
  const { promptTokens, outputTokens, promptTokensP99, outputTokensP99 } = load.lengths;
  const context = plan.model.maxContextTokens;
  const rate = load.kind === LoadKind.OUTPUT_TOKENS_PER_SECOND ? load.amount / outputTokens : load.amount;
  const lengths = {
    ...load.lengths,
    promptTokensP99: p99Of(promptTokens, promptTokensP99, true, context),
    outputTokensP99: p99Of(outputTokens, outputTokensP99, true, context),
  };
  return Sizing.simulate({
    model: plan.model,
    pool: plan.pool,
    layout: plan.layout,
    precision: plan.precision,
    kvCachePrecision: plan.kvCachePrecision,
    engine: { ...request.engine, ...plan.estimate.settings },
    load: Load.requestsPerSecond(rate / (plan.replicas - (request.spareReplicas ?? 0)), { ...lengths, arrivalVariation: load.arrivalVariation }),
    percentile: request.latency?.percentile ?? DEFAULT_PERCENTILE,
  });
}
