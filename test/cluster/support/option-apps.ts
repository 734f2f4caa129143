import { App, Chart, Duration, Size, Testing } from 'cdk8s';
import { EnvValue, PersistentVolumeAccessMode, Secret } from 'cdk8s-plus-28';
import * as fc from 'fast-check';
import {
  AmiFamily, Capacity, Engine, GpuNodePool, InferenceFleet, Load, Model, ModelRoute, NodeProvisioner, PurchaseOption, Weights,
} from '../../../src';

/** One pool, fleet and route whose options are set that random-app.ts leaves at their defaults; as data. */
export interface OptionRecipe {
  readonly groups: boolean;
  readonly karpenter?: { [option: string]: any };
  readonly nodeClass?: { [option: string]: any };
  readonly reservations?: any[];
  readonly pool?: { [option: string]: any };
  readonly network?: { [option: string]: any };
  readonly monitoring?: { [option: string]: any };
  readonly weights?: { readonly from: 'hub' | 'claim' | 'image' | 'store'; readonly options: { [option: string]: any } };
  readonly custom?: { [option: string]: any };
  readonly vllm?: { [option: string]: any };
  readonly env?: { [name: string]: string };
  readonly metadata?: { [option: string]: any };
  readonly route?: { [option: string]: any };
  readonly gateway?: { [option: string]: any };
}

/** What people mistype, and what other systems allow. */
const wild = fc.constantFrom<unknown>('', ' ', 'a b', 'Upper', 'x'.repeat(64), 'x'.repeat(254), 'x'.repeat(300), '-a', 'a-', 'a.b', 'größe', '*', 'a/b', '/a', '1', 'true', '${x}', 'a\nb', '模型', '"', '\u0000', 'a_b', 'a:b', 'a..b');

/** A plausible value, or sometimes any. */
function text(...plausible: string[]): fc.Arbitrary<any> { return fc.oneof({ weight: 20, arbitrary: fc.constantFrom(...plausible) }, { weight: 1, arbitrary: wild }); }

function tags(...keys: string[]): fc.Arbitrary<{ [key: string]: string }> { return fc.dictionary(text(...keys), text('a', 'b-c', 'x'.repeat(63)), { minKeys: 1, maxKeys: 3, noNullPrototype: true }); }

function number(...values: number[]): fc.Arbitrary<number> { return fc.constantFrom(...values); }

/** Up to three of the options: of apps with all of them hardly one can be had. */
function some(options: { [option: string]: fc.Arbitrary<any> }): fc.Arbitrary<any> {
  const all = Object.keys(options);
  return fc.subarray(all, { minLength: 1, maxLength: Math.min(3, all.length) }).chain((names) => fc.record(Object.fromEntries(names.map((name) => [name, options[name]]))));
}

/** Now and then. */
function rarely<T>(arbitrary: fc.Arbitrary<T>): fc.Arbitrary<T | undefined> { return fc.oneof({ weight: 3, arbitrary: fc.constant(undefined) }, { weight: 1, arbitrary }); }

const labels = tags('example.com/tier', 'team', 'Upper.case_1', 'a.b/c', 'node.kubernetes.io/x', 'kubernetes.io/x', 'karpenter.sh/x', 'k8s.io/x', 'node-restriction.kubernetes.io/x', 'topology.kubernetes.io/zone',
  'kops.k8s.io/instancegroup', 'example.k8s.io/y');

const amis = fc.array(fc.oneof(
  fc.record({ alias: text('al2023@latest', 'al2023@v20260801', 'bottlerocket@latest', 'bottlerocket@1.50.0', 'bottlerocket@v1.50.0', 'al2@latest') }),
  some({ id: text('ami-0123456789abcdef0') }),
  some({ name: text('gpu-*'), owner: text('self', 'amazon', '123456789012'), tags: tags('a', 'b/c') }),
  fc.record({ ssmParameter: text('/aws/service/bottlerocket/aws-k8s-1.36-nvidia/x86_64/latest/image_id', 'my/parameter') }),
), { minLength: 1, maxLength: 2 });

