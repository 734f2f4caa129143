import { ApiObject, App, Chart, Duration, JsonPatch, Testing } from 'cdk8s';
import * as kplus from 'cdk8s-plus-28';
import { Construct } from 'constructs';
import { Precision } from '../../src/catalog/precision';
import { EngineConfig, EngineContext } from '../../src/engines/engine';
import { fail } from '../../src/errors';
import { isDnsLabel } from '../../src/kube/names';
import { SizingRequest } from '../../src/sizing/questions';
import { fleet, groupedFleet, plan, planned, TestEngine, TestPool, TestWeights } from '../support/fleet';
import { podTemplates, restrictedViolations } from '../support/pod-security';
import { chart, render, sentence } from '../support/render';

const objectsOf = (it: { node: any }) => render(Chart.of(it as any));
const container = (it: { node: any }) => objectsOf(it).one('Deployment').spec.template.spec.containers[0];

describe('the workload', () => {
  test('a replica within a node becomes a Deployment', () => {
    const { apiVersion, spec } = objectsOf(fleet()).one('Deployment');
    const { template, ...rest } = spec;
    expect(apiVersion).toBe('apps/v1');
    expect(rest).toEqual({
      replicas: 2,
      selector: { matchLabels: { 'app.kubernetes.io/component': 'model-server', 'cdk8s-inference/fleet': fleet().workloadName } },
      strategy: { type: 'RollingUpdate', rollingUpdate: { maxSurge: 1, maxUnavailable: 0 } },
      progressDeadlineSeconds: 1260,
    });
  });

  test('a replica over two nodes becomes a LeaderWorkerSet without Ray', () => {
    const it = groupedFleet();
    const { apiVersion, spec } = objectsOf(it).one('LeaderWorkerSet');
    const { leaderTemplate, workerTemplate, ...group } = spec.leaderWorkerTemplate;
    expect(apiVersion).toBe('leaderworkerset.x-k8s.io/v1');
    expect({ ...spec, leaderWorkerTemplate: group }).toEqual({
      replicas: 2,
      startupPolicy: 'LeaderCreated',
      rolloutStrategy: { type: 'RollingUpdate', rollingUpdateConfiguration: { maxSurge: 1, maxUnavailable: 0 } },
      networkConfig: { subdomainPolicy: 'Shared' },
      leaderWorkerTemplate: { size: 2, restartPolicy: 'RecreateGroupOnPodRestart' },
    });
    expect([leaderTemplate, workerTemplate].map((t) => t.spec.containers[0].args)).toEqual([
      ['serve', '/weights/model'], ['serve', '/weights/model', '--headless'],
    ]);
    expect([it.workloadApiVersion, it.workloadKind, it.workloadName]).toEqual(['leaderworkerset.x-k8s.io/v1', 'LeaderWorkerSet', objectsOf(it).one('LeaderWorkerSet').metadata.name]);
  });

  test('only the leader of a group is probed; workers sleep while it drains', () => {
    const { leaderTemplate, workerTemplate } = objectsOf(groupedFleet()).one('LeaderWorkerSet').spec.leaderWorkerTemplate;
    const worker = workerTemplate.spec.containers[0];
    expect([worker.startupProbe, worker.livenessProbe, worker.readinessProbe, worker.ports]).toEqual([undefined, undefined, undefined, undefined]);
    // 15 s for the endpoints, then 48 s of drain
    expect(worker.lifecycle.preStop.sleep.seconds).toBe(63);
    expect(leaderTemplate.spec.containers[0].lifecycle.preStop.sleep.seconds).toBe(15);
    expect(workerTemplate.spec.terminationGracePeriodSeconds).toBe(leaderTemplate.spec.terminationGracePeriodSeconds);
  });

  test('the pods of a group stay in one zone', () => {
    const { leaderTemplate, workerTemplate } = objectsOf(groupedFleet()).one('LeaderWorkerSet').spec.leaderWorkerTemplate;
    const affinity = {
      podAffinity: {
        requiredDuringSchedulingIgnoredDuringExecution: [{
          topologyKey: 'topology.kubernetes.io/zone',
          labelSelector: { matchLabels: { 'app.kubernetes.io/component': 'model-server', 'cdk8s-inference/fleet': groupedFleet().workloadName } },
          matchLabelKeys: ['leaderworkerset.sigs.k8s.io/group-key'],
        }],
      },
    };
    expect([leaderTemplate.spec.affinity, workerTemplate.spec.affinity]).toEqual([affinity, affinity]);
  });

  test('an engine that can\'t run over nodes is refused', () => {
    expect(sentence(() => groupedFleet({ engine: new TestEngine({ workerArgs: undefined }) }))).toBe(
      '[chat/llama] engine \'test-engine\' can\'t run over several nodes but the plan\'s replicas span 2; use nodes with 16 GPUs, a smaller \'precision\', or another engine');
  });

  test('a replica that does not split evenly over its nodes is refused', () => {
    expect(sentence(() => fleet({ plan: { layout: { tensorParallel: 3, pipelineParallel: 3 } } }))).toBe(
      '[chat/llama] a replica of 9 GPUs does not split evenly over 2 nodes; state a \'layout\' whose GPUs are a multiple of the nodes');
  });

  test('a rollout starts with fewer replicas than planned, and not with more', () => {
    const it = fleet();
    it.runReplicas(0);
    expect(objectsOf(it).one('Deployment').spec.replicas).toBe(0);
    expect(sentence(() => it.runReplicas(3))).toBe('[chat/llama] \'replicas\' is 3 but must be a whole number from 0 to 2, the replicas of the plan');
  });

  test.each([['Deployment', fleet], ['LeaderWorkerSet', groupedFleet]])('a rollout that scales in the cluster leaves the replicas of a %s out', (kind, make) => {
    const it = make();
    it.releaseReplicas();
    expect(objectsOf(it).one(kind).spec).not.toHaveProperty('replicas');
  });

  test('who measures a fleet finds its labels, its scrapes and its longest start', () => {
    const it = fleet({ metadata: { namespace: 'chat' } });
    expect(it.metricLabels).toEqual({ namespace: 'chat', cdk8s_inference_fleet: it.workloadName });
    expect(objectsOf(it).one('PodMonitor').spec.podTargetLabels).toContain('cdk8s-inference/fleet'); // which Prometheus spells with underscores
    expect(it.scrapeInterval!.toSeconds()).toBe(15);
    expect(it.longestStartMillis).toBe(objectsOf(it).one('Deployment').spec.progressDeadlineSeconds * 1000);
    expect(fleet().metricLabels).toEqual({ cdk8s_inference_fleet: fleet().workloadName });
    expect(fleet({ monitoring: { interval: Duration.seconds(60) } }).scrapeInterval!.toSeconds()).toBe(60);
    expect(fleet({ monitoring: { enabled: false } }).scrapeInterval).toBeUndefined();
  });

  test('a reviewer reads every decision in annotations', () => {
    expect(objectsOf(fleet({ plan: { cost: { dollarsPerHour: 5, dollarsPerMillionOutputTokens: 1, dollarsPerMillionPromptTokens: 0.1, dollarsPerMillionCompletionTokens: 0.6 } } })).one('Deployment').metadata.annotations).toEqual({
      'cdk8s-inference/plan': '2 x (TP 1) on h100; bf16 weights, bf16 KV cache; 2 GPUs on 1 node; first token 300 ms (240 ms to 360 ms);'
        + ' per token 30 ms (24 ms to 36 ms); bound by memory-bandwidth, 50 % busy; $5.00 per hour',
      'cdk8s-inference/resources': 'CPU 6: 2 vCPUs for each of 3 processes; RAM 10Gi: processes 8Gi, /dev/shm 2Gi; disk 4352Mi: caches 4Gi, logs',
      'cdk8s-inference/rollout': 'new replica first: pool \'h100\' has no limit of GPUs',
      'cdk8s-inference/shutdown': '83 s: endpoint removal 15 s + drain 48 s (99 of 100 requests end within 48 s) + teardown 20 s',
      'cdk8s-inference/startup': '360 s: (start 120 s + load 16 s (16 GB at 1 GB/s) + warm up 100 s) x 1.5',
    });
  });
});

