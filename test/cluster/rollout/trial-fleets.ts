/** Small fleets that a rollout goes from and to. */
import { Chart } from 'cdk8s';
import { Capacity, Engine, GpuNodePool, InferenceFleet, InferenceFleetProps, Model, NodeProvisioner, Weights } from '../../../src';

export const MODEL = 'llama-8b';
/** Of each fleet, by its plan. */
export const REPLICAS = 2;

/** Makes fleets in one pool of the chart. */
export function trialFleets(chart: Chart, team: string, props: Partial<InferenceFleetProps> = {}): (id: string) => InferenceFleet {
  const provisioner = NodeProvisioner.karpenterAws({ instanceTypes: ['g6e.12xlarge'], nodeClassName: 'gpu' });
  const pool = new GpuNodePool(chart, 'Pool', { provisioner, maxGpus: 8 });
  return (id) => new InferenceFleet(chart, id, {
    model: Model.named('meta-llama/Llama-3.1-8B-Instruct'),
    servedModelName: MODEL,
    pools: [pool],
    engine: Engine.vllm({ allowMutableTag: true }),
    capacity: Capacity.manual({ replicas: REPLICAS, layout: { tensorParallel: 1 } }),
    weights: Weights.fromImage({ reference: `example.com/llama@sha256:${'0'.repeat(64)}` }),
    ownership: { team },
    ...props,
  });
}
