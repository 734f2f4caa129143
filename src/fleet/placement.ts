import { GROUP_KEY_LABEL, WORKER_INDEX_LABEL } from '../kube/labels';
import { EnvVar, Toleration } from '../kube/pod';
import { IGpuNodePool } from '../nodes/gpu-node-pool';
import { SizingPlan } from '../sizing/plan';
import { SizingPool } from '../sizing/questions';

const ZONE = 'topology.kubernetes.io/zone';

/** Tolerations of a pool's taints, and of the taint that marks GPU nodes by their resource on most clouds. */
export function tolerationsOf(pool: IGpuNodePool): Toleration[] {
  const marks: Toleration[] = [
    ...pool.taints.map(({ key, value, effect }) => value === undefined ? { key, operator: 'Exists', effect } : { key, operator: 'Equal', value, effect }),
    { key: pool.accelerator.resourceName, operator: 'Exists', effect: 'NoSchedule' },
  ];
  const covered = ({ key, effect, operator }: Toleration) => operator === 'Equal'
    && marks.some((other) => other.operator === 'Exists' && other.key === key && other.effect === effect);
  const kept = new Map(marks.filter((toleration) => !covered(toleration)).map((toleration) => [JSON.stringify(toleration), toleration]));
  return [...kept.entries()].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, toleration]) => toleration);
}

/**
 * Replicas over zones, as a wish: a zone that fails should not take all replicas, but a missing zone should not keep one from starting.
 *
 * A zone may be ahead by as many replicas as fit a node, so that nodes are filled before another one is bought: Karpenter
 * treats the wish as a demand while it can. There is none where all replicas share one node.
 */
export function spreadOverZones(plan: SizingPlan, gpusPerNode: number, selector: { [key: string]: string }): any[] | undefined {
  if (plan.replicas < 2 || plan.nodes < 2) { return undefined; }
  const grouped = plan.nodesPerReplica > 1;
  return [{
    topologyKey: ZONE,
    maxSkew: grouped ? 1 : Math.max(1, Math.floor(gpusPerNode / plan.gpusPerReplica)),
    whenUnsatisfiable: 'ScheduleAnyway',
    labelSelector: { matchLabels: grouped ? { ...selector, [WORKER_INDEX_LABEL]: '0' } : selector },
    // Old and new pods of a rolling update are spread each for themselves.
    ...(grouped ? {} : { matchLabelKeys: ['pod-template-hash'] }),
  }];
}

/** The pods of one group in one zone: RDMA networks end at a zone's edge, and every step of a group crosses its network. */
export function groupTogether(selector: { [key: string]: string }, topologyKey = ZONE): any {
  return {
    podAffinity: {
      requiredDuringSchedulingIgnoredDuringExecution: [
        { topologyKey, labelSelector: { matchLabels: selector }, matchLabelKeys: [GROUP_KEY_LABEL] },
      ],
    },
  };
}

/** The network resources that belong to a pod's share of a node; empty where a replica stays within its node. */
export function rdmaOf(pool: IGpuNodePool, plan: SizingPlan, gpusPerPod: number): { [resource: string]: number } {
  if (plan.nodesPerReplica === 1) { return {}; }
  return Object.fromEntries(Object.entries(pool.rdmaResources)
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([resource, count]) => [resource, Math.max(1, Math.floor(count * gpusPerPod / pool.gpusPerNode))]));
}

/** What NCCL is told: to say when it falls back, and with InfiniBand or RoCE devices to fail rather than fall back to TCP. */
export function networkEnv(rdma: { [resource: string]: number }, plan: SizingPlan): EnvVar[] {
  const resources = Object.keys(rdma);
  return [
    ...(plan.gpusPerReplica > 1 ? [{ name: 'NCCL_DEBUG', value: 'WARN' }] : []),
    ...(resources.some((resource) => resource.startsWith('rdma/')) ? [{ name: 'NCCL_NET', value: 'IB' }] : []),
    ...(resources.includes('vpc.amazonaws.com/efa') ? [{ name: 'FI_PROVIDER', value: 'efa' }] : []),
  ];
}

/** What a reader should know of a group's network. */
export function networkNotes(rdma: { [resource: string]: number }, plan: SizingPlan, poolName: string, topologyKey = ZONE): string[] {
  if (plan.nodesPerReplica === 1) { return []; }
  const together = `the pods of a group land on nodes with one value of the label '${topologyKey}'; nodes without it hold no group`;
  return Object.keys(rdma).length
    ? [together, 'RDMA locks memory without a capability: the container runtime of the nodes must set LimitMEMLOCK=infinity']
    : [together, `groups over several nodes talk over TCP: they are given no RDMA devices of pool '${poolName}'`];
}

/** A pool as the sizing sees it. */
export function sizingPool(pool: IGpuNodePool): SizingPool {
  return {
    accelerator: pool.accelerator,
    name: pool.poolName,
    gpusPerNode: pool.gpusPerNode,
    maxGpus: pool.maxGpus,
    dollarsPerGpuHour: pool.dollarsPerGpuHour,
    interNodeBytesPerSecond: pool.networkBytesPerSecond === undefined ? undefined : pool.networkBytesPerSecond / pool.gpusPerNode,
  };
}
