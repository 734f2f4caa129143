import { StepParts, StepTimes } from './compute';
import { crossing } from './crossing';
import { Loops, Waves } from './fitted';
import { ReadBack, pipelined } from './host-link';
import { largestOf, lengthAt, normalBelow, normalQuantile, squaredVariation } from './lengths';
import { OperatingPoint, fixedPoint } from './operating-point';
import { MeanStep, Pace, PaceQuestion, Pacing } from './pace';
import { FULLEST, combined, placesBusy, waitAt } from './queueing';
import { variationOf } from './token-variation';

/** Seconds over which the growing queue of an overloaded instance is averaged. */
const OVERLOAD_SECONDS = 600;
const FREE = { wait: 0, busy: 0 };
/** Places above the usual number in flight, times how much sooner they are given back, from which on they are never all taken: exp(-40) of the time. */
const NEVER = 80;

/** One instance and the requests that it gets. */
export interface BatchingQuestion extends PaceQuestion {
  /** Requests that may be in flight at once, whole instance. */
  readonly slots: number;
  /** As many as the cache holds until they end, where more are let in: some of those are put back and read again. Absent: all of them. */
  readonly slotsToTheEnd?: number;
  readonly secondsPerArrival: number;
  /** The same, besides, for each token of its prompt. */
  readonly secondsPerPromptToken: number;
  /** Steps between the one that makes a token and the client's sight of the first. */
  readonly stepsToClient: number;
  /** Seconds in which what a mean prompt finds on the host comes back before its turn, over the link of its rank, while the steps of others go on. */
  readonly readBackSeconds?: number;
  /** Steps that wait for nothing from the host, where others do. */
  readonly unreadSteps?: StepTimes;
  readonly loops: Loops;
  /** Most of a prompt that a request computes: those that find least in the prefix cache. */
  readonly mostComputedShare?: number;
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
  /** Requests that can be decoding at once: by places, by the token budget of a step, which prompts share, and by what comes back from the host. */
  public readonly mostDecoding: number;
  /** Whether it is what comes back from the host. */
  public readonly linkBound: boolean;
  private readonly pacing: Pacing;
  private readonly unread: Pacing; // of requests that find nothing
  private readonly link: ReadBack;
  private readonly outputVariation: number;
  /** Squared standard deviation over mean of a request's time per token, whatever prompts are read meanwhile. */
  private readonly tokenVariation: number;
  private full?: number;
  /** The point that was asked about last, its mean time to the first token, and that for its prompt alone: every percentile of a point asks for them. */
  private last?: { readonly point: OperatingPoint; readonly prompt: number; readonly firstToken: number };
  /** The share of requests that was asked about last: a search asks about one at many points. */
  private share?: Share;

  public constructor(public readonly q: BatchingQuestion) {
    this.pacing = new Pacing(q);
    this.unread = q.unreadSteps ? new Pacing({ ...q, steps: q.unreadSteps }) : this.pacing;
    this.outputVariation = squaredVariation(q.output);
    this.tokenVariation = variationOf(q);
    const { ways, computed, written, queries, tokensPerStep } = this.pacing;
    const budget = q.mixesPrefill ? ways * q.maxNumBatchedTokens / (queries + tokensPerStep * computed / written) : Infinity;
    this.mostDecoding = Math.max(1e-6, Math.min(q.slots, budget));
    this.link = new ReadBack(q.readBackSeconds ?? 0, q.at.dp);
    this.linkBound = this.link.seconds > 0 && this.throughput(this.mostDecoding) > this.link.capacity;
    if (this.linkBound) {
      this.mostDecoding = Math.max(1e-6, this.decodingAt(this.link.capacity));
      this.full = undefined;
    }
  }

  /** Requests that may be in flight at once. */
  public get slots(): number { return this.q.slots; }

  /** Mean seconds between two tokens of a request of a closed loop while this many are decoding. */
  public secondsPerToken(decoding: number): number {
    return this.pacing.at(decoding, decoding, false).mean;
  }

  /** Requests per second while this many are decoding, where they come at random. */
  public throughput(decoding: number): number {
    return decoding / (this.pacing.written * this.randomPace(decoding).mean);
  }

  /** The pace that a request meets which comes at random: it is one more than the mean. */
  private randomPace(decoding: number): Pace {
    return this.pacing.at(decoding, Math.min(decoding + 1, Math.max(decoding, this.mostDecoding)));
  }

  /** Seconds from the start of a prompt of `tokens` (those to be computed) to its first token. @param apart whether prompts come one by one */
  public promptSeconds(decoding: number, tokens: number, apart = false): number {
    return this.pacing.promptSeconds(decoding, tokens, apart);
  }

  /** Most requests per second, all places taken. */
  public capacity(): number {
    return this.full ??= this.throughput(this.mostDecoding);
  }

