/**
 * The state machine. Pure and total: from what was remembered and what is seen it says what to remember next and what to do, so the
 * runner can be killed anywhere. What is to be done follows from the state alone, never from what was done before.
 */
import { doubtsOf } from './doubts';
import { mayGoOn, saidOf, scoreVerdicts, verdicts, withBatch } from './judge';
import { copiesRequests, Traffic } from './route';
import { Outcome, Seen } from './seen';
import { HistoryEntry, LONGEST_HISTORY, MOST_VERDICTS, noEvidence, Phase, RolloutState, TERMINAL, VerdictEntry } from './state';
import { RolloutSpec } from '../src/rollout/rollout-spec';

/** Each is safe to repeat. Those on objects that were seen carry the version that was seen, so that they fail if somebody was faster. */
export type Act =
  { readonly kind: 'create-route'; readonly epoch: number; readonly outcome?: Outcome } & Traffic
  | { readonly kind: 'set-weight'; readonly epoch: number; readonly outcome?: Outcome; readonly resourceVersion: string } & Traffic
  | { readonly kind: 'scale'; readonly side: 'stable' | 'candidate'; readonly replicas: number; readonly resourceVersion: string }
  | { readonly kind: 'evaluate'; readonly gate: string }
  | { readonly kind: 'finish' };

export interface Decision {
  /** To be written before anything is done. */
  readonly state: RolloutState;
  readonly acts: readonly Act[];
  /** What is remembered is older than what the route says: do nothing, look again. */
  readonly outOfDate: boolean;
}

const LONGEST_NOTE = 500;

type Draft = { -readonly [Key in keyof RolloutState]: RolloutState[Key] };

/** The candidate's weight that a state wants on the route. */
export function wantedWeight(spec: RolloutSpec, state: Pick<RolloutState, 'carried'>): number {
  const least = spec.route.leastWeight;
  const weight = state.carried < 0 ? 0 : spec.steps[state.carried].weight;
  return weight === 0 ? 0 : Math.min(1000 - least, Math.max(least, weight));
}

/** All that a state wants of the route. */
export function wantedTraffic(spec: RolloutSpec, state: Pick<RolloutState, 'carried' | 'preview'>): Traffic {
  const { leastWeight, previewRules = [] } = spec.route;
  return {
    weight: wantedWeight(spec, state),
    ...previewRules.length > 0 ? { preview: state.preview ? 1000 - leastWeight : 0 } : {},
    ...copiesRequests(spec.route, spec.route.template) ? { mirrored: spec.steps[state.carried]?.mirrored !== undefined } : {},
  };
}

/** From when on measurements are wanted; undefined while none count. */
export function measuredFrom(spec: RolloutSpec, state: RolloutState): number | undefined {
  const { carried, weightSince, evidence, phase } = state;
  if (carried < 0 || weightSince === undefined || evidence.step !== carried || TERMINAL.includes(phase)) { return undefined; }
  return state.cursor ?? weightSince + spec.timing.settleSeconds * 1000;
}

export function decide(spec: RolloutSpec, remembered: RolloutState | undefined, seen: Seen, now: number): Decision {
  const before = remembered?.hash === spec.hash ? remembered : undefined;
  if (before !== undefined && (seen.route?.epoch ?? 0) > before.epoch) { return { state: before, acts: [], outOfDate: true }; }
  const state: Draft = { ...before ?? begun(spec, remembered, seen, now) };
  const note = advance(spec, state, seen, now);
  if (before === undefined || state.phase !== before.phase || state.carried !== before.carried || state.step !== before.step) {
    if (state.phase !== before?.phase) { state.phaseSince = now; }
    const entry = { at: now, phase: state.phase, step: state.step, weight: wantedWeight(spec, state), note: note.slice(0, LONGEST_NOTE) };
    state.history = withEntry(state.history, entry);
  }
  return { state, acts: actsOf(spec, state, seen, now), outOfDate: false };
}

