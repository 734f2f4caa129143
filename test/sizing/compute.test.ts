import { Link } from '../../src/sizing/communication';
import { StepQuestion, StepTimes } from '../../src/sizing/compute';
import { AttentionShare, StageShare } from '../../src/sizing/shares';

const NONE: Link = { kind: 'none', latency: 0, bandwidth: Infinity };
const LINK: Link = { kind: 'scale-up', latency: 1e-3, bandwidth: 1e6 };

const attention: AttentionShare = {
  type: 'gqa', layers: 2, cacheElements: 500, cached: true, indexerBytes: 0, reach: Infinity, kept: Infinity, chunked: false, stateBytes: 0, wideStateBytes: 0,
  stateFlopsPerToken: 0, prefillFlopsPerPair: 0, decodeFlopsPerPair: 0, indexerFlopsPerPair: 0,
};
const stage: StageShare = {
  layers: 2, moeLayers: 0, weightBytes: 0, headBytes: 0, headParameters: 0, baseBytes: 0, baseParameters: 0, quantBytes: 0, quantParameters: 0,
  baseAttentionParameters: 0, quantAttentionParameters: 0,
  expertBytes: 0, expertParameters: 0, expertsQuantized: false, expertFraction: 0, expertsPerToken: 0, routedElements: 0, activationElements: 0, attention: [],
};

const EXPERTS = { stream: 0.9, gemm: 0.77, imbalance: 1.2, tileRows: 0, halfWidth: 0, copies: 0 };
const PLAIN = { sharpness: 2, tileRows: 0, activationPasses: 0 };
const NO_OVERHEADS = { secondsPerLayer: 0, secondsPerExpertLayer: 0, secondsPerStep: 0, secondsPerRequest: 0, secondsPerArrival: 0, stepsToClient: 0, secondsPerPromptLayer: 0 };

interface Facts { readonly stage?: Partial<StageShare>; readonly attention?: Partial<AttentionShare>; readonly q?: Partial<StepQuestion> }

/** One stage that computes nothing but what a test states, on a device of round numbers. */
function steps({ stage: s, attention: a, q }: Facts): StepTimes {
  return new StepTimes({
    stage: { ...stage, ...s, attention: a ? [{ ...attention, ...a }] : [] },
    at: { tp: 1, pp: 1, dp: 1, ep: 1 },
    rates: { baseFlops: 1e9, quantFlops: 2e9, baseStream: 1e6, quantStream: 2e6, cacheStream: 1e6, attentionFlops: 1e9, activationStream: 1e6, expertLaunches: 1 },
    hiddenSize: 1000,
    cacheBits: 16,
    tensorLink: NONE,
    expertLink: NONE,
    pipelineLink: NONE,
    overheads: NO_OVERHEADS,
    products: PLAIN,
    experts: EXPERTS,
    promptTokens: 100,
    attendedTokens: q?.promptTokens ?? 100,
    computedTokens: 100,
    outputTokens: 40,
    slowdown: 1,
    ...q,
  });
}

