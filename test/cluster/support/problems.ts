/** Sentences that anyone reads, and that are among the last lines of a red run. */
const MOST = 8;
const LONGEST = 600;

/** Throws the problems, if there are any; the first of them in full. */
export function expectNone(problems: string[], ...context: string[]): void {
  if (problems.length) { throw new Error([...problemLines(problems), ...context].join('\n')); }
}

/** The first problems, a line each. */
export function problemLines(problems: string[]): string[] {
  return [
    ...problems.slice(0, MOST).map((problem) => problem.length > LONGEST ? `${problem.slice(0, LONGEST)}...` : problem),
    ...problems.length > MOST ? [`and ${problems.length - MOST} more`] : [],
  ];
}
