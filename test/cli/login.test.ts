import { chmodSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { stringify } from 'yaml';
import { fakeApiServer, FakeApiServer } from './api-server';
import { command } from './fake-io';
import { folder } from './folder';

let server: FakeApiServer | undefined;
afterEach(async () => {
  await server?.close();
  server = undefined;
});

/** A folder with a kubeconfig that logs in by a program, a shell script beside it. */
function kubeconfig(script: string, exec: object = {}): string {
  const path = folder({
    'dist/a.yaml': 'apiVersion: example.com/v1\nkind: A\nmetadata: { name: a }\n',
    'login.sh': `#!/bin/sh\n${script}\n`,
    'config': stringify({
      'current-context': 'main',
      'contexts': [{ name: 'main', context: { cluster: 'c', user: 'u' } }],
      'clusters': [{ name: 'c', cluster: { 'server': `https://127.0.0.1:${server?.port ?? 1}`, 'certificate-authority-data': Buffer.from(server?.cert ?? '').toString('base64') } }],
      'users': [{ name: 'u', user: { exec: { apiVersion: 'client.authentication.k8s.io/v1', command: './login.sh', ...exec } } }],
    }),
  });
  chmodSync(join(path, 'login.sh'), 0o755);
  return path;
}

const status = (path: string, more: string[] = ['--login']) => command(['canary', 'status', 'x', '--kubeconfig', join(path, 'config'), ...more], { env: {} });
const credential = (token: string) => `echo '{"kind":"ExecCredential","apiVersion":"client.authentication.k8s.io/v1","status":{"token":"${token}"}}'`;
const NOT_THERE = "error: there is no rollout 'x' in namespace 'default'\n";

test('a program logs in where it is allowed to, with its arguments and environment', async () => {
  server = await fakeApiServer({});
  const ran = await status(kubeconfig(credential('\'"$1-$REGION"\''), { args: ['eks'], env: [{ name: 'REGION', value: 'eu' }] }));
  expect([ran.err, server.asked[0].authorization]).toEqual([NOT_THERE, 'Bearer eks-eu']);
});

test('it is told what the protocol says, and of the cluster where it wants that', async () => {
  server = await fakeApiServer({});
  const script = `echo "$KUBERNETES_EXEC_INFO" > "$(dirname "$0")/info"\n${credential('t')}`;
  const info = async (exec: object) => {
    const path = kubeconfig(script, exec);
    await status(path);
    return JSON.parse(readFileSync(join(path, 'info'), 'utf8'));
  };
  expect(await info({})).toEqual({ apiVersion: 'client.authentication.k8s.io/v1', kind: 'ExecCredential', spec: { interactive: false } });
  expect((await info({ provideClusterInfo: true })).spec.cluster).toEqual({ 'server': `https://127.0.0.1:${server.port}`, 'certificate-authority-data': Buffer.from(server.cert).toString('base64') });
});

test('it is not run unless that is allowed', async () => {
  const path = kubeconfig('exit 9');
  expect((await status(path, [])).err).toBe(`error: user 'u' of ${shown(path)} logs in by a program ('exec'); allow it with '--login', or use a kubeconfig with a token, such as one of 'kubectl create token'\n`);
});

test('a login that has expired is made anew, once', async () => {
  server = await fakeApiServer({ '/api/v1/namespaces/default/configmaps/x-state': 401 });
  const path = kubeconfig(`echo run >> "$(dirname "$0")/runs"\n${credential('t')}`);
  expect((await status(path)).err).toBe(`error: https://127.0.0.1:${server.port} does not accept the credentials of the kubeconfig\n`);
  expect([readFileSync(join(path, 'runs'), 'utf8'), server.asked.length]).toEqual(['run\nrun\n', 2]);
});

/** A path as errors show it. */
function shown(path: string): string {
  const file = join(path, 'config');
  return file.length > 60 ? `'${file.slice(0, 60)}…' (${file.length} characters)` : `'${file}'`;
}

test.each<[string, string, object, number, string]>([
  ['that fails', 'exit 3', {}, 1, "'./login.sh', by which user 'u' of FILE logs in, failed (exit status 3)"],
  ['that is not there', '', { command: 'no-such-program-at-all' }, 1, "'no-such-program-at-all', by which user 'u' of FILE logs in, failed (ENOENT)"],
  ['that says nothing of use', 'echo hello', {}, 1, "'./login.sh', by which user 'u' of FILE logs in, gave neither a token nor a certificate with its key"],
  ['of another protocol', '', { apiVersion: 'client.authentication.k8s.io/v1alpha1' }, 2,
    "'exec' of user 'u' of FILE has command './login.sh' and apiVersion 'client.authentication.k8s.io/v1alpha1', but it takes a command and one of client.authentication.k8s.io/v1, client.authentication.k8s.io/v1beta1"],
])('a program %s is told in a sentence', async (_what, script, exec, code, sentence) => {
  const path = kubeconfig(script, exec);
  expect(await status(path)).toEqual({ code, out: '', err: `error: ${sentence.replace('FILE', shown(path))}\n` });
});

test('doctor logs in the same way', async () => {
  server = await fakeApiServer({});
  const path = kubeconfig(credential('doctor'));
  expect((await command(['doctor', join(path, 'dist'), '--kubeconfig', join(path, 'config'), '--login'])).out).toContain('nothing serves example.com');
  expect(server.asked[0].authorization).toBe('Bearer doctor');
  expect((await command(['doctor', join(path, 'dist'), '--login'])).err).toBe("error: '--login' goes with '--kubeconfig'\n");
});
