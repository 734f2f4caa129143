import { StepTimes } from './compute';
import { EngineRules } from './engine-rules';
import { Flight, Step } from './flight';
import { Guesses } from './guesses';
import { KvCache } from './kv-cache';
import { EngineSettings } from './plan';

/**
 * Share of the running requests' remaining tokens for which SGLang keeps room when it admits another, once its estimate has settled: its initial
 * 0.7 times the least factor of 0.14 (`new_token_ratio` of its schedule policy).
 */
const ROOM_FOR_RUNNING = 0.7 * 0.14;
/** Most tokens of a completion that SGLang counts when it admits. */
const MOST_COUNTED = 4096;
/** Tokens after which a request's place in the cache and the time of its attention are looked at again: at least, and at most. */
const GRAIN = [16, 64];

/** Of an attention time that has not been asked yet. */
const UNKNOWN = -1;

/** What the schedulers of all ranks have in common. */
export interface Scheduling {
  readonly rules: EngineRules;
  readonly settings: EngineSettings;
  readonly cache: KvCache;
  readonly steps: StepTimes;
  /** Pipeline stages, which work on as many steps at once. */
  readonly stages: number;
  /** Absent where a step gives a request one token. */
  readonly guesses?: Guesses;
}

/**
 * What an engine's scheduler decides before each step, for one attention rank. Three policies, told apart by the engine's rules:
 * - vLLM: running requests first, then waiting ones, within one budget of tokens; when the cache is full the newest is preempted and read again.
 * - TensorRT-LLM (guaranteed no evict): the same, but a request gets room for its whole completion from the start, and nothing is preempted.
 * - SGLang: prompts before tokens, in steps of their own; when the cache is full the request that has written least is taken back.
 */
export class Scheduler {
  public readonly running: Flight[] = [];
  public preemptions = 0;
  /** Tokens written so far. */
  public tokens = 0;
  public freeUnits: number;
  private readonly waiting: Flight[] = [];
  private head = 0;
  /** Requests that lost their place; they come before all others. */
  private readonly back: Flight[] = [];
  private readonly grain: number;
  private readonly longest: number;
  /** Tokens of a request that writes which a step works on. */
  private readonly queries: number;

  /** @param refill makes a request whenever none waits, for engines that are saturated */
  public constructor(private readonly q: Scheduling, private readonly refill?: () => Flight) {
    this.freeUnits = q.cache.units;
    this.grain = Math.min(GRAIN[1], Math.max(GRAIN[0], q.settings.kvBlockSize));
    this.longest = this.longestRequest();
    this.queries = q.guesses?.queries ?? 1;
  }

  /** Requests that wait. */
  public get queued(): number { return this.waiting.length - this.head + this.back.length; }

  /** A request of these lengths, cut to what the engine and its cache can hold. */
  public flight(arrival: number, prompt: number, output: number, prefixHitRatio: number, readBack = 0): Flight {
    const read = Math.max(1, Math.min(prompt, this.longest - 1));
    const written = Math.max(1, Math.min(output, this.longest - read));
    const found = Math.min(read - 1, Math.round(read * prefixHitRatio));
    return {
      arrival, prompt: read, output: written, found, computed: found, toRead: read, written: 0, firstTokenAt: NaN, units: 0, good: 0,
      attention: UNKNOWN, readBack,
    };
  }

  /** Puts a request into the queue. */
  public add(request: Flight): void {
    this.waiting.push(request);
  }

  /** What the next step works on; undefined if there is nothing that could be done now. */
  public next(): Step | undefined {
    const { rules, settings } = this.q;
    const step: Mutable<Step> = { requests: [], tokens: 0, rows: 0, decodes: 0, guessed: 0, attention: 0, readBack: 0, times: 1 };
    let budget = settings.maxNumBatchedTokens;
    if (!rules.mixesPrefill) {
      budget = this.read(step, budget);
      this.admit(step, budget);
      if (step.requests.length === 0) { this.write(step); }
    } else {
      this.runningFirst(step);
      this.admit(step, budget - step.tokens);
    }
    return step.requests.length > 0 ? step : undefined;
  }

  /** How often a step can be run in a row: until a request is complete, or needs more of the cache. A step that reads prompts runs once. */
  public repeatable(step: Step): number {
    if (step.decodes < step.requests.length) { return 1; }
    let times = Infinity;
    for (const { good, computed, output, written } of step.requests) {
      const most = good - computed < output - written ? 1 + good - computed : output - written;
      if (most < times) { times = most; }
    }
    return this.queries === 1 ? times : Math.max(1, Math.floor(times / this.queries));
  }

  /** Runs a step so often in a row. */
  public repeat(step: Step, times: number): void {
    (step as Mutable<Step>).times = times;
    for (const request of step.requests) { request.computed += times - 1; }
  }

