import fc from 'fast-check';
import { Accelerator } from '../../src/catalog/accelerator';
import { Model } from '../../src/catalog/model';
import { Precision } from '../../src/catalog/precision';
import { Load } from '../../src/sizing/load';
import { EstimateRequest } from '../../src/sizing/questions';
import { asked } from '../../src/sizing/sizing';

const question: fc.Arbitrary<EstimateRequest> = fc.record({
  model: fc.constantFrom('meta-llama/Llama-3.1-8B-Instruct', 'Qwen/Qwen3-32B', 'openai/gpt-oss-120b', 'deepseek-ai/DeepSeek-R1', 'google/gemma-3-27b-it').map((id) => Model.named(id)),
  pool: fc.constantFrom('h100-sxm', 'b200-sxm', 'l40s', 'mi300x').map((name) => ({ accelerator: Accelerator.named(name), gpusPerNode: 8 })),
  layout: fc.constantFrom({ tensorParallel: 1 }, { tensorParallel: 8 }, { tensorParallel: 4, pipelineParallel: 2 }, { tensorParallel: 1, dataParallel: 8, expertParallel: 8 }),
  precision: fc.constantFrom(undefined, Precision.FP8),
  engine: fc.constantFrom('vllm', 'sglang', 'trtllm').map((name) => ({ name })),
  load: fc.tuple(fc.integer({ min: 1, max: 20_000 }), fc.integer({ min: 1, max: 4000 })).map(([promptTokens, outputTokens]) => Load.concurrency(1, { promptTokens, outputTokens })),
});

/** The steps of an instance; undefined where a layout or a precision is refused. */
function stepsOf(request: EstimateRequest) {
  try {
    const { instance, lengths } = asked(request);
    return { instance, steps: instance.batching(lengths.prompt, lengths.output, lengths.prefixHitRatio)!.steps };
  } catch {
    return undefined;
  }
}

test('the parts of a step add up to its time, whatever is served on whatever', () => {
  let answered = 0;
  fc.assert(fc.property(question, fc.double({ min: 0, max: 600, noNaN: true }), fc.integer({ min: 0, max: 16_384 }), (request, decodes, prefill) => {
    const found = stepsOf(request);
    if (!found || decodes + prefill === 0) { return; }
    answered++;
    const parts = found.steps.ledger(decodes, prefill);
    const seconds = found.steps.seconds(decodes, prefill);
    expect(Math.abs(parts.reduce((sum, part) => sum + part.seconds, 0) / seconds - 1)).toBeLessThan(1e-12);
    expect(new Set(parts.map((part) => part.name)).size).toBe(parts.length);
  }), { numRuns: 500 });
  expect(answered).toBeGreaterThan(200);
});

test('no part moves more bytes or computes more than the hardware can', () => {
  fc.assert(fc.property(question, fc.integer({ min: 0, max: 600 }), fc.integer({ min: 1, max: 16_384 }), (request, decodes, prefill) => {
    const found = stepsOf(request);
    if (!found) { return; }
    const { accelerator } = found.instance.pool;
    const precisions = Precision.all().map((p) => accelerator.tensorFlopsPerSecond(p) ?? 0);
    for (const part of found.steps.ledger(decodes, prefill)) {
      if (part.bound !== 'communication') { expect(part.bytes / part.seconds).toBeLessThanOrEqual(accelerator.memoryBytesPerSecond! * (1 + 1e-9)); }
      expect(part.flops / part.seconds).toBeLessThanOrEqual(Math.max(...precisions) * (1 + 1e-9));
    }
  }), { numRuns: 300 });
});

test('dense weights are told apart by what they are for and by their format', () => {
  const load = Load.concurrency(1, { promptTokens: 1000, outputTokens: 100 });
  const { steps, instance } = stepsOf({ model: Model.named('meta-llama/Llama-3.1-8B-Instruct'), pool: { accelerator: Accelerator.named('h100-sxm') }, layout: { tensorParallel: 1 }, precision: Precision.FP8, load })!;
  const parts = steps.ledger(1, 0);
  expect(parts.map((part) => part.name)).toEqual([
    'output head', 'feed-forward and norms, in the base format', 'attention projections, quantised', 'feed-forward, quantised', 'activations between products',
    'attention over the KV cache', 'launches of layers', 'scheduler and sampler',
  ]);
  const read = parts.filter((part) => /head|projections|feed-forward/.test(part.name)).reduce((sum, part) => sum + part.bytes, 0);
  // All weights but the embedding, of which a step reads single rows.
  expect(read / (instance.shares.stages[0].weightBytes - 128256 * 4096 * 2)).toBeCloseTo(1, 3);
  expect(parts.find((part) => part.name === 'attention over the KV cache')!.bytes).toBeCloseTo(1050 * 32 * 8 * 128 * 2 * 2, -1);
});
