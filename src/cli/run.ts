import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Command, CommanderError } from 'commander';
import { createColors } from 'picocolors';
import { calibrate, calibrateCommand } from './calibrate';
import { canaryCommand } from './canary';
import { doctor, DoctorOptions } from './doctor';
import { estimateLines, EstimateOptions } from './estimate';
import { explainCommand, explainQuestion } from './explain';
import { ExitCode, Io, isSentence, Output, Refusal } from './io';
import { accelerators, AcceleratorsOptions, models, ModelsOptions } from './listing';
import { number } from './options';
import { Services, services as builtIn } from './services';
import { size, sizeCommand } from './size';

const REPORT_FAULTS_AT = 'https://github.com/cdk8s-inference/cdk8s-inference/issues';

const EXIT_CODES = `
Exit codes:
  0  done, and every answer is yes
  1  an answer is no: no plan meets the load, a line of 'estimate' has an error, nothing was found, the cluster lacks something,
     a rollout was rolled back
  2  the command line, or a file that it names, can't be understood
  3  a fault in this program
  4  not known in time: a rollout is still under way, or its runner has not taken a command

Colours are written to terminals only, and never when NO_COLOR is set.
`;

const EXAMPLES = `
Examples:
  $ cdk8s-inference size --model Qwen/Qwen3-32B --accelerator h100-sxm --requests-per-second 10 --prompt-tokens 1000 --output-tokens 250
  $ cdk8s-inference accelerators --min-memory-gib 80
  $ cdk8s-inference doctor dist/ --kubeconfig ~/.kube/config
  $ cdk8s-inference canary status chat -n serving --watch
`;

const ESTIMATE_HELP = `
A question names a model, an accelerator, a layout and a load:
  {"id": 1, "model": "meta-llama/Llama-3.1-8B-Instruct", "accelerator": "h100-sxm", "precision": "bf16", "layout": {"tensorParallel": 1},
   "promptTokens": 1000, "outputTokens": 250, "load": {"requestsPerSecond": 4}}
Its answer carries the same id, and either the estimate, or "fits": false with the reason, or "error" with one sentence.
Blank lines are skipped; fields that are not known are ignored; a line may have 64 MiB.
Where "layout.expertParallel" is absent, it is as the engines' guides recommend: experts are spread over all GPUs with data-parallel
attention and, in vLLM, for models with latent attention (DeepSeek); otherwise tensor parallelism splits them.
`;

/**
 * Runs one command line, without the program's name, and answers with the exit code: 0 done, 1 an answer is no, 2 bad
 * usage, 3 a fault in this program, 4 not known in time. Results go to standard output, and whatever went wrong, as one sentence, to
 * standard error.
 */
export async function run(argv: readonly string[], io: Io, services: Services = builtIn): Promise<number> {
  const result = { code: ExitCode.OK };
  try {
    await program(io, services, result).parseAsync([...argv], { from: 'user' });
    return result.code;
  } catch (error) {
    return explain(error, io);
  }
}

