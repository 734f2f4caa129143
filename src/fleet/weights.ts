import { Construct } from 'constructs';
import { claimSource } from './weights-claim';
import { hubSource } from './weights-hub';
import { imageSource } from './weights-image';
import { objectStoreSource } from './weights-object-store';
import { ClaimWeightsOptions, HubWeightsOptions, ImageWeightsOptions, ObjectStoreWeightsOptions } from './weights-options';
import { WeightsConfig, WeightsContext, WeightsSource } from './weights-source';

export type { WeightsConfig, WeightsContext } from './weights-source';

/** Where weights come from. */
export abstract class Weights {
  /**
   * From the Hugging Face hub (or a mirror of it), through a claim that a Job fills once.
   *
   * The fleet makes a PersistentVolumeClaim with room for the files, and a Job that downloads the pinned commit, checks every safetensors
   * file, and writes a completion marker last. Serving pods mount the claim read-only and wait for the marker; they never see the token
   * and never call the hub.
   *
   * - The claim is of one repository and commit: another commit is another claim, and the old one stays until whoever applies the manifest
   *   removes it. Fleets that should share files name the claim with `Weights.fromClaim`.
   * - The Job never runs again by itself. Where its specification changes (a new image), a Job of a new name runs, finds the marker, and
   *   ends. One that failed for good is started again by deleting it and applying the manifest; it goes on with what is there.
   * - Claim, Job and workload must be applied together (one sync wave): with `WaitForFirstConsumer`, the claim is bound only once a pod
   *   asks for it.
   * - A ReadWriteOnce claim is refused for pods on several nodes. The download then runs on the pool's nodes, so that the volume is made
   *   where the GPUs are, and beside the serving pod if that is first; that node must have room for a helper pod.
   * - Storage must let the pods' user write: file systems that ignore `fsGroup` (most ReadWriteMany ones) need a class that makes the
   *   volume writable for it.
   */
  public static fromHub(options: HubWeightsOptions): Weights { return new BoundWeights(hubSource(options)); }

  /** From a claim that exists and holds the files, mounted read-only. */
  public static fromClaim(options: ClaimWeightsOptions): Weights { return new BoundWeights(claimSource(options)); }

  /**
   * From an OCI image that the kubelet mounts as a volume.
   *
   * Image volumes need Kubernetes 1.35, or 1.33 with the feature gate `ImageVolume`, and a container runtime that has them (containerd 2.1,
   * CRI-O 1.31). The node's disk must hold the image beside everything else.
   */
  public static fromImage(options: ImageWeightsOptions): Weights { return new BoundWeights(imageSource(options)); }

  /**
   * From an object store, streamed into GPU memory by the Run:ai model streamer (`--load-format runai_streamer` of vLLM and SGLang); nothing
   * is kept on disk. The image of the engine must contain the streamer with support for the store; vLLM's published images do.
   */
  public static fromObjectStore(options: ObjectStoreWeightsOptions): Weights { return new BoundWeights(objectStoreSource(options)); }

  /** @internal */
  public abstract _bind(scope: Construct, context: WeightsContext): WeightsConfig;
}

/** Weights whose source is one of this folder's. */
class BoundWeights extends Weights {
  public constructor(private readonly source: WeightsSource) { super(); }

  /** @internal */
  public _bind(scope: Construct, context: WeightsContext): WeightsConfig { return this.source(scope, context); }
}
