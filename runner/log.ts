/** One line of JSON for each thing that happens. */
export type Log = (level: 'info' | 'warn' | 'error', message: string, fields?: { readonly [name: string]: unknown }) => void;

export function jsonLog(now: () => number, write: (line: string) => void = (line) => { process.stdout.write(line); }): Log {
  return (level, message, fields = {}) => write(`${JSON.stringify({ time: new Date(now()).toISOString(), level, message, ...fields })}\n`);
}
