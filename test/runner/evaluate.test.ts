import { execFileSync, spawn } from 'child_process';
import * as fs from 'fs';
import * as http from 'http';
import { AddressInfo } from 'net';
import * as os from 'os';
import * as path from 'path';
import { EvaluationPlan, EvaluationQuestion, Expectation } from '../../src/rollout/evaluation-plan';

const bundles = fs.mkdtempSync(path.join(os.tmpdir(), 'canary-evaluation-'));

beforeAll(() => { execFileSync(process.execPath, ['scripts/bundle-runner.mjs', bundles], { cwd: path.join(__dirname, '..', '..') }); });
afterAll(() => { fs.rmSync(bundles, { recursive: true }); });

interface Asked { readonly path: string; readonly headers: http.IncomingHttpHeaders; readonly body: any }

/** An engine's OpenAI API: `answer` writes what it likes. */
class Engine {
  public readonly asked: Asked[] = [];
  public most = 0;
  private running = 0;
  private readonly server: http.Server;

  constructor(answer: (asked: Asked, response: http.ServerResponse, round: number) => void) {
    this.server = http.createServer((request, response) => {
      let text = '';
      this.running += 1;
      this.most = Math.max(this.most, this.running);
      response.on('close', () => { this.running -= 1; });
      request.on('data', (chunk) => { text += chunk; }).on('end', () => {
        const asked = { path: request.url!, headers: request.headers, body: JSON.parse(text) };
        this.asked.push(asked);
        answer(asked, response, this.asked.length);
      });
    });
  }

  public async listen(): Promise<string> {
    await new Promise<void>((resolve) => this.server.listen(0, '127.0.0.1', resolve));
    return `http://127.0.0.1:${(this.server.address() as AddressInfo).port}/v1`;
  }

  public async close(): Promise<void> {
    this.server.closeAllConnections();
    await new Promise((resolve) => this.server.close(resolve));
  }
}

/** A stream of the words of a text, as engines write it; the pieces do not end where the events do. */
function stream(response: http.ServerResponse, text: string, events: readonly object[] = [], finished = true): void {
  response.writeHead(200, { 'content-type': 'text/event-stream' });
  const chunk = (delta: object, finish?: string) => ({ choices: [{ index: 0, delta, text: (delta as any).content ?? '', finish_reason: finish ?? null }] });
  const all = [...text.split(/(?<=\s)/).map((content) => chunk({ content })), ...events, ...finished ? [chunk({}, 'stop')] : []];
  const lines = `${all.map((event) => `data: ${JSON.stringify(event)}\n\n`).join('')}${finished ? 'data: [DONE]\n\n' : ''}`;
  const bytes = Buffer.from(lines);
  for (let at = 0; at < bytes.length; at += 7) { response.write(bytes.subarray(at, at + 7)); }
  response.end();
}

const QUESTIONS: EvaluationQuestion[] = [
  { prompt: 'What is 2 + 2?', expected: { kind: 'exact', text: '4' } },
  { system: 'Be short.', prompt: 'The capital of France?', expected: { kind: 'containing', text: 'Paris' } },
];

interface Ended { readonly status: number | null; readonly result: any; readonly output: string }

async function evaluated(engine: Engine, plan: Partial<EvaluationPlan> = {}, environment: { [name: string]: string } = {}): Promise<Ended> {
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'evaluation-'));
  const url = await engine.listen();
  try {
    const [file, result] = ['plan.json', 'result'].map((name) => path.join(folder, name));
    const whole: EvaluationPlan = {
      model: 'llama', chat: true, maxTokens: 64, concurrency: 2, requestSeconds: 5, attempts: 3, retryMillis: 5, prompts: QUESTIONS, ...plan,
    };
    fs.writeFileSync(file, JSON.stringify(whole));
    const child = spawn(process.execPath, [path.join(bundles, 'canary-evaluation.js')], {
      env: { OPENAI_BASE_URL: url, EVALUATION_PLAN: file, EVALUATION_RESULT: result, ...environment }, stdio: ['ignore', 'pipe', 'pipe'],
    });
    let output = '';
    for (const stdio of [child.stdout, child.stderr]) { stdio.on('data', (chunk) => { output += chunk; }); }
    const status = await new Promise<number | null>((resolve) => child.on('close', resolve));
    return { status, result: fs.existsSync(result) ? JSON.parse(fs.readFileSync(result, 'utf8')) : undefined, output };
  } finally {
    await engine.close();
    fs.rmSync(folder, { recursive: true });
  }
}

