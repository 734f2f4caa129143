import { StepParts, StepTimes } from './compute';
import { Loops } from './fitted';
import { Spread, largestOf, lengthAt, squaredVariation } from './lengths';
import { FULLEST } from './queueing';
import { Degrees } from './shares';
import { Speculation } from './speculation';
import { Readings, Stall, StallQuestion, readingsOf, stall } from './stall';

/** Secants after which steps that read prompts are known well enough, and how well. */
const MOST_SECANTS = 12;
const NEAR = 1e-8;

/** Prompt tokens of a step over those of one prompt, up to which prompts hardly ever meet. */
const SELDOM = 1.01;

/** Steps of one instance, and what they work on. */
export interface PaceQuestion {
  readonly steps: StepTimes;
  readonly at: Degrees;
  readonly prompt: Spread;
  readonly output: Spread;
  /** Share of the prompt that is computed. */
  readonly computedShare: number;
  readonly maxNumBatchedTokens: number;
  readonly mixesPrefill: boolean;
  /** Whether attention ranks share experts, and so step together. */
  readonly lockstep: boolean;
  readonly loops: Pick<Loops, 'pipelineBubble'>;
  /** Tokens that are guessed; absent where a step gives each request one. */
  readonly speculation?: Pick<Speculation, 'tokens' | 'perStep' | 'variance'>;
}

/** A step: its requests, its prompt tokens where it reads any, and the share of steps that do. */
export interface MeanStep {
  readonly decodes: number;
  readonly prefill: number;
  readonly share: number;
  readonly mixes: boolean;
}

/** How fast tokens follow each other while so many are decoding. */
export interface Pace {
  /** Seconds between two tokens of a request where nobody's prompt is read, and on the mean. */
  readonly plain: number;
  readonly mean: number;
  /** Seconds that one prompt adds for all, and the share of the time that prompts take. */
  readonly prompt: number;
  readonly load: number;
  /** Prompts that come while a token is written. */
  readonly prompts: number;
}

/** How steps follow each other: how many of them read prompts, which others wait for those, and what requests notice of it. */
export class Pacing {
  /** Prompt tokens that are computed, and tokens that are written, of a mean request. */
  public readonly computed: number;
  public readonly written: number;
  /** Attention ranks and pipeline stages, each of which has its own requests in a step. */
  public readonly ways: number;
  /** Tokens that a running request puts into a step, and that it gets from one. */
  public readonly queries: number;
  public readonly tokensPerStep: number;
  private readonly promptVariation: number;
  /** Steps under way that wait for each other. */
  private readonly coupled: number;
  /** Whether those wait for each other that write. Who writes a single token has it from the step that reads. */
  private readonly stalls: boolean;
  /** How much longer the longest of as many prompts as there are ranks or stages is than the mean, as a share. */
  private readonly longer: number;
  /** Rounds through all stages that a token takes. */
  private readonly rounds: number;
  /** Seconds of a step that reads one prompt and nothing else. */
  private alone?: number;
  /** Steps that read prompts alone, where those of ranks or stages wait for them. */
  private readings?: Readings;
  /** The pace that was asked about last: a point asks for it several times. */
  private last?: { readonly decoding: number; readonly seen: number; readonly apart: boolean; readonly pace: Pace };

  public constructor(private readonly q: PaceQuestion) {
    this.computed = Math.max(1, q.prompt.mean * q.computedShare);
    this.written = q.output.mean;
    this.queries = 1 + (q.speculation?.tokens ?? 0);
    this.tokensPerStep = q.speculation?.perStep ?? 1;
    this.promptVariation = squaredVariation(q.prompt);
    this.ways = q.at.dp * q.at.pp;
    this.coupled = q.at.pp * (q.lockstep ? q.at.dp : 1);
    this.longer = this.coupled > 1 ? Math.max(0, lengthAt(q.prompt, largestOf(q.lockstep ? q.at.dp : q.at.pp)) / q.prompt.mean - 1) : 0;
    this.stalls = this.coupled > 1 && this.written >= 2;
    this.rounds = q.at.pp * (1 + q.loops.pipelineBubble * (q.at.pp - 1)) / this.tokensPerStep;
  }

  /**
   * The pace with the prompts of as many as are decoding.
   *
   * @param seen how many a request finds there, itself included
   * @param apart whether prompts come one by one, so that each stops all that wait for each other; else all have some at the same time
   */
  public at(decoding: number, seen = decoding, apart = true): Pace {
    if (this.last?.decoding !== decoding || this.last.seen !== seen || this.last.apart !== apart) {
      this.last = { decoding, seen, apart, pace: this.workedOut(decoding, seen, apart) };
    }
    return this.last.pace;
  }

