import { StepPart, StepParts, StepQuestion, StepTimes } from './compute';

/** What guesses: the questions of its passes. */
export interface DraftQuestion {
  /** The pass that follows a verified step: over all its tokens, those of prompts included. */
  readonly first: StepQuestion;
  /** Those after it, over one token of each request. */
  readonly next: StepQuestion;
  /** Passes in all. */
  readonly passes: number;
}

/**
 * Steps of an engine that verifies guesses: the served model goes over all tokens of each request at once, and what guesses goes over them as often as
 * there are tokens to guess. How many guesses are right has no part in how long that takes.
 */
export class SpeculativeStepTimes extends StepTimes {
  private readonly first?: StepTimes;
  private readonly next?: StepTimes;
  private readonly later: number;

  /** @param verify of the served model, with the tokens that it verifies as `queries` */
  public constructor(verify: StepQuestion, draft?: DraftQuestion) {
    super(verify);
    this.first = draft && new StepTimes(draft.first);
    this.next = draft && new StepTimes(draft.next);
    this.later = draft ? draft.passes - 1 : 0;
  }

  public seconds(decodes: number, prefill: number, prompts?: number): number {
    return super.seconds(decodes, prefill, prompts) + this.draftSeconds(decodes, prefill);
  }

  public parts(decodes: number, prefill: number): StepParts {
    const all = super.parts(decodes, prefill);
    if (!this.first) { return all; }
    const first = this.first.parts(decodes, prefill);
    const later = decodes > 0 ? this.later : 0;
    const next = later > 0 ? this.next!.parts(decodes, 0) : first;
    const sum = (of: keyof StepParts) => all[of] + first[of] + later * next[of];
    return { memory: sum('memory'), compute: sum('compute'), communication: sum('communication'), overhead: sum('overhead') };
  }

  /** What is verified, then what guesses, part by part of both. */
  public ledger(decodes: number, prefill: number): StepPart[] {
    const verified = super.ledger(decodes, prefill);
    if (!this.first) { return verified; }
    const drafted = new Map<string, StepPart>();
    const add = (parts: readonly StepPart[], times: number) => parts.forEach((part) => {
      const so = drafted.get(part.name);
      drafted.set(part.name, {
        ...part,
        // The bound of what takes longest.
        bound: so && so.seconds > times * part.seconds ? so.bound : part.bound,
        name: `guessing: ${part.name}`,
        seconds: (so?.seconds ?? 0) + times * part.seconds,
        bytes: (so?.bytes ?? 0) + times * part.bytes,
        flops: (so?.flops ?? 0) + times * part.flops,
      });
    });
    add(this.first.ledger(decodes, prefill), 1);
    if (decodes > 0 && this.later > 0) { add(this.next!.ledger(decodes, 0), this.later); }
    return [...verified, ...drafted.values()];
  }

  /** Seconds of what guesses, which are part of those of a step. */
  public draftSeconds(decodes: number, prefill: number): number {
    if (!this.first) { return 0; }
    return this.first.seconds(decodes, prefill) + (decodes > 0 && this.later > 0 ? this.later * this.next!.seconds(decodes, 0) : 0);
  }
}
