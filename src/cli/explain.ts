import { Command } from 'commander';
import { readCalibration } from './calibrate';
import { estimateRequest, isFields } from './estimate-answer';
import { NEARNESS } from './evidence';
import { explain, Explanation } from './explanation';
import { ExitCode, Io, isSentence, Output, Refusal, reportWidth, understood, wantsColor } from './io';
import { deploymentOptions, loadOptions, Question, QuestionOptions, questionOf } from './question';
import { inOptions } from './wording';
import { explanationText } from '../report/explanation-text';
import { EstimateRequest } from '../sizing/questions';

const HELP = `
The question is one line of 'estimate' in quotes, or options. Shown are: the steps of one rank at this load, part by part (the parts add up
to the step); the memory of the fullest GPU; what one change at a time would do; and the published measurements that are most like the
question, with the error of the estimate there.
${NEARNESS.match(/.{1,130}(?: |$)/g)!.map((line) => line.trim()).join('\n')}

Examples:
  $ cdk8s-inference explain --model Qwen/Qwen3-32B --accelerator h100-sxm --precision fp8 --tensor-parallel 2 \\
      --prompt-tokens 1000 --output-tokens 250 --concurrency 32
  $ cdk8s-inference explain '{"model": "openai/gpt-oss-20b", "accelerator": "l40s", "promptTokens": 900, "outputTokens": 200, "load": {"saturated": true}}'
`;

/** Options of `explain`, as commander names them. */
export interface ExplainOptions extends QuestionOptions {
  readonly calibration?: string;
  readonly json?: boolean;
}

/** `explain`, as commander sees it. */
export function explainCommand(run: (question: string | undefined, options: ExplainOptions) => Promise<void>): Command {
  const command = new Command('explain')
    .description('explain an estimate: where the time and the memory go, what changes would do, and how near measurements are')
    .argument('[question]', "a question in JSON, as 'estimate' reads them; or options");
  return loadOptions(deploymentOptions(command))
    .option('--calibration <file>', "corrections by benchmarks of your own; see 'calibrate'")
    .optionsGroup('Output:')
    .option('--json', 'print JSON')
    .addHelpText('after', HELP)
    .action(run);
}

/** Explains one question. */
export async function explainQuestion(text: string | undefined, options: ExplainOptions, io: Io): Promise<ExitCode> {
  const { calibration: file, json, ...rest } = options;
  if (text !== undefined && Object.keys(rest).length) { throw new Refusal('the question is given twice, in JSON and by options; give one of them'); }
  const question = text === undefined ? questionOf(rest) : parse(text);
  const request = { ...read(question, text === undefined), calibration: file === undefined ? undefined : readCalibration(file) };
  const explained = answered(() => explain(request), text === undefined);
  const assumed = text === undefined && explained.assumed ? inOptions(explained.assumed) : explained.assumed;
  await new Output(io.stdout).write(json
    ? `${JSON.stringify(explanationJson(question, explained), null, 2)}\n`
    : explanationText({ ...explained, assumed, rule: NEARNESS }, { color: wantsColor(io), width: reportWidth(io) }));
  return explained.estimate.fits ? ExitCode.OK : ExitCode.NO;
}

/** A question as a request; what is wrong with it in the words that it was asked in. */
function read(question: Question, byOptions: boolean): EstimateRequest {
  if (byOptions) { return understood(() => estimateRequest(question)); }
  try {
    return estimateRequest(question);
  } catch (error) {
    throw isSentence(error) ? new Refusal(error.message) : error;
  }
}

/** An explanation as plain data. */
function explanationJson(question: Question, { answer, memory, steps, calibration, sensitivity, evidence }: Explanation): object {
  return { formatVersion: 1, question, answer, memory, steps, calibration, sensitivity, evidence };
}

function parse(text: string): Question {
  let question: unknown;
  try {
    question = JSON.parse(text);
  } catch {
    throw new Refusal('the question is not JSON; put it in quotes, or use options');
  }
  if (!isFields(question)) { throw new Refusal('the question is not a JSON object'); }
  return question;
}

function answered<T>(ask: () => T, byOptions: boolean): T {
  try {
    return ask();
  } catch (error) {
    throw isSentence(error) ? new Refusal(byOptions ? inOptions(error.message) : error.message, ExitCode.NO) : error;
  }
}
