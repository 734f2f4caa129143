import { ChildProcess, execFileSync, spawn } from 'node:child_process';
import * as fs from 'node:fs';
import * as path from 'node:path';
import { stringify } from 'yaml';
import { tokenOf, writeAccount } from './access';
import { RolloutSpec } from '../../../src/rollout/rollout-spec';
import { accessRules } from '../../../src/rollout/runner-access';
import { command, Ran, Surroundings } from '../../cli/fake-io';
import { specWith } from '../../runner/support/rollout';
import { eventually } from '../support/api-server';
import { fakeNode } from '../support/fake-nodes';
import { KubeObject } from '../support/kube-object';
import { useCluster } from '../support/use-cluster';

const cluster = useCluster({ controllers: [] });
const root = path.join(__dirname, '..', '..', '..');
let runnerFile: string;

beforeAll(async () => {
  execFileSync(process.execPath, ['scripts/bundle-runner.mjs', cluster.controlPlane.directory], { cwd: root });
  runnerFile = path.join(cluster.controlPlane.directory, 'canary-runner.js');
  await cluster.addNodes([fakeNode({ name: 'plain', instanceType: 'g6.xlarge' })]);
});

/** One rollout in a namespace of its own: two Deployments, a runner with its rights, and a person with theirs. */
class Trial {
  public output = '';
  private process?: ChildProcess;

  public constructor(private readonly namespace: string, private readonly spec: RolloutSpec) {}

