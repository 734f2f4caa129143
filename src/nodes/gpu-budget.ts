import { IGpuNodePool } from './gpu-node-pool';

/** GPUs of a pool that something of the app will take. Internal. */
export interface GpuClaim {
  /** Construct path of the claimant, for messages. */
  readonly path: string;
  readonly gpus: number;
}

const claims = new WeakMap<IGpuNodePool, GpuClaim[]>();

/** Notes that GPUs of a pool will be taken; the pool's own validation compares the sum with its limit. */
export function claimGpus(pool: IGpuNodePool, claim: GpuClaim): void {
  claims.set(pool, [...claimsOn(pool), claim]);
}

/** Everything claimed of a pool so far. */
export function claimsOn(pool: IGpuNodePool): GpuClaim[] {
  return claims.get(pool) ?? [];
}
