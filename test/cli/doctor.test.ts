import { join } from 'node:path';
import { stringify } from 'yaml';
import { FakeApiServer, fakeApiServer } from './api-server';
import { command } from './fake-io';
import { folder } from './folder';

const FLEET = `
apiVersion: apps/v1
kind: Deployment
metadata: { name: llama }
spec:
  template:
    spec:
      imagePullSecrets: [{ name: registry }]
      containers:
        - name: main
          lifecycle: { preStop: { sleep: { seconds: 5 } } }
          resources: { limits: { nvidia.com/gpu: 8 } }
---
apiVersion: monitoring.coreos.com/v1
kind: PodMonitor
metadata: { name: llama }
spec: { podMetricsEndpoints: [{ port: http }] }
`;

const resources = (...kinds: [string, string, boolean][]) => ({ resources: kinds.map(([kind, name, namespaced]) => ({ kind, name, namespaced })) });
const HEALTHY: { [path: string]: unknown } = {
  '/version': { gitVersion: 'v1.33.4-eks-1a2b3c' },
  '/apis/monitoring.coreos.com/v1': resources(['PodMonitor', 'podmonitors', true]),
  '/apis/apiextensions.k8s.io/v1/customresourcedefinitions/podmonitors.monitoring.coreos.com': {
    spec: {
      versions: [{
        name: 'v1',
        schema: { openAPIV3Schema: { properties: { spec: { properties: { podMetricsEndpoints: { items: { properties: { port: { type: 'string' } } } } } } } } },
      }],
    },
  },
  '/api/v1/nodes?limit=500': { metadata: { continue: 'next page' }, items: [{ status: { allocatable: { 'nvidia.com/gpu': '4' } } }] },
  '/api/v1/nodes?limit=500&continue=next%20page': { items: [{ status: { allocatable: { 'nvidia.com/gpu': '8' } } }] },
  '/api/v1': resources(['Secret', 'secrets', true]),
  '/api/v1/namespaces/serving/secrets/registry': { metadata: { name: 'registry' } },
};

interface Kubeconfig { [field: string]: any }

const kubeconfig = (server: string, cluster: object, user: object): Kubeconfig => ({
  'current-context': 'main',
  'contexts': [{ name: 'main', context: { cluster: 'c', user: 'u', namespace: 'serving' } }],
  'clusters': [{ name: 'c', cluster: { server, ...cluster } }],
  'users': [{ name: 'u', user }],
});

