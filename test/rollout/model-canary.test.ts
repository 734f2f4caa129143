import { ApiObject, App, Chart, Duration, JsonPatch, Testing } from 'cdk8s';
import * as fc from 'fast-check';
import { chart, existingPool, FakeEngine, FakeFleet, FakeFleetProps, messageOf } from './fakes';
import { Signal } from '../../src/catalog/signal';
import { claimGpus } from '../../src/nodes/gpu-budget';
import { IGpuNodePool } from '../../src/nodes/gpu-node-pool';
import { CanaryDriver } from '../../src/rollout/canary-driver';
import { CanaryGate } from '../../src/rollout/canary-gate';
import { ModelCanary, ModelCanaryProps } from '../../src/rollout/model-canary';
import { TrafficShift } from '../../src/rollout/traffic-shift';
import { ModelRoute, ModelRouteProps } from '../../src/routing/model-route';
import { LatencyTarget } from '../../src/sizing/questions';

interface Setting {
  readonly stable?: FakeFleetProps;
  readonly candidate?: FakeFleetProps;
  readonly route?: Partial<ModelRouteProps>;
  /** Of the manual driver. */
  readonly step?: number;
  readonly maxGpus?: number;
  readonly at?: Chart;
  readonly before?: (pool: IGpuNodePool) => void;
}

/** Two fleets of 2 replicas with 4 GPUs each on one pool, in namespace `chat`, with a route to the first. */
function canary(props: Partial<ModelCanaryProps> = {}, { stable, candidate, maxGpus, route, step, at = chart('chat'), before }: Setting = {}) {
  const pool = existingPool(at, 'H100', maxGpus);
  before?.(pool);
  const one = new FakeFleet(at, 'Stable', { pool, namespace: 'chat', ...stable });
  const two = new FakeFleet(at, 'Next', { pool, namespace: 'chat', ...candidate });
  const base = new ModelRoute(at, 'Route', { fleet: one, hostnames: ['llm.example.com'], gateway: { name: 'public', gatewayNamespace: 'gateways' }, routeName: 'llm', ...route });
  const made = new ModelCanary(at, 'Canary', { route: base, stable: one, candidate: two, driver: CanaryDriver.manual({ step }), ...props });
  return { at, pool, stable: one, candidate: two, route: base, canary: made };
}

const shares = (percentages: any[]) => TrafficShift.steps(percentages.map((percentage) => ({ percentage })));
const object = (at: Chart, kind: string): any => Testing.synth(at).find((made: any) => made.kind === kind);
/** The route that lies over the fleet's own. */
const overlayOf = (at: Chart): any => Testing.synth(at).find(({ kind, spec }: any) => kind === 'HTTPRoute' && spec.rules[0].matches[0].method === 'POST');
const weightsOf = (at: Chart): number[] => overlayOf(at).spec.rules[0].backendRefs.map(({ weight }: any) => weight);

