// Writes src/cli/data/evidence.ts, the published measurements that 'explain' compares with, from the rows of bench/accuracy. With --check it only compares.
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { evidenceSource } from '../bench/accuracy/evidence';

const file = join(__dirname, '../src/cli/data/evidence.ts');
const source = evidenceSource();
if (process.argv.includes('--check')) {
  if (readFileSync(file, 'utf8') !== source) {
    process.stderr.write("src/cli/data/evidence.ts is not what the rows of bench/accuracy give; run 'npx tsx scripts/evidence.ts'\n");
    process.exitCode = 1;
  }
} else {
  writeFileSync(file, source);
}
