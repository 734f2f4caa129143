import { StepTimes } from '../../src/sizing/compute';
import { Pace, PaceQuestion, Pacing } from '../../src/sizing/pace';
import { Random } from '../../src/sizing/random';

/** A step of 10 ms, and 1 ms for each decode and 0.1 ms for each prompt token. */
const steps = {
  seconds: (decodes: number, prefill: number) => 0.01 + 0.001 * decodes + 0.0001 * prefill, promptsAdd: (prefill: number) => 0.0001 * prefill,
} as unknown as StepTimes;
const alike = (mean: number) => ({ mean, sigma: 0 });
const ONE = { tp: 1, pp: 1, dp: 1, ep: 1 };

/** Requests of 100 and 50 tokens, 1,000 tokens a step. */
function pacing(over: Partial<PaceQuestion> = {}): Pacing {
  return new Pacing({
    steps, at: ONE, prompt: alike(100), output: alike(50), computedShare: 1, maxNumBatchedTokens: 1000, mixesPrefill: true, lockstep: false,
    loops: { pipelineBubble: 0 }, ...over,
  });
}

test('prompts add their own time to a step, and come as often as completions end', () => {
  // Ten requests bring a prompt in each fifth step.
  const pace = pacing().at(10);
  expect(pace.plain).toBeCloseTo(0.02, 12);
  expect(pace.mean).toBeCloseTo(0.022, 12);
  expect(pacing().full(10)).toBeCloseTo(0.02 + 0.099, 12);
  expect([pace.prompt, pace.load, pace.prompts]).toEqual([expect.closeTo(0.01, 12), expect.closeTo(0.002 / 0.022, 12), expect.closeTo(0.2, 12)]);
});

const TWO_RANKS = { ...ONE, dp: 2, ep: 2 };
const LOCKSTEP = { at: TWO_RANKS, lockstep: true };

test('a prompt on any of the ranks that share experts stops all; of ranks of their own, and where all read at the same time, it stops its own', () => {
  // Each rank meets 0.1 prompts in a step: one of both reads in nearly twice as many steps.
  expect(pacing(LOCKSTEP).at(10).mean).toBeGreaterThan(0.0165);
  expect(pacing(LOCKSTEP).at(10).mean).toBeLessThan(0.017);
  expect(pacing({ at: TWO_RANKS }).at(10).mean).toBeCloseTo(0.015 + 0.001, 12);
  expect(pacing(LOCKSTEP).at(10, 10, false).mean).toBeCloseTo(0.015 + 0.001, 12);
});

test('of spread prompts that are read at the same time, all wait for the longest', () => {
  const prompt = { mean: 100, sigma: 0.7 };
  expect(pacing({ ...LOCKSTEP, prompt }).at(80).mean).toBeGreaterThan(pacing(LOCKSTEP).at(80).mean);
  // Not longer than a step may be.
  expect(pacing({ ...LOCKSTEP, prompt, maxNumBatchedTokens: 130 }).at(80).mean).toBeLessThanOrEqual(0.01 + 0.04 + 0.013);
});

test('a token takes no less time where more prompts are read, also about where two of them begin to meet', () => {
  const spread = pacing({ ...LOCKSTEP, prompt: { mean: 100, sigma: 0.7 } });
  const means = Array.from({ length: 400 }, (_, i) => spread.at(20 + i / 4).mean);
  expect(means.filter((mean, i) => mean < means[i - 1])).toEqual([]);
});

test('ranks that all read in each of their steps read side by side, and no more prompts than they have', () => {
  const asked: (number | undefined)[] = [];
  const watched = { ...steps, seconds: (decodes: number, prefill: number, all?: number) => { asked.push(all); return steps.seconds(decodes, prefill); } } as unknown as StepTimes;
  const reading: Partial<PaceQuestion> = { steps: watched, mixesPrefill: false, output: alike(1), prompt: alike(400) };
  // Sixteen prompts of 400 tokens a rank, in 6.4 steps of 1,000.
  expect(pacing({ ...LOCKSTEP, ...reading }).at(32).mean).toBeCloseTo(0.01 + 0.016 + 6.4 * (0.01 + 0.1), 9);
  expect(Math.max(...asked.map((all) => all ?? 0))).toBe(2000);
});

