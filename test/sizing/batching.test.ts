import { Batching, BatchingQuestion } from '../../src/sizing/batching';
import { StepTimes } from '../../src/sizing/compute';
import { lengthAt, normalBelow, spreadOf } from '../../src/sizing/lengths';
import { OperatingPoint } from '../../src/sizing/operating-point';

/** A step of 10 ms, and 1 ms for each decode and 0.1 ms for each prompt token. */
const steps = {
  seconds: (decodes: number, prefill: number) => 0.01 + 0.001 * decodes + 0.0001 * prefill,
  promptsAdd: (prefill: number) => 0.0001 * prefill,
  parts: (decodes: number, prefill: number) => ({ memory: 0.001 * decodes, compute: 0.0001 * prefill, communication: 0.002 * decodes, overhead: 0.01 }),
} as unknown as StepTimes;

const alike = (mean: number) => ({ mean, sigma: 0 });

const ROOTED = { mixed: { share: 0, clustering: 0 }, separate: { share: 0.25, clustering: 50 }, apart: 1, pipelineBubble: 0 };

/** Requests of 100 and 50 tokens, ten at once, 1,000 tokens a step. */
function batching(over: Partial<BatchingQuestion> = {}): Batching {
  return new Batching({
    steps, at: { tp: 1, pp: 1, dp: 1, ep: 1 }, prompt: alike(100), output: alike(50), computedShare: 1, maxNumBatchedTokens: 1000, mixesPrefill: true,
    lockstep: false, slots: 10, secondsPerArrival: 0.5, secondsPerPromptToken: 0, stepsToClient: 0,
    loops: { mixed: { share: 0.25, clustering: 0.1 }, separate: { share: 0.5, clustering: 0.05 }, apart: 0.1, pipelineBubble: 0.06 }, ...over,
  });
}

const PP = { at: { tp: 1, pp: 2, dp: 1, ep: 1 } };
const DP = { at: { tp: 1, pp: 1, dp: 2, ep: 1 } };
const APART = { mixesPrefill: false };

test.each<[string, Partial<BatchingQuestion>, number]>([
  ['its places', {}, 10],
  // Of 1,000 tokens a step, each request that writes one brings 100 / 50 of prompt.
  ['the budget of a step, which prompts share', { slots: 1e6 }, 1000 / 3],
  ['that of every rank', { slots: 1e6, ...DP }, 2000 / 3],
  ['places alone where prompts are read apart', { slots: 1e6, ...APART }, 1e6],
  ['what of the prompt is computed', { slots: 1e6, computedShare: 0.5 }, 1000 / 2],
  ['something, if it has next to no places', { slots: 0 }, 1e-6],
])('an instance decodes as many requests at once as %s', (_what, over, most) => {
  expect(batching(over).mostDecoding).toBeCloseTo(most, 9);
});

test.each<[string, Partial<BatchingQuestion>, number, number]>([
  // Ten requests bring 0.2 prompts a step, so 20 tokens; they come 110.3 at once, in 18.1 % of the steps.
  ['prompts ride along', {}, 10, 0.01 + 0.01 + 0.002],
  ['two stages take two steps, and 6 % of bubbles', PP, 10, 2 * (0.01 + 0.005 + 0.001) * 1.06],
  ['two ranks share the requests', DP, 10, 0.01 + 0.005 + 0.001],
  ['a step that runs has a request', {}, 0.001, 0.01 + 0.001 + 0.001 / 50 * 100 * 0.0001],
  ['found prompts cost nothing', { computedShare: 0.1 }, 10, 0.02 + 0.0002],
])('seconds per token: %s', (_what, over, decoding, seconds) => {
  const at = batching(over);
  expect(at.secondsPerToken(decoding)).toBeCloseTo(seconds, 9);
});

// Prompts that five bring: 10 tokens a step, met by six.
const MET = 0.01 + 0.006 + 0.001;

test('who comes at random finds one more than the mean, unless all places are taken', () => {
  expect(batching().throughput(5)).toBeCloseTo(5 / 50 / MET, 9);
  expect(batching().throughput(10)).toBeCloseTo(10 / 50 / 0.022, 9);
  expect(batching().throughput(9.5)).toBeCloseTo(9.5 / 50 / (0.01 + 0.01 + 0.0019), 9);
});

