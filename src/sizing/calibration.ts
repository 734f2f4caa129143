import { constantsOf, Correction, correctionOf, deviationsAt } from './calibration-fit';
import { BOUND, Factors, KNOBS } from './correction';
import { FITTED } from './data/fitted';
import { Lengths } from './estimate';
import { Fitted } from './fitted';
import { Instance, Service } from './instance';
import { Metric, Regime } from './intervals';
import { LoadKind } from './load';
import { figuresOf, Measured, measuredOf } from './measured';
import { Measurement } from './measurement';
import { OperatingPoint } from './operating-point';
import { Estimate, LatencyEstimate, Range } from './plan';
import { numberProblem, show } from '../errors';

/** Grows when a field of the file is renamed, removed or changes its meaning. */
const FORMAT = 1;
const METRICS: readonly Metric[] = ['throughput', 'perToken', 'firstToken', 'endToEnd'];
/** Quantile of the normal distribution that 90 % lie within. */
const Z90 = 1.6449;
/** Changes with any of the constants that the factors multiply. */
const CONSTANTS = fingerprint(JSON.stringify(FITTED));
const AGAIN = "run 'cdk8s-inference calibrate --again' on it, which fits the rows in it once more";

/** What multiplies constants. */
export interface CalibrationFactors {
  /** On the memory bandwidth that is reached. */
  readonly bandwidth: number;
  /** On the tensor rate that is reached. */
  readonly arithmetic: number;
  /** On the bandwidth between GPUs. */
  readonly link: number;
  /** On the launches, the scheduler and the sampler. */
  readonly overhead: number;
  /** On what delays a first token besides: tokenizer, transport, prompts that come together. */
  readonly firstToken: number;
}

/** Medians of the absolute errors of expected over measured, less one. */
export interface CalibrationErrors {
  /** Of output tokens per second; undefined where no row measured it. */
  readonly outputTokensPerSecond?: number;
  /** Of the mean time to the first token. */
  readonly timeToFirstToken?: number;
  /** Of the mean time per output token. */
  readonly timePerOutputToken?: number;
  /** Of the mean time from request to last token. */
  readonly endToEnd?: number;
}

/** What the rows of one model, accelerator, engine and precision taught; nothing else is touched. */
export interface CalibratedDeployment {
  /** Repository id of the model. */
  readonly model: string;
  /** Name of the accelerator. */
  readonly accelerator: string;
  /** Name of the engine. */
  readonly engine: string;
  /** Format of the weights. */
  readonly precision: string;
  /** Rows that were used. */
  readonly rows: number;
  /** What the constants are multiplied with. */
  readonly factors: CalibrationFactors;
  /** Errors of the estimate on these rows before. */
  readonly errorsBefore: CalibrationErrors;
  /** Errors on the same rows afterwards; those on other rows are larger. */
  readonly errorsAfter: CalibrationErrors;
}

/** A row that was not used. */
export interface RefusedMeasurement {
  /** Where it stands. */
  readonly source: string;
  /** Why, as a sentence. */
  readonly reason: string;
}

/** One deployment's correction, as the file holds it. */
interface Cell extends Correction {
  readonly summary: CalibratedDeployment;
}

/** Constants of the estimate corrected by a team's own measurements. Made once, kept as a JSON file beside the code that uses it. */
export class Calibration {
  /**
   * Corrects constants within bounds, so that the estimate meets what was measured. Rows that physics or their own figures contradict are left
   * out and listed in `refused`.
   *
   * @param rows measurements, such as `BenchmarkResults.fromText` gives
   * @throws when no row can be used.
   */
  public static fromMeasurements(rows: Measurement[]): Calibration {
    if (!Array.isArray(rows) || rows.length === 0) { throw new Error(`'rows' is ${show(rows)} but must be a list of at least one measurement`); }
    const refused: RefusedMeasurement[] = [];
    const byDeployment = new Map<string, Measured[]>();
    rows.forEach((row, i) => {
      const measured = measuredOf(row, i);
      if ('reason' in measured) { refused.push({ source: measured.source, reason: measured.reason }); return; }
      const key = keyOf(measured.instance);
      byDeployment.set(key, [...byDeployment.get(key) ?? [], measured]);
    });
    if (byDeployment.size === 0) {
      throw new Error(`none of the ${rows.length} measurements can be used: ${refused.slice(0, 3).map(({ source, reason }) => `${show(source)}: ${reason}`).join('; ')}`);
    }
    const keys = [...byDeployment.keys()].sort();
    const cells = keys.map((key) => cellOf(byDeployment.get(key)!));
    return new Calibration(cells, refused, keys.flatMap((key, i) => byDeployment.get(key)!.map((measured) => rowJson(measured, cells[i]))));
  }

