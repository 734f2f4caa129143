import { App, Chart, Duration, Testing } from 'cdk8s';
import { EnvValue, Secret } from 'cdk8s-plus-28';
import { Construct } from 'constructs';
import * as fc from 'fast-check';
import { Existing } from './manifest-checks';
import {
  CanaryDriver, CanaryGate, Capacity, Engine, FixedSettings, FleetImages, FleetNetwork, FleetOwnership, FleetSecurity, GpuNodePool, IGpuNodePool, InferenceFleet, Load,
  Model, ModelCanary, ModelRoute, NodeProvisioner, ParallelLayout, Precision, PurchaseOption, ServingTarget, SglangOptions, Signal, SpeculativeDecoding, TrafficShift,
  VllmOptions, Weights,
} from '../../src';

/** A whole app as data, so that a failing one can be printed, and built again. */
export interface AppRecipe {
  readonly charts: { readonly id: string; readonly namespace?: string }[];
  readonly pools: PoolRecipe[];
  readonly fleets: FleetRecipe[];
  readonly routes: { readonly id: string; readonly fleet: number; readonly timeoutSeconds?: number; readonly elsewhere: boolean }[];
  /** From the first fleet to the second. */
  readonly canary?: { readonly id: string; readonly percentages: number[]; readonly step: number; readonly byHand: boolean };
}

export interface PoolRecipe {
  readonly id: string;
  readonly chart: number;
  readonly instanceTypes: string[];
  readonly nodes?: number;
  readonly exists: boolean;
  readonly purchase: 'onDemand' | 'spot' | 'spotWithFallback' | 'reserved';
  readonly ownNodeClass: boolean;
  readonly zone: boolean;
  readonly efa: boolean;
  readonly reserved: boolean;
}

export interface FleetRecipe {
  readonly id: string;
  readonly chart: number;
  readonly model: string;
  readonly precision?: string;
  readonly kvCachePrecision?: string;
  readonly pools: number[];
  readonly engine: 'vllm' | 'sglang';
  readonly apiKey: boolean;
  readonly chatTemplate?: string;
  readonly extraArgs?: string[];
  readonly settings?: FixedSettings;
  /** More options of the engine; `appRecipes` leaves them at their defaults. */
  readonly engineOptions?: VllmOptions & SglangOptions;
  readonly target: {
    readonly requestsPerSecond: number;
    readonly promptTokens: number;
    readonly outputTokens: number;
    readonly prefixHitRatio?: number;
    readonly latency?: ServingTarget['latency'];
    readonly spareReplicas?: number;
  };
  readonly manual?: { readonly replicas: number; readonly layout: ParallelLayout };
  readonly weights: 'hub' | 'hub-single' | 'claim' | 'image' | 'store';
  /** What guesses tokens. */
  readonly guesses?: 'ngram' | 'eagle3';
  readonly readBytesPerSecond?: number;
  readonly servedModelName?: string;
  readonly ownership?: FleetOwnership;
  readonly labels?: { [key: string]: string };
  readonly annotations?: { [key: string]: string };
  readonly name?: string;
  readonly env?: { [name: string]: string };
  readonly mirror?: string;
  readonly pullSecrets: string[];
  readonly startupSeconds?: number;
  readonly drainSeconds?: number;
  readonly network?: Pick<FleetNetwork, 'rdma' | 'policies' | 'dnsPort'>;
  readonly monitoring: boolean;
  readonly writableRootFilesystem: boolean;
}

/** An app, and what its tests ask it. */
export interface BuiltApp {
  readonly app: App;
  readonly fleets: InferenceFleet[];
  readonly routes: ModelRoute[];
  readonly canary?: ModelCanary;
  /** Replicas of the candidate, which is the second fleet; undefined: the runner's. */
  readonly candidateReplicas?: number;
  readonly existing: Existing;
}

// ---- recipes

const REVISION = '0123456789abcdef0123456789abcdef01234567';
const DIGEST = `sha256:${'ab'.repeat(32)}`;

