import { ApiObject, Duration } from 'cdk8s';
import { Construct } from 'constructs';
import { InstanceType } from '../catalog/instance';
import { checkFlags, fail, show } from '../errors';
import { checkNumber, isMap } from './checks';
import { Ec2NodeClass, Ec2NodeClassOptions, ec2NodeClassOf } from './ec2-node-class';
import { describeInstances, Instances, smallest } from './instances';
import { NodeDescription, NodeProvisionerContext } from './node-description';
import { PurchaseOption } from './purchase-option';
import { ec2NodeClass } from '../kube/crds/ec2-node-class';
import { nodePool, NodeRequirement } from '../kube/crds/node-pool';
import { duration, LONGEST_SECONDS } from '../kube/durations';
import { isDnsLabel } from '../kube/names';

/** Options of `NodeProvisioner.karpenterAws`. */
export interface KarpenterAwsOptions {
  /**
   * Instance types to choose from, e.g. `p5.48xlarge`. They must carry the same accelerator, the same number of it, and
   * processors of one architecture; pods are sized to fit the smallest, and Karpenter takes the cheapest that is to be had.
   */
  readonly instanceTypes: string[];
  /**
   * What the machines are made of; becomes an EC2NodeClass. Give this or `nodeClassName`.
   *
   * @default - the EC2NodeClass named by `nodeClassName`
   */
  readonly nodeClass?: Ec2NodeClassOptions;
  /**
   * Name of an EC2NodeClass that exists in the cluster. The ephemeral storage of its nodes is not known here.
   *
   * @default - one is made from `nodeClass`.
   */
  readonly nodeClassName?: string;
  /**
   * How the machines are bought. Prices in plans are those on demand, whatever it is.
   *
   * @default PurchaseOption.onDemand()
   */
  readonly purchase?: PurchaseOption;
  /**
   * Availability zones to start nodes in, e.g. `us-east-1a`.
   *
   * @default - every zone of the subnets
   */
  readonly zones?: string[];
  /**
   * Whether replicas over several nodes use the machines' Elastic Fabric Adapters (RDMA). It needs exactly one zone, because
   * the fabric does not leave one, and AWS's EFA device plugin. The nodes' interfaces need no setting: Karpenter attaches all
   * adapters of a machine that it starts for a pod that asks for them.
   *
   * @default false
   */
  readonly efa?: boolean;
  /**
   * How long a node stays after its last pod left. A node that serves is never consolidated.
   *
   * @default Duration.minutes(10)
   */
  readonly emptyFor?: Duration;
  /**
   * Whether nodes that no longer match their definition (another image, other settings) are replaced, one at a time and with
   * the new node started first. Each replacement loads a model anew.
   *
   * @default false - nodes keep running until they are empty; new nodes follow the new definition.
   */
  readonly replaceDrifted?: boolean;
  /**
   * Age at which a node is drained, whether it serves or not and without a new node started first.
   *
   * @default - never
   */
  readonly expireAfter?: Duration;
  /**
   * Longest drain of a node; what still runs then is killed, disruption budgets or not.
   *
   * @default - a drain waits for disruption budgets and for each pod's own grace period.
   */
  readonly longestDrain?: Duration;
  /**
   * Precedence among NodePools that suit a pod, from 1 to 100; the highest is tried first.
   *
   * @default - the lowest
   */
  readonly weight?: number;
}

const EFA_RESOURCE = 'vpc.amazonaws.com/efa';
const GIB = 2 ** 30;
/** Labels of nodes that the pool's own options decide, and which. */
const DECIDED: { [label: string]: string } = {
  'kubernetes.io/arch': 'instanceTypes', 'node.kubernetes.io/instance-type': 'instanceTypes', 'topology.kubernetes.io/zone': 'zones',
};
/** Domains of labels that a NodePool may not set. */
const OWNED_DOMAIN = /^([^/]*\.)?(karpenter\.sh|karpenter\.k8s\.aws)\/|^kubernetes\.io\/hostname$/;

/** What the nodes of a pool with these options are. Internal. */
export function describeKarpenterAws(scope: Construct, options: KarpenterAwsOptions): NodeDescription {
  const { instances, nodeClass, efa } = check(scope, options);
  return {
    ...instances.description,
    allocatableStorageBytes: nodeClass && allocatableStorage(instances, nodeClass),
    rdmaResources: efa ? { [EFA_RESOURCE]: efa } : {},
  };
}

