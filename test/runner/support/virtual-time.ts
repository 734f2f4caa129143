import { Clock } from '../../../runner/clock';

interface Timer { readonly at: number; readonly order: number; readonly wake: () => void }

/** Time that passes when nobody has anything to do. */
export class VirtualTime implements Clock {
  private timers: Timer[] = [];
  private order = 0;

  constructor(private time: number, private readonly dice: () => number) {}

  public now(): number { return this.time; }
  public random(): number { return this.dice(); }

  public sleep(millis: number): Promise<void> {
    return new Promise((resolve) => { this.at(this.time + Math.max(0, millis), resolve); });
  }

  public at(time: number, wake: () => void): void { this.timers.push({ at: time, order: this.order++, wake }); }

  /** Lets time pass until `done`, or until a time; false if it was not done by then. */
  public async pass(until: number, done: () => boolean): Promise<boolean> {
    for (;;) {
      await new Promise((resolve) => { setImmediate(resolve); });
      if (done()) { return true; }
      if (this.timers.length === 0) { return false; }
      const next = this.timers.reduce((first, timer) => timer.at < first.at || (timer.at === first.at && timer.order < first.order) ? timer : first);
      if (next.at > until) { return false; }
      this.timers = this.timers.filter((timer) => timer !== next);
      this.time = Math.max(this.time, next.at);
      next.wake();
    }
  }
}

/** Random numbers that a seed repeats. */
export function chance(seed: number): () => number {
  let state = seed * 2654435761 % 4294967296;
  return () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0; // eslint-disable-line no-bitwise
    return state / 4294967296;
  };
}
