import { CountingRules, grown, level, restarts } from '../../runner/counting';
import { Series } from '../../runner/prometheus';

const SCRAPE = 15_000;
const span = { from: 150_000, until: 180_000 };
const rules: CountingRules = { podLabel: 'pod', scrapeMillis: SCRAPE, fetchedFrom: 60_000, warmUpMillis: 20_000 };

/** Samples every 15 s up to 180 s; null where there was none. */
function series(values: (number | null)[], labels: { [name: string]: string } = {}): Series {
  const first = span.until - (values.length - 1) * SCRAPE;
  return { labels: { pod: 'a', ...labels }, samples: values.flatMap((value, i) => value === null ? [] : [{ at: first + i * SCRAPE, value }]) };
}

const up = (values: (number | null)[] = [1, 1, 1, 1, 1, 1, 1, 1, 1], pod = 'a') => series(values, { pod });
const of = (amount: Series[], count: Series[], scraped = [up()], leaveOut = false) => grown(amount, count, scraped, span, rules, leaveOut);

describe('what a counter grew by', () => {
  test('is the difference between the last samples of two batches', () => {
    expect(of([series([1, 2, 3, 5, 8])], [series([10, 20, 30, 40, 50])])).toEqual({ amount: 5, count: 20 });
  });

  test('adds up over pods and over the series of a pod', () => {
    const count = [series([1, 1, 2, 3, 4], { status: '200' }), series([0, 0, 0, 1, 1], { status: '500' }), series([5, 5, 5, 6, 9], { pod: 'b' })];
    expect(of([], count, [up(), up(undefined, 'b')])).toEqual({ amount: 0, count: 2 + 1 + 4 });
  });

  test('counts from zero after a restart, and never falls', () => {
    expect(of([series([90, 95, 100, 3, 7])], [series([900, 950, 1000, 30, 70])])).toEqual({ amount: 7, count: 70 });
  });

  test('counts the first event of a series that was not there before, where the pod was scraped', () => {
    expect(of([series([null, null, null, 1, 2])], [series([10, 20, 30, 40, 50])])).toEqual({ amount: 2, count: 20 });
    expect(of([], [series([null, null, null, null, 3])])).toEqual({ amount: 0, count: 3 });
  });

  test('begins with the first scrape of a pod that was not scraped before', () => {
    expect(of([], [series([null, null, null, 500, 510])], [up([null, null, null, 1, 1])])).toEqual({ amount: 0, count: 10 });
  });

  test('is zero where a pod was scraped and counted nothing, and nothing where it was not scraped', () => {
    expect(of([], [])).toEqual({ amount: 0, count: 0 });
    expect(of([], [], [])).toBeUndefined();
    expect(of([], [], [up([1, 1, 1, 0, 0])])).toBeUndefined();
  });

  test('bridges a scrape that failed', () => {
    expect(of([], [series([10, 20, 30, null, 50])], [up([1, 1, 1, 0, 1])])).toEqual({ amount: 0, count: 20 });
  });

  test('passes over values that are no numbers', () => {
    expect(of([], [series([10, 20, 30, NaN, 50])])).toEqual({ amount: 0, count: 20 });
  });
});

describe('latencies of a process that is not warm', () => {
  test('are left out, those of other pods are not', () => {
    const restarted = series([90, 95, 1, 5, 9]); // again at 150 s, warm at 170 s
    const steady = series([0, 10, 20, 30, 40], { pod: 'b' });
    expect(of([], [restarted, steady], [up(), up(undefined, 'b')], true)).toEqual({ amount: 0, count: (9 - 5) + 20 });
  });

  test('are left out of a pod that is new', () => {
    expect(of([], [series([null, null, 0, 50, 60])], [up([null, null, 1, 1, 1])], true)).toEqual({ amount: 0, count: 10 });
  });

  test('count where the pod was there when what was fetched begins', () => {
    expect(of([], [series([0, 1, 2, 3, 4, 5, 6, 7, 8])], [up()], true)).toEqual({ amount: 0, count: 2 });
  });
});

test('a restart is where any counter of a pod falls, once for all of them', () => {
  const both = [series([9, 9, 9, 0, 1]), series([5, 5, 5, 0, 0], { status: '500' })];
  expect(restarts(both, span, 'pod')).toBe(1);
  expect(restarts([series([9, 1, 2, 3, 4])], span, 'pod')).toBe(0);
});

test('a level is the mean over pods of what their series add up to', () => {
  expect(level([series([0, 0, 0, 4, 6]), series([0, 0, 0, 1, 1], { engine: '1' }), series([0, 0, 0, 10, 20], { pod: 'b' })], span, 'pod')).toBe((6 + 15) / 2);
  expect(level([], span, 'pod')).toBeUndefined();
});
