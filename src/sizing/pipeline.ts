import { StepTimes } from './compute';
import { Flight, Step } from './flight';
import { Scheduler } from './scheduler';

/** Steps that run at the same time, one a rank, and when they are done. */
interface Round {
  readonly steps: readonly (Step | undefined)[];
  readonly done: number;
}

/** How long steps take, and how many are under way at once. */
export interface PipelineQuestion {
  readonly steps: StepTimes;
  readonly stages: number;
  /** What each further stage adds to the time of a step. */
  readonly bubble: number;
  /** Whether tokens are guessed. */
  readonly guesses: boolean;
}

/** Ranks that step together, and the steps under way in their pipeline's stages. */
export class Pipeline {
  /** When something happens here next; Infinity if nothing will unless a request comes. */
  public wakeAt = 0;
  private readonly underWay: Round[] = [];
  private free = 0;

  public constructor(public readonly ranks: readonly Scheduler[], private readonly q: PipelineQuestion) { }

  /** Ends the steps that are done. Returns the requests that are complete. */
  public finish(now: number): Flight[] {
    const complete: Flight[] = [];
    while (this.underWay.length > 0 && this.underWay[0].done <= now) {
      const { steps, done } = this.underWay.shift()!;
      this.ranks.forEach((rank, i) => {
        if (steps[i]) { complete.push(...rank.finish(steps[i]!, done)); }
      });
    }
    return complete;
  }

  /** Starts the next step if the first stage is free. @param nextArrival when the next request comes */
  public start(now: number, nextArrival: number): void {
    if (this.underWay.length < this.q.stages && this.free <= now) {
      const steps = this.ranks.map((rank) => rank.next());
      // Ranks that share experts wait for each other.
      const all = steps.reduce((sum, step) => sum + (step?.tokens ?? 0), 0);
      let seconds = 0;
      for (const step of steps) {
        if (!step) { continue; }
        const { tokens, decodes, rows, guessed, attention, readBack } = step;
        const own = this.q.steps.secondsOf(tokens, rows + guessed, attention, all, rows, readBack, tokens > decodes + guessed);
        seconds = Math.max(seconds, own + this.guessing(step));
      }
      if (seconds > 0) { this.run(now, steps, seconds * (1 + this.q.bubble * (this.q.stages - 1)), nextArrival); }
    }
    const first = this.underWay.length > 0 ? this.underWay[0].done : Infinity;
    this.wakeAt = this.underWay.length < this.q.stages && this.free > now ? Math.min(first, this.free) : first;
  }

  /** Seconds in which the next tokens are guessed. */
  private guessing({ decodes, guessed, tokens }: Step): number {
    return this.q.guesses ? this.q.steps.draftSeconds(decodes, tokens - decodes - guessed) : 0;
  }

  private run(now: number, steps: readonly (Step | undefined)[], seconds: number, nextArrival: number): void {
    let times = 1;
    if (this.q.stages === 1) {
      times = Math.max(1, Math.ceil((nextArrival - now) / seconds));
      this.ranks.forEach((rank, i) => {
        if (steps[i]) { times = Math.min(times, rank.repeatable(steps[i]!)); }
      });
      if (times > 1) {
        this.ranks.forEach((rank, i) => {
          if (steps[i]) { rank.repeat(steps[i]!, times); }
        });
      }
    }
    const last = this.underWay.length > 0 ? this.underWay[this.underWay.length - 1].done : 0;
    this.free = now + times * seconds;
    this.underWay.push({ steps, done: Math.max(now + this.q.stages * times * seconds, last + seconds) });
  }
}
