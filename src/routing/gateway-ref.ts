import { Construct } from 'constructs';
import { fail, show } from '../errors';
import { isDnsLabel, isDnsSubdomain } from './names';
import { FleetClient } from '../fleet/fleet';
import { labelsProblem } from '../kube/labels';

/** A Gateway of Gateway API that exists, and where its proxies run. */
export interface GatewayRef {
  /** Name of the Gateway. */
  readonly name: string;
  /**
   * Namespace of the Gateway. Its listeners must allow routes from the namespace of the fleet.
   *
   * @default - the namespace of the fleet
   */
  readonly gatewayNamespace?: string;
  /**
   * Listener of the Gateway.
   *
   * @default - every listener that takes the hostnames
   */
  readonly sectionName?: string;
  /**
   * Namespace in which the Gateway's proxies run; the fleet's network policy lets them in. Envoy Gateway runs them in
   * `envoy-gateway-system` unless told otherwise, Contour in `projectcontour`.
   *
   * @default - the namespace of the Gateway
   */
  readonly proxyNamespace?: string;
  /**
   * Labels of the pods that proxy.
   *
   * @default - every pod of that namespace
   */
  readonly proxyLabels?: { [key: string]: string };
}

/** Fails unless the reference can be written. Internal. */
export function checkGateway(scope: Construct, gateway: GatewayRef): void {
  if (typeof gateway !== 'object' || gateway === null) { fail(scope, `'gateway' is ${show(gateway)} but must give at least the 'name' of a Gateway`); }
  if (!isDnsSubdomain(gateway.name)) { fail(scope, `'gateway.name' is ${show(gateway.name)} but must be the name of a Gateway: lower-case letters, digits, '-' and '.'`); }
  for (const prop of ['gatewayNamespace', 'proxyNamespace'] as const) {
    if (gateway[prop] !== undefined && !isDnsLabel(gateway[prop])) { fail(scope, `'gateway.${prop}' is ${show(gateway[prop])} but must be the name of a namespace: lower-case letters, digits and '-'`); }
  }
  if (gateway.sectionName !== undefined && !isDnsSubdomain(gateway.sectionName)) { fail(scope, `'gateway.sectionName' is ${show(gateway.sectionName)} but must be the name of a listener: lower-case letters, digits, '-' and '.'`); }
  const labels: unknown = gateway.proxyLabels ?? {};
  if (Object.prototype.toString.call(labels) !== '[object Object]') { fail(scope, `'gateway.proxyLabels' is ${show(labels)} but must map label keys to values`); }
  const problem = labelsProblem('label', labels as { [key: string]: unknown });
  if (problem) { fail(scope, `in 'gateway.proxyLabels', ${problem}`); }
}

/** The Gateway as a route names it. Internal. */
export function parentRef(gateway: GatewayRef): { group: string; kind: string; name: string; namespace?: string; sectionName?: string } {
  return { group: 'gateway.networking.k8s.io', kind: 'Gateway', name: gateway.name, namespace: gateway.gatewayNamespace, sectionName: gateway.sectionName };
}

/** The proxies of a Gateway as a fleet's network policy lets them in. Internal. */
export function proxiesOf(gateway: GatewayRef, routeNamespace: string | undefined): FleetClient {
  const namespace = gateway.proxyNamespace ?? gateway.gatewayNamespace ?? routeNamespace;
  return {
    namespaceLabels: namespace === undefined ? undefined : { 'kubernetes.io/metadata.name': namespace },
    podLabels: gateway.proxyLabels && { ...gateway.proxyLabels },
  };
}
