import { CostEstimate } from './plan';
import { SizingPool } from './questions';
import { Accelerator } from '../catalog/accelerator';

/** Board power over its highest, waiting for work. */
const IDLE_POWER = 0.15;
/** The same while memory is read, and what full arithmetic adds: measured serving power lies between about half and nearly all of the limit. */
const READING_POWER = 0.55;
const ARITHMETIC_POWER = 0.4;

/**
 * Board power in watts.
 *
 * @param busy share of the time in which a step runs
 * @param arithmetic share of a step that arithmetic takes
 */
export function wattsOf(accelerator: Accelerator, busy: number, arithmetic: number): number | undefined {
  if (accelerator.maxPowerWatts === undefined) { return undefined; }
  const running = READING_POWER + ARITHMETIC_POWER * Math.min(1, Math.max(0, arithmetic));
  return accelerator.maxPowerWatts * (IDLE_POWER + (running - IDLE_POWER) * Math.min(1, Math.max(0, busy)));
}

/** Cost of a number of GPUs that together give this many output tokens per second; undefined without a price. */
export function costOf(pool: SizingPool, gpus: number, outputTokensPerSecond: number): CostEstimate | undefined {
  if (pool.dollarsPerGpuHour === undefined) { return undefined; }
  const dollarsPerHour = gpus * pool.dollarsPerGpuHour;
  return { dollarsPerHour, dollarsPerMillionOutputTokens: dollarsPerHour / 3600 / outputTokensPerSecond * 1e6 };
}
