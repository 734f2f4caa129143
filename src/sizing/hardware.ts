import { Fitted } from './fitted';
import { Accelerator } from '../catalog/accelerator';
import { Precision } from '../catalog/precision';

/** Name of the architecture that an accelerator's kernels are measured on; `other` and `older` are guesses and widen the ranges. */
export function architectureOf(accelerator: Accelerator): string {
  // Only from CDNA 4 on it multiplies 4 bits.
  if (accelerator.vendor === 'amd') { return accelerator.tensorFlopsPerSecond(Precision.NVFP4) === undefined ? 'cdna' : 'cdna4'; }
  const cc = accelerator.computeCapability;
  if (accelerator.vendor !== 'nvidia' || cc === undefined) { return 'other'; }
  if (cc >= 12) { return 'blackwellWorkstation'; }
  if (cc >= 10.3) { return 'blackwellUltra'; }
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
  /** Activations that norms and residuals pass through memory. */
  readonly activationStream: number;
  /** Factor of the engine's launches of experts. */
  readonly expertLaunches: number;
}

/** Dense 16-bit tensor rate: bf16, or fp16 where the accelerator has only that. */
function sixteenBitFlops(accelerator: Accelerator): number | undefined {
  return accelerator.tensorFlopsPerSecond(Precision.BF16) ?? accelerator.tensorFlopsPerSecond(Precision.FP16);
}

/** Effective rates, or undefined where a figure that they need is not stated. */
export function ratesOf(accelerator: Accelerator, precision: Precision, fitted: Fitted): Rates | undefined {
  const sixteen = sixteenBitFlops(accelerator);
  const own = accelerator.tensorFlopsPerSecond(precision);
  const bandwidth = accelerator.memoryBytesPerSecond;
  if (sixteen === undefined || own === undefined || bandwidth === undefined) { return undefined; }
  const architecture = architectureOf(accelerator);
  const e = fitted.kernels[architecture];
  const bits = precision.weightBits;
  const four = precision === Precision.INT4 ? e.stream4 * (fitted.int4Stream[architecture] ?? 1) : e.stream4;
  const gemm = precision.computeFormat === 'fp4' ? e.gemm4 : precision.computeFormat === 'fp8' || precision.computeFormat === 'int8' ? e.gemm8 : e.gemm16;
  return {
    baseFlops: sixteen * e.gemm16,
    quantFlops: own * gemm,
    baseStream: bandwidth * e.stream16,
    quantStream: bandwidth * (bits > 12 ? e.stream16 : bits > 6 ? e.stream8 : four),
    cacheStream: bandwidth * e.cache,
    attentionFlops: sixteen * e.attention,
    activationStream: bandwidth * e.stream16,
    expertLaunches: fitted.expertLaunches[architecture] ?? 1,
  };
}
