/** What measurements say of the candidate. Pure: the same batches give the same verdict. */
import { Batch, GateBatch, Reading } from './seen';
import { Evidence, GateEvidence, RolloutState } from './state';
import { GateStatus } from '../src/report/rollout-status';
import { countedShare } from '../src/rollout/analysis/counted-share';
import { loadRatio } from '../src/rollout/analysis/load-match';
import { addBatch, NO_MEAN_EVIDENCE } from '../src/rollout/analysis/mean-test';
import { evidenceOfExcess, evidenceOfRatio, evidenceOfShortfall, mixture } from '../src/rollout/analysis/share-test';
import { isComparable, LEAST_PER_BATCH, LEVEL, testsOf, thresholdsOf, TRAFFIC } from '../src/rollout/analysis/thresholds';
import { MeanLimitGate, MeanRatioGate, RolloutGate, RolloutSpec, RolloutStep } from '../src/rollout/rollout-spec';

const NOTHING: GateEvidence = { events: 0, total: 0, stableEvents: 0, stableTotal: 0 };
/** Alternatives to the candidate's share of requests. */
const SILENT = [TRAFFIC.good, TRAFFIC.good / 5, 0];

/** Adds what was counted while the step's weight was in force. */
export function withBatch(spec: RolloutSpec, evidence: Evidence, batch: Batch): Evidence {
  const gates = { ...evidence.gates };
  for (const gate of spec.gates) {
    const counted = soundOnly(batch.gates[gate.name], gate.kind === 'level');
    if (counted !== undefined) { gates[gate.name] = withReading(gate, gates[gate.name] ?? NOTHING, counted, batch); }
  }
  const [candidate, stable] = [batch.requests.candidate, batch.requests.stable].map((requests = 0) => isCount(requests) ? requests : 0);
  return {
    ...evidence,
    gates,
    candidate: evidence.candidate + candidate,
    stable: evidence.stable + stable,
    silence: silence(evidence.silence, candidate, stable, countedShare(spec.steps[evidence.step])),
    restarts: evidence.restarts + batch.restarts,
    batches: evidence.batches + 1,
    missing: missing(spec, evidence.candidate + candidate, batch),
  };
}

/** What each gate says; scores are not of a step, and not among them. */
export function verdicts(spec: RolloutSpec, evidence: Evidence): GateStatus[] {
  const thresholds = thresholdsOf(spec.risk, testsOf(spec), spec.steps.length);
  const share = countedShare(spec.steps[evidence.step]);
  return spec.gates.filter(({ kind }) => kind !== 'score').map((gate) => {
    const found = evidence.gates[gate.name];
    const { name, kind } = gate;
    if (comparesFleets(gate) && !isComparable(share)) { return { gate: name, kind, verdict: 'not-applicable', said: 'the stable fleet gets no requests' }; }
    if (found === undefined || found.total === 0) { return { gate: name, kind, verdict: 'no-data', said: found === undefined ? 'no series' : 'nothing was counted' }; }
    const { worse, fine, ...seen } = weighed(gate, found);
    // What is shown to be within the bound is good, however surely it is not equal.
    const verdict = fine >= thresholds.good ? 'good' : worse >= thresholds.bad ? 'bad' : 'undecided';
    return {
      gate: name,
      kind,
      verdict,
      ...seen,
      samples: found.total,
      stableSamples: comparesFleets(gate) ? found.stableTotal : undefined,
      evidence: { good: fine === -Infinity ? undefined : fine / thresholds.good, bad: worse / thresholds.bad },
    };
  });
}

/** What the evaluations say: one for the whole rollout. */
export function scoreVerdicts({ gates }: RolloutSpec, scores: RolloutState['scores']): GateStatus[] {
  return gates.flatMap((gate): GateStatus[] => {
    if (gate.kind !== 'score') { return []; }
    const { name, kind, least } = gate;
    const score = scores[name];
    if (score === undefined) { return [{ gate: name, kind, verdict: 'no-data', said: 'no score yet', unit: 'score', limit: least }]; }
    return [{ gate: name, kind, verdict: score >= least ? 'good' : 'bad', said: `score ${shown(score)}, at least ${shown(least)} is wanted`, estimate: score, unit: 'score', limit: least }];
  });
}

