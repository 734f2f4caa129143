import { setTimeout as sleep } from 'node:timers/promises';
import { CanaryCluster, stateWith } from './canary-cluster';
import { RolloutState } from '../../runner/state';
import { specWith } from '../runner/support/rollout';
import { PATHS } from '../runner/support/world';

let cluster: CanaryCluster;
afterEach(() => cluster.stop());

const SAID = "rollout 'canary' in namespace 'chat'";
const annotated = (verb: string) => {
  const state = cluster.api.objects.get(PATHS.state);
  cluster.api.put(PATHS.state, { ...state, metadata: { ...state.metadata, annotations: { 'other/annotation': 'kept', 'cdk8s-inference/rollout-command': verb } } });
};

describe('a command', () => {
  test.each(['pause', 'abort', 'promote'])('%s is written where the runner reads it, beside what others wrote', async (verb) => {
    cluster = await CanaryCluster.start(stateWith());
    annotated('resume');
    const said = `${SAID}: '${verb}' is asked for; the runner takes it at its next look, within 15 s\n`;
    expect(await cluster.canary([verb, 'canary'])).toEqual({ code: 0, err: '', out: said });
    expect(cluster.api.objects.get(PATHS.state).metadata.annotations).toEqual({ 'other/annotation': 'kept', 'cdk8s-inference/rollout-command': verb });
  });

  test('changes the state alone, and only that annotation', async () => {
    cluster = await CanaryCluster.start(stateWith());
    await cluster.canary(['pause', 'canary']);
    const [written, ...others] = cluster.asked.filter(({ method }) => method !== 'GET');
    expect([new URL(written.url).pathname, written.method, written.headers!['content-type'], JSON.parse(written.body!), others]).toEqual([
      PATHS.state, 'PATCH', 'application/merge-patch+json', { metadata: { resourceVersion: expect.any(String), annotations: { 'cdk8s-inference/rollout-command': 'pause' } } }, [],
    ]);
  });

  test('says that no runner is there to take it', async () => {
    cluster = await CanaryCluster.start(stateWith());
    cluster.now += 600_000;
    expect((await cluster.canary(['abort', 'canary'])).out).toBe(`${SAID}: 'abort' is asked for; the runner takes it at its next look, but none is at work: the last one looked 10 min ago\n`);
  });

  test('looks again where the runner was faster, and does not say what no longer makes sense', async () => {
    cluster = await CanaryCluster.start(stateWith());
    let faster = 0;
    cluster.meddle = ({ method }) => {
      if (method === 'PATCH' && faster++ < 1) { cluster.write(stateWith({ phase: 'rolling-back', outcome: 'rolled-back', reason: 'too slow' })); }
      return undefined;
    };
    expect(await cluster.canary(['promote', 'canary'])).toEqual({ code: 1, out: '', err: `error: ${SAID} goes back (too slow), so it can't be promoted\n` });
    expect(cluster.command).toBeUndefined();
  });

  test('gives up where it is never fast enough', async () => {
    cluster = await CanaryCluster.start(stateWith());
    cluster.meddle = ({ method }) => method === 'PATCH' ? { status: 409, headers: {}, body: '{}' } : undefined;
    expect(await cluster.canary(['pause', 'canary'])).toEqual({ code: 1, out: '', err: `error: ${SAID} changed under each of 8 attempts to say 'pause'; try again\n` });
  });

  test('that stands there already is not written again', async () => {
    cluster = await CanaryCluster.start(stateWith());
    annotated('pause');
    expect((await cluster.canary(['pause', 'canary'])).code).toBe(0);
    expect(cluster.asked.filter(({ method }) => method !== 'GET')).toEqual([]);
  });

  test('of somebody who may not is refused in a sentence', async () => {
    cluster = await CanaryCluster.start(stateWith());
    cluster.meddle = ({ method }) => method === 'PATCH' ? { status: 403, headers: {}, body: '{}' } : undefined;
    expect((await cluster.canary(['abort', 'canary'])).err).toBe("error: not allowed to change ConfigMap chat/canary-state: abort takes the verb 'patch' on it\n");
  });

  const paused: Partial<RolloutState> = { phase: 'paused', pausedSince: 1, command: 'pause' };
  test.each<[string, string, string, Partial<RolloutState>]>([
    ['resume', 'pause', 'a paused rollout', paused],
    ['resume', 'promote', 'one that a person promotes', { command: 'promote' }],
    ['resume', 'pause', 'one whose pause is not taken yet', {}],
    ['promote', 'pause', 'a paused rollout', paused],
    ['abort', 'promote', 'one that a person promotes', { command: 'promote' }],
    ['pause', 'promote', 'one that a person promotes', { command: 'promote' }],
    ['pause', 'resume', 'one that was resumed before its pause was taken back', { ...paused }],
  ])('%s after %s makes sense of %s', async (verb, standing, _what, changes) => {
    cluster = await CanaryCluster.start(stateWith(changes));
    annotated(standing);
    expect((await cluster.canary([verb, 'canary'])).err).toBe('');
    expect(cluster.command).toBe(verb);
  });

  const back: Partial<RolloutState> = { phase: 'rolling-back', outcome: 'rolled-back', reason: 'too slow' };
  const over: Partial<RolloutState> = { phase: 'promoted', reason: 'the candidate has taken over' };
  const retiring: Partial<RolloutState> = { phase: 'promoting', retiring: true };
  test.each<[string, Partial<RolloutState>, string]>([
    ['resume', {}, 'is analysing, not paused'],
    ['resume', { phase: 'holding' }, 'is holding, not paused'],
    ['pause', paused, 'is paused already'],
    ['promote', { command: 'promote' }, 'is being promoted already'],
    ['promote', over, "is over (promoted: the candidate has taken over), so it can't be promoted"],
    ['abort', { phase: 'rolled-back', outcome: 'rolled-back', reason: 'too slow' }, "is over (rolled-back: too slow), so it can't be aborted"],
    ['pause', over, "is over (promoted: the candidate has taken over), so it can't be paused"],
    ['resume', over, "is over (promoted: the candidate has taken over), so it can't be resumed"],
    ['abort', back, 'goes back already (too slow)'],
    ['pause', back, "goes back (too slow), so it can't be paused"],
    ['promote', back, "goes back (too slow), so it can't be promoted"],
    ['abort', retiring, "has taken over, and its stable fleet is being scaled down, so it can't be aborted; only another rollout leads back"],
    ['promote', retiring, 'is promoted already'],
    ['pause', { hash: 'earlier' }, "is of a spec that is not in force any more, so it can't be paused"],
  ])('%s is refused of %j', async (verb, changes, sentence) => {
    cluster = await CanaryCluster.start(stateWith(changes));
    if (changes.command !== undefined) { annotated(changes.command); }
    const before = cluster.command;
    expect(await cluster.canary([verb, 'canary'])).toEqual({ code: 1, out: '', err: `error: ${SAID} ${sentence}\n` });
    expect(cluster.command).toBe(before);
  });

  test('is refused of a rollout that no runner has begun', async () => {
    cluster = await CanaryCluster.start();
    expect((await cluster.canary(['promote', 'canary'])).err).toBe(`error: no runner has begun ${SAID} yet, so it can't be promoted\n`);
  });
});

