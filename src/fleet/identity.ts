import { ApiObjectMetadata, Chart } from 'cdk8s';
import { IConstruct } from 'constructs';
import { Model } from '../catalog/model';
import { Engine } from '../engines/engine';
import { fail, objectProblem, show } from '../errors';
import {
  APP_COMPONENT_LABEL, APP_INSTANCE_LABEL, APP_MANAGED_BY_LABEL, APP_NAME_LABEL, APP_PART_OF_LABEL, APP_VERSION_LABEL, COST_CENTER_LABEL,
  FLEET_LABEL, isLabelKey, labelsProblem, labelValue, MODEL_LABEL, PREFIX, SERVER_COMPONENT, TEAM_LABEL, WEIGHTS_COMPONENT,
} from '../kube/labels';
import { isDnsLabel, nameOf, WORKLOAD_NAME_MAX } from '../kube/names';

/** Who a fleet belongs to and who pays for it; each becomes a label of every object and pod. */
export interface FleetOwnership {
  /**
   * Team that answers for the fleet. Any text: what a label can't hold is replaced, and a hash keeps two names apart.
   *
   * @default - no label
   */
  readonly team?: string;
  /**
   * Cost centre.
   *
   * @default - no label
   */
  readonly costCenter?: string;
}

/** The API server takes 256 KiB of keys and values; what the fleet writes itself is below 16 KiB. */
const ANNOTATIONS_MAX_BYTES = (256 - 16) * 1024;

/** Finalizers of Kubernetes' own. */
const STANDARD_FINALIZERS: readonly unknown[] = ['foregroundDeletion', 'orphan'];

/** No field of Kubernetes' metadata is nested deeper, `managedFields` apart, which is not written by users. */
const METADATA_MAX_DEPTH = 8;

/** Names and labels of a fleet's objects. */
export interface FleetIdentity {
  readonly name: string;
  readonly namespace?: string;
  /** Labels that select the fleet's serving pods. They never change while the fleet lives. */
  readonly selector: { [key: string]: string };
  /** Labels of the fleet's objects and serving pods; the selector's are among them. */
  readonly labels: { [key: string]: string };
  /** Labels of what prepares the weights: the selector does not match them. */
  readonly weightsLabels: { [key: string]: string };
  /** The user's annotations, for the workload and its pods. */
  readonly annotations: { [key: string]: string };
}

