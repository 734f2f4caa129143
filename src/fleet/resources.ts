import { Volume } from '../kube/pod';
import { amountOf, bytesUp, cpu, GIB, MIB } from '../kube/quantities';
import { IGpuNodePool } from '../nodes/gpu-node-pool';
import { ParallelLayout } from '../sizing/questions';

/**
 * Hyperthreads per process: vLLM's design page asks for a physical core per API server, engine core and GPU worker;
 * a cloud's vCPU is half a core.
 */
const CPU_MILLIS_PER_PROCESS = 2000;

/** RAM of API server and engine core: 0.86 GB and 0.82 GB were measured with a tiny model on vLLM 0.32, doubled for tokenizers and request state. */
const SERVER_BYTES = 4 * GIB;

/** RAM of one GPU worker: 1.9 GB was measured without a GPU on vLLM 0.32; the CUDA context, pinned buffers and compiled graphs come on top. */
const WORKER_BYTES = 4 * GIB;

/**
 * `/dev/shm` without regard to GPUs: vLLM's message rings took 0.42 GB with two workers (measured on vLLM 0.32);
 * a crashed predecessor in the same pod leaves its segments behind.
 */
const SHM_BASE_BYTES = GIB;

/** `/dev/shm` per GPU: NCCL's host buffers where GPUs do not reach each other directly, and its shared-memory proxies. */
const SHM_BYTES_PER_GPU = GIB;

/** Compile caches, temporary files: one tree of kernels per rank. */
const SCRATCH_BASE_BYTES = 2 * GIB;
const SCRATCH_BYTES_PER_GPU = 2 * GIB;

/** Container logs that kubelet keeps before it rotates them (10 MiB x 5 by default), doubled, and what else counts as ephemeral. */
const LOG_BYTES = GIB / 4;

/** What DaemonSets of a GPU node (network, device plugin, DCGM, log and metrics agents) ask for, of what the node offers to pods. */
const DAEMON_SHARE = 0.05;
const DAEMON_CPU_MILLIS = 250;
const DAEMON_BYTES = GIB / 2;

/** What the host resources of one pod depend on. */
export interface PodDemand {
  readonly layout: ParallelLayout;
  readonly gpusPerPod: number;
  readonly nodesPerReplica: number;
  readonly pool: IGpuNodePool;
  /** Files that the ranks of a replica read through the page cache while they load. */
  readonly pageCacheBytes: number;
  /** RAM that the loader of the weights takes, and RAM and disk of volumes that the weights bring along. */
  readonly loaderMemoryBytes: number;
  readonly extraMemoryBytes: number;
  /** RAM that the engine takes besides its processes, and its part in `/dev/shm`. */
  readonly engineMemoryBytes: number;
  readonly engineSharedBytes: number;
  readonly extraStorageBytes: number;
}

/** CPU, RAM and disk of one pod. */
export interface PodResources {
  readonly cpuMillis: number;
  /** Request and limit; `shmBytes` are part of it. */
  readonly memoryBytes: number;
  readonly shmBytes: number;
  /** Request and limit of ephemeral storage. */
  readonly storageBytes: number;
  /** Limit of every writable directory; all together are held by `storageBytes`. */
  readonly scratchBytes: number;
  /** How the figures came about, for a reviewer. */
  readonly reason: string;
  /** Assumptions, one sentence each. */
  readonly notes: string[];
  /** Why the pod can't run on the pool, as a sentence. */
  readonly problem?: string;
}

/**
 * Host resources of a pod, from the layout, the checkpoint and what the pool's nodes offer.
 *
 * CPU has a request and no limit: a throttled API server stalls every stream, and nothing else competes for a GPU node's
 * idle cores. RAM has equal request and limit: the processes, `/dev/shm`, and as much of the checkpoint's page cache as the
 * pod's share of the node allows, so that the ranks of a pod read each file from storage once.
 */
