import * as path from 'path';
import { command } from './fake-io';
import { folder } from './folder';
import { estimateAnswer, estimateRequest } from '../../src/cli/estimate-answer';
import { sizingRequest } from '../../src/cli/size';
import { speculativeField, speculativeOf } from '../../src/cli/speculative';
import { inOptions } from '../../src/cli/wording';
import { Sizing } from '../../src/sizing/sizing';
import { SpeculationMethod } from '../../src/sizing/speculative-decoding';

const QUESTION = {
  model: 'meta-llama/Llama-3.1-8B-Instruct', accelerator: 'h100-sxm', promptTokens: 500, outputTokens: 200, load: { concurrency: 8 },
};
const OPTIONS = ['--model', QUESTION.model, '--accelerator', 'h100-sxm', '--prompt-tokens', '500', '--output-tokens', '200'];
const HEAD = { method: 'eagle3', tokens: 3 };

describe('a question', () => {
  test('names a method, its tokens and what is known of them', () => {
    expect(speculativeOf({ method: 'ngram', tokens: 2, acceptanceRates: [0.5, 0.2] })).toMatchObject({ method: SpeculationMethod.NGRAM, tokens: 2, acceptanceRates: [0.5, 0.2] });
    expect(speculativeOf({ method: 'mtp', tokens: 1, acceptanceLength: 1.8 })).toMatchObject({ method: SpeculationMethod.MTP, acceptanceLength: 1.8, model: undefined });
    const head = speculativeOf({ method: 'eagle3', tokens: 1, draftVocabulary: 1000, model: { num_hidden_layers: 1, hidden_size: 64, num_attention_heads: 4, intermediate_size: 128, vocab_size: 100 } });
    expect(head).toMatchObject({ method: SpeculationMethod.EAGLE3, draftVocabulary: 1000, model: { id: 'draft' } });
    expect(speculativeOf({ method: 'draft-model', tokens: 1, model: 'Qwen/Qwen3-0.6B' })!.model!.id).toBe('Qwen/Qwen3-0.6B');
    expect([speculativeOf(undefined), speculativeOf(null)]).toEqual([undefined, undefined]);
  });

  test.each<[unknown, string]>([
    ['eagle3', "'speculative' is 'eagle3' but must be an object with method and tokens"],
    [[], "'speculative' is a list of 0 but must be an object with method and tokens"],
    [{ method: 'medusa' }, "'speculative.method' is 'medusa' but must be one of draft-model, eagle3, mtp, ngram"],
    [{ method: 'draft-model', tokens: 1 }, "'speculative.model' is missing; name the model that guesses"],
  ])('of %p is refused', (field, sentence) => {
    expect(() => speculativeOf(field)).toThrow(sentence);
  });

  test('is answered with the tokens of a step, faster than without', () => {
    const answer = (over: object): any => {
      const request = estimateRequest({ ...QUESTION, ...over });
      return estimateAnswer(1, request, Sizing.estimate(request));
    };
    const [plain, guessing] = [answer({}), answer({ speculative: HEAD })];
    expect(plain.tokensPerStep).toBeUndefined();
    expect(guessing.tokensPerStep).toBe(2.25);
    expect(guessing.outputTokensPerSecond.expected).toBeGreaterThan(1.4 * plain.outputTokensPerSecond.expected);
    expect(guessing.weightBytesPerGpu.expected).toBeGreaterThan(plain.weightBytesPerGpu.expected);
  });
});

