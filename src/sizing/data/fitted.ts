import { Fitted } from '../fitted';

export const FITTED: Fitted = {
  kernels: {
    older: { gemm16: 0.5, gemm8: 0.4, gemm4: 0.3, stream16: 0.7, stream8: 0.6, stream4: 0.5, cache: 0.6, attention: 0.3 },
    ampere: { gemm16: 0.64, gemm8: 0.55, gemm4: 0.4, stream16: 0.81, stream8: 0.65, stream4: 0.55, cache: 0.78, attention: 0.6 },
    ada: { gemm16: 0.55, gemm8: 0.66, gemm4: 0.4, stream16: 0.8, stream8: 0.82, stream4: 0.65, cache: 0.78, attention: 0.6 },
    hopper: { gemm16: 0.68, gemm8: 0.55, gemm4: 0.4, stream16: 0.95, stream8: 0.88, stream4: 0.67, cache: 0.86, attention: 0.62 },
    blackwell: { gemm16: 0.52, gemm8: 0.62, gemm4: 0.41, stream16: 0.7, stream8: 0.8, stream4: 0.65, cache: 0.93, attention: 0.45 },
    blackwellWorkstation: { gemm16: 0.7, gemm8: 0.55, gemm4: 0.65, stream16: 0.75, stream8: 0.72, stream4: 0.7, cache: 0.72, attention: 0.6 },
    cdna: { gemm16: 0.45, gemm8: 0.25, gemm4: 0.3, stream16: 0.48, stream8: 0.48, stream4: 0.45, cache: 0.28, attention: 0.3 },
    other: { gemm16: 0.5, gemm8: 0.4, gemm4: 0.3, stream16: 0.6, stream8: 0.5, stream4: 0.4, cache: 0.55, attention: 0.3 },
  },
  products: { tileRows: 0, sharpness: Infinity, activationPasses: 0 },
  experts: { stream: 0.9, gemm: 0.77, imbalance: 1.2, tileRows: 0 },
  overheads: {
    vllm: { secondsPerLayer: 32e-6, secondsPerExpertLayer: 0, secondsPerStep: 1.6e-3, secondsPerRequest: 12e-6, secondsPerArrival: 15e-3, stepsToClient: 0 },
    sglang: { secondsPerLayer: 36e-6, secondsPerExpertLayer: 0, secondsPerStep: 3.1e-3, secondsPerRequest: 24e-6, secondsPerArrival: 15e-3, stepsToClient: 0 },
    trtllm: { secondsPerLayer: 27e-6, secondsPerExpertLayer: 0, secondsPerStep: 1.8e-3, secondsPerRequest: 6.1e-6, secondsPerArrival: 15e-3, stepsToClient: 0 },
  },
  links: { scaleUpLatency: 5.5e-6, scaleUpShare: 0.74, pcieLatency: [5e-6, 13e-6, 24e-6], pcieShare: [0.6, 0.47, 0.38] },
  loops: { clustering: 0.85, lockstep: 0.8, pipelineBubble: 0.06 },
};
