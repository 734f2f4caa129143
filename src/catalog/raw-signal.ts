/** What a signal is read from: PromQL vector selectors, without a range and without a function. Internal. */
export interface RawSignal {
  readonly histogram?: RawHistogram;
  /** A counter. */
  readonly counter?: string;
  /** A gauge that adds up over replicas. */
  readonly gauge?: string;
  /** A gauge from 0 to 1 of each replica. */
  readonly level?: string;
  readonly shares?: readonly RawShare[];
}

/** Counters of a histogram. */
export interface RawHistogram {
  readonly sum: string;
  readonly count: string;
  /** Upper bounds of its buckets, rising; undefined where nobody states them. */
  readonly bounds?: readonly number[];
  /** Counter of what is at most a bound. */
  readonly bucket: (bound: number) => string;
}

/** Counters of a share. */
export interface RawShare {
  /** What it counts, where the signal has several. */
  readonly part?: string;
  readonly events: string;
  readonly total: string;
}
