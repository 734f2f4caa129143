import { ApiObject, JsonPatch } from 'cdk8s';
import { Construct } from 'constructs';
import { analysisTemplates, AnalysisTemplates, readings } from './argo-analysis';
import { CanaryContext } from './canary-context';
import { HeaderMatch } from './canary-preview';
import { CanaryStep } from './canary-steps';
import { PROMETHEUS_URL } from './planned-rollout';
import { fail, show } from '../errors';
import { IInferenceFleet } from '../fleet/fleet';
import { ARGO_ROLLOUTS_API_VERSION, HeaderRoute, RolloutObjectSpec, RolloutStepSpec } from '../kube/crds/argo-rollouts';
import { APP_COMPONENT_LABEL, labelValue, ROLLOUT_LABEL, SERVER_COMPONENT } from '../kube/labels';
import { nameWith } from '../kube/names';

/** Where a fleet's way under Argo Rollouts stands; each next one is a commit. */
export enum ArgoRolloutsStage {
  /** The Rollout brings up the stable fleet beside its Deployment; requests go where they went. Once, until the Rollout is healthy. */
  ADOPT = 'adopt',
  /** The Rollout runs the stable fleet, and its Deployment nothing. */
  HOLD = 'hold',
  /** The Rollout goes from the stable fleet to the candidate. */
  ROLL = 'roll',
}

/** Options of `CanaryDriver.argoRollouts`. */
export interface ArgoRolloutsOptions {
  /** Where the fleet's way stands. The first commit adopts. */
  readonly stage: ArgoRolloutsStage;
  /**
   * Address of Prometheus' HTTP API, as Argo Rollouts reaches it.
   *
   * @default 'http://prometheus-operated.monitoring.svc:9090'
   */
  readonly prometheusUrl?: string;
  /**
   * Name under which Argo Rollouts knows its plugin for Gateway API.
   *
   * @default 'argoproj-labs/gatewayAPI'
   */
  readonly pluginName?: string;
}

const STEP_SECONDS = 600;
/** A start that takes no longer than planned is no failure. */
const START_SLACK_SECONDS = 120;

/**
 * A Rollout that owns the pods of both fleets, in turn. Argo Rollouts moves traffic between the ReplicaSets of one Rollout and knows nothing of two
 * Deployments, so the Deployments are templates alone (`workloadRef`), and the Rollout stays in Git between rollouts. Internal.
 */
export function driveByArgo(scope: Construct, context: CanaryContext, options: ArgoRolloutsOptions): void {
  check(scope, context, options);
  const { stable, candidate, labels, name, namespaceName, overlay } = context;
  const { stage, prometheusUrl = PROMETHEUS_URL, pluginName = 'argoproj-labs/gatewayAPI' } = options;
  const metadata = (suffix?: string) => ({
    name: suffix === undefined ? name : nameWith(name, suffix), ...namespaceName === undefined ? {} : { namespace: namespaceName }, labels,
  });
  const selector = { [APP_COMPONENT_LABEL]: SERVER_COMPONENT, [ROLLOUT_LABEL]: labelValue(name) };
  for (const fleet of [stable, candidate]) { labelPods(scope, fleet, selector); }
  if (stage !== ArgoRolloutsStage.ADOPT) { stable.runReplicas(0); }
  candidate.runReplicas(0);

  const [stableService, canaryService] = ['stable', 'candidate'].map((role) => {
    const service = metadata(role);
    new ApiObject(scope, `Service-${role}`, {
      apiVersion: 'v1',
      kind: 'Service',
      metadata: service,
      // The selector is Argo Rollouts' own: the hash of a ReplicaSet. A selector is applied whole, so one in Git would take the hash away.
      spec: { type: 'ClusterIP', ports: [{ name: 'http', port: stable.servicePort, targetPort: 'http', protocol: 'TCP' }] },
    });
    return service.name;
  });
  if (stage !== ArgoRolloutsStage.ADOPT) {
    const route = overlay.toHttpRoute(0);
    const [rule] = route.spec.rules;
    const backendRefs = [[stableService, 100], [canaryService, 0]].map(([service, weight]) => ({ name: service, port: stable.servicePort, weight }));
    // Reads too: the pods behind the route beneath are gone once the candidate has taken over.
    const matches = ['POST', 'GET'].flatMap((method) => rule.matches.map((match: object) => ({ ...match, method })));
    new ApiObject(scope, 'Route', { ...route, spec: { ...route.spec, rules: [{ ...rule, matches, backendRefs }] } });
  }
  const templates = analysisTemplates(scope, context, prometheusUrl);
  const fleet = stage === ArgoRolloutsStage.ROLL ? candidate : stable;
  const preview = headerRoute(overlay._previews.flat());
  const drain = Math.ceil(context.requestTimeout.toSeconds({ integral: false }));
  const spec: RolloutObjectSpec = {
    replicas: fleet.plan.replicas,
    selector: { matchLabels: selector },
    workloadRef: { apiVersion: fleet.workloadApiVersion, kind: fleet.workloadKind, name: fleet.workloadName, scaleDown: 'never' },
    progressDeadlineSeconds: Math.ceil(Math.max(stable.longestStartMillis, candidate.longestStartMillis) / 1000) + START_SLACK_SECONDS,
    progressDeadlineAbort: true,
    strategy: {
      canary: {
        stableService,
        canaryService,
        // While it is adopted there is no route whose weights could be set, and a Rollout's first revision takes no steps.
        ...stage === ArgoRolloutsStage.ADOPT ? {} : {
          scaleDownDelaySeconds: drain,
          abortScaleDownDelaySeconds: drain,
          trafficRouting: {
            ...preview ? { managedRoutes: [{ name: preview.name }] } : {},
            plugins: { [pluginName]: { httpRoutes: [{ name: overlay.name, useHeaderRoutes: preview !== undefined }], namespace: namespaceName } },
          },
          steps: rolloutSteps(context.steps, templates, preview),
        },
      },
    },
  };
  new ApiObject(scope, 'Resource', { apiVersion: ARGO_ROLLOUTS_API_VERSION, kind: 'Rollout', metadata: metadata(), spec });
}

