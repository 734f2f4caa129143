/**
 * Runs `cdk8s synth` in the folder of each example, as its user would, and compares the YAML with test/golden/<example>/.
 * `--write` replaces the golden files: read the diff before committing it.
 */
import { spawnSync } from 'child_process';
import * as fs from 'fs';
import * as path from 'path';
import { withoutPrograms } from '../test/support/golden';

const root = path.join(__dirname, '..');
const write = process.argv.includes('--write');
const examples = fs.readdirSync(path.join(root, 'examples')).filter((name) => fs.existsSync(path.join(root, 'examples', name, 'cdk8s.yaml'))).sort();
let failed = 0;

for (const name of examples) {
  const folder = path.join(root, 'examples', name);
  const golden = path.join(root, 'test', 'golden', name);
  fs.rmSync(path.join(folder, 'dist'), { recursive: true, force: true });
  const run = spawnSync('npx', ['cdk8s', 'synth'], { cwd: folder, encoding: 'utf8', env: { ...process.env, CI: 'true' } });
  if (run.status !== 0) {
    console.error(`${name}: cdk8s synth failed\n${run.stdout}${run.stderr}`);
    failed++;
    continue;
  }
  const made = read(path.join(folder, 'dist'));
  if (write) {
    fs.rmSync(golden, { recursive: true, force: true });
    fs.mkdirSync(golden, { recursive: true });
    made.forEach((text, file) => fs.writeFileSync(path.join(golden, file), text));
  }
  const wanted = read(golden);
  const differing = [...new Set([...made.keys(), ...wanted.keys()])].filter((file) => made.get(file) !== wanted.get(file));
  if (differing.length || !made.size) {
    console.error(`${name}: differs from test/golden/${name} in ${differing.join(', ') || 'everything: nothing was written'}; run 'npm run examples -- --write' and read the diff`);
    failed++;
  } else {
    console.log(`${name}: ${made.size} files equal their golden files`);
  }
}
console.log(`${examples.length} examples, ${failed} failed`);
process.exit(failed || !examples.length ? 1 : 0);

function read(folder: string): Map<string, string> {
  if (!fs.existsSync(folder)) { return new Map(); }
  return new Map(fs.readdirSync(folder).filter((f) => f.endsWith('.yaml')).sort().map((f) => [f, withoutPrograms(fs.readFileSync(path.join(folder, f), 'utf8'))]));
}
