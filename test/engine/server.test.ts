/**
 * A real server behind the probes, the environment, the arguments, the file system and the times to stop that the library emits. Its weights are
 * dummies and it computes on a CPU; what is changed for that is `ON_A_CPU`, and nothing else is.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { Duration } from 'cdk8s';
import { engineEnvironment, environmentProblem } from './environment';
import { metricFamilies, MetricFamily } from './metrics';
import { ON_A_CPU, Pod, podProblem, Stream } from './pod';
import { SERVER_VERSION, tinyFleet } from './tiny-fleet';
import { METRICS, MetricRow, Series } from '../../src/catalog/data/signals';
import { Signal } from '../../src/catalog/signal';

const MODEL = 'acme/tiny';
/** Of an installation and a start on a busy machine; the probes give up earlier. */
const LONG = 3_600_000;
const problem = environmentProblem() ?? podProblem();
if (problem !== undefined && process.env.CI === 'true') { throw new Error(`no server can be run: ${problem}`); }
if (problem !== undefined) { console.warn(`every test of a server is skipped: ${problem}`); }

/** Whether it holds within some seconds. */
async function within(most: number, holds: () => boolean | Promise<boolean>): Promise<boolean> {
  for (const end = Date.now() + most * 1000; Date.now() < end; await sleep(100)) {
    if (await holds()) { return true; }
  }
  return holds();
}

const completion = (tokens: number) => ({ model: MODEL, prompt: 'tokens come one after the other', max_tokens: tokens, ignore_eos: true });

