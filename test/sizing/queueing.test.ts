import { kingmanWait, slotBusy, slotWait, waitAt } from '../../src/sizing/queueing';

test('half-busy with exponential service is the textbook M/M/1', () => {
  expect(kingmanWait(0.5, 2, 1)).toBeCloseTo(2, 12);
});

test('with constant service it is half of that', () => {
  expect(kingmanWait(0.5, 2, 0)).toBeCloseTo(1, 12);
});

test('one place is the textbook M/M/1 too', () => {
  expect(slotWait(0.8, 1, 1)).toBeCloseTo(0.8 / 0.2, 6);
  expect(slotBusy(0.8, 1)).toBeCloseTo(0.8, 12);
});

test('many places hardly wait at 80 %', () => {
  expect(slotWait(0.8, 200, 10)).toBeLessThan(0.01);
});

test('the share of requests that the wait stays under has the mean it was made from', () => {
  const mean = 3;
  const rho = 0.7;
  let sum = 0;
  const n = 200_000;
  for (let i = 0; i < n; i++) { sum += waitAt(rho, mean, (i + 0.5) / n) / n; }
  expect(sum).toBeCloseTo(mean, 1);
  expect(waitAt(rho, mean, 0.3)).toBe(0);
});

test('an overloaded queue is long, not infinite', () => {
  expect(Number.isFinite(kingmanWait(1.5, 1, 1))).toBe(true);
  expect(Number.isFinite(slotWait(1.5, 10, 1))).toBe(true);
});
