import * as fc from 'fast-check';
import { SGLANG_FLAGS } from '../../src/engines/data/sglang-flags';
import { SGLANG_NOTED, SGLANG_REFUSED } from '../../src/engines/data/sglang-rules';
import { SGLANG_VERSIONS } from '../../src/engines/data/sglang-versions';
import { VLLM_FLAGS } from '../../src/engines/data/vllm-flags';
import { VLLM_NOTED, VLLM_REFUSED } from '../../src/engines/data/vllm-rules';
import { VLLM_VERSIONS } from '../../src/engines/data/vllm-versions';
import { Engine } from '../../src/engines/engine';
import { flagsOf, RefusedFlags } from '../../src/engines/extra-args';
import { VllmOptions } from '../../src/engines/vllm-options';
import { bound, sentence } from '../support/engine';

const give = (extraArgs: unknown, options: VllmOptions = {}) =>
  bound(Engine.vllm({ allowMutableTag: true, ...options, extraArgs: extraArgs as string[] }));
const refused = (extraArgs: unknown, options: VllmOptions = {}) => sentence(() => give(extraArgs, options));
const owned = (rules: readonly RefusedFlags[]) => rules.flatMap(({ names }) => names.split(/\s+/).filter(Boolean));
const known = (version: string) => flagsOf(VLLM_FLAGS, version, VLLM_VERSIONS.map((row) => row.version));

