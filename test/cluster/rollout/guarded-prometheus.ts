/** Stands before Prometheus as an authorizing proxy does: HTTPS by a CA of the cluster's own, and a bearer token. */
import * as http from 'node:http';
import * as https from 'node:https';

export class GuardedPrometheus {
  /** Requests that had the token, and those that had not. */
  public readonly seen = { let: 0, refused: 0 };
  private readonly server: https.Server;

  public constructor(certificate: { readonly cert: Buffer; readonly key: Buffer }, token: string, target: string) {
    this.server = https.createServer(certificate, (request, response) => {
      if (request.headers.authorization !== `Bearer ${token}`) {
        this.seen.refused += 1;
        response.writeHead(401).end();
        return;
      }
      this.seen.let += 1;
      const { authorization: _, host: _host, ...headers } = request.headers;
      const passed = http.request(`${target}${request.url}`, { method: request.method, headers }, (answer) => {
        response.writeHead(answer.statusCode!, answer.headers);
        answer.pipe(response);
      });
      passed.on('error', () => response.destroy());
      request.pipe(passed);
    });
  }

  public async start(port: number): Promise<void> { await new Promise<void>((resolve) => this.server.listen(port, '127.0.0.1', resolve)); }

  public async stop(): Promise<void> {
    this.server.closeAllConnections();
    await new Promise((resolve) => this.server.close(resolve));
  }
}
