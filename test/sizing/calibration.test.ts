import fc from 'fast-check';
import { Accelerator } from '../../src/catalog/accelerator';
import { Model } from '../../src/catalog/model';
import { Precision } from '../../src/catalog/precision';
import { Capacity } from '../../src/fleet/capacity';
import { Calibration } from '../../src/sizing/calibration';
import { constantsOf } from '../../src/sizing/calibration-fit';
import { BOUND, corrected, Factors, KNOBS } from '../../src/sizing/correction';
import { FITTED } from '../../src/sizing/data/fitted';
import { normalQuantile } from '../../src/sizing/lengths';
import { Load } from '../../src/sizing/load';
import { figuresOf } from '../../src/sizing/measured';
import { Measurement } from '../../src/sizing/measurement';
import { Range } from '../../src/sizing/plan';
import { EstimateRequest } from '../../src/sizing/questions';
import { asked, Sizing, solve } from '../../src/sizing/sizing';

const H100 = Accelerator.named('h100-sxm');
const DEPLOYMENT = { model: Model.named('Qwen/Qwen3-32B'), pool: { accelerator: H100, gpusPerNode: 8 }, layout: { tensorParallel: 2 }, precision: Precision.FP8 };
const NONE: Factors = { bandwidth: 1, arithmetic: 1, link: 1, overhead: 1, firstToken: 1 };

/** Normal noise from a counter, so that a test sees the same each time. */
function noise(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state * 48271) % 2147483647;
    return normalQuantile(Math.min(1 - 1e-9, Math.max(1e-9, state / 2147483647)));
  };
}

const question = (concurrency: number, promptTokens: number, outputTokens: number): EstimateRequest =>
  ({ ...DEPLOYMENT, load: Load.concurrency(concurrency, { promptTokens, outputTokens }) });

/** What a server would measure whose constants are ours times these factors, with noise as wide as published runs scatter (x `scatter`). */
function server(factors: Factors, ask: EstimateRequest, next: () => number, scatter: number): Measurement {
  const { instance, lengths } = asked(ask);
  const figures = figuresOf(instance, lengths, ask.load, constantsOf(instance, factors));
  const noisy = (value: number, spread: number) => value * Math.exp(spread * scatter * next());
  return {
    ...ask,
    outputTokensPerSecond: noisy(figures.throughput, 0.1),
    timeToFirstTokenMillis: 1000 * noisy(figures.firstToken, 0.33),
    timePerOutputTokenMillis: 1000 * noisy(figures.perToken, 0.1),
  };
}

const SWEEP = [[1, 500], [8, 500], [64, 500], [1, 4000], [8, 4000], [64, 4000]].map(([c, p]) => question(c, p, 400));
const OTHERS = [[2, 800], [4, 1000], [16, 700], [32, 2000], [24, 3000], [48, 1500]].map(([c, p]) => question(c, p, 300));
const median = (values: number[]) => values.sort((a, b) => a - b)[Math.floor(values.length / 2)];

const mean = (values: number[]) => values.reduce((sum, value) => sum + value, 0) / values.length;

const TRUTHS: Factors[] = [
  { ...NONE, bandwidth: 0.75 }, { ...NONE, arithmetic: 0.7 }, { ...NONE, overhead: 1.8 }, { ...NONE, firstToken: 2 },
  { bandwidth: 0.85, arithmetic: 0.8, link: 0.8, overhead: 1.4, firstToken: 1.5 },
];

test.each(TRUTHS.map((truth) => [JSON.stringify(truth), truth] as const))('a server that is ours times %s is met better on questions that no row asked', (_, truth) => {
  const next = noise(7);
  const calibration = Calibration.fromMeasurements(SWEEP.map((ask) => server(truth, ask, next, 0.3)));
  const errors = (over: object) => mean(OTHERS.flatMap((ask) => {
    const exact = server(truth, ask, next, 0);
    const e = Sizing.estimate({ ...ask, ...over });
    const off = (range: Range, measured: number) => Math.abs(Math.log(range.expected / measured));
    return [off(e.outputTokensPerSecond, exact.outputTokensPerSecond!), off(e.timeToFirstToken.mean, exact.timeToFirstTokenMillis!), off(e.timePerOutputToken.mean, exact.timePerOutputTokenMillis!)];
  }));
  expect(errors({ calibration })).toBeLessThan(0.5 * errors({}));
});

