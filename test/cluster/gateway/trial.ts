/** Small fleets that a test can change: a canary whose steps it goes through, as the example with gpt-oss does, and groups over two nodes. */
import { Chart, Duration, Testing } from 'cdk8s';
import { CanaryDriver, Capacity, Engine, GpuNodePool, InferenceFleet, Model, ModelCanary, ModelRoute, NodeProvisioner, TrafficShift, Weights } from '../../../src';
import { KubeObject } from '../support/kube-object';

export const TRIAL = {
  hostname: 'trial.example.com',
  /** The same fleet as the canary's stable one, with little time for each request. */
  quickHostname: 'quick.example.com',
  quickSeconds: 5,
  model: 'llama-8b',
  namespace: 'trial',
  /** Percent, from step 1 on. */
  shares: [5, 50, 100],
};

export const GROUPS = { hostname: 'groups.example.com', model: 'llama-70b', namespace: 'groups', replicas: 2, nodesPerReplica: 2 };

const GATEWAY = { name: 'public', gatewayNamespace: 'gateways' };
const MACHINES = NodeProvisioner.karpenterAws({ instanceTypes: ['g6e.12xlarge'], nodeClassName: 'gpu' });
const WEIGHTS = Weights.fromImage({ reference: `example.com/llama@sha256:${'0'.repeat(64)}` });

/** A candidate of more replicas than each step takes would hide what is asked. */
const REPLICAS = { stable: 3, candidate: 2 };

/** What a test may say of the trial. */
export interface TrialOptions {
  readonly step: number;
  /** @default - that of the stable fleet */
  readonly candidateNamespace?: string;
}

/** The objects of the trial at a step, and the names of its two workloads. */
export function trial({ step, candidateNamespace }: TrialOptions): { objects: KubeObject[]; stable: string; candidate: string } {
  const app = Testing.app();
  const chart = new Chart(app, 'trial', { namespace: TRIAL.namespace });
  const other = candidateNamespace === undefined ? chart : new Chart(app, 'next', { namespace: candidateNamespace });
  const pool = new GpuNodePool(chart, 'Pool', { provisioner: MACHINES, maxGpus: 8 });
  const fleet = (scope: Chart, id: string, replicas: number) => new InferenceFleet(scope, id, {
    model: Model.named('meta-llama/Llama-3.1-8B-Instruct'),
    servedModelName: TRIAL.model,
    pools: [pool],
    engine: Engine.vllm({ allowMutableTag: true }),
    capacity: Capacity.manual({ replicas, layout: { tensorParallel: 1 } }),
    weights: WEIGHTS,
    ownership: { team: 'trial' },
  });
  const stable = fleet(chart, 'Stable', REPLICAS.stable);
  const candidate = fleet(other, 'Candidate', REPLICAS.candidate);
  new ModelCanary(chart, 'Canary', {
    route: new ModelRoute(chart, 'Route', { fleet: stable, hostnames: [TRIAL.hostname], gateway: GATEWAY }),
    stable,
    candidate,
    shift: TrafficShift.steps(TRIAL.shares.map((percentage) => ({ percentage }))),
    driver: CanaryDriver.manual({ step }),
  });
  new ModelRoute(chart, 'Quick', { fleet: stable, hostnames: [TRIAL.quickHostname], gateway: GATEWAY, requestTimeout: Duration.seconds(TRIAL.quickSeconds) });
  return {
    objects: app.charts.flatMap((each) => JSON.parse(JSON.stringify(Testing.synth(each)))),
    stable: stable.workloadName,
    candidate: candidate.workloadName,
  };
}

/** The objects of a fleet whose replicas are groups of pods, and of a route to it. */
export function groups(): KubeObject[] {
  const chart = new Chart(Testing.app(), 'groups', { namespace: GROUPS.namespace });
  const fleet = new InferenceFleet(chart, 'Fleet', {
    model: Model.named('meta-llama/Llama-3.3-70B-Instruct'),
    servedModelName: GROUPS.model,
    pools: [new GpuNodePool(chart, 'Pool', { provisioner: MACHINES, maxGpus: 16 })],
    engine: Engine.vllm({ allowMutableTag: true }),
    capacity: Capacity.manual({ replicas: GROUPS.replicas, layout: { tensorParallel: 4, pipelineParallel: GROUPS.nodesPerReplica } }),
    weights: WEIGHTS,
    ownership: { team: 'groups' },
  });
  new ModelRoute(chart, 'Route', { fleet, hostnames: [GROUPS.hostname], gateway: GATEWAY });
  return JSON.parse(JSON.stringify(Testing.synth(chart)));
}
