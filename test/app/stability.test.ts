import { App, Chart, Testing } from 'cdk8s';
import { EnvValue, Secret } from 'cdk8s-plus-28';
import * as fc from 'fast-check';
import {
  Capacity, Engine, GpuNodePool, IGpuNodePool, InferenceFleet, InferenceFleetProps, Load, Model, ModelRoute, NodeProvisioner, Signal, Weights,
} from '../../src';
import { titleOf } from '../support/manifest-checks';
import { objectsIn } from '../support/objects';
import { podTemplates } from '../support/pod-security';

const TARGET = { load: Load.requestsPerSecond(2, { promptTokens: 500, outputTokens: 200 }) };

function poolIn(chart: Chart, id = 'L40s', maxGpus = 64): GpuNodePool {
  return new GpuNodePool(chart, id, { provisioner: NodeProvisioner.karpenterAws({ instanceTypes: ['g6e.12xlarge'], nodeClassName: 'gpu' }), maxGpus });
}

function fleetIn(chart: Chart, id: string, pools: IGpuNodePool[], props: Partial<InferenceFleetProps> = {}): InferenceFleet {
  return new InferenceFleet(chart, id, {
    model: Model.named('meta-llama/Llama-3.1-8B-Instruct'),
    pools,
    capacity: Capacity.forTarget(TARGET),
    weights: Weights.fromHub({ revision: '0123456789abcdef0123456789abcdef01234567', storageClass: 'shared' }),
    engine: Engine.vllm({ allowMutableTag: true }),
    ...props,
  });
}

function routeIn(chart: Chart, id: string, fleet: InferenceFleet): ModelRoute {
  return new ModelRoute(chart, id, { fleet, hostnames: [`${id.toLowerCase()}.example.com`], gateway: { name: 'public', gatewayNamespace: 'gateways' } });
}

/** The bytes of every object of an app, by kind and name. */
function bytes(made: App): { [title: string]: string } {
  return Object.fromEntries(objectsIn(made.synthYaml()).map((object) => [titleOf(object), JSON.stringify(object)]));
}

interface Neighbours {
  readonly before?: (chart: Chart, pool: IGpuNodePool) => void;
  readonly after?: (chart: Chart, pool: IGpuNodePool) => void;
  readonly maxGpus?: number;
  readonly props?: Partial<InferenceFleetProps>;
}

/** Replicas of one GPU, with weights that every node can mount. */
const replicas = (count: number): Partial<InferenceFleetProps> => ({
  capacity: Capacity.manual({ replicas: count, layout: { tensorParallel: 1 } }), weights: Weights.fromClaim({ claimName: 'llama' }),
});

/** An app with one pool, one fleet and one route, and what else `more` puts in it. */
function app(more: Neighbours = {}): App {
  const made = Testing.app();
  const platform = new Chart(made, 'platform');
  const pool = poolIn(platform, 'L40s', more.maxGpus);
  const chart = new Chart(made, 'chat', { namespace: 'chat' });
  more.before?.(chart, pool);
  routeIn(chart, 'Route', fleetIn(chart, 'Llama', [pool], more.props));
  more.after?.(chart, pool);
  return made;
}

const ROLLOUT = 'cdk8s-inference/rollout';

/** Objects of the one app that differ in the other; an update's strategy on a pool with a limit depends on who else is there. */
function differences(before: { [title: string]: string }, after: { [title: string]: string }): string[] {
  const settled = (text?: string) => {
    if (text === undefined) { return undefined; }
    const object = JSON.parse(text);
    delete object.metadata.annotations?.[ROLLOUT];
    return JSON.stringify(object);
  };
  return Object.keys(before).filter((title) => settled(before[title]) !== settled(after[title]));
}

