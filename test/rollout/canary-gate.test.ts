import { messageOf } from './fakes';
import { Signal } from '../../src/catalog/signal';
import { CanaryGate } from '../../src/rollout/canary-gate';

test('a gate has a limit or a factor, and a percentile where the signal has percentiles', () => {
  const facts = ({ name, signal, limit, factor, percentile, lowerIsBetter }: CanaryGate) => [name, signal, limit, factor, percentile, lowerIsBetter];
  expect(facts(CanaryGate.below(Signal.ERROR_RATIO, 0.02))).toEqual(['error-ratio-below-0.02', Signal.ERROR_RATIO, 0.02, undefined, undefined, true]);
  expect(facts(CanaryGate.below(Signal.END_TO_END_LATENCY, 30, { percentile: 99 }))).toEqual(['end-to-end-latency-p99-below-30', Signal.END_TO_END_LATENCY, 30, undefined, 99, true]);
  expect(facts(CanaryGate.below(Signal.END_TO_END_LATENCY, 30))).toEqual(['end-to-end-latency-p95-below-30', Signal.END_TO_END_LATENCY, 30, undefined, 95, true]);
  expect(facts(CanaryGate.noWorseThanStable(Signal.TIME_TO_FIRST_TOKEN, 1.2)))
    .toEqual(['time-to-first-token-beside-stable', Signal.TIME_TO_FIRST_TOKEN, undefined, 1.2, undefined, true]);
  expect(facts(CanaryGate.noWorseThanStable(Signal.TIME_TO_FIRST_TOKEN, 1.2, { percentile: 99 })))
    .toEqual(['time-to-first-token-p99-beside-stable', Signal.TIME_TO_FIRST_TOKEN, undefined, 1.2, 99, true]);
  expect(facts(CanaryGate.noWorseThanStable(Signal.PREFIX_CACHE_HIT_RATIO, 2))).toEqual(['prefix-cache-hit-ratio-beside-stable', Signal.PREFIX_CACHE_HIT_RATIO, undefined, 2, undefined, false]);
  expect(facts(CanaryGate.promql({ name: 'wins', query: 'wins', above: 0 }))).toEqual(['wins', undefined, 0, undefined, undefined, false]);
});

test('a gate reads the candidate, or the candidate over the stable fleet', () => {
  const [candidate, stable] = ['c', 's'].map((fleet) => ({ engine: 'vllm', selector: { namespace: 'a "b"', fleet }, windowSeconds: 60 }));
  const of = (fleet: string) => `fleet="${fleet}",namespace="a \\"b\\""`;
  expect(CanaryGate.below(Signal.WAITING_REQUESTS, 5).promqlOf(candidate, stable)).toBe(`sum(avg_over_time(vllm:num_requests_waiting{${of('c')}}[1m]))`);
  const preempted = (fleet: string) => `sum(rate(vllm:num_preemptions_total{${of(fleet)}}[1m]))`;
  expect(CanaryGate.noWorseThanStable(Signal.PREEMPTIONS, 2).promqlOf(candidate, stable)).toBe(`(${preempted('c')}) / (${preempted('s')})`);
  expect(CanaryGate.promql({ name: 'x', query: 'a{{{selector}}} / a{{{stable}}}', below: 1 }).promqlOf(candidate, stable)).toBe(`a{${of('c')}} / a{${of('s')}}`);
});

test.each<[string, () => CanaryGate, string]>([
  ['no signal', () => CanaryGate.below('errors' as any, 1), "the signal of a gate is 'errors' but must be a Signal, e.g. Signal.ERROR_RATIO"],
  ['no signal to compare', () => CanaryGate.noWorseThanStable(undefined as any, 1), 'the signal of a gate is undefined but must be a Signal, e.g. Signal.ERROR_RATIO'],
  ['a limit of nothing', () => CanaryGate.below(Signal.ERROR_RATIO, 0), "'limit' is 0 but must be a number above 0 and at most 1000000000000 in a gate on 'error-ratio'"],
  ['a limit that is no number', () => CanaryGate.below(Signal.ERROR_RATIO, NaN), "'limit' is NaN but must be a number above 0 and at most 1000000000000 in a gate on 'error-ratio'"],
  ['a factor below 1', () => CanaryGate.noWorseThanStable(Signal.ERROR_RATIO, 0.9), "'factor' is 0.9 but must be a number from 1 to 1000 in a gate on 'error-ratio'"],
  ['a signal that is neither good nor bad', () => CanaryGate.noWorseThanStable(Signal.RUNNING_REQUESTS, 2),
    "signal 'running-requests' does not tell better from worse, so the candidate can't be compared by it; use CanaryGate.below, or state 'lowerIsBetter' of a signal of your own"],
  ['a percentile of a signal without', () => CanaryGate.below(Signal.ERROR_RATIO, 0.1, { percentile: 99 }), "'percentile' is 99 but signal 'error-ratio' has no percentiles; leave it out"],
  ['options that are a number', () => CanaryGate.below(Signal.QUEUE_TIME, 1, 99 as any), "the options of a gate on 'queue-time' are 99 but must be an object"],
  ['a name with blanks', () => CanaryGate.promql({ name: 'My gate', query: 'up', below: 1 }),
    "the name of a gate is 'My gate' but must be 1 to 63 small letters, digits and dashes, with no dash at either end"],
  ['nothing at all', () => CanaryGate.promql(undefined as any), 'the name of a gate is undefined but must be 1 to 63 small letters, digits and dashes, with no dash at either end'],
  ['a query of nothing', () => CanaryGate.promql({ name: 'mine', query: ' ', below: 1 }), "'query' is ' ' but must be a text of 1 to 10000 characters, none of them a control character in gate 'mine'"],
  ['a limit in a text', () => CanaryGate.promql({ name: 'mine', query: 'up', above: '1' as any }), "'above' is '1' but must be a number in gate 'mine'"],
  ['no limit', () => CanaryGate.promql({ name: 'mine', query: 'up' }), "gate 'mine' has neither 'below' nor 'above'; state one of them"],
  ['two limits', () => CanaryGate.promql({ name: 'mine', query: 'up', below: 1, above: 0 }), "gate 'mine' has both 'below' and 'above'; state one of them"],
  ['a percentile of everything', () => CanaryGate.below(Signal.QUEUE_TIME, 1, { percentile: 100 }), "'percentile' is 100 but must be a number above 0 and at most 99.999 in a gate on 'queue-time'"],
])('refuses, in one sentence, %s', (_, body, sentence) => {
  expect(messageOf(body)).toBe(sentence);
});
