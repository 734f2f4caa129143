/**
 * Tests of shares that may be looked at after every request. Each is a mixture of likelihood ratios, which under its hypothesis grows past
 * 1/a with probability a at most, however often it is looked at (Ville's inequality). Results are natural logarithms. Internal.
 */

/** How many times worse than the bound the alternatives are; an outage is seen at once, and what is just past the bound in the end. */
const WORSE = [1, 2, 5, 20];
const BETTER = [1, 1 / 3, 1 / 10, 0];
const NEARLY_ALL = 0.95;

/** Evidence that the share is above `good`; the alternatives are `bad` and what is worse. */
export function evidenceOfExcess(events: number, total: number, good: number, bad: number): number {
  return mixture(WORSE.map((times) => logRatio(events, total, Math.max(bad, Math.min(NEARLY_ALL, bad * times)), good)));
}

/** Evidence that the share is below `bad`; the alternatives are `good` and what is better. */
export function evidenceOfShortfall(events: number, total: number, good: number, bad: number): number {
  return mixture(BETTER.map((times) => logRatio(events, total, good * times, bad)));
}

/**
 * Evidence that one of two streams has more events per request than the other, from `events` of it and `others` of the other in a span
 * in which it took `share` of the requests. Of so many events each is its own with the probability `share`, if the two are
 * alike and events are rare. One logarithm per alternative; they add up over spans.
 */
export function evidenceOfRatio(factor: number, events: number, others: number, share: number): number[] {
  return ratioAlternatives(factor).map((times) => {
    const own = times * share / (times * share + 1 - share);
    return weighed(events, Math.log(own / share)) + weighed(others, Math.log((1 - own) / (1 - share)));
  });
}

/** The alternatives of `evidenceOfRatio`. */
export function ratioAlternatives(factor: number): number[] { return WORSE.map((times) => factor * times); }

/** Logarithm of the mean of what is given as logarithms. */
export function mixture(logs: readonly number[]): number {
  const most = Math.max(...logs);
  if (most === -Infinity) { return most; }
  return most + Math.log(logs.reduce((sum, log) => sum + Math.exp(log - most), 0) / logs.length);
}

/** Logarithm of how much likelier the counts are with the share `p` than with `q`. */
function logRatio(events: number, total: number, p: number, q: number): number {
  return weighed(events, Math.log(p / q)) + weighed(total - events, Math.log((1 - p) / (1 - q)));
}

/** None of something impossible is nothing. */
function weighed(count: number, log: number): number { return count === 0 ? 0 : count * log; }
