import { fresh } from './fresh';
import { Model } from '../../src/catalog/model';

type Config = { [field: string]: unknown };

/** The fields that most decoders share; `kv` undefined: the config does not state it. */
const decoder = (type: string, hidden: number, layers: number, heads: number, kv: number | undefined, ffn: number | undefined, vocab: number, more: Config = {}): Config => ({
  model_type: type, hidden_size: hidden, num_hidden_layers: layers, num_attention_heads: heads, num_key_value_heads: kv, intermediate_size: ffn, vocab_size: vocab, ...more,
});
const times = <T>(pattern: readonly T[], length: number): T[] => Array.from({ length }, (_, i) => pattern[i % pattern.length]);
const tied = { tie_word_embeddings: true };

/** Sizes of DeepSeek's latent attention, alike from V2 on. */
const LATENT = { kv_lora_rank: 512, qk_nope_head_dim: 128, qk_rope_head_dim: 64, v_head_dim: 128 };
const DEEPSEEK_V3 = decoder('deepseek_v3', 7168, 61, 128, 128, 18432, 129280, {
  ...LATENT, q_lora_rank: 1536, first_k_dense_replace: 3, moe_intermediate_size: 2048, n_routed_experts: 256, n_shared_experts: 1, num_experts_per_tok: 8, topk_method: 'noaux_tc',
});
const KIMI_LINEAR = decoder('kimi_linear', 2304, 27, 32, 32, 9216, 163840, {
  ...LATENT, q_lora_rank: null, moe_intermediate_size: 1024, num_experts: 256, num_experts_per_token: 8, num_shared_experts: 1, first_k_dense_replace: 1, moe_layer_freq: 1,
  linear_attn_config: { full_attn_layers: [4, 8, 12, 16, 20, 24, 27], head_dim: 128, num_heads: 32, short_conv_kernel_size: 4 },
});
const GLM_AIR = decoder('glm4_moe', 4096, 46, 96, 8, 10944, 151552, {
  head_dim: 128, attention_bias: true, first_k_dense_replace: 1, moe_intermediate_size: 1408, n_routed_experts: 128, n_shared_experts: 1, num_experts_per_tok: 8,
  num_nextn_predict_layers: 1, use_qk_norm: false,
});
const QWEN3_NEXT = decoder('qwen3_next', 2048, 48, 16, 2, 5120, 151936, {
  head_dim: 256, full_attention_interval: 4, linear_conv_kernel_dim: 4, linear_key_head_dim: 128, linear_num_key_heads: 16, linear_num_value_heads: 32,
  linear_value_head_dim: 128, decoder_sparse_step: 1, mlp_only_layers: [], moe_intermediate_size: 512, num_experts: 512, num_experts_per_tok: 10,
  shared_expert_intermediate_size: 512,
});
const GPT_OSS = (layers: number, experts: number): Config => decoder('gpt_oss', 2880, layers, 64, 8, 2880, 201088, {
  attention_bias: true, head_dim: 64, num_local_experts: experts, num_experts_per_tok: 4, sliding_window: 128,
});

