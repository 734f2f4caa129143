import { Accelerator } from '../../src/catalog/accelerator';
import { Model } from '../../src/catalog/model';
import { Precision } from '../../src/catalog/precision';
import { Load } from '../../src/sizing/load';
import { Estimate, LatencyEstimate, Range, SizingPlan } from '../../src/sizing/plan';

const GIB = 2 ** 30;

export const range = (expected: number): Range => ({ low: expected * 0.8, expected, high: expected * 1.3 });

const latency = (mean: number): LatencyEstimate => ({
  mean: range(mean), p50: range(mean * 0.9), p90: range(mean * 1.5), p99: range(mean * 2), atTarget: range(mean * 1.7),
});

/** One replica of the plan below. */
export function estimate(changes: Partial<Estimate> = {}): Estimate {
  return {
    fits: true,
    gpus: 2,
    memory: {
      deviceBytes: 80 * GIB,
      weightBytes: 35 * GIB,
      kvCacheBytes: 30 * GIB,
      activationBytes: 4 * GIB,
      graphBytes: GIB,
      communicationBytes: 2 * GIB,
      freeBytes: 8 * GIB,
    },
    kvCacheTokens: 390_000,
    concurrentRequests: 41.6,
    settings: { maxModelLen: 8192, maxNumSeqs: 256, maxNumBatchedTokens: 8192, memoryFraction: 0.9, kvBlockSize: 16 },
    outputTokensPerSecond: range(1500),
    timeToFirstToken: latency(200),
    timePerOutputToken: latency(25),
    endToEnd: latency(6400),
    boundBy: 'memory-bandwidth',
    utilization: 0.64,
    energy: { watts: 1040, joulesPerOutputToken: 0.693, joulesPerPromptToken: 0.052, joulesPerCompletionToken: 0.485 },
    ...changes,
  };
}

export const MODEL = Model._create({
  id: 'example/Model-70B', parameters: 70.6e9, activeParameters: 70.6e9, maxContextTokens: 131072, weightPrecision: Precision.FP8, source: 'a test', asOf: '2026-01-01',
});

export const ACCELERATOR = Accelerator.of({
  name: 'h100-sxm', memoryBytes: 80 * GIB, memoryBytesPerSecond: 3.35e12, bf16FlopsPerSecond: 989e12, linkBytesPerSecond: 450e9,
});

/** A plan of three replicas over two GPUs each. */
export function plan(changes: Partial<SizingPlan> = {}): SizingPlan {
  return {
    model: MODEL,
    precision: Precision.FP8,
    kvCachePrecision: Precision.BF16,
    pool: { accelerator: ACCELERATOR, gpusPerNode: 8, dollarsPerGpuHour: 4 },
    layout: { tensorParallel: 2 },
    replicas: 3,
    gpusPerReplica: 2,
    nodesPerReplica: 1,
    nodes: 1,
    gpus: 6,
    estimate: estimate(),
    cost: { dollarsPerHour: 24, dollarsPerMillionOutputTokens: 1.482, dollarsPerMillionPromptTokens: 0.111, dollarsPerMillionCompletionTokens: 1.037 },
    energy: { watts: 3120, joulesPerOutputToken: 0.693, joulesPerPromptToken: 0.052, joulesPerCompletionToken: 0.485 },
    load: Load.requestsPerSecond(10, { promptTokens: 1000, outputTokens: 200 }),
    assumptions: ['prompts are four times the mean at the 99th percentile'],
    explanation: ['three replicas of two GPUs carry 10 requests/s with a fifth of their capacity free'],
    alternatives: [
      { pool: 'h100-sxm', layout: { tensorParallel: 4 }, kvCachePrecision: Precision.BF16, replicas: 2, gpus: 8 },
      { pool: 'h100-sxm', layout: { tensorParallel: 1 }, kvCachePrecision: Precision.BF16, rejection: 'the weights take 70.6 GiB and leave no room for the KV cache' },
    ],
    ...changes,
  };
}