  /** The mean step while this many are decoding. */
  public stepAt(decoding: number): MeanStep {
    return this.pacing.stepAt(decoding);
  }

  /** Where its time goes. */
  public partsAt(decoding: number): StepParts {
    return this.pacing.partsAt(decoding);
  }

  /** The point at which this many are decoding, under arrivals at random. @param variation see `poisson` */
  public pointAt(decoding: number, variation = 1): OperatingPoint {
    const pace = this.randomPace(decoding);
    const x = decoding / (this.pacing.written * pace.mean);
    return this.point(decoding, x, x, 0, variation, pace);
  }

  /**
   * The point that arrivals at random settle at; an overloaded instance does what it can while its queue grows.
   *
   * @param variation standard deviation over mean of the time between two arrivals; 1 for Poisson
   */
  public poisson(requestsPerSecond: number, variation = 1): OperatingPoint {
    const capacity = this.capacity();
    if (requestsPerSecond >= capacity) {
      return this.point(this.mostDecoding, capacity, requestsPerSecond, OVERLOAD_SECONDS / 2 * (1 - capacity / requestsPerSecond), variation);
    }
    const decoding = this.decodingAt(requestsPerSecond);
    return this.point(decoding, requestsPerSecond, requestsPerSecond, 0, variation);
  }

  /** The point of a closed loop with this many requests in flight. */
  public closedLoop(requests: number): OperatingPoint {
    const { mixesPrefill, steps, at, slots } = this.q;
    const held = Math.min(requests, slots);
    const decoding = mixesPrefill ? Math.min(held, this.mostDecoding) : held;
    const service = this.pacing.pipeSeconds(decoding);
    const prompt = this.promptSeconds(decoding, this.pacing.computed);
    const others = Math.max(0, held / at.dp - 1);
    // Where prompts have steps of their own, each of the others' stops a request once in its life: while it waits, or while it writes.
    const plain = mixesPrefill ? this.crowdedToken(decoding) : at.pp * steps.seconds(this.pacing.perStep(held), 0) / this.pacing.tokensPerStep;
    const each = mixesPrefill ? service : this.pacing.apartSeconds(decoding);
    const together = this.together;
    const stops = mixesPrefill ? 0 : others * (together * service + (1 - together) * each);
    // Those before it come back from the host and are read at the same time: it waits for the slower of both.
    const back = this.link.seconds;
    const wait = Math.max(service, back) * together * others / 2 + Math.max(each, back) * (1 - together) * this.promptsSince(others);
    const secondsPerToken = plain + Math.max(0, stops - wait) / this.pacing.written;
    const stepWait = (mixesPrefill ? this.pacing.tokensPerStep * plain / 2 : 0) + wait;
    const delivery = this.delivery(secondsPerToken);
    const whole = this.arrivalSeconds + stepWait + delivery + prompt + this.link.seconds + this.writingSeconds(secondsPerToken);
    const most = mixesPrefill ? decoding / (this.pacing.written * plain) : Infinity;
    const x = Math.min(most, held / whole, this.link.capacity);
    const backlog = Math.max(0, requests / x - whole);
    return fixedPoint(requests, { decoding, requestsPerSecond: x, secondsPerToken, stepWait, delivery, backlog });
  }

  /**
   * Share of the requests of a closed loop that come in one wave: the first come together, and the next if they end together, the less so the more
   * completions differ.
   */
  private get together(): number {
    return this.waves.share / (1 + this.outputVariation / this.q.loops.apart ** 2);
  }

  /**
   * Prompts that those find before them who come apart: so many for each other request, more where prompts are long beside completions. How fast the
   * device is has no part in it, so that a faster one never makes a prompt wait longer.
   */
  private promptsSince(others: number): number {
    // A queue that is full for as long as the others take grows with the square root of their number.
    return Math.min(this.waves.clustering * others * this.pacing.computed / this.pacing.written, Math.sqrt(others));
  }

  private get waves(): Waves {
    const { mixesPrefill, loops } = this.q;
    return mixesPrefill ? loops.mixed : loops.separate;
  }

  /**
   * Seconds between two tokens while this many are decoding, all of them at work all the time. Where more run than the cache holds until they end, the
   * newest are put back when it is full, at a quarter of their completion on the mean, and read from the start.
   */
  private crowdedToken(decoding: number): number {
    const { mean, prompt, prompts } = this.pacing.at(decoding, decoding, false);
    const { computed, written } = this.pacing;
    const putBack = Math.max(0, decoding / Math.max(1, this.q.slotsToTheEnd ?? Infinity) - 1);
    return mean + putBack * prompts * prompt * (1 + written / 4 / computed);
  }

