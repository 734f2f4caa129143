import { Construct, IConstruct } from 'constructs';
import { Accelerator } from '../catalog/accelerator';
import { checkFlags, fail, show } from '../errors';
import { checkLabels, checkNumber, checkResources, checkTaints, isMap, sorted } from './checks';
import { claimsOn } from './gpu-budget';
import { describeInstances } from './instances';
import { NodeDescription, PoolTaint } from './node-description';
import { NodeProvisioner } from './node-provisioner';
import { APP_MANAGED_BY_LABEL, APP_NAME_LABEL, PREFIX } from '../kube/labels';
import { isDnsLabel, nameOf } from '../kube/names';

export type { PoolTaint } from './node-description';

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

/** Properties for `GpuNodePool`. */
export interface GpuNodePoolProps {
  /** Who makes the nodes. */
  readonly provisioner: NodeProvisioner;
  /** Most accelerators, all nodes together: whole nodes. Everything that the app puts on the pool must fit. */
  readonly maxGpus: number;
  /**
   * The accelerator that the nodes carry.
   *
   * @default - that of the provisioner's instance types; required where the catalogue lacks them
   */
  readonly accelerator?: Accelerator;
  /**
   * Accelerators in one node.
   *
   * @default - that of the provisioner's instance types; required where the catalogue lacks them
   */
  readonly gpusPerNode?: number;
  /**
   * Name of the pool and of the objects that make its nodes, unique in the cluster: 1 to 50 lower-case letters, digits and `-`.
   *
   * @default - derived from the construct's path
   */
  readonly poolName?: string;
  /**
   * Whether nodes are tainted (`nvidia.com/gpu=present:NoSchedule`, or the accelerator's resource) so that only pods that ask
   * for it land on them.
   *
   * @default true
   */
  readonly reserved?: boolean;
  /**
   * Price of one accelerator, in US dollars per hour.
   *
   * @default - the catalogue's on-demand price (in us-east-1 on AWS) of the cheapest instance type; not known where it lacks one
   */
  readonly dollarsPerGpuHour?: number;
  /**
   * CPUs that pods may ask for on one node, in thousandths, before DaemonSets take theirs.
   *
   * @default - the catalogue's figure of the smallest instance type
   */
  readonly allocatableCpuMillis?: number;
  /**
   * RAM that pods may ask for on one node, in bytes, before DaemonSets take theirs.
   *
   * @default - the catalogue's figure of the smallest instance type
   */
  readonly allocatableMemoryBytes?: number;
  /**
   * Ephemeral storage that pods may ask for on one node, in bytes.
   *
   * @default - computed from the disks of the nodes, where the provisioner knows them
   */
  readonly allocatableStorageBytes?: number;
  /**
   * Network bandwidth of one node, in bytes per second.
   *
   * @default - the catalogue's figure of the smallest instance type
   */
  readonly networkBytesPerSecond?: number;
  /**
   * More labels for the nodes. Pods do not select them.
   *
   * @default - the pool's own label alone
   */
  readonly extraNodeLabels?: { [key: string]: string };
  /**
   * More taints for the nodes. Fleets on the pool tolerate them.
   *
   * @default - the pool's own taint alone
   */
  readonly extraTaints?: PoolTaint[];
}

/** Attributes of a pool whose nodes exist. */
export interface GpuNodePoolAttributes {
  /** Labels that a pod must select to land here. */
  readonly nodeLabels: { [key: string]: string };
  /**
   * Machine type of the nodes, from which the other attributes are filled.
   *
   * @default - not known; `accelerator` and `gpusPerNode` are required.
   */
  readonly instanceType?: string;
  /**
   * The accelerator that the nodes carry.
   *
   * @default - that of `instanceType`
   */
  readonly accelerator?: Accelerator;
  /**
   * Accelerators in one node.
   *
   * @default - that of `instanceType`
   */
  readonly gpusPerNode?: number;
  /**
   * Name in messages and plans: 1 to 50 lower-case letters, digits and `-`.
   *
   * @default - derived from the construct's path
   */
  readonly poolName?: string;
  /**
   * Most accelerators, all nodes together.
   *
   * @default - not bounded
   */
  readonly maxGpus?: number;
  /**
   * Taints that a pod must tolerate to land here.
   *
   * @default - the nodes carry no taints
   */
  readonly taints?: PoolTaint[];
  /**
   * Price of one accelerator, in US dollars per hour.
   *
   * @default - the on-demand price of `instanceType`
   */
  readonly dollarsPerGpuHour?: number;
  /**
   * CPUs that pods may ask for on one node, in thousandths.
   *
   * @default - that of `instanceType`
   */
  readonly allocatableCpuMillis?: number;
  /**
   * RAM that pods may ask for on one node, in bytes.
   *
   * @default - that of `instanceType`
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
   * @default - that of `instanceType`
   */
  readonly networkBytesPerSecond?: number;
  /**
   * Extended resources for the node's RDMA network and how many a whole node has.
   *
   * @default - replicas over several nodes use the ordinary network
   */
  readonly rdmaResources?: { [resource: string]: number };
}

