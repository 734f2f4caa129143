/** The spec of a rollout, from plans, gates and options. Internal. */
import { Duration } from 'cdk8s';
import { Construct } from 'constructs';
import { CanaryContext } from './canary-context';
import { checkDuration } from './durations';
import { plannedRequests } from './load-table';
import { rolloutGates, signalQuery } from './rollout-gates';
import { ArmSelectors, RolloutGate, RolloutMetrics, RolloutRisk, RolloutRoute, RolloutSpec, RolloutTiming, RolloutWorkload } from './rollout-spec';
import { rolloutSteps } from './rollout-steps';
import { RunnerDriverOptions } from './runner-driver-options';
import { Signal, vectorSelector } from '../catalog/signal';
import { fail, numberProblem, show } from '../errors';
import { IInferenceFleet } from '../fleet/fleet';

/** A candidate that equals the stable fleet is rolled back once in twenty rollouts at most; docs/canary.md has what was measured. */
const RISK: RolloutRisk = { alpha: 0.05, beta: 0.02, minSamples: 20, mostRestarts: 3 };
const LEAST_BATCH_SECONDS = 30;
const TICK_SECONDS = 10;
const WARM_UP_SECONDS = 60;
const LEASE_SECONDS = 60;
const LONGEST_STEP = Duration.hours(6);
const LONGEST_DOUBT = Duration.minutes(10);
/** The Service that the Prometheus operator makes. */
export const PROMETHEUS_URL = 'http://prometheus-operated.monitoring.svc:9090';

/** Plurals of the kinds that have a `scale`, as the API's paths have them. */
const PLURALS: { readonly [kind: string]: string } = { Deployment: 'deployments', LeaderWorkerSet: 'leaderworkersets', StatefulSet: 'statefulsets' };

/** A rollout whose hash is not known yet. */
export type PlannedRollout = Omit<RolloutSpec, 'hash'>;

/** Everything but the hash; of the gates, all but the evaluations, whose Jobs are named after it. */
export function plannedRollout(scope: Construct, context: CanaryContext, namespace: string, options: RunnerDriverOptions): PlannedRollout {
  const { name, stable, candidate, requestTimeout, keepBothWeighted } = context;
  const fleets = { stable, candidate };
  const scrapeSeconds = Math.max(...Object.entries(fleets).map(([prop, fleet]) => scraped(scope, prop, fleet)));
  const batchSeconds = Math.max(LEAST_BATCH_SECONDS, 2 * scrapeSeconds);
  const seconds = (prop: string, stated: unknown, fallback: Duration) => (
    Math.ceil(checkDuration(scope, `'${prop}' of the runner`, stated ?? fallback).toSeconds({ integral: false }))
  );
  const timing: RolloutTiming = {
    tickSeconds: TICK_SECONDS,
    batchSeconds,
    settleSeconds: batchSeconds,
    warmUpSeconds: WARM_UP_SECONDS,
    startSeconds: Math.ceil(candidate.longestStartMillis / 1000),
    doubtSeconds: seconds('longestDoubt', options.longestDoubt, LONGEST_DOUBT),
    drainSeconds: requestTimeout.toSeconds(),
    leaseSeconds: LEASE_SECONDS,
  };
  const longestSeconds = seconds('longestStep', options.longestStep, LONGEST_STEP);
  const requestsPerSecond = checkNumber(scope, 'requestsPerSecond', options.requestsPerSecond ?? plannedRequests(stable.plan), { above: 0, max: 1e6, unit: 'requests per second' });
  const metrics = metricsOf(scope, options, fleets, scrapeSeconds);
  const gates = rolloutGates(scope, context.gates, { ...fleets, windowSeconds: Math.max(60, batchSeconds) });
  const leastWeight = keepBothWeighted ? 1 : 0;
  const atEnd = { min: 0, max: candidate.plan.replicas, integer: true, unit: 'replicas' };
  return {
    version: 1,
    name,
    namespace,
    stable: workload(scope, stable, namespace),
    candidate: workload(scope, candidate, namespace),
    route: routeOf(context, namespace, leastWeight),
    metrics,
    risk: RISK,
    timing,
    steps: rolloutSteps(scope, context.steps, { gates, risk: RISK, requestsPerSecond, batchSeconds, longestSeconds }),
    gates,
    // The stable fleet stays as it is: its replicas are Git's, and whoever takes them over from Git has them cut to one.
    end: { candidateReplicas: checkNumber(scope, 'candidateReplicasAtEnd', options.candidateReplicasAtEnd ?? 0, atEnd) },
  };
}

