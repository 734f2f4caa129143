/** From an architecture and the format of its checkpoint to the shape that the sizing reads. Internal to the catalogue. */

import { LayerSpec, Module } from './architecture';
import { HubConfig } from './hub-config';
import { firstModules, lastModules, layerParts, speculativeModules } from './parameters';
import { Precision } from './precision';
import { Format, QuantizationRules } from './quantization';
import { LayerKind, ModelShape, Quantization, WeightPart, WeightTensors } from './shape';

/** Weights of one module in one format. */
interface Weight { readonly module: Module; readonly format?: Format }

/** Builds the shape; kinds of layers differ by structure or by the formats of their weights. */
export function buildShape({ architecture, quantization: rules, modelType }: HubConfig): ModelShape {
  const base = architecture.baseFormat;
  const parts = new Map<LayerSpec, ReturnType<typeof layerParts>>();
  const of = (spec: LayerSpec) => {
    const found = parts.get(spec) ?? layerParts(spec, architecture);
    parts.set(spec, found);
    return found;
  };
  const kinds = new Map<string, { index: number; spec: LayerSpec; weights: Weight[] }>();
  /** Kinds of the layers that no quantisation rule singles out. */
  const alike = new Map<LayerSpec, number>();
  const specNumber = new Map<LayerSpec, number>();
  const order = architecture.layers.map((spec, i) => {
    if (!specNumber.has(spec)) { specNumber.set(spec, specNumber.size); }
    if (!rules || !rules.singlesOut(i)) {
      const same = alike.get(spec);
      if (same !== undefined) { return same; }
    }
    const weights = of(spec).modules.map((module) => weigh(module, rules, i));
    const key = `${specNumber.get(spec)}:${weights.map((w) => w.format ? `${w.format.precision}${w.format.bits}` : '').join(',')}`;
    const kind = kinds.get(key) ?? { index: kinds.size, spec, weights };
    kinds.set(key, kind);
    if (!rules || !rules.singlesOut(i)) { alike.set(spec, kind.index); }
    return kind.index;
  });
  const first = firstModules(architecture).map((module) => weigh(module, undefined, -1));
  const last = lastModules(architecture).map((module) => weigh(module, rules, -1));
  const speculative = architecture.speculative.map((spec, i) => ({
    spec, weights: speculativeModules(spec, architecture).map((module) => weigh(module, rules, architecture.layers.length + i, i)),
  }));

  const counted = [...kinds.values()];
  const repeats = counted.map(() => 0);
  order.forEach((kind) => { repeats[kind]++; });
  const quantization = rules && summarize(rules, counted.flatMap((kind, i) => kind.weights.map((weight) => ({ weight, times: repeats[i] }))));
  const gather = (weights: readonly Weight[]) => tensors(weights, base, quantization);
  const kindOf = ({ spec, weights }: { spec: LayerSpec; weights: readonly Weight[] }): LayerKind =>
    ({ attention: of(spec).attention, feedForward: of(spec).feedForward, weights: gather(weights) });
  return {
    hiddenSize: architecture.hiddenSize,
    vocabSize: architecture.vocabSize,
    kinds: counted.map(kindOf),
    order,
    first: gather(first),
    last: gather(last),
    ...speculative.length ? { speculative: speculative.map(kindOf), predictedTokens: architecture.predictedTokens ?? 1 } : {},
    baseFormat: base,
    ...modelType ? { modelType } : {},
    ...architecture.positionScale === undefined ? {} : { positionScale: architecture.positionScale },
    ...quantization ? { quantization } : {},
  };
}

/** Every tensor of a model's main stack, times how often it occurs. */
export function countedTensors(shape: ModelShape): { tensors: WeightTensors; times: number }[] {
  const times = shape.kinds.map(() => 0);
  shape.order.forEach((kind) => { times[kind]++; });
  return [
    ...shape.kinds.flatMap((kind, i) => kind.weights.map((t) => ({ tensors: t, times: times[i] }))),
    ...[...shape.first, ...shape.last].map((t) => ({ tensors: t, times: 1 })),
  ];
}

/** Parameters of the main stack, experts included; layers for multi-token prediction left out. */
export function parametersOf(shape: ModelShape): number {
  return countedTensors(shape).reduce((sum, { tensors: t, times }) => sum + t.parameters * times, 0);
}

/** Parameters that one token's pass multiplies with. */
export function activeParametersOf(shape: ModelShape): number {
  return countedTensors(shape).reduce((sum, { tensors: t, times }) => sum + t.activeParameters * times, 0);
}

/** Bytes of the published checkpoint, layers for multi-token prediction included. */
export function checkpointBytesOf(shape: ModelShape): number {
  const all = [...countedTensors(shape), ...(shape.speculative ?? []).flatMap(({ weights }) => weights).map((t) => ({ tensors: t, times: 1 }))];
  return Math.round(all.reduce((sum, { tensors: t, times }) => sum + t.parameters * times * publishedBits(shape, t) / 8, 0));
}

