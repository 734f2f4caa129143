import { Yaml } from 'cdk8s';
import { yamlKey, yamlText } from './yaml-scalar';

/**
 * A document byte for byte as cdk8s writes it, in a fraction of the time. What is no plain JSON, what is referred to twice and what is written
 * in more than one way is left to cdk8s.
 */
export function yamlDocument(document: unknown): string {
  const writer = new Writer();
  return writer.map(document, 0) ? writer.text + '\n' : Yaml.stringify(document);
}

/** Line breaks with the indentation of the next line. */
const BREAKS: string[] = ['\n'];

function lineBreak(depth: number): string {
  while (BREAKS.length <= depth) { BREAKS.push(`${BREAKS[BREAKS.length - 1]}  `); }
  return BREAKS[depth];
}

/** Writes until it meets what it does not know: then a method says false, and the text is worth nothing. */
class Writer {
  public text = '';
  /** cdk8s writes an alias for what it meets again. */
  private readonly met = new Set<object>();

  /** Entries of a map; the first one stands where the text ends. */
  public map(value: unknown, depth: number): boolean {
    if (typeof value !== 'object' || value === null || !this.isPlain(value, Object.prototype)) { return false; }
    const map = value as { [key: string]: unknown };
    const keys = Object.keys(map);
    if (!keys.length && depth === 0) { return false; }
    const next = lineBreak(depth);
    for (let i = 0; i < keys.length; i++) {
      const key = yamlKey(keys[i], depth);
      if (key === undefined) { return false; }
      this.text += i ? `${next}${key}:` : `${key}:`;
      if (!this.value(map[keys[i]], depth + 1, lineBreak(depth + 1))) { return false; }
    }
    return true;
  }

  private list(list: unknown[], depth: number): boolean {
    if (!this.isPlain(list, Array.prototype)) { return false; }
    const next = lineBreak(depth);
    for (let i = 0; i < list.length; i++) {
      this.text += i ? `${next}-` : '-';
      if (!this.value(list[i], depth + 1, ' ')) { return false; }
    }
    return true;
  }

  /** A value after its key or dash; `first` stands before what has entries of its own. */
  private value(value: unknown, depth: number, first: string): boolean {
    switch (typeof value) {
      case 'string': {
        const text = yamlText(value, depth);
        if (text === undefined) { return false; }
        this.text += ` ${text}`;
        return true;
      }
      case 'number':
        if (!Number.isFinite(value)) { return false; }
        this.text += Object.is(value, -0) ? ' -0' : ` ${value}`;
        return true;
      case 'boolean':
        this.text += value ? ' true' : ' false';
        return true;
      case 'undefined':
        this.text += ' null';
        return true;
      case 'object': {
        if (value === null) {
          this.text += ' null';
          return true;
        }
        const list = Array.isArray(value);
        const empty = list ? value.length === 0 : Object.keys(value).length === 0;
        this.text += empty ? (list ? ' []' : ' {}') : first;
        return list ? this.list(value, depth) : this.map(value, depth);
      }
      default:
        return false;
    }
  }

  /** Whether a map or list is nothing else, and is met for the first time. */
  private isPlain(value: object, prototype: object): boolean {
    if (Object.getPrototypeOf(value) !== prototype || 'toJSON' in value || Object.getOwnPropertySymbols(value).length || this.met.has(value)) { return false; }
    this.met.add(value);
    return true;
  }
}
