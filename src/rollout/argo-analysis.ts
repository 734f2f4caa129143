import { ApiObject } from 'cdk8s';
import { Construct } from 'constructs';
import { CanaryContext } from './canary-context';
import { CanaryGate } from './canary-gate';
import { bindEvaluation } from './evaluation';
import { NODE_IMAGE } from './runner-job';
import { SignalQuery } from '../catalog/signal';
import { AnalysisMetric, AnalysisTemplateSpec, ARGO_ROLLOUTS_API_VERSION } from '../kube/crds/argo-rollouts';
import { nameWith } from '../kube/names';

/** One reading a minute, each over five: a reading lasts longer than one spell of an engine, and a verdict needs several. */
const INTERVAL = '1m';
const WINDOW_SECONDS = 300;
/** Of the readings of one step: more wrong ones than this roll back, more without a value pause the rollout. */
const MOST_WRONG = 1 / 5;
const MOST_EMPTY = 1 / 2;
/** Seconds, and shares: a difference below it is none, and nothing is divided by zero. */
const FLOOR = 0.001;
const LEAST_READINGS = 5;

/** The templates of a rollout's analyses. Internal. */
export interface AnalysisTemplates {
  /** Of the gates that are read from Prometheus; undefined where there are none. */
  readonly measured?: string;
  /** Of evaluations. */
  readonly evaluations: string[];
}

/** Writes an AnalysisTemplate of the gates that Prometheus answers, and one of each evaluation. Internal. */
export function analysisTemplates(scope: Construct, context: CanaryContext, prometheusUrl: string): AnalysisTemplates {
  const { name, namespaceName, labels, gates, stable, candidate } = context;
  const template = (id: string, suffix: string, spec: AnalysisTemplateSpec) => {
    const metadata = { name: nameWith(name, suffix), ...namespaceName === undefined ? {} : { namespace: namespaceName }, labels };
    new ApiObject(scope, id, { apiVersion: ARGO_ROLLOUTS_API_VERSION, kind: 'AnalysisTemplate', metadata, spec });
    return metadata.name;
  };
  const measured = gates.filter(({ _evaluation }) => _evaluation === undefined);
  const evaluations = gates.filter(({ _evaluation }) => _evaluation !== undefined).map((gate, i) => {
    const of = new Construct(scope, `Evaluation${i}`);
    const { name: suffix, spec } = bindEvaluation(of, gate._evaluation!, { name, labels, candidate, nodeImage: NODE_IMAGE, failsBelow: true });
    return template(`EvaluationTemplate${i}`, suffix, { metrics: [{ name: suffix, provider: { job: { metadata: { labels }, spec } } }] });
  });
  if (measured.length === 0) { return { evaluations }; }
  const spec: AnalysisTemplateSpec = {
    args: readings(0), // each step gives its own; without a default the controller takes the template for an endless one
    metrics: measured.map((gate) => metric(gate, { stable, candidate }, prometheusUrl)),
  };
  return { measured: template('Gates', 'gates', spec), evaluations };
}

/** How often the gates are read in a step of so many seconds, and how many readings may be wrong. Internal. */
export function readings(seconds: number): { name: string; value: string }[] {
  const count = Math.max(LEAST_READINGS, Math.floor(seconds / 60));
  return Object.entries({ count, failureLimit: Math.floor(count * MOST_WRONG), inconclusiveLimit: Math.floor(count * MOST_EMPTY) })
    .map(([name, value]) => ({ name, value: String(value) }));
}

/** Neither condition holds where nothing was measured: such a reading is inconclusive, which is no success. */
function metric(gate: CanaryGate, { stable, candidate }: Pick<CanaryContext, 'stable' | 'candidate'>, address: string): AnalysisMetric {
  const { name, signal, limit, factor, percentile, lowerIsBetter } = gate;
  const [own, others] = [candidate, stable].map(({ engine, metricLabels }) => (
    { engine: engine.name, version: engine.version, selector: metricLabels, windowSeconds: WINDOW_SECONDS }));
  const above = (of: SignalQuery) => `clamp_min(${signal!.query({ ...of, percentile })}, ${FLOOR})`;
  const query = factor === undefined ? gate.promqlOf(own, others) : `${above(own)} / ${above(others)}`;
  const bound = limit ?? (lowerIsBetter ? factor! : Number((1 / factor!).toPrecision(6)));
  const [fine, bad] = lowerIsBetter ? ['<=', '>'] : ['>=', '<'];
  return {
    name,
    initialDelay: INTERVAL,
    interval: INTERVAL,
    count: '{{args.count}}',
    failureLimit: '{{args.failureLimit}}',
    inconclusiveLimit: '{{args.inconclusiveLimit}}',
    successCondition: `len(result) > 0 && result[0] ${fine} ${bound}`,
    failureCondition: `len(result) > 0 && result[0] ${bad} ${bound}`,
    provider: { prometheus: { address, query } },
  };
}
