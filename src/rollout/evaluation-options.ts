import { Duration } from 'cdk8s';
import { EnvValue } from 'cdk8s-plus-28';
import { Expectation } from './evaluation-plan';
import { numberProblem, show } from '../errors';

const LONGEST_TEXT = 100_000;

/** What an answer must be to count as right. */
export class ExpectedAnswer {
  /** This text, but for blanks. */
  public static exactly(text: string): ExpectedAnswer { return new ExpectedAnswer({ kind: 'exact', text: textOf('exactly', text) }); }

  /** This text somewhere in it, in capitals or not. */
  public static containing(text: string): ExpectedAnswer { return new ExpectedAnswer({ kind: 'containing', text: textOf('containing', text) }); }

  /**
   * What a regular expression of JavaScript matches; `.` matches ends of lines too.
   *
   * @throws when it is none.
   */
  public static matching(pattern: string): ExpectedAnswer {
    const text = textOf('matching', pattern);
    try { new RegExp(text, 's'); } catch { throw new Error(`ExpectedAnswer.matching has ${show(text)} but that is no regular expression of JavaScript`); }
    return new ExpectedAnswer({ kind: 'matching', text });
  }

  /**
   * So many words in common with this text: twice the common words by the words of both, which is 1 for the same words in any order.
   *
   * @param text an answer that is right
   * @param least above 0 and up to 1
   */
  public static similarTo(text: string, least: number): ExpectedAnswer {
    const problem = numberProblem('least', least, { above: 0, max: 1 });
    if (problem) { throw new Error(`${problem} in ExpectedAnswer.similarTo`); }
    return new ExpectedAnswer({ kind: 'similar', text: textOf('similarTo', text), least });
  }

  private constructor(private readonly expected: Expectation) {}

  /**
   * As the script reads it.
   *
   * @internal
   */
  public _expectation(): Expectation { return this.expected; }
}

/** A prompt whose right answer is known. */
export interface GoldenPrompt {
  /** What a user asks. */
  readonly prompt: string;
  /** What the answer must be. */
  readonly expected: ExpectedAnswer;
  /**
   * System message before it; chat alone.
   *
   * @default - none
   */
  readonly system?: string;
}

/** What every evaluation states. */
export interface EvaluationBase {
  /**
   * Least score that lets the candidate have traffic.
   *
   * @default 1
   */
  readonly leastScore?: number;
  /**
   * Name of the gate.
   *
   * @default 'evaluation'
   */
  readonly name?: string;
  /**
   * Key that the candidate's server asks for, from a Secret of its namespace.
   *
   * @default - the key that the candidate's engine was given
   */
  readonly apiKey?: EnvValue;
  /**
   * Longest time for the whole evaluation; the candidate is rolled back if there is no score by then.
   *
   * @default - two minutes, and the longest request of the candidate's plan as often as prompts wait for each other; ten times
   * for an image of your own
   */
  readonly timeout?: Duration;
}

/** Options of `CanaryGate.evaluation`. */
export interface EvaluationOptions extends EvaluationBase {
  /** Prompts and what their answers must be; the score is the share of right answers, from 0 to 1. */
  readonly prompts: GoldenPrompt[];
  /**
   * Whether the model chats. Otherwise prompts are texts that it completes.
   *
   * @default true
   */
  readonly chat?: boolean;
  /**
   * Most tokens of one answer; a model that reasons needs room for that too.
   *
   * @default 512
   */
  readonly maxTokens?: number;
  /**
   * Prompts under way at a time.
   *
   * @default 4
   */
  readonly concurrency?: number;
}

/** Options of `CanaryGate.evaluationImage`. */
export interface EvaluationImageOptions extends EvaluationBase {
  /**
   * Image that evaluates, by digest. It finds the candidate's API in `OPENAI_BASE_URL`, the model's name in `EVALUATION_MODEL` and the key, if
   * there is one, in `OPENAI_API_KEY`. It ends with status 0 and writes `{"score": 0.93}` into `/dev/termination-log`.
   */
  readonly image: string;
  /**
   * Takes an image by a tag. Whoever may push to its registry then decides what is judged.
   *
   * @default false
   */
  readonly allowMutableTag?: boolean;
  /**
   * The container's command.
   *
   * @default - the image's own
   */
  readonly command?: string[];
  /**
   * The container's arguments.
   *
   * @default - the image's own
   */
  readonly args?: string[];
  /**
   * Environment of the container, besides what the evaluation sets.
   *
   * @default - none but those above
   */
  readonly env?: { [name: string]: EnvValue };
  /**
   * Ports outside of the cluster that it may reach: of a judge, of a data set.
   *
   * @default - none: it reaches the candidate and name servers alone
   */
  readonly egressPorts?: number[];
  /**
   * Processors that it asks for, in thousandths, and may take.
   *
   * @default 1000
   */
  readonly cpuMillis?: number;
  /**
   * Memory that it asks for and may take, in bytes.
   *
   * @default - 1 GiB
   */
  readonly memoryBytes?: number;
  /**
   * Numeric user that it runs as; not 0.
   *
   * @default 1000
   */
  readonly userId?: number;
}

function textOf(factory: string, text: unknown): string {
  if (typeof text !== 'string' || text.trim() === '' || text.length > LONGEST_TEXT) {
    throw new Error(`ExpectedAnswer.${factory} has ${show(text)} but must have a text of 1 to ${LONGEST_TEXT} characters`);
  }
  return text;
}
