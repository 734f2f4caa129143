import { App, Chart } from 'cdk8s';
import { Construct } from 'constructs';
import { Accelerator } from '../../src/catalog/accelerator';
import { Engine, EngineConfig } from '../../src/engines/engine';
import { FleetClient, IInferenceFleet } from '../../src/fleet/fleet';
import { claimGpus } from '../../src/nodes/gpu-budget';
import { GpuNodePool, IGpuNodePool } from '../../src/nodes/gpu-node-pool';
import { SizingPlan } from '../../src/sizing/plan';
import { SizingEngine } from '../../src/sizing/questions';

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
  public readonly workloadApiVersion = 'apps/v1';
  public readonly workloadKind = 'Deployment';
  public readonly workloadName: string;
  public readonly podLabels = { 'cdk8s-inference/fleet': 'fake' };
  public readonly longestRequestMillis: number;
  public readonly clients: FleetClient[] = [];
  /** What it was told to run; undefined: its replicas were left to somebody else. */
  public running: (number | undefined)[] = [];

  constructor(scope: Construct, id: string, props: FakeFleetProps = {}) {
    super(scope, id);
    const replicas = props.replicas ?? 2;
    const gpusPerReplica = props.gpusPerReplica ?? 4;
    const estimate = { endToEnd: { p50: { low: 8_000 } } };
    this.plan = { replicas, gpusPerReplica, gpus: replicas * gpusPerReplica, estimate } as SizingPlan;
    this.engine = props.engine ?? new FakeEngine();
    this.pool = props.pool ?? existingPool(this, 'Pool');
    this.servedModelName = props.servedModelName ?? 'llama';
    this.namespaceName = props.namespace;
    this.serviceName = id.toLowerCase();
    this.workloadName = id.toLowerCase();
    this.longestRequestMillis = props.longestRequestMillis ?? 240_500;
    claimGpus(this.pool, { path: this.node.path, gpus: this.plan.gpus });
  }

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
