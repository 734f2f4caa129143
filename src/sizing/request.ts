import { Accelerator } from '../catalog/accelerator';
import { Model } from '../catalog/model';
import { Precision } from '../catalog/precision';
import { ModelShape } from '../catalog/shape';
import { numberProblem, show } from '../errors';
import { ADAPTER_RANKS, uncountedAdapters } from './adapters';
import type { Calibration } from './calibration';
import { EngineRules, Version, engineRules, memoryVersionOf, versionOf, versionProblem } from './engine-rules';
import { hostLinkOf } from './host-link';
import { Load, LoadKind, RequestLengths } from './load';
import { Objective, ObjectiveKind } from './objective';
import { AdapterSlots, LatencyTarget, ParallelLayout, SizingEngine, SizingPool } from './questions';
import { Degrees } from './shares';
import { Speculation, speculationOf } from './speculation';

/** The part of every question that says what is served, by what. Checked. */
export interface Subject {
  readonly model: Model;
  readonly shape: ModelShape;
  readonly precision: Precision;
  readonly kvCachePrecision: Precision;
  readonly cacheBits: number;
  readonly engine: SizingEngine;
  readonly rules: EngineRules;
  readonly version: Version;
  readonly calibration?: Calibration;
  readonly speculation?: Speculation;
  /** Version by which memory is divided. */
  readonly memoryVersion: Version;
  /** Share of prompt tokens that are read back from the host. */
  readonly hostHitRatio: number;
}

const MOST_TOKENS = 1e9;
/** Characters of a pool's name, which sentences repeat. */
const MOST_NAME = 63;