describe('the overlay', () => {
  test('takes the POSTs of the route beneath and splits them over both Services, with the timeouts of the slower plan', () => {
    const { at } = canary({ rolloutName: 'llm-canary' }, { step: 2, stable: { longestRequestMillis: 60_000 }, candidate: { longestRequestMillis: 300_000 } });
    expect(Testing.synth(at)).toEqual([expect.objectContaining({ metadata: expect.objectContaining({ name: 'llm' }) }), {
      apiVersion: 'gateway.networking.k8s.io/v1',
      kind: 'HTTPRoute',
      metadata: {
        name: 'llm-canary',
        namespace: 'chat',
        labels: { 'app.kubernetes.io/managed-by': 'cdk8s-inference', 'cdk8s-inference/model': 'llama' },
        annotations: { 'cdk8s-inference/steps': expect.any(String) },
      },
      spec: {
        parentRefs: [{ group: 'gateway.networking.k8s.io', kind: 'Gateway', name: 'public', namespace: 'gateways' }],
        hostnames: ['llm.example.com'],
        rules: [{
          matches: ['/v1/chat/completions', '/v1/completions', '/v1/embeddings', '/v1/models', '/v1/responses']
            .map((value) => ({ path: { type: 'Exact', value }, method: 'POST' })),
          timeouts: { request: '5m', backendRequest: '5m' },
          backendRefs: [{ name: 'stable', port: 8000, weight: 950 }, { name: 'next', port: 8000, weight: 50 }],
        }],
      },
    }]);
  });

  test('leaves the route beneath as it is without a rollout, to the byte', () => {
    const at = chart('chat');
    const fleet = new FakeFleet(at, 'Stable', { pool: existingPool(at, 'H100'), namespace: 'chat' });
    new ModelRoute(at, 'Route', { fleet, hostnames: ['llm.example.com'], gateway: { name: 'public', gatewayNamespace: 'gateways' }, routeName: 'llm' });
    const beneath = (all: any[]) => JSON.stringify(all.find(({ metadata }) => metadata.name === 'llm'));
    expect(beneath(Testing.synth(canary({}, { step: 3 }).at))).toBe(beneath(Testing.synth(at)));
  });

  test.each<[number, boolean, number[]]>([
    [0, false, [1000, 0]], [1, false, [990, 10]], [2, false, [950, 50]], [3, false, [750, 250]], [4, false, [500, 500]], [5, false, [0, 1000]],
    [0, true, [1000, 0]], [1, true, [990, 10]], [5, true, [1, 999]],
  ])('in step %d has, with keepBothWeighted %s, the weights %j', (step, keepBothWeighted, weights) => {
    expect(weightsOf(canary({ keepBothWeighted }, { step }).at)).toEqual(weights);
  });

  test('sends nothing to the candidate before the first step, but starts its first replicas', () => {
    const { at, candidate } = canary();
    expect(weightsOf(at)).toEqual([1000, 0]);
    expect(candidate.running).toEqual([1]);
  });

  test('takes the paths of the route, a timeout, and a patch', () => {
    const { at, canary: made } = canary({ requestTimeout: Duration.minutes(20) }, { route: { paths: ['/v1/*'] } });
    ApiObject.of(made).addJsonPatch(JsonPatch.add('/spec/rules/0/name', 'chat'));
    expect(overlayOf(at).spec.rules[0]).toMatchObject({
      name: 'chat', matches: [{ path: { type: 'PathPrefix', value: '/v1' }, method: 'POST' }], timeouts: { request: '20m', backendRequest: '20m' },
    });
  });

  test('cuts no request that the route beneath lets through', () => {
    const timeout = (props: Partial<ModelCanaryProps>) => canary(props, { route: { requestTimeout: Duration.minutes(20) } }).canary.requestTimeout.toMinutes();
    expect([timeout({}), timeout({ requestTimeout: Duration.minutes(5) })]).toEqual([20, 5]);
  });

  test('is let in by both fleets', () => {
    const { stable, candidate } = canary();
    const client = { namespaceLabels: { 'kubernetes.io/metadata.name': 'gateways' }, podLabels: undefined };
    expect([stable.clients, candidate.clients]).toEqual([[client], [client]]);
  });

  test('is the same in two runs', () => {
    expect(JSON.stringify(Testing.synth(canary().at))).toBe(JSON.stringify(Testing.synth(canary().at)));
  });
});

