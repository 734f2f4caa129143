import { KubeObject } from './kube-object';
import { amount } from '../../support/manifest-checks';

/** What a server writes of an object, whoever made it. */
const BOOKKEEPING = ['metadata.uid', 'metadata.resourceVersion', 'metadata.generation', 'metadata.creationTimestamp', 'metadata.managedFields', 'status'];

/** Where pod templates stand. */
const POD_TEMPLATE = /^spec\.(leaderWorkerTemplate\.)?(template|leaderTemplate|workerTemplate)\./;

/**
 * Fields whose stored value is not the one that was sent, each once: `Service spec.sessionAffinity` where the server added one,
 * `Service spec.type: "ClusterIP" is "NodePort"` where it changed one. Fields of pod templates are `Deployment pod spec.dnsPolicy`.
 */
export function changesByServer(sent: KubeObject, stored: any): string[] {
  const changes = fieldChanges(sent, stored, '').filter((path) => !BOOKKEEPING.some((own) => path === own || path.startsWith(`${own}.`)));
  return [...new Set(changes.map((path) => {
    const inPod = path.replace(POD_TEMPLATE, '');
    return inPod === path ? `${sent.kind} ${path}` : `${sent.kind} pod ${inPod.replace(/\binitContainers\b/, 'containers')}`;
  }))];
}

function fieldChanges(sent: any, stored: any, path: string): string[] {
  if (sent === undefined) { return [path]; }
  if (stored === undefined) { return [`${path}: ${JSON.stringify(sent)} is gone`]; }
  if (Array.isArray(sent) && Array.isArray(stored) && sent.length === stored.length) { return sent.flatMap((one, i) => fieldChanges(one, stored[i], `${path}[]`)); }
  if (isMap(sent) && isMap(stored)) {
    return [...new Set([...Object.keys(sent), ...Object.keys(stored)])]
      .flatMap((key) => fieldChanges(sent[key], stored[key], path === '' ? key : `${path}.${key}`));
  }
  return sent === stored || sameQuantity(sent, stored) ? [] : [`${path}: ${JSON.stringify(sent)} is ${JSON.stringify(stored)}`];
}

function isMap(value: unknown): value is { [key: string]: unknown } { return typeof value === 'object' && value !== null && !Array.isArray(value); }

/** `8` and `"8"`, `0.5` and `500m`. */
function sameQuantity(sent: unknown, stored: unknown): boolean { return amount(sent) === amount(stored); }

/** What is left to the server, and why that is as well; whatever else it decides on is to be stated by the library. */
const LEFT_TO_SERVER: { [field: string]: string } = {
  ...under('Deployment', { 'spec.replicas': '1, of a candidate, until a rollout\'s runner scales it', 'spec.revisionHistoryLimit': 'old ReplicaSets cost nothing' }),
  ...under('HTTPRoute', {
    'spec.rules[].backendRefs[].group': 'the core group, of Services',
    'spec.rules[].backendRefs[].kind': 'Service',
    'spec.rules[].backendRefs[].weight': '1: of a single backend any weight means all',
  }),
  ...under('Job', {
    'spec.completionMode': 'NonIndexed: one pod does all',
    'spec.manualSelector': 'the server selects by an id that it makes',
    'spec.podReplacementPolicy': 'Failed, the one that it allows beside a policy for failures: never two downloads at once',
    'spec.selector': 'the id that the server makes',
    'spec.suspend': 'stated, it would fight with what queues jobs',
  }),
  ...under('LeaderWorkerSet', {
    'spec.replicas': '1, of a candidate, until a rollout\'s runner scales it',
    'spec.rolloutStrategy.rollingUpdateConfiguration.partition': '0: all groups are updated; whoever holds an update back sets it',
  }),
  ...under('PersistentVolumeClaim', {
    'metadata.finalizers': 'protection of claims in use',
    'spec.volumeMode': 'Filesystem, as no storage class changes',
  }),
  ...under('Service', {
    'spec.clusterIP': 'of the cluster',
    'spec.clusterIPs': 'of the cluster',
    'spec.internalTrafficPolicy': 'Cluster: every pod, wherever the client runs',
    'spec.ipFamilies': 'of the cluster',
    'spec.ipFamilyPolicy': 'of the cluster',
    'spec.sessionAffinity': 'None: no client sticks to a pod',
  }),
  ...under('Deployment pod', {
    ...ofEveryPod(),
    ...Object.fromEntries(['livenessProbe', 'readinessProbe', 'startupProbe'].flatMap((probe) => [
      [`spec.containers[].${probe}.httpGet.scheme`, 'HTTP'],
      [`spec.containers[].${probe}.successThreshold`, '1, the only one that the server takes of two of the three'],
    ])),
    'spec.restartPolicy': 'Always, the only one that it takes',
  }),
  ...under('Job pod', {
    ...ofEveryPod(),
    ...under('metadata.labels', {
      'batch.kubernetes.io/controller-uid': 'of the selector',
      'batch.kubernetes.io/job-name': 'of the selector',
      'controller-uid': 'of the selector',
      'job-name': 'of the selector',
    }, '.'),
    'spec.terminationGracePeriodSeconds': '30: a download ends at once when it is told to, and is resumed',
  }),
};

function ofEveryPod(): { [field: string]: string } {
  return {
    'spec.containers[].imagePullPolicy': 'IfNotPresent, but Always of a tag that moves',
    'spec.containers[].terminationMessagePath': 'a file that nobody writes: messages are the end of the log',
    'spec.dnsPolicy': 'ClusterFirst, of pods that are not in the network of the host',
    'spec.schedulerName': 'of the cluster',
    'spec.serviceAccount': 'the old name of serviceAccountName',
  };
}

function under(prefix: string, fields: { [field: string]: string }, separator = ' '): { [field: string]: string } {
  return Object.fromEntries(Object.entries(fields).map(([field, reason]) => [`${prefix}${separator}${field}`, reason]));
}

/** Every field that is left to the server. */
export const FIELDS_LEFT_TO_SERVER = Object.keys(LEFT_TO_SERVER);
