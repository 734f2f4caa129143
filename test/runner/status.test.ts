import { GATES, specWith } from './support/rollout';
import { PATHS, World } from './support/world';
import { Exposition } from '../../runner/exposition';
import { jsonLog } from '../../runner/log';
import { noEvidence, RolloutState } from '../../runner/state';
import { statusOf } from '../../runner/status';
import { RolloutStatus } from '../../src/report/rollout-status';

const status = (world: World): RolloutStatus => JSON.parse(world.api.objects.get(PATHS.state).data['status.json']);

/** A rollout under way: until something holds of its state. */
async function until(world: World, done: (state: RolloutState) => boolean): Promise<World> {
  world.start('runner-1');
  if (!await world.time.pass(Infinity, () => world.state !== undefined && done(world.state))) { throw new Error(`it did not come: ${JSON.stringify(world.state)}`); }
  return world;
}

const over = (world: World) => until(world, ({ phase, hash }) => hash === world.spec.hash && ['promoted', 'rolled-back', 'aborted'].includes(phase));

test('the status counts steps from 1, weights as shares, and names both fleets', async () => {
  const found = status(await until(new World(specWith(), {}), ({ step, phase }) => step === 1 && phase === 'analysing'));
  expect(found).toMatchObject({
    version: 1, name: 'canary', namespace: 'chat', hash: 'abc123', phase: 'analysing', step: 2, weight: 0.3, steppingBack: false, noWayBack: false, tickSeconds: 10,
    fleets: { candidate: { apiVersion: 'apps/v1', kind: 'Deployment', plural: 'deployments', namespace: 'chat', name: 'candidate' }, stable: { name: 'stable' } },
    doubt: { causes: [], seconds: 0, limitSeconds: 240 },
  });
  expect(found.steps.map(({ weight, needs }) => [weight, needs])).toEqual([[0.05, 1], [0.3, 2], [1, 4]]);
});

test('the status has each gate with its samples, estimate, limits and evidence', async () => {
  const found = status(await until(new World(specWith(), {}), ({ evidence }) => evidence.step === 1 && evidence.batches >= 2));
  const [errors, beside, latency] = found.gates;
  expect(errors).toMatchObject({ gate: 'errors', kind: 'share-limit', unit: 'share', limit: 0.01, bad: 0.02 });
  expect(errors.samples).toBe(found.requests.candidate);
  expect(errors.estimate).toBeLessThan(0.01);
  expect(errors.evidence!.good).toBeGreaterThan(0);
  expect(beside).toMatchObject({ unit: 'times', limit: 1, bad: 2, stableSamples: found.requests.stable });
  expect(beside.evidence!.good).toBeUndefined();
  expect(latency).toMatchObject({ unit: 'times', limit: 1, bad: 1.3 });
  expect(Math.abs(latency.estimate! - 1)).toBeLessThan(0.3);
});

test('the status remembers when each verdict changed, and on what grounds', async () => {
  const world = await over(new World(specWith(), { latency: 2 }));
  const { verdicts, history, reason, startedAt } = status(world);
  const bad = verdicts.filter(({ verdict }) => verdict === 'bad');
  expect(bad.map(({ gate, step, said }) => `gate '${gate}' at ${[5, 30, 100][step - 1]} %: ${said}`)).toEqual([reason]);
  expect(verdicts.filter(({ gate, step }) => gate === 'errors' && step === 1).map(({ verdict }) => verdict)).toEqual(['undecided']);
  expect(history[0]).toMatchObject({ at: startedAt, step: 1, weight: 0 });
  expect([...verdicts, ...history].every(({ at }) => at >= startedAt && at <= new Date(world.time.now()).toISOString())).toBe(true);
});

test('no verdict is remembered twice in a row', async () => {
  const { verdicts } = status(await over(new World(specWith(), {})));
  const repeated = verdicts.filter((one, i) => verdicts.slice(0, i).reverse().find(({ gate, step }) => gate === one.gate && step === one.step)?.verdict === one.verdict);
  expect([verdicts.filter(({ gate, step }) => gate === 'errors' && step === 2).map(({ verdict }) => verdict), repeated]).toEqual([['undecided', 'good'], []]);
});

test('what a person said is in the status once the runner has taken it, and no longer than it stands there', async () => {
  const world = await until(new World(specWith(), {}), ({ phase }) => phase === 'analysing');
  expect(status(world).command).toBeUndefined();
  world.command('pause');
  await world.time.pass(world.time.now() + 30_000, () => world.state?.phase === 'paused');
  expect([status(world).command, status(world).pausedSince !== undefined]).toEqual(['pause', true]);
  world.command(undefined);
  await world.time.pass(world.time.now() + 30_000, () => world.state?.phase === 'analysing');
  expect([status(world).command, status(world).pausedSince]).toEqual([undefined, undefined]);
});

