import { KubeObject } from './kube-object';
import { Address, NetworkPolicies } from './network-policies';

const namespace = (name: string, labels = {}): KubeObject => ({ apiVersion: 'v1', kind: 'Namespace', metadata: { name, labels: { 'kubernetes.io/metadata.name': name, ...labels } } });
const pod = (of: string, name: string, labels: { [key: string]: string }, ip: string, spec = {}): KubeObject => ({
  apiVersion: 'v1',
  kind: 'Pod',
  metadata: { namespace: of, name, labels },
  spec: { nodeName: 'node-1', containers: [{ ports: [{ name: 'http', containerPort: 8000 }, { name: 'dns', containerPort: 53, protocol: 'UDP' }] }], ...spec },
  status: { podIP: ip },
});

const namespaces = [namespace('shop', { team: 'red' }), namespace('bank', { team: 'blue' }), namespace('bare')];
const web = pod('shop', 'web', { app: 'web', tier: 'front' }, '10.64.0.1');
const db = pod('shop', 'db', { app: 'db' }, '10.64.0.2');
const bankWeb = pod('bank', 'web', { app: 'web' }, '10.64.0.3');
const host = pod('shop', 'host', { app: 'web' }, '10.63.0.1', { hostNetwork: true });
const six = pod('shop', 'six', { app: 'six' }, 'fd12::1');
const internet: Address = { ip: '93.184.216.34' };
const metadata: Address = { ip: '169.254.169.254' };
const ownNode: Address = { ip: '10.63.0.1', node: 'node-1' };
const otherNode: Address = { ip: '10.63.0.2', node: 'node-2' };

const policy = (spec: object, of = 'shop', name = 'policy'): KubeObject => ({ apiVersion: 'networking.k8s.io/v1', kind: 'NetworkPolicy', metadata: { namespace: of, name }, spec });
const into = (ingress: object[], podSelector: object = {}, of?: string) => policy({ podSelector, policyTypes: ['Ingress'], ingress }, of);
const outOf = (egress: object[], podSelector: object = {}, of?: string) => policy({ podSelector, policyTypes: ['Egress'], egress }, of);

type Side = KubeObject | Address;

interface Row {
  readonly policies: KubeObject[];
  readonly from: Side;
  readonly to: Side;
  /** @default 8000 */
  readonly port?: number;
  readonly protocol?: string;
  readonly open: boolean;
  readonly ipBlocksHoldPods?: boolean;
}

