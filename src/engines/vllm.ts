import { EnvFieldPaths, EnvValue } from 'cdk8s-plus-28';
import { Construct } from 'constructs';
import { flag, literal, word } from './arguments';
import { SGLANG_REFUSED } from './data/sglang-rules';
import { VLLM_FLAGS } from './data/vllm-flags';
import { VLLM_NOTED, VLLM_REFUSED } from './data/vllm-rules';
import { VLLM_VERSIONS, VllmVersion } from './data/vllm-versions';
import { EngineConfig, EngineContext } from './engine-config';
import { environment, reservedVariables, secretOnly } from './environment';
import { checkExtraArgs, FlagRules, flagsOf, foreignFlags } from './extra-args';
import { hostCacheBytes, hostCacheNote } from './host-cache';
import { imageReference, imageVendor, runsCuda } from './image';
import { gpuLayout, kvCacheFormat, modelTraits, weightFormat } from './plan-facts';
import { speculativeRefused, vllmSpeculativeArgs } from './speculative';
import { versionRow } from './versions';
import { VllmOptions } from './vllm-options';
import { checkFlags, didYouMean, fail, numberProblem, objectProblem, show } from '../errors';

const GIB = 2 ** 30;
const PORT = 8000;
/** torch.distributed's meeting point on the leader of a group; vLLM's own default. */
const GROUP_PORT = 29501;
/** The user `vllm` of the published images (vllm#40275). */
const USER_ID = 2000;
/** Every cache of the process lives here. */
const ROOT = '/var/cache/vllm';
const CHAT_TEMPLATE = '/etc/vllm/chat-template.jinja';

/**
 * Compilation, graphs and warm-up of a dense model with empty caches. Reported: 29 s to compile and 17 s to capture graphs for models of
 * 7B and less (gateway-api-inference-extension#550, vllm#20264); five times their sum is left for wider models.
 */
const DENSE_WARM_UP_SECONDS = 300;
/** The same where kernels of experts or recurrent layers are compiled too: DeepSeek-V4-Flash was ready after 8 minutes in all (vllm#43189). */
const EXPERT_WARM_UP_SECONDS = 900;
/** From the last request to the end of the process: measured on 0.32.0 with two tensor-parallel workers. */
const TEARDOWN_SECONDS = 15;
/**
 * Pods of a group rarely start together: an image has to be pulled, a node to be made. torch.distributed gives up after 10 minutes by default,
 * and the group would start over.
 */
const GATHER_SECONDS = 1800;
/** vLLM gives its engine 10 minutes to load and warm up; the startup probe is the one to decide. */
const NEVER_SECONDS = 86400;
/** Gateways keep idle connections for a minute and more, and lose requests on those that the server closes first (its default is 5 s). */
const KEEP_ALIVE_SECONDS = 120;

/** What vLLM asks of its pods for a plan. */
export function vllmConfig(scope: Construct, context: EngineContext, options: VllmOptions): EngineConfig {
  const row = versionRow(scope, 'Engine.vllm', VLLM_VERSIONS, options.version);
  checkFlags(scope, { prefixCaching: options.prefixCaching, trustRemoteCode: options.trustRemoteCode });
  const { accelerator } = context.plan.pool;
  const vendorNotes = imageVendor(scope, accelerator, options.image, {
    engine: `vLLM ${row.version}`, reference: row.image, elsewhere: { amd: 'docker.io/rocm/vllm' },
  });
  const image = imageReference(scope, { ...options, published: row.image, publishedDigest: row.digest });
  const extra = extraArgs(scope, context, options, row);
  const traits = modelTraits(context.plan);
  const { nodes } = gpuLayout(scope, context.plan);
  const hostBytes = hostCacheBytes(scope, context, options.kvCacheOnHost, options.prefixCaching ?? traits.hasAttention);
  const group = nodes > 1 ? groupArgs() : [];
  const serve = [
    literal(context.modelPath),
    flag('--served-model-name', literal(word(scope, 'servedModelName', context.servedModelName))),
    flag('--port', PORT),
    ...layoutArgs(scope, context),
    ...group,
  ];
  const rest = [
    ...settingsArgs(scope, context, options),
    ...formatArgs(scope, context, row),
    ...vllmSpeculativeArgs(scope, context),
    ...modelArgs(scope, context, options, row),
    ...adapterArgs(options),
    ...(hostBytes === undefined ? [] : [flag('--kv-offloading-size', offloadedGib(scope, context, hostBytes))]),
    flag('--shutdown-timeout', context.drainSeconds),
    '--disable-access-log-for-endpoints=/health,/metrics,/v1/models',
    ...extra.args,
  ];
  return {
    image: image.reference,
    command: ['vllm', 'serve'],
    args: [...serve, ...rest],
    workerArgs: [...serve, ...(nodes > 1 ? ['--headless'] : []), ...rest],
    port: PORT,
    readyPath: '/health',
    healthPath: '/health',
    metricsPath: '/metrics',
    env: environment(scope, variables(scope, context, options), options.env, FIXED_VARIABLES),
    files: files(scope, options),
    hostMemoryBytes: hostBytes,
    sharedMemoryBytes: hostBytes,
    writablePaths: ['/tmp', ROOT],
    warmUpSeconds: traits.compilesKernels ? EXPERT_WARM_UP_SECONDS : DENSE_WARM_UP_SECONDS,
    teardownSeconds: TEARDOWN_SECONDS,
    userId: USER_ID,
    notes: [
      ...image.notes,
      ...vendorNotes,
      ...(row.advisory && options.image === undefined ? [`vLLM ${row.version} ${row.advisory}`] : []),
      ...(options.trustRemoteCode ? ['code that is published with the model runs in the server: pin its revision and read it'] : []),
      ...(options.apiKey ? ['vLLM asks for the API key under /v1, /v2 and /inference only: let clients reach no other route'] : []),
      ...(hostBytes === undefined ? [] : [hostCacheNote(context, hostBytes)]),
      ...extra.notes,
    ],
  };
}

