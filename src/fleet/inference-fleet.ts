import { ApiObject, ApiObjectMetadata, Duration, Lazy } from 'cdk8s';
import {
  EnvValue, INetworkPolicyPeer, IPodSelector, LabelSelector, NetworkPolicyPeerConfig, PodSelectorConfig,
} from 'cdk8s-plus-28';
import { Construct } from 'constructs';
import { disagreements } from './agreement';
import { checkEngine, checkProps } from './checks';
import { engineProbe } from './engine-probe';
import { environment } from './env';
import { engineFiles } from './files';
import { FleetClient, IInferenceFleet } from './fleet';
import { FleetIdentity, identityOf } from './identity';
import { mirrored } from './images';
import { InferenceFleetProps } from './inference-fleet-props';
import { longestRequestMillis, shutdownBudget, startupBudget } from './lifecycle';
import { claimNames } from './name-claims';
import { clientPeer, dnsEgress, FleetNetwork, isolation, servingHoles, WeightsEgress } from './network';
import { groupTogether, networkEnv, networkNotes, rdmaOf, sizingPool, tolerationsOf } from './placement';
import { PodParts, SERVING_PORT_NAME } from './pod-template';
import { podResources, volumeBytes } from './resources';
import { optOuts } from './security';
import { summary } from './summary';
import { registerReplicas, surgeOn } from './surge';
import { boundWeights } from './weights-draft';
import { workloadKind, workloadSpec } from './workload';
import { textProblem } from '../engines/arguments';
import { Engine } from '../engines/engine';
import { isSecretName } from '../engines/environment';
import { fail, numberProblem, objectProblem, show } from '../errors';
import { POD_MONITOR_API_VERSION } from '../kube/crds/pod-monitor';
import { COST_CENTER_LABEL, FLEET_LABEL, labelsProblem, MODEL_LABEL, PREFIX, sortedLabels, TEAM_LABEL, WORKER_INDEX_LABEL } from '../kube/labels';
import { nameWith } from '../kube/names';
import { claimGpus } from '../nodes/gpu-budget';
import { IGpuNodePool } from '../nodes/gpu-node-pool';
import { FleetMonitoring, metricLabel, podMonitor, scrapeSeconds } from '../observability/fleet-monitoring';
import { SizingPlan } from '../sizing/plan';

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
 *
 * @example
 * new InferenceFleet(chart, 'Llama', {
 *   model: Model.named('meta-llama/Llama-3.1-8B-Instruct'),
 *   pools: [pool],
 *   capacity: Capacity.forTarget({
 *     load: Load.requestsPerSecond(5, { promptTokens: 800, outputTokens: 200 }),
 *     latency: { timeToFirstTokenMillis: 1000 },
 *     spareReplicas: 1,
 *   }),
 *   weights: Weights.fromClaim({ claimName: 'llama-8b' }),
 *   ownership: { team: 'chat' },
 * });
 */
export class InferenceFleet extends Construct implements IInferenceFleet, IPodSelector, INetworkPolicyPeer {
  public readonly plan: SizingPlan;
  public readonly engine: Engine;
  public readonly pool: IGpuNodePool;
  public readonly servedModelName: string;
  public readonly namespaceName?: string;
  public readonly serviceName: string;
  public readonly servicePort: number;
  public readonly workloadApiVersion: string;
  public readonly workloadKind: string;
  public readonly workloadName: string;
  public readonly longestRequestMillis: number;
  public readonly longestStartMillis: number;
  public readonly scrapeInterval?: Duration;

  private readonly identity: FleetIdentity;
  private readonly leaderLabels: { [key: string]: string };
  private readonly clients: FleetClient[] = [];
  private readonly env = new Map<string, EnvValue>();
  private readonly _notes: string[];
  /** Undefined: left to who scales the fleet. */
  private replicas?: number;