const TWO_STAGES = { at: { ...ONE, pp: 2 } };

test('a prompt in either of two stages stops both; pieces of a long one follow each other', () => {
  const [plain, prompt] = [0.015, 0.001];
  const two = pacing(TWO_STAGES).at(10).mean;
  expect(two).toBeGreaterThan(2 * (plain + 1.8 * prompt));
  expect(two).toBeLessThan(2 * (plain + 2 * prompt));
  // Prompts of 3,000 tokens take three steps or more, of which the last alone keeps the other stage waiting.
  const long = pacing({ ...TWO_STAGES, prompt: alike(3000) }).at(10).mean;
  expect(long).toBeGreaterThan(2 * (plain + 30 * prompt));
  expect(long).toBeLessThan(2 * (plain + 30 * prompt * 4 / 3));
});

test('where prompts have steps of their own, as many follow each other as it takes until one finds none waiting', () => {
  const apart = pacing({ mixesPrefill: false });
  for (const decoding of [10, 50, 200]) {
    const { share, prefill } = apart.stepAt(decoding);
    const [plain, reading] = [0.01 + 0.001 * decoding, 0.01 + 0.0001 * prefill];
    const rate = decoding / 50 / (plain + share * reading);
    expect(share * prefill).toBeCloseTo(decoding * 2, 6);
    expect(share).toBeCloseTo(-Math.expm1(-rate * plain) * Math.exp(rate * reading), 5);
    expect(apart.at(decoding).mean).toBeCloseTo(plain + share * reading, 9);
  }
});

// ── steps as a series ────────────────────────────────────────────────────────

/** Steps that read all prompts that came during the last one: what is seen of a long series of them. */
function series(plain: number, prompt: number, rate: number, written: number): { met: number; noticed: number; variance: number } {
  const random = new Random(7);
  const came: number[] = [];
  const times: number[] = [];
  let last = plain;
  for (let i = 0; i < 200_000; i++) {
    let prompts = 0;
    for (let left = rate * last; (left += Math.log(random.uniform())) > 0;) { prompts++; }
    last = plain + prompt * prompts;
    came.push(prompts);
    times.push(last);
  }
  const starts = [0];
  for (const time of times) { starts.push(starts[starts.length - 1] + time); }
  const perToken: number[] = [];
  for (let i = 0; i + written < times.length; i++) {
    const mean = (starts[i + 1 + written] - starts[i + 1]) / written;
    for (let n = 0; n < came[i]; n++) { perToken.push(mean); }
  }
  const mean = (values: readonly number[]) => values.reduce((sum, value) => sum + value, 0) / values.length;
  const noticed = mean(perToken);
  return {
    met: mean(times.map((time) => time * time)) / mean(times), noticed, variance: mean(perToken.map((value) => (value - noticed) ** 2)),
  };
}

test.each([[0.3, 20], [0.6, 20], [0.6, 100], [0.8, 50]])('prompts that take %d of the time, and completions of %d tokens: what a series of steps shows', (load, written) => {
  const [plain, prompt] = [0.01, 0.02];
  const seen = series(plain, prompt, load / prompt, written);
  const pace: Pace = { plain, mean: plain / (1 - load), prompt, load, prompts: 0 };
  const model = pacing({ output: alike(written) });
  const met = model.met(pace, 1);
  expect(met / seen.met).toBeCloseTo(1, 1);
  expect((pace.mean + model.gathered(pace, 1)) / seen.noticed).toBeCloseTo(1, 1);
  expect(model.unlike(pace, met) / seen.variance).toBeGreaterThan(0.7);
  expect(model.unlike(pace, met) / seen.variance).toBeLessThan(1.5);
});
