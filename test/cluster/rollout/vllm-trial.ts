/** Two rollouts of one history: to a release that is as good, and from there back to the one before. Both fleets serve a model that a CPU can serve. */
import { Chart, Duration, Testing } from 'cdk8s';
import { RolloutTrial, shortened } from './rollout-trial';
import { MODEL, trialFleets } from './trial-fleets';
import { CanaryDriver, CanaryGate, Capacity, Engine, Model, ModelCanary, ModelRoute, Signal, TrafficShift } from '../../../src';
import { SERVER_VERSION, TINY_MODEL } from '../../engine/tiny-fleet';
import { ChatRequest } from '../gateway/fake-engines';
import { KubeObject } from '../support/kube-object';

/** Requests of users: as many as two servers and all that is around them answer on two busy cores. */
export const PER_SECOND = 10;
const TOKENS = { short: 8, stream: 24 };
const LONGEST_REQUEST = 10;
const SCRAPE_SECONDS = 1;
/** Means may differ by noise of a machine that others share; who is slower by more is bad. */
const FACTOR = 2;
/** A bound of the engine's own histogram. */
const FIRST_TOKEN_SECONDS = 5;
/** Of few requests, no less can be shown in a minute. */
const MOST_ERRORS = 0.05;
const STEPS = [{ percentage: 25, maxSeconds: 120 }, { percentage: 50, maxSeconds: 240 }, { percentage: 100, maxSeconds: 120 }];
const TIMING = { tickSeconds: 1, batchSeconds: 2, settleSeconds: 3, warmUpSeconds: 2, startSeconds: 30, doubtSeconds: 60, leaseSeconds: 10 };

/** What users ask of a real model. */
export function question(stream: boolean): ChatRequest {
  return { model: MODEL, messages: [{ role: 'user', content: 'tokens come one after the other' }], max_tokens: stream ? TOKENS.stream : TOKENS.short };
}

/** From `Blue` to `Green`, and from `Green` to `Blue`; the commit that ends the first begins the second. */
export function vllmTrials(): { readonly there: RolloutTrial; readonly back: RolloutTrial } {
  const [there, back] = [synth('There', 'Blue', 'Green'), synth('Back', 'Green', 'Blue')];
  const trial = { name: 'vllm', namespace: 'rollout-vllm', hostname: 'vllm.example.com' };
  const second = shortened({ ...trial, objects: back, promoted: [] }, STEPS, TIMING);
  return { there: shortened({ ...trial, objects: there, promoted: second.objects }, STEPS, TIMING), back: second };
}

function synth(rollout: string, from: string, to: string): KubeObject[] {
  const chart = new Chart(Testing.app(), 'vllm', { namespace: 'rollout-vllm' });
  const fleet = trialFleets(chart, 'vllm', {
    model: Model.fromHubConfig(TINY_MODEL, { id: 'acme/tiny' }),
    engine: Engine.vllm({ version: SERVER_VERSION, allowMutableTag: true, chatTemplate: '{% for m in messages %}{{ m.content }} {% endfor %}' }),
    capacity: Capacity.manual({ replicas: 1, layout: { tensorParallel: 1 } }),
    monitoring: { interval: Duration.seconds(SCRAPE_SECONDS) },
  });
  const [stable, candidate] = [fleet(from), fleet(to)];
  const requestTimeout = Duration.seconds(LONGEST_REQUEST);
  const route = new ModelRoute(chart, 'Route', { fleet: stable, hostnames: ['vllm.example.com'], gateway: { name: 'contour', gatewayNamespace: 'gateways' }, requestTimeout });
  new ModelCanary(chart, rollout, {
    route,
    stable,
    candidate,
    requestTimeout,
    driver: CanaryDriver.runner({ prometheusUrl: 'http://127.0.0.1:9090', requestsPerSecond: PER_SECOND }),
    shift: TrafficShift.steps(STEPS.map(({ percentage }) => ({ percentage }))),
    gates: [
      CanaryGate.below(Signal.ERROR_RATIO, MOST_ERRORS),
      CanaryGate.noWorseThanStable(Signal.ERROR_RATIO, 2),
      CanaryGate.noWorseThanStable(Signal.TIME_TO_FIRST_TOKEN, FACTOR),
      CanaryGate.noWorseThanStable(Signal.TIME_PER_OUTPUT_TOKEN, FACTOR),
      CanaryGate.noWorseThanStable(Signal.QUEUE_TIME, FACTOR),
      CanaryGate.below(Signal.TIME_TO_FIRST_TOKEN, FIRST_TOKEN_SECONDS),
    ],
  });
  return JSON.parse(JSON.stringify(Testing.synth(chart)));
}
