import { didYouMean, numberProblem, show, textProblem } from '../errors';
import { BOUNDS, MetricRow, METRICS, Series, Share } from './data/signals';
import { RawSignal } from './raw-signal';

/** What a signal is asked of. */
export interface SignalQuery {
  /** Name of the engine: `vllm`, `sglang` or `trtllm`. User-defined signals take any. */
  readonly engine: string;
  /**
   * Version of the engine, e.g. `0.11.0`; metrics were renamed over time.
   *
   * @default - the newest that is known
   */
  readonly version?: string;
  /**
   * Labels that the series must carry, with their values: what Prometheus attached to the scrape target (`namespace`, a pod
   * label), so that two fleets that serve one model can be told apart. The engines' HTTP metrics, which the error ratio reads,
   * carry no `model_name`.
   *
   * @default - no restriction
   */
  readonly selector?: { [label: string]: string };
  /**
   * Labels whose values must match a regular expression (RE2, anchored at both ends), e.g. `pod: 'llama-.*'`.
   *
   * @default - no restriction
   */
  readonly patterns?: { [label: string]: string };
  /**
   * Span that rates and distributions are taken over, in seconds; a gauge is averaged over it.
   *
   * @default - 300; a gauge is read as it stands
   */
  readonly windowSeconds?: number;
  /**
   * Percentile of a distribution, above 0 and at most 100. Interpolated within a bucket of the engine's histogram, so it can't
   * resolve what is shorter than the first one (vLLM's queue time and end-to-end latency: 0.3 s).
   *
   * @default - the mean
   */
  readonly percentile?: number;
  /**
   * Labels to keep, for one result per pod or node.
   *
   * @default - one result for everything selected
   */
  readonly groupBy?: string[];
}

/** What is known of a user-defined signal. */
export interface PromqlSignalOptions {
  /**
   * Unit of the result, e.g. `seconds`.
   *
   * @default - not stated
   */
  readonly unit?: string;
  /**
   * Whether a lower result is better.
   *
   * @default - neither is better; the signal can't compare two fleets.
   */
  readonly lowerIsBetter?: boolean;
}

interface SignalFacts {
  readonly name: string;
  readonly title: string;
  readonly unit?: string;
  readonly lowerIsBetter?: boolean;
  readonly isDistribution?: boolean;
  /** PromQL of a user-defined signal. */
  readonly template?: string;
}

const DEFAULT_WINDOW_SECONDS = 300;
const LONGEST_TEMPLATE = 10_000;
const LABEL = /^[a-zA-Z_][a-zA-Z0-9_]{0,127}$/;
const NAME = /^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$/;
const VERSION = /^v?(\d{1,9}(?:\.\d{1,9}){0,3})(?:[.+-]?[a-z][a-z0-9.+-]{0,40})?$/i;

/**
 * Something that is measured of a model server, with the PromQL that reads it from each engine and version. Scaling, canary
 * gates, alerts and dashboards take signals, so that a metric is named in one place.
 *
 * Ratios are undefined (NaN) and distributions empty while there is no traffic.
 */
