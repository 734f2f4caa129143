/** Plays the kubelet of evaluation Jobs' pods, for which no node has room: runs their program, and tells the API server how it went. */
import { spawn } from 'node:child_process';
import * as fs from 'node:fs';
import * as path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { ApiServer } from '../support/api-server';

const COMPONENT = 'canary-evaluation';

export class EvaluationPods {
  private over = false;
  private readonly seen = new Set<string>();

  /** @param folder for their files */
  public constructor(private readonly api: ApiServer, private readonly programs: string, private readonly folder: string) {}

  public start(): void {
    void (async () => {
      while (!this.over) {
        const pods = await this.api.list('v1', 'Pod', { labels: { 'app.kubernetes.io/component': COMPONENT } }).catch(() => []);
        for (const pod of pods.filter(({ metadata, status }) => status.phase === 'Pending' && !this.seen.has(metadata.uid))) {
          this.seen.add(pod.metadata.uid);
          await this.run(pod);
        }
        await sleep(500);
      }
    })();
  }

  public stop(): void { this.over = true; }

  private async run(pod: any): Promise<void> {
    const { namespace, uid } = pod.metadata;
    const [{ env, volumeMounts: [{ mountPath }] }] = pod.spec.containers;
    const folder = path.join(this.folder, uid);
    fs.mkdirSync(folder, { recursive: true });
    const { name } = pod.spec.volumes[0].configMap;
    const { data } = await this.api.get({ apiVersion: 'v1', kind: 'ConfigMap', metadata: { namespace, name } });
    for (const [file, text] of Object.entries<string>(data)) { fs.writeFileSync(path.join(folder, file), text); }
    const result = path.join(folder, 'result');
    const values = Object.fromEntries(env.map(({ name: variable, value }: any) => [variable, value.replace(mountPath, folder)]));
    const child = spawn(process.execPath, [path.join(this.programs, 'canary-evaluation.js')], {
      env: { ...values, OPENAI_BASE_URL: await this.resolved(values.OPENAI_BASE_URL, namespace), EVALUATION_RESULT: result }, stdio: 'ignore',
    });
    const exitCode = await new Promise<number | null>((resolve) => { child.on('exit', resolve); });
    const message = fs.existsSync(result) ? fs.readFileSync(result, 'utf8') : undefined;
    const { name: container, image } = pod.spec.containers[0];
    await this.api.patch(pod, {
      status: {
        phase: exitCode === 0 ? 'Succeeded' : 'Failed',
        containerStatuses: [{ name: container, image, imageID: image, ready: false, restartCount: 0, state: { terminated: { exitCode, message, startedAt: now(), finishedAt: now() } } }],
      },
    }, 'status');
  }

  /** The address of a pod behind a Service: there is no DNS and no kube-proxy. */
  private async resolved(url: string, namespace: string): Promise<string> {
    const { hostname, port } = new URL(url);
    const [service] = hostname.split('.');
    const slices = await this.api.list('discovery.k8s.io/v1', 'EndpointSlice', { namespace, labels: { 'kubernetes.io/service-name': service } });
    const ready = slices.flatMap(({ endpoints }) => endpoints ?? []).filter(({ conditions }: any) => conditions.ready).map(({ addresses: [address] }: any) => address);
    return url.replace(`${hostname}:${port}`, `${ready[0] ?? '127.0.0.1'}:8000`);
  }
}

function now(): string { return new Date().toISOString().replace(/\.\d+/, ''); }
