import * as crypto from 'crypto';
import * as fs from 'fs';
import * as path from 'path';
import { fit } from './fit';
import { PARAMETERS, valuesOf, withValues } from './parameters';
import { Prepared } from './predictions';
import { Tags } from './questions';
import { publishedFiles } from './runs';
import { FITTED } from '../../src/sizing/data/fitted';
import { Fitted } from '../../src/sizing/fitted';

/** What rows are left out by. */
export type Axis = 'family' | 'gpu' | 'version';
export const AXES: readonly Axis[] = ['family', 'gpu', 'version'];

/** Constants that were fitted without the rows of one value of an axis. */
interface Fold { readonly axis: Axis; readonly value: string; readonly values: readonly number[] }

interface HeldOut {
  /** Hash of the rows that the folds are of. */
  readonly rows: string;
  /** Paths of the constants, in the order of the folds' values. */
  readonly parameters: readonly string[];
  /** Constants that are shipped: fitted to all rows. */
  readonly shipped: readonly number[];
  readonly folds: readonly Fold[];
}

const FILE = path.join(__dirname, 'held-out.json');
const DATA = path.join(__dirname, 'data');
const FILES = ['saturated-trtllm.json', 'closed-loop.json', 'closed-loop-early-2025.json', 'arrivals-vllm.json', 'amd-vllm.json', 'closed-loop-amd.json',
  ...publishedFiles()];

/** Of the rows that are fitted; those of memory are not. */
function rowsHash(): string {
  const hash = crypto.createHash('sha256');
  for (const file of FILES) { hash.update(file).update(fs.readFileSync(path.join(DATA, file))); }
  return hash.digest('hex').slice(0, 16);
}

/** As they are stored. */
export const short = (values: readonly number[]) => values.map((v) => Number(v.toPrecision(4)));

/**
 * Fits each fold and stores its constants. Each starts where the fit of all rows ended and goes on until it stands still: one that stops sooner still knows
 * the rows that it leaves out. Takes minutes.
 */
export function fitFolds(rows: readonly Prepared[], whole: Fitted, log: (line: string) => void): void {
  const folds: Fold[] = [];
  for (const axis of AXES) {
    for (const value of valuesOfAxis(rows.filter(({ point }) => point.part !== 'published'), axis)) {
      const { fitted, cost, steps } = fit(rows.filter((row) => row.point.tags[axis] !== value), whole);
      folds.push({ axis, value, values: short(valuesOf(fitted)) });
      log(`without ${axis} ${value}: ${steps} steps, ${cost.toFixed(3)}`);
    }
  }
  const stored: HeldOut = { rows: rowsHash(), parameters: PARAMETERS.map(({ path: name }) => name), shipped: short(valuesOf(whole)), folds };
  const lines = folds.map((fold) => `    ${JSON.stringify(fold)}`).join(',\n');
  const head = [
    `  "rows": ${JSON.stringify(stored.rows)}`, `  "parameters": ${JSON.stringify(stored.parameters)}`, `  "shipped": ${JSON.stringify(stored.shipped)}`,
  ];
  fs.writeFileSync(FILE, `{\n${head.join(',\n')},\n  "folds": [\n${lines}\n  ]\n}\n`);
}

function valuesOfAxis(rows: readonly Prepared[], axis: Axis): string[] {
  return [...new Set(rows.map((row) => row.point.tags[axis]))].sort();
}

/** Share of the rows of one kind of measurement that a fold must leave to say something about it. */
const LEFT = 1 / 3;

/**
 * Whether the fold without a row's value of an axis still had rows of its kind: one that leaves out a whole workload says nothing of a new model or
 * GPU in it.
 */
export function telling(rows: readonly Prepared[]): (row: Prepared, axis: Axis) => boolean {
  const counts = new Map<string, number>();
  const count = (key: string) => counts.set(key, (counts.get(key) ?? 0) + 1);
  for (const { point: { part, tags } } of rows) {
    count(part);
    for (const axis of AXES) { count(`${part} ${axis} ${tags[axis]}`); }
  }
  return ({ point: { part, tags } }, axis) => counts.get(`${part} ${axis} ${tags[axis]}`)! <= (1 - LEFT) * counts.get(part)!;
}

/** For each axis, the constants that a row's figures are to be predicted with: those of a fit that did not see its like. */
export interface Folds { readonly constantsFor: (axis: Axis, tags: Tags) => Fitted }

/** The stored folds, or the sentence that says why they are stale. */
export function storedFolds(shipped: Fitted = FITTED): Folds | string {
  const stored = JSON.parse(fs.readFileSync(FILE, 'utf8')) as HeldOut;
  const again = "run 'npx tsx scripts/fit-sizing.ts'";
  if (stored.rows !== rowsHash()) { return `the rows of bench/accuracy/data are not those that the folds were fitted to; ${again}`; }
  if (stored.parameters.join() !== PARAMETERS.map(({ path: name }) => name).join()) { return `the constants of the folds are not those of the model; ${again}`; }
  if (valuesOf(shipped).some((v, i) => Math.abs(v / stored.shipped[i] - 1) > 0.01)) {
    return `src/sizing/data/fitted.ts does not hold the constants that were fitted together with the folds; ${again}`;
  }
  const constants = new Map(stored.folds.map(({ axis, value, values }) => [`${axis} ${value}`, withValues(shipped, values)]));
  return {
    constantsFor: (axis, tags) => {
      const found = constants.get(`${axis} ${tags[axis]}`);
      if (!found) { throw new Error(`no fold without ${axis} ${tags[axis]}; ${again}`); }
      return found;
    },
  };
}
