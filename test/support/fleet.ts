import { Chart } from 'cdk8s';
import { Construct } from 'constructs';
import { chart } from './render';
import { Accelerator } from '../../src/catalog/accelerator';
import { Model } from '../../src/catalog/model';
import { Precision } from '../../src/catalog/precision';
import { Engine, EngineConfig, EngineContext } from '../../src/engines/engine';
import { Capacity } from '../../src/fleet/capacity';
import { InferenceFleet } from '../../src/fleet/inference-fleet';
import { InferenceFleetProps } from '../../src/fleet/inference-fleet-props';
import { Weights, WeightsConfig, WeightsContext } from '../../src/fleet/weights';
import { nothingMore } from '../../src/fleet/weights-source';
import { IGpuNodePool, PoolTaint } from '../../src/nodes/gpu-node-pool';
import { Load } from '../../src/sizing/load';
import { SizingPlan } from '../../src/sizing/plan';
import { SizingEngine, SizingRequest } from '../../src/sizing/questions';

export const accelerator = Accelerator.named('h100-sxm');

/** A model of which the objects read name and size only. */
export const model: Model = Object.defineProperties(Object.create(Model.prototype), {
  id: { value: 'example/Llama-8B', enumerable: true }, checkpointBytes: { value: 16e9, enumerable: true },
});

/** Nodes that exist already. */
export class TestPool extends Construct implements IGpuNodePool {
  public readonly poolName: string = 'h100';
  public readonly accelerator: Accelerator = accelerator;
  public readonly gpusPerNode: number = 8;
  public readonly maxGpus?: number;
  public readonly nodeLabels: { [key: string]: string } = { 'example.com/pool': 'h100' };
  public readonly taints: PoolTaint[] = [];
  public readonly dollarsPerGpuHour?: number;
  public readonly allocatableCpuMillis?: number;
  public readonly allocatableMemoryBytes?: number;
  public readonly allocatableStorageBytes?: number;
  public readonly networkBytesPerSecond?: number;
  public readonly rdmaResources: { [resource: string]: number } = {};

  constructor(scope: Construct, id: string, attributes: Partial<Omit<IGpuNodePool, 'node'>> = {}) {
    super(scope, id);
    Object.assign(this, attributes);
  }
}

const range = (expected: number) => ({ low: expected * 0.8, expected, high: expected * 1.2 });
const latency = (mean: number) => ({ mean: range(mean), p50: range(mean), p90: range(2 * mean), p99: range(4 * mean), atTarget: range(3 * mean) });

/** A plan by hand: what a fleet's objects read of it, and plausible figures for the rest. */
export function plan(overrides: Partial<SizingPlan> = {}, gpusPerNode = 8): SizingPlan {
  const layout = overrides.layout ?? { tensorParallel: 1 };
  const gpusPerReplica = layout.tensorParallel * (layout.pipelineParallel ?? 1) * (layout.dataParallel ?? 1);
  const nodesPerReplica = Math.ceil(gpusPerReplica / gpusPerNode);
  const replicas = overrides.replicas ?? 2;
  return {
    model,
    precision: Precision.BF16,
    kvCachePrecision: Precision.BF16,
    pool: { accelerator, name: 'h100', gpusPerNode },
    layout,
    replicas,
    gpusPerReplica,
    nodesPerReplica,
    nodes: nodesPerReplica > 1 ? replicas * nodesPerReplica : Math.ceil(replicas / Math.floor(gpusPerNode / gpusPerReplica)),
    gpus: replicas * gpusPerReplica,
    estimate: {
      fits: true,
      gpus: gpusPerReplica,
      memory: {
        deviceBytes: 80e9, weightBytes: 16e9, kvCacheBytes: 50e9, activationBytes: 2e9, graphBytes: 1e9, communicationBytes: 1e9, freeBytes: 10e9,
      },
      kvCacheTokens: 400_000,
      concurrentRequests: 64,
      settings: { maxModelLen: 8192, maxNumSeqs: 256, maxNumBatchedTokens: 8192, memoryFraction: 0.92, kvBlockSize: 16 },
      outputTokensPerSecond: range(2000),
      timeToFirstToken: latency(100),
      timePerOutputToken: latency(10),
      endToEnd: latency(10_000),
      boundBy: 'memory-bandwidth',
      utilization: 0.5,
    },
    load: Load.requestsPerSecond(10, { promptTokens: 1000, outputTokens: 200 }),
    assumptions: ['an assumption of the plan'],
    alternatives: [],
    explanation: [],
    ...overrides,
  };
}

