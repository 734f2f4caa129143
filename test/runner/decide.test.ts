import * as fc from 'fast-check';
import { specWith } from './support/rollout';
import { Act, decide, Decision, measuredFrom, wantedWeight } from '../../runner/decide';
import { Batch, Seen, SeenMetrics } from '../../runner/seen';
import { RolloutState, TERMINAL } from '../../runner/state';
import { RolloutSpec } from '../../src/rollout/rollout-spec';

const spec = specWith();
const START = 1_800_000_000_000;

/** One look of a random rollout: what is seen, and whether what was decided came about. */
interface Look {
  readonly seconds: number;
  readonly ready: number;
  readonly stableReady: number;
  readonly command?: 'pause' | 'resume' | 'abort' | 'promote';
  readonly metrics: 'none' | 'failed' | 'read';
  readonly counts: readonly number[];
  readonly remembered: boolean;
  readonly done: boolean;
  readonly meddled?: 'weight' | 'deleted' | 'state';
}

const count = fc.oneof({ weight: 5, arbitrary: fc.nat(500) }, { weight: 1, arbitrary: fc.constantFrom(0, NaN, -1, 1e9, Infinity) });
const looks = fc.array(fc.record<Look>({
  seconds: fc.oneof({ weight: 20, arbitrary: fc.integer({ min: 1, max: 120 }) }, { weight: 1, arbitrary: fc.constantFrom(-30, 0, 3000) }),
  ready: fc.oneof({ weight: 10, arbitrary: fc.constant(4) }, { weight: 2, arbitrary: fc.nat(4) }),
  stableReady: fc.oneof({ weight: 20, arbitrary: fc.constant(4) }, { weight: 1, arbitrary: fc.nat(4) }),
  command: fc.oneof({ weight: 30, arbitrary: fc.constant(undefined) }, { weight: 1, arbitrary: fc.constantFrom('pause', 'resume', 'abort', 'promote') }),
  metrics: fc.oneof({ weight: 10, arbitrary: fc.constant('read' as const) }, { weight: 1, arbitrary: fc.constantFrom('none' as const, 'failed' as const) }),
  counts: fc.array(count, { minLength: 10, maxLength: 10 }),
  remembered: fc.oneof({ weight: 10, arbitrary: fc.constant(true) }, { weight: 1, arbitrary: fc.constant(false) }),
  done: fc.oneof({ weight: 10, arbitrary: fc.constant(true) }, { weight: 1, arbitrary: fc.constant(false) }),
  meddled: fc.oneof({ weight: 60, arbitrary: fc.constant(undefined) }, { weight: 1, arbitrary: fc.constantFrom('weight', 'deleted', 'state') }),
}), { minLength: 5, maxLength: 80 });

function batchOf(from: number, [requests, stable, errors, stableErrors, sum, stableSum, ...restarts]: readonly number[]): Batch {
  return {
    from,
    until: from + 30_000,
    requests: { candidate: requests, stable },
    running: {},
    restarts: restarts[0] === 499 ? 1 : 0,
    gates: {
      'errors': { candidate: { amount: errors / 50, count: requests } },
      'errors-beside-stable': { candidate: { amount: errors / 50, count: requests }, stable: { amount: stableErrors / 50, count: stable } },
      'latency': { candidate: { amount: sum / 100, count: requests }, stable: { amount: stableSum / 100, count: stable } },
    },
  };
}

/** Plays looks and gives what was decided in each, with what was seen. */
function play(plan: RolloutSpec, story: readonly Look[], checked: (decision: Decision, seen: Seen, before: RolloutState | undefined, now: number) => void): void {
  let state: RolloutState | undefined;
  let route: Seen['route'];
  let replicas = { stable: 4, candidate: 1 };
  let now = START;
  let version = 1;
  for (const look of story) {
    now += look.seconds * 1000;
    if (look.meddled === 'deleted') { route = undefined; }
    if (look.meddled === 'state') { state = undefined; }
    if (look.meddled === 'weight' && route !== undefined) { route = { ...route, weight: undefined, resourceVersion: String(++version) }; }
    const from = state && measuredFrom(plan, state);
    const metrics: SeenMetrics = look.metrics === 'failed' ? { state: 'failed', why: 'no answer' }
      : look.metrics === 'none' || from === undefined ? { state: 'none' } : { state: 'read', batches: [batchOf(from, look.counts)] };
    const seen: Seen = {
      route,
      stable: { resourceVersion: '1', replicas: replicas.stable, ready: Math.min(replicas.stable, look.stableReady) },
      candidate: { resourceVersion: '1', replicas: replicas.candidate, ready: Math.min(replicas.candidate, look.ready) },
      command: look.command,
      metrics,
      scores: {},
    };
    const decision = decide(plan, state, seen, now);
    checked(decision, seen, state, now);
    if (!look.remembered) { continue; }
    ({ state } = decision);
    if (!look.done) { continue; }
    for (const act of decision.acts) {
      if (act.kind === 'create-route') { route = { uid: `u${++version}`, resourceVersion: String(version), current: true, ...act }; }
      if (act.kind === 'set-weight') { route = { uid: route!.uid, current: true, ...act, resourceVersion: String(++version) }; }
      if (act.kind === 'scale') { replicas = { ...replicas, [act.side]: act.replicas }; }
    }
  }
}