/** A rollout from its beginning; one that had ended before its state was lost ends the same way. */
function begun(spec: RolloutSpec, other: RolloutState | undefined, seen: Seen, now: number): RolloutState {
  const state: RolloutState = {
    version: 1,
    hash: spec.hash,
    phase: 'pending',
    step: 0,
    carried: -1,
    epoch: Math.max(other?.epoch ?? 0, seen.route?.epoch ?? 0) + 1,
    fallen: false,
    retiring: false,
    startedAt: now,
    phaseSince: now,
    stepSince: now,
    doubtMillis: 0,
    doubts: [],
    evidence: noEvidence(0),
    scores: {},
    history: other?.history ?? [],
    verdicts: [],
  };
  const outcome = seen.route?.outcome;
  if (outcome === undefined) { return state; }
  if (outcome === 'promoted') { return { ...state, phase: 'promoting', retiring: true, preview: true, step: spec.steps.length - 1, carried: spec.steps.length - 1 }; }
  return { ...state, phase: 'rolling-back', outcome, reason: `it was ${outcome} before its state was lost`, preview: false };
}

/** Changes the draft by one look and says why, for people. */
function advance(spec: RolloutSpec, state: Draft, seen: Seen, now: number): string {
  state.command = seen.command;
  const settled = isSettled(spec, state, seen);
  if (settled) { state.weightSince ??= now; } else {
    state.weightSince = undefined;
    state.cursor = undefined; // what was counted under another weight does not count
  }
  if (TERMINAL.includes(state.phase)) { return state.reason ?? ''; }
  if (state.outcome !== undefined) { return stepBack(spec, state, seen, now); }
  if (state.retiring) { return retire(spec, state, seen, settled); }
  if (settled) { state.routeUid ??= seen.route?.uid; }

  measure(spec, state, seen);
  const bad = judged(spec, state, seen);
  state.verdicts = withVerdicts(spec, state, now);
  if (bad !== undefined && seen.command !== 'promote') { return rollBack(state, 'rolled-back', bad); }
  if (seen.command === 'abort') { return rollBack(state, 'aborted', 'aborted by a person'); }
  catchFall(spec, state, seen, now);
  preview(spec, state, seen, now);
  const blocking = doubtsOf(spec, state, seen, now);
  return doubted(spec, state, seen, now, blocking) ?? proceed(spec, state, seen, now, blocking.length > 0);
}

function isSettled(spec: RolloutSpec, state: RolloutState, { route }: Seen): boolean {
  if (route === undefined || !route.current || route.epoch !== state.epoch) { return false; }
  const wanted = wantedTraffic(spec, state);
  return route.weight === wanted.weight && route.preview === wanted.preview && route.mirrored === wanted.mirrored;
}

/** Takes in the batches that follow what was evaluated; others were read for another state. */
function measure(spec: RolloutSpec, state: Draft, { metrics }: Seen): void {
  if (metrics.state !== 'read') { return; }
  for (const batch of metrics.batches) {
    const from = measuredFrom(spec, state);
    if (from === undefined || batch.from !== from || batch.until <= from) { return; }
    state.evidence = withBatch(spec, state.evidence, batch);
    state.cursor = batch.until;
  }
}

/** Why the candidate is bad. */
function judged(spec: RolloutSpec, state: Draft, seen: Seen): string | undefined {
  for (const gate of spec.gates) {
    if (gate.kind !== 'score') { continue; }
    const seenScore = seen.scores[gate.name];
    if (state.scores[gate.name] === undefined && seenScore?.state === 'failed') { return `gate '${gate.name}': ${seenScore.why}`; }
    if (state.scores[gate.name] === undefined && seenScore?.state === 'done') { state.scores = { ...state.scores, [gate.name]: seenScore.score }; }
    const score = state.scores[gate.name];
    if (score !== undefined && !(score >= gate.least)) { return `gate '${gate.name}': the score is ${score}, at least ${gate.least} is wanted`; }
  }
  const { restarts, step } = state.evidence;
  const at = saidOf(spec.steps[step]);
  if (restarts >= spec.risk.mostRestarts) { return `${restarts} restarts of the candidate's processes at ${at}`; }
  const worst = verdicts(spec, state.evidence).find(({ verdict }) => verdict === 'bad');
  return worst && `gate '${worst.gate}' at ${at}: ${worst.said}`;
}

