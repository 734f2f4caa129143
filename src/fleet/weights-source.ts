import { Construct } from 'constructs';
import { Model } from '../catalog/model';
import { fail, numberProblem, show } from '../errors';
import { shortHash } from '../kube/hash';
import { NetworkPeer, NetworkPort } from '../kube/network-policy';
import { Container, EnvVar, SecurityContext, Toleration, Volume, VolumeMount } from '../kube/pod';

/** What a source of weights is told about the fleet. Internal. */
export interface WeightsContext {
  readonly model: Model;
  /** Bytes of the files that are fetched; 0 if nobody knows. */
  readonly checkpointBytes: number;
  /** Whether pods on several nodes read the same files (several replicas, or groups over nodes). */
  readonly sharedByNodes: boolean;
  /** Prefix of object names: the fleet's workload name (at most 39 characters). */
  readonly name: string;
  readonly namespace?: string;
  /** Labels for the objects that the source makes. The workload's selector must not match them: its pods carry one more. */
  readonly labels: { [key: string]: string };
  /** Turns an image reference into the one of the user's mirror. */
  readonly image: (reference: string) => string;
  readonly imagePullSecrets: string[];
  /** Numeric user and group that pods run as. */
  readonly userId: number;
  /** Image of the engine as the engine names it, before `image`; it downloads and waits unless the user names another. */
  readonly engineImage?: string;
  /** Labels of the nodes that serve, for a download that must run where they are. */
  readonly nodeSelector?: { [key: string]: string };
  /** Tolerations for the nodes that serve. */
  readonly tolerations?: Toleration[];
  /** How pods reach the name servers; port 53 anywhere if not said. */
  readonly dnsEgress?: { to: NetworkPeer[]; ports: NetworkPort[] };
  /** Whether NetworkPolicies are written; true if not said. */
  readonly networkPolicies?: boolean;
  /** Where pods find the weights; those of the model if not said. */
  readonly place?: WeightsPlace;
}

/** Where pods find weights. Internal. */
export interface WeightsPlace {
  /** Path at which they are mounted. */
  readonly path: string;
  /** Name of their volume, and end of the label that ties pods to its claim. */
  readonly volume: string;
  /** Name of the container that waits for them. */
  readonly waiter: string;
}

/** An address outside the cluster's network that serving pods call for their identity. Internal. */
export interface MetadataEndpoint { readonly cidr: string; readonly port: number }

/** What a source of weights asks of the pods. Internal. */
export interface WeightsConfig {
  /** Path in the pod, or URI, that the engine is given. */
  readonly modelPath: string;
  readonly loadFormat?: string;
  /** Arguments for the engine that belong to the loader, e.g. `--model-loader-extra-config`. */
  readonly loaderArgs: string[];
  readonly env: EnvVar[];
  readonly volumes: Volume[];
  readonly volumeMounts: VolumeMount[];
  /** Wait for a completion marker before the engine starts. */
  readonly initContainers: Container[];
  /** Bandwidth at which one pod reads the weights, in bytes per second. */
  readonly bytesPerSecond: number;
  /** Seconds that a pod may wait before the first byte can be read: the download. 0 if the weights are there. */
  readonly waitSeconds: number;
  /** Whether serving pods need the network for their weights (an object store). */
  readonly egressPorts: number[];
  /** Assumptions, one sentence each. */
  readonly notes: string[];
  /** Bytes that are read: the user's figure where one is given, else the context's. */
  readonly checkpointBytes: number;
  /** Labels for the serving pods' template (never for its selector). */
  readonly podLabels: { [key: string]: string };
  /** Link-local addresses that hand out identities, which the egress policy must let through. */
  readonly metadataEndpoints: MetadataEndpoint[];
  /** Host memory that the loader takes beside the engine's own, for each GPU of a pod. */
  readonly loaderMemoryBytesPerGpu: number;
  /** Whether only pods of one node can mount the weights: an update must then end the old pod before it starts the new one. */
  readonly singleNode: boolean;
}

/** Binds one source of weights to a fleet; the scope is the source's own. Internal. */
export type WeightsSource = (scope: Construct, context: WeightsContext) => WeightsConfig;

/** Where the weights of the model are. */
export const MODEL_PLACE: WeightsPlace = { path: '/weights', volume: 'weights', waiter: 'wait-for-weights' };

/** Where those of what guesses tokens are. */
export const DRAFT_PLACE: WeightsPlace = { path: '/draft-weights', volume: 'draft-weights', waiter: 'wait-for-draft-weights' };

/**
 * Bandwidth assumed of a file system behind a claim, and of a node's disk, where nobody states one: 125 MB/s, what a gp3 volume gives
 * without extra payment (125 MiB/s). A budget must err on the slow side.
 */
export const DEFAULT_READ_BYTES_PER_SECOND = 125e6;

/** Time that a transfer may take, as a multiple of bytes / bandwidth: other tenants, retries, small files. */
export const TRANSFER_MARGIN = 1.5;

/** Seconds before a download or a pull moves its first byte: a node from the autoscaler, the image, the volume. */
export const TRANSFER_START_SECONDS = 600;

/** Everything that a pod under Pod Security `restricted` must say of a container. */
export const RESTRICTED: SecurityContext = {
  allowPrivilegeEscalation: false,
  readOnlyRootFilesystem: true,
  runAsNonRoot: true,
  capabilities: { drop: ['ALL'] },
  seccompProfile: { type: 'RuntimeDefault' },
};

