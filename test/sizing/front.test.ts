import fc from 'fast-check';
import { Accelerator } from '../../src/catalog/accelerator';
import { Model } from '../../src/catalog/model';
import { Load } from '../../src/sizing/load';
import { Objective } from '../../src/sizing/objective';
import { SizingCandidate } from '../../src/sizing/plan';
import { SizingRequest } from '../../src/sizing/questions';
import { Sizing } from '../../src/sizing/sizing';

const NAMES = ['h100-sxm', 'a100-sxm-80gb', 'l40s', 'b200-sxm'];
const request = (over: Partial<SizingRequest> = {}): SizingRequest => ({
  model: Model.named('meta-llama/Llama-3.1-70B-Instruct'),
  pools: NAMES.map((name, i) => ({ accelerator: Accelerator.named(name), dollarsPerGpuHour: 1 + i })),
  load: Load.requestsPerSecond(8, { promptTokens: 1000, outputTokens: 200 }),
  ...over,
});
const axes = (c: SizingCandidate, priced = true) => [priced ? c.cost!.dollarsPerHour : c.gpus!, c.energy!.watts, c.estimate!.endToEnd.atTarget.expected];

test('of no plan of the front is another one better in everything, and no layout that meets the request is better than all of them', () => {
  fc.assert(fc.property(
    fc.double({ min: 0.1, max: 100, noNaN: true }), fc.integer({ min: 50, max: 8000 }), fc.boolean(), fc.subarray(NAMES, { minLength: 1 }), fc.integer({ min: 0, max: 2 }),
    (rate, promptTokens, priced, names, spareReplicas) => {
      const asked = request({
        pools: names.map((name) => ({ accelerator: Accelerator.named(name), dollarsPerGpuHour: priced ? 1 + NAMES.indexOf(name) : undefined })),
        load: Load.requestsPerSecond(rate, { promptTokens, outputTokens: 200 }), spareReplicas,
      });
      const front = Sizing.front(asked);
      const points = front.map((c) => axes(c, priced));
      expect(points.every((a, i) => points.every((b, j) => i === j || a.some((x, k) => x < b[k])))).toBe(true);
      expect(points.map(([price]) => price)).toEqual(points.map(([price]) => price).sort((a, b) => a - b));
      for (const c of Sizing.candidates(asked).filter(({ rejection }) => rejection === undefined)) {
        const [price, ...rest] = axes(c, priced);
        expect(points.some(([p, ...r]) => p <= price && r.every((x, k) => x <= rest[k] * 1.05 * (1 + 1e-9)))).toBe(true);
      }
      expect(front.length).toBeLessThanOrEqual(30);
      expect(front.every(({ rejection }) => rejection === undefined)).toBe(true);
    }), { numRuns: 25 });
});

test('the front starts with a plan as cheap as the best, and ends with one that is as quick as eight times the replicas make it', () => {
  const front = Sizing.front(request());
  expect(front[0].cost!.dollarsPerHour).toBe(Sizing.plan(request()).cost!.dollarsPerHour);
  const last = front[front.length - 1];
  expect(axes(last)[2]).toBeLessThan(axes(front[0])[2] / 2);
  expect(JSON.stringify(Sizing.front(request()).map(axes as never))).toBe(JSON.stringify(front.map(axes as never)));
});

test('the front keeps to stated replicas, to the pool and to the budget', () => {
  expect(Sizing.front(request({ replicas: 30 })).every(({ replicas }) => replicas === 30)).toBe(true);
  const pools = [{ accelerator: Accelerator.named('h100-sxm'), maxGpus: 20 }];
  expect(Math.max(...Sizing.front(request({ pools })).map(({ gpus }) => gpus!))).toBeLessThanOrEqual(20);
  expect(Math.max(...Sizing.front(request({ objective: Objective.lowestLatency({ maxDollarsPerHour: 40 }) })).map(({ cost }) => cost!.dollarsPerHour))).toBeLessThanOrEqual(40);
});

test('where the power of a pool is not known, price and latency alone make the front', () => {
  const front = Sizing.front(request({ pools: [{ accelerator: Accelerator.named('h100-sxm') }, { accelerator: Accelerator.named('mi325x') }] }));
  const latencies = front.map((c) => c.estimate!.endToEnd.atTarget.expected);
  expect(latencies).toEqual([...latencies].sort((a, b) => b - a));
});

test('a request that nothing meets gets the sentence of the plan', () => {
  const asked = request({ latency: { timeToFirstTokenMillis: 1 } });
  const sentence = (ask: () => unknown) => { try { ask(); } catch (error) { return (error as Error).message; } return undefined; };
  expect(sentence(() => Sizing.front(asked))).toMatch(/^no layout serves /);
  expect(sentence(() => Sizing.front(asked))).toBe(sentence(() => Sizing.plan(asked)));
  expect(() => Sizing.front(request({ pools: [] }))).toThrow(new Error("'pools' is a list of 0 but must be a list of at least one pool"));
});
