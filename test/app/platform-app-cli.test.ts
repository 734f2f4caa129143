import { spawnSync } from 'child_process';
import * as fs from 'fs';
import * as os from 'os';
import * as path from 'path';
import { ApiObject, App, Chart } from 'cdk8s';
import { both, filesIn } from './both-apps';
import { objectsIn } from '../support/objects';

const root = path.join(__dirname, '..', '..');
const bin = (name: string) => path.join(root, 'node_modules', '.bin', name);

/** The app that this file builds with cdk8s, as a program. */
const PROGRAM = `
  import { ApiObject, Chart, YamlOutputType } from 'cdk8s';
  import { OutputFormat, PlatformApp } from 'cdk8s-inference';
  const app = new PlatformApp(process.env.ONE_FILE ? { outputFormat: OutputFormat.JSON, yamlOutputType: YamlOutputType.FILE_PER_APP } : {});
  const [one, two] = ['one', 'two'].map((id) => new Chart(app, id));
  for (const chart of [one, two]) { new ApiObject(chart, 'Config', { apiVersion: 'v1', kind: 'ConfigMap', data: { on: 'yes' } } as any); }
  one.addDependency(two);
  app.synth();
`;

function build(app: App): void {
  const [one, two] = ['one', 'two'].map((id) => new Chart(app, id));
  for (const chart of [one, two]) { new ApiObject(chart, 'Config', { apiVersion: 'v1', kind: 'ConfigMap', data: { on: 'yes' } } as any); }
  one.addDependency(two);
}

let folder: string;
beforeAll(() => {
  folder = fs.mkdtempSync(path.join(os.tmpdir(), 'cdk8s-inference-cli-'));
  const paths = { 'cdk8s-inference': [path.join(root, 'src/index.ts')], '*': [path.join(root, 'node_modules/*')] };
  fs.writeFileSync(path.join(folder, 'tsconfig.json'), JSON.stringify({ compilerOptions: { paths } }));
  fs.writeFileSync(path.join(folder, 'main.ts'), PROGRAM);
});
afterAll(() => { fs.rmSync(folder, { recursive: true }); });

function synth(environment: object, ...args: string[]): string {
  const run = spawnSync(bin('cdk8s'), ['synth', '--no-check-upgrade', '--app', `${bin('tsx')} main.ts`, ...args], { cwd: folder, encoding: 'utf8', env: { ...process.env, CI: 'true', ...environment } });
  if (run.status !== 0) { throw new Error(run.stdout + run.stderr); }
  return run.stdout;
}

test("'cdk8s synth' finds the files, which are cdk8s'", () => {
  expect(synth({}, '--output', 'out')).toMatch(/ {2}- out\/0000-two\.k8s\.yaml\n {2}- out\/0001-one\.k8s\.yaml\n/);
  expect(filesIn(path.join(folder, 'out'))).toEqual(both(build).cdk8s.files);
});

test("'cdk8s synth --stdout' prints the objects, also as JSON", () => {
  const [{ items }] = objectsIn(synth({ ONE_FILE: 'yes' }, '--stdout'));
  expect(items).toEqual(Object.values(both(build).cdk8s.files).flatMap(objectsIn));
});
