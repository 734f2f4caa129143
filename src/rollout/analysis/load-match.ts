/** Comparison at equal load. Internal. */
import { LoadPoint } from '../rollout-spec';

/** How many times longer one replica takes with `running` requests than with `reference`, by the plan; beyond the table its ends hold. */
export function loadRatio(table: readonly LoadPoint[] | undefined, running: number, reference: number): number {
  if (table === undefined || table.length === 0) { return 1; }
  return at(table, running) / at(table, reference);
}

function at(table: readonly LoadPoint[], running: number): number {
  const above = table.findIndex((point) => point.running >= running);
  if (above === 0) { return table[0].seconds; }
  if (above < 0) { return table[table.length - 1].seconds; }
  const [low, high] = [table[above - 1], table[above]];
  return low.seconds + (high.seconds - low.seconds) * (running - low.running) / (high.running - low.running);
}
