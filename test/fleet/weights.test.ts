import { App, Chart, Testing } from 'cdk8s';
import { PersistentVolumeAccessMode, Secret } from 'cdk8s-plus-28';
import { Construct } from 'constructs';
import * as fc from 'fast-check';
import { Model } from '../../src/catalog/model';
import { Precision } from '../../src/catalog/precision';
import { Weights } from '../../src/fleet/weights';
import { DOWNLOAD_SCRIPT } from '../../src/fleet/weights-download-script';
import { HubWeightsOptions } from '../../src/fleet/weights-options';
import { WeightsConfig, WeightsContext } from '../../src/fleet/weights-source';
import { WAIT_SCRIPT } from '../../src/fleet/weights-wait';

const COMMIT = '0123456789abcdef0123456789abcdef01234567';
const DIGEST = `sha256:${'ab'.repeat(32)}`;
const GIB = 2 ** 30;

function model(id = 'Qwen/Qwen3-8B'): Model {
  return Model._create({ id, weightPrecision: Precision.BF16, source: 'test', asOf: '2026-01-01' });
}

function contextOf(more: Partial<WeightsContext> = {}): WeightsContext {
  return {
    model: model(),
    checkpointBytes: 16e9,
    sharedByNodes: false,
    name: 'chat',
    namespace: 'serving',
    labels: { 'app.kubernetes.io/instance': 'chat' },
    image: (reference) => `mirror.example.com/${reference}`,
    imagePullSecrets: ['pull'],
    userId: 2000,
    engineImage: 'vllm/vllm-openai@sha256:1',
    nodeSelector: { pool: 'l4' },
    tolerations: [{ key: 'nvidia.com/gpu', operator: 'Exists', effect: 'NoSchedule' }],
    ...more,
  };
}

interface Bound { config: WeightsConfig; objects: any[]; one: (kind: string) => any; chart: Chart }

function bind(weights: (scope: Construct) => Weights, more: Partial<WeightsContext> = {}): Bound {
  const chart = new Chart(new App(), 'app');
  const config = weights(chart)._bind(new Construct(new Construct(chart, 'Chat'), 'Weights'), contextOf(more));
  const objects = Testing.synth(chart);
  return { config, objects, chart, one: (kind) => objects.find((object) => object.kind === kind) };
}

const hub = (options: Partial<HubWeightsOptions> = {}, more: Partial<WeightsContext> = {}): Bound =>
  bind(() => Weights.fromHub({ revision: COMMIT, ...options }), more);

/** The sentence with which something is refused, without the path, which is checked. */
function refused(action: () => unknown): string {
  try { action(); } catch (error) {
    const { message } = error as Error;
    expect(message.startsWith('[app/Chat/Weights] ')).toBe(true);
    return message.slice('[app/Chat/Weights] '.length);
  }
  throw new Error('it was not refused');
}

const RESTRICTED = {
  allowPrivilegeEscalation: false,
  readOnlyRootFilesystem: true,
  runAsNonRoot: true,
  capabilities: { drop: ['ALL'] },
  seccompProfile: { type: 'RuntimeDefault' },
};

