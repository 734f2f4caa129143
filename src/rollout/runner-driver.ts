/** The runner: a Job in the cluster that moves the steps. Internal. */
import { ApiObject, Lazy } from 'cdk8s';
import { Construct } from 'constructs';
import { bundled } from './bundle';
import { CanaryContext } from './canary-context';
import { bindEvaluation } from './evaluation';
import { checkNames, PlannedRollout, plannedRollout } from './planned-rollout';
import { recordingRules } from './recording-rules';
import { rolloutHash } from './rollout-hash';
import { RolloutSpec } from './rollout-spec';
import { accessRules } from './runner-access';
import { RunnerDriverOptions } from './runner-driver-options';
import { METRICS_PORT_NAME, NODE_IMAGE, RUNNER_FILE, runnerJob } from './runner-job';
import { runnerPolicy } from './runner-network';
import { imageReference } from '../engines/image';
import { checkFlags, fail, numberProblem, objectProblem, show } from '../errors';
import { POD_MONITOR_API_VERSION } from '../kube/crds/pod-monitor';
import { PROMETHEUS_RULE_API_VERSION } from '../kube/crds/prometheus-rule';
import { shortHash } from '../kube/hash';
import { APP_COMPONENT_LABEL, APP_NAME_LABEL, labelsProblem, labelValue, ROLLOUT_LABEL } from '../kube/labels';
import { nameWith } from '../kube/names';
import { podMonitor } from '../observability/fleet-monitoring';

const COMPONENT = 'canary-runner';
const RBAC = 'rbac.authorization.k8s.io';

/** Emits the spec, the Job and all that it takes. */
export function driveByRunner(scope: Construct, context: CanaryContext, options: RunnerDriverOptions): void {
  checkOptions(scope, options);
  const { name, stable, candidate } = context;
  const namespace = context.namespaceName;
  if (namespace === undefined) {
    fail(scope, `fleet '${stable.node.path}' names no namespace, but the runner must know where what it moves is; give its chart a 'namespace', or move the steps by hand (CanaryDriver.manual)`);
  }
  const planned = plannedRollout(scope, context, namespace, options);
  const { reference: image } = imageReference(scope, {
    image: options.image, allowMutableTag: options.allowMutableTag, published: NODE_IMAGE, remedy: 'write it as \'name:tag@sha256:…\'',
  });
  const imagePullSecrets = options.imagePullSecrets?.map((secret) => secret.name);
  const evaluation = { name, labels: context.labels, candidate, nodeImage: image, imagePullSecrets, network: options.network };
  const evaluations = context.gates.flatMap(({ _evaluation: asked }, i) => (
    asked === undefined ? [] : [bindEvaluation(new Construct(scope, `Evaluation${i}`), asked, evaluation)]
  ));
  const withJobsOf = (hash: string): PlannedRollout => ({ ...planned, gates: [...planned.gates, ...evaluations.map(({ gate }) => gate(hash))] });
  checkNames(scope, withJobsOf('').gates);
  candidate.releaseReplicas();

  const labels = { ...context.labels, [APP_NAME_LABEL]: COMPONENT, [ROLLOUT_LABEL]: labelValue(name) };
  const metadata = (suffix?: string) => ({ name: suffix === undefined ? name : nameWith(name, suffix), namespace, labels });
  const podLabels = { [APP_COMPONENT_LABEL]: COMPONENT, [ROLLOUT_LABEL]: labelValue(name) };
  // Fleets may be changed until synthesis: what follows from their manifests is made then.
  const spec = (): RolloutSpec => {
    const hash = rolloutHash(withJobsOf(''), [stable, candidate], options.attempt ?? 1);
    const { version, name: of, namespace: within, ...others } = withJobsOf(hash);
    return { version, name: of, namespace: within, hash, ...others };
  };

  new ApiObject(scope, 'Spec', {
    apiVersion: 'v1', kind: 'ConfigMap', metadata: metadata(), data: { spec: Lazy.any({ produce: () => `${JSON.stringify(spec(), undefined, 2)}\n` }) },
  });
  const fileConfigMap = nameWith(name, 'runner');
  if (options.fileInImage === undefined) {
    new ApiObject(scope, 'File', { apiVersion: 'v1', kind: 'ConfigMap', metadata: metadata('runner'), data: { [RUNNER_FILE]: bundled(RUNNER_FILE) } });
  }
  const serviceAccountName = nameWith(name, 'runner');
  new ApiObject(scope, 'ServiceAccount', { apiVersion: 'v1', kind: 'ServiceAccount', metadata: metadata('runner'), automountServiceAccountToken: false });
  emitAccess(scope, spec, { namespaces: [...accessRules(withJobsOf('')).keys()], rollout: name, namespace, labels, serviceAccountName });

  const job = () => runnerJob({
    name, namespace, hash: spec().hash, image, serviceAccountName, fileConfigMap, podLabels: { ...labels, ...podLabels }, options,
  });
  new ApiObject(scope, 'Job', {
    apiVersion: 'batch/v1',
    kind: 'Job',
    // A Job can't be changed: with another specification it is another one. It carries the rollout's hash.
    metadata: { ...metadata(), name: Lazy.any({ produce: () => nameWith(name, shortHash(JSON.stringify(job()))) }) },
    spec: Lazy.any({ produce: job }),
  });

  const { network = {}, monitoring = {} } = options;
  if (network.policies !== false) {
    new ApiObject(scope, 'NetworkPolicy', {
      apiVersion: 'networking.k8s.io/v1',
      kind: 'NetworkPolicy',
      metadata: metadata('runner'),
      spec: runnerPolicy(scope, { podLabels, prometheusUrl: planned.metrics.url, namespace, network, monitoring }),
    });
  }
  if (monitoring.enabled === false) { return; }
  const monitored = { ...metadata('runner'), labels: { ...labels, ...monitoring.labels } };
  new ApiObject(scope, 'PodMonitor', {
    apiVersion: POD_MONITOR_API_VERSION,
    kind: 'PodMonitor',
    metadata: monitored,
    spec: podMonitor(monitoring, { selector: podLabels, port: METRICS_PORT_NAME, path: '/metrics', targetLabels: [ROLLOUT_LABEL] }),
  });
  new ApiObject(scope, 'Rules', {
    apiVersion: PROMETHEUS_RULE_API_VERSION, kind: 'PrometheusRule', metadata: monitored, spec: recordingRules(context, planned.metrics.scrapeSeconds),
  });
}

