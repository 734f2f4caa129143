import { ApiObject, ApiObjectMetadata, Lazy } from 'cdk8s';
import {
  EnvValue, INetworkPolicyPeer, IPodSelector, LabelSelector, NetworkPolicyPeerConfig, PodSelectorConfig,
} from 'cdk8s-plus-28';
import { Construct } from 'constructs';
import { Capacity } from './capacity';
import { FleetClient, IInferenceFleet } from './fleet';
import { FleetIdentity, FleetOwnership, identityOf } from './identity';
import { FleetImages, isMirror, mirrored } from './images';
import { FleetTimeouts, longestRequestMillis, shutdownBudget, startupBudget } from './lifecycle';
import { clientPeer, dnsEgress, FleetNetwork, isolation, servingHoles } from './network';
import { groupInOneZone, networkEnv, rdmaOf, spreadOverZones, tolerationsOf } from './placement';
import { PodParts, SERVING_PORT_NAME, servingPod, workerPod } from './pod-template';
import { podResources, volumeBytes } from './resources';
import { FleetSecurity, optOuts } from './security';
import { summary } from './summary';
import { registerReplicas, Surge, surgeOn } from './surge';
import { Weights } from './weights';
import { Model } from '../catalog/model';
import { Precision } from '../catalog/precision';
import { Engine, EngineConfig } from '../engines/engine';
import { fail, numberProblem, show } from '../errors';
import { LEADER_WORKER_SET_API_VERSION, LeaderWorkerSetSpec } from '../kube/crds/leader-worker-set';
import { POD_MONITOR_API_VERSION } from '../kube/crds/pod-monitor';
import { DeploymentSpec } from '../kube/deployment';
import { shortHash } from '../kube/hash';
import { labelsProblem, MODEL_LABEL, FLEET_LABEL, PREFIX, TEAM_LABEL, COST_CENTER_LABEL, WORKER_INDEX_LABEL } from '../kube/labels';
import { nameWith } from '../kube/names';
import { EnvVar } from '../kube/pod';
import { claimGpus } from '../nodes/gpu-budget';
import { IGpuNodePool } from '../nodes/gpu-node-pool';
import { FleetMonitoring, podMonitor } from '../observability/fleet-monitoring';
import { SizingPlan, SizingPool } from '../sizing/plan';

/** User of pods whose engine does not say before it is bound; a download then runs as this one. */
const DEFAULT_USER_ID = 1000;

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

/**
 * A set of replicas that serve one model: sized, laid out over GPUs and nodes, and rendered as every Kubernetes object that
 * running it takes.
 *
 * - A replica within one node becomes a Deployment, one that spans nodes a LeaderWorkerSet (`ApiObject.of(fleet)` is the workload).
 * - Service, ServiceAccount without token, PodDisruptionBudget, NetworkPolicies, PodMonitor and the objects of the weights' source.
 * - Every number derives from `plan`; the annotations `cdk8s-inference/*` of the workload say how, for who reviews the change.
 *
 * The PodDisruptionBudget allows one evicted pod of the whole fleet at a time. That keeps groups whole: one evicted pod takes its
 * group down, the disruption controller then misses the group's other pods too (the workers' StatefulSets count into what it expects),
 * and allows no further eviction until the group is complete and ready again. Pods that are not ready can always be evicted, so a group
 * that can't start never holds up a drain. A fleet of one replica is interrupted by a drain, rather than blocking it for ever; plan
 * `spareReplicas` to avoid that. Percentages would count pods, not groups. Scaling down and rolling updates do not ask the budget;
 * the workload's own strategy limits them to one replica.
 *
 * Pods do not carry `karpenter.sh/do-not-disrupt`: it would also hold back new node images for as long as the fleet lives. Budget and
 * pool settings protect a loaded model; to pin pods all the same, set the annotation in `metadata`.
 *
 * Needs Kubernetes 1.30 (`preStop.sleep`), for groups over nodes 1.31 and LeaderWorkerSet 0.7; for the PodMonitor the Prometheus operator.
 */
