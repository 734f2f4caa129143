import { Chart, Duration } from 'cdk8s';
import { chart, FakeFleet, messageOf } from './fakes';
import { Signal } from '../../src/catalog/signal';
import { ArgoRolloutsOptions, ArgoRolloutsStage } from '../../src/rollout/argo-driver';
import { CanaryDriver } from '../../src/rollout/canary-driver';
import { CanaryGate } from '../../src/rollout/canary-gate';
import { CanaryPreview } from '../../src/rollout/canary-preview';
import { ExpectedAnswer } from '../../src/rollout/evaluation-options';
import { ModelCanary, ModelCanaryProps } from '../../src/rollout/model-canary';
import { TrafficShift } from '../../src/rollout/traffic-shift';
import { ModelRoute } from '../../src/routing/model-route';
import { fleet, FleetOverrides, groupedFleet, TestEngine, TestPool } from '../support/fleet';
import { podTemplates, restrictedViolations } from '../support/pod-security';
import { render } from '../support/render';

class Vllm extends TestEngine { public readonly name = 'vllm'; public readonly version = '0.33.0'; }

interface Setting { readonly stable?: FleetOverrides; readonly candidate?: FleetOverrides; readonly grouped?: boolean; readonly options?: Partial<ArgoRolloutsOptions> }

/** Two fleets of four replicas, rolled at 10, 50 and 100 %. */
function canary(stage: ArgoRolloutsStage, props: Partial<ModelCanaryProps> = {}, { stable, candidate, grouped = false, options }: Setting = {}) {
  const at = chart('chat');
  const pool = new TestPool(at, 'pool');
  const shared: FleetOverrides = { in: at, pools: [pool], plan: { replicas: 4 }, engine: new Vllm(), servedModelName: 'llama' };
  const one = fleet({ ...shared, id: 'v1', ...stable });
  const two = (grouped ? groupedFleet : fleet)({ ...shared, id: 'v2', ...candidate });
  const route = new ModelRoute(at, 'Route', { fleet: one, hostnames: ['llm.example.com'], gateway: { name: 'public' }, paths: ['/v1/chat/completions'] });
  const shift = TrafficShift.steps([{ percentage: 10, interval: Duration.minutes(30) }, { percentage: 50 }, { percentage: 100 }]);
  new ModelCanary(at, 'Canary', { route, stable: one, candidate: two, shift, rolloutName: 'chat', driver: CanaryDriver.argoRollouts({ stage, ...options }), ...props });
  const made = render(at);
  const deployment = (of: { workloadName: string }) => made.named('Deployment', of.workloadName);
  return { at, stable: one, candidate: two, made, rollout: made.one('Rollout'), deployment, overlay: made.all('HTTPRoute').find(({ metadata }) => metadata.name === 'chat') };
}

const { ADOPT, HOLD, ROLL } = ArgoRolloutsStage;

describe('the stages', () => {
  test.each<[ArgoRolloutsStage, 'v1' | 'v2', number]>([[ADOPT, 'v1', 4], [HOLD, 'v1', 0], [ROLL, 'v2', 0]])('%s: the Rollout runs %s, and the Deployment of the stable fleet %d replicas', (stage, runs, replicas) => {
    const { rollout, stable, candidate, deployment } = canary(stage);
    const workload = { v1: stable, v2: candidate }[runs];
    expect(rollout).toMatchObject({ apiVersion: 'argoproj.io/v1alpha1', metadata: { name: 'chat', namespace: 'chat' } });
    expect(rollout.spec).toMatchObject({ replicas: 4, workloadRef: { apiVersion: 'apps/v1', kind: 'Deployment', name: workload.workloadName, scaleDown: 'never' } });
    expect([deployment(stable).spec.replicas, deployment(candidate).spec.replicas]).toEqual([replicas, 0]);
  });

  test('no route lies over the fleet\'s own, and nothing moves traffic, while the fleet is adopted', () => {
    const { overlay, rollout } = canary(ADOPT);
    expect(overlay).toBeUndefined();
    expect(Object.keys(rollout.spec.strategy.canary)).toEqual(['canaryService', 'stableService']);
  });

  test('the route that lies over it takes reads too, since the pods of the route beneath are gone after the rollout', () => {
    const { overlay } = canary(ROLL);
    const path = { type: 'Exact', value: '/v1/chat/completions' };
    expect(overlay.spec.rules).toEqual([{
      matches: [{ path, method: 'POST' }, { path, method: 'GET' }],
      timeouts: expect.anything(),
      backendRefs: [{ name: 'chat-stable', port: 8000, weight: 100 }, { name: 'chat-candidate', port: 8000, weight: 0 }],
    }]);
  });

  test('from one to the next no selector, no Service and no label of a pod changes, so that nothing restarts', () => {
    const [adopt, hold, roll] = [ADOPT, HOLD, ROLL].map((stage) => canary(stage));
    for (const other of [hold, roll]) {
      expect(other.made.all('Service')).toEqual(adopt.made.all('Service'));
      expect(other.rollout.spec.selector).toEqual(adopt.rollout.spec.selector);
      expect(other.made.all('Deployment').map(({ spec }) => spec.template)).toEqual(adopt.made.all('Deployment').map(({ spec }) => spec.template));
    }
  });
});