/** Parameters that the files of a repository hold: the count beside `safetensors` on its page. */
const DECODERS: [string, Config, number][] = [
  ['meta-llama/Llama-3.2-1B', decoder('llama', 2048, 16, 32, 8, 8192, 128256, { head_dim: 64, ...tied }), 1_235_814_400],
  ['meta-llama/Llama-3.2-3B', decoder('llama', 3072, 28, 24, 8, 8192, 128256, { head_dim: 128, ...tied }), 3_212_749_824],
  ['meta-llama/Llama-3.3-70B-Instruct', decoder('llama', 8192, 80, 64, 8, 28672, 128256), 70_553_706_496],
  ['meta-llama/Llama-3.1-405B', decoder('llama', 16384, 126, 128, 8, 53248, 128256), 405_853_388_800],
  ['mistralai/Mistral-7B-v0.1', decoder('mistral', 4096, 32, 32, 8, 14336, 32000), 7_241_732_096],
  ['mistralai/Mistral-Nemo-Instruct-2407', decoder('mistral', 5120, 40, 32, 8, 14336, 131072, { head_dim: 128 }), 12_247_782_400],
  ['mistralai/Mixtral-8x7B-v0.1', decoder('mixtral', 4096, 32, 32, 8, 14336, 32000, { num_local_experts: 8, num_experts_per_tok: 2 }), 46_702_792_704],
  ['Qwen/Qwen2.5-72B', decoder('qwen2', 8192, 80, 64, 8, 29568, 152064), 72_706_203_648],
  ['Qwen/Qwen-7B', { ...decoder('qwen', 4096, 32, 32, undefined, 22016, 151936), kv_channels: 128, no_bias: true }, 7_721_324_544],
  ['Qwen/Qwen1.5-MoE-A2.7B', decoder('qwen2_moe', 2048, 24, 16, 16, 5632, 151936, {
    moe_intermediate_size: 1408, shared_expert_intermediate_size: 5632, num_experts: 60, num_experts_per_tok: 4, decoder_sparse_step: 1,
  }), 14_315_784_192],
  ['Qwen/Qwen3-8B', decoder('qwen3', 4096, 36, 32, 8, 12288, 151936, { head_dim: 128 }), 8_190_735_360],
  ['Qwen/Qwen3-30B-A3B', decoder('qwen3_moe', 2048, 48, 32, 4, 6144, 151936, {
    head_dim: 128, moe_intermediate_size: 768, num_experts: 128, num_experts_per_tok: 8,
  }), 30_532_122_624],
  ['Qwen/Qwen3-Next-80B-A3B-Instruct, without its prediction layer', QWEN3_NEXT, 79_674_391_296],
  ['deepseek-ai/DeepSeek-V2', decoder('deepseek_v2', 5120, 60, 128, 128, 12288, 102400, {
    ...LATENT, q_lora_rank: 1536, first_k_dense_replace: 1, moe_intermediate_size: 1536, n_routed_experts: 160, n_shared_experts: 2, num_experts_per_tok: 6,
    topk_method: 'group_limited_greedy', scoring_func: 'softmax',
  }), 235_741_434_880],
  ['deepseek-ai/DeepSeek-V2-Lite', decoder('deepseek_v2', 2048, 27, 16, 16, 10944, 102400, {
    ...LATENT, q_lora_rank: null, first_k_dense_replace: 1, moe_intermediate_size: 1408, n_routed_experts: 64, n_shared_experts: 2, num_experts_per_tok: 6,
    topk_method: 'greedy', scoring_func: 'softmax',
  }), 15_706_484_224],
  ['deepseek-ai/DeepSeek-V3, without scales and its prediction layer', DEEPSEEK_V3, 671_026_419_200],
  ['openai/gpt-oss-20b', GPT_OSS(24, 32), 20_914_757_184],
  ['openai/gpt-oss-120b', GPT_OSS(36, 128), 116_829_156_672],
  ['google/gemma-2b', decoder('gemma', 2048, 18, 8, 1, 16384, 256000, { head_dim: 256 }), 2_506_172_416],
  ['google/gemma-7b', decoder('gemma', 3072, 28, 16, 16, 24576, 256000, { head_dim: 256 }), 8_537_680_896],
  ['google/gemma-2-9b', decoder('gemma2', 3584, 42, 16, 8, 14336, 256000, { head_dim: 256, sliding_window: 4096 }), 9_241_705_984],
  ['google/gemma-3-1b-it', decoder('gemma3_text', 1152, 26, 4, 1, 6912, 262144, { head_dim: 256, sliding_window: 512 }), 999_885_952],
  ['microsoft/phi-2', decoder('phi', 2560, 32, 32, 32, 10240, 51200), 2_779_683_840],
  ['microsoft/Phi-3-mini-4k-instruct', decoder('phi3', 3072, 32, 32, 32, 8192, 32064), 3_821_079_552],
  ['microsoft/phi-4', decoder('phi3', 5120, 40, 40, 10, 17920, 100352), 14_659_507_200],
  ['microsoft/Phi-3.5-MoE-instruct', decoder('phimoe', 4096, 32, 32, 8, 6400, 32064, {
    num_local_experts: 16, num_experts_per_tok: 2, attention_bias: true, lm_head_bias: true,
  }), 41_873_153_344],
  ['tiiuae/falcon-40b', decoder('falcon', 8192, 60, 128, undefined, undefined, 65024, {
    num_kv_heads: 8, multi_query: true, new_decoder_architecture: true, parallel_attn: true, bias: false,
  }), 41_303_293_952],
  // Its files hold the head, which is the embedding, once more: 7,217,189,760.
  ['tiiuae/falcon-7b, without its second copy of the embedding', decoder('falcon', 4544, 32, 71, undefined, undefined, 65024, {
    multi_query: true, new_decoder_architecture: false, parallel_attn: true, bias: false,
  }), 7_217_189_760 - 65024 * 4544],
  // The file holds 12 causal masks of 1024 x 1024 besides: 137,022,720.
  ['openai-community/gpt2, without its masks', { model_type: 'gpt2', n_embd: 768, n_layer: 12, n_head: 12, n_positions: 1024, vocab_size: 50257 }, 137_022_720 - 12 * 1024 * 1024],
  ['openai-community/gpt2-xl, without its masks', { model_type: 'gpt2', n_embd: 1600, n_layer: 48, n_head: 25, n_positions: 1024, vocab_size: 50257 }, 1_557_611_200],
  ['bigcode/starcoder', {
    model_type: 'gpt_bigcode', n_embd: 6144, n_layer: 40, n_head: 48, n_inner: 24576, n_positions: 8192, vocab_size: 49152, multi_query: true,
  }, 15_517_456_384],
  ['bigcode/starcoder2-3b', decoder('starcoder2', 3072, 30, 24, 2, 12288, 49152, { use_bias: true, sliding_window: 4096 }), 3_030_371_328],
  ['EleutherAI/pythia-6.9b', decoder('gpt_neox', 4096, 32, 32, undefined, 16384, 50432), 6_857_302_016],
  ['EleutherAI/gpt-neox-20b', decoder('gpt_neox', 6144, 44, 64, undefined, 24576, 50432), 20_554_567_680],
  ['EleutherAI/gpt-j-6b', {
    model_type: 'gptj', n_embd: 4096, n_layer: 28, n_head: 16, n_inner: null, n_positions: 2048, vocab_size: 50400, tie_word_embeddings: false,
  }, 6_050_882_784],
  ['facebook/opt-6.7b', decoder('opt', 4096, 32, 32, undefined, undefined, 50272, { ffn_dim: 16384, max_position_embeddings: 2048 }), 6_658_473_984],
  ['bigscience/bloom-7b1', { model_type: 'bloom', hidden_size: 4096, n_layer: 30, num_attention_heads: 32, vocab_size: 250880 }, 7_069_016_064],
  ['bigscience/bloom', { model_type: 'bloom', hidden_size: 14336, n_layer: 70, num_attention_heads: 112, vocab_size: 250880 }, 176_247_271_424],
  ['mosaicml/mpt-7b', { model_type: 'mpt', d_model: 4096, n_layers: 32, n_heads: 32, expansion_ratio: 4, vocab_size: 50432, max_seq_len: 2048 }, 6_649_286_656],
  ['ai21labs/Jamba-v0.1', decoder('jamba', 4096, 32, 32, 8, 14336, 65536, {
    attn_layer_offset: 4, attn_layer_period: 8, expert_layer_offset: 1, expert_layer_period: 2, mamba_d_conv: 4, mamba_d_state: 16, mamba_dt_rank: 256,
    mamba_expand: 2, mamba_proj_bias: false, num_experts: 16, num_experts_per_tok: 2,
  }), 51_570_323_328],
  ['state-spaces/mamba-2.8b-hf', {
    model_type: 'mamba', hidden_size: 2560, num_hidden_layers: 64, intermediate_size: 5120, conv_kernel: 4, state_size: 16, time_step_rank: 160, use_bias: false,
    vocab_size: 50280, expand: 2,
  }, 2_768_345_600],
  ['tiiuae/falcon-mamba-7b', {
    model_type: 'falcon_mamba', hidden_size: 4096, num_hidden_layers: 64, intermediate_size: 8192, conv_kernel: 4, state_size: 16, time_step_rank: 256, use_bias: false,
    vocab_size: 65024, tie_word_embeddings: false,
  }, 7_272_665_088],
  ['mistralai/Mamba-Codestral-7B-v0.1', {
    model_type: 'mamba2', hidden_size: 4096, num_hidden_layers: 64, num_heads: 128, head_dim: 64, n_groups: 8, conv_kernel: 4, state_size: 128, use_bias: false,
    vocab_size: 32768, expand: 2, tie_word_embeddings: false,
  }, 7_285_403_648],
  ['ibm-granite/granite-4.0-h-tiny', decoder('granitemoehybrid', 1536, 40, 12, 4, 512, 100352, {
    shared_intermediate_size: 1024, layer_types: Array.from({ length: 40 }, (_, i) => [5, 15, 25, 35].includes(i) ? 'attention' : 'mamba'), mamba_d_conv: 4,
    mamba_d_head: 64, mamba_d_state: 128, mamba_n_groups: 1, mamba_n_heads: 48, num_experts_per_tok: 6, num_local_experts: 64, ...tied,
  }), 6_939_037_248],
  ['ibm-granite/granite-3.1-8b-instruct', decoder('granite', 4096, 40, 32, 8, 12800, 49155, tied), 8_170_848_256],
  ['nvidia/NVIDIA-Nemotron-Nano-9B-v2', {
    model_type: 'nemotron_h', hidden_size: 4480, intermediate_size: 15680, num_attention_heads: 40, num_key_value_heads: 8, head_dim: 128,
    hybrid_override_pattern: 'M-M-M-MM-M-M-M*-M-M-M*-M-M-M-M*-M-M-M-M*-M-MM-M-M-M-M-M-', mamba_head_dim: 80, mamba_num_heads: 128, n_groups: 8, ssm_state_size: 128,
    conv_kernel: 4, num_hidden_layers: 56, vocab_size: 131072,
  }, 8_888_227_328],
  ['CohereLabs/c4ai-command-r-v01', decoder('cohere', 8192, 40, 64, 64, 22528, 256000), 34_980_831_232],
  ['CohereLabs/c4ai-command-r-plus', decoder('cohere', 12288, 64, 96, 8, 33792, 256000, { use_qk_norm: true }), 103_810_674_688],
  ['CohereLabs/c4ai-command-r7b-12-2024', decoder('cohere2', 4096, 32, 32, 8, 14336, 256000, { sliding_window: 4096 }), 8_028_033_024],
  ['databricks/dbrx-instruct', {
    model_type: 'dbrx', d_model: 6144, n_layers: 40, n_heads: 48, vocab_size: 100352, max_seq_len: 32768, attn_config: { kv_n_heads: 8 },
    ffn_config: { ffn_hidden_size: 10752, moe_num_experts: 16, moe_top_k: 4 },
  }, 131_596_523_520],
  ['allenai/OLMo-2-1124-7B', decoder('olmo2', 4096, 32, 32, 32, 11008, 100352), 7_298_617_344],
  ['LGAI-EXAONE/EXAONE-4.0-1.2B', decoder('exaone4', 2048, 30, 32, 8, 4096, 102400, { head_dim: 64, ...tied }), 1_279_391_488],
  ['LGAI-EXAONE/EXAONE-3.5-7.8B-Instruct', { ...decoder('exaone', 4096, 32, 32, 8, 14336, 102400), num_hidden_layers: undefined, num_layers: 32 }, 7_818_448_896],
  ['zai-org/glm-4-9b-chat-hf', decoder('glm', 4096, 40, 32, 2, 13696, 151552, { head_dim: 128, attention_bias: true }), 9_399_951_360],
  ['zai-org/chatglm3-6b', {
    model_type: 'chatglm', num_layers: 28, hidden_size: 4096, ffn_hidden_size: 13696, num_attention_heads: 32, multi_query_attention: true, multi_query_group_num: 2,
    kv_channels: 128, add_qkv_bias: true, add_bias_linear: false, padded_vocab_size: 65024, seq_length: 8192, tie_word_embeddings: false,
  }, 6_243_584_000],
  ['MiniMaxAI/MiniMax-M2, without scales', decoder('minimax_m2', 3072, 62, 48, 8, 1536, 200064, {
    head_dim: 128, num_local_experts: 256, num_experts_per_tok: 8, use_qk_norm: true, scoring_func: 'sigmoid', num_mtp_modules: 3, shared_intermediate_size: 0,
  }), 228_689_764_864],
  ['stabilityai/stablelm-2-1_6b', decoder('stablelm', 2048, 24, 32, 32, 5632, 100352, { use_qkv_bias: true }), 1_644_515_328],
  ['stabilityai/stablelm-3b-4e1t', decoder('stablelm', 2560, 32, 32, 32, 6912, 50304, { use_qkv_bias: false }), 2_795_443_200],
  ['internlm/internlm2-20b', decoder('internlm2', 6144, 48, 48, 8, 16384, 92544), 19_861_149_696],
  ['baichuan-inc/Baichuan2-13B-Chat', decoder('baichuan', 5120, 40, 40, undefined, 13696, 125696), 13_896_668_160],
  ['ByteDance-Seed/Seed-OSS-36B-Instruct', decoder('seed_oss', 5120, 64, 80, 8, 27648, 155136, { head_dim: 128, attention_bias: true }), 36_151_104_512],
  ['moonshotai/Kimi-Linear-48B-A3B-Instruct', KIMI_LINEAR, 49_122_681_728],
];