describe('the pod', () => {
  const spec = objectsOf(fleet()).one('Deployment').spec.template.spec;

  test('keeps Pod Security restricted in every form', () => {
    for (const it of [fleet(), groupedFleet(), groupedFleet({ poolAttributes: { rdmaResources: { 'rdma/hca': 8 } } })]) {
      const found = podTemplates(objectsOf(it).objects);
      expect(found.length).toBeGreaterThan(0);
      expect(found.flatMap(restrictedViolations)).toEqual([]);
    }
  });

  test('runs as the engine\'s numeric user, who owns its volumes', () => {
    expect(spec.securityContext).toEqual({
      runAsNonRoot: true, runAsUser: 2000, runAsGroup: 2000, fsGroup: 2000, fsGroupChangePolicy: 'OnRootMismatch', seccompProfile: { type: 'RuntimeDefault' },
    });
  });

  test('carries no token and no variables of Services', () => {
    expect([spec.automountServiceAccountToken, spec.enableServiceLinks]).toEqual([false, false]);
  });

  test('has a read-only root with a private volume for each writable path', () => {
    expect(spec.containers[0].securityContext).toEqual({
      allowPrivilegeEscalation: false, readOnlyRootFilesystem: true, runAsNonRoot: true, capabilities: { drop: ['ALL'] }, seccompProfile: { type: 'RuntimeDefault' },
    });
    expect(spec.volumes).toEqual([
      { name: 'shm', emptyDir: { medium: 'Memory', sizeLimit: '2Gi' } },
      { name: 'scratch-0', emptyDir: { sizeLimit: '4Gi' } },
      { name: 'scratch-1', emptyDir: { sizeLimit: '4Gi' } },
      { name: 'weights', persistentVolumeClaim: { claimName: 'weights', readOnly: true } },
    ]);
    expect(spec.containers[0].volumeMounts).toEqual([
      { name: 'shm', mountPath: '/dev/shm' },
      { name: 'scratch-0', mountPath: '/tmp' },
      { name: 'scratch-1', mountPath: '/cache' },
      { name: 'weights', mountPath: '/weights', readOnly: true },
    ]);
  });

  test('asks for GPUs as a number, the same in requests and limits', () => {
    expect(spec.containers[0].resources).toEqual({
      requests: { 'cpu': '6', 'memory': '10Gi', 'ephemeral-storage': '4352Mi', 'nvidia.com/gpu': 1 },
      limits: { 'memory': '10Gi', 'ephemeral-storage': '4352Mi', 'nvidia.com/gpu': 1 },
    });
  });

  test('gives the engine what it keeps on the host, in RAM and in /dev/shm', () => {
    const GIB = 2 ** 30;
    const of = (bytes: object) => objectsOf(fleet({ engine: new TestEngine(bytes) })).one('Deployment').spec.template.spec;
    const shared = of({ hostMemoryBytes: 64 * GIB, sharedMemoryBytes: 64 * GIB });
    expect([shared.containers[0].resources.limits.memory, shared.volumes[0].emptyDir.sizeLimit]).toEqual(['74Gi', '66Gi']);
    const own = of({ hostMemoryBytes: 64 * GIB });
    expect([own.containers[0].resources.limits.memory, own.volumes[0].emptyDir.sizeLimit]).toEqual(['74Gi', '2Gi']);
  });

  test('asks for its share of the node\'s RDMA devices in a group, unless the user opts out', () => {
    const poolAttributes = { rdmaResources: { 'vpc.amazonaws.com/efa': 32, 'rdma/hca': 4 } };
    const leader = (it: any) => objectsOf(it).one('LeaderWorkerSet').spec.leaderWorkerTemplate.leaderTemplate.spec.containers[0];
    const amounts = { 'nvidia.com/gpu': 8, 'rdma/hca': 4, 'vpc.amazonaws.com/efa': 32 };
    expect(leader(groupedFleet({ poolAttributes })).resources.limits).toMatchObject(amounts);
    expect(leader(groupedFleet({ poolAttributes })).env).toEqual([
      { name: 'FI_PROVIDER', value: 'efa' }, { name: 'HF_HUB_OFFLINE', value: '1' }, { name: 'NCCL_DEBUG', value: 'WARN' }, { name: 'NCCL_NET', value: 'IB' },
    ]);
    expect(Object.keys(leader(groupedFleet({ poolAttributes, network: { rdma: false } })).resources.limits)).toEqual(['ephemeral-storage', 'memory', 'nvidia.com/gpu']);
    expect(Object.keys(container(fleet({ poolAttributes })).resources.limits)).toEqual(['ephemeral-storage', 'memory', 'nvidia.com/gpu']);
  });

  test('lands on the pool\'s nodes', () => {
    const taints = [{ key: 'gpu', effect: 'NoSchedule' }, { key: 'team', value: 'chat', effect: 'NoExecute' }, { key: 'nvidia.com/gpu', value: 'present', effect: 'NoSchedule' }];
    const { nodeSelector, tolerations } = objectsOf(fleet({ poolAttributes: { nodeLabels: { z: '1', a: '2' }, taints } })).one('Deployment').spec.template.spec;
    expect(nodeSelector).toEqual({ a: '2', z: '1' });
    expect(tolerations).toEqual([
      { key: 'gpu', operator: 'Exists', effect: 'NoSchedule' },
      { key: 'nvidia.com/gpu', operator: 'Exists', effect: 'NoSchedule' },
      { key: 'team', operator: 'Equal', value: 'chat', effect: 'NoExecute' },
    ]);
  });

  test('probes start-up and readiness by what answers once the model serves, and life by health', () => {
    const { startupProbe, livenessProbe, readinessProbe } = spec.containers[0];
    expect([startupProbe, livenessProbe, readinessProbe]).toEqual([
      { httpGet: { path: '/v1/models', port: 'http' }, periodSeconds: 10, timeoutSeconds: 5, failureThreshold: 36 },
      { httpGet: { path: '/health', port: 'http' }, periodSeconds: 10, timeoutSeconds: 5, failureThreshold: 6 },
      { httpGet: { path: '/v1/models', port: 'http' }, periodSeconds: 10, timeoutSeconds: 5, failureThreshold: 3 },
    ]);
  });

  test('waits, mounts and identifies itself as the weights ask', () => {
    const wait = { name: 'wait', image: 'i', resources: { requests: {}, limits: {} }, securityContext: { allowPrivilegeEscalation: false, readOnlyRootFilesystem: true, capabilities: { drop: ['ALL'] } } };
    const it = fleet({ weights: new TestWeights({ initContainers: [wait], podLabels: { 'azure.workload.identity/use': 'true' } }) });
    const { metadata, spec: pod } = objectsOf(it).one('Deployment').spec.template;
    expect(pod.initContainers).toEqual([wait]);
    expect(metadata.labels).toMatchObject({ 'azure.workload.identity/use': 'true', 'cdk8s-inference/fleet': it.workloadName });
  });

  test('reads the engine\'s files from a ConfigMap whose name follows their contents', () => {
    const withFile = (text: string) => objectsOf(fleet({ engine: new TestEngine({ files: { '/etc/engine/chat.jinja': text } }) }));
    const [a, b] = [withFile('a'), withFile('b')];
    expect(a.one('ConfigMap')).toMatchObject({ immutable: true, data: { 'file-0': 'a' } });
    expect(a.one('ConfigMap').metadata.name).not.toBe(b.one('ConfigMap').metadata.name);
    const pod = a.one('Deployment').spec.template.spec;
    expect(pod.volumes.find(({ name }: any) => name === 'files')).toEqual({
      name: 'files', configMap: { name: a.one('ConfigMap').metadata.name, defaultMode: 0o444, items: [{ key: 'file-0', path: 'file-0' }] },
    });
    expect(pod.containers[0].volumeMounts.find(({ name }: any) => name === 'files')).toEqual({
      name: 'files', mountPath: '/etc/engine/chat.jinja', subPath: 'file-0', readOnly: true,
    });
  });

  test('is given the loader\'s arguments unless the engine has set that flag', () => {
    const weights = new TestWeights({ loaderArgs: ['--loader-config', '{}', '--threads=4'] });
    expect(container(fleet({ weights })).args).toEqual(['serve', '/weights/model', '--loader-config', '{}', '--threads=4']);
    expect(container(fleet({ weights, engine: new TestEngine({ args: ['--loader-config', 'mine'] }) })).args).toEqual(['--loader-config', 'mine', '--threads=4']);
  });

  test('writes no empty list, which the API server would drop', () => {
    const { command, args } = container(fleet({ engine: new TestEngine({ command: [], args: [] }) }));
    expect({ command, args }).toEqual({});
  });
});

