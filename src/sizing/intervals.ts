import { MemoryLedger, Range } from './plan';

/** What a figure is of. */
export type Metric = 'throughput' | 'firstToken' | 'perToken' | 'endToEnd';

/** How the requests come. */
export type Regime = 'saturated' | 'closedLoop' | 'arrivals' | 'staticBatch';

/**
 * Factors from the expected figure to the ends of its 90 % interval: the 5th and 95th percentiles of measured over predicted, widened by about a
 * tenth because models and engines that no row covers are further off. saturated: 400 rows of TensorRT-LLM's tables; closedLoop: 1,455 rows of
 * single instances of TensorRT-LLM, vLLM and SGLang on H100, H200 and B200; arrivals: 111 rows of vLLM 0.15 on H100, A100 and L40S below
 * overload; staticBatch: 96 rows of vLLM on MI300X. Throughput under arrivals is the load itself.
 */
const FACTORS: { readonly [regime in Regime]: { readonly [metric in Metric]: readonly [number, number] } } = {
  saturated: { throughput: [0.75, 1.3], firstToken: [0.35, 4], perToken: [0.75, 1.4], endToEnd: [0.7, 1.5] },
  closedLoop: { throughput: [0.65, 1.3], firstToken: [0.4, 4], perToken: [0.77, 1.55], endToEnd: [0.7, 1.6] },
  arrivals: { throughput: [0.95, 1.05], firstToken: [0.5, 2.5], perToken: [0.65, 1.3], endToEnd: [0.65, 1.4] },
  staticBatch: { throughput: [0.65, 1.3], firstToken: [0.4, 4], perToken: [0.75, 1.55], endToEnd: [0.8, 1.5] },
};

/** Weights that engines print over those predicted: 35 of the 37 start-up lines that are held out lie within. */
const WEIGHTS: readonly [number, number] = [0.998, 1.012];

/**
 * Error of the KV cache as a share of device memory, since it is what the rest leaves: where the engine's version is stated, 33 of 36 lines that no
 * constant was set on lie within; where it is not, 11 of 13.
 */
const KV_CACHE_ERROR = { stated: 0.033, unstated: 0.075 };

/** Architectures whose efficiencies were not measured get intervals wider by this factor at both ends. */
const UNMEASURED = 1.4;

export function rangeOf(expected: number, metric: Metric, regime: Regime, measured: boolean): Range {
  const [low, high] = FACTORS[regime][metric];
  const wider = measured ? 1 : UNMEASURED;
  return { low: expected * low / wider, expected, high: expected * high * wider };
}

/** Bytes of weights that an engine prints. */
export function weightRange({ weightBytes }: MemoryLedger): Range {
  const [low, high] = WEIGHTS;
  return { low: weightBytes * low, expected: weightBytes, high: weightBytes * high };
}

/** A size of the KV cache that an engine prints, in bytes or in tokens. */
export function cacheRange(size: number, { deviceBytes, kvCacheBytes }: MemoryLedger, engineVersion: string | undefined): Range {
  const error = Math.min(1, KV_CACHE_ERROR[engineVersion === undefined ? 'unstated' : 'stated'] * deviceBytes / kvCacheBytes);
  return { low: size * (1 - error), expected: size, high: size * (1 + error) };
}
