import { Accelerator } from '../../src/catalog/accelerator';
import { Model } from '../../src/catalog/model';
import { Precision } from '../../src/catalog/precision';
import { growthBytesPerToken } from '../../src/sizing/kv-cache';
import { sharesOf } from '../../src/sizing/shares';
import { Sizing } from '../../src/sizing/sizing';

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

test('every model of the catalogue gets an answer or one sentence on every accelerator', () => {
  for (const model of Model.all()) {
    for (const accelerator of [Accelerator.named('h200-sxm'), Accelerator.named('l4')]) {
      let answer: string | undefined;
      try {
        const { fits, reason, memory } = Sizing.fit({ model, pool: { accelerator }, layout: { tensorParallel: 1 } });
        expect(Object.values(memory).every(Number.isFinite)).toBe(true);
        answer = fits ? 'fits' : reason;
      } catch (error) {
        answer = (error as Error).message;
      }
      expect(answer).toMatch(/^\S[^\n]*[^.]$/);
      expect(answer).not.toMatch(/Cannot read|is not a function|NaN/);
    }
  }
});