  /** All of a batch start together: prompts are read in full steps, then all completions go on until the last ends; what exceeds the places waits for it. */
  public staticBatch(requests: number): OperatingPoint {
    const { steps, at, maxNumBatchedTokens } = this.q;
    const rounds = Math.max(1, requests / this.q.slots);
    const b = requests / rounds;
    const step = (requestsLeft: number) => at.pp * steps.seconds(this.pacing.perStep(requestsLeft), 0) / this.pacing.tokensPerStep;
    // The longest completion ends the batch. Of the others, a request finds those that write when it does.
    const longest = b > 1 ? Math.max(this.pacing.written, lengthAt(this.q.output, largestOf(b))) : this.pacing.written;
    const secondsPerToken = step(1 + (b - 1) * 2 * normalBelow(-this.q.output.sigma / Math.SQRT2));
    const tokens = Math.max(1, b / at.dp) * this.pacing.computed;
    const chunks = Math.max(1, tokens / maxNumBatchedTokens);
    const read = (chunks + at.pp - 1) * steps.seconds(0, tokens / chunks);
    const each = Math.max(1, b / at.dp);
    const prompts = this.link.seconds > 0 ? pipelined(each * this.link.seconds, read, each) : read;
    const round = prompts + Math.max(0, longest - 1) * step(b * this.pacing.written / longest);
    return fixedPoint(requests, {
      decoding: b,
      requestsPerSecond: requests / (this.arrivalSeconds + rounds * round),
      secondsPerToken,
      backlog: (rounds - 1) * round / 2,
      promptsTogether: prompts,
    });
  }

  /** Seconds to the first token that a share `p` of requests stays under. */
  public firstTokenAt(point: OperatingPoint, p: number): number {
    const { computedShare, mostComputedShare = 1 } = this.q;
    const usual = this.firstTokenWith(point, p, computedShare);
    // As many as the computed share may be requests that find little: the first of a conversation. The latest of all are the latest of these.
    const ofThese = 1 - (1 - p) / computedShare;
    return ofThese > 0 && mostComputedShare > computedShare ? Math.max(usual, this.firstTokenWith(point, ofThese, mostComputedShare)) : usual;
  }

  /** What a share `p` of those requests stays under of whose prompts such a share is computed. */
  private firstTokenWith(point: OperatingPoint, p: number, computedShare: number): number {
    const { promptTokens } = this.shareOf(p);
    const prompt = point.promptsTogether ?? this.promptAt(point, promptTokens, computedShare);
    const length = point.promptsTogether === undefined ? promptTokens : this.q.prompt.mean;
    return this.q.secondsPerArrival + point.delivery + combined(
      point.stepWait, 2 * p * point.stepWait,
      this.meansOf(point).prompt, prompt + this.q.secondsPerPromptToken * length,
      point.promptWait, waitAt(point.promptLoad, point.promptWait, p),
      point.linkWait, waitAt(point.linkLoad, point.linkWait, p),
      point.slotWait, waitAt(point.slotBusy, point.slotWait, p),
      point.backlog, point.backlog * (1 + point.backlogSwing * (2 * p - 1)),
    );
  }

  /** Mean seconds to the first token. */
  public firstTokenMean(point: OperatingPoint): number {
    return this.meansOf(point).firstToken;
  }

  /** Seconds until a prompt of a length is read of which a share is computed; one that finds nothing is not read back. */
  private promptAt({ decoding, requests }: OperatingPoint, tokens: number, share: number): number {
    const apart = requests === undefined;
    const computed = this.unread.promptSeconds(decoding, Math.max(1, tokens * share), apart);
    if (this.link.seconds === 0 && this.unread === this.pacing) { return computed; }
    const rest = this.promptSeconds(decoding, Math.max(1, tokens * this.q.computedShare), apart);
    const found = this.link.seconds * tokens / this.q.prompt.mean + rest;
    return Math.max(computed, found);
  }

  private meansOf(point: OperatingPoint): { readonly prompt: number; readonly firstToken: number } {
    if (this.last?.point !== point) {
      const apart = point.requests === undefined;
      const read = point.promptsTogether ?? this.link.seconds + this.promptSeconds(point.decoding, this.pacing.computed, apart);
      const prompt = this.q.secondsPerPromptToken * this.q.prompt.mean + read;
      const { delivery, stepWait, promptWait, slotWait, backlog, linkWait } = point;
      const firstToken = this.q.secondsPerArrival + delivery + stepWait + prompt + promptWait + slotWait + backlog + linkWait;
      this.last = { point, prompt, firstToken };
    }
    return this.last!;
  }

  /** Seconds per token that a share `p` of requests stays under; those of short completions differ most. */
  public tokenAt(point: OperatingPoint, p: number): number {
    return this.typicalTokenAt(point, p, 1 + this.outputVariation);
  }