/** Fails where two gates have one name. */
export function checkNames(scope: Construct, gates: readonly RolloutGate[]): void {
  const twice = gates.find(({ name }, i) => gates.findIndex((other) => other.name === name) !== i);
  if (twice !== undefined) { fail(scope, `two gates are called '${twice.name}'; leave one of them out, or name it otherwise`); }
}

/** Seconds between two scrapes of a fleet. */
function scraped(scope: Construct, prop: string, { scrapeInterval, node }: IInferenceFleet): number {
  if (scrapeInterval === undefined) {
    fail(scope, `fleet '${node.path}' ('${prop}') is not scraped ('monitoring.enabled' is false), so that the runner could not judge the candidate; leave monitoring on, or move the steps by hand (CanaryDriver.manual)`);
  }
  return Math.ceil(scrapeInterval.toSeconds({ integral: false }));
}

function workload(scope: Construct, fleet: IInferenceFleet, namespace: string): RolloutWorkload {
  const { workloadApiVersion: apiVersion, workloadKind: kind, workloadName: name, namespaceName, plan: { replicas } } = fleet;
  const plural = PLURALS[kind];
  if (plural === undefined) { fail(scope, `fleet '${fleet.node.path}' is a ${kind} but the runner scales ${Object.keys(PLURALS).join(', ')} alone; move the steps by hand (CanaryDriver.manual)`); }
  return { apiVersion, kind, plural, namespace: namespaceName ?? namespace, name, replicas };
}

/** The overlay, with all that it may have: the runner takes away what a step has not. */
function routeOf({ overlay, stable, candidate }: CanaryContext, namespace: string, leastWeight: number): RolloutRoute {
  const { apiVersion, kind, metadata: { labels }, spec } = overlay.toHttpRoute(0, { mirrored: true });
  const { previewRules } = overlay;
  return {
    namespace,
    name: overlay.name,
    template: JSON.parse(JSON.stringify({ apiVersion, kind, metadata: { labels }, spec })),
    ...previewRules.length > 0 ? { previewRules } : {},
    stable: { name: stable.serviceName },
    candidate: { name: candidate.serviceName, ...candidate.namespaceName === stable.namespaceName ? {} : { namespace: candidate.namespaceName } },
    leastWeight,
  };
}

function metricsOf(
  scope: Construct, options: RunnerDriverOptions, fleets: { stable: IInferenceFleet; candidate: IInferenceFleet }, scrapeSeconds: number,
): RolloutMetrics {
  const arms = (of: (fleet: IInferenceFleet) => string): ArmSelectors => ({ stable: of(fleets.stable), candidate: of(fleets.candidate) });
  for (const [prop, { engine: { name, version } }] of Object.entries(fleets)) {
    if (Signal.REQUESTS.isKnownFor(name, version)) { continue; }
    fail(scope, `engine '${name}'${version === undefined ? '' : ` ${version}`} of '${prop}' has no metric for '${Signal.REQUESTS.name}', without which the runner can't tell silence from success; move the steps by hand (CanaryDriver.manual)`);
  }
  const countsRunning = Object.values(fleets).every(({ engine: { name, version } }) => Signal.RUNNING_REQUESTS.isKnownFor(name, version));
  return {
    url: checkUrl(scope, options.prometheusUrl ?? PROMETHEUS_URL),
    podLabel: 'pod',
    scrapeSeconds,
    up: arms(({ metricLabels }) => vectorSelector('up', metricLabels)),
    requests: arms((fleet) => Signal.REQUESTS._raw(signalQuery(fleet))!.counter!),
    ...countsRunning ? { running: arms((fleet) => Signal.RUNNING_REQUESTS._raw(signalQuery(fleet))!.gauge!) } : {},
  };
}

function checkUrl(scope: Construct, url: unknown): string {
  let parsed: URL | undefined;
  try { parsed = typeof url === 'string' && url.length <= 2000 ? new URL(url) : undefined; } catch { parsed = undefined; }
  if (parsed === undefined || !['http:', 'https:'].includes(parsed.protocol) || parsed.search || parsed.hash) {
    fail(scope, `'prometheusUrl' is ${show(url)} but must be the address of Prometheus' HTTP API, e.g. '${PROMETHEUS_URL}'`);
  }
  if (parsed.username || parsed.password) { fail(scope, "'prometheusUrl' has a user or a password in it, which would stand in the manifest in clear text; use 'prometheusToken'"); }
  return (url as string).replace(/\/+$/, '');
}

function checkNumber(scope: Construct, prop: string, value: number, rule: Parameters<typeof numberProblem>[2]): number {
  const problem = numberProblem(prop, value, rule);
  if (problem) { fail(scope, problem); }
  return value;
}