export class Signal {
  /** Seconds from the arrival of a request to its first token. */
  public static readonly TIME_TO_FIRST_TOKEN = new Signal({
    name: 'time-to-first-token', title: 'Time to first token', unit: 'seconds', lowerIsBetter: true, isDistribution: true,
  });
  /** Seconds between one output of a request and the next; with speculative decoding one output holds several tokens. */
  public static readonly INTER_TOKEN_LATENCY = new Signal({
    name: 'inter-token-latency', title: 'Inter-token latency', unit: 'seconds', lowerIsBetter: true, isDistribution: true,
  });
  /** Seconds per output token after the first, one value per request. */
  public static readonly TIME_PER_OUTPUT_TOKEN = new Signal({
    name: 'time-per-output-token', title: 'Time per output token', unit: 'seconds', lowerIsBetter: true, isDistribution: true,
  });
  /** Seconds from the arrival of a request to its last token. */
  public static readonly END_TO_END_LATENCY = new Signal({
    name: 'end-to-end-latency', title: 'End-to-end latency', unit: 'seconds', lowerIsBetter: true, isDistribution: true,
  });
  /** Seconds that a request waits before the engine takes it up. */
  public static readonly QUEUE_TIME = new Signal({
    name: 'queue-time', title: 'Time in queue', unit: 'seconds', lowerIsBetter: true, isDistribution: true,
  });
  /** Requests that wait, all replicas together. */
  public static readonly WAITING_REQUESTS = new Signal({ name: 'waiting-requests', title: 'Waiting requests', unit: 'requests', lowerIsBetter: true });
  /** Requests that are being served, all replicas together. */
  public static readonly RUNNING_REQUESTS = new Signal({ name: 'running-requests', title: 'Running requests', unit: 'requests' });
  /** Share of the KV cache in use, from 0 to 1, the mean of the replicas. */
  public static readonly KV_CACHE_USAGE = new Signal({ name: 'kv-cache-usage', title: 'KV cache usage', unit: 'ratio' });
  /** Requests that finish per second, however they end. */
  public static readonly REQUESTS = new Signal({ name: 'requests', title: 'Finished requests', unit: 'requests per second' });
  /**
   * Share of requests that fail by the server's fault, from 0 to 1: HTTP answers with a 5xx status, and, where the engine counts
   * them (vLLM since 0.13.0), requests that fail after the first token of a stream was sent; the larger of the two. Clients that
   * hang up do not count, nor do requests that no server was there to take: those a gateway alone can see.
   */
  public static readonly ERROR_RATIO = new Signal({ name: 'error-ratio', title: 'Failed requests', unit: 'ratio', lowerIsBetter: true });
  /** Prompt tokens of the requests served, per second, those found in the prefix cache included. */
  public static readonly PROMPT_TOKENS = new Signal({ name: 'prompt-tokens', title: 'Prompt tokens', unit: 'tokens per second' });
  /** Tokens generated per second. */
  public static readonly OUTPUT_TOKENS = new Signal({ name: 'output-tokens', title: 'Output tokens', unit: 'tokens per second' });
  /** Share of prompt tokens (TensorRT-LLM: of blocks) found in the prefix cache, from 0 to 1. */
  public static readonly PREFIX_CACHE_HIT_RATIO = new Signal({
    name: 'prefix-cache-hit-ratio', title: 'Prefix cache hits', unit: 'ratio', lowerIsBetter: false,
  });
  /** Requests that were put back for want of KV cache, per second. */
  public static readonly PREEMPTIONS = new Signal({
    name: 'preemptions', title: 'Preemptions', unit: 'requests per second', lowerIsBetter: true,
  });

  /** Every listed signal. */
  public static all(): Signal[] {
    return [
      Signal.TIME_TO_FIRST_TOKEN, Signal.INTER_TOKEN_LATENCY, Signal.TIME_PER_OUTPUT_TOKEN, Signal.END_TO_END_LATENCY, Signal.QUEUE_TIME,
      Signal.WAITING_REQUESTS, Signal.RUNNING_REQUESTS, Signal.KV_CACHE_USAGE, Signal.REQUESTS, Signal.ERROR_RATIO,
      Signal.PROMPT_TOKENS, Signal.OUTPUT_TOKENS, Signal.PREFIX_CACHE_HIT_RATIO, Signal.PREEMPTIONS,
    ];
  }

  /**
   * Looks a signal up by its name, e.g. `time-to-first-token`.
   *
   * @throws when there is no such name; the message gives the closest ones.
   */
  public static named(name: string): Signal {
    const found = Signal.all().find((signal) => signal.name === name);
    if (!found) { throw new Error(didYouMean('signal', name, Signal.all().map((signal) => signal.name))); }
    return found;
  }

  /**
   * A signal of the user's own. The query holds `{{selector}}` where the label matchers of a fleet belong, e.g.
   * `sum(rate(shop_answers_total{verdict="bad",{{selector}}}[{{window}}]))`; and, if they shall vary, `{{window}}` and, for a
   * distribution, `{{quantile}}` (0.95 for the percentile 95).
   *
   * @param name letters, digits and dashes, at most 63; none of a listed signal
   * @param query the PromQL
   * @throws when the query could not be restricted to one fleet.
   */
  public static promql(name: string, query: string, options: PromqlSignalOptions = {}): Signal {
    if (typeof name !== 'string' || !NAME.test(name)) {
      throw new Error(`the name of a signal is ${show(name)} but must be 1 to 63 small letters, digits and dashes, with no dash at either end`);
    }
    if (Signal.all().some((signal) => signal.name === name)) {
      throw new Error(`the name of a signal is ${show(name)} but that is a listed one; choose another, or use Signal.named`);
    }
    if (typeof query !== 'string' || query.length > LONGEST_TEMPLATE || !query.includes('{{selector}}')) {
      throw new Error(`the query of signal ${show(name)} is ${show(query)} but must be PromQL of at most ${LONGEST_TEMPLATE} characters with `
        + '{{selector}} among the label matchers, or it would measure every fleet at once');
    }
    const problem = optionsProblem(options);
    if (problem) { throw new Error(`${problem} in the options of signal '${name}'`); }
    return new Signal({
      name,
      title: name,
      unit: options.unit,
      lowerIsBetter: options.lowerIsBetter,
      isDistribution: query.includes('{{quantile}}'),
      template: query,
    });
  }

