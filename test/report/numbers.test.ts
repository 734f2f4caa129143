import { bytesPerSecond, counted, dollars, duration, figure, gib, parameterCount } from '../../src/report/numbers';

describe('figures in reports', () => {
  test.each([
    [figure(0), '0'], [figure(1.23456), '1.23'], [figure(99.96), '100'], [figure(123456.7), '123,457'], [figure(0.000123), '0.000123'],
    [figure(Infinity), 'unbounded'], [figure(NaN), 'unknown'],
    [gib(2 ** 30), '1.00 GiB'], [gib(140 * 2 ** 30), '140.0 GiB'], [gib(-(2 ** 29)), '-0.50 GiB'],
    [bytesPerSecond(3.35e12), '3.35 TB/s'], [bytesPerSecond(300e9), '300 GB/s'],
    [duration(0.5), '0.5 ms'], [duration(999), '999 ms'], [duration(999.6), '1 s'], [duration(64_000), '64 s'], [duration(Infinity), 'unbounded'],
    [dollars(0.4), '$0.40'], [dollars(1234.5), '$1,235'],
    [counted(1, 'GPU'), '1 GPU'], [counted(1200, 'GPU'), '1,200 GPUs'],
    [parameterCount(70.6e9), '70.6B'], [parameterCount(335e6), '335M'],
  ])('%s', (written, expected) => { expect(written).toBe(expected); });
});
