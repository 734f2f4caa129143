import { Accelerator } from '../../src/catalog/accelerator';
import { Precision } from '../../src/catalog/precision';
import { Load } from '../../src/sizing/load';
import { SizingRequest } from '../../src/sizing/questions';
import { Sizing, solve } from '../../src/sizing/sizing';
import { deepseekR1, gptOss120b, llama70b, llama8b, yi34b } from '../support/shapes';

const H100 = Accelerator.named('h100-sxm');
const LENGTHS = { promptTokens: 1024, outputTokens: 256 };

function request(over: Partial<SizingRequest> = {}): SizingRequest {
  return {
    model: llama70b(),
    precision: Precision.FP8,
    pools: [{ accelerator: H100 }],
    load: Load.requestsPerSecond(40, LENGTHS),
    latency: { timeToFirstTokenMillis: 500, timePerOutputTokenMillis: 50 },
    ...over,
  };
}

const problem = (over: Partial<SizingRequest>) => solve(request(over)).problem;

test('a plan holds its own targets, adds up, and says why', () => {
  const plan = Sizing.plan(request({ spareReplicas: 1, pools: [{ accelerator: H100, dollarsPerGpuHour: 3 }] }));
  expect(plan.estimate.timeToFirstToken.atTarget.expected).toBeLessThanOrEqual(500);
  expect(plan.estimate.timePerOutputToken.atTarget.expected).toBeLessThanOrEqual(50);
  expect(plan.gpus).toBe(plan.replicas * plan.gpusPerReplica);
  expect(plan.nodes * 8).toBeGreaterThanOrEqual(plan.gpus);
  expect(plan.estimate.outputTokensPerSecond.expected * (plan.replicas - 1)).toBeCloseTo(40 * 256, 3);
  expect(plan.cost!.dollarsPerHour).toBe(plan.gpus * 3);
  expect(plan.cost!.dollarsPerMillionOutputTokens).toBeCloseTo(plan.cost!.dollarsPerHour / (40 * 256 * 3600) * 1e6, 9);
  expect(plan.estimate.utilization).toBeLessThanOrEqual(0.81);
  expect(plan.explanation.length).toBeGreaterThan(3);
  expect(plan.assumptions).toContain('1 of the replicas is a spare that takes no load.');
  expect([...plan.assumptions, ...plan.explanation].every((s) => /^[A-Z0-9a-z].*\.$/.test(s))).toBe(true);
});

test('the settings of a plan carry what it promises', () => {
  const { estimate } = Sizing.plan(request());
  expect(estimate.settings.maxModelLen).toBe(8192);
  expect(estimate.settings.maxNumSeqs).toBeGreaterThanOrEqual(estimate.concurrentRequests);
  expect(estimate.kvCacheTokens).toBeGreaterThan(estimate.concurrentRequests * 1152);
});

test('settings that the user fixed are kept', () => {
  const engine = { maxModelLen: 4096, maxNumSeqs: 48, maxNumBatchedTokens: 4096, memoryFraction: 0.8, kvBlockSize: 32 };
  expect(Sizing.plan(request({ engine })).estimate.settings).toEqual(engine);
});

test('a stated layout is the only one that is looked at', () => {
  const candidates = Sizing.candidates(request({ layout: { tensorParallel: 4 } }));
  expect(candidates.map((c) => c.layout)).toEqual([{ tensorParallel: 4, pipelineParallel: 1, dataParallel: 1, expertParallel: 1 }]);
});

test('a load in output tokens is the same load in requests', () => {
  const tokens = Sizing.plan(request({ load: Load.outputTokensPerSecond(40 * 256, LENGTHS) }));
  expect(tokens.replicas).toBe(Sizing.plan(request()).replicas);
});

test('stated replicas say what they carry', () => {
  const free = Sizing.plan(request({ layout: { tensorParallel: 8 } }));
  const plan = Sizing.plan(request({ layout: { tensorParallel: 8 }, replicas: free.replicas + 3 }));
  expect(plan.replicas).toBe(free.replicas + 3);
  expect(plan.estimate.utilization).toBeLessThan(free.estimate.utilization);
});

test('fails when stated replicas are too few, with what would do', () => {
  expect(problem({ layout: { tensorParallel: 8 }, replicas: 1 })).toMatch(
    /^1 replica carries [\d.]+ requests\/s within the targets but the load is 40; use \d+ replicas$/,
  );
});

