import { EngineRules, Version, atLeast } from './engine-rules';
import { MemoryLedger } from './plan';
import { StageShare } from './shares';
import { Accelerator } from '../catalog/accelerator';
import { ModelShape } from '../catalog/shape';

const GIB = 2 ** 30;

/** Logits in 16 and 32 bits, probabilities and random numbers in 32 each. */
const IN_PLACE_BYTES = 14;
/**
 * Bytes of one logit at the peak of vLLM's sampler, rows being requests and columns the vocabulary: [from version, bytes]. Until 0.16 the logits are
 * sorted: 37.9 to 38.2 in the printed activation peaks of seven vocabularies from 50,272 to 201,088. From 0.17 on a kernel picks in place, and
 * what is left are the logits in 16 and 32 bits, the probabilities and as many random numbers: 14 (vllm/v1/sample/sampler.py). The second model
 * runner, from 0.25 on for dense models and from 0.30 on for all, copies the logits once, and from 0.28 on not at all (vllm/v1/worker/gpu/sample).
 */
const SAMPLER_BYTES: { readonly [models in 'plain' | 'mixed']: readonly (readonly [Version, number])[] } = {
  plain: [[[0, 28], 2], [[0, 25], 6], [[0, 17], IN_PLACE_BYTES], [[0, 0], 37.9]],
  mixed: [[[0, 30], 2], [[0, 17], IN_PLACE_BYTES], [[0, 0], 37.9]],
};

/** The picking kernel's rows of one vocabulary in 32 bits, one for each of the device's processors (132 of an H100). */
const PICKING_ROWS = 132;
/** States of a step's tokens that live on behind the forward pass: with two of them in 16 bits, the peaks of eight models on vLLM 0.19 are met within 2 %. */
const KEPT_STATES = 2;
/** From this version on the experts' workspace lives on too (vllm/v1/worker/workspace.py). */
const WORKSPACE_FROM: Version = [0, 13];

/** From this version on vLLM takes its graphs from inside the memory fraction (VLLM_MEMORY_PROFILER_ESTIMATE_CUDAGRAPHS in vllm/envs.py). */
const GRAPHS_INSIDE_FROM: Version = [0, 20];
/** One graph holds pieces of every layer. Fitted to the printed lines of 12 models with 24 to 80 layers (0.14 to 1.1 GiB; half of them within 25 %). */
const GRAPH_BYTES_PER_LAYER = 0.25 * 2 ** 20;
const GRAPH_BYTES = 0.1 * GIB;
/** Graphs of the other engines, which capture more than decoding asks for. */
const OTHER_GRAPH_BYTES = 0.6 * GIB;

/** From this version on vLLM looks at the free memory after it has joined its ranks, so that what the collectives hold by then is not counted. */
const JOINS_FIRST_FROM: Version = [0, 11];
/** What one rank holds outside the allocator: kernels and workspaces. 0.04 to 0.14 in vLLM's lines, on H100 0.24 to 0.25 from 0.18 on. */
const RUNTIME_BYTES = 0.1 * GIB;
const LATER_RUNTIME_BYTES = 0.25 * GIB;
/** Collectives over PCIe or without in-network reduction: 0.06 to 0.25 in the lines of 3090, 4090 and A100. */
const COLLECTIVE_BYTES = 0.1 * GIB;
/** Workspaces of vLLM's own collectives on Hopper and Blackwell: 0.55 printed with 2 ranks and 0.67 to 0.77 left by 4, from 0.18 on 2.07 and 2.13 printed. */
const FAST_COLLECTIVE_BYTES = 0.5 * GIB;
const LATER_FAST_COLLECTIVE_BYTES = 1.85 * GIB;
const LATER_FROM: Version = [0, 18];
/** The same with NCCL's buffers for in-network reduction, of 4 ranks and more: 2.33 left by 8 ranks of vLLM 0.10, 2.0 printed by SGLang. */
const NETWORK_REDUCTION_BYTES = 2.1 * GIB;
/** Nodes of one group hold buffers for the network besides. */
const INTER_NODE_BYTES = 0.5 * GIB;

