import fc from 'fast-check';
import { Accelerator } from '../../src/catalog/accelerator';
import { Model } from '../../src/catalog/model';
import { BenchmarkResults } from '../../src/sizing/benchmark-results';

const DEPLOYMENT = { model: Model.named('Qwen/Qwen3-32B'), pool: { accelerator: Accelerator.named('h100-sxm') }, layout: { tensorParallel: 2 } };
const read = (document: object, over: object = {}) => BenchmarkResults.fromText(JSON.stringify(document), { ...DEPLOYMENT, ...over }, 'run.json');

const summary = (mean: number, p99 = 2 * mean) =>
  ({ successful: { mean, median: mean, std_dev: 0, count: 200, percentiles: { p50: mean, p90: mean, p95: mean, p99 } }, errored: null, incomplete: null });

/** A benchmark in the report of guidellm 0.7.3 (metadata.version 2), with the fields that are read. */
const guidellm = (strategy: object) => ({
  type_: 'generative_benchmark',
  config: { strategy },
  metrics: {
    request_totals: { successful: 200, errored: 1, incomplete: 3, total: 204 },
    requests_per_second: summary(4),
    request_latency: summary(2.5),
    prompt_token_count: summary(1000, 1000),
    output_token_count: summary(200, 150),
    time_to_first_token_ms: summary(80),
    time_per_output_token_ms: summary(13),
    inter_token_latency_ms: summary(12),
    output_tokens_per_second: summary(800),
  },
});
const report = (...benchmarks: object[]) => ({ metadata: { version: 2, guidellm_version: '0.7.3' }, config: {}, benchmarks });

/** What `vllm bench serve --save-result` of vLLM 0.22 writes, less what is not read. */
const VLLM = {
  date: '20260801-120000', backend: 'vllm', model_id: 'Qwen/Qwen3-32B', num_prompts: 320, request_rate: 'inf', burstiness: 1, max_concurrency: 32,
  duration: 100, completed: 318, failed: 2, total_input_tokens: 318_000, total_output_tokens: 63_600, request_throughput: 3.18, output_throughput: 636,
  mean_ttft_ms: 90.5, median_ttft_ms: 88, p99_ttft_ms: 200, mean_tpot_ms: 12.5, mean_itl_ms: 12.4,
};

const times = (mean: number) => ({ mean, min: mean / 2, p50: mean, median: mean, p99: 2 * mean, max: 3 * mean });
/** stage_0_lifecycle_metrics.json of inference-perf 0.6.1. */
const INFERENCE_PERF = {
  benchmark_time_seconds: 60,
  load_summary: { count: 240, schedule_delay: times(0.001), send_duration: 60, requested_rate: 4, achieved_rate: 3.98 },
  successes: {
    count: 239,
    latency: { request_latency: times(2.5), time_per_output_token: times(0.012), time_to_first_token: times(0.08), inter_token_latency: times(0.011) },
    throughput: { input_tokens_per_sec: 4000, output_tokens_per_sec: 790, requests_per_sec: 3.95 },
    prompt_tokens: { total: 240_000, cached: 60_000, uncached: 180_000, ...times(1000) },
    output_len: times(199),
    output_tokens: { total: 48_000, ...times(200) },
  },
  failures: { count: 1, request_latency: null },
};

const statistic = (unit: string, avg: number) => ({ unit, avg, p50: avg, p90: avg, p99: 1.5 * avg, min: avg, max: avg, std: 0 });
/** profile_export_genai_perf.json of genai-perf 0.0.16. */
const GENAI_PERF = {
  request_throughput: { unit: 'requests/sec', avg: 3.9 },
  request_latency: statistic('ms', 2500),
  request_count: { unit: 'count', avg: 100 },
  time_to_first_token: statistic('ms', 81),
  time_to_second_token: statistic('ms', 12),
  inter_token_latency: statistic('ms', 12.1),
  output_token_throughput: { unit: 'tokens/sec', avg: 780 },
  output_sequence_length: statistic('tokens', 200),
  input_sequence_length: statistic('tokens', 1000),
  input_config: { model_names: ['Qwen/Qwen3-32B'], perf_analyzer: { stimulus: { concurrency: 10 } } },
};

