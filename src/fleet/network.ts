import { FleetClient } from './fleet';
import { sortedLabels } from '../kube/labels';
import { NetworkPeer, NetworkPolicySpec, NetworkPort } from '../kube/network-policy';

/** Who may talk to a fleet, and to whom it may talk. */
export interface FleetNetwork {
  /**
   * Pods that may call the fleet: a gateway, applications.
   *
   * @default - nobody but the clients added with `addClient`; a canary's gateway is added by the canary
   */
  readonly clients?: FleetClient[];
  /**
   * Labels of the namespace in which the cluster's DNS servers run.
   *
   * @default - { 'kubernetes.io/metadata.name': 'kube-system' }
   */
  readonly dnsNamespaceLabels?: { [key: string]: string };
  /**
   * Port on which the DNS servers' pods listen (OpenShift's: 5353).
   *
   * @default 53
   */
  readonly dnsPort?: number;
  /**
   * Gives groups over several nodes the pool's RDMA devices; `false` leaves them to talk over TCP.
   *
   * @default true
   */
  readonly rdma?: boolean;
  /**
   * Label of the nodes whose value all pods of a group share: the reach of the network between them. Nodes without it hold no group;
   * where nodes carry no zone, name a label that they do carry (a rack's, the pool's own).
   *
   * @default 'topology.kubernetes.io/zone'
   */
  readonly groupTopologyKey?: string;
  /**
   * Writes NetworkPolicies: everything is denied but what the fleet needs. `false` leaves the network open, for clusters that
   * control it by other means.
   *
   * @default true
   */
  readonly policies?: boolean;
}

/** Where NodeLocal DNSCache listens: on the node, out of reach of pod selectors. */
const NODE_LOCAL_DNS = '169.254.20.10/32';
const LINK_LOCAL = '169.254.0.0/16';
const AWS_METADATA_V6 = 'fd00:ec2::/32';
/** Every address but the node's own. */
export const EVERYWHERE: NetworkPeer[] = [
  { ipBlock: { cidr: '0.0.0.0/0', except: [LINK_LOCAL] } },
  { ipBlock: { cidr: '::/0', except: [AWS_METADATA_V6, 'fe80::/10'] } },
];

/** Pods that may call, as a peer of a NetworkPolicy. */
export function clientPeer(client: FleetClient): NetworkPeer {
  const { namespaceLabels, podLabels } = client;
  return {
    ...(namespaceLabels ? { namespaceSelector: { matchLabels: sortedLabels(namespaceLabels) } } : {}),
    ...(podLabels || !namespaceLabels ? { podSelector: podLabels ? { matchLabels: sortedLabels(podLabels) } : {} } : {}),
  };
}

/** What serving pods call for their weights. */
export interface WeightsEgress {
  readonly egressPorts: number[];
  readonly metadataEndpoints: { readonly cidr: string; readonly port: number }[];
}

/** The way to the name servers: the cluster's, and a node's cache. */
export function dnsEgress(network: FleetNetwork): { to: NetworkPeer[]; ports: NetworkPort[] } {
  const port = network.dnsPort ?? 53;
  return {
    to: [
      { namespaceSelector: { matchLabels: { ...network.dnsNamespaceLabels ?? { 'kubernetes.io/metadata.name': 'kube-system' } } } },
      { ipBlock: { cidr: NODE_LOCAL_DNS } },
    ],
    ports: [{ protocol: 'UDP', port }, tcp(port)],
  };
}

/** All pods of a fleet: nothing in or out but DNS, the weights' source, and (in groups) each other. */
export function isolation(network: FleetNetwork, selector: { [key: string]: string }, egress: WeightsEgress, grouped: boolean): NetworkPolicySpec {
  const own: NetworkPeer = { podSelector: { matchLabels: selector } };
  const ports = [...new Set(egress.egressPorts)].sort((a, b) => a - b).map(tcp);
  return {
    podSelector: { matchLabels: selector },
    policyTypes: ['Ingress', 'Egress'],
    ...(grouped ? { ingress: [{ from: [own] }] } : {}), // the API server drops an empty list: applying it again would be a change
    egress: [
      dnsEgress(network),
      ...(ports.length ? [{ to: EVERYWHERE, ports }] : []),
      ...egress.metadataEndpoints.map(({ cidr, port }) => ({ to: [{ ipBlock: { cidr } }], ports: [tcp(port)] })),
      ...(grouped ? [{ to: [own] }] : []),
    ],
  };
}

/** The pods that serve: clients and Prometheus on the serving port. */
export function servingHoles(selector: { [key: string]: string }, peers: NetworkPeer[], port: number): NetworkPolicySpec {
  return {
    podSelector: { matchLabels: selector },
    policyTypes: ['Ingress'],
    ...(peers.length ? { ingress: [{ from: peers, ports: [tcp(port)] }] } : {}),
  };
}

function tcp(port: number): NetworkPort { return { protocol: 'TCP', port }; }
