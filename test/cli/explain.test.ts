import { command } from './fake-io';
import { evidenceSource } from '../../bench/accuracy/evidence';
import { EVIDENCE } from '../../src/cli/data/evidence';
import { estimateRequest } from '../../src/cli/estimate-answer';
import { nearest } from '../../src/cli/evidence';
import { Sizing } from '../../src/sizing/sizing';

const OPTIONS = ['--model', 'Qwen/Qwen3-32B', '--accelerator', 'h100-sxm', '--precision', 'fp8', '--tensor-parallel', '2', '--prompt-tokens', '1000', '--output-tokens', '250', '--concurrency', '32'];
const QUESTION = {
  model: 'Qwen/Qwen3-32B', accelerator: 'h100-sxm', precision: 'fp8', layout: { tensorParallel: 2 }, promptTokens: 1000, outputTokens: 250, load: { concurrency: 32 },
};
const explained = async (question: object) => JSON.parse((await command(['explain', JSON.stringify(question), '--json'])).out);

test('the evidence is what the rows of bench/accuracy give', () => {
  expect(evidenceSource()).toContain(EVIDENCE.slice(0, 1000));
  const cells = (text: string) => JSON.parse(text).cells.length;
  const [, literal] = /^export const EVIDENCE = '(.*)';$/m.exec(evidenceSource())!;
  expect(cells(EVIDENCE)).toBe(cells(literal.replaceAll("\\'", "'").replaceAll('\\\\', '\\')));
  // 'npx tsx scripts/evidence.ts' writes it again where the rows have changed.
  expect(literal.replaceAll("\\'", "'").replaceAll('\\\\', '\\') === EVIDENCE).toBe(true);
});

test('options and JSON ask the same, and the answer is that of estimate', async () => {
  const byOptions = JSON.parse((await command(['explain', ...OPTIONS, '--json'])).out);
  const { question: _, ...byJson } = await explained(QUESTION);
  expect(byOptions).toMatchObject(byJson);
  expect(byJson.answer.outputTokensPerSecond.expected / Sizing.estimate(estimateRequest(QUESTION)).outputTokensPerSecond.expected).toBeCloseTo(1, 3);
});

test('the parts of each step add up to it, and the memory to the device', async () => {
  const { steps, memory } = await explained(QUESTION);
  expect(steps.map((step: any) => step.name)).toEqual(['A step that writes completions', 'A step that reads prompts', 'A step that does both']);
  for (const { parts, seconds } of steps) { expect(parts.reduce((sum: number, part: any) => sum + part.seconds, 0) / seconds).toBeCloseTo(1, 12); }
  const { deviceBytes, ...parts } = memory;
  expect(Object.values<number>(parts).reduce((sum, bytes) => sum + bytes, 0) / deviceBytes).toBeCloseTo(1, 6);
});

test('an engine that reads prompts in steps of their own has no step that does both', async () => {
  const { steps } = await explained({ ...QUESTION, engine: 'sglang' });
  expect(steps).toHaveLength(2);
});

test('each change is the estimate of the changed question', async () => {
  const { sensitivity } = await explained(QUESTION);
  const by = Object.fromEntries(sensitivity.map((row: any) => [row.change, row]));
  const expected = (over: object) => Sizing.estimate(estimateRequest({ ...QUESTION, ...over })).timePerOutputToken.mean.expected;
  expect(by['as asked'].timePerOutputTokenMillis).toBe(expected({}));
  expect(by['tensor parallelism of 4']).toMatchObject({ gpus: 4, timePerOutputTokenMillis: expected({ layout: { tensorParallel: 4 } }) });
  expect(by['KV cache in FP8'].timePerOutputTokenMillis).toBe(expected({ kvCachePrecision: 'fp8' }));
  expect(by['prompts 20 % shorter'].timePerOutputTokenMillis).toBe(expected({ promptTokens: 800 }));
  expect(by['one request more in flight'].timePerOutputTokenMillis).toBe(expected({ load: { concurrency: 33 } }));
  expect(by['20 % more memory bandwidth'].timePerOutputTokenMillis).toBeLessThan(expected({}));
});

test('a change that can not be has its reason, and a load that arrives is changed by its rate', async () => {
  const { sensitivity } = await explained({ ...QUESTION, model: 'meta-llama/Llama-3.3-70B-Instruct', engineVersion: '0.16', load: { requestsPerSecond: 1 } });
  expect(sensitivity.find((row: any) => row.change === 'tensor parallelism of 1').reason).toMatch(/^weights \(\d+\.\d GiB\), .* leaves nothing to the KV cache$/);
  expect(sensitivity.map((row: any) => row.change)).toEqual(expect.arrayContaining(['10 % more requests', '10 % fewer requests']));
});

