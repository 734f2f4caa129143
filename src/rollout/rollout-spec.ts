/**
 * What Git says of a rollout: the JSON that synthesis writes into a ConfigMap and the runner reads. It carries no clock and no
 * secret, every number of it comes from the plan, and it is all that the runner knows. Internal.
 */

/** A rollout, whole. */
export interface RolloutSpec {
  readonly version: 1;
  /** Name of the rollout. The ConfigMap of this spec has it; state (`-state`) and lease (`-lease`) are named after it. */
  readonly name: string;
  /** Namespace of the spec, the state and the lease. */
  readonly namespace: string;
  /** Changes with anything above the weights: steps, gates, fleets, their manifests. A new hash is a new rollout. */
  readonly hash: string;
  readonly stable: RolloutWorkload;
  readonly candidate: RolloutWorkload;
  readonly route: RolloutRoute;
  readonly metrics: RolloutMetrics;
  readonly risk: RolloutRisk;
  readonly timing: RolloutTiming;
  /** Rising; the last one carries everything. The first may be a mirrored one. */
  readonly steps: readonly RolloutStep[];
  /** One test each. */
  readonly gates: readonly RolloutGate[];
  readonly end: RolloutEnd;
}

/** What serves, and how it is scaled: anything with a `scale` subresource and `status.readyReplicas`. */
export interface RolloutWorkload {
  readonly apiVersion: string;
  readonly kind: string;
  /** Plural of the kind as the API's paths have it, e.g. `leaderworkersets`. */
  readonly plural: string;
  readonly namespace: string;
  readonly name: string;
  /** Replicas that the plan says carry all of the traffic. */
  readonly replicas: number;
}

/**
 * The route that carries the weights, over one that sends everything to the stable fleet. The runner creates and owns it, Git carries the
 * template alone. Its rules match no request while the candidate gets nothing by them.
 */
export interface RolloutRoute {
  readonly namespace: string;
  readonly name: string;
  /**
   * A whole HTTPRoute (apiVersion, kind, metadata.labels and annotations, spec). Every back end that is one of the two below gets its
   * weight, in each rule that names both; everything else stays as it is. Filters that mirror requests to the candidate stay in mirrored
   * steps alone.
   */
  readonly template: RouteTemplate;
  /**
   * Rules of the template, by index, that preview the candidate: all of their requests go to it from its first ready replica on, and none
   * before that, without replicas, and once it was judged. Each names both back ends.
   */
  readonly previewRules?: readonly number[];
  readonly stable: RolloutBackend;
  readonly candidate: RolloutBackend;
  /** Least weight of either while the candidate gets requests: 0, or 1 where a gateway fails requests when a weight leaves or reaches 0. */
  readonly leastWeight: number;
}

export interface RouteTemplate {
  readonly apiVersion: string;
  readonly kind: string;
  readonly metadata?: { readonly labels?: { readonly [key: string]: string }; readonly annotations?: { readonly [key: string]: string } };
  readonly spec: { readonly [key: string]: unknown };
}

/** A back end of the route, as the template names it; without a namespace it is in that of the route. */
export interface RolloutBackend { readonly name: string; readonly namespace?: string }

/** Where measurements come from. */
export interface RolloutMetrics {
  /** Base address of Prometheus' HTTP API, e.g. `http://prometheus.monitoring:9090`. */
  readonly url: string;
  /** Label that tells pods apart; what has no such label counts as one pod. */
  readonly podLabel: string;
  readonly scrapeSeconds: number;
  /** Prometheus' own `up` of the fleets' pods: it tells what counted nothing from what was not scraped. */
  readonly up: ArmSelectors;
  /** Counter of finished requests: silence is told from success by it. */
  readonly requests: ArmSelectors;
  /** Gauge of the requests being served, for comparison at equal load. */
  readonly running?: ArmSelectors;
}

/**
 * One PromQL vector selector per fleet, e.g. `name_total{namespace="x",pod=~"y-.*"}`: no range, no function. The runner reads raw samples
 * and takes differences per series itself, since a sum of counters hides restarts and `increase` extrapolates.
 */
export interface ArmSelectors { readonly stable: string; readonly candidate: string }

/** How often the rollout may be wrong. */
export interface RolloutRisk {
  /** Most that a candidate which equals the stable fleet is judged bad, over all gates and steps together. */
  readonly alpha: number;
  /** Most that one gate is called good in one step while the candidate is as bad as the gate's bound. */
  readonly beta: number;
  /** Requests (or readings) that a gate sees in each step before it lets traffic move on. */
  readonly minSamples: number;
  /** Restarts of the candidate's processes in one step that make it bad. */
  readonly mostRestarts: number;
}

