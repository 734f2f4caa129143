import { EngineVersion } from '../versions';

/** What this release knows of one version of vLLM. */
export interface VllmVersion extends EngineVersion {
  readonly image: string;
  /** Digest of the image's index over all architectures; absent where nobody published it when this was written. */
  readonly digest?: string;
  /** Value of `--quantization` that makes a precision out of 16-bit weights while they are loaded, by name of the precision. */
  readonly onlineQuantization: { readonly [precision: string]: string };
  /** Value of `--kv-cache-dtype`, by name of the precision. */
  readonly kvCacheDtypes: { readonly [precision: string]: string };
  readonly toolParsers: readonly string[];
  readonly reasoningParsers: readonly string[];
  /** Known vulnerabilities that a later version closes, as a sentence. */
  readonly advisory?: string;
  readonly source: string;
  readonly asOf: string;
}

const TOOL_PARSERS = `
  apertus cohere_command3 cohere_command4 deepseek_v3 deepseek_v31 deepseek_v32 deepseek_v4 deepseek_v41 dots ernie45 functiongemma gemma4
  gigachat3 glm45 glm47 granite granite-20b-fc granite4 hermes hunyuan_a13b hy_v3 hy_v4 inkling internlm jamba k2_horizon kimi_k2 kimi_k3 lfm2
  ling3 llama3_json llama4_json llama4_pythonic longcat mimo minicpm5 minimax_m2 minimax_m3 mistral muse_glimmer olmo3 openai phi4_mini_json
  poolside_v1 pythonic qwen3_coder qwen3_xml seed_oss step3 step3p5 xlam`;

const REASONING_PARSERS = `
  cohere_command3 cohere_command4 deepseek_r1 deepseek_v3 deepseek_v4 deepseek_v41 ernie45 gemma4 glm45 glm47 granite holo2 hunyuan_a13b hy_v3
  hy_v4 inkling k2_horizon kimi_k2 kimi_k3 ling3 mimo minimax_m2 minimax_m2_append_think minimax_m3 mistral muse_glimmer nemotron_v3 olmo3
  openai_gptoss poolside_v1 qwen3 seed_oss step3 step3p5`;

/** `--quantization fp8` no longer quantises: it means that the checkpoint is FP8 already. */
const ONLINE = { fp8: 'fp8_per_tensor', fp8_per_block: 'fp8_per_block', fp8_per_channel: 'fp8_per_channel', mxfp8: 'mxfp8' };

const KV_CACHE = {
  bf16: 'bfloat16',
  fp16: 'float16',
  fp8: 'fp8',
  fp8_e4m3: 'fp8_e4m3',
  fp8_e5m2: 'fp8_e5m2',
  nvfp4: 'nvfp4',
  int4_per_token_head: 'int4_per_token_head',
  int8_per_token_head: 'int8_per_token_head',
  fp8_per_token_head: 'fp8_per_token_head',
};

const SOURCE = 'vllm/engine/arg_utils.py, config/cache.py, config/quantization.py, tool_parsers and reasoning of the released package';
const CHAT_TEMPLATES = 'has known vulnerabilities in its handling of chat templates (PYSEC-2026-4344, PYSEC-2026-4349), which 0.32.0 closes';

/** Versions of vLLM, oldest first. */
export const VLLM_VERSIONS: readonly VllmVersion[] = [
  {
    version: '0.30.0',
    image: 'docker.io/vllm/vllm-openai:v0.30.0',
    digest: 'sha256:8a69ffad015f138d7170c4ddc429e230a3bc1c1719f67e14324749df200a4b90',
    onlineQuantization: ONLINE,
    kvCacheDtypes: KV_CACHE,
    toolParsers: names(TOOL_PARSERS),
    reasoningParsers: names(REASONING_PARSERS),
    advisory: CHAT_TEMPLATES,
    source: `${SOURCE}; digest: the same in eight public repositories that pin the tag`,
    asOf: '2026-11-21',
  },
  {
    version: '0.31.0',
    image: 'docker.io/vllm/vllm-openai:v0.31.0',
    digest: 'sha256:c1c9f6fd5c109ba7f0546a59f5b2f15fb87f64c77782e90a27b648b42a8e67c3',
    onlineQuantization: ONLINE,
    kvCacheDtypes: KV_CACHE,
    toolParsers: names(TOOL_PARSERS),
    reasoningParsers: names(REASONING_PARSERS, 'granite_thinking_parser'),
    advisory: CHAT_TEMPLATES,
    source: `${SOURCE}; digest: the same in nine public repositories that pin the tag, two of which read it from the registry`,
    asOf: '2026-11-21',
  },
  {
    version: '0.32.0',
    image: 'docker.io/vllm/vllm-openai:v0.32.0',
    onlineQuantization: ONLINE,
    kvCacheDtypes: KV_CACHE,
    toolParsers: names(TOOL_PARSERS, 'hf', 'plamo3', 'qwen3_json'),
    reasoningParsers: names(REASONING_PARSERS, 'granite_thinking_parser', 'hf', 'minicpmv', 'plamo3'),
    source: SOURCE,
    asOf: '2026-11-21',
  },
  {
    version: '0.33.0',
    image: 'docker.io/vllm/vllm-openai:v0.33.0',
    onlineQuantization: ONLINE,
    kvCacheDtypes: KV_CACHE,
    toolParsers: names(TOOL_PARSERS, 'hf', 'plamo3', 'qwen3_json', 'beam', 'muse', 'musespark1x', 'step5'),
    reasoningParsers: names(REASONING_PARSERS, 'granite_thinking_parser', 'hf', 'minicpmv', 'plamo3', 'beam', 'muse', 'musespark1x', 'step5'),
    source: SOURCE,
    asOf: '2026-11-21',
  },
];

function names(text: string, ...more: string[]): readonly string[] {
  return [...text.split(/\s+/).filter(Boolean), ...more].sort();
}
