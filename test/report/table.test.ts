import { table } from '../../src/report/table';

describe('table', () => {
  test('aligns numbers to the right and leaves no blanks at the ends of lines', () => {
    expect(table([{ head: 'name' }, { head: 'count', right: true }, { head: '' }], [['a', '1', ''], ['long', '1,000', 'x']])).toBe([
      '  name  count',
      '  a         1',
      '  long  1,000  x',
    ].join('\n'));
  });

  test('wraps its last column at the width', () => {
    const lines = table([{ head: 'a' }, { head: 'b' }], [['x', 'word '.repeat(30).trim()]], { width: 40 }).split('\n');
    expect(lines.length).toBeGreaterThan(3);
    expect(Math.max(...lines.map((line) => line.length))).toBeLessThanOrEqual(40);
  });

  test('counts what is seen, not the bytes of colours', () => {
    const [plain] = table([{ head: '' }, { head: '' }], [['ok', 'x']]).split('\n');
    const [coloured] = table([{ head: '' }, { head: '' }], [['\u001b[32mok\u001b[39m', 'x']]).split('\n');
    expect(coloured.replace(/\u001b\[\d+m/g, '')).toBe(plain);
  });
});
