import { Agent, request as send } from 'node:https';
import { setTimeout as sleep } from 'node:timers/promises';
import { KubeObject } from './kube-object';
import { titleOf } from '../../support/manifest-checks';

/** Where an API server is and who asks. */
export interface ApiServerAccess {
  readonly server: string;
  readonly token: string;
  /** Its certificate authority, PEM. */
  readonly ca: string;
}

/** What an API server answered. */
export interface Answer {
  readonly status: number;
  /** Parsed, where it is JSON. */
  readonly body: any;
  /** Texts of the `Warning` headers. */
  readonly warnings: string[];
}

/** An API server said no. */
export class ApiError extends Error {
  public constructor(public readonly what: string, public readonly answer: Answer) {
    super(`${what}: ${answer.status} ${answer.body?.message ?? JSON.stringify(answer.body)}`);
  }
}

/** A kind of objects as the server serves it. */
interface Resource { readonly plural: string; readonly namespaced: boolean; readonly subresources: string[] }

const APPLY = 'application/apply-patch+yaml';
const MERGE = 'application/merge-patch+json';
const OWNER = 'cluster-test';

/** A small client of a real API server, which keeps what other clients hide: warnings, status codes, the server's own sentences. */
export class ApiServer {
  private readonly agent: Agent;
  private readonly groups = new Map<string, Map<string, Resource>>();

  public constructor(private readonly access: ApiServerAccess) {
    this.agent = new Agent({ keepAlive: true, maxSockets: 16, ca: access.ca });
  }

  /** Closes what is open. */
  public close(): void { this.agent.destroy(); }

  /** One request; answers whatever the server does, errors of the connection are thrown. */
  public ask(method: string, path: string, body?: unknown, contentType = 'application/json'): Promise<Answer> {
    const payload = body === undefined ? undefined : JSON.stringify(body);
    return new Promise((resolve, reject) => {
      const asked = send(`${this.access.server}${path}`, {
        method,
        agent: this.agent,
        headers: {
          authorization: `Bearer ${this.access.token}`,
          accept: 'application/json',
          ...payload === undefined ? {} : { 'content-type': contentType, 'content-length': Buffer.byteLength(payload) },
        },
      }, (response) => {
        const chunks: Buffer[] = [];
        response.on('data', (chunk) => chunks.push(chunk));
        response.on('error', reject);
        response.on('end', () => {
          const text = Buffer.concat(chunks).toString('utf8');
          resolve({ status: response.statusCode!, body: parsed(text), warnings: warningsIn(response.rawHeaders) });
        });
      });
      asked.on('error', reject);
      asked.end(payload);
    });
  }

  /** As `ask`, but a refusal is thrown, as `ApiError`. */
  public async must(method: string, path: string, body?: unknown, contentType?: string): Promise<any> {
    const answer = await this.ask(method, path, body, contentType);
    if (answer.status >= 300) { throw new ApiError(`${method} ${path}`, answer); }
    return answer.body;
  }

  /** Server-side apply with strict field validation: what GitOps tools do. Answers refusals too. */
  public async apply(object: KubeObject, options: { dryRun?: boolean } = {}): Promise<Answer> {
    return this.ask('PATCH', `${await this.pathOf(object)}?fieldManager=${OWNER}&fieldValidation=Strict&force=true${options.dryRun ? '&dryRun=All' : ''}`, object, APPLY);
  }

  /** Applies objects in order and throws at the first refusal or warning. Answers the objects as the server has them. */
  public async applyAll(objects: KubeObject[]): Promise<any[]> {
    const applied: any[] = [];
    for (const object of objects) {
      const answer = await this.apply(object);
      if (answer.status >= 300) { throw new ApiError(`apply ${titleOf(object)}`, answer); }
      if (answer.warnings.length) { throw new Error(`apply ${titleOf(object)} warns: ${answer.warnings.join('; ')}`); }
      applied.push(answer.body);
    }
    return applied;
  }

  /** The object as the server has it; undefined if it has none. */
  public async get(object: KubeObject, subresource?: string): Promise<any | undefined> {
    const answer = await this.ask('GET', `${await this.pathOf(object)}${subresource ? `/${subresource}` : ''}`);
    if (answer.status === 404) { return undefined; }
    if (answer.status >= 300) { throw new ApiError(`get ${titleOf(object)}`, answer); }
    return answer.body;
  }

  /** All objects of a kind, in a namespace or everywhere. */
  public async list(apiVersion: string, kind: string, options: { namespace?: string; labels?: { [key: string]: string } } = {}): Promise<any[]> {
    const selector = Object.entries(options.labels ?? {}).map(([key, value]) => `${key}=${value}`).join(',');
    const path = await this.collection(apiVersion, kind, options.namespace);
    return (await this.must('GET', `${path}${selector ? `?labelSelector=${encodeURIComponent(selector)}` : ''}`)).items
      .map((item: any) => ({ apiVersion, kind, ...item }));
  }

  /** Changes some fields (JSON merge patch); throws refusals. */
  public async patch(object: KubeObject, change: object, subresource?: string): Promise<any> {
    return this.must('PATCH', `${await this.pathOf(object)}${subresource ? `/${subresource}` : ''}?fieldManager=${OWNER}`, change, MERGE);
  }

