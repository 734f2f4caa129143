import { execFileSync, spawn } from 'child_process';
import * as fs from 'fs';
import * as os from 'os';
import * as path from 'path';
import { FakeApi } from './support/fake-api';
import { specWith } from './support/rollout';
import { serve } from './support/served-api';

const root = path.join(__dirname, '..', '..');
const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'canary-runner-'));
const file = path.join(folder, 'canary-runner.js');
const STATE = '/api/v1/namespaces/chat/configmaps/canary-state';
const ROUTE = '/apis/gateway.networking.k8s.io/v1/namespaces/chat/httproutes/route';
const LEASE = '/apis/coordination.k8s.io/v1/namespaces/chat/leases/canary-lease';

const base = specWith();
const spec = specWith({ timing: { ...base.timing, tickSeconds: 0.05, drainSeconds: 0.2, warmUpSeconds: 0 } });

beforeAll(() => { execFileSync(process.execPath, ['scripts/bundle-runner.mjs', folder], { cwd: root }); });
afterAll(() => { fs.rmSync(folder, { recursive: true }); });

/** Runs the bundle against an API server in memory; `during` is asked every 20 ms. */
async function run(api: FakeApi, hash: string, during: (end: (signal: NodeJS.Signals) => void) => void): Promise<{ code: number | null; output: string }> {
  const server = await serve(api.transport());
  const child = spawn(process.execPath, [file], {
    env: {
      KUBERNETES_API: server.url,
      KUBERNETES_SERVICE_HOST: '127.0.0.1',
      KUBERNETES_SERVICE_PORT: '1',
      CANARY_NAMESPACE: 'chat',
      CANARY_NAME: 'canary',
      CANARY_HASH: hash,
      CANARY_METRICS_PORT: '0',
      POD_NAME: 'runner-pod',
    },
  });
  let output = '';
  for (const stream of [child.stdout, child.stderr]) { stream.on('data', (part) => { output += part; }); }
  const timer = setInterval(() => during((signal) => child.kill(signal)), 20);
  const end = setTimeout(() => child.kill('SIGKILL'), 100_000);
  const code = await new Promise<number | null>((resolve) => { child.on('exit', resolve); });
  clearInterval(timer);
  clearTimeout(end);
  await server.close();
  return { code, output };
}

function cluster(): FakeApi {
  const api = new FakeApi({ now: () => Date.now(), sleep: async () => undefined });
  api.put('/api/v1/namespaces/chat/configmaps/canary', { metadata: { name: 'canary' }, data: { spec: JSON.stringify(spec) } });
  api.put('/apis/apps/v1/namespaces/chat/deployments/stable', { metadata: { name: 'stable' }, spec: { replicas: 4 }, status: { readyReplicas: 4 } });
  api.put('/apis/apps/v1/namespaces/chat/deployments/candidate', { metadata: { name: 'candidate' }, spec: { replicas: 1 }, status: { readyReplicas: 1 } });
  return api;
}

test('the runner is one file below 200 kB that needs Node alone', () => {
  const text = fs.readFileSync(file, 'utf8');
  expect(text.length).toBeLessThan(200_000);
  expect([...new Set([...text.matchAll(/require\("([^"]+)"\)/g)].map(([, name]) => name))].sort()).toEqual(['fs', 'http', 'https']);
});

test('the evaluation is one file that needs Node alone', () => {
  const text = fs.readFileSync(path.join(folder, 'canary-evaluation.js'), 'utf8');
  expect(text.length).toBeLessThan(20_000);
  expect([...new Set([...text.matchAll(/require\("([^"]+)"\)/g)].map(([, name]) => name))]).toEqual(['fs']);
});

test('the runner moves traffic, steps back when it is told to, and ends', async () => {
  const api = cluster();
  const { code, output } = await run(api, spec.hash, () => {
    const state = api.objects.get(STATE);
    if (!/"phase":"analysing"/.test(state?.data.state) || state.metadata.annotations['cdk8s-inference/rollout-command']) { return; }
    api.put(STATE, { ...state, metadata: { ...state.metadata, annotations: { 'cdk8s-inference/rollout-command': 'abort' } } });
  });
  expect([code, JSON.parse(api.objects.get(STATE).data.state).phase]).toEqual([0, 'aborted']);
  expect(output.split('\n').filter(Boolean).map((line) => JSON.parse(line).message)).toEqual(expect.arrayContaining(['shifting', 'analysing', 'rolling-back', 'aborted', 'the runner ends: over']));
  expect(api.objects.get(ROUTE).spec.rules[0].backendRefs.map(({ weight }: any) => weight)).toEqual([1000, 0]);
  expect(api.objects.get(STATE).metadata.labels).toMatchObject({ 'cdk8s-inference/phase': 'aborted', 'cdk8s-inference/weight': '0' });
  expect(api.objects.get(STATE).data.status).toMatch(/^aborted, 0 % of the requests on the candidate; steps \[5 %\] 30 % 100 %\naborted by a person\n/);
  const events = [...api.objects].filter(([name]) => name.includes('/events/')).map(([, { reason, type }]) => `${type} ${reason}`);
  expect(events).toEqual(expect.arrayContaining(['Normal Shifting', 'Normal Analysing', 'Warning RollingBack', 'Warning Aborted']));
}, 120_000);

test('a runner that gets SIGTERM lets go of the lease and fails, so that its Job starts another one', async () => {
  const api = cluster();
  const { code } = await run(api, spec.hash, (end) => { if (api.objects.has(STATE)) { end('SIGTERM'); } });
  expect([code, api.objects.get(LEASE).spec.holderIdentity]).toEqual([1, '']);
}, 120_000);
