import { groupOf, Manifest, titleOf, versionOf } from './manifests';
import { BUILT_IN_GROUPS, CUSTOM_FEATURES, DEVICE_PLUGINS, Feature, OBJECT_FEATURES, POD_FEATURES, Provider, PROVIDERS } from './requirements';

interface Common {
  /** What the cluster must offer, in a few words. */
  readonly what: string;
  /** What it is needed for. */
  readonly why: string;
  /** Objects that need it. */
  readonly usedBy: string[];
  readonly source?: string;
}

/** A version of Kubernetes. */
export interface KubernetesNeed extends Common { readonly type: 'kubernetes'; readonly floor: string; readonly gate?: { readonly name: string; readonly since: string } }
/** A kind of a group that something in the cluster must serve. */
export interface ApiNeed extends Common {
  readonly type: 'api';
  readonly apiVersion: string;
  readonly kind: string;
  readonly floor?: string;
  readonly versionAnnotation?: string;
  /** The objects of that kind, to compare with its schema. */
  readonly bodies: any[];
}
/** An extended resource, and the most of it that one pod asks for. */
export interface ResourceNeed extends Common { readonly type: 'resource'; readonly resource: string; readonly perPod: number; readonly nodesAreMade: boolean }
/** An object that must exist beforehand. */
export interface ObjectNeed extends Common { readonly type: 'object'; readonly apiVersion: string; readonly kind: string; readonly namespace: string; readonly name: string }
/** A storage class that claims without one fall to. */
export interface DefaultClassNeed extends Common { readonly type: 'default-storage-class' }
/** What no look at the API can tell. */
export interface OtherNeed extends Common { readonly type: 'other' }

export type Need = KubernetesNeed | ApiNeed | ResourceNeed | ObjectNeed | DefaultClassNeed | OtherNeed;

/** Kinds without a namespace that a need may name. */
const CLUSTER_KINDS = ['Namespace', 'StorageClass', 'PriorityClass', 'RuntimeClass', 'GatewayClass', 'NodePool', 'EC2NodeClass', 'PersistentVolume'];

/** Everything that a cluster must offer for these objects, sorted; the highest version of Kubernetes first. */
export function needsOf(manifests: readonly Manifest[]): Need[] {
  const needs = new Needs(manifests);
  for (const manifest of manifests) {
    needs.ofApi(manifest);
    needs.ofObject(manifest);
    for (const pod of podSpecs(manifest.body)) { needs.ofPod(pod, manifest); }
  }
  return needs.sorted();
}

const list = (value: any): any[] => Array.isArray(value) ? value.filter((item) => typeof item === 'object' && item !== null) : [];

/** Every pod specification inside an object, whatever the kind that carries it. */
function podSpecs(value: any, depth = 0): any[] {
  if (typeof value !== 'object' || value === null || depth > 24) { return []; }
  if (!Array.isArray(value) && list(value.containers).length) { return [value]; }
  return Object.values(value).flatMap((inner) => podSpecs(inner, depth + 1));
}

class Needs {
  private readonly found = new Map<string, Need>();
  private readonly given: Set<string>;
  private readonly servedHere: Set<string>;
  private readonly nodesAreMade: boolean;

  public constructor(manifests: readonly Manifest[]) {
    this.given = new Set(manifests.map((manifest) => key(groupOf(manifest.apiVersion), manifest.kind, manifest.namespace, manifest.name)));
    this.servedHere = new Set(manifests.filter(({ kind }) => kind === 'CustomResourceDefinition').map(({ body }) => `${body.spec?.group}/${body.spec?.names?.kind}`));
    this.nodesAreMade = manifests.some(({ kind }) => kind === 'NodePool');
  }

  public sorted(): Need[] {
    const order: Need['type'][] = ['kubernetes', 'api', 'resource', 'object', 'default-storage-class', 'other'];
    return [...this.found.values()].sort((a, b) => order.indexOf(a.type) - order.indexOf(b.type)
      || (a.type === 'kubernetes' && b.type === 'kubernetes' ? compareVersions(b.floor, a.floor) : 0) || compare(a.what, b.what) || compare(a.why, b.why));
  }

