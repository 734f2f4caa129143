import { Ranges } from '../../src/sizing/fitted';
import { cacheRange, factorsOf, rangeOf, Sureness, weightRange } from '../../src/sizing/intervals';
import { MemoryLedger } from '../../src/sizing/plan';

const ledger = (kvCacheBytes: number): MemoryLedger => ({
  deviceBytes: 1000, weightBytes: 600, kvCacheBytes, activationBytes: 0, graphBytes: 0, communicationBytes: 0, freeBytes: 400 - kvCacheBytes,
});

const ranges: Ranges = {
  factors: {
    'firstToken': [0.5, 2], 'lateFirstToken': [0.5, 2], 'perToken': [0.5, 2], 'endToEnd': [0.5, 2], 'lateEndToEnd': [0.5, 2],
    'throughput': [0.7, 1.4], 'saturated throughput': [0.5, 2], 'saturated throughput dense': [0.64, 1.5625], 'saturated throughput dense vllm': [0.8, 1.25],
  },
  uncovered: 1.5,
  covered: [],
};
const sure: Sureness = { regime: 'saturated', engine: 'vllm', experts: false, covered: true, measured: true };

test.each<[string, Partial<Sureness>, number, number]>([
  ['the narrowest class that its figures are of', {}, 80, 125],
  ['the kind of model for another engine', { engine: 'sglang' }, 64, 156.25],
  ['the regime for another kind', { experts: true }, 50, 200],
  ['the metric for another regime', { regime: 'arrivals' }, 70, 140],
  ['a power of it where the combination was not measured', { engine: 'sglang', covered: false }, 51.2, 195.3125],
  ['1.4 times that at both ends where the architecture was not', { measured: false }, 80 / 1.4, 175],
])('a range has the factors of %s', (_what, over, low, high) => {
  expect(rangeOf(100, factorsOf({ ...sure, ...over }, ranges).throughput)).toEqual({ low: expect.closeTo(low, 9), expected: 100, high: expect.closeTo(high, 9) });
});

test('every regime has a range for every metric that contains its figure', () => {
  for (const regime of ['saturated', 'closedLoop', 'arrivals', 'staticBatch'] as const) {
    for (const metric of ['throughput', 'firstToken', 'lateFirstToken', 'perToken', 'endToEnd', 'lateEndToEnd'] as const) {
      const { low, high } = rangeOf(1, factorsOf({ ...sure, regime })[metric]);
      expect(low > 0 && low < 1 && high > 1 && high < 100).toBe(true);
    }
  }
});

test('weights have a range by a share of theirs', () => {
  expect(weightRange(ledger(300))).toEqual({ low: expect.closeTo(598.8, 9), expected: 600, high: expect.closeTo(607.2, 9) });
});

test('the KV cache has a range by a share of the device, in bytes and in tokens, narrower where the version is stated', () => {
  expect(cacheRange(300, ledger(300), '0.22')).toEqual({ low: expect.closeTo(267, 9), expected: 300, high: expect.closeTo(333, 9) });
  expect(cacheRange(300, ledger(300), undefined)).toEqual({ low: expect.closeTo(225, 9), expected: 300, high: expect.closeTo(375, 9) });
  expect(cacheRange(3000, ledger(300), undefined)).toEqual({ low: expect.closeTo(2250, 9), expected: 3000, high: expect.closeTo(3750, 9) });
});

test('a KV cache smaller than the error of its size may be nothing, and never less', () => {
  expect(cacheRange(50, ledger(50), undefined)).toEqual({ low: 0, expected: 50, high: 100 });
});
