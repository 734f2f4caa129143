import * as fs from 'fs';
import * as path from 'path';
import { runMany } from '../../bench/canary-simulation';

/** The table of docs/canary.md, by requests per second and candidate. */
const rows = fs.readFileSync(path.join(__dirname, '..', '..', 'docs', 'canary.md'), 'utf8').split('\n').filter((line) => /^\| \d+ \| /.test(line)).map((line) => {
  const [, rate, candidate, rolledBack, before25] = line.split('|').map((cell) => cell.trim());
  return { rate: Number(rate), candidate, rolledBack: parseFloat(rolledBack), before25: parseFloat(before25) };
});

test('the documented rates keep what is stated', () => {
  const of = (candidate: string) => rows.filter((row) => row.candidate === candidate);
  expect(rows.length).toBe(21);
  expect(of('equal').filter(({ rolledBack }) => rolledBack > 5)).toEqual([]);
  expect(of('1.3 x latency').filter(({ rate, before25 }) => rate >= 10 && before25 < 95)).toEqual([]);
  expect([...of('2 x latency'), ...of('2 % errors'), ...of('10 % errors')].filter(({ before25 }) => before25 < 95)).toEqual([]);
});

// 40 rollouts: bounds that a sound runner misses once in a thousand times, by the documented rates.
test.each([
  ['an equal candidate takes over', { what: '', latency: 1, errors: 0.001 }, 0, 0.1],
  ['one that is slower by 1.3 is rolled back before a quarter of the traffic has moved', { what: '', latency: 1.3, errors: 0.001 }, 0.9, 1],
  ['one that fails 10 % of its requests is, too', { what: '', latency: 1, errors: 0.1 }, 1, 1],
])('in simulated rollouts at 10 requests/s %s', (_what, scenario, least, most) => {
  const { before25, rolledBack } = runMany(scenario, 10, 40);
  expect(before25).toBeGreaterThanOrEqual(least);
  expect(rolledBack).toBeLessThanOrEqual(most);
}, 60_000);
