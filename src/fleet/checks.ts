import { Construct } from 'constructs';
import { isMirror } from './images';
import { InferenceFleetProps } from './inference-fleet-props';
import { Engine, EngineConfig } from '../engines/engine';
import { checkFlags, fail, numberProblem, objectProblem, show } from '../errors';
import { isLabelKey, labelsProblem } from '../kube/labels';
import { isObjectName } from '../kube/names';
import { VolumeMount } from '../kube/pod';

/** Refuses properties that can't be what was meant, whatever language they come from. */
export function checkProps(scope: Construct, props: InferenceFleetProps): void {
  if (typeof props !== 'object' || props === null) { fail(scope, `the fleet's properties are ${show(props)} but must be given`); }
  const { model, pools, capacity, weights, engine, servedModelName } = props as Partial<InferenceFleetProps>;
  if (typeof model?.id !== 'string') { fail(scope, `'model' is ${show(model)} but must be a Model; use Model.named, Model.fromHubConfig or Model.of`); }
  if (!Array.isArray(pools) || !pools.length || pools.some((pool) => typeof pool?.poolName !== 'string')) {
    fail(scope, `'pools' is ${show(pools)} but must be a list of at least one GpuNodePool`);
  }
  const twice = pools.find((pool, i) => pools.findIndex(({ poolName }) => poolName === pool.poolName) !== i);
  if (twice) { fail(scope, `'pools' has two pools named ${show(twice.poolName)}; pools of one fleet need names of their own`); }
  if (typeof capacity?._solve !== 'function') { fail(scope, `'capacity' is ${show(capacity)} but must be a Capacity; use Capacity.forTarget or Capacity.manual`); }
  if (typeof weights?._bind !== 'function') {
    fail(scope, `'weights' is ${show(weights)} but must be a Weights; use Weights.fromHub, fromClaim, fromImage or fromObjectStore`);
  }
  const { draftWeights } = props;
  if (draftWeights !== undefined && typeof draftWeights?._bind !== 'function') {
    fail(scope, `'draftWeights' is ${show(draftWeights)} but must be a Weights; use Weights.fromHub, fromClaim, fromImage or fromObjectStore`);
  }
  if (engine !== undefined && !isEngine(engine)) { fail(scope, `'engine' is ${show(engine)} but must be an Engine`); }
  if (servedModelName !== undefined && (typeof servedModelName !== 'string' || !/^[\w./:@ +-]{1,256}$/.test(servedModelName))) {
    fail(scope, `'servedModelName' is ${show(servedModelName)} but must be 1 to 256 letters, digits or any of '._-/:@+ '`);
  }
  checkGroups(scope, props);
}

/** A function has a `bind`, too. */
function isEngine(engine: unknown): boolean {
  const { name, bind, toSizingEngine } = (typeof engine === 'object' && engine !== null ? engine : {}) as Partial<Engine>;
  return typeof name === 'string' && typeof bind === 'function' && typeof toSizingEngine === 'function';
}

/** Sums of a fleet's times must fit the 31 bits that Kubernetes counts seconds in. */
const LONGEST_SECONDS = 30 * 86400;

