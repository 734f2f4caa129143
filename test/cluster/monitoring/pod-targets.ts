/**
 * Pods as Prometheus' own discovery describes them, for one that has no client of Kubernetes in it, as Debian's: over HTTP.
 * https://prometheus.io/docs/prometheus/2.42/configuration/configuration/#kubernetes_sd_config, role `pod`
 */
import * as http from 'node:http';
import { AddressInfo } from 'node:net';
import { ApiServer } from '../support/api-server';
import { KubeObject } from '../support/kube-object';

interface Target { readonly targets: string[]; readonly labels: { [label: string]: string } }

/** Serves the targets of the namespaces that are asked for, as they are at that moment. */
export class PodTargets {
  private readonly server: http.Server;

  public constructor(api: ApiServer) {
    this.server = http.createServer((request, response) => {
      const namespaces = new URL(request.url!, 'http://targets').searchParams.getAll('namespace');
      Promise.all(namespaces.map((namespace) => api.list('v1', 'Pod', { namespace }))).then(
        (pods) => response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(pods.flat().flatMap(targetsOf))),
        (error) => response.writeHead(500).end(String(error)), // Prometheus keeps what it had
      );
    });
  }

  public async start(): Promise<void> { await new Promise<void>((resolve) => this.server.listen(0, '127.0.0.1', resolve)); }

  public async stop(): Promise<void> {
    this.server.closeAllConnections();
    await new Promise((resolve) => this.server.close(resolve));
  }

  /** Where the targets of some namespaces are asked for. */
  public urlOf(namespaces: string[]): string {
    const { port } = this.server.address() as AddressInfo;
    return `http://127.0.0.1:${port}/?${namespaces.map((name) => `namespace=${name}`).join('&')}`;
  }
}

/** A target for each port that a container declares, or for the container if it declares none. */
export function targetsOf({ metadata, spec, status }: KubeObject): Target[] {
  const address = status?.podIP;
  if (!address) { return []; }
  const owner = metadata.ownerReferences?.find(({ controller }: any) => controller);
  const pod = {
    namespace: metadata.namespace,
    pod_name: metadata.name,
    pod_ip: address,
    pod_ready: status.conditions?.find(({ type }: any) => type === 'Ready')?.status.toLowerCase() ?? 'unknown',
    pod_phase: status.phase,
    pod_node_name: spec.nodeName,
    pod_host_ip: status.hostIP,
    pod_uid: metadata.uid,
    ...owner && { pod_controller_kind: owner.kind, pod_controller_name: owner.name },
    ...described('pod_label', metadata.labels),
    ...described('pod_annotation', metadata.annotations),
  };
  const containers = [...spec.containers.map((one: any) => [one, false]), ...(spec.initContainers ?? []).map((one: any) => [one, true])];
  return containers.flatMap(([{ name, image, ports = [] }, isInit]) => (ports.length ? ports : [undefined]).map((port: any) => ({
    targets: [port ? `${address}:${port.containerPort}` : address],
    labels: meta({
      ...pod,
      pod_container_name: name,
      pod_container_image: image,
      pod_container_init: String(isInit),
      ...port && { pod_container_port_name: port.name ?? '', pod_container_port_number: String(port.containerPort), pod_container_port_protocol: port.protocol ?? 'TCP' },
    }),
  })));
}

/** Each key as a label with its value, and as one that says that it is there. */
function described(prefix: string, values: { [key: string]: string } = {}): { [label: string]: string } {
  return Object.fromEntries(Object.entries(values).flatMap(([key, value]) => {
    const label = key.replace(/[^a-zA-Z0-9_]/g, '_');
    return [[`${prefix}_${label}`, value], [`${prefix}present_${label}`, 'true']];
  }));
}

function meta(labels: { [label: string]: string | undefined }): { [label: string]: string } {
  return Object.fromEntries(Object.entries(labels).map(([label, value]) => [`__meta_kubernetes_${label}`, value ?? '']));
}
