import { sizeCommand } from '../../src/cli/size';
import { inOptions } from '../../src/cli/wording';

describe('a sentence of the library on the command line', () => {
  test.each([
    ["raise 'timeToFirstTokenMillis' to 200 ms", "raise '--ttft-millis' to 200 ms"],
    ["'promptTokens' and 'outputTokens' together are 1750 tokens but 'engine.maxModelLen' is 100", "'--prompt-tokens' and '--output-tokens' together are 1750 tokens but '--max-model-len' is 100"],
    ["'promptTokensP99' is 5", "'--prompt-tokens-p99' is 5"],
    ['t4 has no bf16 tensor rate; use Precision.FP16 or Precision.INT8', "t4 has no bf16 tensor rate; use '--precision fp16' or '--precision int8'"],
    ['list the models with Model.all(), or read a config.json with Model.fromHubConfig', "list the models with 'cdk8s-inference models', or read a config.json with '--config'"],
    ["unknown accelerator 'h100-smx'; did you mean 'h100-sxm'?", "unknown accelerator 'h100-smx'; did you mean 'h100-sxm'?"],
    ["'constructor' is odd", "'constructor' is odd"],
  ])('%s', (sentence, said) => { expect(inOptions(sentence)).toBe(said); });

  test('names options that there are', () => {
    const options = sizeCommand(async () => { /* not run */ }).options.map(({ long }) => long);
    const props = [
      'timeToFirstTokenMillis', 'timePerOutputTokenMillis', 'endToEndMillis', 'dollarsPerGpuHour', 'dataParallel', 'expertParallel', 'gpusPerNode', 'headroom',
      'kvBlockSize', 'kvCachePrecision', 'maxGpus', 'maxModelLen', 'maxNumBatchedTokens', 'maxNumSeqs', 'memoryFraction', 'outputTokens', 'outputTokensP99',
      'outputTokensPerSecond', 'parameters', 'percentile', 'pipelineParallel', 'precision', 'prefixHitRatio', 'promptTokens', 'promptTokensP99', 'replicas',
      'requestsPerSecond', 'spareReplicas', 'tensorParallel',
    ];
    for (const prop of props) { expect(options).toContain(inOptions(`'${prop}'`).slice(1, -1)); }
  });
});
