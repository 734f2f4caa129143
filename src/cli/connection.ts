import { request as plainRequest } from 'node:http';
import { request as tlsRequest } from 'node:https';
import { ExitCode, Refusal } from './io';
import { Access } from './kubeconfig';

const TIMEOUT_MILLIS = 15_000;
const MAX_REPLY_BYTES = 256 * 2 ** 20;

/** What the API server said. */
export interface Reply {
  readonly status: number;
  readonly body: any;
  /** Its clock, in milliseconds since 1970. */
  readonly date?: number;
}

/** What is asked of it. */
export interface Ask {
  readonly method?: 'GET' | 'PATCH';
  readonly accept?: string;
  /** Sent as a JSON merge patch. */
  readonly patch?: object;
}

/** Speaks with an API server. */
export class Connection {
  /** @param command who asks, for the API server's audit log */
  public constructor(private access: Access, private readonly command: string) { }

  /** Where it goes, for sentences. */
  public get server(): string { return this.access.server.origin; }

  public get namespace(): string { return this.access.namespace; }

  /** Any answer but that the credentials are wrong; a login that has expired is made anew once. */
  public async ask(path: string, ask: Ask = {}): Promise<Reply> {
    let reply = await this.send(path, ask);
    if (reply.status === 401 && this.access.renew) {
      this.access = this.access.renew();
      reply = await this.send(path, ask);
    }
    if (reply.status === 401) { throw new Refusal(`${this.server} does not accept the credentials of the kubeconfig`, ExitCode.NO); }
    return reply;
  }

  private send(path: string, { method = 'GET', accept = 'application/json', patch }: Ask): Promise<Reply> {
    const { server, ca, cert, key, token, insecure, serverName } = this.access;
    const url = new URL(server.pathname.replace(/\/$/, '') + path, server);
    const send = url.protocol === 'https:' ? tlsRequest : plainRequest;
    return new Promise<Reply>((resolve, reject) => {
      const sent = send(url, {
        method,
        ca,
        cert,
        key,
        rejectUnauthorized: !insecure,
        servername: serverName,
        timeout: TIMEOUT_MILLIS,
        headers: {
          'Accept': accept,
          'User-Agent': `cdk8s-inference-${this.command}`,
          ...patch ? { 'Content-Type': 'application/merge-patch+json' } : {},
          ...token ? { Authorization: `Bearer ${token}` } : {},
        },
      }, (response) => {
        const parts: Buffer[] = [];
        let size = 0;
        response.on('data', (part: Buffer) => {
          size += part.length;
          if (size > MAX_REPLY_BYTES) { response.destroy(new Error('the reply is larger than 256 MiB')); } else { parts.push(part); }
        });
        response.on('error', reject);
        response.on('end', () => {
          const date = Date.parse(String(response.headers.date));
          resolve({ status: response.statusCode ?? 0, body: parsed(Buffer.concat(parts).toString('utf8')), date: Number.isNaN(date) ? undefined : date });
        });
      });
      sent.on('timeout', () => sent.destroy(new Error('no reply within 15 s')));
      sent.on('error', reject);
      sent.end(patch && JSON.stringify(patch));
    }).catch((error: Error) => {
      throw new Refusal(`${server.origin} can't be asked: ${error.message || (error as NodeJS.ErrnoException).code}`, ExitCode.NO);
    });
  }
}

function parsed(text: string): any {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
