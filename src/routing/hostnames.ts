import { Construct, IConstruct } from 'constructs';
import { fail, show } from '../errors';
import { GatewayRef } from './gateway-ref';
import { isDnsSubdomain } from './names';

/** Paths of the OpenAI API that clients of a model need; everything else that a server offers stays closed. Internal. */
export const OPENAI_PATHS: readonly string[] = ['/v1/chat/completions', '/v1/completions', '/v1/embeddings', '/v1/models', '/v1/responses'];

/** A path as a route matches it. Internal. */
export interface PathMatch { path: { type: 'Exact' | 'PathPrefix'; value: string } }

/** Checks hostnames and gives a copy. Internal. */
export function checkHostnames(scope: Construct, hostnames: unknown): string[] {
  if (!Array.isArray(hostnames) || hostnames.length === 0 || hostnames.length > 16) { fail(scope, `'hostnames' is ${show(hostnames)} but must list 1 to 16 hostnames`); }
  for (const hostname of hostnames) {
    const bare = typeof hostname === 'string' ? hostname.replace(/^\*\./, '') : hostname;
    if (!isDnsSubdomain(bare) || hostname.length > 253 || /^[\d.]+$/.test(bare)) {
      fail(scope, `'hostnames' has ${show(hostname)} but a hostname is a DNS name in lower case, e.g. 'llm.example.com' or '*.llm.example.com'`);
    }
  }
  const twice = hostnames.find((hostname, i) => hostnames.indexOf(hostname) !== i);
  if (twice !== undefined) { fail(scope, `'hostnames' names ${show(twice)} twice`); }
  return [...hostnames];
}

/** Checks paths and gives a copy. Internal. */
export function checkPaths(scope: Construct, paths: unknown): string[] {
  if (!Array.isArray(paths) || paths.length === 0 || paths.length > 64) { fail(scope, `'paths' is ${show(paths)} but must list 1 to 64 paths`); }
  for (const path of paths) {
    const value = typeof path === 'string' && path.endsWith('/*') ? path.slice(0, -1) : path;
    const legal = typeof value === 'string' && value.length <= 1024 && /^\/(?:[-A-Za-z0-9/._~!$&'()+,;=:@]|%[0-9a-fA-F]{2})*$/.test(value)
      && !/\/\/|\/\.\.?(\/|$)|%2f/i.test(value);
    if (!legal) { fail(scope, `'paths' has ${show(path)} but a path is absolute and plain, e.g. '/v1/chat/completions', or '/v1/*' for everything below`); }
  }
  const twice = paths.find((path, i) => paths.indexOf(path) !== i);
  if (twice !== undefined) { fail(scope, `'paths' names ${show(twice)} twice`); }
  return [...paths];
}

/** A path, or everything below one that ends with an asterisk, in wire form. Internal. */
export function pathMatch(path: string): PathMatch {
  return path.endsWith('/*')
    ? { path: { type: 'PathPrefix', value: path.slice(0, -2) || '/' } }
    : { path: { type: 'Exact', value: path } };
}

/** Who routes a hostname, at which listener, with which path. */
interface Claim { readonly path: string; readonly sectionName?: string; readonly by: string }

const claims = new WeakMap<IConstruct, Map<string, Claim[]>>();

/**
 * Notes which hostnames a route serves. Of two routes for the same requests a gateway lets the older one win and says
 * nothing, so a second one in the same app is refused. Internal.
 */
export function claimHostnames(
  scope: Construct, gateway: GatewayRef, routeNamespace: string | undefined, hostnames: string[], paths: string[],
): void {
  const taken = claims.get(scope.node.root) ?? new Map<string, Claim[]>();
  claims.set(scope.node.root, taken);
  for (const hostname of hostnames) {
    const key = JSON.stringify([gateway.gatewayNamespace ?? routeNamespace ?? '', gateway.name, hostname]);
    const earlier = taken.get(key) ?? [];
    const same = earlier.find((claim) => paths.includes(claim.path)
      && (claim.sectionName === undefined || gateway.sectionName === undefined || claim.sectionName === gateway.sectionName));
    if (same) {
      fail(scope, `hostname '${hostname}' with path '${same.path}' is routed at gateway '${gateway.name}' by ${show(same.by)} already; keep one of the two, or give one another hostname`);
    }
    taken.set(key, [...earlier, ...paths.map((path) => ({ path, sectionName: gateway.sectionName, by: scope.node.path }))]);
  }
}
