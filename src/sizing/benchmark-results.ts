import { Load, RequestLengths } from './load';
import { MeasuredDeployment, Measurement } from './measurement';
import { show } from '../errors';

type Fields = { readonly [field: string]: unknown };

/** Reads what benchmark tools write: guidellm, `vllm bench serve`, inference-perf, genai-perf and its successor aiperf. */
export class BenchmarkResults {
  /**
   * Reads a result file's contents, one JSON document or one a line; the tool is told from its form.
   *
   * @param text the contents
   * @param deployment what the file does not say: the model, the GPUs, the layout, the engine
   * @param source where the contents stand, e.g. the file's path
   * @throws when the text is of none of the known forms.
   */
  public static fromText(text: string, deployment: MeasuredDeployment, source?: string): Measurement[] {
    if (typeof text !== 'string') { throw new Error(`'text' is ${show(text)} but must be the contents of a benchmark's result file`); }
    if (typeof deployment !== 'object' || deployment === null) { throw new Error(`'deployment' is ${show(deployment)} but must be an object with model, pool and layout`); }
    const name = source ?? 'the result';
    const documents = parse(text, name);
    return documents.flatMap((document, i) => read(document, documents.length > 1 ? `${name}, line ${i + 1}` : name, deployment));
  }

  private constructor() { }
}

function parse(text: string, name: string): Fields[] {
  const clean = text.replace(/^\ufeff/, '');
  const whole = json(clean);
  const documents = whole !== undefined ? [whole] : clean.split('\n').filter((line) => line.trim()).map(json);
  if (!documents.length || !documents.every(isFields)) { throw new Error(`${show(name)} holds neither a JSON object nor one a line; give the JSON file that the benchmark wrote`); }
  return documents;
}

