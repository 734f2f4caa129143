import { architectureOf } from './hardware';
import { Degrees, Tile } from './shares';
import { SpeculationMethod } from './speculative-decoding';
import { Accelerator } from '../catalog/accelerator';
import { didYouMean, show } from '../errors';

const GIB = 2 ** 30;

/** How an engine divides device memory and fills its steps. One row an engine; what changed with a version is stated with the version. */
export interface EngineRules {
  readonly name: string;
  /** Version that is assumed where none is stated. */
  readonly testedVersion: string;
  /** What the memory fraction is a share of: all of the device, or what is free once weights and activations are in. */
  readonly fractionOf: 'total' | 'free';
  /** Whether the fraction covers activations, runtime and graphs besides weights and KV cache. */
  readonly fractionCoversActivations: boolean;
  /** Whether it refuses to start where one request of the longest length does not fit. */
  readonly refusesShortCache: boolean;
  /** Whether a request holds room for its whole completion from the start. */
  readonly reservesWholeRequest: boolean;
  /** Whether prompts are computed in the same step as running completions. */
  readonly mixesPrefill: boolean;
  /** Whether it can be told to send tokens in bundles, the first among them. */
  readonly bundlesTokens: boolean;
  /** Whether the KV cache of hybrid models is handed out in groups of layers that share blocks. */
  readonly groupsLayers: boolean;
  /** Whether layers with a window and recurrent states have pools of their own, whose sizes are set when it starts (SGLang's). */
  readonly fixedPools: boolean;
  /** Whether it refuses to start with fewer tokens in a step than requests (vLLM's `SchedulerConfig`). */
  readonly stepHoldsEverySequence: boolean;
  readonly dataParallelAttention: boolean;
  readonly expertParallel: boolean;
  /** Whether experts are spread over all GPUs of a stage or over none (vLLM's `FusedMoEParallelConfig`), not over some of them. */
  readonly expertsOverAll: boolean;
  /** Whether a search tries experts over some of them; SGLang's fastest kernels want all of them or none. */
  readonly searchesPartlySpread: boolean;
  /** Whether a rank of data-parallel attention may be split by tensors itself; TensorRT-LLM's `enable_attention_dp` makes each GPU a rank. */
  readonly splitsAttentionRanks: boolean;
  readonly severalNodes: boolean;
  readonly memoryFraction: (version: Version, accelerator: Accelerator, at: Degrees) => number;
  readonly blockSize: number;
  readonly maxNumSeqs: (accelerator: Accelerator, version: Version) => number;
  /** Whether all passes that guess the tokens of a step are launched together, as one graph, and not each like a step. */
  readonly guessesInOneGraph: boolean;
  /** Ways of guessing tokens that it refuses with attention ranks of their own. */
  readonly noRanksWith: readonly SpeculationMethod[];
  /** Requests of all attention ranks in one step where tokens are guessed and nobody says how many; absent: as many as otherwise. */
  readonly speculativeRequests?: number;
  /** Tokens of a step, where nobody fixed them. */
  readonly maxNumBatchedTokens: (accelerator: Accelerator, version: Version, maxModelLen: number, at: Degrees) => number;
  /** What experts in MXFP4 are filled up to; absent: nothing is known of it. */
  readonly tile?: (accelerator: Accelerator, version: Version) => Tile;
  /** Version by which memory is divided where none is stated: the one whose defaults leave the KV cache least. */
  readonly memoryVersion: Version;
  /** Runtime memory outside weights, KV cache and activations, besides the collectives' buffers. */
  readonly runtimeBytes: number;
  /**
   * How KV cache comes back from the host; absent: not modelled. `aside`: before a request's turn, while the steps of others go on (the offloading
   * connector of vLLM since 0.11, now `--kv-offloading-size`). `byLayer`: in the step that reads the rest of the prompt, whose layers wait for theirs
   * (HiCache of SGLang, `--enable-hierarchical-cache`).
   */
  readonly readsBack?: 'aside' | 'byLayer';
  /** Version from which latent attention runs at the speed that it has since. */
  readonly latentAttentionFrom: Version;
  /** Version from which its scheduler is interpreted and asked before each step: what that costs for each request grows. */
  readonly interpretedFrom: (accelerator: Accelerator) => Version;
}

/** Major and minor version, and the patch where it matters. */
export type Version = readonly [number, number, number?];

/**
 * What vLLM's kernels for MXFP4 fill experts up to: Triton's on Hopper from 0.11 on, FlashInfer's on Blackwell, Marlin's elsewhere
 * (vllm/model_executor/layers/quantization/mxfp4.py). gpt-oss-120b prints 64.38 GiB with the first and 65.97 with the last.
 */
