import { EnvValue } from 'cdk8s-plus-28';
import { Precision } from '../../src/catalog/precision';
import { Engine } from '../../src/engines/engine';
import { SglangOptions } from '../../src/engines/sglang-options';
import { bound, secretValue, sentence, texts } from '../support/engine';
import { FP8_CHECKPOINT, modelOf, MOE, PlanFacts } from '../support/plan';

const sglang = (options: SglangOptions = {}) => Engine.sglang({ allowMutableTag: true, ...options });
const args = (options: SglangOptions = {}, facts: PlanFacts = {}) => bound(sglang(options), facts).args;
const START = ['--model-path=/models/m', '--served-model-name=acme/small-8b', '--host=0.0.0.0', '--port=8000', '--enable-metrics'];

describe('the whole command line', () => {
  test('of one GPU', () => {
    const config = bound(sglang());
    expect(config.command).toEqual(['python3', '-m', 'sglang.launch_server']);
    expect(config.args).toEqual([
      ...START, '--tp-size=1', '--context-length=8192', '--max-running-requests=256', '--chunked-prefill-size=4096', '--mem-fraction-static=0.92',
      '--dtype=bfloat16', '--load-format=safetensors',
    ]);
  });

  test('of two nodes, the same for every pod of the group', () => {
    const config = bound(sglang(), { layout: { tensorParallel: 8, pipelineParallel: 2 } });
    expect(config.args.slice(5, 11)).toEqual([
      '--tp-size=8', '--pp-size=2', '--nnodes=$(LWS_GROUP_SIZE)', '--node-rank=$(LWS_WORKER_INDEX)', '--dist-init-addr=$(LWS_LEADER_ADDRESS):20000',
      '--dist-timeout=1800',
    ]);
    expect(config.workerArgs).toEqual(config.args);
    expect(config.env?.NCCL_DEBUG.value).toBe('WARN');
  });

  test.each<[string, string[]]>([
    ['0.5.23', ['--attn-dp-size=8']],
    ['0.5.20', ['--dp-size=8', '--enable-dp-attention']],
  ])('of experts over eight attention ranks in %s, with settings of all ranks together', (version, attention) => {
    const model = modelOf({ feedForward: MOE, weightPrecision: Precision.FP8, quantization: FP8_CHECKPOINT });
    const found = args({ version }, { model, layout: { tensorParallel: 1, dataParallel: 8, expertParallel: 8 }, kvCachePrecision: Precision.FP8 });
    expect(found.slice(5)).toEqual([
      '--tp-size=8', ...attention, '--ep-size=8', '--context-length=8192', '--max-running-requests=2048', '--chunked-prefill-size=32768',
      '--mem-fraction-static=0.92', '--dtype=bfloat16', '--kv-cache-dtype=fp8_e4m3', '--load-format=safetensors',
    ]);
  });

  test('of experts over some of the ranks, with the kernels that can', () => {
    const config = bound(sglang(), { model: modelOf({ feedForward: MOE }), layout: { tensorParallel: 2, dataParallel: 4, expertParallel: 4 } });
    expect(config.args).toEqual(expect.arrayContaining(['--tp-size=8', '--attn-dp-size=4', '--ep-size=4']));
    expect(config.notes).toContain('SGLang spreads experts over some of the ranks with its own kernels alone: FlashInfer\'s want all of them, or none');
    expect(bound(sglang(), { model: modelOf({ feedForward: MOE }), layout: { tensorParallel: 8, expertParallel: 8 } }).notes.join()).not.toContain('FlashInfer');
  });

  test('of every option at once', () => {
    const found = bound(sglang({
      settings: { kvBlockSize: 64 },
      toolCallParser: 'qwen25',
      reasoningParser: 'deepseek-r1',
      trustRemoteCode: true,
      prefixCaching: false,
      apiKey: secretValue(),
      extraArgs: ['--random-seed', '7'],
    }), { precision: Precision.FP8, settings: { kvBlockSize: 64 } });
    expect(found.args.slice(9)).toEqual([
      '--mem-fraction-static=0.92', '--page-size=64', '--dtype=bfloat16', '--quantization=fp8', '--load-format=safetensors', '--disable-radix-cache',
      '--tool-call-parser=qwen25', '--reasoning-parser=deepseek-r1', '--trust-remote-code', '--api-key=$(SGLANG_API_KEY)', '--random-seed', '7',
    ]);
    expect(found.env?.SGLANG_API_KEY.valueFrom).toEqual({ secretKeyRef: { name: 'llm-keys', key: 'api-key' } });
  });
});