const answers = (text: (prompt: string) => string) => new Engine(({ body }, response) => stream(response, text(body.messages.at(-1).content)));
const right = (prompt: string) => /France/.test(prompt) ? 'It is Paris, of course.' : ' 4 \n';

test('right answers have the score 1', async () => {
  const engine = answers(right);
  expect(await evaluated(engine)).toMatchObject({ status: 0, result: { score: 1, right: 2, wrong: 0, failed: 0 } });
});

test('prompts are asked as users ask them: by chat, in a stream, without chance', async () => {
  const engine = answers(right);
  await evaluated(engine, { concurrency: 1 });
  expect(engine.asked[1]).toMatchObject({
    path: '/v1/chat/completions',
    body: {
      model: 'llama', stream: true, temperature: 0, seed: 0, max_tokens: 64,
      messages: [{ role: 'system', content: 'Be short.' }, { role: 'user', content: 'The capital of France?' }],
    },
  });
  expect(engine.asked[0].headers).not.toHaveProperty('authorization');
});

test('texts are completed where the model does not chat', async () => {
  const engine = new Engine((_asked, response) => stream(response, '4'));
  expect(await evaluated(engine, { chat: false, prompts: [QUESTIONS[0]] })).toMatchObject({ result: { score: 1 } });
  expect(engine.asked[0]).toMatchObject({ path: '/v1/completions', body: { prompt: 'What is 2 + 2?' } });
});

test('the key goes with each request', async () => {
  const engine = answers(right);
  await evaluated(engine, {}, { OPENAI_API_KEY: 'secret' });
  expect(engine.asked.map(({ headers }) => headers.authorization)).toEqual(['Bearer secret', 'Bearer secret']);
});

test('a wrong answer lowers the score and is shown', async () => {
  const ended = await evaluated(answers((prompt) => /France/.test(prompt) ? 'It is Lyon.' : '4'));
  expect(ended).toMatchObject({ status: 0, result: { score: 0.5, right: 1, wrong: 1, failed: 0 } });
  expect(ended.output).toContain('{"prompt":2,"right":false,"answer":"It is Lyon."}');
});

test.each<[string, Expectation, string, boolean]>([
  ['exact but for blanks', { kind: 'exact', text: 'a  b' }, ' a b\n', true],
  ['not exact', { kind: 'exact', text: '4' }, '4.', false],
  ['containing, whatever the case', { kind: 'containing', text: 'new  york' }, 'In New York.', true],
  ['not containing', { kind: 'containing', text: 'York' }, 'In Paris.', false],
  ['matching over lines', { kind: 'matching', text: '^\\{.*"ok": ?true.*\\}$' }, '{\n"ok": true\n}', true],
  ['not matching', { kind: 'matching', text: '^yes' }, 'no, yes', false],
  ['similar enough', { kind: 'similar', text: 'the cat sat on the mat', least: 0.8 }, 'The cat sat on a mat.', true],
  ['too little similar', { kind: 'similar', text: 'the cat sat on the mat', least: 0.9 }, 'The cat sat on a mat.', false],
  ['similar in any script', { kind: 'similar', text: '東京 です', least: 1 }, 'です、東京', true],
  ['an empty answer', { kind: 'similar', text: 'something', least: 0.1 }, '', false],
])('an answer that is %s', async (_what, expected, answer, isRight) => {
  expect((await evaluated(answers(() => answer), { prompts: [{ prompt: 'x', expected }] })).result.score).toBe(isRight ? 1 : 0);
});

