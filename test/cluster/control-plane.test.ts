import { ChildProcess, spawn } from 'node:child_process';
import * as fs from 'node:fs';
import * as path from 'node:path';
import { ControlPlane, CONTROLLERS, startControlPlane } from './control-plane';
import { eventually } from './support/api-server';
import { fakeNode } from './support/fake-nodes';
import { KubeObject } from './support/kube-object';
import { examples } from './support/synthesized';
import { useCluster } from './support/use-cluster';

const root = path.join(__dirname, '..', '..');

/** Kinds that the library emits and whose CustomResourceDefinition no Go module carries: the list must not grow. */
const WITHOUT_DEFINITION: string[] = [];

describe('a control plane with all controllers', () => {
  const cluster = useCluster();

  test('serves every kind of the examples', async () => {
    const missing = new Set<string>();
    for (const { apiVersion, kind } of examples().flatMap(([, objects]) => objects)) {
      if (!await cluster.api.serves(apiVersion, kind)) { missing.add(`${apiVersion} ${kind}`); }
    }
    expect([...missing].filter((kind) => !WITHOUT_DEFINITION.includes(kind))).toEqual([]);
  });

  test('says which Kubernetes it is', async () => {
    expect((await cluster.api.must('GET', '/version')).gitVersion).toBe('v1.36.4');
  });

  test('runs pods on pretended nodes', async () => {
    await cluster.addNodes([fakeNode({ name: 'plain', instanceType: 'g6.xlarge' })]);
    await cluster.api.applyAll([deployment('plain')]);
    await eventually('the deployment is available', async () => (await cluster.api.get(deployment('plain'))).status?.availableReplicas === 1);
  });

  test('asks the webhook of LeaderWorkerSets', async () => {
    const { status, body } = await cluster.api.apply(leaderWorkerSet({ size: 3, subGroupPolicy: { subGroupSize: 7 } }));
    expect([status, body.message]).toEqual([403, expect.stringMatching(/^admission webhook "vleaderworkerset\.kb\.io" denied the request: .*subGroupSize/)]);
  });

  test('makes the pods of a LeaderWorkerSet', async () => {
    await cluster.api.applyAll([leaderWorkerSet({ size: 2 })]);
    await eventually('both pods are Ready', async () => {
      const pods = await cluster.api.list('v1', 'Pod', { namespace: 'default', labels: { 'leaderworkerset.sigs.k8s.io/name': 'group' } });
      return pods.length === 2 && pods.every(isReady);
    });
  });

  test('asks the webhook of Kueue and lets it queue Jobs', async () => {
    const queue = (resource: string): KubeObject => ({
      apiVersion: 'kueue.x-k8s.io/v1beta2',
      kind: 'ClusterQueue',
      metadata: { name: 'queue' },
      spec: { namespaceSelector: {}, resourceGroups: [{ coveredResources: ['cpu'], flavors: [{ name: 'any', resources: [{ name: resource, nominalQuota: 1 }] }] }] },
    });
    const refused = await cluster.api.apply(queue('memory'));
    expect([refused.status, refused.body.message]).toEqual([403, expect.stringMatching(/^admission webhook "vclusterqueue\.kb\.io" denied the request: .*must match the name in coveredResources$/)]);
    await cluster.api.applyAll([
      { apiVersion: 'kueue.x-k8s.io/v1beta2', kind: 'ResourceFlavor', metadata: { name: 'any' } },
      queue('cpu'),
      { apiVersion: 'kueue.x-k8s.io/v1beta2', kind: 'LocalQueue', metadata: { name: 'team', namespace: 'default' }, spec: { clusterQueue: 'queue' } },
      job('first'),
    ]);
    await eventually('the Job is admitted', async () => (await cluster.api.get(job('first'))).spec.suspend === false);
    await cluster.api.applyAll([{ ...job('larger'), spec: { ...job('larger').spec, parallelism: 2 } }]);
    expect((await cluster.api.get(job('larger'))).spec.suspend).toBe(true);
  });

  test('lets Karpenter make nodes of the catalogue’s types', async () => {
    await cluster.api.applyAll([
      { apiVersion: 'karpenter.kwok.sh/v1alpha1', kind: 'KWOKNodeClass', metadata: { name: 'fake' } },
      {
        apiVersion: 'karpenter.sh/v1',
        kind: 'NodePool',
        metadata: { name: 'fake' },
        spec: {
          limits: { 'nvidia.com/gpu': 8 },
          template: {
            metadata: { labels: { pool: 'fake' } },
            spec: {
              nodeClassRef: { group: 'karpenter.kwok.sh', kind: 'KWOKNodeClass', name: 'fake' },
              requirements: [{ key: 'node.kubernetes.io/instance-type', operator: 'In', values: ['p5.48xlarge'] }],
            },
          },
        },
      },
      deployment('on-karpenter', { nodeSelector: { pool: 'fake' } }, { 'nvidia.com/gpu': 8 }),
    ]);
    await eventually('the deployment is available', async () => (await cluster.api.get(deployment('on-karpenter'))).status?.availableReplicas === 1);
    expect((await cluster.api.list('v1', 'Node', { labels: { pool: 'fake' } })).map(({ metadata }) => metadata.labels['node.kubernetes.io/instance-type'])).toEqual(['p5.48xlarge']);
  });

  test('lets the endpoint picker find the pods of its pool', async () => {
    await cluster.api.applyAll([deployment('engine'), {
      apiVersion: 'inference.networking.k8s.io/v1',
      kind: 'InferencePool',
      metadata: { name: 'endpoint-picker', namespace: 'default' },
      spec: { selector: { matchLabels: { app: 'engine' } }, targetPorts: [{ number: 8000 }], endpointPickerRef: { name: 'endpoint-picker', port: { number: 9002 } } },
    }]);
    let metrics = '';
    await eventually('the picker knows the pod', async () => {
      metrics = await (await fetch(cluster.controlPlane.endpoints['endpoint-picker'].metrics)).text();
      return /^inference_pool_per_pod_queue_size\{model_server_pod="engine-\S+",name="endpoint-picker"\}/m.test(metrics);
    }, { seen: async () => metrics.split('\n').filter((line) => line.startsWith('inference_pool')) });
  });

  test('listens on loopback only', () => {
    const processes = descendants(cluster.controlPlane.pid);
    expect(processes.length).toBe(4 + CONTROLLERS.length);
    const addresses = processes.flatMap(listening);
    expect(addresses.length).toBeGreaterThan(processes.length);
    expect(addresses.filter((address) => !address.startsWith('127.0.0.1:'))).toEqual([]);
  });
});

