import * as crypto from 'crypto';
import * as fs from 'fs';
import * as path from 'path';
import { short } from './folds';
import { Counted } from './levenberg';
import { valuesOf } from './parameters';
import { FITTED } from '../../src/sizing/data/fitted';
import { Fitted } from '../../src/sizing/fitted';

/** What rows are left out by, and the cell that they repeat each other in. */
export interface FewTags { readonly family: string; readonly gpu: string; readonly cell: string }

/** Rows of one cell count together as the square root of their number; errors beyond a scale pull less and less. */
export function countedOf(rows: readonly { readonly tags: FewTags }[], scale = Infinity): Counted[] {
  const sizes = new Map<string, number>();
  for (const { tags: { cell } } of rows) { sizes.set(cell, (sizes.get(cell) ?? 0) + 1); }
  return rows.map(({ tags: { cell } }) => ({ count: 1 / Math.sqrt(sizes.get(cell)!), scale }));
}

/** A fit of a few constants which no time of a step depends on, and which is made with those that do. */
export interface FewFit<Run extends { readonly tags: FewTags }, Found> {
  readonly name: string;
  /** File of its rows. */
  readonly file: string;
  readonly shipped: Found;
  readonly runs: (fitted: Fitted) => readonly Run[];
  readonly fit: (runs: readonly Run[]) => Found;
}

export type FewAxis = 'family' | 'gpu';
const AXES: readonly FewAxis[] = ['family', 'gpu'];

/** What was fitted, to which rows, with which constants of times; and the same without each family of models and each GPU. */
interface Stored<Found> {
  readonly rows: string;
  readonly times: readonly number[];
  readonly shipped: Found;
  readonly folds: readonly { readonly axis: FewAxis; readonly value: string; readonly constants: Found }[];
}

const FILE = path.join(__dirname, 'held-out-few.json');
const read = () => JSON.parse(fs.readFileSync(FILE, 'utf8')) as { [name: string]: Stored<unknown> };
const hashOf = (file: string) => crypto.createHash('sha256').update(fs.readFileSync(path.join(__dirname, 'data', file))).digest('hex').slice(0, 16);
/** Digits that constants are written with. */
const rounded = <Found>(found: Found) => JSON.parse(JSON.stringify(found, (_, v) => typeof v === 'number' ? Number(v.toPrecision(3)) : v)) as Found;

/** Fits all rows, and each fold; stores the folds and gives the constants. */
export function fitAndLeaveOut<Run extends { readonly tags: FewTags }, Found>(
  part: FewFit<Run, Found>, fitted: Fitted, log: (line: string) => void,
): Found {
  const runs = part.runs(fitted);
  const shipped = rounded(part.fit(runs));
  log(`${part.name}: ${JSON.stringify(shipped)}`);
  const folds = AXES.flatMap((axis) => [...new Set(runs.map(({ tags }) => tags[axis]))].sort().map((value) => {
    const constants = rounded(part.fit(runs.filter(({ tags }) => tags[axis] !== value)));
    log(`${part.name} without ${axis} ${value}: ${JSON.stringify(constants)}`);
    return { axis, value, constants };
  }));
  const stored: Stored<Found> = { rows: hashOf(part.file), times: short(valuesOf(fitted)), shipped, folds };
  const all = { ...read(), [part.name]: stored };
  const lines = (s: Stored<unknown>) => [
    `    "rows": ${JSON.stringify(s.rows)}`, `    "times": ${JSON.stringify(s.times)}`, `    "shipped": ${JSON.stringify(s.shipped)}`,
    `    "folds": [\n${s.folds.map((fold) => `      ${JSON.stringify(fold)}`).join(',\n')}\n    ]`,
  ].join(',\n');
  fs.writeFileSync(FILE, `{\n${Object.entries(all).map(([name, s]) => `  "${name}": {\n${lines(s)}\n  }`).join(',\n')}\n}\n`);
  return shipped;
}

/** Constants that have not seen a run's like. Throws the sentence that says why the stored ones are stale. */
export function storedFew<Run extends { readonly tags: FewTags }, Found>(part: FewFit<Run, Found>): (axis: FewAxis, run: Run) => Found {
  const stored = read()[part.name] as Stored<Found> | undefined;
  const stale = (reason: string) => new Error(`${reason}; run 'npx tsx scripts/fit-sizing.ts ${part.name}'`);
  if (stored?.rows !== hashOf(part.file)) { throw stale(`the rows of bench/accuracy/data/${part.file} are not those that were fitted`); }
  if (JSON.stringify(stored.shipped) !== JSON.stringify(part.shipped)) {
    throw stale(`src/sizing/data/fitted.ts does not hold what was fitted to bench/accuracy/data/${part.file}`);
  }
  const times = valuesOf(FITTED);
  if (stored.times.length !== times.length || stored.times.some((t, i) => Math.abs(times[i] / t - 1) > 0.01)) {
    throw stale(`the constants of ${part.name} were fitted with other constants of times than src/sizing/data/fitted.ts holds`);
  }
  const constants = new Map(stored.folds.map((fold) => [`${fold.axis} ${fold.value}`, fold.constants]));
  return (axis, { tags }) => {
    const found = constants.get(`${axis} ${tags[axis]}`);
    if (!found) { throw stale(`no fit of ${part.name} without ${axis} ${tags[axis]}`); }
    return found;
  };
}
