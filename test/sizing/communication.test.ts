import { Accelerator } from '../../src/catalog/accelerator';
import { allReduceSeconds, allToAllSeconds, handOverSeconds, joined, Link, linkOf } from '../../src/sizing/communication';
import { Links } from '../../src/sizing/fitted';

const links: Links = { scaleUpLatency: 5.5e-6, scaleUpShare: 0.74, meshLatency: 12e-6, meshTurnLatency: 50e-6, meshShare: 0.3, pcieLatency: [5e-6, 13e-6, 24e-6], pcieShare: [0.6, 0.47, 0.38] };
const props = { name: 'gpu', memoryBytes: 80e9, memoryBytesPerSecond: 3e12, bf16FlopsPerSecond: 1e15 };
const nvlink = (linkDomain: number) => Accelerator.of({ ...props, linkBytesPerSecond: 450e9, linkDomain });
const pcie = Accelerator.of({ ...props, linkBytesPerSecond: 64e9, linkDomain: 1 });
const unstated = Accelerator.of(props);

test.each([
  // [accelerator, GPUs of a node, group, joined]
  ['eight on one board', nvlink(8), undefined, 8, true],
  ['more than the board', nvlink(8), undefined, 16, false],
  ['a smaller node than the board', nvlink(8), 4, 8, false],
  ['within that smaller node', nvlink(8), 4, 4, true],
  ['a rack of 72 over nodes of 4', nvlink(72), 4, 8, true],
  ['16 are the smallest rack', nvlink(16), 8, 16, true],
  ['no link at all', unstated, 8, 1, false],
  ['PCIe, whatever its domain', Accelerator.named('l40s'), 8, 2, false],
])('a scale-up link joins: %s', (_what, accelerator, gpusPerNode, gpus, expected) => {
  expect(joined({ accelerator, gpusPerNode }, gpus)).toBe(expected);
});

test.each([
  // [what, pool, group, GPUs of a replica in one node, link]
  ['one GPU needs none', { accelerator: nvlink(8) }, 1, 1, ['none', 0, Infinity]],
  ['74 % of the scale-up link', { accelerator: nvlink(8) }, 8, 8, ['scale-up', 5.5e-6, 333e9]],
  ['the seven links of eight on a mesh', { accelerator: Accelerator.named('mi300x') }, 8, 8, ['scale-up', 12e-6, 134.4e9]],
  ['the one link of two on a mesh', { accelerator: Accelerator.named('mi300x') }, 2, 8, ['scale-up', 12e-6, 19.2e9]],
  ['PCIe of two', { accelerator: pcie }, 2, 8, ['pcie', 5e-6, 38.4e9]],
  ['PCIe of three and four', { accelerator: pcie }, 3, 8, ['pcie', 13e-6, 30.08e9]],
  ['PCIe of eight', { accelerator: pcie }, 8, 8, ['pcie', 24e-6, 24.32e9]],
  ['PCIe of ten is taken for eight', { accelerator: pcie, gpusPerNode: 16 }, 10, 16, ['pcie', 24e-6, 24.32e9]],
  ['an unstated link is PCIe 4.0', { accelerator: unstated }, 2, 8, ['pcie', 5e-6, 19.2e9]],
  ['beyond a bridge of two, PCIe 4.0', { accelerator: nvlink(2) }, 4, 8, ['pcie', 13e-6, 15.04e9]],
  ['80 % of the stated network', { accelerator: nvlink(8), interNodeBytesPerSecond: 50e9 }, 16, 8, ['network', 15e-6, 40e9]],
  ['100 Gbit/s of a node are shared by its GPUs', { accelerator: nvlink(8) }, 16, 8, ['network', 15e-6, 1.25e9]],
] as const)('%s', (_what, pool, gpus, perNode, [kind, latency, bandwidth]) => {
  const link = linkOf(pool, gpus, perNode, links);
  expect([link.kind, link.latency]).toEqual([kind, latency]);
  expect(link.bandwidth / bandwidth || 1).toBeCloseTo(1, 9);
});

test('over a full mesh a short all-reduce takes one turn, and a long one two that move less', () => {
  const mesh: Link = { kind: 'scale-up', latency: 1e-5, turnLatency: 6e-5, bandwidth: 1e11 };
  expect(allReduceSeconds(mesh, 8, 1e5)).toBeCloseTo(1e-5 + 7 * 1e5 / 1e11, 12);
  expect(allReduceSeconds(mesh, 8, 1e8)).toBeCloseTo(6e-5 + 2 * 7 / 8 * 1e8 / 1e11, 12);
  // Of two each has all that there is to read.
  expect(allReduceSeconds(mesh, 2, 1e8)).toBeCloseTo(1e-5 + 1e8 / 1e11, 12);
  // Two turns never start sooner than one.
  expect(allReduceSeconds({ ...mesh, turnLatency: 0 }, 8, 1e8)).toBeCloseTo(1e-5 + 2 * 7 / 8 * 1e8 / 1e11, 12);
});

test('a collective takes its start, and its bytes over the bandwidth', () => {
  const link: Link = { kind: 'scale-up', latency: 1e-3, bandwidth: 1e9 };
  expect(allReduceSeconds(link, 4, 1e9)).toBeCloseTo(1e-3 + 2 * 3 / 4, 12);
  expect(allToAllSeconds(link, 4, 1e9)).toBeCloseTo(1e-3 + 3 / 4, 12);
  expect(handOverSeconds(link, 1e9)).toBeCloseTo(1e-3 + 1, 12);
  expect([allReduceSeconds(link, 1, 1e9), allToAllSeconds(link, 1, 1e9)]).toEqual([0, 0]);
  expect(handOverSeconds({ kind: 'none', latency: 1, bandwidth: 1 }, 1)).toBe(0);
});
