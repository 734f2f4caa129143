import { Model } from '../catalog/model';
import { Precision } from '../catalog/precision';
import { LayerKind, ModelShape, WeightTensors } from '../catalog/shape';
import { numberProblem, show } from '../errors';
import { ACCEPTANCE, MeasuredAcceptance } from './data/acceptance';
import { SpeculationMethod, SpeculativeDecoding } from './speculative-decoding';

/** Draft tokens that are worth asking about; the engines' own examples end at 8. */
const MOST_TOKENS = 16;
/** Vocabulary that EAGLE-3 heads are published with (`draft_vocab_size`). */
const DRAFT_VOCABULARY = 32_000;
/** States of the served model that an EAGLE-3 head reads: of a low, a middle and a high layer. */
const READ_STATES = 3;
/** Halvings in which an acceptance that is the same for each token is found. */
const HALVINGS = 50;

/** What guesses: a model of its own, as far as memory and time go. */
export interface Drafter {
  /** What one pass goes through, its head included. */
  readonly shape: ModelShape;
  readonly precision: Precision;
  /** How often the layers of a pass are held: once for each module for multi-token prediction. */
  readonly modules: number;
  /** Whether the head is the served model's own, which no memory is taken for. */
  readonly sharesHead: boolean;
}

/** Speculative decoding of one model, checked. */
export interface Speculation {
  readonly stated: SpeculativeDecoding;
  /** Draft tokens of one step. */
  readonly tokens: number;
  /** Tokens that a step gives a request, and the variance of their number. */
  readonly perStep: number;
  readonly variance: number;
  /** Shares of steps in which a draft token and all before it are accepted. */
  readonly rates: readonly number[];
  /** Where the acceptance was not stated. */
  readonly measured?: MeasuredAcceptance;
  /** Absent where nothing is computed for a guess. */
  readonly drafter?: Drafter;
}

/** The last answer of each: a search, and whoever asks about many loads, ask the same again. */
const memo = new WeakMap<SpeculativeDecoding, { readonly model: Model; readonly precision: Precision; readonly answer: Speculation | string }>();

/** Speculation as it was asked for, or the sentence that says what is wrong with it. */
export function speculationOf(stated: SpeculativeDecoding, model: Model, shape: ModelShape, precision: Precision): Speculation | string {
  if (!(stated instanceof SpeculativeDecoding)) {
    return `'engine.speculative' is ${show(stated)} but must be a SpeculativeDecoding, such as SpeculativeDecoding.mtp(…)`;
  }
  const known = memo.get(stated);
  if (known?.model === model && known.precision === precision) { return known.answer; }
  const answer = compute(stated, model, shape, precision);
  memo.set(stated, { model, precision, answer });
  return answer;
}

function compute(stated: SpeculativeDecoding, model: Model, shape: ModelShape, precision: Precision): Speculation | string {
  const { tokens, method } = stated;
  const problem = numberProblem('engine.speculative.tokens', tokens, { min: 1, max: MOST_TOKENS, integer: true });
  if (problem) { return problem; }
  const measured = stated.acceptanceLength === undefined && stated.acceptanceRates === undefined ? measuredOf(stated, model) : undefined;
  if (typeof measured === 'string') { return measured; }
  const rates = ratesOf(stated, measured);
  if (typeof rates === 'string') { return rates; }
  const drafter = method === SpeculationMethod.NGRAM ? undefined
    : method === SpeculationMethod.MTP ? predictor(model, shape, precision)
      : method === SpeculationMethod.EAGLE3 ? eagle3(stated, model, shape)
        : draftModel(stated, model, shape);
  if (typeof drafter === 'string') { return drafter; }
  const perStep = 1 + rates.reduce((sum, rate) => sum + rate, 0);
  // The sum over i of (2 i + 1) P(more than i tokens) is the mean square.
  const square = 1 + rates.reduce((sum, rate, i) => sum + (2 * i + 3) * rate, 0);
  return { stated, tokens, rates, perStep, variance: Math.max(0, square - perStep * perStep), measured, drafter };
}

