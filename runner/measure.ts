/** Reads what follows the last batch from Prometheus. */
import { Clock } from './clock';
import { CountingRules, grown, level, restarts, Span } from './counting';
import { Prometheus, PrometheusError, Series } from './prometheus';
import { Batch, GateBatch, SeenMetrics } from './seen';
import { ArmSelectors, RolloutSpec } from '../src/rollout/rollout-spec';

const MOST_BATCHES = 10;
/** Scrapes that are fetched before the span, so that each pod has a value to start from. */
const LOOKBACK_SCRAPES = 5;
/** What is older is not asked for: nobody looked, and nothing is made up of it. */
const LONGEST_SPAN_SECONDS = 3600;

/** All queries of one look: a rollback must not wait for a Prometheus that dies slowly. */
const LONGEST_LOOK_MILLIS = 20_000;

/** All batches that are complete: a scrape may arrive one interval late. */
export async function measure(spec: RolloutSpec, prometheus: Prometheus, clock: Clock, from: number, now: number): Promise<SeenMetrics> {
  const batchMillis = spec.timing.batchSeconds * 1000;
  const complete = Math.floor((now - spec.metrics.scrapeSeconds * 1000 - from) / batchMillis);
  if (complete < 1) { return { state: 'none' }; }
  const length = complete > MOST_BATCHES ? complete : 1; // after a long outage, one long batch
  const batches: Batch[] = [];
  const end = clock.now() + LONGEST_LOOK_MILLIS;
  const inTime = () => {
    if (clock.now() > end) { throw new PrometheusError('unreachable', `Prometheus took longer than ${LONGEST_LOOK_MILLIS / 1000} s`); }
    return prometheus;
  };
  try {
    for (let at = 0; at + length <= complete; at += length) {
      batches.push(await batchOf(spec, inTime, { from: from + at * batchMillis, until: from + (at + length) * batchMillis }));
    }
  } catch (error) {
    if (!(error instanceof PrometheusError)) { throw error; }
    return { state: 'failed', why: error.message };
  }
  return { state: 'read', batches };
}

async function batchOf(spec: RolloutSpec, prometheus: () => Prometheus, span: Span): Promise<Batch> {
  const { podLabel, scrapeSeconds, requests, running } = spec.metrics;
  const { warmUpSeconds } = spec.timing;
  const seconds = Math.min(LONGEST_SPAN_SECONDS, (span.until - span.from) / 1000) + LOOKBACK_SCRAPES * scrapeSeconds + warmUpSeconds;
  const rules: CountingRules = {
    podLabel, scrapeMillis: scrapeSeconds * 1000, fetchedFrom: span.until - seconds * 1000, warmUpMillis: warmUpSeconds * 1000,
  };
  const fetched = new Map<string, Series[]>();
  const read = async (selector: string) => {
    const series = fetched.get(selector) ?? await prometheus().samples(selector, seconds, span.until);
    fetched.set(selector, series);
    return series;
  };
  const pair = async (side: keyof ArmSelectors, amount: string, count: string, latencies: boolean, amountIsThere: boolean) => {
    const [amounts, counts, up] = [await read(amount), await read(count), await read(spec.metrics.up[side])];
    return amountIsThere && amounts.length === 0 ? undefined : grown(amounts, counts, up, span, rules, latencies);
  };
  const both = async <T>(of: (side: keyof ArmSelectors) => Promise<T>) => ({ stable: await of('stable'), candidate: await of('candidate') });

  const gates: { [name: string]: GateBatch } = {};
  for (const gate of spec.gates) {
    switch (gate.kind) {
      case 'share-limit':
        gates[gate.name] = { candidate: await pair('candidate', gate.events, gate.total, false, gate.eventsAreGood ?? false) };
        break;
      case 'share-ratio':
        gates[gate.name] = await both((side) => pair(side, gate.events[side], gate.total[side], false, gate.eventsAreGood ?? false));
        break;
      case 'mean-limit':
        gates[gate.name] = { candidate: await pair('candidate', gate.sum, gate.count, true, true) };
        break;
      case 'mean-ratio':
        gates[gate.name] = await both((side) => pair(side, gate.sum[side], gate.count[side], true, true));
        break;
      case 'level': {
        const amount = await prometheus().value(gate.query, span.until);
        gates[gate.name] = { candidate: amount === undefined ? undefined : { amount, count: 1 } };
        break;
      }
      default:
    }
  }
  return {
    ...span,
    gates,
    requests: await both(async (side) => (await pair(side, requests[side], requests[side], false, false))?.count),
    running: running === undefined ? {} : await both(async (side) => level(await read(running[side]), span, podLabel)),
    restarts: restarts(await read(requests.candidate), span, podLabel),
  };
}
