import { CanaryCluster, NOW, stateWith } from './canary-cluster';
import { noEvidence, RolloutState } from '../../runner/state';
import { specWith } from '../runner/support/rollout';
import { PATHS } from '../runner/support/world';

let cluster: CanaryCluster;
afterEach(() => cluster.stop());

const lines = (text: string) => text.split('\n').map((line) => line.trimEnd());

test('status says what there is to know of a rollout under way', async () => {
  cluster = await CanaryCluster.start(stateWith());
  const { code, out, err } = await cluster.canary(['status', 'canary']);
  expect([code, err]).toEqual([0, '']);
  expect(lines(out)).toEqual([
    'Rollout chat/canary: analysing, 30 % of the requests on the candidate',
    '  Traffic    ████████████░░░░░░░░░░░░░░░░░░░░░░░░░░░░ 30 %',
    '  Steps      5 % > [30 %] > 100 %',
    '  This step  2 of 3, for 7 min; measured for 5 min of at least 60 s; still undecided after 10 min is a doubt',
    '  Route      HTTPRoute chat/route',
    '  Stable     Deployment chat/stable, 4 replicas ready of 4',
    '  Candidate  Deployment chat/candidate, 2 replicas ready of 2, 2 needed for 30 %',
    '  Requests   900 of the candidate and 2,100 of the stable fleet were measured at 30 %',
    '  Runner     runner-1 looked 4 s ago',
    '',
    'Gates at 30 %',
    '  gate                  verdict  samples  estimate         limit  evidence, of what a verdict takes',
    '  errors                good         900   0.111 %  1 %, bad 2 %  100 % to good, 0 % to bad',
    '  errors-beside-stable  no-data        -         -             -  no series',
    '  latency               no-data        -         -             -  no series',
    '',
    'What happened (UTC)',
    '  2026-01-01 11:40:00  pending    step 1   0 %  waiting for both fleets',
    '  2026-01-01 11:42:00  shifting   step 1   5 %  5 % of the requests',
    '  2026-01-01 11:55:00  analysing  step 2  30 %',
    '',
  ]);
});

const line = async (name: string): Promise<string | undefined> => lines((await cluster.canary(['status', 'canary'])).out).map((text) => text.trim()).find((text) => text.startsWith(name));

test.each<[string, Partial<RolloutState>, string]>([
  ['In doubt', { phase: 'holding', doubts: ['a', 'b'], doubtMillis: 60_000, doubtSince: NOW - 30_000 }, 'In doubt   for 90 s, a rollback after 4 min: a; b'],
  ['In doubt', { phase: 'paused', pausedSince: NOW, doubts: ['a'], doubtMillis: 60_000 }, 'In doubt   for 60 s; a pause takes no time: a'],
  ['Why', { phase: 'rolling-back', outcome: 'rolled-back', reason: "gate 'errors' at 5 %: much" }, "Why        gate 'errors' at 5 %: much"],
  ['Command', { command: 'promote' }, "Command    'promote' is in force"],
  ['This step', { analysedSince: undefined }, 'This step  2 of 3, for 7 min; not measured yet; it takes at least 60 s of measurements'],
  ['Steps', { phase: 'promoted', step: 2 }, 'Steps      5 % > 30 % > 100 %'],
  ['Gates', { evidence: noEvidence(0) }, 'Gates at 5 %'],
])('status says of %s: %j', async (name, changes, expected) => {
  cluster = await CanaryCluster.start(stateWith(changes));
  expect(await line(name)).toBe(expected);
});

test('status says that a mirrored step copies requests, and where previews go', async () => {
  const { route, steps } = specWith();
  const spec = specWith({ route: { ...route, previewRules: [0] }, steps: [{ ...steps[0], weight: 0, mirrored: 200 }, ...steps] });
  cluster = await CanaryCluster.start(stateWith({ step: 0, carried: 0, preview: true, evidence: noEvidence(0) }), spec);
  expect([await line('Steps'), await line('Previews'), await line('Gates')]).toEqual(['Steps      [copies] > 5 % > 30 % > 100 %', 'Previews   go to the candidate', 'Gates on copies of 20 % of the requests']);
});

