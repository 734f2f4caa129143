import type { IConstruct } from 'constructs';

/**
 * Refuses in one sentence, with the path of the construct that the user wrote in front of it.
 *
 * @internal
 */
export function fail(scope: IConstruct | undefined, sentence: string): never {
  throw new Error(`${prefixOf(scope)}${sentence}`);
}

/**
 * What stands before the sentences of a construct: its path as an error shows it.
 *
 * @internal
 */
export function prefixOf(scope: IConstruct | undefined): string {
  const path = cut(scope?.node.path ?? '', PATH_SHOWN);
  return path ? `[${path}] ` : '';
}

/** Characters of a user's value that an error repeats. */
const SHOWN = 60;
/** Characters of a construct's path that an error repeats. */
const PATH_SHOWN = 300;
/** Longest name that is compared with those of a catalogue. */
const COMPARED = 200;
/** Control characters, line separators, and the marks that reorder or hide text. @internal */
export const UNSEEN = /[\u0000-\u001f\u007f-\u009f\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff]/g;

/** The first characters of a text, none of them half a surrogate pair, on one line. */
function cut(text: string, length: number): string {
  const start = text.slice(0, length).replace(UNSEEN, ' ');
  return text.length > length ? `${start.replace(/[\ud800-\udbff]$/, '')}…` : start;
}

/**
 * A user's value as an error shows it: strings in single quotes, everything cut to a readable length.
 *
 * @internal
 */
export function show(value: unknown): string {
  if (typeof value === 'string') { return `'${cut(value, SHOWN)}'${value.length > SHOWN ? ` (${value.length} characters)` : ''}`; }
  if (typeof value === 'number' || typeof value === 'boolean' || value === null || value === undefined) { return String(value); }
  if (Array.isArray(value)) { return `a list of ${value.length}`; }
  return `a value of type ${typeof value}`;
}

/**
 * The sentence for a name that a catalogue does not have, with the names that come closest: at most three, all equally close.
 *
 * @internal
 */
export function didYouMean(noun: string, name: unknown, known: readonly string[]): string {
  const start = `unknown ${noun} ${show(name)}`;
  if (typeof name !== 'string' || name.length > COMPARED) { return start; }
  const wanted = name.toLowerCase();
  const near = known
    .map((candidate) => ({ candidate, distance: distance(wanted, candidate.toLowerCase()) }))
    .filter(({ candidate, distance: d }) => d <= Math.max(2, Math.floor(Math.max(candidate.length, wanted.length) * 0.4)))
    .filter(({ candidate, distance: d }) => d < Math.max(candidate.length, wanted.length))
    .sort((a, b) => a.distance - b.distance || (a.candidate < b.candidate ? -1 : 1));
  const closest = near.filter(({ distance: d }) => d === near[0].distance).slice(0, 3).map(({ candidate }) => `'${candidate}'`);
  return closest.length ? `${start}; did you mean ${closest.join(' or ')}?` : start;
}

/** Edits from one name to another: letters put in, left out, replaced, or swapped with the next (optimal string alignment). */
function distance(a: string, b: string): number {
  let before: number[] = [];
  let row = Array.from({ length: b.length + 1 }, (_, i) => i);
  for (let i = 1; i <= a.length; i++) {
    const next = [i];
    for (let j = 1; j <= b.length; j++) {
      const replaced = row[j - 1] + (a[i - 1] === b[j - 1] ? 0 : 1);
      const swapped = i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1] ? before[j - 2] + 1 : Infinity;
      next.push(Math.min(next[j - 1] + 1, row[j] + 1, replaced, swapped));
    }
    before = row;
    row = next;
  }
  return row[b.length];
}

/** What a number must be. @internal */
export interface NumberRule {
  /** Smallest value allowed. */
  readonly min?: number;
  /** The value must be larger than this. */
  readonly above?: number;
  /** Largest value allowed. */
  readonly max?: number;
  /** Whether it must be whole. */
  readonly integer?: boolean;
  /** Unit or noun after the number, e.g. `tokens`. */
  readonly unit?: string;
}

/**
 * What is wrong with a number, as a sentence, or undefined if nothing is.
 *
 * @internal
 */
export function numberProblem(prop: string, value: unknown, rule: NumberRule): string | undefined {
  const ok = typeof value === 'number' && Number.isFinite(value)
    && (rule.min === undefined || value >= rule.min)
    && (rule.above === undefined || value > rule.above)
    && (rule.max === undefined || value <= rule.max)
    && (!rule.integer || Number.isInteger(value));
  if (ok) { return undefined; }
  const noun = `${rule.integer ? 'a whole number' : 'a number'}${rule.unit ? ` of ${rule.unit}` : ''}`;
  const low = rule.above !== undefined ? `above ${rule.above}` : rule.min !== undefined ? `from ${rule.min}` : '';
  const high = rule.max !== undefined ? `${rule.above !== undefined ? 'and at most' : low ? 'to' : 'up to'} ${rule.max}` : '';
  const open = rule.above === undefined && rule.min !== undefined && rule.max === undefined ? ' up' : '';
  return `'${prop}' is ${show(value)} but must be ${[noun, low, high].filter(Boolean).join(' ')}${open}`;
}

/**
 * What is wrong with a text that must not be empty, as a sentence, or undefined if nothing is.
 *
 * @internal
 */
export function textProblem(prop: string, value: unknown, maxLength: number): string | undefined {
  const ok = typeof value === 'string' && value.trim() !== '' && value.length <= maxLength && value.replace(UNSEEN, '') === value;
  return ok ? undefined : `'${prop}' is ${show(value)} but must be a text of 1 to ${maxLength} characters, none of them a control character`;
}

/**
 * Refuses what is stated but is no boolean: the text 'false' would count as true.
 *
 * @internal
 */
export function checkFlags(scope: IConstruct, flags: { [prop: string]: unknown }): void {
  for (const [prop, value] of Object.entries(flags)) {
    if (value !== undefined && value !== null && typeof value !== 'boolean') { fail(scope, `'${prop}' is ${show(value)} but must be true or false`); }
  }
}

/**
 * What is wrong with an object with keys, as a sentence, or undefined if nothing is: a list, a Map or a Date is none. What is not stated is fine.
 *
 * @internal
 */
export function objectProblem(prop: string, value: unknown, must = 'must be an object'): string | undefined {
  const ok = value === undefined || value === null || Object.prototype.toString.call(value) === '[object Object]';
  return ok ? undefined : `'${prop}' is ${show(value)} but ${must}`;
}
