import * as fs from 'fs';
import * as os from 'os';
import * as path from 'path';
import { App, Chart, Duration } from 'cdk8s';
import { EnvValue } from 'cdk8s-plus-28';
import {
  Accelerator, CanaryDriver, Capacity, Engine, GpuNodePool, InferenceFleet, Load, Model, ModelCanary, ModelRoute, NodeProvisioner, Precision, Signal, Sizing, TrafficShift, Weights,
} from '../../src';
import { command } from '../cli/fake-io';

const BIG = 'x'.repeat(5_000_000);
const BIG_SHOWN = `'${'x'.repeat(60)}…' (5000000 characters)`;
const LLAMA = 'meta-llama/Llama-3.1-8B-Instruct';
const LENGTHS = { promptTokens: 1000, outputTokens: 200 };
const CONFIG = {
  model_type: 'llama',
  hidden_size: 4096,
  num_hidden_layers: 32,
  num_attention_heads: 32,
  num_key_value_heads: 8,
  intermediate_size: 14336,
  vocab_size: 128256,
  max_position_embeddings: 8192,
};

const cyclic: any = {};
cyclic.self = cyclic;

/** An object that throws when a prop of it is read: that error is the caller's own, and reaches them as it is. */
const throwing = (prop: string) => Object.defineProperty({}, prop, { enumerable: true, get() { throw new Error('my own getter failed'); } });

/** A fleet in chart `chat`, with values that TypeScript would not let through. */
function fleet(props: any = {}, pool: any = {}, chart: Chart = new Chart(new App(), 'chat')): InferenceFleet {
  return new InferenceFleet(chart, 'Llama', {
    model: Model.named(LLAMA),
    pools: [GpuNodePool.fromGpuNodePoolAttributes(chart, 'H100', { instanceType: 'p5.48xlarge', nodeLabels: { pool: 'h100' }, poolName: 'h100', ...pool })],
    capacity: Capacity.forTarget({ load: Load.requestsPerSecond(2, LENGTHS) }),
    weights: Weights.fromClaim({ claimName: 'llama' }),
    engine: Engine.vllm({ allowMutableTag: true }),
    ...props,
  });
}

const target = (more: any) => fleet({ capacity: Capacity.forTarget({ load: Load.requestsPerSecond(2, LENGTHS), ...more }) });
const loaded = (rate: any, lengths: any = LENGTHS) => target({ load: Load.requestsPerSecond(rate, lengths) });
const laid = (layout: any, replicas: any = 1) => fleet({ capacity: Capacity.manual({ replicas, layout }) });
const engine = (options: any) => fleet({ engine: Engine.vllm({ allowMutableTag: true, ...options }) });
const plan = (props: any) => Sizing.plan({
  model: Model.named(LLAMA), pools: [{ accelerator: Accelerator.named('h100-sxm') }], load: Load.requestsPerSecond(2, LENGTHS), ...props,
});
const route = (props: any) => { const it = fleet(); return new ModelRoute(Chart.of(it), 'Route', { fleet: it, hostnames: ['a.example.com'], gateway: { name: 'g' }, ...props }); };

/** What is thrown: a plain Error, of which the whole sentence counts. */
function thrown(action: () => unknown): string {
  try { action(); } catch (error) {
    if (Object.getPrototypeOf(error) !== Error.prototype) { throw error; }
    return (error as Error).message;
  }
  throw new Error('nothing was thrown');
}

