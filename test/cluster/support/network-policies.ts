import { BlockList, isIPv6 } from 'node:net';
import { KubeObject } from './kube-object';

/** An address that no pod has: the world's, or a node's. */
export interface Address {
  readonly ip: string;
  /** The node that has it, if one does. */
  readonly node?: string;
}

/** A connection that someone opens; answers on it are not asked about. Services do not occur: their address is a pod's before policies see it. */
export interface Connection {
  readonly from: KubeObject | Address;
  readonly to: KubeObject | Address;
  readonly port: number;
  /** @default 'TCP' */
  readonly protocol?: string;
}

/** What the API leaves to the network plugins. */
export interface Reading {
  /** Whether an `ipBlock` also stands for the pods whose addresses are in it: with some plugins it does, with others it never does. */
  readonly ipBlocksHoldPods: boolean;
}

/** Both readings; what must work has to work, and what must not has to fail, under each. */
export const READINGS: readonly Reading[] = [{ ipBlocksHoldPods: false }, { ipBlocksHoldPods: true }];

type Labels = { [key: string]: string };
type Direction = 'Ingress' | 'Egress';

/**
 * What NetworkPolicies (networking.k8s.io/v1) let through, by the API's own words: a pod that no policy selects in a direction is open in it; one
 * that policies select is closed but for the sum of their rules; a connection needs both its ends' consent.
 *
 * https://kubernetes.io/docs/concepts/services-networking/network-policies/
 */
export class NetworkPolicies {
  private readonly namespaceLabels: Map<string, Labels>;

  public constructor(private readonly policies: KubeObject[], namespaces: KubeObject[], private readonly reading: Reading = READINGS[0]) {
    this.namespaceLabels = new Map(namespaces.map(({ metadata }) => [metadata.name, metadata.labels ?? {}]));
  }

  /** Why a connection is not made, as a sentence; undefined if it is. */
  public obstacle(connection: Connection): string | undefined {
    const { from, to } = connection;
    if (isPod(from) && isPod(to) && nameOf(from) === nameOf(to)) { return undefined; } // a pod can't be cut off from itself
    return this.obstacleAt('Egress', from, to, connection) ?? this.obstacleAt('Ingress', to, from, connection);
  }

  private obstacleAt(direction: Direction, own: Connection['to'], other: Connection['to'], connection: Connection): string | undefined {
    if (!isPod(own) || own.spec.hostNetwork) { return undefined; } // policies are of pods with a network of their own
    if (!isPod(other) && other.node !== undefined && other.node === own.spec.nodeName) { return undefined; } // its own node always may
    const judging = this.policies.filter((policy) => policy.metadata.namespace === own.metadata.namespace
      && matches(policy.spec.podSelector ?? {}, labelsOf(own)) && directions(policy).includes(direction));
    if (judging.length === 0 || judging.some((policy) => this.rules(policy, direction).some((rule) => this.lets(rule, policy, other, connection)))) { return undefined; }
    return `${nameOf(connection.from)} does not reach ${nameOf(connection.to)} on ${connection.protocol ?? 'TCP'} ${connection.port}:`
      + ` no ${direction.toLowerCase()} rule of ${judging.map(({ metadata }) => metadata.name).sort().join(' or ')} lets it`;
  }

  private rules({ spec }: KubeObject, direction: Direction): { peers?: any[]; ports?: any[] }[] {
    return direction === 'Ingress'
      ? (spec.ingress ?? []).map(({ from, ports }: any) => ({ peers: from, ports }))
      : (spec.egress ?? []).map(({ to, ports }: any) => ({ peers: to, ports }));
  }

  /** No peers are all peers, and no ports all ports. */
  private lets({ peers, ports }: { peers?: any[]; ports?: any[] }, policy: KubeObject, other: Connection['to'], connection: Connection): boolean {
    return (!peers?.length || peers.some((peer) => this.isPeer(peer, policy, other)))
      && (!ports?.length || ports.some((port) => isPort(port, connection)));
  }

  private isPeer(peer: any, policy: KubeObject, other: Connection['to']): boolean {
    if (peer.ipBlock) {
      if (isPod(other) && !other.spec.hostNetwork && !this.reading.ipBlocksHoldPods) { return false; }
      const ip = isPod(other) ? other.status?.podIP : other.ip;
      return ip !== undefined && within(ip, peer.ipBlock.cidr) && !(peer.ipBlock.except ?? []).some((cidr: string) => within(ip, cidr));
    }
    if (!isPod(other) || other.spec.hostNetwork) { return false; }
    const { namespace } = other.metadata;
    return (peer.namespaceSelector ? matches(peer.namespaceSelector, this.labelsOfNamespace(namespace!)) : namespace === policy.metadata.namespace)
      && matches(peer.podSelector ?? {}, labelsOf(other));
  }

  private labelsOfNamespace(name: string): Labels {
    const labels = this.namespaceLabels.get(name);
    if (!labels) { throw new Error(`there is no namespace '${name}'`); }
    return labels;
  }
}

/** Whether a label selector selects; an empty one selects everything. */
export function matches(selector: { matchLabels?: Labels; matchExpressions?: { key: string; operator: string; values?: string[] }[] }, labels: Labels): boolean {
  return Object.entries(selector.matchLabels ?? {}).every(([key, value]) => labels[key] === value)
    && (selector.matchExpressions ?? []).every(({ key, operator, values = [] }) => {
      switch (operator) {
        case 'In': return key in labels && values.includes(labels[key]);
        case 'NotIn': return !(key in labels) || !values.includes(labels[key]);
        case 'Exists': return key in labels;
        case 'DoesNotExist': return !(key in labels);
        default: throw new Error(`'${operator}' is no operator of a label selector`);
      }
    });
}

/** What a policy rules over. One that does not say so rules over what comes in, and over what goes out if it has a rule for that. */
function directions({ spec }: KubeObject): Direction[] {
  return spec.policyTypes?.length ? spec.policyTypes : ['Ingress', ...spec.egress?.length ? ['Egress' as const] : []];
}

/** A name is looked up among the ports of the pod that is called. */
function isPort({ protocol = 'TCP', port, endPort }: { protocol?: string; port?: number | string; endPort?: number }, { to, ...called }: Connection): boolean {
  if (protocol !== (called.protocol ?? 'TCP')) { return false; }
  if (port === undefined) { return true; }
  if (typeof port === 'number') { return endPort === undefined ? called.port === port : called.port >= port && called.port <= endPort; }
  return isPod(to) && [...to.spec.containers, ...to.spec.initContainers ?? []].flatMap(({ ports }: any) => ports ?? [])
    .some((one: any) => one.name === port && one.containerPort === called.port && (one.protocol ?? 'TCP') === protocol);
}

function within(ip: string, cidr: string): boolean {
  const [network, length] = cidr.split('/');
  if (isIPv6(ip) !== isIPv6(network)) { return false; }
  const family = isIPv6(ip) ? 'ipv6' : 'ipv4';
  const block = new BlockList();
  block.addSubnet(network, Number(length), family);
  return block.check(ip, family);
}

function isPod(side: KubeObject | Address): side is KubeObject { return 'metadata' in side; }

function labelsOf({ metadata }: KubeObject): Labels { return metadata.labels ?? {}; }

function nameOf(side: KubeObject | Address): string {
  return isPod(side) ? `pod ${side.metadata.namespace}/${side.metadata.name}` : side.ip;
}
