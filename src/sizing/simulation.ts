import { Arrivals, Sent } from './arrivals';
import { StepTimes } from './compute';
import { EngineRules } from './engine-rules';
import { Flight } from './flight';
import { Guesses } from './guesses';
import { KvCache } from './kv-cache';
import { Spread } from './lengths';
import { LoadKind } from './load';
import { Pipeline } from './pipeline';
import { EngineSettings } from './plan';
import { Random } from './random';
import { Returning } from './returning';
import { Sample } from './sample';
import { Scheduler } from './scheduler';
import { Degrees } from './shares';
import { Speculation } from './speculation';

/** Requests that are left out at the start: at least, and for each that was in flight at once. */
const WARM_UP = 100;
const WARM_UP_ROUNDS = 2;
/** Requests between two looks at the standard error, and the fewest that percentiles are taken from: so many, and so often those in flight. */
const LOOK_EVERY = 500;
const FEWEST = 2000;
const ROUNDS = 4;
/** Work of a moment, in those of one running request. */
const MOMENT = 20;
/** A queue that grows by more than this share of the requests that are completed meanwhile will not settle. */
const GROWTH = 0.05;

/** One instance, its requests, and how long to look. */
export interface SimulationQuestion {
  readonly steps: StepTimes;
  readonly cache: KvCache;
  readonly rules: EngineRules;
  readonly settings: EngineSettings;
  readonly at: Degrees;
  /** Whether attention ranks share experts, and so step together. */
  readonly lockstep: boolean;
  readonly prompt: Spread;
  readonly output: Spread;
  readonly prefixHitRatio: number;
  /** Seconds in which what a prompt of so many tokens finds on the host comes back; absent where nothing does. */
  readonly readBack?: (promptTokens: number) => number;
  readonly kind: LoadKind;
  /** Requests per second, or requests in flight. */
  readonly amount: number;
  readonly variation: number;
  /** Tokens that are guessed; absent where none are. */
  readonly speculation?: Speculation;
  readonly secondsPerArrival: number;
  readonly secondsPerPromptToken: number;
  /** Steps between the one that makes a token and the client's sight of it. */
  readonly stepsToClient: number;
  /** What each further pipeline stage adds to the time of a step. */
  readonly bubble: number;
  readonly seed: number;
  readonly mostRequests: number;
  /** Standard error over mean at which it stops. */
  readonly relativeError: number;
  /** Moments, each times the requests that run then, after which it stops: bounds the time of any question. */
  readonly mostWork: number;
}

/** What was seen of the requests that were completed after the warm-up. */
export interface SimulationResult {
  readonly requests: number;
  readonly requestsPerSecond: number;
  readonly outputTokensPerSecond: number;
  readonly firstToken: Sample;
  readonly perToken: Sample;
  readonly endToEnd: Sample;
  /** Mean requests that have a place. */
  readonly running: number;
  /** Mean and largest share of the KV cache in use. */
  readonly cacheUse: number;
  readonly cachePeak: number;
  readonly preemptionsPerRequest: number;
  /** The larger of those of first token and end to end. */
  readonly relativeError: number;
  /** Whether more came than went: the latencies then are of these requests only. */
  readonly queueGrows: boolean;
}

/** Discrete-event simulation of one instance: step by step, request by request. The same question always has the same answer. */
export class Simulation {
  private readonly arrivals: Arrivals;
  private readonly pipelines: Pipeline[];
  private readonly ranks: Scheduler[];
  /** Of each rank, where what comes back from the host does so before a request's turn. */
  private readonly returning: ReadonlyMap<Scheduler, Returning>;
  private readonly firstToken = new Sample();
  private readonly perToken = new Sample();
  private readonly endToEnd = new Sample();
  private now = 0;
  private completed = 0;
  private work = 0;
  private warm = false;
  private since = 0;
  private mostRunning = 0;
  private tokensBefore = 0;
  private preemptionsBefore = 0;
  private systemAtStart = 0;
  private runningSeconds = 0;
  private cacheSeconds = 0;
  private cachePeak = 0;

  public constructor(private readonly q: SimulationQuestion) {
    const { at, rules, settings, cache, steps } = q;
    this.arrivals = new Arrivals({ ...q, delay: (promptTokens) => q.secondsPerArrival + q.secondsPerPromptToken * promptTokens }, new Random(q.seed));
    const { speculation } = q;
    const pipeline = { steps, stages: at.pp, bubble: q.bubble, guesses: speculation !== undefined };
    const guesses = speculation && new Guesses(speculation, q.seed);
    const scheduling = { rules, settings, cache, steps, stages: at.pp, guesses };
    const refill = q.kind === LoadKind.SATURATED ? () => this.flight(this.ranks[0], { sent: this.now, ...this.arrivals.lengths() }) : undefined;
    this.ranks = Array.from({ length: at.dp }, () => new Scheduler(scheduling, refill));
    this.pipelines = q.lockstep
      ? [new Pipeline(this.ranks, pipeline)]
      : this.ranks.map((rank) => new Pipeline([rank], pipeline));
    this.returning = new Map(q.readBack && rules.readsBack === 'aside' ? this.ranks.map((rank) => [rank, new Returning(rank)]) : []);
    this.warm = q.kind === LoadKind.STATIC_BATCH;
  }

