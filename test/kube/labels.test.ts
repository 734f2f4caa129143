import * as fc from 'fast-check';
import { isLabelKey, isLabelValue, labelsProblem, labelValue } from '../../src/kube/labels';

test.each([
  ['a legal value stays as it is', 'H100-SXM_80.GB', 'H100-SXM_80.GB'],
  ['a repository id', 'meta-llama/Llama-3.1-8B', 'meta-llama-Llama-3.1-8B-ac8584a0'],
  ['another script', '検索', '1b6b1a6f'],
  ['an empty text', '', ''],
])('any text becomes a label value: %s', (_what, text, value) => {
  expect(labelValue(text)).toBe(value);
});

test('every text becomes a legal label value', () => {
  fc.assert(fc.property(fc.string({ unit: 'binary', maxLength: 300 }), (text) => {
    expect(isLabelValue(labelValue(text))).toBe(true);
  }), { numRuns: 500 });
  expect(isLabelValue(labelValue('é'.repeat(5_000_000)))).toBe(true);
});

test('texts that differ only in what a label can\'t hold stay apart', () => {
  const values = ['a/b', 'a b', 'a:b', `${'x'.repeat(80)}1`, `${'x'.repeat(80)}2`].map(labelValue);
  expect(new Set(values).size).toBe(5);
});

test.each([
  ['app', true], ['example.com/app', true], ['a/b/c', false], ['/app', false], ['Example.com/app', false], ['', false], ['x'.repeat(64), false],
  [`${'x'.repeat(254)}/app`, false], ['-app', false],
])('a label key %p is legal: %p', (key, legal) => {
  expect(isLabelKey(key)).toBe(legal);
});

test.each([
  ['label', { 'a b': 'c' }, 'the label key \'a b\' is not a legal one (up to 63 letters, digits, \'-\', \'_\' and \'.\', after an optional DNS name and \'/\')'],
  ['label', { app: 'a b' }, 'the value of label \'app\' is not a legal one (up to 63 letters, digits, \'-\', \'_\' and \'.\', with a letter or digit at both ends)'],
  ['annotation', { app: 7 }, 'the annotation \'app\' is a value of type number but must be a string'],
  ['annotation', { app: 'any {text}' }, undefined],
] as const)('%s %p: %p', (kind, labels, problem) => {
  expect(labelsProblem(kind, labels)).toBe(problem);
});