export class InferenceFleet extends Construct implements IInferenceFleet, IPodSelector, INetworkPolicyPeer {
  public readonly plan: SizingPlan;
  public readonly engine: Engine;
  public readonly pool: IGpuNodePool;
  public readonly servedModelName: string;
  public readonly namespace?: string;
  public readonly serviceName: string;
  public readonly servicePort: number;
  public readonly workloadApiVersion: string;
  public readonly workloadKind: string;
  public readonly workloadName: string;
  public readonly longestRequestMillis: number;

  private readonly identity: FleetIdentity;
  private readonly leaderLabels: { [key: string]: string };
  private readonly clients: FleetClient[] = [];
  private readonly env = new Map<string, EnvValue>();
  private readonly _notes: string[];
  private replicas: number;

  /**
   * @throws when a prop is not what it must be, when no layout on the pools meets the capacity (the message names the nearest ones),
   * or when the engine or the nodes can't run the plan.
   */
  constructor(scope: Construct, id: string, props: InferenceFleetProps) {
    super(scope, id);
    check(this, props);
    const { model, network = {}, security = {}, monitoring = {}, images = {}, timeouts = {} } = props;

    // check, compute
    this.engine = props.engine ?? defaultEngine();
    const pools = props.pools.map(sizingPool);
    const { plan, problem } = props.capacity._solve({
      model,
      pools,
      precision: props.precision,
      kvCachePrecision: props.kvCachePrecision,
      engine: this.engine.toSizingEngine(),
    });
    if (!plan) { fail(this, problem ?? 'the sizing found no plan'); }
    this.plan = plan;
    this.pool = props.pools.find(({ poolName }) => poolName === plan.pool.name)!;
    this.replicas = plan.replicas;
    this.longestRequestMillis = longestRequestMillis(plan);
    this.servedModelName = props.servedModelName ?? model.id;
    const grouped = plan.nodesPerReplica > 1;
    const gpusPerPod = plan.gpusPerReplica / plan.nodesPerReplica;
    if (!Number.isInteger(gpusPerPod)) {
      fail(this, `a replica of ${plan.gpusPerReplica} GPUs does not split evenly over ${plan.nodesPerReplica} nodes; state a 'layout' whose GPUs are a multiple of the nodes`);
    }
    claimGpus(this.pool, { path: this.node.path, gpus: plan.gpus });
    registerReplicas(this.pool, plan.gpusPerReplica);

    this.identity = identityOf(this, model, this.engine, props.ownership, props.metadata);
    const { name, namespace, selector, labels, annotations } = this.identity;
    this.namespace = namespace;
    this.workloadName = name;
    this.workloadKind = grouped ? 'LeaderWorkerSet' : 'Deployment';
    this.workloadApiVersion = grouped ? LEADER_WORKER_SET_API_VERSION : 'apps/v1';
    // The LeaderWorkerSet's controller makes a headless Service of the workload's own name.
    this.serviceName = nameWith(name, 'api');
    this.leaderLabels = grouped ? { ...selector, [WORKER_INDEX_LABEL]: '0' } : selector;

    // bind
    const tolerations = tolerationsOf(this.pool);
    const nodeSelector = sorted(this.pool.nodeLabels);
    const pullSecrets = (images.pullSecrets ?? []).map((secret) => secret.name);
    const toMirror = (reference: string) => mirrored(reference, images.mirror);
    const hints: EngineHints = this.engine as unknown as EngineHints;
    const weights = props.weights._bind(this, {
      model,
      checkpointBytes: model.checkpointBytes ?? 0,
      sharedByNodes: plan.replicas > 1 || grouped,
      name,
      namespace,
      labels: this.identity.weightsLabels,
      image: toMirror,
      imagePullSecrets: pullSecrets,
      userId: hints.userId ?? DEFAULT_USER_ID,
      engineImage: hints.image,
      nodeSelector,
      tolerations,
      dnsEgress: dnsEgress(network),
      networkPolicies: network.policies !== false,
    });
    // A source that does not know the files' size still reads them: the fullest GPU's weights, on every GPU, are no less.
    const checkpointBytes = weights.checkpointBytes ?? model.checkpointBytes ?? plan.estimate.memory.weightBytes * plan.gpusPerReplica;
    const shutdown = shutdownBudget(plan, timeouts);
    const config = this.engine.bind(this, {
      plan,
      modelPath: weights.modelPath,
      servedModelName: this.servedModelName,
      loadFormat: weights.loadFormat,
      drainSeconds: shutdown.drainSeconds,
    });
    if (grouped && !config.workerArgs) {
      fail(this, `engine '${this.engine.name}' can't run over several nodes but the plan's replicas span ${plan.nodesPerReplica};`
        + ` use nodes with ${plan.gpusPerReplica} GPUs, a smaller 'precision', or another engine`);
    }
    this.servicePort = config.port;

    const startup = startupBudget({
      checkpointBytes,
      bytesPerSecond: weights.bytesPerSecond,
      waitSeconds: weights.waitSeconds,
      waitsBeforeStart: weights.initContainers.length > 0,
      warmUpSeconds: config.warmUpSeconds,
      nodesPerReplica: plan.nodesPerReplica,
      timeouts,
    });
    const resources = podResources({
      layout: plan.layout,
      gpusPerPod,
      nodesPerReplica: plan.nodesPerReplica,
      pool: this.pool,
      checkpointBytes,
      loaderMemoryBytes: (weights.loaderMemoryBytesPerGpu ?? 0) * gpusPerPod,
      ...volumeBytes(weights.volumes),
    });
    const wrong = startup.problem ?? resources.problem;
    if (wrong) { fail(this, wrong); }
    const complete = shutdown.complete(config.teardownSeconds);
    const rdma = network.rdma === false ? {} : rdmaOf(this.pool, plan, gpusPerPod);

    // emit
    const metadata = { ...(namespace === undefined ? {} : { namespace }), labels };
    const named = (suffix: string) => ({ ...metadata, name: nameWith(name, suffix) });
    const serviceAccountName = security.serviceAccount?.name ?? this.serviceAccount(named('server'), pullSecrets);
    const files = this.files(config, named);
    const parts = (): PodParts => ({
      labels: { ...sorted(weights.podLabels ?? {}), ...labels },
      annotations,
      engine: config,
      image: toMirror(config.image),
      loaderArgs: weights.loaderArgs,
      env: this.envVars([...networkEnv(rdma, plan), ...weights.env], config),
      weights,
      files: files.mounts,
      filesConfigMap: files.name,
      resources,
      accelerators: { [this.pool.accelerator.resourceName]: gpusPerPod, ...rdma },
      startup,
      shutdown: complete,
      security,
      serviceAccountName,
      pullSecrets,
      nodeSelector,
      tolerations,
      affinity: grouped ? groupInOneZone(selector) : undefined,
    });
    const surge = () => surgeOn(this.pool, plan.gpusPerReplica, weights.singleNode ?? false);
    const opted = optOuts(security);

    new ApiObject(this, 'Resource', {
      apiVersion: this.workloadApiVersion,
      kind: this.workloadKind,
      metadata: {
        ...props.metadata,
        ...metadata,
        name,
        annotations: {
          ...annotations,
          [`${PREFIX}plan`]: summary(plan),
          [`${PREFIX}resources`]: resources.reason,
          [`${PREFIX}rollout`]: Lazy.any({ produce: () => surge().reason }),
          [`${PREFIX}shutdown`]: complete.reason,
          [`${PREFIX}startup`]: startup.reason,
          ...(opted.length ? { [`${PREFIX}security-opt-outs`]: opted.join(', ') } : {}),
        },
      },
      spec: Lazy.any({
        produce: () => grouped
          ? this.leaderWorkerSet(parts(), surge())
          : this.deployment(parts(), surge(), startup.progressDeadlineSeconds),
      }),
    });
    new ApiObject(this, 'Service', {
      apiVersion: 'v1',
      kind: 'Service',
      metadata: { ...metadata, name: this.serviceName },
      spec: {
        type: 'ClusterIP',
        selector: this.leaderLabels,
        ports: [{ name: SERVING_PORT_NAME, port: config.port, targetPort: SERVING_PORT_NAME, protocol: 'TCP' }],
      },
    });
    new ApiObject(this, 'DisruptionBudget', {
      apiVersion: 'policy/v1',
      kind: 'PodDisruptionBudget',
      metadata: named('pdb'),
      spec: { maxUnavailable: 1, unhealthyPodEvictionPolicy: 'AlwaysAllow', selector: { matchLabels: selector } },
    });
    if (network.policies !== false) {
      new ApiObject(this, 'Isolation', {
        apiVersion: 'networking.k8s.io/v1',
        kind: 'NetworkPolicy',
        metadata: named('isolation'),
        spec: isolation(network, selector, weights, grouped),
      });
      new ApiObject(this, 'Serving', {
        apiVersion: 'networking.k8s.io/v1',
        kind: 'NetworkPolicy',
        metadata: named('serving'),
        spec: Lazy.any({ produce: () => servingHoles(this.leaderLabels, this.peers(monitoring), config.port) }),
      });
    }
    if (monitoring.enabled !== false) {
      new ApiObject(this, 'PodMonitor', {
        apiVersion: POD_MONITOR_API_VERSION,
        kind: 'PodMonitor',
        metadata: { ...named('metrics'), labels: { ...monitoring.labels, ...labels } },
        spec: podMonitor(monitoring, {
          selector: this.leaderLabels,
          port: SERVING_PORT_NAME,
          path: config.metricsPath,
          targetLabels: [FLEET_LABEL, MODEL_LABEL, TEAM_LABEL, COST_CENTER_LABEL].filter((key) => key in labels),
        }),
      });
    }
    for (const client of network.clients ?? []) { this.addClient(client); }
    this._notes = [...plan.assumptions, ...weights.notes, ...config.notes, ...resources.notes];
  }

