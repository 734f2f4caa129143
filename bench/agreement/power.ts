import { Accelerator } from '../../src/catalog/accelerator';
import { Model } from '../../src/catalog/model';
import { Precision } from '../../src/catalog/precision';
import { Load } from '../../src/sizing/load';
import { Sizing } from '../../src/sizing/sizing';
import { Row, rowsOf } from '../accuracy/rows';

/** Measured and predicted power of one run, as watts of one GPU and joules per output token. */
export interface Power {
  readonly accelerator: string;
  readonly task: string;
  readonly watts: { readonly measured: number; readonly predicted: number };
  readonly joules: { readonly measured: number; readonly predicted: number };
}

/** Prompts, which the source does not state: of its data sets, about so many tokens. */
const PROMPT_TOKENS: { readonly [task: string]: number } = { 'gpqa': 250, 'lm-arena-chat': 250, 'sourcegraph-fim': 1200 };

/** Every run whose model fits as the sizing sees it. */
export function powers(): Power[] {
  return rowsOf('power-vllm.json').flatMap((row) => powerOf(row) ?? []);
}

function powerOf(row: Row): Power | undefined {
  const ranks = Number(row.dataParallel);
  const gpus = Number(row.tensorParallel) * ranks;
  const seqs = Math.ceil(Number(row.maxNumSeqs) / ranks);
  const estimate = Sizing.estimate({
    model: Model.named(String(row.model)),
    precision: Precision.named(String(row.precision)),
    pool: { accelerator: Accelerator.named(String(row.accelerator)) },
    layout: { tensorParallel: Number(row.tensorParallel), dataParallel: ranks, expertParallel: Number(row.expertParallel) },
    load: Load.concurrency(Number(row.inFlight), { promptTokens: PROMPT_TOKENS[String(row.task)], outputTokens: Number(row.outputTokens) }),
    engine: { maxNumSeqs: seqs, maxNumBatchedTokens: Math.max(8192, seqs), maxModelLen: 32768 },
  });
  if (!estimate.energy) { return undefined; }
  return {
    accelerator: String(row.accelerator),
    task: String(row.task),
    watts: { measured: Number(row.power), predicted: estimate.energy.watts / gpus },
    joules: { measured: Number(row.power) * gpus / Number(row.throughput), predicted: estimate.energy.joulesPerOutputToken },
  };
}
