import { Readable, Writable } from 'node:stream';
import { run } from '../../src/cli/run';
import { Services, services } from '../../src/cli/services';

/** What a command wrote, and how it ended. */
export interface Ran { readonly code: number; readonly out: string; readonly err: string }

export interface Surroundings {
  readonly stdin?: Iterable<string | Buffer>;
  readonly env?: { [name: string]: string };
  readonly terminal?: boolean;
  /** Of the terminal. Default: 120 columns, any number of rows. */
  readonly columns?: number;
  readonly rows?: number;
  /** Told of each text as it is written. */
  readonly wrote?: (text: string) => void;
  readonly services?: Partial<Services>;
}

/** Runs a command line in this process. */
export async function command(argv: readonly string[], surroundings: Surroundings = {}): Promise<Ran> {
  const out: string[] = [];
  const err: string[] = [];
  const sink = (texts: string[]) => Object.assign(
    new Writable({ write(chunk, _, done) { texts.push(String(chunk)); surroundings.wrote?.(String(chunk)); done(); } }),
    { isTTY: surroundings.terminal, columns: surroundings.columns ?? 120, rows: surroundings.rows },
  );
  const io = { stdin: Readable.from(surroundings.stdin ?? []), stdout: sink(out), stderr: sink(err), env: surroundings.env ?? {} };
  const code = await run(argv, io, { ...services, ...surroundings.services });
  return { code, out: out.join(''), err: err.join('') };
}
