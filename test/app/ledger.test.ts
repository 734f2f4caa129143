import * as fs from 'fs';
import * as os from 'os';
import * as path from 'path';
import { ApiObject, Chart, Size } from 'cdk8s';
import { both, filesIn } from './both-apps';
import { ObjectLimit, OutputFormat, PlatformApp, PlatformAppProps, SynthesisBudget } from '../../src';
import { sentence } from '../support/render';

let folder: string;
beforeEach(() => { folder = fs.mkdtempSync(path.join(os.tmpdir(), 'cdk8s-inference-ledger-')); });
afterEach(() => { fs.rmSync(folder, { recursive: true }); });

const object = (chart: Chart, id: string, kind: string, rest: object = {}) => new ApiObject(chart, id, { apiVersion: kind === 'Deployment' ? 'apps/v1' : 'v1', kind, metadata: { name: id.toLowerCase() }, ...rest });

function app(build: (chart: Chart) => void, props: PlatformAppProps = {}): PlatformApp {
  const made = new PlatformApp({ outdir: path.join(folder, 'dist'), ...props });
  build(new Chart(made, 'c', { namespace: 'one' }));
  return made;
}

function summary(build: (chart: Chart) => void, props: PlatformAppProps = {}): any {
  const summaryFile = path.join(folder, 'summary.json');
  app(build, { summaryFile, ...props }).synth();
  return JSON.parse(fs.readFileSync(summaryFile, 'utf8'));
}

const refused = (budget: SynthesisBudget, build: (chart: Chart) => void) => sentence(() => app(build, { budget }).synth());

describe('the summary', () => {
  const build = (chart: Chart) => {
    object(chart, 'B', 'ConfigMap', { data: { x: 'ä' } });
    object(chart, 'A', 'ConfigMap');
    object(chart, 'C', 'Deployment');
    object(chart, 'D', 'Namespace', { metadata: { name: 'd', namespace: '' } });
  };

  test('counts objects and their bytes as JSON by kind and by namespace', () => {
    const bytes = (...objects: object[]) => objects.reduce((sum: number, one) => sum + Buffer.byteLength(JSON.stringify(one)), 0);
    const metadata = (name: string) => ({ metadata: { name, namespace: 'one' } });
    const b = { apiVersion: 'v1', kind: 'ConfigMap', ...metadata('b'), data: { x: 'ä' } };
    const a = { apiVersion: 'v1', kind: 'ConfigMap', ...metadata('a') };
    const c = { apiVersion: 'apps/v1', kind: 'Deployment', ...metadata('c') };
    const d = { apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'd', namespace: '' } };
    expect(summary(build)).toEqual({
      version: 1,
      objects: 4,
      bytes: bytes(a, b, c, d),
      kinds: [
        { apiVersion: 'apps/v1', kind: 'Deployment', objects: 1, bytes: bytes(c) },
        { apiVersion: 'v1', kind: 'ConfigMap', objects: 2, bytes: bytes(a, b) },
        { apiVersion: 'v1', kind: 'Namespace', objects: 1, bytes: bytes(d) },
      ],
      namespaces: [{ namespace: '', objects: 1, bytes: bytes(d) }, { namespace: 'one', objects: 3, bytes: bytes(a, b, c) }],
      largest: [b, c, a, d].map((one) => ({ apiVersion: one.apiVersion, kind: one.kind, namespace: one.metadata.namespace, name: one.metadata.name, path: `c/${one.metadata.name.toUpperCase()}`, bytes: bytes(one) }))
        .sort((x, y) => y.bytes - x.bytes),
      overLimits: [],
    });
  });

  test('is the same for every output type and format, and changes no file', () => {
    const one = summary(build);
    for (const yamlOutputType of [0, 1, 2, 3]) {
      for (const outputFormat of Object.values(OutputFormat)) { expect(summary(build, { yamlOutputType, outputFormat })).toEqual(one); }
    }
    fs.rmSync(path.join(folder, 'dist'), { recursive: true });
    summary(build);
    expect(filesIn(path.join(folder, 'dist'))).toEqual(both((plain) => build(new Chart(plain, 'c', { namespace: 'one' }))).cdk8s.files);
  });

  test('names the ten largest objects, also of thousands', () => {
    const { largest } = summary((chart) => { for (let i = 0; i < 2000; i++) { object(chart, `O${i}`, 'ConfigMap', { data: { x: 'x'.repeat(i) } }); } });
    expect(largest.map(({ name }: any) => name)).toEqual(Array.from({ length: 10 }, (_, i) => `o${1999 - i}`));
  });
});

