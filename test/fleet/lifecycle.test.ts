import { Duration } from 'cdk8s';
import * as fc from 'fast-check';
import { shutdownBudget, startupBudget, StartupDemand } from '../../src/fleet/lifecycle';
import { fleet, plan } from '../support/fleet';
import { sentence } from '../support/render';

const demand = (overrides: Partial<StartupDemand> = {}): StartupDemand => ({
  checkpointBytes: 140e9, bytesPerSecond: 1e9, waitSeconds: 0, waitTogether: true, warmUpSeconds: 240, nodesPerReplica: 1, timeouts: {}, ...overrides,
});

test('a replica is given the time that its bytes take at the storage\'s bandwidth', () => {
  expect(startupBudget(demand())).toEqual({
    loadSeconds: 140,
    budgetSeconds: 750,
    failureThreshold: 75,
    progressDeadlineSeconds: 1650,
    reason: '750 s: (start 120 s + load 140 s (140 GB at 1 GB/s) + warm up 240 s) x 1.5',
    problem: undefined,
  });
});

test('a download delays the rollout\'s deadline, not the probe, which starts after it', () => {
  const { budgetSeconds, progressDeadlineSeconds } = startupBudget(demand({ waitSeconds: 3600 }));
  expect([budgetSeconds, progressDeadlineSeconds]).toEqual([750, 750 + 900 + 3600]);
});

test('a leader is given the time in which the other nodes of its group come', () => {
  const { budgetSeconds, reason } = startupBudget(demand({ nodesPerReplica: 2, timeouts: { nodeStart: Duration.minutes(5) } }));
  expect(budgetSeconds).toBe(1050);
  expect(reason).toBe('1050 s: (start 120 s + load 140 s (140 GB at 1 GB/s) + warm up 240 s) x 1.5 + 300 s for the other nodes of a group to come');
});

test('where each node of a group fetches for itself, the leader waits for the last', () => {
  expect(startupBudget(demand({ nodesPerReplica: 2, waitSeconds: 600, waitTogether: false })).budgetSeconds).toBe(750 + 900 + 600);
});

test('a stated time is taken', () => {
  const { budgetSeconds, reason } = startupBudget(demand({ timeouts: { startup: Duration.minutes(20) } }));
  expect([budgetSeconds, reason]).toEqual([1200, '1200 s, as stated; estimated start 120 s + load 140 s (140 GB at 1 GB/s) + warm up 240 s']);
});

test('fails when the stated time is shorter than loading takes', () => {
  expect(sentence(() => fleet({ timeouts: { startup: Duration.minutes(1) } }))).toBe(
    '[chat/llama] \'timeouts.startup\' is 60 s but loading and warming up alone take 116 s (load 16 s (16 GB at 1 GB/s) + warm up 100 s);'
    + ' allow at least 354 s, or leave it out');
});

test('a budget always holds load and warm-up, and more bytes never have less time', () => {
  const [someBytes, someRate] = [fc.integer({ min: 1, max: 2e12 }), fc.integer({ min: 1e6, max: 1e11 })];
  fc.assert(fc.property(someBytes, someRate, fc.integer({ min: 0, max: 3600 }), (bytes, rate, warmUp) => {
    const of = (checkpointBytes: number) => startupBudget(demand({ checkpointBytes, bytesPerSecond: rate, warmUpSeconds: warmUp }));
    const { budgetSeconds, failureThreshold, progressDeadlineSeconds } = of(bytes);
    expect(budgetSeconds).toBeGreaterThanOrEqual(bytes / rate + warmUp);
    expect(failureThreshold * 10).toBe(budgetSeconds);
    expect(progressDeadlineSeconds).toBeGreaterThan(budgetSeconds);
    expect(of(bytes * 2).budgetSeconds).toBeGreaterThanOrEqual(budgetSeconds);
  }), { numRuns: 300 });
});

test('a grace period is removal, drain and teardown, one after the other', () => {
  expect(shutdownBudget(plan(), {}).complete(20)).toEqual({
    preStopSeconds: 15,
    drainSeconds: 48,
    graceSeconds: 83,
    workerPreStopSeconds: 63,
    reason: '83 s: endpoint removal 15 s + drain 48 s (99 of 100 requests end within 48 s) + teardown 20 s',
  });
});

test('short requests are drained for 30 seconds all the same', () => {
  const { estimate } = plan();
  const second = { low: 1000, expected: 1000, high: 1000 };
  const short = { ...estimate, endToEnd: { mean: second, p50: second, p90: second, p99: second, atTarget: second } };
  expect(shutdownBudget(plan({ estimate: short }), {}).drainSeconds).toBe(30);
});

test('stated times are taken, fractions of a second rounded up', () => {
  expect(shutdownBudget(plan(), { drain: Duration.millis(90_500), endpointRemoval: Duration.seconds(0) }).complete(20)).toMatchObject({
    preStopSeconds: 0, drainSeconds: 91, graceSeconds: 111, reason: '111 s: endpoint removal 0 s + drain 91 s (as stated) + teardown 20 s',
  });
});
