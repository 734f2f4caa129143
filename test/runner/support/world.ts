import { FakeApi, Fault, Killed } from './fake-api';
import { chance, VirtualTime } from './virtual-time';
import { Chance } from '../../../bench/canary-simulation';
import { HttpRequest, Transport } from '../../../runner/http';
import { KubeClient } from '../../../runner/kube-client';
import { Prometheus } from '../../../runner/prometheus';
import { Runner } from '../../../runner/runner';
import { RolloutState } from '../../../runner/state';
import { RolloutSpec } from '../../../src/rollout/rollout-spec';

/** How the candidate behaves. */
export interface Behaviour {
  readonly errors?: number;
  readonly latency?: number;
  /** Never: undefined. */
  readonly startMillis?: number;
  /** Whether its pods are scraped. */
  readonly scraped?: boolean;
  /** Whether requests reach it; without, its share goes to the stable fleet. */
  readonly reached?: boolean;
  /** Its pods die at these times after the start, and come again after `startMillis`. */
  readonly deaths?: readonly number[];
}

export const PATHS = {
  spec: '/api/v1/namespaces/chat/configmaps/canary',
  state: '/api/v1/namespaces/chat/configmaps/canary-state',
  lease: '/apis/coordination.k8s.io/v1/namespaces/chat/leases/canary-lease',
  route: '/apis/gateway.networking.k8s.io/v1/namespaces/chat/httproutes/route',
  stable: '/apis/apps/v1/namespaces/chat/deployments/stable',
  candidate: '/apis/apps/v1/namespaces/chat/deployments/candidate',
};

const SCRAPE_MILLIS = 15_000;
const START = Date.UTC(2026, 0, 1);
const REQUESTS_PER_SECOND = 20;

interface Counted { readonly at: number; readonly values: { readonly [metric: string]: number } }

/** A cluster in memory with two fleets, a gateway and Prometheus, in virtual time; it holds every change against the invariants. */
export class World {
  public readonly time: VirtualTime;
  public readonly api: FakeApi;
  public readonly problems: string[] = [];
  public readonly weights: { readonly at: number; readonly weight: number }[] = [];
  /** Each change of the previews' weight and of the copies, with what stood before. */
  public readonly previews: number[] = [];
  public readonly copies: boolean[] = [];
  public readonly calls: string[] = [];
  public prometheusIsDown = false;
  public prometheusMillis = 1;
  /** Looks that failed with something else than an answer of the API server. */
  public readonly bugs: string[] = [];
  private readonly chance: () => number;
  private readonly noise: Chance;
  private readonly scrapes: { [fleet: string]: Counted[] } = { stable: [], candidate: [] };
  private readyAt: { at: number; ready: number }[] = [{ at: START, ready: 0 }];
  private judgedOnRoute = false;
  private ends = 0;

