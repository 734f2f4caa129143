/** Two small fleets, the route that stands before, during and after a rollout, and the overlay as the canary makes it and the runner writes it. */
import { Chart, Testing } from 'cdk8s';
import { Construct } from 'constructs';
import { trialFleets } from './trial-fleets';
import { routeObject, Traffic } from '../../../runner/route';
import { CanaryContext, CanaryDriver, ModelCanary, ModelCanaryProps, ModelRoute } from '../../../src';
import { RolloutRoute, RolloutSpec } from '../../../src/rollout/rollout-spec';
import { KubeObject } from '../support/kube-object';

/** Keeps what a canary tells its driver. */
class Listener extends CanaryDriver {
  public context!: CanaryContext;
  public bind(_scope: Construct, context: CanaryContext): void { this.context = context; }
}

export interface OverlayTrial {
  readonly namespace: string;
  readonly hostname: string;
  /** Both fleets, without routes. */
  readonly objects: KubeObject[];
  /** The route of Git, with all requests on one fleet. */
  readonly base: { readonly [side in 'stable' | 'candidate']: KubeObject };
  /** Names of the workloads. */
  readonly stable: string;
  readonly candidate: string;
  /** The overlay as the runner writes it for a weight. */
  overlay(weight: number, name?: string, traffic?: Omit<Traffic, 'weight'>): KubeObject;
}

/** Each gateway has a trial of its own; with other props it has the same fleets and routes. */
export function overlayTrial(gateway: string, props: Pick<ModelCanaryProps, 'preview' | 'mirror'> = {}): OverlayTrial {
  const [namespace, hostname] = [`behind-${gateway}`, `${gateway}.example.com`];
  const synth = (routed: 'stable' | 'candidate') => {
    const chart = new Chart(Testing.app(), gateway, { namespace });
    const fleet = trialFleets(chart, 'overlay');
    const fleets = { stable: fleet('Stable'), candidate: fleet('Candidate') };
    const route = new ModelRoute(chart, 'Route', { fleet: fleets[routed], hostnames: [hostname], gateway: { name: gateway, gatewayNamespace: 'gateways' } });
    const driver = new Listener();
    if (routed === 'stable') { new ModelCanary(chart, 'Canary', { route, ...fleets, driver, ...props }); }
    const objects: KubeObject[] = JSON.parse(JSON.stringify(Testing.synth(chart)));
    return { objects, fleets, driver };
  };
  const [{ objects, fleets, driver: { context } }, promoted] = [synth('stable'), synth('candidate')];
  const routeOf = (all: KubeObject[]) => all.find(({ kind }) => kind === 'HTTPRoute')!;
  return {
    namespace,
    hostname,
    objects: objects.filter(({ kind }) => kind !== 'HTTPRoute'),
    base: { stable: routeOf(objects), candidate: routeOf(promoted.objects) },
    stable: fleets.stable.workloadName,
    candidate: fleets.candidate.workloadName,
    overlay(weight, name = context.overlay.name, traffic = {}) {
      const template = context.overlay.toHttpRoute(0, { mirrored: true });
      const route: RolloutRoute = {
        namespace, name, template, previewRules: context.overlay.previewRules, stable: { name: fleets.stable.serviceName }, candidate: { name: fleets.candidate.serviceName }, leastWeight: 0,
      };
      const spec = { hash: 'trial', route } as unknown as RolloutSpec; // the rest of it does not show on the route
      return JSON.parse(JSON.stringify(routeObject(spec, { weight, epoch: 1, ...traffic })));
    },
  };
}
