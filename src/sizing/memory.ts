import { EngineRules, Version } from './engine-rules';
import { MemoryLedger } from './plan';
import { StageShare } from './shares';

const GIB = 2 ** 30;

/**
 * The sampler's peak over its logits in 32 bits: fitted to vLLM's printed activation peaks of seven vocabularies from 50,272 to 201,088
 * (256 and 1,024 rows; within 2 % of each but gpt-oss).
 */
const SAMPLER_PEAK = 9.7;
/** CUDA graphs: median of the printed lines (0.2 to 1.2 GiB). */
const GRAPH_BYTES = 0.6 * GIB;
/**
 * What the runtime and the collectives hold outside the allocator, by tensor-parallel degree. 1 and 2: printed by vLLM on H100. 4: what the KV
 * blocks of Llama-3.1-70B on 4 x H100 leave (0.68 and 0.78 GiB). 8: half of the 2.1 GiB that an A100 printed, as later versions hold less.
 */
const COMMUNICATION_BYTES: readonly (readonly [number, number])[] = [[1, 0.13 * GIB], [2, 0.54 * GIB], [4, 0.75 * GIB], [8, 1.1 * GIB]];
/** Nodes of one group hold buffers for the network besides. */
const INTER_NODE_BYTES = 0.5 * GIB;

/**
 * What a process holds on a device before the engine counts: the CUDA context with its kernels, 0.4 to 0.6 GiB on data-centre cards. vLLM refuses to
 * start where the rest is less than its fraction; for SGLang it is taken from what the fraction leaves. An assumption: no record of our data has it.
 */
const CONTEXT_BYTES = 0.5 * GIB;

/** Bytes that must stay free of all that a ledger lists; an engine's own runtime bytes include the context. */
export function spareBytes(rules: EngineRules): number {
  return Math.max(1, CONTEXT_BYTES - rules.runtimeBytes);
}

/** What decides how one rank's memory is divided. */
export interface MemoryQuestion {
  readonly rules: EngineRules;
  readonly version: Version;
  readonly stage: StageShare;
  readonly deviceBytes: number;
  readonly vocabSize: number;
  readonly memoryFraction: number;
  readonly maxNumSeqs: number;
  readonly maxNumBatchedTokens: number;
  readonly communicators: number;
  readonly nodes: number;
}

/** Where one rank's memory goes. What is short shows as negative `freeBytes`. */
export function ledgerOf(q: MemoryQuestion): MemoryLedger {
  const { rules, stage, deviceBytes } = q;
  const weightBytes = stage.weightBytes;
  const activationBytes = Math.max(
    SAMPLER_PEAK * q.maxNumSeqs * q.vocabSize * 4 * (rules.fractionCoversActivations ? 1 : 0),
    Math.min(q.maxNumSeqs, 512) * q.vocabSize * 4 * 2,
    q.maxNumBatchedTokens * stage.activationElements * 2,
  );
  const communicationBytes = communication(q.communicators) + rules.runtimeBytes + (q.nodes > 1 ? INTER_NODE_BYTES : 0);
  const graphBytes = GRAPH_BYTES;
  const held = weightBytes + activationBytes + communicationBytes;
  const inside = rules.graphsInFraction(q.version) ? graphBytes : 0;
  const room = rules.fractionOf === 'free'
    ? q.memoryFraction * (deviceBytes - held - graphBytes)
    : q.memoryFraction * deviceBytes - (rules.fractionCoversActivations ? held + inside : weightBytes);
  const kvCacheBytes = Math.max(0, room);
  return {
    deviceBytes,
    weightBytes,
    kvCacheBytes,
    activationBytes,
    graphBytes,
    communicationBytes,
    freeBytes: deviceBytes - held - graphBytes - kvCacheBytes,
  };
}

function communication(ranks: number): number {
  let last = COMMUNICATION_BYTES[0];
  for (const row of COMMUNICATION_BYTES) {
    if (ranks <= row[0]) { return last[0] === row[0] ? row[1] : last[1] + (row[1] - last[1]) * (ranks - last[0]) / (row[0] - last[0]); }
    last = row;
  }
  return last[1];
}
