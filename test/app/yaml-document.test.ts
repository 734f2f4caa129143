import { Yaml } from 'cdk8s';
import * as fc from 'fast-check';
import { objectsOf } from '../../bench/synthesis-charts';
import { yamlDocument } from '../../src/app/yaml-document';

/** What a writer gives, or the message of what it throws. */
function outcome(write: () => string): string {
  try { return write(); } catch (error) { return `throws ${(error as Error).message}`; }
}

function expectSame(document: unknown): void {
  expect(outcome(() => yamlDocument(document))).toBe(outcome(() => Yaml.stringify(document)));
}

/** A value in every place that a document has: below maps and lists, alone, first, last, and as a key where it is a text. */
function everywhere(value: unknown): unknown[] {
  return [
    { a: value },
    { a: value, b: value, c: 1 },
    { a: { b: { c: { d: value } }, e: value } },
    { a: [value, value] },
    { a: [[value], [[value, 'x']], { b: value }] },
    { a: [{ b: value, c: [value] }, 'x'] },
    ...typeof value === 'string' ? [{ [value]: 'x' }, { a: { [value]: { [value]: [value] } } }, { a: [{ [value]: 1, b: 2 }] }] : [],
  ];
}

const LINE = 'All work and no play makes Jack a dull boy. ';

const TEXTS: { [what: string]: string[] } = {
  'words that are booleans or null in some spelling': ['true', 'false', 'yes', 'no', 'on', 'off', 'y', 'n', 'null', '~', '']
    .flatMap((word) => [word, word.toUpperCase(), word.charAt(0).toUpperCase() + word.slice(1), `${word}x`, ` ${word}`, `${word} `, `${word}:`, word.slice(0, 1) + word.slice(1).toUpperCase()]),
  'numbers': [
    '0', '-0', '+0', '1', '-1', '+1', '00', '07', '08', '0o7', '0x1F', '0X1f', '0xfg', '-0x1', '0b1', '0b2', '0B1', '-0b1', '1_000', '_1', '1_', '1.', '.5', '-.5', '+.5', '.', '-.', '..', '1.5', '1.5.2',
    '1.2.3.4', '10.0.0.0/8', '1e3', '1E3', '1e+3', '1e-3', 'e3', 'E3', 'e-3', 'e+3', 'e', '-e3', '.e3', '1e', '1.5e3', '1_0e3', '.inf', '-.inf', '+.inf', '.Inf', '.INF', '.nan', '.NaN', '.NAN', 'nan', 'Infinity',
    '1e400', '9007199254740993', '123456789012345678901234567890', '100%', '16Gi', '500m', '1.5Gi', '1k', '1E', '1e', '12e', '5f1e3', '5e1f3', '2b1f5b', '0b11a', '1d', '0xdeadbeef', '1a', '007agent',
  ],
  'times and dates': [
    '1:30', '12:30:45', '-12:30', '1:99', '190:20:30.15', '1:30.5', '2024-01-01', '2024-1-1', '2024-01-01T00:00:00Z', '2024-01-01t10:00:00.5+02:00', '2024-01-01 10:00:00', '2001-12-14 21:59:43.10 -5',
    '20240101', '2024-01', '24-01-01', '2024-01-01T', '2024-01-01x',
  ],
  'signs that mean something': [
    ...'-?:,[]{}#&*!|>\'"%@`<=~/\\_($^+.;)'.split('').flatMap((sign) => [
      sign, `${sign}a`, `${sign} a`, `a${sign}`, `a ${sign}`, `a${sign} b`, `a ${sign}b`, `a ${sign} b`, `${sign}${sign}`, `${sign}${sign}${sign}`, `${sign}\n`, `a\n${sign}b`,
    ]),
    '<<', '=', '---', '--- a', '---a', '...', '... a', '%YAML 1.1', 'a\n---\nb', 'a\n...\nb', 'a\n%b', '--flag', '--flag=x y', '-c', '-e', '-e5', '-E5', '--e5', '-y', '-1a', '--1', '? a', '- a', '-\ta',
    "it's", 'say "hi"', 'it\'s "hi"', '"', "'", '\'"', '""', "''", '\\', '\\n', '\\"', 'a: b', 'a:b', 'a :b', 'a:', ':a', '::', 'a ::b', 'a: "b"', 'a: \'b\'', 'a: \'b\' "c"', 'a #b', 'a#b', '#a', 'a # b: "c"',
  ],
  'white space': [
    ' ', '  ', '\t', '\n', '\n\n', ' \n', '\n ', '\t\n', '\n\t', ' a', 'a ', 'a  b', 'a\tb', '\ta', 'a\t', 'a\t#b', 'a:\tb', 'a\n', 'a\n\n', 'a\n\n\n', '\na', '\n\na', ' \na', 'a\n b', 'a \nb', 'a\n\nb', 'a\n\n\nb',
    'a\n \nb', 'a\n\t\nb', 'a\n ', 'a\n\t', 'a\n  \n', 'a\n\n ', 'a \n', 'a\t\n', 'a\nb \n', 'a\nb', 'a\nb\n', 'a\n  b\n    c\n', '  a\nb', '  a\n  b\n', '\ta\nb', '\n  a\nb\n', ' \n a\n', 'a\n#b', 'a\n# b\nc\n', 'a\n- b\n? c\n',
    'a\r', 'a\r\nb', 'a\r\nb\r\n', '\r\n', 'a\rb', 'line one\r\nline two\r\nline three, so that it is long enough to be folded\r\n', 'tab\there\nand\tthere\n', 'key: value\nlist:\n  - a\n  - b\n',
    'long enough to be written over lines \n\n with\u0007 a bell \n in it\n', '\u0000\n\n   x\n\n\nlong enough to be written over several lines\n', '\u00a0', '\u00a0a', 'a\u00a0b\n', '\u3000a',
  ],
  'unicode': [
    'naïve', 'größer', '日本語', 'ελληνικά', '🚀', '🚀 to the moon', 'a 🚀\nb\n', '👩‍👩‍👧', '\ud83d', '\ude80', 'a\ud83db', 'a\ude80\nb', '\u2028', 'a\u2028b', 'a\u2029b\n', 'a\u2028---', '\u0085', 'a\u0085b', '\ufeff', '\ufeffa', 'a\ufeff\nb',
    '\u0000', '\u0007', '\u001b[1m', '\u007f', '\u009f', '\u200b', '\u202e', '\ufffd', '\ufffe', '\uffff', '\ue000', 'é: ö', 'é #ö', 'é:', 'á\tb', '<｜user｜>', '“quoted”', '…', '–', '—',
  ],
  'long texts': [
    LINE.repeat(5), LINE.repeat(5).trim(), `${LINE.trim()}\n`.repeat(400), `${LINE}\n`.repeat(20), LINE.repeat(4700), 'x'.repeat(200_000), `{${'"a": 1, '.repeat(25_000)}}`, `${'x'.repeat(200_000)}\ny`, `${LINE}\r\n`.repeat(100),
    'k'.repeat(127), 'k'.repeat(128), 'k'.repeat(129), 'k'.repeat(200), 'k'.repeat(201), 'k'.repeat(1022), 'k'.repeat(1024), 'k'.repeat(1025), `${'k '.repeat(600)}k`, '"'.repeat(600), 'e'.repeat(20), `e${'1'.repeat(20)}`,
  ],
};