describe('from the hub', () => {
  test('a fleet of one node gets a ReadWriteOnce claim, and its pods wait for the marker', () => {
    const { config, one } = hub();
    const claim = one('PersistentVolumeClaim');
    const name = claim.metadata.name;
    expect(name).toMatch(/^chat-weights-[0-9a-f]{8}$/);
    expect(claim).toEqual({
      apiVersion: 'v1',
      kind: 'PersistentVolumeClaim',
      metadata: {
        name,
        namespace: 'serving',
        labels: { 'app.kubernetes.io/instance': 'chat', 'cdk8s-inference/weights': name, 'app.kubernetes.io/component': 'model-weights' },
      },
      spec: { accessModes: ['ReadWriteOnce'], resources: { requests: { storage: '18Gi' } } },
    });
    expect(config).toEqual({
      modelPath: `/weights/${COMMIT}`,
      checkpointBytes: 16e9,
      loaderArgs: [],
      env: [{ name: 'HF_HUB_OFFLINE', value: '1' }],
      volumes: [{ name: 'weights', persistentVolumeClaim: { claimName: name } }],
      volumeMounts: [{ name: 'weights', mountPath: '/weights', readOnly: true }],
      initContainers: [{
        name: 'wait-for-weights',
        image: 'mirror.example.com/vllm/vllm-openai@sha256:1',
        command: ['python3', '-u', '-c', WAIT_SCRIPT],
        env: [{ name: 'NVIDIA_VISIBLE_DEVICES', value: 'void' }, { name: 'WEIGHTS_MARKER', value: `/weights/.complete-${COMMIT}` }],
        resources: { requests: { cpu: '50m', memory: '128Mi' }, limits: { cpu: '200m', memory: '128Mi' } },
        volumeMounts: [{ name: 'weights', mountPath: '/weights', readOnly: true }],
        securityContext: RESTRICTED,
        terminationMessagePolicy: 'FallbackToLogsOnError',
      }],
      bytesPerSecond: 125e6,
      waitSeconds: 840, // 600 + 1.5 x 16e9 / 100e6
      egressPorts: [],
      podLabels: { 'cdk8s-inference/weights': name },
      metadataEndpoints: [],
      loaderMemoryBytesPerGpu: 0,
      singleNode: true,
      notes: [
        'the first start waits up to 840 s for the download of 16 GB',
        "'downloadBytesPerSecond' is not stated; start-up time is counted with 100 MB/s",
        "'readBytesPerSecond' is not stated; start-up time is counted with 125 MB/s",
        `the claim '${name}' is ReadWriteOnce: only pods on one node can use it at a time, and an update ends the old pod first`,
      ],
    });
  });

  test('the download is one restricted Job beside its claim, that never runs again by itself', () => {
    const { one } = hub();
    const name = one('PersistentVolumeClaim').metadata.name;
    const labels = { 'app.kubernetes.io/instance': 'chat', 'cdk8s-inference/weights': name, 'app.kubernetes.io/component': 'model-weights' };
    const job = one('Job');
    expect(job.metadata.name).toMatch(new RegExp(`^${name.replace('weights', 'fetch')}-[0-9a-f]{6}$`));
    expect(job).toEqual({
      apiVersion: 'batch/v1',
      kind: 'Job',
      metadata: { name: job.metadata.name, namespace: 'serving', labels },
      spec: {
        backoffLimit: 4,
        completions: 1,
        parallelism: 1,
        activeDeadlineSeconds: 3360,
        podFailurePolicy: {
          rules: [
            { action: 'FailJob', onExitCodes: { containerName: 'download', operator: 'In', values: [42] } },
            { action: 'Ignore', onPodConditions: [{ type: 'DisruptionTarget', status: 'True' }] },
          ],
        },
        template: {
          metadata: {
            labels,
            annotations: { 'cluster-autoscaler.kubernetes.io/safe-to-evict': 'false', 'karpenter.sh/do-not-disrupt': 'true' },
          },
          spec: {
            restartPolicy: 'Never',
            serviceAccountName: name,
            automountServiceAccountToken: false,
            enableServiceLinks: false,
            securityContext: {
              runAsNonRoot: true,
              runAsUser: 2000,
              runAsGroup: 2000,
              fsGroup: 2000,
              fsGroupChangePolicy: 'OnRootMismatch',
              seccompProfile: { type: 'RuntimeDefault' },
            },
            imagePullSecrets: [{ name: 'pull' }],
            nodeSelector: { pool: 'l4' },
            tolerations: [{ key: 'nvidia.com/gpu', operator: 'Exists', effect: 'NoSchedule' }],
            affinity: {
              podAffinity: {
                requiredDuringSchedulingIgnoredDuringExecution: [
                  { labelSelector: { matchLabels: { 'cdk8s-inference/weights': name } }, topologyKey: 'kubernetes.io/hostname' },
                ],
              },
            },
            containers: [{
              name: 'download',
              image: 'mirror.example.com/vllm/vllm-openai@sha256:1',
              command: ['python3', '-u', '-c', DOWNLOAD_SCRIPT],
              env: [
                { name: 'HF_HOME', value: '/tmp/huggingface' },
                { name: 'HF_HUB_DISABLE_PROGRESS_BARS', value: '1' },
                { name: 'HF_HUB_DISABLE_TELEMETRY', value: '1' },
                { name: 'HF_HUB_DOWNLOAD_TIMEOUT', value: '60' },
                { name: 'HF_HUB_ETAG_TIMEOUT', value: '60' },
                { name: 'HF_XET_CHUNK_CACHE_SIZE_BYTES', value: '0' },
                { name: 'HF_XET_NUM_CONCURRENT_RANGE_GETS', value: '8' },
                { name: 'HF_XET_RECONSTRUCTION_DOWNLOAD_BUFFER_LIMIT', value: '2gb' },
                { name: 'HF_XET_RECONSTRUCTION_DOWNLOAD_BUFFER_SIZE', value: '1gb' },
                { name: 'HOME', value: '/tmp' },
                { name: 'NVIDIA_VISIBLE_DEVICES', value: 'void' },
                { name: 'WEIGHTS_EXTRA_FILES', value: '[]' },
                { name: 'WEIGHTS_MARKER', value: `/weights/.complete-${COMMIT}` },
                { name: 'WEIGHTS_REPOSITORY', value: 'Qwen/Qwen3-8B' },
                { name: 'WEIGHTS_REVISION', value: COMMIT },
                { name: 'WEIGHTS_TARGET', value: `/weights/${COMMIT}` },
              ],
              resources: {
                requests: { 'cpu': '500m', 'memory': '2Gi', 'ephemeral-storage': '1Gi' },
                limits: { 'cpu': '4', 'memory': '8Gi', 'ephemeral-storage': '1Gi' },
              },
              volumeMounts: [{ name: 'weights', mountPath: '/weights' }, { name: 'scratch', mountPath: '/tmp' }],
              securityContext: RESTRICTED,
              terminationMessagePolicy: 'FallbackToLogsOnError',
            }],
            volumes: [
              { name: 'weights', persistentVolumeClaim: { claimName: name } },
              { name: 'scratch', emptyDir: { sizeLimit: '1Gi' } },
            ],
          },
        },
      },
    });
  });

  test('the download has an identity without token, and a policy that lets nobody in and it out to the hub alone', () => {
    const { objects, one } = hub();
    const name = one('PersistentVolumeClaim').metadata.name;
    const { metadata } = one('PersistentVolumeClaim');
    expect(objects.map(({ kind }) => kind).sort()).toEqual(['Job', 'NetworkPolicy', 'PersistentVolumeClaim', 'ServiceAccount']);
    expect(one('ServiceAccount')).toEqual({ apiVersion: 'v1', kind: 'ServiceAccount', metadata, automountServiceAccountToken: false });
    expect(one('NetworkPolicy')).toEqual({
      apiVersion: 'networking.k8s.io/v1',
      kind: 'NetworkPolicy',
      metadata,
      spec: {
        podSelector: { matchLabels: { 'cdk8s-inference/weights': name, 'app.kubernetes.io/component': 'model-weights' } },
        policyTypes: ['Ingress', 'Egress'],
        egress: [
          { ports: [{ protocol: 'UDP', port: 53 }, { protocol: 'TCP', port: 53 }] },
          {
            to: [
              { ipBlock: { cidr: '0.0.0.0/0', except: ['169.254.0.0/16'] } },
              { ipBlock: { cidr: '::/0', except: ['fd00:ec2::/32', 'fe80::/10'] } },
            ],
            ports: [{ protocol: 'TCP', port: 443 }],
          },
        ],
      },
    });
  });

  test('the fleet says how name servers are reached, and whether policies are written', () => {
    const dnsEgress = { to: [{ ipBlock: { cidr: '10.0.0.10/32' } }], ports: [{ protocol: 'UDP', port: 5353 }] };
    expect(hub({}, { dnsEgress }).one('NetworkPolicy').spec.egress[0]).toEqual(dnsEgress);
    expect(hub({}, { networkPolicies: false }).one('NetworkPolicy')).toBeUndefined();
  });

  test('pods on several nodes share a ReadWriteMany claim, and the download runs on any node', () => {
    const { config, one } = hub({ storageClass: 'filestore' }, { sharedByNodes: true });
    expect(one('PersistentVolumeClaim').spec).toEqual({
      accessModes: ['ReadWriteMany'],
      storageClassName: 'filestore',
      resources: { requests: { storage: '18Gi' } },
    });
    const { affinity, nodeSelector, tolerations } = one('Job').spec.template.spec;
    expect([affinity, nodeSelector, tolerations]).toEqual([undefined, undefined, undefined]);
    expect(config.singleNode).toBe(false);
    expect(config.notes.some((note) => note.includes('ReadWriteMany'))).toBe(false);
  });

  test('a ReadWriteMany claim without a storage class says that it may not bind', () => {
    const { config, one } = hub({}, { sharedByNodes: true });
    expect(config.notes).toContain(`the claim '${one('PersistentVolumeClaim').metadata.name}' is ReadWriteMany, which the default storage class`
      + " of most clouds does not offer; state 'storageClass'");
  });

  test('a fleet of one node may have a ReadWriteMany claim, and where the download runs may be said', () => {
    const shared = hub({ accessMode: PersistentVolumeAccessMode.READ_WRITE_MANY, downloadOnPool: true });
    expect(shared.one('PersistentVolumeClaim').spec.accessModes).toEqual(['ReadWriteMany']);
    expect(shared.one('Job').spec.template.spec.nodeSelector).toEqual({ pool: 'l4' });
    expect(hub({ downloadOnPool: false }).one('Job').spec.template.spec.nodeSelector).toBeUndefined();
  });

  test('the token is a reference on the Job and nowhere else', () => {
    const bound = bind((scope) => Weights.fromHub({ revision: COMMIT, token: { secret: Secret.fromSecretName(scope, 'Hub', 'hub-secret'), key: 'hub-key' } }));
    const env = bound.one('Job').spec.template.spec.containers[0].env;
    expect(env.find(({ name }: any) => name === 'HF_TOKEN')).toEqual({
      name: 'HF_TOKEN',
      valueFrom: { secretKeyRef: { name: 'hub-secret', key: 'hub-key' } },
    });
    expect(env.map(({ name }: any) => name)).toEqual([...env.map(({ name }: any) => name)].sort());
    const rest = JSON.stringify([bound.objects.filter(({ kind }) => kind !== 'Job'), bound.config]);
    expect(rest).not.toMatch(/hub-secret|hub-key|HF_TOKEN/);
    expect(bound.objects.some(({ kind }) => kind === 'Secret')).toBe(false);
  });

  test.each<[string, Partial<HubWeightsOptions>, number[], { [name: string]: string }]>([
    ['a mirror', { endpoint: 'https://hub.example.com:8443/' }, [443, 8443], { HF_ENDPOINT: 'https://hub.example.com:8443' }],
    ['a plain mirror', { endpoint: 'http://hub.tools.svc' }, [80, 443], { HF_ENDPOINT: 'http://hub.tools.svc' }],
    ['a proxy', { httpsProxy: 'http://proxy.example.com:3128' }, [3128],
      { HTTP_PROXY: 'http://proxy.example.com:3128', HTTPS_PROXY: 'http://proxy.example.com:3128' }],
    ['a proxy before a mirror', { endpoint: 'https://hub.example.com:8443', httpsProxy: 'http://proxy.example.com:3128' }, [3128],
      { HF_ENDPOINT: 'https://hub.example.com:8443', HTTPS_PROXY: 'http://proxy.example.com:3128' }],
  ])('%s is told to the download, and its port opened', (_, options, ports, expected) => {
    const { one } = hub(options);
    const env = one('Job').spec.template.spec.containers[0].env;
    expect(env).toEqual(expect.arrayContaining(Object.entries(expected).map(([name, value]) => ({ name, value }))));
    expect(one('NetworkPolicy').spec.egress[1].ports).toEqual(ports.map((port) => ({ protocol: 'TCP', port })));
  });

  test('repository, size, bandwidths, extra files and image are the user\'s where stated', () => {
    const { config, one } = hub({
      repository: 'org/model-fp8', sizeBytes: 8e9, downloadBytesPerSecond: 1e9, readBytesPerSecond: 2e9, extraFiles: ['b*.py', 'a*.py'], downloaderImage: 'tools/hf:1',
    });
    const [container] = one('Job').spec.template.spec.containers;
    expect(container.image).toBe('mirror.example.com/tools/hf:1');
    expect(config.initContainers[0].image).toBe('mirror.example.com/tools/hf:1');
    expect(container.env).toEqual(expect.arrayContaining([
      { name: 'WEIGHTS_REPOSITORY', value: 'org/model-fp8' }, { name: 'WEIGHTS_EXTRA_FILES', value: '["a*.py","b*.py"]' },
    ]));
    expect(one('PersistentVolumeClaim').spec.resources.requests.storage).toBe('10Gi');
    expect([config.bytesPerSecond, config.waitSeconds, config.checkpointBytes]).toEqual([2e9, 612, 8e9]);
    expect(config.notes).toEqual([
      'the first start waits up to 612 s for the download of 8.0 GB',
      expect.stringContaining('ReadWriteOnce'),
      "the image 'tools/hf:1' that downloads the weights is not pinned by digest",
    ]);
  });

  test('a branch is taken where the user says so, under a path that does not look like a commit', () => {
    const { config } = hub({ revision: 'refs/pr/7', allowMovingRevision: true });
    expect(config.modelPath).toMatch(/^\/weights\/moving-[0-9a-f]{12}$/);
    expect(config.notes).toContain("revision 'refs/pr/7' is not a commit, so a new claim may be filled with other files than this one");
    expect(hub({ allowMovingRevision: true }).config.modelPath).toBe(`/weights/${COMMIT}`);
  });

  test.each<[string, Partial<HubWeightsOptions>, Partial<WeightsContext>]>([
    ['the commit', { revision: 'f'.repeat(40) }, {}],
    ['the repository', { repository: 'org/other' }, {}],
    ['extra files', { extraFiles: ['*.py'] }, {}],
    ['the storage class', { storageClass: 'fast' }, {}],
    ['the access mode', {}, { sharedByNodes: true }],
    ['the fleet', {}, { name: 'other' }],
  ])('another claim follows from another choice of %s', (_, options, more) => {
    expect(hub(options, more).one('PersistentVolumeClaim').metadata.name).not.toBe(hub().one('PersistentVolumeClaim').metadata.name);
  });

  test.each<[string, Partial<HubWeightsOptions>, Partial<WeightsContext>]>([
    ['size', { sizeBytes: 20e9 }, {}],
    ['bandwidth', { downloadBytesPerSecond: 5e7 }, {}],
    ['image', {}, { engineImage: 'vllm/vllm-openai@sha256:2' }],
    ['labels', {}, { labels: { team: 'search' } }],
    ['way to say that there are no extra files', { extraFiles: [] }, {}],
  ])('another %s keeps the claim, and a Job whose template differs has another name', (_, options, more) => {
    const [a, b] = [hub(), hub(options, more)];
    expect(b.one('PersistentVolumeClaim').metadata.name).toBe(a.one('PersistentVolumeClaim').metadata.name);
    const differs = JSON.stringify(a.one('Job').spec) !== JSON.stringify(b.one('Job').spec);
    expect(b.one('Job').metadata.name !== a.one('Job').metadata.name).toBe(differs);
  });

  test('the same choices give the same bytes, in whatever order extra files are listed', () => {
    const twice = [['a', 'b'], ['b', 'a']].map((extraFiles) => hub({ extraFiles })).map(({ objects, config }) => JSON.stringify([objects, config]));
    expect(twice[0]).toBe(twice[1]);
  });

  test('options are copied when they are given', () => {
    const extraFiles = ['*.py'];
    const weights = Weights.fromHub({ revision: COMMIT, extraFiles });
    extraFiles.push('*.sh');
    expect(bind(() => weights).one('Job').spec.template.spec.containers[0].env).toContainEqual({ name: 'WEIGHTS_EXTRA_FILES', value: '["*.py"]' });
  });

  test('names are legal and short enough for every part, whatever the fleet is called', () => {
    fc.assert(fc.property(fc.stringMatching(/^[a-z]([a-z0-9-]{0,37}[a-z0-9])?$/), fc.stringMatching(/^\w{1,20}\/\w[\w.-]{0,80}x$/), (name, id) => {
      const { objects } = hub({}, { name, model: model(id) });
      for (const object of objects) { expect(object.metadata.name).toMatch(/^[a-z]([a-z0-9-]{0,61}[a-z0-9])?$/); }
    }), { numRuns: 30 });
  });

  test('a claim has room for its files and more, and a larger model never gets less', () => {
    fc.assert(fc.property(fc.integer({ min: 10_000, max: 2e12 }), fc.integer({ min: 0, max: 1e11 }), (bytes, more) => {
      const sizeOf = (sizeBytes: number) => parseInt(hub({ sizeBytes }).one('PersistentVolumeClaim').spec.resources.requests.storage, 10) * GIB;
      expect(sizeOf(bytes)).toBeGreaterThanOrEqual(bytes * 1.1 + GIB);
      expect(sizeOf(bytes)).toBeLessThan(bytes * 1.1 + 2 * GIB + 1);
      expect(sizeOf(bytes + more)).toBeGreaterThanOrEqual(sizeOf(bytes));
    }), { numRuns: 30 });
  });

  test.each([
    ['Llama-3.3-70B in bf16', 141.1e9, '146Gi', 2717],
    ['DeepSeek-R1 in fp8', 688.6e9, '707Gi', 10929],
  ])('%s needs this much room and time', (_, checkpointBytes, storage, wait) => {
    const { one, config } = hub({}, { checkpointBytes });
    expect([one('PersistentVolumeClaim').spec.resources.requests.storage, config.waitSeconds]).toEqual([storage, wait]);
  });
});

