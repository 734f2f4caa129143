// Bundles what runs of a canary in the cluster into files that ConfigMaps carry: bin/canary-runner.js and bin/canary-evaluation.js
// (or into the folder that is named).
import { mkdirSync, statSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';

/** Git's YAML carries them, and kubectl's own copy of what it applied: both have limits. */
const MOST_BYTES = 200_000;

const ENTRIES = { 'canary-runner.js': { entry: 'runner/main.ts', minify: true }, 'canary-evaluation.js': { entry: 'runner/evaluate.ts', minify: false } };

const root = join(dirname(fileURLToPath(import.meta.url)), '..');
const folder = resolve(process.argv[2] ?? join(root, 'bin'));
mkdirSync(folder, { recursive: true });

for (const [name, { entry, minify }] of Object.entries(ENTRIES)) {
  const outfile = join(folder, name);
  const { metafile } = await build({
    absWorkingDir: root,
    entryPoints: [entry],
    outfile,
    bundle: true,
    minify,
    platform: 'node',
    target: 'node20',
    format: 'cjs',
    legalComments: 'none',
    metafile: true,
    logLevel: 'warning',
    tsconfig: 'runner/tsconfig.json',
  });

  const foreign = Object.keys(metafile.inputs).filter((input) => input.includes('node_modules'));
  if (foreign.length > 0) { throw new Error(`${name} needs Node alone, but contains ${foreign.join(', ')}`); }
  const { size } = statSync(outfile);
  if (size > MOST_BYTES) { throw new Error(`${name} has ${size} bytes, more than the ${MOST_BYTES} that a ConfigMap shall carry`); }
}
