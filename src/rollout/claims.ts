import { Construct, IConstruct } from 'constructs';
import { fail, show } from '../errors';
import { IInferenceFleet } from '../fleet/fleet';
import { IModelRoute } from '../routing/model-route';

const rollouts = new WeakMap<IConstruct, string>();

/** Notes what a rollout moves: two at once on one route would hide each other, and two on one candidate would scale it against each other. Internal. */
export function claimRollout(scope: Construct, route: IModelRoute, candidate: IInferenceFleet): void {
  for (const [what, of] of [['route', route], ['candidate', candidate]] as const) {
    const other = rollouts.get(of);
    if (other !== undefined) { fail(scope, `'${what}' is ${show(of.node.path)}, which ${show(other)} moves already; let one rollout end before the next one begins`); }
  }
  for (const of of [route, candidate]) { rollouts.set(of, scope.node.path); }
}