/** GPU images ask for every GPU of the node by this variable, where the node's runtime obeys it; a helper container needs none. */
export const NO_GPU: EnvVar = { name: 'NVIDIA_VISIBLE_DEVICES', value: 'void' };

/** Pods that find their weights on a volume never ask the hub. */
export const OFFLINE: EnvVar = { name: 'HF_HUB_OFFLINE', value: '1' };

/** What every source answers unless it says otherwise. */
export function nothingMore(): Omit<WeightsConfig, 'modelPath' | 'bytesPerSecond' | 'checkpointBytes'> {
  return {
    loaderArgs: [],
    env: [],
    volumes: [],
    volumeMounts: [],
    initContainers: [],
    waitSeconds: 0,
    egressPorts: [],
    notes: [],
    podLabels: {},
    metadataEndpoints: [],
    loaderMemoryBytesPerGpu: 0,
    singleNode: false,
  };
}

/** The first hexadecimal digits of a SHA-256 over values whose order matters. */
export function hashOf(values: unknown, length: number): string {
  return shortHash(JSON.stringify(values), length);
}

/** A copy of the options of a source, and of the lists among them, so that what the caller does with theirs later changes nothing. */
export function copied<T extends object>(options: T): T {
  if (!isMap(options)) { return options; }
  return Object.fromEntries(Object.entries(options).map(([key, value]) => [key, Array.isArray(value) ? [...value] : value])) as T;
}

/** Refuses options that are no object. */
export function checkOptions(scope: Construct, factory: string, options: unknown): void {
  if (!isMap(options)) { fail(scope, `the options of '${factory}' are ${show(options)} but must be an object`); }
}

/** Whether a value is an object with keys, and not a list, a Map or a Date. */
export function isMap(value: unknown): value is { [key: string]: unknown } {
  return Object.prototype.toString.call(value) === '[object Object]';
}

/** Refuses a number that is stated but is not what it must be. */
export function checkNumber(scope: Construct, prop: string, value: unknown, unit: string, integer = false): void {
  if (value === undefined) { return; }
  const problem = numberProblem(prop, value, { above: 0, max: 1e18, unit, integer });
  if (problem) { fail(scope, problem); }
}

/** Slower than any storage that serves weights: whoever states less means another unit. */
const SLOWEST_BYTES_PER_SECOND = 1e6;
/** Smaller than any checkpoint: whoever states less means another unit. */
const SMALLEST_BYTES = 1e4;

/** Refuses a bandwidth that is stated but can't be one in bytes per second. */
export function checkRate(scope: Construct, prop: string, value: unknown): void {
  const problem = value === undefined ? undefined : numberProblem(prop, value, { min: SLOWEST_BYTES_PER_SECOND, max: 1e18, unit: 'bytes per second' });
  if (problem) { fail(scope, problem); }
}

/** Refuses a value that does not have the form that it needs. */
export function checkText(scope: Construct, prop: string, value: unknown, form: RegExp, mustBe: string): void {
  if (typeof value !== 'string' || value.length > 1024 || !form.test(value)) { fail(scope, `'${prop}' is ${show(value)} but must be ${mustBe}`); }
}

/** Bytes of the weights: the user's figure, else the catalogue's. */
export function bytesOf(scope: Construct, context: WeightsContext, sizeBytes: number | undefined): number {
  const problem = sizeBytes === undefined ? undefined : numberProblem('sizeBytes', sizeBytes, { min: SMALLEST_BYTES, max: 1e18, unit: 'bytes' });
  if (problem) { fail(scope, problem); }
  const bytes = sizeBytes ?? context.checkpointBytes;
  if (!(Number.isFinite(bytes) && bytes > 0)) {
    fail(scope, `the size of the weight files of model ${show(context.model.id)} is not known, but storage and start-up time are computed from it;`
      + ' state it as \'sizeBytes\' of the weights');
  }
  return Math.ceil(bytes);
}

/** A directory relative to the root of a volume, as a path in the pod. */
export function pathInVolume(scope: Construct, prop: string, value: string | undefined, { path }: WeightsPlace = MODEL_PLACE): string {
  if (value === undefined) { return path; }
  const ok = typeof value === 'string' && value.length <= 512 && /^\/?[A-Za-z0-9._@=+-]+(\/[A-Za-z0-9._@=+-]+)*\/?$/.test(value)
    && !value.split('/').some((part) => part === '..' || part === '.');
  if (!ok) {
    fail(scope, `'${prop}' is ${show(value)} but must be a path from the root of the volume, of letters, digits and '._@=+-/', without '.' or '..' steps`);
  }
  return `${path}/${value.replace(/^\/|\/$/g, '')}`;
}

/** Gigabytes, for sentences. */
export function gigabytes(bytes: number): string {
  return `${(bytes / 1e9).toFixed(bytes < 1e10 ? 1 : 0)} GB`;
}

/** Megabytes per second, for sentences. */
export function megabytesPerSecond(rate: number): string {
  return `${(rate / 1e6).toFixed(0)} MB/s`;
}

/** The sentence on a bandwidth that nobody stated; none if it is stated. */
export function assumedBandwidth(prop: string, stated: number | undefined, assumed: number): string[] {
  return stated === undefined ? [`'${prop}' is not stated; start-up time is counted with ${megabytesPerSecond(assumed)}`] : [];
}
