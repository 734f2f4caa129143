import { Readable, Writable } from 'node:stream';
import { inOptions } from './wording';

/** What a command reads and writes; the process has it, and tests make their own. */
export interface Io {
  readonly stdin: Readable;
  readonly stdout: Writable & { readonly isTTY?: boolean; readonly columns?: number; readonly rows?: number };
  readonly stderr: Writable & { readonly isTTY?: boolean };
  readonly env: { readonly [name: string]: string | undefined };
}

/** Exit codes. */
export enum ExitCode {
  /** Done, and every answer is yes. */
  OK = 0,
  /** Done, but an answer is no: there is no plan, a line has an error, the cluster lacks something. */
  NO = 1,
  /** The command line, or a file that it names, can't be understood. */
  USAGE = 2,
  /** A fault in this program. */
  FAULT = 3,
  /** Not known in time: a rollout is still under way, or its runner has not taken a command. */
  PENDING = 4,
}

/** Ends a command with one sentence on standard error. */
export class Refusal extends Error {
  public constructor(sentence: string, public readonly code: ExitCode = ExitCode.USAGE) {
    super(sentence);
  }
}

/** Runs what the user's own words are put into: a sentence that it throws is bad usage. */
export function understood<T>(make: () => T): T {
  try {
    return make();
  } catch (error) {
    throw isSentence(error) ? new Refusal(inOptions(error.message)) : error;
  }
}

/** Whether an error is meant for the user. The library throws plain errors; anything else is a fault. */
export function isSentence(error: unknown): error is Error {
  return error instanceof Refusal || (error as Error | undefined)?.name === 'Error' && !('code' in (error as Error));
}

/** Colours are for terminals, and off under NO_COLOR (https://no-color.org) and in dumb terminals. */
export function wantsColor(io: Io): boolean {
  return Boolean(io.stdout.isTTY) && !io.env.NO_COLOR && io.env.TERM !== 'dumb';
}

/** Width of a report: the terminal's, within what people can read. */
export function reportWidth(io: Io): number {
  return Math.min(140, Math.max(60, io.stdout.columns ?? 110));
}

/** Writes at the reader's pace; a reader that went away is no error. */
export class Output {
  /** Whether the reader went away. */
  public closed = false;

  public constructor(private readonly stream: Writable) {
    stream.on('error', () => { this.closed = true; });
    stream.on('close', () => { this.closed = true; });
  }

  /** Resolves once the stream takes more. */
  public async write(text: string): Promise<void> {
    if (this.closed || this.stream.write(text)) { return; }
    await new Promise<void>((resolve) => {
      const done = () => {
        for (const event of ['drain', 'close', 'error']) { this.stream.off(event, done); }
        resolve();
      };
      for (const event of ['drain', 'close', 'error']) { this.stream.on(event, done); }
    });
  }
}
