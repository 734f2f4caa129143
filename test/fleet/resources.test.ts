import * as fc from 'fast-check';
import { PodDemand, podResources, volumeBytes } from '../../src/fleet/resources';
import { GIB } from '../../src/kube/quantities';
import { IGpuNodePool } from '../../src/nodes/gpu-node-pool';
import { TestPool } from '../support/fleet';
import { chart } from '../support/render';

const pool = (attributes: Partial<IGpuNodePool> = {}) => new TestPool(chart(), 'pool', {
  allocatableCpuMillis: 190_000, allocatableMemoryBytes: 2000 * GIB, allocatableStorageBytes: 1000 * GIB, ...attributes,
});
const demand = (overrides: Partial<PodDemand> = {}): PodDemand => ({
  layout: { tensorParallel: 4 },
  gpusPerPod: 4,
  nodesPerReplica: 1,
  pool: pool(),
  pageCacheBytes: 70 * GIB,
  loaderMemoryBytes: 0,
  extraMemoryBytes: 0,
  engineMemoryBytes: 0,
  engineSharedBytes: 0,
  extraStorageBytes: 0,
  ...overrides,
});

test('every process has a core, and the weights their page cache', () => {
  expect(podResources(demand())).toEqual({
    cpuMillis: 12_000,
    memoryBytes: (4 + 4 * 4 + 5 + 70) * GIB,
    shmBytes: 5 * GIB,
    storageBytes: 10.25 * GIB,
    scratchBytes: 10 * GIB,
    reason: 'CPU 12: 2 vCPUs for each of 6 processes; RAM 95Gi: processes 20Gi, /dev/shm 5Gi, page cache of the weights 70Gi; disk 10496Mi: caches 10Gi, logs',
    notes: [],
    problem: undefined,
  });
});

test('each data-parallel rank has an engine core and an API server of its own', () => {
  const { cpuMillis, memoryBytes } = podResources(demand({ layout: { tensorParallel: 1, dataParallel: 4 } }));
  expect([cpuMillis, memoryBytes]).toEqual([24_000, (4 * 4 + 4 * 4 + 5 + 70) * GIB]);
});

test('ranks of a group are counted on the pod\'s own node', () => {
  expect(podResources(demand({ layout: { tensorParallel: 1, dataParallel: 8 }, nodesPerReplica: 2 })).cpuMillis).toBe(24_000);
});

test('a pod caches the weights of its own pipeline stages', () => {
  const cached = (layout: PodDemand['layout']) => podResources(demand({ layout, gpusPerPod: 8, nodesPerReplica: 2 })).memoryBytes / GIB - (4 + 8 * 4 + 9);
  expect([cached({ tensorParallel: 8, pipelineParallel: 2 }), cached({ tensorParallel: 16 })]).toEqual([35, 70]);
});

test('the page cache takes what the pod\'s share of the node leaves', () => {
  const { memoryBytes } = podResources(demand({ pool: pool({ allocatableMemoryBytes: 100 * GIB }) }));
  expect(memoryBytes).toBe((100 - 5) * GIB / 2);
});

test('a loader with buffers and volumes in memory are on top', () => {
  const streamed = demand({ loaderMemoryBytes: 8 * GIB, extraMemoryBytes: GIB, extraStorageBytes: 2 * GIB, pageCacheBytes: 0 });
  const { memoryBytes, storageBytes, reason } = podResources(streamed);
  expect([memoryBytes, storageBytes]).toEqual([(20 + 5 + 8 + 1) * GIB, 12.25 * GIB]);
  expect(reason).toBe('CPU 12: 2 vCPUs for each of 6 processes; RAM 34Gi: processes 20Gi, /dev/shm 5Gi, loader 8Gi, volumes of the weights 1Gi;'
    + ' disk 12544Mi: caches 10Gi, volumes of the weights 2Gi, logs');
});