  /** Name in messages, labels and files. */
  public readonly name: string;
  /** Name for people. */
  public readonly title: string;
  /** Unit of a query's result; undefined where the user stated none. */
  public readonly unit?: string;
  /** Whether a lower result is better; undefined where neither is. */
  public readonly lowerIsBetter?: boolean;
  /** Whether it has percentiles. */
  public readonly isDistribution: boolean;
  private readonly template?: string;

  private constructor(facts: SignalFacts) {
    this.name = facts.name;
    this.title = facts.title;
    this.unit = facts.unit;
    this.lowerIsBetter = facts.lowerIsBetter;
    this.isDistribution = facts.isDistribution ?? false;
    this.template = facts.template;
  }

  /**
   * The PromQL that reads the signal.
   *
   * @throws when the engine has no such metric at that version, or the signal no percentiles.
   */
  public query(query: SignalQuery): string {
    const problem = queryProblem(query);
    if (problem) { throw new Error(`${problem} in the query of signal '${this.name}'`); }
    if (query.percentile !== undefined && !this.isDistribution) {
      throw new Error(`'percentile' is ${query.percentile} but signal '${this.name}' has no percentiles; leave it out`);
    }
    return this.template === undefined ? rendered(this.row(query.engine, query.version), query) : this.filled(this.template, query);
  }

  /**
   * Names of the metrics that the signal is read from, for components that take a name instead of a query; empty for a
   * user-defined signal.
   *
   * @throws when the engine has no such metric at that version.
   */
  public metricNames(engine: string, version?: string): string[] {
    if (this.template !== undefined) { return []; }
    const row = this.row(engine, version);
    const series = (row.shares ?? []).flatMap((share) => [...share.of, ...share.among]).map(({ metric }) => metric);
    return [...new Set([row.histogram, row.gauge, row.level, row.counter, ...series].filter((name) => name !== undefined))].sort();
  }

  /**
   * What the signal is read from, as vector selectors for who takes differences of raw samples; undefined for a user-defined signal.
   *
   * @internal
   */
  public _raw(query: SignalQuery): RawSignal | undefined {
    const problem = queryProblem(query);
    if (problem) { throw new Error(`${problem} in the query of signal '${this.name}'`); }
    if (this.template !== undefined) { return undefined; }
    const row = this.row(query.engine, query.version);
    const named = (metric: string | undefined, matchers?: string) => metric === undefined ? undefined : selected({ metric, matchers }, query);
    return {
      counter: named(row.counter),
      gauge: named(row.gauge, row.matchers),
      level: named(row.level),
      histogram: row.histogram === undefined ? undefined : {
        sum: named(`${row.histogram}_sum`)!,
        count: named(`${row.histogram}_count`)!,
        bounds: boundsOf(this.name, query),
        bucket: (bound) => named(`${row.histogram}_bucket`, lessOrEqual(bound))!,
      },
      shares: row.shares?.map(({ part, of, among }) => ({ part, events: selectedTogether(of, query), total: selectedTogether(among, query) })),
    };
  }

  /** Whether an engine exposes the signal at a version (the newest that is known, if none is given). */
  public isKnownFor(engine: string, version?: string): boolean {
    return this.template !== undefined || (versionProblem(version) === undefined && this.rows(engine).some((row) => covers(row, version)));
  }

  private rows(engine: string): MetricRow[] {
    return METRICS.filter((row) => row.engine === engine && row.signal === this.name);
  }

  private row(engine: string, version: string | undefined): MetricRow {
    const problem = textProblem('engine', engine, 100) ?? versionProblem(version);
    if (problem) { throw new Error(`${problem} in the query of signal '${this.name}'`); }
    const engines = [...new Set(METRICS.map((row) => row.engine))].sort();
    if (!engines.includes(engine)) {
      throw new Error(`signal '${this.name}' is not known for engine ${show(engine)}, only for ${engines.join(', ')}; describe it with Signal.promql`);
    }
    const rows = this.rows(engine);
    const row = rows.find((one) => covers(one, version));
    if (row) { return row; }
    if (rows.length === 0) { throw new Error(`engine '${engine}' has no metric for signal '${this.name}'; describe one with Signal.promql`); }
    throw new Error(`engine '${engine}' ${version} has no metric for signal '${this.name}', which is known from ${rows[0].since} on; `
      + 'use a later version, or describe one with Signal.promql');
  }

