import { Accelerator } from '../../src/catalog/accelerator';
import { Model } from '../../src/catalog/model';
import { Precision } from '../../src/catalog/precision';
import { engineRules, EngineRules } from '../../src/sizing/engine-rules';
import { layoutName, layoutProblem, layoutsFor, toLayout } from '../../src/sizing/layouts';
import { SizingPool } from '../../src/sizing/questions';
import { Degrees, layersByStage } from '../../src/sizing/shares';
import { deepseekR1, llama70b, model, yi34b } from '../support/shapes';

const VLLM = engineRules('vllm') as EngineRules;
const nvlink = (over: Partial<SizingPool> = {}): SizingPool => ({ accelerator: Accelerator.named('h100-sxm'), ...over });

function problem(of: Model, degrees: Partial<Degrees>, pool = nvlink(), precision = of.weightPrecision) {
  return layoutProblem(of._shape!, precision, { tp: 1, pp: 1, dp: 1, ep: 1, ...degrees }, pool, VLLM);
}

test.each([
  [yi34b(), { tp: 16 }, "'tensorParallel' 16 does not divide 56 attention heads; use 1, 2, 4 or 8"],
  [model({ heads: 12, kvHeads: 3 }), { tp: 2 }, "'tensorParallel' 2 neither divides 3 KV heads nor is a multiple of them; use 1"],
  [llama70b(), { tp: 16 }, "'tensorParallel' 16 is more than the 8 GPUs of a node; split over nodes with 'pipelineParallel'"],
  [llama70b(), { pp: 81 }, "'pipelineParallel' 81 is more than the 80 layers; use at most 80"],
  [llama70b(), { tp: 4, pp: 3 }, '12 GPUs do not fill whole nodes of 8; use a multiple of 8 GPUs per replica, or at most 8'],
  [llama70b(), { tp: 2, dp: 2 }, "'dataParallel' 2 gains nothing without routed experts; use replicas instead"],
  [llama70b(), { tp: 8, ep: 8 }, "'expertParallel' 8 needs routed experts, which the model does not have; leave it out"],
  [deepseekR1(), { tp: 8, ep: 3 }, "'expertParallel' 3 does not divide the 8 GPUs of tensor and data parallelism; use 1, 2, 4 or 8"],
  [deepseekR1(), { tp: 32 }, 'the FFN width 18432 over 32 GPUs is 576, which cuts the 128-wide blocks of the fp8 weights; split it over fewer GPUs'],
  [model({ ffn: 14338 }), { tp: 4 }, '4 ways do not divide the FFN width 14338; split it over fewer GPUs'],
  [model({ layers: 4, recurrent: { layers: 2, stateElements: 10, heads: 6 } }), { tp: 4 }, "'tensorParallel' 4 does not divide 6 heads of the recurrent layers; use 1 or 2"],
])('%# a layout that does not divide the model is turned down with its numbers', (of, degrees, sentence) => {
  expect(problem(of, degrees)).toBe(sentence);
});

test('a pool smaller than one replica is too small', () => {
  expect(problem(llama70b(), { tp: 4 }, nvlink({ maxGpus: 2 }))).toBe('one replica takes 4 GPUs but the pool has 2; allow more GPUs or use fewer per replica');
});

test('a scale-up link over several nodes allows tensor parallelism over them', () => {
  const rack: SizingPool = { accelerator: Accelerator.named('gb200'), gpusPerNode: 4 };
  expect(problem(llama70b(), { tp: 8 }, rack)).toBeUndefined();
  expect(problem(llama70b(), { tp: 8 }, nvlink({ accelerator: Accelerator.named('l40s'), gpusPerNode: 4 }))).toBe("'tensorParallel' 8 is more than the 4 GPUs of a node; split over nodes with 'pipelineParallel'");
});

test('KV heads are repeated where there are more ranks than heads', () => {
  expect(problem(model({ heads: 32, kvHeads: 2 }), { tp: 8 })).toBeUndefined();
});

test('every layout of a search is different, and each fits its GPUs', () => {
  const layouts = layoutsFor(deepseekR1()._shape!, nvlink(), VLLM);
  expect(new Set(layouts.map((at) => JSON.stringify(at))).size).toBe(layouts.length);
  expect(layouts).toContainEqual({ tp: 8, pp: 1, dp: 1, ep: 1 });
  expect(layouts).toContainEqual({ tp: 8, pp: 1, dp: 1, ep: 8 });
  expect(layouts).toContainEqual({ tp: 1, pp: 1, dp: 8, ep: 8 });
  expect(layouts).toContainEqual({ tp: 8, pp: 2, dp: 1, ep: 1 });
  expect(layouts.every((at) => at.tp * at.pp * at.dp <= 32)).toBe(true);
});

const TRTLLM = engineRules('trtllm') as EngineRules;
const SGLANG = engineRules('sglang') as EngineRules;

