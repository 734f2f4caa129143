import { IInferenceFleet } from '../fleet/fleet';
import { HTTP_ROUTE_API_VERSION, HttpRouteSpec, RouteMetadata } from '../kube/crds/http-route';
import { duration } from '../kube/durations';
import { parentRef } from '../routing/gateway-ref';
import { pathMatch } from '../routing/hostnames';
import { IModelRoute } from '../routing/model-route';

/** What all weights add up to: a tenth of a percent is 1. Internal. */
export const WEIGHT_BASE = 1000;

/** What an overlay is made of. Internal. */
export interface OverlayParts {
  readonly metadata: RouteMetadata;
  readonly route: IModelRoute;
  readonly stable: IInferenceFleet;
  readonly candidate: IInferenceFleet;
  readonly requestSeconds: number;
}

/**
 * The HTTPRoute that lies over a fleet's own during a rollout and splits the requests.
 *
 * It names the Gateway, hostnames and paths of the route beneath, and the method POST besides, by which a gateway prefers it: a match with a
 * method wins over the same path without one. So there is no gap when it comes, and when it goes the route beneath serves again.
 */
export class CanaryOverlay {
  /** Name of the HTTPRoute. */
  public readonly name: string;
  /** Its namespace, that of the stable fleet; undefined for the default one of whoever applies the manifest. */
  public readonly namespaceName?: string;

  /** @internal */
  public constructor(private readonly parts: OverlayParts) {
    this.name = parts.metadata.name;
    this.namespaceName = parts.metadata.namespace;
  }

  /**
   * The HTTPRoute in wire form.
   *
   * @param candidateWeight requests of 1,000 that the candidate gets
   */
  public toHttpRoute(candidateWeight: number): any {
    const { route, stable, candidate, requestSeconds } = this.parts;
    const timeout = duration(requestSeconds);
    const foreign = candidate.namespaceName === this.namespaceName ? undefined : candidate.namespaceName;
    const spec: HttpRouteSpec = {
      parentRefs: [parentRef(route.gateway)],
      hostnames: route.hostnames,
      rules: [{
        matches: route.paths.map((path) => ({ ...pathMatch(path), method: 'POST' })),
        timeouts: { request: timeout, backendRequest: timeout },
        backendRefs: [
          { name: stable.serviceName, port: stable.servicePort, weight: WEIGHT_BASE - candidateWeight },
          { name: candidate.serviceName, namespace: foreign, port: candidate.servicePort, weight: candidateWeight },
        ],
      }],
    };
    return { apiVersion: HTTP_ROUTE_API_VERSION, kind: 'HTTPRoute', metadata: this.parts.metadata, spec };
  }
}
