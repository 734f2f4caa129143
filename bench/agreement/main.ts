/**
 * How far choices, power and separate pools agree with what others published: the tables of docs/sizing.md.
 * `npx tsx bench/agreement/main.ts` prints them; `--write` puts them there, `--check` fails where the file has others.
 */
import { agrees, Cell, cells, simplest } from './deployments';
import { Separated, separated } from './disaggregated';
import { powers } from './power';
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

function power(): string {
  const all = powers();
  const row = (name: string, some: ReturnType<typeof powers>) => {
    const errors = (of: 'watts' | 'joules') => some.map((p) => Math.abs(p[of].predicted / p[of].measured - 1));
    const within = (of: 'watts' | 'joules') => percent(errors(of).filter((e) => e <= 0.3).length / some.length);
    return [name, String(some.length), percent(median(errors('watts')), 1), within('watts'), percent(median(errors('joules')), 1), within('joules')];
  };
  return table(['runs', '', 'watts: median error', 'within 30 %', 'joules per token: median error', 'within 30 %'], [
    row('all', all), ...grouped(all, (p) => p.accelerator).map(([name, some]) => row(name, some)), ...grouped(all, (p) => p.task).map(([name, some]) => row(name, some)),
  ]);
}

function disaggregated(): string {
  const all = separated();
  const known = all.filter(({ reason }) => reason === undefined);
  const row = (name: string, some: readonly Separated[]) => {
    const errors = (of: (s: Separated) => number) => some.map((s) => Math.abs(of(s) - 1));
    const cols = [(s: Separated) => s.predicted! / s.measured!, (s: Separated) => s.perToken!, (s: Separated) => s.firstToken!].flatMap((of) => [
      percent(median(errors(of)), 1), percent(errors(of).filter((e) => e <= 0.3).length / some.length),
    ]);
    return [name, String(some.length), ...cols];
  };
  const refused = grouped(all.filter(({ reason }) => reason !== undefined), ({ row: { engine, accelerator }, reason }) => `${engine} on ${accelerator}: ${reason}`);
  return [
    table(['points', '', 'throughput: median error', 'within 30 %', 'per token', 'within 30 %', 'first token', 'within 30 %'], [
      row('all', known), ...grouped(known, (s) => String(s.row.engine)).map(([name, some]) => row(name, some)),
      ...grouped(known, (s) => `${s.row.accelerator}, ${s.row.precision}`).map(([name, some]) => row(name, some)),
    ]),
    '',
    `Of ${all.length} points ${all.length - known.length} are refused:`,
    '',
    ...refused.map(([reason, { length }]) => `- ${length} x ${reason}`),
  ].join('\n');
}

const TABLES: { readonly [name: string]: () => string } = { deployments, 'spread experts': spreadExperts, power, disaggregated };

for (const [name, make] of Object.entries(TABLES)) {
  const made = make();
  console.log(`${name}\n\n${made}\n`);
  const current = holdPart({ page: 'sizing.md', begin: `<!-- agreement: ${name} -->`, end: '<!-- end -->' }, made, process.argv.includes('--write'));
  if (process.argv.includes('--check') && !current) {
    console.error(`docs/sizing.md: the table '${name}' is stale; run 'npx tsx bench/agreement/main.ts --write' and read the diff`);
    process.exitCode = 1;
  }
}
