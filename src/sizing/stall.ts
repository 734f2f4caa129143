import { StepTimes } from './compute';
import { normalBelow } from './lengths';

/** Most rounds after which steps and the rate of prompts agree well enough: each more than halves what is left. */
const ROUNDS = 5;
/** Change of a step in a round, as a share, after which the next ones change nothing that anybody sees. */
const NEAR = 3e-2;
/** Of two normal variables, how far the larger lies above their mean, in standard deviations. */
const LARGER = 0.5641895835477563;
/** Prompts in a step that are hardly any. */
const SELDOM = 1e-9;
/** Prompts in a step up to which their time is looked at. */
const MORE = 4;
/** Share of steps that reads at most: a queue that never ends has no mean. */
const MOST = 0.999;

/** Steps that wait for each other: those of ranks that share experts, and those under way in the stages of a pipeline. */
export interface StallQuestion {
  readonly steps: StepTimes;
  readonly mixesPrefill: boolean;
  readonly ranks: number;
  /** Factor from the tokens of one rank to those of all, where ranks do not step together. */
  readonly apart: number;
  readonly stages: number;
  /** Requests of a rank's step that write, the seconds of a step with those alone, and the prompt tokens that there is room for besides. */
  readonly decodes: number;
  readonly plain: number;
  readonly room: number;
  /** Prompts that come to a rank while a request writes a token in one stage, and the tokens of one. */
  readonly prompts: number;
  readonly computed: number;
  /** Standard deviation of the logarithm of its length, and how much longer the longest of as many as there are ranks and stages is, as a share. */
  readonly sigma: number;
  readonly longer: number;
}

/** Seconds of steps that read. */
export interface Readings {
  /** Steps that a prompt takes, the tokens of one of them, and those up to which their time is looked at. */
  readonly pieces: number;
  readonly one: number;
  readonly more: number;
  /** Of one piece on one rank, of one on each, of as much as is looked at on each, and of what there is room for. */
  readonly few: number;
  readonly wide: number;
  readonly deep: number;
  readonly full: () => number;
  /** What a token more on each rank takes, and what it takes less where one rank reads alone. */
  readonly slope: number;
  readonly growing: number;
}

/** What they do on the mean. */
export interface Stall {
  /** Seconds of a stage between two tokens of a request. */
  readonly mean: number;
  /** Prompts that come to all ranks within a step, and seconds that one more of them adds to the steps of all. */
  readonly prompts: number;
  readonly prompt: number;
}

/**
 * How long those wait for each other whose steps are coupled: a step that reads prompts stops all.
 *
 * Of ranks that share experts, a step takes as long as that of the rank that reads most. Requests go to the rank that has fewest, so that prompts that
 * come in the same step are read side by side, one a rank, before any rank reads two.
 *
 * In a pipeline, a long step goes through all stages, and those behind it can't overtake: alone it takes as much more time from all as it has stages.
 * Prompts that come before the step behind it starts are read in that, and cost their own time only. So do those of the other steps that
 * start behind it while it is under way, until as many are as there are stages; then nothing starts until it leaves.
 *
 * While a long step runs more prompts come than during a short one, so reading follows reading: it is a chain with two probabilities that the
 * next step reads, after a short one and after a long one.
 */
