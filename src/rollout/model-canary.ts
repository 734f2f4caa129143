import { Duration } from 'cdk8s';
import { Construct } from 'constructs';
import { CanaryDriver } from './canary-driver';
import { CanaryGate, checkGate, defaultGates } from './canary-gate';
import { CanaryMirror, checkMirror } from './canary-mirror';
import { CanaryOverlay } from './canary-overlay';
import { CanaryPreview } from './canary-preview';
import { budgetProblem, CanaryStep, canarySteps, checkSteps, poolProblem } from './canary-steps';
import { claimRollout } from './claims';
import { TrafficShift } from './traffic-shift';
import { checkFlags, fail, numberProblem, show } from '../errors';
import { IInferenceFleet } from '../fleet/fleet';
import { referenceGrant } from '../kube/crds/reference-grant';
import { APP_MANAGED_BY_LABEL, labelValue, MODEL_LABEL } from '../kube/labels';
import { checkFleet, namespaceOfRoute, requestSeconds } from '../routing/backends';
import { proxiesOf } from '../routing/gateway-ref';
import { checkRouteName, IModelRoute } from '../routing/model-route';
import { isDnsLabel } from '../routing/names';

/** Properties for `ModelCanary`. */
export interface ModelCanaryProps {
  /** The route whose requests move. It stays as it is, with the stable fleet behind it; a route of the rollout's own lies over it. */
  readonly route: IModelRoute;
  /** The fleet that serves today: that of the route. */
  readonly stable: IInferenceFleet;
  /** The fleet that may take over. It serves under the same model name. */
  readonly candidate: IInferenceFleet;
  /**
   * How traffic moves.
   *
   * @default - 1, 5, 25, 50 and 100 percent
   */
  readonly shift?: TrafficShift;
  /**
   * What must hold for the next step. Each is checked to be something that both engines measure.
   *
   * @default - errors below 1 % and at most twice those of the stable fleet; time to first token, time per output token and time in queue
   * at most 1.3 times those of the stable fleet; the latency targets of the candidate's capacity, each at the next bound of the engine's
   * histogram; those of them that both engines measure
   */
  readonly gates?: CanaryGate[];
  /**
   * Most GPUs that both fleets may take together at any step.
   *
   * @default - what their pools hold
   */
  readonly gpuBudget?: number;
  /**
   * Longest time that one request may take during the rollout, streams included.
   *
   * @default - that of the route, or the longest request by the candidate's plan if it is longer
   */
  readonly requestTimeout?: Duration;
  /**
   * Whether both fleets keep at least 1 of 1,000 requests from the first share on. Envoy Gateway with a filter on each back
   * end, or with merged back ends, answers some requests with errors whenever a weight leaves or reaches 0.
   *
   * @default false
   */
  readonly keepBothWeighted?: boolean;
  /**
   * Who meets the candidate before others do.
   *
   * @default - nobody
   */
  readonly preview?: CanaryPreview;
  /**
   * Copies of requests that the candidate answers before the first share, for nobody.
   *
   * @default - no request is copied
   */
  readonly mirror?: CanaryMirror;
  /**
   * Who moves the traffic.
   *
   * @default CanaryDriver.runner()
   */
  readonly driver?: CanaryDriver;
  /**
   * Name of the rollout: of the HTTPRoute that splits the requests, and what the names of its other objects begin with.
   *
   * @default - derived from the construct's path
   */
  readonly rolloutName?: string;
}

/** Ends of the names of a rollout's own objects. */
const RESERVED = /-(lease|runner|state)$/;

/**
 * Moves the requests of a route from one fleet to another, step by step.
 *
 * The route itself stays as it is. An HTTPRoute with weights lies over it, which the driver writes; a ReferenceGrant lets it
 * reach a candidate in another namespace. In each step the candidate runs the replicas that the next one takes, so that capacity is
 * there before its traffic, and the stable fleet keeps its full size. A rollout of which the pools or the budget can't hold a step is refused.
 */
