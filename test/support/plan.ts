import { Accelerator } from '../../src/catalog/accelerator';
import { AcceleratorRow } from '../../src/catalog/data/accelerators';
import { Model } from '../../src/catalog/model';
import { Precision } from '../../src/catalog/precision';
import { Attention, FeedForward, Quantization } from '../../src/catalog/shape';
import { Load } from '../../src/sizing/load';
import { EngineSettings, Estimate, LatencyEstimate, Range, SizingPlan } from '../../src/sizing/plan';
import { ParallelLayout } from '../../src/sizing/questions';

/** What a test may say of the model; everything else is a small dense Llama. */
export interface ModelFacts {
  readonly id?: string;
  readonly weightPrecision?: Precision;
  readonly attention?: Attention;
  readonly feedForward?: FeedForward;
  readonly baseFormat?: string;
  readonly quantization?: Quantization;
  /** No shape at all, as of a model that the catalogue knows by name alone. */
  readonly withoutShape?: boolean;
}

/** What a test may say of the plan; everything else is one GPU that serves a small dense model in bf16. */
export interface PlanFacts {
  readonly model?: Model;
  readonly precision?: Precision;
  readonly kvCachePrecision?: Precision;
  readonly layout?: ParallelLayout;
  readonly gpusPerNode?: number;
  readonly nodesPerReplica?: number;
  readonly replicas?: number;
  readonly settings?: Partial<EngineSettings>;
  readonly estimate?: Partial<Estimate>;
  readonly computeCapability?: number;
}

export const GQA: Attention = { type: 'gqa', queryHeads: 32, kvHeads: 8, headDim: 128, valueHeadDim: 128 };
export const MAMBA: Attention = { type: 'state', stateElements: 1e6, recurrentElements: 1e6, stateFlopsPerToken: 1e6, heads: 64 };
export const MOE: FeedForward = { type: 'moe', experts: 256, expertsPerToken: 8, expertIntermediateSize: 2048, sharedIntermediateSize: 2048 };
export const DENSE: FeedForward = { type: 'dense', intermediateSize: 14336 };

/** How a checkpoint in FP8 is quantised. */
export const FP8_CHECKPOINT: Quantization = { precision: 'fp8', parts: ['attention', 'mlp', 'experts'], method: 'fp8' };

/** A model, without the catalogue. */
export function modelOf(facts: ModelFacts = {}): Model {
  return Model._create({
    id: facts.id ?? 'acme/small-8b',
    parameters: 8e9,
    activeParameters: 8e9,
    maxContextTokens: 131072,
    weightPrecision: facts.weightPrecision ?? Precision.BF16,
    checkpointBytes: 16e9,
    source: 'test',
    asOf: '2026-01-01',
    shape: facts.withoutShape ? undefined : {
      hiddenSize: 4096,
      vocabSize: 128256,
      kinds: [{ attention: facts.attention ?? GQA, feedForward: facts.feedForward ?? DENSE, weights: [] }],
      order: Array.from({ length: 32 }, () => 0),
      first: [],
      last: [],
      baseFormat: facts.baseFormat ?? 'bf16',
      quantization: facts.quantization,
    },
  });
}

/** An accelerator, without the catalogue. */
export function acceleratorOf(computeCapability?: number): Accelerator {
  const row: AcceleratorRow = {
    id: 'test-gpu',
    title: 'Test GPU',
    vendor: 'nvidia',
    aliases: [],
    memoryBytes: 80e9,
    memoryBytesPerSecond: 3.35e12,
    rates: { fp32: 5e13, fp16: 9.9e14, bf16: 9.9e14, fp8: 1.98e15 },
    linkBytesPerSecond: 450e9,
    linkDomain: 8,
    computeCapability,
    resourceName: 'nvidia.com/gpu',
    nodeLabels: {},
    source: 'test',
    asOf: '2026-01-01',
  };
  const Constructor = Accelerator as unknown as new (row: AcceleratorRow) => Accelerator;
  return new Constructor(row);
}

/** A plan with sensible values for everything that a test does not say. */
export function planOf(facts: PlanFacts = {}): SizingPlan {
  const model = facts.model ?? modelOf();
  const layout = facts.layout ?? { tensorParallel: 1 };
  const gpusPerReplica = layout.tensorParallel * (layout.pipelineParallel ?? 1) * (layout.dataParallel ?? 1);
  const gpusPerNode = facts.gpusPerNode ?? 8;
  const nodesPerReplica = facts.nodesPerReplica ?? Math.ceil(gpusPerReplica / gpusPerNode);
  const replicas = facts.replicas ?? 2;
  return {
    model,
    precision: facts.precision ?? model.weightPrecision,
    kvCachePrecision: facts.kvCachePrecision ?? Precision.BF16,
    pool: { accelerator: acceleratorOf(facts.computeCapability ?? 9), name: 'h100', gpusPerNode, dollarsPerGpuHour: 2 },
    layout,
    replicas,
    gpusPerReplica,
    nodesPerReplica,
    nodes: nodesPerReplica * replicas,
    gpus: gpusPerReplica * replicas,
    estimate: { ...estimateOf(gpusPerReplica, facts.settings), ...facts.estimate },
    cost: { dollarsPerHour: 2 * gpusPerReplica * replicas, dollarsPerMillionOutputTokens: 0.5, dollarsPerMillionPromptTokens: 0.05, dollarsPerMillionCompletionTokens: 0.35 },
    load: Load.requestsPerSecond(10, { promptTokens: 1000, outputTokens: 200 }),
    assumptions: [],
    alternatives: [],
    explanation: [],
  };
}

function estimateOf(gpus: number, settings: Partial<EngineSettings> = {}): Estimate {
  return {
    fits: true,
    gpus,
    memory: {
      deviceBytes: 80e9, weightBytes: 16e9, kvCacheBytes: 50e9, activationBytes: 2e9, graphBytes: 1e9, communicationBytes: 1e9, freeBytes: 10e9,
    },
    kvCacheTokens: 380000,
    concurrentRequests: 40,
    settings: { maxModelLen: 8192, maxNumSeqs: 256, maxNumBatchedTokens: 4096, memoryFraction: 0.92, kvBlockSize: 16, ...settings },
    outputTokensPerSecond: range(2000),
    timeToFirstToken: latency(200),
    timePerOutputToken: latency(20),
    endToEnd: latency(6000),
    boundBy: 'memory-bandwidth',
    utilization: 0.7,
  };
}

function range(expected: number): Range {
  return { low: expected * 0.8, expected, high: expected * 1.2 };
}

function latency(millis: number): LatencyEstimate {
  return { mean: range(millis), p50: range(millis), p90: range(millis * 1.5), p99: range(millis * 2), atTarget: range(millis * 1.7) };
}