describe.each<[string, [string, () => unknown, string | RegExp][]]>([
  ['a load', [
    ['below zero', () => loaded(-1), "[chat/Llama] 'load.requestsPerSecond' is -1 but must be a number above 0"],
    ['of nothing', () => loaded(0), "[chat/Llama] 'load.requestsPerSecond' is 0 but must be a number above 0"],
    ['that is not a number', () => loaded(NaN), "[chat/Llama] 'load.requestsPerSecond' is NaN but must be a number above 0"],
    ['without end', () => loaded(Infinity), "[chat/Llama] 'load.requestsPerSecond' is Infinity but must be a number above 0"],
    ['in a text', () => loaded('2'), "[chat/Llama] 'load.requestsPerSecond' is '2' but must be a number above 0"],
    ['of 5 MB', () => loaded(BIG), `[chat/Llama] 'load.requestsPerSecond' is ${BIG_SHOWN} but must be a number above 0`],
    ['of 1e9 requests/s', () => loaded(1e9),
      // The counts are the sizing's to say.
      /^\[chat\/Llama\] no layout serves 1000000000 requests\/s on h100; nearest: (\d+ x \([A-Z0-9 x+]+\) with \d+ GPUs(, |; )){3}a plan may have at most 1000000 GPUs; lower the load$/],
    ['without prompts', () => loaded(2, { promptTokens: null, outputTokens: 5 }), "[chat/Llama] 'promptTokens' is null but must be a number of tokens from 1 to 1000000000"],
    ['with answers below zero', () => loaded(2, { promptTokens: 5, outputTokens: -5 }), "[chat/Llama] 'outputTokens' is -5 but must be a number of tokens from 1 to 1000000000"],
    ['without lengths', () => loaded(2, null), "[chat/Llama] 'load.lengths' is null but must be an object with promptTokens and outputTokens"],
    ['beyond the context', () => loaded(2, { promptTokens: 200_000, outputTokens: 5 }),
      "[chat/Llama] 'promptTokens' and 'outputTokens' together are 200005 tokens but meta-llama/Llama-3.1-8B-Instruct has a context of 131072; ask for shorter requests or use a model with a longer context"],
    ['with more hits than prompts', () => loaded(2, { ...LENGTHS, prefixHitRatio: 1.5 }), "[chat/Llama] 'prefixHitRatio' is 1.5 but must be a number from 0 to 1"],
    ['whose mean is above its 99th percentile', () => loaded(2, { ...LENGTHS, promptTokensP99: 10 }), "[chat/Llama] 'promptTokensP99' is 10 but must be a number of tokens from 1000 to 1000000000"],
    ['of a closed loop', () => target({ load: Load.concurrency(5, LENGTHS) }),
      "[chat/Llama] 'load' is of kind 'concurrency', which fits one instance and not a fleet; use Load.requestsPerSecond or Load.outputTokensPerSecond"],
    ['within no time', () => target({ latency: { timeToFirstTokenMillis: -1 } }), "[chat/Llama] 'latency.timeToFirstTokenMillis' is -1 but must be a number of milliseconds above 0"],
    ['within too little time', () => target({ latency: { timeToFirstTokenMillis: 1 } }),
      /^\[chat\/Llama\] no layout serves 2 requests\/s within a 1 ms time to first token at p95 on h100; nearest: (\d+ x \([A-Z0-9 x+]+\) at \d+ ms(, |; )){3}raise 'timeToFirstTokenMillis' to \d+ ms(, or allow [a-z0-9-]+)?$/],
    ['at every percentile', () => target({ latency: { percentile: 100 } }), "[chat/Llama] 'latency.percentile' is 100 but must be a number above 0 and at most 99.999"],
    ['with nothing but headroom', () => target({ headroom: 1 }), "[chat/Llama] 'headroom' is 1 but must be a number from 0 to 0.99"],
  ]],
  ['a name of the catalogue', [
    ['that is misspelt', () => Model.named('meta-llama/Llama-3.1-8B-Instrct'), "unknown model 'meta-llama/Llama-3.1-8B-Instrct'; did you mean 'meta-llama/Llama-3.1-8B-Instruct'?"],
    ['that is empty', () => Model.named(''), "unknown model ''; list the models with Model.all(), or read a config.json with Model.fromHubConfig"],
    ['of 5 MB', () => Model.named(BIG), `unknown model ${BIG_SHOWN}; list the models with Model.all(), or read a config.json with Model.fromHubConfig`],
    ['of every object', () => Model.named('__proto__'), "unknown model '__proto__'; list the models with Model.all(), or read a config.json with Model.fromHubConfig"],
    ['that is null', () => Model.named(null as any), 'unknown model null; list the models with Model.all(), or read a config.json with Model.fromHubConfig'],
    ['of an accelerator that is misspelt', () => Accelerator.named('h100-smx'), "unknown accelerator 'h100-smx'; did you mean 'h100-sxm'?"],
    ['of several accelerators', () => Accelerator.named('h100'), "'h100' stands for several accelerators: h100-sxm, h100-pcie, h100-nvl; name one of them"],
    ['of an accelerator of 5 MB', () => Accelerator.named(BIG), `unknown accelerator ${BIG_SHOWN}`],
    ['of an accelerator of every object', () => Accelerator.named('constructor'), "unknown accelerator 'constructor'"],
    ['of a precision', () => Precision.named('fp9'), "unknown precision 'fp9'; did you mean 'fp8'?"],
    ['of a signal', () => Signal.named('ttft'), "unknown signal 'ttft'"],
    ['of an engine', () => plan({ engine: { name: 'vlm' } }), "unknown engine 'vlm'; did you mean 'vllm'?"],
    ['of an engine of every object', () => plan({ engine: { name: '__proto__' } }), "unknown engine '__proto__'"],
    ['of a model that can\'t be sized', () => plan({ model: Model.named('BAAI/bge-large-en-v1.5') }),
      "'BAAI/bge-large-en-v1.5' can't be sized: it is an encoder without a KV cache, and plans are made for generation"],
  ]],
  ['a precision', [
    ['that the accelerator lacks', () => fleet({ precision: Precision.FP8 }, { instanceType: 'p4d.24xlarge' }),
      '[chat/Llama] a100-sxm-40gb has no fp8 tensor rate; use Precision.BF16 or Precision.INT8 or Precision.INT4'],
    ['in a text', () => fleet({ precision: 'fp8' }), "[chat/Llama] 'precision' is 'fp8' but must be a Precision, such as Precision.FP8"],
    ['that can\'t hold a cache', () => fleet({ kvCachePrecision: Precision.INT4 }), "[chat/Llama] 'kvCachePrecision' is 'int4', which can't hold a KV cache; use Precision.BF16 or Precision.FP8"],
    ['that the model is not published in', () => fleet({ model: Model.named('openai/gpt-oss-20b'), precision: Precision.FP8 }),
      "[chat/Llama] 'precision' is 'fp8' but model 'openai/gpt-oss-20b' is published in mxfp4, which vLLM 0.33.0 can't turn into another format; leave it out, or name a model that is published so"],
  ]],
  ['a layout', [
    ['that does not divide the heads', () => laid({ tensorParallel: 3 }), "[chat/Llama] 'tensorParallel' 3 does not divide 32 attention heads; use 1, 2, 4, 8, 16 or 32"],
    ['wider than a node', () => laid({ tensorParallel: 16 }), "[chat/Llama] 'tensorParallel' 16 is more than the 8 GPUs of a node; split over nodes with 'pipelineParallel'"],
    ['of experts that the model does not have', () => laid({ tensorParallel: 2, expertParallel: 2 }), "[chat/Llama] 'expertParallel' 2 needs routed experts, which the model does not have; leave it out"],
    ['with more stages than layers', () => laid({ tensorParallel: 1, pipelineParallel: 64 }), "[chat/Llama] 'pipelineParallel' 64 is more than the 32 layers; use at most 32"],
    ['of nothing', () => laid({ tensorParallel: 0 }), "'layout.tensorParallel' is 0 but must be a whole number from 1 up"],
    ['that is null', () => laid(null), "'layout.tensorParallel' is undefined but must be a whole number from 1 up"],
    ['of half a replica', () => laid({ tensorParallel: 1 }, 0.5), "'replicas' is 0.5 but must be a whole number from 1 up"],
    ['of 1e9 replicas', () => laid({ tensorParallel: 1 }, 1e9), "[chat/Llama] 'replicas' is 1000000000 but must be a whole number from 1 to 1000000"],
    ['that does not hold the model', () => fleet({ model: Model.named('deepseek-ai/DeepSeek-R1'), capacity: Capacity.manual({ replicas: 1, layout: { tensorParallel: 8 } }) }),
      /^\[chat\/Llama\] the weights take [\d.]+ GiB per GPU in fp8 but one h100(-sxm)? offers [\d.]+ GiB/],
  ]],
  ['a pool', [
    ['too small for the model', () => fleet({ model: Model.named('meta-llama/Llama-3.3-70B-Instruct') }, { maxGpus: 1 }),
      /^\[chat\/Llama\] the weights take [\d.]+ GiB per GPU in bf16 but one h100(-sxm)? offers [\d.]+ GiB/],
    ['too small for the load', () => fleet({ capacity: Capacity.forTarget({ load: Load.requestsPerSecond(500, LENGTHS) }) }, { maxGpus: 8 }),
      /^\[chat\/Llama\] no layout serves 500 requests\/s on h100; nearest: (\d+ x \([A-Z0-9 x+]+\) with \d+ GPUs(, |; )){3}allow \d+ GPUs where there are 8, or lower the load(, or allow [a-z0-9-]+)?$/],
    ['of less than nothing', () => fleet({}, { maxGpus: -1 }), "[chat/H100] 'maxGpus' is -1 but must be a whole number of GPUs from 1 to 1000000"],
    ['that pods can\'t find', () => fleet({}, { nodeLabels: {} }), "[chat/H100] 'nodeLabels' is empty; give the labels by which pods find these nodes, e.g. 'nvidia.com/gpu.product'"],
    ['of a machine that is misspelt', () => fleet({}, { instanceType: 'p5.48xlarg' }),
      "[chat/H100] unknown instance type 'p5.48xlarg'; did you mean 'p5.48xlarge'? If not, state 'accelerator' and 'gpusPerNode' of the nodes"],
    ['with a name of 5 MB', () => fleet({}, { poolName: BIG }),
      `[chat/H100] 'poolName' is ${BIG_SHOWN} but must be 1 to 50 lower-case letters, digits and '-', starting with a letter and not ending with '-'`],
    ['that is null', () => fleet({ pools: [null] }), "[chat/Llama] 'pools' is a list of 1 but must be a list of at least one GpuNodePool"],
    ['that is missing', () => fleet({ pools: [] }), "[chat/Llama] 'pools' is a list of 0 but must be a list of at least one GpuNodePool"],
    ['with a bound function for a provisioner', () => new GpuNodePool(new Chart(new App(), 'chat'), 'Pool', { provisioner: (() => 1) as any, maxGpus: 8 }),
      "[chat/Pool] 'provisioner' is a value of type function but must be a NodeProvisioner, e.g. NodeProvisioner.karpenterAws(…)"],
    ['that a sizing is given as a text', () => plan({ pools: 'h100' }), "'pools' is 'h100' but must be a list of at least one pool"],
    ['that goes round', () => plan({ pools: [cyclic] }), "'pools[0].accelerator' is undefined but must be an Accelerator, from Accelerator.named or Accelerator.of"],
    ['among 1,001', () => plan({ pools: Array.from({ length: 1001 }, () => ({ accelerator: Accelerator.named('l4') })) }), "'pools' has 1001 pools but may have at most 1000"],
    ['with gigabytes for bytes', () => Accelerator.of({ name: 'x', memoryBytes: 80, memoryBytesPerSecond: 1e12, bf16FlopsPerSecond: 1e14 }),
      "'memoryBytes' is 80 but must be a number of bytes from 1000000 to 1000000000000000"],
  ]],
  ['a fleet', [
    ['without props', () => new InferenceFleet(new Chart(new App(), 'chat'), 'Llama', null as any), "[chat/Llama] the fleet's properties are null but must be given"],
    ['of a model in a text', () => fleet({ model: LLAMA }), `[chat/Llama] 'model' is '${LLAMA}' but must be a Model; use Model.named, Model.fromHubConfig or Model.of`],
    ['with a number for its capacity', () => fleet({ capacity: 4 }), "[chat/Llama] 'capacity' is 4 but must be a Capacity; use Capacity.forTarget or Capacity.manual"],
    ['with weights in a text', () => fleet({ weights: 's3://x' }), "[chat/Llama] 'weights' is 's3://x' but must be a Weights; use Weights.fromHub, fromClaim, fromImage or fromObjectStore"],
    ['with an engine in a text', () => fleet({ engine: 'vllm' }), "[chat/Llama] 'engine' is 'vllm' but must be an Engine"],
    ['that serves under no name', () => fleet({ servedModelName: '' }), "[chat/Llama] 'servedModelName' is '' but must be 1 to 256 letters, digits or any of '._-/:@+ '"],
    ['that serves under 5 MB', () => fleet({ servedModelName: BIG }), `[chat/Llama] 'servedModelName' is ${BIG_SHOWN} but must be 1 to 256 letters, digits or any of '._-/:@+ '`],
    ['of no team', () => fleet({ ownership: { team: '' } }), "[chat/Llama] 'ownership.team' is '' but must be a text that is not empty"],
    ['with a name of 40 characters', () => fleet({ metadata: { name: 'x'.repeat(40) } }),
      `[chat/Llama] 'metadata.name' is '${'x'.repeat(40)}' but must be up to 39 lower-case letters, digits and '-', from a letter to a letter or digit`],
    ['of the name of another one in its namespace', () => {
      const chart = new Chart(new App(), 'chat');
      for (const id of ['A', 'B']) { fleet({ metadata: { name: 'llama' } }, {}, new Chart(chart, id)); }
    }, "[chat/B/Llama] 'metadata.name' is 'llama' but so is that of 'chat/A/Llama' in the same namespace; give each fleet a name of its own"],
    ['with a label that its objects find each other by', () => fleet({ metadata: { labels: { 'cdk8s-inference/fleet': 'x' } } }),
      "[chat/Llama] 'metadata' sets 'cdk8s-inference/fleet', which the fleet sets itself because its objects find each other by it; use another key"],
    ['with a label that every object has', () => fleet({ metadata: { labels: JSON.parse('{"__proto__":"x"}') } }),
      "[chat/Llama] 'metadata': the label key '__proto__' is not a legal one (up to 63 letters, digits, '-', '_' and '.', after an optional DNS name and '/')"],
    ['with \'false\' for security.rootWithLockedMemory', () => fleet({ security: { rootWithLockedMemory: 'false' } }), "[chat/Llama] 'security.rootWithLockedMemory' is 'false' but must be true or false"],
    ['with \'false\' for security.writableRootFilesystem', () => fleet({ security: { writableRootFilesystem: 'false' } }), "[chat/Llama] 'security.writableRootFilesystem' is 'false' but must be true or false"],
    ['with \'false\' for network.policies', () => fleet({ network: { policies: 'false' } }), "[chat/Llama] 'network.policies' is 'false' but must be true or false"],
    ['with \'false\' for network.rdma', () => fleet({ network: { rdma: 'false' } }), "[chat/Llama] 'network.rdma' is 'false' but must be true or false"],
    ['with \'false\' for monitoring.enabled', () => fleet({ monitoring: { enabled: 'false' } }), "[chat/Llama] 'monitoring.enabled' is 'false' but must be true or false"],
    ['with a text of 5 MB for metadata.labels', () => fleet({ metadata: { labels: BIG } }), `[chat/Llama] 'metadata.labels' is ${BIG_SHOWN} but must map label keys to values`],
    ['with a Map for metadata.labels', () => fleet({ metadata: { labels: new Map() } }), "[chat/Llama] 'metadata.labels' is a value of type object but must map label keys to values"],
    ['with a text of 5 MB for metadata.annotations', () => fleet({ metadata: { annotations: BIG } }), `[chat/Llama] 'metadata.annotations' is ${BIG_SHOWN} but must map annotation keys to texts`],
    ['with a Map for metadata.annotations', () => fleet({ metadata: { annotations: new Map() } }), "[chat/Llama] 'metadata.annotations' is a value of type object but must map annotation keys to texts"],
    ['with a text of 5 MB for network.dnsNamespaceLabels', () => fleet({ network: { dnsNamespaceLabels: BIG } }), `[chat/Llama] 'network.dnsNamespaceLabels' is ${BIG_SHOWN} but must map label keys to values`],
    ['with a Map for network.dnsNamespaceLabels', () => fleet({ network: { dnsNamespaceLabels: new Map() } }), "[chat/Llama] 'network.dnsNamespaceLabels' is a value of type object but must map label keys to values"],
    ['with a text of 5 MB for monitoring.labels', () => fleet({ monitoring: { labels: BIG } }), `[chat/Llama] 'monitoring.labels' is ${BIG_SHOWN} but must map label keys to values`],
    ['with a Map for monitoring.labels', () => fleet({ monitoring: { labels: new Map() } }), "[chat/Llama] 'monitoring.labels' is a value of type object but must map label keys to values"],
    ['with a text of 5 MB for monitoring.namespaceLabels', () => fleet({ monitoring: { namespaceLabels: BIG } }), `[chat/Llama] 'monitoring.namespaceLabels' is ${BIG_SHOWN} but must map label keys to values`],
    ['with a Map for monitoring.namespaceLabels', () => fleet({ monitoring: { namespaceLabels: new Map() } }), "[chat/Llama] 'monitoring.namespaceLabels' is a value of type object but must map label keys to values"],
    ['with an annotation of 5 MB', () => fleet({ metadata: { annotations: { a: BIG } } }),
      "[chat/Llama] 'metadata.annotations' has 5000001 bytes but may have at most 245760, which is what Kubernetes takes less the fleet's own; shorten them"],
    ['with metadata that hold themselves', () => fleet({ metadata: { finalizers: [], loop: cyclic } }),
      "[chat/Llama] 'metadata' is nested more than 8 deep, or holds itself; make it a tree of a few levels"],
    ['with a finalizer of 5 MB', () => fleet({ metadata: { finalizers: [BIG] } }),
      `[chat/Llama] 'metadata' holds ${BIG_SHOWN} but a text in it may have at most 245760 characters; shorten it`],
    ['with an identity of 5 MB', () => fleet({ security: { serviceAccount: { name: BIG } } }),
      "[chat/Llama] 'security.serviceAccount' is a value of type object but must be a service account; use ServiceAccount.fromServiceAccountName of cdk8s-plus"],
    ['with a Map of limits', () => engine({ limitMultimodalPerPrompt: new Map() }),
      "[chat/Llama] 'limitMultimodalPerPrompt' is a value of type object but must be a map from kinds to numbers, e.g. { image: 2 }"],
    ['with a list of metadata', () => fleet({ metadata: [] }), "[chat/Llama] 'metadata' is a list of 0 but must be an object"],
    ['in a namespace that is a number', () => fleet({ metadata: { namespace: 0 } }),
      "[chat/Llama] 'metadata.namespace' is 0 but must be up to 63 lower-case letters, digits and '-', from a letter or digit to a letter or digit"],
    ['in a namespace in a list', () => fleet({ metadata: { namespace: ['ml'] } }),
      "[chat/Llama] 'metadata.namespace' is a list of 1 but must be up to 63 lower-case letters, digits and '-', from a letter or digit to a letter or digit"],
    ['with a function for an engine', () => fleet({ engine: () => 1 }), "[chat/Llama] 'engine' is a value of type function but must be an Engine"],
    ['with a client whose labels are a text', () => fleet({ network: { clients: [{ podLabels: BIG }] } }),
      `[chat/Llama] a client of the fleet: 'podLabels' is ${BIG_SHOWN} but must map label keys to values`],
    ['with a number for a variable', () => fleet().addEnv('A', EnvValue.fromValue(5 as any)), "[chat/Llama] the environment variable 'A': 'value' is 5 but must be a string"],
    ['with a number for a duration', () => fleet({ timeouts: { drain: 5 } }), "[chat/Llama] 'timeouts.drain' is 5 but must be a Duration, such as Duration.minutes(5)"],
    ['with too little time to start', () => fleet({ timeouts: { startup: Duration.seconds(5) } }), /^\[chat\/Llama\] 'timeouts.startup' is 5 s but .*; allow at least \d+ s, or leave it out$/],
    ['with a URL for a mirror', () => fleet({ images: { mirror: 'https://x' } }),
      "[chat/Llama] 'images.mirror' is 'https://x' but must be a registry's host and a path in it, such as 'registry.example.com/mirror'"],
    ['with no port', () => fleet({ network: { dnsPort: 70000 } }), "[chat/Llama] 'network.dnsPort' is 70000 but must be a whole number from 1 to 65535"],
  ]],
  ['an engine', [
    ['without options', () => Engine.vllm(null as any), "'options' of Engine.vllm is null but must be an object"],
    ['with an argument that the plan sets', () => engine({ extraArgs: ['--max-model-len=5'] }),
      "[chat/Llama] 'extraArgs' holds '--max-model-len=5', which the plan sets; use 'settings.maxModelLen' of Engine.vllm"],
    ['with arguments in a text', () => engine({ extraArgs: '--x' }), "[chat/Llama] 'extraArgs' is '--x' but must be a list of strings"],
    ['with an image that may change', () => engine({ allowMutableTag: 'yes' }),
      "[chat/Llama] image 'docker.io/vllm/vllm-openai:v0.33.0' has no digest, so that what runs could change without a commit; give 'imageDigest' ('sha256:…' of the tag in your registry), or accept the tag with 'allowMutableTag: true'"],
    ['in a chart whose name holds a control character', () => fleet({ engine: Engine.vllm() }, {}, new Chart(new App(), 'a\u0000b')),
      "[a b/Llama] image 'docker.io/vllm/vllm-openai:v0.33.0' has no digest, so that what runs could change without a commit; give 'imageDigest' ('sha256:…' of the tag in your registry), or accept the tag with 'allowMutableTag: true'"],
    ['in a chart of a long name', () => fleet({ engine: Engine.vllm() }, {}, new Chart(new App(), 'c'.repeat(1000))),
      `[${'c'.repeat(300)}…] image 'docker.io/vllm/vllm-openai:v0.33.0' has no digest, so that what runs could change without a commit; give 'imageDigest' ('sha256:…' of the tag in your registry), or accept the tag with 'allowMutableTag: true'`],
    ['of an old version', () => engine({ version: '0.1' }),
      "[chat/Llama] 'version' of Engine.vllm is '0.1' but its flags are known for '0.30.0', '0.31.0', '0.32.0' and '0.33.0' only; use one of them, or Engine.custom"],
    ['of one\'s own without a name', () => Engine.custom({} as any),
      "'name' of Engine.custom is undefined but must be a text of 1 to 256 characters without control characters"],
    ['with a sequence longer than the context, with which vLLM does not start', () => engine({ settings: { maxModelLen: 200_000 } }),
      `[chat/Llama] 'engine.maxModelLen' is 200000 but the context of ${LLAMA} is 131072 tokens; state at most that, or leave it out`],
    ['with a step of fewer tokens than requests, with which vLLM does not start', () => engine({ settings: { maxNumBatchedTokens: 16, maxNumSeqs: 64 } }),
      "[chat/Llama] 'engine.maxNumBatchedTokens' is 16 but 'engine.maxNumSeqs' is 64, and vllm does not start with fewer tokens in a step than requests; raise the first, lower the second, or leave one out"],
    ['with a share of memory that leaves nothing to the device', () => engine({ settings: { memoryFraction: 1 } }),
      "[chat/Llama] 'engine.memoryFraction' 1 leaves 0.0 GiB of the 79.1 GiB of one h100 to graphs, buffers and the driver, which need 0.5 GiB more; use at most 0.99"],
    ['with settings in a text', () => Engine.vllm({ settings: 'abc' as any }), "'settings' of Engine.vllm is 'abc' but must be an object"],
    ['that trusts a text', () => engine({ trustRemoteCode: 'false' }), "[chat/Llama] 'trustRemoteCode' is 'false' but must be true or false"],
    ['that caches by a text', () => fleet({ engine: Engine.sglang({ allowMutableTag: true, prefixCaching: 'false' as any }) }),
      "[chat/Llama] 'prefixCaching' is 'false' but must be true or false"],
    ['with an argument of the other engine', () => fleet({ engine: Engine.sglang({ allowMutableTag: true, extraArgs: ['--max-model-len', '5'] }) }),
      "[chat/Llama] 'extraArgs' holds '--max-model-len', which is vLLM's word for what the plan sets; use 'settings.maxModelLen' of Engine.sglang"],
    ['in an image for CUDA, on accelerators of AMD', () => fleet({}, { instanceType: 'Standard_ND96isr_MI300X_v5' }),
      "[chat/Llama] the plan's accelerator mi300x is one of amd but the image that vLLM 0.33.0 is published in, 'docker.io/vllm/vllm-openai:v0.33.0', is built for NVIDIA GPUs; give 'image' and 'imageDigest' of a build for amd, e.g. of 'docker.io/rocm/vllm'"],
    ['with its key in the manifest', () => engine({ apiKey: EnvValue.fromValue('secret') }),
      "[chat/Llama] 'apiKey' must come from a Secret, so that no manifest holds it; use EnvValue.fromSecretValue({ secret, key })"],
    ['with a secret in the manifest', () => engine({ env: { MY_TOKEN: EnvValue.fromValue('secret') } }),
      "[chat/Llama] 'env' holds 'MY_TOKEN' in clear text, and so would the manifest; use EnvValue.fromSecretValue"],
  ]],
  ['weights', [
    ['of a branch', () => fleet({ weights: Weights.fromHub({ revision: 'main' }) }),
      "[chat/Llama/Weights] 'revision' is 'main' but must be a commit of 40 hexadecimal digits, so that every replica and every restart serves the same files; copy it from the history of the repository, or set 'allowMovingRevision'"],
    ['of nobody', () => fleet({ weights: Weights.fromHub(null as any) }), "[chat/Llama/Weights] the options of 'fromHub' are null but must be an object"],
    ['on no claim', () => fleet({ weights: Weights.fromClaim({ claimName: '' }) }),
      "[chat/Llama/Weights] 'claimName' is '' but must be the name of a PersistentVolumeClaim: at most 253 lower-case letters, digits, '-' and '.'"],
    ['in an image that may change', () => fleet({ weights: Weights.fromImage({ reference: 'a/b:c' }) }),
      "[chat/Llama/Weights] 'reference' is 'a/b:c' but must end with a digest '@sha256:…', so that every node serves the same files; add the digest, or set 'allowTag'"],
    ['in a store that there is not', () => fleet({ weights: Weights.fromObjectStore({ uri: 'http://x' }) }),
      "[chat/Llama/Weights] 'uri' is 'http://x' but must be the URI of a directory, 's3://bucket/path', 'gs://bucket/path' or 'az://container/path'"],
  ]],
  ['a config.json', [
    ['that is null', () => Model.fromHubConfig(null), "'config' is null but must be the parsed contents of a config.json, an object"],
    ['that is a list', () => Model.fromHubConfig([]), "'config' is a list of 0 but must be the parsed contents of a config.json, an object"],
    ['that is empty', () => Model.fromHubConfig({}),
      "config.json lacks 'num_hidden_layers'; pass the whole config.json of the model's repository, or describe the model with Model.of"],
    ['with layers below zero', () => Model.fromHubConfig({ ...CONFIG, num_hidden_layers: -1 }), "config.json: 'num_hidden_layers' is -1 but must be a whole number from 1 to 1000"],
    ['with 1e9 layers', () => Model.fromHubConfig({ ...CONFIG, num_hidden_layers: 1e9 }), "config.json: 'num_hidden_layers' is 1000000000 but must be a whole number from 1 to 1000"],
    ['with a number in a text', () => Model.fromHubConfig({ ...CONFIG, hidden_size: '4096' }), "config.json: 'hidden_size' is '4096' but must be a whole number from 1 to 1000000"],
    ['of 5 MB', () => Model.fromHubConfig({ ...CONFIG, hidden_size: BIG }), `config.json: 'hidden_size' is ${BIG_SHOWN} but must be a whole number from 1 to 1000000`],
    ['with options that are null', () => Model.fromHubConfig(CONFIG, null as any), "'options' is null but must be an object with 'id' or 'parameters', or be left out"],
    ['with options in a text', () => Model.fromHubConfig(CONFIG, 'a/b' as any), "'options' is 'a/b' but must be an object with 'id' or 'parameters', or be left out"],
    ['that would change every object', () => Model.fromHubConfig(JSON.parse('{"__proto__":{"num_hidden_layers":1}}')),
      "config.json lacks 'num_hidden_layers'; pass the whole config.json of the model's repository, or describe the model with Model.of"],
    ['that goes round', () => { const config: any = { ...CONFIG, num_hidden_layers: undefined }; config.text_config = config; return Model.fromHubConfig(config); },
      "config.json lacks 'num_hidden_layers'; pass the whole config.json of the model's repository, or describe the model with Model.of"],
    ['that is none, for a model of one\'s own', () => Model.of(null as any), "'props' is null but must be the shape of a model"],
    ['whose heads do not divide', () => Model.of({ id: 'a/b', layers: 2, hiddenSize: 128, queryHeads: 3, kvHeads: 2, intermediateSize: 256, vocabSize: 1000 }),
      "'kvHeads' is 2 but must divide 'queryHeads' (3)"],
  ]],
  ['a route', [
    ['without props', () => new ModelRoute(new Chart(new App(), 'chat'), 'Route', null as any), "[chat/Route] the props of a ModelRoute are null but must give 'fleet', 'hostnames' and 'gateway'"],
    ['of a hostname that is none', () => route({ hostnames: ['a b'] }),
      "[chat/Route] 'hostnames' has 'a b' but a hostname is a DNS name in lower case, e.g. 'llm.example.com' or '*.llm.example.com'"],
    ['to a number', () => route({ fleet: 5 }), "[chat/Route] 'fleet' is 5 but must be a fleet, e.g. an InferenceFleet"],
    ['with a Map for labels', () => route({ gateway: { name: 'g', proxyLabels: new Map() } }), "[chat/Route] 'gateway.proxyLabels' is a value of type object but must map label keys to values"],
  ]],
  ['a getter', [
    ['that throws, in a sizing', () => plan({ latency: throwing('percentile') }), 'my own getter failed'],
    ['that throws, in a fleet', () => fleet(throwing('servedModelName')), 'my own getter failed'],
  ]],
])('%s', (_group, rows) => {
  test.each(rows)('%s is refused in one sentence', (_name, action, sentence) => {
    const message = thrown(action);
    if (typeof sentence === 'string') { expect(message).toBe(sentence); } else { expect(message).toMatch(sentence); }
    expect(message).not.toMatch(/\n|\[object |\.$/);
    expect(({} as any).num_hidden_layers).toBeUndefined();
  });
});

describe('nothing is written', () => {
  let folder: string;
  beforeEach(() => { folder = fs.mkdtempSync(path.join(os.tmpdir(), 'cdk8s-inference-bad-')); });
  afterEach(() => { fs.rmSync(folder, { recursive: true, force: true }); });

  const inApp = (make: (chart: Chart) => void) => {
    const app = new App({ outdir: path.join(folder, 'dist') });
    make(new Chart(app, 'chat'));
    app.synth();
  };
  const written = () => fs.readdirSync(folder, { recursive: true }).filter((name) => fs.statSync(path.join(folder, String(name))).isFile());

  test('where all is well, something is', () => {
    inApp((chart) => fleet({}, {}, chart));
    expect(written()).toEqual(['dist/chat.k8s.yaml']);
  });

  test('where a value is wrong', () => {
    expect(thrown(() => inApp((chart) => fleet({ servedModelName: '' }, {}, chart)))).toMatch(/^\[chat\/Llama\] /);
    expect(written()).toEqual([]);
  });

  test('where the finished app asks a pool for too much', () => {
    const message = thrown(() => inApp((chart) => {
      const pool = new GpuNodePool(chart, 'H100', { provisioner: NodeProvisioner.karpenterAws({ instanceTypes: ['p5.4xlarge'], nodeClassName: 'gpu' }), maxGpus: 1, poolName: 'h100' });
      for (const id of ['A', 'B']) {
        new InferenceFleet(chart, id, {
          model: Model.named(LLAMA),
          pools: [pool],
          capacity: Capacity.manual({ replicas: 1, layout: { tensorParallel: 1 } }),
          weights: Weights.fromClaim({ claimName: 'llama' }),
          engine: Engine.vllm({ allowMutableTag: true }),
        });
      }
    }));
    expect(message).toBe('Validation failed with the following errors:\n'
      + "  [chat/H100] 'maxGpus' of pool 'h100' is 1 but 2 GPUs are asked for ('chat/A' 1, 'chat/B' 1); raise it, or ask for less");
    expect(written()).toEqual([]);
  });

  test('where a rollout does not fit beside its neighbours', () => {
    const message = thrown(() => inApp((chart) => {
      const pool = GpuNodePool.fromGpuNodePoolAttributes(chart, 'Pool', { instanceType: 'p5.48xlarge', nodeLabels: { a: 'b' }, maxGpus: 2, poolName: 'h100' });
      const one = (id: string) => new InferenceFleet(chart, id, {
        model: Model.named(LLAMA),
        pools: [pool],
        capacity: Capacity.manual({ replicas: 1, layout: { tensorParallel: 1 } }),
        weights: Weights.fromClaim({ claimName: 'llama' }),
        engine: Engine.vllm({ allowMutableTag: true }),
      });
      const stable = one('A');
      const beneath = new ModelRoute(chart, 'Route', { fleet: stable, hostnames: ['a.example.com'], gateway: { name: 'g', gatewayNamespace: 'n' } });
      new ModelCanary(chart, 'Canary', { route: beneath, stable, candidate: one('B'), shift: TrafficShift.allAtOnce(), driver: CanaryDriver.manual() });
      one('C');
    }));
    expect(message.split('\n')).toEqual([
      'Validation failed with the following errors:',
      "  [chat/Pool] 'maxGpus' of pool 'h100' is 2 but 3 GPUs are asked for ('chat/A' 1, 'chat/B' 1, 'chat/C' 1); raise it, or ask for less",
      "  [chat/Canary] step 0 (0 %) needs 2 GPUs of pool 'h100' (stable 1, candidate 1) beside the 1 of 'chat/C' but its 'maxGpus' is 2; raise it, plan fewer replicas, or put the candidate on another pool",
    ]);
    expect(written()).toEqual([]);
  });
});

describe('the command line', () => {
  const SIZE = ['size', '--model', LLAMA, '--accelerator', 'h100-sxm', '--prompt-tokens', '1000', '--output-tokens', '200'];
  test.each<[string, string[], number, string | RegExp]>([
    ['a negative load', [...SIZE, '--requests-per-second', '-1'], 2, "'--requests-per-second' is -1 but must be a number of requests above 0"],
    ['a load that is not a number', [...SIZE, '--requests-per-second', 'NaN'], 2, "'--requests-per-second' is 'NaN' but must be a number of requests above 0"],
    ['an infinite load', [...SIZE, '--requests-per-second', 'Infinity'], 2, /^'--requests-per-second' is '?Infinity'? but must be a number of requests above 0$/],
    ['1e9 requests/s', [...SIZE, '--requests-per-second', '1e9'], 1, /^no layout serves 1000000000 requests\/s on h100-sxm; nearest: .*; a plan may have at most 1000000 GPUs; lower the load$/],
    ['no model', ['size', '--model', '', '--accelerator', 'h100-sxm'], 2, /^unknown model ''; /],
    ['a model of 5 MB', ['size', '--model', BIG, '--accelerator', 'h100-sxm'], 2, /^unknown model 'x{60}…' \(5000000 characters\); /],
    ['a model of every object', ['size', '--model', '__proto__', '--accelerator', 'h100-sxm'], 2, /^unknown model '__proto__'; /],
    ['a precision that the accelerator lacks', [...SIZE.map((word) => word.replace('h100-sxm', 'a100-sxm-80gb')), '--requests-per-second', '1', '--precision', 'fp8'], 1,
      "a100-sxm-80gb has no fp8 tensor rate; use '--precision bf16' or '--precision int8' or '--precision int4'"],
    ['a layout that does not divide the heads', [...SIZE, '--requests-per-second', '1', '--tensor-parallel', '3'], 1,
      "'--tensor-parallel' 3 does not divide 32 attention heads; use 1, 2, 4, 8, 16 or 32"],
    ['a pool too small', [...SIZE, '--requests-per-second', '500', '--max-gpus', '1'], 1, /GPUs/],
    ['a config that is none', ['size', '--config', __filename, '--accelerator', 'h100-sxm'], 2, /^'--config' '.*' is not JSON$/],
    ['a folder that there is not', ['doctor', '/nowhere/at/all'], 2, "'/nowhere/at/all' can't be read (ENOENT)"],
    ['a word of 5 MB', [BIG], 2, /^unknown command 'x{200,300}…$/],
    ['an option of 5 MB', [`--${BIG}`], 2, /^unknown option '--x{200,300}…$/],
    ['a word that a terminal would obey', ['\u001b[2J\u202esize'], 2, "unknown command ' [2J size'"],
  ])('refuses %s in one sentence', async (_name, argv, code, sentence) => {
    const ran = await command(argv);
    expect({ code: ran.code, out: ran.out }).toEqual({ code, out: '' });
    expect(ran.err).toMatch(/^error: [^\n]*\n$/);
    const said = ran.err.slice('error: '.length, -1);
    if (typeof sentence === 'string') { expect(said).toBe(sentence); } else { expect(said).toMatch(sentence); }
  });
});