/** Label of provisioned nodes; its value is the name of their pool. */
const POOL_LABEL = `${PREFIX}pool`;
const POOL_NAME_MAX = 50;

/**
 * A pool of GPU nodes that a provisioner makes when pods need them, up to a budget of GPUs.
 *
 * Everything of an app that runs on the pool is added up at synthesis; more than `maxGpus` is refused. A node that serves is
 * never consolidated, expired or replaced unless the provisioner's options say so.
 */
export class GpuNodePool extends Construct implements IGpuNodePool {
  /**
   * Uses nodes that exist already.
   *
   * @throws when the accelerator of the nodes is neither stated nor known from their machine type.
   */
  public static fromGpuNodePoolAttributes(scope: Construct, id: string, attrs: GpuNodePoolAttributes): IGpuNodePool {
    return new ExistingGpuNodePool(scope, id, attrs);
  }

  public readonly poolName: string;
  public readonly accelerator: Accelerator;
  public readonly gpusPerNode: number;
  public readonly maxGpus?: number;
  public readonly dollarsPerGpuHour?: number;
  public readonly allocatableCpuMillis?: number;
  public readonly allocatableMemoryBytes?: number;
  public readonly allocatableStorageBytes?: number;
  public readonly networkBytesPerSecond?: number;
  private readonly selected: { [key: string]: string };
  private readonly tolerated: PoolTaint[];
  private readonly rdma: { [resource: string]: number };

  /** @throws when the provisioner does not know the accelerator and nobody states it, or the figures contradict each other. */
  constructor(scope: Construct, id: string, props: GpuNodePoolProps) {
    super(scope, id);
    if (!isMap(props)) { fail(this, `the props of a GpuNodePool are ${show(props)} but must give 'provisioner' and 'maxGpus'`); }
    if (typeof props.provisioner?.bind !== 'function' || typeof props.provisioner.describe !== 'function') { fail(this, `'provisioner' is ${show(props.provisioner)} but must be a NodeProvisioner, e.g. NodeProvisioner.karpenterAws(…)`); }
    const facts = nodeFacts(this, props, props.provisioner.describe(this));
    if (props.maxGpus === undefined) { fail(this, "'maxGpus' is missing but a pool needs a budget of GPUs, all nodes together"); }
    checkNumber(this, 'maxGpus', props.maxGpus, { min: 1, max: 1e6, integer: true, unit: 'GPUs' });
    checkWholeNodes(this, props.maxGpus, facts.gpusPerNode);
    checkFlags(this, { reserved: props.reserved });
    checkLabels(this, 'extraNodeLabels', props.extraNodeLabels ?? {});
    checkTaints(this, 'extraTaints', props.extraTaints ?? []);

    this.poolName = poolNameOf(this, props.poolName);
    claimName(this, this.poolName);
    this.accelerator = facts.accelerator;
    this.gpusPerNode = facts.gpusPerNode;
    this.maxGpus = props.maxGpus;
    this.dollarsPerGpuHour = facts.dollarsPerGpuHour;
    this.allocatableCpuMillis = facts.allocatableCpuMillis;
    this.allocatableMemoryBytes = facts.allocatableMemoryBytes;
    this.allocatableStorageBytes = facts.allocatableStorageBytes;
    this.networkBytesPerSecond = facts.networkBytesPerSecond;
    this.rdma = sorted(facts.rdmaResources ?? {});

    if (props.extraNodeLabels?.[POOL_LABEL] !== undefined) { fail(this, `'extraNodeLabels' has '${POOL_LABEL}', which names the pool; use 'poolName'`); }
    const taints = [
      ...props.reserved === false ? [] : [{ key: this.accelerator.resourceName, value: 'present', effect: 'NoSchedule' }],
      ...(props.extraTaints ?? []).map((taint) => ({ ...taint })),
    ];
    const config = props.provisioner.bind(this, {
      poolName: this.poolName,
      accelerator: this.accelerator,
      gpusPerNode: this.gpusPerNode,
      maxGpus: props.maxGpus,
      nodeLabels: sorted({ ...props.extraNodeLabels, [POOL_LABEL]: this.poolName }),
      taints: taints.map((taint) => ({ ...taint })),
      objectLabels: { [APP_MANAGED_BY_LABEL]: 'cdk8s-inference', [APP_NAME_LABEL]: this.poolName },
    });
    this.selected = sorted({ [POOL_LABEL]: this.poolName, ...config?.nodeLabels });
    this.tolerated = [...taints, ...(config?.taints ?? []).map((taint) => ({ ...taint }))];
    validateBudget(this);
  }

