import { specWith } from './support/rollout';
import { PATHS, World } from './support/world';

async function ended(world: World): Promise<World> {
  world.start('runner-1');
  if (!await world.over()) { throw new Error(`the rollout did not end: ${JSON.stringify(world.state)}`); }
  expect(world.problems).toEqual([]);
  expect(world.bugs).toEqual([]);
  return world;
}

const most = (world: World) => Math.max(...world.weights.map(({ weight }) => weight));

describe('a rollout', () => {
  test('of a sound candidate goes through every step and takes over', async () => {
    const world = await ended(new World(specWith(), {}));
    expect(world.state!.phase).toBe('promoted');
    expect([...new Set(world.weights.map(({ weight }) => weight))]).toEqual([0, 50, 300, 1000]);
    expect([world.replicas('stable'), world.replicas('candidate')]).toEqual([0, 4]);
  });

  test('of a slower candidate steps back before most of the traffic has moved', async () => {
    const world = await ended(new World(specWith(), { latency: 1.5 }));
    expect(world.state!.phase).toBe('rolled-back');
    expect(world.state!.reason).toMatch(/^gate 'latency' at \d+ %: 1\.\d+ times the stable fleet at its load, by \d+ requests in \d+ batches$/);
    expect(most(world)).toBeLessThan(1000);
    expect([world.weight, world.replicas('stable'), world.replicas('candidate')]).toEqual([0, 4, 0]);
  });

  test('of a candidate that fails requests steps back at the first step', async () => {
    const world = await ended(new World(specWith(), { errors: 0.2 }));
    expect(world.state!.reason).toMatch(/^gate 'errors' at 5 %: \d+ of \d+ requests, limit 1 %$/);
    expect(most(world)).toBe(50);
  });

  test('of a candidate that never gets ready gives it no traffic', async () => {
    const world = await ended(new World(specWith(), { startMillis: undefined }));
    expect(world.state!.reason).toBe('in doubt for 240 s: 0 of 1 replicas of the candidate are ready after 300 s');
    expect(most(world)).toBe(0);
  });

  test('of a candidate that nobody scrapes steps back', async () => {
    const world = await ended(new World(specWith(), { scraped: false }));
    expect(world.state!.reason).toMatch(/^in doubt for \d+ s: the candidate has no series for requests/);
    expect(most(world)).toBe(50);
  });

  test('of a candidate whose share goes to the stable fleet silently steps back', async () => {
    const world = await ended(new World(specWith(), { reached: false }));
    expect(world.state!.reason).toMatch(/^in doubt for \d+ s: the candidate got 0 of \d+ requests but its weight is 50 of 1000/);
  });

  test('of a candidate that dies again and again steps back', async () => {
    const deaths = Array.from({ length: 100 }, (_, i) => 90_000 + i * 100_000);
    const world = await ended(new World(specWith(), { deaths }));
    expect(world.state!.phase).toBe('rolled-back');
    expect(world.state!.reason).toMatch(/^in doubt for \d+ s: the candidate lost replicas that carried traffic; \d of [12] are ready/);
  });

  test('whose Prometheus goes away holds, then steps back', async () => {
    const world = new World(specWith(), {});
    world.time.at(world.time.now() + 200_000, () => { world.prometheusIsDown = true; });
    await ended(world);
    expect(world.state!.reason).toMatch(/^in doubt for \d+ s: measurements can't be read: Prometheus at http:\/\/prometheus:9090 does not answer: connect ECONNREFUSED$/);
  });

  test('whose Prometheus comes back in time goes on', async () => {
    const world = new World(specWith(), {});
    world.time.at(world.time.now() + 200_000, () => { world.prometheusIsDown = true; });
    world.time.at(world.time.now() + 350_000, () => { world.prometheusIsDown = false; });
    await ended(world);
    expect(world.state!.phase).toBe('promoted');
    expect(world.state!.history.some(({ phase }) => phase === 'holding')).toBe(true);
  });

  test('whose route is deleted makes it again without the candidate, and steps back', async () => {
    const world = new World(specWith(), {});
    world.time.at(world.time.now() + 200_000, () => { world.api.delete(PATHS.route); });
    await ended(world);
    expect(world.state!.reason).toMatch(/HTTPRoute route was deleted/);
    expect(world.weight).toBe(0);
  });

  test('whose weight somebody changes sets it again', async () => {
    const world = new World(specWith(), {});
    world.time.at(world.time.now() + 150_000, () => resetWeight(world));
    await ended(world);
    expect(world.state!.phase).toBe('promoted');
  });
});

/** Does something again and again. */
function every(world: World, millis: number, action: (round: number) => void, round = 0): void {
  world.time.at(world.time.now() + millis, () => {
    action(round);
    every(world, millis, action, round + 1);
  });
}

function resetWeight(world: World): void {
  const route = world.api.objects.get(PATHS.route);
  if (route === undefined) { return; }
  const [rule] = route.spec.rules;
  const backendRefs = rule.backendRefs.map((one: any, i: number) => ({ ...one, weight: i === 0 ? 1000 : 0 }));
  world.api.put(PATHS.route, { ...route, spec: { ...route.spec, rules: [{ ...rule, backendRefs }] } });
}

describe('doubt', () => {
  test('adds up within a step, so that what comes and goes ends it too', async () => {
    const world = new World(specWith({ steps: specWith().steps.map((step) => ({ ...step, minSeconds: 100_000, maxSeconds: 200_000 })) }), {});
    every(world, 100_000, (round) => { world.prometheusIsDown = round % 2 === 0; });
    await ended(world);
    expect(world.state!.reason).toMatch(/^in doubt for 2\d\d s: measurements can't be read/);
    expect(world.passed()).toBeLessThan(1_500_000);
  });

  test('is what a fleet that the runner may not look at leaves', async () => {
    const world = new World(specWith(), {});
    let forbidden = false;
    world.time.at(world.time.now() + 150_000, () => { forbidden = true; });
    world.start('runner-1', (request) => forbidden && request.url.endsWith(PATHS.candidate) ? { kind: 'answer', status: 403 } : undefined);
    expect(await world.over()).toBe(true);
    expect([world.problems, world.state!.phase, world.weight]).toEqual([[], 'rolled-back', 0]);
    expect(world.state!.reason).toMatch(/there is no Deployment candidate/);
  });

  test('is what a Prometheus that answers slowly leaves', async () => {
    const world = new World(specWith(), {});
    world.prometheusMillis = 8000;
    await ended(world);
    expect(world.state!.reason).toMatch(/^in doubt for \d+ s: measurements can't be read: Prometheus took longer than 20 s$/);
  });
});

describe('people', () => {
  const after = (world: World, millis: number, verb: string | undefined) => world.time.at(world.time.now() + millis, () => world.command(verb));

  test('pause a rollout, which then waits, and let it go on', async () => {
    const world = new World(specWith(), {});
    after(world, 130_000, 'pause');
    after(world, 2_000_000, undefined);
    await ended(world);
    expect(world.state!.phase).toBe('promoted');
    expect(world.passed()).toBeGreaterThan(2_000_000);
    expect(world.state!.history.some(({ phase }) => phase === 'paused')).toBe(true);
  });

  test('cannot keep a bad candidate by a pause', async () => {
    const world = new World(specWith(), { errors: 0.3 });
    after(world, 110_000, 'pause');
    await ended(world);
    expect(world.state!.phase).toBe('rolled-back');
  });

  test('abort a rollout', async () => {
    const world = new World(specWith(), {});
    after(world, 200_000, 'abort');
    await ended(world);
    expect([world.state!.phase, world.state!.reason, world.weight]).toEqual(['aborted', 'aborted by a person', 0]);
  });

  test('promote a candidate that gates would stop, but not before its replicas are ready', async () => {
    const world = new World(specWith(), { latency: 1.5 });
    after(world, 110_000, 'promote');
    await ended(world);
    expect(world.state!.phase).toBe('promoted');
  });
});

test('a rollout whose state is lost begins again without traffic on the candidate', async () => {
  const world = new World(specWith(), {});
  world.time.at(world.time.now() + 250_000, () => { world.api.delete(PATHS.state); });
  await ended(world);
  expect(world.state!.phase).toBe('promoted');
});

test('a state that somebody puts back to an older one counts as lost', async () => {
  const world = new World(specWith(), {});
  let old: any;
  world.time.at(world.time.now() + 100_000, () => { old = world.api.objects.get(PATHS.state); });
  world.time.at(world.time.now() + 250_000, () => { world.api.put(PATHS.state, old); });
  await ended(world);
  expect([world.state!.phase, old.data.state.includes('"epoch":2')]).toEqual(['promoted', true]);
  expect(world.weights.filter(({ weight }) => weight === 50).length).toBe(2);
});

test('a candidate that was judged bad gets no traffic though the state is lost afterwards', async () => {
  const world = new World(specWith(), { errors: 0.3 });
  world.start('runner-1');
  await world.time.pass(Infinity, () => world.api.objects.get(PATHS.route)?.metadata.annotations['cdk8s-inference/rollout-outcome'] === 'rolled-back');
  world.api.delete(PATHS.state);
  expect(await world.over()).toBe(true);
  expect([world.problems, world.state!.phase, world.weight]).toEqual([[], 'rolled-back', 0]);
});

test('gateways that fail requests at weight 0 keep both weights while the candidate gets requests', async () => {
  const spec = specWith();
  const world = await ended(new World({ ...spec, route: { ...spec.route, leastWeight: 1 }, end: { candidateReplicas: 0, stableReplicas: 1 } }, {}));
  expect([...new Set(world.weights.map(({ weight }) => weight))]).toEqual([0, 50, 300, 999]);
  expect([world.state!.phase, world.replicas('stable')]).toEqual(['promoted', 1]);
});

describe('a spec', () => {
  const write = (world: World, spec: object | string) => world.api.put(PATHS.spec, { metadata: { name: 'canary', namespace: 'chat' }, data: { spec: typeof spec === 'string' ? spec : JSON.stringify(spec) } });
  const begun = async () => {
    const world = new World(specWith(), {});
    world.start('runner-1');
    await world.time.pass(Infinity, () => world.state?.phase === 'analysing');
    return world;
  };

  test('that another one has replaced ends the runner, which leaves everything to the next one', async () => {
    const world = await begun();
    write(world, specWith({ hash: 'other' }));
    expect(await world.over(1)).toBe(true);
    expect([world.state!.phase, world.weight]).toEqual(['analysing', 50]);
  });

  test('that replaces one in the middle of a rollout takes the traffic off the candidate first', async () => {
    const world = await begun();
    const next = specWith({ hash: 'other' });
    write(world, next);
    await world.over(1);
    const from = world.weights.length;
    world.start('runner-2', undefined, 'other');
    await world.time.pass(Infinity, () => world.state?.hash === 'other' && world.state.phase === 'promoted');
    expect([world.weights[from].weight, world.weight, world.problems]).toEqual([0, 1000, []]);
  });

  test('that is taken away ends the rollout with all of the traffic on the stable fleet', async () => {
    const world = await begun();
    world.api.delete(PATHS.spec);
    expect(await world.over()).toBe(true);
    expect([world.state!.phase, world.weight, world.problems]).toEqual(['aborted', 0, []]);
  });

  test('takes the route and the state with it, of which nothing is made again', async () => {
    const world = await begun();
    const { uid } = world.api.objects.get(PATHS.spec).metadata;
    for (const path of [PATHS.route, PATHS.state]) {
      expect(world.api.objects.get(path).metadata.ownerReferences).toEqual([{ apiVersion: 'v1', kind: 'ConfigMap', name: 'canary', uid }]);
    }
    world.api.delete(PATHS.spec);
    world.api.delete(PATHS.route); // as the garbage collector does
    expect(await world.over(1)).toBe(true);
    expect([world.api.objects.has(PATHS.route), world.weights.length]).toEqual([false, 2]);
  });

  test.each([
    ['no JSON', '{', /^the spec is no JSON: /],
    ['a falling weight', { ...specWith(), steps: [...specWith().steps].reverse() }, /^step 2 has weight 300, but weights rise from above 0 to 1000 $/],
    ['steps that end early', { ...specWith(), steps: specWith().steps.slice(0, 2) }, /^the last step does not carry all of the traffic $/],
    ['no timing', { ...specWith(), timing: { ...specWith().timing, drainSeconds: null } }, /^'drainSeconds' is null but must be a number from 0 $/],
    ['another version', { ...specWith(), version: 2 }, /^the spec has version 2 but this runner reads version 1 $/],
    ['two gates of one name', { ...specWith(), gates: [...specWith().gates, ...specWith().gates] }, /^two gates have one name $/],
    ['no replica where both weights are kept', { ...specWith(), route: { ...specWith().route, leastWeight: 1 } }, /^a gateway that keeps both weights needs a replica of the stable fleet at the end $/],
  ])('with %s is told, and the rollout goes on by what was read before', async (_what, text, sentence) => {
    const world = await begun();
    write(world, text);
    await world.time.pass(world.time.now() + 60_000, () => world.bugs.length > 0);
    expect(world.bugs[0]).toMatch(sentence);
    expect(world.state!.phase).toBe('analysing');
  });
});

test('what people said of an earlier rollout does not hold for the next one', async () => {
  const world = new World(specWith(), {});
  world.api.put(PATHS.state, { metadata: { name: 'canary-state', namespace: 'chat', annotations: { 'cdk8s-inference/rollout-command': 'abort' } }, data: { state: JSON.stringify({ version: 1, hash: 'earlier', epoch: 9 }) } });
  await ended(world);
  expect(world.state!.phase).toBe('promoted');
  expect(world.state!.epoch).toBeGreaterThan(9);
});

test('nothing is rolled back onto a stable fleet of which no replica is ready, for mere doubt', async () => {
  const world = new World(specWith(), {});
  world.start('runner-1');
  await world.time.pass(Infinity, () => world.state?.step === 1 && world.state.phase === 'analysing');
  const stable = world.api.objects.get(PATHS.stable);
  world.api.put(PATHS.stable, { ...stable, status: { readyReplicas: 0 } });
  await world.time.pass(world.time.now() + 3_600_000, () => false);
  expect([world.state!.phase, world.weight]).toEqual(['holding', 300]);
  expect(world.state!.doubts).toContain('no replica of the stable fleet is ready');
});

describe('a quality gate', () => {
  const JOB = '/apis/batch/v1/namespaces/chat/jobs/quality-abc123';
  const gate = { kind: 'score' as const, name: 'quality', least: 0.9, timeoutSeconds: 300, job: { apiVersion: 'batch/v1', kind: 'Job', metadata: { name: 'quality-abc123', namespace: 'chat' }, spec: {} } };
  const scored = (message: string | undefined, condition = 'Complete') => {
    const world = new World(specWith({ gates: [...specWith().gates, gate] }), {});
    world.start('runner-1');
    return world.time.pass(world.time.now() + 600_000, () => world.api.objects.has(JOB)).then(async (started) => {
      expect([started, world.weight]).toEqual([true, 0]);
      world.api.put('/api/v1/namespaces/chat/pods', { metadata: { name: '' }, items: [{ status: { containerStatuses: [{ state: { terminated: { message } } }] } }] });
      world.api.put(JOB, { ...world.api.objects.get(JOB), status: { conditions: [{ type: condition, status: 'True' }] } });
      expect(await world.over()).toBe(true);
      return world;
    });
  };

  test('lets traffic on where the score is high enough', async () => {
    expect((await scored('{"score": 0.95}')).state!.phase).toBe('promoted');
  });

  test.each([
    ['too low', '{"score": 0.5}', 'Complete', "gate 'quality': the score is 0.5, at least 0.9 is wanted"],
    ['missing', 'done', 'Complete', 'gate \'quality\': evaluation Job quality-abc123 left no {"score": number} as its container\'s termination message'],
    ['of a Job that failed', undefined, 'Failed', "gate 'quality': evaluation Job quality-abc123 failed"],
    ['never there', undefined, 'Suspended', "gate 'quality': evaluation Job quality-abc123 was not done after 300 s"],
  ])('keeps all traffic off a candidate whose score is %s', async (_what, message, condition, reason) => {
    const world = await scored(message, condition);
    expect([world.state!.reason, Math.max(...world.weights.map(({ weight }) => weight))]).toEqual([reason, 0]);
  });
});
