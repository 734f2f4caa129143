import { specWith } from './support/rollout';
import { Exposition } from '../../runner/exposition';
import { mayGoOn, silentTraffic, verdicts, withBatch } from '../../runner/judge';
import { jsonLog } from '../../runner/log';
import { Batch, GateBatch } from '../../runner/seen';
import { Evidence, noEvidence } from '../../runner/state';
import { RolloutGate, RolloutSpec } from '../../src/rollout/rollout-spec';

const arms = { stable: 's', candidate: 'c' };
const GATES: { [name: string]: RolloutGate } = {
  errors: { kind: 'share-limit', name: 'errors', events: 'e', total: 't', good: 0.01, bad: 0.02, expected: 0.001 },
  fast: { kind: 'share-limit', name: 'fast', events: 'b', total: 't', eventsAreGood: true, good: 0.05, bad: 0.1, expected: 0.01 },
  beside: { kind: 'share-ratio', name: 'beside', events: arms, total: arms, factor: 2 },
  latency: { kind: 'mean-ratio', name: 'latency', sum: arms, count: arms, factor: 1.3, floor: 0 },
  queue: { kind: 'mean-ratio', name: 'queue', sum: arms, count: arms, factor: 1.3, floor: 0.05 },
  matched: { kind: 'mean-ratio', name: 'matched', sum: arms, count: arms, factor: 1.3, floor: 0, atLoad: [{ running: 1, seconds: 0.1 }, { running: 9, seconds: 0.2 }] },
  absolute: { kind: 'mean-limit', name: 'absolute', sum: 'x', count: 'y', limit: 0.5, factor: 1.3 },
  waiting: { kind: 'level', name: 'waiting', query: 'q', limit: 10, lowerIsBetter: true },
  hits: { kind: 'level', name: 'hits', query: 'q', limit: 0.5, lowerIsBetter: false },
};

/** A rollout in its second step (30 %), with one gate. */
function watching(gate: RolloutGate): RolloutSpec { return specWith({ gates: [gate] }); }

function batch(counted: GateBatch, more: Partial<Batch> = {}): Batch {
  return { from: 0, until: 30_000, requests: { candidate: 300, stable: 700 }, running: {}, restarts: 0, gates: Object.fromEntries(Object.keys(GATES).map((name) => [name, counted])), ...more };
}

function after(spec: RolloutSpec, batches: readonly Batch[], step = 1): Evidence { return batches.reduce((evidence, one) => withBatch(spec, evidence, one), noEvidence(step)); }

/** What a gate says of ten equal batches. */
function verdict(gate: RolloutGate, counted: GateBatch, more: Partial<Batch> = {}, step = 1): string {
  const spec = watching(gate);
  return verdicts(spec, after(spec, Array.from({ length: 12 }, () => batch(counted, more)), step))[0].verdict;
}

const reading = (amount: number, count: number) => ({ amount, count });

describe('a gate', () => {
  const readings: [string, RolloutGate, GateBatch, string, Partial<Batch>?][] = [
    ['errors that are rare', GATES.errors, { candidate: reading(0, 100) }, 'good'],
    ['errors that are many', GATES.errors, { candidate: reading(8, 100) }, 'bad'],
    ['errors between the bounds', GATES.errors, { candidate: reading(1.4, 100) }, 'undecided'],
    ['errors of nobody', GATES.errors, { candidate: reading(0, 0) }, 'no-data'],
    ['errors without a series', GATES.errors, {}, 'no-data'],
    ['enough requests within the bound', GATES.fast, { candidate: reading(99, 100) }, 'good'],
    ['too few requests within the bound', GATES.fast, { candidate: reading(70, 100) }, 'bad'],
    ['as many errors as the stable fleet', GATES.beside, { candidate: reading(3, 300), stable: reading(7, 700) }, 'undecided'],
    ['more errors than the stable fleet', GATES.beside, { candidate: reading(6, 300), stable: reading(1, 700) }, 'bad'],
    ['equal latencies', GATES.latency, { candidate: reading(30, 300), stable: reading(70, 700) }, 'good'],
    ['longer latencies', GATES.latency, { candidate: reading(42, 300), stable: reading(70, 700) }, 'bad'],
    ['longer latencies beside no stable fleet', GATES.latency, { candidate: reading(42, 300) }, 'no-data'],
    ['times in queue that are doubled, but short', GATES.queue, { candidate: reading(0.6, 300), stable: reading(0.7, 700) }, 'good'],
    ['times in queue that are long', GATES.queue, { candidate: reading(60, 300), stable: reading(0.7, 700) }, 'bad'],
    ['a faster mean at a lower load, which the plan expects', GATES.matched, { candidate: reading(15, 300), stable: reading(70, 700) }, 'good', { running: { candidate: 1, stable: 9 } }],
    ['an equal mean at a lower load, which hides twice the time', GATES.matched, { candidate: reading(30, 300), stable: reading(70, 700) }, 'bad', { running: { candidate: 1, stable: 9 } }],
    ['an equal mean where nobody measures the load', GATES.matched, { candidate: reading(30, 300), stable: reading(70, 700) }, 'good'],
    ['a mean below its limit', GATES.absolute, { candidate: reading(120, 300) }, 'good'],
    ['a mean above its limit', GATES.absolute, { candidate: reading(240, 300) }, 'bad'],
    ['a level on its good side', GATES.waiting, { candidate: reading(3, 1) }, 'good'],
    ['a level on its wrong side', GATES.waiting, { candidate: reading(30, 1) }, 'bad'],
    ['a level of which more is better', GATES.hits, { candidate: reading(0.9, 1) }, 'good'],
    ['a level of which more is better, and is not there', GATES.hits, { candidate: reading(-0.2, 1) }, 'bad'],
    ['counts that are none', GATES.errors, { candidate: reading(NaN, 100) }, 'no-data'],
  ];
  test.each(readings.map(([what, gate, counted, said, more]) => [what, said, () => verdict(gate, counted, more)] as const))('says of %s: %s', (_what, said, found) => {
    expect(found()).toBe(said);
  });

  test('compares nothing where the stable fleet gets nothing', () => {
    expect(verdict(GATES.latency, { candidate: reading(300, 300), stable: reading(0, 0) }, {}, 2)).toBe('not-applicable');
  });

  test('waits with latencies until either fleet has eight requests', () => {
    const spec = watching(GATES.latency);
    const few = batch({ candidate: reading(3, 3), stable: reading(100, 100) });
    const found = after(spec, [few, few]).gates.latency;
    expect([found.mean, found.pending?.count]).toEqual([undefined, 6]);
    expect(after(spec, [few, few, few]).gates.latency).toMatchObject({ pending: undefined, mean: { batches: 1 }, total: 9 });
  });

  test('that shows harm alone has no evidence for the good', () => {
    const spec = watching(GATES.beside);
    expect(verdicts(spec, after(spec, [batch({ candidate: reading(1, 100), stable: reading(1, 100) })]))[0].evidence).toEqual({ good: undefined, bad: expect.any(Number) });
  });
});

