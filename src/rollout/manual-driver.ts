import { ApiObject } from 'cdk8s';
import { Construct } from 'constructs';
import { CanaryContext } from './canary-context';
import { CanaryStep, weightOf } from './canary-steps';
import { fail, show } from '../errors';
import { PREFIX } from '../kube/labels';

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

/** Every step of what an object says, and the one in force. */
const STEPS = `${PREFIX}steps`;

/** The weights of the step in force, and the candidate's replicas. Internal. */
export function driveByHand(scope: Construct, context: CanaryContext, options: ManualDriverOptions): void {
  if (typeof options !== 'object' || options === null) { fail(scope, `the options of CanaryDriver.manual are ${show(options)} but must be an object`); }
  const { name, steps, overlay, candidate, keepBothWeighted } = context;
  const step = checkStep(scope, options.step ?? 0, steps);
  const routes = steps.map((one, i) => (
    overlay.toHttpRoute(weightOf(one, keepBothWeighted), { preview: i > 0, mirrored: one.mirroredPercentage !== undefined })));
  const told = (objects: unknown[]) => JSON.stringify({ rollout: name, step, steps: steps.map(nameOfStep), fields: differences(objects) });
  const { metadata, ...route } = routes[step];
  new ApiObject(scope, 'Resource', { ...route, metadata: { ...metadata, annotations: { [STEPS]: told(routes) } } });
  candidate.runReplicas(steps[step].candidateReplicas);
  const workload = candidate.node.defaultChild;
  if (workload !== undefined && ApiObject.isApiObject(workload)) {
    const replicas = steps.map(({ candidateReplicas }) => ({ spec: { replicas: candidateReplicas } }));
    workload.metadata.addAnnotation(STEPS, told(replicas));
  }
}

/**
 * What differs from step to step, by its path in the object: one value per step, null where there is none. So whoever has the manifests
 * alone can write the next step (`cdk8s-inference canary next`).
 */
function differences(objects: readonly any[], path = ''): { [path: string]: any[] } {
  const texts = objects.map((one) => JSON.stringify(one));
  if (texts.every((text) => text === texts[0])) { return {}; }
  const areLists = objects.every((one) => Array.isArray(one) && one.length === objects[0].length);
  const areMaps = objects.every((one) => typeof one === 'object' && one !== null && !Array.isArray(one));
  if (!areLists && !areMaps) { return { [path]: objects.map((one) => one ?? null) }; }
  const keys = [...new Set(objects.flatMap((one) => Object.keys(one)))];
  return Object.assign({}, ...keys.map((key) => differences(objects.map((one) => one[key]), `${path}/${key}`)));
}

function nameOfStep({ percentage, mirroredPercentage }: CanaryStep): string {
  return mirroredPercentage === undefined ? `${percentage} %` : `copies of ${mirroredPercentage} %`;
}

function checkStep(scope: Construct, step: unknown, steps: CanaryStep[]): number {
  if (typeof step === 'number' && Number.isInteger(step) && step >= 0 && step < steps.length) { return step; }
  const listed = steps.map((one, i) => `${i} (${nameOfStep(one)})`);
  const shown = listed.length > 8 ? [...listed.slice(0, 6), '…', listed[listed.length - 1]] : listed;
  return fail(scope, `'step' is ${show(step)} but this rollout has the steps ${shown.join(', ')}; use one of them`);
}
