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

/** What one node of a pool is. What nobody knows is left out. */
export interface NodeDescription {
  /**
   * The accelerator that the nodes carry.
   *
   * @default - not known; the pool must state it.
   */
  readonly accelerator?: Accelerator;
  /**
   * Accelerators in one node.
   *
   * @default - not known; the pool must state it.
   */
  readonly gpusPerNode?: number;
  /**
   * Price of one accelerator, in US dollars per hour.
   *
   * @default - not known
   */
  readonly dollarsPerGpuHour?: number;
  /**
   * CPUs that pods may ask for on one node, in thousandths.
   *
   * @default - not known
   */
  readonly allocatableCpuMillis?: number;
  /**
   * RAM that pods may ask for on one node, in bytes.
   *
   * @default - not known
   */
  readonly allocatableMemoryBytes?: number;
  /**
   * Ephemeral storage that pods may ask for on one node, in bytes.
   *
   * @default - not known
   */
  readonly allocatableStorageBytes?: number;
  /**
   * Network bandwidth of one node, in bytes per second.
   *
   * @default - not known
   */
  readonly networkBytesPerSecond?: number;
  /**
   * Extended resources for the node's RDMA network and how many a whole node has.
   *
   * @default - none
   */
  readonly rdmaResources?: { [resource: string]: number };
  /**
   * Why `accelerator` or `gpusPerNode` is not known, in a sentence.
   *
   * @default - both are known.
   */
  readonly unknownBecause?: string;
}

/** What a provisioner is told about its pool. */
export interface NodeProvisionerContext {
  /** Name of the pool: a DNS label of at most 50 characters, unique in the cluster. */
  readonly poolName: string;
  /** The accelerator that the nodes carry. */
  readonly accelerator: Accelerator;
  /** Accelerators in one node. */
  readonly gpusPerNode: number;
  /** Most accelerators, all nodes together. */
  readonly maxGpus: number;
  /** Labels to put on the nodes. */
  readonly nodeLabels: { [key: string]: string };
  /** Taints to put on the nodes. */
  readonly taints: PoolTaint[];
  /** Labels for the objects that the provisioner emits. */
  readonly objectLabels: { [key: string]: string };
}

/** What a provisioner adds to its pool. */
export interface NodeProvisionerConfig {
  /**
   * Labels that its nodes carry besides those of the context and that pods must select to land there.
   *
   * @default - none
   */
  readonly nodeLabels?: { [key: string]: string };
  /**
   * Taints that its nodes carry besides those of the context.
   *
   * @default - none
   */
  readonly taints?: PoolTaint[];
}