  /** The step is done: its requests move on. Returns those that are complete. */
  public finish(step: Step, now: number): Flight[] {
    const complete: Flight[] = [];
    for (const request of step.requests) {
      if (request.awaited !== step) { continue; }
      request.awaited = undefined;
      if (request.written === 0) { request.firstTokenAt = now; }
      const tokens = this.given(request, step.times);
      request.written += tokens;
      this.tokens += tokens;
      if (request.written === request.output) {
        complete.push(request);
        this.freeUnits += request.units;
        request.units = 0;
      }
    }
    if (complete.length > 0) { this.keep((request) => request.written < request.output); }
    return complete;
  }

  /** Tokens that a request gets: the first with its prompt, then one a step, or what was guessed right besides. */
  private given(request: Flight, steps: number): number {
    const { guesses } = this.q;
    if (!guesses || request.written === 0) { return steps; }
    const tokens = Math.min(guesses.draw(steps), request.output - request.written);
    const before = request.computed;
    request.computed += tokens - steps;
    if (Math.floor(before / this.grain) !== Math.floor(request.computed / this.grain)) { request.attention = UNKNOWN; }
    return tokens;
  }

  /** One pass over the running requests, oldest first. */
  private runningFirst(step: Mutable<Step>): void {
    const { settings, stages } = this.q;
    let budget = settings.maxNumBatchedTokens;
    // Each of the steps under way takes its share of those that write.
    let most = Math.ceil(this.running.length / stages);
    for (let i = 0; i < this.running.length && budget > 0; i++) {
      const request = this.running[i];
      if (request.awaited) { continue; }
      const reads = request.computed < request.toRead;
      if (!reads && most-- <= 0) { continue; }
      const tokens = reads ? Math.min(budget, request.toRead - request.computed) : Math.min(budget, this.asked(request));
      if (!this.makeRoom(request, tokens)) { return; }
      this.take(step, request, tokens);
      budget -= tokens;
    }
  }

  /** Goes on reading prompts that were begun. */
  private read(step: Mutable<Step>, budget: number): number {
    let left = budget;
    for (const request of this.running) {
      if (left <= 0) { break; }
      if (request.awaited || request.computed >= request.toRead) { continue; }
      const tokens = Math.min(left, request.toRead - request.computed);
      if (!this.hold(request, request.computed + tokens, tokens)) { break; }
      this.take(step, request, tokens);
      left -= tokens;
    }
    return left;
  }

  /** One token for every request that can write, after requests were taken back for whose next token there is no room. */
  private write(step: Mutable<Step>): void {
    while (this.lacking() > this.freeUnits) {
      const taken = this.leastWritten();
      if (!taken) { return; }
      this.preempt(taken);
    }
    let most = Math.ceil(this.running.length / this.q.stages);
    for (const request of this.running) {
      if (most <= 0) { return; }
      const tokens = this.asked(request);
      if (!this.writes(request) || !this.hold(request, request.computed + tokens, tokens)) { continue; }
      this.take(step, request, tokens);
      most--;
    }
  }

  /** Tokens that a step works on for a request that writes: no more than it still lacks. */
  private asked({ output, written }: Flight): number {
    return this.queries === 1 ? 1 : Math.min(this.queries, output - written);
  }

  private writes(request: Flight): boolean {
    return !request.awaited && request.computed >= request.toRead;
  }

  /** Units that the next token of every request takes. */
  private lacking(): number {
    let units = 0;
    for (const request of this.running) {
      const tokens = this.asked(request);
      const length = request.computed + tokens;
      if (this.writes(request) && length > request.good) { units += this.wanted(request, length, tokens) - request.units; }
    }
    return units;
  }

  /** Lets waiting requests in while there are places, room in the cache and tokens in the step. */
  private admit(step: Mutable<Step>, budget: number): void {
    const { rules, settings, cache } = this.q;
    let left = budget;
    let kept: number | undefined;
    while (left > 0 && this.running.length < Math.min(settings.maxNumSeqs, cache.mostRequests)) {
      const request = this.first();
      if (!request) { return; }
      const tokens = Math.min(left, request.toRead - request.computed);
      const whole = request.prompt + request.output;
      const counted = rules.reservesWholeRequest ? whole
        : rules.mixesPrefill ? request.toRead : Math.min(whole, request.toRead + MOST_COUNTED);
      const room = this.freeUnits - this.unitsFor(request, counted);
      // Alone it is let in anyway: its length was cut to what the cache holds.
      if (room < 0 && this.running.length > 0) { return; }
      kept ??= rules.mixesPrefill ? 0 : this.keptForRunning();
      if (room < kept && this.running.length > 0) { return; }
      const held = rules.reservesWholeRequest ? whole : request.computed + tokens;
      if (!this.hold(request, held, rules.reservesWholeRequest ? 1 : tokens)) { return; }
      this.leaveQueue();
      this.running.push(request);
      this.take(step, request, tokens);
      left -= tokens;
      if (!rules.mixesPrefill) { kept += ROOM_FOR_RUNNING * Math.max(0, this.unitsFor(request, whole) - request.units); }
    }
  }

