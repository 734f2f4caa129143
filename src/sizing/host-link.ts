import { SizingPool } from './questions';
import { FULLEST } from './queueing';

/**
 * Share of the link's line rate that copies of whole blocks reach: 47.7 of 64 GB/s from host to H100 in pieces of 2 MB, which a block of most models
 * is for all its layers (blog.vllm.ai, 2026-01-08, figure 4; the kernels that copy layer by layer reach the same there).
 */
const COPIED_SHARE = 0.745;

/** Line rate between a GPU and its host, in bytes per second; undefined where nobody states it. */
export function hostLinkOf({ accelerator, hostLinkBytesPerSecond }: SizingPool): number | undefined {
  return hostLinkBytesPerSecond ?? accelerator.hostLinkBytesPerSecond;
}

/** Bytes per second that come back from the host to one GPU; undefined where nobody states the link. */
export function hostBytesPerSecond(pool: SizingPool): number | undefined {
  const line = hostLinkOf(pool);
  return line === undefined ? undefined : line * COPIED_SHARE;
}

/** Seconds of two works in a row, cut into so many equal pieces, where a piece of the second starts once its piece of the first is done. */
export function pipelined(first: number, second: number, pieces: number): number {
  return Math.max(first + second / pieces, second + first / pieces);
}

/** What comes back from the host before a request's turn, over the links of so many ranks. */
export class ReadBack {
  /** Requests per second that the links carry. */
  public readonly capacity: number;

  /** @param seconds of a mean prompt; 0 where nothing comes back */
  public constructor(public readonly seconds: number, ranks: number) {
    this.capacity = seconds > 0 ? ranks / seconds : Infinity;
  }

  /** Share of the time that the links are busy. */
  public load(requestsPerSecond: number): number {
    return Math.min(FULLEST, requestsPerSecond / this.capacity);
  }

  /** Mean wait for the link, by Kingman's formula. @param variations squared variations of the time between two requests, and of prompts */
  public wait(load: number, variations: number): number {
    return load * this.seconds * variations / 2 / (1 - load);
  }
}
