import { Chance } from '../../../bench/canary-simulation';
import { addBatch, bet, MeanEvidence, NO_MEAN_EVIDENCE } from '../../../src/rollout/analysis/mean-test';

const STREAMS = 400;
const BATCHES = 60;

/** Share of streams in which something is ever so; batches of lognormal latencies, `ratio` times slower than those of `others` requests. */
function ever(ratio: number, requests: number, others: number, isSo: (evidence: MeanEvidence) => boolean): number {
  const chance = new Chance(3);
  let so = 0;
  for (let stream = 0; stream < STREAMS; stream++) {
    let evidence = NO_MEAN_EVIDENCE;
    for (let batch = 0; batch < BATCHES && !isSo(evidence); batch++) {
      const mean = (count: number, times: number) => chance.lognormalSum(count, times, 0.9) / count;
      evidence = addBatch(evidence, mean(requests, ratio) / mean(others, 1), requests, others, 1.3);
    }
    if (isSo(evidence)) { so += 1; }
  }
  return so / STREAMS;
}

const worse = ({ worse: log }: MeanEvidence) => log >= Math.log(20);
const fine = ({ fine: log }: MeanEvidence) => log >= Math.log(20);

// The standard error of 5 % of 400 streams is 1.1 %.
describe.each([[8, 8], [8, 40]])('batches of %d requests beside %d', (requests, others) => {
  test('of an equal candidate are called worse in at most one of 20 streams, however often one looks', () => {
    expect(ever(1, requests, others, worse)).toBeLessThan(0.06);
  });

  test('of a candidate at the bound are called fine in at most one of 20 streams', () => {
    expect(ever(1.3, requests, others, fine)).toBeLessThan(0.06);
  });

  test('of a candidate at the bound are called worse, and of an equal one fine', () => {
    expect(ever(1.3, requests, others, worse)).toBeGreaterThan(0.85);
    expect(ever(1, requests, others, fine)).toBeGreaterThan(0.85);
  });
});

test('one batch at most doubles the capital, so that no outlier decides', () => {
  const evidence = addBatch(NO_MEAN_EVIDENCE, 1e9, 10, 10, 1.3);
  expect(evidence.worse).toBeLessThanOrEqual(Math.log(2));
  expect(evidence.fine).toBeLessThan(0);
});

test('the bet does not depend on the batch that it is laid on', () => {
  // Bets of either direction on opposite batches lose what the other wins; by hand: noise 1/4 for one request of four, 3 assumed batches.
  const { clip, stake } = bet(0.25, 1.3);
  expect(clip).toBeCloseTo(1.25, 9);
  expect(stake).toBeCloseTo(Math.min(0.9, Math.log(1.3) * 1.25 / (0.25 + Math.log(1.3) ** 2)), 9);
  expect(addBatch(NO_MEAN_EVIDENCE, 2, 4, 4, 1.3).worse).toBeCloseTo(Math.log1p(stake * Math.log(2) / 1.25), 9);
  expect(addBatch(NO_MEAN_EVIDENCE, 0.5, 4, 4, 1.3).worse).toBeCloseTo(Math.log1p(-stake * Math.log(2) / 1.25), 9);
});

test('the lean of a mean of few requests is made up for by half of its variance', () => {
  const { clip, stake } = bet(0.25, 1.3);
  expect(addBatch(NO_MEAN_EVIDENCE, 2, 4, Infinity, 1.3).worse).toBeCloseTo(Math.log1p(stake * (Math.log(2) + 0.125) / clip), 9);
  expect(addBatch(NO_MEAN_EVIDENCE, 2, 4, 12, 1.3).worse).toBeCloseTo(Math.log1p(stake * (Math.log(2) + 0.0625) / clip), 9);
});
