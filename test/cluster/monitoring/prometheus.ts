/** A real Prometheus, that of Debian, told by the Prometheus operator's own code what the PodMonitors of a cluster say. */
import { ChildProcess, execFileSync, spawn } from 'node:child_process';
import * as fs from 'node:fs';
import * as http from 'node:http';
import * as path from 'node:path';
import { stringify } from 'yaml';
import { PodTargets } from './pod-targets';
import { objectsIn } from '../../support/objects';
import { ControlPlane } from '../control-plane';
import { buildPrograms } from '../programs';
import { ApiServer, eventually } from '../support/api-server';
import { KubeObject } from '../support/kube-object';

/** Namespace that the fleets expect Prometheus in. */
export const NAMESPACE = 'monitoring';

/** Where it listens; the network is the tests' own. */
const ADDRESS = '127.0.0.1:9090';

const TRANSLATOR = 'pod-monitors';

/** What the sidecar of the operator's pods puts into the configuration. */
const PLACEHOLDERS: { readonly [placeholder: string]: string } = { '$(POD_NAME)': 'prometheus-prometheus-0', '$(SHARD)': '0' };

/** Something that Prometheus scrapes. */
export interface ScrapeTarget {
  /** `podMonitor/<namespace>/<name>/<index of the endpoint>`. */
  readonly scrapePool: string;
  readonly scrapeUrl: string;
  readonly scrapeInterval: string;
  readonly scrapeTimeout: string;
  /** Labels that every series gets. */
  readonly labels: { readonly [label: string]: string };
  readonly health: 'up' | 'down' | 'unknown';
  readonly lastError: string;
}

/** One value with its labels, without the metric's name. */
export interface Sample { readonly labels: { readonly [label: string]: string }; readonly value: number }

/** An alert that waits to fire, or fires. */
export interface Alert { readonly name: string; readonly state: 'pending' | 'firing'; readonly labels: { readonly [label: string]: string } }

/** Makes what is not in the cache. */
export async function preparePrometheus(): Promise<string> { return path.join(await buildPrograms([TRANSLATOR]), TRANSLATOR); }

/** One Prometheus for all PodMonitors and PrometheusRules that a cluster has when it starts. */
export class Prometheus {
  public static async start(api: ApiServer, cluster: ControlPlane): Promise<Prometheus> {
    const started = new Prometheus(new PodTargets(api), path.join(cluster.directory, 'prometheus'));
    try {
      await started.launch(api);
    } catch (error) {
      await started.stop();
      throw error;
    }
    return started;
  }

  public readonly url = `http://${ADDRESS}`;
  private process?: ChildProcess;

  private constructor(private readonly pods: PodTargets, private readonly folder: string) { fs.mkdirSync(path.join(folder, 'rules'), { recursive: true }); }

  public async stop(): Promise<void> {
    const { process } = this;
    if (process && process.exitCode === null && process.signalCode === null) {
      await new Promise((resolve) => { process.once('exit', resolve).kill('SIGKILL'); });
    }
    await this.pods.stop();
  }

  /** What a query yields now; of a scalar, one sample without labels. */
  public async query(query: string): Promise<Sample[]> {
    const { resultType, result } = await this.ask(`/api/v1/query?query=${encodeURIComponent(query)}`);
    if (resultType === 'scalar') { return [{ labels: {}, value: Number(result[1]) }]; }
    return result.map(({ metric: { __name__, ...labels }, value }: any) => ({ labels, value: Number(value[1]) }));
  }

  /** What is scraped. */
  public async targets(): Promise<ScrapeTarget[]> { return (await this.ask('/api/v1/targets?state=active')).activeTargets; }

  /** Alerts that are not quiet. */
  public async alerts(): Promise<Alert[]> {
    return (await this.ask('/api/v1/alerts')).alerts.map(({ state, labels: { alertname, ...labels } }: any) => ({ name: alertname, state, labels }));
  }

  private async launch(api: ApiServer): Promise<void> {
    await this.pods.start();
    const translator = await preparePrometheus();
    const config = path.join(this.folder, 'prometheus.yaml');
    const monitors = await api.list('monitoring.coreos.com/v1', 'PodMonitor');
    fs.writeFileSync(config, this.configuration(translate(translator, monitors)));
    for (const { metadata, spec } of await api.list('monitoring.coreos.com/v1', 'PrometheusRule')) {
      fs.writeFileSync(path.join(this.folder, 'rules', `${metadata.namespace}-${metadata.name}.yaml`), stringify(spec));
    }
    const log = fs.openSync(path.join(this.folder, 'prometheus.log'), 'w');
    this.process = spawn('prometheus', [
      `--config.file=${config}`, `--storage.tsdb.path=${path.join(this.folder, 'data')}`, `--web.listen-address=${ADDRESS}`, '--log.level=warn',
    ], { stdio: ['ignore', log, log] });
    fs.closeSync(log);
    let failed: Error | undefined;
    this.process.on('error', (error) => { failed = error; });
    await eventually('Prometheus is ready', async () => {
      if (failed || this.process!.exitCode !== null) {
        throw new Error(`Prometheus ended: ${failed?.message ?? fs.readFileSync(path.join(this.folder, 'prometheus.log'), 'utf8').slice(-2000)}`);
      }
      return get(`${this.url}/-/ready`).then(({ status }) => status === 200, () => false);
    });
  }

  /** As the operator writes it, but that pods are asked for over HTTP, and that there are rules. */
  private configuration(text: string): string {
    const filled = Object.entries(PLACEHOLDERS).reduce((result, [placeholder, value]) => result.replaceAll(placeholder, value), text);
    const [config] = objectsIn(filled) as any[];
    for (const job of config.scrape_configs) {
      const [{ role, namespaces: { names, ...moreOfNamespaces }, ...more }, ...others] = job.kubernetes_sd_configs;
      const unknown = [...others, ...Object.keys(more), ...Object.keys(moreOfNamespaces)];
      if (role !== 'pod' || unknown.length) { throw new Error(`${job.job_name} discovers otherwise than by pods of namespaces: ${JSON.stringify(job.kubernetes_sd_configs)}`); }
      delete job.kubernetes_sd_configs;
      job.http_sd_configs = [{ url: this.pods.urlOf(names), refresh_interval: '1s' }];
    }
    return stringify({ ...config, rule_files: [path.join(this.folder, 'rules', '*.yaml')] });
  }

  private async ask(what: string): Promise<any> {
    const { status, text } = await get(`${this.url}${what}`);
    if (status !== 200) { throw new Error(`Prometheus answers ${status} to ${decodeURIComponent(what)}: ${text}`); }
    return JSON.parse(text).data;
  }
}

function translate(program: string, items: KubeObject[]): string {
  const [, version] = / version (\d+\.\d+\.\d+)/.exec(execFileSync('prometheus', ['--version'], { encoding: 'utf8' }))!;
  return execFileSync(program, [`--version=${version}`, `--namespace=${NAMESPACE}`], { encoding: 'utf8', input: JSON.stringify({ items }), maxBuffer: 2 ** 26 });
}

function get(url: string): Promise<{ status: number; text: string }> {
  return new Promise((resolve, reject) => {
    http.get(url, { agent: false }, (response) => {
      let text = '';
      response.setEncoding('utf8').on('data', (chunk) => { text += chunk; }).on('error', reject).on('end', () => resolve({ status: response.statusCode!, text }));
    }).on('error', reject);
  });
}