export function stall(q: StallQuestion, read: Readings = readingsOf(q)): Stall {
  const { steps, mixesPrefill, ranks, stages, plain, room, prompts, computed } = q;
  const { pieces, one, more, few, wide, deep, slope, growing } = read;
  /** Seconds of a step whose rank that reads most reads `chunk` tokens, of `all` of all ranks. */
  const lasts = (chunk: number, all: number) => {
    const alike = chunk <= more ? wide + slope * (chunk - one) : deep + (read.full() - deep) / Math.max(1e-9, room - more) * (chunk - more);
    if (ranks === 1) { return alike; }
    const less = wide - few + growing * (Math.min(chunk, more) - one);
    return alike - less * Math.max(0, 1 - Math.max(0, all / chunk - 1) / (ranks - 1));
  };
  // A step that reads and writes is never longer than a full one.
  const fullest = mixesPrefill ? Infinity : read.full() * (1 + prompts * computed / room);
  let chunk = one;
  let long = few;
  const stopped = -Math.expm1(-prompts * ranks * stages) * Math.max(0, few - plain);
  let token = Math.min(fullest, plain + stopped + (mixesPrefill ? 0 : prompts * pieces * few));
  let [longest, all, come, any] = [one, one, prompts * ranks, 0];
  for (let i = 0; i < ROUNDS; i++) {
    const rate = Math.max(prompts * ranks / token, SELDOM / plain);
    const begins = -Math.expm1(-rate * plain);
    const none = Math.exp(-rate * long);
    // Steps that stand still behind one that reads, for each that reads, until another does or none is left of it.
    let behind = 0;
    for (let stage = 1, left = none; stage < stages; stage++, left *= 1 - begins) { behind += left; }
    let through = stages > 1 ? none ** stages : none;
    if (pieces > 1) {
      const rest = none ** (pieces - 1);
      behind += none < 1 ? none * (1 - rest) / (1 - none) : pieces - 1;
      through *= rest;
    }
    const until = through / begins;
    let reads = 1 / (1 + behind + until);
    // Of a rank: steps that read for each that writes, where they are apart.
    const apart = mixesPrefill ? 0 : prompts * computed / chunk;
    come = prompts * ranks / (1 + apart);
    const together = Math.max(1, come / reads);
    let side = 1;
    if (ranks > 1) {
      side = limited(together, ranks);
      any = Math.min(1, Math.max(reads * (1 + behind), come * computed / ranks / room));
      chunk = Math.min(room, computed * together / side / pieces);
      longest = Math.min(room, longestRank(q, together, side) / pieces);
      all = come * computed / any;
    } else {
      const most = room / computed;
      const held = limited(together, most);
      // Full steps follow each other.
      reads = Math.min(MOST, come / held);
      const row = Math.max(1, reads * (behind + until) / (1 - reads));
      any = Math.min(1, reads * (1 + behind / row));
      chunk = computed * held;
      longest = longestStep(q, held, most, Math.max(1, stages * reads / any));
      all = chunk;
    }
    const lasting = lasts(longest, all);
    // Where prompts take less than a step that writes, those wait that read, unless all do.
    const share = lasting >= plain ? any : ranks > 1 ? any * (side / ranks) ** ranks : reads ** stages;
    const mean = plain + share * (lasting - plain);
    const before = token;
    token = Math.sqrt(token * Math.min(fullest, mixesPrefill ? mean : mean * (1 + prompts * computed / chunk)));
    const settled = Math.abs(token - before) < NEAR * token && Math.abs(lasting - long) < NEAR * long;
    long = Math.sqrt(long * lasting);
    if (settled) { break; }
  }
  // One more prompt adds nothing where it is read beside others.
  const added = ranks > 1
    ? (1 - any + any / ranks) * (mixesPrefill ? any * steps.promptsAdd(longest, all) : token - plain) / come
    : (mixesPrefill ? steps.promptsAdd(chunk, q.apart * chunk) : lasts(chunk, all)) * computed / chunk;
  return { mean: token, prompts: come, prompt: added };
}

/**
 * How long steps take that read. It grows evenly from one number of tokens to the next, where all ranks read alike; and so does what it takes less where one
 * rank reads alone. Where prompts have steps of their own, it is the same whoever writes.
 */
export function readingsOf({ steps, mixesPrefill, ranks, apart, decodes, room, computed, sigma }: StallQuestion): Readings {
  const pieces = ranks > 1 ? piecesOf(computed, sigma, room) : 1;
  const reading = (chunk: number, all: number) => steps.seconds(mixesPrefill ? decodes : 0, chunk, ranks > 1 ? all : apart * chunk);
  const one = Math.min(room, computed / pieces);
  const more = Math.min(room, MORE * one);
  const few = reading(one, one);
  const wide = ranks > 1 ? reading(one, ranks * one) : few;
  const deep = more > one ? reading(more, ranks * more) : wide;
  let known: number | undefined;
  return {
    pieces, one, more, few, wide, deep,
    full: () => known ??= room > more ? reading(room, ranks * room) : deep,
    slope: (deep - wide) / Math.max(1e-9, more - one),
    growing: ranks > 1 && more > one ? (deep - reading(more, more) - wide + few) / (more - one) : 0,
  };
}

/** As many of so many as there is room for, which comes near before it is reached: numbers of prompts differ. */
function limited(number: number, most: number): number {
  if (most <= 1 || number <= 1) { return Math.min(most, number); }
  return 1 + (number - 1) * (most - 1) / Math.sqrt((number - 1) ** 2 + (most - 1) ** 2);
}

/** Tokens of the rank that reads most, where `together` prompts are read on `side` ranks. */
function longestRank({ ranks, computed, longer }: StallQuestion, together: number, side: number): number {
  const each = Math.max(1, together / ranks + (ranks - 1) / (2 * ranks));
  return computed * (each + longer * (side - 1) / (ranks - 1) * Math.sqrt(together / side));
}

/** Tokens of the longest among `others` steps that read `held` prompts each on the mean, of which `most` fit into one. */
function longestStep({ stages, computed, longer, room }: StallQuestion, held: number, most: number, others: number): number {
  if (most <= held) { return room; }
  const more = held > 1 ? LARGER * -Math.expm1(1 - held) : 0;
  const above = (others - 1) * Math.sqrt(held * (more * more + (longer / (stages - 1)) ** 2));
  return Math.min(room, computed * (held + above * (most - held) / (Math.max(0, most - 1) + above + Number.EPSILON)));
}

/** Steps that a prompt takes. */
function piecesOf(computed: number, sigma: number, room: number): number {
  const fits = room / computed;
  if (sigma === 0) { return Math.max(1, 1 / fits); }
  const z = Math.log(fits) / sigma;
  return normalBelow(z + sigma / 2) + normalBelow(sigma / 2 - z) / fits;
}
