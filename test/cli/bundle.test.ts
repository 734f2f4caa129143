import { spawn, spawnSync } from 'node:child_process';
import { readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';

const root = join(__dirname, '../..');
const file = join(root, 'bin/cdk8s-inference.js');
const node = (...argv: string[]) => spawnSync(process.execPath, [file, ...argv], { encoding: 'utf8', env: { PATH: process.env.PATH } });

describe('the bundled command', () => {
  beforeAll(() => {
    const bundled = spawnSync(process.execPath, [join(root, 'scripts/bundle-cli.mjs')], { encoding: 'utf8' });
    expect(bundled).toMatchObject({ status: 0, stderr: '' });
  });

  test('runs by itself', () => {
    expect(readFileSync(file, 'utf8').startsWith('#!/usr/bin/env node\n')).toBe(true);
    expect(statSync(file).mode.toString(8).slice(-3)).toBe('755');
    expect(node('--version')).toMatchObject({ status: 0, stdout: `${JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')).version}\n`, stderr: '' });
  });

  test('lists, and exits as documented', () => {
    expect(node('accelerators', 'h100-sxm').stdout).toMatch(/^h100-sxm \(/);
    expect(node('accelerators', 'nothing-like-it').status).toBe(1);
    expect(node('nonsense')).toMatchObject({ status: 2, stdout: '', stderr: "error: unknown command 'nonsense'\n" });
  });

  test('sizes', () => {
    const argv = ['--model', 'meta-llama/Llama-3.1-8B-Instruct', '--accelerator', 'l40s', '--requests-per-second', '2', '--prompt-tokens', '500', '--output-tokens', '100'];
    const { status, stdout, stderr } = node('size', ...argv, '--json');
    expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
    const plan = JSON.parse(stdout);
    expect(plan).toMatchObject({ formatVersion: 1, model: { id: 'meta-llama/Llama-3.1-8B-Instruct' }, pool: { name: 'l40s' } });
    const { deviceBytes, ...parts } = plan.estimate.memory;
    expect(Object.values<number>(parts).reduce((sum, bytes) => sum + bytes, 0) / deviceBytes).toBeCloseTo(1, 6);
    expect(node('size', ...argv, '--max-gpus', '1', '--requests-per-second', '1e9').status).toBe(1);
  });

  test('carries the licences of what is in it', () => {
    const licenses = readFileSync(join(root, 'bin/THIRD-PARTY-LICENSES.txt'), 'utf8');
    for (const name of ['commander', 'cli-table3', 'picocolors', 'yaml', 'string-width']) { expect(licenses).toMatch(new RegExp(`^${name} \\d+\\.\\d+\\.\\d+ \\(`, 'm')); }
  });

  test('does not mind a reader that goes away', async () => {
    const child = spawn(process.execPath, [file, 'accelerators', '--json'], { stdio: ['ignore', 'pipe', 'pipe'] });
    const err: Buffer[] = [];
    child.stderr.on('data', (part: Buffer) => err.push(part));
    child.stdout.destroy();
    const status = await new Promise((resolve) => child.on('close', resolve));
    expect({ status, err: Buffer.concat(err).toString() }).toEqual({ status: 0, err: '' });
  });
});