/** What a fleet is called, and by what its objects are known. */
export function identityOf(
  scope: IConstruct, model: Model, engine: Engine, ownership: FleetOwnership = {}, metadata: ApiObjectMetadata = {},
): FleetIdentity {
  if (metadata.name !== undefined && !isDnsLabel(metadata.name, WORKLOAD_NAME_MAX)) {
    fail(scope, `'metadata.name' is ${show(metadata.name)} but must be up to ${WORKLOAD_NAME_MAX} lower-case letters, digits and '-', from a letter to a letter or digit`);
  }
  const namespace = metadata.namespace ?? Chart.of(scope).namespace;
  if (namespace !== undefined && !(typeof namespace === 'string' && /^[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?$/.test(namespace))) {
    fail(scope, `'metadata.namespace' is ${show(namespace)} but must be up to 63 lower-case letters, digits and '-', from a letter or digit to a letter or digit`);
  }
  const maps = objectProblem('metadata.labels', metadata.labels, 'must map label keys to values')
    ?? objectProblem('metadata.annotations', metadata.annotations, 'must map annotation keys to texts');
  if (maps) { fail(scope, maps); }
  const users = { ...metadata.labels };
  const annotations = { ...metadata.annotations };
  const problem = labelsProblem('label', users) ?? labelsProblem('annotation', annotations);
  if (problem) { fail(scope, `'metadata': ${problem}`); }
  const bytes = Object.entries(annotations).flat().reduce((sum, text) => sum + Buffer.byteLength(text), 0);
  if (bytes > ANNOTATIONS_MAX_BYTES) {
    fail(scope, `'metadata.annotations' has ${bytes} bytes but may have at most ${ANNOTATIONS_MAX_BYTES}, which is what Kubernetes takes less the fleet's own; shorten them`);
  }
  checkTree(scope, metadata);
  checkOwners(scope, metadata);
  const reserved = [...Object.keys(users), ...Object.keys(annotations)]
    .find((key) => key.startsWith(PREFIX) || key.startsWith('leaderworkerset.sigs.k8s.io/') || (key === APP_COMPONENT_LABEL && users[key] !== SERVER_COMPONENT));
  if (reserved) {
    fail(scope, `'metadata' sets '${reserved}', which the fleet sets itself because its objects find each other by it; use another key`
      + (reserved === TEAM_LABEL || reserved === COST_CENTER_LABEL ? ', or \'ownership\'' : ''));
  }
  const name = metadata.name ?? nameOf(scope, WORKLOAD_NAME_MAX);
  const selector = { [FLEET_LABEL]: name, [APP_COMPONENT_LABEL]: SERVER_COMPONENT };
  const labels = {
    [APP_NAME_LABEL]: labelValue(engine.name),
    [APP_INSTANCE_LABEL]: name,
    [APP_PART_OF_LABEL]: labelValue(Chart.of(scope).node.id),
    [APP_MANAGED_BY_LABEL]: 'cdk8s-inference',
    ...(engine.version === undefined ? {} : { [APP_VERSION_LABEL]: labelValue(engine.version) }),
    ...users,
    [MODEL_LABEL]: labelValue(model.id),
    ...ownerLabel(scope, 'team', TEAM_LABEL, ownership.team),
    ...ownerLabel(scope, 'costCenter', COST_CENTER_LABEL, ownership.costCenter),
    ...selector,
  };
  return { name, namespace, selector, labels, weightsLabels: { ...labels, [APP_COMPONENT_LABEL]: WEIGHTS_COMPONENT }, annotations };
}

/** Refuses finalizers and owners that an API server would. */
function checkOwners(scope: IConstruct, { finalizers, ownerReferences }: ApiObjectMetadata): void {
  for (const finalizer of Array.isArray(finalizers) ? finalizers : []) {
    if (!(typeof finalizer === 'string' && finalizer.includes('/') && isLabelKey(finalizer)) && !STANDARD_FINALIZERS.includes(finalizer)) {
      fail(scope, `'metadata.finalizers' has ${show(finalizer)} but a finalizer is a DNS name, '/' and a name, such as 'example.com/clean-up'`);
    }
  }
  for (const owner of Array.isArray(ownerReferences) ? ownerReferences : []) {
    const missing = (['apiVersion', 'kind', 'name', 'uid'] as const).find((field) => typeof owner?.[field] !== 'string' || owner[field] === '');
    if (missing) { fail(scope, `an owner in 'metadata.ownerReferences' lacks '${missing}', without which Kubernetes can't tell it; add it, or leave the owner out`); }
  }
}

/** Refuses metadata without an end, and texts that no object has room for. Objects of classes (a Lazy) are not looked into. */
function checkTree(scope: IConstruct, metadata: ApiObjectMetadata): void {
  const done = new Set<unknown>();
  const visit = (value: unknown, depth: number): void => {
    if (typeof value === 'string' && value.length > ANNOTATIONS_MAX_BYTES) {
      fail(scope, `'metadata' holds ${show(value)} but a text in it may have at most ${ANNOTATIONS_MAX_BYTES} characters; shorten it`);
    }
    const isTree = Array.isArray(value) || (typeof value === 'object' && value !== null && Object.getPrototypeOf(value) === Object.prototype);
    if (!isTree || done.has(value)) { return; }
    if (depth > METADATA_MAX_DEPTH) { fail(scope, `'metadata' is nested more than ${METADATA_MAX_DEPTH} deep, or holds itself; make it a tree of a few levels`); }
    for (const below of Object.values(value as object)) { visit(below, depth + 1); }
    done.add(value);
  };
  visit(metadata, 0);
}

function ownerLabel(scope: IConstruct, prop: string, key: string, value: unknown): { [key: string]: string } {
  if (value === undefined) { return {}; }
  if (typeof value !== 'string' || value === '') { fail(scope, `'ownership.${prop}' is ${show(value)} but must be a text that is not empty`); }
  return { [key]: labelValue(value) };
}
