/** Small rollouts: what Git has of one, before and after it. Its times are made short in the spec; the rest is as synthesized. */
import { Chart, Duration, Testing } from 'cdk8s';
import { trialFleets } from './trial-fleets';
import { CanaryDriver, CanaryGate, ExpectedAnswer, ModelCanary, ModelRoute, RunnerDriverOptions, Signal, TrafficShift } from '../../../src';
import { RolloutSpec, RolloutTiming } from '../../../src/rollout/rollout-spec';
import { KubeObject } from '../support/kube-object';

/** Seconds between two scrapes. */
export const INTERVAL = 1;
const LONGEST_REQUEST = 15;

/** Percent, and the longest time that each may take. */
const STEPS = [{ percentage: 10, maxSeconds: 120 }, { percentage: 50, maxSeconds: 300 }, { percentage: 100, maxSeconds: 120 }];
const TIMING = { tickSeconds: 1, batchSeconds: 2, settleSeconds: 2, warmUpSeconds: 2, startSeconds: 20, doubtSeconds: 20, leaseSeconds: 10 };

export interface RolloutTrial {
  readonly name: string;
  readonly namespace: string;
  readonly hostname: string;
  /** What Git has during the rollout. */
  readonly objects: KubeObject[];
  /** What it has when the candidate has become the stable fleet. */
  readonly promoted: KubeObject[];
  readonly spec: RolloutSpec;
  readonly job: KubeObject;
}

export interface TrialOptions {
  readonly name: string;
  readonly gateway: string;
  readonly runner: RunnerDriverOptions;
  /** Asks the candidate what it must know. @default false */
  readonly evaluated?: boolean;
}

export function rolloutTrial({ name, gateway, runner, evaluated = false }: TrialOptions): RolloutTrial {
  const [namespace, hostname] = [`rollout-${name}`, `${name}.example.com`];
  const synth = (promoted: boolean): KubeObject[] => {
    const chart = new Chart(Testing.app(), name, { namespace });
    const fleet = trialFleets(chart, name, { monitoring: { interval: Duration.seconds(INTERVAL) } });
    const [stable, candidate] = [promoted ? undefined : fleet('Stable'), fleet('Candidate')];
    const requestTimeout = Duration.seconds(LONGEST_REQUEST);
    const route = new ModelRoute(chart, 'Route', { fleet: stable ?? candidate, hostnames: [hostname], gateway: { name: gateway, gatewayNamespace: 'gateways' }, requestTimeout });
    if (stable) {
      const gates = evaluated ? [CanaryGate.below(Signal.ERROR_RATIO, 0.01), CanaryGate.evaluation({ prompts: [{ prompt: 'Say Paris.', expected: ExpectedAnswer.containing('Paris') }] })] : undefined;
      const shift = TrafficShift.steps(STEPS.map(({ percentage }) => ({ percentage })));
      new ModelCanary(chart, 'Canary', { route, stable, candidate, driver: CanaryDriver.runner(runner), requestTimeout, shift, gates });
    }
    return JSON.parse(JSON.stringify(Testing.synth(chart)));
  };
  return shortened({ name, namespace, hostname, objects: synth(false), promoted: synth(true) }, STEPS, TIMING);
}

/** A rollout whose steps and times are those of a test: the first step goes on without proof, as small ones do. */
export function shortened(trial: Omit<RolloutTrial, 'spec' | 'job'>, steps: readonly { readonly maxSeconds: number }[], timing: Partial<RolloutTiming>): RolloutTrial {
  const { objects } = trial;
  const map = objects.find(({ kind, data }) => kind === 'ConfigMap' && data.spec !== undefined)!;
  const planned: RolloutSpec = JSON.parse(map.data.spec);
  const spec = {
    ...planned,
    timing: { ...planned.timing, ...timing },
    steps: planned.steps.map((step, i) => ({ ...step, minSeconds: 10, maxSeconds: steps[i].maxSeconds, proof: i > 0 })),
  };
  return {
    ...trial,
    objects: objects.map((object) => object === map ? { ...map, data: { ...map.data, spec: JSON.stringify(spec) } } : object),
    spec,
    job: objects.find(({ kind }) => kind === 'Job')!,
  };
}
