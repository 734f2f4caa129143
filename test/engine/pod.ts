import { ChildProcess, execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import * as fs from 'node:fs';
import * as http from 'node:http';
import * as net from 'node:net';
import * as os from 'node:os';
import * as path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { environmentOf, expanded, filesOf } from './command-line';
import { EngineEnvironment } from './environment';
import { TINY_MODEL } from './tiny-fleet';
import { amount } from '../support/manifest-checks';

/** What stands between a pod of the library and a process on a machine without a GPU. Everything else is the pod's own. */
export interface AllowedChanges {
  /** Arguments that are replaced, each by another. */
  readonly replacedArgs: { readonly [arg: string]: string };
  readonly addedArgs: readonly string[];
  readonly addedEnv: { readonly [name: string]: string };
}

/** For the CPU's build of vLLM, and a model that has no weights. */
export const ON_A_CPU: AllowedChanges = {
  replacedArgs: { '--load-format=safetensors': '--load-format=dummy' }, // there are no weights
  addedArgs: ['--enforce-eager'], // no compiler is installed
  addedEnv: {
    VLLM_CPU_KVCACHE_SPACE: '1', // GB, where a GPU's free memory would decide
    VLLM_CPU_OMP_THREADS_BIND: 'nobind', // there may be one core
    OMP_NUM_THREADS: '1', // more would spin beside each other
  },
};

export interface Answer { readonly status: number; readonly body: string }

/** A stream of completions, as a client sees it. */
export interface Stream {
  /** Times at which tokens came, in milliseconds since the epoch. */
  readonly tokens: number[];
  /** How it ended: with `[DONE]`, with an error of the server or of the connection; undefined while it is open. */
  end?: { readonly at: number; readonly how: 'done' | 'error' | 'closed' };
  readonly closed: Promise<void>;
}

/** Why pods can't be run here, as a sentence; undefined where they can. */
export function podProblem(): string | undefined {
  if (process.getuid?.() !== 0) { return 'only root can make a pod\'s namespaces'; }
  try {
    execFileSync('unshare', ['--mount', '--net', '--pid', '--ipc', '--uts', '--fork', 'setpriv', '--reuid=65534', '--regid=65534', '--clear-groups', 'true'], { stdio: 'pipe' });
    execFileSync('ip', ['-V'], { stdio: 'pipe' });
    return undefined;
  } catch (error) {
    return `namespaces can't be made (unshare, setpriv, nsenter of util-linux and ip of iproute2 are needed): ${String(error).slice(0, 300)}`;
  }
}

const ADDRESS = '10.244.0.2';
/** Period of a container that is throttled; the kernel's own is a fifth of it. */
const THROTTLED_MILLIS = 500;
/** A Service beside the fleet with an unlucky name, of which the kubelet tells pods by variables unless they ask it not to. */
const SERVICE_LINKS = { VLLM_SERVICE_HOST: '10.96.0.1', VLLM_SERVICE_PORT: '8000', VLLM_PORT: 'tcp://10.96.0.1:8000' };

/**
 * A pod of one container, started, probed and stopped as a kubelet does: by its template alone. Namespaces stand in for the container; seccomp
 * and limits of CPU and memory are left out.
 */
export class Pod {
  /** Everything that the container wrote. */
  public log = '';
  /** How the container ended. */
  public exit?: { readonly at: number; readonly code: number | null; readonly signal: NodeJS.Signals | null };
  private readonly folder = fs.mkdtempSync(path.join(os.tmpdir(), 'pod-'));
  private readonly socket = path.join(this.folder, 'port');
  private readonly container: any;
  private process?: ChildProcess;
  private network?: ChildProcess;
  private throttling?: NodeJS.Timeout;

  constructor(
    private readonly environment: EngineEnvironment, private readonly template: any, private readonly objects: any[], private readonly changes: AllowedChanges,
  ) {
    [this.container] = template.spec.containers;
  }

  /** Seconds that the startup probe allows. */
  public get startupSeconds(): number { return this.container.startupProbe.failureThreshold * this.container.startupProbe.periodSeconds; }

  public get preStopSeconds(): number { return this.container.lifecycle?.preStop?.sleep?.seconds ?? 0; }

  public get graceSeconds(): number { return this.template.spec.terminationGracePeriodSeconds; }

  /** Runs the init containers to their ends and starts the container. */
  public async start(): Promise<void> {
    fs.chmodSync(this.folder, 0o755);
    this.writeWeights();
    for (const init of this.template.spec.initContainers ?? []) {
      const started = this.run(init, 'init');
      const [code] = await once(started, 'exit');
      if (code !== 0) { throw new Error(`init container ${init.name} ended with ${code}: ${this.log}`); }
    }
    const started = this.run(this.changed(this.container), 'main');
    this.process = started;
    started.once('exit', (code, signal) => { this.exit = { at: Date.now(), code, signal }; });
    const inner = await this.processOne();
    this.network = spawn('nsenter', [`--net=/proc/${inner}/ns/net`, 'python3', path.join(__dirname, 'pod-network.py'), this.socket, ADDRESS, String(this.portOf('http'))], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    await once(this.network.stdout!, 'data');
  }

  /** Asks the startup probe and then the readiness probe until both agree, as often as they say. */
  public async becomeReady(): Promise<void> {
    for (const name of ['startupProbe', 'readinessProbe']) {
      const probe = this.container[name];
      for (let failures = 0; !(await this.probed(probe));) {
        if (this.exit) { throw new Error(`the server ended before it was ready (${JSON.stringify(this.exit)}): ${this.tail()}`); }
        if (++failures >= probe.failureThreshold) { throw new Error(`the ${name} failed ${failures} times: ${this.tail()}`); }
        await sleep(probe.periodSeconds * 1000);
      }
    }
  }

  public async probed({ httpGet, timeoutSeconds }: any): Promise<boolean> {
    const { status } = await this.get(httpGet.path, httpGet.port, timeoutSeconds * 1000);
    return status >= 200 && status < 400;
  }

  /** Status 0 is no answer. */
  public async get(url: string, port = 'http', timeout = 10_000): Promise<Answer> {
    if (this.portOf(port) !== this.portOf('http')) { throw new Error('no port but \'http\' can be reached'); }
    return this.ask({ method: 'GET', path: url, timeout });
  }

  public async post(url: string, body: object, timeout = 60_000): Promise<Answer> {
    return this.ask({ method: 'POST', path: url, timeout, headers: { 'content-type': 'application/json' } }, JSON.stringify(body));
  }

  /** Opens a stream of completions, and reads it until it ends. */
  public stream(body: object): Stream {
    const tokens: number[] = [];
    const stream: { -readonly [key in keyof Stream]: Stream[key] } = { tokens, closed: Promise.resolve() };
    const end = (how: 'done' | 'error' | 'closed') => { stream.end ??= { at: Date.now(), how }; };
    stream.closed = new Promise((resolve) => {
      const request = http.request({ socketPath: this.socket, agent: false, method: 'POST', path: '/v1/completions', headers: { 'content-type': 'application/json' } }, (response) => {
        let rest = '';
        response.setEncoding('utf8');
        response.on('data', (chunk) => {
          const lines = `${rest}${chunk}`.split('\n');
          rest = lines.pop()!;
          for (const line of lines.filter((text) => text.startsWith('data: '))) {
            if (line === 'data: [DONE]') { end('done'); } else if (line.includes('"error"')) { end('error'); } else { tokens.push(Date.now()); }
          }
        });
        response.on('close', () => { end('closed'); resolve(); });
        response.on('error', () => end('closed'));
      });
      request.on('error', () => { end('closed'); resolve(); });
      request.end(JSON.stringify({ ...body, stream: true }));
    });
    return stream;
  }

  /** A connection to the container's port, from wherever this runs. */
  public connect(): net.Socket { return net.connect(this.socket); }

  /** Lets the container run in this share of the time, as a limit of CPU does that is too small for it. */
  public async throttle(share: number): Promise<void> {
    const inner = await this.processOne();
    const space = fs.readlinkSync(`/proc/${inner}/ns/pid`);
    const spaceOf = (pid: string) => { try { return fs.readlinkSync(`/proc/${pid}/ns/pid`); } catch { return undefined; } };
    const all = fs.readdirSync('/proc').filter((name) => /^\d+$/.test(name) && spaceOf(name) === space).map(Number);
    const signal = (what: NodeJS.Signals) => { for (const pid of all) { try { process.kill(pid, what); } catch { /* it has ended */ } } };
    this.throttling = setInterval(() => {
      signal('SIGSTOP');
      setTimeout(() => signal('SIGCONT'), THROTTLED_MILLIS * (1 - share));
    }, THROTTLED_MILLIS);
  }

  /** Deletes the pod as a kubelet does: the sleep before the stop, the signal, and the end of the grace period. */
  public async delete(): Promise<{ readonly at: number; readonly signalled: Promise<number>; readonly gone: Promise<void> }> {
    const at = Date.now();
    const inner = await this.processOne();
    const signalled = sleep(this.preStopSeconds * 1000).then(() => {
      if (!this.exit) { process.kill(inner, 'SIGTERM'); }
      return Date.now();
    });
    const gone = (async () => {
      while (!this.exit && Date.now() - at < this.graceSeconds * 1000) { await sleep(100); }
      if (!this.exit) { process.kill(inner, 'SIGKILL'); }
      while (!this.exit) { await sleep(20); }
    })();
    return { at, signalled, gone };
  }

  /** Ends whatever is left. */
  public async stop(): Promise<void> {
    clearInterval(this.throttling);
    this.network?.kill('SIGKILL');
    if (this.process && !this.exit) {
      const ended = once(this.process, 'exit');
      process.kill(await this.processOne(), 'SIGKILL'); // and with it everything in its namespace; it would survive unshare, because it has changed its user
      await ended;
    }
    fs.rmSync(this.folder, { recursive: true, force: true });
  }

  /** What the container complained of first, and what it wrote last. */
  public tail(): string {
    const complaints = this.log.match(/\b\w*(Error|Exception): .+/g) ?? [];
    return [...new Set(complaints)].slice(0, 5).map((line) => `\n${line.slice(0, 400)}`).join('') + `\n…${this.log.slice(-800)}`;
  }

  private portOf(name: string): number { return this.container.ports.find((port: any) => port.name === name).containerPort; }

  private changed(container: any): any {
    const { replacedArgs, addedArgs, addedEnv } = this.changes;
    const missing = Object.keys(replacedArgs).filter((arg) => !container.args.includes(arg));
    if (missing.length) { throw new Error(`the pod has no argument ${missing.join(', ')} to replace: ${container.args.join(' ')}`); }
    return {
      ...container,
      args: [...container.args.map((arg: string) => replacedArgs[arg] ?? arg), ...addedArgs],
      env: [...container.env, ...Object.entries(addedEnv).map(([name, value]) => ({ name, value }))],
    };
  }

  /** Starts a container of the pod in namespaces of its own. */
  private run(container: any, name: string): ChildProcess {
    const { spec } = this.template;
    const security = { ...spec.securityContext, ...container.securityContext };
    const links: { [name: string]: string } = spec.enableServiceLinks === false ? {} : SERVICE_LINKS;
    const env = environmentOf(container, links);
    const home = path.dirname(path.dirname(fs.realpathSync(this.environment.python)));
    const mounts = this.mounts(container);
    const hiding = mounts.find((mount) => this.environment.server.startsWith(`${mount.path}/`));
    if (hiding) { throw new Error(`the engine is installed in ${this.environment.server}, which the pod's volume at ${hiding.path} hides; set XDG_CACHE_HOME to another folder`); }
    const root = path.join(this.folder, `root-${name}`);
    fs.mkdirSync(root);
    const file = path.join(this.folder, `${name}.json`);
    fs.writeFileSync(file, JSON.stringify({
      root,
      image: [this.environment.server, home],
      mounts,
      user: security.runAsUser,
      group: security.runAsGroup,
      fsGroup: spec.securityContext.fsGroup,
      readOnlyRoot: security.readOnlyRootFilesystem === true,
      address: ADDRESS,
      hostname: 'tiny-0',
      env: { PATH: `${this.environment.server}/bin:/usr/local/bin:/usr/bin:/bin`, HOSTNAME: 'tiny-0', ...env },
      command: [...container.command, ...container.args ?? []].map((word: string) => expanded(word, env)),
    }));
    const started = spawn('unshare', [
      '--mount', '--net', '--pid', '--ipc', '--uts', '--fork', '--kill-child', 'python3', path.join(__dirname, 'container.py'), file,
    ], { stdio: ['ignore', 'pipe', 'pipe'] });
    for (const output of [started.stdout, started.stderr]) { output.on('data', (chunk) => { this.log += chunk; }); }
    return started;
  }

  /** Volumes as the kubelet mounts them. */
  private mounts(container: any): { path: string }[] {
    return container.volumeMounts.map(({ name, mountPath, subPath, readOnly = false }: any) => {
      const volume = this.template.spec.volumes.find((one: any) => one.name === name);
      if (volume.emptyDir) { return { path: mountPath, sizeBytes: amount(volume.emptyDir.sizeLimit) }; }
      if (volume.persistentVolumeClaim) { return { path: mountPath, source: this.weights, readOnly: readOnly || volume.persistentVolumeClaim.readOnly }; }
      if (volume.image) { return { path: mountPath, source: this.weights, readOnly: true }; }
      if (!volume.configMap) { throw new Error(`volume ${name} is of a kind that is not run here`); }
      const source = path.join(this.folder, subPath);
      fs.writeFileSync(source, filesOf(container, this.template.spec, this.objects)[mountPath], { mode: volume.configMap.defaultMode });
      return { path: mountPath, source, readOnly: true };
    });
  }

  private get weights(): string { return path.join(this.folder, 'weights'); }

  private writeWeights(): void {
    fs.mkdirSync(this.weights);
    execFileSync(this.environment.python, [path.join(__dirname, 'make-model.py'), this.weights], { input: JSON.stringify(TINY_MODEL) });
    fs.writeFileSync(path.join(this.weights, '.complete'), '');
  }

  /** The container's process 1, as the machine numbers it. */
  private async processOne(): Promise<number> {
    for (;;) {
      if (this.exit) { throw new Error(`the container ended at once: ${this.tail()}`); }
      const { pid } = this.process!;
      const [inner] = fs.readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').trim().split(' ');
      if (inner) { return Number(inner); }
      await sleep(20);
    }
  }

  private async ask(options: http.RequestOptions, body?: string): Promise<Answer> {
    return new Promise((resolve) => {
      const request = http.request({ socketPath: this.socket, agent: false, ...options }, (response) => {
        let text = '';
        response.setEncoding('utf8');
        response.on('data', (chunk) => { text += chunk; });
        response.on('end', () => resolve({ status: response.statusCode!, body: text }));
        response.on('error', () => resolve({ status: 0, body: '' }));
      });
      request.on('timeout', () => request.destroy());
      request.on('error', () => resolve({ status: 0, body: '' }));
      request.end(body);
    });
  }
}
