import { planText } from '../../src/report/plan-text';
import { estimate, plan } from '../cli/plan-fixture';

const section = (text: string, title: string) => text.split('\n\n').find((part) => part.startsWith(title))?.split('\n').slice(1);

describe('planText', () => {
  test('begins with what to run, on how much, and what it costs', () => {
    expect(section(planText(plan(), { width: 140 }), 'example/Model-70B on h100-sxm')).toEqual([
      '  Layout       3 replicas of TP 2 (2 GPUs)',
      '  GPUs         6 on 1 node of 8',
      '  Precision    fp8 weights, bf16 KV cache',
      '  Throughput   1,500 (1,200 to 1,950) output tokens/s per replica at its share of the load, 42 requests in flight',
      '  Utilization  64 %',
      '  Bound by     memory-bandwidth',
      '  Power        3.12 kW for all GPUs, 0.693 J per output token',
      '  Cost         $24.00 per hour, $1.48 per million output tokens',
      '               or $0.11 per million prompt and $1.04 per million output tokens',
    ]);
  });

  test('shows every part of the memory, and its share', () => {
    expect(section(planText(plan()), 'Memory of the fullest GPU (80.00 GiB)')).toEqual([
      '  Weights                    35.00 GiB  43.8 %',
      '  KV cache                   30.00 GiB  37.5 %',
      '  Activations                 4.00 GiB   5.0 %',
      '  Graphs                      1.00 GiB   1.3 %',
      '  Communication and runtime   2.00 GiB   2.5 %',
      '  Left free                   8.00 GiB  10.0 %',
    ]);
  });

  test('puts the target beside the latency at its percentile, where one was asked for', () => {
    const text = planText(plan(), { latency: { percentile: 97, timeToFirstTokenMillis: 400 }, width: 120 });
    expect(section(text, 'Latency')).toEqual([
      '                          mean      p50      p90     p99  p97                        target',
      '  Time to first token   200 ms   180 ms   300 ms  400 ms  340 ms (272 ms to 442 ms)  400 ms',
      '  Time per output token  25 ms  22.5 ms  37.5 ms   50 ms  42.5 ms (34 ms to 55.3 ms) -',
      '  End to end             6.4 s   5.76 s    9.6 s  12.8 s  10.9 s (8.7 s to 14.1 s)   -',
    ].map((line) => expect.stringMatching(new RegExp(`^${line.trim().split(/\s+/).map((word) => word.replace(/[()[\].]/g, '\\$&')).join('\\s+').replace(/^/, '\\s*')}$`))));
  });

  test('shows no target where none was asked for', () => {
    expect(planText(plan())).not.toContain('target');
  });

  test('a latency without bound is said to be so', () => {
    const endless = { low: 1, expected: Infinity, high: Infinity };
    const latency = { mean: endless, p50: endless, p90: endless, p99: endless, atTarget: endless };
    expect(planText(plan({ estimate: estimate({ timeToFirstToken: latency }) }))).toMatch(/Time to first token\s+unbounded/);
  });

  test('names the settings as the engines do', () => {
    expect(section(planText(plan()), 'Engine settings that make this true')).toEqual([
      '  maxModelLen          8,192 tokens',
      '  maxNumSeqs           256 requests',
      '  maxNumBatchedTokens  8,192 tokens',
      '  memoryFraction       0.9',
      '  KV cache             390,000 tokens in blocks of 16',
    ]);
  });

  test('gives each alternative its reason', () => {
    expect(section(planText(plan(), { width: 120 }), 'Alternatives')?.map((line) => line.replace(/\s+/g, ' '))).toEqual([
      ' pool layout replicas GPUs why not',
      ' h100-sxm TP 4 2 8 meets the load with 2 GPUs more',
      ' h100-sxm TP 1 - - the weights take 70.6 GiB and leave no room for the KV cache',
      '',
    ]);
  });

  test('counts the alternatives that it does not show', () => {
    expect(planText(plan(), { alternatives: 1 })).toContain("and 1 more with '--json'");
  });

  test('says that the price is not known', () => {
    expect(planText(plan({ cost: undefined }))).toMatch(/Cost\s+not known/);
  });

  test('a replica over several nodes says so', () => {
    const layout = { tensorParallel: 8, pipelineParallel: 2 };
    expect(planText(plan({ layout, gpusPerReplica: 16, nodesPerReplica: 2, replicas: 1, gpus: 16, nodes: 2 })))
      .toContain('1 replica of TP 8 x PP 2 (16 GPUs, each over 2 nodes)');
  });

  test('data-parallel attention shows where the experts are', () => {
    expect(planText(plan({ layout: { tensorParallel: 1, dataParallel: 8, expertParallel: 8 } }))).toContain('TP 1 x DP 8, experts over 8');
  });

  test('is plain unless colours are asked for', () => {
    expect(planText(plan())).not.toContain('\u001b');
    expect(planText(plan(), { color: true })).toContain('\u001b[1m');
  });

  test('wraps long sentences at the width', () => {
    const text = planText(plan({ explanation: ['because '.repeat(40).trim()] }), { width: 60 });
    expect(Math.max(...section(text, 'Why')!.map((line) => line.length))).toBeLessThanOrEqual(60);
  });
});