test('a report of guidellm has a measurement for each rate, in milliseconds, with the time between tokens and not the one that counts the first', () => {
  const rows = read(report(
    guidellm({ type_: 'synchronous' }), guidellm({ type_: 'concurrent', streams: 16 }), guidellm({ type_: 'throughput', max_concurrency: null }),
    guidellm({ type_: 'constant', rate: 3.5 }), guidellm({ type_: 'poisson', rate: 4.5 })));
  expect(rows.map(({ load }) => [load.kind, load.amount, load.arrivalVariation])).toEqual([
    ['concurrency', 1, undefined], ['concurrency', 16, undefined], ['saturated', 0, undefined], ['requestsPerSecond', 3.5, 0], ['requestsPerSecond', 4.5, undefined],
  ]);
  expect(rows[1]).toEqual({
    ...DEPLOYMENT,
    load: expect.objectContaining({ lengths: { promptTokens: 1000, outputTokens: 200, promptTokensP99: 1000, outputTokensP99: 200, prefixHitRatio: undefined } }),
    source: 'run.json, benchmark 2', requests: 200, failedRequests: 1, outputTokensPerSecond: 800,
    timeToFirstTokenMillis: 80, timePerOutputTokenMillis: 12, endToEndMillis: 2500,
  });
});

test('a result of vllm bench serve has the lengths that its totals give', () => {
  expect(read(VLLM)).toEqual([{
    ...DEPLOYMENT,
    load: expect.objectContaining({ kind: 'concurrency', amount: 32, lengths: expect.objectContaining({ promptTokens: 1000, outputTokens: 200 }) }),
    source: 'run.json', requests: 318, failedRequests: 2, outputTokensPerSecond: 636, timeToFirstTokenMillis: 90.5, timePerOutputTokenMillis: 12.5,
    endToEndMillis: undefined,
  }]);
});

test.each([
  ['a rate', { request_rate: 5, burstiness: 0.25 }, 'requestsPerSecond', 5, 2],
  ['all at once, where neither a rate nor a limit holds them back', { max_concurrency: null }, 'staticBatch', 320, undefined],
  ['all at once, where the limit is above their number', { max_concurrency: 400 }, 'staticBatch', 320, undefined],
])('vllm bench serve sends %s', (_, over, kind, amount, variation) => {
  const [{ load }] = read({ ...VLLM, ...over });
  expect([load.kind, load.amount, load.arrivalVariation]).toEqual([kind, amount, variation]);
});

test('vllm bench serve may have appended one result a line', () => {
  const rows = BenchmarkResults.fromText(`${JSON.stringify(VLLM)}\n${JSON.stringify({ ...VLLM, max_concurrency: 8 })}`, DEPLOYMENT, 'all.json');
  expect(rows.map(({ source, load }) => [source, load.amount])).toEqual([['all.json, line 1', 32], ['all.json, line 2', 8]]);
});

test('a stage of inference-perf is in seconds, counts tokens as the server did, and says what was cached', () => {
  expect(read(INFERENCE_PERF)).toEqual([{
    ...DEPLOYMENT,
    load: expect.objectContaining({ kind: 'requestsPerSecond', amount: 4, lengths: { promptTokens: 1000, outputTokens: 200, promptTokensP99: 2000, outputTokensP99: 400, prefixHitRatio: 0.25 } }),
    source: 'run.json', requests: 239, failedRequests: 1, outputTokensPerSecond: 790, timeToFirstTokenMillis: 80, timePerOutputTokenMillis: 12, endToEndMillis: 2500,
  }]);
  const { load_summary: load, ...rest } = INFERENCE_PERF;
  expect(read({ ...rest, load_summary: { ...load, concurrency: 12 } })[0].load).toMatchObject({ kind: 'concurrency', amount: 12 });
  expect(read(INFERENCE_PERF, { prefixHitRatio: 0.4 })[0].load.lengths.prefixHitRatio).toBe(0.4);
});

