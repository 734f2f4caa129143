import { IConstruct } from 'constructs';

/** GPUs of a pool that something of the app will take. Internal. */
export interface GpuClaim {
  /** Construct path of the claimant, for messages. */
  readonly path: string;
  readonly gpus: number;
}

const claims = new WeakMap<IConstruct, GpuClaim[]>();

/** Notes that GPUs of a pool will be taken; the pool's own validation compares the sum with its limit. */
export function claimGpus(pool: IConstruct, claim: GpuClaim): void {
  claims.set(pool, [...claimsOn(pool), claim]);
}

/** Everything claimed of a pool so far. */
export function claimsOn(pool: IConstruct): GpuClaim[] {
  return claims.get(pool) ?? [];
}
