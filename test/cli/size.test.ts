import { join } from 'node:path';
import { command } from './fake-io';
import { folder } from './folder';
import { plan } from './plan-fixture';
import { Accelerator } from '../../src/catalog/accelerator';
import { Model } from '../../src/catalog/model';
import { Precision } from '../../src/catalog/precision';
import { Services } from '../../src/cli/services';
import { DisaggregatedRequest } from '../../src/sizing/disaggregated-plan';
import { Load } from '../../src/sizing/load';
import { Objective } from '../../src/sizing/objective';
import { SizingRequest } from '../../src/sizing/questions';
import { Sizing } from '../../src/sizing/sizing';

const MODEL = ['--model', 'meta-llama/Llama-3.1-8B-Instruct'];
const ON = ['--accelerator', 'h100-sxm'];
const LOAD = ['--requests-per-second', '2', '--prompt-tokens', '500', '--output-tokens', '100'];

/** Runs `size` with a planner that notes what it was asked. */
async function ask(...argv: string[]): Promise<SizingRequest> {
  let asked: SizingRequest | undefined;
  const noted: Partial<Services> = { plan: (request) => { asked = request; return plan(); } };
  expect(await command(['size', ...argv], { services: noted })).toMatchObject({ code: 0, err: '' });
  return asked!;
}

