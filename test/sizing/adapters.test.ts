import fc from 'fast-check';
import { Accelerator } from '../../src/catalog/accelerator';
import { Model } from '../../src/catalog/model';
import { ModelShape } from '../../src/catalog/shape';
import { adapterBytes } from '../../src/sizing/adapters';
import { Load } from '../../src/sizing/load';
import { FitRequest, SizingEngine } from '../../src/sizing/questions';
import { subjectOf } from '../../src/sizing/request';
import { Degrees } from '../../src/sizing/shares';
import { Sizing } from '../../src/sizing/sizing';
import { deepseekR1, gptOss120b, llama70b, llama8b, model } from '../support/shapes';

const ONE: Degrees = { tp: 1, pp: 1, dp: 1, ep: 1 };
const RANKS = [1, 8, 16, 32, 64, 128, 256, 320, 512];
const H100 = Accelerator.named('h100-sxm');
const shape = (m: Model): ModelShape => m._shape!;
const mixtral = () => model({ id: 'mixtral', ffn: 14336, vocab: 32000, context: 32768, moe: { experts: 8, perToken: 2, ffn: 14336 } });

/** A and B of one matrix, in elements of one rank of the adapter. */
const ends = (inputs: number, outputs: number) => inputs + outputs;

test('a slot has A and B of every matrix, embedding and head', () => {
  const layer = ends(4096, 4096) + 2 * ends(4096, 1024) + ends(4096, 4096) + 2 * ends(4096, 14336) + ends(14336, 4096);
  const bytes = 2 * 16 * (32 * layer + 2 * ends(128256, 4096));
  expect(adapterBytes({ maxLoras: 1, maxRank: 16 }, shape(llama8b()), ONE, 0)).toBe(bytes);
  expect(adapterBytes({ maxLoras: 4, maxRank: 64 }, shape(llama8b()), ONE, 0)).toBe(16 * bytes);
});

test('tensor parallelism splits B of matrices split by outputs and A of those split by inputs, KV heads down to one', () => {
  const layer = ends(4096, 256) + 2 * ends(4096, 128) + ends(256, 4096) + 2 * ends(4096, 896) + ends(896, 4096);
  expect(adapterBytes({ maxLoras: 1, maxRank: 8 }, shape(llama8b()), { ...ONE, tp: 16 }, 0)).toBe(2 * 8 * (32 * layer + 2 * ends(128256, 4096)));
});

test('each pipeline stage has the slots of its own layers, embedding and head at the ends', () => {
  const whole = adapterBytes({ maxLoras: 2, maxRank: 16 }, shape(llama70b()), ONE, 0);
  const stages = [0, 1, 2].map((stage) => adapterBytes({ maxLoras: 2, maxRank: 16 }, shape(llama70b()), { ...ONE, pp: 3 }, stage));
  expect(stages.reduce((sum, bytes) => sum + bytes, 0)).toBe(whole);
  // Of 80 layers the first two stages have 27.
  const layer = 2 * ends(8192, 8192) + 2 * ends(8192, 1024) + 3 * ends(8192, 28672);
  expect(stages[1]).toBe(2 * 2 * 16 * 27 * layer);
});

test.each<[string, Degrees, number]>([
  ['one GPU', ONE, 8 * 3 * ends(4096, 14336)],
  ['experts split by tensors', { ...ONE, tp: 8 }, 8 * 3 * ends(4096, 1792)],
  ['experts spread', { ...ONE, tp: 8, ep: 8 }, 3 * ends(4096, 14336)],
])('every expert has slots of its own: %s', (_what, at, experts) => {
  const attention = 2 * (4096 + 4096 / at.tp) + 2 * (4096 + 128 * Math.ceil(8 / at.tp));
  const layer = attention + ends(4096, 8) + experts;
  expect(adapterBytes({ maxLoras: 1, maxRank: 8 }, shape(mixtral()), at, 0)).toBe(2 * 8 * (32 * layer + 2 * ends(32000, 4096)));
});

const sentence = (engine: unknown, of: Model = llama8b()) => {
  const subject = subjectOf({ model: of, engine: engine as SizingEngine });
  return typeof subject === 'string' ? subject : undefined;
};

