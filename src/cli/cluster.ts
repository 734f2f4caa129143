import { request as plainRequest } from 'node:http';
import { request as tlsRequest } from 'node:https';
import { ExitCode, Refusal } from './io';
import { Access } from './kubeconfig';

const TIMEOUT_MILLIS = 15_000;
const MAX_REPLY_BYTES = 256 * 2 ** 20;

/** What the API server said. */
export interface Reply { readonly status: number; readonly body: any }

/** Reads from an API server; it never writes. Each path is read once. */
export class Cluster {
  private readonly replies = new Map<string, Promise<Reply>>();

  public constructor(public readonly access: Access) { }

  /** The reply to GET. `metadataOnly` asks for an object without its contents: a Secret's values never travel. */
  public async get(path: string, metadataOnly = false): Promise<Reply> {
    const reply = this.replies.get(path) ?? this.fetch(path, metadataOnly);
    this.replies.set(path, reply);
    return reply;
  }

  private async fetch(path: string, metadataOnly: boolean): Promise<Reply> {
    const { server, ca, cert, key, token, insecure, serverName } = this.access;
    const url = new URL(server.pathname.replace(/\/$/, '') + path, server);
    const send = url.protocol === 'https:' ? tlsRequest : plainRequest;
    const reply = await new Promise<Reply>((resolve, reject) => {
      const sent = send(url, {
        ca,
        cert,
        key,
        rejectUnauthorized: !insecure,
        servername: serverName,
        timeout: TIMEOUT_MILLIS,
        headers: {
          'Accept': metadataOnly ? 'application/json;as=PartialObjectMetadata;g=meta.k8s.io;v=v1' : 'application/json',
          'User-Agent': 'cdk8s-inference-doctor',
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
        response.on('end', () => resolve({ status: response.statusCode ?? 0, body: parsed(Buffer.concat(parts).toString('utf8')) }));
      });
      sent.on('timeout', () => sent.destroy(new Error('no reply within 15 s')));
      sent.on('error', reject);
      sent.end();
    }).catch((error: Error) => {
      throw new Refusal(`${server.origin} can't be asked: ${error.message || (error as NodeJS.ErrnoException).code}`, ExitCode.NO);
    });
    if (reply.status === 401) { throw new Refusal(`${server.origin} does not accept the credentials of the kubeconfig`, ExitCode.NO); }
    return reply;
  }
}

function parsed(text: string): any {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