export function podResources(demand: PodDemand): PodResources {
  const { pool, gpusPerPod, layout } = demand;
  const share = gpusPerPod / pool.gpusPerNode;
  const dataRanks = Math.ceil((layout.dataParallel ?? 1) / demand.nodesPerReplica);
  const notes: string[] = [];

  const wantedCpu = CPU_MILLIS_PER_PROCESS * (2 * dataRanks + gpusPerPod);
  const offeredCpu = shareOf(pool.allocatableCpuMillis, DAEMON_CPU_MILLIS, share);
  const cpuMillis = Math.max(1, Math.min(wantedCpu, Math.floor((offeredCpu ?? Infinity) / 10) * 10));
  if (offeredCpu !== undefined && cpuMillis < wantedCpu) {
    notes.push(`a pod asks for ${cpu(cpuMillis)} CPUs, its share of a node of pool '${pool.poolName}', where ${cpu(wantedCpu)} would give every process of the engine a core`);
  }

  const shmBytes = SHM_BASE_BYTES + SHM_BYTES_PER_GPU * gpusPerPod + demand.engineSharedBytes;
  const ownBytes = demand.engineMemoryBytes - demand.engineSharedBytes;
  const processes = SERVER_BYTES * dataRanks + WORKER_BYTES * gpusPerPod;
  const working = processes + shmBytes + ownBytes + demand.loaderMemoryBytes + demand.extraMemoryBytes;
  const offeredMemory = shareOf(pool.allocatableMemoryBytes, DAEMON_BYTES, share);
  const wantedMemory = working + demand.pageCacheBytes * stageShare(demand);
  // Whole mebibytes, as they are written: a share of a node is never rounded up.
  const memoryBytes = MIB * (offeredMemory === undefined ? Math.ceil(working / MIB) : Math.floor(Math.min(wantedMemory, offeredMemory) / MIB));
  if (offeredMemory === undefined && demand.pageCacheBytes > 0) {
    notes.push(`pool '${pool.poolName}' does not state its allocatable memory: pods ask for what the engine's processes need, and none for the page cache of the weights`);
  }

  const scratchBytes = SCRATCH_BASE_BYTES + SCRATCH_BYTES_PER_GPU * gpusPerPod;
  const storageBytes = scratchBytes + LOG_BYTES + demand.extraStorageBytes;
  const offeredStorage = shareOf(pool.allocatableStorageBytes, DAEMON_BYTES, share);

  const problem = offeredMemory !== undefined && memoryBytes < working
    ? shortage('RAM', working, offeredMemory, demand)
    : offeredStorage !== undefined && offeredStorage < storageBytes
      ? shortage('ephemeral storage', storageBytes, offeredStorage, demand)
      : undefined;

  const cached = memoryBytes - working;
  const reason = [
    `CPU ${cpu(cpuMillis)}: 2 vCPUs for each of ${2 * dataRanks + gpusPerPod} processes${cpuMillis < wantedCpu ? ', within the share of a node' : ''}`,
    `RAM ${bytesUp(memoryBytes)}: processes ${bytesUp(processes)}, /dev/shm ${bytesUp(shmBytes)}`
      + `${ownBytes ? `, KV cache on the host ${bytesUp(ownBytes)}` : ''}`
      + `${demand.loaderMemoryBytes ? `, loader ${bytesUp(demand.loaderMemoryBytes)}` : ''}`
      + `${demand.extraMemoryBytes ? `, volumes of the weights ${bytesUp(demand.extraMemoryBytes)}` : ''}`
      + `${cached > 0 ? `, page cache of the weights ${bytesUp(cached)}` : ''}`,
    `disk ${bytesUp(storageBytes)}: caches ${bytesUp(scratchBytes)}${demand.extraStorageBytes ? `, volumes of the weights ${bytesUp(demand.extraStorageBytes)}` : ''}, logs`,
  ].join('; ');
  return { cpuMillis, memoryBytes, shmBytes, storageBytes, scratchBytes, reason, notes, problem };
}

/** The part of the weights that belongs to a pod's pipeline stages; every pod of a group reads all of it where stages span pods. */
function stageShare({ layout, nodesPerReplica }: PodDemand): number {
  const stages = layout.pipelineParallel ?? 1;
  return stages % nodesPerReplica === 0 ? 1 / nodesPerReplica : 1;
}

/** RAM and disk that private volumes may take. */
export function volumeBytes(volumes: Volume[]): { extraMemoryBytes: number; extraStorageBytes: number } {
  const sum = (memory: boolean) => volumes
    .filter(({ emptyDir }) => emptyDir && (emptyDir.medium === 'Memory') === memory)
    .reduce((bytes, { emptyDir }) => bytes + (amountOf(emptyDir!.sizeLimit ?? 0) ?? 0), 0);
  return { extraMemoryBytes: sum(true), extraStorageBytes: sum(false) };
}

function shareOf(allocatable: number | undefined, daemons: number, share: number): number | undefined {
  return allocatable === undefined ? undefined : Math.max(0, allocatable - Math.max(daemons, allocatable * DAEMON_SHARE)) * share;
}

function shortage(what: string, needed: number, offered: number, { pool, gpusPerPod }: PodDemand): string {
  return `a pod with ${gpusPerPod} GPU${gpusPerPod === 1 ? '' : 's'} needs ${bytesUp(needed)} of ${what} but its share of a node of pool '${pool.poolName}' is ${bytesUp(offered)}`
    + ` (${gpusPerPod} of ${pool.gpusPerNode} GPUs); use nodes with more ${what} per GPU`;
}
