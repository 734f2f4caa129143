import { rowsOf } from './rows';
import { PublishedRun, isFitted, publishedRuns } from './runs';

/** How the requests of a measurement came. */
export type Part = 'saturated' | 'closed loop' | 'closed loop, early 2025' | 'arrivals' | 'AMD' | 'AMD, closed loop' | 'published' | 'unseen' | 'memory';

/** What was measured, in the units of an answer. */
export type Measured = 'outputTokensPerSecondPerGpu' | 'kvCacheGib' | 'weightGib' | 'kvCacheTokens'
  | `${'timeToFirstTokenMillis' | 'timePerOutputTokenMillis' | 'endToEndMillis'}_${'mean' | 'p50' | 'p90' | 'p99'}`;

/** A measured point: the question to ask of `estimate`, and what was measured. */
export interface Point {
  readonly part: Part;
  readonly question: { readonly [field: string]: unknown };
  readonly actual: { readonly [metric in Measured]?: number };
  /** Whether the engine started. */
  readonly starts?: boolean;
  readonly gpus: number;
  readonly tags: Tags;
}

/** What rows are held out by and errors are shown by. */
export interface Tags {
  readonly family: string;
  readonly gpu: string;
  readonly engine: string;
  readonly version: string;
  readonly precision: string;
  readonly kind: 'dense' | 'experts';
}

/** Models of one generation of one maker, whatever their size: what one of them tells of another is not evidence about a new model. */
const FAMILIES: readonly (readonly [RegExp, string, Tags['kind']])[] = [
  [/Llama-4/, 'Llama 4', 'experts'], [/Llama-3|Meta-Llama-3/, 'Llama 3', 'dense'], [/Llama-2|CodeLlama/, 'Llama 2', 'dense'],
  [/Mixtral/, 'Mixtral', 'experts'], [/Mistral/, 'Mistral', 'dense'], [/Qwen3\.5/, 'Qwen 3.5', 'experts'], [/Qwen3-Coder|Qwen3-235B|Qwen3-30B/, 'Qwen 3', 'experts'], [/Qwen3/, 'Qwen 3', 'dense'],
  [/Qwen2/, 'Qwen 2', 'dense'], [/DeepSeek/, 'DeepSeek V3', 'experts'], [/gpt-oss/, 'gpt-oss', 'experts'], [/Yi-/, 'Yi', 'dense'],
  [/gemma-3/, 'Gemma 3', 'dense'], [/gemma-4-26B/, 'Gemma 4', 'experts'], [/gemma-4/, 'Gemma 4', 'dense'], [/GLM-/, 'GLM', 'experts'],
  [/MiniMax/, 'MiniMax', 'experts'], [/Nemotron-3/, 'Nemotron 3', 'experts'], [/Ministral/, 'Ministral', 'dense'], [/Nemotron-Nano/, 'Nemotron Nano', 'dense'], [/Kimi-K2/, 'Kimi K2', 'experts'],
];

/** The family of a model. */
export function familyOf(model: string): string {
  return FAMILIES.find(([pattern]) => pattern.test(model))?.[1] ?? model;
}

/** What a row is held out by. */
export function tagsOf(model: string, gpu: string, engine: string, version: unknown, precision: string): Tags {
  const found = FAMILIES.find(([pattern]) => pattern.test(model));
  const numbers = /(\d+)\.(\d+)/.exec(String(version ?? ''));
  return {
    family: familyOf(model),
    gpu,
    engine,
    version: numbers ? `${engine} ${numbers[1]}.${numbers[2]}` : `${engine}, unstated`,
    precision,
    kind: found?.[2] ?? 'dense',
  };
}

/** Drops fields that say nothing. */
function stated(fields: { readonly [field: string]: unknown }): { [field: string]: unknown } {
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined && value !== null));
}

/** Everything queued at one instance of TensorRT-LLM. Its guide keeps the KV cache in FP8 beside FP8 and FP4 weights. */
function saturated(): Point[] {
  return rowsOf('saturated-trtllm.json').map((r) => {
    const precision = String(r.precision);
    return {
      part: 'saturated',
      question: stated({
        model: r.model, accelerator: r.accelerator, engine: 'trtllm', engineVersion: r.source, precision,
        kvCachePrecision: precision === 'fp8' || precision === 'nvfp4' ? 'fp8' : 'bf16',
        layout: { tensorParallel: r.tensorParallel, pipelineParallel: r.pipelineParallel },
        promptTokens: r.promptTokens, outputTokens: r.outputTokens, load: { saturated: true }, memoryFraction: 0.9,
      }),
      actual: { outputTokensPerSecondPerGpu: Number(r.throughput) },
      gpus: Number(r.tensorParallel) * Number(r.pipelineParallel),
      tags: tagsOf(String(r.model), String(r.accelerator), 'trtllm', r.source, precision),
    };
  });
}

/**
 * A fixed number in flight. Throughput is what the two latencies and Little's law give. On AMD, SGLang was made to look at its queue and to send at other
 * intervals than on NVIDIA, so that first tokens are no comparison.
 */
