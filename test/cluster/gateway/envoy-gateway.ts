/**
 * Another real gateway: Envoy Gateway reads the routes of one Gateway and tells an Envoy of its own. It makes a Deployment for that Envoy, whose pod
 * is one of KWOK's; the Envoy here runs with the arguments of that pod.
 */
import { execFile } from 'node:child_process';
import * as fs from 'node:fs';
import * as path from 'node:path';
import { promisify } from 'node:util';
import { stringify } from 'yaml';
import { GatewayClient } from './client';
import { GATEWAY_API } from './gateway';
import { Processes } from './processes';
import { cached, keyed } from '../cache';
import { ControlPlane } from '../control-plane';
import { download } from '../go';
import { buildPrograms, folderOf } from '../programs';
import { ApiServer, eventually } from '../support/api-server';
import { KubeObject } from '../support/kube-object';

/** Where the programs are. */
export interface EnvoyGatewayPrograms {
  readonly program: string;
  /** YAML with its CRDs. */
  readonly crds: string;
}

const PROGRAM = 'envoy-gateway';
const OWN_NAMESPACE = 'envoy-gateway-system';
const OWN_API = 'gateway.envoyproxy.io/v1alpha1';
const CONTROLLER = 'gateway.envoyproxy.io/gatewayclass-controller';
/** What it makes of port 80, so that its Envoy needs no privilege. */
const ENVOY_PORT = 10080;

/** Makes what is not in the cache; needs Go and a network then, and nothing later. */
export async function envoyGatewayPrograms(): Promise<EnvoyGatewayPrograms> {
  const program = path.join(await buildPrograms([PROGRAM]), PROGRAM);
  const pins = ['go.mod', 'go.sum'].map((file) => fs.readFileSync(path.join(folderOf(PROGRAM), file)));
  const crds = await cached(keyed(`${PROGRAM}-crds`, ...pins), async (draft) => {
    const folder = path.join((await download(folderOf(PROGRAM), 'github.com/envoyproxy/gateway')).Dir, 'charts/gateway-helm/charts/crds/crds/generated');
    fs.writeFileSync(draft, fs.readdirSync(folder).sort().map((file) => fs.readFileSync(path.join(folder, file), 'utf8')).join('\n---\n'));
  });
  return { program, crds };
}

/** The class and the settings of the Gateways that Envoy Gateway looks after. */
export function envoyGatewayObjects(name: string, namespace: string): { settings: KubeObject[]; gateway: KubeObject } {
  return {
    settings: [
      { apiVersion: GATEWAY_API, kind: 'GatewayClass', metadata: { name: PROGRAM }, spec: { controllerName: CONTROLLER } },
      { apiVersion: OWN_API, kind: 'EnvoyProxy', metadata: { name, namespace }, spec: { provider: { type: 'Kubernetes', kubernetes: { envoyService: { type: 'ClusterIP' } } } } },
    ],
    gateway: {
      apiVersion: GATEWAY_API,
      kind: 'Gateway',
      metadata: { name, namespace },
      spec: {
        gatewayClassName: PROGRAM,
        infrastructure: { parametersRef: { group: OWN_API.split('/')[0], kind: 'EnvoyProxy', name } },
        listeners: [{ name: 'http', protocol: 'HTTP', port: 80, allowedRoutes: { namespaces: { from: 'All' } } }],
      },
    },
  };
}

/** A Gateway and the processes that do what it says; at most one at a time. A node must have room for the pod of its Envoy. */
export class EnvoyGateway {
  public static async start(api: ApiServer, cluster: ControlPlane, programs: EnvoyGatewayPrograms, envoy: string, gateway: KubeObject): Promise<EnvoyGateway> {
    const started = new EnvoyGateway(api, cluster, gateway);
    try {
      await started.launch(programs, envoy);
    } catch (error) {
      await started.stop();
      throw error;
    }
    return started;
  }

  public readonly client = new GatewayClient({ host: '127.0.0.1', port: ENVOY_PORT });
  private readonly processes: Processes;

  private constructor(private readonly api: ApiServer, private readonly cluster: ControlPlane, private readonly gateway: KubeObject) {
    this.processes = new Processes(path.join(cluster.directory, `gateway-${gateway.metadata.name}`), `gateway '${gateway.metadata.name}'`);
  }

