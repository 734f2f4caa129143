import { Random } from '../../src/sizing/random';

test('MRG32k3a with its own seed gives the numbers that its author published', () => {
  const random = new Random(12345);
  // L'Ecuyer, Simard, Chen and Kelton 2002, RngStreams.
  for (const expected of [0.1270111220, 0.3185275653, 0.3091860155]) { expect(random.uniform()).toBeCloseTo(expected, 9); }
});

test('the same seed gives the same numbers, another one others', () => {
  const draw = (seed: number) => { const random = new Random(seed); return Array.from({ length: 10 }, () => random.uniform()); };
  expect(draw(7)).toEqual(draw(7));
  expect(draw(7)).not.toEqual(draw(8));
});

const moments = (draw: () => number) => {
  let sum = 0;
  let squares = 0;
  for (let i = 0; i < 200_000; i++) {
    const x = draw();
    sum += x;
    squares += x * x;
  }
  const mean = sum / 200_000;
  return { mean, deviation: Math.sqrt(squares / 200_000 - mean * mean) };
};

test('uniform and normal numbers have the moments of their distributions', () => {
  const random = new Random(1);
  const uniform = moments(() => random.uniform());
  expect(uniform.mean).toBeCloseTo(0.5, 2);
  expect(uniform.deviation).toBeCloseTo(Math.sqrt(1 / 12), 2);
  const normal = moments(() => random.normal());
  expect(normal.mean).toBeCloseTo(0, 2);
  expect(normal.deviation).toBeCloseTo(1, 2);
});

test.each([0, 0.3, 1, 2, 3])('gamma numbers of variation %d have mean 1 and that deviation', (variation) => {
  const random = new Random(12345);
  const { mean, deviation } = moments(() => random.gamma(variation));
  expect(Math.abs(mean - 1)).toBeLessThan(0.03);
  expect(Math.abs(deviation - variation)).toBeLessThan(0.03 * Math.max(1, variation));
});
