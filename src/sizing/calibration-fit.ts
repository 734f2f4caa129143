import { BELIEF, BOUND, corrected, Factors, KNOBS } from './correction';
import { FITTED } from './data/fitted';
import { Lengths } from './estimate';
import { Fitted } from './fitted';
import { architectureOf } from './hardware';
import { Instance } from './instance';
import { Metric } from './intervals';
import { figuresAt, figuresOf, Measured, PointIn } from './measured';

/** What rows of one deployment teach: factors, how sure they are, and how far the rows still are from what the corrected constants say. */
export interface Correction {
  readonly factors: Factors;
  /** Covariance of the factors' logarithms. */
  readonly covariance: readonly (readonly number[])[];
  /** Standard deviation of the logarithm of measured over predicted. */
  readonly spread: Spreads;
  /** Where the rows lie: requests in flight, prompt and completion tokens. */
  readonly places: readonly (readonly number[])[];
}

/**
 * Spread of published measurements around the estimate once a point or three of their cell have corrected it, before a team's own rows are
 * seen; it counts as much as this many rows.
 */
export const SPREAD: Spreads = { throughput: 0.1, perToken: 0.1, firstToken: 0.33, endToEnd: 0.08 };
const SPREAD_ROWS = 3;
/**
 * What is not known besides, for each factor of e in requests in flight or in a length between a question and the nearest row: what constants can't
 * mend differs with the load. Static batches of 1 beside rows of 64 are that much further off.
 */
const SPREAD_BY_DISTANCE = 0.03;
/** Errors beyond so many spreads pull less and less. */
const OUTLIER = 3;
const STEPS = 15;
const NUDGE = 0.02;
const ENOUGH = 1e-6;

/** One figure for each metric. */
type Spreads = { readonly [metric in Metric]: number };

const METRICS: readonly Metric[] = ['throughput', 'perToken', 'firstToken', 'endToEnd'];

/** The constants that hold for an instance once they are corrected. */
export function constantsOf(instance: Instance, factors: Factors, base: Fitted = FITTED): Fitted {
  return corrected(base, architectureOf(instance.pool.accelerator), instance.subject.rules.name, factors);
}

export function factorsOf(logs: readonly number[]): Factors {
  return Object.fromEntries(KNOBS.map((knob, i) => [knob, Math.exp(logs[i])])) as unknown as Factors;
}

/** Errors of the logarithms: predicted over measured. */
function errorsOf(rows: readonly Measured[], logs: readonly number[], base: Fitted): { readonly metric: Metric; readonly error: number }[] {
  const factors = factorsOf(logs);
  return rows.flatMap(({ instance, lengths, load, figures }) => {
    const expected = figuresOf(instance, lengths, load, constantsOf(instance, factors, base));
    return METRICS.filter((m) => figures[m] !== undefined).map((metric) => ({ metric, error: Math.log(expected[metric] / figures[metric]!) }));
  });
}

/**
 * The factors that make the rows' errors small without leaving what is believed of the constants: least squares on logarithms, with a ridge
 * (each factor is drawn to one with its own strength, so that few rows move little and many move much) and weights that outliers lose. Done
 * twice: the second time with the spread that the rows showed the first time.
 */
export function correctionOf(rows: readonly Measured[], base: Fitted = FITTED): Correction {
  const first = solveFor(rows, SPREAD, KNOBS.map(() => 0), base);
  const again = solveFor(rows, first.spread, first.logs, base);
  const factors = factorsOf(again.logs);
  const places = rows.map(({ instance, lengths, load }) =>
    placeOf(lengths, figuresOf(instance, lengths, load, constantsOf(instance, factors, base))));
  return { factors, covariance: again.covariance, spread: again.spread, places };
}

function solveFor(rows: readonly Measured[], spread: Spreads, start: readonly number[], base: Fitted) {
  let logs = [...start];
  let errors = errorsOf(rows, logs, base);
  const scaled = (list: readonly { readonly metric: Metric; readonly error: number }[]) => list.map(({ metric, error }) => error / spread[metric]);
  const cost = (list: readonly number[], at: readonly number[]) => list.reduce((sum, e) => sum + OUTLIER ** 2 * Math.log1p((e / OUTLIER) ** 2), 0)
    + at.reduce((sum, log, p) => sum + (log / BELIEF[KNOBS[p]]) ** 2, 0);
  let residuals = scaled(errors);
  let value = cost(residuals, logs);
  let damping = 1e-3;
  for (let step = 0; step < STEPS; step++) {
    const slopes = slopesAt(rows, logs, residuals, spread, base);
    const { normal, gradient } = equations(slopes, residuals, logs);
    const before = value;
    for (let tries = 0; tries < 6; tries++) {
      const move = solve(normal.map((line, p) => line.map((x, q) => p === q ? x * (1 + damping) : x)), gradient);
      const next = logs.map((log, p) => Math.min(Math.log(BOUND[KNOBS[p]]), Math.max(-Math.log(BOUND[KNOBS[p]]), log - move[p])));
      const found = errorsOf(rows, next, base);
      const worth = cost(scaled(found), next);
      if (worth < value) {
        logs = next;
        errors = found;
        residuals = scaled(found);
        value = worth;
        damping /= 4;
        break;
      }
      damping *= 6;
    }
    if (before - value <= ENOUGH * before) { break; }
  }
  const slopes = slopesAt(rows, logs, residuals, spread, base);
  const covariance = invert(equations(slopes, residuals, logs).normal);
  return { logs, covariance, spread: spreadOf(errors, slopes, residuals, covariance, spread) };
}

