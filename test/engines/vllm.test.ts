import { EnvValue } from 'cdk8s-plus-28';
import { Precision } from '../../src/catalog/precision';
import { Engine } from '../../src/engines/engine';
import { VllmOptions } from '../../src/engines/vllm-options';
import { bound, secretValue, sentence, texts } from '../support/engine';
import { FP8_CHECKPOINT, MAMBA, modelOf, MOE, PlanFacts } from '../support/plan';

const vllm = (options: VllmOptions = {}) => Engine.vllm({ allowMutableTag: true, ...options });
const args = (options: VllmOptions = {}, facts: PlanFacts = {}) => bound(vllm(options), facts).args;
const SETTINGS = ['--max-model-len=8192', '--max-num-seqs=256', '--max-num-batched-tokens=4096', '--gpu-memory-utilization=0.92'];
const END = ['--shutdown-timeout=45', '--disable-access-log-for-endpoints=/health,/metrics,/v1/models'];

describe('the whole command line', () => {
  test('of one GPU', () => {
    const config = bound(vllm());
    expect(config.command).toEqual(['vllm', 'serve']);
    expect(config.args).toEqual([
      '/models/m', '--served-model-name=acme/small-8b', '--port=8000', '--tensor-parallel-size=1',
      ...SETTINGS, '--dtype=bfloat16', '--load-format=safetensors', '--enable-prefix-caching', ...END,
    ]);
  });

  test('of eight GPUs of a node', () => {
    expect(args({}, { layout: { tensorParallel: 8 } }).slice(2, 5)).toEqual(['--port=8000', '--tensor-parallel-size=8', '--max-model-len=8192']);
  });

  test('of two nodes: tensor parallel 8, pipeline parallel 2, without Ray', () => {
    const config = bound(vllm(), { layout: { tensorParallel: 8, pipelineParallel: 2 } });
    const head = [
      '/models/m', '--served-model-name=acme/small-8b', '--port=8000', '--tensor-parallel-size=8', '--pipeline-parallel-size=2',
      '--distributed-executor-backend=mp', '--nnodes=$(LWS_GROUP_SIZE)', '--node-rank=$(LWS_WORKER_INDEX)', '--master-addr=$(LWS_LEADER_ADDRESS)',
      '--master-port=29501', '--distributed-timeout-seconds=1800',
    ];
    const tail = [...SETTINGS, '--dtype=bfloat16', '--load-format=safetensors', '--enable-prefix-caching', ...END];
    expect(config.args).toEqual([...head, ...tail]);
    expect(config.workerArgs).toEqual([...head, '--headless', ...tail]);
  });

  test('of experts over sixteen attention ranks on two nodes', () => {
    const model = modelOf({ feedForward: MOE, weightPrecision: Precision.FP8, quantization: FP8_CHECKPOINT });
    const config = bound(vllm(), { model, layout: { tensorParallel: 1, dataParallel: 16, expertParallel: 16 } });
    expect(config.args.slice(3, 12)).toEqual([
      '--tensor-parallel-size=1', '--data-parallel-size=16', '--enable-expert-parallel', '--distributed-executor-backend=mp',
      '--nnodes=$(LWS_GROUP_SIZE)', '--node-rank=$(LWS_WORKER_INDEX)', '--master-addr=$(LWS_LEADER_ADDRESS)', '--master-port=29501',
      '--distributed-timeout-seconds=1800',
    ]);
    expect(config.args.filter((arg) => /quantization|dtype/.test(arg))).toEqual(['--dtype=bfloat16']);
  });

  test('of every option at once', () => {
    const config = bound(vllm({
      settings: { kvBlockSize: 32 },
      chatTemplate: '{{ messages }}',
      toolCallParser: 'hermes',
      reasoningParser: 'qwen3',
      trustRemoteCode: true,
      prefixCaching: false,
      limitMultimodalPerPrompt: { video: 0, image: 2 },
      extraArgs: ['--seed', '7', '-O3'],
    }), { settings: { kvBlockSize: 32 } }, { loadFormat: 'runai_streamer', modelPath: 's3://bucket/m', drainSeconds: 90 });
    expect(config.args).toEqual([
      's3://bucket/m', '--served-model-name=acme/small-8b', '--port=8000', '--tensor-parallel-size=1',
      ...SETTINGS, '--block-size=32', '--dtype=bfloat16', '--load-format=runai_streamer', '--no-enable-prefix-caching',
      '--chat-template=/etc/vllm/chat-template.jinja', '--enable-auto-tool-choice', '--tool-call-parser=hermes', '--reasoning-parser=qwen3',
      '--limit-mm-per-prompt={"image":2,"video":0}', '--trust-remote-code',
      '--shutdown-timeout=90', '--disable-access-log-for-endpoints=/health,/metrics,/v1/models', '--seed', '7', '-O3',
    ]);
    expect(config.files).toEqual({ '/etc/vllm/chat-template.jinja': '{{ messages }}' });
    expect(config.notes).toContain('code that is published with the model runs in the server: pin its revision and read it');
  });

  test('of adapters, whose slots the sizing is told of', () => {
    const adapters = { maxLoras: 4, maxRank: 16 };
    expect(args({ adapters, extraArgs: ['--lora-modules', 'sql=/adapters/sql'] }).slice(-7)).toEqual([
      '--enable-lora', '--max-loras=4', '--max-lora-rank=16', ...END, '--lora-modules', 'sql=/adapters/sql',
    ]);
    expect(vllm({ adapters }).toSizingEngine()).toMatchObject({ adapters });
    expect(sentence(() => args({ extraArgs: ['--max-loras', '4'] }))).toBe(
      '[test/chat] \'extraArgs\' holds \'--max-loras\', which the plan sets; use \'adapters\' of Engine.vllm');
  });

  test('carries the plan\'s settings and nobody else\'s', () => {
    const settings = { maxModelLen: 131072, maxNumSeqs: 64, maxNumBatchedTokens: 16384, memoryFraction: 0.875, kvBlockSize: 64 };
    expect(args({ settings: { maxModelLen: 1 } }, { settings }).slice(4, 8)).toEqual([
      '--max-model-len=131072', '--max-num-seqs=64', '--max-num-batched-tokens=16384', '--gpu-memory-utilization=0.875',
    ]);
  });
});