describe('a candidate in another namespace', () => {
  test('is named in the route and granted to it alone', () => {
    const { at, canary: made } = canary({}, { candidate: { namespace: 'chat-next' } });
    expect(overlayOf(at).spec.rules[0].backendRefs).toEqual([
      { name: 'stable', port: 8000, weight: 1000 }, { name: 'next', namespace: 'chat-next', port: 8000, weight: 0 },
    ]);
    expect(object(at, 'ReferenceGrant')).toEqual({
      apiVersion: 'gateway.networking.k8s.io/v1beta1',
      kind: 'ReferenceGrant',
      metadata: {
        name: made.rolloutName,
        namespace: 'chat-next',
        labels: { 'app.kubernetes.io/managed-by': 'cdk8s-inference', 'cdk8s-inference/model': 'llama' },
      },
      spec: {
        from: [{ group: 'gateway.networking.k8s.io', kind: 'HTTPRoute', namespace: 'chat' }],
        to: [{ group: '', kind: 'Service', name: 'next' }],
      },
    });
  });

  test('lets the proxies in from where they are, not from its own namespace', () => {
    const { candidate } = canary({}, { candidate: { namespace: 'chat-next' }, route: { gateway: { name: 'public' } } });
    expect(candidate.clients).toEqual([{ namespaceLabels: { 'kubernetes.io/metadata.name': 'chat' }, podLabels: undefined }]);
  });

  test('is refused where one of the two names none', () => {
    expect(messageOf(() => canary({}, { candidate: { namespace: undefined } }))).toBe(
      "[chat/Canary] 'stable' and 'candidate' are in different namespaces but fleet 'chat/Next' ('candidate') names none, so it can't be granted; name its namespace, or put both into one");
    expect(messageOf(() => canary({}, { stable: { namespace: undefined }, at: chart() }))).toBe(
      "[chat/Canary] 'stable' and 'candidate' are in different namespaces but fleet 'chat/Stable' ('stable') names none, so it can't be granted; name its namespace, or put both into one");
  });
});

describe('the steps', () => {
  test('run what the next share takes, beside a stable fleet of full size', () => {
    const { canary: made } = canary({}, { stable: { replicas: 4 }, candidate: { replicas: 8, gpusPerReplica: 2 } });
    expect(made.steps.map(({ interval }) => interval?.toMinutes())).toEqual([undefined, undefined, undefined, undefined, undefined, undefined]);
    expect(made.steps.map(({ interval, leastReplicas, ...step }) => step)).toEqual([
      { percentage: 0, candidateReplicas: 1, gpus: 18 },
      { percentage: 1, candidateReplicas: 1, gpus: 18 },
      { percentage: 5, candidateReplicas: 2, gpus: 20 },
      { percentage: 25, candidateReplicas: 4, gpus: 24 },
      { percentage: 50, candidateReplicas: 8, gpus: 32 },
      { percentage: 100, candidateReplicas: 8, gpus: 32 },
    ]);
  });

  test('round up without the noise of fractions', () => {
    const shift = shares([14, 28, 56, 100]);
    const { canary: made } = canary({ shift }, { candidate: { replicas: 50, gpusPerReplica: 1 } });
    expect(made.steps.map(({ candidateReplicas }) => candidateReplicas)).toEqual([7, 14, 28, 50, 50]);
  });

  test('set the replicas of the candidate', () => {
    const replicas = (step: number) => canary({}, { step, candidate: { replicas: 8 } }).candidate.running;
    expect([0, 2, 3, 5].map(replicas)).toEqual([[1], [2], [4], [8]]);
    expect(canary().stable.running).toEqual([]);
  });

  test.each<[string, any, string]>([
    ['falling', shares([10, 5, 100]), "step 2 of 'shift' is 5 % but step 1 is 10 % already; steps must rise"],
    ['repeated', shares([10, 10, 100]), "step 2 of 'shift' is 10 % but step 1 is 10 % already; steps must rise"],
    ['beyond everything', shares([10, 120]), "step 2 of 'shift' is 120 % but a step is a share above 0 and up to 100 %, in tenths of a percent"],
    ['of nothing', shares([0, 100]), "step 1 of 'shift' is 0 % but a step is a share above 0 and up to 100 %, in tenths of a percent"],
    ['too fine', shares([0.05, 100]), "step 1 of 'shift' is 0.05 % but a step is a share above 0 and up to 100 %, in tenths of a percent"],
    ['that are texts', shares(['10', 100]), "step 1 of 'shift' is '10' % but a step is a share above 0 and up to 100 %, in tenths of a percent"],
    ['that are no numbers', TrafficShift.linear({ percentage: NaN, interval: Duration.minutes(1) }), "step 1 of 'shift' is NaN % but a step is a share above 0 and up to 100 %, in tenths of a percent"],
    ['that end early', shares([10, 50]), "the last step of 'shift' is 50 % but a rollout ends with all of the traffic; add a step of 100 %"],
    ['that are none', shares([]), "the steps of 'shift' are a list of 0 but must be a list of 1 to 100"],
    ['that are not listed', TrafficShift.steps(undefined as any), "the steps of 'shift' are undefined but must be a list of 1 to 100"],
    ['without end', shares(Array.from({ length: 101 }, (_, i) => i)), "the steps of 'shift' are a list of 101 but must be a list of 1 to 100"],
    ['at no distance', TrafficShift.canary({ percentage: 1, bakeTime: Duration.seconds(0) }), "the interval of step 1 of 'shift' is 0 s but must be a Duration above zero"],
    ['at a distance that is a number', TrafficShift.canary({ percentage: 1, bakeTime: 600 as any }), "the interval of step 1 of 'shift' is 600 but must be a Duration above zero"],
    ['from a text', 'linear', "'shift' is 'linear' but must be a TrafficShift, e.g. TrafficShift.linear({ … })"],
  ])('are refused when %s', (_, shift, sentence) => {
    expect(messageOf(() => canary({ shift }))).toBe(`[chat/Canary] ${sentence}`);
  });

  test.each([6, -1, 0.5, NaN, '1'])('are refused when the one in force is %p', (step: any) => {
    const shown = typeof step === 'string' ? `'${step}'` : step;
    expect(messageOf(() => canary({}, { step }))).toBe(
      `[chat/Canary] 'step' is ${shown} but this rollout has the steps 0 (0 %), 1 (1 %), 2 (5 %), 3 (25 %), 4 (50 %), 5 (100 %); use one of them`);
  });

  test('are not all listed where there are many', () => {
    const shift = TrafficShift.linear({ percentage: 10, interval: Duration.minutes(1) });
    expect(messageOf(() => canary({ shift }, { step: 99 }))).toBe(
      "[chat/Canary] 'step' is 99 but this rollout has the steps 0 (0 %), 1 (10 %), 2 (20 %), 3 (30 %), 4 (40 %), 5 (50 %), …, 10 (100 %); use one of them");
  });
});

