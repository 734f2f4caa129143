import { Spread } from './lengths';
import { LoadKind } from './load';
import { Random } from './random';

/** Lengths of the next request. */
export interface DrawnLengths {
  readonly prompt: number;
  readonly output: number;
}

/** A request, and when it was sent. */
export interface Sent extends DrawnLengths { readonly sent: number }

/** What comes when. */
export interface ArrivalsQuestion {
  readonly kind: LoadKind;
  /** Requests per second, or requests in flight. */
  readonly amount: number;
  /** Standard deviation over mean of the time between two arrivals. */
  readonly variation: number;
  readonly prompt: Spread;
  readonly output: Spread;
  /** Seconds between sending a request with so long a prompt and its place in the queue. */
  readonly delay: (promptTokens: number) => number;
}

/** The times at which requests reach the queue, in order, and their lengths. A saturated load has none: engines take requests when they have room. */
export class Arrivals {
  private readonly due: number[] = [];
  private head = 0;
  private clock = 0;
  /** Requests of a batch that are not complete. */
  private left = 0;

  /** That of a mean prompt. */
  private readonly delay: number;

  public constructor(private readonly q: ArrivalsQuestion, private readonly random: Random) {
    this.delay = q.delay(q.prompt.mean);
    if (q.kind === LoadKind.CONCURRENCY || q.kind === LoadKind.STATIC_BATCH) { this.send(0, Math.max(1, Math.round(q.amount))); }
    if (q.kind === LoadKind.REQUESTS_PER_SECOND) { this.sendNext(); }
  }

  /** When the next request reaches the queue; Infinity if none is on its way. */
  public get next(): number {
    return this.head < this.due.length ? this.due[this.head] : Infinity;
  }

  /** Whether no batch is half done. */
  public get batchIsOver(): boolean {
    return this.q.kind !== LoadKind.STATIC_BATCH || this.left === Math.round(this.q.amount);
  }

  /** Takes the next one. Requests that come at random are queued at random, too, however long each is on its way: those with long prompts were sent sooner. */
  public take(): Sent {
    const at = this.due[this.head++];
    if (this.head > 1024 && this.head * 2 > this.due.length) {
      this.due.splice(0, this.head);
      this.head = 0;
    }
    if (this.q.kind === LoadKind.REQUESTS_PER_SECOND) { this.sendNext(); }
    const lengths = this.lengths();
    return { sent: at - this.q.delay(lengths.prompt), ...lengths };
  }

  /** A request is complete: whoever waited for it sends the next. */
  public completed(now: number): void {
    if (this.q.kind === LoadKind.CONCURRENCY) { this.send(now, 1); }
    if (this.q.kind === LoadKind.STATIC_BATCH && --this.left === 0) { this.send(now, Math.round(this.q.amount)); }
  }

  /** Lengths of a request. */
  public lengths(): DrawnLengths {
    return { prompt: this.draw(this.q.prompt), output: this.draw(this.q.output) };
  }

  private draw({ mean, sigma }: Spread): number {
    const length = sigma === 0 ? mean : mean * Math.exp(sigma * this.random.normal() - sigma * sigma / 2);
    return Math.max(1, Math.round(length));
  }

  private send(now: number, requests: number): void {
    for (let i = 0; i < requests; i++) { this.insert(now + this.delay); }
    this.left += requests;
  }

  /** Clients see the ends of their requests nearly in order, so the place is near the end. */
  private insert(at: number): void {
    const { due } = this;
    let i = due.length;
    while (i > this.head && due[i - 1] > at) { i--; }
    due.splice(i, 0, at);
  }

  private sendNext(): void {
    this.clock += this.random.gamma(this.q.variation) / this.q.amount;
    this.due.push(this.clock + this.delay);
  }
}
