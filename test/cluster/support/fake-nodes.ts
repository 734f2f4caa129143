import { KubeObject } from './kube-object';
import { Accelerator, InstanceType } from '../../../src';

/** A machine to pretend. */
export interface FakeNode {
  readonly name: string;
  /** The cloud's name of the machine type, of which the catalogue knows size, labels and devices. */
  readonly instanceType: string;
  readonly labels?: { [key: string]: string };
  readonly taints?: { key: string; value?: string; effect: string }[];
  /** @default 'zone-a' */
  readonly zone?: string;
  /** Ephemeral storage of which pods may have all, as a quantity. @default '200Gi' */
  readonly storage?: string;
  /** Extended resources besides those of the machine type. */
  readonly resources?: { [name: string]: number };
}

const GIB = 2 ** 30;

/**
 * Sizes that the catalogue does not state: vCPUs and bytes of RAM.
 * https://learn.microsoft.com/en-us/azure/virtual-machines/sizes/overview and https://cloud.google.com/compute/docs/accelerator-optimized-machines
 */
const SIZES: { [instanceType: string]: readonly [vcpus: number, memoryBytes: number] } = {
  'Standard_NC96ads_A100_v4': [96, 880 * GIB],
  'Standard_NC80adis_H100_v5': [80, 640 * GIB],
  'Standard_ND96isr_H200_v5': [96, 1850 * GIB],
  'a2-highgpu-4g': [48, 340e9],
  'a3-ultragpu-8g': [224, 2952e9],
  'a4-highgpu-8g': [224, 3968e9],
};

/** What the kubelet and the system keep of a machine whose allocatable size nobody states; a guess on the small side. */
const UNSTATED_ALLOCATABLE = 0.9;

/** What a file system leaves of its disk. */
const FILE_SYSTEM_SHARE = 0.95;

/** The Node that such a machine registers; KWOK plays its kubelet. Its size is the catalogue's, not the pool's. */
export function fakeNode({ name, instanceType, labels, taints, zone = 'zone-a', storage = '200Gi', resources }: FakeNode): KubeObject {
  const type = InstanceType.named(instanceType);
  const [vcpus, memoryBytes] = SIZES[type.name] ?? [type.vcpus, type.memoryBytes];
  const cpuMillis = type.allocatableCpuMillis ?? (vcpus === undefined ? undefined : vcpus * 1000 * UNSTATED_ALLOCATABLE);
  const memory = type.allocatableMemoryBytes ?? (memoryBytes === undefined ? undefined : memoryBytes * UNSTATED_ALLOCATABLE);
  if (cpuMillis === undefined || memory === undefined) { throw new Error(`the catalogue does not state the size of '${instanceType}'`); }
  const devices = {
    [Accelerator.named(type.acceleratorName!).resourceName]: type.gpusPerNode,
    ...type.efaInterfaces ? { 'vpc.amazonaws.com/efa': type.efaInterfaces } : {},
    ...type.extendedResources,
    ...resources,
  };
  const extended = Object.fromEntries(Object.entries(devices).map(([key, value]) => [key, String(value)]));
  return node({ name, zone, taints }, { ...type.nodeLabels, 'kubernetes.io/arch': type.architecture ?? 'amd64', 'node.kubernetes.io/instance-type': type.name, ...labels }, {
    capacity: { 'cpu': String(vcpus ?? cpuMillis / 1000), 'memory': String(memoryBytes ?? memory), 'ephemeral-storage': storage, 'pods': '110', ...extended },
    allocatable: { 'cpu': `${Math.floor(cpuMillis)}m`, 'memory': String(Math.floor(memory)), 'ephemeral-storage': storage, 'pods': '110', ...extended },
  });
}

/** The Node of a machine without accelerators. */
export function cpuNode({ name, labels, taints, zone = 'zone-a' }: Omit<FakeNode, 'instanceType'>): KubeObject {
  const size = { 'cpu': '64', 'memory': '256Gi', 'ephemeral-storage': '500Gi', 'pods': '110' };
  return node({ name, zone, taints }, { 'kubernetes.io/arch': 'amd64', ...labels }, { capacity: size, allocatable: size });
}

function node({ name, zone, taints }: Pick<FakeNode, 'name' | 'zone' | 'taints'>, labels: { [key: string]: string }, status: object): KubeObject {
  return {
    apiVersion: 'v1',
    kind: 'Node',
    metadata: {
      name,
      annotations: { 'kwok.x-k8s.io/node': 'fake' },
      labels: {
        'kubernetes.io/hostname': name,
        'kubernetes.io/os': 'linux',
        'topology.kubernetes.io/region': 'region',
        'topology.kubernetes.io/zone': zone,
        ...labels,
      },
    },
    spec: { taints: taints ?? [] },
    status,
  };
}

/**
 * The machines that Karpenter would make for a NodePool, up to its limit or to `most`: of its instance types and zones in turn, with the labels
 * and taints of its template, and the disk of its EC2NodeClass if that is among the objects.
 */
export function nodesOfPool(pool: KubeObject, objects: KubeObject[], most = Infinity): KubeObject[] {
  const { metadata: { labels = {} } = {}, spec: { requirements, taints, nodeClassRef } } = pool.spec.template;
  const chosen: { [key: string]: string[] } = Object.fromEntries(requirements.filter(({ operator }: any) => operator === 'In').map(({ key, values }: any) => [key, values]));
  const instanceTypes = chosen['node.kubernetes.io/instance-type'];
  const zones = chosen['topology.kubernetes.io/zone'] ?? ['zone-a'];
  const gpus = InstanceType.named(instanceTypes[0]).gpusPerNode!;
  const limits: number[] = Object.values(pool.spec.limits ?? {}).map(Number);
  const nodeClass = objects.find(({ kind, metadata }) => kind === 'EC2NodeClass' && metadata.name === nodeClassRef.name);
  return Array.from({ length: Math.min(most, Math.floor(Math.min(...limits) / gpus)) }, (_, i) => fakeNode({
    name: `${pool.metadata.name}-${i}`,
    instanceType: instanceTypes[i % instanceTypes.length],
    zone: zones[i % zones.length],
    taints,
    storage: diskOf(nodeClass, instanceTypes[i % instanceTypes.length]),
    labels: {
      ...labels,
      'karpenter.sh/nodepool': pool.metadata.name,
      'karpenter.sh/registered': 'true',
      'karpenter.sh/capacity-type': chosen['karpenter.sh/capacity-type']?.[0] ?? 'on-demand',
    },
  }));
}

/** The root disk, or the local disks where the node class pools them, less what the file system takes. */
function diskOf(nodeClass: KubeObject | undefined, instanceType: string): string {
  const local = InstanceType.named(instanceType).localStorageBytes;
  if (nodeClass?.spec.instanceStorePolicy === 'RAID0' && local !== undefined) { return String(Math.floor(local * FILE_SYSTEM_SHARE)); }
  const disks: any[] = nodeClass?.spec.blockDeviceMappings ?? [];
  return disks.find(({ rootVolume }) => rootVolume)?.ebs.volumeSize ?? disks[0]?.ebs.volumeSize ?? '200Gi';
}