  private workedOut(decoding: number, seen: number, apart: boolean): Pace {
    const { steps, at, mixesPrefill } = this.q;
    const b = this.perStep(seen);
    const prompts = this.promptsPerStep(decoding);
    const plain = steps.seconds(b, 0);
    if (apart && this.stalls) { return this.paceOf(plain, this.stalled(b, plain, prompts)); }
    const coupled = apart ? this.coupled : 1;
    const { share, any, chunk } = this.reads(b, plain, prompts, coupled);
    const all = chunk * (coupled > 1 ? Math.max(1, Math.min(1, share) * coupled) : at.dp);
    const read = this.longest(chunk, prompts * coupled);
    const reading = steps.seconds(mixesPrefill ? b : 0, read, all);
    // Where all read in each of their steps, they read side by side.
    const stopped = mixesPrefill ? any * (reading - plain) : any * Math.max(0, 1 - share) * Math.max(0, reading - plain);
    const mean = plain + stopped + (mixesPrefill ? 0 : share * reading);
    const prompt = (mixesPrefill ? steps.promptsAdd(read, all) : reading) * this.computed / chunk;
    return this.paceOf(plain, { mean, prompt, prompts });
  }

  /** The pace of steps. */
  private paceOf(plain: number, { mean, prompt, prompts }: Stall): Pace {
    return {
      plain: this.rounds * plain,
      mean: this.rounds * mean,
      prompt: this.rounds * prompt,
      load: Math.min(FULLEST, prompts * prompt / mean),
      prompts,
    };
  }

  /** Steps that wait for those of other ranks or stages. */
  private stalled(decodes: number, plain: number, prompts: number): Stall {
    const { steps, at, mixesPrefill, lockstep, prompt } = this.q;
    const ranks = lockstep ? at.dp : 1;
    const question: StallQuestion = {
      steps, mixesPrefill, ranks, apart: at.dp / ranks, stages: at.pp, decodes, plain, room: this.room(decodes), prompts, computed: this.computed,
      sigma: prompt.sigma, longer: this.longer,
    };
    return stall(question, mixesPrefill ? undefined : this.readings ??= readingsOf(question));
  }

  /** Seconds between two tokens of a request where all steps are full of prompts. */
  public full(seen: number): number {
    const b = this.perStep(seen);
    return this.rounds * this.q.steps.seconds(b, this.room(b));
  }

  /**
   * Seconds by which a token takes longer for those who get it than the mean step: longer steps gather more prompts, which make the next ones longer,
   * while those whose prompts were read write. Times of steps are an autoregressive series, whose covariance with the number that writes this is.
   */
  public gathered({ prompt, load }: Pace, bursts: number): number {
    const spread = 1 + load * load * (bursts + this.promptVariation) / (1 - load * load);
    return prompt / this.written * load * (1 - Math.pow(load, this.written)) / (1 - load) * spread;
  }

  /** The step that an arriving request meets: a long one is met more often. */
  public met({ mean, prompt, load }: Pace, bursts: number): number {
    return mean + prompt * load * (bursts + this.promptVariation) / (1 - load * load);
  }

  /** Variance of a typical request's time per token: how many prompts were read meanwhile differs, and long steps come one after the other. */
  public unlike({ mean, load }: Pace, met: number): number {
    return (met - mean) * mean * (1 + load) / (1 - load) / this.written;
  }

  /**
   * Seconds from the start of a prompt of `tokens` (those to be computed) to its first token.
   *
   * @param apart whether prompts come one by one, so that other ranks seldom read at the same time
   */
  public promptSeconds(decoding: number, tokens: number, apart = false): number {
    const { steps, at, mixesPrefill } = this.q;
    const b = this.perStep(decoding);
    const room = this.room(b);
    const prompts = this.promptsPerStep(decoding);
    const read = Math.min(room, Math.max(tokens, this.gatheredTokens(b, prompts)));
    const others = apart && this.stalls ? Math.min(read, prompts * this.computed) : read;
    const step = steps.seconds(mixesPrefill ? b : 0, read, read + (at.dp - 1) * others);
    return (Math.max(1, tokens / room) + at.pp - 1) * step;
  }

  /** Seconds that one prompt keeps the engine busy when steps are filled with prompts. */
  public pipeSeconds(decoding: number): number {
    const b = this.perStep(decoding);
    const room = this.room(b);
    const tokens = Math.min(room, Math.max(this.computed, room / 4));
    return this.computed / tokens * this.q.steps.seconds(this.q.mixesPrefill ? b : 0, tokens);
  }

  /** The same where prompts come apart and have steps of their own. */
  public apartSeconds(decoding: number): number {
    const { steps } = this.q;
    const b = this.perStep(decoding);
    const { chunk } = this.reads(b, steps.seconds(b, 0), this.promptsPerStep(decoding), 1);
    return this.computed / chunk * steps.seconds(0, chunk);
  }

  /** Requests of one step of one rank; a step that runs has at least one. */
  public perStep(decoding: number): number {
    return Math.max(1, decoding / this.ways);
  }

