// Whether the newest cdk8s that the package allows still writes what PlatformApp writes; scripts/check-package.ts runs it beside the installed package.
const fs = require('fs');
const os = require('os');
const path = require('path');
const { ApiObject, App, Chart, JsonPatch, Lazy } = require('cdk8s');
const { ConfigMap, Deployment } = require('cdk8s-plus-28');
const { PlatformApp } = require('cdk8s-inference');

const TEXTS = ['', 'on', 'No', '~', '1', '-1', '1_0', '1e3', 'e3', '0x1F', '0o7', '1:30', '2024-01-01', '.5', '.inf', '<<', '=', '-', '- a', '--flag=a b', 'a: b', 'a #b', '#', '"', "it's", '"it\'s"', ' a', 'a ',
  'a\nb', 'a\nb\n', ' a\n\n b\n\n', 'a\t\nb', 'a\r\nb', '\u0007', 'naïve', '🚀', '\u2028', '---', '%a', 'x'.repeat(2000), `${'lorem ipsum '.repeat(40)}\n`];

function written(kind, yamlOutputType) {
  const outdir = fs.mkdtempSync(path.join(os.tmpdir(), 'cdk8s-inference-package-synthesis-'));
  const app = new kind({ outdir, yamlOutputType, recordConstructMetadata: true });
  const [first, second, inner] = [new Chart(app, 'first', { namespace: 'one' }), new Chart(app, '2'), new Chart(app, 'third')];
  const short = TEXTS.filter((text) => text.length < 1000);
  new ApiObject(first, 'Texts', { apiVersion: 'v1', kind: 'ConfigMap', data: Object.fromEntries(TEXTS.map((text, i) => [`k${i}`, text])), list: [TEXTS] });
  new ApiObject(first, 'Keys', { apiVersion: 'v1', kind: 'ConfigMap', data: Object.fromEntries(short.map((text) => [text, { [text]: [] }])) });
  // What PlatformApp leaves to cdk8s as a whole.
  new ApiObject(first, 'Odd', { apiVersion: 'v1', kind: 'ConfigMap', data: { [TEXTS.find((text) => text.length > 1500)]: [NaN, Infinity] } });
  const numbers = new ApiObject(second, 'Numbers', { apiVersion: 'v1', kind: 'Numbers', list: [0, -0, 1.5, 1e21, 1e-7, null, true, {}, []], late: Lazy.any({ produce: () => [1] }) });
  numbers.addJsonPatch(JsonPatch.add('/patched', { a: [null] }));
  new Deployment(inner, 'Typed', { containers: [{ image: 'nginx', portNumber: 80 }] }).exposeViaService({ ports: [{ port: 80 }] });
  new ConfigMap(inner, 'Config', { data: { a: '1' } }).node.addDependency(numbers);
  first.addDependency(inner);
  app.synth();
  const files = fs.readdirSync(outdir, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile())
    .map((entry) => [path.relative(outdir, path.join(entry.parentPath ?? entry.path, entry.name)), fs.readFileSync(path.join(entry.parentPath ?? entry.path, entry.name), 'utf8')]);
  fs.rmSync(outdir, { recursive: true });
  return JSON.stringify(files.sort());
}

console.log([0, 1, 2, 3].every((type) => written(App, type) === written(PlatformApp, type)) ? 'the same bytes' : 'other bytes');
