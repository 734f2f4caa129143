import fc from 'fast-check';
import { Accelerator } from '../../src/catalog/accelerator';
import { Model } from '../../src/catalog/model';
import { check, Checked } from '../../src/sizing/checked';
import { DisaggregatedRequest } from '../../src/sizing/disaggregated-plan';
import { Separate, decodeOf, prefillOf, transferSeconds, withoutPrompts } from '../../src/sizing/disaggregation';
import { Instance } from '../../src/sizing/instance';
import { Load } from '../../src/sizing/load';
import { Objective } from '../../src/sizing/objective';
import { settingsFor } from '../../src/sizing/settings';
import { Sizing } from '../../src/sizing/sizing';
import { llama70b, llama8b } from '../support/shapes';

const H100 = { accelerator: Accelerator.named('h100-sxm'), interNodeBytesPerSecond: 50e9 };
const request = (over: Partial<DisaggregatedRequest> = {}): DisaggregatedRequest => ({
  model: llama70b(),
  pools: [H100],
  load: Load.requestsPerSecond(40, { promptTokens: 4000, outputTokens: 250 }),
  latency: { timeToFirstTokenMillis: 1500, timePerOutputTokenMillis: 25 },
  ...over,
});
const problem = (over: Partial<DisaggregatedRequest>) => {
  try { Sizing.disaggregated(request(over)); } catch (error) { return (error as Error).message; }
  return undefined;
};

test('a plan holds its limits with room left on both sides, adds up, and says why', () => {
  fc.assert(fc.property(
    fc.double({ min: 1, max: 200, noNaN: true }), fc.integer({ min: 100, max: 8000 }), fc.integer({ min: 20, max: 2000 }), fc.integer({ min: 0, max: 2 }),
    (rate, promptTokens, outputTokens, spareReplicas) => {
      const latency = { timeToFirstTokenMillis: 4000, timePerOutputTokenMillis: 40, endToEndMillis: 40 * 4 * outputTokens + 4000 };
      const { prefill, decode, gpus, explanation, cost, energy, ...plan } = Sizing.disaggregated(request({
        load: Load.requestsPerSecond(rate, { promptTokens, outputTokens }), latency, spareReplicas, pools: [{ ...H100, dollarsPerGpuHour: 2 }],
      }));
      expect(plan.timeToFirstToken.atTarget.expected).toBeLessThanOrEqual(latency.timeToFirstTokenMillis);
      expect(plan.timePerOutputToken.atTarget.expected).toBeLessThanOrEqual(latency.timePerOutputTokenMillis);
      expect(plan.endToEnd.atTarget.expected).toBeLessThanOrEqual(latency.endToEndMillis);
      for (const phase of [prefill, decode]) {
        expect(phase.utilization).toBeLessThanOrEqual(0.8 + 1e-9);
        expect(phase.gpus).toBe(phase.replicas * phase.gpusPerReplica);
        expect(phase.replicas).toBeGreaterThan(spareReplicas);
      }
      expect(gpus).toBe(prefill.gpus + decode.gpus);
      expect(cost!.dollarsPerHour).toBe(2 * gpus);
      expect(rate * 3600 * (promptTokens * cost!.dollarsPerMillionPromptTokens) / 1e6 / (2 * prefill.gpus)).toBeCloseTo(1, 9);
      expect(energy!.watts).toBeGreaterThan(gpus * 700 * 0.14);
      expect(energy!.watts).toBeLessThanOrEqual(gpus * 700);
      expect(explanation.every((sentence) => /^[A-Z0-9].*\.$/.test(sentence))).toBe(true);
    }), { numRuns: 20 });
});

test('longer prompts take more instances that read, longer completions more that write', () => {
  const layouts = { prefillLayout: { tensorParallel: 4 }, decodeLayout: { tensorParallel: 4 }, latency: { timePerOutputTokenMillis: 25 } };
  const replicas = (promptTokens: number, outputTokens: number) => {
    const { prefill, decode } = Sizing.disaggregated(request({ ...layouts, load: Load.requestsPerSecond(40, { promptTokens, outputTokens }) }));
    expect([prefill.layout.tensorParallel, decode.layout.tensorParallel]).toEqual([4, 4]);
    return [prefill.replicas, decode.replicas];
  };
  const [short, prompts, outputs] = [replicas(1000, 250), replicas(8000, 250), replicas(1000, 2000)];
  expect(prompts[0]).toBeGreaterThan(4 * short[0]);
  expect(outputs[0]).toBe(short[0]);
  expect(outputs[1]).toBeGreaterThan(4 * short[1]);
});

