import * as fs from 'fs';
import * as path from 'path';

const root = path.join(__dirname, '..', '..');
const files = fs.readdirSync(path.join(root, 'runner')).filter((name) => name.endsWith('.ts'));
const imports = (file: string) => [...fs.readFileSync(path.join(root, file), 'utf8').matchAll(/^import [^;]*?from '([^']+)'/gm)].map(([, name]) => name);

test('the runner imports its own files, the rollout\'s spec and tests, the shape of its status, and of Node what speaks HTTP and reads files', () => {
  const wrong = files.flatMap((file) => imports(`runner/${file}`).map((name) => `${file} -> ${name}`))
    .filter((line) => !/ -> (\.\/[a-z-]+|\.\.\/src\/(rollout\/(rollout-spec|evaluation-plan|analysis\/[a-z-]+)|report\/rollout-status)|fs|http|https)$/.test(line));
  expect(wrong).toEqual([]);
});

test('the tests of the rollout import nothing but its spec', () => {
  const folder = 'src/rollout/analysis';
  const wrong = fs.readdirSync(path.join(root, folder)).flatMap((file) => imports(`${folder}/${file}`).map((name) => `${file} -> ${name}`)).filter((line) => !/ -> (\.\/[a-z-]+|\.\.\/rollout-spec)$/.test(line));
  expect(wrong).toEqual([]);
  expect(imports('src/rollout/rollout-spec.ts')).toEqual([]);
});

test('decisions read no clock and no randomness', () => {
  const pure = ['decide.ts', 'doubts.ts', 'judge.ts', 'counting.ts', 'route.ts', 'state.ts'];
  const wrong = pure.filter((file) => /Date\.now|new Date|Math\.random|process\.|setTimeout/.test(fs.readFileSync(path.join(root, 'runner', file), 'utf8')));
  expect(wrong).toEqual([]);
});

test('the runner names no metric: queries come with the spec', () => {
  const wrong = files.filter((file) => /\b(vllm|sglang|trtllm)[:_][a-z_]{3,}/.test(fs.readFileSync(path.join(root, 'runner', file), 'utf8')));
  expect(wrong).toEqual([]);
});
