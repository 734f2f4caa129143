/**
 * The bundled runner against the real API server, with faults in between: late, refused, lost and stale answers, two runners at once, and `kill -9`
 * between any two calls. The measurements are simulated. `CANARY_FAULTS=300` looks further, `CANARY_FAULTS_FROM` begins with another seed.
 */
import { execFileSync } from 'node:child_process';
import * as http from 'node:http';
import * as https from 'node:https';
import * as path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { FaultProxy, ProxyFault } from './fault-proxy';
import { NodeJob } from './node-job';
import { SimulatedPrometheus } from './simulated-prometheus';
import { RolloutSpec } from '../../../src/rollout/rollout-spec';
import { chance } from '../../runner/support/virtual-time';
import { GATEWAY_API } from '../gateway/gateway';
import { cpuNode } from '../support/fake-nodes';
import { KubeObject } from '../support/kube-object';
import { useCluster } from '../support/use-cluster';
import { allReady } from '../support/workloads';

const SCHEDULES = Number(process.env.CANARY_FAULTS ?? 24);
const FROM = Number(process.env.CANARY_FAULTS_FROM ?? 1);
const AT_ONCE = 6;
const LONGEST_SECONDS = 150;
const NAMESPACE = 'faults';
const FILE = path.resolve('bin/canary-runner.js');
const REPLICAS = 2;
const ASLEEP = 'x-cdk8s-inference-asleep';
const OUTCOME = 'cdk8s-inference/rollout-outcome';

const cluster = useCluster({ controllers: [] });
const prometheus = new SimulatedPrometheus();
const watching: http.ClientRequest[] = [];
/** Told of every version of every object of the namespace. */
const listeners = new Map<string, (object: any) => void>();

beforeAll(async () => {
  execFileSync(process.execPath, ['scripts/bundle-runner.mjs']);
  await cluster.api.namespace(NAMESPACE, 'privileged');
  await cluster.addNodes([cpuNode({ name: 'cpu-0' }), cpuNode({ name: 'cpu-1' })]);
  await prometheus.start();
  watch('/apis/apps/v1', 'deployments');
  watch(`/apis/${GATEWAY_API}`, 'httproutes');
}, 60_000);

afterAll(async () => {
  for (const request of watching) { request.destroy(); }
  await prometheus.stop();
});

test('the runner ends every rollout as it must, under any faults of the real API server and kills of the runner', async () => {
  const wrong: string[] = [];
  const ends: { [end: string]: number } = {};
  const happened: { [kind: string]: number } = {};
  let next = FROM;
  await Promise.all(Array.from({ length: AT_ONCE }, async () => {
    while (next < FROM + SCHEDULES) {
      const seed = next++;
      const schedule = new Schedule(seed);
      try {
        await schedule.run();
      } catch (error) {
        schedule.problems.push((error as Error).message);
      } finally {
        await schedule.stop();
      }
      wrong.push(...schedule.problems.map((problem) => `seed ${seed}: ${problem}`));
      ends[schedule.end] = (ends[schedule.end] ?? 0) + 1;
      for (const [kind, count] of Object.entries(schedule.happened)) { happened[kind] = (happened[kind] ?? 0) + count; }
    }
  }));
  process.stdout.write(`${JSON.stringify({ schedules: SCHEDULES, ends, happened })}\n`);
  expect(wrong).toEqual([]);
  for (const kind of ['answer', 'drop', 'late', 'stale', 'kill']) { expect(happened[kind]).toBeGreaterThan(0); }
}, 3_000_000);

/** One rollout, of a candidate that is sound or not, by one runner or two. */
class Schedule {
  public readonly problems: string[] = [];
  public readonly happened: { [kind: string]: number } = {};
  public end = 'none';
  private readonly name: string;
  private readonly sound: boolean;
  private readonly spec: RolloutSpec;
  private readonly objects: KubeObject[];
  private readonly proxies: FaultProxy[] = [];
  private readonly jobs: NodeJob[] = [];
  private readonly random: () => number;
  private weight = 0;
  private trafficUntil = 0;
  private judged = false;
  private candidateReplicas = 1;
  /** Ready replicas of the candidate, and until when. */
  private readonly ready: { count: number; until: number }[] = [{ count: 0, until: Infinity }];

