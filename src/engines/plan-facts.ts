import { IConstruct } from 'constructs';
import { fail, show } from '../errors';
import { list } from './versions';
import { SizingPlan } from '../sizing/plan';

/** Ranks of one replica. */
export interface GpuLayout {
  readonly tensor: number;
  readonly pipeline: number;
  readonly data: number;
  readonly experts: number;
  readonly nodes: number;
}

/** The plan's layout, with its defaults. */
export function gpuLayout(scope: IConstruct, plan: SizingPlan): GpuLayout {
  const { tensorParallel: tensor, pipelineParallel: pipeline = 1, dataParallel: data = 1, expertParallel: experts = 1 } = plan.layout;
  const gpus = tensor * pipeline * data;
  const nodes = plan.nodesPerReplica;
  if (gpus % nodes !== 0) { fail(scope, `a replica of ${gpus} GPUs can't be spread evenly over ${nodes} nodes; use a 'layout' whose GPUs are a multiple of ${nodes}`); }
  return { tensor, pipeline, data, experts, nodes };
}

/** What an engine's start and caching depend on. */
export interface ModelTraits {
  readonly hasAttention: boolean;
  /** Whether kernels beyond a dense transformer's are compiled; true where the shape is not known. */
  readonly compilesKernels: boolean;
}

export function modelTraits(plan: SizingPlan): ModelTraits {
  const kinds = plan.model._shape?.kinds;
  return {
    hasAttention: !kinds || kinds.some(({ attention }) => attention.type === 'gqa' || attention.type === 'mla'),
    compilesKernels: !kinds || kinds.some(({ attention, feedForward }) => attention.type === 'state' || feedForward.type === 'moe'),
  };
}

/** Formats that a checkpoint has without being quantised, and the engines' word for them. */
const FLOATS: { readonly [precision: string]: string } = { fp32: 'float32', fp16: 'float16', bf16: 'bfloat16' };

const HALVES = ['fp16', 'bf16'];

/** bf16 needs a compute capability of 8.0. */
const BF16_CAPABILITY = 8;

/** The arguments behind a plan's precision. */
export interface WeightFormat {
  /** Format of whatever is not quantised. */
  readonly dtype: string;
  /** Quantisation while the weights are loaded; undefined where they are served as published. */
  readonly quantization?: string;
}

/**
 * How to serve the plan's precision, from weights as they are published.
 *
 * @param online the engine's word for each precision that it makes of 16-bit weights while it loads them
 */
export function weightFormat(scope: IConstruct, plan: SizingPlan, engine: string, online: { readonly [precision: string]: string }): WeightFormat {
  const { model, precision } = plan;
  const published = model.weightPrecision.name;
  const isQuantized = model._shape?.quantization !== undefined || !(published in FLOATS);
  if (isQuantized) {
    if (precision.name !== published) {
      fail(scope, `'precision' is ${show(precision.name)} but model ${show(model.id)} is published in ${published}, which ${engine} can't turn into another format; `
        + 'leave it out, or name a model that is published so');
    }
    return { dtype: dtypeOf(plan, model._shape?.baseFormat ?? 'bf16') };
  }
  if (precision.name in FLOATS) { return { dtype: FLOATS[precision.name] }; }
  if (!Object.prototype.hasOwnProperty.call(online, precision.name)) {
    fail(scope, `'precision' is ${show(precision.name)} but ${engine} can't make it of the ${published} weights of model ${show(model.id)} while it loads them `
      + `(it can make ${list(Object.keys(online))}); name a model that is published in ${precision.name}, or use Precision.FP8`);
  }
  return { dtype: dtypeOf(plan, published), quantization: online[precision.name] };
}

/** Activations' format beside quantised weights: 16 bits, and fp16 where the accelerator has no bf16. */
function dtypeOf(plan: SizingPlan, base: string): string {
  const capability = plan.pool.accelerator.computeCapability;
  return base === 'fp16' || (capability !== undefined && capability < BF16_CAPABILITY) ? FLOATS.fp16 : FLOATS.bf16;
}

/**
 * The engine's word for the plan's KV cache; undefined where the engine takes that format by itself. A cache of 16 bits has the format of
 * the activations, whichever of the two the plan names: they take the same room, and attention computes in one of them.
 *
 * @param known the engine's word for each precision of a KV cache
 * @param dtype format of the activations, which is the cache's where nothing else is said
 */
export function kvCacheFormat(
  scope: IConstruct, plan: SizingPlan, engine: string, known: { readonly [precision: string]: string }, dtype: string,
): string | undefined {
  const planned = plan.kvCachePrecision.name;
  const activations = Object.keys(FLOATS).find((float) => FLOATS[float] === dtype)!;
  const name = HALVES.includes(planned) && HALVES.includes(activations) ? activations : planned;
  const asked = plan.model._shape?.quantization?.kvCachePrecision;
  if (name === activations && (asked === undefined || HALVES.includes(asked))) { return undefined; }
  if (!Object.prototype.hasOwnProperty.call(known, name)) {
    fail(scope, `'kvCachePrecision' is ${show(name)} but the KV cache of ${engine} can be ${list(Object.keys(known))} only; use Precision.BF16 or Precision.FP8`);
  }
  return known[name];
}