describe('objects that stand keep their bytes', () => {
  const neighbours: [string, Neighbours][] = [
    ['a fleet is declared after them', { after: (chart, pool) => { fleetIn(chart, 'Second', [pool]); } }],
    ['a fleet is declared before them', { before: (chart, pool) => { fleetIn(chart, 'Second', [pool]); } }],
    ['a fleet of another model with a route joins them', {
      before: (chart, pool) => { routeIn(chart, 'SecondRoute', fleetIn(chart, 'Second', [pool], { model: Model.named('Qwen/Qwen3-8B') })); },
    }],
    ['another chart with a pool and a fleet joins the app', {
      after: (chart) => { const other = new Chart(chart.node.root as App, 'other', { namespace: 'other' }); fleetIn(other, 'Llama', [poolIn(other)]); },
    }],
    ['another chart of the same namespace joins the app', {
      after: (chart, pool) => { fleetIn(new Chart(chart.node.root as App, 'other', { namespace: 'chat' }), 'Llama', [pool]); },
    }],
    ['a pool that nobody uses joins the app', { before: (chart) => { poolIn(chart, 'Unused'); } }],
  ];
  test.each(neighbours)('when %s', (_, more) => {
    const alone = bytes(app());
    const joined = bytes(app(more));
    expect(Object.keys(alone).length).toBeGreaterThan(10);
    expect(Object.keys(joined).length).toBeGreaterThan(Object.keys(alone).length);
    expect(differences(alone, joined)).toEqual([]);
  });

  test('when the pool\'s limit grows', () => {
    expect(differences(bytes(app({ maxGpus: 64 })), bytes(app({ maxGpus: 128 })))).toEqual([expect.stringMatching(/^NodePool platform-l40s-[0-9a-f]{8}$/)]);
  });

  test('but for the update\'s strategy, which says why: a full pool has no room for a new replica before the old one ends', () => {
    const deployment = (all: { [title: string]: string }) => JSON.parse(Object.entries(all).find(([title]) => title.startsWith('Deployment chat/chat-llama'))![1]);
    // One replica of one GPU each: the first fleet and its surge fit into four GPUs, with the second one's two they do not.
    const alone = deployment(bytes(app({ maxGpus: 4, props: replicas(1) })));
    const full = deployment(bytes(app({ maxGpus: 4, props: replicas(1), after: (chart, pool) => { fleetIn(chart, 'Second', [pool], replicas(2)); } })));
    expect(alone.spec.strategy.rollingUpdate).toEqual({ maxSurge: 1, maxUnavailable: 0 });
    expect(full.spec.strategy.rollingUpdate).toEqual({ maxSurge: 0, maxUnavailable: 1 });
    expect(full.metadata.annotations[ROLLOUT]).toMatch(/^old replica first: pool 'platform-l40s-[0-9a-f]{8}' holds 4 GPUs, 3 are planned and one more replica of each fleet takes 2$/);
    // Neither rolls a pod: pods are made of the template alone.
    expect(podTemplates(alone)).toEqual(podTemplates(full));
  });
});

test('the order of declarations changes no object, only their order', () => {
  const ids = ['Llama', 'Second', 'Third'];
  const inOrder = (order: string[]) => {
    const made = Testing.app();
    const chart = new Chart(made, 'chat', { namespace: 'chat' });
    const pool = poolIn(chart);
    for (const id of order) { routeIn(chart, `${id}Route`, fleetIn(chart, id, [pool])); }
    return bytes(made);
  };
  const first = inOrder(ids);
  fc.assert(fc.property(fc.shuffledSubarray(ids, { minLength: 3 }), (order) => {
    expect(inOrder(order)).toEqual(first);
  }), { numRuns: 6 });
});

test('the order of charts changes no object', () => {
  const inOrder = (order: string[]) => {
    const made = Testing.app();
    for (const id of order) { const chart = new Chart(made, id, { namespace: id }); fleetIn(chart, 'Llama', [poolIn(chart)]); }
    return bytes(made);
  };
  expect(inOrder(['b', 'a', 'c'])).toEqual(inOrder(['c', 'b', 'a']));
});

/** A map with its entries in the opposite order, as another language may hand it over. */
function reversed<T>(map: { [key: string]: T }): { [key: string]: T } { return Object.fromEntries(Object.entries(map).reverse()); }
const asGiven = <T>(map: { [key: string]: T }) => map;

type Order = <T>(map: { [key: string]: T }) => { [key: string]: T };

