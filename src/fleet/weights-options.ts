import { PersistentVolumeAccessMode, SecretValue } from 'cdk8s-plus-28';

/** Options of `Weights.fromHub`. */
export interface HubWeightsOptions {
  /**
   * Commit of the repository, 40 hexadecimal digits: every replica and every restart then serves the same files.
   *
   * A branch or a tag (`main`) is refused unless `allowMovingRevision` is set.
   */
  readonly revision: string;
  /**
   * Takes a branch or a tag as `revision`. What it names at the time of the download is what is served; the claim is not filled again
   * when it moves.
   *
   * @default false
   */
  readonly allowMovingRevision?: boolean;
  /**
   * Repository to download, where it is not the model's id: a mirror, or a quantised copy.
   *
   * @default - the model's id
   */
  readonly repository?: string;
  /**
   * Access token for gated and private repositories. Only the download Job refers to it.
   *
   * @default - none; the repository is public.
   */
  readonly token?: SecretValue;
  /**
   * Storage class of the claim.
   *
   * @default - the cluster's default class
   */
  readonly storageClass?: string;
  /**
   * Access mode of the claim. A claim can't change it later: a fleet that will grow beyond one node states ReadWriteMany from the start.
   *
   * @default - ReadWriteMany where pods on several nodes read the weights, else ReadWriteOnce
   */
  readonly accessMode?: PersistentVolumeAccessMode;
  /**
   * Bandwidth at which one pod reads from this storage while the others do too, in bytes per second.
   *
   * @default 125e6
   */
  readonly readBytesPerSecond?: number;
  /**
   * Bandwidth of the download, from the hub to the storage, in bytes per second.
   *
   * @default 100e6
   */
  readonly downloadBytesPerSecond?: number;
  /**
   * Size of the downloaded files, in bytes; the claim is somewhat larger. Kubernetes can't shrink a claim.
   *
   * @default - the size of the model's published weight files
   */
  readonly sizeBytes?: number;
  /**
   * Files to download besides the safetensors, configuration and tokenizer: patterns as the hub's own tools take them, e.g. `*.py` for a model
   * with its own code. Pickle files (`.bin`, `.pt`, `.pth`, `.ckpt`, `.pkl`) are never downloaded: reading one runs code.
   *
   * @default - safetensors, configuration and tokenizer alone
   */
  readonly extraFiles?: string[];
  /**
   * Image with `python3` and the package `huggingface_hub`; the download runs in it, and the pods wait in it.
   *
   * @default - the engine's image, which the nodes pull anyway
   */
  readonly downloaderImage?: string;
  /**
   * URL of a mirror of the hub. A plain `http` URL is refused together with `token`. Network policies see the port of a server's pods: for a
   * mirror inside the cluster, name a Service whose port is its pods' port.
   *
   * @default - https://huggingface.co
   */
  readonly endpoint?: string;
  /**
   * URL of the proxy that leads out of the cluster, without user name or password.
   *
   * @default - the download goes out directly
   */
  readonly httpsProxy?: string;
  /**
   * Whether the download runs on the nodes of the fleet's pool, which a volume of one zone needs. It takes no GPU of them.
   *
   * @default - true where the claim is ReadWriteOnce
   */
  readonly downloadOnPool?: boolean;
}

/** Options of `Weights.fromClaim`. */
export interface ClaimWeightsOptions {
  /** Name of a PersistentVolumeClaim in the fleet's namespace. It is mounted read-only. */
  readonly claimName: string;
  /**
   * Directory of the model in the volume.
   *
   * @default - the root of the volume
   */
  readonly path?: string;
  /**
   * Bandwidth at which one pod reads from this storage while the others do too, in bytes per second.
   *
   * @default 125e6
   */
  readonly readBytesPerSecond?: number;
  /**
   * File that must exist before the engine starts, from the root of the volume: the last thing that whoever fills the claim writes.
   *
   * @default - none; the claim is complete.
   */
  readonly waitForFile?: string;
  /**
   * Size of the weight files, in bytes.
   *
   * @default - the size of the model's published weight files
   */
  readonly sizeBytes?: number;
}

/** Options of `Weights.fromImage`. */
export interface ImageWeightsOptions {
  /** OCI image or artifact with the model's files, by digest: `registry/name@sha256:…`. */
  readonly reference: string;
  /**
   * Takes a reference without a digest. Two nodes may then serve different files.
   *
   * @default false
   */
  readonly allowTag?: boolean;
  /**
   * Directory of the model in the image.
   *
   * @default - the root of the image
   */
  readonly path?: string;
  /**
   * Bandwidth at which a node pulls and unpacks the image, in bytes per second.
   *
   * @default 100e6
   */
  readonly pullBytesPerSecond?: number;
  /**
   * Bandwidth at which a pod reads from the node's image store, in bytes per second.
   *
   * @default 125e6
   */
  readonly readBytesPerSecond?: number;
  /**
   * Size of the weight files, in bytes.
   *
   * @default - the size of the model's published weight files
   */
  readonly sizeBytes?: number;
}

/** Options of `Weights.fromObjectStore`. */
export interface ObjectStoreWeightsOptions {
  /** Directory of the model: `s3://bucket/path`, `gs://bucket/path` or `az://container/path`. */
  readonly uri: string;
  /**
   * Secrets for the environment of the serving pods: `AWS_ACCESS_KEY_ID`, `AWS_SECRET_ACCESS_KEY` and `AWS_SESSION_TOKEN` for `s3`,
   * `AZURE_CLIENT_ID`, `AZURE_TENANT_ID` and `AZURE_CLIENT_SECRET` for `az`.
   *
   * @default - the identity of the fleet's service account (EKS Pod Identity or IRSA, GKE workload identity, Microsoft Entra Workload ID)
   */
  readonly credentials?: { [environmentVariable: string]: SecretValue };
  /**
   * Key file of a Google service account, for `gs`; mounted read-only.
   *
   * @default - the identity of the fleet's service account
   */
  readonly credentialsFile?: SecretValue;
  /**
   * Whether the bucket is public and read without credentials, for `s3`.
   *
   * @default false
   */
  readonly anonymous?: boolean;
  /**
   * URL of an S3-compatible store, for `s3`. Network policies see the port of a server's pods: for a store inside the cluster, name a Service
   * whose port is its pods' port.
   *
   * @default - Amazon S3
   */
  readonly endpoint?: string;
  /**
   * Region of the bucket, for `s3`.
   *
   * @default - what the environment or the identity says
   */
  readonly region?: string;
  /**
   * Storage account, for `az`, which needs it.
   *
   * @default - required for `az`, not used otherwise
   */
  readonly storageAccount?: string;
  /**
   * Connections at a time, of each GPU's process.
   *
   * @default 16
   */
  readonly concurrency?: number;
  /**
   * Host memory that each GPU's process reads into, in bytes. It must hold the largest tensor of the model; the fleet asks for it.
   *
   * @default - 8 GiB
   */
  readonly bufferBytes?: number;
  /**
   * Bandwidth at which one pod reads from the store while the others do too, in bytes per second.
   *
   * @default 250e6
   */
  readonly readBytesPerSecond?: number;
  /**
   * Size of the weight files, in bytes.
   *
   * @default - the size of the model's published weight files
   */
  readonly sizeBytes?: number;
}
