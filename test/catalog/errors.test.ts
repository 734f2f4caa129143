import { App, Chart } from 'cdk8s';
import * as fc from 'fast-check';
import { didYouMean, fail, numberProblem, show, textProblem } from '../../src/errors';

const FIVE_MEGABYTES = 'x'.repeat(5_000_000);

describe('fail', () => {
  test('puts the path of the construct in front', () => {
    const chart = new Chart(new App(), 'chat');
    expect(() => fail(chart, 'it is wrong')).toThrow(new Error('[chat] it is wrong'));
  });

  test('says the sentence alone where there is no path', () => {
    expect(() => fail(undefined, 'it is wrong')).toThrow(new Error('it is wrong'));
    expect(() => fail(new App(), 'it is wrong')).toThrow(new Error('it is wrong'));
  });

  test('cuts a path that is too long to read, and keeps it on one line', () => {
    const chart = new Chart(new App(), `a\nb${'c'.repeat(1000)}`);
    expect(() => fail(chart, 'it is wrong')).toThrow(new Error(`[a b${'c'.repeat(297)}…] it is wrong`));
  });
});

describe('show', () => {
  test.each<[string, unknown, string]>([
    ['a string in quotes', 'h100', "'h100'"],
    ['an empty string', '', "''"],
    ['a string of 60 characters whole', 'a'.repeat(60), `'${'a'.repeat(60)}'`],
    ['a longer one cut, with its length', 'a'.repeat(61), `'${'a'.repeat(60)}…' (61 characters)`],
    ['5 MB', FIVE_MEGABYTES, `'${'x'.repeat(60)}…' (5000000 characters)`],
    ['control characters as spaces', 'a\n\t\u0000\u0085b', "'a    b'"],
    ['line separators and marks that reorder text as spaces', '\u2028a\u202eb\u200bc\ufeff', "' a b c '"],
    ['no half of a surrogate pair', `${'a'.repeat(59)}😀tail`, `'${'a'.repeat(59)}…' (65 characters)`],
    ['a number', -0.5, '-0.5'],
    ['NaN', NaN, 'NaN'],
    ['infinity', Infinity, 'Infinity'],
    ['true', true, 'true'],
    ['null', null, 'null'],
    ['undefined', undefined, 'undefined'],
    ['a list by its length', [1, 2, 3], 'a list of 3'],
    ['an object by its type', { toString() { throw new Error('hostile'); } }, 'a value of type object'],
    ['a symbol by its type', Symbol('x'), 'a value of type symbol'],
    ['a big integer by its type', 10n, 'a value of type bigint'],
    ['a function by its type', () => 1, 'a value of type function'],
  ])('shows %s', (_, value, shown) => {
    expect(show(value)).toBe(shown);
  });

  test('always fits on one line', () => {
    fc.assert(fc.property(fc.string({ unit: 'binary', maxLength: 200 }), (text) => {
      expect(show(text)).not.toMatch(/[\u0000-\u001f\u007f-\u009f\u2028\u2029]/);
      expect(show(text).length).toBeLessThan(90);
    }));
  });
});

