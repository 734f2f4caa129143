/** Writes the flags that each supported version of an engine takes, as its own argument parser lists them, to src/engines/data. */
import * as fs from 'fs';
import * as path from 'path';
import { ENGINES, flagsFile, startParsers } from '../test/engine/engines';
import { engineEnvironment } from '../test/engine/environment';

async function main(): Promise<void> {
  const parsers = startParsers(await engineEnvironment());
  try {
    for (const engine of ENGINES) {
      const file = path.join(__dirname, '..', engine.file);
      const text = await flagsFile(engine, parsers);
      const changed = fs.readFileSync(file, 'utf8') !== text;
      if (changed) { fs.writeFileSync(file, text); }
      console.log(`${engine.file}: ${changed ? 'written' : 'unchanged'}`);
    }
  } finally {
    await Promise.all(parsers.map((parser) => parser.stop()));
  }
}

void main();
