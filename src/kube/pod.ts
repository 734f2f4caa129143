/** The fields of a pod that this library writes, in wire form. Extend it when a new field is written. Internal. */

export interface EnvVar { name: string; value?: string; valueFrom?: any }

export interface VolumeMount { name: string; mountPath: string; subPath?: string; readOnly?: boolean }

export interface Volume {
  name: string;
  emptyDir?: { medium?: string; sizeLimit?: string };
  persistentVolumeClaim?: { claimName: string; readOnly?: boolean };
  configMap?: { name: string; defaultMode?: number; items?: { key: string; path: string }[] };
  secret?: { secretName: string; defaultMode?: number; items?: { key: string; path: string }[] };
  /** OCI image volume: beta in Kubernetes 1.33, on by default from 1.35. */
  image?: { reference: string; pullPolicy?: string };
}

export interface SecurityContext {
  allowPrivilegeEscalation: boolean;
  readOnlyRootFilesystem: boolean;
  runAsNonRoot?: boolean;
  runAsUser?: number;
  capabilities: { drop: string[]; add?: string[] };
  seccompProfile?: { type: string };
}

export interface Probe {
  httpGet?: { path: string; port: string | number; httpHeaders?: { name: string; value: string }[] };
  exec?: { command: string[] };
  tcpSocket?: { port: string | number };
  initialDelaySeconds?: number;
  periodSeconds: number;
  timeoutSeconds: number;
  failureThreshold: number;
}

export interface ResourceAmounts { [resource: string]: string | number }

export interface Container {
  name: string;
  image: string;
  imagePullPolicy?: string;
  command?: string[];
  args?: string[];
  env?: EnvVar[];
  ports?: { name: string; containerPort: number; protocol?: string }[];
  resources: { requests: ResourceAmounts; limits: ResourceAmounts };
  volumeMounts?: VolumeMount[];
  startupProbe?: Probe;
  livenessProbe?: Probe;
  readinessProbe?: Probe;
  lifecycle?: { preStop?: { sleep: { seconds: number } } };
  securityContext: SecurityContext;
  terminationMessagePolicy?: string;
  restartPolicy?: string;
}

export interface Toleration { key?: string; operator?: string; value?: string; effect?: string; tolerationSeconds?: number }

export interface NodeSelectorRequirement { key: string; operator: string; values?: string[] }

export interface PodSpec {
  serviceAccountName?: string;
  automountServiceAccountToken: boolean;
  enableServiceLinks: boolean;
  securityContext: {
    runAsNonRoot: boolean; runAsUser: number; runAsGroup: number; fsGroup?: number; fsGroupChangePolicy?: string; seccompProfile: { type: string };
  };
  imagePullSecrets?: { name: string }[];
  initContainers?: Container[];
  containers: Container[];
  volumes?: Volume[];
  nodeSelector?: { [key: string]: string };
  affinity?: any;
  tolerations?: Toleration[];
  topologySpreadConstraints?: any[];
  terminationGracePeriodSeconds?: number;
  restartPolicy?: string;
  priorityClassName?: string;
  schedulerName?: string;
  runtimeClassName?: string;
  subdomain?: string;
}

export interface PodTemplate {
  metadata: { labels: { [key: string]: string }; annotations?: { [key: string]: string } };
  spec: PodSpec;
}
