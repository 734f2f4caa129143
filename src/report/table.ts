import Table from 'cli-table3';
import { createColors } from 'picocolors';

/** How a report is written. */
export interface ReportOptions {
  /** Whether to write terminal colours. Default: false. */
  readonly color?: boolean;
  /** Characters in a line. Default: 100. */
  readonly width?: number;
}

/** Terminal styles, or functions that change nothing. */
export function paint(color: boolean): ReturnType<typeof createColors> {
  return createColors(color);
}

/** Every place where a table may have a line. */
const LINES = [
  'top', 'top-mid', 'top-left', 'top-right', 'bottom', 'bottom-mid', 'bottom-left', 'bottom-right', 'left', 'left-mid', 'mid', 'mid-mid', 'right', 'right-mid',
];
const INDENT = 2;
const GAP = 2;

/** Columns of a table: a heading, and `right` for numbers. */
export interface Column { readonly head: string; readonly right?: boolean }

/**
 * A table without lines. The last column wraps at what is left of the width, so that no line is longer unless the other
 * columns alone fill it.
 */
export function table(columns: readonly Column[], rows: readonly (readonly string[])[], options: ReportOptions = {}): string {
  const colors = paint(options.color ?? false);
  const last = columns.length - 1;
  const widest = (i: number) => Math.max(columns[i].head.length, ...rows.map((row) => visible(row[i] ?? '')));
  const taken = columns.slice(0, last).reduce((sum, _, i) => sum + widest(i) + GAP, INDENT);
  const room = Math.max(20, (options.width ?? 100) - taken);
  const out = new Table({
    chars: { ...Object.fromEntries(LINES.map((line) => [line, ''])), middle: ' '.repeat(GAP) },
    style: { 'padding-left': 0, 'padding-right': 0, 'head': [], 'border': [] },
    colAligns: columns.map((column) => column.right ? 'right' : 'left'),
  });
  if (columns.some(({ head }) => head)) { out.push(columns.map(({ head }) => head && colors.dim(head))); }
  out.push(...rows.map((row) => columns.map((_, i) => i === last ? wrap(row[i] ?? '', room).join('\n') : row[i] ?? '')));
  return out.toString().split('\n').map((line) => `${' '.repeat(INDENT)}${line}`.trimEnd()).join('\n');
}

/** Characters of a text that take room on a terminal. */
function visible(text: string): number {
  return [...text.replace(/\u001b\[\d+m/g, '')].length;
}

/** Sentences as a list, wrapped at words. */
export function bullets(sentences: readonly string[], options: ReportOptions = {}): string {
  const room = (options.width ?? 100) - INDENT - 2;
  return sentences.map((sentence) => wrap(sentence, room).map((line, i) => `${' '.repeat(INDENT)}${i ? '  ' : '- '}${line}`).join('\n')).join('\n');
}

/** Breaks a text at words, and words that are longer than a line where the line ends. */
function wrap(text: string, room: number): string[] {
  const lines: string[] = [];
  let line = '';
  for (const word of text.split(/\s+/).flatMap((long) => long.match(new RegExp(`.{1,${room}}`, 'gu')) ?? [])) {
    if (line && line.length + 1 + word.length > room) { lines.push(line); line = word; } else { line = line ? `${line} ${word}` : word; }
  }
  return [...lines, line];
}
