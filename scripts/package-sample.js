// What a user of plain JavaScript writes; scripts/check-package.ts runs it beside the installed package.
const { App, Chart, Testing } = require('cdk8s');
const { Accelerator, Capacity, Engine, GpuNodePool, InferenceFleet, Load, Model, Weights } = require('cdk8s-inference');

const chart = new Chart(new App(), 'sample');
const pool = GpuNodePool.fromGpuNodePoolAttributes(chart, 'Pool', { accelerator: Accelerator.named('h200-sxm'), gpusPerNode: 8, nodeLabels: { pool: 'h200' } });
const fleet = (id, model, capacity) => new InferenceFleet(chart, id, {
  model: Model.named(model),
  pools: [pool],
  capacity,
  engine: Engine.vllm({ allowMutableTag: true }),
  weights: Weights.fromClaim({ claimName: 'weights' }),
});
fleet('Small', 'meta-llama/Llama-3.1-8B-Instruct', Capacity.forTarget({ load: Load.requestsPerSecond(2, { promptTokens: 500, outputTokens: 100 }) }));
fleet('Large', 'deepseek-ai/DeepSeek-R1', Capacity.manual({ replicas: 1, layout: { tensorParallel: 8, pipelineParallel: 2 } }));

console.log(Testing.synth(chart).map(({ kind }) => kind).filter((kind) => ['Deployment', 'LeaderWorkerSet'].includes(kind)).sort().join(' '));