export class ModelCanary extends Construct {
  /** The route whose requests move. */
  public readonly route: IModelRoute;
  /** The fleet that serves today. */
  public readonly stable: IInferenceFleet;
  /** The fleet that may take over. */
  public readonly candidate: IInferenceFleet;
  /** Most GPUs that both fleets may take together; undefined if only their pools bound them. */
  public readonly gpuBudget?: number;
  /** Longest time that one request may take during the rollout. */
  public readonly requestTimeout: Duration;
  /** Name of the rollout, and of the HTTPRoute that splits the requests. */
  public readonly rolloutName: string;
  private readonly allSteps: CanaryStep[];
  private readonly allGates: CanaryGate[];

  /** @throws when the route, the fleets, the steps, the gates or the GPUs can't make a rollout. */
  constructor(scope: Construct, id: string, props: ModelCanaryProps) {
    super(scope, id);
    if (typeof props !== 'object' || props === null) { fail(this, `the props of a ModelCanary are ${show(props)} but must give 'route', 'stable' and 'candidate'`); }
    const { route, stable, candidate, keepBothWeighted, preview } = props;
    checkFleets(this, stable, candidate);
    checkRoute(this, route, stable);
    checkFlags(this, { keepBothWeighted });
    this.route = route;
    this.stable = stable;
    this.candidate = candidate;
    const seconds = this.secondsOfRequest(props.requestTimeout);
    this.requestTimeout = Duration.seconds(seconds);

    const shift = props.shift ?? TrafficShift.steps([1, 5, 25, 50, 100].map((percentage) => ({ percentage })));
    if (typeof shift?.bind !== 'function') { fail(this, `'shift' is ${show(shift)} but must be a TrafficShift, e.g. TrafficShift.linear({ … })`); }
    const [before, ...steps] = checkSteps(this, shift.bind(this));
    const mirror = props.mirror === undefined ? undefined : checkMirror(this, props.mirror);
    const copies = mirror === undefined ? [] : [{ percentage: 0, mirroredPercentage: mirror.percentage, interval: mirror.interval }];
    if (preview !== undefined && typeof preview?._rules !== 'function') { fail(this, `'preview' is ${show(preview)} but must be a CanaryPreview, e.g. CanaryPreview.header('x-preview', 'yes')`); }
    this.allSteps = canarySteps({ stable, candidate, previewed: preview?.percentage }, [before, ...copies, ...steps]);
    this.gpuBudget = props.gpuBudget;
    this.checkGpus();
    this.allGates = checkGates(this, props.gates, stable, candidate);
    const driver = props.driver ?? CanaryDriver.runner();
    if (typeof driver?.bind !== 'function') { fail(this, `'driver' is ${show(driver)} but must be a CanaryDriver, e.g. CanaryDriver.runner()`); }

    claimRollout(this, route, candidate);
    const namespace = namespaceOfRoute(this, stable);
    const foreign = this.namespaceOfCandidate();
    if (RESERVED.test(String(props.rolloutName))) { fail(this, `'rolloutName' is ${show(props.rolloutName)} but the objects of a rollout have names that end so; use another end`); }
    if (props.rolloutName !== undefined && !isDnsLabel(props.rolloutName)) { fail(this, `'rolloutName' is ${show(props.rolloutName)} but must be up to 63 lower-case letters, digits and '-', from a letter or digit to a letter or digit`); }
    this.rolloutName = checkRouteName(this, 'rolloutName', props.rolloutName, namespace);
    const labels = { [APP_MANAGED_BY_LABEL]: 'cdk8s-inference', [MODEL_LABEL]: labelValue(stable.servedModelName) };
    if (foreign !== undefined) {
      referenceGrant(this, 'Grant', { name: this.rolloutName, namespace: foreign, labels }, {
        from: [{ group: 'gateway.networking.k8s.io', kind: 'HTTPRoute', namespace: namespace! }],
        to: [{ group: '', kind: 'Service', name: candidate.serviceName }],
      });
    }
    candidate.addClient(proxiesOf(route.gateway, namespace));
    driver.bind(this, {
      name: this.rolloutName,
      namespaceName: namespace,
      labels,
      route,
      overlay: CanaryOverlay._of({
        metadata: { name: this.rolloutName, namespace, labels },
        route,
        stable,
        candidate,
        requestSeconds: seconds,
        previews: preview?._rules(this, route.paths.length) ?? [],
        mirror,
      }),
      stable,
      candidate,
      steps: this.steps,
      gates: this.gates,
      requestTimeout: this.requestTimeout,
      keepBothWeighted: keepBothWeighted ?? false,
    });
  }

