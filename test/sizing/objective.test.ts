import fc from 'fast-check';
import { Accelerator } from '../../src/catalog/accelerator';
import { Model } from '../../src/catalog/model';
import { Precision } from '../../src/catalog/precision';
import { Load } from '../../src/sizing/load';
import { LatencyBudget, Objective } from '../../src/sizing/objective';
import { SizingCandidate, SizingPlan } from '../../src/sizing/plan';
import { SizingPool, SizingRequest } from '../../src/sizing/questions';
import { Sizing } from '../../src/sizing/sizing';

const POOLS: SizingPool[] = [
  { accelerator: Accelerator.named('h100-sxm'), dollarsPerGpuHour: 4 },
  { accelerator: Accelerator.named('a100-sxm-80gb'), dollarsPerGpuHour: 1.5 },
  { accelerator: Accelerator.named('l40s'), dollarsPerGpuHour: 0.25 },
];
const request = (over: Partial<SizingRequest> = {}): SizingRequest => ({
  model: Model.named('meta-llama/Llama-3.1-70B-Instruct'), precision: Precision.BF16, pools: POOLS,
  load: Load.requestsPerSecond(8, { promptTokens: 1000, outputTokens: 200 }), ...over,
});
const meeting = (over: Partial<SizingRequest> = {}): SizingCandidate[] => Sizing.candidates(request(over)).filter((c) => c.rejection === undefined);
const endToEnd = ({ estimate }: SizingPlan | SizingCandidate) => estimate!.endToEnd.atTarget.expected;

test('each objective gets less of what it counts than every other layout that meets the request', () => {
  const least = (objective: Objective, figure: (c: SizingCandidate) => number, slack = 1) => {
    const plan = Sizing.plan(request({ objective }));
    const all = meeting({ objective });
    expect(all.length).toBeGreaterThan(5);
    expect(figure(plan as unknown as SizingCandidate)).toBeLessThanOrEqual(Math.min(...all.map(figure)) * slack);
    return plan;
  };
  const cheap = least(Objective.LOWEST_COST, (c) => c.cost!.dollarsPerHour);
  const few = least(Objective.FEWEST_GPUS, (c) => c.gpus!);
  const frugal = least(Objective.LOWEST_ENERGY, (c) => c.energy!.watts, 1.02);
  const quick = least(Objective.lowestLatency({ maxGpus: 64 }), endToEnd, 1.05);
  expect(few.gpus).toBeLessThan(cheap.gpus);
  expect(few.cost!.dollarsPerHour).toBeGreaterThan(cheap.cost!.dollarsPerHour);
  expect(frugal.energy!.watts).toBeLessThan(cheap.energy!.watts);
  expect(endToEnd(quick)).toBeLessThan(endToEnd(few) / 1.5);
  expect(quick.explanation).toContain('Sought was the lowest end-to-end time with at most 64 GPUs.');
  expect(frugal.explanation).toContain('Sought was the lowest energy.');
});

test('with prices everywhere the default is the lowest cost, without the fewest GPUs', () => {
  const layouts = (over: Partial<SizingRequest>) => meeting(over).map(({ pool, layout, replicas }) => ({ pool, layout, replicas }));
  expect(layouts({})).toEqual(layouts({ objective: Objective.LOWEST_COST }));
  const pools = POOLS.map(({ accelerator }) => ({ accelerator }));
  expect(layouts({ pools })).toEqual(layouts({ pools, objective: Objective.FEWEST_GPUS }));
});

test('the lowest latency stays within its budget and its latency targets, and a larger budget never slows it', () => {
  fc.assert(fc.property(fc.integer({ min: 8, max: 200 }), fc.integer({ min: 8, max: 200 }), fc.boolean(), fc.integer({ min: 0, max: 2 }), (one, other, dollars, spareReplicas) => {
    const [small, large] = [Math.min(one, other), Math.max(one, other)].map((amount) => {
      const budget: LatencyBudget = dollars ? { maxDollarsPerHour: 4 * amount } : { maxGpus: amount };
      const found = meeting({ objective: Objective.lowestLatency(budget), spareReplicas });
      for (const { gpus, cost } of found) {
        if (dollars) { expect(cost!.dollarsPerHour).toBeLessThanOrEqual(4 * amount); } else { expect(gpus).toBeLessThanOrEqual(amount); }
      }
      return found.length ? endToEnd(found[0]) : Infinity;
    });
    expect(large === Infinity || large <= small * 1.05 * 1.05).toBe(true);
  }), { numRuns: 30 });
});

