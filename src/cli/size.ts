import { Command } from 'commander';
import { readCalibration } from './calibrate';
import { ExitCode, Io, isSentence, Output, Refusal, reportWidth, understood, wantsColor } from './io';
import { readJson } from './json-file';
import { poolOf, poolOfInstance } from './machines';
import { OBJECTIVES, ObjectiveOptions, objectiveOf } from './objective';
import { degree, each, number, tokens, word } from './options';
import { LengthOptions, lengthsOf, limitOptions, limitsOf, modelOptions, precisionOptions, refuseModels, ReplicaOptions } from './replica-options';
import { Services } from './services';
import { speculativeField, speculativeOf, SpeculativeOptions, speculativeOptions } from './speculative';
import { dashed, inOptions } from './wording';
import { Accelerator } from '../catalog/accelerator';
import { InstanceType } from '../catalog/instance';
import { Model } from '../catalog/model';
import { Precision } from '../catalog/precision';
import { disaggregatedText } from '../report/disaggregated-text';
import { frontText } from '../report/front-text';
import { candidateJson, disaggregatedJson, planJson } from '../report/plan-json';
import { planText } from '../report/plan-text';
import { ReportOptions } from '../report/table';
import { Load } from '../sizing/load';
import { LatencyTarget, ParallelLayout, SizingPool, SizingRequest } from '../sizing/questions';

const EXAMPLES = `
Examples:
  $ cdk8s-inference size --model meta-llama/Llama-3.3-70B-Instruct --precision fp8 --accelerator h100-sxm \\
      --requests-per-second 40 --prompt-tokens 1500 --output-tokens 250 --ttft-millis 500
  $ cdk8s-inference size --config ./config.json --instance g6e.12xlarge --instance p5.48xlarge \\
      --output-tokens-per-second 3000 --prompt-tokens 800 --output-tokens 200 --json
`;

/** `size`, as commander sees it. */
export function sizeCommand(run: (options: SizeOptions) => Promise<void>): Command {
  const millis = (option: string) => number(option, { above: 0, unit: 'milliseconds' });
  const command = new Command('size')
    .description('size a model for a load, and explain the plan; prices and nodes come from the catalogue where no option states them')
    .optionsGroup('What to serve (a model, by id or by its config.json):');
  precisionOptions(modelOptions(command))
    .optionsGroup('On what (at least one; each may be given several times):')
    .option('--accelerator <name>', "e.g. h100-sxm; see 'accelerators'", each)
    .option('--instance <type>', "a cloud's machine type, e.g. p5.48xlarge", each)
    .option('--gpus-per-node <n>', "GPUs in one node (default: those of the catalogue's largest machine)", degree('gpus-per-node'))
    .option('--max-gpus <n>', 'most GPUs that the plan may take of each accelerator', degree('max-gpus'))
    .option('--price-per-gpu-hour <dollars>', "price of one GPU (default: the catalogue's lowest)", number('price-per-gpu-hour', { min: 0, unit: 'dollars' }))
    .optionsGroup('Load (one of the two rates):')
    .option('--requests-per-second <n>', 'requests that arrive per second', number('requests-per-second', { above: 0, unit: 'requests' }))
    .option('--output-tokens-per-second <n>', 'the same, stated by generated tokens', number('output-tokens-per-second', { above: 0, unit: 'tokens' }))
    .option('--prompt-tokens <n>', 'mean prompt (required)', tokens('prompt-tokens'))
    .option('--output-tokens <n>', 'mean completion (required)', tokens('output-tokens'))
    .option('--prompt-tokens-p99 <n>', 'prompt that 99 % stay under (default: four times the mean)', tokens('prompt-tokens-p99'))
    .option('--output-tokens-p99 <n>', 'completion that 99 % stay under (default: four times the mean)', tokens('output-tokens-p99'))
    .option('--arrival-variation <n>', 'standard deviation over mean of the time between arrivals (default: 1, Poisson)', number('arrival-variation', { min: 0, max: 10 }))
    .option('--prefix-hit-ratio <share>', 'share of prompt tokens found in the prefix cache, 0 to 1 (default: 0)', number('prefix-hit-ratio', { min: 0, max: 1 }))
    .option('--host-hit-ratio <share>', 'share of prompt tokens that come back from the KV cache on the host, 0 to 1', number('host-hit-ratio', { min: 0, max: 1 }))
    .option('--host-link-bytes-per-second <n>', 'between a GPU and its host, one direction (default: of the catalogue)', number('host-link-bytes-per-second', { min: 1e6 }))
    .optionsGroup('Latency targets and reserve:')
    .option('--ttft-millis <n>', 'longest time to the first token', millis('ttft-millis'))
    .option('--tpot-millis <n>', 'longest time per output token after the first', millis('tpot-millis'))
    .option('--e2e-millis <n>', 'longest time from request to last token', millis('e2e-millis'))
    .option('--percentile <n>', 'percentile at which they hold (default: 95)', number('percentile', { above: 0, max: 99.99 }))
    .option('--headroom <share>', 'share of capacity left free for bursts (default: 0.2)', number('headroom', { min: 0, max: 0.99 }))
    .option('--spare-replicas <n>', 'replicas beyond those that the load needs (default: 0)', number('spare-replicas', { min: 0, integer: true }))
    .optionsGroup('What is best (default: the lowest cost where every pool has a price, else the fewest GPUs):')
    .option('--objective <name>', OBJECTIVES.join(', '), word('objective', OBJECTIVES))
    .option('--budget-gpus <n>', 'most GPUs that the lowest latency may take', degree('budget-gpus'))
    .option('--budget-dollars <n>', 'most dollars per hour that the lowest latency may take', number('budget-dollars', { above: 0, unit: 'dollars' }))
    .optionsGroup('Engine and layout (default: what the plan chooses):')
    .option('--engine <name>', 'vllm, sglang or trtllm (default: vllm)', word('engine', ['vllm', 'sglang', 'trtllm']))
    .option('--engine-version <version>', 'its version (default: the one that this release was tested with)')
    .option('--tensor-parallel <n>', 'the only layout to look at: ways each layer is split', degree('tensor-parallel'))
    .option('--pipeline-parallel <n>', '… ways the stack of layers is split', degree('pipeline-parallel'))
    .option('--data-parallel <n>', '… attention ranks with requests of their own', degree('data-parallel'))
    .option('--expert-parallel <n>', '… GPUs that the routed experts are spread over', degree('expert-parallel'))
    .option('--replicas <n>', 'replicas to run, spares included', degree('replicas'));
  return speculativeOptions(limitOptions(command))
    .option('--tune-engine', 'look for the most tokens in a step too: takes six times as long')
    .option('--tune-kv-cache', 'look at a KV cache in FP8 too, which changes answers: takes twice as long')
    .option('--kv-block-size <n>', 'tokens in one block of the KV cache', degree('kv-block-size'))
    .option('--calibration <file>', "corrections by benchmarks of your own; see 'calibrate'")
    .optionsGroup('Output:')
    .option('--simulate', "simulate one replica's scheduler too: up to a second")
    .option('--front', 'print the plans to choose between instead: those of which no other is better in price, power and end-to-end time')
    .option('--disaggregated', 'plan instances that read prompts and instances that write completions instead, beside one fleet for both')
    .option('--json', 'print the whole plan as JSON')
    .addHelpText('after', EXAMPLES)
    .action(run);
}

