import { EnvValue } from 'cdk8s-plus-28';
import { Construct } from 'constructs';
import { flag, literal, word } from './arguments';
import { SGLANG_FLAGS } from './data/sglang-flags';
import { SGLANG_NOTED, SGLANG_REFUSED } from './data/sglang-rules';
import { SGLANG_VERSIONS, SglangVersion } from './data/sglang-versions';
import { VLLM_REFUSED } from './data/vllm-rules';
import { EngineConfig, EngineContext } from './engine-config';
import { environment, reservedVariables, secretOnly } from './environment';
import { checkExtraArgs, flagsOf, foreignFlags } from './extra-args';
import { hostCacheBytes, hostCacheNote } from './host-cache';
import { imageReference, imageVendor, runsCuda } from './image';
import { gpuLayout, kvCacheFormat, modelTraits, weightFormat } from './plan-facts';
import { SglangOptions } from './sglang-options';
import { sglangSpeculativeArgs, speculativeRefused } from './speculative';
import { versionRow } from './versions';
import { checkFlags, didYouMean, fail } from '../errors';

const PORT = 8000;
/** Where the ranks of a group meet, on its leader. */
const GROUP_PORT = 20000;
const USER_ID = 1000;
const ROOT = '/var/cache/sglang';
const API_KEY = 'SGLANG_API_KEY';

/** Graphs and warm-up of a dense model with empty caches; no figure is published, vLLM's is taken. */
const DENSE_WARM_UP_SECONDS = 300;
/** The same where kernels of experts are compiled: SGLang itself announces 10 to 20 minutes for DeepGEMM's (sglang#15891). */
const EXPERT_WARM_UP_SECONDS = 1200;
/** Twice vLLM's measured figure; not measured. */
const TEARDOWN_SECONDS = 30;
/** What SGLang leaves free of the pod's memory when it sets a cache on the host aside (sglang/srt/mem_cache/pool_host/base.py). */
const HOST_CACHE_RESERVE_BYTES = 10 * 2 ** 30;
/** Pods of a group rarely start together. */
const GATHER_SECONDS = 1800;

/** What SGLang asks of its pods for a plan. */
export function sglangConfig(scope: Construct, context: EngineContext, options: SglangOptions): EngineConfig {
  const row = versionRow(scope, 'Engine.sglang', SGLANG_VERSIONS, options.version);
  checkFlags(scope, { prefixCaching: options.prefixCaching, trustRemoteCode: options.trustRemoteCode });
  const { accelerator } = context.plan.pool;
  const vendorNotes = imageVendor(scope, accelerator, options.image, {
    engine: `SGLang ${row.version}`, reference: row.image, elsewhere: { amd: 'docker.io/rocm/sgl-dev' },
  });
  const image = imageReference(scope, { ...options, published: row.image, publishedDigest: row.digest });
  const extra = extraArgs(scope, context, options, row);
  const layout = gpuLayout(scope, context.plan);
  const host = hostCache(scope, context, options);
  const args = [
    flag('--model-path', literal(context.modelPath)),
    flag('--served-model-name', literal(word(scope, 'servedModelName', context.servedModelName))),
    '--host=0.0.0.0',
    flag('--port', PORT),
    '--enable-metrics',
    ...layoutArgs(scope, context, row),
    ...(layout.nodes > 1 ? groupArgs() : []),
    ...settingsArgs(scope, context, options),
    ...formatArgs(scope, context, row),
    ...sglangSpeculativeArgs(scope, context),
    ...modelArgs(scope, options, row),
    ...(host ? ['--enable-hierarchical-cache', flag('--hicache-size', host.gigabytesPerGpu)] : []),
    ...extra.args,
  ];
  return {
    image: image.reference,
    command: ['python3', '-m', 'sglang.launch_server'],
    args,
    workerArgs: args,
    port: PORT,
    readyPath: '/health',
    healthPath: '/health',
    metricsPath: '/metrics',
    env: environment(scope, variables(scope, context, options), options.env, FIXED_VARIABLES),
    hostMemoryBytes: host && host.bytes + HOST_CACHE_RESERVE_BYTES,
    writablePaths: ['/tmp', ROOT],
    warmUpSeconds: modelTraits(context.plan).compilesKernels ? EXPERT_WARM_UP_SECONDS : DENSE_WARM_UP_SECONDS,
    teardownSeconds: TEARDOWN_SECONDS,
    userId: USER_ID,
    notes: [
      ...image.notes,
      ...vendorNotes,
      ...(isPartlySpread(scope, context) ? ['SGLang spreads experts over some of the ranks with its own kernels alone: FlashInfer\'s want all of them, or none'] : []),
      'SGLang drains until its last request ends and has no limit of its own: the pod\'s grace period is the limit',
      ...(options.trustRemoteCode ? ['code that is published with the model runs in the server: pin its revision and read it'] : []),
      ...(host ? [hostCacheNote(context, host.bytes)] : []),
      ...extra.notes,
    ],
  };
}

