import { AXES, Folds, telling } from './folds';
import { predict, Prepared } from './predictions';
import { Measured } from './questions';
import { LoadKind } from '../../src';
import { combinationOf } from '../../src/sizing/estimate';
import { Ranges } from '../../src/sizing/fitted';
import { RangeOf, Regime } from '../../src/sizing/intervals';
import { quantile } from '../quantile';

/** Shares of measurements below and above an interval of 90 %. */
const TAIL = 0.05;
/** Predictions and families of models of a class that its quantiles can be taken from: three predictions lie beyond each end. */
const ENOUGH = 60;
const FAMILIES = 2;
/** Narrowest end of an interval. */
const NARROWEST = 1.1;
/** Widest end of an interval: near overload, and while a server warms up, a queue may be anything. */
const WIDEST = 10;
/** Rows of a combination that make it a measured one. */
const ROWS = 5;

/** The late ranges are of the 99th percentiles: with the 90th, which stray less, they held too few of them. */
const METRICS: { readonly [measured in Measured]?: RangeOf } = {
  outputTokensPerSecondPerGpu: 'throughput',
  timePerOutputTokenMillis_mean: 'perToken',
  timeToFirstTokenMillis_mean: 'firstToken',
  timeToFirstTokenMillis_p99: 'lateFirstToken',
  endToEndMillis_mean: 'endToEnd',
  endToEndMillis_p99: 'lateEndToEnd',
};

/** What stands for a metric that no row of a regime has. */
const KIN: readonly (readonly [RangeOf, RangeOf])[] = [
  ['lateFirstToken', 'firstToken'], ['lateEndToEnd', 'endToEnd'], ['endToEnd', 'perToken'], ['lateEndToEnd', 'perToken'],
];

const REGIMES: { readonly [kind: string]: Regime } = {
  [LoadKind.SATURATED]: 'saturated', [LoadKind.CONCURRENCY]: 'closedLoop', [LoadKind.REQUESTS_PER_SECOND]: 'arrivals', [LoadKind.STATIC_BATCH]: 'staticBatch',
};

/** Intervals as wide as the errors of what was left out. The first engines of a model are no guide to those of today and are not counted. */
export function rangesOf(rows: readonly Prepared[], folds: Folds): Ranges {
  const classes = new Map<string, { errors: number[]; families: Set<string> }>();
  const add = (key: string, error: number, family: string) => {
    const own = classes.get(key) ?? { errors: [], families: new Set<string>() };
    own.errors.push(error);
    own.families.add(family);
    classes.set(key, own);
  };
  const counts = new Map<string, number>();
  for (const row of rows) {
    const key = combinationOf(row.asked.instance);
    counts.set(key, (counts.get(key) ?? 0) + 1);
  }
  const tells = telling(rows);
  const apart: { covered: number[]; uncovered: number[] } = { covered: [], uncovered: [] };
  for (const row of rows) {
    const { point, request, asked: { instance } } = row;
    if (point.part === 'closed loop, early 2025') { continue; }
    const regime = REGIMES[request.load.kind];
    for (const axis of AXES) {
      if (!tells(row, axis)) { continue; }
      const figures = predict(row, folds.constantsFor(axis, point.tags));
      for (const [measured, metric] of Object.entries(METRICS) as [Measured, RangeOf][]) {
        if (point.actual[measured] === undefined) { continue; }
        const error = Math.log(point.actual[measured]! / figures[measured]!);
        const names = [regime, metric, point.tags.kind, instance.subject.rules.name];
        for (let n = 2; n <= names.length; n++) { add(names.slice(0, n).join(' '), error, point.tags.family); }
        add(metric, error, point.tags.family);
        if (axis === 'gpu' && (metric === 'throughput' || metric === 'perToken')) {
          apart[seen(rows, row) ? 'covered' : 'uncovered'].push(Math.abs(error));
        }
      }
    }
  }
  const factors: { [what: string]: number[] } = {};
  for (const [key, { errors, families }] of [...classes].sort(([a], [b]) => a < b ? -1 : 1)) {
    const words = key.split(' ').length;
    if (words > 2 && (errors.length < ENOUGH || families.size < FAMILIES)) { continue; }
    const [low, high] = [quantile(errors, TAIL), quantile(errors, 1 - TAIL)].map(Math.exp);
    factors[key] = [Math.min(1 / NARROWEST, Math.max(1 / WIDEST, low)), Math.max(NARROWEST, Math.min(WIDEST, high))];
  }
  for (const regime of Object.values(REGIMES)) {
    for (const [metric, kin] of KIN) { factors[`${regime} ${metric}`] ??= factors[`${regime} ${kin}`] ?? factors[kin]; }
  }
  // Throughput under arrivals is the load itself.
  factors['arrivals throughput'] = [0.95, 1.05];
  const wider = quantile(apart.uncovered, 0.9) / quantile(apart.covered, 0.9);
  return {
    factors,
    uncovered: Math.min(2, Math.max(1.1, wider || 1.1)),
    covered: [...counts].filter(([, n]) => n >= ROWS).map(([key]) => key).sort(),
  };
}

/** Whether rows of other accelerators have the combination of a row. */
function seen(rows: readonly Prepared[], { asked: { instance }, point }: Prepared): boolean {
  const key = combinationOf(instance);
  return rows.some((other) => other.point.tags.gpu !== point.tags.gpu && combinationOf(other.asked.instance) === key);
}
