import { Size } from 'cdk8s';
import { Construct } from 'constructs';
import { checkFlags, fail, show } from '../errors';
import { checkNumber, isMap } from './checks';
import { CapacityReservationTerm } from './purchase-option';
import { BlockDevice, Ec2NodeClassSpec, SelectorTerm } from '../kube/crds/ec2-node-class';

/** Operating system of the nodes; it decides how they join the cluster. */
export enum AmiFamily {
  /** Amazon Linux 2023. */
  AL2023 = 'AL2023',
  /** Bottlerocket 1.22 or later. */
  BOTTLEROCKET = 'Bottlerocket',
}

/** Selects subnets; several terms are ORed. */
export interface SubnetTerm {
  /**
   * Id, e.g. `subnet-0123456789abcdef0`; stands alone.
   *
   * @default - selected by tags
   */
  readonly id?: string;
  /**
   * Tags; the value `*` is any.
   *
   * @default - selected by id
   */
  readonly tags?: { [key: string]: string };
}

/** Selects security groups; several terms are ORed. */
export interface SecurityGroupTerm {
  /**
   * Id, e.g. `sg-0123456789abcdef0`; stands alone.
   *
   * @default - selected by name or tags
   */
  readonly id?: string;
  /**
   * Name; stands alone.
   *
   * @default - selected by id or tags
   */
  readonly name?: string;
  /**
   * Tags; the value `*` is any.
   *
   * @default - selected by id or name
   */
  readonly tags?: { [key: string]: string };
}

/** Selects machine images; several terms are ORed. */
export interface AmiTerm {
  /**
   * Family and version of an image that AWS publishes for EKS, e.g. `al2023@v20260801`; stands alone. Karpenter takes the
   * variant with NVIDIA's driver for instance types with GPUs. `@latest` gives nodes started later another image.
   *
   * @default - selected by the other fields
   */
  readonly alias?: string;
  /**
   * Id, e.g. `ami-0123456789abcdef0`; stands alone.
   *
   * @default - selected by the other fields
   */
  readonly id?: string;
  /**
   * Name, in which `*` is any text.
   *
   * @default - any
   */
  readonly name?: string;
  /**
   * Account that owns it, or `self` or `amazon`.
   *
   * @default - `self` and `amazon` where a name is given, else any
   */
  readonly owner?: string;
  /**
   * Name of the Systems Manager parameter that holds the id.
   *
   * @default - selected by the other fields
   */
  readonly ssmParameter?: string;
  /**
   * Tags; the value `*` is any.
   *
   * @default - any
   */
  readonly tags?: { [key: string]: string };
}

/** What the machines of a pool on AWS are made of: an EC2NodeClass. */
export interface Ec2NodeClassOptions {
  /** Name of the IAM role of the nodes. */
  readonly role: string;
  /** Subnets that nodes are started in. */
  readonly subnets: SubnetTerm[];
  /** Security groups of the nodes. Nodes with EFA need one that allows all traffic from and to itself. */
  readonly securityGroups: SecurityGroupTerm[];
  /** Images that nodes start from. */
  readonly amis: AmiTerm[];
  /**
   * Operating system of the images.
   *
   * @default - that of the image's alias; required where no alias is given
   */
  readonly amiFamily?: AmiFamily;
  /**
   * Volume for images, logs and ephemeral storage (the data volume on Bottlerocket), from 20 to 16,384 GiB. Inference
   * images take 10 to 20 GB each.
   *
   * @default Size.gibibytes(200)
   */
  readonly volumeSize?: Size;
  /**
   * Throughput of that volume, from 125 to 750 MiB per second (the most that gp3's included 3,000 operations per second allow).
   *
   * @default 500
   */
  readonly volumeMebibytesPerSecond?: number;
  /**
   * Key that encrypts the volumes.
   *
   * @default - the account's default key for EBS
   */
  readonly kmsKeyId?: string;
  /**
   * Whether local NVMe disks, where the machines have them, become the node's ephemeral storage (as RAID 0).
   *
   * @default true
   */
  readonly localStorage?: boolean;
  /**
   * Name of the placement group that nodes are started in; one with the strategy `cluster` shortens the way between the
   * nodes of a replica.
   *
   * @default - nodes are placed anywhere in their zones
   */
  readonly placementGroup?: string;
  /**
   * Tags for what EC2 bills: instances, volumes, network interfaces.
   *
   * @default - those that Karpenter sets
   */
  readonly tags?: { [key: string]: string };
  /**
   * User data, in the form that the operating system wants; Karpenter merges its own into it.
   *
   * @default - Karpenter's own
   */
  readonly userData?: string;
}

/** The EC2NodeClass of a pool, and the ephemeral storage that it gives where no local disks do, in bytes. Internal. */
export interface Ec2NodeClass { readonly spec: Ec2NodeClassSpec; readonly volumeBytes: number }

const ALIAS_FAMILIES: { [alias: string]: AmiFamily } = { al2023: AmiFamily.AL2023, bottlerocket: AmiFamily.BOTTLEROCKET };
const GIB = 2 ** 30;

