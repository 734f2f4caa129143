/** Prometheus' API over counters that grow by the weights of many rollouts; `kind{rollout="x",fleet="y"}`. */
import * as http from 'node:http';
import { AddressInfo } from 'node:net';

export interface Simulated {
  /** Share of requests that the candidate fails. */
  readonly errors: number;
  /** Of 1,000 requests, those of the candidate. */
  weight(): number;
}

const SCRAPE_MILLIS = 250;
const PER_SCRAPE = 100;
/** Nobody looks further back. */
const KEPT = 400;
const SOUND_ERRORS = 0.0005;

interface Sample { readonly at: number; readonly requests: number; readonly errors: number }

export class SimulatedPrometheus {
  private readonly server: http.Server;
  private readonly samples = new Map<string, Sample[]>();
  private readonly rollouts = new Map<string, Simulated>();
  private timer?: NodeJS.Timeout;

  public constructor() {
    this.server = http.createServer((request, response) => {
      let body = '';
      request.on('data', (part) => { body += part; }).on('end', () => {
        const data = this.answer(new URLSearchParams(body));
        response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify({ status: 'success', data }));
      });
    });
  }

  public async start(): Promise<void> {
    await new Promise<void>((resolve) => this.server.listen(0, '127.0.0.1', resolve));
    this.timer = setInterval(() => this.scrape(), SCRAPE_MILLIS);
  }

  public async stop(): Promise<void> {
    clearInterval(this.timer);
    this.server.closeAllConnections();
    await new Promise((resolve) => this.server.close(resolve));
  }

  public get url(): string { return `http://127.0.0.1:${(this.server.address() as AddressInfo).port}`; }

  public add(name: string, rollout: Simulated): void { this.rollouts.set(name, rollout); }

  public remove(name: string): void {
    this.rollouts.delete(name);
    for (const fleet of ['stable', 'candidate']) { this.samples.delete(`${name}/${fleet}`); }
  }

  private scrape(): void {
    const at = Date.now();
    for (const [name, { weight, errors }] of this.rollouts) {
      const share = weight() / 1000;
      for (const [fleet, part, failing] of [['stable', 1 - share, SOUND_ERRORS], ['candidate', share, errors]] as const) {
        const known = this.samples.get(`${name}/${fleet}`) ?? [{ at: at - SCRAPE_MILLIS, requests: 0, errors: 0 }];
        const last = known[known.length - 1];
        const requests = Math.round(PER_SCRAPE * part);
        const bad = Array.from({ length: requests }).filter(() => Math.random() < failing).length;
        this.samples.set(`${name}/${fleet}`, [...known.slice(-KEPT), { at, requests: last.requests + requests, errors: last.errors + bad }]);
      }
    }
  }

  private answer(form: URLSearchParams): object {
    const [, metric, rollout, fleet, span] = /^(\w+)\{rollout="([^"]+)",fleet="(\w+)"\}\[(\d+)s\]$/.exec(form.get('query')!)!;
    const until = Number(form.get('time')) * 1000;
    const found = (this.samples.get(`${rollout}/${fleet}`) ?? []).filter(({ at }) => at <= until && at > until - Number(span) * 1000);
    const value = (sample: Sample) => metric === 'up' ? 1 : sample[metric as 'requests' | 'errors'];
    const result = found.length === 0 ? [] : [{ metric: { pod: `${rollout}-${fleet}` }, values: found.map((sample) => [sample.at / 1000, String(value(sample))]) }];
    return { resultType: 'matrix', result };
  }
}
