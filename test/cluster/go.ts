import { execFile } from 'node:child_process';
import * as os from 'node:os';
import { promisify } from 'node:util';

const OLDEST = [1, 26];

let version: Promise<string> | undefined;

/** Runs the Go command; what it prints. Checksums of modules are always verified. */
export async function go(cwd: string, ...args: string[]): Promise<string> {
  const env = { ...process.env, GOFLAGS: '', GOWORK: 'off', GO111MODULE: 'on' };
  const { stdout } = await promisify(execFile)('go', args, { cwd, env, maxBuffer: 2 ** 26 });
  return stdout;
}

/** The toolchain's version and machine, e.g. `go1.26.8 linux/amd64`, which names what it builds. */
export function goVersion(): Promise<string> {
  version ??= go(os.tmpdir(), 'version').catch(() => { throw new Error('the control plane is built with Go: install Go 1.26 or later (https://go.dev/dl) and put it on PATH'); })
    .then((text) => {
      const [, name, major, minor] = /\b(go(\d+)\.(\d+)\S*)/.exec(text) ?? [];
      if (!name || Number(major) < OLDEST[0] || (Number(major) === OLDEST[0] && Number(minor) < OLDEST[1])) {
        throw new Error(`the control plane is built with Go 1.26 or later; the one on PATH says '${text.trim()}'`);
      }
      return text.trim().split(' ').slice(2).join(' ');
    });
  return version;
}

/** A module of the cache of modules. */
export interface GoModule {
  readonly Path: string;
  readonly Version: string;
  /** Its folder; read-only. */
  readonly Dir: string;
  /** Its checksum, as in go.sum. */
  readonly Sum: string;
}

/** Downloads a module: `path` at the version of the go.mod in `cwd`, or `path@version`. */
export async function download(cwd: string, module: string): Promise<GoModule> {
  return JSON.parse(await go(cwd, 'mod', 'download', '-json', module));
}
