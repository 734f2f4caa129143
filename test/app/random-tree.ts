import { ApiObject, App, Chart, IResolver, JsonPatch, Lazy, ResolutionContext, YamlOutputType } from 'cdk8s';
import { Construct, DependencyGroup, IConstruct } from 'constructs';
import * as fc from 'fast-check';

/** A construct tree with all that a user can do to one, as data: the same recipe gives the same tree in any app. */
export interface TreeRecipe {
  readonly outputType: YamlOutputType;
  readonly resolver: boolean;
  readonly metadata: boolean;
  readonly extension?: string;
  readonly nodes: NodeRecipe[];
  readonly dependencies: DependencyRecipe[];
  readonly failing: number[];
}

type NodeKind = 'chart' | 'construct' | 'object';

interface NodeRecipe {
  readonly kind: NodeKind;
  /** Which of the nodes before it is its parent, modulo their number. */
  readonly parent: number;
  readonly id: string;
  readonly namespace?: string;
  readonly object: ObjectRecipe;
}

interface ObjectRecipe {
  readonly kind: string;
  readonly name?: string;
  readonly spec: unknown;
  readonly wrapped: 'plain' | 'lazy' | 'token' | 'instance' | 'date' | 'union' | 'tagged';
  readonly patches: PatchRecipe[];
  readonly finalizers: string[];
}

interface PatchRecipe {
  readonly op: 'add' | 'remove' | 'replace' | 'copy' | 'test';
  readonly path: string;
}

interface DependencyRecipe {
  readonly from: number;
  readonly to: number;
  readonly grouped: boolean;
}

const text = fc.oneof(fc.constantFrom('x', 'on', '1', '', 'a: b', 'two\nlines\n', 'tagged', '-', '1e3', 'größe', '--flag=a b'), fc.string({ maxLength: 6 }));
const values = fc.letrec((tie) => ({
  any: fc.oneof({ maxDepth: 3 }, text, fc.constantFrom(null, undefined, true, 0, -0, 1.5, 1e21), fc.array(tie('any'), { maxLength: 3 }), fc.dictionary(fc.constantFrom('a', 'b', 'z', 'y', '10', 'spec', 'on'), tie('any'), { maxKeys: 3 })),
})).any;

const mostly = <T>(usual: T, ...others: T[]) => fc.oneof({ weight: 12, arbitrary: fc.constant(usual) }, { weight: 1, arbitrary: fc.constantFrom(...others) });

const object: fc.Arbitrary<ObjectRecipe> = fc.record({
  kind: fc.constantFrom('ConfigMap', 'Deployment', 'CronJob', 'Odd/Kind'),
  name: fc.option(fc.constantFrom('a', 'b', 'same', 'with space'), { nil: undefined }),
  spec: values,
  wrapped: mostly<ObjectRecipe['wrapped']>('plain', 'lazy', 'token', 'instance', 'date', 'union', 'tagged'),
  patches: fc.oneof({ weight: 5, arbitrary: fc.constant<PatchRecipe[]>([]) }, {
    weight: 1,
    arbitrary: fc.array(fc.record({
      op: fc.constantFrom<PatchRecipe['op']>('add', 'remove', 'replace', 'copy', 'test'),
      path: mostly('/metadata/labels', '/spec', '/spec/a', '/metadata', '/metadata/name', '/none/such'),
    }), { minLength: 1, maxLength: 2 }),
  }),
  finalizers: fc.oneof({ weight: 5, arbitrary: fc.constant<string[]>([]) }, { weight: 1, arbitrary: fc.constant<string[]>(['kept']) }),
});

