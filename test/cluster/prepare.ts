/** Builds and downloads what the tests of the control plane and the gateway run: they find it in the cache then. */
import { prepareControlPlane } from './control-plane';
import { gatewayPrograms } from './gateway/programs';

async function main(): Promise<void> {
  await prepareControlPlane();
  await gatewayPrograms();
  await prepareControlPlane({ kubernetes: '1.35', controllers: ['leaderworkerset'] });
}

main().catch((error) => {
  console.error(error instanceof Error ? error.message : error);
  process.exitCode = 1;
});
