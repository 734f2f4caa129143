import * as http from 'http';
import { AddressInfo } from 'net';
import { FakeApi } from './support/fake-api';
import { Clock } from '../../runner/clock';
import { transport } from '../../runner/http';
import { KubeClient, KubeError, pathOf } from '../../runner/kube-client';
import { Lease } from '../../runner/lease';
import { Prometheus, PrometheusError } from '../../runner/prometheus';

type Handler = (request: { method: string; url: string; headers: http.IncomingHttpHeaders; body: string }, answer: http.ServerResponse) => void;

/** A server that answers one request after the other as told. */
async function serving(handlers: Handler[], work: (address: string, asked: string[]) => Promise<void>): Promise<void> {
  const asked: string[] = [];
  const server = http.createServer((request, answer) => {
    let body = '';
    request.on('data', (part) => { body += part; });
    request.on('end', () => {
      asked.push(`${request.method} ${request.url}`);
      (handlers.shift() ?? ((_, last) => last.writeHead(418).end()))({ method: request.method!, url: request.url!, headers: request.headers, body }, answer);
    });
  });
  await new Promise<void>((resolve) => { server.listen(0, '127.0.0.1', resolve); });
  try {
    await work(`http://127.0.0.1:${(server.address() as AddressInfo).port}`, asked);
  } finally {
    server.closeAllConnections();
    server.close();
  }
}

const json = (status: number, body: object, headers: http.OutgoingHttpHeaders = {}): Handler => (_, answer) => { answer.writeHead(status, headers).end(JSON.stringify(body)); };
const hangUp: Handler = (_, answer) => { answer.socket!.destroy(); };

/** Waits for nothing, and remembers for how long it would have. */
class Impatient implements Clock {
  public readonly waits: number[] = [];
  public now(): number { return Date.now(); }
  public random(): number { return 0.5; }
  public async sleep(millis: number): Promise<void> { this.waits.push(millis); }
}

function kubeAt(address: string, clock: Clock = new Impatient()): KubeClient { return new KubeClient(address, transport(), clock, () => 'secret-token'); }

