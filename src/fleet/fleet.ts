import { Duration } from 'cdk8s';
import { IConstruct } from 'constructs';
import { Engine } from '../engines/engine';
import { IGpuNodePool } from '../nodes/gpu-node-pool';
import { SizingPlan } from '../sizing/plan';

/** Pods that may call a fleet. */
export interface FleetClient {
  /**
   * Labels of their namespace.
   *
   * @default - the fleet's own namespace
   */
  readonly namespaceLabels?: { [key: string]: string };
  /**
   * Labels of the pods.
   *
   * @default - every pod of the namespace
   */
  readonly podLabels?: { [key: string]: string };
}

/** A set of replicas that serve one model. */
export interface IInferenceFleet extends IConstruct {
  /** What the fleet was sized to, and why. */
  readonly plan: SizingPlan;
  /** The engine that runs. */
  readonly engine: Engine;
  /** Nodes that the replicas run on. */
  readonly pool: IGpuNodePool;
  /** Name under which clients ask for the model. */
  readonly servedModelName: string;
  /** Namespace; undefined for the default one of whoever applies the manifest. */
  readonly namespaceName?: string;
  /** Name of the Service in front of the replicas. */
  readonly serviceName: string;
  /** Port of that Service. */
  readonly servicePort: number;
  /** API version of the workload, `apps/v1` or `leaderworkerset.x-k8s.io/v1`. */
  readonly workloadApiVersion: string;
  /** Kind of the workload, `Deployment` or `LeaderWorkerSet`. */
  readonly workloadKind: string;
  /** Name of the workload. */
  readonly workloadName: string;
  /** Labels that select the pods that serve (the leaders of groups). */
  readonly podLabels: { [key: string]: string };
  /** Longest time that one request may take by the plan, in milliseconds: the basis of route timeouts and drains. */
  readonly longestRequestMillis: number;
  /** Longest time from the making of a replica to its first answer, in milliseconds: a node, the weights, the start of the server. */
  readonly longestStartMillis: number;
  /** Labels that its metrics carry in Prometheus, and no other fleet's do. */
  readonly metricLabels: { [label: string]: string };
  /** Time between two scrapes of its metrics; undefined if nothing here has them scraped. */
  readonly scrapeInterval?: Duration;

  /** Opens the fleet's network policy for these pods, on the serving port. */
  addClient(client: FleetClient): void;
  /**
   * Runs this many replicas at first instead of the plan's; for rollouts, which bring a fleet up step by step.
   *
   * @throws when it is more than the plan's replicas.
   */
  runReplicas(replicas: number): void;
  /**
   * Leaves `replicas` out of the manifest, for a rollout that scales the fleet in the cluster: a field that nobody applies keeps what the
   * cluster has. A workload that is new begins with one replica.
   */
  releaseReplicas(): void;
}
