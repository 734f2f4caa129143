import { StepParts, StepTimes } from './compute';
import { Loops } from './fitted';
import { Spread, lengthAt, normalQuantile, squaredVariation } from './lengths';
import { kingmanWait, slotBusy, slotWait, waitAt } from './queueing';
import { Degrees } from './shares';
import { Speculation } from './speculation';

/** Seconds over which the growing queue of an overloaded instance is averaged. */
const OVERLOAD_SECONDS = 600;
/** Standard deviation over mean of a request's time per token at a fixed number in flight: how many prompts were read meanwhile differs. */
const TOKEN_TIME_VARIATION = 0.06;
/**
 * Standard deviation over mean of a request's accepted draft tokens in a step: 0.14 to 0.28 with three draft tokens, chance included, in the recorded
 * EAGLE-3 acceptance of 1,410 requests of four kinds (SpecDecode-Bench/simulator).
 */
const ACCEPTANCE_VARIATION = 0.2;
/** Tries for the number of requests that a rate leaves decoding, and how close is close enough. */
const TRIES = 40;
const CLOSE = 1e-7;

/** One instance and the requests that it gets. */
export interface BatchingQuestion {
  readonly steps: StepTimes;
  readonly at: Degrees;
  readonly prompt: Spread;
  readonly output: Spread;
  /** Share of the prompt that is computed. */
  readonly computedShare: number;
  readonly maxNumBatchedTokens: number;
  readonly mixesPrefill: boolean;
  /** Tokens that are guessed; absent where a step gives each request one. */
  readonly speculation?: Pick<Speculation, 'tokens' | 'perStep' | 'variance'>;
  /** Requests that may be in flight at once, whole instance. */
  readonly slots: number;
  readonly secondsPerArrival: number;
  /** Steps between the one that makes a token and the client's sight of the first. */
  readonly stepsToClient: number;
  readonly loops: Loops;
}

/** What an instance does at one number of requests in flight. */
export interface OperatingPoint {
  /** Requests that are writing their completion. */
  readonly decoding: number;
  readonly requestsPerSecond: number;
  readonly secondsPerToken: number;
  /** Mean wait before the prompt is read: for the step under way, behind other prompts, for a place. */
  readonly stepWait: number;
  /** From the step that makes the first token until the client sees it. */
  readonly delivery: number;
  readonly promptWait: number;
  readonly promptLoad: number;
  readonly slotWait: number;
  readonly slotLoad: number;
  /** Wait of a closed loop's or an overloaded instance's queue, and how much it differs between requests: 0 not at all, 1 from nothing to double. */
  readonly backlog: number;
  readonly backlogSwing: number;
  /** Requests that there are, where they do not arrive: those of a closed loop or a batch. */
  readonly requests?: number;
  /** Seconds that the prompts of a whole batch take, where all are read before any completion goes on. */
  readonly promptsTogether?: number;
}

/** What a share `p` of requests stays under: a normal variable, and lengths. */
interface Share {
  readonly p: number;
  readonly quantile: number;
  readonly promptTokens: number;
  readonly outputTokens: number;
}

/** Mean-field model of continuous batching. */
export class Batching {
  /** Requests that can be decoding at once: by places, and by the token budget of a step, which prompts share. */
  public readonly mostDecoding: number;
  private readonly computed: number;
  private readonly outputTokens: number;
  private readonly promptVariation: number;
  private readonly ways: number;
  /** Tokens that a running request puts into a step, and that it gets from one. */
  private readonly queries: number;
  private readonly tokensPerStep: number;
  private readonly tokenTimeVariation: number;
  private full?: number;
  /** The point that was asked about last, and its mean time to the first token: every percentile of a point asks for it. */
  private last?: { readonly point: OperatingPoint; readonly firstToken: number };
  /** The share of requests that was asked about last: a search asks about one at many points. */
  private share?: Share;

