import { GATES, specWith, STEPS } from './support/rollout';
import { chance } from './support/virtual-time';
import { Behaviour, PATHS, World } from './support/world';
import { routeObject, seenRoute } from '../../runner/route';
import { readSpec } from '../../runner/spec-reader';
import { RolloutSpec } from '../../src/rollout/rollout-spec';

const BOTH = [{ name: 'stable', port: 8000 }, { name: 'candidate', port: 8000 }];
const MIRROR = { type: 'RequestMirror', requestMirror: { backendRef: { name: 'candidate', port: 8000 }, percent: 20 } };
const OTHER_FILTER = { type: 'RequestHeaderModifier', requestHeaderModifier: { set: [{ name: 'x-route', value: 'llm' }] } };

/** A first step on copies of a fifth of the requests, and a rule for who asks with a header. */
function spec(changes: Partial<RolloutSpec> = {}, rule: object = { filters: [MIRROR] }): RolloutSpec {
  const { route } = specWith();
  const rules = [{ backendRefs: BOTH, ...rule }, { matches: [{ headers: [{ name: 'x-preview', value: 'yes' }] }], backendRefs: BOTH }];
  return specWith({
    route: { ...route, template: { ...route.template, spec: { ...route.template.spec, rules } }, previewRules: [1] },
    steps: [{ weight: 0, mirrored: 200, needs: 1, runs: 1, minSeconds: 60, maxSeconds: 600, proof: true }, ...STEPS],
    ...changes,
  });
}

async function ended(behaviour: Behaviour, plan = spec(), meddle: (world: World) => void = () => undefined): Promise<World> {
  const world = new World(plan, behaviour);
  meddle(world);
  world.start('runner-1');
  if (!await world.over()) { throw new Error(`the rollout did not end: ${JSON.stringify(world.state)}`); }
  expect([world.problems, world.bugs]).toEqual([[], []]);
  return world;
}

describe('a mirrored step', () => {
  test('comes first, moves no request of a user, and ends before the first share', async () => {
    const world = await ended({});
    expect(world.state!.phase).toBe('promoted');
    expect([...new Set(world.weights.map(({ weight }) => weight))]).toEqual([0, 50, 300, 1000]);
    expect(world.copies).toEqual([false, true, false]);
    expect(world.state!.history.map(({ note }) => note)).toEqual(expect.arrayContaining(['copies of 20 % of the requests', 'every gate holds at no share, on copies of requests']));
  });

  test.each([
    ['slower', { latency: 1.6 }, /^gate 'latency' at no share, on copies of requests: 1\.\d+ times the stable fleet at its load, by \d+ requests in \d+ batches$/],
    ['failing', { errors: 0.2 }, /^gate 'errors' at no share, on copies of requests: \d+ of \d+ requests, limit 1 %$/],
  ])('finds a %s candidate out before any user meets it', async (_what, behaviour, reason) => {
    const world = await ended(behaviour);
    expect(world.state!.reason).toMatch(reason);
    expect(Math.max(...world.weights.map(({ weight }) => weight))).toBe(0);
    expect(world.copies).toEqual([false, true, false]);
    expect(world.replicas('candidate')).toBe(0);
  });

  test('that no copy reaches is a doubt', async () => {
    const world = await ended({ reached: false });
    expect(world.state!.reason).toMatch(/^in doubt for \d+ s: the candidate got 0 of \d+ requests but 200 of 1000 are copied to it/);
  });

  test('with a gateway that needs both weights gives the candidate no request either', async () => {
    const { route } = spec();
    const world = await ended({ errors: 0.2 }, spec({ route: { ...route, leastWeight: 1 }, end: { candidateReplicas: 0 } }));
    expect(Math.max(...world.weights.map(({ weight }) => weight))).toBe(0);
  });
});

describe('a preview', () => {
  test('goes to the candidate from its first ready replica on, and stays there after promotion', async () => {
    const world = await ended({});
    expect(world.previews).toEqual([0, 1000]);
  });

  test('goes back to the stable fleet with a rollback', async () => {
    const world = await ended({ errors: 0.2 });
    expect(world.previews).toEqual([0, 1000, 0]);
  });

  test('goes back while no replica is ready, and to the candidate again', async () => {
    const world = await ended({ deaths: [200_000] });
    expect(world.previews).toEqual([0, 1000, 0, 1000]);
  });

  test('never reaches a candidate that never gets ready', async () => {
    const world = await ended({ startMillis: undefined });
    expect(world.previews).toEqual([0]);
  });

  test('is taken off by whoever deletes the route', async () => {
    const world = await ended({}, spec(), ({ time, api }) => time.at(time.now() + 200_000, () => api.delete(PATHS.route)));
    expect(world.state!.reason).toMatch(/HTTPRoute route was deleted/);
    expect(world.previews).toEqual([0, 1000, 0]);
  });

  test('keeps both weights where the gateway needs it, while it goes to the candidate', async () => {
    const { route } = spec();
    const world = await ended({ errors: 0.2 }, spec({ route: { ...route, leastWeight: 1 }, end: { candidateReplicas: 0 } }));
    expect(world.previews).toEqual([0, 999, 0]);
  });

  test('that somebody changed is set again', async () => {
    const world = await ended({}, spec(), ({ time, api }) => time.at(time.now() + 150_000, () => {
      const route = api.objects.get(PATHS.route);
      const [rule, preview] = route.spec.rules;
      api.put(PATHS.route, { ...route, spec: { ...route.spec, rules: [rule, { ...preview, backendRefs: [{ ...BOTH[0], weight: 1000 }, { ...BOTH[1], weight: 0 }] }] } });
    }));
    expect([world.state!.phase, world.previews]).toEqual(['promoted', [0, 1000, 0, 1000]]);
  });
});