test.each<[string, Facts, number, number, number]>([
  // [what, facts, decodes, prompt tokens, seconds by hand]
  ['weights in the base format are read', { stage: { baseBytes: 5e6, baseParameters: 0 } }, 1, 0, 5],
  ['or multiplied, which hide each other in part', { stage: { baseBytes: 5e6, baseParameters: 1e9 } }, 3, 1, Math.hypot(5, 2 * 1e9 * 4 / 1e9)],
  ['quantised ones are read at their rate', { stage: { quantBytes: 5e6, quantParameters: 0 } }, 1, 0, 2.5],
  ['of bounds the larger alone', { stage: { baseBytes: 5e6, baseParameters: 1e9 }, q: { products: { ...PLAIN, sharpness: Infinity } } }, 3, 1, 8],
  ['and multiplied at theirs', { stage: { quantBytes: 5e6, quantParameters: 1e9 } }, 3, 1, Math.hypot(2.5, 4)],
  ['the head is read', { stage: { headBytes: 3e6, headParameters: 0 } }, 1, 0, 3],
  // Two decodes, and half of one prompt of 100 tokens.
  ['and multiplied once for each token that is written', { stage: { headBytes: 1, headParameters: 1e9 } }, 2, 50, 2 * 2.5],
  ['half of the experts are hit by one token that uses half', { stage: { expertBytes: 9e5, expertFraction: 0.5 } }, 1, 0, 0.5],
  ['three quarters by two', { stage: { expertBytes: 9e5, expertFraction: 0.5 } }, 2, 0, 0.75],
  ['quantised experts stream at the quantised rate', { stage: { expertBytes: 18e5, expertFraction: 0.5, expertsQuantized: true } }, 1, 0, 0.5],
  ['experts multiply at 77 % of the rate', { stage: { expertBytes: 1, expertParameters: 77e7, expertFraction: 1 } }, 2, 1, 2 * 3],
  ['quantised ones at the quantised rate', { stage: { expertBytes: 1, expertParameters: 77e7, expertFraction: 1, expertsQuantized: true } }, 2, 1, 3],
  ['data-parallel ranks bring their tokens to the experts', {
    stage: { expertBytes: 1, expertParameters: 77e7, expertFraction: 1 }, q: { at: { tp: 1, pp: 1, dp: 4, ep: 1 } },
  }, 1, 0, 2 * 4],
  ['the busiest expert-parallel rank has 1.2 times the mean', {
    stage: { expertBytes: 1, expertParameters: 77e7, expertFraction: 1 }, q: { at: { tp: 2, pp: 1, dp: 1, ep: 2 } },
  }, 1, 0, 2 * 1.2],
  ['and reads no more than it has', {
    stage: { expertBytes: 9e5, expertFraction: 1 }, q: { at: { tp: 2, pp: 1, dp: 1, ep: 2 } },
  }, 1, 0, 1],
  // A typical request has its prompt and half of its completion: 120 tokens, 2 layers of 1,000 bytes.
  ['decodes read their cache', { attention: {} }, 3, 0, 3 * 2 * 120 * 1000 / 1e6],
  ['an FP8 cache is half', { attention: {}, q: { cacheBits: 8 } }, 3, 0, 3 * 2 * 120 * 500 / 1e6],
  ['a window reads its tokens', { attention: { reach: 50 } }, 3, 0, 3 * 2 * 50 * 1000 / 1e6],
  ['a state is read and written', { attention: { cacheElements: 0, stateBytes: 1e4 } }, 1, 0, 2 * 2e4 / 1e6],
  ['an indexer reads all of its keys', { attention: { reach: 10, indexerBytes: 100 } }, 1, 0, 2 * (10 * 1000 + 100 * 120) / 1e6],
  ['decodes multiply with their tokens', { attention: { decodeFlopsPerPair: 1e8, reach: 50 } }, 2, 0, 2 * 2 * 50 * 1e8 / 1e9],
  ['with all of them for the indexer', { attention: { indexerFlopsPerPair: 1e8, reach: 50 } }, 1, 0, 2 * 120 * 1e8 / 1e9],
  ['and with the state', { attention: { stateFlopsPerToken: 1e9 } }, 3, 0, 3 * 2],
  ['a prompt token sees half of the prompt on the mean', { attention: { prefillFlopsPerPair: 1e7 } }, 0, 100, 100 * 2 * 50 * 1e7 / 1e9],
  // (40 x 40 / 2 + 60 x 40) / 100
  ['no more than the window', { attention: { prefillFlopsPerPair: 1e7, reach: 40 } }, 0, 100, 100 * 2 * 32 * 1e7 / 1e9],
  ['more, where the start was found in the prefix cache', {
    attention: { prefillFlopsPerPair: 1e7 }, q: { computedTokens: 20 },
  }, 0, 20, 20 * 2 * 90 * 1e7 / 1e9],
  ['a window that the found part fills', { attention: { prefillFlopsPerPair: 1e7, reach: 80 }, q: { computedTokens: 20 } }, 0, 20, 20 * 2 * 80 * 1e7 / 1e9],
  // ((90^2 - 80^2) / 2 + 10 x 90) / 20
  ['a window that ends within the rest', {
    attention: { prefillFlopsPerPair: 1e7, reach: 90 }, q: { computedTokens: 20 },
  }, 0, 20, 20 * 2 * 87.5 * 1e7 / 1e9],
  ['the indexer of a prompt sees all of it', { attention: { indexerFlopsPerPair: 1e7, reach: 1 } }, 0, 100, 100 * 2 * 50 * 1e7 / 1e9],
  ['prompts pass through the state', { attention: { stateFlopsPerToken: 1e8 } }, 0, 100, 100 * 2 * 1e8 / 1e9],
  // 4 all-reduces of 4 tokens x 1,000 x 2 bytes: 1 ms + 2 x 1/2 x 8 ms each
  ['two all-reduces a layer', { q: { at: { tp: 2, pp: 1, dp: 1, ep: 1 }, tensorLink: LINK } }, 3, 1, 4 * (1e-3 + 8e-3)],
  // 2 layers: 3 all-reduces (1 + 8 ms), and 2 exchanges over 4 GPUs of 4 copies of the 4 ms that a rank has: 1 + 3/4 x 16 ms
  ['an expert layer of attention ranks exchanges twice instead of one all-reduce', {
    stage: { moeLayers: 1, expertsPerToken: 8 }, q: { at: { tp: 2, pp: 1, dp: 2, ep: 4 }, tensorLink: LINK, expertLink: LINK },
  }, 3, 1, 3 * (1e-3 + 8e-3) + 2 * (1e-3 + 12e-3)],
  ['experts over ranks that have the same tokens take part in the all-reduce', {
    stage: { moeLayers: 1, expertsPerToken: 8 }, q: { at: { tp: 2, pp: 1, dp: 1, ep: 2 }, tensorLink: LINK, expertLink: LINK },
  }, 3, 1, 4 * (1e-3 + 8e-3)],
  ['to no more GPUs than a token has experts', {
    stage: { moeLayers: 1, expertsPerToken: 1 }, q: { at: { tp: 1, pp: 1, dp: 4, ep: 4 }, expertLink: LINK },
  }, 3, 1, 2 * (1e-3 + 0.75 * 8e-3)],
  ['over the data-parallel ranks even without expert parallelism', {
    stage: { moeLayers: 1, expertsPerToken: 4 }, q: { at: { tp: 1, pp: 1, dp: 4, ep: 1 }, expertLink: LINK },
  }, 3, 1, 2 * (1e-3 + 0.75 * 4 * 8e-3)],
  ['experts that are only cut take part in the all-reduce', {
    stage: { moeLayers: 2, expertsPerToken: 4 }, q: { at: { tp: 2, pp: 1, dp: 1, ep: 1 }, tensorLink: LINK, expertLink: LINK },
  }, 3, 1, 4 * (1e-3 + 8e-3)],
  ['a stage hands over what its ranks hold', {
    q: { at: { tp: 2, pp: 2, dp: 1, ep: 1 }, pipelineLink: LINK },
  }, 3, 1, 1e-3 + 4e-3],
  // 2 of 3 layers with experts: 3 x 1 + 2 x 7
  ['launches of expert layers besides', { stage: { layers: 3, moeLayers: 2 }, q: { overheads: { ...NO_OVERHEADS, secondsPerLayer: 1, secondsPerExpertLayer: 7 } } }, 2, 0, 17],
  // 3 layers of 7 s: longer than the 6 s of the work; 3 of 2 s: shorter than its 8
  ['a step of prompts takes as long as launches that no graph holds', {
    stage: { layers: 3, baseParameters: 1e9 }, q: { overheads: { ...NO_OVERHEADS, secondsPerPromptLayer: 7 } },
  }, 0, 3, 21],
  ['or as long as its work', { stage: { layers: 3, baseParameters: 1e9 }, q: { overheads: { ...NO_OVERHEADS, secondsPerPromptLayer: 2 } } }, 0, 4, 8],
  ['a step of tokens does not wait for them', {
    stage: { layers: 3, baseParameters: 1e9 }, q: { overheads: { ...NO_OVERHEADS, secondsPerPromptLayer: 7 } },
  }, 3, 0, 6],
  // 3 + 1 tokens fill 8 + 4 rows
  ['tiles are multiplied whole', {
    stage: { baseBytes: 1, baseParameters: 1e9 }, q: { products: { ...PLAIN, tileRows: 8 } },
  }, 3, 1, 2 * 12],
  // two tokens hit three quarters of the experts, of which one uses half: 2 + 4 x 0.75 / 0.5 rows
  ['of each expert that is hit', {
    stage: { expertBytes: 1, expertParameters: 77e7, expertFraction: 0.5 }, q: { experts: { ...EXPERTS, tileRows: 4 } },
  }, 2, 0, 2 * 8],
  // one expert of 3 x 1,000 x 100 parameters: the product is as wide as two thirds of itself and 50 are
  ['of experts that are narrow at a part of the rate', {
    stage: { moeLayers: 1, expertsPerToken: 1, expertBytes: 1, expertParameters: 3e5, expertFraction: 1 }, q: { experts: { ...EXPERTS, halfWidth: 50 } },
  }, 1000, 0, 2 * 3e8 / (0.77e9 * 2 / 3)],
  // a layer, 4 tokens of 2,000 bytes, 8 experts, 3 times; half of them on another rank
  ['activations are moved for each expert of a token', {
    stage: { moeLayers: 1, expertsPerToken: 8 }, q: { experts: { ...EXPERTS, copies: 3 } },
  }, 3, 1, 3 * 8 * 4 * 2000 / 1e6],
  ['or for those on the rank', {
    stage: { moeLayers: 1, expertsPerToken: 8 }, q: { at: { tp: 2, pp: 1, dp: 1, ep: 2 }, experts: { ...EXPERTS, copies: 3 } },
  }, 3, 1, 3 * 4 * 4 * 2000 / 1e6],
  ['all of it longer where an engine knows a layer since yesterday', { stage: { baseBytes: 5e6, baseParameters: 0 }, q: { slowdown: 2.5 } }, 1, 0, 12.5],
  // 2 layers, 4 tokens of 2,000 bytes, 3 times
  ['activations pass through memory', { q: { products: { ...PLAIN, activationPasses: 3 } } }, 3, 1, 3 * 2 * 4 * 2000 / 1e6],
  ['nothing without a further stage', { q: { pipelineLink: LINK } }, 3, 1, 0],
  ['launches of layers, requests, and the share of the step', {
    q: { at: { tp: 1, pp: 2, dp: 1, ep: 1 }, overheads: { ...NO_OVERHEADS, secondsPerLayer: 1, secondsPerStep: 10, secondsPerRequest: 100, secondsPerArrival: 1e9 } },
  }, 2, 50, 2 * 1 + 10 / 2 + 100 * 2.5],
])('%s', (_what, facts, decodes, prefill, seconds) => {
  const at = steps(facts);
  expect(at.seconds(decodes, prefill)).toBeCloseTo(seconds, 9);
  const { memory, compute, communication, overhead } = at.parts(decodes, prefill);
  expect(memory + compute + communication + overhead).toBeCloseTo(seconds, 9);
});

