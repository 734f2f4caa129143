import { planJson } from '../../src/report/plan-json';
import { estimate, plan } from '../cli/plan-fixture';

describe('planJson', () => {
  const json = JSON.parse(JSON.stringify(planJson(plan())));

  test('has these keys in this order', () => {
    expect(Object.keys(json)).toEqual([
      'formatVersion', 'model', 'precision', 'kvCachePrecision', 'pool', 'layout', 'replicas', 'gpusPerReplica', 'nodesPerReplica', 'nodes', 'gpus',
      'estimate', 'cost', 'energy', 'explanation', 'assumptions', 'alternatives',
    ]);
    expect(Object.keys(json.estimate)).toEqual([
      'fits', 'gpus', 'memory', 'kvCacheTokens', 'concurrentRequests', 'settings', 'outputTokensPerSecond', 'timeToFirstTokenMillis',
      'timePerOutputTokenMillis', 'endToEndMillis', 'boundBy', 'utilization', 'wattsPerGpu', 'energy',
    ]);
  });

  test('carries no internals of classes', () => {
    expect(json.model).toEqual({
      id: 'example/Model-70B', parameters: 70.6e9, activeParameters: 70.6e9, maxContextTokens: 131072, weightPrecision: 'fp8', source: 'a test', asOf: '2026-01-01',
    });
    expect(Object.keys(json.pool.accelerator)).not.toContain('rates');
  });

  test('writes the degrees that a layout leaves out', () => {
    expect(json.layout).toEqual({ tensorParallel: 2, pipelineParallel: 1, dataParallel: 1, expertParallel: 1 });
  });

  test('keeps every alternative, with its reason', () => {
    expect(json.alternatives.map((candidate: any) => candidate.rejection)).toEqual([undefined, 'the weights take 70.6 GiB and leave no room for the KV cache']);
  });

  test('leaves out what is not known, and writes what has no bound as null', () => {
    const endless = { low: 1, expected: Infinity, high: Infinity };
    const partly = plan({ cost: undefined, estimate: estimate({ energy: undefined, outputTokensPerSecond: endless }) });
    const other: any = JSON.parse(JSON.stringify(planJson(partly)));
    expect(other).not.toHaveProperty('cost');
    expect(other.estimate).not.toHaveProperty('wattsPerGpu');
    expect(other.estimate.outputTokensPerSecond).toEqual({ low: 1, expected: null, high: null });
  });
});
