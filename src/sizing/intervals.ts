import { FITTED } from './data/fitted';
import { Ranges } from './fitted';
import { MemoryLedger, Range } from './plan';

/** What a figure is of. */
export type Metric = 'throughput' | 'firstToken' | 'perToken' | 'endToEnd';

/** What a range is of; the late ones are of the 90th and higher percentiles. */
export type RangeOf = Metric | 'lateFirstToken' | 'lateEndToEnd';

/** How the requests come. */
export type Regime = 'saturated' | 'closedLoop' | 'arrivals' | 'staticBatch';

/** What decides how sure a figure is, besides what it is of. */
export interface Sureness {
  readonly regime: Regime;
  readonly engine: string;
  readonly experts: boolean;
  /** Whether the same engine was measured on the same architecture with weights of this format. */
  readonly covered: boolean;
  /** Whether anything was measured on the architecture. */
  readonly measured: boolean;
}

/** Architectures on which nothing was measured get intervals wider by this factor at both ends, besides. */
const UNMEASURED = 1.4;

/** What an expected figure is multiplied with at both ends. */
export interface Factors {
  readonly low: number;
  readonly high: number;
  /** Besides, at both ends. */
  readonly wider: number;
}

/** What each figure of an estimate is multiplied with. */
export type AllFactors = { readonly [of in RangeOf]: Factors };

const memo = new WeakMap<Ranges, Map<string, AllFactors>>();

/** Factors of every figure; remembered, because a search asks for the same ones of every layout. */
export function factorsOf(sureness: Sureness, ranges: Ranges = FITTED.ranges): AllFactors {
  const { regime, engine, experts, covered, measured } = sureness;
  let known = memo.get(ranges);
  if (!known) { memo.set(ranges, known = new Map()); }
  const key = `${regime} ${engine} ${experts} ${covered} ${measured}`;
  let factors = known.get(key);
  if (!factors) {
    const of = (metric: RangeOf) => lookUp(metric, sureness, ranges);
    known.set(key, factors = {
      throughput: of('throughput'),
      firstToken: of('firstToken'),
      lateFirstToken: of('lateFirstToken'),
      perToken: of('perToken'),
      endToEnd: of('endToEnd'),
      lateEndToEnd: of('lateEndToEnd'),
    });
  }
  return factors;
}

/** Factors of a metric of one regime, from the narrowest class that had enough rows. */
function lookUp(metric: RangeOf, { regime, engine, experts, covered, measured }: Sureness, ranges: Ranges): Factors {
  const kind = experts ? 'experts' : 'dense';
  const found = ranges.factors[`${regime} ${metric} ${kind} ${engine}`] ?? ranges.factors[`${regime} ${metric} ${kind}`] ?? ranges.factors[`${regime} ${metric}`]
    ?? ranges.factors[metric];
  const [low, high] = covered ? found : [Math.pow(found[0], ranges.uncovered), Math.pow(found[1], ranges.uncovered)];
  return { low, high, wider: measured ? 1 : UNMEASURED };
}

/** The range around an expected figure. */
export function rangeOf(expected: number, { low, high, wider }: Factors): Range {
  return { low: expected * low / wider, expected, high: expected * high * wider };
}

/** Weights that engines print over those predicted: 35 of the 37 start-up lines that are held out lie within. */
const WEIGHTS: readonly [number, number] = [0.998, 1.012];

/**
 * Error of the KV cache as a share of device memory, since it is what the rest leaves: where the engine's version is stated, 33 of 36 lines that no
 * constant was set on lie within; where it is not, 11 of 13.
 */
const KV_CACHE_ERROR = { stated: 0.033, unstated: 0.075 };

/** Bytes of weights that an engine prints. */
export function weightRange({ weightBytes }: MemoryLedger): Range {
  const [low, high] = WEIGHTS;
  return { low: weightBytes * low, expected: weightBytes, high: weightBytes * high };
}

/** A size of the KV cache that an engine prints, in bytes or in tokens. */
export function cacheRange(size: number, { deviceBytes, kvCacheBytes }: MemoryLedger, engineVersion: string | undefined): Range {
  const error = Math.min(1, KV_CACHE_ERROR[engineVersion === undefined ? 'unstated' : 'stated'] * deviceBytes / kvCacheBytes);
  return { low: size * (1 - error), expected: size, high: size * (1 + error) };
}
