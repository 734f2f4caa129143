import * as fs from 'fs';
import * as path from 'path';

/** Programs that run in the cluster, as the package brings them. */
const FOLDER = path.join(__dirname, '..', '..', 'bin');

/**
 * Text of a program that a ConfigMap carries. It is a file of this package: synthesis reads nothing else, and the same package gives the
 * same text. Internal.
 */
export function bundled(name: 'canary-runner.js' | 'canary-evaluation.js'): string {
  const file = path.join(FOLDER, name);
  if (!fs.existsSync(file)) { throw new Error(`'${file}' is missing but is a part of this package; install it anew, or run 'npm run bundle' in a clone`); }
  return fs.readFileSync(file, 'utf8');
}
