import { Size } from 'cdk8s';
import { Construct } from 'constructs';
import { EngineContext } from './engine-config';
import { gpuLayout } from './plan-facts';
import { fail, show } from '../errors';

const GIB = 2 ** 30;

/**
 * Bytes of host memory that a replica keeps KV cache in which its GPUs have no room for; undefined where none is asked for.
 *
 * @param reuses whether the engine looks for prefixes, without which nothing is ever read back
 */
export function hostCacheBytes(scope: Construct, { plan }: EngineContext, asked: Size | undefined, reuses: boolean): number | undefined {
  if (asked === undefined) { return undefined; }
  const bytes = asked instanceof Size ? asked.toKibibytes({ rounding: 0 }) * 1024 : NaN;
  if (!(bytes > 0)) { fail(scope, `'kvCacheOnHost' is ${show(asked)} but must be a Size above 0, such as Size.gibibytes(64)`); }
  if (!reuses) {
    fail(scope, '\'kvCacheOnHost\' keeps prefixes for requests that begin alike but prefix caching is off; leave one of them out');
  }
  const { nodes } = gpuLayout(scope, plan);
  if (nodes > 1) {
    fail(scope, `'kvCacheOnHost' is memory of one node but a replica spans ${nodes}; use nodes with ${plan.gpusPerReplica} GPUs, or leave it out`);
  }
  return bytes;
}

/** What a reader of the plan should know of it. */
export function hostCacheNote({ plan }: EngineContext, bytes: number): string {
  const { memory, kvCacheTokens } = plan.estimate;
  const ranks = plan.layout.dataParallel ?? 1;
  const onGpus = kvCacheTokens * ranks;
  const onHost = bytes / plan.gpusPerReplica / memory.kvCacheBytes * onGpus;
  return `${(bytes / GIB).toFixed(1)} GiB of host memory hold about ${rounded(onHost)} tokens of KV cache that ${rounded(onGpus)} tokens on the GPUs leave no room for; `
    + 'the plan counts on none of them: what prompts find there is said by \'hostHitRatio\' of the load, and how long it takes to come back is then counted';
}

/** Two significant digits: it is a matter of blocks. */
function rounded(tokens: number): string {
  return Number(tokens.toPrecision(2)).toLocaleString('en-US');
}