const SIGLIP = { model_type: 'siglip_vision_model', hidden_size: 1152, image_size: 896, intermediate_size: 4304, num_hidden_layers: 27, patch_size: 14 };
const gemma3 = (hidden: number, layers: number, heads: number, kv: number, ffn: number, more: Config = {}): Config => ({
  model_type: 'gemma3',
  text_config: {
    model_type: 'gemma3_text', hidden_size: hidden, num_hidden_layers: layers, num_attention_heads: heads, num_key_value_heads: kv, intermediate_size: ffn, sliding_window: 1024, ...more,
  },
  vision_config: SIGLIP,
});
const QWEN2_7B = decoder('qwen2_vl', 3584, 28, 28, 4, 18944, 152064, { sliding_window: 32768, use_sliding_window: false });
const QWEN2_VISION = { depth: 32, embed_dim: 1280, mlp_ratio: 4, in_chans: 3, hidden_size: 3584, patch_size: 14, spatial_merge_size: 2, spatial_patch_size: 14, temporal_patch_size: 2 };
const QWEN3_VISION = {
  depth: 27, deepstack_visual_indexes: [8, 16, 24], hidden_size: 1152, in_channels: 3, intermediate_size: 4304, model_type: 'qwen3_vl', num_position_embeddings: 2304,
  out_hidden_size: 4096, patch_size: 16, spatial_merge_size: 2, temporal_patch_size: 2,
};
const QWEN3_SMALL_VISION = { ...QWEN3_VISION, depth: 24, deepstack_visual_indexes: [5, 11, 17], hidden_size: 1024, intermediate_size: 4096 };
const MOONLIGHT = decoder('deepseek_v3', 2048, 27, 16, 16, 11264, 163840, {
  ...LATENT, q_lora_rank: null, first_k_dense_replace: 1, moe_intermediate_size: 1408, n_routed_experts: 64, n_shared_experts: 2, num_experts_per_tok: 6, topk_method: 'noaux_tc',
});
const LLAMA4 = (experts: number, step: number): Config => ({
  model_type: 'llama4',
  text_config: {
    model_type: 'llama4_text', attention_chunk_size: 8192, head_dim: 128, hidden_size: 5120, interleave_moe_layer_step: step, intermediate_size: 8192,
    intermediate_size_mlp: 16384, num_attention_heads: 40, num_experts_per_tok: 1, num_hidden_layers: 48, num_key_value_heads: 8, num_local_experts: experts,
    vocab_size: 202048,
  },
  vision_config: {
    model_type: 'llama4_vision_model', hidden_size: 1408, image_size: 336, intermediate_size: 5632, num_channels: 3, num_hidden_layers: 34, patch_size: 14,
    projector_input_dim: 4096, projector_output_dim: 4096, vision_output_dim: 4096,
  },
});
const GEMMA4_AUDIO = { model_type: 'gemma4_audio', hidden_size: 1024, num_hidden_layers: 12, num_attention_heads: 8, conv_kernel_size: 5, output_proj_dims: 1536 };
const gemma4 = (text: Config, vision: Config, audio?: Config): Config => ({
  model_type: 'gemma4',
  text_config: { model_type: 'gemma4_text', head_dim: 256, global_head_dim: 512, vocab_size: 262144, ...text },
  vision_config: { model_type: 'gemma4_vision', patch_size: 16, position_embedding_size: 10240, ...vision },
  audio_config: audio ?? null,
});
const GEMMA4_SMALL_VISION = { head_dim: 64, hidden_size: 768, intermediate_size: 3072, num_hidden_layers: 16 };

