/** A platform repo: three teams, each in its namespace, on two pools of one budget; what a team states fits a few lines. */
import { App, Chart } from 'cdk8s';
import { Capacity, Engine, GpuNodePool, IGpuNodePool, InferenceFleet, LatencyTarget, Load, Model, ModelRoute, NodeProvisioner, Precision, PurchaseOption, Weights } from 'cdk8s-inference';
import { Construct } from 'constructs';

interface Tenant {
  readonly team: string;
  readonly costCenter: string;
  readonly model: Model;
  readonly precision?: Precision;
  readonly revision: string;
  readonly load: Load;
  readonly latency?: LatencyTarget;
}

class Platform extends Chart {
  public readonly pools: IGpuNodePool[];

  constructor(scope: Construct, id: string) {
    super(scope, id);
    this.pools = [
      new GpuNodePool(this, 'L40s', {
        provisioner: NodeProvisioner.karpenterAws({ instanceTypes: ['g6e.12xlarge'], nodeClassName: 'gpu', purchase: PurchaseOption.spotWithFallback() }),
        maxGpus: 16,
      }),
      new GpuNodePool(this, 'H100', {
        provisioner: NodeProvisioner.karpenterAws({ instanceTypes: ['p5.48xlarge'], nodeClassName: 'gpu' }),
        maxGpus: 16,
      }),
    ];
  }
}

class Team extends Chart {
  constructor(scope: Construct, platform: Platform, tenant: Tenant) {
    super(scope, tenant.team, { namespace: `team-${tenant.team}` });
    const fleet = new InferenceFleet(this, 'Fleet', {
      model: tenant.model,
      precision: tenant.precision,
      pools: platform.pools,
      capacity: Capacity.forTarget({ load: tenant.load, latency: tenant.latency }),
      engine: Engine.vllm({ allowMutableTag: true }), // or imageDigest: the digest of the image in your registry
      weights: Weights.fromHub({ revision: tenant.revision, storageClass: 'fsx-lustre', readBytesPerSecond: 1e9 }),
      ownership: { team: tenant.team, costCenter: tenant.costCenter },
    });
    new ModelRoute(this, 'Route', { fleet, hostnames: [`${tenant.team}.models.example.com`], gateway: { name: 'models', gatewayNamespace: 'gateways' } });
  }
}

const app = new App();
const platform = new Platform(app, 'platform');
const tenants: Tenant[] = [
  {
    team: 'search',
    costCenter: 'cc-2001',
    model: Model.named('meta-llama/Llama-3.1-8B-Instruct'),
    revision: '0e9e39f249a16976918f6564b8830bc894c89659',
    load: Load.requestsPerSecond(4, { promptTokens: 1500, outputTokens: 60 }),
    latency: { timeToFirstTokenMillis: 1000 },
  },
  {
    team: 'assistant',
    costCenter: 'cc-2002',
    model: Model.named('openai/gpt-oss-120b'),
    revision: 'b5c939de8f754692c1647ca79fbf85e8c1e70f8a',
    load: Load.requestsPerSecond(8, { promptTokens: 2000, outputTokens: 500 }),
    latency: { percentile: 90, timeToFirstTokenMillis: 1500, timePerOutputTokenMillis: 40 },
  },
  {
    team: 'analytics',
    costCenter: 'cc-2003',
    model: Model.named('meta-llama/Llama-3.3-70B-Instruct'),
    precision: Precision.FP8,
    revision: '6f6073b423013f6a7d4d9f39144961bfbfbc386b',
    load: Load.outputTokensPerSecond(1500, { promptTokens: 4000, outputTokens: 400 }),
  },
];
tenants.forEach((tenant) => new Team(app, platform, tenant));

app.synth();
