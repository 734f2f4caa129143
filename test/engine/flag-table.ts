import { ParserDescription, ParserFlag } from './parser';
import { FlagGroup, FlagValues } from '../../src/engines/extra-args';

const WIDTH = 144;
const INDENT = ' '.repeat(6);

/** Each flag of a parser, by each of its names. */
export function flagsByName(flags: readonly ParserFlag[]): Map<string, FlagValues> {
  return new Map(flags.flatMap(({ names, takes }) => names.map((name) => [name, takes] as [string, FlagValues])));
}

/**
 * The flags of several versions, oldest first, as one table: a flag that takes the same in all of them stands there once.
 */
export function flagTable(versions: readonly ParserDescription[], labels: readonly string[]): FlagGroup[] {
  const byVersion = versions.map(({ flags }) => flagsByName(flags));
  const groups = new Map<string, { first: number; last: number; takes: FlagValues; names: string[] }>();
  for (const name of new Set(byVersion.flatMap((flags) => [...flags.keys()]))) {
    for (let first = 0; first < byVersion.length; first++) {
      const takes = byVersion[first].get(name);
      if (takes === undefined || (first > 0 && byVersion[first - 1].get(name) === takes)) { continue; }
      let last = first;
      while (last + 1 < byVersion.length && byVersion[last + 1].get(name) === takes) { last++; }
      const key = `${first} ${last} ${takes}`;
      const group = groups.get(key) ?? { first, last, takes, names: [] };
      group.names.push(name);
      groups.set(key, group);
    }
  }
  return [...groups.values()]
    .sort((a, b) => a.first - b.first || a.last - b.last || (a.takes < b.takes ? -1 : 1))
    .map(({ first, last, takes, names }) => ({
      ...first > 0 ? { from: labels[first] } : {},
      ...last < labels.length - 1 ? { until: labels[last] } : {},
      takes,
      names: names.sort().join(' '),
    }));
}

/** The table as a module of src/engines/data. */
export function flagModule(engine: { title: string; command: string; constant: string }, groups: readonly FlagGroup[], labels: readonly string[], asOf: string): string {
  const versions = `${labels.slice(0, -1).join(', ')} and ${labels[labels.length - 1]}`;
  return [
    'import { FlagGroup } from \'../extra-args\';',
    '',
    '/**',
    ` * Every flag that \`${engine.command}\` takes, hidden spellings included, by what follows it. Made by scripts/engine-flags.ts.`,
    ' *',
    ` * Source: the argument parsers of the released packages ${engine.title} ${versions}, loaded and listed. As of ${asOf}.`,
    ' */',
    `export const ${engine.constant}: readonly FlagGroup[] = [`,
    ...groups.flatMap(({ from, until, takes, names }) => [
      '  {',
      ...from === undefined ? [] : [`    from: '${from}',`],
      ...until === undefined ? [] : [`    until: '${until}',`],
      `    takes: '${takes}',`,
      '    names: `',
      `${wrapped(names.split(' '))}\`,`,
      '  },',
    ]),
    '];',
    '',
  ].join('\n');
}

function wrapped(words: readonly string[]): string {
  const lines = [INDENT.trimEnd()];
  for (const word of words) {
    const line = lines[lines.length - 1];
    if (line.trim() && line.length + 1 + word.length > WIDTH) {
      lines.push(`${INDENT}${word}`);
    } else {
      lines[lines.length - 1] = line.trim() ? `${line} ${word}` : `${INDENT}${word}`;
    }
  }
  return lines.join('\n');
}
