import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';

const made: string[] = [];

/** A folder with these files, removed after the tests of the file. */
export function folder(files: { [name: string]: string }): string {
  const path = mkdtempSync(join(tmpdir(), 'cdk8s-inference-'));
  made.push(path);
  for (const [name, text] of Object.entries(files)) {
    mkdirSync(dirname(join(path, name)), { recursive: true });
    writeFileSync(join(path, name), text);
  }
  return path;
}

afterAll(() => { for (const path of made) { rmSync(path, { recursive: true, force: true }); } });