/** Whether the candidate gets far less than its share of requests, as a sentence. */
export function silentTraffic(spec: RolloutSpec, evidence: Evidence): string | undefined {
  const { bad } = thresholdsOf(spec.risk, testsOf(spec), spec.steps.length);
  if (evidence.silence.length === 0 || mixture(evidence.silence) < bad) { return undefined; }
  const all = evidence.candidate + evidence.stable;
  const { weight, mirrored } = spec.steps[evidence.step];
  const promised = mirrored === undefined ? `its weight is ${weight} of 1000` : `${mirrored} of 1000 are copied to it`;
  return `the candidate got ${Math.round(evidence.candidate)} of ${Math.round(all)} requests but ${promised}`;
}

/** What the candidate gets in a step, for people. */
export function saidOf({ weight, mirrored }: RolloutStep): string { return mirrored === undefined ? `${weight / 10} %` : 'no share, on copies of requests'; }

/** Whether traffic may move on: what a step without proof wants is data and no harm. */
export function mayGoOn(spec: RolloutSpec, evidence: Evidence): boolean {
  const { proof } = spec.steps[evidence.step];
  return verdicts(spec, evidence).every(({ gate: name, verdict }) => {
    if (verdict === 'good' || verdict === 'not-applicable') { return true; }
    if (verdict !== 'undecided' || evidence.gates[name].total < spec.risk.minSamples) { return false; }
    return !proof || spec.gates.some((gate) => gate.name === name && gate.kind === 'share-ratio');
  });
}

function comparesFleets(gate: RolloutGate): boolean { return gate.kind === 'share-ratio' || gate.kind === 'mean-ratio'; }

/** Logarithms of the evidence against and for the candidate, and what it rests on. */
type Weighed = { readonly worse: number; readonly fine: number } & Pick<GateStatus, 'said' | 'estimate' | 'unit' | 'limit' | 'bad'>;

function weighed(gate: RolloutGate, found: GateEvidence): Weighed {
  const { events, total, stableEvents, stableTotal } = found;
  switch (gate.kind) {
    case 'share-limit':
    case 'level': {
      const { good, bad } = gate.kind === 'level' ? LEVEL : gate;
      const what = gate.kind === 'level' ? `${events} of ${total} readings on the wrong side of ${gate.limit}` : `${shown(events)} of ${shown(total)} requests, limit ${shown(good * 100)} %`;
      return {
        worse: evidenceOfExcess(events, total, good, bad), fine: evidenceOfShortfall(events, total, good, bad), said: what, estimate: events / total, unit: 'share', limit: good, bad,
      };
    }
    case 'share-ratio':
      return {
        worse: found.logs === undefined ? 0 : mixture(found.logs),
        fine: -Infinity,
        said: `${shown(events)} of ${shown(total)} requests, stable ${shown(stableEvents)} of ${shown(stableTotal)}`,
        estimate: stableEvents > 0 ? events / total / (stableEvents / stableTotal) : undefined,
        unit: 'times',
        limit: 1,
        bad: gate.factor,
      };
    case 'mean-limit':
    case 'mean-ratio': {
      const mean = found.mean ?? NO_MEAN_EVIDENCE;
      const than = gate.kind === 'mean-ratio' ? 'the stable fleet at its load' : `the limit of ${gate.limit}`;
      if (mean.batches === 0) { return { worse: 0, fine: 0, said: `${shown(total)} requests, too few for a batch`, unit: 'times', limit: 1, bad: gate.factor }; }
      return {
        worse: mean.worse,
        fine: mean.fine,
        said: `${shown(Math.exp(mean.mean))} times ${than}, by ${shown(total)} requests in ${mean.batches} batches`,
        estimate: Math.exp(mean.mean),
        unit: 'times',
        limit: 1,
        bad: gate.factor,
      };
    }
    default:
      return { worse: 0, fine: 0, said: '' };
  }
}

