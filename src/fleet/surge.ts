import { claimsOn } from '../nodes/gpu-budget';
import { IGpuNodePool } from '../nodes/gpu-node-pool';

const replicaGpus = new WeakMap<IGpuNodePool, number[]>();

/** Notes that a fleet with replicas of this size runs on a pool. */
export function registerReplicas(pool: IGpuNodePool, gpusPerReplica: number): void {
  replicaGpus.set(pool, [...replicaGpus.get(pool) ?? [], gpusPerReplica]);
}

/** How a rolling update trades old replicas for new ones. */
export interface Surge {
  readonly maxSurge: number;
  readonly maxUnavailable: number;
  readonly reason: string;
}

/**
 * One replica at a time: first the new one where the pool has room for it, else first the end of the old one.
 *
 * The pool has room if its limit holds every claim on it and one more replica of every fleet, because nothing stops two fleets
 * from rolling at the same time. To be asked at the end of synthesis, when all claims are known.
 */
export function surgeOn(pool: IGpuNodePool, gpusPerReplica: number, exclusiveVolume: boolean): Surge {
  if (exclusiveVolume) {
    return { maxSurge: 0, maxUnavailable: 1, reason: 'old replica first: the volume of the weights may be attached to one node only' };
  }
  if (pool.maxGpus === undefined) {
    return { maxSurge: 1, maxUnavailable: 0, reason: `new replica first: pool '${pool.poolName}' has no limit of GPUs` };
  }
  const claimed = claimsOn(pool).reduce((sum, claim) => sum + claim.gpus, 0);
  const surges = (replicaGpus.get(pool) ?? [gpusPerReplica]).reduce((sum, gpus) => sum + gpus, 0);
  const sum = `pool '${pool.poolName}' holds ${pool.maxGpus} GPUs, ${claimed} are planned and one more replica of each fleet takes ${surges}`;
  return claimed + surges <= pool.maxGpus
    ? { maxSurge: 1, maxUnavailable: 0, reason: `new replica first: ${sum}` }
    : { maxSurge: 0, maxUnavailable: 1, reason: `old replica first: ${sum}` };
}