test('a promotion by a person says so, and does not say that gates held', async () => {
  const world = await until(new World(specWith(), {}), ({ phase }) => phase === 'analysing');
  world.command('promote');
  await world.time.pass(Infinity, () => world.state?.phase === 'promoted');
  expect(status(world).history.map(({ note }) => note).filter((note) => /gate|person/.test(note))).toEqual(['promoted by a person at 5 %', 'promoted by a person at 30 %', 'promoted by a person']);
});

test('a rollout that follows another begins its history anew', async () => {
  const world = new World(specWith(), {});
  const old: RolloutState = { ...(await over(new World(specWith(), { errors: 0.2 }))).state!, hash: 'earlier' };
  world.api.put(PATHS.state, { metadata: { name: 'canary-state', namespace: 'chat' }, data: { state: JSON.stringify(old) } });
  await world.time.pass(world.time.now() + 5_000_000, () => false); // the other one was earlier
  const { history, verdicts } = status(await over(world));
  expect([history[0].phase === 'warming' && history[0].step === 1, history.some(({ phase }) => phase === 'rolled-back'), verdicts.some(({ verdict }) => verdict === 'bad')]).toEqual([true, false, false]);
});

const SCORE = { kind: 'score' as const, name: 'quality', least: 0.9, timeoutSeconds: 300, job: { apiVersion: 'batch/v1', kind: 'Job', metadata: { name: 'q', namespace: 'chat' } } };
const state = (changes: Partial<RolloutState> = {}): RolloutState => ({
  version: 1, hash: 'h', phase: 'holding', step: 1, carried: 1, epoch: 3, fallen: false, retiring: false, startedAt: 0, phaseSince: 0, stepSince: 0, doubtMillis: 5000, doubtSince: 10_000,
  doubts: ['x'], evidence: noEvidence(1), scores: {}, history: [], verdicts: [], ...changes,
});

test.each([
  [undefined, { verdict: 'no-data', said: 'no score yet', limit: 0.9 }],
  [0.95, { verdict: 'good', said: 'score 0.95, at least 0.9 is wanted', estimate: 0.95 }],
  [0.5, { verdict: 'bad', said: 'score 0.5, at least 0.9 is wanted', estimate: 0.5 }],
])('a score of %s stands among the gates, in the order of the spec', (score, expected) => {
  const found = statusOf(specWith({ gates: [GATES[0], SCORE, GATES[2]] }), state({ scores: score === undefined ? {} : { quality: score } }));
  expect(found.gates.map(({ gate }) => gate)).toEqual(['errors', 'quality', 'latency']);
  expect(found.gates[1]).toMatchObject({ unit: 'score', ...expected });
});

test('every line of a log names the rollout', () => {
  let line = '';
  jsonLog(() => 0, { namespace: 'chat', rollout: 'canary' }, (text) => { line = text; })('info', 'shifting', { step: 1 });
  expect(line).toBe('{"time":"1970-01-01T00:00:00.000Z","level":"info","message":"shifting","namespace":"chat","rollout":"canary","step":1}\n');
});

describe('the metrics of the runner', () => {
  const labels = 'rollout="canary"';

  test('tell the verdict of each gate, and how much doubt there may be', () => {
    const exposition = new Exposition('canary');
    exposition.observe(specWith({ gates: [GATES[0], SCORE] }), state({ scores: { quality: 0.95 } }), 12_000);
    expect(exposition.render().split('\n')).toEqual(expect.arrayContaining([
      `cdk8s_inference_canary_gate_verdict{${labels},gate="quality",verdict="good"} 1`, `cdk8s_inference_canary_gate_verdict{${labels},gate="quality",verdict="bad"} 0`,
      `cdk8s_inference_canary_gate_verdict{${labels},gate="errors",verdict="no-data"} 1`, `cdk8s_inference_canary_doubt_seconds{${labels}} 7`,
      `cdk8s_inference_canary_doubt_limit_seconds{${labels}} 240`, `cdk8s_inference_canary_last_look_timestamp_seconds{${labels}} 12`, `cdk8s_inference_canary_steps{${labels}} 3`,
    ]));
  });

  test('count answers, those that did not come too, before anything was seen of the cluster', async () => {
    const exposition = new Exposition('canary');
    const request = { method: 'GET', url: 'http://x', timeoutMillis: 1 };
    const kube = exposition.counting('kubernetes', async () => ({ status: 429, headers: {}, body: '' }));
    await kube(request);
    await kube(request);
    await expect(exposition.counting('prometheus', async () => { throw new Error('refused'); })(request)).rejects.toThrow('refused');
    expect(exposition.render().split('\n').filter((line) => line.startsWith('cdk8s'))).toEqual([
      `cdk8s_inference_canary_looks_total{${labels}} 0`,
      `cdk8s_inference_canary_answers_total{${labels},server="kubernetes",code="429"} 2`,
      `cdk8s_inference_canary_answers_total{${labels},server="prometheus",code="none"} 1`,
    ]);
  });
});
