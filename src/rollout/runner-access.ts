/** What the runner may do: nothing but what docs/canary.md lists. Internal. */
import { PlannedRollout } from './planned-rollout';
import { RolloutWorkload } from './rollout-spec';

/** A rule of a Role. */
export interface AccessRule { apiGroups: string[]; resources: string[]; resourceNames?: string[]; verbs: string[] }

/** Rules by namespace. */
export function accessRules(spec: PlannedRollout): Map<string, AccessRule[]> {
  const rules = new Map<string, AccessRule[]>();
  const allow = (namespace: string, apiVersion: string, resource: string, verbs: string[], ...resourceNames: string[]) => {
    const apiGroups = [apiVersion.includes('/') ? apiVersion.split('/')[0] : ''];
    const rule = { apiGroups, resources: [resource], ...resourceNames.length ? { resourceNames } : {}, verbs };
    rules.set(namespace, [...rules.get(namespace) ?? [], rule]);
  };
  const { name, namespace, route } = spec;
  allow(namespace, 'v1', 'configmaps', ['get'], name, `${name}-state`);
  allow(namespace, 'v1', 'configmaps', ['update'], `${name}-state`);
  allow(namespace, 'v1', 'configmaps', ['create']); // a name can't bound what is made
  allow(namespace, 'coordination.k8s.io/v1', 'leases', ['get', 'update'], `${name}-lease`);
  allow(namespace, 'coordination.k8s.io/v1', 'leases', ['create']);
  allow(namespace, 'v1', 'events', ['create']);
  allow(route.namespace, route.template.apiVersion, 'httproutes', ['get', 'update'], route.name);
  allow(route.namespace, route.template.apiVersion, 'httproutes', ['create']);
  for (const { apiVersion, plural, namespace: where, name: what } of [spec.stable, spec.candidate] as RolloutWorkload[]) {
    allow(where, apiVersion, plural, ['get'], what);
    allow(where, apiVersion, `${plural}/scale`, ['update'], what);
  }
  const jobs = spec.gates.flatMap((gate) => gate.kind === 'score' ? [(gate.job as { metadata: { name: string } }).metadata.name] : []);
  if (jobs.length > 0) {
    allow(spec.candidate.namespace, 'batch/v1', 'jobs', ['get'], ...jobs);
    allow(spec.candidate.namespace, 'batch/v1', 'jobs', ['create']);
    allow(spec.candidate.namespace, 'v1', 'pods', ['list']); // of a Job's pods, by its label
  }
  return rules;
}