  /** Room that is kept for what running requests will still write. */
  private keptForRunning(): number {
    let units = 0;
    for (const request of this.running) {
      const rest = Math.min(MOST_COUNTED, request.output - request.written);
      units += ROOM_FOR_RUNNING * Math.max(0, this.unitsFor(request, request.prompt + request.written + rest) - request.units);
    }
    return units;
  }

  /** Makes room for a request by preempting the newest; the token that a step under way would give it is lost. False if it gave way itself. */
  private makeRoom(request: Flight, tokens: number): boolean {
    while (!this.hold(request, request.computed + tokens, tokens)) {
      const newest = this.running[this.running.length - 1];
      this.preempt(newest);
      if (newest === request) { return false; }
    }
    return true;
  }

  /** Among those that no step works on; the longest prompt of several. */
  private leastWritten(): Flight | undefined {
    let least: Flight | undefined;
    for (const request of this.running) {
      if (request.awaited) { continue; }
      if (!least || request.written < least.written || (request.written === least.written && request.prompt > least.prompt)) { least = request; }
    }
    return least;
  }

  private preempt(request: Flight): void {
    this.preemptions++;
    this.freeUnits += request.units;
    request.units = 0;
    request.good = 0;
    request.awaited = undefined;
    request.computed = request.found;
    request.toRead = request.prompt + request.written;
    this.back.push(request);
    this.keep((other) => other !== request);
  }

  private keep(stays: (request: Flight) => boolean): void {
    let kept = 0;
    for (const request of this.running) {
      if (stays(request)) { this.running[kept++] = request; }
    }
    this.running.length = kept;
  }

  /** Gives a request room up to a length. False if the cache lacks it. */
  private hold(request: Flight, length: number, tokens: number): boolean {
    if (length <= request.good) { return true; }
    const more = this.wanted(request, length, tokens) - request.units;
    if (more > this.freeUnits) { return false; }
    this.freeUnits -= more;
    request.units += more;
    request.good = this.rounded(length);
    return true;
  }

  /** Units of a request at a length, in a step that computes so many tokens of it. */
  private wanted({ prompt }: Flight, length: number, tokens: number): number {
    const { cache, settings } = this.q;
    return cache.unitsFor(this.rounded(length), Math.max(tokens, cache.readStep(prompt, settings.maxNumBatchedTokens)));
  }

  /** Units of a request that writes, at a length. */
  private unitsFor({ prompt }: Flight, length: number): number {
    const { cache, settings } = this.q;
    return cache.unitsFor(length, cache.readStep(prompt, settings.maxNumBatchedTokens));
  }

  private rounded(length: number): number {
    return Math.ceil(length / this.grain) * this.grain;
  }

  private take(step: Mutable<Step>, request: Flight, tokens: number): void {
    const { steps } = this.q;
    step.requests.push(request);
    step.tokens += tokens;
    if (request.computed < request.toRead) {
      step.attention += steps.promptAttention(request.computed, request.computed + tokens);
      request.attention = UNKNOWN;
      step.readBack += request.readBack;
      request.readBack = 0;
    } else {
      if (request.attention === UNKNOWN || request.computed % this.grain === 0) {
        request.attention = steps.decodeAttention(request.computed + this.grain / 2);
      }
      step.attention += request.attention;
      step.decodes++;
      // What is guessed counts once it is known to be right.
      request.computed++;
      request.awaited = step;
      step.rows++;
      step.guessed += tokens - 1;
      return;
    }
    request.computed += tokens;
    if (request.computed >= request.toRead) {
      request.awaited = step;
      step.rows++;
    }
  }

  /** Longest request that the engine takes and whose cache fits, in tokens: one that is alone always gets through. */
  private longestRequest(): number {
    const { cache, settings } = this.q;
    const fits = (length: number) => cache.unitsFor(this.rounded(length), Math.min(length, settings.maxNumBatchedTokens)) <= cache.units;
    let low = 2;
    let high = Math.max(2, settings.maxModelLen);
    if (fits(high)) { return high; }
    while (high - low > 1) {
      const middle = Math.floor((low + high) / 2);
      if (fits(middle)) { low = middle; } else { high = middle; }
    }
    return low;
  }

  private first(): Flight | undefined {
    if (this.back.length > 0) { return this.back[this.back.length - 1]; }
    if (this.head === this.waiting.length && this.refill) { this.waiting.push(this.refill()); }
    return this.waiting[this.head];
  }

  private leaveQueue(): void {
    if (this.back.length > 0) {
      this.back.pop();
      return;
    }
    this.head++;
    if (this.head > 1024 && this.head * 2 > this.waiting.length) {
      this.waiting.splice(0, this.head);
      this.head = 0;
    }
  }
}

type Mutable<T> = { -readonly [K in keyof T]: T[K] };