  private filled(template: string, query: SignalQuery): string {
    if (query.groupBy?.length) { throw new Error(`'groupBy' is given but signal '${this.name}' has a query of its own; write the grouping there`); }
    if (this.isDistribution && query.percentile === undefined) {
      throw new Error(`'percentile' is missing but the query of signal '${this.name}' has {{quantile}}; give one`);
    }
    const values: { readonly [placeholder: string]: string } = {
      selector: matchersOf(query), window: span(query.windowSeconds ?? DEFAULT_WINDOW_SECONDS), quantile: quantile(query.percentile ?? 0),
    };
    return template.replace(/\{\{(selector|window|quantile)\}\}/g, (_, placeholder: string) => values[placeholder]);
  }
}

/** PromQL of a row. */
function rendered(row: MetricRow, query: SignalQuery): string {
  const window = `[${span(query.windowSeconds ?? DEFAULT_WINDOW_SECONDS)}]`;
  const by = [...new Set(query.groupBy ?? [])].sort();
  const over = (operator: string, ...labels: string[]) => {
    const kept = [...by, ...labels];
    return kept.length ? `${operator} by (${kept.join(', ')}) ` : operator;
  };
  const rate = (series: Series) => `rate(${selected(series, query)}${window})`;
  const sum = (expression: string) => `${over('sum')}(${expression})`;

  if (row.histogram !== undefined) {
    if (query.percentile === undefined) {
      return `${sum(rate({ metric: `${row.histogram}_sum` }))} / ${sum(rate({ metric: `${row.histogram}_count` }))}`;
    }
    return `histogram_quantile(${quantile(query.percentile)}, ${over('sum', 'le')}(${rate({ metric: `${row.histogram}_bucket` })}))`;
  }
  if (row.counter !== undefined) { return sum(rate({ metric: row.counter })); }
  if (row.shares) {
    const shares = row.shares.map((share) => ratio(share, rate, sum));
    return shares.length === 1 ? shares[0] : `${over('max')}(${union(shares)})`;
  }
  const gauge = selected({ metric: (row.gauge ?? row.level)!, matchers: row.matchers }, query);
  return `${over(row.gauge === undefined ? 'avg' : 'sum')}(${query.windowSeconds === undefined ? gauge : `avg_over_time(${gauge}${window})`})`;
}

/** A counter that has not counted yet has no series, so that a share without its zero would have no value instead of 0. */
function ratio(share: Share, rate: (series: Series) => string, sum: (expression: string) => string): string {
  const total = (parts: readonly Series[]) => sum(parts.length === 1 ? rate(parts[0]) : union(parts.map(rate)));
  const among = total(share.among);
  return `(${total(share.of)} or 0 * ${among}) / ${among}`;
}

/** All results of several expressions, kept apart by a label, since `or` drops those that look alike. */
function union(expressions: readonly string[]): string {
  return expressions.map((expression, i) => `label_replace(${expression}, "part", "${i + 1}", "", "")`).join(' or ');
}

function selected(series: Series, query: SignalQuery): string {
  const matchers = [series.matchers, matchersOf(query)].filter(Boolean).join(',');
  return matchers ? `${series.metric}{${matchers}}` : series.metric;
}

/** One selector of several series, which differ in their metric alone. */
function selectedTogether(series: readonly Series[], query: SignalQuery): string {
  const [{ metric, matchers }, ...others] = series;
  if (others.length === 0) { return selected(series[0], query); }
  if (others.some((other) => other.matchers !== matchers)) { throw new Error(`the series of ${metric} and others can't be read by one selector`); }
  return selected({ metric: '', matchers: [`__name__=~"${series.map((one) => one.metric).join('|')}"`, matchers].filter(Boolean).join(',') }, query);
}

/** The bucket up to a bound. Exporters write a whole number with or without its fraction. */
function lessOrEqual(bound: number): string { return Number.isInteger(bound) ? `le=~"${bound}([.]0)?"` : `le="${bound}"`; }

