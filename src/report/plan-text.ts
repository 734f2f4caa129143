import { counted, dollars, duration, durationRange, figure, figureRange, gib, percent } from './numbers';
import { simulationText } from './simulation';
import { bullets, paint, ReportOptions, table } from './table';
import { CostEstimate, EnergyEstimate, EngineSettings, LatencyEstimate, MemoryLedger, SizingCandidate, SizingPlan } from '../sizing/plan';
import { LatencyTarget, ParallelLayout } from '../sizing/questions';
import { SimulatedEstimate } from '../sizing/simulated-estimate';

/** How a plan is written. */
export interface PlanTextOptions extends ReportOptions {
  /** The latencies that were asked for, to stand beside what is expected. Default: none. */
  readonly latency?: LatencyTarget;
  /** What a simulation of one replica saw, to stand beside the formulas. Default: none. */
  readonly simulated?: SimulatedEstimate;
  /** Alternatives shown. Default: 5. */
  readonly alternatives?: number;
}

/** What users wait for. */
export interface Latencies {
  readonly timeToFirstToken: LatencyEstimate;
  readonly timePerOutputToken: LatencyEstimate;
  readonly endToEnd: LatencyEstimate;
}

/** A plan for people: what to run, where the memory goes, what users get, what it costs, and why. Ends with a line feed. */
export function planText(plan: SizingPlan, options: PlanTextOptions = {}): string {
  const colors = paint(options.color ?? false);
  const section = (title: string, body: string) => body ? `${colors.bold(title)}\n${body}\n` : '';
  const { estimate } = plan;
  return [
    section(`${plan.model.id} on ${plan.pool.name ?? plan.pool.accelerator.name}`, table([{ head: '' }, { head: '' }], headline(plan), options)),
    section(`Memory of the fullest GPU (${gib(estimate.memory.deviceBytes)})`, table(
      [{ head: '' }, { head: '', right: true }, { head: '', right: true }], memoryRows(estimate.memory), options)),
    section('Latency', latencyTable(plan.estimate, options.latency, options)),
    section('Simulation of one replica', options.simulated ? simulationText(options.simulated, options) : ''),
    section('Engine settings that make this true', table([{ head: '' }, { head: '' }], settings(plan), options)),
    section('Why', bullets(plan.explanation, options)),
    section('Assumptions', bullets(plan.assumptions, options)),
    section('Alternatives', alternatives(plan, options)),
  ].filter(Boolean).join('\n');
}

/** `TP 8`, `TP 8 x PP 2`, `TP 1 x DP 8, experts over 8`. */
export function layoutText(layout: ParallelLayout): string {
  const parts = [`TP ${layout.tensorParallel}`];
  if ((layout.pipelineParallel ?? 1) > 1) { parts.push(`PP ${layout.pipelineParallel}`); }
  if ((layout.dataParallel ?? 1) > 1) { parts.push(`DP ${layout.dataParallel}`); }
  return parts.join(' x ') + ((layout.expertParallel ?? 1) > 1 ? `, experts over ${layout.expertParallel}` : '');
}

/** The layouts of candidates, with the formats of their KV caches where those differ. */
export function candidateTexts(candidates: readonly SizingCandidate[], own = candidates[0]?.kvCachePrecision): string[] {
  const several = candidates.some(({ kvCachePrecision }) => kvCachePrecision !== own);
  return candidates.map(({ layout, kvCachePrecision }) => `${layoutText(layout)}${several ? `, ${kvCachePrecision.name} KV cache` : ''}`);
}

function headline(plan: SizingPlan): string[][] {
  const { estimate } = plan;
  const replica = plan.nodesPerReplica > 1 ? `, each over ${counted(plan.nodesPerReplica, 'node')}` : '';
  return [
    ['Layout', `${counted(plan.replicas, 'replica')} of ${layoutText(plan.layout)} (${counted(plan.gpusPerReplica, 'GPU')}${replica})`],
    ['GPUs', `${plan.gpus.toLocaleString('en-US')} on ${counted(plan.nodes, 'node')} of ${plan.pool.gpusPerNode ?? 8}`],
    ['Precision', `${plan.precision.name} weights, ${plan.kvCachePrecision.name} KV cache`],
    ['Throughput', `${figureRange(estimate.outputTokensPerSecond)} output tokens/s per replica at its share of the load, ${counted(Math.round(estimate.concurrentRequests), 'request')} in flight`],
    ['Utilization', percent(estimate.utilization)],
    ['Bound by', estimate.boundBy],
    ...billRows(plan),
  ];
}

