import { EnvValue } from 'cdk8s-plus-28';
import { DOWNLOAD_SCRIPT, FINAL_FAILURE } from './weights-download-script';
import { HubEndpoints } from './weights-hub-checks';
import { HubWeightsOptions } from './weights-options';
import { NO_GPU, RESTRICTED, WeightsContext, WeightsPlace } from './weights-source';
import { APP_COMPONENT_LABEL, WEIGHTS_COMPONENT } from '../kube/labels';
import { NetworkPolicySpec } from '../kube/network-policy';
import { EnvVar, PodSpec } from '../kube/pod';

/** What the download and its objects are made from. Internal. */
export interface HubDownload {
  readonly context: WeightsContext;
  readonly options: HubWeightsOptions;
  readonly endpoints: HubEndpoints;
  readonly repository: string;
  readonly image: string;
  readonly claimName: string;
  readonly place: WeightsPlace;
  readonly jobPrefix: string;
  readonly modelPath: string;
  readonly marker: string;
  readonly waitSeconds: number;
  readonly singleNode: boolean;
  /** Labels of the claim, and of the serving pods that mount it. */
  readonly claimLabels: { [key: string]: string };
}

/** Tries after the first one; a try goes on with the files that are there. */
const RETRIES = 4;

/** Time until the Job gives up, as a multiple of what one download may take. */
const DEADLINE_FACTOR = 4;

/**
 * Memory of the download. The hub's transfer library buffers up to 2 GB by `HF_XET_RECONSTRUCTION_DOWNLOAD_BUFFER_LIMIT` below and
 * eight files are under way at a time; pods of 4 GiB were killed in reports (huggingface_hub issue 3300). The request is small so that the
 * pod fits beside a serving pod.
 */
const MEMORY_LIMIT = '8Gi';
const MEMORY_REQUEST = '2Gi';

const SCRATCH = '/tmp';

const LINK_LOCAL = '169.254.0.0/16';
const METADATA_IPV6 = 'fd00:ec2::/32';

/** Labels of the download's pods. */
function podLabels(download: HubDownload): { [key: string]: string } {
  return { ...download.context.labels, ...download.claimLabels, [APP_COMPONENT_LABEL]: WEIGHTS_COMPONENT };
}

/** Lets the download reach name servers and the hub, nothing of the node's own addresses, and lets nobody in. */
export function downloadPolicy(download: HubDownload): NetworkPolicySpec {
  return {
    podSelector: { matchLabels: { ...download.claimLabels, [APP_COMPONENT_LABEL]: WEIGHTS_COMPONENT } },
    policyTypes: ['Ingress', 'Egress'],
    egress: [
      download.context.dnsEgress ?? { ports: [{ protocol: 'UDP', port: 53 }, { protocol: 'TCP', port: 53 }] },
      {
        to: [{ ipBlock: { cidr: '0.0.0.0/0', except: [LINK_LOCAL] } }, { ipBlock: { cidr: '::/0', except: [METADATA_IPV6, 'fe80::/10'] } }],
        ports: download.endpoints.ports.map((port) => ({ protocol: 'TCP', port })),
      },
    ],
  };
}

/** The specification of the Job that fills the claim. It has no time to live: whoever applies the manifest would make it again. */
export function downloadJob(download: HubDownload): object {
  return {
    backoffLimit: RETRIES,
    completions: 1,
    parallelism: 1,
    activeDeadlineSeconds: DEADLINE_FACTOR * download.waitSeconds,
    podFailurePolicy: {
      rules: [
        { action: 'FailJob', onExitCodes: { containerName: 'download', operator: 'In', values: [FINAL_FAILURE] } },
        { action: 'Ignore', onPodConditions: [{ type: 'DisruptionTarget', status: 'True' }] },
      ],
    },
    template: {
      metadata: {
        labels: podLabels(download),
        annotations: { 'cluster-autoscaler.kubernetes.io/safe-to-evict': 'false', 'karpenter.sh/do-not-disrupt': 'true' },
      },
      spec: podSpec(download),
    },
  };
}

