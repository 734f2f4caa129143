import { Admission } from './support/admission';
import { expectNone } from './support/problems';
import { everyRandomApp } from './support/random-apps';
import { examples } from './support/synthesized';
import { useCluster } from './support/use-cluster';
import { appRecipes, build } from '../support/random-app';

const cluster = useCluster({ kubernetes: '1.35', controllers: ['leaderworkerset'] });
let admission: Admission;
beforeAll(() => { admission = new Admission(cluster.api); });

test('it is Kubernetes 1.35', async () => {
  expect((await cluster.api.must('GET', '/version')).gitVersion).toBe('v1.35.8');
});

test.each(examples())('the example %s is accepted by it without a warning', async (_, objects) => { expectNone(await admission.complaints(objects)); });

test('50 random apps are accepted by it without a warning', async () => {
  await everyRandomApp({ name: 'apps', runs: 50, recipes: appRecipes(), build: (recipe) => build(recipe).app }, (objects) => admission.complaints(objects));
}, 600_000);
