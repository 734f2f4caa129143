import { cacheRange, rangeOf, weightRange } from '../../src/sizing/intervals';
import { MemoryLedger } from '../../src/sizing/plan';

const ledger = (kvCacheBytes: number): MemoryLedger => ({
  deviceBytes: 1000, weightBytes: 600, kvCacheBytes, activationBytes: 0, graphBytes: 0, communicationBytes: 0, freeBytes: 400 - kvCacheBytes,
});

test('a range has the factors of its regime, wider by 1.4 at both ends where nothing was measured', () => {
  expect(rangeOf(100, 'throughput', 'saturated', true)).toEqual({ low: 75, expected: 100, high: 130 });
  const wide = rangeOf(100, 'firstToken', 'arrivals', false);
  expect([wide.low, wide.expected, wide.high]).toEqual([expect.closeTo(50 / 1.4, 9), 100, expect.closeTo(350, 9)]);
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
