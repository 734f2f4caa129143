import { App, Chart, Duration } from 'cdk8s';
import { Construct } from 'constructs';
import { Accelerator } from '../../src/catalog/accelerator';
import { Engine, EngineConfig } from '../../src/engines/engine';
import { FleetClient, IInferenceFleet } from '../../src/fleet/fleet';
import { claimGpus } from '../../src/nodes/gpu-budget';
import { GpuNodePool, IGpuNodePool } from '../../src/nodes/gpu-node-pool';
import { Load } from '../../src/sizing/load';
import { SizingPlan } from '../../src/sizing/plan';
import { LatencyTarget, SizingEngine } from '../../src/sizing/questions';
import { planOf } from '../support/plan';

export class FakeEngine extends Engine {
  constructor(public readonly name = 'vllm', public readonly version?: string) { super(); }

  public toSizingEngine(): SizingEngine { return { name: this.name, version: this.version }; }

  public bind(): EngineConfig { throw new Error('a fake engine does not run'); }
}

export interface FakeFleetProps {
  readonly pool?: IGpuNodePool;
  readonly replicas?: number;
  readonly gpusPerReplica?: number;
  readonly servedModelName?: string;
  readonly namespace?: string;
  readonly longestRequestMillis?: number;
  /** Requests per second that it was planned for. */
  readonly load?: number;
  readonly latency?: LatencyTarget;
  /** Seconds; 0: nobody scrapes it. */
  readonly scrapeSeconds?: number;
  readonly workloadKind?: 'Deployment' | 'LeaderWorkerSet';
  readonly engine?: Engine;
}

/** A fleet that emits nothing and remembers what it was told. */
export class FakeFleet extends Construct implements IInferenceFleet {
  public readonly plan: SizingPlan;
  public readonly engine: Engine;
  public readonly pool: IGpuNodePool;
  public readonly servedModelName: string;
  public readonly namespaceName?: string;
  public readonly serviceName: string;
  public readonly servicePort = 8000;
  public readonly workloadApiVersion: string;
  public readonly workloadKind: string;
  public readonly workloadName: string;
  public readonly podLabels = { 'cdk8s-inference/fleet': 'fake' };
  public readonly longestRequestMillis: number;
  public readonly longestStartMillis = 900_000;
  public readonly scrapeInterval?: Duration;
  public readonly clients: FleetClient[] = [];
  /** What it was told to run; undefined: its replicas were left to somebody else. */
  public running: (number | undefined)[] = [];

  constructor(scope: Construct, id: string, props: FakeFleetProps = {}) {
    super(scope, id);
    const replicas = props.replicas ?? 2;
    const gpusPerReplica = props.gpusPerReplica ?? 4;
    const layout = { tensorParallel: Math.min(8, gpusPerReplica), pipelineParallel: Math.max(1, gpusPerReplica / 8) };
    const plan = planOf({ replicas, layout });
    const endToEnd = { ...plan.estimate.endToEnd, p50: { low: 8_000, expected: 9_000, high: 10_000 } };
    const load = Load.requestsPerSecond(props.load ?? 10, { promptTokens: 1000, outputTokens: 200 });
    this.plan = { ...plan, estimate: { ...plan.estimate, endToEnd }, load, latency: props.latency };
    this.workloadKind = props.workloadKind ?? 'Deployment';
    this.workloadApiVersion = this.workloadKind === 'Deployment' ? 'apps/v1' : 'leaderworkerset.x-k8s.io/v1';
    this.scrapeInterval = props.scrapeSeconds === 0 ? undefined : Duration.seconds(props.scrapeSeconds ?? 15);
    this.engine = props.engine ?? new FakeEngine();
    this.pool = props.pool ?? existingPool(this, 'Pool');
    this.servedModelName = props.servedModelName ?? 'llama';
    this.namespaceName = props.namespace;
    this.serviceName = id.toLowerCase();
    this.workloadName = id.toLowerCase();
    this.longestRequestMillis = props.longestRequestMillis ?? 240_500;
    claimGpus(this.pool, { path: this.node.path, gpus: this.plan.gpus });
  }

  public get metricLabels(): { [label: string]: string } { return { namespace: this.namespaceName ?? 'default', cdk8s_inference_fleet: this.workloadName }; }

  public addClient(client: FleetClient): void { this.clients.push(client); }

  public runReplicas(replicas: number): void {
    if (replicas > this.plan.replicas) { throw new Error('more than planned'); }
    this.running.push(replicas);
  }

  public releaseReplicas(): void { this.running.push(undefined); }
}

export const H100 = Accelerator.of({ name: 'h100', memoryBytes: 79.2 * 2 ** 30, memoryBytesPerSecond: 3.35e12, bf16FlopsPerSecond: 989e12 });

export function existingPool(scope: Construct, id: string, maxGpus?: number): IGpuNodePool {
  return GpuNodePool.fromGpuNodePoolAttributes(scope, id, { accelerator: H100, gpusPerNode: 8, nodeLabels: { gpu: 'h100' }, poolName: id.toLowerCase(), maxGpus });
}

export function chart(namespace?: string, id = 'chat'): Chart { return new Chart(new App(), id, { namespace }); }

export function messageOf(body: () => unknown): string | undefined {
  try { body(); } catch (error) { return (error as Error).message; }
  return undefined;
}
