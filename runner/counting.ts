/** From raw samples to what was counted in a span. Pure. */
import { Series } from './prometheus';
import { Reading } from './seen';

export interface Span { readonly from: number; readonly until: number }

export interface CountingRules {
  readonly podLabel: string;
  readonly scrapeMillis: number;
  /** Start of what was fetched; it reaches further back than the span by the warm-up and some scrapes. */
  readonly fetchedFrom: number;
  readonly warmUpMillis: number;
}

/** A pod that is first seen so many scrapes after what was fetched begins is new. */
const NEW_AFTER_SCRAPES = 2.5;

/** What a pair of counters grew by, pods together; undefined if no pod was scraped in the span. */
export function grown(
  amount: readonly Series[], count: readonly Series[], up: readonly Series[], span: Span, rules: CountingRules, leaveOutWarmUp: boolean,
): Reading | undefined {
  const pods = [...podsOf([...amount, ...count], up, rules.podLabel).values()];
  if (!pods.some(({ times }) => times.some((at) => at > span.from && at <= span.until))) { return undefined; }
  let reading = { amount: 0, count: 0 };
  for (const pod of pods) {
    const start = leaveOutWarmUp ? Math.max(span.from, warmFrom(pod, span, rules)) : span.from;
    const own = (series: readonly Series[]) => series.filter((one) => pod.series.includes(one));
    const of = (series: readonly Series[]) => own(series).reduce((sum, one) => sum + growth(one, pod, start, span.until), 0);
    reading = { amount: reading.amount + of(amount), count: reading.count + of(count) };
  }
  return reading;
}

/** Times at which a pod's counters fell: its process began anew. */
export function restarts(series: readonly Series[], span: Span, podLabel: string): number {
  return [...podsOf(series, [], podLabel).values()].flatMap(falls).filter((at) => at > span.from && at <= span.until).length;
}

/** Mean of a gauge over pods and scrapes; a pod's series add up. */
export function level(series: readonly Series[], span: Span, podLabel: string): number | undefined {
  const means = [...podsOf(series, [], podLabel).values()].flatMap((pod) => {
    const times = pod.times.filter((at) => at > span.from && at <= span.until);
    const values = pod.series.flatMap(({ samples }) => samples.filter(({ at }) => at > span.from && at <= span.until).map(({ value }) => value));
    return times.length === 0 ? [] : [values.reduce((sum, value) => sum + value, 0) / times.length];
  });
  return means.length === 0 ? undefined : means.reduce((sum, mean) => sum + mean, 0) / means.length;
}

interface Pod { readonly series: Series[]; times: number[] }

/** Samples of one scrape have one time, that of `up` included. */
function podsOf(series: readonly Series[], up: readonly Series[], label: string): Map<string, Pod> {
  const pods = new Map<string, Pod>();
  const pod = ({ labels }: Series) => {
    const name = labels[label] ?? '';
    if (!pods.has(name)) { pods.set(name, { series: [], times: [] }); }
    return pods.get(name)!;
  };
  for (const one of series) {
    pod(one).series.push(one);
    pod(one).times.push(...one.samples.map(({ at }) => at));
  }
  for (const one of up) { pod(one).times.push(...one.samples.filter(({ value }) => value === 1).map(({ at }) => at)); }
  for (const one of pods.values()) { one.times = [...new Set(one.times)].sort((a, b) => a - b); }
  return pods;
}

/** A counter that has not counted yet has no series: where the pod was scraped without it, it stood at zero. */
function growth({ samples }: Series, pod: Pod, from: number, until: number): number {
  const base = [...pod.times].reverse().find((at) => at <= from) ?? pod.times.find((at) => at <= until);
  if (base === undefined) { return 0; }
  let before = [...samples].reverse().find(({ at }) => at <= base)?.value ?? 0;
  let sum = 0;
  for (const { at, value } of samples) {
    if (at <= base || at > until || !Number.isFinite(value)) { continue; }
    sum += value < before ? value : value - before;
    before = value;
  }
  return sum;
}

function falls({ series }: Pod): number[] {
  return [...new Set(series.flatMap(({ samples }) => samples.filter(({ value }, i) => i > 0 && value < samples[i - 1].value).map(({ at }) => at)))];
}

/** When the pod's youngest process is warm. */
function warmFrom(pod: Pod, { until }: Span, { fetchedFrom, scrapeMillis, warmUpMillis }: CountingRules): number {
  const [first] = pod.times;
  const starts = falls(pod).filter((at) => at <= until);
  if (first !== undefined && first > fetchedFrom + NEW_AFTER_SCRAPES * scrapeMillis) { starts.push(first); }
  return starts.length === 0 ? -Infinity : Math.max(...starts) + warmUpMillis;
}
