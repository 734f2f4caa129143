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
 * A table without lines. The last column takes what is left of the width and wraps at words, so that no line is longer
 * unless the other columns alone fill it.
 */
export function table(columns: readonly Column[], rows: readonly (readonly string[])[], options: ReportOptions = {}): string {
  const colors = paint(options.color ?? false);
  const head = columns.map((column) => column.head);
  const widths = columns.map((column, i) => Math.max(column.head.length, ...rows.map((row) => visible(row[i] ?? ''))));
  const last = columns.length - 1;
  const taken = widths.slice(0, last).reduce((sum, width) => sum + width + GAP, INDENT);
  widths[last] = Math.max(20, Math.min(widths[last], (options.width ?? 100) - taken));
  const out = new Table({
    chars: { ...Object.fromEntries(LINES.map((line) => [line, ''])), middle: ' '.repeat(GAP) },
    style: { 'padding-left': 0, 'padding-right': 0, 'head': [], 'border': [] },
    colAligns: columns.map((column) => column.right ? 'right' : 'left'),
    colWidths: widths,
    wordWrap: true,
  });
  if (head.some(Boolean)) { out.push(head.map((text) => text && colors.dim(text))); }
  out.push(...rows.map((row) => columns.map((_, i) => row[i] ?? '')));
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

function wrap(text: string, room: number): string[] {
  const lines: string[] = [];
  let line = '';
  for (const word of text.split(/\s+/)) {
    if (line && line.length + 1 + word.length > room) { lines.push(line); line = word; } else { line = line ? `${line} ${word}` : word; }
  }
  return [...lines, line];
}