/** Recipes of trees. Few dependencies go backwards, so that many trees have an order and some a cycle. */
export const trees: fc.Arbitrary<TreeRecipe> = fc.record({
  outputType: fc.constantFrom(YamlOutputType.FILE_PER_APP, YamlOutputType.FILE_PER_CHART, YamlOutputType.FILE_PER_RESOURCE, YamlOutputType.FOLDER_PER_CHART_FILE_PER_RESOURCE),
  resolver: fc.boolean(),
  metadata: mostly(false, true),
  extension: fc.option(fc.constantFrom('.yaml', ''), { nil: undefined, freq: 8 }),
  nodes: fc.array(fc.record({
    kind: fc.constantFrom<NodeKind>('chart', 'chart', 'construct', 'object', 'object', 'object'),
    parent: fc.nat({ max: 30 }),
    id: fc.constantFrom('a', 'b', 'c', 'Default', 'resource', '7', '10', '2', 'x/y', 'Ünïcode'),
    namespace: fc.option(fc.constantFrom('one', 'two'), { nil: undefined }),
    object,
  }), { maxLength: 14 }),
  dependencies: fc.oneof(
    fc.constant<DependencyRecipe[]>([]),
    fc.array(fc.record({ from: fc.nat({ max: 30 }), to: fc.nat({ max: 30 }), grouped: mostly(false, true) }), { maxLength: 4 }),
  ),
  failing: fc.oneof({ weight: 14, arbitrary: fc.constant<number[]>([]) }, { weight: 1, arbitrary: fc.array(fc.nat({ max: 30 }), { maxLength: 2 }) }),
});

class Token { public constructor(private readonly late: unknown) {} public resolve(): unknown { return this.late; } }
class Union { public constructor(public readonly value: number | string) {} }
class Other { public readonly x = 1; }

/** Replaces a text wherever it stands. */
export class TaggedResolver implements IResolver {
  public resolve(context: ResolutionContext): void {
    if (context.value === 'tagged') { context.replaceValue({ key: context.key.join('/'), path: context.obj.node.path }); }
  }
}

/** Builds what a recipe says. */
export function build(app: App, { nodes, dependencies, failing }: TreeRecipe): void {
  const all: IConstruct[] = [app];
  for (const node of nodes) {
    const parents = node.kind === 'object' ? all.filter(inChart) : all;
    const parent = parents[node.parent % Math.max(1, parents.length)] as Construct | undefined;
    if (!parent || parent.node.tryFindChild(node.id)) { continue; }
    all.push(made(parent, node));
  }
  const inCharts = all.filter(inChart);
  const pick = (at: number) => inCharts[at % inCharts.length];
  for (const { from, to, grouped } of inCharts.length ? dependencies : []) {
    const [source, target] = [pick(from), pick(to)];
    source.node.addDependency(grouped ? new DependencyGroup(target, pick(to + 1)) : target);
  }
  for (const at of failing) { all[at % all.length].node.addValidation({ validate: () => [`number ${at} is wrong`, 'in two ways'] }); }
}

function inChart(construct: IConstruct): boolean {
  return construct.node.scopes.some(Chart.isChart);
}

function made(scope: Construct, { kind, id, namespace, object: recipe }: NodeRecipe): IConstruct {
  if (kind === 'chart') { return new Chart(scope, id, { namespace, labels: namespace ? { team: namespace } : undefined }); }
  if (kind === 'construct') { return new Construct(scope, id); }
  const object_ = new ApiObject(scope, id, { apiVersion: 'v1', kind: recipe.kind, metadata: recipe.name ? { name: recipe.name } : undefined, spec: wrapped(recipe) } as any);
  object_.metadata.addFinalizers(...recipe.finalizers);
  object_.addJsonPatch(...recipe.patches.map(({ op, path }) => op === 'remove' ? JsonPatch.remove(path)
    : op === 'copy' ? JsonPatch.copy('/metadata', path) : JsonPatch[op](path, op === 'test' ? 'nothing' : { patched: [path] })));
  return object_;
}

function wrapped({ spec, wrapped: how }: ObjectRecipe): unknown {
  switch (how) {
    case 'lazy': return { late: Lazy.any({ produce: () => spec }), list: [Lazy.any({ produce: () => [1, spec] })] };
    case 'token': return new Token({ inside: new Token(spec) });
    case 'instance': return { deep: [new Other()] };
    case 'date': return { at: new Date(0) };
    case 'union': return { size: new Union('1Gi'), count: new Union(3) };
    case 'tagged': return { a: 'tagged', b: ['tagged', spec] };
    default: return spec;
  }
}