test('steps that cannot take all prompts are full of them, each step at most once', () => {
  // 300 requests bring 600 tokens a step; 6 prompts come at once, 601.5 tokens, and the step has room for 700.
  expect(batching({ slots: 300 }).secondsPerToken(300)).toBeCloseTo(0.01 + 0.3 + 0.06, 6);
  // 600 requests bring 1,200 tokens but a step has room for 400.
  expect(batching({ slots: 600 }).secondsPerToken(600)).toBeCloseTo(0.01 + 0.6 + 0.04, 9);
  // At least a sixteenth of a step is left to prompts.
  expect(batching({ slots: 2000 }).secondsPerToken(2000)).toBeCloseTo(0.01 + 2 + 0.00625, 9);
  // Where they interrupt, at least as many steps go to prompts for each that writes as hold them.
  expect(batching({ ...APART, slots: 2000 }).secondsPerToken(2000)).toBeGreaterThan(0.01 + 2 + 4 * (0.01 + 0.1));
});

const TOGETHER = 20 / -Math.expm1(-0.2);

test.each<[string, Partial<BatchingQuestion>, number, number]>([
  ['a short prompt takes the step that reads prompts together', {}, 100, 0.02 + 0.0001 * TOGETHER],
  ['a longer one its own tokens', {}, 500, 0.02 + 0.05],
  ['one beyond the room of 990 tokens takes several steps', {}, 1980, 2 * (0.02 + 0.099)],
  ['apart, there are no decodes in the step', APART, 2000, 2 * (0.01 + 0.1)],
  ['it passes through both stages', PP, 500, 2 * (0.015 + 0.05)],
])('the prompt: %s', (_what, over, tokens, seconds) => {
  expect(batching(over).promptSeconds(10, tokens)).toBeCloseTo(seconds, 9);
});

test.each<[string, Partial<BatchingQuestion>, object]>([
  ['together', {}, { memory: 0.01, compute: 0.002, communication: 0.02, overhead: 0.01 }],
  ['apart', APART, { memory: 0.01, compute: 0.002, communication: 0.02, overhead: 0.01 * (1 + batching(APART).stepAt(10).share) }],
])('the time of a step has the causes of its decodes and its share of prompts, read %s', (_what, over, parts) => {
  const found = batching(over).partsAt(10);
  for (const [cause, seconds] of Object.entries(parts)) { expect(found[cause as keyof typeof found]).toBeCloseTo(seconds, 9); }
});

const CAPACITY = 10 / 50 / 0.022;

test('capacity is what all places carry', () => {
  expect(batching().capacity()).toBeCloseTo(CAPACITY, 9);
  expect(batching().slots).toBe(10);
});

test('below capacity, as many are decoding as carry the rate', () => {
  const at = batching();
  const point = at.poisson(5);
  expect(at.throughput(point.decoding)).toBeCloseTo(5, 6);
  expect(point.requestsPerSecond).toBe(5);
  expect(point.decoding).toBeCloseTo(5, -1);
  expect(point.stepWait).toBeCloseTo((0.01 + 0.001 * (point.decoding + 1)) / 2, 9);
  expect(point.slotWait).toBeGreaterThan(0);
  expect([point.backlog, point.backlogSwing]).toEqual([0, 1]);
});

// Prompts take a seventeenth of the time while five are decoding; each adds 10 ms.
const LOAD = 0.001 / MET;
const RUN = LOAD * (1 - LOAD ** 50) / (1 - LOAD);

test('a token takes longer than the mean step, since long steps gather prompts whose requests then write', () => {
  const { secondsPerToken } = batching().pointAt(5);
  expect(secondsPerToken).toBeCloseTo(MET + 0.01 / 50 * RUN * (1 + LOAD * LOAD / (1 - LOAD * LOAD)), 9);
  const bursts = batching().pointAt(5, 3).secondsPerToken;
  expect(bursts).toBeCloseTo(MET + 0.01 / 50 * RUN * (1 + 9 * LOAD * LOAD / (1 - LOAD * LOAD)), 9);
});

test('a prompt waits for the step that it meets, which is rather a long one, and for those that are read together with it', () => {
  const point = batching().pointAt(5);
  const met = MET + 0.01 * LOAD / (1 - LOAD * LOAD);
  expect(point.stepWait).toBeCloseTo(0.016 / 2, 12);
  expect(point.promptWait).toBeCloseTo((LOAD * MET + met - MET) / 2 + LOAD * met, 9);
  expect(point.promptLoad).toBeCloseTo(1 - (1 - LOAD) * Math.exp(-0.1), 9);
});

