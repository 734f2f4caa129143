import { App, Chart, Testing } from 'cdk8s';
import * as fc from 'fast-check';
import { chart, messageOf, one, pool } from './support';
import { Accelerator } from '../../src/catalog/accelerator';
import { InstanceType } from '../../src/catalog/instance';
import { claimGpus } from '../../src/nodes/gpu-budget';
import { GpuNodePool, GpuNodePoolAttributes } from '../../src/nodes/gpu-node-pool';
import { NodeDescription, NodeProvisionerConfig, NodeProvisionerContext } from '../../src/nodes/node-description';
import { NodeProvisioner } from '../../src/nodes/node-provisioner';

const existing = (attrs: Partial<GpuNodePoolAttributes>, at: Chart = chart()) =>
  GpuNodePool.fromGpuNodePoolAttributes(at, 'H100', { nodeLabels: { gpu: 'h100' }, ...attrs } as GpuNodePoolAttributes);

describe('a pool', () => {
  test('derives what its nodes are from their instance type', () => {
    const row = InstanceType.named('p5.48xlarge');
    const made = pool();
    expect([made.poolName, made.accelerator.name, made.gpusPerNode, made.maxGpus]).toEqual(['h100', 'h100-sxm', 8, 16]);
    expect(made.dollarsPerGpuHour).toBeCloseTo(55.04 / 8, 10);
    expect(made.allocatableCpuMillis).toBe(191_450);
    expect(made.allocatableMemoryBytes).toBe(1_938_410 * 2 ** 20);
    expect(made.networkBytesPerSecond).toBe(row.networkBytesPerSecond);
    expect(made.nodeLabels).toEqual({ 'cdk8s-inference/pool': 'h100' });
    expect(made.taints).toEqual([{ key: 'nvidia.com/gpu', value: 'present', effect: 'NoSchedule' }]);
  });

  test('of several instance types is as small as the smallest and as cheap as the cheapest', () => {
    const types = ['g6.16xlarge', 'g6.2xlarge', 'g6.xlarge'].map((name) => InstanceType.named(name));
    const made = pool({ instanceTypes: types.map(({ name }) => name) });
    expect(made.allocatableCpuMillis).toBe(Math.min(...types.map((type) => type.allocatableCpuMillis!)));
    expect(made.allocatableMemoryBytes).toBe(Math.min(...types.map((type) => type.allocatableMemoryBytes!)));
    expect(made.networkBytesPerSecond).toBe(Math.min(...types.map((type) => type.networkBytesPerSecond!)));
    expect(made.dollarsPerGpuHour).toBe(Math.min(...types.map((type) => type.dollarsPerHour!)));
  });

  test('has no price where one of its types has none', () => {
    expect(pool({ instanceTypes: ['p5en.48xlarge'] }).dollarsPerGpuHour).toBeCloseTo(63.296 / 8, 10);
    expect(pool({ instanceTypes: ['p5e.48xlarge', 'p5en.48xlarge'] }).dollarsPerGpuHour).toBeUndefined();
  });

  test('believes what is stated, and taints by the resource of the accelerator', () => {
    const made = pool({}, {
      dollarsPerGpuHour: 2, allocatableCpuMillis: 100, allocatableMemoryBytes: 200, allocatableStorageBytes: 300, networkBytesPerSecond: 400,
    });
    expect([made.dollarsPerGpuHour, made.allocatableCpuMillis, made.allocatableMemoryBytes, made.allocatableStorageBytes, made.networkBytesPerSecond])
      .toEqual([2, 100, 200, 300, 400]);
    const accelerator = Accelerator.of({
      name: 'x1', memoryBytes: 64e9, memoryBytesPerSecond: 2e12, bf16FlopsPerSecond: 4e14, resourceName: 'example.com/x1',
    });
    const at = chart();
    expect(pool({ instanceTypes: ['x1.8xlarge'] }, { accelerator, gpusPerNode: 4 }, at).taints).toEqual([{ key: 'example.com/x1', value: 'present', effect: 'NoSchedule' }]);
    expect(one(at, 'NodePool').spec.limits).toEqual({ 'example.com/x1': '16' });
    expect(one(at, 'NodePool').spec.template.spec.requirements.map(({ key }: any) => key)).not.toContain('kubernetes.io/arch');
  });

  test('is named after its path where it has no name, and keeps it whatever stands beside it', () => {
    const [alone, beside] = [chart(), chart()];
    const name = pool({}, { poolName: undefined }, alone).poolName;
    pool({}, { poolName: undefined }, beside, 'A100');
    expect(pool({}, { poolName: undefined }, beside).poolName).toBe(name);
    expect(name).toMatch(/^platform-h100-[0-9a-f]{8}$/);
    expect(one(alone, 'NodePool').metadata.name).toBe(name);
  });

  test('has legal names for any construct id', () => {
    fc.assert(fc.property(fc.string({ unit: 'binary', minLength: 1, maxLength: 90 }).filter((id) => id.replace(/\//g, '').length > 0 && !(id in {})), (id) => {
      const made = pool({}, { poolName: undefined }, chart(), id);
      expect(made.poolName).toMatch(/^[a-z]([-a-z0-9]{0,48}[a-z0-9])?$/);
      expect(made.nodeLabels['cdk8s-inference/pool']).toBe(made.poolName);
    }), { numRuns: 60 });
  });

  test('gives copies', () => {
    const made = pool({ efa: true, zones: ['us-east-1a'] });
    made.nodeLabels.x = 'y';
    made.taints.pop();
    made.rdmaResources['vpc.amazonaws.com/efa'] = 0;
    expect(made.nodeLabels).toEqual({ 'cdk8s-inference/pool': 'h100' });
    expect(made.taints).toHaveLength(1);
    expect(made.rdmaResources).toEqual({ 'vpc.amazonaws.com/efa': 32 });
  });
});

describe('another provisioner', () => {
  class Cloud extends NodeProvisioner {
    public told?: NodeProvisionerContext;
    constructor(private readonly description: NodeDescription, private readonly config: NodeProvisionerConfig = {}) { super(); }
    public describe(): NodeDescription { return this.description; }
    public bind(_scope: unknown, context: NodeProvisionerContext): NodeProvisionerConfig { this.told = context; return this.config; }
  }

  test('is told what the pool is, and adds labels and taints of its own', () => {
    const cloud = new Cloud({ accelerator: Accelerator.named('l4'), gpusPerNode: 2 }, {
      nodeLabels: { 'cloud.google.com/compute-class': 'l4' }, taints: [{ key: 'cloud.google.com/compute-class', value: 'l4', effect: 'NoSchedule' }],
    });
    const made = new GpuNodePool(chart(), 'L4', { provisioner: cloud, maxGpus: 4, poolName: 'l4' });
    expect(cloud.told).toEqual({
      poolName: 'l4',
      accelerator: made.accelerator,
      gpusPerNode: 2,
      maxGpus: 4,
      nodeLabels: { 'cdk8s-inference/pool': 'l4' },
      taints: [{ key: 'nvidia.com/gpu', value: 'present', effect: 'NoSchedule' }],
      objectLabels: { 'app.kubernetes.io/managed-by': 'cdk8s-inference', 'app.kubernetes.io/name': 'l4' },
    });
    expect(made.nodeLabels).toEqual({ 'cdk8s-inference/pool': 'l4', 'cloud.google.com/compute-class': 'l4' });
    expect(made.taints.map(({ key }) => key)).toEqual(['nvidia.com/gpu', 'cloud.google.com/compute-class']);
  });

  test('that does not know its nodes leaves that to the pool', () => {
    expect(messageOf(() => new GpuNodePool(chart(), 'L4', { provisioner: new Cloud({}), maxGpus: 4 })))
      .toBe("[platform/L4] the provisioner does not say what its nodes carry; state 'accelerator' and 'gpusPerNode' of the nodes");
  });
});

describe('nodes that exist', () => {
  test('are taken as they are stated', () => {
    const accelerator = Accelerator.named('h100-sxm');
    const at = chart();
    const made = existing({
      accelerator,
      gpusPerNode: 8,
      poolName: 'metal',
      maxGpus: 12,
      taints: [{ key: 'gpu', effect: 'NoSchedule' }],
      dollarsPerGpuHour: 1.5,
      allocatableCpuMillis: 1,
      allocatableMemoryBytes: 2,
      allocatableStorageBytes: 3,
      networkBytesPerSecond: 4,
      rdmaResources: { 'rdma/ib': 8 },
    }, at);
    expect(JSON.parse(JSON.stringify(made, (key, value) => (key === 'node' ? undefined : value)))).toEqual({
      accelerator: JSON.parse(JSON.stringify(accelerator)),
      gpusPerNode: 8,
      poolName: 'metal',
      maxGpus: 12,
      nodeLabels: { gpu: 'h100' },
      taints: [{ key: 'gpu', effect: 'NoSchedule' }],
      dollarsPerGpuHour: 1.5,
      allocatableCpuMillis: 1,
      allocatableMemoryBytes: 2,
      allocatableStorageBytes: 3,
      networkBytesPerSecond: 4,
      rdmaResources: { 'rdma/ib': 8 },
    });
    expect(Testing.synth(at)).toEqual([]);
  });

  test('are known by their machine type, of any cloud', () => {
    const made = existing({ instanceType: 'standard_nd96isr_h100_v5' });
    expect([made.accelerator.name, made.gpusPerNode, made.maxGpus]).toEqual(['h100-sxm', 8, undefined]);
    expect(existing({ instanceType: 'p5.48xlarge' }).dollarsPerGpuHour).toBeCloseTo(6.88, 10);
    expect(existing({ instanceType: 'p5.48xlarge' }).poolName).toMatch(/^platform-h100-[0-9a-f]{8}$/);
  });

  test.each<[string, any, string]>([
    ['no attributes', null, "the attributes of a pool are null but must give at least 'nodeLabels'"],
    ['nothing about the nodes', { nodeLabels: { a: 'b' } }, "'instanceType' is missing; state 'accelerator' and 'gpusPerNode' of the nodes"],
    ['an unknown machine type', { nodeLabels: { a: 'b' }, instanceType: 'p5.48xlarg', gpusPerNode: 8 },
      "unknown instance type 'p5.48xlarg'; did you mean 'p5.48xlarge'? If not, state 'accelerator' of the nodes"],
    ['no labels', { instanceType: 'p5.48xlarge' }, "'nodeLabels' is undefined but must map label keys to values"],
    ['empty labels', { instanceType: 'p5.48xlarge', nodeLabels: {} }, "'nodeLabels' is empty; give the labels by which pods find these nodes, e.g. 'nvidia.com/gpu.product'"],
    ['resources that are a list', { instanceType: 'p5.48xlarge', nodeLabels: { a: 'b' }, rdmaResources: ['efa'] }, "'rdmaResources' is a list of 1 but must map resources to numbers"],
    ['parts of a resource', { instanceType: 'p5.48xlarge', nodeLabels: { a: 'b' }, rdmaResources: { 'rdma/hca': 0.5 } }, "'rdmaResources.rdma/hca' is 0.5 but must be a whole number from 1 to 1000000"],
    ['a resource without a domain', { instanceType: 'p5.48xlarge', nodeLabels: { a: 'b' }, rdmaResources: { efa: 1 } },
      "'rdmaResources' has 'efa' but a resource is a domain and a name, e.g. 'rdma/hca'"],
    ['labels in a Map', { instanceType: 'p5.48xlarge', nodeLabels: new Map([['a', 'b']]) }, "'nodeLabels' is a value of type object but must map label keys to values"],
  ])('are refused for %s', (_, attrs, sentence) => {
    expect(messageOf(() => GpuNodePool.fromGpuNodePoolAttributes(chart(), 'H100', attrs))).toBe(`[platform/H100] ${sentence}`);
  });
});

describe('refuses, in one sentence,', () => {
  test.each<[string, any, string]>([
    ['no provisioner', { provisioner: undefined }, "'provisioner' is undefined but must be a NodeProvisioner, e.g. NodeProvisioner.karpenterAws(…)"],
    ['no budget', { maxGpus: undefined }, "'maxGpus' is missing but a pool needs a budget of GPUs, all nodes together"],
    ['a negative budget', { maxGpus: -8 }, "'maxGpus' is -8 but must be a whole number of GPUs from 1 to 1000000"],
    ['a budget below one node', { maxGpus: 4 }, "'maxGpus' is 4 but one node has 8 GPUs; use 8"],
    ['a budget of parts of nodes', { maxGpus: 12 }, "'maxGpus' is 12 but one node has 8 GPUs; use 8 or 16"],
    ['an accelerator that is a text', { accelerator: 'h100-sxm' }, "'accelerator' is 'h100-sxm' but must be an Accelerator, e.g. Accelerator.named('h100-sxm')"],
    ['an accelerator that the types do not carry', { accelerator: Accelerator.named('l4') }, "'accelerator' is 'l4' but the instance types carry 'h100-sxm'; leave 'accelerator' out"],
    ['a number that the types do not have', { gpusPerNode: 4 }, "'gpusPerNode' is 4 but the instance types have 8; leave 'gpusPerNode' out"],
    ['a price that is a text', { dollarsPerGpuHour: '2' }, "'dollarsPerGpuHour' is '2' but must be a number of US dollars from 0 to 1000000"],
    ['memory that is not a number', { allocatableMemoryBytes: NaN }, "'allocatableMemoryBytes' is NaN but must be a number of bytes above 0 and at most 1000000000000000000"],
    ['a name with capitals', { poolName: 'H100' }, "'poolName' is 'H100' but must be 1 to 50 lower-case letters, digits and '-', starting with a letter and not ending with '-'"],
    ['a name that is too long', { poolName: 'x'.repeat(51) }, `'poolName' is '${'x'.repeat(51)}' but must be 1 to 50 lower-case letters, digits and '-', starting with a letter and not ending with '-'`],
    ['the label of the pool', { extraNodeLabels: { 'cdk8s-inference/pool': 'x' } }, "'extraNodeLabels' has 'cdk8s-inference/pool', which names the pool; use 'poolName'"],
    ['labels that are a list', { extraNodeLabels: ['a'] }, "'extraNodeLabels' is a list of 1 but must map label keys to values"],
    ['a label with a wrong value', { extraNodeLabels: { a: 'b c' } },
      "in 'extraNodeLabels', the value of label 'a' is not a legal one (up to 63 letters, digits, '-', '_' and '.', with a letter or digit at both ends)"],
    ['taints that are a text', { extraTaints: 'x' }, "'extraTaints' is 'x' but must be a list of taints"],
    ['a taint without a key', { extraTaints: [{ effect: 'NoSchedule' }] }, "a taint of 'extraTaints' has the key undefined but a key is a name of up to 63 letters, digits, '-', '_' and '.', after an optional DNS name and '/'"],
    ['a taint with a wrong value', { extraTaints: [{ key: 'a', value: '', effect: 'NoSchedule' }] }, "taint 'a' of 'extraTaints' has the value '' but a value has 1 to 63 letters, digits, '-', '_' and '.'"],
    ['one taint twice', { extraTaints: [{ key: 'a', value: 'b', effect: 'NoSchedule' }, { key: 'a', value: 'c', effect: 'NoSchedule' }] },
      "'extraTaints' has two taints 'a' with the effect 'NoSchedule' but a node has one of a key and an effect; leave one out"],
    ['a taint in another cloud\'s spelling', { extraTaints: [{ key: 'a', effect: 'NO_SCHEDULE' }] }, "taint 'a' of 'extraTaints' has the effect 'NO_SCHEDULE' but an effect is 'NoSchedule', 'PreferNoSchedule' or 'NoExecute'"],
  ])('%s', (_, props, sentence) => {
    expect(messageOf(() => pool({}, props))).toBe(`[platform/H100] ${sentence}`);
  });

  test('props that are none', () => {
    expect(messageOf(() => new GpuNodePool(chart(), 'H100', undefined as any))).toBe("[platform/H100] the props of a GpuNodePool are undefined but must give 'provisioner' and 'maxGpus'");
  });

  test('two pools of one name', () => {
    const at = chart();
    pool({}, {}, at);
    expect(messageOf(() => pool({}, {}, at, 'Other'))).toBe("[platform/Other] 'poolName' is 'h100' but so is that of 'platform/H100'; give each pool a name of its own");
    expect(existing({ instanceType: 'p5.48xlarge', poolName: 'h100' }, new Chart(App.of(at), 'other')).poolName).toBe('h100');
  });

  test('instance types that nobody knows', () => {
    expect(messageOf(() => pool({ instanceTypes: ['p5.48xlarge', 'p9.96xlarge-metal'] })))
      .toBe("[platform/H100] unknown instance type 'p9.96xlarge-metal'; state 'accelerator' and 'gpusPerNode' of the nodes");
    expect(messageOf(() => pool({ instanceTypes: ['trn1.32xlarge'] })))
      .toBe("[platform/H100] the catalogue does not say what instance type 'trn1.32xlarge' carries; state 'accelerator' of the nodes");
  });

  test('hostile texts, without repeating them whole', () => {
    for (const text of ['x'.repeat(5_000_000), '\u0000\u001b[2J', '../../etc', '💥', '']) {
      for (const body of [
        () => pool({ instanceTypes: [text] }), () => pool({}, { poolName: text }), () => pool({ zones: [text] }), () => pool({}, { extraNodeLabels: { [text]: 'a' } }),
        () => pool({}, { extraTaints: [{ key: text, effect: text }] }), () => existing({ instanceType: text }),
      ]) {
        const message = messageOf(body);
        if (message === undefined) { continue; }
        expect(message).toMatch(/^\[platform\/H100\] /);
        expect(message.length).toBeLessThan(400);
      }
    }
  });
});

describe('the budget', () => {
  const claimed = (made: GpuNodePool, ...gpus: number[]) => gpus.forEach((amount, i) => claimGpus(made, { path: `chat/Fleet${i}`, gpus: amount }));

  test('holds everything that the app puts on the pool', () => {
    const at = chart();
    claimed(pool({}, {}, at), 8, 8);
    expect(Testing.synth(at)).toHaveLength(2);
  });

  test('refuses more, and says who asks for how much', () => {
    const app = new App({ outdir: '/nowhere' });
    const at = new Chart(app, 'platform');
    claimed(pool({}, {}, at), 8, 4, 8);
    expect(messageOf(() => Testing.synth(at))).toBe(
      "Validation failed with the following errors:\n  [platform/H100] 'maxGpus' of pool 'h100' is 16 but 20 GPUs are asked for ('chat/Fleet0' 8, 'chat/Fleet1' 4, 'chat/Fleet2' 8); raise it, or ask for less");
  });

  test('bounds nodes that exist only where it is stated', () => {
    const at = chart();
    claimGpus(existing({ instanceType: 'p5.48xlarge' }, at), { path: 'a', gpus: 10_000 });
    expect(Testing.synth(at)).toEqual([]);
    const bounded = chart();
    claimGpus(existing({ instanceType: 'p5.48xlarge', poolName: 'metal', maxGpus: 4 }, bounded), { path: 'a', gpus: 5 });
    expect(messageOf(() => Testing.synth(bounded))).toBe(
      "Validation failed with the following errors:\n  [platform/H100] 'maxGpus' of pool 'metal' is 4 but 5 GPUs are asked for ('a' 5); raise it, or ask for less");
  });
});