describe('the hub refuses', () => {
  const commit = 'so that every replica and every restart serves the same files; copy it from the history of the repository, or set \'allowMovingRevision\'';
  const repository = 'but must be the id of a repository, such as \'Qwen/Qwen3-8B\'';
  test.each<[string, any, string]>([
    ['a branch', { revision: 'main' }, `'revision' is 'main' but must be a commit of 40 hexadecimal digits, ${commit}`],
    ['a short commit', { revision: COMMIT.slice(1) }, `'revision' is '${COMMIT.slice(1)}' but must be a commit of 40 hexadecimal digits, ${commit}`],
    ['no revision', { revision: undefined }, `'revision' is undefined but must be a commit of 40 hexadecimal digits, ${commit}`],
    ['a hostile branch', { revision: '../x', allowMovingRevision: true }, "'revision' is '../x' but must be a commit, a branch or a tag"],
    ['a hostile repository', { repository: '$(rm -rf /)' }, `'repository' is '$(rm -rf /)' ${repository}`],
    ['a repository with control characters', { repository: 'a/b\nc' }, `'repository' is 'a/b c' ${repository}`],
    ['a huge repository', { repository: 'a'.repeat(5e6) }, `'repository' is '${'a'.repeat(60)}…' (5000000 characters) ${repository}`],
    ['a bad storage class', { storageClass: 'Fast!' }, "'storageClass' is 'Fast!' but must be the name of a storage class: lower-case letters, digits, '-' and '.'"],
    ['an access mode for readers', { accessMode: 'ReadOnlyMany' },
      "'accessMode' is 'ReadOnlyMany' but must be ReadWriteOnce or ReadWriteMany, as a Job writes what other pods read"],
    ['a negative bandwidth', { downloadBytesPerSecond: -1 }, "'downloadBytesPerSecond' is -1 but must be a number of bytes per second from 1000000 to 1000000000000000000"],
    ['an infinite bandwidth', { readBytesPerSecond: Infinity },
      "'readBytesPerSecond' is Infinity but must be a number of bytes per second from 1000000 to 1000000000000000000"],
    ['a size that is none', { sizeBytes: NaN }, "'sizeBytes' is NaN but must be a number of bytes from 10000 to 1000000000000000000"],
    ['pickles', { extraFiles: ['*.BIN'] },
      "'extraFiles' has '*.BIN' but pickle files are never downloaded, as reading one runs code; convert them to safetensors"],
    ['extra files that are no list', { extraFiles: '*.py' }, "'extraFiles' is '*.py' but must be a list of at most 50 patterns"],
    ['extra files with an empty one', { extraFiles: [''] }, "'extraFiles' is '' but must be a list of patterns of at most 200 printable characters each"],
    ['a literal token', { token: 'hf_secret' },
      "'token' must be a secret and the name of a key in it, such as { secret: Secret.fromSecretName(…), key: 'token' }"],
    ['an endpoint that is no URL', { endpoint: 'hub.example.com' },
      "'endpoint' is 'hub.example.com' but must be the URL of a server, such as 'https://mirror.example.com', without query or fragment"],
    ['a password in a URL', { httpsProxy: 'http://me:secret@proxy:3128' },
      "'httpsProxy' has a user name or a password in it, but secrets never stand in manifests; use a server that asks for none"],
    ['a token over plain http', { endpoint: 'http://hub.example.com', token: { secret: { name: 's' }, key: 'k' } },
      "'endpoint' is 'http://hub.example.com' but a 'token' is sent there, which needs https; use an https URL, or leave the token out"],
    ['an image that is no reference', { downloaderImage: 'a b' },
      "'downloaderImage' is 'a b' but must be an image reference such as 'registry.example.com/name@sha256:…'"],
  ])('%s', (_, options, sentence) => {
    expect(refused(() => hub(options))).toBe(sentence);
  });

  test('a ReadWriteOnce claim for pods on several nodes', () => {
    expect(refused(() => hub({ accessMode: PersistentVolumeAccessMode.READ_WRITE_ONCE }, { sharedByNodes: true }))).toBe(
      "'accessMode' is ReadWriteOnce but pods on several nodes read these weights; use ReadWriteMany with a storage class that offers it, an object store, or an image volume");
  });

  test('a model without repository id, without size, and an engine without image', () => {
    expect(refused(() => hub({}, { model: model('local-model') }))).toBe(
      "the model was read from a config without a repository id, so the hub can't be asked for it; state 'repository' of the weights");
    expect(refused(() => hub({}, { checkpointBytes: 0 }))).toBe(
      "the size of the weight files of model 'Qwen/Qwen3-8B' is not known, but storage and start-up time are computed from it; state it as 'sizeBytes' of the weights");
    expect(refused(() => hub({}, { engineImage: undefined }))).toBe('the engine names no image in which its pods could wait for their weights');
  });

  test('nothing is written when something is refused', () => {
    const chart = new Chart(new App(), 'app');
    expect(() => Weights.fromHub({ revision: 'main' })._bind(new Construct(chart, 'Chat'), contextOf())).toThrow();
    expect(Testing.synth(chart)).toEqual([]);
  });

  test('every kind of nonsense from JavaScript in a sentence', () => {
    const text = fc.string();
    const nonsense = fc.oneof(fc.constant(null), fc.boolean(), fc.double(), text, fc.array(text), fc.dictionary(text, text));
    const props = [
      'revision', 'repository', 'token', 'storageClass', 'accessMode', 'sizeBytes', 'extraFiles', 'downloaderImage', 'endpoint', 'httpsProxy',
    ];
    fc.assert(fc.property(fc.constantFrom(...props), nonsense, (prop, value) => {
      try { hub({ [prop]: value } as any); } catch (error) {
        expect((error as Error).message).toMatch(/^\[app\/Chat\/Weights\] /);
        expect((error as Error).message.length).toBeLessThan(500);
      }
    }), { numRuns: 200 });
    expect(refused(() => bind(() => Weights.fromHub(undefined as any)))).toBe("the options of 'fromHub' are undefined but must be an object");
    expect(refused(() => hub({ allowMovingRevision: 'false' } as any))).toBe("'allowMovingRevision' is 'false' but must be true or false");
  });
});

