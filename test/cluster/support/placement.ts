import { KubeObject } from './kube-object';
import { GROUP, podsPerReplica, replicasOf, requestOf, templatesOf } from './workloads';

/** What is wrong with where a workload's pods are, read back from the nodes; `home` names those of its pool. */
export function placementProblems(workload: KubeObject, pods: KubeObject[], nodes: KubeObject[], home: ReadonlySet<string>): string[] {
  const title = `${workload.kind} ${workload.metadata.namespace}/${workload.metadata.name}`;
  const wanted = replicasOf(workload) * podsPerReplica(workload);
  return [
    ...pods.length === wanted ? [] : [`it has ${pods.length} pods and not ${wanted}`],
    ...pods.flatMap(({ metadata, spec }) => home.has(spec.nodeName) ? [] : [`pod ${metadata.name} is on node ${spec.nodeName}, which is not of its pool`]),
    ...workload.kind === 'LeaderWorkerSet' ? groupProblems(workload, pods, nodes) : [],
  ].map((problem) => `${title}: ${problem}`);
}

/** A group is whole, shares a value of its topology label, and has a node for each pod that takes all of one. */
function groupProblems(workload: KubeObject, pods: KubeObject[], nodes: KubeObject[]): string[] {
  const groups = grouped(pods, ({ metadata }) => metadata.labels[GROUP]);
  const [rule] = templatesOf(workload)[0].spec.affinity.podAffinity.requiredDuringSchedulingIgnoredDuringExecution;
  return [
    ...groups.size === replicasOf(workload) ? [] : [`it has ${groups.size} groups and not ${replicasOf(workload)}`],
    ...[...groups].flatMap(([group, members]) => {
      const places = new Set(members.map((pod) => nodeOf(pod, nodes)?.metadata.labels[rule.topologyKey]));
      const gpus = members.map((pod) => [nodeOf(pod, nodes)!, requestOf(pod, 'nvidia.com/gpu')] as const);
      const crowded = gpus.some(([node, own]) => own === Number(node.status.allocatable['nvidia.com/gpu']) && gpus.filter(([other]) => other === node).length > 1);
      return [
        ...members.length === podsPerReplica(workload) ? [] : [`group ${group} has ${members.length} pods`],
        ...places.size === 1 && !places.has(undefined) ? [] : [`group ${group} is spread over ${rule.topologyKey} ${[...places].join(' and ')}`],
        ...crowded ? [`two pods of group ${group} share a node`] : [],
      ];
    }),
  ];
}

/** The zones in which pods are, in order. */
export function zonesOf(pods: KubeObject[], nodes: KubeObject[]): string[] {
  return [...new Set(pods.map((pod) => nodeOf(pod, nodes)?.metadata.labels['topology.kubernetes.io/zone'] as string))].sort();
}

function grouped(pods: KubeObject[], key: (pod: KubeObject) => string): Map<string, KubeObject[]> {
  const groups = new Map<string, KubeObject[]>();
  for (const pod of pods) { groups.set(key(pod), [...groups.get(key(pod)) ?? [], pod]); }
  return groups;
}

function nodeOf({ spec }: KubeObject, nodes: KubeObject[]): KubeObject | undefined { return nodes.find(({ metadata }) => metadata.name === spec.nodeName); }
