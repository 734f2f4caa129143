/** DeepSeek-R1 in FP8, each replica over two nodes of eight H200: a LeaderWorkerSet, on the fabric of one zone. */
import { App, Chart } from 'cdk8s';
import { Capacity, Engine, GpuNodePool, InferenceFleet, Load, Model, NodeProvisioner, PurchaseOption, Weights } from 'cdk8s-inference';

const app = new App();
const chart = new Chart(app, 'reasoning', { namespace: 'reasoning' });

const pool = new GpuNodePool(chart, 'H200', {
  provisioner: NodeProvisioner.karpenterAws({
    instanceTypes: ['p5en.48xlarge'],
    nodeClassName: 'gpu-efa',
    purchase: PurchaseOption.reserved(),
    zones: ['us-east-2a'],
    efa: true,
  }),
  maxGpus: 32,
});

new InferenceFleet(chart, 'DeepSeek', {
  model: Model.named('deepseek-ai/DeepSeek-R1'),
  pools: [pool],
  capacity: Capacity.manual({
    replicas: 2,
    layout: { tensorParallel: 8, pipelineParallel: 2 },
    load: Load.requestsPerSecond(4, { promptTokens: 2000, outputTokens: 1000 }),
  }),
  engine: Engine.vllm({ allowMutableTag: true }), // or imageDigest: the digest of the image in your registry
  weights: Weights.fromHub({
    revision: '56d4cbbb4d29f4355bab4b9a39ccb717a14ad5ad',
    storageClass: 'fsx-lustre',
    readBytesPerSecond: 2e9,
    downloadBytesPerSecond: 500e6,
  }),
});

app.synth();
