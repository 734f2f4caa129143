import { EVIDENCE } from './data/evidence';
import { estimateRequest } from './estimate-answer';
import { Question } from './question';
import { architectureOf } from '../sizing/hardware';
import { Load, LoadKind } from '../sizing/load';
import { Estimate } from '../sizing/plan';
import { EstimateRequest } from '../sizing/questions';
import { Sizing } from '../sizing/sizing';

/** What one published run measured: means, throughput of the whole instance. */
export interface MeasuredFigures {
  readonly outputTokensPerSecond?: number;
  readonly timeToFirstTokenMillis?: number;
  readonly timePerOutputTokenMillis?: number;
  readonly endToEndMillis?: number;
}

/** One published measurement beside the question that was asked. */
export interface Evidence {
  /** How unlike the question it is; 0 is the same. */
  readonly distance: number;
  readonly question: Question;
  readonly sources: readonly string[];
  readonly measured: MeasuredFigures;
  /** Expected over measured, less one. */
  readonly errors: MeasuredFigures;
}

interface Bundle {
  readonly sources: { readonly [part: string]: readonly string[] };
  /** Rows: prompt and completion tokens, amount of the load, tokens per second, milliseconds to the first token, per token, end to end. */
  readonly cells: readonly {
    readonly part: string; readonly question: Question; readonly form: string; readonly rows: readonly (readonly (number | null)[])[];
  }[];
}

/** The rule of nearness, for people. */
export const NEARNESS = 'Distance: another model counts by the factor of two in its active parameters (at least 0.5, and 3 more where one has experts and the '
  + 'other has none), another GPU 1 (3 of another architecture), another engine 1.5, another version of it 0.5, another precision 1, a factor of two '
  + 'in GPUs 0.5, in a length 0.5, in requests in flight (or in a rate) 0.25, another form of load 1.';

/** The published measurements that are most like a question, nearest first, with the errors of the estimate there. */
export function nearest(request: EstimateRequest, count: number): Evidence[] {
  const inFlight = expectedInFlight(request);
  const { sources, cells } = JSON.parse(EVIDENCE) as Bundle;
  const rows = cells.flatMap(({ part, question, form, rows: figures }) => {
    const start = estimateRequest({ ...question, promptTokens: 1, outputTokens: 1, load: { saturated: true } });
    const away = deploymentDistance(request, start);
    return figures.map((row) => {
      const [promptTokens, outputTokens, amount] = row as readonly [number, number, number | null];
      const asked: Question = { ...question, promptTokens, outputTokens, load: { [form]: amount ?? true } };
      return { distance: away + loadDistance(request.load, inFlight, promptTokens, outputTokens, form, amount), part, asked, row };
    });
  });
  // A stable sort: rows that are equally near stay in the order of their table.
  rows.sort((a, b) => a.distance - b.distance);
  const found: Evidence[] = [];
  for (const { distance, part, asked, row } of rows) {
    if (found.length >= count) { break; }
    const [rate, first, each, whole] = row.slice(3).map((figure) => figure ?? undefined);
    const measured = { outputTokensPerSecond: rate, timeToFirstTokenMillis: first, timePerOutputTokenMillis: each, endToEndMillis: whole };
    const estimate = answer(asked);
    if (!estimate?.fits) { continue; }
    found.push({ distance: digits(distance), question: asked, sources: sources[part] ?? [], measured, errors: errorsOf(estimate, measured) });
  }
  return found;
}

/** Requests that the question is expected to have in flight; nothing where it does not fit. */
function expectedInFlight(request: EstimateRequest): number | undefined {
  const { fits, concurrentRequests } = Sizing.estimate(request);
  return fits ? concurrentRequests : undefined;
}

/** An estimate, or nothing where the question is refused: what is evidence elsewhere says so. */
function answer(question: Question): Estimate | undefined {
  try {
    return Sizing.estimate(estimateRequest(question));
  } catch {
    return undefined;
  }
}

function errorsOf(e: Estimate, measured: MeasuredFigures): MeasuredFigures {
  const off = (expected: number, actual: number | undefined) => actual === undefined ? undefined : digits(expected / actual - 1);
  return {
    outputTokensPerSecond: off(e.outputTokensPerSecond.expected, measured.outputTokensPerSecond),
    timeToFirstTokenMillis: off(e.timeToFirstToken.mean.expected, measured.timeToFirstTokenMillis),
    timePerOutputTokenMillis: off(e.timePerOutputToken.mean.expected, measured.timePerOutputTokenMillis),
    endToEndMillis: off(e.endToEnd.mean.expected, measured.endToEndMillis),
  };
}

function deploymentDistance(a: EstimateRequest, b: EstimateRequest): number {
  const gpus = ({ layout: { tensorParallel: tp, pipelineParallel: pp = 1, dataParallel: dp = 1 } }: EstimateRequest) => tp * pp * dp;
  const precision = (r: EstimateRequest) => (r.precision ?? r.model.weightPrecision).name;
  const engine = (r: EstimateRequest) => r.engine?.name ?? 'vllm';
  const version = (r: EstimateRequest) => /\d+\.\d+/.exec(r.engine?.version ?? '')?.[0];
  const [x, y] = [a.pool.accelerator, b.pool.accelerator];
  return modelDistance(a, b)
    + (x.name === y.name ? 0 : architectureOf(x) === architectureOf(y) ? 1 : 3)
    + (engine(a) !== engine(b) ? 1.5 : version(a) === undefined || version(a) === version(b) ? 0 : 0.5)
    + (precision(a) === precision(b) ? 0 : 1)
    + 0.5 * twos(gpus(a), gpus(b));
}

function modelDistance({ model: a }: EstimateRequest, { model: b }: EstimateRequest): number {
  if (a.id.toLowerCase() === b.id.toLowerCase()) { return 0; }
  const experts = (model: typeof a) => model._shape?.kinds.some((kind) => kind.feedForward.type === 'moe') ?? false;
  return Math.max(0.5, twos(a.activeParameters ?? 1, b.activeParameters ?? 1)) + (experts(a) === experts(b) ? 0 : 3);
}

function loadDistance(
  { kind, amount, lengths }: Load, inFlight: number | undefined, promptTokens: number, outputTokens: number, form: string, rows: number | null,
): number {
  const own = kind === LoadKind.OUTPUT_TOKENS_PER_SECOND ? LoadKind.REQUESTS_PER_SECOND : kind;
  const mine = kind === LoadKind.OUTPUT_TOKENS_PER_SECOND ? amount / lengths.outputTokens : amount;
  // Rows with a number in flight are compared with what the question is expected to have there.
  const counted = rows !== null && form !== LoadKind.REQUESTS_PER_SECOND;
  return 0.5 * twos(lengths.promptTokens, promptTokens) + 0.5 * twos(lengths.outputTokens, outputTokens)
    + (own !== form ? 1 + 0.25 * (counted && inFlight ? twos(inFlight, rows) : 0) : rows === null ? 0 : 0.25 * twos(mine, rows));
}

/** Factors of two between two figures. */
function twos(a: number, b: number): number {
  return Math.abs(Math.log2(a / b));
}

function digits(value: number): number {
  return Number(value.toPrecision(3));
}
