import * as fs from 'fs';
import * as os from 'os';
import * as path from 'path';
import { filesIn } from './both-apps';
import { PlatformApp } from '../../src';

const examples = path.join(__dirname, '..', '..', 'examples');
const names = fs.readdirSync(examples).filter((name) => fs.existsSync(path.join(examples, name, 'main.ts'))).sort();

// Programs get a class of ours where they ask cdk8s for App.
const cdk8s = jest.requireActual('cdk8s');
let kind = cdk8s.App;
jest.doMock('cdk8s', () => ({ ...cdk8s, App: kind }));
for (const peer of ['cdk8s-plus-28', 'constructs']) {
  const loaded = jest.requireActual(peer);
  jest.doMock(peer, () => loaded);
}
const synths = jest.spyOn(PlatformApp.prototype, 'synth');

/** Runs an example with this class for its app, and reads what it wrote. */
function files(example: string, app: unknown): { [name: string]: string } {
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'cdk8s-inference-example-'));
  const before = process.env.CDK8S_OUTDIR;
  process.env.CDK8S_OUTDIR = folder;
  kind = app;
  try {
    jest.isolateModules(() => { jest.requireActual(path.join(examples, example, 'main.ts')); });
    return filesIn(folder);
  } finally {
    if (before === undefined) { delete process.env.CDK8S_OUTDIR; } else { process.env.CDK8S_OUTDIR = before; }
    fs.rmSync(folder, { recursive: true, force: true });
  }
}

test.each(names)('the example %s gives the files that it gives with cdk8s', (name) => {
  const wanted = files(name, cdk8s.App);
  expect(synths).not.toHaveBeenCalled();
  expect(Object.keys(wanted)).not.toEqual([]);
  expect(files(name, PlatformApp)).toEqual(wanted);
  expect(synths).toHaveBeenCalledTimes(1);
  synths.mockClear();
});
