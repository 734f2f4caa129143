/** A Job of one container that runs a file of Node, played as a kubelet and the Job's controller would: it runs again while it fails. */
import { ChildProcess, spawn } from 'node:child_process';
import { setTimeout as sleep } from 'node:timers/promises';

/** The controller's own waits are longer. */
const BACK_OFF_MILLIS = 500;

export class NodeJob {
  /** How often it was started. */
  public starts = 0;
  public output = '';
  /** Resolves when it has succeeded, or was stopped. */
  public readonly ended: Promise<void>;
  private process?: ChildProcess;
  private stopped = false;

  /** @param env of each start; the pod's name differs each time */
  public constructor(private readonly file: string, private readonly env: (start: number) => NodeJS.ProcessEnv) { this.ended = this.run(); }

  /** The signal goes to what runs, which the Job then starts anew. */
  public kill(signal: NodeJS.Signals): void { this.process?.kill(signal); }

  public async stop(): Promise<void> {
    this.stopped = true;
    this.kill('SIGKILL');
    await this.ended;
  }

  /** Lines of the log, which are JSON. */
  public get log(): any[] {
    return this.output.split('\n').flatMap((line) => { try { return [JSON.parse(line)]; } catch { return []; } });
  }

  private async run(): Promise<void> {
    while (!this.stopped) {
      this.starts += 1;
      const child = spawn(process.execPath, [this.file], { env: this.env(this.starts) });
      this.process = child;
      for (const stream of [child.stdout, child.stderr]) { stream.on('data', (part) => { this.output += part; }); }
      const code = await new Promise<number | null>((resolve) => { child.on('exit', resolve); });
      if (code === 0) { return; }
      if (!this.stopped) { await sleep(BACK_OFF_MILLIS); }
    }
  }
}
