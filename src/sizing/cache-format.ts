import { Version, atLeast } from './engine-rules';
import { Subject } from './request';
import { Accelerator } from '../catalog/accelerator';
import { Precision } from '../catalog/precision';

/** Compute capabilities of NVIDIA's accelerators: from the first, below the second. */
type Capabilities = readonly [number, number];

/** Where an engine's default kernels read a KV cache in FP8: attention with heads of its own, and latent attention. */
interface CacheRule {
  readonly heads: Capabilities;
  readonly latent: Capabilities;
  readonly latentFrom?: Version;
  /** Whether they do so on AMD's accelerators with FP8 arithmetic, for attention with heads of its own. */
  readonly amd: boolean;
}

const ADA = 8.9;
const HOPPER = 9;
const BLACKWELL = 10;
const WORKSTATION = 12;

/**
 * vLLM: docs/design/attention_backends.md (FlashAttention 3, FlashInfer and Triton; FlashMLA and the latent kernels of Blackwell, which pull request
 * 24705 let have FP8 in 0.11; on AMD, latent attention has it in kernels that are not the default). SGLang: the support matrix of its attention
 * backends (Hopper's default for latent attention has no FP8; what AMD's have differs between versions). TensorRT-LLM: the hardware matrix of
 * docs/source/features/quantization.md, and latent attention where it has kernels.
 */
const RULES: { readonly [engine: string]: CacheRule } = {
  vllm: { heads: [ADA, Infinity], latent: [HOPPER, WORKSTATION], latentFrom: [0, 11], amd: true },
  sglang: { heads: [ADA, Infinity], latent: [BLACKWELL, WORKSTATION], amd: false },
  trtllm: { heads: [8, Infinity], latent: [HOPPER, WORKSTATION], amd: false },
};

/** Why the engine would not keep the model's KV cache in FP8 on an accelerator with its default kernels, as a sentence; undefined if it does. */
export function eightBitCacheProblem({ rules: { name }, shape, version }: Subject, accelerator: Accelerator): string | undefined {
  const types = new Set<string>(shape.kinds.map(({ attention }) => attention.type));
  if (!types.has('gqa') && !types.has('mla')) { return 'the model keeps no KV cache that FP8 would make smaller'; }
  const rule = RULES[name];
  const latent = types.has('mla');
  if (latent && rule.latentFrom && !atLeast(version, rule.latentFrom)) {
    return `${name} keeps no KV cache of latent attention in FP8 before ${rule.latentFrom.join('.')}`;
  }
  const { vendor, computeCapability = 0 } = accelerator;
  const [from, below] = latent ? rule.latent : rule.heads;
  const reads = vendor === 'nvidia' ? computeCapability >= from && computeCapability < below
    : vendor === 'amd' && rule.amd && !latent && accelerator.tensorFlopsPerSecond(Precision.FP8) !== undefined;
  return reads ? undefined : `${name} keeps no KV cache${latent ? ' of latent attention' : ''} in FP8 on ${accelerator.name} with its default kernels`;
}