describe('precision', () => {
  const formats = (facts: PlanFacts) => args({}, facts).filter((arg) => /^--(dtype|quantization|kv-cache-dtype)/.test(arg));
  const fp8 = modelOf({ weightPrecision: Precision.FP8, quantization: FP8_CHECKPOINT });
  const awq = modelOf({ weightPrecision: Precision.INT4, baseFormat: 'fp16', quantization: { precision: 'int4', parts: ['mlp'], method: 'awq' } });
  const gptOss = modelOf({ weightPrecision: Precision.MXFP4, quantization: { precision: 'mxfp4', parts: ['experts'], method: 'mxfp4' } });
  const fp8Cache = modelOf({ weightPrecision: Precision.FP8, quantization: { ...FP8_CHECKPOINT, kvCachePrecision: 'fp8' } });

  test.each<[string, PlanFacts, string[]]>([
    ['bf16 as published', {}, ['--dtype=bfloat16']],
    ['fp16 from bf16', { precision: Precision.FP16, kvCachePrecision: Precision.FP16 }, ['--dtype=float16']],
    ['fp16 with a cache of 16 bits', { precision: Precision.FP16 }, ['--dtype=float16']],
    ['fp32 with a cache of 16 bits', { precision: Precision.FP32 }, ['--dtype=float32', '--kv-cache-dtype=bfloat16']],
    ['fp32', { precision: Precision.FP32, kvCachePrecision: Precision.FP32 }, ['--dtype=float32']],
    ['fp8 made online', { precision: Precision.FP8 }, ['--dtype=bfloat16', '--quantization=fp8_per_tensor']],
    ['fp8 as published', { model: fp8 }, ['--dtype=bfloat16']],
    ['AWQ, which computes in fp16', { model: awq }, ['--dtype=float16']],
    ['mxfp4 as published', { model: gptOss }, ['--dtype=bfloat16']],
    ['an fp8 cache', { kvCachePrecision: Precision.FP8 }, ['--dtype=bfloat16', '--kv-cache-dtype=fp8']],
    ['an fp8 cache that the checkpoint asks for', { model: fp8Cache, kvCachePrecision: Precision.FP8 }, ['--dtype=bfloat16', '--kv-cache-dtype=fp8']],
    ['a bf16 cache where the checkpoint asks for fp8', { model: fp8Cache }, ['--dtype=bfloat16', '--kv-cache-dtype=bfloat16']],
    ['no bf16 on Turing', { model: awq, kvCachePrecision: Precision.FP16, computeCapability: 7.5 }, ['--dtype=float16']],
    ['fp16 beside fp8 on Turing', { model: fp8, kvCachePrecision: Precision.FP16, computeCapability: 7.5 }, ['--dtype=float16']],
    ['a format in the engine\'s own word', { precision: Precision.custom({ name: 'fp8_per_block', weightBits: 8 }) }, ['--dtype=bfloat16', '--quantization=fp8_per_block']],
    ['a model without a shape', { model: modelOf({ withoutShape: true }) }, ['--dtype=bfloat16']],
  ])('%s', (_, facts, expected) => expect(formats(facts)).toEqual(expected));

  test.each([Precision.INT4, Precision.INT8, Precision.NVFP4, Precision.MXFP4])('fails when a bf16 checkpoint should become $name', (precision) => {
    expect(sentence(() => args({}, { precision }))).toBe(`[test/chat] 'precision' is '${precision.name}' but vLLM 0.33.0 can't make it of the bf16 weights `
      + 'of model \'acme/small-8b\' while it loads them (it can make fp8, fp8_per_block, fp8_per_channel and mxfp8); '
      + `name a model that is published in ${precision.name}, or use Precision.FP8`);
  });

  test('fails when a quantised checkpoint should become wider', () => {
    expect(sentence(() => args({}, { model: fp8, precision: Precision.BF16 }))).toBe('[test/chat] \'precision\' is \'bf16\' but model \'acme/small-8b\' '
      + 'is published in fp8, which vLLM 0.33.0 can\'t turn into another format; leave it out, or name a model that is published so');
  });

  test('fails when the cache has a format that vLLM lacks', () => {
    expect(sentence(() => args({}, { kvCachePrecision: Precision.INT8 }))).toBe('[test/chat] \'kvCachePrecision\' is \'int8\' but the KV cache of vLLM 0.33.0 '
      + 'can be bf16, fp16, fp8, fp8_e4m3, fp8_e5m2, nvfp4, int4_per_token_head, int8_per_token_head and fp8_per_token_head only; '
      + 'use Precision.BF16 or Precision.FP8');
  });
});

