/**
 * How a rollout stands, as its runner writes it into the state's ConfigMap (key `status.json`) and as people and scripts read it. Steps count
 * from 1, weights and shares are parts of 1, times are ISO 8601. It says all by itself: whoever reads it needs neither the spec nor the runner's
 * release. Internal.
 */

/** A rollout, whole. */
export interface RolloutStatus {
  readonly version: 1;
  readonly name: string;
  readonly namespace: string;
  /** Hash of the spec that it belongs to. */
  readonly hash: string;
  readonly phase: RolloutPhase;
  /** Why it steps back, or how it ended. */
  readonly reason?: string;
  /** What a person said and the runner has taken. */
  readonly command?: RolloutCommand;
  readonly pausedSince?: string;
  /** Whether it was judged bad, by gates, doubt or a person: from there it goes back alone. */
  readonly steppingBack: boolean;
  /** Whether the stable fleet is being scaled down: from there it goes on alone. */
  readonly noWayBack: boolean;
  readonly startedAt: string;
  readonly phaseSince: string;
  /** The step that is being reached or held. */
  readonly step: number;
  readonly stepSince: string;
  /** From when on the step's weight was measured. */
  readonly analysedSince?: string;
  /** The candidate's share of the requests that is wanted on the route now. */
  readonly weight: number;
  /** Whether previews go to the candidate; absent where there are none. */
  readonly preview?: boolean;
  readonly steps: readonly StepStatus[];
  /** The HTTPRoute that carries the weights. */
  readonly route: { readonly namespace: string; readonly name: string };
  readonly fleets: { readonly stable: FleetStatus; readonly candidate: FleetStatus };
  /** The step that gates and requests are of: the one before `step` until its weight is reached. */
  readonly measuredStep: number;
  readonly gates: readonly GateStatus[];
  /** Requests that finished while the weight of `measuredStep` was in force. */
  readonly requests: { readonly stable: number; readonly candidate: number };
  readonly doubt: DoubtStatus;
  /** The least time between two looks of the runner. */
  readonly tickSeconds: number;
  readonly history: readonly HistoryStatus[];
  /** Each change of a gate's verdict. */
  readonly verdicts: readonly VerdictStatus[];
}

export type RolloutPhase =
  'pending' | 'warming' | 'shifting' | 'analysing' | 'holding' | 'paused' | 'promoting' | 'rolling-back' | 'promoted' | 'rolled-back' | 'aborted';

export type RolloutCommand = 'pause' | 'resume' | 'abort' | 'promote';

export type GateVerdict = 'good' | 'bad' | 'undecided' | 'no-data' | 'not-applicable';

export interface StepStatus {
  readonly weight: number;
  /** Share of the requests that is copied to the candidate: a mirrored step. */
  readonly mirrored?: number;
  /** Ready replicas of the candidate that it takes. */
  readonly needs: number;
  readonly minSeconds: number;
  /** From here on undecided gates are a doubt. */
  readonly maxSeconds: number;
  /** Whether every gate must have shown that the candidate is good. */
  readonly proof: boolean;
}

/** A fleet as the API server has it. */
export interface FleetStatus {
  readonly apiVersion: string;
  readonly kind: string;
  readonly plural: string;
  readonly namespace: string;
  readonly name: string;
}

export interface GateStatus {
  readonly gate: string;
  readonly kind: string;
  readonly verdict: GateVerdict;
  /** What was seen, in words. */
  readonly said: string;
  /** Requests, readings or, of latencies, requests of the candidate that were counted. */
  readonly samples?: number;
  /** The same of the stable fleet. */
  readonly stableSamples?: number;
  /** What the candidate shows, in `unit`. */
  readonly estimate?: number;
  /** `share`: of all requests or readings; `times`: the stable fleet, or the limit; `score`: as the evaluation gives it. */
  readonly unit?: 'share' | 'times' | 'score';
  /** Up to here the candidate is good (of a score: from here on). */
  readonly limit?: number;
  /** One from here on is not let on. */
  readonly bad?: number;
  /** How far the evidence is, as a part of what a verdict takes: 1 is a verdict. Below 0 speaks against it. */
  readonly evidence?: { readonly good?: number; readonly bad: number };
}

export interface DoubtStatus {
  readonly causes: readonly string[];
  /** Doubt of this step that is over. */
  readonly seconds: number;
  /** When the present one began. */
  readonly since?: string;
  /** Doubt of one step that ends in a rollback. */
  readonly limitSeconds: number;
}

/** One line of a rollout's history. */
export interface HistoryStatus {
  readonly at: string;
  readonly phase: RolloutPhase;
  readonly step: number;
  readonly weight: number;
  readonly note: string;
}

/** A gate came to another verdict. */
export interface VerdictStatus {
  readonly at: string;
  readonly step: number;
  readonly gate: string;
  readonly verdict: GateVerdict;
  readonly said: string;
}
