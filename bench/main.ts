/**
 * The figures that the library promises, measured warm in one run: `npm run bench`, with `-- --check` to fail on a miss.
 * Limits are of the promise; `--check` allows SLACK times as much, for machines that are slower or shared.
 */
import { execFileSync, spawnSync } from 'child_process';
import * as fs from 'fs';
import * as os from 'os';
import * as path from 'path';
import { median } from './quantile';
import { brokenPromises } from './synthesis';
import { Accelerator, LatencyTarget, Load, Model, Precision, Sizing } from '../src';

const SLACK = 3;
const root = path.join(__dirname, '..');
const check = process.argv.includes('--check');
const results: { what: string; millis: number; limit: number }[] = [];

/** Milliseconds, the median of several runs. */
function millisOf(runs: number, work: () => void): number {
  return median(Array.from({ length: runs }, () => {
    const start = process.hrtime.bigint();
    work();
    return Number(process.hrtime.bigint() - start) / 1e6;
  }));
}

const model = Model.named('meta-llama/Llama-3.3-70B-Instruct');
const precisions = [Precision.BF16, Precision.FP8, Precision.INT8, Precision.INT4];
const accelerators = Accelerator.all();
const latency: LatencyTarget = { timeToFirstTokenMillis: 500, timePerOutputTokenMillis: 50 };
const load = Load.requestsPerSecond(40, { promptTokens: 1024, outputTokens: 256 });
const layout = { tensorParallel: 8 };

const fit = () => accelerators.forEach((accelerator) => precisions.forEach((precision) => {
  try { Sizing.fit({ model, pool: { accelerator }, layout, precision }); } catch { /* a precision that the card lacks */ }
}));
const plans = () => accelerators.forEach((accelerator) => precisions.forEach((precision) => {
  Sizing.candidates({ model, pools: [{ accelerator }], load, latency, precision });
}));
const pool = { accelerator: Accelerator.named('h100-sxm') };
const ESTIMATES = 200;
const estimates = () => {
  for (let i = 0; i < ESTIMATES; i++) { Sizing.estimate({ model, pool, layout, load, precision: Precision.FP8 }); }
};
const plan = () => { Sizing.plan({ model, pools: [pool], load, latency, precision: Precision.FP8 }); };
for (let i = 0; i < 3; i++) { fit(); plans(); estimates(); }
results.push({ what: 'one estimate, warm', millis: millisOf(20, estimates) / ESTIMATES, limit: 0.05 });
results.push({ what: 'one plan over a pool, warm', millis: millisOf(50, plan), limit: 1 });
results.push({ what: `fit of one model on ${accelerators.length} accelerators at ${precisions.length} precisions`, millis: millisOf(20, fit), limit: 5 });
results.push({ what: `full plans of one model on ${accelerators.length} accelerators at ${precisions.length} precisions`, millis: millisOf(10, plans), limit: 100 });

// Process figures: whole commands, the median of several, each beside its baseline.
const command = (...args: string[]) => millisOf(7, () => { spawnSync(process.execPath, args, { cwd: root, stdio: 'ignore' }); });
const cli = path.join(root, 'bin/cdk8s-inference.js');
results.push({
  what: "the built command: 'size'",
  millis: command(cli, 'size', '--model', model.id, '--accelerator', 'h100-sxm', '--requests-per-second', '40', '--prompt-tokens', '1024', '--output-tokens', '256'),
  limit: 500,
});
const LINES = 10_000;
const questions = Array.from({ length: LINES }, (_, i) => JSON.stringify({
  id: i, model: model.id, accelerator: 'h100-sxm', engine: 'vllm', precision: 'fp8', layout: { tensorParallel: 4 },
  promptTokens: 500 + i % 4000, outputTokens: 300, load: { concurrency: 1 + i % 200 },
})).join('\n');
results.push({
  what: `the built command: 'estimate' of ${LINES} lines`,
  millis: millisOf(3, () => { spawnSync(process.execPath, [cli, 'estimate'], { cwd: root, input: questions, stdio: ['pipe', 'ignore', 'inherit'] }); }),
  limit: LINES / 5,
});
if (fs.existsSync(path.join(root, 'lib/index.js'))) {
  const program = `
    ['cdk8s', 'cdk8s-plus-28', 'constructs'].forEach((peer) => require(peer));
    const start = process.hrtime.bigint();
    require('./lib/index.js');
    console.log(Number(process.hrtime.bigint() - start) / 1e6)`;
  const time = () => Number(execFileSync(process.execPath, ['-e', program], { cwd: root, encoding: 'utf8' }));
  results.push({ what: 'requiring the library, over its peers', millis: median(Array.from({ length: 7 }, time)), limit: 60 });
} else {
  console.log("requiring the library: not measured, run 'npx projen compile' first");
  if (check) { process.exitCode = 1; }
}

console.log(`${os.cpus()[0]?.model ?? 'unknown processor'}, Node ${process.version}`);
for (const { what, millis, limit } of results) {
  console.log(`${millis.toFixed(3).padStart(9)} ms  (promised: ${limit} ms)  ${what}`);
  if (check && millis > limit * SLACK) {
    console.error(`${what}: ${millis.toFixed(1)} ms is more than ${SLACK} x ${limit} ms`);
    process.exitCode = 1;
  }
}
for (const sentence of brokenPromises(SLACK)) {
  console.error(sentence);
  if (check) { process.exitCode = 1; }
}
