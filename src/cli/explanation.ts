import { assumed, estimateAnswer } from './estimate-answer';
import { Evidence, nearest } from './evidence';
import { Accelerator } from '../catalog/accelerator';
import { Precision } from '../catalog/precision';
import { StepPart } from '../sizing/compute';
import { pointOf } from '../sizing/estimate';
import { Load, LoadKind } from '../sizing/load';
import { Estimate, MemoryLedger } from '../sizing/plan';
import { EstimateRequest, ParallelLayout } from '../sizing/questions';
import { asked, Sizing } from '../sizing/sizing';

/** Published measurements that are shown. */
const SHOWN = 5;

/** One kind of step of one rank. */
export interface StepLedger {
  readonly name: string;
  /** Requests that get a token, and prompt tokens that are computed. */
  readonly decodes: number;
  readonly promptTokens: number;
  readonly seconds: number;
  readonly parts: readonly StepPart[];
}

/** What one change would make of the answer; `reason` where it can't be. */
export interface Change {
  readonly change: string;
  readonly gpus?: number;
  readonly outputTokensPerSecond?: number;
  /** Requests per second that the instance can carry at most. */
  readonly capacity?: number;
  readonly timeToFirstTokenMillis?: number;
  readonly timePerOutputTokenMillis?: number;
  readonly reason?: string;
}

/** Why an estimate is what it is. */
export interface Explanation {
  readonly request: EstimateRequest;
  readonly estimate: Estimate;
  /** The estimate as `estimate` answers it. */
  readonly answer: object;
  /** What it assumes that the question does not say; absent where that is nothing. */
  readonly assumed?: string;
  readonly memory: MemoryLedger;
  readonly steps: readonly StepLedger[];
  /** What a calibration corrected; absent without one. */
  readonly calibration?: string;
  readonly sensitivity: readonly Change[];
  readonly evidence: readonly Evidence[];
}

/** Explains an estimate. @throws like `Sizing.estimate`. */
export function explain(request: EstimateRequest): Explanation {
  const estimate = Sizing.estimate(request);
  const { instance, lengths } = asked(request);
  return {
    request,
    estimate,
    answer: estimateAnswer(null, request, estimate),
    assumed: estimate.fits ? assumed(request) : undefined,
    memory: estimate.memory,
    steps: estimate.fits ? stepsOf(request) : [],
    calibration: request.calibration?._sentenceFor(instance),
    sensitivity: estimate.fits ? changes(request, lengths.prefixHitRatio).map(([change, changed]) => outcome(change, changed)) : [],
    evidence: nearest(request, SHOWN),
  };
}

function stepsOf(request: EstimateRequest): StepLedger[] {
  const { instance, lengths } = asked(request);
  const service = instance.batching(lengths.prompt, lengths.output, lengths.prefixHitRatio)!;
  const { batching, steps } = service;
  const { decodes, prefill, mixes } = batching.stepAt(pointOf(service, request.load).point.decoding);
  const ledger = (name: string, running: number, promptTokens: number): StepLedger =>
    ({ name, decodes: running, promptTokens, seconds: steps.seconds(running, promptTokens), parts: steps.ledger(running, promptTokens) });
  return [
    ledger('A step that writes completions', decodes, 0),
    ledger('A step that reads prompts', 0, prefill),
    ...mixes ? [ledger('A step that does both', decodes, prefill)] : [],
  ];
}

