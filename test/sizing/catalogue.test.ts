import { Accelerator } from '../../src/catalog/accelerator';
import { Model } from '../../src/catalog/model';
import { Precision } from '../../src/catalog/precision';
import { Load } from '../../src/sizing/load';
import { EstimateRequest, ParallelLayout } from '../../src/sizing/questions';
import { sharesOf } from '../../src/sizing/shares';
import { Sizing } from '../../src/sizing/sizing';
import { growthBytesPerToken } from '../support/growth-bytes';

const GIB = 2 ** 30;

test.each([
  // [model, tensor parallel, KV bits, KV GiB and tokens that vLLM or SGLang printed at start-up]
  ['meta-llama/Llama-3.1-8B-Instruct', 1, 16, 3.81, 31_232],
  ['Qwen/Qwen3-235B-A22B-FP8', 4, 16, 8.11, 178_880],
  ['Qwen/Qwen3-235B-A22B-FP8', 4, 16, 16.46, 367_404],
  ['microsoft/phi-4', 1, 16, 45.21, 237_040],
  ['Qwen/Qwen2.5-1.5B', 1, 16, 2.36, 88_304],
  ['Qwen/Qwen3-30B-A3B', 1, 16, 4.85, 52_960],
  ['MiniMaxAI/MiniMax-M2.5', 4, 16, 23.62, 399_424],
  ['Qwen/Qwen3-8B-AWQ', 1, 16, 4.79, 34_848],
  ['deepseek-ai/DeepSeek-R1', 8, 16, 41.6, 635_648],
  ['meta-llama/Llama-3.1-70B-Instruct', 2, 16, 20.16, 132_128],
])('%s over %d GPUs takes the cache bytes per token that its log implies', (id, tp, bits, gib, tokens) => {
  const model = Model.named(id);
  const { stages } = sharesOf(model._shape!, model.weightPrecision, { tp, pp: 1, dp: 1, ep: 1 });
  expect(Math.abs(growthBytesPerToken(stages[0], bits) / (gib * GIB / tokens) - 1)).toBeLessThan(0.02);
});

test("DeepSeek-R1 in FP8 starts on 4 x B200 with the fraction that its public runs set, and not with SGLang's own", () => {
  // benchmarks/single_node/dsr1_fp8_b200.sh of github.com/SemiAnalysisAI/InferenceX@16ffb65
  const run = { maxModelLen: 9236, maxNumSeqs: 32, maxNumBatchedTokens: 8192 };
  const fit = (memoryFraction?: number) => Sizing.fit({
    model: Model.named('deepseek-ai/DeepSeek-R1'),
    pool: { accelerator: Accelerator.named('b200-sxm') },
    layout: { tensorParallel: 4 },
    kvCachePrecision: Precision.FP8,
    engine: { name: 'sglang', version: '0.5.9', ...run, memoryFraction },
  });
  const its = fit(0.95);
  expect([its.fits, its.kvCacheTokens > 32 * (8192 + 1024)]).toEqual([true, true]);
  expect(fit().reason).toBe('the weights take 157.5 GiB per GPU in fp8 but one b200-sxm offers 153.1 GiB (memoryFraction 0.855)');
});

test('every model of the catalogue gets an answer or one sentence on every accelerator, in turn with every precision, engine, layout and load', () => {
  const layouts: ParallelLayout[] = [{ tensorParallel: 1 }, { tensorParallel: 8 }, { tensorParallel: 1, dataParallel: 8, expertParallel: 8 }, { tensorParallel: 4, pipelineParallel: 2 }];
  const lengths = { promptTokens: 1000, outputTokens: 200 };
  const loads = [Load.concurrency(7, lengths), Load.saturated(lengths), Load.staticBatch(64, lengths), Load.requestsPerSecond(3, lengths)];
  const wrong: string[] = [];
  let turn = 0;
  for (const model of Model.all()) {
    for (const accelerator of Accelerator.all()) {
      const next = <T>(list: readonly T[], every: number) => list[Math.floor(turn / every) % list.length];
      const request: EstimateRequest = {
        model, pool: { accelerator }, layout: next(layouts, 1), load: next(loads, 4), engine: { name: next(['vllm', 'sglang', 'trtllm'], 1) },
        precision: next(Precision.all(), 1), kvCachePrecision: next([undefined, Precision.FP8], 8),
      };
      turn++;
      let answer: string;
      try {
        const estimate = Sizing.estimate(request);
        answer = estimate.fits ? notNumbers(estimate).map((path) => `${path} is NaN`).join('') || 'fits' : estimate.reason!;
      } catch (error) {
        answer = (error as Error).constructor === Error ? (error as Error).message : `${error}.`;
      }
      if (!/^\S[^\n]*[^.]$/.test(answer) || /NaN/.test(answer)) { wrong.push(`${model.id} on ${accelerator.name}: ${answer}`); }
    }
  }
  expect(wrong).toEqual([]);
});

/** Paths of what is NaN. */
function notNumbers(value: unknown, path = ''): string[] {
  if (typeof value === 'number') { return Number.isNaN(value) ? [path] : []; }
  return typeof value === 'object' && value !== null ? Object.entries(value).flatMap(([key, part]) => notNumbers(part, `${path}.${key}`)) : [];
}