describe('environment variables', () => {
  const env = (it: any) => container(it).env;

  test('the user\'s wins over the engine\'s, which wins over the weights\'', () => {
    const it = fleet({ engine: new TestEngine({ env: { B: kplus.EnvValue.fromValue('engine'), HF_HUB_OFFLINE: kplus.EnvValue.fromValue('0') } }) });
    it.addEnv('B', kplus.EnvValue.fromValue('user'));
    expect(env(it)).toEqual([{ name: 'B', value: 'user' }, { name: 'HF_HUB_OFFLINE', value: '0' }]);
  });

  test('the order in which they are given does not matter, and those that refer to others come last', () => {
    const values = { C: '1', A: '$(C)', B: '2' };
    const of = (names: (keyof typeof values)[]) => env(fleet({
      engine: new TestEngine({ env: Object.fromEntries(names.map((name) => [name, kplus.EnvValue.fromValue(values[name])])) }),
    })).map(({ name }: any) => name);
    expect(of(['A', 'B', 'C'])).toEqual(['B', 'C', 'HF_HUB_OFFLINE', 'A']);
    expect(of(['C', 'B', 'A'])).toEqual(['B', 'C', 'HF_HUB_OFFLINE', 'A']);
  });

  test('a secret stays a reference', () => {
    const it = fleet();
    const secret = kplus.Secret.fromSecretName(Chart.of(it), 'Key', 'api-key');
    it.addEnv('VLLM_API_KEY', kplus.EnvValue.fromSecretValue({ secret, key: 'key' }));
    expect(env(it)).toContainEqual({ name: 'VLLM_API_KEY', valueFrom: { secretKeyRef: { name: 'api-key', key: 'key' } } });
  });

  test('a name that is not legal, or is added twice, is refused', () => {
    const it = fleet();
    it.addEnv('A', kplus.EnvValue.fromValue(''));
    expect(sentence(() => it.addEnv('A', kplus.EnvValue.fromValue('2')))).toBe('[chat/llama] the environment variable \'A\' was added before; add it once');
    expect(sentence(() => it.addEnv('A B', kplus.EnvValue.fromValue('2')))).toBe(
      '[chat/llama] the environment variable \'A B\' must be named with letters, digits and \'_\', and not begin with a digit');
    expect(sentence(() => it.addEnv('C', undefined as any))).toBe('[chat/llama] the environment variable \'C\' has no value; give it one with EnvValue');
  });

  test('one that the engine reserves, or a secret in clear text, is refused', () => {
    class Reserving extends TestEngine {
      public get reservedVariables() { return { ENGINE_PORT: 'moves the port; leave it out' }; }
    }
    const it = fleet({ engine: new Reserving() });
    expect(sentence(() => it.addEnv('ENGINE_PORT', kplus.EnvValue.fromValue('2')))).toBe('[chat/llama] the environment variable \'ENGINE_PORT\' moves the port; leave it out');
    expect(sentence(() => it.addEnv('MY_TOKEN', kplus.EnvValue.fromValue('2')))).toBe(
      '[chat/llama] the environment variable \'MY_TOKEN\' would stand in the manifest in clear text; use EnvValue.fromSecretValue');
    it.addEnv('toString', kplus.EnvValue.fromValue('2'));
  });
});