  /**
   * @throws when a prop is not what it must be, when no layout on the pools meets the capacity (the message names the nearest ones),
   * or when the engine or the nodes can't run the plan.
   */
  constructor(scope: Construct, id: string, props: InferenceFleetProps) {
    super(scope, id);
    checkProps(this, props);
    const { model, network = {}, security = {}, monitoring = {}, images = {}, timeouts = {} } = props;

    // check, compute
    this.engine = props.engine ?? Engine.vllm();
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
    this.namespaceName = namespace;
    this.workloadName = name;
    const { apiVersion, kind } = workloadKind(plan);
    this.workloadApiVersion = apiVersion;
    this.workloadKind = kind;
    // The LeaderWorkerSet's controller makes a headless Service of the workload's own name.
    this.serviceName = nameWith(name, 'api');
    claimNames(this, namespace, { workload: name, service: this.serviceName, grouped });
    this.leaderLabels = grouped ? { ...selector, [WORKER_INDEX_LABEL]: '0' } : selector;

    // bind
    const tolerations = tolerationsOf(this.pool);
    const nodeSelector = sortedLabels(this.pool.nodeLabels);
    const pullSecrets = (images.pullSecrets ?? []).map((secret) => secret.name);
    const toMirror = (reference: string) => mirrored(reference, images.mirror);
    const shutdown = shutdownBudget(plan, timeouts);
    const engineContext = { plan, servedModelName: this.servedModelName, drainSeconds: shutdown.drainSeconds };
    const { image: engineImage, userId } = engineProbe(this, this.engine, engineContext);
    const { weights, draftModelPath } = boundWeights(this, plan, props, {
      model,
      checkpointBytes: model.checkpointBytes ?? 0,
      sharedByNodes: plan.replicas > 1 || grouped,
      name,
      namespace,
      labels: this.identity.weightsLabels,
      image: toMirror,
      imagePullSecrets: pullSecrets,
      userId,
      engineImage,
      nodeSelector,
      tolerations,
      dnsEgress: dnsEgress(network),
      networkPolicies: network.policies !== false,
    });
    const config = this.engine.bind(this, { ...engineContext, modelPath: weights.modelPath, draftModelPath, loadFormat: weights.loadFormat });
    checkEngine(this, this.engine.name, config, weights.volumeMounts);
    if (grouped && !config.workerArgs) {
      fail(this, `engine '${this.engine.name}' can't run over several nodes but the plan's replicas span ${plan.nodesPerReplica};`
        + ` use nodes with ${plan.gpusPerReplica} GPUs, a smaller 'precision', or another engine`);
    }
    this.servicePort = config.port;

    const startup = startupBudget({
      checkpointBytes: weights.checkpointBytes,
      bytesPerSecond: weights.bytesPerSecond,
      waitSeconds: weights.waitSeconds,
      waitTogether: weights.initContainers.length > 0,
      warmUpSeconds: config.warmUpSeconds,
      nodesPerReplica: plan.nodesPerReplica,
      timeouts,
    });
    const resources = podResources({
      layout: plan.layout,
      gpusPerPod,
      nodesPerReplica: plan.nodesPerReplica,
      pool: this.pool,
      // A loader that streams into buffers of its own leaves nothing in the page cache.
      pageCacheBytes: weights.loaderMemoryBytesPerGpu ? 0 : weights.checkpointBytes,
      loaderMemoryBytes: weights.loaderMemoryBytesPerGpu * gpusPerPod,
      engineMemoryBytes: config.hostMemoryBytes ?? 0,
      engineSharedBytes: config.sharedMemoryBytes ?? 0,
      ...volumeBytes(weights.volumes),
    });
    const wrong = startup.problem ?? resources.problem;
    if (wrong) { fail(this, wrong); }
    this.longestStartMillis = startup.progressDeadlineSeconds * 1000;
    this.scrapeInterval = monitoring.enabled === false ? undefined : Duration.seconds(scrapeSeconds(monitoring));
    const complete = shutdown.complete(config.teardownSeconds);
    const rdma = network.rdma === false ? {} : rdmaOf(this.pool, plan, gpusPerPod);

    // emit
    const metadata = { ...(namespace === undefined ? {} : { namespace }), labels };
    const named = (suffix: string) => ({ ...metadata, name: nameWith(name, suffix) });
    const serviceAccountName = security.serviceAccount?.name ?? this.serviceAccount(named('server'), pullSecrets);
    const files = engineFiles(this, config.files ?? {}, named);
    const parts = (): PodParts => ({
      labels: { ...sortedLabels(weights.podLabels), ...labels },
      annotations,
      engine: config,
      image: toMirror(config.image),
      loaderArgs: weights.loaderArgs,
      env: environment([...networkEnv(rdma, plan), ...weights.env], config.env ?? {}, Object.fromEntries(this.env)),
      weights,
      files: files.mounts,
      filesConfigMap: files.configMapName,
      resources,
      accelerators: { [this.pool.accelerator.resourceName]: gpusPerPod, ...rdma },
      startup,
      shutdown: complete,
      security,
      serviceAccountName,
      pullSecrets,
      nodeSelector,
      tolerations,
      affinity: grouped ? groupTogether(selector, network.groupTopologyKey) : undefined,
    });
    const surge = () => surgeOn(this.pool, plan.gpusPerReplica, weights.singleNode);
    const opted = optOuts(security, network);
    const { gpusPerReplica, replicas } = plan;
    const spec = () => workloadSpec({ plan, replicas: this.replicas, gpusPerNode: this.pool.gpusPerNode, selector, pods: parts(), surge: surge() });
    new ApiObject(this, 'Resource', {
      apiVersion,
      kind,
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
      spec: Lazy.any({ produce: spec }),
    });
    if (!security.allowUnplannedPatches) {
      const { pool } = this;
      this.node.addValidation({ validate: () => disagreements(this, { spec: spec(), namespace, pool, gpusPerReplica, replicas }) });
    }
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
    if (network.policies !== false) { this.emitPolicies(network, monitoring, weights, named); }
    if (monitoring.enabled !== false) { this.emitMonitor(monitoring, config.metricsPath, named); }
    for (const client of network.clients ?? []) { this.addClient(client); }
    this._notes = [
      ...plan.assumptions, ...weights.notes, ...config.notes, ...resources.notes,
      ...networkNotes(rdma, plan, this.pool.poolName, network.groupTopologyKey),
    ];
  }

