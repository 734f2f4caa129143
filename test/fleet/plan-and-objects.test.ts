import { Chart } from 'cdk8s';
import * as fc from 'fast-check';
import { amountOf, GIB } from '../../src/kube/quantities';
import { fleet, TestEngine, TestWeights } from '../support/fleet';
import { podTemplates, restrictedViolations } from '../support/pod-security';
import { render } from '../support/render';

/** Every shape of fleet that the library can be asked for. */
const fleets = fc.record({
  tensorParallel: fc.constantFrom(1, 2, 4, 8),
  pipelineParallel: fc.constantFrom(1, 2, 4),
  dataParallel: fc.constantFrom(1, 2),
  replicas: fc.integer({ min: 1, max: 40 }),
  spareGpus: fc.constantFrom(undefined, 0, 7, 8, 64),
  ramPerGpu: fc.constantFrom(undefined, 48, 256),
  checkpointBytes: fc.integer({ min: 1e9, max: 2e12 }),
  bytesPerSecond: fc.integer({ min: 1e8, max: 5e10 }),
  waitSeconds: fc.constantFrom(0, 7200),
  warmUpSeconds: fc.integer({ min: 0, max: 1800 }),
  teardownSeconds: fc.integer({ min: 0, max: 60 }),
});

test('a fleet\'s objects agree with its plan, and with each other', () => {
  fc.assert(fc.property(fleets, (it) => {
    const { tensorParallel, pipelineParallel, dataParallel, replicas } = it;
    const gpusPerReplica = tensorParallel * pipelineParallel * dataParallel;
    const gpus = gpusPerReplica * replicas;
    const maxGpus = it.spareGpus === undefined ? undefined : gpus + it.spareGpus;
    const made = fleet({
      plan: { layout: { tensorParallel, pipelineParallel, dataParallel }, replicas },
      poolAttributes: { maxGpus, allocatableMemoryBytes: it.ramPerGpu && 8 * it.ramPerGpu * GIB },
      weights: new TestWeights({ checkpointBytes: it.checkpointBytes, bytesPerSecond: it.bytesPerSecond, waitSeconds: it.waitSeconds }),
      engine: new TestEngine({ warmUpSeconds: it.warmUpSeconds, teardownSeconds: it.teardownSeconds }),
    });
    const objects = render(Chart.of(made));
    const { plan } = made;
    const workload = objects.one(plan.nodesPerReplica > 1 ? 'LeaderWorkerSet' : 'Deployment');
    const { spec } = workload;
    const templates = podTemplates(workload);
    const [serving] = templates;

    // replicas, nodes and GPUs
    expect(spec.replicas).toBe(plan.replicas);
    const podsPerReplica = spec.leaderWorkerTemplate?.size ?? 1;
    expect(podsPerReplica).toBe(plan.nodesPerReplica);
    for (const template of templates) {
      const { requests, limits } = template.spec.containers[0].resources;
      expect(limits['nvidia.com/gpu'] * podsPerReplica * spec.replicas).toBe(plan.gpus);
      expect(requests['nvidia.com/gpu']).toBe(limits['nvidia.com/gpu']);
      expect(requests.memory).toBe(limits.memory);
      expect(limits.cpu).toBeUndefined();
      // a node holds as many of these pods as it has GPUs for
      const podsPerNode = 8 / limits['nvidia.com/gpu'];
      expect(amountOf(limits.memory)! * podsPerNode).toBeLessThanOrEqual(it.ramPerGpu === undefined ? Infinity : 8 * it.ramPerGpu * GIB);
      const shm = template.spec.volumes.find(({ name }: any) => name === 'shm').emptyDir.sizeLimit;
      expect(amountOf(shm)).toBeLessThan(amountOf(limits.memory)!);
      expect(restrictedViolations(template)).toEqual([]);
    }

    // a rolling update stays within the pool
    const rolling = spec.strategy?.rollingUpdate ?? spec.rolloutStrategy.rollingUpdateConfiguration;
    expect(rolling.maxSurge + rolling.maxUnavailable).toBe(1);
    expect((spec.replicas + rolling.maxSurge) * plan.gpusPerReplica).toBeLessThanOrEqual(maxGpus ?? Infinity);

    // time to start
    const { startupProbe, lifecycle } = serving.spec.containers[0];
    const budget = startupProbe.failureThreshold * startupProbe.periodSeconds;
    expect(budget).toBeGreaterThanOrEqual(it.checkpointBytes / it.bytesPerSecond + it.warmUpSeconds);
    if (spec.strategy) { expect(spec.progressDeadlineSeconds).toBeGreaterThan(it.waitSeconds + budget); }

    // time to stop
    const grace = serving.spec.terminationGracePeriodSeconds;
    const drain = grace - lifecycle.preStop.sleep.seconds - it.teardownSeconds;
    expect(drain * 1000).toBeGreaterThanOrEqual(plan.estimate.endToEnd.p99.high);
    for (const worker of templates.slice(1)) {
      expect(worker.spec.containers[0].lifecycle.preStop.sleep.seconds).toBe(lifecycle.preStop.sleep.seconds + drain);
      expect(worker.spec.terminationGracePeriodSeconds).toBe(grace);
    }

    // who selects whom: leaders carry what the Service selects, once their controller has numbered them
    const leader = { ...serving.metadata.labels, ...(spec.strategy ? {} : { 'leaderworkerset.sigs.k8s.io/worker-index': '0' }) };
    const worker = { ...templates[templates.length - 1].metadata.labels, 'leaderworkerset.sigs.k8s.io/worker-index': '1' };
    const selects = (selector: any, labels: any) => Object.entries(selector).every(([key, value]) => labels[key] === value);
    const budgetSelector = objects.one('PodDisruptionBudget').spec.selector.matchLabels;
    for (const selector of [objects.one('Service').spec.selector, objects.one('PodMonitor').spec.selector.matchLabels, made.podLabels]) {
      expect(selects(selector, leader)).toBe(true);
      if (!spec.strategy) { expect(selects(selector, worker)).toBe(false); }
    }
    expect([selects(budgetSelector, leader), selects(budgetSelector, worker)]).toEqual([true, true]);
    expect(serving.spec.serviceAccountName).toBe(objects.one('ServiceAccount').metadata.name);
  }), { numRuns: 100 });
});
