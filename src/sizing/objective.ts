import { numberProblem, show } from '../errors';

/** What a plan seeks. */
export enum ObjectiveKind {
  /** The fewest GPUs. */
  FEWEST_GPUS = 'fewestGpus',
  /** The lowest price by the hour. */
  LOWEST_COST = 'lowestCost',
  /** The lowest power at the planned load. */
  LOWEST_ENERGY = 'lowestEnergy',
  /** The lowest end-to-end time within a budget. */
  LOWEST_LATENCY = 'lowestLatency',
}

/** What the lowest latency may take; at least one of the two. */
export interface LatencyBudget {
  /**
   * Most GPUs, spares included.
   *
   * @default - not bounded, `maxDollarsPerHour` is
   */
  readonly maxGpus?: number;
  /**
   * Most US dollars per hour, spares included. Every pool must then have a price.
   *
   * @default - not bounded, `maxGpus` is
   */
  readonly maxDollarsPerHour?: number;
}

/**
 * What is best among the plans that carry the load within the latency targets. What an objective leaves open is decided by cost (where every
 * pool has a price), then GPUs, then latency, then the simpler layout.
 */
export class Objective {
  /** The fewest GPUs, whatever they cost. */
  public static readonly FEWEST_GPUS = new Objective(ObjectiveKind.FEWEST_GPUS);
  /** The lowest price by the hour; every pool must have one. */
  public static readonly LOWEST_COST = new Objective(ObjectiveKind.LOWEST_COST);
  /** The lowest power of the GPUs' boards at the planned load, in steps of 2 %; every accelerator must have a stated power. */
  public static readonly LOWEST_ENERGY = new Objective(ObjectiveKind.LOWEST_ENERGY);

  /**
   * The lowest end-to-end time at the percentile of the latency target, in steps of 5 %, with as many replicas as the budget allows; those that
   * would gain less than 5 % are left out.
   *
   * @throws when neither `maxGpus` nor `maxDollarsPerHour` is given, or one is not a number in its range.
   */
  public static lowestLatency(budget: LatencyBudget): Objective {
    if (typeof budget !== 'object' || budget === null) { throw new Error(`the budget of the lowest latency is ${show(budget)} but must be an object with 'maxGpus' or 'maxDollarsPerHour'`); }
    const { maxGpus, maxDollarsPerHour } = budget;
    if (maxGpus === undefined && maxDollarsPerHour === undefined) {
      throw new Error("the lowest latency takes a budget, as more GPUs always lower it; give 'maxGpus' or 'maxDollarsPerHour'");
    }
    const problem = (maxGpus === undefined ? undefined : numberProblem('maxGpus', maxGpus, { min: 1, integer: true }))
      ?? (maxDollarsPerHour === undefined ? undefined : numberProblem('maxDollarsPerHour', maxDollarsPerHour, { above: 0, unit: 'dollars' }));
    if (problem) { throw new Error(problem); }
    return new Objective(ObjectiveKind.LOWEST_LATENCY, maxGpus, maxDollarsPerHour);
  }

  private constructor(
    /** What is sought. */
    public readonly kind: ObjectiveKind,
    /** Most GPUs that the lowest latency may take; undefined where they are not bounded. */
    public readonly maxGpus?: number,
    /** Most US dollars per hour that the lowest latency may take; undefined where they are not bounded. */
    public readonly maxDollarsPerHour?: number,
  ) { }
}
