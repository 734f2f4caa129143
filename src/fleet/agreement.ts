import { ApiObject } from 'cdk8s';
import { IConstruct } from 'constructs';
import { show } from '../errors';
import { LeaderWorkerSetSpec } from '../kube/crds/leader-worker-set';
import { DeploymentSpec } from '../kube/deployment';
import { APP_COMPONENT_LABEL, FLEET_LABEL, WORKER_INDEX_LABEL } from '../kube/labels';
import { list } from '../kube/lists';
import { PodTemplate } from '../kube/pod';
import { restrictedProblems } from '../kube/pod-security';
import { podProblems } from '../kube/pod-soundness';
import { amountOf } from '../kube/quantities';
import { claimsOn } from '../nodes/gpu-budget';
import { IGpuNodePool } from '../nodes/gpu-node-pool';

/** What the objects of a fleet are compared with. */
export interface PlannedWorkload {
  /** The workload's spec as the plan makes it. */
  readonly spec: DeploymentSpec | LeaderWorkerSetSpec;
  readonly namespace?: string;
  readonly pool: IGpuNodePool;
  readonly gpusPerReplica: number;
  /** Most replicas that run. */
  readonly replicas: number;
}

/** Ids of the fleet's own objects, its workload first. What an engine or the user makes beside them is their own. */
const OBJECTS = ['Resource', 'Service', 'DisruptionBudget', 'Isolation', 'Serving', 'PodMonitor', 'ServiceAccount', 'Files'];

/** The way out for those who mean it. */
const UNLESS = ', or set \'security.allowUnplannedPatches\' of the fleet';

/**
 * Where a fleet's finished objects, patches included, no longer agree with its plan or with each other; a sentence each.
 *
 * A patch may add what it likes; what the plan counts on (GPUs, arguments, where pods go, who finds them, how long they drain) stays. Most of
 * what is found here an API server would take without a word.
 */
export function disagreements(fleet: IConstruct, planned: PlannedWorkload): string[] {
  const [workload, ...others] = OBJECTS.map((id) => {
    const object = fleet.node.tryFindChild(id);
    return object && ApiObject.isApiObject(object) ? object.toJson() : undefined;
  });
  if (!workload?.spec) { return []; } // taken away: there is nothing to agree with
  const objects: any[] = [workload, ...others.filter((object) => object !== undefined)];
  const pairs = templatesOf(planned.spec).map((template, i) => ({ template, final: templatesOf(workload.spec)[i] }));
  const serving = pairs[0].final;
  const problems = [
    ...objects.filter(({ metadata }) => metadata?.namespace !== planned.namespace).map(({ kind, metadata }) =>
      `the ${kind} is in namespace ${show(metadata?.namespace)} but the fleet is in ${show(planned.namespace)}; use 'metadata.namespace' of the fleet, which moves all of its objects`),
    ...replicaProblems(workload, planned),
    ...selectorProblems(workload, serving),
    ...pairs.flatMap(({ template, final }) => templateProblems(workload.kind, template, final)),
    ...serving ? objects.slice(1).flatMap((object) => finderProblems(object, serving, isGroups(planned.spec))) : [],
  ];
  return [...new Set(problems)];
}

function isGroups(spec: DeploymentSpec | LeaderWorkerSetSpec): spec is LeaderWorkerSetSpec { return 'leaderWorkerTemplate' in spec; }

/** The templates of a workload's pods, those that serve first. */
function templatesOf(spec: any): any[] {
  const groups = spec?.leaderWorkerTemplate;
  return groups ? [groups.leaderTemplate, groups.workerTemplate] : [spec?.template];
}

