import { readFileSync } from 'fs';
import { join } from 'path';
import { ApiObject, Duration, Testing } from 'cdk8s';
import { ConfigMap, Secret } from 'cdk8s-plus-28';
import * as fc from 'fast-check';
import { chart, FakeEngine, messageOf } from './fakes';
import { objectOf, rolloutApp, rolloutObjects, RolloutSetting, specOf } from './rollout-app';
import { readSpec } from '../../runner/spec-reader';
import { Signal } from '../../src/catalog/signal';
import { CanaryDriver } from '../../src/rollout/canary-driver';
import { CanaryGate } from '../../src/rollout/canary-gate';
import { CanaryPreview } from '../../src/rollout/canary-preview';
import { ExpectedAnswer } from '../../src/rollout/evaluation-options';
import { RunnerDriverOptions } from '../../src/rollout/runner-driver-options';
import { TrafficShift } from '../../src/rollout/traffic-shift';
import { restrictedViolations } from '../support/pod-security';

const LABELS = {
  'app.kubernetes.io/managed-by': 'cdk8s-inference',
  'app.kubernetes.io/name': 'canary-runner',
  'cdk8s-inference/model': 'llama',
  'cdk8s-inference/rollout': 'llm-canary',
};
const POD = { 'app.kubernetes.io/component': 'canary-runner', 'cdk8s-inference/rollout': 'llm-canary' };
const shares = (...percentages: number[]) => TrafficShift.steps(percentages.map((percentage) => ({ percentage })));

describe('the spec', () => {
  test('says what moves, where it is measured, and how long it takes', () => {
    const { hash, gates, steps, ...spec } = specOf(rolloutApp().at);
    expect(hash).toMatch(/^[0-9a-f]{10}$/);
    expect([gates.length, steps.length]).toEqual([7, 5]);
    const workload = { apiVersion: 'apps/v1', kind: 'Deployment', plural: 'deployments', namespace: 'chat', replicas: 4 };
    const arms = (metric: string) => ({
      stable: `${metric}{cdk8s_inference_fleet="stable",namespace="chat"}`, candidate: `${metric}{cdk8s_inference_fleet="next",namespace="chat"}`,
    });
    expect(spec).toEqual({
      version: 1,
      name: 'llm-canary',
      namespace: 'chat',
      stable: { ...workload, name: 'stable' },
      candidate: { ...workload, name: 'next' },
      route: {
        namespace: 'chat',
        name: 'llm-canary',
        template: {
          apiVersion: 'gateway.networking.k8s.io/v1',
          kind: 'HTTPRoute',
          metadata: { labels: { 'app.kubernetes.io/managed-by': 'cdk8s-inference', 'cdk8s-inference/model': 'llama' } },
          spec: {
            parentRefs: [{ group: 'gateway.networking.k8s.io', kind: 'Gateway', name: 'public', namespace: 'gateways' }],
            hostnames: ['llm.example.com'],
            rules: [{
              matches: ['/v1/chat/completions', '/v1/completions', '/v1/embeddings', '/v1/models', '/v1/responses']
                .map((value) => ({ path: { type: 'Exact', value }, method: 'POST' })),
              timeouts: { request: '4m1s', backendRequest: '4m1s' },
              backendRefs: [{ name: 'stable', port: 8000, weight: 1000 }, { name: 'next', port: 8000, weight: 0 }],
            }],
          },
        },
        stable: { name: 'stable' },
        candidate: { name: 'next' },
        leastWeight: 0,
      },
      metrics: {
        url: 'http://prometheus-operated.monitoring.svc:9090',
        podLabel: 'pod',
        scrapeSeconds: 15,
        up: arms('up'),
        requests: arms('vllm:request_success_total'),
        running: arms('vllm:num_requests_running'),
      },
      risk: { alpha: 0.05, beta: 0.02, minSamples: 20, mostRestarts: 3 },
      timing: {
        tickSeconds: 10, batchSeconds: 30, settleSeconds: 30, warmUpSeconds: 60, startSeconds: 900, doubtSeconds: 600, drainSeconds: 241, leaseSeconds: 60,
      },
      end: { candidateReplicas: 0 },
    });
  });

  test('has steps whose capacity is there before their traffic, and proof before a quarter of it', () => {
    expect(specOf(rolloutApp().at).steps.map(({ minSeconds, maxSeconds, ...step }) => step)).toEqual([
      { weight: 10, needs: 1, runs: 1, proof: false },
      { weight: 50, needs: 1, runs: 1, proof: true },
      { weight: 250, needs: 1, runs: 2, proof: true },
      { weight: 500, needs: 2, runs: 4, proof: true },
      { weight: 1000, needs: 4, runs: 4, proof: true },
    ]);
  });

  test('takes the length of a step from the load, and no less than what is stated', () => {
    const lengths = (load: number, ...minutes: (number | undefined)[]) => {
      const shift = TrafficShift.steps([5, 50, 100].map((percentage, i) => ({ percentage, interval: minutes[i] === undefined ? undefined : Duration.minutes(minutes[i]!) })));
      return specOf(rolloutApp({}, { canary: { shift }, stable: { load } }).at).steps.map(({ minSeconds }) => minSeconds);
    };
    expect(lengths(10)).toEqual([300, 300, 300]);
    expect(lengths(1)).toEqual([400, 300, 300]); // 20 requests of 0.05 a second
    expect(lengths(10, 30, undefined, 600)).toEqual([1800, 300, 36_000]);
    for (const load of [0.5, 1, 10, 1000]) {
      const { at } = rolloutApp({ longestStep: Duration.days(5) }, { stable: { load } });
      for (const { minSeconds, maxSeconds } of specOf(at).steps) { expect(maxSeconds).toBeGreaterThanOrEqual(minSeconds); }
    }
    expect(specOf(rolloutApp({ longestStep: Duration.minutes(60) }).at).steps.map(({ maxSeconds }) => maxSeconds).sort()[0]).toBeLessThanOrEqual(3600);
  });

  test('follows the slower scrape of both fleets', () => {
    const { metrics, timing } = specOf(rolloutApp({}, { candidate: { scrapeSeconds: 60 } }).at);
    expect([metrics.scrapeSeconds, timing.batchSeconds, timing.settleSeconds]).toEqual([60, 120, 120]);
  });

  test('of LeaderWorkerSets, of another namespace and of another kind of engine says so', () => {
    const { at } = rolloutApp({}, {
      stable: { workloadKind: 'LeaderWorkerSet' }, candidate: { namespace: 'next', engine: new FakeEngine('sglang', '0.5.23') },
    });
    const { stable, candidate, route, metrics } = specOf(at);
    expect(stable).toMatchObject({ apiVersion: 'leaderworkerset.x-k8s.io/v1', kind: 'LeaderWorkerSet', plural: 'leaderworkersets', namespace: 'chat' });
    expect([candidate.namespace, route.candidate]).toEqual(['next', { name: 'next', namespace: 'next' }]);
    expect(metrics.requests.candidate).toBe('sglang:num_requests_total{cdk8s_inference_fleet="next",namespace="next"}');
  });

  test('has previews, copies and evaluations where the canary has them', () => {
    const { at } = rolloutApp({}, {
      canary: {
        preview: CanaryPreview.header('x-preview', 'yes'),
        mirror: { percentage: 100 },
        gates: [CanaryGate.evaluation({ prompts: [{ prompt: 'Hello?', expected: ExpectedAnswer.containing('hello') }] })],
      },
    });
    const { route, steps, gates, hash } = specOf(at);
    expect(route.previewRules).toEqual([1]);
    expect(steps[0]).toMatchObject({ weight: 0, mirrored: 1000, needs: 4, runs: 4 });
    expect(gates).toEqual([expect.objectContaining({ kind: 'score', name: 'evaluation', job: expect.objectContaining({ metadata: expect.objectContaining({ name: `llm-canary-evaluation-${hash}` }) }) })]);
  });

  test('evaluates with the image that is stated for the runner', () => {
    const image = `registry.example.com/node@sha256:${'c'.repeat(64)}`;
    const gates = [CanaryGate.evaluation({ prompts: [{ prompt: 'Hello?', expected: ExpectedAnswer.containing('hello') }] })];
    const [{ job }]: any[] = [...specOf(rolloutApp({ image }, { canary: { gates } }).at).gates];
    expect(job.spec.template.spec.containers[0].image).toBe(image);
  });

  test('wants proof on copies, and with it none of the shares up to 25 %', () => {
    const proven = (canary: object) => specOf(rolloutApp({}, { canary }).at).steps.map(({ weight, proof }) => [weight, proof]);
    expect(proven({})).toEqual([[10, false], [50, true], [250, true], [500, true], [1000, true]]);
    expect(proven({ mirror: { percentage: 50 } })).toEqual([[0, true], [10, false], [50, false], [250, true], [500, true], [1000, true]]);
  });

  test('keeps both weighted where the gateway needs it', () => {
    expect(specOf(rolloutApp({}, { canary: { keepBothWeighted: true } }).at)).toMatchObject({ route: { leastWeight: 1 }, end: { candidateReplicas: 0 } });
  });

  test('is the same bytes in two runs', () => {
    expect(JSON.stringify(rolloutObjects(rolloutApp().at))).toBe(JSON.stringify(rolloutObjects(rolloutApp().at)));
  });
});

