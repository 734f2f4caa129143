import { stepLength } from '../../../src/rollout/analysis/step-length';
import { RolloutGate } from '../../../src/rollout/rollout-spec';

const risk = { alpha: 0.05, beta: 0.02, minSamples: 20, mostRestarts: 3 };
const gates: RolloutGate[] = [
  { kind: 'share-limit', name: 'errors', events: 'e', total: 't', good: 0.01, bad: 0.02, expected: 0.001 },
  { kind: 'mean-ratio', name: 'latency', sum: { stable: 's', candidate: 's' }, count: { stable: 'c', candidate: 'c' }, factor: 1.3, floor: 0 },
];
const length = (weight: number, proof: boolean, rate: number, of = gates) => stepLength({ weight, proof }, 5, of, risk, rate, 30);

test('a step without proof takes as long as its least requests', () => {
  expect(length(10, false, 10)).toEqual({ neededSeconds: 200, slowest: 'requests', minSeconds: 300, maxSeconds: 900 });
  expect(length(10, false, 1)).toEqual({ neededSeconds: 2000, slowest: 'requests', minSeconds: 2000, maxSeconds: 6000 });
});

test('a step with proof takes as long as its slowest gate, with room for less load than planned', () => {
  const { neededSeconds, slowest, maxSeconds } = length(50, true, 10);
  expect([slowest, Math.round(neededSeconds), maxSeconds]).toEqual(['errors', 1123, Math.ceil(3 * neededSeconds)]);
});

test('a gate that a sound candidate can not pass is named', () => {
  expect(length(50, true, 10, [{ ...gates[0], expected: 0.03 } as RolloutGate])).toMatchObject({ neededSeconds: Infinity, slowest: 'errors' });
});

test('a mirrored step has the requests that are copied beside all of the stable fleet', () => {
  const copied = (mirrored: number, rate: number) => stepLength({ weight: 0, mirrored, proof: true }, 5, gates, risk, rate, 30);
  expect(copied(1000, 5).neededSeconds).toBeCloseTo(length(500, true, 10).neededSeconds, 6);
  expect(copied(250, 8).neededSeconds).toBeCloseTo(length(200, true, 10).neededSeconds, 6);
});