test('a block of the KV cache is a multiple of what its kernels take', () => {
  expect(sentence(() => bound(vllm({ settings: { kvBlockSize: 7 } })))).toBe(
    '[test/chat] \'settings.kvBlockSize\' is 7 but vLLM\'s attention kernels for NVIDIA GPUs take multiples of 16; use one, or leave it out');
});

describe('layouts that vLLM has not', () => {
  test('fails when experts are spread over some of the ranks', () => {
    expect(sentence(() => args({}, { layout: { tensorParallel: 2, dataParallel: 4, expertParallel: 4 } }))).toBe(
      '[test/chat] \'expertParallel\' is 4 but vLLM spreads experts over all 8 ranks of \'tensorParallel\' 2 x \'dataParallel\' 4; use 8, or 1');
  });

  test('fails when the GPUs do not fill the nodes evenly', () => {
    expect(sentence(() => args({}, { layout: { tensorParallel: 3 }, nodesPerReplica: 2 }))).toBe(
      '[test/chat] a replica of 3 GPUs can\'t be spread evenly over 2 nodes; use a \'layout\' whose GPUs are a multiple of 2');
  });
});

describe('environment', () => {
  test('keeps every cache inside the writable directories, and the process offline', () => {
    const config = bound(vllm());
    expect(texts(config)).toEqual({
      CUDA_CACHE_PATH: '/var/cache/vllm/cuda',
      DO_NOT_TRACK: '1',
      FLASHINFER_WORKSPACE_BASE: '/var/cache/vllm/flashinfer',
      HF_HOME: '/var/cache/vllm/huggingface',
      HF_HUB_OFFLINE: '1',
      HOME: '/var/cache/vllm',
      NUMBA_CACHE_DIR: '/var/cache/vllm/numba',
      OUTLINES_CACHE_DIR: '/var/cache/vllm/outlines',
      TORCHINDUCTOR_CACHE_DIR: '/var/cache/vllm/inductor',
      TRANSFORMERS_OFFLINE: '1',
      TRITON_CACHE_DIR: '/var/cache/vllm/triton',
      USER: 'vllm',
      VLLM_CACHE_ROOT: '/var/cache/vllm/vllm',
      VLLM_CONFIG_ROOT: '/var/cache/vllm/config/vllm',
      VLLM_ENGINE_READY_TIMEOUT_S: '86400',
      VLLM_HTTP_TIMEOUT_KEEP_ALIVE: '120',
      VLLM_MAX_N_SEQUENCES: '256',
      VLLM_MEDIA_URL_ALLOW_REDIRECTS: '0',
      VLLM_NO_USAGE_STATS: '1',
      XDG_CACHE_HOME: '/var/cache/vllm/cache',
      XDG_CONFIG_HOME: '/var/cache/vllm/config',
    });
    for (const path of Object.values(texts(config)).filter((value) => value.startsWith('/'))) {
      expect(config.writablePaths.some((root) => path === root || path.startsWith(`${root}/`))).toBe(true);
    }
  });

  test('a group over nodes knows its own address and speaks up when NCCL falls back', () => {
    const { env } = bound(vllm(), { layout: { tensorParallel: 16 } });
    expect(env?.VLLM_HOST_IP.valueFrom).toEqual({ fieldRef: { fieldPath: 'status.podIP' } });
    expect(env?.NCCL_DEBUG.value).toBe('WARN');
    expect(bound(vllm()).env).not.toHaveProperty('VLLM_HOST_IP');
  });

  test('the user\'s variables win, and their order changes nothing', () => {
    const a = EnvValue.fromValue('a');
    const b = EnvValue.fromValue('300');
    const names = Object.keys(bound(vllm({ env: { ZED: a, VLLM_HTTP_TIMEOUT_KEEP_ALIVE: b, ABC: a } })).env ?? {});
    expect(names).toEqual(Object.keys(bound(vllm({ env: { ABC: a, VLLM_HTTP_TIMEOUT_KEEP_ALIVE: b, ZED: a } })).env ?? {}));
    expect(names).toEqual([...names].sort());
    expect(bound(vllm({ env: { VLLM_HTTP_TIMEOUT_KEEP_ALIVE: b } })).env?.VLLM_HTTP_TIMEOUT_KEEP_ALIVE.value).toBe('300');
  });

  test.each([
    ['VLLM_PORT', 'moves ports that the fleet relies on; leave it out'],
    ['VLLM_SERVER_DEV_MODE', 'opens endpoints of developers; if it must be, patch the workload with ApiObject.of'],
    ['VLLM_ALLOW_INSECURE_SERIALIZATION', 'lets requests run code; if it must be, patch the workload with ApiObject.of'],
    ['VLLM_API_KEY', 'is the API key; use \'apiKey\' of Engine.vllm'],
    ['PYTHONOPTIMIZE', 'switches off checks that the engine relies on (CVE-2026-41523); leave it out'],
    ['HF_TOKEN', 'is not needed by pods that serve from files; give it to \'weights\' of the fleet'],
    ['HOME', 'the fleet sets together with the volumes of the pod; leave it out'],
    ['NVIDIA_VISIBLE_DEVICES', 'would show the container GPUs that were not allocated to it; leave it to the device plugin'],
  ])('fails when %s is set', (name, rest) => {
    expect(sentence(() => bound(vllm({ env: { [name]: EnvValue.fromValue('1') } })))).toBe(`[test/chat] 'env' sets '${name}', which ${rest}`);
  });

  test('fails when a secret stands in clear text', () => {
    expect(sentence(() => bound(vllm({ env: { AWS_SECRET_ACCESS_KEY: EnvValue.fromValue('abc') } })))).toBe(
      '[test/chat] \'env\' holds \'AWS_SECRET_ACCESS_KEY\' in clear text, and so would the manifest; use EnvValue.fromSecretValue');
    expect(bound(vllm({ env: { AWS_SECRET_ACCESS_KEY: secretValue() } })).env).toHaveProperty('AWS_SECRET_ACCESS_KEY');
  });

  test.each<[unknown, string]>([
    ['A=1', '\'env\' is \'A=1\' but must be a map from names to EnvValue'],
    [{ '9A': EnvValue.fromValue('1') }, '\'env\' has a variable \'9A\' but names are letters, digits, \'_\', \'-\' and \'.\' and do not begin with a digit'],
    [{ A: 'plain' }, '\'env\' has \'plain\' for \'A\' but must have an EnvValue, e.g. EnvValue.fromValue(…)'],
    [{ A: EnvValue.fromValue('a\0b') }, '\'env.A\' is \'a b\' and holds a NUL character, which no process can be given; leave it out'],
    [{ A: EnvValue.fromValue('x'.repeat(131072)) }, '\'env.A\' has 131072 bytes but a process takes at most 131071 in one argument; shorten it'],
  ])('fails when the map is wrong (%#)', (env, rest) => {
    expect(sentence(() => bound(vllm({ env: env as VllmOptions['env'] })))).toBe(`[test/chat] ${rest}`);
  });
});

