import fc from 'fast-check';
import { compare, Ranked } from '../../src/sizing/rank';

const few = fc.integer({ min: 0, max: 2 });
const ranked: fc.Arbitrary<Ranked> = fc.record({
  meets: fc.boolean(),
  missRank: few,
  missFactor: few,
  goal: few,
  dollarsPerHour: few,
  gpus: few,
  latencyStep: few,
  converted: fc.boolean(),
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
  meets: true, missRank: 0, missFactor: 1, goal: 5, dollarsPerHour: 10, gpus: 8, latencyStep: 20, converted: false, at: { tp: 8, pp: 1, dp: 1, ep: 1 }, written: 0,
};

test.each([
  ['what meets the request', { meets: false }],
  ['the nearer miss', { missRank: 1, missFactor: 0.5 }],
  ['the smaller miss', { missFactor: 2, dollarsPerHour: 1 }],
  ['what the objective counts less of', { goal: 6, dollarsPerHour: 1, gpus: 1 }],
  ['the cheaper', { dollarsPerHour: 11, gpus: 1 }],
  ['fewer GPUs', { gpus: 9, latencyStep: 1 }],
  ['the quicker', { latencyStep: 21, at: { tp: 1, pp: 1, dp: 1, ep: 1 } }],
  ['the one that leaves answers as they are', { converted: true, at: { tp: 1, pp: 1, dp: 1, ep: 1 } }],
  ['the simpler layout', { at: { tp: 4, pp: 2, dp: 1, ep: 1 } }],
  ['the one written first', { written: 1 }],
])('%s comes first', (_what, worse) => {
  expect(compare(base, { ...base, ...worse })).toBeLessThan(0);
});

test('what meets the request comes before everything that does not, however cheap', () => {
  const cheap = { missRank: -1, missFactor: 0, goal: 0, dollarsPerHour: 0, gpus: 1, latencyStep: 0, at: { tp: 1, pp: 1, dp: 1, ep: 1 }, written: -1 };
  expect(compare(base, { ...base, ...cheap, meets: false })).toBeLessThan(0);
});

test('layouts are simpler the less they hand over: tensors, then data or experts, then stages', () => {
  const steps = [
    [{ tp: 1, pp: 1, dp: 1, ep: 1 }],
    [{ tp: 8, pp: 1, dp: 1, ep: 1 }, { tp: 2, pp: 1, dp: 1, ep: 1 }],
    [{ tp: 1, pp: 1, dp: 8, ep: 1 }, { tp: 1, pp: 1, dp: 1, ep: 8 }],
    [{ tp: 1, pp: 2, dp: 1, ep: 1 }, { tp: 8, pp: 1, dp: 1, ep: 8 }, { tp: 8, pp: 1, dp: 2, ep: 1 }],
    [{ tp: 8, pp: 2, dp: 1, ep: 1 }, { tp: 1, pp: 1, dp: 8, ep: 8 }],
    [{ tp: 2, pp: 1, dp: 4, ep: 8 }, { tp: 1, pp: 2, dp: 2, ep: 1 }, { tp: 8, pp: 1, dp: 1, ep: 2 }],
    [{ tp: 2, pp: 2, dp: 2, ep: 1 }],
  ];
  steps.forEach((alike, i) => {
    for (const at of alike) {
      expect(compare({ ...base, at }, { ...base, at: alike[0] })).toBe(0);
      for (const later of steps[i + 1] ?? []) { expect(compare({ ...base, at }, { ...base, at: later, written: -1 })).toBeLessThan(0); }
    }
  });
});