  public constructor(public readonly q: BatchingQuestion) {
    this.computed = Math.max(1, q.prompt.mean * q.computedShare);
    this.outputTokens = q.output.mean;
    this.promptVariation = squaredVariation(q.prompt);
    this.ways = q.at.dp * q.at.pp;
    this.queries = 1 + (q.speculation?.tokens ?? 0);
    this.tokensPerStep = q.speculation?.perStep ?? 1;
    this.tokenTimeVariation = variationOf(q);
    const tokens = this.queries + this.tokensPerStep * this.computed / this.outputTokens;
    const budget = q.mixesPrefill ? this.ways * q.maxNumBatchedTokens / tokens : Infinity;
    this.mostDecoding = Math.max(1e-6, Math.min(q.slots, budget));
  }

  /** Requests that may be in flight at once. */
  public get slots(): number { return this.q.slots; }

  /** Mean seconds between two tokens of a request while this many are decoding. */
  public secondsPerToken(decoding: number): number {
    const { steps, at, mixesPrefill, loops } = this.q;
    const b = this.perStep(decoding);
    const { share, chunk } = this.prefill(b, this.prompts(decoding));
    const plain = steps.seconds(b, 0);
    const step = mixesPrefill ? plain + share * (steps.seconds(b, chunk) - plain) : plain + share * steps.seconds(0, chunk);
    return at.pp * step * (1 + loops.pipelineBubble * (at.pp - 1)) / this.tokensPerStep;
  }

  /** Requests per second while this many are decoding. */
  public throughput(decoding: number): number {
    return decoding / (this.outputTokens * this.secondsPerToken(decoding));
  }

  /** Seconds from the start of a prompt of `tokens` (those to be computed) to its first token. */
  public promptSeconds(decoding: number, tokens: number): number {
    const { steps, at, mixesPrefill } = this.q;
    const b = this.perStep(decoding);
    const room = this.room(b);
    const { chunk } = this.prefill(b, this.prompts(decoding));
    const step = steps.seconds(mixesPrefill ? b : 0, Math.min(room, Math.max(tokens, chunk)));
    return (Math.max(1, tokens / room) + at.pp - 1) * step;
  }

  /** Most requests per second, all places taken. */
  public capacity(): number {
    return this.full ??= this.throughput(this.mostDecoding);
  }

  /** A step while this many are decoding: its requests, its prompt tokens where it reads any, and the share of steps that do. */
  public stepAt(decoding: number): { readonly decodes: number; readonly prefill: number; readonly share: number; readonly mixes: boolean } {
    const decodes = this.perStep(decoding);
    const { share, chunk } = this.prefill(decodes, this.prompts(decoding));
    return { decodes, prefill: chunk, share, mixes: this.q.mixesPrefill };
  }

  /** Where the time of a mean step goes. */
  public partsAt(decoding: number): StepParts {
    const { decodes: b, prefill: chunk, share } = this.stepAt(decoding);
    const plain = this.q.steps.parts(b, 0);
    const full = this.q.mixesPrefill ? this.q.steps.parts(b, chunk) : this.q.steps.parts(0, chunk);
    const both = (x: number, y: number) => this.q.mixesPrefill ? x + share * (y - x) : x + share * y;
    return {
      memory: both(plain.memory, full.memory),
      compute: both(plain.compute, full.compute),
      communication: both(plain.communication, full.communication),
      overhead: both(plain.overhead, full.overhead),
    };
  }

  /** The point at which this many are decoding, under arrivals at random. @param variation see `poisson` */
  public pointAt(decoding: number, variation = 1): OperatingPoint {
    const secondsPerToken = this.secondsPerToken(decoding);
    const x = decoding / (this.outputTokens * secondsPerToken);
    return this.point(decoding, x, x, x / Math.max(x, this.capacity()), 0, variation, secondsPerToken);
  }