/** Bits of one parameter in the published checkpoint. */
export function publishedBits(shape: ModelShape, t: WeightTensors): number {
  return t.bits ?? defaultBits(t.part, shape.baseFormat, shape.quantization);
}

function weigh(module: Module, rules: QuantizationRules | undefined, layer: number, speculative?: number): Weight {
  const format = module.linear && rules ? rules.formatOf(namesOf(module.name, layer, speculative), layer, module.part) : undefined;
  return format ? { module, format } : { module };
}

/** What the checkpoint's formats are called together: the one that holds most weights, and the parts that are mostly in it. */
function summarize(rules: QuantizationRules, weights: readonly { weight: Weight; times: number }[]): Quantization {
  const byPrecision = new Map<string, number>();
  const byPart = new Map<WeightPart, { all: number; byPrecision: Map<string, number> }>();
  for (const { weight: { module, format }, times } of weights) {
    const size = module.parameters * times;
    const part = byPart.get(module.part) ?? { all: 0, byPrecision: new Map<string, number>() };
    part.all += size;
    if (format) {
      byPrecision.set(format.precision, (byPrecision.get(format.precision) ?? 0) + size);
      part.byPrecision.set(format.precision, (part.byPrecision.get(format.precision) ?? 0) + size);
    }
    byPart.set(module.part, part);
  }
  const precision = [...byPrecision].sort((a, b) => b[1] - a[1] || (a[0] < b[0] ? -1 : 1))[0]?.[0] ?? 'bf16';
  const parts = [...byPart].filter(([, part]) => (part.byPrecision.get(precision) ?? 0) > part.all / 2).map(([name]) => name);
  return { precision, parts, method: rules.method, ...rules.kvCachePrecision ? { kvCachePrecision: rules.kvCachePrecision } : {} };
}

/** Adds up weights of one part, split and format. */
function tensors(weights: readonly Weight[], base: string, quantization: Quantization | undefined): WeightTensors[] {
  const sums = new Map<string, WeightTensors>();
  for (const { module, format } of weights) {
    const bits = format?.bits ?? baseBits(base);
    const stated = bits === defaultBits(module.part, base, quantization) ? {} : { bits };
    const key = `${module.part}|${module.split}|${bits}`;
    const so = sums.get(key);
    sums.set(key, {
      part: module.part,
      split: module.split,
      parameters: (so?.parameters ?? 0) + module.parameters,
      activeParameters: (so?.activeParameters ?? 0) + (module.activeParameters ?? module.parameters),
      ...stated,
    });
  }
  return [...sums.values()];
}

function defaultBits(part: WeightPart, base: string, quantization: Quantization | undefined): number {
  return quantization?.parts.includes(part) ? listedBits(quantization.precision) : baseBits(base);
}

function baseBits(base: string): number { return listedBits(base); }

/** NaN for a precision of the user's own, so that its tensors state their bits. */
function listedBits(name: string): number { return Precision.all().find((p) => p.name === name)?.weightBits ?? NaN; }

/** Other names of the same modules, by what the name here starts with. */
const ALIASES: readonly (readonly [string, readonly string[]])[] = [
  ['self_attn.', ['self_attn.', 'mixer.', 'attn.', 'attention.']],
  ['mlp.experts.0.', ['mlp.experts.0.', 'block_sparse_moe.experts.0.', 'feed_forward.experts.', 'mixer.experts.0.', 'ffn.experts.0.', 'experts.0.', 'moe.']],
  ['mlp.shared_experts.', ['mlp.shared_experts.', 'mlp.shared_expert.', 'mixer.shared_experts.', 'feed_forward.shared_expert.', 'block_sparse_moe.shared_experts.', 'share_expert.']],
  ['mlp.', ['mlp.', 'feed_forward.', 'mixer.', 'ffn.']],
  ['mixer.', ['mixer.', 'mamba.']],
];
/** Names of single matrices that some families write differently. */
const RENAMED: { readonly [name: string]: readonly string[] } = {
  gate_proj: ['w1'], up_proj: ['w3'], down_proj: ['w2'],
};
const PREFIXES = ['model.layers.', 'model.language_model.layers.', 'language_model.model.layers.', 'backbone.layers.', 'layers.'];

/** The names by which checkpoints may know a module; layers for multi-token prediction are counted on, or from 0 under `mtp`. */
function namesOf(name: string, layer: number, speculative?: number): string[] {
  if (layer < 0) { return [name, `model.${name}`, `language_model.${name}`]; }
  const alias = ALIASES.find(([start]) => name.startsWith(start));
  const rest = alias ? name.slice(alias[0].length) : name;
  const local = (alias ? alias[1] : ['']).flatMap((start) => [rest, ...name.includes('.experts.') ? RENAMED[rest] ?? [] : []].map((r) => start + r));
  const counted = PREFIXES.flatMap((prefix) => local.map((n) => `${prefix}${layer}.${n}`));
  return speculative === undefined ? counted : [...counted, ...local.map((n) => `mtp.layers.${speculative}.${n}`)];
}