  /** Labels that select the pods that serve (the leaders of groups). Returns a copy. */
  public get podLabels(): { [key: string]: string } { return { ...this.leaderLabels }; }

  /** What the plan, the engine, the weights and the pods' resources assume, one sentence each. Returns a copy. */
  public get notes(): string[] { return [...this._notes]; }

  /** Opens the fleet's network policy for these pods, on the serving port. */
  public addClient(client: FleetClient): void {
    const problem = labelsProblem('label', { ...client?.namespaceLabels, ...client?.podLabels });
    if (problem) { fail(this, `a client of the fleet: ${problem}`); }
    this.clients.push({ ...client });
  }

  /**
   * Adds an environment variable to every pod; it wins over one that the engine or the weights set.
   *
   * @throws when the name is not legal, or was added before.
   */
  public addEnv(name: string, value: EnvValue): void {
    if (typeof name !== 'string' || name.length > 256 || !/^[A-Za-z_][A-Za-z0-9_]*$/.test(name)) {
      fail(this, `the environment variable ${show(name)} must be named with letters, digits and '_', and not begin with a digit`);
    }
    if (this.env.has(name)) { fail(this, `the environment variable '${name}' was added before; add it once`); }
    if (value?.value === undefined && value?.valueFrom === undefined) { fail(this, `the environment variable '${name}' has no value; give it one with EnvValue`); }
    this.env.set(name, value);
  }

