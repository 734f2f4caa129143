import { Precision } from '../../src/catalog/precision';
import { Attention, FeedForward, LayerKind, ModelShape, WeightTensors } from '../../src/catalog/shape';
import { baseBits, Degrees, layersByStage, quantizedParts, sharesOf, Tile } from '../../src/sizing/shares';

const GQA: Attention = { type: 'gqa', queryHeads: 8, kvHeads: 4, headDim: 100, valueHeadDim: 50 };
const DENSE: FeedForward = { type: 'dense', intermediateSize: 3000 };
const MOE: FeedForward = { type: 'moe', experts: 16, expertsPerToken: 4, expertIntermediateSize: 500, sharedIntermediateSize: 200 };

const tensors = (part: WeightTensors['part'], split: WeightTensors['split'], parameters: number, over: Partial<WeightTensors> = {}): WeightTensors =>
  ({ part, split, parameters, activeParameters: parameters, ...over });
const kind = (over: Partial<LayerKind> = {}): LayerKind => ({ attention: GQA, feedForward: DENSE, weights: [], ...over });

/** Four layers of one kind and nothing else, unless a test says so. */
function shape(over: Partial<ModelShape> = {}): ModelShape {
  return { hiddenSize: 1000, vocabSize: 5000, kinds: [kind()], order: [0, 0, 0, 0], first: [], last: [], baseFormat: 'bf16', ...over };
}

const shares = (of: ModelShape, at: Partial<Degrees> = {}, precision = Precision.BF16) => sharesOf(of, precision, { tp: 1, pp: 1, dp: 1, ep: 1, ...at });
const stage = (of: ModelShape, at: Partial<Degrees> = {}, precision = Precision.BF16) => shares(of, at, precision).stages[0];
const withWeights = (...weights: WeightTensors[]) => shape({ kinds: [kind({ weights })] });
const withAttention = (attention: Attention, at: Partial<Degrees> = {}) => stage(shape({ kinds: [kind({ attention })] }), at).attention[0];

test.each<[string, WeightTensors, Partial<Degrees>, number]>([
  // [what, a tensor of 1,600 parameters in each of four layers, layout, bytes of a rank]
  ['a tensor that is cut', tensors('attention', 'tensor', 1600), { tp: 4 }, 4 * 1600 * 2 / 4],
  ['one that is repeated', tensors('norm', 'replicated', 1600), { tp: 4 }, 4 * 1600 * 2],
  ['KV heads, while there are enough', tensors('attention', 'kv', 1600), { tp: 4 }, 4 * 1600 * 2 / 4],
  ['KV heads that are repeated', tensors('attention', 'kv', 1600), { tp: 8 }, 4 * 1600 * 2 / 4],
])('%s is held as tensor parallelism holds it', (_what, weights, at, bytes) => {
  expect(stage(withWeights(weights), at).weightBytes).toBe(bytes);
});

test.each<[string, Partial<Degrees>, number, number]>([
  // [what, layout, share of the expert bytes that a rank holds, share of an expert's parameters that a token meets there]
  ['cut over tensor-parallel ranks', { tp: 4 }, 1 / 4, 1 / 4],
  ['dealt to expert-parallel ranks', { tp: 4, ep: 4 }, 1 / 4, 1 / 4],
  ['dealt to data-parallel ranks', { dp: 8, ep: 8 }, 1 / 8, 1 / 8],
  ['dealt by two and cut by four', { tp: 4, dp: 2, ep: 2 }, 1 / 8, 1 / 8],
  // 16 experts over 6 ranks: three on the fullest
  ['dealt unevenly', { tp: 6, ep: 6 }, 3 / 16, 1 / 6],
])('experts are %s', (_what, at, held, active) => {
  const weights = [tensors('experts', 'expert', 1600, { activeParameters: 480 })];
  const found = stage(shape({ kinds: [kind({ feedForward: MOE, weights })] }), at);
  expect(found.expertBytes).toBeCloseTo(4 * 1600 * 2 * held, 9);
  expect(found.weightBytes).toBeCloseTo(4 * 1600 * 2 * held, 9);
  expect(found.expertParameters).toBeCloseTo(4 * 480 * active, 9);
  expect([found.moeLayers, found.expertFraction, found.expertsPerToken, found.expertsQuantized]).toEqual([4, 0.25, 4, false]);
});