function replicaProblems({ kind, spec }: any, planned: PlannedWorkload): string[] {
  const { pool, gpusPerReplica } = planned;
  const problems: string[] = [];
  if (spec.replicas !== undefined && !Number.isInteger(spec.replicas)) { return [`'replicas' of the ${kind} is ${show(spec.replicas)} but must be a whole number`]; }
  if (spec.replicas !== undefined && planned.spec.replicas === undefined) {
    problems.push(`the ${kind} has ${spec.replicas} replicas but a rollout scales it in the cluster, and each apply would set it back; leave 'replicas' out${UNLESS}`);
  } else if (spec.replicas > planned.spec.replicas!) {
    problems.push(`the ${kind} has ${spec.replicas} replicas but the fleet runs ${planned.spec.replicas}, by which the GPUs of pool '${pool.poolName}' are counted; change 'capacity' of the fleet${UNLESS}`);
  }
  if (isGroups(planned.spec) && spec.leaderWorkerTemplate?.size !== planned.spec.leaderWorkerTemplate.size) {
    problems.push(`a group of the ${kind} has ${show(spec.leaderWorkerTemplate?.size)} pods but a replica spans ${planned.spec.leaderWorkerTemplate.size} nodes; change the layout of 'capacity'${UNLESS}`);
  }
  const rolling = spec.strategy?.rollingUpdate ?? spec.rolloutStrategy?.rollingUpdateConfiguration;
  const stated = rolling?.maxSurge !== undefined && rolling.maxUnavailable !== undefined;
  if (stated && podsOf(rolling.maxSurge, 100) === 0 && podsOf(rolling.maxUnavailable, 100) === 0) {
    problems.push(`an update of the ${kind} may neither add nor take away a replica ('maxSurge' and 'maxUnavailable' are 0), so that it would never end; leave one of them as it is`);
  }
  // What the API server fills in.
  const surge = rolling?.maxSurge ?? (isGroups(planned.spec) ? 0 : '25%');
  const more = spec.strategy?.type === 'Recreate' ? 0 : podsOf(surge, spec.replicas ?? planned.replicas);
  const claimed = claimsOn(pool).reduce((sum, { gpus }) => sum + gpus, 0);
  const peak = claimed + more * gpusPerReplica;
  if (more > surgeOf(planned.spec) && pool.maxGpus !== undefined && peak > pool.maxGpus) {
    problems.push(`'maxSurge' of the ${kind} lets an update run ${more} replicas more, ${peak} GPUs with all that is planned for pool '${pool.poolName}', but its 'maxGpus' is ${pool.maxGpus}; leave 'maxSurge' as it is${UNLESS}`);
  }
  return problems;
}

function surgeOf(spec: DeploymentSpec | LeaderWorkerSetSpec): number {
  return isGroups(spec) ? spec.rolloutStrategy.rollingUpdateConfiguration.maxSurge : spec.strategy.rollingUpdate.maxSurge;
}

/** A number of pods, or a percentage of them as the controllers round it. */
function podsOf(value: unknown, replicas: number): number {
  const [, percentage] = /^(\d+)%$/.exec(String(value)) ?? [];
  return percentage === undefined ? Number(value) || 0 : Math.ceil(Number(percentage) / 100 * replicas);
}

function templateProblems(kind: string, planned: PodTemplate, final: any): string[] {
  if (!final?.spec) { return [`the ${kind} has no template for its pods any more; leave it in${UNLESS}`]; }
  const { spec } = final;
  const [engine] = planned.spec.containers;
  const container = list(spec.containers).find(({ name }) => name === engine.name);
  const pods = `the pods of the ${kind}`;
  const lost = Object.entries(planned.spec.nodeSelector ?? {}).filter(([key, value]) => spec.nodeSelector?.[key] !== value).map(([key]) => key);
  const tolerated = new Set(list(spec.tolerations).map(canonical));
  const refused = (planned.spec.tolerations ?? []).filter((toleration) => !tolerated.has(canonical(toleration))).map(({ key }) => key);
  const grace = planned.spec.terminationGracePeriodSeconds!;
  const seconds = spec.terminationGracePeriodSeconds ?? 30; // Kubernetes' own
  const allowed = new Set(restrictedProblems(planned.spec));
  return [
    ...selectorKeys.filter((key) => final.metadata?.labels?.[key] !== planned.metadata.labels[key])
      .map((key) => `${pods} have ${show(final.metadata?.labels?.[key])} for the label '${key}', by which the fleet's objects find them; leave it ${show(planned.metadata.labels[key])}${UNLESS}`),
    ...lost.map((key) => `${pods} do not select '${key}' of their nodes any more, so that they may land outside of the pool; leave it in${UNLESS}`),
    ...refused.map((key) => `${pods} do not tolerate the taint '${key}' any more, so that no node of the pool takes them; leave it in${UNLESS}`),
    ...seconds < grace ? [`${pods} get ${seconds} s to stop but their drain takes ${grace} s; change 'timeouts.drain' of the fleet${UNLESS}`] : [],
    ...restrictedProblems(spec).filter((problem) => !allowed.has(problem)).map((problem) => `a pod of the ${kind} ${problem}, which Pod Security 'restricted' forbids; leave it out${UNLESS}`),
    ...podProblems(spec).map((problem) => `in a pod of the ${kind}, ${problem}`),
    ...container ? engineProblems(kind, engine, container) : [`${pods} have no container '${engine.name}' any more; leave it in${UNLESS}`],
  ];
}

const selectorKeys = [FLEET_LABEL, APP_COMPONENT_LABEL];