describe('the GPUs', () => {
  test('of every step fit the pool that both fleets share', () => {
    expect(canary({}, { maxGpus: 16 }).canary.steps.map(({ gpus }) => gpus)).toEqual([12, 12, 12, 12, 16, 16]);
  });

  test('are refused at the first step that the pool does not hold', () => {
    expect(messageOf(() => canary({}, { maxGpus: 12 }))).toBe(
      "[chat/Canary] step 4 (50 %) needs 16 GPUs of pool 'h100' (stable 8, candidate 8) but its 'maxGpus' is 12; raise it, plan fewer replicas, or put the candidate on another pool");
    expect(messageOf(() => canary({}, { maxGpus: 8 }))).toBe(
      "[chat/Canary] step 0 (0 %) needs 12 GPUs of pool 'h100' (stable 8, candidate 4) but its 'maxGpus' is 8; raise it, plan fewer replicas, or put the candidate on another pool");
  });

  test('of a candidate on another pool are counted there', () => {
    const at = chart('chat');
    const other = existingPool(at, 'L4', 4);
    expect(messageOf(() => canary({}, { at, maxGpus: 8, candidate: { pool: other } }))).toBe(
      "[chat/Canary] step 4 (50 %) needs 8 GPUs of pool 'l4' (candidate 8) but its 'maxGpus' is 4; raise it, plan fewer replicas, or put the candidate on another pool");
    expect(canary({}, { maxGpus: 8, candidate: { pool: existingPool(chart(), 'L4', 8) } }).canary.steps[5].gpus).toBe(16);
  });

  test('that others take count at the end of synthesis, before and after the canary alike', () => {
    const before = canary({}, { maxGpus: 20, before: (pool) => claimGpus(pool, { path: 'chat/Embed', gpus: 8 }) });
    const after = canary({}, { maxGpus: 20 });
    claimGpus(after.pool, { path: 'chat/Embed', gpus: 8 });
    for (const { at } of [before, after]) {
      expect(messageOf(() => Testing.synth(at))!.split('\n').map((line) => line.trim())).toEqual([
        'Validation failed with the following errors:',
        expect.stringMatching(/^\[chat\/H100\] 'maxGpus' of pool 'h100' is 20 but 24 GPUs are asked for /),
        "[chat/Canary] step 4 (50 %) needs 16 GPUs of pool 'h100' (stable 8, candidate 8) beside the 8 of 'chat/Embed' but its 'maxGpus' is 20; raise it, plan fewer replicas, or put the candidate on another pool",
      ]);
    }
  });

  test('keep to the budget of the rollout', () => {
    expect(canary({ gpuBudget: 16 }).canary.gpuBudget).toBe(16);
    expect(messageOf(() => canary({ gpuBudget: 15 }))).toBe(
      "[chat/Canary] step 4 (50 %) needs 16 GPUs (stable 8, candidate 8) but 'gpuBudget' is 15; raise it, or plan fewer replicas");
    expect(messageOf(() => canary({ gpuBudget: 0 }))).toBe("[chat/Canary] 'gpuBudget' is 0 but must be a whole number of GPUs from 1 to 1000000");
  });
});