describe('replicas', () => {
  test('of the candidate belong to the runner, those of the stable fleet stay in Git', () => {
    const { stable, candidate } = rolloutApp();
    expect([stable.running, candidate.running]).toEqual([[], [undefined]]);
  });

  test('of the candidate may stay after a rollback', () => {
    expect(specOf(rolloutApp({ candidateReplicasAtEnd: 1 }).at).end).toEqual({ candidateReplicas: 1 });
  });
});

describe('gates', () => {
  const gatesOf = (gates: CanaryGate[], setting: RolloutSetting = {}) => specOf(rolloutApp({}, { ...setting, canary: { gates, ...setting.canary } }).at).gates;
  const S = (fleet: string) => `cdk8s_inference_fleet="${fleet}",namespace="chat"`;

  test('on errors are shares, of which vLLM has two', () => {
    const http = (fleet: string, more = '') => `http_requests_total{handler=~"/v1/.*",method="POST"${more},${S(fleet)}}`;
    const engine = (fleet: string, more = '') => `vllm:request_success_total{${more}${S(fleet)}}`;
    expect(gatesOf([CanaryGate.below(Signal.ERROR_RATIO, 0.02), CanaryGate.noWorseThanStable(Signal.ERROR_RATIO, 3)])).toEqual([
      { kind: 'share-limit', name: 'error-ratio-below-0.02-http', events: http('next', ',status=~"5.."'), total: http('next'), good: 0.02, bad: 0.04, expected: 0.002 },
      { kind: 'share-limit', name: 'error-ratio-below-0.02-engine', events: engine('next', 'finished_reason="error",'), total: engine('next'), good: 0.02, bad: 0.04, expected: 0.002 },
      {
        kind: 'share-ratio',
        name: 'error-ratio-beside-stable-http',
        events: { stable: http('stable', ',status=~"5.."'), candidate: http('next', ',status=~"5.."') },
        total: { stable: http('stable'), candidate: http('next') },
        factor: 3,
      },
      {
        kind: 'share-ratio',
        name: 'error-ratio-beside-stable-engine',
        events: { stable: engine('stable', 'finished_reason="error",'), candidate: engine('next', 'finished_reason="error",') },
        total: { stable: engine('stable'), candidate: engine('next') },
        factor: 3,
      },
    ]);
    expect(gatesOf([CanaryGate.noWorseThanStable(Signal.ERROR_RATIO, 3)], { candidate: { engine: new FakeEngine('sglang', '0.5.23') } }).map(({ name }) => name)).toEqual(['error-ratio-beside-stable']);
    expect(gatesOf([CanaryGate.below(Signal.ERROR_RATIO, 0.8)])[0]).toMatchObject({ good: 0.8, bad: 0.9 }); // there is no 1.6
  });

  test('on latencies are means beside the stable fleet, at the load that the plan knows', () => {
    const [gate] = gatesOf([CanaryGate.noWorseThanStable(Signal.TIME_TO_FIRST_TOKEN, 1.2)]) as any[];
    const both = (of: string) => ({ stable: `vllm:time_to_first_token_seconds_${of}{${S('stable')}}`, candidate: `vllm:time_to_first_token_seconds_${of}{${S('next')}}` });
    expect({ ...gate, atLoad: undefined }).toEqual({ kind: 'mean-ratio', name: 'time-to-first-token-beside-stable', sum: both('sum'), count: both('count'), factor: 1.2, floor: 0 });
    const { atLoad } = gate;
    expect(atLoad.length).toBeGreaterThanOrEqual(8);
    for (const [i, { running, seconds }] of atLoad.entries()) {
      expect(running).toBeGreaterThan(atLoad[i - 1]?.running ?? 0);
      expect(seconds).toBeGreaterThanOrEqual(atLoad[i - 1]?.seconds ?? 0);
    }
    const [queue] = gatesOf([CanaryGate.noWorseThanStable(Signal.QUEUE_TIME, 1.3)]) as any[];
    expect([queue.floor, queue.atLoad]).toEqual([0.15, undefined]);
  });

  test('on a latency target are the share above a bound of the histogram', () => {
    expect(gatesOf([CanaryGate.below(Signal.END_TO_END_LATENCY, 60, { percentile: 99 })])).toEqual([{
      kind: 'share-limit',
      name: 'end-to-end-latency-p99-below-60',
      events: `vllm:e2e_request_latency_seconds_bucket{le=~"60([.]0)?",${S('next')}}`,
      eventsAreGood: true,
      total: `vllm:e2e_request_latency_seconds_count{${S('next')}}`,
      good: 0.01,
      bad: 0.02,
      expected: 0.01,
    }]);
  });

  test('on anything else are readings of PromQL', () => {
    const gates = [
      CanaryGate.below(Signal.WAITING_REQUESTS, 10),
      CanaryGate.noWorseThanStable(Signal.TIME_TO_FIRST_TOKEN, 2, { percentile: 99 }),
      CanaryGate.noWorseThanStable(Signal.PREFIX_CACHE_HIT_RATIO, 2),
      CanaryGate.promql({ name: 'clicks', query: 'clicks{{{selector}}} / clicks{{{stable}}}', above: 0.9 }),
      CanaryGate.below(Signal.promql('refusals', 'sum(rate(refusals{{{selector}}}[{{window}}]))'), 3),
    ];
    const p99 = (fleet: string) => `(histogram_quantile(0.99, sum by (le) (rate(vllm:time_to_first_token_seconds_bucket{${S(fleet)}}[1m]))))`;
    const hits = (fleet: string) => {
      const queries = `sum(rate(vllm:prefix_cache_queries_total{${S(fleet)}}[1m]))`;
      return `((sum(rate(vllm:prefix_cache_hits_total{${S(fleet)}}[1m])) or 0 * ${queries}) / ${queries})`;
    };
    expect(gatesOf(gates)).toEqual([
      { kind: 'level', name: 'waiting-requests-below-10', query: `sum(avg_over_time(vllm:num_requests_waiting{${S('next')}}[1m]))`, limit: 10, lowerIsBetter: true },
      { kind: 'level', name: 'time-to-first-token-p99-beside-stable', query: `${p99('next')} / ${p99('stable')}`, limit: 2, lowerIsBetter: true },
      { kind: 'level', name: 'prefix-cache-hit-ratio-beside-stable', query: `${hits('next')} / ${hits('stable')}`, limit: 0.5, lowerIsBetter: false },
      { kind: 'level', name: 'clicks', query: `clicks{${S('next')}} / clicks{${S('stable')}}`, limit: 0.9, lowerIsBetter: false },
      { kind: 'level', name: 'refusals-below-3', query: `sum(rate(refusals{${S('next')}}[1m]))`, limit: 3, lowerIsBetter: true },
    ]);
  });

  test.each(['vllm', 'sglang', 'trtllm'])('of the default stand for two fleets of %s', (engine) => {
    const both = { engine: new FakeEngine(engine), latency: { timeToFirstTokenMillis: 1000 } };
    const names = specOf(rolloutApp({}, { stable: both, candidate: both }).at).gates.map(({ name }) => name);
    expect(names).toEqual(expect.arrayContaining(['time-to-first-token-beside-stable', 'time-per-output-token-beside-stable', 'queue-time-beside-stable']));
    expect(names.filter((name) => name.startsWith('error-ratio-'))).toHaveLength(engine === 'vllm' ? 4 : 2);
    expect(names.includes('time-to-first-token-p95-below-1')).toBe(engine !== 'trtllm'); // nobody states its buckets
  });

  test.each<[string, CanaryGate[], string]>([
    ['a limit between two buckets', [CanaryGate.below(Signal.TIME_TO_FIRST_TOKEN, 0.8)],
      "gate 'time-to-first-token-p95-below-0.8' counts what takes longer than 0.8 s but engine 'vllm' counts 'time-to-first-token' by buckets up to 0.75 and 1 s and none between; use 0.75 or 1"],
    ['a limit beyond all buckets', [CanaryGate.below(Signal.TIME_TO_FIRST_TOKEN, 3000)],
      "gate 'time-to-first-token-p95-below-3000' counts what takes longer than 3000 s but engine 'vllm' counts 'time-to-first-token' by buckets up to 2560 s and none between; use 2560"],
    ['a comparison of what adds up', [CanaryGate.noWorseThanStable(Signal.WAITING_REQUESTS, 2)],
      "gate 'waiting-requests-beside-stable' compares 'waiting-requests', which adds up over replicas, so that the candidate looks better the less traffic it has; use CanaryGate.below, or CanaryGate.promql with a value per request"],
    ['a share that is no limit', [CanaryGate.below(Signal.ERROR_RATIO, 1)], "gate 'error-ratio-below-1' is a share below 1, which every share is; state a limit below 1"],
    ['one gate twice', [CanaryGate.below(Signal.ERROR_RATIO, 0.01), CanaryGate.below(Signal.ERROR_RATIO, 0.01)],
      "two gates are called 'error-ratio-below-0.01-http'; leave one of them out, or name it otherwise"],
    ['an evaluation without options', [CanaryGate.evaluation(undefined as any)], 'the options of an evaluation are null but must be an object'],
  ])('are refused, in one sentence: %s', (_, gates, sentence) => {
    const message = messageOf(() => gatesOf(gates))!;
    expect(message.replace(/^\[chat\/Canary(\/Evaluation\d)?\] /, '')).toBe(sentence);
  });

  test('are refused where nobody states the buckets', () => {
    expect(messageOf(() => gatesOf([CanaryGate.below(Signal.TIME_TO_FIRST_TOKEN, 1)], { candidate: { engine: new FakeEngine('vllm', '0.12.0') } }))).toBe(
      "[chat/Canary] gate 'time-to-first-token-p95-below-1' counts what takes longer than 1 s but nobody states the buckets of 'time-to-first-token' of engine 'vllm' 0.12.0; compare with the stable fleet, or use CanaryGate.promql");
  });
});

