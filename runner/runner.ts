/**
 * The shell: looks, decides, remembers, acts; again and again. Whatever fails is tried again at the next look. That traffic never returns
 * to a candidate that was judged bad, though two runners act at once and one of them slept, rests on two things: what is written carries
 * the version of what was seen, and the route carries the number of the decision that wrote it. Who remembers an older decision than
 * the route's does nothing; who saw an older route is refused.
 */
import { Clock } from './clock';
import { Act, decide, measuredFrom } from './decide';
import { seenEvaluation, startEvaluation } from './evaluation';
import { Events } from './events';
import { KubeClient, KubeError, KubeObject, pathOf } from './kube-client';
import { Lease } from './lease';
import { Log } from './log';
import { measure } from './measure';
import { Prometheus } from './prometheus';
import { Owner, routeObject, seenRoute } from './route';
import { Seen, SeenMetrics, SeenScore, SeenWorkload } from './seen';
import { readSpec } from './spec-reader';
import { RolloutState, TERMINAL } from './state';
import { Store, Stored } from './store';
import { RolloutSpec, RolloutWorkload } from '../src/rollout/rollout-spec';

export interface RunnerConfig {
  readonly namespace: string;
  /** Name of the rollout: that of the spec's ConfigMap. */
  readonly name: string;
  /** The spec that this runner was started for; with another one in force it has nothing to do. */
  readonly hash: string;
  /** Name of this process. */
  readonly identity: string;
}

export interface Surroundings {
  readonly kube: KubeClient;
  readonly prometheus: (url: string) => Prometheus;
  readonly clock: Clock;
  readonly log: Log;
  /** Told after each look. */
  readonly observed?: (spec: RolloutSpec, state: RolloutState) => void;
}

/** How a runner ended: the rollout is over, or another spec is in force. */
export type End = 'over' | 'superseded';

const FIRST_TICK_SECONDS = 5;
/** A memory that is older than the route in so many looks was put back by somebody: it counts as lost. */
const LOST_AFTER = 6;
/** Looks at once after a conflict. */
const CONFLICTS = 3;
/** A new Job may be there before the new spec is. */
const SPEC_PATIENCE_MILLIS = 120_000;

export class Runner {
  private readonly lease: Lease;
  private readonly store: Store;
  private readonly events: Events;
  private spec?: RolloutSpec;
  /** The spec's ConfigMap, with which the route goes. */
  private owner?: Owner;
  private foreignSince?: number;
  private outOfDate = 0;
  private stopped = false;
  private wake?: () => void;
  private readonly stopping: Promise<void>;

  constructor(private readonly config: RunnerConfig, private readonly around: Surroundings) {
    const { kube } = around;
    this.stopping = new Promise((resolve) => { this.wake = resolve; });
    this.lease = new Lease(kube, config.namespace, `${config.name}-lease`, config.identity, () => this.spec!.timing.leaseSeconds);
    this.store = new Store(kube, config.namespace, config.name);
    this.events = new Events(kube, config.identity);
  }

  /** Until the rollout is over, or `stop`. */
  public async run(): Promise<End | 'stopped'> {
    while (!this.stopped) {
      try {
        let end = await this.tick();
        for (let again = 0; end === 'conflict' && again < CONFLICTS; again++) { end = await this.tick(); } // what others wrote is not left for long
        if (end !== undefined && end !== 'conflict') {
          await this.lease.release().catch(() => undefined);
          return end;
        }
      } catch (error) {
        // What is no answer of the API server is a bug: it is told, and the next look tries again.
        const known = error instanceof KubeError;
        this.around.log(known ? 'warn' : 'error', (error as Error).message, known ? {} : { stack: (error as Error).stack });
      }
      await Promise.race([this.stopping, this.around.clock.sleep((this.spec?.timing.tickSeconds ?? FIRST_TICK_SECONDS) * 1000)]);
    }
    await this.lease.release().catch(() => undefined);
    return 'stopped';
  }

  /** After the look that is under way. */
  public stop(): void {
    this.stopped = true;
    this.wake?.();
  }

