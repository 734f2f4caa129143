import { Duration } from 'cdk8s';
import { Construct, IConstruct } from 'constructs';
import { checkFleet, namespaceOfRoute, requestSeconds } from './backends';
import { checkGateway, GatewayRef, parentRef, proxiesOf } from './gateway-ref';
import { checkHostnames, checkPaths, claimHostnames, OPENAI_PATHS, pathMatch } from './hostnames';
import { isDnsSubdomain } from './names';
import { fail, show } from '../errors';
import { IInferenceFleet } from '../fleet/fleet';
import { httpRoute } from '../kube/crds/http-route';
import { duration } from '../kube/durations';
import { APP_MANAGED_BY_LABEL, FLEET_LABEL, labelValue, MODEL_LABEL } from '../kube/labels';
import { nameOf } from '../kube/names';

/** Properties for `ModelRoute`. */
export interface ModelRouteProps {
  /** The fleet that answers. */
  readonly fleet: IInferenceFleet;
  /** Hostnames that clients use, e.g. `llm.example.com`; 1 to 16. */
  readonly hostnames: string[];
  /** The Gateway that takes their requests. */
  readonly gateway: GatewayRef;
  /**
   * Paths that are let through; one that ends with `/*` lets everything below through. An inference server has paths that
   * its API key does not guard (tokenizing, scoring, pausing), so they are listed one by one.
   *
   * @default - the paths of the OpenAI API: chat completions, completions, embeddings, models, responses
   */
  readonly paths?: string[];
  /**
   * Longest time that one request may take, streams included.
   *
   * @default - the longest request by the fleet's plan
   */
  readonly requestTimeout?: Duration;
  /**
   * Name of the HTTPRoute.
   *
   * @default - derived from the construct's path
   */
  readonly routeName?: string;
}

/** Sends the requests for some hostnames to one fleet. */
export interface IModelRoute extends IConstruct {
  /** The fleet that answers. */
  readonly fleet: IInferenceFleet;
  /** The Gateway that takes the requests. */
  readonly gateway: GatewayRef;
  /** Hostnames that clients use. */
  readonly hostnames: string[];
  /** Paths that are let through; one that ends with `/*` lets everything below through. */
  readonly paths: string[];
  /** Longest time that one request may take. */
  readonly requestTimeout: Duration;
  /** Name of the HTTPRoute. */
  readonly routeName: string;
}

/**
 * Sends the requests for a hostname to a fleet: an HTTPRoute, and the hole in the fleet's network policy that it takes.
 *
 * The route states its timeouts, because gateways cut answers and streams at 15 s without them. One more limit is not a
 * route's to set: Envoy under Contour also cuts a stream that says nothing for five minutes (a queue, a long prompt), unless
 * Contour's own configuration has `timeouts.stream-idle-timeout: infinity`.
 */
export class ModelRoute extends Construct implements IModelRoute {
  public readonly fleet: IInferenceFleet;
  /** Name of the HTTPRoute. */
  public readonly routeName: string;
  /** Longest time that one request may take. */
  public readonly requestTimeout: Duration;
  private readonly hosts: string[];
  private readonly open: string[];
  private readonly of: GatewayRef;

  /** @throws when a hostname or path is not one, or another route of the app has the same ones. */
  constructor(scope: Construct, id: string, props: ModelRouteProps) {
    super(scope, id);
    if (typeof props !== 'object' || props === null) { fail(this, `the props of a ModelRoute are ${show(props)} but must give 'fleet', 'hostnames' and 'gateway'`); }
    const { fleet, gateway } = props;
    checkFleet(this, 'fleet', fleet);
    checkGateway(this, gateway);
    this.fleet = fleet;
    this.of = copyOf(gateway);
    this.hosts = checkHostnames(this, props.hostnames);
    this.open = checkPaths(this, props.paths ?? OPENAI_PATHS);
    const namespace = namespaceOfRoute(this, fleet);
    this.routeName = checkRouteName(this, 'routeName', props.routeName, namespace);
    const seconds = requestSeconds(this, props.requestTimeout, [fleet]);
    this.requestTimeout = Duration.seconds(seconds);
    claimHostnames(this, gateway, namespace, this.hosts, this.open);

    const labels = {
      [APP_MANAGED_BY_LABEL]: 'cdk8s-inference',
      [FLEET_LABEL]: labelValue(fleet.workloadName),
      [MODEL_LABEL]: labelValue(fleet.servedModelName),
    };
    httpRoute(this, 'Resource', { name: this.routeName, namespace, labels }, {
      parentRefs: [parentRef(gateway)],
      hostnames: this.hostnames,
      rules: [{
        matches: this.open.map(pathMatch),
        timeouts: { request: duration(seconds), backendRequest: duration(seconds) },
        backendRefs: [{ name: fleet.serviceName, port: fleet.servicePort }],
      }],
    });
    fleet.addClient(proxiesOf(gateway, namespace));
  }

  /** The Gateway that takes the requests. Returns a copy. */
  public get gateway(): GatewayRef { return copyOf(this.of); }

  /** Hostnames that clients use. Returns a copy. */
  public get hostnames(): string[] { return [...this.hosts]; }

  /** Paths that are let through. Returns a copy. */
  public get paths(): string[] { return [...this.open]; }
}

function copyOf(gateway: GatewayRef): GatewayRef { return { ...gateway, proxyLabels: gateway.proxyLabels && { ...gateway.proxyLabels } }; }

/** Names of the routes of an app, by namespace, and whose they are. */
const names = new WeakMap<IConstruct, Map<string, string>>();

/** The stated name of a route, if it is one that no other route of its namespace has, else one of its own. Internal. */
export function checkRouteName(scope: Construct, prop: string, stated: unknown, namespace: string | undefined): string {
  if (stated !== undefined && !isDnsSubdomain(stated)) { fail(scope, `'${prop}' is ${show(stated)} but must be lower-case letters, digits, '-' and '.', at most 253`); }
  const name = stated ?? nameOf(scope);
  const taken = names.get(scope.node.root) ?? new Map<string, string>();
  names.set(scope.node.root, taken);
  const key = JSON.stringify([namespace ?? '', name]);
  if (taken.has(key)) { fail(scope, `'${prop}' is '${name}' but so is that of ${show(taken.get(key))} in the same namespace; give each route a name of its own`); }
  taken.set(key, scope.node.path);
  return name;
}
