import { Duration } from 'cdk8s';
import { EnvValue } from 'cdk8s-plus-28';
import { CustomEngineOptions } from '../../src/engines/custom-options';
import { Engine } from '../../src/engines/engine';
import { bound, sentence, texts } from '../support/engine';
import { PlanFacts } from '../support/plan';

const IMAGE = `registry.example.com/lmdeploy:1@sha256:${'ab'.repeat(32)}`;
const REQUIRED: CustomEngineOptions = {
  name: 'lmdeploy', image: IMAGE, args: ['serve', '$(MODEL_PATH)', '--session-len=$(MAX_MODEL_LEN)'], port: 23333, readyPath: '/health',
};
const bind = (options: Partial<CustomEngineOptions> = {}, facts: PlanFacts = {}) => bound(Engine.custom({ ...REQUIRED, ...options }), facts);

test('runs with what is stated, and with defaults for the rest', () => {
  const { env: _, notes, ...config } = bind();
  expect(config).toEqual({
    image: IMAGE,
    command: undefined,
    args: ['serve', '$(MODEL_PATH)', '--session-len=$(MAX_MODEL_LEN)'],
    workerArgs: undefined,
    port: 23333,
    readyPath: '/health',
    healthPath: '/health',
    metricsPath: '/metrics',
    writablePaths: ['/tmp'],
    warmUpSeconds: 600,
    teardownSeconds: 30,
    userId: 65532,
  });
  expect(notes).toEqual(['engine \'lmdeploy\' is not one that the sizing was measured with: its latencies and memory are those of a known engine']);
});

test('runs with everything that is stated', () => {
  expect(bind({
    command: ['lmdeploy'],
    workerArgs: ['worker'],
    healthPath: '/live',
    metricsPath: '/m',
    writablePaths: ['/tmp', '/cache', '/tmp'],
    userId: 1234,
    warmUp: Duration.minutes(3),
  }, { layout: { tensorParallel: 16 } })).toMatchObject({
    command: ['lmdeploy'], workerArgs: ['worker'], healthPath: '/live', metricsPath: '/m', writablePaths: ['/tmp', '/cache'], userId: 1234, warmUpSeconds: 180,
  });
});

test('finds the plan in its environment, where arguments can refer to it', () => {
  expect(texts(bind({ env: { ZED: EnvValue.fromValue('1') } }, { layout: { tensorParallel: 4, pipelineParallel: 2 } }))).toEqual({
    DATA_PARALLEL: '1',
    DRAIN_SECONDS: '45',
    EXPERT_PARALLEL: '1',
    KV_BLOCK_SIZE: '16',
    KV_CACHE_PRECISION: 'bf16',
    MAX_MODEL_LEN: '8192',
    MAX_NUM_BATCHED_TOKENS: '4096',
    MAX_NUM_SEQS: '256',
    MEMORY_FRACTION: '0.92',
    MODEL_PATH: '/models/m',
    NODES_PER_REPLICA: '1',
    PIPELINE_PARALLEL: '2',
    SERVED_MODEL_NAME: 'acme/small-8b',
    TENSOR_PARALLEL: '4',
    WEIGHT_PRECISION: 'bf16',
    ZED: '1',
  });
  expect(bound(Engine.custom(REQUIRED), {}, { servedModelName: '$(HOME)' }).env?.SERVED_MODEL_NAME.value).toBe('$$(HOME)');
});

test('is sized like the engine that the user names', () => {
  const engine = Engine.custom({ ...REQUIRED, sizing: { name: 'sglang', version: '0.5.23', maxNumSeqs: 8 } });
  expect([engine.name, engine.version]).toEqual(['lmdeploy', undefined]);
  expect(engine.toSizingEngine()).toEqual({ name: 'sglang', version: '0.5.23', maxNumSeqs: 8 });
  expect(Engine.custom({ ...REQUIRED, name: 'trtllm', sizing: { name: 'trtllm', version: '1.0' } }).version).toBe('1.0');
  expect(Engine.custom(REQUIRED).toSizingEngine()).toEqual({});
});

test.each<[string, Partial<CustomEngineOptions>, PlanFacts, string]>([
  ['a group without worker arguments', {}, { layout: { tensorParallel: 16 } },
    'a replica spans 2 nodes but engine \'lmdeploy\' has no \'workerArgs\'; state them, or use a \'layout\' that fits a node'],
  ['an image by tag', { image: 'acme/x:1' }, {}, 'image \'acme/x:1\' has no digest, so that what runs could change without a commit; '
    + 'write it as \'name:tag@sha256:…\', or accept the tag with \'allowMutableTag: true\''],
  ['no image', { image: undefined as any }, {}, '\'image\' is undefined but must be an image reference'],
  ['a port that needs rights', { port: 80 }, {}, '\'port\' is 80 but must be a whole number from 1024 to 65535'],
  ['root', { userId: 0 }, {}, '\'userId\' is 0 but must be a whole number from 1 to 2147483647'],
  ['arguments in one text', { args: 'serve x' as any }, {}, '\'args\' is \'serve x\' but must be a list of strings'],
  ['an argument that is no text', { args: [5 as any] }, {}, '\'args[0]\' is 5 but must be a string'],
  ['a path without a slash', { readyPath: 'health' }, {}, '\'readyPath\' is \'health\' but must be an HTTP path that begins with \'/\', e.g. \'/health\''],
  ['a path with a line break', { healthPath: '/a\nb' }, {}, '\'healthPath\' is \'/a b\' but must be an HTTP path that begins with \'/\', e.g. \'/health\''],
  ['a directory that climbs', { writablePaths: ['/a/../b'] }, {}, '\'writablePaths\' holds \'/a/../b\' but directories must be absolute paths such as \'/var/cache/engine\''],
  ['a variable of the plan', { env: { MODEL_PATH: EnvValue.fromValue('/x') } }, {}, '\'env\' sets \'MODEL_PATH\', which the plan sets; leave it out'],
  ['a number for a duration', { warmUp: 5 as any }, {}, '\'warmUp\' is 5 but must be a Duration, such as Duration.minutes(10)'],
  ['a Map of variables', { env: new Map() as any }, {}, '\'env\' is a value of type object but must be a map from names to EnvValue'],
])('fails for %s', (_, options, facts, rest) => expect(sentence(() => bind(options, facts))).toBe(`[test/chat] ${rest}`));

test.each<[unknown, string]>([
  [{}, '\'name\' of Engine.custom is undefined but must be a text of 1 to 256 characters without control characters'],
  [{ name: ' ' }, '\'name\' of Engine.custom is \' \' but must be a text of 1 to 256 characters without control characters'],
  [{ name: 5 }, '\'name\' of Engine.custom is 5 but must be a text of 1 to 256 characters without control characters'],
  [{ name: 'own', sizing: 'vllm' }, '\'sizing\' of Engine.custom is \'vllm\' but must be an object'],
])('is refused at once with %j', (options, rest) => expect(sentence(() => Engine.custom(options as any))).toBe(rest));

test('a warm-up of parts of a second is rounded up', () => {
  expect(bind({ warmUp: Duration.millis(1500) }).warmUpSeconds).toBe(2);
});

test('every variable of the plan is reserved, and so is what no pod of a fleet needs', () => {
  const { env = {} } = bind();
  expect(Engine.custom(REQUIRED).reservedVariables).toMatchObject({
    ...Object.fromEntries(Object.keys(env).map((name) => [name, 'the plan sets; leave it out'])),
    HF_TOKEN: 'is not needed by pods that serve from files; give it to \'weights\' of the fleet',
  });
});
