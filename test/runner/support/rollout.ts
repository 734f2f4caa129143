import { RolloutGate, RolloutSpec, RolloutStep } from '../../../src/rollout/rollout-spec';

const arms = (metric: string) => ({ stable: `${metric}{fleet="stable"}`, candidate: `${metric}{fleet="candidate"}` });

export const GATES: RolloutGate[] = [
  { kind: 'share-limit', name: 'errors', events: arms('errors').candidate, total: arms('requests').candidate, good: 0.01, bad: 0.02, expected: 0.001 },
  { kind: 'share-ratio', name: 'errors-beside-stable', events: arms('errors'), total: arms('requests'), factor: 2 },
  { kind: 'mean-ratio', name: 'latency', sum: arms('latency_sum'), count: arms('latency_count'), factor: 1.3, floor: 0 },
];

export const STEPS: RolloutStep[] = [
  { weight: 50, needs: 1, runs: 1, minSeconds: 60, maxSeconds: 600, proof: false },
  { weight: 300, needs: 2, runs: 2, minSeconds: 60, maxSeconds: 600, proof: true },
  { weight: 1000, needs: 4, runs: 4, minSeconds: 60, maxSeconds: 600, proof: true },
];

/** A small rollout, with short times. */
export function specWith(changes: Partial<RolloutSpec> = {}): RolloutSpec {
  const workload = { apiVersion: 'apps/v1', kind: 'Deployment', plural: 'deployments', namespace: 'chat', replicas: 4 };
  return {
    version: 1,
    name: 'canary',
    namespace: 'chat',
    hash: 'abc123',
    stable: { ...workload, name: 'stable' },
    candidate: { ...workload, name: 'candidate' },
    route: {
      namespace: 'chat',
      name: 'route',
      template: {
        apiVersion: 'gateway.networking.k8s.io/v1',
        kind: 'HTTPRoute',
        metadata: { labels: { team: 'chat' } },
        spec: {
          hostnames: ['llm.example.com'],
          rules: [{ timeouts: { request: '300s' }, backendRefs: [{ name: 'stable', port: 8000 }, { name: 'candidate', port: 8000 }] }],
        },
      },
      stable: { name: 'stable' },
      candidate: { name: 'candidate' },
      leastWeight: 0,
    },
    metrics: { url: 'http://prometheus:9090', podLabel: 'pod', scrapeSeconds: 15, up: arms('up'), requests: arms('requests') },
    risk: { alpha: 0.05, beta: 0.02, minSamples: 20, mostRestarts: 3 },
    timing: {
      tickSeconds: 10, batchSeconds: 30, settleSeconds: 15, warmUpSeconds: 20, startSeconds: 300, doubtSeconds: 240, drainSeconds: 40, leaseSeconds: 30,
    },
    steps: STEPS,
    gates: GATES,
    end: { stableReplicas: 0, candidateReplicas: 0 },
    ...changes,
  };
}
