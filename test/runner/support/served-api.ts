import * as http from 'http';
import { AddressInfo } from 'net';
import { HttpAnswer, HttpRequest } from '../../../runner/http';

export interface ServedApi { readonly url: string; close(): Promise<void> }

/** An API server in memory behind a port of this machine. */
export async function serve(ask: (request: HttpRequest) => Promise<HttpAnswer>): Promise<ServedApi> {
  const server = http.createServer((request, answer) => {
    let body = '';
    request.on('data', (part) => { body += part; });
    request.on('end', () => {
      void ask({ method: request.method!, url: `http://api${request.url}`, headers: request.headers as { [name: string]: string }, body: body || undefined, timeoutMillis: 1000 })
        .then((given) => answer.writeHead(given.status, given.headers as http.OutgoingHttpHeaders).end(given.body), () => answer.destroy());
    });
  });
  await new Promise<void>((resolve) => { server.listen(0, '127.0.0.1', resolve); });
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    close: () => new Promise((resolve) => {
      server.closeAllConnections();
      server.close(() => resolve());
    }),
  };
}
