/** What of a rollout a new hash is made of. Internal. */
import { ApiObject } from 'cdk8s';
import { RolloutSpec } from './rollout-spec';
import { IInferenceFleet } from '../fleet/fleet';
import { shortHash } from '../kube/hash';

const DIGITS = 10;

/**
 * The hash of a rollout: of all that it decides by, and of what the pods of both fleets run. Labels, annotations and the address of Prometheus
 * are none of it: they change without a new rollout.
 */
export function rolloutHash(spec: Omit<RolloutSpec, 'hash'>, fleets: readonly IInferenceFleet[], attempt: number): string {
  const { route: { template, ...route }, metrics: { url: _, ...metrics }, ...others } = spec;
  const decided = { ...others, metrics, route: { ...route, spec: template.spec } };
  return shortHash(JSON.stringify(sorted([decided, fleets.map(workloadOf), attempt])), DIGITS);
}

/** What a fleet's pods run; nothing of one whose workload is not of this app. */
function workloadOf(fleet: IInferenceFleet): unknown {
  const object = fleet.node.findAll().find((child) => (
    ApiObject.isApiObject(child) && child.kind === fleet.workloadKind && child.name === fleet.workloadName
  )) as ApiObject | undefined;
  const { replicas: _, ...spec } = object?.toJson().spec ?? {};
  return withoutMetadata(spec);
}

/** Templates without labels and annotations; selectors, which can't change, have them still. */
function withoutMetadata(value: any): any {
  if (Array.isArray(value)) { return value.map(withoutMetadata); }
  if (typeof value !== 'object' || value === null) { return value; }
  return Object.fromEntries(Object.entries(value).filter(([key, below]) => !(key === 'metadata' && typeof below === 'object')).map(([key, below]) => [key, withoutMetadata(below)]));
}

/** Keys in one order: a map from another language has none. */
function sorted(value: any): any {
  if (Array.isArray(value)) { return value.map(sorted); }
  if (typeof value !== 'object' || value === null) { return value; }
  return Object.fromEntries(Object.keys(value).sort().map((key) => [key, sorted(value[key])]));
}
