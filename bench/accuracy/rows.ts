import * as fs from 'fs';
import * as path from 'path';

/** One measured point: the columns of its file by name. */
export interface Row { readonly [column: string]: string | number | boolean | null }

interface Table {
  readonly columns: readonly string[];
  readonly rows: readonly (readonly Row[string][])[];
}

/** The rows of one file of `data/`, which says itself what they are, in which units, and where they come from. */
export function rowsOf(file: string): Row[] {
  const table = JSON.parse(fs.readFileSync(path.join(__dirname, 'data', file), 'utf8')) as Table;
  return table.rows.map((values) => Object.fromEntries(table.columns.map((column, i) => [column, values[i]])));
}