describe('size', () => {
  test('hands every option to the sizing', async () => {
    const request = await ask(
      ...MODEL, ...ON, ...LOAD, '--precision', 'fp8', '--kv-cache-precision', 'bf16', '--gpus-per-node', '4', '--max-gpus', '16', '--price-per-gpu-hour', '2.5',
      '--prompt-tokens-p99', '3000', '--output-tokens-p99', '900', '--prefix-hit-ratio', '0.3', '--host-hit-ratio', '0.2', '--host-link-bytes-per-second', '32e9', '--ttft-millis', '400', '--tpot-millis', '40', '--e2e-millis', '9000',
      '--percentile', '99', '--headroom', '0.1', '--spare-replicas', '1', '--engine', 'sglang', '--engine-version', '0.5', '--tensor-parallel', '2',
      '--pipeline-parallel', '1', '--data-parallel', '4', '--expert-parallel', '8', '--replicas', '3', '--max-model-len', '8192', '--max-num-seqs', '64',
      '--max-num-batched-tokens', '2048', '--memory-fraction', '0.85', '--kv-block-size', '32', '--objective', 'lowest-latency', '--budget-gpus', '64',
      '--budget-dollars', '99.5', '--tune-engine', '--tune-kv-cache');
    const { model, pools, load, ...rest } = request;
    expect(model.id).toBe('meta-llama/Llama-3.1-8B-Instruct');
    expect(pools).toMatchObject([{ gpusPerNode: 4, maxGpus: 16, dollarsPerGpuHour: 2.5, hostLinkBytesPerSecond: 32e9 }]);
    expect(pools[0].accelerator.name).toBe('h100-sxm');
    expect(load).toMatchObject({
      kind: 'requestsPerSecond',
      amount: 2,
      lengths: { promptTokens: 500, outputTokens: 100, promptTokensP99: 3000, outputTokensP99: 900, prefixHitRatio: 0.3, hostHitRatio: 0.2 },
    });
    expect(rest).toEqual({
      precision: Precision.FP8,
      kvCachePrecision: Precision.BF16,
      latency: { percentile: 99, timeToFirstTokenMillis: 400, timePerOutputTokenMillis: 40, endToEndMillis: 9000 },
      headroom: 0.1,
      spareReplicas: 1,
      engine: { name: 'sglang', version: '0.5', maxModelLen: 8192, maxNumSeqs: 64, maxNumBatchedTokens: 2048, memoryFraction: 0.85, kvBlockSize: 32 },
      layout: { tensorParallel: 2, pipelineParallel: 1, dataParallel: 4, expertParallel: 8 },
      replicas: 3,
      objective: Objective.lowestLatency({ maxGpus: 64, maxDollarsPerHour: 99.5 }),
      tuneEngine: true,
      tuneKvCache: true,
    });
  });

  test('leaves to the sizing what no option states', async () => {
    const request = await ask(...MODEL, ...ON, ...LOAD);
    const { layout, latency, headroom, spareReplicas, replicas, precision, kvCachePrecision, objective } = request;
    expect([objective, layout, latency, headroom, spareReplicas, replicas, precision, kvCachePrecision].filter((value) => value !== undefined)).toEqual([]);
  });

  test('takes output tokens a second as the load', async () => {
    const request = await ask(...MODEL, ...ON, '--output-tokens-per-second', '3000', '--prompt-tokens', '500', '--output-tokens', '100');
    expect(request.load).toMatchObject({ kind: 'outputTokensPerSecond', amount: 3000 });
  });

  test("takes the node's GPUs and the lowest price from the catalogue", async () => {
    const [h100, gb200] = (await ask(...MODEL, ...ON, '--accelerator', 'a10g', ...LOAD)).pools;
    expect(h100.gpusPerNode).toBe(8);
    expect(h100.dollarsPerGpuHour).toBeGreaterThan(1);
    expect(gb200.accelerator.name).toBe('a10g');
  });

  test('takes machines by the name that their cloud gives them', async () => {
    const [pool] = (await ask(...MODEL, '--instance', 'p5.48xlarge', ...LOAD)).pools;
    expect(pool).toMatchObject({ name: 'p5.48xlarge', gpusPerNode: 8 });
    expect(pool.accelerator.name).toBe('h100-sxm');
    expect(pool.interNodeBytesPerSecond).toBeGreaterThan(1e9);
  });

  test('reads the model from a config.json', async () => {
    const config = {
      model_type: 'llama',
      architectures: ['LlamaForCausalLM'],
      hidden_size: 4096,
      num_hidden_layers: 32,
      num_attention_heads: 32,
      num_key_value_heads: 8,
      intermediate_size: 14336,
      vocab_size: 128256,
      torch_dtype: 'bfloat16',
      max_position_embeddings: 131072,
      tie_word_embeddings: false,
    };
    const file = join(folder({ 'config.json': JSON.stringify(config) }), 'config.json');
    expect((await ask('--config', file, '--parameters', '8.1e9', ...ON, ...LOAD)).model.parameters).toBe(8.1e9);
    expect((await ask('--config', file, ...ON, ...LOAD)).model.parameters).toBeCloseTo(8.03e9, -8);
  });

  test.each([['fewest-gpus', Objective.FEWEST_GPUS], ['lowest-cost', Objective.LOWEST_COST], ['lowest-energy', Objective.LOWEST_ENERGY]])('seeks %s', async (name, objective) => {
    expect((await ask(...MODEL, ...ON, ...LOAD, '--objective', name)).objective).toBe(objective);
  });

  test('prints the plans to choose between, for people or as JSON', async () => {
    const candidates = Sizing.front({
      model: Model.named(MODEL[1]), pools: [{ accelerator: Accelerator.named('h100-sxm'), dollarsPerGpuHour: 2 }], load: Load.requestsPerSecond(2, { promptTokens: 500, outputTokens: 100 }),
    });
    const front = { front: () => candidates };
    const { out, code } = await command(['size', ...MODEL, ...ON, ...LOAD, '--front'], { services: front });
    expect(code).toBe(0);
    const [title, head, first, ...rest] = out.trimEnd().split('\n');
    expect(title).toBe('Plans of which no other is better in price, power and end-to-end time');
    expect(head).toMatch(/^  pool +layout +GPUs +per hour +power +first token +per token +end to end$/);
    expect(first).toMatch(/^  h100-sxm  1 x \(TP 1\) +1 +\$2\.00 +0\.\d+ kW +[\d.]+ ms +[\d.]+ ms +[\d.]+ (ms|s)$/);
    expect(rest.length).toBe(candidates.length - 1);
    const json = JSON.parse((await command(['size', ...MODEL, ...ON, ...LOAD, '--front', '--json'], { services: front })).out);
    expect(json.map((c: { gpus: number }) => c.gpus)).toEqual(candidates.map((c) => c.gpus));
    expect(Object.keys(json[0])).toEqual(['pool', 'layout', 'kvCachePrecision', 'replicas', 'gpus', 'cost', 'energy', 'estimate']);
  });

  test.each([
    [['--front', '--simulate'], "'--simulate' goes with one plan; leave out '--front'"],
    ...['--front', '--simulate', '--tensor-parallel', '--pipeline-parallel', '--data-parallel', '--expert-parallel', '--replicas', '--tune-engine', '--tune-kv-cache']
      .map((option) => [['--disaggregated', option, ...option.endsWith('parallel') || option === '--replicas' ? ['2'] : []],
        `'${option}' goes with one fleet for both; leave it out, or '--disaggregated'`] as [string[], string]),
  ] as [string[], string][])('%j is refused before anything is worked out', async (argv, sentence) => {
    const never = () => { throw new Error('worked out'); };
    const answer = await command(['size', ...MODEL, ...ON, ...LOAD, ...argv], { services: { plan: never, front: never, disaggregated: never } });
    expect(answer).toEqual({ code: 2, out: '', err: `error: ${sentence}\n` });
  });

  test('plans prompts and completions on instances of their own, for people or as JSON', async () => {
    let asked: DisaggregatedRequest | undefined;
    const services: Partial<Services> = { disaggregated: (request) => { asked = request; return Sizing.disaggregated(request); } };
    const argv = ['size', ...MODEL, ...ON, ...LOAD, '--disaggregated', '--ttft-millis', '900', '--engine', 'sglang'];
    const { out, code } = await command(argv, { services });
    expect(code).toBe(0);
    expect(asked).toMatchObject({ latency: { timeToFirstTokenMillis: 900 }, engine: { name: 'sglang' } });
    expect(out).toContain('\n  Prompts      1 replica of TP 1 (1 GPU), ');
    expect(out).toMatch(/^ +mean +p50 +p90 +p99 +p95 +target$/m);
    const json = JSON.parse((await command([...argv, '--json'])).out);
    expect(json).toMatchObject({ formatVersion: 1, prefill: { replicas: 1 }, decode: { replicas: 1 }, gpus: 2, aggregated: { replicas: 1, gpus: 1 } });
  });

  test('an objective that separate instances are not searched for is named in options', async () => {
    const answer = await command(['size', ...MODEL, ...ON, ...LOAD, '--disaggregated', '--objective', 'lowest-energy']);
    expect(answer).toEqual({
      code: 1, out: '', err: "error: '--objective' is 'lowestEnergy', which separate instances are not searched for; use '--objective lowest-cost' or '--objective fewest-gpus'\n",
    });
  });

  test('a pool without a price is named with the option that states one', async () => {
    const answer = await command(['size', ...MODEL, '--accelerator', 'gb10', ...LOAD, '--objective', 'lowest-cost']);
    expect(answer).toEqual({ code: 1, out: '', err: "error: '--objective' counts dollars but the pool 'gb10' has no price; give '--price-per-gpu-hour' or choose another objective\n" });
  });

  test('prints the plan for people, or as JSON', async () => {
    const planned = { plan: () => plan() };
    expect((await command(['size', ...MODEL, ...ON, ...LOAD], { services: planned })).out).toContain('3 replicas of TP 2 (2 GPUs)');
    expect(JSON.parse((await command(['size', ...MODEL, ...ON, ...LOAD, '--json'], { services: planned })).out)).toMatchObject({ formatVersion: 1, replicas: 3, gpus: 6 });
  });

  test('answers a load that nothing meets with the sentence of the sizing, and status 1', async () => {
    const services: Partial<Services> = { plan: () => { throw new Error('no layout serves 2 requests/s on h100-sxm'); } };
    expect(await command(['size', ...MODEL, ...ON, ...LOAD, '--json'], { services })).toEqual({ code: 1, out: '', err: 'error: no layout serves 2 requests/s on h100-sxm\n' });
  });

  const notJson = () => join(folder({ 'config.json': '{"a":' }), 'config.json');
  test.each<[string[], string | RegExp]>([
    [[...ON, ...LOAD], "neither '--model' nor '--config' is given; give one of them"],
    [[...MODEL, '--config', 'x', ...ON, ...LOAD], "both '--model' and '--config' are given; give one of them"],
    [[...MODEL, '--parameters', '8e9', ...ON, ...LOAD], "'--parameters' goes with '--config'; the catalogue knows those of a model named with '--model'"],
    [['--model', '', ...ON, ...LOAD], /^unknown model ''/],
    [['--model', 'x'.repeat(5_000_000), ...ON, ...LOAD], /^unknown model 'x{60}…' \(5000000 characters\)/],
    [['--config', '/nowhere', ...ON, ...LOAD], "'--config' '/nowhere' can't be read (ENOENT)"],
    [['--config', notJson(), ...ON, ...LOAD], /^'--config' '.*' is not JSON$/],
    [[...MODEL, ...LOAD], "no GPUs to size for; give '--accelerator' or '--instance' at least once ('cdk8s-inference accelerators' lists them)"],
    [[...MODEL, '--accelerator', 'h100-smx', ...LOAD], "unknown accelerator 'h100-smx'; did you mean 'h100-sxm'?"],
    [[...MODEL, '--accelerator', 'h100', ...LOAD], /^'h100' stands for several accelerators: /],
    [[...MODEL, '--instance', 'p5.48xlrage', ...LOAD], /^unknown instance type 'p5.48xlrage'; did you mean 'p5.48xlarge'/],
    [[...MODEL, '--instance', 'g6f.large', ...LOAD],
      "the catalogue lacks the accelerator of 'g6f.large', or the machine has only a share of one; use '--accelerator' with '--gpus-per-node'"],
    [[...MODEL, '--instance', 'p5.48xlarge', '--gpus-per-node', '4', ...LOAD],
      "'--gpus-per-node' goes with '--accelerator'; the catalogue knows the GPUs of a machine named with '--instance'"],
    [[...MODEL, ...ON], "no load is given; give '--requests-per-second' or '--output-tokens-per-second'"],
    [[...MODEL, ...ON, ...LOAD, '--output-tokens-per-second', '1'], "the load is given twice; give '--requests-per-second' or '--output-tokens-per-second'"],
    [[...MODEL, ...ON, '--requests-per-second', '1', '--output-tokens', '5'], "'--prompt-tokens' is missing; give the mean lengths of prompts and completions"],
    [[...MODEL, ...ON, '--requests-per-second', '1', '--prompt-tokens', '5'], "'--output-tokens' is missing; give the mean lengths of prompts and completions"],
    [[...MODEL, ...ON, '--requests-per-second', '-4'], "'--requests-per-second' is -4 but must be a number of requests above 0"],
    [[...MODEL, ...ON, '--requests-per-second', 'NaN'], "'--requests-per-second' is 'NaN' but must be a number of requests above 0"],
    [[...MODEL, ...ON, '--requests-per-second', ''], "'--requests-per-second' is '' but must be a number of requests above 0"],
    [[...MODEL, ...ON, '--tensor-parallel', '1.5'], "'--tensor-parallel' is 1.5 but must be a whole number from 1 up"],
    [[...MODEL, ...ON, ...LOAD, '--objective', 'cheap'], "'--objective' is 'cheap' but must be one of fewest-gpus, lowest-cost, lowest-energy, lowest-latency"],
    [[...MODEL, ...ON, ...LOAD, '--objective', 'lowest-latency'],
      "'--objective lowest-latency' takes a budget, as more GPUs always lower it; give '--budget-gpus' or '--budget-dollars'"],
    [[...MODEL, ...ON, ...LOAD, '--budget-dollars', '9'],
      "'--budget-dollars' goes with '--objective lowest-latency'; give that, or '--max-gpus' for a limit of each accelerator"],
    [[...MODEL, ...ON, ...LOAD, '--precision', 'fp9'], "unknown precision 'fp9'; did you mean 'fp8'?"],
    [[...MODEL, ...ON, ...LOAD, '--engine', 'ollama'], "'--engine' is 'ollama' but must be one of vllm, sglang, trtllm"],
  ])('refuses %j', async (argv, sentence) => {
    const { code, out, err } = await command(['size', ...argv]);
    expect({ code, out }).toEqual({ code: 2, out: '' });
    expect(err).toMatch(/^error: .*\n$/);
    const said = err.slice('error: '.length, -1);
    if (typeof sentence === 'string') { expect(said).toBe(sentence); } else { expect(said).toMatch(sentence); }
  });
});
