import { Refusal } from './io';
import { LatencyBudget, Objective } from '../sizing/objective';

/** Objectives as an option spells them. */
export const OBJECTIVES: readonly string[] = ['fewest-gpus', 'lowest-cost', 'lowest-energy', 'lowest-latency'];

/** Options of an objective, as commander names them. */
export interface ObjectiveOptions {
  readonly objective?: string;
  readonly budgetGpus?: number;
  readonly budgetDollars?: number;
}

/** Reads the options; undefined where none is given. */
export function objectiveOf({ objective, budgetGpus, budgetDollars }: ObjectiveOptions): Objective | undefined {
  const budget: LatencyBudget = { maxGpus: budgetGpus, maxDollarsPerHour: budgetDollars };
  const given = budgetGpus !== undefined || budgetDollars !== undefined;
  if (given && objective !== 'lowest-latency') {
    throw new Refusal(`'--budget-${budgetGpus === undefined ? 'dollars' : 'gpus'}' goes with '--objective lowest-latency'; give that, or '--max-gpus' for a limit of each accelerator`);
  }
  switch (objective) {
    case 'fewest-gpus': return Objective.FEWEST_GPUS;
    case 'lowest-cost': return Objective.LOWEST_COST;
    case 'lowest-energy': return Objective.LOWEST_ENERGY;
    case 'lowest-latency':
      if (!given) { throw new Refusal("'--objective lowest-latency' takes a budget, as more GPUs always lower it; give '--budget-gpus' or '--budget-dollars'"); }
      return Objective.lowestLatency(budget);
    default: return undefined;
  }
}