test('what the server fails once is asked again', async () => {
  const engine = new Engine(({ body }, response, round) => {
    if (round === 1) { response.writeHead(503).end('busy'); } else if (round === 2) { response.socket!.destroy(); } else { stream(response, right(body.messages.at(-1).content)); }
  });
  expect((await evaluated(engine)).result).toEqual({ score: 1, right: 2, wrong: 0, failed: 0 });
});

test('what the server fails again and again is a wrong answer', async () => {
  const engine = new Engine(({ body }, response) => /France/.test(JSON.stringify(body)) ? response.writeHead(500).end('out of memory') : stream(response, '4'));
  const ended = await evaluated(engine);
  expect([ended.status, ended.result, engine.asked.length]).toEqual([0, { score: 0.5, right: 1, wrong: 0, failed: 1 }, 4]);
  expect(ended.output).toContain('"why":"HTTP 500: out of memory"');
});

test('a request that the server refuses is not asked again', async () => {
  const engine = new Engine((_asked, response) => response.writeHead(400).end('too long'));
  expect((await evaluated(engine)).result).toEqual({ score: 0, right: 0, wrong: 0, failed: 2 });
  expect(engine.asked).toHaveLength(2);
});

test.each([
  ['ends with an error', (response: http.ServerResponse) => stream(response, '4', [{ error: { message: 'engine died', code: 500 } }]), 'the stream ended with an error: {\\"message\\":\\"engine died\\",\\"code\\":500}'],
  ['is cut', (response: http.ServerResponse) => stream(response, '4', [], false), 'the stream was cut'],
])('a stream that %s is no answer, though its text would be right', async (_what, write, why) => {
  const ended = await evaluated(new Engine((_asked, response) => write(response)), { prompts: [QUESTIONS[0]] });
  expect(ended.result).toEqual({ score: 0, right: 0, wrong: 0, failed: 1 });
  expect(ended.output).toContain(why);
});

test('an answer that takes too long is none', async () => {
  const slow = new Engine((_asked, response) => { response.writeHead(200).write('data: {"choices":[{"delta":{"content":"4"}}]}\n\n'); });
  const ended = await evaluated(slow, { prompts: [QUESTIONS[0]], requestSeconds: 0.3, attempts: 2 });
  expect(ended.result).toEqual({ score: 0, right: 0, wrong: 0, failed: 1 });
  expect(ended.output).toContain('no whole answer in 0.3 s');
});

test.each([[401, 'bad key'], [403, 'forbidden'], [404, 'no such model']])('HTTP %i ends it at once, with a status for which the Job does not try again', async (status, said) => {
  const engine = new Engine((_asked, response) => response.writeHead(status).end(said));
  expect(await evaluated(engine, { concurrency: 1 })).toMatchObject({ status: 42, result: { error: `HTTP ${status}: ${said}` } });
  expect(engine.asked).toHaveLength(1);
});

test('as many prompts as stated are under way at a time', async () => {
  const engine = new Engine(({ body }, response) => setTimeout(() => stream(response, right(body.messages.at(-1).content)), 50));
  await evaluated(engine, { concurrency: 3, prompts: Array.from({ length: 9 }, () => QUESTIONS[0]) });
  expect([engine.most, engine.asked.length]).toEqual([3, 9]);
});

test('its status tells a low score where it is asked to', async () => {
  const wrong = () => answers(() => 'no idea');
  expect((await evaluated(wrong(), {}, { EVALUATION_FAIL_BELOW: '0.9' })).status).toBe(1);
  expect((await evaluated(answers(right), {}, { EVALUATION_FAIL_BELOW: '0.9' })).status).toBe(0);
  expect((await evaluated(wrong())).status).toBe(0);
});
