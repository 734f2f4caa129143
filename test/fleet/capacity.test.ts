import { Accelerator } from '../../src/catalog/accelerator';
import { Model } from '../../src/catalog/model';
import { Capacity } from '../../src/fleet/capacity';
import { Load } from '../../src/sizing/load';
import { Objective } from '../../src/sizing/objective';
import { sentence } from '../support/render';

const lengths = { promptTokens: 500, outputTokens: 100 };
const request = { model: Model.named('meta-llama/Llama-3.1-8B-Instruct'), pools: [{ accelerator: Accelerator.named('h100-sxm'), gpusPerNode: 8 }] };

test('a target\'s load decides how many replicas run', () => {
  const replicas = (rate: number) => Capacity.forTarget({ load: Load.requestsPerSecond(rate, lengths) })._solve(request).plan!.gpus;
  expect(replicas(1)).toBe(1);
  expect(replicas(400)).toBeGreaterThan(replicas(40));
});

test('a target says what is best: with a budget, more replicas than the load needs', () => {
  const load = Load.requestsPerSecond(40, lengths);
  const plan = (objective?: Objective) => Capacity.forTarget({ load, objective })._solve(request).plan!;
  const quick = plan(Objective.lowestLatency({ maxGpus: 8 }));
  expect(quick.gpus).toBeGreaterThan(plan().gpus);
  expect(quick.gpus).toBeLessThanOrEqual(8);
});

test('a target is taken as it is when it is given', () => {
  const target = { load: Load.requestsPerSecond(1, lengths), spareReplicas: 0 };
  const capacity = Capacity.forTarget(target);
  target.spareReplicas = 7;
  expect(capacity._solve(request).plan!.replicas).toBe(1);
});

test('what is stated is what runs', () => {
  const { plan } = Capacity.manual({ replicas: 3, layout: { tensorParallel: 2 } })._solve(request);
  expect([plan!.replicas, plan!.layout.tensorParallel, plan!.gpus]).toEqual([3, 2, 6]);
});

test('what is stated without a load runs on the slowest hardware too', () => {
  const slow = { model: Model.named('meta-llama/Llama-3.3-70B-Instruct'), pools: [{ accelerator: Accelerator.named('l4'), gpusPerNode: 8 }] };
  expect(Capacity.manual({ replicas: 1, layout: { tensorParallel: 8 } })._solve(slow).problem).toBeUndefined();
});

test('stated replicas that can\'t hold a stated latency are refused', () => {
  const { plan, problem } = Capacity.manual({
    replicas: 1, layout: { tensorParallel: 1 }, load: Load.requestsPerSecond(500, lengths), latency: { timeToFirstTokenMillis: 100 },
  })._solve(request);
  expect(plan).toBeUndefined();
  expect(problem).toMatch(/^1 replica carries [\d.]+ requests\/s within the targets but the load is 500; use \d+ replicas$/);
});

test.each<[any, string]>([
  [undefined, '\'replicas\' is undefined but must be a whole number from 1 up'],
  [{ replicas: 0 }, '\'replicas\' is 0 but must be a whole number from 1 up'],
  [{ replicas: NaN, layout: {} }, '\'replicas\' is NaN but must be a whole number from 1 up'],
  [{ replicas: 1 }, '\'layout.tensorParallel\' is undefined but must be a whole number from 1 up'],
  [{ replicas: 1, layout: { tensorParallel: '8' } }, '\'layout.tensorParallel\' is \'8\' but must be a whole number from 1 up'],
])('a manual capacity of %p is refused', (options, message) => {
  expect(sentence(() => Capacity.manual(options))).toBe(message);
});

test('a target that is none is refused', () => {
  expect(sentence(() => Capacity.forTarget(undefined as any))).toBe('\'target\' is undefined but must be a serving target with a \'load\'');
});
