import * as fc from 'fast-check';
import { Accelerator } from '../../src/catalog/accelerator';
import { InstanceType } from '../../src/catalog/instance';

const MIB = 2 ** 20;
const ALL = InstanceType.all();
const EACH = ALL.map((type) => [type.name, type] as const);

describe('the table', () => {
  test('has 158 machine types of four clouds', () => {
    expect(ALL).toHaveLength(158);
    const counts = ['aws', 'azure', 'gcp', 'oci'].map((cloud) => ALL.filter((type) => type.cloud === cloud).length);
    expect(counts).toEqual([83, 60, 14, 1]);
  });

  test('no two clouds have a name in common, whatever the case', () => {
    const names = ALL.flatMap((type) => [type.name.toLowerCase(), type.name.toLowerCase().replace(/^standard_/, '')]);
    expect(new Set(names).size).toBe(158 + 60);
  });

  test.each(EACH)('%s says where its figures come from, and when they were taken', (_, type) => {
    expect(type.source).toMatch(/github\.com|https:|xpk/);
    expect(type.asOf).toMatch(/^2026-[01]\d-[0-3]\d$/);
  });

  test.each(EACH.filter(([, type]) => type.acceleratorName !== undefined))('%s carries an accelerator of the catalogue', (_, type) => {
    expect(Accelerator.named(type.acceleratorName!).name).toBe(type.acceleratorName);
  });

  test('devices that the catalogue lacks have no accelerator', () => {
    expect([...new Set(ALL.filter((type) => type.acceleratorName === undefined).map((type) => type.name.split('.')[0]))])
      .toEqual(['dl2q', 'g4ad', 'inf1', 'trn1', 'trn1n']);
  });

  test.each(EACH)('%s has figures that fit together', (_, type) => {
    if (type.allocatableCpuMillis !== undefined) {
      expect(type.allocatableCpuMillis).toBeLessThan(type.vcpus! * 1000);
      expect(type.allocatableCpuMillis).toBeGreaterThan(type.vcpus! * 900);
      expect(type.allocatableMemoryBytes).toBeLessThan(type.memoryBytes!);
      expect(type.allocatableMemoryBytes).toBeGreaterThan(type.memoryBytes! * 0.75);
    }
    if (type.networkBytesPerSecond !== undefined) {
      expect(type.networkBytesPerSecond).toBeGreaterThanOrEqual(0.15e9);
      expect(type.networkBytesPerSecond).toBeLessThanOrEqual(800e9);
    }
    if (type.gpusPerNode !== undefined) { expect([0, 1, 2, 4, 6, 8, 12, 16]).toContain(type.gpusPerNode); }
    if (type.dollarsPerHour !== undefined && type.gpusPerNode) {
      expect(type.dollarsPerHour / type.gpusPerNode).toBeGreaterThan(0.2);
      expect(type.dollarsPerHour / type.gpusPerNode).toBeLessThan(18);
    }
    for (const count of Object.values(type.extendedResources)) { expect(count % type.gpusPerNode!).toBe(0); }
    expect(type.dollarsPerHourByRegion[type.priceRegion ?? '']).toBe(type.dollarsPerHour);
  });

  test('the memory that EC2 states of a whole GPU is within 6 % of what the accelerator reports', () => {
    for (const type of ALL.filter((one) => one.gpusPerNode && one.acceleratorName && one.gpuMemoryBytes && one.acceleratorName !== 't4')) {
      const ratio = type.gpuMemoryBytes! / Accelerator.named(type.acceleratorName!).memoryBytes!;
      expect([type.name, ratio > 0.99 && ratio < 1.06]).toEqual([type.name, true]);
    }
  });

  test('what the sources leave open stays open', () => {
    expect(ALL.filter((type) => type.dollarsPerHour === undefined).length).toBe(18);
    expect(ALL.filter((type) => type.gpusPerNode === undefined).length).toBe(46);
    expect(ALL.filter((type) => type.allocatableCpuMillis === undefined).length).toBe(158 - 83);
    expect(ALL.filter((type) => type.gpusPerNode === 0).map((type) => type.name)).toEqual([
      'g6f.large', 'g6f.xlarge', 'g6f.2xlarge', 'g6f.4xlarge', 'gr6f.4xlarge',
    ]);
  });
});

