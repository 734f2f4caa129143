/**
 * The figures that the library promises, measured in one run: `npm run bench`, with `-- --check` to fail on a miss and `-- --write` to put them into
 * docs/performance.md. Limits are of the promise; `--check` allows some times as much, for machines that are slower or shared.
 */
import { execFileSync, spawnSync } from 'child_process';
import * as fs from 'fs';
import { createRequire } from 'module';
import * as os from 'os';
import * as path from 'path';
import { writeTable } from './performance-doc';
import { median } from './quantile';
import { brokenPromises } from './synthesis';
import type { EstimateRequest, LatencyTarget } from '../src';

/** How many times a promise a machine may take: of work within this process, of which the fastest run counts, and of whole processes. */
const SLACK = { warm: 2, process: 3 };
const root = path.join(__dirname, '..');
const built = path.join(root, 'lib/index.js');
const cli = path.join(root, 'bin/cdk8s-inference.js');
if (![built, cli].every((file) => fs.existsSync(file))) {
  console.error("the library is measured as it is published: run 'npx projen compile' and 'npx projen bundle' first");
  process.exit(1);
}
const { Accelerator, Load, Model, Precision, Sizing, SpeculativeDecoding } = createRequire(__filename)(built) as typeof import('../src');
const check = process.argv.includes('--check');
const results: { kind: keyof typeof SLACK; what: string; millis: number; limit: number }[] = [];

/** Milliseconds of each of several runs. */
function millisOf(runs: number, work: () => void): number[] {
  return Array.from({ length: runs }, () => {
    const start = process.hrtime.bigint();
    work();
    return Number(process.hrtime.bigint() - start) / 1e6;
  });
}

/** Work within this process, `times` in a row: the fastest run is the one that nothing else on the machine held up. */
function warm(what: string, limit: number, times: number, work: () => void): void {
  const run = () => { for (let i = 0; i < times; i++) { work(); } };
  millisOf(3, run);
  results.push({ kind: 'warm', what, limit, millis: Math.min(...millisOf(15, run)) / times });
}

/** Whole processes: the median of several. */
function processes(what: string, limit: number, millis: readonly number[]): void {
  results.push({ kind: 'process', what, limit, millis: median(millis) });
}

const model = Model.named('meta-llama/Llama-3.3-70B-Instruct');
const precisions = [Precision.BF16, Precision.FP8, Precision.INT8, Precision.INT4];
const accelerators = Accelerator.all();
const latency: LatencyTarget = { timeToFirstTokenMillis: 500, timePerOutputTokenMillis: 50 };
const load = Load.requestsPerSecond(40, { promptTokens: 1024, outputTokens: 256 });
const layout = { tensorParallel: 8 };

const pool = { accelerator: Accelerator.named('h100-sxm') };
const dense = { model, pool, load, precision: Precision.FP8 };
const experts = {
  model: Model.named('deepseek-ai/DeepSeek-R1'), pool: { accelerator: Accelerator.named('h200-sxm') }, load: Load.requestsPerSecond(5, load.lengths), precision: Precision.FP8,
};
const RANKS = { tensorParallel: 1, dataParallel: 8, expertParallel: 8 };
const ENGINES: readonly (readonly [string, string])[] = [['vllm', 'vLLM'], ['sglang', 'SGLang'], ['trtllm', 'TensorRT-LLM']];

const ESTIMATES = 200;
const estimate = (what: string, request: EstimateRequest) => warm(`one estimate: ${what}`, 0.05, ESTIMATES, () => { Sizing.estimate(request); });
for (const [name, engine] of ENGINES) {
  estimate(engine, { ...dense, layout, engine: { name } });
  estimate(`${engine}, a closed loop`, { ...dense, layout, engine: { name }, load: Load.concurrency(64, load.lengths) });
  estimate(`${engine}, experts`, { ...experts, engine: { name }, layout });
  estimate(`${engine}, experts on 8 data-parallel ranks`, { ...experts, engine: { name }, layout: RANKS });
}
estimate('SGLang, experts on 8 data-parallel ranks, a token guessed',
  { ...experts, engine: { name: 'sglang', speculative: SpeculativeDecoding.mtp({ tokens: 1 }) }, layout: RANKS });

