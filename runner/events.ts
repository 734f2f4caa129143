/** Kubernetes Events of what a rollout went through. An entry has one name for ever, so nobody posts it twice. */
import { KubeClient, KubeError, pathOf } from './kube-client';
import { HistoryEntry, Phase, RolloutState } from './state';
import { RolloutSpec } from '../src/rollout/rollout-spec';

const WARNINGS: readonly Phase[] = ['holding', 'rolling-back', 'rolled-back', 'aborted'];
/** Events live for an hour; older ones are not posted again. */
const NEWEST_MILLIS = 600_000;
const LONGEST_NOTE = 1000;

export class Events {
  private readonly posted = new Set<string>();

  constructor(private readonly kube: KubeClient, private readonly holder: string) {}

  public async post(spec: RolloutSpec, state: RolloutState): Promise<void> {
    for (const entry of state.history.filter(({ at }) => this.kube.now() - at < NEWEST_MILLIS)) {
      const name = `${spec.name}.${entry.at.toString(36)}-${entry.phase}-${entry.step}-${entry.weight}`;
      if (this.posted.has(name)) { continue; }
      try {
        await this.kube.create(pathOf('v1', 'events', spec.namespace), event(spec, entry, name, this.holder));
      } catch (error) {
        if (!(error instanceof KubeError && error.conflict)) { throw error; }
      }
      this.posted.add(name);
    }
  }
}

function event(spec: RolloutSpec, { at, phase, step, weight, note }: HistoryEntry, name: string, holder: string): object {
  const time = new Date(at).toISOString().replace(/\.\d+/, '');
  return {
    apiVersion: 'v1',
    kind: 'Event',
    metadata: { name, namespace: spec.namespace },
    involvedObject: { apiVersion: 'v1', kind: 'ConfigMap', namespace: spec.namespace, name: spec.name },
    reason: phase.split('-').map((word) => word[0].toUpperCase() + word.slice(1)).join(''),
    message: `${weight / 10} % of the requests on the candidate, step ${step + 1} of ${spec.steps.length}${note ? `: ${note}` : ''}`.slice(0, LONGEST_NOTE),
    type: WARNINGS.includes(phase) ? 'Warning' : 'Normal',
    source: { component: 'cdk8s-inference-canary' },
    reportingComponent: 'cdk8s-inference-canary',
    reportingInstance: holder,
    firstTimestamp: time,
    lastTimestamp: time,
    count: 1,
  };
}
