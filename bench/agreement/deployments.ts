import { Accelerator } from '../../src/catalog/accelerator';
import { Model } from '../../src/catalog/model';
import { Precision } from '../../src/catalog/precision';
import { engineRules, EngineRules } from '../../src/sizing/engine-rules';
import { pointOf } from '../../src/sizing/estimate';
import { layoutName, layoutsFor, toLayout } from '../../src/sizing/layouts';
import { Load } from '../../src/sizing/load';
import { compare, latencyStepOf } from '../../src/sizing/rank';
import { Degrees } from '../../src/sizing/shares';
import { asked } from '../../src/sizing/sizing';
import { Row, rowsOf } from '../accuracy/rows';

/** A model on a number of GPUs with a number of requests in flight: what engineers run there, and what the sizing would. */
export interface Cell {
  readonly model: string;
  readonly accelerator: string;
  readonly engine: string;
  readonly gpus: number;
  readonly inFlight: number;
  readonly promptTokens: number;
  /** Layouts that they run. */
  readonly theirs: readonly string[];
  /** Those of them that the sizing refuses or never looks at, with the sentence. */
  readonly refused: readonly { readonly layout: string; readonly reason: string }[];
  /** Layouts in the order of a plan; at a given number in flight the highest throughput is the lowest end-to-end time. */
  readonly ours: readonly { readonly layout: string; readonly throughput: number }[];
}

/** Mean length over nominal: lengths are uniform from 80 to 100 %. */
const LENGTH_SHARE = 0.9;

/** Every number in flight, in powers of two, that any row names. */
export function cells(): Cell[] {
  const found = new Map<string, { row: Row; theirs: Map<string, Degrees>; gpus: number; inFlight: number }>();
  for (const row of rowsOf('deployments-inferencex.json')) {
    const at: Degrees = { tp: Number(row.tensorParallel), pp: 1, dp: Number(row.dataParallel), ep: Number(row.expertParallel) };
    const gpus = at.tp * at.dp;
    for (let inFlight = 1; inFlight <= Number(row.to); inFlight *= 2) {
      if (inFlight < Number(row.from)) { continue; }
      const { model, accelerator, precision, engine, promptTokens, outputTokens } = row;
      const key = [model, accelerator, precision, engine, promptTokens, outputTokens, gpus, inFlight].join(' ');
      const cell = found.get(key) ?? { row, theirs: new Map<string, Degrees>(), gpus, inFlight };
      cell.theirs.set(layoutName(at), at);
      found.set(key, cell);
    }
  }
  return [...found.values()].map(({ row, theirs, gpus, inFlight }) => cellOf(row, theirs, gpus, inFlight));
}

function cellOf(row: Row, theirs: ReadonlyMap<string, Degrees>, gpus: number, inFlight: number): Cell {
  const model = Model.named(String(row.model));
  const engine = String(row.engine);
  const accelerator = Accelerator.named(String(row.accelerator));
  const pool = { accelerator, gpusPerNode: 8 };
  const looked = layoutsFor(model._shape!, pool, engineRules(engine) as EngineRules).filter((at) => at.tp * at.pp * at.dp === gpus);
  const names = new Set(looked.map(layoutName));
  const all = [...looked, ...[...theirs].filter(([name]) => !names.has(name)).map(([, at]) => at)];
  const load = Load.concurrency(inFlight, {
    promptTokens: Math.round(Number(row.promptTokens) * LENGTH_SHARE), outputTokens: Math.round(Number(row.outputTokens) * LENGTH_SHARE),
  });
  const ours: { layout: string; throughput: number; at: Degrees }[] = [];
  const reasons = new Map<string, string>();
  for (const at of all) {
    const layout = layoutName(at);
    if (!names.has(layout)) { reasons.set(layout, 'the search does not look at it'); }
    try {
      const { instance, lengths, reason } = asked({
        model,
        pool,
        load,
        layout: toLayout(at),
        precision: Precision.named(String(row.precision)),
        engine: { name: engine, maxModelLen: contextOf(row) },
      });
      if (reason) { reasons.set(layout, reason); continue; }
      const service = instance.batching(lengths.prompt, lengths.output, 0)!;
      ours.push({ layout, at, throughput: pointOf(service, load).point.requestsPerSecond });
    } catch (error) {
      reasons.set(layout, (error as Error).message);
    }
  }
  return {
    model: model.id,
    accelerator: accelerator.name,
    engine,
    gpus,
    inFlight,
    promptTokens: Number(row.promptTokens),
    theirs: [...theirs.keys()],
    refused: [...theirs.keys()].filter((layout) => reasons.has(layout)).map((layout) => ({ layout, reason: reasons.get(layout)! })),
    ours: inOrder(ours),
  };
}

/** As a plan ranks layouts of as many GPUs. */
function inOrder<T extends { throughput: number; at: Degrees }>(ours: readonly T[]): T[] {
  const best = Math.max(...ours.map(({ throughput }) => throughput));
  const alike = { meets: true, missRank: 0, missFactor: 1, goal: 0, dollarsPerHour: 0, gpus: 0, converted: false };
  return ours
    .map((o, written) => ({ o, ranked: { ...alike, latencyStep: latencyStepOf(best / o.throughput), at: o.at, written } }))
    .sort((a, b) => compare(a.ranked, b.ranked))
    .map(({ o }) => o);
}

/** The longest request, with the room that the benchmark leaves. */
function contextOf(row: Row): number {
  return Number(row.promptTokens) + Number(row.outputTokens) + 256;
}

/** Whether one of the first `most` of ours is theirs. */
export function agrees(cell: Cell, most: number): boolean {
  return cell.ours.slice(0, most).some(({ layout }) => cell.theirs.includes(layout));
}

/** Whether tensor parallelism alone, the simplest answer, is theirs. */
export function simplest(cell: Cell): boolean {
  return cell.theirs.includes(`TP ${cell.gpus}`);
}