  public async deploy(): Promise<void> {
    const { api } = cluster;
    const { namespace, spec } = this;
    await api.namespace(namespace);
    await api.applyAll([
      this.deployment('stable', 2), this.deployment('candidate'),
      { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: spec.name, namespace, labels: { 'cdk8s-inference/rollout': spec.name } }, data: { spec: JSON.stringify(spec) } },
    ]);
    await this.grant('runner', accessRules(spec).get(namespace)!);
    await this.grant('person', [
      { apiGroups: [''], resources: ['configmaps'], resourceNames: [spec.name, `${spec.name}-state`], verbs: ['get'] },
      { apiGroups: [''], resources: ['configmaps'], resourceNames: [`${spec.name}-state`], verbs: ['patch'] },
      { apiGroups: [''], resources: ['configmaps'], verbs: ['list'] },
      { apiGroups: ['coordination.k8s.io'], resources: ['leases'], resourceNames: [`${spec.name}-lease`], verbs: ['get'] },
      { apiGroups: ['apps'], resources: ['deployments'], resourceNames: ['stable', 'candidate'], verbs: ['get'] },
    ]);
    await eventually('the stable fleet is ready', async () => (await api.get(this.deployment('stable'))).status?.readyReplicas === 2);
  }

  public async start(): Promise<void> {
    const { controlPlane } = cluster;
    const folder = fs.mkdtempSync(path.join(controlPlane.directory, 'account-'));
    await writeAccount(cluster.api, controlPlane, this.namespace, 'runner', folder);
    this.process = spawn(process.execPath, [runnerFile], {
      env: {
        KUBERNETES_API: controlPlane.server, KUBERNETES_SERVICE_HOST: '127.0.0.1', KUBERNETES_SERVICE_PORT: '1', CANARY_SERVICE_ACCOUNT: folder,
        CANARY_NAMESPACE: this.namespace, CANARY_NAME: this.spec.name, CANARY_HASH: this.spec.hash, CANARY_METRICS_PORT: '0', POD_NAME: 'runner-pod',
      },
    });
    for (const stream of [this.process.stdout!, this.process.stderr!]) { stream.on('data', (part) => { this.output += part; }); }
  }

  public async stop(): Promise<void> {
    if (this.process === undefined || this.process.exitCode !== null) { return; }
    const ended = new Promise((resolve) => { this.process!.on('exit', resolve); });
    this.process.kill('SIGKILL');
    await ended;
  }

  /** `canary`, as the person. */
  public async canary(argv: readonly string[], surroundings: Surroundings = {}): Promise<Ran> {
    const { server, ca, directory } = cluster.controlPlane;
    const file = path.join(directory, `${this.namespace}.kubeconfig`);
    if (!fs.existsSync(file)) {
      fs.writeFileSync(file, stringify({
        'current-context': 'main',
        'contexts': [{ name: 'main', context: { cluster: 'c', user: 'u', namespace: this.namespace } }],
        'clusters': [{ name: 'c', cluster: { server, 'certificate-authority-data': Buffer.from(ca).toString('base64') } }],
        'users': [{ name: 'u', user: { token: await tokenOf(cluster.api, this.namespace, 'person') } }],
      }));
    }
    return command(['canary', ...argv, '--kubeconfig', file], surroundings);
  }

  public async phase(): Promise<string | undefined> {
    const state = await cluster.api.get({ apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: `${this.spec.name}-state`, namespace: this.namespace } });
    return state?.metadata.labels['cdk8s-inference/phase'];
  }

  public async reaches(...phases: string[]): Promise<void> {
    await eventually(`phase ${phases.join(' or ')}`, async () => phases.includes(await this.phase() ?? ''), { seconds: 60, seen: async () => [await this.phase(), this.output.slice(-2000)] });
  }

  public async weight(): Promise<number | undefined> {
    const { template: { apiVersion, kind }, name } = this.spec.route;
    const route = await cluster.api.get({ apiVersion, kind, metadata: { name, namespace: this.namespace } });
    return route?.spec.rules[0].backendRefs[1].weight;
  }

  public async replicas(side: 'stable' | 'candidate'): Promise<number> { return (await cluster.api.get(this.deployment(side))).spec.replicas; }

  /** Reasons of the rollout's Events, in the order in which they came. */
  public async events(): Promise<string[]> {
    const events = await cluster.api.list('v1', 'Event', { namespace: this.namespace });
    return events.filter(({ involvedObject }) => involvedObject.name === this.spec.name && involvedObject.kind === 'ConfigMap')
      .sort((one, other) => one.metadata.creationTimestamp < other.metadata.creationTimestamp ? -1 : 1).map(({ type, reason }) => `${type} ${reason}`);
  }

  private deployment(name: string, replicas?: number): KubeObject {
    const labels = { app: name };
    const container = { name: 'main', image: 'registry.example.com/engine', securityContext: { allowPrivilegeEscalation: false, capabilities: { drop: ['ALL'] } } };
    const podSpec = { securityContext: { runAsNonRoot: true, seccompProfile: { type: 'RuntimeDefault' } }, containers: [container] };
    return {
      apiVersion: 'apps/v1',
      kind: 'Deployment',
      metadata: { name, namespace: this.namespace },
      spec: { ...replicas === undefined ? {} : { replicas }, selector: { matchLabels: labels }, template: { metadata: { labels }, spec: podSpec } },
    };
  }

  private async grant(account: string, rules: object[]): Promise<void> {
    const { namespace } = this;
    await cluster.api.applyAll([
      { apiVersion: 'v1', kind: 'ServiceAccount', metadata: { name: account, namespace } },
      { apiVersion: 'rbac.authorization.k8s.io/v1', kind: 'Role', metadata: { name: account, namespace }, rules },
      {
        apiVersion: 'rbac.authorization.k8s.io/v1',
        kind: 'RoleBinding',
        metadata: { name: account, namespace },
        roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'Role', name: account },
        subjects: [{ kind: 'ServiceAccount', name: account, namespace }],
      },
    ]);
  }
}

/** Short times; nobody measures, so that only a person lets it go on. */
function specIn(namespace: string): RolloutSpec {
  const base = specWith();
  const workload = { ...base.stable, namespace, replicas: 2 };
  return {
    ...base,
    namespace,
    stable: workload,
    candidate: { ...workload, name: 'candidate' },
    route: { ...base.route, namespace },
    metrics: { ...base.metrics, url: 'http://127.0.0.1:9' },
    timing: { ...base.timing, tickSeconds: 0.2, batchSeconds: 1, settleSeconds: 0.2, warmUpSeconds: 0, drainSeconds: 1 },
    steps: base.steps.map((step, i) => ({ ...step, needs: i + 1, runs: i + 1 })),
    end: { candidateReplicas: 0 },
  };
}

const trials: Trial[] = [];
afterEach(async () => { for (const trial of trials.splice(0)) { await trial.stop(); } });

async function begun(namespace: string): Promise<Trial> {
  const trial = new Trial(namespace, specIn(namespace));
  trials.push(trial);
  await trial.deploy();
  expect((await trial.canary(['status', 'canary'])).out).toBe(`No runner has begun rollout 'canary' in namespace '${namespace}' yet; look at its Job.\n`);
  await trial.start();
  await trial.reaches('analysing', 'holding');
  return trial;
}

