/** What stands behind the things that synthesized YAML may use. Facts of others, each with its source. */

/** Who serves a group of the Kubernetes API. */
export interface Provider {
  readonly name: string;
  /** Lowest version of the provider that serves these API versions. */
  readonly floors: { readonly [apiVersion: string]: string };
  /** Lowest Kubernetes version that the provider runs on. */
  readonly kubernetesFloor?: string;
  /** Annotation of its CRDs that carries its version. */
  readonly versionAnnotation?: string;
  readonly source: string;
}

/** Providers by API group. */
export const PROVIDERS: { readonly [group: string]: Provider } = {
  'gateway.networking.k8s.io': {
    name: 'Gateway API, and a controller that implements it (Envoy Gateway, Istio, a cloud\'s own)',
    floors: { v1: '1.0' },
    versionAnnotation: 'gateway.networking.k8s.io/bundle-version',
    source: 'https://gateway-api.sigs.k8s.io/concepts/versioning/',
  },
  'gateway.envoyproxy.io': { name: 'Envoy Gateway', floors: {}, source: 'https://gateway.envoyproxy.io/docs/install/' },
  'inference.networking.k8s.io': {
    name: 'Gateway API Inference Extension',
    floors: { v1: '1.0' },
    versionAnnotation: 'inference.networking.k8s.io/bundle-version',
    source: 'https://gateway-api-inference-extension.sigs.k8s.io/',
  },
  'leaderworkerset.x-k8s.io': {
    name: 'LeaderWorkerSet controller',
    floors: {},
    kubernetesFloor: '1.27', // 1.26 with a feature gate
    source: 'https://lws.sigs.k8s.io/docs/installation/',
  },
  'monitoring.coreos.com': { name: 'prometheus-operator', floors: {}, source: 'https://prometheus-operator.dev/docs/getting-started/installation/' },
  'karpenter.sh': { name: 'Karpenter', floors: { v1: '1.0' }, source: 'https://karpenter.sh/docs/upgrading/upgrade-guide/' },
  'karpenter.k8s.aws': { name: 'Karpenter for AWS', floors: { v1: '1.0' }, source: 'https://karpenter.sh/docs/upgrading/upgrade-guide/' },
  'keda.sh': { name: 'KEDA', floors: {}, source: 'https://keda.sh/docs/latest/deploy/' },
  'kueue.x-k8s.io': { name: 'Kueue', floors: {}, source: 'https://kueue.sigs.k8s.io/docs/installation/' },
  'argoproj.io': { name: 'Argo CD or Argo Rollouts', floors: {}, source: 'https://argoproj.github.io/' },
  'resource.nvidia.com': { name: 'NVIDIA DRA driver', floors: {}, source: 'https://github.com/kubernetes-sigs/dra-driver-nvidia-gpu' },
};

/** Groups that the API server itself serves. */
export const BUILT_IN_GROUPS: readonly string[] = [
  '', 'admissionregistration.k8s.io', 'apiextensions.k8s.io', 'apiregistration.k8s.io', 'apps', 'autoscaling', 'batch', 'certificates.k8s.io',
  'coordination.k8s.io', 'discovery.k8s.io', 'events.k8s.io', 'flowcontrol.apiserver.k8s.io', 'networking.k8s.io', 'node.k8s.io', 'policy',
  'rbac.authorization.k8s.io', 'resource.k8s.io', 'scheduling.k8s.io', 'storage.k8s.io',
];

/** Who publishes an extended resource. */
export interface DevicePlugin { readonly pattern: RegExp; readonly name: string; readonly source: string }

