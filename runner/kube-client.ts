/** The few verbs of the Kubernetes API that the runner needs, with patience where it is safe. */
import { Clock } from './clock';
import { HttpAnswer, Transport } from './http';

export interface KubeObject {
  readonly apiVersion?: string;
  readonly kind?: string;
  readonly metadata: {
    readonly name: string;
    readonly namespace?: string;
    readonly uid?: string;
    readonly resourceVersion?: string;
    readonly labels?: { readonly [key: string]: string };
    readonly annotations?: { readonly [key: string]: string };
    readonly [field: string]: unknown;
  };
  readonly [field: string]: any;
}

/** An answer that is no success. `conflict`: somebody was faster (or it exists already). */
export class KubeError extends Error {
  constructor(public readonly status: number, message: string) { super(message); }

  public get conflict(): boolean { return this.status === 409; }
}

const TIMEOUT_MILLIS = 10_000;
const ATTEMPTS = 4;
const FIRST_WAIT_MILLIS = 250;
const LONGEST_WAIT_MILLIS = 10_000;
/** The Date header counts whole seconds. */
const DATE_STEP_MILLIS = 1000;

/** Path of a resource: `/api/v1/...` of the core group, `/apis/...` of others. */
export function pathOf(apiVersion: string, plural: string, namespace: string, name?: string, subresource?: string): string {
  const parts = [apiVersion.includes('/') ? `/apis/${apiVersion}` : `/api/${apiVersion}`, 'namespaces', namespace, plural, name, subresource];
  return parts.filter((part) => part !== undefined).join('/');
}

export class KubeClient {
  private offsetMillis = 0;

  /** @param token reads the service account's token; it is renewed on disk while the pod lives */
  constructor(
    private readonly address: string, private readonly transport: Transport, private readonly clock: Clock,
    private readonly token: () => string | undefined,
  ) {}

  /** The API server's clock, which all runners share. */
  public now(): number { return this.clock.now() + this.offsetMillis; }

  /** Undefined if there is none. */
  public async get(path: string): Promise<KubeObject | undefined> {
    const answer = await this.patiently('GET', path, undefined, (status) => status === 429 || status >= 500);
    if (answer.status === 404) { return undefined; }
    return parsed(answer, 'GET', path);
  }

  public async list(path: string): Promise<KubeObject[]> {
    const answer = await this.patiently('GET', path, undefined, (status) => status === 429 || status >= 500);
    return (parsed(answer, 'GET', path).items ?? []) as KubeObject[];
  }

  /** An object that exists is a conflict. */
  public async create(path: string, object: object): Promise<KubeObject> {
    return parsed(await this.patiently('POST', path, object, (status) => status === 429), 'POST', path);
  }

  /**
   * Replaces what is there if it still has the version that the object names. After an answer that got lost nobody knows whether it was
   * written, so nothing is repeated but what the server turned away unread: the next look shows it.
   */
  public async replace(path: string, object: KubeObject | { metadata: { resourceVersion?: string } }): Promise<KubeObject> {
    if (!object.metadata.resourceVersion) { throw new Error(`PUT ${path} without a version would overwrite what others wrote`); }
    return parsed(await this.patiently('PUT', path, object, (status) => status === 429), 'PUT', path);
  }

  private async patiently(method: string, path: string, body: object | undefined, again: (status: number) => boolean): Promise<HttpAnswer> {
    for (let attempt = 1; ; attempt++) {
      let answer: HttpAnswer | undefined;
      try {
        answer = await this.once(method, path, body);
      } catch (error) {
        if (method !== 'GET' || attempt >= ATTEMPTS) { throw new KubeError(0, `${method} ${path}: ${(error as Error).message}`); }
      }
      if (answer !== undefined && (!again(answer.status) || attempt >= ATTEMPTS)) { return answer; }
      await this.clock.sleep(Math.min(LONGEST_WAIT_MILLIS, retryAfter(answer) ?? FIRST_WAIT_MILLIS * 2 ** attempt * (0.5 + this.clock.random())));
    }
  }

  private async once(method: string, path: string, body?: object): Promise<HttpAnswer> {
    const token = this.token();
    const headers = {
      accept: 'application/json',
      ...body === undefined ? {} : { 'content-type': 'application/json' },
      ...token === undefined ? {} : { authorization: `Bearer ${token}` },
    };
    const asked = this.clock.now();
    const answer = await this.transport({ method, url: `${this.address}${path}`, headers, body: body && JSON.stringify(body), timeoutMillis: TIMEOUT_MILLIS });
    this.setClock(Date.parse(String(answer.headers.date)), asked, this.clock.now());
    return answer;
  }

  /** The server wrote the date at some moment between question and answer; what that allows is left as it is, so a late answer moves nothing. */
  private setClock(date: number, asked: number, answered: number): void {
    if (Number.isNaN(date)) { return; }
    this.offsetMillis = Math.min(date + DATE_STEP_MILLIS - asked, Math.max(date - answered, this.offsetMillis));
  }
}

function retryAfter(answer: HttpAnswer | undefined): number | undefined {
  const seconds = Number(answer?.headers['retry-after'] ?? NaN);
  return seconds >= 0 ? seconds * 1000 : undefined;
}

function parsed(answer: HttpAnswer, method: string, path: string): KubeObject {
  let body: any;
  try { body = JSON.parse(answer.body); } catch { body = undefined; }
  if (answer.status < 200 || answer.status > 299) {
    throw new KubeError(answer.status, `${method} ${path}: ${answer.status} ${body?.message ?? answer.body.slice(0, 200)}`);
  }
  if (typeof body !== 'object' || body === null) { throw new KubeError(answer.status, `${method} ${path}: the answer is no JSON object`); }
  return body;
}