function vllmTile(accelerator: Accelerator, version: Version): Tile {
  switch (architectureOf(accelerator)) {
    case 'hopper': return atLeast(version, [0, 11]) ? { hidden: 256, inner: 64 } : { hidden: 256, inner: 128 };
    case 'blackwell':
    case 'blackwellUltra': return { hidden: 256, inner: 256 };
    case 'cdna':
    case 'cdna4': return { hidden: 256, inner: 256 };
    default: return { hidden: 256, inner: 128 };
  }
}

/** Cards that vLLM's engine of today gives its large serving defaults: 70 GiB and more, from 0.9 on other than A100 (vllm/engine/arg_utils.py). */
function large(accelerator: Accelerator, version: Version): boolean {
  const a100 = accelerator.name.includes('a100') && atLeast(version, [0, 9]);
  // The driver's library does not tell it the memory that a device shares with its host.
  if (accelerator.name === 'gb10') { return false; }
  return atLeast(version, [0, 8]) && (accelerator.memoryBytes ?? 0) >= 70 * GIB && !a100;
}

function vllmTokens(accelerator: Accelerator, version: Version, maxModelLen: number): number {
  // The first engine computed a prompt whole.
  if (!atLeast(version, [0, 8])) { return Math.max(2048, Math.min(maxModelLen, 32_768)); }
  if (!large(accelerator, version)) { return 2048; }
  return atLeast(version, [0, 28]) && accelerator.memoryBytes! >= 160 * GIB ? 16_384 : 8192;
}

/** SGLang's tiers by device memory: [below GiB, chunk, largest graph below and from four ranks on] (sglang/srt/server_args.py). */
const SGLANG_TIERS: readonly (readonly [number, number, number, number])[] = [
  [20, 2048, 8, 8], [35, 2048, 24, 80], [60, 4096, 32, 160], [160, 8192, 256, 512], [Infinity, 16384, 512, 512],
];
function sglangTier(accelerator: Accelerator): readonly [number, number, number, number] {
  const gib = (accelerator.memoryBytes ?? 0) / GIB;
  return SGLANG_TIERS.find(([below]) => gib < below)!;
}

/** What SGLang keeps out of its static memory for activations and graphs, in MiB (sglang/srt/server_args.py of 0.4.6, 0.4.9 to 0.5.2, 0.5.4 to 0.5.15). */
function sglangReserve(version: Version, accelerator: Accelerator, { tp, pp, dp }: Degrees): number {
  const gib = (accelerator.memoryBytes ?? 0) / GIB;
  if (!atLeast(version, [0, 5])) {
    const ranks = tp * pp;
    return 1024 * (gib < 35 ? 2.8 + ranks / 10 : gib < 90 ? 9.5 + ranks / 2 : gib < 160 ? 12 + ranks / 2 : 32) + (dp > 1 ? 4096 : 0);
  }
  // It counts the ranks of data-parallel attention as tensor parallel.
  const [, chunk, few, many] = sglangTier(accelerator);
  const graph = tp * dp < 4 ? few : many;
  const attention = dp > 1 ? graph * dp * (graph > 300 ? 4.5 : 3) : 0;
  return Math.max(512 + 1.5 * chunk + 2 * graph + tp * dp * pp / 8 * 1024 + attention, gib > 60 ? 10 * 1024 : 0);
}

