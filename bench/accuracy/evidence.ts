import * as fs from 'fs';
import * as path from 'path';
import { points } from './questions';

/** File that each part's rows stand in; `explain` names its sources. */
const FILES: { readonly [part: string]: string } = {
  'saturated': 'saturated-trtllm.json',
  'closed loop': 'closed-loop.json',
  'closed loop, early 2025': 'closed-loop-early-2025.json',
  'arrivals': 'arrivals-vllm.json',
  'AMD': 'amd-vllm.json',
  'AMD, closed loop': 'closed-loop-amd.json',
};

function sourcesOf(file: string): string[] {
  const text = fs.readFileSync(path.join(__dirname, 'data', file), 'utf8');
  const { sources } = JSON.parse(text) as { sources: { [key: string]: { title?: string; url: string } } };
  return Object.values(sources).map(({ title, url }) => title === undefined ? url : `${title} (${url})`);
}

/** Four significant digits: as many as a measurement deserves. */
function digits(value: unknown): number | null {
  return typeof value === 'number' ? Number(value.toPrecision(4)) : null;
}

/** Without what is missing at the end. */
function trimmed(row: (number | null)[]): (number | null)[] {
  const missing = [...row].reverse().findIndex((value) => value !== null);
  return row.slice(0, row.length - missing);
}

/** The rows that measured speed, compact: what the rows of one cell have in common stands once. */
export function evidenceSource(): string {
  const cells = new Map<string, { readonly part: string; readonly question: object; readonly form: string; readonly rows: (number | null)[][] }>();
  for (const { part, question, actual, gpus } of points()) {
    if (part === 'memory') { continue; }
    const { promptTokens, outputTokens, load, ...common } = question as { [field: string]: any };
    const [[form, amount]] = Object.entries(load);
    const key = JSON.stringify([part, common, form]);
    const cell = cells.get(key) ?? { part, question: common, form, rows: [] };
    cells.set(key, cell);
    const perGpu = actual.outputTokensPerSecondPerGpu;
    const row = trimmed([
      digits(promptTokens), digits(outputTokens), amount === true ? null : digits(amount), digits(perGpu === undefined ? undefined : perGpu * gpus),
      digits(actual.timeToFirstTokenMillis_mean), digits(actual.timePerOutputTokenMillis_mean), digits(actual.endToEndMillis_mean),
    ]);
    // What differs in nothing that is shown stands once.
    if (!cell.rows.some((other) => JSON.stringify(other) === JSON.stringify(row))) { cell.rows.push(row); }
  }
  const sources = Object.fromEntries(Object.entries(FILES).map(([part, file]) => [part, sourcesOf(file)]));
  const text = JSON.stringify({ sources, cells: [...cells.values()] });
  return `// Written by scripts/evidence.ts from the rows of bench/accuracy; not by hand. A text, so that it costs nothing until it is asked for.
export const EVIDENCE = ${quoted(text)};
`;
}

function quoted(text: string): string {
  return `'${text.replaceAll('\\', '\\\\').replaceAll("'", "\\'")}'`;
}