describe('samples that are out of reach are refused with what would do:', () => {
  test.each<[string, RunnerDriverOptions, RolloutSetting, string]>([
    ['a quiet fleet', {}, { stable: { load: 0.3 } },
      "step 2 of the rollout (5 %) gets 0.015 of the route's 0.3 requests/s and waits for what gate 'error-ratio-below-0.01-http' needs, which take 11 hours, but 'longestStep' is 6 hours; make the step 9 %, or allow 11 hours, or send it synthetic requests and state 'requestsPerSecond' with them, or use fewer gates, or move the steps by hand (CanaryDriver.manual)"],
    ['a first share that is nothing', { longestStep: Duration.hours(1) }, { stable: { load: 1 }, canary: { shift: shares(0.1, 50, 100), gates: [] } },
      "step 1 of the rollout (0.1 %) gets 0.001 of the route's 1 requests/s and waits for 20 requests, which take 6 hours, but 'longestStep' is 60 minutes; make the step 1 %, or allow 6 hours, or copy requests to the candidate before ('mirror') and begin with a larger share, or send it synthetic requests and state 'requestsPerSecond' with them, or use fewer gates, or move the steps by hand (CanaryDriver.manual)"],
    ['a copy of little', {}, { stable: { load: 0.01 }, canary: { mirror: { percentage: 5 }, shift: shares(100), gates: [] } },
      "the mirrored step (5 %) gets 0.0005 of the route's 0.01 requests/s and waits for 20 requests, which take 12 hours, but 'longestStep' is 6 hours; make the step 10 %, or allow 12 hours, or send it synthetic requests and state 'requestsPerSecond' with them, or use fewer gates, or move the steps by hand (CanaryDriver.manual)"],
  ])('%s', (_, options, setting, sentence) => {
    expect(messageOf(() => rolloutApp(options, setting))).toBe(`[chat/Canary] ${sentence}`);
  });

  test('what the sentence offers works', () => {
    const quiet = { stable: { load: 0.3 } };
    expect(messageOf(() => rolloutApp({ longestStep: Duration.hours(11) }, quiet))).toBeUndefined();
    expect(messageOf(() => rolloutApp({ requestsPerSecond: 3 }, quiet))).toBeUndefined();
    expect(messageOf(() => rolloutApp({}, { ...quiet, canary: { shift: shares(1, 9, 25, 50, 100) } })))
      .not.toMatch(/^\[chat\/Canary\] step 2 of/);
  });
});

