/** What of the requests of both fleets the candidate counts in a step. Internal. */
import { RolloutStep } from '../rollout-spec';

/** From 0 to 1. A copy is counted by the candidate, and its original by the stable fleet. */
export function countedShare({ weight, mirrored = 0 }: Pick<RolloutStep, 'weight' | 'mirrored'>): number {
  return mirrored > 0 ? mirrored / (1000 + mirrored) : weight / 1000;
}

/** Requests that both fleets count for each one of a user. */
export function countedPerRequest({ mirrored = 0 }: Pick<RolloutStep, 'mirrored'>): number { return 1 + mirrored / 1000; }
