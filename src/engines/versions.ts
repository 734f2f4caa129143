import { IConstruct } from 'constructs';
import { fail, show } from '../errors';

/** A version of an engine that this release knows. */
export interface EngineVersion { readonly version: string }

/** The row of a version; the newest where none is asked for. Rows are in ascending order. */
export function versionRow<T extends EngineVersion>(scope: IConstruct, engine: string, rows: readonly T[], asked: string | undefined): T {
  const row = asked === undefined ? rows[rows.length - 1] : rows.find(({ version }) => version === asked);
  if (!row) {
    fail(scope, `'version' of ${engine} is ${show(asked)} but its flags are known for ${list(rows.map(({ version }) => `'${version}'`))} only; use one of them, or Engine.custom`);
  }
  return row;
}

/** `a`, `a and b`, `a, b and c`. */
export function list(items: readonly string[]): string {
  return items.length < 2 ? items.join('') : `${items.slice(0, -1).join(', ')} and ${items[items.length - 1]}`;
}
