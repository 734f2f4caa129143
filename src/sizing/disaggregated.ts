import { Batching } from './batching';
import { Checked, MOST_GPUS, check } from './checked';
import { GPUS_PER_NODE, joined } from './communication';
import { costOf } from './cost';
import { crossing } from './crossing';
import { DisaggregatedPlan, DisaggregatedRequest, PhasePlan } from './disaggregated-plan';
import { Separate, SeparatePoint, decodeOf, handOverOf, prefillOf, promptsAt, transferSeconds, withoutPrompts } from './disaggregation';
import { IDLE_POWER, Served, energyOf, wattsOf } from './energy';
import { fitProblem, gib, latenciesOf, surenessOf } from './estimate';
import { Instance } from './instance';
import { factorsOf } from './intervals';
import { layoutName, layoutProblem, layoutsFor, toLayout } from './layouts';
import { ObjectiveKind } from './objective';
import { SizingPlan } from './plan';
import { wanted } from './problem';
import { SizingPool } from './questions';
import { acceleratorProblem, degreesOf } from './request';
import { lengthFor, settingsFor } from './settings';
import { Degrees } from './shares';
import { count, rate, showMillis } from './words';

/** Requests in a step of an instance that only writes, where memory has room for them. */
const MOST_SEQS = 1024;

/** An instance of one phase. */
interface Phase { readonly instance: Instance; readonly batching: Batching }

/** A pair of layouts with as many replicas of each as the load takes. */
interface Pair {
  readonly pool: SizingPool;
  readonly prefill: Phase;
  readonly decode: Phase;
  readonly prefills: number;
  readonly decodes: number;
  readonly gpus: number;
  readonly price: number;
}

/** Why a pair is none. The lower `rank` and `factor`, the nearer it came. */
interface Miss { readonly rank: 'pool' | 'latency' | 'layout'; readonly factor: number; readonly reason: string }
const RANKS: readonly Miss['rank'][] = ['pool', 'latency', 'layout'];

interface Looked { readonly pairs: Pair[]; readonly misses: Miss[] }

/** A plan, or the sentence that says why there is none. `aggregated` answers the same request with one fleet. */
export function solveDisaggregated(
  request: DisaggregatedRequest, aggregated: (request: DisaggregatedRequest) => { plan?: SizingPlan; problem?: string },
): { readonly plan?: DisaggregatedPlan; readonly problem?: string } {
  const checked = check(request);
  if (typeof checked === 'string') { return { problem: checked }; }
  if (checked.subject.speculation) { return { problem: '\'engine.speculative\' is not modelled of separate instances; leave it out' }; }
  if (checked.subject.hostHitRatio > 0) { return { problem: '\'hostHitRatio\' is not modelled of separate instances; leave it out' }; }
  const kind = request.objective?.kind;
  if (kind === ObjectiveKind.LOWEST_ENERGY || kind === ObjectiveKind.LOWEST_LATENCY) {
    return { problem: `'objective' is '${kind}', which separate instances are not searched for; use Objective.LOWEST_COST or Objective.FEWEST_GPUS` };
  }
  const tuned = (['tuneEngine', 'tuneKvCache'] as const).find((flag) => request[flag]);
  if (tuned) { return { problem: `'${tuned}' is true, which separate instances are not searched for; leave it out and state what they shall run with` }; }
  const stated = [request.prefillLayout, request.decodeLayout].map((layout) => layout === undefined ? undefined : degreesOf(layout));
  const wrong = stated.find((degrees) => typeof degrees === 'string');
  if (typeof wrong === 'string') { return { problem: wrong }; }
  const [prefillAt, decodeAt] = stated as (Degrees | undefined)[];
  const looked = request.pools.map((pool) => pairsOn(checked, pool, prefillAt, decodeAt));
  const pairs = looked.flatMap((l) => l.pairs);
  if (pairs.length === 0) {
    const [nearest] = looked.flatMap((l) => l.misses).sort((a, b) => RANKS.indexOf(a.rank) - RANKS.indexOf(b.rank) || a.factor - b.factor);
    return { problem: `no pair of layouts for prompts and completions serves ${wanted(checked)}; nearest: ${nearest.reason}` };
  }
  const best = pairs.reduce((least, pair) => isBetter(pair, least) ? pair : least);
  return { plan: planOf(checked, best, aggregated(request)) };
}