describe('the Rollout', () => {
  test('owns pods of both fleets and of no other', () => {
    const { rollout, stable, candidate, deployment, made } = canary(ROLL);
    for (const of of [stable, candidate]) {
      const { selector, template } = deployment(of).spec;
      expect(template.metadata.labels).toMatchObject(rollout.spec.selector.matchLabels);
      expect(selector.matchLabels).not.toHaveProperty('cdk8s-inference/rollout'); // a Deployment's selector never changes
    }
    for (const name of ['chat-stable', 'chat-candidate']) { expect(made.named('Service', name).spec).not.toHaveProperty('selector'); } // Argo Rollouts' own
    expect(render(Chart.of(fleet())).one('Deployment').spec.template.metadata.labels).not.toMatchObject(rollout.spec.selector.matchLabels);
  });

  test('brings replicas up before their traffic, and judges each step', () => {
    const analysis = (count: number) => ({
      analysis: { templates: [{ templateName: 'chat-gates' }], args: [['count', count], ['failureLimit', count / 5], ['inconclusiveLimit', count / 2]].map(([name, value]) => ({ name, value: String(value) })) },
    });
    expect(canary(ROLL).rollout.spec.strategy.canary.steps).toEqual([
      { setCanaryScale: { replicas: 1 } },
      { setWeight: 10 }, { setCanaryScale: { replicas: 2 } }, analysis(30),
      { setWeight: 50 }, { setCanaryScale: { replicas: 4 } }, analysis(10),
      { setWeight: 100 }, { setCanaryScale: { replicas: 4 } }, analysis(10),
    ]);
  });

  test('waits for the longest request before it scales down, and for the longest start before it gives up', () => {
    const { rollout, stable } = canary(ROLL, { requestTimeout: Duration.minutes(12) });
    expect(rollout.spec.strategy.canary).toMatchObject({ scaleDownDelaySeconds: 720, abortScaleDownDelaySeconds: 720 });
    expect(rollout.spec).toMatchObject({ progressDeadlineSeconds: Math.ceil(stable.longestStartMillis / 1000) + 120, progressDeadlineAbort: true });
  });

  test('waits where nothing is measured', () => {
    const { steps } = canary(ROLL, { gates: [] }).rollout.spec.strategy.canary;
    expect(steps[3]).toEqual({ pause: { duration: '1800s' } });
    expect(steps[6]).toEqual({ pause: { duration: '600s' } });
  });

  test('previews by a header once a replica is there', () => {
    const { rollout, overlay } = canary(ROLL, { preview: CanaryPreview.header('x-preview', 'yes') });
    const { trafficRouting, steps } = rollout.spec.strategy.canary;
    expect(steps[1]).toEqual({ setHeaderRoute: { name: 'preview', match: [{ headerName: 'x-preview', headerValue: { exact: 'yes' } }] } });
    expect(trafficRouting).toEqual({
      managedRoutes: [{ name: 'preview' }],
      plugins: { 'argoproj-labs/gatewayAPI': { httpRoutes: [{ name: 'chat', useHeaderRoutes: true }], namespace: 'chat' } },
    });
    expect(overlay.spec.rules).toHaveLength(1); // the plugin adds the other
  });

  test.each<[CanaryPreview, object]>([
    [CanaryPreview.tenants('x-tenant', ['acme']), { exact: 'acme' }],
    [CanaryPreview.tenants('x-tenant', ['acme.com', 'a|b']), { regex: '^(acme\\.com|a\\|b)$' }],
    [CanaryPreview.headerMatching('x-tenant', 'beta-.*'), { regex: 'beta-.*' }],
  ])('previews several values by one expression, since the plugin keeps one route', (preview, headerValue) => {
    expect(canary(ROLL, { preview }).rollout.spec.strategy.canary.steps[1].setHeaderRoute.match).toEqual([{ headerName: 'x-tenant', headerValue }]);
  });
});

