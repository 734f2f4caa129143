import { Duration } from 'cdk8s';
import { Construct } from 'constructs';
import { CanaryGate, checkGate, defaultGates } from './canary-gate';
import { budgetProblem, CanaryStep, canarySteps, checkSteps, poolProblem } from './canary-steps';
import { TrafficShift } from './traffic-shift';
import { fail, numberProblem, show } from '../errors';
import { IInferenceFleet } from '../fleet/fleet';
import { httpRoute } from '../kube/crds/http-route';
import { referenceGrant } from '../kube/crds/reference-grant';
import { duration } from '../kube/durations';
import { APP_MANAGED_BY_LABEL, labelValue, MODEL_LABEL } from '../kube/labels';
import { nameOf } from '../kube/names';
import { checkFleet, namespaceOfRoute, requestSeconds } from '../routing/backends';
import { checkGateway, GatewayRef, parentRef, proxiesOf } from '../routing/gateway-ref';
import { checkHostnames, checkPaths, claimHostnames, OPENAI_PATHS, pathMatch } from '../routing/hostnames';
import { checkRouteName } from '../routing/model-route';

/** Properties for `ModelCanary`. */
export interface ModelCanaryProps {
  /** The fleet that serves today. */
  readonly stable: IInferenceFleet;
  /** The fleet that may take over. It serves under the same model name. */
  readonly candidate: IInferenceFleet;
  /** Hostnames that clients use, e.g. `llm.example.com`; 1 to 16. */
  readonly hostnames: string[];
  /** The Gateway that takes their requests. */
  readonly gateway: GatewayRef;
  /**
   * How traffic moves.
   *
   * @default - 1, 5, 25, 50 and 100 percent, ten minutes apart
   */
  readonly shift?: TrafficShift;
  /**
   * The step in force: 0 sends nothing to the candidate yet and starts its first replicas, 1 is the first share of the shift,
   * and so on. The next step is a change of this number, in a commit of its own once the candidate's replicas are ready.
   *
   * @default 0
   */
  readonly step?: number;
  /**
   * What must hold for the next step. Each is checked to be something that both engines measure; nothing reads the values
   * yet, so whoever changes `step` looks at them.
   *
   * @default - errors below 1 %, and time to first token, time per output token and time in queue (95th percentiles) at most
   * 1.3 times those of the stable fleet; those of them that both engines measure
   */
  readonly gates?: CanaryGate[];
  /**
   * Most GPUs that both fleets may take together at any step.
   *
   * @default - what their pools hold
   */
  readonly gpuBudget?: number;
  /**
   * Paths that are let through; one that ends with `/*` lets everything below through.
   *
   * @default - the paths of the OpenAI API: chat completions, completions, embeddings, models, responses
   */
  readonly paths?: string[];
  /**
   * Longest time that one request may take, streams included.
   *
   * @default - the longest request by the plans of both fleets
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
   * Name of the HTTPRoute.
   *
   * @default - derived from the construct's path
   */
  readonly routeName?: string;
}

/** What all weights add up to: a tenth of a percent is 1. */
const WEIGHT_BASE = 1000;

/**
 * Puts two fleets behind one hostname and moves traffic from the one to the other, step by step.
 *
 * It emits an HTTPRoute with weights, a ReferenceGrant where the candidate lives in another namespace, and sets how many
 * replicas the candidate runs: in each step those that the next one takes, so that capacity is there before its traffic. The
 * stable fleet keeps its full size to the end. A rollout of which the pools or the budget can't hold a step is refused.
 */
export class ModelCanary extends Construct {
  /** The fleet that serves today. */
  public readonly stable: IInferenceFleet;
  /** The fleet that may take over. */
  public readonly candidate: IInferenceFleet;
  /** Index in `steps` of the step in force. */
  public readonly step: number;
  /** Most GPUs that both fleets may take together; undefined if only their pools bound them. */
  public readonly gpuBudget?: number;
  /** Longest time that one request may take. */
  public readonly requestTimeout: Duration;
  /** Name of the HTTPRoute. */
  public readonly routeName: string;
  private readonly hosts: string[];
  private readonly allSteps: CanaryStep[];
  private readonly allGates: CanaryGate[];

