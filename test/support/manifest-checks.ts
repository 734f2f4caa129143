import { podTemplates, restrictedViolations } from './pod-security';

/** Names of things that the user said exist, and that no object of the app makes. */
export interface Existing {
  readonly claims?: string[];
  readonly serviceAccounts?: string[];
  readonly nodeClasses?: string[];
  /** Labels of pools whose nodes exist: pods that select all of one are at home there. */
  readonly nodes?: { readonly labels: { [key: string]: string }; readonly taints: { key: string; value?: string; effect: string }[] }[];
}

/** One sentence for each thing that is wrong with the objects of a whole app, taken together, before a cluster has seen them. */
export function problemsOf(emitted: any[], existing: Existing = {}): string[] {
  const objects = [...emitted, ...emitted.flatMap(madeInTheCluster)];
  return [
    ...objects.flatMap((object) => [...identityProblems(object), ...absentValues(object, titleOf(object))]),
    ...duplicates(objects),
    ...objects.flatMap((object) => podTemplates(object).flatMap((template) => [
      ...restrictedViolations(template).map((violation) => `${titleOf(object)}: ${violation}`),
      ...podProblems(template).map((problem) => `${titleOf(object)}: ${problem}`),
      ...referenceProblems(object, template, objects, existing).map((problem) => `${titleOf(object)}: ${problem}`),
      ...homeProblems(template, objects, existing).map((problem) => `${titleOf(object)}: ${problem}`),
    ])),
    ...objects.flatMap((object) => selectionProblems(object, objects).map((problem) => `${titleOf(object)}: ${problem}`)),
    ...objects.flatMap((object) => routeProblems(object, objects).map((problem) => `${titleOf(object)}: ${problem}`)),
  ];
}

/** What a rollout's runner makes from the rollout's spec. */
export function madeInTheCluster({ kind, data }: any): any[] {
  if (kind !== 'ConfigMap' || data.spec === undefined) { return []; }
  return JSON.parse(data.spec).gates.flatMap(({ job }: any) => job ?? []);
}

/** The pod that talks to the API server. */
const RUNNER = 'canary-runner';
/** Keys of ConfigMaps with programs, which hold what they like. */
const PROGRAM = /\.data\.(canary-runner|evaluate)\.js$/;