test('ranges are narrower, and hold 85 to 95 % of measurements that scatter nearly as published ones do', () => {
  const next = noise(11);
  let held = 0;
  let all = 0;
  const narrower: number[] = [];
  for (let round = 0; round < 60; round++) {
    const draw = (spread: number) => Math.exp(spread * next());
    const truth = { bandwidth: Math.min(1.05, draw(0.15)), arithmetic: draw(0.15), link: draw(0.2), overhead: draw(0.25), firstToken: draw(0.4) };
    const calibration = Calibration.fromMeasurements(SWEEP.map((ask) => server(truth, ask, next, 0.8)));
    for (const ask of OTHERS) {
      const real = server(truth, ask, next, 0.8);
      const before = Sizing.estimate(ask);
      const after = Sizing.estimate({ ...ask, calibration });
      const check = (range: Range, measured: number, was: Range) => {
        all++;
        if (measured >= range.low && measured <= range.high) { held++; }
        narrower.push(Math.log(range.high / range.low) / Math.log(was.high / was.low));
      };
      check(after.outputTokensPerSecond, real.outputTokensPerSecond!, before.outputTokensPerSecond);
      check(after.timeToFirstToken.mean, real.timeToFirstTokenMillis!, before.timeToFirstToken.mean);
      check(after.timePerOutputToken.mean, real.timePerOutputTokenMillis!, before.timePerOutputToken.mean);
    }
  }
  expect(held / all).toBeGreaterThanOrEqual(0.85);
  expect(held / all).toBeLessThanOrEqual(0.95);
  expect(median(narrower)).toBeLessThan(0.95);
});

test('more rows that agree narrow the ranges further', () => {
  const width = (rows: number) => {
    const next = noise(3);
    const asks = Array.from({ length: rows }, (_, i) => SWEEP[i % SWEEP.length]);
    const calibration = Calibration.fromMeasurements(asks.map((ask) => server(NONE, ask, next, 0.3)));
    const { low, high } = Sizing.estimate({ ...OTHERS[2], calibration }).timePerOutputToken.mean;
    return Math.log(high / low);
  };
  expect(width(24)).toBeLessThan(width(6));
  expect(width(6)).toBeLessThan(width(1));
});

test('a row that is off pulls little where the others agree', () => {
  const rows = SWEEP.map((ask) => server(NONE, ask, noise(5), 0.1));
  const off = { ...rows[2], timePerOutputTokenMillis: rows[2].timePerOutputTokenMillis! * 1.4, outputTokensPerSecond: undefined };
  const at = (list: Measurement[]) => Sizing.estimate({ ...OTHERS[2], calibration: Calibration.fromMeasurements(list) }).timePerOutputToken.mean.expected;
  expect(Math.abs(Math.log(at([...rows.slice(0, 2), off, ...rows.slice(3)]) / at(rows)))).toBeLessThan(0.06);
});

test('whatever was measured, no constant beats the hardware or leaves its bounds', () => {
  const factor = fc.double({ min: 0.1, max: 10, noNaN: true });
  fc.assert(fc.property(fc.array(fc.tuple(fc.constantFrom(...SWEEP), factor, factor, factor), { minLength: 1, maxLength: 6 }), (drawn) => {
    const rows = drawn.map(([ask, a, b, c]) => {
      const exact = server(NONE, ask, () => 0, 0);
      const [rate, first, each] = [exact.outputTokensPerSecond! * a, exact.timeToFirstTokenMillis! * b, exact.timePerOutputTokenMillis! * c];
      return { ...exact, outputTokensPerSecond: rate, timeToFirstTokenMillis: first, timePerOutputTokenMillis: each };
    });
    let calibration: Calibration;
    try { calibration = Calibration.fromMeasurements(rows); } catch { return; }
    for (const { factors } of calibration.deployments) {
      for (const knob of KNOBS) {
        expect(factors[knob]).toBeGreaterThanOrEqual(1 / BOUND[knob] - 1e-3);
        expect(factors[knob]).toBeLessThanOrEqual(BOUND[knob]);
      }
      const { kernels, links } = corrected(FITTED, 'hopper', 'vllm', factors);
      for (const share of [...Object.values(kernels.hopper), links.scaleUpShare, ...links.pcieShare]) { expect(share).toBeLessThanOrEqual(1); }
    }
  }), { numRuns: 40 });
});

test('it touches nothing but the model, the accelerator, the engine and the precision that were measured', () => {
  const calibration = Calibration.fromMeasurements(SWEEP.map((ask) => server({ ...NONE, bandwidth: 0.6 }, ask, noise(1), 0.1)));
  const [, ask] = OTHERS;
  for (const over of [{ precision: Precision.BF16 }, { engine: { name: 'sglang' } }, { model: Model.named('Qwen/Qwen3-14B') }, { pool: { accelerator: Accelerator.named('h200-sxm') } }]) {
    expect(Sizing.estimate({ ...ask, ...over, calibration })).toEqual(Sizing.estimate({ ...ask, ...over }));
  }
  expect(Sizing.estimate({ ...ask, calibration }).timePerOutputToken.mean.expected).toBeGreaterThan(1.15 * Sizing.estimate(ask).timePerOutputToken.mean.expected);
});