// Without 'placementGroup': the definition of EC2NodeClass that is to be had is older than it.
const nodeClass = fc.tuple(
  fc.record({
    role: text('nodes', 'KarpenterNodeRole-cluster'),
    subnets: fc.array(fc.oneof(fc.record({ id: text('subnet-0123456789abcdef0') }), fc.record({ tags: tags('a', '*') })), { minLength: 1, maxLength: 3 }),
    securityGroups: fc.array(fc.oneof(fc.record({ id: text('sg-0123456789abcdef0') }), fc.record({ name: text('nodes', 'a b') }), fc.record({ tags: tags('a', '*') })), { minLength: 1, maxLength: 3 }),
    amis,
  }),
  some({
    amiFamily: fc.constantFrom(AmiFamily.AL2023, AmiFamily.BOTTLEROCKET),
    volumeSize: number(20, 200, 16_384, 19, 16_385),
    volumeMebibytesPerSecond: number(125, 500, 750, 124, 751),
    kmsKeyId: text('1234abcd-12ab-34cd-56ef-1234567890ab', 'arn:aws:kms:us-east-1:123456789012:key/x', 'alias/k'),
    localStorage: fc.boolean(),
    tags: tags('owner', 'cost center', 'kubernetes.io/cluster/x', 'karpenter.sh/nodepool', 'karpenter.sh/nodeclaim', 'karpenter.k8s.aws/ec2nodeclass', 'eks:eks-cluster-name', 'Name', 'aws:x'),
    userData: text('[settings.kubernetes]\n"a" = "b"\n', '#!/bin/sh\n'),
  }),
).map(([required, options]) => ({ ...required, ...options }));

const client = some({ namespaceLabels: tags('kubernetes.io/metadata.name', 'team'), podLabels: tags('app', 'app.kubernetes.io/name') });

const weights = fc.oneof(
  fc.record({
    from: fc.constant('hub'), options: some({
      repository: text('org/model', 'Org/Model-1.0'),
      storageClass: text('shared', 'fsx.lustre'),
      accessMode: fc.constantFrom(...Object.values(PersistentVolumeAccessMode)),
      readBytesPerSecond: number(1, 1e6, 5e9, 1e12),
      downloadBytesPerSecond: number(1, 1e5, 500e6, 1e12),
      sizeBytes: number(17e9, 1e15, 1.7e10 + 1),
      extraFiles: fc.array(text('*.py', 'a/*.txt'), { maxLength: 3 }),
      downloaderImage: text('registry.example.com/downloader:1', `registry.example.com:5000/a/b@sha256:${'ab'.repeat(32)}`),
      endpoint: text('https://hub.example.com', 'http://hub.models:8080/x'),
      httpsProxy: text('http://proxy.example.com:3128', 'http://proxy'),
      downloadOnPool: fc.boolean(),
    }),
  }),
  fc.record({ from: fc.constant('claim'), options: some({ claimName: text('given', 'a.b'), path: text('a/b', '.', 'a'), waitForFile: text('done', 'a/done'), sizeBytes: number(17e9) }) }),
  fc.record({ from: fc.constant('image'), options: some({ allowTag: fc.boolean(), path: text('models', 'a/b', '/a'), pullBytesPerSecond: number(1e6, 1e9), reference: text('registry.example.com/m:1', 'localhost/m:latest') }) }),
  fc.record({
    from: fc.constant('store'), options: some({
      uri: text('s3://bucket/a/b', 'gs://bucket/a', 'az://container/a', 's3://b.u-cket/ä b'),
      credentials: fc.constantFrom(['AWS_ACCESS_KEY_ID', 'AWS_SECRET_ACCESS_KEY'], ['AZURE_CLIENT_ID', 'AZURE_TENANT_ID', 'AZURE_CLIENT_SECRET'], ['X']),
      credentialsFile: fc.boolean(),
      anonymous: fc.boolean(),
      endpoint: text('https://store.example.com', 'http://minio.storage:9000'),
      region: text('eu-central-1'),
      storageAccount: text('account1'),
      concurrency: number(1, 16, 1000),
      bufferBytes: number(1e9, 2 ** 33),
      sizeBytes: number(17e9),
    }),
  }),
) as fc.Arbitrary<NonNullable<OptionRecipe['weights']>>;