describe('control planes side by side', () => {
  test('do not meet, and leave neither processes nor folders', async () => {
    const [one, other] = await Promise.all([startControlPlane({ controllers: ['kueue'], crds: false }), startControlPlane({ controllers: ['kueue'], crds: false })]);
    const processes = [...descendants(one.pid), ...descendants(other.pid)];
    await Promise.all([one.stop(), other.stop()]);
    expect(one.server).not.toBe(other.server);
    expect(processes.length).toBe(10);
    expect(processes.filter(lives)).toEqual([]);
    expect([one, other].map(({ directory }) => fs.existsSync(directory))).toEqual([false, false]);
  }, 120_000);

  test('keep a folder that the caller named', async () => {
    const directory = fs.mkdtempSync(path.join(process.env.TMPDIR ?? '/tmp', 'kept-'));
    await (await startControlPlane({ controllers: [], crds: false, directory })).stop();
    expect(fs.readdirSync(directory)).toContain('control-plane.log');
    fs.rmSync(directory, { recursive: true });
  });
});

describe('a control plane without an owner', () => {
  let owner: ChildProcess | undefined;
  let processes: number[] = [];
  afterEach(() => {
    owner?.kill('SIGKILL');
    for (const pid of processes.filter(lives)) { process.kill(pid, 'SIGKILL'); }
  });

  test.each(['SIGKILL', 'SIGINT'] as const)('is gone after its starter’s %s', async (signal) => {
    const started = await startElsewhere();
    owner = started.owner;
    processes = descendants(started.pid);
    expect(processes.length).toBe(4 + CONTROLLERS.length);
    owner.kill(signal);
    await eventually('all processes are gone', async () => !processes.some(lives), { seen: async () => processes.filter(lives) });
    expect(fs.existsSync(started.directory)).toBe(false);
  }, 120_000);
});