test('every cache lies inside the writable directories, and a probe generates nothing', () => {
  const config = bound(sglang());
  for (const path of Object.values(texts(config)).filter((value) => value.startsWith('/'))) {
    expect(config.writablePaths.some((root) => path === root || path.startsWith(`${root}/`))).toBe(true);
  }
  expect(texts(config)).toMatchObject({ SGLANG_ENABLE_HEALTH_ENDPOINT_GENERATION: 'false', HF_HUB_OFFLINE: '1', HOME: '/var/cache/sglang' });
  expect([config.readyPath, config.healthPath, config.metricsPath, config.port]).toEqual(['/health', '/health', '/metrics', 8000]);
});

test('an expert model is given twenty minutes to compile, a dense one five', () => {
  expect(bound(sglang(), { model: modelOf({ feedForward: MOE }) }).warmUpSeconds).toBe(1200);
  expect(bound(sglang()).warmUpSeconds).toBe(300);
});

test('the image of 0.5.20 is named by its digest', () => {
  expect(bound(Engine.sglang({ version: '0.5.20' })).image).toBe(
    'docker.io/lmsysorg/sglang:v0.5.20@sha256:06e4f2ed21afde4ff513cda65070124e727ba23ccaeff7712b8c40e1097d611f');
});

test('the sizing is told name, version and fixed settings', () => {
  expect(sglang({ settings: { maxNumSeqs: 9 } }).toSizingEngine()).toMatchObject({ name: 'sglang', version: '0.5.23', maxNumSeqs: 9 });
});

test.each<[string, SglangOptions, PlanFacts, string]>([
  ['an unknown version', { version: '0.4.0' }, {},
    '\'version\' of Engine.sglang is \'0.4.0\' but its flags are known for \'0.5.20\' and \'0.5.23\' only; use one of them, or Engine.custom'],
  ['a flag of the plan', { extraArgs: ['--tp', '8'] }, {},
    '\'extraArgs\' holds \'--tp\', which is read as \'--tp-size\' and the plan sets; use \'layout\' of Capacity.manual'],
  ['a flag of the length', { extraArgs: ['--context-length=1'] }, {},
    '\'extraArgs\' holds \'--context-length=1\', which the plan sets; use \'settings.maxModelLen\' of Engine.sglang'],
  ['an underscore, which SGLang does not read as a dash', { extraArgs: ['--random_seed=1'] }, {},
    '\'extraArgs\': unknown flag of SGLang 0.5.23 \'--random_seed\'; did you mean \'--random-seed\'?'],
  ['code from requests', { extraArgs: ['--enable-custom-logit-processor'] }, {},
    '\'extraArgs\' holds \'--enable-custom-logit-processor\', which runs code that requests bring along; if it must be, patch the workload with ApiObject.of'],
  ['an unknown parser', { reasoningParser: 'deepseek_r1' }, {}, '\'reasoningParser\': unknown parser \'deepseek_r1\'; did you mean \'deepseek-r1\'?'],
  ['a literal key', { apiKey: EnvValue.fromValue('sk') }, {},
    '\'apiKey\' must come from a Secret, so that no manifest holds it; use EnvValue.fromSecretValue({ secret, key })'],
  ['int4 from bf16', {}, { precision: Precision.INT4 },
    '\'precision\' is \'int4\' but SGLang 0.5.23 can\'t make it of the bf16 weights of model \'acme/small-8b\' while it loads them (it can make fp8); name a model that is published in int4, or use Precision.FP8'],
  ['experts over ranks that they do not divide', {}, { layout: { tensorParallel: 2, dataParallel: 4, expertParallel: 3 } },
    '\'expertParallel\' is 3 but SGLang splits the 8 ranks of \'tensorParallel\' 2 x \'dataParallel\' 4 by it; use a divisor of 8'],
  ['a cache directory of the user\'s', { env: { SGLANG_CACHE_DIR: EnvValue.fromValue('/x') } }, {},
    '\'env\' sets \'SGLANG_CACHE_DIR\', which the fleet sets together with the volumes of the pod; leave it out'],
])('fails for %s', (_, options, facts, rest) => expect(sentence(() => args(options, facts))).toBe(`[test/chat] ${rest}`));
