import { Accelerator } from '../../src/catalog/accelerator';
import { Precision } from '../../src/catalog/precision';
import { check, Checked } from '../../src/sizing/checked';
import { assumptionsOf, explanationOf } from '../../src/sizing/explain';
import { Load } from '../../src/sizing/load';
import { Found, Miss } from '../../src/sizing/placement';
import { problemOf, wanted } from '../../src/sizing/problem';
import { rate, showMillis } from '../../src/sizing/words';
import { llama8b } from '../support/shapes';

const GIB = 2 ** 30;
const H100 = Accelerator.named('h100-sxm');
const OWN = Accelerator.of({ name: 'own', memoryBytes: 80e9, memoryBytesPerSecond: 3e12, bf16FlopsPerSecond: 1e15, linkBytesPerSecond: 64e9, linkDomain: 1, resourceName: 'example.com/npu' });

const checked = (over: object = {}): Checked => check({
  model: llama8b(), pools: [{ accelerator: H100, gpusPerNode: 8 }], headroom: 0,
  load: Load.requestsPerSecond(40, { promptTokens: 1000, outputTokens: 200, promptTokensP99: 1500, outputTokensP99: 300 }), ...over,
}) as Checked;

const latency = (expected: number) => ({ atTarget: { low: 0, expected, high: 0 } });

/** A candidate of round numbers: TP 1, three replicas. */
const found = (over: object = {}): Found => ({
  meets: true, missRank: 0, missFactor: 1, dollarsPerHour: 9, gpus: 3, latencyStep: 1, at: { tp: 1, pp: 1, dp: 1, ep: 1 }, written: 0,
  pool: { accelerator: H100, gpusPerNode: 8 }, layout: { tensorParallel: 1 }, miss: Miss.NONE, replicas: 3,
  estimate: {
    memory: { weightBytes: 15 * GIB, kvCacheBytes: 50.25 * GIB, deviceBytes: 79.5 * GIB }, concurrentRequests: 12.345, boundBy: 'memory-bandwidth',
    utilization: 0.756, timeToFirstToken: latency(123.4), timePerOutputToken: latency(9.87), endToEnd: latency(4567.8),
  },
  ...over,
  instance: { gpus: 1, nodes: 1, slots: () => 99.7, readBackSeconds: () => 0, ...(over as { instance?: object }).instance },
} as unknown as Found);

const POISSON = 'Requests arrive independently of each other (Poisson), and prompt and completion lengths are lognormal.';

test.each<[string, object, object, string[]]>([
  ['only the arrivals, where everything else is stated', {}, {}, []],
  ['lengths that nobody stated', { load: Load.requestsPerSecond(40, { promptTokens: 1000, outputTokens: 200 }) }, {}, [
    "99 % of prompts stay under 4000 tokens (four times the mean, within the model's context).",
    "99 % of completions stay under 800 tokens (four times the mean, within the model's context).",
  ]],
  ['the prefix cache', { load: Load.requestsPerSecond(1, { promptTokens: 9, outputTokens: 9, promptTokensP99: 9, outputTokensP99: 9, prefixHitRatio: 0.4 }) }, {}, [
    '40 % of prompt tokens are found in the prefix cache, which only a router that knows the cache keeps up over several replicas.',
  ]],
  ['headroom by default', { headroom: undefined }, {}, ["20 % of each replica's capacity is left free for bursts."]],
  ['a spare', { spareReplicas: 1 }, {}, ['1 of the replicas is a spare that takes no load.']],
  ['spares', { spareReplicas: 2 }, {}, ['2 of the replicas are spares that take no load.']],
  ['the size of a node', {}, { pool: { accelerator: H100 } }, ['A node has 8 GPUs.']],
  ['the network between nodes', {}, { instance: { gpus: 16, nodes: 2 } }, ['Nodes are joined by 100 Gbit/s each.']],
  ['no network that is stated', {}, { instance: { gpus: 16, nodes: 2 }, pool: { accelerator: H100, gpusPerNode: 8, interNodeBytesPerSecond: 5e10 } }, []],
  ['PCIe between GPUs', {}, { instance: { gpus: 2, nodes: 1 }, pool: { accelerator: OWN, gpusPerNode: 8 } }, [
    'GPUs of a replica talk over PCIe at 64 GB/s, which differs between machines.',
    'No serving measurements of own went into this; its efficiency is a guess and the ranges are wider.',
  ]],
  ['PCIe beyond a bridge', {}, { instance: { gpus: 4, nodes: 1 }, pool: { accelerator: Accelerator.named('h100-nvl'), gpusPerNode: 8 } }, [
    'GPUs of a replica talk over PCIe at 32 GB/s, which differs between machines.',
    ...Accelerator.named('h100-nvl').caution ? [`h100-nvl: ${Accelerator.named('h100-nvl').caution}.`] : [],
  ]],
  ['a link that joins the GPUs is no assumption', {}, { instance: { gpus: 8, nodes: 1 } }, []],
  ['another precision than the published one', { precision: Precision.FP8 }, {}, [
    'Weights are served in fp8 although they are published in bf16: a checkpoint in that format exists or the engine quantises on loading.',
  ]],
])('a plan says that it assumes: %s', (_what, request, candidate, sentences) => {
  expect(assumptionsOf(checked(request), found(candidate)).filter((s) => s !== POISSON)).toEqual(sentences);
  expect(assumptionsOf(checked(request), found(candidate))).toContain(POISSON);
});