  public ofApi(manifest: Manifest): void {
    const { apiVersion, kind, body } = manifest;
    const group = groupOf(apiVersion);
    if (BUILT_IN_GROUPS.includes(group) || this.servedHere.has(`${group}/${kind}`)) { return; }
    const provider: Provider | undefined = PROVIDERS[group];
    const features = (CUSTOM_FEATURES[`${group}/${kind}`] ?? []).filter((feature) => feature.used(body));
    const floors = [provider?.floors[versionOf(apiVersion)], ...features.map((feature) => feature.floor)];
    const floor = floors.filter((text) => text !== undefined).sort(compareVersions).pop();
    const api: ApiNeed = {
      type: 'api',
      what: `${kind} of ${apiVersion}`,
      why: [provider?.name ?? `a controller that serves ${group}`, floor && `${floor} or newer`, ...features.map((feature) => `for ${feature.what}`)].filter(Boolean).join(', '),
      apiVersion,
      kind,
      floor,
      versionAnnotation: provider?.versionAnnotation,
      bodies: [body],
      usedBy: [titleOf(manifest)],
      source: provider?.source,
    };
    const earlier = this.found.get(`api ${api.what}`) as ApiNeed | undefined;
    const higher = earlier && compareVersions(earlier.floor ?? '0', floor ?? '0') > 0 ? earlier : api;
    this.found.set(`api ${api.what}`, { ...higher, bodies: [...earlier?.bodies ?? [], body], usedBy: [...earlier?.usedBy ?? [], titleOf(manifest)] });
    if (provider?.kubernetesFloor) {
      this.kubernetes({ what: provider.name, floor: provider.kubernetesFloor, source: provider.source, used: () => true }, manifest);
    }
  }

  public ofObject(manifest: Manifest): void {
    const { kind, body, namespace, apiVersion } = manifest;
    const builtIn = BUILT_IN_GROUPS.includes(groupOf(apiVersion));
    if (builtIn) { for (const feature of OBJECT_FEATURES[kind] ?? []) { if (feature.used(body)) { this.kubernetes(feature, manifest); } } }
    if (namespace && namespace !== 'default' && !namespace.startsWith('kube-')) { this.object('v1', 'Namespace', '', namespace, 'objects go there', manifest); }
    if (builtIn && kind === 'PersistentVolumeClaim') { this.claim(body.spec, manifest); }
    if (builtIn && kind === 'NetworkPolicy') {
      this.add('other network policies', { type: 'other', what: 'network plugin that enforces NetworkPolicies', why: 'without one they have no effect', usedBy: [] }, manifest);
    }
    for (const template of list(body.spec?.volumeClaimTemplates)) { this.claim(template.spec, manifest); }
    if (kind === 'HTTPRoute') { this.route(manifest); }
    if (kind === 'Gateway' && groupOf(apiVersion) === 'gateway.networking.k8s.io') {
      this.object(apiVersion, 'GatewayClass', '', body.spec?.gatewayClassName, 'the Gateway names it', manifest);
    }
    const nodeClass = kind === 'NodePool' ? body.spec?.template?.spec?.nodeClassRef : undefined;
    if (nodeClass) { this.object(`${nodeClass.group}/v1`, nodeClass.kind, '', nodeClass.name, 'the NodePool makes nodes from it', manifest); }
  }

  public ofPod(pod: any, manifest: Manifest): void {
    for (const feature of POD_FEATURES) { if (feature.used(pod)) { this.kubernetes(feature, manifest); } }
    const wanted = new Map<string, number>();
    for (const container of list(pod.containers)) {
      for (const [resource, amount] of Object.entries({ ...container.resources?.requests, ...container.resources?.limits })) {
        if (resource.includes('/') && !resource.startsWith('kubernetes.io/')) { wanted.set(resource, (wanted.get(resource) ?? 0) + Number(amount)); }
      }
    }
    for (const [resource, perPod] of wanted) { this.resource(resource, perPod, manifest); }
    const local = (kind: string, name: unknown, why: string, apiVersion = 'v1') => this.object(apiVersion, kind, manifest.namespace, name, why, manifest);
    for (const secret of list(pod.imagePullSecrets)) { local('Secret', secret.name, 'images are pulled with it'); }
    for (const container of [...list(pod.initContainers), ...list(pod.containers)]) {
      const references = [
        ...list(container.env).flatMap(({ valueFrom }) => [['Secret', valueFrom?.secretKeyRef], ['ConfigMap', valueFrom?.configMapKeyRef]] as const),
        ...list(container.envFrom).flatMap(({ secretRef, configMapRef }) => [['Secret', secretRef], ['ConfigMap', configMapRef]] as const),
      ];
      for (const [kind, reference] of references) {
        if (reference && !reference.optional) { local(kind, reference.name, reference.key ? `its key '${reference.key}' becomes an environment variable` : 'it becomes environment variables'); }
      }
    }
    for (const volume of list(pod.volumes)) {
      const sources = [volume, ...list(volume.projected?.sources)];
      for (const { secret, configMap, persistentVolumeClaim, ephemeral } of sources) {
        if (secret && !secret.optional) { local('Secret', secret.secretName ?? secret.name, 'it is mounted'); }
        if (configMap && !configMap.optional) { local('ConfigMap', configMap.name, 'it is mounted'); }
        if (persistentVolumeClaim) { local('PersistentVolumeClaim', persistentVolumeClaim.claimName, 'it is mounted'); }
        if (ephemeral) { this.claim(ephemeral.volumeClaimTemplate?.spec, manifest); }
      }
    }
    if (pod.serviceAccountName && pod.serviceAccountName !== 'default') { local('ServiceAccount', pod.serviceAccountName, 'pods run as it'); }
    if (pod.priorityClassName && !String(pod.priorityClassName).startsWith('system-')) {
      this.object('scheduling.k8s.io/v1', 'PriorityClass', '', pod.priorityClassName, 'pods have it', manifest);
    }
    if (pod.runtimeClassName) { this.object('node.k8s.io/v1', 'RuntimeClass', '', pod.runtimeClassName, 'pods run with it', manifest); }
  }

