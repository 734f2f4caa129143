import * as fs from 'fs';
import * as path from 'path';

/** The marks of a part of a page in docs/ that a program writes. */
export interface Marks {
  /** File in docs/. */
  readonly page: string;
  readonly begin: string;
  readonly end: string;
}

/** Whether a text stands between the marks; with `write` it does so afterwards. */
export function holdPart({ page, begin, end }: Marks, text: string, write: boolean): boolean {
  const file = path.join(__dirname, '..', 'docs', page);
  const current = fs.readFileSync(file, 'utf8');
  const from = current.indexOf(begin);
  const to = current.indexOf(end, from);
  if (from < 0 || to < 0) { throw new Error(`docs/${page} lacks the lines '${begin}' and '${end}'`); }
  const wanted = `${current.slice(0, from)}${begin}\n${text}\n${current.slice(to)}`;
  if (write && wanted !== current) { fs.writeFileSync(file, wanted); }
  return wanted === current;
}
