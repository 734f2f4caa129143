import * as fs from 'fs';
import * as path from 'path';
import { HAND_OVER, POWER } from '../../src/sizing/data/fitted';
import { Fitted, HandOver, Power } from '../../src/sizing/fitted';

const FILE = path.join(__dirname, '../../src/sizing/data/fitted.ts');
/** Longest line of a value that stands on one. */
const LINE = 148;

type Value = number | string | boolean | readonly Value[] | { readonly [key: string]: Value };

/** A value as the source writes it: on one line where it fits. */
function source(value: Value, indent: string, name = ''): string {
  if (typeof value === 'number') { return value === Infinity ? 'Infinity' : String(Number(value.toPrecision(3))).replace(/e-(\d)/, 'e-$1'); }
  if (typeof value === 'string') { return `'${value}'`; }
  if (typeof value !== 'object') { return String(value); }
  const plain = Object.keys(value).every((key) => /^\w+$/.test(key));
  const parts = Array.isArray(value)
    ? value.map((v: Value) => source(v, `${indent}  `))
    : Object.entries(value).map(([key, v]) => `${plain ? key : `'${key}'`}: ${source(v, `${indent}  `, `${key}: `)}`);
  const [open, close, pad] = Array.isArray(value) ? ['[', ']', ''] : ['{', '}', ' '];
  const line = `${open}${pad}${parts.join(', ')}${pad}${close}`;
  return line.includes('\n') || indent.length + name.length + line.length > LINE ? `${open}\n${parts.map((p) => `${indent}  ${p},\n`).join('')}${indent}${close}` : line;
}

/** Text of the data file with these constants. */
export function fittedSource(fitted: Fitted, power: Power = POWER, handOver: HandOver = HAND_OVER): string {
  const line = (value: object) => source(value as unknown as Value, '');
  return `// Written by scripts/fit-sizing.ts from the rows of bench/accuracy/data; not by hand.
import { Fitted, HandOver, Power } from '../fitted';

export const FITTED: Fitted = ${line(fitted)};

export const POWER: Power = ${line(power)};

export const HAND_OVER: HandOver = ${line(handOver)};
`;
}

export function writeFitted(...constants: Parameters<typeof fittedSource>): void {
  fs.writeFileSync(FILE, fittedSource(...constants));
}