describe('options', () => {
  test('are the field of a question', () => {
    expect(speculativeField({ speculative: 'mtp', speculativeTokens: 2, acceptanceLength: 2.5 })).toEqual({ method: 'mtp', tokens: 2, acceptanceLength: 2.5, model: undefined });
    expect(speculativeField({})).toBeUndefined();
    const file = path.join(folder({ 'draft.json': '{"hidden_size": 8}' }), 'draft.json');
    expect(speculativeField({ speculative: 'eagle3', speculativeTokens: 2, draftConfig: file })).toMatchObject({ model: { hidden_size: 8 } });
  });

  test.each([
    [{ speculativeTokens: 2 }, "'--speculative-tokens' goes with '--speculative'; give both"],
    [{ draftModel: 'a/b' }, "'--draft-model' goes with '--speculative'; give both"],
    [{ speculative: 'mtp' }, "'--speculative-tokens' is missing; give the draft tokens of a step"],
    [{ speculative: 'eagle3', speculativeTokens: 1, draftModel: 'a/b', draftConfig: 'c.json' }, "both '--draft-model' and '--draft-config' are given; give one of them"],
  ])('%p are refused', (options, sentence) => {
    expect(() => speculativeField(options)).toThrow(sentence);
  });

  test('reach the sizing, and its sentences come back in their words', async () => {
    const stated = { model: QUESTION.model, accelerator: ['h100-sxm'], requestsPerSecond: 4, promptTokens: 500, outputTokens: 200 };
    expect(sizingRequest({ ...stated, speculative: 'eagle3', speculativeTokens: 3 }).engine!.speculative).toMatchObject({ method: 'eagle3', tokens: 3 });
    const { out } = await command(['size', ...OPTIONS, '--requests-per-second', '4', '--speculative', 'eagle3', '--speculative-tokens', '3']);
    expect(out).toMatch(/speculative +eagle3, draft tokens of a step: 3/);
    expect(out.replace(/\s+/g, ' ')).toContain('A step gives a request 2.25 tokens of the 4 that it works on (eagle3, 3 draft tokens), which was measured of chats (SpecDecode-Bench');
    const { err } = await command(['size', ...OPTIONS, '--requests-per-second', '4', '--speculative', 'mtp', '--speculative-tokens', '20']);
    expect(err).toContain("'--speculative-tokens' is 20 but must be a whole number from 1 to 16");
    const { out: json } = await command(['size', ...OPTIONS, '--requests-per-second', '4', '--speculative', 'eagle3', '--speculative-tokens', '3', '--acceptance-length', '2', '--json']);
    expect(JSON.parse(json).estimate.settings.speculative).toEqual({ method: 'eagle3', tokens: 3, acceptanceLength: 2 });
  });

  test.each([
    ["state 'acceptanceLength' or 'acceptanceRates' of 'engine.speculative'", "state '--acceptance-length' or 'acceptanceRates' of '--speculative'"],
    ["'engine.speculative.model' is odd", "'--draft-model' is odd"],
    ["'engine.speculative.acceptanceRates[1]' is odd", "'engine.speculative.acceptanceRates[1]' is odd"],
    ["describe it as 'model' of SpeculativeDecoding.eagle3, with Model.fromHubConfig or Model.of", "describe it with '--draft-config'"],
  ])('%s', (sentence, said) => { expect(inOptions(sentence)).toBe(said); });
});

test('an explanation has the steps of what guesses apart, and what it would be without', async () => {
  const { out } = await command(['explain', ...OPTIONS, '--concurrency', '8', '--speculative', 'eagle3', '--speculative-tokens', '3', '--json']);
  const { steps, sensitivity } = JSON.parse(out);
  const [write] = steps;
  expect(write.parts.reduce((sum: number, part: any) => sum + part.seconds, 0) / write.seconds).toBeCloseTo(1, 9);
  expect(write.parts.some((part: any) => part.name === 'guessing: output head')).toBe(true);
  const by = Object.fromEntries(sensitivity.map((row: any) => [row.change, row]));
  const plain = Sizing.estimate(estimateRequest(QUESTION)).timePerOutputToken.mean.expected;
  expect(by['nothing guessed'].timePerOutputTokenMillis).toBe(plain);
  const { out: without } = await command(['explain', JSON.stringify(QUESTION), '--json']);
  expect(JSON.parse(without).sensitivity.some((row: any) => row.change === 'nothing guessed')).toBe(false);
});
