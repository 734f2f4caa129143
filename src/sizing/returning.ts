import { Flight } from './flight';
import { Scheduler } from './scheduler';

/** Requests of a rank whose KV cache comes back from the host before their turn, one after the other over its link. */
export class Returning {
  private readonly queue: { readonly at: number; readonly flight: Flight }[] = [];
  private free = 0;

  public constructor(private readonly rank: Scheduler) { }

  /** Requests that are not back. */
  public get length(): number { return this.queue.length; }

  /** When the next one is back; Infinity if none is on its way. */
  public get next(): number { return this.queue.length > 0 ? this.queue[0].at : Infinity; }

  /** Starts one, behind those before it. */
  public add(flight: Flight, now: number): void {
    this.free = Math.max(now, this.free) + flight.readBack;
    flight.readBack = 0;
    this.queue.push({ at: this.free, flight });
  }

  /** Puts those that are back into the queue of the rank. */
  public pass(now: number): void {
    while (this.next <= now) { this.rank.add(this.queue.shift()!.flight); }
  }
}