const custom = fc.tuple(
  fc.record({ name: text('mine', 'My Engine'), image: text('registry.example.com/engine:1', `registry.example.com/engine@sha256:${'ab'.repeat(32)}`), args: fc.array(text('--a', '--model=$(MODEL)'), { maxLength: 3 }), port: number(1024, 8000, 65_535, 80), readyPath: text('/ready', '/v1/models?x=1') }),
  some({
    command: fc.array(text('serve', '/bin/engine'), { maxLength: 2 }),
    workerArgs: fc.array(text('--worker'), { maxLength: 2 }),
    healthPath: text('/health', '/'),
    metricsPath: text('/metrics', '/a/b?c=d'),
    env: fc.dictionary(text('A', '_b', 'a.b', 'a-b', 'HOME'), text('x', '$(A)'), { maxKeys: 3, noNullPrototype: true }),
    writablePaths: fc.uniqueArray(text('/tmp', '/var/cache/engine', '/a b', '/weights', '/dev/shm', '/'), { maxLength: 4 }),
    userId: number(1, 65_532, 2 ** 31 - 1, 2 ** 31, 0),
    warmUp: number(1, 3600, 1e6),
  }),
).map(([required, options]) => ({ ...required, ...options }));

/** Apps of which the library refuses many; what it does not refuse is to be right. */
export function optionRecipes(): fc.Arbitrary<OptionRecipe> {
  return fc.record({
    groups: fc.boolean(),
    karpenter: rarely(some({
      zones: fc.uniqueArray(text('us-east-1a', 'us-east-1b', 'us-east-1-atl-1a'), { minLength: 1, maxLength: 2 }),
      efa: fc.boolean(),
      emptyFor: number(1, 90, 3600, 1e6),
      replaceDrifted: fc.boolean(),
      expireAfter: number(1, 86_400, 359_996_400),
      longestDrain: number(1, 86_400, 359_996_400),
      weight: number(1, 50, 100, 101),
    })),
    nodeClass: rarely(nodeClass),
    reservations: rarely(fc.array(fc.oneof(fc.record({ id: text('cr-0123456789abcdef0') }), some({ tags: tags('a', '*'), ownerId: text('123456789012') })), { minLength: 1, maxLength: 2 })),
    pool: rarely(some({
      poolName: text('gpus', 'x'.repeat(50)),
      extraNodeLabels: labels,
      extraTaints: fc.array(fc.tuple(fc.record({ key: text('example.com/a', 'a'), effect: text('NoSchedule', 'NoExecute', 'PreferNoSchedule') }), some({ value: text('b', 'B_1') })).map(([a, b]) => ({ ...a, ...b })), { maxLength: 3 }),
      reserved: fc.boolean(),
      allocatableStorageBytes: number(1e12),
    })),
    network: rarely(some({ clients: fc.array(client, { maxLength: 3 }), dnsNamespaceLabels: tags('a'), dnsPort: number(53, 5353, 65_535), rdma: fc.boolean(), groupTopologyKey: text('example.com/rack', 'kubernetes.io/hostname'), policies: fc.boolean() })),
    monitoring: rarely(some({ interval: number(1, 5, 30, 3600, 1e6, 0.5), namespaceLabels: tags('a'), labels: tags('release', 'a.b/c') })),
    weights: rarely(weights),
    custom: rarely(custom),
    vllm: rarely(some({
      version: text('0.33.0', '0.32.0'), imageDigest: text(`sha256:${'cd'.repeat(32)}`), toolCallParser: text('llama3_json'), reasoningParser: text('deepseek_r1'), trustRemoteCode: fc.boolean(), prefixCaching: fc.boolean(),
      limitMultimodalPerPrompt: fc.dictionary(text('image', 'video'), number(0, 1, 16), { maxKeys: 2, noNullPrototype: true }),
      env: fc.dictionary(text('A', '_b', 'a.b', 'a-b', 'NCCL_DEBUG'), text('x', '$(A)'), { maxKeys: 3, noNullPrototype: true }),
    })),
    env: rarely(fc.dictionary(text('A', '_b', 'NCCL_DEBUG'), text('x', '$(A)'), { maxKeys: 3, noNullPrototype: true })),
    metadata: rarely(some({ labels, annotations: tags('example.com/a', 'a'), name: text('llama', 'x'.repeat(39)), finalizers: fc.constant(['example.com/f']), namespace: text('chat') })),
    route: rarely(some({
      hostnames: fc.uniqueArray(text('a.example.com', '*.example.com', 'localhost', '10.0.0.1', `${'x'.repeat(63)}.example.com`), { minLength: 1, maxLength: 16 }),
      paths: fc.uniqueArray(text('/v1/chat/completions', '/v1/*', '/*', '/', '/a%20b', '/v1//a', '/a/../b', '/a b', '/a%2fb', '/a;b', '/a?b', '/a#b'), { maxLength: 20 }),
      requestTimeout: number(1, 0.5, 3600, 1e6, 1e9, 0),
      routeName: text('route', 'a.b', 'x'.repeat(63)),
    })),
    gateway: rarely(some({ name: text('public', 'a.b'), gatewayNamespace: text('gateways'), sectionName: text('https', 'a.b'), proxyNamespace: text('envoy'), proxyLabels: tags('app') })),
  });
}

