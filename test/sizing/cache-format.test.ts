import { Accelerator } from '../../src/catalog/accelerator';
import { Model } from '../../src/catalog/model';
import { Precision } from '../../src/catalog/precision';
import { eightBitCacheProblem } from '../../src/sizing/cache-format';
import { DisaggregatedRequest } from '../../src/sizing/disaggregated-plan';
import { Load } from '../../src/sizing/load';
import { SizingRequest } from '../../src/sizing/questions';
import { Subject, subjectOf } from '../../src/sizing/request';
import { Sizing } from '../../src/sizing/sizing';

const LLAMA = Model.named('meta-llama/Llama-3.3-70B-Instruct');
const DEEPSEEK = Model.named('deepseek-ai/DeepSeek-R1');
const problem = (model: Model, accelerator: string, name: string, version?: string) =>
  eightBitCacheProblem(subjectOf({ model, engine: { name, version } }) as Subject, Accelerator.named(accelerator));

// vLLM's docs/design/attention_backends.md, SGLang's support matrix of attention backends, TensorRT-LLM's hardware matrix of quantisation.
test.each<[Model, string, string, string?]>([
  [LLAMA, 'h100-sxm', 'vllm'], [LLAMA, 'l40s', 'vllm'], [LLAMA, 'b200-sxm', 'vllm'], [LLAMA, 'rtx-pro-6000-server', 'vllm'], [LLAMA, 'mi300x', 'vllm'],
  [LLAMA, 'h100-sxm', 'sglang'], [LLAMA, 'b300-sxm', 'sglang'],
  [LLAMA, 'a100-sxm-80gb', 'trtllm'], [LLAMA, 'h100-sxm', 'trtllm'],
  [DEEPSEEK, 'h200-sxm', 'vllm', '0.11'], [DEEPSEEK, 'b300-sxm', 'vllm'], [DEEPSEEK, 'b200-sxm', 'sglang'], [DEEPSEEK, 'h200-sxm', 'trtllm'],
])('%#: kernels for a KV cache in FP8', (...row) => expect(problem(...row)).toBeUndefined());

test.each<[Model, string, string, string, string?]>([
  [LLAMA, 'a100-sxm-80gb', 'vllm', 'vllm keeps no KV cache in FP8 on a100-sxm-80gb with its default kernels'],
  [LLAMA, 'a100-sxm-80gb', 'sglang', 'sglang keeps no KV cache in FP8 on a100-sxm-80gb with its default kernels'],
  [LLAMA, 'mi300x', 'sglang', 'sglang keeps no KV cache in FP8 on mi300x with its default kernels'],
  [LLAMA, 'mi300x', 'trtllm', 'trtllm keeps no KV cache in FP8 on mi300x with its default kernels'],
  [LLAMA, 'v100-32gb', 'trtllm', 'trtllm keeps no KV cache in FP8 on v100-32gb with its default kernels'],
  [DEEPSEEK, 'h200-sxm', 'sglang', 'sglang keeps no KV cache of latent attention in FP8 on h200-sxm with its default kernels'],
  [DEEPSEEK, 'mi300x', 'vllm', 'vllm keeps no KV cache of latent attention in FP8 on mi300x with its default kernels'],
  [DEEPSEEK, 'rtx-pro-6000-server', 'vllm', 'vllm keeps no KV cache of latent attention in FP8 on rtx-pro-6000-server with its default kernels'],
  [DEEPSEEK, 'h200-sxm', 'vllm', 'vllm keeps no KV cache of latent attention in FP8 before 0.11', '0.10'],
])('%#: no kernels for a KV cache in FP8', (...[model, accelerator, engine, sentence, version]) => {
  expect(problem(model, accelerator, engine, version)).toBe(sentence);
});

