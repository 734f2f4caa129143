import { CanaryCluster, NOW, stateWith } from './canary-cluster';
import { HistoryEntry, RolloutState } from '../../runner/state';
import { PATHS } from '../runner/support/world';

let cluster: CanaryCluster;
afterEach(() => cluster.stop());

const entry = (ago: number, changes: Partial<HistoryEntry>): HistoryEntry => ({ at: NOW - ago * 1000, phase: 'analysing', step: 1, weight: 300, note: '', ...changes });
const PROMOTED: Partial<RolloutState> = {
  phase: 'promoted', step: 2, carried: 2, reason: 'the candidate has taken over', history: [entry(60, { phase: 'promoting', step: 2, weight: 1000 }), entry(1, { phase: 'promoted', step: 2, weight: 1000, note: 'the candidate has taken over' })],
};
const BACK: Partial<RolloutState> = { phase: 'rolled-back', carried: -1, outcome: 'rolled-back', reason: 'too slow', history: [entry(1, { phase: 'rolled-back', weight: 0, note: 'too slow' })] };

/** Shows one state after another: the next one once the last has been read so many times. */
function story(looks: number, ...states: (RolloutState | undefined)[]): void {
  let seen = 0;
  cluster.meddle = ({ url }) => {
    if (!url.endsWith('/canary-state')) { return undefined; }
    const state = states[Math.min(states.length - 1, Math.floor(seen++ / looks))];
    if (state === undefined) { return { status: 503, headers: {}, body: '{}' }; }
    cluster.write(state);
    return undefined;
  };
}

const watch = (more: string[] = [], surroundings = {}) => cluster.canary(['status', 'canary', '--watch', '--interval', '0.01', ...more], surroundings);

describe('without a terminal', () => {
  test('each change is a line, once, in the order in which it came', async () => {
    cluster = await CanaryCluster.start(stateWith());
    story(2, stateWith(), stateWith({ phase: 'holding', doubts: ['x'], history: [...stateWith().history, entry(30, { phase: 'holding', note: 'x' })] }), stateWith(PROMOTED));
    const { code, out, err } = await watch();
    expect([code, err]).toEqual([0, '']);
    expect(out.split('\n')).toEqual([
      '2026-01-01 11:40:00 pending, step 1 of 3, 0 %: waiting for both fleets',
      '2026-01-01 11:42:00 shifting, step 1 of 3, 5 %: 5 % of the requests',
      '2026-01-01 11:55:00 analysing, step 2 of 3, 30 %',
      "2026-01-01 11:56:00 gate 'errors' at step 2: undecided, 0 of 20 requests, limit 1 %",
      '2026-01-01 11:59:30 holding, step 2 of 3, 30 %: x',
      '2026-01-01 11:59:00 promoting, step 3 of 3, 100 %',
      '2026-01-01 11:59:59 promoted, step 3 of 3, 100 %: the candidate has taken over',
      "rollout 'canary' in namespace 'chat': promoted at step 3 of 3, 100 % of the requests on the candidate; the candidate has taken over",
      '',
    ]);
  });

  test('a rollback ends with 1', async () => {
    cluster = await CanaryCluster.start(stateWith());
    story(1, stateWith(), stateWith(BACK));
    const { code, out } = await watch();
    expect([code, out.split('\n').slice(-2)]).toEqual([1, ["rollout 'canary' in namespace 'chat': rolled-back at step 2 of 3, 0 % of the requests on the candidate; too slow", '']]);
  });

  test('a rollout that is not begun is waited for', async () => {
    cluster = await CanaryCluster.start();
    let looks = 0;
    cluster.meddle = ({ url }) => {
      if (url.endsWith('/canary-state') && ++looks === 3) { cluster.write(stateWith(BACK)); }
      return undefined;
    };
    const { code, out } = await watch();
    expect([code, out.split('\n')[0]]).toEqual([1, "no runner has begun rollout 'canary' in namespace 'chat' yet"]);
  });

  test('trouble with the API server is told once, and waited out', async () => {
    cluster = await CanaryCluster.start(stateWith());
    story(3, stateWith(), undefined, stateWith(PROMOTED));
    const { code, out } = await watch();
    const told = out.split('\n').filter((line) => line.includes('trying again'));
    expect([code, told]).toEqual([0, [expect.stringMatching(/^http:.* answers 503 for ConfigMap chat\/canary-state; trying again$/)]]);
  });

  test('trouble from the start, or without end, is refused', async () => {
    cluster = await CanaryCluster.start(stateWith());
    story(1, undefined);
    expect(await watch()).toEqual({ code: 1, out: '', err: 'error: http://cluster answers 503 for ConfigMap chat/canary-state\n' });
    story(1, stateWith(), undefined);
    expect((await watch()).err).toBe('error: http://cluster answers 503 for ConfigMap chat/canary-state\n');
  });

  test('a runner that is gone, and what a person asks for, are told', async () => {
    cluster = await CanaryCluster.start(stateWith());
    cluster.api.put(PATHS.lease, { metadata: { name: 'canary-lease' }, spec: { holderIdentity: 'runner-1', leaseDurationSeconds: 30, renewTime: new Date(NOW - 40_000).toISOString() } });
    const state = cluster.api.objects.get(PATHS.state);
    cluster.api.put(PATHS.state, { ...state, metadata: { ...state.metadata, annotations: { 'cdk8s-inference/rollout-command': 'pause' } } });
    const { code, out, err } = await watch(['--timeout', '0.2']);
    expect(out.split('\n').slice(4)).toEqual(["no runner is at work on rollout 'canary' in namespace 'chat'", "2026-01-01 12:00:00 'pause' is asked for", '']);
    expect([code, err]).toEqual([4, "error: rollout 'canary' in namespace 'chat' is not over after 0 s\n"]);
  });

  test('machines get a line of JSON for each change', async () => {
    cluster = await CanaryCluster.start(stateWith());
    story(3, stateWith(), stateWith(PROMOTED));
    const { out } = await watch(['--json']);
    expect(out.trimEnd().split('\n').map((line) => JSON.parse(line).phase)).toEqual(['analysing', 'promoted']);
  });
});