/** What is changed, one thing at a time. */
function changes(request: EstimateRequest, prefixHitRatio: number): (readonly [string, EstimateRequest])[] {
  const { pool, layout, load } = request;
  const { accelerator } = pool;
  const { promptTokens, outputTokens } = load.lengths;
  const shorter = { ...load.lengths, promptTokens: promptTokens * 0.8, ...scaled('promptTokensP99', load.lengths.promptTokensP99, 0.8) };
  const found = (share: number) => ({ ...load.lengths, prefixHitRatio: share, hostHitRatio: undefined });
  const finding = (share: number) => ({ ...request, load: loadLike(load, load.amount, found(share)) });
  const faster = withBandwidth(accelerator, 1.2);
  return [
    ['as asked', request],
    [`tensor parallelism of ${2 * layout.tensorParallel}`, { ...request, layout: wider(layout, 2) }],
    ...layout.tensorParallel > 1 ? [[`tensor parallelism of ${layout.tensorParallel / 2}`, { ...request, layout: wider(layout, 0.5) }] as const] : [],
    ...request.kvCachePrecision === Precision.FP8 ? [] : [['KV cache in FP8', { ...request, kvCachePrecision: Precision.FP8 }] as const],
    ['prompts 20 % shorter', { ...request, load: loadLike(load, load.amount, shorter) }],
    ['completions 20 % shorter', {
      ...request,
      load: loadLike(load, load.amount, { ...load.lengths, outputTokens: Math.max(1, outputTokens * 0.8), ...scaled('outputTokensP99', load.lengths.outputTokensP99, 0.8) }),
    }],
    prefixHitRatio < 0.5 ? ['half of the prompts found in the prefix cache', finding(0.5)] : ['nothing found in the prefix cache', finding(0)],
    ...request.engine?.speculative ? [['nothing guessed', { ...request, engine: { ...request.engine, speculative: undefined } }] as const] : [],
    ...faster ? [['20 % more memory bandwidth', { ...request, pool: { ...pool, accelerator: faster } }] as const] : [],
    ...moreAndLess(request),
  ];
}

function scaled(field: string, value: number | undefined, factor: number): { [field: string]: number } {
  return value === undefined ? {} : { [field]: value * factor };
}

function wider(layout: ParallelLayout, factor: number): ParallelLayout {
  const { expertParallel = 1 } = layout;
  return { ...layout, tensorParallel: layout.tensorParallel * factor, expertParallel: expertParallel > 1 ? expertParallel * factor : expertParallel };
}

function withBandwidth(accelerator: Accelerator, factor: number): Accelerator | undefined {
  const { memoryBytesPerSecond } = accelerator;
  return memoryBytesPerSecond === undefined ? undefined
    : Object.assign(Object.create(Object.getPrototypeOf(accelerator)), accelerator, { memoryBytesPerSecond: memoryBytesPerSecond * factor });
}

function moreAndLess(request: EstimateRequest): (readonly [string, EstimateRequest])[] {
  const { load } = request;
  const { kind, amount, lengths } = load;
  if (kind === LoadKind.SATURATED) { return []; }
  const at = (to: number) => ({ ...request, load: loadLike(load, to, lengths) });
  return kind === LoadKind.CONCURRENCY || kind === LoadKind.STATIC_BATCH
    ? [['one request more in flight', at(amount + 1)], ...amount > 1 ? [['one request fewer in flight', at(amount - 1)] as const] : [], ['twice as many in flight', at(2 * amount)]]
    : [['10 % more requests', at(amount * 1.1)], ['10 % fewer requests', at(amount * 0.9)]];
}

function loadLike({ kind, arrivalVariation }: Load, amount: number, lengths: Load['lengths']): Load {
  switch (kind) {
    case LoadKind.REQUESTS_PER_SECOND: return Load.requestsPerSecond(amount, { ...lengths, arrivalVariation });
    case LoadKind.OUTPUT_TOKENS_PER_SECOND: return Load.outputTokensPerSecond(amount, { ...lengths, arrivalVariation });
    case LoadKind.CONCURRENCY: return Load.concurrency(amount, lengths);
    case LoadKind.STATIC_BATCH: return Load.staticBatch(amount, lengths);
    default: return Load.saturated(lengths);
  }
}

function outcome(change: string, request: EstimateRequest): Change {
  let e: Estimate;
  try {
    e = Sizing.estimate(request);
  } catch (error) {
    return { change, reason: (error as Error).message };
  }
  if (!e.fits) { return { change, gpus: e.gpus, reason: e.reason }; }
  return {
    change,
    gpus: e.gpus,
    outputTokensPerSecond: e.outputTokensPerSecond.expected,
    capacity: e.outputTokensPerSecond.expected / request.load.lengths.outputTokens / e.utilization,
    timeToFirstTokenMillis: e.timeToFirstToken.mean.expected,
    timePerOutputTokenMillis: e.timePerOutputToken.mean.expected,
  };
}
