/** gpt-oss-120b on H100: a new commit of the weights takes over by itself, or steps back by itself. */
import { App, Chart, Duration } from 'cdk8s';
import {
  CanaryGate, Capacity, Engine, ExpectedAnswer, GpuNodePool, InferenceFleet, Load, Model, ModelCanary, ModelRoute, NodeProvisioner,
  TrafficShift, Weights,
} from 'cdk8s-inference';

const app = new App();
const chart = new Chart(app, 'assistant', { namespace: 'assistant' });

const pool = new GpuNodePool(chart, 'H100', {
  provisioner: NodeProvisioner.karpenterAws({ instanceTypes: ['p5.48xlarge'], nodeClassName: 'gpu' }),
  maxGpus: 24,
});

const fleet = (id: string, revision: string) => new InferenceFleet(chart, id, {
  model: Model.named('openai/gpt-oss-120b'),
  servedModelName: 'gpt-oss-120b',
  pools: [pool],
  engine: Engine.vllm({ allowMutableTag: true, toolCallParser: 'openai', reasoningParser: 'openai_gptoss' }),
  capacity: Capacity.forTarget({
    load: Load.requestsPerSecond(30, { promptTokens: 2000, outputTokens: 600 }),
    latency: { timeToFirstTokenMillis: 1500 },
  }),
  weights: Weights.fromHub({ revision, storageClass: 'fsx-lustre', readBytesPerSecond: 1e9 }),
  ownership: { team: 'assistant' },
});

const stable = fleet('Stable', '8b193b0ef83bd41b40eb71fee8f1432315e02a3e');
const route = new ModelRoute(chart, 'Route', { fleet: stable, hostnames: ['assistant.example.com'], gateway: { name: 'public', gatewayNamespace: 'gateways' } });

const candidate = fleet('Candidate', 'b5c939de8f754692c1647ca79fbf85e8c1e70f8a');

new ModelCanary(chart, 'Canary', {
  route,
  stable,
  candidate,
  // 1 and 10 % for as long as the gates take at 30 requests/s, half of the traffic for an hour at least.
  shift: TrafficShift.steps([{ percentage: 1 }, { percentage: 10 }, { percentage: 50, interval: Duration.hours(1) }, { percentage: 100 }]),
  // Errors, latencies and queue are watched by default; so are answers here, before anybody meets the candidate.
  gates: [
    ...CanaryGate.defaults(stable, candidate),
    CanaryGate.evaluation({
      leastScore: 0.5,
      prompts: [
        { prompt: 'What is 17 times 23? Answer with the number alone.', expected: ExpectedAnswer.containing('391') },
        { prompt: 'Name the capital of Australia in one word.', expected: ExpectedAnswer.containing('Canberra') },
      ],
    }),
  ],
});

app.synth();
