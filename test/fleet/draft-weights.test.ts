import { Chart, Testing } from 'cdk8s';
import { PersistentVolumeAccessMode, Secret } from 'cdk8s-plus-28';
import { Construct } from 'constructs';
import { Capacity, Engine, GpuNodePool, InferenceFleet, InferenceFleetProps, Load, Model, SpeculativeDecoding, Weights } from '../../src';
import { checkpointBytesOf } from '../../src/catalog/model-shape';
import { sentence } from '../support/render';

const REVISION = '0123456789abcdef0123456789abcdef01234567';
const HEAD = Model.of({ id: 'acme/head', layers: 1, hiddenSize: 4096, queryHeads: 32, kvHeads: 8, intermediateSize: 14_336, vocabSize: 128_256 });
const EAGLE = SpeculativeDecoding.eagle3({ model: HEAD, tokens: 3, acceptanceLength: 2.2 });

function made(props: Partial<InferenceFleetProps> = {}, speculative: SpeculativeDecoding | undefined = EAGLE) {
  const chart = new Chart(Testing.app(), 'chat', { namespace: 'chat' });
  const pool = GpuNodePool.fromGpuNodePoolAttributes(chart, 'Pool', { instanceType: 'p5.48xlarge', nodeLabels: { 'example.com/pool': 'h100' } });
  const fleet = new InferenceFleet(chart, 'Llama', {
    model: Model.named('meta-llama/Llama-3.1-8B-Instruct'),
    pools: [pool],
    capacity: Capacity.manual({ replicas: 1, layout: { tensorParallel: 1 }, load: Load.requestsPerSecond(1, { promptTokens: 300, outputTokens: 100 }) }),
    weights: Weights.fromClaim({ claimName: 'llama', path: 'v1', readBytesPerSecond: 1e9 }),
    engine: Engine.vllm({ allowMutableTag: true, settings: { speculative } }),
    ...props,
  });
  const objects = Testing.synth(chart) as any[];
  const of = (kind: string) => objects.filter((object) => object.kind === kind);
  const [{ spec: { template } }] = of('Deployment');
  return { fleet, of, template, pod: template.spec, container: template.spec.containers[0] };
}

test('the head is mounted beside the model, and the engine is told where', () => {
  const { container, pod, fleet } = made({ draftWeights: Weights.fromClaim({ claimName: 'heads', path: 'eagle', waitForFile: 'done', readBytesPerSecond: 1e8 }) });
  expect(container.args).toContain('--speculative-config={"method":"eagle3","model":"/draft-weights/eagle","num_speculative_tokens":3}');
  expect(container.args[0]).toBe('/weights/v1');
  expect(container.volumeMounts).toEqual(expect.arrayContaining([
    { name: 'weights', mountPath: '/weights', readOnly: true }, { name: 'draft-weights', mountPath: '/draft-weights', readOnly: true },
  ]));
  expect(pod.volumes).toEqual(expect.arrayContaining([
    { name: 'weights', persistentVolumeClaim: { claimName: 'llama', readOnly: true } },
    { name: 'draft-weights', persistentVolumeClaim: { claimName: 'heads', readOnly: true } },
  ]));
  expect(pod.initContainers.map(({ name, env, volumeMounts }: any) => [name, env.find((one: any) => one.name === 'WEIGHTS_MARKER').value, volumeMounts[0].name])).toEqual([
    ['wait-for-draft-weights', '/draft-weights/done', 'draft-weights'],
  ]);
  expect(fleet.plan.estimate.settings.speculative).toBe(EAGLE);
  expect(fleet.plan.estimate.tokensPerStep).toBeCloseTo(2.2, 9);
});

test('what is read before the start is the model and the head, each at its own rate', () => {
  const model = Model.named('meta-llama/Llama-3.1-8B-Instruct').checkpointBytes!;
  const head = checkpointBytesOf(HEAD._shape!);
  const { of } = made({ draftWeights: Weights.fromClaim({ claimName: 'heads', readBytesPerSecond: 1e8 }) });
  expect(of('Deployment')[0].metadata.annotations['cdk8s-inference/startup']).toContain(`load ${Math.ceil(model / 1e9 + head / 1e8)} s`);
});

