import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as fc from 'fast-check';
import { unifiedDiff } from '../../src/report/unified-diff';

const lines = (...all: string[]) => `${all.join('\n')}\n`;
const letters = (text: string) => lines(...text);

test('shows three lines around a change, and changes that are near in one hunk', () => {
  expect(unifiedDiff('a', letters('abcdefghijklmnopqrstuvwxyz'), letters('abcdeFghijKlmnopqrstuVwxyz'))).toBe(lines(
    '--- a/a', '+++ b/a',
    '@@ -3,12 +3,12 @@', ' c', ' d', ' e', '-f', '+F', ' g', ' h', ' i', ' j', '-k', '+K', ' l', ' m', ' n',
    '@@ -19,7 +19,7 @@', ' s', ' t', ' u', '-v', '+V', ' w', ' x', ' y',
  ));
});

test('is empty where nothing changes', () => { expect(unifiedDiff('a', letters('abc'), letters('abc'))).toBe(''); });

test('is what git applies, whatever changes', () => {
  const folder = mkdtempSync(join(tmpdir(), 'unified-diff-'));
  const text = fc.array(fc.constantFrom('a', 'b', 'c', ' d'), { minLength: 1, maxLength: 40 }).map((all) => lines(...all));
  try {
    fc.assert(fc.property(text, text, (before, after) => {
      writeFileSync(join(folder, 'file'), before);
      const diff = unifiedDiff('file', before, after);
      if (diff !== '') { execFileSync('git', ['apply', '-'], { cwd: folder, input: diff, stdio: ['pipe', 'pipe', 'pipe'], env: { ...process.env, GIT_CEILING_DIRECTORIES: tmpdir() } }); }
      expect(readFileSync(join(folder, 'file'), 'utf8')).toBe(after);
    }), { numRuns: 60 });
  } finally {
    rmSync(folder, { recursive: true });
  }
});