/** Options of `size`, as commander names them. */
export interface SizeOptions extends ObjectiveOptions, ReplicaOptions, LengthOptions, SpeculativeOptions {
  readonly accelerator?: string[];
  readonly instance?: string[];
  readonly gpusPerNode?: number;
  readonly hostHitRatio?: number;
  readonly hostLinkBytesPerSecond?: number;
  readonly maxGpus?: number;
  readonly pricePerGpuHour?: number;
  readonly requestsPerSecond?: number;
  readonly outputTokensPerSecond?: number;
  readonly arrivalVariation?: number;
  readonly ttftMillis?: number;
  readonly tpotMillis?: number;
  readonly e2eMillis?: number;
  readonly percentile?: number;
  readonly headroom?: number;
  readonly spareReplicas?: number;
  readonly replicas?: number;
  readonly tuneEngine?: boolean;
  readonly tuneKvCache?: boolean;
  readonly calibration?: string;
  readonly simulate?: boolean;
  readonly front?: boolean;
  readonly disaggregated?: boolean;
  readonly json?: boolean;
}

/** Sizes, and prints the plan. */
export async function size(options: SizeOptions, io: Io, services: Services): Promise<ExitCode> {
  refuseTogether(options);
  const request = sizingRequest(options);
  if (options.front) { return print(io, options, answered(() => services.front(request)), (front) => front.map(candidateJson), frontText); }
  if (options.disaggregated) {
    const text: typeof disaggregatedText = (plan, report) => disaggregatedText(plan, { ...report, latency: request.latency });
    return print(io, options, answered(() => services.disaggregated(request)), disaggregatedJson, text);
  }
  const plan = answered(() => services.plan(request));
  const simulated = options.simulate ? services.simulateReplica(request, plan) : undefined;
  const text: typeof planText = (of, report) => planText(of, { ...report, latency: request.latency, simulated });
  return print(io, options, plan, () => planJson(plan, simulated), text);
}

/** Options that say what one fleet for prompts and completions runs, or what is printed of it. */
const OF_ONE_FLEET = [
  'front', 'simulate', 'tensorParallel', 'pipelineParallel', 'dataParallel', 'expertParallel', 'replicas', 'tuneEngine', 'tuneKvCache',
] as const;

/** Refuses what does not go together, before anything is worked out. */
function refuseTogether(options: SizeOptions): void {
  if (options.front && options.simulate) { throw new Refusal("'--simulate' goes with one plan; leave out '--front'"); }
  const given = OF_ONE_FLEET.find((option) => options[option] !== undefined);
  if (options.disaggregated && given) { throw new Refusal(`'--${dashed(given)}' goes with one fleet for both; leave it out, or '--disaggregated'`); }
}

