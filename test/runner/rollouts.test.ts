import { PATHS, World } from './support/world';
import { specWith } from './support/rollout';

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
    world.time.at(world.time.now() + 150_000, () => {
      const route = world.api.objects.get(PATHS.route);
      const [rule] = route.spec.rules;
      world.api.put(PATHS.route, { ...route, spec: { ...route.spec, rules: [{ ...rule, backendRefs: rule.backendRefs.map((one: any, i: number) => ({ ...one, weight: i === 0 ? 1000 : 0 })) }] } });
    });
    await ended(world);
    expect(world.state!.phase).toBe('promoted');
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

test('a candidate that was judged bad gets no traffic though the state is lost afterwards', async () => {
  const world = new World(specWith(), { errors: 0.3 });
  world.start('runner-1');
  await world.time.pass(Infinity, () => world.api.objects.get(PATHS.route)?.metadata.annotations['cdk8s-inference/rollout-outcome'] === 'rolled-back');
  world.api.delete(PATHS.state);
  expect(await world.over()).toBe(true);
  expect([world.problems, world.state!.phase, world.weight]).toEqual([[], 'rolled-back', 0]);
});

test('gateways that fail requests at weight 0 keep a share of both fleets', async () => {
  const spec = specWith();
  const world = await ended(new World({ ...spec, route: { ...spec.route, leastWeight: 1 }, end: { candidateReplicas: 1, stableReplicas: 1 } }, {}));
  expect([...new Set(world.weights.map(({ weight }) => weight))]).toEqual([0, 50, 300, 999]);
  expect([world.state!.phase, world.replicas('stable')]).toEqual(['promoted', 1]);
});