function adapterArgs({ adapters }: VllmOptions): string[] {
  return adapters === undefined ? [] : ['--enable-lora', flag('--max-loras', adapters.maxLoras), flag('--max-lora-rank', adapters.maxRank)];
}

/** GiB of one engine core, which are of all of its tensor and pipeline ranks; every attention rank has a core of its own. Rounded down: they are asked for. */
function offloadedGib(scope: Construct, { plan }: EngineContext, bytes: number): number {
  return Math.floor(bytes / gpuLayout(scope, plan).data / GIB * 1000) / 1000;
}

function layoutArgs(scope: Construct, { plan }: EngineContext): string[] {
  const { tensor, pipeline, data, experts } = gpuLayout(scope, plan);
  if (experts > 1 && experts !== tensor * data) {
    fail(scope, `'expertParallel' is ${experts} but vLLM spreads experts over all ${tensor * data} ranks of 'tensorParallel' ${tensor} x 'dataParallel' ${data}; `
      + `use ${tensor * data}, or 1`);
  }
  return [
    flag('--tensor-parallel-size', tensor),
    ...(pipeline > 1 ? [flag('--pipeline-parallel-size', pipeline)] : []),
    ...(data > 1 ? [flag('--data-parallel-size', data)] : []),
    ...(experts > 1 ? ['--enable-expert-parallel'] : []),
  ];
}

/** A replica over several nodes, without Ray: LeaderWorkerSet's variables are expanded by the kubelet. */
function groupArgs(): string[] {
  return [
    '--distributed-executor-backend=mp',
    '--nnodes=$(LWS_GROUP_SIZE)',
    '--node-rank=$(LWS_WORKER_INDEX)',
    '--master-addr=$(LWS_LEADER_ADDRESS)',
    flag('--master-port', GROUP_PORT),
    flag('--distributed-timeout-seconds', GATHER_SECONDS),
  ];
}

function settingsArgs(scope: Construct, { plan }: EngineContext, options: VllmOptions): string[] {
  const { settings } = plan.estimate;
  const block = options.settings?.kvBlockSize;
  // What its attention backends for CUDA take, as they say themselves (`get_supported_kernel_block_sizes`); some take fewer of them.
  if (block !== undefined && runsCuda(plan.pool.accelerator) && block % 16 !== 0) {
    fail(scope, `'settings.kvBlockSize' is ${block} but vLLM's attention kernels for NVIDIA GPUs take multiples of 16; use one, or leave it out`);
  }
  return [
    flag('--max-model-len', settings.maxModelLen),
    flag('--max-num-seqs', settings.maxNumSeqs),
    flag('--max-num-batched-tokens', settings.maxNumBatchedTokens),
    flag('--gpu-memory-utilization', settings.memoryFraction),
    // Left to vLLM otherwise, which picks it with the attention backend.
    ...(options.settings?.kvBlockSize !== undefined ? [flag('--block-size', settings.kvBlockSize)] : []),
  ];
}

