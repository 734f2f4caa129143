/** Most patterns that a set takes; plain names are not limited. */
const MAX_PATTERNS = 5000;
/** Layers that a pattern may single out by some of their digits: those of a model and of its predictions. */
const MOST_LAYERS = 2000;
/** Most globs that one pattern is expanded to. */
const MAX_ALTERNATIVES = 64;

/**
 * The module names and patterns of a quantisation config: plain names (which stand for everything below them), globs
 * (`model.layers.0.self_attn*`) and the regular expressions of compressed-tensors (`re:.*mlp\.(gate|up)_proj.*`).
 *
 * Patterns are matched as globs, never by a regular expression engine, so that a hostile config can't stall it. Of
 * regular expressions it knows `.`, `.*`, `.+`, `\d+`, `[0-9]+`, escapes, anchors and alternatives; others match nothing.
 */
export class NameSet {
  private patterns = 0;
  /** Dotted components of the longest plain name. */
  private longest = 0;
  private readonly plain = new Set<string>();
  private readonly globs: string[] = [];
  /** Layers that a name or pattern singles out. */
  private readonly layers = new Set<number>();
  /** Globs that name one layer. */
  private readonly byLayer = new Map<number, string[]>();

  public constructor(names: readonly string[]) { names.forEach((name) => this.add(name)); }

  /** Whether a name or pattern is about this layer in particular. */
  public singlesOut(layer: number): boolean { return this.layers.has(layer); }

  public add(name: string): void {
    if (name.startsWith('re:')) { globsOf(name.slice(3)).forEach((g) => this.addGlob(g)); } else if (/[*?]/.test(name)) {
      this.addGlob(name);
      this.addGlob(`${name}.*`);
    } else {
      const layer = /layers\.(\d{1,6})(?!\d)/.exec(name);
      if (layer) { this.layers.add(Number(layer[1])); }
      this.plain.add(name);
      this.longest = Math.max(this.longest, name.split('.').length);
    }
  }

  /** Whether one of a module's names, or a module that contains it, is in the set. */
  public hasAny(names: readonly string[], layer: number): boolean {
    if (this.plain.size && names.some((name) => this.hasPlain(name))) { return true; }
    const globs = [...this.globs, ...this.byLayer.get(layer) ?? []];
    return globs.length > 0 && names.some((name) => globs.some((g) => matches(g, name)));
  }

  private addGlob(glob: string): void {
    if (++this.patterns > MAX_PATTERNS) { throw new Error(`config.json: the quantisation config has more than ${MAX_PATTERNS} patterns of module names`); }
    const [before, number] = /^(.*?layers)\.([\d?*]+)/.exec(glob)?.slice(1) ?? ['', ''];
    const index = Number(number);
    if (/^\d+$/.test(number)) { this.layers.add(index); } else if (/[\d?]/.test(number)) {
      for (let n = 0; n < MOST_LAYERS; n++) { if (matches(number, String(n))) { this.layers.add(n); } }
    }
    if (!/^\d+$/.test(number) || /[*?]/.test(before)) { this.globs.push(glob); return; }
    this.byLayer.set(index, [...this.byLayer.get(index) ?? [], glob]);
  }

  /** Whether any run of the name's dotted components is in the set. */
  private hasPlain(name: string): boolean {
    const parts = name.split('.');
    for (let from = 0; from < parts.length; from++) {
      let run = '';
      for (let to = from; to < parts.length && to < from + this.longest; to++) {
        run = run ? `${run}.${parts[to]}` : parts[to];
        if (this.plain.has(run)) { return true; }
      }
    }
    return false;
  }
}

/** Glob match with `*` and `?`, in time proportional to the product of the lengths. */
function matches(glob: string, name: string): boolean {
  let g = 0;
  let n = 0;
  let star = -1;
  let mark = 0;
  while (n < name.length) {
    if (glob[g] === '*') { star = g++; mark = n; } else if (g < glob.length && (glob[g] === '?' || glob[g] === name[n])) { g++; n++; } else if (star >= 0) {
      g = star + 1;
      n = ++mark;
    } else { return false; }
  }
  while (glob[g] === '*') { g++; }
  return g === glob.length;
}

/** The globs that a simple regular expression stands for; none if it is not simple. */
function globsOf(pattern: string): string[] {
  const alternatives = expand(pattern);
  if (!alternatives) { return []; }
  return alternatives.map((text) => {
    let glob = text.replace(/^\^/, '');
    const closed = glob.endsWith('$') && !glob.endsWith('\\$');
    glob = (closed ? glob.slice(0, -1) : glob)
      .replace(/\[0-9\]\+|\\d\+|\[\^\.\]\+|\[\^\.\]\*|\\w\+/g, '.*')
      .replace(/\[0-9\]|\\d/g, '.')
      .replace(/\\(.)/g, (_all, c: string) => `\u0000${c}`)
      .replace(/(?<!\u0000)\.\*|(?<!\u0000)\.\+/g, '\u0001')
      .replace(/(?<!\u0000)\./g, '?');
    if (/(?<!\u0000)[[\](){}+|*^$]/.test(glob)) { return ''; }
    glob = glob.replace(/\u0001/g, '*').replace(/\u0000/g, '');
    return closed ? glob : `${glob}*`;
  }).filter((glob) => glob.length > 0);
}

/** Multiplies out `(a|b)`, innermost groups first; undefined where there are too many, or a group is repeated. */
function expand(pattern: string): string[] | undefined {
  let done: string[] = [];
  let open = [pattern.replace(/\(\?:/g, '(')];
  while (open.length) {
    if (open.length + done.length > MAX_ALTERNATIVES) { return undefined; }
    const next: string[] = [];
    for (const text of open) {
      const group = /\(([^()]*)\)([*+?{]?)/.exec(text);
      if (!group) { done = [...done, ...topLevel(text)]; continue; }
      if (group[2]) { return undefined; }
      for (const option of group[1].split('|')) { next.push(text.slice(0, group.index) + option + text.slice(group.index + group[0].length)); }
    }
    open = next;
  }
  return done;
}

function topLevel(text: string): string[] { return text.split('|'); }
