import { eightBitCacheProblem } from './cache-format';
import { Checked } from './checked';
import { GPUS_PER_NODE, joined } from './communication';
import { fitProblem } from './estimate';
import { Instance } from './instance';
import { layoutProblem, layoutsFor, toLayout } from './layouts';
import { Base, Found, Miss, mostWithin, place, rejected, serviceOf } from './placement';
import { SizingPool } from './questions';
import { compare, latencyStepOf } from './rank';
import { acceleratorProblem, hostLinkProblem } from './request';
import { lengthFor, settingsFor } from './settings';
import { Precision } from '../catalog/precision';

/** Every layout on every pool, best first. */
export function search(checked: Checked): Found[] {
  const { request, subject } = checked;
  const found: Found[] = [];
  request.pools.forEach((pool) => {
    onPool(checked, pool, false, found);
    if (request.tuneKvCache && request.kvCachePrecision === undefined && subject.cacheBits > EIGHT_BITS.cacheBits!) {
      onPool({ ...checked, subject: { ...subject, kvCachePrecision: EIGHT_BITS, cacheBits: EIGHT_BITS.cacheBits! } }, pool, true, found);
    }
  });
  return stepped(found).sort(compare);
}

/** What a KV cache may be converted to where that is allowed. */
const EIGHT_BITS = Precision.FP8;

/** Adds every layout on a pool. @param converted whether the KV cache is in a format that nobody asked for */
function onPool(checked: Checked, pool: SizingPool, converted: boolean, found: Found[]): void {
  const { subject } = checked;
  const hardware = acceleratorProblem(pool.accelerator, subject.precision, subject.shape, true)
    ?? hostLinkProblem(`pools[${checked.request.pools.indexOf(pool)}]`, pool, subject)
    ?? (converted ? eightBitCacheProblem(subject, pool.accelerator) : undefined);
  const layouts = hardware ? [checked.degrees ?? { tp: 1, pp: 1, dp: 1, ep: 1 }]
    : checked.degrees ? [checked.degrees] : layoutsFor(subject.shape, pool, subject.rules);
  const perNode = pool.gpusPerNode ?? GPUS_PER_NODE;
  let held = false;
  for (const at of layouts) {
    const base: Base = { pool, at, layout: toLayout(at), kvCachePrecision: subject.kvCachePrecision, converted, written: found.length };
    const layout = hardware ? undefined : layoutProblem(subject.shape, subject.precision, at, pool, subject.rules, subject.speculation);
    // Layouts come by size: one over several nodes is last.
    const gpus = at.tp * at.pp * at.dp;
    const needless: string | undefined = held && gpus > perNode && !joined(pool, gpus) ? 'it spans nodes although a smaller one holds the model; state the layout to run it so' : undefined;
    const miss = hardware ? rejected(Miss.HARDWARE, hardware) : layout ?? needless ? rejected(Miss.LAYOUT, layout ?? needless!) : undefined;
    const candidate: Found = miss ? { ...base, ...miss } : tuned(checked, base);
    held ||= candidate.instance !== undefined && candidate.miss !== Miss.MEMORY;
    found.push(candidate);
  }
}

/** With the steps by which each is slower than the quickest that is as good in all that is compared before latency. */
function stepped(found: readonly Found[]): Found[] {
  const millis = ({ estimate }: Found) => Math.max(1e-3, estimate!.endToEnd.atTarget.expected);
  const alike = ({ goal, dollarsPerHour, gpus }: Found) => `${goal} ${dollarsPerHour} ${gpus}`;
  const quickest = new Map<string, number>();
  for (const f of found) {
    if (f.meets) { quickest.set(alike(f), Math.min(quickest.get(alike(f)) ?? Infinity, millis(f))); }
  }
  return found.map((f) => {
    const latencyStep = f.meets ? latencyStepOf(millis(f) / quickest.get(alike(f))!) : 0;
    return latencyStep === 0 ? f : { ...f, latencyStep };
  });
}

/** Tokens of a step that a search may try: the powers of two that engines are run with. */
const STEP_TOKENS: readonly number[] = [1024, 2048, 4096, 8192, 16384, 32768];

/** A layout with the engine's own steps, or with those that serve better; shorter ones first. */
function tuned(checked: Checked, base: Base): Found {
  const { request, subject } = checked;
  const usual = tryLayout(checked, base);
  const { engine } = subject;
  if (!request.tuneEngine || engine.maxNumBatchedTokens !== undefined) { return usual; }
  const others = STEP_TOKENS.map((maxNumBatchedTokens) =>
    tryLayout({ ...checked, subject: { ...subject, engine: { ...engine, maxNumBatchedTokens } } }, base));
  return others.reduce((best, other) => compare(other, best) < 0 ? other : best, usual);
}

function tryLayout(checked: Checked, base: Base): Found {
  const { subject, lengths } = checked;
  const { pool, at } = base;
  const wanted = lengthFor(subject, lengths.promptP99, lengths.outputP99);
  const defaults = settingsFor(subject, pool.accelerator, at, wanted);
  const fixed = subject.engine.maxNumSeqs !== undefined;
  const cap = subject.rules.stepHoldsEverySequence ? defaults.maxNumBatchedTokens : Infinity;
  const firstSeqs = Math.min(FIRST_SEQS, cap);
  const settings = fixed ? defaults : { ...defaults, maxNumSeqs: firstSeqs };
  let instance = new Instance(subject, pool, at, settings);
  const misfit = fitProblem(instance, settings.maxModelLen);
  if (misfit) {
    const short = instance.heldBytes / (instance.ledger.deviceBytes * settings.memoryFraction);
    return { ...base, ...rejected(Miss.MEMORY, misfit, short), instance };
  }
  let service = serviceOf(instance, lengths);
  let most: number | undefined;
  if (!fixed) {
    const bound = service.batching.mostDecoding >= firstSeqs * at.dp * 0.99;
    if (bound) {
      instance = new Instance(subject, pool, at, { ...settings, maxNumSeqs: Math.min(MOST_SEQS, cap) });
      if (fitProblem(instance, settings.maxModelLen)) { instance = new Instance(subject, pool, at, settings); }
      service = serviceOf(instance, lengths);
    }
    const { maxNumSeqs } = instance.settings;
    const seqsFor = (decoding: number) => Math.min(maxNumSeqs, seqsOf(decoding / at.dp));
    most = mostWithin(checked, service, { alike: (low, high) => seqsFor(low) === seqsFor(high) });
    if (most !== undefined && seqsFor(most) !== maxNumSeqs) {
      instance = new Instance(subject, pool, at, { ...settings, maxNumSeqs: seqsFor(most) });
      service = serviceOf(instance, lengths);
    }
  }
  return place(checked, base, instance, service, most);
}

/** Requests in a step: what a search starts with, stays between, and leaves above what it needs. */
const LEAST_SEQS = 8;
const FIRST_SEQS = 256;
const MOST_SEQS = 1024;
const SEQS_MARGIN = 1.25;

/** Requests in a step of a rank, for so many that are writing. */
function seqsOf(decoding: number): number {
  return Math.max(LEAST_SEQS, 2 ** Math.ceil(Math.log2(Math.max(1, decoding * SEQS_MARGIN))));
}