function isObject(value: unknown): value is { [key: string]: unknown } {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** The first sentence of several, if any is one. */
function first(...problems: (string | undefined)[]): string | undefined {
  return problems.find((p) => p !== undefined);
}

function optional(prop: string, value: unknown, rule: Parameters<typeof numberProblem>[2]): string | undefined {
  return value === undefined ? undefined : numberProblem(prop, value, rule);
}

export function objectProblem(prop: string, value: unknown, what: string): string | undefined {
  return isObject(value) ? undefined : `'${prop}' is ${show(value)} but must be ${what}`;
}

/** Model, precisions and engine of a request, or the sentence that says what is wrong with them. */
export function subjectOf(
  request: { model: Model; precision?: Precision; kvCachePrecision?: Precision; engine?: SizingEngine; calibration?: Calibration; load?: Load },
): Subject | string {
  const { model, calibration } = request;
  if (!(model instanceof Model)) {
    return `'model' is ${show(model)} but must be a Model, from Model.named, Model.fromHubConfig or Model.of`;
  }
  if (model.incomplete !== undefined) { return model.incomplete; }
  const shape = model._shape;
  if (!shape) { return `the shape of ${show(model.id)} is not known; describe it with Model.of or Model.fromHubConfig`; }
  const precision = request.precision ?? model.weightPrecision;
  if (!(precision instanceof Precision)) { return `'precision' is ${show(precision)} but must be a Precision, such as Precision.FP8`; }
  const kv = request.kvCachePrecision ?? defaultCachePrecision(shape);
  if (!(kv instanceof Precision)) { return `'kvCachePrecision' is ${show(kv)} but must be a Precision, such as Precision.FP8`; }
  if (kv.cacheBits === undefined) {
    return `'kvCachePrecision' is ${show(kv.name)}, which can't hold a KV cache; use Precision.BF16 or Precision.FP8`;
  }
  if (calibration !== undefined && typeof calibration?._constantsFor !== 'function') {
    return `'calibration' is ${show(calibration)} but must be a Calibration, from Calibration.fromJson or Calibration.fromMeasurements`;
  }
  const engine = request.engine ?? {};
  const problem = engineProblem(engine);
  if (problem) { return problem; }
  const rules = engineRules(engine.name);
  if (typeof rules === 'string') { return rules; }
  const refused = startProblem(model, engine, rules) ?? bundleProblem(engine, rules) ?? uncountedAdapters(engine.adapters, shape, model.id, rules);
  if (refused) { return refused; }
  const speculation = engine.speculative === undefined ? undefined : speculationOf(engine.speculative, model, shape, precision);
  if (typeof speculation === 'string') { return speculation; }
  const hostHitRatio = request.load?.lengths?.hostHitRatio ?? 0;
  const unread = hostHitRatio > 0 ? unreadProblem(rules, speculation) : undefined;
  if (unread) { return unread; }
  return {
    model,
    shape,
    precision,
    kvCachePrecision: kv,
    cacheBits: kv.cacheBits,
    engine,
    rules,
    version: versionOf(rules, engine.version),
    calibration,
    speculation,
    memoryVersion: memoryVersionOf(rules, engine.version),
    hostHitRatio,
  };
}

/** Why an engine sends its first token in no bundle, if it is asked to. */
function bundleProblem({ streamInterval = 1 }: SizingEngine, rules: EngineRules): string | undefined {
  return streamInterval === 1 || rules.bundlesTokens ? undefined
    : `'engine.streamInterval' is ${show(streamInterval)} but ${rules.name} lets no first token wait for others; leave it out`;
}

/** Why the time in which KV cache comes back from the host can't be told, if so. */
function unreadProblem(rules: EngineRules, speculation: Speculation | undefined): string | undefined {
  if (rules.readsBack === undefined) { return `'hostHitRatio' is not modelled of ${rules.name}; use vllm or sglang, or leave it out`; }
  return speculation ? "'hostHitRatio' and 'engine.speculative' are not modelled together; leave one of them out" : undefined;
}

/** Why nothing can be read back from the hosts of a pool, if so. */
export function hostLinkProblem(prop: string, pool: SizingPool, { hostHitRatio }: Subject): string | undefined {
  if (hostHitRatio === 0 || hostLinkOf(pool) !== undefined) { return undefined; }
  return `nobody states the link between a ${pool.accelerator.name} and its host, which 'hostHitRatio' needs; give '${prop}.hostLinkBytesPerSecond'`;
}

function defaultCachePrecision(shape: ModelShape): Precision {
  const asked = shape.quantization?.kvCachePrecision;
  return Precision.all().find((p) => p.name === asked && p.cacheBits !== undefined) ?? (shape.baseFormat === 'fp16' ? Precision.FP16 : Precision.BF16);
}

function engineProblem(engine: SizingEngine): string | undefined {
  return objectProblem('engine', engine, 'an object with the name of an engine') ?? versionProblem(engine.version) ?? first(
    optional('engine.maxModelLen', engine.maxModelLen, { min: 1, max: MOST_TOKENS, integer: true, unit: 'tokens' }),
    optional('engine.maxNumSeqs', engine.maxNumSeqs, { min: 1, max: 1e6, integer: true, unit: 'requests' }),
    optional('engine.maxNumBatchedTokens', engine.maxNumBatchedTokens, { min: 1, max: MOST_TOKENS, integer: true, unit: 'tokens' }),
    optional('engine.memoryFraction', engine.memoryFraction, { above: 0, max: 1 }),
    optional('engine.streamInterval', engine.streamInterval, { min: 1, max: 1000, integer: true, unit: 'tokens' }),
    optional('engine.kvBlockSize', engine.kvBlockSize, { min: 1, max: 65536, integer: true, unit: 'tokens' }),
    engine.adapters === undefined ? undefined : adaptersProblem(engine.adapters),
  );
}

function adaptersProblem(adapters: AdapterSlots): string | undefined {
  return objectProblem('engine.adapters', adapters, 'an object with maxLoras and maxRank') ?? first(
    numberProblem('engine.adapters.maxLoras', adapters.maxLoras, { min: 1, max: 1000, integer: true, unit: 'adapters' }),
    ADAPTER_RANKS.includes(adapters.maxRank) ? undefined
      : `'engine.adapters.maxRank' is ${show(adapters.maxRank)} but must be one of ${ADAPTER_RANKS.join(', ')}`,
  );
}

/** Stated settings with which the engine refuses to start, whatever the device. */
function startProblem(model: Model, engine: SizingEngine, rules: EngineRules): string | undefined {
  const { maxModelLen, maxNumSeqs, maxNumBatchedTokens } = engine;
  const context = model.maxContextTokens;
  if (maxModelLen !== undefined && context !== undefined && maxModelLen > context) {
    return `'engine.maxModelLen' is ${maxModelLen} but the context of ${model.id} is ${context} tokens; state at most that, or leave it out`;
  }
  return rules.stepHoldsEverySequence && maxNumSeqs !== undefined && maxNumBatchedTokens !== undefined && maxNumBatchedTokens < maxNumSeqs
    ? `'engine.maxNumBatchedTokens' is ${maxNumBatchedTokens} but 'engine.maxNumSeqs' is ${maxNumSeqs}, and ${rules.name} does not start with fewer tokens in a step than requests; raise the first, lower the second, or leave one out`
    : undefined;
}

/** What is wrong with a pool, if anything. */
export function poolProblem(prop: string, pool: unknown): string | undefined {
  const wrong = objectProblem(prop, pool, 'a pool: an object with an accelerator');
  if (wrong) { return wrong; }
  const p = pool as SizingPool;
  if (!(p.accelerator instanceof Accelerator)) {
    return `'${prop}.accelerator' is ${show(p.accelerator)} but must be an Accelerator, from Accelerator.named or Accelerator.of`;
  }
  if (p.name !== undefined && (typeof p.name !== 'string' || p.name === '')) { return `'${prop}.name' is ${show(p.name)} but must be a name`; }
  if (p.name !== undefined && p.name.length > MOST_NAME) { return `'${prop}.name' is ${show(p.name)} but must be a name of at most ${MOST_NAME} characters`; }
  return first(
    optional(`${prop}.gpusPerNode`, p.gpusPerNode, { min: 1, max: 1024, integer: true }),
    optional(`${prop}.maxGpus`, p.maxGpus, { min: 1, integer: true }),
    optional(`${prop}.dollarsPerGpuHour`, p.dollarsPerGpuHour, { min: 0, max: 1e6, unit: 'dollars' }),
    optional(`${prop}.interNodeBytesPerSecond`, p.interNodeBytesPerSecond, { min: 1e6, max: 1e15, unit: 'bytes per second' }),
    optional(`${prop}.hostLinkBytesPerSecond`, p.hostLinkBytesPerSecond, { min: 1e6, max: 1e15, unit: 'bytes per second' }),
  );
}

/** What is wrong with the list of pools, if anything. */
export function poolsProblem(pools: unknown): string | undefined {
  if (!Array.isArray(pools) || pools.length === 0) { return `'pools' is ${show(pools)} but must be a list of at least one pool`; }
  if (pools.length > 1000) { return `'pools' has ${pools.length} pools but may have at most 1000`; }
  for (let i = 0; i < pools.length; i++) {
    const problem = poolProblem(`pools[${i}]`, pools[i]);
    if (problem) { return problem; }
  }
  return undefined;
}

/** Bursts beyond this are no steady load: years of it would be needed to see one. */
const MOST_VARIATION = 10;

const AMOUNTS: { readonly [kind: string]: string } = {
  [LoadKind.REQUESTS_PER_SECOND]: 'load.requestsPerSecond',
  [LoadKind.OUTPUT_TOKENS_PER_SECOND]: 'load.outputTokensPerSecond',
  [LoadKind.CONCURRENCY]: 'load.concurrency',
  [LoadKind.STATIC_BATCH]: 'load.staticBatch',
};

/** What is wrong with a load, if anything. */
export function loadProblem(load: unknown): string | undefined {
  const wrong = objectProblem('load', load, 'a Load, such as Load.requestsPerSecond(…)');
  if (wrong) { return wrong; }
  const { kind, amount, lengths, arrivalVariation } = load as Load;
  if (typeof kind !== 'string' || !(Object.values(LoadKind) as string[]).includes(kind)) {
    return `'load.kind' is ${show(kind)} but must be one of ${Object.values(LoadKind).join(', ')}`;
  }
  const inFlight = kind === LoadKind.CONCURRENCY || kind === LoadKind.STATIC_BATCH;
  return first(
    kind === LoadKind.SATURATED ? undefined : numberProblem(AMOUNTS[kind], amount, inFlight ? { above: 0, max: 1e9, unit: 'requests' } : { above: 0 }),
    lengthsProblem(lengths),
    optional('load.arrivalVariation', arrivalVariation, { min: 0, max: MOST_VARIATION }),
  );
}

function lengthsProblem(lengths: RequestLengths): string | undefined {
  const tokens = { max: MOST_TOKENS, unit: 'tokens' };
  return objectProblem('load.lengths', lengths, 'an object with promptTokens and outputTokens') ?? first(
    numberProblem('promptTokens', lengths.promptTokens, { min: 1, ...tokens }),
    numberProblem('outputTokens', lengths.outputTokens, { min: 1, ...tokens }),
    optional('promptTokensP99', lengths.promptTokensP99, { min: lengths.promptTokens, ...tokens }),
    optional('outputTokensP99', lengths.outputTokensP99, { min: lengths.outputTokens, ...tokens }),
    optional('prefixHitRatio', lengths.prefixHitRatio, { min: 0, max: 1 }),
    optional('hostHitRatio', lengths.hostHitRatio, { min: 0, max: 1 }),
    (lengths.prefixHitRatio ?? 0) + (lengths.hostHitRatio ?? 0) <= 1 + 1e-9 ? undefined
      : `'prefixHitRatio' ${show(lengths.prefixHitRatio)} and 'hostHitRatio' ${show(lengths.hostHitRatio)} are more than the whole prompt; state shares that add up to at most 1`,
  );
}

/** What is wrong with a latency target, if anything. */
export function latencyProblem(latency: LatencyTarget | undefined): string | undefined {
  if (latency === undefined) { return undefined; }
  const millis = { above: 0, unit: 'milliseconds' };
  return objectProblem('latency', latency, 'an object with limits in milliseconds') ?? first(
    percentileProblem('latency.percentile', latency.percentile),
    optional('latency.timeToFirstTokenMillis', latency.timeToFirstTokenMillis, millis),
    optional('latency.timePerOutputTokenMillis', latency.timePerOutputTokenMillis, millis),
    optional('latency.endToEndMillis', latency.endToEndMillis, millis),
  );
}

export function percentileProblem(prop: string, percentile: unknown): string | undefined {
  const problem = optional(prop, percentile, { above: 0, max: 99.999 });
  return problem;
}

/** What is stated but is no boolean: the text 'false' would count as true. */
export function flagProblem(prop: string, value: unknown): string | undefined {
  return value === undefined || typeof value === 'boolean' ? undefined : `'${prop}' is ${show(value)} but must be true or false`;
}

/** What is wrong with an objective on these pools, if anything. */
export function objectiveProblem(objective: unknown, pools: readonly SizingPool[]): string | undefined {
  if (objective === undefined) { return undefined; }
  if (!(objective instanceof Objective)) { return `'objective' is ${show(objective)} but must be an Objective, such as Objective.LOWEST_COST`; }
  const nameOf = (pool: SizingPool) => show(pool.name ?? pool.accelerator.name);
  const counted = objective.kind === ObjectiveKind.LOWEST_COST || objective.maxDollarsPerHour !== undefined;
  const unpriced = counted ? pools.findIndex((p) => p.dollarsPerGpuHour === undefined) : -1;
  if (unpriced >= 0) {
    return `'objective' counts dollars but the pool ${nameOf(pools[unpriced])} has no price; give 'pools[${unpriced}].dollarsPerGpuHour' or choose another objective`;
  }
  const unrated = objective.kind === ObjectiveKind.LOWEST_ENERGY ? pools.findIndex((p) => p.accelerator.maxPowerWatts === undefined) : -1;
  return unrated >= 0
    ? `'objective' counts energy but nobody states the power of ${pools[unrated].accelerator.name}; describe it with Accelerator.of, leave out the pool, or choose another objective`
    : undefined;
}

/** Degrees of a layout, or what is wrong with one of them. */
export function degreesOf(layout: ParallelLayout): Degrees | string {
  const degree = { min: 1, max: 4096, integer: true };
  const problem = objectProblem('layout', layout, 'an object with tensorParallel') ?? first(
    numberProblem('layout.tensorParallel', layout.tensorParallel, degree),
    optional('layout.pipelineParallel', layout.pipelineParallel, degree),
    optional('layout.dataParallel', layout.dataParallel, degree),
    optional('layout.expertParallel', layout.expertParallel, degree),
  );
  return problem ?? { tp: layout.tensorParallel, pp: layout.pipelineParallel ?? 1, dp: layout.dataParallel ?? 1, ep: layout.expertParallel ?? 1 };
}

/** Why an accelerator can't hold or run a precision, if so. `rated` also asks for the figures that speed depends on. */
export function acceleratorProblem(accelerator: Accelerator, precision: Precision, shape: ModelShape, rated: boolean): string | undefined {
  const name = accelerator.name;
  const describe = 'describe it with Accelerator.of';
  if (accelerator.memoryBytes === undefined) { return `${name} has no stated memory, so nothing can be fitted on it; ${describe}`; }
  const sixteen = accelerator.tensorFlopsPerSecond(Precision.BF16) ?? accelerator.tensorFlopsPerSecond(Precision.FP16);
  if (sixteen !== undefined && accelerator.tensorFlopsPerSecond(precision) === undefined) {
    const has = Precision.all().filter((p) => p !== precision && accelerator.tensorFlopsPerSecond(p) !== undefined && offered(p, accelerator, shape));
    const use = has.length ? `; use ${has.map((p) => `Precision.${p.name.toUpperCase()}`).join(' or ')}` : '';
    return `${name} has no ${precision.name} tensor rate${use}`;
  }
  if (!rated || isRated(accelerator)) { return undefined; }
  if (sixteen === undefined) { return `${name} has no stated 16-bit tensor rate, so its speed can't be planned; ${describe}`; }
  return `${name} has no stated memory bandwidth, so its speed can't be planned; ${describe}`;
}

/** Whether the figures that speed depends on are stated. */
export function isRated(accelerator: Accelerator): boolean {
  const sixteen = accelerator.tensorFlopsPerSecond(Precision.BF16) ?? accelerator.tensorFlopsPerSecond(Precision.FP16);
  return sixteen !== undefined && accelerator.memoryBytesPerSecond !== undefined;
}

/** Formats to offer instead: 16 bits once, and MXFP4 only to models that are published in it. */
function offered(precision: Precision, accelerator: Accelerator, shape: ModelShape): boolean {
  if (precision === Precision.FP16) { return accelerator.tensorFlopsPerSecond(Precision.BF16) === undefined; }
  return precision !== Precision.FP32 && (precision !== Precision.MXFP4 || shape.quantization?.precision === 'mxfp4');
}

/** Longest context of a request that the defaults of a length's 99th percentile may reach. */
export function p99Of(mean: number, stated: number | undefined, spreadByDefault: boolean, context: number | undefined): number {
  return stated ?? (spreadByDefault ? Math.max(mean, Math.min(4 * mean, context ?? Infinity)) : mean);
}

