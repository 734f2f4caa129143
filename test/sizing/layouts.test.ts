import { Accelerator } from '../../src/catalog/accelerator';
import { Model } from '../../src/catalog/model';
import { Precision } from '../../src/catalog/precision';
import { engineRules, EngineRules } from '../../src/sizing/engine-rules';
import { layoutName, layoutProblem, layoutsFor } from '../../src/sizing/layouts';
import { SizingPool } from '../../src/sizing/plan';
import { Degrees, layersByStage } from '../../src/sizing/shares';
import { deepseekR1, llama70b, model, yi34b } from '../support/shapes';

const VLLM = engineRules('vllm') as EngineRules;
const nvlink = (over: Partial<SizingPool> = {}): SizingPool => ({ accelerator: Accelerator.named('h100-sxm'), ...over });

function problem(of: Model, degrees: Partial<Degrees>, pool = nvlink(), precision = of.weightPrecision) {
  return layoutProblem(of._shape!, precision, { tp: 1, pp: 1, dp: 1, ep: 1, ...degrees }, pool, VLLM);
}

test.each([
  [yi34b(), { tp: 16 }, 'tensorParallel 16 does not divide 56 heads'],
  [model({ heads: 12, kvHeads: 3 }), { tp: 2 }, 'tensorParallel 2 neither divides 3 KV heads nor is a multiple of them'],
  [llama70b(), { tp: 16 }, 'tensorParallel 16 is more than the 8 GPUs of a node; split over nodes with pipelineParallel'],
  [llama70b(), { pp: 81 }, 'pipelineParallel 81 is more than the 80 layers'],
  [llama70b(), { tp: 4, pp: 3 }, '12 GPUs do not fill whole nodes of 8'],
  [llama70b(), { tp: 2, dp: 2 }, 'dataParallel 2 gains nothing without routed experts; use replicas instead'],
  [llama70b(), { tp: 8, ep: 8 }, 'expertParallel 8 needs routed experts, which the model does not have'],
  [deepseekR1(), { tp: 8, ep: 3 }, 'expertParallel 3 does not divide the 8 GPUs of tensor and data parallelism'],
  [deepseekR1(), { tp: 32 }, 'the FFN width 18432 over 32 GPUs is 576, which cuts the 128-wide blocks of the fp8 weights'],
  [model({ ffn: 14338 }), { tp: 4 }, '4 ways do not divide the FFN width 14338'],
  [model({ layers: 4, recurrent: { layers: 2, stateElements: 10, heads: 6 } }), { tp: 4 }, 'tensorParallel 4 does not divide 6 heads of the recurrent layers'],
])('%# a layout that does not divide the model is turned down with its numbers', (of, degrees, sentence) => {
  expect(problem(of, degrees)).toBe(sentence);
});

test('a pool smaller than one replica is too small', () => {
  expect(problem(llama70b(), { tp: 4 }, nvlink({ maxGpus: 2 }))).toBe('one replica takes 4 GPUs but the pool has 2');
});

test('a scale-up link over several nodes allows tensor parallelism over them', () => {
  const rack: SizingPool = { accelerator: Accelerator.named('gb200'), gpusPerNode: 4 };
  expect(problem(llama70b(), { tp: 8 }, rack)).toBeUndefined();
  expect(problem(llama70b(), { tp: 8 }, nvlink({ accelerator: Accelerator.named('l40s'), gpusPerNode: 4 }))).toBe('tensorParallel 8 is more than the 4 GPUs of a node; split over nodes with pipelineParallel');
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
