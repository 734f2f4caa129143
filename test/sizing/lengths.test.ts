import fc from 'fast-check';
import { lengthAt, normalQuantile, spreadOf, squaredVariation } from '../../src/sizing/lengths';

test.each([[0.5, 0], [0.9, 1.2815515655446004], [0.99, 2.3263478740408408], [0.01, -2.3263478740408408], [0.001, -3.090232306167813]])(
  'the normal quantile at %d is %d', (p, z) => expect(normalQuantile(p)).toBeCloseTo(z, 7),
);

test('a spread has the mean and the 99th percentile that it was made from', () => {
  fc.assert(fc.property(fc.double({ min: 1, max: 1e6, noNaN: true }), fc.double({ min: 1, max: 14, noNaN: true }), (mean, ratio) => {
    const spread = spreadOf(mean, mean * ratio);
    expect(lengthAt(spread, 0.99) / (mean * ratio)).toBeCloseTo(1, 6);
    expect(spread.mean).toBe(mean);
  }));
});

test('requests that are all alike have no spread', () => {
  const alike = spreadOf(100, 100);
  expect([lengthAt(alike, 0.01), lengthAt(alike, 0.99), squaredVariation(alike)]).toEqual([100, 100, 0]);
});

test('four times the mean is a coefficient of variation of 0.8', () => {
  expect(Math.sqrt(squaredVariation(spreadOf(1000, 4000)))).toBeCloseTo(0.799, 2);
});

test('a tail beyond what a lognormal can have is cut, not refused', () => {
  expect(Number.isFinite(lengthAt(spreadOf(10, 1e9), 0.99))).toBe(true);
});
