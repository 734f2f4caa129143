import { Chart, Testing } from 'cdk8s';
import { ClusterApp } from './apps';
import { fakeNode } from './fake-nodes';
import { Capacity, Engine, FleetMonitoring, FleetNetwork, GpuNodePool, IGpuNodePool, InferenceFleet, Model, ParallelLayout, Weights } from '../../../src';
import { objectsIn } from '../../support/objects';

/** Fleets on nodes that exist. */
export interface FleetAppOptions {
  /** Of the fleets; also tells their nodes from others. */
  readonly namespace: string;
  /** Nodes with eight GPUs each. */
  readonly nodes: number;
  /** Where they are, in turn. @default ['zone-a'] */
  readonly zones?: string[];
  readonly fleets: readonly {
    readonly id: string;
    readonly replicas: number;
    readonly layout: ParallelLayout;
    /** @default - a claim 'weights' that exists */
    readonly weights?: Weights;
    readonly network?: FleetNetwork;
    /** @default - the newest vLLM */
    readonly engine?: Engine;
    readonly monitoring?: FleetMonitoring;
  }[];
  /** Sixty-four digits; another one is another image. */
  readonly digest?: string;
}

const MODEL = Model.named('meta-llama/Llama-3.1-8B-Instruct');
const TAINT = { key: 'nvidia.com/gpu', value: 'present', effect: 'NoSchedule' };

/** An app of a size that a test chooses. Its pool is exactly its nodes. */
export function fleetApp({ namespace, nodes, zones = ['zone-a'], fleets, digest = 'a'.repeat(64) }: FleetAppOptions): ClusterApp {
  const app = Testing.app();
  const chart = new Chart(app, namespace, { namespace });
  const pool: IGpuNodePool = GpuNodePool.fromGpuNodePoolAttributes(chart, 'Pool', {
    instanceType: 'p5.48xlarge', nodeLabels: { 'example.com/pool': namespace }, taints: [TAINT], maxGpus: 8 * nodes,
  });
  for (const { id, replicas, layout, weights, network, engine, monitoring } of fleets) {
    new InferenceFleet(chart, id, {
      model: MODEL,
      pools: [pool],
      capacity: Capacity.manual({ replicas, layout }),
      weights: weights ?? Weights.fromClaim({ claimName: 'weights' }),
      engine: engine ?? Engine.vllm({ imageDigest: `sha256:${digest}` }),
      network,
      monitoring,
      metadata: { name: id },
    });
  }
  return {
    name: namespace,
    objects: objectsIn(app.synthYaml()),
    claims: [`${namespace}/weights`],
    nodes: Array.from({ length: nodes }, (_, i) => fakeNode({
      name: `${namespace}-${i}`, instanceType: 'p5.48xlarge', zone: zones[i % zones.length], labels: { 'example.com/pool': namespace }, taints: [TAINT],
    })),
  };
}