describe('doctor', () => {
  let server: FakeApiServer | undefined;
  afterEach(async () => { await server?.close(); server = undefined; });

  /** Runs doctor over the fleet against a stand-in with this table. */
  async function diagnose(table: { [path: string]: unknown }, fleet = FLEET) {
    server = await fakeApiServer(table);
    const config = kubeconfig(`https://127.0.0.1:${server.port}`, { 'certificate-authority-data': Buffer.from(server.cert).toString('base64') }, { token: 'abc' });
    const path = folder({ 'dist/all.k8s.yaml': fleet, 'config': stringify(config) });
    const { code, out, err } = await command(['doctor', join(path, 'dist'), '--kubeconfig', join(path, 'config'), '--json'], {});
    return { code, err, found: err ? [] : JSON.parse(out).map(({ what, status, detail }: any) => `${status} ${what}: ${detail}`) };
  }

  test('lists the needs without a cluster, and ends well', async () => {
    const { code, out, err } = await command(['doctor', folder({ 'a.yaml': FLEET })]);
    expect({ code, err }).toEqual({ code: 0, err: '' });
    expect(out.split('\n').map((line) => line.trim().replace(/\s+/g, ' '))).toEqual([
      'the cluster must offer why',
      'Kubernetes 1.30 or newer lifecycle.preStop.sleep (from 1.29 with the feature gate',
      'PodLifecycleSleepAction)',
      'PodMonitor of monitoring.coreos.com/v1 prometheus-operator',
      'nvidia.com/gpu, 8 on one node NVIDIA device plugin, or the GPU operator (Deployment llama)',
      'Secret registry images are pulled with it (Deployment llama)',
      '', "4 needs; give '--kubeconfig' to compare them with a cluster", '',
    ]);
  });

  test('finds a cluster that offers everything', async () => {
    expect(await diagnose(HEALTHY)).toEqual({
      code: 0,
      err: '',
      found: [
        'ok Kubernetes 1.30 or newer: v1.33.4-eks-1a2b3c',
        'ok PodMonitor of monitoring.coreos.com/v1: served, with every field',
        'ok nvidia.com/gpu, 8 on one node: 1 node with enough',
        'ok Secret registry: in namespace serving',
      ],
    });
  });

  test('only reads, with its token, and never the contents of a Secret', async () => {
    await diagnose(HEALTHY);
    expect(new Set(server!.asked.map(({ method, authorization }) => `${method} ${authorization}`))).toEqual(new Set(['GET Bearer abc']));
    expect(server!.asked.filter(({ path }) => path.includes('/secrets/')).map(({ accept }) => accept)).toEqual(['application/json;as=PartialObjectMetadata;g=meta.k8s.io;v=v1']);
  });

  test.each<[string, { [path: string]: unknown }, string]>([
    ['an old Kubernetes', { '/version': { gitVersion: 'v1.28.0' } }, 'too old Kubernetes 1.30 or newer: v1.28.0'],
    ['no operator', { '/apis/monitoring.coreos.com/v1': 404 }, 'missing PodMonitor of monitoring.coreos.com/v1: nothing serves monitoring.coreos.com'],
    ['an operator of another version', { '/apis/monitoring.coreos.com/v1': 404, '/apis/monitoring.coreos.com': { versions: [{ version: 'v1alpha1' }] } },
      'too old PodMonitor of monitoring.coreos.com/v1: it serves v1alpha1, not v1'],
    ['a group without the kind', { '/apis/monitoring.coreos.com/v1': resources(['Probe', 'probes', true]) },
      'missing PodMonitor of monitoring.coreos.com/v1: monitoring.coreos.com/v1 is served, but has no PodMonitor'],
    ['a definition that lacks a field', {
      '/apis/apiextensions.k8s.io/v1/customresourcedefinitions/podmonitors.monitoring.coreos.com':
        { spec: { versions: [{ name: 'v1', schema: { openAPIV3Schema: { properties: { spec: { properties: { selector: {} } } } } } }] } },
    }, 'too old PodMonitor of monitoring.coreos.com/v1: its definition lacks spec.podMetricsEndpoints'],
    ['nodes that are too small', { '/api/v1/nodes?limit=500&continue=next%20page': { items: [] } }, 'missing nvidia.com/gpu, 8 on one node: no node has more than 4'],
    ['no device plugin', { '/api/v1/nodes?limit=500': { items: [{ status: { allocatable: { cpu: '96' } } }] } }, 'missing nvidia.com/gpu, 8 on one node: no node publishes it'],
    ['no secret', { '/api/v1/namespaces/serving/secrets/registry': 404 }, 'missing Secret registry: not in namespace serving'],
  ])('says no to %s', async (_, changes, finding) => {
    const { code, found } = await diagnose({ ...HEALTHY, ...changes });
    expect(code).toBe(1);
    expect(found).toContain(finding);
  });

  test.each<[string, { [path: string]: unknown }, string]>([
    ['a feature behind its gate', { '/version': { gitVersion: 'v1.29.1' } },
      'unknown Kubernetes 1.30 or newer: v1.29.1 has it only where the feature gate PodLifecycleSleepAction is on'],
    ['a secret that it may not see', { '/api/v1/namespaces/serving/secrets/registry': 403 }, 'unknown Secret registry: not allowed to look'],
    ['nodes that it may not see', { '/api/v1/nodes?limit=500': 403 }, 'unknown nvidia.com/gpu, 8 on one node: not allowed to look'],
    ['an API server in trouble', { '/version': 500 }, 'unknown Kubernetes 1.30 or newer: the API server answered 500'],
    ['a definition that it may not see', { '/apis/apiextensions.k8s.io/v1/customresourcedefinitions/podmonitors.monitoring.coreos.com': 403 },
      "ok PodMonitor of monitoring.coreos.com/v1: served; its definition can't be read, so fields were not compared"],
  ])('does not say no to %s', async (_, changes, finding) => {
    const { code, found } = await diagnose({ ...HEALTHY, ...changes });
    expect(code).toBe(0);
    expect(found).toContain(finding);
  });

  test('does not miss nodes that a NodePool makes on demand', async () => {
    const pool = '---\napiVersion: karpenter.sh/v1\nkind: NodePool\nmetadata: { name: h100 }\n';
    const { found } = await diagnose({ ...HEALTHY, '/api/v1/nodes?limit=500': { items: [] } }, FLEET + pool);
    expect(found).toContain('unknown nvidia.com/gpu, 8 on one node: no node publishes it now; a NodePool makes nodes on demand');
  });

  test('compares the release of the Gateway API with the floor of what is used', async () => {
    const route = 'apiVersion: gateway.networking.k8s.io/v1\nkind: HTTPRoute\nmetadata: { name: r }\nspec: { rules: [{ timeouts: { request: 60s } }] }\n';
    const table = (release: string) => ({
      '/apis/gateway.networking.k8s.io/v1': resources(['HTTPRoute', 'httproutes', true]),
      '/apis/apiextensions.k8s.io/v1/customresourcedefinitions/httproutes.gateway.networking.k8s.io':
        { metadata: { annotations: { 'gateway.networking.k8s.io/bundle-version': release } } },
    });
    expect((await diagnose(table('v1.1.0'), route)).found).toEqual(['too old HTTPRoute of gateway.networking.k8s.io/v1: v1.1.0']);
    await server!.close();
    expect((await diagnose(table('v1.3.0'), route)).found).toEqual(['ok HTTPRoute of gateway.networking.k8s.io/v1: served, v1.3.0']);
  });

  test('ends in a sentence where the credentials are refused', async () => {
    const { code, err } = await diagnose({ '/version': 401 });
    expect(code).toBe(1);
    expect(err).toBe(`error: https://127.0.0.1:${server!.port} does not accept the credentials of the kubeconfig\n`);
  });

  /** Runs doctor with this kubeconfig, and answers with what it says. */
  async function complain(config: Kubeconfig | string): Promise<string> {
    const path = folder({ 'a.yaml': FLEET, 'kube/config': typeof config === 'string' ? config : stringify(config) });
    const { code, out, err } = await command(['doctor', join(path, 'a.yaml'), '--kubeconfig', join(path, 'kube/config')]);
    expect({ code: code > 0, out }).toEqual({ code: true, out: '' });
    return err.replaceAll(path, '…').replace(/'\/.*?…/g, "'…");
  }

  test('does not trust a certificate that nobody vouches for', async () => {
    server = await fakeApiServer(HEALTHY);
    expect(await complain(kubeconfig(`https://127.0.0.1:${server.port}`, {}, { token: 'abc' }))).toMatch(/^error: https:\/\/127\.0\.0\.1:\d+ can't be asked: self-signed certificate/);
    expect(server.asked).toEqual([]);
  });

  test('reads certificates and tokens from files beside the kubeconfig, and plain HTTP without credentials', async () => {
    server = await fakeApiServer(HEALTHY);
    const config = kubeconfig(`https://127.0.0.1:${server.port}`, { 'certificate-authority': 'ca.crt' }, { tokenFile: 'token' });
    const path = folder({ 'a.yaml': FLEET, 'kube/config': stringify(config), 'kube/ca.crt': server.cert, 'kube/token': 'from-file\n' });
    const ran = await command(['doctor', join(path, 'a.yaml'), '--kubeconfig', join(path, 'kube/config'), '--context', 'main']);
    expect(ran).toMatchObject({ code: 0, err: '' });
    expect(ran.out).toContain('4 ok');
    expect(server.asked[0].authorization).toBe('Bearer from-file');
    await server.close();
    server = await fakeApiServer(HEALTHY, { tls: false });
    const plain = folder({ 'a.yaml': FLEET, 'config': stringify(kubeconfig(`http://127.0.0.1:${server.port}`, {}, {})) });
    expect((await command(['doctor', join(plain, 'a.yaml'), '--kubeconfig', join(plain, 'config')])).code).toBe(0);
  });

  const SERVER = 'https://127.0.0.1:1';
  test.each<[string, Kubeconfig | string, RegExp]>([
    ['a program to log in', kubeconfig(SERVER, {}, { exec: { command: 'aws' } }),
      /^error: user 'u' of '…\/kube\/config' logs in by a program \('exec'\); allow it with '--login', or use a kubeconfig with a token, such as one of 'kubectl create token'\n$/],
    ['a token over plain HTTP', kubeconfig('http://127.0.0.1:1', {}, { token: 'x' }), /^error: '…\/kube\/config' would send a token to http:\/\/127\.0\.0\.1:1 unencrypted; use https\n$/],
    ['a password', kubeconfig(SERVER, {}, { username: 'me', password: 'x' }), /^error: user 'u' of '…\/kube\/config' uses 'username', which is not supported; use a token or a client certificate\n$/],
    ['a proxy', kubeconfig(SERVER, { 'proxy-url': 'http://proxy' }, {}), /^error: cluster 'c' of '…\/kube\/config' uses 'proxy-url', which is not supported\n$/],
    ['a server that is no address', kubeconfig('ftp://x', {}, {}), /^error: 'server' of '…\/kube\/config' is 'ftp:\/\/x' but must be an https URL\n$/],
    ['no context', { contexts: [] }, /^error: '…\/kube\/config' has no current context; name one with '--context'\n$/],
    ['a context that is not there', { 'current-context': 'gone' }, /^error: '…\/kube\/config' has no 'gone' among its contexts\n$/],
    ['a file that is not there', kubeconfig(SERVER, { 'certificate-authority': 'gone.crt' }, {}), /^error: '…\/kube\/gone\.crt' can't be read \(ENOENT\)\n$/],
    ['broken YAML', 'a: [', /^error: '…\/kube\/config' is not YAML\n$/],
    ['text', 'hello', /^error: '…\/kube\/config' is not a kubeconfig\n$/],
    ['a server that is not there', kubeconfig(SERVER, {}, {}), /^error: https:\/\/127\.0\.0\.1:1 can't be asked: connect ECONNREFUSED 127\.0\.0\.1:1\n$/],
  ])('refuses %s in a sentence', async (_, config, sentence) => { expect(await complain(config)).toMatch(sentence); });

  test.each([
    ['nothing', { 'a.txt': 'x' }, /^error: no Kubernetes objects in '.*'; synthesize first\n$/],
    ['broken YAML', { 'a.yaml': 'a: [1' }, /^error: '.*a\.yaml' is not YAML: .*\n$/],
    ['aliases that multiply', { 'a.yaml': `a: &a [x,x,x,x,x,x,x,x,x]\n${'bcdefghij'.split('').map((name, i) => `${name}: &${name} [${`*${'abcdefghij'[i]},`.repeat(9)}]`).join('\n')}\n` },
      /^error: '.*a\.yaml' has aliases that can't be resolved\n$/],
  ])('refuses a folder with %s', async (_, files, sentence) => {
    const { code, out, err } = await command(['doctor', folder(files as any)]);
    expect({ code, out }).toEqual({ code: 2, out: '' });
    expect(err).toMatch(sentence);
  });

  test('refuses a folder that is not there', async () => {
    expect(await command(['doctor', '/nowhere/at/all'])).toEqual({ code: 2, out: '', err: "error: '/nowhere/at/all' can't be read (ENOENT)\n" });
  });

  test('reads lists, several documents and JSON, in folders inside folders', async () => {
    const path = folder({ 'a/b/x.json': '{"apiVersion":"v1","kind":"List","items":[{"apiVersion":"example.com/v1","kind":"A","metadata":{"name":"a"}}]}', 'y.yml': 'apiVersion: example.com/v1\nkind: B\n---\n---\n' });
    const { out } = await command(['doctor', path, '--json']);
    expect(JSON.parse(out).map(({ what }: any) => what)).toEqual(['A of example.com/v1', 'B of example.com/v1']);
  });
});
