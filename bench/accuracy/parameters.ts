import { Fitted } from '../../src/sizing/fitted';

/** One constant of the fit: where it stands, what is believed of it before any server is looked at, how firmly, and within which bounds. */
export interface Parameter {
  /** Path in `Fitted`, e.g. `kernels.hopper.gemm16`. */
  readonly path: string;
  readonly prior: number;
  /** Standard deviation of the logarithm around the prior. */
  readonly sigma: number;
  readonly low: number;
  readonly high: number;
}

type Rows = readonly (readonly [path: string, prior: number, sigma: number, low: number, high: number])[];

/**
 * What kernels reach alone, in aiconfigurator's tables of vLLM, SGLang and TensorRT-LLM: large products (4,096 rows and more), weights of 128 MB
 * and more at up to 16 rows, KV caches above 1 GB, prompts of 4,096 tokens and more. What no table has is taken from the nearest architecture.
 */
const KERNELS: { readonly [architecture: string]: readonly number[] } = {
  //                     gemm 16   8     4    stream 16 8   4    cache attention
  ampere: [0.82, 0.75, 0.6, 0.79, 0.75, 0.65, 0.8, 0.6],
  ada: [0.6, 0.46, 0.4, 0.83, 0.75, 0.7, 0.85, 0.55],
  hopper: [0.72, 0.59, 0.45, 0.82, 0.76, 0.65, 0.86, 0.6],
  blackwell: [0.65, 0.48, 0.43, 0.81, 0.66, 0.5, 0.89, 0.5],
  blackwellWorkstation: [0.86, 0.74, 0.64, 0.83, 0.7, 0.55, 0.85, 0.6],
  cdna: [0.5, 0.4, 0.35, 0.6, 0.6, 0.5, 0.5, 0.35],
  cdna4: [0.5, 0.4, 0.35, 0.6, 0.6, 0.5, 0.5, 0.35],
};
const SHARES = ['gemm16', 'gemm8', 'gemm4', 'stream16', 'stream8', 'stream4', 'cache', 'attention'];

/** Those of AMD are in no such table: guesses, believed in less. */
const sigmaOf = (architecture: string) => architecture.startsWith('cdna') ? 0.8 : 0.15;

const kernels: Rows = Object.entries(KERNELS).flatMap(([architecture, priors]) =>
  SHARES.map((share, i) => [`kernels.${architecture}.${share}`, priors[i], sigmaOf(architecture), 0.08, 0.92] as const));

const overheads: Rows = ['vllm', 'sglang', 'trtllm'].flatMap((engine) => [
  [`overheads.${engine}.secondsPerLayer`, 25e-6, 0.4, 2e-6, 200e-6] as const,
  [`overheads.${engine}.secondsPerExpertLayer`, 15e-6, 0.5, 1e-6, 200e-6] as const,
  // Three passes of a head of one layer took 2.1 ms, weights and launches included (SpecDecode-Bench's profile of vLLM 0.10): an order of magnitude.
  [`overheads.${engine}.secondsPerStep`, 0.5e-3, 1, 1e-4, 20e-3] as const,
  // All three prepare requests in Python.
  [`overheads.${engine}.secondsPerRequest`, 12e-6, 0.35, 1e-7, 1e-4] as const,
  [`overheads.${engine}.secondsPerArrival`, 10e-3, 1, 1e-3, 0.3] as const,
  [`overheads.${engine}.stepsToClient`, 2, 0.7, 0.1, 60] as const,
]);

