import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { command } from './fake-io';
import { folder } from './folder';
import { Calibration } from '../../src/sizing/calibration';

const DEPLOYMENT = ['--model', 'Qwen/Qwen3-32B', '--accelerator', 'h100-sxm', '--precision', 'fp8', '--engine', 'vllm', '--engine-version', '0.22', '--tensor-parallel', '2'];
/** A result of 'vllm bench serve' (0.22), slower than the estimate says. */
const result = (concurrency: number, millis: number, over: object = {}) => ({
  num_prompts: 20 * concurrency, request_rate: 'inf', max_concurrency: concurrency, completed: 20 * concurrency, failed: 0,
  total_input_tokens: 20_000 * concurrency, total_output_tokens: 5000 * concurrency,
  mean_ttft_ms: 200, mean_tpot_ms: millis, output_throughput: concurrency * 250 / (0.2 + 0.249 * millis), ...over,
});

function runs(): { readonly at: (name: string) => string; readonly files: string[] } {
  const dir = folder({});
  const at = (name: string) => join(dir, name);
  const files = [[4, 13], [16, 16], [64, 30]].map(([concurrency, millis]) => {
    const file = at(`run${concurrency}.json`);
    writeFileSync(file, JSON.stringify(result(concurrency, millis)));
    return file;
  });
  return { at, files };
}
const results = (files: readonly string[]) => files.flatMap((file) => ['--result', file]);

test('results become a file that size and estimate take', async () => {
  const { at, files } = runs();
  const out = at('calibration.json');
  const ran = await command(['calibrate', ...results(files), ...DEPLOYMENT, '--out', out]);
  expect({ code: ran.code, err: ran.err }).toEqual({ code: 0, err: '' });
  expect(ran.out).toMatch(/^Qwen\/Qwen3-32B in fp8 on h100-sxm with vllm, 3 measurements\n/);
  expect(ran.out).toMatch(/Time per output token +\d+(\.\d+)? % +\d+(\.\d+)? %/);

  const json = JSON.parse(readFileSync(out, 'utf8'));
  expect(json.rows.map(({ source }: any) => source)).toEqual(files);
  expect(Calibration.fromJson(json).deployments[0]).toMatchObject({ rows: 3, engine: 'vllm' });

  const line = JSON.stringify({
    model: 'Qwen/Qwen3-32B', accelerator: 'h100-sxm', precision: 'fp8', layout: { tensorParallel: 2 }, promptTokens: 1000, outputTokens: 250, load: { concurrency: 16 },
  });
  const tpot = async (...argv: string[]) => JSON.parse((await command(['estimate', ...argv], { stdin: [line] })).out).timePerOutputTokenMillis.mean;
  const [before, after] = [await tpot(), await tpot('--calibration', out)];
  expect(Math.abs(after.expected - 16)).toBeLessThan(Math.abs(before.expected - 16));
  expect(after.high / after.low).toBeLessThan(before.high / before.low);

  const size = await command([
    'size', '--model', 'Qwen/Qwen3-32B', '--accelerator', 'h100-sxm', '--precision', 'fp8', '--requests-per-second', '10', '--prompt-tokens', '1000', '--output-tokens', '250', '--calibration', out, '--json',
  ]);
  expect(JSON.parse(size.out).explanation).toContainEqual(expect.stringMatching(/^Constants are corrected by 3 measurements of Qwen\/Qwen3-32B in fp8 on h100-sxm with vllm: /));
});

test('again with nothing new gives the same file, and with more of another deployment holds both', async () => {
  const { at, files } = runs();
  const out = at('a.json');
  await command(['calibrate', ...results(files), ...DEPLOYMENT, '--out', out]);
  const again = await command(['calibrate', '--again', out, '--json']);
  expect(again).toEqual({ code: 0, out: readFileSync(out, 'utf8'), err: '' });
  const both = await command(['calibrate', '--again', out, ...results(files.slice(0, 1)), ...DEPLOYMENT.map((word) => word === 'fp8' ? 'bf16' : word), '--json']);
  expect(JSON.parse(both.out).deployments.map(({ precision, rows }: any) => [precision, rows])).toEqual([['bf16', 1], ['fp8', 3]]);
});

test('a file of a release with other constants is refused by name, and made again', async () => {
  const { at, files } = runs();
  const out = at('a.json');
  await command(['calibrate', ...results(files), ...DEPLOYMENT, '--out', out]);
  const old = at('old.json');
  writeFileSync(old, JSON.stringify({ ...JSON.parse(readFileSync(out, 'utf8')), constants: '0' }));
  expect(await command(['estimate', '--calibration', old])).toEqual({
    code: 2, out: '',
    err: "error: the calibration was made with other constants than this release has; run 'cdk8s-inference calibrate --again' on it, which fits the rows in it once more\n",
  });
  expect((await command(['calibrate', '--again', old, '--json'])).out).toBe(readFileSync(out, 'utf8'));
});

test('a result that can not be is named beside those that are used, with status 1', async () => {
  const { at, files } = runs();
  writeFileSync(at('wrong.json'), JSON.stringify(result(16, 0.016)));
  const { code, out } = await command(['calibrate', ...results([...files, at('wrong.json')]), ...DEPLOYMENT]);
  expect(code).toBe(1);
  expect(out.replace(/\s+/g, ' ')).toMatch(/Refused - \S*wrong\.json: a token every 0\.016 ms is faster than Qwen\/Qwen3-32B on 2 x h100-sxm can read its weights/);
});

test.each<[string, string[], number, string]>([
  ['nothing to learn from', DEPLOYMENT, 2, "no measurements are given; give '--result' or '--again' at least once"],
  ['a file that is not there', [...DEPLOYMENT, '--result', '/none.json'], 2, "'--result' '/none.json' can't be read (ENOENT)"],
  ['a result without a server', ['--result', '/none.json'], 2, "neither '--model' nor '--config' is given; give one of them"],
])('%s is refused', async (_, argv, code, sentence) => {
  expect(await command(['calibrate', ...argv])).toEqual({ code, out: '', err: `error: ${sentence}\n` });
});
