/** What a line says beside its message. */
type Fields = { readonly [name: string]: unknown };

/** One line of JSON for each thing that happens. */
export type Log = (level: 'info' | 'warn' | 'error', message: string, fields?: Fields) => void;

/** @param all stands in each line */
export function jsonLog(now: () => number, all: Fields = {}, write: (line: string) => void = (line) => { process.stdout.write(line); }): Log {
  return (level, message, fields = {}) => write(`${JSON.stringify({ time: new Date(now()).toISOString(), level, message, ...all, ...fields })}\n`);
}
