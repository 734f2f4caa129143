import { SizingPlan } from '../sizing/plan';

/** A plan in one line, for the pull request in which it changes. */
export function summary(plan: SizingPlan): string {
  const { estimate, layout } = plan;
  const ways = [
    `TP ${layout.tensorParallel}`,
    ...(['pipelineParallel', 'dataParallel', 'expertParallel'] as const)
      .filter((kind) => (layout[kind] ?? 1) > 1)
      .map((kind) => `${kind[0].toUpperCase()}P ${layout[kind]}`),
  ].join(' x ');
  const ttft = estimate.timeToFirstToken.atTarget;
  const tpot = estimate.timePerOutputToken.atTarget;
  return [
    `${plan.replicas} x (${ways}) on ${plan.pool.name ?? plan.pool.accelerator.name}`,
    `${plan.precision.name} weights, ${plan.kvCachePrecision.name} KV cache`,
    `${plan.gpus} GPU${plan.gpus === 1 ? '' : 's'} on ${plan.nodes} node${plan.nodes === 1 ? '' : 's'}`,
    `first token ${millis(ttft.expected)} (${millis(ttft.low)} to ${millis(ttft.high)})`,
    `per token ${millis(tpot.expected)} (${millis(tpot.low)} to ${millis(tpot.high)})`,
    `bound by ${estimate.boundBy}, ${Math.round(estimate.utilization * 100)} % busy`,
    ...(plan.cost ? [`$${plan.cost.dollarsPerHour.toFixed(2)} per hour`] : []),
  ].join('; ');
}

function millis(value: number): string {
  return `${value >= 100 ? Math.round(value) : Number(value.toPrecision(3))} ms`;
}
