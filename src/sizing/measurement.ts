import { Load } from './load';
import { FitRequest } from './questions';

/** One run of a benchmark against one instance: what was served, how it was asked, and what was measured. */
export interface Measurement extends FitRequest {
  /** How the requests came, and their lengths. */
  readonly load: Load;
  /**
   * Where it stands, e.g. the path of the result file.
   *
   * @default - its place in the list
   */
  readonly source?: string;
  /**
   * Requests that were answered.
   *
   * @default - not known, and not checked
   */
  readonly requests?: number;
  /**
   * Requests that failed or were cut off.
   *
   * @default 0
   */
  readonly failedRequests?: number;
  /**
   * Output tokens per second of the whole instance.
   *
   * @default - not measured
   */
  readonly outputTokensPerSecond?: number;
  /**
   * Mean time to the first token, in milliseconds.
   *
   * @default - not measured
   */
  readonly timeToFirstTokenMillis?: number;
  /**
   * Mean time per output token after the first, in milliseconds.
   *
   * @default - not measured
   */
  readonly timePerOutputTokenMillis?: number;
  /**
   * Mean time from request to last token, in milliseconds.
   *
   * @default - not measured
   */
  readonly endToEndMillis?: number;
}

/** What a result file does not say of the server that was measured. */
export interface MeasuredDeployment extends FitRequest {
  /**
   * Share of prompt tokens that the engine found in its prefix cache, from 0 to 1.
   *
   * @default - what the file says, else 0
   */
  readonly prefixHitRatio?: number;
}