  /**
   * Reads what `toJson` gave, and the file that `cdk8s-inference calibrate` writes.
   *
   * @param json the parsed JSON object
   * @throws when it is no calibration, or was made with other constants than this release's.
   */
  public static fromJson(json: any): Calibration {
    return read(json);
  }

  /** @internal */
  public static _create(cells: readonly Cell[], refused: readonly RefusedMeasurement[], rows: readonly object[]): Calibration {
    return new Calibration(cells, refused, rows);
  }

  /** What was corrected. */
  public readonly deployments: CalibratedDeployment[];
  /** Rows that were not used, each with its reason. */
  public readonly refused: RefusedMeasurement[];
  private readonly cells: ReadonlyMap<string, Cell>;
  private readonly constants = new Map<string, Fitted>();

  private constructor(cells: readonly Cell[], refused: readonly RefusedMeasurement[], private readonly rows: readonly object[]) {
    this.deployments = cells.map((cell) => cell.summary);
    this.refused = [...refused];
    this.cells = new Map(cells.map((cell) => [summaryKey(cell.summary), cell]));
  }

  /** Everything, as data for a JSON file: the same rows give the same file. */
  public toJson(): any {
    return {
      formatVersion: FORMAT,
      constants: CONSTANTS,
      deployments: [...this.cells.values()].map(({ summary, covariance, spread, places }) => ({ ...summary, spread, places, covariance })),
      rows: this.rows,
      refused: this.refused,
    };
  }

  /** @internal */
  public _constantsFor(instance: Instance): Fitted | undefined {
    const key = keyOf(instance);
    const cell = this.cells.get(key);
    if (!cell) { return undefined; }
    let constants = this.constants.get(key);
    if (!constants) { this.constants.set(key, constants = constantsOf(instance, cell.factors)); }
    return constants;
  }

  /**
   * The estimate with the ranges that the rows leave: of what they measured, means. Tails keep theirs.
   *
   * @internal
   */
  public _narrowed(estimate: Estimate, instance: Instance, lengths: Lengths, point: OperatingPoint, regime: Regime): Estimate {
    const cell = this.cells.get(keyOf(instance));
    if (!cell) { return estimate; }
    const deviations = deviationsAt(instance, lengths, (service) => again(service, point, regime), cell);
    // Wider than without the calibration only where the rows themselves scatter that much, or lie that far away.
    const within = ({ low, expected, high }: Range, metric: Metric): Range => {
      const { scatter, whole } = deviations[metric];
      const [least, most] = [Math.exp(Z90 * scatter), Math.exp(Z90 * whole)];
      return {
        low: Math.max(expected / most, Math.min(low, expected / least)),
        expected,
        high: Math.min(expected * most, Math.max(high, expected * least)),
      };
    };
    const latency = (of: LatencyEstimate, metric: Metric): LatencyEstimate => ({ ...of, mean: within(of.mean, metric), p50: within(of.p50, metric) });
    return {
      ...estimate,
      outputTokensPerSecond: regime === 'arrivals' ? estimate.outputTokensPerSecond : within(estimate.outputTokensPerSecond, 'throughput'),
      timeToFirstToken: latency(estimate.timeToFirstToken, 'firstToken'),
      timePerOutputToken: latency(estimate.timePerOutputToken, 'perToken'),
      endToEnd: latency(estimate.endToEnd, 'endToEnd'),
    };
  }

  /**
   * What the calibration does to an instance, as a sentence.
   *
   * @internal
   */
  public _sentenceFor(instance: Instance): string {
    const { subject, pool } = instance;
    const what = `${subject.model.id} in ${subject.precision.name} on ${pool.accelerator.name} with ${subject.rules.name}`;
    const cell = this.cells.get(keyOf(instance));
    if (!cell) { return `The calibration holds no measurement of ${what}, so it changes nothing here.`; }
    const { rows, factors } = cell.summary;
    const said = KNOBS.filter((knob) => Math.abs(Math.log(factors[knob])) > 0.01).map((knob) => `${WORDS[knob]} x ${Number(factors[knob].toPrecision(3))}`);
    return `Constants are corrected by ${rows} ${rows === 1 ? 'measurement' : 'measurements'} of ${what}: ${said.length ? said.join(', ') : 'none by more than 1 %'}.`;
  }
}

