import { writeFileSync } from 'node:fs';
import { Command } from 'commander';
import { estimateRequest, isFields } from './estimate-answer';
import { ExitCode, Io, isSentence, Output, Refusal, reportWidth, understood, wantsColor } from './io';
import { readJson, readText } from './json-file';
import { each } from './options';
import { deploymentOf, DeploymentOptions, deploymentOptions, Question } from './question';
import { show } from '../errors';
import { calibrationText } from '../report/calibration-text';
import { BenchmarkResults } from '../sizing/benchmark-results';
import { Calibration } from '../sizing/calibration';
import { Measurement } from '../sizing/measurement';

/** Largest result file; those that keep every request have hundreds of megabytes. */
const MOST_MEBIBYTES = 512;

const HELP = `
A result is the JSON file of guidellm (0.4 and later), 'vllm bench serve --save-result', inference-perf (stage_N_lifecycle_metrics.json),
genai-perf or aiperf; what it does not say of the server, the options say. Several servers: run it once for each, the second time with
'--again' and the file of the first.

Examples:
  $ cdk8s-inference calibrate --result run1.json --result run2.json --model Qwen/Qwen3-32B --accelerator h100-sxm --precision fp8 \\
      --engine vllm --engine-version 0.15 --tensor-parallel 2 --out calibration.json
  $ cdk8s-inference calibrate --again calibration.json --out calibration.json
`;

/** Options of `calibrate`, as commander names them. */
export interface CalibrateOptions extends DeploymentOptions {
  readonly result?: string[];
  readonly again?: string;
  readonly out?: string;
  readonly json?: boolean;
}

/** `calibrate`, as commander sees it. */
export function calibrateCommand(run: (options: CalibrateOptions) => Promise<void>): Command {
  const command = new Command('calibrate')
    .description('correct the estimate by benchmark results of your own, and write what was learnt to a file')
    .optionsGroup('Measurements:')
    .option('--result <file>', 'a result of a benchmark; may be given several times', each)
    .option('--again <file>', 'a calibration whose measurements are fitted once more, with the results beside it');
  return deploymentOptions(command)
    .optionsGroup('Output:')
    .option('--out <file>', 'where to write the calibration')
    .option('--json', 'print the calibration instead of a report')
    .addHelpText('after', HELP)
    .action(run);
}

/** Makes a calibration, and says what it changed and which results it refused. */
export async function calibrate(options: CalibrateOptions, io: Io): Promise<ExitCode> {
  const { result = [], again, out } = options;
  if (!result.length && again === undefined) { throw new Refusal("no measurements are given; give '--result' or '--again' at least once"); }
  const rows = [...again === undefined ? [] : rowsAgain(readJson('--again', again), again), ...result.length ? measured(result, options) : []];
  const calibration = made(rows);
  const json = `${JSON.stringify(calibration.toJson(), null, 2)}\n`;
  if (out !== undefined) { write(out, json); }
  await new Output(io.stdout).write(options.json ? json : calibrationText(calibration, { color: wantsColor(io), width: reportWidth(io) }));
  return calibration.refused.length ? ExitCode.NO : ExitCode.OK;
}

/** The calibration in a file that an option names. */
export function readCalibration(file: string): Calibration {
  return understood(() => Calibration.fromJson(readJson('--calibration', file)));
}

function made(rows: Measurement[]): Calibration {
  try {
    return Calibration.fromMeasurements(rows);
  } catch (error) {
    throw isSentence(error) ? new Refusal(error.message, ExitCode.NO) : error;
  }
}

function measured(files: readonly string[], options: DeploymentOptions): Measurement[] {
  const { prefixHitRatio } = options;
  const { load: _, ...deployment } = understood(() => estimateRequest({ ...deploymentOf(options), ...ANY_LOAD }));
  return files.flatMap((file) => {
    const text = readText('--result', file, MOST_MEBIBYTES);
    return understood(() => BenchmarkResults.fromText(text, { ...deployment, prefixHitRatio }, file));
  });
}

/** A load for questions of which only the deployment is read. */
const ANY_LOAD: Question = { promptTokens: 1, outputTokens: 1, load: { saturated: true } };

/** The measurements that a calibration was made from. */
function rowsAgain(json: unknown, file: string): Measurement[] {
  if (!isFields(json) || !Array.isArray(json.rows)) { throw new Refusal(`'--again' ${show(file)} is no calibration; give what 'calibrate' wrote`); }
  return json.rows.map((row, i) => {
    if (!isFields(row) || !isFields(row.question) || !isFields(row.measured)) {
      throw new Refusal(`'--again' ${show(file)} can't be used: rows[${i}] has no question or no measurement`);
    }
    const { source, requests, failedRequests, question, measured: figures } = row;
    return { ...understood(() => estimateRequest(question)), ...figures, source, requests, failedRequests } as Measurement;
  });
}

function write(file: string, text: string): void {
  try {
    writeFileSync(file, text);
  } catch (error) {
    throw new Refusal(`'--out' ${show(file)} can't be written (${(error as NodeJS.ErrnoException).code ?? 'unknown reason'})`);
  }
}