describe('a flag that the plan sets', () => {
  test.each<[string[], string]>([
    [['--tensor-parallel-size', '2'], '\'--tensor-parallel-size\', which the plan sets; use \'layout\' of Capacity.manual'],
    [['--tensor-parallel-size=2'], '\'--tensor-parallel-size=2\', which the plan sets; use \'layout\' of Capacity.manual'],
    [['--tensor_parallel_size=2'], '\'--tensor_parallel_size=2\', which the plan sets; use \'layout\' of Capacity.manual'],
    [['--tensor-par', '2'], '\'--tensor-par\', which is read as \'--tensor-parallel-size\' and the plan sets; use \'layout\' of Capacity.manual'],
    [['-tp', '2'], '\'-tp\', which the plan sets; use \'layout\' of Capacity.manual'],
    [['-tp=2'], '\'-tp=2\', which the plan sets; use \'layout\' of Capacity.manual'],
    [['-t', '2'], '\'-t\', which is read as \'-tp\' and the plan sets; use \'layout\' of Capacity.manual'],
    [['-n2'], '\'-n2\', which is read as \'-n\' and the plan sets; use \'layout\' of Capacity.manual'],
    [['-qawq'], '\'-qawq\', which is read as \'-q\' and the plan sets; use \'precision\' of the fleet'],
    [['--max-model-len', '8k'], '\'--max-model-len\', which the plan sets; use \'settings.maxModelLen\' of Engine.vllm'],
    [['--max-num-seqs=1'], '\'--max-num-seqs=1\', which the plan sets; use \'settings.maxNumSeqs\' of Engine.vllm'],
    [['--max-num-batched-tokens=1'], '\'--max-num-batched-tokens=1\', which the plan sets; use \'settings.maxNumBatchedTokens\' of Engine.vllm'],
    [['--kv-cache-memory-bytes', '10G'], '\'--kv-cache-memory-bytes\', which the plan sets; use \'settings.memoryFraction\' of Engine.vllm'],
    [['--block-size=128'], '\'--block-size=128\', which the plan sets; use \'settings.kvBlockSize\' of Engine.vllm'],
    [['--kv-cache-dtype', 'fp8'], '\'--kv-cache-dtype\', which the plan sets; use \'kvCachePrecision\' of the fleet'],
    [['--swap-space', '4'], '\'--swap-space\', which would move memory that the plan counts on the GPU; use a narrower \'precision\' of the fleet, or a pool with more memory'],
    [['--disable-expert-parallel'], '\'--disable-expert-parallel\', which the plan sets; use \'layout\' of Capacity.manual'],
    [['--served-model-name', 'a', 'b'], '\'--served-model-name\', which the fleet sets; use its \'servedModelName\''],
    [['--shutdown-timeout=0'], '\'--shutdown-timeout=0\', which the fleet sets; use its \'timeouts.drain\''],
    [['--revision', 'main'], '\'--revision\', which the source of the weights sets; use \'weights\' of the fleet'],
    [['--port', '9000'], '\'--port\', which the probes, the Service and the metrics rely on; leave it out'],
    [['--tool-call-parser', 'hermes'], '\'--tool-call-parser\', which is not checked by vLLM before it has loaded the model; use \'toolCallParser\' of Engine.vllm'],
    [['--reasoning-parser=qwen3'], '\'--reasoning-parser=qwen3\', which is not checked by vLLM before it has loaded the model; use \'reasoningParser\' of Engine.vllm'],
    [['--override-generation-config', '{temperature: 0.2}'], '\'{temperature: 0.2}\', which is no JSON; write it as JSON.stringify does'],
    [['--override-generation-config={a}'], '\'{a}\', which is no JSON; write it as JSON.stringify does'],
    [['--api-key', 'sk-1'], '\'--api-key\', which would stand in the manifest in clear text; use \'apiKey\' of Engine.vllm'],
    [['--trust-remote-code'], '\'--trust-remote-code\', which runs code of the model; use \'trustRemoteCode\' of Engine.vllm'],
    [['--config', '/etc/x.yaml'], '\'--config\', which reads flags from a file that nobody checks; write them out'],
    [['--enable-log-requests'], '\'--enable-log-requests\', which writes what users send and get to the log; if it must be, patch the workload with ApiObject.of'],
    [['--tool-server', 'demo'], '\'--tool-server\', which lets the model run tools inside the pod; if it must be, patch the workload with ApiObject.of'],
  ])('%j is refused', (extraArgs, rest) => expect(refused(extraArgs)).toBe(`[test/chat] 'extraArgs' holds ${rest}`));

  test.each([{}, { image: 'acme/vllm:own' }])('is refused in every spelling that argparse takes, wherever it stands (%j)', (options) => {
    const others = known('0.33.0');
    fc.assert(fc.property(
      fc.constantFrom(...owned(VLLM_REFUSED)), fc.double({ min: 0, max: 1, noNaN: true }), fc.array(fc.boolean(), { minLength: 40, maxLength: 40 }),
      fc.constantFrom([], ['=2'], ['', '2'], ['.x=2'], ['.x', '2']), fc.constantFrom([], ['--seed', '1'], ['--enforce-eager']),
      (name, cut, underscores, value, before) => {
        // Abbreviations that are another flag's whole name, or nothing but dashes, are not the flag.
        const least = name.startsWith('--') ? 3 : 2;
        const short = name.slice(0, Math.max(least, Math.round(least + (name.length - least) * cut)));
        fc.pre(short === name || !others.has(short));
        const body = [...short.slice(2)].map((letter, i) => letter === '-' && underscores[i] ? '_' : letter).join('');
        const head = `${short.slice(0, 2)}${name.startsWith('--') ? body : short.slice(2)}${value[0] ?? ''}`;
        const message = refused([...before, head, ...value.slice(1)], options);
        expect(message.startsWith(`[test/chat] 'extraArgs' holds '${head}', which `)).toBe(true);
      }), { numRuns: 2000 });
  });

  test('of another image\'s own flags, only the plan\'s are refused', () => {
    expect(give(['--my-own-flag', 'x'], { image: 'acme/vllm:own' }).args.slice(-2)).toEqual(['--my-own-flag', 'x']);
  });

  test('--load-format is the source\'s where the source asks for one', () => {
    const engine = () => Engine.vllm({ allowMutableTag: true, extraArgs: ['--load-format=auto'] });
    expect(bound(engine()).args.slice(-1)).toEqual(['--load-format=auto']);
    expect(sentence(() => bound(engine(), {}, { loadFormat: 'runai_streamer' }))).toBe(
      '[test/chat] \'extraArgs\' holds \'--load-format=auto\', which the source of the weights sets; use \'weights\' of the fleet');
  });
});

describe('a flag that the plan leaves alone', () => {
  test('comes last, so that it wins over ours', () => {
    const { args } = give(['--no-enable-prefix-caching', '--disable-access-log-for-endpoints', '/x', '--seed', '-1', '-O3', '-cc.mode=3']);
    expect(args.slice(-7)).toEqual(['--no-enable-prefix-caching', '--disable-access-log-for-endpoints', '/x', '--seed', '-1', '-O3', '-cc.mode=3']);
    expect(args.indexOf('--enable-prefix-caching')).toBeLessThan(args.indexOf('--no-enable-prefix-caching'));
  });

  test('switches that only close something are let through', () => {
    expect(give(['--no-enable-log-requests', '--disable-log-outputs']).args.slice(-2)).toEqual(['--no-enable-log-requests', '--disable-log-outputs']);
  });

  test('is noted where the plan does not count it or it runs code', () => {
    const digest = `sha256:${'a'.repeat(64)}`;
    expect(give(['--spec-method', 'ngram', '--middleware=my.module', '--middleware=other'], { imageDigest: digest }).notes).toEqual([
      '\'--spec-method\' of \'extraArgs\' takes memory or time that the plan does not count',
      '\'--middleware\' of \'extraArgs\' runs code that is loaded by name inside the server',
    ]);
  });
});