  /**
   * Runs this many replicas at first instead of the plan's; for rollouts, which bring a fleet up step by step.
   *
   * @throws when it is more than the plan's replicas.
   */
  public runReplicas(replicas: number): void {
    const problem = numberProblem('replicas', replicas, { min: 0, max: this.plan.replicas, integer: true });
    if (problem) { fail(this, `${problem}, the replicas of the plan`); }
    this.replicas = replicas;
  }

  /** Selects the pods that serve. */
  public toPodSelectorConfig(): PodSelectorConfig {
    return { labelSelector: LabelSelector.of({ labels: this.podLabels }), namespaces: undefined };
  }

  /** Stands for the pods that serve in the network policies of others. */
  public toNetworkPolicyPeerConfig(): NetworkPolicyPeerConfig {
    return { podSelector: this.toPodSelectorConfig() };
  }

  /** Selects the pods that serve. */
  public toPodSelector(): IPodSelector | undefined {
    return this;
  }

  private deployment(parts: PodParts, surge: Surge, progressDeadlineSeconds: number): DeploymentSpec {
    return {
      replicas: this.replicas,
      selector: { matchLabels: this.identity.selector },
      strategy: { type: 'RollingUpdate', rollingUpdate: { maxSurge: surge.maxSurge, maxUnavailable: surge.maxUnavailable } },
      progressDeadlineSeconds,
      template: servingPod(parts, this.spread()),
    };
  }

