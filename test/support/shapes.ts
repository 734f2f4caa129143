import { Model } from '../../src/catalog/model';
import { Precision } from '../../src/catalog/precision';
import { Attention, FeedForward, LayerKind, ModelShape, Quantization, WeightPart, WeightTensors } from '../../src/catalog/shape';

/** The dimensions that tests speak of; each has a default that makes a small dense model. */
export interface Dimensions {
  readonly id?: string;
  readonly layers?: number;
  readonly hidden?: number;
  readonly heads?: number;
  readonly kvHeads?: number;
  readonly headDim?: number;
  readonly ffn?: number;
  readonly vocab?: number;
  readonly tied?: boolean;
  readonly context?: number;
  /** Layers with a sliding window, and how wide it is. */
  readonly windowed?: { readonly layers: number; readonly window: number };
  readonly moe?: { experts: number; perToken: number; ffn: number; shared?: number; denseLayers?: number };
  readonly mla?: { kvLora: number; rope: number; nope: number; value: number; qLora?: number; indexer?: boolean };
  /** Layers with a recurrent state in place of attention. */
  readonly recurrent?: { readonly layers: number; readonly stateElements: number; readonly floatElements?: number; readonly heads: number };
  readonly quantization?: Quantization;
}

const tensors = (part: WeightPart, split: WeightTensors['split'], parameters: number, activeParameters = parameters): WeightTensors =>
  ({ part, split, parameters, activeParameters });

/** A model of these dimensions, with the tensors of a gated transformer. */
export function model(d: Dimensions = {}): Model {
  const shape = shapeOf(d);
  const all = [...shape.first, ...shape.last, ...shape.order.flatMap((kind) => shape.kinds[kind].weights)];
  const sum = (value: (t: WeightTensors) => number) => all.reduce((total, t) => total + value(t), 0);
  return Model._create({
    id: d.id ?? 'test/model',
    parameters: sum((t) => t.parameters),
    activeParameters: sum((t) => t.activeParameters),
    maxContextTokens: d.context,
    weightPrecision: d.quantization ? Precision.named(d.quantization.precision) : Precision.BF16,
    source: 'a test',
    asOf: '2026-01-01',
    shape,
  });
}

export function shapeOf(d: Dimensions): ModelShape {
  const layers = d.layers ?? 32;
  const hidden = d.hidden ?? 4096;
  const vocab = d.vocab ?? 128256;
  const dense = d.moe ? d.moe.denseLayers ?? 0 : layers;
  const windowed = d.windowed?.layers ?? 0;
  const recurrent = d.recurrent?.layers ?? 0;
  const kinds: LayerKind[] = [];
  const names: string[] = [];
  const order = Array.from({ length: layers }, (_, i) => {
    const attention = i < recurrent ? 'recurrent' : i < recurrent + windowed ? 'windowed' : 'full';
    const feedForward = i < dense ? 'dense' : 'moe';
    const name = `${attention} ${feedForward}`;
    if (!names.includes(name)) {
      names.push(name);
      kinds.push(layerKind(d, hidden, attention, feedForward));
    }
    return names.indexOf(name);
  });
  return {
    hiddenSize: hidden,
    vocabSize: vocab,
    kinds,
    order,
    first: [tensors('embedding', 'tensor', vocab * hidden, d.tied ? vocab * hidden : 0)],
    last: [tensors('norm', 'replicated', hidden), ...d.tied ? [] : [tensors('head', 'tensor', vocab * hidden)]],
    baseFormat: 'bf16',
    quantization: d.quantization,
  };
}

