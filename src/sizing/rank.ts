import { Degrees } from './shares';

/** What candidates are compared by. */
export interface Ranked {
  /** Whether it meets the request. */
  readonly meets: boolean;
  /** How near a candidate that does not meet it comes: 0 is nearest. Hardware, layout, memory, size of the pool and latency are checked in this order. */
  readonly missRank: number;
  /** Factor by which the worst limit is missed, or 1. */
  readonly missFactor: number;
  /** What the objective counts, less of it being better; 0 where nobody chose one. */
  readonly goal: number;
  /** Dollars per hour where every pool has a price, else 0. */
  readonly dollarsPerHour: number;
  readonly gpus: number;
  /** How much slower than the quickest that is as good in all before this, in steps that are wider than the model's error; 0 is as quick. */
  readonly latencyStep: number;
  /** Whether the KV cache is in a format that nobody asked for, which changes answers. */
  readonly converted: boolean;
  readonly at: Degrees;
  /** Place of the pool in the request, and of the layout in the list. */
  readonly written: number;
}

/** Best first: by the objective, cheapest (where every pool has a price), fewest GPUs, lowest latency, answers unchanged, simplest layout, as written. A total order. */
export function compare(a: Ranked, b: Ranked): number {
  return Number(b.meets) - Number(a.meets)
    || a.missRank - b.missRank
    || a.missFactor - b.missFactor
    || a.goal - b.goal
    || a.dollarsPerHour - b.dollarsPerHour
    || a.gpus - b.gpus
    || a.latencyStep - b.latencyStep
    || Number(a.converted) - Number(b.converted)
    || complexity(a.at) - complexity(b.at)
    || a.written - b.written;
}

/** Latencies that differ by less than this factor, the model's own error, rank alike: no reason for a more complicated layout. */
const LATENCY_STEP = 1.25;

/** Steps by which a latency is above the lowest, from their ratio. */
export function latencyStepOf(ratio: number): number {
  return Math.floor(Math.log(ratio) / Math.log(LATENCY_STEP) + 1e-9);
}

/** Ways of splitting in use, pipelines counted most: they add bubbles and hand-overs. Experts that are spread and split count as two ways. */
function complexity({ tp, pp, dp, ep }: Degrees): number {
  return Number(tp > 1) + 3 * Number(pp > 1) + 2 * Number(dp > 1) + 2 * Number(ep > 1) + 2 * Number(ep > 1 && ep < tp * dp);
}