test('from the hub, the head has a claim and a download of its own', () => {
  const token = { secret: Secret.fromSecretName(new Construct(Testing.app(), 's'), 'Token', 'hub'), key: 'token' };
  const { of, template, container } = made({ weights: Weights.fromHub({ revision: REVISION, token }), draftWeights: Weights.fromHub({ revision: REVISION }) });
  const claims = of('PersistentVolumeClaim').map(({ metadata, spec }) => [metadata.name, parseInt(spec.resources.requests.storage, 10)]);
  expect(claims).toHaveLength(2);
  expect(claims[1][0]).toMatch(/-draft-weights-[0-9a-f]{8}$/);
  expect(claims[1][1]).toBeLessThan(claims[0][1]);
  const jobs = of('Job').map(({ spec }) => spec.template.spec.containers[0]);
  const value = (job: any, name: string) => job.env.find((one: any) => one.name === name)?.value;
  expect(jobs.map((job) => [value(job, 'WEIGHTS_REPOSITORY'), value(job, 'WEIGHTS_TARGET'), job.volumeMounts[0].mountPath])).toEqual([
    ['meta-llama/Llama-3.1-8B-Instruct', `/weights/${REVISION}`, '/weights'], ['acme/head', `/draft-weights/${REVISION}`, '/draft-weights'],
  ]);
  // Each download goes where the pods of its claim are.
  expect([template.metadata.labels['cdk8s-inference/weights'], template.metadata.labels['cdk8s-inference/draft-weights']]).toEqual(claims.map(([name]) => name));
  expect(template.spec.initContainers.map(({ name }: any) => name)).toEqual(['wait-for-weights', 'wait-for-draft-weights']);
  expect(container.args.join(' ')).toContain(`"model":"/draft-weights/${REVISION}"`);
});

test('one claim that only one node can mount holds the fleet to one', () => {
  const shared = made({ weights: Weights.fromClaim({ claimName: 'llama' }), draftWeights: Weights.fromHub({ revision: REVISION, accessMode: PersistentVolumeAccessMode.READ_WRITE_ONCE }) });
  expect(shared.of('Deployment')[0].spec.strategy.rollingUpdate.maxSurge).toBe(0);
});

test('from object stores, both are streamed with the same credentials', () => {
  const store = (name: string, region = 'eu-central-1') => Weights.fromObjectStore({ uri: `s3://models/${name}`, region });
  const { container, fleet } = made({ weights: store('llama'), draftWeights: store('head') });
  expect(container.args.join(' ')).toContain('"model":"s3://models/head"');
  expect(container.env.filter(({ name }: any) => name === 'AWS_REGION')).toHaveLength(1);
  expect(fleet.notes.some((note) => note.startsWith('of \'draftWeights\': every start reads all weights'))).toBe(true);
  expect(sentence(() => made({ weights: store('llama'), draftWeights: store('head', 'us-east-1') }))).toBe(
    '[chat/Llama] \'draftWeights\' and \'weights\' each set \'AWS_DEFAULT_REGION\' of the pods but to different values; read both with the same credentials and from the same store');
});

test('images may hold both', () => {
  const image = (name: string) => Weights.fromImage({ reference: `registry.example.com/${name}@sha256:${'0'.repeat(64)}` });
  const { pod } = made({ weights: image('llama'), draftWeights: image('head') });
  expect(pod.volumes.flatMap(({ name, image: of }: any) => of ? [name] : [])).toEqual(['weights', 'draft-weights']);
});

const claim = Weights.fromClaim({ claimName: 'heads' });

test.each<[string, () => unknown, string]>([
  ['without weights', () => made(), '\'settings.speculative\' of Engine.vllm is eagle3, which reads the weights of \'acme/head\' besides; give their source as \'draftWeights\' of the fleet'],
  ['that nobody asked for', () => made({ draftWeights: claim, engine: Engine.vllm({ allowMutableTag: true }) }),
    '\'draftWeights\' are given but the engine guesses no tokens with weights of their own; state \'settings.speculative\' of the engine, or leave them out'],
  ['whose files nobody knows', () => made({ draftWeights: claim }, SpeculativeDecoding.eagle3({ tokens: 3 })),
    '\'draftWeights\' are given but \'settings.speculative\' names no head; describe it as \'model\' of SpeculativeDecoding.eagle3, so that its files are known'],
  ['from a source that streams beside one that does not', () => made({ draftWeights: Weights.fromObjectStore({ uri: 's3://models/head' }) }),
    '\'draftWeights\' and \'weights\' are read by different loaders but an engine has one; take both from object stores, or neither'],
  ['that are none', () => made({ draftWeights: {} as never }), '\'draftWeights\' is a value of type object but must be a Weights; use Weights.fromHub, fromClaim, fromImage or fromObjectStore'],
])('a head %s is refused', (_what, act, problem) => {
  expect(sentence(act)).toBe(`[chat/Llama] ${problem}`);
});
