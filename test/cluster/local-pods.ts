/**
 * A place where every private address is local: a network, a process table and a mount table of its own. KWOK's pods have addresses but no
 * network; here whoever listens on all addresses is the server of all pods. Everything that is started there or written below its temporary folder
 * is gone when the command ends, also after Ctrl-C and after a crash: the kernel sees to it.
 */
import { spawn } from 'node:child_process';
import * as fs from 'node:fs';
import * as net from 'node:net';
import * as path from 'node:path';
import { CACHE } from './cache';

const root = path.join(__dirname, '..', '..');

/** The command that follows comes as its arguments, the temporary folder as its first one. */
const INSIDE = `set -e
mount -t tmpfs tmpfs "$1"
ip link set lo up
ip route add local 10.0.0.0/8 dev lo
export TMPDIR="$1"
shift
exec "$@"`;

/**
 * Runs the tests whose files match, or the command that this process is given. To be called when all that they run is in the cache: inside there
 * is no network to fetch anything from, and the processes that may hold a lock on the cache can't be told apart.
 */
export function runWherePodsAreLocal(testMatch: string): void {
  const temporary = path.join(CACHE, 'tmp');
  fs.mkdirSync(temporary, { recursive: true });
  const tests = [
    process.execPath, path.join(root, 'node_modules', '.bin', 'jest'), '--ci', '--runInBand', '-c', path.join(root, 'test', 'cluster', 'jest.config.json'), '--testMatch', testMatch,
  ];
  const command = process.argv.length > 2 ? process.argv.slice(2) : tests;
  // The kernel kills unshare when this process goes, and with it the first process of the namespace and so all of them.
  const child = spawn('setpriv', [
    '--pdeathsig', 'KILL', 'unshare', ...process.getuid?.() === 0 ? [] : ['--map-root-user'], '--net', '--mount', '--pid', '--fork', '--mount-proc', '--kill-child',
    'bash', '-c', INSIDE, 'bash', temporary, ...command,
  ], { stdio: 'inherit', cwd: root });
  child.on('error', (error) => { throw error; });
  child.on('exit', (code) => process.exit(code ?? 1));
}

/** Throws where the addresses of pods are not local. */
export async function checkPodsAreLocal(command: string): Promise<void> {
  const local = await new Promise((resolve) => {
    const server = net.createServer().on('error', () => resolve(false));
    server.listen(0, '10.64.0.1', () => server.close(() => resolve(true)));
  });
  if (!local) { throw new Error(`the addresses of pods are not local here; run '${command}'`); }
}
