/**
 * Two rollouts between two real vLLM servers: a real API server, a real Contour and Envoy, a real Prometheus that scrapes the servers' own metrics, and
 * users who count what happens to them. The servers compute a tiny model without weights on a CPU; docs/canary.md has what was measured.
 */
import { execFileSync } from 'node:child_process';
import { setTimeout as sleep } from 'node:timers/promises';
import { Rollout } from './rollout';
import { RolloutTrial } from './rollout-trial';
import { VllmPods } from './vllm-pods';
import { PER_SECOND, question, vllmTrials } from './vllm-trial';
import { engineEnvironment, environmentProblem } from '../../engine/environment';
import { podProblem } from '../../engine/pod';
import { SERVER_VERSION } from '../../engine/tiny-fleet';
import { GATEWAYS } from '../gateway/both';
import { tally } from '../gateway/client';
import { EnvoyGateway } from '../gateway/envoy-gateway';
import { Gateway } from '../gateway/gateway';
import { checkPodsAreLocal } from '../local-pods';
import { Prometheus } from '../monitoring/prometheus';
import { eventually } from '../support/api-server';
import { useCluster } from '../support/use-cluster';
import { workloadsIn } from '../support/workloads';

/** Of a rollout, and of two servers' starts, on a busy machine. */
const LONG = 600_000;
/** Share of the time in which a candidate may run that is throttled. */
const THROTTLED = 0.15;

const problem = environmentProblem() ?? podProblem();
if (problem !== undefined && process.env.CI === 'true') { throw new Error(`no server can be run: ${problem}`); }
if (problem !== undefined) { console.warn(`every rollout between real servers is skipped: ${problem}`); }

(problem === undefined ? describe : describe.skip)(`between two servers of vLLM ${SERVER_VERSION}`, () => {
  const cluster = useCluster({ controllers: ['leaderworkerset'] });
  const { there, back } = vllmTrials();
  let gateway: Gateway | EnvoyGateway | undefined;
  let servers: VllmPods | undefined;
  let prometheus: Prometheus | undefined;
  let rollout: Rollout | undefined;

  const rolloutOf = (trial: RolloutTrial) => {
    const { api, controlPlane } = cluster;
    rollout = new Rollout({ api, controlPlane, gateway: { host: '127.0.1.1', port: 8080 } }, trial, {
      perSecond: PER_SECOND, body: question, reapplied: false, full: false, without: () => false, env: {}, apply: async (one) => (await api.applyAll([one]))[0],
    });
    return rollout;
  };

  beforeAll(async () => {
    await checkPodsAreLocal('tsx test/cluster/gateway/run.ts');
    const { api, controlPlane } = cluster;
    execFileSync(process.execPath, ['scripts/bundle-runner.mjs']);
    await api.namespace('gateways');
    gateway = await GATEWAYS.contour(cluster);
    await rolloutOf(there).deploy();
    servers = new VllmPods(api, await engineEnvironment(), there.objects);
    await Promise.all([
      ...workloadsIn(there.objects).map((workload) => servers!.start(workload)),
      Prometheus.start(api, controlPlane).then((started) => { prometheus = started; }),
    ]);
  }, LONG);

  afterAll(async () => {
    await rollout?.stop();
    await prometheus?.stop();
    await gateway?.stop();
    await servers?.stop();
  }, 60_000);

  /** Moves users' requests until the runner has ended, and `after` that; what is the same for all holds. How many requests the candidate got. */
  async function played(trial: RolloutTrial, after: () => Promise<void>): Promise<number> {
    const [stable, candidate] = [trial.spec.stable.name, trial.spec.candidate.name];
    const counts = async () => Promise.all([stable, candidate].map((name) => servers!.answered(name)));
    const before = await counts();
    rollout!.begin();
    await sleep(5000); // some scrapes
    await rollout!.start();
    await rollout!.over();
    await after();
    await rollout!.load.stop();
    const [ofStable, ofCandidate] = (await counts()).map((count, i) => count - before[i]);
    const { state, seconds, most, load: { replies, streams }, job, lost } = rollout!;
    const took = { seconds: Math.round(seconds), slowest: Math.max(...replies.map((reply) => reply.seconds)) };
    process.stdout.write(`${JSON.stringify({ ended: state.phase, because: state.reason, ...took, most, asked: replies.length, streams, ofCandidate, lost: lost.length })}\n`);
    expect([job!.starts, job!.log.filter(({ level }) => level === 'error')]).toEqual([1, []]);
    // What users got is what the servers say that they gave.
    expect(replies.filter(({ status, complete }) => status === 200 && complete).length).toBe(ofStable + ofCandidate);
    expect(tally(lost.map(({ status, text }) => `${status} ${text.slice(0, 100)}`))).toEqual({});
    return ofCandidate;
  }

  const weights = ({ spec }: any) => spec.rules[0].backendRefs.map(({ weight }: any) => weight);

  test('one that is as good takes over, by what both servers measure, and then in Git; no request is lost', async () => {
    const ofCandidate = await played(there, async () => {
      const { state } = rollout!;
      expect([state.phase, state.reason]).toEqual(['promoted', 'the candidate has taken over']);
      expect(weights((await rollout!.live()).route)).toEqual([0, 1000]);
      await rollout!.promoteInGit();
      await eventually('the overlay is gone', async () => (await rollout!.live()).route === undefined);
      await sleep(2000);
    });
    expect(ofCandidate).toBeGreaterThan(200);
  }, LONG);

  test('one that is throttled is slow by its own metrics and gets no more requests; none is lost', async () => {
    rolloutOf(back);
    await servers!.of(back.spec.candidate.name).throttle(THROTTLED);
    await played(back, async () => {});
    const { state, most } = rollout!;
    expect([state.phase, state.reason]).toEqual(['rolled-back', expect.stringMatching(/^gate 'time-(to-first|per-output)-token-beside-stable' at \d+ %: \d[\d.]* times the stable fleet/)]);
    const { route, candidate } = await rollout!.live();
    expect([weights(route), candidate.spec.replicas]).toEqual([[1000, 0], 0]);
    expect(most).toBeLessThanOrEqual(500);
  }, LONG);
});
