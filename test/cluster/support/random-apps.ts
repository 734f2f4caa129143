import * as fs from 'fs';
import * as path from 'path';
import * as fc from 'fast-check';
import { KubeObject } from './kube-object';
import { objectsIn } from './synthesized';
import { AppRecipe, appRecipes, build } from '../../support/random-app';

/** Where the recipes of failing apps go; git does not see it. */
const REPORTS = path.join(__dirname, '..', '..', '..', 'test-reports');

/** Names the file of a recipe, and only its app is looked at. */
const REPEAT = 'RANDOM_APP';

/** Sentences of one app that anyone reads. */
const MOST_PROBLEMS = 8;
const LONGEST_PROBLEM = 600;

/**
 * Looks at `runs` random apps that can be had; those that the library refuses do not count. Throws what is wrong with the first that has problems,
 * shrunk, with its seed and with the file that holds its recipe.
 */
export async function everyRandomApp(question: string, runs: number, problemsOf: (objects: KubeObject[]) => Promise<string[]>, seconds = 480): Promise<void> {
  const saved = process.env[REPEAT];
  if (saved !== undefined) {
    const objects = objectsOf(JSON.parse(fs.readFileSync(saved, 'utf8')));
    if (!objects) { throw new Error(`the app of ${saved} is refused by the library`); }
    const problems = await problemsOf(objects);
    if (problems.length) { throw new Error(`the app of ${saved}:\n${listed(problems)}`); }
    return;
  }
  let kinds = 0;
  const begin = Date.now();
  const details = await fc.check(fc.asyncProperty(appRecipes(), async (recipe) => {
    const objects = objectsOf(recipe);
    fc.pre(objects !== undefined);
    const problems = await problemsOf(objects!);
    if (problems.length) { throw new Error(listed(problems)); }
    kinds += objects!.length;
  }), { numRuns: runs, interruptAfterTimeLimit: seconds * 1000, markInterruptAsFailure: true });
  const took = `${((Date.now() - begin) / 1000).toFixed(0)} s`;
  if (!details.failed) {
    process.stdout.write(`${question}: ${details.numRuns} random apps of seed ${details.seed}, ${kinds} objects, ${took} (${details.numSkips} more apps were refused by the library)\n`);
    return;
  }
  const { counterexample, errorInstance, seed, numRuns, numShrinks } = details;
  if (!counterexample) { throw new Error(`${question}: only ${numRuns} of ${runs} random apps of seed ${seed} in ${took}`); }
  fs.mkdirSync(REPORTS, { recursive: true });
  const file = path.join(REPORTS, `random-app-${question.replace(/\W+/g, '-')}-${seed}.json`);
  fs.writeFileSync(file, JSON.stringify(counterexample[0], undefined, 2));
  throw new Error([
    `${question}: app ${numRuns} of seed ${seed}, shrunk ${numShrinks} times:`,
    String((errorInstance as Error).message),
    `again: ${REPEAT}=${file}, or FAST_CHECK_SEED=${seed}`,
  ].join('\n'));
}

/** The objects of an app; undefined if the library refuses it. */
function objectsOf(recipe: AppRecipe): KubeObject[] | undefined {
  let yaml: string;
  try { yaml = build(recipe).app.synthYaml(); } catch { return undefined; } // refusals are judged by random-app.test.ts
  return objectsIn(yaml);
}

function listed(problems: string[]): string {
  const more = problems.length - MOST_PROBLEMS;
  return [
    ...problems.slice(0, MOST_PROBLEMS).map((problem) => `  ${problem.length > LONGEST_PROBLEM ? `${problem.slice(0, LONGEST_PROBLEM)}...` : problem}`),
    ...more > 0 ? [`  and ${more} more`] : [],
  ].join('\n');
}
