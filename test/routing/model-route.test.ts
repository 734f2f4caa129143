import { Chart, Duration, JsonPatch, ApiObject, Testing } from 'cdk8s';
import { ModelRoute, ModelRouteProps } from '../../src/routing/model-route';
import { chart, FakeFleet, FakeFleetProps, messageOf } from '../rollout/fakes';

const GATEWAY = { name: 'public', gatewayNamespace: 'gateways' };

function route(props: Partial<ModelRouteProps> = {}, fleetProps: FakeFleetProps = { namespace: 'chat' }, at: Chart = chart('chat')) {
  const fleet = new FakeFleet(at, 'Llama', fleetProps);
  return { at, fleet, route: new ModelRoute(at, 'Route', { fleet, hostnames: ['llm.example.com'], gateway: GATEWAY, ...props }) };
}

describe('the HTTPRoute', () => {
  test('lets only the paths of the OpenAI API through, with timeouts from the plan', () => {
    const { at } = route({ gateway: { ...GATEWAY, sectionName: 'https' }, routeName: 'llama' });
    expect(Testing.synth(at)).toEqual([{
      apiVersion: 'gateway.networking.k8s.io/v1',
      kind: 'HTTPRoute',
      metadata: {
        name: 'llama',
        namespace: 'chat',
        labels: { 'app.kubernetes.io/managed-by': 'cdk8s-inference', 'cdk8s-inference/fleet': 'llama', 'cdk8s-inference/model': 'llama' },
      },
      spec: {
        parentRefs: [{ group: 'gateway.networking.k8s.io', kind: 'Gateway', name: 'public', namespace: 'gateways', sectionName: 'https' }],
        hostnames: ['llm.example.com'],
        rules: [{
          matches: ['/v1/chat/completions', '/v1/completions', '/v1/embeddings', '/v1/models', '/v1/responses']
            .map((value) => ({ path: { type: 'Exact', value } })),
          timeouts: { request: '4m1s', backendRequest: '4m1s' },
          backendRefs: [{ name: 'llama', port: 8000 }],
        }],
      },
    }]);
  });

  test('matches a path with an asterisk by its prefix, and others exactly', () => {
    const { at } = route({ paths: ['/v1/*', '/tokenize', '/*'] });
    expect(Testing.synth(at)[0].spec.rules[0].matches).toEqual([
      { path: { type: 'PathPrefix', value: '/v1' } }, { path: { type: 'Exact', value: '/tokenize' } }, { path: { type: 'PathPrefix', value: '/' } },
    ]);
  });

  test('takes a stated timeout for request and back end', () => {
    const { at, route: made } = route({ requestTimeout: Duration.minutes(90) });
    expect(Testing.synth(at)[0].spec.rules[0].timeouts).toEqual({ request: '1h30m', backendRequest: '1h30m' });
    expect(made.requestTimeout.toSeconds()).toBe(5400);
  });

  test('is named after its path, and can be patched', () => {
    const { at, route: made } = route();
    ApiObject.of(made).addJsonPatch(JsonPatch.add('/spec/rules/0/name', 'chat'));
    const [object] = Testing.synth(at);
    expect(object.metadata.name).toBe(made.routeName);
    expect(made.routeName).toMatch(/^chat-route-[0-9a-f]{8}$/);
    expect(object.spec.rules[0].name).toBe('chat');
  });

  test('is the same in two runs', () => {
    expect(JSON.stringify(Testing.synth(route().at))).toBe(JSON.stringify(Testing.synth(route().at)));
  });

  test('gives copies of its lists', () => {
    const { route: made } = route();
    made.hostnames.push('x');
    made.paths.push('/x');
    expect(made.hostnames).toEqual(['llm.example.com']);
    expect(made.paths).toHaveLength(5);
  });
});