test('what is odd about an accelerator is said', () => {
  const odd = Accelerator.all().find((a) => a.caution && a.vendor === 'nvidia' && a.computeCapability! >= 8)!;
  expect(assumptionsOf(checked(), found({ pool: { accelerator: odd, gpusPerNode: 8 } }))).toContain(`${odd.name}: ${odd.caution}.`);
});

test('a plan says what serves the load, where the memory goes, and how long things take', () => {
  expect(explanationOf(checked(), found(), [])).toEqual([
    '3 x (TP 1) on h100-sxm, 3 GPUs in all, serve 40 requests/s.',
    'Each GPU holds 15.0 GiB of weights and 50.3 GiB of KV cache of its 79.5 GiB; a replica has room for about 99 requests in flight and is expected to have 12.3.',
    'At p95: first token after 123 ms, a token every 9.9 ms, done after 4568 ms; reading weights and KV cache from memory sets the pace, and a replica uses 76 % of what it could carry.',
  ]);
});

test.each([
  ['memory-bandwidth', 'reading weights and KV cache from memory'], ['compute', 'arithmetic'], ['interconnect', 'communication between GPUs'],
  ['kv-capacity', 'room in the KV cache'], ['queue', 'waiting for a place'],
])('bound by %s: %s sets the pace', (boundBy, words) => {
  const base = found();
  expect(explanationOf(checked(), { ...base, estimate: { ...base.estimate!, boundBy } }, [])[2]).toContain(`; ${words} sets the pace, `);
});

test('a plan says who came second and what became of the others', () => {
  const others = [
    found({ meets: false, miss: Miss.LAYOUT }), found({ at: { tp: 2, pp: 1, dp: 1, ep: 1 }, gpus: 4, replicas: 2, dollarsPerHour: 12, pool: { accelerator: H100, name: 'big' } }),
    found({ meets: false, miss: Miss.LATENCY }), found({ meets: false, miss: Miss.LATENCY }), found({ meets: false, miss: Miss.POOL }),
    found({ meets: false, miss: Miss.MEMORY }), found({ meets: false, miss: Miss.HARDWARE }),
  ];
  const why = 'Of the other layouts, 2 miss a latency, 1 takes more GPUs than allowed, 1 does not fit into memory, 1 does not divide the model or the nodes, 1 lacks the hardware.';
  expect(explanationOf(checked(), found({ pool: { accelerator: H100, name: 'main' } }), others).slice(3))
    .toEqual(['The runner-up is 2 x (TP 2) on big with 4 GPUs.', why]);
  const priced = checked({ pools: [{ accelerator: H100, dollarsPerGpuHour: 3 }] });
  expect(explanationOf(priced, found(), others)[3]).toBe('The runner-up is 2 x (TP 2) on big with 4 GPUs, 12 instead of 9 dollars per hour.');
  expect(explanationOf(checked(), found({ pool: { accelerator: H100, name: 'main' } }), [])[0]).toBe('3 x (TP 1) on main, 3 GPUs in all, serve 40 requests/s.');
});

