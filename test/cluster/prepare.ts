/** Builds and downloads what the tests of the control plane, the gateway and what is measured run: they find it in the cache then. */
import { prepareControlPlane } from './control-plane';
import { envoyGatewayPrograms } from './gateway/envoy-gateway';
import { gatewayPrograms } from './gateway/programs';
import { preparePrometheus } from './monitoring/prometheus';

async function main(): Promise<void> {
  await prepareControlPlane();
  await gatewayPrograms();
  await envoyGatewayPrograms();
  await preparePrometheus();
  await prepareControlPlane({ kubernetes: '1.35', controllers: ['leaderworkerset'] });
}

main().catch((error) => {
  console.error(error instanceof Error ? error.message : error);
  process.exitCode = 1;
});