/** Emits the NodePool of a pool, and its EC2NodeClass unless there is one. Internal. */
export function bindKarpenterAws(scope: Construct, options: KarpenterAwsOptions, context: NodeProvisionerContext): void {
  const { instances, nodeClass } = check(scope, options);
  const owned = Object.keys(context.nodeLabels).find((key) => OWNED_DOMAIN.test(key));
  if (owned !== undefined) { fail(scope, `node label '${owned}' is one that Kubernetes or Karpenter sets; leave it out of 'extraNodeLabels'`); }
  const decided = Object.keys(context.nodeLabels).find((key) => Object.prototype.hasOwnProperty.call(DECIDED, key));
  if (decided !== undefined) { fail(scope, `node label '${decided}' is what the machines make it; leave it out of 'extraNodeLabels', and use '${DECIDED[decided]}'`); }
  if (nodeClass) { ec2NodeClass(scope, 'NodeClass', context.poolName, context.objectLabels, nodeClass.spec); }
  const made = nodePool(scope, 'Resource', context.poolName, context.objectLabels, {
    template: {
      metadata: { labels: context.nodeLabels },
      spec: {
        nodeClassRef: { group: 'karpenter.k8s.aws', kind: 'EC2NodeClass', name: options.nodeClassName ?? context.poolName },
        requirements: requirements(options, instances),
        taints: context.taints.length ? context.taints.map(({ key, value, effect }) => ({ key, value, effect })) : undefined,
        // Expiry drains a node without a replacement and heeds no budget: never, unless asked for.
        expireAfter: options.expireAfter ? duration(options.expireAfter.toSeconds()) : 'Never',
        terminationGracePeriod: options.longestDrain && duration(options.longestDrain.toSeconds()),
      },
    },
    disruption: {
      consolidationPolicy: 'WhenEmpty',
      consolidateAfter: duration((options.emptyFor ?? Duration.minutes(10)).toSeconds()),
      budgets: [
        { nodes: '100%', reasons: ['Empty'] },
        { nodes: options.replaceDrifted ? '1' : '0', reasons: ['Drifted'] },
        { nodes: '0', reasons: ['Underutilized'] },
      ],
    },
    limits: { [context.accelerator.resourceName]: String(context.maxGpus) },
    weight: options.weight,
  });
  scope.node.addValidation({ validate: () => limitProblems(made, context) });
}

/** A patched limit is one that nothing of the app is counted by. */
function limitProblems(made: ApiObject, { accelerator: { resourceName }, maxGpus }: NodeProvisionerContext): string[] {
  const limit: unknown = made.toJson().spec?.limits?.[resourceName];
  return Number(limit) === maxGpus ? [] : [`the limit of the NodePool is ${show(limit)} of '${resourceName}' but 'maxGpus' is ${maxGpus}, which the app is counted by; change 'maxGpus'`];
}

function requirements(options: KarpenterAwsOptions, instances: Instances): NodeRequirement[] {
  const within = (key: string, values: string[]): NodeRequirement => ({ key, operator: 'In', values: [...values].sort() });
  const architecture = instances.rows[0]?.architecture;
  return [
    within('karpenter.sh/capacity-type', (options.purchase ?? PurchaseOption.onDemand()).capacityTypes),
    ...architecture ? [within('kubernetes.io/arch', [architecture])] : [],
    within('kubernetes.io/os', ['linux']),
    within('node.kubernetes.io/instance-type', instances.names),
    ...options.zones ? [within('topology.kubernetes.io/zone', options.zones)] : [],
  ];
}

/** Karpenter's own arithmetic: the disks, less a tenth at which the kubelet evicts and 1 GiB that it keeps for the system. */
function allocatableStorage(instances: Instances, nodeClass: Ec2NodeClass): number | undefined {
  const { spec, volumeBytes } = nodeClass;
  const disks = (row: InstanceType) => (spec.instanceStorePolicy ? row.localStorageBytes : undefined) ?? volumeBytes;
  const total = instances.rows.length === instances.names.length ? smallest(instances.rows, disks) : volumeBytes;
  return total === undefined ? undefined : Math.max(0, Math.floor(total * 0.9) - GIB);
}

interface Checked { readonly instances: Instances; readonly nodeClass?: Ec2NodeClass; readonly efa: number }

