// Written by scripts/fit-sizing.ts from the rows of bench/accuracy/data; not by hand.
import { Fitted } from '../fitted';

export const FITTED: Fitted = {
  kernels: {
    older: { gemm16: 0.5, gemm8: 0.4, gemm4: 0.3, stream16: 0.7, stream8: 0.6, stream4: 0.5, cache: 0.6, attention: 0.3 },
    ampere: { gemm16: 0.836, gemm8: 0.75, gemm4: 0.6, stream16: 0.747, stream8: 0.75, stream4: 0.65, cache: 0.834, attention: 0.624 },
    ada: { gemm16: 0.514, gemm8: 0.638, gemm4: 0.4, stream16: 0.743, stream8: 0.711, stream4: 0.7, cache: 0.881, attention: 0.588 },
    hopper: { gemm16: 0.73, gemm8: 0.69, gemm4: 0.45, stream16: 0.92, stream8: 0.92, stream4: 0.855, cache: 0.889, attention: 0.654 },
    blackwell: { gemm16: 0.874, gemm8: 0.529, gemm4: 0.422, stream16: 0.858, stream8: 0.92, stream4: 0.67, cache: 0.92, attention: 0.614 },
    blackwellWorkstation: { gemm16: 0.821, gemm8: 0.74, gemm4: 0.758, stream16: 0.835, stream8: 0.7, stream4: 0.627, cache: 0.92, attention: 0.702 },
    cdna: { gemm16: 0.503, gemm8: 0.285, gemm4: 0.35, stream16: 0.366, stream8: 0.576, stream4: 0.5, cache: 0.278, attention: 0.357 },
    other: { gemm16: 0.5, gemm8: 0.4, gemm4: 0.3, stream16: 0.6, stream8: 0.5, stream4: 0.4, cache: 0.55, attention: 0.3 },
  },
  products: { tileRows: 23.7, sharpness: 2.03, activationPasses: 10.2 },
  experts: { stream: 0.961, gemm: 0.864, imbalance: 1.61, tileRows: 21.4, halfWidth: 583, copies: 6.28 },
  overheads: {
    vllm: {
      secondsPerLayer: 0.0000562,
      secondsPerExpertLayer: 0.00000712,
      secondsPerStep: 0.000393,
      secondsPerRequest: 0.00000504,
      secondsPerArrival: 0.0121,
      stepsToClient: 1.17,
    },
    sglang: {
      secondsPerLayer: 0.0000208,
      secondsPerExpertLayer: 0.0000562,
      secondsPerStep: 0.00123,
      secondsPerRequest: 0.0000122,
      secondsPerArrival: 0.0222,
      stepsToClient: 21.7,
    },
    trtllm: {
      secondsPerLayer: 0.0000434,
      secondsPerExpertLayer: 0.0000533,
      secondsPerStep: 0.000593,
      secondsPerRequest: 0.00000323,
      secondsPerArrival: 0.0777,
      stepsToClient: 1.52,
    },
  },
  links: { scaleUpLatency: 0.00000442, scaleUpShare: 0.637, pcieLatency: [0.000005, 0.0000135, 0.0000247], pcieShare: [0.602, 0.614, 0.554] },
  loops: { mixed: { share: 0.148, clustering: 0.913 }, separate: { share: 0.63, clustering: 1.28 }, pipelineBubble: 0.0733 },
  arrivals: { prefixHitRatio: 0.97 },
  newLatentAttention: 2.72,
};
