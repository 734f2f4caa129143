/** One rollout in a real cluster: its objects, its users, its runner, and what came of it. */
import * as fs from 'node:fs';
import * as path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { writeAccount } from './access';
import { Load } from './load';
import { NodeJob } from './node-job';
import { RolloutTrial } from './rollout-trial';
import { MODEL } from './trial-fleets';
import { RolloutState, TERMINAL } from '../../../runner/state';
import { ControlPlane } from '../control-plane';
import { GatewayClient, Reply } from '../gateway/client';
import { ChatRequest } from '../gateway/fake-engines';
import { ApiServer } from '../support/api-server';
import { nodesOfPool } from '../support/fake-nodes';
import { KubeObject } from '../support/kube-object';
import { addNodes } from '../support/use-cluster';
import { allReady, workloadsIn } from '../support/workloads';

export type Apply = (object: KubeObject) => Promise<any>;

export interface RolloutSurroundings {
  readonly api: ApiServer;
  readonly controlPlane: ControlPlane;
  /** Where the gateway listens. */
  readonly gateway: { readonly host: string; readonly port: number };
}

export interface RolloutOptions {
  readonly perSecond: number;
  /** What users ask, as a stream or not. @default - one token, or a stream of ten seconds, of engines without a model */
  readonly body?: (stream: boolean) => ChatRequest;
  /** How Git's objects get into the cluster. */
  readonly apply: Apply;
  /** Whether they are applied again in each phase. */
  readonly reapplied: boolean;
  /** Whether no node has room for the candidate. */
  readonly full: boolean;
  /** Kinds and names that somebody forgets. */
  readonly without: (object: KubeObject) => boolean;
  /** What else the runner's pod has. */
  readonly env: NodeJS.ProcessEnv;
}

/** What the state said at a time. */
interface Look { readonly at: number; readonly state: RolloutState }

const STREAMS_AMONG = 50;
const RUNNER = 'canary-runner.js';

export class Rollout {
  public readonly looks: Look[] = [];
  /** What changed in the cluster when Git's objects were applied again. */
  public readonly changes: string[] = [];
  public readonly reapplications: string[] = [];
  public load!: Load;
  public job?: NodeJob;
  private readonly stable: KubeObject;
  private readonly candidate: KubeObject;
  private watching?: Promise<void>;

  public constructor(private readonly around: RolloutSurroundings, public readonly trial: RolloutTrial, private readonly options: RolloutOptions) {
    [this.stable, this.candidate] = ['stable', 'candidate'].map((side) => workloadsIn(trial.objects).find(({ metadata }) => metadata.name === trial.spec[side as 'stable' | 'candidate'].name)!);
  }

  /** What Git has, with the candidate last. */
  private get objects(): KubeObject[] {
    return [...this.trial.objects.filter((object) => object !== this.candidate), this.candidate].filter((object) => !this.options.without(object));
  }

  public async deploy(): Promise<void> {
    const { api } = this.around;
    await api.namespace(this.trial.namespace);
    const nodes = this.trial.objects.filter(({ kind }) => kind === 'NodePool').flatMap((pool) => nodesOfPool(pool, this.trial.objects));
    await addNodes(api, nodes);
    for (const object of this.objects.filter((one) => one !== this.candidate)) { await this.options.apply(object); }
    await allReady(api, [this.stable], 90);
    if (this.options.full) { for (const node of nodes) { await api.patch(node, { spec: { unschedulable: true } }); } }
    await this.options.apply(this.candidate);
  }

  public begin(): void {
    const { perSecond, body = ofFakeEngine } = this.options;
    this.load = new Load(new GatewayClient(this.around.gateway), { hostname: this.trial.hostname, perSecond, body, streamsAmong: STREAMS_AMONG });
    if (perSecond > 0) { this.load.start(); }
  }

  /** Starts the runner, and follows what it does until it has ended. */
  public async start(): Promise<void> {
    const { api, controlPlane } = this.around;
    const { objects, job: { spec: { template: { spec: pod } } }, namespace } = this.trial;
    const folder = fs.mkdtempSync(path.join(controlPlane.directory, 'runner-'));
    const { data } = objects.find(({ kind, data: texts }) => kind === 'ConfigMap' && texts[RUNNER] !== undefined)!;
    fs.writeFileSync(path.join(folder, RUNNER), data[RUNNER]);
    await writeAccount(api, controlPlane, namespace, pod.serviceAccountName, folder);
    const { port } = new URL(controlPlane.server);
    const stated = Object.fromEntries(pod.containers[0].env.map(({ name, value }: any) => [name, value]));
    this.job = new NodeJob(path.join(folder, RUNNER), (start) => ({
      ...stated,
      POD_NAME: `runner-${start}`,
      KUBERNETES_API: controlPlane.server,
      KUBERNETES_SERVICE_HOST: '127.0.0.1',
      KUBERNETES_SERVICE_PORT: port,
      CANARY_SERVICE_ACCOUNT: folder,
      CANARY_METRICS_PORT: '0',
      ...this.options.env,
    }));
    this.watching = this.watch();
  }