// Each sentence is one of the API's: https://kubernetes.io/docs/reference/kubernetes-api/policy-resources/network-policy-v1/
const rows: { [sentence: string]: Row } = {
  'without a policy everything is open': { policies: [], from: bankWeb, to: db, open: true },
  'a policy that allows nothing closes what it selects': { policies: [into([])], from: bankWeb, to: db, open: false },
  'a policy without a list of rules allows nothing': { policies: [policy({ podSelector: {}, policyTypes: ['Ingress'] })], from: web, to: db, open: false },
  'a policy without a pod selector selects all pods of its namespace': { policies: [policy({ policyTypes: ['Ingress'] })], from: web, to: db, open: false },
  'an empty rule allows everything': { policies: [into([{}])], from: internet, to: db, open: true },
  'an empty list of peers is every peer': { policies: [into([{ from: [], ports: [] }])], from: internet, to: db, open: true },
  'a policy closes only the pods that it selects': { policies: [into([], { matchLabels: { app: 'web' } })], from: web, to: db, open: true },
  'a policy closes only pods of its own namespace': { policies: [into([])], from: web, to: bankWeb, open: true },
  'a policy on ingress leaves egress open': { policies: [into([])], from: db, to: bankWeb, open: true },
  'a policy that names no direction closes ingress': { policies: [policy({ podSelector: {} })], from: bankWeb, to: db, open: false },
  'a policy that names no direction leaves egress open': { policies: [policy({ podSelector: {} })], from: db, to: bankWeb, open: true },
  'a policy that names no direction closes egress if it has a rule for it':
    { policies: [policy({ podSelector: {}, egress: [{ to: [{ podSelector: {} }] }] })], from: db, to: bankWeb, open: false },
  'a policy with a rule for egress and no direction closes ingress too':
    { policies: [policy({ podSelector: {}, egress: [{}] })], from: bankWeb, to: db, open: false },
  'a policy on egress with rules for ingress leaves ingress open':
    { policies: [policy({ podSelector: {}, policyTypes: ['Egress'], ingress: [] })], from: bankWeb, to: db, open: true },
  'policies add up: one that allows is enough': { policies: [into([]), into([{ from: [{ podSelector: {} }] }])], from: web, to: db, open: true },
  'a connection needs the consent of its sender': { policies: [outOf([]), into([{}])], from: web, to: db, open: false },
  'a connection needs the consent of its receiver': { policies: [outOf([{}]), into([])], from: web, to: db, open: false },
  'policies of both namespaces count': { policies: [outOf([{}]), into([], {}, 'bank')], from: web, to: bankWeb, open: false },

  'a pod selector alone is of the policy\'s namespace': { policies: [into([{ from: [{ podSelector: { matchLabels: { app: 'web' } } }] }])], from: bankWeb, to: db, open: false },
  'an empty pod selector is every pod of the policy\'s namespace': { policies: [into([{ from: [{ podSelector: {} }] }])], from: web, to: db, open: true },
  'an empty pod selector is no pod of another namespace': { policies: [into([{ from: [{ podSelector: {} }] }])], from: bankWeb, to: db, open: false },
  'a namespace selector alone is every pod of those namespaces': { policies: [into([{ from: [{ namespaceSelector: { matchLabels: { team: 'blue' } } }] }])], from: bankWeb, to: db, open: true },
  'a namespace selector does not include the policy\'s own namespace': { policies: [into([{ from: [{ namespaceSelector: { matchLabels: { team: 'blue' } } }] }])], from: web, to: db, open: false },
  'an empty namespace selector is every namespace': { policies: [into([{ from: [{ namespaceSelector: {} }] }])], from: bankWeb, to: db, open: true },
  'an empty namespace selector is no address outside': { policies: [into([{ from: [{ namespaceSelector: {} }] }])], from: internet, to: db, open: false },
  'both selectors in one peer must match': {
    policies: [into([{ from: [{ namespaceSelector: { matchLabels: { team: 'blue' } }, podSelector: { matchLabels: { app: 'db' } } }] }])], from: bankWeb, to: db, open: false,
  },
  'both selectors in one peer match a pod of that namespace': {
    policies: [into([{ from: [{ namespaceSelector: { matchLabels: { team: 'blue' } }, podSelector: { matchLabels: { app: 'web' } } }] }])], from: bankWeb, to: db, open: true,
  },
  'selectors in two peers are alternatives': {
    policies: [into([{ from: [{ namespaceSelector: { matchLabels: { team: 'blue' } } }, { podSelector: { matchLabels: { app: 'db' } } }] }])], from: bankWeb, to: db, open: true,
  },
  'a value that is not in a list is also one that is absent': {
    policies: [into([{ from: [{ namespaceSelector: { matchExpressions: [{ key: 'team', operator: 'NotIn', values: ['red'] }] } }] }])], from: pod('bare', 'x', {}, '10.64.0.9'), to: db, open: true,
  },
  'a key that must exist is absent': { policies: [into([{ from: [{ podSelector: { matchExpressions: [{ key: 'tier', operator: 'Exists' }] } }] }])], from: host, to: db, open: false },
  'a key that must not exist exists': { policies: [into([{ from: [{ podSelector: { matchExpressions: [{ key: 'tier', operator: 'DoesNotExist' }] } }] }])], from: web, to: db, open: false },
  'a value must be one of a list': { policies: [into([{ from: [{ podSelector: { matchExpressions: [{ key: 'app', operator: 'In', values: ['x', 'web'] }] } }] }])], from: web, to: db, open: true },
  'labels and expressions must both match': {
    policies: [into([{ from: [{ podSelector: { matchLabels: { app: 'web' }, matchExpressions: [{ key: 'tier', operator: 'In', values: ['back'] }] } }] }])], from: web, to: db, open: false,
  },

  'a port is of TCP unless said otherwise': { policies: [into([{ ports: [{ port: 53 }] }])], from: web, to: db, port: 53, protocol: 'UDP', open: false },
  'another port is closed': { policies: [into([{ ports: [{ port: 8000 }] }])], from: web, to: db, port: 8001, open: false },
  'peers and ports of one rule must both match': { policies: [into([{ from: [{ podSelector: {} }], ports: [{ port: 8000 }] }])], from: bankWeb, to: db, open: false },
  'a protocol without a port is every port of it': { policies: [into([{ ports: [{ protocol: 'UDP' }] }])], from: web, to: db, port: 999, protocol: 'UDP', open: true },
  'a range holds its last port': { policies: [into([{ ports: [{ port: 8000, endPort: 8010 }] }])], from: web, to: db, port: 8010, open: true },
  'a range ends': { policies: [into([{ ports: [{ port: 8000, endPort: 8010 }] }])], from: web, to: db, port: 8011, open: false },
  'a named port is the receiver\'s': { policies: [into([{ ports: [{ port: 'http' }] }])], from: web, to: db, open: true },
  'a named port is of its own protocol': { policies: [into([{ ports: [{ port: 'dns' }] }])], from: web, to: db, port: 53, open: false },
  'a named port with its protocol': { policies: [into([{ ports: [{ port: 'dns', protocol: 'UDP' }] }])], from: web, to: db, port: 53, protocol: 'UDP', open: true },
  'a name that the receiver lacks is no port': { policies: [into([{ ports: [{ port: 'metrics' }] }])], from: web, to: db, open: false },
  'a named port on the way out is the receiver\'s': { policies: [outOf([{ ports: [{ port: 'http' }] }])], from: web, to: db, open: true },
  'an address outside has no named ports': { policies: [outOf([{ ports: [{ port: 'http' }] }])], from: web, to: internet, open: false },

  'a block of addresses holds the world': { policies: [outOf([{ to: [{ ipBlock: { cidr: '0.0.0.0/0' } }] }])], from: web, to: internet, open: true },
  'a block of addresses leaves out its exceptions': { policies: [outOf([{ to: [{ ipBlock: { cidr: '0.0.0.0/0', except: ['169.254.0.0/16'] } }] }])], from: web, to: metadata, open: false },
  'an exception of one rule is no prohibition for another': {
    policies: [outOf([{ to: [{ ipBlock: { cidr: '0.0.0.0/0', except: ['169.254.0.0/16'] } }] }, { to: [{ ipBlock: { cidr: '169.254.169.254/32' } }] }])], from: web, to: metadata, open: true,
  },
  'a block of IPv4 holds no IPv6': { policies: [outOf([{ to: [{ ipBlock: { cidr: '0.0.0.0/0' } }] }])], from: web, to: { ip: '2001:db8::1' }, open: false },
  'a block of IPv6 holds IPv6': { policies: [outOf([{ to: [{ ipBlock: { cidr: '::/0', except: ['fd00:ec2::/32'] } }] }])], from: web, to: { ip: '2001:db8::1' }, open: true },
  'a block of IPv6 leaves out its exceptions': { policies: [outOf([{ to: [{ ipBlock: { cidr: '::/0', except: ['fd00:ec2::/32'] } }] }])], from: web, to: { ip: 'fd00:ec2::254' }, open: false },
  'a block of addresses may hold no pods': { policies: [outOf([{ to: [{ ipBlock: { cidr: '0.0.0.0/0' } }] }])], from: web, to: db, open: false },
  'a block of addresses may hold pods': { policies: [outOf([{ to: [{ ipBlock: { cidr: '0.0.0.0/0' } }] }])], from: web, to: db, open: true, ipBlocksHoldPods: true },
  'an exception may hold pods': { policies: [outOf([{ to: [{ ipBlock: { cidr: '0.0.0.0/0', except: ['10.0.0.0/8'] } }] }])], from: web, to: db, open: false, ipBlocksHoldPods: true },
  'a pod with an IPv6 address is in a block of IPv6': { policies: [into([{ from: [{ ipBlock: { cidr: 'fd12::/16' } }] }])], from: six, to: db, open: true, ipBlocksHoldPods: true },

  'a pod reaches itself': { policies: [into([]), outOf([])], from: web, to: web, open: true },
  'a pod\'s own node reaches it': { policies: [into([])], from: ownNode, to: db, open: true },
  'another node does not': { policies: [into([])], from: otherNode, to: db, open: false },
  'a pod of the host\'s network is not closed': { policies: [into([]), outOf([])], from: internet, to: host, open: true },
  'a pod of the host\'s network is no pod to selectors': { policies: [into([{ from: [{ podSelector: {} }] }])], from: host, to: db, open: false },
};

test.each(Object.entries(rows))('%s', (_, { policies, from, to, port = 8000, protocol, open, ipBlocksHoldPods = false }) => {
  const obstacle = new NetworkPolicies(policies, namespaces, { ipBlocksHoldPods }).obstacle({ from, to, port, protocol });
  expect(obstacle === undefined).toBe(open);
});

test('an obstacle is a sentence that names both ends and the policies', () => {
  const policies = [into([{ ports: [{ port: 8000 }] }]), policy({ podSelector: { matchLabels: { app: 'db' } } }, 'shop', 'closed')];
  expect(new NetworkPolicies(policies, namespaces).obstacle({ from: internet, to: db, port: 22 }))
    .toBe('93.184.216.34 does not reach pod shop/db on TCP 22: no ingress rule of closed or policy lets it');
});

test('a pod of a namespace that nobody listed is an error, not an answer', () => {
  expect(() => new NetworkPolicies([into([{ from: [{ namespaceSelector: {} }] }])], []).obstacle({ from: bankWeb, to: db, port: 8000 })).toThrow(new Error("there is no namespace 'bank'"));
});
