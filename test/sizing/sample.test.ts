import { Random } from '../../src/sizing/random';
import { Sample } from '../../src/sizing/sample';

const sampleOf = (values: readonly number[]) => {
  const sample = new Sample();
  values.forEach((value) => sample.add(value));
  return sample;
};

test('a sample has mean and percentiles', () => {
  const sample = sampleOf(Array.from({ length: 100 }, (_, i) => 99 - i));
  expect([sample.size, sample.mean, sample.at(0.5), sample.at(0.9), sample.at(0.99), sample.at(1)]).toEqual([100, 49.5, 50, 90, 99, 99]);
});

test('percentiles follow values that come later', () => {
  const sample = sampleOf([1, 2, 3]);
  expect(sample.at(0.9)).toBe(3);
  sample.add(9);
  expect(sample.at(0.9)).toBe(9);
});

test('an empty sample has nothing, and no error that anyone could rely on', () => {
  const sample = new Sample();
  expect([sample.size, sample.mean, sample.at(0.5), sample.relativeError]).toEqual([0, 0, 0, Infinity]);
});

test('the error of independent values is their deviation over the root of their number', () => {
  const random = new Random(3);
  const errors = Array.from({ length: 50 }, () => sampleOf(Array.from({ length: 2000 }, () => 10 + random.normal())).relativeError);
  expect(errors.reduce((sum, x) => sum + x, 0) / errors.length).toBeCloseTo(1 / Math.sqrt(2000) / 10, 3);
});

test('neighbours that are alike make the error larger than single values would', () => {
  const random = new Random(3);
  const single = Array.from({ length: 400 }, () => 10 + random.normal());
  const error = sampleOf(single.flatMap((x) => [x, x, x, x, x])).relativeError;
  expect(error / sampleOf(single).relativeError).toBeGreaterThan(0.8);
});

test('values that are all alike have no error', () => {
  expect(sampleOf(Array.from({ length: 40 }, () => 5)).relativeError).toBe(0);
  expect(sampleOf(Array.from({ length: 40 }, () => 0)).relativeError).toBe(0);
});
