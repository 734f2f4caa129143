import { EngineRules } from './engine-rules';
import { AdapterSlots } from './questions';
import { Degrees, expertCuts, layersByStage } from './shares';
import { LayerKind, ModelShape, WeightPart, WeightTensors } from '../catalog/shape';

/** Ranks that vLLM's `--max-lora-rank` takes (vllm/config/lora.py of 0.32). */
export const ADAPTER_RANKS: readonly unknown[] = [1, 8, 16, 32, 64, 128, 256, 320, 512];
/** Slots are in the model's 16-bit format, also where its weights are smaller. */
const ELEMENT_BYTES = 2;
const WHOLE: Degrees = { tp: 1, pp: 1, dp: 1, ep: 1 };
/** How far the tensors of a layer may be from the matrices that are counted: biases and sinks. */
const BESIDE_MATRICES = 0.01;

/** Why slots for adapters can't be counted for this model and engine, if so. */
export function uncountedAdapters(adapters: AdapterSlots | undefined, shape: ModelShape, model: string, rules: EngineRules): string | undefined {
  if (adapters === undefined) { return undefined; }
  if (rules.name !== 'vllm') { return `'engine.adapters' is stated but the slots of ${rules.name} are not modelled; use vllm, or leave it out`; }
  return shape.kinds.every((kind) => layerElements(shape.hiddenSize, kind, WHOLE) !== undefined) ? undefined
    : `'engine.adapters' is stated but ${model} has layers beside grouped-query attention and plain feed-forward networks or experts, whose slots are not modelled; leave it out`;
}

/**
 * Bytes of the slots on one rank of a stage. vLLM sets them aside with the weights, for all that an adapter may change, whatever the adapters have: for
 * each slot and matrix, A of rank x inputs and B of outputs x rank. Of matrices split by outputs A is whole on every rank, of those split by inputs
 * B is (vllm/lora/layers/ of 0.32; `--fully-sharded-loras`, `--lora-target-modules` and `--enable-moe-shared-loras` take less).
 */
export function adapterBytes({ maxLoras, maxRank }: AdapterSlots, shape: ModelShape, at: Degrees, stage: number): number {
  const counts = layersByStage(shape.order.length, at.pp);
  const from = counts.slice(0, stage).reduce((sum, count) => sum + count, 0);
  const layers = shape.order.slice(from, from + counts[stage]);
  const byKind = shape.kinds.map((kind) => layerElements(shape.hiddenSize, kind, at) ?? 0);
  // Embedding and head have whole slots on every rank, where the model's class lets adapters change them: Llama's, Qwen 3's and Mixtral's do.
  const ends = (stage === 0 ? 1 : 0) + (stage === at.pp - 1 ? 1 : 0);
  const elements = layers.reduce((sum, kind) => sum + byKind[kind], 0) + ends * (shape.vocabSize + shape.hiddenSize);
  return ELEMENT_BYTES * maxLoras * maxRank * elements;
}

/** Inputs and outputs of one layer's matrices that a rank has slots for; undefined where the layer has others. */
function layerElements(hidden: number, { attention: a, feedForward: ffn, weights }: LayerKind, at: Degrees): number | undefined {
  const parameters = (part: WeightPart, split?: WeightTensors['split']) =>
    weights.reduce((sum, t) => sum + (t.part === part && (split === undefined || t.split === split) ? t.parameters : 0), 0);
  if (a.type !== 'gqa' || a.indexer || a.sharedCache || parameters('other') > 0) { return undefined; }
  const head = a.headDim + a.valueHeadDim;
  if (!near(parameters('attention', 'tensor'), hidden * a.queryHeads * head) || !near(parameters('attention', 'kv'), hidden * a.kvHeads * head)) { return undefined; }
  const attention = 4 * hidden + (Math.ceil(a.queryHeads / at.tp) + Math.ceil(a.kvHeads / at.tp)) * head;
  /** Matrices of `count` networks of one width: two or three, each with the model's width on its other side; NaN where they are not. */
  const matrices = (part: WeightPart, width: number, count = 1) => {
    const times = Math.round(parameters(part) / (count * hidden * width));
    return (times === 2 || times === 3) && near(parameters(part), times * count * hidden * width) ? times : NaN;
  };
  let networks = 0;
  if (ffn.type === 'dense') { networks = matrices('mlp', ffn.intermediateSize) * (hidden + ffn.intermediateSize / at.tp); }
  if (ffn.type === 'moe') {
    const { experts, expertIntermediateSize: width, sharedIntermediateSize: shared } = ffn;
    const local = Math.ceil(experts / Math.max(1, at.ep));
    networks = local * matrices('experts', width, experts) * (hidden + width / expertCuts(at)) + hidden + experts
      + (shared > 0 ? matrices('sharedExperts', shared) * (hidden + shared / at.tp) : 0);
  }
  return Number.isNaN(networks) ? undefined : attention + networks;
}

function near(parameters: number, matrices: number): boolean {
  return Math.abs(parameters - matrices) <= BESIDE_MATRICES * matrices;
}
