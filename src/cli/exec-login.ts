import { spawnSync } from 'node:child_process';
import { dirname, resolve } from 'node:path';
import { show } from '../errors';
import { ExitCode, Refusal } from './io';

/** Credentials that a program gave. */
export interface Credentials { readonly token?: string; readonly cert?: Buffer; readonly key?: Buffer }

const VERSIONS = ['client.authentication.k8s.io/v1', 'client.authentication.k8s.io/v1beta1'];
/** A browser may open. */
const TIMEOUT_MILLIS = 120_000;

/**
 * Runs the program by which a kubeconfig logs in, as kubectl does
 * (https://kubernetes.io/docs/reference/access-authn-authz/authentication/#client-go-credential-plugins).
 */
export function login(exec: any, cluster: any, file: string, who: string): Credentials {
  const { command, args = [], env = [], apiVersion } = exec;
  if (typeof command !== 'string' || !command || !VERSIONS.includes(apiVersion)) {
    throw new Refusal(`'exec' of ${who} has command ${show(command)} and apiVersion ${show(apiVersion)}, but it takes a command and one of ${VERSIONS.join(', ')}`);
  }
  const program = command.includes('/') ? resolve(dirname(file), command) : command;
  const ran = spawnSync(program, args.map(String), {
    env: {
      ...process.env,
      ...Object.fromEntries((env ?? []).map(({ name, value }: any) => [name, String(value)])),
      KUBERNETES_EXEC_INFO: JSON.stringify({ apiVersion, kind: 'ExecCredential', spec: { interactive: false, cluster: exec.provideClusterInfo ? told(cluster) : undefined } }),
    },
    stdio: ['ignore', 'pipe', 'inherit'], // what it has to say goes to the user
    timeout: TIMEOUT_MILLIS,
    encoding: 'utf8',
  });
  if (ran.error || ran.status !== 0) {
    const why = ran.error ? (ran.error as NodeJS.ErrnoException).code ?? ran.error.message : `exit status ${ran.status}`;
    throw new Refusal(`${show(command)}, by which ${who} logs in, failed (${why})`, ExitCode.NO);
  }
  const { token, clientCertificateData, clientKeyData } = statusOf(ran.stdout);
  if (!token && !(clientCertificateData && clientKeyData)) { throw new Refusal(`${show(command)}, by which ${who} logs in, gave neither a token nor a certificate with its key`, ExitCode.NO); }
  return { token, cert: clientCertificateData && Buffer.from(clientCertificateData), key: clientKeyData && Buffer.from(clientKeyData) };
}

/** The cluster as the program is told of it. */
function told({ server, extensions, ...cluster }: any): object {
  const fields = ['tls-server-name', 'insecure-skip-tls-verify', 'certificate-authority-data'];
  const config = (extensions ?? []).find(({ name }: any) => name === 'client.authentication.k8s.io/exec')?.extension;
  return { server, ...Object.fromEntries(fields.map((field) => [field, cluster[field]])), config };
}

function statusOf(text: string): any {
  try {
    return JSON.parse(text)?.status ?? {};
  } catch {
    return {};
  }
}
