import * as fs from 'fs';
import * as os from 'os';
import * as path from 'path';
import { filesIn } from './both-apps';
import { PlatformApp } from '../../src';

const examples = path.join(__dirname, '..', '..', 'examples');
const golden = path.join(__dirname, '..', 'golden');
const names = fs.readdirSync(examples).filter((name) => fs.existsSync(path.join(examples, name, 'main.ts'))).sort();

// Programs get our class where they ask cdk8s for App.
const cdk8s = jest.requireActual('cdk8s');
const synths = jest.spyOn(PlatformApp.prototype, 'synth');
jest.doMock('cdk8s', () => ({ ...cdk8s, App: PlatformApp }));
for (const peer of ['cdk8s-plus-28', 'constructs']) {
  const loaded = jest.requireActual(peer);
  jest.doMock(peer, () => loaded);
}

test.each(names)('the example %s gives its golden files, which cdk8s wrote', (name) => {
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'cdk8s-inference-example-'));
  const before = process.env.CDK8S_OUTDIR;
  process.env.CDK8S_OUTDIR = folder;
  synths.mockClear();
  try {
    jest.isolateModules(() => { jest.requireActual(path.join(examples, name, 'main.ts')); });
    expect(synths).toHaveBeenCalledTimes(1);
    expect(filesIn(folder)).toEqual(filesIn(path.join(golden, name)));
  } finally {
    if (before === undefined) { delete process.env.CDK8S_OUTDIR; } else { process.env.CDK8S_OUTDIR = before; }
    fs.rmSync(folder, { recursive: true, force: true });
  }
});