const request = (over: Partial<SizingRequest> = {}): SizingRequest => ({
  model: LLAMA,
  precision: Precision.FP8,
  pools: [{ accelerator: Accelerator.named('h100-sxm') }],
  load: Load.requestsPerSecond(20, { promptTokens: 8000, outputTokens: 500 }),
  ...over,
});

test('without being asked, no plan changes the format of the KV cache', () => {
  expect(new Set(Sizing.candidates(request()).map(({ kvCachePrecision }) => kvCachePrecision))).toEqual(new Set([Precision.BF16]));
});

test('where the KV cache is short, FP8 takes fewer GPUs, and the plan says what it changes', () => {
  const usual = Sizing.plan(request());
  const plan = Sizing.plan(request({ tuneKvCache: true }));
  expect(plan.gpus).toBeLessThan(usual.gpus);
  expect(plan.kvCachePrecision).toBe(Precision.FP8);
  expect(plan.gpus).toBe(Sizing.plan(request({ kvCachePrecision: Precision.FP8 })).gpus);
  expect(plan.assumptions).toContain('The KV cache is kept in fp8, which neither the request nor the checkpoint asks for: it changes answers, more so with scales that nobody calibrated, so measure them before users get them.');
  expect(plan.explanation[0]).toMatch(/^\d+ x \(TP \d, KV cache in fp8\) on h100-sxm, /);
});

test('each layout is looked at in both formats; what needs no change comes first among equals', () => {
  const light = request({ load: Load.requestsPerSecond(0.1, { promptTokens: 200, outputTokens: 200 }), tuneKvCache: true, layout: { tensorParallel: 2 } });
  const found = Sizing.candidates(light);
  expect(found.map(({ kvCachePrecision }) => kvCachePrecision.name)).toEqual(['bf16', 'fp8']);
  expect(found.every(({ rejection }) => rejection === undefined)).toBe(true);
  expect(Sizing.plan(light).assumptions.join()).not.toMatch(/kept in fp8/);
});

test('where the engine has no kernels for it, the candidate says so', () => {
  const found = Sizing.candidates(request({ pools: [{ accelerator: Accelerator.named('a100-sxm-80gb') }], precision: Precision.BF16, tuneKvCache: true }));
  expect(found.filter(({ kvCachePrecision }) => kvCachePrecision === Precision.FP8).map(({ rejection }) => rejection))
    .toEqual(['vllm keeps no KV cache in FP8 on a100-sxm-80gb with its default kernels']);
});

test('a stated format stays, and one of 8 bits is not looked at twice', () => {
  const formats = (kvCachePrecision: Precision) =>
    new Set(Sizing.candidates(request({ kvCachePrecision, tuneKvCache: true })).map((c) => c.kvCachePrecision));
  expect([formats(Precision.BF16), formats(Precision.FP8)]).toEqual([new Set([Precision.BF16]), new Set([Precision.FP8])]);
});

test('the front keeps the plans whose answers are unchanged', () => {
  const usual = Sizing.front(request());
  const both = Sizing.front(request({ tuneKvCache: true }));
  expect(both.filter(({ kvCachePrecision }) => kvCachePrecision === Precision.BF16)).toHaveLength(usual.length);
  expect(both.some(({ kvCachePrecision }) => kvCachePrecision === Precision.FP8)).toBe(true);
});

test('the flag is a boolean, and separate instances are not searched for it', () => {
  expect(() => Sizing.plan(request({ tuneKvCache: 'false' as never }))).toThrow(new Error("'tuneKvCache' is 'false' but must be true or false"));
  const separate = (flags: Partial<DisaggregatedRequest>) => () => Sizing.disaggregated({ ...request(), ...flags });
  expect(separate({ tuneKvCache: true })).toThrow(new Error("'tuneKvCache' is true, which separate instances are not searched for; leave it out and state what they shall run with"));
  expect(separate({ tuneEngine: true })).toThrow(new Error("'tuneEngine' is true, which separate instances are not searched for; leave it out and state what they shall run with"));
});
