import { Chart } from 'cdk8s';
import * as fc from 'fast-check';
import { Accelerator } from '../../src/catalog/accelerator';
import { Model } from '../../src/catalog/model';
import { Precision } from '../../src/catalog/precision';
import { Engine } from '../../src/engines/engine';
import { Capacity } from '../../src/fleet/capacity';
import { InferenceFleet } from '../../src/fleet/inference-fleet';
import { Weights } from '../../src/fleet/weights';
import { GIB } from '../../src/kube/quantities';
import { Load } from '../../src/sizing/load';
import { TestPool } from '../support/fleet';
import { podTemplates, restrictedViolations } from '../support/pod-security';
import { chart, render } from '../support/render';

const REVISION = '0123456789abcdef0123456789abcdef01234567';
const settled = { accelerator: Accelerator.named('h200-sxm'), allocatableMemoryBytes: 1900 * GIB, allocatableCpuMillis: 190_000 };

function made(props: { model: string; precision?: Precision; capacity: Capacity; maxGpus?: number; weights?: Weights }): InferenceFleet {
  const scope = chart('models');
  return new InferenceFleet(scope, 'fleet', {
    model: Model.named(props.model),
    precision: props.precision,
    pools: [new TestPool(scope, 'pool', { ...settled, maxGpus: props.maxGpus, rdmaResources: { 'rdma/hca': 8 } })],
    capacity: props.capacity,
    engine: Engine.vllm({ allowMutableTag: true }),
    weights: props.weights ?? Weights.fromHub({ revision: REVISION, storageClass: 'shared', readBytesPerSecond: 1e9 }),
  });
}

const workloadOf = (it: InferenceFleet) => render(Chart.of(it)).named(it.workloadKind, it.workloadName);
const serving = (it: InferenceFleet) => podTemplates(workloadOf(it))[0].spec.containers[0];
const flag = (it: InferenceFleet, name: string) => serving(it).args.find((arg: string) => arg.startsWith(`--${name}=`))?.split('=')[1];

test('with sizing, engine and weights in earnest, every object agrees with the plan', () => {
  const models = fc.constantFrom('meta-llama/Llama-3.1-8B-Instruct', 'meta-llama/Llama-3.3-70B-Instruct', 'openai/gpt-oss-120b');
  const lengths = fc.record({ promptTokens: fc.integer({ min: 50, max: 4000 }), outputTokens: fc.integer({ min: 20, max: 1000 }) });
  fc.assert(fc.property(models, fc.integer({ min: 1, max: 30 }), lengths, (model, rate, requests) => {
    const it = made({ model, capacity: Capacity.forTarget({ load: Load.requestsPerSecond(rate, requests) }) });
    const { plan } = it;
    const objects = render(Chart.of(it));
    const { spec } = workloadOf(it);
    const { settings } = plan.estimate;
    expect(spec.replicas).toBe(plan.replicas);
    expect(serving(it).resources.limits['nvidia.com/gpu'] * plan.nodesPerReplica * spec.replicas).toBe(plan.gpus);
    expect([flag(it, 'tensor-parallel-size'), flag(it, 'max-model-len'), flag(it, 'max-num-seqs')]).toEqual(
      [plan.layout.tensorParallel, settings.maxModelLen, settings.maxNumSeqs].map(String));
    const { terminationGracePeriodSeconds } = podTemplates(workloadOf(it))[0].spec;
    const drain = Number(flag(it, 'shutdown-timeout'));
    expect(drain * 1000).toBeGreaterThanOrEqual(plan.estimate.endToEnd.p99.high);
    expect(terminationGracePeriodSeconds).toBeGreaterThan(serving(it).lifecycle.preStop.sleep.seconds + drain);
    expect(it.longestRequestMillis).toBeGreaterThanOrEqual(plan.estimate.endToEnd.p99.high);
    const { failureThreshold, periodSeconds } = serving(it).startupProbe;
    expect(failureThreshold * periodSeconds).toBeGreaterThan(plan.model.checkpointBytes! / 1e9);
    expect(objects.objects.flatMap(podTemplates).flatMap(restrictedViolations)).toEqual([]);
  }), { numRuns: 20 });
});

test('a model over two nodes is a LeaderWorkerSet on RDMA, in Pod Security restricted', () => {
  const it = made({
    model: 'deepseek-ai/DeepSeek-R1',
    capacity: Capacity.manual({ replicas: 2, layout: { tensorParallel: 8, pipelineParallel: 2 } }),
    maxGpus: 32,
  });
  const { spec } = workloadOf(it);
  expect([it.workloadKind, spec.replicas, spec.leaderWorkerTemplate.size]).toEqual(['LeaderWorkerSet', 2, 2]);
  expect(spec.rolloutStrategy.rollingUpdateConfiguration).toEqual({ maxSurge: 0, maxUnavailable: 1 });
  expect(serving(it).resources.limits).toMatchObject({ 'nvidia.com/gpu': 8, 'rdma/hca': 8 });
  expect([flag(it, 'tensor-parallel-size'), flag(it, 'pipeline-parallel-size'), flag(it, 'nnodes')]).toEqual(['8', '2', '$(LWS_GROUP_SIZE)']);
  expect(workloadOf(it).metadata.annotations['cdk8s-inference/plan']).toMatch(/^2 x \(TP 8 x PP 2\) on h100; fp8 weights/);
  expect(render(Chart.of(it)).objects.flatMap(podTemplates).flatMap(restrictedViolations)).toEqual([]);
});

test('the Service and the budget select the serving pods, and not the download of their weights', () => {
  const it = made({ model: 'meta-llama/Llama-3.1-8B-Instruct', capacity: Capacity.manual({ replicas: 2, layout: { tensorParallel: 1 } }) });
  const objects = render(Chart.of(it));
  const selects = (selector: any, labels: any) => Object.entries(selector).every(([key, value]) => labels[key] === value);
  for (const selector of [objects.one('Service').spec.selector, objects.one('PodDisruptionBudget').spec.selector.matchLabels]) {
    expect(selects(selector, objects.one('Deployment').spec.template.metadata.labels)).toBe(true);
    expect(selects(selector, objects.one('Job').spec.template.metadata.labels)).toBe(false);
  }
});

test('no object holds the value of a secret', () => {
  const it = made({ model: 'meta-llama/Llama-3.1-8B-Instruct', capacity: Capacity.manual({ replicas: 1, layout: { tensorParallel: 1 } }) });
  expect(render(Chart.of(it)).all('Secret')).toEqual([]);
});