describe('traffic', () => {
  const counted = { candidate: reading(0, 5) };

  test('moves on without proof where a step wants none, but not without data', () => {
    const spec = watching(GATES.errors);
    expect([mayGoOn(spec, after(spec, [], 0)), mayGoOn(spec, after(spec, [batch(counted)], 0)), mayGoOn(spec, after(spec, [1, 2, 3, 4].map(() => batch(counted)), 0))]).toEqual([false, false, true]);
  });

  test('moves on with proof alone where a step wants it', () => {
    const spec = watching(GATES.errors);
    expect([4, 200].map((batches) => mayGoOn(spec, after(spec, Array.from({ length: batches }, () => batch(counted)))))).toEqual([false, true]);
  });

  test('that reaches the candidate by half or more is not silent', () => {
    const spec = watching(GATES.errors);
    const of = (candidate: number) => silentTraffic(spec, after(spec, [1, 2, 3].map(() => batch(counted, { requests: { candidate, stable: 700 } }))));
    expect([of(300), of(200), of(20), of(0)]).toEqual([
      undefined, undefined,
      'the candidate got 60 of 2160 requests but its weight is 300 of 1000',
      'the candidate got 0 of 2100 requests but its weight is 300 of 1000',
    ]);
  });

  test('of nobody is not silent', () => {
    const spec = watching(GATES.errors);
    expect(silentTraffic(spec, after(spec, [batch({}, { requests: { candidate: 0, stable: 0 } })]))).toBeUndefined();
  });
});

describe('what is missing', () => {
  const spec = watching(GATES.errors);
  const missing = (one: Batch, times = 1) => after(spec, Array.from({ length: times }, () => one)).missing;

  test('is everything where no pod is scraped', () => { expect(missing(batch({}, { requests: { stable: 10 } }))).toEqual(['requests']); });
  test('is a series that should have come with the requests', () => { expect(missing(batch({}))).toEqual(['errors']); });
  test('is nothing before there were requests', () => { expect(missing(batch({}, { requests: { candidate: 0, stable: 10 } }), 5)).toEqual([]); });
});

test('the metrics of the runner are in the format of Prometheus', () => {
  const spec = watching(GATES.errors);
  const exposition = new Exposition('canary');
  expect(exposition.render()).toMatch(/^cdk8s_inference_canary_looks_total\{rollout="canary"\} 0$/m);
  exposition.observe(spec, {
    version: 1, hash: 'h', phase: 'holding', step: 1, carried: 1, epoch: 3, fallen: false, retiring: false, startedAt: 0, phaseSince: 0, stepSince: 0, doubtMillis: 5000, doubtSince: 10_000,
    doubts: ['x'], evidence: after(spec, [batch({ candidate: reading(8, 100) })]), scores: {}, history: [], verdicts: [],
  }, 12_000);
  const lines = exposition.render().split('\n');
  const labels = 'rollout="canary"';
  expect(lines).toEqual(expect.arrayContaining([
    `cdk8s_inference_canary_phase{${labels},phase="holding"} 1`, `cdk8s_inference_canary_phase{${labels},phase="analysing"} 0`, `cdk8s_inference_canary_step{${labels}} 2`,
    `cdk8s_inference_canary_weight_ratio{${labels}} 0.3`, `cdk8s_inference_canary_doubt_seconds{${labels}} 7`, `cdk8s_inference_canary_silent{${labels}} 0`,
  ]));
  expect(lines.filter((line) => /^cdk8s_inference_canary_evidence\{.*gate="errors",for="(bad|good)"\} -?[\d.]+$/.test(line)).length).toBe(2);
  expect(lines.filter((line) => line !== '' && !/^(# (HELP|TYPE) \w+ .+|\w+\{[^}]*\} -?[\d.e+-]+)$/.test(line))).toEqual([]);
});

test('logs are a JSON object a line', () => {
  let line = '';
  jsonLog(() => 0, { rollout: 'x' }, (text) => { line = text; })('warn', 'two\nlines', { step: 1 });
  expect(line).toBe('{"time":"1970-01-01T00:00:00.000Z","level":"warn","message":"two\\nlines","rollout":"x","step":1}\n');
});
