/** The Job that runs the runner. Internal. */
import { RunnerDriverOptions } from './runner-driver-options';
import { RESTRICTED } from '../fleet/weights-source';
import { PodSpec, Volume, VolumeMount } from '../kube/pod';

/** docker-library/repo-info@4211a1635d906d705a873434b7336b27c7678802: repos/node/remote/22-alpine.md (Node 22.23.3; amd64, arm64 and others), as of 2026-09-23. */
export const NODE_IMAGE = 'docker.io/library/node:22.23.3-alpine@sha256:0a7108bf6c7bf5de370ffb1a3ed6be93d405b43ff159f681a8d18c0e2bc2e402';

/** Where the runner tells its own metrics. */
export const METRICS_PORT = 9464;
export const METRICS_PORT_NAME = 'metrics';
/** Key of the runner in its ConfigMap. */
export const RUNNER_FILE = 'canary-runner.js';

const FOLDER = '/runner';
const PROMETHEUS_FOLDER = '/prometheus';
const USER_ID = 1000;
/** By everybody in the container, which is one user. */
const READABLE = 0o444;
/** A rollout takes days if people pause it, and its pod may be evicted, or the API server away, any number of times. */
const MOST_RETRIES = 1_000_000;
/** The runner's heap is small; an answer of Prometheus has up to 64 MiB. */
const MEMORY_LIMIT = '384Mi';
const HEAP_MEGABYTES = 256;

/** What the Job is made from. */
export interface RunnerJob {
  readonly name: string;
  readonly namespace: string;
  readonly hash: string;
  readonly image: string;
  readonly serviceAccountName: string;
  /** ConfigMap with the runner's file. */
  readonly fileConfigMap: string;
  readonly podLabels: { [key: string]: string };
  readonly options: RunnerDriverOptions;
}

/** The specification of the Job. It has no time to live: whoever applies the manifest would make it again. */
export function runnerJob(job: RunnerJob): object {
  return {
    backoffLimit: MOST_RETRIES,
    completions: 1,
    parallelism: 1,
    template: { metadata: { labels: job.podLabels }, spec: podSpec(job) },
  };
}

function podSpec({ name, namespace, hash, image, serviceAccountName, fileConfigMap, options }: RunnerJob): PodSpec {
  const { prometheusToken: token, prometheusCertificates: certificates, fileInImage, imagePullSecrets = [] } = options;
  const mounts: [Volume, VolumeMount][] = [
    ...fileInImage === undefined ? [mounted('runner', { configMap: { name: fileConfigMap, defaultMode: READABLE } }, FOLDER)] : [],
    ...token === undefined ? [] : [mounted('prometheus-token', { secret: { secretName: token.secret.name, defaultMode: READABLE, items: [{ key: token.key, path: 'token' }] } }, `${PROMETHEUS_FOLDER}/token`)],
    ...certificates === undefined ? [] : [mounted('prometheus-certificates', { configMap: { name: certificates.configMap.name, defaultMode: READABLE, items: [{ key: certificates.key, path: 'ca.crt' }] } }, `${PROMETHEUS_FOLDER}/certificates`)],
  ];
  return {
    restartPolicy: 'OnFailure',
    serviceAccountName,
    automountServiceAccountToken: true,
    enableServiceLinks: false,
    securityContext: { runAsNonRoot: true, runAsUser: USER_ID, runAsGroup: USER_ID, seccompProfile: { type: 'RuntimeDefault' } },
    ...imagePullSecrets.length ? { imagePullSecrets: imagePullSecrets.map((secret) => ({ name: secret.name })) } : {},
    containers: [{
      name: 'runner',
      image,
      command: ['node', `--max-old-space-size=${HEAP_MEGABYTES}`, fileInImage ?? `${FOLDER}/${RUNNER_FILE}`],
      env: [
        { name: 'CANARY_HASH', value: hash },
        { name: 'CANARY_METRICS_PORT', value: String(METRICS_PORT) },
        { name: 'CANARY_NAME', value: name },
        { name: 'CANARY_NAMESPACE', value: namespace },
        ...certificates === undefined ? [] : [{ name: 'CANARY_PROMETHEUS_CA_FILE', value: `${PROMETHEUS_FOLDER}/certificates/ca.crt` }],
        ...token === undefined ? [] : [{ name: 'CANARY_PROMETHEUS_TOKEN_FILE', value: `${PROMETHEUS_FOLDER}/token/token` }],
        { name: 'POD_NAME', valueFrom: { fieldRef: { apiVersion: 'v1', fieldPath: 'metadata.name' } } },
      ],
      ports: [{ name: METRICS_PORT_NAME, containerPort: METRICS_PORT, protocol: 'TCP' }],
      resources: { requests: { cpu: '20m', memory: '96Mi' }, limits: { cpu: '1', memory: MEMORY_LIMIT } },
      ...mounts.length ? { volumeMounts: mounts.map(([, mount]) => mount) } : {},
      securityContext: RESTRICTED,
      terminationMessagePolicy: 'FallbackToLogsOnError',
    }],
    ...mounts.length ? { volumes: mounts.map(([volume]) => volume) } : {},
  };
}

function mounted(name: string, source: Omit<Volume, 'name'>, mountPath: string): [Volume, VolumeMount] {
  return [{ name, ...source }, { name, mountPath, readOnly: true }];
}