  /**
   * The point that arrivals at random settle at; an overloaded instance does what it can while its queue grows.
   *
   * @param variation standard deviation over mean of the time between two arrivals; 1 for Poisson
   */
  public poisson(requestsPerSecond: number, variation = 1): OperatingPoint {
    const capacity = this.capacity();
    if (requestsPerSecond >= capacity) {
      return this.point(this.mostDecoding, capacity, requestsPerSecond, 1, OVERLOAD_SECONDS / 2 * (1 - capacity / requestsPerSecond), variation);
    }
    const decoding = this.decodingAt(requestsPerSecond);
    return this.point(decoding, requestsPerSecond, requestsPerSecond, requestsPerSecond / capacity, 0, variation);
  }

  /** The point of a closed loop with this many requests in flight. */
  public closedLoop(requests: number): OperatingPoint {
    const { mixesPrefill, steps, at, secondsPerArrival, slots } = this.q;
    const held = Math.min(requests, slots);
    const decoding = mixesPrefill ? Math.min(held, this.mostDecoding) : held;
    const service = this.pipeSeconds(decoding);
    const prompt = this.promptSeconds(decoding, this.computed);
    const others = Math.max(0, held / at.dp - 1);
    // Where prompts have steps of their own, each of the others' stops a request once in its life: while it waits, or while it writes.
    const plain = mixesPrefill ? this.secondsPerToken(decoding) : at.pp * steps.seconds(this.perStep(held), 0) / this.tokensPerStep;
    const stops = mixesPrefill ? 0 : others * service;
    const wait = service * this.promptsBefore(others);
    const secondsPerToken = plain + Math.max(0, stops - wait) / this.outputTokens;
    const stepWait = (mixesPrefill ? this.tokensPerStep * plain / 2 : 0) + wait;
    const delivery = this.delivery(secondsPerToken);
    const whole = secondsPerArrival + stepWait + delivery + prompt + this.writingSeconds(secondsPerToken);
    const most = mixesPrefill ? decoding / (this.outputTokens * plain) : Infinity;
    const x = Math.min(most, held / whole);
    return { ...this.point(decoding, x, 0, 0, Math.max(0, requests / x - whole)), requests, secondsPerToken, stepWait, delivery, backlogSwing: 0 };
  }

  /**
   * Prompts of others that one finds before it in a closed loop: half of all where they come in one wave, else those that came since, more where
   * prompts are long beside completions. How fast the device is has no part in it, so that a faster one never makes a prompt wait longer.
   */
  private promptsBefore(others: number): number {
    const { share, clustering } = this.q.mixesPrefill ? this.q.loops.mixed : this.q.loops.separate;
    // A queue that is full for as long as the others take grows with the square root of their number.
    const since = Math.min(clustering * others * this.computed / this.outputTokens, Math.sqrt(others));
    return share * others / 2 + (1 - share) * since;
  }

  /** All of a batch start together: prompts are read in full steps, then all completions go on; what exceeds the places waits for a next round. */
  public staticBatch(requests: number): OperatingPoint {
    const { steps, at, maxNumBatchedTokens, secondsPerArrival } = this.q;
    const rounds = Math.max(1, requests / this.q.slots);
    const b = requests / rounds;
    const secondsPerToken = at.pp * steps.seconds(this.perStep(b), 0) / this.tokensPerStep;
    const tokens = Math.max(1, b / at.dp) * this.computed;
    const chunks = Math.max(1, tokens / maxNumBatchedTokens);
    const prompts = (chunks + at.pp - 1) * steps.seconds(0, tokens / chunks);
    const round = prompts + this.writingSeconds(secondsPerToken);
    return {
      requests,
      decoding: b,
      requestsPerSecond: requests / (secondsPerArrival + rounds * round),
      secondsPerToken,
      stepWait: 0,
      delivery: 0,
      promptWait: 0,
      promptLoad: 0,
      slotWait: 0,
      slotLoad: 0,
      backlog: (rounds - 1) * round / 2,
      backlogSwing: 0,
      promptsTogether: prompts,
    };
  }

