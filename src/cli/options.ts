import { NumberRule, numberProblem, show } from '../errors';
import { Refusal } from './io';

const NUMBER = /^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i;

/** Reads an option's number, and refuses what is not one in a sentence. */
export function number(option: string, rule: NumberRule): (text: string) => number {
  return (text) => {
    const value = NUMBER.test(text) ? Number(text) : text;
    const problem = numberProblem(`--${option}`, value, rule);
    if (problem) { throw new Refusal(problem); }
    return value as number;
  };
}

/** Reads a count of at least one. */
export function degree(option: string): (text: string) => number { return number(option, { min: 1, integer: true }); }

/** Reads a number of tokens. */
export function tokens(option: string): (text: string) => number { return number(option, { min: 1, unit: 'tokens' }); }

/** Reads one of a few words. */
export function word(option: string, known: readonly string[]): (text: string) => string {
  return (text) => {
    if (!known.includes(text)) { throw new Refusal(`'--${option}' is ${show(text)} but must be one of ${known.join(', ')}`); }
    return text;
  };
}

/** Gathers an option that may be given several times. */
export function each(text: string, earlier: string[] = []): string[] {
  return [...earlier, text];
}