describe('the Job', () => {
  test('runs the bundled file, restricted, until the rollout is over', () => {
    const { metadata, spec } = objectOf(rolloutApp().at, 'Job');
    expect(metadata).toEqual({ name: expect.stringMatching(/^llm-canary-[0-9a-f]{8}$/), namespace: 'chat', labels: LABELS });
    expect(spec).toEqual({
      backoffLimit: 1_000_000,
      completions: 1,
      parallelism: 1,
      template: {
        metadata: { labels: { ...LABELS, ...POD } },
        spec: {
          restartPolicy: 'OnFailure',
          serviceAccountName: 'llm-canary-runner',
          automountServiceAccountToken: true,
          enableServiceLinks: false,
          securityContext: { runAsNonRoot: true, runAsUser: 1000, runAsGroup: 1000, seccompProfile: { type: 'RuntimeDefault' } },
          containers: [{
            name: 'runner',
            image: 'docker.io/library/node:22.23.3-alpine@sha256:0a7108bf6c7bf5de370ffb1a3ed6be93d405b43ff159f681a8d18c0e2bc2e402',
            command: ['node', '--max-old-space-size=256', '/runner/canary-runner.js'],
            env: [
              { name: 'CANARY_HASH', value: specOf(rolloutApp().at).hash },
              { name: 'CANARY_METRICS_PORT', value: '9464' },
              { name: 'CANARY_NAME', value: 'llm-canary' },
              { name: 'CANARY_NAMESPACE', value: 'chat' },
              { name: 'POD_NAME', valueFrom: { fieldRef: { apiVersion: 'v1', fieldPath: 'metadata.name' } } },
            ],
            ports: [{ name: 'metrics', containerPort: 9464, protocol: 'TCP' }],
            resources: { requests: { cpu: '20m', memory: '96Mi' }, limits: { cpu: '1', memory: '384Mi' } },
            volumeMounts: [{ name: 'runner', mountPath: '/runner', readOnly: true }],
            securityContext: {
              allowPrivilegeEscalation: false, readOnlyRootFilesystem: true, runAsNonRoot: true, capabilities: { drop: ['ALL'] }, seccompProfile: { type: 'RuntimeDefault' },
            },
            terminationMessagePolicy: 'FallbackToLogsOnError',
          }],
          volumes: [{ name: 'runner', configMap: { name: 'llm-canary-runner', defaultMode: 0o444 } }],
        },
      },
    });
    expect(restrictedViolations(spec.template)).toEqual([]);
    expect(spec).not.toHaveProperty('ttlSecondsAfterFinished'); // GitOps would run it again
  });

  test('may be annotated without becoming another one', () => {
    const { at, canary } = rolloutApp();
    (canary.node.findChild('Job') as ApiObject).metadata.addAnnotation('example.com/own', 'true');
    expect(objectOf(at, 'Job').metadata).toMatchObject({ name: objectOf(rolloutApp().at, 'Job').metadata.name, annotations: { 'example.com/own': 'true' } });
  });

  test('mounts the file that the package brings', () => {
    const { data } = objectOf(rolloutApp().at, 'ConfigMap', 'llm-canary-runner');
    expect(data).toEqual({ 'canary-runner.js': readFileSync(join(__dirname, '../../bin/canary-runner.js'), 'utf8') });
    expect(Buffer.byteLength(data['canary-runner.js'])).toBeLessThan(200_000);
  });

  test('reads Prometheus\' token and certificates from files', () => {
    const at = chart('chat');
    const { spec } = objectOf(rolloutApp({
      prometheusUrl: 'https://metrics.example.com:8443/prometheus/',
      prometheusToken: { secret: Secret.fromSecretName(at, 'Token', 'prometheus'), key: 'bearer' },
      prometheusCertificates: { configMap: ConfigMap.fromConfigMapName(at, 'Ca', 'company-ca'), key: 'ca.pem' },
    }, { at }).at, 'Job');
    const { volumes, containers: [{ env, volumeMounts }] } = spec.template.spec;
    expect(volumes.slice(1)).toEqual([
      { name: 'prometheus-token', secret: { secretName: 'prometheus', defaultMode: 0o444, items: [{ key: 'bearer', path: 'token' }] } },
      { name: 'prometheus-certificates', configMap: { name: 'company-ca', defaultMode: 0o444, items: [{ key: 'ca.pem', path: 'ca.crt' }] } },
    ]);
    const fileOf = (name: string) => env.find((one: any) => one.name === name).value;
    expect([fileOf('CANARY_PROMETHEUS_TOKEN_FILE'), fileOf('CANARY_PROMETHEUS_CA_FILE')]).toEqual(['/prometheus/token/token', '/prometheus/certificates/ca.crt']);
    expect(volumeMounts.map(({ mountPath }: any) => mountPath)).toEqual(['/runner', '/prometheus/token', '/prometheus/certificates']);
  });

  test('takes an image of one\'s own for evaluations too', () => {
    const image = `registry.example.com/node:22@sha256:${'a'.repeat(64)}`;
    const gates = [CanaryGate.evaluation({ prompts: [{ prompt: 'Hello?', expected: ExpectedAnswer.containing('hello') }] })];
    const [{ job }] = specOf(rolloutApp({ image }, { canary: { gates } }).at).gates as any[];
    expect(job.spec.template.spec.containers[0].image).toBe(image);
  });

  test('takes an image of one\'s own, with the file or without', () => {
    const image = `registry.example.com/node:22@sha256:${'a'.repeat(64)}`;
    const { at } = rolloutApp({ image, fileInImage: '/app/runner.js', imagePullSecrets: [Secret.fromSecretName(chart(), 'Pull', 'pull')] });
    const { containers: [container], volumes, imagePullSecrets } = objectOf(at, 'Job').spec.template.spec;
    expect([container.image, container.command[2], container.volumeMounts, volumes, imagePullSecrets]).toEqual([image.replace(':22@', ':22@'), '/app/runner.js', undefined, undefined, [{ name: 'pull' }]]);
    expect(rolloutObjects(at).filter(({ kind }) => kind === 'ConfigMap').map(({ metadata }) => metadata.name)).toEqual(['llm-canary']);
    expect(objectOf(rolloutApp({ image: 'node:22', allowMutableTag: true }).at, 'Job').spec.template.spec.containers[0].image).toBe('node:22');
  });
});