  private kubernetes(feature: Feature, manifest: Manifest): void {
    this.add(`kubernetes ${feature.what}`, {
      type: 'kubernetes',
      what: `Kubernetes ${feature.floor} or newer`,
      why: feature.what + (feature.gate ? ` (from ${feature.gate.since} with the feature gate ${feature.gate.name})` : ''),
      floor: feature.floor,
      gate: feature.gate,
      usedBy: [],
      source: feature.source,
    }, manifest);
  }

  private resource(resource: string, perPod: number, manifest: Manifest): void {
    const plugin = DEVICE_PLUGINS.find(({ pattern }) => pattern.test(resource));
    const id = `resource ${resource}`;
    const most = Math.max(perPod, (this.found.get(id) as ResourceNeed | undefined)?.perPod ?? 0);
    const usedBy = this.found.get(id)?.usedBy ?? [];
    this.found.set(id, {
      type: 'resource',
      what: `${resource}, ${most} on one node`,
      why: plugin?.name ?? 'whatever publishes this extended resource',
      resource,
      perPod: most,
      nodesAreMade: this.nodesAreMade,
      usedBy: [...new Set([...usedBy, titleOf(manifest)])],
      source: plugin?.source,
    });
  }

  private claim(spec: any, manifest: Manifest): void {
    const shared = Array.isArray(spec?.accessModes) && spec.accessModes.includes('ReadWriteMany');
    if (spec?.storageClassName) {
      this.object('storage.k8s.io/v1', 'StorageClass', '', spec.storageClassName, 'claims are filled from it', manifest);
    } else if (spec && spec.storageClassName === undefined && !spec.volumeName) {
      this.add('default-storage-class', { type: 'default-storage-class', what: 'default StorageClass', why: 'claims name none', usedBy: [] }, manifest);
    }
    if (shared) {
      const name = spec.storageClassName ? `StorageClass ${spec.storageClassName}` : 'default StorageClass';
      this.add(`other shared ${name}`, { type: 'other', what: `${name} offers ReadWriteMany`, why: 'pods on several nodes read the same claim', usedBy: [] }, manifest);
    }
  }

  private route(manifest: Manifest): void {
    const { body, namespace, apiVersion } = manifest;
    for (const parent of list(body.spec?.parentRefs)) {
      if ((parent.kind ?? 'Gateway') === 'Gateway') { this.object(apiVersion, 'Gateway', parent.namespace ?? namespace, parent.name, 'the route hangs on it', manifest); }
    }
    for (const backend of list(body.spec?.rules).flatMap((rule) => list(rule.backendRefs))) {
      if (!backend.group && (backend.kind ?? 'Service') === 'Service') { this.object('v1', 'Service', backend.namespace ?? namespace, backend.name, 'the route sends to it', manifest); }
    }
  }

  /** Notes an object that must exist, unless the folder has it. */
  private object(apiVersion: string, kind: string, namespace: string, name: unknown, why: string, manifest: Manifest): void {
    if (typeof name !== 'string' || !name) { return; }
    const home = CLUSTER_KINDS.includes(kind) ? '' : namespace;
    const id = key(groupOf(apiVersion), kind, home, name);
    if (this.given.has(id)) { return; }
    this.add(`object ${id} ${why}`, { type: 'object', what: titleOf({ kind, namespace: home, name }), why, apiVersion, kind, namespace: home, name, usedBy: [] }, manifest);
  }

  private add(id: string, need: Need, manifest: Manifest): void {
    const { usedBy } = this.found.get(id) ?? need;
    this.found.set(id, { ...need, usedBy: [...new Set([...usedBy, titleOf(manifest)])] });
  }
}

const key = (group: string, kind: string, namespace: string, name: string) => [group, kind, namespace, name].join('\n');
const compare = (a: string, b: string) => a < b ? -1 : a > b ? 1 : 0;

/** Compares `1.30` with `1.9`, and `v1.2.1` with `1.2`: number by number, what is absent counts as 0. */
export function compareVersions(a: string, b: string): number {
  const [left, right] = [a, b].map((text) => text.replace(/^v/, '').split(/[^\d]+/).map(Number));
  for (let i = 0; i < Math.max(left.length, right.length); i++) {
    const difference = (left[i] || 0) - (right[i] || 0);
    if (difference) { return difference; }
  }
  return 0;
}