describe('the analysis', () => {
  const metrics = (gates: CanaryGate[]) => canary(ROLL, { gates }).made.named('AnalysisTemplate', 'chat-gates').spec.metrics;

  test('reads a limit of the candidate\'s own metrics', () => {
    const [metric] = metrics([CanaryGate.below(Signal.ERROR_RATIO, 0.01)]);
    const { candidate } = canary(ROLL);
    expect(metric).toEqual({
      name: 'error-ratio-below-0.01',
      initialDelay: '1m',
      interval: '1m',
      count: '{{args.count}}',
      failureLimit: '{{args.failureLimit}}',
      inconclusiveLimit: '{{args.inconclusiveLimit}}',
      successCondition: 'len(result) > 0 && result[0] <= 0.01',
      failureCondition: 'len(result) > 0 && result[0] > 0.01',
      provider: {
        prometheus: {
          address: 'http://prometheus-operated.monitoring.svc:9090',
          query: Signal.ERROR_RATIO.query({ engine: 'vllm', version: '0.33.0', selector: candidate.metricLabels, windowSeconds: 300 }),
        },
      },
    });
  });

  test('compares with the stable fleet by a ratio that nothing divides by zero', () => {
    const [{ name, provider, successCondition }] = metrics([CanaryGate.noWorseThanStable(Signal.TIME_TO_FIRST_TOKEN, 1.3, { percentile: 95 })]);
    const { stable, candidate } = canary(ROLL);
    const of = ({ metricLabels }: typeof stable) => Signal.TIME_TO_FIRST_TOKEN.query({ engine: 'vllm', version: '0.33.0', selector: metricLabels, windowSeconds: 300, percentile: 95 });
    expect(name).toBe('time-to-first-token-p95-beside-stable');
    expect(provider.prometheus.query).toBe(`clamp_min(${of(candidate)}, 0.001) / clamp_min(${of(stable)}, 0.001)`);
    expect(successCondition).toBe('len(result) > 0 && result[0] <= 1.3');
  });

  test('keeps what is better when higher above its bound', () => {
    const tokens = Signal.promql('tokens', 'sum(rate(tokens_total{{{selector}}}[{{window}}]))', { lowerIsBetter: false });
    const [compared, answered] = metrics([CanaryGate.noWorseThanStable(tokens, 1.25), CanaryGate.promql({ name: 'answered', query: 'sum(answered{{{selector}}}) / sum(answered{{{stable}}})', above: 0.5 })]);
    expect(compared.provider.prometheus.query).toMatch(/^clamp_min\(.*v2.*\) \/ clamp_min\(.*v1.*\)$/);
    expect([compared.successCondition, compared.failureCondition]).toEqual(['len(result) > 0 && result[0] >= 0.8', 'len(result) > 0 && result[0] < 0.8']);
    expect(answered.provider.prometheus.query).toMatch(/^sum\(answered\{.*v2.*\}\) \/ sum\(answered\{.*v1.*\}\)$/);
    expect(answered.successCondition).toBe('len(result) > 0 && result[0] >= 0.5');
  });

  test('asks golden prompts before the first share, by a Job whose status is the verdict', () => {
    const gate = CanaryGate.evaluation({ prompts: [{ prompt: 'x', expected: ExpectedAnswer.exactly('y') }], leastScore: 0.9 });
    const { made, rollout } = canary(ROLL, { gates: [gate] });
    expect(rollout.spec.strategy.canary.steps.slice(0, 3)).toEqual([{ setCanaryScale: { replicas: 1 } }, { analysis: { templates: [{ templateName: 'chat-evaluation' }] } }, { setWeight: 10 }]);
    const { job } = made.named('AnalysisTemplate', 'chat-evaluation').spec.metrics[0].provider;
    expect(job.spec.template.spec.containers[0].env).toContainEqual({ name: 'EVALUATION_FAIL_BELOW', value: '0.9' });
    expect(podTemplates(job).flatMap(restrictedViolations)).toEqual([]);
  });

  test('asks the Prometheus that is stated', () => {
    const { made } = canary(ROLL, {}, { options: { prometheusUrl: 'https://metrics.example.com' } });
    expect(made.named('AnalysisTemplate', 'chat-gates').spec.metrics[0].provider.prometheus.address).toBe('https://metrics.example.com');
  });
});

