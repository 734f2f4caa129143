import { readdirSync, readFileSync } from 'fs';
import { join } from 'path';
import * as fc from 'fast-check';
import { BOUNDS, METRICS } from '../../src/catalog/data/signals';
import { Signal, SignalQuery } from '../../src/catalog/signal';

const SELECTOR = { namespace: 'chat', app_kubernetes_io_instance: 'llama' };
const S = 'app_kubernetes_io_instance="llama",namespace="chat"';
const FIVE_MEGABYTES = 'x'.repeat(5_000_000);

describe('the table', () => {
  test.each(METRICS.map((row) => [`${row.engine} ${row.since} ${row.signal}`, row] as const))('%s has a source, a date and one form', (_, row) => {
    expect(row.source.length).toBeGreaterThan(20);
    expect(row.asOf).toMatch(/^20\d\d-[01]\d-[0-3]\d$/);
    expect([row.histogram, row.gauge, row.level, row.counter, row.shares].filter((form) => form !== undefined)).toHaveLength(1);
    expect(Signal.named(row.signal).isDistribution).toBe(row.histogram !== undefined);
  });

  test('of one engine and signal, one row holds at each version', () => {
    const versions = [...new Set(METRICS.flatMap((row) => [row.since, row.before ?? row.since])), '0.9.0', '0.99.0', '9.0'];
    for (const signal of Signal.all()) {
      for (const engine of ['vllm', 'sglang', 'trtllm']) {
        const rows = METRICS.filter((row) => row.signal === signal.name && row.engine === engine);
        const later = (a: string, b: string) => a.localeCompare(b, 'en', { numeric: true }) >= 0;
        for (const version of versions) {
          const holding = rows.filter((row) => later(version, row.since) && !(row.before && later(version, row.before)));
          expect([signal.name, engine, version, holding.length]).toEqual([signal.name, engine, version, Number(signal.isKnownFor(engine, version))]);
        }
      }
    }
  });

  test('every listed signal is known for vLLM, and every row belongs to a listed signal', () => {
    expect(Signal.all().filter((signal) => !signal.isKnownFor('vllm')).map((signal) => signal.name)).toEqual([]);
    expect(new Set(METRICS.map((row) => row.signal))).toEqual(new Set(Signal.all().map((signal) => signal.name)));
    expect(new Set(Signal.all().map((signal) => signal.name)).size).toBe(14);
  });

  test('no metric is named anywhere else in src', () => {
    const found = sources(join(__dirname, '../../src')).filter((file) => {
      if (file.endsWith(join('catalog', 'data', 'signals.ts'))) { return false; }
      return /\b(vllm|sglang):[a-z0-9]+_[a-z]|\btrtllm_[a-z]+_[a-z]|\bhttp_requests_total/.test(readFileSync(file, 'utf8'));
    });
    expect(found).toEqual([]);
  });
});

function sources(folder: string): string[] {
  return readdirSync(folder, { withFileTypes: true }).flatMap((entry) => {
    const path = join(folder, entry.name);
    return entry.isDirectory() ? sources(path) : path.endsWith('.ts') ? [path] : [];
  });
}

/** Parts of a query by HTTP statuses, as vLLM's instrumentator counts them. */
const V1 = 'handler=~"/v1/.*",method="POST"';
const VLLM_HTTP = `(sum(rate(http_requests_total{${V1},status=~"5..",${S}}[5m])) or 0 * sum(rate(http_requests_total{${V1},${S}}[5m])))`
  + ` / sum(rate(http_requests_total{${V1},${S}}[5m]))`;

/** SGLang's completions, whose label `endpoint` goes by another name where the scrape target has one too. */
const SGLANG_COMPLETIONS = 'endpoint=~"(/v1/|[^/]).*",exported_endpoint=~"(/v1/.*)?",method="POST"';

function sglangHttp(more: string): string { return `sum(rate(sglang:http_responses_total{${SGLANG_COMPLETIONS}${more},${S}}[5m]))`; }

