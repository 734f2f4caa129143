/**
 * Which Prometheus metrics carry a signal, by engine and version. The one place where metric names stand. Internal: `Signal`
 * reads them.
 */

/** Series of one metric, narrowed by label matchers. */
export interface Series {
  readonly metric: string;
  /** PromQL matchers besides the fleet's own, e.g. `status=~"5.."`. */
  readonly matchers?: string;
}

/** A share: the rate of some counters over the rate of others. */
export interface Share {
  /** What it counts, where a signal has several. */
  readonly part?: string;
  readonly of: readonly Series[];
  readonly among: readonly Series[];
}

/** How an engine exposes a signal, from one version on. */
export interface MetricRow {
  readonly signal: string;
  readonly engine: string;
  /** First version that has it. */
  readonly since: string;
  /** First version that no longer has it (or no longer by default). */
  readonly before?: string;
  /** Base name of a histogram: `_bucket`, `_sum` and `_count` follow. */
  readonly histogram?: string;
  /** A gauge that adds up over replicas. */
  readonly gauge?: string;
  /** PromQL matchers of the gauge's series that are to be added up. */
  readonly matchers?: string;
  /** A gauge from 0 to 1, averaged over replicas. */
  readonly level?: string;
  /** A counter, read as its rate. */
  readonly counter?: string;
  /** Shares of counters' rates; the largest counts if there are several. */
  readonly shares?: readonly Share[];
  /** Labels that the engine itself puts on the series. */
  readonly labels: readonly string[];
  readonly source: string;
  readonly asOf: string;
}

type Row = Omit<MetricRow, 'engine' | 'source' | 'asOf' | 'labels' | 'since'> & { readonly since?: string; readonly labels?: readonly string[] };

function rowsOf(facts: Pick<MetricRow, 'engine' | 'since' | 'labels' | 'source' | 'asOf'>, rows: readonly Row[]): MetricRow[] {
  return rows.map((row) => ({ ...facts, ...row }));
}

/** Answers to requests for completions; probes, model lists and metrics are left out, or they would thin the share. */
const COMPLETIONS = 'handler=~"/v1/.*",method="POST"';

/** With priority scheduling each priority has a series of its own, and the total stands beside them. */
const SGLANG_TOTAL = 'priority=""';

/** HTTP answers with a 5xx status. The instrumentator groups statuses (`5xx`) unless told not to (`500`). */
const VLLM_HTTP_ERRORS: Share = {
  part: 'http',
  of: [{ metric: 'http_requests_total', matchers: `${COMPLETIONS},status=~"5.."` }],
  among: [{ metric: 'http_requests_total', matchers: COMPLETIONS }],
};

/** Requests that failed in the engine: of a stream, the HTTP status was sent before. */
const VLLM_ENGINE_ERRORS: Share = {
  part: 'engine',
  of: [{ metric: 'vllm:request_success_total', matchers: 'finished_reason="error"' }],
  among: [{ metric: 'vllm:request_success_total' }],
};

const VLLM = rowsOf({
  engine: 'vllm',
  since: '0.8.5',
  labels: ['engine', 'model_name'],
  source: 'vllm/v1/metrics/loggers.py, vllm/v1/engine/__init__.py and the instrumentator of the released sources 0.8.5, 0.9.0, 0.9.1, 0.9.2, '
    + '0.10.0, 0.10.1.1, 0.10.2, 0.11.0, 0.12.0, 0.13.0, 0.14.1, 0.20.0 and 0.33.0; /metrics of a running 0.32.0',
  asOf: '2026-11-21',
}, [
  { signal: 'time-to-first-token', histogram: 'vllm:time_to_first_token_seconds' },
  // The old metric measured the time between iterations too; it was renamed (vllm-project/vllm#24110).
  { signal: 'inter-token-latency', before: '0.10.2', histogram: 'vllm:time_per_output_token_seconds' },
  { signal: 'inter-token-latency', since: '0.10.2', histogram: 'vllm:inter_token_latency_seconds' },
  { signal: 'time-per-output-token', since: '0.11.0', histogram: 'vllm:request_time_per_output_token_seconds' },
  { signal: 'end-to-end-latency', histogram: 'vllm:e2e_request_latency_seconds' },
  { signal: 'queue-time', histogram: 'vllm:request_queue_time_seconds' },
  { signal: 'waiting-requests', gauge: 'vllm:num_requests_waiting' },
  { signal: 'running-requests', gauge: 'vllm:num_requests_running' },
  { signal: 'kv-cache-usage', before: '0.9.2', level: 'vllm:gpu_cache_usage_perc' },
  { signal: 'kv-cache-usage', since: '0.9.2', level: 'vllm:kv_cache_usage_perc' },
  { signal: 'requests', counter: 'vllm:request_success_total', labels: ['engine', 'finished_reason', 'model_name'] },
  { signal: 'error-ratio', before: '0.13.0', shares: [VLLM_HTTP_ERRORS], labels: ['handler', 'method', 'status'] },
  { signal: 'error-ratio', since: '0.13.0', shares: [VLLM_HTTP_ERRORS, VLLM_ENGINE_ERRORS], labels: [] },
  { signal: 'prompt-tokens', counter: 'vllm:prompt_tokens_total' },
  { signal: 'output-tokens', counter: 'vllm:generation_tokens_total' },
  {
    signal: 'prefix-cache-hit-ratio',
    before: '0.9.2',
    shares: [{ of: [{ metric: 'vllm:gpu_prefix_cache_hits_total' }], among: [{ metric: 'vllm:gpu_prefix_cache_queries_total' }] }],
  },
  {
    signal: 'prefix-cache-hit-ratio',
    since: '0.9.2',
    shares: [{ of: [{ metric: 'vllm:prefix_cache_hits_total' }], among: [{ metric: 'vllm:prefix_cache_queries_total' }] }],
  },
  { signal: 'preemptions', counter: 'vllm:num_preemptions_total' },
]);

