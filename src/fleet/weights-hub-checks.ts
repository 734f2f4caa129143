import { Construct } from 'constructs';
import { checkFlags, fail, show } from '../errors';
import { HubWeightsOptions } from './weights-options';
import { checkRate, checkText } from './weights-source';
import { isObjectName } from '../kube/names';

/** Most patterns that a download takes. */
const MOST_EXTRA_FILES = 50;

/** What the URLs of the options say. Internal. */
export interface HubEndpoints {
  /** Ports that the download must reach. */
  readonly ports: number[];
  /** Whether the weights travel unencrypted. */
  readonly plain: boolean;
}

/** Refuses options that can't be meant, and reads the URLs among them. */
export function checkHubOptions(scope: Construct, options: HubWeightsOptions, repository: string): HubEndpoints {
  checkText(scope, 'repository', repository, /^\w[\w.-]{0,95}(\/\w[\w.-]{0,95})?$/, 'the id of a repository, such as \'Qwen/Qwen3-8B\'');
  if (repository === 'local-model') {
    fail(scope, 'the model was read from a config without a repository id, so the hub can\'t be asked for it; state \'repository\' of the weights');
  }
  checkFlags(scope, { allowMovingRevision: options.allowMovingRevision, downloadOnPool: options.downloadOnPool });
  checkRevision(scope, options);
  if (options.storageClass !== undefined) {
    checkText(scope, 'storageClass', options.storageClass, /^[a-z0-9]([a-z0-9.-]{0,251}[a-z0-9])?$/,
      'the name of a storage class: lower-case letters, digits, \'-\' and \'.\'');
  }
  checkRate(scope, 'readBytesPerSecond', options.readBytesPerSecond);
  checkRate(scope, 'downloadBytesPerSecond', options.downloadBytesPerSecond);
  checkExtraFiles(scope, options.extraFiles);
  if (options.token !== undefined) { checkSecret(scope, 'token', options.token); }
  const endpoint = options.endpoint === undefined ? undefined : parseUrl(scope, 'endpoint', options.endpoint);
  const proxy = options.httpsProxy === undefined ? undefined : parseUrl(scope, 'httpsProxy', options.httpsProxy);
  if (endpoint?.protocol === 'http:' && options.token !== undefined) {
    fail(scope, `'endpoint' is ${show(options.endpoint)} but a 'token' is sent there, which needs https; use an https URL, or leave the token out`);
  }
  return {
    // A mirror may send on to where the files are, by https.
    ports: [...new Set(proxy ? [portOf(proxy)] : endpoint ? [portOf(endpoint), 443] : [443])].sort((a, b) => a - b),
    plain: endpoint?.protocol === 'http:',
  };
}

function checkRevision(scope: Construct, options: HubWeightsOptions): void {
  const { revision } = options;
  if (typeof revision === 'string' && /^[0-9a-f]{40}$/.test(revision)) { return; }
  if (!options.allowMovingRevision) {
    fail(scope, `'revision' is ${show(revision)} but must be a commit of 40 hexadecimal digits, so that every replica and every restart serves the same`
      + ' files; copy it from the history of the repository, or set \'allowMovingRevision\'');
  }
  checkText(scope, 'revision', revision, /^(?!.*\.\.)[A-Za-z0-9][\w./-]{0,199}$/, 'a commit, a branch or a tag');
}

function checkExtraFiles(scope: Construct, patterns: string[] | undefined): void {
  if (patterns === undefined) { return; }
  if (!Array.isArray(patterns) || patterns.length > MOST_EXTRA_FILES) {
    fail(scope, `'extraFiles' is ${show(patterns)} but must be a list of at most ${MOST_EXTRA_FILES} patterns`);
  }
  for (const pattern of patterns) {
    checkText(scope, 'extraFiles', pattern, /^[^\u0000-\u001f\u007f\\]{1,200}$/, 'a list of patterns of at most 200 printable characters each');
    if (/\.(bin|ckpt|pickle|pkl|pt|pth)$/i.test(pattern)) {
      fail(scope, `'extraFiles' has ${show(pattern)} but pickle files are never downloaded, as reading one runs code; convert them to safetensors`);
    }
  }
}

/** Refuses what is not a reference to the key of a secret. */
export function checkSecret(scope: Construct, prop: string, value: any): void {
  const name = value?.secret?.name;
  const ok = isObjectName(name) && typeof value.key === 'string' && /^[-._a-zA-Z0-9]{1,253}$/.test(value.key);
  // The value is not shown: it may be a secret given in the wrong place.
  if (!ok) { fail(scope, `'${prop}' must be a secret and the name of a key in it, such as { secret: Secret.fromSecretName(…), key: 'token' }`); }
}

/** A URL of a server, as nothing else than that. */
export function parseUrl(scope: Construct, prop: string, value: unknown): URL {
  let url: URL | undefined;
  if (typeof value === 'string' && value.length <= 1024 && /^https?:\/\/[\x21-\x7e]+$/.test(value)) {
    try { url = new URL(value); } catch { url = undefined; }
  }
  if (url?.username || url?.password) {
    fail(scope, `'${prop}' has a user name or a password in it, but secrets never stand in manifests; use a server that asks for none`);
  }
  if (!url || !url.hostname || url.search || url.hash) {
    fail(scope, `'${prop}' is ${show(value)} but must be the URL of a server, such as 'https://mirror.example.com', without query or fragment`);
  }
  return url;
}

/** The port that a URL means. */
export function portOf(url: URL): number {
  return url.port ? Number(url.port) : url.protocol === 'http:' ? 80 : 443;
}