  /** Labels that select the pods that serve (the leaders of groups). Returns a copy. */
  public get podLabels(): { [key: string]: string } { return { ...this.leaderLabels }; }

  /** Labels that its metrics carry in Prometheus, and no other fleet's do. Returns a copy. */
  public get metricLabels(): { [label: string]: string } {
    return { ...this.namespaceName === undefined ? {} : { namespace: this.namespaceName }, [metricLabel(FLEET_LABEL)]: this.workloadName };
  }

  /** What the plan, the engine, the weights and the pods' resources assume, one sentence each. Returns a copy. */
  public get notes(): string[] { return [...this._notes]; }

  /** Opens the fleet's network policy for these pods, on the serving port. */
  public addClient(client: FleetClient): void {
    if (typeof client !== 'object' || client === null) { fail(this, `a client of the fleet is ${show(client)} but must state labels of pods or of their namespace`); }
    const must = 'must map label keys to values';
    const problem = objectProblem('namespaceLabels', client.namespaceLabels, must) ?? objectProblem('podLabels', client.podLabels, must)
      ?? labelsProblem('label', { ...client.namespaceLabels, ...client.podLabels });
    if (problem) { fail(this, `a client of the fleet: ${problem}`); }
    this.clients.push({ ...client });
  }

  /**
   * Adds an environment variable to every pod; it wins over one that the engine or the weights set.
   *
   * @throws when the name is not legal, was added before or is reserved by the engine, or the value is a secret in clear text.
   */
  public addEnv(name: string, value: EnvValue): void {
    if (typeof name !== 'string' || name.length > 256 || !/^[A-Za-z_][A-Za-z0-9_]*$/.test(name)) {
      fail(this, `the environment variable ${show(name)} must be named with letters, digits and '_', and not begin with a digit`);
    }
    if (this.env.has(name)) { fail(this, `the environment variable '${name}' was added before; add it once`); }
    if (value?.value === undefined && value?.valueFrom === undefined) { fail(this, `the environment variable '${name}' has no value; give it one with EnvValue`); }
    const problem = value.value === undefined ? undefined : textProblem('value', value.value);
    if (problem) { fail(this, `the environment variable '${name}': ${problem}`); }
    const reserved = this.engine.reservedVariables ?? {}; // an engine of one's own may be older than this property
    if (Object.prototype.hasOwnProperty.call(reserved, name)) { fail(this, `the environment variable '${name}' ${reserved[name]}`); }
    if (value.value !== undefined && isSecretName(name)) {
      fail(this, `the environment variable '${name}' would stand in the manifest in clear text; use EnvValue.fromSecretValue`);
    }
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

  /** Leaves `replicas` out of the manifest, for a rollout that scales the fleet in the cluster. A workload that is new begins with one. */
  public releaseReplicas(): void {
    this.replicas = undefined;
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

  private emitPolicies(network: FleetNetwork, monitoring: FleetMonitoring, egress: WeightsEgress, named: Namer): void {
    const policy = { apiVersion: 'networking.k8s.io/v1', kind: 'NetworkPolicy' };
    new ApiObject(this, 'Isolation', {
      ...policy,
      metadata: named('isolation'),
      spec: isolation(network, this.identity.selector, egress, this.plan.nodesPerReplica > 1),
    });
    new ApiObject(this, 'Serving', {
      ...policy,
      metadata: named('serving'),
      spec: Lazy.any({ produce: () => servingHoles(this.leaderLabels, this.peers(monitoring), this.servicePort) }),
    });
  }

  private emitMonitor(monitoring: FleetMonitoring, path: string, named: Namer): void {
    const { labels } = this.identity;
    new ApiObject(this, 'PodMonitor', {
      apiVersion: POD_MONITOR_API_VERSION,
      kind: 'PodMonitor',
      metadata: { ...named('metrics'), labels: { ...labels, ...monitoring.labels } },
      spec: podMonitor(monitoring, {
        selector: this.leaderLabels,
        port: SERVING_PORT_NAME,
        path,
        targetLabels: [FLEET_LABEL, MODEL_LABEL, TEAM_LABEL, COST_CENTER_LABEL].filter((key) => key in labels),
      }),
    });
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

  private peers(monitoring: FleetMonitoring) {
    const prometheus = monitoring.enabled === false
      ? []
      : [clientPeer({ namespaceLabels: monitoring.namespaceLabels ?? { 'kubernetes.io/metadata.name': 'monitoring' } })];
    const all = [...this.clients.map(clientPeer), ...prometheus].map((peer) => JSON.stringify(peer));
    return [...new Set(all)].sort().map((peer) => JSON.parse(peer));
  }
}

/** Metadata of an object of the fleet, by the end of its name. */
type Namer = (suffix: string) => ApiObjectMetadata & { name: string };
