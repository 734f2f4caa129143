import { ApiObject, Chart } from 'cdk8s';
import { IConstruct } from 'constructs';

/**
 * The order of cdk8s, each construct after what it depends on, in one walk: cdk8s looks for routes again for every dependency, and visits what is
 * depended on as often as there are routes to it.
 *
 * A dependency between two constructs of charts is also one of each object below the first on each object below the second. These are as many as
 * the product of both, so that they are held as groups: an object reaches the group of what it waits for, the group its members.
 */
export class DependencyOrder {
  /** The constructs below a scope, itself the first, in cdk8s' order. `derived` adds what the dependencies mean for objects. */
  public static of(scope: IConstruct, derived: boolean, reasons: Reasons = new Reasons()): IConstruct[] {
    return new DependencyOrder(scope, derived).sorted(reasons);
  }

  /** In the order of the tree. */
  private readonly constructs: IConstruct[] = [];
  private readonly index = new Map<IConstruct, number>();
  /** The first construct that is not below each one. */
  private readonly end: number[] = [];
  private readonly parent: number[] = [];
  private readonly chart: (IConstruct | undefined)[] = [];
  /** What each construct depends on, and each group after them. Whatever lies outside of the scope has no place in its order. */
  private readonly reaches: number[][];
  private readonly isObject: boolean[] = [];
  private byPath?: Map<string, number>;

  private constructor(private readonly scope: IConstruct, derived: boolean) {
    this.add(scope, -1, undefined);
    const direct = this.constructs.map(({ node }) => this.targets(node.dependencies));
    this.reaches = [...direct];
    if (derived && direct.some((targets) => targets.length)) { this.derive(direct); }
  }

  private add(construct: IConstruct, parent: number, above: IConstruct | undefined): void {
    const at = this.constructs.push(construct) - 1;
    const chart = Chart.isChart(construct) ? construct : above;
    this.index.set(construct, at);
    this.parent.push(parent);
    this.chart.push(chart);
    this.isObject.push(ApiObject.isApiObject(construct));
    this.end.push(0);
    for (const child of construct.node.children) { this.add(child, at, chart); }
    this.end[at] = this.constructs.length;
  }

  private targets(dependencies: IConstruct[]): number[] {
    return dependencies.length ? dependencies.map((target) => this.at(target)).filter((at) => at !== undefined) : NONE;
  }

  /** Where a construct stands. One of another tree counts as the one of the same path, as it does for cdk8s. */
  private at(construct: IConstruct): number | undefined {
    const at = this.index.get(construct);
    if (at !== undefined) { return at; }
    this.byPath ??= new Map(this.constructs.map(({ node }, i) => [node.path, i]));
    return this.byPath.get(construct.node.path);
  }

  /** The objects below a construct that are of its own chart. */
  private objectsBelow(at: number): number[] {
    const found: number[] = [];
    for (let i = at; i < this.end[at]; i++) {
      if (this.isObject[i] && this.chart[i] === this.chart[at]) { found.push(i); }
    }
    return found;
  }

  private derive(direct: number[][]): void {
    const members = new Map<number, number>(); // groups of the objects below a construct
    const membersOf = (at: number) => members.get(at) ?? this.group(members, at, this.objectsBelow(at));
    const waits = new Map<number, number>(); // groups of what the objects below a construct wait for
    const within = (at: number, above: number) => above <= at && at < this.end[above];
    for (let i = 0; i < direct.length; i++) {
      if (!this.isObject[i]) { continue; }
      const added: number[] = [];
      for (const above of this.upToChart(i)) {
        const targets = direct[above];
        if (!targets.length) { continue; }
        if (targets.some((target) => this.chart[target] === this.chart[above] && (within(target, above) || within(above, target)))) {
          // Sources and targets overlap, and nothing waits for itself.
          const others = (target: number) => this.objectsBelow(target).filter((object) => object !== i);
          added.push(...targets.flatMap((target) => within(i, target) ? others(target) : [membersOf(target)]));
        } else {
          added.push(waits.get(above) ?? this.group(waits, above, targets.map(membersOf)));
        }
      }
      if (added.length) { this.reaches[i] = [...direct[i], ...added]; }
    }
  }

  private group(groups: Map<number, number>, of: number, reached: number[]): number {
    const at = this.reaches.push(reached) - 1;
    groups.set(of, at);
    return at;
  }