test('a person pauses, resumes and promotes a rollout, with no more rights than that takes', async () => {
  const trial = await begun('promoted');
  expect(await trial.weight()).toBe(50);
  expect(await trial.canary(['pause', 'canary', '--wait'])).toEqual({ code: 0, err: '', out: "rollout 'canary' in namespace 'promoted': 'pause' is taken; paused at step 1 of 3, 5 % of the requests on the candidate\n" });
  expect((await trial.canary(['list'])).out).toBe('  namespace  name    phase   step    weight\n  promoted   canary  paused  1 of 3  5 %\n');
  expect((await trial.canary(['pause', 'canary'])).err).toBe("error: rollout 'canary' in namespace 'promoted' is paused already\n");
  expect((await trial.canary(['resume', 'canary', '--wait'])).code).toBe(0);
  await trial.reaches('analysing', 'holding');
  expect((await trial.canary(['promote', 'canary'])).out).toBe("rollout 'canary' in namespace 'promoted': 'promote' is asked for; the runner takes it at its next look, within 5 s\n");
  const watched = await trial.canary(['status', 'canary', '--watch', '--interval', '0.2', '--timeout', '90']);
  expect([watched.code, watched.err]).toEqual([0, '']);
  expect(watched.out).toMatch(/: promoted at step 3 of 3, 100 % of the requests on the candidate; the candidate has taken over\n$/);
  expect([await trial.weight(), await trial.replicas('stable'), await trial.replicas('candidate')]).toEqual([1000, 2, 3]);
  const output = path.join(cluster.controlPlane.directory, 'rollout.svg');
  expect((await trial.canary(['report', 'canary', '-o', output])).code).toBe(0);
  expect(fs.readFileSync(output, 'utf8')).toContain('>Rollout promoted/canary: promoted</text>');
  expect((await trial.canary(['abort', 'canary'])).err).toBe("error: rollout 'canary' in namespace 'promoted' is over (promoted: the candidate has taken over), so it can't be aborted\n");
}, 180_000);

test('a person aborts a rollout, and each change is an Event', async () => {
  const trial = await begun('aborted');
  expect((await trial.canary(['abort', 'canary', '--wait'])).code).toBe(0);
  const watched = await trial.canary(['status', 'canary', '--watch', '--interval', '0.2', '--timeout', '60']);
  expect([watched.code, watched.out.split('\n').slice(-2)]).toEqual([1, ["rollout 'canary' in namespace 'aborted': aborted at step 1 of 3, 0 % of the requests on the candidate; aborted by a person", '']]);
  await eventually('the candidate is scaled down', async () => await trial.replicas('candidate') === 0);
  expect(await trial.replicas('stable')).toBe(2);
  expect(await trial.events()).toEqual(expect.arrayContaining(['Normal Shifting', 'Warning RollingBack', 'Warning Aborted']));
}, 180_000);

test('without a runner a command is not taken, says so, and holds for the next one', async () => {
  const trial = await begun('alone');
  await trial.stop();
  expect(await trial.canary(['abort', 'canary', '--wait', '--timeout', '1'])).toEqual({
    code: 4, out: '', err: expect.stringMatching(/^error: rollout 'canary' in namespace 'alone': 'abort' was not taken within 1 s, and holds once a runner takes it; /),
  });
  expect(await trial.weight()).toBe(50);
  await trial.start();
  await trial.reaches('aborted');
}, 180_000);

test('who may not patch the state can look, but not steer', async () => {
  const trial = await begun('looking');
  await cluster.api.patch({ apiVersion: 'rbac.authorization.k8s.io/v1', kind: 'Role', metadata: { name: 'person', namespace: 'looking' } }, {
    rules: [{ apiGroups: ['', 'coordination.k8s.io', 'apps'], resources: ['configmaps', 'leases', 'deployments'], verbs: ['get'] }],
  });
  await eventually('the rights are gone', async () => (await trial.canary(['pause', 'canary'])).err === "error: not allowed to change ConfigMap looking/canary-state: pause takes the verb 'patch' on it\n");
  expect((await trial.canary(['status', 'canary'])).code).toBe(0);
}, 180_000);