const WORDS: { readonly [knob in keyof CalibrationFactors]: string } = {
  bandwidth: 'memory bandwidth',
  arithmetic: 'tensor rate',
  link: 'links',
  overhead: 'overheads',
  firstToken: 'waits for the first token',
};

/** What a correction holds for: measurements of one model say little of another's, even of its kind on the same accelerator. */
function keyOf({ subject, pool }: Instance): string {
  return [subject.model.id.toLowerCase(), pool.accelerator.name, subject.rules.name, subject.precision.name].join('\n');
}

function summaryKey({ model, accelerator, engine, precision }: CalibratedDeployment): string {
  return [model.toLowerCase(), accelerator, engine, precision].join('\n');
}

/** The same load for a service with other constants. */
function again({ batching }: Service, point: OperatingPoint, regime: Regime): OperatingPoint {
  switch (regime) {
    case 'closedLoop': return batching.closedLoop(point.requests!);
    case 'saturated': return batching.closedLoop(batching.slots);
    case 'staticBatch': return batching.staticBatch(point.requests!);
    default: return batching.poisson(point.requestsPerSecond);
  }
}

function cellOf(rows: readonly Measured[]): Cell {
  const { factors, covariance, spread, places } = correctionOf(rows);
  // Rounded before anything is computed with them, so that a file read again gives the same answers.
  const rounded: Correction = {
    factors: Object.fromEntries(KNOBS.map((knob) => [knob, digits(factors[knob])])) as unknown as Factors,
    covariance: covariance.map((line) => line.map(digits)),
    spread: Object.fromEntries(METRICS.map((m) => [m, digits(spread[m])])) as unknown as Correction['spread'],
    places: unique(places.map((place) => place.map(digits))),
  };
  const [{ instance }] = rows;
  return {
    ...rounded,
    summary: {
      model: instance.subject.model.id,
      accelerator: instance.pool.accelerator.name,
      engine: instance.subject.rules.name,
      precision: instance.subject.precision.name,
      rows: rows.length,
      factors: rounded.factors,
      errorsBefore: medians(rows, FITTED),
      errorsAfter: medians(rows, constantsOf(instance, rounded.factors)),
    },
  };
}

/** Expected over measured, less one. */
function errorsOf({ instance, lengths, load, figures }: Measured, fitted: Fitted): { [metric in Metric]?: number } {
  const expected = figuresOf(instance, lengths, load, fitted);
  return Object.fromEntries(METRICS.filter((m) => figures[m] !== undefined).map((m) => [m, digits(expected[m] / figures[m]! - 1)]));
}

const PUBLIC: { readonly [metric in Metric]: keyof CalibrationErrors } = {
  throughput: 'outputTokensPerSecond',
  perToken: 'timePerOutputToken',
  firstToken: 'timeToFirstToken',
  endToEnd: 'endToEnd',
};

function inPublic(errors: { [metric in Metric]?: number }): CalibrationErrors {
  return Object.fromEntries(METRICS.filter((m) => errors[m] !== undefined).map((m) => [PUBLIC[m], errors[m]]));
}

function medians(rows: readonly Measured[], fitted: Fitted): CalibrationErrors {
  const all = rows.map((row) => errorsOf(row, fitted));
  return inPublic(Object.fromEntries(METRICS.flatMap((m) => {
    const sorted = all.flatMap((errors) => errors[m] === undefined ? [] : [Math.abs(errors[m])]).sort((a, b) => a - b);
    const middle = sorted.length / 2 - 0.5;
    return sorted.length ? [[m, digits((sorted[Math.floor(middle)] + sorted[Math.ceil(middle)]) / 2)]] : [];
  })));
}

