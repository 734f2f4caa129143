import { messageOf } from './fakes';
import { Signal } from '../../src/catalog/signal';
import { CanaryGate } from '../../src/rollout/canary-gate';

test('a gate has a limit or a factor, and a percentile where the signal has percentiles', () => {
  expect({ ...CanaryGate.below(Signal.ERROR_RATIO, 0.02) })
    .toEqual({ signal: Signal.ERROR_RATIO, limit: 0.02, factor: undefined, percentile: undefined });
  expect({ ...CanaryGate.noWorseThanStable(Signal.TIME_TO_FIRST_TOKEN, 1.2) })
    .toEqual({ signal: Signal.TIME_TO_FIRST_TOKEN, limit: undefined, factor: 1.2, percentile: 95 });
  expect(CanaryGate.below(Signal.END_TO_END_LATENCY, 30, { percentile: 99 }).percentile).toBe(99);
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
  ['a percentile of everything', () => CanaryGate.below(Signal.QUEUE_TIME, 1, { percentile: 100 }), "'percentile' is 100 but must be a number above 0 and at most 99.999 in a gate on 'queue-time'"],
])('refuses, in one sentence, %s', (_, body, sentence) => {
  expect(messageOf(body)).toBe(sentence);
});