function podSpec(download: HubDownload): PodSpec {
  const { context, options, singleNode } = download;
  const onPool = options.downloadOnPool ?? singleNode;
  const { userId } = context;
  return {
    restartPolicy: 'Never',
    serviceAccountName: download.claimName,
    automountServiceAccountToken: false,
    enableServiceLinks: false,
    securityContext: {
      runAsNonRoot: true,
      runAsUser: userId,
      runAsGroup: userId,
      fsGroup: userId,
      fsGroupChangePolicy: 'OnRootMismatch',
      seccompProfile: { type: 'RuntimeDefault' },
    },
    ...context.imagePullSecrets.length ? { imagePullSecrets: context.imagePullSecrets.map((name) => ({ name })) } : {},
    ...onPool && context.nodeSelector ? { nodeSelector: context.nodeSelector } : {},
    ...onPool && context.tolerations?.length ? { tolerations: context.tolerations } : {},
    ...singleNode ? { affinity: besideItsClaim(download) } : {},
    containers: [{
      name: 'download',
      image: download.image,
      command: ['python3', '-u', '-c', DOWNLOAD_SCRIPT],
      env: environment(download),
      resources: {
        requests: { 'cpu': '500m', 'memory': MEMORY_REQUEST, 'ephemeral-storage': '1Gi' },
        limits: { 'cpu': '4', 'memory': MEMORY_LIMIT, 'ephemeral-storage': '1Gi' },
      },
      volumeMounts: [{ name: download.place.volume, mountPath: download.place.path }, { name: 'scratch', mountPath: SCRATCH }],
      securityContext: RESTRICTED,
      terminationMessagePolicy: 'FallbackToLogsOnError',
    }],
    volumes: [
      { name: download.place.volume, persistentVolumeClaim: { claimName: download.claimName } },
      { name: 'scratch', emptyDir: { sizeLimit: '1Gi' } },
    ],
  };
}

/**
 * A ReadWriteOnce volume is attached to one node. If a serving pod is there first and waits, a download elsewhere would never get the volume
 * and both would wait for ever; so the download goes where a pod of its claim is. It carries the label itself, so the first one goes anywhere.
 */
function besideItsClaim(download: HubDownload): object {
  return {
    podAffinity: {
      requiredDuringSchedulingIgnoredDuringExecution: [{ labelSelector: { matchLabels: download.claimLabels }, topologyKey: 'kubernetes.io/hostname' }],
    },
  };
}

function environment(download: HubDownload): EnvVar[] {
  const { options } = download;
  const values: { [name: string]: string } = {
    HF_HOME: `${SCRATCH}/huggingface`,
    HF_HUB_DISABLE_PROGRESS_BARS: '1',
    HF_HUB_DISABLE_TELEMETRY: '1',
    HF_HUB_DOWNLOAD_TIMEOUT: '60',
    HF_HUB_ETAG_TIMEOUT: '60',
    HF_XET_CHUNK_CACHE_SIZE_BYTES: '0',
    HF_XET_NUM_CONCURRENT_RANGE_GETS: '8',
    HF_XET_RECONSTRUCTION_DOWNLOAD_BUFFER_LIMIT: '2gb',
    HF_XET_RECONSTRUCTION_DOWNLOAD_BUFFER_SIZE: '1gb',
    HOME: SCRATCH,
    [NO_GPU.name]: NO_GPU.value!,
    WEIGHTS_EXTRA_FILES: JSON.stringify([...options.extraFiles ?? []].sort()),
    WEIGHTS_MARKER: download.marker,
    WEIGHTS_REPOSITORY: download.repository,
    WEIGHTS_REVISION: options.revision,
    WEIGHTS_TARGET: download.modelPath,
    ...options.endpoint === undefined ? {} : { HF_ENDPOINT: options.endpoint.replace(/\/+$/, '') },
    ...options.httpsProxy === undefined ? {} : { HTTP_PROXY: options.httpsProxy, HTTPS_PROXY: options.httpsProxy },
  };
  const plain: EnvVar[] = Object.keys(values).map((name) => ({ name, value: values[name] }));
  const token = options.token && { name: 'HF_TOKEN', valueFrom: EnvValue.fromSecretValue(options.token).valueFrom };
  return [...plain, ...token ? [token] : []].sort((a, b) => a.name < b.name ? -1 : 1);
}
