import { cellsOf, errorsBeside, measurementOf } from '../../bench/accuracy/calibrated';
import { prepare } from '../../bench/accuracy/predictions';
import { points } from '../../bench/accuracy/questions';
import { median } from '../../bench/quantile';
import { FITTED } from '../../src/sizing/data/fitted';
import { measuredOf } from '../../src/sizing/measured';

const { prepared } = prepare(points().filter(({ part }) => part !== 'memory'));

test('published measurements are plausible, but for a few', () => {
  const refused = prepared.map(measurementOf).map(measuredOf).flatMap((measured) => 'reason' in measured ? [measured.reason] : []);
  expect(prepared.length).toBeGreaterThan(2000);
  expect(refused.length / prepared.length).toBeLessThan(0.02);
});

test.each([[1, 0.95], [3, 1]])('%d measured points of a cell that the estimate misses by more than 12 %% bring the rest of it nearer', (count, factor) => {
  const cells = [...cellsOf(prepared).values()].filter((rows) => rows.length > count + 2)
    .map((rows) => errorsBeside(rows, count, FITTED).filter(({ metric }) => metric !== 'firstToken'))
    .map((errors) => ({ before: median(errors.map(({ before }) => before)), after: median(errors.map(({ after }) => after)) }))
    .filter(({ before }) => before > 0.12);
  expect(cells.length).toBeGreaterThan(10);
  expect(median(cells.map(({ after }) => after))).toBeLessThan(factor * median(cells.map(({ before }) => before)));
});