describe('the objects beside the workload', () => {
  test('the Service selects exactly the serving pods', () => {
    const it = fleet();
    const { metadata, spec } = objectsOf(it).one('Service');
    expect(metadata.name).toBe(it.serviceName);
    expect(spec).toEqual({
      type: 'ClusterIP',
      selector: { 'app.kubernetes.io/component': 'model-server', 'cdk8s-inference/fleet': it.workloadName },
      ports: [{ name: 'http', port: 8000, targetPort: 'http', protocol: 'TCP' }],
    });
  });

  test('the Service of groups selects leaders only, and leaves the workload\'s name to LeaderWorkerSet\'s own Service', () => {
    const it = groupedFleet();
    expect(objectsOf(it).one('Service').spec.selector).toEqual({
      'app.kubernetes.io/component': 'model-server', 'cdk8s-inference/fleet': it.workloadName, 'leaderworkerset.sigs.k8s.io/worker-index': '0',
    });
    expect(it.serviceName).not.toBe(it.workloadName);
  });

  test.each([['a Deployment', fleet], ['groups', groupedFleet]])('the disruption budget of %s covers all pods, one at a time', (_what, make) => {
    const it = make();
    expect(objectsOf(it).one('PodDisruptionBudget').spec).toEqual({
      maxUnavailable: 1,
      unhealthyPodEvictionPolicy: 'AlwaysAllow',
      selector: { matchLabels: { 'app.kubernetes.io/component': 'model-server', 'cdk8s-inference/fleet': it.workloadName } },
    });
  });

  test('the ServiceAccount has no token and knows the pull secrets', () => {
    const scope = chart();
    const it = fleet({ in: scope, images: { pullSecrets: [kplus.Secret.fromSecretName(scope, 'Pull', 'registry')] } });
    const { metadata, automountServiceAccountToken, imagePullSecrets } = objectsOf(it).one('ServiceAccount');
    expect({ automountServiceAccountToken, imagePullSecrets }).toEqual({ automountServiceAccountToken: false, imagePullSecrets: [{ name: 'registry' }] });
    const pod = objectsOf(it).one('Deployment').spec.template.spec;
    expect([pod.serviceAccountName, pod.imagePullSecrets]).toEqual([metadata.name, [{ name: 'registry' }]]);
  });

  test('the user\'s ServiceAccount stands in for the fleet\'s own', () => {
    const scope = chart();
    const it = fleet({ in: scope, security: { serviceAccount: kplus.ServiceAccount.fromServiceAccountName(scope, 'Account', 'models') } });
    expect(objectsOf(it).all('ServiceAccount')).toEqual([]);
    expect(objectsOf(it).one('Deployment').spec.template.spec.serviceAccountName).toBe('models');
  });

  test('a PodMonitor finds the pods that serve and gives their metrics the fleet\'s labels', () => {
    const it = groupedFleet({ ownership: { team: 'chat' }, monitoring: { interval: Duration.seconds(5), labels: { release: 'prometheus' } } });
    const { metadata, spec } = objectsOf(it).one('PodMonitor');
    expect(metadata.labels.release).toBe('prometheus');
    expect(spec).toEqual({
      selector: { matchLabels: it.podLabels },
      podTargetLabels: ['cdk8s-inference/fleet', 'cdk8s-inference/model', 'cdk8s-inference/team'],
      podMetricsEndpoints: [{ port: 'http', path: '/metrics', interval: '5s', scrapeTimeout: '5s' }],
    });
  });

  test('without monitoring there is no PodMonitor and no hole for Prometheus', () => {
    const objects = objectsOf(fleet({ monitoring: { enabled: false } }));
    expect(objects.all('PodMonitor')).toEqual([]);
    expect(objects.all('NetworkPolicy').map(({ spec }: any) => [spec.policyTypes.includes('Ingress'), spec.ingress])).toEqual([[true, undefined], [true, undefined]]);
  });
});