/**
 * A PodMonitor or ServiceMonitor puts a label `endpoint` of its own, the name of a port, on every metric, and the engine's becomes
 * `exported_endpoint`. One selector for both: a path in either, and in `endpoint` no other path.
 */
function sglangCompletions(more = ''): Series[] {
  return [{ metric: 'sglang:http_responses_total', matchers: `endpoint=~"(/v1/|[^/]).*",exported_endpoint=~"(/v1/.*)?",method="POST"${more}` }];
}

/** The server must be started with `--enable-metrics`. */
const SGLANG = rowsOf({
  engine: 'sglang',
  since: '0.4.6',
  labels: ['model_name', 'engine_type', 'tp_rank', 'pp_rank'],
  source: 'sglang/srt/metrics/collector.py, later srt/observability/metrics_collector.py, of the released packages 0.4.6, 0.4.10.post2, 0.5.1, 0.5.2, '
    + '0.5.3, 0.5.6, 0.5.7, 0.5.8, 0.5.9, 0.5.12, 0.5.13, 0.5.15, 0.5.17, 0.5.19, 0.5.21, 0.5.22 and 0.5.23',
  asOf: '2026-11-21',
}, [
  { signal: 'time-to-first-token', histogram: 'sglang:time_to_first_token_seconds' },
  { signal: 'inter-token-latency', histogram: 'sglang:inter_token_latency_seconds' },
  { signal: 'time-per-output-token', since: '0.5.22', histogram: 'sglang:request_time_per_output_token_seconds' },
  { signal: 'end-to-end-latency', histogram: 'sglang:e2e_request_latency_seconds' },
  { signal: 'queue-time', since: '0.5.3', histogram: 'sglang:queue_time_seconds' },
  { signal: 'waiting-requests', gauge: 'sglang:num_queue_reqs', matchers: SGLANG_TOTAL },
  { signal: 'running-requests', gauge: 'sglang:num_running_reqs', matchers: SGLANG_TOTAL },
  { signal: 'kv-cache-usage', level: 'sglang:token_usage' },
  { signal: 'requests', counter: 'sglang:num_requests_total' },
  {
    signal: 'error-ratio',
    since: '0.5.7',
    shares: [{ of: sglangCompletions(',status_code=~"5.."'), among: sglangCompletions() }],
    labels: ['endpoint', 'method', 'status_code'],
  },
  { signal: 'prompt-tokens', counter: 'sglang:prompt_tokens_total' },
  { signal: 'output-tokens', counter: 'sglang:generation_tokens_total' },
  {
    signal: 'prefix-cache-hit-ratio',
    shares: [{ of: [{ metric: 'sglang:cached_tokens_total' }], among: [{ metric: 'sglang:prompt_tokens_total' }] }],
  },
  { signal: 'preemptions', since: '0.5.7', counter: 'sglang:num_retracted_requests_total' },
]);