/** Takes the weight back to what the ready replicas carry, and to nothing if the route is gone. */
function catchFall(spec: RolloutSpec, state: Draft, { route, candidate }: Seen, now: number): void {
  const ready = candidate?.ready ?? 0;
  let carried = state.carried;
  while (carried >= 0 && (spec.steps[carried].needs > ready || route === undefined)) { carried -= 1; }
  if (carried < state.carried) {
    shift(state, carried, now);
    state.fallen = true;
    state.readySince = undefined;
  }
}

/** Previews go to the candidate while a replica of it is ready; whoever deletes the route takes them off it too. */
function preview(spec: RolloutSpec, state: Draft, { route, candidate }: Seen, now: number): void {
  const isOurs = route !== undefined && (state.routeUid === undefined || route.uid === state.routeUid);
  const wanted = (spec.route.previewRules ?? []).length > 0 && isOurs && (candidate?.ready ?? 0) > 0;
  if (wanted === (state.preview ?? false)) { return; }
  shift(state, state.carried, now);
  state.preview = wanted;
}

/** Counts doubt; too much of it ends the rollout. */
function doubted(spec: RolloutSpec, state: Draft, seen: Seen, now: number, blocking: readonly string[]): string | undefined {
  const { timing } = spec;
  const paused = seen.command === 'pause';
  if (paused !== (state.pausedSince !== undefined)) {
    if (paused) { state.pausedSince = now; } else { resume(state, now); }
  }
  const lost = `the candidate lost replicas that carried traffic; ${seen.candidate?.ready ?? 0} of ${spec.steps[state.step].needs} are ready`;
  state.doubts = [...state.fallen ? [lost] : [], ...blocking];
  const counts = state.doubts.length > 0 && !paused;
  if (counts) { state.doubtSince ??= now; } else if (state.doubtSince !== undefined) {
    state.doubtMillis += Math.max(0, now - state.doubtSince);
    state.doubtSince = undefined;
  }
  const doubt = state.doubtMillis + Math.max(0, now - (state.doubtSince ?? now));
  // Onto a fleet that serves nobody nothing is rolled back for mere doubt.
  if (paused || (state.carried >= 0 && (seen.stable?.ready ?? 0) === 0)) { return undefined; }
  if (state.doubts.length > 0 && doubt > timing.doubtSeconds * 1000) {
    return rollBack(state, 'rolled-back', `in doubt for ${Math.round(doubt / 1000)} s: ${state.doubts.join('; ')}`);
  }
  if (now - state.stepSince > longestStep(spec, state.step) * 1000) {
    return rollBack(state, 'rolled-back', `step ${state.step + 1} took longer than ${longestStep(spec, state.step)} s: ${state.doubts.join('; ') || 'its replicas or its weight came and went'}`);
  }
  return undefined;
}

/** Everything that a step may take, one after the other, in seconds. */
function longestStep({ timing, steps, gates }: RolloutSpec, step: number): number {
  const scores = gates.map((gate) => gate.kind === 'score' && step === 0 ? gate.timeoutSeconds : 0);
  const { startSeconds, warmUpSeconds, settleSeconds, doubtSeconds, drainSeconds } = timing;
  return startSeconds + warmUpSeconds + settleSeconds + steps[step].maxSeconds + doubtSeconds + drainSeconds + Math.max(0, ...scores) + 60;
}

/** A pause takes no time. */
function resume(state: Draft, now: number): void {
  const millis = Math.max(0, now - state.pausedSince!);
  state.pausedSince = undefined;
  state.stepSince += millis;
  if (state.analysedSince !== undefined) { state.analysedSince += millis; }
}