describe('API key', () => {
  test('comes from a Secret, in the environment and nowhere else', () => {
    const config = bound(vllm({ apiKey: secretValue() }));
    expect(config.env?.VLLM_API_KEY.valueFrom).toEqual({ secretKeyRef: { name: 'llm-keys', key: 'api-key' } });
    expect(config.args.join(' ')).not.toContain('api-key');
    expect([config.readyPath, config.healthPath, config.metricsPath]).toEqual(['/health', '/health', '/metrics']);
    expect(config.notes).toContain('vLLM asks for the API key under /v1, /v2 and /inference only: let clients reach no other route');
  });

  test.each<[unknown]>([[EnvValue.fromValue('sk-123')], ['sk-123'], [null], [EnvValue.fromProcess('HOME')]])('fails when it is a literal (%#)', (apiKey) => {
    expect(sentence(() => bound(vllm({ apiKey: apiKey as EnvValue })))).toBe(
      '[test/chat] \'apiKey\' must come from a Secret, so that no manifest holds it; use EnvValue.fromSecretValue({ secret, key })');
  });
});

describe('image', () => {
  const image = (options: VllmOptions) => bound(Engine.vllm(options)).image;
  const digest = `sha256:${'0123456789abcdef'.repeat(4)}`;

  test.each<[VllmOptions, string]>([
    [{ version: '0.31.0' }, 'docker.io/vllm/vllm-openai:v0.31.0@sha256:c1c9f6fd5c109ba7f0546a59f5b2f15fb87f64c77782e90a27b648b42a8e67c3'],
    [{ version: '0.31.0', allowMutableTag: true }, 'docker.io/vllm/vllm-openai:v0.31.0@sha256:c1c9f6fd5c109ba7f0546a59f5b2f15fb87f64c77782e90a27b648b42a8e67c3'],
    [{ imageDigest: digest }, `docker.io/vllm/vllm-openai:v0.33.0@${digest}`],
    [{ allowMutableTag: true }, 'docker.io/vllm/vllm-openai:v0.33.0'],
    [{ image: `registry.example.com:5000/ai/vllm:cu129@${digest}` }, `registry.example.com:5000/ai/vllm:cu129@${digest}`],
    [{ image: 'registry.example.com/ai/vllm:cu129', imageDigest: digest }, `registry.example.com/ai/vllm:cu129@${digest}`],
    [{ image: 'registry.example.com/ai/vllm:cu129', allowMutableTag: true }, 'registry.example.com/ai/vllm:cu129'],
  ])('%j', (options, expected) => expect(image(options)).toBe(expected));

  test.each<[VllmOptions, string]>([
    [{}, 'image \'docker.io/vllm/vllm-openai:v0.33.0\' has no digest, so that what runs could change without a commit; '
      + 'give \'imageDigest\' (\'sha256:…\' of the tag in your registry), or accept the tag with \'allowMutableTag: true\''],
    [{ version: '0.31.0', image: 'acme/vllm:1' }, 'image \'acme/vllm:1\' has no digest, so that what runs could change without a commit; '
      + 'give \'imageDigest\' (\'sha256:…\' of the tag in your registry), or accept the tag with \'allowMutableTag: true\''],
    [{ imageDigest: 'latest' }, '\'imageDigest\' is \'latest\' but must be \'sha256:\' and 64 hexadecimal digits'],
    [{ image: 'Not An Image' }, '\'image\' is \'Not An Image\' but must be an image reference such as \'registry.example.com/vllm/vllm-openai:v0.33.0\''],
    [{ image: `a/b@${digest}`, imageDigest: `sha256:${'f'.repeat(64)}` },
      '\'imageDigest\' is \'sha256:fffffffffffffffffffffffffffffffffffffffffffffffffffff…\' (71 characters) but \'image\' holds another digest (sha256:0123456789ab…); give one of them'],
  ])('fails for %j', (options, rest) => expect(sentence(() => image(options))).toBe(`[test/chat] ${rest}`));

  test('a tag is noted, a digest is not, and an old version tells why it is old', () => {
    expect(bound(vllm()).notes).toEqual(['the image \'docker.io/vllm/vllm-openai:v0.33.0\' is named by a tag: whoever may push to its registry can change what runs']);
    expect(bound(Engine.vllm({ imageDigest: digest })).notes).toEqual([]);
    expect(bound(Engine.vllm({ version: '0.31.0' })).notes).toEqual([
      'vLLM 0.31.0 has known vulnerabilities in its handling of chat templates (PYSEC-2026-4344, PYSEC-2026-4349), which 0.32.0 closes',
    ]);
  });
});