  /** Every step of the rollout, from none to all of the traffic. Returns a copy. */
  public get steps(): CanaryStep[] { return this.allSteps.map((step) => ({ ...step })); }

  /** What must hold for the next step. Returns a copy. */
  public get gates(): CanaryGate[] { return [...this.allGates]; }

  private secondsOfRequest(stated: Duration | undefined): number {
    const seconds = requestSeconds(this, stated, [this.stable, this.candidate]);
    return stated === undefined ? Math.max(seconds, this.route.requestTimeout.toSeconds()) : seconds;
  }

  private checkGpus(): void {
    const { stable, candidate, gpuBudget } = this;
    const problem = gpuBudget === undefined ? undefined : numberProblem('gpuBudget', gpuBudget, { min: 1, max: 1e6, integer: true, unit: 'GPUs' });
    const refusal = problem
      ?? budgetProblem({ stable, candidate, gpuBudget }, this.allSteps)
      ?? poolProblem({ stable, candidate }, this.allSteps, false);
    if (refusal) { fail(this, refusal); }
    this.node.addValidation({ validate: () => [poolProblem({ stable, candidate }, this.allSteps, true) ?? []].flat() });
  }

  /** Namespace of the candidate where it is not that of the route. */
  private namespaceOfCandidate(): string | undefined {
    const [ours, theirs] = [this.stable.namespaceName, this.candidate.namespaceName];
    if (ours === theirs) { return undefined; }
    if (ours === undefined || theirs === undefined) {
      const [unnamed, prop] = ours === undefined ? [this.stable, 'stable'] : [this.candidate, 'candidate'];
      fail(this, `'stable' and 'candidate' are in different namespaces but fleet '${unnamed.node.path}' ('${prop}') names none, so it can't be granted; name its namespace, or put both into one`);
    }
    return theirs;
  }
}

function checkFleets(scope: Construct, stable: IInferenceFleet, candidate: IInferenceFleet): void {
  checkFleet(scope, 'stable', stable);
  checkFleet(scope, 'candidate', candidate);
  if (stable === candidate) { fail(scope, `'stable' and 'candidate' are both '${stable.node.path}' but a rollout needs two fleets`); }
  if (stable.servedModelName !== candidate.servedModelName) {
    fail(scope, `'candidate' serves ${show(candidate.servedModelName)} but 'stable' serves ${show(stable.servedModelName)}; clients ask for one name, so give both fleets the same 'servedModelName'`);
  }
}

function checkRoute(scope: Construct, route: IModelRoute, stable: IInferenceFleet): void {
  if (typeof route?.routeName !== 'string' || typeof route.gateway !== 'object') { fail(scope, `'route' is ${show(route)} but must be the ModelRoute whose requests move`); }
  if (route.fleet !== stable) {
    fail(scope, `'route' is ${show(route.node.path)}, which leads to fleet '${route.fleet.node.path}', but 'stable' is '${stable.node.path}'; give the route of the stable fleet, which stays there until the rollout is over`);
  }
}

function checkGates(scope: Construct, stated: unknown, stable: IInferenceFleet, candidate: IInferenceFleet): CanaryGate[] {
  if (stated !== undefined && !Array.isArray(stated)) { fail(scope, `'gates' is ${show(stated)} but must be a list of CanaryGate`); }
  const gates: CanaryGate[] = stated === undefined ? defaultGates(stable, candidate) : [...stated];
  for (const gate of gates) { checkGate(scope, gate, { stable, candidate }); }
  return gates;
}
