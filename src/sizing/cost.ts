import { Served } from './energy';
import { CostEstimate } from './plan';
import { SizingPool } from './questions';

/** Cost of a number of GPUs that together serve this; undefined without a price. */
export function costOf(pool: SizingPool, gpus: number, served: Served): CostEstimate | undefined {
  if (pool.dollarsPerGpuHour === undefined) { return undefined; }
  const { requestsPerSecond, promptTokens, outputTokens, promptTimeShare } = served;
  const dollarsPerHour = gpus * pool.dollarsPerGpuHour;
  const perMillionRequests = dollarsPerHour / 3600 / requestsPerSecond * 1e6;
  return {
    dollarsPerHour,
    dollarsPerMillionOutputTokens: perMillionRequests / outputTokens,
    dollarsPerMillionPromptTokens: perMillionRequests * promptTimeShare / promptTokens,
    dollarsPerMillionCompletionTokens: perMillionRequests * (1 - promptTimeShare) / outputTokens,
  };
}