describe('versions', () => {
  test.each<[unknown]>([['0.29.0'], ['v0.33.0'], ['latest'], [''], [33]])('fails when the version is %j', (version) => {
    const shown = typeof version === 'string' ? `'${version}'` : version;
    expect(sentence(() => bound(vllm({ version: version as string })))).toBe(`[test/chat] 'version' of Engine.vllm is ${shown} but its flags are known for `
      + '\'0.30.0\', \'0.31.0\', \'0.32.0\' and \'0.33.0\' only; use one of them, or Engine.custom');
  });

  test('a parser is known from the version that brought it', () => {
    expect(args({ version: '0.33.0', toolCallParser: 'beam' })).toContain('--tool-call-parser=beam');
    expect(sentence(() => args({ version: '0.30.0', toolCallParser: 'qwen3_json' }))).toBe(
      '[test/chat] \'toolCallParser\': unknown parser \'qwen3_json\'; did you mean \'qwen3_xml\'?');
  });

  test('the sizing is told name, version and fixed settings', () => {
    const engine = vllm({ settings: { maxModelLen: 4096, memoryFraction: 0.8 } });
    expect([engine.name, engine.version]).toEqual(['vllm', '0.33.0']);
    expect(engine.toSizingEngine()).toEqual({
      name: 'vllm', version: '0.33.0', maxModelLen: 4096, memoryFraction: 0.8, maxNumSeqs: undefined, maxNumBatchedTokens: undefined, kvBlockSize: undefined,
    });
  });
});

