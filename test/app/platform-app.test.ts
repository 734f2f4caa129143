import * as fs from 'fs';
import * as os from 'os';
import * as path from 'path';
import { ApiObject, App, Chart, Helm, Include, Lazy, Testing, YamlOutputType } from 'cdk8s';
import * as kplus from 'cdk8s-plus-28';
import { Construct } from 'constructs';
import { both, expectSame, filesIn, Outcome } from './both-apps';
import { OutputFormat, PlatformApp } from '../../src';
import { objectsIn } from '../support/objects';
import { sentence } from '../support/render';

let folder: string;
beforeEach(() => { folder = fs.mkdtempSync(path.join(os.tmpdir(), 'cdk8s-inference-platform-')); });
afterEach(() => { fs.rmSync(folder, { recursive: true }); });

/** Both apps agree, and synthesis went well. */
function same(build: (app: App) => void, props?: object): Outcome {
  const outcome = both(build, props);
  expect(outcome.cdk8s.error).toBeUndefined();
  expectSame(outcome);
  expect(outcome.platform.files).not.toEqual({});
  return outcome.platform;
}

const config = (scope: Construct, id: string, data: object = {}) => new ApiObject(scope, id, { apiVersion: 'v1', kind: 'ConfigMap', data } as any);

describe('files', () => {
  const twoCharts = (app: App) => {
    config(new Chart(app, 'one'), 'A');
    config(new Chart(app, 'two'), 'B');
  };

  test.each([
    [YamlOutputType.FILE_PER_APP, ['app.k8s.yaml']],
    [YamlOutputType.FILE_PER_CHART, ['one.k8s.yaml', 'two.k8s.yaml']],
    [YamlOutputType.FILE_PER_RESOURCE, ['ConfigMap.one-a-c8f2b5c0.k8s.yaml', 'ConfigMap.two-b-c8f2b5c0.k8s.yaml']],
    [YamlOutputType.FOLDER_PER_CHART_FILE_PER_RESOURCE, ['one/ConfigMap.one-a-c8f2b5c0.k8s.yaml', 'two/ConfigMap.two-b-c8f2b5c0.k8s.yaml']],
  ])('output type %s has its files', (yamlOutputType, names) => {
    expect(Object.keys(same(twoCharts, { yamlOutputType }).files).map((name) => name.replace(/-c8[0-9a-f]{6}/, '-c8f2b5c0'))).toEqual(names);
  });

  test('have numbers in the order of application once a chart depends on another', () => {
    const { files } = same((app) => {
      const [first, second] = [new Chart(app, 'first'), new Chart(app, 'second')];
      config(second, 'B');
      config(first, 'A').addDependency(second);
    });
    expect(Object.keys(files)).toEqual(['0000-second.k8s.yaml', '0001-first.k8s.yaml']);
  });

  test('are none for an app without charts, and empty for a chart without objects', () => {
    for (const yamlOutputType of [0, 1, 2, 3]) {
      expectSame(both(() => {}, { yamlOutputType }));
      expectSame(both((app) => { new Chart(app, 'empty'); }, { yamlOutputType }));
    }
    expect(same((app) => { new Chart(app, 'empty'); }).files).toEqual({ 'empty.k8s.yaml': '' });
  });

  test.each([0, 1, 2, 3])('of output type %s that were written before an object fails stay, and no part of one is left', (yamlOutputType) => {
    const { cdk8s, platform } = both((app) => {
      config(new Chart(app, 'a-good'), 'A');
      config(new Chart(app, 'bad'), 'B', { when: new Date(0) });
      config(new Chart(app, 'late'), 'C');
    }, { yamlOutputType });
    expect(platform.error).toMatch(/^Failed serializing construct at path 'bad\/B' .*can't render non-simple object of type 'Date'$/);
    expectSame({ cdk8s, platform });
  });

  test('go where props, CDK8S_OUTDIR or neither say', () => {
    const before = process.env.CDK8S_OUTDIR;
    try {
      process.env.CDK8S_OUTDIR = folder;
      expect(new PlatformApp().outdir).toBe(folder);
      expect(new PlatformApp({ outdir: 'elsewhere' }).outdir).toBe('elsewhere');
      delete process.env.CDK8S_OUTDIR;
      expect(new PlatformApp().outdir).toBe('dist');
    } finally {
      if (before === undefined) { delete process.env.CDK8S_OUTDIR; } else { process.env.CDK8S_OUTDIR = before; }
    }
  });

  test.each(['CDK8S_RECORD_CONSTRUCT_METADATA', 'CDK8S_DISABLE_SORT', 'CDK8S_LEGACY_HASH'])('heed %s', (name) => {
    process.env[name] = 'true';
    try {
      const set = same((app) => config(new Chart(app, 'one'), 'A', { z: '1', a: '2' }));
      delete process.env[name];
      expect(set.files).not.toEqual(same((app) => config(new Chart(app, 'one'), 'A', { z: '1', a: '2' })).files);
    } finally {
      delete process.env[name];
    }
  });
});

describe('what charts and objects are made of', () => {
  test("typed objects and cdk8s-plus's keep their own toJson()", () => {
    same((app) => {
      const chart = new Chart(app, 'web', { namespace: 'web' });
      const deployment = new kplus.Deployment(chart, 'Deployment', { replicas: 2, containers: [{ image: 'nginx', portNumber: 80, envVariables: { ON: kplus.EnvValue.fromValue('on') } }] });
      deployment.exposeViaService({ ports: [{ port: 80 }] });
      deployment.scheduling.separate(deployment);
      new kplus.ConfigMap(chart, 'Config', { data: { 'a.json': '{"a": 1}\n', 'b': 'x: y' } });
      new kplus.Secret(new Chart(app, 'secrets'), 'Secret', { stringData: { key: '0123' } });
    });
  });

  test('manifests that are included', () => {
    const file = path.join(folder, 'manifest.yaml');
    fs.writeFileSync(file, 'apiVersion: v1\nkind: Service\nmetadata: {name: a}\nspec: &s {ports: [{port: 0x50}]}\n---\napiVersion: v1\nkind: Service\nmetadata: {name: b}\nspec: {<<: {ports: []}, on: off, at: 2024-01-01}\n');
    const outcome = both((app) => new Include(new Chart(app, 'included'), 'Manifest', { url: file }));
    expectSame(outcome);
    fs.writeFileSync(file, 'apiVersion: v1\nkind: Service\nmetadata: {name: a}\nspec: &s {ports: [{port: 0x50}]}\nstatus: *s\n');
    same((app) => new Include(new Chart(app, 'included'), 'Manifest', { url: file }));
  });

  test('Helm charts', () => {
    const helm = path.join(folder, 'helm'); // answers as `helm template` does, from what stands beside it
    fs.writeFileSync(helm, '#!/bin/sh\nprintf -- \'---\\n# Source: web/templates/service.yaml\\napiVersion: v1\\nkind: Service\\nmetadata:\\n  name: %s\\nspec:\\n  ports: []\\n\' "$2"\n', { mode: 0o755 });
    const temporary = jest.spyOn(jest.requireActual<typeof os>('os'), 'tmpdir').mockReturnValue(folder); // cdk8s leaves there what Helm answered
    const { files } = same((app) => new Helm(new Chart(app, 'helm'), 'Web', { chart: 'web', helmExecutable: helm, releaseName: 'web' }));
    temporary.mockRestore();
    expect(files['helm.k8s.yaml']).toContain('name: web');
  });

  test('a chart with a toJson() of its own is asked, also with results that are no objects', () => {
    class Own extends Chart {
      public toJson(): any[] { return [...super.toJson().reverse(), { apiVersion: 'v1', kind: 'List', metadata: { name: 'own' }, items: undefined }, undefined]; }
    }
    for (const yamlOutputType of [0, 1, 2, 3]) {
      const outcome = both((app) => {
        const own = new Own(app, 'own');
        config(own, 'A');
        config(own, 'B');
      }, { yamlOutputType });
      expectSame(outcome);
    }
  });

  test('the same value in two places of an object becomes an anchor in the same places', () => {
    class Shared extends ApiObject {
      public toJson(): any { const shared = { x: [1] }; return { apiVersion: 'v1', kind: 'Shared', metadata: { name: 'shared' }, a: shared, b: [shared, shared.x] }; }
    }
    const { files } = same((app) => new Shared(new Chart(app, 'c'), 'Shared', { apiVersion: 'v1', kind: 'Shared' }));
    expect(files['c.k8s.yaml']).toContain('a: &a1\n');
  });

  test('what a Lazy adds while others are written is written as cdk8s writes it', () => {
    same((app) => {
      const [first, second] = [new Chart(app, 'first'), new Chart(app, 'second')];
      config(second, 'B');
      let added = false;
      config(first, 'A', {
        count: Lazy.any({
          produce: () => {
            if (!added) { config(second, 'Late').addDependency(config(second, 'Later')); }
            added = true;
            return '1';
          },
        }),
      });
    });
  });

  test('a construct that was replaced by another one of its name stands for it in dependencies', () => {
    same((app) => {
      const chart = new Chart(app, 'c');
      const old = config(chart, 'B');
      config(chart, 'A').addDependency(old);
      chart.node.tryRemoveChild('B');
      config(chart, 'B', { replaced: 'yes' });
    });
  });
});

describe('validations', () => {
  test('refuse in the words of cdk8s before anything is written, each run once', () => {
    let runs = 0;
    const outcome = both((app) => {
      const chart = new Chart(app, 'c');
      new Chart(app, 'd');
      config(chart, 'A').node.addValidation({ validate: () => { runs++; return ['first', 'second']; } });
      chart.node.addValidation({ validate: () => ['third'] });
    });
    expect(outcome.platform).toMatchObject({ error: 'Validation failed with the following errors:\n  [c] third\n  [c/A] first\n  [c/A] second', files: {} });
    expectSame(outcome);
    runs = 0;
    const app = new PlatformApp({ outdir: folder });
    for (let i = 0; i < 10; i++) { new Chart(app, `c${i}`).node.addValidation({ validate: () => { runs++; return []; } }); }
    app.synth();
    expect(runs).toBe(10);
  });

  test('refuse before the text of all objects is made', () => {
    expectSame(both((app) => { new Chart(app, 'c').node.addValidation({ validate: () => ['wrong'] }); }, {}, (app) => { app.synthYaml(); }));
  });
});

describe('dependencies', () => {
  test('of constructs outside of charts are refused as cdk8s refuses them', () => {
    const outcome = both((app) => { app.node.addDependency(new Chart(app, 'c')); });
    expect(outcome.platform.error).toBe('cannot find a parent chart (directly or indirectly)');
    expectSame(outcome);
    expectSame(both((app) => { new Chart(app, 'c').node.addDependency(app); }));
  });

  test('of constructs around an object come before its own, the outermost first', () => {
    const { files } = same((app) => {
      const chart = new Chart(app, 'c');
      const outer = new Construct(chart, 'Outer');
      const inner = new Construct(outer, 'Inner');
      config(inner, 'Last');
      const [first, second] = ['Z', 'A'].map((id) => new Construct(chart, id));
      config(second, 'Second');
      config(first, 'First');
      inner.node.addDependency(second);
      outer.node.addDependency(first);
    });
    expect(objectsIn(files['c.k8s.yaml']).map(({ metadata }) => metadata.name.split('-').slice(-2)[0])).toEqual(['first', 'second', 'last']);
  });

  test('of an object itself come before those of constructs around it', () => {
    const { files } = same((app) => {
      const chart = new Chart(app, 'c');
      const around = new Construct(chart, 'Around');
      const last = config(around, 'Last');
      const other = new Construct(chart, 'Other');
      config(other, 'Second');
      around.node.addDependency(other);
      last.addDependency(config(chart, 'First'));
    });
    expect(objectsIn(files['c.k8s.yaml']).map(({ metadata }) => metadata.name.split('-').slice(-2)[0])).toEqual(['first', 'second', 'last']);
  });

  test('or none, charts whose ids are numbers come before all others, also before charts inside them', () => {
    const { files } = same((app) => {
      const [ten, two] = ['10', '2'].map((id) => new Chart(app, id));
      config(ten, 'A');
      config(new Chart(new Construct(two, 'k'), 'inside'), 'B');
      config(two, 'C');
    }, { yamlOutputType: YamlOutputType.FILE_PER_APP });
    expect(objectsIn(files['app.k8s.yaml']).map(({ metadata }) => metadata.name.split('-').slice(0, -1).join('-'))).toEqual(['2-c', '10-a', '2-k-inside-b']);
  });

  test('on constructs of another app are not followed', () => {
    const other = new Chart(new App(), 'other');
    config(other, 'X');
    same((app) => { config(new Chart(app, 'c'), 'A').addDependency(other); });
  });

  test('in a cycle of charts are told with the constructs that made them', () => {
    const { platform, cdk8s } = both((app) => {
      const [a, b, c] = ['a', 'b', 'c'].map((id) => new Chart(app, id));
      config(a, 'One').addDependency(config(b, 'Two'));
      b.addDependency(c);
      config(c, 'Three').addDependency(a);
    });
    expect(cdk8s.error).toMatch(/^Dependency cycle detected: /);
    expect(platform.error).toBe('Dependency cycle detected: a => b => c => a (a/One depends on b/Two, c/Three depends on a)');
  });

  test('in a cycle of objects are told as cdk8s tells them', () => {
    const outcome = both((app) => {
      const chart = new Chart(app, 'c');
      const [one, two] = [config(chart, 'One'), config(chart, 'Two')];
      one.addDependency(two);
      two.addDependency(one);
    });
    expect(outcome.platform.error).toBe('Dependency cycle detected: c/One => c/Two => c/One');
    expect(outcome.cdk8s.error).toBe(outcome.platform.error);
  });

  test('on a chart from inside it, through a chart in it, are told with what contains what', () => {
    const { platform } = both((app) => {
      const outer = new Chart(app, 'outer');
      config(new Chart(outer, 'inner'), 'A').addDependency(config(outer, 'B'));
    });
    expect(platform.error).toBe('Dependency cycle detected: outer => outer/inner => outer (outer contains outer/inner, outer/inner/A depends on outer/B)');
  });

  test('of a construct on itself are refused, where cdk8s leaves the construct out', () => {
    const outcome = both((app) => {
      const chart = new Chart(app, 'c');
      chart.addDependency(chart);
    });
    expect([outcome.cdk8s.error, outcome.cdk8s.files]).toEqual([undefined, {}]);
    expect(outcome.platform.error).toBe('Dependency cycle detected: c => c');
  });

  // With cdk8s these two do not end; the benchmark holds them to a second.
  test('in a chain of 200 charts are followed once', () => {
    const app = new PlatformApp({ outdir: folder });
    let before: Chart | undefined;
    for (let i = 0; i < 200; i++) {
      const chart = new Chart(app, `c${i}`);
      for (let j = 0; j < 12; j++) { config(chart, `O${j}`); }
      if (before) { before.addDependency(chart); }
      before = chart;
    }
    app.synth();
    expect(Object.keys(filesIn(folder)).slice(0, 2)).toEqual(['0000-c199.k8s.yaml', '0001-c198.k8s.yaml']);
  });

  test('of a thousand charts on one of two hundred objects, and of one on a thousand, do not multiply', () => {
    const app = new PlatformApp({ outdir: folder, yamlOutputType: YamlOutputType.FILE_PER_APP });
    const [base, last] = [new Chart(app, 'base'), new Chart(app, 'last')];
    for (let j = 0; j < 200; j++) {
      config(base, `O${j}`);
      config(last, `O${j}`);
    }
    for (let i = 0; i < 1000; i++) {
      const chart = new Chart(app, `c${i}`);
      config(chart, 'A');
      chart.addDependency(base);
      last.addDependency(chart);
    }
    app.synth();
    expect(objectsIn(fs.readFileSync(path.join(folder, 'app.k8s.yaml'), 'utf8'))).toHaveLength(1400);
  });
});

test('it is an App to everything that takes one', () => {
  const app = new PlatformApp({ outdir: folder });
  const chart = new Chart(app, 'c');
  const object = config(chart, 'A');
  expect(app).toBeInstanceOf(App);
  expect(App.of(object)).toBe(app);
  expect(Testing.synth(chart)).toEqual([{ apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: object.name }, data: {} }]);
});

