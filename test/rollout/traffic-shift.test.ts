import { Duration } from 'cdk8s';
import { Construct } from 'constructs';
import * as fc from 'fast-check';
import { chart } from './fakes';
import { percentagesOf } from '../../src/rollout/canary-steps';
import { TrafficShift } from '../../src/rollout/traffic-shift';

const bound = (shift: TrafficShift) => {
  const { percentages, interval } = shift.bind(new Construct(chart(), 'Canary'));
  return [percentages, interval.toSeconds()];
};

test.each<[string, TrafficShift, number[], number]>([
  ['all at once', TrafficShift.allAtOnce(), [100], 600],
  ['a canary, then the rest', TrafficShift.canary({ percentage: 10, bakeTime: Duration.minutes(30) }), [10, 100], 1800],
  ['equal steps', TrafficShift.linear({ percentage: 25, interval: Duration.hours(1) }), [25, 50, 75, 100], 3600],
  ['equal steps with a rest', TrafficShift.linear({ percentage: 30, interval: Duration.hours(1) }), [30, 60, 90, 100], 3600],
  ['equal steps of everything', TrafficShift.linear({ percentage: 100, interval: Duration.hours(1) }), [100], 3600],
  ['equal steps of parts of a percent', TrafficShift.linear({ percentage: 33.3, interval: Duration.hours(1) }), [33.3, 66.6, 99.9, 100], 3600],
  ['steps of one\'s own', TrafficShift.steps({ percentages: [0.5, 100] }), [0.5, 100], 600],
])('shifts by %s', (_, shift, percentages, seconds) => {
  expect(bound(shift)).toEqual([percentages, seconds]);
});

test('equal steps rise, end at 100 and are legal for every share in tenths of a percent', () => {
  fc.assert(fc.property(fc.integer({ min: 10, max: 1000 }), (tenths) => {
    const scope = new Construct(chart(), 'Canary');
    const percentages = percentagesOf(scope, TrafficShift.linear({ percentage: tenths / 10, interval: Duration.minutes(1) }).bind(scope));
    expect(percentages[0]).toBe(0);
    expect(percentages[percentages.length - 1]).toBe(100);
    expect(percentages.every((percentage, i) => i === 0 || percentage > percentages[i - 1])).toBe(true);
    expect(percentages).toHaveLength(Math.ceil(1000 / tenths) + 1);
  }), { numRuns: 100 });
});

test('a shift may come from elsewhere', () => {
  class Nightly extends TrafficShift {
    public bind() { return { percentages: [20, 100], interval: Duration.days(1) }; }
  }
  expect(bound(new Nightly())).toEqual([[20, 100], 86_400]);
});
