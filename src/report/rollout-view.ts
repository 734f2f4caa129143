import { RolloutCommand, RolloutPhase, RolloutStatus } from './rollout-status';

/** A rollout as it is shown: what its runner wrote, and what the cluster says beside it. */
export interface RolloutView {
  readonly status: RolloutStatus;
  /** The API server's clock, in milliseconds since 1970. */
  readonly now: number;
  readonly fleets: { readonly stable: FleetView; readonly candidate: FleetView };
  /** Who looks after it; absent if nobody ever did. */
  readonly runner?: RunnerView;
  /** What a person asked for and the runner has not taken yet. */
  readonly asked?: RolloutCommand;
  /** Whether another spec is in force, which no runner has begun yet. */
  readonly superseded: boolean;
}

/** A fleet as the API server has it, or why it can't be told. */
export type FleetView = { readonly replicas: number; readonly ready: number } | { readonly unknown: string };

/** The runner's lease. */
export interface RunnerView { readonly name: string; readonly lookedAt: number; readonly alive: boolean }

/** For machines: what the runner wrote, and beside it what the cluster says now. */
export function rolloutJson({ status, now, ...live }: RolloutView): object { return { ...status, now: new Date(now).toISOString(), live }; }

const ENDS: readonly RolloutPhase[] = ['promoted', 'rolled-back', 'aborted'];

/** Whether nothing will happen any more. */
export function isOver({ phase }: RolloutStatus): boolean { return ENDS.includes(phase); }

/** Whether it went back, or goes. */
export function isBad({ steppingBack }: RolloutStatus): boolean { return steppingBack; }

/** `chat/canary`. */
export function nameOf({ namespace, name }: RolloutStatus): string { return `${namespace}/${name}`; }

/** `paused at step 2 of 5, 5 % of the requests on the candidate`. */
export function inShort({ phase, step, steps, weight }: RolloutStatus): string {
  return `${phase} at step ${step} of ${steps.length}, ${share(weight)} of the requests on the candidate`;
}

/** A share of the requests: weights have a tenth of a percent at the finest. */
export function share(weight: number): string { return `${Number((100 * weight).toFixed(1))} %`; }

/** A span of time as people say it. */
export function span(seconds: number): string {
  const whole = Math.max(0, Math.round(seconds));
  if (whole < 120) { return `${whole} s`; }
  const minutes = Math.round(whole / 60);
  if (minutes < 120) { return `${minutes} min`; }
  return `${Math.floor(minutes / 60)} h${minutes % 60 ? ` ${minutes % 60} min` : ''}`;
}

/** `2026-11-21 20:04:11`, always UTC: as the logs and the Events have it. */
export function clock(iso: string): string { return iso.slice(0, 19).replace('T', ' '); }
