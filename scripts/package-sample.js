// What a user of plain JavaScript writes; scripts/check-package.ts runs it beside the installed package.
const { App, Chart, Testing } = require('cdk8s');
const { Accelerator, Capacity, Engine, GpuNodePool, InferenceFleet, Load, Model, ModelCanary, ModelRoute, Weights } = require('cdk8s-inference');

const chart = new Chart(new App(), 'sample', { namespace: 'sample' });
const pool = GpuNodePool.fromGpuNodePoolAttributes(chart, 'Pool', { accelerator: Accelerator.named('h200-sxm'), gpusPerNode: 8, nodeLabels: { pool: 'h200' } });
const fleet = (id, model, capacity) => new InferenceFleet(chart, id, {
  model: Model.named(model),
  pools: [pool],
  capacity,
  engine: Engine.vllm({ allowMutableTag: true }),
  weights: Weights.fromClaim({ claimName: 'weights' }),
});
const small = Capacity.forTarget({ load: Load.requestsPerSecond(20, { promptTokens: 500, outputTokens: 100 }) });
const [stable, candidate] = ['Small', 'Next'].map((id) => fleet(id, 'meta-llama/Llama-3.1-8B-Instruct', small));
fleet('Large', 'deepseek-ai/DeepSeek-R1', Capacity.manual({ replicas: 1, layout: { tensorParallel: 8, pipelineParallel: 2 } }));

const route = new ModelRoute(chart, 'Route', { fleet: stable, hostnames: ['llm.example.com'], gateway: { name: 'public' } });
new ModelCanary(chart, 'Canary', { route, stable, candidate }); // its runner is a file of the package

console.log(Testing.synth(chart).map(({ kind }) => kind).filter((kind) => ['Deployment', 'Job', 'LeaderWorkerSet'].includes(kind)).sort().join(' '));
