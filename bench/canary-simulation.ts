/** Simulated servers before the runner's state machine: what a rollout costs and how it ends. */
import { median } from './quantile';
import { decide, measuredFrom, wantedWeight } from '../runner/decide';
import { Batch } from '../runner/seen';
import { RolloutState, TERMINAL } from '../runner/state';
import { stepLength } from '../src/rollout/analysis/step-length';
import { RolloutGate, RolloutSpec } from '../src/rollout/rollout-spec';

export interface Scenario { readonly what: string; readonly latency: number; readonly errors: number }

export interface Outcome {
  readonly rolledBack: number;
  /** Share that was rolled back before a quarter of the traffic had moved. */
  readonly before25: number;
  /** Share that a gate judged bad; the others were rolled back after doubt. */
  readonly judged: number;
  readonly medianMinutes: number;
  /** Largest weight of 1,000. */
  readonly medianWeight: number;
  /** Share of all requests of the rollout that the candidate got, in percent. */
  readonly medianShare: number;
}

const SECOND = 1000;
const BATCH = 30;
const WEIGHTS = [10, 50, 250, 500, 1000];
/** From a quarter of the traffic on, nothing moves without proof. */
const UNPROVEN_WEIGHT = 50;
/** Requests per second that the plan gives one replica. */
const PER_REPLICA = 1.25;
const STABLE_ERRORS = 0.001;
/** Seconds. */
const TTFT = 0.3;
const TPOT = 0.03;
const QUEUE = 0.02;
const TTFT_TARGET = 1.5;
const HOLD_SECONDS = 12;

/** Random numbers that a seed repeats (mulberry32), and the distributions of servers. */
export class Chance {
  private spare?: number;

  constructor(private seed: number) {}

  public uniform(): number {
    this.seed = (this.seed + 0x6d2b79f5) | 0; // eslint-disable-line no-bitwise
    let t = Math.imul(this.seed ^ (this.seed >>> 15), 1 | this.seed); // eslint-disable-line no-bitwise
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t; // eslint-disable-line no-bitwise
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296; // eslint-disable-line no-bitwise
  }

  public normal(): number {
    if (this.spare !== undefined) {
      const spare = this.spare;
      this.spare = undefined;
      return spare;
    }
    const r = Math.sqrt(-2 * Math.log(1 - this.uniform()));
    const angle = 2 * Math.PI * this.uniform();
    this.spare = r * Math.sin(angle);
    return r * Math.cos(angle);
  }

  public poisson(mean: number): number {
    if (mean > 60) { return Math.max(0, Math.round(mean + Math.sqrt(mean) * this.normal())); }
    let [count, product] = [0, this.uniform()];
    for (const limit = Math.exp(-mean); product > limit; count++) { product *= this.uniform(); }
    return count;
  }

  /** Of `count`, each with the probability `share`. */
  public binomial(count: number, share: number): number {
    const mean = count * share;
    if (mean > 60) { return Math.min(count, Math.max(0, Math.round(mean + Math.sqrt(mean * (1 - share)) * this.normal()))); }
    if (count > 200) { return Math.min(count, this.poisson(count * share)); }
    let events = 0;
    for (let i = 0; i < count; i++) { if (this.uniform() < share) { events++; } }
    return events;
  }

  /** Sum of `count` lognormal values of this mean and coefficient of variation. */
  public lognormalSum(count: number, mean: number, variation: number): number {
    if (count > 100) { return Math.max(0, count * mean + Math.sqrt(count) * mean * variation * this.normal()); }
    const sigma = Math.sqrt(Math.log(1 + variation * variation));
    let sum = 0;
    for (let i = 0; i < count; i++) { sum += mean * Math.exp(sigma * this.normal() - sigma * sigma / 2); }
    return sum;
  }
}

/** What befalls both fleets alike: prompts get longer for a minute. */
class Traffic {
  private mix = 0;

  constructor(private readonly chance: Chance) {}

  public longer(seconds: number): number {
    this.mix = wander(this.chance, this.mix, seconds / 60);
    return Math.exp(0.1 * this.mix);
  }
}

/** A fleet of which each pod has busy spells (20 s) and drifts (5 minutes) of its own. */
class Fleet {
  private spell = 0;
  private tide = 0;

  constructor(private readonly chance: Chance, private readonly slower: number, private readonly errors: number) {}