describe('names and labels', () => {
  test.each([['an emoji', '🦙'], ['500 characters', 'x'.repeat(500)], ['another script', '拉玛'], ['a shell', '$(reboot); "\''], ['a number', '1']])(
    'every object of a fleet has a legal name, whatever its id: %s', (_what, id) => {
      for (const make of [fleet, groupedFleet]) {
        const it = make({ in: chart('ns'), id, ownership: { team: id, costCenter: id }, engine: new TestEngine({ files: { '/a': 'b' } }) });
        for (const object of objectsOf(it).objects) {
          expect(isDnsLabel(object.metadata.name)).toBe(true);
          expect(Object.values(object.metadata.labels).filter((value) => !/^([A-Za-z0-9]([-A-Za-z0-9_.]{0,61}[A-Za-z0-9])?)?$/.test(String(value)))).toEqual([]);
        }
        expect(it.workloadName.length).toBeLessThanOrEqual(39);
      }
    });

  test('what stands beside a fleet changes none of its objects', () => {
    const alone = fleet();
    const scope = chart();
    fleet({ in: scope, id: 'before' });
    const beside = fleet({ in: scope });
    fleet({ in: scope, id: 'after' });
    const own = objectsOf(beside).objects.filter(({ metadata }) => metadata.labels['cdk8s-inference/fleet'] === beside.workloadName);
    expect(own).toEqual(objectsOf(alone).objects);
  });

  test('every object carries the recommended labels, the model and who pays', () => {
    const it = fleet({ ownership: { team: 'chat & search', costCenter: 'cc-1' }, metadata: { labels: { tier: 'gold' } } });
    for (const { metadata } of objectsOf(it).objects) {
      expect(metadata.labels).toEqual({
        'app.kubernetes.io/name': 'test-engine',
        'app.kubernetes.io/instance': it.workloadName,
        'app.kubernetes.io/component': 'model-server',
        'app.kubernetes.io/part-of': 'chat',
        'app.kubernetes.io/managed-by': 'cdk8s-inference',
        'app.kubernetes.io/version': '1.2.3',
        'cdk8s-inference/fleet': it.workloadName,
        'cdk8s-inference/model': expect.stringMatching(/^example-Llama-8B-[0-9a-f]{8}$/),
        'cdk8s-inference/team': expect.stringMatching(/^chat-search-[0-9a-f]{8}$/),
        'cdk8s-inference/cost-center': 'cc-1',
        'tier': 'gold',
      });
    }
  });

  test('the weights\' objects carry the fleet\'s labels but are not selected with its pods', () => {
    const weights = new TestWeights();
    const it = fleet({ weights });
    expect(weights.context!.labels).toMatchObject({ 'cdk8s-inference/fleet': it.workloadName, 'app.kubernetes.io/component': 'model-weights' });
  });

  test('a new version of the engine leaves the selector alone', () => {
    class Newer extends TestEngine { public readonly version = '2.0.0'; }
    const selector = (it: any) => objectsOf(it).one('Deployment').spec.selector;
    expect(selector(fleet({ engine: new Newer() }))).toEqual(selector(fleet()));
  });

  test('the user names workload and namespace', () => {
    const it = fleet({ metadata: { name: 'llama', namespace: 'models', annotations: { note: 'a' } } });
    expect(objectsOf(it).objects.map(({ metadata }) => `${metadata.namespace}/${metadata.name}`)).toEqual([
      'models/llama-server', 'models/llama', 'models/llama-api', 'models/llama-pdb', 'models/llama-isolation', 'models/llama-serving', 'models/llama-metrics',
    ]);
    expect(objectsOf(it).one('Deployment').metadata.annotations.note).toBe('a');
    expect(objectsOf(it).one('Deployment').spec.template.metadata.annotations).toEqual({ note: 'a' });
    expect(it.namespaceName).toBe('models');
  });

  test('without a namespace of its own a fleet is in its chart\'s', () => {
    const it = fleet({ in: chart('inference') });
    expect(it.namespaceName).toBe('inference');
    expect(objectsOf(it).objects.map(({ metadata }) => metadata.namespace)).toEqual(Array(7).fill('inference'));
  });

  test.each([
    [{ name: 'Llama' }, '\'metadata.name\' is \'Llama\' but must be up to 39 lower-case letters, digits and \'-\', from a letter to a letter or digit'],
    [{ name: 'a'.repeat(40) }, `'metadata.name' is '${'a'.repeat(40)}' but must be up to 39 lower-case letters, digits and '-', from a letter to a letter or digit`],
    [{ namespace: 'a_b' }, '\'metadata.namespace\' is \'a_b\' but must be up to 63 lower-case letters, digits and \'-\', from a letter or digit to a letter or digit'],
    [{ labels: { 'app.kubernetes.io/component': 'web' } }, '\'metadata\' sets \'app.kubernetes.io/component\', which the fleet sets itself because its objects find each other by it; use another key'],
    [{ labels: { 'cdk8s-inference/fleet': 'x' } }, '\'metadata\' sets \'cdk8s-inference/fleet\', which the fleet sets itself because its objects find each other by it; use another key'],
    [{ labels: { 'cdk8s-inference/team': 'x' } }, '\'metadata\' sets \'cdk8s-inference/team\', which the fleet sets itself because its objects find each other by it; use another key, or \'ownership\''],
    [{ labels: { tier: 'a b' } }, '\'metadata\': the value of label \'tier\' is not a legal one (up to 63 letters, digits, \'-\', \'_\' and \'.\', with a letter or digit at both ends)'],
  ])('fails when metadata is %p', (metadata, message) => {
    expect(sentence(() => fleet({ metadata }))).toBe(`[chat/llama] ${message}`);
  });
});