test('the fewer places are left, the more requests wait for one, and where many are left none does', () => {
  const at = batching({ slots: 1000, maxNumBatchedTokens: 100_000 });
  const busy = [50, 900, 990, 1000].map((n) => at.pointAt(n).slotBusy);
  expect(busy).toEqual([...busy].sort((a, b) => a - b));
  expect(busy[0]).toBe(0);
  expect(busy[3]).toBe(1);
  // Completions that are all alike free places as regularly as they can; of exponential ones it is twice the wait.
  const [alikeWait, spreadWait] = [alike(50), { mean: 50, sigma: Math.sqrt(Math.log(2)) }].map((output) => batching({ output }).pointAt(10).slotWait);
  expect(spreadWait / alikeWait).toBeCloseTo(2, 9);
});

test('an overloaded instance does what it can, and its queue grows for ten minutes', () => {
  const point = batching().poisson(2 * CAPACITY);
  expect(point.decoding).toBe(10);
  expect(point.requestsPerSecond).toBeCloseTo(CAPACITY, 9);
  expect(point.slotBusy).toBe(1);
  expect(point.backlog).toBeCloseTo(300 * 0.5, 6);
});

test('a point of so many decoding carries what they do', () => {
  expect(batching().pointAt(5).requestsPerSecond).toBeCloseTo(batching().throughput(5), 12);
});

test('in a closed loop a prompt comes in a wave with all others, or meets those that come at random', () => {
  const point = batching().closedLoop(8);
  const perToken = 0.01 + 0.008 + 0.0016;
  const service = 100 / 248 * (0.018 + 0.0248);
  const prompt = 0.018 + 0.0001 * 16 / -Math.expm1(-0.16);
  // A tenth of the seven others for each of the two prompt tokens that come with a token of the completion.
  const stepWait = perToken / 2 + service * (0.25 * 7 / 2 + 0.75 * 0.1 * 7 * 100 / 50);
  expect(point.stepWait).toBeCloseTo(stepWait, 9);
  expect(point.requestsPerSecond).toBeCloseTo(8 / (0.5 + stepWait + prompt + 49 * perToken), 9);
  expect(point.backlog).toBeCloseTo(0, 9);
  expect([point.decoding, point.promptLoad, point.slotBusy, point.slotWait, point.backlogSwing, point.delivery]).toEqual([8, 0, 0, 0, 0, 0]);
});

test('the more completions differ, the fewer come in a wave: half of them where the deviation is as large as the constant says', () => {
  const apart = (output: { mean: number; sigma: number }) => batching({ output }).closedLoop(8);
  const differing = { mean: 50, sigma: Math.sqrt(Math.log1p(0.1 ** 2)) };
  const service = 100 / 248 * (0.018 + 0.0248);
  // An eighth of the requests meets 1.4 prompts that come apart instead of half of the seven.
  expect(apart(alike(50)).stepWait - apart(differing).stepWait).toBeCloseTo(service * 0.125 * (7 / 2 - 0.1 * 7 * 100 / 50), 9);
});

test('a single client finds itself alone', () => {
  expect(batching().closedLoop(1).stepWait).toBeCloseTo((0.011 + 0.0002) / 2, 9);
});

test('prompts that keep the reader busy for all of a round wait no longer than the root of their number', () => {
  const { stepWait } = batching({ ...APART, output: alike(1), prompt: alike(1000), slots: 100, secondsPerArrival: 0, loops: ROOTED }).closedLoop(16);
  expect(stepWait).toBeCloseTo((0.01 + 0.1) * (0.25 * 15 / 2 + 0.75 * Math.sqrt(15)), 9);
});

test('the client sees the first token some steps after it is made', () => {
  const [soon, later] = [batching(), batching({ stepsToClient: 3 })].map((at) => at.closedLoop(8));
  expect(later.delivery).toBeCloseTo(3 * later.secondsPerToken, 9);
  expect(later.requestsPerSecond).toBeCloseTo(8 / (8 / soon.requestsPerSecond + later.delivery), 9);
  expect(batching({ stepsToClient: 3 }).pointAt(5).delivery).toBeCloseTo(3 * batching().pointAt(5).secondsPerToken, 9);
});

test('beyond the places, a closed loop queues for the rest of a round', () => {
  const inside = batching().closedLoop(10);
  const point = batching().closedLoop(25);
  expect(point.requestsPerSecond).toBeCloseTo(inside.requestsPerSecond, 9);
  expect(point.backlog).toBeCloseTo(15 / point.requestsPerSecond, 6);
});

