import { IConstruct } from 'constructs';
import { fail, show } from '../errors';

/** Longest single argument that Linux hands to a process (MAX_ARG_STRLEN, its closing NUL included). */
export const MAX_ARGUMENT_BYTES = 131071;

/**
 * A text that the kubelet leaves as it is. It reads `$(NAME)` in arguments as a reference to the environment, and `$$` as one `$`.
 */
export function literal(text: string): string {
  return text.replaceAll('$', '$$$$');
}

/** One argument, as one element: nothing that follows can be taken for its value. */
export function flag(name: string, value?: string | number): string {
  return value === undefined ? name : `${name}=${value}`;
}

/** What is wrong with a text that becomes an argument or a variable, or undefined if nothing is. */
export function textProblem(prop: string, value: unknown): string | undefined {
  if (typeof value !== 'string') { return `'${prop}' is ${show(value)} but must be a string`; }
  if (value.includes('\0')) { return `'${prop}' is ${show(value)} and holds a NUL character, which no process can be given; leave it out`; }
  if (Buffer.byteLength(value) > MAX_ARGUMENT_BYTES) {
    return `'${prop}' has ${Buffer.byteLength(value)} bytes but a process takes at most ${MAX_ARGUMENT_BYTES} in one argument; shorten it`;
  }
  return undefined;
}

/** A word of one line without control characters: a name, not a document. Refused if it is anything else. */
export function word(scope: IConstruct | undefined, prop: string, value: unknown, where = ''): string {
  const text = value as string;
  if (typeof value !== 'string' || text.trim() === '' || text.length > 256 || /[\u0000-\u001f\u007f-\u009f\u2028\u2029]/.test(text)) {
    fail(scope, `'${prop}'${where} is ${show(value)} but must be a text of 1 to 256 characters without control characters`);
  }
  return text;
}