test('weights are counted where a step reads them', () => {
  const found = stage(shape({
    kinds: [kind({ weights: [tensors('attention', 'tensor', 100), tensors('norm', 'replicated', 10)] })],
    first: [tensors('embedding', 'tensor', 7000, { activeParameters: 0 })],
    last: [tensors('head', 'tensor', 5000)],
  }), { tp: 2 }, Precision.FP8);
  // FP8 quantises attention, and leaves norms, embedding and head in 16 bits.
  expect(found).toMatchObject({
    layers: 4,
    moeLayers: 0,
    headBytes: 5000,
    headParameters: 2500,
    baseBytes: 4 * 10 * 2,
    baseParameters: 4 * 10,
    quantBytes: 4 * 50 * Precision.FP8.weightBits / 8,
    quantParameters: 4 * 50,
    baseAttentionParameters: 0,
    quantAttentionParameters: 4 * 50,
    expertBytes: 0,
    expertFraction: 0,
    expertsPerToken: 0,
    expertsQuantized: false,
  });
  expect(found.weightBytes).toBe(7000 + 5000 + 80 + 200 * Precision.FP8.weightBits / 8);
});

test('an embedding that is the head too is read as one', () => {
  expect(stage(shape({ first: [tensors('embedding', 'tensor', 7000)] }))).toMatchObject({ headBytes: 14_000, headParameters: 7000, baseBytes: 0 });
});

test('stages between the ends hold layers alone', () => {
  const first = [tensors('embedding', 'tensor', 700, { activeParameters: 0 })];
  const { stages } = shares(shape({ first, last: [tensors('head', 'tensor', 500)] }), { pp: 4 });
  expect(stages.map((s) => s.weightBytes - stages[1].weightBytes)).toEqual([1400, 0, 0, 1000]);
});

test('over a pipeline, the first stage has the embedding, the last the head, and a tied one both', () => {
  const untied = shares(shape({
    first: [tensors('embedding', 'tensor', 700, { activeParameters: 0 })], last: [tensors('head', 'tensor', 500)],
  }), { pp: 2 });
  expect(untied.stages.map((s) => [s.weightBytes, s.headBytes])).toEqual([[1400, 0], [1000, 1000]]);
  expect([untied.fullest, untied.slowest]).toEqual([0, 1]);
  const tied = shares(shape({ first: [tensors('embedding', 'tensor', 700), tensors('norm', 'replicated', 10)] }), { pp: 2 });
  expect(tied.stages.map((s) => [s.weightBytes, s.headBytes])).toEqual([[1420, 0], [1400, 1400]]);
});

test('of equal stages the first is the fullest and the slowest', () => {
  const { fullest, slowest } = shares(withWeights(tensors('attention', 'tensor', 100)), { pp: 2 });
  expect([fullest, slowest]).toEqual([0, 0]);
});

test('the slowest stage is the one that reads most, quantised or not', () => {
  const two = (weights: WeightTensors) => shape({
    kinds: [kind(), kind({ weights: [weights] })], order: [0, 0, 1, 1],
  });
  for (const weights of [tensors('attention', 'tensor', 100), tensors('experts', 'expert', 100), tensors('norm', 'replicated', 100)]) {
    expect(shares(two(weights), { pp: 2 }, Precision.FP8).slowest).toBe(1);
  }
});

test('layers go to the stages in their order', () => {
  const of = shape({ kinds: [kind({ weights: [tensors('mlp', 'tensor', 1)] }), kind({ weights: [tensors('mlp', 'tensor', 100)] })], order: [0, 0, 1, 1, 1] });
  expect(shares(of, { pp: 2 }).stages.map((s) => [s.layers, s.weightBytes])).toEqual([[3, 204], [2, 400]]);
  expect(shares(of, { pp: 5 }).stages.map((s) => s.weightBytes)).toEqual([2, 2, 200, 200, 200]);
});

test('the remainder of the layers goes to the stages before the last', () => {
  expect([layersByStage(7, 4), layersByStage(5, 4), layersByStage(3, 4)]).toEqual([[2, 2, 2, 1], [1, 1, 2, 1], [1, 1, 1, 0]]);
});

const FP8_CHECKPOINT = { precision: 'fp8', method: 'fp8', parts: ['experts'] as const };

test.each<[string, Partial<ModelShape>, Precision, readonly string[] | undefined, number]>([
  ['16 bits', {}, Precision.BF16, undefined, 16],
  ['32 bits', { baseFormat: 'fp32' }, Precision.BF16, undefined, 32],
  ['its own parts, as published', { quantization: FP8_CHECKPOINT }, Precision.FP8, ['experts'], 16],
  ['what is usually quantised', {}, Precision.FP8, ['attention', 'mixer', 'mlp', 'experts', 'sharedExperts'], 16],
  ['the same where it was published otherwise', { quantization: FP8_CHECKPOINT }, Precision.INT4, ['attention', 'mixer', 'mlp', 'experts', 'sharedExperts'], 16],
  ['nothing, served in 16 bits', { quantization: FP8_CHECKPOINT }, Precision.BF16, undefined, 16],
])('a model is held in %s', (_what, over, precision, parts, bits) => {
  expect(quantizedParts(shape(over), precision)).toEqual(parts);
  expect(baseBits(shape(over))).toBe(bits);
});

