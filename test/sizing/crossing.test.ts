import fc from 'fast-check';
import { CrossingHints, crossing } from '../../src/sizing/crossing';

const positive = fc.double({ min: 0.01, max: 1000, noNaN: true });

test('the crossing of a growing function is found from below, however sharply it turns', () => {
  fc.assert(fc.property(positive, fc.double({ min: 0.001, max: 0.99, noNaN: true }), fc.double({ min: 0.1, max: 30, noNaN: true }), fc.boolean(), (high, share, power, steep) => {
    const root = high * share;
    const excess = (n: number) => steep ? Math.max(0.1 * (n / root - 1), (n / root) ** power - 1) : (n / root) ** power - 1;
    const found = crossing(high, excess)!;
    expect(found).toBeLessThanOrEqual(root * (1 + 1e-12));
    expect(excess(found) >= -1e-7 || root - found <= 2e-7 * high).toBe(true);
  }), { numRuns: 500 });
});

test('a queue without bound at the end of its range, and a step, are found by halving', () => {
  const queue = crossing(100, (n) => n >= 100 ? Infinity : 0.01 / (1 - n / 100) - 1)!;
  expect(queue).toBeCloseTo(99, 3);
  expect(crossing(100, (n) => n > 37 ? 5 : -1)!).toBeCloseTo(37, 3);
});

test('where all or nothing holds, the answer is the end or none', () => {
  expect(crossing(8, () => -1)).toBe(8);
  expect(crossing(8, () => 0)).toBe(8);
  expect(crossing(8, () => 1)).toBeUndefined();
});

const evaluations = (hints?: CrossingHints): number => {
  let count = 0;
  crossing(500, (n) => { count++; return Math.log((20 + n * 0.3 + 5 / (1 - n / 600)) / 100); }, hints);
  return count;
};

test('takes fewer evaluations than halving', () => expect(evaluations()).toBeLessThan(12));

test('a search that only tells numbers apart by a step ends where all that are left are alike, and says the same', () => {
  fc.assert(fc.property(positive, fc.double({ min: 0.001, max: 0.99, noNaN: true }), fc.double({ min: 0.1, max: 30, noNaN: true }), (high, share, power) => {
    const root = high * share;
    const excess = (n: number) => (n / root) ** power - 1;
    const step = (n: number) => Math.ceil(Math.log2(n));
    expect(step(crossing(high, excess, { alike: (low, top) => step(low) === step(top) })!)).toBe(step(crossing(high, excess)!));
  }), { numRuns: 500 });
  expect(evaluations({ alike: (low, top) => Math.ceil(low / 256) === Math.ceil(top / 256) })).toBeLessThan(evaluations() - 2);
});

test('a hint changes nothing but the number of evaluations, however wrong it is', () => {
  fc.assert(fc.property(positive, fc.double({ min: 0.001, max: 2, noNaN: true }), fc.double({ min: 0, max: 3, noNaN: true }), (high, share, hint) => {
    const excess = (n: number) => Math.log((1 + n) / (1 + high * share));
    const [plain, hinted] = [crossing(high, excess)!, crossing(high, excess, { near: high * hint })!];
    expect(Math.abs(hinted - plain)).toBeLessThan(1e-8 * high);
  }), { numRuns: 500 });
  // Beyond the range, without a number that is low enough, and with one at the very end.
  expect([crossing(8, () => 1, { near: 4 }), crossing(8, () => -1, { near: 4 }), crossing(8, (n) => n - 1e-5, { near: 4 })]).toEqual([undefined, 8, expect.closeTo(1e-5, 9)]);
  expect(evaluations({ near: 250 })).toBeLessThan(evaluations());
});
