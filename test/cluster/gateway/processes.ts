/** Processes that work together: each has a log, and all end at once. */
import { ChildProcess, spawn } from 'node:child_process';
import * as fs from 'node:fs';
import * as path from 'node:path';

export interface RunOptions { readonly cwd?: string; readonly env?: NodeJS.ProcessEnv }

export class Processes {
  private readonly running: { name: string; process: ChildProcess }[] = [];

  /** @param whose what they belong to, for messages */
  public constructor(public readonly folder: string, private readonly whose: string) { fs.mkdirSync(folder, { recursive: true }); }

  public run(name: string, program: string, args: string[], options: RunOptions = {}): void {
    const log = fs.openSync(path.join(this.folder, `${name}.log`), 'w');
    this.running.push({ name, process: spawn(program, args, { stdio: ['ignore', log, log], ...options }) });
    fs.closeSync(log);
  }

  /** @throws when one of them has ended, with the last that it said. */
  public checkAlive(): void {
    for (const { name, process: { exitCode, signalCode } } of this.running) {
      if (exitCode === null && signalCode === null) { continue; }
      throw new Error(`${name} of ${this.whose} ended (${exitCode ?? signalCode}): ${this.lastLines(name)}`);
    }
  }

  /** The last that one of them said. */
  public lastLines(name: string): string { return fs.readFileSync(path.join(this.folder, `${name}.log`), 'utf8').trimEnd().split('\n').slice(-5).join('\n'); }

  public async stop(): Promise<void> {
    await Promise.all(this.running.map(({ process }) => process.exitCode !== null || process.signalCode !== null ? undefined
      : new Promise((resolve) => { process.once('exit', resolve).kill('SIGKILL'); })));
  }
}
