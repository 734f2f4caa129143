import { Yaml } from 'cdk8s';

/**
 * Texts as cdk8s writes them: plain where YAML 1.1 reads the same text back, quoted or as a block where it does not. Only texts that are sure to
 * come out the same are written here; what is rare or doubtful is asked of cdk8s' own writer.
 */

/** Anything but printable characters. Characters above the basic plane, and those that some reader takes for a line break, are asked for. */
const ODD = /[^ -~\u00a1-\u1fff\u2010-\u2027\u2030-\ud7ff\uf900-\ufaff]/;
/** What YAML would read as something else than text, at its start, inside or at its end. */
const BREAKS = /^[ ,[\]{}#&*!|>'"%@`]|: | #|[: ]$/;
/** Words that are booleans or null. */
const WORDS = new Set(['true', 'false', 'yes', 'no', 'on', 'off', 'y', 'n', 'null']);
/** Other spellings of these words, and exponents without a number, which some take for one. */
const DOUBTFUL = /^(?:true|false|yes|no|on|off|y|n|null|e[-+]?\d+)$/i;
const NUMBER = /^\d+(?:\.\d+)?$/;
/** Versions and addresses: two dots make no number. */
const DOTTED = /^\d+(?:\.\d+){2,}$/;
/** The characters that numbers, times and dates are made of, hexadecimal numbers excepted. */
const NUMERIC = /^[-+0-9eEbTtZz_.: ]*$/;
/** Control characters, and halves of surrogate pairs: a block can't hold them. */
const NO_BLOCK = /[\0-\x08\x0b-\x1f\x7f-\x9f\ud800-\udfff]/u;

/** A text below an indentation, or undefined where even asking gave no answer that stands alone. */
export function yamlText(text: string, depth: number): string | undefined {
  if (ODD.test(text)) { return blockText(text, depth) ?? askedText(text, depth); }
  if (BREAKS.test(text)) { return text.includes('"') && !text.includes("'") ? `'${text}'` : JSON.stringify(text); }
  return plainText(text) ?? askedText(text, depth);
}

/** A text of printable characters without breaks, if it is sure how it is written. */
function plainText(text: string): string | undefined {
  const first = text.charCodeAt(0);
  if (isLetter(first)) {
    if (WORDS.has(text)) { return `"${text}"`; }
    return DOUBTFUL.test(text) ? undefined : text;
  }
  if (first >= 48 && first <= 57) { // 0 to 9
    if (NUMBER.test(text)) { return `"${text}"`; }
    return DOTTED.test(text) || (!NUMERIC.test(text) && !/^0x/i.test(text)) ? text : undefined;
  }
  if (first === 45) { // -
    const long = text.charCodeAt(1) === 45;
    const second = text.charCodeAt(long ? 2 : 1);
    return isLetter(second) && (long || (second !== 69 && second !== 101)) ? text : undefined; // -E and -e make exponents
  }
  return text === '' ? '""' : '/_($^'.includes(text[0]) ? text : undefined;
}

function isLetter(code: number): boolean {
  return (code >= 97 && code <= 122) || (code >= 65 && code <= 90);
}

/** Lines of text as a literal block, unless white space at either end would need a say in the block's header. */
function blockText(text: string, depth: number): string | undefined {
  if (!text.includes('\n') || /^[\s]|[ \t]$|[\s]\n$/.test(text) || NO_BLOCK.test(text)) { return undefined; }
  const ended = text.endsWith('\n');
  const indent = '  '.repeat(depth);
  const lines = (ended ? text.slice(0, -1) : text).replace(/\n(?!\n)/g, `\n${indent}`);
  return `|${ended ? '' : '-'}\n${indent}${lines}`;
}

/** A text as cdk8s writes it at this depth, below maps in maps: nothing else around it matters. */
function askedText(text: string, depth: number): string | undefined {
  let document: unknown = text;
  let before = '';
  for (let i = 0; i < depth; i++) {
    document = { k: document };
    before += `${i ? `\n${'  '.repeat(i)}` : ''}k:`;
  }
  const answer = Yaml.stringify(document);
  return answer.startsWith(`${before} `) ? answer.slice(before.length + 1, -1) : undefined;
}

const KEY = /^[A-Za-z_][-A-Za-z0-9_./]*$/;
/** Keys with a value fit on one line up to here; longer ones are written in another way. */
const LONGEST_KEY = 200;
const known: Map<string, string | undefined>[] = [new Map(), new Map()];
const MOST_KNOWN = 10_000;

/** A key of a map, or undefined where it takes more than a line. */
export function yamlKey(key: string, depth: number): string | undefined {
  const keys = known[depth ? 1 : 0]; // only the depth of a document's own keys matters
  let text = keys.get(key);
  if (text === undefined) {
    text = KEY.test(key) && key.length <= LONGEST_KEY && !DOUBTFUL.test(key) ? key : askedKey(key, depth);
    if (keys.size < MOST_KNOWN) { keys.set(key, text); }
  }
  return text;
}

function askedKey(key: string, depth: number): string | undefined {
  const answer = Yaml.stringify(depth ? { k: { [key]: 0 } } : { [key]: 0 });
  const [before, after] = [depth ? 'k:\n  ' : '', ': 0\n'];
  const text = answer.slice(before.length, -after.length);
  return answer.startsWith(before) && answer.endsWith(after) && !text.includes('\n') ? text : undefined;
}
