import { AdapterSlots, SizingEngine } from '../sizing/questions';
import { SpeculativeDecoding } from '../sizing/speculative-decoding';

/** Settings of an engine that the plan must keep instead of choosing them. */
export interface FixedSettings {
  /**
   * Longest sequence (prompt and completion), in tokens. At most the model's context.
   *
   * @default - the 99th percentile of prompt and output together, rounded up to a power of two, within the model's context
   */
  readonly maxModelLen?: number;
  /**
   * Most requests in one step, per attention rank.
   *
   * @default - chosen with the plan
   */
  readonly maxNumSeqs?: number;
  /**
   * Most tokens in one step (the prefill chunk), per attention rank. vLLM does not start with fewer than `maxNumSeqs`: of the two, the one that
   * is not stated gives way.
   *
   * @default - chosen with the plan
   */
  readonly maxNumBatchedTokens?: number;
  /**
   * Share of device memory that the engine takes, above 0 and at most 1. What it leaves must hold 0.5 GiB of the CUDA context, and what the
   * engine takes outside it (graphs, with SGLang activations): a plan with less is refused with a share that would do.
   *
   * @default - the engine's own default for its version and the device
   */
  readonly memoryFraction?: number;
  /**
   * Tokens in one block of the KV cache.
   *
   * @default - the engine's own choice for model and hardware
   */
  readonly kvBlockSize?: number;
  /**
   * Tokens that are guessed and verified. A draft model and an EAGLE-3 head need `draftWeights` of the fleet.
   *
   * @default - none: each step gives a request one token
   */
  readonly speculative?: SpeculativeDecoding;
}

/** What the sizing is told of an engine. Internal. */
export function sizingEngine(name: string, version: string | undefined, settings: FixedSettings | undefined, adapters?: AdapterSlots): SizingEngine {
  return {
    name,
    version,
    maxModelLen: settings?.maxModelLen,
    maxNumSeqs: settings?.maxNumSeqs,
    maxNumBatchedTokens: settings?.maxNumBatchedTokens,
    memoryFraction: settings?.memoryFraction,
    kvBlockSize: settings?.kvBlockSize,
    adapters,
    speculative: settings?.speculative,
  };
}