  /** A construct and those above it up to its chart, which is the first. */
  private upToChart(at: number): number[] {
    const found: number[] = [];
    for (let i = at; i >= 0 && this.chart[i] === this.chart[at]; i = this.parent[i]) { found.unshift(i); }
    return found;
  }

  private sorted(reasons: Reasons): IConstruct[] {
    const depended = new Uint8Array(this.reaches.length);
    for (const reached of this.reaches) { for (const at of reached) { depended[at] = 1; } }
    const count = this.constructs.length;
    const state = new Uint8Array(this.reaches.length);
    const order: IConstruct[] = [];
    for (const at of this.inOrderOfPaths()) { if (!depended[at]) { this.visit(at, state, order, reasons); } }
    for (let at = 0; at < count; at++) { this.visit(at, state, order, reasons); } // what nothing leads to is a cycle
    return order;
  }

  /** Paths that are whole numbers come first: cdk8s keeps constructs by path in a JavaScript object. */
  private inOrderOfPaths(): number[] {
    const all = this.constructs.map((_, i) => i);
    if (this.scope.node.id !== '') { return all; }
    const numbered = all.filter((i) => this.parent[i] === 0 && isArrayIndex(this.constructs[i].node.id));
    return numbered.length ? [...numbered.sort((a, b) => Number(this.constructs[a].node.id) - Number(this.constructs[b].node.id)), ...all] : all;
  }

  /** Depth first, without recursion: chains may be long. */
  private visit(start: number, state: Uint8Array, order: IConstruct[], reasons: Reasons): void {
    if (state[start] === DONE) { return; }
    const stack = [start];
    const nexts = [0];
    state[start] = OPEN;
    while (stack.length) {
      const at = stack[stack.length - 1];
      const reached = this.reaches[at];
      const next = nexts[nexts.length - 1]++;
      if (next < reached.length) {
        const to = reached[next];
        if (state[to] === OPEN) {
          const cycle = stack.slice(stack.indexOf(to)).filter((i) => i < this.constructs.length);
          throw new Error(reasons.sentence(cycle.map((i) => this.constructs[i])));
        }
        if (state[to] === DONE) { continue; }
        state[to] = OPEN;
        stack.push(to);
        nexts.push(0);
      } else {
        state[at] = DONE;
        if (at < this.constructs.length) { order.push(this.constructs[at]); }
        stack.pop();
        nexts.pop();
      }
    }
  }
}

const NONE: number[] = [];
const OPEN = 1;
const DONE = 2;

function isArrayIndex(id: string): boolean {
  return /^(0|[1-9]\d{0,9})$/.test(id) && Number(id) < 2 ** 32 - 1;
}

/** Why charts depend on each other: constructs in them do, or one is inside the other. */
export class Reasons {
  private readonly reasons = new Map<IConstruct, Map<IConstruct, () => string>>();

  /** Notes the first reason. */
  public add(source: Chart, target: Chart, reason: () => string): void {
    const known = this.reasons.get(source) ?? new Map<IConstruct, () => string>();
    this.reasons.set(source, known);
    if (!known.has(target)) { known.set(target, reason); }
  }

  /** A cycle as cdk8s words it, and why charts in it depend on the next one. */
  public sentence(cycle: IConstruct[]): string {
    const closed = [...cycle, cycle[0]];
    const reasons = cycle.map((construct, i) => this.reasons.get(construct)?.get(closed[i + 1])?.()).filter((reason) => reason !== undefined);
    return `Dependency cycle detected: ${closed.map(({ node }) => node.path).join(' => ')}${reasons.length ? ` (${reasons.join(', ')})` : ''}`;
  }
}

/**
 * Makes charts depend on charts inside them, and on the charts of what their constructs depend on, and says whether any does: then file names
 * have numbers.
 */
export function addChartDependencies(constructs: IConstruct[], reasons: Reasons): boolean {
  let any = false;
  for (const chart of constructs.filter(Chart.isChart)) {
    for (const inner of chart.node.children.filter(Chart.isChart)) {
      chart.node.addDependency(inner);
      reasons.add(chart, inner, () => `${chart.node.path} contains ${inner.node.path}`);
      any = true;
    }
  }
  for (const construct of constructs) {
    for (const target of construct.node.dependencies) {
      const [from, to] = [Chart.of(construct), Chart.of(target)];
      if (from !== to) {
        if (construct !== from || target !== to) { reasons.add(from, to, () => `${construct.node.path} depends on ${target.node.path}`); }
        from.node.addDependency(to);
        any = true;
      }
    }
  }
  return any;
}
