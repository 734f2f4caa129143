/**
 * How far the sizing is from measurements: `npx tsx bench/accuracy/main.ts`, with `--write` to put the tables into docs/sizing.md and `--check` to
 * fail where they are stale. Seconds: what was left out of a fit is predicted by the constants of bench/accuracy/held-out.json and held-out-few.json.
 */
import { storedFew } from './few-held-out';
import { AXES, Axis, storedFolds } from './folds';
import { HAND_OVER_FIT, SeparateFigures, SeparateRun, separateRuns } from './hand-over';
import { POWER_FIT, PowerRun, predictedWatts } from './power';
import { prepare } from './predictions';
import { scoredRuns } from './published';
import { Measured, Part, points, publishedPoints } from './questions';
import { score, Scored, summary } from './score';
import { FITTED, HAND_OVER, POWER } from '../../src/sizing/data/fitted';
import { HandOver, Power } from '../../src/sizing/fitted';
import { holdPart } from '../generated-part';
import { median } from '../quantile';

const METRICS: readonly (readonly [Part, Measured, string])[] = [
  ['saturated', 'outputTokensPerSecondPerGpu', 'TensorRT-LLM, saturated: throughput'],
  ['closed loop', 'outputTokensPerSecondPerGpu', 'closed loop: throughput'],
  ['closed loop', 'timePerOutputTokenMillis_mean', 'closed loop: time per output token'],
  ['closed loop', 'timeToFirstTokenMillis_mean', 'closed loop: time to first token'],
  ['arrivals', 'endToEndMillis_mean', 'vLLM under arrivals: end to end'],
  ['arrivals', 'timePerOutputTokenMillis_mean', 'the same: time per output token'],
  ['arrivals', 'timeToFirstTokenMillis_mean', 'the same: time to first token'],
  ['arrivals', 'timeToFirstTokenMillis_p99', 'the same: its 99th percentile'],
  ['AMD', 'outputTokensPerSecondPerGpu', 'vLLM on MI300X and MI325X, saturated: throughput'],
  ['AMD', 'endToEndMillis_mean', 'vLLM on MI300X, one batch: end to end'],
  ['AMD, closed loop', 'timePerOutputTokenMillis_mean', 'SGLang on MI300X, MI325X and MI355X, closed loop: time per output token'],
  ['closed loop, early 2025', 'outputTokensPerSecondPerGpu', 'DeepSeek-R1 on engines of early 2025: throughput'],
];

const percent = (share: number) => `${(100 * share).toFixed(share < 0.0995 ? 1 : 0)} %`;
const row = (...cells: (string | number)[]) => `| ${cells.join(' | ')} |`;

/** Median error and the share within 30 %. */
function shown(middle: number, within30: number): string {
  return `${percent(middle)} / ${Math.round(100 * within30)}`;
}

function errors(scored: readonly Scored[]): string {
  if (scored.length === 0) { return '–'; }
  const { median: middle, within30 } = summary(scored);
  return shown(middle, within30);
}

