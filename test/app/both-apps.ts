import * as fs from 'fs';
import * as os from 'os';
import * as path from 'path';
import { App, AppProps } from 'cdk8s';
import { PlatformApp } from '../../src/app/platform-app';

/** What came of an app: every file, and the message of what was thrown. */
export interface Outcome {
  readonly app: App;
  readonly files: { [name: string]: string };
  readonly error?: string;
}

/** Files below a folder by their path in it. */
export function filesIn(folder: string, below = ''): { [name: string]: string } {
  return Object.assign({}, ...fs.readdirSync(path.join(folder, below), { withFileTypes: true }).sort((a, b) => a.name < b.name ? -1 : 1).map((entry) => {
    const name = path.join(below, entry.name);
    return entry.isDirectory() ? filesIn(folder, name) : { [name]: fs.readFileSync(path.join(folder, name), 'utf8') };
  }));
}

/** Builds the same app twice, with cdk8s' class and with ours, and lets both synthesize. */
export function both(build: (app: App) => void, props: AppProps = {}, act: (app: App) => void = (app) => app.synth()): { cdk8s: Outcome; platform: Outcome } {
  const run = (kind: typeof App): Outcome => {
    const outdir = fs.mkdtempSync(path.join(os.tmpdir(), 'cdk8s-inference-both-'));
    const app = new kind({ outdir, ...props });
    try {
      build(app);
      act(app);
      return { app, files: filesIn(outdir) };
    } catch (error) {
      return { app, files: filesIn(outdir), error: (error as Error).message };
    } finally {
      fs.rmSync(outdir, { recursive: true });
    }
  };
  return { cdk8s: run(App), platform: run(PlatformApp) };
}

/** Both gave the same bytes and the same error; only a cycle's sentence is our own, and true. */
export function expectSame({ cdk8s, platform }: { cdk8s: Outcome; platform: Outcome }): void {
  const cycle = platform.error === cdk8s.error ? undefined : cycleOf(platform.error);
  if (!cycle) {
    expect(platform.error).toBe(cdk8s.error);
    expect(Object.keys(platform.files)).toEqual(Object.keys(cdk8s.files));
    expect(platform.files).toEqual(cdk8s.files);
    return;
  }
  expect(missingSteps(cycle, cdk8s.app)).toEqual([]);
  expect(platform.files).toEqual({});
  // What depends on itself is left out by cdk8s in silence, or overflows its stack.
  if (cycle.length > 2) { expect(cdk8s.error).toMatch(/^Dependency cycle detected: |^Maximum call stack/); }
}

/** The paths of a cycle that a message tells of. */
export function cycleOf(error: string | undefined): string[] | undefined {
  return /^Dependency cycle detected: ([^(]*?)(?: \(.*\))?$/.exec(error ?? '')?.[1].split(' => ');
}

/**
 * Steps of a cycle that no dependency of cdk8s' own app stands for. Our sentence is not always cdk8s': that names constructs beside the cycle
 * where one of them depends on several.
 */
function missingSteps(cycle: string[], app: App): string[] {
  const all = new Map(app.node.findAll().map((construct) => [construct.node.path, construct]));
  const steps = cycle.slice(1).map((to, i) => [cycle[i], to]);
  const missing = steps.filter(([from, to]) => !all.get(from)?.node.dependencies.some(({ node }) => node.path === to)).map((step) => step.join(' => '));
  return [...missing, ...cycle.length > 1 && cycle[0] === cycle[cycle.length - 1] ? [] : [`'${cycle.join(' => ')}' does not end where it starts`]];
}