/** One step further, if nothing is in the way. */
function proceed(spec: RolloutSpec, state: Draft, seen: Seen, now: number, blocked: boolean): string {
  if (state.phase === 'pending' && seen.stable !== undefined && seen.candidate !== undefined && seen.stable.ready > 0) { state.phase = 'warming'; }
  if (state.phase === 'pending') { return 'waiting for both fleets'; }
  const step = spec.steps[state.step];
  const paused = state.pausedSince !== undefined;

  if (state.carried < state.step) {
    state.phase = paused ? 'paused' : state.doubts.length > 0 ? 'holding' : 'warming';
    state.readySince = (seen.candidate?.ready ?? 0) >= step.needs ? state.readySince ?? now : undefined;
    const warm = state.readySince !== undefined && now - state.readySince >= spec.timing.warmUpSeconds * 1000;
    const scored = seen.command === 'promote' || spec.gates.every((gate) => gate.kind !== 'score' || state.scores[gate.name] !== undefined);
    if (!warm || paused || blocked || !scored) { return state.doubts.join('; ') || 'replicas first, traffic then'; }
    shift(state, state.step, now);
    state.fallen = false;
    if (state.evidence.step !== state.step || state.analysedSince === undefined) { state.evidence = noEvidence(state.step); }
    state.phase = 'shifting';
    return step.mirrored === undefined ? `${step.weight / 10} % of the requests` : `copies of ${step.mirrored / 10} % of the requests`;
  }

  if (state.weightSince !== undefined) { state.analysedSince ??= now; }
  const goOn = seen.command === 'promote' || (state.weightSince !== undefined && now - state.weightSince >= step.minSeconds * 1000 && mayGoOn(spec, state.evidence));
  if (paused) { state.phase = 'paused'; return 'paused by a person'; }
  if (state.phase === 'promoting') { return promote(spec, state, now); }
  if (state.weightSince === undefined) { state.phase = 'shifting'; return ''; }
  if (state.doubts.length > 0) { state.phase = 'holding'; return state.doubts.join('; '); }
  state.phase = 'analysing';
  if (!goOn) { return ''; }
  if (state.step === spec.steps.length - 1) { state.phase = 'promoting'; return seen.command === 'promote' ? 'promoted by a person' : 'every gate holds at the last step'; }
  state.step += 1;
  state.stepSince = now;
  state.analysedSince = undefined;
  state.readySince = undefined;
  state.doubtMillis = 0;
  state.phase = 'warming';
  const why = seen.command === 'promote' ? 'promoted by a person' : step.proof ? 'every gate holds' : 'no gate speaks against it';
  return `${why} at ${saidOf(step)}`;
}

function shift(state: Draft, carried: number, now: number): void {
  state.carried = carried;
  state.epoch += 1;
  state.shiftedSince = now;
  state.weightSince = undefined;
  state.cursor = undefined;
}

/** All traffic is on the candidate; once the last request of the stable fleet is over, there is no way back. */
function promote(spec: RolloutSpec, state: Draft, now: number): string {
  const drained = state.weightSince !== undefined && now - Math.max(state.weightSince, state.phaseSince) >= spec.timing.drainSeconds * 1000;
  if (!drained || state.doubts.length > 0) { return 'waiting for the last requests of the stable fleet'; }
  state.retiring = true;
  state.epoch += 1; // the route says so before anything is scaled down
  state.weightSince = undefined;
  return 'the stable fleet scales down';
}

function retire(spec: RolloutSpec, state: Draft, { stable }: Seen, settled: boolean): string {
  const wanted = spec.end.stableReplicas;
  if (!settled || (wanted !== undefined && stable !== undefined && stable.replicas > wanted)) { return 'the stable fleet scales down'; }
  state.phase = 'promoted';
  state.reason = 'the candidate has taken over';
  return state.reason;
}

function rollBack(state: Draft, outcome: 'rolled-back' | 'aborted', reason: string): string {
  shift(state, -1, state.phaseSince);
  state.shiftedSince = undefined;
  state.outcome = outcome;
  if (state.preview !== undefined) { state.preview = false; }
  state.reason = reason;
  state.phase = 'rolling-back';
  state.doubts = [];
  state.doubtSince = undefined;
  return reason;
}

