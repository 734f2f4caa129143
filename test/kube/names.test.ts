import { App, Chart } from 'cdk8s';
import { Construct } from 'constructs';
import * as fc from 'fast-check';
import { isDnsLabel, nameOf, nameWith, WORKLOAD_NAME_MAX } from '../../src/kube/names';

const at = (...ids: string[]) => ids.reduce<Construct>((scope, id) => new Construct(scope, id), new Chart(new App(), 'chat'));

test('a name is the path that a reader knows, and a hash of it', () => {
  expect(nameOf(at('Llama'), WORKLOAD_NAME_MAX)).toMatch(/^chat-llama-[0-9a-f]{8}$/);
});

test('the same path has the same name in every run', () => {
  expect(nameOf(at('Llama'), WORKLOAD_NAME_MAX)).toBe('chat-llama-5a87791d');
});

test('a long path keeps its end, which tells more', () => {
  const name = nameOf(at('a-very-long-team-name-indeed', 'Llama'), WORKLOAD_NAME_MAX);
  expect(name).toHaveLength(WORKLOAD_NAME_MAX);
  expect(name).toMatch(/llama-[0-9a-f]{8}$/);
});

test.each([
  ['500 characters', 'x'.repeat(500)],
  ['5 MB', 'x'.repeat(5_000_000)],
  ['an emoji', '🦙'],
  ['another script', '拉玛'],
  ['accents', 'Éléphant'],
  ['a number first', '70b'],
  ['spaces and quotes', ' a "quoted" $(id) '],
  ['control characters', 'a\u0000b\nc'],
  ['dashes', '---'],
])('any construct id makes a legal name: %s', (_what, id) => {
  expect(isDnsLabel(nameOf(at(id), WORKLOAD_NAME_MAX), WORKLOAD_NAME_MAX)).toBe(true);
});

// constructs itself refuses the names of an object's own members.
const ids = fc.string({ unit: 'binary', minLength: 1 }).filter((id) => !(id in {}));

test('every id makes a legal name within the limit', () => {
  fc.assert(fc.property(fc.array(ids, { minLength: 1, maxLength: 4 }), fc.integer({ min: 20, max: 63 }), (path, max) => {
    const name = nameOf(at(...path), max);
    expect(isDnsLabel(name, max)).toBe(true);
  }), { numRuns: 200 });
});

test('ids that look alike once they are made legal have names of their own', () => {
  const names = [['a b'], ['a-b'], ['a', 'b'], ['A-b'], ['a_b']].map((path) => nameOf(at(...path)));
  expect(new Set(names).size).toBe(5);
});

test('what stands beside a construct does not rename it', () => {
  const chart = new Chart(new App(), 'chat');
  new Construct(chart, 'Before');
  const it = new Construct(chart, 'Llama');
  const name = nameOf(it);
  new Construct(chart, 'After');
  expect([name, nameOf(it)]).toEqual([nameOf(at('Llama')), nameOf(at('Llama'))]);
});

test('a suffix is put behind a name, and where that is too long a hash keeps names apart', () => {
  expect(nameWith('llama', 'api')).toBe('llama-api');
  const [a, b] = ['a', 'b'].map((end) => nameWith(`${'x'.repeat(60)}${end}`, 'api'));
  expect(a).toHaveLength(63);
  expect(a).toMatch(/^x+-[0-9a-f]{8}-api$/);
  expect(a).not.toBe(b);
});

test.each(['', 'Llama', '-a', 'a-', '7b', 'a.b', 'a'.repeat(64)])('%p is not a name', (name) => {
  expect(isDnsLabel(name)).toBe(false);
});