/** Checks the options and writes them as an EC2NodeClass. Internal. */
export function ec2NodeClassOf(scope: Construct, options: Ec2NodeClassOptions, reservations: CapacityReservationTerm[]): Ec2NodeClass {
  if (!isMap(options)) { fail(scope, `'nodeClass' is ${show(options)} but must give role, subnets, securityGroups and amis`); }
  if (typeof options.role !== 'string' || !/^[\w+=,.@-]{1,64}$/.test(options.role)) {
    fail(scope, `'role' is ${show(options.role)} but must be the name of an IAM role: 1 to 64 letters, digits and '+=,.@-_', without a path`);
  }
  const amis = terms(scope, 'amis', options.amis, { id: /^ami-[0-9a-z]+$/, alias: /^[a-z0-9]+@[\w.-]+$/i, name: TEXT, ssmParameter: TEXT }, { owner: TEXT });
  if (amis.length > 1 && amis.some((ami) => ami.alias !== undefined)) {
    fail(scope, "'amis' has an alias among several terms but an alias stands alone; give it alone, or select by id, name or tags");
  }
  const family = amiFamily(scope, options, amis[0].alias);
  const volumeBytes = volume(scope, options.volumeSize);
  checkNumber(scope, 'volumeMebibytesPerSecond', options.volumeMebibytesPerSecond, { min: 125, max: 750, integer: true, unit: 'MiB per second' });
  checkFlags(scope, { localStorage: options.localStorage });
  checkTexts(scope, options);
  return {
    volumeBytes,
    spec: {
      amiFamily: family,
      amiSelectorTerms: amis,
      subnetSelectorTerms: terms(scope, 'subnets', options.subnets, { id: /^subnet-[0-9a-z]+$/ }),
      securityGroupSelectorTerms: terms(scope, 'securityGroups', options.securityGroups, { id: /^sg-[0-9a-z]+$/, name: TEXT }),
      capacityReservationSelectorTerms: reservations.length ? reservationTerms(scope, reservations) : undefined,
      placementGroupSelector: options.placementGroup === undefined ? undefined : { name: options.placementGroup },
      role: options.role,
      associatePublicIPAddress: false,
      blockDeviceMappings: blockDevices(options, family, volumeBytes),
      instanceStorePolicy: options.localStorage === false ? undefined : 'RAID0',
      metadataOptions: { httpEndpoint: 'enabled', httpProtocolIPv6: 'disabled', httpPutResponseHopLimit: 1, httpTokens: 'required' },
      tags: options.tags === undefined ? undefined : tags(scope, 'tags', options.tags),
      userData: options.userData,
    },
  };
}

/** Most bytes of user data that EC2 takes. */
const USER_DATA_BYTES = 16384;

function checkTexts(scope: Construct, { kmsKeyId, placementGroup, userData }: Ec2NodeClassOptions): void {
  if (kmsKeyId !== undefined && (typeof kmsKeyId !== 'string' || !/^[\w:/-]{1,2048}$/.test(kmsKeyId))) {
    fail(scope, `'kmsKeyId' is ${show(kmsKeyId)} but must be the id or ARN of a key: up to 2048 letters, digits and '_:/-'`);
  }
  if (placementGroup !== undefined && (typeof placementGroup !== 'string' || !/^[\x21-\x7e]([\x20-\x7e]{0,253}[\x21-\x7e])?$/.test(placementGroup))) {
    fail(scope, `'placementGroup' is ${show(placementGroup)} but must be a name of 1 to 255 printable ASCII characters`);
  }
  if (userData !== undefined && (typeof userData !== 'string' || userData === '' || Buffer.byteLength(userData) > USER_DATA_BYTES)) {
    fail(scope, `'userData' is ${show(userData)} but must be a text of 1 to ${USER_DATA_BYTES} bytes, which is what EC2 takes`);
  }
}

function blockDevices(options: Ec2NodeClassOptions, family: AmiFamily, volumeBytes: number): BlockDevice[] {
  const common = { volumeType: 'gp3', encrypted: true, kmsKeyID: options.kmsKeyId, deleteOnTermination: true } as const;
  const data = { ...common, volumeSize: `${Math.round(volumeBytes / GIB)}Gi`, throughput: options.volumeMebibytesPerSecond ?? 500 };
  return family === AmiFamily.BOTTLEROCKET
    ? [{ deviceName: '/dev/xvda', ebs: { ...common, volumeSize: '4Gi' } }, { deviceName: '/dev/xvdb', rootVolume: true, ebs: data }]
    : [{ deviceName: '/dev/xvda', rootVolume: true, ebs: data }];
}