function boundsOf(signal: string, { engine, version }: SignalQuery): readonly number[] | undefined {
  const holds = (since: string) => version === undefined || compare(version, since) >= 0;
  return BOUNDS.find((row) => row.engine === engine && row.signals.includes(signal) && holds(row.since))?.bounds;
}

/** A vector selector of a metric that is no engine's own (`up`). Internal. */
export function vectorSelector(metric: string, selector: { [label: string]: string }): string {
  return selected({ metric }, { engine: '', selector });
}

function matchersOf(query: SignalQuery): string {
  const matchers = [
    ...Object.entries(query.selector ?? {}).map(([label, value]) => `${label}="${escaped(value)}"`),
    ...Object.entries(query.patterns ?? {}).map(([label, pattern]) => `${label}=~"${escaped(pattern)}"`),
  ];
  return matchers.sort().join(',');
}

function escaped(value: string): string {
  return value.replace(/\\/g, '\\\\').replace(/"/g, '\\"').replace(/\n/g, '\\n');
}

function span(seconds: number): string {
  return seconds % 60 === 0 ? `${seconds / 60}m` : `${seconds}s`;
}

/** 0.999 for 99.9, free of the noise of binary fractions. */
function quantile(percentile: number): string {
  return String(Number((percentile / 100).toFixed(6)));
}

function optionsProblem(options: PromqlSignalOptions): string | undefined {
  if (typeof options !== 'object' || options === null) { return `${show(options)} is no object`; }
  const { unit, lowerIsBetter } = options;
  if (lowerIsBetter !== undefined && typeof lowerIsBetter !== 'boolean') { return `'lowerIsBetter' is ${show(lowerIsBetter)} but must be true or false`; }
  return unit === undefined ? undefined : textProblem('unit', unit, 100);
}

function queryProblem(query: SignalQuery): string | undefined {
  if (typeof query !== 'object' || query === null) { return `${show(query)} is no object`; }
  return textProblem('engine', query.engine, 100)
    ?? versionProblem(query.version)
    ?? labelsProblem('selector', query.selector)
    ?? labelsProblem('patterns', query.patterns)
    ?? (query.windowSeconds === undefined
      ? undefined
      : numberProblem('windowSeconds', query.windowSeconds, { min: 1, max: 30 * 86_400, integer: true, unit: 'seconds' }))
    ?? (query.percentile === undefined ? undefined : numberProblem('percentile', query.percentile, { above: 0, max: 100 }))
    ?? groupProblem(query.groupBy);
}

function labelsProblem(prop: string, labels: unknown): string | undefined {
  if (labels === undefined) { return undefined; }
  if (Object.prototype.toString.call(labels) !== '[object Object]') {
    return `'${prop}' is ${show(labels)} but must map labels to values`;
  }
  for (const [label, value] of Object.entries(labels as object)) {
    if (!LABEL.test(label)) { return `'${prop}' has the label ${show(label)} but a label has letters, digits and underscores alone`; }
    const problem = textProblem(`${prop}.${label}`, value, 1000);
    if (problem) { return problem; }
  }
  return undefined;
}

function groupProblem(labels: unknown): string | undefined {
  if (labels === undefined) { return undefined; }
  if (!Array.isArray(labels)) { return `'groupBy' is ${show(labels)} but must be a list of labels`; }
  const wrong = labels.findIndex((label) => typeof label !== 'string' || !LABEL.test(label));
  return wrong < 0 ? undefined : `'groupBy' has ${show(labels[wrong])} but a label has letters, digits and underscores alone`;
}

function versionProblem(version: unknown): string | undefined {
  if (version === undefined || (typeof version === 'string' && VERSION.test(version))) { return undefined; }
  return `'version' is ${show(version)} but must be a version such as '0.11.0'`;
}

/** Whether a row holds at a version; without one, whether it holds at the newest. */
function covers(row: MetricRow, version: string | undefined): boolean {
  if (version === undefined) { return row.before === undefined; }
  return compare(version, row.since) >= 0 && (row.before === undefined || compare(version, row.before) < 0);
}

/** Order of versions by their numbers; a pre-release counts as its release. */
function compare(a: string, b: string): number {
  const [left, right] = [a, b].map((version) => VERSION.exec(version)![1].split('.').map(Number));
  for (let i = 0; i < Math.max(left.length, right.length); i++) {
    const difference = (left[i] ?? 0) - (right[i] ?? 0);
    if (difference !== 0) { return difference; }
  }
  return 0;
}
