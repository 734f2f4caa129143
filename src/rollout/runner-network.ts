/** Whom the runner may talk to. Internal. */
import { Construct } from 'constructs';
import { RunnerNetwork } from './runner-driver-options';
import { METRICS_PORT } from './runner-job';
import { fail, numberProblem, show } from '../errors';
import { clientPeer, dnsEgress, EVERYWHERE } from '../fleet/network';
import { NetworkPeer, NetworkPolicySpec, NetworkPort } from '../kube/network-policy';
import { FleetMonitoring } from '../observability/fleet-monitoring';

const API_SERVER_PORTS = [443, 6443];

/** What the policy depends on. */
export interface RunnerTraffic {
  readonly podLabels: { [key: string]: string };
  readonly prometheusUrl: string;
  /** Namespace of the runner. */
  readonly namespace: string;
  readonly network: RunnerNetwork;
  readonly monitoring: FleetMonitoring;
}

/** Out to the API server, Prometheus and name servers; in from Prometheus. */
export function runnerPolicy(scope: Construct, { podLabels, prometheusUrl, namespace, network, monitoring }: RunnerTraffic): NetworkPolicySpec {
  const cidrs = checkCidrs(scope, network.apiServerCidrs);
  const ports = checkPorts(scope, network.apiServerPorts ?? API_SERVER_PORTS);
  const prometheus = prometheusPeers(prometheusUrl, namespace);
  const port = network.prometheusPodPort ?? portOf(prometheusUrl);
  checkPorts(scope, [port], 'prometheusPodPort');
  return {
    podSelector: { matchLabels: podLabels },
    policyTypes: ['Ingress', 'Egress'],
    ...monitoring.enabled === false ? {} : {
      ingress: [{ from: [clientPeer({ namespaceLabels: monitoring.namespaceLabels ?? { 'kubernetes.io/metadata.name': 'monitoring' } })], ports: [tcp(METRICS_PORT)] }],
    },
    egress: [
      dnsEgress(network),
      { to: cidrs === undefined ? EVERYWHERE : cidrs.map((cidr) => ({ ipBlock: { cidr } })), ports: ports.map(tcp) },
      { to: prometheus ?? EVERYWHERE, ports: [tcp(port)] },
    ],
  };
}

/** The namespace of a Service of the cluster; undefined for an address outside. */
function prometheusPeers(url: string, own: string): NetworkPeer[] | undefined {
  const labels = new URL(url).hostname.split('.');
  const isService = labels.length === 1 || labels.length === 2 || labels[2] === 'svc';
  if (!isService || /^[\d.]+$|^\[/.test(new URL(url).hostname)) { return undefined; }
  return [clientPeer({ namespaceLabels: { 'kubernetes.io/metadata.name': labels[1] ?? own } })];
}

function portOf(url: string): number {
  const { port, protocol } = new URL(url);
  return port === '' ? protocol === 'https:' ? 443 : 80 : Number(port);
}

function checkPorts(scope: Construct, ports: unknown, prop = 'apiServerPorts'): number[] {
  if (!Array.isArray(ports) || ports.length === 0) { fail(scope, `'network.${prop}' is ${show(ports)} but must list ports`); }
  for (const port of ports) {
    const problem = numberProblem(`network.${prop}`, port, { min: 1, max: 65535, integer: true });
    if (problem) { fail(scope, problem); }
  }
  return [...new Set<number>(ports)].sort((a, b) => a - b);
}

function checkCidrs(scope: Construct, cidrs: unknown): string[] | undefined {
  if (cidrs === undefined) { return undefined; }
  const isCidr = (cidr: unknown) => typeof cidr === 'string' && /^[0-9a-fA-F.:]{2,45}\/\d{1,3}$/.test(cidr);
  if (!Array.isArray(cidrs) || cidrs.length === 0 || !cidrs.every(isCidr)) {
    const wrong: unknown = Array.isArray(cidrs) ? cidrs.find((cidr) => !isCidr(cidr)) ?? cidrs : cidrs;
    fail(scope, `'network.apiServerCidrs' is ${show(wrong)} but must list address ranges, e.g. '10.0.0.1/32'`);
  }
  return [...cidrs];
}

function tcp(port: number): NetworkPort { return { protocol: 'TCP', port }; }
