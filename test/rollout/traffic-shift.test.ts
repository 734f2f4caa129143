import { Duration } from 'cdk8s';
import { Construct } from 'constructs';
import * as fc from 'fast-check';
import { chart } from './fakes';
import { checkSteps } from '../../src/rollout/canary-steps';
import { TrafficShift } from '../../src/rollout/traffic-shift';

const bound = (shift: TrafficShift) => shift.bind(new Construct(chart(), 'Canary')).steps.map(({ percentage, interval }) => [percentage, interval?.toMinutes()]);

test.each<[string, TrafficShift, [number, number | undefined][]]>([
  ['all at once', TrafficShift.allAtOnce(), [[100, undefined]]],
  ['a canary, then the rest', TrafficShift.canary({ percentage: 10, bakeTime: Duration.minutes(30) }), [[10, 30], [100, 30]]],
  ['equal steps', TrafficShift.linear({ percentage: 25, interval: Duration.hours(1) }), [[25, 60], [50, 60], [75, 60], [100, 60]]],
  ['equal steps with a rest', TrafficShift.linear({ percentage: 30, interval: Duration.hours(1) }), [[30, 60], [60, 60], [90, 60], [100, 60]]],
  ['equal steps of everything', TrafficShift.linear({ percentage: 100, interval: Duration.hours(1) }), [[100, 60]]],
  ['parts of a percent', TrafficShift.linear({ percentage: 33.3, interval: Duration.hours(1) }), [[33.3, 60], [66.6, 60], [99.9, 60], [100, 60]]],
  ['steps of one\'s own', TrafficShift.steps([{ percentage: 0.5, interval: Duration.days(1) }, { percentage: 100 }]), [[0.5, 1440], [100, undefined]]],
])('shifts by %s', (_, shift, steps) => {
  expect(bound(shift)).toEqual(steps);
});

test('equal steps rise, end at 100 and are legal for every share in tenths of a percent', () => {
  fc.assert(fc.property(fc.integer({ min: 10, max: 1000 }), (tenths) => {
    const scope = new Construct(chart(), 'Canary');
    const percentages = checkSteps(scope, TrafficShift.linear({ percentage: tenths / 10, interval: Duration.minutes(1) }).bind(scope))
      .map(({ percentage }) => percentage);
    expect(percentages[0]).toBe(0);
    expect(percentages[percentages.length - 1]).toBe(100);
    expect(percentages.every((percentage, i) => i === 0 || percentage > percentages[i - 1])).toBe(true);
    expect(percentages).toHaveLength(Math.ceil(1000 / tenths) + 1);
  }), { numRuns: 100 });
});

test('a shift may come from elsewhere', () => {
  class Nightly extends TrafficShift {
    public bind() { return { steps: [{ percentage: 20, interval: Duration.days(1) }, { percentage: 100 }] }; }
  }
  expect(bound(new Nightly())).toEqual([[20, 1440], [100, undefined]]);
});
