/**
 * Engines without a model, at the addresses of KWOK's pods. Each reads from its own pod, as the library wrote it, at which port it listens, which
 * model it serves and how long it goes on after its pod is deleted. It answers every path, so that whatever is reached is seen.
 */
import * as http from 'node:http';
import * as https from 'node:https';
import { AddressInfo, Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { ApiServerAccess } from '../support/api-server';

/** What runs in a pod that has an address. */
interface FakeEngine {
  readonly pod: string;
  readonly namespace: string;
  readonly labels: { readonly [key: string]: string };
  readonly address: string;
  /** Undefined for pods that serve nothing, e.g. of a download Job: they answer at every port. */
  readonly port?: number;
  readonly model?: string;
  readonly preStopSeconds: number;
  readonly graceSeconds: number;
  readonly connections: Set<Socket>;
  state: 'serving' | 'draining' | 'gone';
}

/** A request to an engine, as far as a test steers it. */
export interface ChatRequest {
  readonly model?: string;
  /** Tokens of the answer. */
  readonly max_tokens?: number;
  readonly stream?: boolean;
  readonly messages?: readonly { readonly role: string; readonly content: string }[];
  /** Time that one token takes, which no real engine asks for. */
  readonly token_millis?: number;
}

/** A pod, as far as what runs in it knows. */
export interface EnginePod { readonly name: string; readonly namespace: string; readonly labels: { readonly [key: string]: string } }

/** What an engine shows at a path, if its test says so. */
export type Page = (pod: EnginePod, path: string) => string | undefined;

/** How engines behave, if a test says so. */
export interface Conduct {
  /** Whether nothing runs in the pod at the moment: connections break. */
  isDown(pod: EnginePod): boolean;
  /** Called for each request for a chat; whether the engine fails it. */
  fails(pod: EnginePod): boolean;
  /** Its answer to a request that states no time for its tokens. */
  says(pod: EnginePod, question: string): string;
  /** Called when an answer was given to its end. */
  answered?(pod: EnginePod): void;
}

const MODEL_FLAG = '--served-model-name=';
const PORT_FLAG = '--port=';

/** The engines of all pods of a cluster. */
export class FakeEngines {
  private readonly byAddress = new Map<string, FakeEngine>();
  private readonly servers = new Map<number, http.Server>();
  private watching?: http.ClientRequest;
  private stopped = false;

  public constructor(private readonly access: ApiServerAccess, public readonly page: Page = () => undefined, public readonly conduct?: Conduct) {}

  /** Follows the pods until `stop`. */
  public async start(): Promise<void> {
    let version = await this.listPods();
    void (async () => {
      while (!this.stopped) {
        await this.watchPods(version).catch(() => sleep(100));
        if (!this.stopped) { version = await this.listPods().catch(() => version); }
      }
    })();
  }

  public async stop(): Promise<void> {
    this.stopped = true;
    this.watching?.destroy();
    for (const engine of this.byAddress.values()) { this.kill(engine); }
    await Promise.all([...this.servers.values()].map((server) => new Promise((resolve) => server.close(resolve))));
  }

  private ask(path: string, listener: (response: http.IncomingMessage) => void): http.ClientRequest {
    return https.request(`${this.access.server}${path}`, { ca: this.access.ca, agent: false, headers: { authorization: `Bearer ${this.access.token}` } }, listener);
  }

  private listPods(): Promise<string> {
    return new Promise((resolve, reject) => {
      this.ask('/api/v1/pods', (response) => {
        let text = '';
        response.setEncoding('utf8').on('data', (chunk) => { text += chunk; }).on('error', reject).on('end', () => {
          try {
            const { items, metadata } = JSON.parse(text);
            for (const pod of items) { this.seen(pod); }
            resolve(metadata.resourceVersion);
          } catch (error) { reject(error); }
        });
      }).on('error', reject).end();
    });
  }

  private watchPods(version: string): Promise<void> {
    return new Promise((resolve, reject) => {
      let rest = '';
      this.watching = this.ask(`/api/v1/pods?watch=1&resourceVersion=${version}`, (response) => {
        response.setEncoding('utf8').on('data', (chunk) => {
          const lines = (rest + chunk).split('\n');
          rest = lines.pop()!;
          for (const { type, object } of lines.map((line) => JSON.parse(line))) {
            if (type === 'DELETED') { this.deleted(object); } else if (type !== 'ERROR') { this.seen(object); }
          }
        }).on('error', reject).on('end', resolve);
      });
      this.watching.on('error', reject).end();
    });
  }

  private seen(pod: any): void {
    const address = pod.status?.podIP;
    if (!address) { return; }
    if (pod.metadata.deletionTimestamp) { return this.deleted(pod); }
    const known = this.byAddress.get(address);
    if (known?.pod === pod.metadata.name && known?.namespace === pod.metadata.namespace) { return; }
    const [container] = pod.spec.containers;
    const args: string[] = [...container.command ?? [], ...container.args ?? []];
    const flag = (name: string) => args.find((arg) => arg.startsWith(name))?.slice(name.length);
    const port = flag(PORT_FLAG) === undefined ? undefined : Number(flag(PORT_FLAG));
    this.byAddress.set(address, {
      pod: pod.metadata.name,
      namespace: pod.metadata.namespace,
      labels: pod.metadata.labels ?? {},
      address,
      port,
      model: flag(MODEL_FLAG),
      preStopSeconds: container.lifecycle?.preStop?.sleep?.seconds ?? 0,
      graceSeconds: pod.spec.terminationGracePeriodSeconds,
      connections: new Set(),
      state: 'serving',
    });
    if (port !== undefined) { this.listen(port); }
  }

  /** KWOK's pods go at once; what runs in a real one first sleeps and then drains, answering new requests with errors as vLLM does. */
  private deleted(pod: any): void {
    const engine = this.byAddress.get(pod.status?.podIP);
    if (!engine || engine.pod !== pod.metadata.name || engine.namespace !== pod.metadata.namespace || engine.state !== 'serving') { return; }
    void sleep(engine.preStopSeconds * 1000, undefined, { ref: false }).then(async () => {
      engine.state = 'draining';
      await sleep((engine.graceSeconds - engine.preStopSeconds) * 1000, undefined, { ref: false });
      this.kill(engine);
    });
  }

  private kill(engine: FakeEngine): void {
    engine.state = 'gone';
    if (this.byAddress.get(engine.address) === engine) { this.byAddress.delete(engine.address); }
    for (const connection of engine.connections) { connection.destroy(); } // a reset would be truer, but Node 20 then hangs at its own end
  }

  private listen(port: number): void {
    if (this.servers.has(port)) { return; }
    const engines = new WeakMap<Socket, FakeEngine>();
    const server = http.createServer((request, response) => void answer(engines.get(request.socket)!, this, request, response));
    server.keepAliveTimeout = 0; // vLLM's is longer than a gateway's
    server.on('connection', (socket) => {
      const { address } = socket.address() as AddressInfo;
      const engine = this.byAddress.get(address);
      if (!engine || (engine.port ?? port) !== port) { socket.destroy(); return; } // nobody listens there
      engines.set(socket, engine);
      engine.connections.add(socket);
      socket.on('close', () => engine.connections.delete(socket));
    });
    server.on('error', (error) => { throw error; });
    server.listen(port, '0.0.0.0');
    this.servers.set(port, server);
  }
}

async function answer(
  engine: FakeEngine, { page, conduct }: Pick<FakeEngines, 'page' | 'conduct'>, request: http.IncomingMessage, response: http.ServerResponse,
): Promise<void> {
  const pod = { name: engine.pod, namespace: engine.namespace, labels: engine.labels };
  if (conduct?.isDown(pod)) { request.socket.destroy(); return; }
  let text = '';
  for await (const chunk of request) { text += chunk; }
  const reply = (status: number, body: object) => response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body));
  response.setHeader('x-pod', engine.pod);
  response.setHeader('x-namespace', engine.namespace);
  const shown = page(pod, request.url!);
  if (shown !== undefined) { return void response.writeHead(200, { 'content-type': 'text/plain; version=0.0.4' }).end(shown); } // also while it drains
  if (engine.state === 'draining') { return void reply(500, { error: { message: 'the engine drains' } }); }
  if (request.url === '/v1/models') { return void reply(200, { object: 'list', data: [{ id: engine.model, object: 'model' }] }); }
  if (request.url !== '/v1/chat/completions') { return void reply(200, { reached: request.url }); }

  const chat: ChatRequest = JSON.parse(text);
  if (chat.model !== engine.model) {
    return void reply(404, { error: { message: `The model \`${chat.model}\` does not exist.`, type: 'NotFoundError', param: 'model', code: 404 } });
  }
  if (conduct?.fails(pod)) { return void reply(500, { error: { message: 'the engine fails' } }); }
  const { max_tokens: tokens = 1, token_millis: millis = 0, stream = false } = chat;
  const content = millis ? undefined : conduct?.says(pod, chat.messages?.at(-1)?.content ?? '');
  const choice = content === undefined ? {} : { choices: [{ message: { role: 'assistant', content }, delta: { content }, finish_reason: 'stop' }] };
  if (stream) { response.writeHead(200, { 'content-type': 'text/event-stream' }).flushHeaders(); }
  if (stream && content !== undefined) { response.write(`data: ${JSON.stringify(choice)}\n\n`); }
  for (let i = 0; i < tokens && content === undefined; i++) {
    if (millis) { await sleep(millis); }
    if (response.destroyed) { return; }
    if (stream) { response.write(`data: ${JSON.stringify({ choices: [{ delta: { content: `token ${i}` } }] })}\n\n`); }
  }
  conduct?.answered?.(pod);
  if (stream) { response.end('data: [DONE]\n\n'); } else { reply(200, { model: engine.model, usage: { completion_tokens: tokens }, ...choice }); }
}