function check(scope: Construct, options: KarpenterAwsOptions): Checked {
  if (!isMap(options)) { fail(scope, `the options of 'karpenterAws' are ${show(options)} but must give at least 'instanceTypes'`); }
  const instances = describeInstances(scope, 'instanceTypes', options.instanceTypes);
  const foreign = instances.rows.find((row) => row.cloud !== 'aws');
  if (foreign) { fail(scope, `'instanceTypes' has '${foreign.name}', which is a machine of ${foreign.cloud}; Karpenter on AWS starts machines of EC2 alone`); }
  if ((options.nodeClass === undefined) === (options.nodeClassName === undefined)) {
    const had = options.nodeClass === undefined ? "neither 'nodeClass' nor" : "both 'nodeClass' and";
    fail(scope, `'karpenterAws' has ${had} 'nodeClassName'; give 'nodeClass' to make an EC2NodeClass, or 'nodeClassName' to use one`);
  }
  if (options.nodeClassName !== undefined && !isDnsLabel(options.nodeClassName, 253)) { fail(scope, `'nodeClassName' is ${show(options.nodeClassName)} but must be the name of an EC2NodeClass: lower-case letters, digits and '-'`); }
  if (options.purchase !== undefined && !(options.purchase instanceof PurchaseOption)) { fail(scope, `'purchase' is ${show(options.purchase)} but must be a PurchaseOption, e.g. PurchaseOption.spotWithFallback()`); }
  const purchase = options.purchase ?? PurchaseOption.onDemand();
  if (options.nodeClassName !== undefined && purchase.reservations.length) { fail(scope, "'reservations' can't be put on the EC2NodeClass that 'nodeClassName' names; select them there, and leave 'reservations' out"); }
  if (options.nodeClass !== undefined && purchase.capacityTypes.includes('reserved') && !purchase.reservations.length) { fail(scope, "'purchase' is reserved capacity without 'reservations'; say which reservations to launch into"); }
  checkFlags(scope, { efa: options.efa, replaceDrifted: options.replaceDrifted });
  checkZones(scope, options.zones);
  checkDuration(scope, 'emptyFor', options.emptyFor);
  checkDuration(scope, 'expireAfter', options.expireAfter);
  checkDuration(scope, 'longestDrain', options.longestDrain);
  checkNumber(scope, 'weight', options.weight, { min: 1, max: 100, integer: true });
  return {
    instances,
    efa: options.efa ? checkEfa(scope, options, instances) : 0,
    nodeClass: options.nodeClass === undefined ? undefined : ec2NodeClassOf(scope, options.nodeClass, purchase.reservations),
  };
}

function checkEfa(scope: Construct, options: KarpenterAwsOptions, instances: Instances): number {
  if (options.zones?.length !== 1) { fail(scope, `'efa' needs exactly one zone, because the fabric does not leave one, but 'zones' ${options.zones ? `has ${options.zones.length}` : 'is missing'}`); }
  const unknown = instances.names.find((name) => !instances.rows.some((row) => row.name === name));
  if (unknown !== undefined) { fail(scope, `'efa' is true but the catalogue does not say how many adapters instance type ${show(unknown)} has; leave 'efa' out, or state 'rdmaResources' on a pool of nodes that exist`); }
  const [first] = instances.rows;
  const other = instances.rows.find((row) => row.efaInterfaces !== first.efaInterfaces);
  if (other) { fail(scope, `'efa' needs instance types with the same number of adapters but '${first.name}' has ${first.efaInterfaces} and '${other.name}' has ${other.efaInterfaces}; make a pool for each`); }
  if (!first.efaInterfaces) { fail(scope, `'efa' is true but instance type '${first.name}' has no Elastic Fabric Adapter; leave 'efa' out, or use a larger type`); }
  return first.efaInterfaces;
}

function checkZones(scope: Construct, zones: unknown): void {
  if (zones === undefined) { return; }
  if (!Array.isArray(zones) || zones.length === 0) { fail(scope, `'zones' is ${show(zones)} but must list at least one zone, e.g. 'us-east-1a'`); }
  const wrong = zones.find((zone) => typeof zone !== 'string' || !/^[a-z]{2,}[a-z0-9-]{1,60}$/.test(zone));
  if (wrong !== undefined) { fail(scope, `'zones' has ${show(wrong)} but a zone is AWS's name of it, e.g. 'us-east-1a'`); }
  const regions = zones.map((zone: string) => /^[a-z]{2}(-[a-z]+)+-\d(?=.)/.exec(zone)?.[0]);
  const none = regions.indexOf(undefined);
  if (none >= 0) { fail(scope, `'zones' has ${show(zones[none])} but a zone is AWS's name of it, e.g. 'us-east-1a'`); }
  const other = regions.findIndex((region) => region !== regions[0]);
  if (other > 0) { fail(scope, `'zones' has ${show(zones[0])} and ${show(zones[other])} but the nodes of a cluster are in one region; leave out the zones of the other one`); }
  if (new Set(zones).size !== zones.length) { fail(scope, `'zones' names ${show(zones.find((zone, i) => zones.indexOf(zone) !== i))} twice`); }
}

function checkDuration(scope: Construct, prop: string, value: unknown): void {
  if (value === undefined) { return; }
  const seconds = typeof (value as Duration)?.toMilliseconds === 'function' ? (value as Duration).toMilliseconds({ integral: false }) / 1000 : NaN;
  if (!(Number.isInteger(seconds) && seconds > 0 && seconds <= LONGEST_SECONDS)) {
    fail(scope, `'${prop}' is ${Number.isNaN(seconds) ? show(value) : `${seconds} s`} but must be a Duration of whole seconds, from one to 99999 hours`);
  }
}