test('the cheaper pool wins where both have prices, and the one with fewer GPUs where one has none', () => {
  const a100 = Accelerator.named('a100-sxm-80gb');
  const pools = (h100?: number, other?: number) => [{ accelerator: H100, dollarsPerGpuHour: h100 }, { accelerator: a100, dollarsPerGpuHour: other }];
  const pick = (h100?: number, other?: number) =>
    Sizing.plan(request({ precision: Precision.BF16, pools: pools(h100, other) })).pool.accelerator.name;
  expect(pick(10, 1)).toBe('a100-sxm-80gb');
  expect(pick(1, 10)).toBe('h100-sxm');
  expect(pick(undefined, 1)).toBe('h100-sxm');
});

test('a model larger than a node is laid out over two', () => {
  const { nodesPerReplica, layout, nodes, replicas } = Sizing.plan(request({
    model: deepseekR1(), precision: undefined, latency: undefined, pools: [{ accelerator: H100 }], load: Load.requestsPerSecond(2, LENGTHS),
  }));
  expect([nodesPerReplica, layout.pipelineParallel, nodes]).toEqual([2, 2, 2 * replicas]);
});

test('a model that fits a node is not spread over several, unless that is asked for', () => {
  const pools = [{ accelerator: H100, gpusPerNode: 2 }];
  const spread = Sizing.candidates(request({ pools, latency: undefined })).filter((c) => c.layout.pipelineParallel! > 2);
  expect(new Set(spread.map((c) => c.rejection))).toEqual(
    new Set(['it spans nodes although a smaller one holds the model; state the layout to run it so']),
  );
  const stated = Sizing.plan(request({ pools, latency: undefined, layout: { tensorParallel: 2, pipelineParallel: 2 } }));
  expect(stated.nodesPerReplica).toBe(2);
});

test('fails with the three nearest misses and a way out', () => {
  const sentence = problem({ latency: { timeToFirstTokenMillis: 20 } })!;
  expect(sentence).toMatch(new RegExp([
    '^no layout serves 40 requests/s within a 20 ms time to first token at p95 on h100-sxm; ',
    'nearest: \\d+ x \\(TP [^)]+\\) at \\d+ ms, \\d+ x \\([^)]+\\) at \\d+ ms, \\d+ x \\([^)]+\\) at \\d+ ms; ',
    "raise 'timeToFirstTokenMillis' to (\\d+) ms(, or allow [a-z0-9-]+)?$",
  ].join('')));
});

test('the target that the sentence advises is one that works', () => {
  const advised = Number(/raise 'timeToFirstTokenMillis' to (\d+) ms/.exec(problem({ latency: { timeToFirstTokenMillis: 20 } })!)![1]);
  expect(problem({ latency: { timeToFirstTokenMillis: advised } })).toBeUndefined();
});

test('fails when the pool is too small, with the GPUs that would do', () => {
  const sentence = problem({ pools: [{ accelerator: H100, maxGpus: 4 }], load: Load.requestsPerSecond(400, LENGTHS) })!;
  expect(sentence).toMatch(/^no layout serves 400 requests\/s within a 500 ms time to first token and a 50 ms time per output token at p95 on h100-sxm; nearest: (\d+ x \([TP0-9 x]+\) with \d+ GPUs(, |; )){3}allow \d+ GPUs where there are 4, or lower the load/);
});

test('fails at 1e9 requests/s instead of printing a plan of a hundred million GPUs', () => {
  expect(problem({ load: Load.requestsPerSecond(1e9, LENGTHS) })).toMatch(
    /^no layout serves 1000000000 requests\/s .*; a plan may have at most 1000000 GPUs; lower the load/,
  );
});

