import { Cluster } from './cluster';
import { Reply } from './connection';
import { groupOf, versionOf } from './manifests';
import { ApiNeed, compareVersions, KubernetesNeed, Need, ObjectNeed, ResourceNeed } from './needs';
import { unknownFields } from './schema';

/** What the cluster says about a need. */
export interface Finding {
  readonly status: 'ok' | 'missing' | 'too old' | 'unknown';
  /** What was seen. */
  readonly detail: string;
}

const ok = (detail: string): Finding => ({ status: 'ok', detail });
const missing = (detail: string): Finding => ({ status: 'missing', detail });
const tooOld = (detail: string): Finding => ({ status: 'too old', detail });
const unknown = (detail: string): Finding => ({ status: 'unknown', detail });

/** Compares a need with the cluster. */
export async function check(need: Need, cluster: Cluster): Promise<Finding> {
  switch (need.type) {
    case 'kubernetes': return checkKubernetes(need, cluster);
    case 'api': return checkApi(need, cluster);
    case 'resource': return checkResource(need, cluster);
    case 'object': return checkObject(need, cluster);
    case 'default-storage-class': return checkDefaultClass(cluster);
    default: return unknown('the API does not tell');
  }
}

/** The sentence for a reply that says neither yes nor no. */
function unclear(reply: Reply): Finding {
  return unknown(reply.status === 403 ? 'not allowed to look' : `the API server answered ${reply.status}`);
}

async function checkKubernetes(need: KubernetesNeed, cluster: Cluster): Promise<Finding> {
  const reply = await cluster.get('/version');
  const version = reply.body?.gitVersion;
  if (reply.status !== 200 || typeof version !== 'string') { return unclear(reply); }
  if (compareVersions(minor(version), need.floor) >= 0) { return ok(version); }
  return need.gate && compareVersions(minor(version), need.gate.since) >= 0
    ? unknown(`${version} has it only where the feature gate ${need.gate.name} is on`)
    : tooOld(version);
}

/** `1.33` of `v1.33.4-eks-a1b2c3`. */
function minor(version: string): string {
  return version.replace(/^v/, '').split('.').slice(0, 2).join('.');
}

async function checkApi(need: ApiNeed, cluster: Cluster): Promise<Finding> {
  const group = groupOf(need.apiVersion);
  const reply = await cluster.get(`/apis/${need.apiVersion}`);
  if (reply.status === 404) {
    const other = await cluster.get(`/apis/${group}`);
    if (other.status === 404) { return missing(`nothing serves ${group}`); }
    const versions = (other.body?.versions ?? []).map((version: any) => version?.version).join(', ');
    return other.status === 200 ? tooOld(`it serves ${versions || 'other versions'}, not ${versionOf(need.apiVersion)}`) : unclear(other);
  }
  if (reply.status !== 200) { return unclear(reply); }
  const resource = (reply.body?.resources ?? []).find((candidate: any) => candidate?.kind === need.kind && !String(candidate?.name).includes('/'));
  if (!resource) { return missing(`${need.apiVersion} is served, but has no ${need.kind}`); }
  return checkDefinition(need, `${resource.name}.${group}`, cluster);
}

/** A field that the definition does not know would be dropped without a word. */
async function checkDefinition(need: ApiNeed, name: string, cluster: Cluster): Promise<Finding> {
  const reply = await cluster.get(`/apis/apiextensions.k8s.io/v1/customresourcedefinitions/${name}`);
  if (reply.status !== 200) { return ok('served; its definition can\'t be read, so fields were not compared'); }
  const release = need.versionAnnotation && reply.body?.metadata?.annotations?.[need.versionAnnotation];
  if (need.floor && typeof release === 'string' && /^v?[1-9]/.test(release) && compareVersions(release, need.floor) < 0) { return tooOld(release); }
  const schema = (reply.body?.spec?.versions ?? []).find((version: any) => version?.name === versionOf(need.apiVersion))?.schema?.openAPIV3Schema;
  const strange = [...new Set(need.bodies.flatMap((body) => unknownFields(schema, body)))].sort();
  if (strange.length) { return tooOld(`its definition lacks ${strange.slice(0, 3).join(', ')}${strange.length > 3 ? ` and ${strange.length - 3} more` : ''}`); }
  return ok(typeof release === 'string' ? `served, ${release}` : 'served, with every field');
}

async function checkResource(need: ResourceNeed, cluster: Cluster): Promise<Finding> {
  let most = 0;
  let nodes = 0;
  let next: string | undefined = '';
  while (next !== undefined) {
    const reply: Reply = await cluster.get(`/api/v1/nodes?limit=500${next ? `&continue=${encodeURIComponent(next)}` : ''}`);
    if (reply.status !== 200) { return unclear(reply); }
    for (const node of reply.body?.items ?? []) {
      const amount = Number(node?.status?.allocatable?.[need.resource] ?? 0);
      if (amount >= need.perPod) { nodes++; }
      most = Math.max(most, amount);
    }
    next = reply.body?.metadata?.continue || undefined;
  }
  if (nodes) { return ok(`${nodes} ${nodes === 1 ? 'node' : 'nodes'} with enough`); }
  const seen = most ? `no node has more than ${most}` : 'no node publishes it';
  return need.nodesAreMade ? unknown(`${seen} now; a NodePool makes nodes on demand`) : missing(seen);
}

async function checkObject(need: ObjectNeed, cluster: Cluster): Promise<Finding> {
  const root = need.apiVersion.includes('/') ? `/apis/${need.apiVersion}` : `/api/${need.apiVersion}`;
  const served = await cluster.get(root);
  if (served.status === 404) { return missing(`nothing serves ${need.apiVersion}`); }
  if (served.status !== 200) { return unclear(served); }
  const resource = (served.body?.resources ?? []).find((candidate: any) => candidate?.kind === need.kind && !String(candidate?.name).includes('/'));
  if (!resource) { return missing(`${need.apiVersion} has no ${need.kind}`); }
  const namespace = need.namespace || cluster.access.namespace;
  const home = resource.namespaced ? `/namespaces/${encodeURIComponent(namespace)}` : '';
  const reply = await cluster.get(`${root}${home}/${resource.name}/${encodeURIComponent(need.name)}`, true);
  if (reply.status === 404) { return missing(resource.namespaced ? `not in namespace ${namespace}` : 'it does not exist'); }
  return reply.status === 200 ? ok(resource.namespaced ? `in namespace ${namespace}` : 'it exists') : unclear(reply);
}

async function checkDefaultClass(cluster: Cluster): Promise<Finding> {
  const reply = await cluster.get('/apis/storage.k8s.io/v1/storageclasses');
  if (reply.status !== 200) { return unclear(reply); }
  const found = (reply.body?.items ?? []).find((item: any) => item?.metadata?.annotations?.['storageclass.kubernetes.io/is-default-class'] === 'true');
  return found ? ok(String(found.metadata.name)) : missing('no StorageClass is marked as default');
}