describe('the gates', () => {
  test('are on errors, first token, output tokens and queue unless stated, and on the latency targets', () => {
    const gates = (latency?: LatencyTarget) => canary({}, { candidate: { latency } }).canary.gates.map(({ name }) => name);
    const always = ['error-ratio-below-0.01', 'error-ratio-beside-stable', 'time-to-first-token-beside-stable', 'time-per-output-token-beside-stable', 'queue-time-beside-stable'];
    expect(gates()).toEqual(always);
    // At the next bound of vLLM's histogram.
    expect(gates({ timeToFirstTokenMillis: 1500, endToEndMillis: 30_000 })).toEqual([...always, 'time-to-first-token-p95-below-2.5', 'end-to-end-latency-p95-below-30']);
    expect(gates({ percentile: 99, timePerOutputTokenMillis: 40, endToEndMillis: 1e8 })).toEqual([...always, 'time-per-output-token-p99-below-0.05']);
  });

  test('leave out by default what one of the engines does not measure', () => {
    const gates = (engine: FakeEngine) => canary({}, { candidate: { engine, latency: { timeToFirstTokenMillis: 1000 } } }).canary.gates.map(({ name }) => name);
    const errors = ['error-ratio-below-0.01', 'error-ratio-beside-stable'];
    expect(gates(new FakeEngine('vllm', '0.10.0'))).toEqual([...errors, 'time-to-first-token-beside-stable', 'queue-time-beside-stable']); // its buckets are not known
    expect(gates(new FakeEngine('my-server'))).toEqual([]);
  });

  test('are those that are stated, and copies', () => {
    const gate = CanaryGate.below(Signal.END_TO_END_LATENCY, 30);
    const { canary: made } = canary({ gates: [gate] });
    made.gates.push(gate);
    expect(made.gates).toEqual([gate]);
  });

  test('are refused where an engine does not measure the signal', () => {
    const gates = [CanaryGate.below(Signal.TIME_PER_OUTPUT_TOKEN, 0.05)];
    expect(messageOf(() => canary({ gates }, { candidate: { engine: new FakeEngine('vllm', '0.10.0') } }))).toBe(
      "[chat/Canary] a gate watches 'time-per-output-token' but engine 'vllm' 0.10.0 of 'candidate' has no metric for it; choose another signal, another version, or describe it with Signal.promql");
    expect(messageOf(() => canary({ gates }, { stable: { engine: new FakeEngine('my-server') } }))).toBe(
      "[chat/Canary] a gate watches 'time-per-output-token' but engine 'my-server' of 'stable' has no metric for it; choose another signal, another version, or describe it with Signal.promql");
    expect(messageOf(() => canary({ gates: ['errors'] as any }))).toBe(
      "[chat/Canary] a gate is 'errors' but must be a CanaryGate, e.g. CanaryGate.below(Signal.ERROR_RATIO, 0.01)");
    expect(messageOf(() => canary({ gates: 'errors' as any }))).toBe("[chat/Canary] 'gates' is 'errors' but must be a list of CanaryGate");
  });
});

