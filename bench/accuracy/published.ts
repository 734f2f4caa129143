/**
 * Measurements that no constant was ever fitted to: what people and projects published of their own servers. `npx tsx bench/accuracy/published.ts [word…]`
 * shows each (whose source, model or accelerator has the word) beside its estimate, worst first; bench/accuracy/main.ts writes the table.
 */
import * as fs from 'fs';
import * as path from 'path';
import { prepare } from './predictions';
import { Measured, Point, tagsOf } from './questions';
import { score, Scored, summary } from './score';

/** A published run: what was asked of a server, in the form of a question to `estimate`, and what was printed. */
export interface PublishedRun {
  readonly source: string;
  /** Date of the publication. */
  readonly asOf: string;
  /** A: all of the question is printed in the source; B: some of it is inferred. */
  readonly trust: 'A' | 'B';
  /** What is inferred, and from what. */
  readonly inferred: string;
  readonly question: {
    readonly model: string | object;
    readonly accelerator: string;
    readonly engine: string;
    readonly engineVersion?: string;
    readonly precision?: string;
    readonly layout?: { readonly tensorParallel?: number; readonly pipelineParallel?: number; readonly dataParallel?: number };
    readonly load: { readonly [kind: string]: number | boolean };
  };
  readonly measured: { readonly [figure: string]: number | { readonly [statistic: string]: number } };
}

/** Every run of `data/published-*.json`. */
export function publishedRuns(): PublishedRun[] {
  const data = path.join(__dirname, 'data');
  const files = fs.readdirSync(data).filter((name) => name.startsWith('published-')).sort();
  return files.flatMap((name) => JSON.parse(fs.readFileSync(path.join(data, name), 'utf8')) as PublishedRun[]);
}

/** A run as a measured point. */
function pointOf({ question, measured }: PublishedRun): Point {
  const { tensorParallel = 1, pipelineParallel = 1, dataParallel = 1 } = question.layout ?? {};
  const gpus = tensorParallel * pipelineParallel * dataParallel;
  const actual: { [metric in Measured]?: number } = {};
  for (const [figure, value] of Object.entries(measured)) {
    if (typeof value === 'number') {
      actual.outputTokensPerSecondPerGpu = value / gpus;
    } else {
      for (const [statistic, of] of Object.entries(value)) { actual[`${figure}_${statistic}` as Measured] = of; }
    }
  }
  const model = typeof question.model === 'string' ? question.model : 'described by its config.json';
  return {
    part: 'published', question, actual, gpus,
    tags: tagsOf(model, question.accelerator, question.engine, question.engineVersion, question.precision ?? 'as the checkpoint'),
  };
}

/** A run beside its estimate. */
export interface ScoredRun { readonly run: PublishedRun; readonly scored: readonly Scored[]; readonly refused?: string }

export function scoredRuns(): ScoredRun[] {
  return publishedRuns().map((run) => {
    const { prepared, refused } = prepare([pointOf(run)]);
    return { run, scored: score(prepared), refused: refused[0]?.reason };
  });
}

function main(): void {
  const words = process.argv.slice(2);
  const runs = scoredRuns().filter(({ run }) => words.every((word) => JSON.stringify(run).includes(word)));
  const worst = ({ scored }: ScoredRun) => Math.max(0, ...scored.map(({ error }) => Math.abs(Math.log(1 + error))));
  for (const { run: { source, trust, question }, scored, refused } of [...runs].sort((a, b) => worst(b) - worst(a))) {
    const found = refused ?? scored.map(({ metric, error }) => `${metric} ${error < 0 ? '' : '+'}${(100 * error).toFixed(0)} %`).join(', ');
    console.log(`${JSON.stringify(question)}\n  ${trust} ${source}\n  ${found}`);
  }
  const all = runs.flatMap(({ scored }) => scored);
  for (const metric of new Set(all.map((s) => s.metric))) {
    const { rows, median, within30, bias, held } = summary(all.filter((s) => s.metric === metric));
    const percent = (share: number) => `${(100 * share).toFixed(0)} %`;
    console.log(`${metric}: ${rows}, median error ${percent(median)}, within 30 % ${percent(within30)}, bias ${percent(bias)}, held ${percent(held)}`);
  }
  console.log(`${runs.filter(({ refused }) => refused !== undefined).length} of ${runs.length} refused`);
}

if (require.main === module) { main(); }