describe('a new rollout is', () => {
  const hashOf = (options: RunnerDriverOptions, setting: RolloutSetting = {}) => specOf(rolloutApp(options, setting).at).hash;
  const jobOf = (options: RunnerDriverOptions, setting: RolloutSetting = {}) => objectOf(rolloutApp(options, setting).at, 'Job').metadata.name;

  test.each<[string, RunnerDriverOptions, RolloutSetting]>([
    ['other steps', {}, { canary: { shift: shares(5, 100) } }],
    ['a longer step', {}, { canary: { shift: TrafficShift.steps([1, 5, 25, 50, 100].map((percentage) => ({ percentage, interval: Duration.minutes(11) }))) } }],
    ['other gates', {}, { canary: { gates: [CanaryGate.below(Signal.ERROR_RATIO, 0.01)] } }],
    ['another factor of a gate', {}, { canary: { gates: [CanaryGate.noWorseThanStable(Signal.QUEUE_TIME, 1.4)] } }],
    ['another candidate', {}, { candidate: { replicas: 5 } }],
    ['another stable fleet', {}, { stable: { replicas: 5 } }],
    ['other hostnames', {}, { route: { hostnames: ['chat.example.com'] } }],
    ['another time for a request', {}, { canary: { requestTimeout: Duration.minutes(20) } }],
    ['a gateway with other habits', {}, { canary: { keepBothWeighted: true } }],
    ['another end', { candidateReplicasAtEnd: 1 }, {}],
    ['another attempt', { attempt: 2 }, {}],
  ])('%s', (_, options, setting) => {
    expect(hashOf(options, setting)).not.toBe(hashOf({}));
    expect(jobOf(options, setting)).not.toBe(jobOf({}));
  });

  test('not another address of Prometheus, another image or another network, though the Job is another one where it must be', () => {
    const image = `registry.example.com/node:22@sha256:${'a'.repeat(64)}`;
    const others: RunnerDriverOptions[] = [{ prometheusUrl: 'http://thanos.monitoring:10902' }, { image }, { network: { policies: false } }, { monitoring: { labels: { release: 'x' } } }, { attempt: 1 }];
    expect(new Set(others.map((options) => hashOf(options)))).toEqual(new Set([hashOf({})]));
    expect(others.map((options) => jobOf(options) === jobOf({}))).toEqual([true, false, true, true, true]);
  });
});