test('replicas that would gain less than 5 % are left out', () => {
  const pools = [{ accelerator: POOLS[0].accelerator }];
  const layout = { tensorParallel: 4 };
  const plan = (maxGpus: number) => Sizing.plan(request({ pools, layout, objective: Objective.lowestLatency({ maxGpus }) }));
  const huge = plan(100_000);
  expect(huge.gpus).toBeLessThan(10_000);
  expect(endToEnd(plan(huge.gpus - 4))).toBeGreaterThan(endToEnd(huge));
  expect(endToEnd(huge)).toBeLessThanOrEqual(1.05 * endToEnd(Sizing.plan(request({ pools, layout, replicas: 25_000 }))));
});

test('the lowest energy may be that of more, smaller GPUs', () => {
  const pools = ['h100-sxm', 'l40s', 'l4'].map((name) => ({ accelerator: Accelerator.named(name) }));
  const model = Model.named('meta-llama/Llama-3.1-8B-Instruct');
  const [few, frugal] = [Objective.FEWEST_GPUS, Objective.LOWEST_ENERGY].map((objective) => Sizing.plan(request({
    model, pools, objective, load: Load.requestsPerSecond(2, { promptTokens: 1000, outputTokens: 200 }),
  })));
  expect(frugal.gpus).toBeGreaterThan(few.gpus);
  expect(frugal.energy!.watts).toBeLessThan(few.energy!.watts / 1.5);
});

test('a budget that is too small says what would do', () => {
  expect(() => Sizing.plan(request({ objective: Objective.lowestLatency({ maxGpus: 1 }) }))).toThrow(
    /^no layout serves 8 requests\/s on h100-sxm, a100-sxm-80gb, l40s; nearest: .* with \d+ GPUs.*; allow \d+ GPUs where there is 1, or lower the load/);
  const [, ...all] = Sizing.candidates(request({ objective: Objective.lowestLatency({ maxDollarsPerHour: 10 }) }));
  expect(all.some((c) => /^\d+ replicas? takes? \d+ GPUs but the budget has \d+$/.test(c.rejection ?? ''))).toBe(true);
});

const unpriced = [...POOLS, { accelerator: Accelerator.named('h200-sxm') }];
const unrated = [...POOLS, { accelerator: Accelerator.named('mi325x'), dollarsPerGpuHour: 3 }];

test.each<[Partial<SizingRequest>, string]>([
  [{ objective: Objective.LOWEST_COST, pools: unpriced }, "'objective' counts dollars but the pool 'h200-sxm' has no price; give 'pools[3].dollarsPerGpuHour' or choose another objective"],
  [{ objective: Objective.lowestLatency({ maxDollarsPerHour: 9 }), pools: unpriced },
    "'objective' counts dollars but the pool 'h200-sxm' has no price; give 'pools[3].dollarsPerGpuHour' or choose another objective"],
  [{ objective: Objective.LOWEST_ENERGY, pools: unrated },
    "'objective' counts energy but nobody states the power of mi325x; describe it with Accelerator.of, leave out the pool, or choose another objective"],
  [{ objective: 'cheap' as never }, "'objective' is 'cheap' but must be an Objective, such as Objective.LOWEST_COST"],
])('%# an objective that cannot be counted is refused', (over, sentence) => expect(() => Sizing.plan(request(over))).toThrow(new Error(sentence)));

test.each<[unknown, string]>([
  [{}, "the lowest latency takes a budget, as more GPUs always lower it; give 'maxGpus' or 'maxDollarsPerHour'"],
  [undefined, "the budget of the lowest latency is undefined but must be an object with 'maxGpus' or 'maxDollarsPerHour'"],
  [{ maxGpus: 1.5 }, "'maxGpus' is 1.5 but must be a whole number from 1 up"],
  [{ maxDollarsPerHour: 0 }, "'maxDollarsPerHour' is 0 but must be a number of dollars above 0"],
])('%# a budget that is none is refused', (budget, sentence) => expect(() => Objective.lowestLatency(budget as LatencyBudget)).toThrow(new Error(sentence)));
