/** The smallest fleet: an 8B model in BF16, one L40S a replica, nodes from Karpenter. */
import { App, Chart } from 'cdk8s';
import { Capacity, Engine, GpuNodePool, InferenceFleet, Load, Model, NodeProvisioner, Weights } from 'cdk8s-inference';
import * as kplus from 'cdk8s-plus-28';

const app = new App();
const chart = new Chart(app, 'llama-8b', { namespace: 'inference' });

const pool = new GpuNodePool(chart, 'L40s', {
  provisioner: NodeProvisioner.karpenterAws({ instanceTypes: ['g6e.4xlarge'], nodeClassName: 'gpu' }),
  maxGpus: 4,
});

new InferenceFleet(chart, 'Llama', {
  model: Model.named('meta-llama/Llama-3.1-8B-Instruct'),
  pools: [pool],
  capacity: Capacity.forTarget({
    load: Load.requestsPerSecond(2, { promptTokens: 800, outputTokens: 200 }),
    latency: { timeToFirstTokenMillis: 1000, timePerOutputTokenMillis: 60 },
  }),
  engine: Engine.vllm({ allowMutableTag: true }), // or imageDigest: the digest of the image in your registry
  weights: Weights.fromHub({
    revision: '0e9e39f249a16976918f6564b8830bc894c89659',
    token: { secret: kplus.Secret.fromSecretName(chart, 'HubToken', 'hugging-face'), key: 'token' },
    storageClass: 'efs',
  }),
});

app.synth();