describe('limits of Kubernetes', () => {
  const KIB = 1024;
  const over = (build: (chart: Chart) => void) => summary(build).overLimits.map(({ limit, name, measuredBytes, limitBytes }: any) => [limit, name, measuredBytes, limitBytes]);

  test("etcd's is one of the object as JSON", () => {
    const annotations = (length: number) => ({ spec: { x: 'x'.repeat(length) } });
    const without = JSON.stringify({ apiVersion: 'apps/v1', kind: 'Deployment', metadata: { name: 'a', namespace: 'one' }, spec: { x: '' } }).length;
    expect(over((chart) => { object(chart, 'A', 'Deployment', annotations(1536 * KIB - without)); }).map(([limit]: any) => limit)).toEqual(['client-side-apply']);
    expect(over((chart) => { object(chart, 'A', 'Deployment', annotations(1536 * KIB - without + 1)); })[0]).toEqual(['etcd-request', 'a', 1536 * KIB + 1, 1536 * KIB]);
  });

  test.each<[string, string, (length: number) => object]>([
    ['a ConfigMap', 'ConfigMap', (length) => ({ data: { a: 'x'.repeat(length - 10), b: 'ä'.repeat(5) } })],
    ["a ConfigMap's bytes", 'ConfigMap', (length) => ({ binaryData: { a: Buffer.alloc(length).toString('base64') } })],
    ['a Secret', 'Secret', (length) => ({ data: { a: Buffer.alloc(length).toString('base64') } })],
    ["a Secret's texts", 'Secret', (length) => ({ stringData: { a: 'x'.repeat(length) } })],
  ])('%s may hold 1 MiB of values', (_, kind, rest) => {
    const data = (length: number) => over((chart) => { object(chart, 'A', kind, rest(length)); }).filter(([limit]: any) => limit === 'data');
    expect(data(1024 * KIB)).toEqual([]);
    expect(data(1024 * KIB + 1)).toEqual([['data', 'a', 1024 * KIB + 1, 1024 * KIB]]);
  });

  test('an object of another kind holds no data', () => {
    expect(over((chart) => { object(chart, 'A', 'Deployment', { data: { a: 'x'.repeat(1025 * KIB) } }); }).map(([limit]: any) => limit)).toEqual(['client-side-apply']);
  });

  test("client-side apply's is one of all annotations, with that of the object itself", () => {
    const note = { note: 'ä' };
    const json = JSON.stringify({ apiVersion: 'v1', kind: 'ConfigMap', metadata: { annotations: note, name: 'a', namespace: 'one' }, data: { a: '' } });
    const rest = 256 * KIB - Buffer.byteLength(json) - 'note'.length - 2 - 'kubectl.kubernetes.io/last-applied-configuration'.length - 1;
    const build = (length: number) => (chart: Chart) => { object(chart, 'A', 'ConfigMap', { metadata: { name: 'a', annotations: note }, data: { a: 'x'.repeat(length) } }); };
    expect(over(build(rest))).toEqual([]);
    expect(over(build(rest + 1))).toEqual([['client-side-apply', 'a', 256 * KIB + 1, 256 * KIB]]);
  });

  test('are errors where the user says so, after everything is written', () => {
    const build = (chart: Chart) => { object(chart, 'Big', 'ConfigMap', { data: { a: 'x'.repeat(1600 * KIB) } }); };
    expect(refused({ refuseObjectsOver: [ObjectLimit.DATA] }, build)).toBe("[c/Big] ConfigMap 'big' holds 1638400 bytes of data but may hold at most 1048576; split it, or mount the data from a volume");
    expect(refused({ refuseObjectsOver: [ObjectLimit.ETCD_REQUEST] }, build)).toBe("[c/Big] ConfigMap 'big' has 1638498 bytes but etcd takes at most 1572864 in one request; split it");
    expect(refused({ refuseObjectsOver: [ObjectLimit.CLIENT_SIDE_APPLY] }, build)).toBe(
      "[c/Big] ConfigMap 'big' would have 1638547 bytes of annotations under client-side apply but may have at most 262144; apply on the server (kubectl apply --server-side), or split it",
    );
    expect(Object.keys(filesIn(path.join(folder, 'dist')))).toEqual(['c.k8s.yaml']);
    expect(() => app(build, { budget: { maxObjects: 1 } }).synth()).not.toThrow();
  });
});

