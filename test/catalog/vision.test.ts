import { Fields } from '../../src/catalog/fields';
import { Model } from '../../src/catalog/model';
import { encoderModules } from '../../src/catalog/vision';

type Config = { [field: string]: unknown };
const TEXT = 5120;
const modules = (config: Config) => encoderModules(new Fields(config), TEXT);
const total = (config: Config) => modules(config).reduce((sum, m) => sum + m.parameters, 0);

const SIGLIP = { model_type: 'siglip_vision_model', hidden_size: 1152, image_size: 896, intermediate_size: 4304, num_hidden_layers: 27, patch_size: 14 };
const GEMMA3: Config = { model_type: 'gemma3', vision_config: SIGLIP };
const QWEN3: Config = {
  model_type: 'qwen3_vl',
  vision_config: {
    depth: 27, hidden_size: 1152, intermediate_size: 4304, num_position_embeddings: 2304, out_hidden_size: 4096, patch_size: 16, spatial_merge_size: 2, temporal_patch_size: 2,
  },
};
const KIMI_K25: Config = {
  model_type: 'kimi_k25',
  vision_config: {
    init_pos_emb_height: 64, init_pos_emb_width: 64, merge_kernel_size: [2, 2], patch_size: 14, vt_hidden_size: 1152, vt_intermediate_size: 4304, vt_num_hidden_layers: 27,
  },
};
const MISTRAL3: Config = { model_type: 'mistral3', vision_config: { model_type: 'pixtral', hidden_size: 1024, intermediate_size: 4096, num_hidden_layers: 24, patch_size: 14 } };
const LLAMA4: Config = {
  model_type: 'llama4',
  vision_config: { model_type: 'llama4_vision_model', hidden_size: 1408, image_size: 336, intermediate_size: 5632, num_hidden_layers: 34, patch_size: 14 },
};
const AUDIO = { model_type: 'gemma4_audio', hidden_size: 1024, num_hidden_layers: 12, output_proj_dims: 1536 };
const GEMMA4: Config = { model_type: 'gemma4', audio_config: AUDIO };

describe('an encoder', () => {
  test('is split over ranks, and idle while text is generated', () => {
    expect(modules({ ...GEMMA3, audio_config: AUDIO }).map((m) => [m.name, m.part, m.split, m.activeParameters, m.linear])).toEqual([
      ['vision_tower', 'other', 'tensor', 0, undefined], ['audio_tower', 'other', 'tensor', 0, undefined],
    ]);
    expect(modules(GEMMA3).map((m) => m.name)).toEqual(['vision_tower']);
  });

  test.each<[string, Config]>([
    ['the model has none', {}],
    ['its width is not said', { vision_config: { ...SIGLIP, hidden_size: null } }],
    ['its layers are not said', { vision_config: { ...SIGLIP, num_hidden_layers: null } }],
    ['the width of sound is not said', { audio_config: { ...AUDIO, hidden_size: null } }],
    ['the layers of sound are not said', { audio_config: { ...AUDIO, num_hidden_layers: null } }],
    ['sound is read by another kind', { audio_config: { ...AUDIO, model_type: 'whisper' } }],
    ['sound is read by a kind that is not said', { audio_config: { ...AUDIO, model_type: null } }],
  ])('is not counted where %s', (_name, config) => {
    expect(modules(config)).toEqual([]);
  });

  test('of Qwen-VL takes 1.9B and 0.08B, of 9.6B', () => {
    // Table 1 of the Qwen-VL report; sizes from the config.json of Qwen/Qwen-VL-Chat.
    const visual = { heads: 16, image_size: 448, layers: 48, mlp_ratio: 4.9231, output_dim: 4096, patch_size: 14, width: 1664 };
    const config = { model_type: 'qwen', hidden_size: 4096, num_hidden_layers: 32, num_attention_heads: 32, kv_channels: 128, intermediate_size: 22016, vocab_size: 151936, visual };
    expect(Math.abs(encoderModules(new Fields(config), 4096)[0].parameters / 1.98e9 - 1)).toBeLessThan(0.05);
    expect(Math.abs(Model.fromHubConfig(config).parameters! / 9.6e9 - 1)).toBeLessThan(0.01);
  });

  test('of Kimi K2.5 has 400 million parameters, and its merger 46 million', () => {
    // Its model card says 400M for MoonViT; the merger is 4608 x 4608 and 4608 x 5120 with biases and a norm.
    const merger = 4608 * 4608 + 4608 + 4608 * TEXT + TEXT + 2 * 1152;
    expect(Math.abs((total(KIMI_K25) - merger) / 400e6 - 1)).toBeLessThan(0.05);
    expect(total(KIMI_K25)).toBe(416_866_032 + merger); // SigLIP's tower at 64 x 64 patches is the same.
  });
});