describe('access', () => {
  const rule = (apiGroup: string, resource: string, verbs: string[], ...resourceNames: string[]) => (
    { apiGroups: [apiGroup], resources: [resource], ...resourceNames.length ? { resourceNames } : {}, verbs }
  );
  const OWN = [
    rule('', 'configmaps', ['get'], 'llm-canary', 'llm-canary-state'),
    rule('', 'configmaps', ['update'], 'llm-canary-state'),
    rule('', 'configmaps', ['create']),
    rule('coordination.k8s.io', 'leases', ['get', 'update'], 'llm-canary-lease'),
    rule('coordination.k8s.io', 'leases', ['create']),
    rule('', 'events', ['create']),
    rule('gateway.networking.k8s.io', 'httproutes', ['get', 'update'], 'llm-canary'),
    rule('gateway.networking.k8s.io', 'httproutes', ['create']),
  ];

  test('is to the rollout\'s own objects, the scale of both fleets, and nothing else', () => {
    const { at } = rolloutApp();
    expect(objectOf(at, 'Role').rules).toEqual([
      ...OWN,
      rule('apps', 'deployments', ['get'], 'stable'),
      rule('apps', 'deployments/scale', ['update'], 'stable'),
      rule('apps', 'deployments', ['get'], 'next'),
      rule('apps', 'deployments/scale', ['update'], 'next'),
    ]);
    const { roleRef, subjects } = objectOf(at, 'RoleBinding');
    expect(roleRef).toEqual({ apiGroup: 'rbac.authorization.k8s.io', kind: 'Role', name: 'llm-canary-runner' });
    expect(subjects).toEqual([{ kind: 'ServiceAccount', name: 'llm-canary-runner', namespace: 'chat' }]);
    expect(objectOf(at, 'ServiceAccount')).toMatchObject({ metadata: { name: 'llm-canary-runner', namespace: 'chat' }, automountServiceAccountToken: false });
  });

  test('to a candidate elsewhere, and to its evaluations, stands there', () => {
    const { at } = rolloutApp({}, {
      candidate: { namespace: 'next', workloadKind: 'LeaderWorkerSet' },
      canary: { gates: [CanaryGate.evaluation({ prompts: [{ prompt: 'Hello?', expected: ExpectedAnswer.containing('hello') }] })] },
    });
    const roles = rolloutObjects(at).filter(({ kind }) => kind === 'Role');
    expect(roles.map(({ metadata }) => [metadata.namespace, metadata.name])).toEqual([['chat', 'llm-canary-runner'], ['next', 'llm-canary-runner']]);
    expect(roles[0].rules).toEqual([...OWN, rule('apps', 'deployments', ['get'], 'stable'), rule('apps', 'deployments/scale', ['update'], 'stable')]);
    expect(roles[1].rules).toEqual([
      rule('leaderworkerset.x-k8s.io', 'leaderworkersets', ['get'], 'next'),
      rule('leaderworkerset.x-k8s.io', 'leaderworkersets/scale', ['update'], 'next'),
      rule('batch', 'jobs', ['get'], `llm-canary-evaluation-${specOf(at).hash}`),
      rule('batch', 'jobs', ['create']),
      rule('', 'pods', ['list']),
    ]);
    const [, binding] = rolloutObjects(at).filter(({ kind }) => kind === 'RoleBinding');
    expect([binding.metadata.namespace, binding.subjects]).toEqual(['next', [{ kind: 'ServiceAccount', name: 'llm-canary-runner', namespace: 'chat' }]]);
  });
});

describe('the network', () => {
  const EVERYWHERE = [{ ipBlock: { cidr: '0.0.0.0/0', except: ['169.254.0.0/16'] } }, { ipBlock: { cidr: '::/0', except: ['fd00:ec2::/32', 'fe80::/10'] } }];
  const namespace = (name: string) => ({ namespaceSelector: { matchLabels: { 'kubernetes.io/metadata.name': name } } });
  const tcp = (...ports: number[]) => ports.map((port) => ({ protocol: 'TCP', port }));

  test('leads to the API server, Prometheus and name servers, and in from Prometheus', () => {
    expect(objectOf(rolloutApp().at, 'NetworkPolicy').spec).toEqual({
      podSelector: { matchLabels: POD },
      policyTypes: ['Ingress', 'Egress'],
      ingress: [{ from: [namespace('monitoring')], ports: tcp(9464) }],
      egress: [
        { to: [namespace('kube-system'), { ipBlock: { cidr: '169.254.20.10/32' } }], ports: [{ protocol: 'UDP', port: 53 }, { protocol: 'TCP', port: 53 }] },
        { to: EVERYWHERE, ports: tcp(443, 6443) },
        { to: [namespace('monitoring')], ports: tcp(9090) },
      ],
    });
  });

  test.each<[string, object[], number]>([
    ['http://prometheus:9090', [namespace('chat')], 9090],
    ['http://prometheus.observability', [namespace('observability')], 80],
    ['https://thanos.observability.svc.cluster.local:10902/x', [namespace('observability')], 10902],
    ['https://metrics.example.com', EVERYWHERE, 443],
    ['http://10.1.2.3:9090', EVERYWHERE, 9090],
    ['http://[fd00::1]:9090', EVERYWHERE, 9090],
  ])('leads to Prometheus at %s', (prometheusUrl, to, port) => {
    expect(objectOf(rolloutApp({ prometheusUrl }).at, 'NetworkPolicy').spec.egress[2]).toEqual({ to, ports: tcp(port) });
  });

  test('takes addresses, ports and labels of one\'s own', () => {
    const { egress, ingress } = objectOf(rolloutApp({
      network: { apiServerCidrs: ['10.0.0.1/32', 'fd00::1/128'], apiServerPorts: [8443], prometheusPodPort: 10902, dnsPort: 5353, dnsNamespaceLabels: { a: 'dns' } },
      monitoring: { namespaceLabels: { a: 'b' } },
    }).at, 'NetworkPolicy').spec;
    expect(egress).toEqual([
      { to: [{ namespaceSelector: { matchLabels: { a: 'dns' } } }, { ipBlock: { cidr: '169.254.20.10/32' } }], ports: [{ protocol: 'UDP', port: 5353 }, { protocol: 'TCP', port: 5353 }] },
      { to: [{ ipBlock: { cidr: '10.0.0.1/32' } }, { ipBlock: { cidr: 'fd00::1/128' } }], ports: tcp(8443) },
      { to: [namespace('monitoring')], ports: tcp(10902) },
    ]);
    expect(ingress).toEqual([{ from: [{ namespaceSelector: { matchLabels: { a: 'b' } } }], ports: tcp(9464) }]);
  });

  test('is left alone where it is told so', () => {
    expect(rolloutObjects(rolloutApp({ network: { policies: false } }).at).map(({ kind }) => kind)).not.toContain('NetworkPolicy');
  });
});

