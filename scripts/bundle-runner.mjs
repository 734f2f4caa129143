// Bundles the canary's runner into one file, bin/canary-runner.js (or the file that is named), which a ConfigMap carries.
import { mkdirSync, statSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';

/** Git's YAML carries it, and kubectl's own copy of what it applied: both have limits. */
const MOST_BYTES = 200_000;

const root = join(dirname(fileURLToPath(import.meta.url)), '..');
const outfile = resolve(process.argv[2] ?? join(root, 'bin', 'canary-runner.js'));
mkdirSync(dirname(outfile), { recursive: true });

const { metafile } = await build({
  absWorkingDir: root,
  entryPoints: ['runner/main.ts'],
  outfile,
  bundle: true,
  minify: true,
  platform: 'node',
  target: 'node20',
  format: 'cjs',
  legalComments: 'none',
  metafile: true,
  logLevel: 'warning',
  tsconfig: 'runner/tsconfig.json',
});

const foreign = Object.keys(metafile.inputs).filter((input) => input.includes('node_modules'));
if (foreign.length > 0) { throw new Error(`the runner needs Node alone, but contains ${foreign.join(', ')}`); }
const { size } = statSync(outfile);
if (size > MOST_BYTES) { throw new Error(`the runner has ${size} bytes, more than the ${MOST_BYTES} that a ConfigMap shall carry`); }