test.each<[EngineRules, Partial<Degrees>, string | undefined]>([
  // vLLM: ep is tp x dp or 1 (FusedMoEParallelConfig.make)
  [VLLM, { tp: 8, ep: 8 }, undefined],
  [VLLM, { tp: 2, dp: 4, ep: 8 }, undefined],
  [VLLM, { tp: 8, ep: 4 }, "'expertParallel' 4 is not something that vllm does, which spreads experts over all 8 GPUs of tensor and data parallelism or none; use 8, or leave it out"],
  // SGLang: tp_size % dp_size == 0 and tp_size % ep_size == 0, where tp_size counts all GPUs of a stage (server_args.py)
  [SGLANG, { tp: 8, ep: 4 }, undefined],
  [SGLANG, { tp: 2, dp: 4, ep: 8 }, undefined],
  // TensorRT-LLM: moe_tp x moe_ep = tp (mapping.py), and attention ranks of one GPU
  [TRTLLM, { tp: 8, ep: 4 }, undefined],
  [TRTLLM, { dp: 8, ep: 8 }, undefined],
  [TRTLLM, { tp: 2, dp: 4, ep: 8 }, "'dataParallel' 4 with 'tensorParallel' 2 is not something that trtllm does, whose attention ranks are one GPU each; use 'dataParallel' 8 alone"],
])('%#: an engine lays out what it can', (rules, degrees, sentence) => {
  const of = deepseekR1();
  expect(layoutProblem(of._shape!, of.weightPrecision, { tp: 1, pp: 1, dp: 1, ep: 1, ...degrees }, nvlink(), rules)).toBe(sentence);
});

test('a search looks at no layout that the engine refuses, and with TensorRT-LLM at experts over some of the GPUs', () => {
  const of = deepseekR1();
  for (const rules of [VLLM, SGLANG, TRTLLM]) {
    const refused = layoutsFor(of._shape!, nvlink(), rules).map((at) => layoutProblem(of._shape!, of.weightPrecision, at, nvlink(), rules) ?? '');
    expect(refused.filter((sentence) => sentence.includes('is not something that'))).toEqual([]);
  }
  expect(layoutsFor(of._shape!, nvlink(), TRTLLM)).toContainEqual({ tp: 8, pp: 1, dp: 1, ep: 2 });
  expect(layoutsFor(of._shape!, nvlink(), TRTLLM).filter(({ tp, dp }) => tp > 1 && dp > 1)).toEqual([]);
  expect(layoutsFor(of._shape!, nvlink(), SGLANG).filter(({ tp, dp, ep }) => ep > 1 && ep < tp * dp)).toEqual([]);
});

test('a dense model is not split by data or experts', () => {
  expect(layoutsFor(llama70b()._shape!, nvlink(), VLLM).filter((at) => at.dp > 1 || at.ep > 1)).toEqual([]);
});

test('a precision without blocks may be cut anywhere', () => {
  expect(problem(deepseekR1(), { tp: 8, pp: 1 }, nvlink(), Precision.BF16)).toBeUndefined();
});

test.each([
  [{ tp: 1, pp: 1, dp: 1, ep: 1 }, 'TP 1'],
  [{ tp: 8, pp: 2, dp: 1, ep: 1 }, 'TP 8 x PP 2'],
  [{ tp: 1, pp: 1, dp: 8, ep: 8 }, 'DP 8 + EP 8'],
])('%o is written %s', (at, name) => expect(layoutName(at)).toBe(name));

test.each([[61, 2, [31, 30]], [62, 4, [15, 16, 16, 15]], [80, 3, [27, 27, 26]], [8, 1, [8]]])(
  '%d layers over %d stages are dealt as vLLM deals them', (layers, pp, expected) => expect(layersByStage(layers, pp)).toEqual(expected),
);

const only = (over: Partial<EngineRules>): EngineRules => ({ ...VLLM, name: 'tiny', ...over });
const moe = model({ layers: 2, heads: 8, kvHeads: 8, moe: { experts: 6, perToken: 2, ffn: 1536 } });

test.each<[Model, Partial<Degrees>, EngineRules, string]>([
  [moe, { dp: 2, ep: 2 }, only({ dataParallelAttention: false }), "'dataParallel' 2 is not something that tiny does; leave it out"],
  [moe, { tp: 2, ep: 2 }, only({ expertParallel: false }), "'expertParallel' 2 is not something that tiny does; leave it out"],
  [llama70b(), { tp: 8, pp: 2 }, only({ severalNodes: false }), '16 GPUs are more than one node of 8, and tiny stays within one; use fewer GPUs per replica'],
  [moe, { tp: 4, ep: 4 }, VLLM, "'expertParallel' 4 does not divide 6 experts; use 1 or 2"],
  [model({ layers: 2, heads: 8, kvHeads: 8, moe: { experts: 6, perToken: 2, ffn: 1540 } }), { tp: 8 }, VLLM, '8 ways do not divide the expert width 1540; split it over fewer GPUs'],
])('%# what an engine or a number of experts does not do is said', (of, degrees, rules, sentence) => {
  expect(layoutProblem(of._shape!, of.weightPrecision, { tp: 1, pp: 1, dp: 1, ep: 1, ...degrees }, nvlink(), rules)).toBe(sentence);
});

