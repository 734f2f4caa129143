import { Counted, fitConstants, Found } from './levenberg';
import { PARAMETERS, valuesOf, withValues } from './parameters';
import { predict, Prepared } from './predictions';
import { Measured } from './questions';
import { Fitted } from '../../src/sizing/fitted';
import { architectureOf } from '../../src/sizing/hardware';

/**
 * What an error in a metric counts, and the error (of the logarithm) beyond which a row counts as an outlier and pulls less and less. Latencies to
 * the first token depend on a benchmark's settings that no row states, so they count least.
 */
const WEIGHTS: { readonly [metric in Measured]?: readonly [weight: number, scale: number] } = {
  outputTokensPerSecondPerGpu: [1, 0.15],
  timePerOutputTokenMillis_mean: [1, 0.15],
  timeToFirstTokenMillis_mean: [0.35, 0.4],
  timeToFirstTokenMillis_p50: [0.35, 0.4],
  timeToFirstTokenMillis_p90: [0.15, 0.4],
  timeToFirstTokenMillis_p99: [0.15, 0.5],
  endToEndMillis_mean: [1, 0.15],
  endToEndMillis_p90: [0.3, 0.2],
  endToEndMillis_p99: [0.2, 0.3],
};
const METRICS = Object.keys(WEIGHTS) as Measured[];
/** Most steps of a fit, which ends sooner where it stands still. */
const STEPS = 30;

/** Where requests come by themselves, no wave of a benchmark blurs the first token. */
const ALONE = 2.5;

/**
 * What a published run counts beside those of one benchmark, whose settings are known: it decides the constants that no benchmark tells of, and hardly the
 * others.
 */
const PUBLISHED = 0.4;

/** Rows of one cell (model, accelerator, engine, version, precision) count as the square root of their number: they repeat each other. */
function rowWeights(rows: readonly Prepared[]): number[] {
  const cell = ({ point: { tags, question, part } }: Prepared) => [part, question.model, tags.gpu, tags.version, tags.precision].join();
  const sizes = new Map<string, number>();
  for (const row of rows) { sizes.set(cell(row), (sizes.get(cell(row)) ?? 0) + 1); }
  return rows.map((row) => 1 / Math.sqrt(Math.sqrt(sizes.get(cell(row))!)));
}

/** What is fitted of a row. */
function metricsOf({ point: { actual } }: Prepared): Measured[] {
  return METRICS.filter((metric) => actual[metric] !== undefined);
}

/** Errors of the logarithms of one row, metric by metric. */
function errorsOf(row: Prepared, fitted: Fitted): number[] {
  const figures = predict(row, fitted);
  return metricsOf(row).map((metric) => Math.log(figures[metric]! / row.point.actual[metric]!));
}

/** What each of them counts. */
function countedOf(rows: readonly Prepared[]): Counted[] {
  const weights = rowWeights(rows);
  return rows.flatMap((row, i) => metricsOf(row).map((metric) => {
    const [weight, scale] = WEIGHTS[metric]!;
    const alone = row.point.part === 'arrivals' && metric.startsWith('timeToFirstToken') ? ALONE : 1;
    const told = row.point.part === 'published' ? PUBLISHED : 1;
    return { count: (weights[i] * weight * alone * told) ** 2, scale };
  }));
}

/**
 * One standard deviation from a prior counts as one row of an error of so much (squared). Of 0.05, 0.07, 0.1 and 0.14 this one left the smallest sum of
 * what the fit itself makes small on the rows of families that were left out, all kinds of measurements together.
 */
const PRIOR = 0.1 ** 2;

export interface Fit extends Pick<Found, 'cost' | 'steps'> { readonly fitted: Fitted }

/** Whether a constant has a part in a row's figures: those of another architecture or engine have none. */
function concerns(path: string, { asked: { instance } }: Prepared): boolean {
  const [group, name] = path.split('.');
  if (group === 'kernels' || group === 'expertLaunches' || group === 'int4Stream') { return name === architectureOf(instance.pool.accelerator); }
  return group !== 'overheads' || name === instance.subject.rules.name;
}

/** Fits the constants of times to rows. */
export function fit(rows: readonly Prepared[], start: Fitted, log?: (line: string) => void): Fit {
  const found = fitConstants({
    constants: valuesOf(start).map((value, p) => {
      const { low, high, prior, sigma } = PARAMETERS[p];
      return { start: value, low, high, prior, belief: PRIOR / sigma ** 2 };
    }),
    counted: countedOf(rows),
    errorsAt: (values) => {
      const fitted = withValues(start, values);
      return rows.flatMap((row) => errorsOf(row, fitted));
    },
    errorsMoved: (values, p, errors) => {
      const fitted = withValues(start, values);
      let from = 0;
      return rows.flatMap((row) => {
        const before = errors.slice(from, from += metricsOf(row).length);
        return concerns(PARAMETERS[p].path, row) ? errorsOf(row, fitted) : before;
      });
    },
  }, STEPS, log);
  return { ...found, fitted: withValues(start, found.values) };
}
