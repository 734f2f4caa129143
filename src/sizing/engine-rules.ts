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
  /** Whether the KV cache of hybrid models is handed out in groups of layers that share blocks. */
  readonly groupsLayers: boolean;
  /** Whether it refuses to start with fewer tokens in a step than requests (vLLM's `SchedulerConfig`). */
  readonly stepHoldsEverySequence: boolean;
  readonly dataParallelAttention: boolean;
  readonly expertParallel: boolean;
  readonly severalNodes: boolean;
  readonly memoryFraction: (version: Version, accelerator: Accelerator) => number;
  readonly blockSize: number;
  readonly maxNumSeqs: (accelerator: Accelerator) => number;
  readonly maxNumBatchedTokens: (accelerator: Accelerator) => number;
  /** Whether graphs are taken from inside the memory fraction. */
  readonly graphsInFraction: (version: Version) => boolean;
  /** Runtime memory outside weights, KV cache and activations, besides the collectives' buffers. */
  readonly runtimeBytes: number;
}

/** Major and minor version. */
export type Version = readonly [number, number];

/** Cards that vLLM gives its large serving defaults: 70 GiB and more, other than A100. */
function large(accelerator: Accelerator): boolean {
  return (accelerator.memoryBytes ?? 0) >= 70 * GIB && !accelerator.name.includes('a100');
}

/** SGLang's tiers by device memory: [below GiB, chunk, largest graph]. Its server arguments, as aiconfigurator reads them. */
const SGLANG_TIERS: readonly (readonly [number, number, number])[] = [
  [20, 2048, 8], [35, 2048, 80], [60, 4096, 160], [160, 8192, 512], [Infinity, 16384, 512],
];
function sglangTier(accelerator: Accelerator): readonly [number, number, number] {
  const gib = (accelerator.memoryBytes ?? 0) / GIB;
  return SGLANG_TIERS.find(([below]) => gib < below)!;
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
    groupsLayers: true,
    stepHoldsEverySequence: true,
    dataParallelAttention: true,
    expertParallel: true,
    severalNodes: true,
    memoryFraction: (version) => atLeast(version, [0, 22]) ? 0.92 : 0.9, // vllm/config/cache.py
    blockSize: 16,
    maxNumSeqs: (accelerator) => large(accelerator) ? 1024 : 256, // vllm/engine/arg_utils.py
    maxNumBatchedTokens: (accelerator) => large(accelerator) ? 8192 : 2048,
    graphsInFraction: (version) => atLeast(version, [0, 21]),
    runtimeBytes: 0,
  },
  sglang: {
    name: 'sglang',
    testedVersion: '0.5',
    fractionOf: 'total',
    fractionCoversActivations: false,
    refusesShortCache: false,
    reservesWholeRequest: false,
    mixesPrefill: false,
    groupsLayers: false,
    stepHoldsEverySequence: false,
    dataParallelAttention: true,
    expertParallel: true,
    severalNodes: true,
    memoryFraction: (_version, accelerator) => {
      const total = accelerator.memoryBytes ?? 0;
      const [, chunk, graph] = sglangTier(accelerator);
      const reserve = Math.max((512 + 1.5 * chunk + 2 * graph) * 2 ** 20, total > 60 * GIB ? 10 * GIB : 0);
      return Math.min(0.95, Math.max(0.5, Math.round((1 - reserve / total) * 1000) / 1000));
    },
    blockSize: 1,
    maxNumSeqs: () => 2048,
    maxNumBatchedTokens: (accelerator) => sglangTier(accelerator)[1],
    graphsInFraction: () => false,
    runtimeBytes: 0,
  },
  trtllm: {
    name: 'trtllm',
    testedVersion: '1.0',
    fractionOf: 'free',
    fractionCoversActivations: false,
    refusesShortCache: false,
    reservesWholeRequest: true,
    mixesPrefill: true,
    groupsLayers: false,
    stepHoldsEverySequence: false,
    dataParallelAttention: true,
    expertParallel: true,
    severalNodes: true,
    memoryFraction: () => 0.9, // kv_cache_free_gpu_mem_fraction
    blockSize: 32,
    maxNumSeqs: () => 2048,
    maxNumBatchedTokens: () => 8192,
    graphsInFraction: () => false,
    runtimeBytes: 1.5 * GIB,
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

function read(version: string | undefined): Version | undefined {
  const found = /(\d{1,4})\.(\d{1,4})/.exec((version ?? '').slice(0, 60));
  return found ? [Number(found[1]), Number(found[2])] : undefined;
}

export function atLeast(version: Version, floor: Version): boolean {
  return version[0] > floor[0] || (version[0] === floor[0] && version[1] >= floor[1]);
}

/** What is wrong with a version, if anything; one that holds no number (`nightly`) counts as the tested one. */
export function versionProblem(version: unknown): string | undefined {
  return version === undefined || typeof version === 'string' ? undefined : `'engine.version' is ${show(version)} but must be text such as '0.22'`;
}