describe('what the fleet hands on', () => {
  test('the sizing is asked for the user\'s model, pools and precisions', () => {
    const asked: Partial<SizingRequest>[] = [];
    const scope = chart();
    const pool = new TestPool(scope, 'pool', { maxGpus: 32, dollarsPerGpuHour: 3, networkBytesPerSecond: 400e9 });
    const engine = new TestEngine();
    const precisions = { precision: Precision.FP8, kvCachePrecision: Precision.FP8 };
    const it = fleet({ in: scope, pools: [pool], capacity: planned(plan(), asked), ...precisions, engine });
    expect(asked).toEqual([{
      model: it.plan.model,
      pools: [{ accelerator: pool.accelerator, name: 'h100', gpusPerNode: 8, maxGpus: 32, dollarsPerGpuHour: 3, interNodeBytesPerSecond: 50e9 }],
      precision: Precision.FP8,
      kvCachePrecision: Precision.FP8,
      engine: { name: 'vllm' },
    }]);
  });

  test('the engine is vLLM unless another is named', () => {
    const asked: Partial<SizingRequest>[] = [];
    try { fleet({ engine: undefined, capacity: planned(plan(), asked) }); } catch { /* whether it runs the plan is vLLM's own matter */ }
    expect(asked.map(({ engine }) => engine!.name)).toEqual(['vllm']);
  });

  test('with several pools the fleet runs on the one that the plan chose', () => {
    const scope = chart();
    const pools = ['a', 'h100', 'b'].map((poolName) => new TestPool(scope, poolName, { poolName }));
    const it = fleet({ in: scope, pools, capacity: planned(plan()) });
    expect(it.pool).toBe(pools[1]);
  });

  test('the engine is told the plan, the weights\' path and the drain', () => {
    const engine = new TestEngine();
    const it = fleet({ engine, servedModelName: 'llama', weights: new TestWeights({ loadFormat: 'streamer' }), timeouts: { drain: Duration.minutes(2) } });
    expect(engine.context).toEqual({ plan: it.plan, modelPath: '/weights/model', servedModelName: 'llama', loadFormat: 'streamer', drainSeconds: 120 });
    expect(fleet().servedModelName).toBe('example/Llama-8B');
  });

  test('the weights are told whether pods on several nodes read them', () => {
    const shared = (make: typeof fleet, replicas: number) => {
      const weights = new TestWeights();
      make({ weights, plan: { replicas } });
      return weights.context!.sharedByNodes;
    };
    expect([shared(fleet, 1), shared(fleet, 2), shared(groupedFleet, 1)]).toEqual([false, true, true]);
  });

  test('images come from the mirror', () => {
    const weights = new TestWeights();
    const it = fleet({ weights, images: { mirror: 'registry.example.com/mirror' } });
    expect(container(it).image).toBe('registry.example.com/mirror/org/engine:1');
    expect(weights.context!.image('python:3')).toBe('registry.example.com/mirror/python:3');
  });

  test('all assumptions are in one list, of which the caller gets a copy', () => {
    const it = fleet();
    it.notes.pop();
    expect(it.notes).toEqual([
      'an assumption of the plan', 'a note of the weights', 'a note of the engine',
      'pool \'h100\' does not state its allocatable memory: pods ask for what the engine\'s processes need, and none for the page cache of the weights',
    ]);
  });

  test('the longest request fills the whole context', () => {
    // 8,192 tokens at 48 ms and 480 ms to the first
    expect(fleet().longestRequestMillis).toBe(8192 * 48 + 480);
  });

  test('cdk8s-plus takes a fleet as a peer of its network policies', () => {
    const scope = chart();
    const it = fleet({ in: scope });
    const app = new kplus.Pod(scope, 'App', { containers: [{ image: 'app' }] });
    app.connections.allowTo(it);
    const policies = objectsOf(it).all('NetworkPolicy').map(({ spec }: any) => spec);
    expect(policies).toContainEqual(expect.objectContaining({ egress: [{ ports: [], to: [{ podSelector: { matchLabels: it.podLabels } }] }] }));
    expect(policies).toContainEqual(expect.objectContaining({ podSelector: { matchLabels: it.podLabels }, ingress: [expect.anything()] }));
  });

  test('a plan that can\'t be is the sizing\'s sentence, with the fleet\'s path', () => {
    const capacity = { _solve: () => ({ problem: 'no layout serves 40 requests/s' }) } as any;
    expect(sentence(() => fleet({ capacity }))).toBe('[chat/llama] no layout serves 40 requests/s');
  });
});

