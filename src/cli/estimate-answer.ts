import { Accelerator } from '../catalog/accelerator';
import { Model } from '../catalog/model';
import { Precision } from '../catalog/precision';
import { numberProblem, NumberRule, show } from '../errors';
import { machinesOf, poolOf } from './machines';
import { speculativeOf } from './speculative';
import { simulationJson } from '../report/simulation';
import { FITTED } from '../sizing/data/fitted';
import { cacheRange, weightRange } from '../sizing/intervals';
import { Load, RequestLengths } from '../sizing/load';
import { Estimate, Fit, LatencyEstimate, MemoryLedger, Range } from '../sizing/plan';
import { AdapterSlots, EstimateRequest, ParallelLayout, SizingEngine } from '../sizing/questions';
import { SimulatedEstimate } from '../sizing/simulated-estimate';

const GIB = 2 ** 30;
const SECONDS_PER_HOUR = 3600;

type Fields = { readonly [field: string]: unknown };

/** Reads a question. Fields that it does not know are ignored, so that a newer client can ask an older program. */
export function estimateRequest(question: Fields): EstimateRequest {
  const model = modelOf(question);
  const layout = layoutOf(question, model);
  return {
    model,
    pool: {
      ...poolOf(acceleratorOf(question)),
      hostLinkBytesPerSecond: numberOf(question, 'hostLinkBytesPerSecond', { min: 1e6, max: 1e15, unit: 'bytes per second' }),
    },
    layout,
    load: loadOf(question),
    precision: precisionOf(question, 'precision'),
    kvCachePrecision: precisionOf(question, 'kvCachePrecision'),
    engine: engineOf(question),
  };
}

/** Writes an answer that a simulation gave: the same, and what it saw besides. */
export function simulatedAnswer(id: unknown, request: EstimateRequest, estimate: SimulatedEstimate): object {
  const { simulation } = estimate;
  const answer = estimateAnswer(id, request, estimate);
  return simulation ? { ...answer, simulation: simulationJson(simulation) } : answer;
}

/** Writes an answer: figures in as many digits as they deserve, so that lines stay short. */
export function estimateAnswer(id: unknown, request: EstimateRequest, estimate: Estimate): object {
  if (!estimate.fits) { return { id, fits: false, reason: estimate.reason ?? 'it does not fit', gpus: estimate.gpus }; }
  const { memory } = estimate;
  const { dollarsPerGpuHour } = machinesOf(request.pool.accelerator);
  return {
    id,
    fits: true,
    gpus: estimate.gpus,
    ...memoryAnswer(request, memory, estimate.kvCacheTokens),
    concurrentRequests: digits(estimate.concurrentRequests),
    prefixHitRatio: request.load.lengths.prefixHitRatio,
    hostHitRatio: request.load.lengths.hostHitRatio,
    streamInterval: request.engine?.streamInterval,
    assumed: assumed(request),
    tokensPerStep: estimate.tokensPerStep && digits(estimate.tokensPerStep),
    outputTokensPerSecond: range(estimate.outputTokensPerSecond),
    timeToFirstTokenMillis: latency(estimate.timeToFirstToken),
    timePerOutputTokenMillis: latency(estimate.timePerOutputToken),
    endToEndMillis: latency(estimate.endToEnd),
    boundBy: estimate.boundBy,
    wattsPerGpu: estimate.energy && digits(estimate.energy.watts / estimate.gpus),
    dollarsPerMillionOutputTokens: dollarsPerGpuHour === undefined
      ? undefined
      : cost(dollarsPerGpuHour * estimate.gpus, estimate.outputTokensPerSecond),
  };
}

/** The answer for an accelerator whose speed nobody states: whether the engine starts, and how it divides memory. */
export function fitAnswer(id: unknown, request: EstimateRequest, fit: Fit): object {
  const { tensorParallel, pipelineParallel = 1, dataParallel = 1 } = request.layout;
  const gpus = tensorParallel * pipelineParallel * dataParallel;
  if (!fit.fits) { return { id, fits: false, reason: fit.reason ?? 'it does not fit', gpus }; }
  return {
    id,
    fits: true,
    gpus,
    ...memoryAnswer(request, fit.memory, fit.kvCacheTokens),
    unrated: `the speed of ${request.pool.accelerator.name} is not stated, so only memory is estimated`,
  };
}

function memoryAnswer({ engine }: EstimateRequest, memory: MemoryLedger, kvCacheTokens: number): object {
  return {
    weightBytesPerGpu: whole(weightRange(memory)),
    kvCacheBytesPerGpu: whole(cacheRange(memory.kvCacheBytes, memory, engine?.version)),
    kvCacheTokens: whole(cacheRange(kvCacheTokens, memory, engine?.version)),
  };
}

