import { setTimeout as sleep } from 'node:timers/promises';
import { CanaryRollout, Found, Unbegun } from './canary-rollout';
import { ExitCode, Io, Output, Refusal, reportWidth, wantsColor } from './io';
import { rolloutText } from '../report/rollout-text';
import { clock, inShort, isBad, isOver, rolloutJson, RolloutView, share, span } from '../report/rollout-view';

/** Options of `--watch`, as commander names them. */
export interface WatchOptions { readonly interval?: number; readonly timeout?: number; readonly json?: boolean }

const DEFAULT_INTERVAL_SECONDS = 2;
/** Looks in a row that may fail. */
const FAILURES = 30;
/** Lines of history on a terminal whose height nobody knows. */
const MOST_HISTORY = 12;

/** Shows a rollout until it is over. */
export async function watch(rollout: CanaryRollout, options: WatchOptions, io: Io): Promise<ExitCode> {
  const { interval = DEFAULT_INTERVAL_SECONDS, timeout = Infinity, json } = options;
  const live = Boolean(io.stdout.isTTY) && io.env.TERM !== 'dumb' && !json;
  const display: Display = json ? new JsonLines(io) : live ? new Screen(io, rollout.said) : new PlainLines(io, rollout.said);
  const end = Date.now() + timeout * 1000;
  for (let failures = 0; ;) {
    let found: Found | Unbegun | undefined;
    try {
      found = await rollout.find();
      failures = 0;
    } catch (error) {
      failures += 1;
      if (!(error instanceof Refusal) || !display.hasShown || failures > FAILURES) { throw error; }
      await display.failed(error.message);
    }
    if (found !== undefined) { await display.show(found); }
    if (found !== undefined && !('unbegun' in found) && isOver(found.view.status)) { return isBad(found.view.status) ? ExitCode.NO : ExitCode.OK; }
    if (display.closed) { return ExitCode.OK; } // nobody reads it
    if (Date.now() >= end) { throw new Refusal(`${rollout.said} is not over after ${span(timeout)}`, ExitCode.PENDING); }
    await sleep(interval * 1000);
  }
}

/** Where a watched rollout is shown. */
abstract class Display {
  public hasShown = false;
  protected readonly out: Output;

  public constructor(protected readonly io: Io) { this.out = new Output(io.stdout); }

  public get closed(): boolean { return this.out.closed; }

  public async show(found: Found | Unbegun): Promise<void> {
    this.hasShown = true;
    await ('unbegun' in found ? this.unbegun(found) : this.view(found.view));
  }

  public abstract failed(why: string): Promise<void>;
  protected abstract unbegun(found: Unbegun): Promise<void>;
  protected abstract view(view: RolloutView): Promise<void>;
}

/** One text on a terminal, written over and over. */
class Screen extends Display {
  private drawn = 0;
  private last = '';

  public constructor(io: Io, private readonly said: string) { super(io); }

  public async failed(why: string): Promise<void> { await this.draw(`${this.last}${why}; trying again\n`); }

  protected async unbegun(): Promise<void> {
    this.last = `No runner has begun ${this.said} yet.\n`;
    await this.draw(this.last);
  }

  protected async view(view: RolloutView): Promise<void> {
    const footer = isOver(view.status) ? '' : `\n${clock(new Date(view.now).toISOString())} UTC; Ctrl-C ends this display, not the rollout\n`;
    const look = { color: wantsColor(this.io), width: Math.min(reportWidth(this.io), this.io.stdout.columns ?? Infinity) };
    const text = (history: number) => rolloutText(view, { ...look, history }) + footer;
    const room = (this.io.stdout.rows ?? Infinity) - 1; // the last line is the cursor's
    let history = MOST_HISTORY;
    let shown = text(history);
    for (let over = this.height(shown) - room; over > 0 && history > 1; over = this.height(shown) - room) {
      history = Math.max(1, history - over);
      shown = text(history);
    }
    this.last = shown;
    await this.draw(shown);
  }

  /** Back to where the last text began, and over it. What is higher than the terminal could not be written over, and is cut. */
  private async draw(text: string): Promise<void> {
    const lines = text.split('\n');
    const rows = this.io.stdout.rows ?? Infinity;
    while (lines.length > 2 && this.height(lines.join('\n')) >= rows) { lines.splice(-2, 1); }
    const shown = lines.join('\n');
    await this.out.write(`${this.drawn === 0 ? '' : `\u001b[${this.drawn}A`}\r\u001b[J${shown}`);
    this.drawn = this.height(shown);
  }

  /** Lines that a text takes, those that the terminal breaks counted as often as they are broken. */
  private height(text: string): number {
    const columns = this.io.stdout.columns ?? Infinity;
    return text.split('\n').slice(0, -1).reduce((sum, line) => sum + Math.max(1, Math.ceil([...line.replace(/\u001b\[\d+m/g, '')].length / columns)), 0);
  }
}

/** A line for whatever is new. */
class PlainLines extends Display {
  private readonly told = new Set<string>();
  private trouble = '';

  public constructor(io: Io, private readonly said: string) { super(io); }

  public async failed(why: string): Promise<void> { await this.once(`${why}; trying again`); }

  protected async unbegun(): Promise<void> { await this.once(`no runner has begun ${this.said} yet`); }

  protected async view(view: RolloutView): Promise<void> {
    const { status, runner, asked, now } = view;
    const news = [
      ...status.history.map(({ at, phase, step, weight, note }) => ({ at, text: `${phase}, step ${step} of ${status.steps.length}, ${share(weight)}${note ? `: ${note}` : ''}` })),
      ...status.verdicts.map(({ at, step, gate, verdict, said }) => ({ at, text: `gate '${gate}' at step ${step}: ${verdict}, ${said}` })),
    ].sort((one, other) => one.at < other.at ? -1 : one.at > other.at ? 1 : 0);
    for (const { at, text } of news) {
      if (this.told.has(at + text)) { continue; }
      this.told.add(at + text);
      await this.out.write(`${clock(at)} ${text}\n`);
    }
    if (isOver(status)) {
      await this.out.write(`${this.said}: ${inShort(status)}${status.reason === undefined ? '' : `; ${status.reason}`}\n`);
    } else if (runner !== undefined && !runner.alive) {
      await this.once(`no runner is at work on ${this.said}`);
    } else {
      this.trouble = '';
    }
    const key = `asked ${asked}`;
    if (asked !== undefined && !this.told.has(key)) { await this.out.write(`${clock(new Date(now).toISOString())} '${asked}' is asked for\n`); }
    this.told.add(key);
  }

  /** What lasts is told when it begins. */
  private async once(trouble: string): Promise<void> {
    if (trouble !== this.trouble) { await this.out.write(`${trouble}\n`); }
    this.trouble = trouble;
  }
}

/** A JSON object a line, for each change. */
class JsonLines extends Display {
  private last = '';

  public async failed(): Promise<void> { /* the next one that can be read tells */ }

  protected async unbegun(found: Unbegun): Promise<void> { await this.changed(found); }

  protected async view(view: RolloutView): Promise<void> {
    const { now, runner, ...rest } = view;
    await this.changed({ ...rest, alive: runner?.alive }, rolloutJson(view));
  }

  private async changed(what: object, written: object = what): Promise<void> {
    const text = JSON.stringify(what);
    if (text !== this.last) { await this.out.write(`${JSON.stringify(written)}\n`); }
    this.last = text;
  }
}