/** What an image encoder holds while vLLM measures: its results for so many tokens, and at least this much at its own peak (0.9 to 1.1 printed). */
const ENCODED_TOKENS = 16_384;
const ENCODER_PEAK_BYTES = GIB;

/**
 * What a process holds on a device before the engine counts: the CUDA context with its kernels, 0.4 to 0.6 GiB on data-centre cards. vLLM refuses to
 * start where the rest is less than its fraction; for SGLang it is taken from what the fraction leaves. An assumption: no record of our data has it.
 */
const CONTEXT_BYTES = 0.5 * GIB;

/** Whether the switch between GPUs adds up what passes it: NVIDIA's from the fourth NVLink on, of 450 GB/s. */
export function reducesInNetwork({ vendor, linkDomain, linkBytesPerSecond = 0 }: Accelerator): boolean {
  return vendor !== 'amd' && linkDomain >= 8 && linkBytesPerSecond >= 400e9;
}

/** Rotations of a head's positions in 16 bits, for the longest context of the model; 2.5 GiB of Llama 4 Scout. */
export function positionBytes(shape: ModelShape, context = 0): number {
  const widths = shape.kinds.map(({ attention: a }) => a.type === 'gqa' ? a.headDim : a.type === 'mla' ? a.ropeHeadDim : 0);
  return 2 * context * (shape.positionScale ?? 1) * Math.max(0, ...widths);
}

/** Bytes that must stay free of all that a ledger lists; an engine's own runtime bytes include the context. */
export function spareBytes(rules: EngineRules): number {
  return Math.max(1, CONTEXT_BYTES - rules.runtimeBytes);
}

/** What guesses tokens, as one rank holds it. */
export interface DraftMemory {
  readonly bytes: number;
  readonly layers: number;
  readonly tokens: number;
}

/** What decides how one rank's memory is divided. */
export interface MemoryQuestion {
  readonly rules: EngineRules;
  readonly version: Version;
  readonly stage: StageShare;
  readonly deviceBytes: number;
  readonly hiddenSize: number;
  readonly vocabSize: number;
  /** Table of rotations, which every rank holds beside the weights. */
  readonly positionBytes: number;
  /** Slots for adapters, which are set aside with the weights. */
  readonly adapterBytes: number;
  /** What guesses tokens: its weights and layers, and how many tokens it guesses; absent where nothing is guessed. */
  readonly draft?: DraftMemory;
  /** Whether images or sounds are encoded on this rank. */
  readonly encodes: boolean;
  readonly memoryFraction: number;
  readonly maxNumSeqs: number;
  readonly maxNumBatchedTokens: number;
  readonly communicators: number;
  /** Whether the links between ranks can reduce. */
  readonly reducingLinks: boolean;
  readonly nodes: number;
}

/** Where one rank's memory goes. What is short shows as negative `freeBytes`. */
export function ledgerOf(q: MemoryQuestion): MemoryLedger {
  const { rules, version, stage, deviceBytes } = q;
  const weightBytes = stage.weightBytes + q.positionBytes + q.adapterBytes + (q.draft?.bytes ?? 0);
  const activationBytes = peakBytes(q);
  const communicationBytes = runtimeBytes(q);
  const graphBytes = graphsBeside(q, activationBytes);
  const held = weightBytes + activationBytes + communicationBytes;
  const kvCacheBytes = Math.max(0, room());
  return {
    deviceBytes,
    weightBytes,
    kvCacheBytes,
    activationBytes,
    graphBytes,
    communicationBytes,
    freeBytes: deviceBytes - held - graphBytes - kvCacheBytes,
  };

  function room(): number {
    if (rules.fractionOf === 'free') { return q.memoryFraction * (deviceBytes - held - graphBytes); }
    if (rules.fractionCoversActivations) { return q.memoryFraction * deviceBytes - held - (insideFraction(rules, version) ? graphBytes : 0); }
    // SGLang's fraction is of what is free before the weights come.
    return q.memoryFraction * (deviceBytes - CONTEXT_BYTES - communicationBytes) - weightBytes;
  }
}