  /** @throws when the fleets, the steps, the gates or the GPUs can't make a rollout. */
  constructor(scope: Construct, id: string, props: ModelCanaryProps) {
    super(scope, id);
    if (typeof props !== 'object' || props === null) { fail(this, `the props of a ModelCanary are ${show(props)} but must give 'stable', 'candidate', 'hostnames' and 'gateway'`); }
    const { stable, candidate, gateway } = props;
    checkFleets(this, stable, candidate);
    checkGateway(this, gateway);
    this.stable = stable;
    this.candidate = candidate;
    this.hosts = checkHostnames(this, props.hostnames);
    const paths = checkPaths(this, props.paths ?? OPENAI_PATHS);
    const seconds = requestSeconds(this, props.requestTimeout, [stable, candidate]);
    this.requestTimeout = Duration.seconds(seconds);

    const shift = props.shift ?? TrafficShift.steps([1, 5, 25, 50, 100].map((percentage) => ({ percentage })));
    if (typeof shift?.bind !== 'function') { fail(this, `'shift' is ${show(shift)} but must be a TrafficShift, e.g. TrafficShift.linear({ … })`); }
    this.allSteps = canarySteps({ stable, candidate }, checkSteps(this, shift.bind(this)));
    this.step = checkStep(this, props.step ?? 0, this.allSteps);
    const both: unknown = props.keepBothWeighted ?? false;
    if (typeof both !== 'boolean') { fail(this, `'keepBothWeighted' is ${show(both)} but must be true or false`); }
    this.gpuBudget = props.gpuBudget;
    this.checkGpus();
    if (props.gates !== undefined && !Array.isArray(props.gates)) { fail(this, `'gates' is ${show(props.gates)} but must be a list of CanaryGate`); }
    this.allGates = [];
    for (const gate of props.gates ?? defaultGates([stable.engine, candidate.engine])) { this.addGate(gate); }

    const namespace = namespaceOfRoute(this, stable);
    this.routeName = checkRouteName(this, props.routeName, namespace);
    claimHostnames(this, gateway, namespace, this.hosts, paths);
    const labels = { [APP_MANAGED_BY_LABEL]: 'cdk8s-inference', [MODEL_LABEL]: labelValue(stable.servedModelName) };
    const foreign = this.namespaceOfCandidate();
    const share = this.weight(both);
    httpRoute(this, 'Resource', { name: this.routeName, namespace, labels }, {
      parentRefs: [parentRef(gateway)],
      hostnames: this.hostnames,
      rules: [{
        matches: paths.map(pathMatch),
        timeouts: { request: duration(seconds), backendRequest: duration(seconds) },
        backendRefs: [
          { name: stable.serviceName, port: stable.servicePort, weight: WEIGHT_BASE - share },
          { name: candidate.serviceName, namespace: foreign, port: candidate.servicePort, weight: share },
        ],
      }],
    });
    if (foreign !== undefined) {
      referenceGrant(this, 'Grant', { name: nameOf(this), namespace: foreign, labels }, {
        from: [{ group: 'gateway.networking.k8s.io', kind: 'HTTPRoute', namespace: namespace! }],
        to: [{ group: '', kind: 'Service', name: candidate.serviceName }],
      });
    }
    for (const fleet of [stable, candidate]) { fleet.addClient(proxiesOf(gateway, namespace)); }
    candidate.runReplicas(this.allSteps[this.step].candidateReplicas);
  }

  /** Every step of the rollout, from none to all of the traffic; `step` is an index into it. Returns a copy. */
  public get steps(): CanaryStep[] { return this.allSteps.map((step) => ({ ...step })); }

  /** What must hold for the next step. Returns a copy; use `addGate` to add one. */
  public get gates(): CanaryGate[] { return [...this.allGates]; }

  /** Hostnames that clients use. Returns a copy. */
  public get hostnames(): string[] { return [...this.hosts]; }

  /**
   * Adds a gate.
   *
   * @throws when one of the engines does not measure its signal.
   */
  public addGate(gate: CanaryGate): void {
    checkGate(this, gate, { stable: this.stable, candidate: this.candidate });
    this.allGates.push(gate);
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

  /** Weight of the candidate in the step in force. */
  private weight(keepBoth: boolean): number {
    const weight = Math.round(this.allSteps[this.step].percentage * WEIGHT_BASE / 100);
    return keepBoth && this.step > 0 ? Math.min(Math.max(weight, 1), WEIGHT_BASE - 1) : weight;
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

function checkStep(scope: Construct, step: unknown, steps: CanaryStep[]): number {
  if (typeof step === 'number' && Number.isInteger(step) && step >= 0 && step < steps.length) { return step; }
  const listed = steps.map(({ percentage }, i) => `${i} (${percentage} %)`);
  const shown = listed.length > 8 ? [...listed.slice(0, 6), '…', listed[listed.length - 1]] : listed;
  return fail(scope, `'step' is ${show(step)} but this rollout has the steps ${shown.join(', ')}; use one of them`);
}
