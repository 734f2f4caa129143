/** Measurements of synthesis, each in a process of its own, with the same objects. */
import { execFileSync } from 'child_process';
import { createHash } from 'crypto';
import * as fs from 'fs';
import * as os from 'os';
import * as path from 'path';
import { buildSync } from 'esbuild';
import type { Platform } from './synthesis-charts';
import type { Run, Took, Writer } from './synthesis-run';

const root = path.join(__dirname, '..');
/** The program as one file of JavaScript, below node_modules, so that it finds cdk8s. */
const program = path.join(root, 'node_modules', '.cache', 'cdk8s-inference', 'synthesis-run.js');
let built = false;

/** The median of several measurements, by CPU time, and the hash of what they wrote. */
export function measure(writer: Writer, platform: Platform, times = 1, options: Partial<Run> = {}): Took & { readonly hash: string } {
  if (!built) {
    buildSync({ entryPoints: [path.join(__dirname, 'synthesis-run.ts')], outfile: program, bundle: true, platform: 'node', target: 'node20', external: ['cdk8s', 'constructs'], logLevel: 'error' });
    built = true;
  }
  const all = Array.from({ length: times }, () => {
    const outdir = fs.mkdtempSync(path.join(os.tmpdir(), 'cdk8s-inference-bench-'));
    try {
      const run: Run = { writer, outdir, ...platform, ...options };
      const took: Took = JSON.parse(execFileSync(process.execPath, [program, JSON.stringify(run)], { encoding: 'utf8' }));
      return { ...took, hash: hashOf(outdir) };
    } finally {
      fs.rmSync(outdir, { recursive: true });
    }
  });
  return all.sort((a, b) => a.cpu - b.cpu)[Math.floor(times / 2)];
}

function hashOf(folder: string): string {
  const hash = createHash('sha256');
  for (const name of fs.readdirSync(folder).sort()) { hash.update(name).update('\0').update(fs.readFileSync(path.join(folder, name))); }
  return hash.digest('hex');
}
