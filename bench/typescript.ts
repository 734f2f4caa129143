/**
 * Ways to run an app that is written in TypeScript, as `app:` of a cdk8s.yaml: `npx tsx bench/typescript.ts`, with `--write` to put the table into
 * docs/performance.md. Needs the compiled library (`npx projen compile`) and Python 3.
 */
import { execFileSync } from 'child_process';
import * as fs from 'fs';
import * as path from 'path';
import { measureCommand } from './command';
import { writeTable } from './performance-doc';

const root = path.join(__dirname, '..');
const folder = path.join(root, 'node_modules', '.cache', 'cdk8s-inference', 'typescript');
const PROGRAM = 'platform-three-teams';

/** What `cdk8s init typescript-app` sets, as far as it matters here. */
const TSCONFIG = { compilerOptions: { target: 'ES2022', module: 'node16', moduleResolution: 'node16', lib: ['es2022'], strict: true, esModuleInterop: true, skipLibCheck: true, types: ['node'] }, include: ['main.ts'] };

const WAYS: { readonly app: string; readonly checks: string }[] = [
  { app: 'npx ts-node main.ts', checks: 'every time' },
  { app: 'npx ts-node --transpile-only main.ts', checks: 'no' },
  { app: 'npx tsx main.ts', checks: 'no' },
  { app: 'node --import tsx main.ts', checks: 'no' },
  { app: 'node --require ts-node/register/transpile-only main.ts', checks: 'no' },
  { app: 'node main.js', checks: 'when it is compiled' },
];

function main(): void {
  if (!fs.existsSync(path.join(root, 'lib', 'index.js'))) { throw new Error("the library is not compiled: run 'npx projen compile' first"); }
  fs.rmSync(folder, { recursive: true, force: true });
  fs.mkdirSync(path.join(folder, 'node_modules'), { recursive: true });
  fs.symlinkSync(root, path.join(folder, 'node_modules', 'cdk8s-inference'));
  fs.copyFileSync(path.join(root, 'examples', PROGRAM, 'main.ts'), path.join(folder, 'main.ts'));
  fs.writeFileSync(path.join(folder, 'tsconfig.json'), JSON.stringify(TSCONFIG));
  execFileSync(path.join(root, 'node_modules', '.bin', 'tsc'), ['-p', '.'], { cwd: folder, stdio: 'inherit' });
  const PATH = `${path.join(root, 'node_modules', '.bin')}${path.delimiter}${process.env.PATH}`;
  const rows = WAYS.map(({ app, checks }) => {
    const { cpu, seconds } = measureCommand(app.split(' '), { cwd: folder, times: 5, env: { PATH } });
    const row = [`\`${app}\``, cpu.toFixed(2), seconds.toFixed(2), checks];
    console.log(row.join(' | '));
    return row;
  });
  if (process.argv.includes('--write')) {
    writeTable('typescript', [['`app:`', 'CPU, s', 'seconds', 'checks types'], ['---', '---:', '---:', '---'], ...rows].map((row) => `| ${row.join(' | ')} |`));
  }
}

main();
