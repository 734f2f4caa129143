import { storedFolds } from '../../bench/accuracy/folds';
import { prepare } from '../../bench/accuracy/predictions';
import { Measured, Part, points } from '../../bench/accuracy/questions';
import { score, summary } from '../../bench/accuracy/score';

const folds = storedFolds();
if (typeof folds === 'string') { throw new Error(folds); }
const { prepared } = prepare(points().filter((point) => point.part !== 'memory'));
const left = score(prepared, folds, 'family');

/** What is promised of unseen models: predicted by constants that have not seen the family. */
test.each<[Part, Measured, number, number]>([
  // [measurements, metric, largest median error, smallest share within 30 %]
  ['saturated', 'outputTokensPerSecondPerGpu', 0.1, 0.9],
  ['closed loop', 'outputTokensPerSecondPerGpu', 0.12, 0.85],
  ['closed loop', 'timePerOutputTokenMillis_mean', 0.12, 0.85],
  ['closed loop', 'timeToFirstTokenMillis_mean', 0.3, 0.5],
  ['arrivals', 'endToEndMillis_mean', 0.07, 0.9],
  ['arrivals', 'timeToFirstTokenMillis_mean', 0.15, 0.8],
])('%s: %s of a family that no constant has seen is as near as promised', (part, metric, most, least) => {
  const { median, within30 } = summary(left.filter((s) => s.part === part && s.metric === metric));
  expect(median).toBeLessThanOrEqual(most);
  expect(within30).toBeGreaterThanOrEqual(least);
});

test('intervals hold 85 to 95 % of what was left out, taken together', () => {
  const held = summary(left.filter((s) => s.tells && s.part !== 'closed loop, early 2025')).held;
  expect(held > 0.85 && held < 0.95).toBe(true);
});

test('every measured point has its prediction, or a sentence that says why not', () => {
  const { prepared: answered, refused } = prepare(points());
  expect(answered.length + refused.length).toBe(points().length);
  for (const { reason } of refused) { expect(reason).toMatch(/^\S.{10,}[^.]$/); }
});
