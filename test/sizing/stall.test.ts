import { StepTimes } from '../../src/sizing/compute';
import { PaceQuestion, Pacing } from '../../src/sizing/pace';
import { Random } from '../../src/sizing/random';

/** A step of 10 ms, and 1 ms for each decode and 0.1 ms for each prompt token. */
const PER_TOKEN = 0.0001;
const steps = {
  seconds: (decodes: number, prefill: number) => 0.01 + 0.001 * decodes + PER_TOKEN * prefill, promptsAdd: (prefill: number) => PER_TOKEN * prefill,
} as unknown as StepTimes;
const WRITTEN = 50;
const BUDGET = 1000;

/** Steps that wait for each other, of requests that all have prompts of so many tokens. */
function pacing(ranks: number, stages: number, prompt: number, mixesPrefill = true): Pacing {
  const question: PaceQuestion = {
    steps, at: { tp: 1, pp: stages, dp: ranks, ep: ranks }, prompt: { mean: prompt, sigma: 0 }, output: { mean: WRITTEN, sigma: 0 }, computedShare: 1,
    maxNumBatchedTokens: BUDGET, mixesPrefill, lockstep: ranks > 1, loops: { pipelineBubble: 0 },
  };
  return new Pacing(question);
}

/** Draws numbers of arrivals. */
function poisson(random: Random): (mean: number) => number {
  return (mean) => {
    let count = 0;
    for (let left = mean; (left += Math.log(random.uniform())) > 0;) { count++; }
    return count;
  };
}

const STEPS = 20_000;

/** Seconds between two tokens, of steps that all ranks take together: prompts go to the ranks in turn. */
function ranksTogether(ranks: number, plain: number, prompt: number, rate: number, room: number): number {
  const come = poisson(new Random(7));
  const queues = Array.from({ length: ranks }, () => 0);
  let turn = 0;
  let [last, sum] = [plain, 0];
  for (let i = 0; i < STEPS; i++) {
    for (let left = come(rate * last); left > 0; left--) { queues[turn++ % ranks] += prompt; }
    let most = 0;
    queues.forEach((queue, rank) => {
      const read = Math.min(room, queue);
      queues[rank] -= read;
      most = Math.max(most, read);
    });
    last = plain + PER_TOKEN * most;
    sum += last;
  }
  return sum / STEPS;
}

/** Seconds of a stage between two tokens, of steps of which as many are under way as there are stages, none of which overtakes. */
function stagesInLine(stages: number, plain: number, prompt: number, rate: number, room: number, mixes: boolean): number {
  const come = poisson(new Random(7));
  const ends: number[] = [];
  let [queue, free, last, started, writing] = [0, 0, 0, 0, 0];
  for (let i = 0; i < STEPS; i++) {
    const now = Math.max(free, ends.length >= stages ? ends.shift()! : 0);
    queue += prompt * come(rate * (now - started));
    started = now;
    const read = Math.min(room, queue);
    queue -= read;
    if (mixes || read === 0) { writing++; }
    const seconds = (mixes ? plain : read > 0 ? 0.01 : plain) + PER_TOKEN * read;
    free = now + seconds;
    last = Math.max(now + stages * seconds, last + seconds);
    ends.push(last);
  }
  return started / writing;
}

/** The pace while so many are decoding, over that of a series of steps at the same rate of prompts. */
function overSeries(ranks: number, stages: number, prompt: number, decoding: number, mixes = true): number {
  const model = pacing(ranks, stages, prompt, mixes).at(decoding).mean / stages;
  const each = decoding / ranks / stages;
  const rate = decoding / stages / WRITTEN / model;
  const plain = 0.01 + 0.001 * each;
  const room = mixes ? BUDGET - each : BUDGET;
  return model / (ranks > 1 ? ranksTogether(ranks, plain, prompt, rate, room) : stagesInLine(stages, plain, prompt, rate, room, mixes));
}

test.each([
  [2, 100, 20], [2, 100, 100], [4, 300, 40], [4, 300, 150], [8, 100, 300], [8, 900, 40],
])('%d ranks wait for the one that reads most: prompts of %d tokens, %d that write', (ranks, prompt, decoding) => {
  expect(overSeries(ranks, 1, prompt, decoding)).toBeGreaterThan(0.92);
  expect(overSeries(ranks, 1, prompt, decoding)).toBeLessThan(1.08);
});

test.each([
  [2, 100, 20], [2, 100, 200], [2, 900, 10], [2, 900, 25], [2, 900, 60], [4, 100, 40], [4, 300, 40], [4, 900, 10], [4, 900, 20], [4, 900, 120],
])('%d stages wait for a step that reads until it has left: prompts of %d tokens, %d that write', (stages, prompt, decoding) => {
  expect(overSeries(1, stages, prompt, decoding)).toBeGreaterThan(0.9);
  expect(overSeries(1, stages, prompt, decoding)).toBeLessThan(1.12);
});

test.each([
  [2, 100, 20], [2, 300, 40], [2, 900, 10], [2, 900, 20],
])('%d stages whose prompts have steps of their own: prompts of %d tokens, %d that write', (stages, prompt, decoding) => {
  expect(overSeries(1, stages, prompt, decoding, false)).toBeGreaterThan(0.9);
  expect(overSeries(1, stages, prompt, decoding, false)).toBeLessThan(1.12);
});

test('hardly any prompt stops hardly anybody, and none makes a step shorter', () => {
  for (const [ranks, stages] of [[4, 1], [1, 4]]) {
    for (const mixes of [true, false]) {
      const model = pacing(ranks, stages, 300, mixes);
      const plain = stages * 0.011;
      expect(model.at(1e-12).mean / plain).toBeCloseTo(1, 6);
      const means = Array.from({ length: 300 }, (_, i) => model.at(1 + i).mean);
      expect(means.filter((mean, i) => mean < means[i - 1])).toEqual([]);
    }
  }
});

test('steps that are all full take no longer than that', () => {
  for (const [ranks, stages] of [[4, 1], [1, 4]]) {
    const model = pacing(ranks, stages, 900);
    expect(model.at(400).mean).toBeLessThanOrEqual(model.full(400) * (1 + 1e-9));
  }
});
