import { didYouMean, show } from '../errors';
import { textProblem } from './arguments';

/** What follows a flag: nothing, one value, one or none, one or more, any number. */
export type FlagValues = 'none' | 'one' | 'optional' | 'some' | 'any';

/** Flags of an engine that take the same, and the versions that have them. */
export interface FlagGroup {
  /** First version that has them; absent: every version of the table. */
  readonly from?: string;
  /** Last version that has them; absent: up to the newest. */
  readonly until?: string;
  readonly takes: FlagValues;
  /** Names, separated by blanks. */
  readonly names: string;
}

/** Flags that `extraArgs` must not hold, and why: the rest of a sentence that begins with the flag. */
export interface RefusedFlags {
  readonly names: string;
  readonly because: string;
}

/** Flags that `extraArgs` may hold and that a reader of the plan should know of: the rest of a sentence that begins with the flag. */
export interface NotedFlags {
  readonly names: string;
  readonly note: string;
}

/** Another engine, and what its own users must not set. */
export interface ForeignFlags {
  readonly engine: string;
  readonly refused: readonly RefusedFlags[];
}

/** What an engine's command line takes. */
export interface FlagRules {
  /** Engine and version, in messages. */
  readonly engine: string;
  readonly known: ReadonlyMap<string, FlagValues>;
  readonly refused: readonly RefusedFlags[];
  /** Flags by which another engine sets what is not the user's to set here. */
  readonly foreign: ForeignFlags;
  readonly noted: readonly NotedFlags[];
  /** Whether the parser reads `--a_b` as `--a-b`. */
  readonly underscores: boolean;
  /** Whether flags outside `known` are let through: an image of the user's own may know more. */
  readonly allowUnknown: boolean;
}

/** What came of a user's arguments. */
export interface CheckedArgs {
  /** What is wrong, as a sentence. */
  readonly problem?: string;
  readonly notes: string[];
}

/** The flags of one version. */
export function flagsOf(groups: readonly FlagGroup[], version: string, versions: readonly string[]): Map<string, FlagValues> {
  const at = versions.indexOf(version);
  const flags = new Map<string, FlagValues>();
  for (const group of groups) {
    const from = group.from === undefined ? 0 : versions.indexOf(group.from);
    const until = group.until === undefined ? versions.length - 1 : versions.indexOf(group.until);
    if (at < from || at > until) { continue; }
    for (const name of words(group.names)) { flags.set(name, group.takes); }
  }
  return flags;
}

/**
 * Reads arguments as Python's argparse does (`--flag value`, `--flag=value`, abbreviations, `-n2`, `--flag.key value`) and says what is
 * wrong with them: a flag that is not the user's to set, one that the engine does not have, a value too many or too few. A server that
 * dies of its arguments does so a minute after it got its GPUs.
 */
export function checkExtraArgs(args: unknown, rules: FlagRules): CheckedArgs {
  if (!Array.isArray(args)) { return { problem: `'extraArgs' is ${show(args)} but must be a list of strings`, notes: [] }; }
  const notes: string[] = [];
  let open: { shown: string; values: number; takes: FlagValues } | undefined;
  for (let i = 0; i < args.length; i++) {
    const arg = args[i];
    const problem = textProblem(`extraArgs[${i}]`, arg);
    if (problem) { return { problem, notes }; }
    if (!isFlag(arg)) {
      if (!open) { return { problem: `'extraArgs' holds ${show(arg)}, which follows no flag; write the flag before it`, notes }; }
      open.values++;
      const json = jsonProblem(arg);
      if (json) { return { problem: json, notes }; }
      const most = { none: 0, one: 1, optional: 1, some: Infinity, any: Infinity }[open.takes];
      if (open.values > most) {
        const takes = most === 0 ? 'takes no value' : 'takes one value';
        return { problem: `'extraArgs' holds ${show(arg)} after ${open.shown}, which ${takes}; leave it out`, notes };
      }
      continue;
    }
    const missing = needsValue(open);
    if (missing) { return { problem: missing, notes }; }
    const json = arg.includes('=') ? jsonProblem(arg.slice(arg.indexOf('=') + 1)) : undefined;
    if (json) { return { problem: json, notes }; }
    const read = readFlag(arg, rules);
    if (read.problem) { return { problem: read.problem, notes }; }
    open = { shown: show(arg), values: read.attached ? 1 : 0, takes: read.takes };
    const noted = rules.noted.find(({ names }) => words(names).includes(read.name));
    if (noted) { notes.push(`'${read.name}' of 'extraArgs' ${noted.note}`); }
  }
  return { problem: needsValue(open), notes: [...new Set(notes)] };
}