test('formats of the arithmetic are those of the weights', () => {
  const { baseFormat, baseBits: bits, computeFormat } = shares(shape(), {}, Precision.FP8);
  expect([baseFormat, bits, computeFormat]).toEqual(['bf16', 16, 'fp8']);
  const wide = shares(shape({ baseFormat: 'fp32' }), {}, Precision.FP8);
  expect([wide.baseFormat, wide.baseBits]).toEqual(['fp32', 32]);
  const plain = shares(shape({ baseFormat: 'fp32' }), {}, Precision.FP16);
  expect([plain.baseFormat, plain.baseBits]).toEqual(['fp16', 16]);
});

test('a tensor of its own width keeps it in the published precision alone', () => {
  const own = (over: Partial<ModelShape>) => shape({ kinds: [kind({ weights: [tensors('router', 'replicated', 100, { bits: 32 })] })], ...over });
  expect(stage(own({})).weightBytes).toBe(4 * 400);
  expect(stage(own({}), {}, Precision.FP8).weightBytes).toBe(4 * 200);
  expect(stage(own({ quantization: FP8_CHECKPOINT }), {}, Precision.FP8).weightBytes).toBe(4 * 400);
  expect(stage(own({ quantization: FP8_CHECKPOINT })).weightBytes).toBe(4 * 200);
});

test('what experts copy is told apart', () => {
  expect(stage(shape({ kinds: [kind({ feedForward: MOE })] })).routedElements).toBe(4 * 2000);
  expect(stage(shape({ kinds: [kind({ feedForward: DENSE })] })).routedElements).toBe(0);
});

test('experts in MXFP4 are filled up to the tile of their kernels, others are not', () => {
  const of = shape({ kinds: [kind({ feedForward: MOE, weights: [tensors('experts', 'expert', 1_000_000), tensors('attention', 'tensor', 1000)] })], order: [0] });
  const bytes = (precision: Precision, tp: number, tile?: Tile) => sharesOf(of, precision, { tp, pp: 1, dp: 1, ep: 1 }, tile).stages[0].weightBytes;
  const rest = 1000 * 4.25 / 8;
  // 1,000 to 1,024 wide, 500 to 512 deep
  expect(bytes(Precision.MXFP4, 1, { hidden: 256, inner: 128 }) - rest).toBeCloseTo((bytes(Precision.MXFP4, 1) - rest) * 1.024 * 1.024, 3);
  expect(bytes(Precision.MXFP4, 2, { hidden: 1, inner: 128 }) - rest / 2).toBeCloseTo((bytes(Precision.MXFP4, 2) - rest / 2) * 1.024, 3);
  expect(bytes(Precision.NVFP4, 1, { hidden: 256, inner: 128 })).toBe(bytes(Precision.NVFP4, 1));
});

test.each<[string, FeedForward, Partial<Degrees>, number]>([
  ['four of the model and three of the width', DENSE, {}, 4000 + 9000],
  ['whose width is cut', DENSE, { tp: 4 }, 4000 + 2250],
  // 4 experts per token of 1,000 before and behind, and 3 x 200 shared
  ['copies for the experts', MOE, {}, 4000 + 4 * 2000 + 600],
  ['whose widths are cut', MOE, { tp: 4 }, 4000 + 4 * 2000 + 150],
  ['of the tokens of all ranks of attention', MOE, { dp: 4, ep: 4 }, 4000 + 4 * 4 * 2000 + 600],
  ['no feed-forward at all', { type: 'none' } as FeedForward, {}, 4000],
])('the widest activations are %s', (_what, feedForward, at, elements) => {
  expect(stage(shape({ kinds: [kind({ feedForward }), kind({ feedForward: { type: 'none' } })], order: [0, 1] }), at).activationElements)
    .toBe(elements);
});

test('grouped-query attention keeps keys and values of its rank, and multiplies with its query heads', () => {
  expect(withAttention(GQA)).toEqual({
    type: 'gqa', layers: 4, cacheElements: 4 * 150, cached: true, indexerBytes: 0, reach: Infinity, kept: Infinity, chunked: false, stateBytes: 0, wideStateBytes: 0,
    stateFlopsPerToken: 0, prefillFlopsPerPair: 2 * 8 * 150, decodeFlopsPerPair: 2 * 8 * 150, indexerFlopsPerPair: 0,
  });
  expect(withAttention(GQA, { tp: 8 })).toMatchObject({ cacheElements: 150, prefillFlopsPerPair: 2 * 150 });
  expect(withAttention(GQA, { tp: 3 })).toMatchObject({ cacheElements: 2 * 150, prefillFlopsPerPair: 2 * 3 * 150 });
});

