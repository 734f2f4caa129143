import { cpuNode, fakeNode, nodesOfPool } from './fake-nodes';
import { KubeObject } from './kube-object';
import { examples } from './synthesized';
import { planOf, workloadsIn } from './workloads';

/** An app before it meets a cluster: its objects, and the nodes on which it should run. */
export interface ClusterApp {
  readonly name: string;
  readonly objects: KubeObject[];
  /** Of all its pools together. */
  readonly nodes: KubeObject[];
  /** Claims that the app says exist, as `namespace/name`. */
  readonly claims: string[];
}

const SYNTHESIZED = new Map(examples());

/** The names of the examples. */
export const EXAMPLES = [...SYNTHESIZED.keys()];

/** What the example that uses nodes of before says of them in its program. */
const EXISTING: { [example: string]: Pick<ClusterApp, 'nodes' | 'claims'> } = {
  'local-config': {
    nodes: [0, 1].map((i) => fakeNode({
      name: `a100-${i}`,
      instanceType: 'Standard_NC96ads_A100_v4',
      labels: { agentpool: 'a100' },
      taints: [{ key: 'nvidia.com/gpu', value: 'present', effect: 'NoSchedule' }],
    })),
    claims: ['support/writer-14b'],
  },
};

/** An example, on as many nodes as its plans count, or as its pools may have. */
export function exampleApp(name: string, nodes: 'planned' | 'most'): ClusterApp {
  const objects = SYNTHESIZED.get(name)!;
  const plans = workloadsIn(objects).map(planOf);
  const count = (pool?: string) => nodes === 'most' ? Infinity : plans.reduce((sum, plan) => sum + (pool === undefined || plan.pool === pool ? plan.nodes : 0), 0);
  const existing = EXISTING[name] ?? { nodes: [], claims: [] };
  return {
    name,
    objects,
    claims: existing.claims,
    nodes: [
      ...existing.nodes.slice(0, count()),
      ...objects.filter(({ kind }) => kind === 'NodePool').flatMap((pool) => nodesOfPool(pool, objects, count(pool.metadata.name))),
    ],
  };
}

/** Nodes to which no pod of a fleet should go: without GPUs, with and without taints, and with the same GPUs for others. */
export function baitNodes(): KubeObject[] {
  const reserved = [{ key: 'nvidia.com/gpu', value: 'present', effect: 'NoSchedule' }];
  return [
    cpuNode({ name: 'cpu-0', zone: 'zone-a' }),
    cpuNode({ name: 'cpu-1', zone: 'zone-b' }),
    cpuNode({ name: 'cpu-reserved', taints: [{ key: 'example.com/reserved', effect: 'NoSchedule' }] }),
    ...['g6e.4xlarge', 'p5.48xlarge', 'p5en.48xlarge', 'Standard_NC96ads_A100_v4'].flatMap((instanceType, i) => [
      fakeNode({ name: `bait-${i}`, instanceType, storage: '8Ti', labels: { 'cdk8s-inference/pool': 'of-others' }, taints: reserved }),
      fakeNode({ name: `bait-open-${i}`, instanceType, storage: '8Ti' }),
    ]),
  ];
}
