import { Fault } from './support/fake-api';
import { specWith } from './support/rollout';
import { chance } from './support/virtual-time';
import { Behaviour, PATHS, World } from './support/world';

/** `CANARY_SCHEDULES=1000` looks further. */
const SCHEDULES = Number(process.env.CANARY_SCHEDULES ?? 60);

/** Shorter than a real rollout, with everything in it. */
const spec = specWith({
  steps: specWith().steps.map((step) => ({ ...step, minSeconds: 30, maxSeconds: 400 })),
});

const CANDIDATES: { [name: string]: { behaviour: Behaviour; sound: boolean } } = {
  'a sound candidate': { behaviour: {}, sound: true },
  'a candidate that fails requests': { behaviour: { errors: 0.15 }, sound: false },
  'a slow candidate': { behaviour: { latency: 2 }, sound: false },
};

/** Something goes wrong with a share of the calls. */
function faults(random: () => number, often: number): () => Fault | undefined {
  return () => {
    if (random() >= often) { return undefined; }
    const carriedOut = random() < 0.5;
    const kinds: Fault[] = [
      { kind: 'answer', status: 429 }, { kind: 'answer', status: 500 }, { kind: 'answer', status: 503 }, { kind: 'lost', carriedOut }, { kind: 'stale' },
      { kind: 'late', millis: 100 + random() * 100_000 * (random() < 0.3 ? 1 : 0.05), carriedOut }, { kind: 'kill', carriedOut }, { kind: 'kill', carriedOut },
    ];
    return kinds[Math.floor(random() * kinds.length)];
  };
}

describe.each(Object.entries(CANDIDATES))('%s', (_name, { behaviour, sound }) => {
  test('ends as it must under any faults of the API server, kills of the runner and a second runner', async () => {
    const wrong: string[] = [];
    for (let seed = 1; seed <= SCHEDULES; seed++) {
      const random = chance(seed);
      const world = new World(spec, behaviour, seed);
      const often = [0.01, 0.03, 0.1][seed % 3];
      world.start('a', faults(random, often));
      if (seed % 2 === 0) { world.start('b', faults(random, often)); }
      const over = await world.over(12);
      const { state } = world;
      const ends = sound ? ['promoted', 'rolled-back'] : ['rolled-back'];
      if (!over || !ends.includes(state!.phase)) { wrong.push(`${seed}: ended as ${state?.phase} (${state?.reason})`); }
      if (state?.phase === 'rolled-back' && (world.weight !== 0 || world.replicas('candidate') !== 0 || world.replicas('stable') !== 4)) { wrong.push(`${seed}: weight ${world.weight} after a rollback`); }
      if (state?.phase === 'promoted' && (world.weight !== 1000 || world.replicas('stable') !== 0 || world.replicas('candidate') !== 4)) { wrong.push(`${seed}: weight ${world.weight} after promotion`); }
      if (sound && state?.phase === 'rolled-back' && !/^(in doubt|step \d took|gate)/.test(state.reason!)) { wrong.push(`${seed}: ${state.reason}`); }
      wrong.push(...[...world.problems, ...world.bugs].map((problem) => `${seed}: ${problem}`));
    }
    expect(wrong).toEqual([]);
  }, 600_000);
});

test('a runner that is killed between any two calls is followed by one that ends the rollout', async () => {
  const wrong: string[] = [];
  const whole = new World(spec, { errors: 0.15 });
  whole.start('a');
  await whole.over();
  const total = whole.calls.length;
  for (let call = 0; call < total; call += Math.max(1, Math.floor(total / SCHEDULES))) {
    for (const carriedOut of [false, true]) {
      const world = new World(spec, { errors: 0.15 });
      let calls = 0;
      world.start('a', () => calls++ === call ? { kind: 'kill', carriedOut } : undefined);
      const over = await world.over();
      if (!over || world.state!.phase !== 'rolled-back' || world.weight !== 0) { wrong.push(`killed at call ${call}: ${world.state?.phase}`); }
      wrong.push(...[...world.problems, ...world.bugs].map((problem) => `killed at call ${call}: ${problem}`));
    }
  }
  expect(wrong).toEqual([]);
}, 600_000);

test.each([
  ['the route', (path: string, body: any) => path === PATHS.route && body.spec.rules[0].backendRefs[1].weight > 0],
  ['its memory', (path: string, body: any) => path === PATHS.state && /"phase":"shifting"/.test(body.data.state)],
])('a runner that slept before it wrote %s cannot undo what another one decided meanwhile', async (_what, isMoment) => {
  const world = new World(spec, {});
  let slept = false;
  world.start('sleeper', (request) => {
    if (slept || request.method !== 'PUT' || !isMoment(new URL(request.url).pathname, JSON.parse(request.body!))) { return undefined; }
    slept = true;
    return { kind: 'late', millis: 90_000, carriedOut: false };
  });
  await world.time.pass(Infinity, () => slept);
  world.start('other');
  world.command('abort');
  expect(await world.over()).toBe(true);
  await world.time.pass(world.time.now() + 200_000, () => false);
  expect([world.problems, world.state!.phase, world.weight]).toEqual([[], 'aborted', 0]);
  expect(Math.max(...world.weights.map(({ weight }) => weight))).toBe(0);
});