interface HostCache { readonly gigabytesPerGpu: number; readonly bytes: number }

/** KV cache on the host: whole gigabytes for each rank. */
function hostCache(scope: Construct, context: EngineContext, options: SglangOptions): HostCache | undefined {
  const bytes = hostCacheBytes(scope, context, options.kvCacheOnHost, options.prefixCaching !== false);
  if (bytes === undefined) { return undefined; }
  const { gpusPerReplica } = context.plan;
  const gigabytesPerGpu = Math.floor(bytes / gpusPerReplica / 1e9);
  if (gigabytesPerGpu < 1) {
    fail(scope, `'kvCacheOnHost' is ${(bytes / 1e9).toFixed(1)} GB but SGLang takes whole gigabytes for each of ${gpusPerReplica} GPUs; use at least ${gpusPerReplica} GB`);
  }
  return { gigabytesPerGpu, bytes: gigabytesPerGpu * 1e9 * gpusPerReplica };
}

/** SGLang counts all GPUs of a stage as tensor ranks, and splits attention inside them. */
function layoutArgs(scope: Construct, { plan }: EngineContext, row: SglangVersion): string[] {
  const { tensor, pipeline, data, experts } = gpuLayout(scope, plan);
  const ranks = tensor * data;
  if (ranks % experts !== 0) {
    fail(scope, `'expertParallel' is ${experts} but SGLang splits the ${ranks} ranks of 'tensorParallel' ${tensor} x 'dataParallel' ${data} by it; use a divisor of ${ranks}`);
  }
  const attention = row.attentionDataParallel === 'attn-dp-size' ? [flag('--attn-dp-size', data)] : [flag('--dp-size', data), '--enable-dp-attention'];
  return [
    flag('--tp-size', ranks),
    ...(pipeline > 1 ? [flag('--pp-size', pipeline)] : []),
    ...(data > 1 ? attention : []),
    ...(experts > 1 ? [flag('--ep-size', experts)] : []),
  ];
}

/** Whether experts are spread over some ranks and split by the others. */
function isPartlySpread(scope: Construct, { plan }: EngineContext): boolean {
  const { tensor, data, experts } = gpuLayout(scope, plan);
  return experts > 1 && experts < tensor * data;
}

function groupArgs(): string[] {
  return [
    '--nnodes=$(LWS_GROUP_SIZE)',
    '--node-rank=$(LWS_WORKER_INDEX)',
    `--dist-init-addr=$(LWS_LEADER_ADDRESS):${GROUP_PORT}`,
    flag('--dist-timeout', GATHER_SECONDS),
  ];
}

/** The plan counts requests and tokens per attention rank, SGLang counts those of all ranks and divides. */
function settingsArgs(scope: Construct, { plan }: EngineContext, options: SglangOptions): string[] {
  const { settings } = plan.estimate;
  const { data } = gpuLayout(scope, plan);
  return [
    flag('--context-length', settings.maxModelLen),
    flag('--max-running-requests', settings.maxNumSeqs * data),
    flag('--chunked-prefill-size', settings.maxNumBatchedTokens * data),
    flag('--mem-fraction-static', settings.memoryFraction),
    ...(options.settings?.kvBlockSize !== undefined ? [flag('--page-size', settings.kvBlockSize)] : []),
  ];
}

function formatArgs(scope: Construct, { plan, loadFormat }: EngineContext, row: SglangVersion): string[] {
  const engine = `SGLang ${row.version}`;
  const weights = weightFormat(scope, plan, engine, row.onlineQuantization);
  const kvCache = kvCacheFormat(scope, plan, engine, row.kvCacheDtypes, weights.dtype);
  return [
    flag('--dtype', weights.dtype),
    ...(weights.quantization ? [flag('--quantization', weights.quantization)] : []),
    ...(kvCache ? [flag('--kv-cache-dtype', kvCache)] : []),
    flag('--load-format', literal(loadFormat ?? 'safetensors')),
  ];
}

function modelArgs(scope: Construct, options: SglangOptions, row: SglangVersion): string[] {
  return [
    ...(options.prefixCaching === false ? ['--disable-radix-cache'] : []),
    ...(options.toolCallParser !== undefined ? [flag('--tool-call-parser', parser(scope, 'toolCallParser', options, row.toolParsers))] : []),
    ...(options.reasoningParser !== undefined ? [flag('--reasoning-parser', parser(scope, 'reasoningParser', options, row.reasoningParsers))] : []),
    ...(options.trustRemoteCode === true ? ['--trust-remote-code'] : []),
    ...(options.apiKey !== undefined ? [`--api-key=$(${API_KEY})`] : []),
  ];
}

