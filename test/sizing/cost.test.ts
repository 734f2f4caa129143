import fc from 'fast-check';
import { Accelerator } from '../../src/catalog/accelerator';
import { Model } from '../../src/catalog/model';
import { costOf } from '../../src/sizing/cost';
import { POWER } from '../../src/sizing/data/fitted';
import { energyOf, wattsOf } from '../../src/sizing/energy';
import { Load } from '../../src/sizing/load';
import { Estimate } from '../../src/sizing/plan';
import { Sizing } from '../../src/sizing/sizing';

const of = (over: object) => ({ vendor: 'nvidia', name: 'gpu', ...over }) as unknown as Accelerator;
const only = (part: string, seconds = 1) => ({ memory: 0, compute: 0, communication: 0, overhead: 0, [part]: seconds });

test.each([
  // [busy, what the step does, share of the board's highest power]
  [0, 'compute', 0.15], [1, 'compute', 1], [1, 'memory', POWER.memory], [1, 'communication', POWER.communication], [1, 'overhead', POWER.overhead],
  [0.5, 'compute', 0.575], [2, 'compute', 1], [-1, 'compute', 0.15],
])('%d busy with %s takes %d of the power', (busy, part, share) => {
  expect(wattsOf(of({ maxPowerWatts: 700 }), busy, only(part))).toBeCloseTo(700 * share, 9);
});

test('a step takes the power of its parts by their time', () => {
  expect(wattsOf(of({ maxPowerWatts: 1000 }), 1, { memory: 3e-3, compute: 1e-3, communication: 0, overhead: 0 })).toBeCloseTo(750 * POWER.memory + 250 * POWER.compute, 9);
});

test('a board of unknown power takes unknown power', () => {
  expect(wattsOf(of({}), 1, only('compute'))).toBeUndefined();
  expect(energyOf(undefined, { requestsPerSecond: 1, promptTokens: 1, outputTokens: 1, promptTimeShare: 0 })).toBeUndefined();
});

const served = { requestsPerSecond: 10, promptTokens: 1000, outputTokens: 100, promptTimeShare: 0.25 };

test('a price by the hour is a price by the token, or none', () => {
  const accelerator = of({});
  const [cost, free] = [3.6, 0].map((dollarsPerGpuHour) => costOf({ accelerator, dollarsPerGpuHour }, 10, served)!);
  expect(cost.dollarsPerHour).toBe(36);
  expect(cost.dollarsPerMillionOutputTokens).toBeCloseTo(10, 9);
  expect(cost.dollarsPerMillionPromptTokens).toBeCloseTo(0.25, 9);
  expect(cost.dollarsPerMillionCompletionTokens).toBeCloseTo(7.5, 9);
  expect(Object.values(free)).toEqual([0, 0, 0, 0]);
  expect(costOf({ accelerator }, 10, served)).toBeUndefined();
});

test('power over tokens per second is energy per token', () => {
  expect(energyOf(5000, served)).toEqual({ watts: 5000, joulesPerOutputToken: 5, joulesPerPromptToken: 0.125, joulesPerCompletionToken: 3.75 });
});

test('prompts and completions together pay for everything, in every plan', () => {
  fc.assert(fc.property(
    fc.integer({ min: 10, max: 20_000 }), fc.integer({ min: 1, max: 4000 }), fc.double({ min: 0.01, max: 50, noNaN: true }), fc.integer({ min: 0, max: 2 }), fc.double({ min: 0, max: 1, noNaN: true }),
    (promptTokens, outputTokens, rate, spareReplicas, prefixHitRatio) => {
      const { cost, energy, gpus } = Sizing.plan({
        model: Model.named('meta-llama/Llama-3.1-8B-Instruct'),
        pools: [{ accelerator: Accelerator.named('h100-sxm'), dollarsPerGpuHour: 2.5 }],
        load: Load.requestsPerSecond(rate, { promptTokens, outputTokens, prefixHitRatio }),
        spareReplicas,
      });
      const perSecond = rate * (promptTokens * cost!.dollarsPerMillionPromptTokens + outputTokens * cost!.dollarsPerMillionCompletionTokens) / 1e6;
      expect(perSecond / (gpus * 2.5 / 3600)).toBeCloseTo(1, 9);
      expect(rate * (promptTokens * energy!.joulesPerPromptToken + outputTokens * energy!.joulesPerCompletionToken) / energy!.watts).toBeCloseTo(1, 9);
      expect(energy!.watts).toBeGreaterThanOrEqual(gpus * 700 * 0.15 * (1 - 1e-12));
      expect(energy!.watts).toBeLessThanOrEqual(gpus * 700);
      expect(cost!.dollarsPerMillionPromptTokens).toBeGreaterThanOrEqual(0);
      expect(cost!.dollarsPerMillionCompletionTokens).toBeGreaterThanOrEqual(0);
    }), { numRuns: 100 });
});

const estimate = (over: object) => Sizing.estimate({
  model: Model.named('meta-llama/Llama-3.1-8B-Instruct'),
  pool: { accelerator: Accelerator.named('h100-sxm'), dollarsPerGpuHour: 2.5 },
  layout: { tensorParallel: 1 },
  load: Load.saturated({ promptTokens: 1000, outputTokens: 200 }),
  ...over,
});

test('an estimate says what the instance costs and takes at its load', () => {
  const { cost, energy, outputTokensPerSecond } = estimate({});
  expect(cost!.dollarsPerHour).toBe(2.5);
  expect(cost!.dollarsPerMillionOutputTokens).toBeCloseTo(2.5 / 3600 / outputTokensPerSecond.expected * 1e6, 9);
  expect(energy!.watts).toBeLessThanOrEqual(700);
  expect(energy!.joulesPerOutputToken).toBeCloseTo(energy!.watts / outputTokensPerSecond.expected, 9);
});

/** What completions do not pay for. */
const promptTimeShare = ({ cost }: Estimate) => 1 - cost!.dollarsPerMillionCompletionTokens / cost!.dollarsPerMillionOutputTokens;

test('longer prompts pay for more of the time, and an idle instance for more per token', () => {
  const load = (promptTokens: number) => Load.saturated({ promptTokens, outputTokens: 200 });
  const shares = [100, 1000, 5000].map((promptTokens) => promptTimeShare(estimate({ load: load(promptTokens) })));
  expect(shares).toEqual([...shares].sort((a, b) => a - b));
  expect(shares[2]).toBeGreaterThan(shares[0] + 0.2);
  const at = (rate: number) => estimate({ load: Load.requestsPerSecond(rate, { promptTokens: 1000, outputTokens: 200 }) });
  expect(at(0.01).energy!.joulesPerOutputToken).toBeGreaterThan(5 * at(10).energy!.joulesPerOutputToken);
  expect(at(0.01).energy!.watts).toBeLessThan(0.2 * 700);
  expect(promptTimeShare(at(0.01))).toBeGreaterThan(0.005);
});

test('what does not fit costs nothing that anyone could state', () => {
  const { fits, cost, energy } = estimate({ model: Model.named('meta-llama/Llama-3.1-70B-Instruct') });
  expect([fits, cost, energy]).toEqual([false, undefined, undefined]);
});