describe('the client of the API server', () => {
  test('reads again after 429, 500 and a lost connection, and waits as long as it is told', async () => {
    const clock = new Impatient();
    await serving([json(429, {}, { 'retry-after': '3' }), json(500, {}), hangUp, json(200, { metadata: { name: 'x' } })], async (address, asked) => {
      expect(await kubeAt(address, clock).get('/api/v1/namespaces/n/configmaps/x')).toEqual({ metadata: { name: 'x' } });
      expect(asked.length).toBe(4);
      expect(clock.waits[0]).toBe(3000);
    });
  });

  test('gives up after four attempts, with the sentence of the server', async () => {
    await serving([1, 2, 3, 4].map(() => json(503, { message: 'etcd is away' })), async (address, asked) => {
      await expect(kubeAt(address).get('/api/v1/x')).rejects.toThrow('GET /api/v1/x: 503 etcd is away');
      expect(asked.length).toBe(4);
    });
  });

  test('writes again only what was turned away unread', async () => {
    const object = { metadata: { name: 'x', resourceVersion: '7' } };
    await serving([json(429, {}), json(200, object)], async (address, asked) => {
      await kubeAt(address).replace('/api/v1/x', object);
      expect(asked.length).toBe(2);
    });
    for (const handler of [json(500, {}), hangUp]) {
      await serving([handler, json(200, object)], async (address, asked) => {
        await expect(kubeAt(address).replace('/api/v1/x', object)).rejects.toThrow(KubeError);
        expect(asked.length).toBe(1);
      });
    }
  });

  test('refuses to replace what it has no version of', async () => {
    await expect(kubeAt('http://127.0.0.1:1').replace('/api/v1/x', { metadata: {} })).rejects.toThrow('PUT /api/v1/x without a version would overwrite what others wrote');
  });

  test('tells a conflict from other errors, and what is not there from what fails', async () => {
    await serving([json(409, { message: 'changed' }), json(404, {}), json(403, { message: 'forbidden' })], async (address) => {
      const kube = kubeAt(address);
      await expect(kube.create('/api/v1/x', {})).rejects.toMatchObject({ conflict: true });
      expect(await kube.get('/api/v1/x')).toBeUndefined();
      await expect(kube.get('/api/v1/x')).rejects.toMatchObject({ conflict: false, status: 403 });
    });
  });

  test('sends the token, and says nothing of it where a call fails', async () => {
    let sent: string | undefined;
    await serving([({ headers }, answer) => {
      sent = headers.authorization;
      answer.writeHead(401).end('{"message":"no"}');
    }], async (address) => {
      await expect(kubeAt(address).get('/api/v1/x')).rejects.toThrow(/^GET \/api\/v1\/x: 401 no$/);
      expect(sent).toBe('Bearer secret-token');
    });
  });

  test("goes by the server's clock", async () => {
    const date = new Date(Date.now() + 3_600_000);
    await serving([json(200, { metadata: {} }, { date: date.toUTCString() })], async (address) => {
      const kube = kubeAt(address);
      await kube.get('/api/v1/x');
      expect(Math.abs(kube.now() - date.getTime())).toBeLessThan(2000);
    });
  });

  test.each([
    ['that was long under way', 8000, 0, 0],
    ['from a server whose clock is half a second behind', 0, -500, 0],
    ['from a server whose clock is an hour ahead', 0, 3_600_000, 3_599_300],
    ['that was long under way, from a server whose clock is an hour behind', 8000, -3_600_000, -3_599_700],
  ])('an answer %s moves the clock no further than its whole seconds prove', async (_, travelMillis, aheadMillis, movedMillis) => {
    let now = Date.UTC(2026, 0, 1, 0, 0, 0, 700);
    const clock = { now: () => now, sleep: async () => undefined, random: () => 0 };
    const answered = async () => {
      const date = new Date(now + aheadMillis).toUTCString();
      now += travelMillis;
      return { status: 200, headers: { date }, body: '{"metadata":{}}' };
    };
    const kube = new KubeClient('http://api', answered, clock, () => undefined);
    await kube.get('/api/v1/x');
    expect(kube.now() - now).toBe(movedMillis);
  });
});

test('an answer that does not come in time is an error', async () => {
  await serving([() => undefined], async (address) => {
    await expect(transport()({ method: 'GET', url: `${address}/`, timeoutMillis: 50 })).rejects.toThrow('no answer within 50 ms');
  });
});

test('an answer that breaks off is an error', async () => {
  await serving([(_, answer) => {
    answer.writeHead(200, { 'content-length': '100' });
    answer.write('half', () => answer.socket!.destroy());
  }], async (address) => {
    await expect(transport()({ method: 'GET', url: `${address}/`, timeoutMillis: 1000 })).rejects.toThrow();
  });
});

test.each([
  ['v1', 'configmaps', '/api/v1/namespaces/n/configmaps/x'],
  ['leaderworkerset.x-k8s.io/v1', 'leaderworkersets', '/apis/leaderworkerset.x-k8s.io/v1/namespaces/n/leaderworkersets/x'],
])('the path of %s %s', (version, plural, path) => {
  expect(pathOf(version, plural, 'n', 'x')).toBe(path);
});