test('where the cache holds half of those that run until they end, each is put back once and read again with a quarter of its completion', () => {
  const { secondsPerToken } = batching().closedLoop(10);
  const crowded = batching({ slotsToTheEnd: 5 }).closedLoop(10);
  expect(crowded.secondsPerToken).toBeCloseTo(secondsPerToken + 10 / 50 * 0.0001 * (100 + 50 / 4), 9);
  expect(batching({ slotsToTheEnd: 10 }).closedLoop(10).secondsPerToken).toBe(secondsPerToken);
  // A request that is alone is never put back.
  expect(batching({ slotsToTheEnd: 0.5 }).closedLoop(1)).toEqual(batching().closedLoop(1));
});

test('where prompts are read apart, those of the others stop a request while it waits or while it writes', () => {
  const point = batching(APART).closedLoop(10);
  // Ten prompts fill one step of 1,000 tokens; each is 100 / 250 of a step of 250.
  const service = 100 / 250 * (0.01 + 0.025);
  // Those that come apart are read with what comes while one reads: 0.2 prompts a token, in 0.18402 steps of 108.7 tokens.
  const each = 0.0001 * 100 + 0.01 * 100 / 108.6855388;
  const own = 0.01 + 0.0001 * TOGETHER;
  const wait = service * 0.5 * 9 / 2 + each * 0.5 * 0.05 * 9 * 100 / 50;
  const perToken = 0.02 + (9 * (0.5 * service + 0.5 * each) - wait) / 50;
  expect(point.secondsPerToken).toBeCloseTo(perToken, 9);
  expect(point.stepWait).toBeCloseTo(wait, 9);
  expect(point.requestsPerSecond).toBeCloseTo(10 / (0.5 + wait + own + 49 * perToken), 9);
  expect([point.backlog, point.backlogSwing, point.decoding]).toEqual([expect.closeTo(0, 9), 0, 10]);
  const queued = batching(APART).closedLoop(30);
  expect(queued.backlog).toBeCloseTo(20 / point.requestsPerSecond, 9);
  expect(batching({ ...APART, ...PP }).closedLoop(1).secondsPerToken).toBeCloseTo(2 * 0.011, 9);
});

test('a batch that starts together reads all prompts, then writes all completions', () => {
  const point = batching().staticBatch(10);
  const whole = 0.01 + 0.1 + 49 * 0.02;
  expect(point).toEqual({
    requests: 10, decoding: 10, requestsPerSecond: expect.closeTo(10 / (0.5 + whole), 9), secondsPerToken: 0.02, prompted: 0, stepWait: 0, delivery: 0, promptWait: 0, promptLoad: 0, slotWait: 0,
    slotBusy: 0, backlog: 0, backlogSwing: 0, linkWait: 0, linkLoad: 0, promptsTogether: expect.closeTo(0.11, 9),
  });
  const twice = batching().staticBatch(20);
  expect([twice.decoding, twice.requestsPerSecond, twice.backlog]).toEqual([10, expect.closeTo(20 / (0.5 + 2 * whole), 9), expect.closeTo(whole / 2, 9)]);
  // 1,000 prompts tokens in two steps of 500, and through two stages.
  expect(batching({ maxNumBatchedTokens: 500 }).staticBatch(10).promptsTogether).toBeCloseTo(2 * (0.01 + 0.05), 9);
  expect(batching({ ...PP, maxNumBatchedTokens: 500 }).staticBatch(10).promptsTogether).toBeCloseTo(3 * (0.01 + 0.05), 9);
  expect(batching(PP).staticBatch(10).secondsPerToken).toBeCloseTo(2 * 0.015, 9);
  expect(batching(DP).staticBatch(10).promptsTogether).toBeCloseTo(0.01 + 0.05, 9);
});

test('a batch of spread lengths ends with its longest completion, and its steps become shorter', () => {
  const spread = spreadOf(50, 200);
  const point = batching({ output: spread }).staticBatch(10);
  const longest = lengthAt(spread, 1 - Math.exp(-0.5772156649) / 10);
  expect(point.requestsPerSecond).toBeCloseTo(10 / (0.5 + 0.01 + 0.1 + (longest - 1) * (0.01 + 0.001 * 10 * 50 / longest)), 6);
  // Two completions of this spread have a shorter one of 2 x the normal distribution at -sigma / the root of 2, of the mean.
  expect(point.secondsPerToken).toBeCloseTo(0.01 + 0.001 * (1 + 9 * 2 * normalBelow(-spread.sigma / Math.SQRT2)), 9);
});