  /** The same of requests whose completions are as long as the mean. Lognormal; from the median on never less than the mean. */
  private typicalTokenAt({ secondsPerToken, prompted }: OperatingPoint, p: number, times = 1): number {
    const sigma = Math.sqrt(Math.log1p(this.tokenVariation + prompted * times));
    const z = this.shareOf(p).quantile * sigma;
    return secondsPerToken * Math.exp(p > 0.5 ? Math.max(0, z - sigma * sigma / 2) : z);
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
  public endToEndAt(point: OperatingPoint, p: number, firstToken = this.firstTokenAt(point, p)): number {
    const mean = this.endToEndMean(point);
    const first = firstToken - this.firstTokenMean(point);
    const tokens = Math.max(0, this.shareOf(p).outputTokens - 1) - Math.max(0, this.pacing.written - 1);
    const token = this.typicalTokenAt(point, p) - point.secondsPerToken;
    const spread = signedSquare(first) + signedSquare(tokens * point.secondsPerToken) + signedSquare(token * this.pacing.written);
    return Math.max(mean * 0.05, mean + Math.sign(spread) * Math.sqrt(Math.abs(spread)));
  }

  private shareOf(p: number): Share {
    if (this.share?.p !== p) {
      this.share = { p, quantile: normalQuantile(p), promptTokens: lengthAt(this.q.prompt, p), outputTokens: lengthAt(this.q.output, p) };
    }
    return this.share!;
  }

  /** Mean seconds between sending a request and its place in the queue. */
  private get arrivalSeconds(): number {
    return this.q.secondsPerArrival + this.q.secondsPerPromptToken * this.q.prompt.mean;
  }

  /** Seconds from the step that makes the first token until the client sees it: it comes with the others of its step, in a bundle. */
  private delivery(secondsPerToken: number): number {
    return (this.q.stepsToClient + (this.pacing.tokensPerStep - 1)) * secondsPerToken;
  }

  /** Seconds from first to last token. */
  private writingSeconds(secondsPerToken: number): number {
    return Math.max(0, this.pacing.written - 1) * secondsPerToken;
  }

  /** @param arrivals requests that come at random, per second */
  private point(decoding: number, x: number, arrivals: number, backlog: number, variation: number, pace = this.randomPace(decoding)): OperatingPoint {
    const bursts = variation * variation;
    const { pacing } = this;
    const { tokensPerStep } = pacing;
    const { mean, plain, load, prompts } = pace;
    // No longer than if all steps were full.
    const secondsPerToken = Math.min(mean + pacing.gathered(pace, bursts), Math.max(mean, pacing.full(decoding)));
    const met = pacing.met(pace, bursts);
    const places = this.places(decoding, arrivals, bursts);
    const linkLoad = this.link.load(arrivals);
    return {
      decoding,
      requestsPerSecond: x,
      secondsPerToken,
      prompted: pacing.unlike(pace, met) / secondsPerToken ** 2,
      // What came back from the host is seen when a step ends, too.
      stepWait: (this.link.seconds > 0 ? 2 : 1) * tokensPerStep * plain / 2,
      delivery: this.delivery(secondsPerToken),
      // What prompts add to the step that it meets, and those that are read together with its own.
      promptWait: tokensPerStep * ((load * mean + met - mean) / 2 + load * met),
      promptLoad: 1 - (1 - load) * Math.exp(-prompts),
      linkWait: this.link.wait(linkLoad, bursts + squaredVariation(this.q.prompt)),
      linkLoad,
      slotWait: places.wait,
      slotBusy: places.busy,
      backlog,
      backlogSwing: 1,
    };
  }

  /** The wait for a place, and the share of requests that find none free. */
  private places(decoding: number, arrivals: number, bursts: number): { readonly wait: number; readonly busy: number } {
    const capacity = this.capacity();
    const most = this.mostDecoding;
    const left = Math.max(1 - arrivals / capacity, 1 - FULLEST);
    const end = -Math.log1p(-left);
    if ((most - decoding) * end > NEVER) { return FREE; }
    const middle = decoding < most ? Math.log(this.throughput((decoding + most) / 2) / arrivals) : 0;
    const busy = placesBusy(most - decoding, Math.max(0, middle), end, left);
    return { busy, wait: busy * (bursts + this.outputVariation) / 2 / (capacity * left) };
  }

  /**
   * How many are decoding at a rate below capacity: as many as come while one of them writes. That takes longer the more they are, and at most as long
   * as with all places taken; it grows so evenly with them that few secants find where it meets the rate.
   */
  private decodingAt(requestsPerSecond: number): number {
    const most = this.mostDecoding * requestsPerSecond / this.capacity();
    const come = requestsPerSecond * this.pacing.written;
    return crossing(most, (decoding) => (decoding - come * this.randomPace(decoding).mean) / most, { near: most / 2 }) ?? most;
  }
}

function signedSquare(x: number): number {
  return Math.sign(x) * x * x;
}
