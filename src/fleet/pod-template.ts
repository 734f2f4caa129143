import { PROBE_PERIOD_SECONDS, ShutdownBudget, StartupBudget } from './lifecycle';
import { PodResources } from './resources';
import { FleetSecurity } from './security';
import { WeightsConfig } from './weights';
import { EngineConfig } from '../engines/engine';
import { Container, EnvVar, PodTemplate, Probe, ResourceAmounts, Toleration, Volume, VolumeMount } from '../kube/pod';
import { bytesUp, cpu } from '../kube/quantities';

export const SERVING_PORT_NAME = 'http';
const CONTAINER_NAME = 'engine';

/** A busy server answers late and a dead engine answers at once: one minute of silence is a hang. */
const LIVENESS_FAILURES = 6;
const READINESS_FAILURES = 3;
const PROBE_TIMEOUT_SECONDS = 5;

/** A file of the fleet's ConfigMap. */
export interface MountedFile { readonly path: string; readonly key: string }

/** Everything that the pods of a fleet have in common. */
export interface PodParts {
  readonly labels: { [key: string]: string };
  readonly annotations: { [key: string]: string };
  readonly engine: EngineConfig;
  readonly image: string;
  readonly loaderArgs: string[];
  readonly env: EnvVar[];
  readonly weights: WeightsConfig;
  readonly files: MountedFile[];
  readonly filesConfigMap?: string;
  readonly resources: PodResources;
  readonly accelerators: ResourceAmounts;
  readonly startup: StartupBudget;
  readonly shutdown: ShutdownBudget;
  readonly security: FleetSecurity;
  readonly serviceAccountName: string;
  readonly pullSecrets: string[];
  readonly nodeSelector: { [key: string]: string };
  readonly tolerations: Toleration[];
  readonly affinity?: any;
}

/** The pod that serves: the only one of a replica, or the leader of a group. */
export function servingPod(parts: PodParts, spread?: any[]): PodTemplate {
  const { engine, startup, shutdown } = parts;
  return pod(parts, {
    ...container(parts, engine.args),
    ports: [{ name: SERVING_PORT_NAME, containerPort: engine.port, protocol: 'TCP' }],
    startupProbe: probe(engine.readyPath, PROBE_PERIOD_SECONDS, startup.failureThreshold),
    livenessProbe: probe(engine.healthPath, PROBE_PERIOD_SECONDS, LIVENESS_FAILURES),
    readinessProbe: probe(engine.readyPath, PROBE_PERIOD_SECONDS, READINESS_FAILURES),
    lifecycle: preStop(shutdown.preStopSeconds),
  }, spread);
}

/**
 * Another pod of a group. It has no endpoint to probe: its end takes the leader's engine down, whose probe then restarts the
 * group. It is told to stop together with the leader, and sleeps while the leader drains.
 */
export function workerPod(parts: PodParts): PodTemplate {
  return pod(parts, { ...container(parts, parts.engine.workerArgs ?? []), lifecycle: preStop(parts.shutdown.workerPreStopSeconds) });
}

function container(parts: PodParts, args: string[]): Container {
  const { engine, resources, security, weights } = parts;
  const amounts: ResourceAmounts = {
    'memory': bytesUp(resources.memoryBytes),
    'ephemeral-storage': bytesUp(resources.storageBytes),
    ...parts.accelerators,
  };
  const allArgs = [...args, ...missing(parts.loaderArgs, args)];
  return {
    name: CONTAINER_NAME,
    image: parts.image,
    // The API server drops empty lists: they would be a difference for ever.
    ...(engine.command?.length ? { command: [...engine.command] } : {}),
    ...(allArgs.length ? { args: allArgs } : {}),
    env: parts.env,
    resources: { requests: { cpu: cpu(resources.cpuMillis), ...amounts }, limits: amounts },
    volumeMounts: [
      { name: 'shm', mountPath: '/dev/shm' },
      ...engine.writablePaths.map((path, i): VolumeMount => ({ name: `scratch-${i}`, mountPath: path })),
      ...parts.files.map(({ path, key }): VolumeMount => ({ name: 'files', mountPath: path, subPath: key, readOnly: true })),
      ...weights.volumeMounts,
    ],
    securityContext: {
      allowPrivilegeEscalation: false,
      readOnlyRootFilesystem: !security.writableRootFilesystem,
      ...(security.rootWithLockedMemory
        ? { runAsNonRoot: false, runAsUser: 0, capabilities: { drop: ['ALL'], add: ['IPC_LOCK'] } }
        : { runAsNonRoot: true, capabilities: { drop: ['ALL'] } }),
      seccompProfile: { type: 'RuntimeDefault' },
    },
    terminationMessagePolicy: 'FallbackToLogsOnError',
  };
}

function pod(parts: PodParts, engine: Container, spread?: any[]): PodTemplate {
  const { engine: config, resources, shutdown, weights } = parts;
  const volumes: Volume[] = [
    { name: 'shm', emptyDir: { medium: 'Memory', sizeLimit: bytesUp(resources.shmBytes) } },
    ...config.writablePaths.map((_, i): Volume => ({ name: `scratch-${i}`, emptyDir: { sizeLimit: bytesUp(resources.scratchBytes) } })),
    ...(parts.filesConfigMap
      ? [{ name: 'files', configMap: { name: parts.filesConfigMap, defaultMode: 0o444, items: parts.files.map(({ key }) => ({ key, path: key })) } }]
      : []),
    ...weights.volumes,
  ];
  return {
    metadata: { labels: parts.labels, ...(Object.keys(parts.annotations).length ? { annotations: parts.annotations } : {}) },
    spec: {
      serviceAccountName: parts.serviceAccountName,
      automountServiceAccountToken: false,
      enableServiceLinks: false,
      securityContext: {
        runAsNonRoot: true,
        runAsUser: config.userId,
        runAsGroup: config.userId,
        fsGroup: config.userId,
        fsGroupChangePolicy: 'OnRootMismatch',
        seccompProfile: { type: 'RuntimeDefault' },
      },
      ...(parts.pullSecrets.length ? { imagePullSecrets: parts.pullSecrets.map((name) => ({ name })) } : {}),
      ...(weights.initContainers.length ? { initContainers: weights.initContainers } : {}),
      containers: [engine],
      volumes,
      nodeSelector: parts.nodeSelector,
      ...(parts.affinity ? { affinity: parts.affinity } : {}),
      tolerations: parts.tolerations,
      ...(spread ? { topologySpreadConstraints: spread } : {}),
      terminationGracePeriodSeconds: shutdown.graceSeconds,
    },
  };
}

/** Arguments of the loader whose flag the engine or the user has not set. */
function missing(loaderArgs: string[], args: string[]): string[] {
  const flags = new Set(args.map((arg) => arg.split('=')[0]));
  const kept: string[] = [];
  for (let i = 0; i < loaderArgs.length;) {
    const end = loaderArgs.findIndex((arg, at) => at > i && arg.startsWith('--'));
    const group = loaderArgs.slice(i, end === -1 ? undefined : end);
    if (!flags.has(group[0].split('=')[0])) { kept.push(...group); }
    i += group.length;
  }
  return kept;
}

function probe(path: string, periodSeconds: number, failureThreshold: number): Probe {
  return { httpGet: { path, port: SERVING_PORT_NAME }, periodSeconds, timeoutSeconds: PROBE_TIMEOUT_SECONDS, failureThreshold };
}

function preStop(seconds: number): Container['lifecycle'] {
  return seconds > 0 ? { preStop: { sleep: { seconds } } } : undefined;
}
