import { Chart } from 'cdk8s';
import { fleet, groupedFleet, TestWeights } from '../support/fleet';
import { render, sentence } from '../support/render';

const policy = (it: any, suffix: string) => render(Chart.of(it)).named('NetworkPolicy', `${it.workloadName}-${suffix}`).spec;
const selector = (it: any) => ({ 'app.kubernetes.io/component': 'model-server', 'cdk8s-inference/fleet': it.workloadName });
const dns = {
  to: [{ namespaceSelector: { matchLabels: { 'kubernetes.io/metadata.name': 'kube-system' } } }, { ipBlock: { cidr: '169.254.20.10/32' } }],
  ports: [{ protocol: 'UDP', port: 53 }, { protocol: 'TCP', port: 53 }],
};
const prometheus = { namespaceSelector: { matchLabels: { 'kubernetes.io/metadata.name': 'monitoring' } } };

test('nothing goes in or out of a fleet but DNS', () => {
  const it = fleet();
  expect(policy(it, 'isolation')).toEqual({ podSelector: { matchLabels: selector(it) }, policyTypes: ['Ingress', 'Egress'], egress: [dns] });
});

test('the pods of groups reach each other on every port', () => {
  const it = groupedFleet();
  const own = { podSelector: { matchLabels: selector(it) } };
  expect(policy(it, 'isolation')).toEqual({
    podSelector: { matchLabels: selector(it) }, policyTypes: ['Ingress', 'Egress'], ingress: [{ from: [own] }], egress: [dns, { to: [own] }],
  });
});

test('an object store is reached on its ports, no metadata server among them', () => {
  const weights = new TestWeights({ egressPorts: [9000, 443, 443], metadataEndpoints: [{ cidr: '169.254.170.23/32', port: 80 }] });
  expect(policy(fleet({ weights }), 'isolation').egress).toEqual([
    dns,
    {
      to: [{ ipBlock: { cidr: '0.0.0.0/0', except: ['169.254.0.0/16'] } }, { ipBlock: { cidr: '::/0', except: ['fd00:ec2::/32', 'fe80::/10'] } }],
      ports: [{ protocol: 'TCP', port: 443 }, { protocol: 'TCP', port: 9000 }],
    },
    { to: [{ ipBlock: { cidr: '169.254.170.23/32' } }], ports: [{ protocol: 'TCP', port: 80 }] },
  ]);
});

test('the cluster\'s own name servers are used where they are elsewhere', () => {
  const labels = { 'kubernetes.io/metadata.name': 'openshift-dns' };
  const [egress] = policy(fleet({ network: { dnsNamespaceLabels: labels, dnsPort: 5353 } }), 'isolation').egress;
  expect(egress).toEqual({
    to: [{ namespaceSelector: { matchLabels: labels } }, { ipBlock: { cidr: '169.254.20.10/32' } }],
    ports: [{ protocol: 'UDP', port: 5353 }, { protocol: 'TCP', port: 5353 }],
  });
});

test('only Prometheus reaches a fleet without clients, on the port of its leaders', () => {
  const it = groupedFleet();
  expect(policy(it, 'serving')).toEqual({
    podSelector: { matchLabels: { ...selector(it), 'leaderworkerset.sigs.k8s.io/worker-index': '0' } },
    policyTypes: ['Ingress'],
    ingress: [{ from: [prometheus], ports: [{ protocol: 'TCP', port: 8000 }] }],
  });
});

test('clients are let in, given at once or later, each once', () => {
  const it = fleet({ network: { clients: [{ podLabels: { app: 'web' } }] }, monitoring: { namespaceLabels: { team: 'obs' } } });
  it.addClient({ namespaceLabels: { gateway: 'public' } });
  it.addClient({ namespaceLabels: { gateway: 'public' }, podLabels: { app: 'envoy' } });
  it.addClient({ podLabels: { app: 'web' } });
  it.addClient({ namespaceLabels: { b: '2', a: '1' } });
  it.addClient({ namespaceLabels: { a: '1', b: '2' } });
  it.addClient({});
  expect(policy(it, 'serving').ingress).toEqual([{
    from: [
      { namespaceSelector: { matchLabels: { a: '1', b: '2' } } },
      { namespaceSelector: { matchLabels: { gateway: 'public' } }, podSelector: { matchLabels: { app: 'envoy' } } },
      { namespaceSelector: { matchLabels: { gateway: 'public' } } },
      { namespaceSelector: { matchLabels: { team: 'obs' } } },
      { podSelector: { matchLabels: { app: 'web' } } },
      { podSelector: {} },
    ],
    ports: [{ protocol: 'TCP', port: 8000 }],
  }]);
});

test('fails when a client is not one', () => {
  expect(sentence(() => fleet().addClient(undefined as any))).toBe(
    '[chat/llama] a client of the fleet is undefined but must state labels of pods or of their namespace');
  expect(sentence(() => fleet({ network: { clients: [{ podLabels: { 'a b': 'c' } }] } }))).toBe(
    '[chat/llama] a client of the fleet: the label key \'a b\' is not a legal one (up to 63 letters, digits, \'-\', \'_\' and \'.\', after an optional DNS name and \'/\')');
});
