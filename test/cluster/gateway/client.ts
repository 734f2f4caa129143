/** A client of a gateway that says what happened to each request, and throws nothing. */
import * as http from 'node:http';
import { performance } from 'node:perf_hooks';
import { ChatRequest } from './fake-engines';

/** One request. */
export interface Question {
  readonly hostname: string;
  /** @default '/v1/chat/completions' */
  readonly path?: string;
  /** Makes it a POST. */
  readonly body?: ChatRequest;
  /** Further headers. */
  readonly headers?: { readonly [name: string]: string };
}

/** What came back. */
export interface Reply {
  /** 0 if the connection failed before an answer began. */
  readonly status: number;
  /** `namespace/name` of the pod that answered; undefined if it was the gateway. */
  readonly pod?: string;
  readonly text: string;
  /** Whether the answer came to its end; of a stream, its last event too. */
  readonly complete: boolean;
  readonly seconds: number;
}

/** Clients of one gateway. */
export class GatewayClient {
  private readonly agent = new http.Agent({ keepAlive: true, maxSockets: 64 });

  public constructor(private readonly address: { readonly host: string; readonly port: number }) {}

  public close(): void { this.agent.destroy(); }

  public ask({ hostname, path = '/v1/chat/completions', body, headers }: Question): Promise<Reply> {
    const payload = body && JSON.stringify(body);
    const begin = performance.now();
    return new Promise((resolve) => {
      let text = '';
      let response: http.IncomingMessage | undefined;
      const done = (ended: boolean) => resolve({
        status: response?.statusCode ?? 0,
        pod: response?.headers['x-pod'] && `${response.headers['x-namespace']}/${response.headers['x-pod']}`,
        text,
        complete: ended && (!response!.headers['content-type']?.startsWith('text/event-stream') || text.endsWith('data: [DONE]\n\n')),
        seconds: (performance.now() - begin) / 1000,
      });
      const asked = http.request({
        ...this.address,
        agent: this.agent,
        path,
        method: payload ? 'POST' : 'GET',
        headers: { ...headers, host: hostname, ...payload ? { 'content-type': 'application/json', 'content-length': Buffer.byteLength(payload) } : {} },
      }, (arrived) => {
        response = arrived;
        arrived.setEncoding('utf8').on('data', (chunk) => { text += chunk; }).on('end', () => done(true)).on('error', () => done(false));
      });
      asked.on('error', (error) => { text = error.message; done(false); });
      asked.end(payload);
    });
  }

  /** Many requests, some at a time. */
  public async askMany(count: number, question: Question, atOnce = 16): Promise<Reply[]> {
    const replies: Reply[] = [];
    let left = count;
    await Promise.all(Array.from({ length: atOnce }, async () => {
      while (left-- > 0) { replies.push(await this.ask(question)); }
    }));
    return replies;
  }

  /** Requests without a pause while something happens. */
  public async askDuring(question: Question, happening: () => Promise<void>, atOnce = 8): Promise<Reply[]> {
    const replies: Reply[] = [];
    let over = false;
    const clients = Promise.all(Array.from({ length: atOnce }, async () => {
      while (!over) { replies.push(await this.ask(question)); }
    }));
    try { await happening(); } finally { over = true; }
    await clients;
    return replies;
  }
}

/** How often each occurs. */
export function tally(values: (string | number | undefined)[]): { [value: string]: number } {
  const counts: { [value: string]: number } = {};
  for (const value of values) { counts[String(value)] = (counts[String(value)] ?? 0) + 1; }
  return counts;
}
