import { ApiObject } from 'cdk8s';
import { Construct } from 'constructs';

export const HTTP_ROUTE_API_VERSION = 'gateway.networking.k8s.io/v1';

/** A Service that a rule sends requests to. */
export interface BackendRef { name: string; namespace?: string; port: number; weight?: number }

/** The fields of an HTTPRoute that this library writes, in wire form. Internal. */
export interface HttpRouteSpec {
  parentRefs: { group: string; kind: string; name: string; namespace?: string; sectionName?: string }[];
  hostnames: string[];
  rules: {
    matches: {
      path: { type: 'Exact' | 'PathPrefix'; value: string };
      method?: string;
      headers?: { type: 'Exact' | 'RegularExpression'; name: string; value: string }[];
    }[];
    filters?: { type: 'RequestMirror'; requestMirror: { backendRef: BackendRef; percent?: number } }[];
    /** Always written: without it gateways cut answers and streams at 15 s. */
    timeouts: { request: string; backendRequest: string };
    backendRefs: BackendRef[];
  }[];
}

/** Name, namespace and labels of the object. */
export interface RouteMetadata { name: string; namespace?: string; labels: { [key: string]: string } }

/** Writes an HTTPRoute. */
export function httpRoute(scope: Construct, id: string, metadata: RouteMetadata, spec: HttpRouteSpec): ApiObject {
  return new ApiObject(scope, id, { apiVersion: HTTP_ROUTE_API_VERSION, kind: 'HTTPRoute', metadata, spec });
}