/** What a terminal of so many columns shows after it obeyed all of it. */
function shown(out: string, columns: number): string[] {
  const screen: string[] = [''];
  let row = 0;
  for (const part of out.split(/(\u001b\[\d*[A-Za-z]|\r|\n)/)) {
    const up = /^\u001b\[(\d+)A$/.exec(part);
    if (up) {
      row -= Number(up[1]);
      if (row < 0) { throw new Error('above the top'); }
    } else if (part === '\u001b[J') {
      screen.splice(row, screen.length, '');
    } else if (part === '\n') {
      row += 1;
      screen[row] ??= '';
    } else if (part !== '\r' && !part.startsWith('\u001b')) {
      const pieces = part.match(new RegExp(`.{1,${columns}}`, 'gu')) ?? [];
      pieces.forEach((piece, i) => { if (i > 0) { row += 1; } screen[row] = i > 0 ? piece : (screen[row] ?? '') + piece; });
    }
  }
  return screen;
}

describe('on a terminal', () => {
  test('one text is written over and over, and the last one stays', async () => {
    cluster = await CanaryCluster.start(stateWith());
    story(3, stateWith(), stateWith({ phase: 'holding', doubts: ['x'], doubtSince: NOW }), stateWith(PROMOTED));
    const { code, out } = await watch([], { terminal: true, env: { NO_COLOR: '1' } });
    const alone = (await cluster.canary(['status', 'canary'], { terminal: true, env: { NO_COLOR: '1' } })).out;
    expect([code, shown(out, 120)]).toEqual([0, alone.split('\n')]);
    expect(out.split('\u001b[J').length).toBeGreaterThan(6);
  });

  test('it says how to leave while the rollout goes on', async () => {
    cluster = await CanaryCluster.start(stateWith());
    const { out, err } = await watch(['--timeout', '0.1'], { terminal: true });
    expect(out).toContain('2026-01-01 12:00:00 UTC; Ctrl-C ends this display, not the rollout\n');
    expect(err).toContain('is not over after');
  });

  test.each([[120, 24], [60, 20], [40, 12]])('it fits into %i columns and %i rows', async (columns, rows) => {
    cluster = await CanaryCluster.start(stateWith());
    const long = Array.from({ length: 40 }, (_, i) => entry(200 - i, { note: 'waiting for the last requests of the stable fleet' }));
    story(2, stateWith({ history: long }), stateWith({ history: long, phase: 'holding', doubts: Array.from({ length: 5 }, () => 'a doubt that is long enough to be broken over several lines') }), stateWith({ ...PROMOTED }));
    const heights: number[] = [];
    await watch([], { terminal: true, columns, rows, env: { NO_COLOR: '1' }, wrote: (text: string) => heights.push(shown(text.replace(/^\u001b\[\d+A/, ''), columns).length) });
    expect(heights.length).toBeGreaterThan(4);
    expect(Math.max(...heights)).toBeLessThanOrEqual(rows);
  }, 30_000);

  test('trouble stands below what was seen last, and goes away', async () => {
    cluster = await CanaryCluster.start(stateWith());
    story(2, stateWith(), undefined, stateWith(PROMOTED));
    const { out } = await watch([], { terminal: true, env: { NO_COLOR: '1' } });
    const frames = out.split('\u001b[J');
    const trouble = frames.findIndex((frame) => frame.includes('answers 503 for ConfigMap chat/canary-state; trying again'));
    expect(frames[trouble]).toContain('Rollout chat/canary: analysing');
    expect(shown(out, 120).join('\n')).not.toContain('trying again');
  });

  test('a dumb one gets lines', async () => {
    cluster = await CanaryCluster.start(stateWith(BACK));
    const { out } = await watch([], { terminal: true, env: { TERM: 'dumb' } });
    expect(out).not.toContain('\u001b');
    expect(out.split('\n')[0]).toBe('2026-01-01 11:56:00 gate \'errors\' at step 2: undecided, 0 of 20 requests, limit 1 %');
  });
});
