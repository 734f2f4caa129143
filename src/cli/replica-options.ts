import { Command } from 'commander';
import { Refusal } from './io';
import { degree, number } from './options';
import { RequestLengths } from '../sizing/load';

/** Options that describe what one replica runs, as commander names them. */
export interface ReplicaOptions {
  readonly model?: string;
  readonly config?: string;
  readonly parameters?: number;
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

/** Options of the lengths of requests, as commander names them. */
export interface LengthOptions {
  readonly promptTokens?: number;
  readonly outputTokens?: number;
  readonly promptTokensP99?: number;
  readonly outputTokensP99?: number;
}

/** Adds the options that name a model. */
export function modelOptions(command: Command): Command {
  return command
    .option('--model <id>', "repository id, e.g. meta-llama/Llama-3.1-8B-Instruct; see 'models'")
    .option('--config <file>', 'a Hugging Face config.json, for a model that the catalogue lacks')
    .option('--parameters <n>', 'parameters, where the config does not tell them', number('parameters', { above: 0 }));
}

/** Adds the options of the formats that it is served in. */
export function precisionOptions(command: Command): Command {
  return command
    .option('--precision <name>', 'format of the weights (default: that of the published ones)')
    .option('--kv-cache-precision <name>', 'format of the KV cache (default: what the checkpoint asks for, else 16 bits)');
}

/** Adds the options of what the engine is held to. */
export function limitOptions(command: Command): Command {
  return command
    .option('--max-model-len <n>', 'longest sequence, in tokens', degree('max-model-len'))
    .option('--max-num-seqs <n>', 'most requests in one step', degree('max-num-seqs'))
    .option('--max-num-batched-tokens <n>', 'most tokens in one step', degree('max-num-batched-tokens'))
    .option('--memory-fraction <share>', 'share of device memory that the engine takes', number('memory-fraction', { above: 0, max: 1 }));
}

/** Refuses no model, and two. */
export function refuseModels({ model, config }: ReplicaOptions): void {
  if ((model === undefined) === (config === undefined)) {
    throw new Refusal(`${model === undefined ? "neither '--model' nor '--config' is" : "both '--model' and '--config' are"} given; give one of them`);
  }
}

/** What the engine is held to. */
export function limitsOf({ maxModelLen, maxNumSeqs, maxNumBatchedTokens, memoryFraction, kvBlockSize }: ReplicaOptions): object {
  return { maxModelLen, maxNumSeqs, maxNumBatchedTokens, memoryFraction, kvBlockSize };
}

/** Lengths of the requests, of which the means must be given. */
export function lengthsOf({ promptTokens, outputTokens, promptTokensP99, outputTokensP99 }: LengthOptions): RequestLengths {
  if (promptTokens === undefined || outputTokens === undefined) {
    throw new Refusal(`'--${promptTokens === undefined ? 'prompt' : 'output'}-tokens' is missing; give the mean lengths of prompts and completions`);
  }
  return { promptTokens, outputTokens, promptTokensP99, outputTokensP99 };
}
