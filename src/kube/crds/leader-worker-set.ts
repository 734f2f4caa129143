import { PodTemplate } from '../pod';

export const LEADER_WORKER_SET_API_VERSION = 'leaderworkerset.x-k8s.io/v1';

/** The fields of a LeaderWorkerSet that this library writes, in wire form. */
export interface LeaderWorkerSetSpec {
  /** Absent: left to who scales it. */
  replicas?: number;
  startupPolicy: 'LeaderCreated' | 'LeaderReady';
  rolloutStrategy: { type: 'RollingUpdate'; rollingUpdateConfiguration: { maxSurge: number; maxUnavailable: number } };
  networkConfig: { subdomainPolicy: 'Shared' | 'UniquePerReplica' };
  leaderWorkerTemplate: {
    /** Pods of one group, the leader included. */
    size: number;
    restartPolicy: 'RecreateGroupOnPodRestart' | 'RecreateGroupAfterStart' | 'None';
    leaderTemplate: PodTemplate;
    workerTemplate: PodTemplate;
  };
}