test('a plan for another engine says whose memory it divides', () => {
  expect(explanationOf(checked({ engine: { name: 'sglang' } }), found(), [])[3]).toBe('Memory is divided as sglang does.');
});

test('a wish is its load and its limits', () => {
  expect(wanted(checked({ replicas: 3 }))).toBe('40 requests/s with 3 replicas');
  expect(wanted(checked({ latency: { percentile: 99, timeToFirstTokenMillis: 500, timePerOutputTokenMillis: 25, endToEndMillis: 9000 } })))
    .toBe('40 requests/s within a 500 ms time to first token and a 25 ms time per output token and a 9000 ms end-to-end time at p99');
});

test.each([[0.5, '0.5 ms'], [1.234, '1.2 ms'], [9.99, '10 ms'], [10.4, '10 ms'], [1234.5, '1235 ms']])('%d is shown as %s', (millis, text) => {
  expect(showMillis(millis)).toBe(text);
});

test.each([[1234.5, '1230'], [0.012345, '0.0123'], [40, '40'], [1e9, '1000000000']])('%d a second is shown as %s', (perSecond, text) => {
  expect(rate(perSecond)).toBe(text);
});

/** Without another accelerator that would do: none of the maker that the first pool has. */
const OWN_POOL = { pools: [{ accelerator: OWN, name: 'mine', gpusPerNode: 8, maxGpus: 2 }] };
const WIDE_POOL = { pools: [{ accelerator: OWN, name: 'mine', gpusPerNode: 8 }] };
const missed = (over: object) => found({ meets: false, pool: OWN_POOL.pools[0], allowed: { gpus: 2, by: 'the pool' }, rejection: `reason ${JSON.stringify(over)}`, ...over });
const late = (replicas: number, millis: number) => missed({ miss: Miss.LATENCY, replicas, missed: { limit: 'timeToFirstTokenMillis', millis } });