describe('didYouMean', () => {
  const known = ['h100-sxm', 'h100-nvl', 'h200-sxm', 'l4', 'l40', 'mi300x'];

  test.each<[string, unknown, string]>([
    ['a swapped letter', 'h100-smx', "unknown accelerator 'h100-smx'; did you mean 'h100-sxm'?"],
    ['another case', 'L41', "unknown accelerator 'L41'; did you mean 'l4' or 'l40'?"],
    ['at most three that are equally close', 'h300-sxm', "unknown accelerator 'h300-sxm'; did you mean 'h100-sxm' or 'h200-sxm'?"],
    ['nothing that is far away', 'a completely different thing', "unknown accelerator 'a completely different thing'"],
    ['nothing for an empty name', '', "unknown accelerator ''"],
    ['nothing that shares no letter', 'q', "unknown accelerator 'q'"],
    ['nothing for what is no string', 42, 'unknown accelerator 42'],
    ['nothing for a name too long to compare', 'h100-sxm'.repeat(30), `unknown accelerator '${'h100-sxm'.repeat(30).slice(0, 60)}…' (240 characters)`],
  ])('offers %s', (_, name, sentence) => {
    expect(didYouMean('accelerator', name, known)).toBe(sentence);
  });

  test('offers three of four', () => {
    expect(didYouMean('thing', 'ab0', ['ab4', 'ab1', 'ab3', 'ab2'])).toBe("unknown thing 'ab0'; did you mean 'ab1' or 'ab2' or 'ab3'?");
  });

  test('finds every name with one letter changed, left out, put in or swapped', () => {
    const names = ['h100-sxm', 'time-to-first-token', 'p5.48xlarge'];
    fc.assert(fc.property(fc.constantFrom(...names), fc.nat(), fc.constantFrom('change', 'leave', 'put', 'swap'), (name, at, edit) => {
      const i = at % (name.length - 1);
      const wrong = {
        change: `${name.slice(0, i)}_${name.slice(i + 1)}`,
        leave: name.slice(0, i) + name.slice(i + 1),
        put: `${name.slice(0, i)}_${name.slice(i)}`,
        swap: name.slice(0, i) + name[i + 1] + name[i] + name.slice(i + 2),
      }[edit]!;
      expect(didYouMean('thing', wrong, names)).toBe(`unknown thing '${wrong}'; did you mean '${name}'?`);
    }));
  });

  test('answers at once for 5 MB', () => {
    expect(didYouMean('model', FIVE_MEGABYTES, known)).toBe(`unknown model '${'x'.repeat(60)}…' (5000000 characters)`);
  });
});

describe('numberProblem', () => {
  test.each<[unknown, object, string | undefined]>([
    [1, { min: 1 }, undefined],
    [0, { min: 1 }, "'n' is 0 but must be a number from 1 up"],
    [5, { min: 1, max: 4 }, "'n' is 5 but must be a number from 1 to 4"],
    [4, { min: 1, max: 4 }, undefined],
    [0, { above: 0 }, "'n' is 0 but must be a number above 0"],
    [1e-9, { above: 0 }, undefined],
    [9, { above: 0, max: 8, unit: 'bits' }, "'n' is 9 but must be a number of bits above 0 and at most 8"],
    [9, { max: 8 }, "'n' is 9 but must be a number up to 8"],
    [1.5, { min: 1, integer: true, unit: 'tokens' }, "'n' is 1.5 but must be a whole number of tokens from 1 up"],
    [NaN, {}, "'n' is NaN but must be a number"],
    [Infinity, { min: 0 }, "'n' is Infinity but must be a number from 0 up"],
    ['7', { min: 0 }, "'n' is '7' but must be a number from 0 up"],
    [undefined, { min: 0 }, "'n' is undefined but must be a number from 0 up"],
    [7n, { min: 0 }, "'n' is a value of type bigint but must be a number from 0 up"],
  ])('%p under %p', (value, rule, sentence) => {
    expect(numberProblem('n', value, rule)).toBe(sentence);
  });
});

describe('textProblem', () => {
  const must = 'but must be a text of 1 to 8 characters, none of them a control character';

  test.each<[unknown, string | undefined]>([
    ['a', undefined],
    ['12345678', undefined],
    ['ünïcöde', undefined],
    ['123456789', `'t' is '123456789' ${must}`],
    ['', `'t' is '' ${must}`],
    ['   ', `'t' is '   ' ${must}`],
    ['a\nb', `'t' is 'a b' ${must}`],
    ['a\u202eb', `'t' is 'a b' ${must}`],
    [undefined, `'t' is undefined ${must}`],
    [['a'], `'t' is a list of 1 ${must}`],
  ])('%p', (value, sentence) => {
    expect(textProblem('t', value, 8)).toBe(sentence);
  });
});
