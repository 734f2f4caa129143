/** Runs the tests of KEDA, or another command, where the addresses of pods are local. */
import { prepareControlPlane } from '../control-plane';
import { runWherePodsAreLocal } from '../local-pods';
import { preparePrometheus } from '../monitoring/prometheus';

async function main(): Promise<void> {
  await prepareControlPlane({ controllers: ['leaderworkerset', 'keda'] });
  await preparePrometheus();
  runWherePodsAreLocal('**/test/cluster/keda/*.reached.test.ts');
}

main().catch((error) => {
  console.error(error);
  process.exit(1);
});