  /** One look. */
  private async tick(): Promise<End | 'conflict' | undefined> {
    const found = await this.readSpec(); // it says for how long the lease is taken
    if (found === 'superseded') { return 'superseded'; }
    if (this.spec === undefined || !await this.lease.take()) { return undefined; }
    const { spec } = this;

    const live = await this.around.kube.get(pathOf(spec.route.template.apiVersion, 'httproutes', spec.route.namespace, spec.route.name));
    if (live === undefined && found !== 'ours') { return found === 'gone' ? 'over' : undefined; } // it went with its owner, and nothing carries traffic
    const stored = await this.store.read();
    const now = this.around.kube.now();
    const seen: Seen = {
      route: live && seenRoute(spec, live),
      stable: await this.workload(spec.stable),
      candidate: await this.workload(spec.candidate),
      command: found === 'gone' ? 'abort' : stored.state?.hash === spec.hash ? stored.command : undefined,
      metrics: await this.metrics(spec, stored, now),
      scores: await this.scores(spec, stored, now),
    };
    const decision = decide(spec, this.outOfDate < LOST_AFTER ? stored.state : undefined, seen, now);
    this.outOfDate = decision.outOfDate ? this.outOfDate + 1 : 0;
    if (decision.outOfDate) {
      this.around.log('warn', 'the route was written by a later decision than the one that is remembered; looking again');
      return undefined;
    }
    if (!await this.remember(spec, decision.state, stored)) { return 'conflict'; }
    this.around.observed?.(spec, decision.state);
    const results: (End | 'conflict' | undefined)[] = [];
    for (const act of decision.acts) { results.push(await this.act(spec, act, live)); }
    await this.events.post(spec, decision.state).catch((error: Error) => this.around.log('warn', error.message));
    return results.find((result) => result !== undefined);
  }

  /** Keeps the last spec that could be read; one that was taken away ends the rollout with all traffic on the stable fleet. */
  private async readSpec(): Promise<'ours' | 'missing' | 'gone' | 'superseded'> {
    const { kube, log } = this.around;
    const object = await kube.get(pathOf('v1', 'configmaps', this.config.namespace, this.config.name));
    if (object === undefined) {
      log('warn', `there is no ConfigMap ${this.config.name}`);
      const end = this.foreign(this.spec === undefined ? 'superseded' : 'gone');
      return end === 'ours' ? 'missing' : end;
    }
    let spec: RolloutSpec;
    try {
      spec = readSpec(object.data?.spec);
    } catch (error) {
      log('error', (error as Error).message);
      return 'ours';
    }
    if (spec.hash !== this.config.hash) { return this.foreign('superseded'); }
    this.foreignSince = undefined;
    this.spec = spec;
    this.owner = { name: object.metadata.name, namespace: this.config.namespace, uid: object.metadata.uid };
    return 'ours';
  }

  private foreign(end: 'gone' | 'superseded'): 'ours' | 'gone' | 'superseded' {
    this.foreignSince ??= this.around.kube.now();
    if (this.around.kube.now() - this.foreignSince >= SPEC_PATIENCE_MILLIS) { return end; }
    if (end === 'superseded') { this.spec = undefined; }
    return 'ours';
  }

  /** What must not be read is not there: to throw here would keep the runner from stepping back. */
  private async workload({ apiVersion, plural, namespace, name }: RolloutWorkload): Promise<SeenWorkload | undefined> {
    const object = await this.around.kube.get(pathOf(apiVersion, plural, namespace, name)).catch((error) => this.forbidden(error));
    if (object === undefined || object.metadata.deletionTimestamp !== undefined) { return undefined; }
    return { resourceVersion: object.metadata.resourceVersion!, replicas: object.spec?.replicas ?? 1, ready: object.status?.readyReplicas ?? 0 };
  }

  private async metrics(spec: RolloutSpec, { state }: Stored, now: number): Promise<SeenMetrics> {
    const from = state?.hash === spec.hash ? measuredFrom(spec, state) : undefined;
    if (from === undefined) { return { state: 'none' }; }
    const metrics = await measure(spec, this.around.prometheus(spec.metrics.url), this.around.clock, from, now);
    if (metrics.state === 'failed') { this.around.log('warn', metrics.why); }
    return metrics;
  }