function closedLoop(file: string, part: Part): Point[] {
  return rowsOf(file).map((r) => {
    const share = Number(r.lengthShare);
    const outputTokens = Number(r.outputTokens) * share;
    const gpus = Number(r.tensorParallel) * Number(r.dataParallel);
    const first = Number(r.timeToFirstToken);
    const each = Number(r.timePerOutputToken);
    return {
      part,
      question: stated({
        model: r.model, accelerator: r.accelerator, engine: r.engine, engineVersion: r.engineVersion, precision: r.precision,
        layout: stated({
          tensorParallel: r.tensorParallel, dataParallel: r.dataParallel === 1 ? undefined : r.dataParallel, expertParallel: r.expertParallel,
        }),
        promptTokens: Math.round(Number(r.promptTokens) * share), outputTokens: Math.round(outputTokens),
        load: { concurrency: r.concurrency }, prefixHitRatio: 0, kvCachePrecision: r.kvCachePrecision, maxNumBatchedTokens: r.maxNumBatchedTokens,
        memoryFraction: r.memoryFraction,
      }),
      actual: part === 'AMD, closed loop' ? { timePerOutputTokenMillis_mean: each } : {
        outputTokensPerSecondPerGpu: Number(r.concurrency) * outputTokens / (first + (outputTokens - 1) * each) * 1000 / gpus,
        timeToFirstTokenMillis_mean: first,
        timePerOutputTokenMillis_mean: each,
      },
      gpus,
      tags: tagsOf(String(r.model), String(r.accelerator), String(r.engine), r.engineVersion, String(r.precision)),
    };
  });
}

/** The first engines that ran DeepSeek-R1. Attention over eight ranks that each hold their own requests is data parallel. */
function earlyClosedLoop(): Point[] {
  return rowsOf('closed-loop-early-2025.json').filter((r) => !r.sharedPrefix).map((r) => {
    const separate = Number(r.dataParallel) > 1;
    return {
      part: 'closed loop, early 2025',
      question: stated({
        model: 'deepseek-ai/DeepSeek-R1', accelerator: 'h200-sxm', engine: r.engine, engineVersion: r.engineVersion ?? EARLY[String(r.engine)],
        precision: 'fp8',
        layout: stated({
          tensorParallel: separate ? 1 : r.tensorParallel, dataParallel: separate ? r.dataParallel : undefined, expertParallel: r.expertParallel,
        }),
        promptTokens: r.promptTokens, outputTokens: r.outputTokens, prefixHitRatio: 0,
        load: r.source === 'offline' ? { staticBatch: r.concurrency } : { concurrency: r.concurrency },
      }),
      actual: stated({
        outputTokensPerSecondPerGpu: r.throughput,
        timeToFirstTokenMillis_mean: r.timeToFirstToken,
        timePerOutputTokenMillis_mean: r.timePerOutputToken,
      }) as Point['actual'],
      gpus: 8,
      tags: tagsOf('deepseek-ai/DeepSeek-R1', 'h200-sxm', String(r.engine), r.engineVersion ?? EARLY[String(r.engine)], 'fp8'),
    };
  });
}

/** Versions of the offline runs, which name none: those of the online runs. */
const EARLY: { readonly [engine: string]: string } = { vllm: '0.7.4', sglang: '0.4.3', trtllm: '0.17' };

/** Poisson arrivals. The share of prompts found in the cache is not known and so not stated; rows whose rate is not known ask nothing. */
function arrivals(): Point[] {
  return rowsOf('arrivals-vllm.json').filter((r) => r.requestsPerSecond !== null).map((r) => ({
    part: 'arrivals',
    question: stated({
      model: r.model, accelerator: r.accelerator, engine: 'vllm', engineVersion: '0.15.1', precision: r.precision,
      layout: { tensorParallel: r.tensorParallel },
      promptTokens: r.promptTokens, outputTokens: r.outputTokens, load: { requestsPerSecond: r.requestsPerSecond },
      maxNumSeqs: r.maxNumSeqs, maxNumBatchedTokens: r.maxNumBatchedTokens, memoryFraction: r.memoryFraction,
    }),
    actual: stated({
      timeToFirstTokenMillis_mean: r.timeToFirstToken,
      timeToFirstTokenMillis_p90: r.timeToFirstTokenP90,
      timeToFirstTokenMillis_p99: r.timeToFirstTokenP99,
      timePerOutputTokenMillis_mean: r.timePerOutputToken,
      endToEndMillis_mean: r.endToEnd, endToEndMillis_p90: r.endToEndP90, endToEndMillis_p99: r.endToEndP99,
    }) as Point['actual'],
    gpus: Number(r.tensorParallel),
    tags: tagsOf(String(r.model), String(r.accelerator), 'vllm', '0.15', String(r.precision)),
  }));
}