  /** Labels that a pod must select to land here. */
  public get nodeLabels(): { [key: string]: string } { return { ...this.selected }; }

  /** Taints that a pod must tolerate to land here. */
  public get taints(): PoolTaint[] { return this.tolerated.map((taint) => ({ ...taint })); }

  /** Extended resources for the node's RDMA network and how many a whole node has; empty if there are none. */
  public get rdmaResources(): { [resource: string]: number } { return { ...this.rdma }; }
}

class ExistingGpuNodePool extends Construct implements IGpuNodePool {
  public readonly poolName: string;
  public readonly accelerator: Accelerator;
  public readonly gpusPerNode: number;
  public readonly maxGpus?: number;
  public readonly nodeLabels: { [key: string]: string };
  public readonly taints: PoolTaint[];
  public readonly dollarsPerGpuHour?: number;
  public readonly allocatableCpuMillis?: number;
  public readonly allocatableMemoryBytes?: number;
  public readonly allocatableStorageBytes?: number;
  public readonly networkBytesPerSecond?: number;
  public readonly rdmaResources: { [resource: string]: number };

  constructor(scope: Construct, id: string, attrs: GpuNodePoolAttributes) {
    super(scope, id);
    if (!isMap(attrs)) { fail(this, `the attributes of a pool are ${show(attrs)} but must give at least 'nodeLabels'`); }
    const described = attrs.instanceType === undefined
      ? { unknownBecause: "'instanceType' is missing" }
      : describeInstances(this, 'instanceType', [attrs.instanceType]).description;
    const facts = nodeFacts(this, attrs, described);
    checkNumber(this, 'maxGpus', attrs.maxGpus, { min: 1, max: 1e6, integer: true, unit: 'GPUs' });
    checkLabels(this, 'nodeLabels', attrs.nodeLabels);
    if (Object.keys(attrs.nodeLabels).length === 0) { fail(this, "'nodeLabels' is empty; give the labels by which pods find these nodes, e.g. 'nvidia.com/gpu.product'"); }
    checkTaints(this, 'taints', attrs.taints ?? []);

    this.poolName = poolNameOf(this, attrs.poolName);
    this.accelerator = facts.accelerator;
    this.gpusPerNode = facts.gpusPerNode;
    this.maxGpus = attrs.maxGpus;
    this.nodeLabels = sorted(attrs.nodeLabels);
    this.taints = (attrs.taints ?? []).map((taint) => ({ ...taint }));
    this.dollarsPerGpuHour = facts.dollarsPerGpuHour;
    this.allocatableCpuMillis = facts.allocatableCpuMillis;
    this.allocatableMemoryBytes = facts.allocatableMemoryBytes;
    this.allocatableStorageBytes = facts.allocatableStorageBytes;
    this.networkBytesPerSecond = facts.networkBytesPerSecond;
    this.rdmaResources = sorted(attrs.rdmaResources ?? {});
    validateBudget(this);
  }
}

/** Figures that a user may state of a node. */
type StatedFacts = Pick<GpuNodePoolProps, 'accelerator' | 'gpusPerNode' | 'dollarsPerGpuHour' | 'allocatableCpuMillis'
| 'allocatableMemoryBytes' | 'allocatableStorageBytes' | 'networkBytesPerSecond'> & { readonly rdmaResources?: { [resource: string]: number } };

interface Carried { readonly accelerator: Accelerator; readonly gpusPerNode: number }

