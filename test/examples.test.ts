import * as fs from 'fs';
import * as os from 'os';
import * as path from 'path';
import { withoutPrograms } from './support/golden';
import { Existing, problemsOf, titleOf } from './support/manifest-checks';
import { objectsIn } from './support/objects';
import { podTemplates } from './support/pod-security';

const examples = path.join(__dirname, '..', 'examples');
const golden = path.join(__dirname, 'golden');
const names = fs.readdirSync(examples).filter((name) => fs.existsSync(path.join(examples, name, 'main.ts'))).sort();

/** What an example says is in the cluster already. */
const EXISTING: { [example: string]: Existing } = {
  'local-config': {
    claims: ['writer-14b'],
    nodes: [{ labels: { agentpool: 'a100' }, taints: [{ key: 'nvidia.com/gpu', value: 'present', effect: 'NoSchedule' }] }],
  },
};

type Files = { [name: string]: string };

function read(folder: string): Files {
  if (!fs.existsSync(folder)) { return {}; }
  return Object.fromEntries(fs.readdirSync(folder).sort().map((name) => [name, fs.readFileSync(path.join(folder, name), 'utf8')]));
}

/** Runs a program as `cdk8s synth` does, in this process, and reads what it wrote. */
function synthesized(example: string): Files {
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'cdk8s-inference-example-'));
  const before = process.env.CDK8S_OUTDIR;
  process.env.CDK8S_OUTDIR = folder;
  try {
    jest.isolateModules(() => { jest.requireActual(path.join(examples, example, 'main.ts')); });
    return read(folder);
  } finally {
    if (before === undefined) { delete process.env.CDK8S_OUTDIR; } else { process.env.CDK8S_OUTDIR = before; }
    fs.rmSync(folder, { recursive: true, force: true });
  }
}

// The peers take seconds to load and keep no state between apps, so that every run may have the same ones.
for (const peer of ['cdk8s', 'cdk8s-plus-28', 'constructs']) {
  const loaded = jest.requireActual(peer);
  jest.doMock(peer, () => loaded);
}

test('there are six examples', () => {
  expect(names).toEqual(['deepseek-r1-two-nodes', 'gpt-oss-canary', 'llama-70b-fp8', 'llama-8b-on-l40s', 'local-config', 'platform-three-teams']);
});

describe.each(names)('the example %s', (name) => {
  const first = synthesized(name);
  const objects = Object.values(first).flatMap(objectsIn);

  test('gives the same bytes twice', () => {
    expect(Object.keys(first)).not.toEqual([]);
    expect(synthesized(name)).toEqual(first);
  });

  test('gives its golden files', () => {
    // Written by the task 'examples' with --write, whose diff someone reads.
    const wanted = read(path.join(golden, name));
    expect(Object.keys(first)).toEqual(Object.keys(wanted));
    const made: Files = Object.fromEntries(Object.entries(first).map(([file, text]) => [file, withoutPrograms(text)]));
    for (const [file, text] of Object.entries(made)) { expect({ file, lines: text.split('\n') }).toEqual({ file, lines: wanted[file].split('\n') }); }
    expect(made).toEqual(wanted);
  });

  test('makes objects that find each other, and pods under Pod Security restricted', () => {
    expect(objects.flatMap(podTemplates).length).toBeGreaterThan(0);
    expect(problemsOf(objects, EXISTING[name])).toEqual([]);
  });

  test('makes everything that a fleet takes', () => {
    const kinds = (kind: string) => objects.filter((object) => object.kind === kind).map(titleOf);
    const fleets = [...kinds('Deployment'), ...kinds('LeaderWorkerSet')].length;
    expect(fleets).toBeGreaterThan(0);
    const runners = kinds('Job').filter((title) => title.includes('canary')).length;
    for (const kind of ['Service', 'PodDisruptionBudget']) { expect(kinds(kind)).toHaveLength(fleets); }
    expect(kinds('PodMonitor')).toHaveLength(fleets + runners);
    expect(kinds('Job').length).toBe(kinds('PersistentVolumeClaim').length + runners);
  });
});