const exact = server(NONE, SWEEP[1], () => 0, 0);
test.each<[string, object, string]>([
  ['latencies in seconds', { timePerOutputTokenMillis: 0.012 }, 'a token every 0.012 ms is faster than Qwen/Qwen3-32B on 2 x h100-sxm can read its weights'],
  ['prompts that were cached', { timeToFirstTokenMillis: 1 }, 'a first token after 1 ms is faster than Qwen/Qwen3-32B on 2 x h100-sxm can compute the prompt'],
  ['a throughput of several instances', { outputTokensPerSecond: 90_000 }, '90000 output tokens per second are more than the peaks of Qwen/Qwen3-32B on 2 x h100-sxm allow'],
  ['a throughput of another run', { outputTokensPerSecond: exact.outputTokensPerSecond! / 2 }, 'in flight by Little\'s law, but 8 are stated'],
  ['requests that failed', { requests: 90, failedRequests: 10 }, '10 of 100 requests failed, and those that do end early'],
  ['too few requests', { requests: 12 }, '12 requests are too few for a mean at this load; send at least 16'],
  ['nothing measured', { outputTokensPerSecond: undefined, timeToFirstTokenMillis: undefined, timePerOutputTokenMillis: undefined }, 'it states no figure that can be compared'],
  ['a server that is ten times slower', { outputTokensPerSecond: undefined, timePerOutputTokenMillis: exact.timePerOutputTokenMillis! * 10 }, 'times worse than what is expected of Qwen/Qwen3-32B on 2 x h100-sxm, which no constant explains'],
  ['what does not start', { layout: { tensorParallel: 1 }, precision: Precision.BF16, engine: { memoryFraction: 0.5 } }, 'the estimate says that this deployment does not start: the weights take'],
  ['a figure that is none', { timeToFirstTokenMillis: -1 }, "'timeToFirstTokenMillis' is -1 but must be a number above 0"],
  ['an unknown shape of row', { model: 'Qwen' }, "'model' is 'Qwen' but must be a Model"],
])('%s is refused by name', (_, over, sentence) => {
  const calibration = Calibration.fromMeasurements([exact, { ...exact, ...over, source: 'bad.json' }]);
  expect(calibration.refused.map(({ source }) => source)).toEqual(['bad.json']);
  expect(calibration.refused[0].reason).toContain(sentence);
  expect(calibration.deployments.map(({ rows }) => rows)).toEqual([1]);
});

test('an offered rate that the server did not bear is refused', () => {
  const row = { ...DEPLOYMENT, load: Load.requestsPerSecond(50, { promptTokens: 1000, outputTokens: 200 }), outputTokensPerSecond: 4000, timePerOutputTokenMillis: 40 };
  expect(Calibration.fromMeasurements([exact, row]).refused[0].reason)
    .toBe('50 requests per second came but 20 were served, so the queue grew while the run lasted; measure at a lower rate, or with a number in flight');
});

test('whatever a row is, it is used or refused in a sentence', () => {
  const wild = fc.oneof(fc.anything(), fc.record({
    ...Object.fromEntries(Object.entries(exact).map(([field, value]) => [field, fc.oneof({ weight: 9, arbitrary: fc.constant(value) }, fc.anything())])),
    requests: fc.anything(), failedRequests: fc.anything(),
  } as { [field: string]: fc.Arbitrary<unknown> }, { requiredKeys: [] }));
  fc.assert(fc.property(wild, (row) => {
    const calibration = Calibration.fromMeasurements([exact, row as Measurement]);
    const refused = calibration.refused.map(({ reason }) => reason);
    expect(refused.length + calibration.deployments.reduce((sum, { rows }) => sum + rows, 0)).toBe(2);
    for (const reason of refused) {
      expect(reason).toMatch(/^[^\n]{10,}$/);
      expect(reason).not.toMatch(/undefined is not|not a function|Cannot (read|convert)/);
    }
  }), { numRuns: 400 });
});

test('without a row that can be used there is no calibration', () => {
  expect(() => Calibration.fromMeasurements([{ ...exact, requests: 1, source: 'a.json' }]))
    .toThrow(new Error("none of the 1 measurements can be used: 'a.json': 1 requests are too few for a mean at this load; send at least 16"));
  expect(() => Calibration.fromMeasurements([])).toThrow(new Error("'rows' is a list of 0 but must be a list of at least one measurement"));
});

