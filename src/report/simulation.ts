import { counted, duration, figure, percent } from './numbers';
import { bullets, ReportOptions, table } from './table';
import { SimulatedEstimate, SimulationRun } from '../sizing/simulated-estimate';

/** What a simulation saw besides latencies, as plain data. */
export function simulationJson(run: SimulationRun): object {
  const { requests, relativeError, queueGrows, preemptionsPerRequest, kvCacheUse, kvCachePeak } = run;
  return {
    requests,
    relativeError: short(relativeError),
    queueGrows,
    preemptionsPerRequest: short(preemptionsPerRequest),
    kvCacheUse: short(kvCacheUse),
    kvCachePeak: short(kvCachePeak),
  };
}

/** A simulation for people. */
export function simulationText(simulated: SimulatedEstimate, options: ReportOptions): string {
  const run = simulated.simulation;
  if (!run) { return bullets([simulated.reason ?? 'it does not fit'], options); }
  const latencies = table(
    [{ head: '' }, ...['mean', 'p50', 'p90', 'p99'].map((head) => ({ head, right: true }))],
    ([['Time to first token', simulated.timeToFirstToken], ['Time per output token', simulated.timePerOutputToken], ['End to end', simulated.endToEnd]] as const)
      .map(([name, latency]) => [name, ...[latency.mean, latency.p50, latency.p90, latency.p99].map((range) => duration(range.expected))]),
    options);
  const remarks = [
    `${counted(run.requests, 'request')}, ${figure(simulated.outputTokensPerSecond.expected)} output tokens/s, means within ${percent(run.relativeError)} (standard error)`,
    `KV cache ${percent(run.kvCacheUse)} in use on average, ${percent(run.kvCachePeak)} at most; ${figure(run.preemptionsPerRequest)} preemptions a request`,
    ...run.queueGrows ? ['more requests came than were completed: the queue grows, and these latencies with it'] : [],
  ];
  return `${latencies}\n${bullets(remarks, options)}`;
}

/** Four significant digits. */
function short(value: number): number {
  return Number.isFinite(value) ? Number(value.toPrecision(4)) : value;
}