  public constructor(private readonly seed: number) {
    this.name = `s${seed}`;
    this.sound = seed % 2 === 0;
    this.random = chance(seed);
    this.spec = specOf(this.name);
    this.objects = [deployment(this.spec.stable.name, REPLICAS), deployment(this.spec.candidate.name), {
      apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: this.name, namespace: NAMESPACE }, data: { spec: JSON.stringify(this.spec) },
    }];
  }

  public async run(): Promise<void> {
    const { api, controlPlane } = cluster;
    listeners.set(this.spec.route.name, (route) => this.routeChanged(route));
    listeners.set(this.spec.candidate.name, (candidate) => this.candidateChanged(candidate));
    listeners.set(this.spec.stable.name, (stable) => { if (stable.spec.replicas < REPLICAS) { this.problems.push(`the stable fleet was scaled down to ${stable.spec.replicas}`); } });
    await api.applyAll(this.objects);
    await allReady(api, [this.objects[0]]);
    prometheus.add(this.name, { weight: () => this.weight, errors: this.sound ? 0.0005 : 0.3 });
    const often = [0.01, 0.03, 0.08][this.seed % 3];
    for (let i = 0; i < (this.seed % 4 < 2 ? 1 : 2); i++) {
      const proxy = new FaultProxy(controlPlane, () => this.fault(often), () => this.jobs[i].kill('SIGKILL'));
      await proxy.start();
      this.proxies.push(proxy);
      this.jobs.push(new NodeJob(FILE, (start) => ({
        KUBERNETES_API: proxy.url, KUBERNETES_SERVICE_HOST: '127.0.0.1', KUBERNETES_SERVICE_PORT: '1', CANARY_NAMESPACE: NAMESPACE, CANARY_NAME: this.name, CANARY_HASH: this.spec.hash,
        CANARY_METRICS_PORT: '0', POD_NAME: `runner-${i}-${start}`,
      })));
    }
    const over = await Promise.race([Promise.any(this.jobs.map(({ ended }) => ended)).then(() => true), sleep(LONGEST_SECONDS * 1000, false, { ref: false })]);
    await sleep(1000); // what is late comes now
    await this.check(over);
  }

  public async stop(): Promise<void> {
    await Promise.all(this.jobs.map((job) => job.stop()));
    for (const proxy of this.proxies) {
      for (const [kind, count] of Object.entries(proxy.happened)) { this.happened[kind] = (this.happened[kind] ?? 0) + count; }
      await proxy.stop();
    }
    prometheus.remove(this.name);
    for (const name of [this.spec.route.name, this.spec.candidate.name, this.spec.stable.name]) { listeners.delete(name); }
    for (const object of this.objects) { await cluster.api.delete(object); }
  }

  private async check(over: boolean): Promise<void> {
    const { api } = cluster;
    const stored = await api.get({ apiVersion: 'v1', kind: 'ConfigMap', metadata: { namespace: NAMESPACE, name: `${this.name}-state` } });
    const state = stored && JSON.parse(stored.data.state);
    this.end = `${this.sound ? 'sound' : 'bad'} ${state?.phase}`;
    if (!over) { this.problems.push(`not over in ${LONGEST_SECONDS} s: ${stored?.data.status} ${this.jobs.map(({ output }) => output.slice(-600)).join('|')}`); return; }
    const ends = this.sound ? ['promoted', 'rolled-back'] : ['rolled-back'];
    if (!ends.includes(state?.phase)) { this.problems.push(`ended as ${state?.phase} (${state?.reason})`); }
    if (this.sound && state?.phase === 'rolled-back' && !/^(in doubt|step \d took)/.test(state.reason)) { this.problems.push(`a sound candidate was rolled back: ${state.reason}`); }
    const candidate = (await api.get(this.objects[1])).spec.replicas;
    const wanted = state?.phase === 'promoted' ? [1000, REPLICAS] : [0, 0];
    if (this.weight !== wanted[0] || candidate !== wanted[1]) { this.problems.push(`weight ${this.weight} and ${candidate} replicas of the candidate when ${state?.phase}`); }
    const bugs = this.jobs.flatMap(({ log }) => log.filter(({ level }) => level === 'error'));
    this.problems.push(...bugs.map(({ message, stack }) => `bug: ${message} ${stack}`));
  }

  private routeChanged({ metadata, spec: { rules: [{ matches, backendRefs }] } }: any): void {
    const [stable, candidate] = backendRefs.map(({ weight }: any) => weight);
    const weight = JSON.stringify(matches).includes(ASLEEP) ? 0 : candidate;
    const before = this.weight;
    this.weight = weight;
    if (weight === 0 && before > 0) { this.trafficUntil = Date.now(); }
    const { steps } = this.spec;
    if (stable + candidate !== 1000 || ![0, ...steps.map((step) => step.weight)].includes(weight)) { this.problems.push(`weights ${stable} and ${candidate} are none of the plan's`); }
    // What was ready when the runner looked; its write may have come late.
    const seen = Math.max(...this.ready.filter(({ until }) => until > Date.now() - 15_000).map(({ count }) => count));
    const needs = steps.find((step) => step.weight === weight)?.needs ?? 0;
    if (weight > before && seen < needs) { this.problems.push(`weight ${weight} takes ${needs} replicas but ${seen} were ready`); }
    if (this.judged && weight > 0) { this.problems.push(`weight ${weight} on a candidate that was judged bad`); }
    if (['rolled-back', 'aborted'].includes(metadata.annotations[OUTCOME])) { this.judged = true; }
  }

  private candidateChanged({ spec: { replicas }, status }: any): void {
    const count = status?.readyReplicas ?? 0;
    const last = this.ready[this.ready.length - 1];
    if (count !== last.count) {
      last.until = Date.now();
      this.ready.push({ count, until: Infinity });
    }
    const drained = Date.now() - this.trafficUntil;
    if (replicas < this.candidateReplicas && (this.weight > 0 || drained < this.spec.timing.drainSeconds * 900)) { this.problems.push(`the candidate was scaled down at weight ${this.weight}, ${drained} ms after its last traffic`); }
    this.candidateReplicas = replicas;
  }

  private fault(often: number): ProxyFault | undefined {
    const { random } = this;
    if (random() >= often) { return undefined; }
    const carriedOut = random() < 0.5;
    const kinds: ProxyFault[] = [
      { kind: 'answer', status: 409 }, { kind: 'answer', status: 429 }, { kind: 'answer', status: 500 }, { kind: 'answer', status: 503 }, { kind: 'drop', carriedOut }, { kind: 'stale' }, { kind: 'stale' },
      { kind: 'late', millis: 50 + 4000 * random() ** 3, carriedOut }, { kind: 'kill', carriedOut: 'before' }, { kind: 'kill', carriedOut: 'never' }, { kind: 'kill', carriedOut: 'later' },
    ];
    return kinds[Math.floor(random() * kinds.length)];
  }
}