test('status says which runner is missing, which spec is not begun, and what a person has asked for', async () => {
  cluster = await CanaryCluster.start(stateWith());
  cluster.now += 300_000;
  const state = cluster.api.objects.get(PATHS.state);
  cluster.api.put(PATHS.state, { ...state, metadata: { ...state.metadata, annotations: { 'cdk8s-inference/rollout-command': 'pause' } } });
  cluster.api.put(PATHS.spec, { metadata: { name: 'canary' }, data: { spec: JSON.stringify(specWith({ hash: 'next' })) } });
  expect([await line('Runner'), await line('Asked'), await line('Spec')]).toEqual([
    'Runner     none is at work: the last one looked 5 min ago', "Asked      'pause', which no runner has taken yet", 'Spec       another spec is in force, which no runner has begun yet',
  ]);
  cluster.api.delete(PATHS.lease);
  expect(await line('Runner')).toBe('Runner     none has looked yet');
});

test.each([[404, 'which is not there'], [403, 'at which you may not look'], [500, 'which the API server answers with 500']])('status does without a fleet that is answered with %i', async (status, said) => {
  cluster = await CanaryCluster.start(stateWith());
  cluster.meddle = ({ url }) => url.endsWith('/deployments/candidate') ? { status, headers: {}, body: '{}' } : undefined;
  expect(await line('Candidate')).toBe(`Candidate  Deployment chat/candidate, ${said}, 2 needed for 30 %`);
});

test('status ends with 1 where the rollout went back or goes, and else with 0', async () => {
  const codes: { [phase: string]: number } = {};
  cluster = await CanaryCluster.start(stateWith());
  for (const phase of ['pending', 'holding', 'paused', 'promoting', 'promoted', 'rolling-back', 'rolled-back', 'aborted'] as const) {
    const back = phase === 'rolling-back' || phase === 'rolled-back' ? 'rolled-back' as const : phase === 'aborted' ? 'aborted' as const : undefined;
    cluster.write(stateWith({ phase, outcome: back }));
    codes[phase] = (await cluster.canary(['status', 'canary'])).code;
  }
  expect(codes).toEqual({ 'pending': 0, 'holding': 0, 'paused': 0, 'promoting': 0, 'promoted': 0, 'rolling-back': 1, 'rolled-back': 1, 'aborted': 1 });
});

test('status for machines is what the runner wrote, and what the cluster says beside it', async () => {
  cluster = await CanaryCluster.start(stateWith());
  const found = JSON.parse((await cluster.canary(['status', 'canary', '--json'])).out);
  expect(found).toMatchObject({ version: 1, phase: 'analysing', weight: 0.3, step: 2, now: '2026-01-01T12:00:00.000Z' });
  expect(found.gates[0]).toMatchObject({ gate: 'errors', verdict: 'good', samples: 900, limit: 0.01, bad: 0.02 });
  expect(found.live).toEqual({
    fleets: { stable: { replicas: 4, ready: 4 }, candidate: { replicas: 2, ready: 2 } }, runner: { name: 'runner-1', lookedAt: NOW - 4000, alive: true }, superseded: false,
  });
});

test('status of a rollout that no runner has begun says so', async () => {
  cluster = await CanaryCluster.start();
  expect(await cluster.canary(['status', 'canary'])).toEqual({ code: 0, err: '', out: "No runner has begun rollout 'canary' in namespace 'chat' yet; look at its Job.\n" });
  expect(JSON.parse((await cluster.canary(['status', 'canary', '--json'])).out)).toEqual({ namespace: 'chat', name: 'canary', unbegun: true });
});