async function print<T>(
  io: Io, { json }: SizeOptions, what: T, toJson: (what: T) => unknown, toText: (what: T, options: ReportOptions) => string,
): Promise<ExitCode> {
  await new Output(io.stdout).write(json ? `${JSON.stringify(toJson(what), null, 2)}\n` : toText(what, { color: wantsColor(io), width: reportWidth(io) }));
  return ExitCode.OK;
}

/** What the sizing answers; its sentences in the words of the command line. */
function answered<T>(ask: () => T): T {
  try {
    return ask();
  } catch (error) {
    throw isSentence(error) ? new Refusal(inOptions(error.message), ExitCode.NO) : error;
  }
}

/** Reads the options. */
export function sizingRequest(options: SizeOptions): SizingRequest {
  return {
    model: modelOf(options),
    pools: poolsOf(options),
    load: loadOf(options),
    precision: precisionOf(options.precision),
    kvCachePrecision: precisionOf(options.kvCachePrecision),
    latency: latencyOf(options),
    headroom: options.headroom,
    spareReplicas: options.spareReplicas,
    objective: objectiveOf(options),
    tuneEngine: options.tuneEngine,
    tuneKvCache: options.tuneKvCache,
    engine: {
      name: options.engine,
      version: options.engineVersion,
      ...limitsOf(options),
      speculative: understood(() => speculativeOf(speculativeField(options))),
    },
    layout: layoutOf(options),
    replicas: options.replicas,
    calibration: options.calibration === undefined ? undefined : readCalibration(options.calibration),
  };
}

function modelOf(options: SizeOptions): Model {
  const { model, config, parameters } = options;
  refuseModels(options);
  if (config !== undefined) { return understood(() => Model.fromHubConfig(readJson('--config', config), { parameters })); }
  if (parameters !== undefined) { throw new Refusal("'--parameters' goes with '--config'; the catalogue knows those of a model named with '--model'"); }
  return understood(() => Model.named(model!));
}

function poolsOf(options: SizeOptions): SizingPool[] {
  const { gpusPerNode, maxGpus, pricePerGpuHour, hostLinkBytesPerSecond } = options;
  const stated = defined({ gpusPerNode, maxGpus, dollarsPerGpuHour: pricePerGpuHour, hostLinkBytesPerSecond });
  const pools = [
    ...(options.accelerator ?? []).map((name) => poolOf(understood(() => Accelerator.named(name)))),
    ...(options.instance ?? []).map(instancePool),
  ];
  if (!pools.length) { throw new Refusal("no GPUs to size for; give '--accelerator' or '--instance' at least once ('cdk8s-inference accelerators' lists them)"); }
  if (options.gpusPerNode !== undefined && options.instance) {
    throw new Refusal("'--gpus-per-node' goes with '--accelerator'; the catalogue knows the GPUs of a machine named with '--instance'");
  }
  return pools.map((pool) => ({ ...pool, ...stated }));
}

function instancePool(name: string): SizingPool {
  const instance = understood(() => InstanceType.named(name));
  if (instance.acceleratorName === undefined || !instance.gpusPerNode) {
    throw new Refusal(`the catalogue lacks the accelerator of '${instance.name}', or the machine has only a share of one; use '--accelerator' with '--gpus-per-node'`);
  }
  return poolOfInstance(instance, Accelerator.named(instance.acceleratorName), instance.gpusPerNode);
}

function loadOf(options: SizeOptions): Load {
  const { requestsPerSecond, outputTokensPerSecond, arrivalVariation } = options;
  if ((requestsPerSecond === undefined) === (outputTokensPerSecond === undefined)) {
    throw new Refusal(`${requestsPerSecond === undefined ? 'no load is given' : 'the load is given twice'}; give '--requests-per-second' or '--output-tokens-per-second'`);
  }
  const lengths = { ...lengthsOf(options), prefixHitRatio: options.prefixHitRatio, hostHitRatio: options.hostHitRatio };
  return requestsPerSecond === undefined
    ? Load.outputTokensPerSecond(outputTokensPerSecond!, { ...lengths, arrivalVariation })
    : Load.requestsPerSecond(requestsPerSecond, { ...lengths, arrivalVariation });
}

function latencyOf(options: SizeOptions): LatencyTarget | undefined {
  const target: LatencyTarget = {
    percentile: options.percentile,
    timeToFirstTokenMillis: options.ttftMillis,
    timePerOutputTokenMillis: options.tpotMillis,
    endToEndMillis: options.e2eMillis,
  };
  return Object.values(target).every((value) => value === undefined) ? undefined : target;
}

function layoutOf(options: SizeOptions): ParallelLayout | undefined {
  const { tensorParallel, pipelineParallel, dataParallel, expertParallel } = options;
  if ([tensorParallel, pipelineParallel, dataParallel, expertParallel].every((ways) => ways === undefined)) { return undefined; }
  return { tensorParallel: tensorParallel ?? 1, pipelineParallel, dataParallel, expertParallel };
}

const precisionOf = (name: string | undefined) => name === undefined ? undefined : understood(() => Precision.named(name));

function defined<T extends object>(object: T): Partial<T> {
  return Object.fromEntries(Object.entries(object).filter(([, value]) => value !== undefined)) as Partial<T>;
}