describe('refuses, in one sentence,', () => {
  test.each<[string, any, string]>([
    ['no candidate', { candidate: undefined }, "'candidate' is undefined but must be a fleet, e.g. an InferenceFleet"],
    ['no stable fleet', { stable: 'llama' }, "'stable' is 'llama' but must be a fleet, e.g. an InferenceFleet"],
    ['no route', { route: undefined }, "'route' is undefined but must be the ModelRoute whose requests move"],
    ['a driver that is a text', { driver: 'manual' }, "'driver' is 'manual' but must be a CanaryDriver, e.g. CanaryDriver.runner()"],
    ['options of the driver that are a number', { driver: CanaryDriver.manual(1 as any) }, 'the options of CanaryDriver.manual are 1 but must be an object'],
    ['a flag that is a text', { keepBothWeighted: 'false' }, "'keepBothWeighted' is 'false' but must be true or false"],
    ['a share that is a text', { shift: TrafficShift.linear({ percentage: '5' as any, interval: Duration.minutes(1) }) }, "step 1 of 'shift' is '5' % but a step is a share above 0 and up to 100 %, in tenths of a percent"],
    ['a share that is a symbol', { shift: TrafficShift.steps([{ percentage: Symbol('x') as any }]) }, "step 1 of 'shift' is a value of type symbol % but a step is a share above 0 and up to 100 %, in tenths of a percent"],
    ['a name that another rollout\'s objects may have', { rolloutName: 'llm-runner' }, "'rolloutName' is 'llm-runner' but the objects of a rollout have names that end so; use another end"],
    ['a name that is none', { rolloutName: '-' }, "'rolloutName' is '-' but must be up to 63 lower-case letters, digits and '-', from a letter or digit to a letter or digit"],
  ])('%s', (_, props, sentence) => {
    expect(messageOf(() => canary(props))).toBe(`[chat/Canary] ${sentence}`);
  });

  test('props that are none', () => {
    expect(messageOf(() => new ModelCanary(chart(), 'Canary', null as any))).toBe(
      "[chat/Canary] the props of a ModelCanary are null but must give 'route', 'stable' and 'candidate'");
  });

  test('one fleet for both', () => {
    const fleet = new FakeFleet(chart(), 'Llama');
    expect(messageOf(() => canary({ stable: fleet, candidate: fleet }))).toBe("[chat/Canary] 'stable' and 'candidate' are both 'chat/Llama' but a rollout needs two fleets");
  });

  test('two names of the model', () => {
    expect(messageOf(() => canary({}, { candidate: { servedModelName: 'qwen' } }))).toBe(
      "[chat/Canary] 'candidate' serves 'qwen' but 'stable' serves 'llama'; clients ask for one name, so give both fleets the same 'servedModelName'");
  });

  test('the route of another fleet', () => {
    const at = chart('chat');
    const fleet = new FakeFleet(at, 'Old', { namespace: 'chat' });
    const other = new ModelRoute(at, 'Other', { fleet, hostnames: ['old.example.com'], gateway: { name: 'public', gatewayNamespace: 'gateways' } });
    expect(messageOf(() => canary({ route: other }, { at }))).toBe(
      "[chat/Canary] 'route' is 'chat/Other', which leads to fleet 'chat/Old', but 'stable' is 'chat/Stable'; give the route of the stable fleet, which stays there until the rollout is over");
  });

  test('a second rollout on the same route, or with the same candidate', () => {
    const { at, pool, route, stable, candidate } = canary();
    const other = new FakeFleet(at, 'Third', { pool, namespace: 'chat' });
    expect(messageOf(() => new ModelCanary(at, 'Again', { route, stable, candidate: other }))).toBe(
      "[chat/Again] 'route' is 'chat/Route', which 'chat/Canary' moves already; let one rollout end before the next one begins");
    const beside = new ModelRoute(at, 'Beside', { fleet: other, hostnames: ['other.example.com'], gateway: { name: 'public', gatewayNamespace: 'gateways' } });
    expect(messageOf(() => new ModelCanary(at, 'More', { route: beside, stable: other, candidate }))).toBe(
      "[chat/More] 'candidate' is 'chat/Next', which 'chat/Canary' moves already; let one rollout end before the next one begins");
  });

  test('the name of the route beneath', () => {
    expect(messageOf(() => canary({ rolloutName: 'llm' }))).toBe(
      "[chat/Canary] 'rolloutName' is 'llm' but so is that of 'chat/Route' in the same namespace; give each route a name of its own");
  });
});