/** A row with all that is needed to fit it again, in the form of the command line's questions. */
function rowJson(measured: Measured, { factors }: Cell): object {
  const { row, source, instance } = measured;
  const { subject, at } = instance;
  const { engine, model, precision, kvCachePrecision, version: _ } = subject;
  const { lengths, kind, amount, arrivalVariation } = row.load;
  return stated({
    source,
    question: stated({
      model: model.id,
      accelerator: instance.pool.accelerator.name,
      precision: precision.name,
      kvCachePrecision: kvCachePrecision.name,
      engine: subject.rules.name,
      engineVersion: engine.version,
      layout: { tensorParallel: at.tp, pipelineParallel: at.pp, dataParallel: at.dp, expertParallel: at.ep },
      ...lengths,
      // Said, so that a question which says nothing of it is not read in its place.
      prefixHitRatio: lengths.prefixHitRatio ?? 0,
      load: kind === LoadKind.SATURATED ? { saturated: true }
        : kind === LoadKind.OUTPUT_TOKENS_PER_SECOND ? { requestsPerSecond: amount / lengths.outputTokens } : { [kind]: amount },
      arrivalVariation,
      maxModelLen: engine.maxModelLen,
      maxNumSeqs: engine.maxNumSeqs,
      maxNumBatchedTokens: engine.maxNumBatchedTokens,
      memoryFraction: engine.memoryFraction,
      kvBlockSize: engine.kvBlockSize,
      adapters: engine.adapters,
    }),
    requests: row.requests,
    failedRequests: row.failedRequests,
    measured: stated({
      outputTokensPerSecond: row.outputTokensPerSecond,
      timeToFirstTokenMillis: row.timeToFirstTokenMillis,
      timePerOutputTokenMillis: row.timePerOutputTokenMillis,
      endToEndMillis: row.endToEndMillis,
    }),
    errorsBefore: inPublic(errorsOf(measured, FITTED)),
    errorsAfter: inPublic(errorsOf(measured, constantsOf(instance, factors))),
  });
}

/** Tells two texts apart: a polynomial of their characters. */
function fingerprint(text: string): string {
  let hash = 7;
  for (let i = 0; i < text.length; i++) { hash = (hash * 31 + text.charCodeAt(i)) % 4294967291; }
  return hash.toString(16).padStart(8, '0');
}

/** Without what is not stated. */
function stated(fields: { readonly [field: string]: unknown }): { [field: string]: unknown } {
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined));
}

function unique(places: readonly (readonly number[])[]): number[][] {
  return [...new Map(places.map((place) => [place.join(), [...place]])).values()];
}

/** Four significant digits: no measurement deserves more. */
function digits(value: number): number {
  return Number(value.toPrecision(4));
}

/** A calibration from data that anybody may have edited. */
function read(json: any): Calibration {
  const name = 'the calibration';
  if (typeof json !== 'object' || json === null || !Array.isArray(json.deployments) || !Array.isArray(json.rows) || !Array.isArray(json.refused)) {
    throw new Error(`${name} is no such object; give what 'cdk8s-inference calibrate' wrote`);
  }
  if (json.formatVersion !== FORMAT) { throw new Error(`${name} has the format ${show(json.formatVersion)} but this release reads ${FORMAT}; ${AGAIN}`); }
  if (json.constants !== CONSTANTS) { throw new Error(`${name} was made with other constants than this release has; ${AGAIN}`); }
  const cells = json.deployments.map((entry: any, i: number): Cell => {
    const { spread, places, covariance, ...summary } = typeof entry === 'object' && entry !== null ? entry : {};
    const misplaced = Array.isArray(places) && places.length > 0
      ? places.flatMap((_, k) => [0, 1, 2].map((j) => numberProblem(`places[${k}][${j}]`, places[k]?.[j], { above: 0 }))).find(Boolean)
      : `'places' is ${show(places)} but must be a list of at least one`;
    const problem = ['model', 'accelerator', 'engine', 'precision'].map((field) => typeof summary[field] === 'string' ? undefined : `'${field}' is ${show(summary[field])} but must be text`).find(Boolean)
      ?? KNOBS.map((knob) => numberProblem(`factors.${knob}`, summary.factors?.[knob], { min: 1 / BOUND[knob] - 1e-3, max: BOUND[knob] })).find(Boolean)
      ?? METRICS.map((m) => numberProblem(`spread.${m}`, spread?.[m], { above: 0, max: 10 })).find(Boolean)
      ?? misplaced ?? KNOBS.map((_, p) => KNOBS.map((__, q) => numberProblem(`covariance[${p}][${q}]`, covariance?.[p]?.[q], { min: -10, max: 10 })).find(Boolean)).find(Boolean);
    if (problem) { throw new Error(`${name} can't be used: in deployments[${i}], ${problem}; ${AGAIN}`); }
    return { summary, factors: summary.factors, spread, places, covariance };
  });
  return Calibration._create(cells, json.refused, json.rows);
}
