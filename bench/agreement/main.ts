/**
 * How far choices agree with what others published: the tables of docs/sizing.md.
 * `npx tsx bench/agreement/main.ts` prints them; `--write` puts them there, `--check` fails where the file has others.
 */
import { agrees, Cell, cells, simplest } from './deployments';
import { Pair, pairs } from './spread-experts';
import { holdPart } from '../generated-part';
import { median } from '../quantile';

const percent = (share: number, digits = 0) => `${(100 * share).toFixed(digits)} %`;

function grouped<T>(rows: readonly T[], key: (row: T) => string): [string, T[]][] {
  const groups = new Map<string, T[]>();
  for (const row of rows) { groups.set(key(row), [...groups.get(key(row)) ?? [], row]); }
  return [...groups].sort(([a], [b]) => a < b ? -1 : 1);
}

function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  return [head, head.map(() => '---'), ...rows].map((cols) => `| ${cols.join(' | ')} |`).join('\n');
}

const BANDS: readonly (readonly [string, (inFlight: number) => boolean])[] = [
  ['1 to 8 in flight', (n) => n <= 8], ['16 to 32', (n) => n > 8 && n <= 32], ['64 to 128', (n) => n > 32 && n <= 128], ['256 and more', (n) => n > 128],
];

/** Where there is a choice: at least two layouts of as many GPUs. */
function deployments(): string {
  const all = cells();
  const choices = all.filter(({ ours }) => ours.length > 1);
  const row = (name: string, some: readonly Cell[]) => {
    const share = (holds: (cell: Cell) => boolean) => percent(some.filter(holds).length / some.length);
    return [name, String(some.length), share((c) => agrees(c, 1)), share((c) => agrees(c, 3)), share(simplest)];
  };
  const ran = all.reduce((sum, { theirs }) => sum + theirs.length, 0);
  const refused = all.flatMap((cell) => cell.refused.map(({ layout, reason }) => `${cell.model}, ${cell.accelerator}, ${cell.engine}, ${layout}: ${reason}`));
  const misses = grouped(refused, (reason) => reason).map(([reason, { length }]) => `- ${length} x ${reason}`);
  return [
    table(['cells', '', 'first choice is theirs', 'one of the first three', 'tensor parallelism alone would be'], [
      row('all', choices), ...BANDS.map(([name, holds]) => row(name, choices.filter((c) => holds(c.inFlight)))),
      ...grouped(choices, (c) => c.engine).map(([name, some]) => row(name, some)),
      ...grouped(choices, (c) => `${c.model.replace(/^[^/]+\//, '')} on ${c.accelerator}`).map(([name, some]) => row(name, some)),
    ]),
    '',
    `Of ${ran} layouts that they run, ${ran - refused.length} are among those that the search looks at and that fit; the others:`,
    '',
    ...misses,
  ].join('\n');
}

/** What was measured of a choice that engineers and sizing disagree on. */
function spreadExperts(): string {
  const row = ([name, some]: readonly [string, readonly Pair[]]) =>
    [name, String(some.length), median(some.map((p) => p.measured)).toFixed(2), median(some.map((p) => p.predicted)).toFixed(2)];
  const bands = (some: readonly Pair[]) => BANDS.map(([name, holds]) => [name, some.filter((p) => holds(p.inFlight))] as const);
  const groups = grouped(pairs(), (p) => p.cell).flatMap(([cell, some]) => bands(some).map(([name, few]) => [`${cell}, ${name}`, few] as const));
  return table(['split by tensors over spread', 'loads', 'measured', 'predicted'], groups.filter(([, some]) => some.length > 0).map(row));
}

const TABLES: { readonly [name: string]: () => string } = { deployments, 'spread experts': spreadExperts };

for (const [name, make] of Object.entries(TABLES)) {
  const made = make();
  console.log(`${name}\n\n${made}\n`);
  const current = holdPart({ page: 'sizing.md', begin: `<!-- agreement: ${name} -->`, end: '<!-- end -->' }, made, process.argv.includes('--write'));
  if (process.argv.includes('--check') && !current) {
    console.error(`docs/sizing.md: the table '${name}' is stale; run 'npx tsx bench/agreement/main.ts --write' and read the diff`);
    process.exitCode = 1;
  }
}
