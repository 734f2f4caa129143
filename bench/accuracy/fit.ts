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
  timeToFirstTokenMillis_p90: [0.15, 0.4],
  timeToFirstTokenMillis_p99: [0.15, 0.5],
  endToEndMillis_mean: [1, 0.15],
  endToEndMillis_p90: [0.3, 0.2],
  endToEndMillis_p99: [0.2, 0.3],
};
/** Steps of a fit, smaller ones that are tried where a step made it worse, and the change of the sum at which it ends. */
const STEPS = 12;
const TRIES = 8;
const ENOUGH = 1e-4;
/** Largest change of a logarithm in one step. */
const REACH = 0.7;
/** Relative change of a value for its slope. */
const NUDGE = 1e-3;

/** Where requests come by themselves, no wave of a benchmark blurs the first token. */
const ALONE = 2.5;

/** Rows of one cell (model, accelerator, engine, version, precision) count as the square root of their number: they repeat each other. */
function rowWeights(rows: readonly Prepared[]): number[] {
  const cell = ({ point: { tags, question, part } }: Prepared) => [part, question.model, tags.gpu, tags.version, tags.precision].join();
  const sizes = new Map<string, number>();
  for (const row of rows) { sizes.set(cell(row), (sizes.get(cell(row)) ?? 0) + 1); }
  return rows.map((row) => 1 / Math.sqrt(Math.sqrt(sizes.get(cell(row))!)));
}

/** Errors of the logarithms, row by row and metric by metric. */
function errorsOf(rows: readonly Prepared[], fitted: Fitted): number[] {
  const errors: number[] = [];
  for (const row of rows) {
    const figures = predict(row, fitted);
    for (const metric of Object.keys(WEIGHTS) as Measured[]) {
      const actual = row.point.actual[metric];
      if (actual !== undefined) { errors.push(Math.log(figures[metric]! / actual)); }
    }
  }
  return errors;
}

interface Scale { readonly weight: number; readonly scale: number }

function scalesOf(rows: readonly Prepared[]): Scale[] {
  const weights = rowWeights(rows);
  return rows.flatMap(({ point }, i) => (Object.keys(WEIGHTS) as Measured[]).filter((metric) => point.actual[metric] !== undefined)
    .map((metric) => {
      const [weight, scale] = WEIGHTS[metric]!;
      const alone = point.part === 'arrivals' && metric.startsWith('timeToFirstToken') ? ALONE : 1;
      return { weight: weights[i] * weight * alone, scale };
    }));
}

/** One standard deviation from a prior counts as one row of an error of so much (squared). */
const PRIOR = 0.05 ** 2;

/** Sum that the fit makes small: a robust one of the errors (Cauchy's), and the squares of the distances from the priors. */
function costOf(errors: readonly number[], scales: readonly Scale[], logs: readonly number[]): number {
  let sum = 0;
  errors.forEach((e, i) => { sum += scales[i].weight ** 2 * scales[i].scale ** 2 * Math.log1p((e / scales[i].scale) ** 2); });
  PARAMETERS.forEach(({ prior, sigma }, i) => { sum += PRIOR * ((logs[i] - Math.log(prior)) / sigma) ** 2; });
  return sum;
}

export interface Fit { readonly fitted: Fitted; readonly cost: number; readonly steps: number }

/** Whether a constant has a part in a row's figures: those of another architecture or engine have none. */
function concerns(path: string, { asked: { instance } }: Prepared): boolean {
  const [group, name] = path.split('.');
  if (group === 'kernels' || group === 'expertLaunches') { return name === architectureOf(instance.pool.accelerator); }
  return group !== 'overheads' || name === instance.subject.rules.name;
}

/** Slopes of all errors by all parameters. */
function slopesAt(rows: readonly Prepared[], fitted: Fitted): Float64Array[] {
  const each = rows.map((row) => errorsOf([row], fitted));
  const starts: number[] = [];
  let length = 0;
  for (const errors of each) { starts.push(length); length += errors.length; }
  const values = valuesOf(fitted);
  return PARAMETERS.map(({ path, high }, p) => {
    const slopes = new Float64Array(length);
    const nudge = values[p] * (1 + NUDGE) > high ? -NUDGE : NUDGE;
    const moved = withValues(fitted, values.map((v, i) => i === p ? v * (1 + nudge) : v));
    rows.forEach((row, r) => {
      if (!concerns(path, row)) { return; }
      errorsOf([row], moved).forEach((e, i) => { slopes[starts[r] + i] = (e - each[r][i]) / Math.log1p(nudge); });
    });
    return slopes;
  });
}

