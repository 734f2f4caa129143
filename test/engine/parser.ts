import { ChildProcessByStdio, spawn } from 'node:child_process';
import * as path from 'node:path';
import { createInterface, Interface } from 'node:readline';
import { Readable, Writable } from 'node:stream';
import { EngineEnvironment } from './environment';
import { FlagValues } from '../../src/engines/extra-args';

/** A flag as its engine's parser describes it. */
export interface ParserFlag {
  readonly names: string[];
  readonly takes: FlagValues;
  readonly choices: string[] | null;
  readonly type: string | null;
}

export interface ParserDescription {
  readonly version: string;
  readonly flags: ParserFlag[];
  /** Absent where they are the choices of a flag. */
  readonly toolParsers?: string[];
  readonly reasoningParsers?: string[];
}

/** What a parser makes of a command line: the values that differ from the defaults, or its complaint. */
export interface ParserAnswer {
  readonly error?: string;
  readonly values?: { readonly [dest: string]: unknown };
}

/** The argument parser of one version of an engine, in a process of its own. */
export class EngineParser {
  public readonly description: Promise<ParserDescription>;
  private readonly process: ChildProcessByStdio<Writable, Readable, Readable>;
  private readonly lines: Interface;
  private readonly waiting: { resolve: (line: any) => void; reject: (error: Error) => void }[] = [];
  private complaint = '';
  private ended = false;

  constructor(environment: EngineEnvironment, public readonly engine: 'vllm' | 'sglang', public readonly version: string) {
    this.process = spawn(environment.python, [path.join(__dirname, '../../scripts/engine-parser.py'), engine], {
      env: {
        PATH: process.env.PATH,
        HOME: process.env.HOME,
        PYTHONPATH: environment.pythonPath(engine, version),
        HF_HUB_OFFLINE: '1',
        VLLM_NO_USAGE_STATS: '1',
        VLLM_LOGGING_LEVEL: 'ERROR',
      },
      stdio: ['pipe', 'pipe', 'pipe'],
    });
    this.process.stderr.on('data', (chunk) => { this.complaint = `${this.complaint}${chunk}`.slice(-4000); });
    this.process.stdin.on('error', () => undefined); // told by 'exit'
    this.lines = createInterface(this.process.stdout);
    this.lines.on('line', (line) => this.waiting.shift()?.resolve(JSON.parse(line)));
    this.process.on('close', (code) => {
      this.ended = true;
      this.waiting.splice(0).forEach(({ reject }) => reject(this.death(code)));
    });
    this.description = this.next();
    this.description.catch(() => undefined); // whoever asks is told
  }

  /** Has the engine parse what follows the command of its container. */
  public async parse(args: readonly string[]): Promise<ParserAnswer> {
    await this.description;
    const answer = this.next();
    this.process.stdin.write(`${JSON.stringify(args)}\n`);
    return answer as Promise<ParserAnswer>;
  }

  public async stop(): Promise<void> {
    if (this.ended) { return; }
    const closed = new Promise((resolve) => this.process.on('close', resolve));
    this.process.stdin.end();
    this.process.kill('SIGKILL');
    await closed;
  }

  private async next(): Promise<any> {
    if (this.ended) { throw this.death(null); }
    return new Promise((resolve, reject) => this.waiting.push({ resolve, reject }));
  }

  private death(code: number | null): Error {
    return new Error(`the parser of ${this.engine} ${this.version} ended with ${code}: ${this.complaint.trim()}`);
  }
}