/** What is stated, else what is known; the accelerator and its number must not contradict the catalogue. */
function nodeFacts(scope: Construct, stated: StatedFacts, known: NodeDescription): NodeDescription & Carried {
  if (stated.accelerator !== undefined && typeof stated.accelerator?.resourceName !== 'string') { fail(scope, `'accelerator' is ${show(stated.accelerator)} but must be an Accelerator, e.g. Accelerator.named('h100-sxm')`); }
  checkNumber(scope, 'gpusPerNode', stated.gpusPerNode, { min: 1, max: 1024, integer: true, unit: 'GPUs' });
  checkNumber(scope, 'dollarsPerGpuHour', stated.dollarsPerGpuHour, { min: 0, max: 1e6, unit: 'US dollars' });
  checkNumber(scope, 'allocatableCpuMillis', stated.allocatableCpuMillis, { above: 0, max: 1e9 });
  checkNumber(scope, 'allocatableMemoryBytes', stated.allocatableMemoryBytes, { above: 0, max: 1e18, unit: 'bytes' });
  checkNumber(scope, 'allocatableStorageBytes', stated.allocatableStorageBytes, { above: 0, max: 1e18, unit: 'bytes' });
  checkNumber(scope, 'networkBytesPerSecond', stated.networkBytesPerSecond, { above: 0, max: 1e18, unit: 'bytes per second' });
  checkResources(scope, 'rdmaResources', stated.rdmaResources ?? {});

  const accelerator = stated.accelerator ?? known.accelerator;
  const gpusPerNode = stated.gpusPerNode ?? known.gpusPerNode;
  if (!accelerator || gpusPerNode === undefined) {
    const missing = [accelerator ? [] : "'accelerator'", gpusPerNode === undefined ? "'gpusPerNode'" : []].flat().join(' and ');
    const because = known.unknownBecause ?? 'the provisioner does not say what its nodes carry';
    fail(scope, `${because}${because.endsWith('?') ? ' If not, state' : '; state'} ${missing} of the nodes`);
  }
  if (known.accelerator && known.accelerator.name !== accelerator.name) { fail(scope, `'accelerator' is '${accelerator.name}' but the instance types carry '${known.accelerator.name}'; leave 'accelerator' out`); }
  if (known.gpusPerNode !== undefined && known.gpusPerNode !== gpusPerNode) { fail(scope, `'gpusPerNode' is ${gpusPerNode} but the instance types have ${known.gpusPerNode}; leave 'gpusPerNode' out`); }
  return {
    accelerator,
    gpusPerNode,
    dollarsPerGpuHour: stated.dollarsPerGpuHour ?? known.dollarsPerGpuHour,
    allocatableCpuMillis: stated.allocatableCpuMillis ?? known.allocatableCpuMillis,
    allocatableMemoryBytes: stated.allocatableMemoryBytes ?? known.allocatableMemoryBytes,
    allocatableStorageBytes: stated.allocatableStorageBytes ?? known.allocatableStorageBytes,
    networkBytesPerSecond: stated.networkBytesPerSecond ?? known.networkBytesPerSecond,
    rdmaResources: stated.rdmaResources ?? known.rdmaResources,
  };
}

function checkWholeNodes(scope: Construct, maxGpus: number, gpusPerNode: number): void {
  if (maxGpus % gpusPerNode === 0) { return; }
  const below = maxGpus - maxGpus % gpusPerNode;
  fail(scope, `'maxGpus' is ${maxGpus} but one node has ${gpusPerNode} GPUs; use ${below ? `${below} or ` : ''}${below + gpusPerNode}`);
}

function poolNameOf(scope: Construct, stated: unknown): string {
  if (stated !== undefined && !isDnsLabel(stated, POOL_NAME_MAX)) {
    fail(scope, `'poolName' is ${show(stated)} but must be 1 to ${POOL_NAME_MAX} lower-case letters, digits and '-', starting with a letter and not ending with '-'`);
  }
  return stated ?? nameOf(scope, POOL_NAME_MAX);
}

/** Names of the pools that an app makes, and whose they are. */
const names = new WeakMap<IConstruct, Map<string, string>>();

/** Two pools of one name would be one NodePool, whose budget is that of whichever comes last. */
function claimName(scope: Construct, name: string): void {
  const taken = names.get(scope.node.root) ?? new Map<string, string>();
  names.set(scope.node.root, taken);
  if (taken.has(name)) { fail(scope, `'poolName' is '${name}' but so is that of ${show(taken.get(name))}; give each pool a name of its own`); }
  taken.set(name, scope.node.path);
}

/** Compares what the finished app puts on a pool with what the pool may hold. */
function validateBudget(pool: IGpuNodePool): void {
  pool.node.addValidation({
    validate: () => {
      const claims = claimsOn(pool);
      const sum = claims.reduce((total, claim) => total + claim.gpus, 0);
      if (pool.maxGpus === undefined || sum <= pool.maxGpus) { return []; }
      const who = claims.map((claim) => `${show(claim.path)} ${claim.gpus}`).join(', ');
      return [`'maxGpus' of pool '${pool.poolName}' is ${pool.maxGpus} but ${sum} GPUs are asked for (${who}); raise it, or ask for less`];
    },
  });
}
