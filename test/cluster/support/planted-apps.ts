import { ApiObject, Chart, Duration, JsonPatch } from 'cdk8s';
import { Secret } from 'cdk8s-plus-28';
import { Construct, IConstruct } from 'constructs';
import {
  CanaryDriver, Capacity, Engine, GpuNodePool, GpuNodePoolProps, IGpuNodePool, InferenceFleet, InferenceFleetProps, Model, ModelCanary, ModelCanaryProps, ModelRoute, ModelRouteProps,
  NodeProvisioner, TrafficShift, Weights,
} from '../../../src';

/** Props as someone writes them who is wrong about them, also about their types. */
type Wrong<Props> = { readonly [prop in keyof Props]?: any };

const LLAMA = 'meta-llama/Llama-3.1-8B-Instruct';
const NODE_CLASS = {
  role: 'gpu-nodes',
  subnets: [{ tags: { 'example.com/discovery': 'cluster' } }],
  securityGroups: [{ tags: { 'example.com/discovery': 'cluster' } }],
  amis: [{ alias: 'al2023@v20260801' }],
};

/** Four nodes with eight GPUs each, which exist. */
export function machines(chart: Construct, more: Wrong<Parameters<typeof GpuNodePool.fromGpuNodePoolAttributes>[2]> = {}): IGpuNodePool {
  return GpuNodePool.fromGpuNodePoolAttributes(chart, 'Machines', {
    instanceType: 'p5.48xlarge', nodeLabels: { 'example.com/pool': 'h100' }, poolName: 'h100', maxGpus: 32, ...more,
  });
}

/** A pool that Karpenter fills. */
export function karpenterPool(chart: Construct, options: any = {}, props: Wrong<GpuNodePoolProps> = {}): GpuNodePool {
  return new GpuNodePool(chart, 'Pool', {
    provisioner: NodeProvisioner.karpenterAws({
      instanceTypes: ['p5.48xlarge'],
      ...options,
      nodeClass: options.nodeClassName === undefined ? { ...NODE_CLASS, ...options.nodeClass } : undefined,
    }),
    maxGpus: 32,
    poolName: 'h100',
    ...props,
  });
}

/** A fleet of two replicas of one GPU. */
export function fleet(chart: Construct, props: Wrong<InferenceFleetProps> = {}, id = 'Llama'): InferenceFleet {
  return new InferenceFleet(chart, id, {
    model: Model.named(LLAMA),
    pools: props.pools ? [] : [machines(chart)],
    capacity: Capacity.manual({ replicas: 2, layout: { tensorParallel: 1 } }),
    weights: Weights.fromClaim({ claimName: 'llama' }),
    engine: vllm(),
    ...props,
  });
}

/** A fleet whose replica spans two nodes. */
export function groups(chart: Construct, props: Wrong<InferenceFleetProps> = {}): InferenceFleet {
  return fleet(chart, {
    model: Model.named('deepseek-ai/DeepSeek-R1'),
    capacity: Capacity.manual({ replicas: 1, layout: { tensorParallel: 8, pipelineParallel: 2 } }),
    ...props,
  });
}

/** vLLM in an image whose digest is known. */
export function vllm(options: any = {}): Engine {
  return Engine.vllm({ version: '0.31.0', ...options });
}

/** A server of one's own. */
export function ownServer(options: any = {}): Engine {
  return Engine.custom({
    name: 'own', image: `registry.example.com/own@sha256:${'0'.repeat(64)}`, args: ['--model=$(MODEL_PATH)'], port: 8080, readyPath: '/ready', ...options,
  });
}

/** Weights that a Job downloads. */
export function hub(options: any = {}): Weights {
  return Weights.fromHub({ revision: '0e9e39f249a16976918f6564b8830bc894c89659', accessMode: 'ReadWriteMany', ...options });
}

/** A token as a hub takes it. */
export function token(chart: Construct, name = 'hub', key = 'token') {
  return { secret: Secret.fromSecretName(chart, 'Token', name), key };
}

/** A route to a fleet. */
export function route(chart: Construct, props: Wrong<ModelRouteProps> = {}, id = 'Route'): ModelRoute {
  return new ModelRoute(chart, id, {
    fleet: props.fleet ?? fleet(chart), hostnames: ['chat.example.com'], gateway: { name: 'public', gatewayNamespace: 'gateways' }, ...props,
  });
}

/** Two fleets of one pool, and a rollout from one to the other. */
export function canary(chart: Construct, props: Wrong<ModelCanaryProps> = {}, candidate: Wrong<InferenceFleetProps> = {}): ModelCanary {
  const pools = [machines(chart)];
  const stable = props.stable ?? fleet(chart, { pools }, 'Stable');
  return new ModelCanary(chart, 'Canary', {
    route: props.route ?? route(chart, { fleet: stable }),
    stable,
    candidate: props.candidate ?? fleet(chart, { pools, ...candidate }, 'Candidate'),
    driver: CanaryDriver.manual({ step: 1 }),
    shift: TrafficShift.canary({ percentage: 5, bakeTime: Duration.minutes(30) }),
    ...props,
  });
}

/** Where the library's own patches would be written: the object of a kind below a construct. */
export function object(within: IConstruct, kind: string, nameEnd = ''): ApiObject {
  const found = within.node.findAll().filter((child): child is ApiObject => ApiObject.isApiObject(child) && child.kind === kind && child.name.endsWith(nameEnd));
  if (found.length !== 1) { throw new Error(`${found.length} objects below '${within.node.path}' are a ${kind} that ends with '${nameEnd}'`); }
  return found[0];
}

/** Adds or replaces a field of the workload. */
export function put(within: IConstruct, path: string, value: unknown): void {
  ApiObject.of(within).addJsonPatch(JsonPatch.add(path, value));
}

/** Takes a field of the workload away. */
export function drop(within: IConstruct, path: string): void {
  ApiObject.of(within).addJsonPatch(JsonPatch.remove(path));
}

/** Adds or replaces a field of another object. */
export function putInto(within: IConstruct, kind: string, path: string, value: unknown, nameEnd = ''): void {
  object(within, kind, nameEnd).addJsonPatch(JsonPatch.add(path, value));
}

/** The chart of every planted fault. */
export const NAMESPACE = 'planted';

/** What is right: each of these is accepted by synthesis and by the control plane, or nothing that is planted in them counts. */
export const SOUND_APPS: { readonly [title: string]: (chart: Chart) => void } = {
  'a fleet': (chart) => { fleet(chart); },
  'a fleet over two nodes': (chart) => { groups(chart); },
  'a fleet that downloads its weights': (chart) => { fleet(chart, { weights: hub({ token: token(chart) }) }); },
  'a fleet with a server of one\'s own': (chart) => { fleet(chart, { engine: ownServer() }); },
  'a fleet on a pool of Karpenter\'s': (chart) => { fleet(chart, { pools: [karpenterPool(chart)] }); },
  'a route': (chart) => { route(chart); },
  'a rollout by hand': (chart) => { canary(chart); },
  'a rollout that moves itself': (chart) => { canary(chart, { driver: CanaryDriver.runner({ requestsPerSecond: 10 }) }); },
};