describe('queries', () => {
  test.each<[Signal, string, string | undefined, number | undefined, string]>([
    [Signal.TIME_TO_FIRST_TOKEN, 'vllm', '0.8.5', 95, `histogram_quantile(0.95, sum by (le) (rate(vllm:time_to_first_token_seconds_bucket{${S}}[5m])))`],
    [
      Signal.TIME_TO_FIRST_TOKEN, 'vllm', '0.33.0', undefined,
      `sum(rate(vllm:time_to_first_token_seconds_sum{${S}}[5m])) / sum(rate(vllm:time_to_first_token_seconds_count{${S}}[5m]))`,
    ],
    [Signal.TIME_TO_FIRST_TOKEN, 'sglang', undefined, 99.9, `histogram_quantile(0.999, sum by (le) (rate(sglang:time_to_first_token_seconds_bucket{${S}}[5m])))`],
    [Signal.TIME_TO_FIRST_TOKEN, 'trtllm', '1.3.0', 50, `histogram_quantile(0.5, sum by (le) (rate(trtllm_time_to_first_token_seconds_bucket{${S}}[5m])))`],
    [Signal.INTER_TOKEN_LATENCY, 'vllm', '0.10.1.1', 95, `histogram_quantile(0.95, sum by (le) (rate(vllm:time_per_output_token_seconds_bucket{${S}}[5m])))`],
    [Signal.INTER_TOKEN_LATENCY, 'vllm', '0.10.2', 95, `histogram_quantile(0.95, sum by (le) (rate(vllm:inter_token_latency_seconds_bucket{${S}}[5m])))`],
    [
      Signal.TIME_PER_OUTPUT_TOKEN, 'vllm', 'v0.11.0rc1', 95,
      `histogram_quantile(0.95, sum by (le) (rate(vllm:request_time_per_output_token_seconds_bucket{${S}}[5m])))`,
    ],
    [
      Signal.TIME_PER_OUTPUT_TOKEN, 'sglang', '0.5.22', 95,
      `histogram_quantile(0.95, sum by (le) (rate(sglang:request_time_per_output_token_seconds_bucket{${S}}[5m])))`,
    ],
    [Signal.END_TO_END_LATENCY, 'sglang', '0.5.9', 95, `histogram_quantile(0.95, sum by (le) (rate(sglang:e2e_request_latency_seconds_bucket{${S}}[5m])))`],
    [Signal.QUEUE_TIME, 'vllm', '0.32.0', 95, `histogram_quantile(0.95, sum by (le) (rate(vllm:request_queue_time_seconds_bucket{${S}}[5m])))`],
    [Signal.QUEUE_TIME, 'sglang', '0.5.3', 95, `histogram_quantile(0.95, sum by (le) (rate(sglang:queue_time_seconds_bucket{${S}}[5m])))`],
    [Signal.WAITING_REQUESTS, 'vllm', undefined, undefined, `sum(vllm:num_requests_waiting{${S}})`],
    [Signal.WAITING_REQUESTS, 'sglang', undefined, undefined, `sum(sglang:num_queue_reqs{priority="",${S}})`],
    [Signal.RUNNING_REQUESTS, 'trtllm', undefined, undefined, `sum(trtllm_num_requests_running{${S}})`],
    [Signal.KV_CACHE_USAGE, 'vllm', '0.9.1', undefined, `avg(vllm:gpu_cache_usage_perc{${S}})`],
    [Signal.KV_CACHE_USAGE, 'vllm', '0.9.2', undefined, `avg(vllm:kv_cache_usage_perc{${S}})`],
    [Signal.KV_CACHE_USAGE, 'sglang', '0.4.10.post2', undefined, `avg(sglang:token_usage{${S}})`],
    [Signal.REQUESTS, 'vllm', undefined, undefined, `sum(rate(vllm:request_success_total{${S}}[5m]))`],
    [Signal.PROMPT_TOKENS, 'vllm', undefined, undefined, `sum(rate(vllm:prompt_tokens_total{${S}}[5m]))`],
    [Signal.OUTPUT_TOKENS, 'sglang', undefined, undefined, `sum(rate(sglang:generation_tokens_total{${S}}[5m]))`],
    [Signal.PREEMPTIONS, 'vllm', undefined, undefined, `sum(rate(vllm:num_preemptions_total{${S}}[5m]))`],
    [Signal.PREEMPTIONS, 'sglang', '0.5.7', undefined, `sum(rate(sglang:num_retracted_requests_total{${S}}[5m]))`],
    [
      Signal.PREFIX_CACHE_HIT_RATIO, 'vllm', '0.9.2', undefined,
      `(sum(rate(vllm:prefix_cache_hits_total{${S}}[5m])) or 0 * sum(rate(vllm:prefix_cache_queries_total{${S}}[5m])))`
      + ` / sum(rate(vllm:prefix_cache_queries_total{${S}}[5m]))`,
    ],
    [
      Signal.PREFIX_CACHE_HIT_RATIO, 'vllm', '0.9.1', undefined,
      `(sum(rate(vllm:gpu_prefix_cache_hits_total{${S}}[5m])) or 0 * sum(rate(vllm:gpu_prefix_cache_queries_total{${S}}[5m])))`
      + ` / sum(rate(vllm:gpu_prefix_cache_queries_total{${S}}[5m]))`,
    ],
    [Signal.ERROR_RATIO, 'vllm', '0.12.0', undefined, VLLM_HTTP],
    [
      Signal.ERROR_RATIO, 'vllm', '0.13.0', undefined,
      `max(label_replace(${VLLM_HTTP}, "part", "1", "", "") or label_replace(`
      + `(sum(rate(vllm:request_success_total{finished_reason="error",${S}}[5m])) or 0 * sum(rate(vllm:request_success_total{${S}}[5m])))`
      + ` / sum(rate(vllm:request_success_total{${S}}[5m])), "part", "2", "", ""))`,
    ],
    [
      Signal.ERROR_RATIO, 'sglang', '0.5.7', undefined,
      `(${sglangHttp(',status_code=~"5.."')} or 0 * ${sglangHttp('')}) / ${sglangHttp('')}`,
    ],
  ])('%o of %s %p at percentile %p', (signal, engine, version, percentile, promql) => {
    expect(signal.query({ engine, version, percentile, selector: SELECTOR })).toBe(promql);
  });

  test('errors and successes of TensorRT-LLM are counted together, though their labels differ', () => {
    const both = 'sum(label_replace(rate(trtllm_request_error_total[5m]), "part", "1", "", "")'
      + ' or label_replace(rate(trtllm_request_success_total[5m]), "part", "2", "", ""))';
    expect(Signal.ERROR_RATIO.query({ engine: 'trtllm' })).toBe(`(sum(rate(trtllm_request_error_total{http_code=~"5.."}[5m])) or 0 * ${both}) / ${both}`);
  });

  test('without a selector everything is read', () => {
    expect(Signal.WAITING_REQUESTS.query({ engine: 'vllm' })).toBe('sum(vllm:num_requests_waiting)');
    expect(Signal.REQUESTS.query({ engine: 'vllm', selector: {} })).toBe('sum(rate(vllm:request_success_total[5m]))');
  });

  test('patterns, grouping and the window', () => {
    const query = { engine: 'vllm', selector: { namespace: 'chat' }, patterns: { pod: 'llama-.*' }, groupBy: ['pod', 'namespace', 'pod'] };
    expect(Signal.TIME_TO_FIRST_TOKEN.query({ ...query, percentile: 90, windowSeconds: 90 })).toBe(
      'histogram_quantile(0.9, sum by (namespace, pod, le) (rate(vllm:time_to_first_token_seconds_bucket{namespace="chat",pod=~"llama-.*"}[90s])))');
    expect(Signal.KV_CACHE_USAGE.query({ ...query, windowSeconds: 120 })).toBe(
      'avg by (namespace, pod) (avg_over_time(vllm:kv_cache_usage_perc{namespace="chat",pod=~"llama-.*"}[2m]))');
    expect(Signal.ERROR_RATIO.query({ ...query, version: '0.20.0' })).toMatch(/^max by \(namespace, pod\) \(label_replace\(\(sum by \(namespace, pod\) \(rate\(/);
  });

  test('the order of labels does not matter', () => {
    const turned = Object.fromEntries(Object.entries(SELECTOR).reverse());
    expect(Signal.REQUESTS.query({ engine: 'vllm', selector: turned })).toBe(Signal.REQUESTS.query({ engine: 'vllm', selector: SELECTOR }));
  });

  test('any label value comes out of PromQL\'s string as it went in', () => {
    fc.assert(fc.property(fc.string({ minLength: 1, maxLength: 50 }).filter((text) => text.trim() !== ''), (value) => {
      const promql = Signal.WAITING_REQUESTS.query({ engine: 'vllm', selector: { a: value } });
      const [, literal] = /^sum\(vllm:num_requests_waiting\{a=("(?:[^"\\\n]|\\.)*")\}\)$/.exec(promql)!;
      expect(JSON.parse(literal)).toBe(value);
    }));
  });

  test('metric names for components that take a name', () => {
    expect(Signal.KV_CACHE_USAGE.metricNames('vllm', '0.9.0')).toEqual(['vllm:gpu_cache_usage_perc']);
    expect(Signal.WAITING_REQUESTS.metricNames('sglang')).toEqual(['sglang:num_queue_reqs']);
    expect(Signal.TIME_TO_FIRST_TOKEN.metricNames('vllm')).toEqual(['vllm:time_to_first_token_seconds']);
    expect(Signal.ERROR_RATIO.metricNames('vllm')).toEqual(['http_requests_total', 'vllm:request_success_total']);
    expect(Signal.promql('mine', 'a{{{selector}}}').metricNames('vllm')).toEqual([]);
  });

  const tail = (name: string) => ` in the query of signal '${name}'`;
  test.each<[Signal, Partial<{ [member in keyof SignalQuery]: unknown }> | undefined, string]>([
    [
      Signal.TIME_PER_OUTPUT_TOKEN, { engine: 'vllm', version: '0.10.2' },
      "engine 'vllm' 0.10.2 has no metric for signal 'time-per-output-token', which is known from 0.11.0 on; "
      + 'use a later version, or describe one with Signal.promql',
    ],
    [
      Signal.REQUESTS, { engine: 'vllm', version: '0.6.0' },
      "engine 'vllm' 0.6.0 has no metric for signal 'requests', which is known from 0.8.5 on; use a later version, or describe one with Signal.promql",
    ],
    [Signal.PREEMPTIONS, { engine: 'trtllm' }, "engine 'trtllm' has no metric for signal 'preemptions'; describe one with Signal.promql"],
    [Signal.REQUESTS, { engine: 'nim' }, "signal 'requests' is not known for engine 'nim', only for sglang, trtllm, vllm; describe it with Signal.promql"],
    [Signal.REQUESTS, undefined, `undefined is no object${tail('requests')}`],
    [Signal.REQUESTS, {}, `'engine' is undefined but must be a text of 1 to 100 characters, none of them a control character${tail('requests')}`],
    [
      Signal.REQUESTS, { engine: FIVE_MEGABYTES },
      `'engine' is '${'x'.repeat(60)}…' (5000000 characters) but must be a text of 1 to 100 characters, none of them a control character${tail('requests')}`,
    ],
    [Signal.REQUESTS, { engine: 'vllm', version: 'latest' }, `'version' is 'latest' but must be a version such as '0.11.0'${tail('requests')}`],
    [Signal.REQUESTS, { engine: 'vllm', version: 0.11 }, `'version' is 0.11 but must be a version such as '0.11.0'${tail('requests')}`],
    [Signal.REQUESTS, { engine: 'vllm', version: '' }, `'version' is '' but must be a version such as '0.11.0'${tail('requests')}`],
    [Signal.REQUESTS, { engine: 'vllm', percentile: 95 }, "'percentile' is 95 but signal 'requests' has no percentiles; leave it out"],
    [
      Signal.QUEUE_TIME, { engine: 'vllm', percentile: 0 },
      `'percentile' is 0 but must be a number above 0 and at most 100${tail('queue-time')}`,
    ],
    [Signal.QUEUE_TIME, { engine: 'vllm', percentile: NaN }, `'percentile' is NaN but must be a number above 0 and at most 100${tail('queue-time')}`],
    [
      Signal.REQUESTS, { engine: 'vllm', windowSeconds: 0.5 },
      `'windowSeconds' is 0.5 but must be a whole number of seconds from 1 to 2592000${tail('requests')}`,
    ],
    [Signal.REQUESTS, { engine: 'vllm', selector: ['a'] }, `'selector' is a list of 1 but must map labels to values${tail('requests')}`],
    [Signal.REQUESTS, { engine: 'vllm', selector: null }, `'selector' is null but must map labels to values${tail('requests')}`],
    [
      Signal.REQUESTS, { engine: 'vllm', selector: { 'app.kubernetes.io/name': 'x' } },
      `'selector' has the label 'app.kubernetes.io/name' but a label has letters, digits and underscores alone${tail('requests')}`,
    ],
    [
      Signal.REQUESTS, { engine: 'vllm', selector: { pod: '' } },
      `'selector.pod' is '' but must be a text of 1 to 1000 characters, none of them a control character${tail('requests')}`,
    ],
    [
      Signal.REQUESTS, { engine: 'vllm', patterns: { pod: 7 } },
      `'patterns.pod' is 7 but must be a text of 1 to 1000 characters, none of them a control character${tail('requests')}`,
    ],
    [Signal.REQUESTS, { engine: 'vllm', groupBy: 'pod' }, `'groupBy' is 'pod' but must be a list of labels${tail('requests')}`],
    [Signal.REQUESTS, { engine: 'vllm', groupBy: ['a b'] }, `'groupBy' has 'a b' but a label has letters, digits and underscores alone${tail('requests')}`],
  ])('%o refuses %p', (signal, query, sentence) => {
    expect(() => signal.query(query as unknown as SignalQuery)).toThrow(new Error(sentence));
  });

  test('metric names are refused like queries', () => {
    expect(() => Signal.PREEMPTIONS.metricNames('trtllm')).toThrow(new Error("engine 'trtllm' has no metric for signal 'preemptions'; describe one with Signal.promql"));
    expect(() => Signal.PREEMPTIONS.metricNames('vllm', 'x'))
      .toThrow(new Error("'version' is 'x' but must be a version such as '0.11.0' in the query of signal 'preemptions'"));
  });

  test('what is not known can be asked without an error', () => {
    expect([Signal.PREEMPTIONS.isKnownFor('trtllm'), Signal.PREEMPTIONS.isKnownFor('nim'), Signal.PREEMPTIONS.isKnownFor('vllm', 'latest')])
      .toEqual([false, false, false]);
    expect([Signal.PREEMPTIONS.isKnownFor('sglang', '0.5.6'), Signal.PREEMPTIONS.isKnownFor('sglang', '0.5.7')]).toEqual([false, true]);
  });
});

describe('raw series, for who takes differences of samples', () => {
  const raw = (signal: Signal, engine: string, version?: string) => signal._raw({ engine, version, selector: SELECTOR })!;

  test('of a histogram are its sum, its count and its buckets', () => {
    const { histogram, ...others } = raw(Signal.TIME_TO_FIRST_TOKEN, 'vllm', '0.33.0');
    const of = (suffix: string, le = '') => `vllm:time_to_first_token_seconds_${suffix}{${le}${S}}`;
    expect([histogram!.sum, histogram!.count, histogram!.bucket(0.25), histogram!.bucket(5)])
      .toEqual([of('sum'), of('count'), of('bucket', 'le="0.25",'), of('bucket', 'le=~"5([.]0)?",')]);
    expect(Object.values(others).filter((other) => other !== undefined)).toEqual([]);
  });

  test('have the bounds of their buckets where somebody states them', () => {
    const first = (signal: Signal, engine: string, version?: string) => raw(signal, engine, version).histogram!.bounds?.[0];
    expect([first(Signal.TIME_TO_FIRST_TOKEN, 'vllm'), first(Signal.QUEUE_TIME, 'vllm', '0.30.0'), first(Signal.TIME_PER_OUTPUT_TOKEN, 'sglang')]).toEqual([0.001, 0.3, 0.002]);
    expect([first(Signal.TIME_TO_FIRST_TOKEN, 'vllm', '0.29.1'), first(Signal.QUEUE_TIME, 'sglang'), first(Signal.TIME_TO_FIRST_TOKEN, 'trtllm')]).toEqual([undefined, undefined, undefined]);
  });

  test.each(BOUNDS.map((row) => [`${row.engine} ${row.signals.join(', ')}`, row] as const))('bounds of %s rise, and belong to histograms', (_, { engine, signals, bounds, source }) => {
    expect([...bounds].sort((a, b) => a - b)).toEqual(bounds);
    expect(new Set(bounds).size).toBe(bounds.length);
    expect(source.length).toBeGreaterThan(20);
    for (const signal of signals) { expect(raw(Signal.named(signal), engine).histogram!.bounds).toBe(bounds); }
  });

  test('of a share are its events and its total, each one selector', () => {
    expect(raw(Signal.ERROR_RATIO, 'vllm', '0.13.0').shares).toEqual([
      { part: 'http', events: `http_requests_total{${V1},status=~"5..",${S}}`, total: `http_requests_total{${V1},${S}}` },
      { part: 'engine', events: `vllm:request_success_total{finished_reason="error",${S}}`, total: `vllm:request_success_total{${S}}` },
    ]);
    expect(raw(Signal.ERROR_RATIO, 'sglang').shares).toEqual([{
      part: undefined,
      events: `sglang:http_responses_total{${SGLANG_COMPLETIONS},status_code=~"5..",${S}}`,
      total: `sglang:http_responses_total{${SGLANG_COMPLETIONS},${S}}`,
    }]);
    expect(raw(Signal.ERROR_RATIO, 'trtllm').shares).toEqual([{
      part: undefined,
      events: `trtllm_request_error_total{http_code=~"5..",${S}}`,
      total: `{__name__=~"trtllm_request_error_total|trtllm_request_success_total",${S}}`,
    }]);
  });

  test('of counters and gauges are one selector', () => {
    expect(raw(Signal.REQUESTS, 'vllm').counter).toBe(`vllm:request_success_total{${S}}`);
    expect(raw(Signal.RUNNING_REQUESTS, 'sglang').gauge).toBe(`sglang:num_running_reqs{priority="",${S}}`);
    expect(raw(Signal.KV_CACHE_USAGE, 'vllm').level).toBe(`vllm:kv_cache_usage_perc{${S}}`);
  });

  test('are there for every listed signal that an engine has, and for none of the user\'s own', () => {
    for (const { signal, engine, since } of METRICS) {
      expect(Object.values(raw(Signal.named(signal), engine, since)).filter((found) => found !== undefined)).toHaveLength(1);
    }
    expect(Signal.promql('mine', 'x{{{selector}}}')._raw({ engine: 'vllm' })).toBeUndefined();
    expect(() => Signal.PREEMPTIONS._raw({ engine: 'trtllm' })).toThrow(new Error("engine 'trtllm' has no metric for signal 'preemptions'; describe one with Signal.promql"));
    expect(() => Signal.PREEMPTIONS._raw({ engine: '' })).toThrow(
      new Error("'engine' is '' but must be a text of 1 to 100 characters, none of them a control character in the query of signal 'preemptions'"));
  });

  test('SGLang\'s completions are counted with and without a scrape target of its own endpoint', () => {
    const [, endpoint, exported] = /endpoint=~"([^"]*)",exported_endpoint=~"([^"]*)"/.exec(raw(Signal.ERROR_RATIO, 'sglang').shares![0].total)!;
    const counts = (labels: { endpoint?: string; exported?: string }) => new RegExp(`^(?:${endpoint})$`).test(labels.endpoint ?? '') && new RegExp(`^(?:${exported})$`).test(labels.exported ?? '');
    expect([counts({ endpoint: '/v1/completions' }), counts({ endpoint: 'serving', exported: '/v1/chat/completions' })]).toEqual([true, true]);
    expect([counts({ endpoint: '/health' }), counts({ endpoint: '/v1' }), counts({ endpoint: 'serving', exported: '/metrics' }), counts({})]).toEqual([false, false, false, false]);
  });
});

describe('which way is better', () => {
  test.each<[boolean | undefined, string[]]>([
    [true, [
      'time-to-first-token', 'inter-token-latency', 'time-per-output-token', 'end-to-end-latency', 'queue-time', 'waiting-requests', 'error-ratio', 'preemptions',
    ]],
    [false, ['prefix-cache-hit-ratio']],
    [undefined, ['running-requests', 'kv-cache-usage', 'requests', 'prompt-tokens', 'output-tokens']],
  ])('lower is better: %p', (lowerIsBetter, names) => {
    expect(Signal.all().filter((signal) => signal.lowerIsBetter === lowerIsBetter).map((signal) => signal.name)).toEqual(names);
  });

  test('every listed signal has a title and a unit', () => {
    for (const signal of Signal.all()) { expect([signal.title.length > 5, signal.unit!.length > 4]).toEqual([true, true]); }
  });
});

describe('signals by name', () => {
  test('the same name gives the same object', () => {
    expect(Signal.named('error-ratio')).toBe(Signal.ERROR_RATIO);
  });

  test.each<[unknown, string]>([
    ['time-to-first-tokne', "unknown signal 'time-to-first-tokne'; did you mean 'time-to-first-token'?"],
    ['', "unknown signal ''"],
    [undefined, 'unknown signal undefined'],
  ])('refuses %p', (name, sentence) => {
    expect(() => Signal.named(name as string)).toThrow(new Error(sentence));
  });
});

describe('signals of the user\'s own', () => {
  test('are restricted to a fleet', () => {
    const signal = Signal.promql('bad-answers', 'sum(rate(shop_total{verdict="bad",{{selector}}}[{{window}}]))', { unit: 'answers', lowerIsBetter: true });
    expect([signal.name, signal.title, signal.unit, signal.lowerIsBetter, signal.isDistribution]).toEqual(['bad-answers', 'bad-answers', 'answers', true, false]);
    expect(signal.isKnownFor('anything')).toBe(true);
    expect(signal.query({ engine: 'anything', selector: SELECTOR, windowSeconds: 600 })).toBe(`sum(rate(shop_total{verdict="bad",${S}}[10m]))`);
  });

  test('have percentiles where the query takes a quantile', () => {
    const signal = Signal.promql('rank', 'quantile({{quantile}}, rank{{{selector}}})');
    expect(signal.query({ engine: 'vllm', percentile: 99, selector: { a: 'b' } })).toBe('quantile(0.99, rank{a="b"})');
    expect(signal.query({ engine: 'vllm', percentile: 99 })).toBe('quantile(0.99, rank{})');
    expect(() => signal.query({ engine: 'vllm' })).toThrow(new Error("'percentile' is missing but the query of signal 'rank' has {{quantile}}; give one"));
  });

  test('take selectors with dollar signs as they are', () => {
    const signal = Signal.promql('mine', 'x{{{selector}}}');
    expect(signal.query({ engine: 'vllm', patterns: { pod: "a$&$1$'" } })).toBe("x{pod=~\"a$&$1$'\"}");
  });

  test('write their own grouping', () => {
    expect(() => Signal.promql('mine', 'x{{{selector}}}').query({ engine: 'vllm', groupBy: ['pod'] }))
      .toThrow(new Error("'groupBy' is given but signal 'mine' has a query of its own; write the grouping there"));
  });

  const nameRule = 'but must be 1 to 63 small letters, digits and dashes, with no dash at either end';
  const queryRule = 'but must be PromQL of at most 10000 characters with {{selector}} among the label matchers, or it would measure every fleet at once';
  test.each<[unknown, unknown, string]>([
    ['Bad Name', 'x{{{selector}}}', `the name of a signal is 'Bad Name' ${nameRule}`],
    ['', 'x{{{selector}}}', `the name of a signal is '' ${nameRule}`],
    [undefined, 'x{{{selector}}}', `the name of a signal is undefined ${nameRule}`],
    [FIVE_MEGABYTES, 'x{{{selector}}}', `the name of a signal is '${'x'.repeat(60)}…' (5000000 characters) ${nameRule}`],
    ['requests', 'x{{{selector}}}', "the name of a signal is 'requests' but that is a listed one; choose another, or use Signal.named"],
    ['mine', 'sum(x)', `the query of signal 'mine' is 'sum(x)' ${queryRule}`],
    ['mine', undefined, `the query of signal 'mine' is undefined ${queryRule}`],
    ['mine', `{{selector}}${FIVE_MEGABYTES}`, `the query of signal 'mine' is '{{selector}}${'x'.repeat(48)}…' (5000012 characters) ${queryRule}`],
  ])('refuses %p with the query %p', (name, query, sentence) => {
    expect(() => Signal.promql(name as string, query as string)).toThrow(new Error(sentence));
  });
});

test.each<[any, string]>([
  [null, "null is no object in the options of signal 'mine'"],
  [{ lowerIsBetter: 'false' }, "'lowerIsBetter' is 'false' but must be true or false in the options of signal 'mine'"],
  [{ unit: '' }, "'unit' is '' but must be a text of 1 to 100 characters, none of them a control character in the options of signal 'mine'"],
])('a signal of one\'s own refuses the options %p', (options, sentence) => {
  expect(() => Signal.promql('mine', '{{selector}}', options)).toThrow(new Error(sentence));
});
