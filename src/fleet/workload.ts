import { spreadOverZones } from './placement';
import { PodParts, servingPod, workerPod } from './pod-template';
import { Surge } from './surge';
import { LEADER_WORKER_SET_API_VERSION, LeaderWorkerSetSpec } from '../kube/crds/leader-worker-set';
import { DeploymentSpec } from '../kube/deployment';
import { SizingPlan } from '../sizing/plan';

/** API version and kind of the workload that runs a plan. */
export function workloadKind(plan: SizingPlan): { apiVersion: string; kind: string } {
  return plan.nodesPerReplica > 1
    ? { apiVersion: LEADER_WORKER_SET_API_VERSION, kind: 'LeaderWorkerSet' }
    : { apiVersion: 'apps/v1', kind: 'Deployment' };
}

/** What a workload's spec depends on. */
export interface WorkloadDemand {
  readonly plan: SizingPlan;
  /** Undefined: left to who scales the workload. */
  readonly replicas?: number;
  readonly gpusPerNode: number;
  readonly selector: { [key: string]: string };
  readonly pods: PodParts;
  readonly surge: Surge;
}

/** The spec of the workload: a Deployment where a replica fits a node, a LeaderWorkerSet where it spans nodes. */
export function workloadSpec(demand: WorkloadDemand): DeploymentSpec | LeaderWorkerSetSpec {
  const { plan, replicas, selector, pods, surge } = demand;
  const rolling = { maxSurge: surge.maxSurge, maxUnavailable: surge.maxUnavailable };
  const serving = servingPod(pods, spreadOverZones(plan, demand.gpusPerNode, selector));
  if (plan.nodesPerReplica === 1) {
    return {
      replicas,
      selector: { matchLabels: selector },
      strategy: { type: 'RollingUpdate', rollingUpdate: rolling },
      progressDeadlineSeconds: pods.startup.progressDeadlineSeconds,
      template: serving,
    };
  }
  return {
    replicas,
    // The leader is ready only once its workers are there: they must not wait for it.
    startupPolicy: 'LeaderCreated',
    rolloutStrategy: { type: 'RollingUpdate', rollingUpdateConfiguration: rolling },
    networkConfig: { subdomainPolicy: 'Shared' },
    leaderWorkerTemplate: {
      size: plan.nodesPerReplica,
      restartPolicy: 'RecreateGroupOnPodRestart',
      leaderTemplate: serving,
      workerTemplate: workerPod(pods),
    },
  };
}
