import { EngineVersion } from '../versions';

/** What this release knows of one version of SGLang. */
export interface SglangVersion extends EngineVersion {
  readonly image: string;
  /** Digest of the image's index over all architectures; absent where nobody published it when this was written. */
  readonly digest?: string;
  /** How data-parallel attention is asked for: by a flag of its own, or by `--dp-size` and a switch. */
  readonly attentionDataParallel: 'attn-dp-size' | 'enable-dp-attention';
  /** Value of `--quantization` that makes a precision out of 16-bit weights while they are loaded, by name of the precision. */
  readonly onlineQuantization: { readonly [precision: string]: string };
  /** Value of `--kv-cache-dtype`, by name of the precision. */
  readonly kvCacheDtypes: { readonly [precision: string]: string };
  readonly toolParsers: readonly string[];
  readonly reasoningParsers: readonly string[];
  readonly source: string;
  readonly asOf: string;
}

const TOOL_PARSERS = `
  apertus2509 auto cohere_command4 deepseekv3 deepseekv31 deepseekv32 deepseekv4 dots gemma4 gigachat3 glm glm45 glm47 gpt-oss hermes hunyuan
  inkling interns1 k2_horizon kimi_k2 kimi_k3 lfm2 ling3 llama3 mimo minicpm5 minimax-m2 minimax-m3 mistral muse nanbeige poolside_v1 pythonic
  qwen qwen25 qwen3_coder spark25 step3 step3p5 trinity`;

const REASONING_PARSERS = `
  apertus2509 auto cohere_command4 deepseek-r1 deepseek-v3 deepseek-v4 dots gemma4 glm45 gpt-oss granite_thinking_parser hunyuan inkling
  interns1 k2_horizon kimi kimi_k2 kimi_k3 ling3 mimo minimax minimax-append-think minimax-m3 mistral muse nanbeige nemotron_3 poolside_v1
  qwen3 qwen3-thinking step3 step3p5`;

const ONLINE = { fp8: 'fp8' };
const KV_CACHE = { bf16: 'bfloat16', fp8: 'fp8_e4m3', fp8_e4m3: 'fp8_e4m3', fp8_e5m2: 'fp8_e5m2' };
const SOURCE = 'sglang/srt/server_args.py and arg_groups of the released package';

/** Versions of SGLang, oldest first. */
export const SGLANG_VERSIONS: readonly SglangVersion[] = [
  {
    version: '0.5.20',
    image: 'docker.io/lmsysorg/sglang:v0.5.20',
    digest: 'sha256:06e4f2ed21afde4ff513cda65070124e727ba23ccaeff7712b8c40e1097d611f',
    attentionDataParallel: 'enable-dp-attention',
    onlineQuantization: ONLINE,
    kvCacheDtypes: KV_CACHE,
    toolParsers: names(TOOL_PARSERS),
    reasoningParsers: names(REASONING_PARSERS),
    source: `${SOURCE}; digest: the same in four public repositories that pin the tag`,
    asOf: '2026-11-21',
  },
  {
    version: '0.5.23',
    image: 'docker.io/lmsysorg/sglang:v0.5.23',
    attentionDataParallel: 'attn-dp-size',
    onlineQuantization: ONLINE,
    kvCacheDtypes: KV_CACHE,
    toolParsers: names(TOOL_PARSERS, 'beam', 'deepseekv41', 'gigachat35', 'iquest_q1', 'response_template'),
    reasoningParsers: names(REASONING_PARSERS, 'beam', 'deepseek-v41', 'gigachat35', 'iquest_q1', 'response_template'),
    source: SOURCE,
    asOf: '2026-11-21',
  },
];

function names(text: string, ...more: string[]): readonly string[] {
  return [...text.split(/\s+/).filter(Boolean), ...more].sort();
}