/** What Roles are emitted with. */
interface Access {
  readonly namespaces: readonly string[];
  readonly rollout: string;
  /** Of the ServiceAccount. */
  readonly namespace: string;
  readonly serviceAccountName: string;
  readonly labels: { [key: string]: string };
}

/** A Role in each namespace, and its binding. */
function emitAccess(scope: Construct, spec: () => RolloutSpec, { namespaces, rollout, namespace, serviceAccountName, labels }: Access): void {
  for (const where of namespaces) {
    const id = where === namespace ? '' : 'Candidate';
    const metadata = { name: nameWith(rollout, 'runner'), namespace: where, labels };
    new ApiObject(scope, `${id}Role`, {
      apiVersion: `${RBAC}/v1`, kind: 'Role', metadata, rules: Lazy.any({ produce: () => accessRules(spec()).get(where) }),
    });
    new ApiObject(scope, `${id}RoleBinding`, {
      apiVersion: `${RBAC}/v1`,
      kind: 'RoleBinding',
      metadata,
      roleRef: { apiGroup: RBAC, kind: 'Role', name: metadata.name },
      subjects: [{ kind: 'ServiceAccount', name: serviceAccountName, namespace }],
    });
  }
}

function checkOptions(scope: Construct, options: RunnerDriverOptions): void {
  if (typeof options !== 'object' || options === null) { fail(scope, `the options of CanaryDriver.runner are ${show(options)} but must be an object`); }
  const { attempt, fileInImage, network, monitoring, prometheusToken: token, prometheusCertificates: certificates } = options;
  const problem = objectProblem('network', network) ?? objectProblem('monitoring', monitoring)
    ?? (attempt === undefined ? undefined : numberProblem('attempt', attempt, { min: 1, max: 1e6, integer: true }))
    ?? labelsProblem('label', { ...monitoring?.labels, ...monitoring?.namespaceLabels, ...network?.dnsNamespaceLabels });
  if (problem) { fail(scope, `${problem}, in the options of the runner`); }
  checkFlags(scope, { 'allowMutableTag': options.allowMutableTag, 'network.policies': network?.policies, 'monitoring.enabled': monitoring?.enabled });
  if (fileInImage !== undefined && !(typeof fileInImage === 'string' && /^\/[A-Za-z0-9._@+/-]{1,500}$/.test(fileInImage))) {
    fail(scope, `'fileInImage' is ${show(fileInImage)} but must be the path of a file, from the root of the image`);
  }
  if (fileInImage !== undefined && options.image === undefined) { fail(scope, "'fileInImage' is given but 'image' is not, and the official image of Node has no runner; state both"); }
  if (token !== undefined && (typeof token?.secret?.name !== 'string' || typeof token.key !== 'string')) { fail(scope, `'prometheusToken' is ${show(token)} but must give a 'secret' and a 'key'`); }
  if (certificates !== undefined && (typeof certificates?.configMap?.name !== 'string' || typeof certificates.key !== 'string')) {
    fail(scope, `'prometheusCertificates' is ${show(certificates)} but must give a 'configMap' and a 'key'`);
  }
}