test('evidence comes nearest first, a row that was asked for at distance 0 with the error of the estimate there', () => {
  const [{ question }] = nearest(estimateRequest(QUESTION), 1);
  const found = nearest(estimateRequest(question), 8);
  expect(found[0].distance).toBe(0);
  expect(found.map(({ distance }) => distance)).toEqual([...found.map(({ distance }) => distance)].sort((a, b) => a - b));
  const estimate = Sizing.estimate(estimateRequest(question));
  expect(found[0].errors.timePerOutputTokenMillis).toBeCloseTo(estimate.timePerOutputToken.mean.expected / found[0].measured.timePerOutputTokenMillis! - 1, 3);
  expect(found.every(({ sources }) => sources.length > 0)).toBe(true);
});

test('a model on hardware that nobody measured is compared with its like: dense with dense, experts with experts', () => {
  const models = (model: string) => nearest(estimateRequest({ ...QUESTION, model, precision: undefined, layout: { tensorParallel: 8 } }), 5).map(({ question }) => String(question.model));
  expect(models('Qwen/Qwen3-30B-A3B').every((id) => /gpt-oss|A3B|Mixtral|DeepSeek|A22B|Scout|A17B/.test(id))).toBe(true);
  expect(models('google/gemma-3-27b-it').some((id) => /gpt-oss|Mixtral|DeepSeek/.test(id))).toBe(false);
});

test('people get tables', async () => {
  const { code, out, err } = await command(['explain', ...OPTIONS]);
  expect({ code, err }).toEqual({ code: 0, err: '' });
  for (const heading of [
    'Qwen/Qwen3-32B on h100-sxm, TP 2', 'A step that writes completions: 32 requests, 0 prompt tokens', 'Memory of the fullest GPU (79.10 GiB)', 'What a change would do',
    'Nearest published measurements, and the error of the estimate there',
  ]) { expect(out).toContain(heading); }
  expect(out.split('\n').filter((line) => line.length > 120)).toEqual([]);
});

test('people are told of prefix hits that nobody stated, and what there is without them', async () => {
  const arriving = ['explain', ...OPTIONS.slice(0, -2), '--requests-per-second', '2'];
  const { out } = await command(arriving);
  expect(out.replace(/\s+/g, ' ')).toMatch(/ Assumed - [\d.]+ % of prompt tokens are found in the prefix cache, .*; state '--prefix-hit-ratio', 0 where prompts have nothing in common /);
  expect(out).toContain('nothing found in the prefix cache');
  const { out: stated } = await command([...arriving, '--prefix-hit-ratio', '0']);
  expect(stated).not.toContain('Assumed');
  expect(stated).toContain('half of the prompts found in the prefix cache');
});

test('what does not fit is explained by its memory, with status 1', async () => {
  const { code, out } = await command(['explain', JSON.stringify({ ...QUESTION, model: 'meta-llama/Llama-3.3-70B-Instruct', precision: 'bf16', layout: { tensorParallel: 1 } })]);
  expect(code).toBe(1);
  expect(out).toMatch(/Does not fit +the weights take/);
  expect(out).toContain('Memory of the fullest GPU');
});

test.each([
  ['text that is no JSON', ['explain', '{'], 'the question is not JSON; put it in quotes, or use options'],
  ['a list', ['explain', '[]'], 'the question is not a JSON object'],
  ['both forms', ['explain', '{}', '--model', 'a'], 'the question is given twice, in JSON and by options; give one of them'],
  ['no model', ['explain', '--accelerator', 'l40s'], "neither '--model' nor '--config' is given; give one of them"],
  ['no accelerator', ['explain', '--model', 'Qwen/Qwen3-32B'], "'--accelerator' is missing; 'cdk8s-inference accelerators' lists them"],
  ['no load', ['explain', ...OPTIONS.slice(0, -2)], "no load is given; give '--concurrency', '--requests-per-second' or '--saturated'"],
  ['two loads', ['explain', ...OPTIONS, '--saturated'], "the load is given twice; give '--concurrency', '--requests-per-second' or '--saturated'"],
  ['no length', ['explain', ...OPTIONS.slice(0, 8), '--saturated'], "'--prompt-tokens' is missing; give the mean lengths of prompts and completions"],
  ['a question without a load', ['explain', JSON.stringify({ ...QUESTION, load: {} })],
    "'load' has none of its forms but must have exactly one of 'requestsPerSecond', 'concurrency', 'staticBatch' (numbers) or 'saturated' (true)"],
])('%s is refused', async (_, argv, sentence) => {
  expect(await command(argv)).toEqual({ code: 2, out: '', err: `error: ${sentence}\n` });
});