function withReading(gate: RolloutGate, before: GateEvidence, counted: GateBatch, batch: Batch): GateEvidence {
  const { candidate, stable } = counted;
  if (candidate === undefined) { return before; }
  switch (gate.kind) {
    case 'level': {
      const wrong = gate.lowerIsBetter ? candidate.amount > gate.limit : candidate.amount < gate.limit;
      return { ...before, events: before.events + (wrong ? 1 : 0), total: before.total + 1 };
    }
    case 'share-limit':
    case 'share-ratio': {
      const bad = (reading = candidate) => Math.max(0, gate.eventsAreGood ? reading.count - reading.amount : Math.min(reading.amount, reading.count));
      const after = { ...before, events: before.events + bad(), total: before.total + candidate.count };
      if (gate.kind === 'share-limit' || stable === undefined) { return after; }
      const share = candidate.count / (candidate.count + stable.count);
      const logs = share > 0 && share < 1 ? evidenceOfRatio(gate.factor, bad(), bad(stable), share) : undefined;
      return {
        ...after,
        stableEvents: before.stableEvents + bad(stable),
        stableTotal: before.stableTotal + stable.count,
        logs: logs?.map((log, i) => rounded(log + (before.logs?.[i] ?? 0))) ?? before.logs,
      };
    }
    case 'mean-limit':
    case 'mean-ratio':
      return withMean(gate, before, counted, batch);
    default:
      return before;
  }
}

/** Counts that are none (a broken exporter) are not there. */
function soundOnly(counted: GateBatch | undefined, mayBeNegative: boolean): GateBatch | undefined {
  const isSound = ({ amount, count }: Reading) => isCount(count) && (mayBeNegative ? Number.isFinite(amount) : isCount(amount));
  const sound = (reading: Reading | undefined) => reading && isSound(reading) ? reading : undefined;
  return counted && { candidate: sound(counted.candidate), stable: sound(counted.stable) };
}

function isCount(value: number): boolean { return value >= 0 && Number.isFinite(value); }

function withMean(gate: MeanLimitGate | MeanRatioGate, before: GateEvidence, counted: GateBatch, batch: Batch): GateEvidence {
  const { candidate, stable } = counted;
  const compared = gate.kind === 'mean-ratio';
  if (candidate === undefined || (compared && stable === undefined)) { return before; }
  const { running } = batch;
  const known = compared && running.candidate !== undefined && running.stable !== undefined;
  const load = known ? loadRatio(gate.atLoad, running.candidate, running.stable) : 1;
  const pending = {
    sum: (before.pending?.sum ?? 0) + candidate.amount,
    count: (before.pending?.count ?? 0) + candidate.count,
    stableSum: (before.pending?.stableSum ?? 0) + (stable?.amount ?? 0),
    stableCount: (before.pending?.stableCount ?? 0) + (stable?.count ?? 0),
    load: (before.pending?.load ?? 0) + load * candidate.count,
  };
  const after = { ...before, total: before.total + candidate.count, stableTotal: before.stableTotal + (stable?.count ?? 0) };
  const least = compared ? Math.min(pending.count, pending.stableCount) : pending.count;
  if (least < LEAST_PER_BATCH) { return { ...after, pending }; }
  const floor = compared ? gate.floor : 0;
  const reference = compared ? pending.stableSum / pending.stableCount * pending.load / pending.count : gate.limit;
  const ratio = (pending.sum / pending.count + floor) / (reference + floor);
  if (!(ratio > 0 && ratio < Infinity)) { return { ...after, pending: undefined }; }
  const { worse, fine, batches, mean, squares } = addBatch(
    before.mean ?? NO_MEAN_EVIDENCE, ratio, pending.count, compared ? pending.stableCount : Infinity, gate.factor,
  );
  return {
    ...after,
    pending: undefined,
    mean: { worse: rounded(worse), fine: rounded(fine), batches, mean: rounded(mean), squares: rounded(squares) },
  };
}

/** What should be there and is not: a counter may come with the first requests, and a level may have no value while nothing happens. */
function missing(spec: RolloutSpec, counted: number, { requests, gates }: Batch): string[] {
  if (requests.candidate === undefined) { return ['requests']; }
  if (counted < spec.risk.minSamples) { return []; }
  return spec.gates.filter(({ kind, name }) => kind !== 'score' && kind !== 'level' && gates[name]?.candidate === undefined).map(({ name }) => name);
}

function silence(before: readonly number[], candidate: number, stable: number, share: number): number[] {
  const half = share * TRAFFIC.bad;
  return SILENT.map((times, i) => {
    const low = share * times;
    const log = (candidate === 0 ? 0 : candidate * Math.log(low / half)) + stable * Math.log((1 - low) / (1 - half));
    return Math.max(-1e6, rounded((before[i] ?? 0) + log)); // JSON has no infinity
  });
}

function rounded(value: number): number { return Math.round(value * 1e6) / 1e6; }

function shown(value: number): string { return String(Number(value.toPrecision(3))); }