describe('for any two fleets, shift and pool', () => {
  const rising = fc.uniqueArray(fc.integer({ min: 1, max: 999 }), { maxLength: 8 })
    .map((tenths) => [...tenths.sort((a, b) => a - b).map((t) => t / 10), 100]);
  const budgets = fc.integer({ min: 1, max: 100 });
  const fleets = fc.record({ replicas: fc.integer({ min: 1, max: 40 }), gpusPerReplica: fc.constantFrom(1, 2, 4, 8, 16) });

  test('weights add up, capacity comes before traffic, and no accepted step takes more than the pool holds', () => {
    fc.assert(fc.property(rising, fleets, fleets, budgets, fc.nat(8), fc.boolean(), (percentages, stable, candidate, nodes, at, keepBothWeighted) => {
      const maxGpus = nodes * 8;
      const step = Math.min(at, percentages.length);
      let made;
      try {
        made = canary({ shift: shares(percentages), keepBothWeighted }, { step, stable, candidate, maxGpus });
      } catch (error) {
        expect((error as Error).message).toMatch(/^\[chat\/Canary\] step \d+ \([\d.]+ %\) needs \d+ GPUs of pool 'h100' /);
        expect(stable.replicas * stable.gpusPerReplica + candidate.replicas * candidate.gpusPerReplica).toBeGreaterThan(maxGpus);
        return;
      }
      const { steps } = made.canary;
      expect(steps.map(({ percentage }) => percentage)).toEqual([0, ...percentages]);
      steps.forEach(({ gpus, candidateReplicas }, i) => {
        expect(gpus).toBeLessThanOrEqual(maxGpus);
        expect(candidateReplicas).toBeGreaterThanOrEqual((steps[i + 1] ?? steps[i]).percentage / 100 * candidate.replicas - 1e-9);
        expect(candidateReplicas).toBeLessThanOrEqual(candidate.replicas);
      });
      const weights = weightsOf(made.at);
      expect(weights.reduce((a, b) => a + b)).toBe(1000);
      expect(weights.every((weight) => Number.isInteger(weight) && weight >= (keepBothWeighted && step > 0 ? 1 : 0))).toBe(true);
      expect(made.candidate.running).toEqual([steps[step].candidateReplicas]);
    }), { numRuns: 150 });
  });

  test('names are legal whatever the construct is called', () => {
    fc.assert(fc.property(fc.string({ unit: 'binary', minLength: 1, maxLength: 90 }).filter((id) => id.replace(/\//g, '').length > 0 && !(id in {})), (id) => {
      const at = new Chart(new App(), 'chat');
      const [stable, candidate] = [new FakeFleet(at, 'Stable', { servedModelName: id, namespace: 'a' }), new FakeFleet(at, 'Next', { servedModelName: id, namespace: 'b' })];
      const route = new ModelRoute(at, 'Route', { fleet: stable, hostnames: ['a.b'], gateway: { name: 'g', gatewayNamespace: 'g' } });
      new ModelCanary(new Chart(at, 'C'), id, { route, stable, candidate, driver: CanaryDriver.manual() });
      const objects = Testing.synth(Chart.of(at.node.findChild('C')));
      expect(objects).toHaveLength(2);
      for (const { metadata } of objects) {
        expect(metadata.name).toMatch(/^[a-z]([-a-z0-9]{0,61}[a-z0-9])?$/);
        expect(metadata.labels['cdk8s-inference/model']).toMatch(/^[A-Za-z0-9]([-A-Za-z0-9_.]{0,61}[A-Za-z0-9])?$/);
      }
    }), { numRuns: 60 });
  });
});
