import { KubeObject } from './kube-object';
import { Signal } from '../../../src/catalog/signal';
import { ArgoRolloutsStage } from '../../../src/rollout/argo-driver';
import { CanaryDriver } from '../../../src/rollout/canary-driver';
import { CanaryGate } from '../../../src/rollout/canary-gate';
import { CanaryPreview } from '../../../src/rollout/canary-preview';
import { ExpectedAnswer } from '../../../src/rollout/evaluation-options';
import { ModelCanary } from '../../../src/rollout/model-canary';
import { ModelRoute } from '../../../src/routing/model-route';
import { chart } from '../../rollout/fakes';
import { fleet, FleetOverrides, TestEngine, TestPool } from '../../support/fleet';
import { render } from '../../support/render';

class Vllm extends TestEngine { public readonly name = 'vllm'; public readonly version = '0.33.0'; }

/** Everything that Argo Rollouts is given, at a stage. */
export function argoRollout(stage: ArgoRolloutsStage): KubeObject[] {
  const at = chart('chat');
  const shared: FleetOverrides = { in: at, pools: [new TestPool(at, 'pool')], plan: { replicas: 4 }, engine: new Vllm(), servedModelName: 'llama' };
  const [stable, candidate] = ['v1', 'v2'].map((id) => fleet({ ...shared, id }));
  const route = new ModelRoute(at, 'Route', { fleet: stable, hostnames: ['llm.example.com'], gateway: { name: 'public' } });
  new ModelCanary(at, 'Canary', {
    route,
    stable,
    candidate,
    rolloutName: 'chat',
    gates: [
      CanaryGate.below(Signal.ERROR_RATIO, 0.01),
      CanaryGate.noWorseThanStable(Signal.TIME_TO_FIRST_TOKEN, 1.3),
      CanaryGate.evaluation({ prompts: [{ prompt: '2 + 2?', expected: ExpectedAnswer.exactly('4') }] }),
    ],
    preview: CanaryPreview.tenants('x-tenant', ['acme', 'globex']),
    driver: CanaryDriver.argoRollouts({ stage }),
  });
  return render(at).objects;
}