test.each(Object.entries(TEXTS))('%s are written as cdk8s writes them, wherever they stand', (_, texts) => {
  const different = texts.flatMap((text) => everywhere(text).map((document) => ({ text, document })))
    .filter(({ document }) => outcome(() => yamlDocument(document)) !== outcome(() => Yaml.stringify(document)))
    .map(({ text }) => JSON.stringify(text).slice(0, 60));
  expect(different).toEqual([]);
});

test('every text of one or two characters below U+0100 is written as cdk8s writes it', () => {
  const all = Array.from({ length: 0x100 }, (_, code) => String.fromCharCode(code));
  const some = [...' \t\n\r-?:,[]{}#&*!|>\'"%@`<~0.9eExbyYnN_+/=\\', '\u0085', '\u00e9'];
  const texts = [...all, ...all.flatMap((one) => some.flatMap((other) => [one + other, other + one]))];
  for (let i = 0; i < texts.length; i += 100) { expectSame({ list: texts.slice(i, i + 100) }); }
});

class Point { public constructor(public x: number) {} }
const shared = { a: 1 };
const list = [1];
const cycle: any = { a: {} };
cycle.a.b = cycle;

test.each<[string, unknown]>([
  ['numbers at the edges of double', [0, -0, 1, -1, 0.1, -0.1, 1e21, 1e-7, 123456789012345680000, 5e-324, Number.MAX_VALUE, Number.MIN_SAFE_INTEGER, 2 ** 53, 0.1 + 0.2, 1e100, -1e-100]],
  ['numbers that are none', [NaN, Infinity, -Infinity]],
  ['big integers', [0n, 12345678901234567890n, -1n]],
  ['null and undefined', [null, undefined]],
  ['booleans', [true, false]],
  ['empty maps and lists', [{}, [], [[]], [{}], { a: {} }, { a: [] }, [[], {}], new Array(0)]],
  ['lists with holes', [[1, , 3], new Array(2)]], // eslint-disable-line no-sparse-arrays
  ['dates', [new Date(0), new Date('2024-01-01T10:00:00.5Z'), new Date(NaN)]],
  ['symbols and functions', [Symbol('x'), Symbol('<<'), () => 1]],
  ['instances of classes', [new Point(1), Object.create(null), Object.create({ inherited: 1 }), new (class extends Array {})()]],
  ['maps, sets and buffers', [new Map<any, any>([['a', 1], [{ b: 1 }, 2]]), new Set(['a', 'b']), Buffer.from('hello'), new Uint8Array([1, 2]), new Float64Array([1.5])]],
  ['boxed values', [Object(1), Object('a'), Object(true), Object(1n)]],
  ['objects with a toJSON of their own', [{ toJSON: () => 'json' }, { toJSON: 'a text' }, { a: { toJSON: () => ({ b: 1 }) } }, Object.assign([1], { toJSON: () => 'list' })]],
  ['objects with getters', [{ get a() { return 1; } }]],
  ['objects with symbols', [{ [Symbol.iterator]: function* () { yield 1; } }, { [Symbol.for('yaml.node.type')]: Symbol.for('yaml.alias') }, { [Symbol('x')]: 1, a: 2 }]],
  ['keys like numbers', [{ 10: 'a', 2: 'b', x: 'c' }, { '-1': 1, '1.5': 2, '01': 3 }]],
  ['keys of JavaScript', [JSON.parse('{"__proto__": {"a": 1}}'), { constructor: 1 }, { hasOwnProperty: 'x' }, { toString: 'x' }, { length: 3 }]],
])('%s come out as cdk8s has them', (_, values) => {
  for (const value of values as unknown[]) {
    everywhere(value).forEach(expectSame);
    expectSame(value);
  }
});