test('the plan of one fleet stands beside it, or the sentence that says why there is none', () => {
  const asked = request();
  const { aggregated, explanation, gpus } = Sizing.disaggregated(asked);
  expect(aggregated!.gpus).toBe(Sizing.plan(asked).gpus);
  expect(gpus).toBeLessThan(aggregated!.gpus);
  expect(explanation[3]).toMatch(new RegExp(`^One fleet for both would be \\d+ x \\(.*\\) on h100-sxm with ${aggregated!.gpus} GPUs\\.$`));
  const tight = Sizing.disaggregated(request({ pools: [{ ...H100, maxGpus: gpus }] }));
  expect(tight.aggregated).toBeUndefined();
  expect(tight.explanation[3]).toMatch(/^One fleet for both does not do it: no layout serves .*\.$/);
});

test('a price decides between pools where all have one, fewer GPUs where one has none or that is sought', () => {
  const pools = (h100?: number) => [{ ...H100, dollarsPerGpuHour: h100 }, { accelerator: Accelerator.named('a100-sxm-80gb'), dollarsPerGpuHour: 0.5 }];
  const latency = { timePerOutputTokenMillis: 60 };
  const chosen = (over: Partial<DisaggregatedRequest>) => Sizing.disaggregated(request({ latency, ...over })).pool.accelerator.name;
  expect(chosen({ pools: pools(10) })).toBe('a100-sxm-80gb');
  expect(chosen({ pools: pools() })).toBe('h100-sxm');
  expect(chosen({ pools: pools(10), objective: Objective.FEWEST_GPUS })).toBe('h100-sxm');
});

test.each<[Partial<DisaggregatedRequest>, string | RegExp]>([
  [{ latency: { timePerOutputTokenMillis: 1 } },
    /^no pair of layouts for prompts and completions serves 40 requests\/s within a 1 ms time per output token at p95; nearest: with \(TP 8\) a token takes [\d.]+ ms even without load, but at most 1 ms are wanted; raise the limit or lower the precision$/],
  [{ latency: { timeToFirstTokenMillis: 50 } }, /; nearest: with \(.*\) a first token takes \d+ ms even without load, but at most 50 ms are wanted; raise the limit or lower the precision$/],
  [{ latency: { endToEndMillis: 500 } }, /; nearest: with \(.*\) a request takes \d+ ms even without load, but at most 500 ms are wanted; raise the limit or lower the precision$/],
  [{ pools: [{ ...H100, maxGpus: 40 }] },
    /; nearest: \d+ x \(.*\) for prompts and \d+ x \(.*\) for completions take \d+ GPUs; allow them where there are 40, or lower the load$/],
  [{ pools: [{ accelerator: Accelerator.named('l4'), maxGpus: 2 }] }, /; nearest: \(TP 2\): the weights take [\d.]+ GiB per GPU in bf16 but one l4 offers /],
  [{ load: Load.requestsPerSecond(1e7, { promptTokens: 4000, outputTokens: 250 }) }, /; a plan may have at most 1000000 GPUs; lower the load$/],
  [{ prefillLayout: { tensorParallel: 7 } }, /; nearest: \(TP 7\): 'tensorParallel' 7 does not divide 64 attention heads; use /],
  [{ decodeLayout: {} as never }, "'layout.tensorParallel' is undefined but must be a whole number from 1 to 4096"],
  [{ objective: Objective.LOWEST_ENERGY }, "'objective' is 'lowestEnergy', which separate instances are not searched for; use Objective.LOWEST_COST or Objective.FEWEST_GPUS"],
  [{ pools: [] }, "'pools' is a list of 0 but must be a list of at least one pool"],
])('%# what nothing serves is said in one sentence', (over, sentence) => {
  if (typeof sentence === 'string') { expect(problem(over)).toBe(sentence); } else { expect(problem(over)).toMatch(sentence); }
});

