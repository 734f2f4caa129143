/**
 * What engines show at their metrics' path, written down a second time from the engines' own sources, so that a name that is wrong in the
 * library's table finds nothing here: vllm/v1/metrics/loggers.py and the instrumentator of FastAPI; sglang's metrics_collector.py and
 * http_request_metrics.py; TensorRT-LLM's tensorrt_llm/metrics/collector.py. Beside what the signals read there is what they must leave out.
 */

/** What an engine does, in words that no metric is named by. Rates are per second, from the engine's start on. */
export interface EngineDoes {
  readonly waiting: number;
  readonly running: number;
  /** From 0 to 1. */
  readonly cacheUsed: number;
  /** Requests that end well. */
  readonly requests: number;
  /** Requests that end with a 5xx status. */
  readonly refusals: number;
  /** Requests that are refused by the client's own fault. @default as many as end well */
  readonly mistakes?: number;
  /** Requests that fail after their stream has begun, of which vLLM alone tells, from 0.13.0 on. */
  readonly broken: number;
  readonly promptTokens: number;
  readonly outputTokens: number;
  /** Of the prompt tokens. */
  readonly tokensFromCache: number;
  readonly preemptions: number;
  /** Seconds that every request takes, in `BUCKETS`. */
  readonly seconds: { readonly [what in Latency]: number };
}

export type Latency = 'firstToken' | 'betweenTokens' | 'perToken' | 'whole' | 'inQueue';

/** Upper bounds of the buckets of every distribution; the engines' own differ, but not in what they mean. */
export const BUCKETS = [0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 60];

type Labels = { readonly [label: string]: string };
type Line = readonly [name: string, labels: Labels, value: number];

/** Where an engine shows its metrics. */
export const METRICS_PATH: { readonly [engine: string]: string } = { vllm: '/metrics', sglang: '/metrics', trtllm: '/prometheus/metrics' };

/** The text of the page, when an engine has done this for so many seconds. */
export function metricsPage(engine: string, version: string, model: string, does: EngineDoes, elapsed: number): string {
  const lines = { vllm, sglang, trtllm }[engine]!(isBefore(version), model, does, elapsed);
  return lines.map(([name, labels, value]) => `${name}{${Object.entries(labels).map(([label, text]) => `${label}="${text}"`).join(',')}} ${value}\n`).join('');
}

type Page = (before: (version: string) => boolean, model: string, does: EngineDoes, elapsed: number) => Line[];

const vllm: Page = (before, model, does, elapsed) => {
  const own = { engine: '0', model_name: model };
  const counted = (name: string, labels: Labels, perSecond: number): Line[] => [[`${name}_total`, labels, perSecond * elapsed], [`${name}_created`, labels, 1.7e9]];
  const answered = (handler: string, method: string, status: string, perSecond: number) => counted('http_requests', { handler, method, status }, perSecond);
  const timed = (name: string, what: Latency) => histogram(name, own, does.seconds[what], does.requests * elapsed);
  return [
    ['vllm:num_requests_running', own, does.running],
    ['vllm:num_requests_waiting', own, does.waiting],
    ...before('0.20.0') ? [] : ['capacity', 'deferred'].map((reason): Line => ['vllm:num_requests_waiting_by_reason', { ...own, reason }, does.waiting]),
    [before('0.9.2') ? 'vllm:gpu_cache_usage_perc' : 'vllm:kv_cache_usage_perc', own, does.cacheUsed],
    ...counted(before('0.9.2') ? 'vllm:gpu_prefix_cache_queries' : 'vllm:prefix_cache_queries', own, does.promptTokens),
    ...counted(before('0.9.2') ? 'vllm:gpu_prefix_cache_hits' : 'vllm:prefix_cache_hits', own, does.tokensFromCache),
    ...counted('vllm:num_preemptions', own, does.preemptions),
    ...counted('vllm:prompt_tokens', own, does.promptTokens),
    ...counted('vllm:generation_tokens', own, does.outputTokens),
    ...counted('vllm:request_success', { ...own, finished_reason: 'stop' }, does.requests * 0.75),
    ...counted('vllm:request_success', { ...own, finished_reason: 'length' }, does.requests * 0.25),
    ...counted('vllm:request_success', { ...own, finished_reason: 'abort' }, 0),
    ...before('0.13.0') ? [] : counted('vllm:request_success', { ...own, finished_reason: 'error' }, does.broken),
    ...timed('vllm:time_to_first_token_seconds', 'firstToken'),
    ...timed(before('0.10.2') ? 'vllm:time_per_output_token_seconds' : 'vllm:inter_token_latency_seconds', 'betweenTokens'),
    ...before('0.11.0') ? [] : timed('vllm:request_time_per_output_token_seconds', 'perToken'),
    ...timed('vllm:e2e_request_latency_seconds', 'whole'),
    ...timed('vllm:request_queue_time_seconds', 'inQueue'),
    ...answered('/v1/chat/completions', 'POST', '2xx', does.requests),
    ...answered('/v1/chat/completions', 'POST', '4xx', does.mistakes ?? does.requests),
    ...answered('/v1/completions', 'POST', '5xx', does.refusals).filter(() => does.refusals),
    ...answered('/v1/models', 'GET', '5xx', 100),
    ...answered('/metrics', 'GET', '2xx', 100),
  ];
};

