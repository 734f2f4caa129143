import { EnvValue } from 'cdk8s-plus-28';
import { Accelerator } from '../../src/catalog/accelerator';
import { Engine } from '../../src/engines/engine';
import { bound, sentence, texts } from '../support/engine';
import { planOf } from '../support/plan';

const on = (engine: Engine, accelerator: Accelerator) => {
  const plan = planOf({});
  return bound(engine, {}, { plan: { ...plan, pool: { ...plan.pool, accelerator } } });
};
const amd = Accelerator.named('mi300x');
const gaudi = Accelerator.of({ name: 'gaudi3', memoryBytes: 128e9, memoryBytesPerSecond: 3.7e12, bf16FlopsPerSecond: 1.8e15, resourceName: 'habana.ai/gaudi' });

describe('the published image is built for NVIDIA GPUs', () => {
  test.each<[string, () => Engine, Accelerator, string]>([
    ['vLLM on AMD', () => Engine.vllm({ allowMutableTag: true }), amd,
      "the plan's accelerator mi300x is one of amd but the image that vLLM 0.33.0 is published in, 'docker.io/vllm/vllm-openai:v0.33.0', is built for NVIDIA GPUs; "
      + "give 'image' and 'imageDigest' of a build for amd, e.g. of 'docker.io/rocm/vllm'"],
    ['SGLang on AMD', () => Engine.sglang({ version: '0.5.20' }), amd,
      "the plan's accelerator mi300x is one of amd but the image that SGLang 0.5.20 is published in, 'docker.io/lmsysorg/sglang:v0.5.20', is built for NVIDIA GPUs; "
      + "give 'image' and 'imageDigest' of a build for amd, e.g. of 'docker.io/rocm/sgl-dev'"],
    ['vLLM on Intel', () => Engine.vllm({ allowMutableTag: true }), gaudi,
      "the plan's accelerator gaudi3 is one of intel but the image that vLLM 0.33.0 is published in, 'docker.io/vllm/vllm-openai:v0.33.0', is built for NVIDIA GPUs; "
      + "give 'image' and 'imageDigest' of a build for intel"],
  ])('%s is refused without an image of its own', (_name, engine, accelerator, rest) => {
    expect(sentence(() => on(engine(), accelerator))).toBe(`[test/chat] ${rest}`);
  });

  test.each<[string, (image?: string) => Engine, string]>([
    ['vLLM', (image) => Engine.vllm({ image, allowMutableTag: true }), 'vLLM 0.33.0'],
    ['SGLang', (image) => Engine.sglang({ image, allowMutableTag: true }), 'SGLang 0.5.23'],
  ])('%s with an image for AMD runs it, without what only CUDA reads', (_name, engine, version) => {
    const image = `registry.example.com/rocm@sha256:${'a'.repeat(64)}`;
    const config = on(engine(image), amd);
    expect(config.image).toBe(image);
    expect(config.args).toEqual(bound(engine(image)).args);
    const without = Object.keys(texts(bound(engine(image)))).filter((name) => !(name in texts(config)));
    expect(without).toEqual(['CUDA_CACHE_PATH', 'FLASHINFER_WORKSPACE_BASE']);
    expect(config.notes).toEqual(expect.arrayContaining([
      `the flags are those of ${version} for NVIDIA GPUs: the image for amd must be of that version`,
      "AMD GPUs are opened through /dev/kfd and /dev/dri: nodes must let the engine's user do so, or the pods be given the nodes' group render with ApiObject.of",
    ]));
  });
});

test.each(['HIP_VISIBLE_DEVICES', 'ROCR_VISIBLE_DEVICES'])('%s is left to the device plugin', (name) => {
  expect(sentence(() => bound(Engine.vllm({ allowMutableTag: true, env: { [name]: EnvValue.fromValue('0') } })))).toBe(
    `[test/chat] 'env' sets '${name}', which would change the GPUs that the plan counts on; leave it to the device plugin`);
});