function checkGroups(scope: Construct, props: InferenceFleetProps): void {
  for (const group of ['ownership', 'images', 'timeouts', 'network', 'security', 'monitoring', 'metadata'] as const) {
    const value: unknown = props[group];
    if (value === null || objectProblem(group, value)) { fail(scope, `'${group}' is ${show(value)} but must be an object`); }
  }
  const { images = {}, timeouts = {}, network = {}, security = {}, monitoring = {} } = props;
  if (images.mirror !== undefined && !isMirror(images.mirror)) {
    fail(scope, `'images.mirror' is ${show(images.mirror)} but must be a registry's host and a path in it, such as 'registry.example.com/mirror'`);
  }
  if (images.pullSecrets !== undefined && (!Array.isArray(images.pullSecrets) || images.pullSecrets.some((secret) => !isObjectName(secret?.name)))) {
    fail(scope, `'images.pullSecrets' is ${show(images.pullSecrets)} but must be a list of secrets; use Secret.fromSecretName of cdk8s-plus`);
  }
  const durations: { [prop: string]: unknown } = {
    'timeouts.startup': timeouts.startup,
    'timeouts.drain': timeouts.drain,
    'timeouts.endpointRemoval': timeouts.endpointRemoval,
    'timeouts.nodeStart': timeouts.nodeStart,
    'monitoring.interval': monitoring.interval,
  };
  for (const [prop, value] of Object.entries(durations)) {
    if (value !== undefined && typeof (value as any)?.toSeconds !== 'function') {
      fail(scope, `'${prop}' is ${show(value)} but must be a Duration, such as Duration.minutes(5)`);
    }
    const seconds = (value as any)?.toSeconds({ integral: false });
    if (seconds > LONGEST_SECONDS) { fail(scope, `'${prop}' is ${seconds} s but may be at most ${LONGEST_SECONDS} s, which are 30 days`); }
  }
  if (monitoring.interval !== undefined && monitoring.interval.toSeconds({ integral: false }) < 1) { fail(scope, '\'monitoring.interval\' is less than a second but must be at least one'); }
  if (security.serviceAccount !== undefined && !isObjectName(security.serviceAccount?.name)) {
    fail(scope, `'security.serviceAccount' is ${show(security.serviceAccount)} but must be a service account; use ServiceAccount.fromServiceAccountName of cdk8s-plus`);
  }
  if (network.clients !== undefined && !Array.isArray(network.clients)) { fail(scope, `'network.clients' is ${show(network.clients)} but must be a list`); }
  const problem = network.dnsPort === undefined ? undefined : numberProblem('network.dnsPort', network.dnsPort, { min: 1, max: 65535, integer: true });
  if (problem) { fail(scope, problem); }
  if (network.groupTopologyKey !== undefined && !(typeof network.groupTopologyKey === 'string' && isLabelKey(network.groupTopologyKey))) {
    fail(scope, `'network.groupTopologyKey' is ${show(network.groupTopologyKey)} but must be the key of a node's label`);
  }
  const labels: { [prop: string]: unknown } = {
    'network.dnsNamespaceLabels': network.dnsNamespaceLabels, 'monitoring.namespaceLabels': monitoring.namespaceLabels, 'monitoring.labels': monitoring.labels,
  };
  for (const [prop, value] of Object.entries(labels)) { checkLabels(scope, prop, value); }
  checkFlags(scope, {
    'security.allowUnplannedPatches': security.allowUnplannedPatches,
    'security.rootWithLockedMemory': security.rootWithLockedMemory,
    'security.writableRootFilesystem': security.writableRootFilesystem,
    'network.policies': network.policies,
    'network.rdma': network.rdma,
    'monitoring.enabled': monitoring.enabled,
  });
}

/** Refuses what is stated but does not map legal keys to legal values of labels. */
function checkLabels(scope: Construct, prop: string, labels: unknown): void {
  const problem = objectProblem(prop, labels, 'must map label keys to values');
  if (problem) { fail(scope, problem); }
  const wrong = labelsProblem('label', { ...(labels as object) });
  if (wrong) { fail(scope, `'${prop}': ${wrong}`); }
}

/** Refuses what an engine asks of its pods where no pod could be that. */
export function checkEngine(scope: Construct, name: string, config: EngineConfig, readOnlyMounts: VolumeMount[]): void {
  const of = `engine '${name}'`;
  const problem = numberProblem('port', config.port, { min: 1, max: 65535, integer: true })
    ?? numberProblem('userId', config.userId, { min: 1, max: 2 ** 31 - 1, integer: true })
    ?? numberProblem('warmUpSeconds', config.warmUpSeconds, { min: 0, max: 86400, unit: 'seconds' })
    ?? numberProblem('teardownSeconds', config.teardownSeconds, { min: 0, max: 86400, integer: true, unit: 'seconds' });
  if (problem) { fail(scope, `${of}: ${problem}`); }
  if (typeof config.image !== 'string' || !/^\S{1,512}$/.test(config.image)) { fail(scope, `${of}: 'image' is ${show(config.image)} but must be an image reference`); }
  const paths = [...config.writablePaths, ...Object.keys(config.files ?? {})];
  for (const path of paths) {
    if (typeof path !== 'string' || !/^(\/[A-Za-z0-9._-]+)+$/.test(path) || path.split('/').includes('..') || path.length > 512) {
      fail(scope, `${of}: the path ${show(path)} must be absolute, of letters, digits and '._-'`);
    }
    const mount = readOnlyMounts.find(({ mountPath }) => path === mountPath || path.startsWith(`${mountPath}/`));
    if (mount) { fail(scope, `${of}: the path ${show(path)} is at or below ${show(mount.mountPath)}, which the fleet mounts read-only; name another path`); }
    if (path === '/dev/shm') { fail(scope, `${of}: '/dev/shm' is mounted by the fleet; leave it out of 'writablePaths'`); }
  }
  const twice = paths.find((path, i) => paths.indexOf(path) !== i);
  if (twice) { fail(scope, `${of}: the path ${show(twice)} is named twice; name it once`); }
}