  /** Until the runner has ended. */
  public async over(): Promise<void> {
    await this.job!.ended;
    await this.watching;
  }

  /** The commit that makes the candidate the stable fleet: what is new is applied first, and then goes what is gone. */
  public async promoteInGit(): Promise<void> {
    const { api } = this.around;
    const { promoted, objects } = this.trial;
    for (const object of promoted) { await this.options.apply(object); }
    const kept = promoted.map(nameOf);
    for (const object of objects.filter((one) => !kept.includes(nameOf(one)))) { await api.delete(object); }
  }

  /** Names of the pods that a fleet has. */
  public async podsOf(side: 'stable' | 'candidate'): Promise<string[]> {
    const pods = await this.around.api.list('v1', 'Pod', { namespace: this.trial.namespace, labels: { 'cdk8s-inference/fleet': this.trial.spec[side].name } });
    return pods.filter(({ metadata }) => !metadata.deletionTimestamp).map(({ metadata }) => metadata.name).sort();
  }

  public async stop(): Promise<void> {
    await this.job?.stop();
    await this.load?.stop();
  }

  public get state(): RolloutState { return this.looks[this.looks.length - 1].state; }

  /** Highest weight that the candidate had. */
  public get most(): number { return Math.max(...this.state.history.map(({ weight }) => weight)); }

  /** Seconds from the candidate's first request of a user to the decision; 0 if it never got one. */
  public get seconds(): number {
    const first = this.state.history.find(({ weight }) => weight > 0);
    const end = this.state.history.find(({ phase }) => phase === 'rolling-back' || phase === 'promoting');
    return first === undefined || end === undefined ? 0 : (end.at - first.at) / 1000;
  }

  /** Requests without a whole answer, but for those that the candidate's own engines failed. */
  public get lost(): Reply[] { return this.load.replies.filter((reply) => (reply.status !== 200 || !reply.complete) && !(reply.status === 500 && this.isCandidate(reply))); }

  public get ofCandidate(): Reply[] { return this.load.replies.filter((reply) => this.isCandidate(reply)); }

  public async live(): Promise<{ stable: any; candidate: any; route: any }> {
    const { api } = this.around;
    const { route: { namespace, name, template: { apiVersion, kind } } } = this.trial.spec;
    return { stable: await api.get(this.stable), candidate: await api.get(this.candidate), route: await api.get({ apiVersion, kind, metadata: { namespace, name } }) };
  }

  private isCandidate({ pod }: Reply): boolean { return pod?.startsWith(`${this.trial.namespace}/${this.candidate.metadata.name}-`) ?? false; }

  /** Looks twice a second, and applies everything again in each phase and step that it has not seen yet. */
  private async watch(): Promise<void> {
    const seen = new Set<string>();
    let ended = false;
    void this.job!.ended.then(() => { ended = true; });
    for (;;) {
      const last = ended;
      const object = await this.around.api.get({ apiVersion: 'v1', kind: 'ConfigMap', metadata: { namespace: this.trial.namespace, name: `${this.trial.spec.name}-state` } });
      if (object !== undefined) {
        const state: RolloutState = JSON.parse(object.data.state);
        this.looks.push({ at: Date.now(), state });
        const key = `${state.phase} of step ${state.step + 1}`;
        if (this.options.reapplied && !seen.has(key)) {
          seen.add(key);
          this.reapplications.push(key);
          await this.reapply(key);
        }
        if (last && TERMINAL.includes(state.phase)) { return; }
      }
      if (last) { return; }
      await sleep(500);
    }
  }

  private async reapply(when: string): Promise<void> {
    for (const object of this.objects) {
      const before = await this.around.api.get(object);
      const after = await this.options.apply(object);
      if (object === this.candidate) {
        // The runner may scale it up in between.
        if (after.spec.replicas < before.spec.replicas) { this.changes.push(`${when}: the candidate has ${after.spec.replicas} replicas instead of ${before.spec.replicas}`); }
      } else if (after.metadata.generation !== before.metadata.generation || JSON.stringify([after.spec, after.data]) !== JSON.stringify([before.spec, before.data])) {
        this.changes.push(`${when}: ${object.kind} ${object.metadata.name} was changed`);
      }
    }
    const { route } = await this.live();
    if (route === undefined && this.state.phase !== 'pending') { this.changes.push(`${when}: the route is gone`); }
  }
}

function ofFakeEngine(stream: boolean): ChatRequest { return { model: MODEL, max_tokens: stream ? 10 : 1, token_millis: stream ? 1000 : 20 }; }

function nameOf({ kind, metadata }: KubeObject): string { return `${kind} ${metadata.namespace}/${metadata.name}`; }
