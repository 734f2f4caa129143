import { duration, durationRange, figure, figureRange, gib, percent } from './numbers';
import { layoutText, memoryRows } from './plan-text';
import { bullets, paint, ReportOptions, table } from './table';
import { StepPart } from '../sizing/compute';
import { Estimate, MemoryLedger } from '../sizing/plan';
import { EstimateRequest, ParallelLayout } from '../sizing/questions';

/** What is printed of an explanation. */
export interface ExplainedText {
  readonly request: EstimateRequest;
  readonly estimate: Estimate;
  /** What the estimate assumes that nobody said. */
  readonly assumed?: string;
  readonly memory: MemoryLedger;
  readonly steps: readonly {
    readonly name: string; readonly decodes: number; readonly promptTokens: number; readonly seconds: number; readonly parts: readonly StepPart[];
  }[];
  readonly calibration?: string;
  readonly sensitivity: readonly {
    readonly change: string; readonly gpus?: number; readonly outputTokensPerSecond?: number; readonly capacity?: number;
    readonly timeToFirstTokenMillis?: number; readonly timePerOutputTokenMillis?: number; readonly reason?: string;
  }[];
  readonly evidence: readonly {
    readonly distance: number; readonly question: { readonly [field: string]: unknown }; readonly sources: readonly string[];
    readonly measured: Figures; readonly errors: Figures;
  }[];
  /** How nearness is counted. */
  readonly rule: string;
}

interface Figures {
  readonly outputTokensPerSecond?: number;
  readonly timeToFirstTokenMillis?: number;
  readonly timePerOutputTokenMillis?: number;
  readonly endToEndMillis?: number;
}

/** An explanation for people: the estimate, its steps, its memory, what changes would do, and measurements like it. Ends with a line feed. */
export function explanationText(explained: ExplainedText, options: ReportOptions = {}): string {
  const colors = paint(options.color ?? false);
  const section = (title: string, body: string) => body ? `${colors.bold(title)}\n${body}\n` : '';
  const { request, estimate, memory, steps, calibration } = explained;
  return [
    section(`${request.model.id} on ${request.pool.accelerator.name}, ${layoutText(request.layout)}`, headline(estimate, options)),
    section('Assumed', explained.assumed ? bullets([explained.assumed], options) : ''),
    ...steps.map((step) => section(
      `${step.name}: ${figure(step.decodes)} requests, ${figure(step.promptTokens)} prompt tokens, ${duration(step.seconds * 1000)} on one rank of one stage`,
      partsTable(step, options))),
    section(`Memory of the fullest GPU (${gib(memory.deviceBytes)})`, table(
      [{ head: '' }, { head: '', right: true }, { head: '', right: true }], memoryRows(memory), options)),
    section('Calibration', calibration ? bullets([calibration], options) : ''),
    section('What a change would do', changesTable(explained, options)),
    section('Nearest published measurements, and the error of the estimate there', evidenceTable(explained, options)),
  ].filter(Boolean).join('\n');
}

function headline(e: Estimate, options: ReportOptions): string {
  const rows = e.fits ? [
    ['Throughput', `${figureRange(e.outputTokensPerSecond)} output tokens/s, ${figure(e.concurrentRequests)} requests in flight`],
    ['Time to first token', durationRange(e.timeToFirstToken.mean)],
    ['Time per output token', durationRange(e.timePerOutputToken.mean)],
    ['End to end', durationRange(e.endToEnd.mean)],
    ['Bound by', e.boundBy],
  ] : [['Does not fit', e.reason ?? '']];
  return table([{ head: '' }, { head: '' }], rows, options);
}

const BOUNDS: { readonly [bound in StepPart['bound']]: string } = {
  memory: 'memory bandwidth', compute: 'arithmetic', communication: 'links', overhead: 'overhead',
};

function partsTable({ parts, seconds }: ExplainedText['steps'][number], options: ReportOptions): string {
  return table(
    [{ head: 'part' }, { head: 'time', right: true }, { head: 'share', right: true }, { head: 'bytes', right: true }, { head: 'FLOPs', right: true }, { head: 'bound by' }],
    parts.map((part) => [
      part.name, duration(part.seconds * 1000), `${(100 * part.seconds / seconds).toFixed(1)} %`, bytes(part.bytes), flops(part.flops), BOUNDS[part.bound],
    ]), options);
}

function bytes(value: number): string {
  return value === 0 ? '-' : value >= 1e9 ? `${figure(value / 1e9)} GB` : `${figure(value / 1e6)} MB`;
}

function flops(value: number): string {
  return value === 0 ? '-' : value >= 1e12 ? `${figure(value / 1e12)} T` : `${figure(value / 1e9)} G`;
}

function changesTable({ sensitivity }: ExplainedText, options: ReportOptions): string {
  const head = (name: string) => ({ head: name, right: true });
  const body = table(
    [{ head: '' }, head('GPUs'), head('tokens/s'), head('most requests/s'), head('first token'), head('per token')],
    sensitivity.filter(({ reason }) => reason === undefined).map((s) => [
      s.change, figure(s.gpus!), figure(s.outputTokensPerSecond!), figure(s.capacity!), duration(s.timeToFirstTokenMillis!),
      duration(s.timePerOutputTokenMillis!),
    ]), options);
  const refused = sensitivity.filter(({ reason }) => reason !== undefined);
  if (!sensitivity.length) { return ''; }
  return refused.length ? `${body}\n${bullets(refused.map(({ change, reason }) => `${change}: ${reason}`), options)}` : body;
}

function evidenceTable({ evidence, rule }: ExplainedText, options: ReportOptions): string {
  const head = (name: string) => ({ head: name, right: true });
  const error = (value: number | undefined) => value === undefined ? '-' : `${value < 0 ? '-' : '+'}${percent(Math.abs(value))}`;
  const body = table(
    [head('distance'), head('tokens/s'), head('first token'), head('per token'), head('end to end'), { head: 'measured' }],
    evidence.map(({ distance, question: q, errors }) => [
      figure(distance), error(errors.outputTokensPerSecond), error(errors.timeToFirstTokenMillis), error(errors.timePerOutputTokenMillis),
      error(errors.endToEndMillis), described(q),
    ]), options);
  const sources = [...new Set(evidence.flatMap((row) => row.sources))];
  return `${body}\n${bullets([rule, ...sources.map((source) => `Source: ${source}.`)], options)}`;
}

function described(q: { readonly [field: string]: unknown }): string {
  const [[form, amount]] = Object.entries(q.load as object);
  const load = form === 'concurrency' ? `${amount} in flight` : form === 'requestsPerSecond' ? `${amount} requests/s`
    : form === 'staticBatch' ? `a batch of ${amount}` : 'saturated';
  const words = (...parts: unknown[]) => parts.filter((part) => part !== undefined).join(' ');
  return `${words(q.model, q.precision)} on ${q.accelerator}, ${layoutText(q.layout as ParallelLayout)}, ${words(q.engine ?? 'vllm', q.engineVersion)}, `
    + `${q.promptTokens} in, ${q.outputTokens} out, ${load}`;
}
