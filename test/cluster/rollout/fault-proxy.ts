/** Stands between a runner and the real API server, and lets things go wrong. */
import * as http from 'node:http';
import * as https from 'node:https';
import { AddressInfo } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { ApiServerAccess } from '../support/api-server';

export type ProxyFault =
  /** The request does not get there. */
  | { readonly kind: 'answer'; readonly status: 409 | 429 | 500 | 503 }
  /** The connection breaks, after it was carried out or before. */
  | { readonly kind: 'drop'; readonly carriedOut: boolean }
  /** It gets there late, or its answer comes late; whoever asked may be gone by then. */
  | { readonly kind: 'late'; readonly millis: number; readonly carriedOut: boolean }
  /** A read answers what it did some time before, as a server's cache does: the answer's date is today's. */
  | { readonly kind: 'stale' }
  /** `kill -9` of the runner, after it was carried out, before, or before it gets there all the same. */
  | { readonly kind: 'kill'; readonly carriedOut: 'before' | 'never' | 'later' };

interface Response { readonly status: number; readonly headers: http.IncomingHttpHeaders; readonly body: Buffer }

export class FaultProxy {
  /** How often each kind of fault has happened. */
  public readonly happened: { [kind: string]: number } = {};
  private readonly agent: https.Agent;
  private readonly server: http.Server;
  private readonly earlier = new Map<string, Response[]>();

  public constructor(private readonly access: ApiServerAccess, private readonly fault: () => ProxyFault | undefined, private readonly kill: () => void) {
    this.agent = new https.Agent({ keepAlive: true, ca: access.ca, maxSockets: 8 });
    this.server = http.createServer((request, response) => void this.serve(request, response).catch(() => request.socket.destroy()));
  }

  public async start(): Promise<void> { await new Promise<void>((resolve) => this.server.listen(0, '127.0.0.1', resolve)); }

  public async stop(): Promise<void> {
    this.server.closeAllConnections();
    await new Promise((resolve) => this.server.close(resolve));
    this.agent.destroy();
  }

  public get url(): string { return `http://127.0.0.1:${(this.server.address() as AddressInfo).port}`; }

  private async serve(request: http.IncomingMessage, response: http.ServerResponse): Promise<void> {
    const parts: Buffer[] = [];
    for await (const part of request) { parts.push(part); }
    const body = Buffer.concat(parts);
    const fault = this.fault();
    if (fault) { this.happened[fault.kind] = (this.happened[fault.kind] ?? 0) + 1; }
    const forward = () => this.forward(request, body);
    switch (fault?.kind) {
      case 'answer': {
        const headers = { 'content-type': 'application/json', ...fault.status === 429 ? { 'retry-after': '1' } : {} };
        response.writeHead(fault.status, headers).end(JSON.stringify({ message: 'injected' }));
        return;
      }
      case 'drop':
        if (fault.carriedOut) { await forward(); }
        request.socket.destroy();
        return;
      case 'kill':
        if (fault.carriedOut === 'before') { await forward(); }
        this.kill();
        if (fault.carriedOut === 'later') { await sleep(500); await forward(); }
        return;
      case 'late':
        if (!fault.carriedOut) { await sleep(fault.millis); }
        break;
      default:
    }
    const known = this.earlier.get(request.url!) ?? [];
    const stale = fault?.kind === 'stale' && request.method === 'GET' && known.length > 1;
    const answer = stale ? known[0] : await forward();
    if (fault?.kind === 'late' && fault.carriedOut) { await sleep(fault.millis); }
    if (response.destroyed) { return; }
    response.writeHead(answer.status, { 'content-type': 'application/json', 'date': stale ? new Date().toUTCString() : answer.headers.date }).end(answer.body);
  }

  private forward({ method, url, headers }: http.IncomingMessage, body: Buffer): Promise<Response> {
    return new Promise((resolve, reject) => {
      const asked = https.request(`${this.access.server}${url}`, {
        method,
        agent: this.agent,
        headers: { ...headers.accept ? { accept: headers.accept } : {}, 'authorization': `Bearer ${this.access.token}`, 'content-type': 'application/json', 'content-length': body.length },
      }, (answer) => {
        const parts: Buffer[] = [];
        answer.on('data', (part) => parts.push(part)).on('error', reject).on('end', () => {
          const whole = { status: answer.statusCode!, headers: answer.headers, body: Buffer.concat(parts) };
          if (method === 'GET') { this.earlier.set(url!, [...(this.earlier.get(url!) ?? []).slice(-2), whole]); }
          resolve(whole);
        });
      });
      asked.on('error', reject).end(body);
    });
  }
}
