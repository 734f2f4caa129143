import { Chart } from 'cdk8s';
import { fleet, groupedFleet } from '../support/fleet';
import { render } from '../support/render';

const pod = (it: any) => {
  const { spec } = render(Chart.of(it)).one(it.workloadKind);
  return (spec.template ?? spec.leaderWorkerTemplate.leaderTemplate).spec;
};

test('replicas that fill a node each are spread over zones, as a wish', () => {
  const it = fleet({ plan: { layout: { tensorParallel: 8 }, replicas: 3 } });
  expect(pod(it).topologySpreadConstraints).toEqual([{
    topologyKey: 'topology.kubernetes.io/zone',
    maxSkew: 1,
    whenUnsatisfiable: 'ScheduleAnyway',
    labelSelector: { matchLabels: it.podLabels },
    matchLabelKeys: ['pod-template-hash'],
  }]);
});

test('small replicas fill a node before another zone is wished for', () => {
  expect(pod(fleet({ plan: { layout: { tensorParallel: 2 }, replicas: 9 } })).topologySpreadConstraints[0].maxSkew).toBe(4);
  expect(pod(fleet({ plan: { layout: { tensorParallel: 2 }, replicas: 4 } })).topologySpreadConstraints).toBeUndefined();
});

test('groups are spread by their leaders', () => {
  const it = groupedFleet();
  expect(pod(it).topologySpreadConstraints).toEqual([{
    topologyKey: 'topology.kubernetes.io/zone', maxSkew: 1, whenUnsatisfiable: 'ScheduleAnyway', labelSelector: { matchLabels: it.podLabels },
  }]);
  expect(pod(groupedFleet({ plan: { replicas: 1 } })).topologySpreadConstraints).toBeUndefined();
});

test('a group stays together by whatever label its nodes have', () => {
  const it = groupedFleet({ network: { groupTopologyKey: 'example.com/rack' } });
  expect(pod(it).affinity.podAffinity.requiredDuringSchedulingIgnoredDuringExecution[0].topologyKey).toBe('example.com/rack');
  expect(it.notes).toContain('the pods of a group land on nodes with one value of the label \'example.com/rack\'; nodes without it hold no group');
});

test('a group without RDMA is noted, and so is what RDMA needs of the node', () => {
  expect(groupedFleet().notes).toContain('groups over several nodes talk over TCP: they are given no RDMA devices of pool \'h100\'');
  expect(groupedFleet({ poolAttributes: { rdmaResources: { 'rdma/hca': 8 } } }).notes).toContain(
    'RDMA locks memory without a capability: the container runtime of the nodes must set LimitMEMLOCK=infinity');
});
