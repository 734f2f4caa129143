import { ApiObject } from 'cdk8s';
import { PersistentVolumeAccessMode } from 'cdk8s-plus-28';
import { Construct } from 'constructs';
import { fail, show } from '../errors';
import { checkHubOptions } from './weights-hub-checks';
import { downloadJob, downloadPolicy, HubDownload } from './weights-hub-job';
import { HubWeightsOptions } from './weights-options';
import {
  assumedBandwidth, bytesOf, checkOptions, copied, DEFAULT_READ_BYTES_PER_SECOND, gigabytes, hashOf, MODEL_PLACE, nothingMore, OFFLINE,
  TRANSFER_MARGIN, TRANSFER_START_SECONDS, WeightsContext, WeightsPlace, WeightsSource,
} from './weights-source';
import { helperImage, waitFor } from './weights-wait';
import { APP_COMPONENT_LABEL, PREFIX, WEIGHTS_COMPONENT } from '../kube/labels';
import { GIB } from '../kube/quantities';

/** Bandwidth assumed of a download where nobody states one: a slow day of the hub's content network to a cloud's virtual machine. */
const DEFAULT_DOWNLOAD_BYTES_PER_SECOND = 100e6;

/** Size of a claim as a multiple of the files: ext4 keeps up to 5 % and spends about 1.6 % on inodes; the rest is for what a catalogue does not count. */
const CLAIM_MARGIN = 1.1;

/** Bytes of a claim beside the weights: tokenizer, configuration, the downloader's own records. */
const CLAIM_EXTRA_BYTES = GIB;

/** Label that the serving pods and the download of one claim share. */
const claimLabel = ({ volume }: WeightsPlace) => `${PREFIX}${volume}`;

/** Weights from the hub, kept on a claim. */
export function hubSource(given: HubWeightsOptions): WeightsSource {
  const options = copied(given);
  return (scope, context) => {
    checkOptions(scope, 'fromHub', options);
    const { place = MODEL_PLACE } = context;
    const repository = options.repository ?? context.model.id;
    const endpoints = checkHubOptions(scope, options, repository);
    const bytes = bytesOf(scope, context, options.sizeBytes);
    const accessMode = accessModeOf(scope, context, options);
    const singleNode = accessMode === PersistentVolumeAccessMode.READ_WRITE_ONCE;
    // A claim can't change class or access mode, so they are part of its name; its size is not, as a claim can grow.
    const content = [context.name, repository, options.revision, [...options.extraFiles ?? []].sort()];
    const hash = hashOf([...content, options.storageClass ?? '', accessMode], 8);
    const prefix = context.name.slice(0, 39).replace(/[-.]+$/, '');
    const claimName = `${prefix}-weights-${hash}`;
    const commit = /^[0-9a-f]{40}$/.test(options.revision) ? options.revision : `moving-${hashOf(content, 12)}`;
    const rate = options.downloadBytesPerSecond ?? DEFAULT_DOWNLOAD_BYTES_PER_SECOND;
    const download: HubDownload = {
      context,
      options,
      endpoints,
      repository,
      image: helperImage(scope, context, options.downloaderImage),
      claimName,
      jobPrefix: `${prefix}-fetch-${hash}`,
      place,
      modelPath: `${place.path}/${commit}`,
      marker: `${place.path}/.complete-${commit}`,
      waitSeconds: Math.ceil(TRANSFER_START_SECONDS + TRANSFER_MARGIN * bytes / rate),
      singleNode,
      claimLabels: { [claimLabel(place)]: claimName },
    };
    emit(scope, download, accessMode, bytes);
    return {
      ...nothingMore(),
      modelPath: download.modelPath,
      checkpointBytes: bytes,
      env: [OFFLINE],
      volumes: [{ name: place.volume, persistentVolumeClaim: { claimName } }],
      volumeMounts: [{ name: place.volume, mountPath: place.path, readOnly: true }],
      initContainers: [waitFor(download.image, download.marker, place)],
      bytesPerSecond: options.readBytesPerSecond ?? DEFAULT_READ_BYTES_PER_SECOND,
      waitSeconds: download.waitSeconds,
      podLabels: download.claimLabels,
      singleNode,
      notes: notesOf(download, bytes, rate),
    };
  };
}