describe('a budget', () => {
  const three = (chart: Chart) => { ['A', 'B', 'C'].forEach((id) => object(chart, id, 'ConfigMap')); };

  test.each<[SynthesisBudget, string]>([
    [{ maxObjects: 2 }, "the app has 3 objects but 'maxObjects' is 2; raise it, or give charts an app of their own"],
    [{ maxObjectsPerNamespace: 2 }, "namespace 'one' has 3 objects but 'maxObjectsPerNamespace' is 2; raise it, or use more namespaces"],
    [{ maxSize: Size.kibibytes(0) }, "the objects have 240 bytes but 'maxSize' is 0; raise it, or give charts an app of their own"],
    [{ maxObjects: 2, maxObjectsPerNamespace: 1 }, 'Synthesis is over its budget:\n'
      + "  the app has 3 objects but 'maxObjects' is 2; raise it, or give charts an app of their own\n"
      + "  namespace 'one' has 3 objects but 'maxObjectsPerNamespace' is 1; raise it, or use more namespaces"],
  ])('%j that is not kept is told', (budget, message) => {
    expect(refused(budget, three)).toBe(message);
  });

  test('counts objects without a namespace as those of one', () => {
    const cluster = (chart: Chart) => { ['A', 'B'].forEach((id) => object(chart, id, 'Namespace', { metadata: { name: id.toLowerCase(), namespace: '' } })); };
    expect(refused({ maxObjectsPerNamespace: 1 }, cluster)).toBe("2 objects state no namespace but 'maxObjectsPerNamespace' is 1; raise it, or use more namespaces");
  });

  test('that is kept to the last object says nothing', () => {
    expect(() => app(three, { budget: { maxObjects: 3, maxObjectsPerNamespace: 3, maxSize: Size.kibibytes(1), refuseObjectsOver: Object.values(ObjectLimit) } }).synth()).not.toThrow();
  });

  test('writes the summary before it refuses', () => {
    const summaryFile = path.join(folder, 'summary.json');
    expect(sentence(() => app(three, { summaryFile, budget: { maxObjects: 2 } }).synth())).toMatch(/^the app has 3 objects/);
    expect(JSON.parse(fs.readFileSync(summaryFile, 'utf8'))).toMatchObject({ objects: 3 });
  });

  test.each<[PlatformAppProps, string]>([
    [{ budget: { maxObjects: -1 } }, "'maxObjects' is -1 but must be a whole number from 0 up"],
    [{ budget: { maxObjectsPerNamespace: 1.5 } }, "'maxObjectsPerNamespace' is 1.5 but must be a whole number from 0 up"],
    [{ budget: 5 as any }, "'budget' is 5 but must be an object"],
    [{ budget: { refuseObjectsOver: ['etcd' as any] } }, "unknown limit 'etcd'"],
    [{ summaryFile: '' }, "'summaryFile' is '' but must be a text of 1 to 4096 characters, none of them a control character"],
  ])('%j is refused', (props, message) => {
    expect(sentence(() => new PlatformApp(props))).toBe(message);
  });
});
