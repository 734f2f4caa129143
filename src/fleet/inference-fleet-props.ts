import { ApiObjectMetadata } from 'cdk8s';
import { Capacity } from './capacity';
import { FleetOwnership } from './identity';
import { FleetImages } from './images';
import { FleetTimeouts } from './lifecycle';
import { FleetNetwork } from './network';
import { FleetSecurity } from './security';
import { Weights } from './weights';
import { Model } from '../catalog/model';
import { Precision } from '../catalog/precision';
import { Engine } from '../engines/engine';
import { IGpuNodePool } from '../nodes/gpu-node-pool';
import { FleetMonitoring } from '../observability/fleet-monitoring';

/** Properties of `InferenceFleet`. */
export interface InferenceFleetProps {
  /** The model to serve. */
  readonly model: Model;
  /** Nodes that the replicas may run on. With several pools the plan chooses one; all replicas run on it. */
  readonly pools: IGpuNodePool[];
  /** How much to run: computed from a load (`Capacity.forTarget`) or stated (`Capacity.manual`). */
  readonly capacity: Capacity;
  /** Where the weights come from. */
  readonly weights: Weights;
  /**
   * Where the weights of a draft model or an EAGLE-3 head come from, which `settings.speculative` of the engine names. The source is asked for the
   * model that guesses: `Weights.fromHub` downloads that one's repository.
   *
   * @default - none: nothing is guessed with weights of its own
   */
  readonly draftWeights?: Weights;
  /**
   * Inference server.
   *
   * @default Engine.vllm()
   */
  readonly engine?: Engine;
  /**
   * Format of the weights.
   *
   * @default - the format of the published weights
   */
  readonly precision?: Precision;
  /**
   * Format of the KV cache.
   *
   * @default - what the checkpoint asks for, else 16 bits
   */
  readonly kvCachePrecision?: Precision;
  /**
   * Name under which clients ask for the model.
   *
   * @default - the model's id
   */
  readonly servedModelName?: string;
  /**
   * Who the fleet belongs to and who pays for it, as labels.
   *
   * @default - no such labels
   */
  readonly ownership?: FleetOwnership;
  /**
   * Mirror and credentials of container images.
   *
   * @default - images are pulled from where they are published, without credentials
   */
  readonly images?: FleetImages;
  /**
   * Times to start and to stop.
   *
   * @default - derived from the plan, the weights' bandwidth and the engine
   */
  readonly timeouts?: FleetTimeouts;
  /**
   * Who may call the fleet, and what it may call.
   *
   * @default - nobody but clients added with `addClient` and Prometheus; DNS and the weights' source
   */
  readonly network?: FleetNetwork;
  /**
   * Identity of the pods, and named opt-outs from hardening.
   *
   * @default - an identity without rights; Pod Security `restricted` with a read-only root file system
   */
  readonly security?: FleetSecurity;
  /**
   * How Prometheus finds the metrics.
   *
   * @default - by a PodMonitor, from namespace `monitoring`
   */
  readonly monitoring?: FleetMonitoring;
  /**
   * Metadata of the workload. A name must leave room for controllers' suffixes: 39 characters. Labels reach every object and pod,
   * annotations the workload and its pods.
   *
   * @default - a name derived from the construct's path, the chart's namespace, the fleet's own labels
   */
  readonly metadata?: ApiObjectMetadata;
}