describe('opting out', () => {
  test('a writable root is named in an annotation', () => {
    const deployment = objectsOf(fleet({ security: { writableRootFilesystem: true } })).one('Deployment');
    expect(deployment.metadata.annotations['cdk8s-inference/security-opt-outs']).toBe('security.writableRootFilesystem');
    expect(deployment.spec.template.spec.containers[0].securityContext.readOnlyRootFilesystem).toBe(false);
  });

  test('locked memory for root leaves Pod Security restricted, and says so', () => {
    const deployment = objectsOf(fleet({ security: { rootWithLockedMemory: true } })).one('Deployment');
    expect(deployment.metadata.annotations['cdk8s-inference/security-opt-outs']).toBe('security.rootWithLockedMemory');
    expect(restrictedViolations(deployment.spec.template)).toEqual([
      'container engine may run as root', 'container engine runs as user 0', 'container engine adds capabilities',
    ]);
    // What waits for the weights stays what it was.
    expect(deployment.spec.template.spec.securityContext).toMatchObject({ runAsNonRoot: true, runAsUser: 2000 });
  });

  test('an open network is named too', () => {
    const objects = objectsOf(fleet({ network: { policies: false } }));
    expect(objects.all('NetworkPolicy')).toEqual([]);
    expect(objects.one('Deployment').metadata.annotations['cdk8s-inference/security-opt-outs']).toBe('network.policies');
  });
});

