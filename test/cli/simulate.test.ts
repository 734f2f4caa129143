import { command } from './fake-io';
import { SizingRequest } from '../../src/sizing/questions';
import { simulateReplica as simulated } from '../../src/sizing/replica';
import { Sizing } from '../../src/sizing/sizing';

const QUESTION = {
  id: 1, model: 'meta-llama/Llama-3.1-8B-Instruct', accelerator: 'h100-sxm', layout: { tensorParallel: 1 }, promptTokens: 500, outputTokens: 100,
  load: { requestsPerSecond: 10 },
};
const SIZE = ['size', '--model', 'meta-llama/Llama-3.1-8B-Instruct', '--accelerator', 'h100-sxm', '--requests-per-second', '10', '--prompt-tokens', '500',
  '--output-tokens', '100'];

async function answer(question: object, ...options: string[]) {
  const { code, out } = await command(['estimate', ...options], { stdin: [JSON.stringify(question)] });
  return { code, ...JSON.parse(out) };
}

test("'estimate --simulate' answers in the same form, and says what it saw", async () => {
  const formula = await answer(QUESTION);
  const seen = await answer(QUESTION, '--simulate');
  expect(Object.keys(seen)).toEqual([...Object.keys(formula), 'simulation']);
  expect(Object.keys(seen.simulation)).toEqual(['requests', 'relativeError', 'queueGrows', 'preemptionsPerRequest', 'kvCacheUse', 'kvCachePeak']);
  expect(seen).toMatchObject({ code: 0, id: 1, fits: true, simulation: { queueGrows: false } });
  expect(seen.endToEndMillis.mean.expected / formula.endToEndMillis.mean.expected).toBeCloseTo(1, 1);
});

test('what does not fit has its reason, simulated or not', async () => {
  const big = { ...QUESTION, model: 'meta-llama/Llama-3.3-70B-Instruct' };
  expect(await answer(big, '--simulate')).toEqual(await answer(big));
});

test.each([
  [{ arrivalVariation: 20 }, "'arrivalVariation' is 20 but must be a number from 0 to 10"],
  [{ arrivalVariation: 2, load: { concurrency: 4 } }, "'arrivalVariation' goes with 'load.requestsPerSecond', not with 'load.concurrency'"],
])('%j is answered with what is wrong', async (part, error) => {
  expect(await answer({ ...QUESTION, ...part })).toEqual({ code: 1, id: 1, error });
});

test('bursts wait longer', async () => {
  // Prompts that nothing of is cached, so that there is something to wait for.
  const calm = await answer({ ...QUESTION, prefixHitRatio: 0 });
  const bursty = await answer({ ...QUESTION, prefixHitRatio: 0, arrivalVariation: 4 });
  expect(bursty.timeToFirstTokenMillis.p99.expected).toBeGreaterThan(calm.timeToFirstTokenMillis.p99.expected);
});

test("'size --simulate' shows one replica's simulation beside the formulas", async () => {
  const { code, out } = await command([...SIZE, '--simulate']);
  expect(code).toBe(0);
  const section = out.slice(out.indexOf('Simulation of one replica'));
  for (const part of ['Time to first token', 'Time per output token', 'End to end', 'requests,', 'KV cache', 'preemptions a request']) { expect(section).toContain(part); }
  expect((await command(SIZE)).out).not.toContain('Simulation');
});

test("'size --simulate --json' has the simulation as data", async () => {
  const plan = JSON.parse((await command([...SIZE, '--simulate', '--json'])).out);
  expect(plan.simulated.settings).toEqual(plan.estimate.settings);
  expect(plan.simulated.simulation.requests).toBeGreaterThanOrEqual(2000);
  expect(JSON.parse((await command([...SIZE, '--json'])).out)).not.toHaveProperty('simulated');
});

test('a queue that grows is said in words', async () => {
  const simulateReplica = (...[request, plan]: Parameters<typeof simulated>) => {
    const seen = simulated(request, plan);
    return { ...seen, simulation: { ...seen.simulation!, queueGrows: true } };
  };
  const { out } = await command([...SIZE, '--simulate'], { services: { simulateReplica } });
  expect(out).toContain('more requests came than were completed: the queue grows, and these latencies with it');
});

test("'--arrival-variation' reaches the plan", async () => {
  let asked: SizingRequest | undefined;
  const services = { plan: (request: SizingRequest) => { asked = request; return Sizing.plan(request); } };
  await command([...SIZE, '--arrival-variation', '2.5'], { services });
  expect(asked!.load.arrivalVariation).toBe(2.5);
  expect(await command([...SIZE, '--arrival-variation', '11'])).toEqual({ code: 2, out: '', err: "error: '--arrival-variation' is 11 but must be a number from 0 to 10\n" });
});
