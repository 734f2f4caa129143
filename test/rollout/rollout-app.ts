import { Chart, Testing } from 'cdk8s';
import { chart, existingPool, FakeFleet, FakeFleetProps } from './fakes';
import { readSpec } from '../../runner/spec-reader';
import { CanaryDriver } from '../../src/rollout/canary-driver';
import { ModelCanary, ModelCanaryProps } from '../../src/rollout/model-canary';
import { RolloutSpec } from '../../src/rollout/rollout-spec';
import { RunnerDriverOptions } from '../../src/rollout/runner-driver-options';
import { ModelRoute, ModelRouteProps } from '../../src/routing/model-route';

/** What a test may say of a rollout that the runner moves; everything else is two fleets of four replicas in namespace `chat`, at 10 requests/s. */
export interface RolloutSetting {
  readonly canary?: Partial<ModelCanaryProps>;
  readonly stable?: FakeFleetProps;
  readonly candidate?: FakeFleetProps;
  readonly route?: Partial<ModelRouteProps>;
  readonly at?: Chart;
}

export function rolloutApp(options: RunnerDriverOptions = {}, { canary, stable, candidate, route, at = chart('chat') }: RolloutSetting = {}) {
  const pool = existingPool(at, 'H100');
  const both = { pool, namespace: 'chat', replicas: 4, gpusPerReplica: 1 };
  const [one, two] = [new FakeFleet(at, 'Stable', { ...both, ...stable }), new FakeFleet(at, 'Next', { ...both, ...candidate })];
  const beneath = new ModelRoute(at, 'Route', { fleet: one, hostnames: ['llm.example.com'], gateway: { name: 'public', gatewayNamespace: 'gateways' }, routeName: 'llm', ...route });
  const made = new ModelCanary(at, 'Canary', { route: beneath, stable: one, candidate: two, driver: CanaryDriver.runner(options), rolloutName: 'llm-canary', ...canary });
  return { at, stable: one, candidate: two, canary: made };
}

/** The objects of the rollout alone. */
export function rolloutObjects(at: Chart): any[] {
  return JSON.parse(JSON.stringify(Testing.synth(at))).filter(({ metadata }: any) => metadata.name.startsWith('llm-canary'));
}

export function objectOf(at: Chart, kind: string, name?: string): any {
  const found = rolloutObjects(at).filter((object) => object.kind === kind && (name === undefined || object.metadata.name === name));
  if (found.length !== 1) { throw new Error(`${found.length} objects are ${kind} ${name ?? ''}`); }
  return found[0];
}

/** The spec as the runner reads it. */
export function specOf(at: Chart): RolloutSpec { return readSpec(objectOf(at, 'ConfigMap', 'llm-canary').data.spec); }