function modelOf(question: Fields): Model {
  const { model } = question;
  if (typeof model === 'string') { return Model.named(model); }
  if (!isFields(model)) { throw new Error(`'model' is ${show(model)} but must be a repository id, or an object with the contents of a config.json`); }
  const parameters = numberOf(model, 'parameters', { above: 0 }) ?? numberOf(question, 'parameters', { above: 0 });
  return Model.fromHubConfig(model, { parameters });
}

function acceleratorOf(question: Fields): Accelerator {
  if (typeof question.accelerator !== 'string') { throw new Error(`'accelerator' is ${show(question.accelerator)} but must be the name of one`); }
  const accelerator = Accelerator.named(question.accelerator);
  const gib = numberOf(question, 'deviceMemoryGib', { above: 0, unit: 'GiB' });
  return gib === undefined ? accelerator : withMemory(accelerator, gib * GIB);
}

/** The same accelerator with the memory that a driver reports. */
function withMemory(accelerator: Accelerator, memoryBytes: number): Accelerator {
  return Object.assign(Object.create(Object.getPrototypeOf(accelerator)), accelerator, { memoryBytes });
}

function layoutOf(question: Fields, model: Model): ParallelLayout {
  const stated = question.layout ?? {};
  if (!isFields(stated)) { throw new Error(`'layout' is ${show(stated)} but must be an object`); }
  const degree = (field: string) => numberOf(stated, field, { min: 1, integer: true }, 'layout.');
  const tensorParallel = degree('tensorParallel') ?? 1;
  const dataParallel = degree('dataParallel') ?? 1;
  return {
    tensorParallel,
    pipelineParallel: degree('pipelineParallel') ?? 1,
    dataParallel,
    expertParallel: degree('expertParallel') ?? (spreadsExperts(question, model, dataParallel) ? tensorParallel * dataParallel : 1),
  };
}

/**
 * Whether the engine's guide spreads the experts over all GPUs where a question does not say: every engine's for
 * data-parallel attention, and vLLM's for models with latent attention in any layout
 * (https://docs.vllm.ai/projects/recipes/en/latest/DeepSeek/DeepSeek-V3.html). Otherwise tensor parallelism splits them.
 */
function spreadsExperts(question: Fields, model: Model, dataParallel: number): boolean {
  const kinds = model._shape?.kinds ?? [];
  if (!kinds.some((kind) => kind.feedForward.type === 'moe')) { return false; }
  return dataParallel > 1 || ((question.engine ?? 'vllm') === 'vllm' && kinds.some((kind) => kind.attention.type === 'mla'));
}

/** Loads that are a number, besides arrivals. */
const LOADS: { readonly [field: string]: (amount: number, lengths: RequestLengths) => Load } = {
  concurrency: Load.concurrency,
  staticBatch: Load.staticBatch,
};
const LOAD_FORMS = "'requestsPerSecond', 'concurrency', 'staticBatch' (numbers) or 'saturated' (true)";

/** What an answer says that counts on the prefix hits of the measured chats: who has none would be promised too much. */
const ASSUMED_HITS = `${digits(FITTED.arrivals.prefixHitRatio * 100)} % of prompt tokens are found in the prefix cache, as of the chats that vLLM was measured with; state 'prefixHitRatio', 0 where prompts have nothing in common`;

/** What an answer assumes that its question does not say. */
export function assumed({ load, engine }: EstimateRequest): string | undefined {
  if (load.lengths.prefixHitRatio === FITTED.arrivals.prefixHitRatio) { return ASSUMED_HITS; }
  const interval = engine?.streamInterval ?? 1;
  return interval === 1 ? undefined
    : `SGLang sends ${interval} tokens at a time, as in published benchmarks; state 'streamInterval', 1 where '--stream-interval' is not set`;
}

/**
 * Tokens that SGLang sends at a time where a closed loop does not say: fitted to the published closed loops, whose scripts set 10 to 50, and look at
 * new requests as seldom (`--stream-interval` and `--scheduler-recv-interval` of InferenceX). Plans take SGLang's default.
 */
const BENCHMARK_INTERVAL = 23;

function assumedInterval({ engine, load }: Fields): number | undefined {
  return engine === 'sglang' && isFields(load) && isStated(load.concurrency) ? BENCHMARK_INTERVAL : undefined;
}

/**
 * The share of prompts found in the cache where a question about arrivals does not say. vLLM caches prefixes unless told otherwise, and the requests
 * of users share a system prompt: it is then what the measured chats had. The answer repeats it.
 * A question that says what comes back from the host says what it finds.
 */
function assumedHits(question: Fields): number | undefined {
  const arrive = isFields(question.load) && isStated(question.load.requestsPerSecond) && !isStated(question.hostHitRatio);
  return arrive && (question.engine ?? 'vllm') === 'vllm' ? FITTED.arrivals.prefixHitRatio : undefined;
}