test.each<[string, object, Found[], string]>([
  ['late', { ...WIDE_POOL, latency: { timeToFirstTokenMillis: 20 } }, [late(3, 101), late(2, 120), late(1, 130), late(1, 500)],
    "no layout serves 40 requests/s within a 20 ms time to first token at p95 on mine; nearest: 3 x (TP 1) at 101 ms, 2 x (TP 1) at 120 ms, 1 x (TP 1) at 130 ms; raise 'timeToFirstTokenMillis' to 110 ms"],
  ['late for one of two limits', { ...WIDE_POOL, latency: { timeToFirstTokenMillis: 20, endToEndMillis: 500 } }, [late(3, 100), late(2, 120)],
    "no layout serves 40 requests/s within a 20 ms time to first token and a 500 ms end-to-end time at p95 on mine; nearest: 3 x (TP 1) at 100 ms time to first token, 2 x (TP 1) at 120 ms time to first token; raise 'timeToFirstTokenMillis' to 130 ms and 'endToEndMillis' to 4600 ms"],
  ['too many GPUs', {}, [missed({ miss: Miss.POOL, gpus: 4 }), missed({ miss: Miss.POOL, gpus: 6 })],
    'no layout serves 40 requests/s on mine; nearest: 3 x (TP 1) with 4 GPUs, 3 x (TP 1) with 6 GPUs; allow 4 GPUs where there are 2, or lower the load'],
  ['too few replicas', { replicas: 3 }, [missed({ miss: Miss.POOL, gpus: 4 }), missed({ miss: Miss.POOL, gpus: 6 })],
    'no layout serves 40 requests/s with 3 replicas on mine; nearest: 3 x (TP 1) with 4 GPUs, 3 x (TP 1) with 6 GPUs; the load takes 3 replicas with 4 GPUs but the pool holds 2; allow more GPUs or lower the load'],
  ['more than any plan has', {}, [missed({ miss: Miss.POOL, gpus: 2e6 }), missed({ miss: Miss.POOL, gpus: 3e6 })],
    'no layout serves 40 requests/s on mine; nearest: 3 x (TP 1) with 2000000 GPUs, 3 x (TP 1) with 3000000 GPUs; a plan may have at most 1000000 GPUs; lower the load'],
  ['too large', {}, [missed({ miss: Miss.MEMORY, rejection: 'a' }), missed({ miss: Miss.MEMORY, rejection: 'b' }), missed({ miss: Miss.LAYOUT, rejection: 'c' })],
    'no layout serves 40 requests/s on mine; nearest: (TP 1): a; (TP 1): b; use a smaller precision, a shorter context or more GPUs per replica'],
  ['indivisible', {}, [missed({ miss: Miss.LAYOUT, rejection: 'a' }), missed({ miss: Miss.LAYOUT, rejection: 'b' })],
    'no layout serves 40 requests/s on mine; nearest: (TP 1): a; (TP 1): b; choose another layout'],
  ['all for one reason', {}, [missed({ miss: Miss.LAYOUT, rejection: 'a' }), missed({ miss: Miss.LAYOUT, rejection: 'a' })], 'a; choose another layout'],
  ['all for one reason with its remedy', {}, [missed({ miss: Miss.LAYOUT, rejection: 'a; use b' }), missed({ miss: Miss.LAYOUT, rejection: 'a; use b' })], 'a; use b'],
  ['nothing to look at', {}, [], 'no layout is left to look at; give a pool with at least one GPU'],
])('no plan, because of what is %s', (_what, request, misses, sentence) => {
  expect(problemOf(checked({ ...OWN_POOL, ...request }), misses)).toBe(sentence);
});

test('with several pools, each miss says where it is, and long lists of pools are cut', () => {
  const pools = ['a', 'b', 'c', 'd', 'e', 'f'].map((name) => ({ accelerator: OWN, name }));
  const two = checked({ pools: pools.slice(0, 2) });
  const on = (name: string, rejection: string) => missed({ miss: Miss.LAYOUT, rejection, pool: { accelerator: OWN, name } });
  expect(problemOf(two, [on('a', 'x'), on('b', 'y')]))
    .toBe('no layout serves 40 requests/s on a, b; nearest: (TP 1) on a: x; (TP 1) on b: y; choose another layout');
  expect(problemOf(two, [on('a', 'x')])).toBe('x (on a, b); choose another layout');
  expect(problemOf(two, [on('a', 'own is too slow')])).toBe('own is too slow; choose another layout');
  expect(problemOf(checked({ pools }), [on('a', 'x')])).toBe('x (on a, b, c, d and 2 more); choose another layout');
  expect(problemOf(checked({ pools: pools.slice(0, 4) }), [on('a', 'x')])).toBe('x (on a, b, c, d); choose another layout');
});

test('the slowest accelerator of the same maker that would do is offered', () => {
  const l4 = { pools: [{ accelerator: Accelerator.named('l4'), gpusPerNode: 1 }], latency: { timePerOutputTokenMillis: 20 } };
  const problem = problemOf(checked(l4), [late(3, 40), late(2, 50)]);
  const offered = Accelerator.named(/, or allow (\S+)$/.exec(problem)![1]);
  expect(offered.vendor).toBe('nvidia');
  // 16 GB of weights have to be read in 20 ms.
  expect(offered.memoryBytesPerSecond!).toBeGreaterThan(16e9 / 0.02);
  const slower = Accelerator.all().filter((a) => a.vendor === 'nvidia' && a.memoryBytesPerSecond! < offered.memoryBytesPerSecond!);
  expect(slower.length).toBeGreaterThan(3);
});
