import { readFileSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { parse } from 'yaml';
import { show } from '../errors';
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
}

/**
 * Reads one context of a kubeconfig. Programs that a kubeconfig would run to log in are not run, and credentials are
 * sent over HTTPS only.
 */
export function readKubeconfig(file: string, contextName?: string): Access {
  const config = parseFile(file);
  const wanted = contextName ?? config['current-context'];
  if (typeof wanted !== 'string' || !wanted) { throw new Refusal(`${show(file)} has no current context; name one with '--context'`); }
  const context = entry(config, 'contexts', wanted, file).context ?? {};
  const cluster = entry(config, 'clusters', context.cluster, file).cluster ?? {};
  const user = context.user ? entry(config, 'users', context.user, file).user ?? {} : {};
  for (const way of ['exec', 'auth-provider']) {
    if (user[way]) {
      throw new Refusal(`user ${show(context.user)} of ${show(file)} logs in by a program ('${way}'), and doctor runs none; use a kubeconfig with a token, such as one of 'kubectl create token'`);
    }
  }
  if (user.username || user.as) { throw new Refusal(`user ${show(context.user)} of ${show(file)} uses '${user.as ? 'as' : 'username'}', which doctor does not support; use a token or a client certificate`); }
  if (cluster['proxy-url']) { throw new Refusal(`cluster ${show(context.cluster)} of ${show(file)} uses 'proxy-url', which doctor does not support`); }
  const data = (fields: any, name: string) => {
    if (fields[`${name}-data`]) { return Buffer.from(String(fields[`${name}-data`]), 'base64'); }
    return fields[name] ? readBeside(file, String(fields[name])) : undefined;
  };
  const token = user.token ?? (user.tokenFile ? readBeside(file, String(user.tokenFile)).toString('utf8').trim() : undefined);
  const access: Access = {
    server: serverOf(cluster.server, file),
    namespace: String(context.namespace ?? 'default'),
    ca: data(cluster, 'certificate-authority'),
    cert: data(user, 'client-certificate'),
    key: data(user, 'client-key'),
    token: token === undefined ? undefined : String(token),
    insecure: cluster['insecure-skip-tls-verify'] === true,
    serverName: cluster['tls-server-name'],
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