/** Weight first; replicas when the last request is over. */
function stepBack(spec: RolloutSpec, state: Draft, { candidate }: Seen, now: number): string {
  const over = isDrained(spec, state, now) && (candidate === undefined || candidate.replicas <= spec.end.candidateReplicas);
  if (over) { state.phase = state.outcome!; }
  return state.reason ?? '';
}

function isDrained(spec: RolloutSpec, state: RolloutState, now: number): boolean {
  return state.weightSince !== undefined && now - state.weightSince >= spec.timing.drainSeconds * 1000;
}

function withEntry(history: readonly HistoryEntry[], entry: HistoryEntry): HistoryEntry[] {
  return [...history, entry].slice(-LONGEST_HISTORY);
}

/** Remembers when a gate of the step came to another verdict; that it begins without data goes without saying. */
function withVerdicts(spec: RolloutSpec, { evidence, scores, verdicts: before }: RolloutState, at: number): readonly VerdictEntry[] {
  const isScore = (name: string) => spec.gates.some(({ kind, name: gate }) => kind === 'score' && gate === name);
  const last = new Map(before.filter(({ step, gate }) => step === evidence.step || isScore(gate)).map((entry) => [entry.gate, entry.verdict]));
  const changed = [...scoreVerdicts(spec, scores), ...verdicts(spec, evidence)].filter(({ gate, verdict }) => verdict !== (last.get(gate) ?? 'no-data'));
  if (changed.length === 0) { return before; }
  return [...before, ...changed.map(({ gate, verdict, said }) => ({ at, step: evidence.step, gate, verdict, said }))].slice(-MOST_VERDICTS);
}

/** What is still to be done for a state. */
function actsOf(spec: RolloutSpec, state: RolloutState, seen: Seen, now: number): Act[] {
  const acts: Act[] = [];
  const { route, stable, candidate } = seen;
  const settled = isSettled(spec, state, seen);
  const unserved = state.phase === 'pending' && route !== undefined && (stable?.ready ?? 0) === 0; // another rollout's route serves better
  if (!settled && !unserved) {
    const weights = { ...wantedTraffic(spec, state), epoch: state.epoch, outcome: state.retiring ? 'promoted' as const : state.outcome };
    acts.push(route === undefined ? { kind: 'create-route', ...weights } : { kind: 'set-weight', ...weights, resourceVersion: route.resourceVersion });
  }
  const scale = (side: 'stable' | 'candidate', replicas: number) => acts.push({ kind: 'scale', side, replicas, resourceVersion: seen[side]!.resourceVersion });
  const terminal: readonly Phase[] = TERMINAL;
  if (terminal.includes(state.phase)) { return settled ? [{ kind: 'finish' }] : acts; }
  if (state.outcome !== undefined) {
    if (settled && isDrained(spec, state, now) && candidate !== undefined && candidate.replicas > spec.end.candidateReplicas) { scale('candidate', spec.end.candidateReplicas); }
    return acts;
  }
  if (state.retiring) {
    const { stableReplicas } = spec.end;
    if (settled && stableReplicas !== undefined && stable !== undefined && stable.replicas > stableReplicas) { scale('stable', stableReplicas); }
    return acts;
  }
  if (stable !== undefined && stable.replicas < spec.stable.replicas) { scale('stable', spec.stable.replicas); }
  const { runs, needs } = spec.steps[state.step];
  if (candidate !== undefined && candidate.replicas < Math.max(runs, needs)) { scale('candidate', Math.max(runs, needs)); }
  for (const gate of spec.gates) {
    const ready = (candidate?.ready ?? 0) >= spec.steps[0].needs;
    if (gate.kind === 'score' && ready && state.scores[gate.name] === undefined && seen.scores[gate.name] === undefined) { acts.push({ kind: 'evaluate', gate: gate.name }); }
  }
  return acts;
}
