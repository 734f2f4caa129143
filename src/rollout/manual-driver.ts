import { ApiObject } from 'cdk8s';
import { Construct } from 'constructs';
import { CanaryContext } from './canary-context';
import { CanaryStep, weightOf } from './canary-steps';
import { fail, show } from '../errors';

/** Options of `CanaryDriver.manual`. */
export interface ManualDriverOptions {
  /**
   * The step in force: 0 sends nothing to the candidate yet and starts its first replicas, 1 is the first share of the shift, and so on. The
   * next step is a change of this number, in a commit of its own once the candidate's replicas are ready. With a mirror, step 1 is that of the
   * copies. Previews go to the candidate from step 1 on.
   *
   * @default 0
   */
  readonly step?: number;
}

/** The weights of the step in force, and the candidate's replicas. Internal. */
export function driveByHand(scope: Construct, context: CanaryContext, options: ManualDriverOptions): void {
  if (typeof options !== 'object' || options === null) { fail(scope, `the options of CanaryDriver.manual are ${show(options)} but must be an object`); }
  const { steps, overlay, candidate, keepBothWeighted } = context;
  const index = checkStep(scope, options.step ?? 0, steps);
  const step = steps[index];
  const mirrored = step.mirroredPercentage !== undefined;
  new ApiObject(scope, 'Resource', overlay.toHttpRoute(weightOf(step, keepBothWeighted), { preview: index > 0, mirrored }));
  candidate.runReplicas(step.candidateReplicas);
}

function checkStep(scope: Construct, step: unknown, steps: CanaryStep[]): number {
  if (typeof step === 'number' && Number.isInteger(step) && step >= 0 && step < steps.length) { return step; }
  const listed = steps.map(({ percentage, mirroredPercentage }, i) => `${i} (${mirroredPercentage === undefined ? `${percentage} %` : `copies of ${mirroredPercentage} %`})`);
  const shown = listed.length > 8 ? [...listed.slice(0, 6), '…', listed[listed.length - 1]] : listed;
  return fail(scope, `'step' is ${show(step)} but this rollout has the steps ${shown.join(', ')}; use one of them`);
}