test.each([
  [{ pools: [{ accelerator: Accelerator.named('a100-sxm-80gb') }] },
    'a100-sxm-80gb has no fp8 tensor rate; use Precision.BF16 or Precision.INT8 or Precision.INT4'],
  [{ model: yi34b(), layout: { tensorParallel: 16 } }, "'tensorParallel' 16 does not divide 56 attention heads; use 1, 2, 4 or 8"],
  [{ model: llama8b(), load: Load.requestsPerSecond(1, { promptTokens: 200_000, outputTokens: 10 }) },
    "'promptTokens' and 'outputTokens' together are 200010 tokens but llama-8b has a context of 131072; ask for shorter requests or use a model with a longer context"],
  [{ load: Load.concurrency(8, LENGTHS) },
    "'load' is of kind 'concurrency', which fits one instance and not a fleet; use Load.requestsPerSecond or Load.outputTokensPerSecond"],
  [{ replicas: 2, spareReplicas: 2 }, "'replicas' is 2 but 'spareReplicas' 2 leaves none to carry the load; give more replicas or fewer spares"],
  [{ kvCachePrecision: Precision.INT4 }, "'kvCachePrecision' is 'int4', which can't hold a KV cache; use Precision.BF16 or Precision.FP8"],
  [{ engine: { name: 'vlm' } }, "unknown engine 'vlm'; did you mean 'vllm'?"],
  [{ load: Load.requestsPerSecond(-1, LENGTHS) }, "'load.requestsPerSecond' is -1 but must be a number above 0"],
  [{ load: Load.requestsPerSecond(NaN, LENGTHS) }, "'load.requestsPerSecond' is NaN but must be a number above 0"],
  [{ load: Load.requestsPerSecond(1, { ...LENGTHS, promptTokens: 0 }) }, "'promptTokens' is 0 but must be a number of tokens from 1 to 1000000000"],
  [{ load: Load.requestsPerSecond(1, { ...LENGTHS, promptTokensP99: 100 }) }, "'promptTokensP99' is 100 but must be a number of tokens from 1024 to 1000000000"],
  [{ load: Load.requestsPerSecond(1, { ...LENGTHS, prefixHitRatio: 1.5 }) }, "'prefixHitRatio' is 1.5 but must be a number from 0 to 1"],
  [{ headroom: 1 }, "'headroom' is 1 but must be a number from 0 to 0.99"],
  [{ latency: { percentile: 100 } }, "'latency.percentile' is 100 but must be a number above 0 and at most 99.999"],
  [{ pools: [] }, "'pools' is a list of 0 but must be a list of at least one pool"],
  [{ pools: [{ accelerator: H100, gpusPerNode: 0 }] }, "'pools[0].gpusPerNode' is 0 but must be a whole number from 1 to 1024"],
  [{ engine: { memoryFraction: 1.1 } }, "'engine.memoryFraction' is 1.1 but must be a number above 0 and at most 1"],
])('%# fails with one whole sentence', (over, sentence) => expect(problem(over)).toBe(sentence));

test.each([4, 200, 512])('a plan with steps of %d tokens has no more requests in a step, or vLLM would not start', (maxNumBatchedTokens) => {
  const { plan } = solve(request({ latency: undefined, engine: { maxNumBatchedTokens } }));
  expect(plan!.estimate.settings).toMatchObject({ maxNumBatchedTokens });
  expect(plan!.estimate.settings.maxNumSeqs).toBeLessThanOrEqual(maxNumBatchedTokens);
});

test.each([
  [{ model: llama8b(), engine: { maxModelLen: 131_073 } }, "'engine.maxModelLen' is 131073 but the context of llama-8b is 131072 tokens; state at most that, or leave it out"],
  [{ engine: { maxNumSeqs: 65, maxNumBatchedTokens: 64 } },
    "'engine.maxNumBatchedTokens' is 64 but 'engine.maxNumSeqs' is 65, and vllm does not start with fewer tokens in a step than requests; raise the first, lower the second, or leave one out"],
])('%# settings with which the engine does not start are refused', (over, sentence) => expect(problem(over)).toBe(sentence));

test.each([
  { model: llama8b(), engine: { maxModelLen: 131_072 } }, { engine: { maxNumSeqs: 64, maxNumBatchedTokens: 64 } }, { engine: { name: 'sglang', maxNumSeqs: 64, maxNumBatchedTokens: 63 } },
])('%# settings with which it just starts are not', (over) => expect(problem({ latency: undefined, ...over })).toBeUndefined());

const NO_LIMIT = { latency: undefined, headroom: 0 };