test('previews and copies end as they must under faults of the API server and kills of the runner', async () => {
  const wrong: string[] = [];
  for (let seed = 1; seed <= 30; seed++) {
    const random = chance(seed);
    const world = new World(spec(), seed % 3 === 0 ? {} : { errors: 0.15 }, seed);
    const fault = () => random() < 0.03 ? { kind: 'kill' as const, carriedOut: random() < 0.5 } : random() < 0.03 ? { kind: 'answer' as const, status: 500 as const } : undefined;
    world.start('a', fault);
    if (seed % 2 === 0) { world.start('b', fault); }
    if (!await world.over(12)) { wrong.push(`${seed}: did not end`); }
    const last = world.previews[world.previews.length - 1];
    if (last !== (world.state!.phase === 'promoted' ? 1000 : 0)) { wrong.push(`${seed}: previews have weight ${last} when ${world.state!.phase}`); }
    wrong.push(...[...world.problems, ...world.bugs].map((problem) => `${seed}: ${problem}`));
  }
  expect(wrong).toEqual([]);
}, 120_000);

describe('a route', () => {
  const weights = { weight: 0, preview: 0, epoch: 1 };

  test('keeps filters that are no copies, and every copy but those to the candidate', () => {
    const elsewhere = { type: 'RequestMirror', requestMirror: { backendRef: { name: 'audit', port: 80 } } };
    const plan = spec({}, { filters: [OTHER_FILTER, MIRROR, elsewhere] });
    expect(routeObject(plan, weights).spec.rules[0].filters).toEqual([OTHER_FILTER, elsewhere]);
    expect(routeObject(plan, { ...weights, mirrored: true }).spec.rules[0].filters).toEqual([OTHER_FILTER, MIRROR, elsewhere]);
    expect(routeObject(spec(), weights).spec.rules[0]).not.toHaveProperty('filters');
  });

  test('that gives the candidate nothing matches no request, and keeps the weights that the gateway needs', () => {
    const { route } = spec();
    const plan = spec({ route: { ...route, leastWeight: 1 } });
    const [asleep, preview] = routeObject(plan, { weight: 0, preview: 999, epoch: 1 }).spec.rules;
    const header = { type: 'Exact', name: 'x-cdk8s-inference-asleep', value: 'true' };
    expect(asleep.matches).toEqual([{ headers: [header] }]);
    expect(asleep.backendRefs.map(({ weight }: any) => weight)).toEqual([999, 1]);
    expect([preview.matches, preview.backendRefs.map(({ weight }: any) => weight)]).toEqual([[{ headers: [{ name: 'x-preview', value: 'yes' }] }], [1, 999]]);
    expect(routeObject(plan, { weight: 0, preview: 0, epoch: 1 }).spec.rules[1].matches).toEqual([{ headers: [{ name: 'x-preview', value: 'yes' }, header] }]);
    expect(routeObject(plan, { weight: 0, preview: 0, mirrored: true, epoch: 1 }).spec.rules[0]).not.toHaveProperty('matches');
  });

  test.each([
    ['awake without weight', (rule: any) => { delete rule.matches; }],
    ['asleep in a part of its matches', (rule: any) => { rule.matches.push({ method: 'POST' }); }],
    ['asleep with weight', (rule: any) => { rule.backendRefs[0].weight = 500; rule.backendRefs[1].weight = 500; }],
  ])('that is %s is none that the runner wrote', (_what, change) => {
    const live = routeObject(spec(), weights);
    expect(seenRoute(spec(), live).weight).toBe(0);
    const changed = structuredClone(live);
    change(changed.spec.rules[0]);
    expect(seenRoute(spec(), changed).weight).toBeUndefined();
  });

  test('is read as it was written', () => {
    const live = (changed: object) => ({ ...routeObject(spec(), { weight: 50, preview: 1000, mirrored: true, epoch: 3 }), ...changed });
    expect(seenRoute(spec(), live({}))).toMatchObject({ weight: 50, preview: 1000, mirrored: true, epoch: 3 });
    const [rule] = live({}).spec.rules;
    expect(seenRoute(spec(), live({ spec: { rules: [rule] } }))).toMatchObject({ weight: undefined, preview: undefined });
  });
});

test.each([
  [spec({ steps: STEPS }), 'a first step copies requests if the template of the route has a filter that does, and only then'],
  [spec({}, {}), 'a first step copies requests if the template of the route has a filter that does, and only then'],
  [spec({ steps: [{ ...STEPS[0], mirrored: 200 }, ...STEPS.slice(1)] }), 'step 1 copies 200 of 1000 requests at weight 50, but only the first step copies requests, at weight 0'],
  [spec({ route: { ...spec().route, previewRules: [2] } }), 'rule 2 of the route previews the candidate but the template has no such rule'],
])('a spec that contradicts itself is refused: %#', (plan, sentence) => {
  expect(() => readSpec(JSON.stringify(plan))).toThrow(sentence);
  expect(readSpec(JSON.stringify(spec({ gates: GATES }))).route.previewRules).toEqual([1]);
});
