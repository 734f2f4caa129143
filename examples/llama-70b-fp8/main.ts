/** Llama-3.3-70B in FP8 for 40 requests a second, with a time to first token at the 95th percentile. `npm run quickstart` runs this. */
import { App, Chart } from 'cdk8s';
import { Capacity, Engine, GpuNodePool, InferenceFleet, Load, Model, ModelRoute, NodeProvisioner, Precision, Weights } from 'cdk8s-inference';
import * as kplus from 'cdk8s-plus-28';

const app = new App();
const chart = new Chart(app, 'chat', { namespace: 'chat' });

const pool = new GpuNodePool(chart, 'H100', {
  provisioner: NodeProvisioner.karpenterAws({
    instanceTypes: ['p5.48xlarge'],
    nodeClass: {
      role: 'KarpenterNodeRole-platform',
      subnets: [{ tags: { 'karpenter.sh/discovery': 'platform' } }],
      securityGroups: [{ tags: { 'karpenter.sh/discovery': 'platform' } }],
      amis: [{ alias: 'al2023@v20260801' }],
    },
  }),
  maxGpus: 32,
});

export const fleet = new InferenceFleet(chart, 'Llama', {
  model: Model.named('meta-llama/Llama-3.3-70B-Instruct'),
  precision: Precision.FP8,
  pools: [pool],
  capacity: Capacity.forTarget({
    load: Load.requestsPerSecond(40, { promptTokens: 1024, outputTokens: 256 }),
    latency: { percentile: 95, timeToFirstTokenMillis: 800, timePerOutputTokenMillis: 50 },
  }),
  engine: Engine.vllm({ allowMutableTag: true }), // or imageDigest: the digest of the image in your registry
  weights: Weights.fromHub({
    revision: '6f6073b423013f6a7d4d9f39144961bfbfbc386b',
    token: { secret: kplus.Secret.fromSecretName(chart, 'HubToken', 'hugging-face'), key: 'token' },
    storageClass: 'fsx-lustre',
    readBytesPerSecond: 1e9,
  }),
  ownership: { team: 'chat', costCenter: 'cc-1042' },
});

new ModelRoute(chart, 'Route', {
  fleet,
  hostnames: ['chat.example.com'],
  gateway: { name: 'public', gatewayNamespace: 'gateways' },
});

app.synth();