function deployment(name: string, replicas?: number): KubeObject {
  const labels = { app: name };
  return {
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: { name, namespace: NAMESPACE },
    spec: { ...replicas === undefined ? {} : { replicas }, selector: { matchLabels: labels }, template: { metadata: { labels }, spec: { terminationGracePeriodSeconds: 0, containers: [{ name: 'engine', image: 'example.com/engine:1' }] } } },
  };
}

function specOf(name: string): RolloutSpec {
  const workload = { apiVersion: 'apps/v1', kind: 'Deployment', plural: 'deployments', namespace: NAMESPACE, replicas: REPLICAS };
  const arms = (metric: string) => ({ stable: `${metric}{rollout="${name}",fleet="stable"}`, candidate: `${metric}{rollout="${name}",fleet="candidate"}` });
  const backendRefs = ['stable', 'candidate'].map((fleet) => ({ group: '', kind: 'Service', name: `${name}-${fleet}`, port: 8000, weight: 0 }));
  return {
    version: 1,
    name,
    namespace: NAMESPACE,
    hash: `hash-${name}`,
    stable: { ...workload, name: `${name}-stable` },
    candidate: { ...workload, name: `${name}-candidate` },
    route: {
      namespace: NAMESPACE,
      name: `${name}-route`,
      template: {
        apiVersion: GATEWAY_API, kind: 'HTTPRoute', spec: {
          parentRefs: [{ group: 'gateway.networking.k8s.io', kind: 'Gateway', name: 'nobody' }],
          hostnames: ['llm.example.com'],
          rules: [{ matches: [{ path: { type: 'Exact', value: '/v1/completions' }, method: 'POST' }], backendRefs }],
        },
      },
      stable: { name: `${name}-stable` },
      candidate: { name: `${name}-candidate` },
      leastWeight: 0,
    },
    metrics: { url: prometheus.url, podLabel: 'pod', scrapeSeconds: 0.25, up: arms('up'), requests: arms('requests') },
    risk: { alpha: 0.001, beta: 0.02, minSamples: 20, mostRestarts: 3 },
    timing: { tickSeconds: 0.25, batchSeconds: 1, settleSeconds: 0.5, warmUpSeconds: 0.5, startSeconds: 20, doubtSeconds: 20, drainSeconds: 2, leaseSeconds: 3 },
    steps: [
      { weight: 100, needs: 1, runs: 1, minSeconds: 1, maxSeconds: 30, proof: false },
      { weight: 500, needs: 2, runs: 2, minSeconds: 1, maxSeconds: 30, proof: true },
      { weight: 1000, needs: 2, runs: 2, minSeconds: 1, maxSeconds: 30, proof: true },
    ],
    gates: [
      { kind: 'share-limit', name: 'errors', events: arms('errors').candidate, total: arms('requests').candidate, good: 0.01, bad: 0.1, expected: 0.001 },
      { kind: 'share-ratio', name: 'errors-beside-stable', events: arms('errors'), total: arms('requests'), factor: 2 },
    ],
    end: { candidateReplicas: 0 },
  };
}

/** Every change of a kind in the namespace, as the API server tells it. */
function watch(group: string, plural: string): void {
  const { server, token, ca } = cluster.controlPlane;
  const request = https.request(`${server}${group}/namespaces/${NAMESPACE}/${plural}?watch=1`, { ca, agent: false, headers: { authorization: `Bearer ${token}` } }, (response) => {
    let rest = '';
    response.setEncoding('utf8').on('data', (chunk) => {
      const lines = (rest + chunk).split('\n');
      rest = lines.pop()!;
      for (const line of lines) {
        const { type, object } = JSON.parse(line);
        if (type !== 'DELETED') { listeners.get(object.metadata.name)?.(object); }
      }
    }).on('error', () => undefined);
  });
  request.on('error', () => undefined);
  request.end();
  watching.push(request);
}

