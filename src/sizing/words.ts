/** A number with its noun, in the singular for one. */
export function count(amount: number | string, noun: string, nouns = `${noun}s`): string {
  return `${amount} ${String(amount) === '1' ? noun : nouns}`;
}

/** `1, 2 or 4`. */
export function either(choices: readonly (number | string)[]): string {
  return choices.length < 2 ? choices.join() : `${choices.slice(0, -1).join(', ')} or ${choices[choices.length - 1]}`;
}

/** Milliseconds as people read them. */
export function showMillis(millis: number): string {
  return `${millis < 10 ? Number(millis.toPrecision(2)) : Math.round(millis)} ms`;
}

/** A rate as people read it. */
export function rate(perSecond: number): string {
  return String(Number(perSecond.toPrecision(3)));
}