describe('from a claim', () => {
  test('it is mounted read-only, and nothing else is made', () => {
    const { config, objects } = bind(() => Weights.fromClaim({ claimName: 'models', path: '/qwen/8b/', readBytesPerSecond: 1e9 }));
    expect(objects).toEqual([]);
    expect(config).toEqual({
      modelPath: '/weights/qwen/8b',
      checkpointBytes: 16e9,
      loaderArgs: [],
      env: [{ name: 'HF_HUB_OFFLINE', value: '1' }],
      volumes: [{ name: 'weights', persistentVolumeClaim: { claimName: 'models', readOnly: true } }],
      volumeMounts: [{ name: 'weights', mountPath: '/weights', readOnly: true }],
      initContainers: [],
      bytesPerSecond: 1e9,
      waitSeconds: 0,
      egressPorts: [],
      podLabels: {},
      metadataEndpoints: [],
      loaderMemoryBytesPerGpu: 0,
      singleNode: false,
      notes: [],
    });
  });

  test('pods wait for a file where the user names one, and say what several nodes need', () => {
    const { config } = bind(() => Weights.fromClaim({ claimName: 'models', waitForFile: 'done', sizeBytes: 50_000 }), { sharedByNodes: true });
    expect(config.initContainers[0].env).toContainEqual({ name: 'WEIGHTS_MARKER', value: '/weights/done' });
    expect([config.modelPath, config.checkpointBytes]).toEqual(['/weights', 50_000]);
    expect(config.notes).toEqual([
      "pods on several nodes mount the claim 'models', so its access mode must be ReadWriteMany or ReadOnlyMany",
      "'readBytesPerSecond' is not stated; start-up time is counted with 125 MB/s",
    ]);
  });

  test.each<[any, string]>([
    [{ claimName: 'My_Claim' }, "'claimName' is 'My_Claim' but must be the name of a PersistentVolumeClaim: at most 253 lower-case letters, digits, '-' and '.'"],
    [undefined, "the options of 'fromClaim' are undefined but must be an object"],
    [{ claimName: 'a', path: '../etc' },
      "'path' is '../etc' but must be a path from the root of the volume, of letters, digits and '._@=+-/', without '.' or '..' steps"],
    [{ claimName: 'a', waitForFile: '' },
      "'waitForFile' is '' but must be a path from the root of the volume, of letters, digits and '._@=+-/', without '.' or '..' steps"],
    [{ claimName: 'a', readBytesPerSecond: 0 },
      "'readBytesPerSecond' is 0 but must be a number of bytes per second from 1000000 to 1000000000000000000"],
  ])('fails with %j', (options, sentence) => {
    expect(refused(() => bind(() => Weights.fromClaim(options)))).toBe(sentence);
  });
});

