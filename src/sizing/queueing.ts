/** Waits before service, in seconds. */

/** Fuller queues take longer to settle than any load stays the same; keeps waits finite. */
const FULLEST = 0.98;

/**
 * Mean wait of a G/G/1 queue (Kingman).
 *
 * @param rho utilisation, below 1
 * @param service mean service time
 * @param squaredVariation of the service time
 * @param squaredArrivals of the time between arrivals; 1 for Poisson
 */
export function kingmanWait(rho: number, service: number, squaredVariation: number, squaredArrivals = 1): number {
  const used = Math.min(Math.max(rho, 0), FULLEST);
  return used / (1 - used) * (squaredArrivals + squaredVariation) / 2 * service;
}


/** Wait that a share `p` of requests stays under: exponential tail with this mean, and nothing for those who find the server free. */
export function waitAt(rho: number, mean: number, p: number): number {
  const used = Math.min(Math.max(rho, 0), FULLEST);
  return used <= 1 - p || mean <= 0 ? 0 : mean / used * Math.log(used / (1 - p));
}

/**
 * Mean wait for one of `slots` places that are held for `hold` seconds each: Sakasegawa's closed form of M/M/c, for other arrivals as Allen and
 * Cunneen scale it.
 *
 * @param rho share of the places in use, below 1
 */
export function slotWait(rho: number, slots: number, hold: number, squaredArrivals = 1): number {
  const used = Math.min(Math.max(rho, 0), FULLEST);
  const places = Math.max(1, slots);
  return (squaredArrivals + 1) / 2 * hold / places * Math.pow(used, Math.sqrt(2 * (places + 1)) - 1) / (1 - used);
}

/** Probability that all places are taken, consistent with `slotWait`. */
export function slotBusy(rho: number, slots: number): number {
  return Math.min(1, Math.pow(Math.min(Math.max(rho, 0), FULLEST), Math.sqrt(2 * (Math.max(1, slots) + 1)) - 1));
}