/** The same of models with an encoder of images or sound. */
const MULTIMODAL: [string, Config, number][] = [
  ['google/gemma-3-4b-it', gemma3(2560, 34, 8, 4, 10240), 4_300_079_472],
  ['google/gemma-3-12b-it', gemma3(3840, 48, 16, 8, 15360), 12_187_325_040],
  ['google/gemma-3-27b-it', gemma3(5376, 62, 32, 16, 21504, { head_dim: 128 }), 27_432_406_640],
  ['Qwen/Qwen2-VL-2B-Instruct', {
    ...decoder('qwen2_vl', 1536, 28, 12, 2, 8960, 151936, tied), vision_config: { ...QWEN2_VISION, hidden_size: 1536 },
  }, 2_208_985_600],
  ['Qwen/Qwen2-VL-7B-Instruct', { ...QWEN2_7B, vision_config: QWEN2_VISION }, 8_291_375_616],
  ['Qwen/Qwen2.5-VL-7B-Instruct', {
    ...QWEN2_7B, model_type: 'qwen2_5_vl',
    vision_config: { depth: 32, hidden_size: 1280, intermediate_size: 3420, in_chans: 3, out_hidden_size: 3584, patch_size: 14, spatial_patch_size: 14, temporal_patch_size: 2 },
  }, 8_292_166_656],
  ['Qwen/Qwen3-VL-2B-Instruct', {
    model_type: 'qwen3_vl', text_config: decoder('qwen3_vl_text', 2048, 28, 16, 8, 6144, 151936, { head_dim: 128, ...tied }),
    vision_config: { ...QWEN3_SMALL_VISION, out_hidden_size: 2048 },
  }, 2_127_532_032],
  ['Qwen/Qwen3-VL-4B-Instruct', {
    model_type: 'qwen3_vl', text_config: decoder('qwen3_vl_text', 2560, 36, 32, 8, 9728, 151936, { head_dim: 128, ...tied }),
    vision_config: { ...QWEN3_SMALL_VISION, out_hidden_size: 2560 },
  }, 4_437_815_808],
  ['Qwen/Qwen3-VL-8B-Instruct', { model_type: 'qwen3_vl', text_config: decoder('qwen3_vl_text', 4096, 36, 32, 8, 12288, 151936, { head_dim: 128 }), vision_config: QWEN3_VISION }, 8_767_123_696],
  ['Qwen/Qwen3-VL-30B-A3B-Instruct', {
    model_type: 'qwen3_vl_moe',
    text_config: decoder('qwen3_vl_moe_text', 2048, 48, 32, 4, 6144, 151936, {
      head_dim: 128, decoder_sparse_step: 1, moe_intermediate_size: 768, num_experts: 128, num_experts_per_tok: 8,
    }),
    vision_config: { ...QWEN3_VISION, out_hidden_size: 2048 },
  }, 31_070_754_032],
  ['mistralai/Mistral-Small-3.1-24B-Instruct-2503', {
    model_type: 'mistral3', spatial_merge_size: 2, text_config: decoder('mistral', 5120, 40, 32, 8, 32768, 131072, { head_dim: 128, sliding_window: null }),
    vision_config: { model_type: 'pixtral', head_dim: 64, hidden_size: 1024, image_size: 1540, intermediate_size: 4096, num_channels: 3, num_hidden_layers: 24, patch_size: 14 },
  }, 24_011_361_280],
  ['llava-hf/llava-1.5-7b-hf', {
    model_type: 'llava', text_config: { model_type: 'llama', vocab_size: 32064, max_position_embeddings: 4096 },
    vision_config: { model_type: 'clip_vision_model', hidden_size: 1024, image_size: 336, intermediate_size: 4096, num_hidden_layers: 24, patch_size: 14 },
  }, 7_063_427_072],
  ['meta-llama/Llama-4-Scout-17B-16E-Instruct', LLAMA4(16, 1), 108_641_793_536],
  ['meta-llama/Llama-4-Maverick-17B-128E-Instruct', LLAMA4(128, 2), 401_583_781_376],
  // Its files hold 27 x 64 numbers more, and so do those of moonshotai/Moonlight-16B-A3B, its decoder (15,960,111,936).
  ['moonshotai/Kimi-VL-A3B-Instruct, without 27 x 64', {
    model_type: 'kimi_vl', text_config: MOONLIGHT,
    vision_config: {
      model_type: 'moonvit', patch_size: 14, num_hidden_layers: 27, hidden_size: 1152, intermediate_size: 4304, merge_kernel_size: [2, 2], init_pos_emb_height: 64, init_pos_emb_width: 64,
    },
  }, 16_407_657_776 - 27 * 64],
  ['google/gemma-4-31B-it', gemma4({
    hidden_size: 5376, num_hidden_layers: 60, num_attention_heads: 32, num_key_value_heads: 16, num_global_key_value_heads: 4, attention_k_eq_v: true, intermediate_size: 21504,
    hidden_size_per_layer_input: 0, sliding_window: 1024, layer_types: times([...times(['sliding_attention'], 5), 'full_attention'], 60),
  }, { head_dim: 72, hidden_size: 1152, intermediate_size: 4304, num_hidden_layers: 27, standardize: true }), 31_273_088_876],
  ['google/gemma-4-26B-A4B-it', gemma4({
    hidden_size: 2816, num_hidden_layers: 30, num_attention_heads: 16, num_key_value_heads: 8, num_global_key_value_heads: 2, attention_k_eq_v: true, intermediate_size: 2112,
    enable_moe_block: true, num_experts: 128, top_k_experts: 8, moe_intermediate_size: 704, hidden_size_per_layer_input: 0, sliding_window: 1024,
    layer_types: times([...times(['sliding_attention'], 5), 'full_attention'], 30),
  }, { head_dim: 72, hidden_size: 1152, intermediate_size: 4304, num_hidden_layers: 27, standardize: true }), 25_805_936_206],
  // The files hold K, V and their norm for the layers that read an earlier cache too: 16 (of E4B: 15) with heads of 256 and 4 (3) with heads of 512.
  ['google/gemma-4-E2B-it, without K and V that are not used', gemma4({
    hidden_size: 1536, num_hidden_layers: 35, num_attention_heads: 8, num_key_value_heads: 1, intermediate_size: 6144, use_double_wide_mlp: true, num_kv_shared_layers: 20,
    sliding_window: 512, layer_types: times([...times(['sliding_attention'], 4), 'full_attention'], 35),
  }, GEMMA4_SMALL_VISION, GEMMA4_AUDIO), 5_123_178_051 - 16 * (2 * 1536 * 256 + 256) - 4 * (2 * 1536 * 512 + 512)],
  ['google/gemma-4-E4B-it, without K and V that are not used', gemma4({
    hidden_size: 2560, num_hidden_layers: 42, num_attention_heads: 8, num_key_value_heads: 2, intermediate_size: 10240, num_kv_shared_layers: 18,
    sliding_window: 512, layer_types: times([...times(['sliding_attention'], 5), 'full_attention'], 42),
  }, GEMMA4_SMALL_VISION, GEMMA4_AUDIO), 7_996_156_490 - 15 * (2 * 2560 * 512 + 256) - 3 * (2 * 2560 * 1024 + 512)],
];

