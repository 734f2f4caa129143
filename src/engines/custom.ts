import { EnvValue } from 'cdk8s-plus-28';
import { Construct } from 'constructs';
import { textProblem } from './arguments';
import { CustomEngineOptions } from './custom-options';
import { EngineConfig, EngineContext } from './engine-config';
import { environment, reservedVariables } from './environment';
import { imageReference } from './image';
import { gpuLayout } from './plan-facts';
import { fail, numberProblem, show } from '../errors';

const USER_ID = 65532;
const WARM_UP_SECONDS = 600;
const TEARDOWN_SECONDS = 30;

/** What an engine that the library does not know asks of its pods: what the user stated. */
export function customConfig(scope: Construct, context: EngineContext, options: CustomEngineOptions): EngineConfig {
  const { name } = options;
  if (typeof options.image !== 'string') { fail(scope, `'image' is ${show(options.image)} but must be an image reference`); }
  const image = imageReference(scope, {
    image: options.image, allowMutableTag: options.allowMutableTag, published: options.image, remedy: 'write it as \'name:tag@sha256:…\'',
  });
  const { nodes } = gpuLayout(scope, context.plan);
  if (nodes > 1 && options.workerArgs === undefined) {
    fail(scope, `a replica spans ${nodes} nodes but engine '${name}' has no 'workerArgs'; state them, or use a 'layout' that fits a node`);
  }
  const userId = options.userId ?? USER_ID;
  const problem = numberProblem('port', options.port, { min: 1024, max: 65535, integer: true })
    ?? numberProblem('userId', userId, { min: 1, max: 2 ** 31 - 1, integer: true });
  if (problem) { fail(scope, problem); }
  if (options.warmUp !== undefined && typeof options.warmUp?.toSeconds !== 'function') {
    fail(scope, `'warmUp' is ${show(options.warmUp)} but must be a Duration, such as Duration.minutes(10)`);
  }
  const readyPath = httpPath(scope, 'readyPath', options.readyPath);
  const plan = planVariables(context);
  return {
    image: image.reference,
    command: options.command === undefined ? undefined : texts(scope, 'command', options.command),
    args: texts(scope, 'args', options.args),
    workerArgs: options.workerArgs === undefined ? undefined : texts(scope, 'workerArgs', options.workerArgs),
    port: options.port,
    readyPath,
    healthPath: options.healthPath === undefined ? readyPath : httpPath(scope, 'healthPath', options.healthPath),
    metricsPath: httpPath(scope, 'metricsPath', options.metricsPath ?? '/metrics'),
    env: environment(scope, plan, options.env, TAKEN),
    writablePaths: directories(scope, options.writablePaths ?? ['/tmp']),
    warmUpSeconds: options.warmUp ? Math.ceil(options.warmUp.toSeconds({ integral: false })) : WARM_UP_SECONDS,
    teardownSeconds: TEARDOWN_SECONDS,
    userId,
    notes: [...image.notes, `engine '${name}' is not one that the sizing was measured with: its latencies and memory are those of a known engine`],
  };
}

/** Names of the variables in which a container finds the plan. */
const PLAN_VARIABLES = [
  'MODEL_PATH', 'SERVED_MODEL_NAME', 'TENSOR_PARALLEL', 'PIPELINE_PARALLEL', 'DATA_PARALLEL', 'EXPERT_PARALLEL', 'NODES_PER_REPLICA',
  'WEIGHT_PRECISION', 'KV_CACHE_PRECISION', 'MAX_MODEL_LEN', 'MAX_NUM_SEQS', 'MAX_NUM_BATCHED_TOKENS', 'MEMORY_FRACTION', 'KV_BLOCK_SIZE',
  'DRAIN_SECONDS',
] as const;

/** Of the weights of what guesses tokens, where there are any. */
const DRAFT_VARIABLE = 'DRAFT_MODEL_PATH';

const TAKEN = Object.fromEntries([...PLAN_VARIABLES, DRAFT_VARIABLE].map((variable) => [variable, 'the plan sets; leave it out']));

/** Variables that nobody may add to the pods of a fleet with such an engine, and why. */
export const CUSTOM_RESERVED = reservedVariables(TAKEN);

function planVariables({ plan, modelPath, draftModelPath, servedModelName, drainSeconds }: EngineContext): { [name: string]: EnvValue } {
  const { layout, estimate: { settings } } = plan;
  const values: { [name in typeof PLAN_VARIABLES[number]]: string | number } = {
    // The kubelet expands references in variables, too.
    MODEL_PATH: modelPath.replaceAll('$', '$$$$'),
    SERVED_MODEL_NAME: servedModelName.replaceAll('$', '$$$$'),
    TENSOR_PARALLEL: layout.tensorParallel,
    PIPELINE_PARALLEL: layout.pipelineParallel ?? 1,
    DATA_PARALLEL: layout.dataParallel ?? 1,
    EXPERT_PARALLEL: layout.expertParallel ?? 1,
    NODES_PER_REPLICA: plan.nodesPerReplica,
    WEIGHT_PRECISION: plan.precision.name,
    KV_CACHE_PRECISION: plan.kvCachePrecision.name,
    MAX_MODEL_LEN: settings.maxModelLen,
    MAX_NUM_SEQS: settings.maxNumSeqs,
    MAX_NUM_BATCHED_TOKENS: settings.maxNumBatchedTokens,
    MEMORY_FRACTION: settings.memoryFraction,
    KV_BLOCK_SIZE: settings.kvBlockSize,
    DRAIN_SECONDS: drainSeconds,
  };
  const draft = draftModelPath === undefined ? {} : { [DRAFT_VARIABLE]: draftModelPath.replaceAll('$', '$$$$') };
  return Object.fromEntries(Object.entries({ ...values, ...draft }).map(([variable, value]) => [variable, EnvValue.fromValue(String(value))]));
}

function texts(scope: Construct, prop: string, values: string[]): string[] {
  if (!Array.isArray(values)) { fail(scope, `'${prop}' is ${show(values)} but must be a list of strings`); }
  values.forEach((value, i) => {
    const problem = textProblem(`${prop}[${i}]`, value);
    if (problem) { fail(scope, problem); }
  });
  return [...values];
}

function httpPath(scope: Construct, prop: string, path: string): string {
  if (typeof path !== 'string' || !/^\/[\x21-\x7e]{0,255}$/.test(path)) {
    fail(scope, `'${prop}' is ${show(path)} but must be an HTTP path that begins with '/', e.g. '/health'`);
  }
  return path;
}

function directories(scope: Construct, paths: string[]): string[] {
  for (const path of texts(scope, 'writablePaths', paths)) {
    if (!/^(\/[-_.A-Za-z0-9]+)+$/.test(path) || path.length > 255 || path.split('/').includes('..')) {
      fail(scope, `'writablePaths' holds ${show(path)} but directories must be absolute paths such as '/var/cache/engine'`);
    }
  }
  return [...new Set(paths)];
}
