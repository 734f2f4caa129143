import { once } from 'node:events';
import { PassThrough, Readable, Writable } from 'node:stream';
import { command } from './fake-io';
import { ExitCode } from '../../src/cli/io';
import { run } from '../../src/cli/run';
import { services } from '../../src/cli/services';

/** Answers with the id and the number of keys, or refuses as told. */
const echo = {
  estimate: (id: unknown, question: { readonly [field: string]: unknown }) => {
    if (question.refuse) { throw new Error(String(question.refuse)); }
    if (question.crash) { throw new TypeError('undefined is not a function'); }
    return { id, keys: Object.keys(question).length };
  },
};
const answers = (out: string) => out.split('\n').filter(Boolean).map((line) => JSON.parse(line));

describe('estimate', () => {
  test('answers each line with a line, in the same order', async () => {
    const { code, out, err } = await command(['estimate'], { stdin: ['{"id":1,"a":0}\n{"id":"two"}\n', '{"id":null}\n{}'], services: echo });
    expect({ code, err }).toEqual({ code: 0, err: '' });
    expect(answers(out)).toEqual([{ id: 1, keys: 2 }, { id: 'two', keys: 1 }, { id: null, keys: 1 }, { id: null, keys: 0 }]);
  });

  test.each([
    ['not JSON', '{"id": 1', { id: null, error: 'the line is not JSON' }],
    ['a JSON value that is no object', '[1]', { id: null, error: 'the line is not a JSON object' }],
    ['null', 'null', { id: null, error: 'the line is not a JSON object' }],
    ['a question that is refused', '{"id": 7, "refuse": "too much"}', { id: 7, error: 'too much' }],
    ['a question that meets a fault', '{"id": 7, "crash": true}', { id: 7, error: 'fault in this program: undefined is not a function' }],
  ])('answers %s with an error, goes on, and ends with status 1', async (_, line, expected) => {
    const { code, out } = await command(['estimate'], { stdin: [`${line}\n{"id": "next"}\n`], services: echo });
    expect(code).toBe(1);
    expect(answers(out)).toEqual([expected, { id: 'next', keys: 1 }]);
  });

  test('skips blank lines, and reads carriage returns and a byte order mark', async () => {
    const { code, out } = await command(['estimate'], { stdin: ['\ufeff{"id":1}\r\n\r\n  \n\n{"id":2}\r\n'], services: echo });
    expect(code).toBe(0);
    expect(answers(out).map(({ id }) => id)).toEqual([1, 2]);
  });

  test('answers nothing with nothing', async () => {
    expect(await command(['estimate'], { services: echo })).toEqual({ code: 0, out: '', err: '' });
  });

  test('reads a line of 5 MB', async () => {
    const id = 'x'.repeat(5e6);
    const { out } = await command(['estimate'], { stdin: [JSON.stringify({ id })], services: echo });
    expect(answers(out)).toEqual([{ id, keys: 1 }]);
  });

  test('an id nested too deep to be written is left out of the error', async () => {
    const deep = `{"id":${'['.repeat(200_000)}${']'.repeat(200_000)}}`;
    const { code, out } = await command(['estimate'], { stdin: [deep], services: echo });
    expect(code).toBe(1);
    expect(answers(out)).toEqual([{ id: null, error: expect.stringContaining('fault in this program') }]);
  });

  test('answers a line before the next one comes', async () => {
    const stdin = new PassThrough();
    const stdout = new PassThrough();
    const done = run(['estimate'], { stdin, stdout, stderr: new PassThrough(), env: {} }, { ...services, ...echo });
    for (const id of [1, 2, 3]) {
      stdin.write(`{"id":${id}}\n`);
      const [answer] = await once(stdout, 'data');
      expect(String(answer)).toBe(`{"id":${id},"keys":1}\n`);
    }
    stdin.end();
    expect(await done).toBe(ExitCode.OK);
  });

  test('keeps to the pace of its reader', async () => {
    let asked = 0;
    let answered = 0;
    let lead = 0;
    async function* questions() { for (; asked < 2000; asked++) { yield `{"id":${asked}}\n`; } }
    const stdout = new Writable({
      highWaterMark: 1024,
      write(chunk, _, done) {
        answered += String(chunk).split('\n').length - 1;
        lead = Math.max(lead, asked - answered);
        setImmediate(done);
      },
    });
    expect(await run(['estimate'], { stdin: Readable.from(questions()), stdout, stderr: new PassThrough(), env: {} }, { ...services, ...echo })).toBe(0);
    await new Promise<void>((resolve) => stdout.end(resolve));
    expect(answered).toBe(2000);
    expect(lead).toBeLessThan(300);
  });

  test('stops when its reader goes away', async () => {
    let asked = 0;
    async function* questions() { for (; asked < 100_000; asked++) { yield `{"id":${asked}}\n`; } }
    const stdout = new Writable({ write(_chunk, _encoding, done) { done(Object.assign(new Error('write EPIPE'), { code: 'EPIPE' })); } });
    expect(await run(['estimate'], { stdin: Readable.from(questions()), stdout, stderr: new PassThrough(), env: {} }, { ...services, ...echo })).toBe(0);
    expect(asked).toBeLessThan(1000);
  });
});