const weightActs = (acts: readonly Act[]) => acts.flatMap((act) => act.kind === 'create-route' || act.kind === 'set-weight' ? [act.weight] : []);
const scaleActs = (acts: readonly Act[]) => acts.flatMap((act) => act.kind === 'scale' ? [act] : []);
const plans = fc.constantFrom(spec, specWith({ route: { ...spec.route, leastWeight: 1 }, end: { candidateReplicas: 0 } }));

function holds(check: (plan: RolloutSpec, decision: Decision, seen: Seen, before: RolloutState | undefined, now: number) => void): void {
  fc.assert(fc.property(plans, looks, (plan, story) => play(plan, story, (...of) => check(plan, ...of))), { numRuns: 150 });
}

describe('whatever is seen', () => {
  test('the weight is one of the plan', () => {
    holds((plan, { state, acts }) => {
      const least = plan.route.leastWeight;
      const planned = [0, ...plan.steps.map(({ weight }) => Math.min(1000 - least, weight))];
      for (const weight of [wantedWeight(plan, state), ...weightActs(acts)]) { expect(planned).toContain(weight); }
    });
  });

  test('no weight is above what the ready replicas carry', () => {
    holds((plan, { state, acts }, seen) => {
      if (state.retiring || TERMINAL.includes(state.phase)) { return; } // there is no way back then
      const carried = plan.steps.filter(({ needs }) => needs <= seen.candidate!.ready).map(({ weight }) => weight);
      for (const weight of weightActs(acts)) { expect(weight).toBeLessThanOrEqual(Math.max(0, ...carried)); }
    });
  });

  test('a candidate that was judged bad keeps no weight for ever', () => {
    holds((plan, { state, acts }, _seen, before) => {
      if (before?.outcome === undefined || state.hash !== before.hash) { return; }
      expect(state.outcome).toBe(before.outcome);
      expect(Math.max(0, ...weightActs(acts), wantedWeight(plan, state))).toBe(0);
    });
  });

  test('the weight goes first: the candidate is scaled down only when it was nothing for as long as the longest request', () => {
    holds((plan, { state, acts }, seen, _before, now) => {
      for (const act of scaleActs(acts).filter(({ side, replicas }) => side === 'candidate' && replicas < seen.candidate!.replicas)) {
        expect(act.replicas).toBe(plan.end.candidateReplicas);
        expect(state.outcome).toBeDefined();
        expect(seen.route!.weight).toBe(0);
        expect(now - state.weightSince!).toBeGreaterThanOrEqual(plan.timing.drainSeconds * 1000);
      }
    });
  });

  test('the stable fleet is scaled down at the end alone', () => {
    holds((plan, { state, acts }, seen) => {
      for (const { replicas } of scaleActs(acts).filter(({ side }) => side === 'stable')) {
        if (replicas >= seen.stable!.replicas) { continue; }
        expect([state.retiring, seen.route!.weight, seen.route!.outcome]).toEqual([true, 1000 - plan.route.leastWeight, 'promoted']);
      }
    });
  });

  test('traffic moves on to a step with proof only after gates have seen enough', () => {
    holds((plan, { state }, seen, before) => {
      if (before === undefined || seen.command === 'promote' || state.step <= before.step) { return; }
      expect(before.weightSince).toBeDefined();
      expect(state.evidence.gates.errors.total).toBeGreaterThanOrEqual(plan.risk.minSamples);
    });
  });

  test('what is remembered survives JSON', () => {
    holds((_plan, { state }) => { expect(JSON.parse(JSON.stringify(state))).toEqual(JSON.parse(JSON.stringify(state, (_key, value) => typeof value === 'number' && !Number.isFinite(value) ? 'not finite' : value))); });
  });

  test('a decision that was forgotten or not carried out is made again', () => {
    holds((plan, decision, seen, before, now) => { expect(decide(plan, before, seen, now)).toEqual(decision); });
  });
});

test('nobody acts on a memory that is older than the route', () => {
  const world = { stable: { resourceVersion: '1', replicas: 4, ready: 4 }, candidate: { resourceVersion: '1', replicas: 4, ready: 4 }, metrics: { state: 'none' as const }, scores: {} };
  const { state } = decide(spec, undefined, world, START);
  const route = { uid: 'u', resourceVersion: '9', weight: 0, epoch: state.epoch + 1, current: true };
  expect(decide(spec, state, { ...world, route }, START + 1000)).toEqual({ state, acts: [], outOfDate: true });
});

