/**
 * What `kubectl apply` does without `--server-side`: it remembers in an annotation what it applied, and what is gone from the manifest since then it
 * deletes by name. https://kubernetes.io/docs/tasks/manage-kubernetes-objects/declarative-config/#how-apply-calculates-differences-and-merges-changes
 */
import { ApiServer } from './api-server';
import { KubeObject } from './kube-object';

const REMEMBERED = 'kubectl.kubernetes.io/last-applied-configuration';
const MERGE = 'application/merge-patch+json';
const STRATEGIC = 'application/strategic-merge-patch+json';

/** Answers the object as the server has it afterwards. */
export async function applyClientSide(api: ApiServer, object: KubeObject): Promise<any> {
  const text = JSON.stringify(object);
  const wanted = { ...object, metadata: { ...object.metadata, annotations: { ...object.metadata.annotations, [REMEMBERED]: text } } };
  const path = await api.pathOf(object);
  const live = await api.get(object);
  if (live === undefined) { return api.must('POST', path.slice(0, path.lastIndexOf('/')), wanted); }
  const before = JSON.parse(live.metadata.annotations?.[REMEMBERED] ?? '{}');
  const patch = { ...withDeletions(before, wanted), ...{ apiVersion: object.apiVersion, kind: object.kind } };
  // Kubernetes' own kinds merge lists by the keys of their items; those of CustomResourceDefinitions replace them.
  const builtIn = /^(v1|(apps|batch|policy)\/v1|[a-z.]+\.k8s\.io\/v1)$/.test(object.apiVersion) && !object.apiVersion.startsWith('gateway.');
  return api.must('PATCH', `${path}?fieldManager=kubectl-client-side-apply`, patch, builtIn ? STRATEGIC : MERGE);
}

/** What is wanted, and `null` for each field that was wanted before. */
function withDeletions(before: any, wanted: any): any {
  if (!isRecord(before) || !isRecord(wanted)) { return wanted; }
  const gone = Object.keys(before).filter((key) => !(key in wanted) && key !== 'status').map((key) => [key, null]);
  return Object.fromEntries([...gone, ...Object.entries(wanted).map(([key, value]) => [key, withDeletions(before[key], value)])]);
}

function isRecord(value: unknown): value is { [key: string]: unknown } { return typeof value === 'object' && value !== null && !Array.isArray(value); }
