// Bundles the command line into one file, bin/cdk8s-inference.js, and gathers the licences of what is in it.
import { chmodSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { bundle, root } from './bundle.mjs';

const { version } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));
const outfile = join(root, 'bin', 'cdk8s-inference.js');

const inputs = await bundle('src/cli/main.ts', outfile, {
  banner: { js: '#!/usr/bin/env node' },
  define: { BUNDLED_VERSION: JSON.stringify(version) },
  external: ['@colors/colors'], // cli-table3 asks for it only where a table has colours of its own; ours have none
});
chmodSync(outfile, 0o755);

// Whole licences stand beside the bundle, which has no comments.
const folders = new Set(inputs.map((input) => input.match(/^(.*node_modules\/(?:@[^/]+\/)?[^/]+)\//)?.[1]).filter(Boolean));
const packages = [...folders].sort().map((folder) => {
  const manifest = JSON.parse(readFileSync(join(root, folder, 'package.json'), 'utf8'));
  const file = readdirSync(join(root, folder)).find((name) => /^licen[cs]e/i.test(name));
  if (!file) { throw new Error(`${manifest.name} carries no licence text; it can't be bundled`); }
  return `${manifest.name} ${manifest.version} (${manifest.license})\n\n${readFileSync(join(root, folder, file), 'utf8').trim()}\n`;
});
writeFileSync(join(root, 'bin', 'THIRD-PARTY-LICENSES.txt'), `Packages that bin/cdk8s-inference.js contains.\n\n${packages.join(`\n${'-'.repeat(80)}\n\n`)}`);