/** What the plan counts on in the container of the engine. */
function engineProblems(kind: string, planned: any, final: any): string[] {
  const of = `the engine of the ${kind}`;
  const devices = Object.keys(planned.resources.limits).filter((resource) => resource.includes('/'));
  const ours: string[] = list(planned.args);
  const args: string[] = list(final.args).map(String);
  const gone = ours.filter((arg) => !args.includes(arg));
  const own = new Map<string, number>();
  for (const arg of ours) { own.set(flagOf(arg), (own.get(flagOf(arg)) ?? 0) + 1); }
  const again = [...own].filter(([flag, times]) => flag.startsWith('--') && args.filter((arg) => flagOf(arg) === flag).length > times).map(([flag]) => flag);
  return [
    ...devices.filter((resource) => amountOf(final.resources?.limits?.[resource] ?? 0) !== amountOf(planned.resources.limits[resource]))
      .map((resource) => `${of} has ${final.resources?.limits?.[resource] ?? 'none'} of '${resource}' but the plan gives it ${planned.resources.limits[resource]}; change 'capacity' of the fleet${UNLESS}`),
    ...gone.map((arg) => `${of} is not given ${show(arg)} any more, which the plan counts on; use the props of the fleet and of its engine${UNLESS}`),
    ...gone.length ? [] : again.map((flag) => `${of} is given '${flag}' twice, and the last one wins over the plan's; use the props of the fleet and of its engine${UNLESS}`),
    ...planned.startupProbe && !final.startupProbe
      ? [`${of} has no startup probe any more, so that its liveness probe would end it while it loads; change 'timeouts.startup' of the fleet${UNLESS}`] : [],
    ...planned.image.includes('@sha256:') && !String(final.image).includes('@sha256:')
      ? [`the image ${show(final.image)} that a patch gives ${of} has no digest, so that what runs could change without a commit; use 'image' and 'imageDigest' of the engine${UNLESS}`] : [],
  ];
}

function flagOf(arg: string): string { return arg.split('=')[0]; }

function selectorProblems({ kind, spec }: any, serving: any): string[] {
  const missing = missingLabels(spec.selector?.matchLabels, serving?.metadata?.labels);
  return missing ? [`the ${kind} selects pods with ${missing}, which its template does not have; leave its selector and the template's labels as they are`] : [];
}

/** What finds the pods by their labels and ports, and no longer does. */
function finderProblems({ kind, metadata, spec }: any, serving: any, grouped: boolean): string[] {
  const labels = { ...serving.metadata?.labels, ...grouped ? { [WORKER_INDEX_LABEL]: '0' } : {} };
  const selector = kind === 'Service' ? spec.selector ?? {} : (spec?.podSelector ?? spec?.selector)?.matchLabels;
  const missing = missingLabels(selector, labels);
  const it = kind === 'NetworkPolicy' ? `the NetworkPolicy '${metadata.name}'` : `the ${kind}`;
  const ports = list(serving.spec?.containers).flatMap((container) => list(container.ports).map(({ name }) => name));
  const asked = [...kind === 'Service' ? list(spec.ports).map(({ targetPort }) => targetPort) : [], ...list(spec?.podMetricsEndpoints).map(({ port }) => port)];
  return [
    ...missing ? [`${it} selects pods with ${missing}, which the fleet's pods do not have; leave its selector as it is${UNLESS}`] : [],
    ...asked.filter((port) => typeof port === 'string' && !ports.includes(port))
      .map((port) => `${it} asks for the port ${show(port)} but the ports of the fleet's pods are named '${ports.join("', '")}'; correct the name${UNLESS}`),
    ...kind === 'PodDisruptionBudget' ? budgetProblems(spec) : [],
  ];
}

function budgetProblems({ minAvailable, maxUnavailable }: any): string[] {
  if (minAvailable !== undefined && maxUnavailable !== undefined) { return ["the PodDisruptionBudget has both 'minAvailable' and 'maxUnavailable'; leave 'minAvailable' out"]; }
  const none = maxUnavailable === 0 || /^0+%?$/.test(String(maxUnavailable)) || String(minAvailable) === '100%';
  return none
    ? [`the PodDisruptionBudget lets no pod be evicted, so that draining a node would wait for ever; to keep nodes from being drained, annotate the pods with 'metadata'${UNLESS}`]
    : [];
}

/** The labels of a selector that pods do not have, as a text; undefined if they have all. */
function missingLabels(selector: { [key: string]: string } | undefined, labels: { [key: string]: string } | undefined): string | undefined {
  const missing = Object.entries(selector ?? {}).filter(([key, value]) => labels?.[key] !== value);
  return missing.length ? missing.map(([key, value]) => show(`${key}: ${value}`)).join(' and ') : undefined;
}

/** A text of an object that does not depend on the order of its keys. */
function canonical(value: object): string {
  return JSON.stringify(Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1)));
}

