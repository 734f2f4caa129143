// How far a measured point or three of a cell (model, accelerator, engine, precision, layout) bring the rest of it, with the model's family left out of the
// fit of the constants: `npx tsx bench/accuracy/calibrated.ts`, half a minute.
import { fit } from './fit';
import { prepare, Prepared } from './predictions';
import { points } from './questions';
import { constantsOf, correctionOf } from '../../src/sizing/calibration-fit';
import { FITTED } from '../../src/sizing/data/fitted';
import { Fitted } from '../../src/sizing/fitted';
import { Metric } from '../../src/sizing/intervals';
import { figuresOf, Measured, measuredOf } from '../../src/sizing/measured';
import { Measurement } from '../../src/sizing/measurement';
import { median } from '../quantile';

/** A published point as a team's own measurement. */
export function measurementOf({ point: { actual, gpus }, request }: Prepared): Measurement {
  const perGpu = actual.outputTokensPerSecondPerGpu;
  return {
    ...request,
    outputTokensPerSecond: perGpu === undefined ? undefined : perGpu * gpus,
    timeToFirstTokenMillis: actual.timeToFirstTokenMillis_mean,
    timePerOutputTokenMillis: actual.timePerOutputTokenMillis_mean,
    endToEndMillis: actual.endToEndMillis_mean,
  };
}

/** Rows by cell; those that are not plausible are left out. */
export function cellsOf(rows: readonly Prepared[]): Map<string, Measured[]> {
  const cells = new Map<string, Measured[]>();
  rows.forEach((row, i) => {
    const { part, question, tags } = row.point;
    const measured = measuredOf(measurementOf(row), i);
    if ('reason' in measured) { return; }
    const key = JSON.stringify([part, question.model, tags.gpu, tags.engine, tags.precision, question.layout]);
    cells.set(key, [...cells.get(key) ?? [], measured]);
  });
  return cells;
}

/** Of the rows of a cell, one in the middle or three spread over it. */
export function picked<T>(rows: readonly T[], count: number): T[] {
  const most = Math.min(count, rows.length - 1);
  return Array.from({ length: most }, (_, i) => rows[Math.floor((i + 0.5) / most * rows.length)]);
}

/** Absolute errors by metric of the rows that were not picked, before and after. */
export function errorsBeside(rows: readonly Measured[], count: number, base: Fitted): { metric: Metric; before: number; after: number }[] {
  const chosen = picked(rows, count);
  const { factors } = correctionOf(chosen, base);
  return rows.filter((row) => !chosen.includes(row)).flatMap(({ instance, lengths, load, figures }) => {
    const before = figuresOf(instance, lengths, load, base);
    const after = figuresOf(instance, lengths, load, constantsOf(instance, factors, base));
    return (Object.keys(figures) as Metric[]).map((metric) =>
      ({ metric, before: Math.abs(before[metric] / figures[metric]! - 1), after: Math.abs(after[metric] / figures[metric]! - 1) }));
  });
}

function main(): void {
  const { prepared } = prepare(points().filter(({ part }) => part !== 'memory'));
  const errors: { part: string; count: number; metric: Metric; before: number; after: number }[] = [];
  for (const family of new Set(prepared.map(({ point }) => point.tags.family))) {
    const base = fit(prepared.filter(({ point }) => point.tags.family !== family), FITTED).fitted;
    for (const [key, rows] of cellsOf(prepared.filter(({ point }) => point.tags.family === family))) {
      for (const count of [1, 3]) {
        if (rows.length > count) { errors.push(...errorsBeside(rows, count, base).map((error) => ({ ...error, count, part: JSON.parse(key)[0] }))); }
      }
    }
    process.stderr.write(`${family}\n`);
  }
  const groups = new Map<string, typeof errors>();
  for (const error of errors) {
    const key = `${error.part} | ${error.metric} | ${error.count}`;
    groups.set(key, [...groups.get(key) ?? [], error]);
  }
  for (const [key, of] of groups) {
    const percent = (which: 'before' | 'after') => `${(100 * median(of.map((error) => error[which]))).toFixed(1)} %`;
    process.stdout.write(`${key} | ${of.length} | ${percent('before')} | ${percent('after')}\n`);
  }
}

if (require.main === module) { main(); }