/** The server must run with `return_perf_metrics` and `enable_iter_perf_stats`; it serves them at `/prometheus/metrics`. */
const TRTLLM = rowsOf({
  engine: 'trtllm',
  since: '1.3.0',
  labels: ['model_name', 'engine_type'],
  source: 'github.com/NVIDIA/TensorRT-LLM@050f80d: tensorrt_llm/metrics/collector.py; first version by '
    + 'github.com/kubernetes-sigs/gateway-api-inference-extension/issues/2596',
  asOf: '2026-11-21',
}, [
  { signal: 'time-to-first-token', histogram: 'trtllm_time_to_first_token_seconds' },
  { signal: 'time-per-output-token', histogram: 'trtllm_time_per_output_token_seconds' },
  { signal: 'end-to-end-latency', histogram: 'trtllm_e2e_request_latency_seconds' },
  { signal: 'queue-time', histogram: 'trtllm_request_queue_time_seconds' },
  { signal: 'waiting-requests', gauge: 'trtllm_num_requests_waiting' },
  { signal: 'running-requests', gauge: 'trtllm_num_requests_running' },
  { signal: 'kv-cache-usage', level: 'trtllm_kv_cache_utilization' },
  { signal: 'requests', counter: 'trtllm_request_success_total', labels: ['model_name', 'engine_type', 'finished_reason'] },
  {
    signal: 'error-ratio',
    shares: [{
      of: [{ metric: 'trtllm_request_error_total', matchers: 'http_code=~"5.."' }],
      among: [{ metric: 'trtllm_request_error_total' }, { metric: 'trtllm_request_success_total' }],
    }],
    labels: ['model_name', 'engine_type', 'http_code'],
  },
  { signal: 'prompt-tokens', counter: 'trtllm_prompt_tokens_total' },
  { signal: 'output-tokens', counter: 'trtllm_generation_tokens_total' },
  {
    signal: 'prefix-cache-hit-ratio',
    shares: [{
      of: [{ metric: 'trtllm_kv_cache_reused_blocks_total' }],
      among: [{ metric: 'trtllm_kv_cache_reused_blocks_total' }, { metric: 'trtllm_kv_cache_missed_blocks_total' }],
    }],
  },
]);

/** Upper bounds of the buckets of some histograms, in seconds, as the engine has them unless it is told otherwise. */
export interface BoundsRow {
  readonly engine: string;
  readonly signals: readonly string[];
  readonly since: string;
  readonly bounds: readonly number[];
  readonly source: string;
  readonly asOf: string;
}

const VLLM_BOUNDS = {
  engine: 'vllm', since: '0.30.0', source: 'vllm/v1/metrics/buckets.py of the released sources 0.30.0, 0.31.0, 0.32.0 and 0.33.0', asOf: '2026-11-21',
};
const SGLANG_BOUNDS = {
  engine: 'sglang', since: '0.5.20', source: 'sglang/srt/observability/metrics_collector.py of the released packages 0.5.20 and 0.5.23', asOf: '2026-11-21',
};

export const BOUNDS: readonly BoundsRow[] = [
  {
    ...VLLM_BOUNDS,
    signals: ['time-to-first-token'],
    bounds: [0.001, 0.005, 0.01, 0.02, 0.04, 0.06, 0.08, 0.1, 0.25, 0.5, 0.75, 1, 2.5, 5, 7.5, 10, 20, 40, 80, 160, 640, 2560],
  },
  {
    ...VLLM_BOUNDS,
    signals: ['inter-token-latency', 'time-per-output-token'],
    bounds: [0.01, 0.025, 0.05, 0.075, 0.1, 0.15, 0.2, 0.3, 0.4, 0.5, 0.75, 1, 2.5, 5, 7.5, 10, 20, 40, 80],
  },
  {
    ...VLLM_BOUNDS,
    signals: ['end-to-end-latency', 'queue-time'],
    bounds: [0.3, 0.5, 0.8, 1, 1.5, 2, 2.5, 5, 10, 15, 20, 30, 40, 50, 60, 120, 240, 480, 960, 1920, 7680],
  },
  {
    ...SGLANG_BOUNDS,
    signals: ['time-to-first-token'],
    bounds: [0.1, 0.2, 0.4, 0.6, 0.8, 1, 2, 4, 6, 8, 10, 20, 40, 60, 80, 100, 200, 400],
  },
  {
    ...SGLANG_BOUNDS,
    signals: ['inter-token-latency', 'time-per-output-token'],
    bounds: [0.002, 0.004, 0.006, 0.008, 0.01, 0.015, 0.02, 0.025, 0.03, 0.035, 0.04, 0.06, 0.08, 0.1, 0.2, 0.4, 0.6, 0.8, 1, 2, 4, 6, 8],
  },
  {
    ...SGLANG_BOUNDS,
    signals: ['end-to-end-latency'],
    bounds: [0.1, 0.2, 0.4, 0.6, 0.8, 1, 2, 4, 6, 8, 10, 20, 40, 60, 80, 100, 200, 400, 600, 1200, 1800, 2400],
  },
];

/** Every row; of one engine and signal, the version ranges do not overlap. */
export const METRICS: readonly MetricRow[] = [...VLLM, ...SGLANG, ...TRTLLM];
