/** Prometheus' HTTP API, as far as raw samples and single values go. */
import { HttpAnswer, Transport } from './http';

/** One series and what was scraped of it; times in milliseconds. */
export interface Series { readonly labels: { readonly [name: string]: string }; readonly samples: readonly Sample[] }

export interface Sample { readonly at: number; readonly value: number }

/** `unreachable`: no answer; `refused`: an answer that is no result (401, 503); `query`: Prometheus can't read or run it. */
export class PrometheusError extends Error {
  constructor(public readonly cause: 'unreachable' | 'refused' | 'query', message: string) { super(message); }
}

const TIMEOUT_MILLIS = 10_000;

export class Prometheus {
  /** @param token reads the bearer token that Prometheus wants, which may be renewed on disk; absent: it wants none */
  constructor(private readonly address: string, private readonly transport: Transport, private readonly token?: () => string) {}

  /** What was scraped of a selector in the span before a time. */
  public async samples(selector: string, spanSeconds: number, at: number): Promise<Series[]> {
    const { resultType, result } = await this.query(`${selector}[${Math.ceil(spanSeconds)}s]`, at);
    if (resultType !== 'matrix') { throw new PrometheusError('query', `${selector}: the result is a ${resultType}, so it is no selector of series`); }
    return (result as any[]).map(({ metric, values }) => ({
      labels: metric, samples: values.map(([seconds, value]: [number, string]) => ({ at: Math.round(seconds * 1000), value: Number(value) })),
    }));
  }

  /** Undefined where there is no value, or none that is a number. */
  public async value(query: string, at: number): Promise<number | undefined> {
    const { resultType, result } = await this.query(query, at);
    if (resultType === 'vector' && result.length > 1) { throw new PrometheusError('query', `${query}: ${result.length} values where one is wanted; aggregate them`); }
    if (resultType !== 'vector' && resultType !== 'scalar') { throw new PrometheusError('query', `${query}: the result is a ${resultType} but one value is wanted`); }
    const value = Number((resultType === 'vector' ? result[0]?.value : result)?.[1] ?? NaN);
    return Number.isFinite(value) ? value : undefined;
  }

  private async query(query: string, at: number): Promise<{ resultType: string; result: any }> {
    let answer: HttpAnswer;
    try {
      answer = await this.transport({
        method: 'POST',
        url: `${this.address.replace(/\/+$/, '')}/api/v1/query`,
        headers: {
          'content-type': 'application/x-www-form-urlencoded',
          'accept': 'application/json',
          ...this.token === undefined ? {} : { authorization: `Bearer ${this.token()}` },
        },
        body: new URLSearchParams({ query, time: String(at / 1000), timeout: `${TIMEOUT_MILLIS / 1000}s` }).toString(),
        timeoutMillis: TIMEOUT_MILLIS,
      });
    } catch (error) {
      throw new PrometheusError('unreachable', `Prometheus at ${this.address} does not answer: ${(error as Error).message}`);
    }
    let body: any;
    try { body = JSON.parse(answer.body); } catch { body = undefined; }
    if (body?.status === 'error') { throw new PrometheusError('query', `Prometheus can't run ${query}: ${body.error}`); }
    if (answer.status !== 200 || body?.status !== 'success') { throw new PrometheusError('refused', `Prometheus at ${this.address} answers ${answer.status}`); }
    return body.data;
  }
}
