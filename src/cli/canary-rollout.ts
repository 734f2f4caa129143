import { NAMES_ONLY } from './canary-list';
import { Connection, Reply } from './connection';
import { ExitCode, Refusal } from './io';
import { didYouMean, show, UNSEEN } from '../errors';
import { FleetStatus, RolloutCommand, RolloutStatus } from '../report/rollout-status';
import { FleetView, RolloutView, RunnerView } from '../report/rollout-view';

/** Annotation of the state by which people steer, as the runner reads it. */
const COMMAND = 'cdk8s-inference/rollout-command';
const COMMANDS: readonly string[] = ['pause', 'resume', 'abort', 'promote'];
/** Where the runner writes how the rollout stands. */
const STATUS = 'status.json';
/** Label of all that belongs to a rollout. */
const ROLLOUT = 'cdk8s-inference/rollout';

const NAME = /^[a-z0-9]([-a-z0-9.]{0,251}[a-z0-9])?$/;

/** A rollout of which there is no state yet. */
export interface Unbegun { readonly namespace: string; readonly name: string; readonly unbegun: true }

/** What was read, with the version that a command must name. */
export interface Found { readonly view: RolloutView; readonly resourceVersion: string }

/** One rollout, as the API server has it: a spec, a state, a lease, two fleets. */
export class CanaryRollout {
  private readonly namespace: string;

  public constructor(private readonly connection: Connection, private readonly name: string, namespace?: string) {
    this.namespace = namespace ?? connection.namespace;
    for (const [what, value] of [['rollout', name], ['namespace', this.namespace]]) {
      if (!NAME.test(value)) { throw new Refusal(`${what} ${show(value)} is no name of Kubernetes: small letters, digits, '-' and '.'`); }
    }
  }

  /** For sentences. */
  public get said(): string { return `rollout ${show(this.name)} in namespace ${show(this.namespace)}`; }

  public async find(): Promise<Found | Unbegun> {
    const [state, spec] = [await this.configMap(`${this.name}-state`), await this.configMap(this.name)];
    if (state === undefined && spec?.body.data?.spec === undefined) { throw new Refusal(await this.unknown(), ExitCode.NO); }
    if (state === undefined) { return { namespace: this.namespace, name: this.name, unbegun: true }; }
    const status = this.statusOf(state.body);
    const asked = state.body.metadata.annotations?.[COMMAND];
    const now = state.date ?? Date.now();
    const { stable, candidate } = status.fleets;
    return {
      resourceVersion: state.body.metadata.resourceVersion,
      view: {
        status,
        now,
        fleets: { stable: await this.fleet(stable), candidate: await this.fleet(candidate) },
        runner: await this.runner(now),
        asked: COMMANDS.includes(asked) && asked !== status.command ? asked : undefined,
        superseded: spec !== undefined && hashOf(spec.body) !== status.hash,
      },
    };
  }

  /** Says it to the runner, if nothing has changed since it was read; false if something has. */
  public async command(verb: RolloutCommand, resourceVersion: string): Promise<boolean> {
    const path = this.path('configmaps', `${this.name}-state`);
    const reply = await this.connection.ask(path, { method: 'PATCH', patch: { metadata: { resourceVersion, annotations: { [COMMAND]: verb } } } });
    if (reply.status === 409) { return false; }
    if (reply.status === 403) { throw new Refusal(`not allowed to change ConfigMap ${this.namespace}/${this.name}-state: ${verb} takes the verb 'patch' on it`, ExitCode.NO); }
    if (reply.status !== 200) { throw this.unexpected(`ConfigMap ${this.namespace}/${this.name}-state`, reply); }
    return true;
  }

  private statusOf(state: any): RolloutStatus {
    let status: RolloutStatus | undefined;
    // A terminal would obey what stands there.
    try { status = JSON.parse(state.data?.[STATUS], (_, value) => typeof value === 'string' ? value.replace(UNSEEN, ' ') : value); } catch { status = undefined; }
    if (status?.version !== 1) {
      throw new Refusal(`ConfigMap ${this.namespace}/${this.name}-state has no '${STATUS}' of version 1: its runner is of another release; use the command line of that one`, ExitCode.NO);
    }
    return status;
  }

  private async configMap(name: string): Promise<Reply | undefined> {
    const reply = await this.connection.ask(this.path('configmaps', name));
    if (reply.status === 404) { return undefined; }
    if (reply.status === 403) { throw new Refusal(`not allowed to read ConfigMap ${this.namespace}/${name}`, ExitCode.NO); }
    if (reply.status !== 200) { throw this.unexpected(`ConfigMap ${this.namespace}/${name}`, reply); }
    return reply;
  }

  private async fleet({ apiVersion, plural, namespace, name }: FleetStatus): Promise<FleetView> {
    const root = apiVersion.includes('/') ? `/apis/${apiVersion}` : `/api/${apiVersion}`;
    const { status, body } = await this.connection.ask(`${root}/namespaces/${namespace}/${plural}/${name}`);
    if (status !== 200) { return { unknown: status === 404 ? 'which is not there' : status === 403 ? 'at which you may not look' : `which the API server answers with ${status}` }; }
    return { replicas: body.spec?.replicas ?? 1, ready: body.status?.readyReplicas ?? 0 };
  }

  /** By the lease, which is renewed at each look. */
  private async runner(now: number): Promise<RunnerView | undefined> {
    const { status, body } = await this.connection.ask(`/apis/coordination.k8s.io/v1/namespaces/${this.namespace}/leases/${this.name}-lease`);
    const { holderIdentity, renewTime, leaseDurationSeconds } = body?.spec ?? {};
    const lookedAt = Date.parse(renewTime);
    if (status !== 200 || Number.isNaN(lookedAt)) { return undefined; }
    return { name: holderIdentity ?? '', lookedAt, alive: Boolean(holderIdentity) && now - lookedAt < leaseDurationSeconds * 1000 };
  }

  /** Names what is there, where that may be asked. */
  private async unknown(): Promise<string> {
    const { status, body } = await this.connection.ask(`${this.path('configmaps')}?labelSelector=${encodeURIComponent(ROLLOUT)}`, { accept: NAMES_ONLY });
    const known = new Set<string>(status === 200 ? (body.items ?? []).map(({ metadata }: any) => metadata.labels[ROLLOUT]) : []);
    const meant = didYouMean('rollout', this.name, [...known]);
    return meant.replace(`unknown rollout ${show(this.name)}`, `there is no ${this.said}`);
  }

  private path(plural: string, name?: string): string { return `/api/v1/namespaces/${this.namespace}/${plural}${name === undefined ? '' : `/${name}`}`; }

  private unexpected(what: string, { status, body }: Reply): Refusal {
    return new Refusal(`${this.connection.server} answers ${status} for ${what}${body?.message ? `: ${body.message}` : ''}`, ExitCode.NO);
  }
}

function hashOf(spec: any): string | undefined {
  try {
    return JSON.parse(spec.data?.spec)?.hash;
  } catch {
    return undefined;
  }
}
