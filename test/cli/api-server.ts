import { createServer as plainServer, IncomingMessage } from 'node:http';
import { createServer as tlsServer } from 'node:https';
import { AddressInfo } from 'node:net';
import { selfSigned } from './self-signed';

/** A stand-in for an API server: answers GET by a table of paths, 404 for the rest, or a status where the table has a number. */
export interface FakeApiServer {
  readonly port: number;
  readonly cert: string;
  /** What was asked, with its headers. */
  readonly asked: { path: string; accept?: string; authorization?: string; method?: string }[];
  close(): Promise<void>;
}

export async function fakeApiServer(table: { [path: string]: unknown }, options: { tls?: boolean } = {}): Promise<FakeApiServer> {
  const { cert, key } = selfSigned();
  const asked: FakeApiServer['asked'] = [];
  const answer = (request: IncomingMessage, response: any) => {
    const path = request.url!;
    asked.push({ path, accept: request.headers.accept, authorization: request.headers.authorization, method: request.method });
    const body = table[path] ?? 404;
    response.statusCode = typeof body === 'number' ? body : 200;
    response.end(JSON.stringify(typeof body === 'number' ? { kind: 'Status', code: body } : body));
  };
  const server = options.tls === false ? plainServer(answer) : tlsServer({ cert, key }, answer);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    port: (server.address() as AddressInfo).port,
    cert,
    asked,
    close: () => new Promise((resolve) => { server.closeAllConnections(); server.close(() => resolve()); }),
  };
}