/** Everything public of a machine type. */
function facts(name: string): object {
  const type = InstanceType.named(name);
  const { row, source, ...rest } = { ...type } as unknown as { row: object; source: string };
  void row;
  void source;
  return { ...rest, nodeLabels: type.nodeLabels, extendedResources: type.extendedResources, prices: type.dollarsPerHourByRegion };
}

describe('rows', () => {
  test('p5.48xlarge, by Karpenter\'s page and prices', () => {
    expect(facts('p5.48xlarge')).toEqual({
      name: 'p5.48xlarge', cloud: 'aws', acceleratorName: 'h100-sxm', gpusPerNode: 8, gpuMemoryBytes: 81920 * MIB, vcpus: 192,
      memoryBytes: 2097152 * MIB, allocatableCpuMillis: 191450, allocatableMemoryBytes: 1938410 * MIB, networkBytesPerSecond: 400e9,
      efaInterfaces: 32, rdma: undefined, localStorageBytes: 30.4e12, architecture: 'amd64', dollarsPerHour: 55.04, priceRegion: 'us-east-1',
      asOf: '2026-07-20', nodeLabels: { 'karpenter.k8s.aws/instance-gpu-name': 'h100' }, extendedResources: { 'nvidia.com/gpu': 8 },
      prices: { 'us-east-1': 55.04 },
    });
  });

  test('a share of a card counts no accelerator and publishes no resource, but states its memory', () => {
    const share = InstanceType.named('g6f.large');
    expect([share.acceleratorName, share.gpusPerNode, share.gpuMemoryBytes, share.extendedResources]).toEqual(['l4', 0, 2861 * MIB, {}]);
  });

  test('Neuron devices publish devices and cores', () => {
    const trn2 = InstanceType.named('trn2.48xlarge');
    expect(trn2.extendedResources).toEqual({ 'aws.amazon.com/neuron': 16, 'aws.amazon.com/neuroncore': 128 });
    expect(trn2.nodeLabels).toEqual({ 'karpenter.k8s.aws/instance-accelerator-name': 'trainium2' });
    expect(InstanceType.named('dl2q.24xlarge').extendedResources).toEqual({});
    expect(InstanceType.named('g4ad.xlarge').extendedResources).toEqual({ 'amd.com/gpu': 1 });
  });

  test('Azure sizes have prices by region, and the first region is the one quoted', () => {
    expect(facts('Standard_ND96isr_H200_v5')).toEqual({
      name: 'Standard_ND96isr_H200_v5', cloud: 'azure', acceleratorName: 'h200-sxm', gpusPerNode: 8, gpuMemoryBytes: undefined, vcpus: 96,
      memoryBytes: undefined, allocatableCpuMillis: undefined, allocatableMemoryBytes: undefined, networkBytesPerSecond: undefined,
      efaInterfaces: 0, rdma: true, localStorageBytes: undefined, architecture: undefined, dollarsPerHour: 84.8, priceRegion: 'eastus2',
      asOf: '2026-06-18', nodeLabels: { 'karpenter.azure.com/sku-gpu-count': '8' }, extendedResources: {},
      prices: { eastus2: 84.8, westus2: 84.8, westus3: 84.8, swedencentral: 110.272 },
    });
    expect(InstanceType.named('Standard_NV6ads_A10_v5').gpusPerNode).toBeUndefined();
  });

  test('Google machine types carry the label and the resource of GKE', () => {
    const a3 = InstanceType.named('a3-megagpu-8g');
    expect([a3.nodeLabels, a3.extendedResources, a3.dollarsPerHour]).toEqual([
      { 'cloud.google.com/gke-accelerator': 'nvidia-h100-mega-80gb' }, { 'nvidia.com/gpu': 8 }, undefined,
    ]);
    const tpu = InstanceType.named('ct6e-standard-4t');
    expect([tpu.nodeLabels, tpu.extendedResources]).toEqual([{ 'cloud.google.com/gke-tpu-accelerator': 'tpu-v6e-slice' }, { 'google.com/tpu': 4 }]);
    expect(InstanceType.named('a3-highgpu-8g').memoryBytes).toBe(1872e9);
  });

  test('maps and lists are copies', () => {
    const type = InstanceType.named('p5.48xlarge');
    type.nodeLabels.other = 'x';
    type.extendedResources.other = 1;
    type.dollarsPerHourByRegion.other = 1;
    InstanceType.all().pop();
    expect([type.nodeLabels.other, type.extendedResources.other, type.dollarsPerHourByRegion.other, InstanceType.all().length])
      .toEqual([undefined, undefined, undefined, 158]);
  });
});

