/** Lengths of the requests, in tokens. */
export interface RequestLengths {
  /** Mean prompt, in tokens. */
  readonly promptTokens: number;
  /** Mean completion, in tokens. */
  readonly outputTokens: number;
  /**
   * Prompt length that 99 % of requests stay under, in tokens.
   *
   * @default - for a plan, four times the mean within the model's context; for an estimate, the mean: all requests alike
   */
  readonly promptTokensP99?: number;
  /**
   * Completion length that 99 % of requests stay under, in tokens.
   *
   * @default - for a plan, four times the mean within the model's context; for an estimate, the mean: all requests alike
   */
  readonly outputTokensP99?: number;
  /**
   * Share of prompt tokens that the engine finds in its prefix cache, from 0 to 1.
   *
   * @default 0
   */
  readonly prefixHitRatio?: number;
  /**
   * Share of prompt tokens that the engine finds in the KV cache on the host (`kvCacheOnHost` of vLLM and SGLang) and reads back, from 0 to 1,
   * besides those of `prefixHitRatio`.
   *
   * @default 0
   */
  readonly hostHitRatio?: number;
}

/** Requests that arrive at random. */
export interface ArrivalOptions extends RequestLengths {
  /**
   * Standard deviation of the time between two arrivals over its mean, from 0 to 10: 0 for a regular beat, more than 1 for bursts.
   *
   * @default 1: Poisson arrivals
   */
  readonly arrivalVariation?: number;
}

/** How a load is stated. */
export enum LoadKind {
  /** Arrivals at random, in requests per second. */
  REQUESTS_PER_SECOND = 'requestsPerSecond',
  /** Arrivals at random, stated by the output tokens they ask for, per second. */
  OUTPUT_TOKENS_PER_SECOND = 'outputTokensPerSecond',
  /** A closed loop with a fixed number of requests in flight. */
  CONCURRENCY = 'concurrency',
  /** Everything is queued from the start. */
  SATURATED = 'saturated',
  /** One batch whose requests start and end together. */
  STATIC_BATCH = 'staticBatch',
}

/** What users ask of a fleet (for `Sizing.plan`), or of one instance (for `Sizing.estimate`). */
export class Load {
  /** Requests that arrive independently of each other, per second. */
  public static requestsPerSecond(rate: number, options: ArrivalOptions): Load {
    return new Load(LoadKind.REQUESTS_PER_SECOND, rate, options, options?.arrivalVariation);
  }
  /** The same, stated by the output tokens generated per second. */
  public static outputTokensPerSecond(rate: number, options: ArrivalOptions): Load {
    return new Load(LoadKind.OUTPUT_TOKENS_PER_SECOND, rate, options, options?.arrivalVariation);
  }
  /** A closed loop: a client that keeps this many requests in flight. For `Sizing.estimate`. */
  public static concurrency(requests: number, lengths: RequestLengths): Load { return new Load(LoadKind.CONCURRENCY, requests, lengths); }
  /** As many requests as the instance can take, all queued. For `Sizing.estimate`. */
  public static saturated(lengths: RequestLengths): Load { return new Load(LoadKind.SATURATED, 0, lengths); }
  /** One batch that starts and ends together. For `Sizing.estimate`. */
  public static staticBatch(requests: number, lengths: RequestLengths): Load { return new Load(LoadKind.STATIC_BATCH, requests, lengths); }

  private constructor(
    /** How the load is stated. */
    public readonly kind: LoadKind,
    /** Requests per second, tokens per second, or requests in flight, by `kind`; 0 for a saturated load. */
    public readonly amount: number,
    /** Lengths of the requests. */
    public readonly lengths: RequestLengths,
    /** Standard deviation of the time between two arrivals over its mean; undefined where it is not stated, or requests do not arrive by themselves. */
    public readonly arrivalVariation?: number,
  ) { }
}