test('genai-perf and aiperf are read alike', () => {
  const [row] = read(GENAI_PERF);
  expect(row).toEqual({
    ...DEPLOYMENT,
    load: expect.objectContaining({ kind: 'concurrency', amount: 10 }),
    source: 'run.json', requests: 100, failedRequests: undefined, outputTokensPerSecond: 780, timeToFirstTokenMillis: 81, timePerOutputTokenMillis: 12.1, endToEndMillis: 2500,
  });
  const aiperf = { ...GENAI_PERF, input_config: { loadgen: { request_rate: 3 } }, error_request_count: { unit: 'requests', avg: 2 } };
  expect(read(aiperf)[0]).toMatchObject({ load: { kind: 'requestsPerSecond', amount: 3 }, failedRequests: 2 });
});

test('whatever a file holds, it is read or refused in a sentence', () => {
  const known = [report(guidellm({ type_: 'concurrent', streams: 4 })), VLLM, INFERENCE_PERF, GENAI_PERF];
  const broken = fc.tuple(fc.constantFrom(...known), fc.nat(60), fc.jsonValue()).map(([document, place, value]) => {
    let left = place;
    return JSON.stringify(document, (_, inner) => left-- === 0 ? value : inner) ?? 'null';
  });
  fc.assert(fc.property(fc.oneof(broken, fc.json(), fc.string()), (text) => {
    try {
      expect(Array.isArray(BenchmarkResults.fromText(text, DEPLOYMENT, 'run.json'))).toBe(true);
    } catch (error) {
      expect((error as Error).message).toMatch(/^'run\.json(, \w+ \d+)?' /);
    }
  }), { numRuns: 1000 });
});

test.each<[string, () => unknown, string]>([
  ['text that is no JSON', () => BenchmarkResults.fromText('mean ttft: 3', DEPLOYMENT, 'run.txt'),
    "'run.txt' holds neither a JSON object nor one a line; give the JSON file that the benchmark wrote"],
  ['an empty text', () => BenchmarkResults.fromText('', DEPLOYMENT, 'run.txt'), "'run.txt' holds neither a JSON object nor one a line; give the JSON file that the benchmark wrote"],
  ['no text', () => BenchmarkResults.fromText(7 as any, DEPLOYMENT), "'text' is 7 but must be the contents of a benchmark's result file"],
  ['no deployment', () => BenchmarkResults.fromText('{}', undefined as any), "'deployment' is undefined but must be an object with model, pool and layout"],
  ['another object', () => read({ a: 1 }),
    "'run.json' is of no known form; known are the JSON reports of guidellm, 'vllm bench serve --save-result', inference-perf (stage_N_lifecycle_metrics.json), genai-perf and aiperf"],
  ['a trace', () => read(report(guidellm({ type_: 'trace' }))),
    "'run.json' has the strategy 'trace', whose load is no rate and no number in flight; run guidellm with the profile concurrent, throughput, constant, poisson or sweep"],
  ['a ramp', () => read({ ...VLLM, ramp_up_strategy: 'linear' }),
    "'run.json' ramped its rate up, so it measured no single load; run 'vllm bench serve' with one --request-rate or --max-concurrency"],
  ['a load that is not stated', () => read({ ...VLLM, max_concurrency: undefined, num_prompts: undefined }),
    "'run.json' states neither 'request_rate' nor 'max_concurrency' nor 'num_prompts', so its load is not known; give the file that 'vllm bench serve --save-result' wrote"],
  ['several stages at once', () => read({ ...INFERENCE_PERF, load_summary: { count: 9 } }),
    "'run.json' is a summary of several stages and states no load; give the files stage_N_lifecycle_metrics.json"],
  ['another unit', () => read({ ...GENAI_PERF, time_to_first_token: statistic('us', 3) }),
    "'run.json' gives 'time_to_first_token' in 'us' but milliseconds ('ms') are read; export it again without another unit"],
  ['a load that genai-perf does not state', () => read({ ...GENAI_PERF, input_config: {} }),
    "'run.json' states neither a concurrency nor a request rate in 'input_config', so its load is not known; run it with one of them"],
  ['lengths that are not stated', () => read({ ...VLLM, total_output_tokens: undefined }), "'run.json' does not state the mean completion in tokens; without it nothing can be compared"],
])('%s is refused in a sentence', (_, ask, sentence) => {
  expect(ask).toThrow(new Error(sentence));
});
