import { Construct } from 'constructs';
import { Model } from '../catalog/model';
import { Container, EnvVar, Volume, VolumeMount } from '../kube/pod';

/** What a source of weights is told about the fleet. Internal. */
export interface WeightsContext {
  readonly model: Model;
  /** Bytes of the files that are fetched. */
  readonly checkpointBytes: number;
  /** Whether pods on several nodes read the same files (several replicas, or groups over nodes). */
  readonly sharedByNodes: boolean;
  /** Prefix of object names: the fleet's workload name (at most 39 characters). */
  readonly name: string;
  readonly namespace?: string;
  /** Labels for the objects that the source makes. */
  readonly labels: { [key: string]: string };
  /** Turns an image reference into the one of the user's mirror. */
  readonly image: (reference: string) => string;
  readonly imagePullSecrets: string[];
  /** Numeric user and group that pods run as. */
  readonly userId: number;
}

/** What a source of weights asks of the pods. Internal. */
export interface WeightsConfig {
  /** Path in the pod, or URI, that the engine is given. */
  readonly modelPath: string;
  readonly loadFormat?: string;
  /** Arguments for the engine that belong to the loader, e.g. `--model-loader-extra-config`. */
  readonly loaderArgs: string[];
  readonly env: EnvVar[];
  readonly volumes: Volume[];
  readonly volumeMounts: VolumeMount[];
  /** Wait for a completion marker before the engine starts. */
  readonly initContainers: Container[];
  /** Bandwidth at which one pod reads the weights, in bytes per second. */
  readonly bytesPerSecond: number;
  /** Seconds that a pod may wait before the first byte can be read: the download. 0 if the weights are there. */
  readonly waitSeconds: number;
  /** Whether serving pods need the network for their weights (an object store). */
  readonly egressPorts: number[];
  /** Assumptions, one sentence each. */
  readonly notes: string[];
}

/** Where weights come from. */
export abstract class Weights {
  /** @internal */
  public abstract _bind(scope: Construct, context: WeightsContext): WeightsConfig;
}