test.each<[unknown, string | undefined]>([
  [undefined, undefined],
  [{ maxLoras: 1, maxRank: 16 }, undefined],
  [{ maxLoras: 1000, maxRank: 512 }, undefined],
  [null, "'engine.adapters' is null but must be an object with maxLoras and maxRank"],
  [[], "'engine.adapters' is a list of 0 but must be an object with maxLoras and maxRank"],
  [4, "'engine.adapters' is 4 but must be an object with maxLoras and maxRank"],
  [{ maxRank: 16 }, "'engine.adapters.maxLoras' is undefined but must be a whole number of adapters from 1 to 1000"],
  [{ maxLoras: 0, maxRank: 16 }, "'engine.adapters.maxLoras' is 0 but must be a whole number of adapters from 1 to 1000"],
  [{ maxLoras: 1.5, maxRank: 16 }, "'engine.adapters.maxLoras' is 1.5 but must be a whole number of adapters from 1 to 1000"],
  [{ maxLoras: 1, maxRank: 24 }, "'engine.adapters.maxRank' is 24 but must be one of 1, 8, 16, 32, 64, 128, 256, 320, 512"],
  [{ maxLoras: 1, maxRank: '16' }, "'engine.adapters.maxRank' is '16' but must be one of 1, 8, 16, 32, 64, 128, 256, 320, 512"],
])('%# slots are checked', (adapters, said) => expect(sentence({ adapters })).toBe(said));

test('slots that are not modelled are refused', () => {
  const adapters = { maxLoras: 1, maxRank: 16 };
  expect(sentence({ adapters, name: 'sglang' })).toBe("'engine.adapters' is stated but the slots of sglang are not modelled; use vllm, or leave it out");
  const layers = (id: string) =>
    `'engine.adapters' is stated but ${id} has layers beside grouped-query attention and plain feed-forward networks or experts, whose slots are not modelled; leave it out`;
  expect(sentence({ adapters }, deepseekR1())).toBe(layers('deepseek-r1'));
  expect(sentence({ adapters }, model({ id: 'hybrid', recurrent: { layers: 16, stateElements: 1000, heads: 16 } }))).toBe(layers('hybrid'));
  expect(sentence({ adapters }, gptOss120b())).toBeUndefined();
});

test.each([
  'meta-llama/Llama-3.1-8B-Instruct', 'Qwen/Qwen3-32B', 'Qwen/Qwen2.5-7B-Instruct', 'mistralai/Mistral-7B-Instruct-v0.3', 'openai/gpt-oss-120b', 'Qwen/Qwen3-30B-A3B',
])('the slots of %s can be counted', (id) => {
  expect(sentence({ adapters: { maxLoras: 1, maxRank: 16 } }, Model.named(id))).toBeUndefined();
});

const slots = fc.record({ maxLoras: fc.integer({ min: 1, max: 64 }), maxRank: fc.constantFrom(...RANKS) });
const asked = fc.record({
  model: fc.constantFrom(llama8b(), llama70b(), mixtral(), gptOss120b()),
  layout: fc.constantFrom(1, 2, 4, 8).map((tensorParallel) => ({ tensorParallel })),
  pool: fc.constant({ accelerator: H100 }),
});
const fit = (question: FitRequest, adapters?: { maxLoras: number; maxRank: number }) => Sizing.fit({ ...question, engine: { version: '0.32', maxModelLen: 2048, adapters } });

test('slots take from the KV cache what they hold, and never add to it', () => {
  let held = 0;
  fc.assert(fc.property(asked, slots, (question, adapters) => {
    const [without, with_] = [fit(question), fit(question, adapters)];
    const bytes = with_.memory.weightBytes - without.memory.weightBytes;
    expect(bytes).toBeGreaterThan(0);
    expect(with_.memory.kvCacheBytes).toBeCloseTo(Math.max(0, without.memory.kvCacheBytes - bytes), -2);
    expect(with_.kvCacheTokens).toBeLessThanOrEqual(without.kvCacheTokens);
    if (without.fits && with_.fits) { held++; }
    if (with_.fits) { expect(without.fits).toBe(true); }
  }), { numRuns: 200 });
  expect(held).toBeGreaterThan(0);
});

test.each<[number, string]>([
  [200, 'the weights and slots for adapters take 83.8 GiB per GPU in bf16'],
  [167, 'weights and slots for adapters (72.4 GiB), activations'],
])('%d slots that do not fit are named in the reason', (maxLoras, reason) => {
  const { fits, reason: said } = fit({ model: llama8b(), layout: { tensorParallel: 1 }, pool: { accelerator: H100 } }, { maxLoras, maxRank: 64 });
  expect(fits).toBe(false);
  expect(said).toContain(reason);
});

test('a plan with slots says that steps are timed without adapters, one without says nothing of them', () => {
  const assumptions = (engine?: SizingEngine) => Sizing.plan({
    model: llama8b(), pools: [{ accelerator: H100 }], engine, load: Load.requestsPerSecond(1, { promptTokens: 500, outputTokens: 100 }),
  }).assumptions.filter((said) => said.includes('adapters'));
  expect(assumptions({ adapters: { maxLoras: 4, maxRank: 16 } })).toEqual(["Steps are as long as without adapters: only their slots' memory is counted."]);
  expect(assumptions()).toEqual([]);
});