function layerKind(d: Dimensions, hidden: number, mixer: string, network: string): LayerKind {
  const heads = d.heads ?? 32;
  const kvHeads = d.kvHeads ?? 8;
  const headDim = d.headDim ?? 128;
  const weights: WeightTensors[] = [tensors('norm', 'replicated', 2 * hidden)];
  let attention: Attention;
  if (mixer === 'recurrent') {
    const { stateElements, floatElements, heads: stateHeads } = d.recurrent!;
    attention = { type: 'state', stateElements, recurrentElements: floatElements ?? stateElements, floatState: floatElements !== undefined, stateFlopsPerToken: 4 * stateElements, heads: stateHeads };
    weights.push(tensors('mixer', 'tensor', 6 * hidden * hidden));
  } else if (d.mla) {
    const { kvLora, rope, nope, value, qLora, indexer } = d.mla;
    attention = {
      type: 'mla',
      queryHeads: heads,
      kvLoraRank: kvLora,
      ropeHeadDim: rope,
      nopeHeadDim: nope,
      valueHeadDim: value,
      ...indexer ? { indexer: { heads: 64, headDim: 128, topK: 2048 } } : {},
    };
    weights.push(
      tensors('attention', 'replicated', hidden * (kvLora + rope) + (qLora ? hidden * qLora : 0)),
      tensors('attention', 'tensor', (qLora ?? hidden) * heads * (nope + rope) + kvLora * heads * (nope + value) + heads * value * hidden),
    );
  } else {
    attention = {
      type: 'gqa',
      queryHeads: heads,
      kvHeads,
      headDim,
      valueHeadDim: headDim,
      ...mixer === 'windowed' ? { window: d.windowed!.window } : {},
    };
    weights.push(tensors('attention', 'tensor', 2 * hidden * heads * headDim), tensors('attention', 'kv', 2 * hidden * kvHeads * headDim));
  }
  let feedForward: FeedForward;
  if (network === 'dense') {
    const ffn = d.ffn ?? 14336;
    feedForward = { type: 'dense', intermediateSize: ffn };
    weights.push(tensors('mlp', 'tensor', 3 * hidden * ffn));
  } else {
    const { experts, perToken, ffn, shared } = d.moe!;
    feedForward = { type: 'moe', experts, expertsPerToken: perToken, expertIntermediateSize: ffn, sharedIntermediateSize: shared ?? 0 };
    weights.push(
      tensors('router', 'replicated', hidden * experts),
      tensors('experts', 'expert', 3 * hidden * ffn * experts, 3 * hidden * ffn * perToken),
      ...shared ? [tensors('sharedExperts', 'tensor', 3 * hidden * shared)] : [],
    );
  }
  return { attention, feedForward, weights };
}

const FP8_BLOCKS: Quantization = { precision: 'fp8', method: 'fp8', parts: ['attention', 'mlp', 'experts', 'sharedExperts'] };

/** Published dimensions of a few models. */
export const llama8b = () => model({ id: 'llama-8b', context: 131072 });
export const llama70b = () => model({ id: 'llama-70b', layers: 80, hidden: 8192, heads: 64, ffn: 28672, context: 131072 });
export const yi34b = () => model({ id: 'yi-34b', layers: 60, hidden: 7168, heads: 56, ffn: 20480, vocab: 64000, context: 4096 });
export const qwen32b = () => model({ id: 'qwen-32b', layers: 64, hidden: 5120, heads: 64, ffn: 25600, vocab: 151936, context: 40960 });
export const nemo12b = () => model({ id: 'nemo-12b', layers: 40, hidden: 5120, heads: 32, ffn: 14336, vocab: 131072, context: 131072 });
export const gemma27b = () => model({
  id: 'gemma-27b', layers: 62, hidden: 5376, heads: 32, kvHeads: 16, ffn: 21504, vocab: 262208, tied: true, context: 131072, windowed: { layers: 52, window: 1024 },
});
export const deepseekR1 = () => model({
  id: 'deepseek-r1',
  layers: 61,
  hidden: 7168,
  heads: 128,
  ffn: 18432,
  vocab: 129280,
  context: 163840,
  mla: { kvLora: 512, rope: 64, nope: 128, value: 128, qLora: 1536 },
  moe: { experts: 256, perToken: 8, ffn: 2048, shared: 2048, denseLayers: 3 },
  quantization: FP8_BLOCKS,
});
export const gptOss120b = () => model({
  id: 'gpt-oss-120b',
  layers: 36,
  hidden: 2880,
  heads: 64,
  kvHeads: 8,
  headDim: 64,
  vocab: 201088,
  context: 131072,
  windowed: { layers: 18, window: 128 },
  moe: { experts: 128, perToken: 4, ffn: 2880 },
  quantization: { precision: 'mxfp4', method: 'mxfp4', parts: ['experts'] },
});
