import { Range } from './plan';

/** What a figure is of. */
export type Metric = 'throughput' | 'firstToken' | 'perToken' | 'endToEnd';

/** How the requests come. */
export type Regime = 'saturated' | 'closedLoop' | 'arrivals' | 'staticBatch';

/**
 * Factors from the expected figure to the ends of its 90 % interval: the 5th and 95th percentiles of measured over predicted, by regime.
 * saturated: TensorRT-LLM's published tables; closedLoop: single instances of TensorRT-LLM, vLLM and SGLang on H100, H200 and B200;
 * arrivals: vLLM 0.15 on H100, A100 and L40S. Widened for static batches, which few rows cover.
 */
const FACTORS: { readonly [regime in Regime]: { readonly [metric in Metric]: readonly [number, number] } } = {
  saturated: { throughput: [0.6, 1.6], firstToken: [0.3, 3], perToken: [0.6, 1.7], endToEnd: [0.6, 1.7] },
  closedLoop: { throughput: [0.6, 1.6], firstToken: [0.3, 3], perToken: [0.6, 1.7], endToEnd: [0.6, 1.7] },
  arrivals: { throughput: [0.95, 1.05], firstToken: [0.3, 3], perToken: [0.6, 1.7], endToEnd: [0.6, 1.7] },
  staticBatch: { throughput: [0.55, 1.8], firstToken: [0.3, 3], perToken: [0.55, 1.8], endToEnd: [0.55, 1.8] },
};

/** Architectures whose efficiencies were not measured get intervals wider by this factor at both ends. */
const UNMEASURED = 1.4;

export function rangeOf(expected: number, metric: Metric, regime: Regime, measured: boolean): Range {
  const [low, high] = FACTORS[regime][metric];
  const wider = measured ? 1 : UNMEASURED;
  return { low: expected * low / wider, expected, high: expected * high * wider };
}
