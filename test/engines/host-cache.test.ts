import { Size } from 'cdk8s';
import { Engine } from '../../src/engines/engine';
import { GIB } from '../../src/kube/quantities';
import { bound, sentence } from '../support/engine';
import { MAMBA, modelOf, PlanFacts } from '../support/plan';

const vllm = (kvCacheOnHost?: Size, options: object = {}) => Engine.vllm({ allowMutableTag: true, kvCacheOnHost, ...options });
const sglang = (kvCacheOnHost?: Size, options: object = {}) => Engine.sglang({ allowMutableTag: true, kvCacheOnHost, ...options });
const flags = (engine: Engine, facts: PlanFacts = {}) => bound(engine, facts).args.filter((arg) => /offload|hicache|hierarchical/.test(arg));
const FOUR: PlanFacts = { layout: { tensorParallel: 4 } };
/** Per GPU 10 GiB of KV cache that hold 80,000 tokens. */
const CACHE = { memory: { kvCacheBytes: 10 * GIB } as never, kvCacheTokens: 80_000 };

test('vLLM gets what all of its tensor ranks keep on the host, which lies in /dev/shm', () => {
  const config = bound(vllm(Size.gibibytes(64)), FOUR);
  expect(config.args).toContain('--kv-offloading-size=64');
  expect([config.hostMemoryBytes, config.sharedMemoryBytes]).toEqual([64 * GIB, 64 * GIB]);
});

test('vLLM gets the part of one attention rank: each has an engine of its own', () => {
  expect(flags(vllm(Size.gibibytes(100)), { layout: { tensorParallel: 2, dataParallel: 4 } })).toEqual(['--kv-offloading-size=25']);
  expect(flags(vllm(Size.gibibytes(100)), { layout: { tensorParallel: 1, dataParallel: 3 } })).toEqual(['--kv-offloading-size=33.333']);
});

test('SGLang gets whole gigabytes of each GPU, and the pod what it wants free besides', () => {
  const config = bound(sglang(Size.gibibytes(64)), FOUR);
  expect(flags(sglang(Size.gibibytes(64)), FOUR)).toEqual(['--enable-hierarchical-cache', '--hicache-size=17']);
  expect([config.hostMemoryBytes, config.sharedMemoryBytes]).toEqual([4 * 17e9 + 10 * GIB, undefined]);
});

test.each([['vllm', vllm], ['sglang', sglang]])('%s keeps nothing on the host that nobody asked for', (_name, engine) => {
  expect(flags(engine())).toEqual([]);
  expect(bound(engine()).hostMemoryBytes).toBeUndefined();
});

test('a reader of the plan learns how many tokens the host holds', () => {
  const { notes } = bound(vllm(Size.gibibytes(80)), { ...FOUR, estimate: CACHE });
  expect(notes).toContain('80.0 GiB of host memory hold about 160,000 tokens of KV cache that 80,000 tokens on the GPUs leave no room for; '
    + 'the plan counts on none of them: what prompts find there is said by \'hostHitRatio\' of the load, and how long it takes to come back is then counted');
});

test.each<[string, Engine, PlanFacts, string]>([
  ['a number', vllm(64 as never), {}, '\'kvCacheOnHost\' is 64 but must be a Size above 0, such as Size.gibibytes(64)'],
  ['nothing', vllm(Size.gibibytes(0)), {}, /must be a Size above 0/.source],
  ['no prefix caching with vLLM', vllm(Size.gibibytes(64), { prefixCaching: false }), {},
    '\'kvCacheOnHost\' keeps prefixes for requests that begin alike but prefix caching is off; leave one of them out'],
  ['a model without attention', vllm(Size.gibibytes(64)), { model: modelOf({ attention: MAMBA }) }, 'prefix caching is off'],
  ['no prefix caching with SGLang', sglang(Size.gibibytes(64), { prefixCaching: false }), {}, 'prefix caching is off'],
  ['two nodes', vllm(Size.gibibytes(64)), { layout: { tensorParallel: 8, pipelineParallel: 2 } },
    '\'kvCacheOnHost\' is memory of one node but a replica spans 2; use nodes with 16 GPUs, or leave it out'],
  ['less than a gigabyte of each GPU', sglang(Size.gibibytes(2)), FOUR,
    '\'kvCacheOnHost\' is 2.1 GB but SGLang takes whole gigabytes for each of 4 GPUs; use at least 4 GB'],
])('fails for %s', (_what, engine, facts, words) => expect(sentence(() => bound(engine, facts))).toContain(words));

test.each([
  ['vLLM', Engine.vllm({ allowMutableTag: true, extraArgs: ['--kv-offloading-size', '9'] }), 'use \'kvCacheOnHost\' of Engine.vllm'],
  ['SGLang', Engine.sglang({ allowMutableTag: true, extraArgs: ['--hicache-ratio=3'] }), 'use \'kvCacheOnHost\' of Engine.sglang'],
])('%s has no other word for it', (_name, engine, words) => expect(sentence(() => bound(engine))).toContain(words));