/** A capacity that answers with a plan by hand, and keeps what it was asked. */
export function planned(answer: SizingPlan, asked: Partial<SizingRequest>[] = []): Capacity {
  return { _solve: (request: SizingRequest) => { asked.push(request); return { plan: answer }; } } as unknown as Capacity;
}

/** A capacity for which there is no plan. */
export function unplannable(problem: string): Capacity {
  return { _solve: () => ({ problem }) } as unknown as Capacity;
}

/** An engine with a fixed configuration. */
export class TestEngine extends Engine {
  public readonly name: string = 'test-engine';
  public readonly version?: string = '1.2.3';
  public context?: EngineContext;

  constructor(private readonly overrides: Partial<EngineConfig> = {}) { super(); }

  public toSizingEngine(): SizingEngine { return { name: 'vllm' }; }

  public bind(_scope: Construct, context: EngineContext): EngineConfig {
    this.context = context;
    return {
      image: 'images.example.com/org/engine:1',
      args: ['serve', context.modelPath],
      workerArgs: ['serve', context.modelPath, '--headless'],
      port: 8000,
      readyPath: '/v1/models',
      healthPath: '/health',
      metricsPath: '/metrics',
      writablePaths: ['/tmp', '/cache'],
      warmUpSeconds: 100,
      teardownSeconds: 20,
      userId: 2000,
      notes: ['a note of the engine'],
      ...this.overrides,
    };
  }
}

/** Weights that are there, on a claim. */
export class TestWeights extends Weights {
  public context?: WeightsContext;

  constructor(private readonly overrides: Partial<WeightsConfig> = {}) { super(); }

  /** @internal */
  public _bind(_scope: Construct, context: WeightsContext): WeightsConfig {
    this.context = context;
    return {
      modelPath: '/weights/model',
      checkpointBytes: context.checkpointBytes,
      ...nothingMore(),
      env: [{ name: 'HF_HUB_OFFLINE', value: '1' }],
      volumes: [{ name: 'weights', persistentVolumeClaim: { claimName: 'weights', readOnly: true } }],
      volumeMounts: [{ name: 'weights', mountPath: '/weights', readOnly: true }],
      bytesPerSecond: 1e9,
      notes: ['a note of the weights'],
      ...this.overrides,
    };
  }
}

/** What a test says about a fleet: props, or the plan and the pool behind them. */
export interface FleetOverrides extends Partial<InferenceFleetProps> {
  readonly in?: Chart;
  readonly id?: string;
  readonly plan?: Partial<SizingPlan>;
  readonly poolAttributes?: Partial<Omit<IGpuNodePool, 'node'>>;
}

/** A fleet with a default for everything: two replicas of one GPU on nodes of eight, in chart `chat`. */
export function fleet(overrides: FleetOverrides = {}): InferenceFleet {
  const { in: scope = chart(), id = 'llama', plan: planOverrides, poolAttributes, ...props } = overrides;
  const pool = props.pools?.[0] ?? new TestPool(scope, `${id}-pool`, poolAttributes);
  return new InferenceFleet(scope, id, {
    model,
    pools: [pool],
    capacity: planned(plan(planOverrides, pool.gpusPerNode)),
    weights: new TestWeights(),
    engine: new TestEngine(),
    ...props,
  });
}

/** A fleet whose replicas span two nodes. */
export function groupedFleet(overrides: FleetOverrides = {}): InferenceFleet {
  return fleet({ ...overrides, plan: { layout: { tensorParallel: 8, pipelineParallel: 2 }, ...overrides.plan } });
}