const seconds = (options: { [option: string]: any } = {}, ...names: string[]): { [option: string]: any } => ({
  ...options,
  ...Object.fromEntries(names.filter((name) => options[name] !== undefined).map((name) => [name, Duration.millis(options[name] * 1000)])),
});

const values = (env: { [name: string]: string } = {}) => Object.fromEntries(Object.entries(env).map(([name, value]) => [name, EnvValue.fromValue(value)]));

/** Builds a recipe's app. Throws what the library throws. */
export function buildWithOptions(recipe: OptionRecipe): App {
  const app = Testing.app();
  const chart = new Chart(app, 'chart', { namespace: 'chat' });
  const { nodeClass: machines, reservations } = recipe;
  const pool = new GpuNodePool(chart, 'Pool', {
    ...recipe.pool,
    provisioner: NodeProvisioner.karpenterAws({
      instanceTypes: [recipe.groups ? 'p5.48xlarge' : 'g6e.12xlarge'],
      ...machines ? { nodeClass: { ...machines, volumeSize: machines.volumeSize && Size.gibibytes(machines.volumeSize) } as any } : { nodeClassName: 'gpu' },
      ...seconds(recipe.karpenter, 'emptyFor', 'expireAfter', 'longestDrain'),
      purchase: machines && reservations && PurchaseOption.reserved({ reservations }),
    }),
    maxGpus: 32,
  });
  const fleet = new InferenceFleet(chart, 'Fleet', {
    model: Model.named(recipe.groups ? 'deepseek-ai/DeepSeek-R1' : 'meta-llama/Llama-3.1-8B-Instruct'),
    pools: [pool],
    capacity: Capacity.manual({
      replicas: 2, layout: recipe.groups ? { tensorParallel: 8, pipelineParallel: 2 } : { tensorParallel: 1 }, load: Load.requestsPerSecond(0.5, { promptTokens: 500, outputTokens: 100 }),
    }),
    engine: recipe.custom
      ? Engine.custom({ ...seconds(recipe.custom, 'warmUp'), env: values(recipe.custom.env), allowMutableTag: true } as any)
      : Engine.vllm({ ...recipe.vllm, env: values(recipe.vllm?.env), allowMutableTag: recipe.vllm?.imageDigest === undefined }),
    weights: weightsOf(chart, recipe.weights ?? { from: 'hub', options: {} }),
    network: recipe.network,
    monitoring: seconds(recipe.monitoring, 'interval'),
    metadata: recipe.metadata,
  });
  for (const [name, value] of Object.entries(recipe.env ?? {})) { fleet.addEnv(name, EnvValue.fromValue(value)); }
  new ModelRoute(chart, 'Route', { hostnames: ['llm.example.com'], ...seconds(recipe.route, 'requestTimeout'), fleet, gateway: { name: 'public', ...recipe.gateway } });
  return app;
}

function weightsOf(chart: Chart, { from, options }: NonNullable<OptionRecipe['weights']>): Weights {
  const secret = Secret.fromSecretName(chart, 'Credentials', 'credentials');
  switch (from) {
    case 'hub': return Weights.fromHub({ revision: '0123456789abcdef0123456789abcdef01234567', ...options });
    case 'claim': return Weights.fromClaim({ claimName: 'given', ...options });
    case 'image': return Weights.fromImage({ reference: `registry.example.com/models/m@sha256:${'ab'.repeat(32)}`, ...options });
    case 'store': return Weights.fromObjectStore({
      uri: 's3://bucket/models/m',
      ...options,
      credentials: options.credentials && Object.fromEntries(options.credentials.map((name: string) => [name, { secret, key: name }])),
      credentialsFile: options.credentialsFile ? { secret, key: 'key' } : undefined,
    });
  }
}