  /** Seconds to the first token that a share `p` of requests stays under. */
  public firstTokenAt(point: OperatingPoint, p: number): number {
    const { computedShare, secondsPerArrival } = this.q;
    // As many as the computed share may be requests that find nothing: the first of a conversation.
    const share = p > 1 - computedShare ? 1 : computedShare;
    return secondsPerArrival + point.delivery + 2 * p * point.stepWait
      + (point.promptsTogether ?? this.promptSeconds(point.decoding, Math.max(1, this.shareOf(p).promptTokens * share)))
      + waitAt(point.promptLoad, point.promptWait, p) + waitAt(slotBusy(point.slotLoad, this.q.slots), point.slotWait, p)
      + point.backlog * (1 + point.backlogSwing * (2 * p - 1));
  }

  /** Mean seconds to the first token. */
  public firstTokenMean(point: OperatingPoint): number {
    if (this.last?.point !== point) {
      const firstToken = this.q.secondsPerArrival + point.delivery + point.stepWait
        + (point.promptsTogether ?? this.promptSeconds(point.decoding, this.computed)) + point.promptWait + point.slotWait + point.backlog;
      this.last = { point, firstToken };
    }
    return this.last!.firstToken;
  }

  /** Seconds per token that a share `p` of requests stays under. */
  public tokenAt(point: OperatingPoint, p: number): number {
    return point.secondsPerToken * Math.max(0.5, 1 + this.tokenTimeVariation * this.shareOf(p).quantile);
  }

  /** Mean seconds from request to last token. */
  public endToEndMean(point: OperatingPoint): number {
    return this.firstTokenMean(point) + this.writingSeconds(point.secondsPerToken);
  }

  /** Mean requests in flight, by Little's law. */
  public inFlight(point: OperatingPoint): number {
    return Math.min(this.q.slots, point.requests ?? Infinity, point.requestsPerSecond * this.endToEndMean(point));
  }

  /** Seconds from request to last token that a share `p` of requests stays under: the spreads of first token, length and token time add as squares. */
  public endToEndAt(point: OperatingPoint, p: number): number {
    const mean = this.endToEndMean(point);
    const first = this.firstTokenAt(point, p) - this.firstTokenMean(point);
    const tokens = Math.max(0, this.shareOf(p).outputTokens - 1) - Math.max(0, this.outputTokens - 1);
    const token = this.tokenAt(point, p) - point.secondsPerToken;
    const spread = signedSquare(first) + signedSquare(tokens * point.secondsPerToken) + signedSquare(token * this.outputTokens);
    return Math.max(mean * 0.05, mean + Math.sign(spread) * Math.sqrt(Math.abs(spread)));
  }

  private shareOf(p: number): Share {
    if (this.share?.p !== p) {
      this.share = { p, quantile: normalQuantile(p), promptTokens: lengthAt(this.q.prompt, p), outputTokens: lengthAt(this.q.output, p) };
    }
    return this.share!;
  }

  /** Seconds from the step that makes the first token until the client sees it: it comes with the others of its step, in a bundle. */
  private delivery(secondsPerToken: number): number {
    return (this.q.stepsToClient + (this.tokensPerStep - 1)) * secondsPerToken;
  }

  /** Seconds from first to last token. */
  private writingSeconds(secondsPerToken: number): number {
    return Math.max(0, this.outputTokens - 1) * secondsPerToken;
  }

