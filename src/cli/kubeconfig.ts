import { existsSync, readFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { delimiter, dirname, join, resolve } from 'node:path';
import { parse } from 'yaml';
import { show } from '../errors';
import { login } from './exec-login';
import { Refusal } from './io';

/** How to reach an API server, and as whom. */
export interface Access {
  readonly server: URL;
  /** Namespace that objects without one go to. */
  readonly namespace: string;
  readonly ca?: Buffer;
  readonly cert?: Buffer;
  readonly key?: Buffer;
  readonly token?: string;
  readonly insecure: boolean;
  readonly serverName?: string;
  /** Logs in anew, where a program did it. */
  readonly renew?: () => Access;
}

/** How a kubeconfig is read. */
export interface KubeconfigOptions {
  /** Default: the current one. */
  readonly context?: string;
  /** Whether the program by which it logs in may be run. Default: no. */
  readonly login?: boolean;
}

/** Options of commands that need a cluster, as commander names them. */
export interface ClusterOptions extends KubeconfigOptions { readonly kubeconfig?: string }

/** The cluster that options name; without, the one that kubectl would take. */
export function accessOf({ kubeconfig, ...options }: ClusterOptions, env: { readonly [name: string]: string | undefined }): Access {
  const files = (env.KUBECONFIG ?? '').split(delimiter).filter(Boolean);
  if (kubeconfig === undefined && files.length > 1) { throw new Refusal("KUBECONFIG names several files; name the one to use with '--kubeconfig'"); }
  const file = kubeconfig ?? files[0] ?? join(env.HOME ?? homedir(), '.kube', 'config');
  if (kubeconfig === undefined && !existsSync(file)) { throw new Refusal(`there is no kubeconfig at ${show(file)}; name one with '--kubeconfig'`); }
  return readKubeconfig(file, options);
}

/**
 * Reads one context of a kubeconfig. A program that it would run to log in is run only if that is allowed, and credentials are
 * sent over HTTPS only.
 */
export function readKubeconfig(file: string, options: KubeconfigOptions = {}): Access {
  const { context: contextName, login: mayRun = false } = options;
  const config = parseFile(file);
  const wanted = contextName ?? config['current-context'];
  if (typeof wanted !== 'string' || !wanted) { throw new Refusal(`${show(file)} has no current context; name one with '--context'`); }
  const context = entry(config, 'contexts', wanted, file).context ?? {};
  const cluster = entry(config, 'clusters', context.cluster, file).cluster ?? {};
  const user = context.user ? entry(config, 'users', context.user, file).user ?? {} : {};
  const who = `user ${show(context.user)} of ${show(file)}`;
  const withToken = "use a kubeconfig with a token, such as one of 'kubectl create token'";
  if (user.exec && !mayRun) { throw new Refusal(`${who} logs in by a program ('exec'); allow it with '--login', or ${withToken}`); }
  if (user['auth-provider']) { throw new Refusal(`${who} logs in by 'auth-provider', which is not supported; ${withToken}`); }
  if (user.username || user.as) { throw new Refusal(`${who} uses '${user.as ? 'as' : 'username'}', which is not supported; use a token or a client certificate`); }
  if (cluster['proxy-url']) { throw new Refusal(`cluster ${show(context.cluster)} of ${show(file)} uses 'proxy-url', which is not supported`); }
  const data = (fields: any, name: string) => {
    if (fields[`${name}-data`]) { return Buffer.from(String(fields[`${name}-data`]), 'base64'); }
    return fields[name] ? readBeside(file, String(fields[name])) : undefined;
  };
  const given = user.exec ? login(user.exec, cluster, file, who) : {};
  const token = given.token ?? user.token ?? (user.tokenFile ? readBeside(file, String(user.tokenFile)).toString('utf8').trim() : undefined);
  const access: Access = {
    server: serverOf(cluster.server, file),
    namespace: String(context.namespace ?? 'default'),
    ca: data(cluster, 'certificate-authority'),
    cert: given.cert ?? data(user, 'client-certificate'),
    key: given.key ?? data(user, 'client-key'),
    token: token === undefined ? undefined : String(token),
    insecure: cluster['insecure-skip-tls-verify'] === true,
    serverName: cluster['tls-server-name'],
    renew: user.exec && (() => readKubeconfig(file, options)),
  };
  if (access.server.protocol === 'http:' && access.token) { throw new Refusal(`${show(file)} would send a token to ${access.server.origin} unencrypted; use https`); }
  return access;
}

function parseFile(file: string): any {
  const text = readBeside(file, resolve(file)).toString('utf8');
  let config: unknown;
  try {
    config = parse(text);
  } catch {
    throw new Refusal(`${show(file)} is not YAML`);
  }
  if (typeof config !== 'object' || config === null) { throw new Refusal(`${show(file)} is not a kubeconfig`); }
  return config;
}

function entry(config: any, section: string, name: unknown, file: string): any {
  const entries: any[] = Array.isArray(config[section]) ? config[section] : [];
  const found = entries.find((candidate) => candidate?.name === name);
  if (!found) { throw new Refusal(`${show(file)} has no ${show(name)} among its ${section}`); }
  return found;
}

function serverOf(server: unknown, file: string): URL {
  if (typeof server === 'string' && /^https?:\/\//.test(server) && URL.canParse(server)) { return new URL(server); }
  throw new Refusal(`'server' of ${show(file)} is ${show(server)} but must be an https URL`);
}

function readBeside(file: string, other: string): Buffer {
  const path = resolve(dirname(file), other);
  try {
    return readFileSync(path);
  } catch (error) {
    throw new Refusal(`${show(path)} can't be read (${(error as NodeJS.ErrnoException).code ?? 'unknown reason'})`);
  }
}