test('a small node gives the CPUs that it has, and the plan says so', () => {
  const { cpuMillis, notes } = podResources(demand({ gpusPerPod: 1, pageCacheBytes: 0, pool: pool({ gpusPerNode: 1, allocatableCpuMillis: 3920 }) }));
  expect(cpuMillis).toBe(3670);
  expect(notes).toEqual(['a pod asks for 3670m CPUs, its share of a node of pool \'h100\', where 6 would give every process of the engine a core']);
});

test('a node of unknown size is asked for what the processes need', () => {
  const { memoryBytes, notes } = podResources(demand({ pool: new TestPool(chart(), 'pool') }));
  expect(memoryBytes).toBe(25 * GIB);
  expect(notes).toEqual(['pool \'h100\' does not state its allocatable memory: pods ask for what the engine\'s processes need, and none for the page cache of the weights']);
});

test('fails when a pod\'s share of a node has too little RAM', () => {
  expect(podResources(demand({ pool: pool({ allocatableMemoryBytes: 40 * GIB }) })).problem).toBe(
    'a pod with 4 GPUs needs 25Gi of RAM but its share of a node of pool \'h100\' is 19Gi (4 of 8 GPUs); use nodes with more RAM per GPU');
});

test('fails when a pod\'s share of a node has too little disk', () => {
  expect(podResources(demand({ pool: pool({ allocatableStorageBytes: 20 * GIB }) })).problem).toBe(
    'a pod with 4 GPUs needs 10496Mi of ephemeral storage but its share of a node of pool \'h100\' is 9728Mi (4 of 8 GPUs); use nodes with more ephemeral storage per GPU');
});

test('as many pods as a node has GPUs for never ask for more than it offers, daemons aside', () => {
  fc.assert(fc.property(
    fc.constantFrom(1, 2, 4, 8), fc.integer({ min: 2000, max: 256_000 }), fc.integer({ min: 40, max: 4000 }), fc.integer({ min: 0, max: 2000 }),
    (gpusPerPod, cpus, ram, checkpoint) => {
      const nodes = pool({ allocatableCpuMillis: cpus, allocatableMemoryBytes: ram * GIB });
      const it = podResources(demand({ gpusPerPod, layout: { tensorParallel: gpusPerPod }, pool: nodes, pageCacheBytes: checkpoint * GIB }));
      const pods = 8 / gpusPerPod;
      fc.pre(it.problem === undefined);
      expect(it.cpuMillis * pods).toBeLessThanOrEqual(cpus - 250);
      expect(it.memoryBytes * pods).toBeLessThanOrEqual((ram - 0.5) * GIB);
      expect(it.shmBytes).toBeLessThan(it.memoryBytes);
    }), { numRuns: 300 });
});

test('private volumes count as memory or disk, claims as neither', () => {
  expect(volumeBytes([
    { name: 'a', emptyDir: { medium: 'Memory', sizeLimit: '1Gi' } },
    { name: 'b', emptyDir: { sizeLimit: '2Gi' } },
    { name: 'c', persistentVolumeClaim: { claimName: 'c' } },
    { name: 'd', emptyDir: {} },
  ])).toEqual({ extraMemoryBytes: GIB, extraStorageBytes: 2 * GIB });
});

test('what the engine keeps on the host is part of the pod\'s RAM, and of /dev/shm where it lies there', () => {
  const plain = podResources(demand());
  const own = podResources(demand({ engineMemoryBytes: 64 * GIB }));
  expect([own.memoryBytes - plain.memoryBytes, own.shmBytes - plain.shmBytes]).toEqual([64 * GIB, 0]);
  expect(own.reason).toContain('processes 20Gi, /dev/shm 5Gi, KV cache on the host 64Gi, page cache');
  const shared = podResources(demand({ engineMemoryBytes: 64 * GIB, engineSharedBytes: 64 * GIB }));
  expect([shared.memoryBytes - plain.memoryBytes, shared.shmBytes - plain.shmBytes]).toEqual([64 * GIB, 64 * GIB]);
  expect(podResources(demand({ pool: pool({ allocatableMemoryBytes: 100 * GIB }), engineMemoryBytes: 64 * GIB })).problem).toContain('of RAM but its share of a node');
});
