/** A model of one's own, sized from the `config.json` beside its weights; the nodes exist, and so does the claim. */
import * as fs from 'fs';
import * as path from 'path';
import { App, Chart } from 'cdk8s';
import { Capacity, Engine, GpuNodePool, InferenceFleet, Load, Model, Weights } from 'cdk8s-inference';

const app = new App();
const chart = new Chart(app, 'support', { namespace: 'support' });

const config = JSON.parse(fs.readFileSync(path.join(__dirname, 'config.json'), 'utf8'));

const pool = GpuNodePool.fromGpuNodePoolAttributes(chart, 'A100', {
  instanceType: 'Standard_NC96ads_A100_v4',
  nodeLabels: { agentpool: 'a100' },
  taints: [{ key: 'nvidia.com/gpu', value: 'present', effect: 'NoSchedule' }],
  maxGpus: 8,
});

new InferenceFleet(chart, 'Writer', {
  model: Model.fromHubConfig(config, { id: 'support/writer-14b' }),
  pools: [pool],
  capacity: Capacity.forTarget({
    load: Load.requestsPerSecond(3, { promptTokens: 3000, outputTokens: 300, promptTokensP99: 6000, outputTokensP99: 1000, prefixHitRatio: 0.5 }),
    latency: { timeToFirstTokenMillis: 2000 },
    spareReplicas: 1,
  }),
  engine: Engine.vllm({ allowMutableTag: true }), // or imageDigest: the digest of the image in your registry
  weights: Weights.fromClaim({ claimName: 'writer-14b', path: 'v7' }),
});

app.synth();
