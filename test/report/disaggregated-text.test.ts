import { disaggregatedText } from '../../src/report/disaggregated-text';
import { disaggregatedJson } from '../../src/report/plan-json';
import { DisaggregatedPlan, PhasePlan } from '../../src/sizing/disaggregated-plan';
import { estimate, plan } from '../cli/plan-fixture';

const { settings, memory, timeToFirstToken, timePerOutputToken, endToEnd } = estimate();
const phase = (over: Partial<PhasePlan>): PhasePlan => ({
  layout: { tensorParallel: 2 }, replicas: 1, gpusPerReplica: 2, gpus: 2, utilization: 0.5, settings, memory, ...over,
});
const { model, precision, kvCachePrecision, pool, cost, energy } = plan();
const separate: DisaggregatedPlan = {
  model, precision, kvCachePrecision, pool, cost, energy, timeToFirstToken, timePerOutputToken, endToEnd,
  prefill: phase({ memory: { ...memory, kvCacheBytes: 20 * 2 ** 30 } }),
  decode: phase({ replicas: 3, gpus: 12, gpusPerReplica: 4, layout: { tensorParallel: 4 }, utilization: 0.333, settings: { ...settings, maxNumSeqs: 1024 } }),
  gpus: 14,
  transferMillis: 7.04,
  explanation: ['prompts need little'],
  aggregated: plan(),
};
const section = (text: string, title: string) => text.split('\n\n').find((part) => part.startsWith(title))?.split('\n').slice(1);

test('says what either side runs, and what both cost', () => {
  expect(section(disaggregatedText(separate, { width: 140 }), 'example/Model-70B on h100-sxm, prompts and completions on instances of their own')).toEqual([
    '  Prompts      1 replica of TP 2 (2 GPUs), 50 % of what they carry in use',
    '  Completions  3 replicas of TP 4 (4 GPUs), 33.3 % of what they carry in use',
    '  GPUs         14',
    '  Precision    fp8 weights, bf16 KV cache',
    '  Transfer     7.04 ms for the KV cache of a mean prompt',
    '  Power        3.12 kW for all GPUs, 0.693 J per output token',
    '  Cost         $24.00 per hour, $1.48 per million output tokens',
    '               or $0.11 per million prompt and $1.04 per million output tokens',
  ]);
});

test('puts memory and settings of both sides beside each other', () => {
  const text = disaggregatedText(separate, { latency: { timeToFirstTokenMillis: 400 } });
  expect(section(text, 'Memory of the fullest GPU (80.00 GiB)')).toContain('  KV cache                   20.00 GiB    30.00 GiB');
  expect(section(text, 'Engine settings that make this true')).toContain('  maxNumSeqs           256 requests  1,024 requests');
  expect(section(text, 'Latency')![1]).toMatch(/^  Time to first token .* 400 ms$/);
  expect(section(text, 'Why')).toEqual(['  - prompts need little', '']);
});

test('as JSON, has these keys in this order, and one fleet for both as a plan', () => {
  const json = JSON.parse(JSON.stringify(disaggregatedJson(separate)));
  expect(Object.keys(json)).toEqual([
    'formatVersion', 'model', 'precision', 'kvCachePrecision', 'pool', 'prefill', 'decode', 'gpus', 'timeToFirstTokenMillis', 'timePerOutputTokenMillis',
    'endToEndMillis', 'transferMillis', 'cost', 'energy', 'explanation', 'aggregated',
  ]);
  expect(Object.keys(json.decode)).toEqual(['layout', 'replicas', 'gpusPerReplica', 'gpus', 'utilization', 'settings', 'memory']);
  expect([json.prefill.memory.kvCacheBytes, json.decode.settings.maxNumSeqs, json.aggregated.formatVersion]).toEqual([20 * 2 ** 30, 1024, 1]);
  expect(disaggregatedJson({ ...separate, aggregated: undefined, cost: undefined })).not.toHaveProperty(['cost']);
});