/** Most that activations take at once: in the forward pass, in the sampler, or in the encoder before them. */
function peakBytes(q: MemoryQuestion): number {
  const { stage, rules, version } = q;
  const forward = 2 * q.maxNumBatchedTokens * stage.activationElements;
  if (!rules.fractionCoversActivations) { return Math.max(forward, Math.min(q.maxNumSeqs, 512) * (1 + (q.draft?.tokens ?? 0)) * q.vocabSize * 8); }
  const mixed = stage.moeLayers > 0 || stage.attention.some((a) => a.type === 'state');
  const [, perLogit] = SAMPLER_BYTES[mixed ? 'mixed' : 'plain'].find(([from]) => atLeast(version, from))!;
  const picking = perLogit === IN_PLACE_BYTES ? 4 * PICKING_ROWS * q.vocabSize : 0;
  const workspace = atLeast(version, WORKSPACE_FROM) ? 2 * q.maxNumBatchedTokens * stage.routedElements : 0;
  const kept = 2 * KEPT_STATES * q.maxNumBatchedTokens * q.hiddenSize + workspace;
  const sampler = stage.headParameters > 0 ? perLogit * q.maxNumSeqs * q.vocabSize + picking + kept : 0;
  const peak = Math.max(forward, sampler);
  return q.encodes ? Math.max(ENCODER_PEAK_BYTES, peak + 2 * ENCODED_TOKENS * q.hiddenSize) : peak;
}

/** What is held outside the allocator. */
function runtimeBytes({ rules, version, communicators, reducingLinks, nodes }: MemoryQuestion): number {
  const joinsFirst = rules.fractionCoversActivations && atLeast(version, JOINS_FIRST_FROM);
  const later = rules.fractionCoversActivations && reducingLinks && atLeast(version, LATER_FROM);
  const own = later ? LATER_FAST_COLLECTIVE_BYTES : FAST_COLLECTIVE_BYTES;
  const fast = joinsFirst || communicators < 4 ? own : NETWORK_REDUCTION_BYTES;
  const collectives = communicators > 1 ? reducingLinks ? fast : COLLECTIVE_BYTES : 0;
  return rules.runtimeBytes + (later ? LATER_RUNTIME_BYTES : RUNTIME_BYTES) + collectives + (nodes > 1 ? INTER_NODE_BYTES : 0);
}

function insideFraction(rules: EngineRules, version: Version): boolean {
  return rules.fractionCoversActivations && atLeast(version, GRAPHS_INSIDE_FROM);
}

/** What graphs hold beside all else. Where vLLM does not count them, they are captured in the room that it measured for activations. */
function graphsBeside({ rules, version, stage, draft, maxNumSeqs }: MemoryQuestion, activationBytes: number): number {
  if (!rules.fractionCoversActivations) { return OTHER_GRAPH_BYTES; }
  const bytes = GRAPH_BYTES + GRAPH_BYTES_PER_LAYER * (stage.layers + (draft?.layers ?? 0)) * graphs((1 + (draft?.tokens ?? 0)) * maxNumSeqs);
  return insideFraction(rules, version) ? bytes : Math.max(0, bytes - activationBytes);
}

/** Batch sizes that vLLM captures: 1, 2, 4, then by eights, from 256 on by sixteens, to twice its requests. */
function graphs(maxNumSeqs: number): number {
  const largest = Math.min(512, 2 * maxNumSeqs);
  return 3 + Math.floor(Math.min(largest, 256) / 8) + Math.max(0, Math.floor((largest - 256) / 16));
}
