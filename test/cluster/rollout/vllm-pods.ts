/** Real vLLM servers at the addresses of KWOK's pods: what runs in them and listens there is told by the pods' templates alone. */
import * as net from 'node:net';
import { EngineEnvironment } from '../../engine/environment';
import { metricFamilies } from '../../engine/metrics';
import { ON_A_CPU, Pod } from '../../engine/pod';
import { ApiServer, eventually } from '../support/api-server';
import { KubeObject } from '../support/kube-object';

export class VllmPods {
  private readonly servers = new Map<string, { readonly pod: Pod; readonly listener: net.Server }>();

  /** @param objects what the fleets were synthesized to */
  public constructor(private readonly api: ApiServer, private readonly environment: EngineEnvironment, private readonly objects: KubeObject[]) {}

  /** Starts the one pod of a workload; resolves when its own probes say that it is ready. KWOK has said so before, so there are no requests until then. */
  public async start({ metadata: { namespace, name }, spec: { template } }: KubeObject): Promise<void> {
    const address = await eventually(`the pod of '${name}' has an address`, async () => {
      const [only, ...others] = await this.api.list('v1', 'Pod', { namespace, labels: { 'cdk8s-inference/fleet': name } });
      if (others.length) { throw new Error(`'${name}' has ${others.length + 1} pods but one server`); }
      return only?.status.podIP as string | undefined;
    });
    const pod = new Pod(this.environment, template, this.objects, ON_A_CPU);
    const listener = net.createServer((socket) => {
      const inside = pod.connect();
      socket.pipe(inside).pipe(socket);
      for (const [one, other] of [[socket, inside], [inside, socket]]) { one.on('error', () => other.destroy()).on('close', () => other.destroy()); }
    });
    this.servers.set(name, { pod, listener });
    await pod.start();
    await new Promise<void>((resolve, reject) => listener.on('error', reject).listen(template.spec.containers[0].ports[0].containerPort, address, resolve));
    await pod.becomeReady();
  }

  /** The server of a workload. */
  public of(name: string): Pod { return this.servers.get(name)!.pod; }

  /** Requests that a server has answered, by its own count. */
  public async answered(name: string): Promise<number> {
    const families = metricFamilies((await this.of(name).get('/metrics')).body);
    return families.get('vllm:request_success_total')!.series.filter((one) => one.name === 'vllm:request_success_total').reduce((sum, { value }) => sum + value, 0);
  }

  public async stop(): Promise<void> {
    await Promise.all([...this.servers.values()].map(async ({ pod, listener }) => {
      listener.close();
      await pod.stop();
    }));
  }
}