const POINT: OperatingPoint = {
  decoding: 10, requestsPerSecond: 5, secondsPerToken: 0.02, prompted: 0, stepWait: 0.01, delivery: 0, promptWait: 0, promptLoad: 0, slotWait: 0, slotBusy: 0, backlog: 0,
  backlogSwing: 0, linkWait: 0, linkLoad: 0,
};
const OWN = 0.02 + 0.0001 * TOGETHER;

test.each<[string, Partial<OperatingPoint>, number, number]>([
  ['arrival, half a step on the mean, and the prompt', {}, 0.5, 0.5 + 0.01 + OWN],
  ['at p90 the late ones of a step', {}, 0.9, 0.5 + 0.018 + OWN],
  ['the way to the client', { delivery: 4 }, 0.9, 0.5 + 4 + 0.018 + OWN],
  ['a whole batch of prompts', { promptsTogether: 3 }, 0.5, 0.5 + 0.01 + 3],
  // A mean of 2 s where half wait: 4 s x ln(0.5 / 0.1) at p90, and none at p40. What lies above the means adds as squares.
  ['a busy reader', { promptLoad: 0.5, promptWait: 2 }, 0.9, 0.5 + 0.01 + OWN + 2 + Math.hypot(0.008, 4 * Math.log(5) - 2)],
  ['which most find free', { promptLoad: 0.5, promptWait: 2 }, 0.4, 0.5 + 0.008 + OWN],
  ['a backlog that is the same for all', { backlog: 7 }, 0.9, 0.5 + 0.018 + OWN + 7],
  ['one that grew from nothing', { backlog: 7, backlogSwing: 1 }, 0.9, 0.5 + 0.01 + OWN + 7 + Math.hypot(0.008, 7 * 0.8)],
])('the first token waits for %s', (_what, over, p, seconds) => {
  expect(batching().firstTokenAt({ ...POINT, ...over }, p)).toBeCloseTo(seconds, 9);
});

test('a taken place is waited for as often as all are taken', () => {
  const wait = batching({ slots: 1 }).firstTokenAt({ ...POINT, slotBusy: 0.5, slotWait: 2 }, 0.9);
  expect(wait).toBeCloseTo(0.5 + 0.01 + OWN + 2 + Math.hypot(0.008, 4 * Math.log(5) - 2), 9);
});

test('the mean first token adds up all waits', () => {
  const { firstTokenMean } = { firstTokenMean: (over: Partial<OperatingPoint>) => batching().firstTokenMean({ ...POINT, ...over }) };
  expect(firstTokenMean({ promptWait: 1, slotWait: 2, backlog: 4 })).toBeCloseTo(0.5 + 0.01 + OWN + 7, 9);
  expect(firstTokenMean({ promptsTogether: 3 })).toBeCloseTo(0.5 + 0.01 + 3, 9);
});

test('a token of a prompt costs its time on the way to the queue, of each request its own', () => {
  const [without, read] = [{}, { secondsPerPromptToken: 0.001 }].map((over) => batching({ prompt: spreadOf(100, 400), ...over }));
  expect(read.firstTokenMean(POINT) - without.firstTokenMean(POINT)).toBeCloseTo(0.1, 9);
  expect(read.firstTokenAt(POINT, 0.99) - without.firstTokenAt(POINT, 0.99)).toBeGreaterThan(0.35);
  expect(read.closedLoop(8).requestsPerSecond).toBeCloseTo(8 / (8 / without.closedLoop(8).requestsPerSecond + 0.1), 9);
});