(problem === undefined ? describe : describe.skip)(`vLLM ${SERVER_VERSION} in the pods of a fleet`, () => {
  const drains = tinyFleet({ drain: Duration.seconds(45), endpointRemoval: Duration.seconds(5) });
  const hangs = tinyFleet({ drain: Duration.seconds(4), endpointRemoval: Duration.seconds(2) });
  let pod: Pod;
  let hanging: Pod;

  const podOf = async (objects: any[]) => {
    const { template } = objects.find(({ kind }) => kind === 'Deployment').spec;
    return new Pod(await engineEnvironment(), template, objects, ON_A_CPU);
  };

  beforeAll(async () => {
    pod = await podOf(drains);
    hanging = await podOf(hangs);
    await Promise.all([pod, hanging].map(async (one) => {
      await one.start();
      await one.becomeReady();
    }));
  }, LONG);
  afterAll(async () => { await Promise.all([pod?.stop(), hanging?.stop()]); }, LONG);

  test('are ready by their own probes, and without a complaint about files that can\'t be written', async () => {
    expect(await pod.get('/health')).toEqual({ status: 200, body: '' });
    expect((await pod.get('/ready')).status).toBe(404);
    expect(pod.log.split('\n').filter((line) => /read-only file system|permission denied|errno 30|errno 13/i.test(line))).toEqual([]);
  });

  test('serve the model under its name, with the context of the plan', async () => {
    const { status, body } = await pod.get('/v1/models');
    const asked = drains.find(({ kind }) => kind === 'Deployment').spec.template.spec.containers[0].args.find((arg: string) => arg.startsWith('--max-model-len='));
    expect([status, JSON.parse(body).data.map(({ id, max_model_len }: any) => [id, `--max-model-len=${max_model_len}`])]).toEqual([200, [[MODEL, asked]]]);
  });

  test('answer completions, chats with the fleet\'s template, and streams', async () => {
    const { status, body } = await pod.post('/v1/completions', completion(5));
    expect([status, JSON.parse(body).usage.completion_tokens]).toEqual([200, 5]);
    const chat = await pod.post('/v1/chat/completions', { model: MODEL, messages: [{ role: 'user', content: 'hello' }], max_tokens: 3 });
    expect(chat.status).toBe(200);
    const stream = pod.stream(completion(20));
    await stream.closed;
    expect(stream.end?.how).toBe('done');
    expect(stream.tokens.length).toBeGreaterThan(1); // of a busy server, two tokens come together
  }, LONG);

  describe('have the metrics of the Signal table', () => {
    let families: Map<string, MetricFamily>;
    beforeAll(async () => {
      const { path, port } = drains.find(({ kind }) => kind === 'PodMonitor').spec.podMetricsEndpoints[0];
      families = metricFamilies((await pod.get(path, port)).body);
    });

    const rows = Signal.all().filter((signal) => signal.isKnownFor('vllm', SERVER_VERSION)).map((signal) => {
      const names = signal.metricNames('vllm', SERVER_VERSION);
      const row = METRICS.find((one) => one.engine === 'vllm' && one.signal === signal.name && names.every((name) => namesOf(one).includes(name)))!;
      return { signal: signal.name, row, names };
    });

    test('of every signal', () => { expect(rows.map(({ signal }) => signal)).toEqual(Signal.all().map(({ name }) => name)); });

    test.each(rows)('$signal: $names', ({ row }) => {
      const labels = (name: string) => families.get(name)?.series.filter((one) => !one.name.endsWith('_created')).map((one) => Object.keys(one.labels).filter((label) => label !== 'le').sort());
      const type = { histogram: row.histogram, gauge: row.gauge ?? row.level, counter: row.counter };
      for (const [kind, name] of Object.entries(type).filter(([, one]) => one !== undefined)) {
        expect([name, families.get(name!)?.type]).toEqual([name, kind]);
        expect(new Set(labels(name!)!.map(String))).toEqual(new Set([[...row.labels].sort().join()]));
      }
      if (row.histogram) { for (const suffix of ['_bucket', '_sum', '_count']) { expect(families.get(row.histogram)!.series.map(({ name }) => name)).toContain(`${row.histogram}${suffix}`); } }
      // What a share divides: each of its counters has series that the matchers choose; of failures there are none.
      for (const { of, among } of row.shares ?? []) {
        for (const series of [...of, ...among]) {
          expect([series.metric, families.get(series.metric)?.type]).toEqual([series.metric, 'counter']);
          expect(labels(series.metric)![0]).toEqual(expect.arrayContaining([...row.labels, ...matchersOf(series).map(({ label }) => label)]));
        }
        for (const series of among) { expect([series, chosen(families, series).length > 0]).toEqual([series, true]); }
        for (const series of of.filter(({ matchers }) => /finished_reason/.test(matchers ?? ''))) { expect([series, chosen(families, series).length]).toEqual([series, 1]); }
      }
    });

    test('with the name of the model that the fleet serves', () => {
      const [running] = families.get('vllm:num_requests_running')!.series;
      expect(running.labels.model_name).toBe(MODEL);
    });

    test('statuses of HTTP are grouped, as the signal of failures expects', () => {
      const statuses = families.get('http_requests_total')!.series.map(({ labels }) => labels.status);
      expect(new Set(statuses.filter((status) => status !== undefined))).toEqual(new Set(['2xx', '4xx']));
    });
  });

  test('drain: endpoint removal first, then the signal; what runs ends well, and the pod is gone in its grace period', async () => {
    const { at, signalled, gone } = await pod.delete();
    // Whoever has not heard of the removal yet is still served, up to the signal. How fast this machine is just now nobody knows, so streams
    // begin all the time and some run when it comes.
    const streams: Stream[] = [];
    while (Date.now() - at < pod.preStopSeconds * 1000 - 300) {
      streams.push(pod.stream(completion(600)));
      await sleep(500);
    }
    expect(streams.length).toBeGreaterThan(5);
    const signal = await signalled;
    expect(signal - at).toBeGreaterThanOrEqual(pod.preStopSeconds * 1000 - 50);
    // From here on no request is served any more, and yet the probe says that the server is ready: the removal must have come before.
    let late: number | undefined;
    expect(await within(5, async () => {
      late = (await pod.post('/v1/completions', completion(1), 5000)).status;
      return late !== 200;
    })).toBe(true);
    expect([late, (await pod.get('/health')).status]).toEqual([500, 200]);

    await Promise.all(streams.map(({ closed }) => closed));
    expect(streams.map(({ end }) => end?.how)).toEqual(streams.map(() => 'done'));
    expect(Math.max(...streams.map(({ end }) => end!.at))).toBeGreaterThan(signal);
    await gone;
    expect({ code: pod.exit?.code, signal: pod.exit?.signal, inTime: pod.exit!.at - at < pod.graceSeconds * 1000 }).toEqual({ code: 0, signal: null, inTime: true });
    console.log(`drained: streams ended ${seconds(at, Math.max(...streams.map(({ end }) => end!.at)))}, the server ${seconds(at, pod.exit!.at)} after the deletion; grace ${pod.graceSeconds} s`);
  }, LONG);

  test('a stream that the drain has no time for gets tokens to the end of the drain, and is ended by that of the grace period at the latest', async () => {
    const stream: Stream = hanging.stream(completion(3900));
    expect(await within(30, () => stream.tokens.length > 0)).toBe(true);
    const { at, gone } = await hanging.delete();
    await gone;
    await stream.closed;
    const last = stream.tokens[stream.tokens.length - 1];
    const drained = (hanging.graceSeconds - 15) * 1000; // less the engine's own end
    expect(last - at).toBeGreaterThan(hanging.preStopSeconds * 1000); // it did not end with the signal
    expect(last - at).toBeLessThan(drained + 2000);
    // Some hang without an error until the grace period ends them, some are told at once that the engine is gone.
    expect(stream.end?.how).not.toBe('done');
    expect((hanging.exit!.at - at) / 1000).toBeLessThan(hanging.graceSeconds + 3);
    console.log(`cut off: the stream got its last token ${seconds(at, last)}, and its end (${stream.end?.how}) ${seconds(at, stream.end!.at)} after the deletion; grace ${hanging.graceSeconds} s`);
  }, LONG);
});

function seconds(from: number, to: number): string { return `${((to - from) / 1000).toFixed(1)} s`; }

function namesOf(row: MetricRow): string[] {
  return [row.histogram, row.gauge, row.level, row.counter, ...(row.shares ?? []).flatMap(({ of, among }) => [...of, ...among]).map(({ metric }) => metric)]
    .filter((name) => name !== undefined);
}

interface Matcher { readonly label: string; readonly pattern: RegExp }

function matchersOf({ matchers = '' }: Series): Matcher[] {
  return [...matchers.matchAll(/([a-z_]+)(=~|=)"([^"]*)"/g)].map(([, label, operator, value]) => ({ label, pattern: operator === '=' ? new RegExp(`^${value}$`) : new RegExp(`^(?:${value})$`) }));
}

/** Series that PromQL's matchers choose. */
function chosen(families: Map<string, MetricFamily>, series: Series): object[] {
  const matchers = matchersOf(series);
  return families.get(series.metric)!.series.filter(({ name, labels }) => name === series.metric && matchers.every(({ label, pattern }) => pattern.test(labels[label] ?? '')));
}
