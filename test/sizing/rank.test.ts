import fc from 'fast-check';
import { compare, Ranked } from '../../src/sizing/rank';

const few = fc.integer({ min: 0, max: 2 });
const ranked: fc.Arbitrary<Ranked> = fc.record({
  meets: fc.boolean(),
  missRank: few,
  missFactor: few,
  dollarsPerHour: few,
  gpus: few,
  latencyStep: few,
  at: fc.record({ tp: fc.constantFrom(1, 2), pp: fc.constantFrom(1, 2), dp: fc.constantFrom(1, 2), ep: fc.constantFrom(1, 2) }),
  written: few,
});

test('the comparator is a total order', () => {
  fc.assert(fc.property(ranked, ranked, ranked, (a, b, c) => {
    expect(Math.sign(compare(a, b)) + Math.sign(compare(b, a))).toBe(0);
    expect(compare(a, a)).toBe(0);
    if (compare(a, b) <= 0 && compare(b, c) <= 0) { expect(compare(a, c)).toBeLessThanOrEqual(0); }
  }), { numRuns: 2000 });
});

const base: Ranked = {
  meets: true, missRank: 0, missFactor: 1, dollarsPerHour: 10, gpus: 8, latencyStep: 20, at: { tp: 8, pp: 1, dp: 1, ep: 1 }, written: 0,
};

test.each([
  ['what meets the request', { meets: false }],
  ['the nearer miss', { missRank: 1 }],
  ['the cheaper', { dollarsPerHour: 11, gpus: 1 }],
  ['fewer GPUs', { gpus: 9, latencyStep: 1 }],
  ['the quicker', { latencyStep: 21, at: { tp: 1, pp: 1, dp: 1, ep: 1 } }],
  ['the simpler layout', { at: { tp: 4, pp: 2, dp: 1, ep: 1 } }],
  ['the one written first', { written: 1 }],
])('%s comes first', (_what, worse) => {
  expect(compare(base, { ...base, ...worse })).toBeLessThan(0);
});
