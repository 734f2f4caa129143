import * as fs from 'fs';
import * as path from 'path';
import { App } from 'cdk8s';
import * as fc from 'fast-check';
import { KubeObject } from './kube-object';
import { expectNone } from './problems';
import { objectsIn } from '../../support/objects';

/** Where the recipes of failing apps go; git does not see it. */
const REPORTS = path.join(__dirname, '..', '..', '..', 'test-reports');

/** Names the file of such a recipe; then its app is the only one. */
const REPEAT = 'RANDOM_APP';

/** Apps as data, so that a failing one can be shrunk, saved and built again. */
export interface RandomApps<T> {
  readonly name: string;
  readonly recipes: fc.Arbitrary<T>;
  /** How many are looked at; those that the library refuses do not count. */
  readonly runs: number;
  /** @default 480 */
  readonly seconds?: number;
  /** Builds an app; throws what the library throws. */
  build(recipe: T): App;
}

/** Looks at random apps; throws what is wrong with the first that has problems, shrunk, with its seed and the file of its recipe. */
export async function everyRandomApp<T>(apps: RandomApps<T>, problemsOf: (objects: KubeObject[]) => Promise<string[]>): Promise<void> {
  const { name, recipes, runs, seconds = 480 } = apps;
  const saved = process.env[REPEAT];
  if (saved !== undefined) {
    const { name: of, recipe } = JSON.parse(fs.readFileSync(saved, 'utf8'));
    if (of !== name) { throw new Error(`${saved} is an app of '${of}', and not of '${name}'; choose its test with --testNamePattern`); }
    return expectNone(await problemsOf(objectsIn(apps.build(recipe).synthYaml())), `of the app of ${saved}`);
  }
  let seen = 0;
  const begin = Date.now();
  const { counterexample, errorInstance, failed, numRuns, numShrinks, numSkips, seed } = await fc.check(fc.asyncProperty(recipes, async (recipe) => {
    const objects = objectsOf(apps, recipe);
    fc.pre(objects !== undefined);
    seen += objects!.length;
    expectNone(await problemsOf(objects!));
  }), { numRuns: runs, interruptAfterTimeLimit: seconds * 1000, markInterruptAsFailure: true });
  const summary = `${name}: ${numRuns} random apps of seed ${seed} in ${Math.round((Date.now() - begin) / 1000)} s, ${seen} objects; the library refused ${numSkips} others`;
  if (!failed) {
    process.stdout.write(`${summary}\n`);
    return;
  }
  if (!counterexample) { throw new Error(`no time for ${runs} apps; ${summary}`); }
  fs.mkdirSync(REPORTS, { recursive: true });
  const file = path.join(REPORTS, `random-app-${name.replace(/\W+/g, '-')}-${seed}.json`);
  fs.writeFileSync(file, JSON.stringify({ name, recipe: counterexample[0] }, undefined, 2));
  throw new Error([(errorInstance as Error).message, `of app ${numRuns} of '${name}', seed ${seed}, shrunk ${numShrinks} times; again: ${REPEAT}=${file}, or FAST_CHECK_SEED=${seed}`].join('\n'));
}

/** The objects of an app; undefined if the library refuses it, of which random-app.test.ts is the judge. */
function objectsOf<T>({ build }: RandomApps<T>, recipe: T): KubeObject[] | undefined {
  let yaml: string;
  try { yaml = build(recipe).synthYaml(); } catch { return undefined; }
  return objectsIn(yaml);
}
