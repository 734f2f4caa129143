import { AppProps, Size } from 'cdk8s';

/** How a `PlatformApp` writes its objects. */
export enum OutputFormat {
  /** YAML, byte for byte as cdk8s writes it. */
  YAML = 'yaml',
  /**
   * JSON, which is YAML to everything that reads manifests, and the least work to write and to read. A file of several objects holds a `List`,
   * one object a line. Files keep their names, since `cdk8s synth` looks for `.yaml`.
   */
  JSON = 'json',
}

/** A size that Kubernetes refuses to go beyond. */
export enum ObjectLimit {
  /** etcd takes requests up to 1.5 MiB. Measured as JSON: what the API server stores is somewhat smaller for built-in kinds. */
  ETCD_REQUEST = 'etcd-request',
  /** The values of a ConfigMap or a Secret may hold 1 MiB. */
  DATA = 'data',
  /** Annotations may hold 256 KiB, and client-side apply writes the object into one. Server-side apply does not. */
  CLIENT_SIDE_APPLY = 'client-side-apply',
}

/** What an app may put into a cluster. */
export interface SynthesisBudget {
  /**
   * Most objects of the app.
   *
   * @default - any number
   */
  readonly maxObjects?: number;
  /**
   * Most objects in one namespace, e.g. what a quota there allows. Objects that state no namespace count as those of one.
   *
   * @default - any number
   */
  readonly maxObjectsPerNamespace?: number;
  /**
   * Most that all objects together may take, as JSON. etcd's database holds 2 GiB unless it is told otherwise.
   *
   * @default - any size
   */
  readonly maxSize?: Size;
  /**
   * Limits of Kubernetes that no object may be over.
   *
   * @default - none is refused; the summary lists what is over any of them
   */
  readonly refuseObjectsOver?: ObjectLimit[];
}

/** Properties of a `PlatformApp`. */
export interface PlatformAppProps extends AppProps {
  /**
   * How objects are written.
   *
   * @default OutputFormat.YAML
   */
  readonly outputFormat?: OutputFormat;
  /**
   * What the app may put into a cluster. What is over it is an error, after all files are written.
   *
   * @default - nothing is counted
   */
  readonly budget?: SynthesisBudget;
  /**
   * File that `synth()` writes a summary to, as JSON: objects and bytes by kind and by namespace, the largest objects, and those over a limit of
   * Kubernetes. Best beside the output folder, e.g. `dist.summary.json`: `kubectl apply -f` reads every JSON file inside it.
   *
   * @default - no summary is written
   */
  readonly summaryFile?: string;
}
