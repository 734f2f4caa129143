import { countedOf, FewFit, FewTags } from './few-held-out';
import { fitConstants } from './levenberg';
import { familyOf } from './questions';
import { Row, rowsOf } from './rows';
import { Accelerator } from '../../src/catalog/accelerator';
import { Model } from '../../src/catalog/model';
import { Precision } from '../../src/catalog/precision';
import { StepParts } from '../../src/sizing/compute';
import { POWER } from '../../src/sizing/data/fitted';
import { wattsOf } from '../../src/sizing/energy';
import { pointOf, runningOf } from '../../src/sizing/estimate';
import { Fitted, Power } from '../../src/sizing/fitted';
import { Load } from '../../src/sizing/load';
import { asked } from '../../src/sizing/sizing';

/** A measured run, and what its steps do by the constants of their times. */
export interface PowerRun {
  readonly tags: FewTags & { readonly task: string };
  readonly accelerator: Accelerator;
  readonly running: StepParts;
  readonly watts: number;
  /** Joules per output token, and the output tokens per second and GPU that are expected. */
  readonly joules: number;
  readonly tokensPerSecond: number;
}

/** Prompts, which the source does not state: of its data sets, about so many tokens. */
const PROMPT_TOKENS: { readonly [task: string]: number } = { 'gpqa': 250, 'lm-arena-chat': 250, 'sourcegraph-fim': 1200 };

/** Every run whose model fits as the sizing sees it. */
function powerRuns(fitted: Fitted): PowerRun[] {
  return rowsOf('power-vllm.json').flatMap((row) => runOf(row, fitted) ?? []);
}

function runOf(row: Row, fitted: Fitted): PowerRun | undefined {
  const ranks = Number(row.dataParallel);
  const gpus = Number(row.tensorParallel) * ranks;
  const seqs = Math.ceil(Number(row.maxNumSeqs) / ranks);
  const load = Load.concurrency(Number(row.inFlight), { promptTokens: PROMPT_TOKENS[String(row.task)], outputTokens: Number(row.outputTokens) });
  const { instance, lengths, reason } = asked({
    model: Model.named(String(row.model)),
    precision: Precision.named(String(row.precision)),
    pool: { accelerator: Accelerator.named(String(row.accelerator)) },
    layout: { tensorParallel: Number(row.tensorParallel), dataParallel: ranks, expertParallel: Number(row.expertParallel) },
    load,
    engine: { maxNumSeqs: seqs, maxNumBatchedTokens: Math.max(8192, seqs), maxModelLen: 32768 },
  });
  const service = reason === undefined ? instance.batching(lengths.prompt, lengths.output, 0, fitted) : undefined;
  if (!service) { return undefined; }
  const { point } = pointOf(service, load);
  const gpu = String(row.accelerator);
  return {
    tags: { family: familyOf(String(row.model)), gpu, task: String(row.task), cell: [row.model, gpu, row.precision, row.task].join() },
    accelerator: instance.pool.accelerator,
    running: runningOf(instance, service, point).running,
    watts: Number(row.power),
    joules: Number(row.power) * gpus / Number(row.throughput),
    tokensPerSecond: point.requestsPerSecond * lengths.output.mean / gpus,
  };
}

/** Watts of one GPU. */
export function predictedWatts({ accelerator, running }: PowerRun, power: Power): number {
  return wattsOf(accelerator, 1, running, power)!;
}

const PARTS: readonly (keyof Power)[] = ['memory', 'compute', 'communication', 'overhead'];

/** By least squares of the logarithms. */
export const POWER_FIT: FewFit<PowerRun, Power> = {
  name: 'power',
  file: 'power-vllm.json',
  shipped: POWER,
  runs: powerRuns,
  fit: (runs) => {
    const of = (values: readonly number[]) => Object.fromEntries(PARTS.map((part, i) => [part, values[i]])) as unknown as Power;
    return of(fitConstants({
      constants: PARTS.map((part) => ({ start: POWER[part], low: 0.05, high: 1 })),
      counted: countedOf(runs),
      errorsAt: (values) => runs.map((run) => Math.log(predictedWatts(run, of(values)) / run.watts)),
    }).values);
  },
};