  private leaderWorkerSet(parts: PodParts, surge: Surge): LeaderWorkerSetSpec {
    return {
      replicas: this.replicas,
      // The leader is ready only once its workers are there: they must not wait for it.
      startupPolicy: 'LeaderCreated',
      rolloutStrategy: {
        type: 'RollingUpdate',
        rollingUpdateConfiguration: { maxSurge: surge.maxSurge, maxUnavailable: surge.maxUnavailable },
      },
      networkConfig: { subdomainPolicy: 'Shared' },
      leaderWorkerTemplate: {
        size: this.plan.nodesPerReplica,
        restartPolicy: 'RecreateGroupOnPodRestart',
        leaderTemplate: servingPod(parts, this.spread()),
        workerTemplate: workerPod(parts),
      },
    };
  }

  private spread(): any[] | undefined {
    return spreadOverZones(this.plan, this.pool.gpusPerNode, this.identity.selector);
  }

  private serviceAccount(metadata: ApiObjectMetadata, pullSecrets: string[]): string {
    new ApiObject(this, 'ServiceAccount', {
      apiVersion: 'v1',
      kind: 'ServiceAccount',
      metadata,
      automountServiceAccountToken: false,
      ...(pullSecrets.length ? { imagePullSecrets: pullSecrets.map((name) => ({ name })) } : {}),
    });
    return metadata.name!;
  }

  /** Text files in a ConfigMap whose name changes with its contents: pods roll with them, and a rollback finds its own. */
  private files(config: EngineConfig, named: (suffix: string) => ApiObjectMetadata): { name?: string; mounts: { path: string; key: string }[] } {
    const files = Object.entries(config.files ?? {}).sort(([a], [b]) => (a < b ? -1 : 1));
    if (!files.length) { return { mounts: [] }; }
    const metadata = named(`files-${shortHash(JSON.stringify(files))}`);
    const mounts = files.map(([path], i) => ({ path, key: `file-${i}` }));
    new ApiObject(this, 'Files', {
      apiVersion: 'v1',
      kind: 'ConfigMap',
      metadata,
      immutable: true,
      data: Object.fromEntries(files.map(([, text], i) => [mounts[i].key, text])),
    });
    return { name: metadata.name, mounts };
  }

  private peers(monitoring: FleetMonitoring) {
    const prometheus = monitoring.enabled === false
      ? []
      : [clientPeer({ namespaceLabels: monitoring.namespaceLabels ?? { 'kubernetes.io/metadata.name': 'monitoring' } })];
    const all = [...this.clients.map(clientPeer), ...prometheus].map((peer) => JSON.stringify(peer));
    return [...new Set(all)].sort().map((peer) => JSON.parse(peer));
  }