/** Cheaper, or of fewer GPUs, or of fewer replicas; the first of equals stays. */
function isBetter(a: Pair, b: Pair): boolean {
  return (a.price - b.price || a.gpus - b.gpus || a.prefills + a.decodes - b.prefills - b.decodes) < 0;
}

function pairsOn(checked: Checked, pool: SizingPool, prefillAt: Degrees | undefined, decodeAt: Degrees | undefined): Looked {
  const { subject } = checked;
  const hardware = acceleratorProblem(pool.accelerator, subject.precision, subject.shape, true);
  const misses: Miss[] = [];
  if (hardware) { return { pairs: [], misses: [{ rank: 'layout', factor: 1, reason: hardware }] }; }
  const perNode = pool.gpusPerNode ?? GPUS_PER_NODE;
  const phases = (stated: Degrees | undefined, make: (at: Degrees) => Phase | string) => {
    const found: Phase[] = [];
    for (const at of stated ? [stated] : layoutsFor(subject.shape, pool, subject.rules)) {
      const gpus = at.tp * at.pp * at.dp;
      // As in a plan of one fleet, a replica spans nodes only where none within a node holds the model.
      if (found.length && gpus > perNode && !joined(pool, gpus)) { break; }
      const phase = layoutProblem(subject.shape, subject.precision, at, pool, subject.rules) ?? make(at);
      if (typeof phase === 'string') { misses.push({ rank: 'layout', factor: 1 / gpus, reason: `(${layoutName(at)}): ${phase}` }); } else { found.push(phase); }
    }
    return found;
  };
  const prefills = phases(prefillAt, (at) => prefillPhase(checked, pool, at));
  const decodes = phases(decodeAt, (at) => decodePhase(checked, pool, at)).map((decode) => ({ decode, writing: mostWriting(checked, decode) }));
  const pairs = prefills.flatMap((prefill) => decodes.flatMap(({ decode, writing }) => {
    const pair = pairOf(checked, pool, prefill, decode, writing);
    if ('reason' in pair) { misses.push(pair); return []; }
    return [pair];
  }));
  return { pairs, misses };
}

function prefillPhase({ subject, lengths }: Checked, pool: SizingPool, at: Degrees): Phase | string {
  const settings = settingsFor(subject, pool.accelerator, at, lengthFor(subject, lengths.promptP99, lengths.outputP99));
  const instance = new Instance(subject, pool, at, settings);
  return fitProblem(instance, settings.maxModelLen) ?? { instance, batching: prefillOf(instance, lengths) };
}

/** The same instance for completions, with as many requests in a step as memory leaves room for. */
function decodePhase({ subject, lengths }: Checked, pool: SizingPool, at: Degrees): Phase | string {
  const settings = settingsFor(subject, pool.accelerator, at, lengthFor(subject, lengths.promptP99, lengths.outputP99));
  const cap = subject.rules.stepHoldsEverySequence ? settings.maxNumBatchedTokens : Infinity;
  const many = subject.engine.maxNumSeqs === undefined ? { ...settings, maxNumSeqs: Math.min(MOST_SEQS, cap) } : settings;
  const tried = [many, settings].map((s) => new Instance(withoutPrompts(subject), pool, at, s));
  const instance = tried.find((i) => fitProblem(i, settings.maxModelLen) === undefined);
  return instance ? { instance, batching: decodeOf(instance, lengths) } : fitProblem(tried[1], settings.maxModelLen)!;
}

/** Most requests that can be writing within the limit of a token's time; undefined if none can. */
function mostWriting({ request, latency, percentile }: Checked, { batching }: Phase): number | undefined {
  const { timePerOutputTokenMillis: token = Infinity } = latency;
  return crossing(batching.mostDecoding, (n) =>
    Math.log(batching.tokenAt(batching.pointAt(n, request.load.arrivalVariation), percentile / 100) * 1000 / token));
}

