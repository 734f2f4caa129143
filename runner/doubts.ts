/** What keeps traffic from moving on although nothing shows that the candidate is bad. */
import { mayGoOn, silentTraffic, verdicts } from './judge';
import { Seen } from './seen';
import { RolloutState } from './state';
import { RolloutSpec } from '../src/rollout/rollout-spec';

/** A route that does not take its weight for so long is a doubt. */
const SHIFT_SECONDS = 60;
/** Prometheus repeats whole queries. */
const LONGEST_CAUSE = 300;

export function doubtsOf(spec: RolloutSpec, state: RolloutState, seen: Seen, now: number): string[] {
  const cluster = ofCluster(spec, state, seen, now);
  return seen.command === 'promote' ? cluster : [...cluster, ...ofMeasurements(spec, state, seen, now)]; // a person knows better than gates, but no fleet without replicas serves
}

function ofCluster(spec: RolloutSpec, state: RolloutState, seen: Seen, now: number): string[] {
  const { timing } = spec;
  const step = spec.steps[state.step];
  const found: string[] = [];
  for (const side of ['stable', 'candidate'] as const) {
    const { kind, name } = spec[side];
    if (seen[side] === undefined) { found.push(`there is no ${kind} ${name}`); }
  }
  if (state.routeUid !== undefined && seen.route?.uid !== state.routeUid) { found.push(`HTTPRoute ${spec.route.name} was deleted`); }
  const ready = seen.candidate?.ready ?? 0;
  if (!state.fallen && state.carried < state.step && ready < step.needs && past(state.stepSince, timing.startSeconds)) {
    found.push(`${ready} of ${step.needs} replicas of the candidate are ready after ${timing.startSeconds} s`);
  }
  if (state.phase !== 'pending' && (seen.stable?.ready ?? 0) === 0) { found.push('no replica of the stable fleet is ready'); }
  if (state.shiftedSince !== undefined && state.weightSince === undefined && past(state.shiftedSince, SHIFT_SECONDS)) {
    found.push(`HTTPRoute ${spec.route.name} does not keep its weight`);
  }
  return found;

  function past(since: number, seconds: number): boolean { return now - since > seconds * 1000; }
}

function ofMeasurements(spec: RolloutSpec, state: RolloutState, { metrics }: Seen, now: number): string[] {
  if (state.carried < 0 || state.weightSince === undefined) { return []; }
  if (metrics.state === 'failed') { return [`measurements can't be read: ${metrics.why.slice(0, LONGEST_CAUSE)}`]; }
  const found: string[] = [];
  const { missing } = state.evidence;
  if (missing.length > 0) { found.push(`the candidate has no series for ${missing.join(', ')}`); }
  const silent = silentTraffic(spec, state.evidence);
  if (silent !== undefined) { found.push(silent); }
  const { maxSeconds } = spec.steps[state.step];
  const late = state.carried === state.step && now - (state.analysedSince ?? now) > maxSeconds * 1000;
  if (late && !mayGoOn(spec, state.evidence)) {
    const open = verdicts(spec, state.evidence).filter(({ verdict }) => verdict === 'undecided' || verdict === 'no-data').map(({ gate, said }) => `${gate} (${said})`);
    found.push(`after ${maxSeconds} s nothing is decided by ${open.join(', ')}`);
  }
  return found;
}