describe('monitoring', () => {
  test('has the runner scraped', () => {
    const { metadata, spec } = objectOf(rolloutApp({ monitoring: { labels: { release: 'prometheus' }, interval: Duration.seconds(30) } }).at, 'PodMonitor');
    expect(metadata).toEqual({ name: 'llm-canary-runner', namespace: 'chat', labels: { ...LABELS, release: 'prometheus' } });
    expect(spec).toEqual({
      selector: { matchLabels: POD },
      podTargetLabels: ['cdk8s-inference/rollout'],
      podMetricsEndpoints: [{ port: 'metrics', path: '/metrics', interval: '30s', scrapeTimeout: '10s' }],
    });
  });

  test('records what the runner reads, of either fleet', () => {
    const { metadata, spec: { groups: [group, ...more] } } = objectOf(rolloutApp({ monitoring: { labels: { release: 'prometheus' } } }).at, 'PrometheusRule');
    expect([metadata.labels.release, group.name, group.interval, more]).toEqual(['prometheus', 'canary-llm-canary', '30s', []]);
    const records = ['error_ratio', 'time_to_first_token_seconds:mean5m', 'time_per_output_token_seconds:mean5m', 'queue_time_seconds:mean5m', 'requests:rate5m', 'running_requests'];
    expect(group.rules.map(({ record, labels }: any) => [record, labels.side])).toEqual(['stable', 'candidate'].flatMap((side) => records.map((record) => [`cdk8s_inference_canary:${record}`, side])));
    expect(group.rules[10]).toEqual({
      record: 'cdk8s_inference_canary:requests:rate5m',
      expr: 'sum(rate(vllm:request_success_total{cdk8s_inference_fleet="next",namespace="chat"}[5m]))',
      labels: { namespace: 'chat', rollout: 'llm-canary', side: 'candidate' },
    });
    for (const { record } of group.rules) { expect(record).toMatch(/^[a-zA-Z_:][a-zA-Z0-9_:]*$/); }
  });

  test('is left out where it is told so', () => {
    const { at } = rolloutApp({ monitoring: { enabled: false } });
    expect(rolloutObjects(at).map(({ kind }) => kind)).toEqual(['ConfigMap', 'ConfigMap', 'ServiceAccount', 'Role', 'RoleBinding', 'Job', 'NetworkPolicy']);
    expect(objectOf(at, 'NetworkPolicy').spec).not.toHaveProperty('ingress');
  });
});

describe('refuses, in one sentence,', () => {
  const unnamed = { stable: { namespace: undefined }, candidate: { namespace: undefined } };
  test.each<[string, any, RolloutSetting, string]>([
    ['options that are a number', 1, {}, 'the options of CanaryDriver.runner are 1 but must be an object'],
    ['fleets without a namespace', {}, { ...unnamed, at: chart() },
      "fleet 'chat/Stable' names no namespace, but the runner must know where what it moves is; give its chart a 'namespace', or move the steps by hand (CanaryDriver.manual)"],
    ['a fleet that nobody scrapes', {}, { candidate: { scrapeSeconds: 0 } },
      "fleet 'chat/Next' ('candidate') is not scraped ('monitoring.enabled' is false), so that the runner could not judge the candidate; leave monitoring on, or move the steps by hand (CanaryDriver.manual)"],
    ['an engine without a count of requests', {}, { stable: { engine: new FakeEngine('my-server') } },
      "engine 'my-server' of 'stable' has no metric for 'requests', without which the runner can't tell silence from success; move the steps by hand (CanaryDriver.manual)"],
    ['a workload that it can\'t scale', {}, { candidate: { workloadKind: 'DaemonSet' as any } },
      "fleet 'chat/Next' is a DaemonSet but the runner scales Deployment, LeaderWorkerSet, StatefulSet alone; move the steps by hand (CanaryDriver.manual)"],
    ['an address without a protocol', { prometheusUrl: 'prometheus:9090' }, {},
      "'prometheusUrl' is 'prometheus:9090' but must be the address of Prometheus' HTTP API, e.g. 'http://prometheus-operated.monitoring.svc:9090'"],
    ['an address with a query', { prometheusUrl: 'http://prometheus:9090/?a=b' }, {},
      "'prometheusUrl' is 'http://prometheus:9090/?a=b' but must be the address of Prometheus' HTTP API, e.g. 'http://prometheus-operated.monitoring.svc:9090'"],
    ['a password in clear text', { prometheusUrl: 'https://me:secret@prometheus:9090' }, {},
      "'prometheusUrl' has a user or a password in it, which would stand in the manifest in clear text; use 'prometheusToken'"],
    ['a token in a text', { prometheusToken: 'secret' }, {}, "'prometheusToken' is 'secret' but must give a 'secret' and a 'key'"],
    ['certificates in a text', { prometheusCertificates: 'ca' }, {}, "'prometheusCertificates' is 'ca' but must give a 'configMap' and a 'key'"],
    ['no requests at all', { requestsPerSecond: 0 }, {}, "'requestsPerSecond' is 0 but must be a number of requests per second above 0 and at most 1000000"],
    ['a number for a time', { longestStep: 3600 }, {}, "'longestStep' of the runner is 3600 but must be a Duration above zero"],
    ['no time for doubt', { longestDoubt: Duration.seconds(0) }, {}, "'longestDoubt' of the runner is 0 s but must be a Duration above zero"],
    ['more replicas than planned', { candidateReplicasAtEnd: 5 }, {}, "'candidateReplicasAtEnd' is 5 but must be a whole number of replicas from 0 to 4"],
    ['half a replica', { candidateReplicasAtEnd: 0.5 }, {}, "'candidateReplicasAtEnd' is 0.5 but must be a whole number of replicas from 0 to 4"],
    ['attempt zero', { attempt: 0 }, {}, "'attempt' is 0 but must be a whole number from 1 to 1000000, in the options of the runner"],
    ['an image by tag', { image: 'node:22' }, {},
      "image 'node:22' has no digest, so that what runs could change without a commit; write it as 'name:tag@sha256:…', or accept the tag with 'allowMutableTag: true'"],
    ['a file without its image', { fileInImage: '/runner.js' }, {}, "'fileInImage' is given but 'image' is not, and the official image of Node has no runner; state both"],
    ['a file that is no path', { fileInImage: 'runner.js', image: 'x' }, {}, "'fileInImage' is 'runner.js' but must be the path of a file, from the root of the image"],
    ['a network in a text', { network: 'open' }, {}, "'network' is 'open' but must be an object, in the options of the runner"],
    ['a flag in a text', { network: { policies: 'false' } }, {}, "'network.policies' is 'false' but must be true or false"],
    ['a label that is none', { monitoring: { labels: { 'a b': 'c' } } }, {},
      "the label key 'a b' is not a legal one (up to 63 letters, digits, '-', '_' and '.', after an optional DNS name and '/'), in the options of the runner"],
    ['an address range without its length', { network: { apiServerCidrs: ['10.0.0.1'] } }, {}, "'network.apiServerCidrs' is '10.0.0.1' but must list address ranges, e.g. '10.0.0.1/32'"],
    ['no address range', { network: { apiServerCidrs: [] } }, {}, "'network.apiServerCidrs' is a list of 0 but must list address ranges, e.g. '10.0.0.1/32'"],
    ['a port beyond all ports', { network: { apiServerPorts: [70_000] } }, {}, "'network.apiServerPorts' is 70000 but must be a whole number from 1 to 65535"],
    ['a port that is none', { network: { prometheusPodPort: 0 } }, {}, "'network.prometheusPodPort' is 0 but must be a whole number from 1 to 65535"],
  ])('%s', (_, options, setting, sentence) => {
    expect(messageOf(() => rolloutApp(options, setting))).toBe(`[chat/Canary] ${sentence}`);
  });
});