describe('the client of Prometheus', () => {
  const reading = (result: object) => json(200, { status: 'success', data: result });
  const at = 1_800_000_000_000;

  test('asks for raw samples at a time and reads them', async () => {
    let form = '';
    await serving([({ body }, answer) => {
      form = decodeURIComponent(body.replace(/\+/g, ' '));
      reading({ resultType: 'matrix', result: [{ metric: { pod: 'a' }, values: [[at / 1000 - 15.5, '3'], [at / 1000, 'NaN']] }] })({} as any, answer);
    }], async (address) => {
      expect(await new Prometheus(`${address}/`, transport()).samples('x{a="b"}', 89.5, at)).toEqual([{ labels: { pod: 'a' }, samples: [{ at: at - 15_500, value: 3 }, { at, value: NaN }] }]);
      expect(form).toBe('query=x{a="b"}[90s]&time=1800000000&timeout=10s');
    });
  });

  test('sends the token that it reads each time, and none if there is none', async () => {
    const sent: (string | undefined)[] = [];
    const handler: Handler = ({ headers }, answer) => { sent.push(headers.authorization); reading({ resultType: 'scalar', result: [1, '2'] })({} as any, answer); };
    let token = 'first';
    await serving([handler, handler, handler], async (address) => {
      const prometheus = new Prometheus(address, transport(), () => token);
      await prometheus.value('x', at);
      token = 'second';
      await prometheus.value('x', at);
      await new Prometheus(address, transport()).value('x', at);
    });
    expect(sent).toEqual(['Bearer first', 'Bearer second', undefined]);
  });

  test('cannot be asked while its token or its CA can not be read', async () => {
    const unread = (): string => { throw new Error('ENOENT: /token'); };
    await serving([], async (address, asked) => {
      await expect(new Prometheus(address, transport(), unread).value('x', at)).rejects.toThrow(/does not answer: ENOENT: \/token$/);
      await expect(new Prometheus(address.replace('http:', 'https:'), transport(unread)).value('x', at)).rejects.toThrow(/does not answer: ENOENT: \/token$/);
      expect(asked).toEqual([]);
    });
  });

  test.each<[string, object, number | undefined]>([
    ['one value', { resultType: 'vector', result: [{ metric: {}, value: [1, '0.5'] }] }, 0.5],
    ['a scalar', { resultType: 'scalar', result: [1, '2'] }, 2],
    ['nothing', { resultType: 'vector', result: [] }, undefined],
    ['no number', { resultType: 'vector', result: [{ metric: {}, value: [1, 'NaN'] }] }, undefined],
  ])('reads %s', async (_what, result, value) => {
    await serving([reading(result)], async (address) => { expect(await new Prometheus(address, transport()).value('x', at)).toBe(value); });
  });

  test.each<[string, Handler, string, RegExp]>([
    ['no answer', hangUp, 'unreachable', /does not answer/],
    ['a query that it can not read', json(400, { status: 'error', errorType: 'bad_data', error: 'parse error' }), 'query', /can't run x: parse error$/],
    ['an answer of something else', json(503, {}), 'refused', /answers 503$/],
    ['several values', reading({ resultType: 'vector', result: [{ value: [1, '1'] }, { value: [1, '2'] }] }), 'query', /2 values where one is wanted; aggregate them$/],
  ])('tells %s apart', async (_what, handler, cause, message) => {
    await serving([handler], async (address) => {
      const error = await new Prometheus(address, transport()).value('x', at).catch((one) => one);
      expect(error).toBeInstanceOf(PrometheusError);
      expect([error.cause, message.test(error.message)]).toEqual([cause, true]);
    });
  });
});

describe('the lease', () => {
  function leases() {
    let now = Date.UTC(2026, 0, 1);
    const clock = { now: () => now, sleep: async () => undefined, random: () => 0 };
    const api = new FakeApi({ now: () => now, sleep: async () => undefined });
    const kube = new KubeClient('http://api', api.transport(), clock, () => undefined);
    return { pass: (seconds: number) => { now += seconds * 1000; }, api, lease: (holder: string) => new Lease(kube, 'n', 'l', holder, () => 30) };
  }

  test('is held by one, until it is released or not renewed', async () => {
    const { lease, pass } = leases();
    const [a, b] = [lease('a'), lease('b')];
    expect([await a.take(), await b.take(), await a.take()]).toEqual([true, false, true]);
    pass(29);
    expect(await b.take()).toBe(false);
    pass(3);
    expect([await b.take(), await a.take()]).toEqual([true, false]);
    await a.release(); // it is not a's
    expect(await a.take()).toBe(false);
    await b.release();
    expect(await a.take()).toBe(true);
  });

  test('counts who had it', async () => {
    const { lease, pass, api } = leases();
    await lease('a').take();
    pass(31);
    await lease('b').take();
    const { spec } = api.objects.get('/apis/coordination.k8s.io/v1/namespaces/n/leases/l');
    expect([spec.leaseTransitions, spec.renewTime]).toEqual([1, '2026-01-01T00:00:31.000000Z']);
  });
});
