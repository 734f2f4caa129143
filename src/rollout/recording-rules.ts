/** What the runner looks at, for dashboards. Internal. */
import { CanaryContext } from './canary-context';
import { signalQuery } from './rollout-gates';
import { Signal } from '../catalog/signal';
import { PrometheusRuleSpec } from '../kube/crds/prometheus-rule';

const PREFIX = 'cdk8s_inference_canary';

/** Name of the record, what it is read from, and whether it is a mean of a distribution. */
const RECORDS: readonly [string, Signal][] = [
  [`${PREFIX}:error_ratio`, Signal.ERROR_RATIO],
  [`${PREFIX}:time_to_first_token_seconds:mean5m`, Signal.TIME_TO_FIRST_TOKEN],
  [`${PREFIX}:time_per_output_token_seconds:mean5m`, Signal.TIME_PER_OUTPUT_TOKEN],
  [`${PREFIX}:queue_time_seconds:mean5m`, Signal.QUEUE_TIME],
  [`${PREFIX}:requests:rate5m`, Signal.REQUESTS],
  [`${PREFIX}:running_requests`, Signal.RUNNING_REQUESTS],
];

/** One record of each signal for either fleet, where its engine measures it. */
export function recordingRules({ name, namespaceName, stable, candidate }: CanaryContext, scrapeSeconds: number): PrometheusRuleSpec {
  const rules = Object.entries({ stable, candidate }).flatMap(([side, fleet]) => RECORDS
    .filter(([, signal]) => signal.isKnownFor(fleet.engine.name, fleet.engine.version))
    .map(([record, signal]) => ({ record, expr: signal.query(signalQuery(fleet)), labels: { namespace: namespaceName!, rollout: name, side } })));
  return { groups: [{ name: `canary-${name}`, interval: `${Math.max(30, scrapeSeconds)}s`, rules }] };
}
