import { combined, placesBusy, waitAt } from '../../src/sizing/queueing';

test('the share of requests that the wait stays under has the mean it was made from', () => {
  const mean = 3;
  const rho = 0.7;
  let sum = 0;
  const n = 200_000;
  for (let i = 0; i < n; i++) { sum += waitAt(rho, mean, (i + 0.5) / n) / n; }
  expect(sum).toBeCloseTo(mean, 1);
  expect(waitAt(rho, mean, 0.3)).toBe(0);
  expect(waitAt(0.5, 0, 0.99)).toBe(0);
});

/** Erlang's formula for the probability of waiting: `places` servers, so many of them busy on the mean. */
function erlang(places: number, busy: number): number {
  let blocked = 1;
  for (let n = 1; n <= places; n++) { blocked = busy * blocked / (n + busy * blocked); }
  const rho = busy / places;
  return blocked / (1 - rho * (1 - blocked));
}

test.each([[100, 70], [100, 80], [100, 90], [100, 95], [400, 360], [30, 24]])(
  'of %d places with %d taken on the mean as many requests find none as Erlang says, within a quarter', (places, busy) => {
    // Each place gives back as much, however many are taken.
    const found = placesBusy(places - busy, Math.log((busy + places) / 2 / busy), Math.log(places / busy), 1 - busy / places);
    expect(found / erlang(places, busy)).toBeGreaterThan(0.75);
    expect(found / erlang(places, busy)).toBeLessThan(1.25);
  });

test('where no place is above the usual number, all find none', () => {
  expect(placesBusy(0, 0.1, 0.2, 0.2)).toBe(1);
  expect(placesBusy(-1, 0.1, 0.2, 0.2)).toBe(1);
});

test('waits that do not depend on each other add up on the mean, and as squares above it', () => {
  expect(combined(1, 4, 2, 6)).toBeCloseTo(3 + 5, 12);
  expect(combined(1, 0.5, 2, 6)).toBeCloseTo(0.5 + 2 + 4, 12);
  expect(combined()).toBe(0);
});

test('a sum of two exponential waits lies within 12 % of what it should be at high percentiles', () => {
  // Erlang's distribution of two stages: 3.890 at the 90th percentile, 6.638 at the 99th.
  const at = (p: number) => combined(1, waitAt(1, 1, p), 1, waitAt(1, 1, p));
  expect(Math.abs(at(0.9) / 3.890 - 1)).toBeLessThan(0.12);
  expect(Math.abs(at(0.99) / 6.638 - 1)).toBeLessThan(0.12);
});
