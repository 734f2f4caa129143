/** A real gateway: Contour reads the routes of one Gateway from the API server and tells an Envoy of its own. */
import { execFileSync } from 'node:child_process';
import * as fs from 'node:fs';
import * as http from 'node:http';
import * as net from 'node:net';
import * as path from 'node:path';
import { GatewayClient } from './client';
import { Processes } from './processes';
import { GatewayPrograms } from './programs';
import { objectsIn } from '../../support/objects';
import { ControlPlane } from '../control-plane';
import { ApiServer, eventually } from '../support/api-server';
import { KubeObject } from '../support/kube-object';

export const GATEWAY_API = 'gateway.networking.k8s.io/v1';

/** Kinds that Contour watches in versions that the standard channel does not serve. */
const NOT_WATCHED = ['backendtlspolicies', 'tcproutes', 'tlsroutes'];

/** Port of the listener, and what Contour makes of it so that its Envoy needs no privilege. */
const LISTENER_PORT = 80;
const ENVOY_PORT = 8080;

/** The share of a Service in the requests for a hostname. */
export interface RoutedTo { readonly service: string; readonly weight: number }

/** What an Envoy has been told, all of it. */
export interface EnvoyRoutes {
  /** By hostname, then by path. */
  readonly hosts: { [hostname: string]: { [path: string]: RoutedTo[] } };
  /** `address:port` of every endpoint that requests from outside can arrive at. */
  readonly endpoints: string[];
}

/** Lets the API server know a gateway's own kinds; `yaml` is a file. */
export async function installCrds(api: ApiServer, yaml: string): Promise<void> {
  const crds: KubeObject[] = objectsIn(fs.readFileSync(yaml, 'utf8'));
  await api.applyAll(crds);
  await eventually('the kinds of the gateway', async () => {
    const known = await api.list('apiextensions.k8s.io/v1', 'CustomResourceDefinition');
    return crds.every(({ metadata }) => known.find((crd) => crd.metadata.name === metadata.name)?.status?.conditions?.some(({ type, status }: any) => type === 'Established' && status === 'True'));
  });
}

/** A Gateway and the processes that do what it says. */
export class Gateway {
  /** Starts the processes of a Gateway that is in the cluster; `host` is an address of 127.0.0.0/8 that no other gateway has. */
  public static async start(api: ApiServer, cluster: ControlPlane, programs: GatewayPrograms, gateway: KubeObject, host: string): Promise<Gateway> {
    const started = new Gateway(gateway, host, path.join(cluster.directory, `gateway-${gateway.metadata.name}`));
    try {
      await started.launch(cluster, programs);
      await eventually(`Gateway ${gateway.metadata.name} is programmed`, async () => {
        started.processes.checkAlive();
        return (await api.get(gateway)).status?.conditions?.some(({ type, status }: any) => type === 'Programmed' && status === 'True');
      });
    } catch (error) {
      await started.stop();
      throw error;
    }
    return started;
  }

  public readonly client: GatewayClient;
  private readonly processes: Processes;

  private constructor(private readonly gateway: KubeObject, private readonly host: string, private readonly folder: string) {
    this.processes = new Processes(folder, `gateway '${gateway.metadata.name}'`);
    this.client = new GatewayClient({ host, port: ENVOY_PORT });
  }

  /** Ends the processes. */
  public async stop(): Promise<void> {
    this.client.close();
    await this.processes.stop();
  }

