/** What an evaluation Job is told: the JSON that synthesis writes into a ConfigMap and `bin/canary-evaluation.js` reads. Internal. */

export interface EvaluationPlan {
  /** Name that the candidate serves. */
  readonly model: string;
  /** Whether prompts are messages of a chat, or texts to complete. */
  readonly chat: boolean;
  readonly maxTokens: number;
  /** Prompts under way at a time. */
  readonly concurrency: number;
  /** Most that one answer may take. */
  readonly requestSeconds: number;
  /** How often an answer is asked for while the server fails, and the first of the pauses between, which double. */
  readonly attempts: number;
  readonly retryMillis: number;
  readonly prompts: readonly EvaluationQuestion[];
}

export interface EvaluationQuestion { readonly system?: string; readonly prompt: string; readonly expected: Expectation }

export interface Expectation { readonly kind: 'exact' | 'containing' | 'matching' | 'similar'; readonly text: string; readonly least?: number }

/** Exit status after which the Job does not try again: trying again can't help. */
export const FINAL_FAILURE = 42;
