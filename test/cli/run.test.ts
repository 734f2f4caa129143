import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { command } from './fake-io';
import { plan } from './plan-fixture';

const SIZE = ['size', '--model', 'meta-llama/Llama-3.1-8B-Instruct', '--accelerator', 'h100-sxm', '--requests-per-second', '2', '--prompt-tokens', '500', '--output-tokens', '100'];
const planned = { plan: () => plan() };

describe('the command line', () => {
  test('prints its version', async () => {
    const { version } = JSON.parse(readFileSync(join(__dirname, '../../package.json'), 'utf8'));
    expect(await command(['--version'])).toEqual({ code: 0, out: `${version}\n`, err: '' });
  });

  test('prints its help, with examples and exit codes', async () => {
    const { code, out, err } = await command(['--help']);
    expect({ code, err }).toEqual({ code: 0, err: '' });
    for (const part of ['size', 'estimate', 'models', 'accelerators', 'doctor', 'Examples:', 'Exit codes:', 'NO_COLOR']) { expect(out).toContain(part); }
  });

  test.each(['size', 'estimate', 'models', 'accelerators', 'doctor'])('prints the help of %s', async (name) => {
    const { code, out, err } = await command([name, '--help']);
    expect({ code, err }).toEqual({ code: 0, err: '' });
    expect(out).toContain(`Usage: cdk8s-inference ${name}`);
  });

  test('without a command prints its help on standard error, and fails', async () => {
    const { code, out, err } = await command([]);
    expect({ code, out }).toEqual({ code: 2, out: '' });
    expect(err).toContain('Usage: cdk8s-inference');
  });

  test.each([
    [['siz'], "unknown command 'siz'; did you mean 'size'?"],
    [['frobnicate'], "unknown command 'frobnicate'"],
    [['size', '--modell', 'x'], "unknown option '--modell'; did you mean '--model'?"],
    [['size', '--model'], "option '--model <id>' argument missing"],
    [['models', 'a', 'b'], "too many arguments for 'models'. Expected 1 argument but got 2"],
    [['doctor'], "missing required argument 'folder'"],
    [['doctor', '.', '--context', 'x'], "'--context' goes with '--kubeconfig'"],
    [['accelerators', '--min-memory-gib', 'lots'], "'--min-memory-gib' is 'lots' but must be a number of GiB from 0 up"],
  ])('refuses %j in one sentence', async (argv, sentence) => {
    expect(await command(argv)).toEqual({ code: 2, out: '', err: `error: ${sentence}\n` });
  });

  test('a fault in this program is said to be one, without its stack', async () => {
    const crash = { plan: () => { throw new TypeError('cannot read x'); } };
    const { code, out, err } = await command(SIZE, { services: crash });
    expect({ code, out }).toEqual({ code: 3, out: '' });
    expect(err).toBe('error: fault in this program: cannot read x; please report it at https://github.com/cdk8s-inference/cdk8s-inference/issues, with what DEBUG=1 adds\n');
    expect((await command(SIZE, { services: crash, env: { DEBUG: '1' } })).err).toContain('run.test.ts');
  });

  test('colours terminals only, and not under NO_COLOR', async () => {
    expect((await command(SIZE, { services: planned })).out).not.toContain('\u001b');
    expect((await command(SIZE, { services: planned, terminal: true })).out).toContain('\u001b[1m');
    expect((await command(SIZE, { services: planned, terminal: true, env: { NO_COLOR: '1' } })).out).not.toContain('\u001b');
    expect((await command(['nope'], { terminal: true })).err).toContain('\u001b[31m');
    expect((await command(['nope'], { terminal: true, env: { NO_COLOR: '1' } })).err).not.toContain('\u001b');
  });
});