function json(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function read(document: Fields, name: string, deployment: MeasuredDeployment): Measurement[] {
  if (Array.isArray(document.benchmarks)) {
    const several = document.benchmarks.length > 1;
    return document.benchmarks.map((run, i) => guidellm(run, several ? `${name}, benchmark ${i + 1}` : name, deployment));
  }
  if ('mean_ttft_ms' in document || 'mean_tpot_ms' in document) { return [vllm(document, name, deployment)]; }
  if ('load_summary' in document && 'successes' in document) { return [inferencePerf(document, name, deployment)]; }
  if ('request_throughput' in document && 'input_config' in document) { return [genaiPerf(document, name, deployment)]; }
  throw new Error(`${show(name)} is of no known form; known are the JSON reports of guidellm, 'vllm bench serve --save-result', inference-perf (stage_N_lifecycle_metrics.json), genai-perf and aiperf`);
}

/** Report of guidellm 0.4 and later (metadata.version 1 and 2): one entry for each rate of a sweep. Its time per output token counts the first as well. */
function guidellm(run: unknown, source: string, deployment: MeasuredDeployment): Measurement {
  const of = (metric: string, ...path: string[]) => numberAt(run, 'metrics', metric, 'successful', ...path);
  const strategy = at(run, 'config', 'strategy');
  const kind = at(strategy, 'type_');
  const lengths = lengthsOf(source, deployment, {
    promptTokens: of('prompt_token_count', 'mean'),
    outputTokens: of('output_token_count', 'mean'),
    promptTokensP99: of('prompt_token_count', 'percentiles', 'p99'),
    outputTokensP99: of('output_token_count', 'percentiles', 'p99'),
  });
  const rate = numberAt(strategy, 'rate');
  const streams = numberAt(strategy, 'streams');
  const most = numberAt(strategy, 'max_concurrency');
  const load = kind === 'synchronous' ? Load.concurrency(1, lengths)
    : kind === 'concurrent' && streams !== undefined ? Load.concurrency(streams, lengths)
      : kind === 'throughput' ? (most === undefined ? Load.saturated(lengths) : Load.concurrency(most, lengths))
        : kind === 'constant' && rate !== undefined ? Load.requestsPerSecond(rate, { ...lengths, arrivalVariation: 0 })
          : kind === 'poisson' && rate !== undefined ? Load.requestsPerSecond(rate, lengths) : undefined;
  if (!load) { throw new Error(`${show(source)} has the strategy ${show(kind)}, whose load is no rate and no number in flight; run guidellm with the profile concurrent, throughput, constant, poisson or sweep`); }
  const totals = (status: string) => numberAt(run, 'metrics', 'request_totals', status);
  const requestsPerSecond = of('requests_per_second', 'mean');
  const seconds = of('request_latency', 'mean');
  return measurement(deployment, load, source, {
    requests: totals('successful'),
    failedRequests: totals('errored'),
    outputTokensPerSecond: of('output_tokens_per_second', 'mean') ?? product(requestsPerSecond, lengths.outputTokens),
    timeToFirstTokenMillis: of('time_to_first_token_ms', 'mean'),
    timePerOutputTokenMillis: of('inter_token_latency_ms', 'mean'),
    endToEndMillis: product(seconds, 1000),
  });
}

/** `vllm bench serve --save-result` or `--append-result`, vLLM 0.9 and later. Without a rate and a limit all prompts are sent at once. */
function vllm(document: Fields, source: string, deployment: MeasuredDeployment): Measurement {
  const requests = numberAt(document, 'completed');
  const mean = (field: string) => requests ? quotient(numberAt(document, field), requests) : undefined;
  const lengths = lengthsOf(source, deployment, { promptTokens: mean('total_input_tokens'), outputTokens: mean('total_output_tokens') });
  const rate = numberAt(document, 'request_rate');
  const most = numberAt(document, 'max_concurrency');
  const sent = numberAt(document, 'num_prompts');
  if (document.ramp_up_strategy !== undefined) { throw new Error(`${show(source)} ramped its rate up, so it measured no single load; run 'vllm bench serve' with one --request-rate or --max-concurrency`); }
  const burstiness = numberAt(document, 'burstiness') ?? 1;
  // A gamma distribution of shape b has a coefficient of variation of 1 / sqrt(b).
  const load = rate !== undefined ? Load.requestsPerSecond(rate, { ...lengths, arrivalVariation: 1 / Math.sqrt(burstiness) })
    : most !== undefined && !(sent !== undefined && sent <= most) ? Load.concurrency(most, lengths)
      : sent !== undefined ? Load.staticBatch(sent, lengths) : undefined;
  if (!load) { throw new Error(`${show(source)} states neither 'request_rate' nor 'max_concurrency' nor 'num_prompts', so its load is not known; give the file that 'vllm bench serve --save-result' wrote`); }
  return measurement(deployment, load, source, {
    requests,
    failedRequests: numberAt(document, 'failed') ?? (sent !== undefined && requests !== undefined ? sent - requests : undefined),
    outputTokensPerSecond: numberAt(document, 'output_throughput'),
    timeToFirstTokenMillis: numberAt(document, 'mean_ttft_ms'),
    timePerOutputTokenMillis: numberAt(document, 'mean_tpot_ms'),
    endToEndMillis: numberAt(document, 'mean_e2el_ms'),
  });
}

/** A stage's lifecycle report of inference-perf, 0.2 to 0.6. Times are in seconds. */
function inferencePerf(document: Fields, source: string, deployment: MeasuredDeployment): Measurement {
  const of = (...path: string[]) => numberAt(document, 'successes', ...path);
  const cached = of('prompt_tokens', 'cached');
  const total = of('prompt_tokens', 'total');
  const lengths = lengthsOf(source, deployment, {
    promptTokens: of('prompt_tokens', 'mean') ?? of('prompt_len', 'mean'),
    outputTokens: of('output_tokens', 'mean') ?? of('output_len', 'mean'),
    promptTokensP99: of('prompt_tokens', 'p99') ?? of('prompt_len', 'p99'),
    outputTokensP99: of('output_tokens', 'p99') ?? of('output_len', 'p99'),
  }, cached !== undefined && total ? cached / total : undefined);
  const concurrency = numberAt(document, 'load_summary', 'concurrency');
  const rate = numberAt(document, 'load_summary', 'requested_rate');
  const load = concurrency !== undefined ? Load.concurrency(concurrency, lengths)
    : rate !== undefined ? Load.requestsPerSecond(rate, lengths) : undefined;
  if (!load) { throw new Error(`${show(source)} is a summary of several stages and states no load; give the files stage_N_lifecycle_metrics.json`); }
  return measurement(deployment, load, source, {
    requests: of('count'),
    failedRequests: numberAt(document, 'failures', 'count'),
    outputTokensPerSecond: of('throughput', 'output_tokens_per_sec'),
    timeToFirstTokenMillis: product(of('latency', 'time_to_first_token', 'mean'), 1000),
    timePerOutputTokenMillis: product(of('latency', 'time_per_output_token', 'mean'), 1000),
    endToEndMillis: product(of('latency', 'request_latency', 'mean'), 1000),
  });
}

/** `profile_export_genai_perf.json` of genai-perf 0.0.12 and later, and `profile_export_aiperf.json` of aiperf, which keeps its form. */
function genaiPerf(document: Fields, source: string, deployment: MeasuredDeployment): Measurement {
  const of = (metric: string, statistic = 'avg') => numberAt(document, metric, statistic);
  const millis = (metric: string) => {
    const unit = at(document, metric, 'unit');
    if (unit !== undefined && unit !== 'ms') { throw new Error(`${show(source)} gives '${metric}' in ${show(unit)} but milliseconds ('ms') are read; export it again without another unit`); }
    return of(metric);
  };
  const lengths = lengthsOf(source, deployment, {
    promptTokens: of('input_sequence_length'),
    outputTokens: of('output_sequence_length'),
    promptTokensP99: of('input_sequence_length', 'p99'),
    outputTokensP99: of('output_sequence_length', 'p99'),
  });
  const stated = (field: string) => numberAt(document, 'input_config', 'perf_analyzer', 'stimulus', field) ?? numberAt(document, 'input_config', 'loadgen', field);
  const rate = stated('request_rate');
  const concurrency = stated('concurrency');
  const load = rate !== undefined ? Load.requestsPerSecond(rate, lengths)
    : concurrency !== undefined ? Load.concurrency(concurrency, lengths) : undefined;
  if (!load) { throw new Error(`${show(source)} states neither a concurrency nor a request rate in 'input_config', so its load is not known; run it with one of them`); }
  return measurement(deployment, load, source, {
    requests: of('request_count'),
    failedRequests: of('error_request_count'),
    outputTokensPerSecond: of('output_token_throughput'),
    timeToFirstTokenMillis: millis('time_to_first_token'),
    timePerOutputTokenMillis: millis('inter_token_latency'),
    endToEndMillis: millis('request_latency'),
  });
}

type Figures = Pick<Measurement, 'requests' | 'failedRequests' | 'outputTokensPerSecond' | 'timeToFirstTokenMillis' | 'timePerOutputTokenMillis' | 'endToEndMillis'>;

function measurement({ prefixHitRatio: _, ...deployment }: MeasuredDeployment, load: Load, source: string, figures: Figures): Measurement {
  return { ...deployment, load, source, ...figures };
}

type Stated = Partial<Pick<RequestLengths, 'promptTokens' | 'outputTokens' | 'promptTokensP99' | 'outputTokensP99'>>;

function lengthsOf(source: string, { prefixHitRatio }: MeasuredDeployment, stated: Stated, found?: number): RequestLengths {
  const { promptTokens, outputTokens, promptTokensP99, outputTokensP99 } = stated;
  if (promptTokens === undefined || outputTokens === undefined) {
    throw new Error(`${show(source)} does not state the mean ${promptTokens === undefined ? 'prompt' : 'completion'} in tokens; without it nothing can be compared`);
  }
  // A file may count a p99 below a mean that outliers beyond it raise.
  const tail = (mean: number, p99: number | undefined) => p99 === undefined ? undefined : Math.max(mean, p99);
  return {
    promptTokens,
    outputTokens,
    promptTokensP99: tail(promptTokens, promptTokensP99),
    outputTokensP99: tail(outputTokens, outputTokensP99),
    prefixHitRatio: prefixHitRatio ?? found,
  };
}

function isFields(value: unknown): value is Fields {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function at(value: unknown, ...path: string[]): unknown {
  return path.reduce((inner: unknown, field) => isFields(inner) ? inner[field] : undefined, value);
}

/** The finite number at a path; undefined where there is none. */
function numberAt(value: unknown, ...path: string[]): number | undefined {
  const found = at(value, ...path);
  return typeof found === 'number' && Number.isFinite(found) ? found : undefined;
}

function product(a: number | undefined, b: number): number | undefined {
  return a === undefined ? undefined : a * b;
}

function quotient(a: number | undefined, b: number): number | undefined {
  return a === undefined ? undefined : a / b;
}
