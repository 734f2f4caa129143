import { StepParts } from './compute';
import { POWER } from './data/fitted';
import { Power } from './fitted';
import { EnergyEstimate } from './plan';
import { Accelerator } from '../catalog/accelerator';

/** Board power over its highest while a model is loaded and nothing runs: 80 to 120 W of 700 are reported of H100 and H200. */
export const IDLE_POWER = 0.15;

/**
 * Board power in watts; undefined where nobody states the highest.
 *
 * @param busy share of the time in which a step runs
 */
export function wattsOf({ maxPowerWatts }: Accelerator, busy: number, parts: StepParts, power: Power = POWER): number | undefined {
  if (maxPowerWatts === undefined) { return undefined; }
  const { memory, compute, communication, overhead } = parts;
  const whole = memory + compute + communication + overhead;
  const running = (power.memory * memory + power.compute * compute + power.communication * communication + power.overhead * overhead) / whole;
  return maxPowerWatts * (IDLE_POWER + (running - IDLE_POWER) * Math.min(1, Math.max(0, busy)));
}

/** Requests and their tokens, per second, and how the steps' time is shared between prompts and completions. */
export interface Served {
  readonly requestsPerSecond: number;
  readonly promptTokens: number;
  readonly outputTokens: number;
  /** Share of the steps' time that prompts add. */
  readonly promptTimeShare: number;
}

/** Energy of GPUs that together take `watts` and serve this; undefined where the power is not known. */
export function energyOf(watts: number | undefined, served: Served): EnergyEstimate | undefined {
  if (watts === undefined) { return undefined; }
  const { requestsPerSecond, promptTokens, outputTokens, promptTimeShare } = served;
  const perRequest = watts / requestsPerSecond;
  return {
    watts,
    joulesPerOutputToken: perRequest / outputTokens,
    joulesPerPromptToken: perRequest * promptTimeShare / promptTokens,
    joulesPerCompletionToken: perRequest * (1 - promptTimeShare) / outputTokens,
  };
}
