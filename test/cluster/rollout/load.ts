/** Users of one hostname: short requests at an even rate, and streams among them; whatever happens to each is counted where the users are. */
import { setTimeout as sleep } from 'node:timers/promises';
import { GatewayClient, Reply } from '../gateway/client';
import { ChatRequest } from '../gateway/fake-engines';

export interface LoadOptions {
  readonly hostname: string;
  readonly perSecond: number;
  /** What is asked, as a stream or not. */
  readonly body: (stream: boolean) => ChatRequest;
  /** Among so many requests is one stream. */
  readonly streamsAmong: number;
}

export class Load {
  public readonly replies: Reply[] = [];
  public streams = 0;
  private readonly open = new Set<Promise<void>>();
  private over = false;
  private sending?: Promise<void>;

  public constructor(private readonly client: GatewayClient, private readonly options: LoadOptions) {}

  public start(): void { this.sending = this.send(); }

  /** Sends no more, and waits for what is under way. */
  public async stop(): Promise<void> {
    this.over = true;
    await this.sending;
    await Promise.all(this.open);
    this.client.close();
  }

  private async send(): Promise<void> {
    const { hostname, perSecond, body, streamsAmong } = this.options;
    const begin = Date.now();
    for (let sent = 0; !this.over; sent++) {
      const stream = sent % streamsAmong === 0;
      if (stream) { this.streams += 1; }
      const asked = this.client.ask({ hostname, body: { ...body(stream), stream } }).then((reply) => { this.replies.push(reply); });
      this.open.add(asked);
      void asked.then(() => this.open.delete(asked));
      await sleep(Math.max(0, begin + (sent + 1) * 1000 / perSecond - Date.now()));
    }
  }
}