describe('the fleet lets in', () => {
  test.each([
    ['the namespace of the Gateway', GATEWAY, { namespaceLabels: { 'kubernetes.io/metadata.name': 'gateways' }, podLabels: undefined }],
    ['the namespace of the proxies where it is another', { ...GATEWAY, proxyNamespace: 'projectcontour', proxyLabels: { app: 'envoy' } },
      { namespaceLabels: { 'kubernetes.io/metadata.name': 'projectcontour' }, podLabels: { app: 'envoy' } }],
    ['its own namespace for a Gateway beside it', { name: 'public' }, { namespaceLabels: { 'kubernetes.io/metadata.name': 'chat' }, podLabels: undefined }],
  ])('%s', (_, gateway, client) => {
    expect(route({ gateway }).fleet.clients).toEqual([client]);
  });

  test('its own namespace where nothing is named', () => {
    expect(route({ gateway: { name: 'public' } }, {}, chart()).fleet.clients).toEqual([{ namespaceLabels: undefined, podLabels: undefined }]);
  });
});

describe('refuses, in one sentence,', () => {
  test.each<[string, any, string]>([
    ['props that are none', null, "the props of a ModelRoute are null but must give 'fleet', 'hostnames' and 'gateway'"],
  ])('%s', (_, props, sentence) => {
    expect(messageOf(() => new ModelRoute(chart(), 'Route', props))).toBe(`[chat/Route] ${sentence}`);
  });

  test.each<[string, any, string]>([
    ['no fleet', { fleet: {} }, "'fleet' is a value of type object but must be a fleet, e.g. an InferenceFleet"],
    ['no hostname', { hostnames: [] }, "'hostnames' is a list of 0 but must list 1 to 16 hostnames"],
    ['hostnames that are a text', { hostnames: 'llm.example.com' }, "'hostnames' is 'llm.example.com' but must list 1 to 16 hostnames"],
    ['a hostname with capitals', { hostnames: ['LLM.example.com'] }, "'hostnames' has 'LLM.example.com' but a hostname is a DNS name in lower case, e.g. 'llm.example.com' or '*.llm.example.com'"],
    ['an address', { hostnames: ['10.0.0.1'] }, "'hostnames' has '10.0.0.1' but a hostname is a DNS name in lower case, e.g. 'llm.example.com' or '*.llm.example.com'"],
    ['a hostname twice', { hostnames: ['a.b', 'a.b'] }, "'hostnames' names 'a.b' twice"],
    ['no Gateway', { gateway: undefined }, "'gateway' is undefined but must give at least the 'name' of a Gateway"],
    ['a Gateway without a name', { gateway: { name: '' } }, "'gateway.name' is '' but must be the name of a Gateway: lower-case letters, digits, '-' and '.'"],
    ['a namespace that is none', { gateway: { name: 'g', gatewayNamespace: 'A' } }, "'gateway.gatewayNamespace' is 'A' but must be the name of a namespace: lower-case letters, digits and '-'"],
    ['a namespace of proxies that is none', { gateway: { name: 'g', proxyNamespace: 'a.b' } }, "'gateway.proxyNamespace' is 'a.b' but must be the name of a namespace: lower-case letters, digits and '-'"],
    ['a listener that is none', { gateway: { name: 'g', sectionName: ' ' } }, "'gateway.sectionName' is ' ' but must be the name of a listener: lower-case letters, digits, '-' and '.'"],
    ['labels that are a list', { gateway: { name: 'g', proxyLabels: ['a'] } }, "'gateway.proxyLabels' is a list of 1 but must map label keys to values"],
    ['a relative path', { paths: ['v1'] }, "'paths' has 'v1' but a path is absolute and plain, e.g. '/v1/chat/completions', or '/v1/*' for everything below"],
    ['a path that climbs', { paths: ['/v1/../pause'] }, "'paths' has '/v1/../pause' but a path is absolute and plain, e.g. '/v1/chat/completions', or '/v1/*' for everything below"],
    ['a hidden slash', { paths: ['/v1%2Fpause'] }, "'paths' has '/v1%2Fpause' but a path is absolute and plain, e.g. '/v1/chat/completions', or '/v1/*' for everything below"],
    ['an asterisk inside', { paths: ['/v1/*/x'] }, "'paths' has '/v1/*/x' but a path is absolute and plain, e.g. '/v1/chat/completions', or '/v1/*' for everything below"],
    ['a path twice', { paths: ['/a', '/a'] }, "'paths' names '/a' twice"],
    ['no path', { paths: [] }, "'paths' is a list of 0 but must list 1 to 64 paths"],
    ['a timeout that is a number', { requestTimeout: 300 }, "'requestTimeout' is 300 but must be a Duration of whole seconds, from one to 99999 hours"],
    ['a timeout that cuts half of the requests', { requestTimeout: Duration.seconds(7) },
      "'requestTimeout' is 7 s but half of the requests that fleet 'chat/Llama' is planned for take 8 s or more; allow at least the longest, 241 s, or leave it out"],
    ['a timeout of nothing', { requestTimeout: Duration.seconds(0) }, "'requestTimeout' is 0 s but must be a Duration of whole seconds, from one to 99999 hours"],
    ['a name that is none', { routeName: 'a_b' }, "'routeName' is 'a_b' but must be lower-case letters, digits, '-' and '.', at most 253"],
  ])('%s', (_, props, sentence) => {
    expect(messageOf(() => route(props))).toBe(`[chat/Route] ${sentence}`);
  });

  test('a fleet without a namespace in a chart that has one', () => {
    expect(messageOf(() => route({}, {}))).toBe(
      "[chat/Route] this chart puts objects into namespace 'chat' but fleet 'chat/Llama' names none, so the route would miss its Service; give both charts the same namespace");
  });

  test.each([NaN, Infinity])('a plan whose longest request is %p', (longestRequestMillis) => {
    expect(messageOf(() => route({}, { namespace: 'chat', longestRequestMillis }))).toBe(
      `[chat/Route] the plan's longest request is ${longestRequestMillis} s, which no timeout can be made of; state 'requestTimeout'`);
  });

  test('a second route of the same name in a namespace', () => {
    const { at, fleet } = route({ routeName: 'llama' });
    expect(messageOf(() => new ModelRoute(at, 'Again', { fleet, hostnames: ['b.example.com'], gateway: GATEWAY, routeName: 'llama' }))).toBe(
      "[chat/Again] 'routeName' is 'llama' but so is that of 'chat/Route' in the same namespace; give each route a name of its own");
  });

  test('a second route for the same requests', () => {
    const { at, fleet } = route();
    expect(messageOf(() => new ModelRoute(at, 'Again', { fleet, hostnames: ['llm.example.com'], gateway: GATEWAY }))).toBe(
      "[chat/Again] hostname 'llm.example.com' with path '/v1/chat/completions' is routed at gateway 'public' by 'chat/Route' already; keep one of the two, or give one another hostname");
  });

  test.each([[undefined, 'https'], ['https', undefined], ['https', 'https']])('a route at listener %p beside one at %p', (one, two) => {
    const { at, fleet } = route({ gateway: { ...GATEWAY, sectionName: one } });
    expect(messageOf(() => new ModelRoute(at, 'Again', { fleet, hostnames: ['llm.example.com'], gateway: { ...GATEWAY, sectionName: two } })))
      .toMatch(/^\[chat\/Again\] hostname 'llm\.example\.com' /);
  });

  test('nothing where hostname, Gateway, listener or path differ', () => {
    const { at, fleet } = route({ gateway: { ...GATEWAY, sectionName: 'https' } });
    const other = (id: string, props: Partial<ModelRouteProps>) => new ModelRoute(at, id, { fleet, hostnames: ['llm.example.com'], gateway: GATEWAY, ...props });
    other('Host', { hostnames: ['b.example.com'] });
    other('Gateway', { gateway: { name: 'private' } });
    other('Listener', { gateway: { ...GATEWAY, sectionName: 'http' } });
    other('Path', { paths: ['/tokenize'] });
    expect(Testing.synth(at)).toHaveLength(5);
  });

  test('hostile texts, without repeating them whole', () => {
    for (const text of ['x'.repeat(5_000_000), '\u0000\u001b[2J', '../../etc', '<script>', '💥']) {
      for (const props of [{ hostnames: [text] }, { paths: [text] }, { routeName: text }, { gateway: { name: text } }]) {
        const message = messageOf(() => route(props));
        expect(message).toMatch(/^\[chat\/Route\] '[\w.]+' /);
        expect(message!.length).toBeLessThan(300);
        expect(message).not.toMatch(/[\u0000-\u001f]/);
      }
    }
  });
});