const sglang: Page = (before, model, does, elapsed) => {
  const scheduler = { model_name: model, engine_type: 'unified', tp_rank: '0', pp_rank: '0' };
  const own = { model_name: model, engine_type: 'unified' };
  const tokenizer = before('0.5.22') ? own : { ...own, is_streaming: 'true' };
  const timed = (name: string, labels: Labels, what: Latency) => histogram(name, labels, does.seconds[what], does.requests * elapsed);
  const answered = (endpoint: string, method: string, status: string, perSecond: number): Line => ['sglang:http_responses_total', { endpoint, method, status_code: status }, perSecond * elapsed];
  return [
    ['sglang:num_running_reqs', scheduler, does.running],
    ['sglang:num_queue_reqs', scheduler, does.waiting],
    // What `--enable-priority-scheduling` adds to the totals.
    ...['1', '2'].flatMap((priority): Line[] => [
      ['sglang:num_running_reqs', { ...scheduler, priority }, does.running / 2], ['sglang:num_queue_reqs', { ...scheduler, priority }, does.waiting / 2],
    ]),
    ['sglang:num_grammar_queue_reqs', scheduler, 100],
    ['sglang:token_usage', scheduler, does.cacheUsed],
    ...before('0.5.7') ? [] : [['sglang:num_retracted_requests_total', scheduler, does.preemptions * elapsed] as Line],
    ...before('0.5.3') ? [] : timed('sglang:queue_time_seconds', scheduler, 'inQueue'),
    ['sglang:prompt_tokens_total', tokenizer, does.promptTokens * elapsed],
    ['sglang:generation_tokens_total', tokenizer, does.outputTokens * elapsed],
    ...before('0.5.9')
      ? [['sglang:cached_tokens_total', own, does.tokensFromCache * elapsed] as Line]
      : ['device', 'host'].map((source): Line => ['sglang:cached_tokens_total', { ...own, cache_source: source }, does.tokensFromCache / 2 * elapsed]),
    ['sglang:num_requests_total', tokenizer, does.requests * elapsed],
    ...timed('sglang:time_to_first_token_seconds', tokenizer, 'firstToken'),
    ...timed('sglang:inter_token_latency_seconds', own, 'betweenTokens'),
    ...before('0.5.22') ? [] : timed('sglang:request_time_per_output_token_seconds', tokenizer, 'perToken'),
    ...timed('sglang:e2e_request_latency_seconds', tokenizer, 'whole'),
    ...before('0.5.7') ? [] : [
      answered('/v1/chat/completions', 'POST', '200', does.requests),
      answered('/v1/chat/completions', 'POST', '400', does.mistakes ?? does.requests),
      ...does.refusals ? [answered('/v1/completions', 'POST', '500', does.refusals / 2), answered('/v1/completions', 'POST', '503', does.refusals / 2)] : [],
      answered('/v1/models', 'GET', '500', 100),
      answered('/metrics', 'GET', '200', 100),
    ],
  ];
};

const trtllm: Page = (_, model, does, elapsed) => {
  const own = { model_name: model, engine_type: 'undefined' };
  const timed = (name: string, what: Latency) => histogram(name, own, does.seconds[what], does.requests * elapsed);
  return [
    ['trtllm_num_requests_running', own, does.running],
    ['trtllm_num_requests_waiting', own, does.waiting],
    ['trtllm_kv_cache_utilization', own, does.cacheUsed],
    ['trtllm_kv_cache_hit_rate', own, 1],
    ['trtllm_kv_cache_reused_blocks_total', own, does.tokensFromCache / 32 * elapsed],
    ['trtllm_kv_cache_missed_blocks_total', own, (does.promptTokens - does.tokensFromCache) / 32 * elapsed],
    ['trtllm_prompt_tokens_total', own, does.promptTokens * elapsed],
    ['trtllm_generation_tokens_total', own, does.outputTokens * elapsed],
    ['trtllm_request_success_total', { ...own, finished_reason: 'stop' }, does.requests * elapsed / 2],
    ['trtllm_request_success_total', { ...own, finished_reason: 'length' }, does.requests * elapsed / 2],
    ['trtllm_request_error_total', { ...own, http_code: '400' }, does.requests * elapsed],
    ...does.refusals ? [['trtllm_request_error_total', { ...own, http_code: '500' }, does.refusals * elapsed] as Line] : [],
    ...timed('trtllm_time_to_first_token_seconds', 'firstToken'),
    ...timed('trtllm_time_per_output_token_seconds', 'perToken'),
    ...timed('trtllm_e2e_request_latency_seconds', 'whole'),
    ...timed('trtllm_request_queue_time_seconds', 'inQueue'),
  ];
};

function histogram(name: string, labels: Labels, seconds: number, count: number): Line[] {
  return [
    ...[...BUCKETS, Infinity].map((bound): Line => [`${name}_bucket`, { ...labels, le: bound === Infinity ? '+Inf' : String(bound) }, seconds <= bound ? count : 0]),
    [`${name}_sum`, labels, seconds * count],
    [`${name}_count`, labels, count],
  ];
}

/** Whether a version is older than another. */
function isBefore(version: string): (other: string) => boolean {
  const numbers = (text: string) => text.split('.').map(Number);
  return (other) => {
    const [own, its] = [numbers(version), numbers(other)];
    const i = own.findIndex((number, place) => number !== its[place]);
    return i >= 0 && own[i] < its[i];
  };
}
