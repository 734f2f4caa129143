import * as fc from 'fast-check';
import { outcome } from '../support/app-outcome';
import { appRecipes } from '../support/random-app';

const RUNS = 150;

test('an app is refused in one sentence, or its objects agree with their plans and with each other', () => {
  let made = 0;
  fc.assert(fc.property(appRecipes(), (recipe) => {
    const { problems, yaml } = outcome(recipe);
    if (yaml !== undefined) { made++; }
    expect(problems).toEqual([]);
  }), { numRuns: RUNS });
  // Or the property says little about apps that can be had.
  expect(made).toBeGreaterThan(RUNS / 4);
}, 120_000);