  /** Ends the processes. */
  public async stop(): Promise<void> {
    this.client.close();
    await this.processes.stop();
  }

  private async launch({ program }: EnvoyGatewayPrograms, envoy: string): Promise<void> {
    const { api, processes } = this;
    const { folder } = processes;
    const env = { PATH: process.env.PATH, KUBECONFIG: this.cluster.kubeconfig, ENVOY_GATEWAY_NAMESPACE: OWN_NAMESPACE, KUBERNETES_CLUSTER_DOMAIN: 'cluster.local' };
    await api.applyAll([{ apiVersion: 'v1', kind: 'Namespace', metadata: { name: OWN_NAMESPACE } }]);
    await promisify(execFile)(program, ['certgen', '--disable-topology-injector'], { env, cwd: folder });
    await this.writeSecret('envoy-gateway', path.join(folder, 'certs'));
    await this.writeSecret('envoy', path.join(folder, 'envoy-certs'));
    const config = path.join(folder, 'config.yaml');
    fs.writeFileSync(config, stringify({
      apiVersion: OWN_API,
      kind: 'EnvoyGateway',
      provider: { type: 'Kubernetes', kubernetes: { leaderElection: { disable: true }, proxyTopologyInjector: { disable: true } } },
      gateway: { controllerName: CONTROLLER },
      admin: { address: { host: '127.0.0.1', port: 19100 } }, // its Envoy's is the one that it has itself
      telemetry: { metrics: { prometheus: { disable: true } } },
    }));
    processes.run(PROGRAM, program, ['server', '-c', config], { env, cwd: folder });
    const pod = await eventually('the pod of the Envoy', async () => {
      processes.checkAlive();
      const pods = await api.list('v1', 'Pod', { namespace: OWN_NAMESPACE, labels: { 'gateway.envoyproxy.io/owning-gateway-name': this.gateway.metadata.name } });
      return pods.find(({ status }) => status.phase === 'Running');
    }, { seen: () => processes.lastLines(PROGRAM) });
    processes.run('envoy', envoy, [...await this.arguments(pod), '--use-dynamic-base-id', '--concurrency', '2']);
    await eventually(`Gateway ${this.gateway.metadata.name} is programmed`, async () => {
      processes.checkAlive();
      return (await api.get(this.gateway)).status?.conditions?.some(({ type, status }: any) => type === 'Programmed' && status === 'True');
    }, { seen: () => [PROGRAM, 'envoy'].map((name) => processes.lastLines(name)) });
  }

  /** The arguments of a pod, with the names and files that its kubelet would give it, and without DNS. */
  private async arguments(pod: KubeObject): Promise<string[]> {
    const { folder } = this.processes;
    const { args } = pod.spec.containers.find(({ name }: any) => name === 'envoy');
    const files = path.join(folder, 'sds');
    fs.mkdirSync(files, { recursive: true });
    const [map] = await this.api.list('v1', 'ConfigMap', { namespace: OWN_NAMESPACE, labels: { 'gateway.envoyproxy.io/owning-gateway-name': this.gateway.metadata.name } });
    for (const [name, text] of Object.entries<string>(map.data)) { fs.writeFileSync(path.join(files, name), text.replaceAll('/certs/', `${folder}/envoy-certs/`)); }
    const env: { [name: string]: string } = { ENVOY_POD_NAME: pod.metadata.name, ENVOY_POD_NAMESPACE: OWN_NAMESPACE, ENVOY_SERVICE_ZONE: 'zone-a' };
    return args.map((arg: string) => arg
      .replace(/\$\((\w+)\)/g, (_, name: string) => env[name])
      .replaceAll('/sds/', `${files}/`)
      .replace(/address: envoy-gateway\.\S+/, 'address: 127.0.0.1'));
  }

  private async writeSecret(name: string, folder: string): Promise<void> {
    fs.mkdirSync(folder, { recursive: true });
    const { data } = await this.api.get({ apiVersion: 'v1', kind: 'Secret', metadata: { name, namespace: OWN_NAMESPACE } });
    for (const [file, text] of Object.entries<string>(data)) { fs.writeFileSync(path.join(folder, file), Buffer.from(text, 'base64')); }
  }
}
