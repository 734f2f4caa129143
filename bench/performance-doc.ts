import * as fs from 'fs';
import * as os from 'os';
import * as path from 'path';

const doc = path.join(__dirname, '..', 'docs', 'performance.md');

/** Replaces a measured table of docs/performance.md, and says on what it was measured. */
export function writeTable(name: string, lines: string[]): void {
  const text = fs.readFileSync(doc, 'utf8');
  const block = new RegExp(`(<!-- measured: ${name} -->\n)[^]*?(<!-- end -->)`);
  if (!block.test(text)) { throw new Error(`docs/performance.md has no table '${name}'`); }
  const machine = `On ${os.cpus()[0]?.model ?? 'an unknown processor'}, Node ${process.version}:`;
  fs.writeFileSync(doc, text.replace(block, (_, start, end) => [`${start}${machine}`, '', ...lines, end].join('\n')));
}
