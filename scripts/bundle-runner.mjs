// Bundles what runs of a canary in the cluster into files that ConfigMaps carry: bin/canary-runner.js and bin/canary-evaluation.js
// (or into the folder that is named).
import { statSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { bundle, root } from './bundle.mjs';

/** Git's YAML carries them, and kubectl's own copy of what it applied: both have limits. */
const MOST_BYTES = 200_000;

const ENTRIES = { 'canary-runner.js': { entry: 'runner/main.ts', minify: true }, 'canary-evaluation.js': { entry: 'runner/evaluate.ts', minify: false } };

const folder = resolve(process.argv[2] ?? join(root, 'bin'));

for (const [name, { entry, minify }] of Object.entries(ENTRIES)) {
  const outfile = join(folder, name);
  const foreign = (await bundle(entry, outfile, { minify })).filter((input) => input.includes('node_modules'));
  if (foreign.length > 0) { throw new Error(`${name} needs Node alone, but contains ${foreign.join(', ')}`); }
  const { size } = statSync(outfile);
  if (size > MOST_BYTES) { throw new Error(`${name} has ${size} bytes, more than the ${MOST_BYTES} that a ConfigMap shall carry`); }
}
