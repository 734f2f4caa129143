import { StepParts } from './compute';
import { EnergyEstimate } from './plan';
import { Accelerator } from '../catalog/accelerator';

/** Board power over its highest while a model is loaded and nothing runs: 80 to 120 W of 700 are reported of H100 and H200. */
export const IDLE_POWER = 0.15;
/**
 * The same while a part of a step takes its time. Fitted to 565 steady runs of vLLM on H100 and B200 (the ML.ENERGY leaderboard; rows and
 * errors: bench/accuracy/data/power-vllm.json, `bench/agreement/power.ts`); none may be above the board's limit.
 */
const POWER: { readonly [part in keyof StepParts]: number } = { memory: 0.93, compute: 1, communication: 0.8, overhead: 0.17 };

/**
 * Board power in watts; undefined where nobody states the highest.
 *
 * @param busy share of the time in which a step runs
 */
export function wattsOf({ maxPowerWatts }: Accelerator, busy: number, parts: StepParts): number | undefined {
  if (maxPowerWatts === undefined) { return undefined; }
  const { memory, compute, communication, overhead } = parts;
  const whole = memory + compute + communication + overhead;
  const running = (POWER.memory * memory + POWER.compute * compute + POWER.communication * communication + POWER.overhead * overhead) / whole;
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