  constructor(public readonly spec: RolloutSpec, private readonly behaviour: Behaviour, seed = 1) {
    this.chance = chance(seed);
    this.noise = new Chance(seed);
    this.time = new VirtualTime(START, this.chance);
    this.api = new FakeApi({ now: () => this.time.now(), sleep: (millis) => this.time.sleep(millis), changed: (path, object, before) => this.changed(path, object, before) });
    this.api.put(PATHS.spec, { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'canary', namespace: 'chat' }, data: { spec: JSON.stringify(spec) } });
    this.api.put(PATHS.stable, { metadata: { name: 'stable', namespace: 'chat' }, spec: { replicas: 4 }, status: { readyReplicas: 4 } });
    this.api.put(PATHS.candidate, { metadata: { name: 'candidate', namespace: 'chat' }, spec: { replicas: 1 }, status: { readyReplicas: 0 } });
    this.ready(this.time.now());
    for (const death of behaviour.deaths ?? []) { this.time.at(START + death, () => this.die()); }
    this.scrape();
  }

  /** Starts a runner; one that is killed is followed by another. */
  public start(identity: string, fault: (request: HttpRequest) => Fault | undefined = () => undefined, hash = this.spec.hash): void {
    const api = this.api.transport(fault);
    const transport: Transport = (request) => { this.calls.push(`${request.method} ${new URL(request.url).pathname}`); return api(request); };
    const { time } = this;
    let dead = false;
    const alive = <T>(promise: Promise<T>): Promise<T> => promise.catch((error: Error) => {
      if (!(error instanceof Killed)) { throw error; }
      dead = true;
      time.at(time.now() + 5000, () => this.start(`${identity}'`, fault, hash));
      return new Promise<T>(() => undefined); // nobody waits for it any more
    });
    const runner = new Runner({ namespace: 'chat', name: 'canary', hash, identity }, {
      kube: new KubeClient('http://api', (request) => dead ? new Promise(() => undefined) : alive(transport(request)), time, () => 'token'),
      prometheus: (url) => new Prometheus(url, (request) => this.prometheus(request)),
      clock: time,
      log: (level, message, fields) => { if (level === 'error') { this.bugs.push(`${message} ${fields?.stack ?? ''}`); } },
    });
    void runner.run().then(() => { this.ends += 1; });
  }

  /** Until one runner says that the rollout is over. */
  public over(hours = 6): Promise<boolean> { return this.time.pass(START + hours * 3_600_000, () => this.ends > 0); }

  public passed(): number { return this.time.now() - START; }

  public get state(): RolloutState | undefined {
    const text = this.api.objects.get(PATHS.state)?.data?.state;
    return text === undefined ? undefined : JSON.parse(text);
  }

  public get weight(): number { return servedBy(this.api.objects.get(PATHS.route)?.spec.rules[0]); }

  /** Requests that are copied to the candidate for each one of a user. */
  public get copied(): number { return copies(this.api.objects.get(PATHS.route)) ? (this.spec.steps[0].mirrored ?? 0) / 1000 : 0; }

  public replicas(side: 'stable' | 'candidate'): number { return this.api.objects.get(PATHS[side]).spec.replicas; }

  /** What the route looks like to everything else that writes it. */
  public command(verb: string | undefined): void {
    const found = this.api.objects.get(PATHS.state);
    this.api.put(PATHS.state, { ...found, metadata: { ...found.metadata, annotations: verb === undefined ? {} : { 'cdk8s-inference/rollout-command': verb } } });
  }

  private die(): void {
    const candidate = this.api.objects.get(PATHS.candidate);
    this.report(candidate, 0);
    this.ready(this.time.now());
  }

  private ready(from: number): void {
    if (this.behaviour.startMillis === undefined && 'startMillis' in this.behaviour) { return; }
    this.time.at(from + (this.behaviour.startMillis ?? 60_000), () => {
      const candidate = this.api.objects.get(PATHS.candidate);
      this.report(candidate, candidate.spec.replicas);
    });
  }

  private report(candidate: any, ready: number): void {
    this.readyAt.push({ at: this.time.now(), ready });
    this.api.put(PATHS.candidate, { ...candidate, status: { readyReplicas: ready } });
  }

  private changed(path: string, object: any, before: any): void {
    const now = this.time.now();
    if (path === PATHS.route) { this.routeChanged(object, now); }
    if (path === PATHS.candidate && before !== undefined && object.spec.replicas !== before.spec.replicas) {
      if (object.spec.replicas > before.spec.replicas) { this.ready(now); } else { this.downOfCandidate(now); }
    }
    if (path === PATHS.stable && before !== undefined && object.spec.replicas < before.spec.replicas) {
      const last = this.weights[this.weights.length - 1];
      const since = [...this.weights].reverse().findIndex(({ weight }) => weight !== last.weight);
      const reached = this.weights[since < 0 ? 0 : this.weights.length - since];
      if (!last || last.weight < 1000 - this.spec.route.leastWeight || now - reached.at < this.spec.timing.drainSeconds * 1000) { this.problems.push('the stable fleet was scaled down before the end'); }
    }
  }

  private routeChanged(object: any, now: number): void {
    const [rule] = object.spec.rules;
    const [stable, candidate] = rule.backendRefs;
    const weight = servedBy(rule);
    this.weights.push({ at: now, weight });
    const least = this.spec.route.leastWeight;
    const planned = [0, ...this.spec.steps.map((step) => Math.min(1000 - least, step.weight))];
    if (stable.weight + candidate.weight !== 1000 || !planned.includes(weight)) { this.problems.push(`weights ${stable.weight} and ${weight} are none of the plan's`); }
    const needs = this.spec.steps.find((step) => Math.min(1000 - least, step.weight) === weight)?.needs ?? 0;
    // What was ready when the runner looked; an answer may come late.
    const ready = Math.max(...this.readyAt.filter((_, i) => (this.readyAt[i + 1]?.at ?? now) >= now - 200_000).map((one) => one.ready));
    if (weight > 0 && ready < needs) { this.problems.push(`weight ${weight} takes ${needs} replicas but ${ready} were ready`); }
    const preview: number = this.spec.route.previewRules === undefined ? 0 : servedBy(object.spec.rules[this.spec.route.previewRules[0]]);
    if (preview > least && ready < 1) { this.problems.push('previews go to a candidate without replicas'); }
    if (copies(object) && (weight > 0 || ready < this.spec.steps[0].needs)) { this.problems.push(`requests are copied at weight ${weight} to ${ready} replicas`); }
    if (this.judgedOnRoute && (preview > least || copies(object))) { this.problems.push('a candidate that was judged bad is previewed, or gets copies'); }
    noted(this.previews, preview);
    noted(this.copies, copies(object));
    const outcome = object.metadata.annotations['cdk8s-inference/rollout-outcome'];
    if (this.judgedOnRoute && weight > 0) { this.problems.push(`weight ${weight} on a candidate that was judged bad`); }
    if (outcome === 'rolled-back' || outcome === 'aborted') { this.judgedOnRoute = true; }
  }

  private downOfCandidate(now: number): void {
    const traffic = this.weights.filter(({ weight }) => weight > 0);
    const last = this.weights[this.weights.length - 1];
    const ended = traffic.length === 0 ? -Infinity : this.weights[this.weights.indexOf(traffic[traffic.length - 1]) + 1]?.at ?? Infinity;
    if (last.weight > 0 || now - ended < this.spec.timing.drainSeconds * 1000) { this.problems.push('the candidate was scaled down while requests ran on it'); }
  }

  /** Every 15 s, with what came since by the weight in force. */
  private scrape(): void {
    const { behaviour, noise } = this;
    const share = behaviour.reached === false ? 0 : this.weight / 1000;
    const serving = { stable: 1 - share, candidate: share + (behaviour.reached === false ? 0 : this.copied) };
    for (const fleet of ['stable', 'candidate'] as const) {
      const before = this.scrapes[fleet][this.scrapes[fleet].length - 1]?.values;
      const requests = noise.poisson(REQUESTS_PER_SECOND * SCRAPE_MILLIS / 1000 * serving[fleet]);
      const bad = fleet === 'candidate' ? behaviour : {};
      const grown: { [metric: string]: number } = {
        requests, latency_count: requests, errors: noise.binomial(requests, bad.errors ?? 0.0005), latency_sum: noise.lognormalSum(requests, 0.4 * (bad.latency ?? 1), 0.7),
      };
      const values = Object.fromEntries(Object.entries(grown).map(([metric, value]) => [metric, (before?.[metric] ?? 0) + value]));
      this.scrapes[fleet].push({ at: this.time.now(), values: { ...values, up: 1 } });
    }
    this.time.at(this.time.now() + SCRAPE_MILLIS, () => this.scrape());
  }

  private async prometheus(request: HttpRequest): Promise<{ status: number; headers: {}; body: string }> {
    await this.time.sleep(this.prometheusMillis);
    if (this.prometheusIsDown) { throw new Error('connect ECONNREFUSED'); }
    const form = new URLSearchParams(request.body);
    const [, metric, fleet, span] = /^(\w+)\{fleet="(\w+)"\}\[(\d+)s\]$/.exec(form.get('query')!)!;
    const until = Number(form.get('time')) * 1000;
    const scraped = fleet === 'stable' || this.behaviour.scraped !== false;
    const samples = scraped ? this.scrapes[fleet].filter(({ at }) => at <= until && at > until - Number(span) * 1000) : [];
    const result = samples.length === 0 ? [] : [{ metric: { fleet, pod: `${fleet}-0` }, values: samples.map(({ at, values }) => [at / 1000, String(values[metric])]) }];
    return { status: 200, headers: {}, body: JSON.stringify({ status: 'success', data: { resultType: 'matrix', result } }) };
  }
}

function copies(route: any): boolean { return route?.spec.rules.some((rule: any) => rule.filters !== undefined) ?? false; }

/** Adds what differs from the last one. */
function noted<T>(story: T[], value: T): void { if (story[story.length - 1] !== value) { story.push(value); } }

/** Requests of 1,000 that a rule gives to the candidate: none while it is asleep. */
function servedBy(rule: any): number {
  const asleep = rule?.matches?.some(({ headers = [] }: any) => headers.some(({ name }: any) => name === 'x-cdk8s-inference-asleep'));
  return rule === undefined || asleep ? 0 : rule.backendRefs[1].weight;
}