  private async scores(spec: RolloutSpec, { state }: Stored, now: number): Promise<{ [gate: string]: SeenScore }> {
    const scores: { [gate: string]: SeenScore } = {};
    if (state !== undefined && (TERMINAL.includes(state.phase) || state.outcome !== undefined)) { return scores; }
    for (const gate of spec.gates) {
      if (gate.kind !== 'score' || state?.scores[gate.name] !== undefined) { continue; }
      const score = await seenEvaluation(this.around.kube, gate, now).catch((error): SeenScore => {
        this.forbidden(error);
        return { state: 'failed', why: (error as Error).message };
      });
      if (score !== undefined) { scores[gate.name] = score; }
    }
    return scores;
  }

  private forbidden(error: unknown): undefined {
    if (!(error instanceof KubeError && error.status === 403)) { throw error; }
    this.around.log('warn', error.message);
    return undefined;
  }

  /** False if another runner was faster. */
  private async remember(spec: RolloutSpec, state: RolloutState, stored: Stored): Promise<boolean> {
    if (JSON.stringify(state) === JSON.stringify(stored.state)) { return true; }
    try {
      await this.store.write(spec, state, stored, this.owner);
    } catch (error) {
      if (!(error instanceof KubeError && error.conflict)) { throw error; }
      this.around.log('info', 'another runner was faster; looking again');
      return false;
    }
    this.tell(state, stored.state);
    return true;
  }

  /** Says what is new. */
  private tell(state: RolloutState, stored: RolloutState | undefined): void {
    const { log } = this.around;
    const before = stored?.hash === state.hash ? stored : undefined;
    if (state.command !== before?.command) { log('info', `command: ${state.command ?? 'none'}`); }
    const told = before?.verdicts[before.verdicts.length - 1]?.at ?? 0;
    for (const { at, step, gate, verdict, said } of state.verdicts) {
      if (at > told) { log('info', `gate ${gate}: ${verdict}`, { step: step + 1, gate, verdict, said }); }
    }
    const entry = state.history[state.history.length - 1];
    const last = before?.history[before.history.length - 1];
    if (entry !== undefined && JSON.stringify(entry) !== JSON.stringify(last)) { log('info', entry.phase, { step: entry.step + 1, weight: entry.weight / 1000, note: entry.note }); }
  }

  /** One act that fails does not keep the others from being done. */
  private async act(spec: RolloutSpec, act: Act, live: KubeObject | undefined): Promise<End | 'conflict' | undefined> {
    if (act.kind === 'finish') { return 'over'; }
    try {
      await this.carryOut(spec, act, live);
      return undefined;
    } catch (error) {
      if (!(error instanceof KubeError)) { throw error; }
      this.around.log(error.conflict ? 'info' : 'warn', error.message);
      return error.conflict ? 'conflict' : undefined;
    }
  }

  private async carryOut(spec: RolloutSpec, act: Act, live: KubeObject | undefined): Promise<void> {
    const { kube } = this.around;
    const { namespace, name, template } = spec.route;
    switch (act.kind) {
      case 'create-route':
        await kube.create(pathOf(template.apiVersion, 'httproutes', namespace), routeObject(spec, act, undefined, this.owner));
        break;
      case 'set-weight':
        await kube.replace(pathOf(template.apiVersion, 'httproutes', namespace, name), routeObject(spec, act, live, this.owner));
        break;
      case 'scale': {
        const { apiVersion, plural, namespace: where, name: what } = spec[act.side];
        await kube.replace(pathOf(apiVersion, plural, where, what, 'scale'), {
          apiVersion: 'autoscaling/v1', kind: 'Scale', metadata: { name: what, namespace: where, resourceVersion: act.resourceVersion }, spec: { replicas: act.replicas },
        });
        break;
      }
      case 'evaluate': {
        const gate = spec.gates.find((one) => one.name === act.gate);
        if (gate?.kind === 'score') { await startEvaluation(kube, gate); }
        break;
      }
      default:
    }
  }
}