/** The same with the layers for multi-token prediction, which the files hold besides. */
const PREDICTING: [string, Config, number][] = [
  ['zai-org/GLM-4.5-Air', GLM_AIR, 110_468_824_832],
  ['zai-org/GLM-4.5', {
    ...GLM_AIR, hidden_size: 5120, num_hidden_layers: 92, intermediate_size: 12288, first_k_dense_replace: 3, moe_intermediate_size: 1536, n_routed_experts: 160, use_qk_norm: true,
  }, 358_337_791_296],
  ['XiaomiMiMo/MiMo-7B-Base', decoder('mimo', 4096, 36, 32, 8, 11008, 151680, { head_dim: 128, attention_bias: true, num_nextn_predict_layers: 1 }), 7_833_409_536],
];
/** The same of models that the catalogue names. */
const NAMED: [string, number][] = [
  ['Qwen/Qwen3.5-2B', 2_274_069_824],
  ['Qwen/Qwen3.5-4B', 4_659_865_088],
  ['Qwen/Qwen3.5-9B', 9_653_104_368],
  ['Qwen/Qwen3.5-27B', 27_781_427_952],
  ['Qwen/Qwen3.5-35B-A3B', 35_951_822_704],
  ['Qwen/Qwen3.5-122B-A10B', 125_086_497_008],
  ['Qwen/Qwen3.5-397B-A17B', 403_397_928_944],
  ['Qwen/Qwen-72B', 72_287_920_128],
  ['zai-org/GLM-5', 753_864_139_008],
  ['mistralai/Ministral-3-3B-Instruct-2512', 3_849_090_048],
  ['nvidia/NVIDIA-Nemotron-3-Nano-30B-A3B-BF16', 31_577_940_288],
  ['nvidia/Llama-3_3-Nemotron-Super-49B-v1', 49_867_145_216],
];
const speculative = (model: Model) => (model._shape!.speculative ?? []).flatMap(({ weights }) => weights).reduce((sum, t) => sum + t.parameters, 0);

describe('the files hold exactly as many parameters as are counted for', () => {
  test.each([...DECODERS, ...MULTIMODAL])('%s', (_name, config, published) => {
    expect(Model.fromHubConfig(config).parameters).toBe(published);
  });

  test.each(PREDICTING)('%s with its prediction layers', (_name, config, published) => {
    const model = Model.fromHubConfig(config);
    expect(speculative(model)).toBeGreaterThan(0);
    expect(model.parameters! + speculative(model)).toBe(published);
  });

  test.each(NAMED)('%s of the catalogue', (id, published) => {
    const model = fresh(id);
    expect(model.parameters! + speculative(model)).toBe(published);
  });
});