/** Ids that people, generators and other languages come up with. */
const IDS = [
  'Llama', 'chat', 'Fleet 1', 'llama-3.1-8b', 'Größe', 'é'.normalize('NFD'), 'модель', '模型', 'モデル', '🦙', '👩‍👩‍👧 model', 'a b\tc', '...', '---', '!!!', '$(X)',
  '${x}', '%s', '<b>', '"\'`', 'a--b', '-x-', '7b', 'a/b/c', 'x'.repeat(300), '模'.repeat(300), '🎉'.repeat(150), 'Resource', 'Default', 'null', 'node',
  '\u202eabc', '\u0000', '\ud800',
];

/** Without those that `constructs` itself takes for children that are there, such as 'toString'. */
const hostileId = fc.oneof(
  { weight: 3, arbitrary: fc.constantFrom(...IDS) },
  { weight: 2, arbitrary: fc.string({ minLength: 1, maxLength: 40, unit: 'grapheme' }) },
  { weight: 1, arbitrary: fc.string({ minLength: 1, maxLength: 300, unit: 'binary' }) },
).filter((id) => !(id in {}));

const text = fc.oneof(fc.constantFrom('search', 'Team Größe', '客服', '🦙🦙', 'a'.repeat(5000), '-', '..', 'a b'), fc.string({ minLength: 1, maxLength: 80, unit: 'grapheme' }));

/** Something, or `times` as often nothing. */
function maybe<T>(arbitrary: fc.Arbitrary<T>, times = 1): fc.Arbitrary<T | undefined> {
  return fc.oneof({ weight: times, arbitrary: fc.constant(undefined) }, { weight: 1, arbitrary });
}

const AWS_TYPES = ['g6e.4xlarge', 'g6e.12xlarge', 'g6e.48xlarge', 'g6.12xlarge', 'g5.48xlarge', 'g7e.24xlarge', 'p4d.24xlarge', 'p4de.24xlarge', 'p5.4xlarge', 'p5.48xlarge', 'p5en.48xlarge', 'p6-b200.48xlarge'];
const SEVERAL_TYPES = [['g99.large'], ['p5e.48xlarge', 'p5en.48xlarge'], ['g6e.24xlarge', 'g6e.12xlarge'], ['g6.12xlarge', 'p5.48xlarge']];
const OTHER_TYPES = ['Standard_NC96ads_A100_v4', 'Standard_NC80adis_H100_v5', 'Standard_ND96isr_H200_v5', 'a3-highgpu-8g', 'a3-ultragpu-8g', 'a4-highgpu-8g', 'a2-highgpu-4g'];

const pool = fc.record({
  id: hostileId,
  chart: fc.nat(),
  instanceTypes: fc.oneof(
    { weight: 8, arbitrary: fc.constantFrom(...AWS_TYPES.map((type) => [type])) },
    { weight: 1, arbitrary: fc.constantFrom(...SEVERAL_TYPES) },
    { weight: 3, arbitrary: fc.constantFrom(...OTHER_TYPES.map((type) => [type])) },
  ),
  nodes: maybe(fc.integer({ min: 1, max: 60 }), 1),
  exists: fc.boolean(),
  purchase: fc.constantFrom('onDemand', 'spot', 'spotWithFallback', 'reserved'),
  ownNodeClass: fc.boolean(),
  zone: fc.boolean(),
  efa: fc.boolean(),
  reserved: fc.boolean(),
}).map((recipe): PoolRecipe => {
  const aws = !recipe.instanceTypes.some((type) => OTHER_TYPES.includes(type));
  // Most combinations that make no sense are left to the tables of the pool's own tests.
  const fabric = aws && recipe.efa && recipe.instanceTypes.every((type) => /^p[456]/.test(type) && type !== 'p5.4xlarge');
  return {
    ...recipe, exists: recipe.exists || !aws, efa: fabric, zone: recipe.zone || fabric, ownNodeClass: recipe.ownNodeClass && recipe.purchase !== 'reserved',
  } as PoolRecipe;
});

const TEMPLATES = ['{{ messages }}', '{% for m in messages %}\n$(HOME) 🦙 {{ m }}\n{% endfor %}\n', 'null', '# yaml: [', 'x'.repeat(200_000)];
const SMALL = ['meta-llama/Llama-3.1-8B-Instruct', 'Qwen/Qwen3-8B', 'google/gemma-3-27b-it', 'openai/gpt-oss-20b', 'openai/gpt-oss-120b', 'Qwen/Qwen3-32B', 'meta-llama/Llama-3.3-70B-Instruct', 'deepseek-ai/DeepSeek-R1'];
const COMPLETE = Model.all().filter(({ incomplete }) => incomplete === undefined).map(({ id }) => id);

