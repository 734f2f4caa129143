import { Axis, Folds, telling } from './folds';
import { figureOf, Prepared } from './predictions';
import { Measured, Part, Tags } from './questions';
import { FITTED } from '../../src/sizing/data/fitted';
import { median } from '../quantile';

/** One prediction beside its measurement. */
export interface Scored {
  readonly part: Part;
  readonly metric: Measured;
  readonly tags: Tags;
  /** Predicted over measured, less one. */
  readonly error: number;
  /** Whether the stated interval, around this prediction, holds the measurement, and how wide it is as a share of the prediction. */
  readonly held: boolean;
  readonly width: number;
  /** Whether the fold that it was left out of had seen rows of its kind. */
  readonly tells: boolean;
}

/** Predictions by the constants that are shipped, or by those of the folds of an axis, which have not seen the row's like. */
export function score(rows: readonly Prepared[], folds?: Folds, axis?: Axis): Scored[] {
  const tells = telling(rows);
  return rows.flatMap((row) => {
    const constants = folds && axis ? folds.constantsFor(axis, row.point.tags) : FITTED;
    return (Object.entries(row.point.actual) as [Measured, number][]).flatMap(([metric, actual]) => {
      const range = figureOf(row, metric, constants);
      if (!range || !(actual > 0)) { return []; }
      return [{
        part: row.point.part,
        metric,
        tags: row.point.tags,
        error: range.expected / actual - 1,
        held: range.low <= actual && actual <= range.high,
        width: (range.high - range.low) / range.expected,
        tells: axis === undefined || tells(row, axis),
      }];
    });
  });
}

/** What is said of many predictions. */
export interface Summary {
  readonly rows: number;
  readonly median: number;
  readonly within30: number;
  readonly bias: number;
  readonly held: number;
  readonly width: number;
}

export function summary(scored: readonly Scored[]): Summary {
  const share = (holds: (s: Scored) => boolean) => scored.filter(holds).length / scored.length;
  return {
    rows: scored.length,
    median: median(scored.map((s) => Math.abs(s.error))),
    within30: share((s) => Math.abs(s.error) <= 0.3),
    bias: median(scored.map((s) => s.error)),
    held: share((s) => s.held),
    width: median(scored.map((s) => s.width)),
  };
}