  /** Deletes an object; its dependants go as the garbage collector sees fit. Nothing to delete is fine. */
  public async delete(object: KubeObject, options: { gracePeriodSeconds?: number; propagation?: 'Background' | 'Foreground' } = {}): Promise<void> {
    const answer = await this.ask('DELETE', await this.pathOf(object), {
      apiVersion: 'v1', kind: 'DeleteOptions', propagationPolicy: options.propagation ?? 'Background', gracePeriodSeconds: options.gracePeriodSeconds,
    });
    if (answer.status >= 300 && answer.status !== 404) { throw new ApiError(`delete ${titleOf(object)}`, answer); }
  }

  /** What the server would say to a pod of a template, which is not kept. */
  public async tryPod({ metadata, spec }: any, namespace: string, name: string): Promise<Answer> {
    const pod = { apiVersion: 'v1', kind: 'Pod', metadata: { ...metadata, name, namespace }, spec };
    return this.ask('POST', `/api/v1/namespaces/${namespace}/pods?dryRun=All&fieldValidation=Strict`, pod);
  }

  /** Asks for a pod's eviction, as `kubectl drain` does: 201, or 429 where a disruption budget says no. */
  public async evict(namespace: string, pod: string): Promise<Answer> {
    return this.ask('POST', `/api/v1/namespaces/${namespace}/pods/${pod}/eviction`, { apiVersion: 'policy/v1', kind: 'Eviction', metadata: { name: pod, namespace } });
  }

  /** A namespace that enforces a Pod Security level (`restricted`, unless said otherwise), and warns of it. */
  public async namespace(name: string, level = 'restricted'): Promise<void> {
    await this.applyAll([{
      apiVersion: 'v1', kind: 'Namespace',
      metadata: { name, labels: { 'pod-security.kubernetes.io/enforce': level, 'pod-security.kubernetes.io/warn': level } },
    }]);
  }

  /** Whether the server serves a kind. */
  public async serves(apiVersion: string, kind: string): Promise<boolean> { return (await this.kinds(apiVersion)).has(kind); }

  /** Whether objects of a kind live in namespaces. */
  public async isNamespaced(apiVersion: string, kind: string): Promise<boolean> { return (await this.resource(apiVersion, kind)).namespaced; }

  /** Whether a kind can be scaled through `/scale`. */
  public async scales(apiVersion: string, kind: string): Promise<boolean> {
    return (await this.resource(apiVersion, kind)).subresources.includes('scale');
  }

  /** Path of one object. */
  public async pathOf({ apiVersion, kind, metadata }: KubeObject): Promise<string> {
    return `${await this.collection(apiVersion, kind, metadata.namespace)}/${encodeURIComponent(metadata.name)}`;
  }

  private async collection(apiVersion: string, kind: string, namespace?: string): Promise<string> {
    const { plural, namespaced } = await this.resource(apiVersion, kind);
    return `${rootOf(apiVersion)}${namespaced && namespace !== undefined ? `/namespaces/${namespace}` : ''}/${plural}`;
  }

  private async resource(apiVersion: string, kind: string): Promise<Resource> {
    const found = (await this.kinds(apiVersion)).get(kind);
    if (!found) { throw new Error(`the API server does not serve ${apiVersion} ${kind}`); }
    return found;
  }

  /** The kinds of a group, which are asked for once. */
  private async kinds(apiVersion: string): Promise<Map<string, Resource>> {
    const known = this.groups.get(apiVersion);
    if (known) { return known; }
    const answer = await this.ask('GET', rootOf(apiVersion));
    if (answer.status === 404) { return new Map(); }
    if (answer.status >= 300) { throw new ApiError(`discovery of ${apiVersion}`, answer); }
    const { resources } = answer.body;
    const kinds = new Map<string, Resource>(resources.filter(({ name }: any) => !name.includes('/')).map(({ name, kind, namespaced }: any) => [kind, {
      plural: name,
      namespaced,
      subresources: resources.filter((other: any) => other.name.startsWith(`${name}/`)).map((other: any) => other.name.slice(name.length + 1)),
    }]));
    this.groups.set(apiVersion, kinds);
    return kinds;
  }
}

/** Asks again until the answer is there; throws what was seen last when it does not come in time. */
export async function eventually<T>(what: string, look: () => Promise<T | undefined | false>, options: { seconds?: number; seen?: () => unknown } = {}): Promise<T> {
  const end = Date.now() + (options.seconds ?? 30) * 1000;
  for (;;) {
    const found = await look();
    if (found !== undefined && found !== false) { return found; }
    if (Date.now() > end) {
      throw new Error(`${what} did not happen in ${options.seconds ?? 30} s${options.seen ? `; last seen: ${JSON.stringify(await options.seen())}` : ''}`);
    }
    await sleep(100);
  }
}

function rootOf(apiVersion: string): string { return apiVersion.includes('/') ? `/apis/${apiVersion}` : `/api/${apiVersion}`; }

function parsed(text: string): any {
  try { return JSON.parse(text); } catch { return text; }
}

/** `299 - "text"` in each header; Node joins headers of one name unless it is asked for the raw ones. */
function warningsIn(headers: string[]): string[] {
  return headers.filter((_, i) => i % 2 === 1 && headers[i - 1].toLowerCase() === 'warning')
    .map((value) => /^\d{3} \S+ "((?:[^"\\]|\\.)*)"/.exec(value)?.[1].replace(/\\(.)/g, '$1') ?? value);
}
