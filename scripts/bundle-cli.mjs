// Bundles the command line into one file, bin/cdk8s-inference.js, and gathers the licences of what is in it.
import { chmodSync, existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';

const root = join(dirname(fileURLToPath(import.meta.url)), '..');
const { version } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));
const outfile = join(root, 'bin', 'cdk8s-inference.js');

const { metafile } = await build({
  absWorkingDir: root,
  entryPoints: ['src/cli/main.ts'],
  outfile,
  bundle: true,
  minify: true,
  platform: 'node',
  target: 'node20',
  format: 'cjs',
  banner: { js: '#!/usr/bin/env node' },
  define: { BUNDLED_VERSION: JSON.stringify(version) },
  external: ['@colors/colors'], // cli-table3 asks for it only where a table has colours of its own; ours have none
  legalComments: 'none', // whole licences stand in THIRD-PARTY-LICENSES.txt
  metafile: true,
  logLevel: 'warning',
  tsconfig: 'src/tsconfig.json',
});
chmodSync(outfile, 0o755);

const folders = new Set(Object.keys(metafile.inputs).map((input) => input.match(/^(.*node_modules\/(?:@[^/]+\/)?[^/]+)\//)?.[1]).filter(Boolean));
const packages = [...folders].sort().map((folder) => {
  const manifest = JSON.parse(readFileSync(join(root, folder, 'package.json'), 'utf8'));
  const file = readdirSync(join(root, folder)).find((name) => /^licen[cs]e/i.test(name));
  if (!file) { throw new Error(`${manifest.name} carries no licence text; it can't be bundled`); }
  return `${manifest.name} ${manifest.version} (${manifest.license})\n\n${readFileSync(join(root, folder, file), 'utf8').trim()}\n`;
});
mkdirSync(join(root, 'bin'), { recursive: true });
writeFileSync(join(root, 'bin', 'THIRD-PARTY-LICENSES.txt'), `Packages that bin/cdk8s-inference.js contains.\n\n${packages.join(`\n${'-'.repeat(80)}\n\n`)}`);
if (!existsSync(outfile)) { throw new Error('nothing was written'); }
