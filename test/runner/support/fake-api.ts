import { HttpAnswer, HttpRequest, Transport } from '../../../runner/http';

/** What goes wrong with one call. */
export type Fault =
  { readonly kind: 'answer'; readonly status: 403 | 429 | 500 | 503 } // turned away
  | { readonly kind: 'lost'; readonly carriedOut: boolean } // the connection breaks before or after it was carried out
  | { readonly kind: 'late'; readonly millis: number; readonly carriedOut: boolean } // before or after it was carried out
  | { readonly kind: 'stale' } // a read that answers what was there before
  | { readonly kind: 'kill'; readonly carriedOut: boolean }; // the caller is gone

export class Killed extends Error {}

export interface FakeApiOptions {
  readonly now: () => number;
  readonly sleep: (millis: number) => Promise<void>;
  /** After each change. */
  readonly changed?: (path: string, object: any, before: any) => void;
}

/** A Kubernetes API server in memory, as far as versions, conflicts and the scale subresource go. */
export class FakeApi {
  public readonly objects = new Map<string, any>();
  private readonly earlier = new Map<string, any>();
  private version = 0;

  constructor(private readonly options: FakeApiOptions) {}

  public put(path: string, object: any): void {
    this.version += 1;
    const before = this.objects.get(path);
    if (before !== undefined) { this.earlier.set(path, before); }
    this.objects.set(path, {
      ...object, metadata: { ...object.metadata, uid: before?.metadata.uid ?? `uid-${this.version}`, resourceVersion: String(this.version), creationTimestamp: before?.metadata.creationTimestamp ?? new Date(this.options.now()).toISOString() },
    });
    this.options.changed?.(path, this.objects.get(path), before);
  }

  public delete(path: string): void { this.objects.delete(path); }

  /** A client's connection; `fault` is asked before each call. */
  public transport(fault: (request: HttpRequest) => Fault | undefined = () => undefined): Transport {
    return async (request) => {
      const found = fault(request);
      await this.options.sleep(2);
      if (found?.kind === 'answer') { return this.answer(found.status, { message: 'injected' }, found.status === 429 ? { 'retry-after': '1' } : {}); }
      if (found?.kind === 'late' && !found.carriedOut) { await this.options.sleep(found.millis); }
      if ((found?.kind === 'kill' || found?.kind === 'lost') && !found.carriedOut) { throw found.kind === 'kill' ? new Killed() : new Error('socket hang up'); }
      const answer = this.carryOut(request, found?.kind === 'stale');
      if (found?.kind === 'late' && found.carriedOut) { await this.options.sleep(found.millis); }
      if (found?.kind === 'kill') { throw new Killed(); }
      if (found?.kind === 'lost') { throw new Error('socket hang up'); }
      return answer;
    };
  }

  private carryOut(request: HttpRequest, stale: boolean): HttpAnswer {
    const path = new URL(request.url).pathname;
    const object = request.body === undefined ? undefined : JSON.parse(request.body);
    if (request.method === 'GET') {
      const selector = new URL(request.url).searchParams.get('labelSelector');
      if (selector !== null && !this.objects.has(path)) { // a list that a test has put there answers for itself
        const items = [...this.objects].filter(([where, { metadata }]) => where.startsWith(`${path}/`) && selector in (metadata.labels ?? {})).map(([, item]) => item);
        return this.answer(200, { items });
      }
      const found = (stale ? this.earlier.get(path) : undefined) ?? this.objects.get(path);
      return found === undefined ? this.answer(404, { message: 'not found' }) : this.answer(200, found);
    }
    if (request.method === 'POST') {
      const where = `${path}/${object.metadata.name}`;
      if (this.objects.has(where)) { return this.answer(409, { message: `${where} exists` }); }
      this.put(where, object);
      return this.answer(201, this.objects.get(where));
    }
    const scale = path.endsWith('/scale');
    const where = scale ? path.slice(0, -'/scale'.length) : path;
    const found = this.objects.get(where);
    if (found === undefined) { return this.answer(404, { message: 'not found' }); }
    if (request.method === 'PATCH') {
      const { resourceVersion = found.metadata.resourceVersion, annotations } = object.metadata;
      if (resourceVersion !== found.metadata.resourceVersion) { return this.answer(409, { message: `${where} was changed` }); }
      this.put(where, { ...found, metadata: { ...found.metadata, annotations: { ...found.metadata.annotations, ...annotations } } });
      return this.answer(200, this.objects.get(where));
    }
    if (object.metadata.resourceVersion !== found.metadata.resourceVersion) { return this.answer(409, { message: `${where} was changed` }); }
    this.put(where, scale ? { ...found, spec: { ...found.spec, replicas: object.spec.replicas } } : { ...object, status: found.status });
    return this.answer(200, this.objects.get(where));
  }

  private answer(status: number, body: object, headers: { [name: string]: string } = {}): HttpAnswer {
    return { status, headers: { date: new Date(this.options.now()).toUTCString(), ...headers }, body: JSON.stringify(body) };
  }
}