/** AMD's tables and Oracle's: saturated, or one batch that starts and ends together. */
function amd(): Point[] {
  return rowsOf('amd-vllm.json').map((r) => ({
    part: 'AMD',
    question: stated({
      model: r.model, accelerator: r.accelerator, engine: 'vllm', engineVersion: r.engineVersion, precision: r.precision, kvCachePrecision: r.kvCachePrecision,
      layout: { tensorParallel: r.tensorParallel }, promptTokens: r.promptTokens, outputTokens: r.outputTokens, prefixHitRatio: r.prefixHitRatio,
      load: r.staticBatch === null ? { saturated: true } : { staticBatch: r.staticBatch },
      maxNumSeqs: r.maxNumSeqs, maxNumBatchedTokens: r.maxNumBatchedTokens,
    }),
    actual: stated({
      outputTokensPerSecondPerGpu: r.staticBatch === null ? r.throughput : undefined, endToEndMillis_mean: r.endToEnd,
    }) as Point['actual'],
    gpus: Number(r.tensorParallel),
    tags: tagsOf(String(r.model), String(r.accelerator), 'vllm', r.engineVersion, String(r.precision)),
  }));
}

/** Start-up lines: one request of the longest length. */
function memory(): Point[] {
  return [...rowsOf('memory.json'), ...rowsOf('memory-collected.json')].map((r) => ({
    part: 'memory',
    question: stated({
      model: r.model, accelerator: r.accelerator, engine: r.engine, engineVersion: r.engineVersion, precision: r.precision,
      kvCachePrecision: r.kvCachePrecision,
      layout: stated({
        tensorParallel: r.tensorParallel, pipelineParallel: r.pipelineParallel, dataParallel: r.dataParallel, expertParallel: r.expertParallel,
      }),
      promptTokens: r.maxModelLen ?? 2048, outputTokens: 1, load: { concurrency: 1 },
      maxModelLen: r.maxModelLen, maxNumSeqs: r.maxNumSeqs, maxNumBatchedTokens: r.maxNumBatchedTokens, memoryFraction: r.memoryFraction,
      deviceMemoryGib: r.deviceMemory, kvBlockSize: r.kvBlockSize,
    }),
    actual: stated({ kvCacheGib: r.kvCache, weightGib: r.weights, kvCacheTokens: r.kvCacheTokens }) as Point['actual'],
    starts: Boolean(r.starts),
    gpus: Number(r.tensorParallel) * Number(r.pipelineParallel),
    tags: tagsOf(String(r.model), String(r.accelerator), String(r.engine), r.engineVersion, String(r.precision)),
  }));
}

/** A published run as a measured point. */
export function runPoint({ question, measured }: PublishedRun, part: Part): Point {
  const { tensorParallel = 1, pipelineParallel = 1, dataParallel = 1 } = question.layout ?? {};
  const gpus = tensorParallel * pipelineParallel * dataParallel;
  const actual: { [metric in Measured]?: number } = {};
  for (const [figure, value] of Object.entries(measured)) {
    if (typeof value === 'number') {
      actual.outputTokensPerSecondPerGpu = value / gpus;
    } else {
      for (const [statistic, of] of Object.entries(value)) { actual[`${figure}_${statistic}` as Measured] = of; }
    }
  }
  const model = typeof question.model === 'string' ? question.model : 'described by its config.json';
  return {
    part, question, actual, gpus,
    tags: tagsOf(model, question.accelerator, question.engine, question.engineVersion, question.precision ?? 'as the checkpoint'),
  };
}

/** Figures of a steady server: a run's first requests come together and find kernels that are not compiled, and its last leave it half empty. */
function steady(point: Point): Point {
  const { timeToFirstTokenMillis_p50, timePerOutputTokenMillis_mean, endToEndMillis_mean, outputTokensPerSecondPerGpu } = point.actual;
  const whole = timePerOutputTokenMillis_mean === undefined ? { endToEndMillis_mean, outputTokensPerSecondPerGpu } : {};
  return { ...point, actual: stated({ timeToFirstTokenMillis_p50, timePerOutputTokenMillis_mean, ...whole }) as Point['actual'] };
}

/** Every point of the named tables, each of which is left out by family, GPU and version. */
export function points(): Point[] {
  return [
    ...saturated(), ...closedLoop('closed-loop.json', 'closed loop'), ...earlyClosedLoop(), ...arrivals(), ...amd(),
    ...closedLoop('closed-loop-amd.json', 'AMD, closed loop'), ...memory(),
  ];
}

/** Of what people and projects published of their own servers, the half that is fitted. */
export function publishedPoints(): Point[] {
  return publishedRuns().filter(({ source }) => isFitted(source)).map((run) => steady(runPoint(run, 'published')));
}

/** The other half, which no constant was ever fitted to. */
export function unseenPoints(): { readonly run: PublishedRun; readonly point: Point }[] {
  return publishedRuns().filter(({ source }) => !isFitted(source)).map((run) => ({ run, point: runPoint(run, 'unseen') }));
}
