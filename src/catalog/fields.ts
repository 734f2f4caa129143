import { numberProblem, show } from '../errors';

/** Longest list of names that is read. */
const MAX_NAMES = 200_000;

/** Whether a value is an object with fields. */
export function isObject(value: unknown): value is { [key: string]: unknown } {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** Reads the fields of an untrusted object: own fields only, `null` as absent, and one sentence for what can't be. Internal to the catalogue. */
export class Fields {
  public constructor(private readonly value: { [key: string]: unknown }) {}

  /** The error for a field that is needed and missing. */
  public lacks(name: string): Error {
    return new Error(`config.json lacks '${name}'; pass the whole config.json of the model's repository, or describe the model with Model.of`);
  }

  /** The same fields over defaults for those that are missing. */
  public over(defaults: { readonly [key: string]: unknown }): Fields { return new Fields({ ...defaults, ...withoutNulls(this.value) }); }

  /** Whether a field is there and not null. */
  public has(name: string): boolean { return this.raw(name) !== undefined; }

  public raw(name: string): unknown {
    if (!Object.prototype.hasOwnProperty.call(this.value, name)) { return undefined; }
    return this.value[name] ?? undefined;
  }

  public entries(): [string, unknown][] {
    const keys = Object.keys(this.value);
    if (keys.length > MAX_NAMES) { throw new Error(`config.json has an object of ${keys.length} fields but ${MAX_NAMES} are read at most`); }
    return keys.map((key) => [key, this.value[key]]);
  }

  /** A whole number under the first of these names that is there. */
  public whole(names: string | readonly string[], min: number, max: number): number | undefined {
    for (const name of typeof names === 'string' ? [names] : names) {
      const value = this.raw(name);
      if (value === undefined) { continue; }
      const problem = numberProblem(name, value, { min, max, integer: true });
      if (problem) { throw new Error(`config.json: ${problem}`); }
      return value as number;
    }
    return undefined;
  }

  /** As `whole`, but refuses to do without. */
  public need(names: string | readonly string[], min: number, max: number): number {
    const found = this.whole(names, min, max);
    if (found === undefined) { throw this.lacks(typeof names === 'string' ? names : names[0]); }
    return found;
  }

  /** A positive number, whole or not. */
  public positive(name: string, max: number): number | undefined {
    const value = this.raw(name);
    if (value === undefined) { return undefined; }
    const problem = numberProblem(name, value, { above: 0, max });
    if (problem) { throw new Error(`config.json: ${problem}`); }
    return value as number;
  }

  /** Size of a quantisation group; -1 and 0 mean one group per channel. */
  public group(name: string): number | undefined {
    const value = this.raw(name);
    return value === -1 ? 0 : this.whole(name, 0, 1_000_000);
  }

  public text(name: string): string | undefined {
    const value = this.raw(name);
    return typeof value === 'string' && value.length <= 200 ? value : undefined;
  }

  public flag(name: string, otherwise = false): boolean {
    const value = this.raw(name);
    return typeof value === 'boolean' ? value : otherwise;
  }

  public object(name: string): Fields | undefined {
    const value = this.raw(name);
    return isObject(value) ? new Fields(value) : undefined;
  }

  /** A list; refuses one that is longer than `max`. */
  public list(name: string, max: number): readonly unknown[] | undefined {
    const value = this.raw(name);
    if (!Array.isArray(value)) { return undefined; }
    if (value.length > max) { throw new Error(`config.json: '${name}' is ${show(value)} but must have at most ${max} entries`); }
    return value;
  }

  /** A list of module names, or one name; entries that are none are left out. */
  public names(name: string): string[] {
    const value = this.raw(name);
    const list = typeof value === 'string' ? [value] : this.list(name, MAX_NAMES) ?? [];
    return list.filter((entry): entry is string => typeof entry === 'string' && entry.length > 0 && entry.length <= 500);
  }
}

function withoutNulls(value: { [key: string]: unknown }): { [key: string]: unknown } {
  return Object.fromEntries(Object.entries(value).filter(([, entry]) => entry !== null));
}