describe('names', () => {
  test.each([
    ['P5.48xlarge', 'p5.48xlarge'], [' p5.48xlarge ', 'p5.48xlarge'], ['standard_nc40ads_h100_v5', 'Standard_NC40ads_H100_v5'],
    ['NC40ads_H100_v5', 'Standard_NC40ads_H100_v5'], ['bm.gpu.mi300x.8', 'BM.GPU.MI300X.8'],
  ])('%p is %s', (name, found) => {
    expect(InstanceType.named(name).name).toBe(found);
  });

  test.each<[unknown, string]>([
    ['p5.48xlrage', "unknown instance type 'p5.48xlrage'; did you mean 'p5.48xlarge'?"],
    ['Standard_ND96isr_H100_v6', "unknown instance type 'Standard_ND96isr_H100_v6'; did you mean 'Standard_ND96isr_H100_v5'?"],
    ['', "unknown instance type ''"],
    ['a machine with many GPUs', "unknown instance type 'a machine with many GPUs'"],
    [undefined, 'unknown instance type undefined'],
    [['p5.48xlarge'], 'unknown instance type a list of 1'],
    ['p'.repeat(5_000_000), `unknown instance type '${'p'.repeat(60)}…' (5000000 characters)`],
  ])('refuses %p', (name, sentence) => {
    expect(() => InstanceType.named(name as string)).toThrow(new Error(sentence));
  });

  test('any text is a known name, or is refused in one short sentence', () => {
    fc.assert(fc.property(fc.oneof(fc.string({ unit: 'binary', maxLength: 250 }), fc.stringMatching(/^[a-z]\d[a-z]{0,2}\.\d{0,2}x?large$/)), (name) => {
      try {
        expect(ALL).toContain(InstanceType.named(name));
      } catch (error) {
        expect((error as Error).message).toMatch(/^unknown instance type '[^\n\r\u0000]*$/u);
        expect((error as Error).message.length).toBeLessThan(400);
      }
    }));
  });
});

describe('withAccelerator', () => {
  test('refuses what is no accelerator', () => {
    expect(() => InstanceType.withAccelerator(null as any)).toThrow(new Error("'accelerator' is null but must be an Accelerator, e.g. Accelerator.named('h100-sxm')"));
  });

  test('finds the machine types of all clouds, and the shares of a card', () => {
    expect(InstanceType.withAccelerator(Accelerator.named('b200-sxm')).map((type) => type.name)).toEqual(['p6-b200.48xlarge', 'a4-highgpu-8g']);
    expect(InstanceType.withAccelerator(Accelerator.named('l4')).filter((type) => type.gpusPerNode === 0)).toHaveLength(5);
  });

  test('finds none for an accelerator of the user\'s own', () => {
    const own = Accelerator.of({ name: 'own', memoryBytes: 1e9, memoryBytesPerSecond: 1e9, bf16FlopsPerSecond: 1e12 });
    expect(InstanceType.withAccelerator(own)).toEqual([]);
  });
});