/** What was measured of a model, or the sentence that asks for it. */
function measuredOf({ method, tokens }: SpeculativeDecoding, { id }: Model): MeasuredAcceptance | string {
  const name = id.slice(id.indexOf('/') + 1).toLowerCase();
  const whose = (of: string) => name.startsWith(of.toLowerCase()) && /^(-(fp8|nvfp4|awq|gptq).*)?$/.test(name.slice(of.length));
  const found = ACCEPTANCE.find((row) => row.method === method && row.models.some(whose));
  const state = 'state \'acceptanceLength\' or \'acceptanceRates\' of \'engine.speculative\', as the engine\'s log has them';
  if (!found) { return `how many tokens are accepted of ${method} with ${id} is not known here; ${state}`; }
  return tokens <= found.lengths.length ? found
    : `how many tokens are accepted of ${method} with ${id} is known for ${found.lengths.length === 1 ? 'one draft token' : `up to ${found.lengths.length} draft tokens`} only, and 'tokens' is ${tokens}; ${state}`;
}

/** Shares of steps by position, or what is wrong with those that are stated. */
function ratesOf(stated: SpeculativeDecoding, measured: MeasuredAcceptance | undefined): readonly number[] | string {
  const { tokens, acceptanceLength: length, acceptanceRates: rates } = stated;
  if (length !== undefined && rates !== undefined) {
    return '\'engine.speculative\' has \'acceptanceLength\' and \'acceptanceRates\' but one says it all; leave one of them out';
  }
  if (rates === undefined) {
    const wanted = length === undefined ? measured!.lengths[tokens - 1] : length;
    return numberProblem('engine.speculative.acceptanceLength', wanted, { min: 1, max: tokens + 1, unit: 'tokens' }) ?? geometric(wanted, tokens);
  }
  if (!Array.isArray(rates) || rates.length !== tokens) {
    return `'engine.speculative.acceptanceRates' is ${show(rates)} but must be a list of ${tokens}, one for each draft token`;
  }
  for (let i = 0; i < rates.length; i++) {
    const problem = numberProblem(`engine.speculative.acceptanceRates[${i}]`, rates[i], { min: 0, max: i > 0 ? rates[i - 1] : 1 });
    if (problem) { return i > 0 && rates[i] <= 1 ? `${problem}: a token is accepted only with those before it` : problem; }
  }
  return rates;
}

/** Rates of tokens that are each accepted alike often after those before them, so that a step gives `length` tokens. */
function geometric(length: number, tokens: number): readonly number[] {
  const at = (share: number) => Array.from({ length: tokens }, (_, i) => Math.pow(share, i + 1));
  let low = 0;
  let high = 1;
  for (let i = 0; i < HALVINGS; i++) {
    const middle = (low + high) / 2;
    if (1 + at(middle).reduce((sum, rate) => sum + rate, 0) < length) { low = middle; } else { high = middle; }
  }
  return at(length <= 1 ? 0 : length >= tokens + 1 ? 1 : (low + high) / 2);
}

/** The model's own layers for multi-token prediction; their embedding and head are the served model's. */
function predictor(model: Model, shape: ModelShape, precision: Precision): Drafter | string {
  const { speculative, predictedTokens: modules = 1 } = shape;
  if (!speculative?.length) {
    return `'engine.speculative' is of multi-token prediction but ${model.id} has no layers for it; use another method`;
  }
  const kinds = speculative.slice(0, Math.max(1, speculative.length / modules)).map((kind): LayerKind =>
    ({ ...kind, weights: kind.weights.filter(({ part }) => part !== 'embedding' && part !== 'head') }));
  return {
    shape: { ...shape, kinds, order: kinds.map((_, i) => i), first: [], last: [head(shape.vocabSize, shape.hiddenSize)], speculative: undefined },
    precision,
    modules,
    sharesHead: true,
  };
}

