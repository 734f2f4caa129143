import { Batching } from './batching';
import { GPUS_PER_NODE, linkOf } from './communication';
import { FITTED, HAND_OVER } from './data/fitted';
import { Lengths } from './estimate';
import { Fitted, HandOver } from './fitted';
import { Instance } from './instance';
import { Spread, lengthAt } from './lengths';
import { OperatingPoint } from './operating-point';
import { Subject } from './request';

const HALVINGS = 40;
/** A closed loop never fills either side more than this. */
const FULLEST = 0.98;

/** An engine whose prompts are read by others never stops for one. */
export function withoutPrompts(subject: Subject): Subject {
  return { ...subject, rules: { ...subject.rules, mixesPrefill: true } };
}

/** How an instance reads prompts: completions are one token. */
export function prefillOf(instance: Instance, { prompt, prefixHitRatio }: Lengths, fitted?: Fitted): Batching {
  return instance.batching(prompt, { mean: 1, sigma: 0 }, prefixHitRatio, fitted)!.batching;
}

/** How an instance writes completions: it finds every prompt in its cache. */
export function decodeOf(instance: Instance, { prompt, output }: Lengths, fitted?: Fitted): Batching {
  return instance.batching(prompt, output, 1, fitted)!.batching;
}

/** Seconds that the KV cache of a prompt takes from the GPUs that made it to those that go on; the side with fewer GPUs sends or gets more each. */
export function transferSeconds(prefill: Instance, decode: Instance, promptTokens: number, { links }: Fitted = FITTED): number {
  const perNode = prefill.pool.gpusPerNode ?? GPUS_PER_NODE;
  const gpus = prefill.gpus + decode.gpus;
  const link = linkOf(prefill.pool, gpus, Math.min(perNode, gpus), links);
  const bytes = [prefill, decode].map((i) => i.cache.bytesFor(promptTokens, 1));
  return link.latency + Math.max(...bytes) / link.bandwidth;
}

/** Seconds that a share `p` of prompts takes until its first token is computed. Nobody waits for the step under way: it is in the queue. */
export function promptsAt(prefill: Batching, point: OperatingPoint, p: number): number {
  return prefill.firstTokenAt({ ...point, stepWait: 0, delivery: 0 }, p);
}

/** Seconds between the end of a prompt and the first token that its user sees, besides the transfer and a step. */
export function handOverOf(engine: string, { seconds }: HandOver = HAND_OVER): number {
  return seconds[engine];
}

/** What instances for prompts and instances for completions do together. */
export interface SeparatePoint {
  readonly prefill: OperatingPoint;
  readonly decode: OperatingPoint;
  /** Wait of a closed loop that is fuller than either side carries. */
  readonly backlog: number;
}

/** Instances that read prompts, instances that write completions, and the network between them. */
export class Separate {
  public constructor(
    private readonly prefill: Batching, private readonly prefills: number, private readonly decode: Batching, private readonly decodes: number,
    private readonly transfer: number, private readonly engine: string, private readonly output: Spread,
    private readonly constants: HandOver = HAND_OVER,
  ) { }

  /** Most requests per second: those of the side that carries less. */
  public get capacity(): number {
    return Math.min(this.prefills * this.prefill.capacity(), this.decodes * this.decode.capacity());
  }

  public poisson(requestsPerSecond: number, variation?: number): SeparatePoint {
    return {
      prefill: this.prefill.poisson(requestsPerSecond / this.prefills, variation),
      decode: this.decode.poisson(requestsPerSecond / this.decodes, variation),
      backlog: 0,
    };
  }

  /** A fixed number of requests in flight, by halving: waits are those of requests that come at random. */
  public closedLoop(requests: number): SeparatePoint {
    let low = 0;
    let high = FULLEST * this.capacity;
    const wave = this.constants.wave * requests / this.prefills / this.prefill.capacity() / 2;
    const inFlight = (rate: number) => rate * (wave + this.endToEndMean(this.poisson(rate)));
    if (inFlight(high) <= requests) {
      const point = this.poisson(high);
      return { ...point, backlog: requests / high - this.endToEndMean(point) };
    }
    for (let i = 0; i < HALVINGS; i++) {
      const middle = (low + high) / 2;
      if (inFlight(middle) > requests) { high = middle; } else { low = middle; }
    }
    return { ...this.poisson((low + high) / 2), backlog: wave };
  }

  /** The prompt, its way to the other side, a place there, and the step that shows that it arrived. */
  public firstTokenMean({ prefill, decode, backlog }: SeparatePoint): number {
    return this.prefill.firstTokenMean(prefill) - prefill.stepWait - prefill.delivery + this.handOver(decode) + decode.slotWait + backlog;
  }

  public firstTokenAt({ prefill, decode, backlog }: SeparatePoint, p: number): number {
    return promptsAt(this.prefill, prefill, p) + this.handOver(decode) + 2 * p * decode.slotWait + backlog;
  }

  public tokenAt({ decode }: SeparatePoint, p: number): number {
    return this.decode.tokenAt(decode, p);
  }

  public endToEndMean(point: SeparatePoint): number {
    return this.firstTokenMean(point) + Math.max(0, this.output.mean - 1) * point.decode.secondsPerToken;
  }

  /** The spreads of first token and length add as squares. */
  public endToEndAt(point: SeparatePoint, p: number, firstToken = this.firstTokenAt(point, p)): number {
    const mean = this.endToEndMean(point);
    const parts = [
      firstToken - this.firstTokenMean(point),
      (Math.max(1, lengthAt(this.output, p)) - this.output.mean) * point.decode.secondsPerToken,
    ];
    const spread = parts.reduce((sum, part) => sum + Math.sign(part) * part * part, 0);
    return Math.max(mean * 0.05, mean + Math.sign(spread) * Math.sqrt(Math.abs(spread)));
  }

  private handOver(decode: OperatingPoint): number {
    return handOverOf(this.engine, this.constants) + this.transfer + decode.secondsPerToken;
  }
}
