/** Lines around a change. */
const CONTEXT = 3;

/** The change from one text to another, as `git apply` takes it; empty where there is none. */
export function unifiedDiff(file: string, before: string, after: string): string {
  const [old, now] = [before, after].map((text) => text.replace(/\n$/, '').split('\n'));
  const edits = editsOf(old, now);
  const hunks: string[] = [];
  for (let i = 0; i < edits.length;) {
    let last = i;
    while (last + 1 < edits.length && edits[last + 1].from - edits[last].until <= 2 * CONTEXT) { last += 1; }
    hunks.push(hunk(old, edits.slice(i, last + 1)));
    i = last + 1;
  }
  return hunks.length === 0 ? '' : `--- a/${file}\n+++ b/${file}\n${hunks.join('')}`;
}

/** Lines `from` to `until` of the old text give way to others. */
interface Edit { readonly from: number; readonly until: number; readonly at: number; readonly lines: string[] }

/** What both begin and end with is left alone; between them, the longest common lines are. */
function editsOf(old: string[], now: string[]): Edit[] {
  let head = 0;
  while (head < Math.min(old.length, now.length) && old[head] === now[head]) { head += 1; }
  let tail = 0;
  while (tail < Math.min(old.length, now.length) - head && old[old.length - 1 - tail] === now[now.length - 1 - tail]) { tail += 1; }
  const [left, right] = [old.slice(head, old.length - tail), now.slice(head, now.length - tail)];
  const edits: Edit[] = [];
  let [i, j] = [0, 0];
  for (const [nextI, nextJ] of [...common(left, right), [left.length, right.length]]) {
    if (nextI > i || nextJ > j) { edits.push({ from: head + i, until: head + nextI, at: head + j, lines: right.slice(j, nextJ) }); }
    [i, j] = [nextI + 1, nextJ + 1];
  }
  return edits;
}

/** Pairs of equal lines, rising in both: as many as there are. */
function common(left: string[], right: string[]): [number, number][] {
  const lengths = Array.from({ length: left.length + 1 }, () => new Uint32Array(right.length + 1));
  for (let i = left.length - 1; i >= 0; i--) {
    for (let j = right.length - 1; j >= 0; j--) {
      lengths[i][j] = left[i] === right[j] ? lengths[i + 1][j + 1] + 1 : Math.max(lengths[i + 1][j], lengths[i][j + 1]);
    }
  }
  const pairs: [number, number][] = [];
  for (let [i, j] = [0, 0]; i < left.length && j < right.length;) {
    if (left[i] === right[j]) { pairs.push([i++, j++]); } else if (lengths[i + 1][j] >= lengths[i][j + 1]) { i += 1; } else { j += 1; }
  }
  return pairs;
}

function hunk(old: string[], edits: Edit[]): string {
  const [first, last] = [edits[0], edits[edits.length - 1]];
  const from = Math.max(0, first.from - CONTEXT);
  const until = Math.min(old.length, last.until + CONTEXT);
  const lines: string[] = [];
  let at = from;
  for (const edit of edits) {
    lines.push(...old.slice(at, edit.from).map((line) => ` ${line}`));
    lines.push(...old.slice(edit.from, edit.until).map((line) => `-${line}`), ...edit.lines.map((line) => `+${line}`));
    at = edit.until;
  }
  lines.push(...old.slice(at, until).map((line) => ` ${line}`));
  const start = first.at - (first.from - from);
  const added = edits.reduce((sum, edit) => sum + edit.lines.length - (edit.until - edit.from), 0);
  return `@@ -${from + 1},${until - from} +${start + 1},${until - from + added} @@\n${lines.join('\n')}\n`;
}