describe('from an image', () => {
  const reference = `registry.example.com/models/qwen@${DIGEST}`;
  test('the kubelet mounts it, and start-up counts the pull', () => {
    const { config, objects } = bind(() => Weights.fromImage({ reference, path: 'models', pullBytesPerSecond: 2e8, readBytesPerSecond: 1e9 }));
    expect(objects).toEqual([]);
    expect(config).toEqual({
      modelPath: '/weights/models',
      checkpointBytes: 16e9,
      loaderArgs: [],
      env: [{ name: 'HF_HUB_OFFLINE', value: '1' }],
      volumes: [{ name: 'weights', image: { reference: `mirror.example.com/${reference}`, pullPolicy: 'IfNotPresent' } }],
      volumeMounts: [{ name: 'weights', mountPath: '/weights', readOnly: true }],
      initContainers: [],
      bytesPerSecond: 1e9,
      waitSeconds: 720,
      egressPorts: [],
      podLabels: {},
      metadataEndpoints: [],
      loaderMemoryBytesPerGpu: 0,
      singleNode: false,
      notes: [
        'image volumes need Kubernetes 1.35, or 1.33 with the feature gate ImageVolume, and a container runtime that has them',
        'every node that serves keeps the image of 16 GB on its disk',
      ],
    });
  });

  test('a tag is taken where the user says so, and noted', () => {
    const { config } = bind(() => Weights.fromImage({ reference: 'models/qwen:1', allowTag: true }));
    expect([config.waitSeconds, config.bytesPerSecond]).toEqual([840, 125e6]);
    expect(config.notes.slice(2)).toEqual([
      "the weights image 'models/qwen:1' is not pinned by digest, so two nodes may serve different files",
      "'pullBytesPerSecond' is not stated; start-up time is counted with 100 MB/s",
      "'readBytesPerSecond' is not stated; start-up time is counted with 125 MB/s",
    ]);
  });

  test.each<[any, string]>([
    [{ reference: 'models/qwen:1' }, "'reference' is 'models/qwen:1' but must end with a digest '@sha256:…', so that every node serves the same files;"
      + " add the digest, or set 'allowTag'"],
    [{ reference: 'a b' }, "'reference' is 'a b' but must be an image reference such as 'registry.example.com/models/name@sha256:<64 hexadecimal digits>'"],
    [{ reference, path: 'a/./b' }, "'path' is 'a/./b' but must be a path from the root of the volume, of letters, digits and '._@=+-/', without '.' or '..' steps"],
    [{ reference: 'a/b:c', allowTag: 'false' }, "'allowTag' is 'false' but must be true or false"],
    [{ reference, pullBytesPerSecond: NaN }, "'pullBytesPerSecond' is NaN but must be a number of bytes per second from 1000000 to 1000000000000000000"],
  ])('fails with %j', (options, sentence) => {
    expect(refused(() => bind(() => Weights.fromImage(options)))).toBe(sentence);
  });
});