  /** What the Envoy does with requests, by its own account. */
  public async routes(): Promise<EnvoyRoutes> {
    const dump = JSON.parse(await this.admin('/config_dump?include_eds'));
    const all = (type: string, list: string): any[] => dump.configs.find((config: any) => config['@type'].endsWith(`.${type}`))?.[list] ?? [];
    const hosts: EnvoyRoutes['hosts'] = {};
    for (const { route_config: { virtual_hosts: virtualHosts = [] } } of all('RoutesConfigDump', 'dynamic_route_configs')) {
      for (const { domains, routes } of virtualHosts) {
        for (const hostname of domains) {
          // The first that matches wins: a rollout's route for POST stands before the one that it lies over.
          hosts[hostname] = Object.fromEntries([...routes].reverse().map(({ match, route, direct_response: direct }: any) => [
            match.path ?? `${match.prefix ?? match.path_separated_prefix ?? match.safe_regex?.regex}*`,
            direct ? [] : route.weighted_clusters
              ? route.weighted_clusters.clusters.map(({ name, weight }: any) => ({ service: serviceOf(name), weight }))
              : [{ service: serviceOf(route.cluster), weight: 1 }],
          ]));
        }
      }
    }
    const routed = all('EndpointsConfigDump', 'dynamic_endpoint_configs')
      .flatMap(({ endpoint_config: { endpoints = [] } }) => endpoints)
      .flatMap(({ lb_endpoints: endpoints = [] }: any) => endpoints)
      .map(({ endpoint: { address: { socket_address: { address, port_value: port } } } }: any) => `${address}:${port}`);
    return { hosts, endpoints: [...new Set<string>(routed)].sort() };
  }

  private async launch(cluster: ControlPlane, programs: GatewayPrograms): Promise<void> {
    const { name, namespace } = this.gateway.metadata;
    const config = path.join(this.folder, 'contour.yaml');
    fs.writeFileSync(config, `gateway: {gatewayRef: {name: ${name}, namespace: ${namespace}}}\n`);
    const xds = [`--xds-address=${this.host}`, '--xds-port=8001'];
    this.processes.run('contour', programs.contour, [
      'serve', `--kubeconfig=${cluster.kubeconfig}`, `--config-path=${config}`, '--insecure', '--disable-leader-election', ...xds,
      `--envoy-service-http-address=${this.host}`, `--stats-address=${this.host}`, '--stats-port=8002',
      `--http-address=${this.host}`, '--http-port=8003', `--health-address=${this.host}`, '--health-port=8004', `--debug-http-address=${this.host}`,
      `--ingress-status-address=${this.host}`, ...NOT_WATCHED.map((kind) => `--disable-feature=${kind}`),
    ]);
    const bootstrap = path.join(this.folder, 'envoy.json');
    execFileSync(programs.contour, ['bootstrap', bootstrap, ...xds, `--resources-dir=${path.join(this.folder, 'resources')}`, `--admin-address=${this.adminSocket}`]);
    await eventually('Contour listens', () => { this.processes.checkAlive(); return listens(this.host, 8001); });
    this.processes.run('envoy', programs.envoy, ['-c', bootstrap, '--service-cluster', namespace!, '--service-node', name, '--concurrency', '2', '--use-dynamic-base-id']);
    await eventually('Envoy answers', async () => {
      this.processes.checkAlive();
      return this.admin('/ready').then((text) => text.startsWith('LIVE'), () => false);
    });
  }

  private get adminSocket(): string { return path.join(this.folder, 'admin'); }

  private admin(what: string): Promise<string> {
    return new Promise((resolve, reject) => {
      http.get({ socketPath: this.adminSocket, path: what, agent: false }, (response) => {
        let text = '';
        response.setEncoding('utf8').on('data', (chunk) => { text += chunk; }).on('error', reject).on('end', () => resolve(text));
      }).on('error', reject);
    });
  }
}

/** A Gateway with one HTTP listener. */
export function gatewayObject(name: string, namespace: string, allowedNamespaces: object): KubeObject {
  return {
    apiVersion: GATEWAY_API,
    kind: 'Gateway',
    metadata: { name, namespace },
    spec: {
      gatewayClassName: 'contour',
      listeners: [{ name: 'http', protocol: 'HTTP', port: LISTENER_PORT, allowedRoutes: { namespaces: allowedNamespaces } }],
    },
  };
}

/** The class of the Gateways that Contour looks after. */
export const GATEWAY_CLASS: KubeObject = {
  apiVersion: GATEWAY_API, kind: 'GatewayClass', metadata: { name: 'contour' }, spec: { controllerName: 'projectcontour.io/gateway-controller' },
};

/** `namespace/name:port` from the name of a cluster, which ends with a hash of its settings. */
function serviceOf(cluster: string): string {
  const [namespace, name, port] = cluster.split('/');
  return `${namespace}/${name}:${port}`;
}

function listens(host: string, port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = net.connect({ host, port }, () => { socket.destroy(); resolve(true); }).on('error', () => resolve(false));
  });
}