test('batches that were read for another state do not count', () => {
  let seen: any;
  let reached: RolloutState | undefined;
  play(spec, Array.from({ length: 14 }, () => ({ seconds: 10, ready: 4, stableReady: 4, metrics: 'none', counts: [], remembered: true, done: true })), ({ state }, looked) => { reached = state; seen = looked; });
  const from = measuredFrom(spec, reached!)!;
  const batch = batchOf(from, [100, 100, 0, 0, 40, 40, 0]);
  const after = (batches: Batch[]) => decide(spec, reached, { ...seen, metrics: { state: 'read', batches } }, START + 300_000).state.evidence.batches;
  expect([after([batch]), after([batch, batch]), after([{ ...batch, from: from - 1000 }]), after([{ ...batch, until: from }])]).toEqual([1, 1, 0, 0]);
});

test('what was counted while somebody had changed the weight does not count', () => {
  const story: Look[] = Array.from({ length: 20 }, () => ({ seconds: 10, ready: 4, stableReady: 4, metrics: 'read', counts: [100, 100, 0, 0, 40, 40, 0], remembered: true, done: true }));
  const measured: (number | undefined)[] = [];
  const states: RolloutState[] = [];
  play(spec, [...story.slice(0, 10), { ...story[0], meddled: 'weight' }, ...story.slice(0, 2)], ({ state }) => { states.push(state); measured.push(measuredFrom(spec, state)); });
  const [before, meddled, settled] = states.slice(-4);
  expect(before.evidence.batches).toBeGreaterThan(0);
  expect([meddled.weightSince, meddled.cursor, measured[measured.length - 3]]).toEqual([undefined, undefined, undefined]);
  expect(measured[measured.length - 2]).toBe(settled.weightSince! + spec.timing.settleSeconds * 1000);
  expect(settled.evidence).toEqual(meddled.evidence);
});

/** Looks in which everything goes well. */
function well(looked: number, more: Partial<Look> = {}): Look[] {
  return Array.from({ length: looked }, () => ({ seconds: 10, ready: 4, stableReady: 4, metrics: 'read', counts: [500, 500, 0, 0, 400, 400, 0], remembered: true, done: true, ...more }));
}

function last(story: readonly Look[]): { decision: Decision; seen: Seen; now: number } {
  let found: { decision: Decision; seen: Seen; now: number } | undefined;
  play(spec, story, (decision, seen, _before, now) => { found = { decision, seen, now }; });
  return found!;
}

test('three restarts of the candidate in one step are a verdict', () => {
  expect(last(well(20, { counts: [500, 500, 0, 0, 400, 400, 499] })).decision.state.reason).toBe("3 restarts of the candidate's processes at 5 %");
});

test('a step holds for its least time, however sure the gates are', () => {
  const moves: number[] = [];
  play(spec, well(60), ({ state }, _seen, before, now) => { if (before !== undefined && state.step > before.step) { moves.push((now - before.weightSince!) / 1000); } });
  expect(moves.map((seconds) => seconds >= 60 && seconds <= 90)).toEqual([true, true]);
});

test('a weight that the route does not take is a doubt after a minute', () => {
  const { state } = last([...well(2), ...well(9, { done: false })]).decision;
  expect([state.phase, state.doubts]).toEqual(['shifting', ['HTTPRoute route does not keep its weight']]);
});

test('a step that takes longer than all of its parts ends, whatever keeps it', () => {
  let reason: string | undefined;
  play(specWith({ steps: spec.steps.map((step) => ({ ...step, minSeconds: 100_000 })) }), well(140), ({ state }) => { reason = state.reason; });
  expect(reason).toBe('step 1 took longer than 1275 s: its replicas or its weight came and went');
});

test('the stable fleet is scaled down only when the route says that the candidate has taken over', () => {
  const story = well(100, { command: 'promote' });
  const retiring = story.findIndex((_, i) => last(story.slice(0, i + 1)).decision.state.retiring);
  expect(retiring).toBeGreaterThan(0);
  const kinds = (told: readonly Look[]) => last(told).decision.acts.map((act) => act.kind === 'scale' ? `${act.kind} ${act.side}` : act.kind);
  const lost = well(3, { command: 'promote', done: false });
  expect(kinds([...story.slice(0, retiring), ...lost])).toEqual(['set-weight']);
  expect(kinds([...story.slice(0, retiring), ...lost, ...story.slice(0, 1)])).toEqual(['set-weight']);
  expect(kinds([...story.slice(0, retiring), ...lost, ...story.slice(0, 2)])).toEqual(['scale stable']);
});

test("another rollout's route stays as it is until the stable fleet serves", () => {
  const world = { candidate: { resourceVersion: '1', replicas: 1, ready: 0 }, metrics: { state: 'none' as const }, scores: {} };
  const route = { uid: 'u', resourceVersion: '9', weight: 1000, epoch: 7, current: false };
  const kinds = (ready: number) => decide(spec, undefined, { ...world, route, stable: { resourceVersion: '1', replicas: 4, ready } }, START).acts.map(({ kind }) => kind);
  expect([kinds(0), kinds(4)]).toEqual([[], ['set-weight']]);
});