function loadOf(question: Fields): Load {
  const lengths: RequestLengths = {
    promptTokens: tokens(question, 'promptTokens') ?? missing('promptTokens'),
    outputTokens: tokens(question, 'outputTokens') ?? missing('outputTokens'),
    promptTokensP99: tokens(question, 'promptTokensP99'),
    outputTokensP99: tokens(question, 'outputTokensP99'),
    prefixHitRatio: numberOf(question, 'prefixHitRatio', { min: 0, max: 1 }) ?? assumedHits(question),
    hostHitRatio: numberOf(question, 'hostHitRatio', { min: 0, max: 1 }),
  };
  const { load } = question;
  if (!isFields(load)) { throw new Error(`'load' is ${show(load)} but must be an object with one of ${LOAD_FORMS}`); }
  const forms = ['requestsPerSecond', ...Object.keys(LOADS), 'saturated'].filter((form) => isStated(load[form]));
  if (forms.length !== 1) { throw new Error(`'load' has ${forms.length ? forms.join(' and ') : 'none'} of its forms but must have exactly one of ${LOAD_FORMS}`); }
  const [form] = forms;
  const variation = numberOf(question, 'arrivalVariation', { min: 0, max: 10 });
  if (form === 'requestsPerSecond') {
    return Load.requestsPerSecond(numberOf(load, form, { above: 0 }, 'load.')!, { ...lengths, arrivalVariation: variation });
  }
  if (variation !== undefined) { throw new Error(`'arrivalVariation' goes with 'load.requestsPerSecond', not with 'load.${form}'`); }
  if (form !== 'saturated') { return LOADS[form](numberOf(load, form, { above: 0, integer: form === 'staticBatch' }, 'load.')!, lengths); }
  if (load.saturated !== true) { throw new Error(`'load.saturated' is ${show(load.saturated)} but must be true`); }
  return Load.saturated(lengths);
}

function engineOf(question: Fields): SizingEngine {
  const count = (field: string) => numberOf(question, field, { min: 1, integer: true });
  return {
    name: textOf(question, 'engine'),
    version: textOf(question, 'engineVersion'),
    maxModelLen: count('maxModelLen'),
    maxNumSeqs: count('maxNumSeqs'),
    maxNumBatchedTokens: count('maxNumBatchedTokens'),
    memoryFraction: numberOf(question, 'memoryFraction', { above: 0, max: 1 }),
    kvBlockSize: count('kvBlockSize'),
    streamInterval: count('streamInterval') ?? assumedInterval(question),
    adapters: (question.adapters ?? undefined) as AdapterSlots | undefined,
    ...question.speculative === undefined ? {} : { speculative: speculativeOf(question.speculative) },
  };
}

function precisionOf(question: Fields, field: string): Precision | undefined {
  const name = textOf(question, field);
  return name === undefined ? undefined : Precision.named(name);
}

function textOf(fields: Fields, field: string): string | undefined {
  const value = fields[field];
  if (!isStated(value)) { return undefined; }
  if (typeof value !== 'string') { throw new Error(`'${field}' is ${show(value)} but must be text`); }
  return value;
}

const tokens = (fields: Fields, field: string) => numberOf(fields, field, { min: 1, unit: 'tokens' });

/** A field's number; undefined where it is absent or null. */
function numberOf(fields: Fields, field: string, rule: NumberRule, path = ''): number | undefined {
  const value = fields[field];
  if (!isStated(value)) { return undefined; }
  const problem = numberProblem(path + field, value, rule);
  if (problem) { throw new Error(problem); }
  return value as number;
}

function missing(field: string): never {
  throw new Error(`'${field}' is missing`);
}

const isStated = (value: unknown) => value !== undefined && value !== null;

/** Whether a value is a JSON object. */
export function isFields(value: unknown): value is Fields {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** Four significant digits. */
function digits(value: number): number {
  return Number.isFinite(value) ? Number(value.toPrecision(4)) : value;
}

function range(of: Range): Range {
  return { low: digits(of.low), expected: digits(of.expected), high: digits(of.high) };
}

function latency(of: LatencyEstimate): object {
  return { mean: range(of.mean), p50: range(of.p50), p90: range(of.p90), p99: range(of.p99) };
}

function cost(dollarsPerHour: number, tokensPerSecond: Range): Range {
  const per = (rate: number) => dollarsPerHour / (rate * SECONDS_PER_HOUR) * 1e6;
  return range({ low: per(tokensPerSecond.high), expected: per(tokensPerSecond.expected), high: per(tokensPerSecond.low) });
}

/** Whole bytes or tokens. */
function whole(of: Range): Range {
  return { low: Math.floor(of.low), expected: Math.floor(of.expected), high: Math.ceil(of.high) };
}
