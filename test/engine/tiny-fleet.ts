import { Chart, Duration, Testing } from 'cdk8s';
import { Capacity, Engine, GpuNodePool, InferenceFleet, Load, Model, VllmOptions, Weights } from '../../src';

/** The version that a server can be run of without a GPU. */
export const SERVER_VERSION = '0.32.0';

/** A Llama of two narrow layers: what make-model.py writes to a folder. */
export const TINY_MODEL = {
  architectures: ['LlamaForCausalLM'],
  model_type: 'llama',
  hidden_size: 64,
  intermediate_size: 128,
  num_hidden_layers: 2,
  num_attention_heads: 2,
  num_key_value_heads: 2,
  head_dim: 32,
  vocab_size: 512,
  max_position_embeddings: 4096,
  rms_norm_eps: 1e-5,
  hidden_act: 'silu',
  rope_theta: 10000,
  tie_word_embeddings: false,
  bos_token_id: 0,
  eos_token_id: 1,
  pad_token_id: 2,
  torch_dtype: 'bfloat16',
};

/** Every object of a fleet that serves the tiny model, as the library emits it. */
export function tinyFleet(timeouts: { drain: Duration; endpointRemoval: Duration }, options: VllmOptions = {}): any[] {
  const chart = new Chart(Testing.app(), 'tiny', { namespace: 'chat' });
  const pool = GpuNodePool.fromGpuNodePoolAttributes(chart, 'Pool', { instanceType: 'g6e.xlarge', nodeLabels: { 'example.com/pool': 'l40s' } });
  new InferenceFleet(chart, 'Tiny', {
    model: Model.fromHubConfig(TINY_MODEL, { id: 'acme/tiny' }),
    pools: [pool],
    capacity: Capacity.forTarget({ load: Load.requestsPerSecond(1, { promptTokens: 100, outputTokens: 1500 }) }),
    weights: Weights.fromClaim({ claimName: 'weights', waitForFile: '.complete', readBytesPerSecond: 1e9 }),
    engine: Engine.vllm({ version: SERVER_VERSION, allowMutableTag: true, chatTemplate: '{% for m in messages %}{{ m.content }} {% endfor %}', ...options }),
    timeouts,
  });
  return JSON.parse(JSON.stringify(Testing.synth(chart)));
}
