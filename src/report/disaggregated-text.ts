import { counted, duration, gib, percent } from './numbers';
import { billRows, latencyTable, layoutText, memoryRows, settingRows } from './plan-text';
import { bullets, paint, ReportOptions, table } from './table';
import { DisaggregatedPlan, PhasePlan } from '../sizing/disaggregated-plan';
import { LatencyTarget } from '../sizing/questions';

/** How such a plan is written. */
export interface DisaggregatedTextOptions extends ReportOptions {
  /** The latencies that were asked for, to stand beside what is expected. Default: none. */
  readonly latency?: LatencyTarget;
}

/** A plan with prompts and completions on instances of their own, for people. Ends with a line feed. */
export function disaggregatedText(plan: DisaggregatedPlan, options: DisaggregatedTextOptions = {}): string {
  const colors = paint(options.color ?? false);
  const { prefill, decode, pool } = plan;
  const section = (title: string, body: string) => `${colors.bold(title)}\n${body}\n`;
  const both = [{ head: '' }, { head: 'prompts', right: true }, { head: 'completions', right: true }];
  return [
    section(`${plan.model.id} on ${pool.name ?? pool.accelerator.name}, prompts and completions on instances of their own`,
      table([{ head: '' }, { head: '' }], headline(plan), options)),
    section('Latency', latencyTable(plan, options.latency, options)),
    section(`Memory of the fullest GPU (${gib(prefill.memory.deviceBytes)})`, table(both, beside(memoryRows(prefill.memory), memoryRows(decode.memory)), options)),
    section('Engine settings that make this true', table(both, beside(settingRows(prefill.settings), settingRows(decode.settings)), options)),
    section('Why', bullets(plan.explanation, options)),
  ].join('\n');
}

function headline(plan: DisaggregatedPlan): string[][] {
  const phase = ({ replicas, layout, gpusPerReplica, utilization }: PhasePlan) =>
    `${counted(replicas, 'replica')} of ${layoutText(layout)} (${counted(gpusPerReplica, 'GPU')}), ${percent(utilization)} of what they carry in use`;
  return [
    ['Prompts', phase(plan.prefill)],
    ['Completions', phase(plan.decode)],
    ['GPUs', plan.gpus.toLocaleString('en-US')],
    ['Precision', `${plan.precision.name} weights, ${plan.kvCachePrecision.name} KV cache`],
    ['Transfer', `${duration(plan.transferMillis)} for the KV cache of a mean prompt`],
    ...billRows(plan),
  ];
}

/** Rows of one table, by the names that they share. */
function beside(left: readonly string[][], right: readonly string[][]): string[][] {
  return left.map(([name, value], i) => [name, value, right[i][1]]);
}