const others: Rows = [
  // Hugging Face's tokenizers read 2.5 to 2.7 MiB a second from Python (tokenizers 0.21 on a fast EPYC core), some 2 us a token; other processes follow.
  ['secondsPerPromptToken', 2e-6, 0.3, 1e-8, 1e-3],
  // Tensor cores take 8 to 16 rows at least. More would halve the speed of a lone request on H20, whose servers do not show it.
  ['products.tileRows', 11, 0.1, 1, 256],
  ['products.activationPasses', 8, 0.5, 0.5, 40],
  ['experts.stream', 0.85, 0.2, 0.2, 1],
  ['experts.gemm', 0.85, 0.1, 0.1, 1],
  ['experts.imbalance', 1.25, 0.15, 1, 3],
  ['experts.tileRows', 32, 0.5, 1, 256],
  ['experts.halfWidth', 500, 0.5, 1, 4000],
  ['experts.copies', 6, 0.5, 0.1, 40],
  ['expertLaunches.cdna', 1, 0.6, 0.3, 4],
  ['int4Stream.hopper', 0.7, 0.3, 0.2, 1],
  ['links.scaleUpLatency', 5e-6, 0.3, 1e-6, 30e-6],
  ['links.scaleUpShare', 0.74, 0.15, 0.2, 1],
  ['links.meshLatency', 10e-6, 0.8, 1e-6, 60e-6],
  ['links.meshTurnLatency', 30e-6, 1, 1e-6, 300e-6],
  ['links.meshShare', 0.4, 0.6, 0.1, 1],
  ['links.pcieLatency.0', 5e-6, 0.3, 1e-6, 1e-4],
  ['links.pcieLatency.1', 13e-6, 0.3, 1e-6, 1e-4],
  ['links.pcieLatency.2', 24e-6, 0.3, 1e-6, 1e-4],
  ['links.pcieShare.0', 0.6, 0.2, 0.05, 1],
  ['links.pcieShare.1', 0.47, 0.3, 0.05, 1],
  ['links.pcieShare.2', 0.38, 0.3, 0.05, 1],
  ['loops.mixed.share', 0.1, 0.3, 0.01, 1],
  ['loops.mixed.clustering', 0.002, 0.7, 1e-5, 1],
  ['loops.separate.share', 0.3, 0.5, 0.01, 1],
  ['loops.separate.clustering', 0.002, 0.7, 1e-5, 1],
  // Uniform over a range of a third of the mean.
  ['loops.apart', 0.1, 0.5, 0.01, 1],
  // Some ten kernels a layer at 50 us each from Python.
  ['overheads.sglang.secondsPerPromptLayer', 5e-4, 0.5, 1e-5, 5e-3],
  ['loops.pipelineBubble', 0.06, 0.5, 0.005, 0.5],
  ['arrivals.prefixHitRatio', 0.6, 1, 0.05, 0.97],
  // The source's example of a profile: eleven system prompts of 100 tokens, 566 with the question, for four chats each, the first of which finds nothing.
  ['arrivals.leastFound', 0.14, 0.5, 0.01, 0.97],
  ['newLatentAttention', 2.5, 0.4, 1, 6],
  // One look in ten steps, or a runtime in C++.
  ['earlySchedulers', 0.1, 1, 0.01, 1],
];

export const PARAMETERS: readonly Parameter[] = [...kernels, ...overheads, ...others]
  .map(([path, prior, sigma, low, high]) => ({ path, prior, sigma, low, high }));

/**
 * Blackwell Ultra over Blackwell: medians of the same kernel tables of B300 over those of B200, as shares of the catalogue's peaks. No server was
 * measured.
 */
const ULTRA: { readonly [share: string]: number } = { gemm16: 1.05, gemm8: 1.09, gemm4: 0.71 };

interface Tree { [key: string]: Tree | number }

/** Values of the parameters in a set of constants. */
export function valuesOf(fitted: Fitted): number[] {
  return PARAMETERS.map(({ path }) => Number(path.split('.').reduce<Tree | number>((at, key) => (at as Tree)[key], fitted as unknown as Tree)));
}

/** A set of constants with these values of the parameters. */
export function withValues(fitted: Fitted, values: readonly number[]): Fitted {
  const copy = structuredClone(fitted) as unknown as Tree;
  PARAMETERS.forEach(({ path }, i) => {
    const keys = path.split('.');
    const last = keys.pop()!;
    (keys.reduce<Tree>((at, key) => at[key] as Tree, copy))[last] = values[i];
  });
  const kernelsOf = copy.kernels as Tree;
  const { blackwell } = kernelsOf as { blackwell: Tree };
  kernelsOf.blackwellUltra = Object.fromEntries(SHARES.map((share) => [share, Math.min(1, Number(blackwell[share]) * (ULTRA[share] ?? 1))]));
  return copy as unknown as Fitted;
}