function amiFamily(scope: Construct, options: Ec2NodeClassOptions, alias: string | undefined): AmiFamily {
  const known = Object.values(AmiFamily);
  if (options.amiFamily !== undefined && !known.includes(options.amiFamily)) { fail(scope, `'amiFamily' is ${show(options.amiFamily)} but must be 'AL2023' or 'Bottlerocket'; for another one, name your own EC2NodeClass with 'nodeClassName'`); }
  if (alias === undefined) {
    return options.amiFamily ?? fail(scope, "'amiFamily' is missing; it is needed where 'amis' gives no alias, because it decides how a node joins the cluster");
  }
  const family = ALIAS_FAMILIES[alias.split('@')[0]];
  if (!family) { fail(scope, `'amis' has the alias ${show(alias)} but its family must be 'al2023' or 'bottlerocket'`); }
  if (options.amiFamily !== undefined && options.amiFamily !== family) { fail(scope, `'amiFamily' is '${options.amiFamily}' but the alias ${show(alias)} is of '${family}'; leave 'amiFamily' out`); }
  return family;
}

function volume(scope: Construct, size: Size | undefined): number {
  if (size === undefined) { return 200 * GIB; }
  if (typeof size?.toMebibytes !== 'function') { fail(scope, `'volumeSize' is ${show(size)} but must be a Size, e.g. Size.gibibytes(200)`); }
  const gibibytes = size.toMebibytes() / 1024;
  if (!(Number.isInteger(gibibytes) && gibibytes >= 20 && gibibytes <= 16384)) { fail(scope, `'volumeSize' is ${gibibytes} GiB but must be whole GiB from 20 to 16384`); }
  return gibibytes * GIB;
}

/** Anything but the empty text. */
const TEXT = /^[^\u0000-\u001f]{1,255}$/;

/** Fields of a term, and what AWS takes in them. */
interface Fields { readonly [field: string]: RegExp }

/** Terms of a selector. Each is one of `alone`, or tags; an image's name, parameter and tags may meet, and its owner joins them. */
function terms(scope: Construct, prop: string, given: unknown, alone: Fields, beside: Fields = {}): SelectorTerm[] {
  if (!Array.isArray(given) || given.length === 0 || given.length > 30) { fail(scope, `'${prop}' is ${show(given)} but must list 1 to 30 terms, e.g. by tags`); }
  const fields: Fields = { ...alone, ...beside };
  return given.map((term) => {
    const at = `a term of '${prop}'`;
    if (!isMap(term)) { fail(scope, `${at} is ${show(term)} but must be an object with ${quoted([...Object.keys(fields), 'tags'])}`); }
    const told = Object.entries(term).filter(([, value]) => value !== undefined);
    const unknown = told.find(([field]) => field !== 'tags' && !fields[field]);
    if (unknown) { fail(scope, `${at} has ${show(unknown[0])} but may have ${quoted([...Object.keys(fields), 'tags'])}`); }
    for (const [field, value] of told) {
      if (field !== 'tags' && (typeof value !== 'string' || !fields[field].test(value))) { fail(scope, `${at} has the ${field} ${show(value)}, which AWS would not take`); }
    }
    const selecting = told.filter(([field]) => field === 'tags' || alone[field]);
    if (selecting.length === 0) { fail(scope, `${at} selects nothing; give one of ${quoted([...Object.keys(alone), 'tags'])}`); }
    const single = told.find(([field]) => field === 'id' || field === 'alias' || (field === 'name' && prop !== 'amis'));
    if (single && told.length > 1) { fail(scope, `${at} has '${single[0]}' beside other fields but it stands alone`); }
    return Object.fromEntries(told.map(([field, value]) => [field, field === 'tags' ? tags(scope, prop, value) : value]).sort());
  });
}

function quoted(fields: string[]): string { return fields.map((field) => `'${field}'`).join(', '); }

function reservationTerms(scope: Construct, given: CapacityReservationTerm[]): SelectorTerm[] {
  return terms(scope, 'reservations', given, { id: /^cr-[0-9a-z]+$/ }, { ownerId: /^[0-9]{12}$/ })
    .map(({ ...term }: SelectorTerm & { ownerId?: string }) => {
      const { ownerId, ...rest } = term;
      return ownerId === undefined ? rest : { ...rest, ownerID: ownerId };
    });
}

const RESERVED_TAGS = ['eks:eks-cluster-name', 'karpenter.sh/nodepool', 'karpenter.sh/nodeclaim', 'karpenter.k8s.aws/ec2nodeclass'];

function tags(scope: Construct, prop: string, given: unknown): { [key: string]: string } {
  if (typeof given !== 'object' || given === null || Array.isArray(given) || Object.keys(given).length === 0) { fail(scope, `tags of '${prop}' are ${show(given)} but must map keys to values`); }
  for (const [key, value] of Object.entries(given)) {
    if (key === '' || key.length > 128 || typeof value !== 'string' || value.length > 256 || (value === '' && prop !== 'tags')) {
      fail(scope, `tag ${show(key)} of '${prop}' is ${show(value)} but a key has 1 to 128 characters and a value is a text of at most 256`);
    }
    if (prop === 'tags' && (RESERVED_TAGS.includes(key) || key.startsWith('kubernetes.io/cluster'))) { fail(scope, `tag ${show(key)} of 'tags' belongs to Karpenter or EKS; leave it out`); }
  }
  return Object.fromEntries(Object.entries(given as { [key: string]: string }).sort(([a], [b]) => (a < b ? -1 : 1)));
}