function tables(): string {
  const folds = storedFolds();
  if (typeof folds === 'string') { throw new Error(folds); }
  const { prepared } = prepare(points().filter((point) => point.part !== 'memory'));
  const within = score(prepared);
  const left = Object.fromEntries(AXES.map((axis) => [axis, score(prepared, folds, axis)])) as { [axis in Axis]: Scored[] };
  const of = (scored: readonly Scored[], part: Part, metric: Measured) => scored.filter((s) => s.part === part && s.metric === metric);
  const lines = [
    'Median error / share of the rows within 30 %, by what was left out of the fit. The last columns are of the stated 90 % intervals around the',
    'left-out predictions: how many they hold, and their median width as a share of the figure. They count the ways that leave out less than two thirds of',
    'the rows of a line, or all of them where there is none.',
    '',
    row('measurements', 'rows', 'in the fit', 'family left out', 'GPU left out', 'version left out', 'held', 'width'),
    row(...Array.from({ length: 8 }, () => '---')),
    ...METRICS.map(([part, metric, title]) => {
      const all = AXES.flatMap((axis) => of(left[axis], part, metric));
      const counted = all.filter((s) => s.tells);
      const { held, width } = summary(counted.length ? counted : all);
      const own = of(within, part, metric);
      return row(title, own.length, errors(own), ...AXES.map((axis) => errors(of(left[axis], part, metric))), percent(held), width.toFixed(2));
    }),
  ];
  const detail = (title: string, axis: Axis, tag: 'family' | 'gpu' | 'version' | 'engine' | 'precision') => {
    lines.push('', row(title, 'saturated', 'closed loop: throughput', 'time per token', 'first token', 'arrivals: end to end', 'first token', 'batch'),
      row(...Array.from({ length: 8 }, () => '---')));
    const cells: readonly (readonly [Part, Measured])[] = [
      ['saturated', 'outputTokensPerSecondPerGpu'], ['closed loop', 'outputTokensPerSecondPerGpu'], ['closed loop', 'timePerOutputTokenMillis_mean'],
      ['closed loop', 'timeToFirstTokenMillis_mean'], ['arrivals', 'endToEndMillis_mean'], ['arrivals', 'timeToFirstTokenMillis_mean'],
      ['AMD', 'endToEndMillis_mean'],
    ];
    for (const value of [...new Set(left[axis].map((s) => s.tags[tag]))].sort()) {
      const own = left[axis].filter((s) => s.tags[tag] === value);
      const values = cells.map(([part, metric]) => errors(of(own, part, metric)));
      if (values.some((v) => v !== '–')) { lines.push(row(value, ...values)); }
    }
  };
  detail('family, left out', 'family', 'family');
  detail('GPU, left out', 'gpu', 'gpu');
  detail('version, left out', 'version', 'version');
  detail('engine, its versions left out one by one', 'version', 'engine');
  detail('precision, families left out', 'family', 'precision');
  return lines.join('\n');
}

/** Rows of a table: all, then those of each value of these tags. */
function grouped<Run extends { readonly tags: Tags }, Tags extends object>(runs: readonly Run[], tags: readonly (keyof Tags)[]): [string, Run[]][] {
  const groups: [string, Run[]][] = [['all', [...runs]]];
  for (const tag of tags) {
    const of = (run: Run) => String(run.tags[tag]);
    for (const value of [...new Set(runs.map(of))].sort()) { groups.push([value, runs.filter((run) => of(run) === value)]); }
  }
  return groups;
}

/** Median and share of so many ratios of predicted over measured. */
function ratios(all: readonly number[]): string {
  const found = all.map((ratio) => Math.abs(ratio - 1));
  return shown(median(found), found.filter((error) => error <= 0.3).length / found.length);
}

const EACH = 'Median error / share within 30 %.';

function powerTable(): string {
  const left = storedFew(POWER_FIT);
  const runs = POWER_FIT.runs(FITTED);
  const watts = (run: PowerRun, power: Power) => predictedWatts(run, power) / run.watts;
  const joules = (run: PowerRun) => predictedWatts(run, POWER) / run.tokensPerSecond / run.joules;
  return [
    EACH,
    '',
    row('runs', '', 'watts, in the fit', 'family left out', 'GPU left out', 'joules per token'),
    row(...Array.from({ length: 6 }, () => '---')),
    ...grouped(runs, ['gpu', 'family', 'task']).map(([name, some]) => row(
      name, some.length, ratios(some.map((run) => watts(run, POWER))), ratios(some.map((run) => watts(run, left('family', run)))),
      ratios(some.map((run) => watts(run, left('gpu', run)))), ratios(some.map(joules)),
    )),
  ].join('\n');
}