const DNS_LABEL = /^[a-z]([-a-z0-9]{0,61}[a-z0-9])?$/;
const DNS_NAME = /^(?=.{1,253}$)[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?(\.[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?)*$/;
const LABEL_KEY = /^((?=[^/]{1,253}\/)[a-z0-9]([-a-z0-9.]*[a-z0-9])?\/)?[A-Za-z0-9]([-A-Za-z0-9_.]{0,61}[A-Za-z0-9])?$/;
const LABEL_VALUE = /^([A-Za-z0-9]([-A-Za-z0-9_.]{0,61}[A-Za-z0-9])?)?$/;
const ENV_NAME = /^[-._a-zA-Z][-._a-zA-Z0-9]*$/;
const IMAGE = /^[a-z0-9][-a-z0-9._]*(:\d+)?(\/[a-z0-9][-a-z0-9._]*)*(:[A-Za-z0-9_][-A-Za-z0-9_.]{0,127})?(@sha256:[0-9a-f]{64})?$/;

/** Longest names: a workload's leaves room for the suffixes of controllers, a Job's and a Service's become labels. */
const LONGEST: { [kind: string]: number } = { Deployment: 39, LeaderWorkerSet: 39, Job: 63, Service: 63, NodePool: 63 };
const WORKLOADS = ['Deployment', 'LeaderWorkerSet', 'Job'];
/** Annotations are read by people and copied with every update; the API server takes 256 KiB of all of them. */
const LONGEST_ANNOTATION = 2000;

/** `Deployment chat/llama`. */
export function titleOf(object: any): string {
  return `${object.kind} ${object.metadata.namespace === undefined ? '' : `${object.metadata.namespace}/`}${object.metadata.name}`;
}

function identityProblems(object: any): string[] {
  const { name, namespace, labels = {}, annotations = {} } = object.metadata;
  const title = titleOf(object);
  const limit = LONGEST[object.kind] ?? 253;
  const dns = object.kind === 'Service' || WORKLOADS.includes(object.kind) ? DNS_LABEL : DNS_NAME;
  const templates = podTemplates(object);
  return [
    ...(typeof name === 'string' && dns.test(name) && name.length <= limit ? [] : [`${title}: the name is not legal`]),
    ...(namespace === undefined || DNS_NAME.test(namespace) ? [] : [`${title}: the namespace is not legal`]),
    ...[labels, ...templates.map(({ metadata }) => metadata?.labels ?? {})].flatMap(Object.entries)
      .filter(([key, value]) => !LABEL_KEY.test(key) || typeof value !== 'string' || !LABEL_VALUE.test(value))
      .map(([key, value]) => `${title}: the label ${key}: ${value} is not legal`),
    ...[annotations, ...templates.map(({ metadata }) => metadata?.annotations ?? {})].flatMap(Object.entries)
      .filter(([key, value]) => !LABEL_KEY.test(key) || typeof value !== 'string' || value.length > LONGEST_ANNOTATION)
      .map(([key, value]) => `${title}: the annotation ${key} of ${String(value).length} characters is not legal or too long`),
  ];
}

/** Values that no manifest should hold, wherever they stand. */
function absentValues(value: unknown, path: string): string[] {
  if (value === null || value === undefined) { return [`${path} is ${value}`]; }
  if (typeof value === 'number') { return Number.isFinite(value) ? [] : [`${path} is ${value}`]; }
  if (PROGRAM.test(path)) { return []; }
  if (typeof value === 'string') { return /\bNaN\b|\bundefined\b|\bInfinity\b|\[object /.test(value) ? [`${path} is '${value}'`] : []; }
  if (typeof value !== 'object') { return []; }
  return Object.entries(value).flatMap(([key, inner]) => absentValues(inner, `${path}.${key}`));
}

function duplicates(objects: any[]): string[] {
  const keys = objects.map((object) => [object.apiVersion.split('/').slice(0, -1).join('/'), titleOf(object)].join(' '));
  return [...new Set(keys.filter((key, i) => keys.indexOf(key) !== i))].map((key) => `${key.trim()} is there twice`);
}

function twice(noun: string, names: string[]): string[] {
  return [...new Set(names.filter((name, i) => names.indexOf(name) !== i))].map((name) => `the ${noun} '${name}' is there twice`);
}

/** What is wrong inside one pod. */
function podProblems({ metadata, spec }: { metadata?: any; spec: any }): string[] {
  const containers: any[] = [...spec.initContainers ?? [], ...spec.containers];
  const volumes: string[] = (spec.volumes ?? []).map(({ name }: any) => name);
  const mounted = containers.flatMap(({ volumeMounts = [] }) => volumeMounts.map(({ name }: any) => name));
  const spreads: any[] = [
    ...spec.topologySpreadConstraints ?? [],
    ...spec.affinity?.podAffinity?.requiredDuringSchedulingIgnoredDuringExecution ?? [],
  ];
  return [
    ...twice('container', containers.map(({ name }) => name)),
    ...twice('volume', volumes),
    ...volumes.filter((name) => !mounted.includes(name)).map((name) => `no container mounts the volume '${name}'`),
    ...spreads.filter(({ labelSelector }) => !matches(labelSelector.matchLabels, { ...metadata.labels, [WORKER_INDEX]: '0' }))
      .map(({ topologyKey }) => `the pod is not among those that it is placed with over ${topologyKey}`),
    ...containers.flatMap((container) => containerProblems(container, volumes).map((problem) => `container ${container.name}: ${problem}`)),
    ...(spec.automountServiceAccountToken === (metadata?.labels?.[COMPONENT] === RUNNER) ? [] : ['the token of the service account is mounted']),
  ];
}

function containerProblems(container: any, volumes: string[]): string[] {
  const { env = [], ports = [], volumeMounts = [], resources } = container;
  const paths: string[] = volumeMounts.map(({ mountPath }: any) => mountPath);
  const probes = [container.startupProbe, container.livenessProbe, container.readinessProbe].filter(Boolean);
  const names: string[] = env.map(({ name }: any) => name);
  const expanded = [...container.command ?? [], ...container.args ?? [], ...env.map(({ value }: any) => value ?? '')].flatMap(referencesIn);
  return [
    ...twice('variable', names),
    ...names.filter((name) => !ENV_NAME.test(name)).map((name) => `the variable '${name}' is not legal`),
    ...env.filter((variable: any) => (variable.value === undefined) === (variable.valueFrom === undefined)).map(({ name }: any) => `the variable '${name}' has not one value`),
    ...env.filter(({ value }: any) => value !== undefined && typeof value !== 'string').map(({ name }: any) => `the variable '${name}' is no text`),
    ...expanded.filter((name) => !names.includes(name) && !name.startsWith('LWS_')).map((name) => `$(${name}) refers to no variable`),
    ...twice('mount path', paths),
    ...volumeMounts.filter(({ name }: any) => !volumes.includes(name)).map(({ name }: any) => `it mounts the volume '${name}', which the pod does not have`),
    ...probes.filter(({ httpGet }) => !ports.some(({ name }: any) => name === httpGet.port)).map(({ httpGet }) => `a probe asks port '${httpGet.port}', which it does not have`),
    ...[...container.command ?? [], ...container.args ?? []].filter((arg) => typeof arg !== 'string').map((arg) => `the argument ${arg} is no text`),
    ...(IMAGE.test(container.image) ? [] : [`the image ${container.image} is not legal`]),
    ...amountProblems(resources),
  ];
}

/** Variables that the kubelet puts into a text: `$(NAME)`, but not `$$(NAME)`. */
function referencesIn(text: string): string[] {
  return [...text.matchAll(/\$\$|\$\(([-._a-zA-Z][-._a-zA-Z0-9]*)\)/g)].map(([, name]) => name).filter((name) => name !== undefined);
}

/** Requests above limits, and extended resources that are not asked for as the API wants it. */
function amountProblems({ requests = {}, limits = {} }: any): string[] {
  return [
    ...Object.keys(requests).filter((key) => limits[key] !== undefined && amount(requests[key]) > amount(limits[key])).map((key) => `it asks for more ${key} than its limit`),
    ...[...new Set([...Object.keys(requests), ...Object.keys(limits)])].filter((key) => key.includes('/') && !(Number.isInteger(limits[key]) && requests[key] === limits[key]))
      .map((key) => `it asks for ${requests[key]} and may have ${limits[key]} of ${key}`),
    ...Object.entries({ ...requests, ...limits }).filter(([, value]) => !(amount(value) > 0)).map(([key, value]) => `${value} is no amount of ${key}`),
  ];
}

const UNITS: { [unit: string]: number } = { '': 1, 'm': 1e-3, 'k': 1e3, 'M': 1e6, 'G': 1e9, 'T': 1e12, 'Ki': 2 ** 10, 'Mi': 2 ** 20, 'Gi': 2 ** 30, 'Ti': 2 ** 40 };

/** A quantity as a number; NaN if it is none. */
export function amount(quantity: unknown): number {
  const [, number, unit] = /^(\d+(?:\.\d+)?)(m|[kMGT]i?|Ki)?$/.exec(String(quantity)) ?? [];
  return number === undefined ? NaN : Number(number) * UNITS[unit ?? ''];
}

const COMPONENT = 'app.kubernetes.io/component';
const WORKER_INDEX = 'leaderworkerset.sigs.k8s.io/worker-index';

/** Pods as their controllers make them. */
interface Pod { readonly owner: any; readonly labels: { [key: string]: string }; readonly template: any; readonly serves: boolean }

function podsOf(object: any): Pod[] {
  const { spec } = object;
  if (object.kind === 'LeaderWorkerSet') {
    const { leaderTemplate, workerTemplate } = spec.leaderWorkerTemplate;
    return [
      { owner: object, labels: { ...leaderTemplate.metadata.labels, [WORKER_INDEX]: '0' }, template: leaderTemplate, serves: true },
      { owner: object, labels: { ...workerTemplate.metadata.labels, [WORKER_INDEX]: '1' }, template: workerTemplate, serves: false },
    ];
  }
  if (object.kind === 'Deployment') { return [{ owner: object, labels: spec.template.metadata.labels, template: spec.template, serves: true }]; }
  return podTemplates(object).map((template) => ({ owner: object, labels: template.metadata?.labels ?? {}, template, serves: false }));
}

function matches(selector: { [key: string]: string } | undefined, labels: { [key: string]: string }): boolean {
  return Object.entries(selector ?? {}).every(([key, value]) => labels[key] === value);
}

const neighbours = (object: any, objects: any[]) => objects.filter((other) => other.metadata.namespace === object.metadata.namespace);

/** What a pod names and nothing is. */
function referenceProblems(object: any, { spec }: { spec: any }, objects: any[], existing: Existing): string[] {
  const near = neighbours(object, objects);
  const named = (kind: string, name: string) => near.find((other) => other.kind === kind && other.metadata.name === name);
  const account = spec.serviceAccountName;
  return [
    ...(account === undefined || named('ServiceAccount', account) || existing.serviceAccounts?.includes(account) ? [] : [`there is no service account '${account}'`]),
    ...(spec.volumes ?? []).flatMap(({ name, persistentVolumeClaim: claim, configMap }: any) => [
      ...(!claim || named('PersistentVolumeClaim', claim.claimName) || existing.claims?.includes(claim.claimName) ? [] : [`there is no claim '${claim.claimName}'`]),
      ...(!configMap || named('ConfigMap', configMap.name) ? [] : [`there is no config map '${configMap.name}'`]),
      ...(configMap?.items ?? []).filter(({ key }: any) => named('ConfigMap', configMap.name)?.data[key] === undefined).map(({ key }: any) => `config map '${configMap.name}' has no '${key}'`),
      ...(configMap ? spec.containers : []).flatMap(({ volumeMounts = [] }: any) => volumeMounts)
        .filter((mount: any) => mount.name === name && mount.subPath !== undefined && !configMap.items.some((item: any) => item.path === mount.subPath))
        .map((mount: any) => `volume '${name}' has no file '${mount.subPath}'`),
    ]),
  ];
}

/** Nodes that the pods of a fleet could run on. */
function homeProblems({ spec }: { spec: any }, objects: any[], existing: Existing): string[] {
  const provisioned = objects.filter(({ kind }) => kind === 'NodePool').map((pool) => ({
    labels: pool.spec.template.metadata.labels, taints: pool.spec.template.spec.taints ?? [],
  }));
  if (!spec.nodeSelector) { return []; }
  const homes = [...provisioned, ...existing.nodes ?? []].filter(({ labels }) => matches(spec.nodeSelector, labels));
  const tolerated = (taint: any) => (spec.tolerations ?? []).some((toleration: any) => toleration.key === taint.key
    && (toleration.effect === undefined || toleration.effect === taint.effect)
    && (toleration.operator === 'Exists' || (toleration.value ?? '') === (taint.value ?? '')));
  return [
    ...(homes.length === 1 ? [] : [`its node selector finds ${homes.length} pools`]),
    ...homes.flatMap(({ taints }) => taints).filter((taint: any) => taint.effect !== 'PreferNoSchedule' && !tolerated(taint)).map((taint: any) => `it does not tolerate ${taint.key}`),
  ];
}

const same = (a: Pod[], b: Pod[]) => a.length === b.length && a.every((pod) => b.includes(pod));

/** Selectors that find too much, too little, or nothing. */
function selectionProblems(object: any, objects: any[]): string[] {
  const { kind, spec } = object;
  const pods = neighbours(object, objects).flatMap(podsOf);
  const selector = kind === 'Service' ? spec.selector : spec?.selector?.matchLabels ?? spec?.podSelector?.matchLabels;
  const found = pods.filter(({ labels }) => selector && matches(selector, labels));
  const owner = found[0]?.owner;
  const own = pods.filter((pod) => pod.owner === owner);
  const serving = own.filter(({ serves }) => serves);
  const portsOf = (pod: Pod) => pod.template.spec.containers.flatMap(({ ports = [] }: any) => ports);
  switch (kind) {
    case 'Service': return [
      ...(same(found, serving) ? [] : [`it selects ${found.length} kinds of pods, not just those that serve`]),
      ...spec.ports.filter(({ targetPort }: any) => !found.every((pod) => portsOf(pod).some(({ name }: any) => name === targetPort))).map(({ targetPort }: any) => `its pods have no port '${targetPort}'`),
    ];
    case 'PodMonitor': return [
      ...(same(found, serving) || (found.length === 1 && found[0].labels[COMPONENT] === RUNNER) ? [] : [`it selects ${found.length} kinds of pods, not just those that serve`]),
      ...spec.podMetricsEndpoints.filter(({ port }: any) => !found.every((pod) => portsOf(pod).some(({ name }: any) => name === port))).map(({ port }: any) => `its pods have no port '${port}'`),
      ...spec.podTargetLabels.filter((label: string) => !found.every(({ labels }) => labels[label] !== undefined)).map((label: string) => `its pods have no label '${label}'`),
    ];
    case 'PodDisruptionBudget': return found.length && same(found, own) ? [] : [`it selects ${found.length} kinds of pods, not those of one workload`];
    case 'NetworkPolicy': return found.length && found.every((pod) => pod.owner === owner) ? [] : [`it selects ${found.length} kinds of pods`];
    case 'Deployment': return same(found, own) && owner === object ? [] : [`it selects ${found.length} kinds of pods, not its own`];
    default: return [];
  }
}

/** Routes to nowhere. */
function routeProblems(object: any, objects: any[]): string[] {
  if (object.kind === 'NodePool') {
    const { name } = object.spec.template.spec.nodeClassRef;
    const made = objects.some(({ kind, metadata }) => kind === 'EC2NodeClass' && metadata.name === name);
    const own = objects.some(({ kind }) => kind === 'EC2NodeClass');
    return [
      ...(object.metadata.namespace === undefined ? [] : ['it is in a namespace']),
      ...(made || !own || name !== object.metadata.name ? [] : [`there is no node class '${name}'`]),
    ];
  }
  if (object.kind !== 'HTTPRoute') { return []; }
  const { namespace } = object.metadata;
  const refs: any[] = object.spec.rules.flatMap(({ backendRefs }: any) => backendRefs);
  return refs.flatMap((ref) => {
    const home = ref.namespace ?? namespace;
    const service = objects.find(({ kind, metadata }) => kind === 'Service' && metadata.name === ref.name && metadata.namespace === home);
    const granted = home === namespace || objects.some(({ kind, metadata, spec }) => kind === 'ReferenceGrant' && metadata.namespace === home
      && spec.from.some((from: any) => from.kind === 'HTTPRoute' && from.namespace === namespace)
      && spec.to.some((to: any) => to.kind === 'Service' && (to.name === undefined || to.name === ref.name)));
    return [
      ...(service ? [] : [`there is no service '${home}/${ref.name}'`]),
      ...(!service || service.spec.ports.some(({ port }: any) => port === ref.port) ? [] : [`service '${ref.name}' has no port ${ref.port}`]),
      ...(granted ? [] : [`nobody grants it the service '${home}/${ref.name}'`]),
    ];
  });
}