describe('JSON', () => {
  const build = (app: App) => {
    const chart = new Chart(app, 'c');
    config(chart, 'A', { text: 'a\u2028b\u0085c\u007f\ufeff 🚀', on: 'on' });
    config(chart, 'B', { list: [1, null, -0.5], empty: {} });
    config(new Chart(app, 'd'), 'C');
  };

  test.each([0, 1, 2, 3])('holds the objects of YAML in their order, in the files of output type %s', (yamlOutputType) => {
    const run = (outputFormat: OutputFormat) => {
      const outdir = path.join(folder, outputFormat);
      const app = new PlatformApp({ outdir, yamlOutputType, outputFormat });
      build(app);
      app.synth();
      return filesIn(outdir);
    };
    const [yaml, json] = [run(OutputFormat.YAML), run(OutputFormat.JSON)];
    expect(Object.keys(json)).toEqual(Object.keys(yaml));
    for (const [name, text] of Object.entries(json)) {
      const value = JSON.parse(text);
      expect(objectsIn(text)).toEqual([value]); // the same to a reader of YAML
      expect(text).not.toMatch(/[\u007f-\u009f\u2028\u2029\ufeff]/); // those of YAML 1.1 in Go break lines at some of these
      expect(value.kind === 'List' ? value.items : [value]).toEqual(objectsIn(yaml[name]));
    }
  });

  test('is one line an object', () => {
    const app = new PlatformApp({ outdir: folder, outputFormat: OutputFormat.JSON });
    new ApiObject(new Chart(app, 'c'), 'A', { apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'a' } });
    new ApiObject(app.charts[0], 'B', { apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'b' } });
    app.synth();
    expect(filesIn(folder)).toEqual({
      'c.k8s.yaml': '{"apiVersion":"v1","kind":"List","items":[\n{"apiVersion":"v1","kind":"Namespace","metadata":{"name":"a"}},\n{"apiVersion":"v1","kind":"Namespace","metadata":{"name":"b"}}\n]}\n',
    });
  });

  test.each<[unknown, string]>([
    [NaN, "[c/A] 'x' is NaN but JSON has no such value; state a finite number or a text, or write YAML"],
    [-Infinity, "[c/A] 'x' is -Infinity but JSON has no such value; state a finite number or a text, or write YAML"],
    [10n, "[c/A] 'x' is a bigint but JSON has no such value; state a finite number or a text, or write YAML"],
    [() => 1, "[c/A] 'x' is a function but JSON has no such value; state a finite number or a text, or write YAML"],
  ])('refuses %s, which it would lose', (x, message) => {
    const app = new PlatformApp({ outdir: folder, outputFormat: OutputFormat.JSON });
    config(new Chart(app, 'c'), 'A', { x });
    expect(sentence(() => app.synth())).toBe(message);
  });

  test('is no format of another name', () => {
    expect(sentence(() => new PlatformApp({ outputFormat: 'jsn' as any }))).toBe("unknown output format 'jsn'; did you mean 'json'?");
  });
});
