import { Accelerator } from '../catalog/accelerator';
import { Precision } from '../catalog/precision';

/** Shares of an accelerator's peaks that serving kernels reach. All at most 1. */
export interface Efficiency {
  /** Tensor rate in large matrix products: 16 bits, 8 bits, 4 bits. */
  readonly gemm16: number;
  readonly gemm8: number;
  readonly gemm4: number;
  /** Memory bandwidth while weights are streamed: 16 bits, 8 bits, 4 bits. */
  readonly stream16: number;
  readonly stream8: number;
  readonly stream4: number;
  /** Memory bandwidth while the KV cache is read. */
  readonly cache: number;
  /** Tensor rate of attention over prompts, and of latent attention in decode steps. */
  readonly attention: number;
}

/**
 * By architecture. Starting values are kernel tables that aiconfigurator measured on H100, H200, A100, B200, L40S and RTX PRO 6000 with vLLM.
 * All rows but `older` and `other` were then fitted to whole servers: saturated throughput of TensorRT-LLM 0.17 to 1.2, closed loops of
 * TensorRT-LLM, vLLM and SGLang on H100, H200 and B200, vLLM 0.15 under arrivals, and vLLM on MI300X. `older` and `other` are guesses.
 */
export const EFFICIENCY: { readonly [architecture: string]: Efficiency } = {
  older: { gemm16: 0.5, gemm8: 0.4, gemm4: 0.3, stream16: 0.7, stream8: 0.6, stream4: 0.5, cache: 0.6, attention: 0.3 },
  ampere: { gemm16: 0.64, gemm8: 0.55, gemm4: 0.4, stream16: 0.81, stream8: 0.65, stream4: 0.55, cache: 0.78, attention: 0.6 },
  ada: { gemm16: 0.55, gemm8: 0.66, gemm4: 0.4, stream16: 0.8, stream8: 0.82, stream4: 0.65, cache: 0.78, attention: 0.6 },
  hopper: { gemm16: 0.68, gemm8: 0.55, gemm4: 0.4, stream16: 0.95, stream8: 0.88, stream4: 0.67, cache: 0.86, attention: 0.62 },
  blackwell: { gemm16: 0.52, gemm8: 0.62, gemm4: 0.41, stream16: 0.7, stream8: 0.8, stream4: 0.65, cache: 0.93, attention: 0.45 },
  blackwellWorkstation: { gemm16: 0.7, gemm8: 0.55, gemm4: 0.65, stream16: 0.75, stream8: 0.72, stream4: 0.7, cache: 0.72, attention: 0.6 },
  cdna: { gemm16: 0.45, gemm8: 0.25, gemm4: 0.3, stream16: 0.48, stream8: 0.48, stream4: 0.45, cache: 0.28, attention: 0.3 },
  other: { gemm16: 0.5, gemm8: 0.4, gemm4: 0.3, stream16: 0.6, stream8: 0.5, stream4: 0.4, cache: 0.55, attention: 0.3 },
};

/** Routed experts against dense layers of the same size, and the busiest expert-parallel rank over the mean. */
export const EXPERTS = { stream: 0.9, gemm: 0.77, imbalance: 1.2 };

/** Name of the architecture that an accelerator's kernels are measured on; `other` and `older` are guesses and widen the ranges. */
export function architectureOf(accelerator: Accelerator): string {
  if (accelerator.vendor === 'amd') { return 'cdna'; }
  const cc = accelerator.computeCapability;
  if (accelerator.vendor !== 'nvidia' || cc === undefined) { return 'other'; }
  if (cc >= 12) { return 'blackwellWorkstation'; }
  if (cc >= 10) { return 'blackwell'; }
  if (cc >= 9) { return 'hopper'; }
  if (cc >= 8.9) { return 'ada'; }
  return cc >= 8 ? 'ampere' : 'older';
}

/** Peaks x efficiencies of one accelerator for one weight format: what a step divides by. */
export interface Rates {
  readonly baseFlops: number;
  readonly quantFlops: number;
  readonly baseStream: number;
  readonly quantStream: number;
  readonly cacheStream: number;
  readonly attentionFlops: number;
}

/** Dense 16-bit tensor rate: bf16, or fp16 where the accelerator has only that. */
export function sixteenBitFlops(accelerator: Accelerator): number | undefined {
  return accelerator.tensorFlopsPerSecond(Precision.BF16) ?? accelerator.tensorFlopsPerSecond(Precision.FP16);
}

/** Effective rates, or undefined where a figure that they need is not stated. */
export function ratesOf(accelerator: Accelerator, precision: Precision): Rates | undefined {
  const sixteen = sixteenBitFlops(accelerator);
  const own = accelerator.tensorFlopsPerSecond(precision);
  const bandwidth = accelerator.memoryBytesPerSecond;
  if (sixteen === undefined || own === undefined || bandwidth === undefined) { return undefined; }
  const e = EFFICIENCY[architectureOf(accelerator)];
  const bits = precision.weightBits;
  const gemm = precision.computeFormat === 'fp4' ? e.gemm4 : precision.computeFormat === 'fp8' || precision.computeFormat === 'int8' ? e.gemm8 : e.gemm16;
  return {
    baseFlops: sixteen * e.gemm16,
    quantFlops: own * gemm,
    baseStream: bandwidth * e.stream16,
    quantStream: bandwidth * (bits > 12 ? e.stream16 : bits > 6 ? e.stream8 : e.stream4),
    cacheStream: bandwidth * e.cache,
    attentionFlops: sixteen * e.attention,
  };
}
