import { countedOf, FewFit, FewTags } from './few-held-out';
import { fitConstants } from './levenberg';
import { familyOf } from './questions';
import { Row, rowsOf } from './rows';
import { Accelerator } from '../../src/catalog/accelerator';
import { Model } from '../../src/catalog/model';
import { Precision } from '../../src/catalog/precision';
import { FITTED, HAND_OVER } from '../../src/sizing/data/fitted';
import { Separate, decodeOf, prefillOf, transferSeconds, withoutPrompts } from '../../src/sizing/disaggregation';
import { Fitted, HandOver } from '../../src/sizing/fitted';
import { Instance } from '../../src/sizing/instance';
import { Load } from '../../src/sizing/load';
import { ParallelLayout } from '../../src/sizing/questions';
import { asked } from '../../src/sizing/sizing';

/** Latencies in seconds, and output tokens per second. */
export interface SeparateFigures { readonly throughput: number; readonly perToken: number; readonly firstToken: number }

/** A measured point of separate instances, and what the sizing says of it. */
export interface SeparateRun {
  readonly tags: FewTags & { readonly engine: string; readonly gpuAndPrecision: string };
  readonly measured: SeparateFigures;
  readonly predicted: (constants: HandOver) => SeparateFigures;
}

/** A point of which the sizing says nothing, and why. */
export interface SeparateRefused { readonly row: Row; readonly reason: string }

/** Mean length over nominal. */
const LENGTH_SHARE = 0.9;
/** What the racks of these measurements have between nodes: 400 Gbit/s for each GPU. */
const NETWORK = 50e9;

export function separateRuns(fitted: Fitted = FITTED): { readonly runs: SeparateRun[]; readonly refused: SeparateRefused[] } {
  const runs: SeparateRun[] = [];
  const refused: SeparateRefused[] = [];
  for (const row of rowsOf('disaggregated.json')) {
    const run = runOf(row, fitted);
    if ('reason' in run) { refused.push(run); } else { runs.push(run); }
  }
  return { runs, refused };
}

function runOf(row: Row, fitted: Fitted): SeparateRun | SeparateRefused {
  const prompt = Math.round(Number(row.promptTokens) * LENGTH_SHARE);
  const output = Math.round(Number(row.outputTokens) * LENGTH_SHARE);
  const concurrency = Number(row.concurrency);
  const layout = (phase: string): ParallelLayout => ({
    tensorParallel: Number(row[`${phase}TensorParallel`]), dataParallel: Number(row[`${phase}DataParallel`]), expertParallel: Number(row[`${phase}ExpertParallel`]),
  });
  const ask = (phase: string) => asked({
    model: Model.named(String(row.model)),
    precision: Precision.named(String(row.precision)),
    pool: { accelerator: Accelerator.named(String(row.accelerator)), interNodeBytesPerSecond: NETWORK },
    layout: layout(phase),
    load: Load.concurrency(concurrency, { promptTokens: prompt, outputTokens: output }),
    engine: { name: String(row.engine), maxModelLen: Number(row.promptTokens) + Number(row.outputTokens) + 256 },
  });
  let asks: readonly ReturnType<typeof asked>[];
  try { asks = [ask('prefill'), ask('decode')]; } catch (error) { return { row, reason: (error as Error).message }; }
  const [prefill, decode] = asks;
  const reason = prefill.reason ?? decode.reason;
  if (reason !== undefined) { return { row, reason }; }
  const { subject, pool, at, settings } = decode.instance;
  const writer = new Instance(withoutPrompts(subject), pool, at, settings);
  const reading = prefillOf(prefill.instance, prefill.lengths, fitted);
  const writing = decodeOf(writer, decode.lengths, fitted);
  const transfer = transferSeconds(prefill.instance, writer, prompt, fitted);
  const [prefills, decodes] = [Number(row.prefills), Number(row.decodes)];
  const [firstToken, perToken] = [Number(row.timeToFirstToken) / 1000, Number(row.timePerOutputToken) / 1000];
  const [gpu, engine] = [String(row.accelerator), String(row.engine)];
  return {
    tags: {
      family: familyOf(String(row.model)), gpu, engine,
      gpuAndPrecision: `${gpu}, ${row.precision}`,
      cell: [row.model, gpu, row.precision, engine].join(),
    },
    measured: { throughput: concurrency * output / (firstToken + (output - 1) * perToken), perToken, firstToken },
    predicted: (constants) => {
      const both = new Separate(reading, prefills, writing, decodes, transfer, subject.rules.name, decode.lengths.output, constants);
      const point = both.closedLoop(concurrency);
      return {
        throughput: point.prefill.requestsPerSecond * prefills * output,
        perToken: point.decode.secondsPerToken,
        firstToken: both.firstTokenMean(point),
      };
    },
  };
}

/** Error beyond which a point pulls less and less. */
const SCALE = 0.4;
const SECONDS = { low: 1e-3, high: 5 };
const SHARE = { low: 0.01, high: 1 };

/**
 * To the times to the first token, which are what they touch, by predicted over measured less one: logarithms would count those most that are predicted far
 * too soon, whose queues no hand-over explains. vLLM's rows are three, so it has TensorRT-LLM's.
 */
export const HAND_OVER_FIT: FewFit<SeparateRun, HandOver> = {
  name: 'hand-over',
  file: 'disaggregated.json',
  shipped: HAND_OVER,
  runs: (fitted) => separateRuns(fitted).runs,
  fit: (runs) => {
    const of = ([sglang, trtllm, wave]: readonly number[]): HandOver => ({ seconds: { vllm: trtllm, sglang, trtllm }, wave });
    const { seconds, wave } = HAND_OVER;
    return of(fitConstants({
      constants: [{ start: seconds.sglang, ...SECONDS }, { start: seconds.trtllm, ...SECONDS }, { start: wave, ...SHARE }],
      counted: countedOf(runs, SCALE),
      errorsAt: (values) => runs.map(({ measured, predicted }) => predicted(of(values)).firstToken / measured.firstToken - 1),
    }).values);
  },
};