  /** Runs it. Undefined if too few requests were completed within the bounds to say anything. */
  public run(): SimulationResult | undefined {
    let looked = 0;
    while (this.step()) {
      const done = this.endToEnd.size;
      if (done >= this.q.mostRequests || this.work > this.q.mostWork) { break; }
      if (done - looked < LOOK_EVERY || done < Math.max(FEWEST, ROUNDS * this.mostRunning) || !this.arrivals.batchIsOver) { continue; }
      looked = done;
      if (this.relativeError() <= this.q.relativeError) { break; }
    }
    return this.endToEnd.size >= Math.min(WARM_UP, this.q.mostRequests) ? this.result() : undefined;
  }

  /** Goes to the next moment at which something happens. False if nothing ever will. */
  private step(): boolean {
    let now = this.arrivals.next;
    for (const { wakeAt } of this.pipelines) { now = Math.min(now, wakeAt); }
    for (const { next } of this.returning.values()) { now = Math.min(now, next); }
    if (now === Infinity) { return false; }
    this.pass(now);
    for (const pipeline of this.pipelines) {
      if (pipeline.wakeAt <= now) { pipeline.finish(now).forEach((flight) => this.complete(flight)); }
    }
    // After all that end at this moment: half of them would count as fast.
    if (!this.warm && this.completed >= Math.max(WARM_UP, WARM_UP_ROUNDS * this.mostRunning)) { this.startToLook(); }
    while (this.arrivals.next <= now) {
      const rank = this.leastLoaded();
      const flight = this.flight(rank, this.arrivals.take());
      const returning = this.returning.get(rank);
      if (returning) { returning.add(flight, now); } else { rank.add(flight); }
    }
    let next = this.arrivals.next;
    for (const returning of this.returning.values()) {
      returning.pass(now);
      next = Math.min(next, returning.next);
    }
    for (const pipeline of this.pipelines) { pipeline.start(now, next); }
    return true;
  }

  /** Time passes with things as they are. */
  private pass(now: number): void {
    const { units } = this.q.cache;
    let running = 0;
    let used = 0;
    for (const rank of this.ranks) {
      running += rank.running.length;
      const share = 1 - rank.freeUnits / units;
      used += share;
      if (this.warm) { this.cachePeak = Math.max(this.cachePeak, share); }
    }
    this.work += MOMENT + running;
    this.mostRunning = Math.max(this.mostRunning, running);
    this.runningSeconds += running * (now - this.now);
    this.cacheSeconds += used / this.ranks.length * (now - this.now);
    this.now = now;
  }

  private complete({ arrival, firstTokenAt, output }: Flight): void {
    const { now } = this;
    const perToken = output > 1 ? (now - firstTokenAt) / (output - 1) : 0;
    const late = this.q.stepsToClient * perToken;
    this.completed++;
    this.arrivals.completed(now + late);
    if (!this.warm) { return; }
    this.firstToken.add(firstTokenAt + late - arrival);
    if (output > 1) { this.perToken.add(perToken); }
    this.endToEnd.add(now + late - arrival);
  }

  private startToLook(): void {
    this.warm = true;
    this.since = this.now;
    this.tokensBefore = this.sumOf((rank) => rank.tokens);
    this.preemptionsBefore = this.sumOf((rank) => rank.preemptions);
    this.systemAtStart = this.inSystem();
    this.runningSeconds = 0;
    this.cacheSeconds = 0;
  }

  private result(): SimulationResult {
    const seconds = this.now - this.since;
    const requests = this.endToEnd.size;
    return {
      requests,
      requestsPerSecond: requests / seconds,
      outputTokensPerSecond: (this.sumOf((rank) => rank.tokens) - this.tokensBefore) / seconds,
      firstToken: this.firstToken,
      perToken: this.perToken,
      endToEnd: this.endToEnd,
      running: this.runningSeconds / seconds,
      cacheUse: this.cacheSeconds / seconds,
      cachePeak: this.cachePeak,
      preemptionsPerRequest: (this.sumOf((rank) => rank.preemptions) - this.preemptionsBefore) / requests,
      relativeError: this.relativeError(),
      queueGrows: this.inSystem() - this.systemAtStart > GROWTH * requests + this.mostRunning,
    };
  }

  private flight(rank: Scheduler, { sent, prompt, output }: Sent): Flight {
    return rank.flight(sent, prompt, output, this.q.prefixHitRatio, this.q.readBack?.(prompt));
  }

  /** The rank that the next request goes to: waiting requests weigh four times as much as running ones, as vLLM's front end has it. */
  private leastLoaded(): Scheduler {
    const load = (rank: Scheduler) => 4 * (rank.queued + this.comingBack(rank)) + rank.running.length;
    return this.ranks.length === 1 ? this.ranks[0] : this.ranks.reduce((least, rank) => load(rank) < load(least) ? rank : least);
  }

  private relativeError(): number {
    return Math.max(this.firstToken.relativeError, this.endToEnd.relativeError);
  }

  private inSystem(): number {
    return this.sumOf((rank) => rank.queued + rank.running.length + this.comingBack(rank));
  }

  private comingBack(rank: Scheduler): number {
    return this.returning.get(rank)?.length ?? 0;
  }

  private sumOf(count: (rank: Scheduler) => number): number {
    return this.ranks.reduce((sum, rank) => sum + count(rank), 0);
  }
}