describe('models of other kinds', () => {
  test.each<[string, PlanFacts, number]>([
    ['a dense model', {}, 300],
    ['experts', { model: modelOf({ feedForward: MOE }) }, 900],
    ['recurrent layers', { model: modelOf({ attention: MAMBA }) }, 900],
    ['a model without a shape', { model: modelOf({ withoutShape: true }) }, 900],
  ])('warm-up of %s', (_, facts, seconds) => expect(bound(vllm(), facts).warmUpSeconds).toBe(seconds));

  test('prefixes are cached unless no layer attends, or the user says otherwise', () => {
    const caching = (options: VllmOptions, facts: PlanFacts = {}) => args(options, facts).find((arg) => arg.endsWith('prefix-caching'));
    expect(caching({})).toBe('--enable-prefix-caching');
    expect(caching({}, { model: modelOf({ attention: MAMBA }) })).toBe('--no-enable-prefix-caching');
    expect(caching({ prefixCaching: true }, { model: modelOf({ attention: MAMBA }) })).toBe('--enable-prefix-caching');
    expect(caching({ prefixCaching: false })).toBe('--no-enable-prefix-caching');
  });
});

describe('hostile texts', () => {
  test('a name that looks like a reference, a flag or a shell command stays a name', () => {
    const name = '$(VLLM_API_KEY) "; rm -rf / ; --port=1 $$ 模型';
    expect(bound(vllm(), {}, { servedModelName: name }).args[1]).toBe('--served-model-name=$$(VLLM_API_KEY) "; rm -rf / ; --port=1 $$$$ 模型');
    expect(bound(vllm(), {}, { modelPath: '/models/$(HOME)' }).args[0]).toBe('/models/$$(HOME)');
    expect(bound(vllm({ extraArgs: ['--response-role', '$(HOME)'] })).args.slice(-1)).toEqual(['$$(HOME)']);
  });

  test.each<[VllmOptions, string]>([
    [{ toolCallParser: 'a\nb' }, '\'toolCallParser\' is \'a b\' but must be a text of 1 to 256 characters without control characters'],
    [{ toolCallParser: '' }, '\'toolCallParser\' is \'\' but must be a text of 1 to 256 characters without control characters'],
    [{ reasoningParser: 'quen3' }, '\'reasoningParser\': unknown parser \'quen3\'; did you mean \'qwen3\'?'],
    [{ chatTemplate: ' ' }, '\'chatTemplate\' is \' \' but must be Jinja text of at most 900,000 bytes, which is what a ConfigMap has room for'],
    [{ chatTemplate: 'x'.repeat(5e6) }, `'chatTemplate' is '${'x'.repeat(60)}…' (5000000 characters) but must be Jinja text of at most 900,000 bytes, which is what a ConfigMap has room for`],
    [{ limitMultimodalPerPrompt: { image: NaN } }, '\'limitMultimodalPerPrompt.image\' is NaN but must be a whole number from 0 to 100000'],
    [{ limitMultimodalPerPrompt: { 'a b': 1 } }, '\'limitMultimodalPerPrompt\' names the kind \'a b\' but kinds are words such as \'image\', \'video\' and \'audio\''],
    [{ limitMultimodalPerPrompt: 3 as any }, '\'limitMultimodalPerPrompt\' is 3 but must be a map from kinds to numbers, e.g. { image: 2 }'],
  ])('fails for a wrong option (%#)', (options, rest) => expect(sentence(() => bound(vllm(options)))).toBe(`[test/chat] ${rest}`));

  test('fails when the served name is no name', () => {
    expect(sentence(() => bound(vllm(), {}, { servedModelName: 'a\u0000b' }))).toBe(
      '[test/chat] \'servedModelName\' is \'a b\' but must be a text of 1 to 256 characters without control characters');
  });

  test('fails when options are no object', () => {
    expect(sentence(() => Engine.vllm('0.33.0' as VllmOptions))).toBe('\'options\' of Engine.vllm is \'0.33.0\' but must be an object');
  });

  test('options that change after the call change nothing', () => {
    const extraArgs = ['--enforce-eager'];
    const engine = vllm({ extraArgs });
    extraArgs.push('--tensor-parallel-size=2');
    expect(bound(engine).args.slice(-1)).toEqual(['--enforce-eager']);
  });
});