describe('arguments that the server would die of', () => {
  test.each<[unknown, string]>([
    ['--seed 1', '\'extraArgs\' is \'--seed 1\' but must be a list of strings'],
    [[7], '\'extraArgs[0]\' is 7 but must be a string'],
    [['x'], '\'extraArgs\' holds \'x\', which follows no flag; write the flag before it'],
    [['--'], '\'extraArgs\' holds \'--\', after which no flag is read; leave it out'],
    [['--seed 1'], '\'extraArgs\' holds \'--seed 1\', flag and value in one element; make them two'],
    [['--seed'], '\'extraArgs\' holds \'--seed\' without its value; write it as the next element, or after \'=\' if it begins with \'-\''],
    [['--seed', '--enforce-eager'], '\'extraArgs\' holds \'--seed\' without its value; write it as the next element, or after \'=\' if it begins with \'-\''],
    [['--seed', '1', '2'], '\'extraArgs\' holds \'2\' after \'--seed\', which takes one value; leave it out'],
    [['--enforce-eager', 'true'], '\'extraArgs\' holds \'true\' after \'--enforce-eager\', which takes no value; leave it out'],
    [['--enforce-eager=true'], '\'extraArgs\' holds \'--enforce-eager=true\' but \'--enforce-eager\' takes no value; leave \'=true\' out'],
    [['--enable-eplb.x', '1'], '\'extraArgs\' holds \'--enable-eplb.x\' but \'--enable-eplb\' takes no value; leave \'.x\' out'],
    [['--enforce-eger'], '\'extraArgs\': unknown flag of vLLM 0.33.0 \'--enforce-eger\'; did you mean \'--enforce-eager\'?'],
    [['--chat-template', 'a\0b'], '\'extraArgs[1]\' is \'a b\' and holds a NUL character, which no process can be given; leave it out'],
    [['--chat-template', 'x'.repeat(5e6)], '\'extraArgs[1]\' has 5000000 bytes but a process takes at most 131071 in one argument; shorten it'],
  ])('%# is refused', (extraArgs, rest) => expect(refused(extraArgs)).toBe(`[test/chat] ${rest}`));

  test('a flag is known from the version that brought it to the one that dropped it', () => {
    expect(give(['--monokernel']).args.slice(-1)).toEqual(['--monokernel']);
    expect(refused(['--monokernel'], { version: '0.32.0' })).toContain('unknown flag of vLLM 0.32.0 \'--monokernel\'');
    expect(known('0.30.0').has('--enable-mamba-fine-grained-prefix-cache')).toBe(true);
    expect(known('0.31.0').has('--enable-mamba-fine-grained-prefix-cache')).toBe(false);
  });

  test('whatever is given, the answer is a config or one sentence with the path', () => {
    const word = fc.oneof(fc.string(), fc.constantFrom('--seed', '-O', '--middleware', '-', '---', '-1', '--=', '-.5', '--seed=', '='), fc.anything());
    fc.assert(fc.property(fc.oneof(fc.array(word), fc.anything()), (extraArgs) => {
      if (extraArgs === undefined) { return; }
      try {
        give(extraArgs);
      } catch (error) {
        expect((error as Error).message).toMatch(/^\[test\/chat\] 'extraArgs/);
        expect((error as Error).message.length).toBeLessThan(500);
      }
    }), { numRuns: 1000 });
  });
});

describe('the tables of flags', () => {
  const REMOVED = ['--swap-space', '--worker-use-ray'];

  test.each(VLLM_VERSIONS.map(({ version }) => version))('vLLM %s has every flag that is refused or noted, in this version or another', (version) => {
    const all = new Set(VLLM_VERSIONS.flatMap((row) => [...known(row.version).keys()]));
    expect(owned(VLLM_REFUSED).filter((name) => !all.has(name) && !REMOVED.includes(name))).toEqual([]);
    expect(VLLM_NOTED.flatMap(({ names }) => names.split(/\s+/).filter(Boolean)).filter((name) => !all.has(name))).toEqual([]);
    // What we write ourselves, each version must have.
    const written = [
      '--served-model-name', '--port', '--tensor-parallel-size', '--pipeline-parallel-size', '--data-parallel-size', '--enable-expert-parallel',
      '--distributed-executor-backend', '--nnodes', '--node-rank', '--master-addr', '--master-port', '--distributed-timeout-seconds', '--headless',
      '--max-model-len', '--max-num-seqs', '--max-num-batched-tokens', '--gpu-memory-utilization', '--block-size', '--dtype', '--quantization',
      '--kv-cache-dtype', '--load-format', '--enable-prefix-caching', '--no-enable-prefix-caching', '--chat-template', '--enable-auto-tool-choice',
      '--tool-call-parser', '--reasoning-parser', '--limit-mm-per-prompt', '--trust-remote-code', '--shutdown-timeout',
      '--disable-access-log-for-endpoints',
    ];
    expect(written.filter((name) => !known(version).has(name))).toEqual([]);
  });

  test.each(SGLANG_VERSIONS.map(({ version }) => version))('SGLang %s has every flag that is refused, noted or written', (version) => {
    const versions = SGLANG_VERSIONS.map((row) => row.version);
    const all = new Set(versions.flatMap((each) => [...flagsOf(SGLANG_FLAGS, each, versions).keys()]));
    expect([...owned(SGLANG_REFUSED), ...SGLANG_NOTED.flatMap(({ names }) => names.split(/\s+/).filter(Boolean))].filter((name) => !all.has(name)))
      .toEqual(['--use-ray'].filter((name) => !all.has(name)));
    const has = flagsOf(SGLANG_FLAGS, version, versions);
    const written = [
      '--model-path', '--served-model-name', '--host', '--port', '--enable-metrics', '--tp-size', '--pp-size', '--ep-size', '--nnodes', '--node-rank',
      '--dist-init-addr', '--dist-timeout', '--context-length', '--max-running-requests', '--chunked-prefill-size', '--mem-fraction-static',
      '--page-size', '--dtype', '--quantization', '--kv-cache-dtype', '--load-format', '--disable-radix-cache', '--tool-call-parser',
      '--reasoning-parser', '--trust-remote-code', '--api-key', ...(version === '0.5.20' ? ['--dp-size', '--enable-dp-attention'] : ['--attn-dp-size']),
    ];
    expect(written.filter((name) => !has.has(name))).toEqual([]);
  });

  test('every row of a version says where it comes from', () => {
    for (const row of [...VLLM_VERSIONS, ...SGLANG_VERSIONS]) {
      expect(row.source).not.toBe('');
      expect(row.asOf).toMatch(/^\d{4}-\d{2}-\d{2}$/);
      expect(row.image).toMatch(new RegExp(`:v${row.version.replaceAll('.', '\\.')}$`));
    }
  });
});

describe('a flag by which the other engine sets what the plan or the fleet sets', () => {
  const sglang = (extraArgs: string[], image?: string) => sentence(() => bound(Engine.sglang({ allowMutableTag: true, extraArgs, image })));
  test.each<[string, string]>([
    ['--max-model-len=8192', 'the plan sets; use \'settings.maxModelLen\' of Engine.sglang'],
    ['--gpu-memory-utilization=0.9', 'the plan sets; use \'settings.memoryFraction\' of Engine.sglang'],
    ['--enable-expert-parallel', 'the plan sets; use \'layout\' of Capacity.manual'],
    ['--shutdown-timeout=5', 'the fleet sets; use its \'timeouts.drain\''],
  ])('%s is refused by SGLang, whatever the image', (arg, rest) => {
    for (const image of [undefined, 'acme/sglang:own']) {
      expect(sglang([arg], image)).toBe(`[test/chat] 'extraArgs' holds '${arg}', which is vLLM's word for what ${rest}`);
    }
  });

  test.each<[string, string]>([
    ['--context-length=8192', 'the plan sets; use \'settings.maxModelLen\' of Engine.vllm'],
    ['--mem_fraction_static=0.9', 'the plan sets; use \'settings.memoryFraction\' of Engine.vllm'],
    ['--model-path=/x', 'the fleet sets; use its \'model\' and \'weights\''],
  ])('%s is refused by vLLM, whatever the image', (arg, rest) => {
    for (const image of [undefined, 'acme/vllm:own']) {
      expect(refused([arg], { image })).toBe(`[test/chat] 'extraArgs' holds '${arg}', which is SGLang's word for what ${rest}`);
    }
  });
});