describe('a control plane that cannot start', () => {
  test('refuses a controller that it does not know', async () => {
    await expect(startControlPlane({ controllers: ['keuue'] })).rejects
      .toThrow("there is no controller 'keuue'; there are leaderworkerset, kueue, karpenter, endpoint-picker");
  });
});

/** The cluster for users, in a process of its own. */
async function startElsewhere(): Promise<Pick<ControlPlane, 'pid' | 'directory'> & { owner: ChildProcess }> {
  const owner = spawn(process.execPath, ['--import', 'tsx', path.join(__dirname, 'main.ts')], { cwd: root, stdio: ['ignore', 'pipe', 'inherit'] });
  let text = '';
  owner.stdout!.on('data', (chunk) => { text += chunk; });
  const directory = await eventually('it says where its logs are', async () => /Logs are in (\S+);/.exec(text)?.[1], { seconds: 60, seen: async () => text });
  return { owner, directory, pid: children(owner.pid!).find((pid) => command(pid).includes('control-plane'))! };
}

/** A process and all below it. */
function descendants(pid: number): number[] { return [pid, ...children(pid).flatMap(descendants)]; }

function children(pid: number): number[] {
  return fs.readdirSync(`/proc/${pid}/task`).flatMap((task) => fs.readFileSync(`/proc/${pid}/task/${task}/children`, 'utf8').split(' ').filter(Boolean).map(Number));
}

function command(pid: number): string { return fs.readFileSync(`/proc/${pid}/cmdline`, 'utf8').split('\0')[0]; }

function lives(pid: number): boolean {
  try { return !fs.readFileSync(`/proc/${pid}/stat`, 'utf8').includes(') Z '); } catch { return false; }
}

/** Addresses on which a process listens for TCP. */
function listening(pid: number): string[] {
  const sockets = new Set(fs.readdirSync(`/proc/${pid}/fd`).map((fd) => /^socket:\[(\d+)\]$/.exec(link(`/proc/${pid}/fd/${fd}`))?.[1]));
  return ['tcp', 'tcp6'].flatMap((table) => fs.readFileSync(`/proc/${pid}/net/${table}`, 'utf8').split('\n').slice(1).map((line) => line.trim().split(/\s+/))
    .filter(([, , , state, , , , , , inode]) => state === '0A' && sockets.has(inode))
    .map(([, local]) => {
      const [address, port] = local.split(':');
      return `${address.length === 8 ? [...Buffer.from(address, 'hex')].reverse().join('.') : address}:${parseInt(port, 16)}`;
    }));
}

function link(file: string): string {
  try { return fs.readlinkSync(file); } catch { return ''; }
}

function isReady({ status }: KubeObject): boolean {
  return status.conditions?.some((condition: any) => condition.type === 'Ready' && condition.status === 'True');
}

function podSpec(more: object = {}, limits: object = {}): object {
  return { containers: [{ name: 'main', image: 'registry.invalid/main:1', resources: { limits: { cpu: '100m', ...limits } } }], ...more };
}

function deployment(name: string, more?: object, limits?: object): KubeObject {
  const labels = { app: name };
  return {
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: { name, namespace: 'default' },
    spec: { replicas: 1, selector: { matchLabels: labels }, template: { metadata: { labels }, spec: podSpec(more, limits) } },
  };
}

function leaderWorkerSet(template: object): KubeObject {
  return {
    apiVersion: 'leaderworkerset.x-k8s.io/v1',
    kind: 'LeaderWorkerSet',
    metadata: { name: 'group', namespace: 'default' },
    spec: { replicas: 1, leaderWorkerTemplate: { ...template, workerTemplate: { spec: podSpec() } } },
  };
}

function job(name: string): KubeObject {
  return {
    apiVersion: 'batch/v1',
    kind: 'Job',
    metadata: { name, namespace: 'default', labels: { 'kueue.x-k8s.io/queue-name': 'team' } },
    spec: { template: { spec: { ...podSpec({}, { cpu: '800m' }), restartPolicy: 'Never' } } },
  };
}