describe('from an object store', () => {
  test('S3 is streamed with the identity of the service account, never with the node\'s', () => {
    const { config, objects } = bind(() => Weights.fromObjectStore({ uri: 's3://bucket/qwen/', region: 'eu-central-1' }));
    expect(objects).toEqual([]);
    expect(config).toEqual({
      modelPath: 's3://bucket/qwen',
      checkpointBytes: 16e9,
      loadFormat: 'runai_streamer',
      loaderArgs: ['--model-loader-extra-config', '{"concurrency":16,"distributed":true,"memory_limit":8589934592}'],
      env: [
        { name: 'AWS_DEFAULT_REGION', value: 'eu-central-1' },
        { name: 'AWS_EC2_METADATA_DISABLED', value: 'true' },
        { name: 'AWS_REGION', value: 'eu-central-1' },
        { name: 'HF_HUB_OFFLINE', value: '1' },
      ],
      volumes: [],
      volumeMounts: [],
      initContainers: [],
      bytesPerSecond: 250e6,
      waitSeconds: 0,
      egressPorts: [443],
      podLabels: {},
      metadataEndpoints: [{ cidr: '169.254.170.23/32', port: 80 }],
      loaderMemoryBytesPerGpu: 8 * GIB,
      singleNode: false,
      notes: [
        'every start reads all weights from the object store again, and the engine\'s image must contain the Run:ai model streamer',
        "'readBytesPerSecond' is not stated; start-up time is counted with 250 MB/s",
        'the object store is read with the identity of the fleet\'s service account',
      ],
    });
  });

  test('an S3-compatible store is read with keys from a secret, in whatever order they are listed', () => {
    const bound = (names: string[]) => bind((scope) => {
      const secret = Secret.fromSecretName(scope, 'Keys', 'minio');
      return Weights.fromObjectStore({
        uri: 's3://bucket/qwen',
        endpoint: 'http://minio.storage.svc:9000/',
        credentials: Object.fromEntries(names.map((name) => [name, { secret, key: name.toLowerCase() }])),
        concurrency: 32,
        bufferBytes: 4e9,
        readBytesPerSecond: 1e9,
        sizeBytes: 90_000,
      });
    }).config;
    const config = bound(['AWS_SECRET_ACCESS_KEY', 'AWS_ACCESS_KEY_ID']);
    expect(config.env).toEqual([
      { name: 'AWS_ACCESS_KEY_ID', valueFrom: { secretKeyRef: { name: 'minio', key: 'aws_access_key_id' } } },
      { name: 'AWS_EC2_METADATA_DISABLED', value: 'true' },
      { name: 'AWS_ENDPOINT_URL', value: 'http://minio.storage.svc:9000' },
      { name: 'AWS_SECRET_ACCESS_KEY', valueFrom: { secretKeyRef: { name: 'minio', key: 'aws_secret_access_key' } } },
      { name: 'HF_HUB_OFFLINE', value: '1' },
      { name: 'RUNAI_STREAMER_S3_USE_VIRTUAL_ADDRESSING', value: '0' },
    ]);
    expect([config.egressPorts, config.metadataEndpoints, config.loaderMemoryBytesPerGpu, config.checkpointBytes]).toEqual([[9000], [], 4e9, 90_000]);
    expect(config.loaderArgs[1]).toBe('{"concurrency":32,"distributed":true,"memory_limit":4000000000}');
    expect(config.notes).toContain("the weights travel unencrypted from 'endpoint'");
    expect(bound(['AWS_ACCESS_KEY_ID', 'AWS_SECRET_ACCESS_KEY'])).toEqual(config);
  });

  test('a public bucket is read without credentials', () => {
    const { config } = bind(() => Weights.fromObjectStore({ uri: 's3://bucket/qwen', anonymous: true }));
    expect(config.env).toContainEqual({ name: 'RUNAI_STREAMER_S3_UNSIGNED', value: '1' });
    expect(config.metadataEndpoints).toEqual([]);
  });

  test('Google\'s store is read with workload identity, or with a key file', () => {
    const identity = bind(() => Weights.fromObjectStore({ uri: 'gs://bucket/qwen' })).config;
    expect(identity.metadataEndpoints).toEqual([{ cidr: '169.254.169.252/32', port: 988 }, { cidr: '169.254.169.254/32', port: 80 }]);
    expect(identity.env).toEqual([{ name: 'HF_HUB_OFFLINE', value: '1' }]);
    const file = bind((scope) => Weights.fromObjectStore({
      uri: 'gs://bucket/qwen', credentialsFile: { secret: Secret.fromSecretName(scope, 'Key', 'google'), key: 'sa.json' },
    })).config;
    expect(file.volumes).toEqual([{ name: 'weights-credentials', secret: { secretName: 'google', defaultMode: 0o440 } }]);
    expect(file.volumeMounts).toEqual([
      { name: 'weights-credentials', mountPath: '/var/run/weights-credentials/key.json', subPath: 'sa.json', readOnly: true },
    ]);
    expect(file.env).toContainEqual({ name: 'RUNAI_STREAMER_GCS_CREDENTIAL_FILE', value: '/var/run/weights-credentials/key.json' });
    expect(file.metadataEndpoints).toEqual([]);
  });

  test('Azure\'s store is read with workload identity', () => {
    const { config } = bind(() => Weights.fromObjectStore({ uri: 'az://container/qwen', storageAccount: 'acme' }));
    expect(config.env).toEqual([{ name: 'AZURE_STORAGE_ACCOUNT_NAME', value: 'acme' }, { name: 'HF_HUB_OFFLINE', value: '1' }]);
    expect([config.podLabels, config.metadataEndpoints]).toEqual([{ 'azure.workload.identity/use': 'true' }, []]);
  });

  const number = 'above 0 and at most 1000000000000000000';
  const secret = "must be a secret and the name of a key in it, such as { secret: Secret.fromSecretName(…), key: 'token' }";
  test.each<[any, string]>([
    [{ uri: 'https://bucket' }, "'uri' is 'https://bucket' but must be the URI of a directory, 's3://bucket/path', 'gs://bucket/path' or 'az://container/path'"],
    [{ uri: 's3://bucket/$(id)' }, "'uri' is 's3://bucket/$(id)' but must be the URI of a directory, 's3://bucket/path', 'gs://bucket/path' or 'az://container/path'"],
    [{ uri: 'gs://bucket/a', region: 'eu' }, "'region' is stated but belongs to 's3://' only, and the 'uri' is 'gs://bucket/a'; leave it out"],
    [{ uri: 's3://bucket/a', storageAccount: 'acme' }, "'storageAccount' is stated but belongs to 'az://' only, and the 'uri' is 's3://bucket/a'; leave it out"],
    [{ uri: 'az://container/a' }, "'storageAccount' is undefined but must be the name of the storage account: 3 to 24 lower-case letters and digits"],
    [{ uri: 's3://bucket/a', region: 'EU!' }, "'region' is 'EU!' but must be a region such as 'eu-central-1'"],
    [{ uri: 's3://bucket/a', credentials: { PATH: { secret: {} as any, key: 'x' } } },
      "'credentials' has 'PATH' but 's3://' reads AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY, AWS_SESSION_TOKEN; use those names"],
    [{ uri: 'gs://bucket/a', credentials: { KEY: { secret: {} as any, key: 'x' } } },
      "'credentials' has 'KEY' but 'gs://' reads none from the environment; use 'credentialsFile'"],
    [{ uri: 's3://bucket/a', credentials: { AWS_ACCESS_KEY_ID: 'AKIA' as any } }, `'credentials.AWS_ACCESS_KEY_ID' ${secret}`],
    [{ uri: 'gs://bucket/a', credentialsFile: '/key.json' as any }, `'credentialsFile' ${secret}`],
    [{ uri: 's3://bucket/a', anonymous: true, credentials: { AWS_ACCESS_KEY_ID: { secret: { name: 's' } as any, key: 'k' } } },
      "'anonymous' is set but 'credentials' are given too; leave one of them out"],
    [{ uri: 's3://my_bucket/a' }, "'uri' has the bucket 'my_bucket' but 's3://' names them with 3 to 63 lower-case letters, digits, '-' and '.'"],
    [{ uri: 'az://my_container/a', storageAccount: 'account' }, "'uri' has the container 'my_container' but 'az://' names them with 3 to 63 lower-case letters, digits, '-' and '.'"],
    [{ uri: 's3://bucket/a', concurrency: 0 }, `'concurrency' is 0 but must be a whole number of connections ${number}`],
    [{ uri: 's3://bucket/a', bufferBytes: 1.5 }, `'bufferBytes' is 1.5 but must be a whole number of bytes ${number}`],
    [{ uri: 's3://bucket/a', readBytesPerSecond: NaN }, "'readBytesPerSecond' is NaN but must be a number of bytes per second from 1000000 to 1000000000000000000"],
    ['s3://bucket/a', "the options of 'fromObjectStore' are 's3://bucket/a' but must be an object"],
    [{ uri: 's3://bucket/a', anonymous: 'false' }, "'anonymous' is 'false' but must be true or false"],
    [{ uri: 's3://bucket/a', credentials: 'key' }, "'credentials' must map environment variables to secrets"],
    [{ uri: 's3://bucket/a', endpoint: 'https://k:s@minio' },
      "'endpoint' has a user name or a password in it, but secrets never stand in manifests; use a server that asks for none"],
  ])('fails with %j', (options, sentence) => {
    expect(refused(() => bind(() => Weights.fromObjectStore(options)))).toBe(sentence);
  });
});
