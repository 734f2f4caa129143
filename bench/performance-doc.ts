import * as os from 'os';
import { holdPart } from './generated-part';

/** Replaces a measured table of docs/performance.md, and says on what it was measured. */
export function writeTable(name: string, lines: string[]): void {
  const machine = `On ${os.cpus()[0]?.model ?? 'an unknown processor'}, Node ${process.version}:`;
  holdPart({ page: 'performance.md', begin: `<!-- measured: ${name} -->`, end: '<!-- end -->' }, [machine, '', ...lines].join('\n'), true);
}