test('a terminal gets colours unless they are not wanted, and obeys nothing that stands in the cluster', async () => {
  cluster = await CanaryCluster.start(stateWith({ reason: 'a\u001b[2Jb\u202ec' }));
  const colored = (await cluster.canary(['status', 'canary'], { terminal: true })).out;
  const plain = (await cluster.canary(['status', 'canary'], { terminal: true, env: { NO_COLOR: '1' } })).out;
  expect([colored.includes('\u001b[32manalysing'), colored.includes('\u001b[2J'), plain.includes('\u001b'), plain.includes('\u202e')]).toEqual([true, false, false, false]);
  expect(colored.replace(/\u001b\[\d+m/g, '')).toBe(plain);
});

test('no line is wider than the terminal', async () => {
  const long = 'measurements can\'t be read: Prometheus at http://prometheus:9090 does not answer: connect ECONNREFUSED 10.1.2.3:9090';
  cluster = await CanaryCluster.start(stateWith({ phase: 'holding', doubts: [long], history: [{ at: NOW, phase: 'holding', step: 1, weight: 300, note: long }] }));
  const { out } = await cluster.canary(['status', 'canary'], { terminal: true, columns: 80 });
  const text = out.replace(/\u001b\[\d+m/g, '');
  expect(text.split('\n').filter((one) => [...one].length > 80)).toEqual([]);
  expect(text).toContain('  errors                good     0.111 % by 900 samples (1 %, bad 2 %); 100 % to\n                                 good, 0 % to bad\n');
});

test('the namespace is that of the context, or the one that is named', async () => {
  cluster = await CanaryCluster.start(stateWith());
  expect((await cluster.canary(['status', 'canary', '-n', 'other'])).err).toBe("error: there is no rollout 'canary' in namespace 'other'\n");
  expect((await cluster.canary(['status', 'canary', '--namespace', 'chat'])).code).toBe(0);
});

test.each<[string, string[], number, string]>([
  ['a rollout that is not there', ['status', 'cannary'], 1, "there is no rollout 'cannary' in namespace 'chat'; did you mean 'canary'?"],
  ['a name that is none', ['status', '../secrets/x'], 2, "rollout '../secrets/x' is no name of Kubernetes: small letters, digits, '-' and '.'"],
  ['a namespace that is none', ['status', 'canary', '-n', 'a/b'], 2, "namespace 'a/b' is no name of Kubernetes: small letters, digits, '-' and '.'"],
  ['an interval of nothing', ['status', 'canary', '--watch', '--interval', '0'], 2, "'--interval' is 0 but must be a number of seconds above 0"],
  ['no name', ['status'], 2, "missing required argument 'name'"],
  ['another verb', ['stop', 'canary'], 2, "unknown command 'stop'"],
])('status refuses %s in a sentence', async (_what, argv, code, sentence) => {
  cluster = await CanaryCluster.start(stateWith());
  expect(await cluster.canary(argv)).toEqual({ code, out: '', err: `error: ${sentence}\n` });
});

test.each<[string, number, string, string]>([
  ['nobody may read the state', 403, '{}', 'not allowed to read ConfigMap chat/canary-state'],
  ['the API server is in trouble', 503, '{"message":"etcd is away"}', 'http://cluster answers 503 for ConfigMap chat/canary-state: etcd is away'],
  ['the credentials are wrong', 401, '{}', 'http://cluster does not accept the credentials of the kubeconfig'],
  ['the runner is of another release', 200, '{"metadata":{},"data":{"status.json":"{\\"version\\":2}"}}', "ConfigMap chat/canary-state has no 'status.json' of version 1: its runner is of another release; use the command line of that one"],
])('status says in a sentence that %s', async (_what, status, body, sentence) => {
  cluster = await CanaryCluster.start(stateWith());
  cluster.meddle = ({ url }) => url.endsWith('/canary-state') ? { status, headers: {}, body } : undefined;
  expect(await cluster.canary(['status', 'canary'])).toEqual({ code: 1, out: '', err: `error: ${sentence}\n` });
});

test('without a kubeconfig, or with several, a sentence says what to do', async () => {
  cluster = await CanaryCluster.start(stateWith());
  expect((await cluster.canary(['status', 'canary'], { env: { KUBECONFIG: '', HOME: '/nowhere' } })).err).toBe("error: there is no kubeconfig at '/nowhere/.kube/config'; name one with '--kubeconfig'\n");
  expect((await cluster.canary(['status', 'canary'], { env: { KUBECONFIG: '/a:/b' } })).err).toBe("error: KUBECONFIG names several files; name the one to use with '--kubeconfig'\n");
});

test('only what a rollout is made of is read, and nothing is written', async () => {
  cluster = await CanaryCluster.start(stateWith());
  await cluster.canary(['status', 'canary']);
  expect(cluster.asked.map(({ method, url }) => `${method} ${new URL(url).pathname}`)).toEqual([
    `GET ${PATHS.state}`, `GET ${PATHS.spec}`, `GET ${PATHS.stable}`, `GET ${PATHS.candidate}`, `GET ${PATHS.lease}`,
  ]);
});