describe('the file', () => {
  const rows = SWEEP.map((ask) => server({ ...NONE, bandwidth: 0.7 }, ask, noise(9), 0.3));
  const calibration = Calibration.fromMeasurements(rows);

  test('is the same for the same rows, and gives the same estimate when it is read again', () => {
    const text = JSON.stringify(calibration.toJson());
    expect(JSON.stringify(Calibration.fromMeasurements(rows).toJson())).toBe(text);
    const again = Calibration.fromJson(JSON.parse(text));
    expect(JSON.stringify(again.toJson())).toBe(text);
    expect(again.deployments).toEqual(calibration.deployments);
    for (const ask of OTHERS) { expect(Sizing.estimate({ ...ask, calibration: again })).toEqual(Sizing.estimate({ ...ask, calibration })); }
  });

  test('keeps the slots for adapters that its rows were measured with', () => {
    const adapters = { maxLoras: 8, maxRank: 64 };
    const slotted = Calibration.fromMeasurements(rows.map((row) => ({ ...row, engine: { ...row.engine, adapters } }))).toJson();
    expect(slotted.rows[0].question).toMatchObject({ adapters });
    expect(calibration.toJson().rows[0].question).not.toHaveProperty('adapters');
  });

  test('says what was measured and how far off the estimate was and is', () => {
    const { rows: [first], deployments: [deployment] } = calibration.toJson();
    expect(first.question).toMatchObject({ model: 'Qwen/Qwen3-32B', accelerator: 'h100-sxm', precision: 'fp8', promptTokens: 500, prefixHitRatio: 0, load: { concurrency: 1 } });
    expect(first.measured).toMatchObject({ timePerOutputTokenMillis: rows[0].timePerOutputTokenMillis });
    expect(deployment.errorsAfter.timePerOutputToken).toBeLessThan(deployment.errorsBefore.timePerOutputToken);
  });

  test.each<[string, (json: any) => any, string]>([
    ['no object', () => 7, "the calibration is no such object; give what 'cdk8s-inference calibrate' wrote"],
    ['another format', (json) => ({ ...json, formatVersion: 2 }), "the calibration has the format 2 but this release reads 1; run 'cdk8s-inference calibrate --again' on it, which fits the rows in it once more"],
    ['other constants', (json) => ({ ...json, constants: 'x' }), "the calibration was made with other constants than this release has; run 'cdk8s-inference calibrate --again' on it, which fits the rows in it once more"],
    ['a factor beyond its bounds', (json) => ({ ...json, deployments: [{ ...json.deployments[0], factors: { ...json.deployments[0].factors, bandwidth: 9 } }] }),
      "the calibration can't be used: in deployments[0], 'factors.bandwidth' is 9 but must be a number from 0.499 to 2; run 'cdk8s-inference calibrate --again' on it, which fits the rows in it once more"],
    ['no places', (json) => ({ ...json, deployments: [{ ...json.deployments[0], places: [] }] }),
      "the calibration can't be used: in deployments[0], 'places' is a list of 0 but must be a list of at least one; run 'cdk8s-inference calibrate --again' on it, which fits the rows in it once more"],
  ])('that is %s is refused', (_, change, sentence) => {
    expect(() => Calibration.fromJson(change(calibration.toJson()))).toThrow(new Error(sentence));
  });
});

describe('a plan', () => {
  const calibration = Calibration.fromMeasurements(SWEEP.map((ask) => server({ ...NONE, bandwidth: 0.6, overhead: 1.5 }, ask, noise(2), 0.1)));
  const request = { ...DEPLOYMENT, pools: [DEPLOYMENT.pool], load: Load.requestsPerSecond(40, { promptTokens: 1000, outputTokens: 300 }), latency: { timePerOutputTokenMillis: 25 } };

  test('of a slower server takes more GPUs, and says what was corrected', () => {
    const plan = Sizing.plan({ ...request, calibration });
    expect(plan.gpus).toBeGreaterThan(Sizing.plan(request).gpus);
    const [said] = plan.explanation.filter((sentence) => sentence.startsWith('Constants are corrected'));
    expect(said).toMatch(/^Constants are corrected by 6 measurements of Qwen\/Qwen3-32B in fp8 on h100-sxm with vllm: memory bandwidth x 0\.\d+, .*\.$/);
  });

  test('of a fleet takes it with its capacity', () => {
    const { load, latency, ...rest } = request;
    const said = (over: object) => Capacity.forTarget({ load, latency, ...over })._solve(rest).plan!.explanation.some((sentence) => sentence.startsWith('Constants are corrected'));
    expect([said({ calibration }), said({})]).toEqual([true, false]);
  });

  test('of something else says that nothing was', () => {
    const { explanation } = Sizing.plan({ ...request, precision: Precision.BF16, calibration });
    expect(explanation).toContain('The calibration holds no measurement of Qwen/Qwen3-32B in bf16 on h100-sxm with vllm, so it changes nothing here.');
  });

  test('refuses what is no calibration', () => {
    expect(solve({ ...request, calibration: {} as any }).problem).toBe("'calibration' is a value of type object but must be a Calibration, from Calibration.fromJson or Calibration.fromMeasurements");
  });
});