export interface RolloutTiming {
  /** Between two looks at the cluster. */
  readonly tickSeconds: number;
  /** Length of one batch of measurements; longer than what one busy spell of an engine lasts, and at least two scrapes. */
  readonly batchSeconds: number;
  /** After a change of weight, before measurements count. */
  readonly settleSeconds: number;
  /** After a pod is ready, before it takes traffic; and after a process was first seen, before its latencies count. */
  readonly warmUpSeconds: number;
  /** Longest time until the replicas of a step are ready, from the plan. */
  readonly startSeconds: number;
  /** Doubt of one step, added up, that ends in a rollback. */
  readonly doubtSeconds: number;
  /** From the last traffic to the end of the longest request. */
  readonly drainSeconds: number;
  readonly leaseSeconds: number;
}

/** One step. */
export interface RolloutStep {
  /** The candidate's weight of 1,000; 0 in a mirrored step. */
  readonly weight: number;
  /** Of 1,000 requests to the stable fleet, those that are copied to the candidate: a mirrored step. No user sees its answers. */
  readonly mirrored?: number;
  /** Ready replicas of the candidate that the weight takes. */
  readonly needs: number;
  /** Replicas of the candidate that run during the step: at least `needs`; those of the next step where they shall be ready in time. */
  readonly runs: number;
  readonly minSeconds: number;
  /** Longest time until every gate has said good; past it is doubt. */
  readonly maxSeconds: number;
  /** Whether gates must have shown that the candidate is good. Without, it is enough that none has shown that it is bad. */
  readonly proof: boolean;
}

/** A gate: one statistical test, or one score. */
export type RolloutGate = ShareLimitGate | ShareRatioGate | MeanLimitGate | MeanRatioGate | LevelGate | ScoreGate;

/** What counters count as the event of a share. */
export interface ShareSource<Selectors> {
  readonly events: Selectors;
  readonly total: Selectors;
  /** Whether `events` counts those that are fine (a histogram's bucket up to a bound); the others of `total` are then the bad ones. */
  readonly eventsAreGood?: boolean;
}

/** The candidate's share of bad requests is at most `good`. One of `bad` or more is not let on. */
export interface ShareLimitGate extends ShareSource<string> {
  readonly kind: 'share-limit';
  readonly name: string;
  readonly good: number;
  readonly bad: number;
  /** Share that a sound candidate has; plans the length of steps, decides nothing. */
  readonly expected: number;
}

/** The candidate's share of bad requests is that of the stable fleet. One of `factor` times that is rolled back. It shows harm alone. */
export interface ShareRatioGate extends ShareSource<ArmSelectors> {
  readonly kind: 'share-ratio';
  readonly name: string;
  readonly factor: number;
}

/** Sum and count of a histogram. */
export interface MeanSource<Selectors> { readonly sum: Selectors; readonly count: Selectors }

/** The candidate's mean is at most `limit`. One of `factor` times the limit is not let on. */
export interface MeanLimitGate extends MeanSource<string> {
  readonly kind: 'mean-limit';
  readonly name: string;
  readonly limit: number;
  readonly factor: number;
}

/** The candidate's mean is that of the stable fleet at the candidate's load. One of `factor` times that is not let on. */
export interface MeanRatioGate extends MeanSource<ArmSelectors> {
  readonly kind: 'mean-ratio';
  readonly name: string;
  readonly factor: number;
  /** Added to both means: differences that are small beside it don't matter (time in queue: 0.1 against 0.2 ms). */
  readonly floor: number;
  /** What the stable fleet's plan says of the mean at each load of one replica; rising loads. Absent: compared as they are. */
  readonly atLoad?: readonly LoadPoint[];
}

export interface LoadPoint { readonly running: number; readonly seconds: number }

/** Any PromQL with one value: on the wrong side of the limit in at most a tenth of the readings; in half of them it is bad. */
export interface LevelGate {
  readonly kind: 'level';
  readonly name: string;
  readonly query: string;
  readonly limit: number;
  readonly lowerIsBetter: boolean;
}

/** A Job asks the candidate's own endpoint; its container's termination message is `{"score": number}`. Run once, before the first share. */
export interface ScoreGate {
  readonly kind: 'score';
  readonly name: string;
  readonly least: number;
  /** A whole Job with name and namespace (the candidate's); the name carries the rollout's hash. */
  readonly job: { readonly [key: string]: unknown };
  readonly timeoutSeconds: number;
}

/** What is left running. */
export interface RolloutEnd {
  /** Replicas of the stable fleet after promotion; absent: it is left as it is. At least 1 where `leastWeight` is. */
  readonly stableReplicas?: number;
  /** Replicas of the candidate after a rollback. */
  readonly candidateReplicas: number;
}