  /** The mean step while this many are decoding. */
  public stepAt(decoding: number): MeanStep {
    const { steps, mixesPrefill } = this.q;
    const decodes = this.perStep(decoding);
    const { share, any, chunk } = this.reads(decodes, mixesPrefill ? 0 : steps.seconds(decodes, 0), this.promptsPerStep(decoding));
    return { decodes, prefill: chunk, share: mixesPrefill ? any : share, mixes: mixesPrefill };
  }

  /** Where its time goes. */
  public partsAt(decoding: number): StepParts {
    const { decodes: b, prefill: chunk, share, mixes } = this.stepAt(decoding);
    const plain = this.q.steps.parts(b, 0);
    const full = this.q.steps.parts(mixes ? b : 0, chunk);
    const both = (x: number, y: number) => mixes ? x + share * (y - x) : x + share * y;
    return {
      memory: both(plain.memory, full.memory),
      compute: both(plain.compute, full.compute),
      communication: both(plain.communication, full.communication),
      overhead: both(plain.overhead, full.overhead),
    };
  }

  /** Prompts that a step meets: each request brings one in as many steps as it needs for its output tokens. */
  private promptsPerStep(decoding: number): number {
    return this.tokensPerStep * decoding / this.ways / this.written;
  }

  /** Prompt tokens that a step has room for. */
  private room(b: number): number {
    const { maxNumBatchedTokens, mixesPrefill } = this.q;
    return mixesPrefill ? Math.max(maxNumBatchedTokens - this.queries * b, maxNumBatchedTokens / 16, 1) : maxNumBatchedTokens;
  }

  /** Prompt tokens of a step that reads any: prompts that come within one step are read together. */
  private gatheredTokens(b: number, prompts: number): number {
    return Math.min(this.room(b), prompts > 1e-9 ? prompts * this.computed / -Math.expm1(-prompts) : this.computed);
  }

  /**
   * Steps of a rank that read prompts over those that write, how many tokens they read, and the share of the steps of all who wait for each other in
   * which anybody reads: a prompt on one rank or in one stage stops them all. Pieces of one prompt follow each other through the stages.
   */
  private reads(
    b: number, plain: number, prompts: number, coupled = this.coupled,
  ): { readonly share: number; readonly any: number; readonly chunk: number } {
    const { at, mixesPrefill } = this.q;
    const together = this.gatheredTokens(b, prompts);
    const chunk = mixesPrefill ? together : this.chunkApart(plain, prompts, together);
    const share = prompts * this.computed / chunk;
    const pieces = Math.max(1, this.computed / this.q.maxNumBatchedTokens);
    const others = coupled > 1 ? coupled / at.pp * (at.pp + pieces - 1) / pieces - (mixesPrefill ? 0 : 1) : mixesPrefill ? 1 : 0;
    const part = Math.min(1, share);
    return { share: mixesPrefill ? part : share, any: others === 1 ? part : others > 0 ? 1 - Math.pow(1 - part, others) : 0, chunk };
  }

  /**
   * Prompt tokens of a step where prompts have steps of their own, before any token: while one of them runs the next prompts may come, so that there
   * are as many in a row as it takes until one finds none.
   */
  private chunkApart(plain: number, prompts: number, together: number): number {
    // Who writes a single token has it from the step that reads.
    if (together <= this.computed * SELDOM || this.written < 2) { return together; }
    const { steps } = this.q;
    const tokens = prompts * this.computed;
    const alone = this.alone ??= steps.seconds(0, this.computed);
    const perToken = (steps.seconds(0, together) - alone) / (together - this.computed);
    const excess = (reads: number) => {
      const each = alone + perToken * (tokens / reads - this.computed);
      const rate = prompts / (plain + reads * each);
      return reads + Math.expm1(-rate * plain) * Math.exp(rate * each);
    };
    // Between as few as hold them and one for each: by secants.
    let [last, reads] = [tokens / together, prompts];
    let [before, after] = [excess(last), excess(reads)];
    for (let i = 0; i < MOST_SECANTS && Math.abs(after) > NEAR * reads && after !== before; i++) {
      const next = Math.min(prompts, Math.max(tokens / together, reads - after * (reads - last) / (after - before)));
      [last, before] = [reads, after];
      [reads, after] = [next, excess(next)];
    }
    return tokens / reads;
  }

  /** Those that wait for several prompts wait for the longest. */
  private longest(chunk: number, prompts: number): number {
    const { prompt, maxNumBatchedTokens } = this.q;
    const read = Math.min(prompts, this.coupled);
    if (prompt.sigma === 0 || read <= 1) { return chunk; }
    return Math.min(maxNumBatchedTokens, chunk * Math.max(1, lengthAt(prompt, largestOf(read)) / prompt.mean));
  }
}