  /** @param arrivals requests that come at random, per second; 0 in closed loops */
  private point(
    decoding: number, x: number, arrivals: number, slotLoad: number, backlog: number, variation = 1, secondsPerToken = this.secondsPerToken(decoding),
  ): OperatingPoint {
    const bursts = variation * variation;
    const service = this.pipeSeconds(decoding);
    const promptLoad = arrivals / this.q.at.dp * service;
    return {
      decoding,
      requestsPerSecond: x,
      secondsPerToken,
      stepWait: this.tokensPerStep * secondsPerToken / 2,
      delivery: this.delivery(secondsPerToken),
      promptWait: kingmanWait(promptLoad, service, this.promptVariation, bursts),
      promptLoad,
      slotWait: slotLoad > 0 ? slotWait(slotLoad, this.q.slots, secondsPerToken * this.outputTokens, bursts) : 0,
      slotLoad,
      backlog,
      backlogSwing: 1,
    };
  }

  /** Seconds that one prompt keeps the engine busy when steps are filled with prompts. */
  private pipeSeconds(decoding: number): number {
    const b = this.perStep(decoding);
    const room = this.room(b);
    const tokens = Math.min(room, Math.max(this.computed, room / 4));
    return this.computed / tokens * this.q.steps.seconds(this.q.mixesPrefill ? b : 0, tokens);
  }

  /** Requests of one step of one rank; a step that runs has at least one. */
  private perStep(decoding: number): number {
    return Math.max(1, decoding / this.ways);
  }

  /** Prompts that a step meets: each request brings one in as many steps as it needs for its output tokens. */
  private prompts(decoding: number): number {
    return this.tokensPerStep * decoding / this.ways / this.outputTokens;
  }

  /** Prompt tokens that a step has room for. */
  private room(b: number): number {
    const { maxNumBatchedTokens, mixesPrefill } = this.q;
    return mixesPrefill ? Math.max(maxNumBatchedTokens - this.queries * b, maxNumBatchedTokens / 16, 1) : maxNumBatchedTokens;
  }

  /** Share of steps that read prompts, and how many tokens those read; prompts that arrive within one step are read together. */
  private prefill(b: number, prompts: number): { readonly share: number; readonly chunk: number } {
    const tokens = prompts * this.computed;
    const together = prompts > 1e-9 ? tokens / -Math.expm1(-prompts) : this.computed;
    const chunk = Math.min(this.room(b), together);
    const share = tokens / chunk;
    return { share: this.q.mixesPrefill ? Math.min(1, share) : share, chunk };
  }

  /**
   * How many are decoding at a rate below capacity: between none and as many as the slowest step would leave, where the time that they take to
   * write meets the rate (false position, with the weight of an end that stays halved).
   */
  private decodingAt(requestsPerSecond: number): number {
    const more = (decoding: number) => this.throughput(decoding) - requestsPerSecond;
    let low = 0;
    let high = Math.min(this.mostDecoding, requestsPerSecond * this.outputTokens * this.secondsPerToken(this.mostDecoding));
    let [below, above] = [-requestsPerSecond, more(high)];
    if (above <= 0) { return high; }
    for (let i = 0; i < TRIES && high - low > CLOSE * high; i++) {
      const middle = i % 8 === 7 ? (low + high) / 2 : (low * above - high * below) / (above - below);
      const found = more(middle);
      if (found === 0) { return middle; }
      if (found > 0) {
        [high, above] = [middle, found];
        below /= 2;
      } else {
        [low, below] = [middle, found];
        above /= 2;
      }
    }
    return (low + high) / 2;
  }
}

/**
 * Standard deviation over mean of a request's time per token. Where steps give several tokens, how many they give it differs too: by chance, less
 * so the longer it is, and from request to request.
 */
function variationOf({ speculation, output }: BatchingQuestion): number {
  if (!speculation) { return TOKEN_TIME_VARIATION; }
  const { perStep, variance } = speculation;
  const chance = variance / (perStep * Math.max(1, output.mean));
  const own = ACCEPTANCE_VARIATION * (perStep - 1) / perStep;
  return Math.sqrt(TOKEN_TIME_VARIATION * TOKEN_TIME_VARIATION + chance + own * own);
}

function signedSquare(x: number): number {
  return Math.sign(x) * x * x;
}
