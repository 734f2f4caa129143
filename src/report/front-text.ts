import { dollars, duration, figure } from './numbers';
import { candidateTexts } from './plan-text';
import { paint, ReportOptions, table } from './table';
import { SizingCandidate } from '../sizing/plan';

/** Plans to choose between, for people. Ends with a line feed. */
export function frontText(front: readonly SizingCandidate[], options: ReportOptions = {}): string {
  const colors = paint(options.color ?? false);
  const right = (head: string) => ({ head, right: true });
  const known = (value: number | undefined, text: (value: number) => string) => value === undefined ? '-' : text(value);
  const layouts = candidateTexts(front);
  const rows = front.map(({ pool, replicas, gpus, cost, energy, estimate }, i) => [
    pool,
    `${replicas} x (${layouts[i]})`,
    String(gpus),
    known(cost?.dollarsPerHour, dollars),
    known(energy?.watts, (watts) => `${figure(watts / 1000)} kW`),
    duration(estimate!.timeToFirstToken.atTarget.expected),
    duration(estimate!.timePerOutputToken.atTarget.expected),
    duration(estimate!.endToEnd.atTarget.expected),
  ]);
  const columns = [{ head: 'pool' }, { head: 'layout' }, right('GPUs'), right('per hour'), right('power'), right('first token'), right('per token'), right('end to end')];
  return `${colors.bold('Plans of which no other is better in price, power and end-to-end time')}\n${table(columns, rows, options)}\n`;
}
