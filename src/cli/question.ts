import { Command } from 'commander';
import { Refusal } from './io';
import { readJson } from './json-file';
import { degree, number, tokens, word } from './options';
import { LengthOptions, lengthsOf, limitOptions, limitsOf, modelOptions, precisionOptions, refuseModels, ReplicaOptions } from './replica-options';
import { speculativeField, SpeculativeOptions, speculativeOptions } from './speculative';

/** A question in the form of `estimate`'s lines. */
export type Question = { readonly [field: string]: unknown };

/** Options that describe one running instance, as commander names them. */
export interface DeploymentOptions extends ReplicaOptions {
  readonly accelerator?: string;
}

/** The same with a load. */
export interface QuestionOptions extends DeploymentOptions, LengthOptions, SpeculativeOptions {
  readonly hostHitRatio?: number;
  readonly hostLinkBytesPerSecond?: number;
  readonly streamInterval?: number;
  readonly concurrency?: number;
  readonly requestsPerSecond?: number;
  readonly saturated?: boolean;
}

/** Adds the options that describe one running instance. */
export function deploymentOptions(command: Command): Command {
  modelOptions(command.optionsGroup('What runs, on what:'))
    .option('--accelerator <name>', "e.g. h100-sxm; see 'accelerators'");
  precisionOptions(command)
    .option('--engine <name>', 'vllm, sglang or trtllm (default: vllm)', word('engine', ['vllm', 'sglang', 'trtllm']))
    .option('--engine-version <version>', 'its version')
    .option('--tensor-parallel <n>', 'ways each layer is split (default: 1)', degree('tensor-parallel'))
    .option('--pipeline-parallel <n>', 'ways the stack of layers is split', degree('pipeline-parallel'))
    .option('--data-parallel <n>', 'attention ranks with requests of their own', degree('data-parallel'))
    .option('--expert-parallel <n>', 'GPUs that the routed experts are spread over', degree('expert-parallel'));
  return limitOptions(command)
    .option('--kv-block-size <n>', 'tokens in one block of the KV cache', degree('kv-block-size'))
    .option('--prefix-hit-ratio <share>', 'share of prompt tokens found in the prefix cache, 0 to 1', number('prefix-hit-ratio', { min: 0, max: 1 }));
}

/** Adds the options of a load. */
export function loadOptions(command: Command): Command {
  return speculativeOptions(command)
    .optionsGroup('Load of this one instance (one of the last three):')
    .option('--prompt-tokens <n>', 'mean prompt', tokens('prompt-tokens'))
    .option('--output-tokens <n>', 'mean completion', tokens('output-tokens'))
    .option('--prompt-tokens-p99 <n>', 'prompt that 99 % stay under (default: all alike)', tokens('prompt-tokens-p99'))
    .option('--output-tokens-p99 <n>', 'completion that 99 % stay under (default: all alike)', tokens('output-tokens-p99'))
    .option('--host-hit-ratio <share>', 'share of prompt tokens that come back from the KV cache on the host, 0 to 1', number('host-hit-ratio', { min: 0, max: 1 }))
    .option('--host-link-bytes-per-second <n>', 'between a GPU and its host, one direction (default: of the catalogue)', number('host-link-bytes-per-second', { min: 1e6 }))
    .option('--stream-interval <n>', "tokens that SGLang sends at a time (default: those of published benchmarks for '--concurrency', else 1)", degree('stream-interval'))
    .option('--concurrency <n>', 'requests in flight', number('concurrency', { above: 0, unit: 'requests' }))
    .option('--requests-per-second <n>', 'requests that arrive per second', number('requests-per-second', { above: 0, unit: 'requests' }))
    .option('--saturated', 'as many as it can take, all queued');
}

/** The fields of a question that describe an instance. */
export function deploymentOf(options: DeploymentOptions): Question {
  const { model, config, parameters, tensorParallel, pipelineParallel, dataParallel, expertParallel } = options;
  refuseModels(options);
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
    ...limitsOf(options),
    prefixHitRatio: options.prefixHitRatio,
  };
}

/** A whole question from options. */
export function questionOf(options: QuestionOptions): Question {
  const deployment = deploymentOf(options);
  const { concurrency, requestsPerSecond, saturated } = options;
  const loads = [concurrency, requestsPerSecond, saturated].filter((load) => load !== undefined).length;
  if (loads !== 1) { throw new Refusal(`${loads ? 'the load is given twice' : 'no load is given'}; give '--concurrency', '--requests-per-second' or '--saturated'`); }
  return {
    ...deployment,
    speculative: speculativeField(options),
    ...lengthsOf(options),
    hostHitRatio: options.hostHitRatio,
    hostLinkBytesPerSecond: options.hostLinkBytesPerSecond,
    streamInterval: options.streamInterval,
    load: { concurrency, requestsPerSecond, saturated },
  };
}