test('a longer prompt of the same requests waits longer for its first token', () => {
  const spread = batching({ prompt: spreadOf(100, 400), computedShare: 0.5 });
  const mean = 0.02 + 0.0001 * 50 * 0.2 / -Math.expm1(-0.2);
  // Half may be of requests that find nothing in the cache: one in a hundred of all is one in fifty of these.
  const late = (computed: number) => 0.5 + 0.01 + mean + Math.hypot(0.01 * (2 * 0.98 - 1), 0.02 + 0.0001 * computed * lengthAt(spreadOf(100, 400), 0.98) - mean);
  expect(spread.firstTokenAt(POINT, 0.99)).toBeCloseTo(late(1), 6);
  // Where even those find a fifth, four fifths of it are computed.
  const shared = batching({ prompt: spreadOf(100, 400), computedShare: 0.5, mostComputedShare: 0.8 });
  expect(shared.firstTokenAt(POINT, 0.99)).toBeCloseTo(late(0.8), 6);
  expect(batching({ computedShare: 0.9, mostComputedShare: 0.8 }).firstTokenAt(POINT, 0.99)).toBe(batching({ computedShare: 0.9, mostComputedShare: 0.9 }).firstTokenAt(POINT, 0.99));
  // Where one in a hundred finds little, these are no later than the latest of the others.
  const [few, none] = [1, 0].map((mostComputedShare) => batching({ prompt: spreadOf(100, 400), computedShare: 0.01, mostComputedShare }));
  expect(few.firstTokenAt(POINT, 0.99)).toBe(none.firstTokenAt(POINT, 0.99));
  expect(few.firstTokenAt(POINT, 0.999) - none.firstTokenAt(POINT, 0.999)).toBeGreaterThan(0.005);
  // The 40th is one of those that find half.
  const own = 0.02 + 0.0001 * Math.max(50 * 0.2 / -Math.expm1(-0.2), lengthAt(spreadOf(100, 400), 0.4) / 2);
  expect(spread.firstTokenAt(POINT, 0.4)).toBeCloseTo(0.5 + 2 * 0.4 * 0.01 + own, 6);
});

test('time per token differs by 6 % between requests, and by the prompts that are read meanwhile, the more the shorter the completion', () => {
  const sigma = Math.sqrt(Math.log1p(0.0036));
  expect(batching().tokenAt(POINT, 0.5)).toBeCloseTo(0.02, 9);
  expect(batching().tokenAt(POINT, 0.1)).toBeCloseTo(0.02 * Math.exp(-1.2815515655 * sigma), 9);
  expect(batching().tokenAt(POINT, 0.9)).toBeCloseTo(0.02 * Math.exp(1.2815515655 * sigma - sigma * sigma / 2), 9);
  const spread = { mean: 50, sigma: Math.sqrt(Math.log(3)) };
  const prompted = Math.sqrt(Math.log1p(0.0036 + 0.04 * 3));
  expect(batching({ output: spread }).tokenAt({ ...POINT, prompted: 0.04 }, 0.9)).toBeCloseTo(0.02 * Math.exp(1.2815515655 * prompted - prompted ** 2 / 2), 9);
});

test('end to end is the first token and the others', () => {
  const at = batching();
  expect(at.endToEndMean(POINT)).toBeCloseTo(0.5 + 0.01 + OWN + 49 * 0.02, 9);
  expect(batching({ output: alike(0.5) }).endToEndMean(POINT)).toBeCloseTo(batching({ output: alike(0.5) }).firstTokenMean(POINT), 9);
});

test('the spreads of first token, length and token time add as squares', () => {
  const at = batching({ output: spreadOf(50, 200) });
  const first = 0.01 * (2 * 0.99 - 1);
  const lengths = 150 * 0.02;
  const sigma = Math.sqrt(Math.log1p(0.0036));
  const token = 50 * 0.02 * Math.expm1(2.32634787 * sigma - sigma * sigma / 2);
  expect(at.endToEndAt(POINT, 0.99)).toBeCloseTo(at.endToEndMean(POINT) + Math.sqrt(first ** 2 + lengths ** 2 + token ** 2), 6);
  // Short completions at p1: the lower tail is a smaller sum, not below a twentieth of the mean.
  expect(at.endToEndAt(POINT, 0.01)).toBeLessThan(at.endToEndMean(POINT));
  const long = batching({ output: spreadOf(5000, 60_000), secondsPerArrival: 0 });
  expect(long.endToEndAt(POINT, 0.001)).toBeCloseTo(0.05 * long.endToEndMean(POINT), 9);
});

test('what is said of one point is not said of the next', () => {
  const one = batching({ prompt: spreadOf(100, 400) });
  const [light, full] = [one.pointAt(1), one.pointAt(9)];
  const said = (of: Batching) => [light, full, light].flatMap((point) => [of.firstTokenMean(point), of.endToEndAt(point, 0.5), of.endToEndAt(point, 0.99)]);
  const fresh = [light, full, light].flatMap((point) => {
    const each = () => batching({ prompt: spreadOf(100, 400) });
    return [each().firstTokenMean(point), each().endToEndAt(point, 0.5), each().endToEndAt(point, 0.99)];
  });
  expect(said(one)).toEqual(fresh);
  expect(fresh[0]).toBeLessThan(fresh[3]);
});
