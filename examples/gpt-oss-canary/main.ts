/** gpt-oss-120b on H100: a new commit of the weights takes over step by step. The weights of the route live in Git: raise `step` to go on. */
import { App, Chart, Duration } from 'cdk8s';
import {
  CanaryDriver, CanaryGate, Capacity, Engine, GpuNodePool, InferenceFleet, Load, Model, ModelCanary, ModelRoute, NodeProvisioner, Signal,
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

new ModelCanary(chart, 'Canary', {
  route,
  stable,
  candidate: fleet('Candidate', 'b5c939de8f754692c1647ca79fbf85e8c1e70f8a'),
  shift: TrafficShift.steps([
    { percentage: 1, interval: Duration.minutes(30) },
    { percentage: 10, interval: Duration.minutes(30) },
    { percentage: 50, interval: Duration.hours(1) },
    { percentage: 100, interval: Duration.hours(1) },
  ]),
  gates: [
    CanaryGate.below(Signal.ERROR_RATIO, 0.01),
    CanaryGate.noWorseThanStable(Signal.TIME_TO_FIRST_TOKEN, 1.3),
  ],
  driver: CanaryDriver.manual({ step: 1 }),
});

app.synth();
