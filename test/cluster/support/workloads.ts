import { ApiServer, eventually } from './api-server';
import { KubeObject } from './kube-object';

/** Set by the LeaderWorkerSet controller. */
export const GROUP = 'leaderworkerset.sigs.k8s.io/group-key';
export const GROUP_INDEX = 'leaderworkerset.sigs.k8s.io/group-index';
export const WORKER_INDEX = 'leaderworkerset.sigs.k8s.io/worker-index';

/** The workloads of all fleets among some objects. */
export function workloadsIn(objects: KubeObject[]): KubeObject[] {
  return objects.filter(({ kind, metadata }) => ['Deployment', 'LeaderWorkerSet'].includes(kind) && metadata.labels?.['cdk8s-inference/fleet'] !== undefined);
}

/** The pool and the number of nodes that a workload's plan names, as it tells its reviewer. */
export function planOf({ metadata }: KubeObject): { pool: string; nodes: number } {
  const [, pool, nodes] = / on ([a-z0-9-]+);.* GPUs? on (\d+) nodes?;/.exec(metadata.annotations['cdk8s-inference/plan'])!;
  return { pool, nodes: Number(nodes) };
}

/** The pod templates of a workload, the serving one first. */
export function templatesOf({ kind, spec }: KubeObject): any[] {
  return kind === 'Deployment' ? [spec.template] : [spec.leaderWorkerTemplate.leaderTemplate, spec.leaderWorkerTemplate.workerTemplate];
}

/** Pods of one replica. */
export function podsPerReplica({ spec }: KubeObject): number { return spec.leaderWorkerTemplate?.size ?? 1; }

/** The pods that a workload owns, by who owns whom and not by any label; those on their way out are left out. */
export async function podsOf(api: ApiServer, workload: KubeObject): Promise<KubeObject[]> {
  const { namespace } = workload.metadata;
  const root = await api.get(workload);
  if (!root) { return []; }
  const owned = new Set<string>([root.metadata.uid]);
  const between = [...await api.list('apps/v1', 'ReplicaSet', { namespace }), ...await api.list('apps/v1', 'StatefulSet', { namespace })];
  const pods = await api.list('v1', 'Pod', { namespace });
  // A leader owns the StatefulSet of its workers, so the chain may be four links long.
  for (let link = 0; link < 4; link++) {
    for (const { metadata } of [...between, ...pods]) {
      if (metadata.ownerReferences?.some(({ uid, controller }: any) => controller && owned.has(uid))) { owned.add(metadata.uid); }
    }
  }
  return pods.filter(({ metadata }) => owned.has(metadata.uid) && metadata.deletionTimestamp === undefined);
}

/** Whether a pod may get requests. */
export function isReady(pod: KubeObject): boolean { return conditionOf(pod, 'Ready')?.status === 'True'; }

/** A condition of an object's status. */
export function conditionOf(object: KubeObject, type: string): any | undefined {
  return object.status?.conditions?.find((condition: any) => condition.type === type);
}

/** GPUs, CPU and so on that a pod asks for: the largest of its init containers or the sum of its containers. */
export function requestOf({ spec }: KubeObject, resource: string, amount: (quantity: any) => number = Number): number {
  const of = ({ resources }: any) => amount(resources?.requests?.[resource] ?? 0);
  return Math.max(spec.containers.reduce((sum: number, one: any) => sum + of(one), 0), ...(spec.initContainers ?? []).map(of));
}

/** Whether a pod still holds, or waits for, what it asks for. */
export function isAlive({ status }: KubeObject): boolean { return !['Succeeded', 'Failed'].includes(status?.phase); }

/** What keeps pods from being Ready, a sentence each. */
export function obstaclesOf(pods: KubeObject[]): string[] {
  return pods.filter((pod) => !isReady(pod)).map((pod) => {
    const scheduled = conditionOf(pod, 'PodScheduled');
    return `pod ${pod.metadata.namespace}/${pod.metadata.name}: ${scheduled?.status === 'False' ? scheduled.message.split('. ')[0] : pod.status?.phase}`;
  });
}

/** Waits until every replica of the workloads is there and Ready in its newest form, as the workloads' own controllers say. */
export async function allReady(api: ApiServer, workloads: KubeObject[], seconds = 40): Promise<void> {
  for (const workload of workloads) {
    await eventually(`${workload.kind} ${workload.metadata.namespace}/${workload.metadata.name} with all replicas ready`, async () => isComplete(await api.get(workload)), {
      seconds, seen: async () => ({ status: (await api.get(workload))?.status, pods: obstaclesOf(await podsOf(api, workload)) }),
    });
  }
}

function isComplete(workload: KubeObject | undefined): boolean {
  if (!workload?.status) { return false; }
  const { kind, metadata, spec, status } = workload;
  const counts = kind === 'Deployment' ? ['replicas', 'updatedReplicas', 'availableReplicas'] : ['replicas', 'updatedReplicas', 'readyReplicas'];
  return status.observedGeneration === metadata.generation && counts.every((count) => (status[count] ?? 0) === spec.replicas);
}

/** Replicas of a workload as its manifest has it; without a number, which is left to a rollout's runner, the API server makes one. */
export function replicasOf({ spec }: KubeObject): number { return spec.replicas ?? 1; }
