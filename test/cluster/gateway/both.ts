/** The gateways that rollouts are held to. */
import { EnvoyGateway, envoyGatewayObjects, envoyGatewayPrograms } from './envoy-gateway';
import { Gateway, GATEWAY_CLASS, gatewayObject, installCrds } from './gateway';
import { gatewayPrograms } from './programs';
import { TestCluster } from '../support/use-cluster';

/** Each starts one, as the Gateway of its name in namespace `gateways`. */
export const GATEWAYS: { readonly [name: string]: (cluster: TestCluster) => Promise<Gateway | EnvoyGateway> } = {
  'contour': async ({ api, controlPlane }) => {
    const programs = await gatewayPrograms();
    await installCrds(api, programs.crds);
    const object = gatewayObject('contour', 'gateways', { from: 'All' });
    await api.applyAll([GATEWAY_CLASS, object]);
    return Gateway.start(api, controlPlane, programs, object, '127.0.1.1');
  },
  'envoy-gateway': async ({ api, controlPlane }) => {
    const programs = await envoyGatewayPrograms();
    await installCrds(api, programs.crds);
    const { settings, gateway } = envoyGatewayObjects('envoy-gateway', 'gateways');
    await api.applyAll([...settings, gateway]);
    return EnvoyGateway.start(api, controlPlane, programs, (await gatewayPrograms()).envoy, gateway);
  },
};