test.each([
  ['a window', { window: 128 }, { reach: 128, kept: 128, chunked: false, cached: true }],
  ['a chunk', { chunk: 8192 }, { reach: 8192, kept: 8192, chunked: true, cached: true }],
  ['an earlier layer\'s cache', { sharedCache: true }, { reach: Infinity, kept: Infinity, chunked: false, cached: false }],
  ['an indexer', { indexer: { heads: 64, headDim: 128, topK: 2048 } }, { reach: 2048, kept: Infinity, indexerBytes: 132, indexerFlopsPerPair: 2 * 64 * 128 }],
  ['an indexer within a window', { window: 512, indexer: { heads: 64, headDim: 128, topK: 2048 } }, { reach: 512, kept: 512 }],
])('%s bounds what is seen and kept', (_what, over, expected) => expect(withAttention({ ...GQA, ...over })).toMatchObject(expected));

test('latent attention keeps one latent on each rank, and works in it when it writes', () => {
  const mla: Attention = { type: 'mla', queryHeads: 128, kvLoraRank: 512, ropeHeadDim: 64, nopeHeadDim: 128, valueHeadDim: 100 };
  expect(withAttention(mla, { tp: 8 })).toMatchObject({
    type: 'mla', cacheElements: 576, cached: true, reach: Infinity, kept: Infinity, indexerBytes: 0,
    prefillFlopsPerPair: 2 * 16 * (128 + 64 + 100), decodeFlopsPerPair: 2 * 16 * (2 * 512 + 64),
  });
});

test('a recurrent state is shared by its heads, in 16 bits or those that need 32', () => {
  const state: Attention = { type: 'state', stateElements: 1000, recurrentElements: 400, floatState: true, stateFlopsPerToken: 5000, heads: 6 };
  expect(withAttention(state)).toMatchObject({ type: 'state', cacheElements: 0, cached: true, reach: 0, kept: 0, stateBytes: 2800, stateFlopsPerToken: 5000 });
  expect(withAttention(state, { tp: 4 })).toMatchObject({ stateBytes: expect.closeTo(2800 / 3, 9), stateFlopsPerToken: expect.closeTo(5000 / 3, 9) });
});

test('kinds that differ in nothing that attention does are one', () => {
  const of = (...attention: Attention[]) => stage(shape({
    kinds: attention.map((a, i) => kind({ attention: a, feedForward: i ? MOE : DENSE })), order: attention.map((_, i) => i),
  })).attention.map(({ layers }) => layers);
  expect(of(GQA, GQA, GQA)).toEqual([3]);
  for (const other of [
    { ...GQA, window: 10 }, { ...GQA, sharedCache: true }, { ...GQA, queryHeads: 16 }, { ...GQA, kvHeads: 2 },
    { ...GQA, indexer: { heads: 1, headDim: 8, topK: 10 } },
  ]) { expect(of(GQA, other, GQA)).toEqual([2, 1]); }
  const state = (over: object): Attention => ({ type: 'state', stateElements: 1000, recurrentElements: 900, stateFlopsPerToken: 0, heads: 1, ...over });
  expect(of(state({}), state({ stateElements: 999 }))).toEqual([1, 1]);
  expect(of(state({}), state({ recurrentElements: 899 }))).toEqual([1, 1]);
  const indexed = (heads: number, headDim: number, topK: number): Attention => ({ ...GQA, indexer: { heads, headDim, topK } });
  expect(of(indexed(4, 64, 100), indexed(8, 64, 100))).toEqual([1, 1]);
  expect(of(indexed(4, 64, 100), indexed(2, 128, 100))).toEqual([1, 1]);
});

test('layers without attention keep nothing', () => {
  const found = stage(shape({ kinds: [kind({ attention: { type: 'none' } as Attention })] }));
  expect([found.layers, found.attention]).toEqual([4, []]);
});

test('the same question has the same answer, and another has another', () => {
  const of = withWeights(tensors('attention', 'tensor', 1600));
  expect(shares(of, { tp: 2 })).toBe(shares(of, { tp: 2 }));
  for (const at of [{ tp: 4 }, { tp: 2, pp: 2 }, { tp: 2, dp: 2 }, { tp: 2, ep: 2 }]) { expect(shares(of, at)).not.toBe(shares(of, { tp: 2 })); }
  expect(shares(of, { tp: 2 }, Precision.FP8)).not.toBe(shares(of, { tp: 2 }));
});