function formatArgs(scope: Construct, { plan, loadFormat }: EngineContext, row: VllmVersion): string[] {
  const engine = `vLLM ${row.version}`;
  const weights = weightFormat(scope, plan, engine, row.onlineQuantization);
  const kvCache = kvCacheFormat(scope, plan, engine, row.kvCacheDtypes, weights.dtype);
  return [
    flag('--dtype', weights.dtype),
    ...(weights.quantization ? [flag('--quantization', weights.quantization)] : []),
    ...(kvCache ? [flag('--kv-cache-dtype', kvCache)] : []),
    flag('--load-format', literal(loadFormat ?? 'safetensors')),
  ];
}

function modelArgs(scope: Construct, { plan }: EngineContext, options: VllmOptions, row: VllmVersion): string[] {
  const caching = options.prefixCaching ?? modelTraits(plan).hasAttention;
  return [
    caching ? '--enable-prefix-caching' : '--no-enable-prefix-caching',
    ...(options.chatTemplate !== undefined ? [flag('--chat-template', CHAT_TEMPLATE)] : []),
    ...(options.toolCallParser !== undefined
      ? ['--enable-auto-tool-choice', flag('--tool-call-parser', parser(scope, 'toolCallParser', options, row.toolParsers))]
      : []),
    ...(options.reasoningParser !== undefined ? [flag('--reasoning-parser', parser(scope, 'reasoningParser', options, row.reasoningParsers))] : []),
    ...limits(scope, options.limitMultimodalPerPrompt),
    ...(options.trustRemoteCode === true ? ['--trust-remote-code'] : []),
  ];
}

/** vLLM's parser takes any name, and its server then dies of an unknown one. */
function parser(scope: Construct, prop: 'toolCallParser' | 'reasoningParser', options: VllmOptions, known: readonly string[]): string {
  const name = word(scope, prop, options[prop]);
  const own = options.image !== undefined || (Array.isArray(options.extraArgs) && options.extraArgs.some((arg) => /-parser-plugin\b/.test(String(arg))));
  if (!own && !known.includes(name)) { fail(scope, `'${prop}': ${didYouMean('parser', name, known)}`); }
  return literal(name);
}

function limits(scope: Construct, most: { [kind: string]: number } | undefined): string[] {
  if (most === undefined) { return []; }
  if (most === null || objectProblem('limitMultimodalPerPrompt', most)) {
    fail(scope, `'limitMultimodalPerPrompt' is ${show(most)} but must be a map from kinds to numbers, e.g. { image: 2 }`);
  }
  const kinds = Object.keys(most).sort();
  for (const kind of kinds) {
    if (!/^[a-z][a-z_]{0,62}$/.test(kind)) { fail(scope, `'limitMultimodalPerPrompt' names the kind ${show(kind)} but kinds are words such as 'image', 'video' and 'audio'`); }
    const problem = numberProblem(`limitMultimodalPerPrompt.${kind}`, most[kind], { min: 0, max: 100000, integer: true });
    if (problem) { fail(scope, problem); }
  }
  return kinds.length ? [flag('--limit-mm-per-prompt', JSON.stringify(Object.fromEntries(kinds.map((kind) => [kind, most[kind]]))))] : [];
}

function files(scope: Construct, { chatTemplate }: VllmOptions): { [path: string]: string } | undefined {
  if (chatTemplate === undefined) { return undefined; }
  if (typeof chatTemplate !== 'string' || chatTemplate.trim() === '' || chatTemplate.includes('\0') || Buffer.byteLength(chatTemplate) > 900e3) {
    fail(scope, `'chatTemplate' is ${show(chatTemplate)} but must be Jinja text of at most 900,000 bytes, which is what a ConfigMap has room for`);
  }
  return { [CHAT_TEMPLATE]: chatTemplate };
}

function extraArgs(scope: Construct, context: EngineContext, options: VllmOptions, row: VllmVersion): { args: string[]; notes: string[] } {
  if (options.extraArgs === undefined) { return { args: [], notes: [] }; }
  const rules: FlagRules = {
    engine: `vLLM ${row.version}`,
    // `-O3` is read before the flags are.
    known: flagsOf(VLLM_FLAGS, row.version, VLLM_VERSIONS.map(({ version }) => version)).set('-O', 'one'),
    refused: [
      ...VLLM_REFUSED,
      ...context.loadFormat === undefined ? [] : [{ names: '--load-format', because: 'the source of the weights sets; use \'weights\' of the fleet' }],
      ...speculativeRefused(context.plan, SPECULATIVE_FLAGS, 'Engine.vllm'),
    ],
    foreign: FOREIGN,
    noted: VLLM_NOTED,
    underscores: true,
    allowUnknown: options.image !== undefined,
  };
  const { problem, notes } = checkExtraArgs(options.extraArgs, rules);
  if (problem) { fail(scope, problem); }
  return { args: options.extraArgs.map(literal), notes };
}

