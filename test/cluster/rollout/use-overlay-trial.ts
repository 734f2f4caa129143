/** What the tests of a file share: engines behind the pods' addresses, and a gateway before a trial's fleets. */
import { overlayTrial, OverlayTrial } from './overlay-trial';
import { GATEWAYS } from '../gateway/both';
import { GatewayClient } from '../gateway/client';
import { EnvoyGateway } from '../gateway/envoy-gateway';
import { Conduct, FakeEngines } from '../gateway/fake-engines';
import { Gateway } from '../gateway/gateway';
import { checkPodsAreLocal } from '../local-pods';
import { cpuNode, nodesOfPool } from '../support/fake-nodes';
import { TestCluster } from '../support/use-cluster';
import { allReady } from '../support/workloads';

/** Answers at the address of each pod, from before the tests of a file to after them. */
export function useOverlayEngines(cluster: TestCluster, conduct?: Conduct): void {
  let engines: FakeEngines | undefined;
  beforeAll(async () => {
    await checkPodsAreLocal('tsx test/cluster/gateway/run.ts');
    await cluster.api.namespace('gateways');
    await cluster.addNodes([cpuNode({ name: 'cpu' })]);
    engines = new FakeEngines(cluster.controlPlane, undefined, conduct);
    await engines.start();
  }, 60_000);
  afterAll(async () => { await engines?.stop(); }, 30_000);
}

/** Both fleets of a trial, ready, with all requests on the stable one, and its gateway. */
export function useOverlayTrial(cluster: TestCluster, gatewayName: string): { readonly trial: OverlayTrial; readonly client: GatewayClient } {
  const trial = overlayTrial(gatewayName);
  let gateway: Gateway | EnvoyGateway | undefined;
  beforeAll(async () => {
    const { api } = cluster;
    await api.namespace(trial.namespace);
    await cluster.addNodes(trial.objects.filter(({ kind }) => kind === 'NodePool').flatMap((pool) => nodesOfPool(pool, trial.objects)));
    await api.applyAll([...trial.objects, trial.base.stable]);
    await allReady(api, trial.objects.filter(({ kind }) => kind === 'Deployment'), 60);
    gateway = await GATEWAYS[gatewayName](cluster);
  }, 180_000);
  afterAll(async () => { await gateway?.stop(); }, 30_000);
  return { trial, get client() { return gateway!.client; } };
}
