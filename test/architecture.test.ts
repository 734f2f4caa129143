import * as fs from 'fs';
import * as path from 'path';

const src = path.join(__dirname, '..', 'src');

/** What each folder of src/ may import, in words: the same table stands in CONTRIBUTING.md. */
const arrows: { [folder: string]: string[] } = {
  catalog: [],
  sizing: ['catalog'],
  kube: [],
  engines: ['catalog', 'sizing'],
  nodes: ['catalog', 'kube'],
  scaling: ['catalog', 'engines', 'kube'],
  observability: ['catalog', 'engines', 'kube'],
  fleet: ['catalog', 'sizing', 'kube', 'engines', 'nodes', 'scaling', 'observability'],
  routing: ['catalog', 'engines', 'kube', 'fleet'],
  rollout: ['catalog', 'sizing', 'engines', 'kube', 'nodes', 'observability', 'fleet', 'routing'],
  report: ['catalog', 'sizing'],
  cli: ['catalog', 'sizing', 'report'],
  app: [],
};
const pure = ['catalog', 'sizing', 'report', 'cli'];

interface Import { file: string; folder: string; specifier: string; target?: string }

function files(folder: string): string[] {
  return fs.readdirSync(folder, { withFileTypes: true }).flatMap((entry) => {
    const full = path.join(folder, entry.name);
    return entry.isDirectory() ? files(full) : entry.name.endsWith('.ts') ? [full] : [];
  });
}

function imports(): Import[] {
  return files(src).flatMap((file) => {
    const text = fs.readFileSync(file, 'utf8');
    const found = [...text.matchAll(/^(?:import|export)\s[^;]*?from '([^']+)'|require\('([^']+)'\)|import\('([^']+)'\)|^import '([^']+)'/gm)];
    return found.map((match) => {
      const specifier = match[1] ?? match[2] ?? match[3] ?? match[4];
      const inside = specifier.startsWith('.') ? path.relative(src, path.resolve(path.dirname(file), specifier)) : undefined;
      const name = path.relative(src, file);
      return { file: name, folder: name.includes(path.sep) ? name.split(path.sep)[0] : '', specifier, target: inside };
    });
  });
}

const all = imports();

test('every folder of src has its line in the table', () => {
  const folders = fs.readdirSync(src, { withFileTypes: true }).filter((entry) => entry.isDirectory()).map((entry) => entry.name);
  expect(folders.filter((folder) => !(folder in arrows))).toEqual([]);
});

test('every file imports only what its folder may import', () => {
  const wrong = all
    .filter(({ folder, target }) => folder !== '' && target !== undefined && target !== 'errors')
    .filter(({ folder, target }) => ![folder, ...arrows[folder]].includes(target!.split(path.sep)[0]))
    .map(({ file, target }) => `${file} -> ${target}`);
  expect(wrong).toEqual([]);
});

test.each(pure)('%s imports neither cdk8s nor constructs', (folder) => {
  const wrong = all.filter((i) => i.folder === folder && /^(cdk8s|constructs)/.test(i.specifier)).map((i) => `${i.file} -> ${i.specifier}`);
  expect(wrong).toEqual([]);
});

test.each(['catalog', 'sizing'])('%s imports no package and no built-in module at all', (folder) => {
  const wrong = all.filter((i) => i.folder === folder && i.target === undefined).map((i) => `${i.file} -> ${i.specifier}`);
  expect(wrong).toEqual([]);
});

test('app knows nothing of inference: of the library it imports errors.ts alone, of packages cdk8s and constructs', () => {
  const wrong = all
    .filter((i) => i.folder === 'app' && i.target === undefined && !['cdk8s', 'constructs', 'fs', 'path'].includes(i.specifier))
    .map((i) => `${i.file} -> ${i.specifier}`);
  expect(wrong).toEqual([]);
});

test('the library imports no package but its peers, of Node only crypto, and fs and path to write files and to read the programs that it brings', () => {
  const may = ({ folder, file }: Import) => ['cdk8s', 'cdk8s-plus-28', 'constructs', 'crypto', ...folder === 'app' || file === path.join('rollout', 'bundle.ts') ? ['fs', 'path'] : []];
  const wrong = all
    .filter((i) => i.target === undefined && !['cli', 'report'].includes(i.folder) && !may(i).includes(i.specifier))
    .map((i) => `${i.file} -> ${i.specifier}`);
  expect(wrong).toEqual([]);
});

test('errors.ts imports constructs for a type only', () => {
  expect(fs.readFileSync(path.join(src, 'errors.ts'), 'utf8').match(/^import .*$/gm)).toEqual(["import type { IConstruct } from 'constructs';"]);
});

test('synthesis reads no clock, no randomness, no network and prints nothing', () => {
  const wrong = files(src)
    .filter((file) => !/[\\/](cli|report)[\\/]/.test(file))
    .filter((file) => /Date\.now|new Date|Math\.random|console\.|process\.env|require\('https?'\)|fetch\(/.test(fs.readFileSync(file, 'utf8').replace(/\/\*[\s\S]*?\*\/|\/\/.*$/gm, '')))
    .map((file) => path.relative(src, file));
  expect(wrong).toEqual([]);
});

test('metric names stand in the signal table alone', () => {
  const wrong = files(src)
    .filter((file) => !/catalog[\\/](signal|data[\\/]signals)\.ts$/.test(file))
    .filter((file) => /\b(vllm|sglang|trtllm):[a-z_]{3,}|DCGM_FI_/.test(fs.readFileSync(file, 'utf8')))
    .map((file) => path.relative(src, file));
  expect(wrong).toEqual([]);
});