function accessModeOf(scope: Construct, context: WeightsContext, options: HubWeightsOptions): PersistentVolumeAccessMode {
  const shared = PersistentVolumeAccessMode.READ_WRITE_MANY;
  const single = PersistentVolumeAccessMode.READ_WRITE_ONCE;
  const mode = options.accessMode ?? (context.sharedByNodes ? shared : single);
  if (mode !== shared && mode !== single) {
    fail(scope, `'accessMode' is ${show(mode)} but must be ReadWriteOnce or ReadWriteMany, as a Job writes what other pods read`);
  }
  if (context.sharedByNodes && mode === single) {
    fail(scope, '\'accessMode\' is ReadWriteOnce but pods on several nodes read these weights; use ReadWriteMany with a storage class that offers it,'
      + ' an object store, or an image volume');
  }
  return mode;
}

function emit(scope: Construct, download: HubDownload, accessMode: PersistentVolumeAccessMode, bytes: number): void {
  const { context, options, claimName, claimLabels } = download;
  const labels = { ...context.labels, ...claimLabels, [APP_COMPONENT_LABEL]: WEIGHTS_COMPONENT };
  const metadata = { name: claimName, namespace: context.namespace, labels };
  const size = `${Math.ceil((bytes * CLAIM_MARGIN + CLAIM_EXTRA_BYTES) / GIB)}Gi`;
  new ApiObject(scope, 'Claim', {
    apiVersion: 'v1',
    kind: 'PersistentVolumeClaim',
    metadata,
    spec: {
      accessModes: [accessMode],
      ...options.storageClass === undefined ? {} : { storageClassName: options.storageClass },
      resources: { requests: { storage: size } },
    },
  });
  new ApiObject(scope, 'ServiceAccount', { apiVersion: 'v1', kind: 'ServiceAccount', metadata, automountServiceAccountToken: false });
  if (context.networkPolicies ?? true) {
    new ApiObject(scope, 'NetworkPolicy', { apiVersion: 'networking.k8s.io/v1', kind: 'NetworkPolicy', metadata, spec: downloadPolicy(download) });
  }
  const spec = downloadJob(download);
  // A Job's template can't change, so the name carries a hash of the specification; by the marker, a second Job ends at once.
  const name = `${download.jobPrefix}-${hashOf(ordered(spec), 6)}`;
  new ApiObject(scope, 'Job', { apiVersion: 'batch/v1', kind: 'Job', metadata: { ...metadata, name }, spec });
}

/** The same with every map in the order of its keys, which labels from other languages do not keep. */
function ordered(value: unknown): unknown {
  if (Array.isArray(value)) { return value.map(ordered); }
  if (typeof value !== 'object' || value === null) { return value; }
  return Object.fromEntries(Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1)).map(([key, inner]) => [key, ordered(inner)]));
}

function notesOf(download: HubDownload, bytes: number, rate: number): string[] {
  const { options, claimName, singleNode } = download;
  return [
    `the first start waits up to ${download.waitSeconds} s for the download of ${gigabytes(bytes)}`,
    ...assumedBandwidth('downloadBytesPerSecond', options.downloadBytesPerSecond, rate),
    ...assumedBandwidth('readBytesPerSecond', options.readBytesPerSecond, DEFAULT_READ_BYTES_PER_SECOND),
    ...singleNode ? [`the claim '${claimName}' is ReadWriteOnce: only pods on one node can use it at a time, and an update ends the old pod first`] : [],
    ...!singleNode && options.storageClass === undefined
      ? [`the claim '${claimName}' is ReadWriteMany, which the default storage class of most clouds does not offer; state 'storageClass'`] : [],
    ...options.downloaderImage !== undefined && !options.downloaderImage.includes('@sha256:')
      ? [`the image ${show(options.downloaderImage)} that downloads the weights is not pinned by digest`] : [],
    ...download.endpoints.plain ? ['the weights travel unencrypted from \'endpoint\''] : [],
    ...options.allowMovingRevision && download.modelPath.includes('/moving-')
      ? [`revision ${show(options.revision)} is not a commit, so a new claim may be filled with other files than this one`] : [],
  ];
}
