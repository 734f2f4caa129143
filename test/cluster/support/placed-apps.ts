import * as fc from 'fast-check';
import { ClusterApp } from './apps';
import { fakeNode, nodesOfPool } from './fake-nodes';
import { KubeObject } from './kube-object';
import { IGpuNodePool } from '../../../src';
import { objectsIn } from '../../support/objects';
import { AppRecipe, appRecipes, build, BuiltApp } from '../../support/random-app';

/** An app that the library accepts, made of a recipe. */
export interface PlacedApp extends ClusterApp {
  readonly recipe: AppRecipe;
  /** The workload's name and namespace, and the nodes of its pool. */
  readonly homes: { readonly namespace: string; readonly name: string; readonly nodes: ReadonlySet<string> }[];
}

/** More pods than this take longer than they tell. */
const MOST_PODS = 24;

/**
 * The first accepted apps of a run of random recipes, of a size that a test can wait for. They can share a cluster: each has namespaces and pools
 * of its own.
 */
export function placedApps(count: number, seed: number): PlacedApp[] {
  const apps: PlacedApp[] = [];
  for (const recipe of fc.sample(appRecipes(), { numRuns: 20 * count, seed })) {
    if (apps.length === count) { return apps; }
    const own = { ...recipe, charts: recipe.charts.map(({ id }, i) => ({ id: `${id} ${apps.length}`, namespace: `random-${apps.length}-${i}` })) };
    const app = accepted(own, apps.length, seed);
    if (app) { apps.push(app); }
  }
  throw new Error(`only ${apps.length} of ${20 * count} recipes of seed ${seed} make an app`);
}

function accepted(recipe: AppRecipe, index: number, seed: number): PlacedApp | undefined {
  let built: BuiltApp;
  let yaml: string;
  try {
    built = build(recipe);
    yaml = built.app.synthYaml();
  } catch { return undefined; } // what is refused, and how, is asked elsewhere
  const { fleets } = built;
  if (fleets.reduce((sum, { plan }) => sum + plan.replicas * plan.nodesPerReplica, 0) > MOST_PODS) { return undefined; }
  // Recipes number their existing pools from 0, each its own.
  const objects = objectsIn(yaml.replace(/(example\.com\/pool: )"(\d+)"/g, `$1"${index}-$2"`));
  const used = [...new Set(fleets.map(({ pool }) => pool))];
  if (used.some((pool) => nodesFor(pool, built) > (pool.maxGpus ?? Infinity) / pool.gpusPerNode)) { return undefined; }
  const pools = new Map(used.map((pool) => [pool, nodesOf(pool, recipe, index, built, objects)] as const));
  return {
    name: `random app ${index} of seed ${seed}`,
    recipe,
    objects,
    nodes: [...pools.values()].flat(),
    claims: [...new Set(recipe.fleets.flatMap((one, i) => one.weights === 'claim' ? [`${fleets[i].namespaceName}/given`] : []))],
    homes: fleets.map(({ namespaceName, workloadName, pool }) => ({
      namespace: namespaceName!, name: workloadName, nodes: new Set(pools.get(pool)!.map(({ metadata }) => metadata.name)),
    })),
  };
}

/**
 * As many nodes as the plans on a pool count. Pods of several sizes are not packed (a stated limit of the library), so that each that takes a part of a
 * node may have one of its own.
 */
function nodesFor(pool: IGpuNodePool, { fleets }: BuiltApp): number {
  const plans = fleets.filter((fleet) => fleet.pool === pool).map(({ plan }) => plan);
  const sizes = plans.map(({ gpusPerReplica, nodesPerReplica }) => gpusPerReplica / nodesPerReplica);
  const mixed = new Set(sizes).size > 1;
  return plans.reduce((sum, { nodes, replicas, nodesPerReplica }, i) => sum + (mixed && sizes[i] < pool.gpusPerNode ? replicas * nodesPerReplica : nodes), 0);
}

/** The nodes of a pool, of all its instance types and, unless groups are on it, in two zones. */
function nodesOf(pool: IGpuNodePool, recipe: AppRecipe, index: number, built: BuiltApp, objects: KubeObject[]): KubeObject[] {
  const count = nodesFor(pool, built);
  const emitted = objects.find(({ kind, metadata }) => kind === 'NodePool' && metadata.name === pool.poolName);
  if (emitted) { return nodesOfPool(emitted, objects, count); }
  const at = Number(/^pool(\d+)$/.exec(pool.node.scope!.node.id)![1]);
  const [instanceType] = recipe.pools[at].instanceTypes;
  const grouped = built.fleets.some((fleet) => fleet.pool === pool && fleet.plan.nodesPerReplica > 1);
  return Array.from({ length: count }, (_, i) => fakeNode({
    name: `existing-${index}-${at}-${i}`, instanceType, labels: { 'example.com/pool': `${index}-${pool.nodeLabels['example.com/pool']}` }, taints: pool.taints, resources: pool.rdmaResources, zone: `zone-${grouped ? 'a' : 'ab'[i % 2]}`,
  }));
}