/** A head of one layer: attention reads the token and the states at once, which are joined from three layers of the served model. */
function eagle3(stated: SpeculativeDecoding, model: Model, shape: ModelShape): Drafter | string {
  const vocabulary = stated.draftVocabulary ?? DRAFT_VOCABULARY;
  const problem = numberProblem('engine.speculative.draftVocabulary', vocabulary, { min: 1, max: 1e8, integer: true });
  if (problem) { return problem; }
  const own = stated.model === undefined ? undefined : shapeOf(stated.model);
  if (typeof own === 'string') { return own; }
  const usual = shape.kinds.find(({ attention, feedForward }) => attention.type === 'gqa' && feedForward.type === 'dense');
  const kind = own ? own.kinds[own.order[0]] : usual;
  if (kind?.attention.type !== 'gqa') {
    return own ? `'engine.speculative.model' ${show(stated.model!.id)} has no grouped-query attention, which EAGLE-3 heads are known with; name another head`
      : `the shape of an EAGLE-3 head for ${model.id} is not known; describe it as 'model' of SpeculativeDecoding.eagle3, with Model.fromHubConfig or Model.of`;
  }
  const h = own?.hiddenSize ?? shape.hiddenSize;
  const { queryHeads, kvHeads, headDim, valueHeadDim } = kind.attention;
  const weights: WeightTensors[] = [
    ...kind.weights.map((t) => ({ ...t, bits: undefined })),
    // Queries, keys and values are of two inputs side by side.
    { part: 'attention', split: 'tensor', parameters: h * queryHeads * headDim, activeParameters: h * queryHeads * headDim },
    { part: 'attention', split: 'kv', parameters: h * kvHeads * (headDim + valueHeadDim), activeParameters: h * kvHeads * (headDim + valueHeadDim) },
    { part: 'other', split: 'replicated', parameters: READ_STATES * shape.hiddenSize * h, activeParameters: READ_STATES * shape.hiddenSize * h },
  ];
  const { window: _window, ...attention } = kind.attention;
  // A head as wide as the served model takes its embedding.
  const first: WeightTensors[] = h === shape.hiddenSize ? []
    : [{ part: 'embedding', split: 'tensor', parameters: shape.vocabSize * h, activeParameters: 0 }];
  return {
    shape: {
      hiddenSize: h,
      vocabSize: vocabulary,
      kinds: [{ ...kind, attention, weights }],
      order: [0],
      first,
      last: [head(vocabulary, h)],
      baseFormat: shape.baseFormat,
    },
    precision: shape.baseFormat === 'fp16' ? Precision.FP16 : Precision.BF16,
    modules: 1,
    sharesHead: false,
  };
}

function draftModel({ model: draft }: SpeculativeDecoding, model: Model, shape: ModelShape): Drafter | string {
  const own = shapeOf(draft);
  if (typeof own === 'string') { return own; }
  if (own.vocabSize !== shape.vocabSize) {
    return `'engine.speculative.model' ${show(draft!.id)} has a vocabulary of ${own.vocabSize} but that of ${model.id} is ${shape.vocabSize}, and draft models must have the same; name another one`;
  }
  return { shape: own, precision: draft!.weightPrecision, modules: 1, sharesHead: false };
}

/** The shape of a model that guesses, or the sentence that says why there is none. */
function shapeOf(model: Model | undefined): ModelShape | string {
  if (!(model instanceof Model)) {
    return `'engine.speculative.model' is ${show(model)} but must be a Model, from Model.named, Model.fromHubConfig or Model.of`;
  }
  return model.incomplete ?? model._shape ?? `the shape of ${show(model.id)} is not known; describe it with Model.of or Model.fromHubConfig`;
}

function head(vocabulary: number, hidden: number): WeightTensors {
  return { part: 'head', split: 'tensor', parameters: vocabulary * hidden, activeParameters: vocabulary * hidden };
}
