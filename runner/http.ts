/** HTTP as the runner uses it: one request, one answer, a limit of time; no redirects. */
import * as http from 'http';
import * as https from 'https';

export interface HttpRequest {
  readonly method: string;
  readonly url: string;
  readonly headers?: { readonly [name: string]: string };
  readonly body?: string;
  readonly timeoutMillis: number;
}

export interface HttpAnswer {
  readonly status: number;
  readonly headers: { readonly [name: string]: string | string[] | undefined };
  readonly body: string;
}

/** Resolves with any answer, whatever its status; rejects where there is none. */
export type Transport = (request: HttpRequest) => Promise<HttpAnswer>;

const LARGEST_ANSWER_BYTES = 64 * 2 ** 20;

/** @param ca reads the certificates that an HTTPS server is checked against; absent: those of Node */
export function transport(ca?: () => string): Transport {
  const agents = { 'http:': new http.Agent({ keepAlive: true }), 'https:': new https.Agent({ keepAlive: true }) };
  return (request) => new Promise((resolve, reject) => {
    const { protocol } = new URL(request.url);
    if (protocol !== 'http:' && protocol !== 'https:') { throw new Error(`address ${request.url} is neither http nor https`); }
    const headers = { ...request.headers, ...request.body === undefined ? {} : { 'content-length': String(Buffer.byteLength(request.body)) } };
    const options = { method: request.method, headers, agent: agents[protocol], ca: protocol === 'https:' ? ca?.() : undefined };
    const sent = (protocol === 'https:' ? https : http).request(request.url, options, (answer) => {
      const parts: Buffer[] = [];
      let bytes = 0;
      answer.on('data', (part: Buffer) => {
        parts.push(part);
        bytes += part.length;
        if (bytes > LARGEST_ANSWER_BYTES) { answer.destroy(new Error(`the answer is larger than ${LARGEST_ANSWER_BYTES} bytes`)); }
      });
      answer.on('error', fail);
      answer.on('aborted', () => fail(new Error('the connection was closed within the answer')));
      answer.on('end', () => {
        clearTimeout(timer);
        if (answer.complete) { resolve({ status: answer.statusCode!, headers: answer.headers, body: Buffer.concat(parts).toString('utf8') }); }
      });
    });
    // Of the whole exchange: a server that sends a byte now and then is not alive.
    const timer = setTimeout(() => sent.destroy(new Error(`no answer within ${request.timeoutMillis} ms`)), request.timeoutMillis);
    function fail(error: Error): void {
      clearTimeout(timer);
      reject(error);
    }
    sent.on('error', fail);
    sent.end(request.body);
  });
}