test('integers in groups of 128 are cut between groups, whoever quantised them', () => {
  const of = model({ ffn: 14336 });
  expect(problem(of, { tp: 8 }, nvlink(), Precision.INT4)).toBeUndefined();
  expect(problem(model({ ffn: 14400 }), { tp: 4 }, nvlink(), Precision.INT4))
    .toBe('the FFN width 14400 over 4 GPUs is 3600, which cuts the 128-wide blocks of the int4 weights; split it over fewer GPUs');
  expect(problem(model({ ffn: 14400 }), { tp: 4 }, nvlink(), Precision.FP8)).toBeUndefined();
  expect(problem(model({ ffn: 14400 }), {}, nvlink(), Precision.INT4)).toBeUndefined();
  const scaled = (method: string) => model({ ffn: 14400, quantization: { precision: 'fp8', method, parts: ['mlp'] } });
  expect([problem(scaled('modelopt'), { tp: 4 }), problem(scaled('fp8'), { tp: 4 }, nvlink(), Precision.BF16)]).toEqual([undefined, undefined]);
  expect(problem(scaled('fp8'), { tp: 4 })).toBe('the FFN width 14400 over 4 GPUs is 3600, which cuts the 128-wide blocks of the fp8 weights; split it over fewer GPUs');
});

test('experts that are dealt out whole may have any width', () => {
  const of = model({ layers: 2, heads: 8, kvHeads: 8, moe: { experts: 8, perToken: 2, ffn: 1541 } });
  expect(problem(of, { tp: 8, ep: 8 })).toBeUndefined();
  expect(problem(of, { dp: 8, ep: 4 })).toBe('2 ways do not divide the expert width 1541; split it over fewer GPUs');
});

test('a recurrent model is split by its heads', () => {
  const of = model({ layers: 4, heads: 8, recurrent: { layers: 2, stateElements: 10, heads: 8 } });
  expect(problem(of, { tp: 4 })).toBeUndefined();
});

test('as many stages as layers, and pools of just one replica, are enough', () => {
  expect(problem(llama70b(), { pp: 80 }, nvlink({ gpusPerNode: 80 }))).toBeUndefined();
  expect(problem(llama70b(), { tp: 4 }, nvlink({ maxGpus: 4 }))).toBeUndefined();
  expect(problem(llama70b(), { tp: 8, pp: 2 })).toBeUndefined();
});

const names = (of: Model, pool: SizingPool, rules = VLLM) => layoutsFor(of._shape!, pool, rules).map(layoutName);

test('a dense model is looked at in powers of two within a node, and in pipelines of up to four whole nodes', () => {
  expect(names(llama70b(), nvlink({ gpusPerNode: 4 }))).toEqual([
    'TP 1', 'TP 2', 'PP 2', 'TP 4', 'TP 2 x PP 2', 'PP 4', 'TP 4 x PP 2', 'TP 4 x PP 3', 'TP 4 x PP 4',
  ]);
  expect(names(llama70b(), nvlink({ gpusPerNode: 4 }), only({ severalNodes: false }))).toEqual([
    'TP 1', 'TP 2', 'PP 2', 'TP 4', 'TP 2 x PP 2', 'PP 4',
  ]);
});

test('no layout is larger than the pool', () => {
  expect(names(llama70b(), nvlink({ maxGpus: 3 }))).toEqual(['TP 1', 'TP 2', 'PP 2']);
  expect(names(llama70b(), nvlink({ gpusPerNode: 1 }))).toEqual(['TP 1', 'PP 2', 'PP 3', 'PP 4']);
});

test('an odd node is taken whole', () => {
  expect(names(llama70b(), nvlink({ gpusPerNode: 3, maxGpus: 3 }))).toEqual(['TP 1', 'TP 2', 'PP 2', 'TP 3', 'PP 3']);
});

test('a model with experts is looked at with its experts dealt out, and its attention repeated', () => {
  expect(names(deepseekR1(), nvlink({ gpusPerNode: 2, maxGpus: 4 }))).toEqual([
    'TP 1', 'TP 2', 'TP 2 + EP 2', 'DP 2 + EP 2', 'PP 2', 'TP 2 x PP 2',
  ]);
});

test('a rack that is one link is one node', () => {
  const rack = nvlink({ accelerator: Accelerator.named('gb200'), gpusPerNode: 4, maxGpus: 8 });
  expect(names(deepseekR1(), rack)).toEqual(expect.arrayContaining(['TP 8', 'TP 8 + EP 8', 'DP 8 + EP 8', 'TP 4 x PP 2']));
});

test('the public form of a layout states every degree', () => {
  expect(toLayout({ tp: 1, pp: 2, dp: 3, ep: 4 })).toEqual({ tensorParallel: 1, pipelineParallel: 2, dataParallel: 3, expertParallel: 4 });
  expect([layoutName({ tp: 2, pp: 2, dp: 2, ep: 4 }), layoutName({ tp: 1, pp: 1, dp: 1, ep: 2 })]).toEqual(['TP 2 x PP 2 x DP 2 + EP 4', 'TP 1 + EP 2']);
});
