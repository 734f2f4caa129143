import { Chart } from 'cdk8s';
import { fleet, groupedFleet, TestPool, TestWeights } from '../support/fleet';
import { chart, render } from '../support/render';

const rollout = (it: any) => {
  const { metadata, spec } = render(Chart.of(it)).named(it.workloadKind, it.workloadName);
  const { maxSurge, maxUnavailable } = spec.strategy?.rollingUpdate ?? spec.rolloutStrategy.rollingUpdateConfiguration;
  return [maxSurge, maxUnavailable, metadata.annotations['cdk8s-inference/rollout']];
};

test.each([
  ['a Deployment', fleet, 2, 1], ['groups', groupedFleet, 32, 16],
])('%s brings the new replica first where the pool has room for it, else ends the old one first', (_what, make, gpus, one) => {
  const sum = (max: number) => `pool 'h100' holds ${max} GPUs, ${gpus} are planned and one more replica of each fleet takes ${one}`;
  expect(rollout(make({ poolAttributes: { maxGpus: gpus + one } }))).toEqual([1, 0, `new replica first: ${sum(gpus + one)}`]);
  expect(rollout(make({ poolAttributes: { maxGpus: gpus + one - 1 } }))).toEqual([0, 1, `old replica first: ${sum(gpus + one - 1)}`]);
});

test('fleets that share a pool never ask for more than it has, even if they roll at the same time', () => {
  const surges = (maxGpus: number) => {
    const scope = chart();
    const pools = [new TestPool(scope, 'pool', { maxGpus })];
    return ['a', 'b'].map((id) => fleet({ in: scope, id, pools })).map((it) => rollout(it)[0]);
  };
  expect(surges(6)).toEqual([1, 1]);
  expect(surges(5)).toEqual([0, 0]);
});

test('a volume that one node holds is let go before it is taken again', () => {
  expect(rollout(fleet({ weights: new TestWeights({ singleNode: true }) }))).toEqual(
    [0, 1, 'old replica first: the volume of the weights may be attached to one node only']);
});