test.each<[string, () => unknown, string]>([
  ['groups over nodes', () => canary(ROLL, {}, { grouped: true }), "'candidate' is a LeaderWorkerSet, whose groups Argo Rollouts can't roll: it knows the pods of ReplicaSets alone; use CanaryDriver.runner()"],
  ['other numbers of replicas', () => canary(ROLL, {}, { candidate: { plan: { replicas: 3 } } }),
    "'stable' has 4 replicas and 'candidate' 3, but a Rollout has one number for both; plan both with the same Capacity.manual, or use CanaryDriver.runner()"],
  ['two namespaces', () => canary(ROLL, {}, { candidate: { metadata: { namespace: 'next' } } }),
    "'stable' and 'candidate' are in different namespaces but one Rollout owns the pods of both; put both into one, or use CanaryDriver.runner()"],
  ['tenths of a percent', () => canary(ROLL, { shift: TrafficShift.steps([{ percentage: 0.5 }, { percentage: 100 }]) }),
    "a step of 'shift' is 0.5 % but the plugin of Argo Rollouts sets whole percents alone; round it, or use CanaryDriver.runner()"],
  ['a mirror', () => canary(ROLL, { mirror: { percentage: 100 } }), "'mirror' is stated but the plugin of Argo Rollouts for Gateway API copies no requests; leave it out, or use CanaryDriver.runner()"],
  ['weights that stay', () => canary(ROLL, { keepBothWeighted: true }), "'keepBothWeighted' is stated but Argo Rollouts begins and ends with a weight of 0; leave it out, or use CanaryDriver.runner()"],
  ['no stage', () => canary('begin' as any), "'stage' of CanaryDriver.argoRollouts is 'begin' but must be one of ArgoRolloutsStage; the first commit is ADOPT"],
  ['no address', () => canary(ROLL, {}, { options: { prometheusUrl: 'prometheus' } }), "'prometheusUrl' is 'prometheus' but must be an address such as 'http://prometheus-operated.monitoring.svc:9090'"],
])('a rollout with %s is refused', (_what, body, sentence) => { expect(messageOf(body)).toBe(`[chat/Canary] ${sentence}`); });

test('a fleet that is not made here is refused', () => {
  const at = chart('chat');
  const [stable, candidate] = ['Stable', 'Next'].map((id) => new FakeFleet(at, id, { namespace: 'chat' }));
  const route = new ModelRoute(at, 'Route', { fleet: stable, hostnames: ['llm.example.com'], gateway: { name: 'public' } });
  expect(messageOf(() => new ModelCanary(at, 'Canary', { route, stable, candidate, driver: CanaryDriver.argoRollouts({ stage: ROLL }) })))
    .toBe("[chat/Canary] fleet 'chat/Stable' has no workload of its own in this app, so that its pods can't be labelled for the Rollout; give an InferenceFleet");
});
