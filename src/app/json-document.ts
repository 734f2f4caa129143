import { IConstruct } from 'constructs';
import { fail } from '../errors';

/** Characters that JSON takes and readers of YAML 1.1 take for something else: line breaks, control characters, the byte order mark. */
const READ_OTHERWISE = /[\u007f-\u009f\u2028\u2029\ufeff]/g;

/** An object as one line of JSON that readers of YAML 1.1 read in the same way. */
export function jsonDocument(object: unknown, from: IConstruct): string {
  const json = JSON.stringify(object, isExact(object) ? undefined : (key, value) => {
    if (isLost(value)) {
      fail(from, `'${key}' is ${typeof value === 'number' ? value : `a ${typeof value}`} but JSON has no such value; state a finite number or a text, or write YAML`);
    }
    return value;
  });
  return (json ?? 'null').replace(READ_OTHERWISE, (found) => `\\u${found.charCodeAt(0).toString(16).padStart(4, '0')}`);
}

/** What JSON would leave out, or write as null, in silence. */
function isLost(value: unknown): boolean {
  return typeof value === 'number' ? !Number.isFinite(value) : typeof value === 'bigint' || typeof value === 'symbol' || typeof value === 'function';
}

/** Whether nothing inside is lost, which is sooner known by looking than by being asked for each value. */
function isExact(value: unknown): boolean {
  if (typeof value !== 'object' || value === null) { return !isLost(value); }
  if ('toJSON' in value) { return false; }
  for (const key of Object.keys(value)) {
    if (!isExact((value as { [key: string]: unknown })[key])) { return false; }
  }
  return true;
}