describe('waiting', () => {
  const base = specWith();
  const spec = specWith({ timing: { ...base.timing, tickSeconds: 0.05, drainSeconds: 0.2, warmUpSeconds: 0 } });

  /** Until something holds. */
  async function eventually(what: () => boolean): Promise<void> {
    for (let waited = 0; !what(); waited += 20) {
      if (waited > 20_000) { throw new Error('it did not come'); }
      await sleep(20);
    }
  }
  const phase = () => JSON.parse(cluster.api.objects.get(PATHS.state)?.data.state ?? '{}').phase;

  test('ends when a real runner has taken each command', async () => {
    cluster = await CanaryCluster.start(undefined, spec, true);
    const runner = cluster.runner();
    const ended = runner.run();
    try {
      await eventually(() => phase() === 'analysing');
      expect(await cluster.canary(['pause', 'canary', '--wait'])).toEqual({ code: 0, err: '', out: `${SAID}: 'pause' is taken; paused at step 1 of 3, 5 % of the requests on the candidate\n` });
      expect(await cluster.canary(['resume', 'canary', '--wait'])).toEqual({ code: 0, err: '', out: `${SAID}: 'resume' is taken; analysing at step 1 of 3, 5 % of the requests on the candidate\n` });
      expect((await cluster.canary(['promote', 'canary', '--wait'])).out).toMatch(/: 'promote' is taken; \w+ at step [123] of 3, \d+ % of the requests on the candidate\n$/);
      expect((await cluster.canary(['abort', 'canary', '--wait'])).out).toMatch(/: 'abort' is taken; (rolling-back|aborted) at step [123] of 3, 0 % of the requests on the candidate\n$/);
      expect(await ended).toBe('over');
      expect((await cluster.canary(['status', 'canary'])).code).toBe(1);
    } finally {
      runner.stop();
    }
  }, 60_000);

  test('ends with 4 where nobody takes it, and the command stands', async () => {
    cluster = await CanaryCluster.start(stateWith());
    const { code, err } = await cluster.canary(['pause', 'canary', '--wait', '--timeout', '0.1']);
    expect([code, err, cluster.command]).toEqual([4, `error: ${SAID}: 'pause' was not taken within 0 s, and holds once a runner takes it; runner-1 is at work\n`, 'pause']);
  });

  /** Does something at the first look after the command was written. */
  function onceSaid(meanwhile: () => void): void {
    let said = false;
    let done = false;
    cluster.meddle = ({ method }) => {
      if (said && !done) { done = true; meanwhile(); }
      said ||= method === 'PATCH';
      return undefined;
    };
  }

  test.each<[string, () => void, string]>([
    ['goes back meanwhile', () => cluster.write(stateWith({ phase: 'rolling-back', outcome: 'rolled-back', reason: 'too slow' })), "went another way before 'pause' was taken: rolling-back (too slow)"],
    ['loses its state', () => cluster.api.delete(PATHS.state), "lost its state before 'pause' was taken; say it again when it has begun anew"],
  ])('ends where the rollout %s', async (_what, meanwhile, sentence) => {
    cluster = await CanaryCluster.start(stateWith());
    onceSaid(meanwhile);
    expect(await cluster.canary(['pause', 'canary', '--wait'])).toEqual({ code: 1, out: '', err: `error: ${SAID} ${sentence}\n` });
  });

  test('ends where somebody says something else', async () => {
    cluster = await CanaryCluster.start(stateWith());
    onceSaid(() => annotated('resume'));
    expect((await cluster.canary(['pause', 'canary', '--wait'])).err).toBe(`error: ${SAID}: 'pause' was taken back before the runner took it\n`);
  });
});
