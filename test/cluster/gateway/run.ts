/** Runs the tests of the gateway and of what is measured, or another command, where the addresses of pods are local. */
import { envoyGatewayPrograms } from './envoy-gateway';
import { gatewayPrograms } from './programs';
import { engineEnvironment, environmentProblem } from '../../engine/environment';
import { podProblem } from '../../engine/pod';
import { prepareControlPlane } from '../control-plane';
import { runWherePodsAreLocal } from '../local-pods';
import { preparePrometheus } from '../monitoring/prometheus';

async function main(): Promise<void> {
  await prepareControlPlane({ controllers: ['leaderworkerset'] });
  await gatewayPrograms();
  await envoyGatewayPrograms();
  await preparePrometheus();
  if ((environmentProblem() ?? podProblem()) === undefined) { await engineEnvironment(); }
  runWherePodsAreLocal('**/test/cluster/{,monitoring/*.,rollout/*.}reached.test.ts');
}

main().catch((error) => {
  console.error(error);
  process.exit(1);
});