describe('the door', () => {
  test('a patch of any field of the workload survives, known to this library or not', () => {
    const it = fleet();
    ApiObject.of(it).addJsonPatch(
      JsonPatch.add('/spec/template/spec/resourceClaims', [{ name: 'gpu', resourceClaimTemplateName: 'one' }]),
      JsonPatch.add('/spec/template/spec/containers/0/resources/limits/example.com~1thing', 3),
      JsonPatch.add('/spec/template/spec/fieldOfALaterKubernetes', true),
    );
    const pod = objectsOf(it).one('Deployment').spec.template.spec;
    expect(pod.resourceClaims).toEqual([{ name: 'gpu', resourceClaimTemplateName: 'one' }]);
    expect(pod.containers[0].resources.limits).toEqual({ 'ephemeral-storage': '4352Mi', 'example.com/thing': 3, 'memory': '10Gi', 'nvidia.com/gpu': 1 });
    expect(pod.fieldOfALaterKubernetes).toBe(true);
  });

  test('the same app gives the same bytes, however its maps are ordered', () => {
    const bytes = (labels: { [key: string]: string }) => {
      const app = new App();
      const network = { clients: [{ podLabels: labels }] };
      groupedFleet({ in: new Chart(app, 'chat'), poolAttributes: { nodeLabels: labels }, metadata: { labels, annotations: labels }, network });
      return app.synthYaml();
    };
    expect(bytes({ a: '1', b: '2' })).toBe(bytes({ b: '2', a: '1' }));
  });

  test('a fleet can be synthesized twice', () => {
    const it = fleet();
    expect(Testing.synth(Chart.of(it))).toEqual(Testing.synth(Chart.of(it)));
  });
});

describe('an engine that makes objects of its own', () => {
  class Owner extends TestEngine {
    public bind(scope: Construct, context: EngineContext): EngineConfig {
      new ApiObject(scope, 'Own', { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: context.modelPath.replaceAll('/', '-').slice(1) } });
      return super.bind(scope, context);
    }
  }

  test('makes them once', () => {
    expect(objectsOf(fleet({ engine: new Owner() })).all('ConfigMap').map(({ metadata }: any) => metadata.name)).toEqual(['weights-model']);
  });

  test('the weights know its image and its user', () => {
    const weights = new TestWeights();
    fleet({ weights, engine: new Owner() });
    expect([weights.context!.engineImage, weights.context!.userId]).toEqual(['images.example.com/org/engine:1', 2000]);
  });

  test('its refusal carries the fleet\'s path', () => {
    class Refusing extends TestEngine {
      public bind(scope: Construct): EngineConfig { return fail(scope, 'the engine can\'t run this'); }
    }
    expect(sentence(() => fleet({ engine: new Refusing() }))).toBe('[chat/llama] the engine can\'t run this');
  });
});
