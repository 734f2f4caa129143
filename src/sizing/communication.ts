import { Links } from './fitted';
import { SizingPool } from './questions';

/** How the GPUs of one group reach each other. */
export interface Link {
  readonly kind: 'none' | 'scale-up' | 'pcie' | 'network';
  /** Start-up time of one collective, in seconds. */
  readonly latency: number;
  /** Bytes per second that a collective moves through one GPU. */
  readonly bandwidth: number;
  /** Start-up time of an all-reduce in two turns, where one turn is possible too: a full mesh. */
  readonly turnLatency?: number;
}

/** PCIe 4.0 x16, one direction: assumed where nobody states the link. */
export const PCIE_BYTES_PER_SECOND = 32e9;
/** 100 Gbit/s for a whole node: assumed where the pool states no network. */
export const NODE_NETWORK_BYTES_PER_SECOND = 12.5e9;

/** Sizes of the groups that PCIe is measured at. */
const PCIE_GROUPS: readonly number[] = [2, 4, 8];
/** Between nodes: one NCCL step over RDMA, and the share of the line rate that it reaches. */
const NETWORK_LATENCY = 15e-6;
const NETWORK_SHARE = 0.8;

/** GPUs in one node where the pool does not say. */
export const GPUS_PER_NODE = 8;
/** Links that join at least so many accelerators are built for racks and leave the node (NVL72, TPU slices); smaller ones end at it. */
const RACK_SCALE = 16;

/** Whether a scale-up link joins this many GPUs of the pool. */
export function joined(pool: SizingPool, gpus: number): boolean {
  const { linkDomain, linkTechnology } = pool.accelerator;
  const reach = linkDomain >= RACK_SCALE ? linkDomain : Math.min(linkDomain, pool.gpusPerNode ?? GPUS_PER_NODE);
  return reach >= gpus && reach > 1 && !/^pcie(?!.*nvlink)/i.test(linkTechnology ?? '');
}

/** The link that a group of GPUs communicates over; `perNode` is how many of one replica's GPUs share a node. */
export function linkOf(pool: SizingPool, gpus: number, perNode: number, shares: Links): Link {
  if (gpus <= 1) { return { kind: 'none', latency: 0, bandwidth: Infinity }; }
  if (joined(pool, gpus)) {
    const { linkDomain, linkTechnology, linkBytesPerSecond } = pool.accelerator;
    if (/mesh/i.test(linkTechnology ?? '')) {
      const links = (gpus - 1) / (linkDomain - 1);
      const bandwidth = (linkBytesPerSecond ?? PCIE_BYTES_PER_SECOND) * links * shares.meshShare;
      return { kind: 'scale-up', latency: shares.meshLatency, bandwidth, turnLatency: shares.meshTurnLatency };
    }
    return { kind: 'scale-up', latency: shares.scaleUpLatency, bandwidth: (pool.accelerator.linkBytesPerSecond ?? PCIE_BYTES_PER_SECOND) * shares.scaleUpShare };
  }
  if (gpus > perNode) {
    const perGpu = pool.interNodeBytesPerSecond ?? NODE_NETWORK_BYTES_PER_SECOND / perNode;
    return { kind: 'network', latency: NETWORK_LATENCY, bandwidth: perGpu * NETWORK_SHARE };
  }
  const bridged = pool.accelerator.linkDomain > 1;
  const pcie = bridged ? PCIE_BYTES_PER_SECOND : pool.accelerator.linkBytesPerSecond ?? PCIE_BYTES_PER_SECOND;
  const size = Math.max(0, PCIE_GROUPS.findIndex((n) => gpus <= n || n === PCIE_GROUPS[PCIE_GROUPS.length - 1]));
  return { kind: 'pcie', latency: shares.pcieLatency[size], bandwidth: pcie * shares.pcieShare[size] };
}

/**
 * Seconds of one all-reduce of `bytes` over `gpus`: in two turns each GPU adds up its part and then shows it to the others. Short ones go in one turn
 * over a full mesh, where each GPU reads all that the others have.
 */
export function allReduceSeconds({ latency, bandwidth, turnLatency }: Link, gpus: number, bytes: number): number {
  if (gpus <= 1) { return 0; }
  const turns = 2 * (gpus - 1) / gpus * bytes / bandwidth;
  return turnLatency === undefined ? latency + turns : Math.min(latency + (gpus - 1) * bytes / bandwidth, Math.max(latency, turnLatency) + turns);
}

/** Seconds of one all-to-all (or all-gather) in which a GPU sends `bytes` in all. */
export function allToAllSeconds(link: Link, gpus: number, bytes: number): number {
  return gpus <= 1 ? 0 : link.latency + (gpus - 1) / gpus * bytes / link.bandwidth;
}

/** Seconds of one hand-over of `bytes` from a pipeline stage to the next. */
export function handOverSeconds(link: Link, bytes: number): number {
  return link.kind === 'none' ? 0 : link.latency + bytes / link.bandwidth;
}
