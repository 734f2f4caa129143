import { folder } from './folder';
import { readManifests } from '../../src/cli/manifests';
import { compareVersions, Need, needsOf } from '../../src/cli/needs';

const needs = (yaml: string): Need[] => needsOf(readManifests(folder({ 'all.yaml': yaml })));
const said = (yaml: string) => needs(yaml).map(({ what, why }) => `${what}: ${why}`);

const deployment = (pod: string, more = '') => `
apiVersion: apps/v1
kind: Deployment
metadata: { name: llama, namespace: chat }
spec:
  template:
    spec:
${pod.trimEnd().split('\n').map((line) => `      ${line}`).join('\n')}
---
apiVersion: v1
kind: Namespace
metadata: { name: chat }
${more}`;

describe('what a cluster must offer', () => {
  test('is nothing for plain objects', () => {
    expect(said(deployment('containers: [{ name: main, image: x }]'))).toEqual([]);
  });

  test.each([
    ['preStop.sleep', 'containers: [{ name: main, lifecycle: { preStop: { sleep: { seconds: 5 } } } }]',
      'Kubernetes 1.30 or newer: lifecycle.preStop.sleep (from 1.29 with the feature gate PodLifecycleSleepAction)'],
    ['image volumes', 'containers: [{ name: main }]\nvolumes: [{ name: w, image: { reference: a/b } }]',
      'Kubernetes 1.35 or newer: image volumes (from 1.33 with the feature gate ImageVolume)'],
    ['sidecars', 'containers: [{ name: main }]\ninitContainers: [{ name: side, restartPolicy: Always }]',
      'Kubernetes 1.29 or newer: init containers that keep running (from 1.28 with the feature gate SidecarContainers)'],
    ['spread by revision', 'containers: [{ name: main }]\ntopologySpreadConstraints: [{ maxSkew: 1, matchLabelKeys: [pod-template-hash] }]',
      'Kubernetes 1.27 or newer: topologySpreadConstraints.matchLabelKeys (from 1.25 with the feature gate MatchLabelKeysInPodTopologySpread)'],
    ['a pull secret', 'containers: [{ name: main }]\nimagePullSecrets: [{ name: registry }]', 'Secret chat/registry: images are pulled with it'],
    ['a key of a secret', 'containers: [{ name: main, env: [{ name: T, valueFrom: { secretKeyRef: { name: hub, key: token } } }] }]',
      "Secret chat/hub: its key 'token' becomes an environment variable"],
    ['a mounted secret', 'containers: [{ name: main }]\nvolumes: [{ name: s, secret: { secretName: tls } }]', 'Secret chat/tls: it is mounted'],
    ['a claim', 'containers: [{ name: main }]\nvolumes: [{ name: w, persistentVolumeClaim: { claimName: weights } }]', 'PersistentVolumeClaim chat/weights: it is mounted'],
    ['a service account', 'containers: [{ name: main }]\nserviceAccountName: llama', 'ServiceAccount chat/llama: pods run as it'],
    ['a priority class', 'containers: [{ name: main }]\npriorityClassName: serving', 'PriorityClass serving: pods have it'],
    ['GPUs', 'containers: [{ name: main, resources: { limits: { nvidia.com/gpu: 8, cpu: 4 } } }]', 'nvidia.com/gpu, 8 on one node: NVIDIA device plugin, or the GPU operator'],
    ['EFA', 'containers: [{ name: main, resources: { requests: { vpc.amazonaws.com/efa: "32" } } }]', 'vpc.amazonaws.com/efa, 32 on one node: EFA device plugin'],
    ['a device of somebody else', 'containers: [{ name: main, resources: { limits: { example.com/npu: 2 } } }]',
      'example.com/npu, 2 on one node: whatever publishes this extended resource'],
  ])('for %s', (_, pod, sentence) => { expect(said(deployment(pod))).toEqual([sentence]); });

  test('does not list what is optional', () => {
    expect(said(deployment('containers: [{ name: main, env: [{ name: T, valueFrom: { secretKeyRef: { name: hub, key: token, optional: true } } }] }]'))).toEqual([]);
  });

  test('does not list what the folder brings itself', () => {
    const secret = '---\napiVersion: v1\nkind: Secret\nmetadata: { name: registry, namespace: chat }\n';
    const elsewhere = secret.replace('namespace: chat', 'namespace: other');
    const pod = 'containers: [{ name: main }]\nimagePullSecrets: [{ name: registry }]';
    expect(said(deployment(pod, secret))).toEqual([]);
    expect(said(deployment(pod, elsewhere))).toEqual(['Namespace other: objects go there', 'Secret chat/registry: images are pulled with it']);
  });

  test('finds pods in a LeaderWorkerSet, and its controller', () => {
    expect(said(`
apiVersion: leaderworkerset.x-k8s.io/v1
kind: LeaderWorkerSet
metadata: { name: r1 }
spec:
  leaderWorkerTemplate:
    leaderTemplate: { spec: { containers: [{ name: main, resources: { limits: { nvidia.com/gpu: 4 } } }] } }
    workerTemplate: { spec: { containers: [{ name: main, resources: { limits: { nvidia.com/gpu: 8 } } }] } }
`)).toEqual([
      'Kubernetes 1.27 or newer: LeaderWorkerSet controller',
      'LeaderWorkerSet of leaderworkerset.x-k8s.io/v1: LeaderWorkerSet controller',
      'nvidia.com/gpu, 8 on one node: NVIDIA device plugin, or the GPU operator',
    ]);
  });

  test('raises the floor of the Gateway API for route timeouts, and asks for the Gateway', () => {
    const route = (name: string, rule: string) => `
apiVersion: gateway.networking.k8s.io/v1
kind: HTTPRoute
metadata: { name: ${name}, namespace: default }
spec: { parentRefs: [{ name: edge, namespace: infra }], rules: [${rule}] }
---`;
    expect(said(route('plain', '{ backendRefs: [{ name: llama, port: 80 }] }') + route('slow', '{ timeouts: { request: 300s } }'))).toEqual([
      "HTTPRoute of gateway.networking.k8s.io/v1: Gateway API, and a controller that implements it (Envoy Gateway, Istio, a cloud's own), 1.2 or newer, for rules.timeouts",
      'Gateway infra/edge: the route hangs on it',
      'Service default/llama: the route sends to it',
    ]);
  });

  test('asks for the class of a claim, or for a default one', () => {
    const claim = (spec: string) => `apiVersion: v1\nkind: PersistentVolumeClaim\nmetadata: { name: w }\nspec: ${spec}\n`;
    expect(said(claim('{ storageClassName: efs, accessModes: [ReadWriteMany] }'))).toEqual([
      'StorageClass efs: claims are filled from it',
      'StorageClass efs offers ReadWriteMany: pods on several nodes read the same claim',
    ]);
    expect(said(claim('{ accessModes: [ReadWriteOnce] }'))).toEqual(['default StorageClass: claims name none']);
    expect(said(claim('{ storageClassName: "" }'))).toEqual([]);
  });

  test('asks for the class of nodes that a Karpenter NodePool names', () => {
    expect(said(`
apiVersion: karpenter.sh/v1
kind: NodePool
metadata: { name: h100 }
spec: { template: { spec: { nodeClassRef: { group: karpenter.k8s.aws, kind: EC2NodeClass, name: gpu } } } }
`)).toEqual(['NodePool of karpenter.sh/v1: Karpenter, 1.0 or newer', 'EC2NodeClass gpu: the NodePool makes nodes from it']);
  });

  test('knows nothing of a foreign group but that it must be served', () => {
    expect(said('apiVersion: example.com/v2\nkind: Thing\nmetadata: { name: x }\n')).toEqual(['Thing of example.com/v2: a controller that serves example.com']);
  });

  test('counts each need once, with all who have it', () => {
    const budget = (name: string) => `apiVersion: policy/v1\nkind: PodDisruptionBudget\nmetadata: { name: ${name} }\nspec: { unhealthyPodEvictionPolicy: AlwaysAllow }\n---\n`;
    expect(needs(budget('a') + budget('b'))).toMatchObject([{ what: 'Kubernetes 1.27 or newer', usedBy: ['PodDisruptionBudget a', 'PodDisruptionBudget b'] }]);
  });

  test('every source is an address', () => {
    for (const need of needs(deployment('containers: [{ name: main, lifecycle: { preStop: { sleep: {} } }, resources: { limits: { nvidia.com/gpu: 1 } } }]'))) {
      expect(need.source).toMatch(/^https:\/\//);
    }
  });
});

describe('compareVersions', () => {
  test.each([['1.9', '1.30', -1], ['v1.2.1', '1.2', 1], ['1.2', '1.2.0', 0], ['v2', '1.9', 1]])('%s against %s', (a, b, sign) => {
    expect(Math.sign(compareVersions(a, b))).toBe(sign);
  });
});