const EASY: LatencyTarget = { timeToFirstTokenMillis: 5000, timePerOutputTokenMillis: 100 };
for (const [name, engine] of ENGINES) {
  const plan = (what: string, request: Omit<EstimateRequest, 'layout'>, target: LatencyTarget) =>
    warm(`one plan over a pool: ${what}`, 1, 10, () => { Sizing.plan({ ...request, pools: [request.pool], latency: target, engine: { name } }); });
  plan(engine, dense, latency);
  plan(`${engine}, experts`, experts, EASY);
}

const everywhere = `of one model on ${accelerators.length} accelerators at ${precisions.length} precisions`;
const cells = accelerators.flatMap((accelerator) => precisions.map((precision) => ({ accelerator, precision })));
warm(`fits ${everywhere}`, 5, 1, () => cells.forEach(({ accelerator, precision }) => {
  try { Sizing.fit({ model, pool: { accelerator }, layout, precision }); } catch { /* a precision that the card lacks */ }
}));
for (const [name, engine] of ENGINES) {
  warm(`full plans ${everywhere}: ${engine}`, 100, 1, () => cells.forEach(({ accelerator, precision }) => {
    Sizing.candidates({ model, pools: [{ accelerator }], load, latency, precision, engine: { name } });
  }));
}

const size = [cli, 'size', '--model', model.id, '--accelerator', 'h100-sxm', '--requests-per-second', '40', '--prompt-tokens', '1024', '--output-tokens', '256'];
processes("the built command: 'size'", 500, millisOf(7, () => { spawnSync(process.execPath, size, { cwd: root, stdio: 'ignore' }); }));
const LINES = 10_000;
// Two models on all engines, under arrivals and in closed loops: nothing is answered twice.
const questions = Array.from({ length: LINES }, (_, i) => JSON.stringify({
  id: i,
  model: i % 2 ? model.id : experts.model.id,
  accelerator: 'h200-sxm',
  engine: ENGINES[i % 3][0],
  precision: 'fp8',
  layout: i % 2 ? layout : RANKS,
  promptTokens: 500 + i % 4000,
  outputTokens: 300,
  load: i % 5 ? { requestsPerSecond: 0.1 + i % 50 / 10 } : { concurrency: 1 + i % 200 },
})).join('\n');
let answers = '';
processes(`the built command: 'estimate' of ${LINES.toLocaleString('en')} lines`, LINES / 5, millisOf(3, () => {
  answers = spawnSync(process.execPath, [cli, 'estimate'], { cwd: root, input: questions, stdio: ['pipe', 'pipe', 'inherit'], maxBuffer: 2 ** 30, encoding: 'utf8' }).stdout;
}));
const answered = answers.split('"outputTokensPerSecond"').length - 1;
if (answered !== LINES) {
  console.error(`'estimate' answered ${answered} of ${LINES} lines`);
  process.exitCode = 1;
}
const requiring = `
  ['cdk8s', 'cdk8s-plus-28', 'constructs'].forEach((peer) => require(peer));
  const start = process.hrtime.bigint();
  require(${JSON.stringify(built)});
  console.log(Number(process.hrtime.bigint() - start) / 1e6)`;
processes('requiring the library, over its peers', 60,
  Array.from({ length: 7 }, () => Number(execFileSync(process.execPath, ['-e', requiring], { cwd: root, encoding: 'utf8' }))));

console.log(`${os.cpus()[0]?.model ?? 'unknown processor'}, Node ${process.version}`);
for (const { kind, what, millis, limit } of results) {
  console.log(`${millis.toFixed(3).padStart(9)} ms  (promised: ${limit} ms)  ${what}`);
  if (check && millis > limit * SLACK[kind]) {
    console.error(`${what}: ${millis.toFixed(3)} ms is more than ${SLACK[kind]} x ${limit} ms`);
    process.exitCode = 1;
  }
}
if (process.argv.includes('--write')) {
  const digits = (millis: number) => millis < 1 ? millis.toFixed(3) : millis.toFixed(millis < 10 ? 1 : 0);
  const rows = results.map(({ what, millis, limit }) => `| ${what} | ${digits(millis)} | ${limit.toLocaleString('en')} |`);
  writeTable('sizing', ['| what | ms | promised, ms |', '| --- | ---: | ---: |', ...rows]);
}
for (const sentence of brokenPromises(SLACK.process)) {
  console.error(sentence);
  if (check) { process.exitCode = 1; }
}
