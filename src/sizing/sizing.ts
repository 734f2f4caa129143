import { Estimate, EstimateRequest, SizingCandidate, SizingPlan, SizingRequest } from './plan';

/** Turns a load into GPU counts and a parallelism layout. Pure: no network, no clock, no randomness. */
export class Sizing {
  /**
   * The plan with the fewest GPUs that meets the request.
   *
   * @throws when no layout meets it; the message gives the three nearest misses.
   */
  public static plan(_request: SizingRequest): SizingPlan { throw new Error('not built yet'); }

  /** Every layout that was looked at, best first; never throws for a request that cannot be met. */
  public static candidates(_request: SizingRequest): SizingCandidate[] { throw new Error('not built yet'); }

  /** What one instance of a given layout does under a given load. */
  public static estimate(_request: EstimateRequest): Estimate { throw new Error('not built yet'); }

  private constructor() { }
}

/** A plan, or the sentence that says why there is none. Internal: constructs put their path in front of the sentence. */
export interface Solution {
  readonly plan?: SizingPlan;
  readonly problem?: string;
}

/** @internal */
export function solve(_request: SizingRequest): Solution { throw new Error('not built yet'); }