/** What all GPUs take and cost. */
export function billRows({ energy, cost }: { readonly energy?: EnergyEstimate; readonly cost?: CostEstimate }): string[][] {
  return [
    ...energy === undefined ? [] : [['Power', `${figure(energy.watts / 1000)} kW for all GPUs, ${figure(energy.joulesPerOutputToken)} J per output token`]],
    ['Cost', cost
      ? `${dollars(cost.dollarsPerHour)} per hour, ${dollars(cost.dollarsPerMillionOutputTokens)} per million output tokens`
      : 'not known: no price was given and the catalogue has none'],
    ...cost === undefined ? [] : [['', `or ${tokenPrice(cost.dollarsPerMillionPromptTokens)} per million prompt and ${tokenPrice(cost.dollarsPerMillionCompletionTokens)} per million output tokens`]],
  ];
}

/** Prompt tokens may cost less than a cent per million. */
function tokenPrice(value: number): string {
  return value > 0 && value < 0.1 ? `$${Number(value.toPrecision(2))}` : dollars(value);
}

/** Where the memory of the fullest GPU goes: name, size, share. */
export function memoryRows(memory: MemoryLedger): string[][] {
  const parts: [string, number][] = [
    ['Weights', memory.weightBytes],
    ['KV cache', memory.kvCacheBytes],
    ['Activations', memory.activationBytes],
    ['Graphs', memory.graphBytes],
    ['Communication and runtime', memory.communicationBytes],
    ['Left free', memory.freeBytes],
  ];
  return parts.map(([name, bytes]) => [name, gib(bytes), `${(100 * bytes / memory.deviceBytes).toFixed(1)} %`]);
}

/** Three latencies: what is expected, and beside it what was asked for. */
export function latencyTable(latencies: Latencies, target: LatencyTarget = {}, options: ReportOptions): string {
  const rows: [string, LatencyEstimate, number | undefined][] = [
    ['Time to first token', latencies.timeToFirstToken, target.timeToFirstTokenMillis],
    ['Time per output token', latencies.timePerOutputToken, target.timePerOutputTokenMillis],
    ['End to end', latencies.endToEnd, target.endToEndMillis],
  ];
  const asked = rows.some(([, , limit]) => limit !== undefined);
  const columns = [{ head: '' }, ...['mean', 'p50', 'p90', 'p99'].map((head) => ({ head, right: true }))];
  return table(
    asked ? [...columns, { head: `p${target.percentile ?? 95}` }, { head: 'target' }] : columns,
    rows.map(([name, latency, limit]) => [
      name, ...[latency.mean, latency.p50, latency.p90, latency.p99].map((range) => duration(range.expected)),
      ...asked ? [durationRange(latency.atTarget), limit === undefined ? '-' : duration(limit)] : [],
    ]), options);
}

function settings(plan: SizingPlan): string[][] {
  const { settings: values, kvCacheTokens } = plan.estimate;
  return [
    ...settingRows(values),
    ['KV cache', `${Math.floor(kvCacheTokens).toLocaleString('en-US')} tokens in blocks of ${values.kvBlockSize}`],
  ];
}

/** An engine's settings by name. */
export function settingRows(values: EngineSettings): string[][] {
  return [
    ['maxModelLen', `${values.maxModelLen.toLocaleString('en-US')} tokens`],
    ['maxNumSeqs', `${values.maxNumSeqs.toLocaleString('en-US')} requests`],
    ['maxNumBatchedTokens', `${values.maxNumBatchedTokens.toLocaleString('en-US')} tokens`],
    ['memoryFraction', String(Number(values.memoryFraction.toFixed(4)))],
    ...values.speculative ? [['speculative', `${values.speculative.method}, draft tokens of a step: ${values.speculative.tokens}`]] : [],
  ];
}

function alternatives(plan: SizingPlan, options: PlanTextOptions): string {
  const shown = plan.alternatives.slice(0, options.alternatives ?? 5);
  if (!shown.length) { return ''; }
  const layouts = candidateTexts(shown, plan.kvCachePrecision);
  const rest = plan.alternatives.length - shown.length;
  const body = table(
    [{ head: 'pool' }, { head: 'layout' }, { head: 'replicas', right: true }, { head: 'GPUs', right: true }, { head: 'why not' }],
    shown.map((candidate, i) => [
      candidate.pool, layouts[i], count(candidate.replicas), count(candidate.gpus), reason(candidate, plan),
    ]),
    options);
  return rest ? `${body}\n  and ${rest} more with '--json'` : body;
}

const count = (value: number | undefined) => value === undefined ? '-' : value.toLocaleString('en-US');

function reason(candidate: SizingCandidate, plan: SizingPlan): string {
  if (candidate.rejection) { return candidate.rejection; }
  if (candidate.gpus === undefined || candidate.gpus === plan.gpus) { return 'meets the load, but ranks behind'; }
  return candidate.gpus > plan.gpus ? `meets the load with ${counted(candidate.gpus - plan.gpus, 'GPU')} more` : 'meets the load, but costs more';
}