/** Levenberg's and Marquardt's method on the logarithms of the constants, with weights that outliers lose. Deterministic. */
export function fit(rows: readonly Prepared[], start: Fitted, most = STEPS, log: (line: string) => void = () => {}): Fit {
  const scales = scalesOf(rows);
  const within = (log_: number, i: number) => Math.min(Math.log(PARAMETERS[i].high), Math.max(Math.log(PARAMETERS[i].low), log_));
  let logs = valuesOf(start).map((v, i) => within(Math.log(Math.max(v, 1e-12)), i));
  let fitted = withValues(start, logs.map(Math.exp));
  let errors = errorsOf(rows, fitted);
  let cost = costOf(errors, scales, logs);
  let damping = 1e-2;
  let steps = 0;
  for (; steps < most; steps++) {
    const slopes = slopesAt(rows, fitted);
    const weights = errors.map((e, i) => scales[i].weight ** 2 / (1 + (e / scales[i].scale) ** 2));
    const n = PARAMETERS.length;
    const gradient = PARAMETERS.map(({ prior, sigma }, p) => PRIOR * (logs[p] - Math.log(prior)) / sigma ** 2
      + errors.reduce((sum, e, i) => sum + weights[i] * slopes[p][i] * e, 0));
    const normal = Array.from({ length: n }, () => new Float64Array(n));
    for (let p = 0; p < n; p++) {
      for (let q = p; q < n; q++) {
        let sum = 0;
        for (let i = 0; i < errors.length; i++) { sum += weights[i] * slopes[p][i] * slopes[q][i]; }
        normal[p][q] = normal[q][p] = sum + (p === q ? PRIOR / PARAMETERS[p].sigma ** 2 : 0);
      }
    }
    const before = cost;
    let best: { readonly value: number; readonly moved: number[]; readonly found: number[]; readonly damping: number } | undefined;
    // The longest step that makes it smaller is seldom the best of them.
    for (let tries = 0; tries < TRIES; tries++, damping *= 6) {
      const step = solve(normal, gradient, damping);
      const moved = logs.map((l, i) => within(l - Math.max(-REACH, Math.min(REACH, step[i])), i));
      const found = errorsOf(rows, withValues(start, moved.map(Math.exp)));
      const value = costOf(found, scales, moved);
      if (value < (best?.value ?? cost)) { best = { value, moved, found, damping }; } else if (best) { break; }
    }
    if (best) {
      ({ value: cost, moved: logs, found: errors, damping } = best);
      fitted = withValues(start, logs.map(Math.exp));
      damping = Math.max(1e-6, damping / 10);
    }
    log(`step ${steps + 1}: ${before.toFixed(4)} to ${cost.toFixed(4)}`);
    if (before - cost < ENOUGH * before) { steps++; break; }
  }
  return { fitted, cost, steps };
}

/** Solves (A + damping x its diagonal) x = b by Cholesky's method. */
export function solve(a: readonly Float64Array[], b: readonly number[], damping: number): number[] {
  const n = b.length;
  const l = Array.from({ length: n }, () => new Float64Array(n));
  for (let i = 0; i < n; i++) {
    for (let j = 0; j <= i; j++) {
      let sum = a[i][j] * (i === j ? 1 + damping : 1);
      for (let k = 0; k < j; k++) { sum -= l[i][k] * l[j][k]; }
      l[i][j] = i === j ? Math.sqrt(Math.max(sum, 1e-18)) : sum / l[j][j];
    }
  }
  const y = new Array<number>(n);
  for (let i = 0; i < n; i++) {
    let sum = b[i];
    for (let k = 0; k < i; k++) { sum -= l[i][k] * y[k]; }
    y[i] = sum / l[i][i];
  }
  const x = new Array<number>(n);
  for (let i = n - 1; i >= 0; i--) {
    let sum = y[i];
    for (let k = i + 1; k < n; k++) { sum -= l[k][i] * x[k]; }
    x[i] = sum / l[i][i];
  }
  return x;
}