describe('a field of an encoder changes its parameters by as much as it adds', () => {
  const part = (config: Config, field: string, change: Config): Config => ({ ...config, [field]: { ...config[field] as Config, ...change } });
  const vision = (config: Config, change: Config) => total(part(config, 'vision_config', change)) - total(config);
  const audio = (change: Config) => total(part(GEMMA4, 'audio_config', change)) - total(GEMMA4);
  const merged = 4 * 1152;

  test.each<[string, number, number]>([
    ['colours left out are three', vision(GEMMA3, { num_channels: 3 }), 0],
    ['one colour', vision(GEMMA3, { num_channels: 1 }), -2 * 14 * 14 * 1152],
    ['one colour, as Qwen2-VL says it', vision(QWEN3, { in_chans: 1 }), -2 * 2 * 16 * 16 * 1152],
    ['one colour, as Qwen3-VL says it', vision(QWEN3, { in_channels: 1 }), -2 * 2 * 16 * 16 * 1152],
    ['a patch left out is 14 wide', vision(GEMMA3, { patch_size: null }), 0],
    ['an FFN left out is four times as wide', vision(GEMMA3, { intermediate_size: null }), 27 * (2 * 1152 + 1) * (4608 - 4304)],
    ['an image left out has no positions', vision(GEMMA3, { image_size: null }), -64 * 64 * 1152],
    ['positions of another height', vision(KIMI_K25, { init_pos_emb_height: 32 }), -32 * 64 * 1152],
    ['positions without a height', vision(KIMI_K25, { init_pos_emb_height: null }), 0],
    ['scale and bias of the output', vision(GEMMA3, { standardize: true }), 2 * 1152],
    ['a merger that leads to another width', vision(QWEN3, { out_hidden_size: 2048 }), -2048 * (merged + 1)],
    ['a merger without a width leads to the decoder', vision(QWEN3, { out_hidden_size: null }), (TEXT - 4096) * (merged + 1)],
    ['a merger without a size merges 2 x 2', vision(QWEN3, { spatial_merge_size: null }), 0],
    ['a merger that merges nothing', vision(QWEN3, { spatial_merge_size: 1 }), (1152 * 1152 + 1152 + 1152 * 4096) - (merged * merged + merged + merged * 4096)],
    ['mergers of earlier layers', vision(QWEN3, { deepstack_visual_indexes: [5, 11] }), 2 * (2 * merged + merged * merged + merged + merged * 4096 + 4096)],
    ['a kernel left out is 2 x 2', vision(KIMI_K25, { merge_kernel_size: null }), 0],
    ['a kernel of one', vision(KIMI_K25, { merge_kernel_size: [1, 1] }), (1152 * 1152 + 1152 + 1152 * TEXT) - (merged * merged + merged + merged * TEXT)],
    ['a kernel that is none', vision(KIMI_K25, { merge_kernel_size: ['2', 0, 101, 2, 2] }), 0],
    ['a kernel of a hundred', vision(KIMI_K25, { merge_kernel_size: [100] }), (115200 ** 2 + 115200 + 115200 * TEXT) - (merged * merged + merged + merged * TEXT)],
    ['Mistral\'s merger without a size merges 2 x 2', total({ ...MISTRAL3, spatial_merge_size: 2 }) - total(MISTRAL3), 0],
    ['Mistral\'s merger of 1 x 1', total({ ...MISTRAL3, spatial_merge_size: 1 }) - total(MISTRAL3), -3 * 1024 * 1024],
    ['Llama 4\'s adapter, left out, is 4096 wide', vision(LLAMA4, { projector_input_dim: 4096, projector_output_dim: 4096 }), 0],
    ['a narrower adapter', vision(LLAMA4, { projector_input_dim: 2048 }), -2048 * (5632 + 4096)],
    ['a narrower output of the adapter', vision(LLAMA4, { projector_output_dim: 2048 }), -2048 * (4096 + TEXT)],
    ['a convolution over sound left out is 5 long', audio({ conv_kernel_size: 5 }), 0],
    ['a longer convolution over sound', audio({ conv_kernel_size: 7 }), 12 * 2 * 1024],
    ['heads of sound left out are 8', audio({ num_attention_heads: 8 }), 0],
    ['twice the heads', audio({ num_attention_heads: 16 }), -12 * 64],
    ['sound that leads to the decoder', audio({ output_proj_dims: null }), (TEXT - 1536) * (1024 + 1) + TEXT * TEXT - 1536 * TEXT],
  ])('%s', (_what, difference, expected) => {
    expect(difference).toBe(expected);
  });
});