  public served(requests: number, seconds: number, load: number, pods: number) {
    const { chance } = this;
    const one = 1 / Math.sqrt(pods);
    this.spell = wander(chance, this.spell, seconds / 20);
    this.tide = wander(chance, this.tide, seconds / 300);
    const busy = this.slower * load * Math.exp((0.15 * this.spell + 0.05 * this.tide) * one);
    const ttft = TTFT * busy;
    const sigma = Math.sqrt(Math.log(1 + 0.9 ** 2));
    const over = 1 - phi((Math.log(TTFT_TARGET / ttft) + sigma * sigma / 2) / sigma);
    return {
      errors: chance.binomial(requests, this.errors),
      ttft: chance.lognormalSum(requests, ttft, 0.9),
      over: chance.binomial(requests, over),
      tpot: chance.lognormalSum(requests, TPOT * this.slower * load * Math.exp((0.08 * this.spell + 0.04 * this.tide) * one), 0.3),
      queue: chance.lognormalSum(requests, QUEUE * busy, 2.5),
    };
  }
}

function wander(chance: Chance, value: number, time: number): number {
  const kept = Math.exp(-time);
  return value * kept + Math.sqrt(1 - kept * kept) * chance.normal();
}

/** Normal distribution function (Abramowitz and Stegun 7.1.26: exact to 1.5e-7). */
function phi(x: number): number {
  const t = 1 / (1 + 0.3275911 * Math.abs(x) / Math.SQRT2);
  const tail = (((((1.061405429 * t - 1.453152027) * t) + 1.421413741) * t - 0.284496736) * t + 0.254829592) * t * Math.exp(-x * x / 2);
  return x >= 0 ? 1 - tail / 2 : tail / 2;
}

/** How a server slows down with the requests that it runs; the plan's own table is a fifth too flat. */
const slowdown = (running: number, slope = 0.01) => 1 + slope * running;
const AT_LOAD = [0, 10, 20, 40, 80, 160, 400].map((running) => ({ running, seconds: slowdown(running, 0.008) }));

const selectors = { stable: 's', candidate: 'c' };
const GATES: RolloutGate[] = [
  { kind: 'share-limit', name: 'errors', events: 'e', total: 'c', good: 0.01, bad: 0.02, expected: STABLE_ERRORS },
  { kind: 'share-ratio', name: 'errors-beside-stable', events: selectors, total: selectors, factor: 2 },
  { kind: 'mean-ratio', name: 'time-to-first-token', sum: selectors, count: selectors, factor: 1.3, floor: 0, atLoad: AT_LOAD },
  { kind: 'mean-ratio', name: 'time-per-output-token', sum: selectors, count: selectors, factor: 1.3, floor: 0, atLoad: AT_LOAD },
  { kind: 'mean-ratio', name: 'queue-time', sum: selectors, count: selectors, factor: 1.3, floor: 0.15, atLoad: AT_LOAD },
  { kind: 'share-limit', name: 'time-to-first-token-target', events: 'o', total: 'c', good: 0.05, bad: 0.1, expected: 0.02 },
];

/** The spec that synthesis would write for the load. */
export function specFor(requestsPerSecond: number): RolloutSpec {
  const planned = Math.max(2, Math.ceil(requestsPerSecond / PER_REPLICA));
  const risk = { alpha: 0.05, beta: 0.02, minSamples: 20, mostRestarts: 3 };
  const workload = { apiVersion: 'apps/v1', kind: 'Deployment', plural: 'deployments', namespace: 'n', replicas: planned };
  return {
    version: 1,
    name: 'canary',
    namespace: 'n',
    hash: 'h',
    stable: { ...workload, name: 'stable' },
    candidate: { ...workload, name: 'candidate' },
    route: {
      namespace: 'n', name: 'route', leastWeight: 0, stable: { name: 'stable' }, candidate: { name: 'candidate' },
      template: { apiVersion: 'gateway.networking.k8s.io/v1', kind: 'HTTPRoute', spec: {} },
    },
    metrics: { url: 'http://prometheus', podLabel: 'pod', scrapeSeconds: 15, up: selectors, requests: selectors, running: selectors },
    risk,
    timing: {
      tickSeconds: BATCH, batchSeconds: BATCH, settleSeconds: BATCH, warmUpSeconds: 0, startSeconds: 600, doubtSeconds: 600, drainSeconds: 60,
      leaseSeconds: 60,
    },
    gates: GATES,
    steps: WEIGHTS.map((weight, i) => {
      const proof = (WEIGHTS[i + 1] ?? 1000) > UNPROVEN_WEIGHT;
      const { minSeconds, maxSeconds } = stepLength({ weight, proof }, WEIGHTS.length, GATES, risk, requestsPerSecond, BATCH);
      const needs = Math.max(1, Math.ceil(planned * weight / 1000));
      return { weight, needs, runs: needs, proof, minSeconds, maxSeconds };
    }),
    end: { candidateReplicas: 0, stableReplicas: 0 },
  };
}