  /** By name, so that no language's order of maps rolls the pods; variables that refer to others come last. */
  private envVars(fixed: EnvVar[], config: EngineConfig): EnvVar[] {
    const all = new Map(fixed.map((variable) => [variable.name, variable]));
    for (const [name, { value, valueFrom }] of [...Object.entries(config.env ?? {}), ...this.env]) {
      all.set(name, { name, ...(value === undefined ? {} : { value }), ...(valueFrom === undefined ? {} : { valueFrom }) });
    }
    const refers = ({ value }: EnvVar) => (/\$\(/.test(String(value)) ? 1 : 0);
    return [...all.values()].sort((a, b) => refers(a) - refers(b) || (a.name < b.name ? -1 : 1));
  }
}

/** What an engine may know before it is bound. */
interface EngineHints { readonly image?: string; readonly userId?: number }

function check(scope: Construct, props: InferenceFleetProps): void {
  if (typeof props !== 'object' || props === null) { fail(scope, `the fleet's properties are ${show(props)} but must be given`); }
  const { model, pools, capacity, weights, engine, servedModelName, images, metadata } = props as Partial<InferenceFleetProps>;
  if (typeof model?.id !== 'string') { fail(scope, `'model' is ${show(model)} but must be a Model; use Model.named, Model.fromHubConfig or Model.of`); }
  if (!Array.isArray(pools) || !pools.length || pools.some((pool) => typeof pool?.poolName !== 'string')) {
    fail(scope, `'pools' is ${show(pools)} but must be a list of at least one GpuNodePool`);
  }
  const twice = pools.find((pool, i) => pools.findIndex(({ poolName }) => poolName === pool.poolName) !== i);
  if (twice) { fail(scope, `'pools' has two pools named ${show(twice.poolName)}; pools of one fleet need names of their own`); }
  if (typeof capacity?._solve !== 'function') { fail(scope, `'capacity' is ${show(capacity)} but must be a Capacity; use Capacity.forTarget or Capacity.manual`); }
  if (typeof weights?._bind !== 'function') {
    fail(scope, `'weights' is ${show(weights)} but must be a Weights; use Weights.fromHub, fromClaim, fromImage or fromObjectStore`);
  }
  if (engine !== undefined && typeof engine.bind !== 'function') { fail(scope, `'engine' is ${show(engine)} but must be an Engine`); }
  if (servedModelName !== undefined && (typeof servedModelName !== 'string' || !/^[\w./:@ +-]{1,256}$/.test(servedModelName))) {
    fail(scope, `'servedModelName' is ${show(servedModelName)} but must be 1 to 256 letters, digits or any of '._-/:@+ '`);
  }
  if (images?.mirror !== undefined && !isMirror(images.mirror)) {
    fail(scope, `'images.mirror' is ${show(images.mirror)} but must be a registry's host and a path in it, such as 'registry.example.com/mirror'`);
  }
  if (metadata !== undefined && (typeof metadata !== 'object' || metadata === null)) { fail(scope, `'metadata' is ${show(metadata)} but must be an object`); }
}

/** A pool as the sizing sees it. */
function sizingPool(pool: IGpuNodePool): SizingPool {
  return {
    accelerator: pool.accelerator,
    name: pool.poolName,
    gpusPerNode: pool.gpusPerNode,
    maxGpus: pool.maxGpus,
    dollarsPerGpuHour: pool.dollarsPerGpuHour,
    interNodeBytesPerSecond: pool.networkBytesPerSecond === undefined ? undefined : pool.networkBytesPerSecond / pool.gpusPerNode,
  };
}

function sorted(map: { [key: string]: string }): { [key: string]: string } {
  return Object.fromEntries(Object.entries(map).sort(([a], [b]) => (a < b ? -1 : 1)));
}

function defaultEngine(): Engine { return (Engine as any).vllm(); }