/** Replicas first, then what users do not see, then shares; in each the replicas of the next come up while this one is judged. */
function rolloutSteps([before, ...shares]: CanaryStep[], templates: AnalysisTemplates, preview?: HeaderRoute): RolloutStepSpec[] {
  return [
    { setCanaryScale: { replicas: before.candidateReplicas } },
    ...templates.evaluations.map((templateName) => ({ analysis: { templates: [{ templateName }] } })),
    ...preview ? [{ setHeaderRoute: preview }] : [],
    ...shares.flatMap(({ percentage, candidateReplicas, interval }) => {
      const seconds = Math.ceil(interval?.toSeconds({ integral: false }) ?? STEP_SECONDS);
      return [
        { setWeight: percentage },
        { setCanaryScale: { replicas: candidateReplicas } },
        templates.measured === undefined
          ? { pause: { duration: `${seconds}s` } }
          : { analysis: { templates: [{ templateName: templates.measured }], args: readings(seconds) } },
      ];
    }),
  ];
}

/** The plugin keeps one route by header, whatever its values: several become one regular expression. */
function headerRoute(headers: HeaderMatch[]): HeaderRoute | undefined {
  if (headers.length === 0) { return undefined; }
  const [{ name, type, value }] = headers;
  const any = `^(${headers.map((header) => header.value.replace(/[\\^$.*+?()[\]{}|]/g, '\\$&')).join('|')})$`;
  const headerValue = type === 'RegularExpression' ? { regex: value } : headers.length > 1 ? { regex: any } : { exact: value };
  return { name: 'preview', match: [{ headerName: name, headerValue }] };
}

/** The Rollout owns what carries the label; the Deployment's own selector stays as it is. */
function labelPods(scope: Construct, fleet: IInferenceFleet, labels: { [key: string]: string }): void {
  const workload = fleet.node.defaultChild;
  if (workload === undefined || !ApiObject.isApiObject(workload)) {
    fail(scope, `fleet '${fleet.node.path}' has no workload of its own in this app, so that its pods can't be labelled for the Rollout; give an InferenceFleet`);
  }
  const key = ROLLOUT_LABEL.replace(/~/g, '~0').replace(/\//g, '~1');
  workload.addJsonPatch(JsonPatch.add(`/spec/template/metadata/labels/${key}`, labels[ROLLOUT_LABEL]));
}

function check(scope: Construct, context: CanaryContext, options: ArgoRolloutsOptions): void {
  const { stable, candidate, steps, keepBothWeighted } = context;
  const instead = 'use CanaryDriver.runner()';
  const stages: unknown[] = Object.values(ArgoRolloutsStage);
  if (typeof options !== 'object' || options === null || !stages.includes(options.stage)) {
    fail(scope, `'stage' of CanaryDriver.argoRollouts is ${show((options as ArgoRolloutsOptions | null)?.stage)} but must be one of ArgoRolloutsStage; the first commit is ADOPT`);
  }
  if (options.prometheusUrl !== undefined && !/^https?:\/\/[^\s/]+/.test(options.prometheusUrl)) {
    fail(scope, `'prometheusUrl' is ${show(options.prometheusUrl)} but must be an address such as '${PROMETHEUS_URL}'`);
  }
  for (const [prop, fleet] of [['stable', stable], ['candidate', candidate]] as const) {
    if (fleet.workloadKind !== 'Deployment') {
      fail(scope, `'${prop}' is a ${fleet.workloadKind}, whose groups Argo Rollouts can't roll: it knows the pods of ReplicaSets alone; ${instead}`);
    }
  }
  if (stable.namespaceName !== candidate.namespaceName) {
    fail(scope, `'stable' and 'candidate' are in different namespaces but one Rollout owns the pods of both; put both into one, or ${instead}`);
  }
  const [one, two] = [stable.plan.replicas, candidate.plan.replicas];
  if (one !== two) {
    fail(scope, `'stable' has ${one} replicas and 'candidate' ${two}, but a Rollout has one number for both; plan both with the same Capacity.manual, or ${instead}`);
  }
  const odd = steps.find(({ percentage }) => !Number.isInteger(percentage));
  if (odd) { fail(scope, `a step of 'shift' is ${odd.percentage} % but the plugin of Argo Rollouts sets whole percents alone; round it, or ${instead}`); }
  if (steps.some(({ mirroredPercentage }) => mirroredPercentage !== undefined)) {
    fail(scope, `'mirror' is stated but the plugin of Argo Rollouts for Gateway API copies no requests; leave it out, or ${instead}`);
  }
  if (keepBothWeighted) { fail(scope, `'keepBothWeighted' is stated but Argo Rollouts begins and ends with a weight of 0; leave it out, or ${instead}`); }
}
