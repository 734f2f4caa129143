/** The route: the template of Git, with weights. */
import { KubeObject } from './kube-client';
import { Outcome, SeenRoute } from './seen';
import { RolloutBackend, RolloutRoute, RolloutSpec, RouteTemplate } from '../src/rollout/rollout-spec';

const EPOCH = 'cdk8s-inference/rollout-epoch';
const OUTCOME = 'cdk8s-inference/rollout-outcome';
const WRITTEN_FOR = 'cdk8s-inference/rollout-hash';
const TOTAL = 1000;

export interface Weights { readonly weight: number; readonly epoch: number; readonly outcome?: Outcome }

/** The route as it should be; of a live one, what others put into its metadata is kept. */
export function routeObject(spec: RolloutSpec, weights: Weights, live?: KubeObject): KubeObject {
  const { template, namespace, name } = spec.route;
  const { [OUTCOME]: _, ...annotations } = { ...live?.metadata.annotations, ...template.metadata?.annotations };
  return {
    apiVersion: template.apiVersion,
    kind: template.kind,
    metadata: {
      ...live?.metadata,
      name,
      namespace,
      labels: { ...live?.metadata.labels, ...template.metadata?.labels },
      annotations: {
        ...annotations,
        [EPOCH]: String(weights.epoch),
        [WRITTEN_FOR]: spec.hash,
        ...weights.outcome === undefined ? {} : { [OUTCOME]: weights.outcome },
      },
    },
    spec: { ...template.spec, rules: rulesOf(template).map((rule) => weightedRule(rule, spec.route, weights.weight)) },
  };
}

export function seenRoute(spec: RolloutSpec, live: KubeObject): SeenRoute {
  const { annotations = {}, uid = '', resourceVersion = '' } = live.metadata;
  const epoch = Number(annotations[EPOCH] ?? 0);
  const current = annotations[WRITTEN_FOR] === spec.hash;
  return {
    uid,
    resourceVersion,
    epoch: Number.isInteger(epoch) ? epoch : 0,
    outcome: current ? annotations[OUTCOME] as Outcome | undefined : undefined,
    current,
    weight: weightOn(spec.route, live),
  };
}

/** Undefined if the weights of the rules differ, or are no share of 1,000. */
function weightOn(route: RolloutRoute, live: KubeObject): number | undefined {
  const weights = rulesOf(live).flatMap((rule) => {
    const [stable, candidate] = sides(route).map((isSide) => backends(rule).find(isSide));
    if (stable === undefined && candidate === undefined) { return []; }
    const [left, right] = [stable?.weight ?? (stable ? 1 : 0), candidate?.weight ?? (candidate ? 1 : 0)];
    return [left + right === TOTAL ? right : NaN];
  });
  return weights.length > 0 && weights.every((weight) => weight === weights[0]) ? weights[0] : undefined;
}

function weightedRule(rule: any, route: RolloutRoute, weight: number): object {
  const [isStable, isCandidate] = sides(route);
  if (!backends(rule).some(isStable) || !backends(rule).some(isCandidate)) { return rule; }
  return {
    ...rule,
    backendRefs: backends(rule).map((one) => {
      if (isStable(one)) { return { ...one, weight: TOTAL - weight }; }
      return isCandidate(one) ? { ...one, weight } : one;
    }),
  };
}

/** Tells each side's back ends of a rule from others. */
function sides({ stable, candidate, namespace: own }: RolloutRoute): ((one: any) => boolean)[] {
  return [stable, candidate].map(({ name, namespace }: RolloutBackend) => (one) => (
    one.name === name && (one.namespace ?? own) === (namespace ?? own)
  ));
}

function rulesOf({ spec }: KubeObject | RouteTemplate): any[] { return spec?.rules ?? []; }

function backends(rule: any): any[] { return rule.backendRefs ?? []; }
