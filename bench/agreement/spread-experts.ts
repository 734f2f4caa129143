import { predict, prepare } from '../accuracy/predictions';
import { points } from '../accuracy/questions';

/** A load that was measured on as many GPUs with the experts split by tensors and with the experts spread: throughput of the first over the second. */
export interface Pair {
  readonly cell: string;
  readonly inFlight: number;
  readonly measured: number;
  readonly predicted: number;
}

interface Run { readonly spread: boolean; readonly measured: number; readonly predicted: number }

export function pairs(): Pair[] {
  const found = new Map<string, { cell: string; inFlight: number; runs: Run[] }>();
  for (const one of prepare(points().filter(({ part }) => part === 'closed loop')).prepared) {
    const { question, actual, gpus, tags } = one.point;
    const { concurrency } = question.load as { concurrency: number };
    const { expertParallel = 1, dataParallel = 1 } = question.layout as { expertParallel?: number; dataParallel?: number };
    const measured = actual.outputTokensPerSecondPerGpu;
    if (tags.kind !== 'experts' || dataParallel > 1 || measured === undefined) { continue; }
    const cell = `${String(question.model).replace(/^[^/]+\//, '')} on ${gpus} x ${tags.gpu}, ${tags.engine}`;
    const key = JSON.stringify([cell, tags.version, question.precision, question.promptTokens, question.outputTokens, concurrency]);
    const group = found.get(key) ?? { cell, inFlight: concurrency, runs: [] };
    group.runs.push({ spread: expertParallel > 1, measured, predicted: predict(one).outputTokensPerSecondPerGpu! });
    found.set(key, group);
  }
  return [...found.values()].flatMap(({ cell, inFlight, runs }) => {
    const mean = (spread: boolean, of: 'measured' | 'predicted') => {
      const some = runs.filter((run) => run.spread === spread);
      return some.reduce((sum, run) => sum + run[of], 0) / some.length;
    };
    const ratio = (of: 'measured' | 'predicted') => mean(false, of) / mean(true, of);
    return Number.isFinite(ratio('measured')) ? [{ cell, inFlight, measured: ratio('measured'), predicted: ratio('predicted') }] : [];
  });
}