const latency = fc.record({
  percentile: fc.constantFrom(50, 90, 95, 99),
  timeToFirstTokenMillis: fc.integer({ min: 50, max: 20_000 }),
  timePerOutputTokenMillis: fc.integer({ min: 3, max: 500 }),
  endToEndMillis: fc.integer({ min: 500, max: 300_000 }),
}, { requiredKeys: [] });

const layout: fc.Arbitrary<ParallelLayout> = fc.constantFrom(
  { tensorParallel: 1 }, { tensorParallel: 2 }, { tensorParallel: 4 }, { tensorParallel: 8 }, { tensorParallel: 8, pipelineParallel: 2 }, { tensorParallel: 4, pipelineParallel: 2 },
  { tensorParallel: 1, dataParallel: 8, expertParallel: 8 }, { tensorParallel: 8, expertParallel: 8 }, { tensorParallel: 4, dataParallel: 4, expertParallel: 16 });

const strangeLayout = fc.record({
  tensorParallel: fc.constantFrom(1, 2, 4, 8, 16, 3, 5),
  pipelineParallel: fc.constantFrom(1, 2, 3),
  dataParallel: fc.constantFrom(1, 2, 8),
  expertParallel: fc.constantFrom(1, 2, 8),
}, { requiredKeys: ['tensorParallel'] });

/** Fleets that can mostly be had: what is refused because of a single value is left to `faults`. */
const fleet = fc.record({
  id: hostileId,
  chart: fc.nat(),
  model: fc.oneof({ weight: 3, arbitrary: fc.constantFrom(...SMALL) }, { weight: 1, arbitrary: fc.constantFrom(...COMPLETE) }),
  kvCachePrecision: maybe(fc.constantFrom('bf16', 'fp8'), 6),
  pools: fc.array(fc.nat(), { minLength: 1, maxLength: 2 }),
  engine: fc.constantFrom('vllm', 'vllm', 'sglang'),
  apiKey: fc.boolean(),
  chatTemplate: maybe(fc.constantFrom(...TEMPLATES), 5),
  extraArgs: maybe(fc.constantFrom<string[]>(['--otlp-traces-endpoint', '$(HOME)'], ['--tokenizer-mode=auto']), 8),
  settings: maybe(fc.constantFrom<FixedSettings>(
    { maxNumSeqs: 1 }, { maxNumSeqs: 16, maxNumBatchedTokens: 512 }, { maxNumSeqs: 256, maxNumBatchedTokens: 16_384 }, { memoryFraction: 0.8 }, { kvBlockSize: 32 },
  ), 4),
  target: fc.record({
    requestsPerSecond: fc.integer({ min: -20, max: 15 }).map((tenths) => Number((10 ** (tenths / 10)).toPrecision(3))),
    promptTokens: fc.integer({ min: 1, max: 2500 }),
    outputTokens: fc.integer({ min: 1, max: 1000 }),
    prefixHitRatio: maybe(fc.constantFrom(0, 0.5, 0.9, 1)),
    latency: maybe(latency, 1),
    spareReplicas: maybe(fc.constantFrom(0, 1, 2)),
  }),
  manual: maybe(fc.record({ replicas: fc.integer({ min: 1, max: 5 }), layout }), 5),
  weights: fc.constantFrom('hub', 'hub', 'claim', 'image', 'store'),
  guesses: maybe(fc.constantFrom('ngram', 'eagle3'), 6),
  readBytesPerSecond: maybe(fc.constantFrom(2e8, 1e9, 5e9)),
  servedModelName: maybe(fc.constantFrom('chat', 'a b', 'x'.repeat(256)), 3),
  ownership: maybe(fc.record({ team: text, costCenter: text }, { requiredKeys: [] })),
  labels: maybe(fc.constantFrom<{ [key: string]: string }>({ 'example.com/tier': 'gold' }, { toString: 'z' }, { a: '' }), 5),
  annotations: maybe(fc.constant({ 'example.com/note': 'Größe: 🦙\nsecond line' }), 5),
  name: maybe(fc.constantFrom('llama', 'x'.repeat(39)), 6),
  env: maybe(fc.constantFrom<{ [name: string]: string }>({ EXTRA: '1' }, { B: '2', A: '$(B)', __Z: '3' }), 5),
  mirror: maybe(fc.constantFrom('registry.example.com/mirror', 'localhost:5000'), 4),
  pullSecrets: fc.uniqueArray(fc.constantFrom('regcred', 'other'), { maxLength: 2 }),
  startupSeconds: maybe(fc.constantFrom(7200, 86_400), 6),
  drainSeconds: maybe(fc.constantFrom(1, 600), 5),
  network: maybe(fc.record({ rdma: fc.boolean(), policies: fc.boolean(), dnsPort: fc.constantFrom(53, 5353) }, { requiredKeys: [] }), 3),
  monitoring: fc.boolean(),
  writableRootFilesystem: fc.boolean(),
});

