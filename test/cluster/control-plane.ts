import { execFile, spawn } from 'node:child_process';
import * as fs from 'node:fs';
import * as os from 'node:os';
import * as path from 'node:path';
import { createInterface } from 'node:readline';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';
import { cached, keyed } from './cache';
import { collectCrds } from './crds';
import { writeInstanceTypes } from './instance-types';
import { buildPrograms } from './programs';

/** How a control plane is started. */
export interface ControlPlaneOptions {
  /** Which controllers run beside Kubernetes' own. Also known: keda. @default leaderworkerset, kueue, karpenter, endpoint-picker */
  readonly controllers?: string[];
  /** Whether every CustomResourceDefinition is there; those of the controllers always are. @default true */
  readonly crds?: boolean;
  /** An older Kubernetes, without pretended kubelets: pods are scheduled if a node is there, and no more. @default the one that everything is tested on */
  readonly kubernetes?: '1.35';
  /** Folder of data and logs, which is kept. @default a fresh one, removed at the end */
  readonly directory?: string;
}

/** A running control plane. */
export interface ControlPlane {
  readonly kubeconfig: string;
  /** Folder of data and logs: `<program>.log`. */
  readonly directory: string;
  readonly server: string;
  /** Bearer token of an administrator. */
  readonly token: string;
  /** Its certificate authority, PEM. */
  readonly ca: string;
  /** Where controllers answer, by controller and what they serve there. */
  readonly endpoints: { readonly [controller: string]: { readonly [name: string]: string } };
  /** Process of the control plane; all others are its children. */
  readonly pid: number;
  stop(): Promise<void>;
}

/** The controllers beside Kubernetes' own that run unless others are asked for. */
export const CONTROLLERS = ['leaderworkerset', 'kueue', 'karpenter', 'endpoint-picker'];

/** Those that run only where they are asked for: KEDA takes eleven minutes of CPU to build. */
const ON_REQUEST = ['keda'];

/** What a control plane starts from. */
interface Prepared {
  /** Folder of the programs. */
  readonly programs: string;
  /** The control plane's own. */
  readonly program: string;
  /** Folder of what etcd has at the start. */
  readonly data: string;
}

/**
 * Makes what such a control plane starts from, where it is not in the cache; `startControlPlane` does so too. Once it is there, a start needs
 * neither Go modules nor a network.
 */
export async function prepareControlPlane({ controllers = CONTROLLERS, crds = true, kubernetes }: ControlPlaneOptions = {}): Promise<Prepared> {
  const known = [...CONTROLLERS, ...ON_REQUEST];
  const unknown = controllers.find((name) => !known.includes(name));
  if (unknown !== undefined) { throw new Error(`there is no controller '${unknown}'; there are ${known.join(', ')}`); }
  const name = kubernetes === undefined ? 'control-plane' : `control-plane-${kubernetes}`;
  const programs = await buildPrograms([name, ...controllers]);
  const program = path.join(programs, name);
  return { programs, program, data: await prepareData(program, await collectCrds(crds ? undefined : controllers)) };
}

/** Starts a control plane and waits until all of it works. */
export async function startControlPlane(options: ControlPlaneOptions = {}): Promise<ControlPlane> {
  const { controllers = CONTROLLERS, directory } = options;
  const { programs, program, data } = await prepareControlPlane(options);
  const folder = directory ?? fs.mkdtempSync(path.join(os.tmpdir(), 'control-plane-'));
  fs.mkdirSync(folder, { recursive: true });
  const log = fs.openSync(path.join(folder, 'control-plane.log'), 'w+');
  const child = spawn(program, [
    'run', `--directory=${folder}`, ...directory === undefined ? [] : ['--keep'], `--programs=${programs}`, `--data=${data}`,
    `--controllers=${controllers.join(',')}`, `--instance-types=${writeInstanceTypes(folder)}`,
  ], { stdio: ['pipe', 'pipe', log], env: environment() });
  // Its standard input closes with this process, however that ends, and with it the control plane.
  const ended = new Promise<void>((resolve) => child.on('exit', () => resolve()).on('error', () => resolve()));
  const [line] = await Promise.race([once(createInterface({ input: child.stdout! })), ended.then(() => [])]);
  if (line === undefined) {
    await ended;
    if (directory === undefined) { fs.rmSync(folder, { recursive: true, force: true }); }
    throw new Error(`the control plane did not start: ${tail(log)}`);
  }
  return {
    ...JSON.parse(line),
    directory: folder,
    pid: child.pid!,
    async stop() {
      child.stdin!.end();
      const late = await Promise.race([ended.then(() => false), sleep(10_000, true, { ref: false })]);
      if (late) { child.kill('SIGKILL'); }
      await ended;
      fs.closeSync(log);
      if (directory === undefined) { fs.rmSync(folder, { recursive: true, force: true }); }
    },
  };
}

/** Folder of etcd's with the CRDs in it. The API server takes long over CRDs; this way it does once. */
async function prepareData(program: string, crds: string): Promise<string> {
  return cached(keyed('data', fs.realpathSync(program), crds), async (draft) => {
    const work = fs.mkdtempSync(path.join(os.tmpdir(), 'control-plane-'));
    try {
      await promisify(execFile)(program, ['prepare', `--directory=${work}`, `--crds=${crds}`], { env: environment(), maxBuffer: 2 ** 26 });
      fs.mkdirSync(draft);
      for (const kept of ['etcd', 'crds.json']) { fs.cpSync(path.join(work, kept), path.join(draft, kept), { recursive: true }); }
    } finally {
      fs.rmSync(work, { recursive: true, force: true });
    }
  });
}

/** Nothing of the caller's settings reaches the programs. */
function environment(): NodeJS.ProcessEnv {
  return { PATH: process.env.PATH, HOME: process.env.HOME, TMPDIR: process.env.TMPDIR };
}

async function once(lines: AsyncIterable<string>): Promise<string[]> {
  for await (const line of lines) { return [line]; }
  return [];
}

function tail(log: number): string {
  const { size } = fs.fstatSync(log);
  const buffer = Buffer.alloc(Math.min(size, 3000));
  fs.readSync(log, buffer, 0, buffer.length, size - buffer.length);
  fs.closeSync(log);
  return buffer.toString('utf8').trim();
}
