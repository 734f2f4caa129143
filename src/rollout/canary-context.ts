import { Duration } from 'cdk8s';
import { CanaryGate } from './canary-gate';
import { CanaryOverlay } from './canary-overlay';
import { CanaryStep } from './canary-steps';
import { IInferenceFleet } from '../fleet/fleet';
import { IModelRoute } from '../routing/model-route';

/** A rollout that was checked, as its driver gets it. */
export interface CanaryContext {
  /** Name of the rollout: of the HTTPRoute that splits the requests, and what other names begin with. */
  readonly name: string;
  /** Namespace of the stable fleet; undefined for the default one of whoever applies the manifest. */
  readonly namespaceName?: string;
  /** Labels of every object. */
  readonly labels: { [key: string]: string };
  /** The route that stands before, during and after the rollout. */
  readonly route: IModelRoute;
  /** The route that lies over it and splits the requests. */
  readonly overlay: CanaryOverlay;
  /** The fleet that serves today. */
  readonly stable: IInferenceFleet;
  /** The fleet that may take over. */
  readonly candidate: IInferenceFleet;
  /** Every step, from the one before the first share to all of the traffic. */
  readonly steps: CanaryStep[];
  /** What must hold for the next step. */
  readonly gates: CanaryGate[];
  /** Longest time that one request may take. */
  readonly requestTimeout: Duration;
  /** Whether both fleets keep at least 1 of 1,000 requests from the first share on. */
  readonly keepBothWeighted: boolean;
}
