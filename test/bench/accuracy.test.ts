import { storedFew } from '../../bench/accuracy/few-held-out';
import { AXES, storedFolds } from '../../bench/accuracy/folds';
import { HAND_OVER_FIT } from '../../bench/accuracy/hand-over';
import { fitConstants } from '../../bench/accuracy/levenberg';
import { POWER_FIT, predictedWatts } from '../../bench/accuracy/power';
import { prepare } from '../../bench/accuracy/predictions';
import { Measured, Part, points } from '../../bench/accuracy/questions';
import { score, summary } from '../../bench/accuracy/score';
import { median } from '../../bench/quantile';
import { FITTED, POWER } from '../../src/sizing/data/fitted';

const folds = storedFolds();
if (typeof folds === 'string') { throw new Error(folds); }
const { prepared } = prepare(points().filter((point) => point.part !== 'memory'));
const everyWay = AXES.map((axis) => score(prepared, folds, axis));
const left = everyWay[AXES.indexOf('family')];

/** What is promised of unseen models: predicted by constants that have not seen the family. */
test.each<[Part, Measured, number, number]>([
  // [measurements, metric, largest median error, smallest share within 30 %]
  ['saturated', 'outputTokensPerSecondPerGpu', 0.1, 0.9],
  ['closed loop', 'outputTokensPerSecondPerGpu', 0.12, 0.85],
  ['closed loop', 'timePerOutputTokenMillis_mean', 0.12, 0.85],
  ['closed loop', 'timeToFirstTokenMillis_mean', 0.3, 0.5],
  ['arrivals', 'endToEndMillis_mean', 0.07, 0.95],
  ['arrivals', 'timeToFirstTokenMillis_mean', 0.15, 0.8],
  ['arrivals', 'timeToFirstTokenMillis_p99', 0.25, 0.65],
  ['AMD', 'outputTokensPerSecondPerGpu', 0.12, 0.9],
  ['AMD', 'endToEndMillis_mean', 0.12, 0.9],
])('%s: %s of a family that no constant has seen is as near as promised', (part, metric, most, least) => {
  const { median: middle, within30 } = summary(left.filter((s) => s.part === part && s.metric === metric));
  expect(middle).toBeLessThanOrEqual(most);
  expect(within30).toBeGreaterThanOrEqual(least);
});

test('intervals hold 85 to 95 % of what was left out, taken together', () => {
  const held = summary(left.filter((s) => s.tells && s.part !== 'closed loop, early 2025')).held;
  expect(held > 0.85 && held < 0.95).toBe(true);
});

test.each<[Part, Measured]>([
  ['saturated', 'outputTokensPerSecondPerGpu'], ['closed loop', 'outputTokensPerSecondPerGpu'], ['closed loop', 'timePerOutputTokenMillis_mean'],
  ['closed loop', 'timeToFirstTokenMillis_mean'], ['arrivals', 'endToEndMillis_mean'], ['arrivals', 'timeToFirstTokenMillis_mean'],
  ['arrivals', 'timeToFirstTokenMillis_p99'], ['AMD', 'outputTokensPerSecondPerGpu'], ['AMD', 'endToEndMillis_mean'],
])('so do those of %s: %s', (part, metric) => {
  const { held } = summary(everyWay.flat().filter((s) => s.tells && s.part === part && s.metric === metric));
  expect(held > 0.85 && held < 0.95).toBe(true);
});

test('every measured point has its prediction, or a sentence that says why not', () => {
  const { prepared: answered, refused } = prepare(points());
  expect(answered.length + refused.length).toBe(points().length);
  for (const { reason } of refused) { expect(reason).toMatch(/^\S.{10,}[^.]$/); }
});

test('the shares of power are those that the fit of the measured runs gives', () => {
  const found = POWER_FIT.fit(POWER_FIT.runs(FITTED));
  for (const part of ['memory', 'compute', 'communication', 'overhead'] as const) { expect(found[part] / POWER[part]).toBeCloseTo(1, 2); }
});

test('power on a GPU that no share has seen is as near as the table says', () => {
  const unseen = storedFew(POWER_FIT);
  const errors = POWER_FIT.runs(FITTED).map((run) => Math.abs(predictedWatts(run, unseen('gpu', run)) / run.watts - 1));
  expect(median(errors)).toBeLessThanOrEqual(0.13);
});

test('a first token of separate instances on a GPU that no hand-over has seen is as near as the table says', () => {
  const unseen = storedFew(HAND_OVER_FIT);
  const errors = HAND_OVER_FIT.runs(FITTED).map((run) => Math.abs(run.predicted(unseen('gpu', run)).firstToken / run.measured.firstToken - 1));
  expect(median(errors)).toBeLessThanOrEqual(0.33);
});

test('a fit finds its constants, keeps to their bounds and to what is believed of them, and lets outliers go', () => {
  const xs = [1, 2, 3, 4, 5];
  const line = (a: number, b: number) => xs.map((x) => a + b * x);
  const fit = (ys: readonly number[], high = 10, scale = Infinity, prior?: { readonly prior: number; readonly belief: number }) => fitConstants({
    constants: [{ start: 1, low: 0.1, high, ...prior }, { start: 1, low: 0.1, high: 10 }],
    counted: xs.map(() => ({ count: 1, scale })),
    errorsAt: ([a, b]) => line(a, b).map((y, i) => Math.log(y / ys[i])),
  }).values;
  const [a, b] = fit(line(2, 3));
  expect(a).toBeCloseTo(2, 3);
  expect(b).toBeCloseTo(3, 3);
  expect(fit(line(2, 3), 1.5)[0]).toBe(1.5);
  expect(fit(line(2, 3), 10, Infinity, { prior: 5, belief: 1e6 })[0]).toBeCloseTo(5, 3);
  const wrong = line(2, 3).map((y, i) => i === 4 ? 5 * y : y);
  expect(Math.abs(fit(wrong, 10, 0.1)[1] - 3)).toBeLessThan(0.3);
  expect(Math.abs(fit(wrong)[1] - 3)).toBeGreaterThan(1);
});