function handOverTable(): string {
  const left = storedFew(HAND_OVER_FIT);
  const { runs, refused } = separateRuns(FITTED);
  const ratio = (figure: keyof SeparateFigures, constants: (run: SeparateRun) => HandOver) => (run: SeparateRun) =>
    run.predicted(constants(run))[figure] / run.measured[figure];
  const reasons = refused.map(({ row: { engine, accelerator }, reason }) => `${engine} on ${accelerator}: ${reason}`);
  return [
    EACH,
    '',
    row('points', '', 'throughput', 'time per token', 'first token, in the fit', 'family left out', 'GPU left out'),
    row(...Array.from({ length: 7 }, () => '---')),
    ...grouped(runs, ['engine', 'family', 'gpuAndPrecision']).map(([name, some]) => row(
      name, some.length, ...[
        ratio('throughput', () => HAND_OVER), ratio('perToken', () => HAND_OVER), ratio('firstToken', () => HAND_OVER),
        ratio('firstToken', (run) => left('family', run)), ratio('firstToken', (run) => left('gpu', run)),
      ].map((of) => ratios(some.map(of))),
    )),
    '',
    `Of ${runs.length + refused.length} points ${refused.length} are refused:`,
    '',
    ...[...new Set(reasons)].sort().map((reason) => `- ${reasons.filter((other) => other === reason).length} x ${reason}`),
  ].join('\n');
}

const FIGURES: readonly Measured[] = [
  'outputTokensPerSecondPerGpu', 'timePerOutputTokenMillis_mean', 'timeToFirstTokenMillis_p50', 'endToEndMillis_mean',
];
/** Runs that make an accelerator worth a line. */
const ENOUGH = 12;

function strangersTable(): string {
  const told = score(prepare(publishedPoints()).prepared);
  const runs = scoredRuns();
  const unseen = runs.flatMap(({ scored }) => scored);
  const line = (name: string, some: readonly Scored[]) => row(name, ...FIGURES.map((metric) => {
    const of = some.filter((s) => s.metric === metric);
    return of.length ? `${of.length}: ${errors(of)}` : '–';
  }));
  const gpus = [...new Set(unseen.map(({ tags }) => tags.gpu))].sort();
  const refused = runs.flatMap(({ refused: reason }) => reason ?? []);
  return [
    'Number of runs: median error / share within 30 %.',
    '',
    row('runs', 'throughput', 'time per token', 'median of first tokens', 'end to end'),
    row(...Array.from({ length: 5 }, () => '---')),
    line('fitted half', told),
    line('unseen half', unseen),
    ...['vllm', 'sglang', 'trtllm'].map((engine) => line(engine, unseen.filter(({ tags }) => tags.engine === engine))),
    ...gpus.filter((gpu) => runs.filter(({ run }) => run.question.accelerator === gpu).length >= ENOUGH)
      .map((gpu) => line(gpu, unseen.filter(({ tags }) => tags.gpu === gpu))),
    '',
    `The stated 90 % intervals hold ${percent(summary(unseen.filter(({ metric }) => FIGURES.includes(metric))).held)} of these figures. Of the unseen half`,
    `${refused.length} of ${runs.length} runs are refused.`,
  ].join('\n');
}

const begin = (what: string) => `<!-- ${what}: written by bench/accuracy/main.ts -->`;
const PARTS: readonly (readonly [begin: string, end: string, make: () => string])[] = [
  [begin('errors on what was left out'), '<!-- end of the errors -->', tables],
  [begin('errors on published runs'), '<!-- end of the errors on published runs -->', strangersTable],
  [begin('errors of power'), '<!-- end of the errors of power -->', powerTable],
  [begin('errors of separate instances'), '<!-- end of the errors of separate instances -->', handOverTable],
];
const write = process.argv.includes('--write');
const check = process.argv.includes('--check');
for (const [from, end, make] of PARTS) {
  const found = make();
  if (!write && !check) { console.log(`${found}\n`); continue; }
  if (!holdPart({ page: 'sizing.md', begin: from, end }, found, write) && !write) {
    console.error("the errors in docs/sizing.md are stale: run 'npx tsx scripts/fit-sizing.ts', then 'npx tsx bench/accuracy/main.ts --write', and read the diff");
    process.exitCode = 1;
  }
}