function program(io: Io, services: Services, result: { code: ExitCode }): Command {
  const set = (work: Promise<ExitCode>) => work.then((code) => { result.code = code; });
  const root = new Command('cdk8s-inference')
    .description('Sizes AI inference on Kubernetes: from a model and a load to a plan, and from a plan to what the cluster must offer')
    .version(version(), '--version', 'print the version')
    .helpOption('-h, --help', 'print this help')
    .helpCommand('help [command]', 'print the help of a command')
    .showSuggestionAfterError()
    .addHelpText('after', EXAMPLES + EXIT_CODES);
  const commands = [
    sizeCommand((options) => set(size(options, io, services))),
    new Command('estimate')
      .description('answer estimates: one JSON object a line on standard input, one a line on standard output, in the same order')
      .option('--simulate', "simulate the engine's scheduler instead of using formulas: up to a second a line")
      .option('--calibration <file>', "corrections by benchmarks of your own; see 'calibrate'")
      .addHelpText('after', ESTIMATE_HELP)
      .action((options: EstimateOptions) => set(estimateLines(options, io, services))),
    explainCommand((question, options) => set(explainQuestion(question, options, io))),
    calibrateCommand((options) => set(calibrate(options, io))),
    new Command('models')
      .description('list the models of the catalogue, or show one')
      .argument('[search]', 'words that the id contains, or a whole id')
      .option('--complete', 'only models that can be sized')
      .option('--max-parameters <n>', 'only models of at most this many parameters, e.g. 9e9', number('max-parameters', { above: 0 }))
      .option('--json', 'print JSON')
      .action((search: string | undefined, options: ModelsOptions) => set(models(search, options, io))),
    new Command('accelerators')
      .description('list the accelerators of the catalogue, or show one')
      .argument('[search]', 'words that the name contains, or a whole name')
      .option('--vendor <name>', 'only this vendor: nvidia, amd, …')
      .option('--min-memory-gib <n>', 'only those with at least this memory', number('min-memory-gib', { min: 0, unit: 'GiB' }))
      .option('--json', 'print JSON')
      .action((search: string | undefined, options: AcceleratorsOptions) => set(accelerators(search, options, io))),
    new Command('doctor')
      .description('list what the cluster must offer for the YAML in a folder and, with a kubeconfig, check it')
      .argument('<folder>', 'where the synthesized YAML is')
      .option('--kubeconfig <file>', 'look at this cluster; it is only read from')
      .option('--context <name>', 'context of the kubeconfig (default: its current one)')
      .option('--login', 'run the program by which the kubeconfig logs in')
      .option('--json', 'print JSON')
      .action((folder: string, options: DoctorOptions) => set(doctor(folder, options, io))),
    canaryCommand((work) => set(work(io))),
  ];
  for (const command of [root, ...commands, ...commands.flatMap((parent) => parent.commands)]) {
    command.exitOverride().configureOutput({
      writeOut: (text) => { io.stdout.write(text); },
      writeErr: (text) => { io.stderr.write(text); },
      outputError: () => { /* explained below */ },
      getOutHasColors: () => false,
      getErrHasColors: () => false,
    });
  }
  for (const command of commands) { root.addCommand(command.helpOption('-h, --help', 'print this help')); }
  return root;
}

async function explain(error: unknown, io: Io): Promise<ExitCode> {
  if (error instanceof CommanderError) {
    if (error.exitCode === 0) { return ExitCode.OK; }
    if (error.code === 'commander.help') { return ExitCode.USAGE; } // no command was given: the help is printed already
    return say(sentence(error.message), ExitCode.USAGE, io);
  }
  if (error instanceof Refusal) { return say(error.message, error.code, io); }
  if (isSentence(error)) { return say(error.message, ExitCode.NO, io); }
  const stack = io.env.DEBUG ? `\n${(error as Error)?.stack ?? ''}` : '';
  return say(`fault in this program: ${(error as Error)?.message ?? error}; please report it at ${REPORT_FAULTS_AT}, with what DEBUG=1 adds${stack}`, ExitCode.FAULT, io);
}

async function say(text: string, code: ExitCode, io: Io): Promise<ExitCode> {
  const colors = createColors(Boolean(io.stderr.isTTY) && !io.env.NO_COLOR && io.env.TERM !== 'dumb');
  await new Output(io.stderr).write(`${colors.red('error:')} ${text}\n`);
  return code;
}

/** Longest text of a message; what was typed may be a whole file. */
const LONGEST_MESSAGE = 300;

/** Commander's message as a sentence like ours: on one line, cut, and without what a terminal would obey. */
function sentence(message: string): string {
  const [first, ...rest] = cut(message.replace(/^error: /, '').replace(UNSEEN, ' '))
    .split('\n').map((line) => line.trim()).filter(Boolean);
  const hint = rest.join(' ').replace(/^\((.*)\)$/, '$1').replace(/^D/, 'd').replace(/(Did|did) you mean (one of )?(.*)\?$/, "did you mean '$3'?");
  return hint ? `${first.replace(/\.$/, '')}; ${hint}` : first.replace(/\.$/, '');
}

/** Control characters but the line's end, and the marks that reorder or hide text. */
const UNSEEN = /[\u0000-\u0009\u000b-\u001f\u007f-\u009f\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff]/g;

function cut(text: string): string {
  return text.length > LONGEST_MESSAGE ? `${text.slice(0, LONGEST_MESSAGE).replace(/[\ud800-\udbff]$/, '')}…` : text;
}

/** The package's version; the bundle carries it, a checkout reads it. */
function version(): string {
  if (typeof BUNDLED_VERSION === 'string') { return BUNDLED_VERSION; }
  return (JSON.parse(readFileSync(join(__dirname, '..', '..', 'package.json'), 'utf8')) as { version: string }).version;
}

declare const BUNDLED_VERSION: string | undefined;
