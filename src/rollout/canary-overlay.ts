import { CanaryMirror } from './canary-mirror';
import { HeaderMatch } from './canary-preview';
import { IInferenceFleet } from '../fleet/fleet';
import { BackendRef, HTTP_ROUTE_API_VERSION, HttpRouteSpec, RouteMetadata } from '../kube/crds/http-route';
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
  /** Headers of each rule that previews the candidate. */
  readonly previews: HeaderMatch[][];
  readonly mirror?: CanaryMirror;
}

/** What of an overlay changes besides the weights. */
export interface OverlayTraffic {
  /**
   * Whether previews go to the candidate.
   *
   * @default false
   */
  readonly preview?: boolean;
  /**
   * Whether requests are copied to the candidate, where the rollout has a mirror.
   *
   * @default false
   */
  readonly mirrored?: boolean;
}

/**
 * The HTTPRoute that lies over a fleet's own during a rollout and splits the requests.
 *
 * It names the Gateway, hostnames and paths of the route beneath, and the method POST besides, by which a gateway prefers it: a match with a
 * method wins over the same path without one. So there is no gap when it comes, and when it goes the route beneath serves again.
 */
export class CanaryOverlay {
  /** @internal */
  public static _of(parts: OverlayParts): CanaryOverlay { return new CanaryOverlay(parts); }

  /** Name of the HTTPRoute. */
  public readonly name: string;
  /** Its namespace, that of the stable fleet; undefined for the default one of whoever applies the manifest. */
  public readonly namespaceName?: string;

  private constructor(private readonly parts: OverlayParts) {
    this.name = parts.metadata.name;
    this.namespaceName = parts.metadata.namespace;
  }

  /**
   * Headers of each rule that previews the candidate.
   *
   * @internal
   */
  public get _previews(): HeaderMatch[][] { return this.parts.previews; }

  /** Rules of the HTTPRoute, by index, that preview the candidate: all of their requests go to one fleet. Returns a copy. */
  public get previewRules(): number[] { return this.parts.previews.map((_, i) => i + 1); }

  /**
   * The HTTPRoute in wire form.
   *
   * @param candidateWeight requests of 1,000 that the candidate gets
   */
  public toHttpRoute(candidateWeight: number, traffic: OverlayTraffic = {}): any {
    const { route, stable, candidate, requestSeconds, previews, mirror } = this.parts;
    const timeout = duration(requestSeconds);
    const foreign = candidate.namespaceName === this.namespaceName ? undefined : candidate.namespaceName;
    const [one, other]: BackendRef[] = [
      { name: stable.serviceName, port: stable.servicePort },
      { name: candidate.serviceName, namespace: foreign, port: candidate.servicePort },
    ];
    const rule = (weight: number) => ({
      timeouts: { request: timeout, backendRequest: timeout },
      backendRefs: [{ ...one, weight: WEIGHT_BASE - weight }, { ...other, weight }],
    });
    const matches = route.paths.map((path) => ({ ...pathMatch(path), method: 'POST' }));
    const filters = mirror && traffic.mirrored
      ? [{ type: 'RequestMirror' as const, requestMirror: { backendRef: other, ...mirror.percentage < 100 ? { percent: mirror.percentage } : {} } }]
      : undefined;
    const spec: HttpRouteSpec = {
      parentRefs: [parentRef(route.gateway)],
      hostnames: route.hostnames,
      rules: [
        { matches, filters, ...rule(candidateWeight) },
        ...previews.map((headers) => ({
          matches: headers.flatMap((header) => matches.map((match) => ({ ...match, headers: [header] }))),
          ...rule(traffic.preview ? WEIGHT_BASE : 0),
        })),
      ],
    };
    return { apiVersion: HTTP_ROUTE_API_VERSION, kind: 'HTTPRoute', metadata: this.parts.metadata, spec };
  }
}
