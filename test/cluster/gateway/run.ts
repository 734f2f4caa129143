/**
 * Runs a command, by default the tests of the gateway and of what is measured, where every private address is local: in a network, a process
 * table and a mount table of its own. KWOK's pods have addresses but no network; here whoever listens on all addresses is the server of all pods.
 * Everything that the command starts or writes below the temporary folder is gone when it ends, also after Ctrl-C and after a crash: the kernel
 * sees to it.
 */
import { spawn } from 'node:child_process';
import * as fs from 'node:fs';
import * as path from 'node:path';
import { gatewayPrograms } from './programs';
import { CACHE } from '../cache';
import { prepareControlPlane } from '../control-plane';
import { preparePrometheus } from '../monitoring/prometheus';

const root = path.join(__dirname, '..', '..', '..');
/** What the tests start beside Kubernetes' own. */
const CONTROLLERS = ['leaderworkerset'];
const TESTS = [process.execPath, path.join(root, 'node_modules', '.bin', 'jest'), '--ci', '--runInBand', '-c', path.join(root, 'test', 'cluster', 'jest.config.json'),
  '--testMatch', '**/test/cluster/{reached,monitoring/*}.test.ts'];

/** The command that follows comes as its arguments, the temporary folder as its first one. */
const INSIDE = `set -e
mount -t tmpfs tmpfs "$1"
ip link set lo up
ip route add local 10.0.0.0/8 dev lo
export TMPDIR="$1"
shift
exec "$@"`;

async function main(): Promise<void> {
  // Inside there is no network to fetch anything from, and the processes that may hold a lock on the cache can't be told apart.
  await prepareControlPlane({ controllers: CONTROLLERS });
  await gatewayPrograms();
  await preparePrometheus();
  const temporary = path.join(CACHE, 'tmp');
  fs.mkdirSync(temporary, { recursive: true });
  const command = process.argv.length > 2 ? process.argv.slice(2) : TESTS;
  // The kernel kills unshare when this process goes, and with it the first process of the namespace and so all of them.
  const child = spawn('setpriv', [
    '--pdeathsig', 'KILL', 'unshare', ...process.getuid?.() === 0 ? [] : ['--map-root-user'], '--net', '--mount', '--pid', '--fork', '--mount-proc', '--kill-child',
    'bash', '-c', INSIDE, 'bash', temporary, ...command,
  ], { stdio: 'inherit', cwd: root });
  child.on('error', (error) => { throw error; });
  child.on('exit', (code) => process.exit(code ?? 1));
}

main().catch((error) => {
  console.error(error);
  process.exit(1);
});
