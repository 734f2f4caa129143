// What the bundles have in common: a program for Node as one file, without licences in comments.
import { mkdirSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';

export const root = join(dirname(fileURLToPath(import.meta.url)), '..');

/** Bundles a program, and names the files that went into it. `more` are esbuild's options besides. */
export async function bundle(entry, outfile, more = {}) {
  mkdirSync(dirname(outfile), { recursive: true });
  const { metafile } = await build({
    absWorkingDir: root,
    entryPoints: [entry],
    outfile,
    bundle: true,
    minify: true,
    platform: 'node',
    target: 'node20',
    format: 'cjs',
    legalComments: 'none',
    metafile: true,
    logLevel: 'warning',
    tsconfig: join(dirname(entry).split('/')[0], 'tsconfig.json'),
    ...more,
  });
  return Object.keys(metafile.inputs);
}