/** Slopes of the scaled errors by each factor's logarithm. */
function slopesAt(rows: readonly Measured[], logs: readonly number[], residuals: readonly number[], spread: Spreads, base: Fitted): number[][] {
  return KNOBS.map((_, p) => errorsOf(rows, logs.map((log, i) => i === p ? log + NUDGE : log), base)
    .map(({ metric, error }, i) => (error / spread[metric] - residuals[i]) / NUDGE));
}

function weightOf(residual: number): number {
  return 1 / (1 + (residual / OUTLIER) ** 2);
}

function equations(slopes: readonly (readonly number[])[], residuals: readonly number[], logs: readonly number[]) {
  const weights = residuals.map(weightOf);
  const ridge = (p: number) => 1 / BELIEF[KNOBS[p]] ** 2;
  const total = (term: (i: number) => number) => residuals.reduce((sum, _, i) => sum + weights[i] * term(i), 0);
  const normal = KNOBS.map((_, p) => KNOBS.map((__, q) => total((i) => slopes[p][i] * slopes[q][i]) + (p === q ? ridge(p) : 0)));
  const gradient = KNOBS.map((_, p) => total((i) => slopes[p][i] * residuals[i]) + ridge(p) * logs[p]);
  return { normal, gradient };
}

/** The spread that each row shows against the constants that the others would give (its error over one less its leverage), with what was known before. */
function spreadOf(
  errors: readonly { readonly metric: Metric; readonly error: number }[], slopes: readonly (readonly number[])[], residuals: readonly number[],
  covariance: readonly (readonly number[])[], spread: Spreads,
): { [metric in Metric]: number } {
  const sums = Object.fromEntries(METRICS.map((m) => [m, { squares: SPREAD_ROWS * SPREAD[m] ** 2, rows: SPREAD_ROWS }]));
  residuals.forEach((residual, i) => {
    const slope = slopes.map((line) => line[i]);
    const leverage = Math.min(0.9, weightOf(residual) * quadratic(slope, covariance));
    const { metric } = errors[i];
    // Outliers count as what they pull, so that one bad row does not widen everything.
    sums[metric].squares += (residual * spread[metric]) ** 2 * weightOf(residual) / (1 - leverage);
    sums[metric].rows++;
  });
  // A figure that no row measured is as uncertain as the tokens that it is made of.
  const seen = (m: Metric) => sums[m].rows > SPREAD_ROWS;
  const source = (m: Metric): Metric => seen(m) || m === 'firstToken' ? m : seen('perToken') ? 'perToken' : seen('throughput') ? 'throughput' : m;
  return Object.fromEntries(METRICS.map((m) => [m, Math.sqrt(sums[source(m)].squares / sums[source(m)].rows)])) as { [metric in Metric]: number };
}

/**
 * Standard deviations of the logarithms of measured over predicted: of the rows' own spread and of loads this far from theirs, and with what is not
 * known of the factors that matter here.
 */
export function deviationsAt(
  instance: Instance, lengths: Lengths, point: PointIn, { factors, covariance, spread, places }: Correction,
): { readonly [metric in Metric]: { readonly scatter: number; readonly whole: number } } {
  const at = (f: Factors) => figuresAt(instance, lengths, point, constantsOf(instance, f));
  const here = at(factors);
  const moved = KNOBS.map((knob) => at({ ...factors, [knob]: factors[knob] * Math.exp(NUDGE) }));
  const away = SPREAD_BY_DISTANCE * distance(placeOf(lengths, here), places);
  return Object.fromEntries(METRICS.map((m) => {
    const slope = moved.map((figures) => Math.log(figures[m] / here[m]) / NUDGE);
    const scatter = spread[m] ** 2 + away ** 2;
    return [m, { scatter: Math.sqrt(scatter), whole: Math.sqrt(scatter + Math.max(0, quadratic(slope, covariance))) }];
  })) as { [metric in Metric]: { scatter: number; whole: number } };
}

/** Requests in flight by Little's law, and lengths. */
function placeOf(lengths: Lengths, { throughput, endToEnd }: Spreads): number[] {
  return [throughput / lengths.output.mean * endToEnd, lengths.prompt.mean, lengths.output.mean];
}

/** Factors of e to the nearest place. */
function distance(from: readonly number[], places: readonly (readonly number[])[]): number {
  return Math.min(...places.map((place) => place.reduce((sum, x, i) => sum + Math.abs(Math.log(from[i] / x)), 0)));
}

function quadratic(vector: readonly number[], matrix: readonly (readonly number[])[]): number {
  return vector.reduce((sum, x, p) => sum + vector.reduce((inner, y, q) => inner + x * matrix[p][q] * y, 0), 0);
}

function invert(matrix: readonly (readonly number[])[]): number[][] {
  const columns = matrix.map((_, i) => solve(matrix, matrix.map((__, j) => i === j ? 1 : 0)));
  return matrix.map((_, i) => columns.map((column) => column[i]));
}

/** Solves a x = b, a symmetric and positive, by elimination. */
function solve(a: readonly (readonly number[])[], b: readonly number[]): number[] {
  const rows = a.map((line, i) => [...line, b[i]]);
  const n = b.length;
  for (let i = 0; i < n; i++) {
    for (let j = i + 1; j < n; j++) {
      const factor = rows[j][i] / rows[i][i];
      for (let k = i; k <= n; k++) { rows[j][k] -= factor * rows[i][k]; }
    }
  }
  const x = new Array<number>(n);
  for (let i = n - 1; i >= 0; i--) {
    x[i] = (rows[i][n] - rows[i].slice(i + 1, n).reduce((sum, v, k) => sum + v * x[i + 1 + k], 0)) / rows[i][i];
  }
  return x;
}
