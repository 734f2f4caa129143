import { KubeObject } from './kube-object';
import { Address, Connection } from './network-policies';

/** A fleet in a cluster, as far as connections are concerned. */
export interface ConnectedFleet {
  readonly name: string;
  /** The pods that serve, and those that only work for them. */
  readonly serving: KubeObject[];
  readonly workers: KubeObject[];
  readonly port: number;
  /** Pods of the gateway that routes to the fleet, if one does. */
  readonly gateway?: KubeObject;
  /** Ports of the world that serving pods read their weights from. */
  readonly weightsPorts: number[];
  /** Where they ask for their identity, if they do. */
  readonly identity?: Connection['to'];
  /** The pod that downloads the weights, and the port of the hub, if one does. */
  readonly download?: { readonly pod: KubeObject; readonly port: number };
}

/** Everyone else in the cluster. */
export interface Surroundings {
  readonly prometheus: KubeObject;
  readonly dns: KubeObject;
  /** Pods that have nothing to do with fleets, in other namespaces and in the fleets' own; and a gateway that routes to none. */
  readonly strangers: KubeObject[];
  /** Pods of other fleets. */
  readonly others: KubeObject[];
}

const INTERNET: Address[] = [{ ip: '93.184.216.34' }, { ip: '2606:2800:220:1::1' }];
/** What hands out a node's identity: AWS, GCP and Azure, AWS by IPv6, ECS. */
const METADATA: Address[] = [{ ip: '169.254.169.254' }, { ip: 'fd00:ec2::254' }, { ip: '169.254.170.2' }];
const NODE_LOCAL_DNS: Address = { ip: '169.254.20.10' };
/** The API server behind its Service, and a node that is none of the pods'. */
const INFRASTRUCTURE: Address[] = [{ ip: '10.0.0.1' }, { ip: '10.63.0.99', node: 'elsewhere' }];
/** Ports on which nobody offers anything to clients: a shell, the kubelet, and what engines talk to each other on. */
const PRIVATE_PORTS = [22, 10250, 29500];

const each = <T>(froms: Connection['from'][], tos: Connection['to'][], ports: number[], more: T) =>
  froms.flatMap((from) => tos.flatMap((to) => ports.filter(() => from !== to).map((port) => ({ from, to, port, ...more }))));
const tcp = (froms: Connection['from'][], tos: Connection['to'][], ports: number[]) => each(froms, tos, ports, {});
const udp = (froms: Connection['from'][], tos: Connection['to'][], ports: number[]) => each(froms, tos, ports, { protocol: 'UDP' });

/** Connections that a fleet can't do without. */
export function neededBy({ serving, workers, port, gateway, weightsPorts, identity, download }: ConnectedFleet, { prometheus, dns }: Surroundings): Connection[] {
  const own = [...serving, ...workers];
  const resolving = [...own, ...download ? [download.pod] : []];
  return [
    ...gateway ? tcp([gateway], serving, [port]) : [],
    ...tcp([prometheus], serving, [port]),
    ...serving.flatMap((pod) => tcp([{ ip: '10.63.0.1', node: pod.spec.nodeName }], [pod], [port])), // the kubelet's probes
    ...udp(resolving, [dns, NODE_LOCAL_DNS], [53]),
    ...tcp(resolving, [dns, NODE_LOCAL_DNS], [53]),
    ...workers.length ? own.flatMap((pod) => tcp([pod], own.filter((other) => groupOf(other) === groupOf(pod)), [29500, 41234])) : [],
    ...workers.length ? own.flatMap((pod) => udp([pod], own.filter((other) => groupOf(other) === groupOf(pod)), [4791])) : [],
    ...tcp(own, INTERNET, weightsPorts),
    ...identity ? tcp(own, [identity], [80]) : [],
    ...download ? tcp([download.pod], INTERNET, [download.port]) : [],
  ];
}

/** Connections that nobody should be able to make to a fleet or from it. */
export function deniedTo(fleet: ConnectedFleet, { prometheus, dns, strangers, others }: Surroundings): Connection[] {
  const { serving, workers, port, gateway, weightsPorts, download } = fleet;
  const own = [...serving, ...workers];
  const mine = [...own, ...download ? [download.pod] : []];
  const clients = [prometheus, ...gateway ? [gateway] : []];
  return [
    // in
    ...tcp([...strangers, ...others, dns, ...download ? [download.pod] : []], own, [port, ...PRIVATE_PORTS]),
    ...tcp([...INTERNET, ...INFRASTRUCTURE], own, [port, ...PRIVATE_PORTS]),
    ...tcp(clients, serving, PRIVATE_PORTS),
    ...udp(clients, serving, [port]),
    ...tcp(clients, workers, [port, ...PRIVATE_PORTS]),
    ...download ? tcp([...strangers, ...others, ...own, ...clients, ...INTERNET], [download.pod], [port, 443, ...PRIVATE_PORTS]) : [],
    // out
    ...tcp(own, INTERNET, [80, 443, 6443, port].filter((other) => !weightsPorts.includes(other))),
    ...udp(own, INTERNET, [443, 53]), // HTTP/3, and names smuggled past the name servers
    ...tcp(mine, METADATA, [80, 443]),
    ...tcp(own, [...strangers, ...others, ...clients], [80, port, ...PRIVATE_PORTS]),
    ...tcp(own, INFRASTRUCTURE, [6443, ...PRIVATE_PORTS]),
    ...tcp(own, [dns], [80, port]),
    ...download ? tcp([download.pod], [...own, ...strangers, ...others, ...clients], [80, port, ...PRIVATE_PORTS]) : [],
    ...download ? tcp([download.pod], INTERNET, [22, 25]) : [],
  ];
}

function groupOf({ metadata }: KubeObject): string { return metadata.labels['leaderworkerset.sigs.k8s.io/group-key']; }