/** As many replicas of both as the load takes within the limits, or why no number does. @param writing see `mostWriting` */
function pairOf(checked: Checked, pool: SizingPool, prefill: Phase, decode: Phase, writing: number | undefined): Pair | Miss {
  const { request, requestsPerSecond, latency, percentile, headroom, spareReplicas, lengths, subject } = checked;
  const p = percentile / 100;
  const transfer = transferSeconds(prefill.instance, decode.instance, lengths.prompt.mean);
  const { timeToFirstTokenMillis: first = Infinity, timePerOutputTokenMillis: token = Infinity, endToEndMillis: whole = Infinity } = latency;
  const variation = request.load.arrivalVariation;
  const late = (phase: Phase, what: string, seconds: number, limit: number): Miss => ({
    rank: 'latency',
    factor: seconds * 1000 / limit,
    reason: `with (${layoutName(phase.instance.at)}) ${what} takes ${showMillis(seconds * 1000)} even without load, but at most ${showMillis(limit)} are wanted; raise the limit or lower the precision`,
  });
  const idle = (batching: Batching) => batching.pointAt(batching.mostDecoding * 1e-6, variation);
  if (writing === undefined) { return late(decode, 'a token', decode.batching.tokenAt(idle(decode.batching), p), token); }
  const { secondsPerToken, slotWait } = decode.batching.pointAt(writing, variation);
  const rest = first / 1000 - transfer - handOverOf(subject.rules.name) - secondsPerToken - 2 * p * slotWait;
  const reading = crossing(prefill.batching.mostDecoding, (n) => promptsAt(prefill.batching, prefill.batching.pointAt(n, variation), p) - rest);
  if (reading === undefined) {
    return late(prefill, 'a first token', first / 1000 - rest + promptsAt(prefill.batching, idle(prefill.batching), p), first);
  }
  const one = separate(checked, prefill, 1, decode, 1);
  const ends = (share: number) => one.endToEndAt({
    prefill: prefill.batching.pointAt(share * reading, variation), decode: decode.batching.pointAt(share * writing, variation), backlog: 0,
  }, p);
  const share = whole === Infinity ? 1 : crossing(1, (s) => Math.log(ends(s) * 1000 / whole));
  if (share === undefined) { return late(decode, 'a request', ends(1e-6), whole); }
  const replicas = ({ batching }: Phase, most: number) =>
    Math.ceil(requestsPerSecond / (batching.throughput(share * most) * (1 - headroom)) * (1 - 1e-12)) + spareReplicas;
  const [prefills, decodes] = [replicas(prefill, reading), replicas(decode, writing)];
  const gpus = prefills * prefill.instance.gpus + decodes * decode.instance.gpus;
  const most = Math.min(pool.maxGpus ?? Infinity, MOST_GPUS);
  if (gpus > most) {
    const pair = `${prefills} x (${layoutName(prefill.instance.at)}) for prompts and ${decodes} x (${layoutName(decode.instance.at)}) for completions`;
    const allow = gpus > MOST_GPUS ? `a plan may have at most ${MOST_GPUS} GPUs; lower the load` : `allow them where there ${most === 1 ? 'is' : 'are'} ${most}, or lower the load`;
    return { rank: 'pool', factor: gpus / most, reason: `${pair} take ${count(gpus, 'GPU')}; ${allow}` };
  }
  const counted = request.objective?.kind === ObjectiveKind.FEWEST_GPUS || !checked.priced;
  return { pool, prefill, decode, prefills, decodes, gpus, price: counted ? 0 : gpus * pool.dollarsPerGpuHour! };
}

function separate({ lengths, subject }: Checked, prefill: Phase, prefills: number, decode: Phase, decodes: number): Separate {
  const transfer = transferSeconds(prefill.instance, decode.instance, lengths.prompt.mean);
  return new Separate(prefill.batching, prefills, decode.batching, decodes, transfer, subject.rules.name, lengths.output);
}

