import { Accelerator } from '../../src/catalog/accelerator';
import { Model } from '../../src/catalog/model';
import { Precision } from '../../src/catalog/precision';
import { Separate, decodeOf, prefillOf, transferSeconds, withoutPrompts } from '../../src/sizing/disaggregation';
import { Instance } from '../../src/sizing/instance';
import { Load } from '../../src/sizing/load';
import { ParallelLayout } from '../../src/sizing/questions';
import { asked } from '../../src/sizing/sizing';
import { Row, rowsOf } from '../accuracy/rows';

/** A measured point of separate instances, and what the sizing says of it; or why it says nothing. */
export interface Separated {
  readonly row: Row;
  readonly reason?: string;
  readonly firstToken?: number;
  readonly perToken?: number;
  /** Output tokens per second, measured and predicted. */
  readonly measured?: number;
  readonly predicted?: number;
}

/** Mean length over nominal. */
const LENGTH_SHARE = 0.9;
/** What the racks of these measurements have between nodes: 400 Gbit/s for each GPU. */
const NETWORK = 50e9;

export function separated(): Separated[] {
  return rowsOf('disaggregated.json').map((row) => {
    try { return separatedOf(row); } catch (error) { return { row, reason: (error as Error).message }; }
  });
}

function separatedOf(row: Row): Separated {
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
  const prefill = ask('prefill');
  const decode = ask('decode');
  const reason = prefill.reason ?? decode.reason;
  if (reason) { return { row, reason }; }
  const { subject, pool, at, settings } = decode.instance;
  const writer = new Instance(withoutPrompts(subject), pool, at, settings);
  const both = new Separate(
    prefillOf(prefill.instance, prefill.lengths), Number(row.prefills), decodeOf(writer, decode.lengths), Number(row.decodes),
    transferSeconds(prefill.instance, writer, prompt), subject.rules.name, decode.lengths.output,
  );
  const point = both.closedLoop(concurrency);
  const first = Number(row.timeToFirstToken) / 1000;
  return {
    row,
    firstToken: both.firstTokenMean(point) / first,
    perToken: 1000 * point.decode.secondsPerToken / Number(row.timePerOutputToken),
    measured: concurrency * output / (first + (output - 1) * Number(row.timePerOutputToken) / 1000),
    predicted: point.prefill.requestsPerSecond * Number(row.prefills) * output,
  };
}
