import { App, Chart, Testing } from 'cdk8s';
import * as fc from 'fast-check';
import { both, expectSame } from './both-apps';
import { build, TaggedResolver, TreeRecipe, trees } from './random-tree';

const props = ({ outputType, resolver, metadata, extension }: TreeRecipe) => ({
  yamlOutputType: outputType, recordConstructMetadata: metadata, outputFileExtension: extension, resolvers: resolver ? [new TaggedResolver()] : undefined,
});

/** How often each thing came about, so that a generator that makes nothing worth comparing is seen. */
const seen = { cycles: 0, otherErrors: 0, validations: 0, dependent: 0, severalFiles: 0 };

test('2,000 random trees give the files and the errors that they give with cdk8s', () => {
  fc.assert(fc.property(trees, (recipe) => {
    const outcome = both((app) => build(app, recipe), props(recipe));
    expectSame(outcome);
    const { error, files } = outcome.cdk8s;
    if (/^(Dependency cycle|Maximum call)/.test(error ?? '')) { seen.cycles++; } else if (/^Validation/.test(error ?? '')) { seen.validations++; } else if (error) { seen.otherErrors++; }
    if (Object.keys(files).some((file) => file.startsWith('0001-'))) { seen.dependent++; }
    if (Object.keys(files).length > 1) { seen.severalFiles++; }
  }), { numRuns: 2000 });
});

test('these trees have cycles, errors, validations, dependent charts and several files', () => {
  for (const count of Object.values(seen)) { expect(count).toBeGreaterThan(20); }
});

test.each<[string, (app: App) => unknown]>([
  ['the text of all objects', (app) => app.synthYaml()],
  ['the charts before synthesis', (app) => app.charts.map(({ node }) => node.path)],
  ['the charts after synthesis', (app) => { app.synth(); return app.charts.map(({ node }) => node.path); }],
  ['the files of a second synthesis', (app) => { app.synth(); app.synth(); }],
  ['the objects of each chart, as tests read them', (app) => app.node.findAll().filter(Chart.isChart).map((chart) => Testing.synth(chart))],
])('%s is the same', (_, read) => {
  fc.assert(fc.property(trees, (recipe) => {
    const results: unknown[] = [];
    expectSame(both((app) => build(app, recipe), props(recipe), (app) => { results.push(read(app)); }));
    if (results.length === 2) { expect(results[1]).toEqual(results[0]); }
  }), { numRuns: 150 });
});
