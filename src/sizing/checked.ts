import { Lengths, lengthsOf } from './estimate';
import { LoadKind } from './load';
import { LatencyTarget, SizingRequest } from './questions';
import { degreesOf, flagProblem, latencyProblem, loadProblem, objectProblem, objectiveProblem, poolsProblem, Subject, subjectOf } from './request';
import { Degrees } from './shares';
import { numberProblem } from '../errors';

/** Largest plan that is worth printing. */
export const MOST_GPUS = 1e6;
export const DEFAULT_PERCENTILE = 95;
const DEFAULT_HEADROOM = 0.2;

/** A request that was checked, with its defaults filled in. */
export interface Checked {
  readonly request: SizingRequest;
  readonly subject: Subject;
  readonly requestsPerSecond: number;
  readonly lengths: Lengths;
  readonly latency: LatencyTarget;
  readonly percentile: number;
  readonly headroom: number;
  readonly spareReplicas: number;
  readonly degrees?: Degrees;
  readonly priced: boolean;
}

/** A request with its defaults, or the sentence that says what is wrong with it. */
export function check(request: SizingRequest): Checked | string {
  const wrong = objectProblem('request', request, 'an object with model, pools and load');
  if (wrong) { return wrong; }
  const subject = subjectOf(request);
  if (typeof subject === 'string') { return subject; }
  const problem = poolsProblem(request.pools) ?? loadProblem(request.load) ?? latencyProblem(request.latency)
    ?? objectiveProblem(request.objective, request.pools) ?? flagProblem('tuneEngine', request.tuneEngine)
    ?? flagProblem('tuneKvCache', request.tuneKvCache)
    ?? (request.headroom === undefined ? undefined : numberProblem('headroom', request.headroom, { min: 0, max: 0.99 }))
    ?? (request.spareReplicas === undefined ? undefined : numberProblem('spareReplicas', request.spareReplicas, { min: 0, max: 1000, integer: true }))
    ?? (request.replicas === undefined ? undefined : numberProblem('replicas', request.replicas, { min: 1, max: MOST_GPUS, integer: true }));
  if (problem) { return problem; }
  const { load } = request;
  if (load.kind !== LoadKind.REQUESTS_PER_SECOND && load.kind !== LoadKind.OUTPUT_TOKENS_PER_SECOND) {
    return `'load' is of kind '${load.kind}', which fits one instance and not a fleet; use Load.requestsPerSecond or Load.outputTokensPerSecond`;
  }
  const spareReplicas = request.spareReplicas ?? 0;
  if (request.replicas !== undefined && request.replicas <= spareReplicas) {
    return `'replicas' is ${request.replicas} but 'spareReplicas' ${spareReplicas} leaves none to carry the load; give more replicas or fewer spares`;
  }
  const degrees = request.layout === undefined ? undefined : degreesOf(request.layout);
  if (typeof degrees === 'string') { return degrees; }
  const context = subject.model.maxContextTokens;
  const lengths = lengthsOf(load, context, true);
  const longest = Math.ceil(lengths.prompt.mean) + Math.ceil(lengths.output.mean);
  const most = Math.min(context ?? Infinity, subject.engine.maxModelLen ?? Infinity);
  if (longest > most) {
    const what = most === context ? `${subject.model.id} has a context of ${most}` : `'engine.maxModelLen' is ${most}`;
    return `'promptTokens' and 'outputTokens' together are ${longest} tokens but ${what}; ask for shorter requests or use a model with a longer context`;
  }
  return {
    request,
    subject,
    requestsPerSecond: load.kind === LoadKind.REQUESTS_PER_SECOND ? load.amount : load.amount / load.lengths.outputTokens,
    lengths,
    latency: request.latency ?? {},
    percentile: request.latency?.percentile ?? DEFAULT_PERCENTILE,
    headroom: request.headroom ?? DEFAULT_HEADROOM,
    spareReplicas,
    degrees,
    priced: request.pools.every((p) => p.dollarsPerGpuHour !== undefined),
  };
}