describe('a map gives the same bytes in every order of its entries:', () => {
  const secret = (chart: Chart, id: string) => ({ secret: Secret.fromSecretName(chart, id, 'store'), key: 'key' });
  const props: [string, (chart: Chart, order: Order) => Partial<InferenceFleetProps>][] = [
    ['metadata.labels', (_, order) => ({ metadata: { labels: order({ 'example.com/b': '1', 'a': '2', '10': '3', '9': '4' }) } })],
    ['metadata.annotations', (_, order) => ({ metadata: { annotations: order({ 'example.com/b': '1', 'a': '2' }) } })],
    ['engine.env', (_, order) => ({ engine: Engine.vllm({ allowMutableTag: true, env: order({ ZED: EnvValue.fromValue('1'), ALPHA: EnvValue.fromValue('$(ZED)') }) }) })],
    ['engine.limitMultimodalPerPrompt', (_, order) => ({ engine: Engine.vllm({ allowMutableTag: true, limitMultimodalPerPrompt: order({ video: 1, image: 2 }) }) })],
    ['weights.credentials', (chart, order) => ({
      weights: Weights.fromObjectStore({ uri: 's3://bucket/m', credentials: order({ AWS_SECRET_ACCESS_KEY: secret(chart, 'A'), AWS_ACCESS_KEY_ID: secret(chart, 'B') }) }),
    })],
    ['network.clients.podLabels', (_, order) => ({ network: { clients: [{ podLabels: order({ b: '1', a: '2' }), namespaceLabels: order({ d: '1', c: '2' }) }] } })],
    ['network.dnsNamespaceLabels', (_, order) => ({ network: { dnsNamespaceLabels: order({ b: '1', a: '2' }) } })],
    ['monitoring.namespaceLabels', (_, order) => ({ monitoring: { namespaceLabels: order({ b: '1', a: '2' }) } })],
    ['monitoring.labels', (_, order) => ({ monitoring: { labels: order({ release: 'x', a: '2' }) } })],
  ];
  const yamlOf = (make: (chart: Chart) => void): string => {
    const made = Testing.app();
    make(new Chart(made, 'chat', { namespace: 'chat' }));
    return made.synthYaml();
  };

  test.each(props)('%s', (_, make) => {
    const inOrder = (order: Order) => yamlOf((chart) => { fleetIn(chart, 'Llama', [poolIn(chart)], make(chart, order)); });
    expect(inOrder(reversed)).toBe(inOrder(asGiven));
  });

  test('variables that are added to a fleet', () => {
    const inOrder = (order: Order) => yamlOf((chart) => {
      const made = fleetIn(chart, 'Llama', [poolIn(chart)]);
      for (const [name, value] of Object.entries(order({ ZED: '1', ALPHA: '$(ZED)' }))) { made.addEnv(name, EnvValue.fromValue(value)); }
    });
    expect(inOrder(reversed)).toBe(inOrder(asGiven));
  });

  test('clients that are added to a fleet', () => {
    const inOrder = (names: string[]) => yamlOf((chart) => {
      const made = fleetIn(chart, 'Llama', [poolIn(chart)]);
      for (const name of names) { made.addClient({ podLabels: { app: name } }); }
    });
    expect(inOrder(['b', 'a'])).toBe(inOrder(['a', 'b']));
  });

  test('labels, taints\' pools and resources of nodes', () => {
    const inOrder = (order: Order) => yamlOf((chart) => {
      const exists = GpuNodePool.fromGpuNodePoolAttributes(chart, 'Existing', {
        instanceType: 'p5.48xlarge', nodeLabels: order({ b: '1', a: '2' }), rdmaResources: order({ 'rdma/b': 8, 'rdma/a': 8 }),
      });
      fleetIn(chart, 'Llama', [exists], { capacity: Capacity.manual({ replicas: 1, layout: { tensorParallel: 8, pipelineParallel: 2 } }) });
      new GpuNodePool(chart, 'Made', {
        provisioner: NodeProvisioner.karpenterAws({
          instanceTypes: ['p5.48xlarge'],
          nodeClass: {
            role: 'r', subnets: [{ tags: order({ b: '1', a: '2' }) }], securityGroups: [{ tags: order({ d: '1', c: '2' }) }], amis: [{ alias: 'al2023@v1' }], tags: order({ b: '1', a: '2' }),
          },
        }),
        maxGpus: 8,
        extraNodeLabels: order({ b: '1', a: '2' }),
      });
    });
    expect(inOrder(reversed)).toBe(inOrder(asGiven));
  });

  test('labels of a gateway\'s proxies', () => {
    const inOrder = (order: Order) => yamlOf((chart) => {
      const made = fleetIn(chart, 'Llama', [poolIn(chart)]);
      new ModelRoute(chart, 'Route', { fleet: made, hostnames: ['a.example.com'], gateway: { name: 'g', gatewayNamespace: 'n', proxyLabels: order({ b: '1', a: '2' }) } });
    });
    expect(inOrder(reversed)).toBe(inOrder(asGiven));
  });

  test('labels of a query', () => {
    const inOrder = (order: Order) => Signal.QUEUE_TIME.query({ engine: 'vllm', selector: order({ b: '1', a: '2' }), patterns: order({ d: '1', c: '2' }), groupBy: ['z', 'y'] });
    expect(inOrder(reversed)).toBe(inOrder(asGiven));
  });
});