test.each<[string, object, string | RegExp]>([
  ['more replicas than the pool holds', { ...NO_LIMIT, replicas: 20, pools: [{ accelerator: H100, maxGpus: 8 }], layout: { tensorParallel: 1 }, load: Load.requestsPerSecond(2, LENGTHS), model: llama8b() },
    '20 replicas take 20 GPUs but the pool has 8; use at most 8 replicas, as the pool holds 8 GPUs, or allow 20'],
  ['more replicas than the pool holds, in any layout', { ...NO_LIMIT, replicas: 20, pools: [{ accelerator: H100, maxGpus: 8 }], load: Load.requestsPerSecond(2, LENGTHS), model: llama8b() },
    /^no layout serves 2 requests\/s with 20 replicas on h100-sxm; nearest: .*; use at most 8 replicas, as the pool holds 8 GPUs, or allow 20$/],
  ['a load that no number of replicas in the pool carries', { ...NO_LIMIT, replicas: 1, pools: [{ accelerator: H100, maxGpus: 1 }], load: Load.requestsPerSecond(500, LENGTHS), model: llama8b(), layout: { tensorParallel: 1 } },
    /^1 replica carries [\d.]+ requests\/s within the targets but the load is 500; lower it, or allow the (\d+) GPUs of \1 replicas where there is 1$/],
  ['a model that is too large, in a stated layout', { ...NO_LIMIT, model: yi34b(), layout: { tensorParallel: 1 }, pools: [{ accelerator: Accelerator.named('l4') }] },
    /^the weights take 32\.9 GiB per GPU in fp8 but one l4 offers 19\.9 GiB \(memoryFraction 0\.9\); use a smaller precision, a shorter context or more GPUs per replica(, or allow [a-z0-9-]+)?$/],
  ['limits that one GPU could not even meet without them', { model: llama8b(), latency: { endToEndMillis: 100 }, pools: [{ accelerator: H100, maxGpus: 1 }], load: Load.requestsPerSecond(200, LENGTHS) },
    /; even with no limit on latency, allow \d+ GPUs where there is 1, or lower the load$/],
  ['a fraction that leaves nothing', { ...NO_LIMIT, precision: undefined, model: llama8b(), engine: { name: 'sglang', memoryFraction: 1 } },
    /^no layout serves 40 requests\/s on h100-sxm; nearest: \([^)]+\): 'engine\.memoryFraction' 1 leaves 0\.0 GiB .*; use at most 0\.9\d; \([^)]+\).*; \([^)]+\).*$/],
])('%s: the sentence says what would do', (_what, over, sentence) => {
  if (typeof sentence === 'string') { expect(problem(over)).toBe(sentence); } else { expect(problem(over)).toMatch(sentence); }
});

test.each([
  { endToEndMillis: 100 }, { timePerOutputTokenMillis: 0.5 }, { timeToFirstTokenMillis: 3 }, { timeToFirstTokenMillis: 3, timePerOutputTokenMillis: 0.5, endToEndMillis: 50 },
  { timeToFirstTokenMillis: 3, endToEndMillis: 1e6 },
])('%# the limits that the sentence advises are met', (latency) => {
  const sentence = problem({ latency })!;
  const raised = [...sentence.matchAll(/'(\w+Millis)' to ([\d.]+) ms/g)].map(([, limit, millis]) => [limit, Number(millis)]);
  expect(raised.length).toBeGreaterThan(0);
  expect(problem({ latency: { ...latency, ...Object.fromEntries(raised) } })).toBeUndefined();
});

test('with five pools of the longest names, a sentence stays under 600 characters', () => {
  const pools = ['a', 'b', 'c', 'd', 'e'].map((letter) => ({ accelerator: Accelerator.named('l4'), name: letter.repeat(63) }));
  const latency = { timeToFirstTokenMillis: 5, timePerOutputTokenMillis: 1, endToEndMillis: 100 };
  for (const over of [{ model: llama8b() }, { model: yi34b(), layout: { tensorParallel: 1 } }, { model: gptOss120b(), precision: undefined }, { replicas: 3, model: llama8b() }]) {
    expect(problem({ pools, latency, ...over })!.length).toBeLessThanOrEqual(600);
  }
  expect(problem({ pools: [{ ...pools[0], name: 'a'.repeat(64) }] })).toBe(`'pools[0].name' is '${'a'.repeat(60)}…' (64 characters) but must be a name of at most 63 characters`);
});

test('a missing figure is named', () => {
  const bare = Accelerator.all().find((a) => a.memoryBytes !== undefined && a.tensorFlopsPerSecond(Precision.BF16) === undefined
    && a.tensorFlopsPerSecond(Precision.FP16) === undefined)!;
  expect(problem({ precision: Precision.BF16, pools: [{ accelerator: bare }] }))
    .toBe(`${bare.name} has no stated 16-bit tensor rate, so its speed can't be planned; describe it with Accelerator.of`);
});

test.each([undefined, null, 3, 'x', [], {}, { model: {} }, { model: llama8b() }, { model: llama8b(), pools: 'all' }])(
  '%# garbage from JavaScript gives one sentence', (garbage) => {
    const { problem: sentence } = solve(garbage as unknown as SizingRequest);
    expect(sentence).toMatch(/^'[a-z]+' is .+ but must be .+$/);
  },
);

test('a long hostile string is cut', () => {
  expect(solve(request({ engine: { name: 'x'.repeat(5e6) } })).problem!.length).toBeLessThan(200);
});

test('every rejected layout has its reason, and what meets the request comes first', () => {
  const candidates = Sizing.candidates(request({ model: gptOss120b(), precision: undefined, latency: { timePerOutputTokenMillis: 5 } }));
  const firstMiss = candidates.findIndex((c) => c.rejection !== undefined);
  expect(firstMiss).toBeGreaterThan(0);
  expect(candidates.slice(firstMiss).every((c) => c.rejection !== undefined && c.rejection.length > 10)).toBe(true);
});