/** Values that are refused, most of them. */
const faults: fc.Arbitrary<Partial<FleetRecipe>> = fc.oneof(
  fc.constantFrom<Partial<FleetRecipe>>(
    { servedModelName: '' }, { servedModelName: '$(HOME)' }, { servedModelName: '模型' }, { startupSeconds: 60 }, { drainSeconds: 0 }, { weights: 'hub-single' },
    { extraArgs: ['--max-model-len', '5'] }, { extraArgs: ['--nonsense'] }, { labels: { 'bad key': 'x' } }, { annotations: { 'cdk8s-inference/plan': 'mine' } },
    { env: { VLLM_PORT: '1' } }, { env: { 'Z-Z': '1' } }, { settings: { maxModelLen: 2048 } }, { settings: { memoryFraction: 0.01 } }, { settings: { kvBlockSize: 7 } }, { ownership: { team: '' } }, { engine: 'sglang', extraArgs: ['--host', 'x'] },
  ),
  fc.constantFrom('bf16', 'fp8', 'int4', 'nvfp4', 'fp16', 'int8', 'fp32').map((precision) => ({ precision })),
  fc.record({ manual: fc.record({ replicas: fc.integer({ min: 1, max: 200 }), layout: strangeLayout }) }),
);

/** Whole apps: most can be had, the others are refused for one reason or several. */
export function appRecipes(): fc.Arbitrary<AppRecipe> {
  return fc.record({
    charts: fc.uniqueArray(fc.record({ id: hostileId, namespace: maybe(fc.constantFrom('chat', 'team-a', '7b')) }), {
      minLength: 1, maxLength: 2, selector: ({ id }) => id.replace(/\//g, '--'),
    }),
    pools: fc.array(pool, { minLength: 1, maxLength: 3 }),
    fleets: fc.array(fleet, { minLength: 1, maxLength: 3 }),
    routes: fc.array(fc.record({ id: hostileId, fleet: fc.nat(), timeoutSeconds: maybe(fc.constantFrom(1, 60, 3600), 4), elsewhere: fc.boolean() }), { maxLength: 2 }),
    canary: maybe(fc.record({
      id: hostileId,
      percentages: fc.constantFrom<number[]>([100], [1, 100], [0.1, 33.3, 100], [0.1, 33.3, 100], [50, 20]),
      step: fc.integer({ min: 0, max: 2 }),
      byHand: fc.boolean(),
    }), 1),
    fault: maybe(faults, 3),
  }).map(({ fault, ...recipe }) => ({
    ...recipe,
    fleets: recipe.fleets.map((one, i) => ({ ...one, ...i === 0 ? fault : {} })),
    canary: recipe.fleets.length > 1 ? recipe.canary : undefined,
  }));
}

// ---- apps

function scoped(scope: Construct, kind: string, index: number): Construct { return new Construct(scope, `${kind}${index}`); }

function poolOf(scope: Construct, recipe: PoolRecipe, index: number): IGpuNodePool {
  const zones = recipe.zone ? ['us-east-1a'] : undefined;
  if (recipe.exists) {
    return GpuNodePool.fromGpuNodePoolAttributes(scope, recipe.id, {
      instanceType: recipe.instanceTypes[0],
      nodeLabels: nodeLabels(index),
      taints: recipe.reserved ? TAINTS : undefined,
      maxGpus: recipe.nodes === undefined ? undefined : recipe.nodes * 8,
      rdmaResources: recipe.zone ? { 'rdma/hca': 8 } : undefined,
    });
  }
  return new GpuNodePool(scope, recipe.id, {
    provisioner: NodeProvisioner.karpenterAws({
      instanceTypes: recipe.instanceTypes,
      ...recipe.ownNodeClass ? {
        nodeClass: {
          role: 'nodes', subnets: [{ tags: { a: 'b' } }], securityGroups: [{ id: 'sg-1' }], amis: [{ alias: 'bottlerocket@1.50.0' }],
        },
      } : { nodeClassName: 'gpu' },
      purchase: PurchaseOption[recipe.purchase](),
      zones,
      efa: recipe.efa,
    }),
    maxGpus: (recipe.nodes ?? 4) * 8,
    reserved: recipe.reserved,
  });
}

const TAINTS = [{ key: 'nvidia.com/gpu', value: 'present', effect: 'NoSchedule' }, { key: 'example.com/team', effect: 'NoExecute' }];

function nodeLabels(index: number): { [key: string]: string } { return { 'example.com/pool': String(index) }; }

function weightsOf(scope: Construct, recipe: FleetRecipe): Weights {
  const { readBytesPerSecond } = recipe;
  switch (recipe.weights) {
    case 'hub': return Weights.fromHub({ revision: REVISION, storageClass: 'shared', readBytesPerSecond, token: { secret: Secret.fromSecretName(scope, 'Token', 'hub'), key: 'token' } });
    case 'hub-single': return Weights.fromHub({ revision: 'main', allowMovingRevision: true, readBytesPerSecond, extraFiles: ['*.py'] });
    case 'claim': return Weights.fromClaim({ claimName: 'given', path: 'a/b', waitForFile: 'done', readBytesPerSecond });
    case 'image': return Weights.fromImage({ reference: `registry.example.com/models/m@${DIGEST}`, readBytesPerSecond });
    case 'store': return Weights.fromObjectStore({ uri: 's3://bucket/models/m', region: 'eu-central-1', readBytesPerSecond });
  }
}

/** A head of its own width fits every model. */
const HEAD = Model.of({ id: 'acme/head', layers: 1, hiddenSize: 2048, queryHeads: 16, kvHeads: 16, intermediateSize: 6144, vocabSize: 32_000 });

const GUESSES: { readonly [kind in NonNullable<FleetRecipe['guesses']>]: SpeculativeDecoding } = {
  ngram: SpeculativeDecoding.ngram({ tokens: 3, acceptanceLength: 1.5 }),
  eagle3: SpeculativeDecoding.eagle3({ model: HEAD, tokens: 2, acceptanceRates: [0.7, 0.4] }),
};

function draftWeightsOf({ guesses, weights }: FleetRecipe): Weights | undefined {
  if (guesses !== 'eagle3') { return undefined; }
  return weights === 'store' ? Weights.fromObjectStore({ uri: 's3://bucket/models/head', region: 'eu-central-1' })
    : weights === 'hub' ? Weights.fromHub({ revision: REVISION, storageClass: 'shared' })
      : Weights.fromClaim({ claimName: 'given', path: 'a/head', waitForFile: 'a/done' });
}

function engineOf(scope: Construct, recipe: FleetRecipe): Engine {
  const common = {
    allowMutableTag: true,
    extraArgs: recipe.extraArgs,
    settings: recipe.guesses === undefined ? recipe.settings : { ...recipe.settings, speculative: GUESSES[recipe.guesses] },
    apiKey: recipe.apiKey ? EnvValue.fromSecretValue({ secret: Secret.fromSecretName(scope, 'Key', 'api-key'), key: 'key' }) : undefined,
    ...recipe.engineOptions,
  };
  return recipe.engine === 'vllm' ? Engine.vllm({ ...common, chatTemplate: recipe.chatTemplate }) : Engine.sglang(common);
}

function capacityOf({ target, manual }: FleetRecipe): Capacity {
  const { requestsPerSecond, promptTokens, outputTokens, prefixHitRatio } = target;
  const load = Load.requestsPerSecond(requestsPerSecond, { promptTokens, outputTokens, prefixHitRatio });
  return manual
    ? Capacity.manual({ ...manual, load: requestsPerSecond > 1 ? undefined : load })
    : Capacity.forTarget({ load, latency: target.latency, spareReplicas: target.spareReplicas });
}

function fleetOf(scope: Construct, recipe: FleetRecipe, pools: IGpuNodePool[], index: number, shared: boolean): InferenceFleet {
  const images: FleetImages | undefined = recipe.mirror === undefined && !recipe.pullSecrets.length ? undefined
    : { mirror: recipe.mirror, pullSecrets: recipe.pullSecrets.map((name) => Secret.fromSecretName(scope, `Pull${name}`, name)) };
  const security: FleetSecurity = { writableRootFilesystem: recipe.writableRootFilesystem };
  const made = new InferenceFleet(scope, recipe.id, {
    model: Model.named(recipe.model),
    pools: [...new Set(recipe.pools.map((at) => pools[at % pools.length]))],
    capacity: capacityOf(recipe),
    weights: weightsOf(scope, recipe),
    draftWeights: draftWeightsOf(recipe),
    engine: engineOf(scope, recipe),
    precision: recipe.precision === undefined ? undefined : Precision.named(recipe.precision),
    kvCachePrecision: recipe.kvCachePrecision === undefined ? undefined : Precision.named(recipe.kvCachePrecision),
    servedModelName: shared ? 'shared' : recipe.servedModelName,
    ownership: recipe.ownership,
    images,
    timeouts: {
      startup: recipe.startupSeconds === undefined ? undefined : Duration.seconds(recipe.startupSeconds),
      drain: recipe.drainSeconds === undefined ? undefined : Duration.seconds(recipe.drainSeconds),
    },
    network: recipe.network,
    security,
    monitoring: { enabled: recipe.monitoring },
    // Two fleets of one name in one namespace are refused elsewhere.
    metadata: { labels: recipe.labels, annotations: recipe.annotations, name: recipe.name && `${recipe.name.slice(0, 38)}${index}` },
  });
  for (const [name, value] of Object.entries(recipe.env ?? {})) { made.addEnv(name, EnvValue.fromValue(value)); }
  return made;
}

/** Builds a recipe's app. Throws what the library throws. */
export function build(recipe: AppRecipe, app: App = Testing.app()): BuiltApp {
  const charts = recipe.charts.map(({ id, namespace }) => new Chart(app, id, { namespace }));
  const chartOf = (at: number) => charts[at % charts.length];
  const pools = recipe.pools.map((one, i) => poolOf(scoped(chartOf(one.chart), 'pool', i), one, i));
  const fleets = recipe.fleets.map((one, i) => fleetOf(scoped(chartOf(one.chart), 'fleet', i), one, pools, i, recipe.canary !== undefined));
  const fleetAt = (index: number) => fleets[index % fleets.length];
  const gateway = { name: 'public', gatewayNamespace: 'gateways' };
  const routes = recipe.routes.map((one, i) => new ModelRoute(scoped(one.elsewhere ? charts[0] : Chart.of(fleetAt(one.fleet)), 'route', i), one.id, {
    fleet: fleetAt(one.fleet),
    hostnames: [`r${i}.example.com`],
    gateway,
    requestTimeout: one.timeoutSeconds === undefined ? undefined : Duration.seconds(one.timeoutSeconds),
  }));
  const { canary } = recipe;
  const rollout = canary && new ModelCanary(scoped(Chart.of(fleets[0]), 'canary', 0), canary.id, {
    route: new ModelRoute(scoped(Chart.of(fleets[0]), 'canary', 1), 'Route', { fleet: fleets[0], hostnames: ['canary.example.com'], gateway }),
    stable: fleets[0],
    candidate: fleets[1],
    shift: TrafficShift.steps(canary.percentages.map((percentage) => ({ percentage }))),
    driver: canary.byHand ? CanaryDriver.manual({ step: canary.step }) : CanaryDriver.runner({ requestsPerSecond: 30 }),
    gates: canary.byHand ? [CanaryGate.below(Signal.ERROR_RATIO, 0.01)] : undefined,
  });
  return { app, fleets, routes, canary: rollout, candidateReplicas: canary?.byHand ? rollout?.steps[canary.step].candidateReplicas : undefined, existing: existingOf(recipe) };
}

function existingOf(recipe: AppRecipe): Existing {
  const nodes = recipe.pools.flatMap(({ exists, reserved }, i) => exists ? [{ labels: nodeLabels(i), taints: reserved ? TAINTS : [] }] : []);
  return { claims: ['given'], nodes };
}
