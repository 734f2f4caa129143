/** What people see of a rollout, from what is remembered of it. Pure. */
import { wantedWeight } from './decide';
import { scoreVerdicts, verdicts } from './judge';
import { RolloutState } from './state';
import { FleetStatus, GateStatus, RolloutStatus } from '../src/report/rollout-status';
import { RolloutSpec, RolloutWorkload } from '../src/rollout/rollout-spec';

const TOTAL = 1000;

export function statusOf(spec: RolloutSpec, state: RolloutState): RolloutStatus {
  const { evidence } = state;
  return {
    version: 1,
    name: spec.name,
    namespace: spec.namespace,
    hash: state.hash,
    phase: state.phase,
    reason: state.reason,
    command: state.command,
    pausedSince: time(state.pausedSince),
    steppingBack: state.outcome !== undefined,
    noWayBack: state.retiring,
    startedAt: time(state.startedAt),
    phaseSince: time(state.phaseSince),
    step: state.step + 1,
    stepSince: time(state.stepSince),
    analysedSince: time(state.analysedSince),
    weight: wantedWeight(spec, state) / TOTAL,
    preview: (spec.route.previewRules ?? []).length > 0 ? state.preview ?? false : undefined,
    steps: spec.steps.map(({ weight, mirrored, needs, minSeconds, maxSeconds, proof }) => (
      { weight: weight / TOTAL, mirrored: mirrored === undefined ? undefined : mirrored / TOTAL, needs, minSeconds, maxSeconds, proof })),
    route: { namespace: spec.route.namespace, name: spec.route.name },
    fleets: { stable: fleetOf(spec.stable), candidate: fleetOf(spec.candidate) },
    measuredStep: evidence.step + 1,
    gates: gatesOf(spec, state),
    requests: { stable: evidence.stable, candidate: evidence.candidate },
    doubt: { causes: state.doubts, seconds: state.doubtMillis / 1000, since: time(state.doubtSince), limitSeconds: spec.timing.doubtSeconds },
    tickSeconds: spec.timing.tickSeconds,
    history: state.history.filter(({ at }) => at >= state.startedAt) // those before are of another rollout
      .map((entry) => ({ ...entry, at: time(entry.at), step: entry.step + 1, weight: entry.weight / TOTAL })),
    verdicts: state.verdicts.map((entry) => ({ ...entry, at: time(entry.at), step: entry.step + 1 })),
  };
}

/** In the order of the spec. */
export function gatesOf(spec: RolloutSpec, state: RolloutState): GateStatus[] {
  const found = [...scoreVerdicts(spec, state.scores), ...verdicts(spec, state.evidence)];
  return spec.gates.flatMap(({ name }) => found.filter(({ gate }) => gate === name));
}

/** The same, in the ConfigMap, for whoever looks without the command line. */
export function statusText(spec: RolloutSpec, state: RolloutState): string {
  const steps = spec.steps.map(({ weight }, i) => i === state.step ? `[${weight / 10} %]` : `${weight / 10} %`).join(' ');
  return [
    `${state.phase}, ${wantedWeight(spec, state) / 10} % of the requests on the candidate; steps ${steps}`,
    ...state.reason === undefined ? [] : [state.reason],
    ...state.doubts.map((doubt) => `in doubt: ${doubt}`),
    ...gatesOf(spec, state).map(({ gate, verdict, said }) => `${gate}: ${verdict}, ${said}`),
    '',
  ].join('\n');
}

function fleetOf({ apiVersion, kind, plural, namespace, name }: RolloutWorkload): FleetStatus {
  return { apiVersion, kind, plural, namespace, name };
}

function time(millis: number): string;
function time(millis: number | undefined): string | undefined;
function time(millis: number | undefined): string | undefined {
  return millis === undefined ? undefined : new Date(millis).toISOString();
}