export const DEVICE_PLUGINS: readonly DevicePlugin[] = [
  { pattern: /^nvidia\.com\//, name: 'NVIDIA device plugin, or the GPU operator', source: 'https://github.com/NVIDIA/k8s-device-plugin' },
  { pattern: /^amd\.com\//, name: 'AMD GPU device plugin', source: 'https://github.com/ROCm/k8s-device-plugin' },
  { pattern: /^vpc\.amazonaws\.com\/efa$/, name: 'EFA device plugin', source: 'https://docs.aws.amazon.com/eks/latest/userguide/node-efa.html' },
  { pattern: /^rdma\//, name: 'RDMA shared device plugin', source: 'https://github.com/Mellanox/k8s-rdma-shared-dev-plugin' },
  { pattern: /^aws\.amazon\.com\/neuron/, name: 'Neuron device plugin', source: 'https://awsdocs-neuron.readthedocs-hosted.com/en/latest/containers/kubernetes-getting-started.html' },
  { pattern: /^habana\.ai\//, name: 'Gaudi device plugin', source: 'https://docs.habana.ai/en/latest/Installation_Guide/Additional_Installation/Kubernetes_Installation/index.html' },
  { pattern: /^google\.com\/tpu$/, name: "GKE's TPU device plugin", source: 'https://cloud.google.com/kubernetes-engine/docs/how-to/tpus' },
];

/** A part of an object that only newer clusters know; older ones drop it without a word. */
export interface Feature {
  readonly what: string;
  /** First version that has it on by default. */
  readonly floor: string;
  /** A feature gate that brings it earlier. */
  readonly gate?: { readonly name: string; readonly since: string };
  readonly source: string;
  readonly used: (value: any) => boolean;
}

const GATES = 'https://kubernetes.io/docs/reference/command-line-tools-reference/feature-gates/';
const list = (value: any): any[] => Array.isArray(value) ? value : [];
const containers = (pod: any) => [...list(pod.initContainers), ...list(pod.containers)];

/** Features of pods. */
export const POD_FEATURES: readonly Feature[] = [
  {
    what: 'lifecycle.preStop.sleep',
    floor: '1.30',
    gate: { name: 'PodLifecycleSleepAction', since: '1.29' },
    source: `${GATES}#PodLifecycleSleepAction`,
    used: (pod) => containers(pod).some((container) => container?.lifecycle?.preStop?.sleep || container?.lifecycle?.postStart?.sleep),
  },
  {
    what: 'image volumes',
    floor: '1.35',
    gate: { name: 'ImageVolume', since: '1.33' },
    source: `${GATES}#ImageVolume`,
    used: (pod) => list(pod.volumes).some((volume) => volume?.image),
  },
  {
    what: 'init containers that keep running',
    floor: '1.29',
    gate: { name: 'SidecarContainers', since: '1.28' },
    source: `${GATES}#SidecarContainers`,
    used: (pod) => list(pod.initContainers).some((container) => container?.restartPolicy === 'Always'),
  },
  {
    what: 'topologySpreadConstraints.matchLabelKeys',
    floor: '1.27',
    gate: { name: 'MatchLabelKeysInPodTopologySpread', since: '1.25' },
    source: `${GATES}#MatchLabelKeysInPodTopologySpread`,
    used: (pod) => list(pod.topologySpreadConstraints).some((constraint) => constraint?.matchLabelKeys),
  },
];

/** Features of the API server's own kinds, by kind. */
export const OBJECT_FEATURES: { readonly [kind: string]: readonly Feature[] } = {
  PodDisruptionBudget: [{
    what: 'unhealthyPodEvictionPolicy',
    floor: '1.27',
    gate: { name: 'PDBUnhealthyPodEvictionPolicy', since: '1.26' },
    source: `${GATES}#PDBUnhealthyPodEvictionPolicy`,
    used: (object) => object.spec?.unhealthyPodEvictionPolicy !== undefined,
  }],
  Job: [{
    what: 'podFailurePolicy',
    floor: '1.26',
    gate: { name: 'JobPodFailurePolicy', since: '1.25' },
    source: `${GATES}#JobPodFailurePolicy`,
    used: (object) => object.spec?.podFailurePolicy !== undefined,
  }],
};

/** Features of others' kinds, by group and kind; the floor is the provider's version. */
export const CUSTOM_FEATURES: { readonly [groupAndKind: string]: readonly Feature[] } = {
  'gateway.networking.k8s.io/HTTPRoute': [{
    what: 'rules.timeouts',
    floor: '1.2',
    source: 'https://kubernetes.io/blog/2024/11/21/gateway-api-v1-2/',
    used: (object) => list(object.spec?.rules).some((rule) => rule?.timeouts),
  }, {
    what: 'rules.filters.requestMirror.percent',
    floor: '1.3',
    source: 'https://kubernetes.io/blog/2025/06/02/gateway-api-v1-3/',
    used: (object) => list(object.spec?.rules).flatMap((rule) => list(rule?.filters)).some((filter) => filter?.requestMirror?.percent !== undefined),
  }],
};
