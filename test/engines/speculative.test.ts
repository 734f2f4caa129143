import { Model } from '../../src/catalog/model';
import { Engine } from '../../src/engines/engine';
import { EngineContext } from '../../src/engines/engine-config';
import { SpeculativeDecoding } from '../../src/sizing/speculative-decoding';
import { bound, sentence, texts } from '../support/engine';

const HEAD = Model.of({ id: 'acme/head', layers: 1, hiddenSize: 4096, queryHeads: 32, kvHeads: 8, intermediateSize: 14_336, vocabSize: 128_256 });
const DRAFT = { draftModelPath: '/draft-weights/$(x)' };
const METHODS = {
  draft: SpeculativeDecoding.draftModel({ model: HEAD, tokens: 2, acceptanceLength: 2 }),
  eagle3: SpeculativeDecoding.eagle3({ model: HEAD, tokens: 3, acceptanceLength: 2 }),
  mtp: SpeculativeDecoding.mtp({ tokens: 1, acceptanceLength: 1.8 }),
  ngram: SpeculativeDecoding.ngram({ tokens: 4, acceptanceLength: 1.5 }),
};

const vllm = (speculative?: SpeculativeDecoding, context: Partial<EngineContext> = DRAFT, options = {}) =>
  bound(Engine.vllm({ allowMutableTag: true, ...options }), { settings: { speculative } }, context);
const sglang = (speculative?: SpeculativeDecoding, context: Partial<EngineContext> = DRAFT, options = {}) =>
  bound(Engine.sglang({ allowMutableTag: true, ...options }), { settings: { speculative } }, context);
const guessing = ({ args }: { args: string[] }) => args.filter((arg) => /^--spec/.test(arg));

test.each<[keyof typeof METHODS, object]>([
  ['draft', { method: 'draft_model', model: '/draft-weights/$$(x)', num_speculative_tokens: 2 }],
  ['eagle3', { method: 'eagle3', model: '/draft-weights/$$(x)', num_speculative_tokens: 3 }],
  ['mtp', { method: 'mtp', num_speculative_tokens: 1 }],
  ['ngram', { method: 'ngram', num_speculative_tokens: 4 }],
])('vLLM is told of %s in one argument', (method, config) => {
  const { args, workerArgs } = vllm(METHODS[method]);
  expect(guessing({ args })).toEqual([`--speculative-config=${JSON.stringify(config)}`]);
  expect(guessing({ args: workerArgs! })).toEqual(guessing({ args }));
});

test.each<[keyof typeof METHODS, string[]]>([
  ['draft', [
    '--speculative-algorithm=STANDALONE', '--speculative-draft-model-path=/draft-weights/$$(x)', '--speculative-num-steps=2', '--speculative-eagle-topk=1',
    '--speculative-num-draft-tokens=3',
  ]],
  ['eagle3', [
    '--speculative-algorithm=EAGLE3', '--speculative-draft-model-path=/draft-weights/$$(x)', '--speculative-num-steps=3', '--speculative-eagle-topk=1',
    '--speculative-num-draft-tokens=4',
  ]],
  ['mtp', [
    '--speculative-algorithm=EAGLE', '--speculative-draft-model-path=/models/m', '--speculative-num-steps=1', '--speculative-eagle-topk=1',
    '--speculative-num-draft-tokens=2',
  ]],
  ['ngram', ['--speculative-algorithm=NGRAM', '--speculative-ngram-max-bfs-breadth=1', '--speculative-num-draft-tokens=5']],
])('SGLang is told of %s in flags', (method, flags) => {
  expect(guessing(sglang(METHODS[method]))).toEqual(flags);
});

test('without it nothing is said', () => {
  expect([guessing(vllm()), guessing(sglang())]).toEqual([[], []]);
});

test('a head and a draft model need weights', () => {
  expect(sentence(() => vllm(METHODS.eagle3, {}))).toBe(
    "[test/chat] 'settings.speculative' of Engine.vllm is eagle3, which reads the weights of 'acme/head' besides; give their source as 'draftWeights' of the fleet");
  expect(sentence(() => sglang(SpeculativeDecoding.eagle3({ tokens: 1, acceptanceLength: 1.5 }), {}))).toBe(
    "[test/chat] 'settings.speculative' of Engine.sglang is eagle3, which reads the weights of a head besides; give their source as 'draftWeights' of the fleet");
  expect(guessing(vllm(METHODS.ngram, {}))).toHaveLength(1);
});

test('vLLM goes over all modules of a model in turn', () => {
  const config = {
    model_type: 'llama', hidden_size: 64, num_hidden_layers: 2, num_attention_heads: 4, intermediate_size: 128, vocab_size: 1000, num_nextn_predict_layers: 2,
  };
  const model = Model.fromHubConfig(config, { id: 'acme/two' });
  const told = (tokens: number) => bound(Engine.vllm({ allowMutableTag: true }), { model, settings: { speculative: SpeculativeDecoding.mtp({ tokens, acceptanceLength: 1 }) } });
  expect(sentence(() => told(3))).toBe(
    "[test/chat] 'settings.speculative' has 3 'tokens' but vLLM goes over the 2 modules of 'acme/two' in turn; use a multiple of 2, or fewer");
  for (const tokens of [1, 2, 4]) { expect(guessing(told(tokens))).toHaveLength(1); }
});

test('flags that would say it otherwise are refused where the plan says it, and noted where not', () => {
  const other = { extraArgs: ['--speculative-config', '{"method":"suffix"}'] };
  expect(sentence(() => vllm(METHODS.mtp, {}, other))).toBe(
    "[test/chat] 'extraArgs' holds '--speculative-config', which the plan sets; use 'settings.speculative' of Engine.vllm");
  expect(sentence(() => sglang(METHODS.mtp, {}, { extraArgs: ['--speculative-num-steps', '5'] }))).toBe(
    "[test/chat] 'extraArgs' holds '--speculative-num-steps', which the plan sets; use 'settings.speculative' of Engine.sglang");
  expect(vllm(undefined, {}, other).notes).toContain("'--speculative-config' of 'extraArgs' takes memory or time that the plan does not count");
});

test('the sizing is told what the engine is', () => {
  expect(Engine.vllm({ settings: { speculative: METHODS.mtp } }).toSizingEngine().speculative).toBe(METHODS.mtp);
  expect(Engine.sglang({ settings: { speculative: METHODS.ngram } }).toSizingEngine().speculative).toBe(METHODS.ngram);
});

test('a server of one\'s own finds the weights in its environment', () => {
  const engine = Engine.custom({ name: 'own', image: `registry.example.com/own@sha256:${'0'.repeat(64)}`, args: [], port: 8080, readyPath: '/ready' } as never);
  expect(texts(bound(engine, {}, DRAFT)).DRAFT_MODEL_PATH).toBe('/draft-weights/$$(x)');
  expect(texts(bound(engine)).DRAFT_MODEL_PATH).toBeUndefined();
});
