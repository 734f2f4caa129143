/** The route: the template of Git, with weights. */
import { KubeObject } from './kube-client';
import { Outcome, SeenRoute } from './seen';
import { RolloutBackend, RolloutRoute, RolloutSpec, RouteTemplate } from '../src/rollout/rollout-spec';

const EPOCH = 'cdk8s-inference/rollout-epoch';
const OUTCOME = 'cdk8s-inference/rollout-outcome';
const WRITTEN_FOR = 'cdk8s-inference/rollout-hash';
const TOTAL = 1000;
/**
 * A rule that gives the candidate nothing is asleep: each of its matches wants this header, which no client sends, so the route beneath serves.
 * Gateways answer some requests with errors when a rule or a back end that they did not know comes or goes; a rule that is asleep is known to
 * them and gets none.
 */
const ASLEEP = { type: 'Exact', name: 'x-cdk8s-inference-asleep', value: 'true' };

/** What a route says of traffic. */
export interface Traffic {
  /** The candidate's weight of 1,000. */
  readonly weight: number;
  /** The same of the rules that preview it; absent where there are none. */
  readonly preview?: number;
  /** Whether requests are copied to it; absent where none ever are. */
  readonly mirrored?: boolean;
}

export interface Weights extends Traffic { readonly epoch: number; readonly outcome?: Outcome }

/** A ConfigMap that takes the route with it when it goes. */
export interface Owner { readonly name: string; readonly namespace: string; readonly uid?: string }

/** The route as it should be; of a live one, what others put into its metadata is kept. */
export function routeObject(spec: RolloutSpec, weights: Weights, live?: KubeObject, owner?: Owner): KubeObject {
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
      ...ownedBy(owner, namespace),
    },
    spec: { ...template.spec, rules: rulesOf(template).map((rule, i) => ruleOf(spec.route, rule, i, weights)) },
  };
}

/** Metadata of what goes when its owner goes. One in another namespace would be taken for one that is gone. */
export function ownedBy(owner: Owner | undefined, namespace: string): { ownerReferences?: object[] } {
  if (owner?.uid === undefined || owner.namespace !== namespace) { return {}; }
  return { ownerReferences: [{ apiVersion: 'v1', kind: 'ConfigMap', name: owner.name, uid: owner.uid }] };
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
    weight: weightOn(spec.route, live, (i) => !isPreview(spec.route, i)),
    preview: weightOn(spec.route, live, (i) => isPreview(spec.route, i)),
    mirrored: copiesRequests(spec.route, spec.route.template) ? copiesRequests(spec.route, live) : undefined,
  };
}

/** Whether a rule of a route copies requests to the candidate. */
export function copiesRequests(route: RolloutRoute, of: KubeObject | RouteTemplate): boolean {
  return rulesOf(of).some((rule) => mirrors(route, rule));
}

function isPreview({ previewRules = [] }: RolloutRoute, rule: number): boolean { return previewRules.includes(rule); }

/** A rule of the template as it should be. */
function ruleOf(route: RolloutRoute, rule: any, index: number, { weight, preview = 0, mirrored }: Traffic): object {
  const share = isPreview(route, index) ? preview : weight;
  if (share === 0 && !(mirrored && mirrors(route, rule))) { return asleep(unmirrored(weightedRule(rule, route, route.leastWeight), route)); }
  const weighted = weightedRule(rule, route, share);
  return mirrored ? weighted : unmirrored(weighted, route);
}

function asleep(rule: any): object {
  return { ...rule, matches: (rule.matches ?? [{}]).map((match: any) => ({ ...match, headers: [...match.headers ?? [], ASLEEP] })) };
}

/** Whether no match of a rule is awake; undefined if some are and others not. */
function isAsleep(rule: any): boolean | undefined {
  const found: boolean[] = (rule.matches ?? [{}]).map(({ headers = [] }: any) => headers.some(({ name }: any) => name === ASLEEP.name));
  return found.every((one) => one === found[0]) ? found[0] : undefined;
}

/** Undefined if the weights of the rules differ, are no share of 1,000, or some rules are not there or awake for nothing. */
function weightOn(route: RolloutRoute, live: KubeObject, isMeant: (rule: number) => boolean): number | undefined {
  if (rulesOf(live).length !== rulesOf(route.template).length) { return undefined; }
  const weights = rulesOf(live).filter((_, i) => isMeant(i)).flatMap((rule) => {
    const [stable, candidate] = sides(route).map((isSide) => backends(rule).find(isSide));
    if (stable === undefined && candidate === undefined) { return []; }
    const [left, right] = [stable?.weight ?? (stable ? 1 : 0), candidate?.weight ?? (candidate ? 1 : 0)];
    if (isAsleep(rule)) { return [left + right === TOTAL && right === route.leastWeight ? 0 : NaN]; }
    return [left + right === TOTAL && isAsleep(rule) === false && (right > 0 || mirrors(route, rule)) ? right : NaN];
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

/** The rule without the filters that copy requests to the candidate. */
function unmirrored(rule: any, route: RolloutRoute): object {
  if (!mirrors(route, rule)) { return rule; }
  const { filters, ...others } = rule;
  const kept = filters.filter((filter: any) => !isMirror(route, filter));
  return kept.length > 0 ? { ...others, filters: kept } : others;
}

function mirrors(route: RolloutRoute, rule: any): boolean { return (rule.filters ?? []).some((filter: any) => isMirror(route, filter)); }

function isMirror(route: RolloutRoute, filter: any): boolean {
  const [, isCandidate] = sides(route);
  return filter.type === 'RequestMirror' && filter.requestMirror?.backendRef !== undefined && isCandidate(filter.requestMirror.backendRef);
}

/** Tells each side's back ends of a rule from others. */
function sides({ stable, candidate, namespace: own }: RolloutRoute): ((one: any) => boolean)[] {
  return [stable, candidate].map(({ name, namespace }: RolloutBackend) => (one) => (
    one.name === name && (one.namespace ?? own) === (namespace ?? own)
  ));
}

function rulesOf({ spec }: KubeObject | RouteTemplate): any[] { return spec?.rules ?? []; }

function backends(rule: any): any[] { return rule.backendRefs ?? []; }
