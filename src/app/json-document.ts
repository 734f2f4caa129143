import { IConstruct } from 'constructs';
import { fail } from '../errors';

/** Characters that JSON takes and readers of YAML 1.1 take for something else: line breaks, control characters, the byte order mark. */
const READ_OTHERWISE = /[\u007f-\u009f\u2028\u2029\ufeff]/g;

/** An object as one line of JSON that readers of YAML 1.1 read in the same way; what JSON can't say must not become something else in silence. */
export function jsonDocument(object: unknown, from: IConstruct): string {
  const json = JSON.stringify(object, (key, value) => {
    if (typeof value === 'number' ? !Number.isFinite(value) : typeof value === 'bigint' || typeof value === 'symbol' || typeof value === 'function') {
      fail(from, `'${key}' is ${typeof value === 'number' ? value : `a ${typeof value}`} but JSON has no such value; state a finite number or a text, or write YAML`);
    }
    return value;
  }) ?? 'null';
  return json.replace(READ_OTHERWISE, (found) => `\\u${found.charCodeAt(0).toString(16).padStart(4, '0')}`);
}