/** Two kinds of instances of Llama 8B on one H100 each. */
function eights(prefills: number, decodes: number, network = 50e9): Separate {
  const { subject, lengths } = check(request({ model: llama8b(), load: Load.requestsPerSecond(1, { promptTokens: 2000, outputTokens: 200 }) })) as Checked;
  const pool = { ...H100, interNodeBytesPerSecond: network, gpusPerNode: 1 };
  const at = { tp: 1, pp: 1, dp: 1, ep: 1 };
  const settings = settingsFor(subject, pool.accelerator, at, 16384);
  const [reader, writer] = [new Instance(subject, pool, at, settings), new Instance(withoutPrompts(subject), pool, at, settings)];
  const transfer = transferSeconds(reader, writer, 2000);
  return new Separate(prefillOf(reader, lengths), prefills, decodeOf(writer, lengths), decodes, transfer, 'trtllm', lengths.output);
}

test("a closed loop obeys Little's law, and the fuller side bounds it", () => {
  for (const requests of [1, 8, 64, 512, 4096]) {
    const both = eights(1, 2);
    const point = both.closedLoop(requests);
    const rate = point.prefill.requestsPerSecond;
    expect(2 * point.decode.requestsPerSecond).toBeCloseTo(rate, 6);
    expect(rate * both.endToEndMean(point) / requests).toBeCloseTo(1, 3);
    expect(rate).toBeLessThanOrEqual(both.capacity);
  }
  expect(eights(1, 8).capacity).toBe(eights(1, 16).capacity);
  expect(eights(2, 16).capacity / eights(1, 16).capacity).toBeCloseTo(2, 9);
});

test('completions go on undisturbed by prompts, and a slower network delays the first token alone', () => {
  const [fast, slow] = [50e9, 1e9].map((network) => eights(2, 2, network));
  const rate = 0.5 * fast.capacity;
  const [a, b] = [fast.poisson(rate), slow.poisson(rate)];
  expect(slow.firstTokenMean(b)).toBeGreaterThan(fast.firstTokenMean(a) + 0.1);
  expect(slow.tokenAt(b, 0.9)).toBe(fast.tokenAt(a, 0.9));
  const one = Sizing.estimate({ model: llama8b(), pool: H100, layout: { tensorParallel: 1 }, load: Load.requestsPerSecond(rate / 2, { promptTokens: 2000, outputTokens: 200 }) });
  expect(1000 * a.decode.secondsPerToken).toBeLessThan(one.timePerOutputToken.mean.expected);
});

test('a cache of 2,000 tokens of Llama 8B is 262 MB: 5 ms at 50 GB/s', () => {
  const { subject } = check(request({ model: llama8b() })) as Checked;
  const pool = { ...H100, gpusPerNode: 1 };
  const at = { tp: 1, pp: 1, dp: 1, ep: 1 };
  const instance = new Instance(subject, pool, at, settingsFor(subject, pool.accelerator, at, 16384));
  // 2 x 32 layers x 8 heads x 128 x 2 bytes a token, at 80 % of the line
  expect(transferSeconds(instance, instance, 2000)).toBeCloseTo(2000 * 131072 / 50e9 / 0.8, 4);
});

test('every GPU of a tensor-parallel instance gets the whole latent cache: 70,272 bytes a token of DeepSeek-R1', () => {
  const layout = { tensorParallel: 8 };
  const plan = Sizing.disaggregated(request({
    model: Model.named('deepseek-ai/DeepSeek-R1'), pools: [{ accelerator: Accelerator.named('h200-sxm') }],
    load: Load.requestsPerSecond(10, { promptTokens: 8000, outputTokens: 1000 }), latency: undefined, prefillLayout: layout, decodeLayout: layout,
  }));
  expect(plan.explanation[1]).toMatch(/^A mean prompt leaves up to 0\.5 GiB of KV cache on a GPU, which takes \d+ ms from one side to the other\.$/);
});
