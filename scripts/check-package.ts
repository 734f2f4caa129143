/**
 * Installs the packed library in an empty folder beside its peers and uses it as plain JavaScript: the library from
 * `require`, the command line from its bin.
 */
import { execFileSync } from 'child_process';
import * as fs from 'fs';
import * as os from 'os';
import * as path from 'path';

const root = path.join(__dirname, '..');
const tarball = fs.readdirSync(path.join(root, 'dist/js')).map((f) => path.join(root, 'dist/js', f)).find((f) => f.endsWith('.tgz'));
if (!tarball) { throw new Error("dist/js holds no package; run 'npx projen package:js' first"); }
const peers = JSON.parse(fs.readFileSync(path.join(root, 'package.json'), 'utf8')).peerDependencies as { [name: string]: string };

const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'cdk8s-inference-package-'));
const run = (command: string, ...args: string[]) => execFileSync(command, args, { cwd: folder, encoding: 'utf8', stdio: ['ignore', 'pipe', 'inherit'] });
try {
  fs.writeFileSync(path.join(folder, 'package.json'), JSON.stringify({ name: 'user', version: '1.0.0', private: true }));
  run('npm', 'install', '--no-audit', '--no-fund', '--loglevel=error', tarball, ...Object.entries(peers).map(([name, range]) => `${name}@${range}`));

  const installed = JSON.parse(fs.readFileSync(path.join(folder, 'node_modules/cdk8s-inference/package.json'), 'utf8'));
  if (Object.keys(installed.dependencies ?? {}).length) { throw new Error(`the package has runtime dependencies: ${Object.keys(installed.dependencies).join(', ')}`); }

  fs.writeFileSync(path.join(folder, 'main.js'), fs.readFileSync(path.join(root, 'scripts/package-sample.js')));
  const kinds = run('node', 'main.js').trim();
  const wanted = 'Deployment Deployment Job LeaderWorkerSet';
  if (kinds !== wanted) { throw new Error(`the sample printed '${kinds}' instead of '${wanted}'`); }

  fs.writeFileSync(path.join(folder, 'synthesis.js'), fs.readFileSync(path.join(root, 'scripts/package-synthesis.js')));
  const synthesis = run('node', 'synthesis.js').trim();
  if (synthesis !== 'the same bytes') { throw new Error(`PlatformApp gives '${synthesis}' with these peers instead of 'the same bytes'`); }

  const version = run('npx', 'cdk8s-inference', '--version').trim();
  if (version !== installed.version) { throw new Error(`'cdk8s-inference --version' printed '${version}' instead of '${installed.version}'`); }
  const models = JSON.parse(run('npx', 'cdk8s-inference', 'models', '--json'));
  if (models.length < 204) { throw new Error(`'cdk8s-inference models' lists ${models.length} models`); }

  const files = run('npm', 'ls', '--json').length; // fails if a peer does not resolve
  console.log(`package of ${Math.round(fs.statSync(tarball).size / 1024)} KiB: installs, synthesizes and answers (${files} bytes of 'npm ls')`);
} finally {
  fs.rmSync(folder, { recursive: true, force: true });
}