test.each<[string, unknown]>([
  ['a map twice', { a: shared, b: shared }],
  ['a list twice', { a: list, b: [list] }],
  ['an empty map twice', (() => { const empty = {}; return { a: empty, b: { c: empty } }; })()],
  ['a map inside itself', cycle],
  ['the document inside itself', (() => { const self: any = {}; self.a = [self]; return self; })()],
])('%s becomes what cdk8s makes of it: an anchor', (_, document) => {
  expect(Yaml.stringify(document)).toContain('&a1');
  expectSame(document);
});

test('no document, and documents that are no map, are left to cdk8s', () => {
  for (const document of [undefined, null, 'text', '---', '%x', 1, true, [], [1, { a: 2 }], {}]) { expectSame(document); }
});

test('documents as deep as a JavaScript stack allows come out', () => {
  const deep = (levels: number) => { let value: any = 'x'; for (let i = 0; i < levels; i++) { value = i % 2 ? [value] : { a: value }; } return { value }; };
  expectSame(deep(300));
});

/** Texts out of what YAML might trip over. */
const trap = fc.array(fc.constantFrom(
  'a', 'B', 'yes', 'null', '0', '1', '9', 'e', 'E', 'x', 'b', '.', '-', '+', '_', ':', ' ', '  ', '\n', '\t', '#', '"', "'", '\\', '{', '}', '[', ']', ',', '&', '*', '!', '|', '>', '%', '@', '`', '?', '<', '=', '~', '/',
  '---', '...', ': ', ' #', '\n\n', '\n ', ' \n', '\r\n', 'é', '日', '🚀', '\ud83d', '\u0085', '\u2028', '\ufeff', '\u0000', '\u001b', '2024-01-01', '12:30', 'lorem ipsum dolor sit amet, consectetur',
), { maxLength: 9 }).map((parts) => parts.join(''));
const scalar = fc.oneof({ weight: 6, arbitrary: trap }, { weight: 3, arbitrary: fc.oneof(fc.double(), fc.integer(), fc.constantFrom(null, undefined, true, false, -0)) });
const { tree } = fc.letrec((tie) => ({
  tree: fc.oneof({ maxDepth: 5 }, scalar, fc.array(tie('tree'), { maxLength: 4 }), fc.dictionary(fc.oneof(trap, fc.stringMatching(/^[a-z]{1,5}$/)), tie('tree'), { maxKeys: 4 })),
}));

test('random documents are written as cdk8s writes them', () => {
  fc.assert(fc.property(fc.dictionary(fc.oneof(trap, fc.stringMatching(/^[a-z]{1,5}$/)), tree, { minKeys: 1, maxKeys: 5 }), expectSame), { numRuns: 2000 });
});

test('what Kubernetes sees all day is written without asking cdk8s', () => {
  const asked = jest.spyOn(Yaml, 'stringify');
  for (const object of Object.values(objectsOf({ name: 'chat', team: 'one', replicas: 2 }, true))) { yamlDocument(JSON.parse(JSON.stringify(object))); }
  expect(asked).not.toHaveBeenCalled();
  asked.mockRestore();
});
