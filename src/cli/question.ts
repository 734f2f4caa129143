import { Command } from 'commander';
import { Refusal } from './io';
import { readJson } from './json-file';
import { number, word } from './options';

/** A question in the form of `estimate`'s lines. */
export type Question = { readonly [field: string]: unknown };

/** Options that describe one running instance, as commander names them. */
export interface DeploymentOptions {
  readonly model?: string;
  readonly config?: string;
  readonly parameters?: number;
  readonly accelerator?: string;
  readonly precision?: string;
  readonly kvCachePrecision?: string;
  readonly engine?: string;
  readonly engineVersion?: string;
  readonly tensorParallel?: number;
  readonly pipelineParallel?: number;
  readonly dataParallel?: number;
  readonly expertParallel?: number;
  readonly maxModelLen?: number;
  readonly maxNumSeqs?: number;
  readonly maxNumBatchedTokens?: number;
  readonly memoryFraction?: number;
  readonly kvBlockSize?: number;
  readonly prefixHitRatio?: number;
}

/** The same with a load. */
export interface QuestionOptions extends DeploymentOptions {
  readonly promptTokens?: number;
  readonly outputTokens?: number;
  readonly promptTokensP99?: number;
  readonly outputTokensP99?: number;
  readonly concurrency?: number;
  readonly requestsPerSecond?: number;
  readonly saturated?: boolean;
}

/** Adds the options that describe one running instance. */
export function deploymentOptions(command: Command): Command {
  const degree = (option: string) => number(option, { min: 1, integer: true });
  return command
    .optionsGroup('What runs, on what:')
    .option('--model <id>', "repository id, e.g. meta-llama/Llama-3.1-8B-Instruct; see 'models'")
    .option('--config <file>', 'a Hugging Face config.json, for a model that the catalogue lacks')
    .option('--parameters <n>', 'parameters, where the config does not tell them', number('parameters', { above: 0 }))
    .option('--accelerator <name>', "e.g. h100-sxm; see 'accelerators'")
    .option('--precision <name>', 'format of the weights (default: that of the published ones)')
    .option('--kv-cache-precision <name>', 'format of the KV cache (default: what the checkpoint asks for, else 16 bits)')
    .option('--engine <name>', 'vllm, sglang or trtllm (default: vllm)', word('engine', ['vllm', 'sglang', 'trtllm']))
    .option('--engine-version <version>', 'its version')
    .option('--tensor-parallel <n>', 'ways each layer is split (default: 1)', degree('tensor-parallel'))
    .option('--pipeline-parallel <n>', 'ways the stack of layers is split', degree('pipeline-parallel'))
    .option('--data-parallel <n>', 'attention ranks with requests of their own', degree('data-parallel'))
    .option('--expert-parallel <n>', 'GPUs that the routed experts are spread over', degree('expert-parallel'))
    .option('--max-model-len <n>', 'longest sequence, in tokens', degree('max-model-len'))
    .option('--max-num-seqs <n>', 'most requests in one step', degree('max-num-seqs'))
    .option('--max-num-batched-tokens <n>', 'most tokens in one step', degree('max-num-batched-tokens'))
    .option('--memory-fraction <share>', 'share of device memory that the engine takes', number('memory-fraction', { above: 0, max: 1 }))
    .option('--kv-block-size <n>', 'tokens in one block of the KV cache', degree('kv-block-size'))
    .option('--prefix-hit-ratio <share>', 'share of prompt tokens found in the prefix cache, 0 to 1', number('prefix-hit-ratio', { min: 0, max: 1 }));
}

/** Adds the options of a load. */
export function loadOptions(command: Command): Command {
  const tokens = (option: string) => number(option, { min: 1, unit: 'tokens' });
  return command
    .optionsGroup('Load of this one instance (one of the last three):')
    .option('--prompt-tokens <n>', 'mean prompt', tokens('prompt-tokens'))
    .option('--output-tokens <n>', 'mean completion', tokens('output-tokens'))
    .option('--prompt-tokens-p99 <n>', 'prompt that 99 % stay under (default: all alike)', tokens('prompt-tokens-p99'))
    .option('--output-tokens-p99 <n>', 'completion that 99 % stay under (default: all alike)', tokens('output-tokens-p99'))
    .option('--concurrency <n>', 'requests in flight', number('concurrency', { above: 0, unit: 'requests' }))
    .option('--requests-per-second <n>', 'requests that arrive per second', number('requests-per-second', { above: 0, unit: 'requests' }))
    .option('--saturated', 'as many as it can take, all queued');
}

/** The fields of a question that describe an instance. */
export function deploymentOf(options: DeploymentOptions): Question {
  const { model, config, parameters, tensorParallel, pipelineParallel, dataParallel, expertParallel } = options;
  if ((model === undefined) === (config === undefined)) {
    throw new Refusal(`${model === undefined ? "neither '--model' nor '--config' is" : "both '--model' and '--config' are"} given; give one of them`);
  }
  if (options.accelerator === undefined) { throw new Refusal("'--accelerator' is missing; 'cdk8s-inference accelerators' lists them"); }
  return {
    model: model ?? readJson('--config', config!),
    parameters,
    accelerator: options.accelerator,
    precision: options.precision,
    kvCachePrecision: options.kvCachePrecision,
    engine: options.engine,
    engineVersion: options.engineVersion,
    layout: { tensorParallel: tensorParallel ?? 1, pipelineParallel, dataParallel, expertParallel },
    maxModelLen: options.maxModelLen,
    maxNumSeqs: options.maxNumSeqs,
    maxNumBatchedTokens: options.maxNumBatchedTokens,
    memoryFraction: options.memoryFraction,
    kvBlockSize: options.kvBlockSize,
    prefixHitRatio: options.prefixHitRatio,
  };
}

/** A whole question from options. */
export function questionOf(options: QuestionOptions): Question {
  const deployment = deploymentOf(options);
  const { concurrency, requestsPerSecond, saturated, promptTokens, outputTokens } = options;
  const loads = [concurrency, requestsPerSecond, saturated].filter((load) => load !== undefined).length;
  if (loads !== 1) { throw new Refusal(`${loads ? 'the load is given twice' : 'no load is given'}; give '--concurrency', '--requests-per-second' or '--saturated'`); }
  if (promptTokens === undefined || outputTokens === undefined) {
    throw new Refusal(`'--${promptTokens === undefined ? 'prompt' : 'output'}-tokens' is missing; give the mean lengths of prompts and completions`);
  }
  return {
    ...deployment,
    promptTokens,
    outputTokens,
    promptTokensP99: options.promptTokensP99,
    outputTokensP99: options.outputTokensP99,
    load: { concurrency, requestsPerSecond, saturated },
  };
}
