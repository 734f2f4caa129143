/** What the runner sees of the cluster and of the measurements in one look. */
import { RolloutCommand } from '../src/report/rollout-status';

export interface Seen {
  /** Absent: there is no such route. */
  readonly route?: SeenRoute;
  readonly stable?: SeenWorkload;
  readonly candidate?: SeenWorkload;
  readonly command?: Command;
  readonly metrics: SeenMetrics;
  /** Evaluation Jobs; one that is absent was not started. */
  readonly scores: { readonly [gate: string]: SeenScore };
}

export type Command = RolloutCommand;

export interface SeenRoute {
  readonly uid: string;
  readonly resourceVersion: string;
  /** The candidate's weight of 1,000; absent if the rules disagree, or add up to something else. */
  readonly weight?: number;
  /** The same of the rules that preview it; absent also where there are none. */
  readonly preview?: number;
  /** Whether requests are copied to the candidate; absent where none ever are. */
  readonly mirrored?: boolean;
  /** 0 if nobody of ours wrote it. */
  readonly epoch: number;
  /** Whether it was written from the template of this spec. */
  readonly current: boolean;
  /** How this rollout ended, if it had when the route was written. */
  readonly outcome?: Outcome;
}

export type Outcome = 'rolled-back' | 'aborted' | 'promoted';

export interface SeenWorkload { readonly resourceVersion: string; readonly replicas: number; readonly ready: number }

export type SeenScore = { readonly state: 'running' } | { readonly state: 'done'; readonly score: number } | { readonly state: 'failed'; readonly why: string };

/** `none`: nothing was asked. */
export type SeenMetrics =
  { readonly state: 'none' } | { readonly state: 'failed'; readonly why: string } | { readonly state: 'read'; readonly batches: readonly Batch[] };

/** What was counted from one time to another. */
export interface Batch {
  readonly from: number;
  readonly until: number;
  readonly gates: { readonly [name: string]: GateBatch };
  readonly requests: Arms<number>;
  /** Requests being served by one replica, on average. */
  readonly running: Arms<number>;
  /** Restarts of the candidate's processes. */
  readonly restarts: number;
}

/** Absent: there is no such series, which is not zero. */
export interface Arms<T> { readonly stable?: T; readonly candidate?: T }

/** A share's events and total, a mean's sum and count; of a level, `amount` is the reading and `count` 1. */
export interface Reading { readonly amount: number; readonly count: number }

export type GateBatch = Arms<Reading>;
