import { IConstruct } from 'constructs';
import { Accelerator } from '../catalog/accelerator';

/** A taint that the nodes of a pool carry, in Kubernetes' words. */
export interface PoolTaint {
  /** Key. */
  readonly key: string;
  /**
   * Value.
   *
   * @default - none
   */
  readonly value?: string;
  /** `NoSchedule`, `PreferNoSchedule` or `NoExecute`. */
  readonly effect: string;
}

/** Nodes that carry GPUs. */
export interface IGpuNodePool extends IConstruct {
  /** Name in messages, labels and plans. */
  readonly poolName: string;
  /** The accelerator that the nodes carry. */
  readonly accelerator: Accelerator;
  /** Accelerators in one node. */
  readonly gpusPerNode: number;
  /** Most accelerators, all nodes together; undefined if not bounded. */
  readonly maxGpus?: number;
  /** Labels that a pod must select to land here. */
  readonly nodeLabels: { [key: string]: string };
  /** Taints that a pod must tolerate to land here. */
  readonly taints: PoolTaint[];
  /** Price of one accelerator, in US dollars per hour; undefined if not known. */
  readonly dollarsPerGpuHour?: number;
  /** CPUs that pods may ask for on one node, in thousandths; undefined if not known. */
  readonly allocatableCpuMillis?: number;
  /** RAM that pods may ask for on one node, in bytes; undefined if not known. */
  readonly allocatableMemoryBytes?: number;
  /** Ephemeral storage that pods may ask for on one node, in bytes; undefined if not known. */
  readonly allocatableStorageBytes?: number;
  /** Network bandwidth of one node, in bytes per second; undefined if not known. */
  readonly networkBytesPerSecond?: number;
  /** Extended resources for the node's RDMA network and how many a whole node has, e.g. `vpc.amazonaws.com/efa: 32`; empty if there are none. */
  readonly rdmaResources: { [resource: string]: number };
}
