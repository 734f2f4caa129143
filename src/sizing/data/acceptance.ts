import { SpeculationMethod } from '../speculative-decoding';

/** How many tokens a step was measured to give, by the number of draft tokens from 1 on. */
export interface MeasuredAcceptance {
  readonly method: SpeculationMethod;
  /** How the repository's name, behind its owner, begins in each of its formats. */
  readonly models: readonly string[];
  readonly lengths: readonly number[];
  /** Of what, for sentences. */
  readonly of: string;
  readonly source: string;
}

const GOLDEN = 'InferenceX golden_al_distribution at 843c625: SPEED-Bench, coding, vLLM, thinking';

/** Longer names first: the first that fits is taken. */
export const ACCEPTANCE: readonly MeasuredAcceptance[] = [
  {
    method: SpeculationMethod.EAGLE3,
    models: ['Llama-3.1-8B-Instruct'],
    lengths: [1.66, 2.04, 2.25, 2.39, 2.48, 2.54, 2.58, 2.61],
    of: 'chats',
    source: 'SpecDecode-Bench/simulator at 2fdccbd, data/llama3.1-8B/combined_sharegpt.jsonl: 310 requests; news articles 2.32, sums 2.38, code 2.34 with 3 draft tokens',
  },
  { method: SpeculationMethod.EAGLE3, models: ['Kimi-K2.5'], lengths: [1.83, 2.43, 2.88, 3.24, 3.46, 3.62, 3.71, 3.77], of: 'code', source: `${GOLDEN}: kimik2.5_eagle3.yaml` },
  { method: SpeculationMethod.EAGLE3, models: ['MiniMax-M3'], lengths: [1.78, 2.38, 2.83, 3.11, 3.35, 3.45, 3.53, 3.74], of: 'code', source: `${GOLDEN}: minimaxm3_eagle3.yaml` },
  { method: SpeculationMethod.MTP, models: ['GLM-5.2'], lengths: [1.84, 2.50, 2.99, 3.33, 3.61, 3.78, 3.91, 4.06], of: 'code', source: `${GOLDEN}: glm5.2_mtp.yaml` },
  { method: SpeculationMethod.MTP, models: ['Qwen3.5-397B-A17B'], lengths: [1.93, 2.73, 3.39, 3.97, 4.41, 4.80, 5.04, 5.21], of: 'code', source: `${GOLDEN}: qwen3.5_mtp.yaml` },
  {
    method: SpeculationMethod.MTP,
    models: ['GLM-4.5-Air'],
    lengths: [1.92, 2.60, 2.98],
    of: 'questions of science',
    source: 'SpecDecode-Bench/specdecode-bench.github.io index.md: 0.92, 0.68 and 0.38 by position on GPQA-Main, vLLM',
  },
  {
    method: SpeculationMethod.MTP,
    models: ['DeepSeek-V3', 'DeepSeek-V3-0324', 'DeepSeek-R1', 'DeepSeek-R1-0528'],
    lengths: [1.82],
    of: 'chats',
    source: 'vllm-project/vllm#12755: 81 to 82.3 % with R1; the DeepSeek-V3 report (arXiv:2412.19437, 5.4.3) has 85 to 90 %',
  },
];