const SPECULATIVE_FLAGS = '--speculative-config -sc --spec-method --spec-model --spec-tokens';

const FOREIGN = foreignFlags('SGLang', SGLANG_REFUSED, 'Engine.sglang', 'Engine.vllm');

/** Variables of ours that a user's value would break, and those that open the server up. */
const FIXED_VARIABLES: { [name: string]: string } = {
  VLLM_API_KEY: 'is the API key; use \'apiKey\' of Engine.vllm',
  VLLM_PORT: 'moves ports that the fleet relies on; leave it out',
  VLLM_HOST_IP: 'is the address of the pod; leave it out',
  VLLM_ENGINE_READY_TIMEOUT_S: 'would end the start before the startup probe does; use \'timeouts.startup\' of the fleet',
  VLLM_ALLOW_INSECURE_SERIALIZATION: 'lets requests run code; if it must be, patch the workload with ApiObject.of',
  VLLM_ALLOW_RUNTIME_LORA_UPDATING: 'lets requests load adapters; if it must be, patch the workload with ApiObject.of',
  VLLM_SERVER_DEV_MODE: 'opens endpoints of developers; if it must be, patch the workload with ApiObject.of',
  VLLM_DEBUG_LOG_API_SERVER_RESPONSE: 'writes what users get to the log; if it must be, patch the workload with ApiObject.of',
  ...Object.fromEntries(['HOME', 'HF_HUB_OFFLINE', 'TRANSFORMERS_OFFLINE', ...Object.keys(cudaCaches()), ...Object.keys(caches())]
    .map((name) => [name, 'the fleet sets together with the volumes of the pod; leave it out'])),
};

/** Variables that nobody may add to the pods of a fleet with vLLM, and why. */
export const VLLM_RESERVED = reservedVariables(FIXED_VARIABLES);

/** Caches of CUDA and of kernels that only it has. */
function cudaCaches(): { [name: string]: string } {
  return { CUDA_CACHE_PATH: `${ROOT}/cuda`, FLASHINFER_WORKSPACE_BASE: `${ROOT}/flashinfer` };
}

function caches(): { [name: string]: string } {
  return {
    HF_HOME: `${ROOT}/huggingface`,
    NUMBA_CACHE_DIR: `${ROOT}/numba`,
    OUTLINES_CACHE_DIR: `${ROOT}/outlines`,
    TORCHINDUCTOR_CACHE_DIR: `${ROOT}/inductor`,
    TRITON_CACHE_DIR: `${ROOT}/triton`,
    VLLM_CACHE_ROOT: `${ROOT}/vllm`,
    VLLM_CONFIG_ROOT: `${ROOT}/config/vllm`,
    XDG_CACHE_HOME: `${ROOT}/cache`,
    XDG_CONFIG_HOME: `${ROOT}/config`,
  };
}

function variables(scope: Construct, { plan }: EngineContext, options: VllmOptions): { [name: string]: EnvValue } {
  const texts: { [name: string]: string } = {
    ...caches(),
    ...(runsCuda(plan.pool.accelerator) ? cudaCaches() : {}),
    HOME: ROOT,
    // torch asks for the name of the user, who need not be in the image's /etc/passwd.
    USER: 'vllm',
    HF_HUB_OFFLINE: '1',
    TRANSFORMERS_OFFLINE: '1',
    DO_NOT_TRACK: '1',
    VLLM_NO_USAGE_STATS: '1',
    VLLM_ENGINE_READY_TIMEOUT_S: String(NEVER_SECONDS),
    VLLM_HTTP_TIMEOUT_KEEP_ALIVE: String(KEEP_ALIVE_SECONDS),
    // One request must not ask for more sequences than a step holds; vLLM's own limit is 16,384.
    VLLM_MAX_N_SEQUENCES: String(plan.estimate.settings.maxNumSeqs),
    // A redirect could lead a request for an image to an address inside the cluster.
    VLLM_MEDIA_URL_ALLOW_REDIRECTS: '0',
    ...(plan.nodesPerReplica > 1 ? { NCCL_DEBUG: 'WARN' } : {}),
  };
  return {
    ...Object.fromEntries(Object.entries(texts).map(([name, value]) => [name, EnvValue.fromValue(value)])),
    ...(plan.nodesPerReplica > 1 ? { VLLM_HOST_IP: EnvValue.fromFieldRef(EnvFieldPaths.POD_IP) } : {}),
    ...(options.apiKey !== undefined ? { VLLM_API_KEY: secretOnly(scope, 'apiKey', options.apiKey) } : {}),
  };
}
