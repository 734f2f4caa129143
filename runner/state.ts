/** What the runner remembers between two looks at the cluster, as it stands in the state's ConfigMap. */
import { Command } from './seen';
import { GateVerdict, RolloutPhase } from '../src/report/rollout-status';
import { MeanEvidence } from '../src/rollout/analysis/mean-test';

export type Phase = RolloutPhase;

export const TERMINAL: readonly Phase[] = ['promoted', 'rolled-back', 'aborted'];

export interface RolloutState {
  readonly version: 1;
  /** Hash of the spec that it belongs to. */
  readonly hash: string;
  readonly phase: Phase;
  /** The step that is being reached or held. */
  readonly step: number;
  /** The step whose weight is in force; -1 before the first, after a rollback, and where no step's replicas are ready. */
  readonly carried: number;
  /** Counts the decisions about the weight. The route carries that of its last writer, so that nobody writes what is out of date. */
  readonly epoch: number;
  /** Whether previews go to the candidate; absent as long as none ever did. */
  readonly preview?: boolean;
  /** Whether the step was in force and its replicas were lost. */
  readonly fallen: boolean;
  /** Whether the stable fleet is being scaled down: there is no way back. */
  readonly retiring: boolean;
  /** Whether the candidate was judged, by gates, doubt or a person. */
  readonly outcome?: 'rolled-back' | 'aborted';
  readonly reason?: string;
  /** What a person said, at the last look. */
  readonly command?: Command;

  // Times in milliseconds since 1970, by the API server's clock.
  readonly startedAt: number;
  readonly phaseSince: number;
  readonly stepSince: number;
  /** All replicas of the step are ready. */
  readonly readySince?: number;
  /** The weight was decided. */
  readonly shiftedSince?: number;
  /** The route was seen to carry the weight. */
  readonly weightSince?: number;
  /** The step's weight was in force for the first time. */
  readonly analysedSince?: number;
  readonly pausedSince?: number;
  readonly doubtSince?: number;
  /** Doubt of this step that is over. */
  readonly doubtMillis: number;
  readonly doubts: readonly string[];

  readonly routeUid?: string;
  /** Measurements are evaluated up to here. */
  readonly cursor?: number;
  readonly evidence: Evidence;
  readonly scores: { readonly [gate: string]: number };
  readonly history: readonly HistoryEntry[];
  /** Each change of a gate's verdict. */
  readonly verdicts: readonly VerdictEntry[];
}

/** What was measured of a step. */
export interface Evidence {
  readonly step: number;
  readonly gates: { readonly [name: string]: GateEvidence };
  /** Requests that finished. */
  readonly candidate: number;
  readonly stable: number;
  /** Evidence that the candidate gets less than its share. */
  readonly silence: readonly number[];
  readonly restarts: number;
  readonly batches: number;
  /** Gates (and `requests`) for which the candidate had no series in the last batch. */
  readonly missing: readonly string[];
}

/** What one gate has seen. */
export interface GateEvidence {
  /** Bad ones of `total`: requests or readings. */
  readonly events: number;
  readonly total: number;
  /** The same of the stable fleet. */
  readonly stableEvents: number;
  readonly stableTotal: number;
  readonly logs?: readonly number[];
  readonly mean?: MeanEvidence;
  /** Requests too few for a batch yet. */
  readonly pending?: PendingBatch;
}

export interface PendingBatch {
  readonly sum: number;
  readonly count: number;
  readonly stableSum: number;
  readonly stableCount: number;
  /** Plan's ratio of latencies at the loads of both, times the candidate's requests. */
  readonly load: number;
}

export interface HistoryEntry { readonly at: number; readonly phase: Phase; readonly step: number; readonly weight: number; readonly note: string }

export const LONGEST_HISTORY = 60;

export interface VerdictEntry {
  readonly at: number;
  readonly step: number;
  readonly gate: string;
  readonly verdict: GateVerdict;
  readonly said: string;
}

export const MOST_VERDICTS = 120;

export function noEvidence(step: number): Evidence {
  return { step, gates: {}, candidate: 0, stable: 0, silence: [], restarts: 0, batches: 0, missing: [] };
}