test.each<[string, Facts, number, number, string]>([
  ['weights that are read', { stage: { baseBytes: 5e6, baseParameters: 0 } }, 1, 0, 'memory'],
  ['weights that are multiplied', { stage: { baseBytes: 0, baseParameters: 1e9 } }, 9, 0, 'compute'],
  ['a cache that is read', { attention: {} }, 1, 0, 'memory'],
  ['a cache that is multiplied', { attention: { decodeFlopsPerPair: 1e9 } }, 1, 0, 'compute'],
  ['prompts', { attention: { prefillFlopsPerPair: 1e9 } }, 0, 10, 'compute'],
  ['all-reduces', { q: { at: { tp: 2, pp: 1, dp: 1, ep: 1 }, tensorLink: LINK } }, 1, 0, 'communication'],
  ['launches', { q: { overheads: { ...NO_OVERHEADS, secondsPerLayer: 1 } } }, 1, 0, 'overhead'],
  ['launches that no graph holds', { stage: { layers: 3 }, q: { overheads: { ...NO_OVERHEADS, secondsPerPromptLayer: 1 } } }, 0, 10, 'overhead'],
])('the time of %s', (_what, facts, decodes, prefill, cause) => {
  const parts = steps(facts).parts(decodes, prefill);
  expect(Object.entries(parts).filter(([, seconds]) => seconds > 1e-12).map(([name]) => name)).toEqual([cause]);
});
