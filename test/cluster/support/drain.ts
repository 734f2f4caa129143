import { setTimeout as sleep } from 'node:timers/promises';
import { ApiError, ApiServer } from './api-server';
import { KubeObject } from './kube-object';
import { isAlive } from './workloads';

/** A drain that goes on until it is done or given up. */
export interface Drain {
  /** Resolves when no pod is left on the node; rejects, with the server's last refusal, when that takes too long. */
  readonly done: Promise<void>;
  /** Evictions that the server refused so far, in its words. */
  readonly refusals: string[];
}

/** Opens or closes a node for new pods. */
export async function cordon(api: ApiServer, node: string, unschedulable = true): Promise<void> {
  await api.patch({ apiVersion: 'v1', kind: 'Node', metadata: { name: node } }, { spec: { unschedulable } });
}

/** Closes a node and asks for the eviction of its pods, again and again as long as it is refused: what `kubectl drain` and Karpenter do. */
export function drain(api: ApiServer, node: string, seconds = 30): Drain {
  const refusals: string[] = [];
  const left = async () => (await api.list('v1', 'Pod')).filter((pod) => pod.spec.nodeName === node && isAlive(pod)
    && !pod.metadata.ownerReferences?.some(({ kind }: any) => kind === 'DaemonSet')) as KubeObject[];
  const work = async () => {
    await cordon(api, node);
    const end = Date.now() + seconds * 1000;
    for (let pods = await left(); pods.length > 0; pods = await left()) {
      if (Date.now() > end) {
        throw new Error(`node ${node} is not drained after ${seconds} s: ${pods.map(({ metadata }) => metadata.name).join(', ')} left; ${refusals.at(-1) ?? 'nothing was refused'}`);
      }
      for (const { metadata } of pods.filter((pod) => pod.metadata.deletionTimestamp === undefined)) {
        const answer = await api.evict(metadata.namespace!, metadata.name);
        if (answer.status === 429) { refusals.push(answer.body.message); } else if (answer.status >= 300 && answer.status !== 404) { throw new ApiError(`evict ${metadata.name}`, answer); }
      }
      await sleep(100);
    }
  };
  return { done: work(), refusals };
}