/** Values in braces are JSON to every flag, or a template. */
function jsonProblem(value: string): string | undefined {
  if (!/^\s*\{(?![%{#])/.test(value)) { return undefined; }
  try {
    JSON.parse(value);
    return undefined;
  } catch {
    return `'extraArgs' holds ${show(value)}, which is no JSON; write it as JSON.stringify does`;
  }
}

function needsValue(open: { shown: string; values: number; takes: FlagValues } | undefined): string | undefined {
  return open && open.values === 0 && (open.takes === 'one' || open.takes === 'some')
    ? `'extraArgs' holds ${open.shown} without its value; write it as the next element, or after '=' if it begins with '-'`
    : undefined;
}

/** One flag: its name as the parser resolves it, and what it takes. */
function readFlag(arg: string, rules: FlagRules): { problem?: string; name: string; attached: boolean; takes: FlagValues } {
  const at = arg.indexOf('=');
  const head = at === -1 ? arg : arg.slice(0, at);
  const bare = head.split('.')[0];
  const name = rules.underscores && bare.startsWith('--') ? `--${bare.slice(2).replaceAll('_', '-')}` : bare;
  const found = (problem: string) => ({ problem, name, attached: at !== -1, takes: 'any' as const });
  if (arg === '--') { return found('\'extraArgs\' holds \'--\', after which no flag is read; leave it out'); }
  if (/\s/.test(head)) { return found(`'extraArgs' holds ${show(arg)}, flag and value in one element; make them two`); }

  const refused = refusal(name, rules);
  if (refused) { return found(`'extraArgs' holds ${show(arg)}, ${refused}`); }
  const takes = rules.known.get(name);
  if (takes === 'none' && (at !== -1 || head !== bare)) {
    return found(`'extraArgs' holds ${show(arg)} but '${name}' takes no value; leave ${show(arg.slice(bare.length))} out`);
  }
  if (takes !== undefined) { return { name, attached: at !== -1, takes }; }
  // `-O3`: the level is part of the word.
  const short = name.slice(0, 2);
  if (/^-[A-Za-z]/.test(name) && rules.known.has(short)) { return { name: short, attached: true, takes: rules.known.get(short)! }; }
  if (!rules.allowUnknown) {
    return found(`'extraArgs': ${didYouMean(`flag of ${rules.engine}`, name, [...rules.known.keys()].filter((known) => !refusal(known, rules)))}`);
  }
  return { name, attached: at !== -1, takes: 'any' };
}

/** Why a flag, or what it is an abbreviation of, is not the user's to set. */
function refusal(name: string, rules: FlagRules): string | undefined {
  for (const { names, because } of rules.refused) {
    if (words(names).includes(name)) { return `which ${because}`; }
  }
  if (rules.known.has(name)) { return undefined; }
  const foreign = rules.foreign.refused.find(({ names }) => words(names).includes(name));
  if (foreign) { return `which is ${rules.foreign.engine}'s word for what ${foreign.because}`; }
  for (const { names, because } of rules.refused) {
    const whole = words(names).find((candidate) => candidate.startsWith(name) || isAttached(name, candidate));
    if (whole) { return `which is read as '${whole}' and ${because}`; }
  }
  return undefined;
}

/** `-n2` is `-n 2` where `-n` is a flag of one letter. */
function isAttached(name: string, candidate: string): boolean {
  return candidate.length === 2 && candidate !== '--' && !name.startsWith('--') && name.startsWith(candidate);
}

/** argparse takes `-1` and `-.5` for values. */
function isFlag(arg: string): boolean {
  return arg.startsWith('-') && arg !== '-' && !/^-(\d+|\d*\.\d+)$/.test(arg);
}

/** What another engine's flags set, where this one has a prop for it: the layout, the settings, the formats, the fleet's own. */
export function foreignFlags(engine: string, refused: readonly RefusedFlags[], from: string, to: string): ForeignFlags {
  const owned = refused.filter(({ because }) => /^(the plan|the fleet|the source of the weights) sets;/.test(because));
  return { engine, refused: owned.map(({ names, because }) => ({ names, because: because.replace(from, to) })) };
}

const split = new Map<string, readonly string[]>();
function words(names: string): readonly string[] {
  const known = split.get(names) ?? names.split(/\s+/).filter(Boolean);
  split.set(names, known);
  return known;
}