function planOf(checked: Checked, pair: Pair, aggregated: { plan?: SizingPlan; problem?: string }): DisaggregatedPlan {
  const { request, subject, requestsPerSecond, spareReplicas, lengths } = checked;
  const { pool, prefill, decode } = pair;
  const [readers, writers] = [pair.prefills - spareReplicas, pair.decodes - spareReplicas];
  const both = separate(checked, prefill, readers, decode, writers);
  const point = both.poisson(requestsPerSecond, request.load.arrivalVariation);
  const phase = ({ instance, batching }: Phase, replicas: number): PhasePlan => ({
    layout: toLayout(instance.at),
    replicas,
    gpusPerReplica: instance.gpus,
    gpus: replicas * instance.gpus,
    settings: instance.settings,
    memory: instance.ledger,
    utilization: requestsPerSecond / (replicas - spareReplicas) / batching.capacity(),
  });
  const [read, written] = [phase(prefill, pair.prefills), phase(decode, pair.decodes)];
  const served: Served = {
    requestsPerSecond, promptTokens: lengths.prompt.mean, outputTokens: lengths.output.mean, promptTimeShare: read.gpus / pair.gpus,
  };
  const plan = {
    model: subject.model,
    precision: subject.precision,
    kvCachePrecision: subject.kvCachePrecision,
    pool,
    prefill: read,
    decode: written,
    gpus: pair.gpus,
    ...latenciesOf(both, point, point.decode.secondsPerToken, factorsOf(surenessOf(prefill.instance, 'arrivals')), checked.percentile),
    transferMillis: 1000 * transferSeconds(prefill.instance, decode.instance, lengths.prompt.mean),
    cost: costOf(pool, pair.gpus, served),
    energy: energyOf(wattsOfPair(checked, pair, point), served),
    aggregated: aggregated.plan,
  };
  return { ...plan, explanation: explanationOf(checked, pair, plan, aggregated) };
}

/** Readers run as long as there are prompts, writers as long as there is a request; spares wait. */
function wattsOfPair({ spareReplicas }: Checked, { pool, prefill, decode, prefills, decodes }: Pair, point: SeparatePoint): number | undefined {
  const watts = ({ instance, batching }: Phase, decoding: number, busy: number) =>
    wattsOf(pool.accelerator, busy, batching.partsAt(Math.max(instance.at.dp * instance.at.pp, decoding)));
  const reading = watts(prefill, point.prefill.decoding, point.prefill.requestsPerSecond / prefill.batching.capacity());
  const writing = watts(decode, point.decode.decoding, -Math.expm1(-point.decode.decoding));
  if (reading === undefined || writing === undefined) { return undefined; }
  const idle = spareReplicas * (prefill.instance.gpus + decode.instance.gpus) * IDLE_POWER * pool.accelerator.maxPowerWatts!;
  return reading * (prefills - spareReplicas) * prefill.instance.gpus + writing * (decodes - spareReplicas) * decode.instance.gpus + idle;
}

function explanationOf(
  checked: Checked, { prefill, decode, pool }: Pair, plan: Omit<DisaggregatedPlan, 'explanation'>, { plan: one, problem }: { plan?: SizingPlan; problem?: string },
): string[] {
  const bytes = Math.max(...[prefill, decode].map(({ instance }) => instance.cache.bytesFor(checked.lengths.prompt.mean, 1)));
  const [read, written] = [prefill, decode].map(({ instance }) => layoutName(instance.at));
  const said = [
    `${plan.prefill.replicas} x (${read}) read prompts and ${plan.decode.replicas} x (${written}) write completions on ${pool.name ?? pool.accelerator.name}, ${count(plan.gpus, 'GPU')} in all; they serve ${wanted(checked)}.`,
    `A mean prompt leaves up to ${gib(bytes)} of KV cache on a GPU, which takes ${showMillis(plan.transferMillis)} from one side to the other.`,
    `At p${checked.percentile}: first token after ${showMillis(plan.timeToFirstToken.atTarget.expected)}, a token every ${showMillis(plan.timePerOutputToken.atTarget.expected)}, done after ${showMillis(plan.endToEnd.atTarget.expected)}; instances for prompts are ${Math.round(100 * plan.prefill.utilization)} % busy, those for completions ${Math.round(100 * plan.decode.utilization)} %.`,
  ];
  const price = one?.cost && plan.cost ? `, ${rate(one.cost.dollarsPerHour)} instead of ${rate(plan.cost.dollarsPerHour)} dollars per hour` : '';
  said.push(one
    ? `One fleet for both would be ${one.replicas} x (${layoutName(degreesOf(one.layout) as Degrees)}) on ${one.pool.name ?? one.pool.accelerator.name} with ${count(one.gpus, 'GPU')}${price}.`
    : `One fleet for both does not do it: ${problem}.`);
  return said;
}