function parser(scope: Construct, prop: 'toolCallParser' | 'reasoningParser', options: SglangOptions, known: readonly string[]): string {
  const name = word(scope, prop, options[prop]);
  if (options.image === undefined && !known.includes(name)) { fail(scope, `'${prop}': ${didYouMean('parser', name, known)}`); }
  return literal(name);
}

function extraArgs(scope: Construct, context: EngineContext, options: SglangOptions, row: SglangVersion): { args: string[]; notes: string[] } {
  if (options.extraArgs === undefined) { return { args: [], notes: [] }; }
  const { problem, notes } = checkExtraArgs(options.extraArgs, {
    engine: `SGLang ${row.version}`,
    known: flagsOf(SGLANG_FLAGS, row.version, SGLANG_VERSIONS.map(({ version }) => version)),
    refused: [
      ...SGLANG_REFUSED,
      ...context.loadFormat === undefined ? [] : [{ names: '--load-format', because: 'the source of the weights sets; use \'weights\' of the fleet' }],
      ...speculativeRefused(context.plan, SPECULATIVE_FLAGS, 'Engine.sglang'),
    ],
    foreign: FOREIGN,
    noted: SGLANG_NOTED,
    underscores: false,
    allowUnknown: options.image !== undefined,
  });
  if (problem) { fail(scope, problem); }
  return { args: options.extraArgs.map(literal), notes };
}

const SPECULATIVE_FLAGS = `
  --speculative-algorithm --speculative-draft-model --speculative-draft-model-path --speculative-num-steps --speculative-eagle-topk
  --speculative-num-draft-tokens --speculative-adaptive --speculative-ngram-max-bfs-breadth`;

const FOREIGN = foreignFlags('vLLM', VLLM_REFUSED, 'Engine.vllm', 'Engine.sglang');

const FIXED_VARIABLES: { [name: string]: string } = {
  [API_KEY]: 'is the API key; use \'apiKey\' of Engine.sglang',
  SGLANG_ENABLE_HEALTH_ENDPOINT_GENERATION: 'decides what the probes ask; leave it out',
  ...Object.fromEntries(['HOME', 'HF_HUB_OFFLINE', 'TRANSFORMERS_OFFLINE', ...Object.keys(cudaCaches()), ...Object.keys(caches())]
    .map((name) => [name, 'the fleet sets together with the volumes of the pod; leave it out'])),
};

/** Variables that nobody may add to the pods of a fleet with SGLang, and why. */
export const SGLANG_RESERVED = reservedVariables(FIXED_VARIABLES);

/** Caches of CUDA and of kernels that only it has. */
function cudaCaches(): { [name: string]: string } {
  return { CUDA_CACHE_PATH: `${ROOT}/cuda`, FLASHINFER_WORKSPACE_BASE: `${ROOT}/flashinfer` };
}

function caches(): { [name: string]: string } {
  return {
    HF_HOME: `${ROOT}/huggingface`,
    NUMBA_CACHE_DIR: `${ROOT}/numba`,
    OUTLINES_CACHE_DIR: `${ROOT}/outlines`,
    SGLANG_CACHE_DIR: `${ROOT}/sglang`,
    TILELANG_CACHE_DIR: `${ROOT}/tilelang`,
    TORCHINDUCTOR_CACHE_DIR: `${ROOT}/inductor`,
    TRITON_CACHE_DIR: `${ROOT}/triton`,
    XDG_CACHE_HOME: `${ROOT}/cache`,
    XDG_CONFIG_HOME: `${ROOT}/config`,
  };
}

function variables(scope: Construct, { plan }: EngineContext, options: SglangOptions): { [name: string]: EnvValue } {
  const texts: { [name: string]: string } = {
    ...caches(),
    ...(runsCuda(plan.pool.accelerator) ? cudaCaches() : {}),
    HOME: ROOT,
    USER: 'sglang',
    HF_HUB_OFFLINE: '1',
    TRANSFORMERS_OFFLINE: '1',
    DO_NOT_TRACK: '1',
    // `/health` then tells whether the server is up, instead of waiting for a token behind long prompts.
    SGLANG_ENABLE_HEALTH_ENDPOINT_GENERATION: 'false',
    ...(plan.nodesPerReplica > 1 ? { NCCL_DEBUG: 'WARN' } : {}),
  };
  return {
    ...Object.fromEntries(Object.entries(texts).map(([name, value]) => [name, EnvValue.fromValue(value)])),
    ...(options.apiKey !== undefined ? { [API_KEY]: secretOnly(scope, 'apiKey', options.apiKey) } : {}),
  };
}
