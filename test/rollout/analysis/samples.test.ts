import { Chance } from '../../../bench/canary-simulation';
import { loadRatio } from '../../../src/rollout/analysis/load-match';
import { addBatch, NO_MEAN_EVIDENCE } from '../../../src/rollout/analysis/mean-test';
import { secondsForProof } from '../../../src/rollout/analysis/samples';
import { evidenceOfShortfall } from '../../../src/rollout/analysis/share-test';
import { LEAST_PER_BATCH, testsOf, thresholdsOf } from '../../../src/rollout/analysis/thresholds';
import { MeanRatioGate, ShareLimitGate } from '../../../src/rollout/rollout-spec';

const thresholds = thresholdsOf({ alpha: 0.05, beta: 0.02, minSamples: 20, mostRestarts: 3 }, 4, 5);
const errors: ShareLimitGate = { kind: 'share-limit', name: 'errors', events: 'e', total: 't', good: 0.01, bad: 0.02, expected: 0.001 };
const latency: MeanRatioGate = { kind: 'mean-ratio', name: 'latency', sum: { stable: 's', candidate: 's' }, count: { stable: 'c', candidate: 'c' }, factor: 1.3, floor: 0 };

test('the share of wrong verdicts is divided among all tests of all steps', () => {
  expect(thresholds.bad).toBeCloseTo(Math.log(4 * 5 / 0.05), 9);
  expect(thresholds.good).toBeCloseTo(Math.log(50), 9);
  expect(testsOf({ gates: [errors, latency, { kind: 'score', name: 'quality', least: 0.9, job: {}, timeoutSeconds: 60 }] })).toBe(3);
});

describe('the planned time', () => {
  test('is enough for 97 of 100 sound candidates to be shown below an error ratio, and a third of it is not', () => {
    const seconds = secondsForProof(errors, thresholds, 0.5, 2, 30);
    const chance = new Chance(5);
    const shown = (within: number) => Array.from({ length: 1000 }, () => {
      for (let total = 1, events = 0; total <= within; total++) {
        if (chance.uniform() < errors.expected) { events += 1; }
        if (evidenceOfShortfall(events, total, errors.good, errors.bad) >= thresholds.good) { return true; }
      }
      return false;
    }).filter(Boolean).length / 1000;
    expect(shown(seconds)).toBeGreaterThan(0.97);
    expect(shown(seconds / 3)).toBeLessThan(0.5);
  });

  test.each([0.05, 0.5, 5])('is enough for 97 of 100 equal candidates to be shown no slower at %d requests/s', (rate) => {
    const seconds = secondsForProof(latency, thresholds, 0.5, 2 * rate, 30);
    const perBatch = Math.max(LEAST_PER_BATCH, Math.round(rate * 30));
    const chance = new Chance(9);
    const shown = Array.from({ length: 500 }, () => {
      let evidence = NO_MEAN_EVIDENCE;
      for (let at = 0; at < seconds; at += perBatch / rate) {
        evidence = addBatch(evidence, chance.lognormalSum(perBatch, 1, 0.9) / chance.lognormalSum(perBatch, 1, 0.9), perBatch, perBatch, 1.3);
        if (evidence.fine >= thresholds.good) { return true; }
      }
      return false;
    }).filter(Boolean).length / 500;
    expect(shown).toBeGreaterThan(0.97);
  });

  test('is endless where a sound candidate is no better than the bound', () => {
    expect(secondsForProof({ ...errors, expected: 0.02 }, thresholds, 0.5, 2, 30)).toBe(Infinity);
  });

  test('is none for a comparison where nothing is left to compare with', () => {
    expect(secondsForProof(latency, thresholds, 1, 10, 30)).toBe(0);
  });

  test('is longer at less traffic and none for gates that show harm alone', () => {
    expect(secondsForProof(errors, thresholds, 0.05, 2, 30)).toBeCloseTo(10 * secondsForProof(errors, thresholds, 0.5, 2, 30), 6);
    expect(secondsForProof({ ...latency, kind: 'share-ratio', events: latency.sum, total: latency.count }, thresholds, 0.5, 2, 30)).toBe(0);
  });
});

describe('the plan at two loads', () => {
  const table = [{ running: 0, seconds: 0.02 }, { running: 10, seconds: 0.03 }, { running: 30, seconds: 0.05 }];

  test.each([[0, 10, 0.02 / 0.03], [5, 5, 1], [20, 5, 0.04 / 0.025], [100, 30, 1]])('gives for %d against %d running requests the ratio of its latencies', (running, reference, ratio) => {
    expect(loadRatio(table, running, reference)).toBeCloseTo(ratio, 9);
  });

  test('gives 1 where there is none', () => { expect(loadRatio(undefined, 1, 50)).toBe(1); });
});
