/**
 * Measurements that no constant was ever fitted to: what people and projects published of their own servers. `npx tsx bench/accuracy/published.ts [word…]`
 * shows each (whose source, model or accelerator has the word) beside its estimate, worst first; bench/accuracy/main.ts writes the table.
 */
import { prepare } from './predictions';
import { unseenPoints } from './questions';
import { PublishedRun } from './runs';
import { score, Scored, summary } from './score';

/** A run beside its estimate. */
export interface ScoredRun { readonly run: PublishedRun; readonly scored: readonly Scored[]; readonly refused?: string }

export function scoredRuns(): ScoredRun[] {
  return unseenPoints().map(({ run, point }) => {
    const { prepared, refused } = prepare([point]);
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