describe('for any load, shift and gates', () => {
  const shift = fc.uniqueArray(fc.integer({ min: 1, max: 999 }), { maxLength: 6 }).map((tenths) => shares(...tenths.sort((a, b) => a - b).map((t) => t / 10), 100));
  const gate = fc.oneof(
    fc.double({ min: 1e-4, max: 0.99, noNaN: true }).map((limit) => CanaryGate.below(Signal.ERROR_RATIO, limit)),
    fc.tuple(fc.constantFrom(Signal.ERROR_RATIO, Signal.TIME_TO_FIRST_TOKEN, Signal.QUEUE_TIME, Signal.END_TO_END_LATENCY), fc.double({ min: 1.01, max: 10, noNaN: true }))
      .map(([signal, factor]) => CanaryGate.noWorseThanStable(signal, factor)),
    fc.constantFrom(0.1, 1, 5).map((limit) => CanaryGate.below(Signal.TIME_TO_FIRST_TOKEN, limit)),
    fc.double({ min: 0.1, max: 1e6, noNaN: true }).map((limit) => CanaryGate.below(Signal.WAITING_REQUESTS, limit)),
  );
  const setting = fc.record({
    load: fc.double({ min: 0.001, max: 1000, noNaN: true }),
    replicas: fc.integer({ min: 1, max: 30 }),
    shift,
    gates: fc.option(fc.uniqueArray(gate, { maxLength: 4, selector: ({ name }) => name }), { nil: undefined }),
    keepBothWeighted: fc.boolean(),
    engine: fc.constantFrom('vllm', 'sglang', 'trtllm'),
    kind: fc.constantFrom<('Deployment' | 'LeaderWorkerSet')[]>('Deployment', 'LeaderWorkerSet'),
  });

  test('a rollout is refused in one sentence, or has a spec that the runner reads, and objects that are called and bound alike', () => {
    fc.assert(fc.property(setting, ({ load, replicas, gates, keepBothWeighted, engine, kind, ...rest }) => {
      const fleet = { load, replicas, engine: new FakeEngine(engine), workloadKind: kind };
      let made;
      try {
        made = rolloutApp({}, { stable: fleet, candidate: fleet, canary: { shift: rest.shift, gates, keepBothWeighted } });
      } catch (error) {
        expect((error as Error).message).toMatch(/^\[chat\/Canary\] (step \d+ of the rollout \([\d.]+ %\) gets .* but 'longestStep' is 6 hours; |gate '[^']+' counts what takes longer than )[^\n]*[^.]$/);
        return;
      }
      const { steps, hash, gates: tests } = specOf(made.at);
      expect(steps[steps.length - 1].needs).toBe(replicas);
      for (const [i, { weight, needs, runs, minSeconds, maxSeconds }] of steps.entries()) {
        expect(needs).toBeGreaterThanOrEqual(weight / 1000 * replicas - 1e-9);
        expect(runs).toBeLessThanOrEqual(replicas);
        expect(runs).toBeGreaterThanOrEqual(steps[i + 1]?.needs ?? needs);
        expect([minSeconds, maxSeconds].every(Number.isInteger) && maxSeconds >= minSeconds && minSeconds > 0).toBe(true);
      }
      expect(JSON.stringify(tests)).not.toMatch(/null/); // what JSON makes of NaN
      const { env } = objectOf(made.at, 'Job').spec.template.spec.containers[0];
      expect(env[0]).toEqual({ name: 'CANARY_HASH', value: hash });
    }), { numRuns: 60 });
  });

  test('names are legal, however long that of the rollout is', () => {
    fc.assert(fc.property(fc.stringMatching(/^[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?$/), (rolloutName) => {
      const { at } = rolloutApp({}, { canary: { rolloutName } });
      const objects: any[] = JSON.parse(JSON.stringify(Testing.synth(at))).filter(({ metadata }: any) => metadata.labels['cdk8s-inference/rollout'] !== undefined);
      expect(objects.length).toBeGreaterThanOrEqual(9);
      for (const { metadata } of objects) {
        expect(metadata.name).toMatch(/^[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?$/);
        expect(metadata.labels['cdk8s-inference/rollout']).toBe(rolloutName);
      }
      const spec = readSpec(objects.find(({ data }) => data?.spec !== undefined).data.spec);
      expect([spec.name, spec.route.name]).toEqual([rolloutName, rolloutName]);
    }), { numRuns: 40 });
  });
});

test('the runner is what moves a canary unless it is told otherwise', () => {
  expect(objectOf(rolloutApp({}, { canary: { driver: undefined } }).at, 'Job').metadata.name).toBe(objectOf(rolloutApp().at, 'Job').metadata.name);
  expect(rolloutObjects(rolloutApp({}, { canary: { driver: CanaryDriver.manual() } }).at).map(({ kind }) => kind)).toEqual(['HTTPRoute']);
});