export function runMany(scenario: Scenario, requestsPerSecond: number, rollouts: number): Outcome {
  const spec = specFor(requestsPerSecond);
  const ends = Array.from({ length: rollouts }, (_, seed) => run(spec, scenario, requestsPerSecond, new Chance(seed + 1)));
  const share = (holds: (end: End) => boolean) => ends.filter(holds).length / ends.length;
  return {
    rolledBack: share(({ state }) => state.outcome !== undefined),
    before25: share(({ state, most }) => state.outcome !== undefined && most < 250),
    judged: share(({ state }) => state.outcome !== undefined && /^gate /.test(state.reason!)),
    medianMinutes: median(ends.map(({ millis }) => millis / 60_000)),
    medianWeight: median(ends.map(({ most }) => most)),
    medianShare: median(ends.map(({ candidate, all }) => 100 * candidate / all)),
  };
}

interface Both<T> { readonly stable: T; readonly candidate: T }

interface End { readonly state: RolloutState; readonly most: number; readonly millis: number; readonly candidate: number; readonly all: number }

export function run(spec: RolloutSpec, scenario: Scenario, requestsPerSecond: number, chance: Chance): End {
  const fleets = { stable: new Fleet(chance, 1, STABLE_ERRORS), candidate: new Fleet(chance, scenario.latency, scenario.errors) };
  const traffic = new Traffic(chance);
  let state: RolloutState | undefined;
  let route = { uid: 'u', resourceVersion: '1', weight: 0, epoch: 0, current: true };
  let replicas = { stable: spec.stable.replicas, candidate: 1 };
  let [now, most, candidate, all] = [0, 0, 0, 0];
  for (; ; now += BATCH * SECOND) {
    const from = state && measuredFrom(spec, state);
    const batches: Batch[] = [];
    for (let at = from ?? now; from !== undefined && at + BATCH * SECOND <= now; at += BATCH * SECOND) {
      const batch = counted(fleets, traffic, requestsPerSecond, route.weight / 1000, replicas, chance, at);
      candidate += batch.requests.candidate!;
      all += batch.requests.candidate! + batch.requests.stable!;
      batches.push(batch);
    }
    const workload = (side: 'stable' | 'candidate') => ({ resourceVersion: '1', replicas: replicas[side], ready: replicas[side] });
    const decision = decide(spec, state, { route, stable: workload('stable'), candidate: workload('candidate'), metrics: { state: 'read', batches }, scores: {} }, now);
    ({ state } = decision);
    for (const act of decision.acts) {
      if (act.kind === 'set-weight') { route = { ...route, weight: act.weight, epoch: act.epoch }; }
      if (act.kind === 'scale') { replicas = { ...replicas, [act.side]: act.replicas }; }
    }
    most = Math.max(most, wantedWeight(spec, state));
    if (state.outcome !== undefined || TERMINAL.includes(state.phase)) { return { state, most, millis: now, candidate, all: Math.max(1, all) }; }
  }
}

function counted(fleets: Both<Fleet>, traffic: Traffic, rate: number, share: number, replicas: Both<number>, chance: Chance, from: number): Batch {
  const rates = { candidate: rate * share, stable: rate * (1 - share) };
  const both = <T>(of: (side: keyof Both<T>) => T): Both<T> => ({ candidate: of('candidate'), stable: of('stable') });
  const requests = both((side) => chance.poisson(rates[side] * BATCH));
  const running = both((side) => rates[side] * HOLD_SECONDS / replicas[side]);
  const longer = traffic.longer(BATCH);
  const served = both((side) => fleets[side].served(requests[side], BATCH, slowdown(running[side]) * longer, replicas[side]));
  const pair = (of: 'errors' | 'ttft' | 'over' | 'tpot' | 'queue') => both((side) => ({ amount: served[side][of], count: requests[side] }));
  return {
    from,
    until: from + BATCH * SECOND,
    requests,
    running,
    restarts: 0,
    gates: {
      'errors': pair('errors'),
      'errors-beside-stable': pair('errors'),
      'time-to-first-token': pair('ttft'),
      'time-per-output-token': pair('tpot'),
      'queue-time': pair('queue'),
      'time-to-first-token-target': pair('over'),
    },
  };
}