export const RULES: { readonly [name: string]: EngineRules } = {
  vllm: {
    name: 'vllm',
    testedVersion: '0.22',
    fractionOf: 'total',
    fractionCoversActivations: true,
    refusesShortCache: true,
    reservesWholeRequest: false,
    mixesPrefill: true,
    bundlesTokens: false,
    readsBack: 'aside',
    groupsLayers: true,
    fixedPools: false,
    stepHoldsEverySequence: true,
    dataParallelAttention: true,
    expertParallel: true,
    expertsOverAll: true,
    searchesPartlySpread: false,
    splitsAttentionRanks: true,
    severalNodes: true,
    memoryFraction: (version) => atLeast(version, [0, 20]) ? 0.92 : 0.9, // vllm/config/cache.py
    blockSize: 16,
    maxNumSeqs: (accelerator, version) => large(accelerator, version) ? 1024 : 256,
    guessesInOneGraph: false, // vllm/v1/spec_decode/llm_base_proposer.py of 0.33 prepares each pass
    noRanksWith: [],
    maxNumBatchedTokens: vllmTokens,
    tile: vllmTile,
    memoryVersion: [0, 16],
    runtimeBytes: 0,
    latentAttentionFrom: [0, 8],
    // AMD's images ran the first engine up to 0.9.0, with ten steps between two looks of its scheduler: --num-scheduler-steps 10 in the commands of
    // ROCm/vllm, docs/dev-docker/README.md, at 7a292f9b0 (0.6.6) to 68af05584 (0.9.0); from 7545048a0 (0.9.1) on the second engine is the default.
    interpretedFrom: ({ vendor }) => vendor === 'amd' ? [0, 9, 1] : [0, 0],
  },
  sglang: {
    name: 'sglang',
    testedVersion: '0.5.23',
    fractionOf: 'total',
    fractionCoversActivations: false,
    refusesShortCache: false,
    reservesWholeRequest: false,
    mixesPrefill: false,
    bundlesTokens: true,
    readsBack: 'byLayer',
    groupsLayers: false,
    fixedPools: true,
    stepHoldsEverySequence: false,
    dataParallelAttention: true,
    expertParallel: true,
    expertsOverAll: false,
    searchesPartlySpread: false,
    splitsAttentionRanks: true,
    severalNodes: true,
    memoryFraction: (version, accelerator, at) => {
      const share = 1 - sglangReserve(version, accelerator, at) * 2 ** 20 / (accelerator.memoryBytes ?? 0);
      return Math.max(0.001, Math.round(share * 1000) / 1000);
    },
    blockSize: 1,
    maxNumSeqs: () => 2048,
    guessesInOneGraph: true, // sglang/srt/speculative/eagle_draft_cuda_graph_runner.py
    // Both as sglang/srt/arg_groups/speculative_hook.py of 0.5.23 has them.
    noRanksWith: [SpeculationMethod.DRAFT_MODEL, SpeculationMethod.NGRAM],
    speculativeRequests: 48,
    // Its chunk is that of all attention ranks together (_handle_data_parallelism in sglang/srt/server_args.py).
    maxNumBatchedTokens: (accelerator, _version, _length, { dp }) => Math.max(1, Math.floor(sglangTier(accelerator)[1] / dp)),
    memoryVersion: [0, 5],
    runtimeBytes: 0,
    latentAttentionFrom: [0, 5],
    interpretedFrom: () => [0, 0],
  },
  trtllm: {
    name: 'trtllm',
    testedVersion: '1.0',
    fractionOf: 'free',
    fractionCoversActivations: false,
    refusesShortCache: false,
    reservesWholeRequest: true,
    mixesPrefill: true,
    bundlesTokens: false,
    groupsLayers: false,
    fixedPools: false,
    stepHoldsEverySequence: false,
    dataParallelAttention: true,
    expertParallel: true,
    expertsOverAll: false,
    searchesPartlySpread: true,
    splitsAttentionRanks: false,
    severalNodes: true,
    memoryFraction: () => 0.9, // kv_cache_free_gpu_mem_fraction
    blockSize: 32,
    maxNumSeqs: () => 2048,
    guessesInOneGraph: true, // its PyTorch engine drafts inside the graph of the step
    noRanksWith: [],
    maxNumBatchedTokens: () => 8192,
    memoryVersion: [1, 0],
    runtimeBytes: 1.5 * GIB,
    latentAttentionFrom: [1, 0],
    interpretedFrom: () => [1, 0], // its C++ runtime before; PyTorch since
  },
};

/** The rules of an engine, or the sentence that says that there are none. */
export function engineRules(name: unknown): EngineRules | string {
  const wanted = name ?? 'vllm';
  return typeof wanted === 'string' && Object.prototype.hasOwnProperty.call(RULES, wanted)
    ? RULES[wanted]
    : didYouMean('engine', wanted, Object.keys(RULES));
}

/** Major and minor version of `0.15.1`, `v1.0`, `0.10.0 (ROCm 6.4.1)`; the tested one where there is none to read. */
export function versionOf(rules: EngineRules, version: string | undefined): Version {
  return read(version) ?? read(rules.testedVersion)!;
}

/** Version by which memory is divided. */
export function memoryVersionOf(rules: EngineRules, version: string | undefined): Version {
  return version === undefined ? rules.memoryVersion : versionOf(rules, version);
}

function read(version: string | undefined): Version | undefined {
  const found = /(\d{1,4})\.(\d{1,4})(?:\.(\d{1,4}))?/.exec((version ?? '').slice(0, 60));
  return found ? [Number(found[1]), Number(found[2]), Number(found[3] ?? 0)] : undefined;
}

export function atLeast(version: Version, floor: Version): boolean {
  for (let i = 0; i < floor.length; i++) {
    const more = (version[i] ?? 0) - floor[i]!;
    if (more !== 0) { return more > 0; }
  }
  return true;
}

/** What is wrong with a version, if anything; one that holds no number (`nightly`) counts as the tested one. */
export function versionProblem(version: unknown): string | undefined {
  return version === undefined || typeof version === 'string' ? undefined : `'engine.version' is ${show(version)} but must be text such as '0.22'`;
}
